-- Who waits for rows: subscriptions in the event tables, and the triggers that
-- queue an event for each that a row satisfies, as the platform's do.  All
-- rows are there already, so nothing is queued yet.

CREATE FUNCTION queue_event()
RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
	subscription jsonb;
	changed jsonb := to_jsonb(NEW);
BEGIN
	-- of a subscription's columns those count that hold an identifier
	FOR subscription IN EXECUTE format('SELECT to_jsonb(e) FROM %I.%I AS e', TG_TABLE_SCHEMA, TG_ARGV[0])
	LOOP
		CONTINUE WHEN coalesce((subscription ->> '_IS_UPDATE')::boolean, false) <> (TG_OP = 'UPDATE');
		CONTINUE WHEN EXISTS (SELECT
			FROM jsonb_each_text(subscription) AS c
			WHERE left(c.key, 1) <> '_' AND c.value NOT IN ('', '0')
				AND c.value IS DISTINCT FROM changed ->> c.key);
		IF (subscription ->> '_IS_LIGHT')::boolean THEN
			EXECUTE format('INSERT INTO %I."OSSYS_BPM_EVENT" ("Tenant_Id", "Espace_Id", "Process_Def_Id", "Activity_Id", "Data_Id", "Is_Update", "Created", "Error_Count")
				VALUES ($1, $2, $3, $4, $5, $6, localtimestamp, 0)', TG_TABLE_SCHEMA)
			USING (subscription ->> '_TENANT_ID')::integer, (subscription ->> '_ESPACE_ID')::integer,
				(subscription ->> '_PROCESS_DEF_ID')::integer, (subscription ->> '_ACTIVITY_ID')::integer,
				changed ->> TG_ARGV[1], TG_OP = 'UPDATE';
		ELSE
			EXECUTE format('INSERT INTO %I."OSSYS_BPM_EVENT_QUEUE" ("Tenant_Id", "Espace_Id", "Process_Def_Id", "Activity_Id", "Data_Id", "Enqueue_Time", "Error_Count")
				VALUES ($1, $2, $3, $4, $5, localtimestamp, 0)', TG_TABLE_SCHEMA)
			USING (subscription ->> '_TENANT_ID')::integer, (subscription ->> '_ESPACE_ID')::integer,
				(subscription ->> '_PROCESS_DEF_ID')::integer, (subscription ->> '_ACTIVITY_ID')::integer,
				changed ->> TG_ARGV[1];
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;

-- Processes that rows can start
CREATE TEMP TABLE listener AS
SELECT d."Id" AS id, d."Espace_Id" AS espace_id, row_number() OVER (ORDER BY s."SS_KEY" COLLATE "C", d."SS_Key" COLLATE "C") AS k,
	count(*) OVER () AS listeners
FROM "OSSYS_BPM_PROCESS_DEFINITION" d
JOIN "OSSYS_ESPACE" s ON s."ID" = d."Espace_Id"
WHERE d."Is_Active" AND d."Process_Entity_Id" IS NOT NULL;

-- Activities that wait, each for one entity of its module
CREATE TEMP TABLE waiting AS
SELECT l.espace_id, l.id AS process_id, a."Id" AS id, a."Tenant_Id" AS tenant_id,
	row_number() OVER (PARTITION BY l.espace_id ORDER BY a."Id") AS k,
	pg_temp.draw_here('waiting/' || a."Id") % 2 = 0 AS is_update
FROM listener l
JOIN "OSSYS_BPM_PROCESS" p ON p."PROCESS_DEF_ID" = l.id
JOIN "OSSYS_BPM_ACTIVITY" a ON a."Process_Id" = p."Id" AND a."Status_Id" = 8;

-- Each event table: who is started by new rows, the process of the module and,
-- by new or changed ones, that of another (only here every second of these);
-- and who waits for one row to change, or for a row that refers to another.
SELECT concat_ws('; ',
	s.statement, w.statement,
	format('CREATE TRIGGER %I AFTER INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION queue_event(%L, %L)',
		pg_temp.cut('OSTRG_EI__' || upper(e.table_name COLLATE "C"), 63), e.table_name, e.event_table, e.identifier),
	format('ANALYZE %I', e.event_table))
FROM (SELECT e.*, m.id AS espace_id, m.key_path, a.column_name AS identifier, pg_temp.draw('event/' || m.key_path || '/' || coalesce(e.clone_of, e.n)) AS h,
		row_number() OVER (PARTITION BY e.module ORDER BY e.n) AS place, count(*) OVER (PARTITION BY e.module) AS places,
		pg_temp.cut(regexp_replace(e.table_name, '^OSUSR_', 'OSEVT_'), 63) AS event_table
	FROM work_entity e
	JOIN work_module m ON m.n = e.module
	JOIN work_attribute a ON a.entity = e.n AND a.position = 1
	WHERE e.has_events AND e.has_table) AS e
LEFT JOIN LATERAL (
	SELECT format('INSERT INTO %I ("_ESPACE_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT") VALUES %s', e.event_table,
		string_agg(format('(%s, %s, %s, %L, %L)', l.espace_id, CASE WHEN l.espace_id = e.espace_id THEN 'NULL' ELSE '0' END, l.id,
			l.espace_id <> e.espace_id AND e.h / 10 % 2 = 0,
			l.espace_id <> e.espace_id OR e.h / 100 % 2 = 0), ', ' ORDER BY l.k)) AS statement
	FROM listener l
	WHERE l.espace_id = e.espace_id
		OR l.k = 1 + e.h / 1000 % l.listeners AND pg_temp.draw_here('event/' || e.n) % 2 = 0
	HAVING count(*) > 0
) AS s ON true
LEFT JOIN LATERAL (
	SELECT string_agg(format('INSERT INTO %I ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "%s") VALUES (%s, %s, %s, %s, %L, %L, %s)',
		e.event_table, replace(CASE WHEN r.column_name IS NULL THEN e.identifier ELSE r.column_name END, '"', '""'),
		w.espace_id, w.tenant_id, w.id, w.process_id, r.column_name IS NULL, w.id % 3 = 0,
		CASE WHEN r.column_name IS NULL THEN CASE WHEN e.row_count > 0 THEN replace(e.id_expression, '%J', (1 + w.id % e.row_count)::text) ELSE 'NULL' END
			ELSE replace(r.id_expression, '%J', (1 + w.id % r.row_count)::text) END), '; ' ORDER BY w.id) AS statement
	FROM waiting w
	LEFT JOIN LATERAL (
		SELECT a.column_name, t.id_expression, t.row_count
		FROM work_attribute a
		JOIN work_entity t ON t.n = a.target
		WHERE a.entity = e.n AND a.position > 1 AND a.is_active AND a.path IS NULL AND t.row_count > 0 AND t.id_expression IS NOT NULL
		ORDER BY a.position
		LIMIT 1) AS r ON NOT w.is_update
	WHERE w.espace_id = e.espace_id AND w.k % e.places = e.place - 1
) AS w ON true
ORDER BY e.n
\gexec
