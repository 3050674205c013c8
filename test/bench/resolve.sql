-- Resolve a million references to 100,000 entities: by the keys that a capture
-- has read, against the join on text that one writes without osmeta.
--
-- Both read the same captured rows.  Every statement runs in turn, several
-- rounds, and its best time counts.  One process each, no compiler.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
SET max_parallel_workers_per_gather = 0;
SET jit = off;

-- A factory of 2,000 espaces, in which each entity is referred to 10 times
CREATE SCHEMA factory;
SET search_path = factory;
\ir ../fixture/core.sql
RESET search_path;
INSERT INTO factory.ossys_espace (id, name, ss_key)
SELECT i, 'Espace' || i, md5('espace' || i)::uuid FROM generate_series(1, 2000) AS i;
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name)
SELECT i, 'Entity' || i, i % 2000 + 1, md5('entity' || i)::uuid, 'OSUSR_abc_Entity' || i FROM generate_series(1, 100000) AS i;
INSERT INTO factory.ossys_entity_attr (id, entity_id, name, ss_key, type)
SELECT i, i % 100000 + 1, 'Attribute' || i, md5('attribute' || i)::uuid, 'bt' || e.ss_key || '*' || t.ss_key
FROM generate_series(1, 1000000) AS i
	JOIN factory.ossys_entity AS t ON t.id = i::bigint * 7919 % 100000 + 1
	JOIN factory.ossys_espace AS e ON e.id = t.espace_id;
ANALYZE;
SELECT osmeta.attach('prod', remote_schema => 'factory') \g /dev/null
SELECT osmeta.capture('prod') \g /dev/null
VACUUM (FREEZE, ANALYZE);

CREATE TEMP TABLE job (n int PRIMARY KEY, job text, statement text, ms float8 DEFAULT 'infinity', answer bigint);
INSERT INTO job VALUES
	(1, 'bare scan of the references', $$
		SELECT count(a.type) FROM osmeta.captured_entity_attr AS a WHERE a.capture_id = 1$$),
	(2, 'join on keys', $$
		SELECT count(t.id)
		FROM osmeta.captured_entity_attr AS a
			JOIN osmeta.captured_entity AS t
				ON t.capture_id = a.capture_id AND t.key OPERATOR(osmeta.=) a.refers_to
		WHERE a.capture_id = 1$$),
	(3, 'join on concatenated text', $$
		SELECT count(t.id)
		FROM osmeta.captured_entity_attr AS a
			JOIN (SELECT t.capture_id, t.id, 'bt' || e.ss_key || '*' || t.ss_key AS type
				FROM osmeta.captured_entity AS t
					JOIN osmeta.captured_espace AS e
						ON e.capture_id = t.capture_id AND e.id = t.espace_id) AS t
				ON t.capture_id = a.capture_id AND t.type = a.type
		WHERE a.capture_id = 1$$),
	(4, 'the same, trimmed and without case', $$
		SELECT count(t.id)
		FROM osmeta.captured_entity_attr AS a
			JOIN (SELECT t.capture_id, t.id, lower('bt' || btrim(e.ss_key) || '*' || btrim(t.ss_key)) AS type
				FROM osmeta.captured_entity AS t
					JOIN osmeta.captured_espace AS e
						ON e.capture_id = t.capture_id AND e.id = t.espace_id) AS t
				ON t.capture_id = a.capture_id AND t.type = lower(btrim(a.type))
		WHERE a.capture_id = 1$$),
	(5, 'view reference, all columns', $$
		SELECT count(r) FROM osmeta.reference AS r WHERE r.status = 'resolved'$$);

DO $$
DECLARE
	j record;
	start timestamptz;
	lap float8;
	found bigint;
BEGIN
	FOR round IN 1 .. 5 LOOP
		FOR j IN SELECT n, statement FROM job ORDER BY n LOOP
			start := clock_timestamp();
			EXECUTE j.statement INTO found;
			lap := extract(epoch FROM clock_timestamp() - start) * 1000;
			UPDATE job SET ms = least(ms, lap), answer = found WHERE n = j.n;
		END LOOP;
	END LOOP;
END
$$;

\echo Resolve 1,000,000 references to 100,000 entities (best of 5 rounds)
SELECT job, round(ms::numeric, 1) AS "ms", answer AS "rows" FROM job ORDER BY n;
SELECT round((text.ms / keys.ms)::numeric, 1) AS "concatenated text",
	   round((folded.ms / keys.ms)::numeric, 1) AS "trimmed and without case",
	   2 AS "goal"
FROM job keys, job text, job folded
WHERE keys.n = 2 AND text.n = 3 AND folded.n = 4
\echo The join on keys is faster than the join on text by this factor:
\g
