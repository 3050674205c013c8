-- A plan for a large factory: create_plan of everything, 2,000 modules and
-- 30,000 entities, between two generated factories in this database.
--
-- What a plan reads is about what a capture reads (the model, and the
-- catalogue of both sides), so it is compared with the captures of the two;
-- the best time of each counts.  The tables are empty.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\setenv PGDATABASE :DBNAME
\! ../generator/generate --modules 2000 --entities 30000 --rows 0 --schema f_prod
\! ../generator/generate --modules 2000 --entities 30000 --rows 0 --schema f_qa --variant qa
SELECT osmeta.attach('prod', remote_schema => 'f_prod'), osmeta.attach('qa', remote_schema => 'f_qa') \g /dev/null

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

INSERT INTO took SELECT 'capture', 1, seconds($$SELECT osmeta.capture('prod'), osmeta.capture('qa')$$);
CHECKPOINT;
INSERT INTO took SELECT 'plan', 1, seconds($$SELECT osmeta.create_plan('p1', 'prod', 'qa', ARRAY['*'], '{"producers": "referenced"}')$$);
CHECKPOINT;
INSERT INTO took SELECT 'capture', 2, seconds($$SELECT osmeta.capture('prod'), osmeta.capture('qa')$$);
CHECKPOINT;
INSERT INTO took SELECT 'plan', 2, seconds($$SELECT osmeta.create_plan('p2', 'prod', 'qa', ARRAY['*'], '{"producers": "referenced"}')$$);

\echo
\echo The plan
SELECT (SELECT count(*) FROM osmeta.plan_entity e WHERE e.plan_id = p.plan_id) AS entities,
	(SELECT count(*) FROM osmeta.plan_attribute a WHERE a.plan_id = p.plan_id) AS attributes,
	(SELECT count(*) FROM osmeta.plan_problem q WHERE q.plan = p.plan) AS problems
FROM osmeta.plan AS p
WHERE p.plan = 'p1';
\echo
\echo create_plan against the captures of both factories (seconds, best of 2 rounds)
SELECT round(min(seconds) FILTER (WHERE job = 'plan')::numeric, 2) AS plan, 10 AS "goal",
	round(min(seconds) FILTER (WHERE job = 'capture')::numeric, 2) AS "two captures",
	round((min(seconds) FILTER (WHERE job = 'plan') / min(seconds) FILTER (WHERE job = 'capture'))::numeric, 2) AS ratio
FROM took;
