/*
 * 60_match: what of one capture is what of another.
 *
 * By composite key and never by name.  The functions counted_* give the
 * objects of one capture that have a key, one row for each key: of several
 * rows with one key the one that counts is the effective one, else the active
 * one, else the newest, as everywhere.  They take the id of a capture and
 * read captured tables, not views, so that a key is compared with a key and
 * nothing else is computed; they are single statements, which the planner
 * takes apart and joins by hash.
 *
 * Keys are compared as text: the planner knows how to hash and sort that, and
 * store_key and the views do the same.
 */

-- Espaces and extensions.
CREATE FUNCTION osmeta.counted_owner(capture_id bigint)
RETURNS TABLE (owner_key text, kind text, name text, owner_id bigint,
	is_active boolean, namesakes bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT DISTINCT ON (o.owner_key) o.owner_key, o.kind, o.name, o.owner_id,
		o.is_active,
		count(*) FILTER (WHERE o.is_active) OVER (PARTITION BY o.owner_key)
	FROM (SELECT osmeta.readable_key(e.ss_key) COLLATE "C" AS owner_key,
				'espace'::text AS kind, e.name, e.id AS owner_id,
				coalesce(e.is_active, false) AS is_active
			FROM osmeta.captured_espace AS e
			WHERE e.capture_id = counted_owner.capture_id
			UNION ALL
			SELECT osmeta.readable_key(x.ss_key), 'extension', x.name, x.id,
				coalesce(x.is_active, true)
			FROM osmeta.captured_extension AS x
			WHERE x.capture_id = counted_owner.capture_id) AS o
	WHERE o.owner_key IS NOT NULL
	ORDER BY o.owner_key, o.is_active DESC, o.owner_id DESC;
END;
COMMENT ON FUNCTION osmeta.counted_owner(bigint) IS
	'Internal: espaces and extensions of a capture, one for each key';

-- Entities.  owner is the name of the espace or extension.
CREATE FUNCTION osmeta.counted_entity(capture_id bigint)
RETURNS TABLE (key_text text, key osmeta.oskey, owner text, entity text,
	entity_id bigint, owner_id bigint, has_espace boolean,
	physical_table_name text, data_kind text, is_active boolean,
	is_effective boolean, namesakes bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT DISTINCT ON (o.key_text) o.key_text, o.key, o.owner, o.entity,
		o.entity_id, o.owner_id, o.has_espace, o.physical_table_name,
		o.data_kind, o.is_active, o.is_effective,
		count(*) FILTER (WHERE o.is_effective)
			OVER (PARTITION BY o.key_text)
	FROM (SELECT t.key::text COLLATE "C" AS key_text, t.key,
				CASE WHEN e.id IS NOT NULL THEN e.name ELSE x.name END AS owner,
				t.name AS entity, t.id AS entity_id,
				CASE WHEN e.id IS NOT NULL THEN e.id ELSE x.id END AS owner_id,
				e.id IS NOT NULL AS has_espace,
				btrim(t.physical_table_name) AS physical_table_name,
				t.data_kind, coalesce(t.is_active, false) AS is_active,
				coalesce(t.is_active, false)
					AND CASE WHEN e.id IS NOT NULL
						THEN coalesce(e.is_active, false)
						ELSE x.id IS NOT NULL AND coalesce(x.is_active, true)
						END AS is_effective
			FROM osmeta.captured_entity AS t
				LEFT JOIN osmeta.captured_espace AS e
					ON e.capture_id = counted_entity.capture_id
					AND e.id = t.espace_id
				LEFT JOIN osmeta.captured_extension AS x
					ON x.capture_id = counted_entity.capture_id
					AND x.id = t.extension_id
			WHERE t.capture_id = counted_entity.capture_id
				AND t.key IS NOT NULL) AS o
	ORDER BY o.key_text, o.is_effective DESC, o.is_active DESC,
		o.entity_id DESC;
END;
COMMENT ON FUNCTION osmeta.counted_entity(bigint) IS
	'Internal: entities of a capture, one for each composite key';

-- Attributes, of the entities that count.
CREATE FUNCTION osmeta.counted_attribute(capture_id bigint)
RETURNS TABLE (key_text text, key osmeta.oskey, attribute_key text,
	owner text, entity text, attribute text, column_name text, type text,
	length bigint, decimals bigint, is_mandatory boolean,
	is_auto_number boolean, delete_rule text, default_value text,
	is_active boolean, is_effective boolean, entity_id bigint,
	attribute_id bigint, namesakes bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT DISTINCT ON (a.entity_id, a.attribute_key) a.key_text, a.key,
		a.attribute_key, a.owner, a.entity, a.attribute, a.column_name,
		a.type, a.length, a.decimals, a.is_mandatory, a.is_auto_number,
		a.delete_rule, a.default_value, a.is_active, a.is_effective,
		a.entity_id, a.attribute_id,
		count(*) FILTER (WHERE a.is_effective)
			OVER (PARTITION BY a.entity_id, a.attribute_key)
	FROM (SELECT o.key_text, o.key,
				osmeta.readable_key(a.ss_key) COLLATE "C" AS attribute_key,
				o.owner, o.entity, a.name AS attribute,
				coalesce(NULLIF(btrim(a.database_name), ''),
					osmeta.physical_column_name(a.name)) AS column_name,
				btrim(a.type) AS type, a.length, a.decimals,
				coalesce(a.is_mandatory, false) AS is_mandatory,
				coalesce(a.is_autonumber, false) AS is_auto_number,
				a.delete_rule, a.default_value,
				coalesce(a.is_active, false) AS is_active,
				coalesce(a.is_active, false) AND o.is_effective
					AS is_effective,
				a.entity_id, a.id AS attribute_id
			FROM osmeta.counted_entity(counted_attribute.capture_id) AS o
				JOIN osmeta.captured_entity_attr AS a
					ON a.entity_id = o.entity_id
			WHERE a.capture_id = counted_attribute.capture_id) AS a
	WHERE a.attribute_key IS NOT NULL
	ORDER BY a.entity_id, a.attribute_key, a.is_effective DESC,
		a.is_active DESC, a.attribute_id DESC;
END;
COMMENT ON FUNCTION osmeta.counted_attribute(bigint) IS
	'Internal: attributes of a capture, one for each key within an entity';

-- Records of static entities.  Their entity need not be there.
CREATE FUNCTION osmeta.counted_record(capture_id bigint)
RETURNS TABLE (key_text text, key osmeta.oskey, record_key text, owner text,
	entity text, record text, data_id text, is_active boolean,
	is_effective boolean, entity_id bigint, record_id bigint,
	namesakes bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT DISTINCT ON (r.key_text, r.record_key) r.key_text, r.key,
		r.record_key, r.owner, r.entity, r.record, r.data_id, r.is_active,
		r.is_effective, r.entity_id, r.record_id,
		count(*) FILTER (WHERE r.is_effective)
			OVER (PARTITION BY r.key_text, r.record_key)
	FROM (SELECT k.key::text COLLATE "C" AS key_text, k.key,
				osmeta.readable_key(k.ss_key) COLLATE "C" AS record_key,
				k.owner, o.entity, k.name AS record,
				btrim(k.data_id) AS data_id,
				coalesce(k.is_active, false) AS is_active,
				coalesce(k.is_active, false)
					AND coalesce(o.is_effective, false) AS is_effective,
				o.entity_id, k.id AS record_id
			FROM (SELECT r.*, e.name AS owner,
						osmeta.try_oskey(e.ss_key, r.entity_ss_key) AS key
					FROM osmeta.captured_entity_record AS r
						JOIN osmeta.captured_espace AS e
							ON e.capture_id = counted_record.capture_id
							AND e.id = r.espace_id
					WHERE r.capture_id = counted_record.capture_id) AS k
				LEFT JOIN osmeta.counted_entity(counted_record.capture_id)
						AS o
					ON o.key_text = k.key::text
			WHERE k.key IS NOT NULL) AS r
	WHERE r.record_key IS NOT NULL
	ORDER BY r.key_text, r.record_key, r.is_effective DESC, r.is_active DESC,
		r.record_id DESC;
END;
COMMENT ON FUNCTION osmeta.counted_record(bigint) IS
	'Internal: static records of a capture, one for each key within an entity';

-- How do two sides stand to each other?  NULL: not there.
CREATE FUNCTION osmeta.match_status(source_is_effective boolean,
	target_is_effective boolean, namesakes bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN source_is_effective IS NULL THEN 'target only'
	WHEN target_is_effective IS NULL THEN 'source only'
	WHEN namesakes > 1 THEN 'ambiguous'
	WHEN source_is_effective AND target_is_effective THEN 'matched'
	WHEN target_is_effective THEN 'inactive at source'
	WHEN source_is_effective THEN 'inactive at target'
	ELSE 'inactive at both'
END;
COMMENT ON FUNCTION osmeta.match_status(boolean, boolean, bigint) IS
	'Internal: the status of a pair with one key, from whether either is there and effective and how many effective ones share the key on a side';

CREATE FUNCTION osmeta.matched_entity(source_id bigint, target_id bigint)
RETURNS TABLE (entity_key osmeta.oskey, source_espace text,
	source_entity text, source_table text, target_espace text,
	target_entity text, target_table text, status text,
	source_entity_id bigint, target_entity_id bigint,
	source_is_effective boolean, target_is_effective boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(s.key, t.key), s.owner, s.entity, s.physical_table_name,
		t.owner, t.entity, t.physical_table_name,
		osmeta.match_status(s.is_effective, t.is_effective,
			greatest(s.namesakes, t.namesakes)),
		s.entity_id, t.entity_id, s.is_effective, t.is_effective
	FROM osmeta.counted_entity(source_id) AS s
		FULL JOIN osmeta.counted_entity(target_id) AS t
			ON t.key_text = s.key_text;
END;
COMMENT ON FUNCTION osmeta.matched_entity(bigint, bigint) IS
	'Internal: match_entity() for two captures';

CREATE FUNCTION osmeta.matched_attribute(source_id bigint, target_id bigint)
RETURNS TABLE (entity_key osmeta.oskey, attribute_key text,
	source_attribute text, target_attribute text, source_column text,
	target_column text, source_type text, target_type text, status text,
	source_espace text, source_entity text, target_espace text,
	target_entity text, source_attribute_id bigint,
	target_attribute_id bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(s.key, t.key), coalesce(s.attribute_key, t.attribute_key),
		s.attribute, t.attribute, s.column_name, t.column_name, s.type,
		t.type,
		-- of an ambiguous entity it is not clear which row has the attributes
		CASE WHEN coalesce(s.key_text, t.key_text) IN
				(SELECT e.key_text
				FROM osmeta.counted_entity(source_id) AS e
					JOIN osmeta.counted_entity(target_id) AS f
						ON f.key_text = e.key_text
				WHERE greatest(e.namesakes, f.namesakes) > 1)
			THEN 'ambiguous'
			ELSE osmeta.match_status(s.is_effective, t.is_effective,
				greatest(s.namesakes, t.namesakes)) END,
		s.owner, s.entity, t.owner, t.entity, s.attribute_id, t.attribute_id
	FROM osmeta.counted_attribute(source_id) AS s
		FULL JOIN osmeta.counted_attribute(target_id) AS t
			ON t.key_text = s.key_text AND t.attribute_key = s.attribute_key;
END;
COMMENT ON FUNCTION osmeta.matched_attribute(bigint, bigint) IS
	'Internal: match_attribute() for two captures';

CREATE FUNCTION osmeta.matched_record(source_id bigint, target_id bigint)
RETURNS TABLE (entity_key osmeta.oskey, record_key text, source_record text,
	target_record text, source_data_id text, target_data_id text,
	status text, source_espace text, source_entity text, target_espace text,
	target_entity text, source_record_id bigint, target_record_id bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(s.key, t.key), coalesce(s.record_key, t.record_key),
		s.record, t.record, s.data_id, t.data_id,
		osmeta.match_status(s.is_effective, t.is_effective,
			greatest(s.namesakes, t.namesakes)),
		s.owner, s.entity, t.owner, t.entity, s.record_id, t.record_id
	FROM osmeta.counted_record(source_id) AS s
		FULL JOIN osmeta.counted_record(target_id) AS t
			ON t.key_text = s.key_text AND t.record_key = s.record_key;
END;
COMMENT ON FUNCTION osmeta.matched_record(bigint, bigint) IS
	'Internal: match_static_record() for two captures';

CREATE FUNCTION osmeta.match_entity(source text, target text)
RETURNS TABLE (entity_key osmeta.oskey, source_espace text,
	source_entity text, source_table text, target_espace text,
	target_entity text, target_table text, status text,
	source_entity_id bigint, target_entity_id bigint,
	source_is_effective boolean, target_is_effective boolean)
AS 'MODULE_PATHNAME', 'osmeta_match_entity'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.match_entity(text, text) IS
	'which entities of two environments or captures are the same, by key';

CREATE FUNCTION osmeta.match_attribute(source text, target text)
RETURNS TABLE (entity_key osmeta.oskey, attribute_key text,
	source_attribute text, target_attribute text, source_column text,
	target_column text, source_type text, target_type text, status text,
	source_espace text, source_entity text, target_espace text,
	target_entity text, source_attribute_id bigint,
	target_attribute_id bigint)
AS 'MODULE_PATHNAME', 'osmeta_match_attribute'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100000;
COMMENT ON FUNCTION osmeta.match_attribute(text, text) IS
	'which attributes of two environments or captures are the same, by key';

CREATE FUNCTION osmeta.match_static_record(source text, target text)
RETURNS TABLE (entity_key osmeta.oskey, record_key text, source_record text,
	target_record text, source_data_id text, target_data_id text,
	status text, source_espace text, source_entity text, target_espace text,
	target_entity text, source_record_id bigint, target_record_id bigint)
AS 'MODULE_PATHNAME', 'osmeta_match_static_record'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.match_static_record(text, text) IS
	'which static records of two environments or captures are the same, by key';
