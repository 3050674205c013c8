/*
 * 52_question: the questions, one view each.
 *
 * What 50_view says of joins holds here too.  Tables and columns of the
 * factory's database are found by their folded names: what the metamodel
 * spells in mixed case, the engine may spell in capitals.  Everything that is
 * left over or missing in the database is known only where its catalogue was
 * read; elsewhere it is NULL, or there is no row.
 */

CREATE FUNCTION osmeta.store_table(store_id bigint, table_name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN osmeta.fold_name(btrim(table_name)) || ' ' || store_id::text;
COMMENT ON FUNCTION osmeta.store_table(bigint, text) IS
	'Internal: the name of a table, folded, and the capture it is of, as one text';

CREATE FUNCTION osmeta.store_module(store_id bigint, espace_id bigint,
	extension_id bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce('e' || espace_id::text, 'x' || extension_id::text) || ' '
	|| store_id::text;
COMMENT ON FUNCTION osmeta.store_module(bigint, bigint, bigint) IS
	'Internal: the number of an espace, or else of an extension, and the capture it is of, as one text';

-- Internal: the active applications of modules.
CREATE VIEW osmeta.module_application AS
SELECT DISTINCT osmeta.store_module(m.capture_id, m.espace_id, m.extension_id)
		AS store_module,
	a.name AS application, a.id AS application_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_app_definition_module AS d
		ON d.capture_id = c.store_id
	JOIN osmeta.captured_module AS m
		ON m.capture_id = d.capture_id AND m.id = d.module_id
	JOIN osmeta.captured_application AS a
		ON a.capture_id = d.capture_id AND a.id = d.application_id
WHERE coalesce(a.is_active, true);
COMMENT ON VIEW osmeta.module_application IS
	'Internal: which active applications is a module part of?';

-- Internal: for each folded name the table or view that stands under it.
CREATE VIEW osmeta.found_table AS
SELECT DISTINCT ON (p.store_table)
	p.store_table, p.environment, p.capture_id, p.store_id, p.table_id, p.table_name, p.is_table,
	p.row_count, p.data_bytes, p.index_bytes, p.lob_bytes,
	CASE WHEN coalesce(p.data_bytes, p.index_bytes, p.lob_bytes) IS NOT NULL
		THEN coalesce(p.data_bytes, 0) + coalesce(p.index_bytes, 0)
			+ coalesce(p.lob_bytes, 0) END AS bytes
FROM (SELECT c.environment, c.capture_id, t.capture_id AS store_id,
			t.table_id, t.table_name, t.row_count, t.data_bytes,
			t.index_bytes, t.lob_bytes,
			t.kind IS DISTINCT FROM 'view' AS is_table,
			osmeta.store_table(t.capture_id, t.table_name) COLLATE "C"
				AS store_table
		FROM osmeta.shown_capture AS c
			JOIN osmeta.captured_physical_table AS t
				ON t.capture_id = c.store_id) AS p
ORDER BY p.store_table, p.is_table DESC, p.row_count DESC NULLS LAST,
	p.table_id;
COMMENT ON VIEW osmeta.found_table IS
	'Internal: the table of the factory''s database that a name stands for';

-- Internal: captures that know the tables of the factory's database.
CREATE VIEW osmeta.known_catalog AS
SELECT DISTINCT t.capture_id AS store_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_physical_table AS t ON t.capture_id = c.store_id;
COMMENT ON VIEW osmeta.known_catalog IS
	'Internal: the captures in which there are tables of the factory''s database';

-- Internal: espaces whose tables lie in another catalog than the main one,
-- which is the one that was read.
CREATE VIEW osmeta.elsewhere AS
SELECT DISTINCT osmeta.store_module(e.capture_id, e.id, NULL) AS store_module
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
	JOIN osmeta.captured_dbcatalog AS d
		ON d.capture_id = e.capture_id AND d.id = e.dbcatalog_id
WHERE osmeta.fold_name(btrim(d.name)) <> '(main)';
COMMENT ON VIEW osmeta.elsewhere IS
	'Internal: the espaces whose tables are not in the main database catalog';

-- Internal: every table that the metamodel names.
CREATE VIEW osmeta.named_table AS
SELECT n.environment, n.capture_id, n.store_id,
	CASE n.kind WHEN 1 THEN 'data' WHEN 2 THEN 'event'
		ELSE 'multilingual' END AS kind,
	n.kind = 1 AS is_data, n.table_name,
	osmeta.store_table(n.store_id, n.table_name) COLLATE "C" AS store_table,
	n.espace, n.extension, n.entity, n.entity_id, n.espace_id,
	n.extension_id, n.has_espace, n.is_active, n.is_effective,
	n.is_multitenant, n.is_system, n.is_external
FROM (SELECT o.*, k.kind,
			CASE k.kind
				WHEN 1 THEN btrim(o.physical_table_name)
				WHEN 2 THEN CASE WHEN o.expose_process_events THEN
					coalesce(NULLIF(btrim(o.event_table_name), ''),
						osmeta.event_table_name(
							btrim(o.physical_table_name))) END
				ELSE btrim(o.multilingual_table_name)
			END AS table_name
		FROM osmeta.owned_entity AS o,
			generate_series(1, 3) AS k (kind)) AS n
WHERE n.table_name <> '';
COMMENT ON VIEW osmeta.named_table IS
	'Internal: the tables that the metamodel names, for data, events and translations';

-- Internal: for each table that the metamodel names the entity that counts.
CREATE VIEW osmeta.table_owner AS
SELECT DISTINCT ON (n.store_table)
	n.store_table, n.kind, n.is_data, n.table_name, n.espace, n.extension,
	n.entity, n.entity_id, n.espace_id, n.extension_id, n.has_espace,
	n.is_effective, bool_or(n.is_effective) OVER w AS is_used,
	bool_or(n.is_multitenant) OVER w AS is_multitenant,
	bool_or(n.is_system OR n.is_external) OVER w AS is_foreign
FROM osmeta.named_table AS n
WINDOW w AS (PARTITION BY n.store_table)
ORDER BY n.store_table, n.is_data DESC, n.is_effective DESC,
	n.is_active DESC, n.entity_id DESC;
COMMENT ON VIEW osmeta.table_owner IS
	'Internal: the entity that a table of the factory''s database belongs to';

-- Internal: entities that have their table together with others.  A range of
-- an expression is what the planner takes to be true of few.
CREATE VIEW osmeta.shared_table AS
SELECT n.store_table, n.store_id, n.entity_id, n.is_effective
FROM (SELECT n.store_table, n.store_id, n.entity_id, n.is_effective,
			count(*) OVER (PARTITION BY n.store_table) AS entities
		FROM osmeta.named_table AS n
		WHERE n.is_data) AS n
WHERE n.entities + 0 BETWEEN 2 AND 9223372036854775807;
COMMENT ON VIEW osmeta.shared_table IS
	'Internal: entities that have their table together with others';

-- Internal: what attributes of entities that share a table name there.
CREATE VIEW osmeta.shared_column AS
SELECT s.store_table, osmeta.fold_name(coalesce(
		NULLIF(btrim(a.database_name), ''),
		osmeta.physical_column_name(a.name))) AS folded,
	bool_or(a.is_active AND s.is_effective) AS is_used
FROM osmeta.shared_table AS s
	JOIN osmeta.captured_entity_attr AS a
		ON a.capture_id = s.store_id AND a.entity_id = s.entity_id
GROUP BY 1, 2;
COMMENT ON VIEW osmeta.shared_column IS
	'Internal: the columns of tables of several entities that attributes name';

-- Which roles has an application?  Roles of espaces in no application too.
CREATE VIEW osmeta.application_role AS
SELECT c.environment, c.capture_id, a.application, e.name AS espace,
	r.name AS role, r.id AS role_id,
	osmeta.readable_key(e.ss_key) AS espace_ss_key,
	osmeta.readable_key(r.ss_key) AS role_ss_key,
	coalesce(r.is_active, true) AS is_active,
	coalesce(r.is_active, true) AND coalesce(e.is_active, false)
		AS is_effective,
	osmeta.try_oskey(e.ss_key, r.ss_key) AS role_key, r.description,
	r.persistent AS is_persistent, a.application_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_role AS r ON r.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = r.capture_id AND e.id = r.espace_id
	LEFT JOIN osmeta.module_application AS a
		ON a.store_module = osmeta.store_module(r.capture_id, r.espace_id,
			NULL);
COMMENT ON VIEW osmeta.application_role IS
	'which roles has an application? (NULL: roles of espaces in no application)';

-- Which attributes hold binary data?
CREATE VIEW osmeta.binary_attribute AS
SELECT a.environment, a.capture_id, m.application, a.espace, a.entity,
	a.attribute, a.physical_table_name, a.column_name, a.entity_key,
	a.attribute_key, p.row_count, p.bytes, p.lob_bytes, a.extension
FROM osmeta.owned_attribute AS a
	LEFT JOIN osmeta.module_application AS m
		ON m.store_module = osmeta.store_module(a.store_id,
			CASE WHEN a.has_espace THEN a.espace_id END, a.extension_id)
	LEFT JOIN osmeta.found_table AS p
		ON p.store_table
			= osmeta.store_table(a.store_id, a.physical_table_name)
WHERE a.is_effective AND a.data_type = 'Binary Data';
COMMENT ON VIEW osmeta.binary_attribute IS
	'which attributes hold binary data, and how much?';

-- Which attributes hold a user?
CREATE VIEW osmeta.user_reference AS
WITH RECURSIVE chained AS MATERIALIZED (
	SELECT i.store_id, i.refers_to, k.key
	FROM osmeta.identifier AS i
		JOIN osmeta.key_entity AS k ON k.store_entity = i.store_entity
	WHERE i.is_reference
), holder AS (
	SELECT c.store_id, '478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c'::osmeta.oskey AS key
	FROM osmeta.shown_capture AS c
	UNION
	-- an identifier that is a user's is one too for whoever refers to it
	SELECT i.store_id, i.key
	FROM holder AS h
		JOIN chained AS i ON i.store_id = h.store_id
			AND i.refers_to OPERATOR(osmeta.=) h.key
)
SELECT a.environment, a.capture_id, m.application, a.espace, a.entity,
	a.attribute, a.physical_table_name, a.column_name, a.delete_rule,
	a.entity_key, a.attribute_key, a.is_mandatory, a.is_identifier,
	a.is_system, a.extension
FROM osmeta.owned_attribute AS a
	LEFT JOIN osmeta.module_application AS m
		ON m.store_module = osmeta.store_module(a.store_id,
			CASE WHEN a.has_espace THEN a.espace_id END, a.extension_id)
WHERE a.is_effective AND a.refers_to IS NOT NULL
	-- as a condition, for one pass over all attributes
	AND coalesce(osmeta.store_key(a.store_id, a.refers_to) IN
		(SELECT osmeta.store_key(h.store_id, h.key) FROM holder AS h), false);
COMMENT ON VIEW osmeta.user_reference IS
	'which attributes hold a user?';

-- Which entities start processes, through which table?
CREATE VIEW osmeta.event_table AS
SELECT n.environment, n.capture_id, m.application, n.espace, n.entity,
	o.physical_table_name, n.table_name AS event_table_name, p.row_count,
	o.key AS entity_key, n.extension
FROM osmeta.named_table AS n
	JOIN osmeta.owned_entity AS o
		ON o.store_id = n.store_id AND o.entity_id = n.entity_id
	LEFT JOIN osmeta.module_application AS m
		ON m.store_module = osmeta.store_module(n.store_id,
			CASE WHEN n.has_espace THEN n.espace_id END, n.extension_id)
	LEFT JOIN osmeta.found_table AS p ON p.store_table = n.store_table
WHERE n.kind = 'event' AND n.is_effective;
COMMENT ON VIEW osmeta.event_table IS
	'which entities start processes, and through which event table?';

-- Internal: references between modules as the factory lists them; which
-- columns say so depends on its version.
CREATE VIEW osmeta.declared_reference AS
SELECT r.capture_id AS store_id, coalesce(k.kind, 'espace') = 'espace'
		AS is_espace,
	coalesce(k.owner_id, e.id) AS consumer_id,
	coalesce(k.ss_key, osmeta.folded_key(e.ss_key)) AS consumer_key,
	coalesce(osmeta.folded_key(r.producer_key),
		osmeta.folded_key(p.ss_key)) AS producer_key,
	coalesce(r.producer_name, p.name) AS producer_name,
	coalesce(r.is_broken, false) AS is_broken
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_espace_reference AS r ON r.capture_id = c.store_id
	LEFT JOIN osmeta.key_owner AS k
		ON k.store_owner = osmeta.folded_key(r.consumer_key) || ' '
			|| r.capture_id::text
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = r.capture_id AND e.id = r.consumer_id
	LEFT JOIN osmeta.captured_espace AS p
		ON p.capture_id = r.capture_id AND p.id = r.producer_id
WHERE coalesce(k.is_active, e.is_active, false)
	AND coalesce(osmeta.folded_key(r.producer_key),
		osmeta.folded_key(p.ss_key)) IS NOT NULL;
COMMENT ON VIEW osmeta.declared_reference IS
	'Internal: OSSYS_ESPACE_REFERENCE with its modules found';

/*
 * Which module needs which?  reference_count counts attributes that refer to
 * an entity of the producer.  A producer that is only used or only declared
 * has 0; one that nobody knows is shown by its key.
 */
CREATE VIEW osmeta.dependency AS
SELECT o.environment, o.capture_id, o.name AS consumer,
	coalesce(k.name, d.producer_name, d.producer_key) AS producer,
	d.reference_count, d.is_resolved AND coalesce(k.is_active, false)
		AS is_resolved,
	o.kind AS consumer_kind, k.kind AS producer_kind,
	osmeta.readable_key(d.producer_key) AS producer_key, d.use_count,
	d.is_declared, d.consumer_id, k.owner_id AS producer_id
FROM (SELECT u.store_id, u.is_espace, u.consumer_id, u.producer_key,
			min(u.producer_name) AS producer_name,
			sum(u.reference_count)::bigint AS reference_count,
			sum(u.use_count)::bigint AS use_count,
			bool_and(u.is_resolved) AS is_resolved,
			bool_or(u.is_declared) AS is_declared
		FROM (SELECT a.store_id, a.has_espace AS is_espace,
					CASE WHEN a.has_espace THEN a.espace_id
						ELSE a.extension_id END AS consumer_id,
					osmeta.owner_key(a.refers_to) COLLATE "C"
						AS producer_key,
					NULL::text COLLATE "C" AS producer_name,
					1 AS reference_count, 0 AS use_count,
					coalesce(t.is_effective, false) AS is_resolved,
					false AS is_declared
				FROM osmeta.owned_attribute AS a
					LEFT JOIN osmeta.key_entity AS t
						ON t.store_key
							= osmeta.store_key(a.store_id, a.refers_to)
				WHERE a.is_effective AND a.refers_to IS NOT NULL
					AND osmeta.owner_key(a.refers_to)
						IS DISTINCT FROM a.owner_key
				UNION ALL
				SELECT o.store_id, true, e.id, o.owner_key, NULL, 0, 1,
					o.is_effective, false
				FROM osmeta.owned_entity AS o
					JOIN osmeta.captured_espace_entity AS u
						ON u.capture_id = o.store_id
						AND u.entity_id = o.entity_id
					JOIN osmeta.captured_espace AS e
						ON e.capture_id = u.capture_id AND e.id = u.espace_id
				WHERE e.is_active AND o.owner_key IS NOT NULL
					AND o.owner_key
						IS DISTINCT FROM osmeta.folded_key(e.ss_key)
				UNION ALL
				SELECT e.capture_id, true, e.id, osmeta.folded_key(x.ss_key),
					NULL, 0, 0, coalesce(x.is_active, true), true
				FROM osmeta.shown_capture AS c
					JOIN osmeta.captured_espace_extension AS u
						ON u.capture_id = c.store_id
					JOIN osmeta.captured_espace AS e
						ON e.capture_id = u.capture_id AND e.id = u.espace_id
					JOIN osmeta.captured_extension AS x
						ON x.capture_id = u.capture_id
						AND x.id = u.extension_id
				WHERE e.is_active AND osmeta.folded_key(x.ss_key) IS NOT NULL
				UNION ALL
				SELECT r.store_id, r.is_espace, r.consumer_id, r.producer_key,
					r.producer_name, 0, 0, NOT r.is_broken, true
				FROM osmeta.declared_reference AS r
				WHERE r.producer_key IS DISTINCT FROM r.consumer_key) AS u
		GROUP BY u.store_id, u.is_espace, u.consumer_id, u.producer_key) AS d
	JOIN osmeta.owner AS o
		ON o.store_id = d.store_id AND o.owner_id = d.consumer_id
		AND o.is_espace = d.is_espace
	LEFT JOIN osmeta.key_owner AS k
		ON k.store_owner = d.producer_key || ' ' || d.store_id::text;
COMMENT ON VIEW osmeta.dependency IS
	'which module needs which, and are all references between them resolved?';

/*
 * Which espaces have entities with the same keys?  A clone keeps the keys of
 * what is inside; so does a module that was deleted and installed again.
 */
CREATE VIEW osmeta.clone AS
SELECT p.environment, p.capture_id, e.name AS espace,
	f.name AS other_espace, p.shared_entities,
	CASE WHEN f.is_active THEN 'clone' ELSE 'reinstalled' END AS kind,
	osmeta.readable_key(e.ss_key) AS espace_ss_key,
	osmeta.readable_key(f.ss_key) AS other_espace_ss_key,
	p.espace_id, p.other_espace_id
FROM (SELECT a.environment, a.capture_id, a.store_id, a.espace_id,
			b.espace_id AS other_espace_id,
			count(DISTINCT a.ss_key) AS shared_entities
		FROM (SELECT o.environment, o.capture_id, o.store_id, o.espace_id,
					o.ss_key, o.is_owner_active,
					count(*) OVER (PARTITION BY o.store_id, o.ss_key) AS n
				FROM osmeta.owned_entity AS o
				WHERE o.has_espace AND o.is_active
					AND o.ss_key IS NOT NULL) AS a
			JOIN (SELECT o.store_id, o.espace_id, o.ss_key, o.is_owner_active,
					count(*) OVER (PARTITION BY o.store_id, o.ss_key) AS n
				FROM osmeta.owned_entity AS o
				WHERE o.has_espace AND o.is_active
					AND o.ss_key IS NOT NULL) AS b
				ON b.store_id = a.store_id AND b.ss_key = a.ss_key
				AND b.espace_id <> a.espace_id
				-- the active one first, else the older one
				AND a.is_owner_active
				AND (NOT b.is_owner_active OR a.espace_id < b.espace_id)
		WHERE a.n > 1 AND b.n > 1
		GROUP BY a.environment, a.capture_id, a.store_id, a.espace_id,
			b.espace_id) AS p
	JOIN osmeta.captured_espace AS e
		ON e.capture_id = p.store_id AND e.id = p.espace_id
	JOIN osmeta.captured_espace AS f
		ON f.capture_id = p.store_id AND f.id = p.other_espace_id;
COMMENT ON VIEW osmeta.clone IS
	'which espaces are clones of each other, or were installed again?';

-- Internal: entities that are not effective, with their table and with
-- whether something effective needs them.
CREATE VIEW osmeta.deleted_entity AS
SELECT o.environment, o.capture_id, o.store_id, o.espace, o.extension,
	o.entity, o.entity_id, o.espace_id, o.has_espace, o.is_owner_active,
	NULLIF(btrim(o.physical_table_name), '') AS physical_table_name,
	CASE
		WHEN p.table_id IS NOT NULL THEN true
		WHEN k.store_id IS NOT NULL AND l.store_module IS NULL
			AND osmeta.fold_name(btrim(o.physical_table_name)) ~ '^os(usr|sys)_'
			THEN false
	END AS in_database,
	r.store_entity IS NOT NULL OR coalesce(t.is_used, false)
		AS used_by_active,
	p.table_id, p.row_count, p.bytes
FROM osmeta.owned_entity AS o
	LEFT JOIN osmeta.known_catalog AS k ON k.store_id = o.store_id
	LEFT JOIN osmeta.elsewhere AS l
		ON l.store_module = osmeta.store_module(o.store_id, o.espace_id, NULL)
	LEFT JOIN osmeta.found_table AS p
		ON p.store_table
			= osmeta.store_table(o.store_id, o.physical_table_name)
	LEFT JOIN osmeta.table_owner AS t
		ON t.store_table
			= osmeta.store_table(o.store_id, o.physical_table_name)
	LEFT JOIN (SELECT DISTINCT e.store_entity
			FROM osmeta.owned_attribute AS a
				JOIN osmeta.key_entity AS e
					ON e.store_key = osmeta.store_key(a.store_id, a.refers_to)
			WHERE a.is_effective AND NOT e.is_effective) AS r
		ON r.store_entity = osmeta.store_entity(o.store_id, o.entity_id)
WHERE NOT o.is_effective;
COMMENT ON VIEW osmeta.deleted_entity IS
	'Internal: entities that are not effective, and what is left of them';

-- What has been removed from the model and is still known?
CREATE VIEW osmeta.soft_deleted AS
WITH deleted AS MATERIALIZED (
	SELECT d.*
	FROM osmeta.deleted_entity AS d
)
SELECT d.environment, d.capture_id, 'entity'::text AS kind, d.espace,
	d.entity, NULL::text AS attribute, NULL::text AS record,
	d.physical_table_name, NULL::text AS column_name, d.in_database,
	d.used_by_active, d.row_count, d.bytes, d.extension,
	d.entity_id AS id
FROM deleted AS d
UNION ALL
SELECT e.environment, e.capture_id, 'espace', e.name, NULL, NULL, NULL,
	NULL, NULL, bool_or(d.in_database), coalesce(bool_or(d.used_by_active),
	false), sum(d.row_count) FILTER (WHERE d.is_first)::bigint,
	sum(d.bytes) FILTER (WHERE d.is_first)::bigint, NULL, e.owner_id
FROM osmeta.owner AS e
	-- several of its entities can stand on one table
	LEFT JOIN (SELECT n.*, row_number() OVER (PARTITION BY n.store_id,
					n.espace_id, n.table_id ORDER BY n.entity_id) = 1
				AS is_first
			FROM deleted AS n) AS d
		ON d.store_id = e.store_id AND d.espace_id = e.owner_id
WHERE e.kind = 'espace' AND NOT e.is_active
GROUP BY e.environment, e.capture_id, e.store_id, e.owner_id, e.name
UNION ALL
-- DISTINCT: names of columns can differ by nothing but case
SELECT DISTINCT a.environment, a.capture_id, 'attribute'::text, a.espace,
	a.entity, a.attribute, NULL::text, a.physical_table_name, a.column_name,
	CASE
		WHEN q.table_id IS NOT NULL THEN true
		WHEN k.store_id IS NOT NULL AND l.store_module IS NULL
			AND osmeta.fold_name(btrim(a.physical_table_name)) ~ '^os(usr|sys)_'
			THEN false
	END,
	u.attribute_id IS NOT NULL OR coalesce(s.is_used, false), p.row_count,
	NULL::bigint, a.extension, a.attribute_id
FROM osmeta.owned_attribute AS a
	LEFT JOIN osmeta.known_catalog AS k ON k.store_id = a.store_id
	LEFT JOIN osmeta.elsewhere AS l
		ON l.store_module = osmeta.store_module(a.store_id, a.espace_id, NULL)
	LEFT JOIN osmeta.found_table AS p
		ON p.store_table
			= osmeta.store_table(a.store_id, a.physical_table_name)
	LEFT JOIN osmeta.captured_physical_column AS q
		ON q.capture_id = a.store_id AND q.table_id = p.table_id
		AND osmeta.fold_name(q.column_name) = osmeta.fold_name(a.column_name)
	-- the same column in use by the same entity, or by another one in its table
	LEFT JOIN (SELECT DISTINCT i.capture_id AS store_id, i.id AS attribute_id
			FROM osmeta.captured_entity_attr AS i
				JOIN osmeta.captured_entity_attr AS u
					ON u.capture_id = i.capture_id
					AND u.entity_id = i.entity_id
					AND osmeta.fold_name(coalesce(
						NULLIF(btrim(u.database_name), ''),
						osmeta.physical_column_name(u.name)))
						= osmeta.fold_name(coalesce(
						NULLIF(btrim(i.database_name), ''),
						osmeta.physical_column_name(i.name)))
			WHERE NOT coalesce(i.is_active, false) AND u.is_active) AS u
		ON u.store_id = a.store_id AND u.attribute_id = a.attribute_id
	LEFT JOIN osmeta.shared_column AS s
		ON s.store_table
			= osmeta.store_table(a.store_id, a.physical_table_name)
		AND s.folded = osmeta.fold_name(a.column_name)
WHERE NOT a.is_active AND a.is_entity_effective
UNION ALL
SELECT r.environment, r.capture_id, 'record', r.espace, r.entity, NULL,
	r.record, r.physical_table_name, NULL, NULL, u.data_id IS NOT NULL,
	NULL, NULL, NULL, r.record_id
FROM osmeta.owned_record AS r
	LEFT JOIN (SELECT DISTINCT u.store_id, u.entity_id,
				btrim(u.data_id) AS data_id
			FROM osmeta.owned_record AS u
			WHERE u.is_effective) AS u
		ON u.store_id = r.store_id AND u.entity_id = r.entity_id
		AND u.data_id = btrim(r.data_id)
WHERE NOT r.is_active AND r.is_entity_effective;
COMMENT ON VIEW osmeta.soft_deleted IS
	'what has been removed from the model, is it still in the database, and does something need it?';

/*
 * Which tables of the database does the metamodel not know?  Only names of
 * the platform are looked at.  A copy made by hand carries more behind a name
 * that the metamodel knows, or a word for a copy.
 */
CREATE VIEW osmeta.orphan_table AS
WITH orphan AS MATERIALIZED (
	SELECT f.environment, f.capture_id, f.store_id, f.table_id, f.table_name,
		f.row_count, f.bytes, osmeta.fold_name(f.table_name) AS folded
	FROM osmeta.found_table AS f
		LEFT JOIN osmeta.table_owner AS o ON o.store_table = f.store_table
	-- those of a removed entity, but for its data, are nobody's
	WHERE f.is_table
		AND (o.store_table IS NULL OR NOT o.is_data AND NOT o.is_used)
		AND osmeta.fold_name(f.table_name) ~ '^os(usr|evt)_'
), copied AS MATERIALIZED (
	SELECT DISTINCT b.store_id, b.table_id
	FROM (SELECT x.store_id, x.table_id,
				array_to_string(p.parts[1:n.n], '_') || ' '
					|| x.store_id::text AS beginning
			FROM orphan AS x,
				LATERAL (SELECT string_to_array(x.folded, '_') AS parts) AS p,
				LATERAL generate_series(3, cardinality(p.parts) - 1) AS n) AS b
		JOIN osmeta.table_owner AS o ON o.store_table = b.beginning
)
SELECT x.environment, x.capture_id, x.table_name,
	CASE
		WHEN h.table_id IS NOT NULL OR n.prefix IS NULL
			OR x.folded ~ '_(old|bak|backup|copy|orig|temp|tmp)[0-9]*(_[0-9]+)*$'
			THEN 'hand-made'
		WHEN x.folded ^@ 'osevt' THEN 'event'
		WHEN n.hash IS NULL THEN 'hand-made'
		WHEN osmeta.fold_name(n.name) ^@ '_ml' THEN 'multilingual'
		ELSE 'data'
	END AS kind,
	x.row_count, x.bytes, m.espaces
FROM orphan AS x
	LEFT JOIN copied AS h
		ON h.store_id = x.store_id AND h.table_id = x.table_id
	LEFT JOIN LATERAL osmeta.parse_physical_name(x.table_name) AS n ON true
	LEFT JOIN (SELECT e.capture_id AS store_id,
				osmeta.espace_hash(e.name) AS hash,
				string_agg(e.name, ', ' ORDER BY e.is_active DESC,
					e.name COLLATE "C") AS espaces
			FROM osmeta.shown_capture AS c
				JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
			GROUP BY e.capture_id, osmeta.espace_hash(e.name)) AS m
		ON m.store_id = x.store_id AND m.hash = osmeta.fold_name(n.hash);
COMMENT ON VIEW osmeta.orphan_table IS
	'which tables of the database does the metamodel not know?';

/*
 * Internal: which columns of which tables do attributes name?  OFFSET 0: the
 * tables of entities are looked for before those of attributes.
 */
CREATE VIEW osmeta.named_column AS
SELECT a.capture_id AS store_id, t.table_id,
	osmeta.fold_name(coalesce(NULLIF(btrim(a.database_name), ''),
		osmeta.physical_column_name(a.name))) AS folded,
	a.id AS attribute_id, a.is_active AND t.is_effective AS is_effective
FROM (SELECT o.store_id, o.entity_id, o.is_effective, f.table_id
		FROM osmeta.owned_entity AS o
			JOIN osmeta.found_table AS f
				ON f.store_table = osmeta.store_table(o.store_id,
					o.physical_table_name)
		OFFSET 0) AS t
	JOIN osmeta.captured_entity_attr AS a
		ON a.capture_id = t.store_id AND a.entity_id = t.entity_id;
COMMENT ON VIEW osmeta.named_column IS
	'Internal: the columns of the factory''s database that attributes name';

/*
 * Internal: columns of tables of entities that no attribute names.  First
 * those are left out that the table's own entity names, by its number, of
 * which the planner has statistics; then what others in that table name.
 * OFFSET 0 keeps to this order: tables are matched by name before their
 * columns are looked at, and what others name is looked up for few columns.
 */
CREATE VIEW osmeta.unnamed_column AS
SELECT u.environment, u.capture_id, u.store_id, u.table_id, u.table_name,
	u.column_name, u.position, u.data_type, u.length, u.precision, u.scale,
	u.espace, u.extension, u.entity, u.entity_id
FROM (SELECT t.environment, t.capture_id, t.store_id, t.table_id,
			t.table_name, q.column_name, q.position, q.data_type, q.length,
			q.precision, q.scale, t.espace, t.extension, t.entity,
			t.entity_id, t.store_table
		FROM (SELECT c.environment, c.capture_id, p.capture_id AS store_id,
					p.table_id, p.table_name, o.espace, o.extension,
					o.entity, o.entity_id, o.is_multitenant, o.store_table
				FROM osmeta.shown_capture AS c
					JOIN osmeta.captured_physical_table AS p
						ON p.capture_id = c.store_id
					JOIN osmeta.table_owner AS o
						ON o.store_table
							= osmeta.store_table(p.capture_id, p.table_name)
				WHERE p.kind IS DISTINCT FROM 'view' AND o.is_data
					AND NOT o.is_foreign
				OFFSET 0) AS t
			JOIN osmeta.captured_physical_column AS q
				ON q.capture_id = t.store_id AND q.table_id = t.table_id
			LEFT JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = t.store_id AND a.entity_id = t.entity_id
				AND osmeta.fold_name(coalesce(
					NULLIF(btrim(a.database_name), ''),
					osmeta.physical_column_name(a.name)))
					= osmeta.fold_name(q.column_name)
		WHERE a.entity_id IS NULL
			AND NOT (t.is_multitenant
				AND osmeta.fold_name(q.column_name) = 'tenant_id')
		OFFSET 0) AS u
	LEFT JOIN osmeta.shared_column AS n
		ON n.store_table = u.store_table
		AND n.folded = osmeta.fold_name(u.column_name)
WHERE n.folded IS NULL;
COMMENT ON VIEW osmeta.unnamed_column IS
	'Internal: columns of the tables of entities that no attribute names';

/*
 * Which columns does the metamodel not know?  Renaming an attribute makes a
 * new column and leaves the old one.  Where just one attribute can have come
 * out of a column, and out of no other column, it is named: one of the same
 * type, whose column was made later if there are such.
 */
CREATE VIEW osmeta.orphan_column AS
WITH orphan AS MATERIALIZED (
	SELECT u.*
	FROM osmeta.unnamed_column AS u
), known AS MATERIALIZED (
	-- as a condition, for one pass over all attributes, however many columns
	-- are left over
	SELECT a.capture_id AS store_id, a.entity_id, a.name AS attribute,
		osmeta.fold_name(coalesce(NULLIF(btrim(a.database_name), ''),
			osmeta.physical_column_name(a.name))) AS folded
	FROM osmeta.captured_entity_attr AS a
		JOIN osmeta.owned_entity AS o
			ON o.store_id = a.capture_id AND o.entity_id = a.entity_id
	WHERE coalesce(a.entity_id IN (SELECT x.entity_id FROM orphan AS x),
			false)
		AND a.is_active AND o.is_effective
		AND osmeta.folded_key(a.ss_key)
			IS DISTINCT FROM o.primary_key_ss_key
), alike AS MATERIALIZED (
	SELECT x.store_id, x.table_id, x.position, a.attribute,
		q.position AS attribute_position,
		q.position > x.position AS is_later,
		bool_or(q.position > x.position)
			OVER (PARTITION BY x.store_id, x.table_id, x.position)
			AS any_is_later
	FROM orphan AS x
		JOIN osmeta.captured_physical_column AS q
			ON q.capture_id = x.store_id AND q.table_id = x.table_id
		JOIN known AS a
			ON a.store_id = x.store_id AND a.entity_id = x.entity_id
			AND a.folded = osmeta.fold_name(q.column_name)
	WHERE q.data_type = x.data_type
		AND coalesce(q.length, -1) = coalesce(x.length, -1)
		AND coalesce(q.precision, -1) = coalesce(x.precision, -1)
		AND coalesce(q.scale, -1) = coalesce(x.scale, -1)
), candidate AS MATERIALIZED (
	SELECT k.store_id, k.table_id, k.position, k.attribute,
		count(*) OVER (PARTITION BY k.store_id, k.table_id, k.position)
			AS attributes,
		count(*) OVER (PARTITION BY k.store_id, k.table_id,
			k.attribute_position) AS columns
	FROM alike AS k
	WHERE k.is_later = k.any_is_later
)
SELECT x.environment, x.capture_id, x.table_name, x.column_name, x.espace,
	x.entity,
	x.data_type || CASE
		WHEN x.length IS NOT NULL THEN format('(%s)', x.length)
		WHEN x.precision IS NOT NULL
			THEN format('(%s,%s)', x.precision, coalesce(x.scale, 0))
		ELSE ''
	END AS column_type,
	CASE WHEN k.attribute IS NOT NULL
		THEN format('rename of %s?', k.attribute) END AS explained_by,
	x.extension, x.position, x.entity_id
FROM orphan AS x
	LEFT JOIN candidate AS k
		ON k.store_id = x.store_id AND k.table_id = x.table_id
		AND k.position = x.position AND k.attributes = 1 AND k.columns = 1;
COMMENT ON VIEW osmeta.orphan_column IS
	'which columns of an entity''s table does the metamodel not know, and was an attribute renamed?';

-- How large is each table, and whose is it?
CREATE VIEW osmeta.table_size AS
SELECT c.environment, c.capture_id, t.table_name, o.espace, o.entity,
	m.application, t.row_count, t.data_bytes, t.index_bytes, t.lob_bytes,
	CASE WHEN coalesce(t.data_bytes, t.index_bytes, t.lob_bytes) IS NOT NULL
		THEN coalesce(t.data_bytes, 0) + coalesce(t.index_bytes, 0)
			+ coalesce(t.lob_bytes, 0) END AS bytes,
	o.kind, o.is_effective, o.extension, o.entity_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_physical_table AS t ON t.capture_id = c.store_id
	LEFT JOIN osmeta.table_owner AS o
		ON o.store_table = osmeta.store_table(t.capture_id, t.table_name)
	LEFT JOIN (SELECT DISTINCT ON (g.store_module) g.store_module,
				g.application
			FROM (SELECT a.store_module COLLATE "C" AS store_module,
						string_agg(DISTINCT a.application, ', '
							ORDER BY a.application) AS application
					FROM osmeta.module_application AS a
					GROUP BY a.store_module COLLATE "C") AS g) AS m
		ON m.store_module = osmeta.store_module(t.capture_id,
			CASE WHEN o.has_espace THEN o.espace_id END, o.extension_id)
WHERE t.kind IS DISTINCT FROM 'view';
COMMENT ON VIEW osmeta.table_size IS
	'how large is each table of the database, and whose is it?';

/*
 * Do the names of tables follow from those of modules and entities?  An
 * Oracle factory follows one of two rules; the one that explains more of its
 * names is taken.
 */
CREATE VIEW osmeta.name_audit AS
SELECT v.environment, v.capture_id, v.espace, v.entity,
	v.physical_table_name, v.computed_name, v.verdict,
	CASE WHEN v.verdict ^@ 'other key' THEN h.espaces END AS evidence,
	v.is_effective, v.extension, v.entity_id, v.dialect
FROM (SELECT o.environment, o.capture_id, o.store_id, o.espace, o.entity,
			btrim(o.physical_table_name) AS physical_table_name, r.dialect,
			osmeta.physical_table_name(o.espace, o.entity, r.dialect)
				AS computed_name,
			osmeta.explain_physical_name(o.espace, o.entity,
				btrim(o.physical_table_name), r.dialect) AS verdict,
			o.is_effective, o.extension, o.entity_id
		FROM osmeta.owned_entity AS o
			JOIN (SELECT c.store_id,
						CASE
							WHEN c.dialect <> 'oracle' THEN c.dialect
							WHEN count(*) FILTER (WHERE
								CASE WHEN c.dialect = 'oracle' THEN
									osmeta.explain_physical_name(e.espace,
										e.entity,
										btrim(e.physical_table_name),
										'oracle8') IN ('exact', 'numbered')
								END)
								> count(*) FILTER (WHERE
								CASE WHEN c.dialect = 'oracle' THEN
									osmeta.explain_physical_name(e.espace,
										e.entity,
										btrim(e.physical_table_name),
										'oracle') IN ('exact', 'numbered')
								END) THEN 'oracle8'
							ELSE 'oracle'
						END AS dialect
					FROM osmeta.shown_capture AS c
						JOIN osmeta.owned_entity AS e
							ON e.store_id = c.store_id
					GROUP BY c.store_id, c.dialect) AS r
				ON r.store_id = o.store_id
		WHERE btrim(o.physical_table_name) <> '') AS v
	-- whose key it is otherwise
	LEFT JOIN (SELECT e.capture_id AS store_id,
				osmeta.espace_hash(e.name) AS hash,
				string_agg(e.name, ', ' ORDER BY e.is_active DESC,
					e.name COLLATE "C") AS espaces
			FROM osmeta.shown_capture AS c
				JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
			GROUP BY e.capture_id, osmeta.espace_hash(e.name)) AS h
		ON h.store_id = v.store_id
		AND h.hash = osmeta.fold_name(split_part(v.physical_table_name,
			'_', 2));
COMMENT ON VIEW osmeta.name_audit IS
	'do the names of tables follow from those of modules and entities?';

-- Which entities keep the rows of each tenant apart?
CREATE VIEW osmeta.multi_tenant_entity AS
SELECT o.environment, o.capture_id, o.espace, o.entity,
	o.physical_table_name,
	NULLIF(btrim(o.base_view_name), '') AS base_view_name,
	o.key AS entity_key, o.data_kind, o.is_system, o.extension
FROM osmeta.owned_entity AS o
WHERE o.is_effective AND o.is_multitenant;
COMMENT ON VIEW osmeta.multi_tenant_entity IS
	'which entities keep the rows of each tenant apart?';

INSERT INTO osmeta.live_view (view_name, position)
VALUES
	('module_application', 201),
	('found_table', 202),
	('known_catalog', 203),
	('elsewhere', 200),
	('named_table', 204),
	('table_owner', 205),
	('shared_table', 206),
	('shared_column', 207),
	('application_role', 208),
	('binary_attribute', 209),
	('user_reference', 210),
	('event_table', 211),
	('declared_reference', 212),
	('dependency', 213),
	('clone', 214),
	('deleted_entity', 215),
	('soft_deleted', 216),
	('orphan_table', 217),
	('named_column', 218),
	('unnamed_column', 219),
	('orphan_column', 220),
	('table_size', 221),
	('name_audit', 222),
	('multi_tenant_entity', 223);
