--
-- Captures: taken, shown, dropped
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
SET client_min_messages = warning;
\i :core
\i :loopback
SELECT osmeta.attach('prod', remote_schema => 'factory') \g /dev/null
SELECT osmeta.attach('qa', 'loop', remote_schema => 'factory') \g /dev/null
RESET client_min_messages;
\set ECHO all
RESET search_path;
INSERT INTO factory.ossys_espace VALUES (1, 'People', 'p'), (2, 'Cities', 'c');

SELECT osmeta.capture(NULL);
SELECT osmeta.capture('nowhere');
SELECT osmeta.capture('prod', 'first');
SELECT osmeta.capture('qa');
UPDATE factory.ossys_espace SET name = 'Persons' WHERE id = 1;
SELECT osmeta.capture('prod', 'after the rename');
SELECT capture_id, environment, label, dialect, remote_schema, row_count, is_consistent, duration >= '0' AS took, captured_by = current_user AS mine
FROM osmeta.capture ORDER BY capture_id;

-- the latest of each environment, or those listed
SELECT environment, capture_id, espace FROM osmeta.espace ORDER BY capture_id, espace;
SET osmeta.capture = '1, 3';
SELECT environment, capture_id, espace FROM osmeta.espace ORDER BY capture_id, espace;
SET osmeta.capture = '99';
SELECT environment, capture_id, espace FROM osmeta.espace ORDER BY capture_id, espace;
SET osmeta.capture = 'all';
SET osmeta.capture = '';
SELECT count(*) FROM osmeta.espace;

-- the planner knows the sizes at once
SELECT relname, reltuples FROM pg_class WHERE oid IN ('osmeta.captured_espace'::regclass, 'osmeta.captured_entity'::regclass) ORDER BY relname;

-- a failure leaves no trace
ALTER TABLE factory.ossys_entity_record DROP COLUMN data_id CASCADE;
ALTER TABLE factory.ossys_entity_record RENAME TO gone;
SELECT osmeta.capture('qa');
SELECT count(*) FROM osmeta.capture;
ALTER TABLE factory.gone RENAME TO ossys_entity_record;

-- dropped: nothing of it stays
SELECT osmeta.drop_capture(1);
SELECT osmeta.drop_capture(1);
SELECT capture_id, count(*) FROM osmeta.captured_espace GROUP BY capture_id ORDER BY capture_id;

-- a capture outlives its environment
SELECT environment, capture_id, count(*) FROM osmeta.espace GROUP BY 1, 2 ORDER BY 1;

-- a wrapper without a common snapshot: the factory is asked before and after
CREATE SEQUENCE factory.clock;
CREATE TABLE factory.stable AS SELECT * FROM factory.ossys_espace;
CREATE SCHEMA moves;
CREATE VIEW moves.ossys_espace AS SELECT nextval('factory.clock') AS id, name, ss_key, is_active FROM factory.stable;
CREATE VIEW moves.ossys_entity AS SELECT * FROM factory.ossys_entity;
CREATE VIEW moves.ossys_entity_attr AS SELECT * FROM factory.ossys_entity_attr;
CREATE VIEW moves.ossys_entity_record AS SELECT *, '1'::text AS data_id FROM factory.ossys_entity_record;
CREATE SCHEMA stays;
CREATE VIEW stays.ossys_espace AS SELECT * FROM factory.stable;
CREATE VIEW stays.ossys_entity AS SELECT * FROM factory.ossys_entity;
CREATE VIEW stays.ossys_entity_attr AS SELECT * FROM factory.ossys_entity_attr;
CREATE VIEW stays.ossys_entity_record AS SELECT *, '1'::text AS data_id FROM factory.ossys_entity_record;
UPDATE osmeta.wrapper SET has_snapshot = false WHERE wrapper = 'postgres_fdw';
SET client_min_messages = error;
SELECT osmeta.attach('moving', 'loop', 'moves');
SELECT osmeta.attach('still', 'loop', 'stays');
SET client_min_messages = warning;
SELECT osmeta.capture('moving') AS captured \gset
SELECT environment, row_count, is_consistent FROM osmeta.capture WHERE capture_id = :captured;
SELECT count(*) AS rows_of_the_last_attempt_only FROM osmeta.captured_espace WHERE capture_id = :captured;
SELECT last_value FROM factory.clock;
SELECT severity, code, message, hint FROM osmeta.problem WHERE environment = 'moving' AND code = 'inconsistent_capture';
SELECT osmeta.capture('still') AS captured \gset
SELECT environment, row_count, is_consistent FROM osmeta.capture WHERE capture_id = :captured;

-- rows whose id is missing, cannot be read or is there twice are left out, counted and shown; the rest is there
CREATE SCHEMA odd_factory;
CREATE TABLE odd_factory.ossys_espace (id numeric(20,0), name text, ss_key text, is_active boolean);
CREATE TABLE odd_factory.ossys_entity (LIKE factory.ossys_entity);
ALTER TABLE odd_factory.ossys_entity ALTER id DROP NOT NULL;
CREATE TABLE odd_factory.ossys_entity_attr (id text, entity_id text, name text, ss_key text, type text, is_active boolean);
CREATE TABLE odd_factory.ossys_entity_record (LIKE factory.ossys_entity_record);
ALTER TABLE odd_factory.ossys_entity_record ADD data_id text;
CREATE TABLE odd_factory.ossys_basic_type (id text, name text);
INSERT INTO odd_factory.ossys_espace VALUES (1, 'People', 'p', true), (9999999999999999999, 'TooGreat', 'q', true), (NULL, 'NoId', 'r', true);
INSERT INTO odd_factory.ossys_entity (id, name, espace_id, is_active) VALUES (1, 'Sound', 1, true), (2, 'Second', 1, false), (2, 'First', 1, true), (2, 'Third', 1, true);
INSERT INTO odd_factory.ossys_entity_attr VALUES (' 1 ', '1', 'Sound', 'a'), ('x', '1', 'Word', 'b'), ('1e3', '1', 'Power', 'c'),
	(repeat('9', 21), '1', 'TooGreat', 'd'), ('2', 'x', 'Two', 'e'), ('2.0', '1', 'TwoToo', 'f'), (NULL, NULL, NULL, NULL);
INSERT INTO odd_factory.ossys_basic_type VALUES ('rtText', 'Text'), ('rtText', 'Text'), (NULL, 'None');
UPDATE osmeta.wrapper SET has_snapshot = true WHERE wrapper = 'postgres_fdw';
SET client_min_messages = error;
SELECT osmeta.attach('odd', remote_schema => 'odd_factory');
SELECT osmeta.attach('far', 'loop', 'odd_factory');
SET client_min_messages = warning;
SELECT osmeta.capture('odd') AS captured \gset
SELECT environment, row_count, left_out FROM osmeta.capture WHERE capture_id = :captured;
SELECT capture_id = :captured AS latest, espace_id, espace FROM osmeta.espace WHERE environment = 'odd';
SELECT entity_id, entity FROM osmeta.entity WHERE environment = 'odd' ORDER BY 1;
SELECT id, entity_id, name FROM osmeta.captured_entity_attr WHERE capture_id = :captured ORDER BY 1;
SELECT id, name FROM osmeta.captured_basic_type WHERE capture_id = :captured;
SELECT severity, code, object, message, hint FROM osmeta.problem WHERE environment = 'odd' AND code IN ('row_without_id', 'duplicate_id') ORDER BY code, object;
SELECT osmeta.capture('far') AS captured \gset
SELECT environment, row_count, left_out FROM osmeta.capture WHERE capture_id = :captured;
(SELECT id, name FROM odd.live_espace UNION ALL SELECT id, name FROM odd.live_entity_attr) ORDER BY id, name;
SELECT count(*) FROM odd.problem WHERE code IN ('row_without_id', 'duplicate_id');
-- put right at the factory, nothing is left out
DELETE FROM odd_factory.ossys_espace WHERE id IS DISTINCT FROM 1;
DELETE FROM odd_factory.ossys_entity WHERE name IN ('Second', 'Third');
DELETE FROM odd_factory.ossys_entity_attr WHERE name NOT IN ('Sound', 'Two') OR name IS NULL;
DELETE FROM odd_factory.ossys_basic_type;
SELECT osmeta.capture('odd') AS captured \gset
SELECT environment, row_count, left_out FROM osmeta.capture WHERE capture_id = :captured;

-- pinned by somebody: the function that tells is replaced, as plans do
SELECT osmeta.capture_pinned_by(:captured);

-- texts that hold what is no character: kept, cleaned, told of; not only in captures
CREATE CAST (bytea AS text) WITHOUT FUNCTION;
CREATE SCHEMA broken;
CREATE TABLE broken.ossys_espace (LIKE factory.ossys_espace);
CREATE TABLE broken.ossys_entity (LIKE factory.ossys_entity);
CREATE TABLE broken.ossys_entity_attr (LIKE factory.ossys_entity_attr);
CREATE TABLE broken.ossys_entity_record (LIKE factory.ossys_entity_record);
ALTER TABLE broken.ossys_entity_record ADD data_id text;
INSERT INTO broken.ossys_espace (id, name, ss_key) VALUES (1, 'Sound é € 🦜', 'a'),
	(2, '\x4e554c00'::bytea::text, 'b'), (3, '\xff4c6174696ee9'::bytea::text, 'c'),
	(4, '\x48616c66eda0bd'::bytea::text, 'd'), (5, '\x437574e282'::bytea::text, '\x65c0af'::bytea::text), (6, '', NULL);
INSERT INTO broken.ossys_entity (id, name, espace_id) SELECT n, CASE WHEN n > 5 THEN '\xfe'::bytea::text || n ELSE 'E' || n END, 1 FROM generate_series(1, 20) AS n;
SET client_min_messages = error;
SELECT osmeta.attach('broken_far', 'loop', 'broken');
SELECT osmeta.attach('broken_here', NULL, 'broken');
RESET client_min_messages;
SELECT osmeta.capture('broken_here') AS captured \gset
SELECT espace_id, espace, length(espace), ss_key FROM osmeta.espace WHERE environment = 'broken_here' ORDER BY 1;
SELECT jsonb_array_elements(cleaned) AS cleaned FROM osmeta.capture WHERE capture_id = :captured;
SELECT osmeta.capture('broken_far') AS captured \gset
SELECT espace_id, espace, length(espace), ss_key FROM osmeta.espace WHERE environment = 'broken_far' ORDER BY 1;
SELECT jsonb_array_elements(cleaned) AS cleaned FROM osmeta.capture WHERE capture_id = :captured;
SELECT espace_id, espace, length(espace), ss_key FROM broken_here.espace EXCEPT SELECT espace_id, espace, length(espace), ss_key FROM osmeta.espace WHERE environment = 'broken_here';
SELECT count(*) FROM broken.ossys_entity WHERE name <> osmeta.clean_text(name);
-- in time that grows with the length, not with its square
SET statement_timeout = '30s';
SELECT length(osmeta.clean_text(convert_to(repeat('a', 3000000), 'UTF8')::text || decode(repeat('ff61', 1000000), 'hex')::text));
RESET statement_timeout;

-- a store that is written past its triggers would not be what its owner believes
CREATE FUNCTION factory.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER nothing BEFORE INSERT ON osmeta.captured_espace FOR EACH ROW EXECUTE FUNCTION factory.nothing();
SELECT osmeta.capture('broken_far');
DROP TRIGGER nothing ON osmeta.captured_espace;

-- no query of osmeta is compiled, whatever is set here
CREATE FUNCTION factory.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'jit is %', current_setting('jit'); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT ON osmeta.capture EXECUTE FUNCTION factory.tell();
SET jit = on;
SELECT osmeta.capture('broken_here') > 0 AS captured;
SHOW jit;
DROP TRIGGER tell ON osmeta.capture;

-- ids that are the same once cleaned, or too long for an index, are left out; names in arrays are cleaned too
SET client_min_messages = error;
CREATE TABLE broken.ossys_basic_type (id text, name text);
INSERT INTO broken.ossys_basic_type VALUES ('rt' || '\xff'::bytea::text, 'x'), ('rt' || '\xfe'::bytea::text, 'y'), (repeat('long', 5000), 'z'), ('rtText', 'Text');
CREATE TABLE broken.odd (a int PRIMARY KEY, bcd int UNIQUE, n numeric(10,-2), p numeric(10,2));
UPDATE pg_attribute SET attname = ('\x62ff64'::bytea::text)::name WHERE attrelid = 'broken.odd'::regclass AND attname = 'bcd';
CREATE TABLE broken.part (id int) PARTITION BY RANGE (id);
CREATE TABLE broken.part1 PARTITION OF broken.part FOR VALUES FROM (0) TO (1000);
INSERT INTO broken.part SELECT generate_series(0, 99);
ANALYZE broken.part;
SELECT osmeta.detach('broken_here');
SELECT osmeta.attach('broken_here', NULL, 'broken');
SELECT osmeta.capture('broken_here') AS captured \gset
RESET client_min_messages;
SELECT left(id, 10) AS id, count(*) FROM osmeta.captured_basic_type WHERE capture_id = :captured GROUP BY 1 ORDER BY 1;
SELECT left_out, cleaned @> '[{"table_name": "basic_type", "column_name": "id"}]' AS cleaned FROM osmeta.capture WHERE capture_id = :captured;
SELECT upper(columns::text) FROM osmeta.physical_index WHERE environment = 'broken_here' AND table_name = 'odd' ORDER BY 1;
SELECT precision, scale FROM osmeta.physical_column WHERE environment = 'broken_here' AND table_name = 'odd' AND data_type = 'numeric' ORDER BY 2;
SELECT table_name, row_count FROM osmeta.physical_table WHERE environment = 'broken_here' AND table_name LIKE 'part%' ORDER BY 1;
