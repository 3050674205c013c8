-- What stops a plan, is known before it runs, or is refused at once.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all
\set VERBOSITY default

-- Arguments of create_plan
SELECT osmeta.create_plan('p', 'src', 'tgt', '{}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY[NULL]);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['Shop']);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:']);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop', 'espace:shop']);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Nothing']);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['application:Shop']);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Base.Kind']);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:ServiceCenter.User']);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Base']);
SELECT osmeta.create_plan('p', 'src', 'src', ARRAY['*']);
SELECT osmeta.create_plan('p', 'src', 'nowhere', ARRAY['*']);
SELECT osmeta.create_plan('p', 'src@1', 'tgt@1', ARRAY['*']);
SELECT osmeta.create_plan('p', 'src@99', 'tgt', ARRAY['*']);
-- Names
SELECT osmeta.create_plan('', 'src', 'tgt', ARRAY['*']);
SELECT osmeta.create_plan('a@1', 'src', 'tgt', ARRAY['*']);
SELECT osmeta.create_plan('pg_plan', 'src', 'tgt', ARRAY['*']);
SELECT osmeta.create_plan('osmeta', 'src', 'tgt', ARRAY['*']);
SELECT osmeta.create_plan('target', 'src', 'tgt', ARRAY['*']);
SELECT osmeta.create_plan('public', 'src', 'tgt', ARRAY['*']);
SELECT osmeta.create_plan(repeat('p', 65), 'src', 'tgt', ARRAY['*']);
SELECT osmeta.create_plan(repeat('é', 32), 'src', 'tgt', ARRAY['*']);
-- Options
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '[]');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"user": "match"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"users": "guess"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"users": "fallback:"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"users": null}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"users": "fallback:nobody"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"users": "fallback:ann"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"chunk_rows": 0}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"chunk_rows": "10"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"chunk_rows": 1.5}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"headroom": -1}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"producers": true}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"existing": "replace"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"severity": {"unmatched_user": "ignore"}}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"severity": {"reference_cycle": "warning"}}');
-- Nothing is left of what was refused.
SELECT count(*) FROM osmeta.plan;
SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)' ORDER BY nspname;

-- A reference to an entity outside the plan
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Tag']);
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
-- one way out: leave the reference behind
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'CustomerId';
SELECT * FROM osmeta.plan_problem;
SELECT osmeta.drop_plan('p');
-- another: take along what is referred to, and what that refers to
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Extra'], '{"producers": "referenced"}');
SELECT entity, is_data, key_strategy FROM osmeta.plan_entity ORDER BY entity_id;
SELECT * FROM osmeta.plan_problem;
-- an entity of the plan that is left out is outside, too
UPDATE osmeta.plan_entity SET include = false WHERE entity IN ('Region', 'User');
SELECT code, object, message FROM osmeta.plan_problem;
SELECT osmeta.set_plan_option('p', 'producers', '"none"');
SELECT osmeta.set_plan_option('p', 'chunk_rows', '"many"');
SELECT osmeta.set_plan_option('p', 'rows', '1');
SELECT osmeta.set_plan_option('nothing', 'chunk_rows', '1');
SELECT osmeta.drop_plan('p');
SELECT osmeta.drop_plan('p');

-- Users and records without partner
INSERT INTO source."OSSYS_USER" ("ID", "TENANT_ID", "IS_ACTIVE", "USERNAME")
SELECT v.id, t."ID", true, v.username
FROM (VALUES (50, 'Users', 'ZOE'), (51, 'Other', 'bob'), (52, 'Users', E'new\nline "x"'), (53, 'Users', 'idle')) v (id, tenant, username)
JOIN source."OSSYS_TENANT" t ON t."NAME" = v.tenant;
UPDATE source.customer SET "CREATEDBY" = CASE "ID" WHEN 1 THEN 50 WHEN 2 THEN 51 ELSE 52 END WHERE "ID" IN (1, 2, 3);
UPDATE target."OSSYS_ENTITY_RECORD" SET "Is_Active" = false WHERE "Name" = 'Large';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']);
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
-- A filter is applied when the rows are here; then the run tells.
UPDATE osmeta.plan_entity SET filter = '"Id" = 3' WHERE entity = 'Customer';
SELECT code, object FROM osmeta.plan_problem WHERE severity = 'error';
UPDATE osmeta.plan_entity SET filter = '"Id" IN (1, 3)' WHERE entity IN ('Customer', 'Detail', 'Extra');
CALL osmeta.run_plan('p');
-- Nothing has been written, and the run goes on when the user is there.
SELECT count(*) FROM target.region WHERE "NAME" NOT LIKE 'theirs%';
SELECT osmeta.set_plan_option('p', 'users', '"fallback:zoe"');
UPDATE osmeta.plan_entity SET filter = NULL;
SET search_path = target;
SELECT make.users('60 ZOE');
INSERT INTO "OSSYS_USER" ("ID", "TENANT_ID", "IS_ACTIVE", "USERNAME") SELECT 61, "ID", true, E'new\nline "x"' FROM "OSSYS_TENANT" WHERE "NAME" = 'Users';
RESET search_path;
CALL osmeta.run_plan('p');
SELECT c."NAME", u."USERNAME" FROM target.customer c LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."CREATEDBY" WHERE c."NAME" IS NULL OR c."NAME" NOT LIKE 'theirs%' ORDER BY 1;
SELECT osmeta.drop_plan('p');
CALL make.put_back();
DELETE FROM target."OSSYS_USER" WHERE "ID" >= 60;

-- A user who stands in for those without partner; the others keep theirs.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'], '{"users": "fallback:zoe", "severity": {"unmatched_static_record": "warning"}}');
SELECT severity, code, object, message FROM osmeta.plan_problem;
SELECT osmeta.set_plan_option('p', 'users', '"fallback:nobody"');
SELECT osmeta.set_plan_option('p', 'users', '"match"');
SELECT severity, code, object FROM osmeta.plan_problem;
SELECT osmeta.set_plan_option('p', 'users', '"fallback:zoe"');
CALL osmeta.run_plan('p');
SELECT c."NAME", u."USERNAME", t."NAME" AS tenant, c."KINDID"
FROM target.customer c LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."CREATEDBY" LEFT JOIN target."OSSYS_TENANT" t ON t."ID" = u."TENANT_ID"
WHERE c."NAME" IS NULL OR c."NAME" NOT LIKE 'theirs%' ORDER BY 1;
SELECT osmeta.drop_plan('p');
CALL make.put_back();

-- SQL Server compares usernames without case.
UPDATE osmeta.environment SET dialect = 'sqlserver' WHERE environment = 'tgt';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'], '{"severity": {"unmatched_static_record": "note"}}');
SELECT severity, code, message FROM osmeta.plan_problem;
SELECT label, target_id FROM osmeta.plan_map JOIN osmeta.plan_entity USING (plan_id, entity_id) WHERE entity = 'User' ORDER BY source_id::int;
SELECT osmeta.drop_plan('p');
UPDATE osmeta.environment SET dialect = 'postgres';
UPDATE source.customer SET "CREATEDBY" = NULL;
UPDATE target."OSSYS_ENTITY_RECORD" SET "Is_Active" = true WHERE "Name" = 'Large';

-- Cycles: an optional reference is set later, mandatory ones are refused.
SET search_path = source;
SELECT make.entity('Shop.A'), make.entity('Shop.B'), make.entity('Shop.C'), make.entity('Shop.D');
SELECT make.attribute('Shop.' || e, 'Id', 'rtLongInteger', 'auto mandatory') FROM unnest(ARRAY['A', 'B', 'C', 'D']) e;
SELECT make.attribute('Shop.A', 'BId', 'Shop.B', 'mandatory'), make.attribute('Shop.B', 'AId', 'Shop.A'),
	make.attribute('Shop.C', 'DId', 'Shop.D', 'mandatory'), make.attribute('Shop.D', 'CId', 'Shop.C', 'mandatory'),
	make.attribute('Shop.D', 'OwnId', 'Shop.D', 'mandatory');
SET search_path = target;
SELECT make.entity('Shop.A'), make.entity('Shop.B'), make.entity('Shop.C'), make.entity('Shop.D');
SELECT make.attribute('Shop.' || e, 'Id', 'rtLongInteger', 'auto mandatory') FROM unnest(ARRAY['A', 'B', 'C', 'D']) e;
SELECT make.attribute('Shop.A', 'BId', 'Shop.B', 'mandatory'), make.attribute('Shop.B', 'AId', 'Shop.A'),
	make.attribute('Shop.C', 'DId', 'Shop.D', 'mandatory'), make.attribute('Shop.D', 'CId', 'Shop.C', 'mandatory'),
	make.attribute('Shop.D', 'OwnId', 'Shop.D', 'mandatory');
SELECT make.tables();
SET search_path = source;
SELECT make.tables();
RESET search_path;
SELECT setval(pg_get_serial_sequence('target."OSUSR_4af_A"', 'ID'), 50), setval(pg_get_serial_sequence('target."OSUSR_4af_B"', 'ID'), 70);
INSERT INTO source."OSUSR_b26_B" VALUES (1, NULL), (2, NULL);
INSERT INTO source."OSUSR_b26_A" VALUES (1, 2), (2, 2), (3, 1);
UPDATE source."OSUSR_b26_B" SET "AID" = "ID" + 1;
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.A', 'entity:Shop.B', 'entity:Shop.C', 'entity:Shop.D']);
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
SELECT entity, level FROM osmeta.plan_entity ORDER BY 1;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'CId';
CALL osmeta.run_plan('p');
SELECT entity, attribute FROM osmeta.plan_attribute JOIN osmeta.plan_entity USING (plan_id, entity_id) WHERE is_deferred ORDER BY 1, 2;
SELECT a."ID", a."BID", b."AID" FROM target."OSUSR_4af_A" a JOIN target."OSUSR_4af_B" b ON b."ID" = a."BID" ORDER BY 1;
SELECT entity, status FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');

-- One-to-one in a circle, and to itself
UPDATE source."OSSYS_ENTITY_ATTR" a SET "TYPE" = (SELECT "TYPE" FROM source."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'BId') WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM source."OSSYS_ENTITY" WHERE "NAME" = 'A');
UPDATE target."OSSYS_ENTITY_ATTR" a SET "TYPE" = (SELECT "TYPE" FROM target."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'BId') WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM target."OSSYS_ENTITY" WHERE "NAME" = 'A');
UPDATE source."OSSYS_ENTITY_ATTR" a SET "TYPE" = (SELECT "TYPE" FROM source."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'AId') WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM source."OSSYS_ENTITY" WHERE "NAME" = 'B');
UPDATE target."OSSYS_ENTITY_ATTR" a SET "TYPE" = (SELECT "TYPE" FROM target."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'AId') WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM target."OSSYS_ENTITY" WHERE "NAME" = 'B');
UPDATE source."OSSYS_ENTITY_ATTR" a SET "TYPE" = (SELECT "TYPE" FROM source."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'OwnId') WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM source."OSSYS_ENTITY" WHERE "NAME" = 'D');
UPDATE target."OSSYS_ENTITY_ATTR" a SET "TYPE" = (SELECT "TYPE" FROM target."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'OwnId') WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM target."OSSYS_ENTITY" WHERE "NAME" = 'D');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.A', 'entity:Shop.B', 'entity:Shop.D', 'entity:Shop.C']);
SELECT code, object, message FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');

-- The same object is another one at the target.
UPDATE target."OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = false WHERE "NAME" = 'Note';
DELETE FROM target."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'IsOpen';
UPDATE target."OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtDate' WHERE "NAME" = 'Since';
UPDATE target."OSSYS_ENTITY_ATTR" SET "TYPE" = (SELECT "TYPE" FROM target."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'ManagerId') WHERE "NAME" = 'AreaId';
UPDATE target."OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtLongInteger' WHERE "NAME" = 'RegionId';
UPDATE target."OSSYS_ENTITY_ATTR" SET "LENGTH" = 10 WHERE "NAME" = 'Theme';
UPDATE target."OSSYS_ENTITY_ATTR" SET "DATABASE_NAME" = 'NOWHERE' WHERE "NAME" = 'Photo';
UPDATE source."OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtStrange' WHERE "NAME" = 'Name' AND "LENGTH" = 70;
UPDATE target."OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtStrange' WHERE "NAME" = 'Name' AND "LENGTH" = 70;
UPDATE target."OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "NAME" = 'Extra';
DELETE FROM target."OSSYS_ENTITY" WHERE "NAME" = 'Color';
UPDATE target."OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = 'OSUSR_xxx_Nothing' WHERE "NAME" = 'Tag';
UPDATE target."OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = (SELECT "PHYSICAL_TABLE_NAME" FROM target."OSSYS_ENTITY" WHERE "NAME" = 'Region') WHERE "NAME" = 'Detail';
DROP VIEW target.customer CASCADE;
ALTER TABLE target."OSUSR_4af_Customer" ALTER "AMOUNT" TYPE numeric(8,1);
SET search_path = target;
SELECT make.attribute('Shop.Region', 'Must', 'rtText(5)', 'mandatory');
RESET search_path;
ALTER TABLE target."OSUSR_4af_Region" ADD "MUST" varchar(5);
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region', 'entity:Shop.Customer', 'entity:Shop.Detail', 'entity:Shop.Extra', 'entity:Shop.Profile', 'entity:Shop.Tag']);
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');

-- An environment that has gone
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
SELECT osmeta.detach('tgt');
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT osmeta.set_plan_option('p', 'chunk_rows', '7');
SELECT osmeta.drop_plan('p');
