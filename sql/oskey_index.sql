--
-- oskey: order, hash, indexes, joins
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;
CREATE SCHEMA key_test;
SET search_path = key_test, osmeta;

-- The lines of a plan that name its nodes.
CREATE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || statement LOOP
		RETURN NEXT line;
	END LOOP;
END
$$;

-- The operator classes are complete.
SELECT am.amname, c.opcname, amvalidate(c.oid)
FROM pg_opclass c JOIN pg_am am ON am.oid = c.opcmethod
WHERE c.opcintype = 'osmeta.oskey'::regtype
ORDER BY 1;
SELECT am.amname, p.amprocnum, p.amproc
FROM pg_amproc p
	 JOIN pg_opfamily f ON f.oid = p.amprocfamily
	 JOIN pg_am am ON am.oid = f.opfmethod
WHERE p.amproclefttype = 'osmeta.oskey'::regtype
ORDER BY 1, 2;
SELECT o.oprname, c.oprname AS commutator, n.oprname AS negator,
	   o.oprcanmerge, o.oprcanhash, o.oprrest, o.oprjoin
FROM pg_operator o
	 JOIN pg_operator c ON c.oid = o.oprcom
	 JOIN pg_operator n ON n.oid = o.oprnegate
WHERE o.oprleft = 'osmeta.oskey'::regtype
ORDER BY o.oprname COLLATE "C";

-- The order is that of the bytes: pairs of UUIDs, then keys whose owner is a
-- UUID, then whose object is one, then the others.
CREATE TEMP TABLE ordered (n int, k osmeta.oskey);
INSERT INTO ordered VALUES
	(1, '00000000-0000-0000-0000-000000000000*ffffffff-ffff-ffff-ffff-ffffffffffff'),
	(2, '00000000-0000-0000-0000-000000000001*00000000-0000-0000-0000-000000000000'),
	(3, '00000000-0000-0000-0000-000000000001*00000000-0000-0000-0000-000000000001'),
	(4, '80000000-0000-0000-0000-000000000000*00000000-0000-0000-0000-000000000000'),
	(5, 'ffffffff-ffff-ffff-ffff-ffffffffffff*ffffffff-ffff-ffff-ffff-ffffffffffff'),
	(6, '00000000-0000-0000-0000-000000000000*a'),
	(7, '00000000-0000-0000-0000-000000000000*ab'),
	(8, 'ffffffff-ffff-ffff-ffff-ffffffffffff*a'),
	(9, 'a*00000000-0000-0000-0000-000000000000'),
	(10, 'a*a'), (11, 'a*b'), (12, 'ab*a'), (13, 'b*a'), (14, 'é*a');
SELECT array_agg(n ORDER BY k) = array_agg(n ORDER BY n) AS sorted,
	   array_agg(n ORDER BY k DESC) = array_agg(n ORDER BY n DESC) AS sorted_down
FROM ordered;
-- Each operator agrees with the place, for every pair.
SELECT count(*) FILTER (WHERE (a.k < b.k) <> (a.n < b.n)) AS lt,
	   count(*) FILTER (WHERE (a.k <= b.k) <> (a.n <= b.n)) AS le,
	   count(*) FILTER (WHERE (a.k = b.k) <> (a.n = b.n)) AS eq,
	   count(*) FILTER (WHERE (a.k <> b.k) <> (a.n <> b.n)) AS ne,
	   count(*) FILTER (WHERE (a.k >= b.k) <> (a.n >= b.n)) AS ge,
	   count(*) FILTER (WHERE (a.k > b.k) <> (a.n > b.n)) AS gt,
	   count(*) FILTER (WHERE sign(oskey_cmp(a.k, b.k)) <> sign(a.n - b.n)) AS cmp,
	   count(*) FILTER (WHERE a.n <> b.n AND oskey_hash(a.k) = oskey_hash(b.k)) AS hash,
	   count(*) AS pairs
FROM ordered a, ordered b;
-- One key has one hash, whatever its text was; seed 0 extends the plain hash.
SELECT oskey_hash('A*b') = oskey_hash(' bta * B ') AS same,
	   oskey_hash_extended('A*b', 7) = oskey_hash_extended('a*B', 7) AS same_extended,
	   oskey_hash_extended('a*b', 0) & 4294967295 = oskey_hash('a*b')::bigint & 4294967295 AS extends,
	   oskey_hash_extended('a*b', 1) <> oskey_hash_extended('a*b', 2) AS seeded;

-- 34 bytes for two UUIDs; the others whole, and unchanged by storing.
CREATE TEMP TABLE stored (what text, k osmeta.oskey);
INSERT INTO stored VALUES
	('two UUIDs', '65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'),
	('UUID and text', '65106059-0439-4be5-b011-2f01fba4afa6*Entity5B57028B-F636-4BA3-93F9-C81CACBC5638'),
	('texts', 'a*b'),
	('long texts', oskey(repeat('x', 100), repeat('y', 100)));
SELECT what, pg_column_size(k), k = k::text::oskey AS same FROM stored;

--
-- Many keys: 300 owners, 40,000 objects, some of them texts
--
CREATE TABLE key_entity AS
SELECT i AS id,
	   oskey(md5((i % 300)::text)::uuid::text,
			 CASE WHEN i % 50 = 0 THEN 'Entity' || i ELSE md5(i::text)::uuid::text END) AS k
FROM generate_series(1, 40000) i;
CREATE TABLE key_reference AS
SELECT i AS id, bt(e.k) AS type, bt_ref(bt(e.k)) AS k
FROM generate_series(1, 40000) i JOIN key_entity e ON e.id = (i * 7919) % 40000 + 1;
ANALYZE key_entity, key_reference;

-- A sort with abbreviated keys and one by another way agree: few owners, so
-- that abbreviation is given up, and many.
SELECT count(*) FILTER (WHERE NOT sorted) AS out_of_place, count(*)
FROM (SELECT lag(k) OVER (ORDER BY k) <= k IS NOT FALSE AS sorted FROM key_entity) t;
SELECT count(*) FILTER (WHERE NOT sorted) AS out_of_place, count(*)
FROM (SELECT lag(k) OVER (ORDER BY k) <= k IS NOT FALSE AS sorted
	  FROM (SELECT oskey(md5(i::text)::uuid, md5((i % 7)::text)::uuid) AS k
			FROM generate_series(1, 30000) i) t) t;
SELECT count(*) FILTER (WHERE NOT sorted) AS out_of_place, count(*)
FROM (SELECT lag(k) OVER (ORDER BY k) <= k IS NOT FALSE AS sorted
	  FROM (SELECT oskey(md5((i % 3)::text)::uuid, md5(i::text)::uuid) AS k
			FROM generate_series(1, 30000) i) t) t;

-- Joins by hash and by merge find the same.
SET max_parallel_workers_per_gather = 0;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SELECT * FROM pg_temp.plan('SELECT count(*) FROM key_reference r JOIN key_entity e ON e.k = bt_ref(r.type)');
SELECT count(*), sum(e.id) FROM key_reference r JOIN key_entity e ON e.k = bt_ref(r.type);
SET enable_mergejoin = on;
SET enable_hashjoin = off;
SELECT * FROM pg_temp.plan('SELECT count(*) FROM key_reference r JOIN key_entity e ON e.k = bt_ref(r.type)');
SELECT count(*), sum(e.id) FROM key_reference r JOIN key_entity e ON e.k = bt_ref(r.type);
RESET enable_mergejoin;
RESET enable_hashjoin;
RESET enable_nestloop;

-- Aggregation and distinct values by hash.
SET enable_sort = off;
SELECT * FROM pg_temp.plan('SELECT k, count(*) FROM key_reference GROUP BY k');
SELECT count(*), sum(n) FROM (SELECT k, count(*) AS n FROM key_reference GROUP BY k) t;
RESET enable_sort;

-- A parallel plan gives what a plain one gives.
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SELECT count(*) > 0 AS is_parallel
FROM pg_temp.plan('SELECT count(*) FROM key_reference r JOIN key_entity e ON e.k = bt_ref(r.type)') line
WHERE line LIKE '%Gather%';
SELECT count(*), sum(e.id) FROM key_reference r JOIN key_entity e ON e.k = bt_ref(r.type);
RESET enable_mergejoin;
RESET enable_nestloop;
RESET min_parallel_table_scan_size;
RESET parallel_tuple_cost;
RESET parallel_setup_cost;
RESET max_parallel_workers_per_gather;

-- Indexes of both kinds are used, and find one row.
CREATE UNIQUE INDEX key_entity_btree ON key_entity (k);
CREATE INDEX key_entity_hash ON key_entity USING hash (k);
VACUUM ANALYZE key_entity;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
BEGIN;
DROP INDEX key_entity_hash;
SELECT * FROM pg_temp.plan($$SELECT id FROM key_entity WHERE k = oskey(md5('7')::uuid, md5('307')::uuid)$$);
SELECT id FROM key_entity WHERE k = oskey(md5('7')::uuid, md5('307')::uuid);
ROLLBACK;
BEGIN;
DROP INDEX key_entity_btree;
SELECT * FROM pg_temp.plan($$SELECT id FROM key_entity WHERE k = oskey(md5('7')::uuid, md5('307')::uuid)$$);
SELECT id FROM key_entity WHERE k = oskey(md5('7')::uuid, md5('307')::uuid);
ROLLBACK;
RESET enable_indexonlyscan;
SELECT * FROM pg_temp.plan($$SELECT count(*) FROM key_entity WHERE k >= 'ffff0000-0000-0000-0000-000000000000*a'$$);
RESET enable_bitmapscan;
RESET enable_seqscan;
-- The unique index knows a key in another case.
INSERT INTO key_entity SELECT 0, upper(k::text)::oskey FROM key_entity WHERE id = 1
ON CONFLICT (k) DO NOTHING RETURNING id;

-- Equal keys are equal images: an index with many equal ones is
-- deduplicated, to less than half the size it has without.
CREATE TABLE key_repeated AS
SELECT oskey(md5((i % 10)::text)::uuid, md5('x')::uuid) AS k FROM generate_series(1, 20000) i;
CREATE INDEX key_repeated_dedup ON key_repeated (k);
CREATE INDEX key_repeated_plain ON key_repeated (k) WITH (deduplicate_items = off);
SELECT pg_relation_size('key_repeated_dedup') * 2 < pg_relation_size('key_repeated_plain') AS is_smaller;

-- A partition by hash is chosen by the extended hash.
CREATE TABLE key_partitioned (k osmeta.oskey) PARTITION BY HASH (k);
CREATE TABLE key_partition_0 PARTITION OF key_partitioned FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE key_partition_1 PARTITION OF key_partitioned FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO key_partitioned SELECT k FROM key_entity;
SELECT count(*) AS scans
FROM pg_temp.plan($$SELECT * FROM key_partitioned WHERE k = 'a*b'$$) line
WHERE line LIKE '%Scan%';
SELECT count(*) FROM key_partitioned;

SET client_min_messages = warning;
DROP SCHEMA key_test CASCADE;
