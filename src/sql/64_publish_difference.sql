/*
 * 64_publish_difference: what differs between the model of one capture and
 * the model and database of another, where it shall be published.
 *
 * publish_entity and publish_attribute say what differs, by key and never by
 * name, and where it stands in the database as it is; the others do so for
 * tables that are new, foreign keys, unique indexes, static records, and
 * entities that were cut and pasted.  All are set based: one pass over either
 * model, then work on what differs.
 *
 * What is published are the active espaces of the new model.  Entities of
 * extensions and of the platform itself are not made by publishing an espace,
 * and client entities have no table: none of them is here.
 */

CREATE FUNCTION osmeta.publish_table_names(espaces text[], entities text[],
	dialect text, taken text[])
RETURNS text[]
AS 'MODULE_PATHNAME', 'osmeta_publish_table_names'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION osmeta.publish_table_names(text[], text[], text, text[]) IS
	'Internal: the names of tables that are made one after the other';

-- The tables that stand in the database, one for each folded name.
CREATE FUNCTION osmeta.publish_table(capture_id bigint)
RETURNS TABLE (folded text, table_id bigint, table_name text,
	row_count bigint, bytes bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT DISTINCT ON (t.folded) t.folded, t.table_id, t.table_name,
		t.row_count, t.bytes
	FROM (SELECT osmeta.fold_name(p.table_name) COLLATE "C" AS folded,
				p.table_id, p.table_name, p.row_count,
				p.kind IS DISTINCT FROM 'view' AS is_table,
				CASE WHEN coalesce(p.data_bytes, p.index_bytes, p.lob_bytes)
						IS NOT NULL
					THEN coalesce(p.data_bytes, 0)
						+ coalesce(p.index_bytes, 0)
						+ coalesce(p.lob_bytes, 0) END AS bytes
			FROM osmeta.captured_physical_table AS p
			WHERE p.capture_id = publish_table.capture_id) AS t
	ORDER BY t.folded, t.is_table DESC, t.table_id;
END;
COMMENT ON FUNCTION osmeta.publish_table(bigint) IS
	'Internal: the tables of a capture''s database, one for each folded name';

/*
 * Entities of the espaces that are published.  state: kept, restored (soft
 * deleted where its table still stands), added, removed.
 */
CREATE FUNCTION osmeta.publish_entity(old_id bigint, new_id bigint)
RETURNS TABLE (key_text text, entity_key osmeta.oskey, owner_key text,
	state text, espace text, entity text, old_espace text, old_entity text,
	old_entity_id bigint, new_entity_id bigint, table_id bigint,
	table_name text, is_found boolean, row_count bigint, bytes bigint,
	old_multitenant boolean, multitenant boolean, old_events boolean,
	events boolean, old_kind text, kind text, old_primary_key text,
	primary_key text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT m.key_text, m.entity_key, m.owner_key,
		CASE
			WHEN NOT m.is_new THEN 'removed'
			WHEN m.is_old THEN 'kept'
			WHEN o.id IS NOT NULL
				AND (p.table_id IS NOT NULL OR NOT m.is_known)
				THEN 'restored'
			ELSE 'added'
		END,
		m.espace, coalesce(CASE WHEN m.is_new THEN m.target_entity END,
			m.source_entity),
		m.source_espace, m.source_entity, m.source_entity_id,
		m.target_entity_id, p.table_id,
		coalesce(p.table_name, NULLIF(btrim(o.physical_table_name), '')),
		p.table_id IS NOT NULL, p.row_count, p.bytes,
		coalesce(o.multitenant, false), coalesce(n.multitenant, false),
		coalesce(o.expose_process_events, false),
		coalesce(n.expose_process_events, false), o.data_kind, n.data_kind,
		osmeta.readable_key(o.primarykey_ss_key),
		osmeta.readable_key(n.primarykey_ss_key)
	FROM (SELECT e.entity_key::text COLLATE "C" AS key_text, e.entity_key,
				w.owner_key, w.name AS espace, e.source_espace,
				e.source_entity, e.target_entity, e.source_entity_id,
				e.target_entity_id,
				coalesce(e.source_is_effective, false) AS is_old,
				coalesce(e.target_is_effective, false) AS is_new,
				EXISTS (SELECT 1
					FROM osmeta.captured_physical_table AS k
					WHERE k.capture_id = publish_entity.old_id) AS is_known
			FROM osmeta.matched_entity(publish_entity.old_id,
					publish_entity.new_id) AS e
				JOIN osmeta.counted_owner(publish_entity.new_id) AS w
					ON w.owner_key
						= osmeta.owner_key(e.entity_key) COLLATE "C"
			-- not what is equal: of that the planner expects next to nothing
			WHERE w.kind <> 'extension' AND w.is_active) AS m
		LEFT JOIN osmeta.captured_entity AS o
			ON o.capture_id = publish_entity.old_id
			AND o.id = m.source_entity_id
		LEFT JOIN osmeta.captured_entity AS n
			ON n.capture_id = publish_entity.new_id
			AND n.id = m.target_entity_id
		LEFT JOIN osmeta.publish_table(publish_entity.old_id) AS p
			ON p.folded = osmeta.fold_name(btrim(o.physical_table_name))
				COLLATE "C"
	WHERE (m.is_new OR m.is_old)
		AND greatest(o.is_system::int, n.is_system::int, o.is_external::int,
			n.is_external::int) IS DISTINCT FROM 1
		AND coalesce(osmeta.fold_name(
			CASE WHEN m.is_new THEN n.data_kind ELSE o.data_kind END), '')
			<> 'cliententity';
END;
COMMENT ON FUNCTION osmeta.publish_entity(bigint, bigint) IS
	'Internal: the entities of the espaces that are published, on both sides';

-- What a reference can refer to, with the type that its column has then.  The
-- views show all captures together: whoever needs two asks for both at once.
CREATE FUNCTION osmeta.publish_target(captures bigint[])
RETURNS TABLE (capture_id bigint, key_text text, value_type text, value_length bigint,
	value_decimals bigint, physical_table_name text, column_name text,
	is_external boolean, is_effective boolean, identifier_key text,
	attribute text, is_auto_number boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT k.store_id, k.key::text COLLATE "C", v.value_type, v.value_length,
		v.value_decimals, btrim(k.physical_table_name),
		coalesce(NULLIF(btrim(a.database_name), ''),
			osmeta.physical_column_name(a.name)),
		coalesce(e.is_external, false)
			OR coalesce(osmeta.fold_name(e.data_kind), '') = 'cliententity',
		k.is_effective, osmeta.readable_key(e.primarykey_ss_key), a.name,
		coalesce(a.is_autonumber, false)
	FROM osmeta.key_entity AS k
		JOIN osmeta.captured_entity AS e
			ON e.capture_id = k.store_id AND e.id = k.entity_id
		LEFT JOIN osmeta.identifier_type AS v
			ON v.store_entity = k.store_entity
		LEFT JOIN osmeta.identifier AS i
			ON i.store_entity = k.store_entity
		LEFT JOIN osmeta.captured_entity_attr AS a
			ON a.capture_id = i.store_id AND a.id = i.attribute_id
	WHERE k.store_id = ANY (publish_target.captures);
END;
COMMENT ON FUNCTION osmeta.publish_target(bigint[]) IS
	'Internal: the entities of captures with the type of their identifier';

/*
 * Entities whose rows come to be identified by another column: another
 * attribute identifies them, or the one that does is renamed and gets a new
 * column.  column_name is that of the old database once the new model is
 * published there, is_there says whether it has it already.
 */
CREATE FUNCTION osmeta.publish_identifier(old_id bigint, new_id bigint)
RETURNS TABLE (key_text text, attribute text, is_renamed boolean,
	column_name text, is_there boolean, local_type text,
	is_nullable boolean, type text, length bigint, decimals bigint,
	is_auto_number boolean, is_reference boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH side AS MATERIALIZED (
		SELECT t.*
		FROM osmeta.publish_target(ARRAY[publish_identifier.old_id,
			publish_identifier.new_id]) AS t
	), changed AS MATERIALIZED (
		SELECT e.key_text, e.table_id, e.old_entity_id, e.new_entity_id,
			e.primary_key, n.attribute, n.column_name, n.value_type,
			n.value_length, n.value_decimals, n.is_auto_number,
			e.old_primary_key IS NOT DISTINCT FROM e.primary_key
				AS is_renamed
		FROM osmeta.publish_entity(publish_identifier.old_id,
				publish_identifier.new_id) AS e
			JOIN side AS n
				ON n.capture_id = publish_identifier.new_id
				AND n.key_text = e.key_text
			LEFT JOIN side AS o
				ON o.capture_id = publish_identifier.old_id
				AND o.key_text = e.key_text
		WHERE e.state IN ('kept', 'restored')
			AND (e.old_primary_key IS DISTINCT FROM e.primary_key
				OR n.attribute <> o.attribute
					AND osmeta.fold_name(n.column_name)
						<> osmeta.fold_name(o.column_name))
	)
	SELECT DISTINCT ON (c.key_text) c.key_text, c.attribute, c.is_renamed,
		coalesce(p.column_name, v.name), p.column_name IS NOT NULL,
		p.local_type, p.is_nullable, c.value_type, c.value_length,
		c.value_decimals, c.is_auto_number,
		coalesce(osmeta.data_type(nx.type) = 'Identifier', false)
	FROM changed AS c
		LEFT JOIN osmeta.captured_entity_attr AS nx
			ON nx.capture_id = publish_identifier.new_id
			AND nx.entity_id = c.new_entity_id AND nx.is_active
			AND osmeta.readable_key(nx.ss_key) = c.primary_key
		LEFT JOIN osmeta.captured_entity_attr AS ox
			ON ox.capture_id = publish_identifier.old_id
			AND ox.entity_id = c.old_entity_id AND ox.is_active
			AND osmeta.readable_key(ox.ss_key) = c.primary_key
		CROSS JOIN LATERAL (SELECT CASE WHEN ox.name = c.attribute
			THEN coalesce(NULLIF(btrim(ox.database_name), ''),
				osmeta.physical_column_name(ox.name))
			ELSE c.column_name END AS name) AS v
		LEFT JOIN osmeta.captured_physical_column AS p
			ON p.capture_id = publish_identifier.old_id
			AND p.table_id = c.table_id
			AND osmeta.fold_name(p.column_name) = osmeta.fold_name(v.name)
	ORDER BY c.key_text, p.column_name COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.publish_identifier(bigint, bigint) IS
	'Internal: entities whose rows come to be identified by another column';

-- All attributes of a capture that have a key.
CREATE FUNCTION osmeta.publish_side(capture_id bigint)
RETURNS TABLE (key_text text, attribute_key text, attribute text,
	database_name text, column_name text, label text, target_key text,
	type text, length bigint, decimals bigint, is_mandatory boolean,
	is_auto_number boolean, delete_rule text, default_value text,
	is_active boolean, ordinal bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT a.key_text, a.attribute_key, a.attribute,
		NULLIF(btrim(c.database_name), ''), a.column_name,
		osmeta.data_type(a.type), c.refers_to::text COLLATE "C", a.type,
		a.length, a.decimals, a.is_mandatory, a.is_auto_number,
		coalesce(osmeta.fold_name(btrim(a.delete_rule)), 'protect'),
		coalesce(c.default_value, ''), a.is_active, c.order_num
	FROM osmeta.counted_attribute(publish_side.capture_id) AS a
		JOIN osmeta.captured_entity_attr AS c
			ON c.capture_id = publish_side.capture_id
			AND c.id = a.attribute_id;
END;
COMMENT ON FUNCTION osmeta.publish_side(bigint) IS
	'Internal: the attributes of a capture';

/*
 * Attributes that differ, of entities that are kept or restored, and all of
 * those that are added.  state: table (of a new table), kept, added, removed.
 * A renamed attribute whose column is another one then is_moved.
 */
CREATE FUNCTION osmeta.publish_attribute(old_id bigint, new_id bigint,
	dialect text)
RETURNS TABLE (key_text text, attribute_key text, state text,
	espace text, entity text, attribute text, old_attribute text,
	table_id bigint, table_name text, row_count bigint, bytes bigint,
	old_column text, new_column text, is_moved boolean,
	is_renamed boolean, old_label text, label text, old_type text,
	old_length bigint, old_decimals bigint, type text, length bigint,
	decimals bigint, old_column_type text, column_type text,
	is_converted boolean, old_target text, target_key text,
	old_has_rule boolean, has_rule boolean, old_delete_rule text,
	delete_rule text, old_is_mandatory boolean, is_mandatory boolean,
	old_is_auto_number boolean, is_auto_number boolean,
	old_default text, default_value text, ordinal bigint,
	is_identifier boolean, was_identifier boolean, is_restored boolean,
	entity_state text, old_entity_id bigint, new_entity_id bigint,
	is_rekeyed boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH target AS MATERIALIZED (
		SELECT t.capture_id, t.key_text, t.value_type, t.value_length,
			t.value_decimals, t.is_external
		FROM osmeta.publish_target(ARRAY[publish_attribute.old_id,
			publish_attribute.new_id]) AS t
	)
	SELECT d.*
	FROM (SELECT e.key_text, m.attribute_key,
				CASE
					WHEN e.state = 'added' THEN 'table'
					WHEN NOT m.is_new THEN 'removed'
					WHEN NOT m.is_old THEN 'added'
					ELSE 'kept'
				END AS state,
				e.espace, e.entity,
				CASE WHEN m.is_new THEN m.attribute ELSE m.old_attribute END,
				m.old_attribute, e.table_id, e.table_name, e.row_count,
				e.bytes, m.old_column,
				CASE
					WHEN m.is_old AND m.is_new
						AND m.attribute IS NOT DISTINCT FROM m.old_attribute
						AND e.state <> 'added'
						THEN m.old_column
					ELSE coalesce(m.database_name,
						osmeta.physical_column_name(m.attribute))
				END AS new_column,
				m.is_old AND m.is_new
					AND m.attribute IS DISTINCT FROM m.old_attribute
					AND osmeta.fold_name(coalesce(m.database_name,
						osmeta.physical_column_name(m.attribute)))
						IS DISTINCT FROM osmeta.fold_name(m.old_column)
					AND e.state <> 'added' AS is_moved,
				m.is_old AND m.is_new AND e.state <> 'added'
					AND m.attribute IS DISTINCT FROM m.old_attribute
					AS is_renamed,
				m.old_label, m.label, m.old_type, m.old_length,
				m.old_decimals, m.type, m.length, m.decimals,
				c.old_column_type, c.column_type,
				-- Oracle takes NUMBER(20) and NUMBER(20,0) for the same
				replace(c.column_type, ',0)', ')')
					IS DISTINCT FROM replace(c.old_column_type, ',0)', ')')
					AND c.column_type IS NOT NULL
					AND c.old_column_type IS NOT NULL AS is_converted,
				m.old_target, m.target_key,
				coalesce(m.old_has_rule, false) AS old_has_rule,
				coalesce(m.has_rule, false) AS has_rule,
				coalesce(m.old_delete_rule, 'protect') AS old_delete_rule,
				coalesce(m.delete_rule, 'protect') AS delete_rule,
				m.old_is_mandatory, m.is_mandatory, m.old_is_auto_number,
				m.is_auto_number, m.old_default, m.default_value,
				coalesce(m.ordinal, 2147483647),
				coalesce(m.attribute_key = CASE WHEN m.is_new
					THEN e.primary_key ELSE e.old_primary_key END, false)
					AS is_identifier,
				coalesce(m.attribute_key = e.old_primary_key, false)
					AS was_identifier,
				e.state = 'restored' OR m.is_known AND NOT m.is_old
					AS is_restored, e.state AS entity_state,
				e.old_entity_id, e.new_entity_id,
				-- what it refers to is identified by another column
				m.is_old AND m.is_new AND e.state <> 'added'
					AND r.key_text IS NOT NULL AS is_rekeyed
			FROM (SELECT coalesce(o.key_text, n.key_text) AS key_text,
						coalesce(o.attribute_key, n.attribute_key)
							AS attribute_key,
						coalesce(o.is_active, false) AS is_old,
						coalesce(n.is_active, false) AS is_new,
						o.key_text IS NOT NULL AS is_known,
						o.attribute AS old_attribute, n.attribute,
						o.column_name AS old_column, n.database_name,
						o.label AS old_label, n.label,
						CASE WHEN o.label = 'Identifier' THEN ot.value_type
							ELSE o.type END AS old_type,
						CASE WHEN o.label = 'Identifier' THEN ot.value_length
							ELSE o.length END AS old_length,
						CASE WHEN o.label = 'Identifier'
							THEN ot.value_decimals
							ELSE o.decimals END AS old_decimals,
						CASE WHEN n.label = 'Identifier' THEN nt.value_type
							ELSE n.type END AS type,
						CASE WHEN n.label = 'Identifier' THEN nt.value_length
							ELSE n.length END AS length,
						CASE WHEN n.label = 'Identifier'
							THEN nt.value_decimals
							ELSE n.decimals END AS decimals,
						o.target_key AS old_target, n.target_key,
						o.target_key IS NOT NULL
							AND NOT coalesce(ot.is_external, false)
							AND o.delete_rule <> 'ignore' AS old_has_rule,
						n.target_key IS NOT NULL
							AND NOT coalesce(nt.is_external, false)
							AND n.delete_rule <> 'ignore' AS has_rule,
						o.delete_rule AS old_delete_rule, n.delete_rule,
						o.is_mandatory AS old_is_mandatory, n.is_mandatory,
						o.is_auto_number AS old_is_auto_number,
						n.is_auto_number, o.default_value AS old_default,
						n.default_value,
						coalesce(n.ordinal, o.ordinal) AS ordinal
					FROM osmeta.publish_side(publish_attribute.old_id) AS o
						FULL JOIN osmeta.publish_side(
								publish_attribute.new_id) AS n
							ON n.key_text = o.key_text
							AND n.attribute_key = o.attribute_key
						LEFT JOIN target AS ot
							ON ot.capture_id = publish_attribute.old_id
							AND ot.key_text = o.target_key
						LEFT JOIN target AS nt
							ON nt.capture_id = publish_attribute.new_id
							AND nt.key_text = n.target_key) AS m
				JOIN osmeta.publish_entity(publish_attribute.old_id,
						publish_attribute.new_id) AS e
					ON e.key_text = m.key_text
				LEFT JOIN osmeta.publish_identifier(
						publish_attribute.old_id, publish_attribute.new_id)
						AS r
					ON r.key_text = m.target_key,
				LATERAL (SELECT osmeta.publish_type(m.old_type,
							m.old_length, m.old_decimals,
							publish_attribute.dialect) AS old_column_type,
						osmeta.publish_type(m.type, m.length, m.decimals,
							publish_attribute.dialect) AS column_type) AS c
			WHERE e.state <> 'removed' AND (m.is_new OR m.is_old)
				AND (e.state <> 'added' OR m.is_new)) AS d
	WHERE d.state <> 'kept' OR d.is_renamed OR d.is_converted
		OR d.is_rekeyed
		OR d.old_label IS DISTINCT FROM d.label
		OR d.old_target IS DISTINCT FROM d.target_key
		OR d.old_has_rule <> d.has_rule
		OR d.has_rule AND d.old_delete_rule <> d.delete_rule
		OR d.old_is_mandatory <> d.is_mandatory
		OR d.old_is_auto_number <> d.is_auto_number
		OR d.old_default IS DISTINCT FROM d.default_value
		OR d.old_length IS DISTINCT FROM d.length AND d.label <> 'Identifier'
		OR d.old_decimals IS DISTINCT FROM d.decimals
			AND d.label <> 'Identifier';
END;
COMMENT ON FUNCTION osmeta.publish_attribute(bigint, bigint, text) IS
	'Internal: the attributes that differ, of the espaces that are published';

-- By which rule does an Oracle factory name its tables?  By the one that
-- explains more of its names.
CREATE FUNCTION osmeta.publish_name_rule(capture_id bigint, dialect text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN publish_name_rule.dialect <> 'oracle'
	THEN publish_name_rule.dialect
	ELSE (SELECT CASE
			WHEN count(*) FILTER (WHERE osmeta.explain_physical_name(
					e.owner, e.entity, e.physical_table_name, 'oracle8')
					IN ('exact', 'numbered'))
				> count(*) FILTER (WHERE osmeta.explain_physical_name(
					e.owner, e.entity, e.physical_table_name, 'oracle')
					IN ('exact', 'numbered')) THEN 'oracle8'
			ELSE 'oracle' END
		FROM osmeta.counted_entity(publish_name_rule.capture_id) AS e
		WHERE e.has_espace AND e.physical_table_name <> '') END;
COMMENT ON FUNCTION osmeta.publish_name_rule(bigint, text) IS
	'Internal: the rule by which new tables of a factory are named';

/*
 * The tables that new entities get, and what has the name that each would
 * have got first.
 */
CREATE FUNCTION osmeta.publish_new_table(old_id bigint, new_id bigint,
	dialect text)
RETURNS TABLE (key_text text, table_name text, wanted_name text,
	taken_by text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH added AS MATERIALIZED (
		SELECT e.key_text, e.espace, e.entity,
			osmeta.espace_hash(e.espace) COLLATE "C" AS hash
		FROM osmeta.publish_entity(publish_new_table.old_id,
				publish_new_table.new_id) AS e
		WHERE e.state = 'added' AND e.espace IS NOT NULL
			AND e.entity IS NOT NULL
	), taken AS MATERIALIZED (
		SELECT n.folded, min(n.name) AS name, min(n.holder) AS holder,
			split_part(n.folded, '_', 2) COLLATE "C" AS hash
		FROM (SELECT osmeta.fold_name(t.table_name) COLLATE "C" AS folded,
					t.table_name AS name, NULL::text AS holder
				FROM osmeta.captured_physical_table AS t
				WHERE t.capture_id = publish_new_table.old_id
				UNION ALL
				SELECT osmeta.fold_name(e.physical_table_name),
					e.physical_table_name,
					format(CASE WHEN e.is_effective THEN 'entity %s.%s'
						ELSE 'entity %s.%s, which is not active' END,
						e.owner, e.entity)
				FROM osmeta.counted_entity(publish_new_table.old_id) AS e
				WHERE e.physical_table_name <> ''
				UNION ALL
				-- rows that share their key with the one that counts
				SELECT osmeta.fold_name(btrim(e.physical_table_name)),
					btrim(e.physical_table_name), NULL
				FROM osmeta.captured_entity AS e
				WHERE e.capture_id = publish_new_table.old_id
					AND btrim(e.physical_table_name) <> '') AS n
		GROUP BY n.folded
	), given AS MATERIALIZED (
		SELECT u.key_text, osmeta.publish_object_name(u.name,
				publish_new_table.dialect) AS table_name,
			osmeta.publish_object_name(osmeta.physical_table_name(u.espace,
				u.entity, g.rule), publish_new_table.dialect) AS wanted_name
		FROM (SELECT a.hash, r.rule,
					array_agg(a.key_text ORDER BY a.espace COLLATE "C",
						a.entity COLLATE "C", a.key_text) AS keys,
					array_agg(a.espace ORDER BY a.espace COLLATE "C",
						a.entity COLLATE "C", a.key_text) AS espaces,
					array_agg(a.entity ORDER BY a.espace COLLATE "C",
						a.entity COLLATE "C", a.key_text) AS entities
				FROM added AS a,
					(SELECT osmeta.publish_name_rule(
							publish_new_table.old_id,
							publish_new_table.dialect) AS rule
						OFFSET 0) AS r
				GROUP BY a.hash, r.rule) AS g
			LEFT JOIN (SELECT t.hash, array_agg(t.name) AS names
					FROM taken AS t
					GROUP BY t.hash) AS t ON t.hash = g.hash,
			LATERAL unnest(g.keys, g.espaces, g.entities,
				osmeta.publish_table_names(g.espaces, g.entities, g.rule,
					coalesce(t.names, '{}')))
				AS u (key_text, espace, entity, name)
	)
	SELECT g.key_text, g.table_name, g.wanted_name,
		CASE
			WHEN osmeta.fold_name(g.table_name)
				= osmeta.fold_name(g.wanted_name) THEN NULL
			WHEN t.folded IS NULL THEN 'another new entity'
			ELSE coalesce(t.holder, 'a table that no entity has')
		END
	FROM given AS g
		LEFT JOIN taken AS t
			ON t.folded = osmeta.fold_name(g.wanted_name) COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.publish_new_table(bigint, bigint, text) IS
	'Internal: the names that the tables of new entities get';

/*
 * Foreign keys that stand in the database, with the one column that the
 * platform's have.
 */
CREATE FUNCTION osmeta.publish_foreign_key(capture_id bigint)
RETURNS TABLE (table_id bigint, folded text, key_name text,
	target_table text, delete_action text, index_name text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT DISTINCT ON (k.table_id, k.folded) k.table_id, k.folded,
		k.key_name, k.target_table, k.delete_action, i.index_name
	FROM (SELECT f.table_id,
				osmeta.fold_name(f.columns[1]) COLLATE "C" AS folded,
				f.key_name, f.target_table, f.delete_action
			FROM osmeta.captured_physical_key AS f
			WHERE f.capture_id = publish_foreign_key.capture_id
				AND f.kind = 'f' AND cardinality(f.columns) = 1) AS k
		LEFT JOIN (SELECT x.table_id,
					osmeta.fold_name(x.columns[1]) COLLATE "C" AS folded,
					min(x.index_name) AS index_name
				FROM osmeta.captured_physical_index AS x
				WHERE x.capture_id = publish_foreign_key.capture_id
					AND cardinality(x.columns) = 1 AND NOT x.is_unique
					AND NOT x.is_partial AND x.columns[1] IS NOT NULL
				GROUP BY 1, 2) AS i
			ON i.table_id = k.table_id AND i.folded = k.folded
	ORDER BY k.table_id, k.folded, k.key_name;
END;
COMMENT ON FUNCTION osmeta.publish_foreign_key(bigint) IS
	'Internal: the foreign keys of a database that have one column, with their index';

/*
 * Unique indexes that the new model's database has for attributes of which
 * the old one has none, as keys of attributes; columns are those of the old
 * database, NULL where an attribute has none there yet.
 */
CREATE FUNCTION osmeta.publish_unique(old_id bigint, new_id bigint)
RETURNS TABLE (key_text text, columns text[], attributes text[],
	local_types text[], is_whole boolean, is_there boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH pair AS MATERIALIZED (
		SELECT e.key_text, e.table_id AS old_table, e.old_entity_id,
			e.new_entity_id, t.table_id AS new_table
		FROM osmeta.publish_entity(publish_unique.old_id,
				publish_unique.new_id) AS e
			JOIN osmeta.captured_entity AS n
				ON n.capture_id = publish_unique.new_id
				AND n.id = e.new_entity_id
			JOIN osmeta.publish_table(publish_unique.new_id) AS t
				ON t.folded = osmeta.fold_name(btrim(n.physical_table_name))
					COLLATE "C"
		WHERE e.state IN ('kept', 'restored')
	), part AS MATERIALIZED (
		SELECT i.side, i.key_text, i.index_name, i.entity_id, c.position,
			osmeta.fold_name(c.name) COLLATE "C" AS folded
		FROM (SELECT 'new' AS side, p.key_text, x.index_name, x.columns,
					p.new_entity_id AS entity_id
				FROM pair AS p
					JOIN osmeta.captured_physical_index AS x
						ON x.table_id = p.new_table
				WHERE x.capture_id = publish_unique.new_id AND x.is_unique
					AND NOT coalesce(x.is_primary, false)
					AND NOT coalesce(x.is_partial, false)
				UNION ALL
				SELECT 'old', p.key_text, x.index_name, x.columns,
					p.old_entity_id
				FROM pair AS p
					JOIN osmeta.captured_physical_index AS x
						ON x.table_id = p.old_table
				WHERE x.capture_id = publish_unique.old_id AND x.is_unique
					AND NOT coalesce(x.is_partial, false)) AS i,
			LATERAL unnest(i.columns) WITH ORDINALITY AS c (name, position)
	), wanted AS MATERIALIZED (
		SELECT DISTINCT p.side, p.entity_id
		FROM part AS p
	), known AS MATERIALIZED (
		SELECT 'new' AS side, a.entity_id,
			osmeta.readable_key(a.ss_key) COLLATE "C" AS attribute_key,
			a.name AS attribute, v.name AS column_name,
			osmeta.fold_name(v.name) COLLATE "C" AS folded
		FROM wanted AS w
			JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = publish_unique.new_id
				AND a.entity_id = w.entity_id,
			LATERAL (SELECT coalesce(NULLIF(btrim(a.database_name), ''),
				osmeta.physical_column_name(a.name)) AS name) AS v
		WHERE w.side = 'new' AND a.is_active
		UNION ALL
		SELECT 'old', a.entity_id, osmeta.readable_key(a.ss_key), a.name,
			v.name, osmeta.fold_name(v.name)
		FROM wanted AS w
			JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = publish_unique.old_id
				AND a.entity_id = w.entity_id,
			LATERAL (SELECT coalesce(NULLIF(btrim(a.database_name), ''),
				osmeta.physical_column_name(a.name)) AS name) AS v
		WHERE w.side = 'old' AND a.is_active
	), keyed AS MATERIALIZED (
		SELECT p.side, p.key_text, p.index_name,
			array_agg(coalesce(a.attribute_key,
				CASE WHEN p.folded = 'tenant_id' THEN p.folded END)
				ORDER BY coalesce(a.attribute_key, p.folded)) AS sorted,
			array_agg(coalesce(a.attribute_key, p.folded)
				ORDER BY p.position) AS keys,
			bool_and(a.attribute_key IS NOT NULL
				OR coalesce(p.folded = 'tenant_id', false)) AS is_known
		FROM part AS p
			LEFT JOIN (SELECT DISTINCT ON (k.side, k.entity_id, k.folded)
						k.side, k.entity_id, k.folded, k.attribute_key
					FROM known AS k
					ORDER BY k.side, k.entity_id, k.folded, k.attribute_key)
					AS a
				ON a.side = p.side AND a.entity_id = p.entity_id
				AND a.folded = p.folded
		GROUP BY p.side, p.key_text, p.index_name
	), missing AS MATERIALIZED (
		SELECT n.key_text, n.keys, n.sorted
		FROM (SELECT DISTINCT ON (k.key_text, k.sorted) k.key_text, k.keys,
					k.sorted
				FROM keyed AS k
				WHERE k.side = 'new' AND k.is_known
				ORDER BY k.key_text, k.sorted, k.index_name COLLATE "C") AS n
			LEFT JOIN keyed AS o
				ON o.side = 'old' AND o.key_text = n.key_text
				AND o.sorted = n.sorted
		WHERE o.side IS NULL
	)
	SELECT m.key_text,
		array_agg(coalesce(c.column_name, CASE
				WHEN o.attribute = n.attribute THEN o.column_name
				ELSE coalesce(n.column_name, upper(u.key COLLATE "C")) END)
			ORDER BY u.position),
		array_agg(coalesce(n.attribute, u.key) ORDER BY u.position),
		array_agg(c.local_type ORDER BY u.position),
		bool_and(c.local_type IS NOT NULL),
		bool_and(o.attribute IS NOT NULL OR u.key = 'tenant_id')
	FROM missing AS m
		JOIN pair AS p ON p.key_text = m.key_text
		CROSS JOIN LATERAL unnest(m.keys) WITH ORDINALITY AS u (key, position)
		LEFT JOIN osmeta.captured_entity_attr AS x
			ON x.capture_id = publish_unique.old_id
			AND x.entity_id = p.old_entity_id AND x.is_active
			AND osmeta.readable_key(x.ss_key) COLLATE "C" = u.key
		LEFT JOIN known AS n
			ON n.side = 'new' AND n.entity_id = p.new_entity_id
			AND n.attribute_key = u.key
		CROSS JOIN LATERAL (SELECT x.name AS attribute,
			coalesce(NULLIF(btrim(x.database_name), ''),
				osmeta.physical_column_name(x.name)) AS column_name) AS o
		LEFT JOIN osmeta.captured_physical_column AS c
			ON c.capture_id = publish_unique.old_id
			AND c.table_id = p.old_table
			AND osmeta.fold_name(c.column_name)
				= osmeta.fold_name(CASE
					WHEN u.key = 'tenant_id' THEN u.key
					-- one that is renamed gets another column
					WHEN o.attribute = n.attribute
						OR osmeta.fold_name(n.column_name)
							= osmeta.fold_name(o.column_name)
						THEN o.column_name END)
	GROUP BY m.key_text, m.sorted;
END;
COMMENT ON FUNCTION osmeta.publish_unique(bigint, bigint) IS
	'Internal: unique indexes of the new model that the old database lacks';

-- Static records that come and go.
CREATE FUNCTION osmeta.publish_record(old_id bigint, new_id bigint)
RETURNS TABLE (key_text text, record text, is_added boolean, data_id text,
	former_data_id text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT r.key_text, r.record, r.is_added, r.data_id,
		-- one of the same name that was there before, under another key
		CASE WHEN r.is_added THEN max(r.data_id) FILTER (WHERE NOT r.is_added)
			OVER (PARTITION BY r.key_text, r.record) END
	FROM (SELECT m.entity_key::text COLLATE "C" AS key_text,
				CASE WHEN coalesce(n.is_active, false) THEN m.target_record
					ELSE m.source_record END AS record,
				coalesce(n.is_active, false) AS is_added,
				m.source_data_id AS data_id
			FROM osmeta.matched_record(publish_record.old_id,
					publish_record.new_id) AS m
				LEFT JOIN osmeta.captured_entity_record AS o
					ON o.capture_id = publish_record.old_id
					AND o.id = m.source_record_id
				LEFT JOIN osmeta.captured_entity_record AS n
					ON n.capture_id = publish_record.new_id
					AND n.id = m.target_record_id
			WHERE coalesce(o.is_active, false)
				<> coalesce(n.is_active, false)) AS r;
END;
COMMENT ON FUNCTION osmeta.publish_record(bigint, bigint) IS
	'Internal: static records that publishing adds or removes';

/*
 * Entities that seem to have been cut from one espace and pasted into
 * another: one that is removed and one that is added there, with the same
 * SS_Key or with the same name and the same names of attributes.
 */
CREATE FUNCTION osmeta.publish_move(old_id bigint, new_id bigint)
RETURNS TABLE (key_text text, from_espace text, from_entity text,
	from_table text, row_count bigint, bytes bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH candidate AS MATERIALIZED (
		SELECT e.key_text, e.owner_key, e.state, e.old_espace, e.old_entity,
			e.table_name, e.row_count, e.bytes,
			osmeta.object_key(e.entity_key) COLLATE "C" AS object_key,
			CASE WHEN e.state = 'added' THEN e.new_entity_id
				ELSE e.old_entity_id END AS entity_id,
			osmeta.fold_name(CASE WHEN e.state = 'added' THEN e.entity
				ELSE e.old_entity END) COLLATE "C" AS folded
		FROM osmeta.publish_entity(publish_move.old_id, publish_move.new_id)
			AS e
		WHERE e.state IN ('added', 'removed')
	), named AS MATERIALIZED (
		SELECT c.*, string_agg(osmeta.fold_name(a.name), ' '
			ORDER BY osmeta.fold_name(a.name) COLLATE "C") AS attributes
		FROM candidate AS c
			LEFT JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = CASE WHEN c.state = 'added'
					THEN publish_move.new_id ELSE publish_move.old_id END
				AND a.entity_id = c.entity_id AND a.is_active
		GROUP BY c.key_text, c.owner_key, c.state, c.old_espace,
			c.old_entity, c.table_name, c.row_count, c.bytes, c.object_key,
			c.entity_id, c.folded
	)
	SELECT DISTINCT ON (m.key_text) m.key_text, m.old_espace, m.old_entity,
		m.table_name, m.row_count, m.bytes
	FROM (SELECT n.key_text, o.old_espace, o.old_entity, o.table_name,
				o.row_count, o.bytes, true AS is_same_key, o.key_text AS old_key
			FROM named AS n
				JOIN named AS o ON o.object_key = n.object_key
			WHERE n.state = 'added' AND o.state = 'removed'
				AND o.owner_key <> n.owner_key
			UNION ALL
			SELECT n.key_text, o.old_espace, o.old_entity, o.table_name,
				o.row_count, o.bytes, false, o.key_text
			FROM named AS n
				JOIN named AS o ON o.folded = n.folded
					AND o.attributes = n.attributes
			WHERE n.state = 'added' AND o.state = 'removed'
				AND o.owner_key <> n.owner_key) AS m
	ORDER BY m.key_text, m.is_same_key DESC, m.old_key;
END;
COMMENT ON FUNCTION osmeta.publish_move(bigint, bigint) IS
	'Internal: entities that seem to have been moved between espaces by cut and paste';
