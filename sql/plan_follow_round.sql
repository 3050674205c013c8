-- Option follow in later rounds: ancestors that a filter leaves out, and rows
-- that were left out for want of one.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
\o
\set ECHO all
CREATE VIEW public.verified AS
SELECT sum(rows_expected) - sum(rows_found) AS missing, sum(dangling) AS dangling, sum(nulled) AS nulled,
	string_agg(entity || ': ' || detail, ', ' ORDER BY entity) FILTER (WHERE status <> 'ok') AS wrong
FROM osmeta.verify_plan('p');

-- Ancestors are compared like the rows that the filter lets through; those that
-- are needed now come.
SET client_min_messages = warning;
SELECT osmeta.create_plan('p', 'far', 'tgt', ARRAY['entity:Trade.Category', 'entity:Trade.Product'], '{"follow": true, "updates": true, "chunk_rows": 4}');
UPDATE osmeta.plan_entity SET filter = '"Name" IN (''category 5'', ''category 12'') -- these' WHERE entity = 'Category';
CALL osmeta.run_plan('p');
SELECT * FROM public.held;
SET client_min_messages = notice;
UPDATE source.category SET "NAME" = 'category two' WHERE "ID" = 2;
UPDATE source.category SET "PARENTID" = 8 WHERE "ID" = 3;
UPDATE source.category SET "NAME" = 'category seven' WHERE "ID" = 7;
CALL osmeta.run_plan('p');
SELECT * FROM public.held;
CALL osmeta.run_plan('p');
-- One that came as an ancestor in a later round; one that lies above no row
-- any more, and one that does not meet the filter any more
UPDATE source.category SET "NAME" = 'category eight' WHERE "ID" = 8;
UPDATE source.category SET "PARENTID" = NULL WHERE "ID" = 12;
CALL osmeta.run_plan('p');
SELECT * FROM public.held;
UPDATE source.category SET "NAME" = 'category six' WHERE "ID" = 6;
UPDATE source.category SET "NAME" = 'category twelve' WHERE "ID" = 12;
UPDATE source.category SET "NAME" = 'category one' WHERE "ID" = 1;
CALL osmeta.run_plan('p');
SELECT * FROM public.held;
SELECT * FROM public.verified;
SELECT osmeta.drop_plan('p');
CALL public.put_back();
UPDATE source.category SET "NAME" = 'category ' || "ID", "PARENTID" = NULLIF("ID" / 2, 0);

-- Without updates: a new client's ancestors come, and what was left out for
-- want of them.
SET client_min_messages = warning;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"follow": true, "chunk_rows": 5}');
UPDATE osmeta.plan_entity SET filter = '"Id" = 2 OR "Id" > 50' WHERE entity = 'Client';
UPDATE osmeta.plan_entity SET delta_attribute = 'Number' WHERE entity = 'Line';
CALL osmeta.run_plan('p');
SELECT * FROM public.held WHERE entity IN ('client', 'contract', 'purchase', 'line');
SELECT entity, rows_left_out FROM osmeta.plan_entity WHERE rows_left_out IS NOT NULL ORDER BY entity;
SET client_min_messages = notice;
INSERT INTO source.client ("ID", "NAME", "CITYID", "REFERRERID") VALUES (60, 'client 60', 1, 4);
INSERT INTO source.purchase ("ID", "CLIENTID", "NOTE") VALUES (20, 60, 'purchase 20'), (21, 8, 'purchase 21');
CALL osmeta.run_plan('p');
SELECT * FROM public.held WHERE entity IN ('client', 'contract', 'purchase', 'line');
SELECT entity, rows_left_out FROM osmeta.plan_entity WHERE rows_left_out IS NOT NULL ORDER BY entity;
SELECT * FROM public.verified;
CALL osmeta.run_plan('p');
-- Nothing is left out any more.
INSERT INTO source.client ("ID", "NAME", "CITYID", "REFERRERID") VALUES (61, 'client 61', 1, 8);
CALL osmeta.run_plan('p');
SELECT count(*) FILTER (WHERE entity = 'client') AS clients, count(*) FILTER (WHERE entity = 'purchase') AS purchases, count(*) FILTER (WHERE entity = 'line') AS lines FROM target.held;
SELECT entity, rows_left_out FROM osmeta.plan_entity WHERE rows_left_out IS NOT NULL ORDER BY entity;
SELECT * FROM public.verified;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
