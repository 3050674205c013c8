-- Traps that are rows of the metamodel, beside its entities: objects without
-- their owner, and states of applications and processes.

INSERT INTO "OSSYS_ROLE" ("ID", "ESPACE_ID", "SS_KEY", "NAME", "DESCRIPTION", "PERSISTENT", "IS_ACTIVE")
SELECT 1000000 + i, espace_id, pg_temp.key('lost role/' || i), 'LostRole' || i, '', true, true
FROM (VALUES (1, 1000000), (2, NULL)) AS r (i, espace_id);

INSERT INTO "OSSYS_ENTITY" ("ID", "PHYSICAL_TABLE_NAME", "NAME", "ESPACE_ID", "SS_KEY",
	"MULTITENANT", "MULTITENANT_VIEW", "IS_ACTIVE", "IS_SYSTEM", "IS_EXTERNAL",
	"DESCRIPTION", "GENERATION", "Data_Kind", "Multilingual", "Expose_Process_Events")
VALUES (1000000, 'OSUSR_zzz_LostEntity', 'LostEntity', 1000000, pg_temp.key('lost entity'),
	false, false, true, false, false, '', 1, 'entity', false, false);

INSERT INTO "OSSYS_ENTITY_ATTR" ("ID", "ENTITY_ID", "NAME", "DESCRIPTION", "SS_KEY", "TYPE",
	"LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE",
	"DEFAULT_LABEL", "DEFAULT_VALUE", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
VALUES (10000000, 10000000, 'LostAttribute', '', pg_temp.key('lost attribute'), 'rtText',
	50, 0, false, false, 'Protect', '', '', true, 1, 'LOSTATTRIBUTE');

INSERT INTO "OSSYS_MODULE" ("ID", "MODULE_KIND_ID", "ESPACE_ID", "EXTENSION_ID")
VALUES (1000000, 1, 1000000, NULL), (1000001, 2, NULL, NULL);

INSERT INTO "OSSYS_ENTITY_RECORD" ("Id", "Data_Id", "Name", "SS_Key", "Entity_SS_Key", "Espace_Id", "Is_Active")
SELECT 1000000 + r.i, '1', r.name, pg_temp.key(r.name), coalesce(e.ss_key, pg_temp.key('nothing')), m.id, true
FROM (VALUES (1, 'LostRecord', NULL), (2, 'FormerRecord', 'Oddities.Country')) AS r (i, name, entity)
JOIN work_module m ON m.name = 'Oddities'
LEFT JOIN work_entity e ON e.path = r.entity AND e.copy = 1;

-- Both queues have to be empty before a migration.
\if :queues
INSERT INTO "OSSYS_BPM_EVENT" ("Id", "Tenant_Id", "Espace_Id", "Process_Def_Id", "Activity_Id", "Data_Id",
	"Is_Update", "Created", "Error_Count", "Next_Run")
SELECT 3000000000, tenant_id, espace_id, id, NULL, '1', false, created, 0, created
FROM made_instance
ORDER BY instance_id
LIMIT 1;

INSERT INTO "OSSYS_BPM_EVENT_QUEUE" ("Id", "Tenant_Id", "Espace_Id", "Process_Def_Id", "Activity_Id", "Data_Id",
	"Enqueue_Time", "Error_Count", "Next_Run")
SELECT 1, tenant_id, espace_id, id, NULL, '1', created, 2, created
FROM made_instance
ORDER BY instance_id
LIMIT 1;

INSERT INTO generator_trap (trap, object, detail) VALUES
	('queued_event', 'OSSYS_BPM_EVENT', 'a light event waits'),
	('queued_event', 'OSSYS_BPM_EVENT_QUEUE', 'an event waits');
\endif

INSERT INTO generator_trap (trap, object, detail)
SELECT trap, object, detail
FROM (VALUES
		('role_without_espace', 'LostRole1', 'its espace is not there'),
		('role_without_espace', 'LostRole2', 'it names no espace'),
		('entity_without_owner', 'LostEntity', 'its espace is not there'),
		('attribute_without_entity', 'LostAttribute', 'its entity is not there'),
		('module_without_owner', '1000000', 'its espace is not there'),
		('module_without_owner', '1000001', 'it is neither espace nor extension'),
		('record_without_entity', 'LostRecord', 'nobody has the entity key'),
		('record_not_static', 'FormerRecord', 'a record of an entity that is not static'),
		('inactive_application', 'Closed Portal', 'removed')
	) AS t (trap, object, detail);

INSERT INTO generator_trap (trap, object, detail)
SELECT trap, name, detail
FROM work_module m
CROSS JOIN LATERAL (VALUES
		('deleted_espace', name LIKE '%(deleted0)', 'its entities are active'),
		('hostile_name', name LIKE 'Ev"il%', 'name of an espace'),
		('module_without_application', name LIKE 'Ev"il%', 'in no application'),
		('second_catalog', name LIKE 'Oddities%', 'its tables are in another catalog'),
		('second_provider', name = 'PartnerUsers', 'has users of its own')
	) AS t (trap, is_so, detail)
WHERE is_so
ORDER BY trap, n;

INSERT INTO generator_trap (trap, object, detail)
SELECT trap, object, detail
FROM (
	SELECT 1 AS step, min("Id") AS id, 'process_active' AS trap, min("Id")::text AS object, 'a process that runs' AS detail
	FROM "OSSYS_BPM_PROCESS"
	WHERE "STATUS_ID" = 1
	UNION ALL
	SELECT 2, min("Id"), 'process_terminal', min("Id")::text, 'a process that has ended'
	FROM "OSSYS_BPM_PROCESS"
	WHERE "STATUS_ID" = 2
	UNION ALL
	SELECT 3, min("Id"), 'input_identifier', min("Id")::text, 'a process input that only SS_Type tells to be an identifier'
	FROM "OSSYS_BPM_PROCESS_INPUT_DEF"
	WHERE "SS_Type" LIKE 'bt%'
) AS p
ORDER BY step;
