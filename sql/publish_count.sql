--
-- publish_impact: what is counted is never less than what the engine refuses
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set core :abs_srcdir '/test/fixture/core.sql'
CREATE SCHEMA old_factory;
CREATE SCHEMA new_factory;
\set ECHO none
SET search_path = old_factory;
\i :core
ALTER TABLE ossys_entity_attr ADD is_autonumber boolean, ADD order_num int, ADD decimals int;
SET search_path = new_factory;
\i :core
ALTER TABLE ossys_entity_attr ADD is_autonumber boolean, ADD order_num int, ADD decimals int;
\set ECHO all
CREATE FUNCTION public.entity(int, text, espace int DEFAULT 1, identifier text DEFAULT 'id')
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO ossys_entity (id, name, espace_id, ss_key, physical_table_name, primarykey_ss_key) VALUES ($1, $2, $3, lower($2), 'OSUSR_x_' || $2, $4);
$$;
CREATE FUNCTION public.attribute(int, text, text, text, int DEFAULT 0, decimals int DEFAULT 0, auto boolean DEFAULT false, rule text DEFAULT 'Protect', active boolean DEFAULT true)
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, length, decimals, is_autonumber, delete_rule, is_active, order_num)
SELECT count(*) + 1, $1, $3, $2, $4, $5, $6, $7, $8, $9, count(*) + 1 FROM ossys_entity_attr;
$$;
-- ----- the old model ---------------------------------------------------------
SET search_path = old_factory, public;
INSERT INTO ossys_espace VALUES (1, 'Shop', 'p'), (2, 'Other', 'o');
SELECT entity(1, 'T'), attribute(1, 'id', 'Id', 'rtInteger'), attribute(1, 'day', 'Day', 'rtText', 50), attribute(1, 'emoji', 'Emoji', 'rtText', 100), attribute(1, 'flag', 'Flag', 'rtText', 10), attribute(1, 'dec', 'Dec', 'rtDecimal', 10, 2), attribute(1, 'cur', 'Cur', 'rtCurrency'), attribute(1, 'long', 'Long', 'rtLongInteger'), attribute(1, 'lob', 'Lob', 'rtText', 3000), attribute(1, 'email', 'Email', 'rtEmail'), attribute(1, 'left', 'Lft', 'rtText', 50, active => false), attribute(1, 'city', 'City', 'rtText', 50), attribute(1, 'swap', 'Swap', 'rtText', 50);
SELECT entity(2, 'P'), attribute(2, 'id', 'Id', 'rtText', 20);
SELECT entity(3, 'C'), attribute(3, 'id', 'Id', 'rtInteger'), attribute(3, 'p', 'PId', 'btp*p', rule => 'Ignore'), attribute(3, 'n', 'NId', 'rtText', 20), attribute(3, 'm', 'MId', 'btp*moved'), attribute(3, 'r', 'Ref', 'btp*t');
SELECT entity(4, 'Moved'), attribute(4, 'id', 'Id', 'rtInteger');
SELECT entity(5, 'Missing'), attribute(5, 'id', 'Id', 'rtInteger'), entity(6, 'NoName'), attribute(6, 'id', 'Id', 'rtInteger');
UPDATE ossys_entity SET physical_table_name = NULL WHERE id = 6;
CREATE TABLE "OSUSR_x_T" ("ID" int CONSTRAINT "OSPRK_OSUSR_x_T" PRIMARY KEY, "DAY" varchar(50), "EMOJI" varchar(100), "FLAG" varchar(10), "DEC" numeric(10, 2), "CUR" numeric(37, 8), "LONG" bigint, "LOB" text, "EMAIL" varchar(250), "LFT" varchar(50), "CITY" varchar(50), "SWAP" varchar(50));
INSERT INTO "OSUSR_x_T" VALUES
	(1, '2020-02-30', repeat(U&'\+01F600', 20), 't', 1.25, 1.5, 2, 'x', 'e', '01', 'Lisboa', 'a'),
	(2, '2020-02-29', repeat('x', 35), '1', 1, 1, 0, 'x', 'e', '2', 'LISBOA', 'b'),
	(3, '2019-02-29 10:00', repeat('x', 30), 'no', 2, 2, 1, 'x', 'e', '9', 'Porto', 'c'),
	(4, '1700-12-31', 'x', 'true', 2, 2, 1, 'x', 'e', NULL, 'Porto ', 'd');
CREATE TABLE "OSUSR_x_P" ("ID" varchar(20) CONSTRAINT "OSPRK_OSUSR_x_P" PRIMARY KEY);
INSERT INTO "OSUSR_x_P" VALUES ('abc');
CREATE TABLE "OSUSR_x_Moved" ("ID" int CONSTRAINT "OSPRK_OSUSR_x_Moved" PRIMARY KEY);
INSERT INTO "OSUSR_x_Moved" VALUES (1);
CREATE TABLE "OSUSR_x_C" ("ID" int CONSTRAINT "OSPRK_OSUSR_x_C" PRIMARY KEY, "PID" varchar(20), "NID" varchar(20), "MID" int CONSTRAINT moved REFERENCES "OSUSR_x_Moved", "REF" int CONSTRAINT ref REFERENCES "OSUSR_x_T");
INSERT INTO "OSUSR_x_C" VALUES (1, 'ABC', '1', 1, 1), (2, 'abc ', '02', 1, 1), (3, 'abc', '7', NULL, 1), (4, 'abd', '', NULL, 1);
ANALYZE;
-- ----- the new model ---------------------------------------------------------
SET search_path = new_factory, public;
INSERT INTO ossys_espace VALUES (1, 'Shop', 'p'), (2, 'Other', 'o');
SELECT entity(1, 'T'), attribute(1, 'id', 'Id', 'rtInteger'), attribute(1, 'day', 'Day', 'rtDateTime'), attribute(1, 'emoji', 'Emoji', 'rtText', 30), attribute(1, 'flag', 'Flag', 'rtBoolean'), attribute(1, 'dec', 'Dec', 'rtInteger'), attribute(1, 'cur', 'Cur', 'rtLongInteger'), attribute(1, 'long', 'Long', 'rtBoolean'), attribute(1, 'lob', 'Lob', 'rtEmail'), attribute(1, 'email', 'Email', 'rtText', 3000), attribute(1, 'left2', 'Lft', 'btp*t'), attribute(1, 'city', 'City', 'rtText', 50), attribute(1, 'other', 'Swap', 'rtText', 50);
SELECT entity(2, 'P'), attribute(2, 'id', 'Id', 'rtText', 20);
SELECT entity(3, 'C'), attribute(3, 'id', 'Id', 'rtInteger'), attribute(3, 'p', 'PId', 'btp*p'), attribute(3, 'n', 'NId', 'btp*t'), attribute(3, 'm', 'MId', 'bto*moved'), attribute(3, 'r', 'Ref', 'rtText', 5);
SELECT entity(4, 'Moved', 2), attribute(4, 'id', 'Id', 'rtInteger'), attribute(4, ' ', 'Unkeyed', 'rtInteger');
SELECT entity(5, 'Missing'), attribute(5, 'id', 'Id', 'rtInteger'), attribute(5, 'new', 'New', 'rtText', 5), entity(6, 'NoName'), attribute(6, 'id', 'Id', 'rtInteger'), attribute(6, 'new', 'New', 'rtText', 5);
CREATE TABLE "OSUSR_x_T" ("ID" int PRIMARY KEY, "CITY" varchar(50));
CREATE UNIQUE INDEX city ON "OSUSR_x_T" ("CITY");
RESET search_path;
SELECT osmeta.attach('old', remote_schema => 'old_factory'), osmeta.attach('new', remote_schema => 'new_factory');
SELECT osmeta.capture('old') < osmeta.capture('new') AS captured;
\pset format unaligned
SELECT severity, object, change, offenders, offender_query FROM osmeta.publish_impact('old', 'new', count_offenders => true) WHERE offender_query IS NOT NULL;
-- the other engines: texts without case, in units of two bytes, from 1753;
-- numbers of some digits, and texts that become no LOB
SELECT severity, object, change, offenders, offender_query FROM osmeta.publish_impact('old', 'new', 'sqlserver', true) WHERE offender_query IS NOT NULL;
SELECT severity, object, change, offenders, message FROM osmeta.publish_impact('old', 'new', 'oracle', true) WHERE offender_query IS NOT NULL OR severity = 'error';
-- a left-over text re-added as a long one
UPDATE new_factory.ossys_entity_attr SET type = 'rtText', length = 3000 WHERE ss_key = 'left2';
SELECT osmeta.capture('new') IS NOT NULL AS captured;
SELECT severity, object, change, message FROM osmeta.publish_impact('old', 'new', 'oracle') WHERE change = 'column taken over';
-- what is said of the rest
SELECT object, change, severity, statement, message FROM osmeta.publish_impact('old', 'new') WHERE object ~ 'Missing|NoName|Moved|Swap|Ref';
-- each query runs where it is said to run, and counts the same
CREATE FUNCTION public.count_rows(query text)
RETURNS bigint
LANGUAGE plpgsql STRICT
SET search_path = old_factory
AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE query INTO n;
	RETURN n;
END
$$;
SELECT object, change, offenders, public.count_rows(offender_query) FROM osmeta.publish_impact('old', 'new', count_offenders => true) WHERE public.count_rows(offender_query) IS DISTINCT FROM offenders;
