-- Processes that the option process_status lets through in a later round have
-- lower identifiers than those of the first: there is room for them.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/process.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
-- process 7 has been there, and a row of the target's own still names it
UPDATE factory_qa.order_row SET "LASTPROCESSID" = 7 WHERE "LABEL" = 'theirs 1';
SELECT osmeta.attach('prod', NULL, 'factory_prod'), osmeta.attach('qa', NULL, 'factory_qa');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['prod', 'qa']) e;
CREATE TABLE own AS SELECT "Id" AS id FROM factory_qa."OSSYS_BPM_PROCESS";
CREATE VIEW moved AS SELECT p."LABEL" AS label, p."Id" > 7 AS is_behind, o."LABEL" AS parent
FROM factory_qa."OSSYS_BPM_PROCESS" p LEFT JOIN factory_qa."OSSYS_BPM_PROCESS" o ON o."Id" = p."PARENT_PROCESS_ID" WHERE p."Id" NOT IN (TABLE own);
\o
\set ECHO all
SELECT last_value FROM factory_qa."OSSYS_BPM_PROCESS_Id_seq";
SELECT "Id", "LABEL", "STATUS_ID", "PARENT_PROCESS_ID" FROM factory_prod."OSSYS_BPM_PROCESS" ORDER BY 1;
\set options '{"users": "create", "groups": "create", "producers": "referenced", "process_status": ["Closed", "Terminated"], "updates": true}'

SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], :'options') > 0 AS planned;
SELECT entity, key_strategy, lower_id, upper_id, id_offset, rows_expected FROM osmeta.plan_entity WHERE platform_table IS NOT NULL AND is_data ORDER BY entity;
CALL osmeta.run_plan('p');
SELECT * FROM moved ORDER BY 1;
-- Trees come to their end.
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "STATUS_ID" = 2 WHERE "STATUS_ID" NOT IN (2, 4);
CALL osmeta.run_plan('p');
SELECT * FROM moved ORDER BY 1;
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
SELECT o."LABEL", p."LABEL" AS process FROM factory_qa.order_row o LEFT JOIN factory_qa."OSSYS_BPM_PROCESS" p ON p."Id" = o."LASTPROCESSID" WHERE o."LABEL" = 'theirs 1';
CALL osmeta.undo_plan('p');
TABLE moved;
SELECT osmeta.drop_plan('p');

-- If none is let through at first, the range begins all the same.
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "STATUS_ID" = 1;
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], :'options') > 0 AS planned;
SELECT entity, lower_id, upper_id, rows_expected FROM osmeta.plan_entity WHERE platform_table = 'bpm_process';
SELECT code, message FROM osmeta.plan_problem WHERE severity = 'error';
CALL osmeta.run_plan('p');
TABLE moved;
-- neither the target nor another plan takes what is kept for them
INSERT INTO factory_qa."OSSYS_BPM_PROCESS" ("Tenant_Id", "LABEL", "PROCESS_DEF_ID", "STATUS_ID") SELECT "Tenant_Id", 'theirs, next', "PROCESS_DEF_ID", 1 FROM factory_qa."OSSYS_BPM_PROCESS" LIMIT 1;
INSERT INTO own SELECT max("Id") FROM factory_qa."OSSYS_BPM_PROCESS";
SELECT osmeta.create_plan('q', 'prod', 'qa', ARRAY['espace:OrdersCopy'], '{"users": "match", "groups": "match", "producers": "referenced"}') > 0 AS planned;
SELECT q.lower_id + q.id_offset > p.upper_id + p.id_offset AS is_behind FROM osmeta.plan_entity p JOIN osmeta.plan_entity q ON q.plan_id > p.plan_id AND q.platform_table = p.platform_table WHERE p.platform_table = 'bpm_process';
SELECT osmeta.drop_plan('q');
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "STATUS_ID" = 2;
CALL osmeta.run_plan('p');
SELECT count(*), bool_and(is_behind) AS all_behind FROM moved;
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
