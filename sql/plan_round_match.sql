-- Rows that a later round delivers again, and refer to what the plan matches
-- and no row of an earlier round has referred to.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/identity_all.sql'
\o /dev/null
SET client_min_messages = warning;
\i :fixture
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;
CREATE VIEW make.delivered AS
SELECT c."LABEL" AS label, u."USERNAME" AS owner, g."NAME" AS team, co."CODE" AS country
FROM target."case" c
LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."OWNERID"
LEFT JOIN target."OSSYS_GROUP" g ON g."ID" = c."TEAMID"
LEFT JOIN target.country co ON co."ID" = c."COUNTRYID";
\o
\set ECHO all

UPDATE source."case" SET "OWNERID" = 11, "COUNTRYID" = 1;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Desk'], '{"updates": true, "users": "create", "groups": "create"}');
UPDATE osmeta.plan_entity SET key_strategy = CASE entity WHEN 'Country' THEN 'natural:Code' ELSE 'keep' END WHERE NOT is_data AND fixed_strategy IS NULL;
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT * FROM make.delivered ORDER BY 1;
-- Another country, and a user and a group that the target does not have
UPDATE source."case" SET "OWNERID" = 13, "COUNTRYID" = 3 WHERE "ID" = 1;
UPDATE source."case" SET "TEAMID" = 22 WHERE "ID" = 2;
CALL osmeta.run_plan('p');
SELECT * FROM make.delivered ORDER BY 1;
SELECT table_name, label FROM osmeta.plan_created WHERE label IS NOT NULL ORDER BY 1;
-- One that has no partner stops the round.
UPDATE source."case" SET "COUNTRYID" = 5 WHERE "ID" = 1;
CALL osmeta.run_plan('p');
SELECT * FROM make.delivered ORDER BY 1;
CALL osmeta.undo_plan('p');
SELECT count(*) FROM target."case";
SELECT count(*) FROM target."OSSYS_USER" WHERE "ID" > 44;
