--
-- The statements that would drop what is left over
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
CREATE FUNCTION pg_temp.entity(entity text, VARIADIC attributes text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM make.entity(entity, physical => 'OSUSR_abc_' || split_part(entity, '.', 2)), make.attribute(entity, 'Id', 'rtLongInteger', 'auto mandatory');
	PERFORM make.attribute(entity, split_part(a, ' ', 1), split_part(a, ' ', 2), substr(a, length(split_part(a, ' ', 1)) + length(split_part(a, ' ', 2)) + 3)) FROM unnest(attributes) AS a;
END $$;
CREATE FUNCTION pg_temp.remove(VARIADIC entities text[]) RETURNS void LANGUAGE sql AS $$
	UPDATE "OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "NAME" = ANY (entities)
$$;
DO $$
BEGIN
	PERFORM make.begin(100);
	PERFORM make.espace('Shop'), make.espace('Old');
	-- in use; their keys and columns must stand
	PERFORM pg_temp.entity('Shop.City', 'Name rtText(50)');
	PERFORM pg_temp.entity('Shop.Person', 'Name rtText(50)', 'CityId Shop.City', 'Code rtText(9)', 'Area rtInteger', 'Dropped rtText(20) inactive', 'OldCityId Shop.City inactive', 'Lone rtInteger inactive', 'Mixed rtInteger inactive',
		'ChainA rtInteger inactive', 'ChainB rtInteger inactive', 'Shared rtText(9) inactive', 'Doubtful rtInteger inactive', 'Auto rtInteger inactive auto');
	-- removed: refer to each other in both directions, round in a circle, and to themselves
	PERFORM pg_temp.entity('Old.A', 'Name rtText(5)'), pg_temp.entity('Old.B', 'AId Old.A'), pg_temp.entity('Old.C', 'BId Old.B'), pg_temp.entity('Old.Alone', 'Self rtLongInteger', 'PersonId Shop.Person Delete');
	PERFORM make.attribute('Old.A', 'BId', 'Old.B'), make.attribute('Old.A', 'CId', 'Old.C');
	-- removed, and still needed: by a foreign key, by what is needed, by the metamodel, by another entity, by a copy
	PERFORM pg_temp.entity('Old.Needed', 'Name rtText(5)'), pg_temp.entity('Old.Root', 'Name rtText(5)'), pg_temp.entity('Old.Referred', 'Name rtText(5)'), pg_temp.entity('Old.Both', 'Name rtText(5)'), pg_temp.entity('Old.Copied', 'Name rtText(5)');
	PERFORM make.attribute('Old.Needed', 'RootId', 'Old.Root');
	PERFORM make.attribute('Shop.City', 'ReferredId', 'Old.Referred', 'Ignore'), make.attribute('Shop.City', 'NeededId', 'Old.Needed', 'inactive');
	-- with tables for events and translations, tenants, in another catalog, of the platform, nobody's
	PERFORM pg_temp.entity('Old.Event', 'Name rtText(5)'), pg_temp.entity('Old.Tenant', 'Name rtText(5)'), pg_temp.entity('Shop.Tenants', 'Name rtText(5)', 'Seen rtText(5) inactive', 'Unseen rtText(5) inactive'), pg_temp.entity('Old.System', 'Name rtText(5)');
	PERFORM make.espace('Far');
	PERFORM pg_temp.entity('Far.Away', 'Name rtText(5)'), pg_temp.entity('Shop.Flagless', 'Name rtText(5)');
	PERFORM make.tables();
END $$;
INSERT INTO "OSSYS_ENTITY" ("PHYSICAL_TABLE_NAME", "NAME", "ESPACE_ID", "SS_KEY", "MULTITENANT", "MULTITENANT_VIEW", "IS_ACTIVE", "IS_SYSTEM", "IS_EXTERNAL", "GENERATION", "Data_Kind", "Multilingual")
SELECT 'osusr_ABC_both', 'Both2', "ID", md5('Both2')::uuid::text, false, false, true, false, false, 1, 'entity', false FROM "OSSYS_ESPACE" WHERE "NAME" = 'Shop';
SELECT pg_temp.remove('A', 'B', 'C', 'Alone', 'Needed', 'Root', 'Referred', 'Both', 'Copied', 'Event', 'Tenant', 'System', 'Away');
INSERT INTO "OSSYS_DBCATALOG" ("ID", "NAME") VALUES (2, 'Second');
UPDATE "OSSYS_ESPACE" SET "DBCatalog_Id" = 2 WHERE "NAME" = 'Far';
UPDATE "OSSYS_ENTITY" SET "IS_SYSTEM" = true WHERE "NAME" = 'System';
UPDATE "OSSYS_ENTITY" SET "Expose_Process_Events" = true, "Event_Table_Name" = 'OSEVT_abc_Event', "Multilingual" = true, "Multilingual_Table_Name" = 'OSUSR_abc__MLEvent' WHERE "NAME" = 'Event';
UPDATE "OSSYS_ENTITY" SET "Expose_Process_Events" = true WHERE "NAME" = 'Referred';
UPDATE "OSSYS_ENTITY" SET "MULTITENANT" = true, "Base_View_Name" = "PHYSICAL_TABLE_NAME" WHERE "NAME" IN ('Tenant', 'Tenants');
CREATE TABLE "OSEVT_abc_Event" (id bigint);
CREATE TABLE "OSUSR_abc__MLEvent" (id bigint);
CREATE TABLE "OSEVT_abc_Referred" (id bigint);
CREATE TABLE "OSEVT_abc_City" (id bigint);
CREATE VIEW "OSUSR_ABC_TENANT_T1" AS SELECT "ID", "NAME" FROM "OSUSR_abc_Tenant";
CREATE VIEW "OSUSR_abc_Tenant_T22" AS SELECT "ID", "NAME" FROM "OSUSR_abc_Tenant";
CREATE VIEW "OSUSR_abc_Tenants_T1" AS SELECT "ID", "SEEN" FROM "OSUSR_abc_Tenants";
ALTER TABLE "OSUSR_abc_Alone" ADD FOREIGN KEY ("SELF") REFERENCES "OSUSR_abc_Alone", ADD "EXTRA" integer;
ALTER TABLE "OSUSR_abc_Person" ADD "STRAY" integer DEFAULT 7, ADD "HELD" bigint REFERENCES "OSUSR_abc_B", ADD CONSTRAINT person_pair UNIQUE ("CODE", "AREA");
CREATE INDEX person_lone ON "OSUSR_abc_Person" ("LONE");
CREATE INDEX person_plain ON "OSUSR_abc_Person" ("NAME", "DROPPED");
CREATE UNIQUE INDEX person_mixed ON "OSUSR_abc_Person" ("CODE", "MIXED", "CHAINA");
CREATE UNIQUE INDEX person_chain ON "OSUSR_abc_Person" ("CHAINA", "CHAINB");
CREATE UNIQUE INDEX person_stray ON "OSUSR_abc_Person" ("STRAY", "OLDCITYID");
-- another attribute has the column, and one of which it is not known whether it is active
INSERT INTO "OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE", "DEFAULT_LABEL", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
SELECT make.id_of('Shop.Person'), x.name, md5(x.name)::uuid, 'rtText', 9, 0, false, false, 'Protect', '', true, 99, x.column_name FROM (VALUES ('Shared2', 'SHARED'), ('Doubtful2', 'doubtful')) AS x (name, column_name);
ALTER TABLE "OSSYS_ENTITY_ATTR" ALTER "IS_ACTIVE" DROP NOT NULL;
ALTER TABLE "OSSYS_ENTITY" ALTER "IS_ACTIVE" DROP NOT NULL;
UPDATE "OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = NULL WHERE "NAME" = 'Doubtful2';
UPDATE "OSSYS_ENTITY" SET "IS_ACTIVE" = NULL WHERE "NAME" = 'Flagless';
CREATE TABLE "OSUSR_abc_Copied_bak" (id bigint REFERENCES "OSUSR_abc_Copied");
CREATE TABLE "OSUSR_xyz_Orphan" (id bigint PRIMARY KEY, other bigint);
CREATE TABLE "OSUSR_xyz_Orphan1" (id bigint PRIMARY KEY REFERENCES "OSUSR_xyz_Orphan", city bigint REFERENCES "OSUSR_abc_City" ON DELETE CASCADE);
ALTER TABLE "OSUSR_xyz_Orphan" ADD FOREIGN KEY (other) REFERENCES "OSUSR_xyz_Orphan1";
CREATE TABLE warehouse (id bigint);
INSERT INTO "OSUSR_abc_City" ("NAME") SELECT 'city ' || i FROM generate_series(1, 20) AS i;
INSERT INTO "OSUSR_abc_Person" ("NAME", "CITYID", "CODE", "AREA", "DROPPED", "STRAY") SELECT 'person ' || i, i, 'c' || i, i, 'd', i FROM generate_series(1, 20) AS i;
INSERT INTO "OSUSR_abc_Alone" ("SELF", "PERSONID") VALUES (1, 1);
ANALYZE;
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('prod');
CREATE FUNCTION pg_temp.script(environment text, kinds text[] DEFAULT NULL, dialect text DEFAULT NULL) RETURNS TABLE (line text) LANGUAGE sql AS $$
	-- what differs from run to run
	SELECT regexp_replace(regexp_replace(l.line, 'capture [0-9]+ of [-0-9]+ [:0-9]+ UTC', 'capture N of T UTC'), '(Frees|data|indexes) [0-9]{4,}', '\1 X', 'g')
	FROM osmeta.cleanup_sql(environment, kinds, dialect) AS l (line)
$$;
\pset format unaligned
\pset tuples_only on
SELECT * FROM pg_temp.script('prod', dialect => 'postgres');
-- the other engines, their own statements only
SELECT * FROM pg_temp.script('prod', '{attribute,orphan_column}') WHERE line !~ '^-- left';
SELECT * FROM pg_temp.script('prod', dialect => 'oracle') AS s WHERE line !~ '^-- (left|Not known here: views|The rows)' AND NOT EXISTS (SELECT FROM pg_temp.script('prod', dialect => 'postgres') AS p WHERE p.line = s.line);
SELECT * FROM pg_temp.script('prod', dialect => 'oracle') AS s WHERE line ~ 'AUTO';
-- copies made by hand when they are asked for, and then what they hold back can go too
SELECT * FROM pg_temp.script('prod', '{hand-made}', 'postgres') WHERE line !~ '^--';
SELECT * FROM pg_temp.script('prod', '{hand-made,entity}', 'postgres') WHERE line ~ 'Copied';
-- kinds alone: what another kind holds stays
SELECT * FROM pg_temp.script('prod', '{entity}', 'postgres') WHERE line ~ '^(DROP|-- left)';
SELECT * FROM pg_temp.script('prod', '{orphan_table}', 'postgres') WHERE line ~ '^(DROP|-- left)';
SELECT * FROM pg_temp.script('prod', '{}');
\pset format aligned
\pset tuples_only off

-- run it: what is in use stands with the same rows
CREATE FUNCTION pg_temp.kept() RETURNS TABLE (table_name text, rows bigint, digest text) LANGUAGE plpgsql AS $$
BEGIN
	FOREACH table_name IN ARRAY '{OSUSR_abc_City,OSUSR_abc_Person,OSUSR_abc_Tenants,OSUSR_abc_Both,OSUSR_abc_Flagless,warehouse}'::text[] LOOP
		EXECUTE format('SELECT count(*), md5(string_agg(to_jsonb(t) - %L::text[] #>> ''{}'', '','' ORDER BY t::text)) FROM factory.%I AS t',
			'{DROPPED,OLDCITYID,LONE,STRAY,HELD,AUTO,UNSEEN,NEEDEDID}', table_name) INTO rows, digest;
		RETURN NEXT;
	END LOOP;
END $$;
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.kept();
CREATE TEMP TABLE problem_before AS SELECT severity, code, object, message FROM osmeta.problem;
CREATE TEMP TABLE left_before AS SELECT l.line FROM osmeta.cleanup_sql('prod', dialect => 'postgres') AS l (line) WHERE l.line ~ '^-- left';
\set ECHO none
SELECT l.line FROM osmeta.cleanup_sql('prod', dialect => 'postgres') AS l (line) \gexec
\set ECHO all
SELECT osmeta.capture('prod');
SELECT * FROM pg_temp.kept() EXCEPT SELECT * FROM before;
SELECT count(*) AS tables, sum(rows) AS rows FROM before;
SELECT severity, code, object, message FROM osmeta.problem EXCEPT SELECT * FROM problem_before;
SELECT kind, entity, attribute, physical_table_name, column_name FROM osmeta.soft_deleted WHERE in_database AND kind IN ('entity', 'attribute') ORDER BY kind, id;
SELECT table_name, kind FROM osmeta.orphan_table ORDER BY table_name COLLATE "C";
SELECT table_name, column_name FROM osmeta.orphan_column ORDER BY 1, 2;
SELECT kind, table_name, column_name, key_name, blocks FROM osmeta.leftover_constraint ORDER BY 1, 2, 3;
SELECT l.line FROM osmeta.cleanup_sql('prod', dialect => 'postgres') AS l (line) WHERE l.line !~ '^--';
(SELECT l.line FROM osmeta.cleanup_sql('prod', dialect => 'postgres') AS l (line) WHERE l.line ~ '^-- left' EXCEPT SELECT * FROM left_before) UNION ALL
(SELECT * FROM left_before EXCEPT SELECT l.line FROM osmeta.cleanup_sql('prod', dialect => 'postgres') AS l (line));

-- names that would be something else
SELECT format('CREATE TABLE %I (id int)', n.name) FROM (VALUES (E'OSUSR_abc_x"; DROP TABLE "warehouse"; --'), (E'OSUSR_abc_line\nGO\nDROP TABLE warehouse;'), ('OSUSR_abc_*/$(x)&y/*'), (E'OSUSR_abc_it''s]]\u202e;')) AS n (name) \gexec
SELECT format('ALTER TABLE "OSUSR_abc_City" ADD %I integer, ADD %I integer DEFAULT 1', E'q"]''\n--', E'r]]''; --') \gexec
SELECT osmeta.capture('prod');
\pset format unaligned
\pset tuples_only on
SELECT line FROM pg_temp.script('prod', '{hand-made,orphan_column}', 'postgres') WHERE line ~ 'x"|line|[$?][(]|it''s|[.(\["][qr]["\]]|r\]\]';
SELECT line FROM pg_temp.script('prod', '{hand-made,orphan_column}', 'sqlserver') WHERE line ~ 'x"|line|[$?][(]|it''s|[.(\["][qr]["\]]|r\]\]';
SELECT line FROM pg_temp.script('prod', '{hand-made,orphan_column}', 'oracle') WHERE line ~ 'x"|line|[$?][(]|it''s|[.(\["][qr]["\]]|r\]\]';
\pset format aligned
\pset tuples_only off
SELECT l.line FROM osmeta.cleanup_sql('prod', dialect => 'sqlserver') AS l (line) WHERE l.line ~ E'[\n\r]' OR l.line ~ '^--.*(;|-|/)$';
\set ECHO none
SELECT l.line FROM osmeta.cleanup_sql('prod', '{hand-made,orphan_column}', dialect => 'postgres') AS l (line) \gexec
\set ECHO all
SELECT relname FROM pg_class WHERE relnamespace = 'factory'::regnamespace AND relname ~ 'line|x"|warehouse|it''s' ORDER BY 1;
SELECT attname FROM pg_attribute WHERE attrelid = '"OSUSR_abc_City"'::regclass AND attname ~ '^[qr]';

-- what is refused
SELECT osmeta.cleanup_sql(NULL);
SELECT osmeta.cleanup_sql('nowhere');
SELECT osmeta.cleanup_sql('prod@1000');
SELECT osmeta.cleanup_sql('prod', '{entity,tables}');
SELECT osmeta.cleanup_sql('prod', '{entity,NULL}');
SELECT osmeta.cleanup_sql('prod', dialect => 'oracle8');
-- what was left over in an earlier capture may be in use now; the latest can be named, whatever is shown
SELECT osmeta.cleanup_sql('prod@1');
SELECT osmeta.cleanup_sql('prod@2');
SET osmeta.capture = '1';
SELECT count(*) > 5 AS lines FROM osmeta.cleanup_sql('prod@3') AS l (line);
RESET osmeta.capture;
SELECT osmeta.drop_capture(3), osmeta.drop_capture(2);
SELECT count(*) > 10 AS statements FROM osmeta.cleanup_sql('prod@1') AS l (line) WHERE l.line !~ '^--';
BEGIN;
UPDATE osmeta.capture SET is_consistent = false WHERE capture_id = 1;
SET client_min_messages = notice;
SELECT count(*) FILTER (WHERE l.line !~ '^--') AS statements, max(l.line) FILTER (WHERE l.line ~ 'Nothing') AS said FROM osmeta.cleanup_sql('prod@1') AS l (line);
SET client_min_messages = warning;
ROLLBACK;
BEGIN;
DELETE FROM osmeta.captured_physical_table WHERE capture_id = 1;
SELECT osmeta.cleanup_sql('prod@1');
ROLLBACK;
BEGIN;
UPDATE osmeta.capture SET unreadable = '[{"part": "physical_key", "message": "x"}, {"part": "physical_size"}, {}, null, 1, []]' WHERE capture_id = 1;
SELECT osmeta.cleanup_sql('prod@1');
ROLLBACK;
BEGIN;
UPDATE osmeta.capture SET left_out = '[{"table_name": "entity", "without_id": 1}, {"table_name": "user", "without_id": 1}]', cleaned = '[{"table_name": "entity_attr", "column_name": "database_name", "row_count": 1}]' WHERE capture_id = 1;
SELECT osmeta.cleanup_sql('prod@1');
ROLLBACK;
-- what may be in use after all: named by an extension, missing under its own name, for translations that nobody could name
BEGIN;
INSERT INTO osmeta.captured_extension (capture_id, id, name, ss_key, is_active) VALUES (1, 9, 'Reader', md5('Reader')::uuid::text, true);
INSERT INTO osmeta.captured_entity (capture_id, id, name, extension_id, ss_key, physical_table_name, is_active, is_external) VALUES (1, 9001, 'A', 9, 'a', '[Main].[dbo].[osusr_abc_A]', true, true), (1, 9002, 'Orphan', 9, 'o', '"DB".OSUSR_XYZ_ORPHAN1', true, true), (1, 9003, 'Person', 9, 'p', '[dbo].[OSUSR_abc_Tenants]', true, true);
INSERT INTO osmeta.captured_entity_attr (capture_id, id, entity_id, name, ss_key, type, is_active, database_name) VALUES (1, 9001, 9003, 'Unseen', 'u', 'rtInteger', true, 'UNSEEN');
UPDATE osmeta.captured_entity_attr SET database_name = 'SECOND' WHERE capture_id = 1 AND name = 'Area';
UPDATE osmeta.captured_entity SET multilingual_table_name = NULL WHERE capture_id = 1;
SELECT l.line FROM osmeta.cleanup_sql('prod@1', dialect => 'postgres') AS l (line) WHERE l.line ~ '_A[. ]|xyz|UNSEEN|STRAY|HELD|AREA|__ML';
ROLLBACK;
-- all columns of a table are left over: one must stay, so all do
BEGIN;
UPDATE osmeta.captured_entity_attr SET is_active = false WHERE capture_id = 1;
DELETE FROM osmeta.captured_physical_column WHERE capture_id = 1 AND table_name = 'OSUSR_abc_City' AND column_name IN ('ID');
DELETE FROM osmeta.captured_physical_key WHERE capture_id = 1;
DELETE FROM osmeta.captured_physical_index WHERE capture_id = 1;
SELECT l.line FROM osmeta.cleanup_sql('prod@1', '{attribute,orphan_column}', 'postgres') AS l (line) WHERE l.line ~ '_City';
-- whatever the rows hold, nothing fails
UPDATE osmeta.captured_entity SET physical_table_name = NULL, event_table_name = '%s', base_view_name = '\' WHERE capture_id = 1 AND id % 2 = 0;
UPDATE osmeta.captured_entity_attr SET name = NULL, ss_key = '%s', database_name = E'\n' WHERE capture_id = 1 AND id % 3 = 0;
UPDATE osmeta.captured_physical_column SET column_name = NULL WHERE capture_id = 1 AND position = 3;
INSERT INTO osmeta.captured_physical_key SELECT capture_id, table_id, table_name, 'k', 'f', '{NULL,x}', NULL, NULL FROM osmeta.captured_physical_table WHERE capture_id = 1;
INSERT INTO osmeta.captured_physical_index SELECT capture_id, table_id, NULL, NULL, NULL, NULL, NULL, NULL FROM osmeta.captured_physical_table WHERE capture_id = 1;
SELECT count(*) > 5 AS lines, count(*) FILTER (WHERE l.line IS NULL) AS nulls FROM (VALUES ('sqlserver'), ('oracle'), ('postgres')) AS d (dialect), LATERAL osmeta.cleanup_sql('prod@1', dialect => d.dialect) AS l (line);
SET osmeta.capture = '1';
SELECT count(*) >= 0 AS rows FROM (SELECT to_jsonb(l) FROM osmeta.leftover_constraint AS l OFFSET 0) AS x;
ROLLBACK;
SELECT osmeta.detach('prod');

--
-- What is in use in other ways
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
	PERFORM make.espace('Shop'), make.espace('Gone'), make.espace('Old');
	-- removed and made again under another name, with the same views of tenants
	PERFORM pg_temp.entity('Shop.Tenanted', 'Name rtText(50)');
	-- needed: by its own key after the espace was deleted, under a key that nobody has, by an espace, a process, a parameter, one of two that share the table
	PERFORM pg_temp.entity('Gone.Prov', 'Name rtText(5)'), pg_temp.entity('Old.Parent', 'Name rtText(50)'), pg_temp.entity('Old.Taken', 'Name rtText(5)'), pg_temp.entity('Old.Proc', 'Name rtText(5)'), pg_temp.entity('Old.Given', 'Name rtText(5)'),
		pg_temp.entity('Old.Twin', 'Name rtText(5)'), pg_temp.entity('Old.Ext', 'Name rtText(5)'), pg_temp.entity('Old.Free', 'Name rtText(5)'), pg_temp.entity('Old.Elsewhere', 'Name rtText(5)');
	PERFORM pg_temp.entity('Shop.Consumer', 'ProvId Gone.Prov Ignore', 'ParentId Old.Parent Ignore', 'TwinId Old.Twin Ignore');
	-- the table stands under another name than the metamodel says
	PERFORM pg_temp.entity('Shop.NoName', 'Name rtText(5)'), pg_temp.entity('Shop.Bracket', 'Name rtText(5)'), pg_temp.entity('Shop.Missing', 'Name rtText(5)'), pg_temp.entity('Shop.Japan', 'Name rtText(5)');
	PERFORM pg_temp.entity('Shop.Multi', 'Name rtText(5)'), pg_temp.entity('Shop.Country', 'Name rtText(5)'), pg_temp.entity('Shop.Apart', 'Name rtText(5)'), pg_temp.entity('Shop.Parts', 'Name rtText(5)');
	PERFORM pg_temp.entity('Shop.Clash', 'AVeryLongAttributeNameThatIsCutA rtText(50)', 'Dropped rtText(5) inactive'), pg_temp.entity('Shop.Again', 'AVeryLongAttributeNameThatIsCutA rtText(50) inactive');
	PERFORM pg_temp.entity('Shop.Made', 'Name rtText(5)', 'Old2 rtInteger inactive'), pg_temp.entity('Shop.Counted', 'Name rtText(5)', 'Base rtInteger inactive', 'Sum rtInteger'), pg_temp.entity('Shop.Held', 'Name rtText(5)');
	PERFORM pg_temp.entity('Old.Twice', 'Name rtText(5)'), pg_temp.entity('Old.Schema', 'Name rtText(5)'), pg_temp.entity('Shop.Line2', 'Name rtText(5)'), pg_temp.entity('Shop.Seen', 'Name rtText(5)', 'Shown rtText(5) inactive'), pg_temp.entity('Shop.Cased', 'Name rtText(5)', 'Gone rtInteger inactive');
	PERFORM make.tables();
END $$;
CREATE FUNCTION pg_temp.again(entity text, physical text, espace text, is_active boolean DEFAULT true, key text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO "OSSYS_ENTITY" ("PHYSICAL_TABLE_NAME", "NAME", "ESPACE_ID", "SS_KEY", "MULTITENANT", "MULTITENANT_VIEW", "IS_ACTIVE", "IS_SYSTEM", "IS_EXTERNAL", "GENERATION", "Data_Kind", "Multilingual", "Base_View_Name")
	SELECT physical, entity, "ID", coalesce(key, md5(physical)::uuid::text), false, false, is_active, false, false, 1, 'entity', false, 'OSUSR_abc_' || entity FROM "OSSYS_ESPACE" WHERE "NAME" = espace
$$;
SELECT pg_temp.again('Tenanted', 'OSUSR_abc_Tenanted1', 'Shop'), pg_temp.again('Twin2', 'OSUSR_abc_Twin', 'Old', false);
UPDATE "OSSYS_ENTITY" SET "MULTITENANT" = true, "Base_View_Name" = 'OSUSR_abc_Tenanted' WHERE "NAME" = 'Tenanted';
CREATE TABLE "OSUSR_abc_Tenanted1" ("ID" bigint PRIMARY KEY, "NAME" varchar(50), "TENANT_ID" integer);
CREATE VIEW "OSUSR_abc_Tenanted_T1" AS SELECT "ID", "NAME" FROM "OSUSR_abc_Tenanted1" WHERE "TENANT_ID" = 1;
UPDATE "OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "PHYSICAL_TABLE_NAME" = 'OSUSR_abc_Tenanted' OR "NAME" IN ('Parent', 'Taken', 'Proc', 'Given', 'Twin', 'Ext', 'Free', 'Elsewhere', 'Twice', 'Schema');
UPDATE "OSSYS_ESPACE" SET "NAME" = 'Gone(deleted0)', "IS_ACTIVE" = false, "SS_KEY" = md5('new')::uuid::text WHERE "NAME" = 'Gone';
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'bt' || md5('nowhere')::uuid || '*' || split_part("TYPE", '*', 2) WHERE "NAME" = 'ParentId';
INSERT INTO "OSSYS_ESPACE_ENTITY" ("ESPACE_ID", "ENTITY_ID") SELECT s."ID", e."ID" FROM "OSSYS_ESPACE" AS s, "OSSYS_ENTITY" AS e WHERE s."NAME" = 'Shop' AND e."NAME" = 'Taken';
INSERT INTO "OSSYS_BPM_PROCESS_DEFINITION" ("Name", "Label", "SS_Key", "Is_Active", "Espace_Id", "Process_Entity_Id")
SELECT 'Selling', 'Selling', md5('P')::uuid, true, s."ID", e."ID" FROM "OSSYS_ESPACE" AS s, "OSSYS_ENTITY" AS e WHERE s."NAME" = 'Shop' AND e."NAME" = 'Proc';
INSERT INTO "OSSYS_BPM_PROCESS_INPUT_DEF" ("Name", "SS_Key", "Is_Active", "Process_Def_Id", "Data_Type", "SS_Type")
SELECT 'Whom', md5('W')::uuid, true, p."Id", 'rtInteger', 'bt' || s."SS_KEY" || '*' || e."SS_KEY" FROM "OSSYS_BPM_PROCESS_DEFINITION" AS p, "OSSYS_ENTITY" AS e JOIN "OSSYS_ESPACE" AS s ON s."ID" = e."ESPACE_ID" WHERE e."NAME" = 'Given';
-- names: none, in brackets, one that is not there, longer than the engine takes, of extensions
UPDATE "OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = '' WHERE "NAME" = 'NoName';
UPDATE "OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = '[OSUSR_abc_Bracket]' WHERE "NAME" = 'Bracket';
UPDATE "OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = 'OSUSR_mno_Missing1' WHERE "NAME" = 'Missing';
ALTER TABLE "OSUSR_abc_Missing" RENAME TO "OSUSR_xyz_Missing";
SET client_min_messages = error;
ALTER TABLE "OSUSR_abc_Japan" RENAME TO "OSUSR_ab0_日本語日本語日本語日本語日本語日本語日本語";
SET client_min_messages = warning;
UPDATE "OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = 'OSUSR_ab0_日本語日本語日本語日本語日本語日本語日本語' WHERE "NAME" = 'Japan';
INSERT INTO "OSSYS_EXTENSION" ("Name", "SS_Key", "IS_ACTIVE") VALUES ('Reader', md5('ext')::uuid, true);
INSERT INTO "OSSYS_ENTITY" ("PHYSICAL_TABLE_NAME", "NAME", "Extension_Id", "SS_KEY", "MULTITENANT", "MULTITENANT_VIEW", "IS_ACTIVE", "IS_SYSTEM", "IS_EXTERNAL", "GENERATION", "Multilingual")
SELECT n, 'E' || i, x."Id", md5(n)::uuid, false, false, true, false, true, -1, false
FROM "OSSYS_EXTENSION" AS x, unnest('{[DB].[dbo].[OSUSR_abc_Ext],[DB]..[OSUSR_xyz_E0,"\"DB\".\"dbo\".\"OSUSR_xyz_E1\"",OSUSR_xyz_E2@LINK,`OSUSR_xyz_E3`,[OSUSR_xyz_E4],"\"OSUSR_xyz_E5\"",OWNER.OSUSR_XYZ_E6@LINK.WORLD,"[dbo].[OSUSR_xyz_E.7]",OtherDB.dbo.Nothing}'::text[]) WITH ORDINALITY AS u (n, i);
SELECT format('CREATE TABLE %I (id int)', 'OSUSR_xyz_E' || n) FROM unnest('{0,1,2,3,4,5,6,.7}'::text[]) AS n \gexec
-- translations: the name of one is not told; a table whose entity has no such name now
UPDATE "OSSYS_ENTITY" SET "Multilingual" = true WHERE "NAME" = 'Multi';
UPDATE "OSSYS_ENTITY" SET "Multilingual" = true, "Multilingual_Table_Name" = 'OSUSR_abc__MLCountry' WHERE "NAME" = 'Country';
CREATE TABLE "OSUSR_abc__MLMulti" (id int);
CREATE TABLE "OSUSR_abc__MLCountry" (id int);
CREATE TABLE "OSUSR_xyz__MLConsumer1" (id int);
-- rows that are seen through another table, or stand elsewhere
DROP TABLE "OSUSR_abc_Parts", "OSUSR_abc_Elsewhere";
CREATE TABLE "OSUSR_abc_Parts" ("ID" bigint, "NAME" varchar(5)) PARTITION BY RANGE ("ID");
CREATE TABLE "OSUSR_abc_PartsP1" PARTITION OF "OSUSR_abc_Parts" FOR VALUES FROM (0) TO (1000);
CREATE TABLE "OSUSR_xyz_Child" () INHERITS ("OSUSR_abc_Apart");
CREATE EXTENSION postgres_fdw;
CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN TABLE "OSUSR_xyz_Foreign" (id int) SERVER away;
CREATE FOREIGN TABLE "OSUSR_abc_Elsewhere" (id int) SERVER away;
-- of the platform, and made by hand
CREATE TABLE "OSEVT_ESPACE" (id int);
CREATE TABLE "OSEVT_BPM_EVENT" (id int);
CREATE TABLE "OSEVT_xyz_Order" (id int);
SELECT format('CREATE TABLE %I (id int)', 'OSUSR_' || n) FROM unnest('{abc_Country2023,abc_Country1,abc_Country123,abc_CountryBackup,abc_Country-old,abc_Country_bkp,"abc_Country (copy)",abc_CountryOfOrigin,xyz_Whatever,xyz_Whatever_20231220,xyz_Whatever_2023_12_20,xyz_Whatever_bkp,xyz_WhateverOld,xyz_Household,xyz_old_Thing}'::text[]) AS n \gexec
-- names that differ in case, with a schema, without the name of views, with a number behind that of an entity that ends in one
CREATE TABLE "OSUSR_ABC_TWICE" (id int);
ALTER TABLE "OSUSR_abc_Cased" ADD "Gone" integer;
UPDATE "OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = 'otherdb.OSUSR_abc_Schema' WHERE "NAME" = 'Schema';
UPDATE "OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = NULL WHERE "NAME" = 'Line2';
ALTER TABLE "OSUSR_abc_Line2" RENAME TO "OSUSR_xyz_Line21";
CREATE VIEW "OSUSR_abc_Seen_T3" AS SELECT "ID", "SHOWN" FROM "OSUSR_abc_Seen";
-- columns: two attributes compute one name, with and without the other removed; of tenants; generated; a key of hand-made tables
INSERT INTO "OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER", "DELETE_RULE", "DEFAULT_LABEL", "IS_ACTIVE", "ORDER_NUM")
SELECT make.id_of(e), 'AVeryLongAttributeNameThatIsCutB', md5(e)::uuid, 'rtText', 50, 0, false, false, 'Protect', '', true, 99 FROM unnest('{Shop.Clash,Shop.Again}'::text[]) AS e;
UPDATE "OSSYS_ENTITY_ATTR" SET "DATABASE_NAME" = NULL WHERE "ENTITY_ID" IN (make.id_of('Shop.Clash'), make.id_of('Shop.Again')) AND "NAME" ~ '^A';
ALTER TABLE "OSUSR_abc_Clash" ADD "AVERYLONGATTRIBUTENAMETHATI1" varchar(50);
ALTER TABLE "OSUSR_abc_Again" ADD "AVERYLONGATTRIBUTENAMETHATI1" varchar(50);
UPDATE "OSSYS_ESPACE" SET "IS_MULTITENANT" = true WHERE "NAME" = 'Shop';
ALTER TABLE "OSUSR_abc_Country" ADD "TENANT_ID" integer, ADD stray integer;
ALTER TABLE "OSUSR_abc_Made" ADD "OLDGEN" text GENERATED ALWAYS AS ("OLD2" + 1) STORED;
ALTER TABLE "OSUSR_abc_Counted" DROP "SUM", ADD "SUM" integer GENERATED ALWAYS AS ("BASE" + 1) STORED;
ALTER TABLE "OSUSR_abc_Held" ADD "LEGACY" integer UNIQUE, ADD "SPARE" integer;
CREATE TABLE handmade_child (x integer REFERENCES "OSUSR_abc_Held" ("LEGACY"));
INSERT INTO "OSUSR_abc_Parts" VALUES (1, 'x'), (2, 'y');
ANALYZE;
SELECT osmeta.attach('used', remote_schema => 'factory', dialect => 'postgres');
SELECT osmeta.capture('used') > 0 AS captured;
SELECT kind, string_agg(table_name, ', ' ORDER BY table_name COLLATE "C") FROM osmeta.physical_table WHERE environment = 'used' AND kind IN ('partition', 'foreign table') GROUP BY 1 ORDER BY 1;
SELECT kind, string_agg(table_name, ', ' ORDER BY table_name COLLATE "C") FROM osmeta.orphan_table WHERE environment = 'used' GROUP BY 1 ORDER BY 1;
SELECT entity, used_by_active FROM osmeta.soft_deleted WHERE environment = 'used' AND kind = 'entity' ORDER BY entity COLLATE "C", id;
SELECT count(*) AS differ FROM ((SELECT to_jsonb(a) - 'capture_id' FROM osmeta.soft_deleted AS a WHERE environment = 'used' EXCEPT ALL SELECT to_jsonb(b) - 'capture_id' FROM used.soft_deleted AS b) UNION ALL (SELECT to_jsonb(a) - 'capture_id' FROM osmeta.orphan_table AS a WHERE environment = 'used' EXCEPT ALL SELECT to_jsonb(b) - 'capture_id' FROM used.orphan_table AS b)) AS x;
\pset format unaligned
\pset tuples_only on
SELECT line FROM pg_temp.script('used') WHERE line !~ '^--';
SELECT line FROM pg_temp.script('used') WHERE line ~ '^-- left';
-- every statement works, in this order
BEGIN;
\set ECHO none
SELECT l.line FROM osmeta.cleanup_sql('used') AS l (line) \gexec
\set ECHO all
ROLLBACK;
-- what may be needed or a table of it stays, though it is not known whether it is active
BEGIN;
UPDATE osmeta.captured_entity_attr SET is_active = NULL WHERE name IN ('ProvId', 'TwinId');
SELECT line FROM pg_temp.script('used', '{entity}') WHERE line ~ '_(Prov|Twin)[ "]';
-- the renamed column has another
UPDATE osmeta.captured_physical_column SET data_type = 'varchar', length = 5 WHERE column_name = 'stray';
SELECT line FROM pg_temp.script('used', '{orphan_column}') WHERE line ~ '^-- OSUSR_abc_Country[.]';
ROLLBACK;
\pset format aligned
\pset tuples_only off

--
-- What else may be in use
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
	PERFORM make.espace('Shop'), make.espace('Former');
	PERFORM pg_temp.entity('Shop.Parent', 'Name rtText(5)'), pg_temp.entity('Shop.Child', 'Name rtText(5)'), pg_temp.entity('Shop.Blank', 'Name rtText(5)'),
		pg_temp.entity('Shop.Noisy', 'Name rtText(5)'), pg_temp.entity('Former.Brother', 'Name rtText(5)'), pg_temp.entity('Former.Client', 'Name rtText(5)');
	PERFORM make.tables();
END $$;
-- a parent's column is that of its children
ALTER TABLE "OSUSR_abc_Parent" ADD "STRAY" varchar(5);
CREATE TABLE "OSUSR_abc_Heir" () INHERITS ("OSUSR_abc_Parent");
-- an attribute in use has no name
UPDATE "OSSYS_ENTITY_ATTR" SET "NAME" = '', "DATABASE_NAME" = NULL WHERE "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'Blank') AND "NAME" = 'Name';
-- an event table under another name than the metamodel gives
UPDATE "OSSYS_ENTITY" SET "Expose_Process_Events" = true, "Event_Table_Name" = NULL, "PHYSICAL_TABLE_NAME" = '[OSUSR_abc_Noisy]' WHERE "NAME" = 'Noisy';
CREATE TABLE "OSEVT_abc_Noisy" ("ID" bigint);
-- an entity without a table name, in a module that was called otherwise
UPDATE "OSSYS_ENTITY" SET "NAME" = 'Customer', "PHYSICAL_TABLE_NAME" = NULL WHERE "NAME" = 'Client';
-- and what nobody needs
ALTER TABLE "OSUSR_abc_Child" ADD "FREE" varchar(5);
CREATE TABLE "OSUSR_xyz_Free" ("ID" bigint);
-- a foreign key to a table in parts is one
CREATE TABLE whole ("ID" bigint PRIMARY KEY) PARTITION BY RANGE ("ID");
CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (9);
CREATE TABLE "OSUSR_xyz_Refers" ("ID" bigint CONSTRAINT "OSFRK_whole" REFERENCES whole);
ANALYZE;
SELECT osmeta.attach('third', remote_schema => 'factory', dialect => 'postgres');
SELECT osmeta.capture('third') > 0 AS captured;
SELECT table_name, kind FROM osmeta.physical_table WHERE environment = 'third' AND kind NOT IN ('table', 'view') ORDER BY 1;
\pset format unaligned
\pset tuples_only on
SELECT line FROM pg_temp.script('third') WHERE line !~ '^--' OR line ~ '^-- left';
BEGIN;
\set ECHO none
SELECT l.line FROM osmeta.cleanup_sql('third') AS l (line) \gexec
\set ECHO all
ROLLBACK;
-- a metamodel without rows is one that cannot be read
BEGIN;
DELETE FROM osmeta.captured_entity_attr WHERE capture_id = (SELECT max(capture_id) FROM osmeta.capture);
SELECT * FROM osmeta.cleanup_sql('third');
ROLLBACK;
\pset format aligned
\pset tuples_only off
