--
-- The description of the metamodel and of wrappers, and the pure functions
-- that work on it
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;

-- the store has the columns that the description says, in order, and no other
WITH described AS (
	SELECT 'captured_' || t.table_name AS relation, c.column_name,
		CASE c.type WHEN 'timestamp' THEN 'timestamp without time zone'
			ELSE c.type END AS type,
		row_number() OVER (PARTITION BY t.table_name ORDER BY c.position) + 1
			AS position
	FROM osmeta.ossys_table AS t JOIN osmeta.ossys_column AS c USING (table_name)
	WHERE t.is_captured AND NOT c.is_secret
	UNION ALL
	SELECT 'captured_' || t.table_name, 'capture_id', 'bigint', 1
	FROM osmeta.ossys_table AS t WHERE t.is_captured
), stored AS (
	SELECT c.relname::text AS relation, a.attname::text AS column_name,
		format_type(a.atttypid, a.atttypmod) AS type, a.attnum::bigint AS position
	FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
	WHERE c.relnamespace = 'osmeta'::regnamespace AND c.relkind = 'r'
		AND c.relname LIKE 'captured\_%' AND c.relname NOT LIKE 'captured\_physical\_%'
		AND a.attnum > 0 AND NOT a.attisdropped
		-- what osmeta computes
		AND (c.relname, a.attname) NOT IN (('captured_entity', 'key'), ('captured_entity_attr', 'refers_to'))
)
(SELECT 'described only' AS difference, * FROM described EXCEPT ALL
 SELECT 'described only', * FROM stored)
UNION ALL
(SELECT 'stored only', * FROM stored EXCEPT ALL
 SELECT 'stored only', * FROM described);

-- in every captured table capture_id stands first in the key
SELECT c.relname, i.indkey[0] = 1 AS capture_id_first
FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indrelid = c.oid
WHERE c.relnamespace = 'osmeta'::regnamespace AND c.relkind = 'r'
	AND c.relname LIKE 'captured\_%' AND i.indkey[0] IS DISTINCT FROM 1;

-- what is secret, what is required, what is run-time only
SELECT table_name, string_agg(column_name, ' ' ORDER BY position) AS secret
FROM osmeta.ossys_column WHERE is_secret GROUP BY table_name ORDER BY table_name;
SELECT table_name, string_agg(column_name, ' ' ORDER BY c.position) AS required
FROM osmeta.ossys_table AS t JOIN osmeta.ossys_column AS c USING (table_name)
WHERE t.is_required AND c.is_required GROUP BY t.position, table_name ORDER BY t.position;
SELECT table_name AS not_captured FROM osmeta.ossys_table WHERE NOT is_captured ORDER BY position;
SELECT table_name AS hybrid FROM osmeta.ossys_table WHERE is_hybrid ORDER BY position;

-- every table of a shipped catalogue view is described, and the other way
SELECT DISTINCT v.dialect, m[1] AS not_described
FROM osmeta.catalog_view AS v, regexp_matches(v.query, '\{(catalog_\w+)\}', 'g') AS m
WHERE NOT EXISTS (SELECT FROM osmeta.catalog_column AS c
	WHERE c.dialect = v.dialect AND c.catalog_table = m[1]);
SELECT DISTINCT dialect, type FROM osmeta.catalog_column WHERE type = 'sql_variant';

-- secret columns are found in tables and in tenant views, without case
SELECT t, c, osmeta.is_secret_column(t, c)
FROM (VALUES ('OSSYS_USER', 'PASSWORD'), ('ossys_User_T12', 'Password'),
	('OSSYS_USER', 'USERNAME'), ('OSSYS_DBCATALOG', 'USERNAME'),
	('OSUSR_abc_User', 'PASSWORD'), ('OSSYS_USER_ROLE', 'PASSWORD')) AS v (t, c);

-- names that cannot be an identifier here
SELECT n, osmeta.local_name(n), octet_length(osmeta.local_name(n))
FROM (VALUES ('ORDER'), ('ctid'), ('CTID'), (repeat('x', 63)), (repeat('x', 64)),
	(repeat('é', 32)), (''), (E'a\nb "c"; d')) AS v (n);

-- types with length, or precision and scale
SELECT t, m, l, p, s, osmeta.type_with_modifier(t, m, l, p, s, 'smallint')
FROM (VALUES ('varchar', 'length', 50, NULL, NULL), ('varchar', 'length', NULL, NULL, NULL),
	('varchar', 'length', 2147483647, NULL, NULL), ('boolean', 'none', NULL, NULL, NULL),
	('numeric', 'precision', NULL, 37, 8), ('numeric', 'number', NULL, 1, 0),
	('numeric', 'number', NULL, 10, 0), ('numeric', 'number', NULL, 20, 0),
	('numeric', 'number', NULL, NULL, NULL), ('numeric', 'number', NULL, 5, -2)) AS v (t, m, l, p, s);

-- whatever a column is declared with, the canonical form is never an error
CREATE TEMP TABLE odd (i int, n numeric, b boolean, t text, d date, z timestamptz);
INSERT INTO odd VALUES (2, 1e30, true, ' 12 ', '2020-02-29', '2020-01-01 00:00+02'),
	(0, 3.0, false, 'junk', 'infinity', 'infinity'), (NULL, 7, NULL, '99999999999999999999', NULL, NULL),
	(-1, -5.5, NULL, 'TRUE', NULL, NULL);
SELECT format('SELECT %s FROM odd ORDER BY ctid', string_agg(
	format('%s AS %s_%s', osmeta.canonical_expression(c, l, t), c, left(t, 4)), ', ')) AS statement
FROM (VALUES ('i', 'integer'), ('n', 'numeric'), ('b', 'boolean'), ('t', 'text')) AS v (c, l),
	(VALUES ('bigint'), ('boolean')) AS w (t) \gset
\x on
:statement;
SELECT format('SELECT %s FROM odd ORDER BY ctid', string_agg(
	format('%s AS %s_%s', osmeta.canonical_expression(c, l, 'timestamp'), c, 'ts'), ', ')) AS statement
FROM (VALUES ('i', 'integer'), ('t', 'text'), ('d', 'date'), ('z', 'timestamp with time zone')) AS v (c, l) \gset
SET timezone = 'America/New_York';
:statement;
