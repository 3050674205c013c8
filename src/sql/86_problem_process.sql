/*
 * 86_problem_process: what is wrong with instances of processes in a plan.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.
 */
CREATE VIEW osmeta.plan_problem_process (plan_id, severity, code, object, message, hint) AS
-- the platform's identifiers of instances have 32 bits, whatever a column holds
SELECT m.plan_id, 'error', 'instance_id_too_large', m.object,
    format('identifiers would go up to %s, and those of processes and activities end at 2147483647', h.highest),
    CASE
        WHEN m.rows_expected > 2147483647 - m.target_upper_id
            THEN format('The target has a row of identifier %s, and not enough are free behind it: remove that row there, or make a plan with option processes set to none.', m.target_upper_id)
        WHEN m.key_strategy = 'assigned'
            THEN 'Set key_strategy = ''dense'' in osmeta.plan_entity, or make a plan with option processes set to none.'
        WHEN m.key_strategy = 'dense'
            THEN 'Set id_offset in osmeta.plan_entity to a lower value, or make a plan with option processes set to none.'
        ELSE 'Set key_strategy = ''dense'' in osmeta.plan_entity, which numbers them from the first free one on, or make a plan with option processes set to none.' END
FROM osmeta.moved_entity AS m
CROSS JOIN LATERAL (SELECT numrange(lower(p.range), upper(p.range) + 1) AS range
    FROM (SELECT osmeta.planned_range(m.key_strategy, m.lower_id, m.upper_id, m.id_offset, m.rows_expected) AS range) AS p) AS r
-- the target gives those behind its own
CROSS JOIN LATERAL (SELECT CASE m.key_strategy WHEN 'assigned' THEN greatest(m.target_upper_id, m.counter_value, 0) + m.rows_expected::numeric
    ELSE upper(r.range) - 1 END AS highest) AS h
WHERE m.platform_table IS NOT NULL AND m.rows_expected > 0 AND h.highest > 2147483647
    AND (m.key_strategy <> 'assigned' OR m.plan_phase = 'planned')
UNION ALL
SELECT e.plan_id, 'warning', 'definition_inactive', COALESCE(d.espace || '.', '') || d.process,
    format('the process is active in environment "%s" and not in "%s": its instances would not go on there', e.source, e.target),
    'Publish the same version of the espace there.'
FROM osmeta.planned_entity AS e
JOIN osmeta.plan AS p ON p.plan_id = e.plan_id
JOIN osmeta.plan_map AS m ON m.plan_id = e.plan_id AND m.entity_id = e.entity_id AND m.target_id IS NOT NULL
JOIN osmeta.process_definition AS d ON d.capture_id = p.source_capture_id AND d.process_definition_id::text = m.source_id
    AND d.is_effective
JOIN osmeta.process_definition AS t ON t.capture_id = p.target_capture_id AND t.process_definition_id::text = m.target_id
    AND NOT t.is_effective
WHERE e.platform_table = 'bpm_process_definition'
    AND d.process_definition_id IN (SELECT osmeta.plan_process_definition(p.plan_id, p.source_capture_id))
UNION ALL
SELECT a.plan_id, 'warning', 'typed_value_unknown', m.object,
    format('definitions or rows say that values are identifiers of entities that environment "%s" does not have: %s', m.source,
        string_agg(a.type, ', ' ORDER BY a.type)),
    'Such values are delivered as 0.'
FROM osmeta.moved_entity AS m
JOIN osmeta.plan_attribute AS a ON a.plan_id = m.plan_id AND a.entity_id = m.entity_id
WHERE m.platform_table IS NOT NULL AND a.status = 'typed' AND a.transform = 'typed' AND a.include
    AND a.refers_to_entity_id IS NULL
GROUP BY a.plan_id, m.object, m.source
UNION ALL
SELECT m.plan_id, 'warning', 'instance_column_missing', m.object,
    format('table "%s" of environment "%s" has columns that "%s" does not have: %s; their values are left behind', m.source_table,
        m.source, m.target, string_agg(c.column_name, ', ' ORDER BY c.column_name)),
    'Environments of the same version of the platform have the same columns.'
FROM osmeta.moved_entity AS m
JOIN osmeta.plan AS p ON p.plan_id = m.plan_id
JOIN osmeta.ossys_column AS c ON c.table_name = m.platform_table AND NOT c.is_secret
WHERE m.source_table_exists AND m.target_table_exists AND osmeta.fold_name(m.source_table) = 'ossys_' || m.platform_table
    AND EXISTS (SELECT FROM osmeta.captured_physical_column AS x WHERE x.capture_id = p.source_capture_id
                AND osmeta.fold_name(x.table_name) = 'ossys_' || m.platform_table AND osmeta.fold_name(x.column_name) = c.column_name)
    AND NOT EXISTS (SELECT FROM osmeta.plan_attribute AS a WHERE a.plan_id = m.plan_id AND a.entity_id = m.entity_id
                    AND a.attribute = initcap(c.column_name))
GROUP BY m.plan_id, m.object, m.source, m.target, m.source_table
UNION ALL
SELECT m.plan_id, 'note', 'instance_without_process', m.object,
    format('%s rows were not moved, since what they belong to is not', m.rows_left_out),
    'Their process or activity has gone, is an instance of a definition that the plan does not move, or is left out by a filter.'
FROM osmeta.moved_entity AS m
WHERE m.platform_table IS NOT NULL AND m.rows_left_out > 0
UNION ALL
SELECT a.plan_id, CASE WHEN a.is_identifier THEN 'warning' ELSE 'note' END, 'instances_left_out', a.object,
    'only instances of the process definitions of the plan''s espaces are moved: '
        || CASE WHEN a.is_identifier THEN 'a row that belongs to another stops the run after the pull' ELSE 'references to others become NULL' END,
    CASE WHEN a.is_identifier THEN 'Set a filter in osmeta.plan_entity that leaves such rows out, before the plan runs.'
        ELSE 'osmeta.plan_dangling lists them after the pull.' END
FROM osmeta.moved_attribute AS a
JOIN osmeta.plan_entity AS c ON c.plan_id = a.plan_id AND c.entity_id = a.entity_id AND c.platform_table IS NULL
JOIN osmeta.plan_entity AS e ON e.plan_id = a.plan_id AND e.entity_id = a.refers_to_entity_id
WHERE a.status = 'matched' AND a.transform IN ('remap', 'key') AND e.is_data AND e.include AND e.platform_table IS NOT NULL;
COMMENT ON VIEW osmeta.plan_problem_process IS 'Internal: what is wrong with instances of processes in a plan';
