-- A plan that is undone in the middle of a later round, when rows of earlier
-- ones are being delivered again.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
\o
\set ECHO all
CREATE VIEW public.state AS
SELECT c.relname AS table_name, query_to_xml(format('SELECT md5(string_agg(t::text, '' '' ORDER BY t::text COLLATE "C")) AS h FROM %s t', c.oid::regclass), false, true, '')::text AS state
FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r';
CREATE TABLE public.before AS TABLE public.state;
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'not now';
END
$$;
SELECT c.oid::regclass AS target_client FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relname LIKE '%Client' \gset
SELECT c.oid::regclass AS target_memo FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relname LIKE '%Memo' \gset
CREATE TRIGGER refuse BEFORE UPDATE ON :target_client FOR EACH STATEMENT EXECUTE FUNCTION public.refuse();
CREATE TRIGGER refuse BEFORE UPDATE ON :target_memo FOR EACH STATEMENT EXECUTE FUNCTION public.refuse();
ALTER TABLE :target_client DISABLE TRIGGER refuse;

SET client_min_messages = warning;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"chunk_rows": 3, "updates": true}');
CALL osmeta.run_plan('p');
-- What a memo referred to in vain has come, and a client has changed; the
-- update of the memo fails.
INSERT INTO source.client ("ID", "NAME", "CITYID") VALUES (77, 'client 77', 1);
UPDATE source.client SET "NAME" = 'client one', "CITYID" = 2 WHERE "ID" = 1;
UPDATE source.memo SET "CLIENTID" = 1 WHERE "ID" = 'c';
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT phase, round FROM osmeta.plan;
SELECT e.entity, c.state, c.rows_done FROM osmeta.plan_chunk c JOIN osmeta.plan_entity e USING (plan_id, entity_id) WHERE c.phase = 'update' ORDER BY 1, 2, 3;
-- A session may have been lost after the target had committed and before this
-- database did: the row is there as it shall be, the ledger does not know.
ALTER TABLE :target_memo DISABLE TRIGGER refuse;
SELECT target_id AS client FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key WHERE e.entity = 'Client' AND source_id = '1' \gset
UPDATE target.memo SET "CLIENTID" = :client WHERE "ID" = 'c';
ALTER TABLE :target_memo ENABLE TRIGGER refuse;
-- A row that is neither as it was nor as it shall be is found.
UPDATE target.client SET "NAME" = 'somebody else' WHERE "ID" = :client;
CALL osmeta.undo_plan('p');
UPDATE target.client SET "NAME" = 'client one' WHERE "ID" = :client;
CALL osmeta.undo_plan('p');
SELECT phase FROM osmeta.plan;
SELECT n.table_name FROM public.state n JOIN public.before b USING (table_name) WHERE n.state IS DISTINCT FROM b.state;
