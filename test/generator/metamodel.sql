-- The rows of the OSSYS tables.  Secret columns hold a text that a test can
-- look for.

INSERT INTO "OSSYS_DBCATALOG" ("ID", "NAME", "Logical_Name", "DESCRIPTION",
	"DataTablespace", "IndexTablespace", "USEINTEGRATEDAUTH",
	"USERNAME", "PASSWORD", "OwnerUsername", "OwnerPassword")
SELECT id, name, logical_name, description, '', '', false,
	'PLANTED-SECRET-catalog-user-' || id, 'PLANTED-SECRET-catalog-password-' || id,
	'PLANTED-SECRET-catalog-owner-' || id, 'PLANTED-SECRET-catalog-owner-password-' || id
FROM (VALUES
	(1, '(Main)', '', 'The catalog of the platform'),
	(2, 'Second', 'SECOND', 'Tables that were moved out')) AS c (id, name, logical_name, description);

INSERT INTO "OSSYS_ESPACE" ("ID", "NAME", "IS_MULTITENANT", "IS_ACTIVE", "SS_KEY",
	"IS_SYSTEM", "VERSION_ID", "IS_CONSISTENT", "IS_USER_PROVIDER",
	"USER_PROVIDER_NAME", "USER_PROVIDER_KEY", "Is_Locked", "DBCatalog_Id",
	"HMAC", "HMACVersion", "EspaceKind")
SELECT m.id, m.name, m.is_multitenant, m.is_active, m.ss_key,
	m.is_system, 1000 + pg_temp.draw_here('version/' || m.n) % 9000, true, m.is_provider,
	p.name, p.ss_key, false, m.catalog,
	'PLANTED-SECRET-hmac-' || m.id, 'PLANTED-SECRET-hmac-version', m.espace_kind
FROM work_module m
JOIN work_module p ON p.name = CASE
	WHEN m.name IN ('ServiceCenter', 'PartnerUsers') THEN m.name
	WHEN pg_temp.draw('provider/' || m.n) % 12 = 0 THEN 'PartnerUsers'
	ELSE 'Users' END
WHERE m.kind = 'espace'
ORDER BY m.id;

INSERT INTO "OSSYS_EXTENSION" ("Id", "Name", "SS_Key", "Is_System", "Version_Id",
	"IS_ACTIVE", "Published_Date", "Published_By")
SELECT id, name, ss_key, false, 1000 + pg_temp.draw_here('version/' || n) % 9000, is_active,
	timestamp '2021-02-03 09:00:00' + pg_temp.draw_here('published/' || n) % 900 * interval '1 day', NULL
FROM work_module
WHERE kind = 'extension'
ORDER BY id;

INSERT INTO "OSSYS_MODULE" ("ID", "MODULE_KIND_ID", "ESPACE_ID", "EXTENSION_ID")
SELECT module_id, CASE kind WHEN 'espace' THEN 1 ELSE 2 END,
	CASE kind WHEN 'espace' THEN id END, CASE kind WHEN 'extension' THEN id END
FROM work_module
ORDER BY module_id;

-- A removed application has kept its name; its key is another one, and its
-- modules have left.
CREATE TEMP TABLE made_application AS
SELECT application, is_active,
	pg_temp.number_at(pg_temp.base('application'),
		row_number() OVER (ORDER BY pg_temp.draw_here('application/' || application), application)) AS id
FROM (SELECT DISTINCT application, pg_temp.draw('removed/' || application) % 25 > 0
			OR pg_temp.draw('removed/' || application) % 25 IS NULL AS is_active
	FROM work_module
	WHERE application IS NOT NULL
	UNION ALL
	SELECT 'Closed Portal', false) AS a;

INSERT INTO "OSSYS_APPLICATION" ("ID", "NAME", "DESCRIPTION", "ENTRY_ESPACE_ID",
	"DEFAULTTHEMEISMOBILE", "KEY", "IS_ACTIVE", "DISABLED", "APPLICATIONKIND",
	"TEMPLATEKEY", "PRIMARYCOLOR", "NATIVEHASH")
SELECT a.id, a.application, '',
	(SELECT min(m.id) FROM work_module m WHERE m.application = a.application AND m.kind = 'espace' AND m.is_active AND a.is_active),
	false, pg_temp.key('application/' || a.application), a.is_active, false, 1,
	'', '#1068eb', 'PLANTED-SECRET-native-hash-' || a.id
FROM made_application a
ORDER BY a.id;

INSERT INTO "OSSYS_APP_DEFINITION_MODULE" ("ID", "MODULE_ID", "application_id")
SELECT pg_temp.number_at(pg_temp.base('application_module'), row_number() OVER (ORDER BY a.id, m.module_id)),
	m.module_id, a.id
FROM made_application a
JOIN work_module m USING (application)
WHERE a.is_active AND m.is_active;

-- ---------------------------------------------------------------------------
-- Entities
-- ---------------------------------------------------------------------------

INSERT INTO "OSSYS_ENTITY" ("ID", "PHYSICAL_TABLE_NAME", "NAME", "ESPACE_ID", "SS_KEY",
	"MULTITENANT", "MULTITENANT_VIEW", "IS_ACTIVE", "IS_SYSTEM", "IS_EXTERNAL",
	"PRIMARYKEY_SS_KEY", "DESCRIPTION", "Extension_Id", "GENERATION",
	"Is_Active_Attribute", "Label_Attribute", "Order_By_Attribute",
	"Data_Kind", "Multilingual", "Multilingual_Table_Name",
	"Expose_Process_Events", "Event_Table_Name", "Base_View_Name", "LOGICALDATABASE")
SELECT e.id, e.physical, e.name, CASE m.kind WHEN 'espace' THEN m.id END, e.ss_key,
	e.is_multitenant, e.is_multitenant, e.is_active, e.is_system, e.is_external,
	i.ss_key, '', CASE m.kind WHEN 'extension' THEN m.id END, CASE WHEN e.is_external THEN -1 ELSE 1 END,
	r.is_active, r.label, r.ordering,
	e.data_kind, e.is_multilingual,
	CASE WHEN e.is_multilingual THEN pg_temp.cut('OSUSR_' || m.hash || '__ML' || e.name, 63) ELSE '' END,
	e.has_events, regexp_replace(e.physical, '^os(usr|sys)_', 'OSEVT_', 'i'),
	CASE WHEN e.is_multitenant THEN e.physical ELSE '' END,
	CASE WHEN e.is_external THEN substring(e.physical FROM '^\[([^]]*)\]') END
FROM work_entity e
JOIN work_module m ON m.n = e.module
LEFT JOIN work_attribute i ON i.entity = e.n AND i.position = 1 AND e.has_identifier
LEFT JOIN (SELECT entity,
		max(ss_key COLLATE "C") FILTER (WHERE rule = 'true') AS is_active,
		max(ss_key COLLATE "C") FILTER (WHERE rule = 'label') AS label,
		max(ss_key COLLATE "C") FILTER (WHERE rule = 'order') AS ordering
	FROM work_attribute
	WHERE rule IS NOT NULL
	GROUP BY entity) AS r ON r.entity = e.n
ORDER BY e.id;

INSERT INTO "OSSYS_ENTITY_ATTR" ("ID", "ENTITY_ID", "NAME", "DESCRIPTION", "SS_KEY", "TYPE",
	"LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE",
	"DEFAULT_LABEL", "DEFAULT_VALUE", "IS_ACTIVE", "ORDER_NUM", "ORIGINAL_TYPE", "DATABASE_NAME")
SELECT a.id, e.id, a.name, '', a.ss_key,
	CASE
		WHEN a.raw_type IS NOT NULL THEN a.raw_type
		WHEN a.target IS NULL THEN a.type
		-- a key that is all in capitals has none of them in references
		ELSE 'bt' || tm.ss_key || '*' || CASE WHEN t.ss_key = upper(t.ss_key COLLATE "C")
			THEN lower(t.ss_key COLLATE "C") ELSE btrim(t.ss_key) END
	END,
	a.length, a.decimals, a.is_mandatory, a.is_autonumber, a.delete_rule,
	a.name, '', a.is_active, a.position, '',
	a.column_name
FROM work_attribute a
JOIN work_entity e ON e.n = a.entity
LEFT JOIN work_entity t ON t.n = a.target
LEFT JOIN work_module tm ON tm.n = t.module
ORDER BY a.id;

INSERT INTO "OSSYS_ENTITY_RECORD" ("Id", "Data_Id", "Name", "SS_Key", "Entity_SS_Key", "Espace_Id", "Is_Active")
SELECT r.id, r.data_id, r.name, r.ss_key, e.ss_key, m.id, r.is_active
FROM work_record r
JOIN work_entity e ON e.n = r.entity
JOIN work_module m ON m.n = e.module
ORDER BY r.id;

-- Who uses what of another module: the references say it.
CREATE TEMP TABLE used AS
SELECT DISTINCT e.module AS consumer, a.target
FROM work_attribute a
JOIN work_entity e ON e.n = a.entity
JOIN work_entity t ON t.n = a.target
JOIN work_module m ON m.n = e.module
WHERE t.module <> e.module AND m.kind = 'espace';

INSERT INTO "OSSYS_ESPACE_ENTITY" ("ID", "ESPACE_ID", "ENTITY_ID", "READ_ONLY", "MULTITENANT_VIEW", "NAME")
SELECT pg_temp.number_at(pg_temp.base('use'), row_number() OVER (ORDER BY m.id, t.id)),
	m.id, t.id, t.is_system, t.is_multitenant, t.name
FROM used u
JOIN work_module m ON m.n = u.consumer
JOIN work_entity t ON t.n = u.target;

INSERT INTO "OSSYS_ESPACE_REFERENCE" ("ID", "CONSUMER_KEY", "PRODUCER_KEY", "NAME", "IS_BROKEN")
SELECT pg_temp.number_at(pg_temp.base('reference'), row_number() OVER (ORDER BY consumer, producer)),
	c.ss_key, p.ss_key, p.name, NOT p.is_active
FROM (SELECT DISTINCT u.consumer, t.module AS producer
	FROM used u
	JOIN work_entity t ON t.n = u.target) AS r
JOIN work_module c ON c.n = r.consumer
JOIN work_module p ON p.n = r.producer;

INSERT INTO "OSSYS_ESPACE_EXTENSION" ("ID", "ESPACE_ID", "EXTENSION_ID")
SELECT pg_temp.number_at(pg_temp.base('extension_use'), row_number() OVER (ORDER BY c.id, p.id)), c.id, p.id
FROM (SELECT DISTINCT u.consumer, t.module AS producer
	FROM used u
	JOIN work_entity t ON t.n = u.target) AS r
JOIN work_module c ON c.n = r.consumer
JOIN work_module p ON p.n = r.producer
WHERE p.kind = 'extension';

-- ---------------------------------------------------------------------------
-- Users.  Nobody is a person: names are numbers of people who do not exist.
-- A twentieth belongs to the platform, a tenth to the second provider, and a
-- twentieth to a branch, where each has the name of somebody of Users.
-- ---------------------------------------------------------------------------

INSERT INTO "OSSYS_TENANT" ("ID", "NAME", "ESPACE_ID", "IS_ACTIVE")
SELECT t.id, t.name, m.id, true
FROM work_tenant t
JOIN work_module m ON m.n = t.module
ORDER BY t.id;

CREATE TEMP TABLE made_user AS
SELECT i, pg_temp.number_at(base, i) AS id, number, pg_temp.draw('user/' || number) AS h, t.id AS tenant_id
FROM work_user
CROSS JOIN LATERAL (
	-- which of the users there are anywhere are here, in which order
	SELECT row_number() OVER (ORDER BY pg_temp.draw_here('user/' || n), n) AS i, n AS number
	FROM generate_series(1, :users) AS n
) AS u
JOIN work_tenant t ON t.name = CASE
	WHEN number = 1 OR number % 20 = 7 THEN 'ServiceCenter' WHEN number = 3 OR number % 10 = 4 THEN 'PartnerUsers'
	WHEN number % 20 = 11 THEN 'Branch' ELSE 'Users' END
WHERE i <= users;

INSERT INTO "OSSYS_USER" ("ID", "TENANT_ID", "IS_ACTIVE", "CREATION_DATE", "LAST_LOGIN",
	"NAME", "MobilePhone", "EMAIL", "USERNAME", "PASSWORD", "EXTERNAL_ID")
SELECT id, tenant_id, h % 20 > 0,
	timestamp '2016-01-04 08:00:00' + h / 100 % 2000 * interval '1 day',
	CASE WHEN h / 1000000 % 10 = 0 THEN timestamp '1900-01-01'
		ELSE timestamp '2023-01-02 07:30:00' + h / 10000000 % 9000 * interval '1 hour' END,
	CASE number WHEN 1 THEN 'Platform Administrator' ELSE 'Example User ' || number END, '',
	CASE WHEN h / 1000 % 8 = 0 THEN '' ELSE 'user' || number || '@example.com' END,
	CASE WHEN number <= 3 THEN 'admin' ELSE 'user' || CASE WHEN number % 20 = 11 THEN number - 1 ELSE number END END,
	'PLANTED-SECRET-password-' || number, ''
FROM made_user
ORDER BY id;

-- Groups: one in seven may be missing in a variant; those of the branch have
-- the name of one of Users.
CREATE TEMP TABLE made_group AS
SELECT n, pg_temp.number_at(pg_temp.base('group'), row_number() OVER (ORDER BY pg_temp.draw_here('group/' || n), n)) AS id,
	t.id AS tenant_id
FROM generate_series(1, 4 + :users / 20) AS n
JOIN work_tenant t ON t.name = CASE n % 5 WHEN 2 THEN 'PartnerUsers' WHEN 4 THEN 'Branch' ELSE 'Users' END
WHERE n % 7 <> 6 OR pg_temp.draw_here('here/group/' || n) % 2 = 0;

INSERT INTO "OSSYS_GROUP" ("ID", "NAME", "DESCRIPTION", "CREATED_BY", "CREATED", "HAS_CUSTOM_MANAGEMENT", "TENANT_ID")
SELECT g.id, 'Group ' || CASE g.n % 5 WHEN 4 THEN g.n - 1 ELSE g.n END, '', (SELECT min(u.id) FROM made_user u WHERE u.tenant_id = g.tenant_id),
	timestamp '2018-02-10 10:00:00' + g.n * interval '1 day', false, g.tenant_id
FROM made_group g
ORDER BY g.id;

INSERT INTO "OSSYS_ROLE" ("ID", "ESPACE_ID", "SS_KEY", "NAME", "DESCRIPTION", "PERSISTENT", "IS_ACTIVE")
SELECT w.id, m.id, w.ss_key, w.name, '', true, pg_temp.draw('active/role/' || w.module || '/' || w.position) % 30 > 0
FROM work_role w
JOIN work_module m ON m.n = w.module
ORDER BY w.id;

-- Each user has a role or two of his own and is in some groups.
INSERT INTO "OSSYS_USER_ROLE" ("ID", "USER_ID", "Role_Id", "TENANT_ID")
SELECT pg_temp.number_at(pg_temp.base('user_role'), row_number() OVER (ORDER BY u.id, r.id)), u.id, r.id, u.tenant_id
FROM (SELECT DISTINCT u.id, u.tenant_id, 1 + u.h / power(1000, k)::bigint % (SELECT count(*) FROM work_role) AS k
	FROM made_user u
	CROSS JOIN generate_series(1, 2) AS k) AS u
JOIN (SELECT id, row_number() OVER (ORDER BY module, position) AS k
	FROM work_role) AS r USING (k);

INSERT INTO "OSSYS_GROUP_ROLE" ("ID", "GROUP_ID", "ROLE_ID", "TENANT_ID")
SELECT pg_temp.number_at(pg_temp.base('group_role'), row_number() OVER (ORDER BY g.id, r.id)), g.id, r.id, g.tenant_id
FROM (SELECT DISTINCT g.id, g.tenant_id,
		1 + pg_temp.draw('group_role/' || g.n || '/' || k) % (SELECT count(*) FROM work_role) AS k
	FROM made_group g
	CROSS JOIN generate_series(1, 3) AS k) AS g
JOIN (SELECT id, row_number() OVER (ORDER BY module, position) AS k
	FROM work_role) AS r USING (k);

INSERT INTO "OSSYS_GROUP_USER" ("ID", "USER_ID", "GROUP_ID", "TENANT_ID")
SELECT pg_temp.number_at(pg_temp.base('group_user'), row_number() OVER (ORDER BY g.id, u.id)), u.id, g.id, u.tenant_id
FROM made_user u
JOIN made_group g ON g.tenant_id = u.tenant_id AND (u.number + g.n) % 3 = 0
	AND g.n % 7 = u.number % 7;
