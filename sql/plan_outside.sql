-- References to rows of moved entities that a filter leaves out: the target
-- may have the row.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
UPDATE target.region SET "NAME" = 'South' WHERE "ID" = 5;
UPDATE target.region SET "NAME" = 'North' WHERE "ID" = 6;
INSERT INTO target.tag ("ID") VALUES ('b');
INSERT INTO source.tag ("ID", "PARENTID") VALUES ('c', 'b'), ('d', 'a'), ('e', 'nowhere');
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target'), osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all

-- Regions 1 and 2 are left out, and the target has rows of their names; 7 is
-- moved; of customer 4's 7 and 5's 3 the latter is not at the source.  Tags a
-- and b are left out, and the target has b.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region', 'entity:Shop.Customer', 'entity:Shop.Tag'], '{"users": "fallback:zoe"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Name', filter = '"Id" > 2' WHERE entity = 'Region';
UPDATE osmeta.plan_entity SET filter = '"Id" NOT IN (''a'', ''b'')' WHERE entity = 'Tag';
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE code = 'reference_to_filtered' ORDER BY object;
CALL osmeta.run_plan('p');
SELECT "NAME", "REGIONID", "AREAID" FROM target.customer WHERE "ID" > 9 ORDER BY "ID";
SELECT * FROM target.region WHERE "NAME" NOT LIKE 'theirs%' ORDER BY 1;
SELECT "ID", "PARENTID" FROM target.tag WHERE "ID" IN ('c', 'd', 'e') ORDER BY "ID";
SELECT e.entity, a.attribute, a.dangling_rows FROM osmeta.plan_attribute a JOIN osmeta.plan_entity e USING (plan_id, entity_id) WHERE a.dangling_rows > 0 ORDER BY 1, 2;
SELECT e.entity, d.source_id, d.rows FROM osmeta.plan_dangling d JOIN osmeta.plan_entity e USING (plan_id, entity_id) ORDER BY 1, 2, 3;
SELECT entity, rows_expected, rows_found, existing, dangling, status, nulled, detail FROM osmeta.verify_plan('p') ORDER BY entity;
SELECT entity, rows_existing FROM osmeta.plan_entity WHERE is_data ORDER BY entity;
SELECT osmeta.map_id('p', 'Region', '2') AS two, osmeta.map_id('p', 'Region', '3') AS three, osmeta.map_id('p', 'Region', '7') AS seven, osmeta.map_id('p', 'Tag', 'b') AS b, osmeta.map_id('p', 'Tag', 'a') AS a;

-- A partner that comes later: rows of the first round get it as well.
INSERT INTO target.tag ("ID") VALUES ('a');
INSERT INTO source.tag ("ID", "PARENTID") VALUES ('f', 'a');
CALL osmeta.run_plan('p');
SELECT "ID", "PARENTID" FROM target.tag WHERE "ID" IN ('c', 'd', 'e', 'f') ORDER BY "ID";
SELECT entity, rows_expected, rows_found, existing, dangling, status FROM osmeta.verify_plan('p') ORDER BY entity;
-- A round that is refused and abandoned forgets no partner of before.
\set ECHO none
SELECT make.table_of('target', 'Tag') AS target_tag \gset
\set ECHO all
ALTER TABLE :target_tag ADD CONSTRAINT not_bad CHECK ("ID" <> 'bad');
SELECT osmeta.refresh_plan('p');
INSERT INTO source.tag ("ID", "PARENTID") VALUES ('bad', 'a');
CALL osmeta.run_plan('p');
CALL osmeta.abandon_round('p');
SELECT entity, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;
SELECT osmeta.map_id('p', 'Region', '2') AS two, osmeta.map_id('p', 'Tag', 'b') AS b, osmeta.map_id('p', 'Tag', 'a') AS a;
DELETE FROM source.tag WHERE "ID" = 'bad';
CALL osmeta.run_plan('p');
SELECT entity, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;
ALTER TABLE :target_tag DROP CONSTRAINT not_bad;
CALL osmeta.undo_plan('p');
SELECT * FROM target.region ORDER BY 1;
SELECT "ID" FROM target.tag ORDER BY 1;
SELECT osmeta.drop_plan('p');

-- A pair that has been used stays, when its row meets the filter later on,
-- under another key.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region', 'entity:Shop.Customer'], '{"users": "fallback:zoe", "updates": true}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Name', filter = $$"Name" <> 'South'$$ WHERE entity = 'Region';
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
UPDATE source.region SET "NAME" = 'Further south' WHERE "NAME" = 'South';
CALL osmeta.run_plan('p');
SELECT entity, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;
SELECT osmeta.map_id('p', 'Region', '2') AS two;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
UPDATE source.region SET "NAME" = 'South' WHERE "NAME" = 'Further south';

-- Two rows of the source with one key, of which one is left out
INSERT INTO source.region ("ID", "NAME") VALUES (8, 'South');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region', 'entity:Shop.Customer'], '{"users": "fallback:zoe"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Name', filter = '"Id" > 2' WHERE entity = 'Region';
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
DELETE FROM source.region WHERE "ID" = 8;

-- Option follow leaves no row out whose parent the target has.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region', 'entity:Shop.Customer'], '{"users": "fallback:zoe", "follow": true}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET is_mandatory = true WHERE attribute = 'RegionId';
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Name', filter = '"Id" > 2' WHERE entity = 'Region';
DELETE FROM target.region WHERE "NAME" = 'South';
CALL osmeta.run_plan('p');
SELECT "NAME", "REGIONID", "AREAID" FROM target.customer WHERE "ID" > 9 ORDER BY "ID";
SELECT entity, rows_left_out FROM osmeta.plan_entity WHERE is_data ORDER BY 1;
SELECT entity, status FROM osmeta.verify_plan('p') ORDER BY 1;
SELECT osmeta.drop_plan('p');
