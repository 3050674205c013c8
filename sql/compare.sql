--
-- What differs between two captures, and what is the same
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set schema :abs_srcdir '/demo/factory/schema.sql'
\set prod :abs_srcdir '/demo/factory/prod.sql'
\set qa :abs_srcdir '/demo/factory/qa.sql'
CREATE SCHEMA factory_prod;
CREATE SCHEMA factory_qa;
\set ECHO none
SET search_path = factory_prod;
\i :schema
\i :prod
SET search_path = factory_qa;
\i :schema
\i :qa
\set ECHO all
RESET search_path;
SELECT osmeta.attach('prod', remote_schema => 'factory_prod', dialect => 'sqlserver'),
	osmeta.attach('qa', remote_schema => 'factory_qa', dialect => 'sqlserver');
SELECT osmeta.capture('prod') AS prod_1, osmeta.capture('qa') AS qa_1 \gset
-- nothing differs from itself
SELECT * FROM osmeta.compare('prod', 'prod');
-- two environments
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('prod', 'qa');
-- the other way round
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('qa', 'prod') WHERE change <> 'physical';
SELECT source_entity, target_entity, source_table, target_table, status
FROM osmeta.match_entity('prod', 'qa') WHERE source_espace = 'People' OR status = 'source only' ORDER BY 1, 5;
SELECT status, count(*) FROM osmeta.match_attribute('prod', 'qa') GROUP BY 1 ORDER BY 1;
SELECT source_record, target_record, source_data_id, target_data_id, status
FROM osmeta.match_static_record('prod', 'qa') WHERE source_espace = 'CityManager' ORDER BY 1;

-- a model is changed: each change is one row
SET search_path = factory_prod;
-- attributes
UPDATE "OSSYS_ENTITY_ATTR" SET "NAME" = 'FullName', "DATABASE_NAME" = 'FULLNAME'
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Person' AND a."NAME" = 'Name');
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 120
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_City' AND a."NAME" = 'Name');
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtInteger', "IS_MANDATORY" = true
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_PersonContact' AND a."NAME" = 'Phone');
UPDATE "OSSYS_ENTITY_ATTR" SET "DELETE_RULE" = 'Delete', "DEFAULT_VALUE" = 'NullIdentifier()'
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Person' AND a."NAME" = 'IconId');
-- means nothing on a plain attribute
UPDATE "OSSYS_ENTITY_ATTR" SET "DELETE_RULE" = 'Ignore'
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Icon' AND a."NAME" = 'Name');
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = (SELECT a."TYPE" FROM "OSSYS_ENTITY_ATTR" a WHERE a."NAME" = 'CityId')
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Person' AND a."NAME" = 'ManagerId');
UPDATE "OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = false
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Person' AND a."NAME" = 'IsAlive');
UPDATE "OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = true
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Person' AND a."NAME" = 'Nickname');
UPDATE "OSSYS_ENTITY_ATTR" SET "DATABASE_NAME" = 'BINARYINFO2'
WHERE "ID" = (SELECT a."ID" FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" e ON e."ID" = a."ENTITY_ID" WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Icon' AND a."NAME" = 'BinaryInfo');
INSERT INTO "OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE", "DEFAULT_LABEL", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
SELECT e."ID", n.name, n.key, 'rtDecimal', 10, 2, false, false, 'Protect', n.name, n.is_active, 99, upper(n.name)
FROM "OSSYS_ENTITY" e, (VALUES ('Area', 'aaaaaaaa-0000-4000-8000-000000000001', true), ('Gone', 'aaaaaaaa-0000-4000-8000-000000000002', false)) AS n (name, key, is_active)
WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_City';
-- entities
UPDATE "OSSYS_ENTITY" SET "NAME" = 'Picture', "Expose_Process_Events" = true WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Icon';
UPDATE "OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_s41_Rule_User';
UPDATE "OSSYS_ENTITY" SET "IS_ACTIVE" = true WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_7i3_Badge';
UPDATE "OSSYS_ENTITY" SET "MULTITENANT" = true WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_5z9_UploadCache';
DELETE FROM "OSSYS_ENTITY" WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_5z9_RecentItem';
-- modules: renamed, deleted (its key and name change), in another catalog
UPDATE "OSSYS_ESPACE" SET "NAME" = 'Persons' WHERE "NAME" = 'People';
UPDATE "OSSYS_ESPACE" SET "NAME" = 'CityManagerTraining(deleted0)', "SS_KEY" = 'aaaaaaaa-0000-4000-8000-000000000003', "IS_ACTIVE" = false WHERE "NAME" = 'CityManagerTraining';
INSERT INTO "OSSYS_DBCATALOG" ("ID", "NAME", "USERNAME", "PASSWORD") VALUES (7, 'Archive', 'PLANTED', 'PLANTED');
UPDATE "OSSYS_ESPACE" SET "DBCatalog_Id" = 7 WHERE "NAME" = 'ECT_Provider';
UPDATE "OSSYS_APPLICATION" SET "NAME" = 'Directory' WHERE "NAME" = 'People Directory';
DELETE FROM "OSSYS_APP_DEFINITION_MODULE" WHERE "application_id" = (SELECT "ID" FROM "OSSYS_APPLICATION" WHERE "NAME" = 'App Feedback')
	AND "MODULE_ID" = (SELECT m."ID" FROM "OSSYS_MODULE" m JOIN "OSSYS_ESPACE" e ON e."ID" = m."ESPACE_ID" WHERE e."NAME" = 'ECT_Provider');
-- records, roles, processes
UPDATE "OSSYS_ENTITY_RECORD" SET "Name" = 'Huge' WHERE "Name" = 'Metropolis' AND "Espace_Id" = 241;
UPDATE "OSSYS_ENTITY_RECORD" SET "Is_Active" = false WHERE "Name" = 'Idea';
UPDATE "OSSYS_ROLE" SET "NAME" = 'Editor', "PERSISTENT" = NOT "PERSISTENT" WHERE "NAME" = 'PeopleEditor';
DELETE FROM "OSSYS_ROLE" WHERE "NAME" = 'PeopleReader';
UPDATE "OSSYS_BPM_PROCESS_DEFINITION" SET "Name" = 'CheckFeedback';
-- the database
ALTER TABLE "OSUSR_7i3_Person" ADD COLUMN "FULLNAME" varchar(70);
ALTER TABLE "OSUSR_7i3_City" ALTER COLUMN "NAME" TYPE varchar(120);
ALTER TABLE "OSUSR_7i3_PersonContact" ALTER COLUMN "PHONE" TYPE integer USING 0, ALTER COLUMN "PHONE" SET NOT NULL;
DROP TABLE "OSUSR_7i3_Person_bak_20231220";
CREATE TABLE "OSUSR_7i3_New" (id int);
RESET search_path;
SELECT osmeta.capture('prod') AS prod_2 \gset
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('prod@' || :prod_1, 'prod');
-- and back again
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('prod', 'prod@' || :prod_1) WHERE object_kind IN ('espace', 'attribute');
-- by which key: of the composite one both parts
SELECT object_kind, key, change FROM osmeta.compare('prod@' || :prod_1, 'prod') WHERE path IN ('Persons.Picture', 'Persons.City.Area', 'OSUSR_7i3_Person.FULLNAME', 'CityManager.CitySize.Huge') ORDER BY 1, 3;

-- an entity that went to another module with its table, in another environment too
UPDATE factory_qa."OSSYS_ENTITY" SET "ESPACE_ID" = (SELECT "ID" FROM factory_qa."OSSYS_ESPACE" WHERE "NAME" = 'People') WHERE "NAME" = 'Rule_User';
SELECT osmeta.capture('qa') AS qa_2 \gset
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('qa@' || :qa_1, 'qa');
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('prod@' || :prod_1, 'qa') WHERE path LIKE '%Rule_User%';
-- matched by key alone, it is two
SELECT source_espace, target_espace, status FROM osmeta.match_entity('prod@' || :prod_1, 'qa') WHERE 'Rule_User' IN (source_entity, target_entity) ORDER BY 3;

-- a move that left its row behind, and what refers to the entity
UPDATE factory_qa."OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_s41_Topic';
INSERT INTO factory_qa."OSSYS_ENTITY" SELECT (jsonb_populate_record(e, jsonb_build_object('ID', 95001, 'IS_ACTIVE', true,
	'ESPACE_ID', (SELECT "ID" FROM factory_qa."OSSYS_ESPACE" WHERE "NAME" = 'CityManager')))).*
FROM factory_qa."OSSYS_ENTITY" AS e WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_s41_Topic';
INSERT INTO factory_qa."OSSYS_ENTITY_ATTR" SELECT (jsonb_populate_record(a, jsonb_build_object('ID', a."ID" + 95000, 'ENTITY_ID', 95001))).*
FROM factory_qa."OSSYS_ENTITY_ATTR" AS a JOIN factory_qa."OSSYS_ENTITY" AS e ON e."ID" = a."ENTITY_ID" AND e."ID" <> 95001
WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_s41_Topic';
UPDATE factory_qa."OSSYS_ENTITY_ATTR" AS a
SET "TYPE" = replace(a."TYPE", (SELECT "SS_KEY" FROM factory_qa."OSSYS_ESPACE" WHERE "NAME" = 'ECT_Provider'), (SELECT "SS_KEY" FROM factory_qa."OSSYS_ESPACE" WHERE "NAME" = 'CityManager'))
WHERE a."NAME" = 'TopicId';
SELECT osmeta.capture('qa') AS qa_moved \gset
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('qa@' || :qa_2, 'qa') WHERE object_kind <> 'record';
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('qa', 'qa@' || :qa_2) WHERE object_kind <> 'record';
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('prod@' || :prod_1, 'qa') WHERE path LIKE '%Topic%' AND object_kind <> 'record';
DELETE FROM factory_qa."OSSYS_ENTITY" WHERE "ID" = 95001;
DELETE FROM factory_qa."OSSYS_ENTITY_ATTR" WHERE "ENTITY_ID" = 95001;
UPDATE factory_qa."OSSYS_ENTITY" SET "IS_ACTIVE" = true WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_s41_Topic';
UPDATE factory_qa."OSSYS_ENTITY_ATTR" AS a SET "TYPE" = (SELECT p."TYPE" FROM factory_prod."OSSYS_ENTITY_ATTR" AS p WHERE p."NAME" = 'TopicId') WHERE a."NAME" = 'TopicId';
SELECT osmeta.capture('qa') AS qa_back \gset

-- made separately in both: a name of module, entity and table is no evidence
UPDATE factory_qa."OSSYS_ENTITY" SET "SS_KEY" = 'aaaaaaaa-0000-4000-8000-000000000010' WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_5z9_UploadCache';
SELECT osmeta.capture('qa') AS qa_own \gset
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('prod@' || :prod_1, 'qa') WHERE path ~ 'UploadCache$';
-- in two captures of one environment it is the same row
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('qa@' || :qa_back, 'qa');
-- unless it is another one: the factory was restored from elsewhere
UPDATE factory_qa."OSSYS_ENTITY" SET "SS_KEY" = 'aaaaaaaa-0000-4000-8000-000000000011', "NAME" = 'Other', "PHYSICAL_TABLE_NAME" = 'OSUSR_5z9_Other' WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_5z9_UploadCache';
-- an application is deleted: it keeps its name and gets another key
UPDATE factory_qa."OSSYS_APPLICATION" SET "KEY" = 'aaaaaaaa-0000-4000-8000-000000000012', "IS_ACTIVE" = false WHERE "NAME" = 'App Feedback';
-- tables of events are those of the entity's two sides
ALTER TABLE factory_qa."OSEVT_s41_FeedbackScreenshot" RENAME TO "OSEVT_s41_FeedbackScreenshot1";
UPDATE factory_qa."OSSYS_ENTITY" SET "Event_Table_Name" = 'OSEVT_s41_FeedbackScreenshot1' WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_s41_FeedbackScreenshot';
ALTER TABLE factory_qa."OSEVT_s41_FeedbackScreenshot1" ADD COLUMN "X" int;
SELECT osmeta.capture('qa') AS qa_other \gset
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('qa@' || :qa_own, 'qa') WHERE path !~ '[.](Id|Content|FileName|RecentItemId)$';
UPDATE factory_qa."OSSYS_ENTITY" SET "SS_KEY" = (SELECT p."SS_KEY" FROM factory_prod."OSSYS_ENTITY" AS p WHERE p."NAME" = 'UploadCache'), "NAME" = 'UploadCache', "PHYSICAL_TABLE_NAME" = 'OSUSR_5z9_UploadCache' WHERE "NAME" = 'Other';

-- what a factory does not have is neither added nor removed
CREATE SCHEMA factory_old;
CREATE TABLE factory_old."OSSYS_ESPACE" AS SELECT "ID", "NAME", "SS_KEY", "IS_ACTIVE" FROM factory_qa."OSSYS_ESPACE";
CREATE TABLE factory_old."OSSYS_ENTITY" AS SELECT "ID", "NAME", "ESPACE_ID", "SS_KEY", "PHYSICAL_TABLE_NAME", "IS_ACTIVE" FROM factory_qa."OSSYS_ENTITY";
CREATE TABLE factory_old."OSSYS_ENTITY_ATTR" AS SELECT "ID", "ENTITY_ID", "NAME", "SS_KEY", "TYPE", "IS_ACTIVE", "DATABASE_NAME" FROM factory_qa."OSSYS_ENTITY_ATTR";
CREATE TABLE factory_old."OSSYS_ENTITY_RECORD" AS SELECT * FROM factory_qa."OSSYS_ENTITY_RECORD";
SELECT osmeta.attach('old', remote_schema => 'factory_old', dialect => 'sqlserver'), osmeta.capture('old') AS old_1, osmeta.capture('qa') AS qa_4 \gset
SET client_min_messages = notice;
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('qa', 'old') WHERE object_kind NOT IN ('table', 'column');
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('old', 'qa') WHERE object_kind NOT IN ('table', 'column');
SET client_min_messages = warning;

-- all seven states of a pair
SELECT m.status, count(*), min(coalesce(m.source_espace || '.' || m.source_entity, m.target_espace || '.' || m.target_entity) COLLATE "C") AS first
FROM osmeta.match_entity('prod', 'qa') AS m GROUP BY 1 ORDER BY 1;
SELECT status, count(*) FROM osmeta.match_entity('qa', 'prod') GROUP BY 1 ORDER BY 1;
-- two active entities with one key: which one is meant is not clear; of an active one and a removed one the active one counts
INSERT INTO factory_qa."OSSYS_ENTITY" SELECT (jsonb_populate_record(e, jsonb_build_object('ID', 90001, 'PHYSICAL_TABLE_NAME', 'OSUSR_4i8_City1'))).*
FROM factory_qa."OSSYS_ENTITY" AS e WHERE e."PHYSICAL_TABLE_NAME" = 'OSUSR_4i8_City';
INSERT INTO factory_qa."OSSYS_ENTITY_ATTR" SELECT (jsonb_populate_record(a, jsonb_build_object('ID', 90002))).*
FROM factory_qa."OSSYS_ENTITY_ATTR" AS a JOIN factory_qa."OSSYS_ENTITY" AS e ON e."ID" = a."ENTITY_ID" WHERE e."NAME" = 'Icon' AND a."NAME" = 'Name';
INSERT INTO factory_qa."OSSYS_ENTITY_RECORD" SELECT (jsonb_populate_record(r, jsonb_build_object('Id', 90003, 'Data_Id', '9'))).*
FROM factory_qa."OSSYS_ENTITY_RECORD" AS r WHERE r."Name" = 'Small';
SELECT osmeta.capture('qa') AS qa_3 \gset
SELECT source_entity, target_table, status FROM osmeta.match_entity('prod', 'qa') WHERE source_entity IN ('City', 'PersonContact');
SELECT source_entity, source_attribute, status FROM osmeta.match_attribute('prod', 'qa') WHERE status = 'ambiguous';
SELECT source_record, target_data_id, status FROM osmeta.match_static_record('prod', 'qa') WHERE status = 'ambiguous';

-- one row for each key and side, whatever the rows hold
SELECT count(*), count(DISTINCT entity_key::text) FROM osmeta.match_entity('prod', 'qa');
SELECT count(*), count(DISTINCT (entity_key::text, attribute_key)) FROM osmeta.match_attribute('prod', 'qa');

-- the views show what they showed before
SET osmeta.capture = '1';
SELECT count(*) FROM osmeta.compare('prod', 'qa') AS c WHERE c.object_kind = 'espace';
SELECT DISTINCT environment, capture_id FROM osmeta.entity;
RESET osmeta.capture;

-- errors
SELECT * FROM osmeta.compare('prod', 'test');
SELECT * FROM osmeta.compare('prod', NULL);
SELECT * FROM osmeta.compare('prod@999', 'qa');
SELECT * FROM osmeta.compare('prod@x', 'qa');
SELECT * FROM osmeta.compare('prod@' || :qa_1, 'qa');
SELECT * FROM osmeta.match_entity('', 'qa');

-- keys that cannot be read, names of any kind: no error, and no row too many
UPDATE factory_qa."OSSYS_ENTITY_ATTR" SET "SS_KEY" = NULL WHERE "NAME" = 'BinaryInfo';
UPDATE factory_qa."OSSYS_ENTITY_ATTR" SET "NAME" = E'O''Name"; --\n\U0001F600', "TYPE" = 'bt*' WHERE "NAME" = 'Email';
UPDATE factory_qa."OSSYS_ESPACE" SET "SS_KEY" = '**' WHERE "NAME" = 'RichWidgets';
UPDATE factory_qa."OSSYS_ENTITY" SET "NAME" = '', "PHYSICAL_TABLE_NAME" = NULL WHERE "NAME" = 'Topic';
SELECT osmeta.capture('qa') AS qa_5 \gset
SELECT object_kind, path, change, old_value, new_value FROM osmeta.compare('qa@' || :qa_3, 'qa') ORDER BY 1, 2, 3;
-- a side without a catalogue, and an engine of another kind
DELETE FROM osmeta.captured_physical_table WHERE capture_id = :qa_5;
SET client_min_messages = notice;
SELECT count(*) FROM osmeta.compare('prod', 'qa') WHERE object_kind IN ('table', 'column');
SET client_min_messages = warning;
UPDATE osmeta.capture SET dialect = 'oracle' WHERE capture_id = :qa_1;
SELECT object_kind, path, change FROM osmeta.compare('prod@' || :prod_2, 'qa@' || :qa_1) WHERE object_kind IN ('table', 'column') ORDER BY 1, 2, 3;
-- an empty factory
DELETE FROM osmeta.captured_entity WHERE capture_id = :qa_2;
DELETE FROM osmeta.captured_entity_attr WHERE capture_id = :qa_2;
DELETE FROM osmeta.captured_espace WHERE capture_id = :qa_2;
SELECT object_kind, change, count(*) FROM osmeta.compare('qa@' || :qa_2, 'prod') GROUP BY 1, 2 ORDER BY 1, 2;
