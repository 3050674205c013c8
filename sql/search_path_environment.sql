--
-- A schema of look-alikes first in search_path changes nothing and is never
-- called: by attach, by capture, by a view, by detach
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :core
\set ECHO all
RESET search_path;
INSERT INTO factory.ossys_espace VALUES (1, 'People', 'P');
INSERT INTO factory.ossys_entity VALUES (1, 'City', 1, NULL, 'c', 'OSUSR_abc_City', true, 'i');
INSERT INTO factory.ossys_entity_attr VALUES (1, 1, 'Id', 'i', 'btp*c');

CREATE SCHEMA evil;
CREATE FUNCTION evil.caught() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING 'caught';
	RETURN NULL;
END $$;
DO $$
DECLARE f record;
BEGIN
	-- a look-alike for every function that is called here, more specific
	-- than the polymorphic or variadic ones of pg_catalog
	FOR f IN SELECT * FROM (VALUES ('lower', 'text', 'text'), ('btrim', 'text', 'text'), ('format', 'text, text', 'text'),
		('format', 'text, text, text', 'text'), ('quote_ident', 'text', 'text'), ('quote_literal', 'text', 'text'), ('replace', 'text, text, text', 'text'),
		('regexp_replace', 'text, text, text, text', 'text'), ('current_setting', 'text, boolean', 'text'), ('upper', 'text', 'text'),
		('left', 'text, integer', 'text'), ('try_oskey', 'text, text', 'osmeta.oskey'), ('pg_get_viewdef', 'oid', 'text'),
		('hashtext', 'text', 'integer'), ('format_type', 'oid, integer', 'text'), ('pg_advisory_xact_lock', 'integer, integer', 'void')) AS v (name, args, result) LOOP
		EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS ''BEGIN PERFORM evil.caught(); RETURN%s; END''', f.name, f.args, f.result, CASE f.result WHEN 'void' THEN '' ELSE ' NULL' END);
	END LOOP;
	FOR f IN SELECT * FROM (VALUES ('=', 'text', 'text'), ('=', 'osmeta.oskey', 'osmeta.oskey'), ('=', 'bigint', 'bigint'), ('||', 'text', 'text'),
		('~', 'text', 'text'), ('<>', 'text', 'text'), ('=', 'name', 'text'), ('=', 'name', 'name'), ('=', 'oid', 'oid')) AS v (name, l, r) LOOP
		EXECUTE format('CREATE OR REPLACE FUNCTION evil.op(%s, %s) RETURNS boolean LANGUAGE sql AS ''SELECT evil.caught()''', f.l, f.r) ;
		EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.op)', f.name, f.l, f.r);
	END LOOP;
END $$;
CREATE TABLE evil.pg_class AS SELECT 1 AS oid;
CREATE TABLE evil.pg_namespace AS SELECT 1 AS oid;
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.caught());
CREATE DOMAIN evil.bigint AS pg_catalog.int8 CHECK (evil.caught());

-- the trap works
SET search_path = evil, pg_catalog;
SELECT lower('A'::pg_catalog.text), 'a'::pg_catalog.text = 'a'::pg_catalog.text;

-- nobody steps into it
SELECT osmeta.attach('prod', remote_schema => 'factory');
SELECT count(*) OPERATOR(pg_catalog.>) 50 AS statements FROM osmeta.attach_sql('qa', remote_schema => 'factory');
SELECT osmeta.capture('prod');
SELECT espace, ss_key FROM osmeta.espace;
SELECT espace, entity, key FROM osmeta.entity;
SELECT attribute, is_identifier, status, target_entity FROM osmeta.reference;
SELECT attribute, status, target_entity FROM prod.reference;
SELECT count(*) FROM osmeta.problem WHERE code OPERATOR(pg_catalog.<>) 'missing_table';
SELECT column_name, local_type FROM prod.physical_column WHERE table_name OPERATOR(pg_catalog.=) 'ossys_espace' ORDER BY position USING OPERATOR(pg_catalog.<);
SELECT osmeta.capture('prod');
SET osmeta.capture = '1';
SELECT capture_id, espace FROM osmeta.espace;
SELECT osmeta.drop_capture(1);
SELECT osmeta.detach('prod');
