/*
 * 54_problem: everything odd.
 *
 * One branch for each code, or for a few that one look at the same rows
 * finds.  doc/osmeta.md has the list of codes, sql/problem.sql a case of each.
 * Branches over attributes put what they look for into a condition on the
 * captured row alone where they can: then hundreds of thousands of rows are
 * read, but only the odd ones joined.
 */

/*
 * Internal: the tables of the platform that effective entities must have, as
 * far as the catalogue that was read would show them: it is that of one
 * schema, and other database catalogs lie elsewhere.  Tables of the system are
 * the version's business.
 */
CREATE VIEW osmeta.expected_table AS
SELECT o.environment, o.capture_id, o.store_id, o.espace, o.extension,
	o.entity, o.entity_id, btrim(o.physical_table_name) AS table_name,
	f.table_id
FROM osmeta.owned_entity AS o
	JOIN osmeta.known_catalog AS k ON k.store_id = o.store_id
	LEFT JOIN osmeta.elsewhere AS s
		ON s.store_module = osmeta.store_module(o.store_id, o.espace_id, NULL)
	LEFT JOIN osmeta.found_table AS f
		ON f.store_table
			= osmeta.store_table(o.store_id, o.physical_table_name)
WHERE o.is_effective AND NOT o.is_external
	AND o.data_kind IS DISTINCT FROM 'clientEntity'
	-- in coalesce the planner takes it for true of many, as it is
	AND coalesce(osmeta.fold_name(btrim(o.physical_table_name)) ^@ 'osusr_',
		false)
	AND s.store_module IS NULL;
COMMENT ON VIEW osmeta.expected_table IS
	'Internal: the tables that effective entities must have in the factory''s database';

-- What is odd, and what can be done about it?
CREATE VIEW osmeta.problem AS
WITH expected AS MATERIALIZED (
	SELECT x.*
	FROM osmeta.expected_table AS x
), missing AS MATERIALIZED (
	-- attributes whose table is there without their column; OFFSET 0: tables
	-- are found before their columns are looked at, by the engine's number of
	-- the table, of which the planner has statistics
	SELECT a.capture_id AS store_id, a.id AS attribute_id
	FROM (SELECT t.store_id, t.entity_id, t.table_id
				FROM osmeta.expected_table AS t
					JOIN osmeta.shown_capture AS c ON c.store_id = t.store_id
				WHERE t.table_id IS NOT NULL
					AND NOT c.unreadable @> '[{"part": "physical_column"}]'
				OFFSET 0) AS t
		JOIN osmeta.captured_entity_attr AS a
			ON a.capture_id = t.store_id AND a.entity_id = t.entity_id
		LEFT JOIN osmeta.captured_physical_column AS q
			ON q.capture_id = t.store_id AND q.table_id = t.table_id
			AND osmeta.fold_name(btrim(q.column_name))
				= osmeta.fold_name(btrim(coalesce(
					NULLIF(btrim(a.database_name), ''),
					osmeta.physical_column_name(a.name))))
	WHERE a.is_active AND q.table_id IS NULL
		AND coalesce(NULLIF(btrim(a.database_name), ''),
			osmeta.physical_column_name(a.name)) <> ''
), record AS MATERIALIZED (
	SELECT r.*
	FROM osmeta.owned_record AS r
	WHERE r.is_active
), identified AS MATERIALIZED (
	SELECT i.store_id, i.entity_id, i.is_identified, i.is_cyclic
	FROM osmeta.identifier_type AS i
	WHERE NOT i.is_identified OR i.is_cyclic
), twin AS MATERIALIZED (
	-- entities with attributes that may be alike: one pass over all, sorted
	-- by entity; which attributes these are is looked at below
	SELECT a.capture_id AS store_id, a.entity_id
	FROM osmeta.shown_capture AS c
		JOIN osmeta.captured_entity_attr AS a ON a.capture_id = c.store_id
	WHERE a.is_active
	GROUP BY a.capture_id, a.entity_id
	HAVING count(*)
			<> count(DISTINCT hashtext(osmeta.readable_key(a.ss_key)))
		OR count(*) <> count(DISTINCT
			hashtext(osmeta.fold_name(btrim(a.name))))
		OR count(*) <> count(DISTINCT hashtext(osmeta.fold_name(coalesce(
			NULLIF(btrim(a.database_name), ''),
			osmeta.physical_column_name(a.name)))))
), twin_attribute AS MATERIALIZED (
	-- as a condition, for one pass over all attributes
	SELECT a.*
	FROM osmeta.owned_attribute AS a
	WHERE a.is_effective
		AND coalesce((a.store_id, a.entity_id) IN
			(SELECT t.store_id, t.entity_id FROM twin AS t), false)
)
SELECT c.environment, c.capture_id, 'note'::text AS severity,
	'missing_table'::text AS code, m.table_name AS object,
	'the factory does not have this table, or its columns cannot be seen'::text AS message,
	'What it holds is shown as empty; older versions lack some tables. If this one does have it, check the rights of the user mapping, then detach and attach.'::text AS hint
FROM osmeta.shown_capture AS c,
	LATERAL unnest(c.missing_tables) AS m (table_name)
UNION ALL
SELECT c.environment, c.capture_id, 'warning', 'inconsistent_capture',
	format('capture %s', c.capture_id),
	'the factory changed while it was copied',
	'References between tables may lead nowhere. Capture again when nobody publishes.'
FROM osmeta.shown_capture AS c
WHERE NOT c.is_consistent
UNION ALL
SELECT c.environment, c.capture_id, 'warning', p.code,
	'OSSYS_' || upper(l.table_name COLLATE "C"),
	format(p.message, p.rows), p.hint
FROM osmeta.shown_capture AS c,
	LATERAL jsonb_to_recordset(c.left_out) AS l
		(table_name text, without_id bigint, duplicate_id bigint),
	LATERAL (VALUES
			('row_without_id', l.without_id,
			 'rows without an identifier that can be read: %s',
			 'They are not in the capture. An identifier is a whole number of up to 18 digits: look for others in the factory''s table. What refers to such a row is a problem of its own.'),
			('duplicate_id', l.duplicate_id,
			 'rows with the identifier of another row: %s',
			 'They are not in the capture; of rows with one identifier an active one is. Look at the factory''s table: a copy without its primary key may hold rows twice.')
		) AS p (code, rows, message, hint)
WHERE p.rows > 0
UNION ALL
SELECT c.environment, c.capture_id, 'warning', 'cleaned_text',
	CASE WHEN l.entry ->> 'table_name' ^@ 'physical_'
			THEN format('%s.%s', l.entry ->> 'table_name',
				l.entry ->> 'column_name')
		ELSE upper(format('OSSYS_%s.%s', l.entry ->> 'table_name',
			l.entry ->> 'column_name') COLLATE "C") END,
	format('texts that held what is no character: %s; the first are of the rows %s',
		l.entry ->> 'row_count', i.ids),
	'U+FFFD stands in the place of each byte that is no character. Mend the text at the source, or set the encoding with which it is read; then capture again.'
FROM osmeta.shown_capture AS c,
	LATERAL jsonb_array_elements(c.cleaned) AS l (entry),
	LATERAL (SELECT coalesce(string_agg(i.id, ', ' ORDER BY i.position), '?')
				AS ids
			FROM jsonb_array_elements_text(
				CASE jsonb_typeof(l.entry -> 'ids') WHEN 'array'
					THEN l.entry -> 'ids' ELSE '[]' END)
				WITH ORDINALITY AS i (id, position)) AS i
WHERE l.entry ->> 'table_name' <> ''
UNION ALL
SELECT c.environment, c.capture_id, 'warning', 'unreadable_catalog',
	l.entry ->> 'part',
	format('cannot be read: %s', l.entry ->> 'message'),
	'It is shown as empty. Grant the user of the user mapping the right to see it (SQL Server: VIEW DEFINITION, for sizes VIEW DATABASE STATE; Oracle: SELECT on DBA_SEGMENTS), then detach, attach and capture again.'
FROM osmeta.shown_capture AS c,
	LATERAL jsonb_array_elements(c.unreadable) AS l (entry)
WHERE l.entry ->> 'part' <> ''
UNION ALL
SELECT c.environment, c.capture_id, 'note', 'no_statistics',
	'physical_table',
	format('tables of entities whose number of rows is not known: %s',
		count(DISTINCT t.table_id)),
	'The factory''s database has no statistics of them, so nothing here says how large they are. Run ANALYZE there (Oracle: DBMS_STATS.GATHER_SCHEMA_STATS), then capture again.'
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_physical_table AS t ON t.capture_id = c.store_id
	JOIN expected AS x
		ON x.store_id = t.capture_id AND x.table_id = t.table_id
WHERE c.unreadable = '[]' AND t.kind = 'table' AND t.row_count IS NULL
GROUP BY c.environment, c.capture_id
UNION ALL
SELECT o.environment, o.capture_id, 'warning', o.kind || '_without_name',
	format('%s %s', o.kind, o.owner_id),
	format('%s has no name', o.kind),
	'It can be chosen by its number only. Give it a name in the model and publish; if it has one there, the row was changed by hand.'
FROM osmeta.owner AS o
WHERE o.is_active AND coalesce(btrim(o.name), '') = ''
UNION ALL
SELECT o.environment, o.capture_id, 'warning', 'entity_without_name',
	format('%s (entity %s)', coalesce(o.espace, o.extension), o.entity_id),
	'entity has no name',
	'It has no logical name to be read or matched by. Give it a name in the model and publish; if it has one there, the row was changed by hand.'
FROM osmeta.owned_entity AS o
WHERE o.is_effective AND coalesce(btrim(o.entity), '') = ''
UNION ALL
SELECT a.environment, a.capture_id, 'warning', 'attribute_without_name',
	format('%s.%s (attribute %s)', coalesce(a.espace, a.extension), a.entity,
		a.attribute_id),
	'attribute has no name',
	'It has no logical name to be read or matched by. Give it a name in the model and publish; if it has one there, the row was changed by hand.'
FROM osmeta.owned_attribute AS a
WHERE a.is_effective AND coalesce(btrim(a.attribute), '') = ''
UNION ALL
SELECT o.environment, o.capture_id, 'warning',
	CASE o.kind WHEN 'espace' THEN 'malformed_espace_key'
		ELSE 'malformed_extension_key' END,
	coalesce(o.name, format('%s %s', o.kind, o.owner_id)),
	CASE WHEN o.ss_key IS NULL THEN format('%s has no key', o.kind)
		ELSE format('key of %s cannot be read: %s', o.kind,
			left(quote_literal(o.ss_key), 120)) END,
	'Nothing in it can be matched or referred to by key; publish the module again.'
FROM osmeta.owner AS o
WHERE osmeta.try_oskey(o.ss_key, 'x') IS NULL
UNION ALL
SELECT s.environment, s.capture_id, 'error', 'duplicate_espace_key',
	string_agg(coalesce(s.name, format('%s %s', s.kind, s.owner_id)), ', '
		ORDER BY s.owner_id),
	format('%s active modules have the key %s', count(*), s.ss_key),
	'Keys of espaces and extensions are unique in a factory; what refers to this key may be resolved to the wrong one. Ask the vendor''s support.'
FROM osmeta.owner AS s
WHERE s.is_active AND s.ss_key IS NOT NULL
GROUP BY s.environment, s.capture_id, s.ss_key
HAVING count(*) > 1
UNION ALL
SELECT e.environment, e.capture_id, 'note', 'shared_module_key',
	string_agg(e.name, ', ' ORDER BY e.owner_id),
	format('%s active modules have the key %s in the names of their tables',
		count(*), osmeta.espace_hash(e.name)),
	format('The key follows from the name of a module. Only the metamodel tells whose a table %s is, and where one of them has an entity, another one''s of the same name gets a number. To part them, give one another name in the model before it has entities; tables that are there keep theirs.',
		'OSUSR_' || osmeta.espace_hash(e.name) || '_...')
FROM osmeta.owner AS e
WHERE e.is_espace AND e.is_active AND btrim(e.name) <> ''
GROUP BY e.environment, e.capture_id, osmeta.espace_hash(e.name)
HAVING count(*) > 1
UNION ALL
SELECT o.environment, o.capture_id, 'warning', 'entity_without_owner',
	format('%s (entity %s)', o.entity, o.entity_id),
	format('no espace or extension of this entity is there (espace %s, extension %s)',
		coalesce(o.espace_id::text, 'none'),
		coalesce(o.extension_id::text, 'none')),
	'It has no composite key and cannot be matched; its table may be a left-over. Publish the module that it belonged to, or leave the entity alone.'
FROM osmeta.owned_entity AS o
WHERE o.is_active AND NOT o.has_espace AND NOT o.has_extension
UNION ALL
SELECT o.environment, o.capture_id, 'warning', 'malformed_entity_key',
	format('%s.%s', coalesce(o.espace, o.extension), o.entity),
	CASE WHEN o.ss_key IS NULL THEN 'entity has no key'
		ELSE format('key of entity cannot be read: %s',
			left(quote_literal(o.ss_key), 120)) END,
	'The entity cannot be matched or referred to by key; publish its module again.'
FROM osmeta.owned_entity AS o
WHERE o.key IS NULL AND osmeta.try_oskey(o.owner_key, 'x') IS NOT NULL
UNION ALL
SELECT o.environment, o.capture_id, 'error', 'duplicate_entity_key',
	string_agg(format('%s.%s', coalesce(o.espace, o.extension), o.entity),
		', ' ORDER BY o.entity_id),
	format('%s active entities of one module have the key %s', count(*),
		o.key),
	'Of namesakes with one key at most one can be active; the newest is taken. Deactivate or remove the others in the model.'
FROM osmeta.owned_entity AS o
WHERE o.is_effective AND o.key IS NOT NULL
GROUP BY o.environment, o.capture_id, o.key
HAVING count(*) > 1
UNION ALL
SELECT o.environment, o.capture_id, 'warning', 'entity_without_table',
	format('%s.%s', coalesce(o.espace, o.extension), o.entity),
	'it is not said which table holds the rows of this entity',
	'It cannot be read or migrated. Publish its module again.'
FROM osmeta.owned_entity AS o
WHERE o.is_effective AND o.data_kind IS DISTINCT FROM 'clientEntity'
	AND coalesce(btrim(o.physical_table_name), '') = ''
UNION ALL
SELECT p.environment, p.capture_id, 'warning', 'malformed_process_key',
	format('%s.%s', p.espace, p.process),
	'the key of this process definition is missing or cannot be read',
	'Its instances cannot be matched; publish its module again.'
FROM osmeta.process_definition AS p
WHERE p.is_effective AND p.key IS NULL
	AND p.espace IS NOT NULL
UNION ALL
SELECT a.environment, a.capture_id, 'warning', 'malformed_activity_key',
	format('%s.%s.%s', a.espace, a.process, a.activity),
	'the key of this activity definition is missing or cannot be read',
	'Its instances cannot be matched; publish its module again.'
FROM osmeta.activity_definition AS a
WHERE a.is_effective AND a.key IS NULL
	AND a.espace IS NOT NULL
UNION ALL
SELECT o.environment, o.capture_id, 'note', 'shared_physical_table',
	string_agg(format('%s.%s', coalesce(o.espace, o.extension), o.entity),
		', ' ORDER BY o.entity_id),
	format('%s active entities are in the table %s', count(*),
		min(o.physical_table_name COLLATE "C")),
	'Rows of this table belong to all of them: migrate it through one entity only.'
FROM osmeta.owned_entity AS o
WHERE o.is_effective AND btrim(o.physical_table_name) <> ''
GROUP BY o.environment, o.capture_id, osmeta.fold_name(btrim(o.physical_table_name))
HAVING count(*) > 1
UNION ALL
SELECT o.environment, o.capture_id, 'warning', p.code,
	format('%s.%s', coalesce(o.espace, o.extension), o.entity),
	p.message, p.hint
FROM osmeta.owned_entity AS o
	JOIN identified AS i
		ON i.store_id = o.store_id AND i.entity_id = o.entity_id,
	LATERAL (VALUES
			('entity_without_identifier',
			 NOT i.is_identified AND NOT o.is_external,
			 'no active attribute is the identifier of this entity',
			 'References to it have no type and it cannot be migrated; choose an identifier in the model and publish.'),
			('identifier_cycle', i.is_cyclic,
			 'the identifier is a reference that leads round in a circle',
			 'No identifier in the circle has a basic type, and none of these rows can be the first. Give one of the entities an identifier of its own in the model and publish.')
		) AS p (code, is_so, message, hint)
WHERE o.is_effective AND p.is_so
UNION ALL
SELECT x.environment, x.capture_id, 'error', 'physical_table_missing',
	format('%s.%s', coalesce(x.espace, x.extension), x.entity),
	format('the table of this entity is not in the factory''s database: %s',
		x.table_name),
	'Publish the module again. If the table is there, grant the user of the user mapping SELECT on it: some engines show nobody what he may not read. Then capture again.'
FROM (SELECT x.*, count(x.table_id) OVER (PARTITION BY x.store_id) AS found
		FROM expected AS x) AS x
WHERE x.table_id IS NULL AND x.found > 0
UNION ALL
SELECT x.environment, x.capture_id, 'warning', 'no_physical_table',
	'physical_table',
	format('of the tables of %s entities none is in the factory''s database',
		count(*)),
	'A copy of the metamodel alone has none. If they are there, grant the user of the user mapping SELECT on them and see that the environment was attached with their schema; then capture again.'
FROM expected AS x
GROUP BY x.environment, x.capture_id
HAVING count(x.table_id) = 0
UNION ALL
SELECT x.environment, x.capture_id, 'error', 'physical_column_missing',
	format('%s.%s.%s', coalesce(x.espace, x.extension), x.entity, a.name),
	format('the column of this attribute is not in the table %s: %s',
		x.table_name, coalesce(NULLIF(btrim(a.database_name), ''),
			osmeta.physical_column_name(a.name))),
	'The attribute cannot be read or migrated. Publish the module again, or mend what was changed in the database by hand; then capture again.'
FROM missing AS m
	JOIN osmeta.captured_entity_attr AS a
		ON a.capture_id = m.store_id AND a.id = m.attribute_id
	JOIN expected AS x
		ON x.store_id = a.capture_id AND x.entity_id = a.entity_id
UNION ALL
SELECT n.environment, n.capture_id, 'warning', 'event_table_missing',
	format('%s.%s', coalesce(n.espace, n.extension), n.entity),
	format('the entity exposes events, and its event table is not in the factory''s database: %s',
		n.table_name),
	'Its rows start no process. Publish the module again. If the table is there, grant the user of the user mapping SELECT on it; then capture again.'
FROM osmeta.named_table AS n
	JOIN expected AS x
		ON x.store_id = n.store_id AND x.entity_id = n.entity_id
	LEFT JOIN osmeta.found_table AS p ON p.store_table = n.store_table
WHERE n.kind = 'event' AND x.table_id IS NOT NULL AND p.table_id IS NULL
UNION ALL
SELECT c.environment, c.capture_id, 'warning', 'attribute_without_entity',
	format('%s (attribute %s)', left(a.name, 120), a.id),
	format('the entity of this attribute is not there: %s',
		coalesce(a.entity_id::text, 'none')),
	'The attribute is left out of every other view; its entity may have been removed by hand. Nothing needs to be done, unless its table is still in use: then ask the vendor''s support.'
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_entity_attr AS a ON a.capture_id = c.store_id
	LEFT JOIN osmeta.captured_entity AS t
		ON t.capture_id = c.store_id AND t.id = a.entity_id
WHERE a.is_active AND t.id IS NULL
UNION ALL
SELECT a.environment, a.capture_id, 'warning', 'malformed_attribute_key',
	format('%s.%s.%s', coalesce(a.espace, a.extension), a.entity,
		a.attribute),
	CASE WHEN coalesce(btrim(a.ss_key), '') = '' THEN 'attribute has no key'
		ELSE format('key of attribute cannot be read: %s',
			left(quote_literal(a.ss_key), 120)) END,
	'The attribute cannot be matched by key; publish its module again.'
FROM osmeta.owned_attribute AS a
WHERE a.is_effective AND osmeta.try_oskey('x', a.ss_key) IS NULL
UNION ALL
SELECT a.environment, a.capture_id, p.severity, p.code,
	format('%s.%s.%s, %s.%s.%s', coalesce(min(a.espace), min(a.extension)),
		min(a.entity), min(a.attribute COLLATE "C"),
		coalesce(min(a.espace), min(a.extension)), min(a.entity),
		max(a.attribute COLLATE "C")),
	format(p.message, count(*), p.value), p.hint
FROM twin_attribute AS a,
	LATERAL (VALUES
			('error', 'duplicate_attribute_key', a.attribute_key,
			 '%s active attributes of one entity have the key %s',
			 'They are matched by this key, and only one of them is taken. Remove the others in the model and publish.'),
			('warning', 'duplicate_attribute_name',
			 osmeta.fold_name(btrim(a.attribute)),
			 '%s active attributes of one entity have the name %s',
			 'It is not clear which one a name means. Rename or remove the others in the model and publish.'),
			('error', 'duplicate_column_name',
			 CASE WHEN a.data_kind IS DISTINCT FROM 'clientEntity'
				THEN osmeta.fold_name(a.column_name) END,
			 '%s active attributes of one entity are in the column %s',
			 'A value of one is a value of the other. Remove the others in the model and publish.')
		) AS p (severity, code, value, message, hint)
WHERE p.value <> ''
GROUP BY a.environment, a.capture_id, a.store_id, a.entity_id, p.severity,
	p.code, p.value, p.message, p.hint
HAVING count(*) > 1
UNION ALL
SELECT a.environment, a.capture_id, 'warning', 'unknown_data_type',
	format('%s.%s.%s', coalesce(a.espace, a.extension), a.entity,
		a.attribute),
	CASE WHEN coalesce(a.type, '') = '' THEN 'attribute has no type'
		ELSE format('type %s is not known', left(quote_literal(a.type), 120))
		END,
	'Values of this attribute are read as text; say how they are to be written before you migrate it.'
FROM osmeta.owned_attribute AS a
WHERE a.is_effective AND NOT a.is_reference
	AND NOT osmeta.is_data_type(coalesce(a.type, ''))
UNION ALL
SELECT r.environment, r.capture_id,
	CASE r.status WHEN 'inactive' THEN 'note' WHEN 'malformed' THEN 'error'
		ELSE 'warning' END,
	CASE r.status WHEN 'inactive' THEN 'inactive_reference'
		WHEN 'malformed' THEN 'malformed_reference'
		ELSE 'unknown_reference' END,
	format('%s.%s.%s', coalesce(r.espace, r.extension), r.entity,
		r.attribute),
	CASE r.status
		WHEN 'inactive' THEN 'refers to an entity that is no longer active'
		WHEN 'malformed' THEN format('type cannot be read: %s',
			left(quote_literal(r.type), 120))
		WHEN 'unknown espace' THEN
			format('refers to an espace that is not there: %s', r.target_key)
		ELSE format('refers to an entity that is not there: %s',
			r.target_key) END,
	CASE
		WHEN r.status = 'inactive' THEN format('%s. Remove the attribute in the model, or leave it out: it identifies rows that no application shows.',
			r.hint)
		WHEN r.status = 'malformed' THEN format('%s. Publish the module again; until then leave the attribute out.',
			r.hint)
		ELSE coalesce(r.hint || '. ', '')
			|| 'Refresh the dependencies of the module and publish it, or leave the attribute out.'
	END
FROM osmeta.reference AS r
WHERE r.is_effective AND r.status <> 'resolved'
UNION ALL
SELECT s.environment, s.capture_id, 'warning', 'unknown_record_entity',
	format('record %s (%s)', coalesce(s.record, '?'), s.record_id),
	'no entity has the key that this static record names',
	'The record is left out of matches; its entity may have been removed by hand. Publish the module, or leave the record alone.'
FROM record AS s
WHERE s.entity_id IS NULL
UNION ALL
SELECT r.environment, r.capture_id, 'warning', p.code,
	format('%s.%s.%s', r.espace, r.entity,
		coalesce(r.record, format('record %s', r.record_id))),
	p.message, p.hint
FROM record AS r,
	LATERAL (VALUES
			('malformed_record_key', r.record_key IS NULL,
			 CASE WHEN coalesce(btrim(r.ss_key), '') = ''
				THEN 'record has no key'
				ELSE format('key of record cannot be read: %s',
					left(quote_literal(r.ss_key), 120)) END,
			 'The record cannot be matched by key; publish its module again.'),
			('record_without_data_id', coalesce(btrim(r.data_id), '') = '',
			 'record has no Data_Id',
			 'It is not known which row of the table this record is, so it cannot be matched; publish its module again.'),
			('record_not_static', r.data_kind <> 'staticEntity',
			 format('record of an entity of kind %s', r.data_kind),
			 'The entity may have been static once. Its rows are data now and are migrated as such.')
		) AS p (code, is_so, message, hint)
WHERE r.is_effective AND p.is_so
UNION ALL
SELECT r.environment, r.capture_id, 'error', p.code,
	string_agg(format('%s.%s.%s', r.espace, r.entity,
		coalesce(r.record, format('record %s', r.record_id))), ', '
		ORDER BY r.record_id),
	format(p.message, count(*), p.value), p.hint
FROM record AS r,
	LATERAL (VALUES
			('duplicate_record_key', r.record_key,
			 '%s active records of one entity have the key %s',
			 'Records are matched by this key, and it is not clear which one is meant. Remove the others in the model and publish.'),
			('duplicate_data_id', btrim(r.data_id),
			 '%s active records of one entity have the Data_Id %s',
			 'One row of the table cannot be several records; publish the module again.')
		) AS p (code, value, message, hint)
WHERE r.is_effective AND p.value <> ''
GROUP BY r.environment, r.capture_id, r.entity_id, p.code, p.value,
	p.message, p.hint
HAVING count(*) > 1
UNION ALL
SELECT c.environment, c.capture_id, 'warning',
	CASE WHEN e.id IS NULL THEN 'role_without_espace'
		ELSE 'malformed_role_key' END,
	CASE WHEN e.id IS NULL THEN format('%s (role %s)', r.name, r.id)
		ELSE format('%s.%s (role %s)', e.name, r.name, r.id) END,
	CASE WHEN e.id IS NULL
			THEN format('the espace of this role is not there: %s',
				r.espace_id)
		WHEN coalesce(btrim(r.ss_key), '') = '' THEN 'role has no key'
		ELSE format('key of role cannot be read: %s',
			left(quote_literal(r.ss_key), 120)) END,
	CASE WHEN e.id IS NULL
		THEN 'It has no composite key and cannot be matched; its espace may have been removed by hand. Do not grant it; leave it alone.'
		ELSE 'The role cannot be matched by key; publish its module again.' END
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_role AS r ON r.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = r.espace_id
WHERE coalesce(r.is_active, true)
	AND (e.id IS NULL AND r.espace_id IS NOT NULL
		OR e.is_active AND osmeta.readable_key(r.ss_key) IS NULL)
UNION ALL
SELECT r.environment, r.capture_id, 'error', 'duplicate_role_key',
	string_agg(format('%s.%s', r.espace, r.role), ', ' ORDER BY r.role_id),
	format('%s active roles of one espace have the key %s', count(*),
		r.role_ss_key),
	'Roles are matched by this key, and it is not clear which one is meant. Remove the others in the model and publish.'
FROM osmeta.role AS r
WHERE r.is_effective AND r.role_ss_key IS NOT NULL
GROUP BY r.environment, r.capture_id, r.espace_id, r.role_ss_key
HAVING count(*) > 1
UNION ALL
SELECT a.environment, a.capture_id, 'warning', 'malformed_application_key',
	coalesce(a.name, format('application %s', a.id)),
	CASE WHEN coalesce(btrim(a.key), '') = '' THEN 'application has no key'
		ELSE format('key of application cannot be read: %s',
			left(quote_literal(a.key), 120)) END,
	'The application cannot be matched by key; publish it again.'
FROM (SELECT c.environment, c.capture_id, a.name, a.id, a.key,
			coalesce(a.is_active, true) AS is_active,
			-- no key at all: the version does not have the column
			count(a.key) OVER (PARTITION BY c.store_id) > 0 AS has_keys
		FROM osmeta.shown_capture AS c
			JOIN osmeta.captured_application AS a
				ON a.capture_id = c.store_id) AS a
WHERE a.is_active AND a.has_keys AND osmeta.readable_key(a.key) IS NULL
UNION ALL
SELECT a.environment, a.capture_id, 'error', 'duplicate_application_key',
	string_agg(coalesce(a.application,
		format('application %s', a.application_id)), ', '
		ORDER BY a.application_id),
	format('%s active applications have the key %s', count(*), a.key),
	'Keys of applications are unique in a factory. Ask the vendor''s support.'
FROM osmeta.application AS a
WHERE a.is_active AND a.key IS NOT NULL
GROUP BY a.environment, a.capture_id, a.key
HAVING count(*) > 1
UNION ALL
SELECT c.environment, c.capture_id, 'warning', 'module_without_owner',
	format('module %s', m.id),
	format('no espace or extension of this module is there (espace %s, extension %s)',
		coalesce(m.espace_id::text, 'none'),
		coalesce(m.extension_id::text, 'none')),
	'It belongs to no application as far as the views show; its espace or extension may have been removed by hand. Publish the application again, or leave the module alone.'
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_module AS m ON m.capture_id = c.store_id
	LEFT JOIN osmeta.captured_espace AS e
		ON e.capture_id = c.store_id AND e.id = m.espace_id
	LEFT JOIN osmeta.captured_extension AS x
		ON x.capture_id = c.store_id AND x.id = m.extension_id
WHERE CASE
		WHEN m.espace_id IS NOT NULL THEN e.id IS NULL
		WHEN m.extension_id IS NULL THEN true
		-- all of them would be named where the table itself is missing
		ELSE x.id IS NULL AND 'OSSYS_EXTENSION' <> ALL (c.missing_tables)
	END
UNION ALL
SELECT p.environment, p.capture_id,
	CASE p.status WHEN 'inactive' THEN 'note' ELSE 'warning' END,
	CASE p.status WHEN 'malformed' THEN 'malformed_parameter_type'
		WHEN 'inactive' THEN 'inactive_parameter_reference'
		ELSE 'unknown_parameter_reference' END,
	concat_ws('.', p.espace, p.process, p.activity,
		format('%s (%s)', p.parameter, p.kind)),
	CASE p.status
		WHEN 'malformed' THEN format('type cannot be read: %s',
			left(quote_literal(p.ss_type), 120))
		WHEN 'inactive' THEN 'refers to an entity that is no longer active'
		WHEN 'unknown espace' THEN
			format('refers to an espace that is not there: %s', p.refers_to)
		ELSE format('refers to an entity that is not there: %s', p.refers_to)
		END,
	CASE p.status
		WHEN 'malformed' THEN
			'It is not known whose identifier its values are; expected: bt<SS_Key of the espace>*<SS_Key of the entity>. Publish the module again.'
		ELSE 'Its values are numbers of rows that cannot be told. Refresh the dependencies of the module and publish it, or remove the parameter.'
		END
FROM osmeta.process_parameter AS p
WHERE p.is_effective AND p.status <> 'resolved'
UNION ALL
SELECT c.environment, c.capture_id, 'note', 'user_without_tenant',
	format('tenant %s', u.tenant_id),
	format('the tenant of %s active users is not there; the first is %s (user %s)',
		count(*), (array_agg(u.username ORDER BY u.id))[1], min(u.id)),
	'They belong to no user provider as far as the views show, and are not matched; the tenant may have been removed by hand. Move them to a tenant that is there, or deactivate them.'
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_user AS u ON u.capture_id = c.store_id
	LEFT JOIN osmeta.captured_tenant AS t
		ON t.capture_id = c.store_id AND t.id = u.tenant_id
WHERE coalesce(u.is_active, true) AND u.tenant_id IS NOT NULL
	AND t.id IS NULL AND 'OSSYS_TENANT' <> ALL (c.missing_tables)
GROUP BY c.environment, c.capture_id, u.tenant_id
UNION ALL
SELECT c.environment, c.capture_id, 'error', 'duplicate_username',
	string_agg(format('%s (user %s)', u.username, u.id), ', ' ORDER BY u.id),
	format('%s active users of the tenant %s have one username', count(*),
		coalesce(min(t.name), u.tenant_id::text)),
	'Users are matched by username and tenant, and it is not clear which one is meant. Rename or deactivate the others.'
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_user AS u ON u.capture_id = c.store_id
	LEFT JOIN osmeta.captured_tenant AS t
		ON t.capture_id = u.capture_id AND t.id = u.tenant_id
WHERE coalesce(u.is_active, true) AND u.username <> ''
	AND u.tenant_id IS NOT NULL
GROUP BY c.environment, c.capture_id, u.tenant_id, u.username
HAVING count(*) > 1
UNION ALL
SELECT l.environment, l.capture_id, 'note', 'link_without_end', l.object,
	format('rows whose %s is not there: %s', l.ends, count(*)),
	'They give nobody anything: the views show NULL there, and nothing is matched. Remove them at the factory if they are in the way.'
FROM (SELECT c.environment, c.capture_id, 'OSSYS_USER_ROLE' AS object,
			'user or role' AS ends
		FROM osmeta.shown_capture AS c
			JOIN osmeta.captured_user_role AS m ON m.capture_id = c.store_id
			LEFT JOIN osmeta.captured_user AS u
				ON u.capture_id = c.store_id AND u.id = m.user_id
			LEFT JOIN osmeta.captured_role AS r
				ON r.capture_id = c.store_id AND r.id = m.role_id
		WHERE u.id IS NULL AND 'OSSYS_USER' <> ALL (c.missing_tables)
			OR r.id IS NULL AND 'OSSYS_ROLE' <> ALL (c.missing_tables)
		UNION ALL
		SELECT c.environment, c.capture_id, 'OSSYS_GROUP_ROLE',
			'group or role'
		FROM osmeta.shown_capture AS c
			JOIN osmeta.captured_group_role AS m ON m.capture_id = c.store_id
			LEFT JOIN osmeta.captured_group AS g
				ON g.capture_id = c.store_id AND g.id = m.group_id
			LEFT JOIN osmeta.captured_role AS r
				ON r.capture_id = c.store_id AND r.id = m.role_id
		WHERE g.id IS NULL AND 'OSSYS_GROUP' <> ALL (c.missing_tables)
			OR r.id IS NULL AND 'OSSYS_ROLE' <> ALL (c.missing_tables)
		UNION ALL
		SELECT c.environment, c.capture_id, 'OSSYS_GROUP_USER',
			'group or user'
		FROM osmeta.shown_capture AS c
			JOIN osmeta.captured_group_user AS m ON m.capture_id = c.store_id
			LEFT JOIN osmeta.captured_group AS g
				ON g.capture_id = c.store_id AND g.id = m.group_id
			LEFT JOIN osmeta.captured_user AS u
				ON u.capture_id = c.store_id AND u.id = m.user_id
		WHERE g.id IS NULL AND 'OSSYS_GROUP' <> ALL (c.missing_tables)
			OR u.id IS NULL AND 'OSSYS_USER' <> ALL (c.missing_tables)) AS l
GROUP BY l.environment, l.capture_id, l.object, l.ends;
COMMENT ON VIEW osmeta.problem IS
	'what is odd, and what can be done about it?';


INSERT INTO osmeta.live_view (view_name, position)
VALUES
	('expected_table', 399),
	('problem', 400);
