-- Identifiers that are one to the target, or greater than 64 bits; external
-- entities; what an error leaves in the ledger.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
CREATE PROCEDURE make.more(far text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM make.entity('Shop.Vast'), make.attribute('Shop.Vast', 'Id', 'rtDecimal(20,0)', 'mandatory'),
		make.attribute('Shop.Vast', 'ParentId', 'Shop.Vast', 'Ignore'),
		make.entity('Shop.Partner', physical => 'PARTNER'), make.attribute('Shop.Partner', 'Id', 'rtInteger', 'mandatory'),
		make.entity('Shop.Deal'), make.attribute('Shop.Deal', 'Id', 'rtLongInteger', 'auto mandatory'),
		make.attribute('Shop.Deal', 'PartnerId', 'Shop.Partner', 'Ignore'),
		make.attribute('Shop.Deal', 'VastId', 'Shop.Vast', 'Ignore'),
		make.attribute('Shop.Deal', 'Contact', 'rtText(50)');
	PERFORM make.entity('Shop.Depth'), make.attribute('Shop.Depth', 'Id', 'Shop.Vast', 'mandatory Ignore'),
		make.attribute('Shop.Depth', 'Soft', 'rtText(60)'), make.attribute('Shop.Depth', 'Number', 'rtDecimal(22,2)'),
		make.attribute('Shop.Depth', 'Tag', 'rtLongInteger'),
		make.entity('Shop.Sounding'), make.attribute('Shop.Sounding', 'Id', 'Shop.Depth', 'mandatory Ignore');
	PERFORM make.tables();
	UPDATE "OSSYS_ENTITY" SET "IS_EXTERNAL" = true, "PHYSICAL_TABLE_NAME" = far WHERE "NAME" = 'Partner';
END
$$;
SET search_path = source;
CALL make.more('[CRM].[dbo].[Partner]');
DROP TABLE "PARTNER";
SET search_path = target;
CALL make.more('[CRM].[dbo].[Partner]');
DROP TABLE "PARTNER";
RESET search_path;
SELECT format('CREATE VIEW %I.%I AS TABLE %s', f, lower(e), make.table_of(f, e))
FROM unnest(ARRAY['source', 'target']) f, unnest(ARRAY['Vast', 'Deal', 'Depth', 'Sounding']) e
\gexec
INSERT INTO source.vast VALUES (1, NULL), (99999999999999999999, 1), (18446744073709551616, 99999999999999999999), (5, 77777777777777777777);
INSERT INTO source.deal VALUES (1, 4711, 99999999999999999999, 'Ann Secret'), (2, NULL, 1, '2'), (3, 4712, 12345678901234567890, '3');
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target'), osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all

-- Two texts that SQL Server takes for one
INSERT INTO source.tag ("ID") VALUES ('A'), ('b  '), ('theirs'), ('THEIRS');
UPDATE osmeta.environment SET dialect = 'sqlserver' WHERE environment = 'tgt';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Tag']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'CustomerId';
CALL osmeta.run_plan('p');
DELETE FROM source.tag WHERE "ID" IN ('A', 'b  ', ' B');
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Tag']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'CustomerId';
-- both are one with the row there
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.tag;
SELECT osmeta.drop_plan('p');
UPDATE osmeta.environment SET dialect = 'postgres' WHERE environment = 'tgt';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Tag']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'CustomerId';
CALL osmeta.run_plan('p');
SELECT status, rows_found, existing FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');

-- Decimals of more than 18 digits are kept, and nothing else will do.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Vast', 'entity:Shop.Deal']) > 0 AS planned;
SELECT entity, key_strategy FROM osmeta.plan_entity ORDER BY 1;
UPDATE osmeta.plan_entity SET key_strategy = 'offset' WHERE entity = 'Vast';
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE severity = 'error' ORDER BY object;
UPDATE osmeta.plan_entity SET key_strategy = 'keep' WHERE entity = 'Vast';

-- An external entity whose table is elsewhere
UPDATE osmeta.plan_entity SET key_strategy = 'natural:Id' WHERE entity = 'Partner';
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE object LIKE '%Partner%' ORDER BY severity, message;
UPDATE osmeta.plan_entity SET key_strategy = 'keep' WHERE entity = 'Partner';
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE object LIKE '%Partner%';
SELECT osmeta.create_plan('q', 'src', 'tgt', ARRAY['entity:Shop.Partner']);
CALL osmeta.run_plan('p');
SELECT "ID", "PARENTID" FROM target.vast ORDER BY 1;
SELECT * FROM target.deal ORDER BY 1;
SELECT osmeta.map_id('p', 'Vast', '18446744073709551616') AS vast, osmeta.map_id('p', 'Vast', '6') AS none, osmeta.map_id('p', 'Vast', 'x') AS no_number, osmeta.map_id('p', 'Partner', '4711') AS partner;
SELECT entity, rows_expected, rows_found, checksum_equal, dangling, nulled, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;
SELECT e.entity, a.attribute, d.source_id FROM osmeta.plan_dangling d JOIN osmeta.plan_entity e USING (plan_id, entity_id) JOIN osmeta.plan_attribute a USING (plan_id, entity_id, attribute_no) ORDER BY 1, 3;
INSERT INTO source.vast VALUES (77777777777777777777, NULL);
CALL osmeta.run_plan('p');
SELECT "ID", "PARENTID" FROM target.vast ORDER BY 1;
SELECT entity, status, foreign_changed FROM osmeta.verify_plan('p') ORDER BY entity;
CALL osmeta.undo_plan('p');
SELECT count(*) FROM target.vast;
SELECT osmeta.drop_plan('p');

-- Identifiers that are references to such, and texts and numbers that are one
INSERT INTO source.depth VALUES (99999999999999999999, ' 18446744073709551616', 5, 7), (18446744073709551616, 'deep', 0, 0),
	(1, '99999999999999999998', 6.25, NULL), (5, '099999999999999999999', 99999999999999999999, NULL);
INSERT INTO source.sounding VALUES (99999999999999999999), (5);
INSERT INTO source.tag ("ID") VALUES ('7');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Vast', 'entity:Shop.Depth', 'entity:Shop.Sounding', 'entity:Shop.Tag']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'CustomerId';
UPDATE osmeta.plan_attribute SET transform = 'remap:Shop.Vast' WHERE attribute IN ('Soft', 'Number');
UPDATE osmeta.plan_attribute SET transform = 'remap:Shop.Tag' WHERE attribute = 'Tag';
SELECT entity, key_strategy, rows_expected, read_error FROM osmeta.plan_entity ORDER BY 1;
SELECT severity, code, object, message FROM osmeta.plan_problem WHERE severity = 'error';
CALL osmeta.run_plan('p');
SELECT * FROM target.depth ORDER BY 1;
SELECT * FROM target.sounding ORDER BY 1;
SELECT entity, rows_found, checksum_equal, dangling, nulled, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;
SELECT osmeta.map_id('p', 'Sounding', '99999999999999999999') AS sounding, osmeta.map_id('p', 'Depth', '6') AS none;
INSERT INTO source.vast VALUES (99999999999999999998, NULL);
INSERT INTO source.depth VALUES (99999999999999999998, '1', 1, NULL);
CALL osmeta.run_plan('p');
SELECT * FROM target.depth ORDER BY 1;
SELECT entity, rows_found, checksum_equal, dangling, nulled, status, detail FROM osmeta.verify_plan('p') ORDER BY entity;
CALL osmeta.undo_plan('p');
SELECT (SELECT count(*) FROM target.depth) AS depths, (SELECT count(*) FROM target.vast) AS vasts;
SELECT osmeta.drop_plan('p');

-- An error of the pull quotes a value that is going to be masked.
SET osmeta.mask_secret = 'a secret that nobody knows';
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Deal']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute IN ('PartnerId', 'VastId');
UPDATE osmeta.plan_attribute SET mask = 'text', transform = '("Contact"::integer + 1)::text' WHERE attribute = 'Contact';
CALL osmeta.run_plan('p');
SELECT phase, state, error FROM osmeta.plan_chunk;
SELECT osmeta.drop_plan('p');
CREATE FUNCTION public.complain(value text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'cannot use %', value; END$$;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Deal']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute IN ('PartnerId', 'VastId');
UPDATE osmeta.plan_attribute SET mask = 'text', transform = 'public.complain("Contact")' WHERE attribute = 'Contact';
CALL osmeta.run_plan('p');
SELECT phase, state, error FROM osmeta.plan_chunk;
SELECT osmeta.drop_plan('p');
-- Without a mask the message stays what it is.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Deal']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute IN ('PartnerId', 'VastId');
UPDATE osmeta.plan_attribute SET transform = '("Contact"::integer + 1)::text' WHERE attribute = 'Contact';
CALL osmeta.run_plan('p');
SELECT phase, state, error FROM osmeta.plan_chunk;
SELECT osmeta.drop_plan('p');
