--
-- Secrets never reach this database: planted in a factory in another schema,
-- they are searched for in everything that attach, capture and expose have
-- made
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
-- an espace that has an entity over each table with secrets, with an
-- attribute for every column
INSERT INTO factory."OSSYS_ESPACE" ("ID", "NAME", "SS_KEY", "IS_ACTIVE", "HMAC") VALUES (9000, 'Vault', 'vault', true, 'PLANTED-SECRET-hmac-vault');
INSERT INTO factory."OSSYS_ENTITY" ("ID", "NAME", "ESPACE_ID", "SS_KEY", "PHYSICAL_TABLE_NAME", "MULTITENANT", "MULTITENANT_VIEW", "IS_ACTIVE", "IS_SYSTEM", "IS_EXTERNAL", "GENERATION", "Multilingual", "Data_Kind")
SELECT 9000 + position, name, 9000, name, upper(table_name), false, false, true, false, false, 1, false, 'entity'
FROM (VALUES (1, 'User', 'OSSYS_USER'), (2, 'TenantUser', 'ossys_user_t1'), (3, 'Catalog', 'OSSYS_DBCATALOG'), (4, 'Espace', 'OSSYS_ESPACE'), (5, 'Application', 'OSSYS_APPLICATION')) AS v (position, name, table_name);
INSERT INTO factory."OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE", "DEFAULT_LABEL", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
SELECT e."ID", a.attname, a.attname, 'rtText', 250, false, false, 'Protect', '', true, a.attnum, a.attname
FROM factory."OSSYS_ENTITY" AS e JOIN pg_class AS c ON upper(c.relname) = e."PHYSICAL_TABLE_NAME" AND c.relnamespace = 'factory'::regnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE e."ESPACE_ID" = 9000;

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
SELECT osmeta.expose('prod', 'Vault', 'vault');
SELECT osmeta.expose('here', 'Vault', 'vault_local', 'all');
SELECT osmeta.expose('prod', 'ServiceCenter', 'center', 'all');
SELECT osmeta.expose('here', 'ServiceCenter', 'center_local');
SELECT relations > 150 AS searched, places FROM pg_temp.secrets('{osmeta,prod,here,vault,vault_local,center,center_local,public}');
SELECT c.relnamespace::regnamespace, c.relname, a.attname
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace::regnamespace::text IN ('osmeta', 'prod', 'here', 'vault', 'vault_local', 'center', 'center_local')
	AND a.attname ~* '^(password|hmac|hmacversion|nativehash|ownerusername|ownerpassword)$';
SELECT c.relnamespace::regnamespace, c.relname
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace::regnamespace::text IN ('osmeta', 'prod', 'here', 'vault', 'vault_local', 'center', 'center_local')
	AND a.attname ~* '^username$' ORDER BY 1, 2;
-- all other columns of these tables are there, behind the server and locally
SELECT e."NAME", count(*) AS columns, count(v.attname) AS shown, count(l.attname) AS shown_locally, string_agg(a."NAME", ', ' ORDER BY a."NAME" COLLATE "C") FILTER (WHERE v.attname IS NULL) AS left_out
FROM factory."OSSYS_ENTITY" AS e JOIN factory."OSSYS_ENTITY_ATTR" AS a ON a."ENTITY_ID" = e."ID"
	LEFT JOIN pg_attribute AS v ON v.attrelid = format('vault.%I', e."NAME")::regclass AND v.attname = a."NAME"
	LEFT JOIN pg_attribute AS l ON l.attrelid = format('vault_local.%I', e."NAME")::regclass AND l.attname = a."NAME"
WHERE e."ESPACE_ID" = 9000 GROUP BY e."NAME" ORDER BY e."NAME" COLLATE "C";
SELECT count(*) > 1 AS rows, (SELECT count(*) FROM factory."OSSYS_USER") = count(*) AS all FROM vault."TenantUser";
