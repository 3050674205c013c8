-- What a plan put in is taken out again, and nothing else: every table of the
-- target is as it was.
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

-- In this database, with small pieces
CALL make.plan('near', '{"chunk_rows": 7}');
CALL osmeta.undo_plan('p');
CALL osmeta.undo_plan('q');
CALL osmeta.undo_plan(NULL);
CALL osmeta.run_plan('p');
SELECT entity, status FROM osmeta.verify_plan('p') WHERE status <> 'ok';
SELECT table_name FROM make.not_as_before ORDER BY 1;
BEGIN;
CALL osmeta.undo_plan('p');
ROLLBACK;
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT phase FROM osmeta.plan;
SELECT table_name, key_name, column_name, delete_action, entity_id IS NULL AS is_outside FROM osmeta.plan_foreign_key
WHERE table_name !~ '(Left|Right|Red|Green|Blue)$' ORDER BY 1, 2;
-- Once is enough, and nothing of it is used again.
CALL osmeta.undo_plan('p');
CALL osmeta.run_plan('p');
SELECT entity, rows_expected, rows_found, status FROM osmeta.verify_plan('p');
SELECT entity, chunks, rows_done, rows_expected FROM osmeta.plan_progress WHERE phase = 'undo';
SELECT osmeta.drop_plan('p');
SELECT count(*) FROM osmeta.plan_foreign_key;

-- At a server
CALL make.plan('far', '{"chunk_rows": 7}');
CALL osmeta.run_plan('p');
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- What stands in the way: rows of others that refer to the plan's, also by a
-- key of an entity that has been deleted, and by one that would take them
-- along; rows that were changed.
CALL make.plan('near', '{"chunk_rows": 7}');
CALL osmeta.run_plan('p');
SELECT target_id AS region FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key WHERE e.entity = 'Region' AND source_id = '1' \gset
SELECT target_id AS node FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key WHERE e.entity = 'Node' AND source_id = '1' \gset
INSERT INTO target.visit ("ID", "NODEID") VALUES (50, :node);
INSERT INTO target.gone ("ID", "REGIONID") VALUES (51, :region);
INSERT INTO target.node ("ID", "NAME", "PARENTID") VALUES (10, 'theirs 10', :node);
INSERT INTO target.detail VALUES (:node + 1, 'theirs too');
INSERT INTO target.tag VALUES ('theirs too', :node, 'tag 1');
UPDATE target.node SET "AMOUNT" = 7 WHERE "ID" = :node + 2;
UPDATE target."left" SET "NAME" = 'Left 1' WHERE "NAME" = 'left 1';
UPDATE target.blue SET "REDID" = NULL WHERE "ID" = (SELECT max("ID") FROM target.blue);
-- What is no attribute of the plan is not looked at; gone is gone.
UPDATE target.region SET "OLD" = 'new' WHERE "ID" = :region;
DELETE FROM target.detail WHERE "TEXT" = 'detail 39';
CREATE TABLE make.between AS SELECT * FROM make.target_state;
CALL osmeta.undo_plan('p');
SELECT phase FROM osmeta.plan;
-- Nothing has been deleted.
SELECT count(*) FROM make.between b JOIN make.target_state n USING (table_name) WHERE b.state <> n.state;
SELECT osmeta.set_plan_option('p', 'undo_changed', 'overwrite');
SELECT osmeta.set_plan_option('p', 'undo_changed', 'delete');
CALL osmeta.undo_plan('p');
SELECT osmeta.set_plan_option('p', 'undo_changed', 'keep');
SELECT osmeta.set_plan_option('p', 'undo_referenced', 'keep');
CALL osmeta.undo_plan('p');
-- What stays: what others refer to, what was changed, and what these refer to.
SELECT "ID" - :node + 1 AS source_id, "NAME", "PARENTID" - :node + 1 AS parent, "REGIONID" - :region + 1 AS region
FROM target.node WHERE "ID" >= :node ORDER BY 1;
SELECT "ID" - :region + 1 AS source_id, "NAME" FROM target.region WHERE "ID" >= :region ORDER BY 1;
SELECT * FROM target.tag ORDER BY 1;
SELECT "NAME" FROM target."left" WHERE "NAME" NOT LIKE 'theirs%' UNION ALL
SELECT "NAME" FROM target."right" WHERE "NAME" NOT LIKE 'theirs%' ORDER BY 1;
SELECT (SELECT count(*) FROM target.red) AS red, (SELECT count(*) FROM target.green) AS green, (SELECT count(*) FROM target.blue) AS blue,
	(SELECT count(*) FROM target.visit) AS visits, (SELECT count(*) FROM target.gone) AS gone, (SELECT count(*) FROM target.detail) AS details;
SELECT osmeta.drop_plan('p');
DROP TABLE make.between;
\set ECHO none
-- Back to the beginning, by hand
DELETE FROM target.visit WHERE "ID" = 50;
DELETE FROM target.gone WHERE "ID" = 51;
DELETE FROM target.detail WHERE "ID" >= :node;
UPDATE target.tag SET "PARENTID" = NULL WHERE "ID" NOT IN ('theirs', '');
DELETE FROM target.tag WHERE "ID" NOT IN ('theirs', '');
UPDATE target.node SET "PARENTID" = NULL WHERE "ID" >= 10;
DELETE FROM target.node WHERE "ID" >= 10;
DELETE FROM target.region WHERE "ID" >= :region;
UPDATE target."left" SET "RIGHTID" = NULL WHERE "NAME" NOT LIKE 'theirs%';
DELETE FROM target."right" WHERE "NAME" NOT LIKE 'theirs%';
DELETE FROM target."left" WHERE "NAME" NOT LIKE 'theirs%';
UPDATE target.red SET "GREENID" = NULL WHERE "ID" > 3;
DELETE FROM target.green WHERE "ID" > 3;
DELETE FROM target.blue WHERE "ID" > 3;
DELETE FROM target.red WHERE "ID" > 3;
\set ECHO all
TABLE make.not_as_before;

-- The same at a server
CALL make.plan('far', '{"chunk_rows": 7, "undo_referenced": "keep", "undo_changed": "keep"}');
CALL osmeta.run_plan('p');
SELECT target_id AS region FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key WHERE e.entity = 'Region' AND source_id = '1' \gset
SELECT target_id AS node FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key WHERE e.entity = 'Node' AND source_id = '1' \gset
INSERT INTO target.visit ("ID", "NODEID") VALUES (50, :node);
INSERT INTO target.gone ("ID", "REGIONID") VALUES (51, :region);
UPDATE target."left" SET "NAME" = 'Left 1' WHERE "NAME" = 'left 1';
SELECT osmeta.set_plan_option('p', 'undo_changed', 'refuse');
CALL osmeta.undo_plan('p');
SELECT osmeta.set_plan_option('p', 'undo_changed', 'keep');
CALL osmeta.undo_plan('p');
SELECT "ID" - :node + 1 AS source_id, "NAME", "PARENTID" - :node + 1 AS parent, "REGIONID" - :region + 1 AS region
FROM target.node WHERE "ID" >= :node ORDER BY 1;
SELECT "ID" - :region + 1 AS source_id, "NAME" FROM target.region WHERE "ID" >= :region ORDER BY 1;
SELECT table_name FROM make.not_as_before ORDER BY 1;
SELECT osmeta.drop_plan('p');
\set ECHO none
-- Back to the beginning, by hand
DELETE FROM target.visit WHERE "ID" = 50;
DELETE FROM target.gone WHERE "ID" = 51;
DELETE FROM target.detail WHERE "ID" >= :node;
UPDATE target.tag SET "PARENTID" = NULL WHERE "ID" NOT IN ('theirs', '');
DELETE FROM target.tag WHERE "ID" NOT IN ('theirs', '');
UPDATE target.node SET "PARENTID" = NULL WHERE "ID" >= 10;
DELETE FROM target.node WHERE "ID" >= 10;
DELETE FROM target.region WHERE "ID" >= :region;
UPDATE target."left" SET "RIGHTID" = NULL WHERE "NAME" NOT LIKE 'theirs%';
DELETE FROM target."right" WHERE "NAME" NOT LIKE 'theirs%';
DELETE FROM target."left" WHERE "NAME" NOT LIKE 'theirs%';
UPDATE target.red SET "GREENID" = NULL WHERE "ID" > 3;
DELETE FROM target.green WHERE "ID" > 3;
DELETE FROM target.blue WHERE "ID" > 3;
DELETE FROM target.red WHERE "ID" > 3;
\set ECHO all
TABLE make.not_as_before;

-- One that comes when the undo has begun
CALL make.plan('far', '{"chunk_rows": 7}');
CALL osmeta.run_plan('p');
CREATE FUNCTION public.visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO target.visit ("ID", "NODEID") SELECT 99, max("ID") FROM target.node ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
SELECT oid::regclass AS target_detail FROM pg_class WHERE relnamespace = 'target'::regnamespace AND relname LIKE '%Detail' \gset
CREATE TRIGGER visit AFTER DELETE ON :target_detail FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION public.visit();
CALL osmeta.undo_plan('p');
SELECT phase, (SELECT count(*) > 9 FROM target.node) AS nodes_stand FROM osmeta.plan;
DROP TRIGGER visit ON :target_detail;
-- It is still there, and the plan can neither run nor go on.
SELECT count(*) FROM target.visit WHERE "ID" = 99;
CALL osmeta.run_plan('p');
SELECT entity, rows_expected, rows_found, status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
DELETE FROM target.visit WHERE "ID" = 99;
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- A target that keeps rows
CALL make.plan('near');
CALL osmeta.run_plan('p');
CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN OLD."ID" % 2 = 0 THEN OLD END; END $$;
CREATE TRIGGER keep BEFORE DELETE ON :target_detail FOR EACH ROW EXECUTE FUNCTION public.keep();
CALL osmeta.undo_plan('p');
DROP TRIGGER keep ON :target_detail;
CALL osmeta.undo_plan('p');
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- Runs that end in the middle: of the push, and of the second step
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
SELECT oid::regclass AS target_node FROM pg_class WHERE relnamespace = 'target'::regnamespace AND relname LIKE '%Node' \gset
CALL make.plan('near', '{"chunk_rows": 7}');
CREATE TRIGGER refuse BEFORE INSERT ON :target_node FOR EACH ROW WHEN (NEW."NAME" = 'node 20') EXECUTE FUNCTION public.refuse();
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
CREATE TRIGGER refuse BEFORE UPDATE ON :target_node FOR EACH ROW WHEN (NEW."NAME" = 'node 20') EXECUTE FUNCTION public.refuse();
CALL make.plan('far', '{"chunk_rows": 7}');
\set VERBOSITY terse
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT phase, (SELECT count(*) FROM target.node WHERE "ID" > 9 AND "PARENTID" IS NOT NULL) > 0 AS some_are_set FROM osmeta.plan;
CALL osmeta.undo_plan('p');
DROP TRIGGER refuse ON :target_node;
TABLE make.not_as_before;
SELECT osmeta.drop_plan('p');

-- A key of two columns: which row it refers to cannot be told, so each does.
SELECT max(oid::regclass::text) FILTER (WHERE relname LIKE '%Node') AS target_node,
	max(oid::regclass::text) FILTER (WHERE relname LIKE '%Visit') AS target_visit
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'target'::regnamespace \gset
ALTER TABLE :target_node ADD UNIQUE ("NAME", "ID");
ALTER TABLE :target_visit ADD "NODENAME" varchar(50), ADD CONSTRAINT "two" FOREIGN KEY ("NODENAME", "NODEID") REFERENCES :target_node ("NAME", "ID") ON DELETE CASCADE;
CALL make.plan('far');
CALL osmeta.run_plan('p');
UPDATE :target_visit SET "NODEID" = 3, "NODENAME" = 'theirs 3' WHERE "ID" = 2;
CALL osmeta.undo_plan('p');
UPDATE :target_visit SET "NODEID" = NULL, "NODENAME" = NULL WHERE "ID" = 2;
CALL osmeta.undo_plan('p');
-- The table has a column more.
SELECT table_name FROM make.not_as_before;
SELECT count(*) FROM target.visit;
SELECT osmeta.drop_plan('p');

-- Many rows to which keys without an index refer: that is said before.
SELECT max(oid::regclass::text) FILTER (WHERE relname LIKE '%Node') AS target_node,
	max(oid::regclass::text) FILTER (WHERE relname LIKE '%Gone') AS target_gone
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'target'::regnamespace \gset
CREATE INDEX ON :target_node ("REGIONID");
CREATE INDEX ON :target_gone ("ID", "REGIONID");
INSERT INTO source.region SELECT i, 'region ' || i FROM generate_series(6, 1000) i;
CALL make.plan('near');
CALL osmeta.run_plan('p');
CALL osmeta.undo_plan('p');
SELECT table_name, column_name, is_indexed FROM osmeta.plan_foreign_key
WHERE column_name = 'REGIONID' ORDER BY 1, 2;
SELECT osmeta.drop_plan('p');

-- Many texts at a server
INSERT INTO source.tag SELECT 'many ' || i FROM generate_series(1, 2500) i;
ALTER SERVER loop OPTIONS (ADD batch_size '500');
CALL make.plan('far');
CALL osmeta.run_plan('p');
CALL osmeta.undo_plan('p');
SELECT count(*) FROM target.tag;
SELECT osmeta.drop_plan('p');
