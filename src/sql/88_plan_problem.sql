/*
 * 88_plan_problem: what a plan would stumble over, computed from its tables
 * whenever it is read.
 */

-- All problems of all plans, with the severities that they have by themselves.
CREATE VIEW osmeta.found_problem AS
SELECT * FROM osmeta.plan_problem_environment
UNION ALL
SELECT * FROM osmeta.plan_problem_entity
UNION ALL
SELECT * FROM osmeta.plan_problem_order
UNION ALL
SELECT * FROM osmeta.plan_problem_key
UNION ALL
SELECT * FROM osmeta.plan_problem_match
UNION ALL
SELECT * FROM osmeta.plan_problem_natural
UNION ALL
SELECT * FROM osmeta.plan_problem_finding
UNION ALL
SELECT * FROM osmeta.plan_problem_attribute
UNION ALL
SELECT * FROM osmeta.plan_problem_reference
UNION ALL
SELECT * FROM osmeta.plan_problem_pull
UNION ALL
SELECT * FROM osmeta.plan_problem_process
UNION ALL
SELECT * FROM osmeta.plan_problem_map_id
UNION ALL
SELECT * FROM osmeta.plan_problem_mask
UNION ALL
SELECT * FROM osmeta.plan_problem_event
UNION ALL
SELECT * FROM osmeta.plan_problem_target
UNION ALL
SELECT * FROM osmeta.plan_problem_check
UNION ALL
SELECT * FROM osmeta.plan_problem_privilege
UNION ALL
SELECT * FROM osmeta.plan_problem_delete;
COMMENT ON VIEW osmeta.found_problem IS 'Internal: problems of plans, whatever their option severity says';

-- Those of one plan.  In C, since the planner knows nothing of rows that a
-- plan has just got, and must not join them in nested loops.
CREATE FUNCTION osmeta.plan_problem_rows(plan_id bigint,
    OUT severity text, OUT code text, OUT object text, OUT message text, OUT hint text)
RETURNS SETOF record
LANGUAGE C STABLE STRICT ROWS 20 AS 'MODULE_PATHNAME', 'osmeta_plan_problem_rows';
COMMENT ON FUNCTION osmeta.plan_problem_rows(bigint) IS 'Internal: the problems of a plan';

-- What would a plan stumble over?
CREATE VIEW osmeta.plan_problem AS
SELECT p.plan, s.severity, f.code, f.object, f.message, f.hint
FROM osmeta.plan p
CROSS JOIN LATERAL osmeta.plan_problem_rows(p.plan_id) f
CROSS JOIN LATERAL (VALUES (osmeta.plan_severity(p.options, f.code, f.severity))) s (severity)
ORDER BY p.plan, CASE s.severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END,
    f.code, f.object, f.message;
COMMENT ON VIEW osmeta.plan_problem IS 'What stops a plan (error) or should be known before it runs; computed when read';
