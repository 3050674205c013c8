-- Makes a factory of the model and of what the factory decides: the rows of
-- the OSSYS tables, then the physical tables with their keys, as publishing
-- would.  Included by prod.sql and qa.sql inside their transaction.

-- ---------------------------------------------------------------------------
-- The metamodel's rows.  Secret columns hold a text that a test can look for.
-- ---------------------------------------------------------------------------

INSERT INTO "OSSYS_DBCATALOG" ("ID", "NAME", "Logical_Name", "DESCRIPTION",
	"DataTablespace", "IndexTablespace", "USEINTEGRATEDAUTH",
	"USERNAME", "PASSWORD", "OwnerUsername", "OwnerPassword")
VALUES (1, '(Main)', '', 'The catalog of the platform', '', '', false,
	'PLANTED-SECRET-catalog-user', 'PLANTED-SECRET-catalog-password',
	'PLANTED-SECRET-catalog-owner', 'PLANTED-SECRET-catalog-owner-password');

INSERT INTO "OSSYS_ESPACE" ("ID", "NAME", "IS_MULTITENANT", "IS_ACTIVE", "SS_KEY",
	"IS_SYSTEM", "VERSION_ID", "IS_CONSISTENT", "IS_USER_PROVIDER",
	"USER_PROVIDER_NAME", "USER_PROVIDER_KEY", "Is_Locked", "DBCatalog_Id",
	"HMAC", "HMACVersion", "EspaceKind")
SELECT h.id, e.espace, e.note LIKE '%multitenant%', e.note NOT LIKE '%deleted%', e.ss_key,
	e.note LIKE '%system%', h.version_id, true, e.note LIKE '%provider%',
	provider.espace, provider.ss_key, false, 1,
	'PLANTED-SECRET-hmac-' || h.id, 'PLANTED-SECRET-hmac-version', e.kind
FROM model_espace e
JOIN here_module h ON h.module = e.espace
JOIN model_espace provider
	ON provider.espace = CASE e.espace WHEN 'ServiceCenter' THEN 'ServiceCenter' ELSE 'Users' END
ORDER BY h.id;

INSERT INTO "OSSYS_EXTENSION" ("Id", "Name", "SS_Key", "Is_System", "Version_Id",
	"IS_ACTIVE", "Published_Date", "Published_By")
SELECT h.id, x.extension, x.ss_key, false, h.version_id,
	true, timestamp '2021-02-03 09:00:00', NULL
FROM model_extension x
JOIN here_module h ON h.module = x.extension;

INSERT INTO "OSSYS_MODULE" ("ID", "MODULE_KIND_ID", "ESPACE_ID", "EXTENSION_ID")
SELECT h.module_id, CASE WHEN e.espace IS NULL THEN 2 ELSE 1 END,
	CASE WHEN e.espace IS NOT NULL THEN h.id END,
	CASE WHEN e.espace IS NULL THEN h.id END
FROM here_module h
LEFT JOIN model_espace e ON e.espace = h.module
ORDER BY h.module_id;

INSERT INTO "OSSYS_APPLICATION" ("ID", "NAME", "DESCRIPTION", "ENTRY_ESPACE_ID",
	"DEFAULTTHEMEISMOBILE", "KEY", "IS_ACTIVE", "DISABLED", "APPLICATIONKIND",
	"TEMPLATEKEY", "PRIMARYCOLOR", "NATIVEHASH")
SELECT h.id, a.application, a.description,
	(SELECT m.id
	 FROM model_application_module am
	 JOIN here_module m ON m.module = am.module
	 JOIN model_espace e ON e.espace = am.module
	 WHERE am.application = a.application
	 ORDER BY e.espace DESC
	 LIMIT 1),
	false, md5('application ' || a.application)::uuid, a.note <> 'deleted', false, 1,
	'', '#1068eb', 'PLANTED-SECRET-native-hash-' || h.id
FROM model_application a
JOIN here_application h USING (application)
ORDER BY h.id;

INSERT INTO "OSSYS_APP_DEFINITION_MODULE" ("ID", "MODULE_ID", "application_id")
SELECT row_number() OVER (ORDER BY m.module_id) + a.id * 10, m.module_id, a.id
FROM model_application_module am
JOIN here_application a USING (application)
JOIN here_module m USING (module);

-- Attributes with everything that the next statements ask of them: the type
-- taken apart, and the table and column that they stand in.
CREATE TEMP TABLE built_attribute ON COMMIT DROP AS
SELECT a.entity, a.attribute, a.position, a.ss_key, a.note, h.id,
	row_number() OVER (PARTITION BY a.entity ORDER BY a.position) AS order_num,
	CASE WHEN a.type LIKE 'rt%' THEN regexp_replace(a.type, '\(.*', '') END AS basic_type,
	CASE WHEN a.type NOT LIKE 'rt%' THEN a.type END AS refers_to,
	coalesce(substring(a.type FROM '\((\d+)')::integer,
		CASE a.type WHEN 'rtEmail' THEN 250 WHEN 'rtPhoneNumber' THEN 20 WHEN 'rtCurrency' THEN 37 ELSE 0 END) AS length,
	coalesce(substring(a.type FROM ',(\d+)')::integer,
		CASE a.type WHEN 'rtCurrency' THEN 8 ELSE 0 END) AS decimals,
	coalesce(substring(a.note FROM 'Delete|Ignore'), 'Protect') AS delete_rule,
	coalesce(a.database_name, upper(left(a.attribute, 28) COLLATE "C")) AS column_name
FROM model_attribute a
JOIN here_attribute h USING (entity, attribute);

CREATE TEMP TABLE built_entity ON COMMIT DROP AS
SELECT e.*, h.id, h.physical_table_name,
	coalesce(h.table_name, h.physical_table_name) AS table_name,
	split_part(replace(e.entity, '/old', ''), '.', 2) AS name,
	owner.module AS owner, coalesce(s.ss_key, x.ss_key) AS owner_key,
	CASE WHEN s.espace IS NOT NULL THEN owner.id END AS espace_id,
	CASE WHEN x.extension IS NOT NULL THEN owner.id END AS extension_id,
	e.note NOT LIKE '%external%' AND e.note NOT LIKE '%system%' AS has_own_table
FROM model_entity e
JOIN here_entity h USING (entity)
JOIN here_module owner ON owner.module = split_part(e.entity, '.', 1)
LEFT JOIN model_espace s ON s.espace = owner.module
LEFT JOIN model_extension x ON x.extension = owner.module;

INSERT INTO "OSSYS_ENTITY" ("ID", "PHYSICAL_TABLE_NAME", "NAME", "ESPACE_ID", "SS_KEY",
	"MULTITENANT", "MULTITENANT_VIEW", "IS_ACTIVE", "IS_SYSTEM", "IS_EXTERNAL",
	"PRIMARYKEY_SS_KEY", "DESCRIPTION", "Extension_Id", "GENERATION",
	"Is_Active_Attribute", "Label_Attribute", "Order_By_Attribute",
	"Data_Kind", "Multilingual", "Multilingual_Table_Name",
	"Expose_Process_Events", "Event_Table_Name", "Base_View_Name")
SELECT e.id, e.physical_table_name, e.name, e.espace_id, e.ss_key,
	e.note LIKE '%multitenant%', e.note LIKE '%multitenant%', e.note NOT LIKE '%deleted%',
	e.note LIKE '%system%', e.note LIKE '%external%',
	pk.ss_key, e.description, e.extension_id, CASE WHEN e.note LIKE '%external%' THEN -1 ELSE 1 END,
	active.ss_key, label.ss_key, ordering.ss_key,
	e.data_kind, false, '',
	e.note LIKE '%events%', regexp_replace(e.physical_table_name, '^os(usr|sys)_', 'OSEVT_', 'i'),
	CASE WHEN e.note LIKE '%multitenant%' THEN e.physical_table_name ELSE '' END
FROM built_entity e
JOIN built_attribute pk ON pk.entity = e.entity AND pk.order_num = 1
LEFT JOIN built_attribute active ON active.entity = e.entity AND active.attribute = e.is_active
LEFT JOIN built_attribute label ON label.entity = e.entity AND label.attribute = e.label
LEFT JOIN built_attribute ordering ON ordering.entity = e.entity AND ordering.attribute = e.order_by
ORDER BY e.id;

INSERT INTO "OSSYS_ENTITY_ATTR" ("ID", "ENTITY_ID", "NAME", "DESCRIPTION", "SS_KEY", "TYPE",
	"LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE",
	"DEFAULT_LABEL", "DEFAULT_VALUE", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
SELECT a.id, e.id, a.attribute, '', a.ss_key,
	coalesce(a.basic_type, 'bt' || target.owner_key || '*' || target.ss_key),
	a.length, a.decimals, a.note LIKE '%mandatory%', a.note LIKE '%auto%', a.delete_rule,
	a.attribute, '', a.note NOT LIKE '%deleted%', a.order_num, a.column_name
FROM built_attribute a
JOIN built_entity e ON e.entity = a.entity
LEFT JOIN built_entity target ON target.entity = a.refers_to
ORDER BY a.id;

INSERT INTO "OSSYS_ENTITY_RECORD" ("Id", "Data_Id", "Name", "SS_Key", "Entity_SS_Key", "Espace_Id", "Is_Active")
SELECT h.id, h.data_id, r.record, r.ss_key, e.ss_key, e.espace_id, r.note <> 'deleted'
FROM model_record r
JOIN here_record h USING (entity, record)
JOIN built_entity e USING (entity)
ORDER BY h.id;

-- Who uses what of another module: the references say it.
INSERT INTO "OSSYS_ESPACE_ENTITY" ("ESPACE_ID", "ENTITY_ID", "READ_ONLY", "MULTITENANT_VIEW", "NAME")
SELECT DISTINCT e.espace_id, target.id, target.note LIKE '%system%', false, target.name
FROM built_attribute a
JOIN built_entity e ON e.entity = a.entity
JOIN built_entity target ON target.entity = a.refers_to
WHERE target.owner <> e.owner
ORDER BY 1, 2;

INSERT INTO "OSSYS_ESPACE_REFERENCE" ("CONSUMER_KEY", "PRODUCER_KEY", "NAME", "IS_BROKEN")
SELECT DISTINCT e.owner_key, target.owner_key, target.owner, false
FROM built_attribute a
JOIN built_entity e ON e.entity = a.entity
JOIN built_entity target ON target.entity = a.refers_to
WHERE target.owner <> e.owner
ORDER BY 1, 2;

INSERT INTO "OSSYS_ESPACE_EXTENSION" ("ESPACE_ID", "EXTENSION_ID")
SELECT DISTINCT e.espace_id, target.extension_id
FROM built_attribute a
JOIN built_entity e ON e.entity = a.entity
JOIN built_entity target ON target.entity = a.refers_to
WHERE target.extension_id IS NOT NULL
ORDER BY 1, 2;

INSERT INTO "OSSYS_ROLE" ("ID", "ESPACE_ID", "SS_KEY", "NAME", "DESCRIPTION", "PERSISTENT", "IS_ACTIVE")
SELECT h.id, m.id, md5('role ' || r.role)::uuid, split_part(r.role, '.', 2), r.description, true, true
FROM model_role r
JOIN here_role h USING (role)
JOIN here_module m ON m.module = split_part(r.role, '.', 1)
ORDER BY h.id;

-- ---------------------------------------------------------------------------
-- The physical tables.  The column of a reference has the type of its
-- target's identifier, which may itself be a reference.
-- ---------------------------------------------------------------------------

CREATE TEMP TABLE built_column ON COMMIT DROP AS
WITH RECURSIVE identifier AS (
	SELECT a.entity, a.basic_type, a.length, a.decimals
	FROM built_attribute a
	WHERE a.order_num = 1 AND a.basic_type IS NOT NULL
	UNION ALL
	SELECT a.entity, i.basic_type, i.length, i.decimals
	FROM identifier i
	JOIN built_attribute a ON a.order_num = 1 AND a.refers_to = i.entity
), typed AS (
	SELECT a.entity, a.attribute, a.order_num, a.column_name, a.note,
		coalesce(a.basic_type, i.basic_type) AS basic_type,
		CASE WHEN i.entity IS NULL THEN a.length ELSE i.length END AS length,
		CASE WHEN i.entity IS NULL THEN a.decimals ELSE i.decimals END AS decimals
	FROM built_attribute a
	LEFT JOIN identifier i ON i.entity = a.refers_to
)
SELECT entity, order_num, column_name, note,
	CASE basic_type
		WHEN 'rtText' THEN CASE WHEN length > 2000 THEN 'text' ELSE format('varchar(%s)', length) END
		WHEN 'rtEmail' THEN 'varchar(250)'
		WHEN 'rtPhoneNumber' THEN 'varchar(20)'
		WHEN 'rtInteger' THEN 'integer'
		WHEN 'rtLongInteger' THEN 'bigint'
		WHEN 'rtDecimal' THEN format('numeric(%s,%s)', length, decimals)
		WHEN 'rtCurrency' THEN 'numeric(37,8)'
		WHEN 'rtBoolean' THEN 'boolean'
		WHEN 'rtBinaryData' THEN 'bytea'
		ELSE 'timestamp(3)'
	END AS type
FROM typed;

SELECT format('CREATE TABLE %I (%s, CONSTRAINT %I PRIMARY KEY (%I))',
	e.table_name,
	string_agg(format('%I %s', c.column_name, c.type)
		|| CASE WHEN c.note LIKE '%auto%' THEN ' GENERATED BY DEFAULT AS IDENTITY' ELSE '' END,
		', ' ORDER BY c.order_num),
	'OSPRK_' || e.table_name,
	(array_agg(c.column_name ORDER BY c.order_num))[1])
FROM built_entity e
JOIN built_column c USING (entity)
WHERE e.has_own_table
GROUP BY e.entity, e.id, e.table_name
ORDER BY e.id
\gexec

-- Protect and Delete have a foreign key and an index; Ignore has neither.
SELECT statement
FROM built_attribute a
JOIN built_entity e ON e.entity = a.entity
JOIN built_entity target ON target.entity = a.refers_to
CROSS JOIN LATERAL (VALUES
	(1, format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES %I%s',
		e.table_name,
		'OSFRK_' || e.table_name || '_' || target.table_name || '_' || a.column_name,
		a.column_name,
		CASE WHEN target.has_own_table THEN target.table_name ELSE upper(target.table_name COLLATE "C") END,
		CASE a.delete_rule WHEN 'Delete' THEN ' ON DELETE CASCADE' ELSE '' END)),
	(2, CASE WHEN a.order_num > 1 THEN format('CREATE INDEX %I ON %I (%I)',
		'OSIDX_' || e.table_name || '_' || length(a.column_name) || a.column_name,
		e.table_name,
		a.column_name) END)
) AS s (step, statement)
WHERE e.has_own_table
	AND a.delete_rule <> 'Ignore'
	AND target.note NOT LIKE '%external%'
	AND statement IS NOT NULL
ORDER BY a.id, step
\gexec

-- The event table of an entity that can start processes
SELECT format('CREATE TABLE %I (%s)',
	regexp_replace(e.table_name, '^OSUSR_', 'OSEVT_'),
	concat_ws(', ',
		'"_ESPACE_ID" integer', '"_TENANT_ID" integer', '"_ACTIVITY_ID" integer',
		'"_PROCESS_DEF_ID" integer', '"_IS_UPDATE" boolean', '"_IS_LIGHT" boolean',
		(SELECT string_agg(format('%I %s', c.column_name, c.type), ', ' ORDER BY c.order_num)
		 FROM built_column c
		 JOIN built_attribute a ON a.entity = c.entity AND a.order_num = c.order_num
		 WHERE c.entity = e.entity AND (c.order_num = 1 OR a.refers_to IS NOT NULL))))
FROM built_entity e
WHERE e.note LIKE '%events%'
\gexec

-- The rows of static entities; those of deleted records are gone.
SELECT format('INSERT INTO %I ("ID", "LABEL", "ORDER", "IS_ACTIVE") VALUES (%L, %L, %L, true)',
	e.table_name, h.data_id, r.label, r.position)
FROM model_record r
JOIN here_record h USING (entity, record)
JOIN built_entity e USING (entity)
WHERE r.note <> 'deleted'
ORDER BY e.id, h.data_id
\gexec
