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

-- pinned by somebody: the function that tells is replaced, as plans do
SELECT osmeta.capture_pinned_by(:captured);
