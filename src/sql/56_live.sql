/*
 * 56_live: what only the schema of an environment shows.
 *
 * Running processes are never captured: their number is that of the
 * factory's business, and tomorrow they are others.  So these views have no
 * original in osmeta; live_view holds their queries, in which osmeta.live_x
 * stands for the table of the environment.
 *
 * A status that the factory does not name is terminal if its number is one of
 * the platform's.  An espace of no application has NULL there.
 */
INSERT INTO osmeta.live_view (view_name, position, comment, query)
VALUES
	('application_process', 801, 'which processes are there, running and closed?', $query$
SELECT c.environment, c.capture_id, a.name AS application, e.name AS espace,
	coalesce(d.name, d.label) AS definition, p.id AS process_id, p.label,
	s.name AS status,
	coalesce(s.is_terminal, p.status_id IN (2, 4, 5), false) AS is_terminal,
	p.created, u.username AS created_by, p.parent_process_id,
	p.parent_activity_id, p.top_process_id, p.suspended_date, p.tenant_id,
	p.status_id, osmeta.try_oskey(e.ss_key, d.ss_key) AS definition_key,
	d.id AS process_definition_id, e.id AS espace_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.live_bpm_process AS p ON p.capture_id = c.store_id
	LEFT JOIN osmeta.live_bpm_process_definition AS d
		ON d.capture_id = c.store_id AND d.id = p.process_def_id
	LEFT JOIN osmeta.live_espace AS e
		ON e.capture_id = c.store_id AND e.id = d.espace_id
	LEFT JOIN (SELECT DISTINCT m.espace_id, a.name
			FROM osmeta.live_module AS m
				JOIN osmeta.live_app_definition_module AS am
					ON am.module_id = m.id
				JOIN osmeta.live_application AS a
					ON a.id = am.application_id
			WHERE coalesce(a.is_active, true)) AS a ON a.espace_id = e.id
	LEFT JOIN osmeta.live_bpm_process_status AS s
		ON s.capture_id = c.store_id AND s.id = p.status_id
	LEFT JOIN osmeta.live_user AS u
		ON u.capture_id = c.store_id AND u.id = p.created_by
$query$),
	('application_activity', 802, 'which activities are there, and whose are they?', $query$
SELECT c.environment, c.capture_id, p.application, p.espace, p.definition,
	v.process_id, v.id AS activity_id,
	coalesce(NULLIF(v.name, ''), NULLIF(d.label, ''), d.name) AS label,
	s.name AS status,
	coalesce(s.is_terminal, v.status_id IN (5, 11, 12, 13), false)
		AS is_terminal,
	d.name AS activity, d.kind, p.label AS process, u.username, v.user_id,
	g.name AS group_name, v.group_id, v.created, v.opened, v.closed,
	v.due_date, v.error_count, v.precedent_activity_id, v.tenant_id,
	v.status_id, d.id AS activity_definition_id,
	p.status AS process_status, p.is_terminal AS is_process_terminal,
	p.suspended_date, v.next_run, v.is_running_since, v.is_running_at
FROM osmeta.shown_capture AS c
	JOIN osmeta.live_bpm_activity AS v ON v.capture_id = c.store_id
	LEFT JOIN osmeta.live_bpm_activity_definition AS d
		ON d.capture_id = c.store_id AND d.id = v.activity_def_id
	LEFT JOIN osmeta.application_process AS p ON p.process_id = v.process_id
	LEFT JOIN osmeta.live_bpm_activity_status AS s
		ON s.capture_id = c.store_id AND s.id = v.status_id
	LEFT JOIN osmeta.live_user AS u
		ON u.capture_id = c.store_id AND u.id = v.user_id
	LEFT JOIN osmeta.live_group AS g
		ON g.capture_id = c.store_id AND g.id = v.group_id
$query$);

/*
 * Which process started which?  From the top down, each process once, however
 * deep: a process can start itself again and again.  Those whose parents go
 * round in a circle are reached from no top, and are followed upwards until
 * one would come again.
 */
INSERT INTO osmeta.live_view (view_name, position, comment, query)
VALUES
	('process_tree', 803, 'who started whom? Each process, from the top of its tree down', $query$
WITH RECURSIVE process AS MATERIALIZED (
	SELECT DISTINCT ON (p.id) p.id,
		CASE WHEN p.parent_process_id <> p.id THEN p.parent_process_id END
			AS parent_id
	FROM osmeta.shown_capture AS c
		JOIN osmeta.live_bpm_process AS p ON p.capture_id = c.store_id
	ORDER BY p.id
), down AS (
	SELECT p.id, ARRAY[p.id] AS path
	FROM process AS p
	WHERE NOT EXISTS (SELECT
		FROM process AS o
		WHERE o.id = p.parent_id)
	UNION ALL
	SELECT p.id, d.path || p.id
	FROM down AS d
		JOIN process AS p ON p.parent_id = d.id
	-- a path of all the parents is as long as the square of their number
	WHERE cardinality(d.path) < 10000
), circle AS MATERIALIZED (
	SELECT p.id, p.parent_id
	FROM process AS p
	WHERE NOT EXISTS (SELECT
		FROM down AS d
		WHERE d.id = p.id)
), up AS (
	SELECT p.id, p.parent_id, ARRAY[p.id] AS path
	FROM circle AS p
	UNION ALL
	SELECT u.id, p.parent_id, p.id || u.path
	FROM up AS u
		JOIN circle AS p ON p.id = u.parent_id
	-- whoever looks needs no more of a circle
	WHERE p.id <> ALL (u.path) AND cardinality(u.path) < 100
), tree AS (
	SELECT d.id, d.path, false AS is_circular
	FROM down AS d
	UNION ALL
	(SELECT DISTINCT ON (u.id) u.id, u.path, true
	FROM up AS u
	ORDER BY u.id, cardinality(u.path) DESC)
)
SELECT p.environment, p.capture_id, p.application, p.espace, p.definition,
	p.top_process_id, p.process_id, p.parent_process_id,
	p.parent_activity_id, cardinality(t.path) - 1 AS depth, t.path, p.label,
	p.status, p.is_terminal,
	coalesce(NULLIF(v.name, ''), NULLIF(d.label, ''), d.name)
		AS parent_activity,
	t.is_circular, p.created, p.created_by, p.tenant_id, p.definition_key
FROM tree AS t
	JOIN osmeta.application_process AS p ON p.process_id = t.id
	LEFT JOIN osmeta.live_bpm_activity AS v ON v.id = p.parent_activity_id
	LEFT JOIN osmeta.live_bpm_activity_definition AS d
		ON d.id = v.activity_def_id
$query$);

/*
 * What does each activity wait for that has not ended?  Kinds of activities
 * and most states are names of the factory: what the rows say comes first, and
 * a name is asked only for what it cannot mean otherwise.
 */
INSERT INTO osmeta.live_view (view_name, position, comment, query)
VALUES
	('activity_wait', 804, 'what does each activity wait for that has not ended?', $query$
SELECT v.environment, v.capture_id, v.application, v.espace, v.definition,
	v.process_id, v.process, v.activity_id, v.label, v.kind, v.status,
	w.wait,
	CASE w.wait
		WHEN 'user' THEN coalesce(v.username, 'user ' || v.waiting_user_id)
		WHEN 'group' THEN coalesce(v.group_name,
			'group ' || v.waiting_group_id)
		WHEN 'anyone' THEN 'a user who may'
		WHEN 'process' THEN coalesce(NULLIF(s.label, ''),
			'process ' || s.id)
		WHEN 'event' THEN 'an event'
			|| coalesce(', until ' || v.due_date, '')
		WHEN 'time' THEN coalesce(v.next_run, v.due_date)::text
		WHEN 'error' THEN concat_ws(', ', CASE
				WHEN v.error_count = 1 THEN '1 error'
				WHEN v.error_count > 0 THEN v.error_count || ' errors' END,
			coalesce('next try ' || v.next_run, 'somebody who helps'))
		WHEN 'suspended' THEN CASE
			WHEN v.is_suspended THEN 'its process is suspended'
				|| coalesce(' since ' || NULLIF(v.suspended_date,
					timestamp '1900-01-01'), '')
			ELSE 'it is suspended' END
		ELSE CASE
			WHEN v.process_id IS NULL OR v.is_process_terminal IS NULL
				THEN 'it has no process'
			WHEN v.is_process_terminal THEN 'its process has ended'
			WHEN v.is_running_since IS NOT NULL THEN 'runs since '
				|| v.is_running_since || coalesce(' at ' || v.is_running_at, '')
			WHEN v.is_executing THEN 'no process that it started runs'
			END
	END AS waits_for,
	v.waiting_user_id AS user_id, v.waiting_group_id AS group_id,
	CASE WHEN w.wait = 'process' THEN s.id END AS waits_for_process_id,
	v.next_run, v.due_date, v.error_count, v.created, v.opened, v.tenant_id
FROM (SELECT a.environment, a.capture_id, a.application, a.espace,
			a.definition, a.process_id, a.process, a.activity_id, a.label,
			a.kind, a.status, a.status_id, a.username, a.group_name,
			NULLIF(a.user_id, 0) AS waiting_user_id,
			NULLIF(a.group_id, 0) AS waiting_group_id, a.process_status,
			a.is_process_terminal, a.suspended_date, a.error_count,
			a.created, a.tenant_id,
			NULLIF(a.opened, timestamp '1900-01-01') AS opened,
			NULLIF(a.next_run, timestamp '1900-01-01') AS next_run,
			NULLIF(a.due_date, timestamp '1900-01-01') AS due_date,
			NULLIF(a.is_running_since, timestamp '1900-01-01')
				AS is_running_since,
			NULLIF(a.is_running_at, '') AS is_running_at,
			strpos(osmeta.fold_name(a.status), 'error') > 0 AS has_failed,
			strpos(osmeta.fold_name(a.kind), 'human') > 0 AS is_human,
			strpos(osmeta.fold_name(a.kind), 'execute') > 0 AS is_executing,
			a.status_id = 8 OR strpos(osmeta.fold_name(a.kind), 'wait') > 0
				OR strpos(osmeta.fold_name(a.kind), 'conditional') > 0
				AS is_listening,
			coalesce(strpos(osmeta.fold_name(a.process_status), 'suspend') > 0,
				a.suspended_date > timestamp '1900-01-01') AS is_suspended
		FROM osmeta.application_activity AS a
		WHERE NOT a.is_terminal) AS v
	LEFT JOIN (SELECT p.id, p.label, p.parent_activity_id
			FROM osmeta.live_bpm_process AS p
				LEFT JOIN osmeta.live_bpm_process_status AS t
					ON t.id = p.status_id
			WHERE NOT coalesce(t.is_terminal, p.status_id IN (2, 4, 5),
				false)) AS s
		ON s.parent_activity_id = v.activity_id
	CROSS JOIN LATERAL (SELECT CASE
			WHEN v.is_process_terminal IS NULL OR v.is_process_terminal
				THEN 'nothing'
			WHEN v.is_suspended
				OR strpos(osmeta.fold_name(v.status), 'suspend') > 0
				THEN 'suspended'
			WHEN v.has_failed OR v.error_count > 0 AND NOT
				coalesce(v.is_human OR v.is_listening, false) THEN 'error'
			WHEN s.id IS NOT NULL THEN 'process'
			WHEN v.is_running_since IS NOT NULL THEN 'nothing'
			WHEN v.is_listening AND v.waiting_user_id IS NULL
				AND v.waiting_group_id IS NULL THEN 'event'
			WHEN v.waiting_user_id IS NOT NULL THEN 'user'
			WHEN v.waiting_group_id IS NOT NULL THEN 'group'
			WHEN v.is_human THEN 'anyone'
			WHEN v.next_run IS NOT NULL OR v.due_date IS NOT NULL THEN 'time'
			ELSE 'nothing'
		END AS wait) AS w
$query$),
	-- What is on whose desk?  Suspended processes too: they come back.
	('open_activity', 805, 'what is on whose desk? Open activities by user and group', $query$
SELECT a.environment, a.capture_id, a.application, a.espace, a.definition,
	a.process_id, a.process, a.activity_id, a.label, a.status,
	a.process_status, a.username, a.group_name, t.name AS tenant, a.created,
	NULLIF(a.opened, timestamp '1900-01-01') AS opened,
	NULLIF(a.due_date, timestamp '1900-01-01') AS due_date,
	NULLIF(a.user_id, 0) AS user_id, NULLIF(a.group_id, 0) AS group_id,
	a.tenant_id
FROM osmeta.application_activity AS a
	LEFT JOIN osmeta.live_tenant AS t ON t.id = a.tenant_id
WHERE NOT a.is_terminal AND NOT coalesce(a.is_process_terminal, true)
	AND (a.user_id <> 0 OR a.group_id <> 0
		OR strpos(osmeta.fold_name(a.kind), 'human') > 0)
$query$),
	-- Which process, or activity, is about which row?
	('process_row', 806, 'which process is about which row? By the inputs and outputs that hold identifiers', $query$
SELECT c.environment, c.capture_id, v.process_id, v.activity_id,
	v.direction, v.name, coalesce(t.espace, t.extension) AS espace, t.entity,
	v.refers_to AS entity_key, t.physical_table_name, btrim(v.value) AS row_id,
	CASE
		WHEN v.refers_to IS NULL THEN 'malformed'
		WHEN t.is_effective THEN 'resolved'
		WHEN t.key IS NOT NULL THEN 'inactive'
		WHEN k.store_owner IS NULL THEN 'unknown espace'
		ELSE 'unknown entity'
	END AS status,
	e.name AS process_espace, coalesce(d.name, d.label) AS definition,
	p.label AS process,
	coalesce(s.is_terminal, p.status_id IN (2, 4, 5), false) AS is_terminal,
	v.type, t.entity_id, v.tenant_id
FROM osmeta.shown_capture AS c
	JOIN (SELECT x.*, osmeta.try_bt_ref(x.type) AS refers_to
			FROM (SELECT i.capture_id, i.process_id,
						NULL::bigint AS activity_id,
						'input'::text AS direction, i.name,
						coalesce(NULLIF(btrim(i.ss_type), ''), d.ss_type)
							AS type, i.input_value AS value, i.tenant_id
					FROM osmeta.live_bpm_process_input AS i
						LEFT JOIN osmeta.live_bpm_process_input_def AS d
							ON d.id = i.input_def_id
					UNION ALL
					SELECT o.capture_id, o.process_id, NULL, 'output', o.name,
						coalesce(NULLIF(btrim(o.ss_type), ''), d.ss_type),
						o.output_value, o.tenant_id
					FROM osmeta.live_bpm_process_output AS o
						LEFT JOIN osmeta.live_bpm_process_output_def AS d
							ON d.id = o.output_def_id
					UNION ALL
					SELECT o.capture_id, a.process_id, o.activity_id, 'output',
						o.name,
						coalesce(NULLIF(btrim(o.ss_type), ''), d.ss_type),
						o.output_value, o.tenant_id
					FROM osmeta.live_bpm_activity_output AS o
						LEFT JOIN osmeta.live_bpm_activity AS a
							ON a.id = o.activity_id
						LEFT JOIN osmeta.live_bpm_activity_output_def AS d
							ON d.id = o.output_def_id) AS x
			WHERE lower(left(btrim(x.type), 2)) = 'bt'
				AND btrim(x.value, ' 0') <> '') AS v
		ON v.capture_id = c.store_id
	LEFT JOIN osmeta.key_entity AS t
		ON t.store_key = osmeta.store_key(c.store_id, v.refers_to)
	LEFT JOIN osmeta.key_owner AS k
		ON k.store_owner = CASE WHEN t.key IS NULL
			THEN osmeta.owner_key(v.refers_to) || ' ' || c.store_id::text END
	LEFT JOIN osmeta.live_bpm_process AS p ON p.id = v.process_id
	LEFT JOIN osmeta.live_bpm_process_status AS s ON s.id = p.status_id
	LEFT JOIN osmeta.live_bpm_process_definition AS d
		ON d.id = p.process_def_id
	LEFT JOIN osmeta.live_espace AS e ON e.id = d.espace_id
$query$);
