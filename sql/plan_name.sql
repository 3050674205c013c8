-- Names that nobody would give: of espaces, entities, attributes, tables,
-- columns, schemas, environments, plans.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
\set make :abs_srcdir '/test/fixture/make.sql'
\set schema :abs_srcdir '/demo/factory/schema.sql'
\o /dev/null
\i :loopback
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
\i :make
CREATE SCHEMA "sou""rce'; --";
CREATE SCHEMA "TARGET;
%I $1";

-- The same model twice, under other names of espaces and tables.
CREATE FUNCTION make.odd(first int, suffix text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	long text := repeat('漢', 48);		-- 144 bytes
BEGIN
	PERFORM make.begin(first);
	PERFORM make.espace('Od"d''; DROP SCHEMA osmeta CASCADE; --', md5('odd')::uuid::text),
		make.espace('Other', md5('other')::uuid::text), make.espace(E'new\nline', md5('line')::uuid::text);
	PERFORM make.entity('Other.s104', key_of => 's104', physical => 'e1' || suffix),
		make.entity('Other.e105', key_of => 'e105', physical => 's1' || suffix),
		make.entity('Other.Twin', key_of => 'twin 1', physical => 'Twin1' || suffix),
		make.entity(E'new\nline.Twin', key_of => 'twin 2', physical => 'Twin2' || suffix),
		make.entity('Other.' || long || 'a', key_of => 'long a', physical => 'OSUSR_abc_Lo"ng]' || suffix),
		make.entity('Other.' || long || 'b', key_of => 'long b', physical => repeat('é', 29) || suffix),
		make.entity('Od"d''; DROP SCHEMA osmeta CASCADE; --.Or"der''s; [x] %s {0} \', key_of => 'order', physical => 'OSUSR_abc_O''r"d;e[r]' || suffix),
		make.entity('Other.Customer', key_of => 'customer', physical => 'pg_class' || suffix);
	PERFORM make.attribute('Other.s104', 'Id', 'rtInteger', 'auto mandatory'),
		make.attribute('Other.s104', 'c1', 'rtText(50)', column_name => 'c2'),
		make.attribute('Other.s104', 's', 'rtText(50)', column_name => 'c1'),
		make.attribute('Other.e105', 'Id', 'rtInteger', 'auto mandatory'),
		make.attribute('Other.e105', 's104Id', 'Other.s104', column_name => 'ORDER');
	PERFORM make.attribute(E'new\nline.Twin', 'Id', 'rtInteger', 'auto mandatory'),
		make.attribute('Other.Twin', 'Id', 'rtInteger', 'auto mandatory'),
		make.attribute('Other.Twin', 'OtherId', E'new\nline.Twin'),
		make.attribute(E'new\nline.Twin', 'user', 'rtText(5)', column_name => 'USER');
	PERFORM make.attribute('Other.' || long || 'a', 'Id', 'rtInteger', 'auto mandatory'),
		make.attribute('Other.' || long || 'a', repeat('é', 49) || 'x', 'rtText(50)', column_name => repeat('ü', 28)),
		make.attribute('Other.' || long || 'a', repeat('é', 49) || 'y', 'rtText(50)', column_name => 'tableoid2'),
		make.attribute('Other.' || long || 'b', 'Id', 'Other.' || long || 'a', 'mandatory Delete'),
		make.attribute('Other.' || long || 'b', 'Name', 'rtText(50)');
	PERFORM make.attribute('Od"d''; DROP SCHEMA osmeta CASCADE; --.Or"der''s; [x] %s {0} \', 'Id', 'rtInteger', 'auto mandatory', column_name => 'I"D'),
		make.attribute('Od"d''; DROP SCHEMA osmeta CASCADE; --.Or"der''s; [x] %s {0} \', E'a"b''c;d[e]\nf %s $1 {0} \\', 'rtText(50)', column_name => E'x"y''z;\n[w] %s'),
		make.attribute('Od"d''; DROP SCHEMA osmeta CASCADE; --.Or"der''s; [x] %s {0} \', 'Parent', 'Od"d''; DROP SCHEMA osmeta CASCADE; --.Or"der''s; [x] %s {0} \', column_name => '1'),
		make.attribute('Od"d''; DROP SCHEMA osmeta CASCADE; --.Or"der''s; [x] %s {0} \', 'CreatedBy', 'ServiceCenter.User', 'Ignore', column_name => 'x "" y');
	PERFORM make.attribute('Other.Customer', 'ID', 'rtInteger', 'auto mandatory'),
		make.attribute('Other.Customer', 'id', 'rtText(20)', column_name => 'Id'),
		make.attribute('Other.Customer', 'Id', 'rtText(20)', column_name => 'id');
	PERFORM make.tables();
END
$$;
SET search_path = "sou""rce'; --";
\i :schema
SELECT make.odd(100, '');
SELECT make.users('1 o''ne', '2 "two"', '3 th%ree');
SET search_path = "TARGET;
%I $1";
\i :schema
SELECT make.odd(200, '1');
SELECT make.users('2 o''ne', '3 "two"', '1 th%ree');
RESET search_path;

INSERT INTO "sou""rce'; --".e1 VALUES (1, 'c two', 'c one'), (2, NULL, '');
INSERT INTO "sou""rce'; --".s1 VALUES (1, 2), (2, 1), (3, NULL);
INSERT INTO "sou""rce'; --"."Twin2" VALUES (1, 'a'), (2, 'b');
INSERT INTO "sou""rce'; --"."Twin1" VALUES (1, 2), (2, 1);
INSERT INTO "sou""rce'; --"."OSUSR_abc_Lo""ng]" VALUES (1, 'x1', 'y1'), (2, 'x2', 'y2');
SELECT format('INSERT INTO %I.%I VALUES (2, ''two'')', 'sou"rce''; --', repeat('é', 29)) \gexec
INSERT INTO "sou""rce'; --"."OSUSR_abc_O'r""d;e[r]" VALUES (1, 'a', 2, 1), (2, 'b', 3, 2), (3, E'c\nd', 1, 3);
INSERT INTO "sou""rce'; --".pg_class VALUES (1, 'small', 'large');
INSERT INTO "TARGET;
%I $1".e11 VALUES (1, 'theirs'), (2, 'theirs');
INSERT INTO "TARGET;
%I $1"."OSUSR_abc_O'r""d;e[r]1" VALUES (1, 'theirs'), (2, 'theirs'), (3, 'theirs'), (4, 'theirs');
SELECT setval(c.oid, 100)
FROM pg_class c WHERE c.relkind = 'S' AND c.relnamespace = E'"TARGET;\n%I $1"'::regnamespace AND c.relname !~ '^OSSYS';
\o
\set ECHO all
SELECT osmeta.attach(E'src"''; \n%s', remote_schema => 'sou"rce''; --');
SELECT osmeta.attach('tgt "near" %I', remote_schema => E'TARGET;\n%I $1');
SELECT osmeta.attach('tgt ''far'' [x]', 'loop', remote_schema => E'TARGET;\n%I $1');
SELECT count(osmeta.capture(environment)) FROM osmeta.environment;
SELECT osmeta.create_plan(E'the "plan"; \n%s ''x''', E'src"''; \n%s', 'tgt "near" %I', ARRAY['espace:Other', E'espace:new\nline', 'espace:Od"d''; DROP SCHEMA osmeta CASCADE; --']);
SELECT * FROM osmeta.plan_problem;
UPDATE osmeta.plan_entity SET filter = E'"a""b''c;d[e]\nf %s $1 {0} \\" <> ''z''' WHERE entity LIKE 'Or"der%';
CALL osmeta.run_plan(E'the "plan"; \n%s ''x''');
SELECT * FROM osmeta.verify_plan(E'the "plan"; \n%s ''x''');
SELECT c.relname FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace = E'"the ""plan""; \n%s ''x''"'::regnamespace AND c.relname !~ '^[stf]\d+$' ORDER BY c.relname;
SELECT attname FROM pg_attribute WHERE attnum > 0 AND attrelid IN (SELECT c.oid FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace = E'"the ""plan""; \n%s ''x''"'::regnamespace AND c.relname !~ '^[stf]\d+$') ORDER BY attrelid, attnum;
-- e1 and s1 and what refers to it; names of columns that are the engine's own
TABLE "TARGET;
%I $1".e11;
TABLE "TARGET;
%I $1".s11;
TABLE "TARGET;
%I $1"."Twin11";
TABLE "TARGET;
%I $1"."Twin21";
TABLE "TARGET;
%I $1"."OSUSR_abc_Lo""ng]1";
SELECT format('TABLE %I.%I', E'TARGET;\n%I $1', repeat('é', 29) || '1') \gexec
TABLE "TARGET;
%I $1"."OSUSR_abc_O'r""d;e[r]1";
TABLE "TARGET;
%I $1".pg_class1;
SELECT entity, count(*) FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key::text = k.entity_key::text GROUP BY 1 ORDER BY 1;
SELECT osmeta.drop_plan(E'the "plan"; \n%s ''x''');
-- and behind a foreign server
SELECT osmeta.create_plan(repeat('''"', 30), E'src"''; \n%s', 'tgt ''far'' [x]', ARRAY['*']);
SELECT code, object, message, hint FROM osmeta.plan_problem;
CALL osmeta.run_plan(repeat('''"', 30));
SELECT substring(detail FROM 'SELECT.*') AS statement FROM osmeta.verify_plan(repeat('''"', 30)) WHERE status <> 'ok'
\gexec
SELECT espace, entity, rows_expected, rows_found, checksum_equal, dangling, status, nulled, detail FROM osmeta.verify_plan(repeat('''"', 30));
SELECT osmeta.drop_plan(repeat('''"', 30));
SELECT osmeta.detach(environment) FROM osmeta.environment;
SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)' ORDER BY nspname;
