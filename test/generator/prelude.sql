-- What every session of the generator begins with: settings, and functions
-- that draw numbers, names and values.  No value depends on a clock, on
-- chance, on a locale or on the version of the server: numbers come from MD5.

\pset footer off
SET client_min_messages = warning;
SET standard_conforming_strings = on;
SET DateStyle = ISO;
SET IntervalStyle = postgres;
SET jit = off;
SET synchronous_commit = off;
SET work_mem = '64MB';
SELECT set_config('search_path', quote_ident(:'schema'), false) AS unused
\gset

-- A number of 60 bits that the seed gives to a name.  Whoever needs several
-- small numbers of it divides: h % 100, h / 100 % 100 and so on.
CREATE FUNCTION pg_temp.draw(name text)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || left(md5(:'seed' || '/' || name), 15))::bit(60)::bigint;

-- The same, but other in each variant.
CREATE FUNCTION pg_temp.draw_here(name text)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || left(md5(:'seed' || '/' || :'variant' || '/' || name), 15))::bit(60)::bigint;

-- A key that is the same in all variants.
CREATE FUNCTION pg_temp.key(name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN md5(:'seed' || '/key/' || name)::uuid::text;

-- The j-th identifier of a table: every eighth number is missing.
CREATE FUNCTION pg_temp.number_at(base bigint, j bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN base + j + j / 7;

-- Where the numbers of a table of the metamodel begin here.
CREATE FUNCTION pg_temp.base(name text)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 10 + pg_temp.draw_here('base/' || name) % 500;

-- Upper case of ASCII and Latin-1 letters, whatever the locale
CREATE FUNCTION pg_temp.upper_name(name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(upper(name COLLATE "C"),
	'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ',
	'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ');

CREATE FUNCTION pg_temp.column_name(name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(pg_temp.upper_name(name), 28);

-- The start of a text that fits into so many bytes of UTF-8
CREATE FUNCTION pg_temp.cut(name text, bytes integer)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(name) <= bytes THEN name
	ELSE (SELECT max(left(name, n) COLLATE "C")
		FROM generate_series(1, bytes) AS n
		WHERE octet_length(left(name, n)) <= bytes) END;

-- A name of a key or index that does not fit ends with a hash of all of it.
CREATE FUNCTION pg_temp.fit(name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(name) <= 63 THEN name
	ELSE pg_temp.cut(name, 56) || '_' || left(md5(name), 6) END;

-- The key that a module's tables get: Java's hash of the name, in base 36
-- with an alphabet of its own in which y stands before x.
CREATE FUNCTION pg_temp.hash_step(hash bigint, unit integer)
RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT
RETURN (31 * hash + unit) & 4294967295;

CREATE AGGREGATE pg_temp.hash_units(integer) (
	sfunc = pg_temp.hash_step, stype = bigint, initcond = '0'
);

CREATE FUNCTION pg_temp.espace_hash(name text)
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
	SELECT substr(letters, 1 + (h % 36)::integer, 1)
		|| substr(letters, 1 + (h / 36 % 36)::integer, 1)
		|| substr(letters, 1 + (h / 1296 % 36)::integer, 1)
	FROM (SELECT 'abcdefghijklmnopqrstuvwyxz0123456789' AS letters,
			CASE WHEN sum >= 2147483648 THEN 4294967296 - sum ELSE sum END AS h
		FROM (SELECT pg_temp.hash_units(unit ORDER BY position, half) AS sum
			FROM (SELECT position, ascii(letter) AS code
				FROM unnest(string_to_array(
					regexp_replace(name, '\(deleted[0-9]+\)$', ''), NULL))
					WITH ORDINALITY AS l (letter, position)) AS letter
			CROSS JOIN LATERAL (
				SELECT 1 AS half, code AS unit
				WHERE code < 65536
				UNION ALL
				SELECT 1, 55296 + (code - 65536) / 1024
				WHERE code >= 65536
				UNION ALL
				SELECT 2, 56320 + (code - 65536) % 1024
				WHERE code >= 65536) AS unit) AS summed) AS hashed;
END;

-- The name of an object in a further copy of the planted modules
CREATE FUNCTION pg_temp.copy_name(name text, copy integer)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN copy = 1 THEN name
	ELSE regexp_replace(name, '^([^(]*)', '\1' || copy) END;

CREATE FUNCTION pg_temp.column_type(type text, length integer, decimals integer)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE type
	WHEN 'rtText' THEN CASE WHEN length > 2000 THEN 'text'
		ELSE 'varchar(' || length || ')' END
	WHEN 'rtEmail' THEN 'varchar(250)'
	WHEN 'rtPhoneNumber' THEN 'varchar(20)'
	WHEN 'rtInteger' THEN 'integer'
	WHEN 'rtLongInteger' THEN 'bigint'
	WHEN 'rtDecimal' THEN 'numeric(' || length || ',' || decimals || ')'
	WHEN 'rtCurrency' THEN 'numeric(37,8)'
	WHEN 'rtBoolean' THEN 'boolean'
	WHEN 'rtBinaryData' THEN 'bytea'
	WHEN 'rtDate' THEN 'timestamp(3)'
	WHEN 'rtTime' THEN 'timestamp(3)'
	WHEN 'rtDateTime' THEN 'timestamp(3)'
	ELSE 'varchar(100)'
END;

-- ---------------------------------------------------------------------------
-- Values of rows; v is any number.  Most null values are those that the
-- platform stores, some NULL: columns that were added under another version.
-- ---------------------------------------------------------------------------

CREATE FUNCTION pg_temp.text_value(v bigint, length integer)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN v % 17 = 0 THEN ''
	WHEN v % 41 = 0 THEN NULL
	WHEN v % 97 = 0 THEN ' '
	WHEN v % 101 = 0 THEN repeat(chr(97 + (v % 26)::integer), least(length, 5000))
	ELSE left((ARRAY['amber', 'Brücke', 'coral', 'délai', 'ember', 'forêt',
		'gravel', 'harbour', 'Łąka', 'juniper', 'køkken', 'lantern', 'meadow',
		'niño', 'orchard', 'пример', 'quartz', 'river', '示例', 'timber',
		'umbra', 'valley', 'δείγμα'])[1 + v % 23] || ' '
		|| (ARRAY['one', 'two', 'three', 'four', 'five', 'six', 'seven'])[1 + v / 23 % 7]
		|| ' ' || v % 1000, length)
END;

CREATE FUNCTION pg_temp.time_value(v bigint, type text)
RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN v % 13 = 0 THEN timestamp '1900-01-01'
	WHEN v % 61 = 0 THEN NULL
	WHEN type = 'rtTime' THEN timestamp '1900-01-01' + v % 86400 * interval '1 second'
	WHEN type = 'rtDate' THEN timestamp '2012-01-01' + v % 4500 * interval '1 day'
	ELSE timestamp '2015-03-01 06:00:00' + v % 250000000 * interval '1 second'
		+ v % 1000 * interval '1 millisecond'
END;

CREATE FUNCTION pg_temp.binary_value(v bigint)
RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN v % 5 = 0 THEN ''::bytea
	WHEN v % 7 = 0 THEN NULL
	ELSE decode(repeat(md5(v::text), 1 + (v % 40)::integer), 'hex')
END;
