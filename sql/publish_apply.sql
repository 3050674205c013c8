--
-- publish_impact: its statements, applied to a copy of the demo factory, make
-- the database that the new model expects
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set schema :abs_srcdir '/demo/factory/schema.sql'
\set prod :abs_srcdir '/demo/factory/prod.sql'
\set edit :abs_srcdir '/test/fixture/edit_model.sql'
CREATE SCHEMA factory_copy;
CREATE SCHEMA factory_new;
\set ECHO none
SET search_path = factory_copy;
\i :schema
\i :prod
SET search_path = factory_new;
\i :schema
\i :prod
\i :edit
\set ECHO all
-- rows that would be in the way, but for one unique index
SET search_path = factory_copy, public;
UPDATE "OSUSR_7i3_Person" SET "ICONID" = NULL WHERE "ICONID" IN (9, 13);
UPDATE "OSUSR_7i3_Person" SET "NICKNAME" = '7' WHERE "NICKNAME" IS NOT NULL;
UPDATE "OSUSR_s41_FeedbackScreenshot" SET "FILENAME" = "ID"::text;

-- ----- the new model --------------------------------------------------------
SET search_path = factory_new, public;
SELECT public.add_entity('People', 'Country'), public.add_attribute('Country', 'Id', 'rtLongInteger', auto => true), public.add_attribute('Country', 'Name', 'rtText', 3000);
SELECT public.add_attribute('Country', 'CapitalId', public.bt('City'), rule => 'Delete'), public.add_attribute('Country', 'Ruler', public.bt('User')), public.add_attribute('Country', 'Neighbour', public.bt('Country'));
UPDATE "OSSYS_ENTITY" SET "MULTITENANT" = true, "Expose_Process_Events" = true WHERE "NAME" = 'Country';
SELECT public.add_entity('People', 'Badge'), public.add_attribute('Badge', 'Id', public.bt('PersonContact'));
SELECT public.add_attribute('Person', 'CountryId', public.bt('Country')), public.add_attribute('Person', 'Score', 'rtDecimal', 10, 2), public.add_attribute('Person', 'Photo', 'rtBinaryData'), public.add_attribute('Person', 'Is Vip', 'rtBoolean'), public.add_attribute('Person', 'Motto "x"; --', 'rtText', 20), public.add_attribute('Person', 'Seen', 'rtDateTime');
SELECT public.add_attribute('Person', 'Nickname2', 'rtInteger'), public.add_attribute('Person', 'Birthday', 'rtDate');
UPDATE "OSSYS_ENTITY_ATTR" SET "NAME" = 'NickName', "DATABASE_NAME" = 'NICKNAME' WHERE "NAME" = 'Nickname2';
UPDATE "OSSYS_ENTITY_ATTR" SET "NAME" = 'RegisteredOn', "DATABASE_NAME" = 'REGISTEREDON' WHERE "NAME" = 'CreatedOn' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'Person');
UPDATE "OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = false WHERE "NAME" IN ('Phone', 'TopicId');
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 100 WHERE "NAME" = 'Name' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'City');
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 30 WHERE "NAME" = 'Name' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'Icon');
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 4000 WHERE "NAME" = 'Value';
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 8, "DECIMALS" = 2 WHERE "NAME" = 'Rating';
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtLongInteger' WHERE "NAME" = 'IsAlive';
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtDateTime' WHERE "NAME" = 'TakenAt';
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtLongInteger' WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'CitySize' AND "ESPACE_ID" = (SELECT "ID" FROM "OSSYS_ESPACE" WHERE "NAME" = 'CityManager'));
UPDATE "OSSYS_ENTITY_ATTR" SET "DELETE_RULE" = 'Ignore' WHERE "NAME" = 'ManagerId';
UPDATE "OSSYS_ENTITY_ATTR" SET "DELETE_RULE" = 'Protect' WHERE "NAME" IN ('IconId', 'RecentItemId');
UPDATE "OSSYS_ENTITY" SET "Expose_Process_Events" = true WHERE "NAME" = 'Person';
UPDATE "OSSYS_ENTITY" SET "PRIMARYKEY_SS_KEY" = (SELECT a."SS_KEY" FROM "OSSYS_ENTITY_ATTR" AS a WHERE a."NAME" = 'FileName' AND a."ENTITY_ID" = "OSSYS_ENTITY"."ID") WHERE "NAME" = 'FeedbackScreenshot';
CREATE UNIQUE INDEX "OSIDX_OSUSR_7i3_Person_6CITYID_4NAME" ON "OSUSR_7i3_Person" ("CITYID", "NAME");
-- two cities have one name in the copy: this one cannot be made there
UPDATE "OSUSR_7i3_City" SET "NAME" = left("NAME", 40) || "ID";
CREATE UNIQUE INDEX "OSIDX_OSUSR_7i3_City_4NAME" ON "OSUSR_7i3_City" ("NAME");
UPDATE "OSSYS_ENTITY_RECORD" SET "Is_Active" = false WHERE "Name" = 'Small' AND "Espace_Id" = (SELECT "ID" FROM "OSSYS_ESPACE" WHERE "NAME" = 'CityManagerTraining');
RESET search_path;

SELECT osmeta.attach('copy', remote_schema => 'factory_copy');
SELECT osmeta.attach('new', remote_schema => 'factory_new');
SELECT osmeta.capture('copy') AS before, osmeta.capture('new') > 0 AS captured \gset
CREATE TABLE impact AS SELECT * FROM osmeta.publish_impact('copy', 'new', 'postgres', true);
SELECT severity, count(*), count(statement) AS statements FROM impact GROUP BY 1 ORDER BY 1;
SELECT object, change, severity, offenders FROM impact WHERE severity = 'error' OR offenders IS NOT NULL ORDER BY object COLLATE "C", change;

-- ----- apply it -------------------------------------------------------------
SET search_path = factory_copy;
DO $$
DECLARE
	line record;
BEGIN
	FOR line IN SELECT * FROM public.impact WHERE statement IS NOT NULL AND severity <> 'error' ORDER BY statement_no
	LOOP
		EXECUTE line.statement;
	END LOOP;
END
$$;
-- what the platform writes into its own tables: the rows of the new model, but
-- tables that were there keep their names
CREATE TABLE public.kept AS SELECT "ID", "PHYSICAL_TABLE_NAME" FROM "OSSYS_ENTITY";
TRUNCATE "OSSYS_ENTITY", "OSSYS_ENTITY_ATTR", "OSSYS_ENTITY_RECORD";
INSERT INTO "OSSYS_ENTITY" OVERRIDING SYSTEM VALUE SELECT * FROM factory_new."OSSYS_ENTITY";
INSERT INTO "OSSYS_ENTITY_ATTR" OVERRIDING SYSTEM VALUE SELECT * FROM factory_new."OSSYS_ENTITY_ATTR";
INSERT INTO "OSSYS_ENTITY_RECORD" OVERRIDING SYSTEM VALUE SELECT * FROM factory_new."OSSYS_ENTITY_RECORD";
UPDATE "OSSYS_ENTITY" AS e SET "PHYSICAL_TABLE_NAME" = osmeta.physical_table_name(s."NAME", e."NAME", 'postgres', (SELECT array_agg(k."PHYSICAL_TABLE_NAME") FROM public.kept AS k))
FROM "OSSYS_ESPACE" AS s WHERE s."ID" = e."ESPACE_ID" AND e."ID" NOT IN (SELECT k."ID" FROM public.kept AS k);
ANALYZE;
RESET search_path;
SELECT osmeta.capture('copy') AS after \gset

-- ----- what the new model expects is there ----------------------------------
-- columns: of the type that the attribute has
CREATE VIEW expected_column AS
SELECT a.capture_id, osmeta.fold_name(a.physical_table_name) AS table_name, a.column_name,
	osmeta.column_type(a.value_type, a.value_length::int, a.value_decimals::int, 'postgres') AS type
FROM osmeta.attribute AS a
	JOIN osmeta.entity AS e USING (environment, capture_id, entity_id)
WHERE a.environment = 'copy' AND a.is_effective AND NOT e.is_system AND NOT e.is_external
	AND a.column_name <> 'CUSTOMERID' AND a.column_name <> 'PROVIDERID';
CREATE VIEW actual_column AS
SELECT p.capture_id, osmeta.fold_name(p.table_name) AS table_name, p.column_name,
	replace(replace(p.local_type, 'character varying', 'varchar'), ' without time zone', '') AS type
FROM osmeta.physical_column AS p
WHERE p.environment = 'copy';
SELECT count(*) FROM expected_column;
SELECT table_name, column_name, type FROM expected_column EXCEPT SELECT table_name, column_name, type FROM actual_column;
-- foreign keys: those of Protect and Delete, with what deleting does
CREATE VIEW expected_key AS
SELECT osmeta.fold_name(r.physical_table_name) AS table_name, ARRAY[r.column_name] AS columns,
	osmeta.fold_name(r.target_table) AS target_table,
	CASE r.delete_rule WHEN 'Delete' THEN 'cascade' ELSE 'no action' END AS delete_action
FROM osmeta.reference AS r
	JOIN osmeta.entity AS e USING (environment, capture_id, entity_id)
WHERE r.environment = 'copy' AND r.is_effective AND r.status = 'resolved' AND r.delete_rule <> 'Ignore' AND NOT e.is_system AND NOT e.is_external;
CREATE VIEW actual_key AS
SELECT k.capture_id, osmeta.fold_name(k.table_name) AS table_name, k.columns, osmeta.fold_name(k.target_table) AS target_table, k.delete_action
FROM osmeta.physical_key AS k
WHERE k.environment = 'copy' AND k.kind = 'f';
SELECT count(*) FROM expected_key;
SELECT * FROM expected_key EXCEPT SELECT table_name, columns, target_table, delete_action FROM actual_key;
-- those that are more are left over
SELECT table_name, columns, target_table, delete_action FROM actual_key EXCEPT SELECT * FROM expected_key ORDER BY 1, 2;
-- primary keys and auto numbers
SELECT osmeta.fold_name(a.physical_table_name), a.column_name, a.is_auto_number
FROM osmeta.attribute AS a JOIN osmeta.entity AS e USING (environment, capture_id, entity_id)
WHERE a.environment = 'copy' AND a.is_effective AND a.is_identifier AND NOT e.is_system AND NOT e.is_external
EXCEPT
SELECT osmeta.fold_name(k.table_name), p.column_name, p.is_identity
FROM osmeta.physical_key AS k JOIN osmeta.physical_column AS p USING (environment, capture_id, table_name)
WHERE k.environment = 'copy' AND k.kind = 'p' AND k.columns = ARRAY[p.column_name];

-- ----- nothing else has changed ----------------------------------------------
SET osmeta.capture = :'before';
CREATE TABLE before_column AS SELECT * FROM actual_column;
CREATE TABLE before_index AS SELECT table_name, index_name, columns, is_unique, is_primary FROM osmeta.physical_index WHERE environment = 'copy';
RESET osmeta.capture;
SELECT table_name, column_name, b.type AS before, a.type AS after
FROM before_column AS b FULL JOIN actual_column AS a USING (table_name, column_name)
WHERE b.type IS DISTINCT FROM a.type AND table_name IN (SELECT table_name FROM before_column)
ORDER BY table_name COLLATE "C", column_name COLLATE "C";
SELECT table_name, string_agg(column_name || ' ' || type, ', ' ORDER BY column_name COLLATE "C") FROM actual_column WHERE table_name NOT IN (SELECT table_name FROM before_column) GROUP BY 1 ORDER BY 1;
SELECT * FROM before_index EXCEPT SELECT table_name, index_name, columns, is_unique, is_primary FROM osmeta.physical_index WHERE environment = 'copy' ORDER BY 1, 2;
SELECT table_name, index_name, columns, is_unique, is_primary FROM osmeta.physical_index WHERE environment = 'copy' EXCEPT SELECT * FROM before_index ORDER BY 1, 2;
-- data: new columns hold the null value, a renamed one's data stays behind
SELECT count(*), count(DISTINCT "REGISTEREDON") AS values, min("REGISTEREDON") AS only, count(DISTINCT "CREATEDON") > 1 AS stays, min("SCORE") AS score, bool_or("IS VIP") AS vip, count("COUNTRYID") AS countries, min("NICKNAME") AS nickname, sum("ISALIVE") AS alive FROM factory_copy."OSUSR_7i3_Person";
SELECT * FROM factory_copy."OSUSR_eoc_CitySize" ORDER BY 1;

-- publishing the same model once more does nothing, but for what was left out
SELECT severity, object, change FROM osmeta.publish_impact('copy', 'new');
-- nor is the way back a way back: columns that were left are taken over
SELECT severity, object, change, statement FROM osmeta.publish_impact('copy', 'copy@' || :'before') WHERE object LIKE 'People.Person.%';
