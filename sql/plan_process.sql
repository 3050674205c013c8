-- Instances of processes: moved like rows of entities, with all that they
-- refer to.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/process.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
\o
\set ECHO all
SELECT osmeta.attach('prod', NULL, 'factory_prod'), osmeta.attach('qa', NULL, 'factory_qa');
SELECT osmeta.capture('prod'), osmeta.capture('qa');

CREATE FUNCTION problem(plan text) RETURNS TABLE (severity text, code text, object text, message text) LANGUAGE sql AS $$
	SELECT p.severity, p.code, p.object, p.message FROM osmeta.plan_problem p
	WHERE p.plan = $1 AND p.code NOT IN ('target_trigger', 'event_table_not_empty', 'row_created')
$$;
CREATE VIEW process AS
SELECT p."Id" AS id, p."LABEL" AS label, o."LABEL" AS parent, t."LABEL" AS top, a."Name" AS started_by
FROM factory_qa."OSSYS_BPM_PROCESS" p
LEFT JOIN factory_qa."OSSYS_BPM_PROCESS" o ON o."Id" = p."PARENT_PROCESS_ID"
LEFT JOIN factory_qa."OSSYS_BPM_PROCESS" t ON t."Id" = p."TOP_PROCESS_ID"
LEFT JOIN factory_qa."OSSYS_BPM_ACTIVITY" a ON a."Id" = p."PARENT_ACTIVITY_ID"
WHERE p."LABEL" NOT LIKE 'theirs%';
-- What the target has besides, in any table.
CREATE FUNCTION everything() RETURNS TABLE (relation text, checksum text) LANGUAGE plpgsql AS $$
BEGIN
	FOR relation IN SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'factory_qa'::regnamespace AND c.relkind = 'r' ORDER BY 1
	LOOP
		EXECUTE format('SELECT count(*) || '' '' || COALESCE(md5(string_agg(r::text, '','' ORDER BY r::text)), '''') FROM %s r', relation) INTO checksum;
		RETURN NEXT;
	END LOOP;
END
$$;
CREATE TABLE before AS SELECT * FROM everything();

-- By default: instances of active definitions of the espaces of the scope.
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['application:Sales'], '{"users": "create", "groups": "create", "producers": "referenced"}');
SELECT espace, entity, is_data, key_strategy, level, rows_expected FROM osmeta.plan_entity
WHERE platform_table IS NOT NULL OR is_data ORDER BY is_data DESC, level, espace, entity;
SELECT entity_id IS NOT NULL AS is_there, attribute, transform, is_deferred FROM osmeta.plan_attribute
WHERE is_deferred OR transform IN ('typed', 'null value') ORDER BY attribute, entity_id;
SELECT * FROM problem('p');
CALL osmeta.run_plan('p');
-- The order that input 9 named has been deleted: that one only differs.
SELECT what, kind, value FROM make.wrong ORDER BY 1;
SELECT espace, entity, rows_expected, rows_found, checksum_equal, dangling, status, foreign_changed FROM osmeta.verify_plan('p') ORDER BY espace, entity COLLATE "C";
SELECT label, parent, top, started_by FROM process ORDER BY 1;
-- Triggers have queued nothing, and who waits has a partner there.
SELECT (SELECT count(*) FROM factory_qa."OSSYS_BPM_EVENT") AS light, (SELECT count(*) FROM factory_qa."OSSYS_BPM_EVENT_QUEUE") AS queue;
SELECT s.entity, s.process_espace, s.process_definition, a."Name" AS activity, p."LABEL" AS process, s.is_update, s.is_light, s.row_id IS NOT NULL AS has_row, s.conditions
FROM osmeta.event_subscription('qa') s
LEFT JOIN factory_qa."OSSYS_BPM_ACTIVITY" a ON a."Id" = s.activity_id
LEFT JOIN factory_qa."OSSYS_BPM_PROCESS" p ON p."Id" = a."Process_Id"
ORDER BY s.entity, s.process_espace, s.process_definition, a."Name", s.is_update;
SELECT d.attribute, v.source_id, v.rows FROM osmeta.plan_dangling v
JOIN osmeta.plan_attribute d USING (plan_id, entity_id, attribute_no) ORDER BY 1, 2;
SELECT e.entity, count(*) FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key::text = k.entity_key::text
WHERE k.plan = 'p' AND e.platform_table IS NOT NULL AND e.is_data GROUP BY 1 ORDER BY 1;

-- A later round: what has come, and what has changed.
SELECT osmeta.set_plan_option('p', 'updates', 'true');
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "STATUS_ID" = 2 WHERE "Id" = 1;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "PROCESS_DEF_ID", "PARENT_PROCESS_ID", "PARENT_ACTIVITY_ID", "TOP_PROCESS_ID", "STATUS_ID")
SELECT 41, 10, 'late, under order 1', "PROCESS_DEF_ID", 1, 4, 1, 1 FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 2;
INSERT INTO factory_prod.order_row ("ID", "LABEL") VALUES (9, 'order 9, back');
CALL osmeta.run_plan('p');
SELECT * FROM make.wrong WHERE value NOT LIKE '%late%';
SELECT label, parent, top, started_by FROM process WHERE label LIKE 'late%';
SELECT entity, status FROM osmeta.verify_plan('p') WHERE status <> 'ok';
CALL osmeta.undo_plan('p');
SELECT * FROM everything() EXCEPT TABLE before;
SELECT osmeta.drop_plan('p');
DELETE FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 41;
DELETE FROM factory_prod.order_row WHERE "ID" = 9;

-- A later round that ends in its middle can be undone: the row that an input
-- named is there now, and the input still holds 0.
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['application:Sales'], '{"users": "create", "groups": "create", "producers": "referenced"}');
CALL osmeta.run_plan('p');
SELECT osmeta.set_plan_option('p', 'updates', 'true');
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "PROCESS_DEF_ID", "STATUS_ID")
SELECT 41, 10, 'late', "PROCESS_DEF_ID", 1 FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 2;
INSERT INTO factory_prod.order_row ("ID", "LABEL") VALUES (9, 'order 9, back');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON factory_qa."OSSYS_BPM_PROCESS" FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT osmeta.refresh_plan('p');
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
DROP TRIGGER refuse ON factory_qa."OSSYS_BPM_PROCESS";
CALL osmeta.undo_plan('p');
SELECT * FROM everything() EXCEPT TABLE before;
SELECT osmeta.drop_plan('p');
DELETE FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 41;
DELETE FROM factory_prod.order_row WHERE "ID" = 9;

-- Open trees only; and those of inactive definitions, of the clone too.
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders', 'espace:OrdersCopy'],
	'{"users": "create", "groups": "create", "processes": "all", "process_status": "open"}');
CALL osmeta.run_plan('p');
SELECT label, parent, top FROM process ORDER BY 1;
SELECT s."NAME" AS espace, d."Name" AS process, p."LABEL" FROM factory_qa."OSSYS_BPM_PROCESS" p
JOIN factory_qa."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = p."PROCESS_DEF_ID" JOIN factory_qa."OSSYS_ESPACE" s ON s."ID" = d."Espace_Id"
WHERE p."LABEL" ~ 'copy|old' ORDER BY 3;
SELECT entity, status FROM osmeta.verify_plan('p') WHERE status <> 'ok';
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'],
	'{"users": "create", "groups": "create", "producers": "referenced", "process_status": ["Suspended", 4]}');
SELECT entity, rows_expected FROM osmeta.plan_entity WHERE platform_table IS NOT NULL AND is_data ORDER BY 1;
SELECT osmeta.drop_plan('p');

-- None; entities alone bring none either.
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "processes": "none"}');
SELECT * FROM problem('p');
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['entity:Orders.Order'], '{"users": "create", "groups": "create"}');
SELECT entity FROM osmeta.plan_entity WHERE platform_table IS NOT NULL;
SELECT osmeta.drop_plan('p');

-- Values that no option takes.
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"processes": "some"}');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"process_status": []}');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"process_status": ["Nosuch'' OR true"]}');

-- The tree of a process begins where what is moved begins: process 13 now has
-- a parent of the clone, which is not moved, and a child.
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "PARENT_PROCESS_ID" = 9, "PARENT_ACTIVITY_ID" = 20, "TOP_PROCESS_ID" = 9 WHERE "Id" = 13;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "PROCESS_DEF_ID", "PARENT_PROCESS_ID", "PARENT_ACTIVITY_ID", "TOP_PROCESS_ID", "STATUS_ID")
SELECT 42, 11, 'under alone', "PROCESS_DEF_ID", 13, 26, 9, 1 FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 2;
-- An input that does not say its type has that of its definition.
UPDATE factory_prod."OSSYS_BPM_PROCESS_INPUT" SET "SS_Type" = CASE "Process_Id" WHEN 4 THEN '' END WHERE "Name" = 'EventGeneratedInput' AND "Process_Id" IN (1, 4);
-- A root that does not say that it is one.
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "TOP_PROCESS_ID" = NULL WHERE "Id" = 4;
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "producers": "referenced"}');
UPDATE osmeta.plan_entity SET key_strategy = 'dense' WHERE entity IN ('Process', 'Process_Input');
UPDATE osmeta.plan_entity SET key_strategy = 'keep' WHERE entity = 'Activity_Output';
-- what inputs say of users is to be forgotten
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Input_Value of ServiceCenter.User';
SELECT * FROM problem('p');
CALL osmeta.run_plan('p');
SELECT label, parent, top, started_by FROM process WHERE label ~ 'alone|order 2' ORDER BY 1;
SELECT "Name", "Input_Value" FROM factory_qa."OSSYS_BPM_PROCESS_INPUT" WHERE "Name" = 'UserId' ORDER BY 1, 2;
SELECT o."LABEL", i."SS_Type" FROM factory_qa."OSSYS_BPM_PROCESS_INPUT" i JOIN factory_qa.order_row o ON o."ID"::text = i."Input_Value"
WHERE i."Name" = 'EventGeneratedInput' AND COALESCE(i."SS_Type", '') = '' ORDER BY 1;
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
SELECT * FROM everything() EXCEPT TABLE before;

-- The root of a tree is found among what is moved: the clone's process in the
-- middle of a tree parts it, and what rows say of their top may be wrong.
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "PARENT_PROCESS_ID" = 1, "TOP_PROCESS_ID" = 1 WHERE "Id" = 9;
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "TOP_PROCESS_ID" = 1 WHERE "Id" IN (13, 42);
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "PROCESS_DEF_ID", "PARENT_PROCESS_ID", "TOP_PROCESS_ID", "STATUS_ID")
SELECT v.id, 11, v.label, p."PROCESS_DEF_ID", v.parent, v.top, 1
FROM factory_prod."OSSYS_BPM_PROCESS" p CROSS JOIN (VALUES (43, 'deep under alone', 42, 1), (44, 'alone, wrong top', 1, 4), (45, 'alone in a ring', 46, 45),
	(46, 'alone in a ring, too', 45, 45), (47, 'alone under a ring', 46, 999), (49, 'alone, its own parent', 49, 1)) v (id, label, parent, top)
WHERE p."Id" = 2;
CREATE TABLE late_process AS SELECT 48 AS "Id", 11 AS "Tenant_Id", 'late under alone'::varchar AS "LABEL", "PROCESS_DEF_ID", 43 AS "PARENT_PROCESS_ID", 1 AS "TOP_PROCESS_ID", 1 AS "STATUS_ID"
FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 2;
SELECT format(v.statement, s.strategy)
FROM unnest(ARRAY['offset', 'dense', 'keep', 'assigned']) WITH ORDINALITY s (strategy, no)
CROSS JOIN (VALUES
	(1, $$SELECT %L AS strategy, osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "producers": "referenced"}')$$),
	-- the target has those below
	(2, $$UPDATE osmeta.plan_entity SET key_strategy = %1$L, filter = CASE %1$L WHEN 'keep' THEN '"Id" > 12' END WHERE entity = 'Process'$$),
	(3, $$CALL osmeta.run_plan('p')$$),
	(4, $$SELECT label, parent, top FROM process WHERE label ~ 'alone' ORDER BY 1$$),
	(5, $$SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'$$),
	-- one that comes later, and one that leaves its tree with what is below
	(6, $$SELECT osmeta.set_plan_option('p', 'updates', 'true')$$),
	(7, $$INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "PROCESS_DEF_ID", "PARENT_PROCESS_ID", "TOP_PROCESS_ID", "STATUS_ID") TABLE late_process$$),
	(8, $$CALL osmeta.run_plan('p')$$),
	(9, $$SELECT label, parent, top FROM process WHERE label ~ 'late' ORDER BY 1$$),
	(10, $$UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "PARENT_PROCESS_ID" = 44 WHERE "Id" = 42$$),
	(11, $$CALL osmeta.run_plan('p')$$),
	(12, $$SELECT label, parent, top FROM process WHERE label ~ 'alone' ORDER BY 1$$),
	(13, $$SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'$$),
	(14, $$CALL osmeta.run_plan('p')$$),
	(15, $$CALL osmeta.undo_plan('p')$$),
	(16, $$SELECT osmeta.drop_plan('p')$$),
	(17, $$DELETE FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 48$$),
	(18, $$UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "PARENT_PROCESS_ID" = 13 WHERE "Id" = 42$$),
	(19, $$SELECT * FROM everything() EXCEPT TABLE before$$)) v (no, statement)
ORDER BY s.no, v.no
\gexec

-- A root that gets a parent when that one comes; a round that is abandoned.
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "STATUS_ID" = 3 WHERE "Id" = 13;
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "producers": "referenced"}');
UPDATE osmeta.plan_entity SET filter = '"Status_Id" <> 3' WHERE entity = 'Process';
SELECT object, message FROM problem('p') WHERE code = 'reference_to_filtered' ORDER BY 1;
CALL osmeta.run_plan('p');
SELECT label, parent, top FROM process WHERE label ~ 'under alone' ORDER BY 1;
SELECT severity, code, object, message FROM problem('p') WHERE code IN ('instance_without_process', 'rows_left_out');
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "STATUS_ID" = 1 WHERE "Id" = 13;
ALTER TABLE factory_qa."OSSYS_BPM_PROCESS" ADD CONSTRAINT refuse CHECK ("LABEL" <> 'alone');
SELECT osmeta.refresh_plan('p');
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
CALL osmeta.abandon_round('p');
ALTER TABLE factory_qa."OSSYS_BPM_PROCESS" DROP CONSTRAINT refuse;
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT label, parent, top FROM process WHERE label ~ 'alone' AND label !~ 'ring' ORDER BY 1;
-- its activities have come along
SELECT count(*) FROM factory_qa."OSSYS_BPM_ACTIVITY" a JOIN process p ON p.id = a."Process_Id" WHERE p.label = 'alone';
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
SELECT * FROM everything() EXCEPT TABLE before;

-- Instances whose process has gone, or is none of what is moved, stay behind;
-- so does what belongs to them.
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "PROCESS_DEF_ID", "STATUS_ID") VALUES (50, 11, 'its definition has gone', 999, 1);
CREATE TEMP TABLE orphan AS SELECT v.id, v.process, a.* FROM factory_prod."OSSYS_BPM_ACTIVITY" a
CROSS JOIN (VALUES (901, 50), (902, 777), (903, NULL)) v (id, process)
WHERE a."Id" = (SELECT min(f."Id") FROM factory_prod."OSSYS_BPM_ACTIVITY" f WHERE f."Process_Id" = 1);
UPDATE orphan SET "Id" = id, "Process_Id" = process, "Name" = 'orphan';
ALTER TABLE orphan DROP COLUMN id, DROP COLUMN process;
INSERT INTO factory_prod."OSSYS_BPM_ACTIVITY" TABLE orphan;
INSERT INTO factory_prod."OSSYS_BPM_ACTIVITY_OUTPUT" ("Tenant_Id", "Output_Def_Id", "Activity_Id", "Name", "Output_Value")
SELECT 11, (SELECT min(o."Output_Def_Id") FROM factory_prod."OSSYS_BPM_ACTIVITY_OUTPUT" o), v, 'orphan', 'text' FROM unnest(ARRAY[901, 902, 999]) v;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS_INPUT" ("Tenant_Id", "Input_Def_Id", "Process_Id", "Name", "Input_Value")
SELECT 11, (SELECT min(i."Input_Def_Id") FROM factory_prod."OSSYS_BPM_PROCESS_INPUT" i), v, 'orphan', 'text' FROM unnest(ARRAY[50, 777]) v;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS_OUTPUT" ("Tenant_Id", "Output_Def_Id", "Process_Id", "Name", "Output_Value")
SELECT 11, (SELECT min(o."Output_Def_Id") FROM factory_prod."OSSYS_BPM_PROCESS_OUTPUT" o), 777, 'orphan', 'text';
-- rows that lead to one of them
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "PARENT_ACTIVITY_ID" = 902 WHERE "Id" = 44;
INSERT INTO factory_prod.ordertask_row ("ID", "ORDERID", "PROCESSID", "ACTIVITYID", "TITLE") VALUES (6, 1, 50, 901, 'task of an orphan');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "producers": "referenced", "updates": true}');
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT 'activity' AS what, count(*) FROM factory_qa."OSSYS_BPM_ACTIVITY" WHERE "Name" = 'orphan' OR "Process_Id" IS NULL
UNION ALL SELECT 'input', count(*) FROM factory_qa."OSSYS_BPM_PROCESS_INPUT" WHERE "Name" = 'orphan' OR "Process_Id" IS NULL
UNION ALL SELECT 'output', count(*) FROM factory_qa."OSSYS_BPM_PROCESS_OUTPUT" WHERE "Name" = 'orphan' OR "Process_Id" IS NULL
UNION ALL SELECT 'activity output', count(*) FROM factory_qa."OSSYS_BPM_ACTIVITY_OUTPUT" WHERE "Name" = 'orphan' OR "Activity_Id" IS NULL;
SELECT severity, code, object, message FROM problem('p') WHERE code = 'instance_without_process' ORDER BY object;
SELECT a.attribute, d.source_id, d.rows FROM osmeta.plan_dangling d JOIN osmeta.plan_attribute a USING (plan_id, entity_id, attribute_no)
WHERE d.source_id IN ('901', '902', '50', '777') ORDER BY 1;
SELECT label, started_by FROM process WHERE label = 'alone, wrong top';
SELECT t."TITLE", t."PROCESSID", t."ACTIVITYID" FROM factory_qa.ordertask_row t WHERE t."TITLE" = 'task of an orphan';
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
-- the same again; and one of a process that was delivered and has been purged since
CALL osmeta.run_plan('p');
SELECT object, message FROM problem('p') WHERE code = 'instance_without_process' ORDER BY object;
DELETE FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 43;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS_INPUT" ("Tenant_Id", "Input_Def_Id", "Process_Id", "Name", "Input_Value")
SELECT 11, (SELECT min(i."Input_Def_Id") FROM factory_prod."OSSYS_BPM_PROCESS_INPUT" i), v.process, v.name, 'text' FROM (VALUES (43, 'orphan'), (42, 'no orphan')) v (process, name);
CALL osmeta.run_plan('p');
SELECT i."Name", p.label FROM factory_qa."OSSYS_BPM_PROCESS_INPUT" i LEFT JOIN process p ON p.id = i."Process_Id" WHERE i."Name" LIKE '%orphan' OR i."Process_Id" IS NULL;
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
SELECT * FROM everything() EXCEPT TABLE before;
DELETE FROM factory_prod."OSSYS_BPM_ACTIVITY" WHERE "Id" > 900;
DELETE FROM factory_prod."OSSYS_BPM_ACTIVITY_OUTPUT" WHERE "Name" = 'orphan';
DELETE FROM factory_prod."OSSYS_BPM_PROCESS_INPUT" WHERE "Name" LIKE '%orphan';
DELETE FROM factory_prod."OSSYS_BPM_PROCESS_OUTPUT" WHERE "Name" = 'orphan';
DELETE FROM factory_prod.ordertask_row WHERE "ID" = 6;
DELETE FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" BETWEEN 43 AND 50;

-- What both sides do not have: an activity's definition, an active process.
UPDATE factory_qa."OSSYS_BPM_ACTIVITY_DEFINITION" SET "SS_Key" = 'another' WHERE "Name" = 'Check';
UPDATE factory_qa."OSSYS_BPM_PROCESS_DEFINITION" SET "Is_Active" = false WHERE "Name" = 'ApproveLine';
-- A type of something that is gone, and identifiers beyond what the platform has.
UPDATE factory_prod."OSSYS_BPM_PROCESS_INPUT_DEF" SET "SS_Type" = 'btnobody*nothing' WHERE "Name" = 'TaskId';
UPDATE factory_prod."OSSYS_BPM_PROCESS_INPUT" SET "SS_Type" = 'btnobody*nothing' WHERE "Name" = 'TaskId';
DROP VIEW factory_prod.meaning_of, factory_qa.meaning_of, process CASCADE;
SELECT osmeta.detach('prod'), osmeta.detach('qa');
ALTER TABLE factory_prod."OSSYS_BPM_PROCESS" ALTER "Id" TYPE bigint;
ALTER TABLE factory_qa."OSSYS_BPM_PROCESS" ALTER "Id" TYPE bigint;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "PROCESS_DEF_ID", "TOP_PROCESS_ID", "STATUS_ID")
SELECT 3000000000, 10, 'far away', "PROCESS_DEF_ID", 1, 1 FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 2;
SELECT osmeta.attach('prod', NULL, 'factory_prod'), osmeta.attach('qa', NULL, 'factory_qa');
SELECT osmeta.capture('prod'), osmeta.capture('qa');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "producers": "referenced"}');
SELECT * FROM problem('p');
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_entity SET key_strategy = 'dense' WHERE entity = 'Process';
SELECT osmeta.set_plan_option('p', 'severity', '{"unmatched_definition": "warning"}');
CALL osmeta.run_plan('p');
SELECT max("Id") FROM factory_qa."OSSYS_BPM_PROCESS";
SELECT "Name", count(*) FROM factory_qa."OSSYS_BPM_ACTIVITY" WHERE "Activity_Def_Id" IS NULL GROUP BY 1;
SELECT "Input_Value" FROM factory_qa."OSSYS_BPM_PROCESS_INPUT" WHERE "Name" = 'TaskId';
SELECT osmeta.drop_plan('p');

-- Where the target has one almost at the end, there is no room for more.
DELETE FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 3000000000;
INSERT INTO factory_qa."OSSYS_BPM_PROCESS" ("Id", "LABEL") VALUES (2147483646, 'almost the last');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"producers": "referenced", "severity": {"unmatched_definition": "warning"}}') > 0 AS planned;
SELECT code, message, hint FROM osmeta.plan_problem WHERE plan = 'p' AND object = 'ServiceCenter.Process' AND severity = 'error';
UPDATE osmeta.plan_entity SET key_strategy = 'dense' WHERE entity = 'Process';
SELECT code, message, hint FROM osmeta.plan_problem WHERE plan = 'p' AND object = 'ServiceCenter.Process' AND severity = 'error';
UPDATE osmeta.plan_entity SET id_offset = 80000 WHERE entity = 'Process';
SELECT code, message, hint FROM osmeta.plan_problem WHERE plan = 'p' AND object = 'ServiceCenter.Process' AND severity = 'error';
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity = 'Process';
SELECT code, message, hint FROM osmeta.plan_problem WHERE plan = 'p' AND object = 'ServiceCenter.Process' AND severity = 'error';
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
DELETE FROM factory_qa."OSSYS_BPM_PROCESS" WHERE "Id" = 2147483646;

-- A later round goes on behind the first one, and may come to the end.
SELECT pg_get_serial_sequence('factory_qa."OSSYS_BPM_ACTIVITY"', 'Id') AS counter \gset
SELECT last_value AS stood FROM :counter \gset
INSERT INTO factory_qa."OSSYS_BPM_ACTIVITY" ("Id", "Name") VALUES (2147483600, 'almost the last');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"producers": "referenced", "severity": {"unmatched_definition": "warning"}}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'dense' WHERE entity = 'Activity';
CALL osmeta.run_plan('p');
INSERT INTO factory_prod."OSSYS_BPM_ACTIVITY" SELECT (jsonb_populate_record(a, jsonb_build_object('Id', 5000 + i))).*
FROM factory_prod."OSSYS_BPM_ACTIVITY" a, generate_series(1, 60) i WHERE "Id" = 3;
CALL osmeta.run_plan('p');
CALL osmeta.abandon_round('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
DELETE FROM factory_prod."OSSYS_BPM_ACTIVITY" WHERE "Id" > 5000;
DELETE FROM factory_qa."OSSYS_BPM_ACTIVITY" WHERE "Id" = 2147483600;
SELECT setval(:'counter', :stood) > 0 AS is_back;

-- What only one side has, what only rows say, and a mask.
SELECT osmeta.detach('prod'), osmeta.detach('qa');
UPDATE factory_qa."OSSYS_BPM_ACTIVITY_DEFINITION" SET "SS_Key" = md5('activity HandleOrder.Check')::uuid WHERE "Name" = 'Check';
ALTER TABLE factory_qa."OSSYS_BPM_ACTIVITY" DROP COLUMN "LAST_ERROR_ID", DROP COLUMN "GROUP_ID";
UPDATE factory_prod."OSSYS_BPM_PROCESS_INPUT_DEF" SET "SS_Type" = 'rtInteger' WHERE "Name" = 'LineId';
SELECT osmeta.attach('prod', NULL, 'factory_prod'), osmeta.attach('qa', NULL, 'factory_qa');
SELECT osmeta.capture('prod'), osmeta.capture('qa');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create"}');
SELECT * FROM problem('p') WHERE code NOT IN ('instances_left_out', 'definition_inactive', 'typed_value_unknown');
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Input_Value of OrdersCopy.Order';
UPDATE osmeta.plan_attribute SET mask = 'constant:hidden' WHERE attribute = 'Input_Value';
UPDATE osmeta.plan_entity SET filter = '"Label" <> ''order 2''' WHERE espace = 'Orders' AND entity = 'Order';
SELECT code, object FROM problem('p') WHERE code = 'reference_to_filtered' AND object LIKE '%Value%';
UPDATE osmeta.plan_entity SET filter = NULL WHERE espace = 'Orders' AND entity = 'Order';
SELECT max("Id") AS highest FROM factory_qa."OSSYS_BPM_PROCESS_INPUT" \gset
CALL osmeta.run_plan('p');
SELECT i."Name", o."LABEL" AS "order", l."PRODUCT" AS line, CASE WHEN "SS_Type" LIKE 'rt%' THEN "Input_Value" END AS text
FROM factory_qa."OSSYS_BPM_PROCESS_INPUT" i
LEFT JOIN factory_qa.order_row o ON o."ID"::text = btrim("Input_Value") AND i."Name" IN ('EventGeneratedInput', 'OrderId')
LEFT JOIN factory_qa.orderline_row l ON l."ID"::text = "Input_Value" AND i."Name" = 'LineId'
WHERE i."Id" > :highest AND i."Name" IN ('EventGeneratedInput', 'OrderId', 'LineId', 'Comment', 'Number') ORDER BY 1, 2, 3, 4;
SELECT entity, status FROM osmeta.verify_plan('p') WHERE status <> 'ok';
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- With follow trees stay whole.
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "follow": true, "severity": {"reference_to_filtered": "note"}}');
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Input_Value of OrdersCopy.Order';
UPDATE osmeta.plan_entity SET filter = '"Id" = 1' WHERE espace = 'Orders' AND entity = 'Order';
SELECT entity, pull_rule FROM osmeta.plan_entity WHERE is_data ORDER BY 1;
CALL osmeta.run_plan('p');
SELECT (SELECT count(*) FROM factory_qa."OSSYS_BPM_PROCESS" WHERE "LABEL" NOT LIKE 'theirs%') AS processes,
	(SELECT count(*) FROM factory_prod."OSSYS_BPM_ACTIVITY" a JOIN factory_prod."OSSYS_BPM_PROCESS" p ON p."Id" = a."Process_Id"
		JOIN factory_prod."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = p."PROCESS_DEF_ID" AND d."Is_Active" AND d."Id" < 30) AS activities_there,
	(SELECT count(*) FROM factory_qa."OSSYS_BPM_ACTIVITY" a JOIN factory_qa."OSSYS_BPM_PROCESS" p ON p."Id" = a."Process_Id" WHERE p."LABEL" NOT LIKE 'theirs%') AS activities_here;
CALL osmeta.undo_plan('p');
