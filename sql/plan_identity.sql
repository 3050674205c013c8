-- Rows that a plan matches and does not move: users, groups, roles, tenants,
-- and rows of entities outside of it.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/identity_all.sql'
\o /dev/null
SET client_min_messages = warning;
\i :fixture
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target'), osmeta.attach('far', 'loop', 'target');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt', 'far']) e;
-- What the cases at the target refer to, by meaning
CREATE VIEW make.delivered AS
SELECT c."LABEL" AS label, n."NAME" || ' of ' || p."NAME" AS tenant, u."USERNAME" || ' (' || un."NAME" || ')' AS owner,
	g."NAME" AS team, r."NAME" AS role, s."ID" AS shop, co."CODE" AS country, c."CITYID" AS city, c."UNITID" AS unit
FROM target."case" c
LEFT JOIN target."OSSYS_TENANT" n ON n."ID" = c."TENANT_ID" LEFT JOIN target."OSSYS_ESPACE" p ON p."ID" = n."ESPACE_ID"
LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."OWNERID" LEFT JOIN target."OSSYS_TENANT" un ON un."ID" = u."TENANT_ID"
LEFT JOIN target."OSSYS_GROUP" g ON g."ID" = c."TEAMID" LEFT JOIN target."OSSYS_ROLE" r ON r."ID" = c."ROLEID"
LEFT JOIN target."OSSYS_TENANT" s ON s."ID" = c."SHOPID" LEFT JOIN target.country co ON co."ID" = c."COUNTRYID";
CREATE PROCEDURE make.empty() LANGUAGE sql AS $$
	DELETE FROM target.note;
	DELETE FROM target."case";
$$;
\o
\set ECHO all

-- Everything that rows refer to is in the plan, with a strategy and a reason.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk']);
SELECT espace, entity, is_data, key_strategy, fixed_strategy, is_multitenant, key_reason FROM osmeta.plan_entity ORDER BY entity_id;
-- Which tenant a row belongs to is no attribute of the model.
SELECT entity, attribute_no, attribute, source_column, target_column, source_type, is_mandatory, transform
FROM osmeta.plan_attribute JOIN osmeta.plan_entity USING (plan_id, entity_id) WHERE attribute = 'Tenant_Id' ORDER BY 1;
SELECT severity, code, object, message FROM osmeta.plan_problem;
SELECT label, target_id FROM osmeta.plan_map JOIN osmeta.plan_entity USING (plan_id, entity_id) WHERE entity = 'Tenant' ORDER BY 1;
-- What is not referred to need not be decided.
SELECT osmeta.drop_plan('p');
UPDATE source."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
UPDATE target."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM target."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt', 'far']) e;

-- Tenants are mapped by provider and name.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk']);
SELECT * FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT label, tenant FROM make.delivered ORDER BY 1;
SELECT n."TEXT", n."TENANT_ID", c."LABEL" FROM target.note n JOIN target."case" c ON c."ID" = n."CASEID" ORDER BY 1;
SELECT entity, rows_found, checksum_equal, dangling, status, detail FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL make.empty();

-- Users, groups and roles
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 13 WHEN 2 THEN 17 ELSE 16 END, "TEAMID" = 19 + "ID", "ROLEID" = 29 + "ID", "SHOPID" = "ID";
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk']);
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
SELECT e.entity, m.source_id, m.target_id, m.label, m.candidates, m.can_create
FROM osmeta.plan_map m JOIN osmeta.plan_entity e USING (plan_id, entity_id) ORDER BY e.entity_id, m.source_id::int;
-- Severity can be lowered; with fail it cannot.
SELECT osmeta.set_plan_option('p', 'severity', '{"unmatched_user": "note", "unmatched_group": "note", "unmatched_role": "warning", "ambiguous_match": "warning"}');
SELECT severity, code, object FROM osmeta.plan_problem;
SELECT osmeta.set_plan_option('p', 'users', 'fail'), osmeta.set_plan_option('p', 'groups', 'fail');
SELECT severity, code, object FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT osmeta.set_plan_option('p', 'users', 'match'), osmeta.set_plan_option('p', 'groups', 'match');
CALL osmeta.run_plan('p');
TABLE make.delivered ORDER BY 1;
SELECT entity, rows_found, status, nulled FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL make.empty();

-- Where names are compared without case and trailing blanks
UPDATE osmeta.environment SET dialect = 'sqlserver' WHERE environment = 'tgt';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk']);
SELECT severity, code, object, message FROM osmeta.plan_problem;
SELECT e.entity, m.source_id, m.target_id, m.label, m.candidates
FROM osmeta.plan_map m JOIN osmeta.plan_entity e USING (plan_id, entity_id) WHERE e.entity IN ('User', 'Group') ORDER BY e.entity_id, m.source_id::int;
SELECT osmeta.drop_plan('p');
UPDATE osmeta.environment SET dialect = 'postgres' WHERE environment = 'tgt';
DELETE FROM target."OSSYS_USER" WHERE "ID" IN (43, 44);

-- Missing users and groups are created once, with their links.
CREATE VIEW make.member AS
SELECT 'user' AS kind, u."USERNAME" AS name, n."NAME" AS tenant, u."NAME" AS of, u."EMAIL" AS detail, u."PASSWORD" AS password
FROM target."OSSYS_USER" u JOIN target."OSSYS_TENANT" n ON n."ID" = u."TENANT_ID" WHERE u."ID" > 44
UNION ALL
SELECT 'group', g."NAME", n."NAME", NULL, g."DESCRIPTION", NULL
FROM target."OSSYS_GROUP" g JOIN target."OSSYS_TENANT" n ON n."ID" = g."TENANT_ID" WHERE g."ID" > 52
UNION ALL
SELECT 'role of user', u."USERNAME", n."NAME", r."NAME", NULL, NULL
FROM target."OSSYS_USER_ROLE" l JOIN target."OSSYS_USER" u ON u."ID" = l."USER_ID" JOIN target."OSSYS_ROLE" r ON r."ID" = l."Role_Id"
JOIN target."OSSYS_TENANT" n ON n."ID" = l."TENANT_ID"
UNION ALL
SELECT 'role of group', g."NAME", n."NAME", r."NAME", NULL, NULL
FROM target."OSSYS_GROUP_ROLE" l JOIN target."OSSYS_GROUP" g ON g."ID" = l."GROUP_ID" JOIN target."OSSYS_ROLE" r ON r."ID" = l."ROLE_ID"
JOIN target."OSSYS_TENANT" n ON n."ID" = l."TENANT_ID"
UNION ALL
SELECT 'member of group', u."USERNAME", n."NAME", g."NAME", NULL, NULL
FROM target."OSSYS_GROUP_USER" l JOIN target."OSSYS_GROUP" g ON g."ID" = l."GROUP_ID" JOIN target."OSSYS_USER" u ON u."ID" = l."USER_ID"
JOIN target."OSSYS_TENANT" n ON n."ID" = l."TENANT_ID";
TABLE make.member;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk'],
	'{"users": "create", "groups": "create", "severity": {"unmatched_role": "note"}}');
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
SET client_min_messages = notice;
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SET client_min_messages = warning;
SELECT * FROM make.member ORDER BY kind, name, of;
SELECT label, tenant, owner, team, role FROM make.delivered ORDER BY 1;
SELECT c.table_name, c.source_id, c.label, c.target_id = m.target_id AS is_mapped, c.tenant_id
FROM osmeta.plan_created c
LEFT JOIN osmeta.plan_entity e ON e.plan_id = c.plan_id AND e.key_strategy = c.table_name
LEFT JOIN osmeta.plan_map m ON m.plan_id = c.plan_id AND m.entity_id = e.entity_id AND m.source_id = c.source_id
ORDER BY c.table_name, c.source_id;
SELECT entity, rows_found, status, nulled FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
SELECT count(*) FROM osmeta.plan_created;
CALL make.empty();
-- Another plan finds them there.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk'],
	'{"users": "create", "groups": "create", "severity": {"unmatched_role": "note"}}');
SELECT severity, code, object FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT count(*) FROM make.member;
SELECT count(*) FROM osmeta.plan_created;
SELECT osmeta.drop_plan('p');
CALL make.empty();
CREATE PROCEDURE make.forget() LANGUAGE sql AS $$
	DELETE FROM target."OSSYS_GROUP_USER";
	DELETE FROM target."OSSYS_GROUP_ROLE";
	DELETE FROM target."OSSYS_USER_ROLE" WHERE "USER_ID" <> 42;
	DELETE FROM target."OSSYS_GROUP" WHERE "ID" > 52;
	DELETE FROM target."OSSYS_USER" WHERE "ID" > 44;
	CALL make.empty();
$$;
CALL make.forget();

-- Through the foreign server; the first attempt does not get to the end.
CREATE FUNCTION make.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no more groups'; END $$;
CREATE TRIGGER stop BEFORE INSERT ON target."OSSYS_GROUP" FOR EACH ROW EXECUTE FUNCTION make.stop();
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'],
	'{"users": "create", "groups": "create", "severity": {"unmatched_role": "note"}}');
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
TABLE make.member;
SELECT table_name, label, target_id FROM osmeta.plan_created ORDER BY 1, 2;
-- Who was intended and stands there is not created again: Maria by a run that
-- was lost before it knew, zoe by somebody else.
INSERT INTO target."OSSYS_USER" ("TENANT_ID", "USERNAME", "IS_ACTIVE", "NAME", "EMAIL") VALUES (3, 'Maria', true, 'Maria', 'Maria@example.com'), (4, 'zoe', true, 'Another', NULL);
DROP TRIGGER stop ON target."OSSYS_GROUP";
CALL osmeta.run_plan('p');
SELECT * FROM make.member ORDER BY kind, name, of;
SELECT label, tenant, owner, team, role FROM make.delivered ORDER BY 1;
SELECT table_name, source_id, label, target_id IS NOT NULL AS stands FROM osmeta.plan_created ORDER BY 1, 2;
SELECT osmeta.drop_plan('p');
CALL make.forget();

-- A user of a tenant without partner, or of the platform's own, is not created.
UPDATE target."OSSYS_TENANT" SET "NAME" = 'West' WHERE "ID" = 4;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk'], '{"users": "create", "severity": {"unmatched_role": "note"}}');
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
SELECT osmeta.set_plan_option('p', 'tenants', 'fail'), osmeta.set_plan_option('p', 'severity', '{"unmatched_tenant": "note"}');
SELECT severity FROM osmeta.plan_problem WHERE code = 'unmatched_tenant';
SELECT osmeta.drop_plan('p');
UPDATE target."OSSYS_TENANT" SET "NAME" = 'South' WHERE "ID" = 4;
-- Somebody stands in for those without partner; two tenants are called North.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk'], '{"users": "fallback:North\\ann"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk'], '{"users": "fallback:South\\ann", "severity": {"unmatched_role": "note", "unmatched_group": "note"}}');
SELECT osmeta.set_plan_option('p', 'users', 'fallback:bob');
CALL osmeta.run_plan('p');
SELECT label, tenant, owner FROM make.delivered ORDER BY 1;
SELECT osmeta.drop_plan('p');
CALL make.forget();

-- Rows of entities outside the plan
UPDATE source."OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = true;
UPDATE target."OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = true;
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt', 'far']) e;
UPDATE source."case" SET "OWNERID" = NULL, "TEAMID" = NULL, "ROLEID" = NULL, "COUNTRYID" = "ID", "CITYID" = "ID", "UNITID" = CASE "ID" WHEN 1 THEN 'kg' WHEN 2 THEN 'lb' END;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk']);
SELECT severity, code, object, hint FROM osmeta.plan_problem;
UPDATE osmeta.plan_entity SET key_strategy = CASE entity WHEN 'Country' THEN 'natural:Codes' WHEN 'City' THEN 'natural:Name, CountryId' ELSE 'offset' END WHERE NOT is_data AND fixed_strategy IS NULL;
SELECT severity, code, object, message FROM osmeta.plan_problem;
UPDATE osmeta.plan_entity SET key_strategy = CASE entity WHEN 'Country' THEN 'natural:Code' WHEN 'City' THEN 'natural:Name,Zip' ELSE 'keep' END WHERE NOT is_data AND fixed_strategy IS NULL;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
SELECT osmeta.refresh_plan('p');
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
-- Who owns a city is said by another number there.
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Name,OwnerId' WHERE entity = 'City';
UPDATE source."case" SET "OWNERID" = 10 WHERE "ID" = 1;
SELECT osmeta.refresh_plan('p');
SELECT e.entity, m.source_id, m.target_id, m.label, m.candidates FROM osmeta.plan_map m JOIN osmeta.plan_entity e USING (plan_id, entity_id)
WHERE e.fixed_strategy IS NULL ORDER BY e.entity_id, m.source_id;
SELECT severity, code, object, message FROM osmeta.plan_problem;
SELECT osmeta.set_plan_option('p', 'severity', '{"unmatched_row": "warning"}');
CALL osmeta.run_plan('p');
SELECT label, owner, country, city, unit FROM make.delivered ORDER BY 1;
SELECT entity, rows_found, status, dangling, nulled FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL make.empty();
-- Compared as SQL Server does, es is ES, and so are two of the target; XX is
-- there twice at the source.
UPDATE osmeta.environment SET dialect = 'sqlserver' WHERE environment = 'far';
UPDATE source."case" SET "COUNTRYID" = CASE "ID" WHEN 1 THEN 2 WHEN 2 THEN 5 ELSE 6 END, "CITYID" = NULL, "UNITID" = NULL, "OWNERID" = NULL;
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk']);
UPDATE osmeta.plan_attribute SET include = false WHERE attribute IN ('CityId', 'UnitId');
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Code' WHERE entity = 'Country';
SELECT osmeta.refresh_plan('p');
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE code <> 'reference_outside_plan';
SELECT osmeta.drop_plan('p');
UPDATE osmeta.environment SET dialect = 'postgres' WHERE environment = 'far';

-- Which producers come along
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Desk.Note'], '{"producers": "referenced"}');
SELECT entity, is_data FROM osmeta.plan_entity WHERE fixed_strategy IS NULL ORDER BY 1;
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Desk.Note'], '{"producers": "all"}');
SELECT entity, is_data FROM osmeta.plan_entity WHERE fixed_strategy IS NULL ORDER BY 1;
SELECT osmeta.drop_plan('p');

-- Moved rows that the target has already: by natural key, whatever a mask
-- makes of it, and by a text identifier.  The others are inserted.
DELETE FROM source.country WHERE "ID" = 6;
DELETE FROM source.city;
UPDATE source."case" SET "COUNTRYID" = CASE "ID" WHEN 1 THEN 1 WHEN 2 THEN 2 ELSE 5 END, "UNITID" = CASE "ID" WHEN 1 THEN 'kg' ELSE 'lb' END;
CREATE PROCEDURE make.lib() LANGUAGE sql AS $$
	CALL make.empty();
	DELETE FROM target.country WHERE "ID" > 10;
	DELETE FROM target.unit WHERE "ID" = 'lb';
$$;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Lib', 'espace:Desk']);
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Code' WHERE entity = 'Country';
UPDATE osmeta.plan_attribute SET mask = 'constant:??' WHERE attribute = 'Code';
SELECT entity, key_strategy, key_reason, has_map, rows_existing FROM osmeta.plan_entity WHERE is_data ORDER BY entity_id;
SELECT severity, code, object, message FROM osmeta.plan_problem;
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT entity, has_map, rows_existing FROM osmeta.plan_entity WHERE is_data ORDER BY entity_id;
SELECT severity, code, object, message FROM osmeta.plan_problem;
SELECT "ID" > 10 AS is_new, "CODE" FROM target.country ORDER BY "ID", "CODE";
SELECT * FROM target.unit ORDER BY 1;
SELECT label, country, unit FROM make.delivered ORDER BY 1;
SELECT e.entity, k.source_id, k.target_id IN ('7', '10', '1', 'kg', 'lb') AS is_theirs FROM osmeta.plan_key k
JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key WHERE e.entity IN ('Country', 'Unit') ORDER BY 1, 2;
SELECT entity, rows_expected, rows_found, checksum_equal, status, detail FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL make.lib();
-- Through the foreign server, compared as SQL Server does
UPDATE osmeta.environment SET dialect = 'sqlserver' WHERE environment = 'far';
UPDATE source.unit SET "ID" = 'KG' WHERE "ID" = 'kg';
UPDATE source."case" SET "UNITID" = 'KG' WHERE "UNITID" = 'kg';
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Lib', 'espace:Desk']);
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Code' WHERE entity = 'Country';
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
DELETE FROM target.country WHERE "ID" = 8;
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Lib', 'espace:Desk']);
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Code' WHERE entity = 'Country';
CALL osmeta.run_plan('p');
SELECT entity, has_map, rows_existing FROM osmeta.plan_entity WHERE is_data ORDER BY entity_id;
SELECT label, country, unit FROM make.delivered ORDER BY 1;
SELECT * FROM target.unit ORDER BY 1;
SELECT osmeta.drop_plan('p');
CALL make.lib();
UPDATE osmeta.environment SET dialect = 'postgres' WHERE environment = 'far';

-- Texts that look like identifiers or keys
UPDATE source."case" SET "HOMECOUNTRYID" = "ID"::text, "ASSIGNEDUSERID" = ("ID" + 9)::text, "LEGACY_ID" = (700 + "ID")::text,
	"MODEL" = (SELECT 'bt' || x."SS_KEY" || '*' || e."SS_KEY" FROM source."OSSYS_ENTITY" e JOIN source."OSSYS_ESPACE" x ON x."ID" = e."ESPACE_ID" WHERE e."NAME" = 'Country'),
	"NUMBER" = ("ID" * 1000)::text;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Lib', 'espace:Desk']);
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Code' WHERE entity = 'Country';
UPDATE osmeta.plan_attribute SET transform = 'remap:Lib.Country' WHERE attribute = 'HomeCountryId';
UPDATE osmeta.plan_attribute SET transform = 'remap:ServiceCenter.User' WHERE attribute = 'AssignedUserId';
SELECT severity, code, object FROM osmeta.plan_problem;
SELECT osmeta.set_plan_option('p', 'severity', '{"soft_key": "note"}');
SELECT osmeta.refresh_plan('p');
SELECT severity, code, object FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT "LABEL", "HOMECOUNTRYID", "ASSIGNEDUSERID", "LEGACY_ID", "NUMBER" FROM target."case" ORDER BY 1;
SELECT osmeta.drop_plan('p');
CALL make.lib();

-- Rows that belong to tenants on one side only
UPDATE target."OSSYS_ENTITY" SET "MULTITENANT" = false WHERE "NAME" = 'Note';
SELECT osmeta.capture('tgt') > 0;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Desk.Note'], '{"producers": "referenced"}');
SELECT severity, code, object, message FROM osmeta.plan_problem WHERE code = 'tenant_mismatch';
SELECT osmeta.drop_plan('p');
UPDATE target."OSSYS_ENTITY" SET "MULTITENANT" = true WHERE "NAME" = 'Note';

-- Two of one key on one side
SET search_path = target;
SELECT make.attribute('Desk.Case', 'Label', 'rtText(50)', column_name => 'LABEL2');
SELECT make.entity('Desk.Note');
RESET search_path;
SELECT osmeta.capture('tgt') > 0;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Lib', 'espace:Desk']);
SELECT entity, status FROM osmeta.plan_entity WHERE status <> 'matched';
SELECT attribute, status FROM osmeta.plan_attribute WHERE status <> 'matched' AND attribute = 'Label';
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE code LIKE '%ambiguous';
SELECT osmeta.drop_plan('p');
