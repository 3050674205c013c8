-- What is said of instances of processes before a plan runs.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/process.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
-- An entity whose rows belong to processes, one to one.
DO $$
BEGIN
	FOR i IN 1..2 LOOP
		PERFORM set_config('search_path', (ARRAY['factory_prod', 'factory_qa'])[i], true);
		PERFORM make.entity('Orders.ProcessNote'), make.attribute('Orders.ProcessNote', 'Id', 'ServiceCenter.Process', 'mandatory Ignore'), make.attribute('Orders.ProcessNote', 'Text', 'rtText(50)');
		PERFORM make.tables();
		EXECUTE (SELECT format('CREATE VIEW process_note AS SELECT * FROM %I', "PHYSICAL_TABLE_NAME") FROM "OSSYS_ENTITY" WHERE "NAME" = 'ProcessNote');
	END LOOP;
END
$$;
-- Users who are missing there are made by hand but for one, to whom only the
-- activity of a process refers that has been purged.
SELECT setval(pg_get_serial_sequence('factory_qa."OSSYS_USER"', 'ID'), 50), setval(pg_get_serial_sequence('factory_qa."OSSYS_GROUP"', 'ID'), 50);
INSERT INTO factory_qa."OSSYS_USER" ("TENANT_ID", "IS_ACTIVE", "NAME", "USERNAME") VALUES (11, true, 'carl', 'carl');
INSERT INTO factory_qa."OSSYS_GROUP" ("TENANT_ID", "NAME") VALUES (11, 'Night');
SET search_path = factory_prod;
SELECT make.users('32 leftover Users');
RESET search_path;
INSERT INTO factory_prod."OSSYS_BPM_ACTIVITY" ("Id", "Tenant_Id", "Activity_Def_Id", "Process_Id", "Name", "Status_Id", "User_Id") VALUES (80, 10, 1, 9999, 'of a purged process', 4, 32);
INSERT INTO factory_prod."OSSYS_BPM_ACTIVITY_OUTPUT" ("Id", "Tenant_Id", "Activity_Id", "Name", "Output_Value", "SS_Type")
VALUES (900, 10, 80, 'of that', '32', 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c');
SELECT osmeta.attach('prod', NULL, 'factory_prod'), osmeta.attach('qa', NULL, 'factory_qa');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['prod', 'qa']) e;
\o
\set ECHO all
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "fail", "groups": "match", "producers": "referenced"}') > 0 AS planned;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE plan = 'p' AND (severity = 'error' OR code = 'instances_left_out') ORDER BY 1, 3;
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT count(*) FROM factory_qa."OSSYS_BPM_ACTIVITY" WHERE "Name" = 'of a purged process';
SELECT entity, status FROM osmeta.verify_plan('p') WHERE status <> 'ok';
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- A user whom a process needs that stands there is missed.
UPDATE factory_prod."OSSYS_BPM_ACTIVITY" SET "Process_Id" = 1 WHERE "Id" = 80;
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "fail", "groups": "match", "producers": "referenced"}') > 0 AS planned;
SELECT severity, code, message FROM osmeta.plan_problem WHERE plan = 'p' AND severity = 'error';
-- ... perhaps, if processes are filtered
UPDATE osmeta.plan_entity SET filter = '"Id" <> 1' WHERE platform_table = 'bpm_process';
SELECT severity, code, message FROM osmeta.plan_problem WHERE plan = 'p' AND code = 'unmatched_user';
SELECT osmeta.drop_plan('p');
-- not if it is an instance of what the plan does not move
UPDATE factory_prod."OSSYS_BPM_ACTIVITY" SET "Process_Id" = 9 WHERE "Id" = 80;
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "fail", "groups": "match", "producers": "referenced"}') > 0 AS planned;
SELECT severity, code, message FROM osmeta.plan_problem WHERE plan = 'p' AND code = 'unmatched_user';
SELECT osmeta.drop_plan('p');
DELETE FROM factory_prod."OSSYS_BPM_ACTIVITY" WHERE "Id" = 80;

-- What has no name is named by what it lacks.
INSERT INTO factory_prod."OSSYS_TENANT" ("ID", "NAME", "ESPACE_ID", "IS_ACTIVE") VALUES (77, ' ', 4711, true);
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "Tenant_Id" = 77 WHERE "Id" = 1;
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "match", "groups": "match", "producers": "referenced"}') > 0 AS planned;
SELECT message FROM osmeta.plan_problem WHERE plan = 'p' AND code = 'unmatched_tenant';
SELECT osmeta.drop_plan('p');
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "Tenant_Id" = 10 WHERE "Id" = 1;

-- Who belongs to a process that is not moved stops the run, as was said.
INSERT INTO factory_prod.process_note ("ID", "TEXT") VALUES (1, 'of order 1'), (8, 'of an old one');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "match", "groups": "match", "producers": "referenced"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET filter = '"Id" <> 8' WHERE entity = 'ProcessNote';
CALL osmeta.run_plan('p');
SELECT n."TEXT", p."LABEL" FROM factory_qa.process_note n LEFT JOIN factory_qa."OSSYS_BPM_PROCESS" p ON p."Id" = n."ID";
