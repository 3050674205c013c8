-- Subscriptions to events in a script: what it holds, in which order.  What it
-- does is tested where there is a server (test/tap/tds_export_event.pl).
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/event.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
CREATE FUNCTION public.make_plan(plan text, options jsonb DEFAULT '{}') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM osmeta.create_plan(plan, 'src', 'tgt', ARRAY['espace:Orders'], options || '{"users": "create", "processes": "none"}');
	UPDATE osmeta.plan_entity SET platform_table = 'bpm_activity' WHERE entity = 'Act';
	RETURN true;
END $$;
CREATE VIEW public.ledger AS
SELECT table_name AS event_table, state, rows_own, rows_brought, rows_not_brought
FROM osmeta.plan_event WHERE kind = 'table' ORDER BY 1;
-- A script without what differs from one run of the tests to the next
CREATE FUNCTION public.script(part text) RETURNS TABLE (no bigint, line text) LANGUAGE sql AS $$
	SELECT s.no, regexp_replace(s.line, '[0-9a-f]{32}', '(token)')
	FROM osmeta.export_plan('p', 'sqlserver', part) WITH ORDINALITY s (line, no)
$$;
-- Its steps
CREATE FUNCTION public.steps(part text) RETURNS TABLE (no bigint, kind text, steps bigint) LANGUAGE sql AS $$
	WITH step AS (SELECT s.no, (regexp_match(s.line, 'row_count\) VALUES \(\d+, ''([a-z ]+)'''))[1] AS kind FROM public.script(part) s),
	changed AS (SELECT s.no, s.kind, count(*) FILTER (WHERE s.is_new) OVER (ORDER BY s.no) AS place FROM (
		SELECT s.no, s.kind, s.kind IS DISTINCT FROM lag(s.kind) OVER (ORDER BY s.no) AS is_new FROM step s WHERE s.kind IS NOT NULL) s)
	SELECT c.place, min(c.kind), count(*) FROM changed c GROUP BY c.place ORDER BY c.place
$$;
\o
\set ECHO all
SELECT public.make_plan('p');
CALL osmeta.pull_plan('p');
SELECT * FROM public.ledger;
-- what stands at the target stays until a script has set it aside
SELECT count(*) FROM target.events_of_order;
SELECT * FROM public.steps('deliver');
SELECT * FROM public.steps('undo');
SELECT line FROM public.script('deliver') WHERE line LIKE '-- %' AND no < 60;
-- rows of the source, with identifiers that are known; those of a user to be created go through the map
SELECT s.line FROM public.script('deliver') s
WHERE s.no BETWEEN (SELECT min(t.no) FROM public.script('deliver') t WHERE t.line ~ '^INSERT INTO \S*_z\d')
	AND (SELECT max(t.no) FROM public.script('deliver') t WHERE t.line ~ '''event rows''') ORDER BY s.no;
SELECT count(*) FROM public.script('deliver') s WHERE s.line LIKE '%LEFT JOIN [dbo].[osmeta_p_map] m%' AND s.line LIKE '%a.is_source, a.seq%' OR s.line ~ '^FROM \(SELECT 0 AS is_source.*osmeta_p_map';
-- read by nobody yet: pull_plan does
CALL osmeta.read_delivery('p', never_run => true);
DROP TABLE p.z3;
SELECT count(*) FROM public.script('deliver');
CALL osmeta.pull_plan('p');
-- somebody reads them again: the script stays the same
CREATE TABLE public.first AS SELECT * FROM public.script('deliver');
INSERT INTO source.events_of_order SELECT * FROM source.events_of_order WHERE "_PROCESS_DEF_ID" = 12;
CALL osmeta.pull_plan('p');
SELECT count(*) FROM ((TABLE public.first EXCEPT SELECT * FROM public.script('deliver')) UNION ALL (SELECT * FROM public.script('deliver') EXCEPT TABLE public.first)) d;
-- clean refuses while they are set aside
SELECT line FROM public.script('clean') WHERE line ~ 'THROW' \gset
SELECT :'line' ~ 'state = ''aside''' AS refuses;
-- verify has a row for each event table and queue
SELECT regexp_replace(line, '.*N''(OS[^'']+)''.*', '\1') FROM public.script('verify') WHERE line ~ 'INSERT INTO #osmeta_verify.*N''OS';
-- the script's own tables cannot be seen: nobody knows which are of the source
CALL osmeta.read_delivery('p', never_run => true);
SELECT * FROM public.ledger;
-- a run goes on where the pull stopped
CALL osmeta.run_plan('p');
SELECT state, count(*) FROM public.ledger GROUP BY state;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- Identifiers that the target gives
SELECT public.make_plan('p');
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE is_data;
CALL osmeta.pull_plan('p');
SELECT s.line FROM public.script('deliver') s
WHERE s.no BETWEEN (SELECT min(t.no) FROM public.script('deliver') t WHERE t.line ~ '^INSERT INTO \S*_z\d')
	AND (SELECT max(t.no) FROM public.script('deliver') t WHERE t.line ~ '''event rows''') AND s.line ~ '^[(]|^INSERT INTO \S*_z\d' ORDER BY s.no;
SELECT osmeta.drop_plan('p');
