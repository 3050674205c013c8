-- A plan that is done and run again: new rows, changed rows.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = notice;
\o
\set ECHO all
CREATE VIEW public.wrong AS
(SELECT 'missing' AS what, s.* FROM source.held s EXCEPT ALL SELECT 'missing', t.* FROM target.held t)
UNION ALL
(SELECT 'too many', t.* FROM target.held t EXCEPT ALL SELECT 'too many', s.* FROM source.held s);
CREATE VIEW public.verified AS
SELECT sum(rows_expected) AS expected, sum(rows_found) AS found, sum(dangling) AS dangling, sum(nulled) AS nulled,
	string_agg(entity || ': ' || detail, ', ' ORDER BY entity) FILTER (WHERE status <> 'ok') AS wrong
FROM osmeta.verify_plan('p');

SET client_min_messages = warning;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"chunk_rows": 3}');
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong;
-- Nothing new, so nothing has happened.
CALL osmeta.run_plan('p');
SELECT phase, round, finished_at > started_at AS ended FROM osmeta.plan;
SELECT max(round) FROM osmeta.plan_chunk;
SELECT count(*) FROM pg_class WHERE relnamespace = 'p'::regnamespace AND relname ~ '^[nu][0-9]+$';

-- New rows of every entity; one client between the identifiers that are
-- there; what a memo referred to in vain has come.
INSERT INTO source.country ("ID", "NAME") VALUES (5, 'country 5');
INSERT INTO source.city ("ID", "NAME", "COUNTRYID") VALUES (9, 'city 9', 5), (10, 'city 10', 1);
INSERT INTO source.client ("ID", "NAME", "CITYID", "REFERRERID") VALUES (20, 'client 20', 9, 21), (21, 'client 21', 3, 8), (55, 'client 55', 10, NULL);
INSERT INTO source.contract ("ID", "TEXT") VALUES (1, 'contract 1'), (20, 'contract 20');
INSERT INTO source.purchase ("ID", "CLIENTID", "NOTE") VALUES (18, 20, 'purchase 18'), (19, 1, 'purchase 19'), (20, 78, 'purchase 20');
INSERT INTO source.line ("ID", "PURCHASEID", "PRODUCTID", "NUMBER") VALUES (40, 18, 1, 40), (41, 1, 8, 41);
INSERT INTO source.memo ("ID", "CLIENTID", "CATEGORYID") VALUES ('B', 20, 15), ('e', 77, 1);
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong;
SELECT * FROM public.verified;
SELECT phase, round FROM osmeta.plan;
SELECT phase, entity, chunks_done, chunks, rows_done, rows_expected FROM osmeta.plan_progress;
SELECT a.attribute, d.source_id, d.rows FROM osmeta.plan_dangling d
JOIN osmeta.plan_attribute a USING (plan_id, entity_id, attribute_no) ORDER BY a.entity_id, a.attribute_no, d.source_id COLLATE "C";
-- The counter has moved on.
INSERT INTO target.client ("NAME") VALUES ('theirs, later') RETURNING "ID" > (SELECT max("ID") FROM target.client WHERE "NAME" NOT LIKE 'theirs%') AS free;
-- Changes are not looked for unless the plan says so ...
UPDATE source.client SET "NAME" = 'client one', "CITYID" = 9, "REFERRERID" = 55 WHERE "ID" = 1;
UPDATE source.memo SET "CLIENTID" = 20 WHERE "ID" = 'c';
UPDATE source.contract SET "TEXT" = 'contract, changed' WHERE "ID" = 20;
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong ORDER BY 1, 2, 3;
-- ... and then all of it is: new references, to new rows too.
SELECT osmeta.set_plan_option('p', 'updates', 'true');
INSERT INTO source.city ("ID", "NAME", "COUNTRYID") VALUES (11, 'city 11', 5);
UPDATE source.client SET "CITYID" = 11, "CHANGEDON" = NULL WHERE "ID" = 2;
UPDATE source.line SET "NUMBER" = NULL WHERE "ID" = 41;
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong;
SELECT * FROM public.verified;
SELECT phase, entity, chunks_done, chunks, rows_done, rows_expected FROM osmeta.plan_progress WHERE phase = 'update';
CALL osmeta.run_plan('p');

-- What somebody has changed at the target is not overwritten.
UPDATE source.client SET "NAME" = 'client three' WHERE "ID" = 3;
UPDATE source.client SET "NAME" = 'client four' WHERE "ID" = 4;
UPDATE target.client SET "CITYID" = NULL, "NAME" = 'hand-made' WHERE "NAME" = 'client 3';
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT phase, round FROM osmeta.plan;
SELECT count(*) FROM target.client WHERE "NAME" = 'client four';
SELECT "NAME" FROM target.client JOIN osmeta.plan_key k ON k.target_id = "ID"::text
JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key AND e.entity = 'Client' WHERE k.source_id = '3';
SELECT osmeta.set_plan_option('p', 'updates', 'force');
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong;
SELECT * FROM public.verified;
SELECT osmeta.set_plan_option('p', 'updates', 'true');

-- An update that was done there and not noted here is done again.
UPDATE source.client SET "NAME" = 'client 3' WHERE "ID" = 3;
UPDATE target.client SET "NAME" = 'client 3' WHERE "NAME" = 'client three';
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong;

-- Rows by an attribute that the user names
UPDATE osmeta.plan_entity SET delta_attribute = 'Name' WHERE entity = 'Client';
SELECT code, object, message FROM osmeta.plan_problem WHERE code = 'invalid_delta_attribute';
UPDATE osmeta.plan_entity SET delta_attribute = 'ChangedOn' WHERE entity = 'Client';
CALL osmeta.run_plan('p');
SELECT delta_attribute, delta_from, delta_seen FROM osmeta.plan_entity WHERE entity = 'Client';
-- One change is seen by it, one is not.
UPDATE source.client SET "NAME" = 'client 5, changed', "CHANGEDON" = '2024-03-01' WHERE "ID" = 5;
UPDATE source.client SET "NAME" = 'client 6, changed' WHERE "ID" = 6;
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong ORDER BY 1, 2, 3;
SELECT delta_from, delta_seen FROM osmeta.plan_entity WHERE entity = 'Client';
UPDATE source.client SET "NAME" = 'client 6' WHERE "ID" = 6;
SELECT osmeta.drop_plan('p');
CALL public.put_back();

-- From behind a server, to behind a server, with a filter and option follow
SELECT osmeta.attach('gate', 'loop', 'target', schema => 'live_gate');
SELECT osmeta.capture('gate') > 0 AS captured;
SET client_min_messages = warning;
SELECT osmeta.create_plan('p', 'far', 'gate', ARRAY['*'], '{"follow": true, "updates": true, "chunk_rows": 2}');
UPDATE osmeta.plan_entity SET filter = '"Name" LIKE ''client _''' WHERE entity = 'Client';
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'ReferrerId';
CALL osmeta.run_plan('p');
SELECT * FROM public.held WHERE entity IN ('client', 'city', 'country', 'contract');
-- A new client brings his city; a changed one needs another; one who is left
-- out gets a purchase.
INSERT INTO source.city ("ID", "NAME", "COUNTRYID") VALUES (30, 'city 30', 2), (31, 'city 31', 2);
INSERT INTO source.client ("ID", "NAME", "CITYID") VALUES (60, 'client z', 30), (61, 'client zz', 31);
UPDATE source.client SET "CITYID" = 9 WHERE "ID" = 7;
INSERT INTO source.purchase ("ID", "CLIENTID", "NOTE") VALUES (30, 60, 'purchase 30'), (31, 61, 'purchase 31'), (32, 55, 'purchase 32');
UPDATE source.city SET "NAME" = 'city eight' WHERE "ID" = 8;
CALL osmeta.run_plan('p');
SELECT * FROM public.held WHERE entity IN ('client', 'city', 'country', 'contract');
SELECT name, a FROM target.held WHERE entity = 'purchase' AND name LIKE '% 3_' ORDER BY 1;
SELECT entity, rows_left_out FROM osmeta.plan_entity WHERE rows_left_out IS NOT NULL ORDER BY entity;
SELECT expected = found AS found, dangling, wrong ~ 'counter' AS counter FROM public.verified;
SELECT osmeta.drop_plan('p');
