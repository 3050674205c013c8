/*
 * 86_problem_match: what is wrong with how a plan matches rows that it does
 * not move.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.
 */

-- Which rows that are matched have no partner, or none that is certain?
CREATE VIEW osmeta.plan_problem_match (plan_id, severity, code, object, message, hint) AS
WITH use AS (
    SELECT a.plan_id, COALESCE(s.entity_id, a.refers_to_entity_id) AS entity_id, u.source_id, sum(u.rows) AS rows,
        -- what a filter lets through is known after the pull only
        bool_or(m.filter IS NULL AND p.filter IS NULL) AS is_certain
    FROM osmeta.plan_reference_use u
    JOIN osmeta.plan_attribute a
        ON a.plan_id = u.plan_id AND a.entity_id = u.entity_id AND a.attribute_no = u.attribute_no
    JOIN osmeta.plan_entity m ON m.plan_id = u.plan_id AND m.entity_id = u.entity_id
    -- whose parts the platform's rows are
    LEFT JOIN osmeta.plan_entity p ON p.plan_id = m.plan_id AND p.platform_table = 'bpm_process' AND m.platform_table IS NOT NULL
    -- what a soft key refers to
    LEFT JOIN osmeta.plan_entity s ON s.plan_id = a.plan_id
        AND 'remap:' || COALESCE(s.espace || '.', '') || s.entity = a.transform
    WHERE a.include AND m.include AND m.is_data
        AND (a.transform IN ('remap', 'key', 'typed') OR s.entity_id IS NOT NULL)
    GROUP BY a.plan_id, COALESCE(s.entity_id, a.refers_to_entity_id), u.source_id
), missing AS (
    SELECT e.plan_id, e.entity_id, e.object, e.key_strategy, e.plan, e.source, e.target, c.code,
        u.rows, u.is_certain, m.label, m.source_id, m.candidates, e.options ->> (e.key_strategy || 's') AS option,
        row_number() OVER (PARTITION BY e.plan_id, e.entity_id, c.code ORDER BY m.label, m.source_id) AS rank
    FROM osmeta.planned_entity e
    JOIN osmeta.plan_map m ON m.plan_id = e.plan_id AND m.entity_id = e.entity_id
    JOIN use u ON u.plan_id = m.plan_id AND u.entity_id = m.entity_id AND u.source_id = m.source_id
    CROSS JOIN LATERAL (VALUES (CASE
        WHEN m.candidates IS NOT NULL AND starts_with(e.key_strategy, 'natural') THEN 'natural_ambiguous'
        WHEN m.candidates IS NOT NULL THEN 'ambiguous_match'
        WHEN m.can_create AND e.options ->> (e.key_strategy || 's') = 'create' THEN 'row_created'
        WHEN e.platform_table IS NOT NULL THEN 'unmatched_definition'
        ELSE osmeta.unmatched_code(e.key_strategy) END)) c (code)
    WHERE NOT e.is_data AND m.target_id IS NULL
)
SELECT m.plan_id,
    CASE WHEN m.code = 'row_created' THEN 'note' WHEN m.is_certain THEN 'error' ELSE 'warning' END,
    m.code, m.object,
    format(CASE
            WHEN m.code = 'row_created' THEN '%s %s of environment "%s" will be created in "%s": %s'
            WHEN m.code LIKE '%ambiguous%' THEN '%s %s of environment "%s" may be one with more than one of "%s", or several with one: %s'
            WHEN m.number = 1 THEN '%s %s of environment "%s" has no partner in "%s": %s'
            ELSE '%s %s of environment "%s" have no partner in "%s": %s'
        END, m.number, n.noun || CASE WHEN m.number = 1 THEN '' ELSE 's' END, m.source, m.target, m.labels)
        || format('; rows that refer to %s: %s', CASE WHEN m.number = 1 THEN 'it' ELSE 'them' END, m.rows),
    CASE m.code
        WHEN 'row_created' THEN CASE m.key_strategy
            WHEN 'user' THEN 'Names, e-mail addresses and the like are taken over as they are; passwords are not, so nobody can log in as a created user until one is set.'
            ELSE 'They get the roles that they have at the source.' END
        WHEN 'ambiguous_match' THEN 'Rename or remove those that are too many in one of the environments; lowered, such references become NULL.'
        WHEN 'natural_ambiguous' THEN 'Name attributes in key_strategy that together identify a row, or put the rows right.'
        WHEN 'unmatched_user' THEN format(CASE m.option WHEN 'create'
            THEN 'The plan creates none whose tenant has no partner there, who has no username, or who belongs to the platform''s own provider, ServiceCenter. Create them there or SELECT osmeta.set_plan_option(%L, ''users'', ''fallback:name'')'
            ELSE 'Create them there or SELECT osmeta.set_plan_option(%L, ''users'', ''fallback:name''), or ''create''' END, m.plan)
        WHEN 'unmatched_group' THEN CASE m.option WHEN 'create'
            THEN 'The plan creates none whose tenant has no partner there, which has no name, or which belongs to the platform''s own provider, ServiceCenter. Create them there.'
            ELSE format('Create them there or SELECT osmeta.set_plan_option(%L, ''groups'', ''create'')', m.plan) END
        WHEN 'unmatched_role' THEN 'Publish the same version of the espace there.'
        WHEN 'unmatched_tenant' THEN 'Create the tenant there, under this name and of the same user provider.'
        WHEN 'unmatched_static_record' THEN 'Publish the same version of the static entity there.'
        WHEN 'unmatched_definition' THEN 'Publish the same version of the espace there, or make a plan with option processes set to none.'
        ELSE 'Create the rows there, bring the entity into the scope, or set include = false in osmeta.plan_attribute for what refers to it; lowered, such references become NULL.'
    END
FROM (
    SELECT plan_id, entity_id, object, key_strategy, plan, source, target, code, option,
        count(*) AS number, sum(rows) AS rows, bool_or(is_certain) AS is_certain,
        string_agg(format('%s (id %s%s)', label, source_id, '; ' || candidates), ', ' ORDER BY label, source_id)
            FILTER (WHERE rank <= 20)
            || CASE WHEN count(*) > 20 THEN ', ...' ELSE '' END AS labels
    FROM missing
    GROUP BY plan_id, entity_id, object, key_strategy, plan, source, target, code, option
) m
CROSS JOIN LATERAL (VALUES (CASE
    WHEN m.code = 'unmatched_definition' THEN 'definition'
    WHEN m.key_strategy = 'record' THEN 'record'
    WHEN m.key_strategy IN ('user', 'group', 'role', 'tenant') THEN m.key_strategy
    ELSE 'row' END)) n (noun);
COMMENT ON VIEW osmeta.plan_problem_match IS 'Internal: which rows that are matched have no partner';

-- External entities that a plan matches: can the tables be read?
CREATE VIEW osmeta.external_entity AS
SELECT e.plan_id, e.entity_id, e.object, e.plan, e.source, e.target, e.source_table, e.key_strategy,
    NOT (e.source_table_exists AND e.target_table_exists) AS is_out_of_reach
FROM osmeta.planned_entity e
JOIN osmeta.plan p ON p.plan_id = e.plan_id
JOIN osmeta.captured_entity c ON c.capture_id = p.source_capture_id AND c.id = e.entity_id AND c.is_external
WHERE e.include AND NOT e.is_data AND e.status = 'matched';
COMMENT ON VIEW osmeta.external_entity IS 'Internal: external entities that a plan matches, and whether their tables can be read';

-- Which strategies name attributes that do not identify rows on both sides?
CREATE VIEW osmeta.plan_problem_natural (plan_id, severity, code, object, message, hint) AS
SELECT e.plan_id, 'error', 'natural_invalid', e.object,
    CASE
        WHEN n.attribute = '' THEN 'key strategy "natural:" names no attribute'
        WHEN a.attribute_no IS NULL THEN format('the entity has no attribute %s that both environments have', n.attribute)
        WHEN a.source_type = 'bytea' OR a.target_type = 'bytea' THEN format('attribute %s holds binary data', n.attribute)
        ELSE format('attribute %s refers to %s, whose rows the plan does not match', n.attribute,
            COALESCE(r.object, 'an entity that the plan does not have'))
    END,
    'Name attributes that identify a row in both environments, by their logical names: natural:Code or natural:Country,Code.'
FROM osmeta.planned_entity e
CROSS JOIN LATERAL osmeta.plan_natural(e.plan_id, e.entity_id) n
LEFT JOIN osmeta.plan_attribute a
    ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id AND a.attribute_no = n.attribute_no
LEFT JOIN osmeta.planned_entity r
    ON r.plan_id = e.plan_id AND r.entity_id = a.refers_to_entity_id
WHERE e.include AND e.fixed_strategy IS NULL AND starts_with(e.key_strategy, 'natural:')
    AND e.status = 'matched'
    AND (a.attribute_no IS NULL OR a.source_type = 'bytea' OR a.target_type = 'bytea'
        OR a.type ILIKE 'bt%' AND (r.entity_id IS NULL OR r.fixed_strategy IS NULL OR NOT r.include))
UNION ALL
SELECT e.plan_id, 'error', 'table_missing', e.object,
    format('rows of the entity cannot be matched: environment "%s" has no table "%s", or none that its user may read', v.environment, v.table_name),
    'Check the rights there; or set include = false in osmeta.plan_attribute for what refers to it, or transform to an SQL expression.'
FROM osmeta.planned_entity e
CROSS JOIN LATERAL (VALUES
    (e.source, e.source_table, e.source_table_exists),
    (e.target, e.target_table, e.target_table_exists)) v (environment, table_name, is_there)
WHERE e.include AND NOT e.is_data AND e.fixed_strategy IS NULL AND e.key_strategy <> 'natural'
    AND e.status = 'matched' AND NOT v.is_there
    AND NOT (e.key_strategy = 'keep'
        AND EXISTS (SELECT FROM osmeta.external_entity x WHERE x.plan_id = e.plan_id AND x.entity_id = e.entity_id))
UNION ALL
SELECT x.plan_id, 'warning', 'external_not_checked', x.object,
    format('the entity is external and its table %s is not within reach of both environments: references to it are taken over as they are', x.source_table),
    'Right if both environments use the same external database. Otherwise set include = false in osmeta.plan_attribute for what refers to it, or transform to an SQL expression.'
FROM osmeta.external_entity x
WHERE x.key_strategy = 'keep' AND x.is_out_of_reach
UNION ALL
SELECT e.plan_id, 'note', 'refresh_needed', e.object,
    'its rows have not been matched since key_strategy was set',
    format('SELECT osmeta.refresh_plan(%L) tells whether all have partners; run_plan does so by itself.', e.plan)
FROM osmeta.planned_entity e
WHERE e.include AND NOT e.is_data AND e.fixed_strategy IS NULL AND e.key_strategy <> 'natural'
    AND e.status = 'matched' AND e.source_table_exists AND e.target_table_exists
    AND e.plan_phase = 'planned' AND e.matched_by IS DISTINCT FROM e.key_strategy
UNION ALL
SELECT e.plan_id, 'note', 'rows_existing', e.object,
    format('rows that are one with rows which environment "%s" has already: %s', e.target, e.rows_existing),
    'They are not delivered; references lead to the rows there.'
FROM osmeta.moved_entity e
WHERE e.rows_existing > 0;
COMMENT ON VIEW osmeta.plan_problem_natural IS 'Internal: which strategies name attributes that do not identify rows';

-- What did the rows show?
CREATE VIEW osmeta.plan_problem_finding (plan_id, severity, code, object, message, hint) AS
SELECT f.plan_id, f.severity, f.code, e.object || COALESCE('.' || a.attribute, ''), f.message, f.hint
FROM osmeta.plan_finding f
JOIN osmeta.planned_entity e ON e.plan_id = f.plan_id AND e.entity_id = f.entity_id
LEFT JOIN osmeta.plan_attribute a
    ON a.plan_id = f.plan_id AND a.entity_id = f.entity_id AND a.attribute_no = f.attribute_no
WHERE e.include AND f.message <> '' AND (f.attribute_no IS NULL OR a.include AND a.transform = 'copy' AND a.mask IS NULL);
COMMENT ON VIEW osmeta.plan_problem_finding IS 'Internal: problems that the rows of both sides showed';
