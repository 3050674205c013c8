--
-- The questions, asked of the two demo factories
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set schema :abs_srcdir '/demo/factory/schema.sql'
\set prod :abs_srcdir '/demo/factory/prod.sql'
\set qa :abs_srcdir '/demo/factory/qa.sql'
CREATE SCHEMA factory_prod;
CREATE SCHEMA factory_qa;
\set ECHO none
SET search_path = factory_prod;
\i :schema
\i :prod
SET search_path = factory_qa;
\i :schema
\i :qa
\set ECHO all
RESET search_path;
-- the metamodel knows languages and tenants of one entity
UPDATE factory_prod."OSSYS_ENTITY" SET "Multilingual" = true, "Multilingual_Table_Name" = 'OSUSR_wlm__MLCitySize' WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_wlm_CitySize';
CREATE TABLE factory_prod."OSUSR_WLM__MLCITYSIZE" (id int);
CREATE TABLE factory_prod."OSUSR_wlm__MLGone" (id int);
CREATE TABLE factory_prod."OSEVT_wlm_CitySize" (id int);
CREATE TABLE factory_prod."OSUSR_wlm_Gone" (id int);
CREATE TABLE factory_prod."OSUSR_wlm_Gone_old" (id int);
CREATE TABLE factory_prod."OSUSR_wlm_CitySize_2023" (id int);
CREATE TABLE factory_prod.warehouse (id int);
CREATE VIEW factory_prod."OSUSR_wlm_CitySize_T1" AS SELECT 1 AS id;
ANALYZE;
SELECT osmeta.attach('prod', remote_schema => 'factory_prod', dialect => 'sqlserver');
SELECT osmeta.attach('qa', remote_schema => 'factory_qa', dialect => 'sqlserver');
SELECT osmeta.capture('prod') < osmeta.capture('qa') AS captured;

SELECT application, espace, role, is_active, is_effective, role_key IS NOT NULL AS has_key FROM osmeta.application_role WHERE environment = 'prod' ORDER BY espace COLLATE "C", role COLLATE "C", application COLLATE "C";
SELECT application, espace, entity, attribute, physical_table_name, column_name, row_count FROM osmeta.binary_attribute WHERE environment = 'prod' ORDER BY espace COLLATE "C", entity COLLATE "C";
SELECT environment, application, espace, entity, attribute, physical_table_name, column_name, delete_rule FROM osmeta.user_reference ORDER BY environment, espace COLLATE "C", entity COLLATE "C", attribute COLLATE "C";
SELECT environment, application, espace, entity, physical_table_name, event_table_name, row_count FROM osmeta.event_table ORDER BY environment, espace COLLATE "C";
SELECT consumer, producer, reference_count, is_resolved, consumer_kind, producer_kind, use_count, is_declared FROM osmeta.dependency WHERE environment = 'prod' ORDER BY consumer COLLATE "C", producer COLLATE "C";
SELECT environment, espace, other_espace, shared_entities, kind FROM osmeta.clone ORDER BY environment, espace COLLATE "C";
SELECT kind, espace, entity, attribute, record, physical_table_name, column_name, in_database, used_by_active, row_count, bytes > 0 AS has_bytes FROM osmeta.soft_deleted WHERE environment = 'prod' ORDER BY kind, espace COLLATE "C", entity COLLATE "C", attribute COLLATE "C", record COLLATE "C", id;
SELECT environment, table_name, kind, row_count, espaces FROM osmeta.orphan_table ORDER BY environment, table_name COLLATE "C";
SELECT environment, table_name, column_name, espace, entity, column_type, explained_by FROM osmeta.orphan_column ORDER BY environment, table_name COLLATE "C";
SELECT table_name, espace, entity, application, row_count, data_bytes > 0 AS has_bytes, index_bytes IS NOT NULL AS has_index_bytes, lob_bytes IS NOT NULL AS has_lob_bytes, bytes = data_bytes + index_bytes + lob_bytes AS is_sum, kind
FROM osmeta.table_size WHERE environment = 'prod' AND (table_name !~ '^OSSYS' OR entity = 'User') ORDER BY table_name COLLATE "C";
SELECT environment, espace, entity, physical_table_name, computed_name, verdict, evidence, is_effective FROM osmeta.name_audit WHERE verdict NOT IN ('exact', 'system') ORDER BY environment, entity_id;
SELECT environment, verdict, count(*) FROM osmeta.name_audit GROUP BY 1, 2 ORDER BY 1, verdict COLLATE "C";
SELECT espace, entity, physical_table_name, base_view_name FROM osmeta.multi_tenant_entity WHERE environment = 'prod' ORDER BY entity COLLATE "C";
SELECT application, espace, entity FROM osmeta.application_entity WHERE environment = 'prod' AND application = 'People Directory' ORDER BY entity COLLATE "C";

-- what the metamodel says of uses, groups, links and processes
SELECT espace, producer, entity, is_read_only, is_effective, used_name FROM osmeta.espace_use WHERE environment = 'prod' ORDER BY espace COLLATE "C", producer COLLATE "C", entity COLLATE "C";
SELECT group_id, end_user_group, tenant, provider_key FROM osmeta.end_user_group WHERE environment = 'prod' ORDER BY 1;
SELECT username, role, espace, role_key, tenant, is_user_active, is_role_effective FROM osmeta.user_role WHERE environment = 'prod' ORDER BY user_role_id;
SELECT end_user_group, role, espace, tenant, is_role_effective FROM osmeta.group_role WHERE environment = 'prod' ORDER BY group_role_id;
SELECT end_user_group, username, tenant, is_user_active FROM osmeta.group_user WHERE environment = 'prod' ORDER BY group_user_id;
SELECT espace, process, label, is_active, is_effective, process_entity, key IS NOT NULL AS has_key FROM osmeta.process_definition WHERE environment = 'prod' ORDER BY process_definition_id;
SELECT espace, process, activity, kind, label, is_effective, invoked_process FROM osmeta.activity_definition WHERE environment = 'prod' ORDER BY activity_definition_id;
SELECT espace, process, activity, parameter, kind, data_type, target_espace, target_entity, target_table, status, is_effective FROM osmeta.process_parameter WHERE environment = 'prod' ORDER BY activity NULLS FIRST, parameter_id;

-- the type that a value has, through one-to-one entities and texts
SELECT espace, entity, attribute, data_type, value_type, value_length FROM osmeta.attribute
WHERE environment = 'prod' AND refers_to IS NOT NULL AND is_effective AND espace <> 'ServiceCenter' ORDER BY attribute_id;

-- live, the same; what tells captures apart is another there
CREATE PROCEDURE compare_live(env text) LANGUAGE plpgsql AS $$
DECLARE v text; n bigint;
BEGIN
	FOR v IN SELECT view_name FROM osmeta.live_view WHERE query IS NULL ORDER BY position LOOP
		EXECUTE format('WITH captured AS MATERIALIZED (
				SELECT array_agg(x ORDER BY x.key) AS r FROM (SELECT row_number() OVER () AS n, to_jsonb(a) AS j FROM osmeta.%1$I AS a) AS q, jsonb_each(q.j) AS x
				WHERE x.key !~ ''^(capture_id|store_.*)$'' GROUP BY q.n),
			live AS MATERIALIZED (
				SELECT array_agg(x ORDER BY x.key) AS r FROM (SELECT row_number() OVER () AS n, to_jsonb(b) AS j FROM %2$I.%1$I AS b) AS q, jsonb_each(q.j) AS x
				WHERE x.key !~ ''^(capture_id|store_.*)$'' GROUP BY q.n)
			SELECT count(*) FROM ((TABLE captured EXCEPT ALL TABLE live) UNION ALL (TABLE live EXCEPT ALL TABLE captured)) AS x', v, env) INTO n;
		IF n > 0 THEN RAISE WARNING '% rows of % differ', n, v; END IF;
	END LOOP;
END $$;
SET osmeta.capture = 1;
CALL compare_live('prod');
SET osmeta.capture = 2;
CALL compare_live('qa');
RESET osmeta.capture;
