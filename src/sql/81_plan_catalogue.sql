/*
 * 81_plan_catalogue: what a plan knows of the physical catalogues of both
 * sides.
 *
 * create_plan() and refresh_plan() write it down (plan_catalogue.c); the
 * views of plan_problem go by it, and run_plan() compares it with what it
 * finds then.
 */

CREATE TABLE osmeta.plan_catalogue (
    plan_id     bigint NOT NULL,
    side        text NOT NULL CHECK (side IN ('source', 'target')),
    kind        text NOT NULL
        CHECK (kind IN ('column', 'key', 'index', 'check', 'trigger', 'record', 'privilege', 'event', 'known')),
    entity_id   bigint NOT NULL,
    name        text NOT NULL,
    table_name  text,
    definition  text,
    details     jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (plan_id, side, kind, entity_id, name)
);
COMMENT ON TABLE osmeta.plan_catalogue IS 'What the physical catalogues say of the tables of a plan''s entities, as it was when the plan was made or refreshed';
COMMENT ON COLUMN osmeta.plan_catalogue.kind IS 'column (of the target: those that are NOT NULL, or filled by a default, an identity or an expression), key (primary, unique, foreign), index (unique ones that are no key), check (of the target: CHECK and exclusion constraints, and those of the types of columns), trigger, record (of static entities: its Data_Id), privilege, event (rows of an event table, or of the queue of events), known (this kind could be read)';
COMMENT ON COLUMN osmeta.plan_catalogue.entity_id IS 'The entity of the plan; 0 for what belongs to none';
COMMENT ON COLUMN osmeta.plan_catalogue.details IS 'The definition for machines';

-- Which columns has a key or an index?
CREATE FUNCTION osmeta.catalogue_index_columns(details jsonb)
RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT c.name
    FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(details -> 'columns') = 'array'
        THEN details -> 'columns' ELSE '[]' END) WITH ORDINALITY AS c (name, position)
    ORDER BY c.position;
END;
COMMENT ON FUNCTION osmeta.catalogue_index_columns(jsonb) IS 'Internal: the columns of a key or index of plan_catalogue, NULL for an expression';
