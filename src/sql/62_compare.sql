/*
 * 62_compare: what differs between two captures.
 *
 * First comes what is the same, then what differs in it.  Objects are the
 * same when their keys are.  Of those without partner, an entity that went to
 * another module is found by its own part of the key together with its table:
 * the name of a table alone follows from names, and in another environment
 * may be anybody's.  In two captures of one environment a table is a table,
 * and a number the same row as long as something else agrees: deleting an
 * espace gives it, and thereby all that is in it, another key.
 *
 * Each kind of object has a function that gives the differences; a row of all
 * the columns that are compared is looked at first, and only rows that differ
 * anywhere are taken apart, since most of 400,000 attributes are equal.
 *
 * The planner knows nothing of what a WITH gives, and takes a join with it for
 * one that makes billions of rows; DISTINCT ON says that it does not.
 *
 * What one of the factories does not tell is not compared: uncompared_part
 * says what that is.
 */

-- What does an object that stands on one side only mean?  NULL: not there.
CREATE FUNCTION osmeta.presence_change(source_is_effective boolean,
	target_is_effective boolean)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN source_is_effective IS NULL AND target_is_effective THEN 'added'
	WHEN source_is_effective IS NULL THEN 'leftover added'
	WHEN target_is_effective IS NULL AND source_is_effective THEN 'removed'
	WHEN target_is_effective IS NULL THEN 'leftover removed'
END;
COMMENT ON FUNCTION osmeta.presence_change(boolean, boolean) IS
	'Internal: the change that an object on one side only is; NULL if it stands on both';

CREATE FUNCTION osmeta.is_same_environment(source_id bigint,
	target_id bigint)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT count(DISTINCT c.environment) = 1
	FROM osmeta.capture AS c
	WHERE c.capture_id IN (source_id, target_id));
COMMENT ON FUNCTION osmeta.is_same_environment(bigint, bigint) IS
	'Internal: are these captures of one environment?';

/*
 * What a capture does not tell, since its factory lacks the table or the
 * column.  A column that holds nothing in any row is taken for one that is
 * not there.
 */
CREATE FUNCTION osmeta.uncompared_part(source_id bigint, target_id bigint)
RETURNS TABLE (capture_id bigint, part text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT c.capture_id, m.table_name
	FROM osmeta.capture AS c,
		LATERAL unnest(c.missing_tables) AS m (table_name)
	WHERE c.capture_id IN (source_id, target_id)
		AND m.table_name IN ('OSSYS_EXTENSION', 'OSSYS_APPLICATION',
			'OSSYS_APP_DEFINITION_MODULE', 'OSSYS_MODULE', 'OSSYS_ROLE',
			'OSSYS_BPM_PROCESS_DEFINITION', 'OSSYS_DBCATALOG')
	UNION ALL
	SELECT c.capture_id, 'tables and columns of the database'
	FROM osmeta.capture AS c
	WHERE c.capture_id IN (source_id, target_id)
		AND NOT EXISTS (SELECT
			FROM osmeta.captured_physical_table AS t
			WHERE t.capture_id = c.capture_id)
	UNION ALL
	SELECT c.capture_id, p.part
	FROM osmeta.capture AS c,
		LATERAL (VALUES
				('OSSYS_ESPACE.ESPACEKIND', EXISTS (SELECT
					FROM osmeta.captured_espace AS e
					WHERE e.capture_id = c.capture_id
						AND e.espacekind IS NOT NULL)),
				('OSSYS_ESPACE.IS_MULTITENANT', EXISTS (SELECT
					FROM osmeta.captured_espace AS e
					WHERE e.capture_id = c.capture_id
						AND e.is_multitenant IS NOT NULL)),
				('OSSYS_ESPACE.USER_PROVIDER_KEY', EXISTS (SELECT
					FROM osmeta.captured_espace AS e
					WHERE e.capture_id = c.capture_id
						AND e.user_provider_key IS NOT NULL)),
				('OSSYS_ESPACE.DBCATALOG_ID', EXISTS (SELECT
					FROM osmeta.captured_espace AS e
					WHERE e.capture_id = c.capture_id
						AND e.dbcatalog_id IS NOT NULL)),
				('OSSYS_ENTITY.DATA_KIND', EXISTS (SELECT
					FROM osmeta.captured_entity AS e
					WHERE e.capture_id = c.capture_id
						AND e.data_kind IS NOT NULL)),
				('OSSYS_ENTITY.PRIMARYKEY_SS_KEY', EXISTS (SELECT
					FROM osmeta.captured_entity AS e
					WHERE e.capture_id = c.capture_id
						AND e.primarykey_ss_key IS NOT NULL)),
				('OSSYS_ENTITY.MULTITENANT', EXISTS (SELECT
					FROM osmeta.captured_entity AS e
					WHERE e.capture_id = c.capture_id
						AND e.multitenant IS NOT NULL)),
				('OSSYS_ENTITY.MULTILINGUAL', EXISTS (SELECT
					FROM osmeta.captured_entity AS e
					WHERE e.capture_id = c.capture_id
						AND e.multilingual IS NOT NULL)),
				('OSSYS_ENTITY.IS_EXTERNAL', EXISTS (SELECT
					FROM osmeta.captured_entity AS e
					WHERE e.capture_id = c.capture_id
						AND e.is_external IS NOT NULL)),
				('OSSYS_ENTITY.EXPOSE_PROCESS_EVENTS', EXISTS (SELECT
					FROM osmeta.captured_entity AS e
					WHERE e.capture_id = c.capture_id
						AND e.expose_process_events IS NOT NULL)),
				('OSSYS_ENTITY_ATTR.LENGTH', EXISTS (SELECT
					FROM osmeta.captured_entity_attr AS a
					WHERE a.capture_id = c.capture_id
						AND a.length IS NOT NULL)),
				('OSSYS_ENTITY_ATTR.DECIMALS', EXISTS (SELECT
					FROM osmeta.captured_entity_attr AS a
					WHERE a.capture_id = c.capture_id
						AND a.decimals IS NOT NULL)),
				('OSSYS_ENTITY_ATTR.IS_MANDATORY', EXISTS (SELECT
					FROM osmeta.captured_entity_attr AS a
					WHERE a.capture_id = c.capture_id
						AND a.is_mandatory IS NOT NULL)),
				('OSSYS_ENTITY_ATTR.IS_AUTONUMBER', EXISTS (SELECT
					FROM osmeta.captured_entity_attr AS a
					WHERE a.capture_id = c.capture_id
						AND a.is_autonumber IS NOT NULL)),
				('OSSYS_ENTITY_ATTR.DELETE_RULE', EXISTS (SELECT
					FROM osmeta.captured_entity_attr AS a
					WHERE a.capture_id = c.capture_id
						AND a.delete_rule IS NOT NULL)),
				('OSSYS_ENTITY_ATTR.DEFAULT_VALUE', EXISTS (SELECT
					FROM osmeta.captured_entity_attr AS a
					WHERE a.capture_id = c.capture_id
						AND a.default_value IS NOT NULL))
			) AS p (part, is_known)
	WHERE c.capture_id IN (source_id, target_id) AND NOT p.is_known
		-- where there is nothing at all nothing is missing
		AND EXISTS (SELECT
			FROM osmeta.captured_entity_attr AS a
			WHERE a.capture_id = c.capture_id);
END;
COMMENT ON FUNCTION osmeta.uncompared_part(bigint, bigint) IS
	'Internal: tables and columns of the metamodel that one of two captures lacks';

-- What only one of the two does not tell, in a line for each capture.
CREATE FUNCTION osmeta.uncompared(source_id bigint, target_id bigint)
RETURNS TABLE (capture_id bigint, parts text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT u.capture_id, string_agg(u.part, ', ' ORDER BY u.part COLLATE "C")
	FROM (SELECT u.capture_id, u.part,
				count(*) OVER (PARTITION BY u.part) AS captures
			FROM osmeta.uncompared_part(source_id, target_id) AS u) AS u
	WHERE u.captures = 1 AND source_id <> target_id
	GROUP BY u.capture_id
	ORDER BY u.capture_id;
END;
COMMENT ON FUNCTION osmeta.uncompared(bigint, bigint) IS
	'Internal: what one of two captures tells and the other does not';

-- Internal: espaces and extensions of both sides, in pairs.
CREATE FUNCTION osmeta.paired_owner(source_id bigint, target_id bigint)
RETURNS TABLE (kind text, source_key text, target_key text,
	source_name text, target_name text, source_owner_id bigint,
	target_owner_id bigint, source_is_active boolean,
	target_is_active boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH keyed AS MATERIALIZED (
		SELECT s.kind AS source_kind, t.kind AS target_kind,
			s.owner_key AS source_key, t.owner_key AS target_key,
			s.name AS source_name, t.name AS target_name,
			s.owner_id AS source_owner_id, t.owner_id AS target_owner_id,
			s.is_active AS source_is_active, t.is_active AS target_is_active
		FROM osmeta.counted_owner(source_id) AS s
			FULL JOIN osmeta.counted_owner(target_id) AS t
				ON t.owner_key = s.owner_key
		WHERE coalesce(t.kind, s.kind) <> 'extension'
			OR 'OSSYS_EXTENSION' NOT IN (SELECT u.part
				FROM osmeta.uncompared_part(source_id, target_id) AS u)
	), numbered AS MATERIALIZED (
		SELECT s.source_key, t.target_key
		FROM keyed AS s
			JOIN keyed AS t ON t.target_kind = s.source_kind
				AND t.target_owner_id = s.source_owner_id
				AND regexp_replace(t.target_name, '[(]deleted[0-9]+[)]$', '')
					= regexp_replace(s.source_name, '[(]deleted[0-9]+[)]$', '')
		WHERE s.target_key IS NULL AND t.source_key IS NULL
			AND osmeta.is_same_environment(source_id, target_id)
	)
	SELECT coalesce(k.target_kind, k.source_kind), k.source_key, k.target_key,
		k.source_name, k.target_name, k.source_owner_id, k.target_owner_id,
		k.source_is_active, k.target_is_active
	FROM keyed AS k
	WHERE NOT EXISTS (SELECT FROM numbered AS n
		WHERE n.source_key = k.source_key AND k.target_key IS NULL
			OR n.target_key = k.target_key AND k.source_key IS NULL)
	UNION ALL
	SELECT t.target_kind, s.source_key, t.target_key, s.source_name,
		t.target_name, s.source_owner_id, t.target_owner_id,
		s.source_is_active, t.target_is_active
	FROM numbered AS n
		JOIN keyed AS s ON s.source_key = n.source_key
			AND s.target_key IS NULL
		JOIN keyed AS t ON t.target_key = n.target_key
			AND t.source_key IS NULL;
END;
COMMENT ON FUNCTION osmeta.paired_owner(bigint, bigint) IS
	'Internal: espaces and extensions of two captures, in pairs';

/*
 * Internal: entities of both sides, in pairs.  pair is what the two have in
 * common to be found by; evidence tells how they were found: by key, by
 * number, by table.
 */
CREATE FUNCTION osmeta.paired_entity(source_id bigint, target_id bigint)
RETURNS TABLE (pair text, evidence text, source_key text, target_key text,
	source_owner text, target_owner text, source_entity text,
	target_entity text, source_table text, target_table text,
	source_entity_id bigint, target_entity_id bigint,
	source_is_active boolean, target_is_active boolean,
	source_is_effective boolean, target_is_effective boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH keyed AS MATERIALIZED (
		SELECT s.key_text AS source_key, t.key_text AS target_key,
			s.owner AS source_owner, t.owner AS target_owner,
			s.entity AS source_entity, t.entity AS target_entity,
			s.physical_table_name AS source_table,
			t.physical_table_name AS target_table,
			s.entity_id AS source_entity_id, t.entity_id AS target_entity_id,
			s.is_active AS source_is_active, t.is_active AS target_is_active,
			s.is_effective AS source_is_effective,
			t.is_effective AS target_is_effective
		FROM osmeta.counted_entity(source_id) AS s
			FULL JOIN osmeta.counted_entity(target_id) AS t
				ON t.key_text = s.key_text
		WHERE coalesce(t.has_espace, s.has_espace)
			OR 'OSSYS_EXTENSION' NOT IN (SELECT u.part
				FROM osmeta.uncompared_part(source_id, target_id) AS u)
	), lone AS MATERIALIZED (
		-- what has no partner, or one that is removed while it is not: a move
		-- can leave its old row behind
		SELECT k.*,
			k.source_key IS NOT NULL
				AND (k.target_key IS NULL OR k.source_is_effective
					AND NOT k.target_is_effective) AS is_lone_source,
			k.target_key IS NOT NULL
				AND (k.source_key IS NULL OR k.target_is_effective
					AND NOT k.source_is_effective) AS is_lone_target,
			k.source_key IS NULL OR k.target_key IS NULL AS is_alone,
			split_part(k.source_key, '*', 2) AS source_object,
			split_part(k.target_key, '*', 2) AS target_object,
			CASE WHEN osmeta.fold_name(k.source_table) ^@ 'osusr_'
				THEN osmeta.fold_name(k.source_table) END AS source_folded,
			CASE WHEN osmeta.fold_name(k.target_table) ^@ 'osusr_'
				THEN osmeta.fold_name(k.target_table) END AS target_folded
		FROM keyed AS k
		WHERE k.source_is_effective IS DISTINCT FROM k.target_is_effective
	), numbered AS MATERIALIZED (
		SELECT s.source_key, t.target_key
		FROM lone AS s
			JOIN lone AS t ON t.target_entity_id = s.source_entity_id
		WHERE s.is_lone_source AND s.is_alone
			AND t.is_lone_target AND t.is_alone
			AND (t.target_object = s.source_object
				OR t.target_folded = s.source_folded)
			AND osmeta.is_same_environment(source_id, target_id)
	), tabled AS MATERIALIZED (
		SELECT s.source_key, t.target_key
		FROM (SELECT l.*, count(*) OVER (PARTITION BY l.source_folded) AS n
				FROM lone AS l
				WHERE l.is_lone_source AND l.source_folded IS NOT NULL
					AND coalesce(l.source_key NOT IN
						(SELECT n.source_key FROM numbered AS n), true)) AS s
			JOIN (SELECT l.*, count(*) OVER (PARTITION BY l.target_folded) AS n
					FROM lone AS l
					WHERE l.is_lone_target AND l.target_folded IS NOT NULL
						AND coalesce(l.target_key NOT IN
							(SELECT n.target_key FROM numbered AS n), true))
					AS t
				ON t.target_folded = s.source_folded
		WHERE s.n = 1 AND t.n = 1 AND s.source_key <> t.target_key
			AND (t.target_object = s.source_object
				OR s.is_alone AND t.is_alone
				AND osmeta.is_same_environment(source_id, target_id))
	), found AS MATERIALIZED (
		SELECT n.source_key, n.target_key, 'number'::text AS evidence
		FROM numbered AS n
		UNION ALL
		SELECT t.source_key, t.target_key, 'table'
		FROM tabled AS t
	)
	-- the other half of a pair that a move took apart goes with it
	SELECT coalesce(k.target_key, k.source_key),
		CASE WHEN k.source_key = k.target_key THEN 'key' ELSE 'none' END,
		k.source_key, k.target_key, k.source_owner, k.target_owner,
		k.source_entity, k.target_entity, k.source_table, k.target_table,
		k.source_entity_id, k.target_entity_id, k.source_is_active,
		k.target_is_active, k.source_is_effective, k.target_is_effective
	FROM keyed AS k
	WHERE coalesce(k.source_key NOT IN (SELECT f.source_key FROM found AS f),
			true)
		AND coalesce(k.target_key NOT IN (SELECT f.target_key FROM found AS f),
			true)
	UNION ALL
	SELECT f.target_key, f.evidence, f.source_key, f.target_key,
		s.source_owner, t.target_owner, s.source_entity, t.target_entity,
		s.source_table, t.target_table, s.source_entity_id,
		t.target_entity_id, s.source_is_active, t.target_is_active,
		s.source_is_effective, t.target_is_effective
	FROM found AS f
		JOIN keyed AS s ON s.source_key = f.source_key
		JOIN keyed AS t ON t.target_key = f.target_key;
END;
COMMENT ON FUNCTION osmeta.paired_entity(bigint, bigint) IS
	'Internal: entities of two captures, in pairs';

-- Espaces and extensions, and the database catalog of each espace.
CREATE FUNCTION osmeta.owner_difference(source_id bigint, target_id bigint)
RETURNS TABLE (object_kind text, key text, path text, change text,
	old_value text, new_value text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH unknown AS MATERIALIZED (
		SELECT u.part
		FROM osmeta.uncompared_part(source_id, target_id) AS u
	)
	SELECT p.kind, coalesce(p.target_key, p.source_key),
		coalesce(p.target_name, p.source_name, '?'), d.change, d.old_value,
		d.new_value
	FROM osmeta.paired_owner(source_id, target_id) AS p
		LEFT JOIN osmeta.captured_espace AS s
			ON s.capture_id = source_id AND s.id = p.source_owner_id
			AND p.kind = 'espace'
		LEFT JOIN osmeta.captured_espace AS t
			ON t.capture_id = target_id AND t.id = p.target_owner_id
			AND p.kind = 'espace'
		LEFT JOIN osmeta.captured_dbcatalog AS sc
			ON sc.capture_id = source_id AND sc.id = s.dbcatalog_id
		LEFT JOIN osmeta.captured_dbcatalog AS tc
			ON tc.capture_id = target_id AND tc.id = t.dbcatalog_id,
		LATERAL (
			SELECT osmeta.presence_change(p.source_is_active,
					p.target_is_active) AS change,
				p.source_name AS old_value, p.target_name AS new_value
			UNION ALL
			SELECT v.change, v.old_value, v.new_value
			FROM (VALUES
					('renamed', p.source_name, p.target_name, NULL),
					(CASE WHEN p.target_is_active THEN 'activated'
						ELSE 'deactivated' END,
					 p.source_is_active::text, p.target_is_active::text, NULL),
					('rekeyed', p.source_key, p.target_key, NULL),
					('catalog', sc.name, tc.name,
					 CASE WHEN 'OSSYS_DBCATALOG' IN
							(SELECT u.part FROM unknown AS u)
						THEN 'OSSYS_DBCATALOG'
						ELSE 'OSSYS_ESPACE.DBCATALOG_ID' END),
					('kind', s.espacekind, t.espacekind,
					 'OSSYS_ESPACE.ESPACEKIND'),
					('multi-tenant', coalesce(s.is_multitenant, false)::text,
					 coalesce(t.is_multitenant, false)::text,
					 'OSSYS_ESPACE.IS_MULTITENANT'),
					('user provider',
					 osmeta.readable_key(s.user_provider_key),
					 osmeta.readable_key(t.user_provider_key),
					 'OSSYS_ESPACE.USER_PROVIDER_KEY')
				) AS v (change, old_value, new_value, part)
			WHERE p.source_key IS NOT NULL AND p.target_key IS NOT NULL
				AND (p.source_is_active OR p.target_is_active)
				AND (v.part IS NULL
					OR v.part NOT IN (SELECT u.part FROM unknown AS u))
				AND v.old_value IS DISTINCT FROM v.new_value) AS d
	WHERE d.change IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.owner_difference(bigint, bigint) IS
	'Internal: differences of espaces and extensions';

-- Applications and which modules they have.
CREATE FUNCTION osmeta.application_difference(source_id bigint,
	target_id bigint)
RETURNS TABLE (object_kind text, key text, path text, change text,
	old_value text, new_value text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH unknown AS MATERIALIZED (
		SELECT u.part
		FROM osmeta.uncompared_part(source_id, target_id) AS u
	), application AS MATERIALIZED (
		SELECT DISTINCT ON (a.capture_id, a.key) a.capture_id, a.key, a.name,
			a.is_active, a.id, a.applicationkind
		FROM (SELECT a.capture_id,
					osmeta.readable_key(a.key) COLLATE "C" AS key, a.name,
					coalesce(a.is_active, true) AS is_active, a.id,
					a.applicationkind
				FROM osmeta.captured_application AS a
				WHERE a.capture_id IN (source_id, target_id)) AS a
		WHERE a.key IS NOT NULL
			AND 'OSSYS_APPLICATION' NOT IN
				(SELECT u.part FROM unknown AS u)
		ORDER BY a.capture_id, a.key, a.is_active DESC, a.id DESC
	), keyed AS MATERIALIZED (
		SELECT s.key AS source_key, t.key AS target_key,
			s.name AS source_name, t.name AS target_name, s.id AS source_id,
			t.id AS target_id, s.is_active AS source_is_active,
			t.is_active AS target_is_active,
			s.applicationkind AS source_kind,
			t.applicationkind AS target_kind
		FROM (SELECT a.* FROM application AS a
				WHERE a.capture_id = source_id) AS s
			FULL JOIN (SELECT a.* FROM application AS a
					WHERE a.capture_id = target_id) AS t
				ON t.key = s.key
	), numbered AS MATERIALIZED (
		-- a deleted application gets another key and keeps its name
		SELECT s.source_key, t.target_key
		FROM keyed AS s
			JOIN keyed AS t ON t.target_id = s.source_id
				AND t.target_name = s.source_name
		WHERE s.target_key IS NULL AND t.source_key IS NULL
			AND osmeta.is_same_environment(application_difference.source_id,
				application_difference.target_id)
	), pair AS MATERIALIZED (
		SELECT k.*
		FROM keyed AS k
		WHERE NOT EXISTS (SELECT FROM numbered AS n
			WHERE n.source_key = k.source_key AND k.target_key IS NULL
				OR n.target_key = k.target_key AND k.source_key IS NULL)
		UNION ALL
		SELECT s.source_key, t.target_key, s.source_name, t.target_name,
			s.source_id, t.target_id, s.source_is_active, t.target_is_active,
			s.source_kind, t.target_kind
		FROM numbered AS n
			JOIN keyed AS s ON s.source_key = n.source_key
				AND s.target_key IS NULL
			JOIN keyed AS t ON t.target_key = n.target_key
				AND t.source_key IS NULL
	), part AS MATERIALIZED (
		SELECT DISTINCT ON (m.capture_id, a.key, o.module_key) m.capture_id,
			a.key, a.name AS application, o.module_key, o.name AS module
		FROM application AS a
			JOIN osmeta.captured_app_definition_module AS d
				ON d.capture_id = a.capture_id AND d.application_id = a.id
			JOIN osmeta.captured_module AS m
				ON m.capture_id = d.capture_id AND m.id = d.module_id
			LEFT JOIN osmeta.captured_espace AS e
				ON e.capture_id = m.capture_id AND e.id = m.espace_id
			LEFT JOIN osmeta.captured_extension AS x
				ON x.capture_id = m.capture_id AND x.id = m.extension_id
				AND m.espace_id IS NULL,
			LATERAL (SELECT osmeta.readable_key(
						coalesce(e.ss_key, x.ss_key)) COLLATE "C"
						AS module_key,
					coalesce(e.name, x.name) AS name) AS o
		WHERE a.is_active AND o.module_key IS NOT NULL
			AND NOT EXISTS (SELECT
				FROM unknown AS u
				WHERE u.part IN ('OSSYS_APP_DEFINITION_MODULE',
						'OSSYS_MODULE')
					OR u.part = 'OSSYS_EXTENSION' AND x.id IS NOT NULL)
		ORDER BY m.capture_id, a.key, o.module_key, m.id
	)
	SELECT 'application', coalesce(p.target_key, p.source_key),
		coalesce(p.target_name, p.source_name, '?'), d.change, d.old_value,
		d.new_value
	FROM pair AS p,
		LATERAL (
			SELECT osmeta.presence_change(p.source_is_active,
					p.target_is_active) AS change,
				p.source_name AS old_value, p.target_name AS new_value
			UNION ALL
			SELECT v.change, v.old_value, v.new_value
			FROM (VALUES
					('renamed', p.source_name, p.target_name),
					(CASE WHEN p.target_is_active THEN 'activated'
						ELSE 'deactivated' END,
					 p.source_is_active::text, p.target_is_active::text),
					('rekeyed', p.source_key, p.target_key),
					('kind', p.source_kind, p.target_kind)
				) AS v (change, old_value, new_value)
			WHERE p.source_key IS NOT NULL AND p.target_key IS NOT NULL
				AND (p.source_is_active OR p.target_is_active)
				AND v.old_value IS DISTINCT FROM v.new_value) AS d
	WHERE d.change IS NOT NULL
	UNION ALL
	SELECT 'application module',
		coalesce(t.key, s.key) || '/' || coalesce(t.module_key, s.module_key),
		format('%s.%s', coalesce(t.application, s.application, '?'),
			coalesce(t.module, s.module, '?')),
		CASE WHEN s.key IS NULL THEN 'added' ELSE 'removed' END,
		s.module, t.module
	FROM (SELECT p.* FROM part AS p WHERE p.capture_id = source_id) AS s
		FULL JOIN (SELECT p.* FROM part AS p
				WHERE p.capture_id = target_id) AS t
			ON t.key = s.key AND t.module_key = s.module_key
	WHERE s.key IS NULL OR t.key IS NULL;
END;
COMMENT ON FUNCTION osmeta.application_difference(bigint, bigint) IS
	'Internal: differences of applications';

-- Entities.
CREATE FUNCTION osmeta.entity_difference(source_id bigint, target_id bigint)
RETURNS TABLE (object_kind text, key text, path text, change text,
	old_value text, new_value text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH unknown AS MATERIALIZED (
		SELECT u.part
		FROM osmeta.uncompared_part(source_id, target_id) AS u
	)
	SELECT 'entity', p.pair,
		format('%s.%s', coalesce(p.target_owner, p.source_owner, '?'),
			coalesce(p.target_entity, p.source_entity, '?')),
		d.change, d.old_value, d.new_value
	FROM osmeta.paired_entity(source_id, target_id) AS p
		LEFT JOIN osmeta.captured_entity AS s
			ON s.capture_id = source_id AND s.id = p.source_entity_id
		LEFT JOIN osmeta.captured_entity AS t
			ON t.capture_id = target_id AND t.id = p.target_entity_id
		LEFT JOIN osmeta.paired_owner(source_id, target_id) AS o
			ON o.source_key = osmeta.owner_key(s.key),
		LATERAL (
			SELECT osmeta.presence_change(p.source_is_effective,
					p.target_is_effective) AS change,
				p.source_table AS old_value, p.target_table AS new_value
			UNION ALL
			SELECT v.change, v.old_value, v.new_value
			FROM (VALUES
					('renamed', p.source_entity, p.target_entity, NULL),
					(CASE WHEN p.target_is_active THEN 'activated'
						ELSE 'deactivated' END,
					 p.source_is_active::text, p.target_is_active::text,
					 NULL),
					-- into another module, not with a module of another key
					('moved',
					 CASE WHEN o.target_key
							IS DISTINCT FROM osmeta.owner_key(t.key)
						THEN p.source_owner END,
					 CASE WHEN o.target_key
							IS DISTINCT FROM osmeta.owner_key(t.key)
						THEN p.target_owner END, NULL),
					-- the key of its own, not that of its module
					('rekeyed', osmeta.object_key(s.key),
					 osmeta.object_key(t.key), NULL),
					('physical',
					 CASE WHEN osmeta.fold_name(p.source_table)
							IS DISTINCT FROM osmeta.fold_name(p.target_table)
						THEN p.source_table END,
					 CASE WHEN osmeta.fold_name(p.source_table)
							IS DISTINCT FROM osmeta.fold_name(p.target_table)
						THEN p.target_table END, NULL),
					('kind', s.data_kind, t.data_kind,
					 'OSSYS_ENTITY.DATA_KIND'),
					('identifier', osmeta.readable_key(s.primarykey_ss_key),
					 osmeta.readable_key(t.primarykey_ss_key),
					 'OSSYS_ENTITY.PRIMARYKEY_SS_KEY'),
					('multi-tenant', coalesce(s.multitenant, false)::text,
					 coalesce(t.multitenant, false)::text,
					 'OSSYS_ENTITY.MULTITENANT'),
					('multilingual', coalesce(s.multilingual, false)::text,
					 coalesce(t.multilingual, false)::text,
					 'OSSYS_ENTITY.MULTILINGUAL'),
					('external', coalesce(s.is_external, false)::text,
					 coalesce(t.is_external, false)::text,
					 'OSSYS_ENTITY.IS_EXTERNAL'),
					('process events',
					 coalesce(s.expose_process_events, false)::text,
					 coalesce(t.expose_process_events, false)::text,
					 'OSSYS_ENTITY.EXPOSE_PROCESS_EVENTS')
				) AS v (change, old_value, new_value, part)
			WHERE p.source_key IS NOT NULL AND p.target_key IS NOT NULL
				AND (p.source_is_effective OR p.target_is_effective)
				AND (v.part IS NULL
					OR v.part NOT IN (SELECT u.part FROM unknown AS u))
				AND v.old_value IS DISTINCT FROM v.new_value) AS d
	WHERE d.change IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.entity_difference(bigint, bigint) IS
	'Internal: differences of entities';

-- A type in words.  target: the name of the entity that it refers to.
CREATE FUNCTION osmeta.type_label(type text, length bigint, decimals bigint,
	target text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN target IS NOT NULL THEN 'Identifier of ' || target
	WHEN osmeta.data_type(type) = 'Identifier' THEN type
	WHEN osmeta.data_type(type) = 'Text' AND length > 0
		THEN format('Text(%s)', length)
	WHEN osmeta.data_type(type) = 'Decimal'
		THEN format('Decimal(%s,%s)', length, decimals)
	ELSE osmeta.data_type(type)
END;
COMMENT ON FUNCTION osmeta.type_label(text, bigint, bigint, text) IS
	'Internal: the type of an attribute in words';

-- Attributes.  The length of types that have none is not looked at.
CREATE FUNCTION osmeta.attribute_difference(source_id bigint,
	target_id bigint)
RETURNS TABLE (object_kind text, key text, path text, change text,
	old_value text, new_value text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH unknown AS MATERIALIZED (
		SELECT u.part
		FROM osmeta.uncompared_part(source_id, target_id) AS u
	), pair AS MATERIALIZED (
		SELECT p.pair, p.source_key, p.source_entity_id, p.target_entity_id
		FROM osmeta.paired_entity(source_id, target_id) AS p
	), differing AS MATERIALIZED (
		SELECT coalesce(t.pair, s.pair) AS pair,
			coalesce(t.attribute_key, s.attribute_key) AS attribute_key,
			coalesce(t.owner, s.owner, '?') AS owner,
			coalesce(t.entity, s.entity, '?') AS entity,
			coalesce(t.attribute, s.attribute, '?') AS attribute,
			s.attribute AS source_attribute, t.attribute AS target_attribute,
			s.column_name AS source_column, t.column_name AS target_column,
			s.type AS source_type, t.type AS target_type,
			s.length AS source_length, t.length AS target_length,
			s.decimals AS source_decimals, t.decimals AS target_decimals,
			s.is_mandatory AS source_is_mandatory,
			t.is_mandatory AS target_is_mandatory,
			s.is_auto_number AS source_is_auto_number,
			t.is_auto_number AS target_is_auto_number,
			s.delete_rule AS source_delete_rule,
			t.delete_rule AS target_delete_rule,
			s.default_value AS source_default,
			t.default_value AS target_default,
			s.is_active AS source_is_active, t.is_active AS target_is_active,
			s.is_effective AS source_is_effective,
			t.is_effective AS target_is_effective,
			s.attribute_id AS source_attribute_id,
			t.attribute_id AS target_attribute_id
		FROM (SELECT p.pair, a.*
				FROM osmeta.counted_attribute(source_id) AS a
					JOIN (SELECT DISTINCT ON (p.source_entity_id)
								p.source_entity_id, p.pair
							FROM pair AS p
							ORDER BY p.source_entity_id) AS p
						ON p.source_entity_id = a.entity_id) AS s
			FULL JOIN (SELECT p.pair, a.*
					FROM osmeta.counted_attribute(target_id) AS a
						JOIN (SELECT DISTINCT ON (p.target_entity_id)
									p.target_entity_id, p.pair
								FROM pair AS p
								ORDER BY p.target_entity_id) AS p
							ON p.target_entity_id = a.entity_id) AS t
				ON t.pair = s.pair AND t.attribute_key = s.attribute_key
		WHERE s.attribute_id IS NULL OR t.attribute_id IS NULL
			OR (s.is_effective OR t.is_effective)
			AND ROW(s.attribute, s.column_name, s.type, s.length, s.decimals,
					s.is_mandatory, s.is_auto_number, s.delete_rule,
					s.default_value, s.is_active)
				IS DISTINCT FROM ROW(t.attribute, t.column_name, t.type,
					t.length, t.decimals, t.is_mandatory, t.is_auto_number,
					t.delete_rule, t.default_value, t.is_active)
	), labelled AS MATERIALIZED (
		SELECT d.*,
			osmeta.type_label(d.source_type, d.source_length,
				d.source_decimals, CASE WHEN se.entity_id IS NOT NULL
					THEN format('%s.%s', se.owner, se.entity) END)
				AS source_label,
			osmeta.type_label(d.target_type, d.target_length,
				d.target_decimals, CASE WHEN te.entity_id IS NOT NULL
					THEN format('%s.%s', te.owner, te.entity) END)
				AS target_label,
			coalesce(r.pair, sa.refers_to::text,
				CASE osmeta.data_type(d.source_type) WHEN 'Identifier'
					THEN osmeta.fold_name(d.source_type)
					ELSE osmeta.data_type(d.source_type) END)
				AS source_values,
			coalesce(ta.refers_to::text,
				CASE osmeta.data_type(d.target_type) WHEN 'Identifier'
					THEN osmeta.fold_name(d.target_type)
					ELSE osmeta.data_type(d.target_type) END)
				AS target_values,
			sa.refers_to IS NOT NULL OR ta.refers_to IS NOT NULL
				AS is_reference
		FROM differing AS d
			LEFT JOIN osmeta.captured_entity_attr AS sa
				ON sa.capture_id = source_id AND sa.id = d.source_attribute_id
			LEFT JOIN osmeta.captured_entity_attr AS ta
				ON ta.capture_id = target_id AND ta.id = d.target_attribute_id
			-- what it referred to, by the key that this has now
			LEFT JOIN (SELECT DISTINCT ON (p.source_key) p.source_key, p.pair
					FROM pair AS p
					WHERE p.source_key IS NOT NULL
					ORDER BY p.source_key) AS r
				ON r.source_key = sa.refers_to::text
			LEFT JOIN osmeta.counted_entity(source_id) AS se
				ON se.key_text = sa.refers_to::text
			LEFT JOIN osmeta.counted_entity(target_id) AS te
				ON te.key_text = ta.refers_to::text
	)
	SELECT 'attribute', l.pair || '/' || l.attribute_key,
		format('%s.%s.%s', l.owner, l.entity, l.attribute), d.change,
		d.old_value, d.new_value
	FROM labelled AS l,
		LATERAL (
			SELECT osmeta.presence_change(l.source_is_effective,
					l.target_is_effective) AS change,
				l.source_label AS old_value, l.target_label AS new_value
			UNION ALL
			SELECT v.change, v.old_value, v.new_value
			FROM (VALUES
					('renamed', l.source_attribute, l.target_attribute,
					 l.source_attribute IS DISTINCT FROM l.target_attribute,
					 NULL),
					(CASE WHEN l.target_is_active THEN 'activated'
						ELSE 'deactivated' END,
					 l.source_is_active::text, l.target_is_active::text,
					 l.source_is_active <> l.target_is_active, NULL),
					('retyped', l.source_label, l.target_label,
					 l.source_values IS DISTINCT FROM l.target_values, NULL),
					('resized', l.source_label, l.target_label,
					 l.source_values = l.target_values
						AND (l.source_values IN ('Text', 'Decimal')
							AND l.source_length
								IS DISTINCT FROM l.target_length
							OR l.source_values = 'Decimal'
							AND 'OSSYS_ENTITY_ATTR.DECIMALS' NOT IN
								(SELECT u.part FROM unknown AS u)
							AND l.source_decimals
								IS DISTINCT FROM l.target_decimals),
					 'OSSYS_ENTITY_ATTR.LENGTH'),
					('mandatory', l.source_is_mandatory::text,
					 l.target_is_mandatory::text,
					 l.source_is_mandatory <> l.target_is_mandatory,
					 'OSSYS_ENTITY_ATTR.IS_MANDATORY'),
					('auto number', l.source_is_auto_number::text,
					 l.target_is_auto_number::text,
					 l.source_is_auto_number <> l.target_is_auto_number,
					 'OSSYS_ENTITY_ATTR.IS_AUTONUMBER'),
					-- it stands on plain attributes too and means nothing
					('delete rule', l.source_delete_rule,
					 l.target_delete_rule,
					 l.is_reference AND osmeta.fold_name(l.source_delete_rule)
						IS DISTINCT FROM osmeta.fold_name(
							l.target_delete_rule),
					 'OSSYS_ENTITY_ATTR.DELETE_RULE'),
					('default value', l.source_default, l.target_default,
					 coalesce(l.source_default, '')
						<> coalesce(l.target_default, ''),
					 'OSSYS_ENTITY_ATTR.DEFAULT_VALUE'),
					-- another column than the other name explains
					('physical', l.source_column, l.target_column,
					 osmeta.fold_name(l.source_column)
						IS DISTINCT FROM osmeta.fold_name(l.target_column)
						AND NOT coalesce(l.source_attribute
								<> l.target_attribute
							AND osmeta.fold_name(l.target_column)
								= osmeta.fold_name(
									osmeta.physical_column_name(
										l.target_attribute)), false), NULL)
				) AS v (change, old_value, new_value, is_so, part)
			WHERE l.source_attribute_id IS NOT NULL
				AND l.target_attribute_id IS NOT NULL
				AND v.is_so
				AND (v.part IS NULL
					OR v.part NOT IN (SELECT u.part FROM unknown AS u))) AS d
	WHERE d.change IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.attribute_difference(bigint, bigint) IS
	'Internal: differences of attributes';

-- The type of a column with what stands in its brackets.
CREATE FUNCTION osmeta.sized_type(data_type text, size text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN data_type || CASE WHEN size <> '' THEN '(' || size || ')' ELSE '' END;
COMMENT ON FUNCTION osmeta.sized_type(text, text) IS
	'Internal: the type of a column of the factory''s database in words';

-- Static records.  The number that a record has is the environment's own.
CREATE FUNCTION osmeta.record_difference(source_id bigint, target_id bigint)
RETURNS TABLE (object_kind text, key text, path text, change text,
	old_value text, new_value text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH pair AS MATERIALIZED (
		SELECT p.pair, p.source_key, p.target_key
		FROM osmeta.paired_entity(source_id, target_id) AS p
	)
	SELECT 'record', coalesce(t.pair, s.pair) || '/'
			|| coalesce(t.record_key, s.record_key),
		format('%s.%s.%s', coalesce(t.owner, s.owner, '?'),
			coalesce(t.entity, s.entity, '?'),
			coalesce(t.record, s.record, '?')),
		d.change, d.old_value, d.new_value
	FROM (SELECT coalesce(p.pair, r.key_text) AS pair, r.*
			FROM osmeta.counted_record(source_id) AS r
				LEFT JOIN pair AS p ON p.source_key = r.key_text) AS s
		FULL JOIN (SELECT coalesce(p.pair, r.key_text) AS pair, r.*
				FROM osmeta.counted_record(target_id) AS r
					LEFT JOIN pair AS p ON p.target_key = r.key_text) AS t
			ON t.pair = s.pair AND t.record_key = s.record_key,
		LATERAL (
			SELECT osmeta.presence_change(s.is_effective, t.is_effective)
					AS change,
				s.data_id AS old_value, t.data_id AS new_value
			UNION ALL
			SELECT v.change, v.old_value, v.new_value
			FROM (VALUES
					('renamed', s.record, t.record),
					(CASE WHEN t.is_active THEN 'activated'
						ELSE 'deactivated' END,
					 s.is_active::text, t.is_active::text),
					('physical', s.data_id, t.data_id)
				) AS v (change, old_value, new_value)
			WHERE s.record_id IS NOT NULL AND t.record_id IS NOT NULL
				AND (s.is_effective OR t.is_effective)
				AND v.old_value IS DISTINCT FROM v.new_value) AS d
	WHERE d.change IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.record_difference(bigint, bigint) IS
	'Internal: differences of static records';

-- Roles and definitions of processes, which espaces own.
CREATE FUNCTION osmeta.espace_object_difference(source_id bigint,
	target_id bigint)
RETURNS TABLE (object_kind text, key text, path text, change text,
	old_value text, new_value text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH unknown AS MATERIALIZED (
		SELECT u.part
		FROM osmeta.uncompared_part(source_id, target_id) AS u
	), owner AS MATERIALIZED (
		SELECT o.source_key, o.target_key
		FROM osmeta.paired_owner(source_id, target_id) AS o
	), object AS MATERIALIZED (
		SELECT DISTINCT ON (o.capture_id, o.kind, o.owner_key, o.ss_key) o.*
		FROM (SELECT e.capture_id, k.kind,
					-- what the owner is called at the target, if it is there
					coalesce(CASE WHEN e.capture_id = source_id
						THEN p.target_key END,
						osmeta.readable_key(e.ss_key)) COLLATE "C"
						AS owner_key,
					osmeta.readable_key(k.ss_key) COLLATE "C" AS ss_key,
					e.name AS espace, k.name, k.is_active,
					k.is_active AND coalesce(e.is_active, false)
						AS is_effective,
					k.is_persistent, k.label, k.id
				FROM osmeta.captured_espace AS e
					JOIN (SELECT r.capture_id, 'role'::text AS kind,
								r.espace_id, r.ss_key, r.name,
								coalesce(r.is_active, true) AS is_active,
								coalesce(r.persistent, false)::text
									AS is_persistent,
								NULL::text AS label, r.id
							FROM osmeta.captured_role AS r
							UNION ALL
							SELECT d.capture_id, 'process', d.espace_id,
								d.ss_key, d.name,
								coalesce(d.is_active, true), NULL, d.label,
								d.id
							FROM osmeta.captured_bpm_process_definition
								AS d) AS k
						ON k.capture_id = e.capture_id
						AND k.espace_id = e.id
					LEFT JOIN owner AS p
						ON p.source_key = osmeta.readable_key(e.ss_key)
				WHERE e.capture_id IN (source_id, target_id)) AS o
		WHERE o.owner_key IS NOT NULL AND o.ss_key IS NOT NULL
			AND CASE o.kind WHEN 'role' THEN 'OSSYS_ROLE'
					ELSE 'OSSYS_BPM_PROCESS_DEFINITION' END
				NOT IN (SELECT u.part FROM unknown AS u)
		ORDER BY o.capture_id, o.kind, o.owner_key, o.ss_key,
			o.is_effective DESC, o.is_active DESC, o.id DESC
	)
	SELECT coalesce(t.kind, s.kind),
		coalesce(t.owner_key, s.owner_key) || '*'
			|| coalesce(t.ss_key, s.ss_key),
		format('%s.%s', coalesce(t.espace, s.espace, '?'),
			coalesce(t.name, s.name, '?')),
		d.change, d.old_value, d.new_value
	FROM (SELECT o.* FROM object AS o WHERE o.capture_id = source_id) AS s
		FULL JOIN (SELECT o.* FROM object AS o
				WHERE o.capture_id = target_id) AS t
			ON t.kind = s.kind AND t.owner_key = s.owner_key
			AND t.ss_key = s.ss_key,
		LATERAL (
			SELECT osmeta.presence_change(s.is_effective, t.is_effective)
					AS change,
				s.name AS old_value, t.name AS new_value
			UNION ALL
			SELECT v.change, v.old_value, v.new_value
			FROM (VALUES
					('renamed', s.name, t.name),
					(CASE WHEN t.is_active THEN 'activated'
						ELSE 'deactivated' END,
					 s.is_active::text, t.is_active::text),
					('persistent', s.is_persistent, t.is_persistent),
					('label', s.label, t.label)
				) AS v (change, old_value, new_value)
			WHERE s.id IS NOT NULL AND t.id IS NOT NULL
				AND (s.is_effective OR t.is_effective)
				AND v.old_value IS DISTINCT FROM v.new_value) AS d
	WHERE d.change IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.espace_object_difference(bigint, bigint) IS
	'Internal: differences of roles and of definitions of processes';

/*
 * Tables of the platform in the two databases, and their columns.  The tables
 * of an entity's two sides are the same whatever they are called; others are
 * if they have one name.  Where a side has no catalogue nothing is said, and
 * types of two engines are not compared.
 */
CREATE FUNCTION osmeta.table_difference(source_id bigint, target_id bigint)
RETURNS TABLE (object_kind text, key text, path text, change text,
	old_value text, new_value text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH pair AS MATERIALIZED (
		-- of entities that share a table one will do
		SELECT x.capture_id, x.folded, min(x.pair) AS pair
		FROM (SELECT e.capture_id,
					p.pair || CASE n.kind WHEN 1 THEN ''
						WHEN 2 THEN '/events' ELSE '/translations' END
						AS pair,
					osmeta.fold_name(CASE n.kind
						WHEN 1 THEN btrim(e.physical_table_name)
						WHEN 2 THEN coalesce(
							NULLIF(btrim(e.event_table_name), ''),
							osmeta.event_table_name(
								btrim(e.physical_table_name)))
						ELSE NULLIF(btrim(e.multilingual_table_name), '')
						END) AS folded
				FROM (SELECT i.capture_id, i.entity_id, p.pair
						FROM osmeta.paired_entity(source_id, target_id) AS p,
							LATERAL (VALUES (source_id, p.source_entity_id),
								(target_id, p.target_entity_id))
								AS i (capture_id, entity_id)
						WHERE p.source_table <> '' AND p.target_table <> '')
						AS p
					JOIN osmeta.captured_entity AS e
						ON e.capture_id = p.capture_id AND e.id = p.entity_id,
					generate_series(1, 3) AS n (kind)) AS x
		WHERE x.folded IS NOT NULL
		GROUP BY x.capture_id, x.folded
	), side AS MATERIALIZED (
		SELECT DISTINCT ON (p.capture_id, p.pair) p.*
		FROM (SELECT t.capture_id, t.table_id, t.table_name,
					coalesce(e.pair, osmeta.fold_name(t.table_name))
						COLLATE "C" AS pair
				FROM osmeta.captured_physical_table AS t
					LEFT JOIN pair AS e ON e.capture_id = t.capture_id
						AND e.folded = osmeta.fold_name(t.table_name)
				WHERE t.capture_id IN (source_id, target_id)
					AND t.kind IS DISTINCT FROM 'view'
					AND osmeta.fold_name(t.table_name) ~ '^os(usr|evt)_') AS p
		WHERE source_id <> target_id
			AND (SELECT count(DISTINCT k.capture_id) = 2
				FROM osmeta.captured_physical_table AS k
				WHERE k.capture_id IN (source_id, target_id))
		ORDER BY p.capture_id, p.pair, p.table_id
	), compared AS MATERIALIZED (
		SELECT coalesce(t.pair, s.pair) AS pair, s.table_id AS source_table_id,
			t.table_id AS target_table_id, s.table_name AS source_table,
			t.table_name AS target_table
		FROM (SELECT d.* FROM side AS d WHERE d.capture_id = source_id) AS s
			FULL JOIN (SELECT d.* FROM side AS d
					WHERE d.capture_id = target_id) AS t
				ON t.pair = s.pair
	), dialect AS MATERIALIZED (
		SELECT count(DISTINCT c.dialect) = 1 AS is_same
		FROM osmeta.capture AS c
		WHERE c.capture_id IN (source_id, target_id)
	)
	SELECT 'table', c.pair, coalesce(c.target_table, c.source_table),
		CASE WHEN c.source_table_id IS NULL THEN 'added' ELSE 'removed' END,
		c.source_table, c.target_table
	FROM compared AS c
	WHERE c.source_table_id IS NULL OR c.target_table_id IS NULL
	UNION ALL
	SELECT 'column', q.pair || '/' || q.folded,
		format('%s.%s', q.table_name, q.column_name), d.change, d.old_value,
		d.new_value
	FROM (SELECT coalesce(t.pair, s.pair) AS pair,
				coalesce(t.folded, s.folded) AS folded,
				coalesce(t.table_name, s.table_name) AS table_name,
				coalesce(t.column_name, s.column_name) AS column_name,
				s.position AS source_position, t.position AS target_position,
				s.data_type AS source_type, t.data_type AS target_type,
				s.size AS source_size, t.size AS target_size,
				s.is_nullable AS source_is_nullable,
				t.is_nullable AS target_is_nullable,
				s.is_identity AS source_is_identity,
				t.is_identity AS target_is_identity
			FROM (SELECT c.pair, c.source_table AS table_name, p.position,
						p.column_name,
						osmeta.fold_name(p.column_name) AS folded,
						p.data_type,
						concat_ws(',', p.length, p.precision, p.scale)
							AS size,
						p.is_nullable, coalesce(p.is_identity, false)
							AS is_identity
					FROM compared AS c
						JOIN osmeta.captured_physical_column AS p
							ON p.table_id = c.source_table_id
					WHERE p.capture_id = source_id
						AND c.target_table_id IS NOT NULL) AS s
				FULL JOIN (SELECT c.pair, c.target_table AS table_name,
							p.position, p.column_name,
							osmeta.fold_name(p.column_name) AS folded,
							p.data_type,
							concat_ws(',', p.length, p.precision, p.scale)
								AS size,
							p.is_nullable, coalesce(p.is_identity, false)
								AS is_identity
						FROM compared AS c
							JOIN osmeta.captured_physical_column AS p
								ON p.table_id = c.target_table_id
						WHERE p.capture_id = target_id
							AND c.source_table_id IS NOT NULL) AS t
					ON t.pair = s.pair AND t.folded = s.folded
			WHERE s.position IS NULL OR t.position IS NULL
				OR ROW(s.data_type, s.size, s.is_nullable, s.is_identity)
					IS DISTINCT FROM ROW(t.data_type, t.size, t.is_nullable,
						t.is_identity)) AS q,
		dialect AS e,
		LATERAL (VALUES
				(CASE WHEN q.source_position IS NULL THEN 'added'
					WHEN q.target_position IS NULL THEN 'removed' END,
				 osmeta.sized_type(q.source_type, q.source_size),
				 osmeta.sized_type(q.target_type, q.target_size),
				 q.source_position IS NULL OR q.target_position IS NULL),
				('retyped',
				 osmeta.sized_type(q.source_type, q.source_size),
				 osmeta.sized_type(q.target_type, q.target_size),
				 e.is_same AND q.source_type <> q.target_type),
				('resized',
				 osmeta.sized_type(q.source_type, q.source_size),
				 osmeta.sized_type(q.target_type, q.target_size),
				 e.is_same AND q.source_type = q.target_type
					AND q.source_size <> q.target_size),
				('nullable', q.source_is_nullable::text,
				 q.target_is_nullable::text,
				 q.source_is_nullable <> q.target_is_nullable),
				('identity', q.source_is_identity::text,
				 q.target_is_identity::text,
				 e.is_same AND q.source_is_identity <> q.target_is_identity)
			) AS d (change, old_value, new_value, is_so)
	WHERE d.is_so;
END;
COMMENT ON FUNCTION osmeta.table_difference(bigint, bigint) IS
	'Internal: differences of tables and columns of the databases';

CREATE FUNCTION osmeta.compare(source text, target text)
RETURNS TABLE (object_kind text, key text, path text, change text,
	old_value text, new_value text)
AS 'MODULE_PATHNAME', 'osmeta_compare'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.compare(text, text) IS
	'what differs between two environments or captures, by key: from the source, the old, to the target, the new';
