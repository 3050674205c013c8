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
			+ coalesce(p.lob_bytes, 0) END AS bytes,
	p.kind
FROM (SELECT c.environment, c.capture_id, t.capture_id AS store_id,
			t.table_id, t.table_name, t.row_count, t.data_bytes,
			t.index_bytes, t.lob_bytes, coalesce(t.kind, 'table') AS kind,
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
	('multi_tenant_entity', 223);
