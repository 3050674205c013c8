--
-- Names of tables: what explains them, which rule a factory follows, and
-- which names come next
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :core
\set ECHO all
RESET search_path;
ALTER TABLE factory.ossys_entity ADD multilingual_table_name text;
CREATE TABLE factory.ossys_extension (id int, name text, ss_key text, is_active bool);

CREATE FUNCTION pg_temp.raised(statement text, OUT raised text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	raised := 'nothing';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	raised := SQLSTATE || ' ' || SQLERRM;
END
$$;

-- The names AaAa, AaBB, BBAa and BBBB have one key, as every name has that
-- differs from another one by BB for Aa.
SELECT osmeta.espace_hash('AaAa') AS a, osmeta.espace_hash('BBBB') AS b, osmeta.espace_hash('AaBB(deleted3)') AS c, osmeta.espace_hash('Charts') AS charts;

-- First as it was: modules and entities under their earlier names.
INSERT INTO factory.ossys_espace (id, name, ss_key, is_active) VALUES
	(1, 'People', 'k-people', true), (2, 'MobilePatterns(deleted0)', 'k-deleted', false), (3, 'OutSystemsUI', 'k-ui', true),
	(4, 'Charts', 'k-charts', true), (5, 'RichWidgets', 'k-rich', true), (6, 'CityManager', 'k-city', true),
	(7, 'AaAa', 'k-aa', true), (8, 'BBBB', 'k-bb', true), (9, 'Former', 'k-former', true), (10, 'Before', 'k-before', true),
	(11, 'Mover', 'k-mover', true), (12, 'Users', 'k-users', true), (13, 'Erstwhile', 'k-erst', true);
INSERT INTO factory.ossys_extension VALUES (1, 'AaBB', 'k-extension', true), (2, 'ErpConnector', 'k-erp', true);
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name) VALUES
	(1, 'City', 1, 'e1', 'OSUSR_7i3_City'),
	(2, 'Color', 3, 'e2', 'OSUSR_jdz_Color'),
	(3, 'XAxisValuesType', 4, 'e3', 'OSUSR_bjy_XAxisValuesType'),
	(4, 'CitySize', 6, 'e4', 'OSUSR_5Z9_CITYSIZE'),
	(5, 'Item', 7, 'e5', 'OSUSR_' || osmeta.espace_hash('AaAa') || '_Item'),
	(6, 'Item', 8, 'e6', 'OSUSR_' || osmeta.espace_hash('BBBB') || '_Item1'),
	(7, 'FromFormer', 11, 'e7', 'OSUSR_' || osmeta.espace_hash('Former') || '_FromFormer'),
	(8, 'FromBefore', 11, 'e8', 'OSUSR_' || osmeta.espace_hash('Before') || '_FromBefore'),
	(9, 'CfgFBin', 12, 'e9', 'OSUSR_6wd_CfgFBin'),
	(10, 'Axis', 4, 'e10', 'OSUSR_bjy_Axis'),
	(11, 'Old', 13, 'e11', 'OSUSR_' || osmeta.espace_hash('Erstwhile') || '_Old');
CREATE TABLE factory.osusr_7i3_city (id int);
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('prod');
-- Nothing of the past is known yet.
SELECT espace, entity, physical_table_name, computed_name, verdict, evidence FROM osmeta.name_audit WHERE verdict <> 'exact' ORDER BY entity_id;

-- Then modules and entities are renamed, and some go.
UPDATE factory.ossys_espace SET name = 'OutSystemsChartsWeb' WHERE id = 4;
UPDATE factory.ossys_espace SET name = 'Fresh' WHERE id = 7;
UPDATE factory.ossys_espace SET name = 'After' WHERE id = 10;
UPDATE factory.ossys_espace SET name = 'Today' WHERE id = 13;
DELETE FROM factory.ossys_espace WHERE id = 9;
UPDATE factory.ossys_entity SET name = 'DEPRECATED_Color' WHERE id = 2;
UPDATE factory.ossys_entity SET name = 'ConfigFileBinary' WHERE id = 9;
UPDATE factory.ossys_entity SET name = 'ChartAxis' WHERE id = 10;
-- Numbers: beside an entity, a removed one, a table and a view that nobody
-- knows, and beside nothing.  Then what has no name or none of the platform's.
INSERT INTO factory.ossys_entity (id, name, espace_id, extension_id, ss_key, physical_table_name, is_active, data_kind) VALUES
	(20, 'Country', 1, NULL, 'e20', 'osusr_7i3_country', true, 'entity'),
	(21, 'COUNTRY', 1, NULL, 'e21', 'OSUSR_7I3_COUNTRY1', true, 'entity'),
	(22, 'Region', 1, NULL, 'e22', 'OSUSR_7i3_Region', false, 'entity'),
	(23, 'Region', 1, NULL, 'e23', 'OSUSR_7i3_Region1', true, 'entity'),
	(24, 'Street', 1, NULL, 'e24', 'OSUSR_7i3_Street2', true, 'entity'),
	(25, 'House', 1, NULL, 'e25', 'OSUSR_7i3_House1', true, 'entity'),
	(26, 'Door', 1, NULL, 'e26', 'OSUSR_7i3_Door1', true, 'entity'),
	(30, 'Nameless', 1, NULL, 'e30', NULL, true, 'entity'),
	(31, 'Blank', 1, NULL, 'e31', '  ', true, 'entity'),
	(32, 'Client', 1, NULL, 'e32', NULL, true, 'clientEntity'),
	(33, 'Customer', NULL, 2, 'e33', '[ERP].[dbo].[Customer]', true, NULL),
	(34, 'User', 12, NULL, 'e34', 'OSSYS_USER', true, 'entity'),
	(35, NULL, 1, NULL, 'e35', 'OSUSR_7i3_Nobody', true, 'entity'),
	(36, 'Copy', 1, NULL, 'e36', 'copy_of_city', true, 'entity');
CREATE TABLE factory."OSUSR_7I3_STREET" (id int);
CREATE VIEW factory.osusr_7i3_house AS SELECT 1 AS id;
SELECT osmeta.capture('prod');
SELECT espace, entity, verdict, evidence FROM osmeta.name_audit WHERE verdict NOT IN ('exact', 'system', 'external', 'foreign') ORDER BY entity_id;
-- every entity has a row, and a verdict unless it has no table
SELECT entity_id, entity, physical_table_name, computed_name, verdict, evidence FROM osmeta.name_audit WHERE entity_id >= 30 ORDER BY entity_id;
SELECT (SELECT count(*) FROM osmeta.entity) = count(*) AS all_of_them, count(*) - count(verdict) AS without_verdict FROM osmeta.name_audit;
-- an earlier capture knows nothing of the later ones
SET osmeta.capture = '1';
SELECT espace, entity, verdict, evidence FROM osmeta.name_audit WHERE verdict <> 'exact' ORDER BY entity_id;
-- and both together say what each says alone
SET osmeta.capture = '1,2';
SELECT capture_id, count(*), count(evidence) FROM osmeta.name_audit GROUP BY 1 ORDER BY 1;
RESET osmeta.capture;

-- The live copy gives the same verdicts and the same evidence.
SELECT count(*) FROM prod.name_audit;
(SELECT environment, espace, entity, physical_table_name, computed_name, verdict, evidence, is_effective, extension, entity_id, dialect FROM prod.name_audit
	EXCEPT ALL SELECT environment, espace, entity, physical_table_name, computed_name, verdict, evidence, is_effective, extension, entity_id, dialect FROM osmeta.name_audit)
UNION ALL
(SELECT environment, espace, entity, physical_table_name, computed_name, verdict, evidence, is_effective, extension, entity_id, dialect FROM osmeta.name_audit
	EXCEPT ALL SELECT environment, espace, entity, physical_table_name, computed_name, verdict, evidence, is_effective, extension, entity_id, dialect FROM prod.name_audit);

-- Another environment: the same module and entity by key, another module.
CREATE SCHEMA qa_factory;
CREATE TABLE qa_factory.ossys_espace (LIKE factory.ossys_espace);
CREATE TABLE qa_factory.ossys_entity (LIKE factory.ossys_entity);
CREATE TABLE qa_factory.ossys_entity_attr (LIKE factory.ossys_entity_attr);
CREATE TABLE qa_factory.ossys_entity_record (LIKE factory.ossys_entity_record);
INSERT INTO qa_factory.ossys_espace (id, name, ss_key, is_active) VALUES
	(101, 'Charts', ' K-CHARTS ', true), (102, 'Fresh', 'k-aa', true), (103, 'Today', 'k-erst', true), (104, 'Elsewhere', 'k-else', true), (105, 'Erstwhile', 'k-other', true);
-- in qa entities were renamed, and prod knows them under their first names
INSERT INTO qa_factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name, is_active) VALUES
	(1001, 'XAxisKind', 101, 'E3', 'OSUSR_bjy_XAxisValuesType', true),
	(1002, 'Item', 102, 'e5', 'OSUSR_' || osmeta.espace_hash('AaAa') || '_Item', true),
	(1003, 'Stray', 104, 'e12', 'OSUSR_' || osmeta.espace_hash('AaAa') || '_Stray', true),
	(1004, 'Old', 103, 'e11', 'OSUSR_' || osmeta.espace_hash('Erstwhile') || '_Old', true);
SELECT osmeta.attach('qa', remote_schema => 'qa_factory', dialect => 'postgres');
SELECT osmeta.capture('qa');
SELECT espace, entity, verdict, evidence FROM osmeta.name_audit WHERE environment = 'qa' ORDER BY entity_id;
-- for prod its own past is stronger than what qa has
INSERT INTO factory.ossys_espace (id, name, ss_key, is_active) VALUES (14, 'Guest', 'k-guest', true), (15, 'BBAa', 'k-bbaa', true), (16, 'AaBB(deleted0)', 'k-gone', false);
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name) VALUES
	(12, 'Stray', 14, 'e13', 'OSUSR_' || osmeta.espace_hash('Elsewhere') || '_Stray');
SELECT osmeta.capture('prod');
SELECT espace, entity, evidence FROM osmeta.name_audit WHERE environment = 'prod' AND entity_id IN (2, 3, 5, 10, 12) ORDER BY entity_id;
-- when the captures that knew are gone, what qa calls them is left
BEGIN;
SELECT osmeta.drop_capture(1), osmeta.drop_capture(2);
SELECT espace, entity, evidence FROM osmeta.name_audit WHERE environment = 'prod' AND evidence IS NOT NULL ORDER BY entity_id;
ROLLBACK;

-- Of many modules with one key the first five are named.
BEGIN;
INSERT INTO factory.ossys_espace (id, name, ss_key, is_active)
	SELECT 100 + i, replace(replace((i::bit(3))::text, '0', 'Aa'), '1', 'BB'), 'k-many-' || i, i <> 3 FROM generate_series(0, 7) AS i;
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name) VALUES (100, 'Much', 1, 'e100', 'OSUSR_' || osmeta.espace_hash('AaAaAa') || '_Much');
SELECT entity, verdict, evidence FROM prod.name_audit WHERE entity_id = 100;
ROLLBACK;

-- Modules with one key are reported: active ones only, and no extensions.
SELECT environment, severity, code, object, message, hint FROM osmeta.problem WHERE code = 'shared_module_key';
SET osmeta.capture = '1';
SELECT object, message FROM osmeta.problem WHERE code = 'shared_module_key';
RESET osmeta.capture;

-- Whoever may read the view needs no right on the store.
CREATE ROLE regress_name_reader;
GRANT USAGE ON SCHEMA osmeta TO regress_name_reader;
GRANT SELECT ON osmeta.name_audit TO regress_name_reader;
SET ROLE regress_name_reader;
SELECT count(*), count(evidence) FROM osmeta.name_audit;
RESET ROLE;
DROP OWNED BY regress_name_reader;
DROP ROLE regress_name_reader;

--
-- predict_table_name
--
SELECT n.espace, n.entity, osmeta.predict_table_name('prod', n.espace, n.entity) AS name
FROM (VALUES ('People', 'Planet'), ('People', 'City'), ('People', 'CITY'), ('People', 'Country'), ('People', 'Region'), ('People', 'Street'), ('People', 'House'),
	('People', 'Door'), ('People', 'Nobody'), ('people', 'City'), ('NewModule', 'City'), ('People(deleted7)', 'City'), ('MobilePatterns', 'Color'), ('OutSystemsUI', 'Color'),
	('AaBB', 'Item'), ('BBAa', 'Thing'), ('Fresh', 'Item'), ('Ärger', 'Größe'), ('People', repeat('x', 50))) AS n (espace, entity);
-- the capture that is named is the one that is asked
SELECT osmeta.predict_table_name('prod@1', 'People', 'Street') AS then_free, osmeta.predict_table_name('prod@2', 'People', 'Street') AS then_taken,
	osmeta.predict_table_name('qa', 'People', 'Street') AS free_in_qa;
-- numbers are taken without their bare name, by tables that the metamodel does not know, by names whose table is gone, and by tables of texts
CREATE TABLE factory."OSUSR_7I3_PLANET1" (id int);
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name, is_active, multilingual_table_name) VALUES
	(40, 'Moved', 3, 'e40', ' osusr_7i3_PLANET2 ', false, 'OSUSR_7i3__MLPlanet');
SELECT osmeta.capture('prod');
SELECT osmeta.predict_table_name('prod', 'People', 'Planet') AS bare, osmeta.predict_table_name('prod', 'People', 'Planet1') AS numbered, osmeta.predict_table_name('prod', 'People', '_MLPlanet') AS texts;
CREATE TABLE factory.osusr_7i3_planet (id int);
SELECT osmeta.capture('prod');
SELECT osmeta.predict_table_name('prod', 'People', 'Planet') AS third, osmeta.predict_table_name('prod', 'People', 'Planet1') AS of_another;
-- the name that is predicted is the one that a table then has
SELECT n.statement FROM (SELECT format('CREATE TABLE factory.%I (id int)', osmeta.predict_table_name('prod', 'People', 'Planet')) AS statement) AS n \gexec
SELECT osmeta.capture('prod');
SELECT osmeta.predict_table_name('prod', 'People', 'Planet') AS fourth;
-- the setting is as it was
SET osmeta.capture = '1';
SELECT osmeta.predict_table_name('prod', 'People', 'Street'), current_setting('osmeta.capture');
RESET osmeta.capture;
-- hostile names are data
\pset format unaligned
SELECT osmeta.predict_table_name('prod', E'O''B"; DROP TABLE x; --\n', E'a"b''c\n😀%s%I');
\pset format aligned
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name(NULL, 'a', 'b')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('prod', NULL, 'b')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('prod', 'a', NULL)$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('prod', '', 'b')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('prod', 'a', E' \n\t')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('prod', 'a', repeat('é', 51))$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('prod', 'a', repeat('é', 50))$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('nowhere', 'a', 'b')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('prod@999', 'a', 'b')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.predict_table_name('prod@x', 'a', 'b')$$);

--
-- The rule of an Oracle factory
--
CREATE SCHEMA ora_factory;
SET search_path = ora_factory;
\set ECHO none
\i :core
\set ECHO all
RESET search_path;
INSERT INTO ora_factory.ossys_espace (id, name, ss_key) VALUES (1, 'People', 'k-people'), (2, 'Renamed', 'k-renamed');
SELECT osmeta.attach('ora', remote_schema => 'ora_factory', dialect => 'oracle');
CREATE FUNCTION pg_temp.rule(names text[][]) RETURNS TABLE (rule text, verdicts text, long_name text, short_name text) LANGUAGE plpgsql AS $$
DECLARE
	captured text;
BEGIN
	DELETE FROM ora_factory.ossys_entity;
	INSERT INTO ora_factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name)
		SELECT i, names[i][2], CASE names[i][1] WHEN 'People' THEN 1 ELSE 2 END, 'e' || i, names[i][3] FROM generate_subscripts(names, 1) AS i;
	captured := 'ora@' || osmeta.capture('ora');
	RETURN QUERY SELECT (SELECT string_agg(DISTINCT a.dialect, ',') FROM osmeta.name_audit AS a WHERE a.environment = 'ora'),
		(SELECT string_agg(a.verdict, ', ' ORDER BY a.entity_id) FROM osmeta.name_audit AS a WHERE a.environment = 'ora'),
		osmeta.predict_table_name(captured, 'People', 'UnnecessarilyLongEntityNameThatFillsAllOfFiftyChar'),
		osmeta.predict_table_name(captured, 'People', 'Applications');
END
$$;
\x on
-- no names at all, or names that both rules explain: the whole name is cut
SELECT * FROM pg_temp.rule('{}');
SELECT * FROM pg_temp.rule('{{People,City,OSUSR_7I3_CITY},{People,Subject,OSUSR_7I3_SUBJECT1}}');
-- by the whole name, in capitals; the two that are cut are taken
SELECT * FROM pg_temp.rule('{{People,UnnecessarilyLongEntityName,OSUSR_7I3_UNNECESSARILYLONGE},{People,Applications,OSUSR_7I3_APPLICATIONS}}');
-- by the entity part: whole, with a number, and under the key of another module
SELECT * FROM pg_temp.rule('{{People,Applicants,osusr_7i3_applican},{People,Unnecessary,osusr_7i3_unnecess}}');
SELECT * FROM pg_temp.rule('{{People,Applications,OSUSR_7I3_APPLICA1},{People,UnnecessarilyMuch,OSUSR_7I3_UNNECES2}}');
SELECT * FROM pg_temp.rule('{{Renamed,Applications,OSUSR_NHO_APPLICAT},{Renamed,DecisionRequest,OSUSR_NHO_DECISION}}');
-- by the whole name, with numbers only: part and number fit 18 characters
SELECT * FROM pg_temp.rule('{{People,UnnecessarilyLongEntityName,OSUSR_7I3_UNNECESSARILYLONG1},{People,UnnecessarilyLongEntity,OSUSR_7I3_UNNECESSARILYLON12}}');
-- the rule that explains more, and the newer one where both explain as many
SELECT * FROM pg_temp.rule('{{People,Applications,OSUSR_7I3_APPLICAT},{People,DecisionRequest,OSUSR_7I3_DECISION},{People,DecisionRequests,OSUSR_7I3_DECISIONREQUESTS}}');
SELECT * FROM pg_temp.rule('{{People,Applications,OSUSR_7I3_APPLICAT},{People,DecisionRequests,OSUSR_7I3_DECISIONREQUESTS}}');
\x off
SELECT entity, physical_table_name, verdict, evidence FROM osmeta.name_audit WHERE environment = 'ora' ORDER BY entity_id;
-- a cut name beside the number of another: both are taken
SELECT count(*) FROM pg_temp.rule('{{People,Applications,OSUSR_7I3_APPLICAT},{People,Applicants,OSUSR_7I3_APPLICAN},{People,ApplicaX,OSUSR_7I3_APPLICA1}}');
SELECT osmeta.predict_table_name('ora', 'People', 'Applicatives') AS cut_and_numbered, osmeta.predict_table_name('ora', 'People', 'City') AS short, osmeta.predict_table_name('ora', 'People', 'Applica1') AS like_a_number;
SELECT entity, physical_table_name, computed_name, verdict, evidence FROM ora.name_audit ORDER BY entity_id;

--
-- Whatever the rows hold, nothing fails
--
INSERT INTO factory.ossys_espace (id, name, ss_key, is_active) VALUES (200, NULL, NULL, NULL), (201, '', '*', true), (202, E'a"b''\n%s😀', repeat('k', 200), true),
	(203, '(deleted0)', 'k203', false), (204, E'\\1(deleted1)', 'k204', false), (205, 'Twin', 'k-twin', true), (206, 'Twin2', 'k-twin', true);
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, physical_table_name) VALUES (200, NULL, NULL, NULL, 'OSUSR_'), (201, '', 201, '*', 'OSUSR____'), (202, E'x\n"''%s😀', 202, 'e202', 'OSUSR_abc_%s_%I'),
	(203, 'z', 203, 'e203', 'OSUSR_7i3_9'), (204, repeat('y', 300), 204, 'e204', repeat('OSUSR_', 100)), (205, 'T', 205, 'e205', 'OSUSR_' || osmeta.espace_hash('Twin2') || '_T'),
	(206, E'x\n1', 202, 'e206', 'OSUSR_' || osmeta.espace_hash(E'a"b''\n%s😀') || E'_x\n11'), (207, E'x\n1', 202, 'e207', 'OSUSR_' || osmeta.espace_hash(E'a"b''\n%s😀') || E'_x\n1');
SELECT osmeta.capture('prod') > 0 AS captured, osmeta.predict_table_name('prod', 'Twin2', 'T');
\pset format unaligned
SELECT entity_id, to_json(espace) AS espace, verdict, to_json(evidence) AS evidence FROM osmeta.name_audit WHERE environment = 'prod' AND entity_id BETWEEN 200 AND 299 ORDER BY entity_id;
\pset format aligned
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM osmeta.name_audit AS a WHERE a.environment = 'prod' AND to_jsonb(a) - 'capture_id' = to_jsonb(n) - 'capture_id')) AS differ FROM prod.name_audit AS n;

-- A deleted module has another key and keeps what it was called before.
CREATE SCHEMA bygone;
CREATE TABLE bygone.ossys_espace AS SELECT * FROM factory.ossys_espace WHERE false;
CREATE TABLE bygone.ossys_entity AS SELECT * FROM factory.ossys_entity WHERE false;
CREATE TABLE bygone.ossys_entity_attr AS SELECT * FROM factory.ossys_entity_attr WHERE false;
CREATE TABLE bygone.ossys_entity_record AS SELECT * FROM factory.ossys_entity_record WHERE false;
INSERT INTO bygone.ossys_espace (id, name, ss_key, is_active) VALUES (1, 'Charts', 'c1', true), (2, 'Other', 'c2', true);
INSERT INTO bygone.ossys_entity (id, name, espace_id, ss_key, physical_table_name, is_active) VALUES
	(1, 'Axis', 1, 'e1', 'OSUSR_bjy_Axis', true), (2, 'Moved', 1, 'e2', 'OSUSR_bjy_Moved', true), (3, 'Ren', 1, 'e3', 'OSUSR_bjy_Ren', true);
SELECT osmeta.attach('past', remote_schema => 'bygone', dialect => 'sqlserver'), osmeta.capture('past') AS bygone_1 \gset
UPDATE bygone.ossys_espace SET name = 'ChartsWeb' WHERE id = 1;
UPDATE bygone.ossys_entity SET name = 'Renamed' WHERE id = 3;
UPDATE bygone.ossys_entity SET espace_id = 2 WHERE id = 2;
SELECT osmeta.capture('past') AS bygone_2 \gset
SELECT espace, entity, verdict, replace(evidence, '(capture ' || :bygone_1 || ')', '(first)') AS evidence FROM osmeta.name_audit WHERE environment = 'past' ORDER BY entity_id;
UPDATE bygone.ossys_espace SET name = 'ChartsWeb(deleted0)', ss_key = 'c9', is_active = false WHERE id = 1;
SELECT osmeta.capture('past') AS bygone_3 \gset
SELECT espace, entity, verdict, replace(evidence, '(capture ' || :bygone_1 || ')', '(first)') AS evidence FROM osmeta.name_audit WHERE environment = 'past' ORDER BY entity_id;
