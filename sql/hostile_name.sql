--
-- Hostile names: of environment, server, remote schema, physical tables and
-- columns, and in the rows of the metamodel
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE SCHEMA "f'a""c[t];--
\{schema} {catalog_x} \1 osmeta.entity %s $1";
SET search_path = "f'a""c[t];--
\{schema} {catalog_x} \1 osmeta.entity %s $1";
\set ECHO none
\i :core
\i :loopback
\set ECHO all
ALTER SERVER loop RENAME TO "s'e""r;--
ver %I";
-- a table of 63 bytes, with a column of 63 bytes and others to be quoted
CREATE TABLE "T'""; DROP --
éxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" (
	"C'""; --
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" int, "ORDER" int, "%s" text, "$1" text, "{schema}" text);
INSERT INTO ossys_espace VALUES (1, E'Pe''o"p;[le]\n--', E'k\\1');
INSERT INTO ossys_entity SELECT 1, E'Ent''i"ty;\n%s', 1, NULL, E'e''1', relname FROM pg_class WHERE relname LIKE 'T''%';
INSERT INTO ossys_entity_attr VALUES (1, 1, E'A''t"t;\n$1', E'''; --', E'bt''"*;\n'), (2, 1, NULL, NULL, NULL), (3, NULL, repeat('x', 100000), repeat('y', 100000), 'bt' || repeat('z', 100000) || '*' || repeat('z', 100000));
INSERT INTO ossys_entity VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO ossys_entity VALUES (3, 'City', 1, NULL, 'e3', '[a].[b].[c];'), (4, 'Other', 1, NULL, 'e3', '');
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type) VALUES (4, 3, 'x', 'x', 'bt'), (5, 3, 'x', 'x', 'rt'), (6, 3, 'x', 'x', ''), (7, 3, 'x', 'x', '*'), (8, 3, 'x', 'x', E'bt\t*\t'), (9, 3, E'\U0001F600', 'x', 'rtText');
INSERT INTO ossys_entity_record VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO ossys_espace VALUES (2, NULL, NULL, NULL);
SELECT current_schema() AS remote_schema, 's''e"r;--
ver %I' AS server, E'e''n"v;--\n\\1 osmeta.espace {schema} %s $1' AS environment,
	relname AS table_name FROM pg_class WHERE relname LIKE 'T''%' \gset
RESET search_path;

-- behind a server, and locally
SELECT osmeta.attach(:'environment', :'server', :'remote_schema');
SELECT osmeta.attach('lo"cal;--', remote_schema => :'remote_schema', schema => E'lo''c"al\n; %s osmeta.owner');
SELECT osmeta.capture(:'environment') > 0, osmeta.capture('lo"cal;--', E'la''bel";--') > 0;
SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^(public|information_schema|osmeta)$' ORDER BY nspname COLLATE "C";

-- every view answers, stored and live
DO $$
DECLARE v text; s text; n bigint;
BEGIN
	FOR v, s IN SELECT view_name, s.schema FROM osmeta.live_view, (SELECT schema FROM osmeta.environment UNION ALL VALUES ('osmeta')) AS s
		WHERE query IS NULL OR s.schema <> 'osmeta' LOOP
		EXECUTE format('SELECT count(x::text) FROM %I.%I AS x', s, v) INTO n;
	END LOOP;
	RAISE WARNING 'all read';
END $$;
SELECT entity, physical_table_name, key FROM osmeta.entity WHERE environment LIKE 'lo%' ORDER BY entity_id;
SELECT attribute_id, data_type, status, left(column_name, 5) FROM osmeta.attribute LEFT JOIN (SELECT attribute_id, environment, status FROM osmeta.reference) AS r USING (attribute_id, environment) WHERE environment LIKE 'lo%' ORDER BY attribute_id;
SELECT severity, code, object, left(message, 100) FROM osmeta.problem WHERE environment LIKE 'lo%' AND code <> 'missing_table' ORDER BY 2, 3, 4;

-- relations over the physical table, under a name as bad: what stands behind
-- the server can be written
SELECT osmeta.relation_sql('postgres_fdw', :'server', :'remote_schema', :'table_name', 'public', :'table_name', jsonb_agg(jsonb_build_object('name', local_name, 'remote_name', column_name, 'type', local_type) ORDER BY position))
FROM osmeta.physical_column WHERE environment = :'environment' AND table_name = :'table_name' \gexec
SELECT format('INSERT INTO public.%I VALUES (1, 2, ''a'', ''b'', ''c'')', :'table_name') \gexec
SELECT format('SELECT * FROM %I.%I', :'remote_schema', :'table_name') \gexec
SELECT format('DROP FOREIGN TABLE public.%I', :'table_name') \gexec
SELECT osmeta.relation_sql(NULL, NULL, :'remote_schema', :'table_name', 'public', :'table_name', jsonb_agg(jsonb_build_object('name', local_name, 'remote_name', column_name, 'type', local_type) ORDER BY position))
FROM osmeta.physical_column WHERE environment = 'lo"cal;--' AND table_name = :'table_name' \gexec
SELECT local_name = column_name AS same, count(*) FROM "lo'c""al
; %s osmeta.owner".physical_column WHERE table_name = :'table_name' GROUP BY 1;

SELECT osmeta.detach(:'environment');
SELECT osmeta.detach('lo"cal;--');
SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^(public|information_schema|osmeta)$' ORDER BY nspname COLLATE "C";
