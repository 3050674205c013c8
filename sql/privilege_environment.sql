--
-- A role that owns nothing but its schema of a database does everything;
-- a reader sees the views and nothing else; anybody else sees nothing
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE ROLE regress_osmeta_owner;
CREATE ROLE regress_osmeta_reader;
CREATE ROLE regress_osmeta_other;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_osmeta_owner', current_database()) \gexec
\set ECHO none
\i :loopback
\set ECHO all
GRANT USAGE ON FOREIGN SERVER loop TO regress_osmeta_owner;
-- the mapping logs in as the superuser, whose factory it stands for; only a
-- superuser may say that no password is needed for that
SELECT format('CREATE USER MAPPING FOR regress_osmeta_owner SERVER loop OPTIONS (user %L, password %L, password_required ''false'')',
	:'USER', :'password') AS statement \gset
\set ECHO none
:statement;
\set ECHO all

SET ROLE regress_osmeta_owner;
CREATE EXTENSION osmeta;
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :core
\set ECHO all
RESET search_path;
INSERT INTO factory.ossys_espace VALUES (1, 'People', 'p');
SELECT osmeta.attach('here', remote_schema => 'factory');
SELECT osmeta.attach('prod', 'loop', 'factory');
SELECT osmeta.capture('here');
SELECT osmeta.capture('prod');
SELECT osmeta.capture('prod');
SELECT osmeta.drop_capture(2);
SELECT environment, owner FROM osmeta.environment ORDER BY environment;
SELECT environment, capture_id, espace FROM osmeta.espace ORDER BY 1;
SELECT espace FROM prod.espace;
INSERT INTO osmeta.wrapper (wrapper, dialect, schema_option, table_option, column_option) VALUES ('my_fdw', 'postgres', 's', 't', 'c');
-- statistics are there
SELECT count(*) FROM pg_stats WHERE schemaname = 'osmeta' AND tablename = 'captured_espace' AND attname = 'name';

GRANT USAGE ON SCHEMA osmeta, prod TO regress_osmeta_reader;
GRANT SELECT ON osmeta.espace, osmeta.entity, osmeta.reference, osmeta.problem, prod.espace TO regress_osmeta_reader;
RESET ROLE;
SET ROLE regress_osmeta_reader;
SELECT environment, capture_id, espace FROM osmeta.espace ORDER BY 1;
SELECT espace FROM prod.espace;
SELECT count(*) FROM osmeta.reference;
SELECT count(*) > 0 FROM osmeta.problem;
SELECT * FROM osmeta.captured_espace;
SELECT * FROM osmeta.attribute;
SELECT * FROM prod.ossys_espace;
SELECT osmeta.capture('prod');
SELECT osmeta.attach('mine', remote_schema => 'factory');
SELECT osmeta.detach('prod');
RESET ROLE;
SET ROLE regress_osmeta_other;
SELECT * FROM osmeta.espace;
RESET ROLE;

SET ROLE regress_osmeta_owner;
SELECT osmeta.detach('prod');
SELECT osmeta.detach('here');
DROP EXTENSION osmeta;
RESET ROLE;
DROP USER MAPPING FOR regress_osmeta_owner SERVER loop;
DROP OWNED BY regress_osmeta_owner, regress_osmeta_reader, regress_osmeta_other CASCADE;
DROP ROLE regress_osmeta_owner, regress_osmeta_reader, regress_osmeta_other;
