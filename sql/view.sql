--
-- The views: keys, owners, what is active, where references lead
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
CREATE TABLE ossys_extension ("Id" int, "Name" text, "SS_Key" text, "IS_ACTIVE" int);
CREATE TABLE ossys_application (id int, name text, key text, is_active bool);
CREATE TABLE ossys_module (id int, espace_id int, extension_id int);
CREATE TABLE ossys_app_definition_module (id int, module_id int, application_id int);
CREATE TABLE ossys_tenant (id int, name text, espace_id int);
CREATE TABLE ossys_user (id int, tenant_id int, username text, name text, is_active bool, password text);
CREATE TABLE ossys_role (id int, espace_id int, ss_key text, name text);
RESET search_path;

INSERT INTO factory.ossys_espace VALUES
	(1, 'People', '02632668-1434-43C2-82B1-E59EA75A0388 ', true),	-- upper case, blank
	(2, 'Clone', 'c10e0000-0000-0000-0000-000000000000', true),
	(3, 'Old(deleted0)', 'de1e7ed0-0000-0000-0000-000000000000', false);
INSERT INTO factory.ossys_extension VALUES (1, 'ERP', 'e0e00000-0000-0000-0000-000000000001', 1),
	(2, 'Gone', 'e0e00000-0000-0000-0000-000000000002', 0);
INSERT INTO factory.ossys_entity (id, name, espace_id, extension_id, ss_key, physical_table_name, is_active, primarykey_ss_key, is_external, data_kind) VALUES
	(1, 'City', 1, NULL, '0f3b6288-e5b3-4804-97e2-9b1ea18fc12e', 'OSUSR_7i3_City', true, ' AB-1', false, 'entity'),
	(2, 'City', 2, NULL, '0f3b6288-e5b3-4804-97e2-9b1ea18fc12e', 'OSUSR_xyz_City', true, 'ab-1', false, 'entity'),	-- the clone's
	(3, 'Thing', 1, NULL, 'Entity5B57028B-F636-4BA3-93F9-C81CACBC5638', 'OSUSR_7i3_Thing', false, 'th-1', false, 'entity'),
	(4, 'Thing', 1, NULL, 'ENTITY5b57028b-f636-4ba3-93f9-c81cacbc5638', 'OSUSR_7i3_Thing1', true, 'th-2', false, 'entity'),	-- re-created
	(5, 'Past', 3, NULL, '00000000-0000-0000-0000-000000000005', 'OSUSR_old_Past', true, 'pa-1', false, 'entity'),	-- active in a deleted espace
	(6, 'Customer', NULL, 1, '00000000-0000-0000-0000-000000000006', '[ERP].[dbo].[Customer]', true, 'cu-1', true, NULL),
	(7, 'Lost', NULL, 2, '00000000-0000-0000-0000-000000000007', '[ERP].[dbo].[Lost]', true, 'lo-1', true, NULL),
	(8, 'Size', 1, NULL, '00000000-0000-0000-0000-000000000008', 'OSUSR_7i3_Size', true, 'si-1', false, 'staticEntity'),
	(9, 'Once', 1, NULL, '00000000-0000-0000-0000-000000000009', 'OSUSR_7i3_Once', false, 'on-1', false, 'entity');
INSERT INTO factory.ossys_entity_attr (id, entity_id, name, ss_key, type, is_active, database_name) VALUES
	(1, 1, 'Id', 'AB-1 ', 'rtLongInteger', true, 'ID'),
	(2, 1, 'Size', 'ab-2', 'bt02632668-1434-43c2-82b1-e59ea75a0388*00000000-0000-0000-0000-000000000008', true, NULL),
	(3, 1, 'Émigré name', 'ab-3', 'rtText', true, ' '),
	(4, 1, 'Thing', 'ab-4', 'bt02632668-1434-43c2-82b1-e59ea75a0388*Entity5B57028B-F636-4BA3-93F9-C81CACBC5638', true, 'THING'),
	(5, 1, 'Past', 'ab-5', 'btde1e7ed0-0000-0000-0000-000000000000*00000000-0000-0000-0000-000000000005', true, 'PAST'),
	(6, 1, 'Once', 'ab-6', 'bt02632668-1434-43c2-82b1-e59ea75a0388*00000000-0000-0000-0000-000000000009', true, 'ONCE'),
	(7, 1, 'Customer', 'ab-7', 'bte0e00000-0000-0000-0000-000000000001*00000000-0000-0000-0000-000000000006', true, 'CUSTOMER'),
	(8, 1, 'NoEspace', 'ab-8', 'bt99999999-0000-0000-0000-000000000000*00000000-0000-0000-0000-000000000008', true, 'NOESPACE'),
	(9, 1, 'NoEspaceCloned', 'ab-9', 'bt99999999-0000-0000-0000-000000000000*0f3b6288-e5b3-4804-97e2-9b1ea18fc12e', true, 'NOESPACECLONED'),
	(10, 1, 'NoEntity', 'ab-10', 'bt02632668-1434-43c2-82b1-e59ea75a0388*00000000-0000-0000-0000-00000000dead', true, 'NOENTITY'),
	(11, 1, 'Malformed', 'ab-11', 'btnonsense', true, 'MALFORMED'),
	(12, 1, 'Upper', 'ab-12', ' BT02632668-1434-43C2-82B1-E59EA75A0388*0F3B6288-E5B3-4804-97E2-9B1EA18FC12E ', true, 'UPPER'),
	(13, 1, 'Dropped', 'ab-13', 'rtText', false, 'DROPPED'),
	(14, 5, 'Id', 'pa-1', 'rtInteger', true, 'ID'),
	(15, 99, 'Orphan', 'or-1', 'rtInteger', true, 'ID');
INSERT INTO factory.ossys_entity_record VALUES
	(1, '1', 'Small', 'RE-1', '00000000-0000-0000-0000-000000000008', 1, true),
	(2, '2', 'Village', 're-2', '00000000-0000-0000-0000-000000000008', 1, false),
	(3, 'x', 'Lost', 're-3', 'none', 1, true), (4, 'x', 'Lost', 're-4', '00000000-0000-0000-0000-000000000008', 77, true);
INSERT INTO factory.ossys_application VALUES (1, 'Directory', 'APP', true), (2, 'Former', 'app2', false);
INSERT INTO factory.ossys_module VALUES (1, 1, NULL), (2, NULL, 1), (3, 3, NULL), (4, NULL, NULL);
INSERT INTO factory.ossys_app_definition_module VALUES (1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 1, 2), (5, 4, 1);
INSERT INTO factory.ossys_tenant VALUES (1, 'Users', 1), (2, 'Stray', 99);
INSERT INTO factory.ossys_user VALUES (1, 1, 'ada', 'Ada', true, 'PLANTED'), (2, 99, NULL, NULL, NULL, NULL);
INSERT INTO factory.ossys_role VALUES (1, 1, 'ROLE-1', 'Editor'), (2, 99, NULL, 'Stray');

SELECT osmeta.attach('prod', remote_schema => 'factory');
SELECT osmeta.capture('prod');

SELECT espace, ss_key, is_active, is_effective, espace_id FROM osmeta.espace ORDER BY espace_id;
SELECT extension, ss_key, is_active FROM osmeta.extension ORDER BY extension_id;
SELECT espace, extension, entity, key, is_active, is_effective FROM osmeta.entity ORDER BY entity_id;
SELECT espace, entity, attribute, column_name, data_type, is_identifier, is_effective, attribute_key FROM osmeta.attribute ORDER BY attribute_id;
SELECT attribute, status, target_espace, target_entity, target_table, target_extension FROM osmeta.reference ORDER BY attribute_id;
SELECT attribute, hint FROM osmeta.reference WHERE hint IS NOT NULL ORDER BY attribute_id;
SELECT espace, entity, record, entity_key IS NOT NULL AS has_key, record_key, data_id, is_active, is_effective FROM osmeta.static_record ORDER BY record_id;
SELECT application, key, is_effective FROM osmeta.application ORDER BY application_id;
SELECT module, kind, is_effective FROM osmeta.module ORDER BY module_id;
SELECT application, module, kind, is_effective FROM osmeta.application_module ORDER BY 1, module_id;
SELECT application, espace, extension, entity, data_kind FROM osmeta.application_entity ORDER BY entity_id;
SELECT tenant_id, tenant, provider_key, is_active FROM osmeta.tenant ORDER BY 1;
SELECT user_id, username, name, tenant, provider_key, is_active FROM osmeta.end_user ORDER BY 1;
SELECT role, espace, key, is_active, is_effective FROM osmeta.role ORDER BY role_id;
SELECT severity, code, object FROM osmeta.problem ORDER BY 2, 3;

-- the live views answer the same
DO $$
DECLARE v text; n bigint;
BEGIN
	FOR v IN SELECT view_name FROM osmeta.live_view WHERE query IS NULL ORDER BY position LOOP
		EXECUTE format('SELECT count(*) FROM (
			(SELECT to_jsonb(a) - $1 FROM osmeta.%1$I AS a EXCEPT ALL
			 SELECT to_jsonb(b) - $1 FROM prod.%1$I AS b) UNION ALL
			(SELECT to_jsonb(b) - $1 FROM prod.%1$I AS b EXCEPT ALL
			 SELECT to_jsonb(a) - $1 FROM osmeta.%1$I AS a)) AS x', v) INTO n
			-- what holds the number of the capture
			USING '{capture_id,store_id,store_owner,store_key,store_entity,store_table,store_module}'::text[];
		IF n > 0 THEN RAISE WARNING '% rows of % differ', n, v; END IF;
	END LOOP;
END $$;

