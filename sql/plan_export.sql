-- A plan as a script for SQL Server: its text.  test/tap/tds_export.pl runs it.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
RESET client_min_messages;
\o
\set ECHO all
-- what differs each time, and what is long
CREATE FUNCTION public.script(plan text, part text DEFAULT 'deliver', schema text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(osmeta.export_plan($1, 'sqlserver', $2, $3), '[0-9a-f]{32}', '(token)', 'g'), 'undo [0-9a-f]{20}', '(undo token)', 'g')
$$;
\pset format unaligned
\pset tuples_only on

-- Literals: what is NULL, empty, blank, a line of its own, a variable of
-- sqlcmd, not of the first plane, a separator of lines.
UPDATE source.customer SET "NOTE" = E'one\nGO\n$(x) \\ it''s\u2028\u0085' WHERE "ID" = 1;
UPDATE source.customer SET "NOTE" = repeat(E'a\n', 100) WHERE "ID" = 4;
UPDATE source.customer SET "PHOTO" = decode(repeat('ab', 1501), 'hex') WHERE "ID" = 5;
SELECT osmeta.create_plan('value', 'src', 'tgt', ARRAY['espace:Shop']) > 0;
UPDATE osmeta.plan_entity SET include = false WHERE entity IN ('Detail', 'Extra', 'Profile', 'Tag');
CALL osmeta.pull_plan('value');
SELECT phase, exported_at IS NOT NULL AS is_exported FROM osmeta.plan;
SELECT script FROM public.script('value') AS script;
SELECT phase, exported_at IS NOT NULL AS is_exported FROM osmeta.plan;
-- The same again; no line holds what COPY would write otherwise.
SELECT count(*) FROM public.script('value') AS script;
SELECT count(*) FROM public.script('value') AS script WHERE script ~ '[\x01-\x1f\\\u0080-\u009f\u2028\u2029]';
SELECT script FROM public.script('value', 'verify') AS script;
SELECT script FROM public.script('value', 'undo') AS script;
SELECT script FROM public.script('value', 'clean') AS script;
-- Nobody knows what becomes of it until somebody looks.
\set VERBOSITY terse
CALL osmeta.run_plan('value');
CALL osmeta.undo_plan('value');
\set VERBOSITY default
CALL osmeta.read_delivery('value');
CALL osmeta.run_plan('value');
SELECT DISTINCT status FROM osmeta.verify_plan('value');
SELECT osmeta.export_plan('value', 'sqlserver');
CALL osmeta.read_delivery('value');
CALL osmeta.undo_plan('value');
SELECT osmeta.drop_plan('value');

-- Rows that somebody has put there otherwise, as from a backup of a database
-- where the script was run.
SELECT osmeta.create_plan('value', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0;
CALL osmeta.pull_plan('value');
SELECT count(*) > 0 FROM public.script('value');
INSERT INTO target.region ("ID", "NAME") SELECT "Id", "Name" FROM value."Region" WHERE "Name" IN ('North', 'South');
CALL osmeta.read_delivery('value');
INSERT INTO target.region ("ID", "NAME") SELECT "Id", "Name" FROM value."Region" WHERE "Name" NOT IN ('North', 'South');
CALL osmeta.read_delivery('value');
SELECT phase, exported_at FROM osmeta.plan;
-- the script moves the counter, which a backup has, too
SELECT entity, status, detail FROM osmeta.verify_plan('value');
SELECT setval(counter, (SELECT max("ID") FROM target.region)) > 0 AS is_moved FROM osmeta.plan_entity WHERE entity = 'Region';
SELECT entity, rows_expected, rows_found, status FROM osmeta.verify_plan('value');
CALL osmeta.undo_plan('value');
SELECT osmeta.drop_plan('value');

-- Identifiers that the target gives: references are found in the map.
SELECT osmeta.create_plan('given', 'src', 'tgt', ARRAY['espace:Shop']) > 0;
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity IN ('Region', 'Customer');
UPDATE osmeta.plan_attribute SET transform = 'remap:Shop.Region' WHERE attribute = 'Note';
UPDATE source.customer SET "NOTE" = CASE "ID" WHEN 1 THEN '7' WHEN 2 THEN '9' ELSE 'none' END;
CALL osmeta.pull_plan('given');
SELECT script FROM public.script('given', schema => 'osm') AS script WHERE script !~ '^(DECLARE @(problem|column|table)|, |UPDATE .*progress|IF |COMMIT|FROM @)';
SELECT osmeta.drop_plan('given');

-- Names that hold everything: the whole batch becomes a text.
SELECT format('ALTER TABLE %s RENAME TO %I', make.table_of('target', 'Region'), E'O]S"x''; $(y) --\nGO\n') \gexec
UPDATE target."OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = E'O]S"x''; $(y) --\nGO\n' WHERE "NAME" = 'Region';
SET client_min_messages = warning;
SELECT osmeta.capture('tgt') > 0;
RESET client_min_messages;
SELECT osmeta.create_plan(E'My "plan"; --\nGO', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0;
CALL osmeta.pull_plan(E'My "plan"; --\nGO');
SELECT script FROM public.script(E'My "plan"; --\nGO', schema => 'x]y') AS script;
SELECT osmeta.drop_plan(E'My "plan"; --\nGO');

-- Whoever may only read there pulls, and cannot run.
SELECT code, osmeta.concerns_writing(code, message) FROM (VALUES
	('target_read_only', ''), ('identity_always', ''), ('table_missing', ''),
	('unsupported_strategy', 'wrapper "w" cannot tell which identifiers the target gives'),
	('unsupported_strategy', 'key strategy "x" cannot be used here'),
	('privilege_missing', 'environment "e" gives no right to INSERT, UPDATE on table "t"'),
	('privilege_missing', 'environment "e" gives no right to SELECT, INSERT on table "t"')) v (code, message);

-- What cannot be exported.
SELECT osmeta.create_plan('no', 'src', 'tgt', ARRAY['espace:Shop']) > 0;
SELECT osmeta.export_plan('no', 'oracle');
SELECT osmeta.export_plan('no', 'ansi');
SELECT osmeta.export_plan('no', 'sqlserver', 'some');
SELECT osmeta.export_plan(NULL, 'sqlserver');
SELECT osmeta.export_plan('missing', 'sqlserver');
SELECT osmeta.export_plan('no', 'sqlserver');
BEGIN;
CALL osmeta.pull_plan('no');
ROLLBACK;
-- A copy that is taken for PostgreSQL was looked at as such.
SELECT osmeta.attach('plain', remote_schema => 'target');
SELECT osmeta.capture('plain') > 0;
SELECT osmeta.create_plan('copy', 'src', 'plain', ARRAY['entity:Shop.Region']) > 0;
SELECT osmeta.export_plan('copy', 'sqlserver');
