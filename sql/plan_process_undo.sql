-- Undo of processes that have gone on at the target: what it has made under
-- them refers to them, whether a key says so or not.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/process.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
\i :loopback
SELECT osmeta.attach('prod', NULL, 'factory_prod'), osmeta.attach('qa', NULL, 'factory_qa'), osmeta.attach('far', 'loop', 'factory_qa');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['prod', 'qa', 'far']) e;
CREATE VIEW orphan AS
SELECT 'activity' AS what, a."Name" AS name FROM factory_qa."OSSYS_BPM_ACTIVITY" a WHERE NOT EXISTS (SELECT FROM factory_qa."OSSYS_BPM_PROCESS" p WHERE p."Id" = a."Process_Id")
UNION ALL SELECT 'process', p."LABEL" FROM factory_qa."OSSYS_BPM_PROCESS" p WHERE p."PARENT_PROCESS_ID" IS NOT NULL AND NOT EXISTS (SELECT FROM factory_qa."OSSYS_BPM_PROCESS" o WHERE o."Id" = p."PARENT_PROCESS_ID")
UNION ALL SELECT 'output', o."Name" FROM factory_qa."OSSYS_BPM_PROCESS_OUTPUT" o WHERE NOT EXISTS (SELECT FROM factory_qa."OSSYS_BPM_PROCESS" p WHERE p."Id" = o."Process_Id");
CREATE TABLE own AS SELECT "Id" AS id FROM factory_qa."OSSYS_BPM_PROCESS";
-- The platform there closes an activity, makes the next one, and starts a process.
CREATE PROCEDURE go_on() LANGUAGE sql AS $$
UPDATE factory_qa."OSSYS_BPM_ACTIVITY" a SET "Status_Id" = 5 FROM factory_qa."OSSYS_BPM_PROCESS" p WHERE p."Id" = a."Process_Id" AND p."LABEL" = 'order 1' AND a."Name" = 'Confirm';
INSERT INTO factory_qa."OSSYS_BPM_ACTIVITY" ("Id", "Tenant_Id", "Activity_Def_Id", "Process_Id", "Name", "Status_Id", "Precedent_Activity_Id")
SELECT 20001, a."Tenant_Id", a."Activity_Def_Id", a."Process_Id", 'theirs, next', 4, a."Id" FROM factory_qa."OSSYS_BPM_ACTIVITY" a JOIN factory_qa."OSSYS_BPM_PROCESS" p ON p."Id" = a."Process_Id" WHERE p."LABEL" = 'order 1' AND a."Name" = 'Confirm';
INSERT INTO factory_qa."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "PROCESS_DEF_ID", "PARENT_PROCESS_ID", "PARENT_ACTIVITY_ID", "TOP_PROCESS_ID", "STATUS_ID")
SELECT 20001, p."Tenant_Id", 'theirs, below', 32, p."Id", a."Precedent_Activity_Id", p."Id", 1 FROM factory_qa."OSSYS_BPM_ACTIVITY" a JOIN factory_qa."OSSYS_BPM_PROCESS" p ON p."Id" = a."Process_Id" WHERE a."Id" = 20001;
$$;
CREATE PROCEDURE clean_up() LANGUAGE sql AS $$
DELETE FROM factory_qa."OSSYS_BPM_ACTIVITY" WHERE "Id" = 20001;
DELETE FROM factory_qa."OSSYS_BPM_PROCESS" WHERE "Id" = 20001;
$$;
\o
\set ECHO all
\set options '{"users": "create", "groups": "create", "producers": "referenced"}'

SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
CALL go_on();
CALL osmeta.undo_plan('p');
-- whatever becomes of what has changed
SELECT osmeta.set_plan_option('p', 'undo_changed', 'delete');
CALL osmeta.undo_plan('p');
-- Without what the target has made it goes as ever.
CALL clean_up();
CALL osmeta.undo_plan('p');
TABLE orphan;
SELECT "LABEL" FROM factory_qa."OSSYS_BPM_PROCESS" WHERE "Id" NOT IN (TABLE own);
SELECT osmeta.drop_plan('p');

-- Of a table that the plan leaves out all rows are theirs.
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], :'options') > 0 AS planned;
UPDATE osmeta.plan_entity SET include = false WHERE platform_table = 'bpm_process_output';
CALL osmeta.run_plan('p');
INSERT INTO factory_qa."OSSYS_BPM_PROCESS_OUTPUT" ("Id", "Tenant_Id", "Process_Id", "Name") SELECT 20001, "Tenant_Id", "Id", 'theirs' FROM factory_qa."OSSYS_BPM_PROCESS" WHERE "LABEL" = 'order 1';
CALL osmeta.undo_plan('p');
DELETE FROM factory_qa."OSSYS_BPM_PROCESS_OUTPUT" WHERE "Id" = 20001;
CALL osmeta.undo_plan('p');
TABLE orphan;
SELECT osmeta.drop_plan('p');

-- At a server; a key that it has says it once.
ALTER TABLE factory_qa."OSSYS_BPM_ACTIVITY" ADD CONSTRAINT of_process FOREIGN KEY ("Process_Id") REFERENCES factory_qa."OSSYS_BPM_PROCESS" ("Id") NOT VALID;
SELECT osmeta.create_plan('p', 'prod', 'far', ARRAY['espace:Orders'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
CALL go_on();
SELECT osmeta.set_plan_option('p', 'undo_changed', 'delete');
CALL osmeta.undo_plan('p');

-- What is referred to stays, and what that refers to.
SELECT osmeta.set_plan_option('p', 'undo_referenced', 'keep');
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
TABLE orphan;
SELECT "LABEL" FROM factory_qa."OSSYS_BPM_PROCESS" WHERE "Id" NOT IN (TABLE own) ORDER BY 1;
SELECT a."Name" FROM factory_qa."OSSYS_BPM_ACTIVITY" a JOIN factory_qa."OSSYS_BPM_PROCESS" p ON p."Id" = a."Process_Id" WHERE p."LABEL" = 'order 1' ORDER BY 1;
SELECT table_name, column_name, key_name, delete_action FROM osmeta.plan_foreign_key WHERE table_name = 'OSSYS_BPM_ACTIVITY' ORDER BY 1, 2;
SELECT osmeta.drop_plan('p');

-- Where rows of entities go first, instances stay, whoever refers to them.
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "match", "groups": "match", "producers": "referenced", "existing": "delete"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET include = false WHERE platform_table = 'bpm_process_output';
SELECT code, object, message FROM osmeta.plan_problem WHERE plan = 'p' AND code = 'referenced_from_outside';
