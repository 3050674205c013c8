/*
 * 65_publish_step_standing: the steps of a publication because of what stands
 * in the database: keys and indexes on columns that change, rows that refer
 * to static records that go.
 */

/*
 * Foreign keys that stand on a column whose type changes, or on a primary key
 * that goes, and that publishing does not make anew, since no attribute of the
 * new model has them: what it does then is not known, the database refuses.
 * SQL Server changes no column of an index either: these can be made anew.
 */
CREATE FUNCTION osmeta.publish_standing_step(old_id bigint, new_id bigint,
	dialect text)
RETURNS SETOF osmeta.publish_step
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH place AS MATERIALIZED (
		SELECT p.*, t.table_id, t.folded AS table_folded,
			osmeta.fold_name(p.column_name) COLLATE "C" AS folded,
			coalesce(p.state = 'kept' AND p.is_converted AND NOT p.is_moved
				OR (p.state = 'added' OR p.is_moved) AND NOT p.is_made
					AND NOT p.left_fits, false)
				AND p.column_type IS NOT NULL AS is_altered
		FROM osmeta.publish_place(publish_standing_step.old_id,
				publish_standing_step.new_id,
				publish_standing_step.dialect) AS p
			JOIN osmeta.publish_table(publish_standing_step.old_id) AS t
				ON t.folded = osmeta.fold_name(p.table_name) COLLATE "C"
		WHERE p.state <> 'table' AND p.is_found
	), altered AS MATERIALIZED (
		SELECT p.key_text, p.attribute_key, p.espace, p.entity, p.attribute,
			p.ordinal, p.table_id, p.table_name, p.table_folded, p.folded,
			p.column_name, p.was_identifier,
			-- a longer text, or more digits, is the same type to some
			coalesce(osmeta.publish_family(p.value_label)
				= osmeta.publish_family(coalesce(p.left_type,
					p.old_value_label)), false) AS is_akin,
			coalesce(p.column_type ~ '[(][0-9]+[)]$'
				AND p.old_column_type ~ '[(][0-9]+[)]$'
				AND osmeta.publish_family(p.value_label) = 'text'
				AND p.left_type IS NULL AND p.length >= p.old_length, false)
				AS is_grown
		FROM place AS p
		WHERE p.is_altered
	), changed AS MATERIALIZED (
		SELECT e.key_text, e.espace, e.entity, e.table_name,
			osmeta.fold_name(e.table_name) COLLATE "C" AS table_folded
		FROM osmeta.publish_entity(publish_standing_step.old_id,
				publish_standing_step.new_id) AS e
			JOIN osmeta.publish_identifier(publish_standing_step.old_id,
					publish_standing_step.new_id) AS i
				ON i.key_text = e.key_text
		WHERE e.is_found
	), standing AS MATERIALIZED (
		SELECT f.table_id, f.table_name, f.key_name, f.columns,
			osmeta.fold_name(f.target_table) COLLATE "C" AS target_folded,
			osmeta.fold_name(c.name) COLLATE "C" AS folded
		FROM osmeta.captured_physical_key AS f,
			LATERAL unnest(f.columns) AS c (name)
		WHERE f.capture_id = publish_standing_step.old_id AND f.kind = 'f'
	), blocker AS MATERIALIZED (
		SELECT a.key_text, a.attribute_key, a.espace, a.entity, a.attribute,
			a.ordinal, f.table_id, f.table_name, f.key_name, f.columns,
			format('column %s', a.column_name) AS what,
			'its type changes' AS why
		FROM altered AS a
			JOIN standing AS f
				ON f.table_id = a.table_id AND f.folded = a.folded
		WHERE publish_standing_step.dialect = 'sqlserver' OR NOT a.is_akin
		UNION ALL
		SELECT a.key_text, a.attribute_key, a.espace, a.entity, a.attribute,
			a.ordinal, f.table_id, f.table_name, f.key_name, f.columns,
			format('column %s', a.column_name), 'its type changes'
		FROM altered AS a
			JOIN standing AS f ON f.target_folded = a.table_folded
		WHERE a.was_identifier
			AND (publish_standing_step.dialect = 'sqlserver'
				OR NOT a.is_akin)
		UNION ALL
		SELECT c.key_text, NULL, c.espace, c.entity, NULL, 0, f.table_id,
			f.table_name, f.key_name, f.columns,
			format('the primary key of table %s', c.table_name),
			'it is dropped'
		FROM changed AS c
			JOIN standing AS f ON f.target_folded = c.table_folded
	)
	SELECT 9, 'error', NULL::text, NULL::text, b.key_text, b.attribute_key,
		b.espace, b.entity, b.attribute, b.ordinal,
		'foreign key in the way', NULL::text, NULL::text, NULL::bigint,
		NULL::bigint, NULL::text, NULL::text, NULL::jsonb,
		format('foreign key %s of table %s (%s) stands on %s: %s, and no attribute of the new model has the key, so that nothing is known to drop it',
			b.key_name, b.table_name, array_to_string(b.columns, ', '),
			b.what, b.why),
		format('Drop it before publishing: %s',
			osmeta.publish_drop_constraint(b.table_name, b.key_name,
				publish_standing_step.dialect))
	FROM (SELECT DISTINCT ON (b.table_id, b.key_name) b.*
			FROM blocker AS b
			ORDER BY b.table_id, b.key_name, b.attribute_key IS NULL,
				b.key_text, b.attribute_key) AS b
		LEFT JOIN (SELECT DISTINCT p.table_id, p.fk_name
				FROM place AS p
				WHERE p.loses_key AND p.fk_name IS NOT NULL) AS d
			ON d.table_id = b.table_id AND d.fk_name = b.key_name
	WHERE d.fk_name IS NULL
	UNION ALL
	SELECT s.step, CASE WHEN s.statement IS NULL THEN 'error' ELSE 'note' END,
		NULL, NULL, i.key_text, i.attribute_key, i.espace, i.entity,
		i.attribute, i.ordinal, s.change, s.statement, NULL, NULL, NULL,
		NULL, NULL, NULL,
		CASE WHEN s.statement IS NULL
			THEN format('index %s stands on column %s, whose type changes: SQL Server refuses, and what the index is made of is not known',
				i.index_name, i.column_name)
			ELSE format('SQL Server changes no column of an index: %s is made anew',
				i.index_name) END,
		CASE WHEN s.statement IS NULL
			THEN 'Drop it before publishing, and make it anew.' END
	FROM (SELECT DISTINCT ON (x.table_id, x.index_name) a.key_text,
				a.attribute_key, a.espace, a.entity, a.attribute, a.ordinal,
				a.column_name, a.table_name, x.table_id, x.index_name,
				x.columns, x.is_unique,
				NOT coalesce(x.is_partial, false)
					AND array_position(x.columns, NULL) IS NULL
					-- of others it is not known whether they are constraints
					AND (u.key_name IS NULL
						OR osmeta.fold_name(x.index_name) ^@ 'osidx_')
					AS is_plain
			FROM altered AS a
				JOIN osmeta.captured_physical_index AS x
					ON x.table_id = a.table_id
				LEFT JOIN osmeta.captured_physical_key AS u
					ON u.capture_id = publish_standing_step.old_id
					AND u.table_id = x.table_id AND u.kind = 'u'
					AND u.key_name = x.index_name
			WHERE x.capture_id = publish_standing_step.old_id
				AND NOT coalesce(x.is_primary, false) AND NOT a.is_grown
				AND EXISTS (SELECT 1
					FROM unnest(x.columns) AS c (name)
					WHERE osmeta.fold_name(c.name) COLLATE "C" = a.folded)
			ORDER BY x.table_id, x.index_name, a.ordinal, a.attribute_key)
			AS i
		LEFT JOIN (SELECT DISTINCT p.table_id, p.fk_index
				FROM place AS p
				WHERE p.loses_key AND NOT p.has_rule
					AND p.fk_index IS NOT NULL) AS d
			ON d.table_id = i.table_id AND d.fk_index = i.index_name
		CROSS JOIN LATERAL (
			SELECT 12 AS step, 'index dropped' AS change,
				format('DROP INDEX %s ON %s',
					osmeta.engine_name(i.index_name, 'sqlserver'),
					osmeta.engine_name(i.table_name, 'sqlserver'))
					AS statement
			WHERE i.is_plain
			UNION ALL
			SELECT 61, 'index added', format('CREATE %sINDEX %s ON %s (%s)',
				CASE WHEN i.is_unique THEN 'UNIQUE ' ELSE '' END,
				osmeta.engine_name(i.index_name, 'sqlserver'),
				osmeta.engine_name(i.table_name, 'sqlserver'),
				osmeta.engine_names(i.columns, 'sqlserver'))
			WHERE i.is_plain
			UNION ALL
			SELECT 12, 'index in the way', NULL
			WHERE NOT i.is_plain) AS s
	WHERE publish_standing_step.dialect = 'sqlserver' AND d.fk_index IS NULL;
END;
COMMENT ON FUNCTION osmeta.publish_standing_step(bigint, bigint, text) IS
	'Internal: keys and indexes that stand on what publishing changes';

-- A literal that may stand in a count_query, where @ has a meaning.
CREATE FUNCTION osmeta.publish_count_literal(value text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(osmeta.publish_quote(value), '@', ''' || chr(64) || ''');
COMMENT ON FUNCTION osmeta.publish_count_literal(text) IS
	'Internal: a text as a literal of a count';

/*
 * Static records that come and go.  A row that goes is deleted: foreign keys
 * that stand at the end forbid that, or take along what refers to it.
 */
CREATE FUNCTION osmeta.publish_record_step(old_id bigint, new_id bigint,
	dialect text)
RETURNS SETOF osmeta.publish_step
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH target AS MATERIALIZED (
		SELECT t.key_text, t.capture_id, t.value_type, t.column_name
		FROM osmeta.publish_target(ARRAY[publish_record_step.old_id,
			publish_record_step.new_id]) AS t
	), record AS MATERIALIZED (
		SELECT e.key_text, e.espace, e.entity, e.table_name,
			osmeta.fold_name(e.table_name) COLLATE "C" AS table_folded,
			r.record, r.is_added, r.data_id, r.former_data_id,
			o.column_name,
			CASE WHEN r.data_id = '' THEN NULL
				-- the column has its new type when the row is deleted
				WHEN r.data_id ~ '^[0-9]{1,18}$' AND osmeta.data_type(
						CASE WHEN i.key_text IS NULL
							THEN coalesce(n.value_type, o.value_type)
							ELSE o.value_type END)
					IN ('Integer', 'Long Integer') THEN r.data_id
				ELSE CASE WHEN publish_record_step.dialect = 'sqlserver'
						THEN 'N' ELSE '' END
					|| osmeta.publish_quote(r.data_id) END AS literal
		FROM (SELECT r.*
				FROM osmeta.publish_record(publish_record_step.old_id,
					publish_record_step.new_id) AS r
				OFFSET 0) AS r
			JOIN (SELECT DISTINCT ON (e.key_text) e.*
					FROM osmeta.publish_entity(publish_record_step.old_id,
						publish_record_step.new_id) AS e) AS e
				ON e.key_text = r.key_text
			LEFT JOIN target AS o
				ON o.capture_id = publish_record_step.old_id
				AND o.key_text = r.key_text
			LEFT JOIN target AS n
				ON n.capture_id = publish_record_step.new_id
				AND n.key_text = r.key_text
			LEFT JOIN osmeta.publish_identifier(publish_record_step.old_id,
					publish_record_step.new_id) AS i
				ON i.key_text = r.key_text
		WHERE e.state IN ('kept', 'restored', 'added')
			AND (r.is_added OR e.state <> 'added')
	), dropped AS MATERIALIZED (
		SELECT DISTINCT p.table_name, p.fk_name
		FROM osmeta.publish_place(publish_record_step.old_id,
			publish_record_step.new_id, publish_record_step.dialect) AS p
		WHERE p.loses_key AND p.fk_name IS NOT NULL AND NOT p.gets_key
	), referring AS MATERIALIZED (
		SELECT osmeta.fold_name(f.target_table) COLLATE "C" AS target_folded,
			f.table_name, f.key_name, f.columns[1] AS column_name,
			f.delete_action, c.local_type
		FROM osmeta.captured_physical_key AS f
			LEFT JOIN osmeta.captured_physical_column AS c
				ON c.capture_id = publish_record_step.old_id
				AND c.table_id = f.table_id
				AND c.column_name = f.columns[1]
			LEFT JOIN dropped AS d
				ON d.table_name = f.table_name AND d.fk_name = f.key_name
		WHERE f.capture_id = publish_record_step.old_id AND f.kind = 'f'
			AND cardinality(f.columns) = 1 AND d.fk_name IS NULL
	)
	SELECT CASE WHEN r.is_added THEN 0 ELSE 80 END, 'note', NULL::text,
		NULL::text, r.key_text, NULL::text, r.espace, r.entity, r.record,
		9223372036854775807,
		CASE WHEN r.is_added THEN 'static record added'
			ELSE 'static record removed' END,
		CASE WHEN NOT r.is_added THEN 'DELETE FROM '
			|| osmeta.engine_name(r.table_name, publish_record_step.dialect)
			|| ' WHERE ' || osmeta.engine_name(r.column_name,
				publish_record_step.dialect)
			|| ' = ' || r.literal END,
		NULL::text, NULL::bigint, NULL::bigint, NULL::text, NULL::text,
		NULL::jsonb,
		CASE
			WHEN NOT r.is_added THEN format('its row, of Data_Id %s, is deleted',
				r.data_id)
			WHEN r.former_data_id IS NOT NULL THEN format('a new record of a name that was there: it gets a new Data_Id; what refers to %s does not refer to it',
				r.former_data_id)
			ELSE 'a new row, whose Data_Id publishing gives'
		END,
		NULL::text
	FROM record AS r
	UNION ALL
	SELECT 79, 'warning', 'note',
		CASE f.delete_action WHEN 'cascade' THEN 'warning' ELSE 'error' END,
		r.key_text, NULL, r.espace, r.entity, r.record, 9223372036854775807,
		'static record in use', NULL, NULL, NULL, NULL,
		osmeta.publish_count_rows(osmeta.engine_name(f.table_name,
				publish_record_step.dialect),
			osmeta.engine_name(f.column_name, publish_record_step.dialect)
				|| ' = ' || CASE
					WHEN osmeta.publish_family(f.local_type) = 'number'
						AND r.data_id ~ '^[0-9]{1,18}$' THEN r.data_id
					ELSE CASE WHEN publish_record_step.dialect = 'sqlserver'
							THEN 'N' ELSE '' END
						|| osmeta.publish_quote(r.data_id) END),
		osmeta.publish_count_rows('@1 AS t', CASE
			WHEN publish_record_step.dialect = 'sqlserver'
				AND osmeta.publish_family(f.local_type) = 'text'
				THEN 'osmeta.fold_name(rtrim(c1::text)) = osmeta.fold_name(rtrim('
					|| osmeta.publish_count_literal(r.data_id) || '))'
			ELSE 'c1::text = ' || osmeta.publish_count_literal(r.data_id)
			END),
		osmeta.publish_count_table(f.table_name, ARRAY[f.column_name],
			ARRAY[f.local_type]),
		format(CASE f.delete_action
			WHEN 'cascade' THEN 'rows of %s that refer to it in column %s are deleted with it'
			ELSE 'fails if rows of %s refer to it in column %s: foreign key %s forbids that it is deleted'
			END, f.table_name, f.column_name, f.key_name),
		'Let the rows that offender_query counts refer to another record before publishing.'
	FROM record AS r
		JOIN referring AS f ON f.target_folded = r.table_folded
	WHERE NOT r.is_added AND r.literal IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.publish_record_step(bigint, bigint, text) IS
	'Internal: static records that publishing adds and removes';
