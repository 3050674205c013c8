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

-- a factory whose tables are there: what is missing, nameless, named twice, or leads nowhere
CREATE SCHEMA shop;
SET search_path = shop;
\set ECHO none
\i :core
\set ECHO all
ALTER TABLE ossys_espace ADD dbcatalog_id int;
CREATE TABLE ossys_dbcatalog (id int, name text);
CREATE TABLE ossys_extension (id int, name text, ss_key text);
CREATE TABLE ossys_tenant (id int, name text, espace_id int);
CREATE TABLE ossys_user (id int, tenant_id int, username text, name text, is_active bool DEFAULT true);
CREATE TABLE ossys_role (id int, espace_id int, ss_key text, name text);
CREATE TABLE ossys_group (id int, name text, tenant_id int);
CREATE TABLE ossys_user_role (id int, user_id int, role_id int);
CREATE TABLE ossys_group_role (id int, group_id int, role_id int);
CREATE TABLE ossys_group_user (id int, group_id int, user_id int);
CREATE TABLE ossys_bpm_process_definition (id int, name text, ss_key text, espace_id int, is_active bool DEFAULT true);
CREATE TABLE ossys_bpm_process_input_def (id int, process_def_id int, name text, ss_key text, data_type text, ss_type text);
CREATE TABLE ossys_bpm_activity_definition (id int, process_def_id int, name text, ss_key text);
CREATE TABLE ossys_bpm_activity_output_def (id int, activity_def_id int, name text, ss_key text, data_type text, ss_type text);
INSERT INTO ossys_dbcatalog VALUES (1, '(Main)'), (2, 'Elsewhere');
INSERT INTO ossys_espace (id, name, ss_key, is_active, dbcatalog_id) VALUES (1, 'Shop', 's', true, 1), (2, ' ', 'blank', true, NULL), (3, NULL, 'gone', false, NULL), (4, 'Far', 'far', true, 2);
INSERT INTO ossys_extension VALUES (1, '', 'x');
INSERT INTO ossys_entity (id, name, espace_id, ss_key, physical_table_name, is_active, primarykey_ss_key, is_external, data_kind) VALUES
	(1, 'Item', 1, 'e1', 'OSUSR_sho_Item', true, 'a', false, 'entity'),
	(2, 'Lost', 1, 'e2', 'OSUSR_sho_Lost', true, 'a', false, 'entity'),
	(3, 'LostInactive', 1, 'e3', 'OSUSR_sho_LostInactive', false, 'a', false, 'entity'),
	(4, 'LostExternal', 1, 'e4', 'OSUSR_sho_LostExternal', true, 'a', true, 'entity'),
	(5, 'LostClient', 1, 'e5', 'OSUSR_sho_LostClient', true, 'a', false, 'clientEntity'),
	(6, 'LostSystem', 1, 'e6', 'OSSYS_LOST', true, 'a', false, 'entity'),
	(7, 'LostElsewhere', 4, 'e7', 'OSUSR_far_Lost', true, 'a', false, 'entity'),
	(8, 'LostDatabase', 1, 'e8', '[x].[y].[z]', true, 'a', false, 'entity'),
	(9, ' ', 1, 'e9', 'OSUSR_sho_Blank', true, 'a', false, 'entity'),
	(10, NULL, 1, 'e10', 'OSUSR_sho_Null', true, 'a', false, 'entity'),
	(11, 'First', 1, 'e11', 'OSUSR_sho_First', true, 'a', false, 'entity'),
	(12, 'Second', 1, 'e12', 'OSUSR_sho_Second', true, 'a', false, 'entity'),
	(13, 'Self', 1, 'e13', 'OSUSR_sho_Self', true, 'a', false, 'entity'),
	(14, 'Outside', 1, 'e14', 'OSUSR_sho_Outside', true, 'a', false, 'entity'),
	(15, 'Extends', 1, 'e15', 'OSUSR_sho_Extends', true, 'a', false, 'entity');
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, database_name)
SELECT id, id, 'Id', 'a', CASE id WHEN 11 THEN 'bts*e12' WHEN 12 THEN 'bts*e11' WHEN 13 THEN 'bts*e13' WHEN 14 THEN 'bts*e11' WHEN 15 THEN 'bts*e1' ELSE 'rtInteger' END, 'ID' FROM ossys_entity;
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, is_active, database_name) VALUES
	(20, 1, 'Missing', 'b', 'rtText', true, NULL),
	(21, 1, 'MissingInactive', 'c', 'rtText', false, NULL),
	(22, 1, ' ', 'd', 'rtText', true, 'BLANK'),
	(23, 1, NULL, 'e', 'rtText', true, NULL),
	(24, 1, NULL, 'f', 'rtText', false, NULL),
	(25, 1, 'Colour', 'g', 'rtText', true, 'COLOUR'),
	(26, 1, 'COLOUR ', 'h', 'rtText', true, 'COLOUR1'),
	(27, 1, 'colour', 'i', 'rtText', false, 'COLOUR2'),
	(28, 1, 'One', 'j', 'rtText', true, 'SAME'),
	(29, 1, 'Two', 'k', 'rtText', true, 'same '),
	(30, 1, 'Three', 'l', 'rtText', false, 'SAME'),
	(31, 5, 'One', 'j', 'rtText', true, 'SAME'),
	(32, 5, 'Two', 'k', 'rtText', true, 'SAME'),
	(33, 11, 'Colour', 'b', 'rtText', true, 'ID2');
CREATE TABLE "OSUSR_SHO_ITEM" ("ID" int, "BLANK" text, "COLOUR" text, "COLOUR1" text, "SAME" text);
CREATE TABLE osusr_sho_blank (id int);
CREATE TABLE osusr_sho_null (id int);
CREATE TABLE osusr_sho_first (id int, id2 text);
CREATE TABLE osusr_sho_second (id int);
CREATE TABLE osusr_sho_self (id int);
CREATE TABLE osusr_sho_outside (id int);
CREATE VIEW osusr_sho_extends AS SELECT 1 AS id;
CREATE TABLE osusr_sho_nobodys (id int);
ANALYZE osusr_sho_blank, osusr_sho_null, osusr_sho_first, osusr_sho_second, osusr_sho_self;
INSERT INTO ossys_tenant VALUES (1, 'Shop', 1);
INSERT INTO ossys_user VALUES (1, 1, 'ada', 'Ada', true), (2, 99, 'bob', 'Bob', true), (3, 99, 'eve', 'Eve', true), (4, 99, 'gone', 'Gone', false), (5, NULL, 'nowhere', NULL, true);
INSERT INTO ossys_role VALUES (1, 1, 'r', 'Clerk');
INSERT INTO ossys_group VALUES (1, 'All', 1);
INSERT INTO ossys_user_role VALUES (1, 1, 1), (2, 99, 1), (3, 1, 99), (4, 98, 98);
INSERT INTO ossys_group_role VALUES (1, 1, 1), (2, 99, 1), (3, 1, NULL);
INSERT INTO ossys_group_user VALUES (1, 1, 1), (2, 1, 99);
INSERT INTO ossys_bpm_process_definition VALUES (1, 'Order', 'p', 1, true), (2, 'OrderInactive', 'q', 1, false);
INSERT INTO ossys_bpm_process_input_def VALUES (1, 1, 'Fine', 'a', 'rtInteger', 'bts*e1'), (2, 1, 'Text', 'b', 'rtText', ' '), (3, 1, 'Malformed', 'c', 'rtInteger', 'bt*'),
	(4, 1, 'NoEspace', 'd', 'rtInteger', 'btnobody*e1'), (5, 1, 'NoEntity', 'e', 'rtInteger', 'bts*e99'), (6, 1, 'Inactive', 'f', 'rtInteger', 'bts*e3'), (7, 2, 'OfInactive', 'g', 'rtInteger', 'bt*');
INSERT INTO ossys_bpm_activity_definition VALUES (1, 1, 'Approve', 'a');
INSERT INTO ossys_bpm_activity_output_def VALUES (1, 1, 'Malformed', 'a', 'rtInteger', 'btx*y*z');
RESET search_path;
SELECT osmeta.attach('store', remote_schema => 'shop');
SELECT osmeta.capture('store') AS captured \gset
\x on
\pset format unaligned
SELECT severity, code, object, message, hint FROM osmeta.problem WHERE environment = 'store' AND code <> 'missing_table' ORDER BY code COLLATE "C", object COLLATE "C";
\x off
\pset format aligned
SELECT code, object, message FROM store.problem WHERE code <> 'missing_table'
EXCEPT SELECT code, object, message FROM osmeta.problem WHERE environment = 'store';
SELECT code, object, message FROM osmeta.problem WHERE environment = 'store' AND code <> 'missing_table'
EXCEPT SELECT code, object, message FROM store.problem;

-- what a capture could not read is not missing
CREATE VIEW told AS SELECT severity, code, object, message, hint FROM osmeta.problem WHERE environment = 'store' AND code ~ 'cleaned|unreadable|statistics|physical|tenant|link';
UPDATE osmeta.capture SET missing_tables = '{OSSYS_TENANT,OSSYS_USER,OSSYS_GROUP}',
	cleaned = '[{"table_name": "entity_attr", "column_name": "name", "row_count": 11, "ids": ["20", "21"]}, {"table_name": "physical_column", "column_name": "column_name", "row_count": 1, "ids": ["7"]},
		{"table_name": "role"}, {"table_name": "group", "ids": 5}, {}, null, 1, []]',
	unreadable = '[{"part": "physical_column", "message": "permission denied"}, {"part": "physical_size"}, {}, null, 1, []]' WHERE capture_id = :captured;
DELETE FROM osmeta.captured_physical_column WHERE capture_id = :captured;
\x on
\pset format unaligned
SELECT * FROM told ORDER BY code COLLATE "C", object COLLATE "C";
\x off
\pset format aligned
CREATE OR REPLACE VIEW store.shown_capture AS
SELECT 'store'::text AS environment, NULL::bigint AS capture_id, 0::bigint AS store_id, NULL::boolean AS is_consistent, missing_tables, left_out, unreadable, cleaned, dialect
FROM osmeta.capture WHERE environment = 'store';
SELECT p.code, p.object, p.message FROM store.problem AS p JOIN told AS t USING (code, object, message) WHERE p.code <> 'physical_table_missing' ORDER BY p.code COLLATE "C", p.object COLLATE "C";

-- events without a table, users of one name
CREATE SCHEMA club;
SET search_path = club;
\set ECHO none
\i :core
\set ECHO all
ALTER TABLE ossys_entity ADD expose_process_events bool, ADD event_table_name text;
CREATE TABLE ossys_tenant (id int, name text, espace_id int);
CREATE TABLE ossys_user (id int, tenant_id int, username text, is_active bool);
INSERT INTO ossys_espace VALUES (1, 'Club', 'c', true);
INSERT INTO ossys_entity (id, name, espace_id, ss_key, physical_table_name, is_active, primarykey_ss_key, expose_process_events, event_table_name) VALUES
	(1, 'Member', 1, 'e1', 'OSUSR_clu_Member', true, 'a', true, 'OSEVT_CLU_MEMBER'),
	(2, 'Guest', 1, 'e2', 'OSUSR_clu_Guest', true, 'a', true, NULL),
	(3, 'Silent', 1, 'e3', 'OSUSR_clu_Silent', true, 'a', false, 'OSEVT_clu_Silent'),
	(4, 'Removed', 1, 'e4', 'OSUSR_clu_Removed', false, 'a', true, 'OSEVT_clu_Removed'),
	(5, 'NoTable', 1, 'e5', 'OSUSR_clu_NoTable', true, 'a', true, 'OSEVT_clu_NoTable');
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, database_name) SELECT id, id, 'Id', 'a', 'rtInteger', 'ID' FROM ossys_entity;
CREATE TABLE "OSUSR_clu_Member" (id int);
CREATE TABLE "OSEVT_clu_Member" (id int);
CREATE TABLE "OSUSR_clu_Guest" (id int);
CREATE TABLE "OSUSR_clu_Silent" (id int);
ANALYZE "OSUSR_clu_Member", "OSUSR_clu_Guest", "OSUSR_clu_Silent";
INSERT INTO ossys_tenant VALUES (1, 'Here', 1), (2, 'There', 1);
INSERT INTO ossys_user VALUES (1, 1, 'ada', true), (2, 1, 'ada', NULL), (3, 2, 'ada', true), (4, 1, 'bob', true), (5, 1, 'bob', false), (6, 1, 'BOB', true), (7, 1, '', true), (8, 1, '', true), (9, 1, NULL, true), (10, 1, NULL, true), (11, NULL, 'cyd', true), (12, NULL, 'cyd', true);
RESET search_path;
SELECT osmeta.attach('members', remote_schema => 'club');
SELECT osmeta.capture('members') > 0 AS captured;
\x on
\pset format unaligned
SELECT severity, code, object, message, hint FROM osmeta.problem WHERE environment = 'members' AND code <> 'missing_table' ORDER BY code COLLATE "C", object COLLATE "C";
\x off
\pset format aligned
SELECT code, object, message FROM members.problem WHERE code <> 'missing_table'
EXCEPT SELECT code, object, message FROM osmeta.problem WHERE environment = 'members';
