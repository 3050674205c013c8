/*
 * 50_view: what there is, one view for each kind of object.
 *
 * Every view starts from shown_capture and joins captured tables by
 * (capture_id = store_id, id); that is what lets the same definition be read
 * over the store and, with the names replaced, over the live tables of an
 * environment (osmeta.live_definition).  Two rules follow: every relation has
 * an alias, and no text in a view holds the name of the extension followed by
 * a dot.
 *
 * The planner has no statistics of what a subquery computes, and takes a hash
 * of it for a bad one, unless it is DISTINCT on this one column.  Hence
 * whatever is joined with hundreds of thousands of rows has one text for all
 * that it is found by, store_key or store_entity, and DISTINCT ON it; that
 * also lets the planner leave the join out where nothing of it is asked for.
 * store_id is taken from a captured table, whose statistics are those that
 * such joins need.
 *
 * A key that cannot be read is NULL in every public view; problem shows what
 * it is.  Views that are internal keep it as it is, trimmed and folded.
 *
 * Objects are found by their composite key only.  Of several rows with one
 * key the one that counts is the effective one, else the active one, else the
 * newest.  NULL where a flag must be known is false in the core tables;
 * elsewhere, where the column may be missing altogether, it is true.  Nothing
 * here raises an error, whatever the rows hold.
 */

CREATE FUNCTION osmeta.readable_key(ss_key text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN osmeta.object_key(osmeta.try_oskey('x', ss_key));
COMMENT ON FUNCTION osmeta.readable_key(text) IS
	'Internal: one SS_Key, trimmed and in lower case; NULL if it cannot be part of a key';

CREATE FUNCTION osmeta.folded_key(ss_key text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(osmeta.readable_key(ss_key),
	NULLIF(lower(btrim(ss_key) COLLATE "C"), ''));
COMMENT ON FUNCTION osmeta.folded_key(text) IS
	'Internal: any SS_Key, trimmed and in lower case, also one that cannot be part of a key; NULL for an empty one';

CREATE FUNCTION osmeta.store_key(store_id bigint, key osmeta.oskey)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN key::text || ' ' || store_id::text;
COMMENT ON FUNCTION osmeta.store_key(bigint, osmeta.oskey) IS
	'Internal: a composite key and the capture it is of, as one text';

CREATE FUNCTION osmeta.store_entity(store_id bigint, entity_id bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN entity_id::text || ' ' || store_id::text;
COMMENT ON FUNCTION osmeta.store_entity(bigint, bigint) IS
	'Internal: the number of an entity and the capture it is of, as one text';

-- Internal: all modules that can own something, espaces and extensions.
CREATE VIEW osmeta.owner AS
SELECT c.environment, c.capture_id, e.capture_id AS store_id,
	'espace'::text AS kind,
	e.id AS owner_id, e.name,
	osmeta.folded_key(e.ss_key) AS ss_key,
	coalesce(e.is_active, false) AS is_active, true AS is_espace
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
UNION ALL
SELECT c.environment, c.capture_id, x.capture_id, 'extension'::text,
	x.id, x.name,
	osmeta.folded_key(x.ss_key),
	coalesce(x.is_active, true), false
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_extension AS x ON x.capture_id = c.store_id;
COMMENT ON VIEW osmeta.owner IS
	'Internal: espaces and extensions, the owners of entities';

-- Internal: for each key of an owner the one that counts.
CREATE VIEW osmeta.key_owner AS
SELECT DISTINCT ON (k.store_owner) k.store_owner, k.environment,
	k.capture_id, k.store_id, k.ss_key, k.kind, k.owner_id, k.name,
	k.is_active
FROM (SELECT o.*,
			(o.ss_key || ' ' || o.store_id::text) COLLATE "C" AS store_owner
		FROM osmeta.owner AS o
		WHERE o.ss_key IS NOT NULL) AS k
ORDER BY k.store_owner, k.is_active DESC, k.owner_id DESC;
COMMENT ON VIEW osmeta.key_owner IS
	'Internal: the espace or extension that a key stands for';

-- Which espaces are there?
CREATE VIEW osmeta.espace AS
SELECT c.environment, c.capture_id, e.name AS espace,
	osmeta.readable_key(e.ss_key) AS ss_key,
	e.espacekind AS kind,
	coalesce(e.is_active, false) AS is_active,
	coalesce(e.is_active, false) AS is_effective,
	e.id AS espace_id, e.is_system, e.is_multitenant, e.is_user_provider,
	e.user_provider_name,
	osmeta.readable_key(e.user_provider_key) AS user_provider_key,
	e.version_id, e.dbcatalog_id AS db_catalog_id, d.name AS db_catalog
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
	LEFT JOIN osmeta.captured_dbcatalog AS d
		ON d.capture_id = c.store_id AND d.id = e.dbcatalog_id;
COMMENT ON VIEW osmeta.espace IS
	'which espaces are there?';

-- Which extensions are there?
CREATE VIEW osmeta.extension AS
SELECT c.environment, c.capture_id, x.name AS extension,
	osmeta.readable_key(x.ss_key) AS ss_key,
	coalesce(x.is_active, true) AS is_active,
	coalesce(x.is_active, true) AS is_effective,
	x.id AS extension_id, x.is_system, x.version_id, x.published_date
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_extension AS x ON x.capture_id = c.store_id;
COMMENT ON VIEW osmeta.extension IS
	'which extensions are there?';

-- Which applications are there?
CREATE VIEW osmeta.application AS
SELECT c.environment, c.capture_id, a.name AS application,
	osmeta.readable_key(a.key) AS key,
	a.description, a.applicationkind AS kind,
	coalesce(a.is_active, true) AS is_active,
	coalesce(a.is_active, true) AS is_effective,
	a.id AS application_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_application AS a ON a.capture_id = c.store_id;
COMMENT ON VIEW osmeta.application IS
	'which applications are there?';

-- Which modules are there?  A module is an espace or an extension.
CREATE VIEW osmeta.module AS
SELECT c.environment, c.capture_id,
	CASE WHEN m.espace_id IS NOT NULL THEN e.name ELSE x.name END AS module,
	CASE WHEN m.espace_id IS NOT NULL THEN 'espace'
		WHEN m.extension_id IS NOT NULL THEN 'extension' END AS kind,
	CASE WHEN m.espace_id IS NOT NULL
		THEN osmeta.readable_key(e.ss_key)
		ELSE osmeta.readable_key(x.ss_key) END AS ss_key,
	CASE WHEN m.espace_id IS NOT NULL THEN coalesce(e.is_active, false)
		ELSE x.id IS NOT NULL AND coalesce(x.is_active, true)
		END AS is_active,
	CASE WHEN m.espace_id IS NOT NULL THEN coalesce(e.is_active, false)
		ELSE x.id IS NOT NULL AND coalesce(x.is_active, true)
		END AS is_effective,
	m.id AS module_id, m.espace_id, m.extension_id, k.label AS kind_label
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_module AS m ON m.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = m.espace_id
	LEFT JOIN osmeta.captured_extension AS x
		ON x.capture_id = c.store_id AND x.id = m.extension_id
	LEFT JOIN osmeta.captured_module_kind AS k
		ON k.capture_id = c.store_id AND k.id = m.module_kind_id;
COMMENT ON VIEW osmeta.module IS
	'which modules are there, and are they espaces or extensions?';

-- Which modules make up an application?
CREATE VIEW osmeta.application_module AS
SELECT c.environment, c.capture_id, a.name AS application,
	CASE WHEN m.espace_id IS NOT NULL THEN e.name ELSE x.name END AS module,
	CASE WHEN m.espace_id IS NOT NULL THEN 'espace'
		WHEN m.extension_id IS NOT NULL THEN 'extension' END AS kind,
	coalesce(a.is_active, true)
		AND CASE WHEN m.espace_id IS NOT NULL THEN coalesce(e.is_active, false)
			ELSE x.id IS NOT NULL AND coalesce(x.is_active, true)
			END AS is_effective,
	d.application_id, d.module_id, m.espace_id, m.extension_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_app_definition_module AS d
		ON d.capture_id = c.store_id
	JOIN osmeta.captured_application AS a
		ON a.capture_id = c.store_id AND a.id = d.application_id
	JOIN osmeta.captured_module AS m
		ON m.capture_id = c.store_id AND m.id = d.module_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = m.espace_id
	LEFT JOIN osmeta.captured_extension AS x
		ON x.capture_id = c.store_id AND x.id = m.extension_id;
COMMENT ON VIEW osmeta.application_module IS
	'which modules make up an application?';

-- Internal: entities with their owner; the row behind entity and key_entity.
CREATE VIEW osmeta.owned_entity AS
SELECT c.environment, c.capture_id, t.capture_id AS store_id,
	e.name AS espace, t.name AS entity, t.physical_table_name,
	t.key, t.data_kind,
	coalesce(t.is_active, false) AS is_active,
	coalesce(t.is_active, false)
		AND CASE WHEN e.id IS NOT NULL THEN coalesce(e.is_active, false)
			ELSE x.id IS NOT NULL AND coalesce(x.is_active, true)
			END AS is_effective,
	t.id AS entity_id, t.espace_id, t.extension_id, x.name AS extension,
	CASE WHEN e.id IS NOT NULL THEN osmeta.folded_key(e.ss_key)
		ELSE osmeta.folded_key(x.ss_key) END AS owner_key,
	coalesce(CASE WHEN e.id IS NOT NULL THEN e.is_active ELSE
		x.id IS NOT NULL AND coalesce(x.is_active, true) END, false)
		AS is_owner_active,
	osmeta.folded_key(t.ss_key) AS ss_key,
	osmeta.folded_key(t.primarykey_ss_key) AS primary_key_ss_key,
	coalesce(t.multitenant, false) AS is_multitenant,
	coalesce(t.is_system, false) AS is_system,
	coalesce(t.is_external, false) AS is_external,
	coalesce(t.multilingual, false) AS is_multilingual,
	coalesce(t.expose_process_events, false) AS expose_process_events,
	t.event_table_name, t.base_view_name, t.multilingual_table_name,
	t.description, t.logicaldatabase AS logical_database,
	e.id IS NOT NULL AS has_espace, x.id IS NOT NULL AS has_extension
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_entity AS t ON t.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = t.espace_id
	LEFT JOIN osmeta.captured_extension AS x
		ON x.capture_id = c.store_id AND x.id = t.extension_id;
COMMENT ON VIEW osmeta.owned_entity IS
	'Internal: entities with their owner and their composite key';

-- Which entities are there, and which table holds their data?
CREATE VIEW osmeta.entity AS
SELECT o.environment, o.capture_id, o.espace, o.entity,
	o.physical_table_name, o.key, o.data_kind, o.is_active, o.is_effective,
	o.entity_id, o.espace_id, o.extension_id, o.extension,
	osmeta.readable_key(o.owner_key) AS owner_key,
	osmeta.readable_key(o.ss_key) AS ss_key,
	osmeta.readable_key(o.primary_key_ss_key) AS primary_key_ss_key,
	o.is_multitenant, o.is_system,
	o.is_external, o.is_multilingual, o.expose_process_events,
	o.event_table_name, o.base_view_name, o.multilingual_table_name,
	o.description, o.logical_database
FROM osmeta.owned_entity AS o;
COMMENT ON VIEW osmeta.entity IS
	'which entities are there, and which table holds their data?';

-- Internal: for each composite key the entity that counts.
CREATE VIEW osmeta.key_entity AS
SELECT DISTINCT ON (k.store_key)
	k.environment, k.capture_id, k.store_id, k.key, k.entity_id,
	k.espace, k.extension, k.entity, k.physical_table_name, k.data_kind,
	k.is_active, k.is_owner_active, k.is_effective, k.store_key,
	k.store_entity
FROM (SELECT o.*,
			osmeta.store_key(o.store_id, o.key) COLLATE "C" AS store_key,
			osmeta.store_entity(o.store_id, o.entity_id) COLLATE "C"
				AS store_entity
		FROM osmeta.owned_entity AS o
		WHERE o.key IS NOT NULL) AS k
ORDER BY k.store_key, k.is_effective DESC, k.is_active DESC,
	k.entity_id DESC;
COMMENT ON VIEW osmeta.key_entity IS
	'Internal: the entity that a composite key stands for';

-- Internal: for each entity the attribute that identifies it, NULL if none.
CREATE VIEW osmeta.identifier AS
SELECT DISTINCT ON (i.store_entity)
	i.store_entity, i.store_id, i.entity_id, i.attribute_id, i.type,
	i.length, i.decimals, i.refers_to, i.is_active,
	coalesce(osmeta.data_type(i.type) = 'Identifier'
		AND lower(left(i.type, 2)) = 'bt', false) AS is_reference
FROM (SELECT t.capture_id AS store_id, t.id AS entity_id,
			osmeta.store_entity(t.capture_id, t.id) COLLATE "C"
				AS store_entity,
			a.id AS attribute_id, btrim(a.type) AS type, a.length,
			a.decimals, a.refers_to, coalesce(a.is_active, false) AS is_active
		FROM osmeta.shown_capture AS c
			JOIN osmeta.captured_entity AS t ON t.capture_id = c.store_id
			LEFT JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = t.capture_id AND a.entity_id = t.id
				AND osmeta.folded_key(a.ss_key)
					= osmeta.folded_key(t.primarykey_ss_key)) AS i
ORDER BY i.store_entity, i.is_active DESC, i.attribute_id DESC;
COMMENT ON VIEW osmeta.identifier IS
	'Internal: the attribute that identifies an entity';

/*
 * Internal: the type that the identifier of an entity has in the end.  An
 * identifier that is a reference has the type of its target's identifier.
 * Types are handed back from those that end somewhere; what is not reached
 * goes round in a circle.
 */
CREATE VIEW osmeta.identifier_type AS
WITH RECURSIVE own AS MATERIALIZED (
	SELECT i.store_entity, i.store_id, i.type, i.length, i.decimals,
		i.refers_to, i.is_reference, i.is_active,
		CASE WHEN osmeta.data_type(i.type) <> 'Identifier' THEN i.type END
			AS basic_type
	FROM osmeta.identifier AS i
), link AS MATERIALIZED (
	SELECT l.store_entity, l.target, t.basic_type, t.length, t.decimals,
		coalesce(t.is_reference, false) AS goes_on
	FROM (SELECT DISTINCT ON (i.store_entity) i.store_entity,
				osmeta.store_entity(o.store_id, o.entity_id) AS target
			FROM own AS i
				LEFT JOIN osmeta.owned_entity AS o
					ON osmeta.store_key(o.store_id, o.key)
						= osmeta.store_key(i.store_id, i.refers_to)
			-- the first condition says the same, and that they are few
			WHERE osmeta.data_type(i.type) = 'Identifier' AND i.is_reference
			ORDER BY i.store_entity, o.is_effective DESC NULLS LAST,
				o.is_active DESC NULLS LAST, o.entity_id DESC NULLS LAST) AS l
		-- DISTINCT: what the planner does not know of a WITH
		LEFT JOIN (SELECT DISTINCT ON (i.store_entity) i.*
				FROM own AS i) AS t
			ON t.store_entity = l.target
), chain AS (
	SELECT l.store_entity, l.basic_type, l.length, l.decimals
	FROM link AS l
	WHERE NOT l.goes_on
	UNION ALL
	SELECT l.store_entity, t.basic_type, t.length, t.decimals
	FROM chain AS t
		JOIN link AS l ON l.target = t.store_entity AND l.goes_on
)
SELECT DISTINCT ON (v.store_entity) v.store_entity, v.environment,
	v.capture_id, v.store_id, v.entity_id, v.basic_type AS value_type,
	CASE WHEN v.basic_type IS NOT NULL THEN v.length END AS value_length,
	CASE WHEN v.basic_type IS NOT NULL THEN v.decimals END AS value_decimals,
	v.is_cyclic, v.is_identified
FROM (SELECT osmeta.store_entity(e.capture_id, e.id) COLLATE "C"
				AS store_entity,
			c.environment, c.capture_id, e.capture_id AS store_id,
			e.id AS entity_id,
			CASE
				WHEN i.is_reference THEN t.basic_type
				ELSE i.basic_type
			END AS basic_type,
			CASE WHEN i.is_reference THEN t.length ELSE i.length END
				AS length,
			CASE WHEN i.is_reference THEN t.decimals ELSE i.decimals END
				AS decimals,
			i.is_reference AND t.store_entity IS NULL AS is_cyclic,
			i.is_active AS is_identified
		FROM osmeta.shown_capture AS c
			JOIN osmeta.captured_entity AS e ON e.capture_id = c.store_id
			LEFT JOIN (SELECT DISTINCT ON (i.store_entity) i.*
					FROM own AS i) AS i
				ON i.store_entity = osmeta.store_entity(e.capture_id, e.id)
			LEFT JOIN (SELECT DISTINCT ON (t.store_entity) t.*
					FROM chain AS t) AS t
				ON t.store_entity = i.store_entity) AS v
ORDER BY v.store_entity;
COMMENT ON VIEW osmeta.identifier_type IS
	'Internal: the basic type of an entity''s identifier, through references';

-- Internal: attributes with their entity; the row behind attribute and
-- reference.
CREATE VIEW osmeta.owned_attribute AS
SELECT o.environment, o.capture_id, a.capture_id AS store_id, o.espace,
	o.entity,
	a.name AS attribute,
	coalesce(NULLIF(btrim(a.database_name), ''),
		osmeta.physical_column_name(a.name)) AS column_name,
	btrim(a.type) AS type, a.length, a.decimals,
	coalesce(a.is_mandatory, false) AS is_mandatory,
	coalesce(a.is_autonumber, false) AS is_auto_number,
	coalesce(osmeta.folded_key(a.ss_key) = o.primary_key_ss_key, false)
		AS is_identifier,
	a.delete_rule,
	coalesce(a.is_active, false) AS is_active,
	coalesce(a.is_active, false) AND o.is_effective AS is_effective,
	o.key AS entity_key,
	osmeta.readable_key(a.ss_key) AS attribute_key,
	a.refers_to,
	-- most types are known at once
	coalesce(osmeta.data_type(a.type) = 'Identifier'
		AND lower(left(btrim(a.type), 2)) = 'bt', false) AS is_reference,
	a.entity_id, a.id AS attribute_id, a.order_num AS position,
	o.physical_table_name, o.extension, a.description, a.default_value,
	a.original_type, a.ss_key, o.espace_id, o.extension_id, o.owner_key,
	o.has_espace, o.is_system, o.is_external, o.data_kind,
	osmeta.data_type(a.type) AS data_type,
	o.is_effective AS is_entity_effective
FROM osmeta.owned_entity AS o
	JOIN osmeta.captured_entity_attr AS a
		ON a.capture_id = o.store_id AND a.entity_id = o.entity_id;
COMMENT ON VIEW osmeta.owned_attribute IS
	'Internal: attributes with the composite key of their entity and of the entity that they refer to';

-- Which attributes has an entity, and which column holds their values?
CREATE VIEW osmeta.attribute AS
SELECT a.environment, a.capture_id, a.espace, a.entity, a.attribute,
	a.column_name, a.type, a.data_type,
	a.length, a.decimals, a.is_mandatory, a.is_auto_number, a.is_identifier,
	a.delete_rule, a.is_active, a.is_effective, a.entity_key,
	a.attribute_key, a.refers_to, a.entity_id, a.attribute_id, a.position,
	a.physical_table_name, a.extension, a.description, a.default_value,
	a.original_type,
	CASE
		WHEN a.refers_to IS NOT NULL THEN v.value_type
		WHEN a.data_type <> 'Identifier' THEN a.type
	END AS value_type,
	CASE
		WHEN a.refers_to IS NOT NULL THEN v.value_length
		WHEN a.data_type <> 'Identifier' THEN a.length
	END AS value_length,
	CASE
		WHEN a.refers_to IS NOT NULL THEN v.value_decimals
		WHEN a.data_type <> 'Identifier' THEN a.decimals
	END AS value_decimals
FROM osmeta.owned_attribute AS a
	LEFT JOIN osmeta.key_entity AS t
		ON t.store_key = osmeta.store_key(a.store_id, a.refers_to)
	LEFT JOIN osmeta.identifier_type AS v
		ON v.store_entity = t.store_entity;
COMMENT ON VIEW osmeta.attribute IS
	'which attributes has an entity, and which column holds their values?';

-- Who refers to whom?  With a hint where the target is not found.
CREATE VIEW osmeta.reference AS
SELECT a.environment, a.capture_id, a.espace, a.entity, a.attribute,
	a.physical_table_name, a.column_name, a.delete_rule, a.entity_key,
	a.refers_to AS target_key, t.espace AS target_espace,
	t.entity AS target_entity, t.physical_table_name AS target_table,
	CASE
		WHEN a.refers_to IS NULL THEN 'malformed'
		WHEN t.is_effective THEN 'resolved'
		WHEN t.key IS NOT NULL THEN 'inactive'
		WHEN k.store_owner IS NULL THEN 'unknown espace'
		ELSE 'unknown entity'
	END AS status,
	CASE
		WHEN a.refers_to IS NULL THEN
			'expected: bt<SS_Key of the espace>*<SS_Key of the entity>'
		WHEN t.is_effective THEN NULL
		WHEN t.key IS NOT NULL AND NOT t.is_active THEN
			format('entity %s.%s is not active',
				coalesce(t.espace, t.extension), t.entity)
		WHEN t.key IS NOT NULL THEN
			format('the owner of entity %s.%s is not active',
				coalesce(t.espace, t.extension), t.entity)
		WHEN h.store_object IS NOT NULL THEN
			format('%s.%s is the only entity with this key; its owner has the key %s',
				h.owner, h.entity, h.owner_key)
	END AS hint,
	a.is_active, a.is_effective, a.type, a.attribute_key, a.entity_id,
	a.attribute_id, t.entity_id AS target_entity_id,
	t.data_kind AS target_data_kind, t.extension AS target_extension,
	a.extension, a.is_mandatory, a.is_identifier, v.value_type,
	v.value_length, v.value_decimals
FROM osmeta.owned_attribute AS a
	LEFT JOIN osmeta.key_entity AS t
		ON t.store_key = osmeta.store_key(a.store_id, a.refers_to)
	LEFT JOIN osmeta.identifier_type AS v
		ON v.store_entity = t.store_entity
	-- what follows is looked for only where there is no target
	LEFT JOIN osmeta.key_owner AS k
		ON k.store_owner = CASE WHEN t.key IS NULL
			THEN osmeta.owner_key(a.refers_to) || ' ' || a.store_id::text END
	LEFT JOIN (SELECT DISTINCT ON (g.store_object) g.*
			FROM (SELECT e.store_object,
						coalesce(min(e.owner) FILTER (WHERE e.is_effective),
							min(e.owner)) AS owner,
						coalesce(min(e.entity) FILTER (WHERE e.is_effective),
							min(e.entity)) AS entity,
						min(e.owner_key) AS owner_key
					FROM (SELECT (osmeta.object_key(o.key) || ' '
									|| o.store_id::text) COLLATE "C"
									AS store_object,
								coalesce(o.espace, o.extension) COLLATE "C"
									AS owner,
								o.entity COLLATE "C" AS entity,
								osmeta.owner_key(o.key) COLLATE "C"
									AS owner_key,
								o.is_effective
							FROM osmeta.owned_entity AS o
							WHERE o.key IS NOT NULL) AS e
					GROUP BY e.store_object
					HAVING min(e.owner_key) = max(e.owner_key)) AS g) AS h
		ON h.store_object = CASE WHEN t.key IS NULL
			THEN osmeta.object_key(a.refers_to) || ' ' || a.store_id::text END
WHERE a.is_reference;
COMMENT ON VIEW osmeta.reference IS
	'who refers to whom, and which references lead nowhere?';

-- Internal: records with their entity; the row behind static_record.
CREATE VIEW osmeta.owned_record AS
SELECT c.environment, c.capture_id, r.capture_id AS store_id,
	e.name AS espace, t.entity, r.name AS record,
	osmeta.try_oskey(e.ss_key, r.entity_ss_key) AS entity_key,
	osmeta.readable_key(r.ss_key) AS record_key,
	r.data_id, coalesce(r.is_active, false) AS is_active,
	coalesce(r.is_active, false) AND coalesce(t.is_effective, false)
		AS is_effective,
	r.id AS record_id, t.entity_id, r.espace_id, t.physical_table_name,
	t.data_kind, r.ss_key,
	coalesce(t.is_effective, false) AS is_entity_effective
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_entity_record AS r ON r.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = r.espace_id
	LEFT JOIN osmeta.key_entity AS t
		ON t.store_key = osmeta.store_key(r.capture_id,
			osmeta.try_oskey(e.ss_key, r.entity_ss_key));
COMMENT ON VIEW osmeta.owned_record IS
	'Internal: records of static entities with the composite key of their entity';

-- Which records has a static entity, and with which identifiers?
CREATE VIEW osmeta.static_record AS
SELECT r.environment, r.capture_id, r.espace, r.entity, r.record,
	r.entity_key, r.record_key, r.data_id, r.is_active, r.is_effective,
	r.record_id, r.entity_id, r.espace_id, r.physical_table_name
FROM osmeta.owned_record AS r;
COMMENT ON VIEW osmeta.static_record IS
	'which records has a static entity, and with which identifiers?';

-- Where is the data of an application?
CREATE VIEW osmeta.application_entity AS
SELECT o.environment, o.capture_id, a.name AS application, o.espace,
	o.entity, o.data_kind, o.physical_table_name, o.key AS entity_key,
	o.entity_id, o.extension, d.application_id
FROM osmeta.owned_entity AS o
	-- a module can be linked twice
	JOIN (SELECT DISTINCT m.capture_id, coalesce(m.espace_id, -1) AS espace_id,
				coalesce(CASE WHEN m.espace_id IS NULL
					THEN m.extension_id END, -1) AS extension_id,
				d.application_id
			FROM osmeta.shown_capture AS c
				JOIN osmeta.captured_module AS m ON m.capture_id = c.store_id
				JOIN osmeta.captured_app_definition_module AS d
					ON d.capture_id = m.capture_id AND d.module_id = m.id) AS d
		-- equalities only, so that it can be a hash join
		ON d.capture_id + 0 = o.store_id + 0
		AND d.espace_id = coalesce(
			CASE WHEN o.has_espace THEN o.espace_id END, -1)
		AND d.extension_id = coalesce(
			CASE WHEN NOT o.has_espace THEN o.extension_id END, -1)
	JOIN osmeta.captured_application AS a
		ON a.capture_id = o.store_id AND a.id = d.application_id
WHERE o.is_effective AND coalesce(a.is_active, true);
COMMENT ON VIEW osmeta.application_entity IS
	'where is the data of an application? (active entities only)';

-- Which database catalogs are there?
CREATE VIEW osmeta.db_catalog AS
SELECT c.environment, c.capture_id, d.name AS db_catalog,
	d.logical_name, d.description, d.id AS db_catalog_id,
	d.datatablespace AS data_tablespace,
	d.indextablespace AS index_tablespace
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_dbcatalog AS d ON d.capture_id = c.store_id;
COMMENT ON VIEW osmeta.db_catalog IS
	'which database catalogs hold the tables of espaces?';

-- Which tenants are there, and of which user provider?
CREATE VIEW osmeta.tenant AS
SELECT c.environment, c.capture_id, t.id AS tenant_id, t.name AS tenant,
	osmeta.readable_key(e.ss_key) AS provider_key,
	coalesce(t.is_active, true) AS is_active, e.name AS provider,
	t.espace_id AS provider_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_tenant AS t ON t.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = t.espace_id;
COMMENT ON VIEW osmeta.tenant IS
	'which tenants are there, and which espace provides their users?';

-- Which roles are there?
CREATE VIEW osmeta.role AS
SELECT c.environment, c.capture_id, e.name AS espace, r.name AS role,
	osmeta.try_oskey(e.ss_key, r.ss_key) AS key, r.id AS role_id,
	osmeta.readable_key(e.ss_key) AS espace_ss_key,
	osmeta.readable_key(r.ss_key) AS role_ss_key,
	coalesce(r.is_active, true) AS is_active,
	coalesce(r.is_active, true) AND coalesce(e.is_active, false)
		AS is_effective,
	r.persistent AS is_persistent, r.description, r.espace_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_role AS r ON r.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = r.espace_id;
COMMENT ON VIEW osmeta.role IS
	'which roles are there?';

-- Which end users are there?
CREATE VIEW osmeta.end_user AS
SELECT c.environment, c.capture_id, u.id AS user_id, u.username, u.name,
	u.email, u.tenant_id, t.name AS tenant,
	osmeta.readable_key(e.ss_key) AS provider_key,
	coalesce(u.is_active, true) AS is_active, u.external_id,
	u.creation_date, u.last_login
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_user AS u ON u.capture_id = c.store_id
	LEFT JOIN osmeta.captured_tenant AS t
		ON t.capture_id = c.store_id AND t.id = u.tenant_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = t.espace_id;
COMMENT ON VIEW osmeta.end_user IS
	'which end users are there, and of which tenant?';

-- Which entities does an espace use that another module has?
CREATE VIEW osmeta.espace_use AS
SELECT o.environment, o.capture_id, e.name AS espace,
	coalesce(o.espace, o.extension) AS producer, o.entity,
	o.key AS entity_key, u.read_only AS is_read_only,
	coalesce(e.is_active, false) AND o.is_effective AS is_effective,
	u.name AS used_name, u.multitenant_view AS is_multitenant_view,
	o.physical_table_name, u.espace_id, u.entity_id
FROM osmeta.owned_entity AS o
	JOIN osmeta.captured_espace_entity AS u
		ON u.capture_id = o.store_id AND u.entity_id = o.entity_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = u.capture_id AND e.id = u.espace_id;
COMMENT ON VIEW osmeta.espace_use IS
	'which entities does an espace use?';

-- Which groups of end users are there?
CREATE VIEW osmeta.end_user_group AS
SELECT c.environment, c.capture_id, g.id AS group_id,
	g.name AS end_user_group, g.tenant_id, t.name AS tenant,
	osmeta.readable_key(e.ss_key) AS provider_key, g.description,
	g.has_custom_management, g.created, g.created_by AS created_by_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_group AS g ON g.capture_id = c.store_id
	LEFT JOIN osmeta.captured_tenant AS t
		ON t.capture_id = g.capture_id AND t.id = g.tenant_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = t.capture_id AND e.id = t.espace_id;
COMMENT ON VIEW osmeta.end_user_group IS
	'which groups of end users are there, and of which tenant?';

-- Which roles has an end user?
CREATE VIEW osmeta.user_role AS
SELECT c.environment, c.capture_id, m.user_id, u.username, m.role_id,
	r.name AS role, e.name AS espace,
	osmeta.try_oskey(e.ss_key, r.ss_key) AS role_key, m.tenant_id,
	t.name AS tenant, m.id AS user_role_id,
	u.id IS NOT NULL AND coalesce(u.is_active, true) AS is_user_active,
	r.id IS NOT NULL AND coalesce(r.is_active, true)
		AND coalesce(e.is_active, false) AS is_role_effective
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_user_role AS m ON m.capture_id = c.store_id
	LEFT JOIN osmeta.captured_user AS u
		ON u.capture_id = m.capture_id AND u.id = m.user_id
	LEFT JOIN osmeta.captured_role AS r
		ON r.capture_id = m.capture_id AND r.id = m.role_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = r.capture_id AND e.id = r.espace_id
	LEFT JOIN osmeta.captured_tenant AS t
		ON t.capture_id = m.capture_id AND t.id = m.tenant_id;
COMMENT ON VIEW osmeta.user_role IS
	'which roles has an end user?';

-- Which roles has a group?
CREATE VIEW osmeta.group_role AS
SELECT c.environment, c.capture_id, m.group_id, g.name AS end_user_group,
	m.role_id, r.name AS role, e.name AS espace,
	osmeta.try_oskey(e.ss_key, r.ss_key) AS role_key, m.tenant_id,
	t.name AS tenant, m.id AS group_role_id,
	r.id IS NOT NULL AND coalesce(r.is_active, true)
		AND coalesce(e.is_active, false) AS is_role_effective
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_group_role AS m ON m.capture_id = c.store_id
	LEFT JOIN osmeta.captured_group AS g
		ON g.capture_id = m.capture_id AND g.id = m.group_id
	LEFT JOIN osmeta.captured_role AS r
		ON r.capture_id = m.capture_id AND r.id = m.role_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = r.capture_id AND e.id = r.espace_id
	LEFT JOIN osmeta.captured_tenant AS t
		ON t.capture_id = m.capture_id AND t.id = m.tenant_id;
COMMENT ON VIEW osmeta.group_role IS
	'which roles has a group of end users?';

-- Who is in a group?
CREATE VIEW osmeta.group_user AS
SELECT c.environment, c.capture_id, m.group_id, g.name AS end_user_group,
	m.user_id, u.username, m.tenant_id, t.name AS tenant,
	m.id AS group_user_id, u.id IS NOT NULL AND coalesce(u.is_active, true) AS is_user_active
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_group_user AS m ON m.capture_id = c.store_id
	LEFT JOIN osmeta.captured_group AS g
		ON g.capture_id = m.capture_id AND g.id = m.group_id
	LEFT JOIN osmeta.captured_user AS u
		ON u.capture_id = m.capture_id AND u.id = m.user_id
	LEFT JOIN osmeta.captured_tenant AS t
		ON t.capture_id = m.capture_id AND t.id = m.tenant_id;
COMMENT ON VIEW osmeta.group_user IS
	'who is in a group of end users?';

-- Which processes are defined?
CREATE VIEW osmeta.process_definition AS
SELECT c.environment, c.capture_id, e.name AS espace, p.name AS process,
	osmeta.try_oskey(e.ss_key, p.ss_key) AS key, p.label,
	coalesce(p.is_active, true) AS is_active,
	coalesce(p.is_active, true) AND coalesce(e.is_active, false)
		AS is_effective,
	o.name AS process_entity,
	osmeta.readable_key(p.ss_key) AS process_ss_key, p.description,
	p.is_locked, p.id AS process_definition_id, p.espace_id,
	p.process_entity_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_bpm_process_definition AS p
		ON p.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = p.capture_id AND e.id = p.espace_id
	LEFT JOIN osmeta.captured_entity AS o
		ON o.capture_id = p.capture_id AND o.id = p.process_entity_id;
COMMENT ON VIEW osmeta.process_definition IS
	'which processes are defined?';

-- Which activities has a process?
CREATE VIEW osmeta.activity_definition AS
SELECT c.environment, c.capture_id, e.name AS espace, p.name AS process,
	a.name AS activity, osmeta.try_oskey(e.ss_key, a.ss_key) AS key, a.kind,
	a.label, coalesce(a.is_active, true) AS is_active,
	coalesce(a.is_active, true) AND p.id IS NOT NULL
		AND coalesce(p.is_active, true) AND coalesce(e.is_active, false)
		AS is_effective,
	i.name AS invoked_process, ie.name AS invoked_espace,
	osmeta.readable_key(a.ss_key) AS activity_ss_key, a.description,
	a.requires_permission, a.inbox_instructions, a.skippable AS is_skippable,
	a.id AS activity_definition_id,
	a.process_def_id AS process_definition_id, p.espace_id,
	a.invoked_process_def_id AS invoked_process_definition_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_bpm_activity_definition AS a
		ON a.capture_id = c.store_id
	LEFT JOIN osmeta.captured_bpm_process_definition AS p
		ON p.capture_id = a.capture_id AND p.id = a.process_def_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = p.capture_id AND e.id = p.espace_id
	LEFT JOIN osmeta.captured_bpm_process_definition AS i
		ON i.capture_id = a.capture_id AND i.id = a.invoked_process_def_id
	LEFT JOIN osmeta.captured_espace AS ie
		ON ie.capture_id = i.capture_id AND ie.id = i.espace_id;
COMMENT ON VIEW osmeta.activity_definition IS
	'which activities has a process?';

-- Internal: inputs and outputs of processes and outputs of activities.
CREATE VIEW osmeta.owned_parameter AS
SELECT c.environment, c.capture_id, x.capture_id AS store_id,
	e.name AS espace, p.name AS process, a.name AS activity, x.parameter,
	x.kind, x.ss_key, x.data_type, NULLIF(btrim(x.ss_type), '') AS ss_type,
	x.is_mandatory, x.default_value, x.description,
	coalesce(x.is_active, true) AS is_active,
	coalesce(x.is_active, true) AND coalesce(a.is_active, true)
		AND (x.activity_def_id IS NULL OR a.id IS NOT NULL)
		AND p.id IS NOT NULL AND coalesce(p.is_active, true)
		AND coalesce(e.is_active, false) AS is_effective,
	e.ss_key AS espace_ss_key, x.id AS parameter_id,
	p.id AS process_definition_id,
	x.activity_def_id AS activity_definition_id, p.espace_id
FROM osmeta.shown_capture AS c
	JOIN (SELECT d.capture_id, 'input'::text AS kind, d.id,
				d.process_def_id, NULL::bigint AS activity_def_id,
				d.name AS parameter, d.ss_key, d.data_type, d.ss_type,
				d.is_mandatory, d.default_value, d.description, d.is_active
			FROM osmeta.captured_bpm_process_input_def AS d
			UNION ALL
			SELECT d.capture_id, 'output', d.id, d.process_def_id, NULL,
				d.name, d.ss_key, d.data_type, d.ss_type, NULL,
				d.default_value, d.description, d.is_active
			FROM osmeta.captured_bpm_process_output_def AS d
			UNION ALL
			SELECT d.capture_id, 'output', d.id, NULL, d.activity_def_id,
				d.name, d.ss_key, d.data_type, d.ss_type, NULL,
				d.default_value, d.description, d.is_active
			FROM osmeta.captured_bpm_activity_output_def AS d) AS x
		ON x.capture_id = c.store_id
	LEFT JOIN osmeta.captured_bpm_activity_definition AS a
		ON a.capture_id = x.capture_id AND a.id = x.activity_def_id
	LEFT JOIN osmeta.captured_bpm_process_definition AS p
		ON p.capture_id = x.capture_id
		AND p.id = coalesce(x.process_def_id, a.process_def_id)
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = p.capture_id AND e.id = p.espace_id;
COMMENT ON VIEW osmeta.owned_parameter IS
	'Internal: parameters of processes and activities with their definition';

-- Which inputs and outputs have processes and activities?  SS_Type says
-- whose identifier a number is.
CREATE VIEW osmeta.process_parameter AS
SELECT p.environment, p.capture_id, p.espace, p.process, p.activity,
	p.parameter, p.kind, osmeta.data_type(p.data_type) AS data_type,
	p.ss_type, osmeta.try_bt_ref(p.ss_type) AS refers_to,
	t.espace AS target_espace, t.entity AS target_entity,
	t.physical_table_name AS target_table,
	CASE
		WHEN osmeta.try_bt_ref(p.ss_type) IS NULL THEN
			CASE WHEN lower(left(p.ss_type, 2)) = 'bt' THEN 'malformed' END
		WHEN t.is_effective THEN 'resolved'
		WHEN t.key IS NOT NULL THEN 'inactive'
		WHEN k.store_owner IS NULL THEN 'unknown espace'
		ELSE 'unknown entity'
	END AS status,
	p.is_mandatory, p.default_value, p.is_active, p.is_effective,
	osmeta.try_oskey(p.espace_ss_key, p.ss_key) AS key,
	osmeta.readable_key(p.ss_key) AS parameter_ss_key, p.description,
	p.data_type AS type, p.parameter_id, p.process_definition_id,
	p.activity_definition_id, p.espace_id, t.entity_id AS target_entity_id,
	t.extension AS target_extension
FROM osmeta.owned_parameter AS p
	LEFT JOIN osmeta.key_entity AS t
		ON t.store_key = osmeta.store_key(p.store_id,
			osmeta.try_bt_ref(p.ss_type))
	LEFT JOIN osmeta.key_owner AS k
		ON k.store_owner = CASE WHEN t.key IS NULL
			THEN osmeta.owner_key(osmeta.try_bt_ref(p.ss_type)) || ' '
				|| p.store_id::text END;
COMMENT ON VIEW osmeta.process_parameter IS
	'which inputs and outputs have processes and activities, and whose identifiers are they?';

INSERT INTO osmeta.live_view (view_name, position)
VALUES
	('owner', 101),
	('key_owner', 102),
	('espace', 103),
	('extension', 104),
	('application', 105),
	('module', 106),
	('application_module', 107),
	('owned_entity', 108),
	('entity', 109),
	('key_entity', 110),
	('identifier', 111),
	('identifier_type', 112),
	('owned_attribute', 113),
	('attribute', 114),
	('reference', 115),
	('owned_record', 116),
	('static_record', 117),
	('application_entity', 118),
	('espace_use', 119),
	('db_catalog', 120),
	('tenant', 121),
	('role', 122),
	('end_user', 123),
	('end_user_group', 124),
	('user_role', 125),
	('group_role', 126),
	('group_user', 127),
	('process_definition', 128),
	('activity_definition', 129),
	('owned_parameter', 130),
	('process_parameter', 131);
