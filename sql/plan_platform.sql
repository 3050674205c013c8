-- Users, groups, roles and tenants of a plan that moves processes, too: who is
-- created, for what, and what stays as it is.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/process.sql'
\o /dev/null
SET client_min_messages = warning;
\i :fixture
DELETE FROM factory_qa."OSEVT_e61_Order";
DELETE FROM factory_qa."OSEVT_e61_OrderLine";
DELETE FROM factory_qa."OSSYS_BPM_EVENT";
DELETE FROM factory_qa."OSSYS_BPM_EVENT_QUEUE";
-- What refers to a user is in the user's name, and refers to nobody else.
SET search_path = factory_prod;
SELECT make.users('30 owner', '31 created_by', '32 last_modified_by', '33 suspended_by Other', '34 works', '35 input', '37 output', '38 soft',
	'39 twice', '40 tenants Other', '41 excluded', '42 old_process', '43 clone', '44 filtered', '45 nobody', '46 founder', '47 member');
UPDATE "OSSYS_USER" SET "EMAIL" = "USERNAME" || '@example.com', "MobilePhone" = '+351 ' || "ID", "EXTERNAL_ID" = 'x' || "ID", "IS_ACTIVE" = "ID" <> 34,
	"CREATION_DATE" = timestamp '2024-01-01' + "ID" * interval '1 day', "LAST_LOGIN" = timestamp '2024-02-01' + "ID" * interval '1 day';
INSERT INTO "OSSYS_GROUP" ("ID", "NAME", "DESCRIPTION", "TENANT_ID", "CREATED_BY", "CREATED", "HAS_CUSTOM_MANAGEMENT") VALUES
	(30, 'activity', 'of activities', 10, 46, '2024-01-01', true), (31, 'task', NULL, 11, 30, '2024-01-02', false),
	(32, 'input', NULL, 10, NULL, NULL, false), (33, 'nobody', NULL, 10, NULL, NULL, false);
INSERT INTO "OSSYS_GROUP_USER" ("USER_ID", "GROUP_ID", "TENANT_ID") VALUES
	(30, 30, 10), (30, 33, 10), (30, 2, 10), (47, 30, 10), (10, 30, 10), (40, 31, 11);
INSERT INTO "OSSYS_GROUP_ROLE" ("GROUP_ID", "ROLE_ID", "TENANT_ID") SELECT g, "ID", 10 FROM "OSSYS_ROLE", (VALUES (30), (2), (33)) v (g) WHERE "NAME" = 'Chief';
INSERT INTO "OSSYS_USER_ROLE" ("USER_ID", "Role_Id", "TENANT_ID") SELECT u, "ID", 10 FROM "OSSYS_ROLE", (VALUES (30), (10), (45)) v (u) WHERE "NAME" = 'Chief';
UPDATE order_row SET "OWNERID" = CASE "ID" WHEN 1 THEN 30 WHEN 2 THEN 39 WHEN 3 THEN 40 ELSE "OWNERID" END, "LABEL" = CASE "ID" WHEN 5 THEN '38' ELSE "LABEL" END;
INSERT INTO order_row ("ID", "LABEL", "OWNERID") VALUES (6, '39', 39), (7, 'filtered', 44);
UPDATE "OSSYS_BPM_PROCESS" SET "LAST_MODIFIED_BY" = 32, "CREATED_BY" = 31 WHERE "Id" = 1;
UPDATE "OSSYS_BPM_PROCESS" SET "SUSPENDED_BY" = 33 WHERE "Id" = 5;
UPDATE "OSSYS_BPM_PROCESS" SET "CREATED_BY" = CASE "Id" WHEN 8 THEN 42 WHEN 9 THEN 43 ELSE 40 END WHERE "Id" IN (4, 8, 9, 13);
UPDATE "OSSYS_BPM_ACTIVITY" SET "User_Id" = 34 WHERE "Id" = 3;
UPDATE "OSSYS_BPM_ACTIVITY" SET "GROUP_ID" = 30 WHERE "Id" = 9;
UPDATE ordertask_row SET "GROUPID" = 31 WHERE "ID" = 1;
UPDATE "OSSYS_BPM_PROCESS_INPUT" SET "Input_Value" = ' 35 ' WHERE "Process_Id" = 1 AND "Name" = 'UserId';
UPDATE "OSSYS_BPM_PROCESS_INPUT" SET "Input_Value" = '32' WHERE "Process_Id" = 1 AND "Name" = 'GroupId';
UPDATE "OSSYS_BPM_ACTIVITY_OUTPUT" SET "Output_Value" = '37' WHERE "Name" = 'ApproverId';
SELECT make.attribute('Orders.OrderTask', 'ReaderId', 'ServiceCenter.User', 'Ignore');
ALTER TABLE "OSUSR_99b_OrderTask" ADD "READERID" integer;
UPDATE "OSUSR_99b_OrderTask" SET "READERID" = 41;
SET search_path = factory_qa;
SELECT make.attribute('Orders.OrderTask', 'ReaderId', 'ServiceCenter.User', 'Ignore');
ALTER TABLE "OSUSR_e61_OrderTask" ADD "READERID" integer;
RESET search_path;
-- Every row of every table of the second factory, with all its columns.
CREATE TABLE make.seen (label text, table_name name, row jsonb);
CREATE PROCEDURE make.look(label text) LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	FOR t IN SELECT c.oid::regclass AS relation, c.relname FROM pg_class c WHERE c.relnamespace = 'factory_qa'::regnamespace AND c.relkind = 'r' LOOP
		EXECUTE format('INSERT INTO make.seen SELECT %L, %L, to_jsonb(t) FROM %s t', label, t.relname, t.relation);
	END LOOP;
END
$$;
CREATE FUNCTION make.differences(a text, b text) RETURNS TABLE (table_name name, gone bigint, come bigint) LANGUAGE sql AS $$
	SELECT t.table_name, count(*) FILTER (WHERE t.n < 0), count(*) FILTER (WHERE t.n > 0)
	FROM (SELECT s.table_name, s.row, sum(CASE s.label WHEN a THEN -1 ELSE 1 END) AS n FROM make.seen s WHERE s.label IN (a, b) GROUP BY 1, 2) t
	WHERE t.n <> 0 GROUP BY 1 ORDER BY 1
$$;
CALL make.look('before');
SELECT osmeta.attach('src', remote_schema => 'factory_prod'), osmeta.attach('tgt', remote_schema => 'factory_qa');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;
\o
\set ECHO all

-- Nobody is created but those whom rows that are moved refer to.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Orders'], '{"users": "create", "groups": "create"}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Input_Value of OrdersCopy.Order';
UPDATE osmeta.plan_entity SET filter = '"Id" <> 7' WHERE entity = 'Order';
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'ReaderId';
UPDATE osmeta.plan_attribute a SET transform = 'remap:ServiceCenter.User' FROM osmeta.plan_entity e
WHERE e.plan_id = a.plan_id AND e.entity_id = a.entity_id AND entity = 'Order' AND attribute = 'Label';
SELECT severity, object, message, hint FROM osmeta.plan_problem WHERE code = 'row_created';
SELECT code, object FROM osmeta.plan_problem WHERE severity = 'error';
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
CALL make.look('after');
SELECT table_name, string_agg(label, ', ' ORDER BY label), count(*), count(target_id) AS stand FROM osmeta.plan_created GROUP BY 1 ORDER BY 1;
-- What stood there is as it was; what has come stands in these tables.
SELECT * FROM make.differences('before', 'after');
SELECT u."USERNAME", t."NAME" AS tenant, u."IS_ACTIVE", u."NAME", u."EMAIL", u."MobilePhone", u."EXTERNAL_ID", u."CREATION_DATE", u."LAST_LOGIN", u."PASSWORD"
FROM factory_qa."OSSYS_USER" u JOIN factory_qa."OSSYS_TENANT" t ON t."ID" = u."TENANT_ID" WHERE u."ID" > 20 ORDER BY 1;
SELECT g."NAME", t."NAME" AS tenant, g."DESCRIPTION", u."USERNAME" AS created_by, g."CREATED", g."HAS_CUSTOM_MANAGEMENT"
FROM factory_qa."OSSYS_GROUP" g JOIN factory_qa."OSSYS_TENANT" t ON t."ID" = g."TENANT_ID" LEFT JOIN factory_qa."OSSYS_USER" u ON u."ID" = g."CREATED_BY"
WHERE g."ID" > 20 ORDER BY 1;
SELECT 'member' AS link, u."USERNAME" AS who, g."NAME" AS of, l."TENANT_ID" = u."TENANT_ID" AND l."TENANT_ID" = g."TENANT_ID" AS agrees
FROM factory_qa."OSSYS_GROUP_USER" l JOIN factory_qa."OSSYS_USER" u ON u."ID" = l."USER_ID" JOIN factory_qa."OSSYS_GROUP" g ON g."ID" = l."GROUP_ID"
UNION ALL SELECT 'role', u."USERNAME", r."NAME", l."TENANT_ID" = u."TENANT_ID"
FROM factory_qa."OSSYS_USER_ROLE" l JOIN factory_qa."OSSYS_USER" u ON u."ID" = l."USER_ID" JOIN factory_qa."OSSYS_ROLE" r ON r."ID" = l."Role_Id"
UNION ALL SELECT 'role of group', g."NAME", r."NAME", l."TENANT_ID" = g."TENANT_ID"
FROM factory_qa."OSSYS_GROUP_ROLE" l JOIN factory_qa."OSSYS_GROUP" g ON g."ID" = l."GROUP_ID" JOIN factory_qa."OSSYS_ROLE" r ON r."ID" = l."ROLE_ID"
ORDER BY 1, 2, 3;
-- References, by name
SELECT o."LABEL", u."USERNAME" AS label_of, w."USERNAME" AS owner FROM factory_qa.order_row o LEFT JOIN factory_qa."OSSYS_USER" w ON w."ID" = o."OWNERID"
LEFT JOIN factory_qa."OSSYS_USER" u ON u."ID"::text = o."LABEL" WHERE o."ID" > 7 ORDER BY o."ID";
SELECT p."LABEL", n."NAME" AS tenant, c."USERNAME" AS created_by, m."USERNAME" AS last_modified_by, s."USERNAME" AS suspended_by
FROM factory_qa."OSSYS_BPM_PROCESS" p JOIN factory_qa."OSSYS_TENANT" n ON n."ID" = p."Tenant_Id" LEFT JOIN factory_qa."OSSYS_USER" c ON c."ID" = p."CREATED_BY"
LEFT JOIN factory_qa."OSSYS_USER" m ON m."ID" = p."LAST_MODIFIED_BY" LEFT JOIN factory_qa."OSSYS_USER" s ON s."ID" = p."SUSPENDED_BY"
WHERE p."LABEL" NOT LIKE 'theirs%' ORDER BY p."LABEL";
SELECT i."Name", u."USERNAME", g."NAME" FROM (SELECT "Name", "Input_Value" AS value FROM factory_qa."OSSYS_BPM_PROCESS_INPUT" WHERE "Name" IN ('UserId', 'GroupId')
	UNION ALL SELECT "Name", "Output_Value" FROM factory_qa."OSSYS_BPM_ACTIVITY_OUTPUT" WHERE "Name" = 'ApproverId') i
LEFT JOIN factory_qa."OSSYS_USER" u ON u."ID"::text = btrim(i.value) AND i."Name" <> 'GroupId' LEFT JOIN factory_qa."OSSYS_GROUP" g ON g."ID"::text = btrim(i.value) AND i."Name" = 'GroupId' ORDER BY 1, 2;
SELECT DISTINCT status FROM osmeta.verify_plan('p');

-- A later round: one user more, whom a new process refers to twice.
SET search_path = factory_prod;
SELECT make.users('50 later');
RESET search_path;
INSERT INTO factory_prod."OSSYS_BPM_PROCESS" ("Id", "Tenant_Id", "LABEL", "CREATED_BY", "PROCESS_DEF_ID", "TOP_PROCESS_ID", "STATUS_ID", "SUSPENDED_BY")
SELECT 41, 10, 'later', 50, "PROCESS_DEF_ID", 41, 1, 50 FROM factory_prod."OSSYS_BPM_PROCESS" WHERE "Id" = 1;
CALL osmeta.run_plan('p');
CALL make.look('later');
SELECT * FROM make.differences('after', 'later');
SELECT label, target_id IS NOT NULL AS stands FROM osmeta.plan_created WHERE source_id = '50';

-- Others refer to two of those who were created, and one is theirs by now.
INSERT INTO factory_qa."OSSYS_BPM_ACTIVITY" ("Id", "Name", "User_Id") SELECT 900, 'theirs', "ID" FROM factory_qa."OSSYS_USER" WHERE "USERNAME" = 'output';
INSERT INTO factory_qa."OSSYS_GROUP_USER" ("USER_ID", "GROUP_ID", "TENANT_ID") SELECT 11, "ID", 11 FROM factory_qa."OSSYS_GROUP" WHERE "NAME" = 'input';
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
CALL make.look('undone');
SELECT * FROM make.differences('before', 'undone');
SELECT 'user' AS kind, "USERNAME" AS name FROM factory_qa."OSSYS_USER" WHERE "ID" > 20 UNION ALL SELECT 'group', "NAME" FROM factory_qa."OSSYS_GROUP" WHERE "ID" > 20;
DELETE FROM factory_qa."OSSYS_BPM_ACTIVITY" WHERE "Id" = 900;
DELETE FROM factory_qa."OSSYS_GROUP_USER" WHERE "USER_ID" = 11 AND "GROUP_ID" > 20;
DELETE FROM factory_qa."OSSYS_USER" WHERE "ID" > 20;
DELETE FROM factory_qa."OSSYS_GROUP" WHERE "ID" > 20;
SELECT osmeta.drop_plan('p');

-- Processes of a tenant without partner, of a user whose tenant has none
UPDATE factory_qa."OSSYS_TENANT" SET "NAME" = 'Renamed' WHERE "NAME" = 'Other';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "tenants": "fail", "severity": {"unmatched_tenant": "note"}}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Input_Value of OrdersCopy.Order';
SELECT severity, code, message, hint FROM osmeta.plan_problem WHERE code LIKE 'unmatched%' ORDER BY code;
SELECT source_id, can_create FROM osmeta.plan_map m JOIN osmeta.plan_entity e USING (plan_id, entity_id) WHERE e.entity = 'User' AND m.label IN ('tenants', 'suspended_by', 'owner') ORDER BY 1;
SELECT osmeta.drop_plan('p');
UPDATE factory_qa."OSSYS_TENANT" SET "NAME" = 'Other' WHERE "NAME" = 'Renamed';

-- Users of the platform's own provider are matched, never created.
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "CREATED_BY" = 1 WHERE "Id" = 1;
SET search_path = factory_prod;
SELECT make.users('60 root ServiceCenter');
RESET search_path;
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "CREATED_BY" = 60 WHERE "Id" = 2;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Orders'], '{"users": "create", "groups": "create"}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Input_Value of OrdersCopy.Order';
SELECT severity, code, message, hint FROM osmeta.plan_problem WHERE code LIKE 'unmatched%';
SELECT source_id, target_id, label, can_create FROM osmeta.plan_map m JOIN osmeta.plan_entity e USING (plan_id, entity_id) WHERE e.entity = 'User' AND source_id IN ('1', '60') ORDER BY 1;
SELECT osmeta.drop_plan('p');
UPDATE factory_prod."OSSYS_BPM_PROCESS" SET "CREATED_BY" = 10 WHERE "Id" <= 2;
CALL make.look('end');
SELECT * FROM make.differences('before', 'end');
