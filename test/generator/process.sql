-- Business processes: definitions in a fifth of the modules, and instances in
-- every state.

CREATE TEMP TABLE made_process AS
SELECT m.n AS module, m.id AS espace_id, m.key_path, e.n AS entity, e.id AS entity_id, e.name,
	m.ss_key AS espace_key, e.ss_key AS entity_key, e.id_type, e.row_count, e.first_number,
	row_number() OVER (ORDER BY m.module_id) AS i,
	pg_temp.number_at(pg_temp.base('process'), row_number() OVER (ORDER BY m.module_id)) AS id
FROM (SELECT m.*, row_number() OVER (ORDER BY m.n) AS place
	FROM work_module m
	WHERE m.kind = 'espace' AND m.weight > 0) AS m
JOIN LATERAL (SELECT *
	FROM work_entity e
	WHERE e.module = m.n AND e.is_active AND e.data_kind = 'entity' AND NOT e.is_optional AND e.id_target IS NULL
		AND e.id_type IN ('rtInteger', 'rtLongInteger')
	ORDER BY e.n
	LIMIT 1) AS e ON true
WHERE m.place <= 2 OR pg_temp.draw('process/' || m.key_path) % 5 = 0;

INSERT INTO "OSSYS_BPM_PROCESS_DEFINITION" ("Id", "Name", "Label", "Description", "SS_Key",
	"Is_Active", "Espace_Id", "Is_Locked", "Process_Entity_Id")
SELECT id, 'Handle' || name, 'Handle ' || name, '', pg_temp.key('process/' || key_path),
	i % 8 <> 7, espace_id, false, entity_id
FROM made_process
ORDER BY id;

-- The first input is an identifier, which only SS_Type tells; the second is
-- what an event gave, with a key that is no UUID.
INSERT INTO "OSSYS_BPM_PROCESS_INPUT_DEF" ("Id", "SS_Key", "Process_Def_Id", "Name", "Description",
	"Is_Active", "Data_Type", "Is_Mandatory", "Default_Value", "SS_Type")
SELECT pg_temp.number_at(pg_temp.base('process_input'), row_number() OVER (ORDER BY p.id, d.k)),
	CASE d.k WHEN 2 THEN pg_temp.key('process/' || p.key_path) || '.#EventGeneratedInput'
		ELSE pg_temp.key('process_input/' || p.key_path || '/' || d.k) END,
	p.id, d.name, '', true, d.type, d.k = 1, '', d.ss_type
FROM made_process p
CROSS JOIN LATERAL (VALUES
		(1, p.name || 'Id', p.id_type, 'bt' || p.espace_key || '*' || p.entity_key),
		(2, 'EventId', p.id_type, 'bt' || p.espace_key || '*' || p.entity_key),
		(3, 'Comment', 'rtText', 'rtText')
	) AS d (k, name, type, ss_type);

INSERT INTO "OSSYS_BPM_PROCESS_OUTPUT_DEF" ("Id", "SS_Key", "Process_Def_Id", "Name", "Description",
	"Is_Active", "Data_Type", "Default_Value", "SS_Type")
SELECT pg_temp.number_at(pg_temp.base('process_output'), i),
	pg_temp.key('process_output/' || key_path), id, 'IsApproved', '', true, 'rtBoolean', '', 'rtBoolean'
FROM made_process
ORDER BY id;

CREATE TEMP TABLE made_activity AS
SELECT p.*, a.k, a.kind, a.label,
	pg_temp.number_at(pg_temp.base('activity'), row_number() OVER (ORDER BY p.id, a.k)) AS activity_id
FROM made_process p
CROSS JOIN (VALUES
		(1, 'Start', 'Start'),
		(2, 'HumanActivity', 'Approve'),
		(3, 'AutomaticActivity', 'Notify'),
		(4, 'End', 'End')
	) AS a (k, kind, label);

INSERT INTO "OSSYS_BPM_ACTIVITY_DEFINITION" ("Id", "SS_Key", "Name", "Label", "Description", "Kind",
	"Process_Def_Id", "Is_Active", "Display_X", "Display_Y", "Requires_Permission", "INBOX_INSTRUCTIONS", "SKIPPABLE")
SELECT activity_id, pg_temp.key('activity/' || key_path || '/' || k), label, label, '', kind,
	id, true, 100 * k, 80, k = 2, '', k = 2
FROM made_activity
ORDER BY activity_id;

INSERT INTO "OSSYS_BPM_ACTIVITY_OUTPUT_DEF" ("Id", "SS_Key", "Activity_Def_Id", "Name", "Description",
	"Is_Active", "Data_Type", "Default_Value", "SS_Type")
SELECT pg_temp.number_at(pg_temp.base('activity_output'), row_number() OVER (ORDER BY activity_id)),
	pg_temp.key('activity_output/' || key_path || '/' || k), activity_id, 'Decision', '', true, 'rtText', '', 'rtText'
FROM made_activity
WHERE k = 2;

-- ---------------------------------------------------------------------------
-- Instances: every tenth was started by the one before it.
-- ---------------------------------------------------------------------------

CREATE TEMP TABLE made_instance AS
SELECT p.*, n, h, t.id AS tenant_id,
	pg_temp.number_at(pg_temp.base('instance'), row_number() OVER (ORDER BY p.id, n)) AS instance_id,
	CASE WHEN n = 1 THEN 1 WHEN n = 2 THEN 2 ELSE (ARRAY[1, 1, 2, 2, 2, 3, 4, 5])[1 + h % 8] END AS status,
	(SELECT CASE WHEN u.users > 0 THEN pg_temp.number_at(u.base, 1 + h / 100 % greatest(u.users, 1)) END FROM work_user u) AS user_id,
	timestamp '2022-01-03 08:00:00' + h / 1000 % 60000000 * interval '1 second' AS created
FROM made_process p
CROSS JOIN generate_series(1, CASE WHEN :rows > 0 THEN least(greatest(:rows, 4), 20) ELSE 4 END) AS n
CROSS JOIN LATERAL (SELECT pg_temp.draw_here('instance/' || p.module || '/' || n) AS h) AS drawn
JOIN work_tenant t ON t.name = 'Users';

INSERT INTO "OSSYS_BPM_PROCESS" ("Tenant_Id", "Id", "LABEL", "CREATED", "CREATED_BY", "PROCESS_DEF_ID",
	"PARENT_PROCESS_ID", "TOP_PROCESS_ID", "STATUS_ID", "LAST_MODIFIED", "LAST_MODIFIED_BY",
	"SUSPENDED_DATE", "SUSPENDED_BY")
SELECT tenant_id, instance_id, 'Handle ' || name || ' ' || n, created, user_id, id,
	parent, coalesce(parent, instance_id), status, created + interval '1 hour', user_id,
	CASE WHEN status = 3 THEN created + interval '1 hour' ELSE timestamp '1900-01-01' END,
	CASE WHEN status = 3 THEN user_id END
FROM (SELECT i.*, CASE WHEN n % 10 = 4 THEN lag(instance_id) OVER (PARTITION BY id ORDER BY n) END AS parent
	FROM made_instance i) AS i
ORDER BY instance_id;

INSERT INTO "OSSYS_BPM_PROCESS_INPUT" ("Tenant_Id", "Id", "Input_Def_Id", "Process_Id", "SS_Key",
	"Name", "Data_Type", "Input_Value", "SS_Type")
SELECT i.tenant_id, pg_temp.number_at(pg_temp.base('input'), row_number() OVER (ORDER BY i.instance_id, d."Id")),
	d."Id", i.instance_id, d."SS_Key", d."Name", d."Data_Type",
	CASE
		WHEN d."SS_Type" NOT LIKE 'bt%' THEN 'as discussed'
		WHEN i.row_count = 0 THEN '0'
		ELSE pg_temp.number_at(i.first_number, 1 + i.h / 10000 % i.row_count)::text END,
	d."SS_Type"
FROM made_instance i
JOIN "OSSYS_BPM_PROCESS_INPUT_DEF" d ON d."Process_Def_Id" = i.id;

INSERT INTO "OSSYS_BPM_PROCESS_OUTPUT" ("Tenant_Id", "Id", "Output_Def_Id", "Process_Id", "SS_Key",
	"Name", "Data_Type", "Output_Value", "SS_Type")
SELECT i.tenant_id, pg_temp.number_at(pg_temp.base('output'), row_number() OVER (ORDER BY i.instance_id)),
	d."Id", i.instance_id, d."SS_Key", d."Name", d."Data_Type", (i.h % 2 = 0)::text, d."SS_Type"
FROM made_instance i
JOIN "OSSYS_BPM_PROCESS_OUTPUT_DEF" d ON d."Process_Def_Id" = i.id
WHERE i.status = 2;

CREATE TEMP TABLE made_step AS
SELECT i.*, a.activity_id, a.k, a.label,
	pg_temp.number_at(pg_temp.base('step'), row_number() OVER (ORDER BY i.instance_id, a.k)) AS step_id,
	CASE WHEN i.status = 2 OR a.k = 1 THEN 5
		WHEN i.status = 4 THEN 11 WHEN i.status = 5 THEN 12 WHEN i.status = 3 THEN 6
		ELSE (ARRAY[4, 7, 8, 9, 13])[1 + i.h / 10 % 5] END AS step_status
FROM made_instance i
JOIN made_activity a ON a.id = i.id
WHERE i.status = 2 OR a.k <= 2;

INSERT INTO "OSSYS_BPM_ACTIVITY" ("Tenant_Id", "Id", "Activity_Def_Id", "Process_Id", "Name", "User_Id",
	"Created", "Opened", "Closed", "Status_Id", "Is_Running_At", "Precedent_Activity_Id", "Precedent_Outcome",
	"Due_Date", "Expired", "Skipped", "Error_Count", "Inbox_Detail", "LAST_ERROR_ID", "LAST_MODIFIED")
SELECT tenant_id, step_id, activity_id, instance_id, label, CASE WHEN k = 2 THEN user_id END,
	created + k * interval '1 minute',
	CASE WHEN k = 2 THEN created + interval '10 minutes' ELSE timestamp '1900-01-01' END,
	CASE WHEN step_status = 5 THEN created + interval '30 minutes' ELSE timestamp '1900-01-01' END,
	step_status, '', lag(step_id) OVER (PARTITION BY instance_id ORDER BY k), '',
	timestamp '1900-01-01', step_status = 13, step_status = 12, CASE WHEN step_status = 7 THEN 3 ELSE 0 END, '', '',
	created + interval '30 minutes'
FROM made_step
ORDER BY step_id;

INSERT INTO "OSSYS_BPM_ACTIVITY_OUTPUT" ("Tenant_Id", "Id", "Output_Def_Id", "Activity_Id", "SS_Key",
	"Name", "Data_Type", "Output_Value", "SS_Type")
SELECT s.tenant_id, pg_temp.number_at(pg_temp.base('step_output'), row_number() OVER (ORDER BY s.step_id)),
	d."Id", s.step_id, d."SS_Key", d."Name", d."Data_Type", 'Approved', d."SS_Type"
FROM made_step s
JOIN "OSSYS_BPM_ACTIVITY_OUTPUT_DEF" d ON d."Activity_Def_Id" = s.activity_id
WHERE s.step_status = 5;
