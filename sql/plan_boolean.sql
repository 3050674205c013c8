-- A Boolean is a boolean on one side and a number on the other, as SQL Server
-- and Oracle have it.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT make.table_of('source', 'Customer') AS source_customer, make.table_of('target', 'Customer') AS customer \gset
DROP VIEW source.customer, target.customer CASCADE;
\o
\set ECHO all
ALTER TABLE :customer ALTER "ISOPEN" TYPE smallint USING "ISOPEN"::integer;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src') > 0 AS a, osmeta.capture('tgt') > 0 AS b;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT s."ID", s."ISOPEN", t."ISOPEN" AS is_open
FROM :source_customer s JOIN :customer t ON t."ID"::text = osmeta.map_id('p', 'Shop.Customer', s."ID"::text) ORDER BY 1;
SELECT entity, status FROM osmeta.verify_plan('p') WHERE entity = 'Customer';
CALL osmeta.undo_plan('p');
SELECT count(*) FROM :customer;

-- and the other way round
SELECT osmeta.drop_plan('p');
ALTER TABLE :customer ALTER "ISOPEN" TYPE boolean USING "ISOPEN"::integer::boolean;
ALTER TABLE :source_customer ALTER "ISOPEN" TYPE numeric(1) USING "ISOPEN"::integer;
SELECT osmeta.capture('src') > 0 AS a, osmeta.capture('tgt') > 0 AS b;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT s."ID", s."ISOPEN", t."ISOPEN" AS is_open
FROM :source_customer s JOIN :customer t ON t."ID"::text = osmeta.map_id('p', 'Shop.Customer', s."ID"::text) ORDER BY 1;
SELECT entity, status FROM osmeta.verify_plan('p') WHERE entity = 'Customer';
CALL osmeta.undo_plan('p');
