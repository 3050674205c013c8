/*
 * 81_plan_identity: rows that a plan matches, and rows that it adds to the
 * platform's own tables.
 */

-- What reading the environments has shown when the plan was made or
-- refreshed; plan_problem tells.
CREATE TABLE osmeta.plan_finding (
    plan_id       bigint NOT NULL,
    entity_id     bigint NOT NULL,
    attribute_no  integer,
    severity      text NOT NULL,
    code          text NOT NULL,
    message       text NOT NULL,
    hint          text NOT NULL,
    sample        text[]
);
CREATE INDEX ON osmeta.plan_finding (plan_id, entity_id);
COMMENT ON TABLE osmeta.plan_finding IS 'What the rows of both sides showed when a plan was made or refreshed: problems that its own tables cannot tell';
COMMENT ON COLUMN osmeta.plan_finding.attribute_no IS 'The attribute concerned; NULL: the entity';
COMMENT ON COLUMN osmeta.plan_finding.sample IS 'Some of the values that were seen';

CREATE TABLE osmeta.plan_created (
    plan_id     bigint NOT NULL,
    table_name  text NOT NULL
        CHECK (table_name IN ('user', 'group', 'user_role', 'group_role', 'group_user')),
    source_id   text NOT NULL,
    target_id   text,
    tenant_id   text,
    label       text,
    is_kept     boolean NOT NULL DEFAULT false,
    checksum    text,
    stays       text CHECK (stays IN ('changed', 'referred', 'linked')),
    PRIMARY KEY (plan_id, table_name, source_id)
);
COMMENT ON TABLE osmeta.plan_created IS 'Users and groups that a plan created at the target, with their role links and group memberships';
COMMENT ON COLUMN osmeta.plan_created.table_name IS 'user, group, user_role, group_role or group_user';
COMMENT ON COLUMN osmeta.plan_created.target_id IS 'NULL: intended, and not known to stand there';
COMMENT ON COLUMN osmeta.plan_created.tenant_id IS 'The tenant at the target';
COMMENT ON COLUMN osmeta.plan_created.is_kept IS 'pull_plan has written it down, and no run has begun to create it: who stands there is not the plan''s';
COMMENT ON COLUMN osmeta.plan_created.checksum IS 'What the row of a user or group held, secrets apart, when it had been created; NULL: not known';
COMMENT ON COLUMN osmeta.plan_created.stays IS 'Why undo_plan has left it: it was changed since, others refer to it, or it is a link of who stays';

CREATE TRIGGER plan_owner BEFORE INSERT OR UPDATE OR DELETE
    ON osmeta.plan_created FOR EACH ROW EXECUTE FUNCTION osmeta.plan_owner();
COMMENT ON TRIGGER plan_owner ON osmeta.plan_created IS 'Internal: only the plan''s owner writes what a run executes';

-- The code of plan_problem for a row that has no partner.
CREATE FUNCTION osmeta.unmatched_code(key_strategy text)
RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN CASE key_strategy
    WHEN 'record' THEN 'unmatched_static_record'
    WHEN 'definition' THEN 'unmatched_definition'
    WHEN 'user' THEN 'unmatched_user'
    WHEN 'group' THEN 'unmatched_group'
    WHEN 'role' THEN 'unmatched_role'
    WHEN 'tenant' THEN 'unmatched_tenant'
    ELSE 'unmatched_row'
END;
COMMENT ON FUNCTION osmeta.unmatched_code(text) IS 'Internal: the code of plan_problem for rows without partner';

-- Severity of a problem: the user's, except where an option demands partners.
CREATE FUNCTION osmeta.plan_severity(options jsonb, code text, severity text)
RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN options ->> CASE code
            WHEN 'unmatched_user' THEN 'users'
            WHEN 'unmatched_group' THEN 'groups'
            WHEN 'unmatched_tenant' THEN 'tenants'
        END = 'fail' THEN severity
    ELSE COALESCE(options -> 'severity' ->> code, severity)
END;
COMMENT ON FUNCTION osmeta.plan_severity(jsonb, text, text) IS 'Internal: the severity of a problem under a plan''s options';

-- The attributes by which the rows of an entity are told apart: those that a
-- strategy natural:A,B names, in its order; attribute_no is NULL where the
-- entity has none of that name.
CREATE FUNCTION osmeta.plan_natural(plan_id bigint, entity_id bigint)
RETURNS TABLE (place bigint, attribute text, attribute_no integer)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT n.place, btrim(n.name), min(a.attribute_no)
    FROM osmeta.plan_entity e
    CROSS JOIN LATERAL unnest(string_to_array(substr(e.key_strategy, 9), ',')) WITH ORDINALITY n (name, place)
    LEFT JOIN osmeta.plan_attribute a
        ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id AND a.attribute = btrim(n.name)
        AND a.status = 'matched' AND a.source_type IS NOT NULL AND a.target_type IS NOT NULL
    WHERE e.plan_id = $1 AND e.entity_id = $2 AND starts_with(e.key_strategy, 'natural:')
    GROUP BY n.place, n.name;
END;
COMMENT ON FUNCTION osmeta.plan_natural(bigint, bigint) IS 'Internal: the attributes that a strategy natural:A,B names';
