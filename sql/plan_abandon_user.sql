-- A round that found a partner for a user is thrown away: who refers to him
-- has NULL again, until a later round.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/identity_all.sql'
\o /dev/null
SET client_min_messages = warning;
\i :fixture
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target'), osmeta.attach('far', 'loop', 'target');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt', 'far']) e;
CREATE FUNCTION make.case_table() RETURNS regclass LANGUAGE sql AS $$
	SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname LIKE '%\_Case'
$$;
SELECT make.case_table() AS case_table \gset
UPDATE source."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
UPDATE target."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM target."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt', 'far']) e;
ALTER TABLE :case_table ADD CONSTRAINT never CHECK ("LABEL" <> 'refused');
\o
\set ECHO all
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 13 END;
UPDATE source."OSSYS_USER" SET "USERNAME" = 'latecomer' WHERE "ID" = 13;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk'], '{"severity": {"unmatched_user": "warning"}}') > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT u."USERNAME" AS owner FROM target."case" c LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."OWNERID" WHERE c."LABEL" = (SELECT "LABEL" FROM source."case" WHERE "ID" = 1);
SELECT entity, status, nulled FROM osmeta.verify_plan('p') ORDER BY 1;
UPDATE target."OSSYS_USER" SET "USERNAME" = 'latecomer' WHERE "ID" = (SELECT min(u."ID") FROM target."OSSYS_USER" u
	WHERE u."TENANT_ID"::text = (SELECT m.target_id FROM osmeta.plan_map m JOIN osmeta.plan_entity e USING (plan_id, entity_id)
		JOIN source."OSSYS_USER" s ON s."ID" = 13 AND s."TENANT_ID"::text = m.source_id WHERE e.entity = 'Tenant'));
INSERT INTO source."case" ("ID", "LABEL", "TENANT_ID") SELECT max("ID") + 1, 'refused', min("TENANT_ID") FROM source."case";
CALL osmeta.run_plan('p');
SELECT count(*) FROM osmeta.plan_map WHERE source_id = '13' AND target_id IS NOT NULL;
CALL osmeta.abandon_round('p');
SELECT count(*) FROM osmeta.plan_map WHERE source_id = '13' AND target_id IS NOT NULL;
SELECT entity, status, nulled FROM osmeta.verify_plan('p') ORDER BY 1;
DELETE FROM source."case" WHERE "LABEL" = 'refused';
CALL osmeta.run_plan('p');
SELECT u."USERNAME" AS owner FROM target."case" c LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."OWNERID" WHERE c."LABEL" = (SELECT "LABEL" FROM source."case" WHERE "ID" = 1);
SELECT entity, status, nulled FROM osmeta.verify_plan('p') ORDER BY 1;
