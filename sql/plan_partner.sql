-- Partners at the target that go after they were matched.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
CREATE PROCEDURE make.more() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM make.espace('Stock'), make.entity('Stock.Item'), make.attribute('Stock.Item', 'Id', 'rtLongInteger', 'auto mandatory'),
		make.attribute('Stock.Item', 'Code', 'rtText(20)'),
		make.entity('Shop.Mark'), make.attribute('Shop.Mark', 'Id', 'rtLongInteger', 'auto mandatory'),
		make.attribute('Shop.Mark', 'RegionId', 'Shop.Region', 'Ignore'),
		make.attribute('Shop.Mark', 'KindId', 'Base.Kind', 'Ignore'),
		make.attribute('Shop.Mark', 'UserId', 'ServiceCenter.User', 'Ignore'),
		make.attribute('Shop.Mark', 'TagId', 'Shop.Tag', 'Ignore'),
		make.attribute('Shop.Mark', 'ItemId', 'Stock.Item', 'Ignore');
	PERFORM make.tables();
END
$$;
SET search_path = source;
CALL make.more();
SET search_path = target;
CALL make.more();
RESET search_path;
SELECT format('CREATE VIEW %I.%I AS TABLE %s', f, lower(e), make.table_of(f, e))
FROM unnest(ARRAY['source', 'target']) f, unnest(ARRAY['Mark', 'Item']) e
\gexec
INSERT INTO source.item VALUES (1, 'I1'), (2, 'I2'), (3, 'I3');
INSERT INTO target.item VALUES (101, 'I1'), (102, 'I2'), (103, 'I3');
INSERT INTO target.tag ("ID") VALUES ('b');
UPDATE target.region SET "NAME" = 'South' WHERE "ID" = 5;
INSERT INTO source.mark VALUES (1, 1, 1, 10, 'a', 1), (2, 2, 2, 11, 'b', 2), (3, NULL, NULL, NULL, NULL, NULL);
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target'), osmeta.capture('src'), osmeta.capture('tgt');
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'not now'; END$$;
SELECT format('CREATE TRIGGER refuse BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION public.refuse()', make.table_of('target', e))
FROM unnest(ARRAY['Mark', 'Region', 'Tag']) e
\gexec
CREATE PROCEDURE public.open_target(open boolean) LANGUAGE plpgsql AS $$
DECLARE
	e text;
BEGIN
	FOREACH e IN ARRAY ARRAY['Mark', 'Region', 'Tag'] LOOP
		EXECUTE format('ALTER TABLE %s %s TRIGGER refuse', make.table_of('target', e), CASE WHEN open THEN 'DISABLE' ELSE 'ENABLE' END);
	END LOOP;
END
$$;
\o
\set ECHO all

SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Mark', 'entity:Shop.Region', 'entity:Shop.Tag']) > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Name' WHERE entity = 'Region';
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Code' WHERE entity = 'Item';
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'CustomerId';
SELECT code, object, message FROM osmeta.plan_problem WHERE severity = 'error';
-- The first row is refused: pairs stand, and nothing has been delivered.
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;
CALL public.open_target(true);

-- Each partner that goes now stops the push.
BEGIN;
DELETE FROM target."OSSYS_USER" WHERE "USERNAME" = 'bob';
DELETE FROM target.kind WHERE "LABEL" = 'Medium';
DELETE FROM target.item WHERE "CODE" = 'I2';
-- nobody refers to this one
DELETE FROM target.item WHERE "CODE" = 'I3';
COMMIT;
CALL osmeta.run_plan('p');
INSERT INTO target.item VALUES (102, 'I2');
CALL osmeta.run_plan('p');
INSERT INTO target.kind VALUES (3, 'Medium');
CALL osmeta.run_plan('p');
SET search_path = target;
SELECT make.users('10 bob');
RESET search_path;
-- Rows that are one with a row of the target, whoever refers to them
DELETE FROM target.tag WHERE "ID" = 'b';
CALL osmeta.run_plan('p');
INSERT INTO target.tag ("ID") VALUES ('b');
DELETE FROM target.region WHERE "NAME" = 'South';
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.mark;
INSERT INTO target.region ("ID", "NAME") VALUES (5, 'South');
CALL osmeta.run_plan('p');
SELECT * FROM target.mark ORDER BY 1;
SELECT entity, rows_found, existing, dangling, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;

-- When the plan is done, verify_plan tells, and the next round stops if its
-- rows refer to what has gone.
DELETE FROM target.region WHERE "NAME" = 'South';
DELETE FROM target."OSSYS_USER" WHERE "USERNAME" = 'bob';
DELETE FROM target.item WHERE "CODE" = 'I2';
SELECT entity, rows_found, existing, dangling, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;
INSERT INTO source.mark VALUES (4, 1, 1, 10, 'a', 1);
CALL osmeta.run_plan('p');
INSERT INTO source.mark VALUES (5, 2, 1, 11, 'a', 2), (6, 2, 1, 11, 'a', 2);
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.mark;
SET search_path = target;
SELECT make.users('10 bob');
RESET search_path;
CALL osmeta.run_plan('p');
INSERT INTO target.item VALUES (102, 'I2');
CALL osmeta.run_plan('p');
INSERT INTO target.region ("ID", "NAME") VALUES (5, 'South');
CALL osmeta.run_plan('p');
SELECT * FROM target.mark ORDER BY 1;
SELECT entity, rows_found, existing, dangling, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;
SELECT osmeta.drop_plan('p');
