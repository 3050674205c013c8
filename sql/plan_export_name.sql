-- A script for a table whose name must be told to statements that take no
-- expression: they get it in a variable, or in brackets.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT format('ALTER TABLE %s RENAME TO %I', make.table_of('target', 'Region'), 'OSUSR_zz1_Ma''in $(x) %s; -- q') \gexec
UPDATE target."OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = 'OSUSR_zz1_Ma''in $(x) %s; -- q' WHERE "NAME" = 'Region';
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SELECT osmeta.create_plan('given', 'src', 'tgt', ARRAY['entity:Shop.Region']), osmeta.create_plan('moved', 'src', 'tgt', ARRAY['entity:Shop.Region']);
UPDATE osmeta.plan_entity e SET key_strategy = CASE p.plan WHEN 'given' THEN 'assigned' ELSE 'offset' END, id_offset = CASE p.plan WHEN 'moved' THEN 1000 END
FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND e.entity = 'Region';
CALL osmeta.pull_plan('given');
CALL osmeta.pull_plan('moved');
\o
RESET client_min_messages;
\set ECHO all
\pset format unaligned
\pset tuples_only on
-- What the server puts together, with each line for itself; quotes are double.
CREATE FUNCTION public.statement(plan text, part text) RETURNS TABLE (line text) LANGUAGE sql AS $$
	SELECT string_to_table(string_agg(regexp_replace(regexp_replace(
		substr(s.line, 34, length(s.line) - 35), ''' \+ NCHAR\(10\)( \+ N''|$)', E'\n', 'g'), '''$', ''), '' ORDER BY s.no), E'\n')
	FROM osmeta.export_plan($1, 'sqlserver', $2) WITH ORDINALITY s (line, no)
	WHERE s.line LIKE 'SET @statement = @statement + (N''%'
$$;
\set taken '^(DECLARE @(message|counted)|IF @rows|IF EXISTS .*IDENTITY|DBCC|INSERT INTO @listed)'
SELECT s.line FROM public.statement('given', 'deliver') s WHERE s.line ~ :'taken';
SELECT s.line FROM public.statement('moved', 'deliver') s WHERE s.line ~ :'taken';
SELECT s.line FROM public.statement('moved', 'undo') s WHERE s.line ~ :'taken';
-- No statement gets an expression where it takes none.
SELECT count(*) FROM (VALUES ('given'), ('moved')) p (plan), (VALUES ('deliver'), ('verify'), ('undo'), ('clean')) q (part),
	public.statement(p.plan, q.part) s
WHERE s.line ~ '(THROW [0-9]+, [^;]*|(DBCC|RAISERROR|EXEC) [^;]*)[''0-9)] \+';

-- Nor does what the target's catalogue calls a type get into the script, unless
-- it is a name.
UPDATE osmeta.environment SET catalog_dialect = 'sqlserver' WHERE environment = 'tgt';
UPDATE osmeta.captured_physical_column c SET data_type = 'int); DROP TABLE prey; --'
FROM osmeta.plan p WHERE c.capture_id = p.target_capture_id AND c.table_name LIKE 'OSUSR_zz1%';
SELECT DISTINCT c.data_type FROM osmeta.captured_physical_column c WHERE c.table_name LIKE 'OSUSR_zz1%';
SELECT count(*) FILTER (WHERE s.line LIKE '%prey%') AS believed, count(*) > 10 AS is_script
FROM (VALUES ('deliver'), ('verify'), ('undo')) q (part), osmeta.export_plan('moved', 'sqlserver', q.part) s (line);
