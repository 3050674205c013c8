-- Filters, and option follow: which rows of which entity a plan takes.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
\o
\set ECHO all

-- Without follow a filter chooses rows of its own entity; all others come.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.City', 'entity:Trade.Country', 'entity:Trade.Purchase', 'entity:Trade.Client']);
UPDATE osmeta.plan_entity SET filter = '"Id" IN (2, 3)' WHERE entity = 'Client';
SELECT entity, pull_rule, pull_reason FROM osmeta.plan_entity ORDER BY entity;
SELECT * FROM public.problems;
CALL osmeta.run_plan('p');
SELECT * FROM public.held;
SELECT entity, rows_expected, rows_found, dangling, nulled, status FROM osmeta.verify_plan('p') ORDER BY entity;
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- With it: the clients' cities and countries, as far as they are needed; their
-- contracts, purchases and lines, and what these need; and all memos.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"follow": true, "chunk_rows": 2}');
SELECT severity, code, object, message FROM osmeta.plan_problem WHERE code LIKE 'follow%';
UPDATE osmeta.plan_entity SET filter = '"Id" IN (2, 3)' WHERE entity = 'Client';
SELECT entity, pull_rule, pull_reason FROM osmeta.plan_entity ORDER BY entity;
SELECT * FROM public.problems;
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT * FROM public.held;
SELECT entity, rows_expected, rows_found, dangling, nulled, status FROM osmeta.verify_plan('p') ORDER BY entity;
SELECT entity, rows_left_out FROM osmeta.plan_entity WHERE rows_left_out IS NOT NULL ORDER BY entity;
SELECT * FROM public.problems WHERE code = 'rows_left_out';
-- A client who has gone is another matter than one who is left out.
SELECT a.attribute, d.source_id, d.rows FROM osmeta.plan_dangling d
JOIN osmeta.plan_attribute a USING (plan_id, entity_id, attribute_no) ORDER BY a.entity_id, a.attribute_no, d.source_id COLLATE "C";
-- Nothing of the work is left in the plan's schema.
SELECT count(*) FROM pg_class WHERE relnamespace = 'p'::regnamespace AND relname ~ '^[nu][0-9]+$';
-- The same source from behind a server, with pieces of any size: the same rows
CREATE TABLE public.near AS TABLE target.held;
SELECT osmeta.drop_plan('p');
CALL public.put_back();
SELECT osmeta.create_plan('p', 'far', 'tgt', ARRAY['*'], '{"follow": true}');
UPDATE osmeta.plan_entity SET filter = '"Id" IN (2, 3)' WHERE entity = 'Client';
CALL osmeta.run_plan('p');
(TABLE public.near EXCEPT ALL TABLE target.held) UNION ALL (TABLE target.held EXCEPT ALL TABLE public.near);
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- A filter on a child brings its parents only, and leaves nothing out.
SELECT osmeta.create_plan('p', 'far', 'tgt', ARRAY['*'], '{"follow": true, "chunk_rows": 1}');
UPDATE osmeta.plan_entity SET filter = '"Number" IN (5, 6)' WHERE entity = 'Line';
UPDATE osmeta.plan_entity SET include = false WHERE entity IN ('Memo', 'Contract');
SELECT entity, pull_rule FROM osmeta.plan_entity WHERE include ORDER BY entity;
CALL osmeta.run_plan('p');
SELECT * FROM public.held;
SELECT count(*) FROM osmeta.plan_entity WHERE rows_left_out > 0;
SELECT phase, entity, chunks_done, chunks, rows_done FROM osmeta.plan_progress WHERE phase = 'pull' ORDER BY entity;
SELECT bool_and(status = 'ok') FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- Few rows that are far apart are asked for one by one.
SELECT osmeta.create_plan('p', 'far', 'tgt', ARRAY['*'], '{"follow": true}');
UPDATE osmeta.plan_entity SET filter = '"Number" IN (1, 31)' WHERE entity = 'Line';
UPDATE osmeta.plan_entity SET include = false WHERE entity IN ('Memo', 'Contract');
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'ReferrerId';
CALL osmeta.run_plan('p');
SELECT e.entity, c.rows_done, c.lower_id, c.upper_id FROM osmeta.plan_chunk c JOIN osmeta.plan_entity e USING (plan_id, entity_id)
WHERE c.phase = 'pull' AND c.level > 0 ORDER BY c.chunk_id;
SELECT * FROM public.held;
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- The rule can be set by hand, and asked for again.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"follow": true}');
UPDATE osmeta.plan_entity SET filter = '"Id" = 2' WHERE entity = 'Client';
UPDATE osmeta.plan_entity SET pull_rule = 'all' WHERE entity IN ('Country', 'Client');
UPDATE osmeta.plan_entity SET pull_rule = 'needed' WHERE entity IN ('Purchase', 'Memo');
UPDATE osmeta.plan_entity SET pull_rule = 'filter' WHERE entity = 'City';
SELECT entity, pull_rule, pull_reason FROM osmeta.plan_entity WHERE pull_reason = 'set by hand' ORDER BY entity;
SELECT * FROM public.problems WHERE severity = 'error';
UPDATE osmeta.plan_entity SET pull_rule = NULL WHERE entity IN ('Client', 'City', 'Memo');
SELECT entity, pull_rule, pull_reason FROM osmeta.plan_entity WHERE entity IN ('Country', 'Client', 'City', 'Memo', 'Purchase') ORDER BY entity;
SELECT * FROM public.problems WHERE severity = 'error';
CALL osmeta.run_plan('p');
-- All countries; the purchases that lines refer to, of the one client.
SELECT * FROM public.held WHERE entity IN ('client', 'country', 'purchase');
UPDATE osmeta.plan_entity SET pull_rule = 'all';
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- A filter on a tree brings the ancestors of what it lets through.
SELECT osmeta.create_plan('p', 'far', 'tgt', ARRAY['entity:Trade.Category', 'entity:Trade.Product'], '{"follow": true}');
UPDATE osmeta.plan_entity SET filter = '"Name" IN (''category 5'', ''category 12'')' WHERE entity = 'Category';
SELECT * FROM public.problems;
CALL osmeta.run_plan('p');
SELECT * FROM public.held;
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- Rows that are left out take along what cannot be without them, from country
-- to line.
UPDATE source.contract SET "ID" = 5 WHERE "ID" = 8;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"follow": true}');
UPDATE osmeta.plan_entity SET filter = '"Name" <> ''country 3''' WHERE entity = 'Country';
SELECT entity, pull_rule FROM osmeta.plan_entity ORDER BY entity;
CALL osmeta.run_plan('p');
SELECT entity, rows_left_out FROM osmeta.plan_entity WHERE rows_left_out IS NOT NULL ORDER BY entity;
SELECT * FROM public.held WHERE entity NOT IN ('line', 'purchase', 'category');
SELECT bool_and(status = 'ok'), sum(dangling) AS dangling FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- What was pulled for a row that is left out after all is not moved: products
-- and categories that only lines of other clients need.
SELECT osmeta.create_plan('p', 'far', 'tgt', ARRAY['*'], '{"follow": true, "chunk_rows": 3}');
UPDATE osmeta.plan_entity SET filter = '"Id" = 3' WHERE entity = 'Client';
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'ReferrerId';
UPDATE osmeta.plan_entity SET include = false WHERE entity = 'Memo';
CALL osmeta.run_plan('p');
SELECT * FROM public.held;
SELECT bool_and(status = 'ok') FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- Options
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"follow": "yes"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"updates": 1}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*']);
UPDATE osmeta.plan_entity SET filter = 'true' WHERE entity = 'Line';
SELECT count(*) FROM osmeta.plan_entity WHERE pull_rule = 'needed';
SELECT osmeta.set_plan_option('p', 'follow', 'true');
SELECT count(*) FROM osmeta.plan_entity WHERE pull_rule = 'needed';
SELECT osmeta.set_plan_option('p', 'follow', 'false');
SELECT count(*) FROM osmeta.plan_entity WHERE pull_rule = 'needed';
SELECT osmeta.drop_plan('p');
