/*
 * 65_publish_step_record: the steps of a publication because of static
 * records.
 */

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
		SELECT DISTINCT a.table_id,
			osmeta.fold_name(a.old_column) COLLATE "C" AS folded
		FROM osmeta.publish_attribute(publish_record_step.old_id,
			publish_record_step.new_id, publish_record_step.dialect) AS a
		WHERE a.state = 'kept' AND NOT a.is_moved AND a.old_has_rule
			AND NOT a.has_rule
			-- without one nothing of it is run
			AND EXISTS (SELECT 1 FROM record AS r WHERE NOT r.is_added)
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
				ON d.table_id = f.table_id
				AND d.folded = osmeta.fold_name(f.columns[1]) COLLATE "C"
		WHERE f.capture_id = publish_record_step.old_id AND f.kind = 'f'
			AND cardinality(f.columns) = 1 AND d.table_id IS NULL
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
