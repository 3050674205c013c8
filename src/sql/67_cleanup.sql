/*
 * 67_cleanup: the statements that would drop what is left over.
 *
 * osmeta runs none of them.  cleanup_object decides, cleanup_line writes; both
 * take the id of a capture, which must be the one that the views show.
 *
 * Whatever is in doubt stays, with the reason.  Here a flag that is NULL does
 * not mean "removed", other than in the views: an entity or attribute counts
 * as removed only if its own flag, or that of its module, says so.
 */

-- A text as a literal of Transact-SQL.
CREATE FUNCTION osmeta.cleanup_literal(value text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'N''' || replace(value, '''', '''''') || '''';
COMMENT ON FUNCTION osmeta.cleanup_literal(text) IS
	'Internal: a text as a literal of Transact-SQL';

/*
 * Does the client that reads the script leave the name alone?  sqlcmd takes
 * $(x) for a variable wherever it stands and a line "GO" for the end of a
 * batch, SQL*Plus &x for a variable and a line "/" for the end of a statement.
 * psql looks into no quoted name.
 */
CREATE FUNCTION osmeta.cleanup_is_plain(name text, dialect text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE dialect
	WHEN 'postgres' THEN true
	WHEN 'sqlserver' THEN strpos(name, '$(') = 0
		AND name !~ E'[\\u0001-\\u001F\\u007F-\\u009F\\u2028\\u2029]'
	ELSE strpos(name, '&') = 0 AND strpos(name, '"') = 0
		AND name !~ E'[\\u0001-\\u001F\\u007F-\\u009F\\u2028\\u2029]'
END;
COMMENT ON FUNCTION osmeta.cleanup_is_plain(text, text) IS
	'Internal: can a name be written into a script for an engine''s command line client?';

/*
 * One line of comment, whatever the text holds: no line end, no character
 * that turns the direction of writing, nothing that a client replaces, and
 * nothing at its end that a client takes for the end of a statement.
 */
CREATE FUNCTION osmeta.cleanup_comment(comment text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '-- ' || regexp_replace(regexp_replace(regexp_replace(comment,
		E'[\\u0001-\\u001F\\u007F-\\u009F\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069]',
		' ', 'g'),
		'&|[$](?=[(])', '?', 'g'),
		E'[-;./\\\\\\s]$', E'\\& #');
COMMENT ON FUNCTION osmeta.cleanup_comment(text) IS
	'Internal: a text as one line of comment';

/*
 * What can go, and what stays and why (reason).  step is the order in which
 * things go: 2 foreign keys, 3 indexes, 4 columns, 5 tables of events and
 * translations, 6 views of tenants, 7 tables.  A foreign key, an index, a
 * column is "name" of "table_name".
 *
 * Columns are decided first: one stays with whatever covers it together with
 * something that stays.  Then tables: one stays if something that stays
 * refers to it.
 *
 * What the metamodel calls a table is taken for more than one name: as it
 * stands, and without what may be put around a name.  An entity that is not
 * known to be removed and whose table is not there is homeless; whatever may
 * be its table stays.
 */
CREATE FUNCTION osmeta.cleanup_object(capture_id bigint, kinds text[],
	dialect text)
RETURNS TABLE (step int, object text, table_name text, name text, kind text,
	whose text, detail text, row_count bigint, data_bytes bigint,
	index_bytes bigint, lob_bytes bigint, reason text, turn int)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH RECURSIVE physical AS MATERIALIZED (
		SELECT p.table_id, p.table_name,
			coalesce(p.kind, 'table') = 'table' AS is_table,
			coalesce(p.kind, 'table') AS kind,
			osmeta.fold_name(p.table_name) AS folded,
			osmeta.store_table(p.capture_id, p.table_name) AS store_table,
			osmeta.cleanup_is_plain(c.remote_schema || p.table_name,
				cleanup_object.dialect) AS is_plain,
			p.row_count, p.data_bytes, p.index_bytes, p.lob_bytes
		FROM osmeta.capture AS c
			JOIN osmeta.captured_physical_table AS p
				ON p.capture_id = c.capture_id
		WHERE c.capture_id = cleanup_object.capture_id
	), owned AS MATERIALIZED (
		SELECT o.store_id, o.entity_id, o.is_effective, o.espace,
			osmeta.fold_name(btrim(o.entity)) AS folded,
			format('%s.%s', coalesce(o.espace, o.extension, '?'),
				coalesce(o.entity, '?')) AS whose,
			coalesce(NOT t.is_active, false)
				OR coalesce(NOT CASE WHEN o.has_espace THEN e.is_active
					ELSE x.is_active END, false) AS is_removed,
			o.is_system OR o.is_external AS is_foreign, o.is_external,
			l.store_module IS NOT NULL AS is_elsewhere,
			osmeta.fold_name(btrim(o.data_kind)) AS data_kind,
			NULLIF(btrim(o.physical_table_name), '') AS physical_name,
			NULLIF(btrim(o.event_table_name), '') AS event_name,
			coalesce(t.multilingual, true) AS is_multilingual,
			coalesce(t.expose_process_events, false) AS exposes_events,
			NULLIF(osmeta.fold_name(osmeta.bare_name(
				btrim(o.base_view_name))), '') AS base_view
		FROM osmeta.owned_entity AS o
			JOIN osmeta.captured_entity AS t
				ON t.capture_id = o.store_id AND t.id = o.entity_id
			LEFT JOIN osmeta.captured_espace AS e
				ON e.capture_id = o.store_id AND e.id = o.espace_id
			LEFT JOIN osmeta.captured_extension AS x
				ON x.capture_id = o.store_id AND x.id = o.extension_id
			LEFT JOIN osmeta.elsewhere AS l
				ON l.store_module
					= osmeta.store_module(o.store_id, o.espace_id, NULL)
		WHERE o.store_id = cleanup_object.capture_id
	), meaning AS MATERIALIZED (
		SELECT n.entity_id, n.kind, n.is_data, n.table_name, true AS is_exact
		FROM osmeta.named_table AS n
		WHERE n.store_id = cleanup_object.capture_id
		UNION
		-- an extension can name a table of this database as [DB].[dbo].[x]
		SELECT n.entity_id, n.kind, n.is_data, v.name, false
		FROM osmeta.named_table AS n,
			LATERAL (VALUES
					(osmeta.bare_name(n.table_name)),
					-- a dot or an @ within the name
					(btrim(n.table_name, '[]"`'' ')),
					(btrim(substring(n.table_name FROM '[^.]*$'), '[]"`'' ')),
					(btrim(substring(n.table_name FROM '[["`][^]["`]*[]"`]?$'),
						'[]"`'' '))
				) AS v (name)
		WHERE n.store_id = cleanup_object.capture_id
			AND osmeta.bare_name(n.table_name) <> n.table_name
			AND v.name <> ''
	), named AS MATERIALIZED (
		SELECT osmeta.store_table(o.store_id, m.table_name) COLLATE "C"
				AS store_table,
			osmeta.fold_name(btrim(m.table_name)) AS folded, m.kind,
			m.is_data, m.entity_id, o.is_effective, o.whose, o.is_removed,
			o.is_foreign, o.is_elsewhere,
			coalesce(o.base_view, CASE WHEN NOT o.is_removed
				THEN osmeta.fold_name(btrim(m.table_name)) END) AS base_view,
			m.is_exact
		FROM meaning AS m
			JOIN owned AS o ON o.entity_id = m.entity_id
	), found AS MATERIALIZED (
		SELECT DISTINCT n.entity_id, n.kind
		FROM named AS n
			JOIN physical AS p ON p.store_table = n.store_table
	), homeless_table AS MATERIALIZED (
		-- what a table may be called whose entity is not known to be removed
		-- and has none; 7, 8 and 18: to what Oracle's names are cut
		SELECT DISTINCT ON (k.key) k.key, k.whose
		FROM (
				-- cut by the engine
				SELECT 'n' || left(n.folded, c.n) AS key, n.whose
				FROM named AS n
					LEFT JOIN found AS f
						ON f.entity_id = n.entity_id AND f.kind = n.kind,
					LATERAL generate_series(20, length(n.folded) - 1) AS c (n)
				WHERE NOT n.is_removed AND f.entity_id IS NULL
				UNION ALL
				SELECT k.key, o.whose
				FROM owned AS o
					LEFT JOIN found AS f
						ON f.entity_id = o.entity_id AND f.kind = 'data'
					LEFT JOIN LATERAL osmeta.parse_physical_name(
						osmeta.bare_name(o.physical_name)) AS n ON true,
					LATERAL (VALUES
							('p' || o.folded),
							('p' || left(o.folded, 7)),
							('p' || left(o.folded, 8)),
							('p' || left(o.folded, 18)),
							('p' || left(o.folded, 20)),
							('p' || osmeta.fold_name(n.name)),
							('h' || osmeta.fold_name(n.hash)),
							('h' || osmeta.espace_hash(o.espace))
						) AS k (key)
				WHERE NOT o.is_removed AND f.entity_id IS NULL
					AND o.data_kind IS DISTINCT FROM 'cliententity'
					AND NOT (o.is_external AND o.physical_name IS NOT NULL)
					AND NOT coalesce(osmeta.fold_name(o.physical_name)
						^@ 'ossys_', false)
				UNION ALL
				-- whose name is not known has it from its module's past, as
				-- other tables of the module do
				SELECT DISTINCT 'h' || osmeta.fold_name(n.hash), o.whose
				FROM owned AS o
					JOIN owned AS b ON b.espace = o.espace
						AND b.physical_name IS NOT NULL
					CROSS JOIN LATERAL osmeta.parse_physical_name(
						osmeta.bare_name(b.physical_name)) AS n
				WHERE NOT o.is_removed AND o.physical_name IS NULL
					AND o.data_kind IS DISTINCT FROM 'cliententity'
				UNION ALL
				SELECT k.key, o.whose
				FROM owned AS o
					LEFT JOIN found AS f
						ON f.entity_id = o.entity_id
						AND f.kind = 'multilingual'
					LEFT JOIN LATERAL osmeta.parse_physical_name(
						osmeta.bare_name(o.physical_name)) AS n ON true,
					LATERAL (VALUES
							('m' || o.folded, true),
							('m' || left(o.folded, 5), true),
							('m' || left(o.folded, 15), true),
							('m' || osmeta.fold_name(n.name), true),
							('l' || osmeta.fold_name(n.hash),
							 o.is_multilingual),
							('l' || osmeta.espace_hash(o.espace),
							 o.is_multilingual)
						) AS k (key, is_so)
				WHERE NOT o.is_removed AND f.entity_id IS NULL AND k.is_so
			) AS k
		WHERE k.key IS NOT NULL
		ORDER BY k.key, k.whose COLLATE "C"
	), used AS MATERIALIZED (
		SELECT DISTINCT n.store_table
		FROM named AS n
		WHERE NOT n.is_removed
	), tenant_view AS MATERIALIZED (
		SELECT v.table_id, v.table_name, v.store_table, v.is_plain,
			p.table_id AS of_table, n.whose,
			b.base_view IS NOT NULL AS is_used
		FROM named AS n
			JOIN physical AS p ON p.store_table = n.store_table
			JOIN physical AS v
				ON regexp_replace(v.folded, '_t[0-9]+$', '') = n.base_view
			-- a re-created entity can have the views of the removed one
			LEFT JOIN (SELECT DISTINCT s.base_view
					FROM (SELECT o.base_view
							FROM owned AS o
							WHERE NOT o.is_removed
							UNION ALL
							SELECT n.folded
							FROM named AS n
							WHERE NOT n.is_removed AND n.is_data) AS s) AS b
				ON b.base_view = n.base_view
		WHERE n.is_data AND v.kind = 'view' AND p.kind <> 'view'
			AND v.folded ~ '_t[0-9]+$'
	), foreign_key AS MATERIALIZED (
		SELECT k.table_id, k.table_name, k.key_name, k.columns,
			p.table_id AS target_id, k.target_table, k.delete_action,
			osmeta.cleanup_is_plain(k.key_name, cleanup_object.dialect)
				AS is_plain
		FROM osmeta.captured_physical_key AS k
			LEFT JOIN physical AS p ON p.table_name = k.target_table
		WHERE k.capture_id = cleanup_object.capture_id AND k.kind = 'f'
	), orphan AS MATERIALIZED (
		SELECT p.table_id, o.table_name, o.column_name, o.position,
			o.explained_by,
			format('%s.%s', coalesce(o.espace, o.extension, '?'),
				coalesce(o.entity, '?')) AS whose
		FROM osmeta.orphan_column AS o
			JOIN physical AS p ON p.table_name = o.table_name
		WHERE o.capture_id = cleanup_object.capture_id
	), effective AS MATERIALIZED (
		SELECT l.*
		FROM osmeta.leftover_column AS l
		WHERE l.capture_id = cleanup_object.capture_id
	), leftover AS MATERIALIZED (
		SELECT l.table_id, l.table_name, l.column_name, l.entity_id,
			CASE WHEN o.table_id IS NULL THEN 'attribute'
				ELSE 'orphan_column' END AS kind,
			format('%s.%s', coalesce(l.espace, l.extension, '?'),
				coalesce(l.entity, '?')) AS whose,
			l.attribute, o.explained_by
		FROM effective AS l
			LEFT JOIN orphan AS o
				ON o.table_id = l.table_id AND o.position = l.position
		UNION ALL
		SELECT o.table_id, o.table_name, o.column_name, NULL,
			'orphan_column', o.whose, NULL, o.explained_by
		FROM orphan AS o
			LEFT JOIN effective AS l
				ON l.table_id = o.table_id AND l.position = o.position
		WHERE l.table_id IS NULL
	), wanted_column AS MATERIALIZED (
		SELECT l.*, p.store_table, p.row_count, p.kind AS table_kind,
			p.is_plain AND osmeta.cleanup_is_plain(l.column_name,
				cleanup_object.dialect) AS is_plain,
			coalesce(q.is_generated, false) AS is_generated
		FROM leftover AS l
			JOIN physical AS p ON p.table_id = l.table_id
			LEFT JOIN osmeta.captured_physical_column AS q
				ON q.capture_id = cleanup_object.capture_id
				AND q.table_id = l.table_id
				AND q.column_name = l.column_name
		WHERE l.kind = ANY (cleanup_object.kinds)
	), renamed AS MATERIALIZED (
		-- the columns to which attributes went, or may have gone
		SELECT r.table_id, r.column_name,
			min(coalesce(NULLIF(btrim(a.database_name), ''),
				osmeta.physical_column_name(a.name)) COLLATE "C")
				AS new_column
		FROM (SELECT w.table_id, w.column_name, w.store_table,
					substring(w.explained_by FROM
						'^rename(?:d to|.of) (.*)(?:[?]| [(]attribute .* of capture [0-9]+[)])$')
						AS attribute
				FROM wanted_column AS w
				WHERE w.explained_by ^@ 'rename') AS r
			JOIN named AS n ON n.store_table = r.store_table AND n.is_data
			JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = cleanup_object.capture_id
				AND a.entity_id = n.entity_id AND a.name = r.attribute
		GROUP BY r.table_id, r.column_name
	), wanted AS MATERIALIZED (
		SELECT DISTINCT w.table_id, w.store_table
		FROM wanted_column AS w
	), named_by AS MATERIALIZED (
		-- who names something in these tables; one pass over all attributes
		SELECT n.store_table,
			osmeta.fold_name(coalesce(NULLIF(btrim(a.database_name), ''),
				osmeta.physical_column_name(a.name))) AS folded,
			bool_or(coalesce(a.is_active, true) AND NOT n.is_removed)
				AS is_used,
			-- what soft_deleted lists
			min(coalesce(a.name, '?') COLLATE "C") FILTER (WHERE
				NOT a.is_active AND n.is_effective) AS removed_attribute,
			bool_or(coalesce(a.is_autonumber, false)) AS is_autonumber,
			bool_or(osmeta.folded_key(a.ss_key)
				= osmeta.folded_key(t.primarykey_ss_key)) AS is_identifier
		FROM osmeta.captured_entity_attr AS a
			JOIN named AS n ON n.entity_id = a.entity_id AND n.is_data
			JOIN (SELECT DISTINCT w.store_table
					FROM wanted AS w) AS w
				ON w.store_table = n.store_table
			JOIN osmeta.captured_entity AS t
				ON t.capture_id = a.capture_id AND t.id = a.entity_id
		WHERE a.capture_id = cleanup_object.capture_id
		GROUP BY 1, 2
	), several AS MATERIALIZED (
		-- attributes of one entity for which the same name is computed; one
		-- that was removed and made again takes the column over
		SELECT DISTINCT s.store_table, s.folded
		FROM (SELECT n.store_table, n.entity_id,
					osmeta.fold_name(coalesce(
						NULLIF(btrim(a.database_name), ''),
						osmeta.physical_column_name(a.name))) AS folded,
					osmeta.fold_name(btrim(a.name)) AS attribute,
					coalesce(a.is_active, true) AS is_active,
					coalesce(btrim(a.database_name), '') = '' AS is_computed
				FROM osmeta.captured_entity_attr AS a
					JOIN named AS n
						ON n.entity_id = a.entity_id AND n.is_data
					JOIN (SELECT DISTINCT w.store_table
							FROM wanted AS w) AS w
						ON w.store_table = n.store_table
				WHERE a.capture_id = cleanup_object.capture_id
					AND NOT n.is_removed) AS s
		GROUP BY s.store_table, s.entity_id, s.folded
		HAVING count(*) FILTER (WHERE s.is_active) > 1
			OR bool_or(s.is_active) AND bool_or(s.is_computed)
				AND min(s.attribute COLLATE "C")
					<> max(s.attribute COLLATE "C")
	), homeless AS MATERIALIZED (
		-- columns of attributes in use that are not there, or that are those
		-- of another attribute: another name in the database than the
		-- metamodel says
		SELECT h.store_table,
			coalesce(NULLIF(min(h.folded COLLATE "C"), ''), '?') AS folded
		FROM (SELECT n.store_table, n.folded
				FROM named_by AS n
					LEFT JOIN (SELECT DISTINCT w.store_table,
								osmeta.fold_name(q.column_name) AS folded
							FROM wanted AS w
								JOIN osmeta.captured_physical_column AS q
									ON q.table_id = w.table_id
							WHERE q.capture_id = cleanup_object.capture_id) AS q
						ON q.store_table = n.store_table
						AND q.folded = n.folded
				-- also one without any name
				WHERE n.is_used AND q.folded IS NULL
				UNION ALL
				SELECT n.store_table, n.folded
				FROM several AS n) AS h
		GROUP BY h.store_table
	), table_index AS MATERIALIZED (
		SELECT i.table_id, i.table_name, i.index_name AS key_name, i.columns,
			coalesce(i.is_unique, true) AS is_unique,
			coalesce(i.is_primary, false) OR k.kind = 'p' AS is_primary,
			array_position(i.columns, NULL) IS NOT NULL
				OR coalesce(i.is_partial, true) AS is_special,
			k.key_name IS NOT NULL AS is_key
		FROM osmeta.captured_physical_index AS i
			JOIN wanted AS w ON w.table_id = i.table_id
			LEFT JOIN osmeta.captured_physical_key AS k
				ON k.capture_id = cleanup_object.capture_id
				AND k.table_id = i.table_id AND k.key_name = i.index_name
				AND k.kind IN ('p', 'u')
		WHERE i.capture_id = cleanup_object.capture_id
		UNION ALL
		SELECT k.table_id, k.table_name, k.key_name, k.columns, true,
			k.kind = 'p', array_position(k.columns, NULL) IS NOT NULL, true
		FROM osmeta.captured_physical_key AS k
			JOIN wanted AS w ON w.table_id = k.table_id
			LEFT JOIN osmeta.captured_physical_index AS i
				ON i.capture_id = cleanup_object.capture_id
				AND i.table_id = k.table_id AND i.index_name = k.key_name
		WHERE k.capture_id = cleanup_object.capture_id
			AND k.kind IN ('p', 'u') AND i.table_id IS NULL
	), together AS MATERIALIZED (
		-- columns that something covers which must not go for one alone
		SELECT 'i' AS kind, i.table_id, i.key_name, u.column_name,
			format('the unique index %s', i.key_name) AS label
		FROM table_index AS i
			CROSS JOIN LATERAL unnest(i.columns) AS u (column_name)
		WHERE i.is_unique
		UNION ALL
		SELECT 'f', f.table_id, f.key_name, u.column_name,
			format('the foreign key %s', f.key_name)
		FROM foreign_key AS f
			JOIN wanted AS w ON w.table_id = f.table_id
			CROSS JOIN LATERAL unnest(f.columns) AS u (column_name)
	), column_reason AS MATERIALIZED (
		SELECT w.table_id, w.column_name, r.reason, r.rank
		FROM wanted_column AS w
			LEFT JOIN named_by AS n
				ON n.store_table = w.store_table
				AND n.folded = osmeta.fold_name(w.column_name)
			LEFT JOIN (SELECT m.store_table,
						bool_or(m.is_elsewhere) AS is_elsewhere,
						bool_or(m.is_foreign) AS is_foreign
					FROM named AS m
					GROUP BY m.store_table) AS m
				ON m.store_table = w.store_table
			LEFT JOIN homeless AS h ON h.store_table = w.store_table
			LEFT JOIN (SELECT q.table_id,
						osmeta.fold_name(q.column_name) AS folded
					FROM osmeta.captured_physical_column AS q
						JOIN wanted AS w ON w.table_id = q.table_id
					WHERE q.capture_id = cleanup_object.capture_id
					GROUP BY q.table_id, osmeta.fold_name(q.column_name)
					HAVING count(*) > 1) AS c
				ON c.table_id = w.table_id
				AND c.folded = osmeta.fold_name(w.column_name),
			LATERAL (VALUES
					(1, n.is_used,
					 'an attribute that is not known to be removed names it'),
					(2, m.is_foreign,
					 'its table belongs to the platform or to an external system'),
					(2, w.table_kind <> 'table',
					 format('its table is a %s', w.table_kind)),
					(3, c.table_id IS NOT NULL,
					 'another column has the same name but for case'),
					(3, osmeta.fold_name(w.column_name) = 'tenant_id',
					 'it may keep the rows of tenants apart'),
					(3, m.is_elsewhere,
					 'its espace keeps its tables in another database catalog than the one captured'),
					(4, w.kind = 'attribute' AND n.removed_attribute IS NULL,
					 'only a removed entity with the same table names it'),
					(4, h.store_table IS NOT NULL,
					 format('the column of an attribute in use is not there, and this may be it: %s',
						h.folded)),
					(4, n.is_identifier,
					 'it holds the identifier of the entity'),
					(5, NOT w.is_plain,
					 'its name, or that of its table, holds what the client program would take for a command'),
					(6, n.is_autonumber AND cleanup_object.dialect = 'oracle',
					 'it is an auto number, and a trigger that fills it would then fail every insert: drop the trigger by hand first')
				) AS r (rank, is_so, reason)
		WHERE r.is_so
		UNION ALL
		SELECT w.table_id, w.column_name, 'it is part of the primary key', 7
		FROM wanted_column AS w
			JOIN table_index AS i
				ON i.table_id = w.table_id AND i.is_primary
				AND w.column_name = ANY (i.columns)
		UNION ALL
		SELECT w.table_id, w.column_name,
			format('the view %s shows it', v.table_name), 8
		FROM wanted_column AS w
			JOIN tenant_view AS v ON v.of_table = w.table_id
			JOIN osmeta.captured_physical_column AS q
				ON q.capture_id = cleanup_object.capture_id
				AND q.table_id = v.table_id
				AND osmeta.fold_name(q.column_name)
					= osmeta.fold_name(w.column_name)
		UNION ALL
		SELECT w.table_id, w.column_name,
			format('the unique index %s is over an expression or over some of the rows, and may need it',
				i.key_name), 9
		FROM wanted_column AS w
			JOIN table_index AS i
				ON i.table_id = w.table_id AND i.is_unique AND i.is_special
		UNION ALL
		SELECT w.table_id, w.column_name,
			format('%s also covers %s', t.label, o.column_name), 10
		FROM wanted_column AS w
			JOIN together AS t
				ON t.table_id = w.table_id AND t.column_name = w.column_name
			JOIN together AS o
				ON o.table_id = t.table_id AND o.kind = t.kind
				AND o.key_name = t.key_name
			LEFT JOIN wanted_column AS x
				ON x.table_id = o.table_id AND x.column_name = o.column_name
		WHERE x.table_id IS NULL AND o.column_name IS NOT NULL
		UNION ALL
		SELECT w.table_id, w.column_name,
			format('the foreign key %s of %s may rest on %s', f.key_name,
				f.table_name, i.key_name), 11
		FROM wanted_column AS w
			JOIN table_index AS i
				ON i.table_id = w.table_id AND i.is_unique
				AND w.column_name = ANY (i.columns)
			JOIN foreign_key AS f ON f.target_id = w.table_id
			LEFT JOIN (SELECT DISTINCT k.table_id
					FROM table_index AS k
					WHERE k.is_primary) AS k
				ON k.table_id = w.table_id
		-- those of the platform rest on the primary key
		WHERE k.table_id IS NULL
			OR cardinality(f.columns) = cardinality(i.columns)
				AND NOT coalesce(osmeta.fold_name(f.key_name) ^@ 'osfrk_',
					false)
		UNION ALL
		-- out of which columns, is not known
		SELECT w.table_id, w.column_name,
			format('the generated column %s may be made of it',
				q.column_name), 11
		FROM wanted_column AS w
			JOIN osmeta.captured_physical_column AS q
				ON q.capture_id = cleanup_object.capture_id
				AND q.table_id = w.table_id AND q.is_generated
			LEFT JOIN wanted_column AS x
				ON x.table_id = q.table_id AND x.column_name = q.column_name
		WHERE x.table_id IS NULL
		UNION ALL
		SELECT w.table_id, w.column_name,
			format('the name of %s holds what the client program would take for a command',
				x.key_name), 12
		FROM wanted_column AS w
			JOIN (SELECT i.table_id, i.key_name, i.columns
					FROM table_index AS i
					UNION ALL
					SELECT f.table_id, f.key_name, f.columns
					FROM foreign_key AS f) AS x
				ON x.table_id = w.table_id
				AND w.column_name = ANY (x.columns)
		WHERE NOT osmeta.cleanup_is_plain(x.key_name, cleanup_object.dialect)
	), column_left AS (
		SELECT r.table_id, r.column_name, r.reason, r.rank
		FROM column_reason AS r
		UNION
		SELECT g.table_id, g.column_name, g.reason, 13
		FROM column_left AS l
			JOIN (SELECT w.table_id, w.column_name,
						o.column_name AS because_of,
						format('%s also covers %s, which stays', t.label,
							o.column_name) AS reason
					FROM together AS o
						JOIN together AS t
							ON t.table_id = o.table_id AND t.kind = o.kind
							AND t.key_name = o.key_name
							AND t.column_name <> o.column_name
						JOIN wanted_column AS w
							ON w.table_id = t.table_id
							AND w.column_name = t.column_name
					UNION ALL
					SELECT w.table_id, w.column_name, q.column_name,
						format('the generated column %s, which stays, may be made of it',
							q.column_name)
					FROM wanted_column AS q
						JOIN wanted_column AS w
							ON w.table_id = q.table_id
							AND w.column_name <> q.column_name
					WHERE q.is_generated) AS g
				ON g.table_id = l.table_id AND g.because_of = l.column_name
	), column_kept AS MATERIALIZED (
		SELECT DISTINCT ON (l.table_id, l.column_name) l.table_id,
			l.column_name, l.reason
		FROM column_left AS l
		ORDER BY l.table_id, l.column_name, l.rank, l.reason COLLATE "C"
	), column_verdict AS MATERIALIZED (
		SELECT w.*, n.removed_attribute,
			CASE
				WHEN k.table_id IS NOT NULL THEN k.reason
				WHEN q.columns <= count(*) FILTER (WHERE k.table_id IS NULL)
						OVER (PARTITION BY w.table_id)
					THEN 'the table would have no column left'
			END AS reason
		FROM wanted_column AS w
			JOIN (SELECT c.table_id, count(*) AS columns
					FROM osmeta.captured_physical_column AS c
						JOIN wanted AS y ON y.table_id = c.table_id
					WHERE c.capture_id = cleanup_object.capture_id
					GROUP BY c.table_id) AS q
				ON q.table_id = w.table_id
			LEFT JOIN column_kept AS k
				ON k.table_id = w.table_id AND k.column_name = w.column_name
			LEFT JOIN named_by AS n
				ON n.store_table = w.store_table
				AND n.folded = osmeta.fold_name(w.column_name)
	), column_gone AS MATERIALIZED (
		SELECT v.table_id, array_agg(v.column_name) AS columns
		FROM column_verdict AS v
		WHERE v.reason IS NULL
		GROUP BY v.table_id
	), staying_key AS MATERIALIZED (
		-- foreign keys that do not go with a column
		SELECT f.*
		FROM foreign_key AS f
			LEFT JOIN column_gone AS g ON g.table_id = f.table_id
		WHERE NOT coalesce(f.columns && g.columns, false)
	), possible AS MATERIALIZED (
		SELECT p.table_id, 'entity' AS kind, 1 AS rank, n.kind AS part,
			n.entity_id, n.whose, n.is_foreign, n.is_elsewhere, n.is_removed,
			n.is_exact
		FROM named AS n
			JOIN physical AS p ON p.store_table = n.store_table
		WHERE NOT n.is_effective
		UNION ALL
		SELECT p.table_id,
			CASE o.kind WHEN 'hand-made' THEN 'hand-made'
				ELSE 'orphan_table' END,
			2, CASE WHEN o.kind IN ('event', 'multilingual') THEN o.kind
				ELSE 'data' END,
			NULL, NULL, false, false, true, false
		FROM osmeta.orphan_table AS o
			JOIN physical AS p ON p.table_name = o.table_name
		WHERE o.capture_id = cleanup_object.capture_id
	), wanted_table AS MATERIALIZED (
		SELECT DISTINCT ON (t.table_id) t.table_id, t.kind, t.part,
			t.entity_id, t.whose, f.is_foreign, f.is_elsewhere, f.is_removed,
			f.entity, f.is_exact
		FROM possible AS t
			JOIN (SELECT y.table_id, bool_or(y.is_foreign) AS is_foreign,
						bool_or(y.is_elsewhere) AS is_elsewhere,
						bool_and(y.is_removed) AS is_removed,
						bool_or(y.is_exact) AS is_exact,
						min(y.whose COLLATE "C") AS entity
					FROM possible AS y
					GROUP BY y.table_id) AS f ON f.table_id = t.table_id
		WHERE t.kind = ANY (cleanup_object.kinds)
		ORDER BY t.table_id, t.rank, t.part, t.entity_id DESC
	), needed AS MATERIALIZED (
		-- by any of the entities that the table is of
		SELECT DISTINCT ON (y.table_id) y.table_id,
			CASE WHEN n.is_effective THEN 'the active ' || n.needed_by
				ELSE format('the %s, and is not known to be removed',
					n.needed_by) END AS needed_by
		FROM osmeta.needed_entity AS n
			JOIN possible AS y ON y.entity_id = n.entity_id
		WHERE n.store_id = cleanup_object.capture_id AND y.part = 'data'
		-- an attribute tells most
		ORDER BY y.table_id, n.is_effective DESC,
			n.needed_by ^@ 'attribute ' DESC, n.needed_by_id,
			n.needed_by COLLATE "C"
	), table_key AS MATERIALIZED (
		-- by itself: with the join the planner compares all with all
		SELECT w.table_id, k.key
		FROM wanted_table AS w
			JOIN physical AS p ON p.table_id = w.table_id
			LEFT JOIN LATERAL osmeta.parse_physical_name(p.table_name) AS n
				ON true,
			LATERAL (SELECT substr(p.folded, 11) AS part) AS f,
			LATERAL (VALUES
					('n' || p.folded, true),
					('p' || osmeta.fold_name(n.name), w.part = 'data'),
					('p' || f.part, w.part = 'data'),
					-- a number behind a name that ends in one
					('p' || left(f.part, -1),
					 w.part = 'data' AND f.part ~ '[0-9]$'),
					('p' || left(f.part, -2),
					 w.part = 'data' AND f.part ~ '[0-9]{2}$'),
					('m' || substr(f.part, 4), f.part ^@ '_ml'),
					('m' || substr(rtrim(f.part, '0123456789'), 4),
					 f.part ^@ '_ml'),
					('h' || osmeta.fold_name(n.hash),
					 w.kind <> 'entity' AND w.part = 'data'),
					('l' || osmeta.fold_name(n.hash),
					 w.kind <> 'entity' AND f.part ^@ '_ml')
				) AS k (key, is_so)
		WHERE k.is_so
	), homeless_reason AS MATERIALIZED (
		SELECT k.table_id,
			min(CASE WHEN left(k.key, 1) IN ('m', 'l')
				THEN format('it may hold translations of %s', h.whose)
				ELSE format('the table of %s is not there under a name that is known, and this may be it',
					h.whose) END COLLATE "C") AS reason
		FROM table_key AS k
			JOIN homeless_table AS h ON h.key = k.key
		GROUP BY k.table_id
	), platform AS MATERIALIZED (
		-- what follows OSSYS_, and hence OSEVT_, in names of the platform
		SELECT DISTINCT substr(osmeta.fold_name(s.name), 7) AS part
		FROM (SELECT t.physical_name AS name
				FROM osmeta.ossys_table AS t
				UNION ALL
				SELECT p.table_name
				FROM physical AS p
				UNION ALL
				SELECT n.folded
				FROM named AS n) AS s
		WHERE osmeta.fold_name(s.name) ^@ 'ossys_'
	), dormant AS MATERIALIZED (
		-- a trigger may still write to where events were once kept
		SELECT DISTINCT ON (d.store_table) d.store_table, d.whose
		FROM (SELECT osmeta.store_table(o.store_id, v.name) AS store_table,
					o.whose, o.entity_id
				FROM owned AS o,
					LATERAL (VALUES
							(o.event_name),
							(osmeta.event_table_name(o.physical_name))
						) AS v (name)
				WHERE NOT o.is_removed AND v.name IS NOT NULL) AS d
		ORDER BY d.store_table, d.entity_id
	), table_reason AS MATERIALIZED (
		SELECT w.table_id, r.rank, r.reason
		FROM wanted_table AS w
			JOIN physical AS p ON p.table_id = w.table_id
			LEFT JOIN used AS u ON u.store_table = p.store_table
			LEFT JOIN needed AS a ON a.table_id = w.table_id
			LEFT JOIN (SELECT p.store_table
					FROM physical AS p
					GROUP BY p.store_table
					HAVING count(*) > 1) AS c
				ON c.store_table = p.store_table
			LEFT JOIN homeless_reason AS h ON h.table_id = w.table_id
			LEFT JOIN platform AS s ON s.part = substr(p.folded, 7)
			LEFT JOIN dormant AS d
				ON d.store_table = p.store_table AND w.kind <> 'entity'
			CROSS JOIN (SELECT coalesce(bool_or(
						t.multilingual_table_name IS NOT NULL), false)
						AS is_told
					FROM osmeta.captured_entity AS t
					WHERE t.capture_id = cleanup_object.capture_id) AS l
			CROSS JOIN (SELECT min(o.whose COLLATE "C") AS whose
					FROM owned AS o
						LEFT JOIN found AS f
							ON f.entity_id = o.entity_id AND f.kind = 'event'
					WHERE NOT o.is_removed AND o.exposes_events
						AND f.entity_id IS NULL) AS v,
			LATERAL (VALUES
					(1, u.store_table IS NOT NULL AND w.is_removed,
					 'another entity, which is not known to be removed, has this table too'),
					(2, NOT w.is_removed,
					 'an entity has it that is not known to be removed'),
					(3, NOT p.is_table, format('it is a %s', p.kind)),
					(4, w.is_foreign,
					 'it belongs to the platform or to an external system'),
					(5, osmeta.fold_name(p.table_name) !~ '^os(usr|evt)_',
					 'its name is none that the platform gives to a table of an application'),
					(6, w.is_elsewhere,
					 'its espace keeps its tables in another database catalog than the one captured'),
					(6, w.kind = 'entity' AND NOT w.is_exact,
					 'its entity names a database or a schema too, which may be another one'),
					(6, c.store_table IS NOT NULL,
					 'another table has the same name but for case'),
					(7, a.table_id IS NOT NULL, a.needed_by),
					(8, d.store_table IS NOT NULL,
					 format('it kept the events of %s, whose trigger may still write to it',
						d.whose)),
					(9, w.kind <> 'entity' AND w.entity IS NOT NULL,
					 format('it belongs to the removed entity %s and goes with that (kind entity)',
						w.entity)),
					(9, h.table_id IS NOT NULL, h.reason),
					(9, p.folded ^@ 'osevt_' AND w.kind <> 'entity'
						AND v.whose IS NOT NULL,
					 format('it may keep the events of %s, whose event table is not there',
						v.whose)),
					(9, p.folded ^@ 'osevt_' AND w.kind <> 'entity'
						AND (s.part IS NOT NULL OR p.folded ^@ 'osevt_bpm_'
							OR p.folded !~ '^osevt_[a-z0-9]{3}_'),
					 'it may be a table of the platform'),
					-- versions that lack the column
					(9, w.part = 'multilingual' AND NOT l.is_told,
					 'the metamodel does not tell which entities have tables for translations'),
					(9, NOT p.is_plain,
					 'its name holds what the client program would take for a command')
				) AS r (rank, is_so, reason)
		WHERE r.is_so
		UNION ALL
		SELECT w.table_id, 10,
			format('the foreign key %s of %s refers to it, which is not to be dropped',
				f.key_name, f.table_name)
		FROM wanted_table AS w
			JOIN staying_key AS f ON f.target_id = w.table_id
			LEFT JOIN wanted_table AS x ON x.table_id = f.table_id
		WHERE x.table_id IS NULL
		UNION ALL
		SELECT w.table_id, 11,
			format('the name of its foreign key %s holds what the client program would take for a command',
				f.key_name)
		FROM wanted_table AS w
			JOIN foreign_key AS f ON f.table_id = w.table_id
		WHERE NOT f.is_plain
		UNION ALL
		SELECT w.table_id, 12,
			format('the view %s is over it and cannot go', v.table_name)
		FROM wanted_table AS w
			JOIN tenant_view AS v ON v.of_table = w.table_id
			LEFT JOIN used AS u ON u.store_table = v.store_table
		WHERE u.store_table IS NOT NULL OR NOT v.is_plain
		UNION ALL
		SELECT w.table_id, 12,
			format('the view %s may be over the table of an entity that is not known to be removed',
				v.table_name)
		FROM wanted_table AS w
			JOIN tenant_view AS v ON v.of_table = w.table_id
		WHERE v.is_used
	), table_left AS (
		SELECT r.table_id, r.reason, r.rank
		FROM table_reason AS r
		UNION
		SELECT g.target_id, g.reason, 13
		FROM table_left AS l
			JOIN (SELECT f.table_id, f.target_id,
						format('the foreign key %s of %s refers to it, which stays',
							f.key_name, f.table_name) AS reason
					FROM staying_key AS f
						JOIN wanted_table AS w ON w.table_id = f.target_id
					UNION ALL
					SELECT o.of_table, v.of_table,
						format('the view %s may be over %s, which stays',
							v.table_name, p.table_name)
					FROM tenant_view AS v
						JOIN wanted_table AS w ON w.table_id = v.of_table
						JOIN tenant_view AS o
							ON o.table_id = v.table_id
							AND o.of_table <> v.of_table
						JOIN physical AS p ON p.table_id = o.of_table
					UNION ALL
					SELECT d.table_id, w.table_id,
						'the table of its entity stays'
					FROM wanted_table AS d
						JOIN wanted_table AS w
							ON w.entity_id = d.entity_id
							AND w.table_id <> d.table_id
					WHERE d.part = 'data' AND w.part <> 'data') AS g
				ON g.table_id = l.table_id
	), table_kept AS MATERIALIZED (
		SELECT DISTINCT ON (l.table_id) l.table_id, l.reason
		FROM table_left AS l
		ORDER BY l.table_id, l.rank, l.reason COLLATE "C"
	), table_verdict AS MATERIALIZED (
		SELECT w.table_id, w.kind, w.part, w.whose, w.is_removed,
			p.table_name, p.row_count,
			p.data_bytes, p.index_bytes, p.lob_bytes, k.reason
		FROM wanted_table AS w
			JOIN physical AS p ON p.table_id = w.table_id
			LEFT JOIN table_kept AS k ON k.table_id = w.table_id
	), table_gone AS MATERIALIZED (
		SELECT v.table_id
		FROM table_verdict AS v
		WHERE v.reason IS NULL
	)
	SELECT 2, 'foreign key', f.table_name, f.key_name, NULL, NULL,
		format('refers to %s', f.target_table), NULL::bigint, NULL::bigint,
		NULL::bigint, NULL::bigint, NULL::text, 0
	FROM foreign_key AS f
		LEFT JOIN table_gone AS t ON t.table_id = f.table_id
		LEFT JOIN column_gone AS g
			ON g.table_id = f.table_id AND g.columns && f.columns
	WHERE t.table_id IS NOT NULL OR g.table_id IS NOT NULL
	UNION ALL
	SELECT 3, CASE WHEN i.is_key THEN 'key' ELSE 'index' END, i.table_name,
		i.key_name, NULL, NULL,
		CASE WHEN i.columns <@ g.columns
			THEN format('over %s', array_to_string(i.columns, ', ', '?'))
			ELSE format('over %s, columns in use among them',
				array_to_string(i.columns, ', ', '?')) END,
		NULL, NULL, NULL, NULL, NULL, 0
	FROM table_index AS i
		JOIN column_gone AS g
			ON g.table_id = i.table_id AND g.columns && i.columns
		LEFT JOIN table_gone AS t ON t.table_id = i.table_id
	WHERE t.table_id IS NULL
	UNION ALL
	SELECT 4, 'column', v.table_name, v.column_name, v.kind, v.whose,
		CASE v.kind
			WHEN 'attribute' THEN coalesce('of the removed attribute '
				|| coalesce(v.removed_attribute, v.attribute),
				'no active attribute names it')
			ELSE coalesce(v.explained_by, 'no attribute names it')
				|| CASE WHEN v.reason IS NULL AND m.new_column IS NOT NULL
					THEN format('; publishing did not copy its values to %s',
						m.new_column)
					ELSE '' END
		END, v.row_count, NULL, NULL, NULL, v.reason,
		-- before what it is made of
		CASE WHEN v.is_generated THEN 1 ELSE 2 END
	FROM column_verdict AS v
		LEFT JOIN table_gone AS t ON t.table_id = v.table_id
		LEFT JOIN renamed AS m
			ON m.table_id = v.table_id AND m.column_name = v.column_name
	WHERE t.table_id IS NULL
	UNION ALL
	-- columns that were not even looked at
	SELECT 4, 'column', s.physical_table_name, s.column_name, 'attribute',
		format('%s.%s', coalesce(s.espace, s.extension, '?'), s.entity),
		format('of the removed attribute %s', s.attribute), s.row_count, NULL,
		NULL, NULL,
		CASE WHEN s.used_by_active
			THEN 'another attribute, which is active, has this column'
			ELSE 'its table is not that of an entity of an application' END,
		0
	FROM osmeta.soft_deleted AS s
		LEFT JOIN wanted_column AS w
			ON w.store_table = osmeta.store_table(
				cleanup_object.capture_id, s.physical_table_name)
			AND osmeta.fold_name(w.column_name)
				= osmeta.fold_name(s.column_name)
	WHERE s.capture_id = cleanup_object.capture_id AND s.kind = 'attribute'
		AND s.in_database AND w.table_id IS NULL
		AND 'attribute' = ANY (cleanup_object.kinds)
	UNION ALL
	SELECT 6, 'view', v.table_name, v.table_name, 'entity', v.whose,
		'of a tenant', NULL, NULL, NULL, NULL, NULL, 0
	FROM (SELECT DISTINCT ON (v.table_id) v.table_id, v.table_name,
				v.of_table, v.whose
			FROM tenant_view AS v
			ORDER BY v.table_id, v.of_table, v.whose COLLATE "C") AS v
		JOIN table_gone AS t ON t.table_id = v.of_table
	UNION ALL
	SELECT CASE v.part WHEN 'data' THEN 7 ELSE 5 END, 'table', v.table_name,
		v.table_name, v.kind, v.whose,
		CASE
			WHEN v.kind = 'entity' THEN format('%s of the %sentity %s',
				v.part, CASE WHEN v.is_removed THEN 'removed ' ELSE '' END,
				v.whose)
			WHEN v.kind = 'hand-made' THEN 'a copy made by hand'
			ELSE format('%s of no entity', v.part)
		END, v.row_count, v.data_bytes, v.index_bytes, v.lob_bytes, v.reason,
		0
	FROM table_verdict AS v;
END;
COMMENT ON FUNCTION osmeta.cleanup_object(bigint, text[], text) IS
	'Internal: the left-overs of a capture that can be dropped, in order, and those that must stay, with the reason';

/*
 * The script.  In Transact-SQL each statement is a batch: a variable lives no
 * longer, and an error does not stop the rest.
 */
CREATE FUNCTION osmeta.cleanup_line(capture_id bigint, kinds text[],
	dialect text, is_trusted boolean)
RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH shown AS MATERIALIZED (
		SELECT c.environment, c.capture_id, c.remote_schema,
			to_char(c.taken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
				AS taken_at
		FROM osmeta.capture AS c
		WHERE c.capture_id = cleanup_line.capture_id
	), item AS MATERIALIZED (
		SELECT o.*,
			osmeta.engine_name(c.remote_schema, cleanup_line.dialect) || '.'
				|| osmeta.engine_name(o.table_name, cleanup_line.dialect)
				AS whole_table,
			osmeta.engine_name(o.name, cleanup_line.dialect) AS quoted,
			CASE WHEN coalesce(o.data_bytes, o.index_bytes, o.lob_bytes)
					IS NOT NULL
				THEN coalesce(o.data_bytes, 0) + coalesce(o.index_bytes, 0)
					+ coalesce(o.lob_bytes, 0) END AS bytes
		FROM shown AS c,
			LATERAL osmeta.cleanup_object(c.capture_id, cleanup_line.kinds,
				cleanup_line.dialect) AS o
		WHERE cleanup_line.is_trusted
	), line (step, table_name, turn, name, position, line) AS (
		SELECT 1, '', 0, '', h.position, osmeta.cleanup_comment(h.line)
		FROM shown AS c
			CROSS JOIN (SELECT
						count(*) FILTER (WHERE i.object = 'table'
							AND i.reason IS NULL) AS tables,
						count(*) FILTER (WHERE i.object = 'column'
							AND i.reason IS NULL) AS columns,
						count(i.reason) AS stay,
						coalesce(sum(i.bytes) FILTER (WHERE i.object = 'table'
							AND i.reason IS NULL), 0) AS bytes,
						count(*) FILTER (WHERE i.object = 'table'
							AND i.reason IS NULL AND i.bytes IS NULL)
							AS unknown
					FROM item AS i) AS n,
			LATERAL (VALUES
					(1, format('Left-overs of the environment %s, capture %s of %s UTC, for %s',
						c.environment, c.capture_id, c.taken_at,
						cleanup_line.dialect), true),
					(2, format('Kinds: %s', coalesce(NULLIF(array_to_string(
						cleanup_line.kinds, ', '), ''), 'none')), true),
					(3, 'Nothing is dropped: the factory changed while it was captured, so what looks left over may be in use (capture again when nobody publishes)',
						NOT cleanup_line.is_trusted),
					(4, format('To be dropped: tables %s, columns %s; to stay: %s (listed at the end)',
						n.tables, n.columns, n.stay),
						cleanup_line.is_trusted),
					(5, format('Frees %s bytes with the tables%s; what columns free is unknown',
						n.bytes, CASE WHEN n.unknown > 0
							THEN format(', and an unknown number with %s of them',
								n.unknown) ELSE '' END),
						cleanup_line.is_trusted),
					(6, 'The rows of the metamodel stay as they are. For removed entities and attributes the vendor''s DBCleaner removes these too; no statement here does',
						cleanup_line.is_trusted),
					(7, 'Not known here: views, procedures, triggers and programs made by hand that use any of this. Nothing is dropped with CASCADE, so that the engine refuses what it knows of. Make a backup first',
						cleanup_line.is_trusted),
					(8, 'Not known here: the sequences of auto numbers, which stay, and triggers, which go with their table but fail if they name a column that is gone',
						cleanup_line.is_trusted
							AND cleanup_line.dialect = 'oracle')
				) AS h (position, line, is_so)
		WHERE h.is_so
		UNION ALL
		SELECT i.step, i.table_name, i.turn, i.name, s.position, s.line
		FROM item AS i
			CROSS JOIN shown AS c,
			LATERAL (VALUES
					(1, osmeta.cleanup_comment(CASE i.object
						WHEN 'table' THEN format('%s: %s; frees rows %s, data %s, indexes %s, LOB %s bytes',
							i.table_name, i.detail,
							coalesce(i.row_count::text, 'unknown'),
							coalesce(i.data_bytes::text, 'unknown'),
							coalesce(i.index_bytes::text, 'unknown'),
							coalesce(i.lob_bytes::text, 'unknown'))
						WHEN 'column' THEN format('%s.%s (%s): %s; frees unknown bytes in %s rows',
							i.table_name, i.name, i.whose, i.detail,
							coalesce(i.row_count::text, 'unknown'))
						WHEN 'view' THEN format('%s: view of a tenant of the removed entity %s; frees nothing',
							i.table_name, i.whose)
						ELSE format('%s: %s %s, %s', i.table_name, i.object,
							i.name, i.detail) END
						|| CASE WHEN cleanup_line.dialect <> 'sqlserver'
								AND i.step = 3 AND NOT (i.object = 'key'
									AND cleanup_line.dialect = 'oracle')
							THEN '; goes with its column' ELSE '' END)),
					(2, CASE i.object
						WHEN 'foreign key' THEN format(
							'ALTER TABLE %s DROP CONSTRAINT %s;',
							i.whole_table, i.quoted)
						WHEN 'table' THEN format('DROP TABLE %s%s;',
							i.whole_table, CASE cleanup_line.dialect
								WHEN 'oracle' THEN ' PURGE' ELSE '' END)
						WHEN 'view' THEN format('DROP VIEW %s;',
							i.whole_table)
						-- which it is, the capture does not tell
						WHEN 'key' THEN CASE cleanup_line.dialect
							WHEN 'sqlserver' THEN format(
								'IF EXISTS (SELECT 1 FROM sys.key_constraints WHERE parent_object_id = OBJECT_ID(%s) AND name = %s) ALTER TABLE %s DROP CONSTRAINT %s; ELSE DROP INDEX %4$s ON %3$s;',
								osmeta.cleanup_literal(i.whole_table),
								osmeta.cleanup_literal(i.name),
								i.whole_table, i.quoted)
							WHEN 'oracle' THEN format(
								'ALTER TABLE %s DROP CONSTRAINT %s;',
								i.whole_table, i.quoted) END
						WHEN 'index' THEN CASE cleanup_line.dialect
							WHEN 'sqlserver' THEN format(
								'DROP INDEX %s ON %s;', i.quoted,
								i.whole_table) END
						WHEN 'column' THEN CASE cleanup_line.dialect
							WHEN 'sqlserver' THEN
								'DECLARE @drop nvarchar(max);' END
						END),
					-- a default is a constraint, with a name of its own
					(3, CASE WHEN i.object = 'column'
							AND cleanup_line.dialect = 'sqlserver'
						THEN format('SELECT @drop = %s + QUOTENAME(d.name) FROM sys.default_constraints AS d JOIN sys.columns AS c ON c.object_id = d.parent_object_id AND c.column_id = d.parent_column_id WHERE d.parent_object_id = OBJECT_ID(%s) AND c.name = %s;',
							osmeta.cleanup_literal(format(
								'ALTER TABLE %s DROP CONSTRAINT ',
								i.whole_table)),
							osmeta.cleanup_literal(i.whole_table),
							osmeta.cleanup_literal(i.name)) END),
					(4, CASE WHEN i.object = 'column'
							AND cleanup_line.dialect = 'sqlserver'
						THEN 'IF @drop IS NOT NULL EXEC (@drop);' END),
					(5, CASE WHEN i.object = 'column' THEN format(
						'ALTER TABLE %s DROP COLUMN %s;', i.whole_table,
						i.quoted) END),
					(6, CASE WHEN cleanup_line.dialect = 'sqlserver'
						THEN 'GO' END)
				) AS s (position, line)
		WHERE i.reason IS NULL AND s.line IS NOT NULL
		UNION ALL
		SELECT 9, i.table_name, 0, CASE i.object WHEN 'table' THEN ''
				ELSE i.name END, 1,
			osmeta.cleanup_comment(format('left: %s (%s) because %s',
				CASE i.object WHEN 'table' THEN i.table_name
					ELSE format('%s.%s', i.table_name, i.name) END,
				i.detail || CASE i.object WHEN 'column'
					THEN format(', %s', i.whose) ELSE '' END, i.reason))
		FROM item AS i
		WHERE i.reason IS NOT NULL
	)
	SELECT l.line
	FROM line AS l
	ORDER BY l.step, l.table_name COLLATE "C", l.turn, l.name COLLATE "C",
		l.position, l.line COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.cleanup_line(bigint, text[], text, boolean) IS
	'Internal: cleanup_sql() for one capture, whose left-overs are named only if it can be trusted';

CREATE FUNCTION osmeta.cleanup_sql(environment text,
	kinds text[] DEFAULT NULL, dialect text DEFAULT NULL)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'osmeta_cleanup_sql'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.cleanup_sql(text, text[], text) IS
	'the statements that would drop what is left over in the factory''s database, as a script; nothing is run';
