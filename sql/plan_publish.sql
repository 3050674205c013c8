-- What is put in the place of a table or a column, and what is published
-- while a plan is under way: it is noticed, and nothing goes elsewhere.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SELECT make.table_of('source', 'Region') AS source_region, make.table_of('target', 'Region') AS target_region \gset
SELECT split_part(:'source_region', '.', 2) AS source_table, split_part(:'target_region', '.', 2) AS target_table \gset
\o
\set ECHO all
-- A table that is replaced under its name
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
BEGIN;
DROP VIEW target.region, source.region CASCADE;
ALTER TABLE :target_region RENAME TO region_before;
CREATE TABLE :target_region (LIKE target.region_before INCLUDING ALL);
INSERT INTO :target_region OVERRIDING SYSTEM VALUE SELECT * FROM target.region_before;
ALTER TABLE :source_region RENAME TO region_before;
CREATE TABLE :source_region (LIKE source.region_before INCLUDING ALL);
INSERT INTO :source_region OVERRIDING SYSTEM VALUE SELECT * FROM source.region_before WHERE "ID" < 7;
COMMIT;
CALL osmeta.run_plan('p');
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT "NAME" FROM :target_region EXCEPT SELECT "NAME" FROM target.region_before ORDER BY 1;
SELECT status FROM osmeta.verify_plan('p');
-- a key that has another name is none that is new
SELECT conname AS key FROM pg_constraint WHERE conrelid = :'source_region'::regclass AND contype = 'p' \gset
ALTER TABLE :source_region RENAME CONSTRAINT :"key" TO other_name;
CALL osmeta.run_plan('p');
-- once more, when there is something to lose
ALTER TABLE :target_region RENAME TO region_later;
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
ALTER TABLE target.region_before RENAME TO :target_table;
SELECT status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
CALL osmeta.run_plan('p');
SELECT osmeta.refresh_plan('p');
SELECT rows_found, status FROM osmeta.verify_plan('p');
ALTER TABLE :target_region RENAME TO region_before;
ALTER TABLE target.region_later RENAME TO :target_table;
SELECT osmeta.refresh_plan('p');
CALL osmeta.undo_plan('p');
SELECT "NAME" FROM :target_region WHERE "NAME" NOT LIKE 'theirs%';
SELECT osmeta.drop_plan('p');

-- A column that is replaced under its name
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
ALTER TABLE :target_region RENAME "NAME" TO name_before;
ALTER TABLE :target_region ADD "NAME" varchar(50);
CALL osmeta.run_plan('p');
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT "NAME" FROM :target_region WHERE "NAME" IS NOT NULL ORDER BY 1;
SELECT status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- An attribute that is renamed by a publish gets a new column; the old one
-- stays. Before the first row:
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
BEGIN;
ALTER TABLE :target_region ADD "TITLE" varchar(50);
UPDATE target."OSSYS_ENTITY_ATTR" a SET "NAME" = 'Title', "DATABASE_NAME" = 'TITLE'
FROM target."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Region' AND a."NAME" = 'Name';
SELECT osmeta.refresh_plan('p');
COMMIT;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT "TITLE", "NAME" FROM :target_region WHERE "TITLE" IS NOT NULL ORDER BY 1;

-- one that is new, at either side
INSERT INTO target."OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE", "DEFAULT_LABEL", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
SELECT e."ID", 'Rating', md5('Rating')::uuid, 'rtInteger', 0, 0, false, false, 'Protect', '', true, 9, 'RATING' FROM target."OSSYS_ENTITY" e WHERE e."NAME" = 'Region';
CALL osmeta.run_plan('p');
DELETE FROM target."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'Rating';
INSERT INTO source."OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE", "DEFAULT_LABEL", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
SELECT e."ID", 'Rating', md5('Rating')::uuid, 'rtInteger', 0, 0, false, false, 'Protect', '', true, 9, 'RATING' FROM source."OSSYS_ENTITY" e WHERE e."NAME" = 'Region';
CALL osmeta.run_plan('p');
DELETE FROM source."OSSYS_ENTITY_ATTR" WHERE "NAME" = 'Rating';

-- between two rounds, at the source
BEGIN;
ALTER TABLE :source_region ADD "TITLE" varchar(50);
UPDATE source."OSSYS_ENTITY_ATTR" a SET "NAME" = 'Title', "DATABASE_NAME" = 'TITLE'
FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Region' AND a."NAME" = 'Name';
INSERT INTO :source_region ("ID", "TITLE") VALUES (100, 'in the new column');
COMMIT;
CALL osmeta.run_plan('p');
SELECT phase, round FROM osmeta.plan;
UPDATE source."OSSYS_ENTITY_ATTR" a SET "NAME" = 'Name', "DATABASE_NAME" = 'NAME', "TYPE" = 'rtInteger'
FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Region' AND a."NAME" = 'Title';
CALL osmeta.run_plan('p');
UPDATE source."OSSYS_ENTITY_ATTR" a SET "TYPE" = 'rtText', "IS_ACTIVE" = false
FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Region' AND a."NAME" = 'Name';
CALL osmeta.run_plan('p');
UPDATE source."OSSYS_ENTITY_ATTR" a SET "IS_ACTIVE" = true
FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Region' AND a."NAME" = 'Name';
CALL osmeta.run_plan('p');
SELECT phase, round FROM osmeta.plan;
UPDATE target."OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = 'region_before' WHERE "NAME" = 'Region';
CALL osmeta.run_plan('p');
UPDATE target."OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = trim(:'target_table', '"'), "IS_ACTIVE" = false WHERE "NAME" = 'Region';
CALL osmeta.run_plan('p');
UPDATE target."OSSYS_ENTITY" SET "IS_ACTIVE" = true WHERE "NAME" = 'Region';
CALL osmeta.run_plan('p');
SELECT status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- What another member of the owner, or a superuser, has made belongs to the
-- plan's owner.
CREATE ROLE regress_osmeta_maker;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_osmeta_maker', current_database()) \gexec
GRANT USAGE ON SCHEMA osmeta, source, target, src, tgt, public TO regress_osmeta_maker;
GRANT SELECT ON ALL TABLES IN SCHEMA osmeta, source, target, src, tgt TO regress_osmeta_maker;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA osmeta, target TO regress_osmeta_maker;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA osmeta TO regress_osmeta_maker;
GRANT INSERT, DELETE ON :target_region TO regress_osmeta_maker;
SET ROLE regress_osmeta_maker;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
RESET ROLE;
CALL osmeta.run_plan('p');
INSERT INTO :source_region ("ID", "NAME") VALUES (200, 'later');
CALL osmeta.run_plan('p');
SELECT DISTINCT c.relowner::regrole FROM pg_class c WHERE c.relnamespace = 'p'::regnamespace;
SET ROLE regress_osmeta_maker;
SELECT rows_found, status, detail FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
RESET ROLE;
DROP OWNED BY regress_osmeta_maker;
DROP ROLE regress_osmeta_maker;
