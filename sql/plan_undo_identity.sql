-- Users and groups that a plan created go with it, unless somebody refers to
-- them.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
\set make :abs_srcdir '/test/fixture/make.sql'
\set identity :abs_srcdir '/test/fixture/identity.sql'
\o /dev/null
SET client_min_messages = warning;
\i :loopback
CREATE EXTENSION osmeta;
\i :make
\i :identity
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
SELECT count(*) FROM target."OSSYS_USER_ROLE" WHERE "USER_ID" > 44;
SELECT osmeta.drop_plan('p');
DELETE FROM target."case" WHERE "LABEL" = 'of one';
DELETE FROM target."OSSYS_GROUP_USER" WHERE "GROUP_ID" = :team;
DELETE FROM target."OSSYS_GROUP" WHERE "ID" = :team;
DELETE FROM target."OSSYS_USER" WHERE "ID" = :one;
TABLE make.not_as_before;
