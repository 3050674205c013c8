--
-- What is left over: proof of renames, what stands in the way, sizes
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set make :abs_srcdir '/test/fixture/make.sql'
\set schema :abs_srcdir '/demo/factory/schema.sql'
CREATE SCHEMA factory;
\set ECHO none
\i :make
SET search_path = factory;
\i :schema
\set ECHO all
SET search_path = factory, public;
DO $$
BEGIN
	PERFORM make.begin(100);
	PERFORM make.espace('Shop');
	PERFORM make.entity('Shop.Region'), make.attribute('Shop.Region', 'Id', 'rtLongInteger', 'auto mandatory'), make.attribute('Shop.Region', 'Name', 'rtText(50)');
	PERFORM make.entity('Shop.Customer', physical => 'OSUSR_abc_Customer'), make.attribute('Shop.Customer', 'Id', 'rtLongInteger', 'auto mandatory');
	PERFORM make.attribute('Shop.Customer', a, 'rtDateTime') FROM unnest('{Birthday,Since,Seen}'::text[]) AS a;
	PERFORM make.attribute('Shop.Customer', a, 'rtText(30)') FROM unnest('{Nick,Code}'::text[]) AS a;
	PERFORM make.entity('Shop.Other', physical => 'OSUSR_abc_Other'), make.attribute('Shop.Other', 'Id', 'rtLongInteger', 'auto mandatory'), make.attribute('Shop.Other', 'Note', 'rtText(30)');
	PERFORM make.entity('Shop.Moved', physical => 'OSUSR_abc_Moved'), make.attribute('Shop.Moved', 'Id', 'rtLongInteger', 'auto mandatory'), make.attribute('Shop.Moved', 'Note', 'rtText(30)');
	PERFORM make.entity('Shop.Bare', physical => 'OSUSR_abc_Bare'), make.attribute('Shop.Bare', 'Id', 'rtLongInteger', 'auto mandatory'), make.attribute('Shop.Bare', 'Note', 'rtText(30)');
	PERFORM make.tables();
END $$;
ANALYZE;
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.attach('other', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('prod', 'first');
-- what publishing makes of a rename: the row names a new column, the old one stays
CREATE FUNCTION rename_attribute(entity_name text, old_name text, new_name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	SELECT a."ID" AS id, a."DATABASE_NAME" AS column_name, e."PHYSICAL_TABLE_NAME" AS table_name INTO STRICT t
	FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."NAME" = entity_name AND a."NAME" = old_name;
	EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s', t.table_name, upper(new_name),
		(SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = quote_ident(t.table_name)::regclass AND attname = t.column_name));
	UPDATE "OSSYS_ENTITY_ATTR" SET "NAME" = new_name, "DATABASE_NAME" = upper(new_name) WHERE "ID" = t.id;
END $$;
SELECT rename_attribute('Customer', 'Birthday', 'BirthDate'), rename_attribute('Other', 'Note', 'Remark'), rename_attribute('Moved', 'Note', 'Remark'), rename_attribute('Bare', 'Note', 'Remark');
SELECT osmeta.capture('prod', 'second');
SELECT rename_attribute('Customer', 'BirthDate', 'DateOfBirth'), rename_attribute('Customer', 'Seen', 'LastSeen');
-- its row is gone: nobody but an earlier capture knows it
DELETE FROM "OSSYS_ENTITY_ATTR" WHERE "NAME" = 'Nick';
-- it was made by hand, or before the first capture
ALTER TABLE "OSUSR_abc_Customer" ADD COLUMN stray integer;
-- no proof: another entity under the number, another table, a key that cannot be read
UPDATE "OSSYS_ENTITY" SET "SS_KEY" = md5('another')::uuid::text WHERE "NAME" = 'Other';
ALTER TABLE "OSUSR_abc_Moved" RENAME TO "OSUSR_abc_Moved1";
UPDATE "OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = 'OSUSR_abc_Moved1' WHERE "NAME" = 'Moved';
SELECT osmeta.capture('prod', 'third'), osmeta.capture('other');
UPDATE osmeta.captured_entity_attr SET ss_key = '*' WHERE capture_id IN (1, 2) AND entity_id = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'Bare');
SELECT table_name, column_name, entity, column_type, explained_by, evidence_capture_id FROM osmeta.orphan_column WHERE environment = 'prod' ORDER BY table_name COLLATE "C", position;
-- another environment has no past
SELECT table_name, column_name, explained_by, evidence_capture_id FROM osmeta.orphan_column WHERE environment = 'other' AND entity = 'Customer' ORDER BY position;
-- an earlier capture sees no later one, and the first has nothing to be compared with
SET osmeta.capture = '2';
SELECT table_name, column_name, explained_by FROM osmeta.orphan_column ORDER BY table_name COLLATE "C", position;
SET osmeta.capture = '1';
SELECT count(*) FROM osmeta.orphan_column;
RESET osmeta.capture;
-- who may read the view needs no right on what it reads
CREATE ROLE regress_osmeta_leftover;
GRANT USAGE ON SCHEMA osmeta TO regress_osmeta_leftover;
GRANT SELECT ON osmeta.orphan_column, osmeta.leftover_constraint, osmeta.espace_size TO regress_osmeta_leftover;
SET ROLE regress_osmeta_leftover;
SELECT count(*) FILTER (WHERE evidence_capture_id > 0) AS proved FROM osmeta.orphan_column;
SELECT count(*) FROM osmeta.leftover_constraint;
SELECT sum(tables) > 0 AS tables FROM osmeta.espace_size;
RESET ROLE;
DROP OWNED BY regress_osmeta_leftover;
DROP ROLE regress_osmeta_leftover;
-- live, the past is that of the environment
SELECT table_name, column_name, explained_by, evidence_capture_id FROM prod.orphan_column WHERE entity = 'Customer' ORDER BY position;
SELECT column_name, explained_by FROM other.orphan_column WHERE entity = 'Customer' ORDER BY position;
-- the attribute was removed after the rename: it still names the new column
UPDATE "OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = false WHERE "NAME" = 'DateOfBirth';
SELECT column_name, explained_by FROM prod.orphan_column WHERE entity = 'Customer' AND explained_by ~ 'Birth' ORDER BY position;
UPDATE "OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = true WHERE "NAME" = 'DateOfBirth';
-- without the captures there is no proof
SELECT osmeta.drop_capture(1), osmeta.drop_capture(2);
SELECT table_name, column_name, explained_by, evidence_capture_id FROM osmeta.orphan_column WHERE environment = 'prod' AND entity = 'Customer' ORDER BY position;
SELECT osmeta.detach('other');
SELECT osmeta.detach('prod');

--
-- What stands in the way of inserts and deletes
--
DROP SCHEMA factory CASCADE;
TRUNCATE make.column_of;
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :schema
\set ECHO all
SET search_path = factory, public;
DO $$
BEGIN
	PERFORM make.begin(100);
	PERFORM make.espace('Shop');
	PERFORM make.entity('Shop.Region', physical => 'OSUSR_abc_Region'), make.attribute('Shop.Region', 'Id', 'rtLongInteger', 'auto mandatory'), make.attribute('Shop.Region', 'Name', 'rtText(50)');
	PERFORM make.entity('Shop.Order', physical => 'OSUSR_abc_Order'), make.attribute('Shop.Order', 'Code', 'rtText(20)', 'mandatory'), make.attribute('Shop.Order', 'Label', 'rtText(20)');
	PERFORM make.attribute('Shop.Order', a, 'rtLongInteger', 'inactive') FROM unnest('{Number,Needed,Given,Only,Beside,Filled,FilledBeside,Part,Shown}'::text[]) AS a;
	PERFORM make.attribute('Shop.Order', a, 'Shop.Region', 'inactive Ignore') FROM unnest('{HeldId,TakenId,FreedId}'::text[]) AS a;
	PERFORM make.entity('Shop.Gone', physical => 'OSUSR_abc_Gone'), make.attribute('Shop.Gone', 'Id', 'rtLongInteger', 'auto mandatory'), make.attribute('Shop.Gone', 'RegionId', 'Shop.Region'), make.attribute('Shop.Gone', 'OwnerId', 'Shop.Region', 'Delete');
	PERFORM make.tables();
	UPDATE "OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "NAME" = 'Gone';
END $$;
SELECT count(*) AS inactive FROM "OSSYS_ENTITY_ATTR" WHERE NOT "IS_ACTIVE";
ALTER TABLE "OSUSR_abc_Order" ALTER "NUMBER" SET NOT NULL;
ALTER TABLE "OSUSR_abc_Order" ALTER "NUMBER" ADD GENERATED ALWAYS AS IDENTITY, ALTER "NEEDED" SET NOT NULL, ALTER "GIVEN" SET NOT NULL, ALTER "GIVEN" SET DEFAULT 0,
	ALTER "FILLED" SET DEFAULT 0, ALTER "FILLEDBESIDE" SET DEFAULT 0, ADD stray integer NOT NULL, ADD sum integer GENERATED ALWAYS AS (1) STORED NOT NULL, ADD "LABEL2" varchar(20),
	ADD CONSTRAINT held FOREIGN KEY ("HELDID") REFERENCES "OSUSR_abc_Region", ADD CONSTRAINT taken FOREIGN KEY ("TAKENID") REFERENCES "OSUSR_abc_Region" ON DELETE CASCADE,
	ADD CONSTRAINT freed FOREIGN KEY ("FREEDID") REFERENCES "OSUSR_abc_Region" ON DELETE SET NULL;
CREATE UNIQUE INDEX only_index ON "OSUSR_abc_Order" ("ONLY");
CREATE UNIQUE INDEX beside_index ON "OSUSR_abc_Order" ("BESIDE", "LABEL");
CREATE UNIQUE INDEX filled_index ON "OSUSR_abc_Order" ("FILLED");
CREATE UNIQUE INDEX filled_beside_index ON "OSUSR_abc_Order" ("LABEL", "FILLEDBESIDE");
CREATE UNIQUE INDEX number_index ON "OSUSR_abc_Order" ("NUMBER");
CREATE UNIQUE INDEX needed_index ON "OSUSR_abc_Order" ("NEEDED");
CREATE UNIQUE INDEX part_index ON "OSUSR_abc_Order" ("PART") WHERE "PART" > 0;
CREATE UNIQUE INDEX expression_index ON "OSUSR_abc_Order" (("SHOWN" + 1), "PART");
CREATE UNIQUE INDEX in_use_index ON "OSUSR_abc_Order" ("LABEL");
CREATE INDEX plain_index ON "OSUSR_abc_Order" ("ONLY", "PART");
CREATE TABLE "OSUSR_abc_Orphan" (id bigint REFERENCES "OSUSR_abc_Region" ON DELETE CASCADE);
CREATE TABLE "OSUSR_abc_Order_bak" (id bigint REFERENCES "OSUSR_abc_Region");
CREATE TABLE warehouse (id bigint REFERENCES "OSUSR_abc_Region");
ANALYZE;
SELECT osmeta.attach('sqlserver', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.attach('oracle', remote_schema => 'factory', dialect => 'oracle');
SELECT osmeta.attach('postgres', remote_schema => 'factory', dialect => 'postgres');
SELECT osmeta.capture('sqlserver') < osmeta.capture('oracle') AND osmeta.capture('postgres') > 0 AS captured;
SELECT kind, table_name, column_name, key_name, entity, attribute, blocks, target_table, string_agg(environment, ', ' ORDER BY environment) AS environments
FROM osmeta.leftover_constraint GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY kind, table_name COLLATE "C", column_name COLLATE "C", key_name COLLATE "C";
SELECT DISTINCT coalesce(key_name, column_name) AS object, message, hint FROM osmeta.leftover_constraint WHERE environment = 'sqlserver' ORDER BY 1, 2;
SELECT count(*) AS differ FROM ((SELECT to_jsonb(a) - 'capture_id' FROM osmeta.leftover_constraint AS a EXCEPT ALL (SELECT to_jsonb(b) - 'capture_id' FROM sqlserver.leftover_constraint AS b UNION ALL SELECT to_jsonb(b) - 'capture_id' FROM oracle.leftover_constraint AS b
	UNION ALL SELECT to_jsonb(b) - 'capture_id' FROM postgres.leftover_constraint AS b))) AS x;
-- what it says comes true
INSERT INTO "OSUSR_abc_Region" ("ID") VALUES (1), (2), (3);
INSERT INTO "OSUSR_abc_Order" ("CODE") VALUES ('a');
ALTER TABLE "OSUSR_abc_Order" DROP stray, ALTER "NEEDED" DROP NOT NULL;
INSERT INTO "OSUSR_abc_Order" ("CODE", "LABEL") VALUES ('a', 'x');
INSERT INTO "OSUSR_abc_Order" ("CODE", "LABEL") VALUES ('b', 'y');
UPDATE "OSUSR_abc_Order" SET "HELDID" = 1, "TAKENID" = 2, "FREEDID" = 3;
DELETE FROM "OSUSR_abc_Region" WHERE "ID" = 1;
DELETE FROM "OSUSR_abc_Region" WHERE "ID" = 3;
DELETE FROM "OSUSR_abc_Region" WHERE "ID" = 2;
SELECT count(*) AS orders FROM "OSUSR_abc_Order";
-- where the catalogue says nothing there is no row
BEGIN;
DELETE FROM osmeta.captured_physical_key;
DELETE FROM osmeta.captured_physical_index;
SELECT environment, kind, count(*) FROM osmeta.leftover_constraint GROUP BY 1, 2 ORDER BY 1, 2;
UPDATE osmeta.captured_physical_column SET is_identity = NULL, is_nullable = NULL, has_default = NULL, is_generated = NULL;
SELECT count(*) FROM osmeta.leftover_constraint;
DELETE FROM osmeta.captured_physical_table;
SELECT count(*) FROM osmeta.leftover_constraint;
ROLLBACK;

--
-- Sizes by espace, each table once
--
DO $$
BEGIN
	PERFORM make.espace('Stock');
	PERFORM make.entity('Stock.Item', physical => 'OSUSR_abc_Region'), make.attribute('Stock.Item', 'Id', 'rtLongInteger', 'auto mandatory');
	PERFORM make.entity('Stock.Part', physical => 'OSUSR_def_Part'), make.attribute('Stock.Part', 'Id', 'rtLongInteger', 'auto mandatory');
	INSERT INTO "OSSYS_APPLICATION" ("ID", "NAME", "DEFAULTTHEMEISMOBILE", "KEY", "IS_ACTIVE", "DISABLED", "APPLICATIONKIND") VALUES (1, 'Selling', false, md5('1')::uuid, true, false, 1), (2, 'Keeping', false, md5('2')::uuid, true, false, 1);
	INSERT INTO "OSSYS_APP_DEFINITION_MODULE" ("ID", "MODULE_ID", "application_id") SELECT 10 * a.id + m."ID", m."ID", a.id FROM "OSSYS_MODULE" m JOIN "OSSYS_ESPACE" e ON e."ID" = m."ESPACE_ID" AND e."NAME" = 'Shop', (VALUES (1), (2)) AS a (id);
END $$;
CREATE TABLE "OSUSR_def_Part" ("ID" bigint, "DATA" text);
INSERT INTO "OSUSR_def_Part" SELECT i, repeat('x', 100) FROM generate_series(1, 1000) AS i;
ANALYZE;
SELECT osmeta.capture('postgres') > 0 AS captured;
SELECT espace, application, tables, row_count, data_bytes > 0 AS has_data, bytes = data_bytes + index_bytes + lob_bytes AS is_sum, removed_tables, removed_bytes > 0 AS has_removed, extension
FROM osmeta.espace_size WHERE environment = 'postgres' AND espace IS NOT NULL ORDER BY espace;
SELECT sum(s.tables) = (SELECT count(*) FROM osmeta.table_size AS t WHERE t.environment = 'postgres') AS tables,
	sum(s.bytes) = (SELECT sum(t.bytes) FROM osmeta.table_size AS t WHERE t.environment = 'postgres') AS bytes,
	sum(s.row_count) = (SELECT sum(t.row_count) FROM osmeta.table_size AS t WHERE t.environment = 'postgres') AS rows,
	count(*) FILTER (WHERE espace IS NULL AND extension IS NULL) AS without_espace
FROM osmeta.espace_size AS s WHERE s.environment = 'postgres';
SELECT tables, row_count, data_bytes = pg_relation_size('factory."OSUSR_def_Part"') + pg_relation_size('factory."OSUSR_abc_Region"') * (tables - 1) AS is_size FROM osmeta.espace_size WHERE environment = 'postgres' AND espace = 'Stock';
