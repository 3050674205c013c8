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
ORDER BY p.plan, CASE c.phase WHEN 'pull' THEN 1 WHEN 'delete' THEN 2 WHEN 'push' THEN 3 WHEN 'undo' THEN 9 ELSE 4 END, c.level, e.espace, e.entity;
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
