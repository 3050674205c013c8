-- Attributes whose data type is another one at the target: converted if
-- publishing would, null value to null value.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT make.table_of('target', 'Customer') AS customer, make.table_of('target', 'Detail') AS detail \gset
DROP VIEW target.customer, target.detail CASCADE;
\o
\set ECHO all
ALTER TABLE :customer ALTER "AMOUNT" TYPE varchar(20), ALTER "ISOPEN" TYPE integer USING "ISOPEN"::integer,
	ALTER "SINCE" TYPE varchar(40), ALTER "PHOTO" TYPE varchar(10) USING NULL;
ALTER TABLE :detail ALTER "TEXT" TYPE integer USING 0;
CREATE FUNCTION public.retype(entity text, attribute text, type text, length integer) RETURNS void LANGUAGE sql AS $$
	UPDATE target."OSSYS_ENTITY_ATTR" a SET "TYPE" = $3, "LENGTH" = $4
	FROM target."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = $1 AND a."NAME" = $2
$$;
SELECT public.retype('Customer', 'Amount', 'rtText', 20), public.retype('Customer', 'IsOpen', 'rtInteger', NULL),
	public.retype('Customer', 'Since', 'rtText', 40), public.retype('Detail', 'Text', 'rtInteger', NULL),
	public.retype('Customer', 'Photo', 'rtText', 10);
DELETE FROM source.extra; DELETE FROM source.detail;
INSERT INTO source.detail VALUES (1, '12'), (2, ''), (3, NULL), (4, ' 7 '), (5, '-1');
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src') > 0 AS a, osmeta.capture('tgt') > 0 AS b;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
SELECT e.entity, a.attribute, a.transform FROM osmeta.plan_attribute a JOIN osmeta.plan_entity e USING (plan_id, entity_id)
WHERE a.type <> a.target_attribute_type AND a.type NOT LIKE 'bt%' ORDER BY 1, 2;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem ORDER BY 2, 3;
CALL osmeta.run_plan('p');
-- Binaries are not converted.
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Photo';
CALL osmeta.run_plan('p');
SELECT s."ID", s."AMOUNT", quote_nullable(t."AMOUNT") AS amount, s."ISOPEN", t."ISOPEN" AS is_open, s."SINCE", quote_nullable(t."SINCE") AS since
FROM source.customer s JOIN :customer t ON t."ID"::text = osmeta.map_id('p', 'Shop.Customer', s."ID"::text) ORDER BY 1;
SELECT quote_nullable(s."TEXT") AS old, t."TEXT" AS new
FROM source.detail s JOIN :detail t ON t."ID"::text = osmeta.map_id('p', 'Shop.Detail', s."ID"::text) ORDER BY s."ID";
SELECT entity, status FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');

-- How many values are in the way is counted on request, and told before
-- anything is pulled.
INSERT INTO source.detail VALUES (8, '12x') ON CONFLICT ("ID") DO UPDATE SET "TEXT" = '12x';
UPDATE source.detail SET "TEXT" = '3000000000' WHERE "ID" = 2;
UPDATE source.customer SET "AMOUNT" = 123456.78 WHERE "ID" = 1;
UPDATE :customer SET "AMOUNT" = '1', "NAME" = left("NAME", 10);
ALTER TABLE :customer ALTER "AMOUNT" TYPE varchar(8), ALTER "NAME" TYPE varchar(10);
SELECT public.retype('Customer', 'Amount', 'rtText', 8), public.retype('Customer', 'Name', 'rtText', 10);
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Photo';
SELECT osmeta.set_plan_option('p', 'severity', '{"length_reduced": "warning"}');
SELECT * FROM osmeta.plan_offender('p');
SELECT s."ID", s."NAME", s."AMOUNT" FROM source.customer s WHERE char_length("NAME") > 10 OR char_length("AMOUNT"::text) > 8 ORDER BY 1;
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;
UPDATE source.detail SET "TEXT" = '1' WHERE "TEXT" IN ('12x', '3000000000');
UPDATE source.customer SET "AMOUNT" = 1 WHERE char_length("AMOUNT"::text) > 8;
SELECT * FROM osmeta.plan_offender('p');
-- What is only too long is found when it has been pulled, and listed.
CALL osmeta.run_plan('p');
SELECT osmeta.plan_offender('nothing');

-- datetime of SQL Server counts three hundredths of a second.
SELECT v, osmeta.sqlserver_datetime(v) FROM (VALUES
	(timestamp '2024-01-01 10:00:00.346'), ('2024-01-01 10:00:00.001'), ('2024-01-01 10:00:00.002'),
	('2024-01-01 10:00:00.005'), ('2024-01-01 10:00:00.0083'), ('2024-12-31 23:59:59.999'),
	('1899-12-31 23:59:59.998'), ('1899-12-31 23:59:59.345678'), ('2000-01-01'), ('infinity'), (NULL)) t (v);
-- What it gives stays.
SELECT count(*) FROM generate_series(0, 999) ms, LATERAL (VALUES
	(osmeta.sqlserver_datetime(timestamp '1900-01-01' + ms * interval '1 millisecond'))) t (v)
WHERE osmeta.sqlserver_datetime(v) <> v OR abs(extract(epoch FROM v - timestamp '1900-01-01') * 1000 - ms) > 2
	OR extract(milliseconds FROM v)::integer % 10 NOT IN (0, 3, 7);
