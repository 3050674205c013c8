--
-- The views of uses, tenants, groups, roles of users, and processes
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
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('prod');

-- uses: by espaces that are deleted or missing, of entities that are; one of an entity that nobody knows is no row
SELECT espace, producer, entity, entity_key, is_read_only, is_effective, used_name, is_multitenant_view, physical_table_name, espace_id, entity_id
FROM osmeta.espace_use ORDER BY espace_id, entity_id;
SELECT db_catalog, db_catalog_id FROM osmeta.db_catalog;

-- groups and links, also of users, roles and tenants that are missing
SELECT group_id, end_user_group, tenant_id, tenant, provider_key, description, has_custom_management, created, created_by_id FROM osmeta.end_user_group ORDER BY group_id;
SELECT user_id, username, role_id, role, espace, role_key, tenant_id, tenant, is_user_active, is_role_effective FROM osmeta.user_role ORDER BY user_role_id;
SELECT group_id, end_user_group, role_id, role, espace, role_key, tenant_id, tenant, is_role_effective FROM osmeta.group_role ORDER BY group_role_id;
SELECT group_id, end_user_group, user_id, username, tenant_id, tenant, is_user_active FROM osmeta.group_user ORDER BY group_user_id;

-- processes: one key in two espaces, in none, a key that cannot be read
SELECT espace, process, key, label, is_active, is_effective, process_entity, process_ss_key, is_locked, process_definition_id FROM osmeta.process_definition ORDER BY process_definition_id;
SELECT espace, process, activity, key, kind, label, is_active, is_effective, invoked_process, invoked_espace, is_skippable FROM osmeta.activity_definition ORDER BY activity_definition_id;
-- whose identifiers are inputs and outputs?
SELECT espace, process, activity, parameter, kind, data_type, status, target_espace, target_entity, target_table, is_active, is_effective FROM osmeta.process_parameter
ORDER BY kind, activity_definition_id NULLS FIRST, parameter_id;
SELECT parameter, ss_type, refers_to, is_mandatory, default_value, key, type FROM osmeta.process_parameter ORDER BY kind, activity_definition_id NULLS FIRST, parameter_id;
