--
-- Environments in this database: attach, attach_sql, detach
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :core
\set ECHO all
RESET search_path;
INSERT INTO factory.ossys_espace VALUES (1, 'People', 'p', true, 'PLANTED');
INSERT INTO factory.ossys_entity VALUES (1, 'City', 1, NULL, 'c', 'OSUSR_abc_City', true, 'i');

-- names
SELECT osmeta.attach(NULL);
SELECT osmeta.attach('');
SELECT osmeta.attach('prod@1', remote_schema => 'factory');
SELECT osmeta.attach('pg_prod', remote_schema => 'factory');
SELECT osmeta.attach('osmeta', remote_schema => 'factory');
SELECT osmeta.attach('public', remote_schema => 'factory');
SELECT osmeta.attach('information_schema', remote_schema => 'factory');
SELECT osmeta.attach(repeat('é', 32), remote_schema => 'factory');
SELECT osmeta.attach('prod', remote_schema => 'factory', schema => 'pg_x');

-- other arguments
SELECT osmeta.attach('prod');
SELECT osmeta.attach('prod', remote_schema => 'nowhere');
SELECT osmeta.attach('prod', remote_schema => 'factory' || repeat('x', 63));
SELECT osmeta.attach('prod', remote_schema => 'information_schema');
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'mysql');
SELECT osmeta.attach('prod', 'no_server');
SELECT osmeta.attach('prod', remote_schema => 'factory', schema => 'factory');

-- everything that is missing is named at once, and nothing is left behind
ALTER TABLE factory.ossys_entity RENAME ss_key TO other_key;
ALTER TABLE factory.ossys_entity RENAME physical_table_name TO other_name;
ALTER TABLE factory.ossys_entity_record RENAME TO hidden;
SELECT osmeta.attach('prod', remote_schema => 'factory');
ALTER TABLE factory.hidden RENAME TO ossys_entity_record;
ALTER TABLE factory.ossys_entity RENAME other_key TO ss_key;
ALTER TABLE factory.ossys_entity RENAME other_name TO physical_table_name;
SELECT nspname FROM pg_namespace WHERE nspname = 'prod';
SELECT count(*) FROM osmeta.environment;

-- attach_sql gives the statements and leaves nothing behind
CREATE TEMP TABLE statement AS
SELECT * FROM osmeta.attach_sql('prod', remote_schema => 'factory')
	WITH ORDINALITY AS s (statement, position);
SELECT nspname FROM pg_namespace WHERE nspname = 'prod';
SELECT statement FROM statement WHERE statement ~ 'CREATE (SCHEMA|VIEW prod.ossys|VIEW prod.live_(espace|module)[^_])' ORDER BY position;
SELECT count(*) AS secrets FROM statement WHERE statement ~* 'hmac';
SELECT statement FROM statement ORDER BY position LIMIT 1;
SELECT statement FROM statement ORDER BY position DESC LIMIT 1;

-- run as a script they are the same as attach
\set ECHO none
SELECT statement FROM statement ORDER BY position \gexec
\set ECHO all
SELECT environment, server, wrapper, remote_schema, dialect, catalog_dialect, schema, owner = current_user AS is_mine, cardinality(missing_tables) FROM osmeta.environment;
CREATE TEMP TABLE scripted AS
SELECT c.relname, c.relkind, pg_get_viewdef(c.oid) AS definition
FROM pg_class AS c WHERE c.relnamespace = 'prod'::regnamespace;
-- each view that answers a question says which
SELECT c.relname FROM pg_class AS c
WHERE c.relnamespace = 'prod'::regnamespace AND c.relkind = 'v' AND c.relname !~ '^(live|ossys)_' AND obj_description(c.oid, 'pg_class') IS NULL ORDER BY 1;
SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class AS c WHERE c.relnamespace = 'prod'::regnamespace AND c.relname IN ('entity', 'process_tree') ORDER BY 1;
SELECT osmeta.detach('prod');
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'sqlserver');
SELECT count(*) AS different
FROM scripted FULL JOIN (SELECT c.relname, c.relkind, pg_get_viewdef(c.oid) AS definition
	FROM pg_class AS c WHERE c.relnamespace = 'prod'::regnamespace) AS x USING (relname, relkind, definition)
WHERE scripted.relname IS NULL OR x.relname IS NULL;
SELECT osmeta.attach('prod', remote_schema => 'factory');
SELECT osmeta.attach('other', remote_schema => 'factory', schema => 'prod');
SELECT dialect, catalog_dialect FROM osmeta.environment;

-- live views have the names and columns of the captured ones
SELECT count(*) AS different
FROM (SELECT table_name, column_name, ordinal_position, data_type
	FROM information_schema.columns AS c JOIN osmeta.live_view AS v ON v.view_name = c.table_name AND v.query IS NULL
	WHERE table_schema = 'osmeta') AS a
	FULL JOIN (SELECT table_name, column_name, ordinal_position, data_type
	FROM information_schema.columns AS c JOIN osmeta.live_view AS v ON v.view_name = c.table_name AND v.query IS NULL
	WHERE table_schema = 'prod') AS b USING (table_name, column_name, ordinal_position, data_type)
WHERE a.table_name IS NULL OR b.table_name IS NULL;
SELECT * FROM prod.espace;
SELECT environment, capture_id, entity, key, espace FROM prod.entity;
SELECT * FROM prod.tenant;

-- the physical catalogue
CREATE TABLE factory."OSUSR_abc_City" ("ID" bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	"NAME" varchar(50) UNIQUE, "SIZE" numeric(37,8), "ORDER" int REFERENCES factory.ossys_espace ON DELETE CASCADE,
	"TWICE" int GENERATED ALWAYS AS ("ORDER" * 2) STORED, tags int[] DEFAULT '{}', n serial);
CREATE UNIQUE INDEX part ON factory."OSUSR_abc_City" ("SIZE") WHERE "SIZE" > 0;
CREATE INDEX over ON factory."OSUSR_abc_City" (lower("NAME"), "SIZE") INCLUDE ("ORDER");
CREATE VIEW factory."OSUSR_abc_City_T1" AS SELECT * FROM factory."OSUSR_abc_City";
SELECT table_name, kind, row_count, data_bytes, index_bytes, lob_bytes FROM prod.physical_table WHERE table_name LIKE 'OSUSR%' ORDER BY table_name;
INSERT INTO factory."OSUSR_abc_City" ("NAME") VALUES ('Lisboa'), ('Porto');
ANALYZE factory."OSUSR_abc_City";
SELECT table_name, kind, row_count, data_bytes, index_bytes, lob_bytes FROM prod.physical_table WHERE table_name LIKE 'OSUSR%' ORDER BY table_name;
DELETE FROM factory."OSUSR_abc_City";
\x on
SELECT environment, capture_id, table_name, column_name, position, data_type, length, precision, scale, is_nullable, is_identity, identity_generation, is_generated, has_default, local_type, local_name, is_table
FROM prod.physical_column WHERE table_name = 'OSUSR_abc_City' ORDER BY position;
\x off
SELECT environment, capture_id, table_name, key_name, kind, columns, target_table, delete_action FROM prod.physical_key WHERE table_name = 'OSUSR_abc_City' ORDER BY key_name;
SELECT table_name, index_name, columns, is_unique, is_primary, is_partial FROM prod.physical_index WHERE table_name = 'OSUSR_abc_City' ORDER BY index_name;
SELECT table_name, column_name, counter, last_value FROM prod.live_physical_counter WHERE table_name = 'OSUSR_abc_City' ORDER BY column_name;

-- a relation over a physical table is insertable
CREATE SCHEMA stage;
SELECT osmeta.relation_sql(NULL, NULL, 'factory', 'OSUSR_abc_City', 'stage', 'city', jsonb_agg(jsonb_build_object('name', local_name, 'remote_name', column_name, 'type', local_type) ORDER BY position))
FROM prod.physical_column WHERE table_name = 'OSUSR_abc_City' AND local_type IS NOT NULL \gexec
\d stage.city
INSERT INTO stage.city ("ID", "NAME", tags) VALUES (7, 'Beja', '{1,2}');
SELECT * FROM factory."OSUSR_abc_City";

-- detach names what depends on it, and what else stands in the schema
CREATE VIEW stage.mine AS SELECT * FROM prod.espace;
CREATE TABLE prod.mine (i int);
CREATE TABLE stage.typed (e prod.espace);
SELECT osmeta.detach('prod');
DROP VIEW stage.mine;
DROP TABLE prod.mine, stage.typed;
SELECT osmeta.detach('prod');
SELECT nspname FROM pg_namespace WHERE nspname = 'prod';
SELECT count(*) FROM osmeta.environment_object;
SELECT osmeta.detach('prod');

-- tables that differ in case only, columns that differ in case only
CREATE TABLE factory."OSSYS_ESPACE" ("ID" int);
ALTER TABLE factory.ossys_espace ADD "Name" text DEFAULT 'wrong';
SELECT osmeta.attach('prod', remote_schema => 'factory');
SELECT espace FROM prod.espace;
-- what the user has dropped by hand is passed over
DROP VIEW prod.problem;
SELECT osmeta.detach('prod');

-- the script keeps no look-alike that stands in the search_path of who runs it
ALTER TABLE factory.ossys_entity ALTER is_external DROP DEFAULT, ALTER is_external TYPE numeric(1) USING is_external::int;
UPDATE factory.ossys_entity SET is_external = 1;
CREATE FUNCTION public.caught(numeric, integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a look-alike was called'; END $$;
CREATE OPERATOR public.<> (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = public.caught);
SELECT 1.0::numeric <> 1;
SET client_min_messages = warning;
TRUNCATE statement;
INSERT INTO statement SELECT * FROM osmeta.attach_sql('prod', remote_schema => 'factory') WITH ORDINALITY;
\set ECHO none
SELECT statement FROM statement ORDER BY position \gexec
\set ECHO all
SHOW search_path;
SELECT entity, is_external FROM prod.entity;
SELECT osmeta.capture('prod');
SELECT osmeta.detach('prod');

-- detach: the schema was renamed
SELECT osmeta.attach('prod', remote_schema => 'factory');
ALTER SCHEMA prod RENAME TO "Prod 2";
SELECT osmeta.detach('prod');
CREATE SCHEMA prod;
SELECT osmeta.detach('prod');
DROP SCHEMA prod;
SELECT environment FROM osmeta.environment;
ALTER SCHEMA "Prod 2" RENAME TO prod;
-- something else was put in the place of what attach made
DROP VIEW prod.problem, prod.end_user, prod.application_entity;
CREATE VIEW prod.problem AS SELECT 'mine'::text AS mine;
CREATE TABLE prod.end_user AS SELECT 'mine'::text AS mine;
SELECT osmeta.detach('prod');
SELECT * FROM prod.problem, prod.end_user;
SELECT count(*) > 50 AS all_there FROM pg_class WHERE relnamespace = 'prod'::regnamespace AND relkind = 'v';
DROP VIEW prod.problem;
DROP TABLE prod.end_user;
SELECT osmeta.detach('prod');
-- a schema that is gone altogether, and another one in its place
SELECT osmeta.attach('prod', remote_schema => 'factory');
DROP SCHEMA prod CASCADE;
RESET client_min_messages;
SELECT osmeta.detach('prod');
SET client_min_messages = warning;
SELECT osmeta.attach('prod', remote_schema => 'factory');
DROP SCHEMA prod CASCADE;
RESET client_min_messages;
CREATE SCHEMA prod;
CREATE VIEW prod.espace AS SELECT 'mine'::text AS mine;
SELECT osmeta.detach('prod');
SELECT * FROM prod.espace;
DROP SCHEMA prod CASCADE;
SELECT count(*) FROM osmeta.environment_relation;
