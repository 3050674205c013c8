--
-- Pictures of entities and their references
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set make :abs_srcdir '/test/fixture/make.sql'
\set picture :abs_srcdir '/test/fixture/picture.sql'
\set schema :abs_srcdir '/demo/factory/schema.sql'
\o /dev/null
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
\i :make
\i :picture
CREATE SCHEMA factory;
SET search_path = factory;
\i :schema
SELECT make.picture();
RESET search_path;
SELECT osmeta.attach('shop', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('shop');
CREATE SCHEMA bare;
SET search_path = bare;
\i :schema
RESET search_path;
SELECT osmeta.attach('empty', remote_schema => 'bare', dialect => 'sqlserver');
SELECT osmeta.capture('empty');
\o
\set ECHO all
\pset format unaligned
\pset tuples_only on

-- all of it: rules, cardinalities, what is static, outside, removed, unknown
SELECT osmeta.erd('shop');
SELECT osmeta.erd('shop', ARRAY['espace:Shop'], 'dot');

-- a scope by application and by entity, of a capture
SELECT osmeta.erd('shop@1', ARRAY['application:<img src=x onerror=document.title="x">', 'entity:Shop.Order']);

-- names that are markup stay in their labels
SELECT osmeta.erd('shop@1', ARRAY['espace:</title><script>document.title="x"</script>'], 'dot');

-- above twelve entities only identifiers and references
SELECT make.espace('Many') FROM (SELECT set_config('search_path', 'factory', false)) AS s;
DO $$
BEGIN
	FOR i IN 1..13 LOOP
		PERFORM make.entity(format('Many.E%s', i));
		PERFORM make.attribute(format('Many.E%s', i), 'Id', 'rtInteger', 'auto mandatory');
		PERFORM make.attribute(format('Many.E%s', i), 'Note', 'rtText(10)');
		PERFORM make.attribute(format('Many.E%s', i), 'CustomerId', 'Shop.Customer', 'Ignore');
	END LOOP;
END
$$;
RESET search_path;
SELECT osmeta.capture('shop');
SELECT format, scope, count(*) FILTER (WHERE line ~ 'Note'), count(*) FILTER (WHERE line ~ '"?CustomerId[ <]'), count(*) FILTER (WHERE line ~ ' -> |[|o]{2}\.\.o\{')
FROM unnest(ARRAY['mermaid', 'dot']) AS f (format), unnest(ARRAY['espace:Many', 'entity:Many.E1']) AS s (scope),
	string_to_table(osmeta.erd('shop', ARRAY[scope], format), E'\n') AS line
GROUP BY 1, 2 ORDER BY 1, 2;
-- and no line for each of the many that refer to one outside
SELECT line FROM string_to_table(osmeta.erd('shop', ARRAY['espace:Many'], 'dot'), E'\n') AS line WHERE line ~ 'left out';

-- odd rows: no names, numbers below zero, another espace of the same name
UPDATE osmeta.captured_espace SET name = NULL WHERE capture_id = 1 AND name = 'Crew';
UPDATE osmeta.captured_entity SET id = -id, name = NULL WHERE capture_id = 1 AND name = 'Worker';
UPDATE osmeta.captured_entity_attr SET id = -id, entity_id = -entity_id, name = NULL WHERE capture_id = 1 AND entity_id = 106;
SELECT osmeta.erd('shop@1', ARRAY['entity:Shop.Order']) ~ 'e_106\["#?\(no name\)\.\(no name\) \(outside\)"\]';
SELECT line FROM string_to_table(osmeta.erd('shop@1', format => 'dot'), E'\n') AS line WHERE line ~ '_106|no name' OR line ~ 'port="a_' ORDER BY line COLLATE "C";

-- errors
SELECT osmeta.erd(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('nobody');
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('shop', format => 'svg');
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('shop', format => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('shop', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('shop', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('shop', ARRAY['espace:Shop', 'espace:Gone']);
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('shop', ARRAY['Shop']);
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('shop', ARRAY[NULL]);
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.erd('empty');
\echo :LAST_ERROR_SQLSTATE
