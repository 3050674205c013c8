-- Users and groups that a plan created go with it, unless somebody refers to
-- them.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/identity_all.sql'
\o /dev/null
SET client_min_messages = warning;
\i :fixture
UPDATE source."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
UPDATE target."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = false FROM target."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Case' AND a."NAME" IN ('CountryId', 'CityId', 'UnitId');
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('near', remote_schema => 'target'), osmeta.attach('far', 'loop', 'target');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'near', 'far']) e;
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 13 WHEN 2 THEN 17 ELSE 16 END, "TEAMID" = 19 + "ID", "ROLEID" = 29 + "ID", "SHOPID" = "ID";
CREATE FUNCTION make.checksum(relation regclass) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT count(*) || '' '' || COALESCE(sum(hashtextextended(r::text, 0)), 0) FROM %s r', relation) INTO result;
	RETURN result;
END
$$;
CREATE VIEW make.target_state AS
SELECT c.relname AS table_name, make.checksum(c.oid) AS state
FROM pg_class c
WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r';
CREATE TABLE make.target_before AS SELECT * FROM make.target_state;
CREATE VIEW make.not_as_before AS
SELECT table_name FROM make.target_before b FULL JOIN make.target_state n USING (table_name) WHERE b.state IS DISTINCT FROM n.state;
\o
\set ECHO all
\set options '{"users": "create", "groups": "create", "severity": {"unmatched_role": "note"}}'

-- In this database
SELECT osmeta.create_plan('p', 'src', 'near', ARRAY['espace:Desk'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT table_name, count(*), count(target_id) AS stand FROM osmeta.plan_created GROUP BY 1 ORDER BY 1;
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- At a server
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- Somebody has begun to work with one of the users, and a group has got a
-- member: these two stay.
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT c.table_name, c.label FROM osmeta.plan_created c WHERE c.table_name IN ('user', 'group') ORDER BY 1, 2;
SELECT min(target_id::int) AS one FROM osmeta.plan_created WHERE table_name = 'user' \gset
SELECT min(target_id::int) AS team FROM osmeta.plan_created WHERE table_name = 'group' \gset
INSERT INTO target."case" ("ID", "LABEL", "OWNERID") VALUES (99999, 'of one', :one);
INSERT INTO target."OSSYS_GROUP_USER" ("GROUP_ID", "USER_ID", "TENANT_ID") VALUES (:team, 42, 3);
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
SELECT "USERNAME", "ID" = :one AS is_referred_to FROM target."OSSYS_USER" WHERE "ID" > 44;
SELECT "NAME", "ID" = :team AS is_referred_to FROM target."OSSYS_GROUP" WHERE "ID" > 52;
-- with the role that the plan gave to the one
SELECT count(*) FROM target."OSSYS_USER_ROLE" WHERE "USER_ID" = :one;
SELECT table_name, label, stays FROM osmeta.plan_created ORDER BY 1, 2;
SELECT osmeta.drop_plan('p');
DELETE FROM target."OSSYS_USER_ROLE" WHERE "USER_ID" = :one;
DELETE FROM target."case" WHERE "LABEL" = 'of one';
DELETE FROM target."OSSYS_GROUP_USER" WHERE "GROUP_ID" = :team;
DELETE FROM target."OSSYS_GROUP" WHERE "ID" = :team;
DELETE FROM target."OSSYS_USER" WHERE "ID" = :one;
TABLE make.not_as_before;

-- Who has logged in since, or was changed otherwise, stays with his links, and
-- with the groups that he is a member of.
\set ECHO none
CREATE VIEW make.links AS
SELECT 'role' AS link, u."USERNAME" AS who, r."NAME" AS of
FROM target."OSSYS_USER_ROLE" l JOIN target."OSSYS_USER" u ON u."ID" = l."USER_ID" JOIN target."OSSYS_ROLE" r ON r."ID" = l."Role_Id"
UNION ALL SELECT 'member', u."USERNAME", g."NAME"
FROM target."OSSYS_GROUP_USER" l JOIN target."OSSYS_USER" u ON u."ID" = l."USER_ID" JOIN target."OSSYS_GROUP" g ON g."ID" = l."GROUP_ID"
UNION ALL SELECT 'role of group', g."NAME", r."NAME"
FROM target."OSSYS_GROUP_ROLE" l JOIN target."OSSYS_GROUP" g ON g."ID" = l."GROUP_ID" JOIN target."OSSYS_ROLE" r ON r."ID" = l."ROLE_ID"
UNION ALL SELECT 'created', g."NAME", u."USERNAME"
FROM target."OSSYS_GROUP" g JOIN target."OSSYS_USER" u ON u."ID" = g."CREATED_BY";
CREATE TABLE make.links_before AS TABLE make.links;
CREATE PROCEDURE make.clean_up() LANGUAGE sql AS $$
DELETE FROM target."OSSYS_USER_ROLE" WHERE "USER_ID" > 44;
DELETE FROM target."OSSYS_GROUP_USER" WHERE "USER_ID" > 44;
DELETE FROM target."OSSYS_GROUP_ROLE" WHERE "GROUP_ID" > 52;
DELETE FROM target."OSSYS_GROUP" WHERE "ID" > 52;
DELETE FROM target."OSSYS_USER" WHERE "ID" > 44;
$$;
\set ECHO all
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
TABLE make.links EXCEPT TABLE make.links_before ORDER BY 1, 2, 3;
UPDATE target."OSSYS_USER" SET "LAST_LOGIN" = '2024-05-01 10:00' WHERE "USERNAME" = 'zoe' AND "ID" > 44;
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
SELECT table_name, label, stays FROM osmeta.plan_created WHERE stays IS NOT NULL ORDER BY 1, 2;
SELECT "USERNAME" FROM target."OSSYS_USER" WHERE "ID" > 44;
TABLE make.links EXCEPT TABLE make.links_before ORDER BY 1, 2, 3;
SELECT osmeta.drop_plan('p');
CALL make.clean_up();
TABLE make.not_as_before;
-- A group, in this database; who was in it by the plan alone goes
SELECT osmeta.create_plan('p', 'src', 'near', ARRAY['espace:Desk'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
UPDATE target."OSSYS_GROUP" SET "DESCRIPTION" = 'those in service' WHERE "NAME" = 'Agents';
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
SELECT table_name, label, stays FROM osmeta.plan_created WHERE stays IS NOT NULL ORDER BY 1, 2;
TABLE make.links EXCEPT TABLE make.links_before ORDER BY 1, 2, 3;
SELECT osmeta.drop_plan('p');
CALL make.clean_up();
TABLE make.not_as_before;
-- Changed or not, they go if that is said; a password alone is not looked at.
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], :'options') > 0 AS planned;
SELECT osmeta.set_plan_option('p', 'undo_changed', 'delete');
CALL osmeta.run_plan('p');
UPDATE target."OSSYS_USER" SET "EMAIL" = 'maria@example.org' WHERE "USERNAME" = 'Maria';
UPDATE target."OSSYS_USER" SET "PASSWORD" = 'set since' WHERE "USERNAME" = 'zoe' AND "ID" > 44;
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- A run whose session was lost when the target had committed: who stands there
-- as was intended goes, with his links, and nobody else.
CREATE FUNCTION make.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no more groups'; END $$;
CREATE TRIGGER stop BEFORE INSERT ON target."OSSYS_GROUP" FOR EACH ROW EXECUTE FUNCTION make.stop();
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], :'options') > 0 AS planned;
\set VERBOSITY terse
CALL osmeta.undo_plan('p');
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT p.phase, c.table_name, c.label, c.target_id FROM osmeta.plan p JOIN osmeta.plan_created c USING (plan_id) ORDER BY 2, 3;
INSERT INTO target."OSSYS_USER" ("TENANT_ID", "USERNAME", "IS_ACTIVE", "NAME", "EMAIL")
SELECT 3, u."USERNAME", u."IS_ACTIVE", u."NAME", u."EMAIL" FROM source."OSSYS_USER" u WHERE u."USERNAME" = 'Maria';
INSERT INTO target."OSSYS_USER" ("TENANT_ID", "USERNAME", "IS_ACTIVE", "NAME") VALUES (4, 'zoe', true, 'Another');
INSERT INTO target."OSSYS_USER_ROLE" ("USER_ID", "Role_Id", "TENANT_ID") SELECT "ID", 31, "TENANT_ID" FROM target."OSSYS_USER" WHERE "USERNAME" IN ('Maria', 'zoe');
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
SELECT "USERNAME", "NAME" FROM target."OSSYS_USER" WHERE "ID" > 44;
SELECT u."USERNAME" FROM target."OSSYS_USER_ROLE" r JOIN target."OSSYS_USER" u ON u."ID" = r."USER_ID" WHERE u."ID" > 44;
SELECT phase FROM osmeta.plan;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
DELETE FROM target."OSSYS_USER_ROLE" r USING target."OSSYS_USER" u WHERE u."ID" = r."USER_ID" AND u."ID" > 44;
DELETE FROM target."OSSYS_USER" WHERE "ID" > 44;
TABLE make.not_as_before;

-- It may as well have been lost before; the source says who is meant.
SELECT osmeta.create_plan('p', 'src', 'near', ARRAY['espace:Desk'], :'options') > 0 AS planned;
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT count(*) FROM osmeta.plan_created;
UPDATE osmeta.environment SET remote_schema = 'target' WHERE environment = 'src';
CALL osmeta.undo_plan('p');
UPDATE osmeta.environment SET remote_schema = 'source' WHERE environment = 'src';
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
SELECT count(*) FROM osmeta.plan_created;
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- Whom an attempt has intended that did not come so far, and the options that
-- hold now have no one create: who stands in for them is not one of them.
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], :'options') > 0 AS planned;
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT table_name, label FROM osmeta.plan_created ORDER BY 1, 2;
DROP TRIGGER stop ON target."OSSYS_GROUP";
-- not even who is like him, in another tenant
INSERT INTO target."OSSYS_USER" ("TENANT_ID", "USERNAME", "NAME", "EMAIL", "EXTERNAL_ID", "CREATION_DATE", "IS_ACTIVE")
SELECT 3, "USERNAME", "NAME", "EMAIL", "EXTERNAL_ID", "CREATION_DATE", "IS_ACTIVE" FROM source."OSSYS_USER" WHERE "ID" = 17;
SELECT osmeta.set_plan_option('p', 'users', 'fallback:North\zoe');
CALL osmeta.run_plan('p');
SELECT table_name, label FROM osmeta.plan_created WHERE table_name IN ('user', 'group') ORDER BY 1, 2;
SELECT * FROM make.links WHERE who = 'zoe';
CALL osmeta.undo_plan('p');
DELETE FROM target."OSSYS_USER" WHERE "USERNAME" = 'zoe' AND "TENANT_ID" = 3 RETURNING "USERNAME";
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- A run that is refused has created them all the same, and they are its own,
-- whoever stands in for the others then.
INSERT INTO source."case" ("ID", "LABEL", "OWNERID") VALUES (9, 'refuse me', 13);
SELECT format('ALTER TABLE target.%I ADD CONSTRAINT refused CHECK ("LABEL" <> ''refuse me'')', "PHYSICAL_TABLE_NAME") FROM target."OSSYS_ENTITY" WHERE "NAME" = 'Case' \gexec
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT c.table_name, c.label, u."USERNAME" FROM osmeta.plan_created c LEFT JOIN target."OSSYS_USER" u ON u."ID"::text = c.target_id
WHERE c.table_name = 'user' ORDER BY 1, 2;
-- who has gone meanwhile is created again
DELETE FROM target."OSSYS_USER_ROLE" r USING target."OSSYS_USER" u WHERE u."ID" = r."USER_ID" AND u."USERNAME" = 'Maria';
DELETE FROM target."OSSYS_USER" WHERE "USERNAME" = 'Maria';
SELECT osmeta.refresh_plan('p');
SET client_min_messages = notice;
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SET client_min_messages = warning;
DELETE FROM source."case" WHERE "ID" = 9;
SELECT format('ALTER TABLE target.%I DROP CONSTRAINT refused', "PHYSICAL_TABLE_NAME") FROM target."OSSYS_ENTITY" WHERE "NAME" = 'Case' \gexec
SELECT osmeta.refresh_plan('p');
SELECT osmeta.set_plan_option('p', 'users', 'fallback:bob');
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- Who was created by an earlier round becomes a member of a group that a later
-- one creates, and of no other.
INSERT INTO source."OSSYS_GROUP" ("ID", "NAME", "TENANT_ID") SELECT 90 + n, 'Later ' || n, "TENANT_ID" FROM source."OSSYS_USER" CROSS JOIN generate_series(0, 1) n WHERE "ID" = 17;
INSERT INTO source."OSSYS_GROUP_USER" ("USER_ID", "GROUP_ID", "TENANT_ID") SELECT 17, "ID", "TENANT_ID" FROM source."OSSYS_GROUP" WHERE "ID" IN (90, 91);
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['espace:Desk'], :'options') > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT count(*) FROM make.links WHERE of LIKE 'Later%';
INSERT INTO source."case" ("ID", "LABEL", "TEAMID") VALUES (9, 'for those to come', 90);
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT * FROM make.links WHERE of LIKE 'Later%';
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');
