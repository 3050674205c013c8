/*
 * 85_problem_attribute: what is wrong with a plan's attributes.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.
 */

-- Which attributes cannot be delivered as they are?
CREATE VIEW osmeta.plan_problem_attribute (plan_id, severity, code, object, message, hint) AS
SELECT plan_id, 'error',
    CASE status WHEN 'source only' THEN 'attribute_without_partner' WHEN 'ambiguous' THEN 'attribute_ambiguous'
        ELSE 'attribute_inactive_at_target' END, object,
    CASE status
        WHEN 'ambiguous' THEN format('several active attributes of the entity have its key in one of the environments "%s" and "%s"', source, target)
        WHEN 'source only' THEN format('environment "%s" has no such attribute', target)
        ELSE format('the attribute is not active in environment "%s"', target)
    END,
    'Publish the same version there and capture again, or set include = false in osmeta.plan_attribute to leave its values behind.'
FROM osmeta.moved_attribute AS attribute WHERE status IN ('source only', 'inactive at target', 'ambiguous')
UNION ALL
SELECT plan_id, 'warning', 'mandatory_without_source', object,
    format('the attribute is mandatory in environment "%s" and does not exist at the source', target),
    format('Set transform in osmeta.plan_attribute to an SQL expression that gives its value; now it gets the null value (%s).',
        COALESCE(transform_reason, 'no default is known'))
FROM osmeta.moved_attribute AS attribute WHERE status = 'target only' AND is_mandatory AND transform = 'null value'
UNION ALL
SELECT a.plan_id, 'error', CASE WHEN c.data_type IS NULL THEN 'column_missing' ELSE 'column_unreadable' END, a.object,
    CASE
        WHEN c.data_type IS NULL THEN format('environment "%s" has no column "%s"', v.environment, v.column_name)
        ELSE format('column "%s" of environment "%s" is of type %s, which cannot be read', v.column_name, v.environment, c.data_type)
    END,
    CASE
        WHEN c.data_type IS NULL THEN 'Capture again, or set include = false in osmeta.plan_attribute.'
        ELSE 'Set include = false in osmeta.plan_attribute, or have the column changed there to a type that the platform gives. '
            'Where the wrapper does read the type right, a row of osmeta.dialect_type says so.'
    END
FROM osmeta.moved_attribute a
JOIN osmeta.plan p ON p.plan_id = a.plan_id
CROSS JOIN LATERAL (VALUES
    (a.source, p.source_capture_id, a.source_table, a.source_column, a.source_type, a.status <> 'target only'),
    (a.target, p.target_capture_id, a.target_table, a.target_column, a.target_type, true)
    ) v (environment, capture_id, table_name, column_name, type, is_needed)
LEFT JOIN osmeta.captured_physical_column c ON c.capture_id = v.capture_id AND c.table_name = v.table_name
    AND c.column_name = v.column_name AND c.local_type IS NULL
WHERE a.status IN ('matched', 'target only') AND v.is_needed AND v.type IS NULL
UNION ALL
-- also one that is left out is a column of the foreign table
SELECT a.plan_id, 'error', 'column_shared', e.object || '.' || a.attribute,
    format('column "%s" of the target also belongs to attribute %s', a.target_column, o.attribute),
    'Something is wrong with the metamodel there: put it right and make the plan anew, or set include = false in osmeta.plan_entity.'
FROM osmeta.moved_entity e
JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id
JOIN osmeta.plan_attribute o ON o.plan_id = a.plan_id AND o.entity_id = a.entity_id
    AND o.attribute_no <> a.attribute_no AND o.target_column = a.target_column
WHERE e.status = 'matched' AND a.status IN ('matched', 'target only') AND o.status IN ('matched', 'target only')
    AND a.target_type IS NOT NULL AND o.target_type IS NOT NULL
UNION ALL
SELECT plan_id, 'error', 'type_changed', object,
    format('the attribute is of type %s in environment "%s" and of type %s in "%s"',
        osmeta.data_type(type), source, osmeta.data_type(target_attribute_type), target),
    'Set transform in osmeta.plan_attribute to an SQL expression of the target''s type, or include = false.'
FROM osmeta.moved_attribute AS attribute
WHERE status = 'matched' AND osmeta.data_type(type) IS DISTINCT FROM osmeta.data_type(target_attribute_type)
    AND (transform = 'copy' OR transform = 'convert'
        AND osmeta.is_convertible(osmeta.data_type(type), osmeta.data_type(target_attribute_type)) IS NOT TRUE)
UNION ALL
SELECT plan_id, 'warning', 'type_converted', object,
    format('values of type %s in environment "%s" become %s in "%s"',
        osmeta.data_type(type), source, osmeta.data_type(target_attribute_type), target),
    'One that cannot be converted stops the run before anything is written. Set transform in osmeta.plan_attribute to an SQL expression if another value is wanted.'
FROM osmeta.moved_attribute AS attribute
WHERE status = 'matched' AND transform = 'convert'
    AND osmeta.is_convertible(osmeta.data_type(type), osmeta.data_type(target_attribute_type))
UNION ALL
SELECT plan_id, 'error', 'length_reduced', object,
    format('the attribute has length %s in environment "%s" and only %s in "%s"',
        source_length, source, target_length, target),
    'Set transform in osmeta.plan_attribute to an SQL expression that shortens it, or include = false; lower the severity if no value is too long (one that is stops the run).'
FROM osmeta.moved_attribute AS attribute
WHERE status = 'matched' AND (transform = 'copy' OR transform = 'key' AND type NOT ILIKE 'bt%')
    AND osmeta.data_type(type) = 'Text' AND source_length > target_length
UNION ALL
SELECT plan_id, 'error', 'length_reduced', object,
    format('the column is %s in environment "%s" and only %s in "%s"', source_type, source, target_type, target),
    'Set transform in osmeta.plan_attribute to an SQL expression that rounds it, or include = false; lower the severity if it may be rounded (a value that is too great stops the run).'
FROM osmeta.moved_attribute a
CROSS JOIN LATERAL (VALUES (
    substring(source_type FROM E'^numeric\\((\\d+)')::integer, COALESCE(substring(source_type FROM E',(\\d+)')::integer, 0),
    substring(target_type FROM E'^numeric\\((\\d+)')::integer, COALESCE(substring(target_type FROM E',(\\d+)')::integer, 0)
    )) n (source_digits, source_decimals, target_digits, target_decimals)
WHERE status = 'matched' AND transform = 'copy'
    AND (source_type LIKE 'numeric%' AND target_digits IS NOT NULL
            AND (source_digits IS NULL OR source_decimals > target_decimals
                OR source_digits - source_decimals > target_digits - target_decimals)
        OR source_type LIKE 'timestamp%' AND target_type LIKE 'timestamp%'
            AND COALESCE(substring(source_type FROM '[(]([0-9])[)]')::integer, 6)
                > COALESCE(substring(target_type FROM '[(]([0-9])[)]')::integer, 6))
UNION ALL
SELECT plan_id, 'error', 'invalid_transform', object,
    format('the transform is neither key, copy, convert, remap, default, column default nor null value, nor one SQL expression: %s', osmeta.expression_error(transform)),
    'Give an SQL expression over the attributes of the entity, such as upper("Name").'
FROM osmeta.moved_attribute AS attribute
WHERE transform NOT IN ('key', 'copy', 'convert', 'remap', 'null value', 'default', 'column default') AND transform NOT LIKE 'remap:%'
    AND osmeta.expression_error(transform) IS NOT NULL
UNION ALL
SELECT plan_id, 'error', 'invalid_transform', object,
    format('the plan has no entity "%s" whose identifiers could be mapped', substr(transform, 7)),
    'Give espace and entity of the plan with a dot between them, such as remap:People.Person.'
FROM osmeta.moved_attribute AS attribute
WHERE transform LIKE 'remap:%'
    AND NOT EXISTS (SELECT FROM osmeta.planned_entity e
                    WHERE e.plan_id = attribute.plan_id AND e.include AND e.status = 'matched'
                        AND e.object = substr(attribute.transform, 7))
UNION ALL
SELECT plan_id, 'error', 'invalid_transform', object,
    CASE WHEN transform = 'default' THEN 'no default is known of this attribute'
        ELSE format('a column cannot be left to the database of environment "%s", since each INSERT through its server names all columns', target) END,
    'Set transform in osmeta.plan_attribute to null value, or to an SQL expression that gives its value.'
FROM osmeta.moved_attribute AS attribute
WHERE transform = 'default' AND target_default IS NULL
    OR transform = 'column default'
        AND EXISTS (SELECT FROM osmeta.environment n WHERE n.environment = attribute.target AND n.server IS NOT NULL)
UNION ALL
SELECT plan_id, 'error', 'invalid_transform', object,
    format('transform %s does not suit this attribute', transform),
    'key is for the identifier, remap for references; neither can be copied.'
FROM osmeta.moved_attribute AS attribute
WHERE transform = 'key' AND NOT is_identifier
    OR is_identifier AND transform <> 'key'
    OR transform = 'remap' AND type NOT ILIKE 'bt%'
    OR transform LIKE 'remap:%' AND type ILIKE 'bt%'
    OR transform = 'copy' AND type ILIKE 'bt%';
COMMENT ON VIEW osmeta.plan_problem_attribute IS 'Internal: which attributes cannot be delivered as they are';

-- Which references cannot be mapped?
CREATE VIEW osmeta.plan_problem_reference (plan_id, severity, code, object, message, hint) AS
SELECT plan_id, 'error', 'reference_changed', object,
    format('the attribute does not refer to the same entity in environment "%s" (%s) and in "%s" (%s)',
        source, type, target, target_attribute_type),
    'Publish the same version there and capture again, or set include = false in osmeta.plan_attribute.'
FROM osmeta.moved_attribute AS attribute
WHERE status = 'matched' AND transform IN ('remap', 'key')
    AND osmeta.try_bt_ref(type) OPERATOR(osmeta.<>) osmeta.try_bt_ref(target_attribute_type)
    OR status = 'matched' AND transform IN ('remap', 'key')
    AND (type ILIKE 'bt%') <> (target_attribute_type ILIKE 'bt%')
UNION ALL
SELECT plan_id, 'error', 'reference_outside_plan', object,
    format('the attribute refers to %s, whose rows the plan neither moves nor matches',
        COALESCE((SELECT e.espace || '.' || e.entity FROM osmeta.plan_entity e
                  WHERE e.plan_id = a.plan_id AND e.entity_id = a.refers_to_entity_id),
                 a.refers_to_name, a.refers_to::text, 'nothing that is known')),
    'Add that entity to the scope (create_plan with option producers = referenced adds those that hold application data); or set key_strategy in osmeta.plan_entity to natural:<attributes> or keep, which match its rows with those of the target; or set include = false in osmeta.plan_attribute.'
FROM (
    SELECT a.*, (SELECT COALESCE(s.name, x.name) || '.' || e.name
                 FROM osmeta.plan p
                 JOIN osmeta.captured_entity e ON e.capture_id = p.source_capture_id
                 LEFT JOIN osmeta.captured_espace s ON s.capture_id = e.capture_id AND s.id = e.espace_id
                 LEFT JOIN osmeta.captured_extension x ON x.capture_id = e.capture_id AND x.id = e.extension_id
                 WHERE p.plan_id = a.plan_id
                     AND osmeta.try_oskey(COALESCE(s.ss_key, x.ss_key), e.ss_key) OPERATOR(osmeta.=) a.refers_to
                 ORDER BY e.is_active DESC LIMIT 1) AS refers_to_name
    FROM osmeta.moved_attribute a
) a
WHERE (a.status = 'matched' AND a.type ILIKE 'bt%' AND a.transform IN ('remap', 'key')
        -- of what is not known at all: typed_value_unknown
        OR a.status = 'typed' AND a.transform = 'typed' AND a.refers_to_entity_id IS NOT NULL)
    AND NOT EXISTS (SELECT FROM osmeta.plan_entity e
                    WHERE e.plan_id = a.plan_id AND e.entity_id = a.refers_to_entity_id AND e.include
                        AND e.key_strategy <> 'natural');
COMMENT ON VIEW osmeta.plan_problem_reference IS 'Internal: which references cannot be mapped';
