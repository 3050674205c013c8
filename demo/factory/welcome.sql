-- Processes of People, over a factory that prod.sql or qa.sql made: whoever
-- comes into the directory is welcomed.  Entity Person exposes process events:
-- it gets an event table and the trigger that queues an event for each
-- subscription that a new or changed row satisfies.  For the demo only.

\set osmeta_quiet :QUIET
\set QUIET on
BEGIN;
SELECT count(*) > 0 AS is_prod FROM "OSSYS_ESPACE" WHERE "NAME" = 'CityManagerTraining' \gset

UPDATE "OSSYS_ENTITY" SET "Expose_Process_Events" = true,
	"Event_Table_Name" = regexp_replace("PHYSICAL_TABLE_NAME", '^OSUSR', 'OSEVT')
WHERE "NAME" = 'Person' AND "IS_ACTIVE";
SELECT "ID" AS person_entity, "ESPACE_ID" AS people, "PHYSICAL_TABLE_NAME" AS person_table, "Event_Table_Name" AS event_table,
	'OSTRG_EI__' || upper("PHYSICAL_TABLE_NAME") AS event_trigger
FROM "OSSYS_ENTITY" WHERE "NAME" = 'Person' AND "IS_ACTIVE" \gset

-- ---------------------------------------------------------------------------
-- What publishing makes: definitions, the event table, the trigger
-- ---------------------------------------------------------------------------

-- Numbers are those of the factory.
\if :is_prod
\set process 71
\set definition 171
\else
\set process 12
\set definition 40
\endif
INSERT INTO "OSSYS_BPM_PROCESS_DEFINITION" ("Id", "Name", "Label", "Description", "SS_Key", "Is_Active", "Espace_Id", "Is_Locked", "Process_Entity_Id")
SELECT :process + n, name, label, description, md5('process People.' || name)::uuid, true, :people, false, CASE n WHEN 0 THEN :person_entity END
FROM (VALUES (0, 'WelcomePerson', 'Welcome person', 'Starts for each new person'),
	(1, 'CheckCity', 'Check city', 'Somebody looks whether the city is right')) AS p (n, name, label, description);

INSERT INTO "OSSYS_BPM_PROCESS_INPUT_DEF" ("Id", "SS_Key", "Process_Def_Id", "Name", "Description", "Is_Active", "Data_Type", "Is_Mandatory", "SS_Type")
SELECT :definition + n, md5('process People.' || process)::uuid || '.#EventGeneratedInput', :process + n, entity || 'Id', '', true, 'rtLongInteger', true,
	'bt' || s."SS_KEY" || '*' || e."SS_KEY"
FROM (VALUES (0, 'WelcomePerson', 'Person'), (1, 'CheckCity', 'City')) AS i (n, process, entity)
JOIN "OSSYS_ENTITY" e ON e."NAME" = i.entity AND e."ESPACE_ID" = :people AND e."IS_ACTIVE"
JOIN "OSSYS_ESPACE" s ON s."ID" = :people;

INSERT INTO "OSSYS_BPM_ACTIVITY_DEFINITION" ("Id", "SS_Key", "Name", "Label", "Description", "Kind", "Process_Def_Id", "Is_Active",
	"Display_X", "Display_Y", "Invoked_Process_Def_Id", "Requires_Permission", "INBOX_INSTRUCTIONS", "SKIPPABLE")
SELECT :definition + n, md5('activity People.' || name)::uuid, name, label, '', kind, :process + process, true,
	100 * n, 100, CASE kind WHEN 'ExecuteProcess' THEN :process + 1 END, false, '', false
FROM (VALUES (0, 0, 'Start', 'Start', 'Start'), (1, 0, 'RunCheckCity', 'Check city', 'ExecuteProcess'),
	(2, 0, 'WaitForAddress', 'Wait for address', 'WaitActivity'), (3, 0, 'EndWelcome', 'End', 'End'),
	(4, 1, 'StartCheck', 'Start', 'Start'), (5, 1, 'Confirm', 'Confirm city', 'HumanActivity'), (6, 1, 'EndCheck', 'End', 'End')
	) AS a (n, process, name, label, kind);

CREATE TABLE :"event_table" (
	"_ESPACE_ID" integer,
	"_TENANT_ID" integer,
	"_ACTIVITY_ID" integer,
	"_PROCESS_DEF_ID" integer,
	"_IS_UPDATE" boolean,
	"_IS_LIGHT" boolean,
	"ID" bigint,
	"CITYID" bigint,
	"ICONID" bigint,
	"MANAGERID" bigint,
	"CREATEDBY" integer
);

-- Of a subscription's columns those count that hold an identifier.
CREATE FUNCTION queue_event() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
	subscription jsonb;
BEGIN
	FOR subscription IN EXECUTE format('SELECT to_jsonb(e) FROM %I e', TG_ARGV[0])
	LOOP
		CONTINUE WHEN (subscription ->> '_IS_UPDATE')::boolean <> (TG_OP = 'UPDATE');
		CONTINUE WHEN EXISTS (SELECT FROM jsonb_each_text(subscription) c
			WHERE NOT starts_with(c.key, '_') AND c.value <> '0' AND c.value IS DISTINCT FROM to_jsonb(NEW) ->> c.key);
		INSERT INTO "OSSYS_BPM_EVENT_QUEUE" ("Tenant_Id", "Espace_Id", "Process_Def_Id", "Activity_Id", "Data_Id", "Enqueue_Time", "Error_Count")
		VALUES ((subscription ->> '_TENANT_ID')::integer, (subscription ->> '_ESPACE_ID')::integer, (subscription ->> '_PROCESS_DEF_ID')::integer,
			(subscription ->> '_ACTIVITY_ID')::integer, NEW."ID", localtimestamp, 0);
	END LOOP;
	RETURN NULL;
END
$$;
CREATE TRIGGER :"event_trigger" AFTER INSERT OR UPDATE ON :"person_table" FOR EACH ROW EXECUTE FUNCTION queue_event(:'event_table');

-- Each new person starts the process, in either factory.
INSERT INTO :"event_table" ("_ESPACE_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT") VALUES (:people, :process, false, false);

-- ---------------------------------------------------------------------------
-- Instances.  At prod person 902 is being welcomed: somebody is to confirm
-- the city, and the process waits until her row changes.  At qa there are
-- others under the same numbers.
-- ---------------------------------------------------------------------------

\if :is_prod
INSERT INTO "OSSYS_BPM_PROCESS" ("Tenant_Id", "Id", "LABEL", "CREATED", "CREATED_BY", "PROCESS_DEF_ID",
	"PARENT_PROCESS_ID", "PARENT_ACTIVITY_ID", "TOP_PROCESS_ID", "STATUS_ID", "LAST_MODIFIED", "LAST_MODIFIED_BY") VALUES
	(6, 7101, 'Welcome of Zoë', '2023-01-09 08:00:00', 18, 71, NULL, NULL, 7101, 1, '2023-01-09 08:00:02', 18),
	(6, 7102, 'City of Zoë', '2023-01-09 08:00:01', 18, 72, 7101, 9102, 7101, 1, '2023-01-09 08:00:02', 18),
	(6, 7103, 'Welcome of Tomás', '2023-01-10 08:00:00', 15, 71, NULL, NULL, 7103, 2, '2023-01-11 16:20:00', 15);
INSERT INTO "OSSYS_BPM_ACTIVITY" ("Tenant_Id", "Id", "Activity_Def_Id", "Process_Id", "Name", "User_Id",
	"Created", "Opened", "Closed", "Status_Id", "Precedent_Activity_Id", "Due_Date", "Expired", "Skipped", "Error_Count") VALUES
	(6, 9101, 171, 7101, 'Start', NULL, '2023-01-09 08:00:00', NULL, '2023-01-09 08:00:00', 5, NULL, NULL, false, false, 0),
	(6, 9102, 172, 7101, 'Check city', NULL, '2023-01-09 08:00:01', NULL, NULL, 10, 9101, NULL, false, false, 0),
	(6, 9103, 173, 7101, 'Wait for address', NULL, '2023-01-09 08:00:01', NULL, NULL, 8, 9101, NULL, false, false, 0),
	(6, 9104, 175, 7102, 'Start', NULL, '2023-01-09 08:00:01', NULL, '2023-01-09 08:00:01', 5, NULL, NULL, false, false, 0),
	(6, 9105, 176, 7102, 'Confirm city', 18, '2023-01-09 08:00:02', NULL, NULL, 9, 9104, '2023-01-16 08:00:00', false, false, 0),
	(6, 9106, 171, 7103, 'Start', NULL, '2023-01-10 08:00:00', NULL, '2023-01-10 08:00:00', 5, NULL, NULL, false, false, 0),
	(6, 9107, 174, 7103, 'End', NULL, '2023-01-11 16:20:00', NULL, '2023-01-11 16:20:00', 5, 9106, NULL, false, false, 0);
INSERT INTO "OSSYS_BPM_PROCESS_INPUT" ("Tenant_Id", "Id", "Input_Def_Id", "Process_Id", "SS_Key", "Name", "Data_Type", "Input_Value", "SS_Type")
SELECT 6, v.process + 1000, d."Id", v.process, d."SS_Key", d."Name", d."Data_Type", v.value, d."SS_Type"
FROM (VALUES (7101, 171, '902'), (7102, 172, '14'), (7103, 171, '112')) AS v (process, definition, value)
JOIN "OSSYS_BPM_PROCESS_INPUT_DEF" d ON d."Id" = v.definition;
INSERT INTO :"event_table" ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID")
VALUES (:people, 6, 9103, 71, true, false, 902);
\else
INSERT INTO "OSSYS_BPM_PROCESS" ("Tenant_Id", "Id", "LABEL", "CREATED", "PROCESS_DEF_ID", "TOP_PROCESS_ID", "STATUS_ID")
SELECT t."ID", 7101, 'Welcome of a test person', '2023-05-05 10:00:00', 12, 7101, 1 FROM "OSSYS_TENANT" t WHERE t."NAME" = 'Users';
INSERT INTO "OSSYS_BPM_ACTIVITY" ("Tenant_Id", "Id", "Activity_Def_Id", "Process_Id", "Name", "Created", "Status_Id", "Expired", "Skipped", "Error_Count")
SELECT p."Tenant_Id", 9103, 42, p."Id", 'Wait for address', p."CREATED", 8, false, false, 0 FROM "OSSYS_BPM_PROCESS" p;
INSERT INTO "OSSYS_BPM_PROCESS_INPUT" ("Tenant_Id", "Id", "Input_Def_Id", "Process_Id", "SS_Key", "Name", "Data_Type", "Input_Value", "SS_Type")
SELECT p."Tenant_Id", 8101, d."Id", p."Id", d."SS_Key", d."Name", d."Data_Type", '3', d."SS_Type"
FROM "OSSYS_BPM_PROCESS_INPUT_DEF" d, "OSSYS_BPM_PROCESS" p WHERE d."Id" = 40;
INSERT INTO :"event_table" ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID")
SELECT :people, p."Tenant_Id", 9103, 12, true, false, 3 FROM "OSSYS_BPM_PROCESS" p;
\endif

SELECT setval(pg_get_serial_sequence(quote_ident('OSSYS_BPM_' || t), 'Id'), n) AS osmeta_unused
FROM (SELECT 'PROCESS', max("Id") FROM "OSSYS_BPM_PROCESS" UNION ALL SELECT 'ACTIVITY', max("Id") FROM "OSSYS_BPM_ACTIVITY"
	UNION ALL SELECT 'PROCESS_INPUT', max("Id") FROM "OSSYS_BPM_PROCESS_INPUT") AS c (t, n) \g /dev/null
ANALYZE :"event_table";
COMMIT;
\set QUIET :osmeta_quiet
\unset osmeta_quiet
\unset is_prod
