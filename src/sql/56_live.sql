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
INSERT INTO osmeta.live_view (view_name, position, query)
VALUES
	('application_process', 801, $query$
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
	('application_activity', 802, $query$
SELECT c.environment, c.capture_id, p.application, p.espace, p.definition,
	v.process_id, v.id AS activity_id,
	coalesce(NULLIF(v.name, ''), NULLIF(d.label, ''), d.name) AS label,
	s.name AS status,
	coalesce(s.is_terminal, v.status_id IN (5, 11, 12, 13), false)
		AS is_terminal,
	d.name AS activity, d.kind, p.label AS process, u.username, v.user_id,
	g.name AS group_name, v.group_id, v.created, v.opened, v.closed,
	v.due_date, v.error_count, v.precedent_activity_id, v.tenant_id,
	v.status_id, d.id AS activity_definition_id
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
