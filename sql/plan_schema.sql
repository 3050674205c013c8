-- Tables of other schemas of this database that refer to what a plan deletes
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/nest_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('near', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('near');
SELECT max(oid::regclass::text) FILTER (WHERE relname LIKE '%Node') AS target_node,
	max(oid::regclass::text) FILTER (WHERE relname LIKE '%Region') AS target_region,
	max(relname) FILTER (WHERE relname LIKE '%Node') AS node_name
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'target'::regnamespace \gset
\o
SET client_min_messages = notice;
\set ECHO all

CREATE SCHEMA "Reporting";
-- of the name of a table of the plan; parts of a table; a key that is not over
-- the identifier
CREATE TABLE "Reporting".:"node_name" ("ID" integer PRIMARY KEY, node integer REFERENCES :target_node ON DELETE CASCADE, text text);
CREATE TABLE "Reporting".part (region bigint REFERENCES :target_region ON DELETE SET NULL, day date) PARTITION BY RANGE (day);
CREATE TABLE "Reporting".part_2026 PARTITION OF "Reporting".part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE UNIQUE INDEX code ON :target_region ("OLD");
ALTER TABLE :target_region ALTER "OLD" DROP DEFAULT;
CREATE TABLE "Reporting".code (code text REFERENCES :target_region ("OLD") ON DELETE CASCADE);
CREATE TABLE "Reporting".plain (region bigint REFERENCES :target_region);

CALL make.plan('near');
CALL osmeta.run_plan('p');
INSERT INTO "Reporting".:"node_name" SELECT i, (SELECT max("ID") - i FROM target.node), 'by hand' FROM generate_series(1, 2) i;
INSERT INTO "Reporting".:"node_name" VALUES (3, 1, 'of theirs');
INSERT INTO "Reporting".part SELECT max("ID"), '2026-05-05' FROM target.region;
INSERT INTO "Reporting".plain SELECT max("ID") - 1 FROM target.region;
CALL osmeta.undo_plan('p');
INSERT INTO "Reporting".code VALUES ('old 1');
CALL osmeta.undo_plan('p');
DELETE FROM "Reporting".code;
SELECT osmeta.set_plan_option('p', 'undo_referenced', 'keep');
CALL osmeta.undo_plan('p');
SELECT table_schema, table_name, key_name, column_name, columns, delete_action, id_column, entity_id IS NULL AS is_outside, is_indexed
FROM osmeta.plan_foreign_key WHERE table_schema IS NOT NULL ORDER BY table_name, key_name;
SELECT "ID", text FROM "Reporting".:"node_name" ORDER BY 1;
SELECT count(region) FROM "Reporting".part;
SELECT count(*) FROM target.node WHERE "ID" > 9;
SELECT osmeta.drop_plan('p');
DELETE FROM "Reporting".:"node_name" WHERE "ID" < 3;
DELETE FROM "Reporting".part;
DELETE FROM "Reporting".plain;
\set ECHO none
UPDATE target.node SET "PARENTID" = NULL WHERE "ID" > 9;
DELETE FROM target.detail WHERE "ID" > 9;
DELETE FROM target.tag WHERE "NODEID" > 9;
DELETE FROM target.node WHERE "ID" > 9;
DELETE FROM target.region WHERE "ID" > 7;
\set ECHO all

-- Option existing = delete
CALL make.plan('near', '{"existing": "delete"}');
SELECT object, message FROM osmeta.plan_problem WHERE code = 'referenced_from_outside' ORDER BY object;
CALL osmeta.run_plan('p');
SELECT phase, (SELECT count(*) FROM target.node) AS nodes, (SELECT count(*) FROM "Reporting".:"node_name") AS notes FROM osmeta.plan;
DELETE FROM "Reporting".:"node_name";
CALL osmeta.run_plan('p');
SELECT phase FROM osmeta.plan;
CALL osmeta.undo_plan('p');
SELECT table_name FROM make.not_as_before WHERE table_name <> 'Region';
SELECT osmeta.drop_plan('p');

-- What takes rows along must be readable.
CREATE ROLE regress_schema;
GRANT USAGE ON SCHEMA target TO regress_schema;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA target TO regress_schema;
CALL make.plan('near');
CALL osmeta.run_plan('p');
UPDATE osmeta.plan SET owner = 'regress_schema';
CALL osmeta.undo_plan('p');
GRANT USAGE ON SCHEMA "Reporting" TO regress_schema;
GRANT SELECT ON "Reporting".:"node_name", "Reporting".part, "Reporting".code TO regress_schema;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
DROP OWNED BY regress_schema;
DROP ROLE regress_schema;
