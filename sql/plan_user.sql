-- Which users, groups and tenants are one, where names are not certain, and
-- who cannot be created.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/identity_all.sql'
\o /dev/null
SET client_min_messages = warning;
\i :fixture
-- Rows that are one with a user, a group, a tenant, a role.
DO $$
DECLARE
	s text;
BEGIN
	FOREACH s IN ARRAY ARRAY['source', 'target'] LOOP
		PERFORM set_config('search_path', s, true);
		UPDATE "OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM "OSSYS_ENTITY" e
		WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
		PERFORM make.entity('Desk.' || p || 'Info'), make.attribute('Desk.' || p || 'Info', 'Id', 'ServiceCenter.' || p, 'mandatory Ignore'),
			make.attribute('Desk.' || p || 'Info', 'Text', 'rtText(50)')
		FROM unnest(ARRAY['User', 'Group', 'Tenant', 'Role']) p;
		PERFORM make.entity('Desk.UserMore');
		PERFORM make.attribute('Desk.UserMore', 'Id', 'Desk.UserInfo', 'mandatory Ignore'), make.attribute('Desk.UserMore', 'BossId', 'ServiceCenter.User', 'Ignore');
		PERFORM make.espace('Post'), make.entity('Post.Ticket'), make.attribute('Post.Ticket', 'Id', 'rtText(20)', 'mandatory');
		PERFORM make.attribute('Post.Ticket', 'OwnerId', 'ServiceCenter.User', 'Ignore');
		PERFORM make.tables();
		EXECUTE (SELECT string_agg(format('CREATE VIEW %I AS SELECT * FROM %I', lower("NAME"), "PHYSICAL_TABLE_NAME"), ';')
			FROM "OSSYS_ENTITY" WHERE "NAME" LIKE '%Info' OR "NAME" IN ('UserMore', 'Ticket'));
	END LOOP;
END
$$;
DELETE FROM target."OSSYS_USER" WHERE "ID" IN (43, 44);
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('far', 'loop', 'target');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'far']) e;
CREATE VIEW make.owned AS
SELECT c."LABEL" AS label, u."USERNAME" AS owner, t."NAME" AS owner_tenant, g."NAME" AS team, n."NAME" AS tenant
FROM target."case" c LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."OWNERID" LEFT JOIN target."OSSYS_TENANT" t ON t."ID" = u."TENANT_ID"
LEFT JOIN target."OSSYS_GROUP" g ON g."ID" = c."TEAMID" LEFT JOIN target."OSSYS_TENANT" n ON n."ID" = c."TENANT_ID";
-- A plan, what it says of users and the like, and no plan.
CREATE FUNCTION make.plan(options jsonb) RETURNS TABLE (severity text, code text, message text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], options);
	RETURN QUERY SELECT p.severity, p.code, p.message FROM osmeta.plan_problem p WHERE p.plan = 'p' AND p.code <> 'counter_behind';
	PERFORM osmeta.drop_plan('p');
END
$$;
\o
\set ECHO all

-- Two users whom the engine of one side takes for one: none is created.
\o /dev/null
SET search_path = source;
SELECT make.people('50 maria 1', '51 alone 1');
RESET search_path;
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 13 WHEN 2 THEN 50 ELSE 51 END;
\o
SELECT * FROM make.plan('{"users": "create"}');
UPDATE osmeta.environment SET dialect = 'oracle' WHERE environment = 'src';
SELECT code, message FROM make.plan('{"users": "create"}') WHERE code IN ('row_created', 'ambiguous_match');
UPDATE osmeta.environment SET dialect = CASE environment WHEN 'src' THEN 'sqlserver' ELSE 'postgres' END;
SELECT * FROM make.plan('{"users": "create"}');
-- Somebody else can be in their place.
SELECT * FROM make.plan('{"users": "fallback:bob"}');
UPDATE osmeta.environment SET dialect = CASE environment WHEN 'far' THEN 'sqlserver' ELSE 'postgres' END;
SELECT * FROM make.plan('{"users": "create"}');
UPDATE osmeta.environment SET dialect = 'sqlserver';
SELECT * FROM make.plan('{"users": "create"}');
-- The one who is active is meant, if the other is not.
UPDATE source."OSSYS_USER" SET "IS_ACTIVE" = false WHERE "ID" = 50;
SELECT * FROM make.plan('{"users": "create"}');
UPDATE osmeta.environment SET dialect = 'postgres';
DELETE FROM source."OSSYS_USER" WHERE "ID" = 50;

-- Groups of one name in one tenant, to be created or with one partner
\o /dev/null
SET search_path = source;
SELECT make.groups('60 Twins South', '61 Twins South');
RESET search_path;
UPDATE source."case" SET "OWNERID" = NULL, "TEAMID" = CASE "ID" WHEN 3 THEN NULL ELSE 59 + "ID" END;
\o
SELECT * FROM make.plan('{"groups": "create"}');
SET search_path = target;
SELECT make.groups('70 Twins South');
RESET search_path;
SELECT * FROM make.plan('{"groups": "create"}');
DELETE FROM source."OSSYS_GROUP" WHERE "ID" >= 60;
DELETE FROM target."OSSYS_GROUP" WHERE "ID" = 70;

-- Tenants of one name and one provider
\o /dev/null
SET search_path = source;
SELECT make.tenants('9 North Users'), make.people('80 ann 9');
RESET search_path;
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 10 WHEN 2 THEN 80 END, "TEAMID" = NULL, "TENANT_ID" = CASE "ID" WHEN 2 THEN 9 ELSE 1 END;
\o
SELECT * FROM make.plan('{"users": "create"}');
UPDATE source."OSSYS_TENANT" SET "IS_ACTIVE" = false WHERE "ID" = 9;
SELECT * FROM make.plan('{"users": "create"}');
DELETE FROM source."OSSYS_USER" WHERE "ID" = 80;
DELETE FROM source."OSSYS_TENANT" WHERE "ID" = 9;
UPDATE source."case" SET "TENANT_ID" = "ID";

-- Who has no name is nobody there.
INSERT INTO source."OSSYS_USER" ("ID", "USERNAME", "TENANT_ID", "IS_ACTIVE") VALUES (90, '', 1, true), (91, NULL, 1, true), (92, ' ', 1, true);
INSERT INTO target."OSSYS_USER" ("ID", "USERNAME", "TENANT_ID", "IS_ACTIVE") VALUES (190, '', 3, true), (191, NULL, 3, true), (192, ' ', 3, true);
UPDATE source."case" SET "OWNERID" = 89 + "ID";
SELECT * FROM make.plan('{"users": "create"}');
DELETE FROM source."OSSYS_USER" WHERE "ID" >= 90;
DELETE FROM target."OSSYS_USER" WHERE "ID" >= 190;

-- Who stands in must be one, and active.
\o /dev/null
SET search_path = target;
SELECT make.people('120 idle 3', '121 both 3', '122 both 4', '123 single 4');
RESET search_path;
UPDATE target."OSSYS_USER" SET "IS_ACTIVE" = false WHERE "ID" = 120;
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 51 WHEN 2 THEN 17 ELSE 16 END;
\o
SELECT make.plan('{"users": "fallback:idle"}');
SELECT make.plan('{"users": "fallback:missing"}');
SELECT make.plan('{"users": "fallback:both"}');
SELECT make.plan('{"users": "fallback:"}');
UPDATE target."OSSYS_TENANT" SET "IS_ACTIVE" = false WHERE "ID" = 4;
SELECT make.plan('{"users": "fallback:single"}');
UPDATE target."OSSYS_TENANT" SET "IS_ACTIVE" = true WHERE "ID" = 4;
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], '{"users": "fallback:South\\both"}') > 0 AS planned;
UPDATE target."OSSYS_USER" SET "IS_ACTIVE" = false WHERE "ID" = 122;
CALL osmeta.run_plan('p');
UPDATE target."OSSYS_USER" SET "IS_ACTIVE" = true WHERE "ID" = 122;
CALL osmeta.run_plan('p');
-- Of tenant South, also for rows of others.
SELECT label, owner, owner_tenant, tenant FROM make.owned ORDER BY 1;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- Whom the target's tables do not take is told before.
DELETE FROM target."OSSYS_USER" WHERE "ID" >= 120;
UPDATE target."OSSYS_USER" SET "PASSWORD" = '' WHERE "PASSWORD" IS NULL;
ALTER TABLE target."OSSYS_USER" ALTER "PASSWORD" SET NOT NULL;
ALTER TABLE target."OSSYS_USER" ALTER "NAME" TYPE varchar(3);
UPDATE target."OSSYS_USER" SET "EXTERNAL_ID" = '';
ALTER TABLE target."OSSYS_USER" ALTER "EXTERNAL_ID" SET DEFAULT '', ALTER "EXTERNAL_ID" SET NOT NULL;
ALTER TABLE target."OSSYS_USER_ROLE" ADD extra integer NOT NULL DEFAULT 0;
ALTER TABLE target."OSSYS_USER_ROLE" ALTER extra DROP DEFAULT;
ALTER TABLE target."OSSYS_GROUP_ROLE" ADD extra integer NOT NULL;
SELECT osmeta.detach('far');
SELECT osmeta.attach('far', 'loop', 'target');
SELECT osmeta.capture('far') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], '{"users": "create", "groups": "create"}') > 0 AS planned;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE code = 'row_not_creatable';
CALL osmeta.run_plan('p');
-- If nobody is created it does not matter.
SELECT osmeta.set_plan_option('p', 'users', 'match');
SELECT severity, code FROM osmeta.plan_problem WHERE code <> 'counter_behind';
SELECT osmeta.set_plan_option('p', 'users', 'create');
SELECT count(*) FROM osmeta.plan_problem WHERE code = 'row_not_creatable';
ALTER TABLE target."OSSYS_USER" ALTER "PASSWORD" SET DEFAULT '', ALTER "EXTERNAL_ID" DROP NOT NULL, ALTER "NAME" TYPE varchar(256);
ALTER TABLE target."OSSYS_USER_ROLE" DROP extra;
ALTER TABLE target."OSSYS_GROUP_ROLE" DROP extra;
SELECT osmeta.refresh_plan('p');
SELECT severity, code FROM osmeta.plan_problem WHERE code <> 'counter_behind';
CALL osmeta.run_plan('p');
SELECT label, owner, owner_tenant FROM make.owned ORDER BY 1;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
ALTER TABLE target."OSSYS_USER" ALTER "PASSWORD" DROP NOT NULL, ALTER "PASSWORD" DROP DEFAULT;
SELECT count(*) FROM target."OSSYS_USER";

-- Two plans need the same user: one creates it.  The second has been stopped
-- before, and knows whom it was going to create.
UPDATE source."case" SET "OWNERID" = 13;
CREATE FUNCTION make.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
CREATE TRIGGER stop BEFORE INSERT ON target."OSSYS_USER" FOR EACH ROW EXECUTE FUNCTION make.stop();
SELECT osmeta.create_plan('q', 'src', 'far', ARRAY['espace:Desk'], '{"users": "create"}') > 0 AS planned;
\set VERBOSITY terse
CALL osmeta.run_plan('q');
\set VERBOSITY default
DROP TRIGGER stop ON target."OSSYS_USER";
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], '{"users": "create"}') > 0 AS planned;
CALL osmeta.run_plan('p');
CALL osmeta.run_plan('q');
SELECT label, owner, count(*) FROM make.owned GROUP BY 1, 2 ORDER BY 1;
SELECT p.plan, c.table_name, c.label, c.target_id IS NOT NULL AS stands FROM osmeta.plan_created c JOIN osmeta.plan p USING (plan_id) ORDER BY 1, 2;
-- Each plan takes out what it has put in.
SET client_min_messages = notice;
\set VERBOSITY terse
CALL osmeta.undo_plan('q');
SELECT count(*) FROM target."OSSYS_USER" WHERE "USERNAME" = 'Maria';
CALL osmeta.undo_plan('p');
\set VERBOSITY default
SET client_min_messages = warning;
SELECT count(*) FROM target."OSSYS_USER" WHERE "USERNAME" = 'Maria';
SELECT osmeta.drop_plan('p'), osmeta.drop_plan('q');

-- Rows that are one with those who are matched and created, and expressions
INSERT INTO source.userinfo VALUES (10, 'ann'), (13, 'Maria'), (17, 'zoe');
INSERT INTO source.usermore VALUES (13, 15), (10, NULL);
INSERT INTO source.groupinfo VALUES (20, 'Clerks'), (22, 'Agents');
INSERT INTO source.tenantinfo VALUES (1, 'North of Users'), (3, 'North of Portal');
INSERT INTO source.roleinfo VALUES (30, 'Reader');
INSERT INTO target.userinfo VALUES (42, 'bob');
UPDATE source."case" SET "OWNERID" = NULL, "NUMBER" = CASE "ID" WHEN 1 THEN '13' WHEN 2 THEN '10' ELSE '51' END;
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], '{"users": "create", "groups": "create"}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET transform = 'osmeta.map_id(''p'', ''ServiceCenter.User'', "Number")' WHERE attribute = 'Number';
SELECT entity, key_strategy FROM osmeta.plan_entity WHERE entity LIKE '%Info' OR entity = 'UserMore' ORDER BY 1;
SELECT osmeta.map_id('p', 'ServiceCenter.User', ' 10 '), osmeta.map_id('p', 'Tenant', '1'), osmeta.map_id('p', 'Role', '30'), osmeta.map_id('p', 'Group', '20'), osmeta.map_id('p', 'User', '13') AS later;
CALL osmeta.run_plan('p');
SELECT i."TEXT", u."USERNAME", m."ID" IS NOT NULL AS has_more, b."USERNAME" AS boss FROM target.userinfo i JOIN target."OSSYS_USER" u USING ("ID")
LEFT JOIN target.usermore m USING ("ID") LEFT JOIN target."OSSYS_USER" b ON b."ID" = m."BOSSID" ORDER BY 1;
SELECT i."TEXT", g."NAME" FROM target.groupinfo i JOIN target."OSSYS_GROUP" g USING ("ID") ORDER BY 1;
SELECT i."TEXT", t."NAME" || ' of ' || e."NAME" AS is FROM target.tenantinfo i JOIN target."OSSYS_TENANT" t USING ("ID") JOIN target."OSSYS_ESPACE" e ON e."ID" = t."ESPACE_ID" ORDER BY 1;
SELECT i."TEXT", r."NAME" FROM target.roleinfo i JOIN target."OSSYS_ROLE" r USING ("ID");
-- Who is named by an expression alone is not created.
SELECT c."LABEL", u."USERNAME" FROM target."case" c LEFT JOIN target."OSSYS_USER" u ON u."ID"::text = c."NUMBER" ORDER BY 1;
SELECT table_name, string_agg(label, ', ' ORDER BY label) FROM osmeta.plan_created WHERE label IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT entity, rows_found, checksum_equal, dangling, nulled FROM osmeta.verify_plan('p') ORDER BY 1;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
-- Soft keys are references, too.
UPDATE source."case" SET "NUMBER" = CASE "ID" WHEN 1 THEN '13' WHEN 2 THEN '51' ELSE 'none' END;
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['entity:Desk.Case'], '{"users": "match"}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET transform = 'remap:ServiceCenter.User' WHERE attribute = 'Number';
SELECT osmeta.refresh_plan('p');
SELECT severity, code, message FROM osmeta.plan_problem WHERE code <> 'counter_behind';
SELECT osmeta.set_plan_option('p', 'users', 'create');
SELECT severity, code, message FROM osmeta.plan_problem WHERE code <> 'counter_behind';
CALL osmeta.run_plan('p');
SELECT c."LABEL", COALESCE(u."USERNAME", c."NUMBER") AS number FROM target."case" c LEFT JOIN target."OSSYS_USER" u ON u."ID"::text = c."NUMBER" ORDER BY 1;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
-- Two users of whom one is to be both cannot both have a row that is one with him.
DELETE FROM target.userinfo;
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], '{"users": "fallback:bob", "groups": "create"}') > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.userinfo;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- Nobody is created for rows that are not delivered, since the target has
-- them: by natural key, by text identifier, or because they belong to one.
DELETE FROM source.groupinfo;
UPDATE source."case" SET "NUMBER" = NULL, "TENANT_ID" = 1, "OWNERID" = CASE "ID" WHEN 2 THEN 51 WHEN 3 THEN 13 END, "TEAMID" = CASE "ID" WHEN 2 THEN 22 END;
UPDATE source.usermore SET "BOSSID" = CASE "ID" WHEN 10 THEN 15 ELSE 17 END;
INSERT INTO source.ticket VALUES ('T1', 51), ('T2', 11);
INSERT INTO target."case" ("ID", "LABEL", "TENANT_ID") SELECT 7, "LABEL", 3 FROM source."case" WHERE "ID" = 2;
INSERT INTO target.userinfo VALUES (40, 'ann of theirs');
INSERT INTO target.usermore VALUES (40, 42);
INSERT INTO target.ticket VALUES ('T1', 42);
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk', 'espace:Post'], '{"users": "create", "groups": "create", "existing_one_to_one": "keep_target"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Label' WHERE entity = 'Case';
SELECT osmeta.refresh_plan('p');
CALL osmeta.pull_plan('p');
SELECT table_name, label FROM osmeta.plan_created WHERE label IS NOT NULL ORDER BY 1, 2;
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT table_name, label, target_id IS NOT NULL AS stands FROM osmeta.plan_created WHERE label IS NOT NULL ORDER BY 1, 2;
SELECT "USERNAME" FROM target."OSSYS_USER" WHERE "USERNAME" IN ('Maria', 'zoe', 'alone', 'idle') ORDER BY 1;
SELECT count(*) FROM target."OSSYS_GROUP" WHERE "NAME" = (SELECT "NAME" FROM source."OSSYS_GROUP" WHERE "ID" = 22);
SELECT entity, rows_expected, rows_found, existing, checksum_equal FROM osmeta.verify_plan('p') ORDER BY 1;
-- Who is needed by a row that comes later is created then.
INSERT INTO source.ticket VALUES ('T3', 51);
CALL osmeta.run_plan('p');
SELECT table_name, label, target_id IS NOT NULL AS stands FROM osmeta.plan_created WHERE label IS NOT NULL ORDER BY 1, 2;
SELECT t."ID", u."USERNAME" FROM target.ticket t JOIN target."OSSYS_USER" u ON u."ID" = t."OWNERID" ORDER BY 1;
CALL osmeta.undo_plan('p');
SELECT count(*) FROM target."OSSYS_USER" WHERE "USERNAME" IN ('Maria', 'zoe', 'alone', 'idle');
SELECT osmeta.drop_plan('p');
-- The same without pulling before.
DELETE FROM source.ticket WHERE "ID" = 'T3';
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk', 'espace:Post'], '{"users": "create", "groups": "create", "existing_one_to_one": "keep_target"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Label' WHERE entity = 'Case';
SELECT osmeta.refresh_plan('p');
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT table_name, label FROM osmeta.plan_created WHERE label IS NOT NULL ORDER BY 1, 2;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
-- Nobody is created for a run that is refused, since a row would come without
-- the row that it is one with.
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], '{"users": "create", "groups": "create", "existing_one_to_one": "keep_target"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET filter = 'false' WHERE entity = 'UserInfo';
CALL osmeta.run_plan('p');
SELECT count(*) FROM osmeta.plan_created WHERE target_id IS NOT NULL;
SELECT osmeta.drop_plan('p');
