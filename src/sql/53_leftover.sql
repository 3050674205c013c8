/*
 * 53_leftover: what the database has and the model no longer has, and how
 * much room each table takes.
 *
 * What 50_view and 52_question say of joins and names holds here too.
 */

/*
 * The name of a table or column without what a metamodel may put around it:
 * other parts, brackets, quotes and backquotes, a database link.
 */
CREATE FUNCTION osmeta.bare_name(name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN name !~ '[]["`.@'']' THEN name
	ELSE btrim(regexp_replace(substring(
		regexp_replace(name, '@[^]["`@]*$', '') FROM '[^.]*$'),
		'[]["`'']', '', 'g'))
END;
COMMENT ON FUNCTION osmeta.bare_name(text) IS
	'Internal: a name without the parts before it, quotes, brackets and database link';

/*
 * Internal: entities that are not effective, and what needs them.  A
 * reference means the entity with its composite key; where nobody has that,
 * as after the owner was deleted and got another key, all with the entity's
 * own.  is_effective: what needs it is known to be in use; otherwise it is not
 * known to be removed.
 */
CREATE VIEW osmeta.needed_entity AS
WITH dead AS MATERIALIZED (
	SELECT o.store_id, o.entity_id,
		osmeta.store_key(o.store_id, o.key) AS store_key,
		o.ss_key || ' ' || o.store_id::text AS store_object
	FROM osmeta.owned_entity AS o
	WHERE NOT o.is_effective
), reference AS MATERIALIZED (
	SELECT c.store_id, a.id, osmeta.store_key(a.capture_id, a.refers_to)
			AS store_key,
		osmeta.object_key(a.refers_to) || ' ' || a.capture_id::text
			AS store_object,
		coalesce(a.is_active, false) AND coalesce(t.is_active, false)
			AND CASE WHEN e.id IS NOT NULL THEN coalesce(e.is_active, false)
				ELSE x.id IS NOT NULL AND coalesce(x.is_active, true) END
			AS is_effective,
		format('attribute %s.%s.%s refers to its entity',
			coalesce(e.name, x.name, '?'), coalesce(t.name, '?'),
			coalesce(a.name, '?')) AS needed_by
	FROM osmeta.shown_capture AS c
		JOIN osmeta.captured_entity_attr AS a ON a.capture_id = c.store_id
		JOIN osmeta.captured_entity AS t
			ON t.capture_id = a.capture_id AND t.id = a.entity_id
		LEFT JOIN osmeta.captured_espace AS e
			ON e.capture_id = t.capture_id AND e.id = t.espace_id
		LEFT JOIN osmeta.captured_extension AS x
			ON x.capture_id = t.capture_id AND x.id = t.extension_id
	WHERE coalesce(a.is_active, true) AND coalesce(t.is_active, true)
		AND coalesce(CASE WHEN e.id IS NOT NULL THEN e.is_active
			ELSE x.is_active END, true)
		-- as a condition, for one pass over all attributes
		AND coalesce(osmeta.object_key(a.refers_to) || ' '
			|| a.capture_id::text IN
			(SELECT d.store_object FROM dead AS d
				WHERE d.store_object IS NOT NULL), false)
	UNION ALL
	SELECT p.store_id, p.parameter_id,
		osmeta.store_key(p.store_id, osmeta.try_bt_ref(p.ss_type)),
		osmeta.object_key(osmeta.try_bt_ref(p.ss_type)) || ' '
			|| p.store_id::text, p.is_effective,
		format('parameter %s of the process %s refers to its entity',
			p.parameter, p.process)
	FROM osmeta.owned_parameter AS p
	WHERE p.is_effective
)
SELECT d.store_id, d.entity_id,
	osmeta.store_entity(d.store_id, d.entity_id) AS store_entity,
	r.is_effective, r.needed_by, r.id AS needed_by_id
FROM reference AS r
	JOIN dead AS d ON d.store_object = r.store_object
	LEFT JOIN osmeta.key_entity AS k ON k.store_key = r.store_key
WHERE k.store_key IS NULL
	OR k.store_key = d.store_key AND NOT k.is_effective
UNION ALL
SELECT d.store_id, d.entity_id,
	osmeta.store_entity(d.store_id, d.entity_id),
	coalesce(e.is_active, false),
	format('espace %s uses its entity', coalesce(e.name, '?')), e.id
FROM dead AS d
	JOIN osmeta.captured_espace_entity AS u
		ON u.capture_id = d.store_id AND u.entity_id = d.entity_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = u.capture_id AND e.id = u.espace_id
WHERE coalesce(e.is_active, true)
UNION ALL
SELECT d.store_id, d.entity_id,
	osmeta.store_entity(d.store_id, d.entity_id),
	coalesce(e.is_active, false),
	format('process %s stands on its entity', p.name), p.id
FROM dead AS d
	JOIN osmeta.captured_bpm_process_definition AS p
		ON p.capture_id = d.store_id AND p.process_entity_id = d.entity_id
	JOIN osmeta.captured_espace AS e
		ON e.capture_id = p.capture_id AND e.id = p.espace_id
WHERE coalesce(p.is_active, true) AND coalesce(e.is_active, true);
COMMENT ON VIEW osmeta.needed_entity IS
	'Internal: entities that are not effective and that something needs';

-- Internal: entities that are not effective, with their table and with
-- whether something effective needs them.
CREATE VIEW osmeta.deleted_entity AS
SELECT o.environment, o.capture_id, o.store_id, o.espace, o.extension,
	o.entity, o.entity_id, o.espace_id, o.has_espace, o.is_owner_active,
	NULLIF(btrim(o.physical_table_name), '') AS physical_table_name,
	CASE
		WHEN p.table_id IS NOT NULL THEN true
		WHEN k.store_id IS NOT NULL AND l.store_module IS NULL
			AND osmeta.fold_name(btrim(o.physical_table_name)) ~ '^os(usr|sys)_'
			THEN false
	END AS in_database,
	r.store_entity IS NOT NULL OR coalesce(t.is_used, false)
		OR b.store_table IS NOT NULL AS used_by_active,
	p.table_id, p.row_count, p.bytes
FROM osmeta.owned_entity AS o
	LEFT JOIN osmeta.known_catalog AS k ON k.store_id = o.store_id
	LEFT JOIN osmeta.elsewhere AS l
		ON l.store_module = osmeta.store_module(o.store_id, o.espace_id, NULL)
	LEFT JOIN osmeta.found_table AS p
		ON p.store_table
			= osmeta.store_table(o.store_id, o.physical_table_name)
	LEFT JOIN osmeta.table_owner AS t
		ON t.store_table
			= osmeta.store_table(o.store_id, o.physical_table_name)
	-- an entity of an extension can name it as [DB].[dbo].[x]
	LEFT JOIN (SELECT DISTINCT osmeta.store_table(n.store_id,
					osmeta.bare_name(n.table_name)) AS store_table
			FROM osmeta.named_table AS n
			WHERE n.is_effective
				AND osmeta.bare_name(n.table_name) <> n.table_name) AS b
		ON b.store_table
			= osmeta.store_table(o.store_id, o.physical_table_name)
	LEFT JOIN (SELECT DISTINCT n.store_entity
			FROM osmeta.needed_entity AS n
			WHERE n.is_effective) AS r
		ON r.store_entity = osmeta.store_entity(o.store_id, o.entity_id)
WHERE NOT o.is_effective;
COMMENT ON VIEW osmeta.deleted_entity IS
	'Internal: entities that are not effective, and what is left of them';

-- What has been removed from the model and is still known?
CREATE VIEW osmeta.soft_deleted AS
WITH deleted AS MATERIALIZED (
	SELECT d.*
	FROM osmeta.deleted_entity AS d
)
SELECT d.environment, d.capture_id, 'entity'::text AS kind, d.espace,
	d.entity, NULL::text AS attribute, NULL::text AS record,
	d.physical_table_name, NULL::text AS column_name, d.in_database,
	d.used_by_active, d.row_count, d.bytes, d.extension,
	d.entity_id AS id
FROM deleted AS d
UNION ALL
SELECT e.environment, e.capture_id, 'espace', e.name, NULL, NULL, NULL,
	NULL, NULL, bool_or(d.in_database), coalesce(bool_or(d.used_by_active),
	false), sum(d.row_count) FILTER (WHERE d.is_first)::bigint,
	sum(d.bytes) FILTER (WHERE d.is_first)::bigint, NULL, e.owner_id
FROM osmeta.owner AS e
	-- several of its entities can stand on one table
	LEFT JOIN (SELECT n.*, row_number() OVER (PARTITION BY n.store_id,
					n.espace_id, n.table_id ORDER BY n.entity_id) = 1
				AS is_first
			FROM deleted AS n) AS d
		ON d.store_id = e.store_id AND d.espace_id = e.owner_id
WHERE e.kind = 'espace' AND NOT e.is_active
GROUP BY e.environment, e.capture_id, e.store_id, e.owner_id, e.name
UNION ALL
-- DISTINCT: names of columns can differ by nothing but case
SELECT DISTINCT a.environment, a.capture_id, 'attribute'::text, a.espace,
	a.entity, a.attribute, NULL::text, a.physical_table_name, a.column_name,
	CASE
		WHEN q.table_id IS NOT NULL THEN true
		WHEN k.store_id IS NOT NULL AND l.store_module IS NULL
			AND osmeta.fold_name(btrim(a.physical_table_name)) ~ '^os(usr|sys)_'
			THEN false
	END,
	u.attribute_id IS NOT NULL OR coalesce(s.is_used, false), p.row_count,
	NULL::bigint, a.extension, a.attribute_id
FROM osmeta.owned_attribute AS a
	LEFT JOIN osmeta.known_catalog AS k ON k.store_id = a.store_id
	LEFT JOIN osmeta.elsewhere AS l
		ON l.store_module = osmeta.store_module(a.store_id, a.espace_id, NULL)
	LEFT JOIN osmeta.found_table AS p
		ON p.store_table
			= osmeta.store_table(a.store_id, a.physical_table_name)
	LEFT JOIN osmeta.captured_physical_column AS q
		ON q.capture_id = a.store_id AND q.table_id = p.table_id
		AND osmeta.fold_name(q.column_name) = osmeta.fold_name(a.column_name)
	-- the same column in use by the same entity, or by another one in its table
	LEFT JOIN (SELECT DISTINCT i.capture_id AS store_id, i.id AS attribute_id
			FROM osmeta.captured_entity_attr AS i
				JOIN osmeta.captured_entity_attr AS u
					ON u.capture_id = i.capture_id
					AND u.entity_id = i.entity_id
					AND osmeta.fold_name(coalesce(
						NULLIF(btrim(u.database_name), ''),
						osmeta.physical_column_name(u.name)))
						= osmeta.fold_name(coalesce(
						NULLIF(btrim(i.database_name), ''),
						osmeta.physical_column_name(i.name)))
			WHERE NOT coalesce(i.is_active, false) AND u.is_active) AS u
		ON u.store_id = a.store_id AND u.attribute_id = a.attribute_id
	LEFT JOIN osmeta.shared_column AS s
		ON s.store_table
			= osmeta.store_table(a.store_id, a.physical_table_name)
		AND s.folded = osmeta.fold_name(a.column_name)
WHERE NOT a.is_active AND a.is_entity_effective
UNION ALL
SELECT r.environment, r.capture_id, 'record', r.espace, r.entity, NULL,
	r.record, r.physical_table_name, NULL, NULL, u.data_id IS NOT NULL,
	NULL, NULL, NULL, r.record_id
FROM osmeta.owned_record AS r
	LEFT JOIN (SELECT DISTINCT u.store_id, u.entity_id,
				btrim(u.data_id) AS data_id
			FROM osmeta.owned_record AS u
			WHERE u.is_effective) AS u
		ON u.store_id = r.store_id AND u.entity_id = r.entity_id
		AND u.data_id = btrim(r.data_id)
WHERE NOT r.is_active AND r.is_entity_effective;
COMMENT ON VIEW osmeta.soft_deleted IS
	'what has been removed from the model, is it still in the database, and does something need it?';

/*
 * Which tables of the database does the metamodel not know?  Only names of
 * the platform are looked at, and no partitions and foreign tables, which hold
 * what stands elsewhere.  A copy made by hand carries more behind a name that
 * the metamodel knows, or a word for a copy, a date or a sign that the
 * platform puts into no name.  A number of one or two digits behind a name is
 * what the platform appends when the name is taken.
 */
CREATE VIEW osmeta.orphan_table AS
WITH orphan AS MATERIALIZED (
	SELECT f.environment, f.capture_id, f.store_id, f.table_id, f.table_name,
		f.row_count, f.bytes, osmeta.fold_name(f.table_name) AS folded,
		-- what follows OSUSR_xxx_
		substr(osmeta.fold_name(f.table_name), 11) AS folded_rest
	FROM osmeta.found_table AS f
		LEFT JOIN osmeta.table_owner AS o ON o.store_table = f.store_table
	-- those of a removed entity, but for its data, are nobody's
	WHERE f.kind = 'table'
		AND (o.store_table IS NULL OR NOT o.is_data AND NOT o.is_used)
		AND osmeta.fold_name(f.table_name) ~ '^os(usr|evt)_'
), copied AS MATERIALIZED (
	SELECT DISTINCT b.store_id, b.table_id
	FROM (SELECT x.store_id, x.table_id,
				left(x.folded, n.n) || ' ' || x.store_id::text AS beginning
			FROM orphan AS x,
				LATERAL generate_series(11, length(x.folded) - 1) AS n
			-- neither a clash number nor the rest of a longer name
			WHERE substr(x.folded, n.n + 1) !~ '^([1-9][0-9]?$|[[:alpha:]])')
			AS b
		JOIN osmeta.table_owner AS o ON o.store_table = b.beginning
)
SELECT x.environment, x.capture_id, x.table_name,
	CASE
		WHEN h.table_id IS NOT NULL OR n.prefix IS NULL
			OR x.folded_rest ~ '(backup|bkup|bkp|bckp|bck|bak|copy|copia|kopie)[^a-z]*$'
			OR x.folded_rest ~ '[^a-z](old|orig|original|temp|tmp|sav|save|saved|arch|archive|back|prev|previous|test)[^a-z]*$'
			OR x.table_name ~ '[a-z0-9](Old|Orig|Original|Temp|Tmp|Sav|Save|Saved|Archive|Prev)[0-9]*$'
			OR x.folded_rest ~ '^(old|bak|backup|copy|copyof|orig|temp|tmp)_'
			-- dates
			OR x.folded_rest ~ '[0-9]{3}[^a-z]*$'
			OR x.folded_rest ~ '[0-9][^a-z0-9]+[0-9]+[^a-z]*$'
			-- signs other than _
			OR x.folded ~ E'[\\u0001-/:-@\\[-^`{-\\u009F]'
			THEN 'hand-made'
		WHEN x.folded ^@ 'osevt' THEN 'event'
		WHEN n.hash IS NULL THEN 'hand-made'
		WHEN osmeta.fold_name(n.name) ^@ '_ml' THEN 'multilingual'
		ELSE 'data'
	END AS kind,
	x.row_count, x.bytes, m.espaces
FROM orphan AS x
	LEFT JOIN copied AS h
		ON h.store_id = x.store_id AND h.table_id = x.table_id
	LEFT JOIN LATERAL osmeta.parse_physical_name(x.table_name) AS n ON true
	LEFT JOIN (SELECT e.capture_id AS store_id,
				osmeta.espace_hash(e.name) AS hash,
				string_agg(e.name, ', ' ORDER BY e.is_active DESC,
					e.name COLLATE "C") AS espaces
			FROM osmeta.shown_capture AS c
				JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
			GROUP BY e.capture_id, osmeta.espace_hash(e.name)) AS m
		ON m.store_id = x.store_id AND m.hash = osmeta.fold_name(n.hash);
COMMENT ON VIEW osmeta.orphan_table IS
	'which tables of the database does the metamodel not know?';

/*
 * Internal: which columns of which tables do attributes name?  OFFSET 0: the
 * tables of entities are looked for before those of attributes.
 */
CREATE VIEW osmeta.named_column AS
SELECT a.capture_id AS store_id, t.table_id,
	osmeta.fold_name(coalesce(NULLIF(btrim(a.database_name), ''),
		osmeta.physical_column_name(a.name))) AS folded,
	a.id AS attribute_id, a.is_active AND t.is_effective AS is_effective
FROM (SELECT o.store_id, o.entity_id, o.is_effective, f.table_id
		FROM osmeta.owned_entity AS o
			JOIN osmeta.found_table AS f
				ON f.store_table = osmeta.store_table(o.store_id,
					o.physical_table_name)
		OFFSET 0) AS t
	JOIN osmeta.captured_entity_attr AS a
		ON a.capture_id = t.store_id AND a.entity_id = t.entity_id;
COMMENT ON VIEW osmeta.named_column IS
	'Internal: the columns of the factory''s database that attributes name';

/*
 * Internal: columns of tables of entities that no attribute names.  First
 * those are left out that the table's own entity names, by its number, of
 * which the planner has statistics; then what others in that table name.
 * OFFSET 0 keeps to this order: tables are matched by name before their
 * columns are looked at, and what others name is looked up for few columns.
 */
CREATE VIEW osmeta.unnamed_column AS
SELECT u.environment, u.capture_id, u.store_id, u.table_id, u.table_name,
	u.column_name, u.position, u.data_type, u.length, u.precision, u.scale,
	u.espace, u.extension, u.entity, u.entity_id
FROM (SELECT t.environment, t.capture_id, t.store_id, t.table_id,
			t.table_name, q.column_name, q.position, q.data_type, q.length,
			q.precision, q.scale, t.espace, t.extension, t.entity,
			t.entity_id, t.store_table
		FROM (SELECT c.environment, c.capture_id, p.capture_id AS store_id,
					p.table_id, p.table_name, o.espace, o.extension,
					o.entity, o.entity_id, o.is_multitenant, o.store_table
				FROM osmeta.shown_capture AS c
					JOIN osmeta.captured_physical_table AS p
						ON p.capture_id = c.store_id
					JOIN osmeta.table_owner AS o
						ON o.store_table
							= osmeta.store_table(p.capture_id, p.table_name)
				WHERE p.kind IS DISTINCT FROM 'view' AND o.is_data
					AND NOT o.is_foreign
				OFFSET 0) AS t
			JOIN osmeta.captured_physical_column AS q
				ON q.capture_id = t.store_id AND q.table_id = t.table_id
			LEFT JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = t.store_id AND a.entity_id = t.entity_id
				AND osmeta.fold_name(coalesce(
					NULLIF(btrim(a.database_name), ''),
					osmeta.physical_column_name(a.name)))
					= osmeta.fold_name(q.column_name)
		WHERE a.entity_id IS NULL
			AND NOT (t.is_multitenant
				AND osmeta.fold_name(q.column_name) = 'tenant_id')
		OFFSET 0) AS u
	LEFT JOIN osmeta.shared_column AS n
		ON n.store_table = u.store_table
		AND n.folded = osmeta.fold_name(u.column_name)
WHERE n.folded IS NULL;
COMMENT ON VIEW osmeta.unnamed_column IS
	'Internal: columns of the tables of entities that no attribute names';

/*
 * Internal: which columns did attributes name in each capture?  It reads the
 * store under any osmeta.capture, and has no live copy: the past of an
 * environment stands in the store only.
 */
CREATE VIEW osmeta.earlier_attribute AS
SELECT c.environment, c.capture_id, a.entity_id, e.key,
	osmeta.fold_name(btrim(e.physical_table_name)) AS folded_table,
	osmeta.fold_name(coalesce(NULLIF(btrim(a.database_name), ''),
		osmeta.physical_column_name(a.name))) AS folded,
	osmeta.readable_key(a.ss_key) AS attribute_key,
	a.name AS attribute, a.id AS attribute_id,
	coalesce(a.is_active, false) AS is_active
FROM osmeta.capture AS c
	JOIN osmeta.captured_entity_attr AS a ON a.capture_id = c.capture_id
	JOIN osmeta.captured_entity AS e
		ON e.capture_id = a.capture_id AND e.id = a.entity_id;
COMMENT ON VIEW osmeta.earlier_attribute IS
	'Internal: the columns that attributes name, in every capture there is';

/*
 * Which columns does the metamodel not know?  Renaming an attribute makes a
 * new column and leaves the old one.
 *
 * An earlier capture of the environment proves it: there an attribute named
 * the column, of the same entity by its key, in the same table, and the
 * attribute with the same key names another column now, or is known no longer.
 * Without that it is a guess, with a question mark behind.  Where just one
 * attribute can have come out of a column, and out of no other column, it is
 * named: one of the same type, whose column was made later if there are such.
 */
CREATE VIEW osmeta.orphan_column AS
WITH orphan AS MATERIALIZED (
	SELECT u.*
	FROM osmeta.unnamed_column AS u
), named AS MATERIALIZED (
	-- as a condition, for one pass over all attributes, however many columns
	-- are left over
	SELECT a.capture_id AS store_id, a.entity_id, a.name AS attribute,
		a.id AS attribute_id,
		osmeta.fold_name(coalesce(NULLIF(btrim(a.database_name), ''),
			osmeta.physical_column_name(a.name))) AS folded,
		osmeta.readable_key(a.ss_key) AS attribute_key,
		coalesce(a.is_active, false) AS is_active,
		a.is_active AND o.is_effective
			AND osmeta.folded_key(a.ss_key)
				IS DISTINCT FROM o.primary_key_ss_key AS can_be_new
	FROM osmeta.captured_entity_attr AS a
		JOIN osmeta.owned_entity AS o
			ON o.store_id = a.capture_id AND o.entity_id = a.entity_id
	WHERE coalesce(a.entity_id IN (SELECT x.entity_id FROM orphan AS x),
			false)
), past AS MATERIALIZED (
	-- again one pass, over the attributes of the earlier captures
	SELECT s.store_id, h.capture_id AS seen_in, h.entity_id,
		h.key::text AS key_text, h.folded_table, h.folded, h.attribute_key,
		h.attribute, h.attribute_id, h.is_active
	FROM osmeta.shown_capture AS s
		JOIN osmeta.earlier_attribute AS h
			ON h.environment = s.environment
			AND (s.capture_id IS NULL OR h.capture_id < s.capture_id)
	WHERE coalesce(h.entity_id IN (SELECT x.entity_id FROM orphan AS x),
			false)
		AND h.attribute_key IS NOT NULL
		AND EXISTS (SELECT 1 FROM orphan AS x)
), proof AS MATERIALIZED (
	SELECT DISTINCT ON (x.store_id, x.table_id, x.position)
		x.store_id, x.table_id, x.position, p.attribute, p.seen_in,
		n.attribute AS new_attribute
	FROM orphan AS x
		JOIN osmeta.captured_entity AS e
			ON e.capture_id = x.store_id AND e.id = x.entity_id
		JOIN past AS p
			ON p.store_id = x.store_id AND p.entity_id = x.entity_id
			AND p.folded = osmeta.fold_name(x.column_name)
			AND p.folded_table = osmeta.fold_name(btrim(x.table_name))
			AND p.key_text = e.key::text
		LEFT JOIN named AS n
			ON n.store_id = x.store_id AND n.entity_id = x.entity_id
			AND n.attribute_key = p.attribute_key
	-- the latest capture that shows it, and the attribute that counts
	ORDER BY x.store_id, x.table_id, x.position, p.seen_in DESC,
		p.is_active DESC, p.attribute_id DESC, n.is_active DESC NULLS LAST,
		n.attribute_id DESC
), beside AS MATERIALIZED (
	-- by itself: with the comparison in the join the planner takes it for one
	-- row
	SELECT x.store_id, x.table_id, x.position, x.entity_id,
		q.position AS other_position,
		osmeta.fold_name(q.column_name) AS folded,
		q.data_type = x.data_type
			AND coalesce(q.length, -1) = coalesce(x.length, -1)
			AND coalesce(q.precision, -1) = coalesce(x.precision, -1)
			AND coalesce(q.scale, -1) = coalesce(x.scale, -1) AS is_alike
	FROM orphan AS x
		JOIN osmeta.captured_physical_column AS q
			ON q.capture_id = x.store_id AND q.table_id = x.table_id
), alike AS MATERIALIZED (
	SELECT x.store_id, x.table_id, x.position, a.attribute,
		x.other_position AS attribute_position,
		x.other_position > x.position AS is_later,
		bool_or(x.other_position > x.position)
			OVER (PARTITION BY x.store_id, x.table_id, x.position)
			AS any_is_later
	FROM beside AS x
		JOIN named AS a
			ON a.store_id = x.store_id AND a.entity_id = x.entity_id
			AND a.folded = x.folded
	WHERE a.can_be_new AND x.is_alike
), candidate AS MATERIALIZED (
	SELECT k.store_id, k.table_id, k.position, k.attribute,
		count(*) OVER (PARTITION BY k.store_id, k.table_id, k.position)
			AS attributes,
		count(*) OVER (PARTITION BY k.store_id, k.table_id,
			k.attribute_position) AS columns
	FROM alike AS k
	WHERE k.is_later = k.any_is_later
)
SELECT x.environment, x.capture_id, x.table_name, x.column_name, x.espace,
	x.entity,
	x.data_type || CASE
		WHEN x.length IS NOT NULL THEN format('(%s)', x.length)
		WHEN x.precision IS NOT NULL
			THEN format('(%s,%s)', x.precision, coalesce(x.scale, 0))
		ELSE ''
	END AS column_type,
	CASE
		WHEN h.new_attribute IS NOT NULL
			THEN format('renamed to %s (attribute %s of capture %s)',
				h.new_attribute, h.attribute, h.seen_in)
		WHEN h.seen_in IS NOT NULL
			THEN format('removed and forgotten (attribute %s of capture %s)',
				h.attribute, h.seen_in)
		WHEN k.attribute IS NOT NULL
			THEN format('rename of %s?', k.attribute)
	END AS explained_by,
	x.extension, x.position, x.entity_id, h.seen_in AS evidence_capture_id
FROM orphan AS x
	LEFT JOIN proof AS h
		ON h.store_id = x.store_id AND h.table_id = x.table_id
		AND h.position = x.position
	LEFT JOIN candidate AS k
		ON k.store_id = x.store_id AND k.table_id = x.table_id
		AND k.position = x.position AND k.attributes = 1 AND k.columns = 1;
COMMENT ON VIEW osmeta.orphan_column IS
	'which columns of an entity''s table does the metamodel not know, and was an attribute renamed?';

/*
 * Internal: columns of tables of effective entities that no active attribute
 * names: those of removed attributes, which are named here, and those that
 * unnamed_column has.  As there, first those that the table's own entity
 * names are left out, then those that others in that table name.
 */
CREATE VIEW osmeta.leftover_column AS
SELECT u.environment, u.capture_id, u.store_id, u.table_id, u.table_name,
	u.column_name, u.position, u.is_nullable, u.is_identity, u.is_generated,
	u.has_default, u.espace, u.extension, u.entity, u.entity_id,
	r.attribute
FROM (SELECT t.environment, t.capture_id, t.store_id, t.table_id,
			t.table_name, q.column_name, q.position, q.is_nullable,
			q.is_identity, q.is_generated, q.has_default, t.espace,
			t.extension, t.entity, t.entity_id, t.store_table
		FROM (SELECT c.environment, c.capture_id, p.capture_id AS store_id,
					p.table_id, p.table_name, o.espace, o.extension,
					o.entity, o.entity_id, o.is_multitenant, o.store_table
				FROM osmeta.shown_capture AS c
					JOIN osmeta.captured_physical_table AS p
						ON p.capture_id = c.store_id
					JOIN osmeta.table_owner AS o
						ON o.store_table
							= osmeta.store_table(p.capture_id, p.table_name)
				WHERE p.kind IS DISTINCT FROM 'view' AND o.is_data
					AND o.is_effective AND NOT o.is_foreign
				OFFSET 0) AS t
			JOIN osmeta.captured_physical_column AS q
				ON q.capture_id = t.store_id AND q.table_id = t.table_id
			LEFT JOIN osmeta.captured_entity_attr AS a
				ON a.capture_id = t.store_id AND a.entity_id = t.entity_id
				AND a.is_active
				AND osmeta.fold_name(coalesce(
					NULLIF(btrim(a.database_name), ''),
					osmeta.physical_column_name(a.name)))
					= osmeta.fold_name(q.column_name)
		WHERE a.entity_id IS NULL
			AND NOT (t.is_multitenant
				AND osmeta.fold_name(q.column_name) = 'tenant_id')
		OFFSET 0) AS u
	LEFT JOIN osmeta.shared_column AS n
		ON n.store_table = u.store_table
		AND n.folded = osmeta.fold_name(u.column_name) AND n.is_used
	-- the removed attribute, the newest if there are several
	LEFT JOIN (SELECT DISTINCT ON (a.capture_id, a.entity_id, a.folded)
				a.capture_id, a.entity_id, a.folded, a.attribute
			FROM (SELECT a.capture_id, a.entity_id, a.name AS attribute,
						a.id,
						osmeta.fold_name(coalesce(
							NULLIF(btrim(a.database_name), ''),
							osmeta.physical_column_name(a.name))) AS folded
					FROM osmeta.shown_capture AS c
						JOIN osmeta.captured_entity_attr AS a
							ON a.capture_id = c.store_id
					WHERE NOT coalesce(a.is_active, false)) AS a
			ORDER BY a.capture_id, a.entity_id, a.folded, a.id DESC) AS r
		ON r.capture_id = u.store_id AND r.entity_id = u.entity_id
		AND r.folded = osmeta.fold_name(u.column_name)
WHERE n.folded IS NULL;
COMMENT ON VIEW osmeta.leftover_column IS
	'Internal: columns of tables of effective entities that no active attribute names';

/*
 * Which left-overs stand in the way of inserts and deletes?  What is asked is
 * what the engine would do when the platform inserts a row without naming the
 * column, or deletes a row that the left-over refers to.  Engines differ in
 * what a unique index makes of NULL: SQL Server takes it for a value, Oracle
 * does so beside another value, PostgreSQL never.  Indexes over expressions
 * and over some of the rows are not judged.
 */
CREATE VIEW osmeta.leftover_constraint AS
WITH leftover AS MATERIALIZED (
	SELECT l.*
	FROM osmeta.leftover_column AS l
), target AS MATERIALIZED (
	SELECT p.capture_id AS store_id, p.table_name, o.espace, o.extension,
		o.entity
	FROM osmeta.shown_capture AS c
		JOIN osmeta.captured_physical_table AS p ON p.capture_id = c.store_id
		JOIN osmeta.table_owner AS o
			ON o.store_table
				= osmeta.store_table(p.capture_id, p.table_name)
	WHERE o.is_data AND o.is_effective AND p.kind IS DISTINCT FROM 'view'
), nobody AS MATERIALIZED (
	-- tables of removed entities, and of none
	SELECT c.environment, c.capture_id, p.capture_id AS store_id, p.table_id,
		p.table_name, o.espace, o.extension, o.entity
	FROM osmeta.shown_capture AS c
		JOIN osmeta.captured_physical_table AS p ON p.capture_id = c.store_id
		LEFT JOIN osmeta.table_owner AS o
			ON o.store_table
				= osmeta.store_table(p.capture_id, p.table_name)
	WHERE p.kind IS DISTINCT FROM 'view'
		AND NOT coalesce(o.is_used, false)
		AND (o.store_table IS NOT NULL AND NOT o.is_foreign
			OR osmeta.fold_name(p.table_name) ~ '^os(usr|evt)_')
), unique_index AS MATERIALIZED (
	SELECT x.store_id, x.table_id, x.key_name, x.columns, x.dialect
	FROM (SELECT i.capture_id AS store_id, i.table_id,
				i.index_name AS key_name, i.columns, c.dialect
			FROM osmeta.shown_capture AS c
				JOIN osmeta.captured_physical_index AS i
					ON i.capture_id = c.store_id
			WHERE i.is_unique AND NOT coalesce(i.is_partial, false)
			UNION
			-- an engine may name the index of a key otherwise
			SELECT k.capture_id, k.table_id, k.key_name, k.columns, c.dialect
			FROM osmeta.shown_capture AS c
				JOIN osmeta.captured_physical_key AS k
					ON k.capture_id = c.store_id
			WHERE k.kind IN ('p', 'u')) AS x
		JOIN (SELECT DISTINCT l.store_id, l.table_id
				FROM leftover AS l) AS l
			ON l.store_id = x.store_id AND l.table_id = x.table_id
	WHERE array_position(x.columns, NULL) IS NULL
), unique_leftover AS MATERIALIZED (
	SELECT i.store_id, i.table_id, i.key_name, i.columns, i.dialect,
		min(l.position) AS position, count(*) AS leftovers,
		string_agg(l.column_name, ', ' ORDER BY u.ordinal) AS column_names,
		bool_and(l.has_default) AS all_default,
		bool_or(l.has_default) AS any_default,
		-- a number of its own for each row, or no row at all
		bool_or(l.is_identity OR l.is_generated
			OR NOT l.is_nullable AND NOT l.has_default) AS is_other
	FROM unique_index AS i
		CROSS JOIN LATERAL unnest(i.columns)
			WITH ORDINALITY AS u (column_name, ordinal)
		JOIN leftover AS l
			ON l.store_id = i.store_id AND l.table_id = i.table_id
			AND l.column_name = u.column_name
	GROUP BY i.store_id, i.table_id, i.key_name, i.columns, i.dialect
), referring AS MATERIALIZED (
	-- joined here, where no condition on the whole makes them look few
	SELECT f.*, coalesce(t.espace || '.', t.extension || '.', '')
			|| coalesce(t.entity, '?') AS target_entity
	FROM (SELECT DISTINCT ON (k.capture_id, k.table_id, k.key_name)
				l.environment, l.capture_id, l.store_id, l.table_name,
				array_to_string(k.columns, ', ') AS column_names, k.key_name,
				l.espace, l.extension, l.entity, l.attribute, k.delete_action,
				k.target_table, true AS is_column, l.entity_id
			FROM leftover AS l
				JOIN osmeta.captured_physical_key AS k
					ON k.capture_id = l.store_id AND k.table_id = l.table_id
					AND l.column_name = ANY (k.columns)
			WHERE k.kind = 'f'
			UNION ALL
			SELECT n.environment, n.capture_id, n.store_id, n.table_name,
				array_to_string(k.columns, ', '), k.key_name, n.espace,
				n.extension, n.entity, NULL, k.delete_action, k.target_table,
				false, NULL
			FROM nobody AS n
				JOIN osmeta.captured_physical_key AS k
					ON k.capture_id = n.store_id AND k.table_id = n.table_id
			WHERE k.kind = 'f') AS f
		JOIN target AS t
			ON t.store_id = f.store_id AND t.table_name = f.target_table
	-- a NULL or a default in the place of the value stands in nobody's way
	WHERE coalesce(f.delete_action, '') NOT IN ('set null', 'set default')
)
SELECT l.environment, l.capture_id, w.kind, l.table_name, l.column_name,
	NULL::text AS key_name, l.espace, l.entity, l.attribute, w.blocks,
	w.message, w.hint, l.extension, NULL::text AS target_table,
	l.entity_id
FROM leftover AS l,
	LATERAL (VALUES
			('auto number', 'auto number', l.is_identity,
			 CASE WHEN l.attribute IS NOT NULL
				THEN format('the auto number of the removed attribute %s is still there', l.attribute)
				ELSE 'the column gives out auto numbers, and no attribute names it' END,
			 'A table has one such column: publishing an attribute of this entity as auto number fails. Drop the column, or bring the attribute back.'),
			('not null', 'insert',
			 NOT l.is_nullable AND NOT l.has_default AND NOT l.is_identity
				AND NOT l.is_generated,
			 CASE WHEN l.attribute IS NOT NULL
				THEN format('the column of the removed attribute %s takes no NULL and has no default', l.attribute)
				ELSE 'the column takes no NULL and has no default, and no attribute names it' END,
			 'The platform does not name this column, so every insert fails. Allow NULL in it, or drop it.')
		) AS w (kind, blocks, is_so, message, hint)
WHERE w.is_so
UNION ALL
SELECT l.environment, l.capture_id, 'unique', l.table_name, i.column_names,
	i.key_name, l.espace, l.entity, l.attribute, 'insert',
	CASE
		WHEN i.leftovers = cardinality(i.columns)
			THEN 'unique over columns that the platform no longer fills: a second row with the same NULL or default fails'
		ELSE format('unique over %s, of which the platform no longer fills %s: rows that agree in the rest fail',
			array_to_string(i.columns, ', '), i.column_names)
	END,
	'Drop the index or key, then the column. It may be that of an index which was removed from the entity together with the attribute.',
	l.extension, NULL, l.entity_id
FROM unique_leftover AS i
	JOIN leftover AS l
		ON l.store_id = i.store_id AND l.table_id = i.table_id
		AND l.position = i.position
WHERE NOT i.is_other
	AND (i.all_default OR i.dialect = 'sqlserver'
		OR i.dialect = 'oracle'
			AND (i.any_default OR i.leftovers < cardinality(i.columns)))
UNION ALL
SELECT f.environment, f.capture_id, 'foreign key', f.table_name,
	f.column_names, f.key_name, f.espace, f.entity, f.attribute,
	CASE f.delete_action WHEN 'cascade' THEN 'cascade' ELSE 'delete' END,
	CASE f.delete_action
		WHEN 'cascade' THEN format(
			'deleting a row of %s (%s) silently deletes the rows here that refer to it',
			f.target_table, f.target_entity)
		ELSE format(
			'a row of %s (%s) cannot be deleted while a row here refers to it',
			f.target_table, f.target_entity)
	END || CASE WHEN f.is_column
		THEN '; these rows are of an entity in use'
		ELSE '; nobody maintains this table' END,
	CASE WHEN f.is_column
		THEN 'Nobody sets this column any more. Drop the foreign key, then the column, or set the column to NULL.'
		ELSE 'Drop the foreign key, or the table with it.' END,
	f.extension, f.target_table, f.entity_id
FROM referring AS f;
COMMENT ON VIEW osmeta.leftover_constraint IS
	'which left-overs stand in the way of inserts, deletes and auto numbers?';

-- How large is each table, and whose is it?
CREATE VIEW osmeta.table_size AS
SELECT c.environment, c.capture_id, t.table_name, o.espace, o.entity,
	m.application, t.row_count, t.data_bytes, t.index_bytes, t.lob_bytes,
	CASE WHEN coalesce(t.data_bytes, t.index_bytes, t.lob_bytes) IS NOT NULL
		THEN coalesce(t.data_bytes, 0) + coalesce(t.index_bytes, 0)
			+ coalesce(t.lob_bytes, 0) END AS bytes,
	o.kind, o.is_effective, o.extension, o.entity_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_physical_table AS t ON t.capture_id = c.store_id
	LEFT JOIN osmeta.table_owner AS o
		ON o.store_table = osmeta.store_table(t.capture_id, t.table_name)
	LEFT JOIN (SELECT DISTINCT ON (g.store_module) g.store_module,
				g.application
			FROM (SELECT a.store_module COLLATE "C" AS store_module,
						string_agg(DISTINCT a.application, ', '
							ORDER BY a.application) AS application
					FROM osmeta.module_application AS a
					GROUP BY a.store_module COLLATE "C") AS g) AS m
		ON m.store_module = osmeta.store_module(t.capture_id,
			CASE WHEN o.has_espace THEN o.espace_id END, o.extension_id)
WHERE t.kind IS DISTINCT FROM 'view';
COMMENT ON VIEW osmeta.table_size IS
	'how large is each table of the database, and whose is it?';

/*
 * How much room do the tables of each espace take?  Each table is counted
 * once, for the module of the entity that counts; those that the metamodel
 * does not name have one row without espace and extension.
 */
CREATE VIEW osmeta.espace_size AS
SELECT s.environment, s.capture_id, s.espace, s.application,
	count(*) AS tables, sum(s.row_count)::bigint AS row_count,
	sum(s.data_bytes)::bigint AS data_bytes,
	sum(s.index_bytes)::bigint AS index_bytes,
	sum(s.lob_bytes)::bigint AS lob_bytes, sum(s.bytes)::bigint AS bytes,
	count(*) FILTER (WHERE NOT s.is_effective) AS removed_tables,
	sum(s.bytes) FILTER (WHERE NOT s.is_effective)::bigint AS removed_bytes,
	s.extension
FROM (SELECT t.environment, t.capture_id, t.espace,
			-- an entity without its espace may stand in an extension
			CASE WHEN t.espace IS NULL THEN t.extension END AS extension,
			t.application, t.row_count, t.data_bytes, t.index_bytes,
			t.lob_bytes, t.bytes, t.is_effective
		FROM osmeta.table_size AS t) AS s
GROUP BY s.environment, s.capture_id, s.espace, s.extension, s.application;
COMMENT ON VIEW osmeta.espace_size IS
	'how much room do the tables of each espace take, each counted once?';

INSERT INTO osmeta.live_view (view_name, position)
VALUES
	('needed_entity', 150),
	('deleted_entity', 215),
	('soft_deleted', 216),
	('orphan_table', 217),
	('named_column', 218),
	('unnamed_column', 219),
	('orphan_column', 220),
	('table_size', 221),
	('leftover_column', 224),
	('leftover_constraint', 225),
	('espace_size', 226);
