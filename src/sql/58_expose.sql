/*
 * 58_expose: the data of an espace under its logical names.
 *
 * expose_espace makes text of data: what the metamodel says about the
 * entities of one espace and what the factory's catalogue shows of their
 * tables.  C reads that data, checks the arguments and runs the statements.
 *
 * A view never shows less than the factory stores: a column gets the type of
 * its attribute only where every value of the declared type fits, since a
 * cast to varchar(n) cuts, one to numeric(p,s) rounds, and one to a smaller
 * integer fails, each of them silently until the row that it concerns is
 * read.
 */

CREATE FUNCTION osmeta.distinct_names(names text[])
RETURNS text[]
AS 'MODULE_PATHNAME', 'osmeta_distinct_names'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION osmeta.distinct_names(text[]) IS
	'Internal: names as identifiers of this database, no two of them equal; the first of equal ones keeps its name';

/*
 * What a type can hold: digits before the point (of a number), length (of a
 * text; NULL if unlimited) or digits of a second (of a time), and decimals.
 */
CREATE FUNCTION osmeta.type_capacity(type text, OUT family text,
	OUT size int, OUT scale int)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT t.family,
		CASE t.family
			WHEN 'number' THEN
				CASE t.name WHEN 'smallint' THEN 5 WHEN 'integer' THEN 10
					WHEN 'bigint' THEN 19 ELSE t.size - coalesce(t.scale, 0)
					END
			WHEN 'timestamp' THEN coalesce(t.size, 6)
			ELSE t.size
		END,
		CASE WHEN t.name = 'numeric' THEN
				CASE WHEN t.size IS NOT NULL THEN coalesce(t.scale, 0) END
			WHEN t.family = 'number' THEN 0 END
	FROM (SELECT m.part[1] AS name, m.part[2]::int AS size,
			m.part[3]::int AS scale,
			CASE
				WHEN m.part[1] IN ('varchar', 'character varying', 'text',
					'name') THEN 'text'
				WHEN m.part[1] IN ('smallint', 'integer', 'bigint', 'numeric')
					THEN 'number'
				WHEN m.part[1] IN ('real', 'double precision') THEN 'float'
				ELSE m.part[1]
			END AS family
		FROM (SELECT regexp_match(type_capacity.type,
				'^([a-z]+(?: varying| precision)?)(?:[(]([0-9]{1,8})(?:,([0-9]{1,8}))?[)])?(?: without time zone)?$')
				AS part) AS m) AS t;
END;
COMMENT ON FUNCTION osmeta.type_capacity(text) IS
	'Internal: what kind of values a column type holds, and how long ones';

/*
 * The type in which a column declared as local_type is shown, for an
 * attribute that publishing would give logical_type: that type if it holds
 * every value of local_type, else the next wider one, at last local_type.
 */
CREATE FUNCTION osmeta.exposed_type(local_type text, logical_type text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
			WHEN l.family = p.family AND l.size IS NOT DISTINCT FROM p.size
				AND l.scale IS NOT DISTINCT FROM p.scale
				AND exposed_type.local_type <> 'name'
				AND (exposed_type.local_type ~ '^numeric')
					= (exposed_type.logical_type ~ '^numeric')
				THEN exposed_type.local_type
			WHEN exposed_type.local_type = 'name' AND l.family = 'text'
				THEN 'text'
			WHEN l.family = 'text' AND p.family = 'text'
				AND (l.size IS NULL OR p.size <= l.size)
				THEN exposed_type.logical_type
			WHEN l.family = 'boolean' AND p.family IN ('number', 'float')
				THEN 'boolean'
			WHEN l.family = 'timestamp' AND (p.family = 'date'
				OR p.family = 'timestamp' AND p.size <= l.size)
				THEN exposed_type.logical_type
			WHEN exposed_type.logical_type IN ('integer', 'bigint')
				AND p.family = 'number' AND p.scale = 0 THEN
				CASE
					WHEN exposed_type.local_type = 'smallint' OR p.size <= 9
						OR exposed_type.local_type = 'integer'
						THEN exposed_type.logical_type
					WHEN p.size <= 18 THEN 'bigint'
					ELSE exposed_type.local_type
				END
			WHEN l.family = 'number' AND p.family = 'number'
				AND p.size <= l.size AND p.scale <= l.scale
				THEN exposed_type.logical_type
			ELSE exposed_type.local_type
		END
	FROM osmeta.type_capacity(exposed_type.local_type) AS p,
		osmeta.type_capacity(exposed_type.logical_type) AS l;
END;
COMMENT ON FUNCTION osmeta.exposed_type(text, text) IS
	'Internal: the type in which a column is shown: that of its attribute unless a value could be cut, rounded or refused';

/*
 * The statements that expose an espace, in order (kind SCHEMA, TABLE, VIEW,
 * COMMENT), and what is left out (kind LEFT OUT for an entity, else LEFT OUT
 * OF for an attribute; name and reason).  model is an object with
 *
 *	environment, kind, owner
 *	entities	array of entity_id, entity, key, physical_table_name,
 *				data_kind, is_multitenant; effective ones only
 *	attributes	array of entity_id, attribute_id, attribute, column_name,
 *				position, type, length, decimals, is_identifier,
 *				is_auto_number, and for references value_type, value_length,
 *				value_decimals: those of the identifier at the end
 *	columns		array of table_name, column_name, position, data_type,
 *				local_type: what the catalogue shows of these tables
 */
CREATE FUNCTION osmeta.expose_espace(wrapper text, server text,
	remote_schema text, dialect text, schema text, nulls text, model jsonb,
	options text[] DEFAULT NULL)
RETURNS TABLE (kind text, name text, statement text, reason text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	/*
	 * The planner knows nothing about the rows of the arrays.  So that it
	 * cannot take a nested loop over all columns, they are joined once, by
	 * equality, and passed on together; flags are booleans, since of a column
	 * that IS NULL it expects one row in two hundred.
	 */
	WITH physical AS MATERIALIZED (
		SELECT g.table_name, u.column_name, u.position, u.data_type,
			u.local_type, u.local_name, u.is_secret,
			u.local_type IS NOT NULL AND NOT u.is_secret AS is_declared
		FROM (SELECT p.table_name,
				array_agg(p.column_name ORDER BY p.position) AS columns,
				array_agg(p.data_type ORDER BY p.position) AS data_types,
				array_agg(p.local_type ORDER BY p.position) AS local_types,
				array_agg(osmeta.is_secret_column(p.table_name,
					p.column_name) ORDER BY p.position) AS secrets,
				osmeta.distinct_names(array_agg(
					osmeta.local_name(p.column_name) ORDER BY p.position))
					AS names
			FROM jsonb_to_recordset(expose_espace.model -> 'columns')
				AS p (table_name text, column_name text, position int,
					data_type text, local_type text)
			GROUP BY p.table_name) AS g,
			LATERAL unnest(g.columns, g.data_types, g.local_types, g.secrets,
				g.names) WITH ORDINALITY
				AS u (column_name, data_type, local_type, is_secret,
					local_name, position)
	), physical_table AS MATERIALIZED (
		SELECT p.table_name, bool_and(p.is_declared) AS is_whole,
			jsonb_agg(jsonb_build_object('name', p.local_name,
				'remote_name', p.column_name, 'type', p.local_type)
				ORDER BY p.position) FILTER (WHERE p.is_declared) AS columns
		FROM physical AS p
		GROUP BY p.table_name
	), entity AS MATERIALIZED (
		SELECT f.*, f.reason IS NULL AS is_found
		-- the table of exactly this name, else without case
		FROM (SELECT DISTINCT ON (e.entity_id) e.entity_id,
				coalesce(NULLIF(e.entity, ''), 'entity ' || e.entity_id)
					AS entity,
				e.key, e.is_multitenant, t.table_name,
				CASE
					WHEN osmeta.fold_name(e.data_kind) = 'cliententity'
						THEN 'client entity, without table'
					WHEN coalesce(btrim(e.physical_table_name), '') = ''
						THEN 'no table is named'
					WHEN btrim(e.physical_table_name) ~ '^[[][^]]*[]][.]'
						THEN format('in another database: %s',
							btrim(e.physical_table_name))
					WHEN t.table_name IS NULL
						THEN format('table not found: %s',
							btrim(e.physical_table_name))
				END AS reason
			FROM jsonb_to_recordset(expose_espace.model -> 'entities')
					AS e (entity_id bigint, entity text, key text,
						physical_table_name text, data_kind text,
						is_multitenant boolean)
				LEFT JOIN physical_table AS t
					ON osmeta.fold_name(t.table_name)
						= osmeta.fold_name(btrim(e.physical_table_name))
			ORDER BY e.entity_id,
				t.table_name <> btrim(e.physical_table_name),
				t.table_name COLLATE "C") AS f
	), attribute AS MATERIALIZED (
		SELECT f.*, f.reason IS NULL AS is_shown
		-- the column of exactly this name, else without case
		FROM (SELECT DISTINCT ON (a.entity_id, a.attribute_id) a.entity_id,
				a.attribute_id, coalesce(a.position, 2147483647) AS position,
				coalesce(NULLIF(a.attribute, ''),
					'attribute ' || a.attribute_id) AS attribute,
				p.column_name, p.local_name, p.local_type,
				CASE
					WHEN p.column_name IS NULL THEN
						format('column not found: %s', a.column_name)
					WHEN p.is_secret THEN 'secret'
					WHEN NOT p.is_declared THEN
						format('column of a type that cannot be read: %s',
							p.data_type)
				END AS reason,
				osmeta.data_type(a.type) AS label, a.type,
				coalesce(a.is_identifier, false)
					OR coalesce(a.is_auto_number, false) AS is_identifier,
				CASE WHEN osmeta.is_data_type(v.type)
						AND osmeta.data_type(v.type) <> 'Identifier'
					THEN osmeta.column_type(v.type,
						CASE WHEN v.length BETWEEN 0 AND 2147483647
							THEN v.length::int END,
						CASE WHEN v.decimals BETWEEN 0 AND 2147483647
							THEN v.decimals::int END,
						'postgres')
					END AS logical_type,
				e.entity
			FROM (SELECT r.*,
						osmeta.data_type(r.type) IS NOT DISTINCT FROM
							'Identifier' AS is_reference
					FROM jsonb_to_recordset(
						expose_espace.model -> 'attributes')
						AS r (entity_id bigint, attribute_id bigint,
							attribute text, column_name text,
							position bigint, type text, length bigint,
							decimals bigint, is_identifier boolean,
							is_auto_number boolean, value_type text,
							value_length bigint, value_decimals bigint)) AS a
				JOIN entity AS e
					ON e.entity_id = a.entity_id AND e.is_found
				LEFT JOIN physical AS p
					ON p.table_name = e.table_name
					AND osmeta.fold_name(p.column_name)
						= osmeta.fold_name(a.column_name),
				LATERAL (SELECT
					CASE WHEN a.is_reference THEN a.value_type
						ELSE a.type END,
					CASE WHEN a.is_reference THEN a.value_length
						ELSE a.length END,
					CASE WHEN a.is_reference THEN a.value_decimals
						ELSE a.decimals END) AS v (type, length, decimals)
			ORDER BY a.entity_id, a.attribute_id,
				p.column_name <> a.column_name, p.column_name COLLATE "C"
			) AS f
	), shown AS MATERIALIZED (
		-- the entities that get a view
		SELECT e.entity_id, e.entity, e.key, e.table_name, e.is_multitenant,
			a.columns
		FROM entity AS e
			JOIN (SELECT a.entity_id, array_agg(a.column_name) AS columns
				FROM attribute AS a
				WHERE a.is_shown
				GROUP BY a.entity_id) AS a ON a.entity_id = e.entity_id
	), item AS MATERIALIZED (
		SELECT a.entity_id, a.position, a.attribute_id, a.attribute, a.label,
			a.type, a.is_identifier, a.local_name, a.local_type,
			coalesce(a.logical_type, '') AS logical_type,
			NULL::text AS comment
		FROM attribute AS a
		WHERE a.is_shown
		UNION ALL
		-- the tenant of a row is no attribute of its entity
		SELECT s.entity_id, 2147483648, p.position, 'Tenant_Id', NULL, NULL,
			true, p.local_name, p.local_type, 'integer',
			format('tenant of the row: column %s', p.column_name)
		FROM shown AS s
			JOIN physical AS p ON p.table_name = s.table_name
		WHERE s.is_multitenant AND p.is_declared
			AND osmeta.fold_name(p.column_name) = 'tenant_id'
			AND p.column_name <> ALL (s.columns)
	), shape AS MATERIALIZED (
		-- pairs of types are few, columns many
		SELECT p.local_type, p.logical_type, p.shown_type, c.family
		FROM (SELECT t.local_type, t.logical_type,
				osmeta.exposed_type(t.local_type, NULLIF(t.logical_type, ''))
					AS shown_type
			FROM (SELECT DISTINCT i.local_type, i.logical_type
				FROM item AS i) AS t) AS p,
			LATERAL osmeta.type_capacity(p.shown_type) AS c
	), named AS MATERIALIZED (
		SELECT g.entity_id, u.name, u.attribute, u.position, u.local_name,
			u.type, u.label, u.is_identifier, s.local_type, s.shown_type,
			s.family,
			coalesce(u.comment,
				CASE WHEN u.name <> u.attribute
					THEN format('attribute %s', u.attribute) END) AS comment
		FROM (SELECT i.entity_id, array_agg(i.attribute ORDER BY i.position,
					i.attribute_id) AS attributes,
				array_agg(i.label ORDER BY i.position, i.attribute_id)
					AS labels,
				array_agg(i.type ORDER BY i.position, i.attribute_id)
					AS types,
				array_agg(i.is_identifier ORDER BY i.position,
					i.attribute_id) AS identifiers,
				array_agg(i.local_name ORDER BY i.position, i.attribute_id)
					AS local_names,
				array_agg(i.local_type ORDER BY i.position, i.attribute_id)
					AS local_types,
				array_agg(i.logical_type ORDER BY i.position, i.attribute_id)
					AS logical_types,
				array_agg(i.comment ORDER BY i.position, i.attribute_id)
					AS comments
			FROM item AS i
			GROUP BY i.entity_id) AS g,
			LATERAL unnest(osmeta.distinct_names(g.attributes), g.attributes,
				g.labels, g.types, g.identifiers, g.local_names,
				g.local_types, g.logical_types, g.comments) WITH ORDINALITY
				AS u (name, attribute, label, type, is_identifier,
					local_name, local_type, logical_type, comment, position)
			JOIN shape AS s ON s.local_type = u.local_type
				AND s.logical_type = u.logical_type
	), query AS MATERIALIZED (
		SELECT n.entity_id, string_agg(
				format(
					-- a bare NULL would take the length from the column
					CASE WHEN v.null_value IS NULL THEN '%1$s AS %4$I'
						ELSE 'CASE WHEN %1$s <> %2$L THEN %1$s ELSE NULL::%3$s END AS %4$I'
						END,
					v.expression, v.null_value, n.shown_type, n.name),
				E',\n\t' ORDER BY n.position) AS items
		FROM named AS n,
			LATERAL (SELECT
				CASE
					WHEN n.shown_type = n.local_type
						THEN format('t.%I', n.local_name)
					WHEN n.shown_type = 'boolean'
						THEN format('(t.%I <> 0)', n.local_name)
					ELSE format('t.%I::%s', n.local_name, n.shown_type)
				END,
				-- only where the column holds values of the attribute's kind
				CASE
					WHEN n.is_identifier THEN NULL
					WHEN expose_espace.nulls IN ('text', 'all')
						AND (n.label IN ('Text', 'Email', 'Phone Number')
							AND n.family = 'text'
							OR n.label IN ('Date', 'Time', 'Date Time')
							AND n.family = 'timestamp'
							OR expose_espace.nulls = 'all'
							AND n.label IN ('Integer', 'Long Integer',
								'Decimal', 'Currency')
							AND n.family IN ('number', 'float'))
						THEN osmeta.null_value(n.type, expose_espace.dialect)
				END) AS v (expression, null_value)
		GROUP BY n.entity_id
	), relation AS MATERIALIZED (
		-- views keep their names before tables do
		SELECT r.entity_id, r.table_name, r.key, r.full_name, r.name,
			r.position, r.is_table
		FROM (SELECT
				array_agg(o.entity_id ORDER BY o.is_table, o.entity_id,
					o.table_name COLLATE "C") AS entity_ids,
				array_agg(o.table_name ORDER BY o.is_table, o.entity_id,
					o.table_name COLLATE "C") AS tables,
				array_agg(o.key ORDER BY o.is_table, o.entity_id,
					o.table_name COLLATE "C") AS keys,
				array_agg(o.full_name ORDER BY o.is_table, o.entity_id,
					o.table_name COLLATE "C") AS names,
				array_agg(o.is_table ORDER BY o.is_table, o.entity_id,
					o.table_name COLLATE "C") AS kinds
			FROM (SELECT s.entity_id, s.table_name, s.key,
					s.entity AS full_name, false AS is_table
				FROM shown AS s
				UNION ALL
				SELECT DISTINCT NULL::bigint, s.table_name, NULL::text,
					s.table_name, true
				FROM shown AS s) AS o) AS g,
			LATERAL unnest(g.entity_ids, g.tables, g.keys, g.names,
				osmeta.distinct_names(g.names), g.kinds) WITH ORDINALITY
				AS r (entity_id, table_name, key, full_name, name, is_table,
					position)
	)
	SELECT s.kind, s.name, s.statement, s.reason
	FROM (
		SELECT 1 AS step, 0::bigint AS sort, 0::bigint AS subsort,
			'SCHEMA' AS kind, expose_espace.schema AS name,
			format('CREATE SCHEMA %I', expose_espace.schema) AS statement,
			NULL::text AS reason
		UNION ALL
		SELECT 2, 0, 0, 'COMMENT', expose_espace.schema,
			format('COMMENT ON SCHEMA %I IS %L', expose_espace.schema,
				format('%s %s of environment %s',
					expose_espace.model ->> 'kind',
					expose_espace.model ->> 'owner',
					expose_espace.model ->> 'environment')),
			NULL
		UNION ALL
		SELECT 3, r.position, 0, 'TABLE', r.name,
			osmeta.relation_sql(expose_espace.wrapper, expose_espace.server,
				expose_espace.remote_schema, r.table_name,
				expose_espace.schema, r.name, p.columns, p.is_whole,
				expose_espace.options),
			NULL
		FROM relation AS r
			JOIN physical_table AS p ON p.table_name = r.table_name
		WHERE r.is_table
		UNION ALL
		SELECT 4, r.position, 0, 'COMMENT', r.name,
			format('COMMENT ON %s %I.%I IS %L',
				CASE WHEN expose_espace.server IS NULL THEN 'VIEW'
					ELSE 'FOREIGN TABLE' END,
				expose_espace.schema, r.name, format('table %s', r.full_name)),
			NULL
		FROM relation AS r
		WHERE r.is_table AND r.name <> r.full_name
		UNION ALL
		SELECT 5, r.position, 0, 'VIEW', r.name,
			format(E'CREATE VIEW %I.%I AS\nSELECT %s\nFROM %s AS t',
				expose_espace.schema, r.name, q.items,
				format(CASE WHEN w.is_fenced
						THEN '(SELECT * FROM %I.%I OFFSET 0)'
						ELSE '%I.%I' END,
					expose_espace.schema, t.name)),
			NULL
		FROM relation AS r
			JOIN relation AS t
				ON t.table_name = r.table_name AND t.is_table
			JOIN query AS q ON q.entity_id = r.entity_id
			LEFT JOIN osmeta.wrapper AS w
				ON w.wrapper = expose_espace.wrapper
				AND expose_espace.server IS NOT NULL
		WHERE NOT r.is_table
		UNION ALL
		SELECT 6, r.position, 0, 'COMMENT', r.name,
			format('COMMENT ON VIEW %I.%I IS %L', expose_espace.schema,
				r.name,
				format('entity %s, key %s, table %s', r.full_name,
					coalesce(r.key, 'unreadable'), r.table_name)),
			NULL
		FROM relation AS r
		WHERE NOT r.is_table
		UNION ALL
		SELECT 6, r.position, n.position, 'COMMENT', r.name,
			format('COMMENT ON COLUMN %I.%I.%I IS %L', expose_espace.schema,
				r.name, n.name, n.comment),
			NULL
		FROM relation AS r
			JOIN named AS n ON n.entity_id = r.entity_id
		WHERE n.comment <> ''
		UNION ALL
		SELECT 7, e.entity_id, 0, 'LEFT OUT', e.entity, NULL,
			coalesce(e.reason, 'no attribute can be read')
		FROM entity AS e
		WHERE e.entity_id NOT IN (SELECT s.entity_id FROM shown AS s)
		UNION ALL
		SELECT 8, a.entity_id, a.position, 'LEFT OUT OF',
			format('%s.%s', a.entity, a.attribute), NULL, a.reason
		FROM attribute AS a
		WHERE NOT a.is_shown
		) AS s
	ORDER BY s.step, s.sort, s.subsort, s.name COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.expose_espace(text, text, text, text, text, text, jsonb, text[]) IS
	'Internal: the statements of expose, and what they leave out';

CREATE FUNCTION osmeta.expose(environment text, espace text, schema text,
	nulls text DEFAULT 'none')
RETURNS void
AS 'MODULE_PATHNAME', 'osmeta_expose'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.expose(text, text, text, text) IS
	'show the data of an espace under its logical names, in a new schema';

CREATE FUNCTION osmeta.expose_sql(environment text, espace text, schema text,
	nulls text DEFAULT 'none')
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'osmeta_expose_sql'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.expose_sql(text, text, text, text) IS
	'the statements that expose would run, as a script';
