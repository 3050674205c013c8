-- What a user edits in a plan before it runs: include, filters, transforms,
-- masks, offsets; and what is no such edit.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all
CREATE TABLE public.victim (id int);
CREATE VIEW public.customers AS
SELECT "NAME", "REGIONID", "AREAID", "KINDID", "COLORID", "MANAGERID", "CREATEDBY", left("NOTE", 12) AS note, "SINCE", "AMOUNT", "ISOPEN"
FROM target.customer WHERE "NAME" IS NULL OR "NAME" NOT LIKE 'theirs%' ORDER BY "ID";

-- No expression, and never executed
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']);
CREATE TEMP TABLE text_of (text text);
INSERT INTO text_of VALUES
	('true) OR (true'), ('1; DROP TABLE public.victim'), ('''unterminated'), ('"unterminated'), ('$$unterminated'),
	('true /* comment'), (''), (' '), ('-- nothing'), ('true, true'), ('*'), ('"Name" AS x'), ('true FROM pg_class'),
	('true WHERE true'), ('true ORDER BY 1'), ('true LIMIT 1'), ('true UNION SELECT true'), ('DISTINCT true'),
	('true) --'), ('(true'), ('true)'), ('SELECT true'), ('true INTO public.thief'), ('VALUES (true)'), (E'true\n; DROP TABLE public.victim'),
	('true FOR UPDATE'), ('true) UNION (SELECT true'), ('TABLE pg_class'), ('CASE'), (E'\\');
SELECT text, osmeta.expression_error(text) FROM text_of;
DO $$
DECLARE
	bad text;
BEGIN
	FOR bad IN SELECT text FROM text_of LOOP
		UPDATE osmeta.plan_entity SET filter = bad WHERE entity = 'Region';
		UPDATE osmeta.plan_attribute SET transform = bad WHERE attribute = 'Theme';
		UPDATE osmeta.plan_attribute SET mask = bad WHERE attribute = 'Note';
		IF (SELECT string_agg(code, ' ' ORDER BY code) FROM osmeta.plan_problem WHERE severity = 'error') <> 'invalid_filter invalid_mask invalid_transform' THEN
			RAISE WARNING '%: %', bad, (SELECT string_agg(code, ' ' ORDER BY code) FROM osmeta.plan_problem);
		END IF;
	END LOOP;
END
$$;
CALL osmeta.run_plan('p');
SELECT count(*) FROM public.victim;
SELECT count(*) FROM osmeta.plan_chunk;
UPDATE osmeta.plan_entity SET filter = NULL;
UPDATE osmeta.plan_attribute SET transform = 'copy' WHERE attribute = 'Theme';
UPDATE osmeta.plan_attribute SET mask = NULL;
SELECT * FROM osmeta.plan_problem;

-- An expression, of what is not there: found before anything has run
UPDATE osmeta.plan_entity SET filter = '"Nmae" <> ''''' WHERE entity = 'Region';
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_entity SET filter = 's.c1 > 0' WHERE entity = 'Region';
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_entity SET filter = '$1' WHERE entity = 'Region';
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_entity SET filter = 'count(*) > 0' WHERE entity = 'Region';
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_entity SET filter = '"Name"' WHERE entity = 'Region';
CALL osmeta.run_plan('p');
UPDATE osmeta.plan_entity SET filter = NULL;
UPDATE osmeta.plan_attribute SET transform = 'count(*)' WHERE attribute = 'Theme';
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;

-- Strategies that do not suit
UPDATE osmeta.plan_attribute SET transform = 'copy' WHERE attribute = 'Theme';
UPDATE osmeta.plan_entity SET key_strategy = CASE entity WHEN 'Region' THEN 'parent' WHEN 'Customer' THEN 'record' WHEN 'Detail' THEN 'keep'
	WHEN 'Extra' THEN 'offset' WHEN 'Tag' THEN 'offset' WHEN 'Kind' THEN 'user' WHEN 'User' THEN 'natural:Username' ELSE key_strategy END;
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
\set VERBOSITY terse
UPDATE osmeta.plan_entity SET key_strategy = 'guess' WHERE entity = 'Region';
\set VERBOSITY default
UPDATE osmeta.plan_attribute SET transform = CASE attribute WHEN 'Id' THEN 'copy' WHEN 'RegionId' THEN 'copy' WHEN 'Note' THEN 'remap' WHEN 'IsOpen' THEN 'key' ELSE transform END;
UPDATE osmeta.plan_attribute SET mask = 'null' WHERE attribute = 'AreaId';
SELECT code, object, message FROM osmeta.plan_problem WHERE code NOT LIKE '%strategy';
-- More values than rows: found in the pull, and nothing is at the target.
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']);
UPDATE osmeta.plan_attribute SET transform = 'generate_series(1, 2)' WHERE attribute = 'Theme';
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;
SELECT count(*) FROM target.profile;
-- The identifier cannot be left out.
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']);
UPDATE osmeta.plan_attribute SET include = false WHERE is_identifier;
SELECT code, object FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');

-- Edits that do suit
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'], '{"chunk_rows": 2}');
UPDATE osmeta.plan_entity SET include = false WHERE entity IN ('Extra', 'Tag', 'Profile');
UPDATE osmeta.plan_entity SET filter = '"Id" <> 8 AND ("Name" IS NULL OR "Name" <> ''a;b'') -- a comment' WHERE entity = 'Customer';
UPDATE osmeta.plan_entity SET filter = E'"Id" IN (1, 4)\n' WHERE entity = 'Detail';
UPDATE osmeta.plan_entity SET filter = '"Name" <> ''South'' /* it''s */' WHERE entity = 'Region';
UPDATE osmeta.plan_entity SET id_offset = 1000 WHERE entity = 'Region';
UPDATE osmeta.plan_attribute a SET transform = v.transform, mask = v.mask, include = v.include
FROM (VALUES ('Name', 'upper("Name") || '' of '' || COALESCE("RegionId"::text, ''nowhere'')', NULL, true),
	('Note', 'copy', 'constant:it''s "hidden"; --', true), ('Since', 'copy', 'null', true), ('Amount', '"Amount" - "Id" -- less', NULL, true),
	('IsOpen', 'copy', NULL, false), ('CreatedBy', 'null value', NULL, true), ('ColorId', 'remap', NULL, false), ('Photo', 'null value', NULL, true))
	v (attribute, transform, mask, include)
WHERE a.attribute = v.attribute AND a.entity_id = (SELECT entity_id FROM osmeta.plan_entity WHERE entity = 'Customer');
SELECT severity, code, object, message FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT * FROM public.customers;
SELECT "PHOTO" FROM target.customer WHERE "ID" > 9;
SELECT * FROM target.region WHERE "ID" > 7;
SELECT * FROM target.detail;
SELECT (SELECT count(*) FROM target.tag) AS tags, (SELECT count(*) FROM target.extra) AS extras;
-- What is masked does not rest here either.
SELECT count(*) FROM osmeta.plan_entity e CROSS JOIN LATERAL query_to_xml(format('SELECT * FROM p.e%s', e.entity_id), false, false, '') x
WHERE e.entity = 'Customer' AND x::text LIKE '%quoted%';
SELECT entity, rows_expected, rows_found, checksum_equal, dangling, status, nulled FROM osmeta.verify_plan('p');
-- A plan that has started is not edited any more.
UPDATE osmeta.plan_entity SET id_offset = 0;
UPDATE osmeta.plan_attribute SET transform = 'copy';
UPDATE osmeta.plan_attribute SET include = false;
DELETE FROM osmeta.plan_attribute;
DELETE FROM osmeta.plan_entity;
SELECT osmeta.set_plan_option('p', 'existing', 'append');
-- A capture that a plan needs stays.
SELECT osmeta.drop_capture(1);
SELECT osmeta.drop_capture(2);
SELECT osmeta.drop_plan('p');
SELECT osmeta.drop_capture(1);
CALL make.put_back();
SELECT osmeta.capture('src') > 0;

-- A child whose parent is filtered out
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']);
UPDATE osmeta.plan_entity SET filter = '"Id" < 4' WHERE entity = 'Customer';
SELECT severity, code, object, message FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.region WHERE "ID" > 7;
SELECT osmeta.drop_plan('p');

-- Two rows that would become one: users who map to the same one
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Profile'], '{"users": "fallback:zoe"}');
INSERT INTO source.profile VALUES (13, 'third');
UPDATE source."OSSYS_USER" SET "USERNAME" = 'nobody' WHERE "ID" = 11;
SELECT severity, code FROM osmeta.plan_problem;
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
DELETE FROM source.profile WHERE "ID" = 13;
-- A row that the target has already: the profile of ann stays as it is there,
-- or stops the run.
UPDATE source."OSSYS_USER" SET "USERNAME" = 'bob' WHERE "ID" = 11;
INSERT INTO target.profile VALUES (20, 'theirs');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Profile'], '{"existing_one_to_one": "fail"}');
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Profile']);
CALL osmeta.run_plan('p');
TABLE target.profile;
SELECT osmeta.drop_plan('p');
DELETE FROM target.profile;

-- Identifiers that are kept: free ones
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
UPDATE osmeta.plan_entity SET key_strategy = 'keep';
CALL osmeta.run_plan('p');
SELECT osmeta.drop_plan('p');
UPDATE source.region SET "ID" = 30000001 WHERE false;
INSERT INTO source.region VALUES (3000001, 'kept'), (3000002, 'kept, too');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
UPDATE osmeta.plan_entity SET key_strategy = 'keep', filter = '"Id" > 3000000';
CALL osmeta.run_plan('p');
SELECT * FROM target.region WHERE "ID" > 7;
SELECT status, detail FROM osmeta.verify_plan('p');
INSERT INTO target.region ("NAME") VALUES ('theirs, next') RETURNING "ID" > 3000002 AS is_free;
SELECT osmeta.drop_plan('p');
DELETE FROM source.region WHERE "ID" > 3000000;
CALL make.put_back();

-- Ranges of identifiers
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
UPDATE osmeta.plan_entity SET id_offset = -100;
SELECT code, message, hint FROM osmeta.plan_problem;
UPDATE osmeta.plan_entity SET id_offset = 9223372036854775807;
SELECT code, message, hint FROM osmeta.plan_problem;
UPDATE osmeta.plan_entity SET id_offset = 9223372036854775807 - 7;
SELECT code, message, hint FROM osmeta.plan_problem;
-- nothing would be left to the target
SELECT osmeta.set_plan_option('p', 'severity', '{"counter_exhausted": "note"}');
CALL osmeta.run_plan('p');
SELECT * FROM target.region WHERE "ID" > 7 AND "NAME" NOT LIKE 'theirs%';
SELECT status, detail FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
CALL make.put_back();
-- Nothing is free behind the highest identifier.
INSERT INTO target.region VALUES (9223372036854775807, 'theirs, last');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']);
SELECT code, message, hint FROM osmeta.plan_problem;
SELECT osmeta.drop_plan('p');
