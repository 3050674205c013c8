/*
 * 86_problem_target: what stands in the way at the target, by what
 * plan_catalogue knows of its tables, and which rights are missing.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.
 *
 * Each goes from the few rows of plan_catalogue that matter to their
 * entities, one by one (OFFSET 0 keeps it so): these tables have just been
 * filled when the planner is asked, and joined in another order they are gone
 * through once for each row.
 */

-- Who reads and writes at an environment?  Only the name is looked up.
CREATE FUNCTION osmeta.environment_user(environment text)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT (SELECT substr(o.option, strpos(o.option, '=') + 1)
        FROM pg_user_mappings AS m
            CROSS JOIN LATERAL unnest(m.umoptions) AS o (option)
        WHERE m.srvname::text = osmeta.environment_server(n.environment)
            AND m.usename::text IN (current_user::text, 'public')
            AND split_part(o.option, '=', 1) IN ('user', 'username')
        ORDER BY m.usename::text = 'public'
        LIMIT 1)
    FROM osmeta.environment AS n
    WHERE n.environment = environment_user.environment;
END;
COMMENT ON FUNCTION osmeta.environment_user(text) IS 'Internal: the user that the current role is at the server of an environment; NULL if that cannot be known';

-- Who is granted to is the user of the server; without a server, the owner of the plan.
CREATE FUNCTION osmeta.grant_statement(environment text, owner text, privileges text, table_name text)
RETURNS text
LANGUAGE SQL STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT format('GRANT %s ON %s TO %s', privileges,
        CASE n.catalog_dialect
            WHEN 'sqlserver' THEN format('[%s].[%s]', replace(n.remote_schema, ']', ']]'), replace(grant_statement.table_name, ']', ']]'))
            WHEN 'oracle' THEN format('"%s"."%s"', n.remote_schema, grant_statement.table_name)
            ELSE format('%I.%I', n.remote_schema, grant_statement.table_name) END,
        CASE
            WHEN n.server IS NULL THEN quote_ident(grant_statement.owner)
            WHEN u.name IS NULL THEN format('the user of server %I', n.server)
            WHEN n.catalog_dialect = 'sqlserver' THEN format('[%s]', replace(u.name, ']', ']]'))
            WHEN n.catalog_dialect = 'oracle' THEN u.name
            ELSE quote_ident(u.name) END)
    FROM osmeta.environment AS n
    CROSS JOIN LATERAL (VALUES (osmeta.environment_user(n.environment))) AS u (name)
    WHERE n.environment = grant_statement.environment;
END;
COMMENT ON FUNCTION osmeta.grant_statement(text, text, text, text) IS 'Internal: the statement of a dialect that grants privileges on a table of an environment';

-- Columns of the target that the plan fills, and with what.
CREATE VIEW osmeta.delivered_column AS
SELECT m.plan_id, m.entity_id, m.object || '.' || a.attribute AS object, a.attribute_no, a.target_column,
    a.is_identifier, a.is_deferred AND e.transform = 'remap' AS is_deferred, e.transform, a.type,
    a.refers_to_entity_id,
    -- every row gets the same; what a mask does so is a problem of its own
    e.transform IN ('null value', 'default') AS is_alike,
    -- and that is NULL
    e.transform = 'null value' AND (NOT COALESCE(osmeta.is_data_type(a.type), false)
        OR osmeta.null_value(a.type, n.dialect) IS NULL) AS is_null,
    -- a value that comes in the second step, and what is there until then
    a.is_deferred AND (e.transform = 'remap' OR e.transform LIKE 'remap:%') AS is_later,
    a.is_deferred AND e.transform = 'remap' AS is_null_at_first
FROM osmeta.moved_entity AS m
JOIN osmeta.plan_attribute AS a ON a.plan_id = m.plan_id AND a.entity_id = m.entity_id
LEFT JOIN osmeta.environment AS n ON n.environment = m.target
CROSS JOIN LATERAL (VALUES (CASE WHEN a.include THEN a.transform ELSE 'null value' END)) AS e (transform)
WHERE m.status = 'matched' AND a.status IN ('matched', 'target only') AND a.target_type IS NOT NULL
    AND (a.source_type IS NOT NULL OR a.status = 'target only') AND (a.include OR NOT a.is_identifier)
    -- the target fills it
    AND e.transform <> 'column default';
COMMENT ON VIEW osmeta.delivered_column IS 'Internal: columns of the target that a plan fills, and whether all rows get the same';

-- Unique keys and indexes of the target's tables beside the identifier's.
CREATE VIEW osmeta.target_unique_index AS
SELECT m.plan_id, m.entity_id, m.object, m.target_table, m.rows_expected, m.target, c.name, c.definition,
    COALESCE((c.details ->> 'is_partial')::boolean, false) OR k.has_expression AS is_beyond,
    k.varying, k.unknown, k.unknown_columns, k.nulls, k.columns, k.delivered, k.attributes,
    -- may two rows be equal before the second step, and are all of them?
    l.nulls_are_equal, k.later > 0 AND (k.nulls_at_first = 0 AND k.nulls = 0 OR l.nulls_are_equal
        OR l.dialect = 'oracle' AND k.nulls_at_first + k.nulls < k.columns) AS is_shared_at_first,
    k.varying = k.later AS is_alike_at_first
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.moved_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id OFFSET 0) AS m
CROSS JOIN LATERAL (
    SELECT count(*) AS columns, COALESCE(bool_or(i.name IS NULL), false) AS has_expression,
        count(d.target_column) AS delivered, array_agg(d.attribute_no) FILTER (WHERE d.attribute_no IS NOT NULL) AS attributes,
        -- columns whose values differ from row to row
        count(*) FILTER (WHERE NOT d.is_alike) AS varying,
        count(*) FILTER (WHERE d.is_later) AS later,
        count(*) FILTER (WHERE d.is_null_at_first) AS nulls_at_first,
        COALESCE(bool_or(d.target_column IS NULL AND (f.details ->> 'is_identity')::boolean), false) AS is_numbered,
        -- that the plan does not fill and the target does
        count(*) FILTER (WHERE d.target_column IS NULL AND f.name IS NOT NULL) AS unknown,
        string_agg(i.name, ', ') FILTER (WHERE d.target_column IS NULL AND f.name IS NOT NULL) AS unknown_columns,
        -- that are NULL in all rows
        count(*) FILTER (WHERE d.is_null OR d.target_column IS NULL AND f.name IS NULL) AS nulls
    FROM osmeta.catalogue_index_columns(c.details) AS i (name)
    LEFT JOIN LATERAL (SELECT * FROM osmeta.delivered_column AS v
        WHERE v.plan_id = c.plan_id AND v.entity_id = c.entity_id AND v.target_column = i.name OFFSET 0) AS d ON true
    LEFT JOIN osmeta.plan_catalogue AS f ON f.plan_id = c.plan_id AND f.side = 'target' AND f.kind = 'column'
        AND f.entity_id = c.entity_id AND f.name = i.name
        AND ((f.details ->> 'has_default')::boolean OR (f.details ->> 'is_identity')::boolean
            OR (f.details ->> 'is_generated')::boolean)
) AS k
LEFT JOIN LATERAL (
    SELECT n.dialect,
        -- NULLS NOT DISTINCT (PostgreSQL 15) can be seen in this database only
        n.dialect = 'sqlserver' OR n.server IS NULL AND EXISTS (
            SELECT FROM pg_namespace AS s
            JOIN pg_class AS r ON r.relnamespace = s.oid AND r.relname = c.name
            JOIN pg_index AS x ON x.indexrelid = r.oid
            WHERE s.nspname = n.remote_schema AND (to_jsonb(x) ->> 'indnullsnotdistinct')::boolean) AS nulls_are_equal
    FROM osmeta.environment AS n WHERE n.environment = m.target
) AS l ON true
WHERE c.side = 'target' AND c.kind IN ('key', 'index') AND c.details ->> 'kind' IN ('p', 'u')
    -- never twice
    AND NOT (c.details ->> 'has_identifier')::boolean AND NOT k.is_numbered
    AND m.status = 'matched' AND m.identifier_no IS NOT NULL AND k.columns > 0;
COMMENT ON VIEW osmeta.target_unique_index IS 'Internal: unique keys and indexes of the tables that a plan writes to, beside those of the identifiers';

-- What happens at the target besides when rows come?  A trigger that goes by
-- an event table does nothing while that is empty.
CREATE VIEW osmeta.plan_problem_event (plan_id, severity, code, object, message, hint) AS
SELECT m.plan_id, 'warning', 'target_trigger', m.object,
    format('table "%s" of environment "%s" has triggers: %s', m.target_table, m.target,
        string_agg(format('%s (%s)', c.name, c.details ->> 'events'), ', ' ORDER BY c.name))
    || CASE WHEN bool_or(osmeta.is_event_trigger(c.name)) THEN '; OSTRG_EI... raises the events that start processes (BPT), and its event table is not found' ELSE '' END,
    format('Have them disabled there while the plan runs and SELECT osmeta.refresh_plan(%L), or make sure that they do no harm; an OSTRG_EI trigger does nothing while its event table is empty.', m.plan)
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.moved_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id OFFSET 0) AS m
WHERE c.side = 'target' AND c.kind = 'trigger' AND m.status = 'matched' AND (c.details ->> 'is_enabled')::boolean
    AND (c.details ->> 'events' ~ 'INSERT|UPDATE'
        OR c.details ->> 'events' ~ 'DELETE' AND m.options ->> 'existing' = 'delete' AND m.platform_table IS NULL)
    AND NOT (osmeta.is_event_trigger(c.name) AND EXISTS (SELECT FROM osmeta.plan_catalogue AS v
        WHERE v.plan_id = c.plan_id AND v.side = 'target' AND v.kind = 'event' AND v.entity_id = c.entity_id))
GROUP BY m.plan_id, m.plan, m.object, m.target_table, m.target
UNION ALL
SELECT m.plan_id, CASE WHEN c.definition IS NULL THEN 'note' ELSE 'error' END,
    CASE WHEN c.definition IS NULL THEN 'event_table_not_empty' ELSE 'event_table_unreadable' END, m.object,
    CASE WHEN c.definition IS NOT NULL
        THEN format('event table "%s" of environment "%s" cannot be read: %s', c.name, m.target, c.definition)
        ELSE format('event table "%s" of environment "%s" has subscriptions: %s; they are set aside before the first row is written, and come back when the plan is done or undone',
            c.name, m.target, c.details ->> 'rows')
    END,
    CASE WHEN c.definition IS NOT NULL
        THEN format('Its rows must be set aside while the plan writes: see to it that they can be read there, and SELECT osmeta.refresh_plan(%L).', m.plan)
        ELSE 'Processes that wait for them do not start until then. Where the triggers of the table can be disabled, option events = "disabled" leaves them there.'
    END
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.planned_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id AND e.include OFFSET 0) AS m
WHERE c.side = 'target' AND c.kind = 'event' AND m.status = 'matched'
    AND CASE WHEN c.definition IS NOT NULL THEN COALESCE(c.details ->> 'missing', '') !~ 'SELECT'
        ELSE (c.details ->> 'rows')::bigint > 0 AND (m.options ->> 'events' IS DISTINCT FROM 'disabled' OR NOT m.is_data)
            AND NOT EXISTS (SELECT FROM osmeta.plan_event AS v
                WHERE v.plan_id = c.plan_id AND v.table_name = c.name AND v.state <> 'standing') END
UNION ALL
-- where the triggers are said to be disabled
SELECT m.plan_id, 'error', 'event_trigger_enabled', m.object,
    CASE WHEN t.name IS NULL
        THEN format('option events is "disabled", and it cannot be seen whether triggers of table "%s" of environment "%s" are', m.target_table, m.target)
        ELSE format('option events is "disabled", and trigger "%s" of table "%s" of environment "%s" is not', t.name, m.target_table, m.target)
    END,
    CASE WHEN t.name IS NULL
        THEN format('Attach the environment again, and SELECT osmeta.refresh_plan(%L); or set option events to "aside".', m.plan)
        ELSE format('Run there before the plan: %s; after it: %s; and SELECT osmeta.refresh_plan(%L) in between. Or set option events to "aside".',
            osmeta.trigger_statement(n.catalog_dialect, 'DISABLE', n.remote_schema, m.target_table, t.name),
            osmeta.trigger_statement(n.catalog_dialect, 'ENABLE', n.remote_schema, m.target_table, t.name), m.plan)
    END
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.moved_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id OFFSET 0) AS m
JOIN osmeta.environment AS n ON n.environment = m.target
LEFT JOIN osmeta.plan_catalogue AS t ON t.plan_id = c.plan_id AND t.side = 'target' AND t.kind = 'trigger'
    AND t.entity_id = c.entity_id AND osmeta.is_event_trigger(t.name) AND (t.details ->> 'is_enabled')::boolean
WHERE c.side = 'target' AND c.kind = 'event' AND c.entity_id <> 0 AND m.status = 'matched'
    AND m.options ->> 'events' = 'disabled' AND m.plan_phase NOT IN ('done', 'undo', 'undone')
    AND (t.name IS NOT NULL OR NOT EXISTS (SELECT FROM osmeta.plan_catalogue AS k
        WHERE k.plan_id = c.plan_id AND k.side = 'target' AND k.kind = 'known' AND k.name = 'trigger'))
UNION ALL
SELECT m.plan_id, 'error', 'privilege_missing', m.object,
    format('environment "%s" gives no right to %s on event table "%s"', m.target, c.details ->> 'missing', c.name),
    format('Run there: %s; then SELECT osmeta.refresh_plan(%L)',
        osmeta.grant_statement(m.target, p.owner, c.details ->> 'missing', c.name), m.plan)
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.planned_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id AND e.include OFFSET 0) AS m
JOIN osmeta.plan AS p ON p.plan_id = m.plan_id
WHERE c.side = 'target' AND c.kind = 'event' AND m.status = 'matched' AND c.details ->> 'missing' <> ''
UNION ALL
SELECT p.plan_id, 'warning', 'events_aside', v.table_name,
    format('subscriptions of event table "%s" of environment "%s" are set aside: %s; the processes that wait for them do not start', v.table_name, p.target, v.rows_own),
    CASE WHEN p.phase IN ('undo', 'undone')
        THEN format('They come back at the end of CALL osmeta.undo_plan(%L).', p.plan)
        ELSE format('They come back at the end of CALL osmeta.run_plan(%L) or osmeta.undo_plan(%L).', p.plan, p.plan) END
FROM osmeta.plan AS p
JOIN osmeta.plan_event AS v ON v.plan_id = p.plan_id AND v.kind = 'table' AND v.state = 'aside' AND v.rows_own > 0
UNION ALL
SELECT p.plan_id, 'note', 'events_not_brought', v.table_name,
    format('subscriptions of the source that are not brought into event table "%s" of environment "%s": %s', v.table_name, p.target, v.rows_not_brought),
    'The espace, tenant, process or row that they name has no partner there.'
FROM osmeta.plan AS p
JOIN osmeta.plan_event AS v ON v.plan_id = p.plan_id AND v.kind = 'table' AND v.rows_not_brought > 0
WHERE p.phase NOT IN ('undo', 'undone')
UNION ALL
SELECT p.plan_id, 'warning', 'event_queue_not_empty', p.target,
    format('events wait to be handled in environment "%s": %s', p.target,
        string_agg(format('%s has %s rows', c.name,
            CASE WHEN (c.details ->> 'rows')::bigint > 1000 THEN 'more than 1000' ELSE c.details ->> 'rows' END), ', ' ORDER BY c.name)),
    'Processes can start while the plan runs. Wait until the queue is empty, or stop the scheduler there, if that must not be.'
FROM osmeta.plan AS p
JOIN osmeta.plan_catalogue AS c ON c.plan_id = p.plan_id AND c.side = 'target' AND c.kind = 'event' AND c.entity_id = 0
WHERE (c.details ->> 'rows')::bigint > 0
GROUP BY p.plan_id, p.target;
COMMENT ON VIEW osmeta.plan_problem_event IS 'Internal: what happens at the target besides when rows come';

-- Which columns and keys of the target refuse the rows?
CREATE VIEW osmeta.plan_problem_target (plan_id, severity, code, object, message, hint) AS
SELECT m.plan_id, 'error', 'leftover_not_null', m.object,
    format('columns of table "%s" in environment "%s" are NOT NULL, have no default, and get no value: %s', m.target_table, m.target,
        string_agg(c.name, ', ' ORDER BY c.name)),
    format('Left-overs of an earlier version: have NOT NULL dropped there, or a default given, and SELECT osmeta.refresh_plan(%L). Lower the severity if a trigger there fills them.', m.plan)
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.moved_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id OFFSET 0) AS m
WHERE c.side = 'target' AND c.kind = 'column' AND NOT (c.details ->> 'is_identifier')::boolean
    AND m.status = 'matched' AND m.identifier_no IS NOT NULL AND m.rows_expected IS DISTINCT FROM 0
    AND (c.details ->> 'not_null')::boolean
    AND NOT COALESCE((c.details ->> 'has_default')::boolean, false)
    AND NOT COALESCE((c.details ->> 'is_identity')::boolean, false)
    AND NOT COALESCE((c.details ->> 'is_generated')::boolean, false)
    AND NOT (m.is_multitenant AND osmeta.fold_name(c.name) = 'tenant_id')
    AND NOT EXISTS (SELECT FROM osmeta.delivered_column AS d
                    WHERE d.plan_id = c.plan_id AND d.entity_id = c.entity_id AND d.target_column = c.name OFFSET 0)
GROUP BY m.plan_id, m.plan, m.object, m.target_table, m.target
UNION ALL
SELECT m.plan_id, 'error', 'not_null_column', d.object,
    CASE WHEN d.is_null
        THEN format('column "%s" of table "%s" in environment "%s" is NOT NULL, and every row would get NULL', c.name, m.target_table, m.target)
        ELSE format('column "%s" of table "%s" in environment "%s" is NOT NULL, and the reference is part of a cycle: it is NULL at first', c.name, m.target_table, m.target)
    END,
    format('Have NOT NULL dropped there and SELECT osmeta.refresh_plan(%L), or leave another reference of the cycle, or the entity, out.', m.plan)
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.moved_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT * FROM osmeta.delivered_column AS v
    WHERE v.plan_id = c.plan_id AND v.entity_id = c.entity_id AND v.target_column = c.name OFFSET 0) AS d
WHERE c.side = 'target' AND c.kind = 'column' AND NOT (c.details ->> 'is_identifier')::boolean
    AND (c.details ->> 'not_null')::boolean AND (d.is_null OR d.is_deferred) AND m.rows_expected IS DISTINCT FROM 0
UNION ALL
SELECT m.plan_id, 'error', 'generated_column', d.object,
    format('column "%s" of table "%s" in environment "%s" is computed by an expression (GENERATED ALWAYS AS ...) and takes no value', c.name, m.target_table, m.target),
    format('Have it made a plain column there (ALTER COLUMN ... DROP EXPRESSION), and SELECT osmeta.refresh_plan(%L)%s; or set include = false for the entity.', m.plan,
        CASE WHEN n.server IS NULL AND NOT d.is_identifier THEN '; or leave it to the expression: transform = ''column default'' in osmeta.plan_attribute' END)
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.moved_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT * FROM osmeta.delivered_column AS v
    WHERE v.plan_id = c.plan_id AND v.entity_id = c.entity_id AND v.target_column = c.name OFFSET 0) AS d
LEFT JOIN osmeta.environment AS n ON n.environment = m.target
WHERE c.side = 'target' AND c.kind = 'column' AND (c.details ->> 'is_generated')::boolean
UNION ALL
SELECT i.plan_id, s.severity, 'unique_index', i.object,
    format('unique index "%s" of table "%s" in environment "%s", %s: %s', i.name, i.target_table, i.target, i.definition,
        CASE
            WHEN i.is_beyond THEN 'it is over an expression or over some of the rows, and is not looked at before rows are delivered'
            WHEN i.varying = 0 AND i.unknown = 0 THEN 'all rows get the same values'
            WHEN i.varying = 0 THEN 'all rows get the same values, if the target gives the same to ' || i.unknown_columns
            WHEN i.is_shared_at_first AND i.is_alike_at_first AND i.unknown = 0
                THEN 'its references are part of a cycle and set in a second step: all rows have the same values before'
            WHEN i.unknown > 0 THEN format('the target gives a value to %s, so it is not looked at before rows are delivered', i.unknown_columns)
            ELSE 'rows with equal values, or with values that are taken there, stop the run before the first one is delivered'
        END),
    CASE
        WHEN i.is_shared_at_first AND i.is_alike_at_first AND i.unknown = 0 AND i.varying > 0 AND NOT i.is_beyond
        THEN 'Have the index dropped there while the plan runs, or leave another reference of the cycle, or the entity, out.'
        WHEN i.varying = 0 AND NOT i.is_beyond
        THEN 'A left-over of an earlier version, or a column that is left out: have the index dropped there, or give the column values by transform in osmeta.plan_attribute. Lower the severity if its values do differ.'
        ELSE 'Compare the values on both sides; filter or change what collides.'
    END
FROM osmeta.target_unique_index AS i
LEFT JOIN osmeta.environment AS n ON n.environment = i.target
CROSS JOIN LATERAL (VALUES (
    CASE
        WHEN i.is_beyond THEN 'note'
        -- NULLs are distinct on PostgreSQL; on Oracle if there is nothing else
        WHEN i.nulls > 0 AND COALESCE(n.dialect, 'postgres') = 'postgres' AND i.nulls_are_equal IS NOT TRUE THEN NULL
        WHEN i.varying > 0 THEN CASE
            WHEN i.unknown > 0 THEN 'warning'
            WHEN i.is_shared_at_first AND i.is_alike_at_first AND i.rows_expected > 1 THEN 'error'
            ELSE 'note' END
        WHEN i.nulls = i.columns AND n.dialect = 'oracle' THEN NULL
        WHEN i.rows_expected > 1 THEN 'error'
        ELSE 'warning'
    END)) AS s (severity)
WHERE s.severity IS NOT NULL;
COMMENT ON VIEW osmeta.plan_problem_target IS 'Internal: which columns and keys of the target refuse the rows';

-- Which rights are missing?
CREATE VIEW osmeta.plan_problem_privilege (plan_id, severity, code, object, message, hint) AS
SELECT m.plan_id, CASE WHEN r.is_needed THEN 'error' ELSE 'note' END, 'privilege_missing', m.object,
    format('environment "%s" gives no right to %s on table "%s"%s', r.environment,
        string_agg(r.privilege, ', ' ORDER BY r.position), r.table_name,
        CASE WHEN r.is_needed THEN '' ELSE ': undo_plan could not take the rows out again' END),
    format('Run there: %s; then SELECT osmeta.refresh_plan(%L)',
        osmeta.grant_statement(r.environment, m.owner, string_agg(r.privilege, ', ' ORDER BY r.position), r.table_name),
        m.plan)
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (
    SELECT e.*, p.owner, EXISTS (SELECT FROM osmeta.plan_attribute AS a
            WHERE a.plan_id = e.plan_id AND a.entity_id = e.entity_id AND a.is_deferred AND a.include) AS has_second_step
    FROM osmeta.moved_entity AS e
    JOIN osmeta.plan AS p ON p.plan_id = e.plan_id
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id
    OFFSET 0
) AS m
JOIN LATERAL (VALUES
    ('source', m.source, m.source_table, 'SELECT', 1, true),
    ('target', m.target, m.target_table, 'SELECT', 1, true),
    ('target', m.target, m.target_table, 'INSERT', 2, true),
    ('target', m.target, m.target_table, 'UPDATE', 3, CASE WHEN m.has_second_step THEN true END),
    ('target', m.target, m.target_table, 'DELETE', 4, COALESCE(m.options ->> 'existing' = 'delete', false) AND m.platform_table IS NULL)
    ) AS r (side, environment, table_name, privilege, position, is_needed)
    ON r.side = c.side AND NOT (c.details ->> r.privilege)::boolean
WHERE c.kind = 'privilege' AND m.status = 'matched' AND r.is_needed IS NOT NULL
    AND (c.details ->> 'SELECT' = 'false' OR c.side = 'target'
        AND 'false' IN (c.details ->> 'INSERT', c.details ->> 'UPDATE', c.details ->> 'DELETE'))
GROUP BY m.plan_id, m.plan, m.object, m.owner, r.environment, r.table_name, r.is_needed
UNION ALL
-- where users and groups are created
SELECT e.plan_id, CASE WHEN r.privilege = 'DELETE' THEN 'note' ELSE 'error' END, 'privilege_missing', e.object,
    format('environment "%s" gives no right to %s on table "%s", where %ss are to be created%s', e.target,
        string_agg(r.privilege, ', ' ORDER BY r.position), c.table_name, e.key_strategy,
        CASE WHEN r.privilege = 'DELETE' THEN ': undo_plan could not take them out again' ELSE '' END),
    format('Run there: %s; then SELECT osmeta.refresh_plan(%L). Or create the %ss by other means.',
        osmeta.grant_statement(e.target, p.owner, string_agg(r.privilege, ', ' ORDER BY r.position), c.table_name),
        e.plan, e.key_strategy)
FROM osmeta.plan_catalogue AS c
JOIN osmeta.planned_entity AS e ON e.plan_id = c.plan_id AND e.entity_id = c.entity_id AND NOT e.is_data
JOIN osmeta.plan AS p ON p.plan_id = e.plan_id
CROSS JOIN LATERAL (VALUES ('SELECT', 1), ('INSERT', 2), ('DELETE', 3)) AS r (privilege, position)
WHERE c.side = 'target' AND c.kind = 'privilege' AND c.name <> '' AND NOT (c.details ->> r.privilege)::boolean
    AND e.options ->> (e.key_strategy || 's') = 'create'
    AND EXISTS (SELECT FROM osmeta.plan_map AS m
                JOIN osmeta.plan_attribute AS a ON a.plan_id = m.plan_id AND a.refers_to_entity_id = m.entity_id AND a.include
                JOIN osmeta.plan_reference_use AS u ON u.plan_id = a.plan_id AND u.entity_id = a.entity_id
                    AND u.attribute_no = a.attribute_no AND u.source_id = m.source_id
                WHERE m.plan_id = e.plan_id AND m.entity_id = e.entity_id AND m.can_create AND m.target_id IS NULL)
GROUP BY e.plan_id, e.plan, p.owner, e.object, e.target, e.key_strategy, c.table_name, r.privilege = 'DELETE';
COMMENT ON VIEW osmeta.plan_problem_privilege IS 'Internal: which rights are missing at source and target';
