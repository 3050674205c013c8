--
-- Secrets never reach this database: planted in a factory in another schema,
-- they are searched for in everything that attach, capture and the
-- relations over physical tables have made
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set schema :abs_srcdir '/demo/factory/schema.sql'
\set prod :abs_srcdir '/demo/factory/prod.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :schema
\i :prod
\i :loopback
\set ECHO all
RESET search_path;
CREATE VIEW factory.ossys_user_t1 AS SELECT * FROM factory."OSSYS_USER";

-- how a secret is found: in the text of any row of any relation
CREATE FUNCTION pg_temp.secrets(schemas text[], OUT relations bigint, OUT places text)
LANGUAGE plpgsql AS $$
DECLARE r regclass; n bigint;
BEGIN
	relations := 0;
	FOR r IN SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND s.nspname = ANY (schemas)
		ORDER BY s.nspname, c.relname COLLATE "C" LOOP
		EXECUTE format('SELECT count(*) FROM %s AS r WHERE r::text LIKE ''%%PLANTED-SECRET%%''', r) INTO n;
		relations := relations + 1;
		IF n > 0 THEN places := concat_ws(', ', places, r::text); END IF;
	END LOOP;
END $$;
SELECT relations > 30 AS searched, places FROM pg_temp.secrets('{factory}');

SELECT osmeta.attach('prod', 'loop', 'factory');
SELECT osmeta.attach('here', remote_schema => 'factory');
SELECT osmeta.capture('prod') > 0 AS captured;
SELECT osmeta.capture('here') > 0 AS captured;
CREATE SCHEMA physical;
\set ECHO none
SELECT osmeta.physical_relation_sql(e, ARRAY['OSSYS_USER', 'ossys_user_t1', 'OSSYS_DBCATALOG', 'OSSYS_ESPACE', 'OSSYS_APPLICATION'], 'physical', ARRAY[e || 1, e || 2, e || 3, e || 4, e || 5]) FROM (VALUES ('prod'), ('here')) AS v (e) \gexec
\set ECHO all
SELECT relations > 150 AS searched, places FROM pg_temp.secrets('{osmeta,prod,here,physical,public}');
SELECT c.relnamespace::regnamespace, c.relname, a.attname
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace::regnamespace::text IN ('osmeta', 'prod', 'here', 'physical')
	AND a.attname ~* '^(password|hmac|hmacversion|nativehash|ownerusername|ownerpassword)$';
SELECT c.relnamespace::regnamespace, c.relname
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace::regnamespace::text IN ('osmeta', 'prod', 'here', 'physical')
	AND a.attname ~* '^username$' ORDER BY 1, 2;
