-- Option existing = delete in a script, and in a plan that was pulled first.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/nest_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('near', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture('src'), osmeta.capture('near');
CALL make.plan('near', '{"chunk_rows": 20, "existing": "delete"}');
\o
SET client_min_messages = notice;
\set ECHO all
CALL osmeta.pull_plan('p');
SELECT phase FROM osmeta.plan;
TABLE make.not_as_before;
CREATE TEMPORARY TABLE line AS
SELECT part, row_number() OVER () AS n, s AS line
FROM unnest(ARRAY['deliver', 'undo', 'clean']) part, osmeta.export_plan('p', 'sqlserver', part) s;
SELECT part, line FROM line WHERE line LIKE '-- %' AND line ~ '(?i)rows|copies' ORDER BY n;
-- The tables of which rows go, in the order in which they are filled
SELECT line FROM line WHERE part = 'deliver' AND line ~ '^INSERT INTO \[dbo\]\.\[osmeta_p_tables\]' ORDER BY n;
-- Steps: rows are looked at, references cleared, rows deleted children first
SELECT substring(line FROM 'VALUES \(([0-9]+, ''[a-z ]+'', [0-9]+)') AS step FROM line
WHERE part = 'deliver' AND line ~ 'progress\] \(step.*(check|clear|delete|end)' ORDER BY n;
SELECT substring(line FROM 'VALUES \(([0-9]+, ''[a-z ]+'', [0-9]+)') AS step FROM line
WHERE part = 'undo' AND line ~ 'undo\] \(step.*(put|refer|end)' ORDER BY n;
-- What does it to one of the tables
\pset format unaligned
WITH step AS (
	SELECT part, n, line, sum((line = 'GO')::int) OVER (PARTITION BY part ORDER BY n DESC) AS batch FROM line)
SELECT regexp_replace(s.line, '''[0-9a-f]{32}''', '''(token)''') AS line FROM step s
WHERE (s.part, s.batch) IN (SELECT e.part, e.batch FROM step e JOIN osmeta.plan_entity n ON n.entity = 'Left'
		AND (e.part = 'deliver' AND e.line LIKE '%, ''delete'', ' || n.entity_id || ',%' OR e.part = 'undo' AND e.line LIKE '%, ''put back'', ' || n.entity_id || ',%'))
ORDER BY s.part, s.n;
\pset format aligned
CALL osmeta.run_plan('p');
CALL osmeta.read_delivery('p');
CALL osmeta.read_delivery('p', never_run => true);
CALL osmeta.run_plan('p');
SELECT entity, rows_expected, rows_found, status FROM osmeta.verify_plan('p');
SELECT count(*), count(*) FILTER (WHERE "NAME" LIKE 'theirs%') AS theirs FROM target.node;
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
