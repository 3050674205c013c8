-- Option existing = delete: the target's rows of the plan's entities go first,
-- and undo_plan puts them back.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/nest_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('near', remote_schema => 'target'),
	osmeta.attach('far', 'loop', 'target');
SELECT osmeta.capture('src'), osmeta.capture('near'), osmeta.capture('far');
\o
SET client_min_messages = notice;
\set ECHO all
SELECT max(oid::regclass::text) FILTER (WHERE relname LIKE '%Detail') AS target_detail,
	max(oid::regclass::text) FILTER (WHERE relname LIKE '%Node') AS target_node,
	max(oid::regclass::text) FILTER (WHERE relname LIKE '%Tag') AS target_tag
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'target'::regnamespace \gset
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
-- An identifier of the source that the target has, too
UPDATE source.tag SET "PARENTID" = NULL;
UPDATE source.tag SET "ID" = 'theirs' WHERE "ID" = 'tag 4';

-- In this database
CALL make.plan('near', '{"chunk_rows": 3, "existing": "delete"}');
SELECT severity, code, object, message, hint FROM osmeta.plan_problem
WHERE code IN ('delete_existing', 'undo_impossible', 'referenced_from_outside');
-- A filter limits what comes, not what goes.
UPDATE osmeta.plan_entity SET filter = '"Id" < 4' WHERE entity = 'Red';
-- Rows of others that refer to what would go: nothing happens.
INSERT INTO target.visit ("ID", "NODEID") VALUES (50, 3);
INSERT INTO target.gone ("ID", "REGIONID") VALUES (51, 2);
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;
SELECT table_name FROM make.not_as_before ORDER BY 1;
DELETE FROM target.visit WHERE "ID" = 50;
DELETE FROM target.gone WHERE "ID" = 51;
CALL osmeta.run_plan('p');
SELECT entity, rows_expected, rows_found, checksum_equal, status FROM osmeta.verify_plan('p');
SELECT count(*), count(*) FILTER (WHERE "NAME" LIKE 'theirs%') AS theirs FROM target.node;
SELECT e.entity, c.level, c.lower_id, c.upper_id, c.rows_expected, c.rows_done, c.state
FROM osmeta.plan_chunk c JOIN osmeta.plan_entity e USING (plan_id, entity_id)
WHERE c.phase = 'delete' AND e.entity IN ('Region', 'Node', 'Tag') ORDER BY c.level, c.chunk_id;
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');
-- All that it made is gone.
SELECT count(*) FROM pg_namespace WHERE nspname = 'p';

-- At a server
CALL make.plan('far', '{"chunk_rows": 3, "existing": "delete"}');
CALL osmeta.run_plan('p');
SELECT count(*), count(*) FILTER (WHERE "NAME" LIKE 'theirs%') AS theirs FROM target.node;
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- What happens at the target between copy and delete: a row that comes stays,
-- one that changes is copied anew.
CALL make.plan('near', '{"chunk_rows": 100, "existing": "delete"}');
CREATE TRIGGER refuse BEFORE DELETE ON :target_detail FOR EACH STATEMENT EXECUTE FUNCTION public.refuse();
\set VERBOSITY terse
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT phase FROM osmeta.plan;
UPDATE target.detail SET "TEXT" = 'changed' WHERE "ID" = 1;
UPDATE target.node SET "OLD" = 'changed', "REGIONID" = 1 WHERE "ID" = 2;
INSERT INTO target.node ("ID", "NAME") VALUES (12, 'came');
INSERT INTO target.region ("ID", "NAME") VALUES (0, 'came');
DROP TRIGGER refuse ON :target_detail;
CALL osmeta.run_plan('p');
CALL osmeta.run_plan('p');
SELECT "ID", "NAME" FROM target.node WHERE "ID" < 20;
SELECT "ID", "NAME" FROM target.region WHERE "ID" < 20;
CALL osmeta.undo_plan('p');
SELECT table_name FROM make.not_as_before ORDER BY 1;
SELECT * FROM target.detail ORDER BY 1;
SELECT "ID", "NAME", "PARENTID", "REGIONID", "OLD" FROM target.node ORDER BY 1;
SELECT osmeta.drop_plan('p');
UPDATE target.detail SET "TEXT" = 'theirs 1' WHERE "ID" = 1;
UPDATE target.node SET "OLD" = 'xx', "REGIONID" = 3 WHERE "ID" = 2;
DELETE FROM target.node WHERE "ID" = 12;
DELETE FROM target.region WHERE "ID" = 0;
TABLE make.not_as_before;

-- A run that ends while it deletes is undone, too.
CALL make.plan('far', '{"chunk_rows": 2, "existing": "delete"}');
CREATE TRIGGER refuse BEFORE DELETE ON :target_node FOR EACH ROW WHEN (OLD."ID" = 5) EXECUTE FUNCTION public.refuse();
\set VERBOSITY terse
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT phase FROM osmeta.plan;
SELECT table_name FROM make.not_as_before ORDER BY 1;
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');
DROP TRIGGER refuse ON :target_node;

-- Somebody takes an identifier that a row shall come back to.
CALL make.plan('near', '{"existing": "delete"}');
CALL osmeta.run_plan('p');
INSERT INTO target.tag ("ID") VALUES ('');
INSERT INTO target.region ("ID", "NAME") VALUES (2, 'new');
CALL osmeta.undo_plan('p');
DELETE FROM target.region WHERE "ID" = 2;
CALL osmeta.undo_plan('p');
DELETE FROM target.tag WHERE "ID" = '';
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- An undo that is interrupted when it has put a row back under an identifier
-- which the plan had given to a row of its own
CALL make.plan('near', '{"chunk_rows": 1, "existing": "delete"}');
INSERT INTO source.tag SELECT t."ID", NULL, NULL FROM target.tag t ON CONFLICT DO NOTHING;
CALL osmeta.run_plan('p');
CREATE FUNCTION public.not_theirs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW."ID" = 'theirs' THEN
		RAISE EXCEPTION 'not this one';
	END IF;
	RETURN NEW;
END
$$;
SELECT oid::regclass AS target_tag FROM pg_class WHERE relnamespace = 'target'::regnamespace AND relname LIKE '%Tag' \gset
CREATE TRIGGER not_theirs BEFORE INSERT ON :target_tag FOR EACH ROW EXECUTE FUNCTION public.not_theirs();
\set VERBOSITY terse
CALL osmeta.undo_plan('p');
\set VERBOSITY default
SELECT p.phase, (SELECT count(*) FROM target.tag) AS tags_back FROM osmeta.plan p;
DROP TRIGGER not_theirs ON :target_tag;
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT entity, rows_found, status FROM osmeta.verify_plan('p') WHERE status <> 'ok';
SELECT osmeta.drop_plan('p');

-- A target that takes no identifiers could not get its rows back.
BEGIN;
SELECT format('ALTER TABLE %s ALTER "ID" SET GENERATED ALWAYS', :'target_node') \gexec
CALL make.plan('near', '{"existing": "delete"}');
SELECT code, object FROM osmeta.plan_problem WHERE code = 'undo_impossible';
ROLLBACK;
SELECT format('ALTER TABLE %s ALTER "ID" SET GENERATED ALWAYS', :'target_node') \gexec
CALL make.plan('far', '{"existing": "delete"}');
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE code = 'undo_impossible';
SELECT osmeta.set_plan_option('p', 'severity', '{"undo_impossible": "warning"}');
SELECT severity, code FROM osmeta.plan_problem WHERE code = 'undo_impossible';
SELECT osmeta.set_plan_option('p', 'existing', 'append');
SELECT osmeta.refresh_plan('p');
SELECT count(*) FROM osmeta.plan_problem WHERE code IN ('undo_impossible', 'delete_existing', 'referenced_from_outside');
SELECT osmeta.drop_plan('p');
