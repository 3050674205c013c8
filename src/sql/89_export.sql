/*
 * 89_export: a plan as a script, for places where nobody may connect to
 * write.
 */

-- Problems that stop who writes to the target, and nobody who only reads it.
CREATE FUNCTION osmeta.concerns_writing(code text, message text)
RETURNS boolean
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN code IN ('target_read_only', 'identity_always')
    -- what a wrapper cannot do
    OR code = 'unsupported_strategy' AND message LIKE 'wrapper "%'
    OR code = 'privilege_missing' AND (message !~ ' gives no right to SELECT[ ,]' OR message LIKE '% on event table %')
    -- what it does with event tables
    OR code IN ('event_table_unreadable', 'event_trigger_enabled');
COMMENT ON FUNCTION osmeta.concerns_writing(text, text) IS 'Internal: does a problem of a plan concern only who writes to the target?';

CREATE PROCEDURE osmeta.pull_plan(plan text)
LANGUAGE C AS 'MODULE_PATHNAME', 'osmeta_pull_plan';
COMMENT ON PROCEDURE osmeta.pull_plan(text) IS 'Run a plan up to the moment before its first row is delivered: pull its rows and check all that run_plan checks';

CREATE FUNCTION osmeta.export_plan(plan text, dialect text, part text DEFAULT 'deliver', schema text DEFAULT NULL)
RETURNS SETOF text
LANGUAGE C VOLATILE ROWS 10000 AS 'MODULE_PATHNAME', 'osmeta_export_plan';
COMMENT ON FUNCTION osmeta.export_plan(text, text, text, text) IS 'The lines of a script that delivers a plan (part deliver), compares what it has delivered (verify), takes that out again (undo), or drops its own tables (clean)';

CREATE PROCEDURE osmeta.read_delivery(plan text, never_run boolean DEFAULT false)
LANGUAGE C AS 'MODULE_PATHNAME', 'osmeta_read_delivery';
COMMENT ON PROCEDURE osmeta.read_delivery(text, boolean) IS 'Find out what became of the script of a plan: if all its rows stand at the target, the plan gets to know their identifiers and is done';
