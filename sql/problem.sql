--
-- Every code of osmeta.problem, one case each, and none that is not expected
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
CREATE TABLE ossys_extension (id int, name text, ss_key text);
INSERT INTO ossys_espace VALUES (1, 'Sound', 's'), (2, 'NoKey', NULL), (3, 'StarKey', 'a*b'), (4, 'Twin', 't'), (5, 'TwinToo', 'T ');
INSERT INTO ossys_extension VALUES (1, 'BadExtension', E'tab\there');
INSERT INTO ossys_entity (id, name, espace_id, extension_id, ss_key, physical_table_name, is_active, primarykey_ss_key, is_external) VALUES
	(1, 'Sound', 1, NULL, 'e1', 'OSUSR_abc_Sound', true, 'a', false),
	(2, 'NoOwner', 99, NULL, 'e2', 'OSUSR_abc_NoOwner', true, 'a', false),
	(3, 'BadKey', 1, NULL, repeat('k', 101), 'OSUSR_abc_BadKey', true, 'a', false),
	(4, 'Dup', 1, NULL, 'dup', 'OSUSR_abc_Dup', true, 'a', false),
	(5, 'DupToo', 1, NULL, 'DUP', 'OSUSR_abc_DupToo', true, 'a', false),
	(6, 'Shared', 1, NULL, 'e6', 'OSUSR_abc_Shared', true, 'a', false),
	(7, 'SharedToo', 1, NULL, 'e7', 'osusr_ABC_shared ', true, 'a', false),
	(8, 'NoIdentifier', 1, NULL, 'e8', 'OSUSR_abc_NoIdentifier', true, 'a', false),
	(9, 'External', 1, NULL, 'e9', '[a].[b].[c]', true, 'a', true),
	(10, 'Inactive', 1, NULL, 'e10', 'OSUSR_abc_Inactive', false, NULL, false),
	(11, 'OfBadEspace', 3, NULL, 'e11', 'OSUSR_abc_OfBadEspace', true, 'a', false);
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, is_active)
SELECT id, id, 'Id', 'a', 'rtInteger', true FROM ossys_entity WHERE id NOT IN (8, 9, 10);
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, is_active) VALUES
	(20, 1, 'NoKey', ' ', 'rtText', true),
	(21, 1, 'StarKey', 'a*b', 'rtText', true),
	(22, 1, 'NewType', 'b', 'rtGeography', true),
	(23, 1, 'NoType', 'c', NULL, true),
	(24, 1, 'Malformed', 'd', 'bt' || repeat('m', 300), true),
	(25, 1, 'NoEspace', 'e', 'bt9*e1', true),
	(26, 1, 'NoEntity', 'f', 'bts*e99', true),
	(27, 1, 'Inactive', 'g', 'bts*e10', true),
	(28, 1, 'InactiveMalformed', 'h', 'btx', false),
	(29, 99, 'NoEntity', 'i', 'rtText', true);
INSERT INTO ossys_entity_record VALUES (1, '1', 'Lost', 'r', 'nobody', 1, true), (2, '2', 'InactiveLost', 'r', 'nobody', 1, false);
RESET search_path;
SELECT osmeta.attach('prod', remote_schema => 'factory');
SELECT osmeta.capture('prod') AS captured \gset
UPDATE osmeta.capture SET is_consistent = false, missing_tables = ARRAY['OSSYS_TENANT'] WHERE capture_id = :captured;
\x on
\pset format unaligned
SELECT severity, code, object, message, hint FROM osmeta.problem ORDER BY code COLLATE "C", object COLLATE "C";
