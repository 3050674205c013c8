--
-- Running processes: views that only the schema of an environment has
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set schema :abs_srcdir '/demo/factory/schema.sql'
\set prod :abs_srcdir '/demo/factory/prod.sql'
\set core :abs_srcdir '/test/fixture/core.sql'
\set loopback :abs_srcdir '/test/fixture/loopback.sql'
CREATE SCHEMA factory;
CREATE SCHEMA bare;
\set ECHO none
SET search_path = factory;
\i :schema
\i :prod
SET search_path = bare;
\i :core
\i :loopback
\set ECHO all
RESET search_path;
SELECT osmeta.attach('prod', 'loop', 'factory');
SELECT osmeta.attach('here', remote_schema => 'factory');
SELECT osmeta.attach('empty', remote_schema => 'bare');

SELECT environment, capture_id, application, espace, definition, process_id, label, status, is_terminal, created_by, top_process_id
FROM prod.application_process ORDER BY process_id;
SELECT application, espace, definition, process_id, activity_id, label, status, is_terminal, kind, username, due_date
FROM prod.application_activity ORDER BY activity_id;
SELECT count(*) FROM empty.application_process;
SELECT count(*) FROM empty.application_activity;
SELECT to_regclass('osmeta.application_process'), to_regclass('osmeta.application_activity');

-- they are never captured, and show what is there now
SELECT osmeta.capture('prod') > 0 AS captured;
UPDATE factory."OSSYS_BPM_PROCESS" SET "STATUS_ID" = 4 WHERE "Id" = 7002;
SELECT process_id, status, is_terminal FROM prod.application_process WHERE is_terminal ORDER BY 1;

-- statuses without a name; processes without a definition, espace or application; in two applications; NULL everywhere
TRUNCATE factory."OSSYS_BPM_PROCESS_STATUS", factory."OSSYS_BPM_ACTIVITY_STATUS";
UPDATE factory."OSSYS_APPLICATION" SET "IS_ACTIVE" = false WHERE "NAME" = 'App Feedback';
INSERT INTO factory."OSSYS_BPM_PROCESS" ("Id", "PROCESS_DEF_ID", "STATUS_ID") VALUES (7100, 99, 77), (7101, NULL, NULL);
INSERT INTO factory."OSSYS_BPM_ACTIVITY" ("Id", "Activity_Def_Id", "Process_Id", "Status_Id") VALUES (9100, 99, 7100, 13), (9101, 142, NULL, NULL), (9102, NULL, 99, 9);
SELECT application, espace, definition, process_id, status, is_terminal FROM here.application_process ORDER BY process_id;
SELECT application, espace, definition, process_id, activity_id, label, status, is_terminal FROM here.application_activity WHERE activity_id >= 9005 ORDER BY activity_id;
INSERT INTO factory."OSSYS_APP_DEFINITION_MODULE" ("MODULE_ID", "application_id")
SELECT m."ID", a."ID" FROM factory."OSSYS_MODULE" AS m, factory."OSSYS_APPLICATION" AS a WHERE m."ESPACE_ID" = 246 AND a."NAME" IN ('Users', 'People Directory');
SELECT application, process_id FROM here.application_process WHERE process_id = 7005 ORDER BY 1;

-- a reader needs nothing but the view
CREATE ROLE regress_osmeta_viewer;
GRANT USAGE ON SCHEMA here TO regress_osmeta_viewer;
GRANT SELECT ON here.application_activity TO regress_osmeta_viewer;
SET ROLE regress_osmeta_viewer;
SELECT count(*) FROM here.application_activity;
SELECT count(*) FROM here.application_process;
RESET ROLE;
REVOKE ALL ON here.application_activity FROM regress_osmeta_viewer;
REVOKE ALL ON SCHEMA here FROM regress_osmeta_viewer;
DROP ROLE regress_osmeta_viewer;
