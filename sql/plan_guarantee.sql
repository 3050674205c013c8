-- What a plan must never do: write elsewhere, write what is protected, lose,
-- double, cut or mistake a row without saying so.
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
\set ECHO none
SELECT max(oid::regclass::text) FILTER (WHERE relnamespace = 'source'::regnamespace AND relname LIKE '%Region') AS source_region,
	max(oid::regclass::text) FILTER (WHERE relnamespace = 'target'::regnamespace AND relname LIKE '%Region') AS target_region,
	max(oid::regclass::text) FILTER (WHERE relnamespace = 'source'::regnamespace AND relname LIKE '%Customer') AS source_customer
FROM pg_class WHERE relkind = 'r' \gset
\set ECHO all
CREATE VIEW public.errors AS
SELECT code, object, message FROM osmeta.plan_problem WHERE severity = 'error';

-- An environment of the same name elsewhere is another one.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
CREATE SCHEMA elsewhere;
\set ECHO none
\o /dev/null
SELECT format('CREATE TABLE elsewhere.%I (LIKE target.%I INCLUDING ALL)', relname, relname)
FROM pg_class WHERE relnamespace = 'target'::regnamespace AND relkind = 'r' \gexec
\o
\set ECHO all
SELECT osmeta.detach('tgt');
SELECT osmeta.attach('tgt', remote_schema => 'elsewhere');
SELECT * FROM public.errors;
CALL osmeta.run_plan('p');
SELECT osmeta.detach('tgt');
SELECT osmeta.attach('tgt', remote_schema => 'target');
SELECT * FROM public.errors;
SELECT osmeta.drop_plan('p');

-- Two names for one factory are no source and target.
SELECT osmeta.attach('twin', remote_schema => 'source');
SELECT osmeta.capture('twin') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'twin', ARRAY['entity:Shop.Region']);
SELECT osmeta.detach('twin');

-- Tables of the metamodel and of static entities are never written, whatever
-- the metamodel says of them.
BEGIN;
UPDATE target."OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = 'OSSYS_TENANT' WHERE "NAME" = 'Region';
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
SELECT * FROM public.errors WHERE code = 'table_protected';
ROLLBACK;
BEGIN;
UPDATE target."OSSYS_ENTITY" e SET "PHYSICAL_TABLE_NAME" = upper(s."PHYSICAL_TABLE_NAME")
FROM target."OSSYS_ENTITY" s WHERE s."NAME" = 'Kind' AND e."NAME" = 'Region';
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
SELECT code, object FROM public.errors WHERE code = 'table_protected';
ROLLBACK;

-- An entity that is multi-tenant at the target only
BEGIN;
UPDATE target."OSSYS_ENTITY" SET "MULTITENANT" = true WHERE "NAME" = 'Region';
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
SELECT code, object FROM public.errors;
ROLLBACK;

-- Transforms that would give more or fewer rows
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
UPDATE osmeta.plan_attribute SET transform = '(regexp_matches("Name", ''x''))[1]' WHERE attribute = 'Name';
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_attribute SET transform = 'max("Name")' WHERE attribute = 'Name';
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_attribute SET transform = 'lag("Name") OVER ()' WHERE attribute = 'Name';
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_attribute SET transform = '(SELECT max(n) FROM generate_series(1, 3) n) || "Name"' WHERE attribute = 'Name';
CALL osmeta.run_plan('p');
SELECT "Name" FROM p."Region" ORDER BY "Name" LIMIT 2;

-- Rows that stand there twice are found, if no key forbids them.
SELECT entity, rows_expected, rows_found, checksum_equal, status, detail FROM osmeta.verify_plan('p');
BEGIN;
\set ECHO none
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'p' AND conrelid = :'target_region'::regclass \gexec
\set ECHO all
INSERT INTO target.region SELECT * FROM target.region;
SELECT entity, rows_expected - rows_found AS missing, checksum_equal, status, detail ~ 'more than once' AS is_told FROM osmeta.verify_plan('p');
ROLLBACK;
SELECT osmeta.drop_plan('p');

-- Values that the target's column would cut
BEGIN;
DROP VIEW source.customer CASCADE;
ALTER TABLE :source_customer ALTER "SINCE" TYPE timestamp(6), ALTER "AMOUNT" TYPE numeric;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']);
SELECT * FROM public.errors;
ROLLBACK;

-- Users whose names differ by case: the one spelled alike, or none
BEGIN;
UPDATE osmeta.environment SET dialect = 'sqlserver';
INSERT INTO source."OSSYS_USER" ("ID", "TENANT_ID", "NAME", "USERNAME", "IS_ACTIVE")
SELECT v.id, t."ID", v.name, v.name, true
FROM source."OSSYS_TENANT" t, (VALUES (9001, 'zed'), (9002, 'Zed'), (9003, 'YOB'), (9004, NULL), (9005, ' ')) v (id, name)
WHERE t."NAME" = 'Users';
INSERT INTO target."OSSYS_USER" ("ID", "TENANT_ID", "NAME", "USERNAME", "IS_ACTIVE")
SELECT v.id, t."ID", v.name, v.name, true
FROM target."OSSYS_TENANT" t, (VALUES (9101, 'ZED'), (9102, 'Zed'), (9103, 'zed'), (9104, 'yob'), (9105, 'Yob'), (9106, 'alone')) v (id, name)
WHERE t."NAME" = 'Users';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
SELECT source_id, target_id, label, can_create FROM osmeta.plan_map WHERE source_id LIKE '900_' ORDER BY source_id;
SELECT osmeta.set_plan_option('p', 'users', 'fallback:Users\alone');
SAVEPOINT s;
SELECT osmeta.set_plan_option('p', 'users', 'fallback:Nowhere\alone');
ROLLBACK;

-- A filter makes unmatched users a warning; they can be settled until the push.
INSERT INTO source."OSSYS_USER" ("ID", "TENANT_ID", "NAME", "USERNAME", "IS_ACTIVE")
SELECT 9009, t."ID", 'lost', 'lost', true FROM source."OSSYS_TENANT" t WHERE t."NAME" = 'Users';
INSERT INTO source.customer ("NAME", "CREATEDBY") VALUES ('of the lost one', 9009);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
SELECT severity, message FROM osmeta.plan_problem WHERE code = 'unmatched_user';
UPDATE osmeta.plan_entity SET filter = 'true' WHERE entity = 'Customer';
SELECT severity, message FROM osmeta.plan_problem WHERE code = 'unmatched_user';
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;
SELECT osmeta.set_plan_option('p', 'chunk_rows', '10');
INSERT INTO target."OSSYS_USER" ("ID", "TENANT_ID", "NAME", "USERNAME", "IS_ACTIVE")
SELECT 9109, t."ID", 'helper', 'helper', true FROM target."OSSYS_TENANT" t WHERE t."NAME" = 'Users';
SELECT osmeta.set_plan_option('p', 'users', 'fallback:helper');
CALL osmeta.run_plan('p');
SELECT entity, status FROM osmeta.verify_plan('p') WHERE status <> 'ok';
SELECT u."USERNAME" FROM target.customer c JOIN target."OSSYS_USER" u ON u."ID" = c."CREATEDBY" WHERE c."NAME" = 'of the lost one';
SELECT osmeta.drop_plan('p');

-- Values exchanged between rows are found, whatever their sum.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region', 'entity:Shop.Customer'], '{"users": "fallback:helper"}') > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT string_agg(status, ' ') FROM osmeta.verify_plan('p');
BEGIN;
UPDATE target.customer SET "KINDID" = 4 - "KINDID" WHERE "KINDID" IN (1, 3);
SELECT entity, checksum_equal, status FROM osmeta.verify_plan('p') WHERE entity = 'Customer';
ROLLBACK;

-- Another plan into the same tables gets another range, before and after.
SELECT osmeta.create_plan('q', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
SELECT osmeta.create_plan('r', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
SELECT count(DISTINCT e.id_offset) FROM osmeta.plan_entity e WHERE e.entity = 'Region';
UPDATE osmeta.plan_entity SET id_offset = (SELECT id_offset FROM osmeta.plan_entity e JOIN osmeta.plan p USING (plan_id) WHERE p.plan = 'q' AND e.entity = 'Region')
WHERE plan_id = (SELECT plan_id FROM osmeta.plan WHERE plan = 'r');
SELECT plan, code, object FROM osmeta.plan_problem WHERE severity = 'error' ORDER BY 1;
SELECT osmeta.drop_plan('r');

-- A target that swallows rows
CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW."ID" % 2 = 0 THEN NEW END; END $$;
CREATE TRIGGER swallow BEFORE INSERT ON :target_region FOR EACH ROW EXECUTE FUNCTION public.swallow();
CALL osmeta.run_plan('q');
SELECT osmeta.refresh_plan('q');
SELECT severity, code, message FROM osmeta.plan_problem WHERE plan = 'q' AND code = 'target_trigger';
CALL osmeta.run_plan('q');
SELECT phase FROM osmeta.plan WHERE plan = 'q';
DROP TRIGGER swallow ON :target_region;
CALL osmeta.run_plan('q');
SELECT entity, status FROM osmeta.verify_plan('q');
SELECT osmeta.drop_plan('q'), osmeta.drop_plan('p');

-- A target that swallows what the second step sets
CALL make.put_back();
\set ECHO none
SELECT make.table_of('target', 'Customer') AS target_customer \gset
\set ECHO all
CREATE FUNCTION public.keep_null() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW."ID" % 2 = 0 THEN NEW END; END $$;
CREATE TRIGGER keep_null BEFORE UPDATE ON :target_customer FOR EACH ROW EXECUTE FUNCTION public.keep_null();
SELECT osmeta.create_plan('q', 'src', 'tgt', ARRAY['espace:Shop'], '{"severity": {"unmatched_user": "warning"}}') > 0 AS planned;
CALL osmeta.run_plan('q');
SELECT c.phase, c.state, c.error FROM osmeta.plan_chunk c JOIN osmeta.plan p USING (plan_id) WHERE p.plan = 'q' AND c.state <> 'done' ORDER BY c.chunk_id;
DROP TRIGGER keep_null ON :target_customer;
SELECT osmeta.refresh_plan('q');
CREATE TABLE public.gone AS SELECT * FROM target.customer WHERE "NAME" LIKE 'Ümläut%';
SET session_replication_role = replica;
DELETE FROM target.customer WHERE "NAME" LIKE 'Ümläut%';
CALL osmeta.run_plan('q');
INSERT INTO target.customer SELECT * FROM public.gone;
RESET session_replication_role;
CALL osmeta.run_plan('q');
SELECT entity, status FROM osmeta.verify_plan('q') WHERE status <> 'ok';
SELECT osmeta.drop_plan('q');
CALL make.put_back();

-- Kinds and identifiers that differ between the two sides
BEGIN;
UPDATE target."OSSYS_ENTITY" SET "Data_Kind" = 'staticEntity' WHERE "NAME" = 'Region';
UPDATE target."OSSYS_ENTITY" e SET "PRIMARYKEY_SS_KEY" = (SELECT a."SS_KEY" FROM target."OSSYS_ENTITY_ATTR" a WHERE a."ENTITY_ID" = e."ID" AND a."NAME" = 'CustomerId')
WHERE "NAME" = 'Tag';
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region', 'entity:Shop.Tag'], '{"producers": "referenced"}') > 0 AS planned;
SELECT code, object FROM public.errors WHERE code IN ('kind_changed', 'identifier_changed');
ROLLBACK;

-- Two attributes in one column
BEGIN;
UPDATE target."OSSYS_ENTITY_ATTR" SET "DATABASE_NAME" = 'NAME' WHERE "NAME" = 'Note';
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region', 'entity:Shop.Customer']) > 0 AS planned;
SELECT code, object, message FROM public.errors WHERE code = 'column_shared';
-- left out, they are columns all the same
UPDATE osmeta.plan_attribute SET include = false WHERE attribute IN ('Name', 'Note');
SELECT code, object FROM public.errors WHERE code = 'column_shared';
ROLLBACK;

-- A key at the target that has gone
BEGIN;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
SELECT count(*) FROM osmeta.plan_problem WHERE code = 'target_without_key';
\set ECHO none
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'p' AND conrelid = :'target_region'::regclass \gexec
\set ECHO all
SELECT osmeta.refresh_plan('p');
SELECT code, object FROM osmeta.plan_problem WHERE code = 'target_without_key';
ROLLBACK;

-- A target that gives identifiers itself: in this database an INSERT can overrule it
BEGIN;
ALTER TABLE :target_region ALTER "ID" SET GENERATED ALWAYS;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
SELECT code, object FROM public.errors;
ALTER TABLE :target_region ALTER "ID" SET GENERATED BY DEFAULT;
SELECT osmeta.refresh_plan('p');
SELECT code, object FROM public.errors;
ROLLBACK;

-- Between engines the null value of a text becomes the other one's.
BEGIN;
UPDATE osmeta.environment SET dialect = 'oracle' WHERE environment = 'src';
INSERT INTO source.region ("NAME") VALUES (' '), (''), ('x ');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
COMMIT;
CALL osmeta.run_plan('p');
SELECT quote_nullable("Name") FROM p."Region" WHERE btrim("Name") IN ('', 'x') ORDER BY "Id";
SELECT entity, status FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
UPDATE osmeta.environment SET dialect = 'postgres' WHERE environment = 'src';

-- What a run executes is written by the plan's owner only.
CREATE ROLE regress_osmeta_stranger;
GRANT USAGE ON SCHEMA osmeta TO regress_osmeta_stranger;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA osmeta TO regress_osmeta_stranger;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
SET ROLE regress_osmeta_stranger;
\set VERBOSITY sqlstate
UPDATE osmeta.plan_attribute SET transform = 'current_user' WHERE attribute = 'Name';
UPDATE osmeta.plan_entity SET filter = 'true';
UPDATE osmeta.plan SET owner = 'regress_osmeta_stranger';
UPDATE osmeta.plan SET options = '{}';
INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, level, lower_id) SELECT plan_id, entity_id, 'pull', 0, '1; DROP TABLE x' FROM osmeta.plan_entity;
DELETE FROM osmeta.plan_attribute;
DELETE FROM osmeta.plan;
SELECT osmeta.drop_plan('p');
\set VERBOSITY default
RESET ROLE;
\set ECHO none
SET client_min_messages = error;
DROP OWNED BY regress_osmeta_stranger;
DROP ROLE regress_osmeta_stranger;
SET client_min_messages = warning;
\set ECHO all
SELECT osmeta.drop_plan('p');

-- A table that cannot be read is a problem of the plan.
CREATE ROLE regress_osmeta_mover;
\set ECHO none
SELECT format('GRANT CREATE ON DATABASE %I TO regress_osmeta_mover', current_database()) \gexec
\set ECHO all
GRANT USAGE ON SCHEMA osmeta, src, tgt, source, target TO regress_osmeta_mover;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA osmeta, src, tgt, source, target TO regress_osmeta_mover;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA osmeta TO regress_osmeta_mover;
REVOKE SELECT ON :source_customer FROM regress_osmeta_mover;
SET ROLE regress_osmeta_mover;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'], '{"users": "fallback:helper"}') > 0 AS planned;
RESET ROLE;
SELECT code, object FROM public.errors;
SET ROLE regress_osmeta_mover;
SELECT osmeta.drop_plan('p');
RESET ROLE;
\set ECHO none
SET client_min_messages = error;
DROP OWNED BY regress_osmeta_mover;
DROP ROLE regress_osmeta_mover;
SET client_min_messages = warning;
\set ECHO all

-- Types count in any case: what is left out gets the null value of a text.
BEGIN;
UPDATE source."OSSYS_ENTITY_ATTR" SET "TYPE" = 'RTTEXT' WHERE "TYPE" = 'rtText';
SELECT osmeta.capture('src') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Name';
SELECT code, object FROM public.errors;
COMMIT;
CALL osmeta.run_plan('p');
SELECT DISTINCT quote_nullable("Name") FROM p."Region";
SELECT osmeta.drop_plan('p');

-- Identifiers with decimals keep their values, all of them.
\set ECHO none
\o /dev/null
DROP VIEW source.region, target.region CASCADE;
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'p' AND conrelid = :'source_region'::regclass \gexec
ALTER TABLE :source_region ALTER "ID" DROP IDENTITY;
ALTER TABLE :source_region ALTER "ID" TYPE numeric(10,2);
ALTER TABLE :target_region ALTER "ID" DROP IDENTITY;
ALTER TABLE :target_region ALTER "ID" TYPE numeric(10,2);
UPDATE :source_region SET "ID" = "ID" + 1000.49;
\o
\set ECHO all
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
SELECT code, message FROM public.errors;
UPDATE osmeta.plan_entity SET key_strategy = 'keep';
SELECT code, message FROM public.errors;
CALL osmeta.run_plan('p');
SELECT entity, rows_expected, rows_found, status FROM osmeta.verify_plan('p');
SELECT source_id, target_id FROM osmeta.plan_key ORDER BY 1;
