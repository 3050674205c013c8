-- A plan that creates users and groups, pulled first: nothing is created until
-- a run goes on or a script has been run.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/identity_all.sql'
\o /dev/null
SET client_min_messages = warning;
\i :fixture
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 13 WHEN 2 THEN 17 ELSE 16 END, "TEAMID" = 19 + "ID", "ROLEID" = 30, "ASSIGNEDUSERID" = '17';
INSERT INTO source."case" ("ID", "LABEL", "OWNERID", "TEAMID", "TENANT_ID") VALUES (4, 'four', 15, 22, 1), (5, 'five', 11, NULL, 1);
UPDATE source."OSSYS_GROUP" SET "CREATED_BY" = 17 WHERE "ID" = 22;
UPDATE source."OSSYS_GROUP" SET "NAME" = 'Porters' WHERE "ID" = 21;
-- Nobody's name is there in two cases; every row must have an owner.
DELETE FROM target."OSSYS_USER" WHERE "ID" IN (43, 44);
SELECT format('ALTER TABLE target.%I ALTER "OWNERID" SET NOT NULL', i.table_name) FROM information_schema.view_table_usage i WHERE i.view_schema = 'target' AND i.view_name = 'case' \gexec
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;
-- What stands there, by names
CREATE VIEW make.stand AS
SELECT 'user' AS kind, concat_ws('|', u."USERNAME", u."TENANT_ID", u."NAME", u."EMAIL", COALESCE(u."PASSWORD", 'none')) AS row FROM target."OSSYS_USER" u WHERE u."ID" > 44
UNION ALL SELECT 'group', concat_ws('|', g."NAME", g."TENANT_ID", g."DESCRIPTION", u."USERNAME") FROM target."OSSYS_GROUP" g LEFT JOIN target."OSSYS_USER" u ON u."ID" = g."CREATED_BY" WHERE g."ID" > 51
UNION ALL SELECT 'user_role', concat_ws('|', u."USERNAME", l."Role_Id", l."TENANT_ID") FROM target."OSSYS_USER_ROLE" l JOIN target."OSSYS_USER" u ON u."ID" = l."USER_ID"
UNION ALL SELECT 'group_user', concat_ws('|', u."USERNAME", g."NAME", l."TENANT_ID") FROM target."OSSYS_GROUP_USER" l JOIN target."OSSYS_USER" u ON u."ID" = l."USER_ID" JOIN target."OSSYS_GROUP" g ON g."ID" = l."GROUP_ID"
UNION ALL SELECT 'group_role', concat_ws('|', g."NAME", l."ROLE_ID", l."TENANT_ID") FROM target."OSSYS_GROUP_ROLE" l JOIN target."OSSYS_GROUP" g ON g."ID" = l."GROUP_ID"
UNION ALL SELECT 'case', concat_ws('|', c."LABEL", c."TENANT_ID", u."USERNAME", COALESCE(g."NAME", '-'), COALESCE(v."USERNAME", '-')) FROM target."case" c
	LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."OWNERID" LEFT JOIN target."OSSYS_GROUP" g ON g."ID" = c."TEAMID" LEFT JOIN target."OSSYS_USER" v ON v."ID"::text = c."ASSIGNEDUSERID";
CREATE FUNCTION make.plan(plan text, target text = 'tgt') RETURNS bigint LANGUAGE sql BEGIN ATOMIC
	SELECT osmeta.create_plan(plan, 'src', target, ARRAY['espace:Desk'], '{"users": "create", "groups": "create", "severity": {"unmatched_role": "note", "soft_key": "note"}}');
	UPDATE osmeta.plan_attribute a SET include = false FROM osmeta.plan p WHERE p.plan_id = a.plan_id AND p.plan = $1 AND a.attribute IN ('CountryId', 'CityId', 'UnitId');
	UPDATE osmeta.plan_attribute a SET transform = 'remap:ServiceCenter.User' FROM osmeta.plan p WHERE p.plan_id = a.plan_id AND p.plan = $1 AND a.attribute = 'AssignedUserId';
	SELECT count(*) FROM osmeta.plan_created;
END;
CREATE TABLE make.before AS SELECT * FROM make.stand;
\o
\set ECHO all

SELECT make.plan('at_once');
CALL osmeta.run_plan('at_once');
CREATE TABLE make.by_run AS SELECT * FROM make.stand;
TABLE make.by_run ORDER BY 1, 2;
CALL osmeta.undo_plan('at_once');
SELECT osmeta.drop_plan('at_once');
SELECT * FROM make.stand EXCEPT ALL SELECT * FROM make.before;

-- pull_plan keeps them, and creates nobody
SELECT make.plan('pulled');
CALL osmeta.pull_plan('pulled');
SELECT * FROM make.stand EXCEPT ALL SELECT * FROM make.before;
SELECT table_name, label, target_id, is_kept FROM osmeta.plan_created ORDER BY 1, 2;
SELECT "i:ID", "USERNAME", "TENANT_ID" FROM pulled."created user" ORDER BY 1;
SELECT count(*) FROM information_schema.columns WHERE table_schema = 'pulled' AND column_name ILIKE '%password%';
SELECT count(*) FILTER (WHERE s ILIKE '%PLANTED%') AS secrets, count(*) FILTER (WHERE s ILIKE '%zoe@example.com%') AS zoe FROM osmeta.export_plan('pulled', 'sqlserver') s;
CALL osmeta.run_plan('pulled');
CALL osmeta.read_delivery('pulled');
CALL osmeta.read_delivery('pulled', never_run => true);
CALL osmeta.run_plan('pulled');
(TABLE make.stand EXCEPT ALL TABLE make.by_run) UNION ALL (TABLE make.by_run EXCEPT ALL TABLE make.stand);
SELECT table_name, count(*), count(target_id) AS stand, bool_or(is_kept) AS is_kept FROM osmeta.plan_created GROUP BY 1 ORDER BY 1;
SELECT entity, status, detail FROM osmeta.verify_plan('pulled') ORDER BY 1;
SELECT k.source_id, u."USERNAME" FROM osmeta.plan_key k JOIN target."OSSYS_USER" u ON u."ID"::text = k.target_id
WHERE EXISTS (SELECT FROM osmeta.plan_entity e WHERE e.entity_key OPERATOR(osmeta.=) k.entity_key AND e.entity = 'User') ORDER BY k.source_id::int;
CALL osmeta.undo_plan('pulled');
SELECT osmeta.drop_plan('pulled');
(TABLE make.stand EXCEPT ALL TABLE make.before) UNION ALL (TABLE make.before EXCEPT ALL TABLE make.stand);

-- Another plan creates the very same people meanwhile: they stay its own
SELECT make.plan('first');
CALL osmeta.pull_plan('first');
SELECT make.plan('other');
UPDATE osmeta.plan_entity e SET include = false FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND p.plan = 'other' AND e.entity = 'Note';
CALL osmeta.run_plan('other');
CALL osmeta.run_plan('first');
SELECT p.plan, count(*) FROM osmeta.plan_created c JOIN osmeta.plan p USING (plan_id) GROUP BY 1;
CALL osmeta.undo_plan('first');
SELECT kind, count(*) FROM make.stand GROUP BY 1 ORDER BY 1;

-- Whom an attempt of the same plan has created that went no further: a script
-- gives them what they have not got yet, and makes them members of the groups
-- that it creates.
CALL osmeta.undo_plan('other');
SELECT osmeta.drop_plan('first'), osmeta.drop_plan('other');
DO $$ BEGIN PERFORM osmeta.attach('far', 'loop', 'target', dialect => 'sqlserver'), osmeta.capture('far'); END $$;
CREATE FUNCTION make.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no more groups'; END $$;
CREATE TRIGGER stop BEFORE INSERT ON target."OSSYS_GROUP" FOR EACH ROW EXECUTE FUNCTION make.stop();
SELECT make.plan('lost', 'far');
\set VERBOSITY terse
CALL osmeta.run_plan('lost');
\set VERBOSITY default
SELECT c.table_name, c.label, c.target_id FROM osmeta.plan_created c ORDER BY 1, 2;
DROP TRIGGER stop ON target."OSSYS_GROUP";
-- as if one had been
INSERT INTO target."OSSYS_USER" ("TENANT_ID", "USERNAME", "NAME", "EMAIL", "EXTERNAL_ID", "CREATION_DATE", "IS_ACTIVE")
SELECT 4, "USERNAME", "NAME", "EMAIL", "EXTERNAL_ID", "CREATION_DATE", "IS_ACTIVE" FROM source."OSSYS_USER" WHERE "ID" = 17;
INSERT INTO target."OSSYS_USER_ROLE" ("USER_ID", "Role_Id", "TENANT_ID") SELECT "ID", 30, "TENANT_ID" FROM target."OSSYS_USER" WHERE "USERNAME" = 'zoe' AND "ID" > 44;
CALL osmeta.pull_plan('lost');
SELECT relname FROM pg_class WHERE relnamespace = 'lost'::regnamespace AND relname LIKE 'created%' ORDER BY 1;
SELECT "i:ID", "USERNAME" FROM lost."created user";
SELECT g."i:ID", g."NAME", u."USERNAME" AS created_by, g."r:CREATED_BY" FROM lost."created group" g LEFT JOIN target."OSSYS_USER" u ON u."ID" = g."CREATED_BY" ORDER BY 1;
SELECT u."USERNAME", l."r:USER_ID", l."GROUP_ID", l."r:GROUP_ID", l."TENANT_ID" FROM lost."created group_user" l LEFT JOIN target."OSSYS_USER" u ON u."ID" = l."USER_ID" ORDER BY 1, 4;
SELECT u."USERNAME", l."r:USER_ID", l."Role_Id", l."TENANT_ID" FROM lost."created user_role" l LEFT JOIN target."OSSYS_USER" u ON u."ID" = l."USER_ID" ORDER BY 1;
CALL osmeta.run_plan('lost');
(TABLE make.stand EXCEPT ALL TABLE make.by_run) UNION ALL (TABLE make.by_run EXCEPT ALL TABLE make.stand);
CALL osmeta.undo_plan('lost');
(TABLE make.stand EXCEPT ALL TABLE make.before) UNION ALL (TABLE make.before EXCEPT ALL TABLE make.stand);
SELECT osmeta.drop_plan('lost');
