-- Two environments of a large factory compared, and what is made of captures.
--
-- The factories are generated without physical tables; their catalogues are
-- made up in the store, a table for each entity and a column for each
-- attribute.  The yardstick is what one would write by hand to find
-- attributes of one side only: a full join on key texts put together.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
SET jit = off;
\setenv PGDATABASE :DBNAME
\! ../generator/generate --schema prod_factory --modules 2000 --entities 30000 --attributes 14 --no-tables
\! ../generator/generate --schema qa_factory --variant qa --modules 2000 --entities 30000 --attributes 14 --no-tables
SELECT osmeta.attach('prod', remote_schema => 'prod_factory', dialect => 'sqlserver'),
	osmeta.attach('qa', remote_schema => 'qa_factory', dialect => 'sqlserver'),
	osmeta.capture('prod'), osmeta.capture('qa') \g /dev/null
-- and one in which there is nothing yet
CREATE SCHEMA empty_factory;
SET search_path = empty_factory;
\o /dev/null
\i ../../demo/factory/schema.sql
\o
RESET search_path;
SELECT osmeta.attach('empty', remote_schema => 'empty_factory', dialect => 'sqlserver'), osmeta.capture('empty') \g /dev/null

DELETE FROM osmeta.captured_physical_table;
DELETE FROM osmeta.captured_physical_column;
INSERT INTO osmeta.captured_physical_table (capture_id, table_id, table_name, kind, row_count, data_bytes)
SELECT e.capture_id, min(e.id), min(e.physical_table_name), 'table', 100, 8192
FROM osmeta.captured_entity AS e
WHERE upper(e.physical_table_name) LIKE 'OSUSR%'
GROUP BY e.capture_id, upper(e.physical_table_name);
INSERT INTO osmeta.captured_physical_column (capture_id, table_id, table_name, column_name, position, data_type, length,
	is_nullable, is_table)
SELECT DISTINCT ON (t.capture_id, t.table_id, upper(a.database_name)) t.capture_id, t.table_id, t.table_name,
	a.database_name, a.id::int, CASE WHEN a.type = 'rtText' THEN 'nvarchar' ELSE 'int' END, NULLIF(a.length, 0), true, true
FROM osmeta.captured_physical_table AS t
	JOIN osmeta.captured_entity_attr AS a ON a.capture_id = t.capture_id AND a.entity_id = t.table_id
WHERE a.database_name <> ''
ORDER BY t.capture_id, t.table_id, upper(a.database_name), a.id;
VACUUM ANALYZE osmeta.captured_physical_table;
VACUUM ANALYZE osmeta.captured_physical_column;
VACUUM ANALYZE osmeta.captured_entity_attr;
VACUUM ANALYZE osmeta.captured_entity;
SELECT environment AS "environment", (SELECT count(*) FROM osmeta.captured_entity e WHERE e.capture_id = c.capture_id) AS entities,
	(SELECT count(*) FROM osmeta.captured_entity_attr a WHERE a.capture_id = c.capture_id) AS attributes,
	(SELECT count(*) FROM osmeta.captured_physical_column p WHERE p.capture_id = c.capture_id) AS columns
FROM osmeta.capture AS c
ORDER BY 1;

-- Seconds that a query takes, and how many rows it gives
CREATE FUNCTION timed(query text, OUT seconds numeric, OUT rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
BEGIN
	EXECUTE 'SELECT count(*) FROM (' || query || ') AS q' INTO rows;
	seconds := round(extract(epoch FROM clock_timestamp() - start)::numeric, 2);
END
$$;

CREATE TABLE job (position int, job text, query text);
INSERT INTO job VALUES
	(1, 'full join by hand', $$
		SELECT s.id, t.id
		FROM (SELECT p."SS_KEY" || '*' || e."SS_KEY" || '/' || a."SS_KEY" AS key, a."ID" AS id
				FROM prod_factory."OSSYS_ENTITY_ATTR" a
				JOIN prod_factory."OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID"
				JOIN prod_factory."OSSYS_ESPACE" p ON p."ID" = e."ESPACE_ID") s
		FULL JOIN (SELECT p."SS_KEY" || '*' || e."SS_KEY" || '/' || a."SS_KEY" AS key, a."ID" AS id
				FROM qa_factory."OSSYS_ENTITY_ATTR" a
				JOIN qa_factory."OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID"
				JOIN qa_factory."OSSYS_ESPACE" p ON p."ID" = e."ESPACE_ID") t ON t.key = s.key
		WHERE s.id IS NULL OR t.id IS NULL$$),
	(2, 'match_entity', $$SELECT * FROM osmeta.match_entity('prod', 'qa')$$),
	(3, 'match_attribute', $$SELECT * FROM osmeta.match_attribute('prod', 'qa')$$),
	(4, 'match_static_record', $$SELECT * FROM osmeta.match_static_record('prod', 'qa')$$),
	(5, 'compare', $$SELECT * FROM osmeta.compare('prod', 'qa')$$),
	(6, 'publish_impact', $$SELECT * FROM osmeta.publish_impact('prod', 'qa')$$),
	(7, 'publish_impact of itself', $$SELECT * FROM osmeta.publish_impact('prod', 'prod')$$),
	(12, 'publish_impact of all', $$SELECT * FROM osmeta.publish_impact('empty', 'qa')$$),
	(8, 'predict_table_name', $$SELECT osmeta.predict_table_name('prod', 'People', 'City')$$),
	(9, 'cleanup_sql', $$SELECT osmeta.cleanup_sql('prod')$$),
	(10, 'report', $$SELECT osmeta.report('prod')$$),
	(11, 'report of two', $$SELECT osmeta.report('prod', 'qa')$$);

SELECT job, min(t.seconds) AS seconds, round(min(t.seconds) / nullif(min(min(t.seconds)) FILTER (WHERE position = 1) OVER (), 0), 2) AS "times the join",
	min(t.rows) AS rows
FROM job, generate_series(1, 2) AS round, LATERAL (SELECT timed.* FROM timed(job.query || substr('', round))) AS t
GROUP BY position, job
ORDER BY position;
