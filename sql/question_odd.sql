--
-- The questions, asked of a factory in which nothing is as it should be
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
ALTER TABLE ossys_entity ADD multitenant bool, ADD base_view_name text, ADD expose_process_events bool, ADD event_table_name text, ADD is_system bool;
CREATE TABLE ossys_extension (id int, name text, ss_key text, is_active bool);
CREATE TABLE ossys_espace_entity (id int, espace_id int, entity_id int, read_only bool);
CREATE TABLE ossys_espace_extension (id int, espace_id int, extension_id int);
CREATE TABLE ossys_espace_reference (id int, consumer_id int, producer_key text, producer_name text, is_broken bool);
CREATE TABLE ossys_role (id int, espace_id int, ss_key text, name text);
INSERT INTO ossys_espace VALUES (1, 'Sales', 's', true), (2, 'SalesCopy', 'c', true), (3, 'Sales(deleted0)', 'd0', false), (4, 'Sales(deleted1)', 'd1', false), (5, 'Formerly', 'f', true), (6, 'Empty', 'e', true);
INSERT INTO ossys_extension VALUES (1, 'Bridge', 'x', true);
INSERT INTO ossys_entity (id, name, espace_id, extension_id, ss_key, physical_table_name, is_active, primarykey_ss_key, is_external, data_kind, multitenant, base_view_name, expose_process_events, event_table_name) VALUES
	(1, 'Order', 1, NULL, 'k1', 'OSUSR_' || osmeta.espace_hash('Sales') || '_Order', true, 'a', false, 'entity', false, '', true, ''),
	(2, 'Line', 1, NULL, 'k2', 'OSUSR_' || osmeta.espace_hash('Formerly') || '_Line1', true, 'a', false, 'entity', true, 'OSUSR_Line', false, 'OSEVT_nowhere'),
	(3, 'Detail', 1, NULL, 'k3', 'OSUSR_' || osmeta.espace_hash('Sales') || '_Detail', true, 'a', false, 'entity', false, NULL, NULL, NULL),
	(4, 'Code', 1, NULL, 'k4', 'OSUSR_' || osmeta.espace_hash('Sales') || '_Code', true, 'a', false, 'entity', false, NULL, NULL, NULL),
	(5, 'Alias', 1, NULL, 'k5', 'osusr_' || osmeta.espace_hash('Sales') || '_ORDER ', true, 'a', false, 'entity', false, NULL, NULL, NULL),
	(6, 'Left', 1, NULL, 'k6', 'OSUSR_' || osmeta.espace_hash('Sales') || '_Left', false, 'a', false, 'entity', false, NULL, NULL, NULL),
	(7, 'LeftAlias', 1, NULL, 'k7', 'OSUSR_' || osmeta.espace_hash('Sales') || '_Order', false, 'a', false, 'entity', false, NULL, NULL, NULL),
	(11, 'Order', 2, NULL, 'K1 ', 'OSUSR_xyz_Order', true, 'a', false, 'entity', false, NULL, NULL, NULL),
	(12, 'Line', 2, NULL, 'k2', 'OSUSR_xyz_Line', false, 'a', false, 'entity', false, NULL, NULL, NULL),
	(21, 'Order', 3, NULL, 'k1', 'OSUSR_old_Order', true, 'a', false, 'entity', false, NULL, NULL, NULL),
	(22, 'Code', 3, NULL, 'k4', NULL, true, 'a', false, 'entity', false, NULL, NULL, NULL),
	(31, 'Code', 4, NULL, 'k4', 'OSUSR_old_Code', true, 'a', false, 'entity', false, NULL, NULL, NULL),
	(41, 'Remote', NULL, 1, 'r1', 'REMOTE', true, 'a', true, NULL, false, NULL, NULL, NULL),
	(42, 'Client', 1, NULL, 'k42', '', true, 'a', false, 'clientEntity', false, NULL, NULL, NULL);
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, length, is_active, database_name) VALUES
	(1, 1, 'Id', 'a', 'rtLongInteger', 0, true, 'ID'),
	(2, 2, 'Id', 'a', 'bts*k1', 0, true, 'ID'),	-- one-to-one
	(3, 3, 'Id', 'a', ' BTS*K2 ', 0, true, 'ID'),	-- of a one-to-one
	(4, 4, 'Id', 'a', 'rtText', 12, true, 'ID'),
	(5, 5, 'Id', 'a', 'bts*k5', 0, true, 'ID'),	-- of itself
	(6, 6, 'Id', 'a', 'bts*nobody', 0, true, 'ID'),	-- of nobody
	(7, 11, 'Id', 'a', 'rtInteger', 0, true, 'ID'),
	(8, 41, 'Id', 'a', 'rtInteger', 0, true, 'NUMBER'),
	(9, 7, 'Id', 'a', 'rtInteger', 0, true, 'ID'),
	(20, 1, 'DetailId', 'b', 'bts*k3', 0, true, 'DETAILID'),
	(21, 1, 'CodeId', 'c', 'bts*k4', 0, true, 'CODEID'),
	(22, 1, 'AliasId', 'd', 'bts*k5', 0, true, 'ALIASID'),
	(23, 1, 'LeftId', 'e', 'bts*k6', 0, true, 'LEFTID'),
	(24, 1, 'RemoteId', 'f', 'btx*r1', 0, true, 'REMOTEID'),
	(25, 1, 'NobodyId', 'g', 'btq*k1', 0, true, 'NOBODYID'),
	(26, 1, 'OddId', 'h', 'btodd', 0, true, 'ODDID'),
	(27, 1, 'OldOrderId', 'i', 'btd0*k1', 0, true, 'OLDORDERID'),
	(28, 1, 'Name', 'j', 'rtText', 50, true, 'NAME'),
	(29, 1, 'Nick', 'k', 'rtText', 50, false, 'NAME'),	-- its column is in use
	(30, 1, 'Gone', 'l', 'rtText', 50, false, 'GONE'),
	(31, 1, 'Lent', 'm', 'rtText', 50, false, 'Lent'),	-- in use by Alias
	(32, 5, 'Lent', 'm', 'rtText', 50, true, 'LENT'),
	(33, 1, 'Absent', 'n', 'rtText', 50, false, 'ABSENT'),
	(34, 2, 'Kept', 'b', 'rtText', 50, true, 'KEPT'),
	(35, 11, 'OrderId', 'b', 'bts*k1', 0, true, 'ORDERID'),
	(36, 1, 'Any', 'o', 'rtEntityReference', 0, true, 'ANYTHING'),
	(37, 1, 'Picture', 'p', ' RTbinarydata', 0, true, 'PICTURE');
INSERT INTO ossys_entity_record VALUES (1, '1', 'InUse', 'r1', 'k4', 1, true), (2, '1', 'Before', 'r2', 'k4', 1, false), (3, '2', 'Gone', 'r3', 'k4', 1, false), (4, '2', 'OfRemoved', 'r4', 'k6', 1, false);
INSERT INTO ossys_espace_entity VALUES (1, 2, 1, true), (2, 1, 1, true), (3, 6, 41, NULL), (4, 3, 1, true), (5, 6, 99, true);
INSERT INTO ossys_espace_extension VALUES (1, 2, 1);
INSERT INTO ossys_espace_reference VALUES (1, 6, 'S ', 'Sales', false), (2, 6, 'zz', 'Unheard', true), (3, 6, 'e', 'Empty', false), (4, 3, 's', 'Sales', false), (5, 99, 's', 'Sales', false);
INSERT INTO ossys_role VALUES (1, 99, 'r', 'Stray'), (2, 6, 'r', 'Unattached');
DO $$
DECLARE h text := osmeta.espace_hash('Sales');
BEGIN
	EXECUTE format('CREATE TABLE %I ("ID" bigint, "OLDNAME" varchar(50), "DETAILID" bigint, "CODEID" text, "ALIASID" int, "LEFTID" int, "REMOTEID" int, "NOBODYID" int, "ODDID" int, "OLDORDERID" int, "LENT" varchar(20), "GONE" varchar(20), "NAME" varchar(50), "ANYTHING" int, "PICTURE" bytea, "TENANT_ID" int, "FLAG" boolean)', 'OSUSR_' || upper(h) || '_ORDER');
	EXECUTE format('CREATE TABLE %I ("ID" bigint, "TENANT_ID" int, "KEPT" text, "OLDKEPT" text, "OLDERKEPT" text)', 'OSUSR_' || osmeta.espace_hash('Formerly') || '_Line1');
	EXECUTE format('CREATE TABLE %I ("ID" int)', 'OSUSR_' || h || '_Left');
	EXECUTE format('CREATE TABLE %I ("ID" int)', 'OSEVT_' || h || '_Order');
	EXECUTE format('CREATE VIEW %I AS SELECT 1 AS id', 'OSUSR_' || h || '_Order_T1');
END $$;
CREATE TABLE "OSUSR_old_Order" ("ID" int);
CREATE TABLE "OSUSR_old_Order_copy2" ("ID" int);
CREATE TABLE "OSEVT_nowhere" ("ID" int);
CREATE TABLE "OSUSR_nokey" ("ID" int);
CREATE TABLE "REMOTE" ("NUMBER" int, other text);
RESET search_path;
SELECT osmeta.attach('odd', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('odd') AS captured \gset

SELECT entity, attribute, value_type, value_length FROM osmeta.attribute WHERE espace = 'Sales' AND (refers_to IS NOT NULL OR type ~* '^(bt|rtEnt)') ORDER BY attribute_id;
SELECT entity, attribute, status, target_entity, value_type FROM osmeta.reference WHERE espace = 'Sales' ORDER BY attribute_id;
SELECT consumer, producer, reference_count, is_resolved, consumer_kind, producer_kind, producer_key, use_count, is_declared FROM osmeta.dependency ORDER BY consumer COLLATE "C", producer COLLATE "C";
SELECT espace, other_espace, shared_entities, kind FROM osmeta.clone ORDER BY espace_id, other_espace_id;
SELECT kind, espace, entity, attribute, record, in_database, used_by_active FROM osmeta.soft_deleted ORDER BY kind, id;
SELECT regexp_replace(table_name, osmeta.espace_hash('Sales'), 'sales', 'i') AS name, kind, espaces FROM osmeta.orphan_table AS o ORDER BY lower(regexp_replace(table_name, osmeta.espace_hash('Sales'), 'sales', 'i')) COLLATE "C";
SELECT column_name, espace, entity, column_type, explained_by FROM osmeta.orphan_column ORDER BY entity COLLATE "C", position;
SELECT espace, entity, verdict, evidence, is_effective FROM osmeta.name_audit ORDER BY entity_id;
SELECT espace, entity, base_view_name FROM osmeta.multi_tenant_entity;
SELECT entity, event_table_name = 'OSEVT_' || osmeta.espace_hash('Sales') || '_Order' AS is_computed FROM osmeta.event_table;
SELECT application, espace, entity, attribute FROM osmeta.binary_attribute;
SELECT application, espace, role, is_effective FROM osmeta.application_role ORDER BY role_id;
SELECT espace, producer, entity, is_effective FROM osmeta.espace_use ORDER BY espace_id, entity_id;

-- an Oracle factory follows one of two rules: that which explains more
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name)
SELECT 100 + n, 'Department' || n, 6, 'o' || n, upper('OSUSR_' || osmeta.espace_hash('Empty') || '_' || CASE n WHEN 0 THEN 'DEPARTME' ELSE 'DEPARTM' || n END) FROM generate_series(0, 12) AS n WHERE n < 10;
UPDATE osmeta.environment SET dialect = 'oracle';
SELECT osmeta.capture('odd') AS oracle \gset
SELECT DISTINCT environment, dialect FROM osmeta.name_audit;
SELECT verdict, count(*) FROM osmeta.name_audit WHERE espace = 'Empty' GROUP BY 1 ORDER BY verdict COLLATE "C";
SELECT verdict, count(*) FROM odd.name_audit WHERE espace = 'Empty' GROUP BY 1 ORDER BY verdict COLLATE "C";
UPDATE factory.ossys_entity SET physical_table_name = 'OSUSR_' || osmeta.espace_hash('Empty') || '_' || name WHERE id >= 100;
SELECT DISTINCT dialect FROM odd.name_audit;

-- several captures of one environment, each by itself
SET osmeta.capture = :captured;
SELECT count(*) FILTER (WHERE verdict = 'renamed') AS renamed, count(*) FROM osmeta.name_audit;
SELECT format('%s,%s', :captured, :oracle) AS both \gset
SET osmeta.capture = :'both';
SELECT capture_id = :captured AS is_first, count(*) FROM osmeta.orphan_column GROUP BY 1 ORDER BY 1;
SELECT capture_id = :captured AS is_first, kind, count(*) FROM osmeta.soft_deleted GROUP BY 1, 2 ORDER BY 1, 2;
SELECT capture_id = :captured AS is_first, sum(reference_count), bool_or(is_resolved), count(*) FROM osmeta.dependency GROUP BY 1 ORDER BY 1;
SELECT capture_id = :captured AS is_first, count(value_type), count(*) FROM osmeta.attribute GROUP BY 1 ORDER BY 1;
RESET osmeta.capture;

-- where the catalogue is not known nothing is missing or left over in the database
DELETE FROM osmeta.captured_physical_table;
DELETE FROM osmeta.captured_physical_column;
SELECT (SELECT count(*) FROM osmeta.orphan_table) AS tables, (SELECT count(*) FROM osmeta.orphan_column) AS columns, (SELECT count(*) FROM osmeta.table_size) AS sizes;
SELECT kind, in_database, count(*) FROM osmeta.soft_deleted GROUP BY 1, 2 ORDER BY 1, 2;
SELECT entity, row_count FROM osmeta.event_table;
SELECT code, count(*) FROM osmeta.problem WHERE code ~ 'physical|column|event' GROUP BY 1;
