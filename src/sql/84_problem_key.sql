/*
 * 84_problem_key: what is wrong with how a plan's identifiers are mapped.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.
 */

-- Which identifiers may a plan's rows of an entity get?
CREATE FUNCTION osmeta.planned_range(key_strategy text, lower_id bigint, upper_id bigint, id_offset bigint, rows bigint)
RETURNS numrange
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN lower_id IS NULL THEN NULL
    WHEN key_strategy = 'keep' THEN numrange(lower_id, upper_id, '[]')
    WHEN key_strategy = 'dense' THEN numrange(lower_id + id_offset::numeric, lower_id + id_offset::numeric + greatest(rows, 1) - 1, '[]')
    WHEN key_strategy = 'offset' OR key_strategy LIKE 'natural:%' THEN numrange(lower_id + id_offset::numeric, upper_id + id_offset::numeric, '[]')
END;
COMMENT ON FUNCTION osmeta.planned_range(text, bigint, bigint, bigint, bigint) IS 'Internal: the identifiers that a plan''s rows of an entity may get, NULL if that is not known';

-- How far can a counter of this type count?  None goes further than its type,
-- and none of this database further than it says.
CREATE FUNCTION osmeta.counter_limit(counter text, type text)
RETURNS numeric
LANGUAGE SQL STABLE PARALLEL SAFE
RETURN least(
    CASE type WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647
        ELSE least(trunc(10::numeric ^ substring(type FROM '^numeric[(]([0-9]+),0[)]$')::integer) - 1, 9223372036854775807) END,
    (SELECT s.seqmax FROM pg_sequence AS s WHERE s.seqrelid = to_regclass(counter)));
COMMENT ON FUNCTION osmeta.counter_limit(text, text) IS 'Internal: the highest value that an identity counter can have; counter is NULL where it is not in this database';

-- To which value is a counter to be set?  If there is no room beyond the
-- highest identifier, what is left is left to the target.
CREATE FUNCTION osmeta.counter_setting(counter text, type text, highest numeric, headroom bigint)
RETURNS numeric
LANGUAGE SQL STABLE PARALLEL SAFE
RETURN CASE WHEN highest + headroom <= osmeta.counter_limit(counter, type) THEN highest + headroom
    ELSE least(highest, osmeta.counter_limit(counter, type)) END;
COMMENT ON FUNCTION osmeta.counter_setting(text, text, numeric, bigint) IS 'Internal: the value that an identity counter is set to for a highest identifier';

-- The statement that sets a counter at the target; SQL Server's are called by
-- their tables, with brackets.
CREATE FUNCTION osmeta.counter_statement(counter text, value numeric)
RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN starts_with(counter, '[')
    THEN format('DBCC CHECKIDENT (N''%s'', RESEED, %s)', replace(counter, '''', ''''''), value)
    ELSE format('SELECT pg_catalog.setval(%L, %s)', counter, value) END;
COMMENT ON FUNCTION osmeta.counter_statement(text, numeric) IS 'Internal: the statement that sets an identity counter at the target';

-- Types whose identifiers can be compared are of one kind.
CREATE FUNCTION osmeta.identifier_kind(type text)
RETURNS text
LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN type ~ '^(smallint|integer|bigint|numeric)' THEN 'number'
    WHEN type ~ '^(character|text|bpchar|name|citext)' THEN 'text'
    ELSE regexp_replace(type, '[(].*', '')
END;
COMMENT ON FUNCTION osmeta.identifier_kind(text) IS 'Internal: number, text, or what else a type of identifiers is';

-- Which identifiers cannot be given at the target?
CREATE VIEW osmeta.plan_problem_key (plan_id, severity, code, object, message, hint) AS
SELECT plan_id, 'error', 'identifier_changed', object,
    format('the attribute is the identifier in one of the environments "%s" and "%s" only', source, target),
    'Publish the same version there and capture again, or leave the entity out.'
FROM osmeta.moved_attribute AS attribute WHERE identifier_changed
UNION ALL
SELECT plan_id, 'error', 'identifier_changed', object,
    format('the identifier is of type %s in environment "%s" and of type %s in "%s"', source_id_type, source, id_type, target),
    'Publish the same version there and capture again, or leave the entity out: numbers can be mapped to numbers, texts to texts.'
FROM osmeta.moved_entity AS moved
WHERE NOT is_one_to_one AND osmeta.identifier_kind(source_id_type) <> osmeta.identifier_kind(id_type)
UNION ALL
SELECT m.plan_id, 'error', 'id_range_shared', m.object,
    format('plan "%s" puts rows into the same range of identifiers, %s to %s', o.plan, mr.lower, mr.upper),
    CASE m.key_strategy WHEN 'keep' THEN 'Set key_strategy = ''offset'' in osmeta.plan_entity, or drop the other plan.'
        ELSE 'Set id_offset in osmeta.plan_entity to a higher value, or drop the other plan.' END
FROM osmeta.moved_entity m
JOIN osmeta.moved_entity o ON o.plan_id <> m.plan_id AND o.target_table = m.target_table
JOIN osmeta.plan mp ON mp.plan_id = m.plan_id
JOIN osmeta.plan op ON op.plan_id = o.plan_id AND op.target_place = mp.target_place
CROSS JOIN LATERAL (VALUES (osmeta.planned_range(m.key_strategy, m.lower_id, m.upper_id, m.id_offset, m.rows_expected))) mv (range)
CROSS JOIN LATERAL (VALUES (osmeta.planned_range(o.key_strategy, o.lower_id, o.upper_id, o.id_offset, o.rows_expected))) ov (range)
CROSS JOIN LATERAL (VALUES (lower(mv.range), upper(mv.range))) mr (lower, upper)
WHERE mp.phase = 'planned' AND op.phase <> 'done'
    AND m.rows_expected > 0 AND o.rows_expected > 0 AND mv.range && ov.range
    -- rows that keep their identifiers may be different ones
    AND NOT (m.key_strategy = 'keep' AND o.key_strategy = 'keep')
UNION ALL
-- these may be different ones; the run looks before its push
SELECT m.plan_id, 'warning', 'identifiers_shared', m.object,
    format('plan "%s", which is not done, puts rows into table "%s" of environment "%s", and both keep their identifiers', o.plan, m.target_table, m.target),
    format('Run plan %L until it is done, or drop it. While it is at work, the run stops before its push if identifiers are the same.', o.plan)
FROM osmeta.moved_entity m
JOIN osmeta.moved_entity o ON o.plan_id <> m.plan_id AND o.target_table = m.target_table
JOIN osmeta.plan mp ON mp.plan_id = m.plan_id
JOIN osmeta.plan op ON op.plan_id = o.plan_id AND op.target_place = mp.target_place
CROSS JOIN LATERAL (VALUES (osmeta.planned_range(m.key_strategy, m.lower_id, m.upper_id, m.id_offset, m.rows_expected))) mv (range)
CROSS JOIN LATERAL (VALUES (osmeta.planned_range(o.key_strategy, o.lower_id, o.upper_id, o.id_offset, o.rows_expected))) ov (range)
WHERE mp.phase = 'planned' AND op.phase NOT IN ('done', 'undone', 'cleared')
    AND m.key_strategy = 'keep' AND o.key_strategy = 'keep'
    AND m.rows_expected > 0 AND o.rows_expected > 0 AND COALESCE(mv.range && ov.range, true)
UNION ALL
SELECT plan_id, 'error', 'no_identifier', object,
    'the entity has no active identifier attribute, or one without column, or one that is not included',
    'Only entities with an identifier can be moved: set include = false in osmeta.plan_entity.'
FROM osmeta.moved_entity m
WHERE status = 'matched' AND (identifier_no IS NULL
    OR source_table_exists AND target_table_exists AND (id_type IS NULL OR source_id_type IS NULL))
UNION ALL
SELECT plan_id, 'error', 'unsupported_strategy', object,
    format('key strategy "%s" cannot be used here', key_strategy),
    'Entities whose rows are moved can have offset, keep, dense, assigned, natural:<attribute> or parent.'
FROM osmeta.moved_entity AS moved
WHERE key_strategy NOT IN ('offset', 'keep', 'dense', 'assigned', 'parent') AND key_strategy NOT LIKE 'natural:%'
UNION ALL
SELECT plan_id, 'error', 'unsupported_strategy', object,
    format('wrapper "%s" cannot tell which identifiers the target gives, as key strategy "assigned" needs', n.wrapper),
    'Set key_strategy = ''offset'' in osmeta.plan_entity.'
FROM osmeta.moved_entity AS moved
JOIN osmeta.environment n ON n.environment = moved.target AND n.server IS NOT NULL
-- without any sink: target_read_only
WHERE key_strategy = 'assigned' AND osmeta.sink_can(n.wrapper, 'insert') AND NOT osmeta.sink_can(n.wrapper, 'assigned')
UNION ALL
SELECT plan_id, 'error', 'unsupported_strategy', object,
    CASE WHEN is_one_to_one
        THEN format('the identifier is a reference, which key strategy "%s" would not map', key_strategy)
        ELSE 'key strategy "parent" is for an identifier that is a reference'
    END,
    format('Set key_strategy = %L in osmeta.plan_entity.', CASE WHEN is_one_to_one THEN 'parent' ELSE 'offset' END)
FROM osmeta.moved_entity AS moved
WHERE identifier_no IS NOT NULL
    AND (key_strategy IN ('offset', 'keep', 'dense', 'assigned', 'parent') OR key_strategy LIKE 'natural:%')
    AND is_one_to_one <> (key_strategy = 'parent')
UNION ALL
SELECT plan_id, 'error', 'unsupported_strategy', object,
    format('key strategy "%s" cannot be used here', key_strategy),
    COALESCE(format('Set key_strategy = %L in osmeta.plan_entity.', fixed_strategy),
        'Entities whose rows are not moved can have natural:<attributes> or keep.')
FROM osmeta.planned_entity AS entity
WHERE NOT is_data AND CASE WHEN fixed_strategy IS NULL
    THEN key_strategy NOT IN ('natural', 'keep') AND NOT starts_with(key_strategy, 'natural:')
    ELSE key_strategy <> fixed_strategy END
UNION ALL
SELECT plan_id, 'error', 'unsupported_strategy', object,
    format(CASE WHEN is_decimal THEN 'key strategy "%s" needs numbers of at most 64 bits, but the identifier is a Decimal of type %s'
        ELSE 'key strategy "%s" needs whole numbers, but the identifier is of type %s' END, key_strategy, id_type),
    'Set key_strategy = ''keep'' in osmeta.plan_entity.'
FROM osmeta.moved_entity AS moved
WHERE (key_strategy IN ('offset', 'dense', 'assigned') OR key_strategy LIKE 'natural:%') AND id_type IS NOT NULL
    AND NOT (NOT is_decimal AND id_type ~ '^(smallint|integer|bigint|numeric[(][0-9]+,0[)])$'
        AND source_id_type ~ '^(smallint|integer|bigint|numeric[(][0-9]+,0[)])$')
    -- of two kinds: identifier_changed
    AND osmeta.identifier_kind(id_type) = osmeta.identifier_kind(source_id_type)
UNION ALL
SELECT plan_id, 'error', 'identity_always', object,
    CASE n.catalog_dialect
        WHEN 'sqlserver' THEN format('the right to ALTER table "%s" of environment "%s" is missing, without which no identifier can be given (IDENTITY_INSERT)', target_table, target)
        ELSE format('the identifier of table "%s" in environment "%s" is GENERATED ALWAYS: it cannot be given', target_table, target) END,
    CASE WHEN osmeta.sink_can(n.wrapper, 'assigned') AND key_strategy <> 'keep' THEN 'Set key_strategy = ''assigned'' in osmeta.plan_entity; or h' ELSE 'H' END
    || CASE n.catalog_dialect
        WHEN 'sqlserver' THEN format('ave it granted there (GRANT ALTER ON [%s].[%s]), and SELECT osmeta.refresh_plan(%L)',
            replace(n.remote_schema, ']', ']]'), replace(target_table, ']', ']]'), plan)
        ELSE 'ave it changed there (ALTER COLUMN ... SET GENERATED BY DEFAULT), and SELECT osmeta.refresh_plan(...)' END
    || '; or set include = false in osmeta.plan_entity.'
FROM osmeta.moved_entity AS moved
-- in this database an INSERT can say OVERRIDING SYSTEM VALUE
JOIN osmeta.environment n ON n.environment = moved.target AND n.server IS NOT NULL
WHERE identity_always AND status = 'matched' AND key_strategy <> 'assigned'
UNION ALL
SELECT plan_id, 'error', 'id_offset_missing', object,
    format('key strategy "%s" needs an id_offset', key_strategy),
    'Set id_offset in osmeta.plan_entity to a range that is free at the target.'
FROM osmeta.moved_entity AS moved
WHERE (key_strategy IN ('offset', 'dense') OR key_strategy LIKE 'natural:%') AND id_offset IS NULL AND is_read
    AND status = 'matched' AND source_table_exists AND target_table_exists
UNION ALL
SELECT plan_id, 'error', 'id_range_overflow', object,
    format('the highest new identifier, %s, does not fit into type %s', h.highest, id_type),
    CASE key_strategy WHEN 'keep' THEN 'Set key_strategy = ''offset'' or ''dense'' in osmeta.plan_entity, or a filter that leaves such rows out.'
        ELSE 'Set id_offset in osmeta.plan_entity to a range that fits and is free at the target.' END
FROM osmeta.moved_entity AS moved
CROSS JOIN LATERAL (VALUES (CASE key_strategy
    WHEN 'dense' THEN lower_id + id_offset::numeric + rows_expected - 1
    WHEN 'keep' THEN upper_id
    ELSE upper_id + id_offset::numeric END)) h (highest)
WHERE (key_strategy IN ('offset', 'dense', 'keep') OR key_strategy LIKE 'natural:%')
    -- a filter may leave out the highest ones, which are kept; the run looks at each
    AND NOT (key_strategy = 'keep' AND filter IS NOT NULL)
    AND h.highest > CASE
        WHEN id_type = 'smallint' THEN 32767
        WHEN id_type = 'integer' THEN 2147483647
        WHEN id_type LIKE 'numeric(%' THEN power(10::numeric, substring(id_type FROM '[0-9]+')::integer) - 1
        ELSE 9223372036854775807 END
UNION ALL
SELECT plan_id, 'error', 'id_range_taken', object,
    CASE WHEN lower_id + id_offset::numeric <= target_upper_id
        THEN format('new identifiers would begin at %s, but the target has some up to %s', lower_id + id_offset::numeric, target_upper_id)
        ELSE format('new identifiers would begin at %s, but 0 stands for none', lower_id + id_offset::numeric) END,
    CASE
        -- identifiers of instances end there, whatever the column holds
        WHEN platform_table IS NOT NULL AND rows_expected > 2147483647 - target_upper_id
            THEN 'Not enough are free behind that: remove the row there, or make a plan with option processes set to none.'
        ELSE 'Set id_offset in osmeta.plan_entity to a higher value.' END
FROM osmeta.moved_entity AS moved
WHERE (key_strategy IN ('offset', 'dense') OR key_strategy LIKE 'natural:%') AND plan_phase = 'planned'
    AND (lower_id + id_offset::numeric <= target_upper_id OR lower_id > 0 AND lower_id + id_offset::numeric < 1)
UNION ALL
SELECT plan_id, CASE WHEN h.highest = l.value THEN 'error' ELSE 'warning' END, 'counter_exhausted', object,
    format('the highest new identifier will be %s, and the identity counter %s of environment "%s" ends at %s: identifiers that are left to it: %s',
        h.highest, counter, target, l.value, l.value - greatest(h.highest, counter_value)),
    CASE key_strategy WHEN 'keep' THEN 'Set key_strategy = ''offset'' or ''dense'' in osmeta.plan_entity, or a filter that leaves such rows out.'
        ELSE 'Set id_offset in osmeta.plan_entity to a lower range that is free at the target.' END
FROM osmeta.moved_entity AS moved
CROSS JOIN LATERAL (VALUES (CASE key_strategy
    WHEN 'dense' THEN lower_id + id_offset::numeric + rows_expected - 1
    WHEN 'keep' THEN upper_id
    ELSE upper_id + id_offset::numeric END)) h (highest)
CROSS JOIN LATERAL (VALUES (osmeta.counter_limit(
    (SELECT moved.counter FROM osmeta.environment n WHERE n.environment = moved.target AND n.server IS NULL), id_type))) l (value)
WHERE (key_strategy IN ('offset', 'dense', 'keep') OR key_strategy LIKE 'natural:%')
    AND NOT (key_strategy = 'keep' AND filter IS NOT NULL)
    AND counter IS NOT NULL AND rows_expected > 0 AND plan_phase = 'planned'
    -- where it stands there already, that is not what the plan does
    AND COALESCE(counter_value, 0) < l.value
    AND h.highest <= l.value
    AND (h.highest = l.value OR h.highest + COALESCE((options ->> 'headroom')::bigint, 10000) > l.value)
UNION ALL
SELECT plan_id, 'warning', 'counter_behind', object,
    format('the identity counter %s of environment "%s" %s, the highest new identifier will be %s', counter, target,
        COALESCE('stands at ' || counter_value, 'has not been used or needs a right to be read (SELECT on the sequence)'), highest),
    'Run there, before the plan: ' || osmeta.counter_statement(counter,
        osmeta.counter_setting(
            (SELECT moved.counter FROM osmeta.environment n WHERE n.environment = moved.target AND n.server IS NULL),
            id_type, highest, COALESCE((options ->> 'headroom')::bigint, 10000)))
FROM osmeta.moved_entity AS moved
CROSS JOIN LATERAL (VALUES (
    CASE
        WHEN key_strategy = 'offset' OR key_strategy LIKE 'natural:%' THEN upper_id + id_offset::numeric
        WHEN key_strategy = 'dense' THEN lower_id + id_offset::numeric + rows_expected - 1
        WHEN key_strategy = 'keep' THEN upper_id
    END)) h (highest)
WHERE counter IS NOT NULL AND rows_expected > 0 AND COALESCE(counter_value, 0) < highest
    -- in this database a run moves it itself, if it may
    AND EXISTS (SELECT FROM osmeta.environment n
                WHERE n.environment = moved.target
                    AND CASE WHEN n.server IS NULL
                        THEN NOT (has_sequence_privilege(to_regclass(moved.counter), 'SELECT')
                            AND has_sequence_privilege(to_regclass(moved.counter), 'UPDATE'))
                        ELSE NOT osmeta.sink_can(n.wrapper, 'counter') END);
COMMENT ON VIEW osmeta.plan_problem_key IS 'Internal: which identifiers cannot be given at the target';
