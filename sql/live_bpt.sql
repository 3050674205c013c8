--
-- Questions about running processes: who started whom, what is waited for,
-- which rows they are about, who listens to events
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set fixture :abs_srcdir '/test/fixture/process.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
\set ECHO none
\o /dev/null
\i :fixture
\i :loopback
\o
\set ECHO all
\set QUIET 1
SELECT osmeta.attach('prod', remote_schema => 'factory_prod');
SELECT osmeta.attach('qa', 'loop', 'factory_qa');

SELECT application, espace, definition, top_process_id AS top, process_id, parent_process_id AS parent, parent_activity_id AS activity, depth, path, label, status, is_terminal, parent_activity, is_circular
FROM prod.process_tree ORDER BY path;
SELECT application, process_id, activity_id, label, kind, status, wait, waits_for, user_id, group_id, waits_for_process_id AS process
FROM prod.activity_wait ORDER BY activity_id;
SELECT application, espace, definition, process_id, activity_id, label, process_status, username, group_name, tenant, created, opened, due_date
FROM prod.open_activity ORDER BY activity_id;
SELECT process_espace, definition, is_terminal, process_id, activity_id, direction, name, espace, entity, row_id, status
FROM prod.process_row ORDER BY process_id, activity_id NULLS FIRST, name;
SELECT count(*), count(e.entity) AS of_this_entity
FROM prod.process_row AS r LEFT JOIN prod.entity AS e ON e.key OPERATOR(osmeta.=) r.entity_key
	AND e.espace = r.espace AND e.entity = r.entity AND e.physical_table_name = r.physical_table_name;

-- subscriptions; another espace's process may listen
SELECT espace, entity, event_table_name, process_espace, process_definition, activity_id, is_update, is_light, row_id, conditions, tenant_id
FROM osmeta.event_subscription('prod') ORDER BY 2, 4, 5, 6, 7;
SELECT espace, entity, event_table_name, process_espace, process_definition, activity_id, is_update, is_light, row_id, conditions, tenant_id
FROM osmeta.event_subscription('qa') ORDER BY 2, 4, 5, 6, 7;
-- both at once; what both have; nothing is left behind
SELECT p.entity, p.process_definition, p.activity_id, p.is_update
FROM osmeta.event_subscription('prod') AS p JOIN osmeta.event_subscription('qa') AS q USING (is_update, is_light)
WHERE p.entity_key OPERATOR(osmeta.=) q.entity_key AND p.definition_key OPERATOR(osmeta.=) q.definition_key
	AND p.activity_id IS NULL AND q.activity_id IS NULL;
SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema();
BEGIN READ ONLY;
SELECT count(*) FROM osmeta.event_subscription('prod');
COMMIT;
SELECT * FROM osmeta.event_subscription('nowhere');
SELECT * FROM osmeta.event_subscription(NULL);

-- tables that cannot be read, belong to nothing, are no event tables, have odd columns and values
SET search_path = factory_qa;
CREATE TABLE "OSEVT_zzz_Gone" ("_process_def_id" text, "_Espace_Id" numeric, "_IS_UPDATE" integer, "ID" text, "Odd ""Name" text, "STATEID" numeric);
INSERT INTO "OSEVT_zzz_Gone" VALUES (' 31 ', 904.0, 1, ' n1 ', 'x', 2), ('many', 1e30, 7, '0', '', 0), (NULL, NULL, NULL, NULL, NULL, NULL), ('999999999999999999999', 9, -1, '0 0', '0', 'NaN');
CREATE TABLE "OSEVT_zzz_Notes" ("ID" integer);
INSERT INTO "OSEVT_zzz_Notes" VALUES (1);
CREATE VIEW "OSEVT_zzz_Broken" AS SELECT 1 / 0 AS "_PROCESS_DEF_ID";
RESET search_path;
\set VERBOSITY default
SELECT espace, entity, event_table_name, process_espace, process_definition, activity_id, is_update, is_light, row_id, conditions
FROM osmeta.event_subscription('qa') WHERE event_table_name LIKE 'OSEVT_zzz%' ORDER BY row_id, is_update;
DROP VIEW factory_qa."OSEVT_zzz_Broken";
\set VERBOSITY terse

-- What no process has: parents in a circle, missing, long chains, numbers
-- twice, everything NULL, texts where there is no text.
DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['PROCESS', 'ACTIVITY', 'PROCESS_INPUT', 'PROCESS_OUTPUT', 'ACTIVITY_OUTPUT', 'PROCESS_STATUS', 'ACTIVITY_STATUS'] LOOP
		EXECUTE format('ALTER TABLE factory_prod.%I DROP CONSTRAINT %I CASCADE', 'OSSYS_BPM_' || name, 'OSPRK_OSSYS_BPM_' || name);
		EXECUTE format('ALTER TABLE factory_prod.%I ALTER "Id" DROP IDENTITY IF EXISTS, ALTER "Id" DROP NOT NULL', 'OSSYS_BPM_' || name);
	END LOOP;
END
$$;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "PARENT_PROCESS_ID", "PROCESS_DEF_ID", "STATUS_ID", "PARENT_ACTIVITY_ID", "SUSPENDED_DATE") VALUES
	(101, 102, 1, 1, 1, NULL), (102, 103, 1, 1, 99, '-infinity'), (103, 101, 1, NULL, NULL, 'infinity'), (104, 101, 1, 77, NULL, NULL), (105, 105, 1, 1, NULL, NULL),
	(106, 99, 99, 1, NULL, NULL), (107, 0, NULL, NULL, 0, NULL), (108, 107, 1, 1, NULL, NULL), (108, 106, 1, 1, NULL, NULL), (NULL, 1, 1, 1, 1, NULL), (NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "PARENT_PROCESS_ID", "LABEL") SELECT 1000 + i, 999 + i, 'chain' FROM generate_series(1, 300) i;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "PARENT_PROCESS_ID", "LABEL") SELECT 2000 + i, 2000 + (i + 1) % 150, 'ring' FROM generate_series(0, 149) i;
SELECT process_id, depth, path, is_circular, espace, status FROM prod.process_tree WHERE process_id BETWEEN 100 AND 200 ORDER BY 1, path, status;
SELECT label, count(*), count(DISTINCT process_id) AS processes, min(depth), max(depth), bool_or(is_circular) AS is_circular FROM prod.process_tree WHERE label IN ('chain', 'ring') GROUP BY 1 ORDER BY 1;

INSERT INTO factory_prod."OSSYS_BPM_ACTIVITY" ("Id", "Process_Id", "Activity_Def_Id", "Status_Id", "User_Id", "GROUP_ID", "Error_Count", "Next_Run", "Due_Date", "Is_Running_Since", "Is_Running_At", "Name") VALUES
	(201, 1, 5, 9, 99, NULL, NULL, NULL, NULL, NULL, NULL, 'user gone'), (202, 1, 5, 9, 0, 99, 2, NULL, NULL, NULL, NULL, 'group gone'),
	(203, 1, 5, 4, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'anyone'), (204, 1, NULL, NULL, NULL, NULL, NULL, 'infinity', NULL, NULL, NULL, 'time'),
	(205, 1, 99, 77, NULL, NULL, NULL, NULL, '2024-05-01', NULL, NULL, 'due'), (206, 1, 7, 10, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'nothing started'),
	(207, 1, 3, 9, NULL, NULL, 0, NULL, NULL, '2024-05-01', 'SERVER1', 'runs'), (208, 4, 5, 9, 10, NULL, 0, NULL, NULL, NULL, NULL, 'ended'),
	(209, 99, 5, 9, 10, NULL, 0, NULL, NULL, NULL, NULL, 'no process'), (210, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(211, 1, 6, 8, NULL, NULL, 1, NULL, '2024-05-01', NULL, NULL, 'until'), (212, 1, 3, 2, NULL, NULL, 1, '2024-05-01', NULL, NULL, NULL, 'one error'),
	(212, 1, 3, 2, NULL, NULL, 1, 'infinity', '-infinity', NULL, NULL, 'twice'), (213, 1, 3, 9, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ready'),
	(NULL, 1, 1, 1, 1, 1, 1, NULL, NULL, NULL, NULL, NULL);
SELECT activity_id, label, kind, status, wait, waits_for FROM prod.activity_wait WHERE activity_id > 200 ORDER BY 1, 2;
SELECT activity_id, label, username, group_name, user_id, group_id FROM prod.open_activity WHERE activity_id > 200 ORDER BY 1, 2;

-- an activity that started several processes
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "PARENT_ACTIVITY_ID" = 206 WHERE "Id" IN (2, 3, 4);
SELECT activity_id, wait, waits_for, waits_for_process_id FROM prod.activity_wait WHERE activity_id IN (4, 8, 206) ORDER BY 1, 4;

INSERT INTO factory_prod."OSSYS_BPM_PROCESS_INPUT" ("Id", "Process_Id", "Input_Def_Id", "Name", "Input_Value", "SS_Type")
SELECT 300 + row_number() OVER (), 99, NULL, name, value, type
FROM (VALUES ('no star', '1', 'bt'), ('two stars', '1', 'bta*b*c'), ('long', '1', 'bt' || repeat('x', 190) || '*y'), ('nobody', '1', 'bt00000000-0000-0000-0000-000000000000*00000000-0000-0000-0000-000000000000'),
	('no entity', ' 1 ', 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*00000000-0000-0000-0000-000000000000'), ('basic', '1', 'rtText'), ('nothing', '1', NULL), ('no number', repeat('é', 2000), 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c'),
	('no value', NULL, 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c'), ('blank', '  ', 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c'), ('zeros', '00', 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c'), ('none', ' 0 ', 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c')) v (name, value, type);
-- the type that the definition has, where an instance has none; an entity that was removed; an activity that is gone
INSERT INTO factory_prod."OSSYS_BPM_PROCESS_INPUT" ("Id", "Process_Id", "Input_Def_Id", "Name", "Input_Value", "SS_Type") VALUES (400, 1, 1, 'of definition', '5', ' ');
INSERT INTO factory_prod."OSSYS_BPM_ACTIVITY_OUTPUT" ("Id", "Activity_Id", "Output_Def_Id", "Name", "Output_Value", "SS_Type") VALUES (400, 999, 14, 'no activity', '5', NULL);
UPDATE factory_prod."OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "NAME" = 'Note';
SELECT process_id, activity_id, direction, name, espace, entity, entity_key IS NULL AS no_key, left(row_id, 5) AS row_id, status
FROM prod.process_row WHERE process_id = 99 OR process_id IS NULL OR name IN ('of definition', 'NoteId') ORDER BY name;

-- in two applications, two rows; in none, one
INSERT INTO factory_prod."OSSYS_APP_DEFINITION_MODULE" ("MODULE_ID", "application_id")
SELECT m."ID", a."ID" FROM factory_prod."OSSYS_MODULE" m JOIN factory_prod."OSSYS_ESPACE" s ON s."ID" = m."ESPACE_ID", factory_prod."OSSYS_APPLICATION" a
WHERE s."NAME" = 'Orders' AND a."NAME" = 'Sales Copy';
SELECT application, process_id, path FROM prod.process_tree WHERE process_id IN (3, 9, 106) ORDER BY 2, 1;
SELECT application, activity_id FROM prod.open_activity WHERE activity_id = 3 ORDER BY 1;
SELECT count(*) FROM prod.process_row WHERE process_id = 3 OR process_id = 2;

-- a factory without these tables
CREATE SCHEMA bare;
SET search_path = bare;
\set core :abs_srcdir '/test/fixture/core.sql'
\set ECHO none
\i :core
\set ECHO all
RESET search_path;
SELECT osmeta.attach('empty', remote_schema => 'bare');
SELECT (SELECT count(*) FROM empty.process_tree) AS trees, (SELECT count(*) FROM empty.activity_wait) AS waits, (SELECT count(*) FROM empty.open_activity) AS open, (SELECT count(*) FROM empty.process_row) AS rows,
	(SELECT count(*) FROM osmeta.event_subscription('empty')) AS subscriptions;
