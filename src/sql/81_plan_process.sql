/*
 * 81_plan_process: instances of processes as entities of a plan.
 *
 * The platform keeps processes, activities, their inputs and outputs in
 * tables of its own.  A plan treats these tables like those of entities:
 * their rows are moved, in the same order, with the same key strategies, and
 * undone in the same way.  What they are instances of (definitions) is matched
 * by key and never written.
 *
 * Columns and types are those of osmeta.ossys_column; here stands what they
 * refer to.
 */

-- The tables whose rows are moved, and those whose rows are matched.
CREATE FUNCTION osmeta.process_table()
RETURNS TABLE (platform_table text, entity text, is_data boolean, place int, key osmeta.oskey)
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT t.platform_table, t.entity, t.is_data, t.place,
        osmeta.oskey('478870b9-2d60-4f73-9eb3-7cd8b994a737', COALESCE(t.object_key, 'ossys_' || t.platform_table))
    FROM (VALUES
        ('bpm_process', 'Process', true, 1, '245a4dae-efd0-4272-93f7-51f180268eeb'),
        ('bpm_activity', 'Activity', true, 2, 'd33a0e86-24e8-41d1-b331-14c594405339'),
        ('bpm_process_input', 'Process_Input', true, 3, NULL),
        ('bpm_process_output', 'Process_Output', true, 4, NULL),
        ('bpm_activity_output', 'Activity_Output', true, 5, NULL),
        ('bpm_process_definition', 'Process_Definition', false, 6, NULL),
        ('bpm_activity_definition', 'Activity_Definition', false, 7, NULL),
        ('bpm_process_input_def', 'Process_Input_Definition', false, 8, NULL),
        ('bpm_process_output_def', 'Process_Output_Definition', false, 9, NULL),
        ('bpm_activity_output_def', 'Activity_Output_Definition', false, 10, NULL)
        ) t (platform_table, entity, is_data, place, object_key);
END;
COMMENT ON FUNCTION osmeta.process_table() IS 'Internal: the platform''s tables of processes whose rows a plan moves, and those of their definitions';

-- What their columns refer to.
CREATE FUNCTION osmeta.process_reference()
RETURNS TABLE (platform_table text, column_name text, refers_to osmeta.oskey)
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT r.platform_table, r.column_name,
        COALESCE(t.key, osmeta.oskey('478870b9-2d60-4f73-9eb3-7cd8b994a737', CASE r.parent
            WHEN 'user' THEN 'a416822d-845f-46cb-a270-70f5e383544c'
            WHEN 'group' THEN 'd028b5ef-4477-4e37-9fa2-cddd7e0e7146'
            WHEN 'tenant' THEN 'd30c0359-17ba-4ea6-b76f-f5844a5f9ae5' END))
    FROM (VALUES
        ('bpm_process', 'tenant_id', 'tenant'),
        ('bpm_process', 'created_by', 'user'),
        ('bpm_process', 'process_def_id', 'bpm_process_definition'),
        ('bpm_process', 'parent_process_id', 'bpm_process'),
        ('bpm_process', 'parent_activity_id', 'bpm_activity'),
        ('bpm_process', 'top_process_id', 'bpm_process'),
        ('bpm_process', 'last_modified_by', 'user'),
        ('bpm_process', 'suspended_by', 'user'),
        ('bpm_activity', 'tenant_id', 'tenant'),
        ('bpm_activity', 'activity_def_id', 'bpm_activity_definition'),
        ('bpm_activity', 'process_id', 'bpm_process'),
        ('bpm_activity', 'user_id', 'user'),
        ('bpm_activity', 'precedent_activity_id', 'bpm_activity'),
        ('bpm_activity', 'group_id', 'group'),
        ('bpm_process_input', 'tenant_id', 'tenant'),
        ('bpm_process_input', 'input_def_id', 'bpm_process_input_def'),
        ('bpm_process_input', 'process_id', 'bpm_process'),
        ('bpm_process_output', 'tenant_id', 'tenant'),
        ('bpm_process_output', 'output_def_id', 'bpm_process_output_def'),
        ('bpm_process_output', 'process_id', 'bpm_process'),
        ('bpm_activity_output', 'tenant_id', 'tenant'),
        ('bpm_activity_output', 'output_def_id', 'bpm_activity_output_def'),
        ('bpm_activity_output', 'activity_id', 'bpm_activity')
        ) r (platform_table, column_name, parent)
    LEFT JOIN osmeta.process_table() t ON t.platform_table = r.parent;
END;
COMMENT ON FUNCTION osmeta.process_reference() IS 'Internal: what the columns of the platform''s tables of processes refer to';

-- Definitions of processes whose instances a plan moves: those of the espaces
-- that its scope names whole.
CREATE FUNCTION osmeta.plan_process_definition(plan_id bigint, source_capture_id bigint)
RETURNS SETOF bigint
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH chosen AS (
        SELECT s.espace_id
        FROM osmeta.plan p
        JOIN osmeta.espace s ON s.capture_id = $2 AND s.is_active
            AND ('espace:' || s.espace = ANY (p.scope) OR '*' = ANY (p.scope) AND s.is_system IS NOT TRUE)
        WHERE p.plan_id = $1
        UNION
        SELECT m.espace_id
        FROM osmeta.plan p
        JOIN osmeta.application_module m ON m.capture_id = $2 AND m.is_effective
            AND 'application:' || m.application = ANY (p.scope)
        WHERE p.plan_id = $1
        UNION
        SELECT e.espace_id
        FROM osmeta.plan p
        JOIN osmeta.plan_entity q ON q.plan_id = p.plan_id AND q.is_data
        JOIN osmeta.entity e ON e.capture_id = $2 AND e.entity_id = q.entity_id
        WHERE p.plan_id = $1 AND p.options ->> 'producers' = 'all'
            AND NOT EXISTS (SELECT FROM unnest(p.scope) i (item) WHERE i.item LIKE 'entity:%')
    )
    SELECT d.process_definition_id
    FROM osmeta.plan p
    JOIN osmeta.process_definition d ON d.capture_id = $2 AND d.key IS NOT NULL
    WHERE p.plan_id = $1 AND d.espace_id IN (SELECT c.espace_id FROM chosen c)
        AND CASE COALESCE(p.options ->> 'processes', 'active')
            WHEN 'active' THEN d.is_effective
            WHEN 'all' THEN true
            ELSE false END;
END;
COMMENT ON FUNCTION osmeta.plan_process_definition(bigint, bigint) IS 'Internal: definitions of processes whose instances a plan moves';

-- The rows of the definitions' tables that belong to these processes.
CREATE FUNCTION osmeta.plan_definition_row(plan_id bigint, source_capture_id bigint)
RETURNS TABLE (platform_table text, id bigint, ss_type text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH process AS MATERIALIZED (
        SELECT d.id FROM osmeta.plan_process_definition($1, $2) d (id)
    ), activity AS MATERIALIZED (
        SELECT a.id
        FROM osmeta.captured_bpm_activity_definition a
        WHERE a.capture_id = $2 AND a.process_def_id IN (SELECT p.id FROM process p)
    )
    SELECT 'bpm_process_definition', p.id, NULL::text
    FROM process p
    UNION ALL
    SELECT 'bpm_activity_definition', a.id, NULL::text
    FROM activity a
    UNION ALL
    SELECT 'bpm_process_input_def', d.id, d.ss_type
    FROM osmeta.captured_bpm_process_input_def d
    WHERE d.capture_id = $2 AND d.process_def_id IN (SELECT p.id FROM process p)
    UNION ALL
    SELECT 'bpm_process_output_def', d.id, d.ss_type
    FROM osmeta.captured_bpm_process_output_def d
    WHERE d.capture_id = $2 AND d.process_def_id IN (SELECT p.id FROM process p)
    UNION ALL
    SELECT 'bpm_activity_output_def', d.id, d.ss_type
    FROM osmeta.captured_bpm_activity_output_def d
    WHERE d.capture_id = $2 AND d.activity_def_id IN (SELECT a.id FROM activity a);
END;
COMMENT ON FUNCTION osmeta.plan_definition_row(bigint, bigint) IS 'Internal: definitions whose instances a plan moves, each with the table that holds it';

-- Put the tables into a plan, where there is something to move.
CREATE FUNCTION osmeta.plan_add_process(plan_id bigint, source_capture_id bigint)
RETURNS bigint
LANGUAGE SQL
BEGIN ATOMIC
    WITH definition AS MATERIALIZED (
        SELECT d.platform_table, count(*) AS rows
        FROM osmeta.plan_definition_row($1, $2) d
        GROUP BY d.platform_table
    ), wanted AS (
        SELECT t.*
        FROM osmeta.process_table() t
        WHERE EXISTS (SELECT FROM definition d WHERE d.platform_table = 'bpm_process_definition')
            AND (t.platform_table IN ('bpm_process', 'bpm_activity', 'bpm_activity_definition')
                OR t.platform_table IN (SELECT d.platform_table FROM definition d)
                OR EXISTS (SELECT FROM osmeta.process_reference() r
                           JOIN osmeta.process_table() p ON p.key OPERATOR(osmeta.=) r.refers_to AND NOT p.is_data
                           JOIN definition d ON d.platform_table = p.platform_table
                           WHERE r.platform_table = t.platform_table
                               AND r.column_name IN ('input_def_id', 'output_def_id')))
    ), model AS (
        SELECT DISTINCT ON (w.platform_table) w.platform_table, e.entity_id, e.key
        FROM wanted w
        JOIN osmeta.entity e ON e.capture_id = $2 AND e.is_effective AND e.key IS NOT NULL
            AND osmeta.owner_key(e.key) = '478870b9-2d60-4f73-9eb3-7cd8b994a737'
            AND (e.key OPERATOR(osmeta.=) w.key
                OR osmeta.fold_name(btrim(e.physical_table_name)) = 'ossys_' || w.platform_table)
        ORDER BY w.platform_table, e.key OPERATOR(osmeta.=) w.key DESC, e.entity_id
    ), added AS (
        INSERT INTO osmeta.plan_entity (plan_id, entity_id, espace, entity, entity_key, is_data,
            key_strategy, key_reason, status, source_table, target_table, target_espace,
            target_entity, fixed_strategy, pull_rule, pull_reason, platform_table)
        SELECT $1,
            COALESCE(m.entity_id, w.place + (SELECT max(e.id) FROM osmeta.captured_entity e WHERE e.capture_id = $2)),
            'ServiceCenter', w.entity, COALESCE(m.key, w.key), w.is_data,
            CASE WHEN w.is_data THEN 'offset' ELSE 'record' END,
            CASE WHEN NOT w.is_data THEN 'definitions are matched by the keys of the espace and of the definition' END,
            'matched', 'ossys_' || w.platform_table, 'ossys_' || w.platform_table, 'ServiceCenter',
            w.entity, CASE WHEN NOT w.is_data THEN 'record' END,
            CASE WHEN w.is_data THEN 'all' END,
            CASE WHEN w.is_data THEN 'it has no filter' END,
            w.platform_table
        FROM wanted w
        LEFT JOIN model m ON m.platform_table = w.platform_table
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*) FROM added;

    -- whom the instances refer to, where the model does not name them
    INSERT INTO osmeta.plan_entity (plan_id, entity_id, espace, entity, entity_key, is_data,
        key_strategy, key_reason, status, source_table, target_table, target_espace,
        target_entity, fixed_strategy)
    SELECT $1, 10 + row_number() OVER (ORDER BY k.strategy)
            + (SELECT max(e.id) FROM osmeta.captured_entity e WHERE e.capture_id = $2),
        'ServiceCenter', initcap(k.strategy), k.key, false, k.strategy,
        'the model does not name it: rows are matched by the platform''s rule', 'matched',
        'ossys_' || k.strategy, 'ossys_' || k.strategy, 'ServiceCenter', initcap(k.strategy), k.strategy
    FROM (SELECT DISTINCT r.refers_to::text::osmeta.oskey AS key, osmeta.platform_strategy(r.refers_to) AS strategy
          FROM osmeta.plan_entity p
          JOIN osmeta.process_reference() r ON r.platform_table = p.platform_table
          WHERE p.plan_id = $1 AND p.is_data) k
    WHERE k.strategy IS NOT NULL
        AND NOT EXISTS (SELECT FROM osmeta.entity e WHERE e.capture_id = $2 AND e.is_effective AND e.key OPERATOR(osmeta.=) k.key)
    ON CONFLICT DO NOTHING;

    SELECT count(*) FROM osmeta.plan_entity e WHERE e.plan_id = $1 AND e.platform_table IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.plan_add_process(bigint, bigint) IS 'Internal: put the platform''s tables of processes into a plan';

-- Entities whose identifiers inputs and outputs may hold as texts: what their
-- definitions say, and what rows of the source do.
CREATE FUNCTION osmeta.plan_typed_key(plan_id bigint, source_capture_id bigint)
RETURNS TABLE (entity_id bigint, key osmeta.oskey)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT DISTINCT e.entity_id, t.key
    FROM osmeta.plan_definition_row($1, $2) d
    CROSS JOIN LATERAL (SELECT osmeta.try_bt_ref(d.ss_type)) t (key)
    JOIN osmeta.plan_entity m ON m.plan_id = $1 AND m.platform_table = d.platform_table
    JOIN osmeta.process_reference() r ON r.refers_to OPERATOR(osmeta.=) m.entity_key
    JOIN osmeta.plan_entity e ON e.plan_id = $1 AND e.is_data AND e.platform_table = r.platform_table
    WHERE t.key IS NOT NULL
    UNION
    SELECT e.entity_id, k.key::osmeta.oskey
    FROM osmeta.plan_entity e
    CROSS JOIN LATERAL unnest(e.typed_keys) k (key)
    WHERE e.plan_id = $1;
END;
COMMENT ON FUNCTION osmeta.plan_typed_key(bigint, bigint) IS 'Internal: keys of entities whose identifiers inputs and outputs of a plan''s processes may hold';

-- Entities of the model that the instances refer to and that the plan does not
-- have yet.
CREATE FUNCTION osmeta.plan_missing_process_entity(plan_id bigint, source_capture_id bigint)
RETURNS TABLE (entity_id bigint, holds_data boolean)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT DISTINCT e.entity_id, d.entity_id IS NOT NULL
    FROM (
        SELECT k.key::text AS key
        FROM osmeta.plan_typed_key($1, $2) k
        UNION
        SELECT r.refers_to::text
        FROM osmeta.plan_entity p
        JOIN osmeta.process_reference() r ON r.platform_table = p.platform_table
        WHERE p.plan_id = $1 AND p.is_data
    ) n
    JOIN osmeta.entity e ON e.capture_id = $2 AND e.key::text = n.key AND e.is_effective
    LEFT JOIN osmeta.data_entity($2) d ON d.entity_id = e.entity_id
    WHERE NOT EXISTS (SELECT FROM osmeta.plan_entity q
                      WHERE q.plan_id = $1 AND (q.entity_id = e.entity_id OR q.entity_key OPERATOR(osmeta.=) e.key));
END;
COMMENT ON FUNCTION osmeta.plan_missing_process_entity(bigint, bigint) IS 'Internal: entities of the model that a plan''s instances of processes refer to and that it does not have yet';

-- The attributes of these tables.  What says where an activity is at work, or
-- names an error of the source's log, means nothing at the target.
CREATE FUNCTION osmeta.plan_process_attribute(plan_id bigint)
RETURNS TABLE (entity_id bigint, attribute_no bigint, attribute text, type text, column_name text,
    is_identifier boolean, is_mandatory boolean, refers_to osmeta.oskey, refers_to_entity_id bigint,
    transform text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT e.entity_id, row_number() OVER (PARTITION BY e.entity_id ORDER BY c.column_name <> 'id', c.position),
        initcap(c.column_name),
        CASE
            WHEN q.entity_key IS NOT NULL THEN 'bt' || q.entity_key::text
            WHEN r.refers_to IS NOT NULL THEN 'bt' || r.refers_to::text
            ELSE CASE c.type WHEN 'bigint' THEN 'rtInteger' WHEN 'boolean' THEN 'rtBoolean'
                WHEN 'timestamp' THEN 'rtDateTime' ELSE 'rtText' END
        END,
        c.column_name, c.column_name = 'id', c.is_required,
        COALESCE(q.entity_key, r.refers_to), q.entity_id,
        CASE
            WHEN c.column_name = 'id' THEN 'key'
            WHEN r.refers_to IS NOT NULL THEN 'remap'
            WHEN c.column_name IN ('is_running_since', 'is_running_at', 'last_error_id') THEN 'null value'
            WHEN c.column_name IN ('input_value', 'output_value') THEN 'typed'
            ELSE 'copy'
        END
    FROM osmeta.plan_entity e
    JOIN osmeta.ossys_column c ON c.table_name = e.platform_table AND NOT c.is_secret
    LEFT JOIN osmeta.process_reference() r ON r.platform_table = e.platform_table AND r.column_name = c.column_name
    LEFT JOIN osmeta.process_table() t ON t.key OPERATOR(osmeta.=) r.refers_to
    LEFT JOIN osmeta.plan_entity q ON q.plan_id = $1
        AND CASE WHEN t.platform_table IS NULL THEN q.entity_key OPERATOR(osmeta.=) r.refers_to
            ELSE q.platform_table = t.platform_table END
    WHERE e.plan_id = $1 AND e.platform_table IS NOT NULL AND (e.is_data OR c.column_name = 'id');
END;
COMMENT ON FUNCTION osmeta.plan_process_attribute(bigint) IS 'Internal: attributes of the platform''s tables of processes in a plan';

-- Which trees of processes are moved, by the status of their roots: the query
-- that gives their processes; NULL if all are.
CREATE FUNCTION osmeta.plan_process_status(plan_id bigint)
RETURNS TABLE (schema text, processes text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH status AS (
        SELECT n.schema, o.wanted,
            CASE WHEN o.wanted = '"open"' THEN (
                SELECT string_agg(s.id::text, ', ' ORDER BY s.id)
                FROM osmeta.captured_bpm_process_status s
                WHERE s.capture_id = p.source_capture_id AND s.is_terminal)
            ELSE (
                SELECT string_agg(CASE jsonb_typeof(v.value) WHEN 'number' THEN v.value::text ELSE s.id::text END, ', '
                    ORDER BY v.ordinality, s.id)
                FROM jsonb_array_elements(CASE jsonb_typeof(o.wanted) WHEN 'array' THEN o.wanted ELSE '[]' END)
                    WITH ORDINALITY v
                LEFT JOIN osmeta.captured_bpm_process_status s ON s.capture_id = p.source_capture_id
                    AND jsonb_typeof(v.value) = 'string'
                    AND osmeta.fold_name(s.name) = osmeta.fold_name(v.value #>> '{}'))
            END AS ids
        FROM osmeta.plan p
        JOIN osmeta.environment n ON n.environment = p.source
        CROSS JOIN LATERAL (VALUES (COALESCE(p.options -> 'process_status', '"all"'))) o (wanted)
        WHERE p.plan_id = $1
    )
    -- from the roots down: what rows say of their top may be wrong
    SELECT s.schema, CASE WHEN s.wanted <> '"all"' THEN format(
        'WITH RECURSIVE tree AS (SELECT p.id FROM %1$I.live_bpm_process p WHERE COALESCE(p.status_id, 0) %2$s (%3$s)'
        ' AND NOT EXISTS (SELECT FROM %1$I.live_bpm_process o WHERE o.id = p.parent_process_id AND o.id <> p.id)'
        ' UNION SELECT c.id FROM tree t JOIN %1$I.live_bpm_process c ON c.parent_process_id = t.id)'
        ' SELECT t.id FROM tree t',
        s.schema, CASE WHEN s.wanted = '"open"' THEN 'NOT IN' ELSE 'IN' END,
        -- the platform's own, where the factory does not say
        COALESCE(s.ids, CASE WHEN s.wanted = '"open"' THEN '2, 4, 5' ELSE 'NULL' END)) END
    FROM status s;
END;
COMMENT ON FUNCTION osmeta.plan_process_status(bigint) IS 'Internal: the query that gives the processes that a plan moves by the status of their roots';

-- What the attributes are for: which entities inputs and outputs may refer to,
-- and which instances are moved.
CREATE FUNCTION osmeta.plan_finish_process(plan_id bigint, source_capture_id bigint)
RETURNS bigint
LANGUAGE SQL
BEGIN ATOMIC
    INSERT INTO osmeta.plan_attribute (plan_id, entity_id, attribute_no, attribute, type, is_identifier,
        is_mandatory, refers_to, refers_to_entity_id, status, transform)
    SELECT $1, k.entity_id,
        1000 + row_number() OVER (PARTITION BY k.entity_id ORDER BY k.key),
        b.attribute || ' of ' || COALESCE(o.espace || '.' || o.entity, k.key::text), 'bt' || k.key::text, false,
        false, k.key, o.entity_id, 'typed', 'typed'
    FROM osmeta.plan_typed_key($1, $2) k
    LEFT JOIN osmeta.plan_entity o ON o.plan_id = $1 AND o.entity_key OPERATOR(osmeta.=) k.key
    JOIN osmeta.plan_attribute b ON b.plan_id = $1 AND b.entity_id = k.entity_id AND b.transform = 'typed';

    -- conditions over the source's table, s: literals only, and what is
    -- evaluated here
    UPDATE osmeta.plan_entity e
    SET instance_scan = f.scan, instance_filter = f.filter
    FROM (
        SELECT e.entity_id,
            format('s.c%s IN (%s)', d.attribute_no, i.ids) AS scan,
            CASE WHEN o.processes IS NULL THEN NULL
                WHEN e.platform_table = 'bpm_process' THEN format('s.c%s IN (%s)', k.attribute_no, o.processes)
                WHEN p.attribute = 'Process_Id' THEN format('s.c%s IN (%s)', p.attribute_no, o.processes)
                ELSE format('s.c%s IN (SELECT a.id FROM %I.live_bpm_activity a WHERE a.process_id IN (%s))',
                    p.attribute_no, o.schema, o.processes)
            END AS filter
        FROM osmeta.plan_entity e
        JOIN osmeta.plan_attribute d ON d.plan_id = $1 AND d.entity_id = e.entity_id
            AND d.attribute IN ('Process_Def_Id', 'Activity_Def_Id', 'Input_Def_Id', 'Output_Def_Id')
        JOIN osmeta.plan_entity m ON m.plan_id = $1 AND m.entity_id = d.refers_to_entity_id
        JOIN (SELECT r.platform_table, string_agg(r.id::text, ', ' ORDER BY r.id) AS ids
              FROM osmeta.plan_definition_row($1, $2) r
              GROUP BY r.platform_table) i ON i.platform_table = m.platform_table
        LEFT JOIN osmeta.plan_attribute k ON k.plan_id = $1 AND k.entity_id = e.entity_id AND k.is_identifier
        LEFT JOIN osmeta.plan_attribute p ON p.plan_id = $1 AND p.entity_id = e.entity_id
            AND p.attribute IN ('Process_Id', 'Activity_Id')
        CROSS JOIN osmeta.plan_process_status($1) o
        WHERE e.plan_id = $1 AND e.is_data AND e.platform_table IS NOT NULL
    ) f
    WHERE e.plan_id = $1 AND e.entity_id = f.entity_id;

    SELECT count(*) FROM osmeta.plan_entity e WHERE e.plan_id = $1 AND e.instance_scan IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.plan_finish_process(bigint, bigint) IS 'Internal: which entities inputs and outputs may refer to, and which instances a plan moves';
