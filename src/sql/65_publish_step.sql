/*
 * 65_publish_step: the steps of a publication, one function for each kind of
 * difference: espaces, entities, their event tables, primary keys and unique
 * indexes.  Attributes, and what stands in the way, have files of their own.
 */

/*
 * One step of a publication.  step orders the steps of all entities so that
 * each finds what it needs.  Where rows can be in the way, severity is what
 * holds while nobody has counted them, none_severity and some_severity what
 * holds when none or some were found.  offender_query is for the factory's
 * engine; count_query and count_tables are for publish_count_statement, NULL
 * where the rows cannot be counted from here.
 */
CREATE TYPE osmeta.publish_step AS
(
	step int,
	severity text,
	none_severity text,
	some_severity text,
	key_text text,
	attribute_key text,
	espace text,
	entity text,
	attribute text,
	position bigint,
	change text,
	statement text,
	term text,
	row_count bigint,
	bytes bigint,
	offender_query text,
	count_query text,
	count_tables jsonb,
	message text,
	hint text
);
COMMENT ON TYPE osmeta.publish_step IS
	'Internal: one step of a publication';

-- The tables of a count, for publish_count_statement; NULL if one of the
-- columns cannot be read here.
CREATE FUNCTION osmeta.publish_count_table(table_name text, columns text[],
	local_types text[])
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT CASE WHEN table_name IS NOT NULL
			AND bool_and(c.name IS NOT NULL AND c.type IS NOT NULL)
		THEN jsonb_build_array(jsonb_build_object('table_name', table_name,
			'columns', jsonb_agg(jsonb_build_object('name', c.name,
				'type', c.type) ORDER BY c.position))) END
	FROM unnest(columns, local_types) WITH ORDINALITY
		AS c (name, type, position));
COMMENT ON FUNCTION osmeta.publish_count_table(text, text[], text[]) IS
	'Internal: a table and its columns for a count; NULL if they cannot be read';

-- The condition for a count that is run here.
CREATE FUNCTION osmeta.publish_local_condition(from_label text, type text,
	length bigint, decimals bigint, dialect text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		-- SQL Server counts what it stores: two units above U+FFFF
		WHEN p.dialect = 'sqlserver' AND p.source = 'text'
				AND p.target = 'text'
				-- other encodings have no such characters, or not by number
				AND getdatabaseencoding() = 'UTF8' THEN
			replace(p.condition, 'char_length(c1::text::text)',
				'char_length(c1::text) + char_length(regexp_replace(c1::text, ''[^'' || chr(65536) || ''-'' || chr(1114111) || '']'', '''', ''g''))')
		WHEN p.dialect = 'sqlserver' AND p.source = 'text'
				AND p.label = 'Boolean' THEN
			'lower(btrim(c1::text)) !~ ''^(true|false|[+-]?[0-9]{1,9}|)$'''
		-- it knows no day before 1753, and no more than three decimals
		WHEN p.dialect = 'sqlserver' AND p.source = 'text'
				AND p.label IN ('Date', 'Time', 'Date Time') THEN
			format('(%s OR ltrim(c1::text) < ''1753'' OR c1::text ~ ''[.][0-9]{4}'') AND btrim(c1::text) <> ''''',
				p.condition)
		-- an empty text becomes anything but a decimal
		WHEN p.dialect = 'sqlserver' AND p.source = 'text'
				AND p.label IN ('Integer', 'Long Integer') THEN
			format('(%s) AND btrim(c1::text) <> ''''', p.condition)
		ELSE p.condition END
	FROM (SELECT publish_local_condition.dialect AS dialect,
				osmeta.data_type(publish_local_condition.type) AS label,
				osmeta.publish_family(from_label) AS source,
				osmeta.publish_family(osmeta.data_type(
					publish_local_condition.type)) AS target,
				osmeta.publish_condition(
					CASE WHEN osmeta.publish_family(from_label) = 'text'
						THEN 'c1::text' ELSE 'c1' END,
					from_label, o.type, o.length, o.decimals, 'postgres')
					AS condition
			-- Oracle has but numbers of some digits
			FROM (SELECT CASE WHEN n.digits IS NULL
							THEN publish_local_condition.type
							ELSE 'rtDecimal' END AS type,
						coalesce(n.digits, publish_local_condition.length)
							AS length,
						CASE WHEN n.digits IS NULL
							THEN publish_local_condition.decimals ELSE 0 END
							AS decimals
					FROM (SELECT CASE WHEN publish_local_condition.dialect
								= 'oracle' THEN
								CASE osmeta.data_type(
									publish_local_condition.type)
									WHEN 'Boolean' THEN 1
									WHEN 'Integer' THEN 10
									WHEN 'Long Integer' THEN 20 END
								END AS digits) AS n) AS o) AS p;
END;
COMMENT ON FUNCTION osmeta.publish_local_condition(text, text, bigint, bigint, text) IS
	'Internal: publish_condition() for a query that is run here, over column c1';

-- What is known of espaces and entities as a whole.
CREATE FUNCTION osmeta.publish_entity_step(old_id bigint, new_id bigint,
	dialect text)
RETURNS SETOF osmeta.publish_step
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH entity AS MATERIALIZED (
		SELECT e.*, m.from_espace, m.from_entity, m.from_table,
			m.row_count AS from_rows, m.bytes AS from_bytes,
			coalesce(v.table_name, osmeta.event_table_name(e.table_name))
				AS event_table, v.row_count AS event_rows
		FROM osmeta.publish_entity(publish_entity_step.old_id,
				publish_entity_step.new_id) AS e
			LEFT JOIN osmeta.publish_move(publish_entity_step.old_id,
					publish_entity_step.new_id) AS m
				ON m.key_text = e.key_text
			LEFT JOIN osmeta.publish_table(publish_entity_step.old_id) AS v
				ON v.folded = osmeta.fold_name(osmeta.event_table_name(
					e.table_name)) COLLATE "C"
	)
	SELECT 0, 'note', NULL, NULL, NULL, NULL, n.name, NULL, NULL, 0::bigint,
		'module renamed', NULL, NULL, NULL::bigint, NULL::bigint, NULL, NULL,
		NULL::jsonb,
		format('module %s is renamed: its tables keep their names, those of new entities get the key %s instead of %s',
			o.name, osmeta.espace_hash(n.name), osmeta.espace_hash(o.name)),
		NULL
	FROM osmeta.counted_owner(publish_entity_step.old_id) AS o
		JOIN osmeta.counted_owner(publish_entity_step.new_id) AS n
			ON n.owner_key = o.owner_key
	WHERE n.kind = 'espace' AND n.is_active AND o.is_active
		AND o.name <> n.name
	UNION ALL
	SELECT x.step, x.severity, NULL, NULL, e.key_text, NULL, e.espace,
		e.entity, NULL, 0, x.change, x.statement, x.term,
		CASE WHEN x.touches THEN e.row_count END,
		CASE WHEN x.touches THEN e.bytes END, NULL, NULL, NULL, x.message,
		x.hint
	FROM entity AS e,
		LATERAL (
			SELECT 0 AS step, 'note' AS severity,
				'entity renamed' AS change, NULL::text AS statement,
				NULL::text AS term, false AS touches,
				format('entity %s is renamed: its table keeps the name %s',
					e.old_entity, e.table_name) AS message,
				NULL::text AS hint
			WHERE e.state IN ('kept', 'restored')
				AND e.old_entity <> e.entity
			UNION ALL
			SELECT 0, 'note', 'entity removed', NULL, NULL, true,
				format(CASE WHEN e.is_found
					THEN 'nothing but the metamodel changes: table %s and its rows stay'
					ELSE 'nothing but the metamodel changes: table %s is not in the catalogue'
					END, e.table_name),
				NULL
			WHERE e.state = 'removed'
			UNION ALL
			SELECT 0, 'warning', 'entity restored', NULL, NULL, true,
				format('the entity was removed here before: table %s is used again, and the data in it appears again',
					e.table_name),
				'Look at what the table holds, or empty it first.'
			WHERE e.state = 'restored'
			UNION ALL
			SELECT 0, 'warning', 'entity moved', NULL, NULL, false,
				format('seems to have been cut from %s.%s: it gets a new, empty table; the data stays in %s',
					e.from_espace, e.from_entity, e.from_table),
				'Copy the rows over after publishing.'
			WHERE e.from_espace IS NOT NULL
			UNION ALL
			SELECT 0, 'error', 'made multi-tenant', NULL,
				'Database Upgrade Error', true,
				format('the table %s exists: publishing is refused',
					e.table_name),
				'Make a new multi-tenant entity and move the data there.'
			WHERE e.state IN ('kept', 'restored') AND e.multitenant
				AND NOT e.old_multitenant
			UNION ALL
			SELECT 0, 'warning', 'made single-tenant', NULL, NULL, true,
				format('what the platform does then is not known; column TENANT_ID and the rows of all tenants are in table %s',
					e.table_name),
				NULL
			WHERE e.state IN ('kept', 'restored') AND e.old_multitenant
				AND NOT e.multitenant
			UNION ALL
			SELECT 0, 'note', 'process events dropped', NULL, NULL, false,
				format('process events are not exposed any more; whether table %s stays is not known',
					e.event_table),
				NULL
			WHERE e.state IN ('kept', 'restored') AND e.old_events
				AND NOT e.events
			UNION ALL
			SELECT 0, 'warning', 'data kind changed', NULL, NULL, true,
				format('%s becomes %s; what the platform does then is not known',
					coalesce(e.old_kind, 'entity'),
					coalesce(e.kind, 'entity')),
				NULL
			WHERE e.state IN ('kept', 'restored')
				AND osmeta.fold_name(coalesce(e.old_kind, 'entity'))
					<> osmeta.fold_name(coalesce(e.kind, 'entity'))
			) AS x
	UNION ALL
	-- foreign keys of a removed entity hold on to rows of others
	SELECT 0, 'warning', NULL, NULL, e.key_text, NULL, e.espace, e.entity,
		NULL, 0, 'foreign key left', NULL, NULL, e.row_count, e.bytes, NULL,
		NULL, NULL,
		format('%s stays on table %s: rows of %s that are referred to there cannot be deleted',
			f.key_name, e.table_name, f.target_table),
		osmeta.publish_drop_constraint(e.table_name, f.key_name,
			publish_entity_step.dialect)
	FROM entity AS e
		JOIN osmeta.publish_foreign_key(publish_entity_step.old_id) AS f
			ON f.table_id = e.table_id
	WHERE e.state = 'removed' AND f.delete_action <> 'cascade'
		AND osmeta.fold_name(f.target_table)
			<> osmeta.fold_name(e.table_name);
END;
COMMENT ON FUNCTION osmeta.publish_entity_step(bigint, bigint, text) IS
	'Internal: what publishing does to espaces and entities as a whole';

-- The tables for process events of entities that come to expose them.
CREATE FUNCTION osmeta.publish_event_step(old_id bigint, new_id bigint,
	dialect text)
RETURNS SETOF osmeta.publish_step
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH wanted AS MATERIALIZED (
		SELECT e.key_text, e.espace, e.entity, e.new_entity_id,
			e.multitenant, e.primary_key,
			osmeta.event_table_name(coalesce(g.table_name, e.table_name))
				AS event_table
		FROM osmeta.publish_entity(publish_event_step.old_id,
				publish_event_step.new_id) AS e
			LEFT JOIN osmeta.publish_new_table(publish_event_step.old_id,
					publish_event_step.new_id, publish_event_step.dialect)
					AS g
				ON g.key_text = e.key_text
		WHERE e.events AND (e.state = 'added' OR NOT e.old_events)
			AND e.state <> 'removed'
	), item AS MATERIALIZED (
		SELECT w.key_text, a.order_num AS position, a.id,
			coalesce(NULLIF(btrim(a.database_name), ''),
				osmeta.physical_column_name(a.name)) AS column_name,
			CASE WHEN t.key_text IS NOT NULL
				THEN osmeta.publish_type(t.value_type, t.value_length,
					t.value_decimals, publish_event_step.dialect)
				ELSE osmeta.publish_type(a.type, a.length, a.decimals,
					publish_event_step.dialect) END AS column_type
		FROM wanted AS w
			JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = publish_event_step.new_id
				AND a.entity_id = w.new_entity_id
			LEFT JOIN osmeta.publish_target(
					ARRAY[publish_event_step.new_id]) AS t
				ON t.key_text = a.refers_to::text COLLATE "C"
		WHERE a.is_active AND (a.refers_to IS NOT NULL
			OR osmeta.readable_key(a.ss_key) = w.primary_key)
	)
	SELECT 25, 'note', NULL, NULL, w.key_text, NULL, w.espace, w.entity,
		NULL, 0::bigint, 'event table created',
		CASE WHEN p.folded IS NULL THEN format('CREATE TABLE %s (%s%s)',
			osmeta.engine_name(w.event_table, publish_event_step.dialect),
			(SELECT string_agg(osmeta.publish_column(c.name,
					osmeta.publish_type(c.type, 0, 0,
						publish_event_step.dialect), false, false,
					publish_event_step.dialect), ', ' ORDER BY c.position)
				FROM (VALUES (1, '_ESPACE_ID', 'rtInteger'),
						(2, '_TENANT_ID', 'rtInteger'),
						(3, '_ACTIVITY_ID', 'rtInteger'),
						(4, '_PROCESS_DEF_ID', 'rtInteger'),
						(5, '_IS_UPDATE', 'rtBoolean'),
						(6, '_IS_LIGHT', 'rtBoolean'),
						(7, CASE WHEN w.multitenant THEN 'TENANT_ID' END,
							'rtInteger')) AS c (position, name, type)
				WHERE c.name IS NOT NULL),
			(SELECT coalesce(string_agg(', ' || osmeta.publish_column(
					i.column_name, i.column_type, false, false,
					publish_event_step.dialect), ''
					ORDER BY i.position, i.id), '')
				FROM item AS i
				WHERE i.key_text = w.key_text AND i.column_type IS NOT NULL))
			END,
		NULL, NULL::bigint, NULL::bigint, NULL, NULL, NULL::jsonb,
		format(CASE WHEN p.folded IS NULL THEN 'new table %s; a trigger %s fills it where a process starts on the entity'
			ELSE 'table %s is there already; a trigger %s fills it where a process starts on the entity' END,
			w.event_table,
			osmeta.trigger_name(replace(w.event_table, 'OSEVT_', 'OSUSR_'))),
		NULL
	FROM wanted AS w
		LEFT JOIN osmeta.publish_table(publish_event_step.old_id) AS p
			ON p.folded = osmeta.fold_name(w.event_table) COLLATE "C"
	WHERE w.event_table IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.publish_event_step(bigint, bigint, text) IS
	'Internal: the event tables that publishing makes';

-- Primary keys that change, and new unique indexes.
CREATE FUNCTION osmeta.publish_key_step(old_id bigint, new_id bigint,
	dialect text)
RETURNS SETOF osmeta.publish_step
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH entity AS MATERIALIZED (
		SELECT e.*, osmeta.engine_name(e.table_name,
			publish_key_step.dialect) AS t
		FROM osmeta.publish_entity(publish_key_step.old_id,
			publish_key_step.new_id) AS e
		WHERE e.state IN ('kept', 'restored')
	), changed AS MATERIALIZED (
		SELECT DISTINCT ON (e.key_text) e.*, k.key_name, i.attribute,
			i.is_renamed, i.column_name, i.is_there, i.local_type,
			i.is_nullable, osmeta.publish_type(i.type, i.length, i.decimals,
				publish_key_step.dialect) AS column_type,
			i.is_reference
				OR osmeta.publish_null(i.type, publish_key_step.dialect)
					IS NULL AS is_null,
			i.is_auto_number AND publish_key_step.dialect <> 'oracle'
				AS is_numbered,
			osmeta.engine_name(i.column_name, publish_key_step.dialect)
				AS c,
			x.column_name AS some_column, x.local_type AS some_type
		FROM entity AS e
			JOIN osmeta.publish_identifier(publish_key_step.old_id,
					publish_key_step.new_id) AS i
				ON i.key_text = e.key_text
			LEFT JOIN osmeta.captured_physical_key AS k
				ON k.capture_id = publish_key_step.old_id
				AND k.table_id = e.table_id AND k.kind = 'p'
			-- any: what has no column yet is counted by its rows
			LEFT JOIN osmeta.captured_physical_column AS x
				ON x.capture_id = publish_key_step.old_id
				AND x.table_id = e.table_id AND x.local_type IS NOT NULL
		ORDER BY e.key_text, k.key_name COLLATE "C", x.position
	)
	SELECT x.step, x.severity, x.none_severity, x.some_severity, e.key_text,
		NULL, e.espace, e.entity, NULL, 0::bigint, x.change, x.statement,
		NULL, e.row_count, e.bytes, x.offender_query, x.count_query,
		x.count_tables, x.message, x.hint
	FROM changed AS e,
		LATERAL (
			SELECT 15 AS step, 'note' AS severity,
				NULL::text AS none_severity, NULL::text AS some_severity,
				'primary key dropped' AS change,
				osmeta.publish_drop_constraint(e.table_name,
					coalesce(e.key_name, osmeta.publish_object_name(
						osmeta.primary_key_name(e.table_name),
						publish_key_step.dialect)),
					publish_key_step.dialect) AS statement,
				NULL::text AS offender_query, NULL::text AS count_query,
				NULL::jsonb AS count_tables,
				CASE WHEN e.is_renamed
					THEN 'the attribute that identifies the entity gets another column'
					ELSE 'another attribute identifies the entity' END
					AS message,
				NULL::text AS hint
			WHERE e.key_name IS NOT NULL OR NOT e.is_found
			UNION ALL
			-- SQL Server makes no key over a column that can be NULL
			SELECT 53, 'note', NULL, NULL, 'not null set',
				'ALTER TABLE ' || e.t || ' ALTER COLUMN ' || e.c || ' '
					|| e.column_type || ' NOT NULL',
				NULL, NULL, NULL,
				'a column of a primary key accepts no NULL', NULL
			WHERE publish_key_step.dialect = 'sqlserver'
				AND e.column_name IS NOT NULL AND NOT e.is_numbered
				AND e.is_nullable IS DISTINCT FROM false
			UNION ALL
			SELECT 55,
				CASE WHEN e.is_there THEN 'warning'
					WHEN e.is_numbered THEN 'note'
					WHEN e.row_count > 1 THEN 'error'
					ELSE 'warning' END,
				CASE WHEN e.is_there AND osmeta.publish_is_collated(
							ARRAY[e.local_type], publish_key_step.dialect)
						THEN 'warning'
					WHEN e.is_there THEN 'note'
					WHEN NOT e.is_numbered THEN 'warning' END,
				'error', 'primary key changed',
				'ALTER TABLE ' || e.t || format(
					' ADD CONSTRAINT %s PRIMARY KEY (%s)',
					osmeta.engine_name(osmeta.publish_object_name(
						osmeta.primary_key_name(e.table_name),
						publish_key_step.dialect), publish_key_step.dialect),
					e.c),
				CASE WHEN e.is_there
						THEN osmeta.publish_count_unkeyed(e.t, e.c)
					WHEN e.is_numbered THEN NULL
					ELSE osmeta.publish_count_all(e.t, e.is_null) END,
				CASE WHEN e.is_there
						THEN osmeta.publish_count_unkeyed('@1 AS t',
							osmeta.publish_local_value('c1', e.local_type,
								publish_key_step.dialect))
					WHEN e.is_numbered THEN NULL
					ELSE osmeta.publish_count_all('@1 AS t', e.is_null) END,
				osmeta.publish_count_table(CASE WHEN e.is_found
					THEN e.table_name END, ARRAY[CASE WHEN e.is_there
						THEN e.column_name ELSE e.some_column END],
					ARRAY[CASE WHEN e.is_there THEN e.local_type
						ELSE e.some_type END]),
				format(CASE
					WHEN e.is_there
						THEN 'attribute %s identifies the entity: fails on duplicates and where column %s is empty'
					WHEN e.is_numbered
						THEN 'attribute %s identifies the entity: rows get other numbers in new column %s'
					WHEN e.is_null
						THEN 'attribute %s identifies the entity: column %s is new, and no row has a value in it'
					ELSE 'attribute %s identifies the entity: column %s is new, and all rows get the same value in it'
					END, e.attribute, e.column_name),
				CASE WHEN e.is_renamed
						THEN 'Leave its name to the attribute that identifies rows.'
					WHEN e.is_there
						THEN 'Change the rows that offender_query counts before publishing.'
					END
			WHERE e.column_name IS NOT NULL) AS x
	UNION ALL
	SELECT 60, 'warning',
		CASE WHEN u.is_whole AND NOT osmeta.publish_is_collated(
					u.local_types, publish_key_step.dialect)
				THEN 'note' ELSE 'warning' END, 'error',
		e.key_text, NULL, e.espace, e.entity, NULL, 0::bigint,
		'unique index added',
		osmeta.publish_create_index(e.table_name, u.columns, true,
			publish_key_step.dialect),
		NULL, e.row_count, e.bytes,
		CASE WHEN u.is_whole THEN osmeta.publish_count_duplicates(e.t,
			(SELECT array_agg(osmeta.engine_name(c.name,
					publish_key_step.dialect) ORDER BY c.position)
				FROM unnest(u.columns) WITH ORDINALITY
					AS c (name, position)),
			publish_key_step.dialect) END,
		CASE WHEN u.is_whole THEN osmeta.publish_count_duplicates(
			'@1 AS t', (SELECT array_agg(osmeta.publish_local_value(
						'c' || c.position, c.type,
						publish_key_step.dialect) ORDER BY c.position)
				FROM unnest(u.local_types) WITH ORDINALITY
					AS c (type, position)),
			publish_key_step.dialect) END,
		osmeta.publish_count_table(CASE WHEN e.is_found THEN e.table_name
			END, u.columns, u.local_types),
		format('over %s: fails on duplicates',
				array_to_string(u.attributes, ', '))
			|| CASE WHEN u.is_whole THEN ''
				ELSE '; a column of it is new, and all rows get the same value there' END
			|| CASE WHEN u.is_whole AND osmeta.publish_is_collated(
					u.local_types, publish_key_step.dialect)
				THEN '; texts that differ in case or blanks behind are counted, what else the collation of the factory takes for equal is not'
				ELSE '' END
			|| CASE WHEN publish_key_step.dialect = 'oracle'
				THEN format('; its name is OSIDX_%s_ and five digits',
					e.table_name) ELSE '' END,
		CASE WHEN u.is_whole THEN
			'Change the rows that offender_query counts before publishing.'
			END
	FROM entity AS e
		JOIN osmeta.publish_unique(publish_key_step.old_id,
				publish_key_step.new_id) AS u
			ON u.key_text = e.key_text;
END;
COMMENT ON FUNCTION osmeta.publish_key_step(bigint, bigint, text) IS
	'Internal: primary keys that change and unique indexes that are new';
