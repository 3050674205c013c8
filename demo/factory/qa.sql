-- The test factory: the model of production with another history.  Every
-- number differs, some tables are called otherwise, and the few rows that it
-- has of its own bear numbers that production uses for other rows.  Run by
-- psql after schema.sql; everything goes into the current schema.

\set osmeta_quiet :QUIET
\set QUIET on
BEGIN;
SET LOCAL client_encoding = 'UTF8';

\ir model.sql

-- PersonContact was removed here once and created again: its key stands on
-- two rows, and the new table had to be called ...1.
INSERT INTO model_entity (entity, ss_key, note)
SELECT entity || '/old', ss_key, 'deleted'
FROM model_entity
WHERE entity = 'People.PersonContact';

INSERT INTO model_attribute (entity, attribute, type, note, ss_key)
SELECT entity || '/old', attribute, type, note, ss_key
FROM model_attribute
WHERE entity = 'People.PersonContact' AND attribute IN ('Id', 'Email')
ORDER BY position;

-- ---------------------------------------------------------------------------
-- The numbers and names that this factory has given
-- ---------------------------------------------------------------------------

INSERT INTO here_module (module, id, module_id, version_id) VALUES
	('ServiceCenter', 2, 21, 3),
	('Users', 6, 22, 95),
	('RichWidgets', 5, 23, 96),
	('ERPConnector', 12, 24, 8),
	('CityManager', 52, 25, 240),
	('People', 55, 26, 611),
	('SocialLoginConfigurator(deleted0)', 57, 27, 320),
	('ECT_Provider', 240, 28, 700);

INSERT INTO here_application (application, id) VALUES
	('Service Center', 2),
	('Users', 1),
	('System Components', 3),
	('App Feedback', 7),
	('People Directory', 9),
	('Social Login', 10);

-- City was made while the module was called Persons (4i8 is that name's key),
-- Person while the entity was called Human; CitySize came from RichWidgets.
-- The database spells the table of AppConfig in capitals.
INSERT INTO here_entity (entity, id, physical_table_name, table_name) VALUES
	('ServiceCenter.User', 3, 'ossys_User', NULL),
	('ServiceCenter.Tenant', 4, 'ossys_Tenant', NULL),
	('ServiceCenter.Role', 5, 'ossys_Role', NULL),
	('ServiceCenter.Group', 6, 'ossys_Group', NULL),
	('ServiceCenter.User_Role', 7, 'ossys_User_Role', NULL),
	('ServiceCenter.Group_Role', 8, 'ossys_Group_Role', NULL),
	('ServiceCenter.Group_User', 9, 'ossys_Group_User', NULL),
	('ServiceCenter.Espace', 10, 'ossys_Espace', NULL),
	('ServiceCenter.Entity', 1, 'ossys_Entity', NULL),
	('ServiceCenter.Process', 11, 'ossys_BPM_Process', NULL),
	('ServiceCenter.Activity', 12, 'ossys_BPM_Activity', NULL),
	('Users.SamlMessage_Log', 30, 'OSUSR_6wd_SamlMessage_Log', NULL),
	('RichWidgets.RecentItem/old', 34, 'OSUSR_5z9_RecentItem', NULL),
	('RichWidgets.RecentItem', 36, 'OSUSR_5z9_RecentItem1', NULL),
	('RichWidgets.UploadCache', 37, 'OSUSR_5z9_UploadCache', NULL),
	('CityManager.CitySize', 410, 'OSUSR_5Z9_CITYSIZE', NULL),
	('People.City', 412, 'OSUSR_4i8_City', NULL),
	('People.Person', 415, 'OSUSR_7i3_Human', NULL),
	('People.Icon', 418, 'OSUSR_7i3_Icon', NULL),
	('People.Badge', 420, 'OSUSR_7i3_Badge', NULL),
	('People.PersonContact/old', 422, 'OSUSR_7i3_PersonContact', NULL),
	('People.PersonContact', 431, 'OSUSR_7i3_PersonContact1', NULL),
	('SocialLoginConfigurator(deleted0).Provider', 440, 'OSUSR_njs_Provider', NULL),
	('ECT_Provider.FeedbackScreenshot', 1493, 'OSUSR_s41_FeedbackScreenshot', NULL),
	('ECT_Provider.Topic', 1494, 'OSUSR_s41_Topic', NULL),
	('ECT_Provider.Rule_User', 1495, 'OSUSR_s41_Rule_User', NULL),
	('ECT_Provider.AppConfig', 1496, 'OSUSR_s41_AppConfig', 'OSUSR_S41_APPCONFIG'),
	('ERPConnector.Customer', 1500, '[ERP_TEST].[dbo].[Customer]', NULL);

-- One publication after another, without later additions
INSERT INTO here_attribute (entity, attribute, id)
SELECT a.entity, a.attribute, 10960 + row_number() OVER (ORDER BY e.id DESC, a.position)
FROM model_attribute a
JOIN here_entity e USING (entity);

INSERT INTO here_record (entity, record, id, data_id) VALUES
	('CityManager.CitySize', 'Metropolis', 90, '1'),
	('CityManager.CitySize', 'Large', 91, '2'),
	('CityManager.CitySize', 'Small', 92, '3'),
	('CityManager.CitySize', 'Village', 93, '4'),
	('CityManager.CitySize', 'Medium', 94, '5'),
	('ECT_Provider.Topic', 'Bug', 95, 'BUG'),
	('ECT_Provider.Topic', 'Idea', 96, 'IDEA'),
	('ECT_Provider.Topic', 'Praise', 97, 'PRAISE');

INSERT INTO here_role (role, id) VALUES
	('People.PeopleReader', 31),
	('People.PeopleEditor', 32),
	('ECT_Provider.FeedbackAdmin', 33),
	('SocialLoginConfigurator(deleted0).SocialAdmin', 34);

\ir build.sql

-- Keys also occur in capitals and with blanks around them.
UPDATE "OSSYS_ENTITY_ATTR" a
SET "TYPE" = 'bt' || upper(substr("TYPE", 3) COLLATE "C") || '  '
FROM "OSSYS_ENTITY" e
WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Rule_User' AND a."NAME" = 'UserId';

-- ---------------------------------------------------------------------------
-- Tenants, users, groups.  Most of production's user numbers are somebody
-- else's here: 14 is editor2, 15 a clerk, 17 editor1, 18 the import, 21 a
-- tester whom production has not got.  There is no clerk.kinshasa.  Tenant 6,
-- production's Users, is a sandbox here, with an editor1 of its own.
-- ---------------------------------------------------------------------------

INSERT INTO "OSSYS_TENANT" ("ID", "NAME", "ESPACE_ID", "IS_ACTIVE") VALUES
	(1, 'ServiceCenter', 2, true),
	(6, 'Sandbox', 6, true),
	(9, 'Users', 6, true);

INSERT INTO "OSSYS_USER" ("ID", "TENANT_ID", "IS_ACTIVE", "CREATION_DATE", "LAST_LOGIN",
	"NAME", "MobilePhone", "EMAIL", "USERNAME", "PASSWORD", "EXTERNAL_ID")
SELECT id, tenant_id, true,
	timestamp '2022-03-01 08:00:00' + id * interval '5 days',
	timestamp '1900-01-01',
	name, '', email, username, 'PLANTED-SECRET-password-' || id, ''
FROM (VALUES
	(1, 1, 'Deployment Service', '', 'deployer'),
	(2, 1, 'Platform Administrator', 'admin@example.com', 'admin'),
	(14, 9, 'Editor Two', 'editor2@example.com', 'editor2'),
	(15, 9, 'Clerk, Lisbon', 'clerk.lisbon@example.com', 'clerk.lisbon'),
	(17, 9, 'Editor One', 'editor1@example.com', 'editor1'),
	(18, 9, 'Nightly Import', '', 'importer'),
	(21, 9, 'Tester', 'tester@example.com', 'tester'),
	(22, 9, 'Former Clerk', '', 'former.clerk'),
	(25, 9, 'Directory Administrator', 'admin@example.com', 'admin'),
	(27, 9, 'Auditor', 'Auditor@Example.COM', 'auditor'),
	(30, 6, 'Editor One (sandbox)', 'editor1@example.com', 'editor1')
) AS u (id, tenant_id, name, email, username);

INSERT INTO "OSSYS_GROUP" ("ID", "NAME", "DESCRIPTION", "CREATED_BY", "CREATED", "HAS_CUSTOM_MANAGEMENT", "TENANT_ID") VALUES
	(3, 'Testers', '', 25, '2022-03-10 10:00:00', false, 9),
	(4, 'Directory editors', '', 25, '2022-03-10 10:05:00', false, 9);

INSERT INTO "OSSYS_USER_ROLE" ("ID", "USER_ID", "Role_Id", "TENANT_ID") VALUES
	(11, 25, 32, 9),
	(12, 21, 32, 9);

INSERT INTO "OSSYS_GROUP_ROLE" ("ID", "GROUP_ID", "ROLE_ID", "TENANT_ID") VALUES
	(2, 4, 32, 9);

INSERT INTO "OSSYS_GROUP_USER" ("ID", "USER_ID", "GROUP_ID", "TENANT_ID") VALUES
	(5, 17, 4, 9),
	(6, 21, 3, 9);

-- ---------------------------------------------------------------------------
-- People: rows that a migration has to leave as they are
-- ---------------------------------------------------------------------------

INSERT INTO "OSUSR_4i8_City" ("ID", "NAME", "CITYSIZEID") VALUES
	(1, 'Testville', 3),
	(2, 'Kinshasa', 1),
	(3, 'Prüfstadt', 5),
	(5, 'Próba', NULL),
	(6, '試験市', 2);

INSERT INTO "OSUSR_7i3_Icon" ("ID", "NAME", "BINARYINFO") VALUES
	(1, 'test', '\x74657374'),
	(2, 'star', '\x'),
	(9, 'a deleted number in production', NULL);

INSERT INTO "OSUSR_7i3_Human" ("ID", "NAME", "DATEOFBIRTH", "ISALIVE", "CITYID", "ICONID",
	"MANAGERID", "CREATEDBY", "CREATEDON", "NICKNAME")
SELECT n + n / 8, format('Test Person %s ✓', n),
	timestamp '1980-01-01' + n * interval '100 days', true,
	(ARRAY[1, 2, 3, 5, 6, NULL])[1 + n % 6], (ARRAY[1, 2, 9, NULL])[1 + n % 4],
	CASE WHEN n > 1 THEN 1 END,
	(ARRAY[17, 21, 14])[1 + n % 3],
	timestamp '2023-01-01 09:30:00.250' + n * interval '1 hour',
	''
FROM generate_series(1, 40) AS n;

-- Test rows have come and gone here.
SELECT setval(pg_get_serial_sequence(quote_ident('OSUSR_7i3_Human'), 'ID'), 61) AS osmeta_unused
\gset
\unset osmeta_unused

INSERT INTO "OSUSR_7i3_PersonContact1" ("ID", "EMAIL", "PHONE", "BALANCE")
SELECT n, format('test%s@example.com', n), '', n * 10
FROM generate_series(1, 7) AS n;

-- Left over: they would block or follow a delete of persons 1 to 3.
INSERT INTO "OSUSR_7i3_PersonContact" ("ID", "EMAIL") VALUES
	(1, 'old1@example.com'),
	(2, 'old2@example.com');

INSERT INTO "OSUSR_7i3_Badge" ("ID", "CODE", "PERSONID") VALUES (1, 'T-1', 3);

-- ---------------------------------------------------------------------------
-- The other modules
-- ---------------------------------------------------------------------------

INSERT INTO "OSUSR_5z9_RecentItem" ("ID", "TITLE") VALUES (1, 'left over');

INSERT INTO "OSUSR_5z9_RecentItem1" ("ID", "TITLE") VALUES (1, 'Item');

INSERT INTO "OSUSR_S41_APPCONFIG" ("ID", "KEY", "VALUE", "NOTIFICATIONRECIPIENTADDRESS", "CUSTOMERID") VALUES
	(1, 'limit', '5', '', NULL),
	(2, 'enabled', 'no', '', NULL);

INSERT INTO "OSUSR_s41_Rule_User" ("ID", "USERID", "APPCONFIGID") VALUES (1, 21, 2);

-- The same process has been published here; nobody has started one.
\set process_def 7
\set input_def 9
\set activity_def 22
\ir process.sql

\ir counters.sql
COMMIT;
\set QUIET :osmeta_quiet
\unset osmeta_quiet
