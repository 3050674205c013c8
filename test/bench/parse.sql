-- Parse two million references: bt_ref against what SQL offers, and against
-- a scan that does nothing with them.
--
-- Every statement runs in turn, several rounds, and its best time counts, so
-- that what else the machine does hits all alike.  No parallel query and no
-- just-in-time compiler: one process and one expression are compared.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
SET max_parallel_workers_per_gather = 0;
SET jit = off;

-- 2,000 espaces, 100,000 entities, each referred to 20 times.
CREATE UNLOGGED TABLE bench_reference AS
SELECT 'bt' || md5((e % 2000)::text)::uuid || '*' || md5(e::text)::uuid AS type
FROM (SELECT (i::bigint * 7919 % 100000)::int AS e FROM generate_series(1, 2000000) i) t;
VACUUM (FREEZE, ANALYZE) bench_reference;

CREATE TEMP TABLE job (n int PRIMARY KEY, job text, statement text, ms float8 DEFAULT 'infinity');
INSERT INTO job VALUES
	(1, 'bare scan', 'SELECT count(type) FROM bench_reference'),
	(2, 'bt_ref', 'SELECT count(osmeta.bt_ref(type)) FROM bench_reference'),
	(3, 'split_part and two casts', $$
		SELECT count(substr(split_part(type, '*', 1), 3)::uuid), count(split_part(type, '*', 2)::uuid)
		FROM bench_reference$$);

DO $$
DECLARE
	j record;
	start timestamptz;
	lap float8;
BEGIN
	FOR round IN 1 .. 7 LOOP
		FOR j IN SELECT n, statement FROM job ORDER BY n LOOP
			start := clock_timestamp();
			EXECUTE j.statement;
			lap := extract(epoch FROM clock_timestamp() - start) * 1000;
			UPDATE job SET ms = least(ms, lap) WHERE n = j.n;
		END LOOP;
	END LOOP;
END
$$;

-- What both compute is the same.
SELECT CASE WHEN bool_and(osmeta.bt_ref(type) OPERATOR(osmeta.=)
			osmeta.oskey(substr(split_part(type, '*', 1), 3)::uuid, split_part(type, '*', 2)::uuid))
	   THEN 'same' ELSE 'different' END AS answers
FROM bench_reference
\gset

\echo Parse 2,000,000 references (best of 7 rounds, answers :answers)
SELECT job, round(ms::numeric, 1) AS "ms",
	   round((ms - scan)::numeric, 1) AS "ms beyond the scan",
	   round((ms / 2)::numeric, 1) AS "ns a row"
FROM job, (SELECT ms AS scan FROM job WHERE n = 1) s
ORDER BY n;
SELECT round((split.ms / ref.ms)::numeric, 1) AS "whole statements",
	   round(((split.ms - scan.ms) / (ref.ms - scan.ms))::numeric, 1) AS "without the scan",
	   round((split.ms / scan.ms)::numeric, 1) AS "at most, were parsing free",
	   20 AS "goal"
FROM job scan, job ref, job split
WHERE scan.n = 1 AND ref.n = 2 AND split.n = 3
\echo bt_ref is faster than the SQL by this factor:
\g
DROP TABLE bench_reference;
