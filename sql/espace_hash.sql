--
-- espace_hash: the key of a module in the names of its tables
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;
SET search_path = pg_catalog;

-- The rule, a second time, in SQL: every code unit by hand.
CREATE FUNCTION pg_temp.rule(name text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	h bigint := 0;
	code bigint;
	letters text := 'abcdefghijklmnopqrstuvwyxz0123456789';
BEGIN
	FOR i IN 1 .. length(name) LOOP
		code := ascii(substr(name, i, 1));
		IF code > 65535 THEN
			h := (h * 31 + 55296 + (code - 65536) / 1024) % 4294967296;
			code := 56320 + (code - 65536) % 1024;
		END IF;
		h := (h * 31 + code) % 4294967296;
	END LOOP;
	IF h >= 2147483648 THEN
		h := 4294967296 - h;
	END IF;
	RETURN substr(letters, (h % 36)::int + 1, 1) || substr(letters, (h / 36 % 36)::int + 1, 1)
		|| substr(letters, (h / 1296 % 36)::int + 1, 1);
END
$$;

-- Published pairs of module and key.
SELECT espace, key, osmeta.espace_hash(espace), osmeta.espace_hash(espace) = key AS explained
FROM (VALUES
	('People', '7i3'),
	('Migration', 'w83'),
	('ECT_Provider', 's41'),
	('Users', '6wd'),
	('RichWidgets', '5z9'),
	('OutSystemsUI', '0ha'),
	('Customers', 'hfz'),
	('Cases', 'pjv'),
	('SocialLoginConfigurator(deleted0)', 'njs'),
	('SocialLoginConfigurator(deleted1)', 'njs'),
	('SocialLoginConfigurator', 'njs'),
	('Countries', 'i7m'),
	-- created under an earlier name of the module
	('MobilePatterns', 'jdz'),
	('Charts', 'bjy'),
	-- published, but not what the rule gives
	('CityManager', '5z9')) t(espace, key);
SELECT osmeta.espace_hash('CityManager');

-- As written: case, blanks and length count.
SELECT osmeta.espace_hash('people'), osmeta.espace_hash(' People'), osmeta.espace_hash('People ');

-- Code units of UTF-16, not bytes and not code points.
\pset format unaligned
SELECT name, osmeta.espace_hash(name), osmeta.espace_hash(name) = pg_temp.rule(name) AS by_rule
FROM (VALUES
	(''), ('a'), ('?'), ('Gestão'), ('Straße_ÿ'), ('Ελλάδα'), ('人事管理'), (U&'\FFFF'),
	(U&'\+010000'), ('😀'), ('Smile😀App'), (U&'\+10FFFF')) t(name)
ORDER BY length(name), name COLLATE "C";
\pset format aligned
SELECT osmeta.espace_hash(repeat('Long', 500)) = pg_temp.rule(repeat('Long', 500)) AS long_by_rule;
SELECT osmeta.espace_hash('😀') = osmeta.espace_hash(U&'\D83D\DE00') AS pair_is_one_character,
	   osmeta.espace_hash('é') <> osmeta.espace_hash(U&'e\0301') AS composed_differs;

-- A hash of -2^31 exactly, whose absolute value is 2^31, and its neighbours.
SELECT name, osmeta.espace_hash(name), osmeta.espace_hash(name) = pg_temp.rule(name) AS by_rule
FROM (VALUES ('polygenelubricants'), ('polygenelubricantr'), ('polygenelubricantt')) t(name);

-- The suffix of a deleted module is not part of its name; what only looks
-- like one is.
SELECT name, osmeta.espace_hash(name) = osmeta.espace_hash('Orders') AS suffix_dropped,
	   osmeta.espace_hash(name) = pg_temp.rule(name) AS name_as_written
FROM (VALUES
	('Orders(deleted0)'), ('Orders(deleted12345678901234567890)'),
	('Orders(deleted)'), ('Orders(deletedx)'), ('Orders(deleted0) '), ('Orders(Deleted0)'),
	('Orders (deleted0)'), ('Orders(deleted0)x'), ('Orders(deleted-1)'),
	('(deleted0)'), ('(deleted0)(deleted0)'), ('Orders(deleted0)(deleted1)')) t(name);
SELECT osmeta.espace_hash('Orders(deleted0)(deleted1)') = pg_temp.rule('Orders(deleted0)') AS one_suffix_only;

-- Always three of the 36 characters, and by the rule.
SELECT count(*), bool_and(osmeta.espace_hash(name) = pg_temp.rule(name)) AS by_rule,
	   bool_and(osmeta.espace_hash(name) ~ '^[a-z0-9]{3}$') AS three_characters,
	   count(DISTINCT osmeta.espace_hash(name)) > 900 AS spread
FROM (SELECT md5(i::text) || chr(i * 40 + 1) AS name FROM generate_series(1, 1000) i) t;

SELECT osmeta.espace_hash(NULL) IS NULL AS null_gives_null;
