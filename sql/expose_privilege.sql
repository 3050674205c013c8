--
-- expose: a role that owns nothing but its environment, and one that reads
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE ROLE regress_osmeta_exposer;
CREATE ROLE regress_osmeta_looker;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_osmeta_exposer', current_database()) \gexec
\set ECHO none
\i :loopback
\set ECHO all
GRANT USAGE ON FOREIGN SERVER loop TO regress_osmeta_exposer;
SELECT format('CREATE USER MAPPING FOR regress_osmeta_exposer SERVER loop OPTIONS (user %L, password %L, password_required ''false'')',
	:'USER', :'password') AS statement \gset
\set ECHO none
:statement;
\set ECHO all

SET ROLE regress_osmeta_exposer;
CREATE EXTENSION osmeta;
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :core
\set ECHO all
RESET search_path;
INSERT INTO factory.ossys_espace VALUES (1, 'People', 'p');
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name) VALUES (1, 'City', 1, 'c', 'OSUSR_abc_City');
INSERT INTO factory.ossys_entity_attr (id, entity_id, name, ss_key, type, length) VALUES (1, 1, 'Name', 'n', 'rtText', 50);
CREATE TABLE factory."OSUSR_abc_City" ("NAME" varchar(50));
INSERT INTO factory."OSUSR_abc_City" VALUES ('Beja');
SELECT osmeta.attach('here', remote_schema => 'factory');
SELECT osmeta.attach('prod', 'loop', 'factory');
SELECT osmeta.expose('prod', 'People', 'people');
SELECT osmeta.expose('here', 'People', 'local');
SELECT c.oid::regclass, c.relowner::regrole FROM pg_class AS c WHERE c.relnamespace::regnamespace::text IN ('people', 'local') ORDER BY c.oid::regclass::text COLLATE "C";
SELECT * FROM people."City";
GRANT USAGE ON SCHEMA people, local TO regress_osmeta_looker;
GRANT SELECT ON people."City", local."City" TO regress_osmeta_looker;
RESET ROLE;

-- views read with the rights of who made them
SET ROLE regress_osmeta_looker;
SELECT * FROM people."City" UNION ALL SELECT * FROM local."City";
SELECT * FROM people."OSUSR_abc_City";
SELECT osmeta.expose('prod', 'People', 'mine');
RESET ROLE;

-- what cannot be made leaves nothing behind: the server is out of reach, then the database
REVOKE USAGE ON FOREIGN SERVER loop FROM regress_osmeta_exposer;
SET ROLE regress_osmeta_exposer;
SELECT osmeta.expose('prod', 'People', 'again');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER loop TO regress_osmeta_exposer;
SELECT format('REVOKE CREATE ON DATABASE %I FROM regress_osmeta_exposer', current_database()) \gexec
SET ROLE regress_osmeta_exposer;
DO $$ BEGIN PERFORM osmeta.expose('here', 'People', 'again');
EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING '%', split_part(SQLERRM, ' "', 1); END $$;
-- the statements can be had all the same
SELECT count(*) FROM osmeta.expose_sql('here', 'People', 'again');
RESET ROLE;
SELECT count(*) FROM pg_namespace WHERE nspname = 'again';

SET ROLE regress_osmeta_exposer;
DROP SCHEMA people, local CASCADE;
SELECT osmeta.detach('prod');
SELECT osmeta.detach('here');
DROP EXTENSION osmeta;
RESET ROLE;
DROP USER MAPPING FOR regress_osmeta_exposer SERVER loop;
DROP OWNED BY regress_osmeta_exposer, regress_osmeta_looker CASCADE;
DROP ROLE regress_osmeta_exposer, regress_osmeta_looker;
