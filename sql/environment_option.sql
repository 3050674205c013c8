--
-- Options of foreign tables that are tried when a factory is attached: taken
-- if it can be read with them, else as if they were not there
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

-- a wrapper that looks at options when a table is read, not when it is made
CREATE FOREIGN DATA WRAPPER lenient HANDLER factory.postgres_fdw_handler;
CREATE SERVER lenient FOREIGN DATA WRAPPER lenient;
SELECT format('ALTER SERVER lenient OPTIONS (%s)', string_agg(format('ADD %I %L', o.option_name, o.option_value), ', ')) FROM pg_foreign_server AS s, pg_options_to_table(s.srvoptions) AS o WHERE s.srvname = 'loop'
\gset change_
\set ECHO none
:change_format;
CREATE USER MAPPING FOR CURRENT_USER SERVER lenient OPTIONS (user :'USER', password :'password');
\set ECHO all
INSERT INTO osmeta.wrapper
SELECT (jsonb_populate_record(w, '{"wrapper": "lenient", "is_shipped": false}')).*
FROM osmeta.wrapper AS w WHERE w.wrapper = 'postgres_fdw';

-- the foreign tables of each schema, by their options but for their names
CREATE VIEW made AS
SELECT c.relnamespace::regnamespace::text AS schema, o.options, count(*) AS tables
FROM pg_foreign_table AS f JOIN pg_class AS c ON c.oid = f.ftrelid,
	LATERAL (SELECT array_agg(t.option) AS options FROM unnest(f.ftoptions) AS t (option) WHERE t.option !~ '^(schema|table)_name=') AS o
GROUP BY 1, 2;

-- of two options with one name the one that is tried counts
SELECT osmeta.merged_options('{a,1,b,2,c,3}', '{b,4,d,5}'), osmeta.merged_options('{}', '{b,4}'), osmeta.merged_options('{a,1}', '{}'), osmeta.merged_options('{a,b}', '{b,a}'), osmeta.merged_options('{a,1}', '{a,2}');
\set VERBOSITY terse
UPDATE osmeta.wrapper SET tried_options = '{alone}';
\set VERBOSITY default

-- without
SELECT osmeta.attach('plain', 'loop', 'factory');
SELECT * FROM made;
-- taken
UPDATE osmeta.wrapper SET tried_options = '{fetch_size,777,use_remote_estimate,true}' WHERE wrapper = 'postgres_fdw';
SELECT osmeta.attach('taken', 'loop', 'factory');
SELECT * FROM made ORDER BY schema COLLATE "C";
-- not known to the wrapper: no table can be made
UPDATE osmeta.wrapper SET tried_options = '{no_such_option,1}' WHERE wrapper = 'postgres_fdw';
SELECT osmeta.attach('unknown', 'loop', 'factory');
-- tables can be made, but not read
UPDATE osmeta.wrapper SET tried_options = '{use_remote_estimate,perhaps}' WHERE wrapper = 'lenient';
SELECT osmeta.attach('unread', 'lenient', 'factory');
CREATE SCHEMA probe;
CREATE FOREIGN TABLE probe.city ("ID" bigint) SERVER lenient OPTIONS (schema_name 'factory', table_name 'OSUSR_abc_City', use_remote_estimate 'perhaps');
SELECT * FROM probe.city;
DROP SCHEMA probe CASCADE;
-- local: there is no wrapper
SELECT osmeta.attach('here', remote_schema => 'target');
SELECT * FROM made ORDER BY schema COLLATE "C";
SELECT environment, wrapper, table_options FROM osmeta.environment ORDER BY environment COLLATE "C";

-- what was tried in vain left nothing behind: what was made is what is written down, once, as if it had not been tried
SELECT e.environment, count(*) = (SELECT count(*) FROM osmeta.environment_object AS n WHERE n.environment = 'plain') AS as_many,
	(SELECT count(*) FROM pg_class AS c WHERE c.relnamespace = e.environment::regnamespace) = count(*) - 1 AS all_made, e.environment IN (SELECT n.nspname FROM pg_namespace AS n) AS schema
FROM osmeta.environment_object AS e WHERE e.environment <> 'here' GROUP BY e.environment ORDER BY e.environment COLLATE "C";
SELECT environment, unreadable FROM osmeta.environment WHERE unreadable <> '[]';
SELECT a.environment, a.espace, a.entity FROM (SELECT * FROM taken.entity UNION ALL SELECT * FROM unknown.entity UNION ALL SELECT * FROM unread.entity) AS a ORDER BY a.environment COLLATE "C";

-- the script has what was chosen
SELECT DISTINCT substring(s FROM $$table_name '[^']*', (.*)\)\Z$$) AS options FROM osmeta.attach_sql('script', 'lenient', 'factory') AS s WHERE s ~ '^CREATE FOREIGN TABLE';
SELECT right(s, 29) FROM osmeta.attach_sql('script', 'lenient', 'factory') AS s WHERE s ~ 'INTO osmeta.environment ';
UPDATE osmeta.wrapper SET tried_options = '{fetch_size,778}' WHERE wrapper = 'postgres_fdw';
SELECT DISTINCT substring(s FROM $$table_name '[^']*', (.*)\)\Z$$) AS options FROM osmeta.attach_sql('script', 'loop', 'factory') AS s WHERE s ~ '^CREATE FOREIGN TABLE';
BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SELECT s FROM osmeta.attach_sql('script', 'loop', 'factory') AS s
\set ECHO none
\o /dev/null
\gexec
\o
\set ECHO all
SELECT table_options FROM osmeta.environment WHERE environment = 'script';
SELECT * FROM public.made WHERE schema = 'script';
ROLLBACK;

-- if it cannot be read without them either, that is the error
\set VERBOSITY sqlstate
UPDATE osmeta.wrapper SET table_options = '{fetch_size,0}', tried_options = '{no_such_option,1,fetch_size,1}' WHERE wrapper = 'postgres_fdw';
SELECT osmeta.attach('nothing', 'loop', 'factory');
-- a factory that cannot be reached is not asked again
CREATE SERVER lost FOREIGN DATA WRAPPER lenient OPTIONS (host '127.0.0.1', port '1', connect_timeout '2');
CREATE USER MAPPING FOR CURRENT_USER SERVER lost OPTIONS (user 'x', password 'x');
UPDATE osmeta.wrapper SET table_options = '{use_remote_estimate,perhaps}', tried_options = '{use_remote_estimate,true}' WHERE wrapper = 'lenient';
SELECT osmeta.attach('nothing', 'lost', 'factory');
UPDATE osmeta.wrapper SET tried_options = '{}' WHERE wrapper = 'lenient';
SELECT osmeta.attach('nothing', 'lost', 'factory');
\set VERBOSITY default
SELECT environment FROM osmeta.environment WHERE environment = 'nothing' UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'nothing';

-- exposures and plans have the options of the environment, whatever the wrapper's are by now
UPDATE osmeta.wrapper SET table_options = '{fetch_size,2}', tried_options = '{no_such_option,1}' WHERE wrapper = 'postgres_fdw';
SELECT osmeta.expose('taken', 'People', 'people');
SELECT osmeta.expose('unread', 'People', 'people_unread');
SELECT osmeta.capture('taken') > 0 AS taken, osmeta.capture('here') > 0 AS here;
SELECT osmeta.create_plan('move', 'taken', 'here', '{espace:People}');
SELECT * FROM made WHERE schema IN ('people', 'people_unread', 'move') ORDER BY schema COLLATE "C";
CALL osmeta.run_plan('move');
SELECT rows_found, status FROM osmeta.verify_plan('move');
-- of an environment that does not tell, the wrapper's
\set VERBOSITY terse
UPDATE osmeta.environment SET table_options = '{alone}' WHERE environment = 'taken';
\set VERBOSITY default
UPDATE osmeta.environment SET table_options = NULL WHERE environment = 'taken';
SELECT osmeta.expose('taken', 'People', 'people_wrapper');
SELECT * FROM made WHERE schema = 'people_wrapper';

SELECT osmeta.drop_plan('move');
SELECT osmeta.detach(environment) FROM osmeta.environment;
SELECT schema FROM made ORDER BY schema COLLATE "C";
