/*
 * 53_name: do the names of tables follow from those of modules and entities?
 *
 * What 50_view and 52_question say of joins and names holds here too.  Two
 * views are not listed in live_view: module_name_history and
 * entity_name_history show what the store knows, in the live copy of
 * name_audit too, and start from all captures, whatever is shown.
 */

-- Internal: which names have modules had, in any capture?
CREATE VIEW osmeta.module_name_history AS
SELECT c.environment, c.capture_id,
	osmeta.folded_key(e.ss_key) AS owner_key, e.name,
	osmeta.espace_hash(e.name) AS hash, e.id AS espace_id
FROM osmeta.capture AS c
	JOIN osmeta.captured_espace AS e ON e.capture_id = c.capture_id
WHERE btrim(e.name) <> '';
COMMENT ON VIEW osmeta.module_name_history IS
	'Internal: the names of espaces in all captures, with the three characters that each gives';

-- Internal: which names have entities had, in any capture?
CREATE VIEW osmeta.entity_name_history AS
SELECT c.environment, c.capture_id, t.id AS entity_id, t.key,
	t.name AS entity
FROM osmeta.capture AS c
	JOIN osmeta.captured_entity AS t ON t.capture_id = c.capture_id
WHERE btrim(t.name) <> '';
COMMENT ON VIEW osmeta.entity_name_history IS
	'Internal: the names of entities in all captures';

/*
 * Internal: the rule that publishing follows for the names of tables.  An
 * Oracle factory follows one of two; the one is taken that explains the
 * entity part of more of its names, with or without a number and whoever has
 * the key.
 */
CREATE VIEW osmeta.name_rule AS
SELECT c.environment, c.capture_id, c.store_id,
	CASE WHEN r.by_entity > r.by_name THEN 'oracle8' ELSE c.dialect END
		AS dialect
FROM osmeta.shown_capture AS c
	LEFT JOIN (SELECT o.store_id,
				count(*) FILTER (WHERE osmeta.explain_physical_name(o.espace,
					o.entity, btrim(o.physical_table_name), 'oracle8')
					IN ('exact', 'numbered', 'other key')) AS by_entity,
				count(*) FILTER (WHERE osmeta.explain_physical_name(o.espace,
					o.entity, btrim(o.physical_table_name), 'oracle')
					IN ('exact', 'numbered', 'other key')) AS by_name
			FROM osmeta.shown_capture AS s
				JOIN osmeta.owned_entity AS o ON o.store_id = s.store_id
			WHERE s.dialect = 'oracle'
			GROUP BY o.store_id) AS r
		ON r.store_id = c.store_id;
COMMENT ON VIEW osmeta.name_rule IS
	'Internal: the dialect by whose rule the names of tables are made, oracle8 where those of an Oracle factory show it';

/*
 * Do the names of tables follow from those of modules and entities?  Where
 * they do not, evidence says what is known that explains it, the strongest
 * first: for another key the module itself under another name, then other
 * modules whose names give that key; for another entity part the rule that the
 * other Oracle factories follow, then the entity under another name; for a
 * number what stands under the name without it.
 *
 * It is looked for by the few rows that need it.  In its own environment an
 * entity is found in earlier captures by its number, and its composite key
 * confirms it; in other environments by its key, in their latest captures.
 *
 * What a module with the same key is called now is no earlier name: without
 * this a live copy would find more than the store, whose latest capture it
 * takes for history.
 */
CREATE VIEW osmeta.name_audit AS
WITH judged AS MATERIALIZED (
	SELECT o.environment, o.capture_id, o.store_id, o.espace, o.entity,
		NULLIF(btrim(o.physical_table_name), '') AS physical_table_name,
		-- a client entity has no table in the factory's database
		CASE WHEN o.data_kind IS DISTINCT FROM 'clientEntity' THEN
			osmeta.physical_table_name(o.espace, o.entity, r.dialect) END
			AS computed_name,
		osmeta.explain_physical_name(o.espace, coalesce(o.entity, ''),
			NULLIF(btrim(o.physical_table_name), ''), r.dialect) AS verdict,
		o.is_effective, o.extension, o.entity_id, r.dialect, o.owner_key,
		o.key
	FROM osmeta.name_rule AS r
		JOIN osmeta.owned_entity AS o ON o.store_id = r.store_id
), other_key AS MATERIALIZED (
	SELECT DISTINCT j.environment, j.capture_id, j.store_id, j.owner_key,
		osmeta.fold_name(split_part(j.physical_table_name, '_', 2)) AS hash
	FROM judged AS j
	WHERE j.verdict ^@ 'other key'
), present AS MATERIALIZED (
	SELECT DISTINCT c.environment, c.capture_id, e.capture_id AS store_id,
		osmeta.folded_key(e.ss_key) AS owner_key, e.name,
		osmeta.espace_hash(e.name) AS hash,
		coalesce(e.is_active, false) AS is_active, e.id AS espace_id
	FROM osmeta.shown_capture AS c
		JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
	WHERE btrim(e.name) <> ''
), held_key AS MATERIALIZED (
	-- a deleted module got another key: what it had before is that of the row
	-- with its number and name
	SELECT p.store_id, p.owner_key, p.name, p.owner_key AS held
	FROM present AS p
	UNION
	SELECT p.store_id, p.owner_key, p.name, h.owner_key
	FROM present AS p
		JOIN osmeta.module_name_history AS h
			ON h.environment = p.environment AND h.espace_id = p.espace_id
			AND h.name = regexp_replace(p.name, '[(]deleted[0-9]+[)]$', '')
	WHERE p.name ~ '[(]deleted[0-9]+[)]$'
		AND coalesce(h.capture_id < p.capture_id, true)
), candidate AS MATERIALIZED (
	-- modules that have the key now
	SELECT k.store_id, k.owner_key, k.hash, p.name,
		CASE WHEN p.is_active THEN 3 ELSE 4 END AS rank,
		NULL::bigint AS capture_id,
		CASE WHEN p.is_active THEN p.name
			ELSE format('%s (deleted)', regexp_replace(p.name,
				'[(]deleted[0-9]+[)]$', '')) END AS description
	FROM other_key AS k
		JOIN present AS p ON p.store_id = k.store_id AND p.hash = k.hash
	UNION ALL
	-- and those that had it
	SELECT k.store_id, k.owner_key, k.hash, h.name,
		CASE WHEN p.owner_key = k.owner_key THEN 1 ELSE 5 END
			+ CASE WHEN h.environment = k.environment THEN 0 ELSE 1 END,
		h.capture_id,
		CASE
			WHEN h.environment <> k.environment THEN
				CASE WHEN p.owner_key = k.owner_key
					THEN format('name of the module in %s: %s (capture %s)',
						h.environment, h.name, h.capture_id)
					ELSE format('%s in %s (capture %s)', h.name,
						h.environment, h.capture_id) END
			WHEN p.owner_key = k.owner_key
				THEN format('earlier name of the module: %s (capture %s)',
					h.name, h.capture_id)
			WHEN p.name IS NOT NULL
				THEN format('%s, now %s (capture %s)', h.name, p.name,
					h.capture_id)
			ELSE format('%s, no longer there (capture %s)', h.name,
				h.capture_id)
		END
	FROM other_key AS k
		JOIN osmeta.module_name_history AS h ON h.hash = k.hash
		LEFT JOIN held_key AS p
			ON p.store_id = k.store_id AND p.held = h.owner_key
		LEFT JOIN held_key AS n
			ON n.store_id = k.store_id AND n.held = h.owner_key
			AND n.name = h.name
	WHERE (h.environment <> k.environment
			OR coalesce(h.capture_id < k.capture_id, true))
		AND n.name IS NULL
), renamed AS MATERIALIZED (
	SELECT osmeta.store_entity(j.store_id, j.entity_id) AS store_entity,
		j.environment, j.capture_id, j.entity_id, j.key::text AS key,
		j.espace, j.entity, j.physical_table_name, j.dialect
	FROM judged AS j
	WHERE j.verdict IN ('renamed', 'other key and renamed')
), numbered AS MATERIALIZED (
	SELECT osmeta.store_entity(j.store_id, j.entity_id) AS store_entity,
		j.store_id, j.entity_id,
		osmeta.store_table(j.store_id, j.computed_name) AS store_table
	FROM judged AS j
	WHERE j.verdict = 'numbered'
), explanation AS MATERIALIZED (
	SELECT r.store_entity, r.rank, r.capture_id AS position, r.description
	FROM (SELECT n.store_entity, 0 AS rank, NULL::bigint AS capture_id,
				format('cut by the rule %s', d.name) AS description,
				n.espace, n.entity, n.physical_table_name,
				d.name AS dialect
			FROM renamed AS n,
				LATERAL (SELECT CASE n.dialect WHEN 'oracle' THEN 'oracle8'
						ELSE 'oracle' END AS name) AS d
			WHERE n.dialect ^@ 'oracle'
			UNION ALL
			SELECT n.store_entity, 1, h.capture_id,
				format('earlier name of the entity: %s (capture %s)',
					h.entity, h.capture_id),
				n.espace, h.entity, n.physical_table_name, n.dialect
			FROM renamed AS n
				JOIN osmeta.entity_name_history AS h
					ON h.environment = n.environment
					AND h.entity_id = n.entity_id
			WHERE coalesce(h.capture_id < n.capture_id, true)
				-- deleting a module changes its part of the key
				AND split_part(h.key::text, '*', 2)
					= split_part(n.key, '*', 2)
			UNION ALL
			SELECT n.store_entity, 2, h.capture_id,
				format('name of the entity in %s: %s (capture %s)',
					h.environment, h.entity, h.capture_id),
				n.espace, h.entity, n.physical_table_name, n.dialect
			FROM renamed AS n
				JOIN osmeta.entity_name_history AS h ON h.key::text = n.key
			WHERE h.environment <> n.environment
				AND h.capture_id IN (SELECT max(c.capture_id)
					FROM osmeta.capture AS c
					GROUP BY c.environment)) AS r
	WHERE osmeta.explain_physical_name(r.espace, r.entity,
			r.physical_table_name, r.dialect)
		IN ('exact', 'numbered', 'other key')
	UNION ALL
	SELECT n.store_entity, CASE WHEN j.is_effective THEN 1 ELSE 2 END,
		j.entity_id,
		format(CASE WHEN j.is_effective THEN 'taken by %s'
				ELSE 'taken by %s (removed)' END,
			concat_ws('.', coalesce(j.espace, j.extension), j.entity))
	FROM numbered AS n
		JOIN judged AS j
			ON osmeta.store_table(j.store_id, j.physical_table_name)
				= n.store_table
	WHERE j.entity_id <> n.entity_id
	UNION ALL
	SELECT n.store_entity, 3, p.table_id,
		format('taken by the left-over %s %s',
			CASE p.kind WHEN 'view' THEN 'view' ELSE 'table' END,
			p.table_name)
	FROM numbered AS n
		JOIN osmeta.captured_physical_table AS p
			ON osmeta.store_table(p.capture_id, p.table_name)
				= n.store_table
)
SELECT j.environment, j.capture_id, j.espace, j.entity,
	j.physical_table_name, j.computed_name, j.verdict,
	NULLIF(concat_ws('; ', m.evidence, x.evidence), '') AS evidence,
	j.is_effective, j.extension, j.entity_id, j.dialect
FROM judged AS j
	LEFT JOIN (SELECT DISTINCT ON (g.store_module_hash)
				g.store_module_hash, g.evidence
			FROM (SELECT concat_ws(' ', c.hash, c.store_id, c.owner_key)
						AS store_module_hash,
					array_to_string((array_agg(c.description
						ORDER BY c.rank, c.capture_id DESC,
							c.name COLLATE "C"))[1:5], '; ')
						|| CASE WHEN count(*) > 5
							THEN format('; and %s more', count(*) - 5)
							ELSE '' END AS evidence
				FROM (SELECT DISTINCT ON (d.store_id, d.hash, d.owner_key,
							d.base) d.*
						FROM (SELECT i.*, osmeta.fold_name(
									regexp_replace(i.name,
										'[(]deleted[0-9]+[)]$', '')) AS base
								FROM candidate AS i) AS d
						ORDER BY d.store_id, d.hash, d.owner_key, d.base,
							d.rank, d.capture_id DESC,
							d.description COLLATE "C") AS c
				GROUP BY c.hash, c.store_id, c.owner_key) AS g) AS m
		ON m.store_module_hash = CASE WHEN j.verdict ^@ 'other key'
			THEN concat_ws(' ', osmeta.fold_name(
				split_part(j.physical_table_name, '_', 2)), j.store_id,
				j.owner_key) END
	LEFT JOIN (SELECT DISTINCT ON (e.store_entity) e.store_entity,
				e.description AS evidence
			FROM explanation AS e
			ORDER BY e.store_entity, e.rank, e.position DESC,
				e.description COLLATE "C") AS x
		ON x.store_entity = CASE
			WHEN j.verdict IN ('numbered', 'renamed', 'other key and renamed')
				THEN osmeta.store_entity(j.store_id, j.entity_id) END;
COMMENT ON VIEW osmeta.name_audit IS
	'do the names of tables follow from those of modules and entities, and what explains those that do not?';

INSERT INTO osmeta.live_view (view_name, position)
VALUES
	('name_rule', 231),
	('name_audit', 232);

/*
 * The name that publishing would give the table of a new entity.  Taken are
 * the names of all tables and views of the database and those that the
 * metamodel names, there or not; only those with the key of the module matter.
 */
CREATE FUNCTION osmeta.predicted_table_name(capture_id bigint, espace text,
	entity text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT osmeta.physical_table_name(predicted_table_name.espace,
			predicted_table_name.entity, r.dialect,
			coalesce((SELECT array_agg(btrim(t.name))
				FROM (SELECT p.table_name AS name
						FROM osmeta.captured_physical_table AS p
						WHERE p.capture_id = predicted_table_name.capture_id
						UNION ALL
						SELECT n.name
						FROM osmeta.captured_entity AS e,
							LATERAL (VALUES (e.physical_table_name),
								(e.multilingual_table_name)) AS n (name)
						WHERE e.capture_id = predicted_table_name.capture_id)
					AS t
				WHERE osmeta.fold_name(btrim(t.name)) ^@ ('osusr_'
					|| osmeta.espace_hash(predicted_table_name.espace)
					|| '_')), '{}'))
	FROM osmeta.name_rule AS r
	WHERE r.store_id = predicted_table_name.capture_id;
END;
COMMENT ON FUNCTION osmeta.predicted_table_name(bigint, text, text) IS
	'Internal: predict_table_name() for a capture that is shown';

CREATE FUNCTION osmeta.predict_table_name(environment text, espace text,
	entity text)
RETURNS text
AS 'MODULE_PATHNAME', 'osmeta_predict_table_name'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.predict_table_name(text, text, text) IS
	'the name that publishing a new entity would give its table in an environment or capture';

CREATE FUNCTION osmeta.guess_table(table_names text[], modules text[])
RETURNS TABLE (table_name text, module text, entity text, suffix integer,
	ambiguous_with text[], kind text, has_bare_name boolean)
AS 'MODULE_PATHNAME', 'osmeta_guess_table'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION osmeta.guess_table(text[], text[]) IS
	'which of the modules and which entities tables belong to, by their names alone';
