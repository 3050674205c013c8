-- A plan that does not say how to deliver its rows: nothing can be done with
-- it, whatever its phase is said to be.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
\o
\set ECHO all
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Tag']) > 0 AS planned;
SELECT code, object FROM osmeta.plan_problem WHERE severity = 'error' AND code = 'reference_outside_plan';
CALL osmeta.run_plan('p');
SELECT * FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
UPDATE osmeta.plan_entity SET include = false WHERE NOT is_data;
UPDATE osmeta.plan SET phase = 'undone';
SELECT * FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
