-- What verify_plan compares and what it finds.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
\o
\set ECHO all
SET client_min_messages = warning;
\set VERBOSITY terse

-- Which values are the same?
SELECT v.name, osmeta.row_hash(0, v.one, v.other) = osmeta.row_hash(0, v.one, v.one) AS is_same
FROM (VALUES ('case', 'a', 'A'), ('trailing blank', 'a', 'a '), ('blank', '', ' '), ('null', '', NULL), ('itself', 'ü', 'ü'),
	('composed', U&'\00e9', U&'e\0301')) v (name, one, other);
SELECT osmeta.row_hash(0, 1.0) = osmeta.row_hash(0, 1.000) AS scale, osmeta.row_hash(0, 1.0) = osmeta.row_hash(0, -1.0) AS sign,
	osmeta.row_hash(0, 1.0) = osmeta.row_hash(0, 1.0001) AS digit, osmeta.row_hash(0, 10.0) = osmeta.row_hash(0, 100000.0) AS zeros,
	osmeta.row_hash(0, 'NaN'::numeric) = osmeta.row_hash(0, 'NaN'::numeric) AS nan, osmeta.row_hash(0, 0::numeric) = osmeta.row_hash(0, NULL::numeric) AS zero;
SELECT osmeta.row_hash(0, 'NaN'::float8) = osmeta.row_hash(0, '-NaN'::float8) AS nan, osmeta.row_hash(0, 0::float8) = osmeta.row_hash(0, '-0'::float8) AS zero,
	osmeta.row_hash(0, 0.1::float8) = osmeta.row_hash(0, 0.1::float8 + 1e-19) AS same, osmeta.row_hash(0, 0.1::float8) = osmeta.row_hash(0, 0.1::float8 + 2e-17) AS last_bit,
	osmeta.row_hash(0, 'NaN'::float4) = osmeta.row_hash(0, 'Infinity'::float4) AS infinite, osmeta.row_hash(0, 1::float4) = osmeta.row_hash(0, 1.0000001::float4) AS last_bit_of_4;
SELECT osmeta.row_hash(0, 'a'::char(5)) = osmeta.row_hash(0, 'a'::char(9)) AS padded, osmeta.row_hash(0, ' a'::char(5)) = osmeta.row_hash(0, 'a'::char(5)) AS leading,
	osmeta.row_hash(0, 'a'::char(3), 'b'::char(3)) = osmeta.row_hash(0, 'a  b'::char(6), ''::char(3)) AS joined;
SELECT osmeta.row_hash(0, 'a'::text, 'b'::text) = osmeta.row_hash(0, 'ab'::text, ''::text) AS bounds, osmeta.row_hash(0, NULL::text, 'a'::text) = osmeta.row_hash(0, 'a'::text, NULL::text) AS place,
	osmeta.row_hash(0, NULL::text) = osmeta.row_hash(0, NULL::text, NULL::text) AS number, osmeta.row_hash(0, 1, 2) = osmeta.row_hash(0, 2, 1) AS swapped,
	osmeta.row_hash(0, 1) = osmeta.row_hash(1, 1) AS seed, osmeta.row_hash(NULL, 1) IS NULL AS unknown;
SELECT osmeta.row_hash(0, 1) + osmeta.row_hash(0, 4) = osmeta.row_hash(0, 2) + osmeta.row_hash(0, 3) AS is_linear;
SELECT osmeta.row_hash(0, 'epoch'::timestamp) = osmeta.row_hash(0, 'epoch'::timestamp + interval '1 us') AS microsecond,
	osmeta.row_hash(0, '1 month'::interval) = osmeta.row_hash(0, '30 days'::interval) AS month, osmeta.row_hash(0, true) = osmeta.row_hash(0, false) AS truth,
	osmeta.row_hash(0, '\x00'::bytea) = osmeta.row_hash(0, '\x0000'::bytea) AS byte, osmeta.row_hash(0, '{1,2}'::integer[]) = osmeta.row_hash(0, '{1,3}'::integer[]) AS element,
	osmeta.row_hash(0, repeat('x', 100000)) = osmeta.row_hash(0, repeat('x', 99999) || 'y') AS long_one;
-- Settings change nothing.
SET extra_float_digits = -15;
SET timezone = 'Asia/Kathmandu';
SET bytea_output = 'escape';
SELECT osmeta.row_hash(0, 0.1::float8, '2024-02-29 12:00+00'::timestamptz, '\x00ff'::bytea) = (SELECT osmeta.row_hash(0, 0.1::float8, '2024-02-29 12:00+00'::timestamptz, '\x00ff'::bytea) FROM set_config('timezone', 'UTC', false)) AS same;
RESET ALL;
SET client_min_messages = warning;
SELECT osmeta.row_hash(0, VARIADIC ARRAY[1, 2]);

SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', 'loop', 'target');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;

-- ---------------------------------------------------------------------------
-- A run that was interrupted: what is there so far
-- ---------------------------------------------------------------------------
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'not this one'; END$$;
SELECT format('CREATE TRIGGER refuse BEFORE INSERT ON %s FOR EACH ROW WHEN (NEW."ID" = 14) EXECUTE FUNCTION public.refuse()', make.table_of('target', 'Customer')) \gexec
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'], '{"chunk_rows": 2}');
CALL osmeta.run_plan('p');
SELECT entity, rows_expected, rows_found, checksum_equal, dangling, status, nulled, detail FROM osmeta.verify_plan('p');
SELECT entity, b.rows, b.upper_id FROM osmeta.plan_baseline b JOIN osmeta.plan_entity USING (plan_id, entity_id) ORDER BY entity;
SELECT format('ALTER TABLE %s DISABLE TRIGGER refuse', make.table_of('target', 'Customer')) \gexec
CALL osmeta.run_plan('p');
SELECT substring(detail FROM 'SELECT.*') AS statement FROM osmeta.verify_plan('p') WHERE status <> 'ok' \gexec
SELECT entity, rows_expected, rows_found, checksum_equal, status, nulled, detail, existing, foreign_rows, foreign_changed FROM osmeta.verify_plan('p');

-- ---------------------------------------------------------------------------
-- Whatever is changed at the target is found, and where
-- ---------------------------------------------------------------------------
CREATE VIEW public.finding AS SELECT entity, rows_expected, rows_found, checksum_equal, dangling, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok' ORDER BY entity;
CREATE PROCEDURE public.tamper(statement text) LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	EXECUTE statement;
	-- the foreign server sees what is committed
	COMMIT;
	FOR line IN SELECT f::text FROM public.finding f LOOP
		RAISE WARNING '%', line;
	END LOOP;
	COMMIT;
END
$$;
CREATE TABLE public.customer AS TABLE target.customer;
CREATE TABLE public.tag AS TABLE target.tag;
CREATE PROCEDURE public.put_back() LANGUAGE sql AS $$
	DELETE FROM target.tag;
	UPDATE target.customer SET "MANAGERID" = NULL;
	DELETE FROM target.customer c WHERE NOT EXISTS (SELECT FROM target.detail d WHERE d."ID" = c."ID");
	INSERT INTO target.customer TABLE public.customer ON CONFLICT DO NOTHING;
	UPDATE target.customer t SET ("NAME", "REGIONID", "AREAID", "KINDID", "COLORID", "MANAGERID", "CREATEDBY", "NOTE", "SINCE", "PHOTO", "AMOUNT", "ISOPEN") =
		(SELECT c."NAME", c."REGIONID", c."AREAID", c."KINDID", c."COLORID", c."MANAGERID", c."CREATEDBY", c."NOTE", c."SINCE", c."PHOTO", c."AMOUNT", c."ISOPEN" FROM public.customer c WHERE c."ID" = t."ID");
	INSERT INTO target.tag TABLE public.tag;
$$;
CALL public.tamper('UPDATE target.customer SET "AMOUNT" = -"AMOUNT" WHERE "NAME" = ''Later''');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer SET "AMOUNT" = NULL WHERE "NAME" = ''Self''');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer SET "NAME" = upper("NAME") WHERE "NAME" = ''Later''');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer SET "NAME" = "NAME" || '' '' WHERE "NAME" = ''Later''');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer SET "NOTE" = '''' WHERE "ID" = 12');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer SET "NOTE" = normalize("NOTE", NFD) WHERE "ID" = 13');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer SET "PHOTO" = ''\x01'' WHERE "NAME" = ''Later''');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer SET "SINCE" = "SINCE" + interval ''1 ms'', "ISOPEN" = true WHERE "ID" = 10');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer SET "MANAGERID" = 10 WHERE "ID" = 11');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer t SET "NAME" = o."NAME" FROM target.customer o WHERE (t."ID", o."ID") IN ((10, 11), (11, 10))');
CALL public.put_back();
CALL public.tamper('UPDATE target.customer t SET "AREAID" = 999, "CREATEDBY" = 999 WHERE "ID" IN (10, 12)');
CALL public.put_back();
CALL public.tamper('DELETE FROM target.tag WHERE "ID" IN (''a'', '' B'')');
CALL public.put_back();
CALL public.tamper('UPDATE target.tag SET "ID" = ''A'' WHERE "ID" = ''a''');
CALL public.put_back();
CALL public.tamper('UPDATE target.tag SET "PARENTID" = ''nowhere'' WHERE "ID" = ''a''');
CALL public.put_back();
-- A row with another identifier: it is missing, and it is found.
CALL public.tamper('UPDATE target.customer SET "ID" = 5000 WHERE "ID" = 12');
CALL public.put_back();
TABLE public.finding;

-- ---------------------------------------------------------------------------
-- Rows of others
-- ---------------------------------------------------------------------------
CREATE VIEW public.others AS SELECT entity, status, foreign_rows, foreign_changed, detail FROM osmeta.verify_plan('p') WHERE entity IN ('Customer', 'Tag') ORDER BY entity;
UPDATE target.customer SET "NOTE" = '' WHERE "NAME" = 'theirs 3';
TABLE public.others;
UPDATE target.customer SET "NOTE" = NULL WHERE "NAME" = 'theirs 3';
INSERT INTO target.customer ("NAME") VALUES ('new');
INSERT INTO target.tag ("ID") VALUES ('new');
TABLE public.others;
DELETE FROM target.customer WHERE "NAME" = 'theirs 4';
DELETE FROM target.tag WHERE "ID" = 'new';
INSERT INTO target.customer ("ID", "NAME") VALUES (15, 'between');
TABLE public.others;
DELETE FROM target.customer WHERE "NAME" IN ('new', 'between');
INSERT INTO target.customer ("ID", "NAME") VALUES (4, 'theirs 4');
TABLE public.others;
SELECT osmeta.drop_plan('p');
SELECT count(*) FROM osmeta.plan_baseline;

-- No baseline, if one does not want to pay for it.
CALL make.put_back();
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'], '{"baseline": "no"}');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']);
SELECT osmeta.set_plan_option('p', 'baseline', 'false');
SELECT options FROM osmeta.plan;
CALL osmeta.run_plan('p');
SELECT count(*) FROM osmeta.plan_baseline;
SELECT entity, rows_found = rows_expected AND checksum_equal AS is_equal, foreign_rows, foreign_changed FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');

-- Many that differ: the first ones are listed.  More attributes than a
-- function takes.
CALL make.put_back();
SET search_path = source;
INSERT INTO source.region ("ID", "NAME") SELECT i, 'many ' || i FROM generate_series(101, 200) i;
RESET search_path;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
CALL osmeta.run_plan('p');
DELETE FROM target.region WHERE "NAME" LIKE 'many 1%1';
UPDATE target.region SET "NAME" = 'other' WHERE "NAME" LIKE 'many 1%' AND "ID" % 2 = 0;
SELECT split_part(detail, '; the identity', 1) AS detail FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');

SET search_path = source;
SELECT make.espace('Wide'), make.entity('Wide.Row'), make.attribute('Wide.Row', 'Id', 'rtInteger', 'auto mandatory');
SELECT count(make.attribute('Wide.Row', 'A' || i, 'rtText(10)')) FROM generate_series(1, 200) i;
SELECT make.tables();
SET search_path = target;
SELECT make.espace('Wide'), make.entity('Wide.Row'), make.attribute('Wide.Row', 'Id', 'rtInteger', 'auto mandatory');
SELECT count(make.attribute('Wide.Row', 'A' || i, 'rtText(10)')) FROM generate_series(1, 200) i;
SELECT make.tables();
RESET search_path;
SELECT format('INSERT INTO %s ("ID", "A1", "A200") VALUES (1, ''x'', ''y'')', make.table_of('source', 'Row')) \gexec
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['src', 'tgt']) e;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Wide']);
CALL osmeta.run_plan('p');
SELECT checksum_equal FROM osmeta.verify_plan('p');
SELECT format('UPDATE %s SET "A200" = ''Y'', "A90" = ''''', make.table_of('target', 'Row')) \gexec
SELECT checksum_equal, substring(detail FROM '^[^;]*') AS detail FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p'), osmeta.detach('src'), osmeta.detach('tgt');
