/*
 * 50_view: the questions.
 *
 * Every view starts from shown_capture and joins captured tables by
 * (capture_id = store_id, id); that is what lets the same definition be read
 * over the store and, with the names replaced, over the live tables of an
 * environment (osmeta.live_definition).  Two rules follow: every relation has
 * an alias, and no text in a view holds the name of the extension followed by
 * a dot.
 *
 * Joins to a subquery with DISTINCT or GROUP BY compare store_id + 0: the
 * planner has no statistics of such a column, takes it for a good key, and
 * would merge on it alone, with the real key as a filter over every pair of
 * rows.  The expression keeps it to joins by all columns; where several such
 * joins follow each other, the key is one text.
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

-- Internal: all modules that can own something, espaces and extensions.
CREATE VIEW osmeta.owner AS
SELECT c.environment, c.capture_id, c.store_id, 'espace'::text AS kind,
	e.id AS owner_id, e.name,
	NULLIF(lower(btrim(e.ss_key) COLLATE "C"), '') AS ss_key,
	coalesce(e.is_active, false) AS is_active
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
UNION ALL
SELECT c.environment, c.capture_id, c.store_id, 'extension'::text,
	x.id, x.name,
	NULLIF(lower(btrim(x.ss_key) COLLATE "C"), ''),
	coalesce(x.is_active, true)
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_extension AS x ON x.capture_id = c.store_id;
COMMENT ON VIEW osmeta.owner IS
	'Internal: espaces and extensions, the owners of entities';

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
SELECT c.environment, c.capture_id, c.store_id,
	e.name AS espace, t.name AS entity, t.physical_table_name,
	t.key,
	t.data_kind,
	coalesce(t.is_active, false) AS is_active,
	coalesce(t.is_active, false)
		AND CASE WHEN e.id IS NOT NULL THEN coalesce(e.is_active, false)
			ELSE x.id IS NOT NULL AND coalesce(x.is_active, true)
			END AS is_effective,
	t.id AS entity_id, t.espace_id, t.extension_id, x.name AS extension,
	NULLIF(lower(btrim(CASE WHEN e.id IS NOT NULL THEN e.ss_key
		ELSE x.ss_key END) COLLATE "C"), '') AS owner_key,
	coalesce(CASE WHEN e.id IS NOT NULL THEN e.is_active ELSE
		x.id IS NOT NULL AND coalesce(x.is_active, true) END, false)
		AS is_owner_active,
	NULLIF(lower(btrim(t.ss_key) COLLATE "C"), '') AS ss_key,
	NULLIF(lower(btrim(t.primarykey_ss_key) COLLATE "C"), '')
		AS primary_key_ss_key,
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
SELECT DISTINCT ON (o.environment, o.capture_id, o.store_id, o.key)
	o.environment, o.capture_id, o.store_id, o.key, o.entity_id,
	o.espace, o.extension, o.entity, o.physical_table_name, o.data_kind,
	o.is_active, o.is_owner_active, o.is_effective
FROM osmeta.owned_entity AS o
WHERE o.key IS NOT NULL
ORDER BY o.environment, o.capture_id, o.store_id, o.key,
	o.is_effective DESC, o.is_active DESC, o.entity_id DESC;
COMMENT ON VIEW osmeta.key_entity IS
	'Internal: the entity that a composite key stands for';

-- Internal: attributes with their entity; the row behind attribute and
-- reference.
CREATE VIEW osmeta.owned_attribute AS
SELECT o.environment, o.capture_id, o.store_id, o.espace, o.entity,
	a.name AS attribute,
	coalesce(NULLIF(btrim(a.database_name), ''),
		osmeta.physical_column_name(a.name)) AS column_name,
	btrim(a.type) AS type, a.length, a.decimals,
	coalesce(a.is_mandatory, false) AS is_mandatory,
	coalesce(a.is_autonumber, false) AS is_auto_number,
	coalesce(NULLIF(lower(btrim(a.ss_key) COLLATE "C"), '')
		= o.primary_key_ss_key, false) AS is_identifier,
	a.delete_rule,
	coalesce(a.is_active, false) AS is_active,
	coalesce(a.is_active, false) AND o.is_effective AS is_effective,
	o.key AS entity_key,
	osmeta.readable_key(a.ss_key) AS attribute_key,
	a.refers_to,
	coalesce(lower(left(btrim(a.type), 2)) = 'bt', false) AS is_reference,
	a.entity_id, a.id AS attribute_id, a.order_num AS position,
	o.physical_table_name, o.extension, a.description, a.default_value,
	a.original_type, a.ss_key
FROM osmeta.owned_entity AS o
	JOIN osmeta.captured_entity_attr AS a
		ON a.capture_id = o.store_id AND a.entity_id = o.entity_id;
COMMENT ON VIEW osmeta.owned_attribute IS
	'Internal: attributes with the composite key of their entity and of the entity that they refer to';

-- Which attributes has an entity, and which column holds their values?
CREATE VIEW osmeta.attribute AS
SELECT a.environment, a.capture_id, a.espace, a.entity, a.attribute,
	a.column_name, a.type, osmeta.data_type(a.type) AS data_type,
	a.length, a.decimals, a.is_mandatory, a.is_auto_number, a.is_identifier,
	a.delete_rule, a.is_active, a.is_effective, a.entity_key,
	a.attribute_key, a.refers_to, a.entity_id, a.attribute_id, a.position,
	a.physical_table_name, a.extension, a.description, a.default_value,
	a.original_type
FROM osmeta.owned_attribute AS a;
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
		WHEN k.ss_key IS NULL THEN 'unknown espace'
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
		WHEN h.object_key IS NOT NULL THEN
			format('%s.%s is the only entity with this key; its owner has the key %s',
				h.owner, h.entity, h.owner_key)
	END AS hint,
	a.is_active, a.is_effective, a.type, a.attribute_key, a.entity_id,
	a.attribute_id, t.entity_id AS target_entity_id,
	t.data_kind AS target_data_kind, t.extension AS target_extension,
	a.extension, a.is_mandatory, a.is_identifier
FROM osmeta.owned_attribute AS a
	LEFT JOIN osmeta.key_entity AS t
		ON t.store_id + 0 = a.store_id + 0 AND t.key OPERATOR(osmeta.=) a.refers_to
	LEFT JOIN (SELECT DISTINCT o.store_id::text || '*' || o.ss_key AS ss_key
			FROM osmeta.owner AS o
			WHERE o.ss_key IS NOT NULL) AS k
		ON k.ss_key = a.store_id::text || '*' || osmeta.owner_key(a.refers_to)
	LEFT JOIN (SELECT
				e.store_id::text || '*' || osmeta.object_key(e.key)
					AS object_key,
				min(coalesce(e.espace, e.extension)) AS owner,
				min(e.entity) AS entity,
				min(osmeta.owner_key(e.key)) AS owner_key
			FROM osmeta.key_entity AS e
			GROUP BY e.store_id, osmeta.object_key(e.key)
			HAVING count(*) = 1) AS h
		ON h.object_key
			= a.store_id::text || '*' || osmeta.object_key(a.refers_to)
		AND t.key IS NULL
WHERE a.is_reference;
COMMENT ON VIEW osmeta.reference IS
	'who refers to whom, and which references lead nowhere?';

-- Internal: records with their entity; the row behind static_record.
CREATE VIEW osmeta.owned_record AS
SELECT c.environment, c.capture_id, c.store_id, e.name AS espace, t.entity,
	r.name AS record,
	osmeta.try_oskey(e.ss_key, r.entity_ss_key) AS entity_key,
	osmeta.readable_key(r.ss_key) AS record_key,
	r.data_id, coalesce(r.is_active, false) AS is_active,
	coalesce(r.is_active, false) AND coalesce(t.is_effective, false)
		AS is_effective,
	r.id AS record_id, t.entity_id, r.espace_id, t.physical_table_name,
	t.data_kind, r.ss_key
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_entity_record AS r ON r.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = r.espace_id
	LEFT JOIN osmeta.key_entity AS t
		ON t.store_id + 0 = c.store_id + 0
		AND t.key OPERATOR(osmeta.=) osmeta.try_oskey(e.ss_key, r.entity_ss_key);
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
	JOIN osmeta.captured_module AS m
		-- equalities only, so that it can be a hash join
		ON m.capture_id = o.store_id
		AND coalesce(m.espace_id, -1) = coalesce(
			CASE WHEN o.has_espace THEN o.espace_id END, -1)
		AND coalesce(CASE WHEN m.espace_id IS NULL
			THEN m.extension_id END, -1) = coalesce(
			CASE WHEN NOT o.has_espace THEN o.extension_id END, -1)
	JOIN osmeta.captured_app_definition_module AS d
		ON d.capture_id = o.store_id AND d.module_id = m.id
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

-- What is odd, and what can be done about it?
CREATE VIEW osmeta.problem AS
SELECT c.environment, c.capture_id, 'note'::text AS severity,
	'missing_table'::text AS code, m.table_name AS object,
	'the factory does not have this table, or its columns cannot be seen'::text AS message,
	'What it holds is shown as empty; older versions lack some tables. If this one does have it, check the rights of the user mapping, then detach and attach.'::text AS hint
FROM osmeta.shown_capture AS c,
	LATERAL unnest(c.missing_tables) AS m (table_name)
UNION ALL
SELECT c.environment, c.capture_id, 'warning', 'inconsistent_capture',
	format('capture %s', c.capture_id),
	'the factory changed while it was copied',
	'References between tables may lead nowhere. Capture again when nobody publishes.'
FROM osmeta.shown_capture AS c
WHERE NOT c.is_consistent
UNION ALL
SELECT c.environment, c.capture_id, 'warning', p.code,
	'OSSYS_' || upper(l.table_name COLLATE "C"),
	format(p.message, p.rows), p.hint
FROM osmeta.shown_capture AS c,
	LATERAL jsonb_to_recordset(c.left_out) AS l
		(table_name text, without_id bigint, duplicate_id bigint),
	LATERAL (VALUES
			('row_without_id', l.without_id,
			 'rows without an identifier that can be read: %s',
			 'They are not in the capture. An identifier is a whole number of up to 18 digits: look for others in the factory''s table. What refers to such a row is a problem of its own.'),
			('duplicate_id', l.duplicate_id,
			 'rows with the identifier of another row: %s',
			 'They are not in the capture; of rows with one identifier an active one is. Look at the factory''s table: a copy without its primary key may hold rows twice.')
		) AS p (code, rows, message, hint)
WHERE p.rows > 0
UNION ALL
SELECT o.environment, o.capture_id, 'warning',
	CASE o.kind WHEN 'espace' THEN 'malformed_espace_key'
		ELSE 'malformed_extension_key' END,
	coalesce(o.name, format('%s %s', o.kind, o.owner_id)),
	CASE WHEN o.ss_key IS NULL THEN format('%s has no key', o.kind)
		ELSE format('key of %s cannot be read: %s', o.kind,
			left(quote_literal(o.ss_key), 120)) END,
	'Nothing in it can be matched or referred to by key; publish the module again.'
FROM osmeta.owner AS o
WHERE osmeta.try_oskey(o.ss_key, 'x') IS NULL
UNION ALL
SELECT s.environment, s.capture_id, 'error', 'duplicate_espace_key',
	string_agg(coalesce(s.name, format('%s %s', s.kind, s.owner_id)), ', '
		ORDER BY s.owner_id),
	format('%s active modules have the key %s', count(*), s.ss_key),
	'Keys of espaces and extensions are unique in a factory; what refers to this key may be resolved to the wrong one. Ask the vendor''s support.'
FROM osmeta.owner AS s
WHERE s.is_active AND s.ss_key IS NOT NULL
GROUP BY s.environment, s.capture_id, s.ss_key
HAVING count(*) > 1
UNION ALL
SELECT o.environment, o.capture_id, 'warning', 'entity_without_owner',
	format('%s (entity %s)', o.entity, o.entity_id),
	format('no espace or extension of this entity is there (espace %s, extension %s)',
		coalesce(o.espace_id::text, 'none'),
		coalesce(o.extension_id::text, 'none')),
	'It has no composite key and cannot be matched; its table may be a left-over.'
FROM osmeta.owned_entity AS o
WHERE o.is_active AND NOT o.has_espace AND NOT o.has_extension
UNION ALL
SELECT o.environment, o.capture_id, 'warning', 'malformed_entity_key',
	format('%s.%s', coalesce(o.espace, o.extension), o.entity),
	CASE WHEN o.ss_key IS NULL THEN 'entity has no key'
		ELSE format('key of entity cannot be read: %s',
			left(quote_literal(o.ss_key), 120)) END,
	'The entity cannot be matched or referred to by key; publish its module again.'
FROM osmeta.owned_entity AS o
WHERE o.key IS NULL AND osmeta.try_oskey(o.owner_key, 'x') IS NOT NULL
UNION ALL
SELECT o.environment, o.capture_id, 'error', 'duplicate_entity_key',
	string_agg(format('%s.%s', coalesce(o.espace, o.extension), o.entity),
		', ' ORDER BY o.entity_id),
	format('%s active entities of one module have the key %s', count(*),
		o.key),
	'Of namesakes with one key at most one can be active; the newest is taken. Deactivate or remove the others in the model.'
FROM osmeta.owned_entity AS o
WHERE o.is_effective AND o.key IS NOT NULL
GROUP BY o.environment, o.capture_id, o.key
HAVING count(*) > 1
UNION ALL
SELECT o.environment, o.capture_id, 'note', 'shared_physical_table',
	string_agg(format('%s.%s', coalesce(o.espace, o.extension), o.entity),
		', ' ORDER BY o.entity_id),
	format('%s active entities are in the table %s', count(*),
		min(o.physical_table_name COLLATE "C")),
	'Rows of this table belong to all of them: migrate it through one entity only.'
FROM osmeta.owned_entity AS o
WHERE o.is_effective AND btrim(o.physical_table_name) <> ''
GROUP BY o.environment, o.capture_id, osmeta.fold_name(btrim(o.physical_table_name))
HAVING count(*) > 1
UNION ALL
SELECT o.environment, o.capture_id, 'warning', 'entity_without_identifier',
	format('%s.%s', coalesce(o.espace, o.extension), o.entity),
	'no active attribute is the identifier of this entity',
	'References to it have no type and it cannot be migrated; choose an identifier in the model and publish.'
FROM osmeta.owned_entity AS o
	LEFT JOIN (SELECT DISTINCT a.store_id, a.entity_id
			FROM osmeta.owned_attribute AS a
			WHERE a.is_identifier AND a.is_effective) AS i
		ON i.store_id + 0 = o.store_id + 0 AND i.entity_id = o.entity_id
WHERE o.is_effective AND NOT o.is_external AND i.entity_id IS NULL
UNION ALL
SELECT c.environment, c.capture_id, 'warning', 'attribute_without_entity',
	format('%s (attribute %s)', left(a.name, 120), a.id),
	format('the entity of this attribute is not there: %s',
		coalesce(a.entity_id::text, 'none')),
	'The attribute is left out of every other view; its entity may have been removed by hand.'
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_entity_attr AS a ON a.capture_id = c.store_id
	LEFT JOIN osmeta.captured_entity AS t
		ON t.capture_id = c.store_id AND t.id = a.entity_id
WHERE a.is_active AND t.id IS NULL
UNION ALL
SELECT a.environment, a.capture_id, 'warning', 'malformed_attribute_key',
	format('%s.%s.%s', coalesce(a.espace, a.extension), a.entity,
		a.attribute),
	CASE WHEN coalesce(btrim(a.ss_key), '') = '' THEN 'attribute has no key'
		ELSE format('key of attribute cannot be read: %s',
			left(quote_literal(a.ss_key), 120)) END,
	'The attribute cannot be matched by key; publish its module again.'
FROM osmeta.owned_attribute AS a
WHERE a.is_effective AND osmeta.try_oskey('x', a.ss_key) IS NULL
UNION ALL
SELECT a.environment, a.capture_id, 'error', 'duplicate_attribute_key',
	format('%s.%s.%s, %s.%s.%s', coalesce(min(a.espace), min(a.extension)),
		min(a.entity), min(a.attribute COLLATE "C"),
		coalesce(min(a.espace), min(a.extension)), min(a.entity),
		max(a.attribute COLLATE "C")),
	format('%s active attributes of one entity have the key %s', count(*),
		a.attribute_key),
	'They are matched by this key, and only one of them is taken. Remove the others in the model and publish.'
FROM osmeta.owned_attribute AS a
WHERE a.is_effective AND a.attribute_key IS NOT NULL
GROUP BY a.environment, a.capture_id, a.store_id, a.entity_id,
	a.attribute_key
HAVING count(*) > 1
UNION ALL
SELECT a.environment, a.capture_id, 'warning', 'unknown_data_type',
	format('%s.%s.%s', coalesce(a.espace, a.extension), a.entity,
		a.attribute),
	CASE WHEN coalesce(a.type, '') = '' THEN 'attribute has no type'
		ELSE format('type %s is not known', left(quote_literal(a.type), 120))
		END,
	'Values of this attribute are read as text; say how they are to be written before you migrate it.'
FROM osmeta.owned_attribute AS a
WHERE a.is_effective AND NOT a.is_reference
	AND NOT osmeta.is_data_type(coalesce(a.type, ''))
UNION ALL
SELECT r.environment, r.capture_id,
	CASE r.status WHEN 'inactive' THEN 'note' WHEN 'malformed' THEN 'error'
		ELSE 'warning' END,
	CASE r.status WHEN 'inactive' THEN 'inactive_reference'
		WHEN 'malformed' THEN 'malformed_reference'
		ELSE 'unknown_reference' END,
	format('%s.%s.%s', coalesce(r.espace, r.extension), r.entity,
		r.attribute),
	CASE r.status
		WHEN 'inactive' THEN 'refers to an entity that is no longer active'
		WHEN 'malformed' THEN format('type cannot be read: %s',
			left(quote_literal(r.type), 120))
		WHEN 'unknown espace' THEN
			format('refers to an espace that is not there: %s', r.target_key)
		ELSE format('refers to an entity that is not there: %s',
			r.target_key) END,
	CASE
		WHEN r.status IN ('inactive', 'malformed') THEN r.hint
		ELSE coalesce(r.hint || '. ', '')
			|| 'Refresh the dependencies of the module and publish it, or leave the attribute out.'
	END
FROM osmeta.reference AS r
WHERE r.is_effective AND r.status <> 'resolved'
UNION ALL
SELECT s.environment, s.capture_id, 'warning', 'unknown_record_entity',
	format('record %s (%s)', coalesce(s.record, '?'), s.record_id),
	'no entity has the key that this static record names',
	'The record is left out of matches; its entity may have been removed by hand.'
FROM osmeta.static_record AS s
WHERE s.is_active AND s.entity_id IS NULL
UNION ALL
SELECT r.environment, r.capture_id, 'warning', p.code,
	format('%s.%s.%s', r.espace, r.entity,
		coalesce(r.record, format('record %s', r.record_id))),
	p.message, p.hint
FROM osmeta.owned_record AS r,
	LATERAL (VALUES
			('malformed_record_key', r.record_key IS NULL,
			 CASE WHEN coalesce(btrim(r.ss_key), '') = ''
				THEN 'record has no key'
				ELSE format('key of record cannot be read: %s',
					left(quote_literal(r.ss_key), 120)) END,
			 'The record cannot be matched by key; publish its module again.'),
			('record_without_data_id', coalesce(btrim(r.data_id), '') = '',
			 'record has no Data_Id',
			 'It is not known which row of the table this record is, so it cannot be matched; publish its module again.'),
			('record_not_static', r.data_kind <> 'staticEntity',
			 format('record of an entity of kind %s', r.data_kind),
			 'The entity may have been static once. Its rows are data now and are migrated as such.')
		) AS p (code, is_so, message, hint)
WHERE r.is_effective AND p.is_so
UNION ALL
SELECT r.environment, r.capture_id, 'error', p.code,
	string_agg(format('%s.%s.%s', r.espace, r.entity,
		coalesce(r.record, format('record %s', r.record_id))), ', '
		ORDER BY r.record_id),
	format(p.message, count(*), p.value), p.hint
FROM osmeta.owned_record AS r,
	LATERAL (VALUES
			('duplicate_record_key', r.record_key,
			 '%s active records of one entity have the key %s',
			 'Records are matched by this key, and it is not clear which one is meant. Remove the others in the model and publish.'),
			('duplicate_data_id', btrim(r.data_id),
			 '%s active records of one entity have the Data_Id %s',
			 'One row of the table cannot be several records; publish the module again.')
		) AS p (code, value, message, hint)
WHERE r.is_effective AND p.value <> ''
GROUP BY r.environment, r.capture_id, r.entity_id, p.code, p.value,
	p.message, p.hint
HAVING count(*) > 1
UNION ALL
SELECT c.environment, c.capture_id, 'warning',
	CASE WHEN e.id IS NULL THEN 'role_without_espace'
		ELSE 'malformed_role_key' END,
	CASE WHEN e.id IS NULL THEN format('%s (role %s)', r.name, r.id)
		ELSE format('%s.%s (role %s)', e.name, r.name, r.id) END,
	CASE WHEN e.id IS NULL
			THEN format('the espace of this role is not there: %s',
				r.espace_id)
		WHEN coalesce(btrim(r.ss_key), '') = '' THEN 'role has no key'
		ELSE format('key of role cannot be read: %s',
			left(quote_literal(r.ss_key), 120)) END,
	CASE WHEN e.id IS NULL
		THEN 'It has no composite key and cannot be matched; its espace may have been removed by hand.'
		ELSE 'The role cannot be matched by key; publish its module again.' END
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_role AS r ON r.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = r.espace_id
WHERE coalesce(r.is_active, true)
	AND (e.id IS NULL AND r.espace_id IS NOT NULL
		OR e.is_active AND osmeta.readable_key(r.ss_key) IS NULL)
UNION ALL
SELECT r.environment, r.capture_id, 'error', 'duplicate_role_key',
	string_agg(format('%s.%s', r.espace, r.role), ', ' ORDER BY r.role_id),
	format('%s active roles of one espace have the key %s', count(*),
		r.role_ss_key),
	'Roles are matched by this key, and it is not clear which one is meant. Remove the others in the model and publish.'
FROM osmeta.role AS r
WHERE r.is_effective AND r.role_ss_key IS NOT NULL
GROUP BY r.environment, r.capture_id, r.espace_id, r.role_ss_key
HAVING count(*) > 1
UNION ALL
SELECT a.environment, a.capture_id, 'warning', 'malformed_application_key',
	coalesce(a.name, format('application %s', a.id)),
	CASE WHEN coalesce(btrim(a.key), '') = '' THEN 'application has no key'
		ELSE format('key of application cannot be read: %s',
			left(quote_literal(a.key), 120)) END,
	'The application cannot be matched by key; publish it again.'
FROM (SELECT c.environment, c.capture_id, a.name, a.id, a.key,
			coalesce(a.is_active, true) AS is_active,
			-- no key at all: the version does not have the column
			count(a.key) OVER (PARTITION BY c.store_id) > 0 AS has_keys
		FROM osmeta.shown_capture AS c
			JOIN osmeta.captured_application AS a
				ON a.capture_id = c.store_id) AS a
WHERE a.is_active AND a.has_keys AND osmeta.readable_key(a.key) IS NULL
UNION ALL
SELECT a.environment, a.capture_id, 'error', 'duplicate_application_key',
	string_agg(coalesce(a.application,
		format('application %s', a.application_id)), ', '
		ORDER BY a.application_id),
	format('%s active applications have the key %s', count(*), a.key),
	'Keys of applications are unique in a factory. Ask the vendor''s support.'
FROM osmeta.application AS a
WHERE a.is_active AND a.key IS NOT NULL
GROUP BY a.environment, a.capture_id, a.key
HAVING count(*) > 1
UNION ALL
SELECT c.environment, c.capture_id, 'warning', 'module_without_owner',
	format('module %s', m.id),
	format('no espace or extension of this module is there (espace %s, extension %s)',
		coalesce(m.espace_id::text, 'none'),
		coalesce(m.extension_id::text, 'none')),
	'It belongs to no application as far as the views show; its espace or extension may have been removed by hand.'
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_module AS m ON m.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = m.espace_id
	LEFT JOIN osmeta.captured_extension AS x
		ON x.capture_id = c.store_id AND x.id = m.extension_id
WHERE CASE
		WHEN m.espace_id IS NOT NULL THEN e.id IS NULL
		WHEN m.extension_id IS NULL THEN true
		-- all of them would be named where the table itself is missing
		ELSE x.id IS NULL AND 'OSSYS_EXTENSION' <> ALL (c.missing_tables)
	END;
COMMENT ON VIEW osmeta.problem IS
	'what is odd, and what can be done about it?';

INSERT INTO osmeta.live_view (view_name, position)
VALUES
	('owner', 101),
	('espace', 102),
	('extension', 103),
	('application', 104),
	('module', 105),
	('application_module', 106),
	('owned_entity', 107),
	('entity', 108),
	('key_entity', 109),
	('owned_attribute', 110),
	('attribute', 111),
	('reference', 112),
	('owned_record', 113),
	('static_record', 114),
	('application_entity', 115),
	('db_catalog', 116),
	('tenant', 117),
	('role', 118),
	('end_user', 119),
	('problem', 120);
