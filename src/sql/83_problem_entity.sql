/*
 * 83_problem_entity: what is wrong with a plan's environments and entities.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.
 */

-- Entities of a plan with what their problems are told by.
CREATE VIEW osmeta.planned_entity AS
SELECT e.*, p.plan, p.source, p.target, p.options, p.phase AS plan_phase,
    COALESCE(e.espace || '.', '') || e.entity AS object,
    a.attribute_no AS identifier_no, a.target_type AS id_type, a.source_type AS source_id_type,
    a.refers_to IS NOT NULL AS is_one_to_one,
    -- greater than any number of 64 bits, or with decimals
    COALESCE(osmeta.data_type(a.type) IN ('Decimal', 'Currency')
        AND substring(a.source_type FROM '^numeric[(]([0-9]+)')::integer > 18, false) AS is_decimal
FROM osmeta.plan p
JOIN osmeta.plan_entity e ON e.plan_id = p.plan_id
LEFT JOIN osmeta.plan_attribute a
    ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id AND a.is_identifier AND a.include;
COMMENT ON VIEW osmeta.planned_entity IS 'Internal: entities of a plan with what their problems are told by';

-- Those whose rows are moved.
CREATE VIEW osmeta.moved_entity AS
SELECT * FROM osmeta.planned_entity WHERE is_data AND include;
COMMENT ON VIEW osmeta.moved_entity IS 'Internal: entities of a plan whose rows are moved';

-- Attributes that are delivered.
CREATE VIEW osmeta.moved_attribute AS
SELECT a.*, m.plan, m.source, m.target, m.options, m.source_table, m.target_table,
    m.object || '.' || a.attribute AS object
FROM osmeta.moved_entity m
JOIN osmeta.plan_attribute a ON a.plan_id = m.plan_id AND a.entity_id = m.entity_id
WHERE a.include AND m.status = 'matched';
COMMENT ON VIEW osmeta.moved_attribute IS 'Internal: attributes of a plan that are delivered';

-- Are the environments those that the plan was made from?
CREATE VIEW osmeta.plan_problem_environment (plan_id, severity, code, object, message, hint) AS
SELECT p.plan_id, 'error' AS severity, 'environment_missing' AS code, v.environment AS object,
    format('environment "%s" is not attached', v.environment) AS message,
    'Attach it again under this name.' AS hint
FROM osmeta.plan p
CROSS JOIN LATERAL (VALUES (p.source), (p.target)) v (environment)
WHERE NOT EXISTS (SELECT FROM osmeta.environment n WHERE n.environment = v.environment)
UNION ALL
SELECT p.plan_id, 'error', 'environment_changed', v.environment,
    format('environment "%s" was %s when the plan was made, and is now %s', v.environment, v.place,
        osmeta.environment_place(v.environment)),
    'Attach the one that the plan was made from under this name, or make another plan.'
FROM osmeta.plan p
CROSS JOIN LATERAL (VALUES (p.source, p.source_place), (p.target, p.target_place)) v (environment, place)
WHERE osmeta.environment_place(v.environment) <> v.place
UNION ALL
SELECT p.plan_id, 'error', 'target_read_only', p.target,
    format('rows cannot be written through wrapper "%s"', n.wrapper),
    CASE WHEN w.sink_extension IS NULL
        THEN 'Take a target that is reached through postgres_fdw or oracle_fdw, or that stands in this database.'
        ELSE format('A superuser can CREATE EXTENSION %I, which writes there.', w.sink_extension) END
FROM osmeta.plan p
JOIN osmeta.environment n ON n.environment = p.target
JOIN osmeta.wrapper w ON w.wrapper = n.wrapper
WHERE NOT osmeta.sink_can(n.wrapper, 'insert');
COMMENT ON VIEW osmeta.plan_problem_environment IS 'Internal: are the environments those that the plan was made from';

-- Which entities cannot be moved as they are?
CREATE VIEW osmeta.plan_problem_entity (plan_id, severity, code, object, message, hint) AS
SELECT plan_id, 'error',
    CASE status WHEN 'source only' THEN 'entity_without_partner' WHEN 'ambiguous' THEN 'entity_ambiguous'
        ELSE 'entity_inactive_at_target' END, object,
    CASE status
        WHEN 'ambiguous' THEN format('several active entities of one of the environments "%s" and "%s" have the key %s', source, target, entity_key)
        WHEN 'source only' THEN format('environment "%s" has no entity with key %s', target, entity_key)
        ELSE format('the entity is not active in environment "%s"', target)
    END,
    'Publish the application there and capture again, or set include = false in osmeta.plan_entity.'
FROM osmeta.moved_entity AS moved WHERE status <> 'matched'
UNION ALL
SELECT plan_id, 'error',
    CASE status WHEN 'source only' THEN 'entity_without_partner' WHEN 'ambiguous' THEN 'entity_ambiguous'
        ELSE 'entity_inactive_at_target' END, object,
    CASE status
        WHEN 'ambiguous' THEN format('rows refer to it, and several active entities of one of the environments "%s" and "%s" have the key %s', source, target, entity_key)
        WHEN 'source only' THEN format('rows refer to it, and environment "%s" has no entity with key %s', target, entity_key)
        ELSE format('rows refer to it, and it is not active in environment "%s"', target)
    END,
    'Publish it there and capture again, or set include = false in osmeta.plan_attribute for what refers to it.'
FROM osmeta.planned_entity e
WHERE NOT is_data AND include AND status <> 'matched'
    AND EXISTS (SELECT FROM osmeta.plan_attribute a
                JOIN osmeta.moved_entity m ON m.plan_id = a.plan_id AND m.entity_id = a.entity_id
                WHERE a.plan_id = e.plan_id AND a.refers_to_entity_id = e.entity_id
                    AND a.include AND a.transform IN ('remap', 'key', 'typed'))
UNION ALL
SELECT plan_id, 'error', 'table_missing', object,
    format('environment "%s" has no table "%s", or none that its user may read', v.environment, v.table_name),
    'Check the rights there, or set include = false in osmeta.plan_entity.'
FROM osmeta.moved_entity m
CROSS JOIN LATERAL (VALUES
    (m.source, m.source_table, m.source_table_exists),
    (m.target, m.target_table, m.target_table_exists OR m.status <> 'matched')) v (environment, table_name, is_there)
WHERE NOT v.is_there
UNION ALL
SELECT plan_id, 'error', 'table_unreadable', object,
    format('a table of the entity cannot be read: %s', read_error),
    format('Grant SELECT on it and SELECT osmeta.refresh_plan(%L), or set include = false in osmeta.plan_entity.', plan)
FROM osmeta.moved_entity AS moved WHERE read_error IS NOT NULL
UNION ALL
SELECT plan_id, 'error', 'kind_changed', object,
    format('the entity is static, external or of the system in one of the environments "%s" and "%s", and not in the other', source, target),
    'Publish the same version there and capture again, or leave the entity, or what refers to it, out.'
FROM osmeta.planned_entity AS entity WHERE include AND status = 'matched' AND kind_changed
UNION ALL
SELECT plan_id, 'error', 'tenant_mismatch', object,
    format('its rows belong to tenants in one of the environments "%s" and "%s" only', source, target),
    'Publish the same version there and capture again, or set include = false in osmeta.plan_entity.'
FROM osmeta.planned_entity AS entity
WHERE include AND fixed_strategy IS NULL AND status = 'matched' AND tenant_changed
    AND (is_data OR key_strategy <> 'natural')
UNION ALL
SELECT plan_id, 'warning', 'target_without_key', object,
    format('table "%s" of environment "%s" has no primary key or unique index on the identifier', target_table, target),
    'Make one there: it is what keeps a row from being inserted twice should a connection be lost while it commits.'
FROM osmeta.moved_entity AS moved
WHERE status = 'matched' AND target_table_exists AND identifier_no IS NOT NULL AND NOT target_has_key
UNION ALL
SELECT plan_id, 'error', 'invalid_filter', object,
    format('the filter is not one SQL expression: %s', osmeta.expression_error(filter)),
    'Give a condition over the attributes, such as "Name" <> ''''.'
FROM osmeta.moved_entity AS moved WHERE osmeta.expression_error(filter) IS NOT NULL
UNION ALL
SELECT m.plan_id, 'error', 'table_shared', m.object,
    format('its rows and those of %s would be put into the same table "%s" of environment "%s"',
        string_agg(o.object, ', ' ORDER BY o.object), m.target_table, m.target),
    'Two entities stand for one table: set include = false for all but one in osmeta.plan_entity.'
FROM osmeta.moved_entity m
JOIN osmeta.moved_entity o ON o.plan_id = m.plan_id AND o.entity_id <> m.entity_id AND o.target_table = m.target_table
WHERE m.status = 'matched' AND o.status = 'matched'
GROUP BY m.plan_id, m.object, m.target_table, m.target
UNION ALL
SELECT m.plan_id, 'error', 'table_protected', m.object,
    format('its table at the target, "%s", is %s', m.target_table,
        COALESCE('also that of ' || string_agg(DISTINCT COALESCE(s.name || '.', '') || c.name, ', '),
            'one of the metamodel')),
    'Tables of the metamodel and of static entities are never written: set include = false in osmeta.plan_entity.'
FROM osmeta.moved_entity m
JOIN osmeta.plan p ON p.plan_id = m.plan_id
LEFT JOIN osmeta.captured_entity c ON c.capture_id = p.target_capture_id
    AND osmeta.fold_name(btrim(c.physical_table_name)) = osmeta.fold_name(m.target_table)
    AND (c.data_kind = 'staticEntity' OR c.is_system)
LEFT JOIN osmeta.captured_espace s ON s.capture_id = c.capture_id AND s.id = c.espace_id
WHERE m.status = 'matched' AND m.platform_table IS NULL AND (c.id IS NOT NULL OR osmeta.fold_name(m.target_table) ~ '^ossys_')
GROUP BY m.plan_id, m.object, m.target_table;
COMMENT ON VIEW osmeta.plan_problem_entity IS 'Internal: which entities cannot be moved as they are';

-- Which mandatory references leave no order of delivery?
CREATE VIEW osmeta.plan_problem_order (plan_id, severity, code, object, message, hint) AS
WITH RECURSIVE mandatory AS (
    -- mandatory references between entities that no order could be found for
    SELECT m.plan_id, m.object, m.entity_id AS child, o.entity_id AS parent,
        m.object || '.' || a.attribute AS label
    FROM osmeta.moved_entity m
    JOIN osmeta.plan_attribute a ON a.plan_id = m.plan_id AND a.entity_id = m.entity_id
    JOIN osmeta.moved_entity o ON o.plan_id = m.plan_id AND o.entity_id = a.refers_to_entity_id
    WHERE m.level = -1 AND o.level = -1 AND o.entity_id <> m.entity_id
        AND a.include AND a.transform IN ('remap', 'key') AND (a.is_mandatory OR a.is_identifier)
), reach AS (
    SELECT plan_id, child, parent FROM mandatory
    UNION
    SELECT r.plan_id, r.child, m.parent
    FROM reach r
    JOIN mandatory m ON m.plan_id = r.plan_id AND m.child = r.parent
), on_cycle AS (
    SELECT m.*
    FROM mandatory m
    WHERE EXISTS (SELECT FROM reach r WHERE r.plan_id = m.plan_id AND r.child = m.parent AND r.parent = m.child)
)
SELECT c.plan_id, 'error', 'reference_cycle', c.object,
    format('mandatory references form a cycle: %s',
        (SELECT string_agg(o.label, ', ' ORDER BY o.label) FROM on_cycle o
         WHERE o.plan_id = c.plan_id
            AND EXISTS (SELECT FROM reach r WHERE r.plan_id = c.plan_id AND r.child = c.child AND r.parent = o.child)
            AND EXISTS (SELECT FROM reach r WHERE r.plan_id = c.plan_id AND r.child = o.child AND r.parent = c.child))),
    'Set include = false for one of these references, or for one of the entities.'
FROM (SELECT DISTINCT o.plan_id, o.object, o.child FROM on_cycle o) c
UNION ALL
SELECT m.plan_id, 'error', 'reference_cycle', m.object,
    'the identifier of this entity is a reference to the entity itself',
    'Set include = false for the entity.'
FROM osmeta.moved_entity m
JOIN osmeta.plan_attribute a ON a.plan_id = m.plan_id AND a.entity_id = m.entity_id
WHERE a.is_identifier AND a.refers_to_entity_id = m.entity_id;
COMMENT ON VIEW osmeta.plan_problem_order IS 'Internal: which mandatory references leave no order of delivery';
