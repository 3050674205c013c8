--
-- publish_impact: rare cases, hostile names, and who may count
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE SCHEMA old_factory;
CREATE SCHEMA new_factory;
\set ECHO none
\i :loopback
SET search_path = old_factory;
\i :core
SET search_path = new_factory;
\i :core
\set ECHO all
ALTER TABLE old_factory.ossys_entity ADD multitenant boolean, ADD expose_process_events boolean;
ALTER TABLE new_factory.ossys_entity ADD multitenant boolean, ADD expose_process_events boolean;
ALTER TABLE old_factory.ossys_entity_attr ADD is_autonumber boolean, ADD order_num int;
ALTER TABLE new_factory.ossys_entity_attr ADD is_autonumber boolean, ADD order_num int;
CREATE FUNCTION public.entity(int, text, int, text, text, boolean DEFAULT true)
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO ossys_entity (id, name, espace_id, ss_key, physical_table_name, is_active, primarykey_ss_key) VALUES ($1, $2, $3, $4, $5, $6, 'id');
$$;
CREATE FUNCTION public.attribute(int, text, text, text, int DEFAULT 0, auto boolean DEFAULT false, rule text DEFAULT 'Protect')
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, length, is_autonumber, delete_rule, order_num)
SELECT count(*) + 1, $1, $3, $2, $4, $5, $6, $7, count(*) + 1 FROM ossys_entity_attr;
$$;
-- ----- the old model ---------------------------------------------------------
SET search_path = old_factory, public;
INSERT INTO ossys_espace VALUES (1, 'People', 'p'), (2, 'Cities', 'c'), (3, 'Unpublished', 'u'), (4, 'Stopped', 's');
SELECT entity(1, 'Person', 1, 'person', 'OSUSR_7i3_Person'), attribute(1, 'id', 'Id', 'rtInteger', auto => true), attribute(1, 'pic', 'Picture', 'rtBinaryData');
SELECT entity(2, 'Gone', 1, 'gone', 'OSUSR_7i3_Gone', false), attribute(2, 'id', 'Id', 'rtInteger'), attribute(2, 'text', 'Text', 'rtText', 10);
SELECT entity(3, 'Nowhere', 1, 'nowhere', 'OSUSR_7i3_Nowhere', false), attribute(3, 'id', 'Id', 'rtInteger');
SELECT entity(4, 'Cut', 1, 'cut', 'OSUSR_7i3_Cut'), attribute(4, 'id', 'Id', 'rtInteger');
SELECT entity(5, 'Other', 3, 'other', 'OSUSR_u_Other'), attribute(5, 'id', 'Id', 'rtInteger');
SELECT entity(6, 'City', 2, 'city', 'OSUSR_c_City'), attribute(6, 'id', 'Id', 'rtInteger'), attribute(6, 'long', 'A name that is longer than a column can be', 'rtText', 50), attribute(6, 'ref', 'PersonId', 'btp*person', rule => 'Ignore');
SELECT entity(7, 'Tenants', 2, 'tenants', 'OSUSR_c_Tenants'), attribute(7, 'id', 'Id', 'rtInteger');
UPDATE ossys_entity SET multitenant = true, expose_process_events = true WHERE id = 7;
SELECT entity(8, '[x]"; DROP', 2, 'hostile', 'OSUSR_c_[x]"''@1{1}%I'), attribute(8, 'id', 'Id', 'rtInteger'), attribute(8, 'h', 'ho]st"i''le @1', 'rtText', 40);
SELECT entity(9, 'Stop', 4, 'stop', 'OSUSR_s_Stop'), attribute(9, 'id', 'Id', 'rtInteger');
CREATE TABLE "OSUSR_7i3_Person" ("ID" int PRIMARY KEY, "PICTURE" bytea);
CREATE TABLE "OSUSR_7i3_Gone" ("ID" int PRIMARY KEY, "TEXT" varchar(10));
INSERT INTO "OSUSR_7i3_Gone" VALUES (1, 'still here');
CREATE TABLE "OSUSR_7i3_Cut" ("ID" int PRIMARY KEY);
CREATE TABLE "OSUSR_c_City" ("ID" int PRIMARY KEY, "A NAME THAT IS LONGER THAN A" varchar(50), "PERSONID" int);
INSERT INTO "OSUSR_c_City" VALUES (1, 'Beja', NULL), (2, 'Lisbon', 7), (3, NULL, 8);
CREATE TABLE "OSUSR_c_Tenants" ("ID" int PRIMARY KEY);
CREATE TABLE "OSUSR_c_[x]""'@1{1}%I" ("ID" int PRIMARY KEY, "HO]ST""I'LE @1" varchar(40));
INSERT INTO "OSUSR_c_[x]""'@1{1}%I" VALUES (1, 'short'), (2, 'quite a long text');
ANALYZE;
-- ----- the new model ---------------------------------------------------------
SET search_path = new_factory, public;
INSERT INTO ossys_espace VALUES (1, 'People', 'p', true), (2, 'Cities', 'c', true), (4, 'Stopped', 's', false);
SELECT entity(1, 'Person', 1, 'person', 'x'), attribute(1, 'id', 'Id', 'rtInteger', auto => true), attribute(1, 'pic', 'Picture', 'rtBinaryData'), attribute(1, 'pic2', 'Picture2', 'rtBinaryData'), attribute(1, 'lost', 'LostId', 'btq*lost');
-- removed before: with its table, and without
SELECT entity(2, 'Gone', 1, 'gone', 'x'), attribute(2, 'id', 'Id', 'rtInteger'), attribute(2, 'text', 'Text', 'rtText', 10);
SELECT entity(3, 'Nowhere', 1, 'nowhere', 'x'), attribute(3, 'id', 'Id', 'rtInteger');
-- the same key in another espace
SELECT entity(4, 'CutAgain', 2, 'cut', 'x'), attribute(4, 'id', 'Id', 'rtInteger');
SELECT entity(6, 'City', 2, 'city', 'x'), attribute(6, 'id', 'Id', 'rtInteger'), attribute(6, 'long', 'A NAME THAT IS LONGER THAN Another', 'rtText', 50), attribute(6, 'ref', 'PersonId', 'btp*person', rule => 'Delete');
SELECT entity(7, 'Tenants', 2, 'tenants', 'x'), attribute(7, 'id', 'Id', 'rtInteger');
UPDATE ossys_entity SET data_kind = 'staticEntity' WHERE id = 7;
SELECT entity(8, '[x]"; DROP', 2, 'hostile', 'x'), attribute(8, 'id', 'Id', 'rtInteger'), attribute(8, 'h', 'ho]st"i''le @1', 'rtText', 10), attribute(8, 'h2', 'new]"''', 'rtText', 10);
-- names that clash with each other, and with what is there
SELECT entity(10, 'Gone', 2, 'gone2', 'x'), attribute(10, 'id', 'Id', 'rtInteger');
SELECT entity(11, 'CITY', 2, 'city2', 'x'), attribute(11, 'id', 'Id', 'rtInteger');
SELECT entity(12, 'Cut', 1, 'cut2', 'x'), attribute(12, 'id', 'Id', 'btp*cut1'), entity(13, 'Cut1', 1, 'cut1', 'x'), attribute(13, 'id', 'Id', 'rtText', 20);
-- no attribute at all; one that nobody can make
SELECT entity(14, 'Empty', 1, 'empty', 'x');
RESET search_path;
SELECT osmeta.attach('old', 'loop', 'old_factory');
SELECT osmeta.attach('new', remote_schema => 'new_factory');
SELECT osmeta.capture('old') < osmeta.capture('new') AS captured;
\pset format unaligned
SELECT severity, object, change, statement, term, row_count, offenders FROM osmeta.publish_impact('old', 'new', count_offenders => true);
SELECT object, change, message FROM osmeta.publish_impact('old', 'new', 'sqlserver');
SELECT object, statement, offender_query FROM osmeta.publish_impact('old', 'new', 'sqlserver') WHERE object ~ 'DROP';
-- without a physical catalogue nothing is known to be there
DELETE FROM osmeta.captured_physical_table AS t USING osmeta.capture AS c WHERE c.capture_id = t.capture_id AND c.environment = 'old';
DELETE FROM osmeta.captured_physical_column AS t USING osmeta.capture AS c WHERE c.capture_id = t.capture_id AND c.environment = 'old';
DELETE FROM osmeta.captured_physical_key AS t USING osmeta.capture AS c WHERE c.capture_id = t.capture_id AND c.environment = 'old';
DELETE FROM osmeta.captured_physical_index AS t USING osmeta.capture AS c WHERE c.capture_id = t.capture_id AND c.environment = 'old';
SELECT severity, object, change, statement, offenders FROM osmeta.publish_impact('old', 'new', 'oracle', true);
SELECT osmeta.capture('old') IS NOT NULL AS captured;
-- nothing in a row of the metamodel makes it fail
UPDATE new_factory.ossys_entity_attr SET type = 'bt', length = -1 WHERE entity_id = 6 AND ss_key = 'long';
UPDATE new_factory.ossys_entity_attr SET name = NULL WHERE entity_id = 8;
UPDATE new_factory.ossys_entity SET name = NULL, physical_table_name = NULL WHERE id IN (8, 10);
UPDATE new_factory.ossys_entity_attr SET type = NULL WHERE entity_id = 1;
UPDATE new_factory.ossys_entity_attr SET type = '' WHERE ss_key = 'pic2';
UPDATE new_factory.ossys_entity_attr SET type = 'rtNonsense' WHERE ss_key IN ('lost', 'text');
UPDATE new_factory.ossys_espace SET name = NULL WHERE id = 1;
SELECT osmeta.capture('new') IS NOT NULL AS captured;
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE severity IS NULL OR change IS NULL OR message IS NULL) AS unsaid FROM osmeta.publish_impact('old', 'new', count_offenders => true);
SELECT count(*) > 0 AS some FROM osmeta.publish_impact('new', 'old', 'oracle');

-- who may count: whoever may use the server and make temporary tables
CREATE ROLE regress_osmeta_publisher;
GRANT USAGE ON SCHEMA osmeta, old TO regress_osmeta_publisher;
GRANT SELECT ON ALL TABLES IN SCHEMA osmeta, old TO regress_osmeta_publisher;
SET ROLE regress_osmeta_publisher;
SELECT count(*) > 0 AS some FROM osmeta.publish_impact('old', 'new');
SELECT object, change, severity, offenders, message FROM osmeta.publish_impact('old', 'new', count_offenders => true) WHERE object = 'Cities.City.PersonId' AND change = 'foreign key added';
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER loop TO regress_osmeta_publisher;
SELECT format('CREATE USER MAPPING FOR regress_osmeta_publisher SERVER loop OPTIONS (user %L, password %L, password_required ''false'')', :'USER', :'password') AS statement \gset
\set ECHO none
:statement;
\set ECHO all
SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM public', current_database()) AS statement \gset
:statement;
SET ROLE regress_osmeta_publisher;
SELECT object, change, severity, offenders, message FROM osmeta.publish_impact('old', 'new', count_offenders => true) WHERE object = 'Cities.City.PersonId' AND change = 'foreign key added';
RESET ROLE;
SELECT format('GRANT TEMPORARY ON DATABASE %I TO public', current_database()) AS statement \gset
:statement;
SET ROLE regress_osmeta_publisher;
SELECT object, change, severity, offenders, message FROM osmeta.publish_impact('old', 'new', count_offenders => true) WHERE object = 'Cities.City.PersonId' AND change = 'foreign key added';
RESET ROLE;
DROP OWNED BY regress_osmeta_publisher;
DROP ROLE regress_osmeta_publisher;
