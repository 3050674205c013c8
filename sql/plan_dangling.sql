-- References at the target that lead to no row there, whatever gave them.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
CREATE PROCEDURE make.more() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM make.entity('Shop.Mark'), make.attribute('Shop.Mark', 'Id', 'rtLongInteger', 'auto mandatory'),
		make.attribute('Shop.Mark', 'RegionId', 'Shop.Region', 'Ignore'),
		make.attribute('Shop.Mark', 'CustomerId', 'Shop.Customer', 'Ignore'),
		make.attribute('Shop.Mark', 'KindId', 'Base.Kind', 'Ignore'),
		make.attribute('Shop.Mark', 'UserId', 'ServiceCenter.User', 'Ignore'),
		make.attribute('Shop.Mark', 'TagId', 'Shop.Tag', 'Ignore'),
		make.attribute('Shop.Mark', 'SoftCustomer', 'rtText(20)'),
		make.attribute('Shop.Mark', 'SoftTag', 'rtText(20)'),
		make.attribute('Shop.Mark', 'SoftUser', 'rtText(20)');
	PERFORM make.tables();
END
$$;
SET search_path = source;
CALL make.more();
SET search_path = target;
CALL make.more();
RESET search_path;
SELECT format('CREATE VIEW %I.mark AS TABLE %s', f, make.table_of(f, 'Mark')) FROM unnest(ARRAY['source', 'target']) f
\gexec
INSERT INTO source.mark VALUES
	(1, 1, 1, 1, 10, 'a', '1', 'a', '10'),
	(2, 2, 2, 2, 11, 'b', '2', 'b', '11'),
	(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(4, 7, 8, 3, 12, '', 'some text', '', '');
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target'), osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all

-- Identifiers of the target that an expression gives are looked up there.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Mark', 'entity:Shop.Region', 'entity:Shop.Customer', 'entity:Shop.Tag'], '{"users": "fallback:zoe", "baseline": false}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET transform = v.transform
FROM (VALUES ('RegionId', '"RegionId" + 1000'), ('KindId', 'CASE "Id" WHEN 1 THEN 1 WHEN 2 THEN 77 END'), ('UserId', '4711'),
	('TagId', 'CASE "Id" WHEN 1 THEN ''theirs'' ELSE ''nowhere'' END'),
	('CustomerId', 'osmeta.map_id(''p'', ''Shop.Customer'', "CustomerId"::text)::bigint'),
	('SoftCustomer', 'remap:Shop.Customer'), ('SoftTag', 'remap:Shop.Tag'), ('SoftUser', 'remap:ServiceCenter.User')) v (attribute, transform), osmeta.plan_entity e
WHERE e.plan_id = plan_attribute.plan_id AND e.entity_id = plan_attribute.entity_id AND e.entity = 'Mark' AND plan_attribute.attribute = v.attribute;
CALL osmeta.run_plan('p');
SELECT * FROM target.mark ORDER BY 1;
SELECT entity, checksum_equal, dangling, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;

-- What they lead to has gone since.
DELETE FROM target.tag WHERE "ID" = 'a';
UPDATE target.customer SET "MANAGERID" = NULL;
DELETE FROM target.customer WHERE "NAME" = 'Later';
DELETE FROM target."OSSYS_USER" WHERE "USERNAME" = 'bob';
SELECT checksum_equal, dangling, status, detail FROM osmeta.verify_plan('p') WHERE entity = 'Mark';
SELECT osmeta.drop_plan('p');
