/*
 * 86_problem_map_id: calls of osmeta.map_id that come before the identifiers
 * are known.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.
 */

-- Which filters and transforms ask for identifiers too early?
CREATE VIEW osmeta.plan_problem_map_id (plan_id, severity, code, object, message, hint) AS
SELECT plan_id, 'error', 'invalid_filter', object,
    'the filter calls osmeta.map_id, and identifiers are not known before the rows have been chosen',
    'Give a condition over the attributes, such as "Name" <> ''''.'
FROM osmeta.moved_entity AS moved
WHERE osmeta.mapped_entities(filter, plan) IS NOT NULL
UNION ALL
SELECT a.plan_id, 'error', 'invalid_transform', a.object,
    format('the transform calls osmeta.map_id for %s, whose identifiers the target gives when rows are delivered, and that may be after these',
        string_agg(DISTINCT g.object, ', ' ORDER BY g.object)),
    format('Where the whole value is an identifier, set transform = %L; else set another key_strategy for that entity in osmeta.plan_entity.',
        'remap:' || min(g.object))
FROM osmeta.moved_attribute AS a
JOIN osmeta.moved_entity AS m ON m.plan_id = a.plan_id AND m.entity_id = a.entity_id
CROSS JOIN LATERAL unnest(osmeta.mapped_entities(a.transform, a.plan)) AS c (entity)
JOIN osmeta.assigned_entity AS g ON g.plan_id = a.plan_id
    AND (c.entity IS NULL OR c.entity IN (g.object, g.entity))
    -- rows of a lower level stand there by then
    AND (g.level >= m.level OR g.level IS NULL OR m.level IS NULL)
GROUP BY a.plan_id, a.object;
COMMENT ON VIEW osmeta.plan_problem_map_id IS 'Internal: which filters and transforms ask for identifiers before these are known';
