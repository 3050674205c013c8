-- What this environment decides by itself: what it has not got, its numbers,
-- its physical names, and how many rows its tables hold.

-- ---------------------------------------------------------------------------
-- Objects that another environment has: nothing refers to them.
-- ---------------------------------------------------------------------------

DELETE FROM work_entity
WHERE is_optional
	AND pg_temp.draw_here('here/entity/' || coalesce(clone_of, n)) % 2 = 0;

DELETE FROM work_attribute a
WHERE a.is_optional
		AND pg_temp.draw_here('here/attribute/' || a.entity || '/' || a.position) % 2 = 0
	OR NOT EXISTS (SELECT FROM work_entity e WHERE e.n = a.entity);

DELETE FROM work_record r
WHERE r.is_optional
		AND pg_temp.draw_here('here/record/' || r.entity || '/' || r.position) % 2 = 0
	OR NOT EXISTS (SELECT FROM work_entity e WHERE e.n = r.entity);

DELETE FROM work_role
WHERE position > 1
	AND pg_temp.draw_here('here/role/' || module || '/' || position) % 25 = 0;

-- An older version of some modules is published here: texts are shorter, and
-- attributes have been removed or not yet.
UPDATE work_attribute
SET length = CASE WHEN h % 100 = 0 AND type = 'rtText' AND length BETWEEN 50 AND 500 AND rule IS NULL
		THEN length - 10 ELSE length END,
	is_active = is_active AND h / 100 % 200 > 0
FROM (SELECT entity AS e, position AS p,
		pg_temp.draw_here('older/' || entity || '/' || position) AS h
	FROM work_attribute
	WHERE position > 1 AND rule IS NULL AND path IS NULL
	OFFSET 0) AS drawn
WHERE entity = e AND position = p
	AND (h % 100 = 0 OR h / 100 % 200 = 0);

-- ---------------------------------------------------------------------------
-- Numbers
-- ---------------------------------------------------------------------------

-- In no order that two environments share, and with gaps
UPDATE work_module m
SET id = pg_temp.number_at(pg_temp.base(m.kind), r.i),
	module_id = pg_temp.number_at(pg_temp.base('module'), r.j)
FROM (SELECT n,
		row_number() OVER (PARTITION BY kind ORDER BY h, n) AS i,
		row_number() OVER (ORDER BY h, n) AS j
	FROM work_module
	CROSS JOIN LATERAL (SELECT pg_temp.draw_here('module/' || n) AS h) AS drawn) AS r
WHERE r.n = m.n;

UPDATE work_entity e
SET id = pg_temp.number_at(pg_temp.base('entity'), r.i)
FROM (SELECT e.n, row_number() OVER (ORDER BY m.module_id, e.n) AS i
	FROM work_entity e
	JOIN work_module m ON m.n = e.module) AS r
WHERE r.n = e.n;

UPDATE work_record d
SET id = pg_temp.number_at(pg_temp.base('record'), r.i),
	data_id = CASE
		WHEN e.id_type = 'rtText' THEN upper(left(r.name, 3) COLLATE "C") || '-' || r.position
		ELSE (r.first + pg_temp.number_at(0, r.k))::text END
FROM (SELECT d.entity, d.position, d.name,
		row_number() OVER (ORDER BY e.id, d.position) AS i,
		row_number() OVER (PARTITION BY d.entity ORDER BY h, d.position) AS k,
		pg_temp.draw_here('record/' || d.entity) % 3 AS first
	FROM work_record d
	JOIN work_entity e ON e.n = d.entity
	CROSS JOIN LATERAL (SELECT pg_temp.draw_here('record/' || d.entity || '/' || d.position) AS h) AS drawn) AS r
JOIN work_entity e ON e.n = r.entity
WHERE r.entity = d.entity AND r.position = d.position;

UPDATE work_role w
SET id = pg_temp.number_at(pg_temp.base('role'), r.i)
FROM (SELECT module, position,
		row_number() OVER (ORDER BY m.module_id, w.position) AS i
	FROM work_role w
	JOIN work_module m ON m.n = w.module) AS r
WHERE r.module = w.module AND r.position = w.position;

-- The platform's own tenant is 1 everywhere; Branch is the second one of the
-- provider Users.
INSERT INTO work_tenant (name, module, id)
SELECT name, n, CASE WHEN name = 'ServiceCenter' THEN 1
	ELSE pg_temp.number_at(5 + pg_temp.draw_here('tenant') % 20, i) END
FROM (SELECT t.name, m.n, row_number() OVER (ORDER BY pg_temp.draw_here('tenant/' || t.name), t.name) AS i
	FROM work_module m
	JOIN (SELECT name, name AS provider
		FROM work_module
		WHERE is_provider
		UNION ALL
		SELECT 'Branch', 'Users') AS t ON t.provider = m.name
	WHERE m.is_provider) AS provider;

-- ---------------------------------------------------------------------------
-- Physical names: some modules and entities had another name when their
-- tables were made, some names were taken.
-- ---------------------------------------------------------------------------

UPDATE work_module
SET hash = pg_temp.espace_hash(
	CASE WHEN copy IS NULL AND pg_temp.draw_here('renamed/' || n) % 12 = 0
		THEN 'Old' || name ELSE name END);

WITH named AS (
	SELECT e.n, m.hash, h,
		e.path IS NULL AND h % 33 = 0 AS is_taken,
		coalesce(e.fixed_name, CASE WHEN e.is_external
			THEN '[' || upper(m.name COLLATE "C") || '].[dbo].[' || e.name || ']'
			ELSE pg_temp.cut('OSUSR_'
				|| CASE WHEN e.former_name = 'moved' THEN pg_temp.espace_hash('Older' || m.name) ELSE m.hash END || '_'
				|| CASE WHEN e.former_name = 'renamed' OR e.path IS NULL AND h / 100 % 25 = 0 THEN 'Former' ELSE '' END
				|| e.name, 61) END) AS name
	FROM work_entity e
	JOIN work_module m ON m.n = e.module
	CROSS JOIN LATERAL (SELECT pg_temp.draw_here('physical/' || e.n) AS h OFFSET 0) AS drawn
), numbered AS (
	SELECT named.*, row_number() OVER (PARTITION BY lower(name COLLATE "C") ORDER BY n) - 1
			+ CASE WHEN bool_or(is_taken) OVER (PARTITION BY lower(name COLLATE "C")) THEN 1 ELSE 0 END AS number
	FROM named
)
UPDATE work_entity e
SET physical = CASE WHEN r.name LIKE 'OSUSR%' AND r.number > 0 THEN r.name || r.number ELSE r.name END
FROM numbered r
WHERE r.n = e.n;

UPDATE work_entity e
SET physical = o.physical
FROM work_entity o
WHERE e.fixed_name LIKE '=%' AND o.path = substr(e.fixed_name, 2) AND o.copy = e.copy;

-- The database spells some names in capitals.
UPDATE work_entity
SET table_name = CASE
	WHEN is_system THEN upper(physical COLLATE "C")
	WHEN has_table AND path IS NULL AND pg_temp.draw_here('capitals/' || n) % 40 = 0
		THEN upper(physical COLLATE "C")
	ELSE physical END
WHERE has_table OR is_system;

-- ---------------------------------------------------------------------------
-- Rows: how many, and which identifiers they have
-- ---------------------------------------------------------------------------

UPDATE work_entity e
SET root = r.root, depth = r.depth, id_type = r.id_type, id_length = r.id_length
FROM (
	WITH RECURSIVE chain AS (
		SELECT n, n AS root, 0 AS depth, id_type, id_length
		FROM work_entity
		WHERE id_target IS NULL
		UNION ALL
		SELECT e.n, c.root, c.depth + 1, c.id_type, c.id_length
		FROM chain c
		JOIN work_entity e ON e.id_target = c.n
	)
	SELECT *
	FROM chain
) AS r
WHERE r.n = e.n;

UPDATE work_entity
SET root = n, depth = 0, id_type = 'rtInteger'
WHERE root IS NULL;

INSERT INTO work_user (base, users)
SELECT pg_temp.base('user'), :users - :users * (pg_temp.draw_here('users') % 10) / 100;

UPDATE work_entity e
SET row_count = CASE
		WHEN e.path = 'ServiceCenter.User' THEN (SELECT users FROM work_user)
		WHEN NOT e.has_table THEN 0
		WHEN e.data_kind = 'staticEntity' THEN
			(SELECT count(*) FROM work_record r WHERE r.entity = e.n AND r.is_active)
		WHEN e.rows_asked IS NOT NULL THEN e.rows_asked
		-- most traps are in rows
		WHEN e.path IS NOT NULL THEN greatest(:rows, CASE WHEN :traps THEN 12 ELSE 0 END)
		WHEN h % 20 = 0 THEN 0
		ELSE :rows::bigint * (50 + h / 100 % 101) / 100
	END,
	id_expression = CASE
		WHEN e.path = 'ServiceCenter.User' THEN
			(SELECT base || '::bigint + %J + (%J) / 7' FROM work_user)
		WHEN e.data_kind = 'staticEntity' THEN
			(SELECT quote_literal(array_agg(r.data_id ORDER BY r.position)::text)
				|| '::' || CASE e.id_type WHEN 'rtText' THEN 'text' ELSE 'bigint' END || '[])[%J]'
			 FROM work_record r
			 WHERE r.entity = e.n AND r.is_active)
		WHEN e.id_type = 'rtText' THEN
			quote_literal(upper(left(e.name, 3) COLLATE "C")) || ' || (1000 + %J)'
		WHEN e.depth = 0 AND e.id_target IS NOT NULL THEN '%J'
		ELSE coalesce(e.first_number, 10 * (h / 1000000 % 500)) || '::bigint + %J + (%J) / 7'
	END,
	first_number = coalesce(e.first_number, 10 * (h / 1000000 % 500))
FROM (SELECT n AS entity, pg_temp.draw_here('rows/' || n) AS h
	FROM work_entity
	OFFSET 0) AS drawn
WHERE e.n = drawn.entity;

UPDATE work_entity
SET id_expression = '(' || id_expression
WHERE data_kind = 'staticEntity';

-- A one-to-one entity has rows for the first of its target's.
UPDATE work_entity e
SET row_count = greatest(r.row_count - e.depth * ((r.row_count + 5) / 6), 0),
	id_expression = r.id_expression
FROM work_entity r
WHERE r.n = e.root AND e.depth > 0;

UPDATE work_attribute a
SET id = pg_temp.number_at(pg_temp.base('attribute'), r.i)
FROM (SELECT a.entity, a.position, row_number() OVER (ORDER BY e.id, a.position) AS i
	FROM work_attribute a
	JOIN work_entity e ON e.n = a.entity) AS r
WHERE r.entity = a.entity AND r.position = a.position;

ANALYZE work_module, work_entity, work_attribute, work_record, work_role;
