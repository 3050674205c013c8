-- Pieces of a pull: identifiers of any size, with gaps of any width; how far
-- a plan is.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
\o
\set ECHO all
CREATE VIEW public.pieces AS
SELECT count(*) AS pieces, min(rows_done) AS least, max(rows_done) AS most, sum(rows_done) AS rows, sum(rows_expected) AS expected,
	CASE WHEN count(*) < 9 THEN string_agg(lower_id || '..' || upper_id, ' ' ORDER BY chunk_id) END AS ranges
FROM osmeta.plan_chunk WHERE phase = 'pull';
CREATE VIEW public.wrong AS
(SELECT 'missing' AS what, s.* FROM source.country s EXCEPT ALL SELECT 'missing', t.* FROM target.country t)
UNION ALL
(SELECT 'too many', t.* FROM target.country t WHERE "NAME" NOT LIKE 'theirs%' EXCEPT ALL SELECT 'too many', s.* FROM source.country s);
DELETE FROM source.city;
DELETE FROM source.country;

-- Wide gaps, and a heap beside a single row: pieces of chunk_rows rows
INSERT INTO source.country ("ID", "NAME") SELECT i * 1000003::bigint, 'c' || i FROM generate_series(3000, 3499) i;
INSERT INTO source.country ("ID", "NAME") SELECT i, 'c' || i FROM generate_series(100, 599) i;
SELECT osmeta.create_plan('p', 'far', 'tgt', ARRAY['entity:Trade.Country'], '{"chunk_rows": 30}');
CALL osmeta.run_plan('p');
SELECT * FROM public.pieces;
SELECT status FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL public.put_back();
-- Few gaps: ranges of equal width, of at most four times that
DELETE FROM source.country WHERE "ID" > 599 OR "ID" BETWEEN 200 AND 499;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country'], '{"chunk_rows": 30}');
CALL osmeta.run_plan('p');
SELECT * FROM public.pieces;
SELECT status FROM osmeta.verify_plan('p');

-- Speed is rows by the time in which somebody was at work: two pieces at
-- once, a pause of an hour, and one that is under way.
UPDATE osmeta.plan SET phase = 'push';
UPDATE osmeta.plan_chunk c SET state = CASE WHEN n.n < 4 THEN 'done' ELSE 'prepared' END, rows_done = CASE WHEN n.n < 4 THEN 30 ELSE 0 END,
	started_at = '2026-01-01 12:00'::timestamptz + n.start, finished_at = '2026-01-01 12:00'::timestamptz + n.ended
FROM (SELECT c.chunk_id, v.* FROM (SELECT chunk_id, row_number() OVER (ORDER BY chunk_id) AS n FROM osmeta.plan_chunk WHERE phase = 'push') c
	JOIN (VALUES (1, interval '0', interval '20 s'), (2, interval '10 s', interval '25 s'), (3, interval '1 h', interval '1 h 5 s'),
		(4, interval '1 h 5 s', NULL)) v (n, start, ended) USING (n)) n
WHERE c.chunk_id = n.chunk_id;
UPDATE osmeta.plan_chunk c SET state = 'ready', started_at = NULL, finished_at = NULL, rows_done = 0
WHERE phase = 'push' AND chunk_id > (SELECT min(chunk_id) + 3 FROM osmeta.plan_chunk WHERE phase = 'push');
SELECT phase, chunks_done, chunks, rows_done, rows_expected, rows_per_second, eta FROM osmeta.plan_progress WHERE phase = 'push';
-- Phases of every kind, in their order; only the present round
INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, round, level, state, rows_done, rows_expected, started_at, finished_at)
SELECT plan_id, entity_id, v.phase, v.round, 0, 'done', 5, 9, now(), now() + interval '1 s'
FROM osmeta.plan_entity, (VALUES ('undo', 1), ('update', 1), ('delete', 1), ('second step', 1), ('delete', 2)) v (phase, round);
SELECT phase, chunks_done, chunks, rows_done, rows_expected, CASE WHEN phase <> 'pull' THEN rows_per_second END AS rows_per_second, eta
FROM osmeta.plan_progress;
-- A clock that was put back, times that are missing
UPDATE osmeta.plan_chunk SET finished_at = started_at - interval '10 s' WHERE phase = 'undo';
UPDATE osmeta.plan_chunk SET started_at = NULL, finished_at = NULL WHERE phase = 'update';
SELECT phase, rows_per_second, eta FROM osmeta.plan_progress WHERE phase IN ('undo', 'update');
SELECT osmeta.drop_plan('p');
CALL public.put_back();
DELETE FROM source.country;

-- The lowest and the highest number of all, and zero
INSERT INTO source.country ("ID", "NAME") SELECT i, 'c' || i
FROM unnest('{-9223372036854775808,-5,0,10,2147483647,2147483648,9223372036854775806}'::bigint[]) i;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country'], '{"chunk_rows": 2, "headroom": 0}');
UPDATE osmeta.plan_entity SET key_strategy = 'keep';
CALL osmeta.run_plan('p');
SELECT * FROM public.pieces;
SELECT * FROM public.wrong;
SELECT osmeta.drop_plan('p');
CALL public.put_back();
SELECT osmeta.create_plan('p', 'far', 'tgt', ARRAY['entity:Trade.Country'], '{"chunk_rows": 2, "headroom": 0, "severity": {"counter_exhausted": "warning"}}');
UPDATE osmeta.plan_entity SET key_strategy = 'keep';
CALL osmeta.run_plan('p');
SELECT * FROM public.pieces;
SELECT * FROM public.wrong;
-- A later round: one below all, one between, none above
UPDATE source.country SET "ID" = 9223372036854775807 WHERE "ID" = 9223372036854775806;
CALL osmeta.run_plan('p');
SELECT "ID" FROM target.country WHERE "ID" > 2147483648;
INSERT INTO source.country ("ID", "NAME") VALUES (-7, 'late');
CALL osmeta.run_plan('p');
SELECT "NAME" FROM target.country WHERE "ID" = -7;
SELECT osmeta.drop_plan('p');

-- Rows come below the lowest that was known: into an empty table identifiers
-- go as they are.
CALL public.put_back();
DELETE FROM target.country;
DELETE FROM source.country;
INSERT INTO source.country ("ID", "NAME") SELECT i, 'c' || i FROM generate_series(100, 110) i;
SELECT setval(s.oid::regclass, 1, false)
FROM pg_class s JOIN pg_depend d ON d.objid = s.oid JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE s.relkind = 'S' AND n.nspname = 'target' AND t.relname LIKE '%Country';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
SELECT lower_id, id_offset FROM osmeta.plan_entity;
UPDATE osmeta.plan_entity SET id_offset = -100;
SELECT code, message FROM osmeta.plan_problem;
UPDATE osmeta.plan_entity SET id_offset = 0;
INSERT INTO source.country ("ID", "NAME") VALUES (4, 'early');
CALL osmeta.run_plan('p');
SELECT "ID", "NAME" FROM target.country ORDER BY 1 LIMIT 2;
SELECT status FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');

-- Identifiers over the whole range of the type, in few rows
CALL public.put_back();
DELETE FROM source.country;
DELETE FROM target.country;
INSERT INTO source.country ("ID", "NAME") VALUES (-9223372036854775808, 'first'), (9223372036854775807, 'last');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country'], '{"severity": {"counter_exhausted": "warning"}}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'keep';
CALL osmeta.run_plan('p');
SELECT "ID", "NAME" FROM target.country ORDER BY 1;
SELECT osmeta.drop_plan('p');

-- A counter cannot be set past what it can count to.
CALL public.put_back();
DELETE FROM source.country;
DELETE FROM target.country;
INSERT INTO source.country ("ID", "NAME") VALUES (9223372036854775800, 'high');
SELECT setval(s.oid::regclass, 1, false)
FROM pg_class s JOIN pg_depend d ON d.objid = s.oid JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE s.relkind = 'S' AND n.nspname = 'target' AND t.relname LIKE '%Country';
SELECT osmeta.attach('there', 'loop', 'target'), osmeta.capture('there') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'there', ARRAY['entity:Trade.Country']) > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'keep';
SELECT hint FROM osmeta.plan_problem WHERE code = 'counter_behind';
CALL osmeta.run_plan('p');
SELECT status, detail FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
SELECT type, osmeta.counter_setting(NULL, type, highest, 10000) FROM (VALUES ('smallint', 32760), ('integer', 2147473647), ('integer', 2147473648),
	('bigint', 9223372036854775800), ('numeric(10,0)', 9999999999), ('numeric(10,0)', 99999999999), ('integer', 7)) v (type, highest);

-- Where there is less room than headroom, the target keeps what is left.
CALL public.put_back();
DELETE FROM source.country;
DELETE FROM target.country;
INSERT INTO source.country ("ID", "NAME") SELECT i, 'c' || i FROM generate_series(1, 3) i;
INSERT INTO target.country ("ID", "NAME") VALUES (985, 'theirs');
SELECT s.oid::regclass AS counter
FROM pg_class s JOIN pg_depend d ON d.objid = s.oid JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE s.relkind = 'S' AND n.nspname = 'target' AND t.relname LIKE '%Country' \gset
SELECT setval(:'counter', 5);
ALTER SEQUENCE :counter MAXVALUE 1000;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
SELECT severity, code, message, hint FROM osmeta.plan_problem;
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT status, detail FROM osmeta.verify_plan('p');
INSERT INTO target.country ("NAME") VALUES ('theirs, next') RETURNING "ID";
-- a later round, which leaves less
INSERT INTO source.country ("ID", "NAME") VALUES (10, 'late');
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
CALL osmeta.undo_plan('p');
INSERT INTO target.country ("NAME") VALUES ('theirs, last') RETURNING "ID";
SELECT osmeta.drop_plan('p');
-- None would be left: nothing is written, unless it is said that this is wanted.
INSERT INTO target.country ("ID", "NAME") VALUES (997, 'theirs, high');
DELETE FROM source.country WHERE "ID" > 3;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
SELECT severity, code, message FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT osmeta.set_plan_option('p', 'severity', '{"counter_exhausted": "warning"}');
CALL osmeta.run_plan('p');
SELECT last_value FROM :counter;
SELECT osmeta.drop_plan('p');
-- What a filter lets through is known after the pull only.
CALL public.put_back();
DELETE FROM target.country;
SELECT setval(:'counter', 5);
INSERT INTO source.country ("ID", "NAME") VALUES (1000, 'last');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'keep', filter = '"Id" > 2';
SELECT osmeta.refresh_plan('p');
SELECT severity, code, message FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.country;
SELECT last_value FROM :counter;
SELECT osmeta.drop_plan('p');
-- Behind a server the type of the identifier tells how far a counter goes.
ALTER SEQUENCE :counter NO MAXVALUE;
UPDATE source.country SET "ID" = 9223372036854775807 WHERE "ID" = 1000;
SELECT osmeta.create_plan('p', 'src', 'there', ARRAY['entity:Trade.Country']) > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'keep';
SELECT severity, code, message, hint FROM osmeta.plan_problem;
SELECT osmeta.drop_plan('p');
