/*
 * 57_event: who waits for a row to come or to change.
 *
 * An event table stands beside the table of an entity that exposes process
 * events.  Its columns are the platform's, whose names begin with "_", and
 * those of the entity's identifier and references.  Which entities have one
 * only the factory's catalogue tells, so C makes short-lived relations over
 * them (event_subscription.c) and hands each row on as one value.
 */

/*
 * Numbers and flags of other engines come in several types; an identifier of
 * 0 or '' stands for none.
 */
CREATE FUNCTION osmeta.event_row(subscription jsonb,
	OUT espace_id bigint, OUT tenant_id bigint, OUT activity_id bigint,
	OUT process_definition_id bigint, OUT is_update boolean,
	OUT is_light boolean, OUT row_id text, OUT conditions jsonb)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT max(c.number) FILTER (WHERE c.name = '_espace_id'),
		max(c.number) FILTER (WHERE c.name = '_tenant_id'),
		max(c.number) FILTER (WHERE c.name = '_activity_id'),
		max(c.number) FILTER (WHERE c.name = '_process_def_id'),
		coalesce(bool_or(c.flag) FILTER (WHERE c.name = '_is_update'), false),
		coalesce(bool_or(c.flag) FILTER (WHERE c.name = '_is_light'), false),
		max(c.value) FILTER (WHERE c.name = 'id'),
		coalesce(jsonb_object_agg(c.key, c.value ORDER BY c.key COLLATE "C")
			FILTER (WHERE c.name <> 'id' AND left(c.name, 1) <> '_'
				AND c.value IS NOT NULL), '{}')
	FROM (SELECT e.key, osmeta.fold_name(e.key) AS name,
				NULLIF(NULLIF(btrim(e.value), ''), '0') AS value,
				CASE WHEN e.value ~ '^ *-?[0-9]{1,18}([.]0*)? *$'
					THEN NULLIF(trunc(e.value::numeric)::bigint, 0)
					END AS number,
				lower(btrim(e.value)) IN ('true', 't', '1', '1.0', 'y')
					AS flag
			FROM jsonb_each_text(event_row.subscription) AS e) AS c;
END;
COMMENT ON FUNCTION osmeta.event_row(jsonb) IS
	'Internal: what a row of an event table says';

CREATE FUNCTION osmeta.event_subscription(environment text)
RETURNS TABLE (espace text, entity text, event_table_name text,
	process_espace text, process_definition text, activity_id bigint,
	is_update boolean, is_light boolean, row_id text, conditions jsonb,
	tenant_id bigint, entity_key osmeta.oskey, definition_key osmeta.oskey,
	process_definition_id bigint)
AS 'MODULE_PATHNAME', 'osmeta_event_subscription'
LANGUAGE C VOLATILE;
COMMENT ON FUNCTION osmeta.event_subscription(text) IS
	'who waits for a row of an entity to come or to change, read from the event tables of an environment';
