--
-- The questions: left-overs, sizes, names, roles, dependencies, clones
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
\set question :abs_srcdir '/test/fixture/question.sql'
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :core
\i :question
\set ECHO all
RESET search_path;
-- a left-over that stands in the way of deletes
ALTER TABLE factory."OSUSR_7i3_Gone" ADD FOREIGN KEY (id) REFERENCES factory.osusr_7i3_person NOT VALID;
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('prod');

-- names and order of the first columns, which others rely on
WITH promised (view_name, columns) AS (VALUES
	('application_entity', 'application, espace, entity, data_kind, physical_table_name, entity_key'),
	('application_role', 'application, espace, role, role_id, espace_ss_key, role_ss_key, is_active'),
	('attribute', 'espace, entity, attribute, column_name, type, data_type, length, decimals, is_mandatory, is_auto_number, is_identifier, delete_rule, is_active, is_effective, entity_key, attribute_key, refers_to'),
	('binary_attribute', 'application, espace, entity, attribute, physical_table_name, column_name'),
	('clone', 'espace, other_espace, shared_entities, kind'),
	('dependency', 'consumer, producer, reference_count, is_resolved'),
	('entity', 'espace, entity, physical_table_name, key, data_kind, is_active, is_effective'),
	('event_table', 'application, espace, entity, physical_table_name, event_table_name, row_count'),
	('multi_tenant_entity', 'espace, entity, physical_table_name, base_view_name'),
	('name_audit', 'espace, entity, physical_table_name, computed_name, verdict, evidence'),
	('orphan_column', 'table_name, column_name, espace, entity, column_type, explained_by'),
	('orphan_table', 'table_name, kind, row_count, bytes'),
	('problem', 'severity, code, object, message, hint'),
	('reference', 'espace, entity, attribute, physical_table_name, column_name, delete_rule, entity_key, target_key, target_espace, target_entity, target_table, status, hint'),
	('soft_deleted', 'kind, espace, entity, attribute, record, physical_table_name, column_name, in_database, used_by_active, row_count, bytes'),
	('static_record', 'espace, entity, record, entity_key, record_key, data_id, is_active'),
	('table_size', 'table_name, espace, entity, application, row_count, data_bytes, index_bytes, lob_bytes'),
	('user_reference', 'application, espace, entity, attribute, physical_table_name, column_name, delete_rule'),
	('espace', 'espace'), ('extension', 'extension'), ('application', 'application'), ('module', 'module'), ('application_module', 'application, module'),
	('espace_use', 'espace, producer, entity, entity_key'), ('db_catalog', 'db_catalog'), ('tenant', 'tenant_id, tenant'), ('role', 'espace, role, key'),
	('end_user', 'user_id, username'), ('end_user_group', 'group_id, end_user_group'), ('user_role', 'user_id, username, role_id, role'),
	('group_role', 'group_id, end_user_group, role_id, role'), ('group_user', 'group_id, end_user_group, user_id, username'),
	('process_definition', 'espace, process, key'), ('activity_definition', 'espace, process, activity, key'),
	('physical_table', 'table_name'), ('physical_column', 'table_name, column_name')
)
SELECT p.view_name, p.columns AS promised, f.columns AS found
FROM promised AS p LEFT JOIN LATERAL (
	SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) AS columns FROM pg_attribute AS a
	WHERE a.attrelid = to_regclass('osmeta.' || p.view_name) AND a.attnum > 0) AS f ON true
WHERE NOT coalesce(starts_with(f.columns || ', ', 'environment, capture_id, ' || p.columns || ', '), false);
SELECT a.attrelid::regclass AS view, a.attname FROM pg_attribute AS a
WHERE a.attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'osmeta'::regnamespace AND relkind = 'v')
	AND a.attname IN ('key', 'entity_key', 'target_key', 'refers_to', 'role_key') AND a.atttypid <> 'osmeta.oskey'::regtype
ORDER BY 1;

-- roles: of espaces in one application, two, none, and one that is not active
SELECT application, espace, role, role_id, espace_ss_key, role_ss_key, is_active, is_effective, role_key, is_persistent
FROM osmeta.application_role ORDER BY role_id, application;

-- binary attributes of what is active, once for each application
SELECT application, espace, entity, attribute, physical_table_name, column_name, row_count, extension
FROM osmeta.binary_attribute ORDER BY entity_key, application;
SELECT bytes >= 8192 AS has_bytes, bytes = pg_relation_size('factory.osusr_7i3_person') + pg_relation_size('factory.osusr_7i3_person_pkey') AS is_size FROM osmeta.binary_attribute WHERE attribute = 'Photo' AND espace = 'People';

-- users, whatever the case of the keys
SELECT application, espace, entity, attribute, physical_table_name, column_name, delete_rule, is_mandatory
FROM osmeta.user_reference ORDER BY attribute_key, application;

-- event tables: exposed, named or not, and there; without case
SELECT application, espace, entity, physical_table_name, event_table_name, row_count FROM osmeta.event_table ORDER BY entity, application;

-- who needs whom
SELECT consumer, producer, reference_count, is_resolved, consumer_kind, producer_kind, use_count, is_declared
FROM osmeta.dependency ORDER BY consumer COLLATE "C", producer COLLATE "C";
SELECT producer, producer_key, producer_id FROM osmeta.dependency WHERE producer_kind IS NULL ORDER BY 1;

-- keys in two espaces
SELECT espace, other_espace, shared_entities, kind, espace_ss_key, other_espace_ss_key FROM osmeta.clone ORDER BY espace_id;

-- left-overs that the metamodel knows
SELECT kind, espace, entity, attribute, record, physical_table_name, column_name, in_database, used_by_active, row_count
FROM osmeta.soft_deleted ORDER BY kind, id;
SELECT entity, bytes = pg_relation_size('factory.osusr_7i3_unused') AS is_size FROM osmeta.soft_deleted WHERE entity = 'Unused';
-- two entities on one table are counted once
SELECT bytes = pg_relation_size('factory."OSUSR_OLD_ORDER"') AS is_size FROM osmeta.soft_deleted WHERE kind = 'espace' AND espace = 'Shop(deleted0)';

-- left-overs that it does not know
SELECT table_name, kind, row_count, espaces FROM osmeta.orphan_table ORDER BY table_name COLLATE "C";
SELECT bytes = pg_relation_size('factory."OSUSR_7i3_Gone"') AS is_size FROM osmeta.orphan_table WHERE table_name = 'OSUSR_7i3_Gone';
SELECT table_name, column_name, espace, entity, column_type, explained_by FROM osmeta.orphan_column ORDER BY table_name COLLATE "C", position;

-- sizes: all tables and no views, with the entity that counts
SELECT table_name, espace, entity, application, row_count, kind, is_effective, extension
FROM osmeta.table_size WHERE table_name !~* '^ossys_' ORDER BY table_name COLLATE "C";
SELECT count(*) AS tables, count(*) FILTER (WHERE data_bytes = pg_relation_size(format('factory.%I', table_name)::regclass)) AS sizes,
	count(*) FILTER (WHERE data_bytes + index_bytes + lob_bytes = bytes) AS sums, count(*) FILTER (WHERE index_bytes > 0) AS have_indexes
FROM osmeta.table_size;
SELECT espace, entity, row_count FROM osmeta.table_size WHERE table_name = 'ossys_user';

-- names
SELECT espace, entity, physical_table_name, computed_name, verdict, evidence, is_effective, dialect
FROM osmeta.name_audit ORDER BY entity_id;

-- tenants
SELECT espace, entity, physical_table_name, base_view_name, is_system FROM osmeta.multi_tenant_entity ORDER BY entity;

-- a capture that knows no physical table: no sizes, no orphans, and nobody knows what is there
BEGIN;
DELETE FROM osmeta.captured_physical_table;
DELETE FROM osmeta.captured_physical_column;
SELECT kind, count(*), count(in_database) AS known, count(row_count) + count(bytes) AS sizes, count(*) FILTER (WHERE used_by_active) AS used
FROM osmeta.soft_deleted GROUP BY kind ORDER BY kind;
SELECT (SELECT count(*) FROM osmeta.orphan_table) AS tables, (SELECT count(*) FROM osmeta.orphan_column) AS columns, (SELECT count(*) FROM osmeta.table_size) AS sizes;
SELECT DISTINCT entity, event_table_name, row_count FROM osmeta.event_table ORDER BY entity;
SELECT count(*), count(bytes) AS bytes, count(row_count) AS rows FROM osmeta.binary_attribute;
SELECT count(*) FROM osmeta.name_audit;
ROLLBACK;

-- which rule an Oracle factory follows is taken from its names
SELECT osmeta.attach('old', remote_schema => 'factory', dialect => 'oracle');
BEGIN;
UPDATE factory.ossys_entity SET name = 'Applications', physical_table_name = 'OSUSR_7I3_APPLICAT' WHERE id = 1;
UPDATE factory.ossys_entity SET name = 'SubjectArea', physical_table_name = 'OSUSR_7I3_SUBJECT2' WHERE id = 3;
SELECT entity, physical_table_name, computed_name, verdict, dialect FROM old.name_audit WHERE espace = 'People' ORDER BY entity;
UPDATE factory.ossys_entity SET physical_table_name = 'OSUSR_7I3_APPLICATIONS' WHERE id = 1;
UPDATE factory.ossys_entity SET physical_table_name = 'OSUSR_7I3_SUBJECTAREA' WHERE id = 3;
SELECT entity, physical_table_name, computed_name, verdict, dialect FROM old.name_audit WHERE espace = 'People' ORDER BY entity;
ROLLBACK;
SELECT osmeta.detach('old');

-- in the schema of the environment the same rows, some in every view
CREATE FUNCTION pg_temp.different(environment text) RETURNS TABLE (view_name text, live bigint, differ bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR view_name IN SELECT v.view_name FROM osmeta.live_view AS v WHERE v.query IS NULL ORDER BY v.position LOOP
		EXECUTE format('WITH a AS (SELECT to_jsonb(a) - $1 AS r FROM osmeta.%2$I AS a),
			b AS (SELECT to_jsonb(b) - $1 AS r FROM %1$I.%2$I AS b)
			SELECT (SELECT count(*) FROM b), count(*) FROM ((TABLE a EXCEPT ALL TABLE b) UNION ALL (TABLE b EXCEPT ALL TABLE a)) AS x',
			environment, view_name) INTO live, differ
			-- what holds the number of the capture
			USING '{capture_id,store_id,store_owner,store_key,store_entity,store_table,store_module}'::text[];
		RETURN NEXT;
	END LOOP;
END $$;
SELECT count(*) > 50 AS many, count(*) FILTER (WHERE live = 0) AS empty, count(*) FILTER (WHERE differ > 0) AS differ FROM pg_temp.different('prod') WHERE view_name <> 'elsewhere'; -- problem.sql has some
SELECT view_name, live, differ FROM pg_temp.different('prod') WHERE live = 0 AND view_name <> 'elsewhere' OR differ > 0;

-- two environments and two captures of one at once: each row as if its capture were shown alone
CREATE SCHEMA other;
DO $$
DECLARE t text;
BEGIN
	FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'factory'::regnamespace AND relkind = 'r' LOOP
		EXECUTE format('CREATE TABLE other.%1$I AS TABLE factory.%1$I', t);
	END LOOP;
END $$;
-- other names under the same numbers, other numbers under the same keys
UPDATE other.ossys_espace SET name = 'Qa' || name;
UPDATE other.ossys_entity SET id = id + 1, name = 'Qa' || name;
UPDATE other.ossys_application SET name = 'Qa' || name;
UPDATE other.ossys_role SET name = 'Qa' || name;
DELETE FROM other."OSUSR_7i3_Gone" WHERE id > 1;
DROP TABLE other.osusr_7i3_unused;
ANALYZE;
SELECT osmeta.attach('qa', remote_schema => 'other', dialect => 'sqlserver');
SELECT osmeta.capture('qa') > 0 AS captured;
UPDATE factory.ossys_entity SET is_active = NOT is_active, name = 'New' || name;
UPDATE factory.ossys_espace SET is_active = true;
ALTER TABLE factory.osusr_7i3_person DROP oldname;
SELECT osmeta.capture('prod') > 0 AS captured;
CREATE TEMP TABLE alone (view_name text, capture_id bigint, r jsonb);
CREATE FUNCTION pg_temp.rows_of() RETURNS TABLE (view_name text, capture_id bigint, r jsonb) LANGUAGE plpgsql AS $$
BEGIN
	FOR view_name IN SELECT v.view_name FROM osmeta.live_view AS v WHERE v.query IS NULL
			AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = format('osmeta.%I', v.view_name)::regclass AND attname = 'capture_id')
			UNION SELECT 'problem' LOOP
		RETURN QUERY EXECUTE format('SELECT %L, v.capture_id, to_jsonb(v) FROM osmeta.%I AS v', view_name, view_name);
	END LOOP;
END $$;
SET osmeta.capture = '1';
INSERT INTO alone SELECT * FROM pg_temp.rows_of();
SET osmeta.capture = '2';
INSERT INTO alone SELECT * FROM pg_temp.rows_of();
SET osmeta.capture = '3';
INSERT INTO alone SELECT * FROM pg_temp.rows_of();
SELECT capture_id, count(*) > 100 AS many, count(DISTINCT view_name) > 40 AS views FROM alone GROUP BY 1 ORDER BY 1;
SET osmeta.capture = '1, 2, 3';
CREATE TEMP TABLE together AS SELECT * FROM pg_temp.rows_of();
SELECT DISTINCT view_name FROM ((TABLE alone EXCEPT ALL TABLE together) UNION ALL (TABLE together EXCEPT ALL TABLE alone)) AS x;
RESET osmeta.capture;
SELECT environment, capture_id, count(*) FROM osmeta.soft_deleted WHERE kind = 'entity' GROUP BY 1, 2 ORDER BY 1;

-- whatever the rows hold, no view fails
INSERT INTO factory.ossys_espace VALUES (1000, NULL, NULL, NULL), (1001, '', '*', true), (1002, repeat('x', 300), repeat('k', 200), true), (1003, 'A(deleted0)(deleted1)', E'a\nb', false);
INSERT INTO factory.ossys_entity (id, name, espace_id, extension_id, ss_key, physical_table_name, multitenant, expose_process_events) VALUES (1000, '', 1000, 1000, '*', '', NULL, true),
	(1001, repeat('y', 200), 1001, 1, repeat('k', 200), repeat('OSUSR_', 100), true, true), (1002, E'\u202e\n', 1002, NULL, 'k', 'OSUSR_', true, true), (1003, 'z', 1, 1, 'k', 'OSEVT__', NULL, NULL),
	(1004, '%s', 1, NULL, '%s', 'OSUSR_%s_%I', true, true), (1005, 'é', NULL, NULL, 'é', 'OSUSR_7i3_99999999999999999999', true, true);
INSERT INTO factory.ossys_entity_attr (id, entity_id, name, ss_key, type, length, database_name, delete_rule) VALUES (1000, 1000, '', '', '', -1, '', ''),
	(1001, 1, repeat('z', 100), '*', 'bt' || repeat('k', 200) || '*x', 2147483647, E'\n', repeat('r', 100)), (1002, 1, '%s', 'q', 'bt', NULL, '"', '%s'), (1003, 1001, NULL, NULL, 'rt', 0, NULL, NULL);
DO $$
DECLARE t text;
BEGIN
	FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'factory'::regnamespace AND relkind = 'r' AND relname ^@ 'ossys_' LOOP
		EXECUTE format('INSERT INTO factory.%I (id) VALUES (2000)', t);
	END LOOP;
END $$;
CREATE TABLE factory."OSUSR_7i3_99999999999999999999" (" " int, "é" int);
CREATE TABLE factory."osevt_" (id int);
CREATE TABLE factory."OSUSR_%s_%I" ("%s" int);
SELECT set_config('osmeta.capture', osmeta.capture('prod')::text, false) <> '' AS captured;
SELECT count(*) FILTER (WHERE differ > 0) AS differ, sum(live) > 500 AS many FROM pg_temp.different('prod');
SELECT view_name, live, differ FROM pg_temp.different('prod') WHERE differ > 0;
SELECT count(*) > 0 AS rows FROM (SELECT to_jsonb(p) FROM osmeta.problem AS p OFFSET 0) AS x;
