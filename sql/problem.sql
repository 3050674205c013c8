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
CREATE TABLE ossys_module (id int, espace_id int, extension_id int);
CREATE TABLE ossys_application (id int, name text, key text, is_active bool DEFAULT true);
CREATE TABLE ossys_app_definition_module (id int, module_id int, application_id int);
CREATE TABLE ossys_role (id int, espace_id int, ss_key text, name text, is_active bool DEFAULT true);
INSERT INTO ossys_espace VALUES (1, 'Sound', 's'), (2, 'NoKey', NULL), (3, 'StarKey', 'a*b'), (4, 'Twin', 't'), (5, 'TwinToo', 'T '), (6, NULL, 'nameless'), (7, NULL, NULL);
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
	(29, 99, 'NoEntity', 'i', 'rtText', true),
	(30, 1, 'OtherCase', 'j', ' rttext', true),
	(31, 1, 'Twin', 'k', 'rtText', true),
	(32, 1, 'TwinToo', 'K ', 'rtText', true),
	(33, 1, 'TwinInactive', 'k', 'rtText', false),
	(34, 4, 'OtherEntity', 'k', 'rtText', true);
INSERT INTO ossys_entity (id, name, espace_id, ss_key, physical_table_name, primarykey_ss_key, data_kind) VALUES
	(12, 'OfNamelessEspace', 6, 'e12', 'OSUSR_abc_OfNameless', 'a', 'entity'),
	(13, 'Static', 1, 'e13', 'OSUSR_abc_Static', 'a', 'staticEntity'),
	(14, 'StaticToo', 1, 'e14', 'OSUSR_abc_StaticToo', 'a', 'staticEntity');
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type)
SELECT id + 100, id, 'Id', 'a', 'rtInteger' FROM ossys_entity WHERE id > 11;
INSERT INTO ossys_entity_record VALUES (1, '1', 'Lost', 'r', 'nobody', 1, true), (2, '2', 'InactiveLost', 'r', 'nobody', 1, false),
	(3, '1', 'NoKey', NULL, 'e13', 1, true), (4, '2', 'StarKey', 'a*b', 'e13', 1, true),
	(5, '3', 'Twin', 'rk', 'e13', 1, true), (6, '4', 'TwinToo', 'RK ', 'e13', 1, true), (7, '5', 'TwinInactive', 'rk', 'e13', 1, false),
	(8, '6', 'Same', 'x1', 'e13', 1, true), (9, '6 ', 'SameToo', 'x2', 'e13', 1, true), (10, NULL, 'NoDataId', 'x3', 'e13', 1, true),
	(11, '3', 'OtherEntity', 'rk', 'e14', 1, true), (12, '1', 'Plain', 'x4', 'e1', 1, true);
INSERT INTO ossys_role VALUES (1, 1, 'a*b', 'StarKey', true), (2, 1, NULL, 'NoKey', true), (3, 99, 'r', 'Stray', true),
	(4, 1, 'rk', 'Twin', true), (5, 1, 'RK ', 'TwinToo', true), (6, 4, 'rk', 'OtherEspace', true), (7, 1, 'rk', 'Inactive', false), (8, 1, 'a*c', 'InactiveToo', false);
INSERT INTO ossys_application VALUES (1, 'StarKey', 'a*b', true), (2, 'NoKey', NULL, true), (3, 'Twin', 'ak', true), (4, 'TwinToo', 'AK ', NULL), (5, 'Fine', 'fine', true), (6, 'Inactive', 'a*b', false);
INSERT INTO ossys_module VALUES (1, 1, NULL), (2, 99, NULL), (3, NULL, NULL), (4, NULL, 1), (5, NULL, 99), (6, 6, NULL);
INSERT INTO ossys_app_definition_module VALUES (1, 6, 5);
RESET search_path;
SELECT osmeta.attach('prod', remote_schema => 'factory');
SELECT osmeta.capture('prod') AS captured \gset
UPDATE osmeta.capture SET is_consistent = false, missing_tables = ARRAY['OSSYS_TENANT'] WHERE capture_id = :captured;
\x on
\pset format unaligned
SELECT severity, code, object, message, hint FROM osmeta.problem ORDER BY code COLLATE "C", object COLLATE "C";
\x off
\pset format aligned

-- live, the same
SELECT code, object FROM prod.problem WHERE code <> 'missing_table'
EXCEPT SELECT code, object FROM osmeta.problem;
SELECT code, object FROM osmeta.problem WHERE code NOT IN ('missing_table', 'inconsistent_capture')
EXCEPT SELECT code, object FROM prod.problem;

-- a key that cannot be read is NULL in the views
SELECT record, record_key FROM osmeta.static_record WHERE record_id IN (3, 4, 6) ORDER BY record_id;
SELECT attribute, attribute_key FROM osmeta.attribute WHERE attribute_id IN (20, 21, 32) ORDER BY attribute_id;
SELECT role, key, role_ss_key FROM osmeta.role WHERE role_id IN (1, 2, 5) ORDER BY role_id;
SELECT application, key FROM osmeta.application WHERE application_id IN (1, 2, 4) ORDER BY application_id;
SELECT espace, ss_key FROM osmeta.espace WHERE espace_id IN (1, 3) ORDER BY espace_id;

-- an espace without a name is an espace
SELECT application, espace, entity, entity_key FROM osmeta.application_entity;

-- of a factory whose applications have no keys at all none lacks one
ALTER TABLE factory.ossys_application DROP COLUMN key CASCADE;
SELECT osmeta.attach('old', remote_schema => 'factory');
SELECT code, object FROM old.problem WHERE code ~ 'application';
