/*
 * 65_publish_step_attribute: the steps of a publication because of
 * attributes.
 */

/*
 * Attributes that differ, with everything that the database has to do with
 * them: the column that there was, the one that stands already under the
 * name that is wanted (left_...), and the table that is referred to.
 */
CREATE FUNCTION osmeta.publish_place(old_id bigint, new_id bigint,
	dialect text)
RETURNS TABLE (key_text text, attribute_key text, state text, espace text,
	entity text, attribute text, old_attribute text, table_name text,
	is_found boolean, row_count bigint, bytes bigint, column_name text,
	old_column text, is_moved boolean, is_renamed boolean,
	is_made boolean, old_label text, label text, old_value_label text,
	value_label text, old_type text, old_length bigint,
	old_decimals bigint, type text, length bigint, decimals bigint,
	old_column_type text, column_type text, is_converted boolean,
	old_target text, target_key text, old_has_rule boolean,
	has_rule boolean, old_delete_rule text, delete_rule text,
	old_is_mandatory boolean, is_mandatory boolean,
	old_is_auto_number boolean, is_auto_number boolean, old_default text,
	default_value text, ordinal bigint, is_identifier boolean,
	is_restored boolean, local_type text, is_nullable boolean,
	has_default boolean, is_identity boolean, left_type text,
	left_fits boolean, left_attribute text, left_fk text,
	parent_table text, parent_column text, parent_local_type text,
	fk_name text, fk_table text, fk_action text, fk_index text,
	other_auto_number text, binary_count bigint, was_identifier boolean,
	pk_name text, is_rekeyed boolean, gets_key boolean, loses_key boolean,
	is_parent_new boolean, is_left_identity boolean, left_active text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH given AS MATERIALIZED (
		SELECT g.key_text, g.table_name
		FROM osmeta.publish_new_table(publish_place.old_id,
				publish_place.new_id, publish_place.dialect) AS g
	), differing AS MATERIALIZED (
		SELECT a.*, osmeta.fold_name(a.old_column) COLLATE "C" AS old_folded,
			osmeta.fold_name(a.new_column) COLLATE "C" AS new_folded,
			a.state IN ('table', 'added') OR a.is_moved AS is_wanted
		FROM osmeta.publish_attribute(publish_place.old_id,
				publish_place.new_id, publish_place.dialect) AS a
	), identifier AS MATERIALIZED (
		SELECT i.*
		FROM osmeta.publish_identifier(publish_place.old_id,
			publish_place.new_id) AS i
	), target AS MATERIALIZED (
		-- both sides in one row, without a join
		SELECT t.key_text,
			bool_or(t.is_effective) FILTER (WHERE s.is_old) AS is_effective,
			max(t.physical_table_name) FILTER (WHERE s.is_old)
				AS physical_table_name,
			max(t.column_name) FILTER (WHERE s.is_old) AS column_name,
			max(t.column_name) FILTER (WHERE s.is_new) AS new_column
		FROM osmeta.publish_target(ARRAY[publish_place.old_id,
				publish_place.new_id]) AS t,
			LATERAL (SELECT t.capture_id = publish_place.old_id AS is_old,
				t.capture_id = publish_place.new_id AS is_new) AS s
		GROUP BY t.key_text
	), parent AS MATERIALIZED (
		SELECT t.key_text, v.table_name, v.column_name, c.local_type,
			i.key_text IS NOT NULL AND NOT i.is_there AS is_new
		FROM target AS t
			LEFT JOIN osmeta.publish_table(publish_place.old_id) AS p
				ON p.folded = osmeta.fold_name(t.physical_table_name)
					COLLATE "C"
			LEFT JOIN osmeta.captured_physical_key AS k
				ON k.capture_id = publish_place.old_id
				AND k.table_id = p.table_id AND k.kind = 'p'
			LEFT JOIN identifier AS i ON i.key_text = t.key_text
			CROSS JOIN LATERAL (SELECT
				coalesce(p.table_name, NULLIF(t.physical_table_name, ''))
					AS table_name,
				coalesce(i.column_name, CASE WHEN cardinality(k.columns) = 1
					THEN k.columns[1] END, t.column_name) AS column_name)
				AS v
			LEFT JOIN osmeta.captured_physical_column AS c
				ON c.capture_id = publish_place.old_id
				AND c.table_id = p.table_id
				AND osmeta.fold_name(c.column_name)
					= osmeta.fold_name(v.column_name)
		WHERE t.is_effective
			AND t.key_text NOT IN (SELECT g.key_text FROM given AS g)
		UNION ALL
		SELECT t.key_text, g.table_name, t.new_column, NULL, true
		FROM given AS g
			JOIN target AS t ON t.key_text = g.key_text
	)
	SELECT DISTINCT ON (a.key_text, a.attribute_key) a.key_text,
		a.attribute_key, a.state, a.espace, a.entity, a.attribute,
		a.old_attribute, coalesce(g.table_name, a.table_name),
		a.table_id IS NOT NULL, a.row_count, a.bytes,
		CASE WHEN a.is_wanted THEN coalesce(l.column_name, a.new_column)
			ELSE coalesce(c.column_name, a.old_column) END,
		coalesce(c.column_name, a.old_column), a.is_moved, a.is_renamed,
		(a.state = 'added' OR a.is_moved) AND l.column_name IS NULL,
		a.old_label, a.label, osmeta.data_type(a.old_type),
		osmeta.data_type(a.type), a.old_type, a.old_length, a.old_decimals,
		a.type, a.length, a.decimals, a.old_column_type, a.column_type,
		a.is_converted, a.old_target, a.target_key, a.old_has_rule,
		a.has_rule, a.old_delete_rule, a.delete_rule, a.old_is_mandatory,
		a.is_mandatory, a.old_is_auto_number, a.is_auto_number,
		a.old_default, a.default_value, a.ordinal, a.is_identifier,
		a.is_restored,
		CASE WHEN a.is_wanted THEN l.local_type ELSE c.local_type END,
		c.is_nullable, c.has_default, c.is_identity,
		CASE WHEN l.column_name IS NOT NULL THEN l.data_type || CASE
			WHEN l.length IS NOT NULL THEN format('(%s)', l.length)
			WHEN l.precision IS NOT NULL
				THEN format('(%s,%s)', l.precision, coalesce(l.scale, 0))
			ELSE '' END END,
		l.column_name IS NOT NULL AND osmeta.publish_is_type(a.type,
			a.length, a.decimals, l.data_type, l.length, l.precision,
			l.scale),
		s.attributes,
		CASE WHEN osmeta.fold_name(lf.target_table)
			= osmeta.fold_name(p.table_name) THEN lf.key_name END,
		p.table_name, p.column_name,
		p.local_type, f.key_name, f.target_table, f.delete_action,
		f.index_name,
		CASE WHEN a.is_auto_number AND a.is_wanted AND a.state <> 'table'
			THEN coalesce((SELECT min(i.column_name)
					FROM osmeta.captured_physical_column AS i
					WHERE i.capture_id = publish_place.old_id
						AND i.table_id = a.table_id AND i.is_identity
						AND osmeta.fold_name(i.column_name)
							<> a.new_folded),
				n.columns[CASE WHEN n.folded[1] = a.new_folded
					THEN 2 ELSE 1 END]) END,
		b.attributes, a.was_identifier, pk.key_name, a.is_rekeyed,
		-- a key is made anew when its column is converted
		a.has_rule AND (a.state IN ('table', 'added') OR a.is_moved
			OR NOT a.old_has_rule OR a.old_delete_rule <> a.delete_rule
			OR a.old_target IS DISTINCT FROM a.target_key
			OR a.is_converted OR a.is_rekeyed),
		a.state = 'kept' AND NOT a.is_moved AND a.old_has_rule
			AND (NOT a.has_rule OR a.old_delete_rule <> a.delete_rule
				OR a.old_target IS DISTINCT FROM a.target_key
				OR a.is_converted OR a.is_rekeyed),
		p.is_new, l.is_identity, s.active
	FROM differing AS a
		LEFT JOIN given AS g ON g.key_text = a.key_text
		LEFT JOIN osmeta.captured_physical_column AS c
			ON c.capture_id = publish_place.old_id
			AND c.table_id = a.table_id
			AND osmeta.fold_name(c.column_name) COLLATE "C" = a.old_folded
		LEFT JOIN osmeta.captured_physical_column AS l
			ON l.capture_id = publish_place.old_id
			AND l.table_id = CASE WHEN a.is_wanted THEN a.table_id END
			AND osmeta.fold_name(l.column_name) COLLATE "C" = a.new_folded
		LEFT JOIN osmeta.publish_foreign_key(publish_place.old_id) AS f
			ON f.table_id = a.table_id AND f.folded = a.old_folded
		LEFT JOIN osmeta.publish_foreign_key(publish_place.old_id) AS lf
			ON lf.table_id = CASE WHEN a.is_wanted THEN a.table_id END
			AND lf.folded = a.new_folded
		-- DISTINCT: what the planner does not know of a WITH
		LEFT JOIN (SELECT DISTINCT ON (p.key_text) p.*
				FROM parent AS p
				ORDER BY p.key_text, p.column_name COLLATE "C") AS p
			ON p.key_text = a.target_key
		LEFT JOIN osmeta.captured_physical_key AS pk
			ON pk.capture_id = publish_place.old_id AND pk.kind = 'p'
			AND pk.table_id = CASE WHEN a.was_identifier THEN a.table_id END
		-- attributes whose column it was
		LEFT JOIN (SELECT o.entity_id, osmeta.fold_name(coalesce(
						NULLIF(btrim(o.database_name), ''),
						osmeta.physical_column_name(o.name))) COLLATE "C"
						AS folded,
					string_agg(o.name, ', ' ORDER BY o.id)
						FILTER (WHERE NOT coalesce(o.is_active, false))
						AS attributes,
					string_agg(o.name, ', ' ORDER BY o.id)
						FILTER (WHERE o.is_active) AS active
				FROM osmeta.captured_entity_attr AS o
				WHERE o.capture_id = publish_place.old_id
				GROUP BY 1, 2) AS s
			ON s.entity_id = a.old_entity_id AND s.folded = a.new_folded
		-- auto numbers, of removed attributes too
		LEFT JOIN (SELECT o.entity_id, array_agg(v.name ORDER BY o.id)
						AS columns,
					array_agg(osmeta.fold_name(v.name) COLLATE "C"
						ORDER BY o.id) AS folded
				FROM osmeta.captured_entity_attr AS o,
					LATERAL (SELECT coalesce(
						NULLIF(btrim(o.database_name), ''),
						osmeta.physical_column_name(o.name)) AS name) AS v
				WHERE o.capture_id = publish_place.old_id AND o.is_autonumber
				GROUP BY o.entity_id) AS n
			ON n.entity_id = a.old_entity_id
		LEFT JOIN (SELECT o.entity_id, count(*) AS attributes
				FROM osmeta.captured_entity_attr AS o
				WHERE o.capture_id = publish_place.new_id AND o.is_active
					AND osmeta.data_type(o.type) = 'Binary Data'
				GROUP BY o.entity_id) AS b
			ON b.entity_id = a.new_entity_id
	ORDER BY a.key_text, a.attribute_key, l.column_name COLLATE "C",
		c.column_name COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.publish_place(bigint, bigint, text) IS
	'Internal: the attributes that differ, and what the database has of them';

/*
 * How the type of an attribute changes, in two words; NULL if it does not.
 * Lengths say something only for texts and decimals.
 */
CREATE FUNCTION osmeta.publish_type_change(old_label text, label text,
	is_retargeted boolean, is_converted boolean, old_length bigint,
	old_decimals bigint, length bigint, decimals bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN old_label IS DISTINCT FROM label THEN 'type changed'
	WHEN label = 'Identifier' THEN
		CASE WHEN is_retargeted THEN 'reference retargeted'
			WHEN is_converted THEN 'identifier type changed' END
	WHEN label = 'Text' THEN
		CASE
			WHEN coalesce(old_length, 0) BETWEEN 1 AND 2000
				AND coalesce(length, 0) NOT BETWEEN 1 AND 2000
				THEN 'text made unlimited'
			WHEN coalesce(old_length, 0) NOT BETWEEN 1 AND 2000
				AND coalesce(length, 0) BETWEEN 1 AND 2000
				THEN 'text made limited'
			WHEN length > old_length THEN 'length grown'
			WHEN length < old_length THEN 'length shrunk'
		END
	WHEN is_converted THEN
		CASE WHEN label <> 'Decimal' THEN 'type changed'
			WHEN coalesce(length, 37) - coalesce(decimals, 8)
				>= coalesce(old_length, 37) - coalesce(old_decimals, 8)
				AND coalesce(decimals, 8) >= coalesce(old_decimals, 8)
				THEN 'length grown'
			ELSE 'length shrunk' END
END;
COMMENT ON FUNCTION osmeta.publish_type_change(text, text, boolean, boolean, bigint, bigint, bigint, bigint) IS
	'Internal: how the type of an attribute changes, in two words; NULL if it does not';

/*
 * What publishing does to tables and columns because of attributes.
 *
 * Foreign keys that stand on a column whose type changes, or on a primary key
 * that goes, and that publishing does not make anew, since no attribute of the
 * new model has them, have an error of their own: what it does then is not
 * known, the database refuses.  SQL Server changes no column of an index
 * either: these can be made anew.
 */
CREATE FUNCTION osmeta.publish_attribute_step(old_id bigint, new_id bigint,
	dialect text)
RETURNS SETOF osmeta.publish_step
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH place AS MATERIALIZED (
		SELECT p.*,
			CASE WHEN p.state = 'kept' THEN osmeta.publish_type_change(
				p.old_label, p.label,
				p.old_target IS DISTINCT FROM p.target_key
					OR p.is_rekeyed, p.is_converted,
				p.old_length, p.old_decimals, p.length, p.decimals) END
				AS type_change,
			osmeta.engine_name(p.table_name, publish_attribute_step.dialect)
				AS t,
			osmeta.engine_name(p.column_name,
				publish_attribute_step.dialect) AS c,
			CASE WHEN p.label <> 'Identifier' THEN osmeta.publish_null(p.type,
				publish_attribute_step.dialect) END AS null_value
		FROM osmeta.publish_place(publish_attribute_step.old_id,
			publish_attribute_step.new_id, publish_attribute_step.dialect)
			AS p
	), clear AS MATERIALIZED (
		SELECT p.*,
			-- which values stand in the way of the type that is wanted
			CASE WHEN p.is_converted AND NOT p.is_moved
					AND p.type_change NOT IN ('length grown',
						'text made unlimited')
				THEN osmeta.publish_condition(p.c, p.old_value_label, p.type,
					p.length, p.decimals, publish_attribute_step.dialect)
				END AS condition,
			CASE WHEN p.is_converted AND NOT p.is_moved
					AND p.type_change NOT IN ('length grown',
						'text made unlimited')
				THEN osmeta.publish_local_condition(p.old_value_label,
					p.type, p.length, p.decimals,
					publish_attribute_step.dialect) END AS local_condition,
			osmeta.publish_count_table(CASE WHEN p.is_found
				THEN p.table_name END, ARRAY[p.column_name],
				ARRAY[p.local_type]) AS count_table,
			CASE p.delete_rule WHEN 'delete' THEN 'Delete'
				WHEN 'ignore' THEN 'Ignore' ELSE 'Protect' END AS rule_word,
			CASE p.old_delete_rule WHEN 'delete' THEN 'Delete'
				WHEN 'ignore' THEN 'Ignore' ELSE 'Protect' END
				AS old_rule_word,
			-- a left-over column is told by its type here
			CASE
				WHEN p.left_type ~ '^n?text|^n?clob|^n?varchar2?|^bpchar|^n?char'
					THEN 'Text'
				WHEN p.left_type ~ '^int4|^int[(]?$|^int$' THEN 'Integer'
				WHEN p.left_type ~ '^int8|^bigint' THEN 'Long Integer'
				WHEN p.left_type ~ '^numeric|^decimal|^number|^money'
					THEN 'Decimal'
				WHEN p.left_type ~ '^bool|^bit' THEN 'Boolean'
				WHEN p.left_type ~ '^bytea|^varbinary|^image|^blob|^raw'
					THEN 'Binary Data'
				ELSE 'Date Time'
			END AS left_label
		FROM place AS p
	), judged AS MATERIALIZED (
		SELECT p.*,
			-- Oracle makes no LOB of what is none, nor the other way round
			publish_attribute_step.dialect = 'oracle' AND CASE
				WHEN p.left_type IS NOT NULL THEN NOT p.left_fits
					AND (p.column_type ~ 'LOB$'
						OR p.left_type ~* '^n?(text|clob)|^long|blob|bytea|image')
				ELSE p.is_converted AND NOT p.is_moved
					AND (p.column_type ~ 'LOB$' OR p.old_column_type ~ 'LOB$')
				END AS is_lob,
			-- a column that numbers its rows holds whole numbers
			CASE WHEN p.left_type IS NOT NULL
				THEN coalesce(p.is_left_identity, false) AND NOT p.left_fits
				ELSE coalesce(p.is_identity, false) AND p.is_converted
					AND NOT p.is_moved END
				AND coalesce(p.value_label, '') NOT IN ('Integer',
					'Long Integer') AS is_numbering,
			publish_attribute_step.dialect = 'sqlserver'
				AND osmeta.publish_family(p.value_label)
					IS DISTINCT FROM 'text'
				AND osmeta.publish_family(CASE WHEN p.left_type IS NOT NULL
					THEN p.left_label ELSE p.old_value_label END)
					IS DISTINCT FROM 'text'
				AND (p.value_label IN ('Date', 'Time', 'Date Time',
						'Binary Data')
					OR CASE WHEN p.left_type IS NOT NULL THEN p.left_label
						ELSE p.old_value_label END IN ('Date', 'Time',
						'Date Time', 'Binary Data')) AS is_doubtful
		FROM clear AS p
	), stood AS MATERIALIZED (
		SELECT p.*, t.table_id, t.folded AS table_folded,
			osmeta.fold_name(p.column_name) COLLATE "C" AS folded,
			coalesce(p.state = 'kept' AND p.is_converted AND NOT p.is_moved
				OR (p.state = 'added' OR p.is_moved) AND NOT p.is_made
					AND NOT p.left_fits, false)
				AND p.column_type IS NOT NULL AS is_altered
		FROM place AS p
			JOIN osmeta.publish_table(publish_attribute_step.old_id) AS t
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
		FROM stood AS p
		WHERE p.is_altered
	), changed AS MATERIALIZED (
		SELECT e.key_text, e.espace, e.entity, e.table_name,
			osmeta.fold_name(e.table_name) COLLATE "C" AS table_folded
		FROM osmeta.publish_entity(publish_attribute_step.old_id,
				publish_attribute_step.new_id) AS e
			JOIN osmeta.publish_identifier(publish_attribute_step.old_id,
					publish_attribute_step.new_id) AS i
				ON i.key_text = e.key_text
		WHERE e.is_found
	), standing AS MATERIALIZED (
		SELECT f.table_id, f.table_name, f.key_name, f.columns,
			osmeta.fold_name(f.target_table) COLLATE "C" AS target_folded,
			osmeta.fold_name(c.name) COLLATE "C" AS folded
		FROM osmeta.captured_physical_key AS f,
			LATERAL unnest(f.columns) AS c (name)
		WHERE f.capture_id = publish_attribute_step.old_id AND f.kind = 'f'
	), blocker AS MATERIALIZED (
		SELECT a.key_text, a.attribute_key, a.espace, a.entity, a.attribute,
			a.ordinal, f.table_id, f.table_name, f.key_name, f.columns,
			format('column %s', a.column_name) AS what,
			'its type changes' AS why
		FROM altered AS a
			JOIN standing AS f
				ON f.table_id = a.table_id AND f.folded = a.folded
		WHERE publish_attribute_step.dialect = 'sqlserver' OR NOT a.is_akin
		UNION ALL
		SELECT a.key_text, a.attribute_key, a.espace, a.entity, a.attribute,
			a.ordinal, f.table_id, f.table_name, f.key_name, f.columns,
			format('column %s', a.column_name), 'its type changes'
		FROM altered AS a
			JOIN standing AS f ON f.target_folded = a.table_folded
		WHERE a.was_identifier
			AND (publish_attribute_step.dialect = 'sqlserver'
				OR NOT a.is_akin)
		UNION ALL
		SELECT c.key_text, NULL, c.espace, c.entity, NULL, 0, f.table_id,
			f.table_name, f.key_name, f.columns,
			format('the primary key of table %s', c.table_name),
			'it is dropped'
		FROM changed AS c
			JOIN standing AS f ON f.target_folded = c.table_folded
	)
	SELECT x.step, x.severity, x.none_severity, x.some_severity, p.key_text,
		p.attribute_key, p.espace, p.entity, p.attribute, p.ordinal,
		x.change, x.statement, x.term,
		CASE WHEN x.touches THEN p.row_count END,
		CASE WHEN x.touches THEN p.bytes END, x.offender_query,
		x.count_query, x.count_tables, x.message, x.hint
	FROM judged AS p,
		LATERAL (
			SELECT 30 AS step,
				CASE WHEN p.other_auto_number IS NOT NULL THEN 'error'
					WHEN p.column_type IS NULL THEN 'warning'
					ELSE 'note' END AS severity,
				NULL::text AS none_severity, NULL::text AS some_severity,
				'attribute added' AS change,
				CASE WHEN p.is_made THEN osmeta.publish_add_column(
					p.table_name, p.column_name, p.column_type,
					p.is_auto_number, publish_attribute_step.dialect) END
					AS statement,
				CASE WHEN p.other_auto_number IS NOT NULL
					THEN 'Database Upgrade Error' END AS term,
				p.is_made AS touches,
				NULL::text AS offender_query, NULL::text AS count_query,
				NULL::jsonb AS count_tables,
				CASE
					WHEN p.column_type IS NULL THEN 'the type of its column is not known: what it refers to has no identifier that can be found'
					WHEN p.is_made THEN format('new column %s', p.column_name)
					ELSE format('column %s is there already', p.column_name)
				END AS message,
				NULL::text AS hint
			WHERE p.state = 'added'
			UNION ALL
			-- ----- a rename ------------------------------------------------
			SELECT 30,
				CASE WHEN p.other_auto_number IS NOT NULL THEN 'error'
					ELSE 'warning' END,
				NULL, NULL, 'attribute renamed',
				CASE WHEN p.is_made THEN osmeta.publish_add_column(
					p.table_name, p.column_name, p.column_type,
					p.is_auto_number, publish_attribute_step.dialect) END,
				CASE WHEN p.other_auto_number IS NOT NULL
					THEN 'Database Upgrade Error'
					ELSE 'Database Integrity Suggestion' END, true, NULL, NULL, NULL,
				format('%s is renamed: the data is not moved; it stays in column %s, which the metamodel knows no longer, and column %s is %s',
					p.old_attribute, p.old_column, p.column_name,
					CASE WHEN p.is_made THEN 'new' ELSE 'there already' END),
				format('After publishing, copy the values over: %s',
					CASE WHEN p.is_converted THEN 'their type changes too'
						ELSE format('UPDATE %s SET %s = %s', p.t, p.c,
							osmeta.engine_name(p.old_column,
								publish_attribute_step.dialect)) END)
			WHERE p.is_moved
			UNION ALL
			SELECT 0, 'note', NULL, NULL, 'attribute renamed', NULL, NULL,
				false, NULL, NULL, NULL,
				format('%s is renamed: its column %s stays',
					p.old_attribute, p.old_column),
				NULL
			WHERE p.is_renamed AND NOT p.is_moved
			UNION ALL
			-- ----- what is written into new columns ------------------------
			SELECT 50, 'note', NULL, NULL, 'null value written',
				'UPDATE ' || p.t || ' SET ' || p.c || ' = ' || p.null_value,
				NULL, true, NULL, NULL, NULL,
				CASE WHEN publish_attribute_step.dialect = 'postgres'
					THEN 'all rows are updated'
					ELSE 'all rows are updated; since version 11.11.1 not on Oracle and on SQL Server Enterprise'
				END,
				NULL
			WHERE p.is_made AND p.column_type IS NOT NULL
				AND p.null_value IS NOT NULL
				AND NOT p.is_auto_number
			UNION ALL
			SELECT 31 + s.number, 'note', NULL, NULL, s.change, s.statement,
				NULL, false, NULL, NULL, NULL,
				'the names of sequences and triggers are not known; these are made up',
				NULL
			FROM (SELECT 0 AS number, 'sequence created' AS change,
						osmeta.publish_sequence(p.table_name) AS statement
					UNION ALL
					SELECT 1, 'trigger created', osmeta.publish_trigger(
						p.table_name, p.column_name)) AS s
			WHERE publish_attribute_step.dialect = 'oracle'
				AND p.is_auto_number AND p.other_auto_number IS NULL
				AND (p.is_made OR p.state = 'table')
			UNION ALL
			-- ----- a column that is there already --------------------------
			SELECT 40,
				CASE WHEN p.is_lob OR p.is_numbering THEN 'error'
					ELSE 'warning' END,
				CASE WHEN p.is_lob OR p.is_numbering THEN 'error'
					ELSE 'warning' END,
				'error', 'column taken over',
				CASE WHEN NOT p.left_fits THEN osmeta.publish_alter_column(
					p.table_name, p.column_name, p.column_type,
					p.left_label, p.value_label, p.is_identifier,
					publish_attribute_step.dialect) END,
				NULL, true,
				CASE WHEN NOT p.left_fits THEN osmeta.publish_count_rows(p.t,
					osmeta.publish_condition(p.c, p.left_label, p.type,
						p.length, p.decimals,
						publish_attribute_step.dialect)) END,
				CASE WHEN NOT p.left_fits THEN osmeta.publish_count_rows('@1 AS t',
					osmeta.publish_local_condition(p.left_label, p.type,
						p.length, p.decimals,
						publish_attribute_step.dialect)) END,
				p.count_table,
				format('column %s of type %s is there already, %s: %s, and the data in it appears again',
					p.column_name, p.left_type,
					CASE
						WHEN p.left_attribute IS NOT NULL THEN
							format('left over by removed attribute %s',
								p.left_attribute)
						WHEN p.left_active IS NOT NULL THEN
							format('that of attribute %s until now',
								p.left_active)
						ELSE 'which no removed attribute names'
					END,
					CASE WHEN p.left_fits THEN 'it is taken over as it is'
						WHEN p.is_lob THEN format('Oracle cannot convert it to %s',
							p.column_type)
						WHEN p.is_numbering THEN format('it numbers its rows and cannot be converted to %s',
							p.column_type)
						ELSE format('it is converted to %s', p.column_type)
						END),
				format('Drop the column first, or empty it: %s',
					format('ALTER TABLE %s DROP COLUMN %s', p.t, p.c))
			WHERE (p.state = 'added' OR p.is_moved) AND NOT p.is_made
			UNION ALL
			SELECT 0, 'error', NULL, NULL, 'second auto number', NULL,
				'Database Upgrade Error', false, NULL, NULL, NULL,
				format('column %s of the table is an auto number already, and a table has one',
					p.other_auto_number),
				'Drop the left-over column first.'
			WHERE p.other_auto_number IS NOT NULL
			UNION ALL
			SELECT 0, 'warning', NULL, NULL, 'second binary attribute', NULL,
				NULL, false, NULL, NULL, NULL,
				format('the entity has %s attributes of type Binary Data; the platform knows one',
					p.binary_count),
				NULL
			WHERE p.state IN ('table', 'added') AND p.label = 'Binary Data'
				AND p.binary_count > 1
			UNION ALL
			-- ----- removals ------------------------------------------------
			SELECT 0, 'note', NULL, NULL, 'attribute removed', NULL, NULL,
				true, NULL, NULL, NULL,
				format(CASE WHEN p.local_type IS NOT NULL
					THEN 'nothing but the metamodel changes: column %s and its data stay'
					ELSE 'nothing but the metamodel changes: column %s is not in the catalogue' END,
					p.old_column),
				NULL
			WHERE p.state = 'removed'
			UNION ALL
			SELECT 0, 'warning', NULL, NULL, 'not null column left', NULL,
				'Database Integrity Suggestion', true, NULL, NULL, NULL,
				format('column %s accepts no NULL and has no default: inserts fail, since nothing fills it any more',
					p.old_column),
				format('ALTER TABLE %s %s', p.t,
					CASE publish_attribute_step.dialect
						WHEN 'postgres' THEN format(
							'ALTER COLUMN %s DROP NOT NULL',
							osmeta.engine_name(p.old_column, 'postgres'))
						ELSE format('DROP COLUMN %s',
							osmeta.engine_name(p.old_column,
								publish_attribute_step.dialect)) END)
			WHERE (p.state = 'removed' OR p.is_moved)
				AND NOT p.is_nullable AND NOT p.has_default
				AND NOT p.is_identity
			UNION ALL
			SELECT 0, 'warning', NULL, NULL, 'foreign key left', NULL, NULL,
				true, NULL, NULL, NULL,
				format(CASE WHEN p.fk_action = 'cascade'
					THEN '%s stays on column %s: rows are still deleted together with those of %s'
					ELSE '%s stays on column %s: rows of %s that it refers to cannot be deleted' END,
					p.fk_name, p.old_column, p.fk_table),
				osmeta.publish_drop_constraint(p.table_name, p.fk_name,
					publish_attribute_step.dialect)
			WHERE (p.state = 'removed' OR p.is_moved)
				AND p.fk_name IS NOT NULL
			UNION ALL
			-- ----- other types ---------------------------------------------
			SELECT 40,
				CASE
					WHEN p.is_moved THEN 'note'
					WHEN p.is_lob OR p.is_numbering THEN 'error'
					WHEN p.type_change = 'text made limited' THEN 'error'
					WHEN p.type_change = 'reference retargeted' THEN 'warning'
					WHEN NOT p.is_converted THEN 'note'
					WHEN p.type_change = 'length shrunk' THEN 'error'
					WHEN p.type_change = 'text made unlimited' THEN
						CASE WHEN publish_attribute_step.dialect = 'oracle'
							THEN 'error' ELSE 'warning' END
					WHEN p.condition IS NULL THEN 'note'
					ELSE 'warning'
				END,
				CASE
					WHEN p.is_lob OR p.is_numbering THEN 'error'
					WHEN p.type_change IN ('text made limited',
						'length shrunk', 'reference retargeted')
						OR p.is_doubtful
						THEN 'warning'
					ELSE 'note'
				END,
				'error', p.type_change,
				CASE WHEN p.is_converted AND NOT p.is_moved
					THEN osmeta.publish_alter_column(p.table_name,
						p.column_name, p.column_type, p.old_value_label,
						p.value_label, p.is_identifier,
						publish_attribute_step.dialect) END,
				CASE WHEN NOT p.is_moved AND (p.type_change
						= 'text made limited'
					OR p.type_change = 'length shrunk' AND p.is_converted
					OR p.type_change = 'text made unlimited'
						AND publish_attribute_step.dialect = 'oracle')
					THEN 'Database Upgrade Error' END,
				NOT p.is_moved,
				osmeta.publish_count_rows(p.t, p.condition),
				osmeta.publish_count_rows('@1 AS t', p.local_condition),
				p.count_table,
				CASE
					WHEN p.is_moved THEN format('from %s to %s: that of the new column; nothing is converted',
						p.old_label, p.label)
					WHEN p.type_change = 'reference retargeted'
						AND p.old_target = p.target_key THEN
						'what it refers to is identified by another column: the values that are there are read as values of that one'
					WHEN p.type_change = 'reference retargeted' THEN
						'it refers to another entity: the values that are there are read as identifiers of that one'
					WHEN p.old_column_type IS NULL OR p.column_type IS NULL
						THEN 'the type of its column is not known: what it refers to has no identifier that can be found'
					WHEN NOT p.is_converted THEN format('the column stays %s: nothing is done',
						p.column_type)
					WHEN p.is_lob
						THEN format('from %s to %s: Oracle cannot change the one into the other',
							p.old_column_type, p.column_type)
					WHEN p.is_numbering
						THEN format('from %s to %s: the column numbers its rows, which only whole numbers can',
							p.old_column_type, p.column_type)
					WHEN p.is_doubtful
						THEN format('from %s to %s: SQL Server may refuse it, whatever the rows hold',
							p.old_column_type, p.column_type)
					WHEN p.type_change IN ('length shrunk',
						'text made limited') THEN
						format('from %s to %s: refused, or data is lost',
							p.old_column_type, p.column_type)
					WHEN p.type_change = 'identifier type changed' THEN
						format('from %s to %s: it follows the identifier of what it refers to',
							p.old_column_type, p.column_type)
					ELSE format('from %s to %s', p.old_column_type,
							p.column_type)
						|| CASE
							WHEN p.type_change IN ('length grown',
								'text made unlimited') THEN ''
							WHEN p.condition IS NULL
								THEN ': every row converts'
							ELSE ': converted if every row can be, else publishing fails'
						END
						|| CASE WHEN p.is_identifier
								AND p.type_change = 'type changed'
							THEN '; the references to the entity follow'
							ELSE '' END
				END,
				CASE
					WHEN p.is_moved OR NOT p.is_converted THEN NULL
					WHEN p.is_lob OR p.is_numbering
						THEN 'Add a new attribute and copy the values over.'
					WHEN p.condition IS NOT NULL THEN
						'Change the rows that offender_query counts before publishing.'
				END
			WHERE p.type_change IS NOT NULL
				-- the one number of twenty digits is the other to Oracle
				AND NOT (publish_attribute_step.dialect = 'oracle'
					AND NOT p.is_moved AND NOT p.is_converted
					AND p.old_label <> p.label
					AND p.old_label IN ('Long Integer', 'Decimal')
					AND p.label IN ('Long Integer', 'Decimal'))
			UNION ALL
			-- SQL Server changes no column that is part of a key
			SELECT k.step, 'note', NULL, NULL, k.change, k.statement, NULL,
				true, NULL, NULL, NULL,
				'SQL Server changes no column of a key: it is made anew',
				NULL
			FROM (SELECT 16 AS step, 'primary key dropped' AS change,
						osmeta.publish_drop_constraint(p.table_name,
							coalesce(p.pk_name, osmeta.primary_key_name(
								p.table_name)), 'sqlserver') AS statement
					UNION ALL
					SELECT 54, 'primary key added',
						format('ALTER TABLE %s ADD CONSTRAINT %s PRIMARY KEY (%s)',
							p.t, osmeta.engine_name(coalesce(p.pk_name,
								osmeta.primary_key_name(p.table_name)),
								'sqlserver'), p.c)) AS k
			WHERE publish_attribute_step.dialect = 'sqlserver'
				AND p.is_identifier AND p.was_identifier
				AND p.state = 'kept' AND p.is_converted AND NOT p.is_moved
			UNION ALL
			-- ----- foreign keys --------------------------------------------
			SELECT 10, 'note', NULL, NULL, 'foreign key dropped',
				CASE WHEN p.fk_name IS NOT NULL OR NOT p.is_found
					THEN osmeta.publish_drop_constraint(p.table_name,
						coalesce(p.fk_name, osmeta.publish_object_name(
							osmeta.foreign_key_name(p.table_name,
								p.parent_table, p.column_name),
							publish_attribute_step.dialect)),
						publish_attribute_step.dialect) END,
				NULL, false, NULL, NULL, NULL,
				CASE
					WHEN p.fk_name IS NULL AND p.is_found
						THEN 'there is none in the catalogue'
					WHEN p.label IS DISTINCT FROM 'Identifier'
						THEN 'it is no reference any more'
					WHEN NOT p.has_rule THEN format(
						'Delete Rule %s becomes Ignore', p.old_rule_word)
					WHEN p.gets_key THEN 'it is made anew'
				END,
				NULL
			WHERE p.loses_key
			UNION ALL
			SELECT 11, 'note', NULL, NULL, 'index dropped',
				format(CASE publish_attribute_step.dialect
						WHEN 'sqlserver' THEN 'DROP INDEX %s ON %s'
						ELSE 'DROP INDEX %s' END,
					osmeta.engine_name(p.fk_index,
						publish_attribute_step.dialect), p.t),
				NULL, false, NULL, NULL, NULL,
				'the index of the foreign key', NULL
			WHERE p.loses_key AND NOT p.has_rule AND p.fk_index IS NOT NULL
			UNION ALL
			SELECT 65, 'note', NULL, NULL, 'index added',
				osmeta.publish_create_index(p.table_name,
					ARRAY[p.column_name], false,
					publish_attribute_step.dialect),
				NULL, true, NULL, NULL, NULL,
				CASE WHEN publish_attribute_step.dialect = 'oracle'
					THEN format('the index of the foreign key, OSIDX_%s_ and five digits',
						p.table_name)
					ELSE 'the index of the foreign key' END,
				NULL
			WHERE p.gets_key AND p.parent_table IS NOT NULL
				AND NOT p.is_identifier AND p.column_type IS NOT NULL
				AND (p.state IN ('table', 'added') OR p.is_moved
					OR NOT p.old_has_rule)
				AND (p.is_moved OR p.fk_index IS NULL)
				AND p.left_fk IS NULL
			UNION ALL
			SELECT 70,
				CASE
					WHEN p.parent_table IS NULL THEN 'warning'
					WHEN p.left_fk IS NOT NULL THEN 'note'
					WHEN p.state = 'table' OR p.is_made
						OR p.old_has_rule AND p.old_target = p.target_key
							AND NOT p.is_rekeyed
						THEN 'note'
					ELSE 'warning'
				END,
				'note', 'error', 'foreign key added',
				CASE WHEN p.left_fk IS NULL AND p.column_type IS NOT NULL
					THEN osmeta.publish_add_foreign_key(p.table_name,
					p.column_name, p.parent_table, p.parent_column,
					p.delete_rule, publish_attribute_step.dialect) END,
				NULL, true,
				CASE WHEN NOT q.is_risky OR p.left_fk IS NOT NULL THEN NULL
					WHEN p.is_parent_new THEN osmeta.publish_count_rows(p.t,
						p.c || ' IS NOT NULL')
					ELSE osmeta.publish_count_orphans(p.t, p.c,
						osmeta.engine_name(p.parent_table,
							publish_attribute_step.dialect),
						osmeta.engine_name(p.parent_column,
							publish_attribute_step.dialect),
						q.family, q.parent_family, q.wanted,
						publish_attribute_step.dialect) END,
				CASE WHEN NOT q.is_risky OR p.left_fk IS NOT NULL THEN NULL
					WHEN p.is_parent_new
						THEN 'SELECT count(*) FROM @1 AS c WHERE c.c1 IS NOT NULL'
					ELSE format('SELECT count(*) FROM (SELECT %s AS c1 FROM @1 AS t) AS c LEFT JOIN (SELECT %s AS c1 FROM @2 AS t) AS p ON p.c1 = c.c1 WHERE c.c1 IS NOT NULL AND p.c1 IS NULL',
						osmeta.publish_local_key(q.family, q.wanted,
							publish_attribute_step.dialect),
						osmeta.publish_local_key(q.parent_family, q.wanted,
							publish_attribute_step.dialect)) END,
				CASE WHEN p.is_parent_new THEN p.count_table
					ELSE p.count_table || osmeta.publish_count_table(
						p.parent_table, ARRAY[p.parent_column],
						ARRAY[p.parent_local_type]) END,
				CASE
					WHEN p.parent_table IS NULL
						THEN 'the table that it refers to is not known'
					WHEN p.left_fk IS NOT NULL THEN
						format('%s is there already', p.left_fk)
					WHEN q.is_risky AND p.is_parent_new THEN format('Delete Rule %s: fails on all rows that refer to one, since %s has no such values yet',
						p.rule_word, p.parent_table)
					WHEN q.is_risky THEN format('Delete Rule %s: fails on rows that refer to no row of %s',
						p.rule_word, p.parent_table)
					ELSE format('Delete Rule %s', p.rule_word)
				END,
				CASE WHEN q.is_risky AND p.left_fk IS NULL THEN
					'Change the rows that offender_query counts before publishing.' END
			FROM (SELECT p.state <> 'table' AND NOT p.is_made
						AND p.parent_table IS NOT NULL
						AND NOT (p.state = 'kept' AND p.old_has_rule
							AND NOT p.is_rekeyed
							AND coalesce(p.old_target = p.target_key, false))
						AS is_risky,
						osmeta.publish_family(p.local_type) AS family,
						osmeta.publish_family(p.parent_local_type)
							AS parent_family,
						osmeta.publish_family(p.value_label) AS wanted)
					AS q
			WHERE p.gets_key
			UNION ALL
			-- ----- what the database does not see --------------------------
			SELECT 0, 'note', NULL, NULL, 'mandatory changed', NULL, NULL,
				false, NULL, NULL, NULL,
				format(CASE WHEN p.is_mandatory
					THEN 'it becomes mandatory: column %s accepts NULL all the same, and rows without a value stay'
					ELSE 'it is mandatory no longer: column %s accepts NULL already' END,
					p.column_name),
				NULL
			WHERE p.state = 'kept' AND p.old_is_mandatory <> p.is_mandatory
			UNION ALL
			SELECT 0, 'note', NULL, NULL, 'default value changed', NULL, NULL,
				false, NULL, NULL, NULL,
				'rows keep their values; nothing is known to be done in the database',
				NULL
			WHERE p.state = 'kept'
				AND p.old_default IS DISTINCT FROM p.default_value
			UNION ALL
			SELECT 0, 'warning', NULL, NULL, 'auto number changed', NULL,
				NULL, false, NULL, NULL, NULL,
				format('%s; what the platform does then is not known',
					CASE WHEN p.is_auto_number
						THEN 'it becomes an auto number'
						ELSE 'it is an auto number no longer' END),
				NULL
			WHERE p.state = 'kept' AND NOT p.is_moved
				AND p.old_is_auto_number <> p.is_auto_number
			) AS x
	UNION ALL
	-- ----- a table that is not where it is said to be ---------------------
	SELECT DISTINCT 0, 'warning', NULL, NULL, p.key_text, NULL, p.espace,
		p.entity, NULL, -1::bigint, 'table not found', NULL, NULL,
		NULL::bigint, NULL::bigint, NULL, NULL, NULL::jsonb,
		CASE WHEN p.table_name IS NULL
			THEN 'the metamodel does not say which table the entity has: there are no statements for it'
			ELSE format('table %s is not in the catalogue: statements fail if it is not there',
				p.table_name) END,
		NULL
	FROM place AS p
	WHERE p.state <> 'table' AND NOT p.is_found
		AND (p.table_name IS NULL OR EXISTS (SELECT 1
			FROM osmeta.captured_physical_table AS k
			WHERE k.capture_id = publish_attribute_step.old_id))
	UNION ALL
	-- ----- attributes that nothing can be said of -------------------------
	SELECT 0, 'warning', NULL, NULL, e.key_text, NULL, e.espace, e.entity,
		NULL, -1, 'attribute left out', NULL, NULL, NULL, NULL, NULL, NULL,
		NULL,
		format('the SS_Key of %s cannot be read: what publishing does to it is not known',
			string_agg(coalesce(n.name, '(no name)'), ', ' ORDER BY n.id)),
		NULL
	FROM osmeta.publish_entity(publish_attribute_step.old_id,
			publish_attribute_step.new_id) AS e
		JOIN osmeta.captured_entity_attr AS n
			ON n.capture_id = publish_attribute_step.new_id
			AND n.entity_id = e.new_entity_id
		LEFT JOIN osmeta.captured_entity_attr AS o
			ON o.capture_id = publish_attribute_step.old_id
			AND o.entity_id = e.old_entity_id AND o.name = n.name
			AND o.is_active
	WHERE e.state <> 'removed' AND n.is_active
		AND osmeta.readable_key(n.ss_key) IS NULL
		AND (e.state = 'added' OR o.id IS NULL)
	GROUP BY e.key_text, e.espace, e.entity
	UNION ALL
	-- ----- tables of new entities ----------------------------------------
	SELECT 20, CASE WHEN n.statement IS NULL OR n.unknown > 0 THEN 'warning'
			ELSE 'note' END,
		NULL, NULL, n.key_text, NULL, n.espace, n.entity, NULL, -1,
		'entity added', n.statement, NULL, NULL, NULL, NULL, NULL, NULL,
		CASE WHEN n.statement IS NULL
				THEN format('no attribute is known that table %s could be made of',
					n.table_name)
				ELSE format('new table %s', n.table_name) END
			|| CASE WHEN n.taken_by IS NOT NULL
				THEN format('; the name %s is taken by %s', n.wanted_name,
					n.taken_by) ELSE '' END
			|| CASE WHEN n.unknown > 0
				THEN format('; without %s columns whose type is not known',
					n.unknown) ELSE '' END,
		NULL
	FROM (SELECT g.key_text, e.espace, e.entity, g.table_name, g.wanted_name,
				g.taken_by,
				count(*) FILTER (WHERE p.column_type IS NULL
					AND p.key_text IS NOT NULL) AS unknown,
				format('CREATE TABLE %s (%s)',
					osmeta.engine_name(g.table_name,
						publish_attribute_step.dialect),
					string_agg(osmeta.publish_column(p.column_name,
						p.column_type, p.is_auto_number, p.is_identifier,
						publish_attribute_step.dialect), ', '
						ORDER BY p.ordinal, p.attribute_key)
						FILTER (WHERE p.column_type IS NOT NULL)
					|| CASE WHEN e.multitenant AND NOT coalesce(bool_or(
							osmeta.fold_name(p.column_name) = 'tenant_id'),
							false)
						THEN ', ' || osmeta.publish_column('TENANT_ID',
							osmeta.publish_type('rtInteger', 0, 0,
								publish_attribute_step.dialect), false,
							false, publish_attribute_step.dialect)
						ELSE '' END
					|| coalesce(format(', CONSTRAINT %s PRIMARY KEY (%s)',
						osmeta.engine_name(osmeta.publish_object_name(
							osmeta.primary_key_name(g.table_name),
							publish_attribute_step.dialect),
							publish_attribute_step.dialect),
						min(p.c) FILTER (WHERE p.is_identifier
							AND p.column_type IS NOT NULL))
						|| left(min(p.c) FILTER (WHERE p.is_identifier
							AND p.column_type IS NOT NULL), 0), ''))
					|| left(min(p.column_type), 0) AS statement
			FROM osmeta.publish_new_table(publish_attribute_step.old_id,
					publish_attribute_step.new_id,
					publish_attribute_step.dialect) AS g
				JOIN osmeta.publish_entity(publish_attribute_step.old_id,
						publish_attribute_step.new_id) AS e
					ON e.key_text = g.key_text
				LEFT JOIN place AS p
					ON p.key_text = g.key_text AND p.state = 'table'
			GROUP BY g.key_text, e.espace, e.entity, g.table_name,
				g.wanted_name, g.taken_by, e.multitenant) AS n
	UNION ALL
	-- ----- what stands on what changes ------------------------------------
	SELECT 9, 'error', NULL::text, NULL::text, b.key_text, b.attribute_key,
		b.espace, b.entity, b.attribute, b.ordinal,
		'foreign key in the way', NULL::text, NULL::text, NULL::bigint,
		NULL::bigint, NULL::text, NULL::text, NULL::jsonb,
		format('foreign key %s of table %s (%s) stands on %s: %s, and no attribute of the new model has the key, so that nothing is known to drop it',
			b.key_name, b.table_name, array_to_string(b.columns, ', '),
			b.what, b.why),
		format('Drop it before publishing: %s',
			osmeta.publish_drop_constraint(b.table_name, b.key_name,
				publish_attribute_step.dialect))
	FROM (SELECT DISTINCT ON (b.table_id, b.key_name) b.*
			FROM blocker AS b
			ORDER BY b.table_id, b.key_name, b.attribute_key IS NULL,
				b.key_text, b.attribute_key) AS b
		LEFT JOIN (SELECT DISTINCT p.table_id, p.fk_name
				FROM stood AS p
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
					ON u.capture_id = publish_attribute_step.old_id
					AND u.table_id = x.table_id AND u.kind = 'u'
					AND u.key_name = x.index_name
			WHERE x.capture_id = publish_attribute_step.old_id
				AND NOT coalesce(x.is_primary, false) AND NOT a.is_grown
				AND EXISTS (SELECT 1
					FROM unnest(x.columns) AS c (name)
					WHERE osmeta.fold_name(c.name) COLLATE "C" = a.folded)
			ORDER BY x.table_id, x.index_name, a.ordinal, a.attribute_key)
			AS i
		LEFT JOIN (SELECT DISTINCT p.table_id, p.fk_index
				FROM stood AS p
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
	WHERE publish_attribute_step.dialect = 'sqlserver' AND d.fk_index IS NULL;
END;
COMMENT ON FUNCTION osmeta.publish_attribute_step(bigint, bigint, text) IS
	'Internal: what publishing does to tables and columns because of attributes';
