/*
 * 90_dump: who owns the extension's objects, and what a dump takes along.
 *
 * The script of a trusted extension runs as a superuser.  Tables and views
 * (and with a table its sequences) are handed to the role that creates the
 * extension, so that it can use them and grant on them.  Rows of the user are
 * dumped; rows that come with the extension are not.
 */

ALTER TABLE osmeta.ossys_table OWNER TO @extowner@;
ALTER TABLE osmeta.ossys_column OWNER TO @extowner@;
ALTER TABLE osmeta.wrapper OWNER TO @extowner@;
ALTER TABLE osmeta.dialect_type OWNER TO @extowner@;
ALTER TABLE osmeta.catalog_column OWNER TO @extowner@;
ALTER TABLE osmeta.catalog_view OWNER TO @extowner@;
ALTER TABLE osmeta.environment OWNER TO @extowner@;
ALTER TABLE osmeta.environment_object OWNER TO @extowner@;
ALTER TABLE osmeta.environment_relation OWNER TO @extowner@;
ALTER TABLE osmeta.live_view OWNER TO @extowner@;
ALTER TABLE osmeta.capture OWNER TO @extowner@;
ALTER TABLE osmeta.captured_espace OWNER TO @extowner@;
ALTER TABLE osmeta.captured_entity OWNER TO @extowner@;
ALTER TABLE osmeta.captured_entity_attr OWNER TO @extowner@;
ALTER TABLE osmeta.captured_entity_record OWNER TO @extowner@;
ALTER TABLE osmeta.captured_espace_entity OWNER TO @extowner@;
ALTER TABLE osmeta.captured_dbcatalog OWNER TO @extowner@;
ALTER TABLE osmeta.captured_application OWNER TO @extowner@;
ALTER TABLE osmeta.captured_app_definition_module OWNER TO @extowner@;
ALTER TABLE osmeta.captured_module OWNER TO @extowner@;
ALTER TABLE osmeta.captured_module_kind OWNER TO @extowner@;
ALTER TABLE osmeta.captured_extension OWNER TO @extowner@;
ALTER TABLE osmeta.captured_espace_extension OWNER TO @extowner@;
ALTER TABLE osmeta.captured_espace_reference OWNER TO @extowner@;
ALTER TABLE osmeta.captured_basic_type OWNER TO @extowner@;
ALTER TABLE osmeta.captured_tenant OWNER TO @extowner@;
ALTER TABLE osmeta.captured_user OWNER TO @extowner@;
ALTER TABLE osmeta.captured_role OWNER TO @extowner@;
ALTER TABLE osmeta.captured_group OWNER TO @extowner@;
ALTER TABLE osmeta.captured_user_role OWNER TO @extowner@;
ALTER TABLE osmeta.captured_group_role OWNER TO @extowner@;
ALTER TABLE osmeta.captured_group_user OWNER TO @extowner@;
ALTER TABLE osmeta.captured_bpm_process_definition OWNER TO @extowner@;
ALTER TABLE osmeta.captured_bpm_process_input_def OWNER TO @extowner@;
ALTER TABLE osmeta.captured_bpm_process_output_def OWNER TO @extowner@;
ALTER TABLE osmeta.captured_bpm_activity_definition OWNER TO @extowner@;
ALTER TABLE osmeta.captured_bpm_activity_output_def OWNER TO @extowner@;
ALTER TABLE osmeta.captured_bpm_process_status OWNER TO @extowner@;
ALTER TABLE osmeta.captured_bpm_activity_status OWNER TO @extowner@;
ALTER TABLE osmeta.captured_physical_table OWNER TO @extowner@;
ALTER TABLE osmeta.captured_physical_column OWNER TO @extowner@;
ALTER TABLE osmeta.captured_physical_key OWNER TO @extowner@;
ALTER TABLE osmeta.captured_physical_index OWNER TO @extowner@;
ALTER VIEW osmeta.shown_capture OWNER TO @extowner@;
ALTER VIEW osmeta.physical_table OWNER TO @extowner@;
ALTER VIEW osmeta.physical_column OWNER TO @extowner@;
ALTER VIEW osmeta.physical_key OWNER TO @extowner@;
ALTER VIEW osmeta.physical_index OWNER TO @extowner@;
ALTER VIEW osmeta.owner OWNER TO @extowner@;
ALTER VIEW osmeta.key_owner OWNER TO @extowner@;
ALTER VIEW osmeta.espace OWNER TO @extowner@;
ALTER VIEW osmeta.extension OWNER TO @extowner@;
ALTER VIEW osmeta.application OWNER TO @extowner@;
ALTER VIEW osmeta.module OWNER TO @extowner@;
ALTER VIEW osmeta.application_module OWNER TO @extowner@;
ALTER VIEW osmeta.owned_entity OWNER TO @extowner@;
ALTER VIEW osmeta.entity OWNER TO @extowner@;
ALTER VIEW osmeta.key_entity OWNER TO @extowner@;
ALTER VIEW osmeta.identifier OWNER TO @extowner@;
ALTER VIEW osmeta.identifier_type OWNER TO @extowner@;
ALTER VIEW osmeta.owned_attribute OWNER TO @extowner@;
ALTER VIEW osmeta.attribute OWNER TO @extowner@;
ALTER VIEW osmeta.reference OWNER TO @extowner@;
ALTER VIEW osmeta.owned_record OWNER TO @extowner@;
ALTER VIEW osmeta.static_record OWNER TO @extowner@;
ALTER VIEW osmeta.application_entity OWNER TO @extowner@;
ALTER VIEW osmeta.db_catalog OWNER TO @extowner@;
ALTER VIEW osmeta.tenant OWNER TO @extowner@;
ALTER VIEW osmeta.role OWNER TO @extowner@;
ALTER VIEW osmeta.end_user OWNER TO @extowner@;
ALTER VIEW osmeta.espace_use OWNER TO @extowner@;
ALTER VIEW osmeta.end_user_group OWNER TO @extowner@;
ALTER VIEW osmeta.user_role OWNER TO @extowner@;
ALTER VIEW osmeta.group_role OWNER TO @extowner@;
ALTER VIEW osmeta.group_user OWNER TO @extowner@;
ALTER VIEW osmeta.process_definition OWNER TO @extowner@;
ALTER VIEW osmeta.activity_definition OWNER TO @extowner@;
ALTER VIEW osmeta.owned_parameter OWNER TO @extowner@;
ALTER VIEW osmeta.process_parameter OWNER TO @extowner@;
ALTER VIEW osmeta.module_application OWNER TO @extowner@;
ALTER VIEW osmeta.found_table OWNER TO @extowner@;
ALTER VIEW osmeta.known_catalog OWNER TO @extowner@;
ALTER VIEW osmeta.elsewhere OWNER TO @extowner@;
ALTER VIEW osmeta.named_table OWNER TO @extowner@;
ALTER VIEW osmeta.table_owner OWNER TO @extowner@;
ALTER VIEW osmeta.shared_table OWNER TO @extowner@;
ALTER VIEW osmeta.shared_column OWNER TO @extowner@;
ALTER VIEW osmeta.declared_reference OWNER TO @extowner@;
ALTER VIEW osmeta.application_role OWNER TO @extowner@;
ALTER VIEW osmeta.binary_attribute OWNER TO @extowner@;
ALTER VIEW osmeta.user_reference OWNER TO @extowner@;
ALTER VIEW osmeta.event_table OWNER TO @extowner@;
ALTER VIEW osmeta.dependency OWNER TO @extowner@;
ALTER VIEW osmeta.clone OWNER TO @extowner@;
ALTER VIEW osmeta.needed_entity OWNER TO @extowner@;
ALTER VIEW osmeta.deleted_entity OWNER TO @extowner@;
ALTER VIEW osmeta.soft_deleted OWNER TO @extowner@;
ALTER VIEW osmeta.orphan_table OWNER TO @extowner@;
ALTER VIEW osmeta.named_column OWNER TO @extowner@;
ALTER VIEW osmeta.unnamed_column OWNER TO @extowner@;
ALTER VIEW osmeta.orphan_column OWNER TO @extowner@;
ALTER VIEW osmeta.earlier_attribute OWNER TO @extowner@;
ALTER VIEW osmeta.leftover_column OWNER TO @extowner@;
ALTER VIEW osmeta.leftover_constraint OWNER TO @extowner@;
ALTER VIEW osmeta.espace_size OWNER TO @extowner@;
ALTER VIEW osmeta.table_size OWNER TO @extowner@;
ALTER VIEW osmeta.module_name_history OWNER TO @extowner@;
ALTER VIEW osmeta.entity_name_history OWNER TO @extowner@;
ALTER VIEW osmeta.name_rule OWNER TO @extowner@;
ALTER VIEW osmeta.name_audit OWNER TO @extowner@;
ALTER VIEW osmeta.multi_tenant_entity OWNER TO @extowner@;
ALTER VIEW osmeta.expected_table OWNER TO @extowner@;
ALTER VIEW osmeta.problem OWNER TO @extowner@;
ALTER TYPE osmeta.publish_step OWNER TO @extowner@;

SELECT pg_catalog.pg_extension_config_dump('osmeta.wrapper',
	'WHERE NOT is_shipped');
SELECT pg_catalog.pg_extension_config_dump('osmeta.dialect_type',
	'WHERE NOT is_shipped');
SELECT pg_catalog.pg_extension_config_dump('osmeta.environment', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.environment_object', '');
-- object ids mean nothing in another database: no row of it is dumped
SELECT pg_catalog.pg_extension_config_dump('osmeta.environment_relation',
	'WHERE relation IS NULL');
SELECT pg_catalog.pg_extension_config_dump('osmeta.capture', '');
SELECT pg_catalog.pg_extension_config_dump(
	'osmeta.capture_capture_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_espace', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_entity', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_entity_attr', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_entity_record', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_espace_entity', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_dbcatalog', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_application', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_app_definition_module', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_module', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_module_kind', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_extension', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_espace_extension', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_espace_reference', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_basic_type', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_tenant', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_user', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_role', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_group', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_user_role', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_group_role', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_group_user', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_bpm_process_definition', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_bpm_process_input_def', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_bpm_process_output_def', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_bpm_activity_definition', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_bpm_activity_output_def', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_bpm_process_status', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_bpm_activity_status', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_physical_table', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_physical_column', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_physical_key', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.captured_physical_index', '');

-- Plans
ALTER TABLE osmeta.plan OWNER TO @extowner@;
ALTER TABLE osmeta.plan_entity OWNER TO @extowner@;
ALTER TABLE osmeta.plan_attribute OWNER TO @extowner@;
ALTER TABLE osmeta.plan_map OWNER TO @extowner@;
ALTER TABLE osmeta.plan_reference_use OWNER TO @extowner@;
ALTER TABLE osmeta.plan_chunk OWNER TO @extowner@;
ALTER VIEW osmeta.plan_key OWNER TO @extowner@;
ALTER VIEW osmeta.plan_progress OWNER TO @extowner@;
ALTER VIEW osmeta.plan_problem OWNER TO @extowner@;

SELECT pg_catalog.pg_extension_config_dump('osmeta.plan', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.plan_plan_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.plan_entity', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.plan_attribute', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.plan_map', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.plan_reference_use', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.plan_chunk', '');
SELECT pg_catalog.pg_extension_config_dump('osmeta.plan_chunk_chunk_id_seq', '');
