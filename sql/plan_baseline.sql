-- Rows of the target that are not the plan's: what verify_plan sees of them.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT format('ALTER TABLE %s ADD "OLD" text, ADD "OLDER" integer GENERATED ALWAYS AS (length("NAME")) STORED', make.table_of('target', 'Region'))
\gexec
SELECT make.table_of('target', 'Region') AS region \gset
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target'), osmeta.attach('far', 'loop', 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt'), osmeta.capture('far');
\o
\set ECHO all
CREATE VIEW public.others AS SELECT rows_found, checksum_equal, foreign_rows, foreign_changed, detail FROM osmeta.verify_plan('p');

-- A column that no attribute names
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region']) > 0 AS planned;
CALL osmeta.run_plan('p');
TABLE public.others;
UPDATE :region SET "OLD" = 'x' WHERE "ID" = 3;
TABLE public.others;
-- One of the plan's own rows is another matter.
UPDATE :region SET "OLD" = NULL WHERE "ID" = 3;
UPDATE :region SET "OLD" = 'x' WHERE "NAME" = 'North';
TABLE public.others;
-- The remark outlasts the next round, and changes after it are seen as well.
UPDATE :region SET "NAME" = 'changed' WHERE "ID" = 3;
INSERT INTO source.region VALUES (20, 'late');
CALL osmeta.run_plan('p');
TABLE public.others;
INSERT INTO :region ("ID", "NAME") VALUES (30000, 'theirs, between');
INSERT INTO source.region VALUES (21, 'later');
CALL osmeta.run_plan('p');
TABLE public.others;
UPDATE :region SET "NAME" = 'theirs, changed' WHERE "ID" = 30000;
TABLE public.others;
SELECT rows, upper_id, remark FROM osmeta.plan_baseline;
-- A left-over that is dropped: rows can be compared no more, and verify says so.
BEGIN;
ALTER TABLE :region DROP "OLD" CASCADE;
TABLE public.others;
ROLLBACK;
SELECT osmeta.drop_plan('p');
DELETE FROM source.region WHERE "ID" >= 20;
DELETE FROM :region WHERE "ID" > 7;

-- Behind a server
SELECT osmeta.create_plan('p', 'src', 'far', ARRAY['entity:Shop.Region']) > 0 AS planned;
CALL osmeta.run_plan('p');
UPDATE :region SET "OLD" = 'y' WHERE "ID" = 4;
SELECT foreign_rows, foreign_changed FROM public.others;
ALTER TABLE :region DROP "OLD";
SELECT rows_found, checksum_equal, foreign_rows, foreign_changed, split_part(detail, ':', 1) AS detail FROM public.others;
INSERT INTO source.region VALUES (22, 'with other columns');
CALL osmeta.run_plan('p');
SELECT rows_found, checksum_equal, foreign_rows, foreign_changed, split_part(detail, '; the identity', 1) AS detail FROM public.others;
SELECT osmeta.drop_plan('p');
DELETE FROM source.region WHERE "ID" >= 20;
DELETE FROM :region WHERE "ID" > 7;

-- Option existing = delete: rows that come while the others go
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Shop.Region'], '{"existing": "delete"}') > 0 AS planned;
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'not now'; END$$;
CREATE TRIGGER refuse BEFORE DELETE ON :region FOR EACH ROW EXECUTE FUNCTION public.refuse();
SELECT osmeta.refresh_plan('p');
\set VERBOSITY terse
CALL osmeta.run_plan('p');
ALTER TABLE :region DISABLE TRIGGER refuse;
INSERT INTO :region ("ID", "NAME") VALUES (900, 'came meanwhile');
CALL osmeta.run_plan('p');
TABLE public.others;
UPDATE :region SET "NAME" = 'came and was changed' WHERE "ID" = 900;
TABLE public.others;
CALL osmeta.undo_plan('p');
TABLE public.others;
SELECT * FROM target.region ORDER BY 1;
SELECT osmeta.drop_plan('p');
SELECT count(*) FROM osmeta.plan_baseline;
