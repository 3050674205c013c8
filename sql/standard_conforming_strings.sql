--
-- Where standard_conforming_strings is off the extension is installed, the
-- statements of attach_sql run, and both are the same as elsewhere
--
SET client_min_messages = warning;
SET escape_string_warning = off;
SET standard_conforming_strings = off;
CREATE EXTENSION IF NOT EXISTS osmeta;
CREATE SCHEMA factory;
CREATE TABLE factory.ossys_espace (id text, name text, ss_key text, is_active boolean);
CREATE TABLE factory.ossys_entity (id int, name text, espace_id text, ss_key text, physical_table_name text, is_active boolean);
CREATE TABLE factory.ossys_entity_attr (id int, entity_id int, name text, ss_key text, type text, is_active boolean);
CREATE TABLE factory.ossys_entity_record (id int, data_id text, name text, ss_key text, entity_ss_key text, espace_id int, is_active boolean);
INSERT INTO factory.ossys_espace VALUES ('1.0', 'People', 'p', true), ('2x0', 'Word', 'w', true);
INSERT INTO factory.ossys_entity VALUES (1, 'City', '1', 'c', 'OSUSR_abc_City', true);

-- a name that holds what a pattern or an escape could take for its own
CREATE TEMP TABLE statement AS
SELECT * FROM osmeta.attach_sql(E'a\\1''b', remote_schema => 'factory') WITH ORDINALITY AS s (statement, position);
\set ECHO none
SELECT statement FROM statement ORDER BY position \gexec
\set ECHO all
SELECT environment, schema FROM osmeta.environment;
SELECT espace, ss_key FROM "a\1'b".espace;
SELECT environment, espace, entity, key FROM "a\1'b".entity;
CREATE TEMP TABLE scripted AS
SELECT c.relname, pg_get_viewdef(c.oid) AS definition FROM pg_class AS c WHERE c.relnamespace = $$"a\1'b"$$::regnamespace;
SELECT osmeta.detach(E'a\\1''b');
RESET standard_conforming_strings;
SELECT osmeta.attach(E'a\\1''b', remote_schema => 'factory');
SET standard_conforming_strings = off;
SELECT count(*) AS same FROM scripted JOIN pg_class AS c USING (relname)
WHERE c.relnamespace = $$"a\1'b"$$::regnamespace AND pg_get_viewdef(c.oid) = definition;
SELECT count(*) AS other FROM scripted FULL JOIN
	(SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = $$"a\1'b"$$::regnamespace) AS x USING (relname)
WHERE scripted.relname IS NULL OR x.relname IS NULL;
SELECT osmeta.capture(E'a\\1''b');
SELECT environment, espace, entity, key FROM osmeta.entity;
