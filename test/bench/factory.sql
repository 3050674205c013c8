-- A large factory: attach it, capture it, ask it everything.
--
-- The factory is generated: 2,000 modules, 30,000 entities, about 400,000
-- attributes, with its physical tables (empty), and reached through a foreign
-- server over the same cluster.  A capture is compared with CREATE TABLE AS of
-- the same foreign tables and catalogue views, in turn, several rounds, and
-- the best time of each counts.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
SET jit = off;
\ir ../fixture/loopback.sql
\setenv PGDATABASE :DBNAME
\! ../generator/generate --modules 2000 --entities 30000 --attributes 14 --rows 0

CREATE TABLE took (job text, round int, seconds float8);

-- Seconds that a statement takes
CREATE FUNCTION seconds(statement text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
BEGIN
	EXECUTE statement;
	RETURN extract(epoch FROM clock_timestamp() - start);
END
$$;

INSERT INTO took VALUES ('attach', 1, seconds($$SELECT osmeta.attach('prod', 'loop', 'factory')$$));

-- What capture reads, as it stands in the schema of the environment
CREATE VIEW read AS
SELECT 'prod.' || CASE WHEN s.table_name LIKE 'physical%' THEN 'live_' ELSE 'ossys_' END || s.table_name AS relation,
	'copy_of_' || s.table_name AS copy
FROM osmeta.capture_statement('prod') AS s;

CREATE PROCEDURE compare(round int) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO took
	SELECT 'create table as', round, sum(seconds(format('CREATE TABLE %I AS SELECT * FROM %s', r.copy, r.relation)))
	FROM read AS r;
	COMMIT;
	PERFORM seconds(format('DROP TABLE %I', r.copy)) FROM read AS r;
	COMMIT;
	INSERT INTO took SELECT 'capture', round, seconds($capture$SELECT osmeta.capture('prod')$capture$);
	COMMIT;
END
$$;
CALL compare(1);
CHECKPOINT;
CALL compare(2);
SELECT osmeta.drop_capture(1) \g /dev/null
VACUUM;
CHECKPOINT;
CALL compare(3);
SELECT osmeta.drop_capture(2) \g /dev/null
VACUUM;

\echo
\echo The factory
SELECT (SELECT count(*) FROM osmeta.espace) AS espaces,
	(SELECT count(*) FROM osmeta.entity) AS entities,
	(SELECT count(*) FROM osmeta.attribute) AS attributes,
	(SELECT count(*) FROM osmeta.reference) AS "references",
	(SELECT count(*) FROM osmeta.physical_table WHERE kind = 'table') AS tables,
	(SELECT count(*) FROM osmeta.physical_column) AS columns;
\echo
\echo Attach and capture (seconds, best of 3 rounds but for attach)
SELECT round(min(seconds) FILTER (WHERE job = 'attach')::numeric, 2) AS attach, 10 AS "goal",
	round(min(seconds) FILTER (WHERE job = 'capture')::numeric, 2) AS capture,
	round(min(seconds) FILTER (WHERE job = 'create table as')::numeric, 2) AS "create table as",
	round((min(seconds) FILTER (WHERE job = 'capture') / min(seconds) FILTER (WHERE job = 'create table as'))::numeric, 2) AS ratio,
	1.3 AS "goal of it"
FROM took;

-- Every view, all its rows and columns
INSERT INTO took
SELECT v.view_name, round, seconds(format('SELECT count(v) FROM osmeta.%I AS v', v.view_name))
FROM osmeta.live_view AS v
	JOIN pg_class AS c ON c.relname = v.view_name AND c.relnamespace = 'osmeta'::regnamespace,
	generate_series(1, 2) AS round
WHERE obj_description(c.oid, 'pg_class') NOT LIKE 'Internal:%'
ORDER BY round, v.position;
\echo
\echo Views, whole (seconds, best of 2 rounds, goal 1)
SELECT job AS view, round(min(seconds)::numeric, 2) AS seconds
FROM took
WHERE job NOT IN ('attach', 'capture', 'create table as')
GROUP BY job
ORDER BY 2 DESC, 1;
