-- Every value arrives as it is, and every identifier is mapped: from and to
-- factories in this database and behind a foreign server.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
\o
\set ECHO all
SET client_min_messages = warning;
-- The factories are reached in both ways.
SELECT osmeta.attach('local_source', remote_schema => 'source'),
	osmeta.attach('local_target', remote_schema => 'target'),
	osmeta.attach('far_source', 'loop', 'source'),
	osmeta.attach('far_target', 'loop', 'target');
SELECT count(osmeta.capture(e)) FROM unnest(ARRAY['local_source', 'local_target', 'far_source', 'far_target']) e;

SELECT osmeta.create_plan('near', 'local_source', 'local_target', ARRAY['espace:Shop']);
SELECT entity, is_data, key_strategy, key_reason, source_table, target_table, level, lower_id, upper_id, id_offset, rows_expected
FROM osmeta.plan_entity ORDER BY entity_id;
SELECT e.entity, a.attribute_no AS no, a.attribute, a.source_type, a.target_type, a.status, a.transform, a.is_deferred
FROM osmeta.plan_attribute a JOIN osmeta.plan_entity e USING (plan_id, entity_id)
ORDER BY e.entity_id, a.attribute_no;
SELECT * FROM osmeta.plan_problem;

-- Before the run plan_key has what is matched, and nothing is verified.
SELECT e.entity, k.source_id, k.target_id
FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key
ORDER BY e.entity_id, k.source_id COLLATE "C";
SELECT * FROM osmeta.plan_progress;
SELECT * FROM osmeta.verify_plan('near');

CALL osmeta.run_plan('near');
SELECT * FROM osmeta.verify_plan('near');
SELECT plan, phase, espace, entity, chunks_done, chunks, rows_done, rows_expected, pg_typeof(rows_per_second), eta
FROM osmeta.plan_progress;

-- Row by row.  Identifiers 1 to 9 of the source mean other rows at the target.
SELECT * FROM target.region WHERE "NAME" NOT LIKE 'theirs%' ORDER BY 1;
SELECT "ID", "NAME", quote_nullable("NAME") AS quoted, "REGIONID", "AREAID", "KINDID", "COLORID", "MANAGERID", "CREATEDBY"
FROM target.customer WHERE "NAME" IS NULL OR "NAME" NOT LIKE 'theirs%' ORDER BY 1;
SELECT "ID", length("NOTE") AS length, md5("NOTE") = md5((SELECT s."NOTE" FROM source.customer s WHERE s."ID" = t."ID" - 9)) AS same,
	"SINCE", length("PHOTO") AS bytes, left("PHOTO"::text, 16) AS photo, "AMOUNT", "ISOPEN"
FROM target.customer t WHERE "ID" > 9 ORDER BY 1;
SELECT * FROM target.detail ORDER BY 1;
SELECT * FROM target.extra ORDER BY 1;
SELECT p."ID", u."USERNAME", p."THEME" FROM target.profile p JOIN target."OSSYS_USER" u USING ("ID") ORDER BY 1;
SELECT quote_literal("ID") AS id, "CUSTOMERID", quote_nullable("PARENTID") AS parent FROM target.tag ORDER BY 1;
-- What the source and the target had is as it was.
SELECT count(*), sum("ID") FROM source.customer;
SELECT count(*), count("REGIONID") FROM target.customer WHERE "NAME" LIKE 'theirs%';

SELECT e.entity, k.source_id, k.target_id
FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key
WHERE k.plan = 'near' AND e.plan_id = 1
ORDER BY e.entity_id, k.source_id COLLATE "C", k.target_id;

-- The stage, under the logical names, shows what is delivered.
SELECT "Id", "Name", "RegionId", "AreaId", "KindId", "ColorId", "ManagerId", "CreatedBy" FROM near."Customer" ORDER BY 1;
-- The counters have been moved: the next row of the factory gets a free id.
INSERT INTO target.region ("NAME") VALUES ('next') RETURNING "ID" > 27 AS is_free;
-- Done is done.
SET client_min_messages = notice;
CALL osmeta.run_plan('near');
SET client_min_messages = warning;
SELECT count(*) FROM target.customer;

-- The same through the foreign server: one side, the other, both.  The target
-- is put back before; make.wrong lists what then differs, by meaning.
TABLE make.wrong;
CALL make.put_back();

SELECT osmeta.create_plan('near_far', 'local_source', 'far_target', ARRAY['espace:Shop']);
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
CALL osmeta.run_plan('near_far');
TABLE make.wrong;
-- postgres_fdw cannot move the counters.
SELECT entity, rows_expected, rows_found, checksum_equal, dangling, status, nulled, detail FROM osmeta.verify_plan('near_far');
SELECT substring(detail FROM 'SELECT.*') AS statement FROM osmeta.verify_plan('near_far') WHERE status <> 'ok'
\gexec
SELECT DISTINCT status, detail FROM osmeta.verify_plan('near_far');
INSERT INTO target.customer ("NAME") VALUES ('theirs too') RETURNING "ID" > (SELECT max("Id") FROM near_far."Customer") AS is_free;
CALL make.put_back();

SELECT osmeta.create_plan('far_near', 'far_source', 'local_target', ARRAY['espace:Shop'], '{"chunk_rows": 2}');
SELECT * FROM osmeta.plan_problem;
CALL osmeta.run_plan('far_near');
TABLE make.wrong;
SELECT DISTINCT status, detail FROM osmeta.verify_plan('far_near');
SELECT phase, entity, chunks_done, chunks, rows_done, rows_expected FROM osmeta.plan_progress WHERE plan = 'far_near';
CALL make.put_back();

SELECT osmeta.create_plan('far', 'far_source', 'far_target', ARRAY['espace:Shop'], '{"chunk_rows": 1}');
CALL osmeta.run_plan('far');
TABLE make.wrong;
SELECT entity, rows_expected, rows_found, checksum_equal, dangling, nulled FROM osmeta.verify_plan('far');
CALL make.put_back();

-- Many at once to the server
ALTER SERVER loop OPTIONS (ADD batch_size '100', ADD fetch_size '2');
SELECT osmeta.create_plan('batches', 'far_source', 'far_target', ARRAY['espace:Shop']);
CALL osmeta.run_plan('batches');
TABLE make.wrong;
CALL make.put_back();

-- Settings of the session change nothing.
SET datestyle = 'German';
SET timezone = 'Asia/Kathmandu';
SET intervalstyle = 'sql_standard';
SET bytea_output = 'escape';
SET standard_conforming_strings = off;
SET escape_string_warning = off;
SET backslash_quote = on;
SET extra_float_digits = -15;
SET synchronous_commit = off;
SET xmloption = document;
SET array_nulls = off;
SET transform_null_equals = on;
SET search_path = target, source, make;
SELECT osmeta.create_plan('settings', 'far_source', 'far_target', ARRAY['espace:Shop']);
SET default_transaction_isolation = 'repeatable read';
CALL osmeta.run_plan('settings');
SET default_transaction_isolation = 'read committed';
CALL osmeta.run_plan('settings');
SELECT entity, rows_expected, rows_found, checksum_equal, dangling, nulled FROM osmeta.verify_plan('settings');
SHOW datestyle;
SHOW search_path;
RESET ALL;
TABLE make.wrong;
SELECT entity, rows_expected, rows_found, checksum_equal, dangling, nulled FROM osmeta.verify_plan('settings');

-- Everything that plans made is gone with them; what they delivered stays.
SELECT osmeta.drop_plan('settings');
SET client_min_messages = warning;
SELECT osmeta.drop_plan(plan) FROM osmeta.plan ORDER BY plan;
SELECT count(*) FROM target.customer WHERE "NAME" IS NULL OR "NAME" NOT LIKE 'theirs%';
SELECT (SELECT count(*) FROM osmeta.plan) + (SELECT count(*) FROM osmeta.plan_entity) + (SELECT count(*) FROM osmeta.plan_attribute)
	+ (SELECT count(*) FROM osmeta.plan_map) + (SELECT count(*) FROM osmeta.plan_reference_use) + (SELECT count(*) FROM osmeta.plan_chunk) AS rows;
SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)' ORDER BY nspname;
SELECT osmeta.detach('far_source'), osmeta.detach('far_target'), osmeta.detach('local_source'), osmeta.detach('local_target');
