/*
 * 59_scope: which entities the items of a scope name.
 *
 * Plans and pictures take a scope.  Names are compared with case; what is not
 * effective is never in a scope.
 */

-- Which entities does each item of a scope name?
CREATE FUNCTION osmeta.scope_entity(capture_id bigint, scope text[])
RETURNS TABLE (item text, entity_id bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT i.item, e.entity_id
	FROM unnest(scope_entity.scope) AS i (item)
		JOIN osmeta.entity AS e ON i.item = 'espace:' || e.espace
	WHERE e.capture_id = scope_entity.capture_id AND e.is_effective
	UNION
	SELECT i.item, e.entity_id
	FROM unnest(scope_entity.scope) AS i (item)
		JOIN osmeta.entity AS e
			ON i.item = 'entity:' || e.espace || '.' || e.entity
	WHERE e.capture_id = scope_entity.capture_id AND e.is_effective
	UNION
	SELECT i.item, a.entity_id
	FROM unnest(scope_entity.scope) AS i (item)
		JOIN osmeta.application_entity AS a
			ON i.item = 'application:' || a.application
	WHERE a.capture_id = scope_entity.capture_id
	UNION
	SELECT '*', e.entity_id
	FROM osmeta.entity AS e
		JOIN osmeta.espace AS s
			ON s.capture_id = e.capture_id AND s.espace_id = e.espace_id
	WHERE e.capture_id = scope_entity.capture_id
		AND s.capture_id = scope_entity.capture_id
		AND e.is_effective AND NOT e.is_system
		AND s.is_system IS NOT TRUE AND '*' = ANY (scope_entity.scope);
END;
COMMENT ON FUNCTION osmeta.scope_entity(bigint, text[]) IS
	'Internal: the active entities that each item of a scope names';
