-- What the target cannot take is found before the first row is written:
-- values of expressions, identifiers of another type.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT make.table_of('source', 'Region') AS source_region, make.table_of('target', 'Region') AS target_region,
	make.table_of('source', 'Detail') AS source_detail, make.table_of('target', 'Detail') AS target_detail,
	make.table_of('source', 'Tag') AS source_tag, make.table_of('target', 'Tag') AS target_tag,
	make.table_of('target', 'Customer') AS target_customer \gset
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all
CREATE FUNCTION public.transform(entity text, attribute text, transform text) RETURNS void LANGUAGE sql AS $$
	UPDATE osmeta.plan_attribute a SET transform = $3 FROM osmeta.plan_entity e
	WHERE e.plan_id = a.plan_id AND e.entity_id = a.entity_id AND e.entity = $1 AND a.attribute = $2
$$;

-- An expression's value is neither cut nor rounded, unless that is asked for.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Customer', 'entity:Shop.Region']) > 0 AS planned;
SELECT public.transform('Customer', 'Name', $$rpad('name', CASE WHEN "Id" = 1 THEN 70 ELSE 80 END)$$),
	public.transform('Customer', 'Amount', $$CASE WHEN "Id" < 3 THEN 1.125 ELSE 1.5 END$$), public.transform('Customer', 'Since', 'clock_timestamp()');
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Customer', 'entity:Shop.Region'], '{"severity": {"length_reduced": "warning"}}') > 0 AS planned;
SELECT public.transform('Customer', 'Name', $$rpad('name', 70)$$), public.transform('Customer', 'Amount', $$1.125$$);
CALL osmeta.run_plan('p');
SELECT DISTINCT char_length("NAME") AS length, "AMOUNT" FROM target.customer WHERE "NAME" LIKE 'name%';
SELECT osmeta.drop_plan('p');
CALL make.put_back();

-- Identifiers of another type: of another kind they cannot be mapped.
DROP VIEW source.region, target.region, source.tag, target.tag CASCADE;
CREATE FUNCTION public.retype(entity text, type text, length integer) RETURNS void LANGUAGE sql AS $$
	UPDATE target."OSSYS_ENTITY_ATTR" a SET "TYPE" = $2, "LENGTH" = $3
	FROM target."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = $1 AND a."NAME" = 'Id'
$$;
ALTER TABLE :target_region ALTER "ID" DROP IDENTITY;
ALTER TABLE :target_customer DROP CONSTRAINT "OSUSR_4af_Customer_REGIONID_fkey";
ALTER TABLE :target_region ALTER "ID" TYPE varchar(20);
SELECT public.retype('Region', 'rtText', 20);
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region'], '{"producers": "none"}') > 0 AS planned;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE severity = 'error' AND object LIKE 'Shop.Region%';
UPDATE osmeta.plan_entity SET key_strategy = 'keep' WHERE entity = 'Region';
SELECT severity, code, object FROM osmeta.plan_problem WHERE severity = 'error' AND object LIKE 'Shop.Region%';
SELECT osmeta.drop_plan('p');
-- Numbers that are kept and do not fit
DELETE FROM :target_region;
ALTER TABLE :target_region ALTER "ID" TYPE integer USING "ID"::integer;
SELECT public.retype('Region', 'rtInteger', NULL);
INSERT INTO :source_region ("ID", "NAME") VALUES (3000000000, 'far'), (3000000001, 'farther');
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region'], '{"producers": "none"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'keep' WHERE entity = 'Region';
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE severity = 'error';
UPDATE osmeta.plan_entity SET filter = '"Id" <> 3000000001' WHERE entity = 'Region';
SELECT severity, code, object FROM osmeta.plan_problem WHERE severity = 'error';
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region'], '{"producers": "none"}') > 0 AS planned;
UPDATE osmeta.plan_entity SET key_strategy = 'keep', filter = '"Id" < 3000000000' WHERE entity = 'Region';
CALL osmeta.run_plan('p');
SELECT count(*), max("ID") FROM :target_region;
SELECT DISTINCT status, detail FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
-- Texts that are longer
DELETE FROM :target_tag;
INSERT INTO :source_tag ("ID") VALUES ('a long one');
ALTER TABLE :target_tag ALTER "ID" TYPE varchar(2);
SELECT public.retype('Tag', 'rtText', 2);
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Tag'], '{"producers": "none"}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'CustomerId';
SELECT severity, code, object, message FROM osmeta.plan_problem WHERE severity = 'error';
SELECT osmeta.set_plan_option('p', 'severity', '{"length_reduced": "warning"}');
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;
