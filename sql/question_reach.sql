--
-- Users held through other entities, modules linked twice, tables of removed
-- entities, and keys of processes that cannot be read
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
ALTER TABLE ossys_entity ADD multilingual_table_name text, ADD event_table_name text, ADD expose_process_events bool;
CREATE TABLE ossys_module (id int, espace_id int, extension_id int);
CREATE TABLE ossys_application (id int, name text, key text, is_active bool DEFAULT true);
CREATE TABLE ossys_app_definition_module (id int, module_id int, application_id int);
CREATE TABLE ossys_bpm_process_definition (id int, name text, ss_key text, is_active bool, espace_id int);
CREATE TABLE ossys_bpm_activity_definition (id int, name text, ss_key text, is_active bool, process_def_id int);
INSERT INTO ossys_espace VALUES (1, 'ServiceCenter', '478870b9-2d60-4f73-9eb3-7cd8b994a737'), (2, 'Shop', 's');
INSERT INTO ossys_entity (id, name, espace_id, ss_key, physical_table_name, is_active, primarykey_ss_key, multilingual_table_name, event_table_name, expose_process_events) VALUES
	(1, 'User', 1, 'a416822d-845f-46cb-a270-70f5e383544c', 'ossys_User', true, 'i', NULL, NULL, false),
	(2, 'Profile', 2, 'profile', 'OSUSR_abc_Profile', true, 'i', NULL, NULL, false),
	(3, 'Badge', 2, 'badge', 'OSUSR_abc_Badge', true, 'i', NULL, NULL, false),
	(4, 'Order', 2, 'order', 'OSUSR_abc_Order', true, 'i', NULL, 'OSEVT_abc_Order', true),
	(5, 'Gone', 2, 'gone', 'OSUSR_abc_Gone', false, 'i', 'OSUSR_abc__MLGone', 'OSEVT_abc_Gone', true),
	(6, 'Tableless', 2, 'tableless', ' ', true, 'i', NULL, NULL, false),
	(7, 'Ring', 2, 'ring', 'OSUSR_abc_Ring', true, 'i', NULL, NULL, false);
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type) VALUES
	(1, 1, 'Id', 'i', 'rtInteger'),
	(2, 2, 'Id', 'i', 'bt478870b9-2d60-4f73-9eb3-7cd8b994a737*a416822d-845f-46cb-a270-70f5e383544c'),
	(3, 3, 'Id', 'i', 'bts*profile'),
	(4, 4, 'Id', 'i', 'rtInteger'),
	(5, 4, 'Owner', 'o', 'btS*Badge'),
	(6, 4, 'Seller', 'e', 'bts*profile'),
	(7, 4, 'Other', 't', 'bts*order'),
	(8, 6, 'Id', 'i', 'rtInteger'),
	(9, 7, 'Id', 'i', 'bts*ring');
INSERT INTO ossys_module VALUES (1, 2, NULL), (2, 2, NULL);
INSERT INTO ossys_application VALUES (1, 'Shopping', 'k');
INSERT INTO ossys_app_definition_module VALUES (1, 1, 1), (2, 1, 1), (3, 2, 1);
INSERT INTO ossys_bpm_process_definition VALUES (1, 'Sale', 'a*b', true, 2), (2, 'Fair', 'fair', true, 2), (3, 'Off', NULL, false, 2);
INSERT INTO ossys_bpm_activity_definition VALUES (1, 'Start', '*', true, 2), (2, 'End', 'end', true, 2);
CREATE TABLE "OSUSR_abc_Order" (id int, owner int, seller int, other int);
CREATE TABLE "OSUSR_abc_Profile" (id int);
CREATE TABLE "OSUSR_abc_Badge" (id int);
CREATE TABLE "OSUSR_abc_Gone" (id int);
CREATE TABLE "OSUSR_abc__MLGone" (id int);
CREATE TABLE "OSEVT_abc_Gone" (id int);
INSERT INTO "OSUSR_abc__MLGone" SELECT generate_series(1, 10);
ANALYZE "OSUSR_abc_Order", "OSUSR_abc_Profile", "OSUSR_abc_Badge", "OSUSR_abc_Gone", "OSUSR_abc__MLGone", "OSEVT_abc_Gone";
RESET search_path;
SELECT osmeta.attach('prod', remote_schema => 'factory');
SELECT osmeta.capture('prod') > 0 AS captured;

SELECT application, entity, attribute FROM osmeta.user_reference ORDER BY entity, attribute;
SELECT application, entity, attribute FROM prod.user_reference ORDER BY entity, attribute;
SELECT application, entity FROM osmeta.application_entity ORDER BY entity;
-- an event table that is not there, or cannot be seen, is shown all the same
SELECT application, entity, event_table_name, row_count FROM osmeta.event_table;
SELECT table_name, kind, row_count FROM osmeta.orphan_table ORDER BY table_name;
SELECT kind, entity, in_database, row_count FROM osmeta.soft_deleted WHERE kind = 'entity';
SELECT severity, code, object, message, hint FROM osmeta.problem
WHERE code IN ('entity_without_table', 'malformed_process_key', 'malformed_activity_key') ORDER BY code;
