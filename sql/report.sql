--
-- Pages about an environment and about two
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set make :abs_srcdir '/test/fixture/make.sql'
\set picture :abs_srcdir '/test/fixture/picture.sql'
\set schema :abs_srcdir '/demo/factory/schema.sql'
\o /dev/null
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
\i :make
\i :picture
CREATE SCHEMA factory;
SET search_path = factory;
\i :schema
SELECT make.picture();
CREATE TABLE "OSUSR_abc_Orphan" AS SELECT generate_series(1, 3) AS id;
ALTER TABLE "OSUSR_af9_Customer" ADD COLUMN "OLDCODE" integer NOT NULL;
INSERT INTO "OSSYS_ESPACE" ("NAME", "SS_KEY", "IS_ACTIVE") VALUES (NULL, gen_random_uuid()::text, true);
RESET search_path;
ANALYZE;
SELECT osmeta.attach('sh"op<i>', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.capture('sh"op<i>', '<script>document.title="x"</script>');
CREATE SCHEMA bare;
SET search_path = bare;
\i :schema
RESET search_path;
SELECT osmeta.attach('empty', remote_schema => 'bare', dialect => 'oracle');
SELECT osmeta.capture('empty');
UPDATE factory."OSSYS_ENTITY" SET "NAME" = 'Client', "PHYSICAL_TABLE_NAME" = 'OSUSR_abc_Client' WHERE "NAME" = 'Customer';
UPDATE factory."OSSYS_ENTITY_ATTR" SET "DATABASE_NAME" = 'SUM_<b>' WHERE "NAME" = 'Total';
SELECT osmeta.capture('sh"op<i>');
DELETE FROM osmeta.captured_physical_table WHERE capture_id = 3;
\o
\set ECHO all
\pset format unaligned
\pset tuples_only on

-- a page as text: tags gone, a line for each cell
CREATE FUNCTION lines(page text) RETURNS TABLE (n bigint, line text) LANGUAGE sql AS $$
	SELECT l.n, btrim(replace(replace(replace(replace(l.line, '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&amp;', '&'))
	FROM regexp_split_to_table(regexp_replace(page, '.*<body>', ''), '<[^>]*>') WITH ORDINALITY AS l (line, n)
	WHERE btrim(l.line, E' \n') <> ''
$$;
-- and a section of it
CREATE FUNCTION section(page text, id text) RETURNS text LANGUAGE sql AS $$
	SELECT substring(page FROM format('<section id="%s".*?</section>', id))
$$;
-- sizes and times are another every day
CREATE FUNCTION steady(line text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(line, '[0-9.]+ (B|kB|MB)$', 'SIZE'), '[0-9-]{10} [0-9:]{5} UTC', 'TIME', 'g')
$$;
SELECT osmeta.report('sh"op<i>@1') AS one, osmeta.report('sh"op<i>@1', 'sh"op<i>@3') AS two, osmeta.report('empty') AS empty \gset

-- the head: title, language, encoding, window; no element but those meant
SELECT substring(:'one' FROM '<!DOCTYPE.*?<style>');
SELECT DISTINCT m[1] FROM regexp_matches(:'one' || :'two' || :'empty', '<([a-zA-Z!]+)', 'g') AS m ORDER BY 1;
SELECT :'one' ~* 'https?://(?!www.w3.org/2000/svg)|javascript:|\son[a-z]+="|url\((?!#)|@import|<link|<base', :'one' LIKE '%&lt;script&gt;document.title=&quot;x&quot;&lt;/script&gt;%', :'one' LIKE '%\\u202e%' OR :'one' NOT LIKE '%' || chr(8238) || '%';
SELECT string_agg(steady(line), '|' ORDER BY n) FROM lines(split_part(split_part(:'one', '<header>', 2), '</header>', 1));
SELECT string_agg(m[1], ' ') FROM regexp_matches(:'one', '<h([1-6])', 'g') AS m;
-- each entry of the contents leads somewhere
SELECT count(*), count(*) FILTER (WHERE :'one' LIKE '%id="' || m[1] || '"%') FROM regexp_matches(:'one', 'href="#([a-z]+)"', 'g') AS m;

-- what the sections say
SELECT section, string_agg(steady(line), '|' ORDER BY n)
FROM unnest(ARRAY['inventory', 'problems', 'leftovers', 'names', 'clones']) AS s (section), lines(section(:'one', section)) GROUP BY 1 ORDER BY 1;
SELECT line FROM lines(section(:'one', 'dependencies')) WHERE line !~ '^\d+$' ORDER BY n;
SELECT count(*) > 5, bool_or(line = 'OSUSR_abc_Orphan'), bool_or(line = 'tables of the platform') FROM lines(section(:'one', 'sizes'));

-- two captures; the second without tables of the database
SELECT section, string_agg(steady(line), '|' ORDER BY n)
FROM unnest(ARRAY['matches', 'differences', 'names']) AS s (section), lines(section(:'two', section)) GROUP BY 1 ORDER BY 1;
SELECT string_agg(steady(line), '|' ORDER BY n) FROM lines(split_part(split_part(:'two', '<header>', 2), '</header>', 1));
SELECT string_agg(steady(line), '|' ORDER BY n) FROM lines(section(:'two', 'inventory'));

-- nothing at all
SELECT string_agg(steady(line), '|' ORDER BY n) FROM lines(split_part(:'empty', '<body>', 2));
SELECT section, string_agg(steady(line), '|' ORDER BY n)
FROM unnest(ARRAY['matches', 'differences', 'names']) AS s (section), lines(section(osmeta.report('empty', 'empty@2'), section)) GROUP BY 1 ORDER BY 1;

-- sizes that nobody may see are not those of a database without statistics
UPDATE osmeta.capture SET unreadable = '[{"part": "physical_size", "message": "no rights"}]' WHERE capture_id = 2;
SELECT line FROM lines(section(osmeta.report('empty'), 'sizes'));
UPDATE osmeta.capture SET unreadable = '[]' WHERE capture_id = 2;

-- modules with one key are among the problems
INSERT INTO osmeta.captured_espace (capture_id, id, name, ss_key, is_active)
SELECT 2, 201 + i, name, md5(name)::uuid, true FROM unnest(ARRAY['BBBB', 'BBAa']) WITH ORDINALITY AS n (name, i);
SELECT line FROM lines(section(osmeta.report('empty'), 'problems')) WHERE line ~ 'shared_module_key|BBBB' ORDER BY n;

-- few modules stand in layers: each link from left to right but for one that
-- closes the circle; a link across two columns passes by what is between
INSERT INTO osmeta.captured_espace (capture_id, id, name, ss_key, is_active)
SELECT 2, i, 'M' || i, md5(i::text)::uuid, true FROM generate_series(1, 5) AS i;
INSERT INTO osmeta.captured_espace_reference (capture_id, consumer_id, producer_id)
VALUES (2, 1, 2), (2, 2, 3), (2, 1, 3), (2, 3, 4), (2, 4, 2), (2, 5, 4);
SELECT count(*) FILTER (WHERE m[1] = ''), count(*) FILTER (WHERE m[1] = ' back'), bool_and(m[1] <> '' OR m[3]::int > m[2]::int)
FROM regexp_matches(osmeta.report('empty'), '<path class="edge([a-z ]*)"[^>]* d="M(\d+) [^"]* (\d+) \d+"', 'g') AS m;
SELECT string_agg(DISTINCT m[1], ' ' ORDER BY m[1]) AS columns, count(*), count(DISTINCT m[1] || ' ' || m[2]) AS apart
FROM regexp_matches(osmeta.report('empty'), '<rect class="node" x="(\d+)" y="(\d+)"', 'g') AS m;
-- many in a table, the most connected of them, no more than have room
INSERT INTO osmeta.captured_espace (capture_id, id, name, ss_key, is_active)
SELECT 2, i, 'M' || i, md5(i::text)::uuid, true FROM generate_series(6, 100) AS i;
INSERT INTO osmeta.captured_espace_reference (capture_id, consumer_id, producer_id)
SELECT 2, i, j FROM generate_series(6, 100) AS i, generate_series(1, 5) AS j WHERE i % 5 <> j;
SELECT line FROM lines(section(osmeta.report('empty'), 'dependencies')) WHERE line ~ 'most connected';
SELECT count(*) FILTER (WHERE m[1] = ''), count(*) FILTER (WHERE m[1] = ' back'), max(m[2]::int)
FROM regexp_matches(osmeta.report('empty'), '<rect class="cell([a-z ]*)" x="(\d+)"', 'g') AS m;

-- which needs a window of its width, as is said where that is not so
SELECT m[1] FROM regexp_matches(osmeta.report('empty'), '<span class="(hint[a-z ]*)">', 'g') AS m;

-- more rows than are shown are counted
INSERT INTO osmeta.captured_entity (capture_id, id, name, espace_id, physical_table_name, is_active, ss_key)
SELECT 1, 10000 + i, 'X' || i, (SELECT id FROM osmeta.captured_espace WHERE capture_id = 1 AND name = 'Crew'), 'OSUSR_zzz_X' || i, i <= 60, gen_random_uuid()::text FROM generate_series(1, 1060) AS i;
SELECT line FROM lines(osmeta.report('sh"op<i>@1')) WHERE line ~ 'more; all of them' ORDER BY n;

-- numbers look the same in every locale, and so does the page under any setting
SET lc_numeric = 'C';
SET DateStyle = 'German';
SET search_path = '';
SELECT public.steady(osmeta.report('empty')) = public.steady(:'empty');
RESET search_path;

-- errors
SELECT osmeta.report(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.report('empty', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.report('nobody');
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.report('empty@x');
\echo :LAST_ERROR_SQLSTATE
SELECT osmeta.report('empty@99', 'empty');
\echo :LAST_ERROR_SQLSTATE
