-- An entity that has nothing but its identifier: the target gives it.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT make.table_of('source', 'Region') AS source_region, make.table_of('target', 'Region') AS region \gset
UPDATE source."OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = false WHERE "NAME" = 'Name' AND "ENTITY_ID" = (SELECT "ID" FROM source."OSSYS_ENTITY" WHERE "NAME" = 'Region');
UPDATE target."OSSYS_ENTITY_ATTR" SET "IS_ACTIVE" = false WHERE "NAME" = 'Name' AND "ENTITY_ID" = (SELECT "ID" FROM target."OSSYS_ENTITY" WHERE "NAME" = 'Region');
\o
\set ECHO all
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src') > 0 AS a, osmeta.capture('tgt') > 0 AS b;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity = 'Region';
CALL osmeta.run_plan('p');
SELECT entity, rows_expected, rows_found, status FROM osmeta.verify_plan('p') WHERE entity = 'Region';
SELECT count(*) AS rows, count("NAME") AS names FROM :region r JOIN osmeta.plan_key k ON k.target_id = r."ID"::text;
CALL osmeta.undo_plan('p');
