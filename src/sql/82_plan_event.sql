/*
 * 82_plan_event: subscriptions to the events that start and wake processes.
 *
 * The rows of the event tables of what a plan writes to are taken away while
 * it does, so that no trigger queues anything, and come back at its end
 * (plan_event.c).  What is known of that is here; the rows themselves are in
 * tables of the plan's schema.
 */

CREATE TABLE osmeta.plan_event (
    plan_id         bigint NOT NULL,
    event_no        integer NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('table', 'queue')),
    table_name      text NOT NULL,
    entity_id       bigint,
    is_platform     boolean NOT NULL DEFAULT false,
    is_written      boolean NOT NULL DEFAULT true,
    columns         jsonb NOT NULL DEFAULT '[]',
    source_table    text,
    source_columns  jsonb NOT NULL DEFAULT '[]',
    state           text NOT NULL DEFAULT 'standing'
        CHECK (state IN ('standing', 'aside', 'back')),
    rows_own        bigint NOT NULL DEFAULT 0,
    rows_brought    bigint NOT NULL DEFAULT 0,
    rows_not_brought bigint NOT NULL DEFAULT 0,
    checksum        numeric,
    aside_at        timestamptz,
    back_at         timestamptz,
    PRIMARY KEY (plan_id, event_no)
);
COMMENT ON TABLE osmeta.plan_event IS 'Event tables of what a plan writes to at the target, whose rows are set aside while it does, and the queues of events there';
COMMENT ON COLUMN osmeta.plan_event.event_no IS 'In the plan''s schema v<event_no> is the event table at the target, y<event_no> that of the source, k<event_no> holds the target''s own rows, q<event_no> those of the source that the plan adds, h<event_no> what stood there when it was looked at last, z<event_no> the source''s rows as a script brings them';
COMMENT ON COLUMN osmeta.plan_event.table_name IS 'Its name at the target';
COMMENT ON COLUMN osmeta.plan_event.entity_id IS 'The entity of the plan whose event table it is; NULL for one that links users and groups, and for entities outside the plan';
COMMENT ON COLUMN osmeta.plan_event.is_platform IS 'The entity is the platform''s own, of which the plan only adds missing rows';
COMMENT ON COLUMN osmeta.plan_event.is_written IS 'The plan writes rows of the entity; else only subscriptions of activities that it moves are added';
COMMENT ON COLUMN osmeta.plan_event.columns IS 'Its columns: name in the plan''s schema, remote_name, type here';
COMMENT ON COLUMN osmeta.plan_event.source_table IS 'The event table of the entity at the source; NULL: it has none';
COMMENT ON COLUMN osmeta.plan_event.state IS 'standing: the plan has not touched it; aside: its rows are, or are being, kept in the plan''s schema; back: they stand there again';
COMMENT ON COLUMN osmeta.plan_event.rows_own IS 'The target''s own subscriptions that are kept; of a queue, the rows that it had before the first row was written';
COMMENT ON COLUMN osmeta.plan_event.rows_brought IS 'Subscriptions of the source that the target did not have, with mapped identifiers';
COMMENT ON COLUMN osmeta.plan_event.rows_not_brought IS 'Subscriptions of the source that are not brought since the target has no partner of something that they name';
COMMENT ON COLUMN osmeta.plan_event.checksum IS 'Of a queue: sum of the rows'' hashes';

CREATE TRIGGER plan_owner BEFORE INSERT OR UPDATE OR DELETE
    ON osmeta.plan_event FOR EACH ROW EXECUTE FUNCTION osmeta.plan_owner();
COMMENT ON TRIGGER plan_owner ON osmeta.plan_event IS 'Internal: only the plan''s owner writes what a run executes';

-- The statement that makes the relation of an event table.
CREATE FUNCTION osmeta.plan_event_sql(plan_id bigint, event_no integer, is_source boolean)
RETURNS text
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), n.remote_schema,
        CASE WHEN $3 THEN v.source_table ELSE v.table_name END, p.plan,
        CASE WHEN $3 THEN 'y' ELSE 'v' END || $2,
        CASE WHEN $3 THEN v.source_columns ELSE v.columns END, options => n.table_options)
    FROM osmeta.plan AS p
    JOIN osmeta.plan_event AS v ON v.plan_id = p.plan_id AND v.event_no = $2
    JOIN osmeta.environment AS n ON n.environment = CASE WHEN $3 THEN p.source ELSE p.target END
    WHERE p.plan_id = $1;
END;
COMMENT ON FUNCTION osmeta.plan_event_sql(bigint, integer, boolean) IS 'Internal: the statement that makes the relation of an event table of the source or the target';

-- The statement that makes the relation over the locks at the target; NULL:
-- they cannot be read like that.
CREATE FUNCTION osmeta.plan_event_lock_sql(plan_id bigint)
RETURNS text
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), 'pg_catalog', 'pg_locks', p.plan, 'pg_locks',
        (SELECT jsonb_agg(jsonb_build_object('name', c.name, 'remote_name', c.name, 'type', c.type))
        FROM (VALUES ('locktype', 'text'), ('database', 'oid'), ('relation', 'oid'), ('pid', 'integer'), ('mode', 'text'),
            ('granted', 'boolean')) AS c (name, type)), options => n.table_options)
    FROM osmeta.plan AS p
    JOIN osmeta.environment AS n ON n.environment = p.target
    JOIN osmeta.wrapper AS w ON w.wrapper = n.wrapper AND w.dialect = 'postgres'
    WHERE p.plan_id = $1;
END;
COMMENT ON FUNCTION osmeta.plan_event_lock_sql(bigint) IS 'Internal: the statement that makes the relation over the locks of sessions at the target, where it is a PostgreSQL server';

-- How many subscriptions of the target does a plan keep from it?
CREATE FUNCTION osmeta.plan_events_aside(plan_id bigint)
RETURNS bigint
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT COALESCE(sum(v.rows_own), 0)::bigint
    FROM osmeta.plan_event AS v
    WHERE v.plan_id = $1 AND v.kind = 'table' AND v.state = 'aside';
END;
COMMENT ON FUNCTION osmeta.plan_events_aside(bigint) IS 'Internal: how many subscriptions of the target a plan has set aside';

-- Is it a trigger of the platform that raises events?
CREATE FUNCTION osmeta.is_event_trigger(name text)
RETURNS boolean
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN COALESCE(starts_with(osmeta.fold_name(name), 'ostrg_ei'), false);
COMMENT ON FUNCTION osmeta.is_event_trigger(text) IS 'Internal: is this the name of a trigger OSTRG_EI...?';

-- The statement that disables or enables a trigger.
CREATE FUNCTION osmeta.trigger_statement(dialect text, action text, schema text, table_name text, trigger_name text)
RETURNS text
LANGUAGE SQL STABLE PARALLEL SAFE
RETURN CASE dialect
    WHEN 'sqlserver' THEN format('%s TRIGGER [%s].[%s] ON [%s].[%s]', action, replace(schema, ']', ']]'), replace(trigger_name, ']', ']]'),
        replace(schema, ']', ']]'), replace(table_name, ']', ']]'))
    WHEN 'oracle' THEN format('ALTER TRIGGER "%s"."%s" %s', schema, trigger_name, action)
    ELSE format('ALTER TABLE %I.%I %s TRIGGER %I', schema, table_name, action, trigger_name)
END;
COMMENT ON FUNCTION osmeta.trigger_statement(text, text, text, text, text) IS 'Internal: the statement of a dialect that disables or enables a trigger';
