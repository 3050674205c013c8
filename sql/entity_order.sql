--
-- The order of an environment's entities, before any plan
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set make :abs_srcdir '/test/fixture/make.sql'
\set schema :abs_srcdir '/demo/factory/schema.sql'
\o /dev/null
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
\i :make
CREATE SCHEMA factory;
SET search_path = factory;
\i :schema
SELECT make.begin(100);
SELECT make.espace('Shop'), make.espace('Ring'), make.espace('Tied');
SELECT make.entity('Shop.' || e) FROM unnest(ARRAY['Customer', 'Order', 'Line', 'Area', 'Away', 'Gone']) AS e;
SELECT make.entity('Ring.' || e) FROM unnest(ARRAY['A', 'B', 'C', 'D', 'E']) AS e;
SELECT make.entity('Tied.' || e) FROM unnest(ARRAY['P', 'Q', 'R', 'S', 'T']) AS e;
SELECT make.entity('Shop.Color', 'staticEntity');
SELECT make.attribute(e, 'Id', 'rtLongInteger', 'auto mandatory')
FROM unnest(ARRAY['Shop.Customer', 'Shop.Order', 'Shop.Line', 'Shop.Area', 'Shop.Away', 'Shop.Gone', 'Shop.Color', 'Ring.A', 'Ring.B',
	'Ring.C', 'Ring.D', 'Ring.E', 'Tied.P', 'Tied.Q', 'Tied.R', 'Tied.S']) AS e;
-- a tree, a cycle of two, an area in an area; references that tie nothing
SELECT make.attribute('Shop.Line', 'OrderId', 'Shop.Order', 'mandatory Delete'),
	make.attribute('Shop.Order', 'CustomerId', 'Shop.Customer', 'mandatory'),
	make.attribute('Shop.Customer', 'LastOrderId', 'Shop.Order', 'Ignore'),
	make.attribute('Shop.Customer', 'ColorId', 'Shop.Color', 'mandatory'),
	make.attribute('Shop.Customer', 'ManagerId', 'ServiceCenter.User'),
	make.attribute('Shop.Customer', 'OldLineId', 'Shop.Line', 'inactive'),
	make.attribute('Shop.Customer', 'GoneId', 'Shop.Gone', 'mandatory'),
	make.attribute('Shop.Gone', 'LineId', 'Shop.Line', 'mandatory'),
	make.attribute('Shop.Area', 'ParentId', 'Shop.Area', 'mandatory'),
	make.attribute('Shop.Area', 'TopId', 'Shop.Area', 'Ignore'),
	make.attribute('Shop.Away', 'AreaId', 'Shop.Area');
-- three in a ring of optional ones, a second ring over one of them
SELECT make.attribute('Ring.A', 'BId', 'Ring.B'), make.attribute('Ring.B', 'CId', 'Ring.C'), make.attribute('Ring.C', 'AId', 'Ring.A'),
	make.attribute('Ring.C', 'DId', 'Ring.D'), make.attribute('Ring.D', 'EId', 'Ring.E', 'mandatory'), make.attribute('Ring.E', 'CId', 'Ring.C', 'mandatory');
-- two that cannot be inserted, one that waits for them, one that need not,
-- and an identifier that is its own
SELECT make.attribute('Tied.P', 'QId', 'Tied.Q', 'mandatory'), make.attribute('Tied.Q', 'PId', 'Tied.P', 'mandatory'),
	make.attribute('Tied.Q', 'OtherId', 'Tied.P'), make.attribute('Tied.R', 'PId', 'Tied.P'), make.attribute('Tied.P', 'SId', 'Tied.S', 'mandatory'),
	make.attribute('Tied.T', 'Id', 'Tied.T', 'mandatory');
UPDATE "OSSYS_ENTITY" SET "IS_ACTIVE" = false WHERE "NAME" = 'Gone';
RESET search_path;
SELECT osmeta.attach('shop', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('shop');
CREATE SCHEMA other;
SET search_path = other;
\i :schema
RESET search_path;
SELECT osmeta.attach('target', remote_schema => 'other', dialect => 'sqlserver');
SELECT osmeta.capture('target');
\o
\set ECHO all

-- the whole factory
SELECT level, component AS c, component_size AS size, espace, entity, deferred, status, blocking
FROM osmeta.entity_order('shop');

-- nothing but the scope counts: without Order there is no cycle
SELECT level, component AS c, component_size AS size, espace, entity, deferred, status, blocking
FROM osmeta.entity_order('shop@1', ARRAY['entity:Shop.Customer', 'entity:Shop.Line', 'entity:Shop.Color', 'espace:Ring']);

-- keys are those of the view
SELECT count(*), count(e.key)
FROM osmeta.entity_order('shop') AS o
	LEFT JOIN osmeta.entity AS e ON e.key OPERATOR(osmeta.=) o.entity_key AND e.entity = o.entity;

-- static entities alone have no rows to move
SELECT count(*) FROM osmeta.entity_order('shop', ARRAY['entity:Shop.Color']);

-- each reference leads to a lower level, but for those that are deferred
SELECT r.espace, r.entity, r.attribute, c.level, p.level AS parent_level
FROM osmeta.entity_order('shop') AS c
	JOIN osmeta.reference AS r ON r.entity_key OPERATOR(osmeta.=) c.entity_key AND r.is_effective
	JOIN osmeta.entity_order('shop') AS p ON p.entity_key OPERATOR(osmeta.=) r.target_key
WHERE (p.level < c.level) IS NOT TRUE
ORDER BY 1, 2, 3;

-- a plan orders alike
SELECT osmeta.create_plan('p', 'shop', 'target', ARRAY['*']);
SELECT o.entity, o.level, e.level AS plan_level, o.deferred,
	ARRAY(SELECT a.attribute FROM osmeta.plan_attribute AS a WHERE a.entity_id = e.entity_id AND a.is_deferred ORDER BY a.attribute_no) AS plan_deferred
FROM osmeta.entity_order('shop') AS o
	FULL JOIN osmeta.plan_entity AS e ON e.entity_key OPERATOR(osmeta.=) o.entity_key AND e.is_data
WHERE e.is_data IS NOT FALSE
ORDER BY e.level, o.component, o.entity;

-- errors
SELECT * FROM osmeta.entity_order(NULL);
SELECT * FROM osmeta.entity_order('nowhere');
SELECT * FROM osmeta.entity_order('shop@99');
SELECT * FROM osmeta.entity_order('shop', '{}');
SELECT * FROM osmeta.entity_order('shop', NULL);
SELECT * FROM osmeta.entity_order('shop', ARRAY['Shop']);
SELECT * FROM osmeta.entity_order('shop', ARRAY['espace:Shop', NULL]);
SELECT * FROM osmeta.entity_order('shop', ARRAY['espace:Shops']);

-- an empty factory has nothing that a scope could name
SELECT * FROM osmeta.entity_order('target');
