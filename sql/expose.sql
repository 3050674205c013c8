--
-- The data of an espace under its logical names: on the demo factory, behind
-- postgres_fdw and in this database
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
-- a factory on SQL Server, copied: null values follow that
SELECT osmeta.attach('prod', 'loop', 'factory', 'sqlserver');
SELECT osmeta.attach('here', remote_schema => 'factory');
RESET client_min_messages;

-- what goes wrong leaves nothing behind
SELECT osmeta.expose('prod', 'Peopel', 'people');
SELECT osmeta.expose('prod', NULL, 'people');
SELECT osmeta.expose('nowhere', 'People', 'people');
SELECT osmeta.expose('prod', 'People', 'factory');
SELECT osmeta.expose('prod', 'People', 'pg_people');
SELECT osmeta.expose('prod', 'People', repeat('x', 64));
SELECT osmeta.expose('prod', 'People', NULL);
SELECT osmeta.expose('prod', 'People', 'people', 'some');
SELECT osmeta.expose('prod', 'People', 'people', NULL);
SELECT osmeta.expose('prod', 'SocialLoginConfigurator(deleted0)', 'people');
SELECT count(*) FROM pg_namespace WHERE nspname = 'people';

-- an espace: exact, in another case, by its key
SELECT osmeta.expose('prod', 'People', 'people');
SELECT osmeta.expose('here', 'PEOPLE', 'local');
SELECT osmeta.expose('prod', ' 02632668-1434-43C2-82B1-E59EA75A0388', 'by_key');
SELECT osmeta.expose('prod', 'People', 'people');
SELECT c.relname, c.relkind, obj_description(c.oid) FROM pg_class AS c WHERE c.relnamespace = 'people'::regnamespace ORDER BY c.relkind, c.relname COLLATE "C";
SELECT c.relname, c.relkind FROM pg_class AS c WHERE c.relnamespace = 'local'::regnamespace ORDER BY c.relname COLLATE "C";
SELECT obj_description('people'::regnamespace), obj_description('local'::regnamespace);
\d people."Person"
SELECT "Id", "Name", "CityId" FROM people."Person" WHERE "Id" IN (1, 3) ORDER BY "Id";
SELECT c."Name", count(*) FROM people."Person" AS p JOIN people."City" AS c ON c."Id" = p."CityId" WHERE p."Id" < 50 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3;
-- nothing is lost or changed on the way
SELECT count(*), count(DISTINCT p."Id") FROM people."Person" AS p;
SELECT count(*) FROM (SELECT * FROM people."Person" EXCEPT ALL SELECT * FROM local."Person") AS x;
SELECT count(*) FROM (SELECT * FROM local."Person" EXCEPT ALL
	SELECT "ID", "NAME", "DATEOFBIRTH", "ISALIVE", "CITYID", "ICONID", "MANAGERID", "CREATEDBY", "CREATEDON" FROM factory."OSUSR_7i3_Person") AS x;
-- a one-to-one identifier has the type of what it refers to
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'people."PersonContact"'::regclass AND attnum > 0;

-- the metamodel of now, not a capture
INSERT INTO factory."OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE", "DEFAULT_LABEL", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
SELECT "ID", 'Mayor', 'mayor', 'rtText', 20, false, false, 'Protect', '', true, 99, 'MAYOR' FROM factory."OSSYS_ENTITY" WHERE "NAME" = 'City';
SELECT osmeta.expose('prod', 'People', 'later');
ALTER TABLE factory."OSUSR_7i3_City" ADD COLUMN mayor varchar(20) DEFAULT '';
SET client_min_messages = warning;
DROP SCHEMA later CASCADE;
RESET client_min_messages;
SELECT osmeta.expose('prod', 'People', 'later');
SELECT * FROM later."City" WHERE "Id" = 5;
SET client_min_messages = warning;
DROP SCHEMA later, by_key CASCADE;
RESET client_min_messages;

-- an extension, a table in another database
SELECT osmeta.expose('prod', 'ERPConnector', 'erp');
SELECT count(*) FROM pg_class WHERE relnamespace = 'erp'::regnamespace;

-- secrets
SELECT osmeta.expose('prod', 'ServiceCenter', 'center');
SELECT osmeta.expose('here', 'ServiceCenter', 'center_local');
SELECT c.oid::regclass, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace::regnamespace::text LIKE 'center%' AND (a.attname ~* '^(password|hmac)' OR a.attfdwoptions::text ~* 'password|hmac');
SELECT count(*) FROM osmeta.expose_sql('prod', 'ServiceCenter', 'other') AS s WHERE s ~* 'password|hmac';
SELECT count(*), count(*) FILTER (WHERE u::text LIKE '%PLANTED%') FROM center."User" AS u;
SELECT count(*), count(*) FILTER (WHERE u::text LIKE '%PLANTED%') FROM center."OSSYS_USER" AS u;
-- the tenant of a row, where it is no attribute and where it is one
SELECT attrelid::regclass, attname, attnum, col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid IN ('center."Activity"'::regclass, 'center."User"'::regclass) AND attname = 'Tenant_Id' ORDER BY attnum;

-- null values: stored as they are, texts and dates, numbers too
SELECT osmeta.expose('prod', 'People', 'nulls_text', 'text');
SELECT osmeta.expose('prod', 'People', 'nulls_all', 'all');
UPDATE factory."OSUSR_7i3_PersonContact" SET "BALANCE" = 0, "PHONE" = '' WHERE "ID" = 2;
UPDATE factory."OSUSR_7i3_Person" SET "DATEOFBIRTH" = '1900-01-01', "ISALIVE" = false WHERE "ID" = 53;
SELECT "Phone", "Balance" FROM people."PersonContact" WHERE "Id" = 2;
SELECT "Phone", "Balance" FROM nulls_text."PersonContact" WHERE "Id" = 2;
SELECT "Phone", "Balance" FROM nulls_all."PersonContact" WHERE "Id" = 2;
\pset null '(null)'
SELECT "Id", '<' || "Name" || '>' AS name, "DateofBirth", "IsAlive" FROM people."Person" WHERE "Id" IN (53, 57, 61) ORDER BY 1;
SELECT "Id", '<' || "Name" || '>' AS name, "DateofBirth", "IsAlive" FROM nulls_text."Person" WHERE "Id" IN (53, 57, 61) ORDER BY 1;
-- binaries never: icon 7 is empty
SELECT "Id", "BinaryInfo" FROM nulls_all."Icon" WHERE "Id" IN (6, 7, 8) ORDER BY 1;
\pset null ''
-- the types are the same with and without
SELECT a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), format_type(b.atttypid, b.atttypmod)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
	JOIN pg_class AS d ON d.relname = c.relname AND d.relnamespace = 'nulls_all'::regnamespace
	JOIN pg_attribute AS b ON b.attrelid = d.oid AND b.attname = a.attname
WHERE c.relnamespace = 'people'::regnamespace AND c.relkind = 'v' AND a.attnum > 0
	AND (a.atttypid, a.atttypmod) IS DISTINCT FROM (b.atttypid, b.atttypmod);

-- conditions reach the factory where the wrapper can be trusted with them
CREATE FUNCTION pg_temp.remote(query text, whole boolean DEFAULT false) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
		IF line ~ 'Remote SQL' THEN
			RETURN NEXT btrim(CASE WHEN whole THEN line
				ELSE regexp_replace(line, '"[A-Z]+"(, "[A-Z]+")* FROM', '... FROM') END);
		END IF;
	END LOOP;
END $$;
SELECT pg_temp.remote('SELECT "Name" FROM people."Person" WHERE "Id" = 5 AND "Name" = ''x'' AND "IsAlive" AND "DateofBirth" > ''2000-01-01''');
SELECT pg_temp.remote('SELECT "Name" FROM people."Person" ORDER BY "Id" LIMIT 3');
-- and nowhere else: tds_fdw loses parameters
UPDATE osmeta.wrapper SET is_fenced = true WHERE wrapper = 'postgres_fdw';
SELECT osmeta.expose('prod', 'People', 'fenced');
SELECT pg_temp.remote('SELECT "Name" FROM fenced."Person" WHERE "Id" = 5 AND "Name" = ''x'' AND "IsAlive" AND "DateofBirth" > ''2000-01-01''');
SELECT pg_temp.remote('SELECT "Name" FROM fenced."Person" ORDER BY "Id" LIMIT 3');
SELECT pg_temp.remote('SELECT p."Id" FROM fenced."Person" AS p WHERE p."Id" = (SELECT min(c."Id") FROM fenced."City" AS c)');
SELECT pg_temp.remote('SELECT p."Id", x.n FROM fenced."City" AS p, LATERAL (SELECT count(*) AS n FROM fenced."Person" AS c WHERE c."CityId" = p."Id") AS x');
SET plan_cache_mode = force_generic_plan;
PREPARE by_id (bigint) AS SELECT "Id", "Name" FROM fenced."Person" WHERE "Id" = $1;
PREPARE by_name (text) AS SELECT count(*) FROM fenced."Person" WHERE "Name" LIKE $1 AND "IsAlive" ORDER BY 1;
SELECT pg_temp.remote('EXECUTE by_id (3)');
EXECUTE by_id (3);
EXECUTE by_name ('%a%');
SELECT count(*) FROM factory."OSUSR_7i3_Person" WHERE "NAME" LIKE '%a%' AND "ISALIVE";
RESET plan_cache_mode;
SELECT count(*), sum(x.n) FROM fenced."City" AS p, LATERAL (SELECT count(*) AS n FROM fenced."Person" AS c WHERE c."CityId" = p."Id") AS x;
SELECT count(*) FROM factory."OSUSR_7i3_Person" WHERE "CITYID" IS NOT NULL;
SELECT p."Id" FROM fenced."Person" AS p WHERE p."Id" = (SELECT min(c."Id") FROM fenced."City" AS c) AND EXISTS (SELECT 1 FROM fenced."Person" AS q WHERE q."ManagerId" = p."Id");
-- columns that are not asked for are not fetched
SELECT pg_temp.remote('SELECT "CityId" FROM fenced."Person"', true);
UPDATE osmeta.wrapper SET is_fenced = false WHERE wrapper = 'postgres_fdw';

-- as a script
SELECT string_agg(s, E';\n') || ';' AS script FROM osmeta.expose_sql('here', 'People', 'by_hand', 'all') AS s \gset
SELECT count(*) FROM pg_namespace WHERE nspname = 'by_hand';
SELECT s FROM osmeta.expose_sql('here', 'People', 'by_hand') AS s LIMIT 5;
SET search_path = public;
\set QUIET on
:script
SHOW search_path;
RESET search_path;
SELECT count(*) FROM (SELECT * FROM by_hand."Person" EXCEPT ALL SELECT * FROM nulls_all."Person") AS x;
SELECT s FROM osmeta.expose_sql('prod', 'ERPConnector', 'erp2') AS s;

-- two of one name, two that differ in case only
INSERT INTO factory."OSSYS_EXTENSION" ("Name", "SS_Key", "IS_ACTIVE") VALUES ('people', 'x1', true), ('PEOPLE', 'x2', true);
SELECT osmeta.expose('prod', 'pEOPLE', 'twice');
SELECT osmeta.expose('prod', 'PEOPLE', 'twice');
INSERT INTO factory."OSSYS_EXTENSION" ("Name", "SS_Key", "IS_ACTIVE") VALUES ('People', 'x3', true);
SELECT osmeta.expose('prod', 'People', 'again');
SELECT osmeta.expose('prod', 'x3', 'again');

-- an exposure outlives the environment and is dropped by hand
SET client_min_messages = warning;
SELECT osmeta.detach('prod');
SELECT osmeta.detach('here');
SELECT "Name" FROM people."City" WHERE "Id" = 5;
SELECT "Name" FROM local."City" WHERE "Id" = 5;
DROP SCHEMA people, local CASCADE;
