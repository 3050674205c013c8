/*
 * 20_metamodel: what osmeta knows about factories, as data.
 *
 * ossys_table and ossys_column describe the metamodel itself.  wrapper,
 * dialect_type, catalog_table, catalog_column and catalog_view describe how
 * a factory is reached: which options a foreign data wrapper takes, which
 * type a column of the factory gets here, and how the factory's own
 * catalogue is read.  attach is driven by these rows: another wrapper or
 * another engine is rows, not code.
 *
 * Rows that come with the extension carry is_shipped; all others belong to
 * the user and are dumped with the database.
 */

-- Which tables does the metamodel have?
CREATE TABLE osmeta.ossys_table
(
	table_name text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	physical_name text NOT NULL UNIQUE,
	is_required boolean NOT NULL,
	is_captured boolean NOT NULL,
	is_hybrid boolean NOT NULL,
	meaning text NOT NULL
);
COMMENT ON TABLE osmeta.ossys_table IS
	'the tables of the metamodel: which must be there, which are captured, which hold data of users (hybrid)';

-- Which columns do they have, and which are secret?
CREATE TABLE osmeta.ossys_column
(
	table_name text NOT NULL REFERENCES osmeta.ossys_table,
	column_name text NOT NULL,
	position int NOT NULL,
	type text NOT NULL CHECK (type IN ('bigint', 'boolean', 'text', 'timestamp')),
	is_required boolean NOT NULL,
	is_secret boolean NOT NULL,
	meaning text NOT NULL,
	PRIMARY KEY (table_name, column_name),
	UNIQUE (table_name, position),
	CHECK (NOT (is_required AND is_secret))
);
COMMENT ON TABLE osmeta.ossys_column IS
	'the columns of the metamodel: type here, which must be there, which are secret and never declared';

INSERT INTO osmeta.ossys_table
	(table_name, position, physical_name, is_required, is_captured, is_hybrid,
	 meaning)
VALUES
	('espace', 1, 'ossys_espace', true, true, false,
	 'modules of kind Espace'),
	('entity', 2, 'ossys_entity', true, true, false,
	 'entities of espaces and extensions'),
	('entity_attr', 3, 'ossys_entity_attr', true, true, false,
	 'attributes of entities'),
	('entity_record', 4, 'ossys_entity_record', true, true, false,
	 'records of static entities'),
	('espace_entity', 5, 'ossys_espace_entity', false, true, false,
	 'entities that an espace uses'),
	('dbcatalog', 6, 'ossys_dbcatalog', false, true, false,
	 'database catalogs'),
	('application', 7, 'ossys_application', false, true, false,
	 'applications'),
	('app_definition_module', 8, 'ossys_app_definition_module', false, true, false,
	 'modules of applications'),
	('module', 9, 'ossys_module', false, true, false,
	 'espaces and extensions'),
	('module_kind', 10, 'ossys_module_kind', false, true, false,
	 'kinds of modules'),
	('extension', 11, 'ossys_extension', false, true, false,
	 'extensions'),
	('espace_extension', 12, 'ossys_espace_extension', false, true, false,
	 'extensions that an espace uses'),
	('espace_reference', 13, 'ossys_espace_reference', false, true, false,
	 'references between espaces; its columns vary with the version'),
	('basic_type', 14, 'ossys_basic_type', false, true, false,
	 'basic data types'),
	('tenant', 15, 'ossys_tenant', false, true, false,
	 'tenants'),
	('user', 16, 'ossys_user', false, true, true,
	 'end users'),
	('role', 17, 'ossys_role', false, true, false,
	 'roles'),
	('group', 18, 'ossys_group', false, true, true,
	 'groups of end users'),
	('user_role', 19, 'ossys_user_role', false, true, true,
	 'roles of end users'),
	('group_role', 20, 'ossys_group_role', false, true, true,
	 'roles of groups'),
	('group_user', 21, 'ossys_group_user', false, true, true,
	 'members of groups'),
	('bpm_process_definition', 22, 'ossys_bpm_process_definition', false, true, false,
	 'definitions of processes'),
	('bpm_process_input_def', 23, 'ossys_bpm_process_input_def', false, true, false,
	 'inputs of process definitions'),
	('bpm_process_output_def', 24, 'ossys_bpm_process_output_def', false, true, false,
	 'outputs of process definitions'),
	('bpm_activity_definition', 25, 'ossys_bpm_activity_definition', false, true, false,
	 'definitions of activities'),
	('bpm_activity_output_def', 26, 'ossys_bpm_activity_output_def', false, true, false,
	 'outputs of activity definitions'),
	('bpm_process', 27, 'ossys_bpm_process', false, false, true,
	 'running and closed processes'),
	('bpm_activity', 28, 'ossys_bpm_activity', false, false, true,
	 'running and closed activities'),
	('bpm_process_input', 29, 'ossys_bpm_process_input', false, false, true,
	 'values of process inputs'),
	('bpm_process_output', 30, 'ossys_bpm_process_output', false, false, true,
	 'values of process outputs'),
	('bpm_activity_output', 31, 'ossys_bpm_activity_output', false, false, true,
	 'values of activity outputs'),
	('bpm_process_status', 32, 'ossys_bpm_process_status', false, true, false,
	 'states of processes'),
	('bpm_activity_status', 33, 'ossys_bpm_activity_status', false, true, false,
	 'states of activities'),
	('bpm_event', 34, 'ossys_bpm_event', false, false, false,
	 'queue of light events; must be empty before a migration'),
	('bpm_event_queue', 35, 'ossys_bpm_event_queue', false, false, false,
	 'queue of events; must be empty before a migration');

INSERT INTO osmeta.ossys_column
	(table_name, column_name, position, type, is_required, is_secret, meaning)
VALUES
	('espace', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('espace', 'name', 2, 'text', true, false,
	 'name of the module; "(deletedN)" at its end once deleted'),
	('espace', 'ss_key', 3, 'text', true, false,
	 'key of the espace, the same in all environments'),
	('espace', 'is_active', 4, 'boolean', true, false,
	 'false once deleted'),
	('espace', 'is_system', 5, 'boolean', false, false,
	 'belongs to the platform'),
	('espace', 'is_multitenant', 6, 'boolean', false, false,
	 'rows belong to tenants'),
	('espace', 'version_id', 7, 'bigint', false, false,
	 'published version'),
	('espace', 'is_consistent', 8, 'boolean', false, false,
	 'published without missing references'),
	('espace', 'zone_id', 9, 'bigint', false, false,
	 'deployment zone'),
	('espace', 'is_user_provider', 10, 'boolean', false, false,
	 'keeps its own users'),
	('espace', 'user_provider_name', 11, 'text', false, false,
	 'name of the espace whose users are used'),
	('espace', 'user_provider_key', 12, 'text', false, false,
	 'key of the espace whose users are used'),
	('espace', 'is_locked', 13, 'boolean', false, false,
	 'locked by a developer'),
	('espace', 'locked_date', 14, 'timestamp', false, false,
	 'locked when'),
	('espace', 'dbcatalog_id', 15, 'bigint', false, false,
	 'database catalog that holds its tables'),
	('espace', 'pending_version_id', 16, 'bigint', false, false,
	 'version that waits to be published'),
	('espace', 'espacekind', 17, 'text', false, false,
	 'Service, WebResponsive, CrossDevice, Mobile, ReactiveLibrary'),
	('espace', 'hmac', 18, 'text', false, true,
	 'secret: never read'),
	('espace', 'hmacversion', 19, 'text', false, true,
	 'secret: never read'),
	('entity', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('entity', 'name', 2, 'text', true, false,
	 'logical name'),
	('entity', 'espace_id', 3, 'bigint', true, false,
	 'espace that owns it; NULL for entities of extensions'),
	('entity', 'ss_key', 4, 'text', true, false,
	 'key, unique only with the key of the owner'),
	('entity', 'physical_table_name', 5, 'text', true, false,
	 'table in the factory database'),
	('entity', 'is_active', 6, 'boolean', true, false,
	 'false once removed from the model'),
	('entity', 'primarykey_ss_key', 7, 'text', false, false,
	 'key of the attribute that is the identifier'),
	('entity', 'multitenant', 8, 'boolean', false, false,
	 'rows belong to tenants'),
	('entity', 'multitenant_view', 9, 'boolean', false, false,
	 'seen through a view for each tenant'),
	('entity', 'is_system', 10, 'boolean', false, false,
	 'belongs to the platform'),
	('entity', 'is_external', 11, 'boolean', false, false,
	 'table of another database'),
	('entity', 'description', 12, 'text', false, false,
	 'description'),
	('entity', 'extension_id', 13, 'bigint', false, false,
	 'extension that owns it'),
	('entity', 'generation', 14, 'bigint', false, false,
	 '-1 for external entities'),
	('entity', 'is_active_attribute', 15, 'text', false, false,
	 'key of the attribute that marks active rows'),
	('entity', 'label_attribute', 16, 'text', false, false,
	 'key of the attribute that is the label'),
	('entity', 'order_by_attribute', 17, 'text', false, false,
	 'key of the attribute that gives the order'),
	('entity', 'data_kind', 18, 'text', false, false,
	 'entity, staticEntity, clientEntity; NULL for external ones'),
	('entity', 'multilingual', 19, 'boolean', false, false,
	 'has translations'),
	('entity', 'multilingual_table_name', 20, 'text', false, false,
	 'table of the translations'),
	('entity', 'expose_process_events', 21, 'boolean', false, false,
	 'rows start processes'),
	('entity', 'event_table_name', 22, 'text', false, false,
	 'table of the events; always filled, real only if events are exposed'),
	('entity', 'base_view_name', 23, 'text', false, false,
	 'prefix of the tenant views'),
	('entity', 'logicaldatabase', 24, 'text', false, false,
	 'logical database of an extension'),
	('entity_attr', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('entity_attr', 'entity_id', 2, 'bigint', true, false,
	 'entity'),
	('entity_attr', 'name', 3, 'text', true, false,
	 'logical name'),
	('entity_attr', 'ss_key', 4, 'text', true, false,
	 'key, means something only beside the key of the entity'),
	('entity_attr', 'type', 5, 'text', true, false,
	 'rt... or bt<owner key>*<entity key>'),
	('entity_attr', 'is_active', 6, 'boolean', true, false,
	 'false once removed from the model'),
	('entity_attr', 'description', 7, 'text', false, false,
	 'description'),
	('entity_attr', 'length', 8, 'bigint', false, false,
	 'length of texts, digits of decimals'),
	('entity_attr', 'decimals', 9, 'bigint', false, false,
	 'digits after the point'),
	('entity_attr', 'is_mandatory', 10, 'boolean', false, false,
	 'must be given; never enforced by the database'),
	('entity_attr', 'is_autonumber', 11, 'boolean', false, false,
	 'numbered by the database'),
	('entity_attr', 'delete_rule', 12, 'text', false, false,
	 'Protect, Delete, Ignore'),
	('entity_attr', 'default_label', 13, 'text', false, false,
	 'default value as shown'),
	('entity_attr', 'default_value', 14, 'text', false, false,
	 'default value'),
	('entity_attr', 'order_num', 15, 'bigint', false, false,
	 'position in the entity'),
	('entity_attr', 'original_type', 16, 'text', false, false,
	 'type before a change'),
	('entity_attr', 'database_name', 17, 'text', false, false,
	 'column in the factory database'),
	('entity_record', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('entity_record', 'data_id', 2, 'text', true, false,
	 'identifier of the row in the physical table, as text'),
	('entity_record', 'name', 3, 'text', true, false,
	 'name of the record'),
	('entity_record', 'ss_key', 4, 'text', true, false,
	 'key, means something only beside the key of the entity'),
	('entity_record', 'entity_ss_key', 5, 'text', true, false,
	 'key of the entity, unique only with the key of the espace'),
	('entity_record', 'espace_id', 6, 'bigint', true, false,
	 'espace'),
	('entity_record', 'is_active', 7, 'boolean', true, false,
	 'false once removed from the model'),
	('espace_entity', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('espace_entity', 'espace_id', 2, 'bigint', true, false,
	 'espace that uses'),
	('espace_entity', 'entity_id', 3, 'bigint', true, false,
	 'entity that is used'),
	('espace_entity', 'read_only', 4, 'boolean', false, false,
	 'used read-only'),
	('espace_entity', 'multitenant_view', 5, 'boolean', false, false,
	 'used through the tenant view'),
	('espace_entity', 'name', 6, 'text', false, false,
	 'name at the user'),
	('dbcatalog', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('dbcatalog', 'name', 2, 'text', true, false,
	 'name; the main one is "(Main)"'),
	('dbcatalog', 'logical_name', 3, 'text', false, false,
	 'logical name'),
	('dbcatalog', 'description', 4, 'text', false, false,
	 'description'),
	('dbcatalog', 'datatablespace', 5, 'text', false, false,
	 'tablespace of data'),
	('dbcatalog', 'indextablespace', 6, 'text', false, false,
	 'tablespace of indexes'),
	('dbcatalog', 'useintegratedauth', 7, 'boolean', false, false,
	 'integrated authentication'),
	('dbcatalog', 'username', 8, 'text', false, true,
	 'secret: never read'),
	('dbcatalog', 'password', 9, 'text', false, true,
	 'secret: never read'),
	('dbcatalog', 'ownerusername', 10, 'text', false, true,
	 'secret: never read'),
	('dbcatalog', 'ownerpassword', 11, 'text', false, true,
	 'secret: never read'),
	('application', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('application', 'name', 2, 'text', true, false,
	 'name'),
	('application', 'description', 3, 'text', false, false,
	 'description'),
	('application', 'entry_espace_id', 4, 'bigint', false, false,
	 'espace of the entry screen'),
	('application', 'backoffice_espace_id', 5, 'bigint', false, false,
	 'espace of the back office'),
	('application', 'defaultthemeismobile', 6, 'boolean', false, false,
	 'default theme is mobile'),
	('application', 'key', 7, 'text', false, false,
	 'key of the application'),
	('application', 'is_active', 8, 'boolean', false, false,
	 'false once deleted'),
	('application', 'disabled', 9, 'boolean', false, false,
	 'disabled'),
	('application', 'createdby', 10, 'bigint', false, false,
	 'user that made it'),
	('application', 'applicationkind', 11, 'text', false, false,
	 'kind'),
	('application', 'templatekey', 12, 'text', false, false,
	 'key of the template'),
	('application', 'primarycolor', 13, 'text', false, false,
	 'colour'),
	('application', 'nativehash', 14, 'text', false, true,
	 'secret: never read'),
	('app_definition_module', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('app_definition_module', 'module_id', 2, 'bigint', true, false,
	 'module'),
	('app_definition_module', 'application_id', 3, 'bigint', true, false,
	 'application'),
	('module', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('module', 'module_kind_id', 2, 'bigint', false, false,
	 'kind'),
	('module', 'espace_id', 3, 'bigint', true, false,
	 'espace, or NULL'),
	('module', 'extension_id', 4, 'bigint', true, false,
	 'extension, or NULL'),
	('module_kind', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('module_kind', 'label', 2, 'text', false, false,
	 'label'),
	('module_kind', 'order', 3, 'bigint', false, false,
	 'position'),
	('extension', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('extension', 'name', 2, 'text', true, false,
	 'name'),
	('extension', 'ss_key', 3, 'text', true, false,
	 'key of the extension, the same in all environments'),
	('extension', 'is_system', 4, 'boolean', false, false,
	 'belongs to the platform'),
	('extension', 'version_id', 5, 'bigint', false, false,
	 'published version'),
	('extension', 'is_active', 6, 'boolean', false, false,
	 'false once deleted'),
	('extension', 'published_date', 7, 'timestamp', false, false,
	 'published when'),
	('extension', 'published_by', 8, 'text', false, false,
	 'published by whom'),
	('espace_extension', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('espace_extension', 'espace_id', 2, 'bigint', true, false,
	 'espace that uses'),
	('espace_extension', 'extension_id', 3, 'bigint', true, false,
	 'extension that is used'),
	('espace_reference', 'id', 1, 'bigint', false, false,
	 'identifier'),
	('espace_reference', 'consumer_id', 2, 'bigint', false, false,
	 'espace that refers'),
	('espace_reference', 'consumer_key', 3, 'text', false, false,
	 'key of the espace that refers'),
	('espace_reference', 'producer_id', 4, 'bigint', false, false,
	 'module that is referred to'),
	('espace_reference', 'producer_key', 5, 'text', false, false,
	 'key of the module that is referred to'),
	('espace_reference', 'producer_name', 6, 'text', false, false,
	 'name of the module that is referred to'),
	('espace_reference', 'is_broken', 7, 'boolean', false, false,
	 'the reference is broken'),
	('basic_type', 'id', 1, 'text', true, false,
	 'rt...'),
	('basic_type', 'name', 2, 'text', false, false,
	 'name'),
	('tenant', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('tenant', 'name', 2, 'text', true, false,
	 'name'),
	('tenant', 'espace_id', 3, 'bigint', false, false,
	 'user provider'),
	('tenant', 'is_active', 4, 'boolean', false, false,
	 'false once deactivated'),
	('user', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('user', 'tenant_id', 2, 'bigint', true, false,
	 'tenant'),
	('user', 'is_active', 3, 'boolean', false, false,
	 'false once deactivated'),
	('user', 'creation_date', 4, 'timestamp', false, false,
	 'made when'),
	('user', 'last_login', 5, 'timestamp', false, false,
	 'last seen when'),
	('user', 'name', 6, 'text', false, false,
	 'full name'),
	('user', 'mobilephone', 7, 'text', false, false,
	 'mobile phone'),
	('user', 'email', 8, 'text', false, false,
	 'e-mail address'),
	('user', 'username', 9, 'text', true, false,
	 'login name, unique in the tenant'),
	('user', 'external_id', 10, 'text', false, false,
	 'identifier elsewhere'),
	('user', 'password', 11, 'text', false, true,
	 'secret: never read'),
	('role', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('role', 'espace_id', 2, 'bigint', false, false,
	 'espace'),
	('role', 'ss_key', 3, 'text', true, false,
	 'key, unique only with the key of the espace'),
	('role', 'name', 4, 'text', true, false,
	 'name'),
	('role', 'description', 5, 'text', false, false,
	 'description'),
	('role', 'persistent', 6, 'boolean', false, false,
	 'granted in the database'),
	('role', 'is_active', 7, 'boolean', false, false,
	 'false once removed from the model'),
	('group', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('group', 'name', 2, 'text', true, false,
	 'name, unique in the tenant'),
	('group', 'description', 3, 'text', false, false,
	 'description'),
	('group', 'created_by', 4, 'bigint', false, false,
	 'user that made it'),
	('group', 'created', 5, 'timestamp', false, false,
	 'made when'),
	('group', 'has_custom_management', 6, 'boolean', false, false,
	 'managed by the application'),
	('group', 'tenant_id', 7, 'bigint', false, false,
	 'tenant'),
	('user_role', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('user_role', 'user_id', 2, 'bigint', true, false,
	 'user'),
	('user_role', 'role_id', 3, 'bigint', true, false,
	 'role'),
	('user_role', 'tenant_id', 4, 'bigint', false, false,
	 'tenant'),
	('group_role', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('group_role', 'group_id', 2, 'bigint', true, false,
	 'group'),
	('group_role', 'role_id', 3, 'bigint', true, false,
	 'role'),
	('group_role', 'tenant_id', 4, 'bigint', false, false,
	 'tenant'),
	('group_user', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('group_user', 'user_id', 2, 'bigint', true, false,
	 'user'),
	('group_user', 'group_id', 3, 'bigint', true, false,
	 'group'),
	('group_user', 'tenant_id', 4, 'bigint', false, false,
	 'tenant'),
	('bpm_process_definition', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_process_definition', 'name', 2, 'text', true, false,
	 'name'),
	('bpm_process_definition', 'label', 3, 'text', false, false,
	 'label'),
	('bpm_process_definition', 'description', 4, 'text', false, false,
	 'description'),
	('bpm_process_definition', 'ss_key', 5, 'text', false, false,
	 'key, unique only with the key of the espace'),
	('bpm_process_definition', 'is_active', 6, 'boolean', false, false,
	 'false once removed from the model'),
	('bpm_process_definition', 'espace_id', 7, 'bigint', false, false,
	 'espace'),
	('bpm_process_definition', 'is_locked', 8, 'boolean', false, false,
	 'locked'),
	('bpm_process_definition', 'process_entity_id', 9, 'bigint', false, false,
	 'entity of the process'),
	('bpm_process_definition', 'locked_date', 10, 'timestamp', false, false,
	 'locked when'),
	('bpm_process_definition', 'locked_by', 11, 'bigint', false, false,
	 'locked by whom'),
	('bpm_process_input_def', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_process_input_def', 'ss_key', 2, 'text', false, false,
	 'key'),
	('bpm_process_input_def', 'process_def_id', 3, 'bigint', true, false,
	 'process definition'),
	('bpm_process_input_def', 'name', 4, 'text', false, false,
	 'name'),
	('bpm_process_input_def', 'description', 5, 'text', false, false,
	 'description'),
	('bpm_process_input_def', 'is_active', 6, 'boolean', false, false,
	 'false once removed from the model'),
	('bpm_process_input_def', 'data_type', 7, 'text', false, false,
	 'basic type'),
	('bpm_process_input_def', 'is_mandatory', 8, 'boolean', false, false,
	 'must be given'),
	('bpm_process_input_def', 'default_value', 9, 'text', false, false,
	 'default value'),
	('bpm_process_input_def', 'ss_type', 10, 'text', false, false,
	 'type; bt... is an identifier'),
	('bpm_process_output_def', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_process_output_def', 'ss_key', 2, 'text', false, false,
	 'key'),
	('bpm_process_output_def', 'process_def_id', 3, 'bigint', true, false,
	 'process definition'),
	('bpm_process_output_def', 'name', 4, 'text', false, false,
	 'name'),
	('bpm_process_output_def', 'description', 5, 'text', false, false,
	 'description'),
	('bpm_process_output_def', 'is_active', 6, 'boolean', false, false,
	 'false once removed from the model'),
	('bpm_process_output_def', 'data_type', 7, 'text', false, false,
	 'basic type'),
	('bpm_process_output_def', 'default_value', 8, 'text', false, false,
	 'default value'),
	('bpm_process_output_def', 'ss_type', 9, 'text', false, false,
	 'type; bt... is an identifier'),
	('bpm_activity_definition', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_activity_definition', 'ss_key', 2, 'text', false, false,
	 'key'),
	('bpm_activity_definition', 'name', 3, 'text', false, false,
	 'name'),
	('bpm_activity_definition', 'label', 4, 'text', false, false,
	 'label'),
	('bpm_activity_definition', 'description', 5, 'text', false, false,
	 'description'),
	('bpm_activity_definition', 'kind', 6, 'text', false, false,
	 'kind'),
	('bpm_activity_definition', 'process_def_id', 7, 'bigint', true, false,
	 'process definition'),
	('bpm_activity_definition', 'is_active', 8, 'boolean', false, false,
	 'false once removed from the model'),
	('bpm_activity_definition', 'display_x', 9, 'bigint', false, false,
	 'position in the diagram'),
	('bpm_activity_definition', 'display_y', 10, 'bigint', false, false,
	 'position in the diagram'),
	('bpm_activity_definition', 'invoked_process_def_id', 11, 'bigint', false, false,
	 'process that it starts'),
	('bpm_activity_definition', 'requires_permission', 12, 'boolean', false, false,
	 'needs a permission'),
	('bpm_activity_definition', 'inbox_instructions', 13, 'text', false, false,
	 'instructions in the inbox'),
	('bpm_activity_definition', 'skippable', 14, 'boolean', false, false,
	 'can be skipped'),
	('bpm_activity_output_def', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_activity_output_def', 'ss_key', 2, 'text', false, false,
	 'key'),
	('bpm_activity_output_def', 'activity_def_id', 3, 'bigint', true, false,
	 'activity definition'),
	('bpm_activity_output_def', 'name', 4, 'text', false, false,
	 'name'),
	('bpm_activity_output_def', 'description', 5, 'text', false, false,
	 'description'),
	('bpm_activity_output_def', 'is_active', 6, 'boolean', false, false,
	 'false once removed from the model'),
	('bpm_activity_output_def', 'data_type', 7, 'text', false, false,
	 'basic type'),
	('bpm_activity_output_def', 'default_value', 8, 'text', false, false,
	 'default value'),
	('bpm_activity_output_def', 'ss_type', 9, 'text', false, false,
	 'type; bt... is an identifier'),
	('bpm_process', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_process', 'tenant_id', 2, 'bigint', false, false,
	 'tenant'),
	('bpm_process', 'label', 3, 'text', false, false,
	 'label'),
	('bpm_process', 'created', 4, 'timestamp', false, false,
	 'made when'),
	('bpm_process', 'created_by', 5, 'bigint', false, false,
	 'made by whom'),
	('bpm_process', 'process_def_id', 6, 'bigint', true, false,
	 'process definition'),
	('bpm_process', 'parent_process_id', 7, 'bigint', false, false,
	 'process that started it'),
	('bpm_process', 'parent_activity_id', 8, 'bigint', false, false,
	 'activity that started it'),
	('bpm_process', 'top_process_id', 9, 'bigint', false, false,
	 'root; the own identifier on a root'),
	('bpm_process', 'status_id', 10, 'bigint', false, false,
	 'status'),
	('bpm_process', 'last_modified', 11, 'timestamp', false, false,
	 'changed when'),
	('bpm_process', 'last_modified_by', 12, 'bigint', false, false,
	 'changed by whom'),
	('bpm_process', 'suspended_date', 13, 'timestamp', false, false,
	 'suspended when'),
	('bpm_process', 'suspended_by', 14, 'bigint', false, false,
	 'suspended by whom'),
	('bpm_activity', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_activity', 'tenant_id', 2, 'bigint', false, false,
	 'tenant'),
	('bpm_activity', 'activity_def_id', 3, 'bigint', true, false,
	 'activity definition'),
	('bpm_activity', 'process_id', 4, 'bigint', true, false,
	 'process'),
	('bpm_activity', 'name', 5, 'text', false, false,
	 'name'),
	('bpm_activity', 'user_id', 6, 'bigint', false, false,
	 'user'),
	('bpm_activity', 'created', 7, 'timestamp', false, false,
	 'made when'),
	('bpm_activity', 'opened', 8, 'timestamp', false, false,
	 'opened when'),
	('bpm_activity', 'closed', 9, 'timestamp', false, false,
	 'closed when'),
	('bpm_activity', 'status_id', 10, 'bigint', false, false,
	 'status'),
	('bpm_activity', 'is_running_since', 11, 'timestamp', false, false,
	 'runs since'),
	('bpm_activity', 'is_running_at', 12, 'text', false, false,
	 'runs where'),
	('bpm_activity', 'next_run', 13, 'timestamp', false, false,
	 'runs next'),
	('bpm_activity', 'precedent_activity_id', 14, 'bigint', false, false,
	 'activity before it'),
	('bpm_activity', 'precedent_outcome', 15, 'text', false, false,
	 'outcome of the activity before it'),
	('bpm_activity', 'due_date', 16, 'timestamp', false, false,
	 'due when'),
	('bpm_activity', 'expired', 17, 'boolean', false, false,
	 'expired'),
	('bpm_activity', 'skipped', 18, 'boolean', false, false,
	 'skipped'),
	('bpm_activity', 'error_count', 19, 'bigint', false, false,
	 'errors so far'),
	('bpm_activity', 'inbox_detail', 20, 'text', false, false,
	 'detail in the inbox'),
	('bpm_activity', 'last_error_id', 21, 'text', false, false,
	 'last error'),
	('bpm_activity', 'last_modified', 22, 'timestamp', false, false,
	 'changed when'),
	('bpm_activity', 'group_id', 23, 'bigint', false, false,
	 'group'),
	('bpm_process_input', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_process_input', 'tenant_id', 2, 'bigint', false, false,
	 'tenant'),
	('bpm_process_input', 'input_def_id', 3, 'bigint', true, false,
	 'definition'),
	('bpm_process_input', 'process_id', 4, 'bigint', true, false,
	 'process'),
	('bpm_process_input', 'ss_key', 5, 'text', false, false,
	 'key'),
	('bpm_process_input', 'name', 6, 'text', false, false,
	 'name'),
	('bpm_process_input', 'data_type', 7, 'text', false, false,
	 'basic type'),
	('bpm_process_input', 'input_value', 8, 'text', false, false,
	 'value'),
	('bpm_process_input', 'ss_type', 9, 'text', false, false,
	 'type; bt... is an identifier'),
	('bpm_process_output', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_process_output', 'tenant_id', 2, 'bigint', false, false,
	 'tenant'),
	('bpm_process_output', 'output_def_id', 3, 'bigint', true, false,
	 'definition'),
	('bpm_process_output', 'process_id', 4, 'bigint', true, false,
	 'process'),
	('bpm_process_output', 'ss_key', 5, 'text', false, false,
	 'key'),
	('bpm_process_output', 'name', 6, 'text', false, false,
	 'name'),
	('bpm_process_output', 'data_type', 7, 'text', false, false,
	 'basic type'),
	('bpm_process_output', 'output_value', 8, 'text', false, false,
	 'value'),
	('bpm_process_output', 'ss_type', 9, 'text', false, false,
	 'type; bt... is an identifier'),
	('bpm_activity_output', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_activity_output', 'tenant_id', 2, 'bigint', false, false,
	 'tenant'),
	('bpm_activity_output', 'output_def_id', 3, 'bigint', true, false,
	 'definition'),
	('bpm_activity_output', 'activity_id', 4, 'bigint', true, false,
	 'activity'),
	('bpm_activity_output', 'ss_key', 5, 'text', false, false,
	 'key'),
	('bpm_activity_output', 'name', 6, 'text', false, false,
	 'name'),
	('bpm_activity_output', 'data_type', 7, 'text', false, false,
	 'basic type'),
	('bpm_activity_output', 'output_value', 8, 'text', false, false,
	 'value'),
	('bpm_activity_output', 'ss_type', 9, 'text', false, false,
	 'type; bt... is an identifier'),
	('bpm_process_status', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_process_status', 'name', 2, 'text', false, false,
	 'name'),
	('bpm_process_status', 'is_terminal', 3, 'boolean', false, false,
	 'the process is over'),
	('bpm_activity_status', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_activity_status', 'name', 2, 'text', false, false,
	 'name'),
	('bpm_activity_status', 'is_terminal', 3, 'boolean', false, false,
	 'the activity is over'),
	('bpm_event', 'id', 1, 'bigint', true, false,
	 'identifier'),
	('bpm_event_queue', 'id', 1, 'bigint', true, false,
	 'identifier');

-- How is a foreign data wrapper spoken to?
CREATE TABLE osmeta.wrapper
(
	wrapper text PRIMARY KEY,
	dialect text CHECK (dialect IN ('sqlserver', 'oracle', 'postgres')),
	default_schema text,
	schema_option text NOT NULL,
	table_option text NOT NULL,
	column_option text,
	has_query boolean NOT NULL DEFAULT false,
	table_options text[] NOT NULL DEFAULT '{}',
	tried_options text[] NOT NULL DEFAULT '{}',
	boolean_type text NOT NULL DEFAULT 'boolean',
	is_fenced boolean NOT NULL DEFAULT true,
	can_insert boolean NOT NULL DEFAULT false,
	has_snapshot boolean NOT NULL DEFAULT false,
	pushes_aggregates boolean NOT NULL DEFAULT false,
	is_shipped boolean NOT NULL DEFAULT false,
	CHECK (column_option IS NOT NULL OR has_query),
	CHECK (cardinality(table_options) % 2 = 0),
	CHECK (cardinality(tried_options) % 2 = 0)
);
COMMENT ON TABLE osmeta.wrapper IS
	'the foreign data wrappers that attach can use: names of their options and what they can do';
COMMENT ON COLUMN osmeta.wrapper.dialect IS
	'engine that the wrapper reaches; NULL if it reaches several';
COMMENT ON COLUMN osmeta.wrapper.column_option IS
	'option of a column that carries its name at the factory; NULL if columns are matched by position';
COMMENT ON COLUMN osmeta.wrapper.has_query IS
	'the table option takes a query in parentheses';
COMMENT ON COLUMN osmeta.wrapper.table_options IS
	'further options of every foreign table: name, value, name, value...';
COMMENT ON COLUMN osmeta.wrapper.tried_options IS
	'options that foreign tables get besides, or instead of those with the same name, if the factory can be read with them';
COMMENT ON COLUMN osmeta.wrapper.boolean_type IS
	'type that a boolean column of the factory is declared with';
COMMENT ON COLUMN osmeta.wrapper.is_fenced IS
	'conditions must not reach the factory: its catalogue and exposed tables are read whole';
COMMENT ON COLUMN osmeta.wrapper.has_snapshot IS
	'all foreign tables of a server are read in one snapshot in one transaction';

INSERT INTO osmeta.wrapper
	(wrapper, dialect, default_schema, schema_option, table_option,
	 column_option, has_query, table_options, tried_options, boolean_type,
	 is_fenced, can_insert, has_snapshot, pushes_aggregates, is_shipped)
VALUES
	('postgres_fdw', 'postgres', 'public', 'schema_name', 'table_name',
	 'column_name', false, '{fetch_size,10000}', '{}', 'boolean',
	 false, true, true, true, true),
	('tds_fdw', 'sqlserver', 'dbo', 'schema_name', 'table_name',
	 'column_name', false, '{match_column_names,1}',
	 '{row_estimate_method,showplan_all}', 'smallint',
	 true, false, false, false, true),
	('oracle_fdw', 'oracle', NULL, 'schema', 'table',
	 NULL, true, '{}', '{}', 'smallint',
	 true, true, true, false, true);

-- With which type is a column of the factory declared here?
CREATE TABLE osmeta.dialect_type
(
	dialect text NOT NULL
		CHECK (dialect IN ('sqlserver', 'oracle', 'postgres')),
	remote_type text NOT NULL CHECK (remote_type = lower(remote_type)),
	local_type text NOT NULL,
	modifier text NOT NULL DEFAULT 'none'
		CHECK (modifier IN ('none', 'length', 'precision', 'number')),
	is_shipped boolean NOT NULL DEFAULT false,
	PRIMARY KEY (dialect, remote_type)
);
COMMENT ON TABLE osmeta.dialect_type IS
	'types of a factory''s engine and the types that they are declared with here; a type that is missing is never declared';
COMMENT ON COLUMN osmeta.dialect_type.modifier IS
	'none; length: (n), or text without one; precision: (p,s); number: an integer where precision and scale allow, else (p,s)';

/*
 * sql_variant, geometry and their like are left out on purpose: reading one
 * through tds_fdw crashes the server.  So are datetime2, smalldatetime, date
 * and time, which no column of the platform has: FreeTDS as it is installed
 * gives them in a form that cannot be read here.  Who has told it another
 * form in its locales.conf adds the rows.
 */
INSERT INTO osmeta.dialect_type
	(dialect, remote_type, local_type, modifier, is_shipped)
VALUES
	('sqlserver', 'bigint', 'bigint', 'none', true),
	('sqlserver', 'int', 'integer', 'none', true),
	('sqlserver', 'smallint', 'smallint', 'none', true),
	('sqlserver', 'tinyint', 'smallint', 'none', true),
	('sqlserver', 'bit', 'boolean', 'none', true),
	('sqlserver', 'decimal', 'numeric', 'precision', true),
	('sqlserver', 'numeric', 'numeric', 'precision', true),
	('sqlserver', 'money', 'numeric(19,4)', 'none', true),
	('sqlserver', 'smallmoney', 'numeric(10,4)', 'none', true),
	('sqlserver', 'float', 'double precision', 'none', true),
	('sqlserver', 'real', 'real', 'none', true),
	('sqlserver', 'nvarchar', 'varchar', 'length', true),
	('sqlserver', 'varchar', 'varchar', 'length', true),
	('sqlserver', 'nchar', 'varchar', 'length', true),
	('sqlserver', 'char', 'varchar', 'length', true),
	('sqlserver', 'ntext', 'text', 'none', true),
	('sqlserver', 'text', 'text', 'none', true),
	('sqlserver', 'xml', 'text', 'none', true),
	('sqlserver', 'datetime', 'timestamp(3)', 'none', true),
	('sqlserver', 'varbinary', 'bytea', 'none', true),
	('sqlserver', 'binary', 'bytea', 'none', true),
	('sqlserver', 'image', 'bytea', 'none', true),
	('sqlserver', 'timestamp', 'bytea', 'none', true),
	('sqlserver', 'uniqueidentifier', 'uuid', 'none', true),
	('oracle', 'number', 'numeric', 'number', true),
	('oracle', 'float', 'double precision', 'none', true),
	('oracle', 'binary_float', 'real', 'none', true),
	('oracle', 'binary_double', 'double precision', 'none', true),
	('oracle', 'varchar2', 'varchar', 'length', true),
	('oracle', 'nvarchar2', 'varchar', 'length', true),
	('oracle', 'char', 'varchar', 'length', true),
	('oracle', 'nchar', 'varchar', 'length', true),
	('oracle', 'clob', 'text', 'none', true),
	('oracle', 'nclob', 'text', 'none', true),
	('oracle', 'long', 'text', 'none', true),
	('oracle', 'date', 'timestamp(0)', 'none', true),
	('oracle', 'timestamp', 'timestamp', 'none', true),
	('oracle', 'blob', 'bytea', 'none', true),
	('oracle', 'raw', 'bytea', 'none', true),
	('oracle', 'long raw', 'bytea', 'none', true);

CREATE FUNCTION osmeta.type_with_modifier(local_type text, modifier text,
	length bigint, digits bigint, scale bigint, boolean_type text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN local_type = 'boolean' THEN boolean_type
	WHEN modifier = 'length' AND length BETWEEN 1 AND 10485760
		THEN local_type || '(' || length || ')'
	WHEN modifier = 'length' THEN 'text'
	WHEN modifier = 'number' AND digits <= 4 AND scale = 0 THEN 'smallint'
	WHEN modifier = 'number' AND digits <= 9 AND scale = 0 THEN 'integer'
	WHEN modifier = 'number' AND digits <= 18 AND scale = 0 THEN 'bigint'
	WHEN modifier IN ('number', 'precision') AND digits BETWEEN 1 AND 1000
		AND coalesce(scale, 0) BETWEEN 0 AND digits
		THEN local_type || '(' || digits || ',' || coalesce(scale, 0) || ')'
	ELSE local_type
END;
COMMENT ON FUNCTION osmeta.type_with_modifier(text, text, bigint, bigint, bigint, text) IS
	'Internal: a local_type of osmeta.dialect_type with length or precision and scale';

CREATE FUNCTION osmeta.local_name(remote_name text)
RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'osmeta_local_name';
COMMENT ON FUNCTION osmeta.local_name(text) IS
	'Internal: the name itself, or where it cannot be an identifier here a cut of it with six digits of its hash';

/*
 * The factory's own catalogue: which of its tables are declared in the
 * schema of the environment (never a column of type sql_variant), and the
 * views over them.  The query of a view is a template:
 *	{catalog_x}		the table, fenced where the wrapper wants it
 *	{schema}		remote_schema of the environment, quoted as a literal
 *	{is_local}		true if the tables stand in this database
 *	{boolean_type}	of the wrapper, quoted as a literal
 */
CREATE TABLE osmeta.catalog_column
(
	dialect text NOT NULL
		CHECK (dialect IN ('sqlserver', 'oracle', 'postgres')),
	catalog_table text NOT NULL,
	position int NOT NULL,
	column_name text NOT NULL,
	type text NOT NULL,
	remote_schema text NOT NULL,
	remote_table text NOT NULL,
	remote_column text NOT NULL,
	PRIMARY KEY (dialect, catalog_table, position),
	UNIQUE (dialect, catalog_table, column_name)
);
COMMENT ON TABLE osmeta.catalog_column IS
	'what is declared of the catalogue of a factory''s engine';

CREATE TABLE osmeta.catalog_view
(
	dialect text NOT NULL
		CHECK (dialect IN ('sqlserver', 'oracle', 'postgres')),
	view_name text NOT NULL
		CHECK (view_name IN ('physical_relation', 'physical_size',
							 'physical_column', 'physical_key',
							 'physical_index', 'physical_counter')),
	query text NOT NULL,
	PRIMARY KEY (dialect, view_name)
);
COMMENT ON TABLE osmeta.catalog_view IS
	'how the views live_physical_* of an environment are made from the catalogue of a factory''s engine';

INSERT INTO osmeta.catalog_column
	(dialect, catalog_table, position, column_name, type, remote_schema,
	 remote_table, remote_column)
SELECT d.dialect, 'catalog_' || d.name, c.position, split_part(c.item, ' ', 1),
	substr(c.item, strpos(c.item, ' ') + 1), d.remote_schema,
	CASE d.dialect WHEN 'oracle' THEN upper(d.name COLLATE "C") ELSE d.name END,
	CASE d.dialect
		WHEN 'oracle' THEN upper(split_part(c.item, ' ', 1) COLLATE "C")
		ELSE split_part(c.item, ' ', 1)
	END
FROM (VALUES
	('postgres', 'pg_catalog', 'pg_namespace',
	 'oid oid,nspname name'),
	('postgres', 'pg_catalog', 'pg_class',
	 'oid oid,relname name,relnamespace oid,relkind "char",reltuples real,relpages integer,reltoastrelid oid'),
	('postgres', 'pg_catalog', 'pg_type',
	 'oid oid,typname name'),
	('postgres', 'pg_catalog', 'pg_attribute',
	 'attrelid oid,attname name,attnum smallint,atttypid oid,atttypmod integer,attnotnull boolean,atthasdef boolean,attidentity "char",attgenerated "char",attisdropped boolean'),
	('postgres', 'pg_catalog', 'pg_index',
	 'indexrelid oid,indrelid oid,indnkeyatts smallint,indisunique boolean,indisprimary boolean,indisvalid boolean,indkey int2vector,indexprs text,indpred text'),
	('postgres', 'pg_catalog', 'pg_constraint',
	 'oid oid,conname name,contype "char",conrelid oid,confrelid oid,confdeltype "char",conparentid oid,conkey smallint[]'),
	('postgres', 'pg_catalog', 'pg_depend',
	 'classid oid,objid oid,refclassid oid,refobjid oid,refobjsubid integer,deptype "char"'),
	('postgres', 'pg_catalog', 'pg_inherits',
	 'inhrelid oid,inhparent oid'),
	('postgres', 'pg_catalog', 'pg_sequences',
	 'schemaname name,sequencename name,last_value bigint'),
	('sqlserver', 'sys', 'schemas',
	 'schema_id integer,name text'),
	('sqlserver', 'sys', 'objects',
	 'object_id integer,schema_id integer,name text,type text'),
	('sqlserver', 'sys', 'types',
	 'user_type_id integer,name text'),
	('sqlserver', 'sys', 'columns',
	 'object_id integer,column_id integer,name text,system_type_id smallint,max_length smallint,precision smallint,scale smallint,is_nullable smallint,is_identity smallint,is_computed smallint,default_object_id integer'),
	('sqlserver', 'sys', 'indexes',
	 'object_id integer,index_id integer,name text,is_unique smallint,is_primary_key smallint,has_filter smallint'),
	('sqlserver', 'sys', 'index_columns',
	 'object_id integer,index_id integer,column_id integer,key_ordinal smallint'),
	('sqlserver', 'sys', 'partitions',
	 'partition_id bigint,object_id integer,index_id integer,rows bigint'),
	('sqlserver', 'sys', 'allocation_units',
	 'type smallint,container_id bigint,total_pages bigint'),
	('sqlserver', 'sys', 'foreign_keys',
	 'object_id integer,name text,parent_object_id integer,referenced_object_id integer,delete_referential_action smallint'),
	('sqlserver', 'sys', 'foreign_key_columns',
	 'constraint_object_id integer,constraint_column_id integer,parent_column_id integer'),
	('oracle', 'SYS', 'all_objects',
	 'owner text,object_name text,object_id numeric,object_type text'),
	('oracle', 'SYS', 'all_tables',
	 'owner text,table_name text,num_rows numeric'),
	('oracle', 'SYS', 'all_indexes',
	 'owner text,index_name text,table_owner text,table_name text,uniqueness text'),
	('oracle', 'SYS', 'all_ind_columns',
	 'index_owner text,index_name text,column_name text,column_position numeric'),
	('oracle', 'SYS', 'all_lobs',
	 'owner text,table_name text,segment_name text,index_name text'),
	('oracle', 'SYS', 'dba_segments',
	 'owner text,segment_name text,bytes numeric'),
	('oracle', 'SYS', 'all_tab_cols',
	 'owner text,table_name text,column_name text,column_id numeric,data_type text,char_length numeric,data_precision numeric,data_scale numeric,nullable text,identity_column text,virtual_column text,hidden_column text,default_length numeric'),
	('oracle', 'SYS', 'all_constraints',
	 'owner text,constraint_name text,constraint_type text,table_name text,r_owner text,r_constraint_name text,delete_rule text,index_name text'),
	('oracle', 'SYS', 'all_cons_columns',
	 'owner text,constraint_name text,table_name text,column_name text,position numeric')
	) AS d (dialect, remote_schema, name, columns),
	LATERAL unnest(string_to_array(d.columns, ','))
		WITH ORDINALITY AS c (item, position);

/*
 * PostgreSQL: a type that is built in has the same oid everywhere and is
 * declared as it is; any other is text in a foreign table.
 */
INSERT INTO osmeta.catalog_view (dialect, view_name, query)
VALUES
	-- a partition, or a child by inheritance, holds rows of its parent, whose
	-- columns are its own
	('postgres', 'physical_relation', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
	CASE WHEN c.relkind IN ('v', 'm') THEN 'view'
		WHEN i.inhrelid IS NOT NULL THEN 'partition'
		WHEN c.relkind = 'f' THEN 'foreign table'
		WHEN p.inhparent IS NOT NULL THEN 'parent table'
		ELSE 'table' END AS kind,
	CASE WHEN c.relkind IN ('r', 'p', 'm') AND c.reltuples >= 0
		THEN c.reltuples::bigint END AS row_count
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	LEFT JOIN (SELECT DISTINCT h.inhrelid
		FROM {catalog_pg_inherits} h) AS i ON i.inhrelid = c.oid
	LEFT JOIN (SELECT DISTINCT h.inhparent
		FROM {catalog_pg_inherits} h) AS p ON p.inhparent = c.oid
WHERE n.nspname = {schema}
	AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
$query$),
	-- pages as VACUUM and ANALYZE saw them last; of the usual 8 kB
	('postgres', 'physical_size', $query$
SELECT c.oid::bigint AS table_id, NULL::bigint AS row_count,
	c.relpages * 8192::bigint AS data_bytes,
	coalesce(i.pages, 0) * 8192::bigint AS index_bytes,
	coalesce(t.relpages, 0) * 8192::bigint AS lob_bytes
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	LEFT JOIN (SELECT x.indrelid, pg_catalog.sum(r.relpages) AS pages
		FROM {catalog_pg_index} x
			JOIN {catalog_pg_class} r ON r.oid = x.indexrelid
		GROUP BY x.indrelid) AS i ON i.indrelid = c.oid
	LEFT JOIN {catalog_pg_class} t ON t.oid = c.reltoastrelid
WHERE n.nspname = {schema} AND c.relkind IN ('r', 'm')
	AND c.reltuples >= 0
$query$),
	('postgres', 'physical_column', $query$
SELECT x.table_id, x.table_name, x.column_name, x.position, x.data_type,
	CASE WHEN x.data_type IN ('varchar', 'bpchar') AND x.typmod > 4
		THEN x.typmod - 4 END::bigint AS length,
	CASE WHEN x.data_type = 'numeric' AND x.typmod > 4
		THEN ((x.typmod - 4) >> 16) & 65535 END AS precision,
	CASE WHEN x.data_type = 'numeric' AND x.typmod > 4
		-- eleven bits with a sign
		THEN (((x.typmod - 4) & 2047) # 1024) - 1024 END AS scale,
	CASE WHEN x.typid < 10000 OR {is_local}
		THEN pg_catalog.format_type(x.typid, x.typmod)
		ELSE 'text' END AS local_type,
	x.is_nullable, x.identity <> '' AS is_identity,
	CASE x.identity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT'
		END AS identity_generation,
	x.generated <> '' AS is_generated, x.has_default,
	osmeta.local_name(x.column_name) AS local_name, x.is_table
FROM (SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
		a.attname::text AS column_name, a.attnum::integer AS position,
		t.typname::text AS data_type,
		a.atttypid AS typid, a.atttypmod AS typmod,
		NOT a.attnotnull AS is_nullable, a.attidentity::text AS identity,
		a.attgenerated::text AS generated,
		a.atthasdef AND a.attgenerated::text = '' AS has_default,
		c.relkind IN ('r', 'p', 'f') AS is_table
	FROM {catalog_pg_namespace} n
		JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
		JOIN {catalog_pg_attribute} a ON a.attrelid = c.oid
		JOIN {catalog_pg_type} t ON t.oid = a.atttypid
	WHERE n.nspname = {schema}
		AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
		AND a.attnum > 0
		AND NOT a.attisdropped) AS x
$query$),
	('postgres', 'physical_key', $query$
SELECT k.table_oid::bigint AS table_id, k.table_name, k.key_name, k.kind,
	pg_catalog.array_agg(a.attname::text ORDER BY k.ordinal) AS columns,
	k.target_table, k.delete_action
FROM (SELECT c.oid AS table_oid, c.relname::text AS table_name,
		i.relname::text AS key_name,
		CASE WHEN x.indisprimary THEN 'p' ELSE 'u' END AS kind,
		NULL::text AS target_table, NULL::text AS delete_action,
		u.attnum, u.ordinal
	FROM {catalog_pg_namespace} n
		JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
		JOIN {catalog_pg_index} x ON x.indrelid = c.oid
		JOIN {catalog_pg_class} i ON i.oid = x.indexrelid,
		LATERAL pg_catalog.unnest(x.indkey::smallint[])
			WITH ORDINALITY AS u (attnum, ordinal)
	WHERE n.nspname = {schema}
		AND x.indisunique AND x.indisvalid
		AND x.indpred IS NULL AND x.indexprs IS NULL
		AND u.ordinal <= x.indnkeyatts
	UNION ALL
	SELECT c.oid, c.relname::text, f.conname::text, 'f', r.relname::text,
		CASE f.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
			WHEN 'd' THEN 'set default' WHEN 'r' THEN 'restrict'
			ELSE 'no action' END,
		u.attnum, u.ordinal
	FROM {catalog_pg_namespace} n
		JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
		JOIN {catalog_pg_constraint} f ON f.conrelid = c.oid
		JOIN {catalog_pg_class} r ON r.oid = f.confrelid,
		LATERAL pg_catalog.unnest(f.conkey)
			WITH ORDINALITY AS u (attnum, ordinal)
	-- those of single partitions go with that of the whole
	WHERE n.nspname = {schema}
		AND f.contype = 'f' AND f.conparentid::bigint = 0) AS k
	JOIN {catalog_pg_attribute} a
		ON a.attrelid = k.table_oid AND a.attnum = k.attnum
GROUP BY k.table_oid, k.table_name, k.key_name, k.kind, k.target_table,
	k.delete_action
$query$),
	('postgres', 'physical_index', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
	i.relname::text AS index_name, x.indisunique AS is_unique,
	x.indisprimary AS is_primary, x.indpred IS NOT NULL AS is_partial,
	-- NULL where the index is over an expression
	pg_catalog.array_agg(a.attname::text ORDER BY u.ordinal) AS columns
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	JOIN {catalog_pg_index} x ON x.indrelid = c.oid
	JOIN {catalog_pg_class} i ON i.oid = x.indexrelid
	JOIN LATERAL pg_catalog.unnest(x.indkey::smallint[])
		WITH ORDINALITY AS u (attnum, ordinal) ON u.ordinal <= x.indnkeyatts
	LEFT JOIN {catalog_pg_attribute} a
		ON a.attrelid = c.oid AND a.attnum = u.attnum AND u.attnum > 0
WHERE n.nspname = {schema}
GROUP BY c.oid, c.relname, i.relname, x.indisunique, x.indisprimary,
	x.indpred IS NOT NULL
$query$),
	('postgres', 'physical_counter', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name, a.attname::text AS column_name,
	pg_catalog.quote_ident(sn.nspname::text) || '.'
		|| pg_catalog.quote_ident(s.relname::text) AS counter,
	q.last_value
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	JOIN {catalog_pg_depend} d ON d.refobjid = c.oid
	JOIN {catalog_pg_attribute} a
		ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
	JOIN {catalog_pg_class} s ON s.oid = d.objid
	JOIN {catalog_pg_namespace} sn ON sn.oid = s.relnamespace
	LEFT JOIN {catalog_pg_sequences} q
		ON q.schemaname = sn.nspname AND q.sequencename = s.relname
WHERE n.nspname = {schema}
	AND d.classid = 1259 AND d.refclassid = 1259
	AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
	AND s.relkind = 'S'
$query$),
	('sqlserver', 'physical_relation', $query$
SELECT o.object_id::bigint AS table_id, o.name AS table_name,
	CASE pg_catalog.btrim(o.type) WHEN 'U' THEN 'table' ELSE 'view'
		END AS kind,
	NULL::bigint AS row_count
FROM {catalog_schemas} s
	JOIN {catalog_objects} o ON o.schema_id = s.schema_id
WHERE osmeta.fold_name(s.name) = osmeta.fold_name({schema})
	AND pg_catalog.btrim(o.type) IN ('U', 'V')
$query$),
	-- index 0 is the heap, 1 the clustered index; units of type 2 hold LOBs
	('sqlserver', 'physical_size', $query$
SELECT o.object_id::bigint AS table_id, r.row_count,
	u.data_pages * 8192 AS data_bytes, u.index_pages * 8192 AS index_bytes,
	u.lob_pages * 8192 AS lob_bytes
FROM {catalog_schemas} s
	JOIN {catalog_objects} o ON o.schema_id = s.schema_id
	JOIN (SELECT p.object_id,
			pg_catalog.sum(p.rows)::bigint AS row_count
		FROM {catalog_partitions} p
		WHERE p.index_id IN (0, 1)
		GROUP BY p.object_id) AS r ON r.object_id = o.object_id
	LEFT JOIN (SELECT p.object_id,
			coalesce(pg_catalog.sum(a.total_pages)
				FILTER (WHERE a.type <> 2 AND p.index_id IN (0, 1)), 0)::bigint
				AS data_pages,
			coalesce(pg_catalog.sum(a.total_pages)
				FILTER (WHERE a.type <> 2 AND p.index_id > 1), 0)::bigint
				AS index_pages,
			coalesce(pg_catalog.sum(a.total_pages)
				FILTER (WHERE a.type = 2), 0)::bigint AS lob_pages
		FROM {catalog_partitions} p
			JOIN {catalog_allocation_units} a
				ON a.container_id = p.partition_id
		GROUP BY p.object_id) AS u ON u.object_id = o.object_id
WHERE osmeta.fold_name(s.name) = osmeta.fold_name({schema})
	AND pg_catalog.btrim(o.type) = 'U'
$query$),
	('sqlserver', 'physical_index', $query$
SELECT o.object_id::bigint AS table_id, o.name AS table_name,
	i.name AS index_name, i.is_unique <> 0 AS is_unique,
	i.is_primary_key <> 0 AS is_primary, i.has_filter <> 0 AS is_partial,
	pg_catalog.array_agg(c.name ORDER BY x.key_ordinal) AS columns
FROM {catalog_schemas} s
	JOIN {catalog_objects} o ON o.schema_id = s.schema_id
	JOIN {catalog_indexes} i ON i.object_id = o.object_id
	JOIN {catalog_index_columns} x
		ON x.object_id = i.object_id AND x.index_id = i.index_id
	JOIN {catalog_columns} c
		ON c.object_id = x.object_id AND c.column_id = x.column_id
WHERE osmeta.fold_name(s.name) = osmeta.fold_name({schema})
	AND pg_catalog.btrim(o.type) = 'U' AND x.key_ordinal > 0
GROUP BY o.object_id, o.name, i.name, i.is_unique, i.is_primary_key,
	i.has_filter
$query$),
	('sqlserver', 'physical_column', $query$
SELECT x.table_id, x.table_name, x.column_name, x.position, x.data_type, x.length,
	x.precision, x.scale,
	osmeta.type_with_modifier(d.local_type, d.modifier, x.length,
		x.precision, x.scale, {boolean_type}) AS local_type,
	x.is_nullable, x.is_identity,
	CASE WHEN x.is_identity THEN 'ALWAYS' END AS identity_generation,
	x.is_generated, x.has_default,
	osmeta.local_name(x.column_name) AS local_name, x.is_table
FROM (SELECT o.object_id::bigint AS table_id, o.name AS table_name,
		c.name AS column_name, c.column_id AS position,
		osmeta.fold_name(t.name) AS data_type,
		CASE WHEN osmeta.fold_name(t.name) IN ('nvarchar', 'nchar')
				AND c.max_length > 0 THEN c.max_length / 2
			WHEN osmeta.fold_name(t.name) IN ('varchar', 'char', 'binary',
				'varbinary') AND c.max_length > 0 THEN c.max_length
			END::bigint AS length,
		CASE WHEN osmeta.fold_name(t.name) IN ('decimal', 'numeric')
			THEN c.precision END::integer AS precision,
		CASE WHEN osmeta.fold_name(t.name) IN ('decimal', 'numeric')
			THEN c.scale END::integer AS scale,
		c.is_nullable <> 0 AS is_nullable, c.is_identity <> 0 AS is_identity,
		c.is_computed <> 0 AS is_generated,
		c.default_object_id <> 0 AS has_default,
		pg_catalog.btrim(o.type) = 'U' AS is_table
	FROM {catalog_schemas} s
		JOIN {catalog_objects} o ON o.schema_id = s.schema_id
		JOIN {catalog_columns} c ON c.object_id = o.object_id
		JOIN {catalog_types} t ON t.user_type_id = c.system_type_id
	WHERE osmeta.fold_name(s.name) = osmeta.fold_name({schema})
		AND pg_catalog.btrim(o.type) IN ('U', 'V')) AS x
	LEFT JOIN osmeta.dialect_type d
		ON d.dialect = 'sqlserver' AND d.remote_type = x.data_type
$query$),
	('sqlserver', 'physical_key', $query$
SELECT k.object_id::bigint AS table_id, k.table_name, k.key_name, k.kind,
	pg_catalog.array_agg(c.name ORDER BY k.ordinal) AS columns,
	k.target_table, k.delete_action
FROM (SELECT o.object_id, o.name AS table_name, i.name AS key_name,
		CASE WHEN i.is_primary_key <> 0 THEN 'p' ELSE 'u' END AS kind,
		NULL::text AS target_table, NULL::text AS delete_action,
		x.column_id, x.key_ordinal::integer AS ordinal
	FROM {catalog_schemas} s
		JOIN {catalog_objects} o ON o.schema_id = s.schema_id
		JOIN {catalog_indexes} i ON i.object_id = o.object_id
		JOIN {catalog_index_columns} x
			ON x.object_id = i.object_id AND x.index_id = i.index_id
	WHERE osmeta.fold_name(s.name) = osmeta.fold_name({schema})
		AND i.is_unique <> 0 AND i.has_filter = 0 AND x.key_ordinal > 0
	UNION ALL
	SELECT o.object_id, o.name, f.name, 'f', r.name,
		CASE f.delete_referential_action WHEN 1 THEN 'cascade'
			WHEN 2 THEN 'set null' WHEN 3 THEN 'set default'
			ELSE 'no action' END,
		x.parent_column_id, x.constraint_column_id
	FROM {catalog_schemas} s
		JOIN {catalog_objects} o ON o.schema_id = s.schema_id
		JOIN {catalog_foreign_keys} f ON f.parent_object_id = o.object_id
		JOIN {catalog_objects} r ON r.object_id = f.referenced_object_id
		JOIN {catalog_foreign_key_columns} x
			ON x.constraint_object_id = f.object_id
	WHERE osmeta.fold_name(s.name) = osmeta.fold_name({schema})) AS k
	JOIN {catalog_columns} c
		ON c.object_id = k.object_id AND c.column_id = k.column_id
GROUP BY k.object_id, k.table_name, k.key_name, k.kind, k.target_table,
	k.delete_action
$query$),
	-- the number of rows is what the engine's statistics say
	('oracle', 'physical_relation', $query$
SELECT o.object_id::bigint AS table_id, o.object_name AS table_name,
	osmeta.fold_name(o.object_type) AS kind, t.num_rows::bigint AS row_count
FROM {catalog_all_objects} o
	LEFT JOIN {catalog_all_tables} t
		ON t.owner = o.owner AND t.table_name = o.object_name
		AND o.object_type = 'TABLE'
WHERE o.owner = {schema} AND o.object_type IN ('TABLE', 'VIEW')
$query$),
	-- segments can be seen by few: without that right sizes are NULL
	('oracle', 'physical_size', $query$
SELECT o.object_id::bigint AS table_id, NULL::bigint AS row_count,
	coalesce(d.bytes, 0)::bigint AS data_bytes,
	coalesce(i.bytes, 0)::bigint AS index_bytes,
	coalesce(l.bytes, 0)::bigint AS lob_bytes
FROM {catalog_all_objects} o
	LEFT JOIN (SELECT g.segment_name, pg_catalog.sum(g.bytes) AS bytes
		FROM {catalog_dba_segments} g
		WHERE g.owner = {schema}
		GROUP BY g.segment_name) AS d ON d.segment_name = o.object_name
	LEFT JOIN (SELECT x.table_name, pg_catalog.sum(g.bytes) AS bytes
		FROM {catalog_all_indexes} x
			JOIN {catalog_dba_segments} g
				ON g.owner = x.owner AND g.segment_name = x.index_name
		WHERE x.table_owner = {schema}
			AND NOT EXISTS (SELECT 1 FROM {catalog_all_lobs} b
				WHERE b.owner = x.owner AND b.index_name = x.index_name)
		GROUP BY x.table_name) AS i ON i.table_name = o.object_name
	LEFT JOIN (SELECT b.table_name, pg_catalog.sum(g.bytes) AS bytes
		FROM (SELECT a.owner, a.table_name, a.segment_name
				FROM {catalog_all_lobs} a
				UNION ALL
				SELECT a.owner, a.table_name, a.index_name
				FROM {catalog_all_lobs} a) AS b
			JOIN {catalog_dba_segments} g
				ON g.owner = b.owner AND g.segment_name = b.segment_name
		WHERE b.owner = {schema}
		GROUP BY b.table_name) AS l ON l.table_name = o.object_name
WHERE o.owner = {schema} AND o.object_type = 'TABLE'
$query$),
	('oracle', 'physical_index', $query$
SELECT o.object_id::bigint AS table_id, x.table_name, x.index_name,
	x.uniqueness = 'UNIQUE' AS is_unique,
	k.index_name IS NOT NULL AS is_primary, false AS is_partial,
	-- NULL where the index is over an expression
	pg_catalog.array_agg(CASE
		WHEN c.column_name !~ '^SYS_NC[0-9]+[$]$' THEN c.column_name END
		ORDER BY c.column_position) AS columns
FROM {catalog_all_indexes} x
	JOIN {catalog_all_objects} o ON o.owner = x.table_owner
		AND o.object_name = x.table_name AND o.object_type = 'TABLE'
	JOIN {catalog_all_ind_columns} c
		ON c.index_owner = x.owner AND c.index_name = x.index_name
	LEFT JOIN (SELECT DISTINCT p.owner, p.index_name
		FROM {catalog_all_constraints} p
		WHERE p.constraint_type = 'P' AND p.index_name IS NOT NULL) AS k
		ON k.owner = x.owner AND k.index_name = x.index_name
WHERE x.table_owner = {schema}
GROUP BY o.object_id, x.table_name, x.index_name, x.uniqueness, k.index_name
$query$),
	('oracle', 'physical_column', $query$
SELECT o.object_id::bigint AS table_id, x.table_name, x.column_name, x.position, x.data_type, x.length,
	x.precision, x.scale,
	osmeta.type_with_modifier(d.local_type, d.modifier, x.length,
		x.precision, x.scale, {boolean_type}) AS local_type,
	x.is_nullable, x.is_identity,
	CASE WHEN x.is_identity THEN 'ALWAYS' END AS identity_generation,
	x.is_generated, x.has_default,
	osmeta.local_name(x.column_name) AS local_name,
	o.object_type = 'TABLE' AS is_table
FROM (SELECT c.table_name, c.column_name, c.column_id::integer AS position,
		pg_catalog.btrim(osmeta.fold_name(
			pg_catalog.split_part(c.data_type, '(', 1))) AS data_type,
		NULLIF(c.char_length, 0)::bigint AS length,
		c.data_precision::integer AS precision,
		c.data_scale::integer AS scale,
		c.nullable = 'Y' AS is_nullable,
		COALESCE(c.identity_column = 'YES', false) AS is_identity,
		COALESCE(c.virtual_column = 'YES', false) AS is_generated,
		COALESCE(c.default_length > 0, false) AS has_default
	FROM {catalog_all_tab_cols} c
	WHERE c.owner = {schema}
		AND c.hidden_column = 'NO') AS x
	JOIN {catalog_all_objects} o ON o.owner = {schema}
		AND o.object_name = x.table_name AND o.object_type IN ('TABLE', 'VIEW')
	LEFT JOIN osmeta.dialect_type d
		ON d.dialect = 'oracle' AND d.remote_type = x.data_type
$query$),
	('oracle', 'physical_key', $query$
SELECT o.object_id::bigint AS table_id, k.table_name, k.constraint_name AS key_name,
	CASE k.constraint_type WHEN 'P' THEN 'p' WHEN 'U' THEN 'u' ELSE 'f'
		END AS kind,
	pg_catalog.array_agg(c.column_name ORDER BY c.position) AS columns,
	r.table_name AS target_table,
	osmeta.fold_name(k.delete_rule) AS delete_action
FROM {catalog_all_constraints} k
	JOIN {catalog_all_objects} o ON o.owner = k.owner
		AND o.object_name = k.table_name AND o.object_type IN ('TABLE', 'VIEW')
	JOIN {catalog_all_cons_columns} c
		ON c.owner = k.owner AND c.constraint_name = k.constraint_name
	LEFT JOIN {catalog_all_constraints} r
		ON r.owner = k.r_owner AND r.constraint_name = k.r_constraint_name
WHERE k.owner = {schema} AND k.constraint_type IN ('P', 'U', 'R')
GROUP BY o.object_id, k.table_name, k.constraint_name, k.constraint_type,
	r.table_name, k.delete_rule
$query$);

/*
 * A tenant view shows the columns of its table: OSSYS_USER_T1 holds what
 * OSSYS_USER does.
 */
CREATE FUNCTION osmeta.is_secret_column(table_name text, column_name text)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN EXISTS (SELECT 1
	FROM osmeta.ossys_column AS c
		JOIN osmeta.ossys_table AS t ON t.table_name = c.table_name
	WHERE c.is_secret
		AND c.column_name = osmeta.fold_name(is_secret_column.column_name)
		AND t.physical_name = regexp_replace(
			osmeta.fold_name(is_secret_column.table_name), '_t[0-9]+$', ''));
COMMENT ON FUNCTION osmeta.is_secret_column(text, text) IS
	'Internal: is a column of a physical table one that must never be declared?';
