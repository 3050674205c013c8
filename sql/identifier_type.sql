--
-- The type that a reference has in the end: that of its target's identifier,
-- through entities whose identifier is itself a reference
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
ALTER TABLE ossys_entity_attr ADD decimals int;
INSERT INTO ossys_espace VALUES (1, 'Model', 'AA', true), (2, 'Clone', 'bb', true), (3, 'Old(deleted0)', 'cc', false);
-- for each entity: its number, espace, name, the type and length of its identifier
CREATE FUNCTION make(id int, espace_id int, name text, type text, length int DEFAULT 0, is_active boolean DEFAULT true, key text DEFAULT NULL) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO ossys_entity (id, name, espace_id, ss_key, is_active, primarykey_ss_key) VALUES (make.id, make.name, make.espace_id, coalesce(make.key, make.name), make.is_active, ' KEY ' || make.id);
	INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, length, decimals) VALUES (make.id * 10, make.id, 'Id', 'key ' || make.id, make.type, make.length, CASE make.type WHEN 'rtDecimal' THEN 2 END);
$$;
SELECT count(make(id, espace_id, name, type, length, is_active, key)) FROM (VALUES
	(1, 1, 'Number', 'rtLongInteger', 0, true, NULL),
	(2, 1, 'OfNumber', 'btaa*number', 0, true, NULL),
	(3, 1, 'OfOfNumber', ' BTAA*OFNUMBER ', 0, true, NULL),
	(4, 1, 'Text', 'rtText', 30, true, NULL),
	(5, 1, 'OfText', 'btaa*text', 0, true, NULL),
	(6, 1, 'OfOfText', 'btaa*oftext', 0, true, NULL),
	(7, 1, 'Decimal', 'rtDecimal', 9, true, NULL),
	(8, 1, 'OfDecimal', 'btaa*decimal', 0, true, NULL),
	(9, 1, 'Itself', 'btaa*itself', 0, true, NULL),
	(10, 1, 'Hen', 'btaa*egg', 0, true, NULL),
	(11, 1, 'Egg', 'btaa*hen', 0, true, NULL),
	(12, 1, 'OfHen', 'btaa*hen', 0, true, NULL),	-- leads into a circle
	(13, 1, 'OfNobody', 'btaa*nobody', 0, true, NULL),
	(14, 1, 'OfOfNobody', 'btaa*ofnobody', 0, true, NULL),
	(15, 1, 'Malformed', 'btnonsense', 0, true, NULL),
	(16, 1, 'Untyped', NULL, 0, true, NULL),
	(17, 1, 'OldForm', 'rtEntityReference', 0, true, NULL),	-- of an unknown entity
	(18, 1, 'OfDeleted', 'btcc*past', 0, true, NULL),
	(19, 3, 'Past', 'rtText', 7, true, NULL),
	(20, 2, 'OfNumber', 'btaa*number', 0, true, NULL),	-- a clone: other owner, same key, refers to the original
	(21, 2, 'OfText', 'btbb*text', 0, true, NULL),	-- its own text
	(22, 2, 'Text', 'rtText', 60, true, NULL),
	(23, 1, 'Twice', 'rtInteger', 0, false, 'twice'),	-- created again with another identifier
	(24, 1, 'Twice', 'rtText', 12, true, 'TWICE '),
	(25, 1, 'OfTwice', 'btaa*twice', 0, true, NULL),
	(26, 1, 'Removed', 'rtInteger', 0, false, NULL),
	(27, 1, 'OfRemoved', 'btaa*removed', 0, true, NULL),
	(28, 1, 'Odd', 'rtOdd', 5, true, NULL)) AS v (id, espace_id, name, type, length, is_active, key);
-- without an identifier; with one that is not active; with two of one key
INSERT INTO ossys_entity (id, name, espace_id, ss_key, primarykey_ss_key) VALUES (30, 'None', 1, 'none', NULL), (31, 'Two', 1, 'two', 'two'), (32, 'Lost', 1, 'lost', 'elsewhere');
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, length, is_active) VALUES (310, 31, 'Was', 'two', 'rtInteger', 0, false), (309, 31, 'Is', 'TWO', 'rtText', 5, true),
	(320, 32, 'Id', 'not the key', 'rtInteger', 0, true);
-- one entity that refers to each, and has plain attributes
INSERT INTO ossys_entity (id, name, espace_id, ss_key, primarykey_ss_key) VALUES (40, 'All', 1, 'all', 'all id');
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type)
SELECT 1000 + e.id, 40, s.name || '.' || e.name || CASE WHEN e.id IN (23, 24) THEN e.id::text ELSE '' END, 'ref ' || e.id, 'bt' || s.ss_key || '*' || e.ss_key
FROM ossys_entity AS e JOIN ossys_espace AS s ON s.id = e.espace_id WHERE e.id < 40;
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, length, decimals) VALUES
	(2001, 40, 'Plain text', 'plain 1', ' rtText ', 44, NULL), (2002, 40, 'Plain decimal', 'plain 2', 'rtDecimal', 12, 3), (2003, 40, 'Plain none', 'plain 3', NULL, NULL, NULL),
	(2004, 40, 'Nobody', 'plain 4', 'btaa*nobody', 3, 3), (2005, 40, 'Unreadable', 'plain 5', 'bt***', 3, 3), (2006, 40, 'Old form', 'plain 6', 'rtEntityReference', 3, 3);
RESET search_path;
SELECT osmeta.attach('prod', remote_schema => 'factory');
SELECT osmeta.capture('prod');

SELECT attribute, value_type, value_length, value_decimals FROM osmeta.attribute WHERE entity = 'All' ORDER BY attribute_id;
-- the same in reference
SELECT count(*) AS both, count(*) FILTER (WHERE (r.value_type, r.value_length, r.value_decimals) IS NOT DISTINCT FROM (a.value_type, a.value_length, a.value_decimals)) AS same
FROM osmeta.reference AS r JOIN osmeta.attribute AS a ON a.attribute_id = r.attribute_id;
-- which go round in a circle?  Not those that merely lead nowhere
SELECT e.espace, e.entity, i.value_type FROM osmeta.identifier_type AS i JOIN osmeta.entity AS e ON e.entity_id = i.entity_id WHERE i.is_cyclic ORDER BY e.entity_id;
-- the live view answers the same
SELECT count(*) FROM ((SELECT attribute, value_type, value_length, value_decimals FROM osmeta.attribute EXCEPT ALL SELECT attribute, value_type, value_length, value_decimals FROM prod.attribute)
	UNION ALL (SELECT attribute, value_type, value_length, value_decimals FROM prod.attribute EXCEPT ALL SELECT attribute, value_type, value_length, value_decimals FROM osmeta.attribute)) AS x;
-- a long chain, and many that lead to one
INSERT INTO factory.ossys_entity (id, name, espace_id, ss_key, primarykey_ss_key) SELECT 5000 + n, 'Link' || n, 1, 'link' || n, 'key' || n FROM generate_series(1, 300) AS n;
INSERT INTO factory.ossys_entity_attr (id, entity_id, name, ss_key, type) SELECT 50000 + n, 5000 + n, 'Id', 'key' || n, CASE n WHEN 1 THEN 'btaa*text' ELSE 'btaa*link' || n - 1 END FROM generate_series(1, 300) AS n;
INSERT INTO factory.ossys_entity_attr (id, entity_id, name, ss_key, type) VALUES (60000, 40, 'Last', 'last', 'btaa*link300');
SELECT value_type, value_length FROM prod.attribute WHERE attribute = 'Last';
SELECT value_type, value_length, count(*) FROM prod.attribute WHERE entity ^@ 'Link' GROUP BY 1, 2;
