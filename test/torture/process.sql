-- Processes of the torture's model: definitions, of which a clone has some
-- with the same keys, event tables, and what instances and subscriptions mean.
-- Included by model.sql, when users and tenants are there.
--
-- Settings of a session say which instances a plan moves: make.processes
-- (active, all or none) and make.statuses (all, or numbers with commas).

-- Numbers of the target are those of others here.
CREATE TABLE make.process AS
SELECT CASE :'role' WHEN 'source' THEN v.number ELSE 8 - v.number END AS id, v.espace, v.process, v.is_active
FROM (VALUES (1, 'Town', 'Move', true), (2, 'Town', 'Step', true), (3, 'Town', 'Old', false), (4, 'TownCopy', 'Move', true),
	(5, 'TownCopy', 'Step', true), (6, 'TownCopy', 'Gone', true), (7, 'Town', 'Theirs', true)) v (number, espace, process, is_active)
WHERE v.process <> CASE :'role' WHEN 'source' THEN 'Theirs' ELSE 'Gone' END;
INSERT INTO "OSSYS_BPM_PROCESS_DEFINITION" ("Id", "Name", "Label", "SS_Key", "Is_Active", "Espace_Id", "Is_Locked", "Process_Entity_Id")
SELECT p.id, p.process, p.process || ' of ' || p.espace, md5('process ' || p.process)::uuid, p.is_active, s."ID", false,
	CASE p.process WHEN 'Move' THEN make.id_of('Town.Member') END
FROM make.process p JOIN "OSSYS_ESPACE" s ON s."NAME" = p.espace;

-- All processes have the same activities.
INSERT INTO "OSSYS_BPM_ACTIVITY_DEFINITION" ("Id", "SS_Key", "Name", "Label", "Kind", "Process_Def_Id", "Is_Active", "Invoked_Process_Def_Id",
	"Requires_Permission", "SKIPPABLE")
SELECT CASE :'role' WHEN 'source' THEN 10 * p.id + v.number ELSE 10 * p.id + 5 - v.number END, md5(format('activity %s.%s', p.process, v.activity))::uuid,
	v.activity, v.activity, v.kind, p.id, true,
	CASE v.activity WHEN 'Run' THEN (SELECT i.id FROM make.process i WHERE i.process = 'Step' AND i.espace = p.espace) END, false, false
FROM make.process p, (VALUES (1, 'Start', 'Start'), (2, 'Ask', 'HumanActivity'), (3, 'Run', 'ExecuteProcess'), (4, 'Wait', 'WaitActivity')) v (number, activity, kind);

-- Inputs and outputs, and what they hold
CREATE TABLE make.variable AS
SELECT v.number, v.process, v.activity, v.is_input, v.variable, v.type,
	CASE WHEN v.type LIKE 'rt%' THEN v.type
		ELSE (SELECT format('bt%s*%s', s."SS_KEY", e."SS_KEY") FROM "OSSYS_ENTITY" e JOIN "OSSYS_ESPACE" s ON s."ID" = e."ESPACE_ID" WHERE e."ID" = make.id_of(v.type)) END AS ss_type
FROM (VALUES (1, 'Move', NULL, true, 'EventGeneratedInput', 'Town.Member'), (2, 'Move', NULL, true, 'TagId', 'Town.Tag'),
	(3, 'Move', NULL, true, 'UserId', 'ServiceCenter.User'), (4, 'Move', NULL, true, 'GroupId', 'ServiceCenter.Group'), (5, 'Move', NULL, true, 'KindId', 'Town.Kind'),
	(6, 'Move', NULL, true, 'ById', 'ServiceCenter.Process'), (7, 'Move', NULL, true, 'CardId', 'Town.Card'), (8, 'Move', NULL, true, 'Comment', 'rtText'),
	(9, 'Move', NULL, true, 'Number', 'rtInteger'), (10, 'Move', NULL, false, 'Result', 'rtText'), (11, 'Move', NULL, false, 'NextId', 'Town.Member'),
	(12, 'Step', NULL, true, 'NodeId', 'Town.Node'), (13, 'Step', NULL, true, 'TicketId', 'Town.Ticket'), (14, 'Step', NULL, true, 'AlphaId', 'Town.Alpha'),
	(15, 'Step', NULL, true, 'TeamId', 'Town.Team'), (16, 'Step', NULL, false, 'IsOk', 'rtBoolean'), (17, 'Old', NULL, true, 'MemberId', 'Town.Member'),
	(18, 'Move', 'Ask', false, 'Answer', 'rtText'), (19, 'Move', 'Ask', false, 'ApproverId', 'ServiceCenter.User'), (20, 'Step', 'Ask', false, 'LogId', 'Town.Log'),
	(21, 'Step', 'Wait', false, 'MemberId', 'Town.Member')) v (number, process, activity, is_input, variable, type);
CREATE TABLE make.variable_of AS
SELECT CASE :'role' WHEN 'source' THEN p.id * 100 + v.number ELSE p.id * 100 + 99 - v.number END AS id, p.id AS process_id, a."Id" AS activity_id, v.activity, v.is_input, v.variable, v.type, v.ss_type,
	md5(format('variable %s.%s.%s', v.process, v.activity, v.variable))::uuid || CASE v.variable WHEN 'EventGeneratedInput' THEN '.#EventGeneratedInput' ELSE '' END AS key,
	CASE WHEN v.type LIKE 'rt%' THEN v.type WHEN v.type = 'Town.Tag' THEN 'rtText' ELSE 'rtInteger' END AS data_type
FROM make.process p JOIN make.variable v ON v.process = p.process
LEFT JOIN "OSSYS_BPM_ACTIVITY_DEFINITION" a ON a."Process_Def_Id" = p.id AND a."Name" = v.activity;
INSERT INTO "OSSYS_BPM_PROCESS_INPUT_DEF" ("Id", "SS_Key", "Process_Def_Id", "Name", "Is_Active", "Data_Type", "Is_Mandatory", "SS_Type")
SELECT v.id, v.key, v.process_id, v.variable, true, v.data_type, false, v.ss_type FROM make.variable_of v WHERE v.is_input;
INSERT INTO "OSSYS_BPM_PROCESS_OUTPUT_DEF" ("Id", "SS_Key", "Process_Def_Id", "Name", "Is_Active", "Data_Type", "SS_Type")
SELECT v.id, v.key, v.process_id, v.variable, true, v.data_type, v.ss_type FROM make.variable_of v WHERE NOT v.is_input AND v.activity IS NULL;
INSERT INTO "OSSYS_BPM_ACTIVITY_OUTPUT_DEF" ("Id", "SS_Key", "Activity_Def_Id", "Name", "Is_Active", "Data_Type", "SS_Type")
SELECT v.id, v.key, v.activity_id, v.variable, true, v.data_type, v.ss_type FROM make.variable_of v WHERE v.activity IS NOT NULL;

-- Event tables, and what a trigger of the platform does: each subscription
-- that a row meets is queued.
CREATE FUNCTION make.queue_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	subscription jsonb;
	content jsonb;
BEGIN
	FOR subscription IN EXECUTE format('SELECT to_jsonb(e) FROM %I.%I e', TG_TABLE_SCHEMA, TG_ARGV[0])
	LOOP
		content := COALESCE(content, to_jsonb(NEW));
		CONTINUE WHEN COALESCE((subscription ->> '_IS_UPDATE')::boolean, false) <> (TG_OP = 'UPDATE');
		CONTINUE WHEN EXISTS (SELECT FROM jsonb_each_text(subscription) c
			WHERE c.key NOT LIKE E'\\_%' AND c.value NOT IN ('', '0') AND c.value IS DISTINCT FROM content ->> c.key);
		EXECUTE format('INSERT INTO %I.%I ("Tenant_Id", "Espace_Id", "Process_Def_Id", "Activity_Id", "Data_Id") VALUES ($1, $2, $3, $4, $5)',
			TG_TABLE_SCHEMA, CASE WHEN (subscription ->> '_IS_LIGHT')::boolean THEN 'OSSYS_BPM_EVENT' ELSE 'OSSYS_BPM_EVENT_QUEUE' END)
		USING (subscription ->> '_TENANT_ID')::integer, (subscription ->> '_ESPACE_ID')::integer, (subscription ->> '_PROCESS_DEF_ID')::integer,
			(subscription ->> '_ACTIVITY_ID')::integer, content ->> 'ID';
	END LOOP;
	RETURN NULL;
END
$$;
CREATE FUNCTION make.event_table(role name, entity text, columns text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	data_table text := (SELECT "PHYSICAL_TABLE_NAME" FROM "OSSYS_ENTITY" WHERE "ID" = make.id_of(entity));
	event_table text := 'OSEVT' || substr(data_table, 6);
BEGIN
	UPDATE "OSSYS_ENTITY" SET "Expose_Process_Events" = true, "Event_Table_Name" = event_table WHERE "ID" = make.id_of(entity);
	EXECUTE format('CREATE TABLE %I ("_ESPACE_ID" integer, "_TENANT_ID" integer, "_ACTIVITY_ID" integer, "_PROCESS_DEF_ID" integer, "_IS_UPDATE" boolean, "_IS_LIGHT" boolean, %s)',
		event_table, columns);
	EXECUTE format('CREATE VIEW %I AS TABLE %I', 'events_of_' || lower(split_part(entity, '.', 2)), event_table);
	IF role = 'target' THEN
		data_table := CASE WHEN data_table LIKE 'ossys%' THEN upper(data_table) ELSE data_table END;
		EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION make.queue_event(%L)',
			'OSTRG_EI__' || upper(data_table), data_table, event_table);
	END IF;
END
$$;
SELECT make.event_table(:'role', 'Town.Member', '"ID" bigint, "TEAMID" integer, "AREAID" bigint, "CREATEDBY" integer'),
	make.event_table(:'role', 'Town.Card', '"ID" integer, "MEMBERID" bigint, "PROCESSID" integer, "ACTIVITYID" integer, "GROUPID" integer'),
	make.event_table(:'role', 'Town.Ticket', '"ID" bigint, "TENANT_ID" integer, "PARENTID" bigint, "MEMBERID" bigint, "OWNERID" integer, "GROUPID" integer'),
	make.event_table(:'role', 'Town.Tag', '"ID" varchar(40), "PARENTID" varchar(40), "MEMBERID" bigint'),
	make.event_table(:'role', 'ServiceCenter.User', '"ID" integer, "TENANT_ID" integer');

CREATE VIEW process AS TABLE "OSSYS_BPM_PROCESS";
CREATE VIEW activity AS TABLE "OSSYS_BPM_ACTIVITY";
CREATE VIEW process_input AS TABLE "OSSYS_BPM_PROCESS_INPUT";
CREATE VIEW process_output AS TABLE "OSSYS_BPM_PROCESS_OUTPUT";
CREATE VIEW activity_output AS TABLE "OSSYS_BPM_ACTIVITY_OUTPUT";

-- ---------------------------------------------------------------------------
-- Which instances are moved, and what is needed to say what they mean
-- ---------------------------------------------------------------------------
CREATE VIEW definition AS
SELECT d."Id" AS id, s."NAME" AS espace, s."NAME" || '.' || d."Name" AS name, d."Is_Active" AS is_active
FROM "OSSYS_BPM_PROCESS_DEFINITION" d JOIN "OSSYS_ESPACE" s ON s."ID" = d."Espace_Id";
-- At the target: those that have come.
CREATE VIEW moved_process AS
WITH RECURSIVE chosen AS (
	SELECT p."Id" AS id, p."LABEL" AS label, p."PARENT_PROCESS_ID" AS parent, p."TOP_PROCESS_ID" AS top
	FROM process p JOIN definition d ON d.id = p."PROCESS_DEF_ID"
	WHERE CASE WHEN :'role' = 'target' THEN p."LABEL" NOT LIKE 'theirs%'
		ELSE d.espace = 'Town' AND CASE COALESCE(current_setting('make.processes', true), 'active') WHEN 'active' THEN d.is_active WHEN 'all' THEN true ELSE false END
			AND (COALESCE(current_setting('make.statuses', true), 'all') IN ('all', '')
				OR EXISTS (WITH RECURSIVE up AS (SELECT p."Id" AS id, p."PARENT_PROCESS_ID" AS parent, p."STATUS_ID" AS status
						UNION SELECT o."Id", o."PARENT_PROCESS_ID", o."STATUS_ID" FROM up JOIN process o ON o."Id" = up.parent)
					SELECT FROM up WHERE NOT EXISTS (SELECT FROM process o WHERE o."Id" = up.parent AND o."Id" <> up.id)
						AND up.status::text = ANY (string_to_array(current_setting('make.statuses', true), ','))))
		END
), root AS (
	SELECT c.id, c.label, c.label AS root FROM chosen c WHERE NOT EXISTS (SELECT FROM chosen p WHERE p.id = c.parent)
	UNION ALL SELECT c.id, c.label, r.root FROM chosen c JOIN root r ON r.id = c.parent
)
SELECT c.id, c.label, p.label AS parent, CASE :'role' WHEN 'source' THEN r.root ELSE t."LABEL" END AS top
FROM chosen c JOIN root r ON r.id = c.id LEFT JOIN chosen p ON p.id = c.parent LEFT JOIN process t ON t."Id" = c.top;
CREATE VIEW moved_activity AS
SELECT a."Id" AS id, a."Name" AS name, a."Process_Id" AS process_id FROM activity a LEFT JOIN moved_process p ON p.id = a."Process_Id"
WHERE p.id IS NOT NULL OR :'role' = 'target' AND a."Name" NOT LIKE 'theirs%';

-- Each input and output of these
CREATE VIEW moved_variable AS
SELECT v.kind, v.process_id, a.name AS activity, v.tenant_id, v.ss_type, lower(btrim(v.ss_type)) AS type, v.value, v.definition_id, v.ss_key
FROM (SELECT 'input' AS kind, i."Process_Id" AS process_id, NULL::integer AS activity_id, i."Tenant_Id" AS tenant_id, i."SS_Type" AS ss_type, i."Input_Value" AS value,
		i."Input_Def_Id" AS definition_id, i."SS_Key" AS ss_key FROM process_input i
	UNION ALL SELECT 'output', o."Process_Id", NULL, o."Tenant_Id", o."SS_Type", o."Output_Value", o."Output_Def_Id", o."SS_Key" FROM process_output o
	UNION ALL SELECT 'activity output', x."Process_Id", x."Id", o."Tenant_Id", o."SS_Type", o."Output_Value", o."Output_Def_Id", o."SS_Key"
	FROM activity_output o LEFT JOIN activity x ON x."Id" = o."Activity_Id") v
LEFT JOIN moved_process p ON p.id = v.process_id LEFT JOIN moved_activity a ON a.id = v.activity_id
WHERE p.id IS NOT NULL OR :'role' = 'target' AND NOT EXISTS (SELECT FROM process o WHERE o."Id" = v.process_id AND o."LABEL" LIKE 'theirs%');
CREATE VIEW typed_id AS
SELECT t.entity, v.value FROM moved_variable v JOIN (SELECT DISTINCT m.type AS entity, lower(m.ss_type) AS type FROM make.variable m WHERE m.ss_type LIKE 'bt%') t ON t.type = v.type;

-- Whom they refer to, besides rows of entities
CREATE VIEW process_person AS
SELECT unnest(ARRAY[p."CREATED_BY", p."LAST_MODIFIED_BY", p."SUSPENDED_BY"]) AS id FROM process p JOIN moved_process m ON m.id = p."Id"
UNION ALL SELECT a."User_Id" FROM activity a JOIN moved_activity m ON m.id = a."Id"
UNION ALL SELECT btrim(t.value)::integer FROM typed_id t WHERE t.entity = 'ServiceCenter.User' AND btrim(t.value) ~ '^[0-9]{1,9}$';
CREATE VIEW process_crew AS
SELECT a."GROUP_ID" AS id FROM activity a JOIN moved_activity m ON m.id = a."Id"
UNION ALL SELECT btrim(t.value)::integer FROM typed_id t WHERE t.entity = 'ServiceCenter.Group' AND btrim(t.value) ~ '^[0-9]{1,9}$';

-- Identifiers have become higher by a number: those in inputs and outputs, and
-- in event tables.  ids: a query for those that there are now.
CREATE FUNCTION make.shift_typed(entity text, number bigint, ids text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	c record;
	type text := (SELECT DISTINCT lower(v.ss_type) FROM make.variable v WHERE v.type = entity);
BEGIN
	FOR c IN
		SELECT v.table_name, v.column_name, format('lower(btrim("SS_Type")) = %L', type) AS which
		FROM (VALUES ('process_input', 'Input_Value'), ('process_output', 'Output_Value'), ('activity_output', 'Output_Value')) v (table_name, column_name)
		WHERE type IS NOT NULL
		UNION ALL
		SELECT 'events_of_' || v.table_name, v.column_name, 'true'
		FROM (VALUES ('Town.Member', 'member', 'ID'), ('Town.Member', 'card', 'MEMBERID'), ('Town.Member', 'ticket', 'MEMBERID'), ('Town.Member', 'tag', 'MEMBERID'),
			('Town.Team', 'member', 'TEAMID'), ('Town.Node', 'member', 'AREAID'), ('Town.Card', 'card', 'ID'), ('Town.Ticket', 'ticket', 'ID'), ('Town.Ticket', 'ticket', 'PARENTID'),
			('ServiceCenter.Process', 'card', 'PROCESSID'), ('ServiceCenter.Activity', 'card', 'ACTIVITYID'), ('ServiceCenter.Activity', 'member', '_ACTIVITY_ID'),
			('ServiceCenter.Activity', 'card', '_ACTIVITY_ID'), ('ServiceCenter.Activity', 'ticket', '_ACTIVITY_ID'), ('ServiceCenter.Activity', 'tag', '_ACTIVITY_ID'),
			('ServiceCenter.Activity', 'user', '_ACTIVITY_ID')) v (entity, table_name, column_name)
		WHERE v.entity = $1
	LOOP
		EXECUTE format('UPDATE source.%1$I SET %2$I = %3$s WHERE %4$s AND btrim(%2$I::text) ~ ''^[1-9][0-9]{0,15}$''
			AND (btrim(%2$I::text)::bigint + %5$s)::text IN (%6$s)', c.table_name, c.column_name,
			CASE WHEN c.which = 'true' THEN format('%I + %s', c.column_name, number)
				ELSE format('replace(%1$I, btrim(%1$I), (btrim(%1$I)::bigint + %2$s)::text)', c.column_name, number) END, c.which, number, ids);
	END LOOP;
END
$$;
CREATE FUNCTION make.shift_instances(entity text, number bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	c record;
BEGIN
	EXECUTE format('UPDATE source.%I SET "Id" = "Id" + %s', lower(entity), number);
	FOR c IN
		SELECT v.* FROM (VALUES ('Process', 'process', 'PARENT_PROCESS_ID'), ('Process', 'process', 'TOP_PROCESS_ID'), ('Process', 'activity', 'Process_Id'), ('Process', 'process_input', 'Process_Id'),
			('Process', 'process_output', 'Process_Id'), ('Process', 'card', 'PROCESSID'), ('Activity', 'process', 'PARENT_ACTIVITY_ID'), ('Activity', 'activity', 'Precedent_Activity_Id'),
			('Activity', 'activity_output', 'Activity_Id'), ('Activity', 'card', 'ACTIVITYID')) v (parent, table_name, column_name)
		WHERE v.parent = entity
	LOOP
		EXECUTE format('UPDATE source.%1$I SET %2$I = %2$I + %3$s WHERE %2$I + %3$s IN (SELECT "Id" FROM source.%4$I)', c.table_name, c.column_name, number, lower(entity));
	END LOOP;
	PERFORM make.shift_typed('ServiceCenter.' || entity, number, format('SELECT "Id"::text FROM source.%I', lower(entity)));
END
$$;
