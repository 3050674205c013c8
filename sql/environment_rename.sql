--
-- What attach made, and the server below it, under another name: a server is
-- followed, anything else is asked back before it is read
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :core
\i :loopback
\set ECHO all
INSERT INTO ossys_espace VALUES (1, 'People', 'p');
INSERT INTO ossys_entity (id, name, espace_id, ss_key, physical_table_name, primarykey_ss_key) VALUES (1, 'City', 1, 'c', 'OSUSR_abc_City', 'i');
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, length) VALUES (1, 1, 'Id', 'i', 'rtLongInteger', 0), (2, 1, 'Name', 'n', 'rtText', 50);
CREATE TABLE "OSUSR_abc_City" ("ID" bigint PRIMARY KEY, "NAME" varchar(50));
INSERT INTO "OSUSR_abc_City" VALUES (1, 'Beja');
CREATE SCHEMA target;
SET search_path = target;
\set ECHO none
\i :core
\set ECHO all
INSERT INTO ossys_espace SELECT * FROM factory.ossys_espace;
INSERT INTO ossys_entity SELECT * FROM factory.ossys_entity;
INSERT INTO ossys_entity_attr SELECT * FROM factory.ossys_entity_attr;
CREATE TABLE "OSUSR_abc_City" ("ID" bigint PRIMARY KEY, "NAME" varchar(50));
RESET search_path;
SELECT osmeta.attach('prod', 'loop', 'factory');
SELECT osmeta.attach('qa', remote_schema => 'target');
SELECT osmeta.capture('prod') > 0 AS prod, osmeta.capture('qa') > 0 AS qa;
SELECT osmeta.create_plan('before', 'prod', 'qa', '{espace:People}');

-- the server is called otherwise, and another one like it was
ALTER SERVER loop RENAME TO "Loop; 2";
CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', connect_timeout '2');
CREATE USER MAPPING FOR CURRENT_USER SERVER loop OPTIONS (user 'x', password 'x');
SELECT osmeta.environment_server('prod'), osmeta.environment_server('qa'), osmeta.environment_server('nowhere');
SELECT espace, entity FROM prod.entity;
SELECT osmeta.capture('prod') > 0 AS prod;
SELECT osmeta.expose('prod', 'People', 'people');
SELECT "Name" FROM people."City";
SELECT osmeta.create_plan('after', 'prod', 'qa', '{espace:People}');
SELECT osmeta.refresh_plan('before');
SELECT DISTINCT c.relnamespace::regnamespace::text COLLATE "C" AS schema, s.srvname FROM pg_foreign_table AS f JOIN pg_class AS c ON c.oid = f.ftrelid JOIN pg_foreign_server AS s ON s.oid = f.ftserver ORDER BY 1, 2;
SELECT code FROM osmeta.plan_problem WHERE severity = 'error';
CALL osmeta.run_plan('before');
SELECT rows_found, status FROM osmeta.verify_plan('before');
SELECT "NAME" FROM target."OSUSR_abc_City";
SELECT osmeta.drop_plan('before');

-- the schema: the live views answer, what looks for it by name says what to do
ALTER SCHEMA prod RENAME TO "Prod;";
SELECT espace, entity FROM "Prod;".entity;
SELECT osmeta.capture('prod');
SELECT osmeta.expose('prod', 'People', 'again');
SELECT count(*) FROM osmeta.expose_sql('prod', 'People', 'again');
SELECT osmeta.create_plan('again', 'prod', 'qa', '{espace:People}');
SELECT osmeta.refresh_plan('after');
CALL osmeta.run_plan('after');
-- another one in its place
CREATE SCHEMA prod;
CREATE VIEW prod.live_espace AS SELECT 1 AS id;
SELECT osmeta.capture('prod');
DROP SCHEMA prod CASCADE;
ALTER SCHEMA "Prod;" RENAME TO prod;

-- one table: without it the factory would seem to have none
ALTER FOREIGN TABLE prod.ossys_espace RENAME TO "Mine";
SELECT espace, entity FROM prod.entity;
SELECT osmeta.capture('prod');
SELECT osmeta.expose('prod', 'People', 'again');
CALL osmeta.run_plan('after');
SELECT osmeta.detach('prod');
CREATE FOREIGN TABLE prod.ossys_espace (id int) SERVER loop;
SELECT osmeta.capture('prod');
DROP FOREIGN TABLE prod.ossys_espace;
ALTER FOREIGN TABLE prod."Mine" RENAME TO ossys_espace;
-- one view, two views, one that was moved
ALTER VIEW prod.live_espace RENAME TO mine;
SELECT osmeta.capture('prod');
ALTER VIEW prod.owner RENAME TO mine_too;
SELECT osmeta.capture('prod');
ALTER VIEW prod.mine_too RENAME TO owner;
ALTER VIEW prod.mine RENAME TO live_espace;
ALTER VIEW prod.live_espace SET SCHEMA public;
SELECT osmeta.capture('prod');
SELECT osmeta.detach('prod');
ALTER VIEW public.live_espace SET SCHEMA prod;
SELECT osmeta.capture('prod') > 0 AS prod;

-- a schema that is gone
DROP SCHEMA qa CASCADE;
SELECT osmeta.capture('qa');
SELECT osmeta.create_plan('again', 'prod', 'qa', '{espace:People}');
SELECT osmeta.verify_plan('after');
SELECT osmeta.drop_plan('after');
SELECT osmeta.detach('prod');
RESET client_min_messages;
SELECT osmeta.detach('qa');
SELECT count(*) FROM osmeta.environment_relation;
