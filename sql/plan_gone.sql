-- Later rounds whose rows refer to rows of earlier ones that have gone since,
-- at the source or at the target.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
\o
\set ECHO all
CREATE VIEW public.wrong AS
(SELECT 'missing' AS what, s.* FROM source.held s EXCEPT ALL SELECT 'missing', t.* FROM target.held t)
UNION ALL
(SELECT 'too many', t.* FROM target.held t EXCEPT ALL SELECT 'too many', s.* FROM source.held s);
CREATE VIEW public.verified AS
SELECT sum(rows_expected) - sum(rows_found) AS missing, sum(dangling) AS dangling, sum(nulled) AS nulled,
	string_agg(entity || ': ' || detail, ', ' ORDER BY entity) FILTER (WHERE status <> 'ok') AS wrong
FROM osmeta.verify_plan('p');
CREATE VIEW public.nowhere AS
SELECT e.entity, a.attribute, d.source_id, d.round, d.rows FROM osmeta.plan_dangling d
JOIN osmeta.plan_attribute a USING (plan_id, entity_id, attribute_no) JOIN osmeta.plan_entity e USING (plan_id, entity_id)
WHERE d.round > 1 ORDER BY e.entity, a.attribute, d.source_id COLLATE "C", d.round;

-- At the source: new and changed rows refer to nothing then; those that were
-- delivered keep the reference to the row that stands at the target.
SET client_min_messages = warning;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"chunk_rows": 3, "updates": true}');
CALL osmeta.run_plan('p');
SET client_min_messages = notice;
DELETE FROM source.contract WHERE "ID" = 8;
DELETE FROM source.client WHERE "ID" = 8;
DELETE FROM source.category WHERE "ID" = 15;
INSERT INTO source.client ("ID", "NAME", "CITYID", "REFERRERID") VALUES (9, 'client 9', 1, 8), (10, 'client 10', 1, 9);
INSERT INTO source.product ("ID", "NAME", "CATEGORYID") VALUES (9, 'product 9', 15), (10, 'product 10', 14);
INSERT INTO source.purchase ("ID", "CLIENTID", "NOTE") VALUES (18, 8, 'purchase 18'), (19, 7, 'purchase 19');
INSERT INTO source.memo ("ID", "CLIENTID", "CATEGORYID") VALUES ('e', 8, 15), ('f', 7, 15);
UPDATE source.purchase SET "CLIENTID" = 8 WHERE "ID" = 1;
UPDATE source.purchase SET "NOTE" = 'purchase 15, changed' WHERE "ID" = 15;
UPDATE source.client SET "REFERRERID" = 8, "CHANGEDON" = NULL WHERE "ID" = 2;
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong ORDER BY 2, 3, 1;
SELECT * FROM public.nowhere;
SELECT * FROM public.verified;
CALL osmeta.run_plan('p');
-- The client is back under his identifier, the category is not.
INSERT INTO source.client ("ID", "NAME", "CITYID", "REFERRERID", "CHANGEDON") VALUES (8, 'client 8', 8, 7, '2024-01-09');
INSERT INTO source.contract ("ID", "TEXT") VALUES (8, 'contract 8');
CALL osmeta.run_plan('p');
SELECT * FROM public.wrong ORDER BY 2, 3, 1;
SELECT * FROM public.nowhere;
SELECT * FROM public.verified;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
CALL public.put_back();
INSERT INTO source.category ("ID", "NAME", "PARENTID") VALUES (15, 'category 15', 7);

CREATE TABLE public.closed ();
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM public.closed) THEN
		RAISE EXCEPTION 'not now';
	END IF;
	RETURN NEW;
END
$$;
SELECT c.oid::regclass AS target_line FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relname LIKE '%Line' \gset
CREATE TRIGGER refuse BEFORE INSERT ON :target_line FOR EACH ROW EXECUTE FUNCTION public.refuse();
-- From behind a server to behind a server, without updates, other strategies
SELECT osmeta.attach('gate', 'loop', 'target', schema => 'live_gate');
SELECT osmeta.capture('gate') > 0 AS captured;
SET client_min_messages = warning;
SELECT osmeta.create_plan('p', 'far', 'gate', ARRAY['*']);
UPDATE osmeta.plan_entity SET key_strategy = 'dense' WHERE entity = 'Category';
UPDATE osmeta.plan_attribute SET transform = 'remap:Trade.Client' WHERE attribute = 'Text';
CALL osmeta.run_plan('p');
SET client_min_messages = notice;
DELETE FROM source.category WHERE "ID" IN (4, 8);
DELETE FROM source.client WHERE "ID" = 5;
INSERT INTO source.product ("ID", "NAME", "CATEGORYID") VALUES (11, 'product 11', 8), (12, 'product 12', 9);
INSERT INTO source.category ("ID", "NAME", "PARENTID") VALUES (16, 'category 16', 4), (17, 'category 17', 5);
INSERT INTO source.memo ("ID", "CLIENTID", "CATEGORYID") VALUES ('g', 5, 16), ('h', 6, 4);
INSERT INTO source.contract ("ID", "TEXT") VALUES (6, '5'), (7, '4');
CALL osmeta.run_plan('p');
SELECT c."TEXT" = l."ID"::text AS remapped, c."TEXT" = '' AS empty FROM target.contract c LEFT JOIN target.client l ON l."NAME" = 'client 4' ORDER BY c."ID";
SELECT * FROM public.wrong ORDER BY 2, 3, 1;
SELECT * FROM public.nowhere;
SELECT missing, dangling, nulled FROM public.verified;

-- At the target: nothing of the round is written.
DELETE FROM target.client WHERE "NAME" = 'client 6';
DELETE FROM target.product WHERE "NAME" = 'product 12';
INSERT INTO source.client ("ID", "NAME", "CITYID", "REFERRERID") VALUES (30, 'client 30', 1, 6), (31, 'client 31', 1, 30);
INSERT INTO source.purchase ("ID", "CLIENTID", "NOTE") VALUES (30, 6, 'purchase 30'), (31, 3, 'purchase 31');
INSERT INTO source.line ("ID", "PURCHASEID", "PRODUCTID", "NUMBER") VALUES (50, 31, 12, 50), (51, 31, 11, 51);
CALL osmeta.run_plan('p');
SELECT phase, round FROM osmeta.plan;
SELECT count(*) FROM target.held WHERE name IN ('client 30', 'purchase 31', '51');
CALL osmeta.abandon_round('p');
-- Rows that do not refer to them come.
DELETE FROM source.line WHERE "ID" = 50;
DELETE FROM source.client WHERE "ID" = 30;
DELETE FROM source.purchase WHERE "ID" = 30;
CALL osmeta.run_plan('p');
SELECT * FROM target.held WHERE name IN ('client 31', 'purchase 31', '51') ORDER BY 1;
INSERT INTO source.purchase ("ID", "CLIENTID", "NOTE") VALUES (32, 6, 'purchase 32');
CALL osmeta.run_plan('p');
INSERT INTO target.client ("ID", "NAME") SELECT k.target_id::bigint, 'client 6' FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key
WHERE e.entity = 'Client' AND k.source_id = '6';
CALL osmeta.run_plan('p');
SELECT * FROM target.held WHERE name = 'purchase 32';

-- A push that is gone on with
INSERT INTO public.closed DEFAULT VALUES;
INSERT INTO source.purchase ("ID", "CLIENTID", "NOTE") VALUES (33, 6, 'purchase 33');
INSERT INTO source.line ("ID", "PURCHASEID", "PRODUCTID", "NUMBER") VALUES (52, 33, 9, 52);
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT phase FROM osmeta.plan;
DELETE FROM public.closed;
SELECT "CATEGORYID" AS category, "ID" AS product FROM target.product WHERE "NAME" = 'product 9' \gset
DELETE FROM target.product WHERE "NAME" = 'product 9';
CALL osmeta.run_plan('p');
INSERT INTO target.product ("ID", "NAME", "CATEGORYID") VALUES (:product, 'product 9', :category);
CALL osmeta.run_plan('p');
SELECT * FROM target.held WHERE name IN ('52', 'purchase 33') ORDER BY 1;
SELECT osmeta.drop_plan('p');
