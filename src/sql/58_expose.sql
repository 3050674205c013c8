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
	remote_schema text, dialect text, schema text, nulls text, model jsonb)
RETURNS TABLE (kind text, name text, statement text, reason text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH physical AS MATERIALIZED (
		SELECT p.table_name, p.column_name, p.position, p.data_type,
			p.local_type,
			osmeta.is_secret_column(p.table_name, p.column_name) AS is_secret
		FROM jsonb_to_recordset(expose_espace.model -> 'columns')
			AS p (table_name text, column_name text, position int,
				data_type text, local_type text)
	), entity AS MATERIALIZED (
		-- exact spelling first, else without case
		SELECT DISTINCT ON (e.entity_id) e.entity_id,
			coalesce(NULLIF(e.entity, ''), 'entity ' || e.entity_id)
				AS entity,
			e.key, e.is_multitenant, t.table_name,
			CASE
				WHEN osmeta.fold_name(e.data_kind) = 'cliententity'
					THEN 'client entity, without table'
				WHEN coalesce(btrim(e.physical_table_name), '') = ''
					THEN 'no table is named'
				WHEN btrim(e.physical_table_name) ~ '^\[[^]]*\][.]'
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
			LEFT JOIN (SELECT DISTINCT p.table_name FROM physical AS p) AS t
				ON osmeta.fold_name(t.table_name)
					= osmeta.fold_name(btrim(e.physical_table_name))
		ORDER BY e.entity_id, t.table_name <> btrim(e.physical_table_name),
			t.table_name COLLATE "C"
	), declared AS MATERIALIZED (
		-- what the foreign tables have
		SELECT d.table_name, n.column_name, n.local_type, n.local_name,
			n.position
		FROM (SELECT p.table_name,
				array_agg(p.column_name ORDER BY p.position) AS columns,
				array_agg(p.local_type ORDER BY p.position) AS types,
				osmeta.distinct_names(array_agg(
					osmeta.local_name(p.column_name) ORDER BY p.position))
					AS names
			FROM physical AS p
			WHERE p.local_type IS NOT NULL AND NOT p.is_secret
			GROUP BY p.table_name) AS d,
			LATERAL unnest(d.columns, d.types, d.names) WITH ORDINALITY
				AS n (column_name, local_type, local_name, position)
	), attribute AS MATERIALIZED (
		SELECT DISTINCT ON (a.entity_id, a.attribute_id) a.entity_id,
			a.attribute_id, coalesce(a.position, 2147483647) AS position,
			coalesce(NULLIF(a.attribute, ''), 'attribute ' || a.attribute_id)
				AS attribute,
			a.column_name AS wanted, p.column_name, p.data_type,
			CASE
				WHEN p.column_name IS NULL THEN
					format('column not found: %s', a.column_name)
				WHEN p.is_secret THEN 'secret'
				WHEN p.local_type IS NULL THEN
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
			e.entity, e.table_name
		FROM jsonb_to_recordset(expose_espace.model -> 'attributes')
				AS a (entity_id bigint, attribute_id bigint, attribute text,
					column_name text, position bigint, type text,
					length bigint, decimals bigint, is_identifier boolean,
					is_auto_number boolean, value_type text,
					value_length bigint, value_decimals bigint)
			JOIN entity AS e
				ON e.entity_id = a.entity_id AND e.reason IS NULL
			LEFT JOIN physical AS p
				ON p.table_name = e.table_name
				AND osmeta.fold_name(p.column_name)
					= osmeta.fold_name(a.column_name),
			LATERAL (SELECT a.value_type, a.value_length, a.value_decimals
				WHERE osmeta.data_type(a.type) = 'Identifier'
				UNION ALL
				SELECT a.type, a.length, a.decimals
				WHERE osmeta.data_type(a.type) IS DISTINCT FROM 'Identifier'
				) AS v (type, length, decimals)
		ORDER BY a.entity_id, a.attribute_id, p.column_name <> a.column_name,
			p.column_name COLLATE "C"
	), item AS MATERIALIZED (
		-- the columns of the views
		SELECT a.entity_id, a.position, a.attribute_id, a.attribute,
			a.column_name, a.label, a.type, a.is_identifier, d.local_name,
			d.local_type,
			osmeta.exposed_type(d.local_type, a.logical_type) AS shown_type,
			NULL::text AS comment
		FROM attribute AS a
			JOIN declared AS d ON d.table_name = a.table_name
				AND d.column_name = a.column_name
		WHERE a.reason IS NULL
		UNION ALL
		-- the tenant of a row is no attribute of its entity
		SELECT e.entity_id, 2147483648, NULL, 'Tenant_Id', d.column_name,
			NULL, NULL, true, d.local_name, d.local_type,
			osmeta.exposed_type(d.local_type, 'integer'),
			format('tenant of the row: column %s', d.column_name)
		FROM entity AS e
			JOIN declared AS d ON d.table_name = e.table_name
				AND osmeta.fold_name(d.column_name) = 'tenant_id'
		WHERE e.is_multitenant AND e.reason IS NULL
			AND EXISTS (SELECT 1
				FROM attribute AS a
				WHERE a.entity_id = e.entity_id AND a.reason IS NULL)
			AND NOT EXISTS (SELECT 1
				FROM attribute AS a
				WHERE a.entity_id = e.entity_id AND a.reason IS NULL
					AND a.column_name = d.column_name)
	), named AS MATERIALIZED (
		SELECT i.entity_id, n.position, n.name, n.attribute,
			format(
				CASE WHEN v.null_value IS NULL THEN '%1$s'
					-- a bare NULL would take the length from the column's type
					ELSE 'CASE WHEN %1$s <> %2$L THEN %1$s ELSE NULL::%3$s END'
					END,
				v.expression, v.null_value, i.shown_type)
				|| format(' AS %I', n.name)
				AS item,
			coalesce(i.comment,
				CASE WHEN n.name <> n.attribute
					THEN format('attribute %s', n.attribute) END) AS comment
		FROM (SELECT g.entity_id, u.item, u.attribute, u.name, u.position
				FROM (SELECT i.entity_id,
						array_agg(coalesce(i.attribute_id::text, 't')
							|| '*' || i.column_name
							ORDER BY i.position, i.attribute_id,
								i.column_name COLLATE "C") AS items,
						array_agg(i.attribute ORDER BY i.position,
							i.attribute_id, i.column_name COLLATE "C")
							AS attributes
					FROM item AS i
					GROUP BY i.entity_id) AS g,
					LATERAL unnest(g.items, g.attributes,
						osmeta.distinct_names(g.attributes)) WITH ORDINALITY
						AS u (item, attribute, name, position)) AS n
			JOIN item AS i ON i.entity_id = n.entity_id
				AND coalesce(i.attribute_id::text, 't') || '*'
					|| i.column_name = n.item,
			LATERAL (SELECT
				CASE
					WHEN i.shown_type = i.local_type
						THEN format('t.%I', i.local_name)
					WHEN i.shown_type = 'boolean'
						THEN format('(t.%I <> 0)', i.local_name)
					ELSE format('t.%I::%s', i.local_name, i.shown_type)
				END,
				-- only where the column holds values of the attribute's kind
				CASE
					WHEN i.is_identifier THEN NULL
					WHEN expose_espace.nulls IN ('text', 'all')
						AND (i.label IN ('Text', 'Email', 'Phone Number')
							AND c.family = 'text'
							OR i.label IN ('Date', 'Time', 'Date Time')
							AND c.family IN ('timestamp', 'date')
							OR expose_espace.nulls = 'all'
							AND i.label IN ('Integer', 'Long Integer',
								'Decimal', 'Currency')
							AND c.family IN ('number', 'float'))
						THEN osmeta.null_value(i.type, expose_espace.dialect)
				END
				FROM osmeta.type_capacity(i.shown_type) AS c
				) AS v (expression, null_value)
	), relation AS MATERIALIZED (
		-- views keep their names before tables do
		SELECT r.entity_id, r.table_name, r.name, r.full_name, r.position
		FROM (SELECT array_agg(e.entity_id ORDER BY o.position, e.entity_id,
					e.table_name COLLATE "C") AS entity_ids,
				array_agg(e.table_name ORDER BY o.position, e.entity_id,
					e.table_name COLLATE "C") AS tables,
				array_agg(e.full_name ORDER BY o.position, e.entity_id,
					e.table_name COLLATE "C") AS names
			FROM (SELECT e.entity_id, e.table_name, e.entity AS full_name
					FROM entity AS e
					WHERE e.entity_id IN (SELECT n.entity_id
						FROM named AS n)
					UNION ALL
					SELECT DISTINCT NULL::bigint, e.table_name, e.table_name
					FROM entity AS e
					WHERE e.entity_id IN (SELECT n.entity_id
						FROM named AS n)) AS e,
				LATERAL (SELECT CASE WHEN e.entity_id IS NULL THEN 2
					ELSE 1 END) AS o (position)) AS g,
			LATERAL unnest(g.entity_ids, g.tables, g.names,
				osmeta.distinct_names(g.names)) WITH ORDINALITY
				AS r (entity_id, table_name, full_name, name, position)
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
				expose_espace.schema, r.name, d.columns,
				NOT EXISTS (SELECT 1
					FROM physical AS p
					WHERE p.table_name = r.table_name
						AND (p.local_type IS NULL OR p.is_secret))),
			NULL
		FROM relation AS r
			JOIN (SELECT d.table_name,
					jsonb_agg(jsonb_build_object('name', d.local_name,
						'remote_name', d.column_name, 'type', d.local_type)
						ORDER BY d.position) AS columns
				FROM declared AS d
				GROUP BY d.table_name) AS d ON d.table_name = r.table_name
		WHERE r.entity_id IS NULL
		UNION ALL
		SELECT 4, r.position, 0, 'COMMENT', r.name,
			format('COMMENT ON %s %I.%I IS %L',
				CASE WHEN expose_espace.server IS NULL THEN 'VIEW'
					ELSE 'FOREIGN TABLE' END,
				expose_espace.schema, r.name, format('table %s', r.full_name)),
			NULL
		FROM relation AS r
		WHERE r.entity_id IS NULL AND r.name <> r.full_name
		UNION ALL
		SELECT 5, r.position, 0, 'VIEW', r.name,
			format(E'CREATE VIEW %I.%I AS\nSELECT %s\nFROM %s AS t',
				expose_espace.schema, r.name, n.items,
				format(CASE WHEN w.is_fenced
						THEN '(SELECT * FROM %I.%I OFFSET 0)'
						ELSE '%I.%I' END,
					expose_espace.schema, t.name)),
			NULL
		FROM relation AS r
			JOIN relation AS t
				ON t.table_name = r.table_name AND t.entity_id IS NULL
			JOIN (SELECT n.entity_id,
					string_agg(n.item, E',\n\t' ORDER BY n.position) AS items
				FROM named AS n
				GROUP BY n.entity_id) AS n ON n.entity_id = r.entity_id
			LEFT JOIN osmeta.wrapper AS w
				ON w.wrapper = expose_espace.wrapper
		UNION ALL
		SELECT 6, r.position, 0, 'COMMENT', r.name,
			format('COMMENT ON VIEW %I.%I IS %L', expose_espace.schema,
				r.name,
				format('entity %s, key %s, table %s', r.full_name,
					coalesce(e.key, 'unreadable'), r.table_name)),
			NULL
		FROM relation AS r
			JOIN entity AS e ON e.entity_id = r.entity_id
		UNION ALL
		SELECT 6, r.position, n.position, 'COMMENT', r.name,
			format('COMMENT ON COLUMN %I.%I.%I IS %L', expose_espace.schema,
				r.name, n.name, n.comment),
			NULL
		FROM relation AS r
			JOIN named AS n ON n.entity_id = r.entity_id
		WHERE n.comment IS NOT NULL
		UNION ALL
		SELECT 7, e.entity_id, 0, 'LEFT OUT', e.entity, NULL,
			coalesce(e.reason, 'no attribute can be read')
		FROM entity AS e
		WHERE e.entity_id NOT IN (SELECT n.entity_id FROM named AS n)
		UNION ALL
		SELECT 8, a.entity_id, a.position, 'LEFT OUT OF',
			format('%s.%s', a.entity, a.attribute), NULL, a.reason
		FROM attribute AS a
		WHERE a.reason IS NOT NULL
		) AS s
	ORDER BY s.step, s.sort, s.subsort, s.name COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.expose_espace(text, text, text, text, text, text, jsonb) IS
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
