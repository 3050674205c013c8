/*
 * 63_publish_statement: the texts of what the platform runs when a model is
 * published, and of what counts the rows that are in the way.
 *
 * Tables are named without their schema: the statements run where the current
 * schema (SQL Server: the user's default one) is the factory's.  Every name
 * is quoted as the engine wants it, so that none can be more than a name.  What
 * is not known makes no statement: what builds one is strict.
 */

CREATE FUNCTION osmeta.publish_quote(value text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '''' || replace(value, '''', '''''') || '''';
COMMENT ON FUNCTION osmeta.publish_quote(text) IS
	'Internal: a text as a literal of the SQL standard';

-- The names of new tables, keys and indexes; Oracle's are in capitals, and a
-- name that is too long for PostgreSQL would be cut to one that may be taken.
CREATE FUNCTION osmeta.publish_object_name(name text, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE publish_object_name.dialect
	WHEN 'oracle' THEN upper(name COLLATE "C")
	WHEN 'postgres' THEN osmeta.local_name(name)
	ELSE name
END;
COMMENT ON FUNCTION osmeta.publish_object_name(text, text) IS
	'Internal: the name of a table, key or index as it comes to stand in the catalogue of an engine';

-- What a metamodel holds as a number, if it can be one of an engine.
CREATE FUNCTION osmeta.publish_number(value bigint)
RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value BETWEEN 0 AND 2147483647 THEN value::int END;
COMMENT ON FUNCTION osmeta.publish_number(bigint) IS
	'Internal: a length or number of decimals; NULL if it is none';

-- The type of a column; NULL where it is not known.
CREATE FUNCTION osmeta.publish_type(type text, length bigint, decimals bigint,
	dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN osmeta.is_data_type(type) AND osmeta.data_type(type) <> 'Identifier'
		THEN osmeta.column_type(type, osmeta.publish_number(length),
			osmeta.publish_number(decimals), dialect)
END;
COMMENT ON FUNCTION osmeta.publish_type(text, bigint, bigint, text) IS
	'Internal: the type of a column; NULL where the type of the attribute is unknown';

-- Is a column of the database of the type that publishing gives it?  The
-- words of three engines are told apart by themselves.
CREATE FUNCTION osmeta.publish_is_type(type text, length bigint,
	decimals bigint, data_type text, column_length bigint,
	column_precision int, column_scale int)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
			WHEN p.data_type = 'number' THEN
				replace(osmeta.fold_name(osmeta.publish_type(p.type, p.length,
					p.decimals, 'oracle')), ',0)', ')')
				= format('number(%s%s)', p.precision,
					CASE WHEN p.scale <> 0 THEN ',' || p.scale ELSE '' END)
			WHEN e.type ^@ 'varchar' THEN p.data_type IN ('varchar',
					'nvarchar', 'varchar2', 'nvarchar2', 'bpchar')
				AND e.type = format('varchar(%s)', p.column_length)
			WHEN e.type = 'text' THEN p.data_type IN ('text', 'ntext', 'clob',
					'nclob', 'long')
				OR p.data_type IN ('varchar', 'nvarchar')
				AND p.column_length IS NULL
			WHEN e.type = 'integer' THEN p.data_type IN ('int4', 'int')
			WHEN e.type = 'bigint' THEN p.data_type IN ('int8', 'bigint')
			WHEN e.type ^@ 'numeric' THEN p.data_type IN ('numeric', 'decimal')
				AND e.type = format('numeric(%s,%s)', p.precision, p.scale)
			WHEN e.type = 'boolean' THEN p.data_type IN ('bool', 'bit')
			WHEN e.type ^@ 'timestamp' THEN p.data_type IN ('timestamp',
				'datetime', 'datetime2', 'date')
			WHEN e.type = 'bytea' THEN p.data_type IN ('bytea', 'varbinary',
				'image', 'blob', 'long raw')
			ELSE false
		END
	FROM (SELECT publish_is_type.type AS type,
				publish_is_type.length AS length,
				publish_is_type.decimals AS decimals,
				publish_is_type.data_type AS data_type,
				publish_is_type.column_length AS column_length,
				publish_is_type.column_precision AS precision,
				publish_is_type.column_scale AS scale) AS p,
		LATERAL (SELECT osmeta.publish_type(p.type, p.length, p.decimals,
				'postgres') AS type) AS e;
END;
COMMENT ON FUNCTION osmeta.publish_is_type(text, bigint, bigint, text, bigint, int, int) IS
	'Internal: is a column of the database of the type that publishing gives it?';

-- The null value of a type as a literal; NULL where it is NULL.
CREATE FUNCTION osmeta.publish_null(type text, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN NOT coalesce(osmeta.is_data_type(type), false) THEN NULL
	WHEN osmeta.null_value(type, dialect) IS NULL THEN NULL
	WHEN osmeta.data_type(type) IN ('Date', 'Time', 'Date Time') THEN
		CASE publish_null.dialect
			WHEN 'sqlserver' THEN format('{ts ''%s''}',
				osmeta.null_value(type, dialect))
			ELSE format('TIMESTAMP ''%s''', osmeta.null_value(type, dialect))
		END
	WHEN osmeta.data_type(type) = 'Boolean' THEN
		CASE publish_null.dialect WHEN 'postgres' THEN 'false' ELSE '0' END
	WHEN osmeta.null_value(type, dialect) = '0' THEN '0'
	WHEN publish_null.dialect = 'sqlserver'
		THEN 'N' || osmeta.publish_quote(osmeta.null_value(type, dialect))
	ELSE osmeta.publish_quote(osmeta.null_value(type, dialect))
END;
COMMENT ON FUNCTION osmeta.publish_null(text, text) IS
	'Internal: the null value of a type as a literal of an engine; NULL where that is NULL';

-- A column as CREATE TABLE and ADD want it.
CREATE FUNCTION osmeta.publish_column(column_name text, column_type text,
	is_auto_number boolean, is_primary boolean, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN osmeta.engine_name(column_name, dialect) || ' ' || column_type
	|| CASE WHEN is_auto_number THEN
			CASE publish_column.dialect
				WHEN 'sqlserver' THEN ' IDENTITY(1,1)'
				WHEN 'postgres' THEN ' GENERATED BY DEFAULT AS IDENTITY'
				ELSE ''
			END
		ELSE '' END
	|| CASE WHEN publish_column.dialect = 'postgres' THEN ''
		WHEN is_primary OR is_auto_number
			AND publish_column.dialect = 'sqlserver' THEN ' NOT NULL'
		WHEN publish_column.dialect = 'sqlserver' THEN ' NULL'
		ELSE '' END;
COMMENT ON FUNCTION osmeta.publish_column(text, text, boolean, boolean, text) IS
	'Internal: a column as CREATE TABLE and ALTER TABLE ADD want it';

CREATE FUNCTION osmeta.publish_add_column(table_name text, column_name text,
	column_type text, is_auto_number boolean, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format(
	CASE publish_add_column.dialect
		WHEN 'sqlserver' THEN 'ALTER TABLE %s ADD %s'
		WHEN 'oracle' THEN 'ALTER TABLE %s ADD (%s)'
		ELSE 'ALTER TABLE %s ADD COLUMN %s'
	END,
	osmeta.engine_name(table_name, dialect),
	osmeta.publish_column(column_name, column_type, is_auto_number, false,
		dialect));
COMMENT ON FUNCTION osmeta.publish_add_column(text, text, text, boolean, text) IS
	'Internal: the statement that adds a column';

-- Oracle's auto numbers: a sequence, and a trigger that draws from it.
CREATE FUNCTION osmeta.publish_sequence(table_name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format('CREATE SEQUENCE %s START WITH 1 INCREMENT BY 1',
	osmeta.engine_name('OSSEQ_' || table_name, 'oracle'));
COMMENT ON FUNCTION osmeta.publish_sequence(text) IS
	'Internal: the sequence of an auto number on Oracle';

CREATE FUNCTION osmeta.publish_trigger(table_name text, column_name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format('CREATE TRIGGER %s BEFORE INSERT ON %s FOR EACH ROW WHEN (NEW.%3$s IS NULL) BEGIN SELECT %4$s.NEXTVAL INTO :NEW.%3$s FROM DUAL; END;',
	osmeta.engine_name('OSTRG_' || table_name, 'oracle'),
	osmeta.engine_name(table_name, 'oracle'),
	osmeta.engine_name(column_name, 'oracle'),
	osmeta.engine_name('OSSEQ_' || table_name, 'oracle'));
COMMENT ON FUNCTION osmeta.publish_trigger(text, text) IS
	'Internal: the trigger of an auto number on Oracle';

-- The expression that turns a value of one type into another, in PostgreSQL.
CREATE FUNCTION osmeta.publish_cast(value text, from_label text,
	to_label text, column_type text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN from_label = 'Boolean' AND to_label IN ('Integer',
		'Long Integer', 'Decimal', 'Currency')
		THEN format('%s::integer::%s', value, column_type)
	WHEN to_label = 'Boolean' AND from_label IN ('Integer', 'Long Integer',
		'Decimal', 'Currency')
		THEN format('(%s <> 0)', value)
	-- no cast: works on a table without values, and only there
	WHEN (from_label IN ('Boolean', 'Date', 'Time', 'Date Time', 'Binary Data')
			OR to_label IN ('Boolean', 'Date', 'Time', 'Date Time',
				'Binary Data'))
		AND from_label NOT IN ('Text', 'Email', 'Phone Number')
		AND to_label NOT IN ('Text', 'Email', 'Phone Number')
		AND from_label IS DISTINCT FROM to_label
		THEN format('%s::text::%s', value, column_type)
	ELSE format('%s::%s', value, column_type)
END;
COMMENT ON FUNCTION osmeta.publish_cast(text, text, text, text) IS
	'Internal: the expression that converts a column, in PostgreSQL';

CREATE FUNCTION osmeta.publish_alter_column(table_name text, column_name text,
	column_type text, from_label text, to_label text, is_primary boolean,
	dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE publish_alter_column.dialect
	WHEN 'sqlserver' THEN format('ALTER TABLE %s ALTER COLUMN %s %s %s',
		osmeta.engine_name(table_name, dialect),
		osmeta.engine_name(column_name, dialect), column_type,
		CASE WHEN is_primary THEN 'NOT NULL' ELSE 'NULL' END)
	WHEN 'oracle' THEN format('ALTER TABLE %s MODIFY (%s %s)',
		osmeta.engine_name(table_name, dialect),
		osmeta.engine_name(column_name, dialect), column_type)
	ELSE format('ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s',
		osmeta.engine_name(table_name, dialect),
		osmeta.engine_name(column_name, dialect), column_type,
		osmeta.publish_cast(osmeta.engine_name(column_name, dialect),
			from_label, to_label, column_type))
END;
COMMENT ON FUNCTION osmeta.publish_alter_column(text, text, text, text, text, boolean, text) IS
	'Internal: the statement that changes the type of a column';

CREATE FUNCTION osmeta.publish_drop_constraint(table_name text,
	constraint_name text, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format('ALTER TABLE %s DROP CONSTRAINT %s',
	osmeta.engine_name(table_name, dialect),
	osmeta.engine_name(constraint_name, dialect));
COMMENT ON FUNCTION osmeta.publish_drop_constraint(text, text, text) IS
	'Internal: the statement that drops a key';

CREATE FUNCTION osmeta.publish_add_foreign_key(table_name text,
	column_name text, target_table text, target_column text,
	delete_rule text, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format('ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)%s',
	osmeta.engine_name(table_name, dialect),
	osmeta.engine_name(osmeta.publish_object_name(
		osmeta.foreign_key_name(table_name, target_table, column_name),
		dialect), dialect),
	osmeta.engine_name(column_name, dialect),
	osmeta.engine_name(target_table, dialect),
	osmeta.engine_name(target_column, dialect),
	CASE WHEN osmeta.fold_name(delete_rule) = 'delete'
		THEN ' ON DELETE CASCADE' ELSE '' END);
COMMENT ON FUNCTION osmeta.publish_add_foreign_key(text, text, text, text, text, text) IS
	'Internal: the statement that makes the foreign key of a reference';

-- The name of the index over a column; on Oracle it ends in digits that
-- cannot be known.
CREATE FUNCTION osmeta.publish_index_name(table_name text, columns text[],
	dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN publish_index_name.dialect <> 'oracle' THEN
	osmeta.publish_object_name('OSIDX_' || table_name || (
		SELECT string_agg('_' || length(c.name) || c.name, ''
			ORDER BY c.position)
		FROM unnest(columns) WITH ORDINALITY AS c (name, position)),
		dialect)
END;
COMMENT ON FUNCTION osmeta.publish_index_name(text, text[], text) IS
	'Internal: the name of an index; NULL where it cannot be known';

CREATE FUNCTION osmeta.engine_names(names text[], dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT string_agg(osmeta.engine_name(n.name,
		engine_names.dialect), ', ' ORDER BY n.position)
	FROM unnest(names) WITH ORDINALITY AS n (name, position));
COMMENT ON FUNCTION osmeta.engine_names(text[], text) IS
	'Internal: a list of names as an engine wants them quoted';

-- NULL where the index has no name that can be known.
CREATE FUNCTION osmeta.publish_create_index(table_name text, columns text[],
	is_unique boolean, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format('CREATE %sINDEX %s ON %s (%s)',
		CASE WHEN is_unique THEN 'UNIQUE ' ELSE '' END,
		osmeta.engine_name(osmeta.publish_index_name(table_name, columns,
			dialect), dialect),
		osmeta.engine_name(table_name, dialect),
		osmeta.engine_names(columns, dialect))
	-- format() takes NULL for an empty text
	|| left(osmeta.publish_index_name(table_name, columns, dialect), 0);
COMMENT ON FUNCTION osmeta.publish_create_index(text, text[], boolean, text) IS
	'Internal: the statement that makes an index; NULL where its name cannot be known';

/*
 * The rows whose value does not become one of another type, as a condition
 * on an expression; NULL if every row converts.  How the platform converts is
 * not published: the condition says what the engine's own conversion does.
 */
CREATE FUNCTION osmeta.publish_condition(value text, from_label text,
	type text, length bigint, decimals bigint, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN k.source = k.target AND k.source IN ('time', 'binary', 'boolean')
			THEN NULL
		WHEN k.source = 'binary' OR k.target = 'binary'
			OR k.source = 'time' AND k.target <> 'text'
			OR k.target = 'time' AND k.source <> 'text'
			THEN format('%s IS NOT NULL', k.value)
		-- long texts
		WHEN k.target = 'text' THEN
			format(CASE
				WHEN k.size IS NULL OR k.source = 'boolean' THEN NULL
				WHEN k.source <> 'text' AND k.size >= 40 THEN NULL
				WHEN k.dialect = 'sqlserver' AND k.source = 'text'
					THEN 'DATALENGTH(%s) / 2 > %s'
				WHEN k.dialect = 'sqlserver'
					THEN 'LEN(CONVERT(nvarchar(100), %s)) > %s'
				WHEN k.dialect = 'oracle' AND k.source <> 'text'
					THEN 'LENGTH(TO_CHAR(%s)) > %s'
				WHEN k.dialect = 'oracle' THEN 'LENGTH(%s) > %s'
				ELSE 'char_length(%s::text) > %s' END, k.value, k.size)
		-- texts that are none of what is wanted
		WHEN k.source = 'text' AND k.dialect = 'sqlserver' THEN
			format('%1$s IS NOT NULL AND TRY_CONVERT(%2$s, %1$s) IS NULL'
				|| CASE WHEN k.target = 'decimal'
					THEN ' OR TRY_CONVERT(%2$s, %1$s) <> TRY_CONVERT(decimal(38,10), %1$s)'
					ELSE '' END,
				k.value, k.column_type)
		WHEN k.source = 'text' AND k.target = 'time' THEN
			format(CASE WHEN k.dialect = 'oracle'
				THEN 'VALIDATE_CONVERSION(%s AS TIMESTAMP, ''YYYY-MM-DD HH24:MI:SS'') = 0'
				-- a day that its month does not have is none either
				ELSE 'CASE WHEN %1$s !~ ''^ *[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?)? *$'' THEN true ELSE substr(ltrim(%1$s), 9, 2)::integer > date_part(''day'', make_date(substr(ltrim(%1$s), 1, 4)::integer, substr(ltrim(%1$s), 6, 2)::integer, 1) + interval ''1 month -1 day'') END'
				END, k.value)
		WHEN k.source = 'text' AND k.target = 'boolean'
				AND k.dialect <> 'oracle' THEN
			format('lower(btrim(%s)) NOT IN (''0'', ''1'', ''true'', ''false'', ''t'', ''f'', ''yes'', ''no'', ''y'', ''n'', ''on'', ''off'')',
				k.value)
		WHEN k.source = 'text' AND k.dialect = 'oracle' THEN
			format('CASE WHEN VALIDATE_CONVERSION(%1$s AS NUMBER) = 0 THEN 1 WHEN ABS(TO_NUMBER(%1$s)) >= %2$s OR ROUND(TO_NUMBER(%1$s), %3$s) <> TO_NUMBER(%1$s) THEN 1 END = 1',
				k.value, k.bound, k.scale)
		WHEN k.source = 'text' THEN
			format('CASE WHEN %1$s !~ %2$L THEN true ELSE %3$s END',
				k.value,
				CASE WHEN k.target IN ('integer', 'long')
					THEN '^ *[+-]?[0-9]{1,100} *$'
					ELSE '^ *[+-]?([0-9]{1,100}([.][0-9]*)?|[.][0-9]{1,100}) *$'
					END,
				CASE k.target
					WHEN 'integer' THEN format('%s::numeric NOT BETWEEN -2147483648 AND 2147483647', k.value)
					WHEN 'long' THEN format('%s::numeric NOT BETWEEN -9223372036854775808 AND 9223372036854775807', k.value)
					ELSE format('abs(%1$s::numeric) >= %3$s OR round(%1$s::numeric, %2$s) <> %1$s::numeric', k.value, k.scale, k.bound)
				END)
		-- numbers that are too large, or lose decimals
		WHEN k.source = 'boolean' THEN NULL
		WHEN k.target = 'boolean' THEN
			CASE WHEN k.dialect = 'oracle'
				THEN format('ABS(%s) >= 10', k.value) END
		WHEN k.source = k.target AND k.target IN ('integer', 'long')
			OR k.source = 'integer' AND k.target = 'long' THEN NULL
		WHEN k.target = 'integer' AND k.dialect <> 'oracle'
			THEN format('%1$s NOT BETWEEN -2147483648 AND 2147483647'
				|| CASE WHEN k.source = 'decimal'
					THEN ' OR ROUND(%1$s, 0) <> %1$s' ELSE '' END, k.value)
		WHEN k.target = 'long' AND k.dialect <> 'oracle'
			THEN format('%1$s NOT BETWEEN -9223372036854775808 AND 9223372036854775807'
				|| CASE WHEN k.source = 'decimal'
					THEN ' OR ROUND(%1$s, 0) <> %1$s' ELSE '' END, k.value)
		WHEN k.source = 'decimal'
			THEN format('ABS(%1$s) >= %2$s OR ROUND(%1$s, %3$s) <> %1$s',
				k.value, k.bound, k.scale)
		WHEN k.digits >= 19 OR k.source = 'integer' AND k.digits >= 10
			THEN NULL
		ELSE format('ABS(%s) >= %s', k.value, k.bound)
		END
	FROM (SELECT publish_condition.value AS value,
				publish_condition.dialect AS dialect,
				s.word AS source, t.word AS target, p.column_type,
				c.size, coalesce(d.scale, 0) AS scale,
				d.digits,
				-- the first number that has a digit too many
				'1' || repeat('0', d.digits) AS bound
			FROM (SELECT osmeta.publish_type(publish_condition.type,
							publish_condition.length,
							publish_condition.decimals,
							publish_condition.dialect) AS column_type,
						osmeta.publish_type(publish_condition.type,
							publish_condition.length,
							publish_condition.decimals, 'postgres')
							AS local_type,
						osmeta.data_type(publish_condition.type) AS label)
					AS p,
				LATERAL osmeta.type_capacity(p.local_type) AS c,
				LATERAL (SELECT CASE
						WHEN p.label = 'Integer' THEN 10
						WHEN p.label = 'Long Integer' THEN 20
						WHEN p.label = 'Boolean' THEN 1
						ELSE c.size END AS digits,
					c.scale) AS d,
				LATERAL (SELECT CASE
						WHEN l.label IN ('Text', 'Email', 'Phone Number')
							THEN 'text'
						WHEN l.label = 'Integer' THEN 'integer'
						WHEN l.label = 'Long Integer' THEN 'long'
						WHEN l.label IN ('Decimal', 'Currency') THEN 'decimal'
						WHEN l.label = 'Boolean' THEN 'boolean'
						WHEN l.label = 'Binary Data' THEN 'binary'
						ELSE 'time' END AS word
					FROM (SELECT publish_condition.from_label AS label) AS l)
					AS s,
				LATERAL (SELECT CASE
						WHEN l.label IN ('Text', 'Email', 'Phone Number')
							THEN 'text'
						WHEN l.label = 'Integer' THEN 'integer'
						WHEN l.label = 'Long Integer' THEN 'long'
						WHEN l.label IN ('Decimal', 'Currency') THEN 'decimal'
						WHEN l.label = 'Boolean' THEN 'boolean'
						WHEN l.label = 'Binary Data' THEN 'binary'
						ELSE 'time' END AS word
					FROM (SELECT p.label AS label) AS l) AS t) AS k;
END;
COMMENT ON FUNCTION osmeta.publish_condition(text, text, text, bigint, bigint, text) IS
	'Internal: the condition on rows that do not become a value of another type; NULL if there can be none';

/*
 * The queries that count the rows in the way, over tables whose names and
 * columns are given as an engine wants them.
 */
CREATE FUNCTION osmeta.publish_count_rows(relation text, condition text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format('SELECT count(*) FROM %s WHERE %s', relation, condition);
COMMENT ON FUNCTION osmeta.publish_count_rows(text, text) IS
	'Internal: the query that counts the rows of a table';

-- Is a type a number or a text?  NULL: neither.
CREATE FUNCTION osmeta.publish_family(type text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN type ~* '^(int|bigint|smallint|numeric|decimal|number)|^(Long Integer|Currency)$'
		THEN 'number'
	WHEN type ~* '^(n?text|n?varchar|n?char|character|bpchar|n?clob)|^(Email|Phone Number)$'
		THEN 'text'
END;
COMMENT ON FUNCTION osmeta.publish_family(text) IS
	'Internal: is a type of a column, or of an attribute, a number or a text?';

-- A value as a reference to rows whose identifier is of another type finds
-- it; NULL where it does not become one.
CREATE FUNCTION osmeta.publish_as_key(value text, family text, wanted text,
	dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN wanted = 'number' AND family = 'text' THEN format(
		CASE publish_as_key.dialect
			WHEN 'sqlserver' THEN 'TRY_CONVERT(bigint, %s)'
			WHEN 'oracle' THEN 'CASE WHEN VALIDATE_CONVERSION(%1$s AS NUMBER) = 1 THEN TO_NUMBER(%1$s) END'
			ELSE 'CASE WHEN %1$s ~ ''^ *[+-]?[0-9]{1,100} *$'' THEN %1$s::numeric END'
		END, value)
	WHEN wanted = 'text' AND family = 'number' THEN format(
		CASE publish_as_key.dialect
			WHEN 'sqlserver' THEN 'CONVERT(nvarchar(100), %s)'
			WHEN 'oracle' THEN 'TO_CHAR(%s)'
			ELSE '%s::text'
		END, value)
	ELSE value
END;
COMMENT ON FUNCTION osmeta.publish_as_key(text, text, text, text) IS
	'Internal: a value as one of the type of the identifier that it refers to';

-- The same for a count that is run here.  SQL Server compares texts without
-- case and without the blanks at their end, and takes an empty one for 0.
CREATE FUNCTION osmeta.publish_local_key(family text, wanted text,
	dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN wanted = 'number' AND family = 'text'
			AND publish_local_key.dialect = 'sqlserver'
		THEN format('CASE WHEN btrim(c1::text) = '''' THEN 0 ELSE %s END',
			osmeta.publish_as_key('c1::text', family, wanted, 'postgres'))
	WHEN coalesce(wanted, 'text') = 'text' AND family = 'text'
			AND publish_local_key.dialect = 'sqlserver'
		THEN 'osmeta.fold_name(rtrim(c1::text))'
	ELSE osmeta.publish_as_key(
		CASE family WHEN 'text' THEN 'c1::text' ELSE 'c1' END, family, wanted,
		'postgres')
END;
COMMENT ON FUNCTION osmeta.publish_local_key(text, text, text) IS
	'Internal: publish_as_key() for a query that is run here, over column c1';

-- No AS before a table's alias: Oracle knows none.
CREATE FUNCTION osmeta.publish_count_orphans(child text, column_name text,
	parent text, target_column text, family text, parent_family text,
	wanted text, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'SELECT count(*) FROM ' || child || ' c WHERE '
	|| osmeta.publish_as_key('c.' || column_name, family, wanted, dialect)
	|| ' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ' || parent
	|| ' p WHERE ' || osmeta.publish_as_key('p.' || target_column,
		parent_family, wanted, dialect)
	|| ' = ' || osmeta.publish_as_key('c.' || column_name, family, wanted,
		dialect) || ')';
COMMENT ON FUNCTION osmeta.publish_count_orphans(text, text, text, text, text, text, text, text) IS
	'Internal: the query that counts the rows whose reference leads nowhere';

-- What cannot identify a row: no value, or that of another row.
CREATE FUNCTION osmeta.publish_count_unkeyed(relation text, column_name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format('SELECT coalesce(sum(d.n), 0) FROM (SELECT count(*) AS n FROM %1$s GROUP BY %2$s HAVING count(*) > 1 OR %2$s IS NULL) d',
	relation, column_name);
COMMENT ON FUNCTION osmeta.publish_count_unkeyed(text, text) IS
	'Internal: the query that counts the rows that a primary key refuses';

-- The rows of a table that a key over a new column refuses: that has no
-- value in any row, or the same one in all.
CREATE FUNCTION osmeta.publish_count_all(relation text, is_null boolean)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format(CASE WHEN is_null THEN 'SELECT count(*) FROM %s'
	ELSE 'SELECT CASE WHEN count(*) > 1 THEN count(*) ELSE 0 END FROM %s' END,
	relation);
COMMENT ON FUNCTION osmeta.publish_count_all(text, boolean) IS
	'Internal: the query that counts the rows that a key over a new column refuses';

-- A column as a unique index tells its values apart, for a count that is run
-- here.
CREATE FUNCTION osmeta.publish_local_value(column_name text,
	local_type text, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN publish_local_value.dialect = 'sqlserver'
		AND osmeta.publish_family(local_type) = 'text'
	THEN format('osmeta.fold_name(rtrim(%s::text))', column_name)
	ELSE column_name END;
COMMENT ON FUNCTION osmeta.publish_local_value(text, text, text) IS
	'Internal: an expression whose values differ here where those of the column do at the factory';

-- Are there texts that the collation of the factory may take for equal while
-- they are not here?  SQL Server's compare accents and widths as it is set.
CREATE FUNCTION osmeta.publish_is_collated(local_types text[], dialect text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(dialect = 'sqlserver'
	AND array_to_string(local_types, ' ') ~ '(char|text)', false);
COMMENT ON FUNCTION osmeta.publish_is_collated(text[], text) IS
	'Internal: can an engine find duplicates among texts that a count here does not?';

-- Rows that share their values with another one; what NULL is equal to in a
-- unique index depends on the engine.
CREATE FUNCTION osmeta.publish_count_duplicates(relation text,
	columns text[], dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN format('SELECT coalesce(sum(d.n), 0) FROM (SELECT count(*) AS n FROM %s%s GROUP BY %s HAVING count(*) > 1) d',
	relation,
	CASE publish_count_duplicates.dialect
		WHEN 'sqlserver' THEN ''
		WHEN 'oracle' THEN ' WHERE ' || array_to_string(columns, ' IS NOT NULL OR ') || ' IS NOT NULL'
		ELSE ' WHERE ' || array_to_string(columns, ' IS NOT NULL AND ') || ' IS NOT NULL'
	END,
	array_to_string(columns, ', '));
COMMENT ON FUNCTION osmeta.publish_count_duplicates(text, text[], text) IS
	'Internal: the query that counts the rows that a unique index refuses';

/*
 * The statements that run such a query here.  tables is an array of objects
 * with table_name and columns (an array of objects with name, the column at
 * the factory, and type); in the query table N is @N and its column K is cK.
 * The last statement is the query; those before make what it reads.
 */
CREATE FUNCTION osmeta.publish_count_statement(environment text,
	tables jsonb, query text)
RETURNS text[]
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	WITH relation AS MATERIALIZED (
		SELECT g.position,
			CASE WHEN e.server IS NULL
				THEN format('(SELECT %s FROM %I.%I AS r)',
					string_agg(format('r.%I AS c%s', c.name, c.position),
						', ' ORDER BY c.position),
					e.remote_schema, g.table_name)
				-- nothing of the query is handed on to the factory
				ELSE format('(SELECT * FROM pg_temp.%I OFFSET 0)',
					'osmeta publish ' || g.position)
			END AS relation,
			CASE WHEN e.server IS NOT NULL THEN
				osmeta.relation_sql(e.wrapper,
					osmeta.environment_server(e.environment),
					e.remote_schema, g.table_name, 'pg_temp',
					'osmeta publish ' || g.position,
					jsonb_agg(jsonb_build_object('name', 'c' || c.position,
						'remote_name', c.name, 'type', c.type)
						ORDER BY c.position),
					options => e.table_options)
			END AS statement
		FROM osmeta.environment AS e,
			LATERAL (SELECT i.position, i.item ->> 'table_name'
						AS table_name, i.item -> 'columns' AS columns
					FROM jsonb_array_elements(publish_count_statement.tables)
						WITH ORDINALITY AS i (item, position)) AS g,
			LATERAL (SELECT i.position, i.item ->> 'name' AS name,
						i.item ->> 'type' AS type
					FROM jsonb_array_elements(g.columns)
						WITH ORDINALITY AS i (item, position)) AS c
		WHERE e.environment = publish_count_statement.environment
		GROUP BY e.environment, e.server, e.wrapper, e.remote_schema,
			e.table_options, g.position, g.table_name
	)
	SELECT ARRAY(SELECT r.statement
			FROM relation AS r
			WHERE r.statement IS NOT NULL
			ORDER BY r.position)
		|| string_agg(CASE WHEN p.position = 1 THEN p.part
				ELSE r.relation || substr(p.part, 2) END, ''
			ORDER BY p.position)
	FROM unnest(string_to_array(publish_count_statement.query, '@'))
			WITH ORDINALITY AS p (part, position)
		LEFT JOIN relation AS r
			ON p.position > 1 AND r.position::text = left(p.part, 1);
END;
COMMENT ON FUNCTION osmeta.publish_count_statement(text, jsonb, text) IS
	'Internal: the statements that count rows at an environment; the last one is the query';
