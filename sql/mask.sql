-- Masks as functions: shapes, permutations, and the secret.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;

-- No mask without a secret
SELECT osmeta.mask_text('secret of a person');
SELECT osmeta.mask_date(NULL::date) IS NULL;
SET osmeta.mask_secret = 'regress';
SELECT osmeta.mask_text('JDoe 42');

-- What stays: no value, and what the platform takes for none
SELECT osmeta.mask_text(NULL), osmeta.mask_email(NULL), osmeta.mask_name(NULL), osmeta.mask_phone(NULL),
	osmeta.mask_number(NULL::integer), osmeta.mask_number(NULL::numeric), osmeta.mask_date(NULL::timestamp);
SELECT v, osmeta.mask_text(v) = v AS text, osmeta.mask_email(v) = v AS email, osmeta.mask_name(v) = v AS name, osmeta.mask_phone(v) = v AS phone
FROM (VALUES (''), (' '), ('   '), ('-/.'), ('@'), ('...')) t (v);
SELECT osmeta.mask_number(0), osmeta.mask_number(0.00), osmeta.mask_number('NaN'::numeric), osmeta.mask_number(0::smallint), osmeta.mask_number(0::bigint),
	osmeta.mask_date(date '1900-01-01'), osmeta.mask_date(timestamp '1900-01-01 08:30'), osmeta.mask_date(date '9999-12-31'),
	osmeta.mask_date(date 'infinity'), osmeta.mask_date(timestamp '-infinity'), osmeta.mask_date(date '0001-01-01');

-- Values under this secret: what was masked once is masked alike ever after
SELECT v, osmeta.mask_text(v), osmeta.mask_name(v), osmeta.mask_phone(v), osmeta.mask_email(v)
FROM (VALUES ('Ann'), ('ann '), ('Anna-Maria O''Neil'), ('José Müller'), ('Ж. Ёлкина'), ('王伟'), ('Ａｎｎ 山田 カナ'), ('Straße 12/b'), ('+49 (0)151 234-5'),
	('0049 151 2345'), ('jdoe@contoso.com'), ('JDoe@Contoso.COM'), ('a@b.com; <c@d.org>'), ('DE89 3704 0044 0532 0130 00')) t (v);
SELECT v, osmeta.mask_number(v) FROM (VALUES (1), (-1), (42), (42.00), (-12.50), (0.05), (999999.99), (12345678901234567890)) t (v);
SELECT osmeta.mask_number(42::smallint), osmeta.mask_number(42), osmeta.mask_number(42::bigint), osmeta.mask_number(32768), osmeta.mask_number(2147483647),
	osmeta.mask_number(2147483647::bigint), osmeta.mask_number((-2147483648)::integer), osmeta.mask_number((-9223372036854775808)::bigint), osmeta.mask_number((-32768)::smallint);
SELECT v, osmeta.mask_date(v), osmeta.mask_date(v::date), v::date - osmeta.mask_date(v::date) AS days
FROM (VALUES (timestamp '2024-02-29 23:59:59.999'), ('1970-01-01'), ('1999-12-31 12:00'), ('1801-06-01 00:00:01'), ('1799-12-31')) t (v);
SET timezone = 'Europe/Berlin';
SELECT osmeta.mask_date(timestamptz '2024-07-01 12:00+00') AT TIME ZONE 'UTC';
RESET timezone;
-- No day becomes 1900-01-01, or one before that.
SELECT osmeta.mask_date(date '1900-01-01' + d.days) AS last
FROM (SELECT date '2000-01-01' - osmeta.mask_date(date '2000-01-01') AS days) d;

-- Permutations, by brute force: as many results as values, all of the shape
CREATE FUNCTION is_permutation(v text[], kind text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	ok boolean;
BEGIN
	EXECUTE format('SELECT count(*) = count(DISTINCT osmeta.mask_%s(v)) AND bool_and(osmeta.mask_%1$s(v) = ANY ($1)) FROM unnest($1) v', kind)
	INTO ok USING v;
	RETURN ok;
END
$$;
CREATE TEMP TABLE set_of (name text, characters text[]);
INSERT INTO set_of VALUES
	('small', regexp_split_to_array('abcdefghijklmnopqrstuvwxyz', '')), ('capital', regexp_split_to_array('ABCDEFGHIJKLMNOPQRSTUVWXYZ', '')),
	('digit', regexp_split_to_array('0123456789', '')), ('latin', regexp_split_to_array('àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ', '')),
	('cyrillic', regexp_split_to_array('АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ', '')), ('hebrew', regexp_split_to_array('אבגדהוזחטיךכלםמןנסעףפץצקרשת', ''));
SELECT name, is_permutation(characters, 'text') AS text, is_permutation(characters, 'phone') AS phone FROM set_of ORDER BY 1;
SELECT a.name, b.name, is_permutation(array_agg(x || '.' || y), 'text') AS text
FROM set_of a CROSS JOIN set_of b CROSS JOIN unnest(a.characters) x CROSS JOIN unnest(b.characters) y GROUP BY 1, 2 ORDER BY 1, 2;
SELECT is_permutation(array_agg(x || y || z), 'text') AS ascii
FROM unnest((SELECT characters FROM set_of WHERE name = 'small')) x, unnest((SELECT characters FROM set_of WHERE name = 'capital')) y,
	unnest((SELECT characters FROM set_of WHERE name = 'digit')) z;
SELECT count(DISTINCT osmeta.mask_number(i)), min(osmeta.mask_number(i)), max(osmeta.mask_number(i)) FROM generate_series(10000, 99999) i;
SELECT count(DISTINCT osmeta.mask_number(i::smallint)), min(osmeta.mask_number(i::smallint)), max(osmeta.mask_number(i::smallint)) FROM generate_series(-32768, 32767) i;
SELECT count(DISTINCT osmeta.mask_number(i)) FROM generate_series(-9.99, 9.99, 0.01) i;
SELECT count(DISTINCT osmeta.mask_number(i)), bool_and(osmeta.mask_number(i)::bigint > 2147483647) FROM generate_series(2147483648, 2147493647) i;
SELECT count(DISTINCT osmeta.mask_date(d::date)) = count(*) FROM generate_series(timestamp '1800-01-01', '2200-01-01', '1 day') d;
SELECT count(DISTINCT osmeta.mask_phone(to_char(i, 'FM00000'))) FROM generate_series(0, 99999) i;
SELECT count(DISTINCT osmeta.mask_email(format('u%s@x.com', i))), count(*) FILTER (WHERE osmeta.mask_email(format('u%s@x.com', i)) !~ '^[a-z][0-9]+@[a-z]\.[a-z]{3}\.invalid$')
FROM generate_series(1, 50000) i;

-- Without case, trailing blanks and punctuation: what was different stays so, what was equal, too
SELECT count(DISTINCT v), count(DISTINCT osmeta.fold_name(v)), count(DISTINCT osmeta.mask_text(v)), count(DISTINCT osmeta.fold_name(osmeta.mask_text(v)))
FROM (SELECT CASE WHEN i & 1 > 0 THEN 'A' ELSE 'a' END || CASE WHEN i & 2 > 0 THEN 'Ñ' ELSE 'ñ' END || CASE WHEN i & 4 > 0 THEN 'Z' ELSE 'z' END || (i / 8) FROM generate_series(0, 7999) i) t (v);
SELECT rtrim(osmeta.mask_text('ab  ')) = osmeta.mask_text('ab'), replace(osmeta.mask_text('a-b'), '-', '') = osmeta.mask_text('ab');

-- Lengths: characters and bytes stay, but for names, whose letters are ASCII
SELECT count(*) AS wrong
FROM (VALUES ('Ünïcödé ж 王'), (repeat('long ', 100000)), (E'tab\tline\n'), ('𝄞 🎉 ﬁ ǆ')) t (v)
WHERE char_length(osmeta.mask_text(v)) <> char_length(v) OR octet_length(osmeta.mask_text(v)) <> octet_length(v)
	OR char_length(osmeta.mask_phone(v)) <> char_length(v) OR char_length(osmeta.mask_name(v)) <> char_length(v);
SELECT char_length(osmeta.mask_email(repeat('x', 230) || '@contoso.com')), char_length(osmeta.mask_email(repeat('x', 231) || '@contoso.com')),
	osmeta.mask_email(repeat('x', 231) || '@contoso.com') ~ '^[0-9a-f]{32}@invalid$',
	char_length(osmeta.mask_email('john.smith@mail.contoso.com', 40)), char_length(osmeta.mask_email('john.smith@mail.mail.mail.contoso.com', 40));
SELECT osmeta.mask_email('a@b.com', 39);

-- Another secret masks otherwise; the first one again as at first.
CREATE TEMP TABLE kept AS SELECT v, osmeta.mask_text(v) AS mask FROM (VALUES ('JDoe 42'), ('one more')) t (v);
SET osmeta.mask_secret = 'Regress';
SELECT count(*) FROM kept WHERE osmeta.mask_text(v) = mask;
BEGIN;
SET LOCAL osmeta.mask_secret = 'regress';
SELECT count(*) FROM kept WHERE osmeta.mask_text(v) = mask;
ROLLBACK;
SELECT count(*) FROM kept WHERE osmeta.mask_text(v) = mask;
SET osmeta.mask_secret = 'regress';
SELECT count(*) FROM kept WHERE osmeta.mask_text(v) = mask;
-- Workers have it, too.
CREATE TABLE many AS SELECT 'value ' || i AS v FROM generate_series(1, 10000) i;
CREATE TEMP TABLE serial AS SELECT md5(string_agg(osmeta.mask_text(v), ',' ORDER BY v)) AS sum FROM many;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT osmeta.mask_text(v) FROM many;
SELECT md5(string_agg(m.mask, ',' ORDER BY m.v)) = (SELECT sum FROM serial) FROM (SELECT v, osmeta.mask_text(v) AS mask FROM many OFFSET 0) m;

-- The secret is not shown, and not stored.
SHOW osmeta.mask_secret;
SELECT current_setting('osmeta.mask_secret');
SELECT count(*) FROM pg_settings WHERE setting LIKE '%regress%' AND name LIKE 'osmeta%';
ALTER ROLE CURRENT_USER SET osmeta.mask_secret = 'stored';
SELECT format('ALTER DATABASE %I SET osmeta.mask_secret = %L', current_database(), 'stored') \gexec
ALTER SYSTEM SET osmeta.mask_secret = 'stored';
SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text LIKE '%mask_secret%';
RESET osmeta.mask_secret;
SHOW osmeta.mask_secret;
