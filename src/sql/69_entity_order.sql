/*
 * 69_entity_order: parents before children, before there is a plan.
 *
 * entity_order() reads entities and references of a capture once, by the two
 * functions here, and computes the rest in C.
 */

-- The entities of a scope whose rows a plan would move; of several with one
-- key the one that counts.
CREATE FUNCTION osmeta.ordered_entity(capture_id bigint, scope text[])
RETURNS TABLE (entity_id bigint, espace text, entity text,
	entity_key osmeta.oskey)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT e.entity_id, coalesce(e.espace, e.extension), e.entity, e.key
	FROM osmeta.entity AS e
		JOIN osmeta.key_entity AS k
			ON k.capture_id = e.capture_id AND k.entity_id = e.entity_id
		LEFT JOIN osmeta.espace AS p
			ON p.capture_id = e.capture_id AND p.espace_id = e.espace_id
	WHERE e.capture_id = ordered_entity.capture_id
		AND k.capture_id = ordered_entity.capture_id
		AND e.data_kind = 'entity' AND NOT e.is_system
		AND NOT e.is_external AND p.is_system IS NOT TRUE
		AND e.entity_id IN (SELECT s.entity_id
			FROM osmeta.scope_entity(ordered_entity.capture_id,
				ordered_entity.scope) AS s)
	ORDER BY coalesce(e.espace, e.extension) COLLATE "C",
		e.entity COLLATE "C", e.entity_id;
END;
COMMENT ON FUNCTION osmeta.ordered_entity(bigint, text[]) IS
	'Internal: the entities of a scope whose rows a plan would move, by name';

-- The references between entities, of which no two have one key: those of
-- ordered_entity().  The captured tables themselves are joined, on keys, since
-- all that the views add is told by these entities.
CREATE FUNCTION osmeta.ordered_reference(capture_id bigint,
	entity_ids bigint[])
RETURNS TABLE (entity_id bigint, target_entity_id bigint,
	is_mandatory boolean, is_identifier boolean, attribute text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT a.entity_id, t.id, coalesce(a.is_mandatory, false),
		coalesce(osmeta.folded_key(a.ss_key)
			= osmeta.folded_key(e.primarykey_ss_key), false),
		a.name
	FROM osmeta.shown_capture AS c
		JOIN osmeta.captured_entity_attr AS a ON a.capture_id = c.store_id
		JOIN osmeta.captured_entity AS e
			ON e.capture_id = c.store_id AND e.id = a.entity_id
		JOIN osmeta.captured_entity AS t
			ON t.capture_id = c.store_id
			AND t.key OPERATOR(osmeta.=) a.refers_to
	WHERE c.capture_id = ordered_reference.capture_id
		AND a.is_active
		AND e.id IN (SELECT unnest(ordered_reference.entity_ids))
		AND t.id IN (SELECT unnest(ordered_reference.entity_ids))
	ORDER BY a.entity_id, a.order_num, a.id;
END;
COMMENT ON FUNCTION osmeta.ordered_reference(bigint, bigint[]) IS
	'Internal: the effective references between entities';

CREATE FUNCTION osmeta.entity_order(environment text,
	scope text[] DEFAULT '{*}')
RETURNS TABLE (level integer, component integer, component_size integer,
	espace text, entity text, entity_key osmeta.oskey, deferred text[],
	status text, blocking text[])
AS 'MODULE_PATHNAME', 'osmeta_entity_order'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.entity_order(text, text[]) IS
	'in which order rows can be inserted, and which references are set in a second step';
