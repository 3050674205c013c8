-- Business processes: definitions in a fifth of the modules and in clones, and
-- instances in every state.

CREATE INDEX ON work_entity (module);
ANALYZE work_entity;

-- Three processes of a module: one that rows start, one that this one starts
-- and that starts itself again, and one that was removed.
CREATE TEMP TABLE made_process AS
SELECT m.n AS module, m.id AS espace_id, m.key_path, e.n AS entity, e.id AS entity_id, e.name,
	e.id_type, r.role, r.title, r.suffix,
	pg_temp.number_at(pg_temp.base('process'), row_number() OVER (ORDER BY m.module_id, r.role)) AS id
FROM (SELECT m.*, row_number() OVER (ORDER BY m.n) AS place,
		m.clone_of IS NOT NULL OR EXISTS (SELECT FROM work_module c WHERE c.clone_of = m.n) AS is_twice
	FROM work_module m
	WHERE m.kind = 'espace' AND m.weight > 0) AS m
JOIN LATERAL (SELECT *
	FROM work_entity e
	WHERE e.module = m.n AND e.is_active AND e.data_kind = 'entity' AND NOT e.is_optional AND e.id_target IS NULL
		AND e.id_type IN ('rtInteger', 'rtLongInteger')
	ORDER BY NOT e.has_events, e.n
	LIMIT 1) AS e ON true
CROSS JOIN (VALUES (1, 'Handle', ''), (2, 'Approve', '/approve'), (3, 'Old', '/old')) AS r (role, title, suffix)
WHERE (m.place <= 2 OR m.is_twice OR pg_temp.draw('process/' || m.key_path) % 5 = 0)
	AND (r.role < 3 OR m.place <= 2 OR pg_temp.draw('process/' || m.key_path) / 5 % 3 = 0);

INSERT INTO "OSSYS_BPM_PROCESS_DEFINITION" ("Id", "Name", "Label", "Description", "SS_Key",
	"Is_Active", "Espace_Id", "Is_Locked", "Process_Entity_Id")
SELECT id, title || name, title || ' ' || name, '', pg_temp.key('process/' || key_path || suffix),
	role < 3, espace_id, false, CASE role WHEN 1 THEN entity_id END
FROM made_process
ORDER BY id;

CREATE TEMP TABLE made_activity AS
SELECT p.*, a.k, a.kind, a.label,
	pg_temp.number_at(pg_temp.base('activity'), row_number() OVER (ORDER BY p.id, a.k)) AS activity_id
FROM made_process p
JOIN (VALUES
		(1, 'Start', 'Start', '{1,2,3}'::integer[]),
		(2, 'HumanActivity', 'Approve', '{1,2,3}'),
		(3, 'AutomaticActivity', 'Notify', '{1}'),
		(4, 'ExecuteProcess', 'RunApproval', '{1,2}'),
		(5, 'WaitActivity', 'WaitForChange', '{1}'),
		(6, 'End', 'End', '{1,2,3}'),
		(7, 'ConditionalStart', 'OnChange', '{1}'),
		(8, 'Decision', 'IsBig', '{1}')
	) AS a (k, kind, label, roles) ON p.role = ANY (a.roles);

INSERT INTO "OSSYS_BPM_ACTIVITY_DEFINITION" ("Id", "SS_Key", "Name", "Label", "Description", "Kind",
	"Process_Def_Id", "Is_Active", "Display_X", "Display_Y", "Invoked_Process_Def_Id",
	"Requires_Permission", "INBOX_INSTRUCTIONS", "SKIPPABLE")
SELECT a.activity_id, pg_temp.key('activity/' || a.key_path || a.suffix || '/' || a.k), a.label, a.label, '', a.kind,
	a.id, true, 100 * a.k, 80, o.id, a.k = 2, '', a.k = 2
FROM made_activity a
LEFT JOIN made_process o ON a.k = 4 AND o.module = a.module AND o.role = 2
ORDER BY a.activity_id;

-- ---------------------------------------------------------------------------
-- Inputs and outputs.  That a number, or a text, is an identifier only
-- SS_Type tells.  The second input is what an event gave, with a key that is
-- no UUID.
-- ---------------------------------------------------------------------------

-- Whose identifiers they can be besides: of any module, there in all variants
CREATE TEMP TABLE made_target AS
SELECT c.what, e.n, e.module, row_number() OVER (PARTITION BY c.what ORDER BY e.n) AS k,
	count(*) OVER (PARTITION BY c.what) AS targets
FROM work_entity e
CROSS JOIN LATERAL (SELECT CASE
		WHEN e.id_type = 'rtText' THEN CASE e.data_kind WHEN 'entity' THEN 'text' END
		WHEN e.data_kind = 'staticEntity' THEN 'static'
		WHEN e.data_kind = 'entity' THEN 'number' END AS what) AS c
WHERE e.path IS NULL AND e.is_active AND NOT e.is_optional AND e.has_table AND e.id_target IS NULL;

CREATE TEMP TABLE made_clone AS
SELECT n, clone_of AS copy
FROM work_entity
WHERE clone_of IS NOT NULL
UNION ALL
SELECT clone_of, n
FROM work_entity
WHERE clone_of IS NOT NULL;

CREATE INDEX ON made_target (what, k);
CREATE INDEX ON made_clone (n);
ANALYZE made_target, made_clone, made_process;

CREATE TEMP TABLE made_variable AS
SELECT p.id AS process_id, p.key_path, p.suffix, v.*, t.n AS target, t.row_count, t.first_number, t.name AS target_name,
	CASE WHEN v.what LIKE 'rt%' THEN v.what WHEN v.what IN ('user', 'group') THEN 'rtInteger' ELSE t.id_type END AS data_type,
	CASE v.what
		WHEN 'user' THEN 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c'
		WHEN 'group' THEN 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*d028b5ef-4477-4e37-9fa2-cddd7e0e7146'
		ELSE coalesce('bt' || m.ss_key || '*' || t.ss_key, v.what) END AS ss_type
FROM made_process p
JOIN LATERAL (VALUES
		(1, 'input', p.name || 'Id', 'own', '{1,2,3}'::integer[]),
		(2, 'input', 'EventId', 'own', '{1}'),
		(3, 'input', 'Comment', 'rtText', '{1}'),
		(4, 'input', 'UserId', 'user', '{1}'),
		(5, 'input', 'GroupId', 'group', '{1}'),
		(6, 'input', 'KindId', 'static', '{1,2}'),
		(7, 'input', 'OtherId', 'number', '{1,2}'),
		(8, 'input', 'CodeId', 'text', '{1}'),
		(9, 'input', 'CopyId', 'copy', '{1}'),
		(10, 'input', 'Number', 'rtInteger', '{1}'),
		(1, 'output', 'IsApproved', 'rtBoolean', '{1,2}'),
		(2, 'output', 'NextId', 'own', '{1}'),
		(1, 'activity', 'Decision', 'rtText', '{1,2,3}'),
		(2, 'activity', 'ApproverId', 'user', '{1,2}')
	) AS v (k, place, name, what, roles) ON p.role = ANY (v.roles)
LEFT JOIN LATERAL (
	SELECT p.entity AS n
	WHERE v.what = 'own'
	UNION ALL
	-- the same entity of the clone, or of the original
	SELECT c.copy
	FROM made_clone c
	WHERE v.what = 'copy' AND c.n = p.entity
	UNION ALL
	(SELECT c.n
	FROM (SELECT 1 + pg_temp.draw('variable/' || p.key_path || '/' || v.what) % greatest(o.targets - 300, 1) AS first
		FROM made_target o
		WHERE o.what = v.what AND o.k = 1) AS f
	JOIN made_target c ON c.what = v.what AND c.k BETWEEN f.first AND f.first + 300
	-- another module's, but for texts, of which there are few
	ORDER BY c.module = p.module AND v.what <> 'text', c.k
	LIMIT 1)
) AS x ON true
LEFT JOIN work_entity t ON t.n = x.n
LEFT JOIN work_module m ON m.n = t.module
WHERE t.n IS NOT NULL OR v.what LIKE 'rt%' OR v.what IN ('user', 'group');

INSERT INTO "OSSYS_BPM_PROCESS_INPUT_DEF" ("Id", "SS_Key", "Process_Def_Id", "Name", "Description",
	"Is_Active", "Data_Type", "Is_Mandatory", "Default_Value", "SS_Type")
SELECT pg_temp.number_at(pg_temp.base('process_input'), row_number() OVER (ORDER BY process_id, k)),
	CASE k WHEN 2 THEN pg_temp.key('process/' || key_path || suffix) || '.#EventGeneratedInput'
		ELSE pg_temp.key('process_input/' || key_path || suffix || '/' || k) END,
	process_id, name, '', true, data_type, k = 1, '', ss_type
FROM made_variable
WHERE place = 'input';

INSERT INTO "OSSYS_BPM_PROCESS_OUTPUT_DEF" ("Id", "SS_Key", "Process_Def_Id", "Name", "Description",
	"Is_Active", "Data_Type", "Default_Value", "SS_Type")
SELECT pg_temp.number_at(pg_temp.base('process_output'), row_number() OVER (ORDER BY process_id, k)),
	pg_temp.key('process_output/' || key_path || suffix || '/' || k), process_id, name, '', true, data_type, '', ss_type
FROM made_variable
WHERE place = 'output';

INSERT INTO "OSSYS_BPM_ACTIVITY_OUTPUT_DEF" ("Id", "SS_Key", "Activity_Def_Id", "Name", "Description",
	"Is_Active", "Data_Type", "Default_Value", "SS_Type")
SELECT pg_temp.number_at(pg_temp.base('activity_output'), row_number() OVER (ORDER BY a.activity_id, v.k)),
	pg_temp.key('activity_output/' || a.key_path || a.suffix || '/' || v.k), a.activity_id, v.name, '', true, v.data_type, '', v.ss_type
FROM made_activity a
JOIN made_variable v ON v.process_id = a.id AND v.place = 'activity'
WHERE a.k = 2;

-- ---------------------------------------------------------------------------
-- Instances: every fourth has started another one, and this one a third.
-- ---------------------------------------------------------------------------

-- Most numbers are in the order of time; some children are before their
-- parents.
CREATE TEMP TABLE made_instance AS
SELECT i.*, first_value(i.instance_id) OVER family AS top_id, lag(i.instance_id) OVER family AS parent_id
FROM (
	SELECT p.*, n, l.level, h, t.id AS tenant_id,
		n % 4 = 1 AND l.level < 2 AND p.role < 3 AS has_child,
		pg_temp.number_at(pg_temp.base('instance'), row_number() OVER (
			ORDER BY p.module, p.role = 3, n, CASE WHEN h % 7 = 0 THEN -l.level ELSE l.level END)) AS instance_id,
		CASE WHEN n = 1 THEN 1 WHEN n = 2 THEN 2 ELSE (ARRAY[1, 1, 2, 2, 2, 3, 4, 5])[1 + h % 8] END AS status,
		(SELECT CASE WHEN u.users > 0 THEN pg_temp.number_at(u.base, 1 + h / 100 % greatest(u.users, 1)) END FROM work_user u) AS user_id,
		timestamp '2022-01-03 08:00:00' + h / 1000 % 60000000 * interval '1 second' + l.level * interval '2 minutes' AS created
	FROM made_process p
	CROSS JOIN generate_series(1, CASE WHEN p.role = 3 THEN 2 WHEN :rows > 0 THEN least(greatest(:rows, 4), 20) ELSE 4 END) AS n
	JOIN (VALUES (0), (1), (2)) AS l (level) ON CASE p.role WHEN 2 THEN l.level > 0 AND n % 4 = 1 ELSE l.level = 0 END
	CROSS JOIN LATERAL (SELECT pg_temp.draw_here('instance/' || p.module || '/' || n) AS h) AS drawn
	JOIN work_tenant t ON t.name = CASE WHEN h / 16 % 5 = 0 THEN 'Branch' ELSE 'Users' END
) AS i
WINDOW family AS (PARTITION BY i.module, i.role = 3, i.n ORDER BY i.level);

CREATE TEMP TABLE made_step AS
SELECT i.*, a.activity_id, a.k, a.kind, a.label,
	pg_temp.number_at(pg_temp.base('step'), row_number() OVER (
		ORDER BY i.instance_id, CASE WHEN i.h % 11 = 0 THEN -a.k ELSE a.k END)) AS step_id,
	CASE WHEN i.status = 2 OR a.k = 1 THEN 5
		WHEN i.status = 4 THEN 11 WHEN i.status = 5 THEN 12 WHEN i.status = 3 THEN 6
		WHEN a.k = 4 THEN 10 WHEN a.k = 5 THEN 8
		ELSE (ARRAY[4, 7, 9, 9, 13])[1 + i.h / 10 % 5] END AS step_status
FROM made_instance i
JOIN made_activity a ON a.id = i.id
WHERE a.k <= 2 OR i.status = 2 AND a.k IN (3, 6) OR a.k = 4 AND i.has_child
	OR a.k = 5 AND i.status = 1 AND i.n % 3 = 1;

ANALYZE made_instance, made_step, made_variable, made_activity;

INSERT INTO "OSSYS_BPM_PROCESS" ("Tenant_Id", "Id", "LABEL", "CREATED", "CREATED_BY", "PROCESS_DEF_ID",
	"PARENT_PROCESS_ID", "PARENT_ACTIVITY_ID", "TOP_PROCESS_ID", "STATUS_ID", "LAST_MODIFIED", "LAST_MODIFIED_BY",
	"SUSPENDED_DATE", "SUSPENDED_BY")
SELECT i.tenant_id, i.instance_id, i.title || ' ' || i.name || ' ' || i.n || repeat('.1', i.level), i.created, i.user_id, i.id,
	i.parent_id, s.step_id, i.top_id, i.status, i.created + interval '1 hour', i.user_id,
	CASE WHEN i.status = 3 THEN i.created + interval '1 hour' ELSE timestamp '1900-01-01' END,
	CASE WHEN i.status = 3 THEN i.user_id END
FROM made_instance i
LEFT JOIN made_step s ON s.instance_id = i.parent_id AND s.k = 4
ORDER BY i.instance_id;

INSERT INTO "OSSYS_BPM_ACTIVITY" ("Tenant_Id", "Id", "Activity_Def_Id", "Process_Id", "Name", "User_Id", "GROUP_ID",
	"Created", "Opened", "Closed", "Status_Id", "Is_Running_At", "Next_Run", "Precedent_Activity_Id", "Precedent_Outcome",
	"Due_Date", "Expired", "Skipped", "Error_Count", "Inbox_Detail", "LAST_ERROR_ID", "LAST_MODIFIED")
SELECT s.tenant_id, s.step_id, s.activity_id, s.instance_id, s.label,
	CASE WHEN s.k = 2 AND NOT is_of_group THEN s.user_id END,
	CASE WHEN s.k = 2 AND is_of_group THEN pg_temp.number_at(pg_temp.base('group'), 1 + s.h / 50 % g.groups) END,
	s.created + s.k * interval '1 minute',
	CASE WHEN s.k = 2 AND s.step_status <> 9 THEN s.created + interval '10 minutes' ELSE timestamp '1900-01-01' END,
	CASE WHEN s.step_status = 5 THEN s.created + interval '30 minutes' ELSE timestamp '1900-01-01' END,
	s.step_status, '', CASE WHEN s.step_status = 7 THEN s.created + interval '1 day' ELSE timestamp '1900-01-01' END,
	lag(s.step_id) OVER (PARTITION BY s.instance_id ORDER BY s.k), '',
	CASE WHEN s.k = 2 AND s.h % 3 = 0 THEN s.created + interval '7 days' ELSE timestamp '1900-01-01' END,
	s.step_status = 13, s.step_status = 12, CASE WHEN s.step_status = 7 THEN 3 ELSE 0 END, '', '',
	s.created + interval '30 minutes'
FROM made_step s
CROSS JOIN (SELECT count(*) AS groups FROM made_group) AS g
CROSS JOIN LATERAL (SELECT s.step_status IN (6, 9) AND s.h / 20 % 2 = 0 AS is_of_group) AS o
ORDER BY s.step_id;

-- The value of a variable in an instance; every thirteenth identifier is 0,
-- every seventeenth is empty.
CREATE TEMP TABLE made_value AS
SELECT i.instance_id, i.tenant_id, i.status, v.process_id, v.place, v.k, v.name, v.data_type, v.ss_type,
	CASE
		WHEN v.what = 'rtText' THEN CASE v.place WHEN 'activity' THEN 'Approved' ELSE 'as discussed' END
		WHEN v.what = 'rtInteger' THEN (d.g % 40)::text
		WHEN v.what = 'rtBoolean' THEN (d.g % 2 = 0)::text
		WHEN d.g % 13 = 5 THEN '0'
		WHEN d.g % 17 = 5 THEN ''
		WHEN v.what = 'user' THEN CASE WHEN u.users > 0 THEN pg_temp.number_at(u.base, 1 + d.g % greatest(u.users, 1))::text ELSE '0' END
		WHEN v.what = 'group' THEN pg_temp.number_at(pg_temp.base('group'), 1 + d.g % u.groups)::text
		WHEN coalesce(v.row_count, 0) = 0 THEN '0'
		WHEN v.what = 'static' THEN r.data_ids[1 + d.g % v.row_count]
		WHEN v.what = 'text' THEN upper(left(v.target_name, 3) COLLATE "C") || (1001 + d.g % v.row_count)
		ELSE pg_temp.number_at(v.first_number, 1 + d.g % v.row_count)::text
	END AS value
FROM made_instance i
JOIN made_variable v ON v.process_id = i.id
CROSS JOIN LATERAL (SELECT i.h / 16 % 1000000007 + (7 * i.level + v.k) * 7919 + length(v.place) AS g) AS d
CROSS JOIN (SELECT w.*, (SELECT count(*) FROM made_group) AS groups FROM work_user w) AS u
LEFT JOIN (SELECT entity, array_agg(data_id ORDER BY position) AS data_ids
	FROM work_record
	WHERE is_active
	GROUP BY entity) AS r ON r.entity = v.target AND v.what = 'static';

ANALYZE made_value, "OSSYS_BPM_PROCESS_INPUT_DEF", "OSSYS_BPM_PROCESS_OUTPUT_DEF", "OSSYS_BPM_ACTIVITY_OUTPUT_DEF";

INSERT INTO "OSSYS_BPM_PROCESS_INPUT" ("Tenant_Id", "Id", "Input_Def_Id", "Process_Id", "SS_Key",
	"Name", "Data_Type", "Input_Value", "SS_Type")
SELECT v.tenant_id, pg_temp.number_at(pg_temp.base('input'), row_number() OVER (ORDER BY v.instance_id, v.k)),
	d."Id", v.instance_id, d."SS_Key", v.name, v.data_type, v.value, v.ss_type
FROM made_value v
JOIN "OSSYS_BPM_PROCESS_INPUT_DEF" d ON d."Process_Def_Id" = v.process_id AND d."Name" = v.name
WHERE v.place = 'input';

INSERT INTO "OSSYS_BPM_PROCESS_OUTPUT" ("Tenant_Id", "Id", "Output_Def_Id", "Process_Id", "SS_Key",
	"Name", "Data_Type", "Output_Value", "SS_Type")
SELECT v.tenant_id, pg_temp.number_at(pg_temp.base('output'), row_number() OVER (ORDER BY v.instance_id, v.k)),
	d."Id", v.instance_id, d."SS_Key", v.name, v.data_type, v.value, v.ss_type
FROM made_value v
JOIN "OSSYS_BPM_PROCESS_OUTPUT_DEF" d ON d."Process_Def_Id" = v.process_id AND d."Name" = v.name
WHERE v.place = 'output' AND v.status = 2;

INSERT INTO "OSSYS_BPM_ACTIVITY_OUTPUT" ("Tenant_Id", "Id", "Output_Def_Id", "Activity_Id", "SS_Key",
	"Name", "Data_Type", "Output_Value", "SS_Type")
SELECT v.tenant_id, pg_temp.number_at(pg_temp.base('step_output'), row_number() OVER (ORDER BY s.step_id, v.k)),
	d."Id", s.step_id, d."SS_Key", v.name, v.data_type, v.value, v.ss_type
FROM made_step s
JOIN made_value v ON v.instance_id = s.instance_id AND v.place = 'activity'
JOIN "OSSYS_BPM_ACTIVITY_OUTPUT_DEF" d ON d."Activity_Def_Id" = s.activity_id AND d."Name" = v.name
WHERE s.k = 2 AND s.step_status = 5;
