-- A unique index at the target over references that are set in a second step:
-- rows that are equal until then are found before the first is written.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT make.table_of('target', 'Customer') AS target_customer, make.table_of('target', 'Region') AS target_region \gset
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all
CREATE FUNCTION public.transform(entity text, attribute text, transform text) RETURNS void LANGUAGE sql AS $$
	UPDATE osmeta.plan_attribute a SET transform = $3 FROM osmeta.plan_entity e
	WHERE e.plan_id = a.plan_id AND e.entity_id = a.entity_id AND e.entity = $1 AND a.attribute = $2
$$;

-- A soft key has its null value until then, and two of these are equal.
UPDATE source.region SET "NAME" = "ID"::text;
CREATE UNIQUE INDEX name ON :target_region ("NAME");
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Customer', 'entity:Shop.Region']) > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity = 'Customer';
SELECT public.transform('Region', 'Name', 'remap:Shop.Customer');
SELECT e.entity, a.attribute FROM osmeta.plan_attribute a JOIN osmeta.plan_entity e USING (plan_id, entity_id) WHERE a.is_deferred ORDER BY 1, 2;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE code = 'unique_index';
SELECT osmeta.set_plan_option('p', 'severity', '{"unique_index": "warning"}');
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
DROP INDEX target.name;

UPDATE :target_customer SET "MANAGERID" = "ID", "ISOPEN" = true;
UPDATE source.customer SET "MANAGERID" = CASE "ID" WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE "ID" END;
-- Two NULLs are different: nothing is in the way.
CREATE UNIQUE INDEX manager ON :target_customer ("MANAGERID");
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Customer', 'entity:Shop.Region']) > 0 AS planned;
SELECT severity, code FROM osmeta.plan_problem WHERE code = 'unique_index';
CALL osmeta.run_plan('p');
SELECT DISTINCT status FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
DROP INDEX target.manager;
CALL make.put_back();

-- PostgreSQL 14 has no such index
SELECT current_setting('server_version_num')::integer < 150000 AS is_old \gset
\if :is_old
\quit
\endif

-- Two NULLs are equal: no two rows can wait for the second step.
CREATE UNIQUE INDEX manager ON :target_customer ("MANAGERID") NULLS NOT DISTINCT;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Customer', 'entity:Shop.Region']) > 0 AS planned;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE code = 'unique_index';
SELECT osmeta.set_plan_option('p', 'severity', '{"unique_index": "warning"}');
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
DROP INDEX target.manager;
-- With another column: what it holds decides.
CREATE UNIQUE INDEX manager ON :target_customer ("ISOPEN", "MANAGERID") NULLS NOT DISTINCT;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Customer', 'entity:Shop.Region']) > 0 AS planned;
SELECT severity, code FROM osmeta.plan_problem WHERE code = 'unique_index';
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Customer', 'entity:Shop.Region']) > 0 AS planned;
UPDATE osmeta.plan_entity SET filter = '"Id" = 1' WHERE entity = 'Customer';
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
DROP INDEX target.manager;
CALL make.put_back();
