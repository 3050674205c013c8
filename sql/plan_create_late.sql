-- A user who can be created only in a later round is set in the rows of
-- earlier ones.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/identity_all.sql'
\o /dev/null
SET client_min_messages = warning;
\i :fixture
SET search_path = source;
SELECT make.tenants('4 East Users', '5 West Users');
SELECT make.people('18 late 4', '19 last 5');
RESET search_path;
UPDATE source."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
UPDATE target."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM target."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 18 WHEN 2 THEN 19 ELSE 17 END;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;
CREATE VIEW make.owned AS
SELECT c."LABEL" AS label, u."USERNAME" AS owner, u."TENANT_ID" AS tenant
FROM target."case" c LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."OWNERID";
\o
\set ECHO all
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk'], '{"users": "create", "severity": {"unmatched_user": "warning"}}') > 0 AS planned;
SELECT severity, code, message FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT * FROM make.owned ORDER BY 1;

-- The tenant has come, and a row that has nothing to do with it
INSERT INTO target."OSSYS_TENANT" ("ID", "NAME", "ESPACE_ID", "IS_ACTIVE") SELECT 5, 'East', n."ESPACE_ID", true FROM target."OSSYS_TENANT" n WHERE n."ID" = 3;
INSERT INTO source."case" ("ID", "LABEL", "TENANT_ID") VALUES (4, 'four', 1);
CALL osmeta.run_plan('p');
SELECT * FROM make.owned ORDER BY 1;
SELECT entity, status, nulled, detail FROM osmeta.verify_plan('p') ORDER BY 1;

-- Nothing new but a tenant
INSERT INTO target."OSSYS_TENANT" ("ID", "NAME", "ESPACE_ID", "IS_ACTIVE") SELECT 6, 'West', n."ESPACE_ID", true FROM target."OSSYS_TENANT" n WHERE n."ID" = 3;
CALL osmeta.run_plan('p');
SELECT * FROM make.owned ORDER BY 1;
SELECT entity, status, nulled, detail FROM osmeta.verify_plan('p') ORDER BY 1;
-- Nobody is created again.
CALL osmeta.run_plan('p');
SELECT table_name, count(*), count(target_id) AS stand FROM osmeta.plan_created GROUP BY 1 ORDER BY 1;
CALL osmeta.undo_plan('p');
SELECT (SELECT count(*) FROM target."case") AS cases, (SELECT count(*) FROM target."OSSYS_USER" WHERE "ID" > 44) AS users;
