/*
 * 82_plan_view: what can be read of plans: identifiers and progress.
 */

-- Which identifier became which?
CREATE VIEW osmeta.plan_key AS
SELECT p.plan, k.entity_key, k.source_id, k.target_id
FROM osmeta.plan p
CROSS JOIN LATERAL osmeta.plan_key_rows(p.plan_id) k
WHERE EXISTS (SELECT FROM pg_roles r
              WHERE r.rolname = p.owner AND pg_has_role(r.oid, 'USAGE'));
COMMENT ON VIEW osmeta.plan_key IS 'Identifiers at the source and at the target, of moved rows and of matched ones';

-- How far is a plan, in its present round?  A piece shows when it has been
-- committed.  The time of an entity is that in which any session was at work
-- on one of its pieces: two at once count once, and what lies between two
-- runs, or was spent on other entities, does not count.  Subscriptions that
-- are set aside stand here until they are back.
CREATE VIEW osmeta.plan_progress AS
SELECT g.plan, g.phase, g.espace, g.entity, g.chunks_done, g.chunks, g.rows_done, g.rows_expected, g.rows_per_second, g.eta
FROM (
    SELECT p.plan, c.phase, e.espace, e.entity, c.chunks_done, c.chunks, c.rows_done, c.rows_expected, c.level,
        CASE WHEN w.seconds > 0 THEN round(c.rows_done / w.seconds) END AS rows_per_second,
        CASE
            WHEN c.chunks_done = c.chunks THEN interval '0'
            WHEN c.rows_done > 0 AND w.seconds > 0
                -- the estimate of a pull may be exceeded
                THEN make_interval(secs => (w.seconds / c.rows_done
                    * greatest(c.rows_expected - c.rows_done, 0))::double precision)
        END AS eta
    FROM osmeta.plan p
    JOIN (
        SELECT plan_id, round, entity_id, phase, min(level) AS level,
            count(*) FILTER (WHERE state = 'done') AS chunks_done,
            count(*) AS chunks,
            COALESCE(sum(rows_done) FILTER (WHERE state = 'done'), 0)::bigint AS rows_done,
            sum(CASE state WHEN 'done' THEN rows_done ELSE COALESCE(rows_expected, 0) END)::bigint AS rows_expected,
            range_agg(tstzrange(least(started_at, finished_at), greatest(started_at, finished_at), '[]'))
                FILTER (WHERE state = 'done' AND started_at IS NOT NULL AND finished_at IS NOT NULL) AS worked
        FROM osmeta.plan_chunk
        GROUP BY plan_id, round, entity_id, phase
    ) c ON c.plan_id = p.plan_id AND c.round = p.round
    JOIN osmeta.plan_entity e ON e.plan_id = c.plan_id AND e.entity_id = c.entity_id
    CROSS JOIN LATERAL (
        SELECT sum(EXTRACT(epoch FROM upper(r.r) - lower(r.r)))::numeric AS seconds
        FROM unnest(c.worked) r (r)
    ) w
    UNION ALL
    SELECT p.plan, 'events', e.espace, v.table_name, 0, 1, 0, v.rows_own, NULL, NULL, NULL
    FROM osmeta.plan p
    JOIN osmeta.plan_event v ON v.plan_id = p.plan_id AND v.kind = 'table' AND v.state = 'aside' AND v.rows_own > 0
    LEFT JOIN osmeta.plan_entity e ON e.plan_id = v.plan_id AND e.entity_id = v.entity_id
) g
ORDER BY g.plan, array_position('{pull,delete,push,second step,update,undo,events}'::text[], g.phase),
    g.level, g.espace, g.entity;
COMMENT ON VIEW osmeta.plan_progress IS 'How far each plan is, by phase and entity';

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
