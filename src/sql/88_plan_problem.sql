/*
 * 88_plan_problem: what a plan would stumble over, computed from its tables
 * whenever it is read.
 */

-- What would a plan stumble over?
CREATE VIEW osmeta.plan_problem AS
SELECT p.plan, s.severity, f.code, f.object, f.message, f.hint
FROM (
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
    SELECT * FROM osmeta.plan_problem_attribute
    UNION ALL
    SELECT * FROM osmeta.plan_problem_reference
    UNION ALL
    SELECT * FROM osmeta.plan_problem_mask
) f
JOIN osmeta.plan p ON p.plan_id = f.plan_id
CROSS JOIN LATERAL (VALUES (COALESCE(p.options -> 'severity' ->> f.code, f.severity))) s (severity)
ORDER BY p.plan, CASE s.severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END,
    f.code, f.object, f.message;
COMMENT ON VIEW osmeta.plan_problem IS 'What stops a plan (error) or should be known before it runs; computed when read';
