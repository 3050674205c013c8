/*
 * 87_problem_delete: what takes rows out of the target: undo_plan(), and the
 * option existing = delete.
 */

-- Foreign keys of the target that refer to tables of a plan, as its catalogue
-- says; read when rows are to be deleted.  Columns of the platform's tables of
-- processes count where they have none.
CREATE TABLE osmeta.plan_foreign_key (
    plan_id              bigint NOT NULL,
    relation_no          integer NOT NULL,
    key_no               integer NOT NULL,
    table_name           text NOT NULL,
    key_name             text,
    column_name          text NOT NULL,
    column_type          text NOT NULL,
    position             integer NOT NULL,
    columns              integer NOT NULL,
    delete_action        text NOT NULL,
    id_column            text,
    id_type              text,
    entity_id            bigint,
    refers_to_entity_id  bigint NOT NULL,
    is_indexed           boolean,
    table_schema         text,
    PRIMARY KEY (plan_id, relation_no, key_no)
);
COMMENT ON TABLE osmeta.plan_foreign_key IS 'Foreign keys of the target''s catalogue that refer to tables of a plan';
COMMENT ON COLUMN osmeta.plan_foreign_key.relation_no IS 'The table is o<relation_no> in the plan''s schema: id, and k<key_no> for the key''s column';
COMMENT ON COLUMN osmeta.plan_foreign_key.columns IS 'Number of the key''s columns; the first one is column_name';
COMMENT ON COLUMN osmeta.plan_foreign_key.delete_action IS 'Of the key: cascade, set null, set default, restrict, no action; ignore: there is no key, the column means the same';
COMMENT ON COLUMN osmeta.plan_foreign_key.entity_id IS 'The plan''s entity whose table it is; NULL: a table that the plan does not write';
COMMENT ON COLUMN osmeta.plan_foreign_key.is_indexed IS 'Whether an index of the table begins with the key''s first column; NULL: unknown';
COMMENT ON COLUMN osmeta.plan_foreign_key.table_schema IS 'The table''s schema where that is another than the target''s, of a target in this database; else NULL';

CREATE TRIGGER plan_owner BEFORE INSERT OR UPDATE OR DELETE
    ON osmeta.plan_foreign_key FOR EACH ROW EXECUTE FUNCTION osmeta.plan_owner();
COMMENT ON TRIGGER plan_owner ON osmeta.plan_foreign_key IS 'Internal: only the plan''s owner writes what a run executes';

-- The statement that makes the relation oN of a table.  No column stands in it
-- twice: tds_fdw fills only one of two that have one remote name.
CREATE FUNCTION osmeta.plan_foreign_key_sql(plan_id bigint, relation_no integer)
RETURNS text
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment),
        COALESCE(c.table_schema, n.remote_schema), c.table_name, p.plan,
        'o' || $2,
        jsonb_agg(jsonb_build_object('name', c.name, 'remote_name', c.remote_name, 'type', c.type) ORDER BY c.place),
        options => n.table_options)
    FROM osmeta.plan p
    JOIN osmeta.environment n ON n.environment = p.target
    CROSS JOIN LATERAL (
        SELECT DISTINCT f.table_schema, f.table_name, 'id' AS name, f.id_column AS remote_name, f.id_type AS type, 0 AS place
        FROM osmeta.plan_foreign_key f
        WHERE f.plan_id = p.plan_id AND f.relation_no = $2 AND f.id_column IS NOT NULL
        UNION ALL
        SELECT f.table_schema, f.table_name, 'k' || min(f.key_no), f.column_name, f.column_type, min(f.key_no)
        FROM osmeta.plan_foreign_key f
        WHERE f.plan_id = p.plan_id AND f.relation_no = $2 AND f.column_name IS DISTINCT FROM f.id_column
        GROUP BY f.table_schema, f.table_name, f.column_name, f.column_type) c
    WHERE p.plan_id = $1
    GROUP BY n.environment, n.wrapper, n.remote_schema, n.table_options, c.table_schema, c.table_name, p.plan;
END;
COMMENT ON FUNCTION osmeta.plan_foreign_key_sql(bigint, integer) IS 'Internal: the statement that makes the relation of a table with foreign keys to tables of a plan';

CREATE PROCEDURE osmeta.undo_plan(plan text)
LANGUAGE C AS 'MODULE_PATHNAME', 'osmeta_undo_plan';
COMMENT ON PROCEDURE osmeta.undo_plan(text) IS 'Take out of the target what a plan put in, or go on with that; several sessions may share the work';

-- What will a plan delete first, and can that be taken back?
CREATE VIEW osmeta.plan_problem_delete (plan_id, severity, code, object, message, hint) AS
SELECT plan_id, 'note', 'delete_existing', object,
    format('%s rows of table "%s" of environment "%s" will be deleted before the push, whatever filter the entity has',
        COALESCE(target_rows::text, 'all'), target_table, target),
    'They are copied first, and undo_plan puts them back. To keep them, set option existing to append.'
FROM osmeta.moved_entity AS moved
WHERE options ->> 'existing' = 'delete' AND status = 'matched' AND target_rows IS DISTINCT FROM 0 AND platform_table IS NULL
UNION ALL
SELECT plan_id, 'note', 'instances_stay', object,
    format('%s rows of table "%s" of environment "%s" stay: option existing is about entities of the model', target_rows, target_table, target),
    'Processes there may refer to rows that go: end them there before, if that must not be.'
FROM osmeta.moved_entity AS moved
WHERE options ->> 'existing' = 'delete' AND status = 'matched' AND target_rows > 0 AND platform_table = 'bpm_process'
UNION ALL
SELECT plan_id, 'error', 'undo_impossible', object,
    format('rows that are deleted could not be put back with their identifiers: table "%s" of environment "%s" gives identifiers itself and takes none',
        target_table, target),
    'Set option existing to append, or lower the severity if the rows need not come back'
    || (SELECT CASE n.catalog_dialect WHEN 'sqlserver' THEN ', or have the right to ALTER the table granted.' ELSE '.' END
        FROM osmeta.environment n WHERE n.environment = moved.target)
FROM osmeta.moved_entity AS moved
WHERE options ->> 'existing' = 'delete' AND identity_always AND target_rows IS DISTINCT FROM 0 AND platform_table IS NULL
    -- in this database an identifier can be given all the same
    AND EXISTS (SELECT FROM osmeta.environment n WHERE n.environment = moved.target AND n.server IS NOT NULL)
UNION ALL
SELECT m.plan_id, 'note', 'referenced_from_outside', m.object,
    format('rows of %s can refer to the rows that are to be deleted, and the plan does not write them',
        string_agg(DISTINCT format('table "%s" (key %s)', COALESCE(f.table_schema || '.', '') || f.table_name, COALESCE(f.key_name, f.column_name)), ', ')),
    'The run looks before it deletes anything, and stops if there are any. Add their entities to the scope, or take such rows out.'
FROM osmeta.moved_entity m
JOIN osmeta.plan_foreign_key f ON f.plan_id = m.plan_id AND f.refers_to_entity_id = m.entity_id
WHERE m.options ->> 'existing' = 'delete' AND f.entity_id IS NULL AND m.plan_phase = 'planned' AND m.platform_table IS NULL
GROUP BY m.plan_id, m.object;
COMMENT ON VIEW osmeta.plan_problem_delete IS 'Internal: what a plan will delete first, and whether that can be taken back';
