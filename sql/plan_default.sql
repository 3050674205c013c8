-- Attributes that only the target has: the default of the model, the DEFAULT
-- of the column, or the null value.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT format('target.%I', c.relname) AS country FROM pg_class c
WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname LIKE '%Country' \gset
\o
\set ECHO all

-- Which texts are literals of their type?
SELECT l.type, l.column_type, l.definition, quote_nullable(osmeta.default_literal(l.definition, l.type, l.column_type)) AS value
FROM (VALUES
	(1, 'rtText', 'character varying(5)', '"Draft"'), (2, 'rtText', 'text', '"a ""b"" c"'), (3, 'rtText', 'text', '''it''''s'''),
	(4, 'rtText', 'character varying(5)', '"longer"'), (5, 'rtText', 'text', 'Draft'), (6, 'rtText', 'text', '"a" + "b"'),
	(7, 'rtText', 'character varying(20)', '''x::y)''::character varying(20)'), (8, 'rtText', 'text', '(N''abc'')'), (9, 'rtText', 'text', '""'),
	(10, 'rtText', 'integer', '"1"'), (11, 'rtEmail', 'character varying(250)', '"a@b.c"'), (12, 'rtText', 'text', 'CurrUser()'),
	(20, 'rtInteger', 'integer', ' 42 '), (21, 'rtInteger', 'integer', '-2147483648'), (22, 'rtInteger', 'integer', '2147483648'),
	(23, 'rtInteger', 'integer', '((7))'), (24, 'rtInteger', 'integer', '''-5''::integer'), (25, 'rtInteger', 'integer', '1.5'),
	(26, 'rtLongInteger', 'bigint', '9223372036854775807'), (27, 'rtInteger', 'smallint', '40000'), (28, 'rtInteger', 'integer', 'NullIdentifier()'),
	(29, 'rtInteger', 'integer', 'nextval(''x''::regclass)'), (30, 'rtInteger', 'text', '1'),
	(40, 'rtDecimal', 'numeric(5,2)', '12.50'), (41, 'rtDecimal', 'numeric(5,2)', '1234.5'), (42, 'rtDecimal', 'numeric(5,2)', '1.234'),
	(43, 'rtCurrency', 'numeric(37,8)', '(-1)::numeric'), (44, 'rtDecimal', 'numeric', '0.001'), (45, 'rtDecimal', 'numeric(4,0)', '12'),
	(50, 'rtBoolean', 'boolean', 'True'), (51, 'rtBoolean', 'boolean', 'false'), (52, 'rtBoolean', 'smallint', '((1))'), (53, 'rtBoolean', 'boolean', 'maybe'),
	(60, 'rtDate', 'timestamp(3) without time zone', '#2024-02-29#'), (61, 'rtDate', 'timestamp(3) without time zone', '#2023-02-29#'),
	(62, 'rtDateTime', 'timestamp(3) without time zone', '#2024-01-31 10:20:30#'), (63, 'rtTime', 'timestamp(3) without time zone', '#10:20:30#'),
	(64, 'rtDateTime', 'timestamp(3) without time zone', '''2024-01-31 10:20:30.125''::timestamp(3) without time zone'),
	(65, 'rtDate', 'timestamp(3) without time zone', 'CurrDate()'), (66, 'rtDate', 'timestamp(3) without time zone', '#0000-01-01#'), (67, 'rtDate', 'timestamp(3) without time zone', '#2024-13-01#'),
	(70, 'rtBinaryData', 'bytea', '"x"'), (71, 'rtNoType', 'text', '"x"'), (72, NULL, 'text', '"x"'), (73, 'rtText', NULL, '"x"'), (74, 'rtText', 'text', NULL)
	) l (no, type, column_type, definition) ORDER BY l.no;

-- Attributes of every kind, and a column that is none's
CREATE FUNCTION public.only_there(attribute text, type text, length integer, decimals integer, default_value text, declaration text, is_mandatory boolean DEFAULT false)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO target."OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER",
		"DELETE_RULE", "DEFAULT_LABEL", "DEFAULT_VALUE", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
	SELECT e."ID", attribute, md5(attribute)::uuid, type, length, decimals, is_mandatory, false, 'Ignore', '', default_value, true, 50, upper(attribute)
	FROM target."OSSYS_ENTITY" e WHERE e."NAME" = 'Country';
	EXECUTE format('ALTER TABLE %s ADD %I %s', (SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname LIKE '%Country'), upper(attribute), declaration);
END $$;
SELECT public.only_there('State', 'rtText', 20, 0, '"Draft"', 'varchar(20) DEFAULT ''of the column''', true),
	public.only_there('Grade', 'rtInteger', 0, 0, '3', 'integer'),
	public.only_there('IsNew', 'rtBoolean', 0, 0, 'True', 'boolean'),
	public.only_there('Rate', 'rtDecimal', 5, 2, '12.5', 'numeric(5,2)'),
	public.only_there('Since', 'rtDate', 0, 0, '#2024-01-31#', 'timestamp(3)'),
	public.only_there('Seen', 'rtDateTime', 0, 0, 'CurrDateTime()', 'timestamp(3)', true),
	public.only_there('Long', 'rtText', 5, 0, '"too long for it"', 'varchar(5)'),
	public.only_there('Level', 'rtInteger', 0, 0, '', 'integer DEFAULT 7'),
	public.only_there('Mark', 'rtText', 10, 0, '', 'varchar(10) DEFAULT ''m'''),
	public.only_there('Made', 'rtDateTime', 0, 0, '', 'timestamp(3) DEFAULT ''2020-01-01''::timestamp + interval ''1 day'''),
	public.only_there('Plain', 'rtText', 10, 0, '', 'varchar(10)'),
	public.only_there('Empty', 'rtText', 10, 0, '""', 'varchar(10)'),
	public.only_there('Nothing', 'rtText', 10, 0, '', 'varchar(10) DEFAULT NULL'),
	public.only_there('CityId', (SELECT 'bt' || s."SS_KEY" || '*' || e."SS_KEY" FROM target."OSSYS_ENTITY" e JOIN target."OSSYS_ESPACE" s ON s."ID" = e."ESPACE_ID" WHERE e."NAME" = 'City'),
		0, 0, 'NullIdentifier()', 'bigint DEFAULT 0');
ALTER TABLE :country ADD "LEFTOVER" integer NOT NULL DEFAULT 5;
SELECT osmeta.capture('tgt') > 0 AS captured;
SELECT table_name ~ 'Country' AS country, column_name, definition FROM tgt.live_physical_default
WHERE table_name = (SELECT c.relname FROM pg_class c WHERE c.oid = :'country'::regclass) ORDER BY column_name;
CREATE VIEW public.chosen AS
SELECT attribute, transform, target_default, transform_reason FROM osmeta.plan_attribute WHERE status = 'target only' ORDER BY attribute_no;
CREATE TABLE public.before AS SELECT to_jsonb(c) AS row FROM :country c;

SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
SELECT * FROM public.chosen;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT "NAME", "STATE", "GRADE", "ISNEW", "RATE", "SINCE", "SEEN", quote_nullable("LONG") AS long, "LEVEL", "MARK", "MADE",
	quote_nullable("PLAIN") AS plain, quote_nullable("EMPTY") AS empty, quote_nullable("NOTHING") AS nothing, "CITYID", "LEFTOVER"
FROM :country WHERE "NAME" LIKE 'country%' ORDER BY "NAME";
SELECT entity, rows_expected, rows_found, checksum_equal, status, detail FROM osmeta.verify_plan('p');
-- A default that has been changed there is found; what the target computes is
-- its own affair.
UPDATE :country SET "GRADE" = 4 WHERE "NAME" = 'country 1';
UPDATE :country SET "MADE" = '2000-01-01' WHERE "NAME" = 'country 2';
SELECT checksum_equal, status, detail FROM osmeta.verify_plan('p');
UPDATE :country SET "GRADE" = 3 WHERE "NAME" = 'country 1';
-- A later round
INSERT INTO source.country ("ID", "NAME") VALUES (5, 'country 5');
UPDATE source.country SET "NAME" = 'country one' WHERE "ID" = 1;
SELECT osmeta.set_plan_option('p', 'updates', 'true');
CALL osmeta.run_plan('p');
SELECT "NAME", "STATE", "GRADE", "MARK", "MADE" FROM :country WHERE "NAME" ~ '^country (one|5)' ORDER BY "NAME";
SELECT rows_found, checksum_equal, status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT count(*) FROM (TABLE public.before EXCEPT ALL SELECT to_jsonb(c) FROM :country c) b;
SELECT count(*) FROM (SELECT to_jsonb(c) FROM :country c EXCEPT ALL TABLE public.before) b;
SELECT osmeta.drop_plan('p');

-- What a user says goes first.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
UPDATE osmeta.plan_attribute SET transform = 'null value' WHERE attribute = 'State';
UPDATE osmeta.plan_attribute SET transform = '''x''' WHERE attribute = 'Mark';
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Grade';
UPDATE osmeta.plan_attribute SET transform = 'column default' WHERE attribute = 'Level';
UPDATE osmeta.plan_attribute SET transform = 'default' WHERE attribute IN ('Plain', 'Name');
UPDATE osmeta.plan_attribute SET mask = 'text' WHERE attribute = 'Rate';
SELECT code, object, message FROM osmeta.plan_problem WHERE severity = 'error';
SELECT code, object, message FROM osmeta.plan_problem WHERE code = 'mandatory_without_source';
UPDATE osmeta.plan_attribute SET transform = CASE attribute WHEN 'Name' THEN 'copy' ELSE 'null value' END WHERE attribute IN ('Plain', 'Name');
UPDATE osmeta.plan_attribute SET mask = NULL;
CALL osmeta.run_plan('p');
SELECT quote_nullable("STATE") AS state, "MARK", "GRADE", "LEVEL" FROM :country WHERE "NAME" = 'country 2';
SELECT status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- Behind a server: a column is never left out, so what is no literal is not
-- delivered.  A unique index over what all rows get alike is a problem.
UPDATE :country SET "STATE" = "NAME";
CREATE UNIQUE INDEX state_once ON :country ("STATE");
SELECT osmeta.attach('gate', 'loop', 'target', schema => 'live_gate');
SELECT osmeta.capture('gate') > 0 AS captured;
SELECT osmeta.create_plan('p', 'src', 'gate', ARRAY['entity:Trade.Country']) > 0 AS planned;
SELECT * FROM public.chosen;
SELECT severity, code, object FROM osmeta.plan_problem WHERE code <> 'counter_behind';
DROP INDEX target.state_once;
SELECT osmeta.refresh_plan('p');
UPDATE osmeta.plan_attribute SET transform = 'column default' WHERE attribute = 'Made';
SELECT severity, code, object, message FROM osmeta.plan_problem WHERE severity = 'error';
UPDATE osmeta.plan_attribute SET transform = 'null value' WHERE attribute = 'Made';
CALL osmeta.run_plan('p');
SELECT "STATE", "GRADE", "LEVEL", "MARK", "MADE", "CITYID", "LEFTOVER" FROM :country WHERE "NAME" = 'country 3';
SELECT checksum_equal, detail FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
-- an environment that an earlier version attached has no such view
DROP VIEW tgt.live_physical_default;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
SELECT * FROM public.chosen WHERE attribute IN ('State', 'Level', 'Made');
SELECT osmeta.drop_plan('p');
