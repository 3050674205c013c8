--
-- Data types: names, columns, null values
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;
SET search_path = pg_catalog;

CREATE FUNCTION pg_temp.raised(statement text, OUT raised text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	raised := 'nothing';
EXCEPTION WHEN OTHERS THEN
	raised := SQLSTATE || ' ' || SQLERRM;
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
END
$$;

-- What a type is called; an unknown one goes by its own name.
SELECT type, osmeta.data_type(type)
FROM (VALUES ('rtText'), ('rtEmail'), ('rtPhoneNumber'), ('rtInteger'), ('rtLongInteger'), ('rtDecimal'),
	('rtCurrency'), ('rtBoolean'), ('rtDate'), ('rtTime'), ('rtDateTime'), ('rtBinaryData'), ('rtEntityReference'),
	('bt65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'), ('btmalformed'), ('bt'),
	(' RTTEXT '), ('rtTextual'), ('rtSomethingNew'), (' rtObject '), ('RTObject'), ('rt'), ('Text'), (''), (NULL)) t(type);

-- The column in each dialect.
SELECT type, length, decimals,
	   osmeta.column_type(type, length, decimals, 'sqlserver') AS sqlserver,
	   osmeta.column_type(type, length, decimals, 'oracle') AS oracle,
	   osmeta.column_type(type, length, decimals, 'postgres') AS postgres
FROM (VALUES
	('rtText', 50, NULL), ('rtText', 1, 0), ('rtText', 2000, NULL), ('rtText', 2001, NULL), ('rtText', 2147483647, NULL),
	('rtText', NULL, NULL), ('rtText', 0, NULL), ('rtText', -1, NULL),
	('rtEmail', 250, NULL), ('rtEmail', NULL, NULL), ('rtPhoneNumber', 20, NULL), ('rtInteger', NULL, NULL),
	('rtInteger', 5, 2), ('rtLongInteger', NULL, NULL),
	('rtDecimal', 37, 8), ('rtDecimal', 20, 0), ('rtDecimal', 5, 2), ('rtDecimal', 10, 12), ('rtDecimal', 3, 8),
	('rtDecimal', 99, 2), ('rtDecimal', NULL, NULL), ('rtDecimal', 0, NULL), ('rtDecimal', 10, NULL), ('rtDecimal', NULL, 2),
	('rtCurrency', 10, 2), ('rtCurrency', NULL, NULL), ('rtBoolean', NULL, NULL), ('rtDate', NULL, NULL),
	('rtTime', NULL, NULL), ('rtDateTime', NULL, NULL), ('rtBinaryData', NULL, NULL), (' RTinteger', NULL, NULL))
	t(type, length, decimals);
-- The types for PostgreSQL are types of PostgreSQL.
SELECT bool_and(osmeta.column_type(type, 10, 2, 'postgres')::regtype IS NOT NULL) AS all_are_types
FROM (VALUES ('rtText'), ('rtEmail'), ('rtPhoneNumber'), ('rtInteger'), ('rtLongInteger'), ('rtDecimal'),
	('rtCurrency'), ('rtBoolean'), ('rtDate'), ('rtTime'), ('rtDateTime'), ('rtBinaryData')) t(type);
SELECT osmeta.column_type('rtText', 5, NULL, 'oracle8') AS oracle8;
SELECT osmeta.column_type(NULL, 5, NULL, 'oracle') IS NULL AS no_type,
	   osmeta.column_type('rtText', 5, NULL, NULL) IS NULL AS no_dialect;
-- A reference's column is its target's; an unknown type has none.
SELECT r.*
FROM (VALUES (1, 'bt65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'), (2, 'rtEntityReference'),
	(3, 'rtSomethingNew'), (4, 'Text'), (5, ''), (6, E'rt\nText' || repeat('x', 1000))) t(n, type),
	LATERAL pg_temp.raised(format('SELECT osmeta.column_type(%L, 10, 2, %L)', type, 'sqlserver')) r
ORDER BY n;
SELECT * FROM pg_temp.raised($$SELECT osmeta.column_type('rtText', 10, 2, 'mysql')$$);

-- What is stored for no value: as it stands in the column, or NULL.
SELECT type, quote_nullable(osmeta.null_value(type, 'sqlserver')) AS sqlserver,
	   quote_nullable(osmeta.null_value(type, 'oracle')) AS oracle,
	   quote_nullable(osmeta.null_value(type, 'postgres')) AS postgres
FROM (VALUES ('rtText'), ('rtEmail'), ('rtPhoneNumber'), ('rtInteger'), ('rtLongInteger'), ('rtDecimal'),
	('rtCurrency'), ('rtBoolean'), ('rtDate'), ('rtTime'), ('rtDateTime'), ('rtBinaryData'), ('rtEntityReference'),
	('bt65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c')) t(type);
-- It is a value of the column, on PostgreSQL.
SELECT osmeta.null_value('rtText', 'postgres')::varchar(50) = '' AS text,
	   osmeta.null_value('rtInteger', 'postgres')::integer = 0 AS integer,
	   osmeta.null_value('rtDecimal', 'postgres')::numeric(37, 8) = 0 AS decimal,
	   osmeta.null_value('rtBoolean', 'postgres')::boolean = false AS boolean,
	   osmeta.null_value('rtDate', 'postgres')::timestamp(3) = '1900-01-01 00:00:00' AS date;
SELECT osmeta.null_value('rtText', 'oracle8') = ' ' AS oracle8,
	   osmeta.null_value(NULL, 'oracle') IS NULL AS no_type,
	   osmeta.null_value('rtText', NULL) IS NULL AS no_dialect;
SELECT r.*
FROM (VALUES (1, 'rtSomethingNew', 'sqlserver'), (2, 'rtText', 'db2')) t(n, type, dialect),
	LATERAL pg_temp.raised(format('SELECT osmeta.null_value(%L, %L)', type, dialect)) r
ORDER BY n;

SELECT proname, provolatile, proparallel, proisstrict
FROM pg_proc
WHERE pronamespace = 'osmeta'::regnamespace AND proname IN ('data_type', 'column_type', 'null_value')
ORDER BY proname COLLATE "C";
