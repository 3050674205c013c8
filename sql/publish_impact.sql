--
-- publish_impact: every kind of change, for each engine, counted through
-- foreign tables and locally
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set schema :abs_srcdir '/demo/factory/schema.sql'
\set prod :abs_srcdir '/demo/factory/prod.sql'
\set edit :abs_srcdir '/test/fixture/edit_model.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE SCHEMA old_factory;
CREATE SCHEMA new_factory;
\set ECHO none
\i :loopback
SET search_path = old_factory;
\i :schema
\i :prod
SET search_path = new_factory;
\i :schema
\i :prod
\i :edit
\set ECHO all
-- an integer of twenty digits and a text of numbers
SET search_path = old_factory, public;
SELECT public.add_attribute('Icon', 'Digits', 'rtLongInteger');
ALTER TABLE "OSUSR_7i3_Icon" ADD COLUMN "DIGITS" bigint;
SELECT public.add_attribute('Icon', 'Code', 'rtText', 20);
ALTER TABLE "OSUSR_7i3_Icon" ADD COLUMN "CODE" varchar(20);
UPDATE "OSUSR_7i3_Icon" SET "DIGITS" = "ID", "CODE" = CASE WHEN "ID" = 3 THEN 'x' WHEN "ID" = 4 THEN '' WHEN "ID" = 5 THEN '99999999999' ELSE "ID"::text END;
ALTER TABLE "OSUSR_7i3_PersonContact" ALTER "PHONE" SET NOT NULL;
UPDATE "OSUSR_7i3_Person" SET "NICKNAME" = CASE WHEN "ID" % 1000 = 0 THEN 'nick' ELSE '7' END;
ANALYZE;
SET search_path = new_factory, public;
SELECT public.add_attribute('Icon', 'Digits', 'rtDecimal', 20, 0);
SELECT public.add_attribute('Icon', 'Code', 'rtInteger');

SELECT osmeta.attach('old', 'loop', 'old_factory');
SELECT osmeta.attach('here', remote_schema => 'old_factory');
SELECT osmeta.attach('new', remote_schema => 'new_factory');

-- ----- what differs in the new model ----------------------------------------
-- entities: new ones, of a name that is taken, renamed, cut and pasted
SELECT public.add_entity('People', 'Country'), public.add_attribute('Country', 'Id', 'rtLongInteger', auto => true);
SELECT public.add_attribute('Country', 'Name', 'rtText', 50), public.add_attribute('Country', 'CapitalId', public.bt('City'), rule => 'Delete');
SELECT public.add_attribute('Country', 'BorderOf', public.bt('Country'), rule => 'Ignore');
UPDATE "OSSYS_ENTITY" SET "MULTITENANT" = true, "Expose_Process_Events" = true WHERE "NAME" = 'Country';
SELECT public.add_entity('People', 'Badge'), public.add_attribute('Badge', 'Id', 'rtInteger');
SELECT public.add_attribute('Person', 'CountryId', public.bt('Country'));
UPDATE "OSSYS_ENTITY" SET "NAME" = 'Picture' WHERE "NAME" = 'Icon';
UPDATE "OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "NAME" = 'Rule_User';
SELECT public.add_entity('CityManager', 'Rule_User'), public.add_attribute('Rule_User', 'Id', 'rtInteger', auto => true), public.add_attribute('Rule_User', 'UserId', public.bt('User')), public.add_attribute('Rule_User', 'AppConfigId', public.bt('AppConfig'), rule => 'Delete');
UPDATE "OSSYS_ENTITY" SET "MULTITENANT" = true WHERE "NAME" = 'UploadCache';
UPDATE "OSSYS_ENTITY" SET "Expose_Process_Events" = true WHERE "NAME" = 'Person';
UPDATE "OSSYS_ESPACE" SET "NAME" = 'TownManager' WHERE "NAME" = 'CityManager';
-- attributes: new, beside left-over columns, renamed
SELECT public.add_attribute('Person', 'Score', 'rtDecimal', 10, 2), public.add_attribute('Person', 'BestFriendId', public.bt('Person'));
SELECT public.add_attribute('Person', 'NickName', 'rtInteger'), public.add_attribute('Person', 'Birthday', 'rtDate');
UPDATE "OSSYS_ENTITY_ATTR" SET "NAME" = 'RegisteredOn', "DATABASE_NAME" = 'REGISTEREDON' WHERE "NAME" = 'CreatedOn' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'Person');
UPDATE "OSSYS_ENTITY_ATTR" SET "NAME" = 'DateOfBirth' WHERE "NAME" = 'DateofBirth';
UPDATE "OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = false WHERE "NAME" IN ('Phone', 'TopicId');
UPDATE "OSSYS_ENTITY_ATTR" SET "NAME" = 'Number', "DATABASE_NAME" = 'NUMBER' WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'FeedbackScreenshot');
-- lengths and types
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 100 WHERE "NAME" = 'Name' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'City');
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 4 WHERE "NAME" = 'Name' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'Picture');
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 500 WHERE "NAME" = 'Comment';
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 4000 WHERE "NAME" = 'Value';
UPDATE "OSSYS_ENTITY_ATTR" SET "LENGTH" = 3, "DECIMALS" = 0 WHERE "NAME" = 'Rating';
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtDateTime' WHERE "NAME" = 'TakenAt';
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtInteger' WHERE "NAME" = 'Key';
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtLongInteger' WHERE "NAME" = 'Id' AND "ENTITY_ID" = (SELECT "ID" FROM "OSSYS_ENTITY" WHERE "NAME" = 'CitySize' AND "ESPACE_ID" = (SELECT "ID" FROM "OSSYS_ESPACE" WHERE "NAME" = 'TownManager'));
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = public.bt('City') WHERE "NAME" = 'CustomerId';
-- delete rules, keys
UPDATE "OSSYS_ENTITY_ATTR" SET "DELETE_RULE" = 'Ignore' WHERE "NAME" = 'ManagerId';
UPDATE "OSSYS_ENTITY_ATTR" SET "DELETE_RULE" = 'Protect' WHERE "NAME" IN ('IconId', 'RecentItemId');
UPDATE "OSSYS_ENTITY_ATTR" SET "IS_MANDATORY" = true, "DEFAULT_VALUE" = '1' WHERE "NAME" = 'Balance';
CREATE UNIQUE INDEX "OSIDX_OSUSR_7i3_Person_6CITYID_4NAME" ON "OSUSR_7i3_Person" ("CITYID", "NAME");
UPDATE "OSUSR_7i3_City" SET "NAME" = left("NAME", 40) || "ID";
CREATE UNIQUE INDEX "OSIDX_OSUSR_7i3_City_4NAME" ON "OSUSR_7i3_City" ("NAME");
UPDATE "OSSYS_ENTITY" SET "PRIMARYKEY_SS_KEY" = (SELECT a."SS_KEY" FROM "OSSYS_ENTITY_ATTR" AS a WHERE a."NAME" = 'Title' AND a."ENTITY_ID" = "OSSYS_ENTITY"."ID") WHERE "NAME" = 'RecentItem' AND "IS_ACTIVE";
-- static records
UPDATE "OSSYS_ENTITY_RECORD" SET "Is_Active" = false WHERE "Name" = 'Small';
INSERT INTO "OSSYS_ENTITY_RECORD" ("Id", "Data_Id", "Name", "SS_Key", "Entity_SS_Key", "Espace_Id", "Is_Active")
SELECT 9001 + row_number() OVER (), '77', n.name, md5(n.name || 'again')::uuid, r."Entity_SS_Key", r."Espace_Id", true FROM "OSSYS_ENTITY_RECORD" AS r, (VALUES ('Small'), ('Hamlet')) AS n (name) WHERE r."Name" = 'Medium' AND r."Espace_Id" = (SELECT "ID" FROM "OSSYS_ESPACE" WHERE "NAME" = 'TownManager');
RESET search_path;
SELECT osmeta.capture('old') < osmeta.capture('here'), osmeta.capture('new') > 0;


\pset format unaligned
-- SQL Server, counted through foreign tables
SELECT severity, object, change, statement, term, row_count, offenders FROM osmeta.publish_impact('old', 'new', 'sqlserver', true);
-- nothing is left behind, nothing was left out
SELECT object, change, message FROM osmeta.publish_impact('old', 'new', 'sqlserver', true) WHERE offender_query IS NOT NULL AND offenders IS NULL;
SELECT count(*) FROM pg_class WHERE relname LIKE 'osmeta publish%';
SELECT object, change, offender_query, message, hint FROM osmeta.publish_impact('old', 'new', 'sqlserver') WHERE offender_query IS NOT NULL OR hint IS NOT NULL;
SELECT object, change, message FROM osmeta.publish_impact('old', 'new', 'sqlserver') WHERE offender_query IS NULL AND hint IS NULL;

-- what differs with the engine
SELECT object, change, severity, term, statement, offender_query FROM osmeta.publish_impact('old', 'new', 'oracle');
SELECT object, change, severity, term, statement, offender_query FROM osmeta.publish_impact('old', 'new');

-- the same counts in this database
SELECT object, change, severity, offenders FROM osmeta.publish_impact('here', 'new', 'oracle', true) WHERE offenders IS NOT NULL;
(SELECT object, change, severity, offenders FROM osmeta.publish_impact('here', 'new', count_offenders => true) EXCEPT SELECT object, change, severity, offenders FROM osmeta.publish_impact('old', 'new', count_offenders => true))
UNION ALL (SELECT object, change, severity, offenders FROM osmeta.publish_impact('old', 'new', count_offenders => true) EXCEPT SELECT object, change, severity, offenders FROM osmeta.publish_impact('here', 'new', count_offenders => true));

-- what the offender queries count where they are run, is what was counted
CREATE FUNCTION public.count_rows(query text)
RETURNS bigint
LANGUAGE plpgsql STRICT
SET search_path = old_factory
AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE query INTO n;
	RETURN n;
END
$$;
SELECT object, change, offenders, public.count_rows(offender_query) FROM osmeta.publish_impact('here', 'new', count_offenders => true) WHERE public.count_rows(offender_query) IS DISTINCT FROM offenders;

-- a table that has gone since, a table that was not there
SELECT osmeta.capture('here') IS NOT NULL AS captured;
ALTER TABLE old_factory."OSUSR_7i3_Icon" RENAME TO gone;
SELECT object, change, severity, offenders, message FROM osmeta.publish_impact('here', 'new', count_offenders => true) WHERE object = 'People.Picture.Name';
SELECT object, change, severity, offenders, message FROM osmeta.publish_impact('old', 'new', count_offenders => true) WHERE object = 'People.Picture.Name';
SELECT osmeta.capture('here') IS NOT NULL AS captured;
SELECT object, change, severity, row_count, offenders, message FROM osmeta.publish_impact('here', 'new', count_offenders => true) WHERE object = 'People.Picture.Name';
ALTER TABLE old_factory.gone RENAME TO "OSUSR_7i3_Icon";

-- errors
SELECT * FROM osmeta.publish_impact(NULL, 'new');
SELECT * FROM osmeta.publish_impact('old', 'nowhere');
SELECT * FROM osmeta.publish_impact('old', 'new', 'mysql');
SELECT * FROM osmeta.publish_impact('old', 'new', count_offenders => NULL);
SELECT osmeta.detach('old');
SELECT count(*) > 60 AS still_known FROM osmeta.publish_impact('old', 'new');
SELECT count(*) FROM osmeta.publish_impact('old', 'new', count_offenders => true);

-- nothing differs; what is only in the old model is not published
SELECT count(*) FROM osmeta.publish_impact('new', 'new');
