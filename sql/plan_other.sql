-- Plans that put the same rows into the same tables: at the same time, and one
-- after the other.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/nest_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('near', remote_schema => 'target'),
	osmeta.attach('far', 'loop', 'target');
SELECT osmeta.capture('src'), osmeta.capture('near'), osmeta.capture('far');
UPDATE source.tag SET "PARENTID" = NULL, "NODEID" = NULL;
CREATE PROCEDURE make.other(plan text, target text, entity text, options jsonb DEFAULT '{}') LANGUAGE plpgsql AS $$
BEGIN
	PERFORM osmeta.create_plan(plan, 'src', target, ARRAY['entity:Nest.' || entity], options);
	UPDATE osmeta.plan_attribute SET include = false
	WHERE plan_id = (SELECT p.plan_id FROM osmeta.plan p WHERE p.plan = other.plan) AND attribute = 'NodeId';
END
$$;
SELECT max(oid::regclass::text) FILTER (WHERE relname LIKE '%Tag') AS target_tag
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'target'::regnamespace \gset
\o
SET client_min_messages = notice;
\set ECHO all

-- A plan deletes what another one put there, and delivers the same texts: the
-- first one is not undone before the second.
CALL make.other('p', 'near', 'Tag');
CALL osmeta.run_plan('p');
CALL make.other('r', 'near', 'Tag', '{"existing": "delete", "chunk_rows": 4}');
CALL osmeta.run_plan('r');
CALL osmeta.undo_plan('p');
SELECT plan, phase FROM osmeta.plan ORDER BY plan;
SELECT rows_expected, rows_found, status FROM osmeta.verify_plan('r');
CALL osmeta.undo_plan('r');
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p'), osmeta.drop_plan('r');

-- Numbers, at a server: a plan that came before is no hindrance.
CALL make.other('p', 'far', 'Blue', '{"existing": "delete"}');
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'RedId';
UPDATE target.red SET "GREENID" = NULL;
DELETE FROM target.green;
CREATE TABLE make.between AS SELECT * FROM make.target_state;
CALL osmeta.run_plan('p');
CALL make.other('r', 'far', 'Blue', '{"existing": "delete", "chunk_rows": 4}');
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'RedId' AND plan_id = (SELECT plan_id FROM osmeta.plan WHERE plan = 'r');
CALL osmeta.run_plan('r');
CALL osmeta.undo_plan('p');
CALL osmeta.undo_plan('r');
SELECT rows_found, status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT count(*) FROM make.between b JOIN make.target_state n USING (table_name) WHERE b.state <> n.state;
SELECT osmeta.drop_plan('p'), osmeta.drop_plan('r');

-- Somebody deletes the rows by hand, and another plan delivers them again.
CALL make.other('p', 'near', 'Tag');
CALL osmeta.run_plan('p');
DELETE FROM target.tag WHERE "ID" IN ('tag 1', 'tag 2');
CALL make.other('r', 'near', 'Tag');
CALL osmeta.run_plan('r');
SELECT rows_existing FROM osmeta.plan_entity WHERE entity = 'Tag' ORDER BY plan_id;
CALL osmeta.undo_plan('p');
CALL osmeta.undo_plan('r');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p'), osmeta.drop_plan('r');

-- Two plans with the same texts at the same time
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
CALL make.other('p', 'near', 'Tag', '{"chunk_rows": 4, "severity": {"target_trigger": "note"}}');
CALL make.other('r', 'near', 'Tag');
CALL make.other('q', 'near', 'Red');
SELECT plan, severity, code, object, message, hint FROM osmeta.plan_problem WHERE code = 'identifiers_shared' ORDER BY plan;
SELECT osmeta.drop_plan('q');
CREATE TRIGGER refuse BEFORE INSERT ON :target_tag FOR EACH ROW WHEN (NEW."ID" = 'tag 6') EXECUTE FUNCTION public.refuse();
SELECT osmeta.refresh_plan('p');
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
DROP TRIGGER refuse ON :target_tag;
SELECT count(*) FROM target.tag;
-- nothing is written, and it can go on when the other one is done
CALL osmeta.run_plan('r');
CALL osmeta.run_plan('r');
SELECT phase, (SELECT count(*) FROM target.tag) AS rows FROM osmeta.plan WHERE plan = 'r';
CALL osmeta.run_plan('p');
CALL osmeta.run_plan('r');
SELECT plan, phase FROM osmeta.plan ORDER BY plan;
SELECT rows_expected, existing, status FROM osmeta.verify_plan('r');
CALL osmeta.undo_plan('r');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p'), osmeta.drop_plan('r');

-- A piece of unknown outcome: what another plan has delivered since is not its own.
CALL make.other('p', 'near', 'Tag');
CALL make.other('r', 'near', 'Tag');
CREATE TRIGGER refuse BEFORE INSERT ON :target_tag FOR EACH ROW WHEN (NEW."ID" = 'tag 6') EXECUTE FUNCTION public.refuse();
SELECT osmeta.refresh_plan('p');
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
DROP TRIGGER refuse ON :target_tag;
-- as if r had not seen it
UPDATE osmeta.plan SET phase = 'pull' WHERE plan = 'p';
CALL osmeta.run_plan('r');
UPDATE osmeta.plan SET phase = 'push' WHERE plan = 'p';
UPDATE osmeta.plan_chunk SET state = 'prepared' WHERE phase = 'push' AND state = 'failed';
CALL osmeta.run_plan('p');
CALL osmeta.undo_plan('r');
CALL osmeta.run_plan('p');
SELECT rows_expected, rows_found, status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p'), osmeta.drop_plan('r');
SELECT count(*) FROM target.tag;
