/*
 * 30_environment: attaching a factory.
 *
 * attach is made of statements that the functions here build, as text, from
 * the rows of 20_metamodel and from the remote catalogue given as data; C
 * only runs them in order.  The first half (attach_catalog) makes the schema
 * and the views of the factory's physical catalogue; what these show is then
 * handed to the second half (attach_table), which makes everything else.
 */

CREATE TABLE osmeta.environment
(
	environment text PRIMARY KEY,
	server text,
	wrapper text,
	remote_schema text NOT NULL,
	dialect text NOT NULL
		CHECK (dialect IN ('sqlserver', 'oracle', 'postgres')),
	catalog_dialect text NOT NULL
		CHECK (catalog_dialect IN ('sqlserver', 'oracle', 'postgres')),
	schema text NOT NULL,
	owner text NOT NULL DEFAULT current_user,
	attached_at timestamptz NOT NULL DEFAULT current_timestamp,
	missing_tables text[] NOT NULL DEFAULT '{}',
	unreadable jsonb NOT NULL DEFAULT '[]'
		CHECK (jsonb_typeof(unreadable) = 'array'),
	table_options text[]
		CHECK (cardinality(table_options) % 2 = 0),
	CHECK ((server IS NULL) = (wrapper IS NULL))
);
COMMENT ON TABLE osmeta.environment IS
	'the factories that are attached';
COMMENT ON COLUMN osmeta.environment.server IS
	'foreign server as it was called when it was attached; NULL if the tables stand in this database';
COMMENT ON COLUMN osmeta.environment.dialect IS
	'engine of the factory: decides names and null values';
COMMENT ON COLUMN osmeta.environment.catalog_dialect IS
	'engine whose catalogue is read; another one than dialect where a copy of the factory is attached';
COMMENT ON COLUMN osmeta.environment.schema IS
	'schema of this database that holds what attach made';
COMMENT ON COLUMN osmeta.environment.missing_tables IS
	'optional tables of the metamodel that the factory does not have';
COMMENT ON COLUMN osmeta.environment.unreadable IS
	'parts of the physical catalogue that could not be read when it was attached: objects with part (a view live_physical_*) and message';
COMMENT ON COLUMN osmeta.environment.table_options IS
	'further options of its foreign tables, as they were chosen when it was attached: name, value, name, value...; NULL for those of its wrapper';

CREATE TABLE osmeta.environment_object
(
	environment text NOT NULL,
	position int NOT NULL,
	kind text NOT NULL CHECK (kind IN ('SCHEMA', 'FOREIGN TABLE', 'VIEW')),
	name text,
	PRIMARY KEY (environment, position),
	CHECK ((kind = 'SCHEMA') = (name IS NULL))
);
COMMENT ON TABLE osmeta.environment_object IS
	'Internal: what attach made in the schema of an environment, so that detach drops exactly this';

/*
 * Which relations these are, whatever they or their schema are called now.
 * Never dumped: where these numbers are not known, names have to do.
 */
CREATE TABLE osmeta.environment_relation
(
	environment text NOT NULL,
	relation oid NOT NULL,
	PRIMARY KEY (environment, relation)
);
COMMENT ON TABLE osmeta.environment_relation IS
	'Internal: the relations that attach made, so that detach does not drop what somebody else put in their place';

-- Which views of osmeta are shown live in the schema of an environment too?
CREATE TABLE osmeta.live_view
(
	view_name text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	query text,
	comment text
);
COMMENT ON TABLE osmeta.live_view IS
	'Internal: the views that stand in the schema of every environment, in order of dependency';
COMMENT ON COLUMN osmeta.live_view.query IS
	'query of a view that exists only there; NULL for a copy of the view of osmeta';
COMMENT ON COLUMN osmeta.live_view.comment IS
	'comment of a view that exists only there; a copy has that of the view of osmeta';

/*
 * The server that the foreign tables of an environment stand on: whoever
 * renames a server does not mean another one.
 */
CREATE FUNCTION osmeta.environment_server(environment text)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce((SELECT s.srvname::text
			FROM osmeta.environment_object AS o
				JOIN pg_class AS c ON c.relname::text = o.name
				JOIN pg_namespace AS n ON n.oid = c.relnamespace
				JOIN pg_foreign_table AS f ON f.ftrelid = c.oid
				JOIN pg_foreign_server AS s ON s.oid = f.ftserver
			WHERE o.environment = e.environment
				AND o.kind = 'FOREIGN TABLE'
				AND n.nspname::text = e.schema
			GROUP BY s.srvname
			ORDER BY count(*) DESC, s.srvname
			LIMIT 1), e.server)
	FROM osmeta.environment AS e
	WHERE e.environment = environment_server.environment;
END;
COMMENT ON FUNCTION osmeta.environment_server(text) IS
	'Internal: the server of an environment as it is called now; NULL if the tables stand in this database';

-- Options of a foreign table; of two with one name the one of tried counts.
CREATE FUNCTION osmeta.merged_options(options text[], tried text[])
RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(
			array_agg(merged_options.options[2 * p.position - o.part]
				ORDER BY p.position, o.part DESC), '{}')
			|| merged_options.tried
	FROM generate_series(1, cardinality(merged_options.options) / 2)
			AS p (position),
		generate_series(0, 1) AS o (part)
	WHERE NOT EXISTS (SELECT
		FROM generate_series(1, cardinality(merged_options.tried) / 2)
			AS t (position)
		WHERE merged_options.tried[2 * t.position - 1]
			= merged_options.options[2 * p.position - 1]);
END;
COMMENT ON FUNCTION osmeta.merged_options(text[], text[]) IS
	'Internal: the options that a foreign table has if those that are tried are taken';

/*
 * A relation over one table of the factory.  columns is an array of objects
 * with the keys name (here), remote_name and type, in order.  is_whole says
 * that these are all columns of the table in its own order, which a wrapper
 * that matches columns by position needs to know.  options are further
 * options of a foreign table; NULL takes those of the wrapper.  Without a
 * remote_schema remote_table is a query, of ours.
 */
CREATE FUNCTION osmeta.relation_sql(wrapper text, server text,
	remote_schema text, remote_table text, schema text, relation text,
	columns jsonb, is_whole boolean DEFAULT false,
	options text[] DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN relation_sql.server IS NULL THEN
			format(E'CREATE VIEW %I.%I AS\nSELECT %s\nFROM %I.%I AS r',
				relation_sql.schema, relation_sql.relation,
				coalesce(c.view_items, ''), relation_sql.remote_schema,
				relation_sql.remote_table)
		ELSE
			format(E'CREATE FOREIGN TABLE %I.%I (%s\n) SERVER %I OPTIONS (%s)',
				relation_sql.schema, relation_sql.relation,
				coalesce(E'\n\t' || c.table_items, ''),
				relation_sql.server, o.options)
		END
	FROM (SELECT string_agg(
				CASE
					WHEN i.remote_name = i.name
						THEN format('r.%I', i.remote_name)
					ELSE format('r.%I AS %I', i.remote_name, i.name)
				END, E',\n\t' ORDER BY i.position) AS view_items,
			string_agg(
				CASE
					WHEN w.column_option IS NULL
						THEN format('%I %s', i.name, i.type)
					ELSE format('%I %s OPTIONS (%I %L)', i.name, i.type,
						w.column_option, i.remote_name)
				END, E',\n\t' ORDER BY i.position) AS table_items,
			string_agg('"' || replace(i.remote_name, '"', '""') || '"', ', '
				ORDER BY i.position) AS query_items
		FROM (SELECT e.position, e.item ->> 'name' AS name,
				e.item ->> 'remote_name' AS remote_name,
				e.item ->> 'type' AS type
			FROM jsonb_array_elements(relation_sql.columns)
				WITH ORDINALITY AS e (item, position)) AS i
			LEFT JOIN osmeta.wrapper AS w
				ON w.wrapper = relation_sql.wrapper) AS c
		LEFT JOIN osmeta.wrapper AS w ON w.wrapper = relation_sql.wrapper,
		LATERAL (SELECT string_agg(format('%I %L', p.name, p.value), ', '
				ORDER BY p.position) AS options
			FROM (SELECT 1 AS position, w.schema_option AS name,
					relation_sql.remote_schema AS value
				WHERE (w.column_option IS NOT NULL OR relation_sql.is_whole)
					AND relation_sql.remote_schema IS NOT NULL
				-- without a name for each column, columns are picked by a query
				UNION ALL
				SELECT 2,
					CASE WHEN relation_sql.remote_schema IS NULL
						THEN w.query_option ELSE w.table_option END,
					CASE
						-- an option that names tables, too, wants parentheses
						WHEN relation_sql.remote_schema IS NULL
							THEN CASE WHEN w.query_option = w.table_option
								THEN format('(%s)', relation_sql.remote_table)
								ELSE relation_sql.remote_table END
						WHEN w.column_option IS NOT NULL
							OR relation_sql.is_whole
							THEN relation_sql.remote_table
						ELSE format('(SELECT %s FROM "%s"."%s")',
							c.query_items,
							replace(relation_sql.remote_schema, '"', '""'),
							replace(relation_sql.remote_table, '"', '""'))
					END
				UNION ALL
				SELECT 2 + t.position, f.options[2 * t.position - 1],
					f.options[2 * t.position]
				FROM (SELECT coalesce(relation_sql.options, w.table_options)
							AS options) AS f,
					generate_series(1, cardinality(f.options) / 2)
						AS t (position)) AS p
			WHERE w.wrapper IS NOT NULL) AS o;
END;
COMMENT ON FUNCTION osmeta.relation_sql(text, text, text, text, text, text, jsonb, boolean, text[]) IS
	'Internal: the statement that makes a foreign table over a table of a factory, or a view where the table stands in this database';

CREATE FUNCTION osmeta.clean_text(value text)
RETURNS text
AS 'MODULE_PATHNAME', 'osmeta_clean_text'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION osmeta.clean_text(text) IS
	'Internal: the text with U+FFFD in the place of each byte that is no character here';

/*
 * A column of the factory as the type that the metamodel says, whatever it
 * is declared with; a value that cannot be converted is NULL, never an error.
 */
CREATE FUNCTION osmeta.canonical_expression(expression text, local_type text,
	type text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE type
	WHEN 'text' THEN format('%s::text', expression)
	WHEN 'bigint' THEN
		CASE
			WHEN local_type IN ('bigint', 'integer', 'smallint')
				THEN format('%s::bigint', expression)
			ELSE format('CASE WHEN osmeta.clean_text(%1$s::text) ~ ''^ *-?[0-9]{1,18}([.]0*)? *$'' THEN %1$s::text::numeric::bigint END',
				expression)
		END
	WHEN 'boolean' THEN
		CASE
			WHEN local_type = 'boolean' THEN expression
			WHEN local_type ~ '^(bigint|integer|smallint|numeric|real|double precision)'
				THEN format('(%s <> 0)', expression)
			ELSE format('CASE WHEN lower(btrim(osmeta.clean_text(%1$s::text))) IN (''1'', ''t'', ''true'', ''y'', ''yes'') THEN true WHEN lower(btrim(osmeta.clean_text(%1$s::text))) IN (''0'', ''f'', ''false'', ''n'', ''no'') THEN false END',
				expression)
		END
	WHEN 'timestamp' THEN
		CASE
			WHEN local_type ~ '^timestamp.* with time zone$'
				THEN format('(%s AT TIME ZONE ''UTC'')', expression)
			WHEN local_type ~ '^(timestamp|date)'
				THEN format('%s::timestamp without time zone', expression)
			ELSE 'NULL::timestamp without time zone'
		END
END;
COMMENT ON FUNCTION osmeta.canonical_expression(text, text, text) IS
	'Internal: the expression that gives a column of the factory in the type that osmeta.ossys_column says';

/*
 * A column of a live table; local_type is NULL where the factory has none.
 * Texts are cleaned, unless whoever reads them does so.
 */
CREATE FUNCTION osmeta.live_item(column_name text, local_type text, type text,
	is_cleaned boolean)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format(
	CASE WHEN is_cleaned AND type = 'text' AND local_type IS NOT NULL
		THEN 'osmeta.clean_text(%s) AS %I' ELSE '%s AS %I' END,
	coalesce(
		osmeta.canonical_expression(format('t.%I', column_name), local_type,
			type),
		'NULL::' || CASE type
			WHEN 'timestamp' THEN 'timestamp without time zone'
			ELSE type END),
	column_name);
COMMENT ON FUNCTION osmeta.live_item(text, text, text, boolean) IS
	'Internal: an item of the SELECT that turns a table of the metamodel into its canonical form';

/*
 * Of rows of the metamodel with one id the first in this order counts: an
 * active one, then the first by its columns from left to right.
 */
CREATE FUNCTION osmeta.kept_order(table_name text)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(
			CASE
				WHEN c.type = 'text'
					THEN format('t.%I COLLATE "C"', c.column_name)
				WHEN c.column_name = 'is_active'
					THEN 't.is_active DESC NULLS LAST'
				ELSE format('t.%I', c.column_name)
			END, ', '
			ORDER BY c.column_name <> 'id', c.column_name <> 'is_active',
				c.position)
	FROM osmeta.ossys_column AS c
	WHERE c.table_name = kept_order.table_name AND NOT c.is_secret;
END;
COMMENT ON FUNCTION osmeta.kept_order(text) IS
	'Internal: the order of a table of the metamodel, named t, in which the first row of each id counts';

/*
 * A query of a table of the metamodel with the columns that the store and the
 * live tables have besides the factory's own, behind them: composite keys,
 * read once and not by each view again.  An entity is owned by its espace, or
 * else by its extension.
 */
CREATE FUNCTION osmeta.with_computed(table_name text, query text, schema text)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE table_name
	WHEN 'entity' THEN format(
		E'SELECT t.*,\n\tosmeta.try_oskey(CASE WHEN e.id IS NOT NULL THEN e.ss_key ELSE x.ss_key END, osmeta.clean_text(t.ss_key)) AS key\nFROM (%1$s) AS t\n\tLEFT JOIN (SELECT DISTINCT ON (t.id) t.id, t.ss_key FROM %2$I.live_espace AS t ORDER BY %3$s) AS e ON e.id = t.espace_id\n\tLEFT JOIN (SELECT DISTINCT ON (t.id) t.id, t.ss_key FROM %2$I.live_extension AS t ORDER BY %4$s) AS x ON x.id = t.extension_id',
		query, schema, osmeta.kept_order('espace'),
		osmeta.kept_order('extension'))
	WHEN 'entity_attr' THEN format(
		E'SELECT t.*,\n\tosmeta.try_bt_ref(osmeta.clean_text(t.type)) AS refers_to\nFROM (%s) AS t',
		query)
	ELSE query
END;
COMMENT ON FUNCTION osmeta.with_computed(text, text, text) IS
	'Internal: a query of a table of the metamodel with the columns that osmeta computes';

-- The type with which a column of the metamodel is declared.
CREATE FUNCTION osmeta.ossys_local_type(local_type text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN local_type IS NULL OR local_type ~ '^(varchar|character|text|name|bpchar|citext)'
		THEN 'text'
	ELSE local_type
END;
COMMENT ON FUNCTION osmeta.ossys_local_type(text) IS
	'Internal: texts of the metamodel are declared without a length, since lengths differ between versions';

/*
 * What a view of the physical catalogue shows where the engine has no such
 * thing, or where the user who reads there may not see it.
 */
CREATE FUNCTION osmeta.empty_catalog_view(view_name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE view_name
	WHEN 'physical_relation' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::text AS kind, NULL::bigint AS row_count WHERE false'
	WHEN 'physical_size' THEN
		'SELECT NULL::bigint AS table_id, NULL::bigint AS row_count, NULL::bigint AS data_bytes, NULL::bigint AS index_bytes, NULL::bigint AS lob_bytes WHERE false'
	WHEN 'physical_column' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::text AS column_name, NULL::integer AS position, NULL::text AS data_type, NULL::bigint AS length, NULL::integer AS precision, NULL::integer AS scale, NULL::text AS local_type, NULL::boolean AS is_nullable, NULL::boolean AS is_identity, NULL::text AS identity_generation, NULL::boolean AS is_generated, NULL::boolean AS has_default, NULL::text AS local_name, NULL::boolean AS is_table WHERE false'
	WHEN 'physical_key' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::text AS key_name, NULL::text AS kind, NULL::text[] AS columns, NULL::text AS target_table, NULL::text AS delete_action WHERE false'
	WHEN 'physical_index' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::text AS index_name, NULL::boolean AS is_unique, NULL::boolean AS is_primary, NULL::boolean AS is_partial, NULL::text[] AS columns WHERE false'
	WHEN 'physical_counter' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::text AS column_name, NULL::text AS counter, NULL::bigint AS last_value WHERE false'
	WHEN 'physical_trigger' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::text AS trigger_name, NULL::text AS events, NULL::boolean AS is_enabled WHERE false'
	WHEN 'physical_privilege' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::boolean AS can_select, NULL::boolean AS can_insert, NULL::boolean AS can_update, NULL::boolean AS can_delete, NULL::boolean AS can_alter WHERE false'
	WHEN 'physical_default' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::text AS column_name, NULL::text AS definition WHERE false'
	WHEN 'physical_check' THEN
		'SELECT NULL::bigint AS table_id, NULL::text AS table_name, NULL::text AS constraint_name, NULL::text AS column_name, NULL::text AS kind, NULL::text AS definition WHERE false'
END;
COMMENT ON FUNCTION osmeta.empty_catalog_view(text) IS
	'Internal: the query of a view live_physical_* without a row';

-- The query of a view live_physical_*; the template is filled part by part,
-- so that nothing in a name of the user is taken for a mark of the template.
CREATE FUNCTION osmeta.catalog_view_query(view_name text, server text,
	wrapper text, remote_schema text, dialect text, schema text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(
			CASE
				WHEN p.position = 1 THEN f.part
				WHEN catalog_view_query.server IS NULL THEN
					format('%I.%s', coalesce((SELECT c.remote_schema
							FROM osmeta.catalog_column AS c
							WHERE c.dialect = catalog_view_query.dialect
								AND c.catalog_table = f.mark
							LIMIT 1), 'pg_catalog'), f.part)
				-- tds_fdw warns of the columns of a query that are not asked for
				WHEN w.is_fenced AND EXISTS (SELECT FROM osmeta.catalog_column AS c
						WHERE c.dialect = catalog_view_query.dialect
							AND c.catalog_table = f.mark
							AND c.remote_schema IS NULL) THEN
					format('(SELECT (r.w).* FROM (SELECT w FROM %I.%I AS w OFFSET 0) AS r) AS%s',
						catalog_view_query.schema, f.mark, f.part)
				WHEN w.is_fenced THEN
					format('(SELECT * FROM %I.%I OFFSET 0) AS%s',
						catalog_view_query.schema, f.mark, f.part)
				ELSE
					format('%I.%I%s', catalog_view_query.schema, f.mark,
						f.part)
			END, '' ORDER BY p.position)
	FROM osmeta.catalog_view AS t
		LEFT JOIN osmeta.wrapper AS w
			ON w.wrapper = catalog_view_query.wrapper,
		LATERAL unnest(string_to_array(t.query, '{catalog_'))
			WITH ORDINALITY AS p (part, position),
		LATERAL (SELECT
				'catalog_' || split_part(p.part, '}', 1) AS mark,
				replace(replace(replace(
					CASE
						WHEN p.position = 1 THEN p.part
						WHEN catalog_view_query.server IS NULL
							THEN split_part(p.part, '}', 1)
								|| substr(p.part, strpos(p.part, '}') + 1)
						ELSE substr(p.part, strpos(p.part, '}') + 1)
					END,
					'{is_local}',
					CASE WHEN catalog_view_query.server IS NULL
						THEN 'true' ELSE 'false' END),
					'{boolean_type}', quote_literal(
						coalesce(w.boolean_type, 'boolean'))),
					'{schema}', quote_literal(
						catalog_view_query.remote_schema) || '::text')
				AS part) AS f
	WHERE t.dialect = catalog_view_query.dialect
		AND t.view_name = catalog_view_query.view_name
		-- a wrapper that takes no query
		AND (w.query_option IS NOT NULL
			OR NOT EXISTS (SELECT
				FROM osmeta.catalog_column AS c
				WHERE c.dialect = t.dialect AND c.remote_schema IS NULL
					AND strpos(t.query, '{' || c.catalog_table || '}') > 0));
END;
COMMENT ON FUNCTION osmeta.catalog_view_query(text, text, text, text, text, text) IS
	'Internal: the query of a view live_physical_*; NULL where the engine has none';

/*
 * The first half of attach: the schema, the catalogue's tables and the views
 * live_physical_* over them.  Where there is a fallback, it is run instead if
 * the view cannot be read: not every user may see sizes or keys.
 */
CREATE FUNCTION osmeta.attach_catalog(environment text, server text,
	wrapper text, remote_schema text, dialect text, schema text,
	options text[] DEFAULT NULL)
RETURNS TABLE (kind text, name text, statement text, fallback text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT s.kind, s.name, s.statement, s.fallback
	FROM (
		SELECT 1 AS step, 0 AS position, NULL::text AS sort,
			'SCHEMA' AS kind, NULL::text AS name,
			format('CREATE SCHEMA %I', attach_catalog.schema) AS statement,
			NULL::text AS fallback
		UNION ALL
		SELECT 2, 0, c.catalog_table, 'FOREIGN TABLE', c.catalog_table,
			osmeta.relation_sql(attach_catalog.wrapper, attach_catalog.server,
				c.remote_schema, c.remote_table, attach_catalog.schema,
				c.catalog_table,
				jsonb_agg(jsonb_build_object('name', c.column_name,
					'remote_name', c.remote_column,
					'type', CASE c.type WHEN 'boolean' THEN w.boolean_type
						ELSE c.type END)
					ORDER BY c.position), options => attach_catalog.options),
			NULL
		FROM osmeta.catalog_column AS c
			JOIN osmeta.wrapper AS w ON w.wrapper = attach_catalog.wrapper
		WHERE c.dialect = attach_catalog.dialect
			AND attach_catalog.server IS NOT NULL
			AND (c.remote_schema IS NOT NULL OR w.query_option IS NOT NULL)
		GROUP BY c.catalog_table, c.remote_schema, c.remote_table
		UNION ALL
		SELECT 3, v.position, NULL, 'VIEW', n.name,
			format(n.template, attach_catalog.schema, n.name,
				coalesce(q.query, osmeta.empty_catalog_view(v.view_name))),
			CASE WHEN v.is_optional AND q.query IS NOT NULL THEN
				format(n.template, attach_catalog.schema, n.name,
					osmeta.empty_catalog_view(v.view_name)) END
		FROM (VALUES
				('physical_column', 1, false),
				('physical_relation', 2, true),
				('physical_size', 3, true),
				('physical_key', 4, true),
				('physical_index', 5, true),
				-- reading all counters at once locks each of them
				('physical_counter', 6, false),
				('physical_trigger', 7, true),
				('physical_privilege', 8, true),
				('physical_default', 9, true),
				('physical_check', 10, true)
			) AS v (view_name, position, is_optional),
			LATERAL (SELECT
					'live_' || v.view_name AS name,
					E'CREATE VIEW %I.%I AS\nSELECT 0::bigint AS capture_id, q.*\nFROM (%s) AS q'
					AS template) AS n,
			LATERAL (SELECT osmeta.catalog_view_query(v.view_name,
					attach_catalog.server, attach_catalog.wrapper,
					attach_catalog.remote_schema, attach_catalog.dialect,
					attach_catalog.schema) AS query) AS q
		UNION ALL
		SELECT 3, 11, NULL, 'VIEW', 'live_physical_table',
			-- no join: of foreign tables the planner expects a few rows, and
			-- would go through all of one for each of the other
			format(E'CREATE VIEW %1$I.live_physical_table AS\nSELECT 0::bigint AS capture_id, p.table_id, max(p.table_name) AS table_name,\n\tmax(p.kind) AS kind, max(p.row_count) AS row_count,\n\tmax(p.data_bytes) AS data_bytes, max(p.index_bytes) AS index_bytes,\n\tmax(p.lob_bytes) AS lob_bytes\nFROM (SELECT r.table_id, r.table_name, r.kind, r.row_count,\n\t\tNULL::bigint AS data_bytes, NULL::bigint AS index_bytes,\n\t\tNULL::bigint AS lob_bytes\n\tFROM %1$I.live_physical_relation AS r\n\tUNION ALL\n\tSELECT s.table_id, NULL, NULL, s.row_count, s.data_bytes,\n\t\ts.index_bytes, s.lob_bytes\n\tFROM %1$I.live_physical_size AS s) AS p\nGROUP BY p.table_id\nHAVING max(p.table_name) IS NOT NULL',
				attach_catalog.schema),
			NULL
		) AS s
	ORDER BY s.step, s.position, s.sort COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.attach_catalog(text, text, text, text, text, text, text[]) IS
	'Internal: the statements of attach that make the schema and the views of the physical catalogue';

/*
 * The columns of the metamodel and where the factory has them.  columns is
 * what physical_column shows of the tables of the metamodel: an array of
 * objects with table_name, column_name and local_type.  Names are matched
 * without case; of two tables that differ in case only, the one spelled as
 * the metamodel does (or else the first) counts.
 */
CREATE FUNCTION osmeta.attach_match(columns jsonb)
RETURNS TABLE (table_name text, table_position int, column_name text,
	column_position int, type text, is_required boolean, remote_table text,
	remote_column text, local_type text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH remote AS (
		SELECT r.table_name, r.column_name, r.local_type
		FROM jsonb_to_recordset(attach_match.columns)
			AS r (table_name text, column_name text, local_type text)
	), remote_table AS (
		SELECT DISTINCT ON (t.table_name) t.table_name, t.position,
			t.is_required, r.table_name AS remote_table
		FROM osmeta.ossys_table AS t
			LEFT JOIN remote AS r
				ON osmeta.fold_name(r.table_name)
					= osmeta.fold_name(t.physical_name)
		ORDER BY t.table_name, r.table_name <> t.physical_name,
			r.table_name COLLATE "C"
	)
	SELECT DISTINCT ON (t.position, c.position)
		t.table_name, t.position AS table_position, c.column_name, c.position,
		c.type,
		CASE WHEN t.remote_table IS NULL THEN t.is_required
			ELSE c.is_required END,
		t.remote_table, r.column_name,
		osmeta.ossys_local_type(r.local_type)
	FROM remote_table AS t
		JOIN osmeta.ossys_column AS c ON c.table_name = t.table_name
		LEFT JOIN remote AS r
			ON r.table_name = t.remote_table
			AND osmeta.fold_name(r.column_name) = osmeta.fold_name(c.column_name)
			AND r.local_type IS NOT NULL
	WHERE NOT c.is_secret
	ORDER BY t.position, c.position, r.column_name <> c.column_name,
		r.column_name COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.attach_match(jsonb) IS
	'Internal: the columns of the metamodel with their spelling and type at the factory, NULL where it lacks them';

-- Required tables and columns that the factory lacks.
CREATE FUNCTION osmeta.attach_missing(columns jsonb)
RETURNS TABLE (object text, is_table boolean, is_required boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT m.object, m.is_table, m.is_required
	FROM (SELECT DISTINCT x.table_position, 0 AS position,
			'OSSYS_' || upper(x.table_name COLLATE "C") AS object, true AS is_table,
			x.is_required
		FROM osmeta.attach_match(attach_missing.columns) AS x
		WHERE x.remote_table IS NULL
		UNION ALL
		SELECT x.table_position, x.column_position AS position,
			'OSSYS_' || upper(x.table_name COLLATE "C") || '.' || upper(x.column_name COLLATE "C"),
			false, true
		FROM osmeta.attach_match(attach_missing.columns) AS x
		WHERE x.remote_table IS NOT NULL AND x.remote_column IS NULL
			AND x.is_required) AS m
	ORDER BY m.table_position, m.position;
END;
COMMENT ON FUNCTION osmeta.attach_missing(jsonb) IS
	'Internal: tables of the metamodel, and required columns, that the factory lacks';

/*
 * The definition of a view of osmeta, told to read an environment instead of
 * the store.  A name counts only as a whole and only behind "osmeta.".
 */
CREATE FUNCTION osmeta.live_definition(view_name text, schema text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- the name of the schema comes in last, in one pass
	SELECT regexp_replace(
			regexp_replace(coalesce(l.query, pg_get_viewdef(c.oid)),
				E'\\mosmeta\\.captured_(\\w+)', E'osmeta.live_\\1', 'g'),
			E'\\mosmeta\\.(live_\\w+|shown_capture|'
				|| (SELECT string_agg(v.view_name, '|')
					FROM osmeta.live_view AS v) || E')\\M(?!\\()',
			replace(quote_ident(live_definition.schema), E'\\', E'\\\\')
				|| E'.\\1', 'g')
	FROM osmeta.live_view AS l
		LEFT JOIN (pg_class AS c
				JOIN pg_namespace AS n ON n.oid = c.relnamespace
					AND n.nspname = 'osmeta')
			ON c.relname = l.view_name AND c.relkind = 'v'
	WHERE l.view_name = live_definition.view_name;
END;
COMMENT ON FUNCTION osmeta.live_definition(text, text) IS
	'Internal: the query of a view of osmeta over the live tables of an environment';

/*
 * The second half of attach: the tables of the metamodel, their canonical
 * and fenced form live_*, and the live copies of the views of osmeta.
 */
CREATE FUNCTION osmeta.attach_table(environment text, server text,
	wrapper text, remote_schema text, schema text, columns jsonb,
	unreadable jsonb DEFAULT '[]', options text[] DEFAULT NULL)
RETURNS TABLE (kind text, name text, statement text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH matched AS MATERIALIZED (
		SELECT m.*
		FROM osmeta.attach_match(attach_table.columns) AS m
	)
	SELECT s.kind, s.name, s.statement
	FROM (
		SELECT 1 AS step, m.table_position AS sort,
			CASE WHEN attach_table.server IS NULL THEN 'VIEW'
				ELSE 'FOREIGN TABLE' END AS kind,
			'ossys_' || m.table_name AS name,
			osmeta.relation_sql(attach_table.wrapper, attach_table.server,
				attach_table.remote_schema, m.remote_table,
				attach_table.schema, 'ossys_' || m.table_name,
				jsonb_agg(jsonb_build_object('name', m.column_name,
					'remote_name', m.remote_column, 'type', m.local_type)
					ORDER BY m.column_position),
				options => attach_table.options) AS statement
		FROM matched AS m
		WHERE m.remote_column IS NOT NULL
		GROUP BY m.table_position, m.table_name, m.remote_table
		UNION ALL
		-- the view of entities reads those of their owners
		SELECT 2, m.table_position + CASE m.table_name
				WHEN 'entity' THEN 1000 ELSE 0 END,
			'VIEW', 'live_' || m.table_name,
			format(E'CREATE VIEW %I.%I AS\n%s', attach_table.schema,
				'live_' || m.table_name,
				osmeta.with_computed(m.table_name,
					format(E'SELECT 0::bigint AS capture_id,\n\t%s\n%s',
						string_agg(osmeta.live_item(m.column_name,
								CASE WHEN m.remote_column IS NOT NULL
									THEN m.local_type END, m.type, true),
							E',\n\t' ORDER BY m.column_position),
						CASE
							WHEN count(m.remote_column) = 0 THEN 'WHERE false'
							ELSE format('FROM (SELECT * FROM %I.%I OFFSET 0) AS t',
									attach_table.schema,
									'ossys_' || m.table_name)
								-- a row without a usable id is no row
								|| coalesce(max(format(E'\nWHERE %s IS NOT NULL',
										CASE WHEN m.type = 'text'
												OR m.local_type IN
												('bigint', 'integer', 'smallint')
											THEN 't.id'
										ELSE osmeta.canonical_expression('t.id',
											m.local_type, m.type) END))
									FILTER (WHERE m.column_name = 'id'
										AND m.is_required), '')
						END), attach_table.schema))
		FROM matched AS m
		GROUP BY m.table_position, m.table_name
		UNION ALL
		SELECT 3, 0, 'VIEW', 'shown_capture',
			format(E'CREATE VIEW %I.shown_capture AS\nSELECT %L::text AS environment, NULL::bigint AS capture_id,\n\t0::bigint AS store_id, NULL::boolean AS is_consistent,\n\t%L::text[] AS missing_tables, ''[]''::jsonb AS left_out,\n\t%L::jsonb AS unreadable, ''[]''::jsonb AS cleaned,\n\t(SELECT e.dialect FROM osmeta.environment AS e\n\tWHERE e.environment = %L) AS dialect',
				attach_table.schema, attach_table.environment,
				ARRAY(SELECT a.object
					FROM osmeta.attach_missing(attach_table.columns) AS a
					WHERE a.is_table),
				attach_table.unreadable, attach_table.environment)
				|| format(E';\nCOMMENT ON VIEW %I.shown_capture IS %L',
					attach_table.schema,
					'Internal: what stands for a capture in the live views')
		UNION ALL
		SELECT 4, v.position, 'VIEW', v.view_name,
			format(E'CREATE VIEW %I.%I AS\n%s', attach_table.schema,
				v.view_name,
				rtrim(osmeta.live_definition(v.view_name, attach_table.schema),
					E';\n '))
				|| coalesce(format(E';\nCOMMENT ON VIEW %I.%I IS %L',
						attach_table.schema, v.view_name,
						coalesce(v.comment, obj_description(
								to_regclass('osmeta.' || v.view_name),
								'pg_class'))), '')
		FROM osmeta.live_view AS v
		) AS s
	ORDER BY s.step, s.sort;
END;
COMMENT ON FUNCTION osmeta.attach_table(text, text, text, text, text, jsonb, jsonb, text[]) IS
	'Internal: the statements of attach that make the tables of the metamodel and the live views';

CREATE FUNCTION osmeta.attach(environment text, server text DEFAULT NULL,
	remote_schema text DEFAULT NULL, dialect text DEFAULT NULL,
	schema text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'osmeta_attach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.attach(text, text, text, text, text) IS
	'attach a factory: foreign tables of its metamodel and live views in a new schema';

CREATE FUNCTION osmeta.attach_sql(environment text, server text DEFAULT NULL,
	remote_schema text DEFAULT NULL, dialect text DEFAULT NULL,
	schema text DEFAULT NULL)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'osmeta_attach_sql'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.attach_sql(text, text, text, text, text) IS
	'the statements that attach would run, as a script; nothing is left behind';

CREATE FUNCTION osmeta.detach(environment text)
RETURNS void
AS 'MODULE_PATHNAME', 'osmeta_detach'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.detach(text) IS
	'drop what attach made; captures are kept';
