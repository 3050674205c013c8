/*
 * 86_problem_pull: what is wrong with which rows a plan takes.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.
 */

-- Which rows are not taken as the plan seems to say?
CREATE VIEW osmeta.plan_problem_pull (plan_id, severity, code, object, message, hint) AS
SELECT a.plan_id, 'warning', 'reference_to_filtered', a.object,
    CASE
        WHEN f.follow AND a.entity_id = e.entity_id
            THEN 'the reference leads to rows of the same entity that its filter leaves out'
        ELSE format('rows of %s that its filter leaves out are not at the target', e.espace || '.' || e.entity)
    END,
    CASE
        WHEN f.follow AND a.entity_id = e.entity_id
            THEN 'These come along: an ancestor of a row that is moved is moved too.'
        WHEN f.follow AND (a.is_mandatory OR a.is_identifier) OR o.is_owner
            THEN 'Rows that refer to them are not moved either; plan_entity.rows_left_out counts them.'
        WHEN a.is_identifier
            THEN 'A row that belongs to one of them stops the run: filter this entity too, or set option follow to leave these rows out.'
        ELSE 'References to them become NULL and are counted by verify_plan, unless the target has the row (by natural key or text identifier). Filter this entity too if that must not be, or set option follow, which leaves rows out whose mandatory references lead there.'
    END
FROM osmeta.moved_attribute a
JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.refers_to_entity_id
LEFT JOIN osmeta.plan_entity c ON c.plan_id = a.plan_id AND c.entity_id = a.entity_id AND c.platform_table IS NOT NULL
CROSS JOIN LATERAL (VALUES (COALESCE(a.options -> 'follow' = 'true'::jsonb, false))) f (follow)
-- instances are not moved without their process; a root is found among those that are
CROSS JOIN LATERAL (VALUES (c.platform_table IS NOT NULL AND c.platform_table <> 'bpm_process'
    AND a.attribute IN ('Process_Id', 'Activity_Id'))) o (is_owner)
WHERE (c.platform_table = 'bpm_process' AND a.attribute = 'Top_Process_Id') IS NOT TRUE
    AND (a.status = 'matched' AND a.transform IN ('remap', 'key') OR a.status = 'typed' AND a.transform = 'typed')
    AND e.is_data AND e.include AND e.filter IS NOT NULL
UNION ALL
SELECT plan_id, 'warning', 'rows_left_out', object,
    format('%s rows were not moved, since a row that they cannot be without is left out', rows_left_out),
    'Widen the filter of the entity that they need, and make another plan, if they are to be moved.'
FROM osmeta.moved_entity AS moved
WHERE rows_left_out > 0 AND platform_table IS NULL
UNION ALL
SELECT plan_id, 'error', 'invalid_pull_rule', object,
    CASE pull_rule
        WHEN 'filter' THEN 'pull rule "filter" needs a filter'
        WHEN 'all' THEN 'pull rule "all" leaves no place for the filter'
        ELSE 'with pull rule "needed" nothing is moved: no entity of the plan refers to it'
    END,
    'Set pull_rule = NULL in osmeta.plan_entity to have it chosen.'
FROM osmeta.moved_entity m
WHERE status = 'matched' AND (
    pull_rule = 'filter' AND filter IS NULL
    OR pull_rule = 'all' AND filter IS NOT NULL
    OR pull_rule = 'needed' AND NOT EXISTS (
        SELECT FROM osmeta.moved_attribute a
        WHERE a.plan_id = m.plan_id AND a.entity_id <> m.entity_id
            AND (a.transform IN ('remap', 'key') AND a.refers_to_entity_id = m.entity_id
                OR a.transform = 'remap:' || m.object)))
UNION ALL
SELECT plan_id, 'error', 'invalid_delta_attribute', object,
    format('"%s" is no date, time or number among the attributes that are moved', delta_attribute),
    'Set delta_attribute in osmeta.plan_entity to the name of one whose value grows with each change of a row, or to NULL.'
FROM osmeta.moved_entity m
WHERE status = 'matched' AND delta_attribute IS NOT NULL
    AND NOT EXISTS (SELECT FROM osmeta.moved_attribute a
                    WHERE a.plan_id = m.plan_id AND a.entity_id = m.entity_id AND a.attribute = m.delta_attribute
                        AND a.source_type ~ '^(smallint|integer|bigint|numeric|date|timestamp)')
UNION ALL
SELECT p.plan_id, 'note', 'follow_without_filter', p.plan,
    'option follow does nothing: no entity of the plan has a filter',
    'Set filter in osmeta.plan_entity for the entities whose rows are to be chosen.'
FROM osmeta.plan p
WHERE p.options -> 'follow' = 'true'::jsonb AND p.phase = 'planned'
    AND NOT EXISTS (SELECT FROM osmeta.moved_entity m WHERE m.plan_id = p.plan_id AND m.filter IS NOT NULL);
COMMENT ON VIEW osmeta.plan_problem_pull IS 'Internal: which rows are not taken as the plan seems to say';
