/*
 * What can be read of plans: identifiers, progress, and what a plan would
 * stumble over, computed from its tables whenever it is read.
 */

-- Which identifier became which?
CREATE VIEW osmeta.plan_key AS
SELECT p.plan, k.entity_key, k.source_id, k.target_id
FROM osmeta.plan p
CROSS JOIN LATERAL osmeta.plan_key_rows(p.plan_id) k
WHERE EXISTS (SELECT FROM pg_roles r
              WHERE r.rolname = p.owner AND pg_has_role(r.oid, 'USAGE'));
COMMENT ON VIEW osmeta.plan_key IS 'Identifiers at the source and at the target, of moved rows and of matched ones';

-- How far is a plan?
CREATE VIEW osmeta.plan_progress AS
SELECT p.plan, c.phase, e.espace, e.entity, c.chunks_done, c.chunks, c.rows_done, c.rows_expected,
    CASE WHEN c.seconds > 0 THEN round(c.rows_done / c.seconds) END AS rows_per_second,
    CASE
        WHEN c.chunks_done = c.chunks THEN interval '0'
        WHEN c.rows_done > 0 AND c.rows_expected >= c.rows_done
            THEN make_interval(secs => (c.seconds / c.rows_done * (c.rows_expected - c.rows_done))::double precision)
    END AS eta
FROM osmeta.plan p
JOIN (
    SELECT plan_id, entity_id, phase, min(level) AS level,
        count(*) FILTER (WHERE state = 'done') AS chunks_done,
        count(*) AS chunks,
        sum(rows_done)::bigint AS rows_done,
        sum(COALESCE(rows_expected, rows_done))::bigint AS rows_expected,
        EXTRACT(epoch FROM max(finished_at) - min(started_at))::numeric AS seconds
    FROM osmeta.plan_chunk
    GROUP BY plan_id, entity_id, phase
) c ON c.plan_id = p.plan_id
JOIN osmeta.plan_entity e ON e.plan_id = c.plan_id AND e.entity_id = c.entity_id
ORDER BY p.plan, CASE c.phase WHEN 'pull' THEN 1 WHEN 'push' THEN 2 ELSE 3 END, c.level, e.espace, e.entity;
COMMENT ON VIEW osmeta.plan_progress IS 'How far each plan is, by phase and entity';

-- What would a plan stumble over?
CREATE VIEW osmeta.plan_problem AS
WITH RECURSIVE entity AS (
    SELECT e.*, p.plan, p.source, p.target, p.options, p.phase AS plan_phase,
        COALESCE(e.espace || '.', '') || e.entity AS object,
        a.attribute_no AS identifier_no, a.target_type AS id_type, a.source_type AS source_id_type,
        a.refers_to IS NOT NULL AS is_one_to_one
    FROM osmeta.plan p
    JOIN osmeta.plan_entity e ON e.plan_id = p.plan_id
    LEFT JOIN osmeta.plan_attribute a
        ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id AND a.is_identifier AND a.include
), moved AS (
    SELECT * FROM entity WHERE is_data AND include
), attribute AS (
    SELECT a.*, m.plan, m.source, m.target, m.options, m.target_table,
        m.object || '.' || a.attribute AS object
    FROM moved m
    JOIN osmeta.plan_attribute a ON a.plan_id = m.plan_id AND a.entity_id = m.entity_id
    WHERE a.include AND m.status = 'matched'
), mandatory AS (
    -- mandatory references between entities that no order could be found for
    SELECT m.plan_id, m.plan, m.options, m.object, m.entity_id AS child, o.entity_id AS parent,
        m.object || '.' || a.attribute AS label
    FROM moved m
    JOIN osmeta.plan_attribute a ON a.plan_id = m.plan_id AND a.entity_id = m.entity_id
    JOIN moved o ON o.plan_id = m.plan_id AND o.entity_id = a.refers_to_entity_id
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
), found AS (
    -- environments
    SELECT p.plan, p.options, 'error' AS severity, 'environment_missing' AS code, v.environment AS object,
        format('environment "%s" is not attached', v.environment) AS message,
        'Attach it again under this name.' AS hint
    FROM osmeta.plan p
    CROSS JOIN LATERAL (VALUES (p.source), (p.target)) v (environment)
    WHERE NOT EXISTS (SELECT FROM osmeta.environment n WHERE n.environment = v.environment)
    UNION ALL
    SELECT p.plan, p.options, 'error', 'environment_changed', v.environment,
        format('environment "%s" was %s when the plan was made, and is now %s', v.environment, v.place,
            osmeta.environment_place(v.environment)),
        'Attach the one that the plan was made from under this name, or make another plan.'
    FROM osmeta.plan p
    CROSS JOIN LATERAL (VALUES (p.source, p.source_place), (p.target, p.target_place)) v (environment, place)
    WHERE osmeta.environment_place(v.environment) <> v.place
    UNION ALL
    SELECT p.plan, p.options, 'error', 'target_read_only', p.target,
        format('rows cannot be written through wrapper "%s"', n.wrapper),
        'Take a target that is reached through postgres_fdw or oracle_fdw, or that stands in this database.'
    FROM osmeta.plan p
    JOIN osmeta.environment n ON n.environment = p.target
    JOIN osmeta.wrapper w ON w.wrapper = n.wrapper
    WHERE NOT w.can_insert
    -- entities
    UNION ALL
    SELECT plan, options, 'error',
        CASE status WHEN 'source only' THEN 'entity_without_partner' ELSE 'entity_inactive_at_target' END, object,
        CASE status
            WHEN 'source only' THEN format('environment "%s" has no entity with key %s', target, entity_key)
            ELSE format('the entity is not active in environment "%s"', target)
        END,
        'Publish the application there and capture again, or set include = false in osmeta.plan_entity.'
    FROM moved WHERE status <> 'matched'
    UNION ALL
    SELECT plan, options, 'error',
        CASE status WHEN 'source only' THEN 'entity_without_partner' ELSE 'entity_inactive_at_target' END, object,
        CASE status
            WHEN 'source only' THEN format('rows refer to it, and environment "%s" has no entity with key %s', target, entity_key)
            ELSE format('rows refer to it, and it is not active in environment "%s"', target)
        END,
        'Publish it there and capture again, or set include = false in osmeta.plan_attribute for what refers to it.'
    FROM entity e
    WHERE NOT is_data AND include AND status <> 'matched'
        AND EXISTS (SELECT FROM osmeta.plan_attribute a
                    JOIN moved m ON m.plan_id = a.plan_id AND m.entity_id = a.entity_id
                    WHERE a.plan_id = e.plan_id AND a.refers_to_entity_id = e.entity_id
                        AND a.include AND a.transform IN ('remap', 'key'))
    UNION ALL
    SELECT plan, options, 'error', 'table_missing', object,
        format('environment "%s" has no table "%s", or none that its user may read', v.environment, v.table_name),
        'Check the rights there, or set include = false in osmeta.plan_entity.'
    FROM moved m
    CROSS JOIN LATERAL (VALUES
        (m.source, m.source_table, m.source_table_exists),
        (m.target, m.target_table, m.target_table_exists OR m.status <> 'matched')) v (environment, table_name, is_there)
    WHERE NOT v.is_there
    UNION ALL
    SELECT plan, options, 'error', 'table_unreadable', object,
        format('a table of the entity cannot be read: %s', read_error),
        format('Grant SELECT on it and SELECT osmeta.refresh_plan(%L), or set include = false in osmeta.plan_entity.', plan)
    FROM moved WHERE read_error IS NOT NULL
    UNION ALL
    SELECT plan, options, 'error', 'kind_changed', object,
        format('the entity is static, external or of the system in one of the environments "%s" and "%s", and not in the other', source, target),
        'Publish the same version there and capture again, or leave the entity, or what refers to it, out.'
    FROM entity WHERE include AND status = 'matched' AND kind_changed
    UNION ALL
    SELECT plan, options, 'error', 'identifier_changed', object,
        format('the attribute is the identifier in one of the environments "%s" and "%s" only', source, target),
        'Publish the same version there and capture again, or leave the entity out.'
    FROM attribute WHERE identifier_changed
    UNION ALL
    SELECT m.plan, m.options, 'error', 'id_range_shared', m.object,
        format('plan "%s" puts rows into the same range of identifiers, %s to %s', o.plan,
            m.lower_id + m.id_offset::numeric, m.upper_id + m.id_offset::numeric),
        'Set id_offset in osmeta.plan_entity to a higher value, or drop the other plan.'
    FROM moved m
    JOIN moved o ON o.plan_id <> m.plan_id AND o.target_table = m.target_table AND o.key_strategy = 'offset'
    JOIN osmeta.plan mp ON mp.plan_id = m.plan_id
    JOIN osmeta.plan op ON op.plan_id = o.plan_id AND op.target_place = mp.target_place
    WHERE m.key_strategy = 'offset' AND mp.phase = 'planned' AND op.phase <> 'done'
        AND m.rows_expected > 0 AND o.rows_expected > 0
        AND m.lower_id + m.id_offset::numeric <= o.upper_id + o.id_offset::numeric
        AND o.lower_id + o.id_offset::numeric <= m.upper_id + m.id_offset::numeric
    UNION ALL
    SELECT plan, options, 'error', 'no_identifier', object,
        'the entity has no active identifier attribute, or one without column, or one that is not included',
        'Only entities with an identifier can be moved: set include = false in osmeta.plan_entity.'
    FROM moved m
    WHERE status = 'matched' AND (identifier_no IS NULL
        OR source_table_exists AND target_table_exists AND (id_type IS NULL OR source_id_type IS NULL))
    UNION ALL
    SELECT plan, options, 'error', 'multi_tenant_entity', object,
        'rows of a multi-tenant entity belong to tenants, which this version does not map',
        'Set include = false in osmeta.plan_entity.'
    FROM moved WHERE is_multitenant
    UNION ALL
    SELECT plan, options, 'error', 'unsupported_strategy', object,
        format('key strategy "%s" cannot be used here', key_strategy),
        'Entities whose rows are moved can have offset, keep or parent.'
    FROM moved WHERE key_strategy NOT IN ('offset', 'keep', 'parent')
    UNION ALL
    SELECT plan, options, 'error', 'unsupported_strategy', object,
        CASE WHEN is_one_to_one
            THEN format('the identifier is a reference, which key strategy "%s" would not map', key_strategy)
            ELSE 'key strategy "parent" is for an identifier that is a reference'
        END,
        format('Set key_strategy = %L in osmeta.plan_entity.', CASE WHEN is_one_to_one THEN 'parent' ELSE 'offset' END)
    FROM moved
    WHERE identifier_no IS NOT NULL AND key_strategy IN ('offset', 'keep', 'parent')
        AND is_one_to_one <> (key_strategy = 'parent')
    UNION ALL
    SELECT plan, options, 'error', 'unsupported_strategy', object,
        format('key strategy "%s" cannot be used here', key_strategy),
        format('Set key_strategy = %L in osmeta.plan_entity.', m.strategy)
    FROM entity
    CROSS JOIN LATERAL (VALUES (
        CASE WHEN osmeta.is_user_entity(entity_key)
            THEN 'user' ELSE 'record' END)) m (strategy)
    WHERE NOT is_data AND key_strategy <> m.strategy
    UNION ALL
    SELECT plan, options, 'error', 'unsupported_strategy', object,
        format('key strategy "offset" needs whole numbers, but the identifier is of type %s', id_type),
        'Set key_strategy = ''keep'' in osmeta.plan_entity.'
    FROM moved
    WHERE key_strategy = 'offset' AND id_type IS NOT NULL
        AND NOT (id_type ~ '^(smallint|integer|bigint|numeric[(][0-9]+,0[)])$'
            AND source_id_type ~ '^(smallint|integer|bigint|numeric[(][0-9]+,0[)])$')
    UNION ALL
    SELECT plan, options, 'error', 'identity_always', object,
        format('the identifier of table "%s" in environment "%s" is GENERATED ALWAYS: it cannot be given', target_table, target),
        'Have it changed there (ALTER COLUMN ... SET GENERATED BY DEFAULT), and SELECT osmeta.refresh_plan(...); or set include = false in osmeta.plan_entity.'
    FROM moved WHERE identity_always AND status = 'matched'
    UNION ALL
    SELECT plan, options, 'error', 'id_offset_missing', object,
        'key strategy "offset" needs an id_offset',
        'Set id_offset in osmeta.plan_entity to a range that is free at the target.'
    FROM moved
    WHERE key_strategy = 'offset' AND id_offset IS NULL
        AND status = 'matched' AND source_table_exists AND target_table_exists
    UNION ALL
    SELECT plan, options, 'error', 'id_range_overflow', object,
        format('the highest new identifier, %s, does not fit into type %s', upper_id + id_offset::numeric, id_type),
        'Set id_offset in osmeta.plan_entity to a range that fits and is free at the target.'
    FROM moved
    WHERE key_strategy = 'offset' AND upper_id IS NOT NULL AND id_offset IS NOT NULL
        AND upper_id + id_offset::numeric > CASE id_type
            WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647 ELSE 9223372036854775807 END
    UNION ALL
    SELECT plan, options, 'error', 'id_range_taken', object,
        format('new identifiers would begin at %s, but the target has some up to %s', lower_id + id_offset::numeric, target_upper_id),
        'Set id_offset in osmeta.plan_entity to a higher value.'
    FROM moved
    WHERE key_strategy = 'offset' AND plan_phase = 'planned'
        AND lower_id + id_offset::numeric <= target_upper_id
    UNION ALL
    SELECT plan, options, 'warning', 'counter_behind', object,
        format('the identity counter %s of environment "%s" %s, the highest new identifier will be %s', counter, target,
            COALESCE('stands at ' || counter_value, 'has not been used or needs a right to be read (SELECT on the sequence)'), highest),
        format('Run there, before the plan: SELECT pg_catalog.setval(%L, %s)', counter,
            highest + COALESCE((options ->> 'headroom')::bigint, 10000))
    FROM moved
    CROSS JOIN LATERAL (VALUES (
        CASE key_strategy WHEN 'offset' THEN upper_id + id_offset::numeric WHEN 'keep' THEN upper_id END)) h (highest)
    WHERE counter IS NOT NULL AND rows_expected > 0 AND COALESCE(counter_value, 0) < highest
        -- in this database a run moves it itself, if it may
        AND EXISTS (SELECT FROM osmeta.environment n
                    WHERE n.environment = moved.target
                        AND CASE WHEN n.server IS NULL
                            THEN NOT (has_sequence_privilege(to_regclass(moved.counter), 'SELECT')
                                AND has_sequence_privilege(to_regclass(moved.counter), 'UPDATE'))
                            ELSE true END)
    UNION ALL
    SELECT plan, options, 'warning', 'target_without_key', object,
        format('table "%s" of environment "%s" has no primary key or unique index on the identifier', target_table, target),
        'Make one there: it is what keeps a row from being inserted twice should a connection be lost while it commits.'
    FROM moved
    WHERE status = 'matched' AND target_table_exists AND identifier_no IS NOT NULL AND NOT target_has_key
    UNION ALL
    SELECT plan, options, 'error', 'invalid_filter', object,
        format('the filter is not one SQL expression: %s', osmeta.expression_error(filter)),
        'Give a condition over the attributes, such as "Name" <> ''''.'
    FROM moved WHERE osmeta.expression_error(filter) IS NOT NULL
    UNION ALL
    SELECT c.plan, c.options, 'error', 'reference_cycle', c.object,
        format('mandatory references form a cycle: %s',
            (SELECT string_agg(o.label, ', ' ORDER BY o.label) FROM on_cycle o
             WHERE o.plan_id = c.plan_id
                AND EXISTS (SELECT FROM reach r WHERE r.plan_id = c.plan_id AND r.child = c.child AND r.parent = o.child)
                AND EXISTS (SELECT FROM reach r WHERE r.plan_id = c.plan_id AND r.child = o.child AND r.parent = c.child))),
        'Set include = false for one of these references, or for one of the entities.'
    FROM (SELECT DISTINCT o.plan_id, o.plan, o.options, o.object, o.child FROM on_cycle o) c
    UNION ALL
    SELECT m.plan, m.options, 'error', 'reference_cycle', m.object,
        'the identifier of this entity is a reference to the entity itself',
        'Set include = false for the entity.'
    FROM moved m
    JOIN osmeta.plan_attribute a ON a.plan_id = m.plan_id AND a.entity_id = m.entity_id
    WHERE a.is_identifier AND a.refers_to_entity_id = m.entity_id
    UNION ALL
    SELECT m.plan, m.options, 'error', 'table_shared', m.object,
        format('its rows and those of %s would be put into the same table "%s" of environment "%s"',
            string_agg(o.object, ', ' ORDER BY o.object), m.target_table, m.target),
        'Two entities stand for one table: set include = false for all but one in osmeta.plan_entity.'
    FROM moved m
    JOIN moved o ON o.plan_id = m.plan_id AND o.entity_id <> m.entity_id AND o.target_table = m.target_table
    WHERE m.status = 'matched' AND o.status = 'matched'
    GROUP BY m.plan, m.options, m.object, m.target_table, m.target
    UNION ALL
    SELECT m.plan, m.options, 'error', 'table_protected', m.object,
        format('its table at the target, "%s", is %s', m.target_table,
            COALESCE('also that of ' || string_agg(DISTINCT COALESCE(s.name || '.', '') || c.name, ', '),
                'one of the metamodel')),
        'Tables of the metamodel and of static entities are never written: set include = false in osmeta.plan_entity.'
    FROM moved m
    JOIN osmeta.plan p ON p.plan_id = m.plan_id
    LEFT JOIN osmeta.captured_entity c ON c.capture_id = p.target_capture_id
        AND osmeta.fold_name(btrim(c.physical_table_name)) = osmeta.fold_name(m.target_table)
        AND (c.data_kind = 'staticEntity' OR c.is_system)
    LEFT JOIN osmeta.captured_espace s ON s.capture_id = c.capture_id AND s.id = c.espace_id
    WHERE m.status = 'matched' AND (c.id IS NOT NULL OR osmeta.fold_name(m.target_table) ~ '^ossys_')
    GROUP BY m.plan, m.options, m.object, m.target_table
    -- attributes
    UNION ALL
    SELECT plan, options, 'error',
        CASE status WHEN 'source only' THEN 'attribute_without_partner' ELSE 'attribute_inactive_at_target' END, object,
        CASE status
            WHEN 'source only' THEN format('environment "%s" has no such attribute', target)
            ELSE format('the attribute is not active in environment "%s"', target)
        END,
        'Publish the same version there and capture again, or set include = false in osmeta.plan_attribute to leave its values behind.'
    FROM attribute WHERE status IN ('source only', 'inactive at target')
    UNION ALL
    SELECT plan, options, 'warning', 'mandatory_without_source', object,
        format('the attribute is mandatory in environment "%s" and does not exist at the source', target),
        'Set transform in osmeta.plan_attribute to an SQL expression that gives its value; now it gets the null value.'
    FROM attribute WHERE status = 'target only' AND is_mandatory AND transform = 'null value'
    UNION ALL
    SELECT plan, options, 'error', 'column_missing', object,
        format('environment "%s" has no column "%s"', v.environment, v.column_name),
        'Capture again, or set include = false in osmeta.plan_attribute.'
    FROM attribute a
    CROSS JOIN LATERAL (VALUES
        (a.source, a.source_column, a.source_type, a.status <> 'target only'),
        (a.target, a.target_column, a.target_type, true)) v (environment, column_name, type, is_needed)
    WHERE a.status IN ('matched', 'target only') AND v.is_needed AND v.type IS NULL
    UNION ALL
    SELECT a.plan, a.options, 'error', 'column_shared', a.object,
        format('column "%s" of the target also belongs to attribute %s', a.target_column, o.attribute),
        'Something is wrong with the metamodel there: put it right and make the plan anew, or set include = false in osmeta.plan_entity.'
    FROM attribute a
    JOIN osmeta.plan_attribute o ON o.plan_id = a.plan_id AND o.entity_id = a.entity_id
        AND o.attribute_no <> a.attribute_no AND o.target_column = a.target_column
    WHERE a.status IN ('matched', 'target only') AND o.status IN ('matched', 'target only')
        AND a.target_type IS NOT NULL AND o.target_type IS NOT NULL
    UNION ALL
    SELECT plan, options, 'error', 'type_changed', object,
        format('the attribute is of type %s in environment "%s" and of type %s in "%s"',
            osmeta.data_type(type), source, osmeta.data_type(target_attribute_type), target),
        'Set transform in osmeta.plan_attribute to an SQL expression of the target''s type, or include = false.'
    FROM attribute
    WHERE status = 'matched' AND transform = 'copy'
        AND osmeta.data_type(type) IS DISTINCT FROM osmeta.data_type(target_attribute_type)
    UNION ALL
    SELECT plan, options, 'error', 'reference_changed', object,
        format('the attribute does not refer to the same entity in environment "%s" (%s) and in "%s" (%s)',
            source, type, target, target_attribute_type),
        'Publish the same version there and capture again, or set include = false in osmeta.plan_attribute.'
    FROM attribute
    WHERE status = 'matched' AND transform IN ('remap', 'key')
        AND osmeta.try_bt_ref(type) OPERATOR(osmeta.<>) osmeta.try_bt_ref(target_attribute_type)
        OR status = 'matched' AND transform IN ('remap', 'key')
        AND (type ILIKE 'bt%') <> (target_attribute_type ILIKE 'bt%')
    UNION ALL
    SELECT plan, options, 'error', 'length_reduced', object,
        format('the attribute has length %s in environment "%s" and only %s in "%s"',
            source_length, source, target_length, target),
        'Set transform in osmeta.plan_attribute to an SQL expression that shortens it, or include = false; lower the severity if no value is too long (one that is stops the run).'
    FROM attribute
    WHERE status = 'matched' AND transform = 'copy' AND osmeta.data_type(type) = 'Text'
        AND source_length > target_length
    UNION ALL
    SELECT plan, options, 'error', 'length_reduced', object,
        format('the column is %s in environment "%s" and only %s in "%s"', source_type, source, target_type, target),
        'Set transform in osmeta.plan_attribute to an SQL expression that rounds it, or include = false; lower the severity if it may be rounded (a value that is too great stops the run).'
    FROM attribute a
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
    SELECT plan, options, 'error', 'reference_outside_plan', object,
        format('the attribute refers to %s, which is not in the plan',
            COALESCE((SELECT e.espace || '.' || e.entity FROM osmeta.plan_entity e
                      WHERE e.plan_id = a.plan_id AND e.entity_id = a.refers_to_entity_id),
                     a.refers_to_name, a.refers_to::text, 'nothing that is known')),
        'Add that entity to the scope (create_plan with option producers = referenced adds those that hold application data), or set include = false in osmeta.plan_attribute.'
    FROM (
        SELECT a.*, (SELECT COALESCE(s.name, x.name) || '.' || e.name
                     FROM osmeta.plan p
                     JOIN osmeta.captured_entity e ON e.capture_id = p.source_capture_id
                     LEFT JOIN osmeta.captured_espace s ON s.capture_id = e.capture_id AND s.id = e.espace_id
                     LEFT JOIN osmeta.captured_extension x ON x.capture_id = e.capture_id AND x.id = e.extension_id
                     WHERE p.plan_id = a.plan_id
                         AND osmeta.try_oskey(COALESCE(s.ss_key, x.ss_key), e.ss_key) OPERATOR(osmeta.=) a.refers_to
                     ORDER BY e.is_active DESC LIMIT 1) AS refers_to_name
        FROM attribute a
    ) a
    WHERE a.status = 'matched' AND a.type ILIKE 'bt%' AND a.transform IN ('remap', 'key')
        AND NOT EXISTS (SELECT FROM osmeta.plan_entity e
                        WHERE e.plan_id = a.plan_id AND e.entity_id = a.refers_to_entity_id AND e.include)
    UNION ALL
    SELECT a.plan, a.options, 'warning', 'reference_to_filtered', a.object,
        format('rows of %s that its filter leaves out are not at the target', e.espace || '.' || e.entity),
        'References to them become NULL and are counted by verify_plan. Filter this entity too if that must not be.'
    FROM attribute a
    JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.refers_to_entity_id
    WHERE a.status = 'matched' AND a.transform = 'remap' AND e.is_data AND e.include AND e.filter IS NOT NULL
    UNION ALL
    SELECT plan, options, 'error', 'invalid_transform', object,
        format('the transform is neither key, copy, remap nor null value, nor one SQL expression: %s', osmeta.expression_error(transform)),
        'Give an SQL expression over the attributes of the entity, such as upper("Name").'
    FROM attribute
    WHERE transform NOT IN ('key', 'copy', 'remap', 'null value') AND osmeta.expression_error(transform) IS NOT NULL
    UNION ALL
    SELECT plan, options, 'error', 'invalid_transform', object,
        format('transform %s does not suit this attribute', transform),
        'key is for the identifier, remap for references; neither can be copied.'
    FROM attribute
    WHERE transform = 'key' AND NOT is_identifier
        OR is_identifier AND transform <> 'key'
        OR transform = 'remap' AND type NOT ILIKE 'bt%'
        OR transform = 'copy' AND type ILIKE 'bt%'
    UNION ALL
    SELECT plan, options, 'error', 'invalid_mask', object,
        format('there is no mask "%s"', mask),
        'Valid masks are null and constant:<text>; identifiers, references and null values cannot be masked.'
    FROM attribute
    WHERE mask IS NOT NULL AND (mask NOT IN ('null') AND mask NOT LIKE 'constant:%'
        OR transform IN ('key', 'remap', 'null value'))
    -- matched rows
    UNION ALL
    SELECT p.plan, p.options, CASE WHEN u.is_certain THEN 'error' ELSE 'warning' END,
        CASE WHEN e.key_strategy = 'user' THEN 'unmatched_user' ELSE 'unmatched_static_record' END,
        COALESCE(e.espace || '.', '') || e.entity,
        format('%s %s of environment "%s" %s no partner in "%s": %s',
            u.number,
            CASE WHEN e.key_strategy = 'user'
                THEN CASE WHEN u.number = 1 THEN 'user' ELSE 'users' END
                ELSE CASE WHEN u.number = 1 THEN 'record' ELSE 'records' END END,
            p.source, CASE WHEN u.number = 1 THEN 'has' ELSE 'have' END, p.target, u.labels),
        CASE WHEN e.key_strategy = 'user'
            THEN format('Create them there or SELECT osmeta.set_plan_option(%L, ''users'', ''fallback:name'')', p.plan)
            ELSE 'Publish the same version of the static entity there.' END
    FROM osmeta.plan p
    JOIN osmeta.plan_entity e ON e.plan_id = p.plan_id
    JOIN LATERAL (
        SELECT count(*) AS number, bool_or(m.is_certain) AS is_certain,
            string_agg(m.label, ', ' ORDER BY m.label) FILTER (WHERE m.rank <= 20)
                || CASE WHEN count(*) > 20 THEN ', ...' ELSE '' END AS labels
        FROM (
            SELECT format('%s (id %s)', m.label, m.source_id) AS label, r.is_certain,
                row_number() OVER (ORDER BY m.label, m.source_id) AS rank
            FROM osmeta.plan_map m
            -- what a filter lets through is known after the pull only
            CROSS JOIN LATERAL (SELECT bool_or(ae.filter IS NULL)
                            FROM osmeta.plan_attribute a
                            JOIN osmeta.plan_entity ae ON ae.plan_id = a.plan_id AND ae.entity_id = a.entity_id
                            JOIN osmeta.plan_reference_use u
                                ON u.plan_id = a.plan_id AND u.entity_id = a.entity_id AND u.attribute_no = a.attribute_no
                            WHERE a.plan_id = e.plan_id AND a.refers_to_entity_id = e.entity_id
                                AND a.include AND ae.include AND u.source_id = m.source_id
                                AND a.transform IN ('remap', 'key')) r (is_certain)
            WHERE m.plan_id = e.plan_id AND m.entity_id = e.entity_id AND m.target_id IS NULL
                AND r.is_certain IS NOT NULL
        ) m
    ) u ON u.number > 0
    WHERE NOT e.is_data
)
SELECT f.plan, COALESCE(f.options -> 'severity' ->> f.code, f.severity) AS severity, f.code, f.object,
    f.message, f.hint
FROM found f
ORDER BY f.plan, CASE COALESCE(f.options -> 'severity' ->> f.code, f.severity) WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END,
    f.code, f.object, f.message;
COMMENT ON VIEW osmeta.plan_problem IS 'What stops a plan (error) or should be known before it runs; computed when read';

-- Which plan holds on to a capture?  drop_capture() asks.
CREATE FUNCTION osmeta.capture_pinned_by(capture_id bigint)
RETURNS text
LANGUAGE SQL STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT format('plan "%s"', p.plan)
    FROM osmeta.plan p
    WHERE capture_pinned_by.capture_id IN (p.source_capture_id, p.target_capture_id)
    ORDER BY p.plan
    LIMIT 1;
END;
COMMENT ON FUNCTION osmeta.capture_pinned_by(bigint) IS 'Internal: what needs a capture, such as: plan "x"; NULL if nothing does';
