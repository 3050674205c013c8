-- Constraints at the target that the model knows nothing of: problems of the
-- plan, and rows that do not meet them are found before the first is written.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
\o
\set ECHO all
CREATE VIEW public.constraints AS
SELECT severity, code, object, message FROM osmeta.plan_problem WHERE code IN ('check_constraint', 'foreign_key_outside') ORDER BY object, message;
CREATE FUNCTION public.add_to(entity text, change text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE (SELECT format('ALTER TABLE target.%I %s', c.relname, change) FROM pg_class c
		WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname LIKE '%\_' || entity);
END $$;
CREATE FUNCTION public.is_short(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT char_length(value) < 100';
CREATE TABLE public.before AS SELECT 'client' AS entity, to_jsonb(c) AS row FROM target.client c UNION ALL SELECT 'country', to_jsonb(c) FROM target.country c;
CREATE VIEW public.strange AS
SELECT 'client' AS entity, to_jsonb(c) AS row FROM target.client c UNION ALL SELECT 'country', to_jsonb(c) FROM target.country c EXCEPT ALL TABLE public.before;

-- One of each kind; what a row has only at first (Category.ParentId is set in
-- the second step); a column that nobody fills.
CREATE DOMAIN public.named AS varchar(50) CONSTRAINT no_x CHECK (VALUE NOT LIKE '%x%');
SELECT public.add_to('Country', 'ADD CONSTRAINT known CHECK ("NAME" <> ''country 3'' AND public.is_short("NAME"))'),
	public.add_to('Country', 'ADD "LEFTOVER" integer, ADD "FILLED" integer DEFAULT 1'),
	public.add_to('Country', 'ADD CONSTRAINT leftover CHECK ("LEFTOVER" IS NULL OR "ID" > 0)'),
	public.add_to('Client', 'ADD CONSTRAINT city CHECK ("CITYID" IS NOT NULL AND "REFERRERID" IS DISTINCT FROM "ID") NOT VALID'),
	public.add_to('Category', 'ADD CONSTRAINT tree CHECK ("PARENTID" IS NOT NULL OR "NAME" = ''category 1'')'),
	public.add_to('Line', 'ADD CONSTRAINT once EXCLUDE USING btree ("NUMBER" WITH =)');
SELECT table_name ~ 'Country$' AS country, constraint_name, column_name, kind, definition FROM tgt.live_physical_check ORDER BY constraint_name;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*']) > 0 AS planned;
SELECT * FROM public.constraints;
CALL osmeta.run_plan('p');
SELECT * FROM public.strange;
SELECT phase FROM osmeta.plan;
-- The left-over goes, the plan goes on.
SELECT public.add_to('Country', 'DROP CONSTRAINT known');
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT public.add_to('Category', 'DROP CONSTRAINT tree');
SELECT osmeta.refresh_plan('p');
SELECT count(*) FROM public.constraints;
CALL osmeta.run_plan('p');
SELECT DISTINCT status FROM osmeta.verify_plan('p');
-- One that comes later
SELECT public.add_to('Country', 'ADD CONSTRAINT late CHECK ("NAME" <> ''country 5'')');
INSERT INTO source.country ("ID", "NAME") VALUES (5, 'country 5');
CALL osmeta.run_plan('p');
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.country WHERE "NAME" = 'country 5';
SELECT phase, round FROM osmeta.plan;
SELECT public.add_to('Country', 'DROP CONSTRAINT late');
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.country WHERE "NAME" = 'country 5';
CALL osmeta.undo_plan('p');
SELECT * FROM public.strange;
SELECT osmeta.drop_plan('p');

-- The type of a column; severity note: not looked at, and the target refuses
SELECT public.add_to('Client', 'DROP CONSTRAINT city'), public.add_to('Line', 'DROP CONSTRAINT once');
DROP VIEW target.country CASCADE;
SELECT public.add_to('Country', 'ALTER "NAME" TYPE public.named');
UPDATE source.country SET "NAME" = 'x-land' WHERE "ID" = 2;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
SELECT * FROM public.constraints;
CALL osmeta.run_plan('p');
SELECT osmeta.set_plan_option('p', 'severity', '{"check_constraint": "note"}');
SELECT severity, code FROM public.constraints;
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT osmeta.drop_plan('p');
SELECT public.add_to('Country', 'ALTER "NAME" TYPE varchar(50)');

-- What cannot be evaluated is said: it needs a column that the target fills.
SELECT public.add_to('Country', 'ADD CONSTRAINT unknown CHECK ("FILLED" = 1 OR "NAME" = ''a'')');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Trade.Country']) > 0 AS planned;
CALL osmeta.run_plan('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
SELECT public.add_to('Country', 'DROP CONSTRAINT unknown');

-- Behind a server: only what PostgreSQL brings along is called here.
SELECT public.add_to('Country', 'ADD CONSTRAINT foreign_function CHECK (public.is_short("NAME"))'),
	public.add_to('Country', 'ADD CONSTRAINT known CHECK (char_length("NAME") > 6)');
SELECT osmeta.attach('gate', 'loop', 'target', schema => 'live_gate');
SELECT osmeta.capture('gate') > 0 AS captured;
SELECT table_name ~ 'Country$' AS country, constraint_name, column_name, kind, definition FROM live_gate.live_physical_check ORDER BY constraint_name;
SELECT osmeta.create_plan('p', 'src', 'gate', ARRAY['entity:Trade.Country']) > 0 AS planned;
SELECT * FROM public.constraints;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
-- an expression that comes from there runs nothing here
SELECT public.add_to('Country', 'DROP CONSTRAINT foreign_function'), public.add_to('Country', 'DROP CONSTRAINT known');
DROP VIEW live_gate.live_physical_check;
CREATE VIEW live_gate.live_physical_check AS
SELECT 0::bigint AS capture_id, 1::bigint AS table_id, c.relname::text AS table_name, v.name AS constraint_name, NULL::text AS column_name, 'check'::text AS kind, v.definition
FROM pg_class c, (VALUES ('a', 'CHECK (pg_catalog.pg_sleep(1000) IS NULL)'), ('b', 'CHECK (true) OR (SELECT true FROM pg_catalog.pg_class LIMIT 1)'),
	('c', 'CHECK (true)) v; DROP TABLE public.before; SELECT (true)'), ('d', 'CHECK ((SELECT count(*) FROM pg_catalog.pg_authid) > 0)'),
	('e', 'CHECK (pg_catalog.set_config(''osmeta.capture'', ''1'', false) = ''1'')')) v (name, definition)
WHERE c.relname LIKE '%\_Country' AND c.relnamespace = 'target'::regnamespace;
SELECT osmeta.create_plan('p', 'src', 'gate', ARRAY['entity:Trade.Country']) > 0 AS planned;
CALL osmeta.run_plan('p');
SELECT count(*) > 0 AS still_there FROM public.before;
SELECT checksum_equal FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');

-- A foreign key that an earlier version left behind leads to a table of its
-- own, or to one that the plan fills; it may be over several columns.
SELECT public.add_to('Country', 'DROP CONSTRAINT leftover');
CREATE TABLE target.old_city ("ID" bigint PRIMARY KEY, "OTHER" bigint, UNIQUE ("ID", "OTHER"));
SELECT public.add_to('Client', 'ADD CONSTRAINT old FOREIGN KEY ("CITYID") REFERENCES target.old_city'),
	public.add_to('Line', 'ADD CONSTRAINT pair FOREIGN KEY ("PURCHASEID", "PRODUCTID") REFERENCES target.old_city ("ID", "OTHER")'),
	public.add_to('Country', 'ADD "OLDID" bigint DEFAULT 0, ADD CONSTRAINT filled FOREIGN KEY ("OLDID") REFERENCES target.old_city NOT VALID'),
	public.add_to('City', 'ADD "OLDID" bigint REFERENCES target.old_city');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*']) > 0 AS planned;
SELECT * FROM public.constraints;
SELECT public.add_to('Line', 'DROP CONSTRAINT pair'), public.add_to('Country', 'DROP CONSTRAINT filled');
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;
SELECT count(*) FROM target.city;
-- The rows are there now.
INSERT INTO target.old_city ("ID") SELECT DISTINCT osmeta.map_id('p', 'Trade.City', "CITYID"::text)::bigint FROM source.client WHERE osmeta.map_id('p', 'Trade.City', "CITYID"::text) IS NOT NULL;
CALL osmeta.run_plan('p');
SELECT DISTINCT status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
