--
-- oskey: text and binary form, building and taking apart, reference types
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;
SET search_path = pg_catalog;

-- What a statement raises: code, message and detail.
CREATE FUNCTION pg_temp.raised(statement text, OUT raised text, OUT detail text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	raised := 'nothing';
EXCEPTION WHEN OTHERS THEN
	raised := SQLSTATE || ' ' || SQLERRM;
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
END
$$;

-- Its hint.
CREATE FUNCTION pg_temp.hint(statement text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
END
$$;

-- Its code, and how long the message is, where the text is long.
CREATE FUNCTION pg_temp.code(statement text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'nothing';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ', ' || length(SQLERRM) || ' characters';
END
$$;

--
-- Forms that are one key
--
SELECT input, input::osmeta.oskey AS key,
	   input::osmeta.oskey OPERATOR(osmeta.=)
	   'bt65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c' AS is_user
FROM (VALUES
	('bt65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'),
	('65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'),
	('BT65106059-0439-4BE5-B011-2F01FBA4AFA6*A416822D-845F-46CB-A270-70F5E383544C'),
	('  bt 65106059-0439-4be5-b011-2f01fba4afa6 * a416822d-845f-46cb-a270-70f5e383544c  '),
	('65106059-0439-4be5-b011-2f01fba4afa6*Entity5B57028B-F636-4BA3-93F9-C81CACBC5638'),
	('Entity5B57028B-F636-4BA3-93F9-C81CACBC5638*65106059-0439-4be5-b011-2f01fba4afa6'),
	('SiteA*a b.#EventGeneratedInput'),
	-- no UUIDs: digits or hyphens where they do not belong
	('65106059-0439-4be5-b011-2f01fba4afag*65106059004394be5-b011-2f01fba4afa6'),
	('{65106059-0439-4be5-b011-2f01fba4afa6}*6510605904394be5b0112f01fba4afa6'),
	('É*日本')) t(input);

-- The prefix is printed only where the owner itself begins with it.
SELECT osmeta.oskey(owner, object) AS key,
	   osmeta.oskey(owner, object)::text::osmeta.oskey
	   OPERATOR(osmeta.=) osmeta.oskey(owner, object) AS reads_back,
	   osmeta.owner_key(osmeta.oskey(owner, object)) AS owner,
	   osmeta.object_key(osmeta.oskey(owner, object)) AS object,
	   osmeta.bt(osmeta.oskey(owner, object)) AS type,
	   osmeta.bt_ref(osmeta.bt(osmeta.oskey(owner, object)))
	   OPERATOR(osmeta.=) osmeta.oskey(owner, object) AS type_reads_back
FROM (VALUES
	('a', 'b'),
	('bt', 'b'),
	('BTA', 'BTB'),
	('btbt', 'bt'),
	('b', 't'),
	('bt x', 'y z'),
	('bt65106059-0439-4be5-b011-2f01fba4afa6', 'b')) t(owner, object);
SELECT 'btbta*x'::osmeta.oskey AS one_prefix_taken_off,
	   'bta*x'::osmeta.oskey AS prefix_and_a;

-- Every kind of pair, taken apart.
SELECT osmeta.owner_key(key), osmeta.object_key(key), osmeta.bt(key)
FROM (VALUES
	('65106059-0439-4BE5-B011-2F01FBA4AFA6*A416822D-845F-46CB-A270-70F5E383544C'::osmeta.oskey),
	('65106059-0439-4be5-b011-2f01fba4afa6*Site'),
	('Site*65106059-0439-4be5-b011-2f01fba4afa6'),
	('Site*Page')) t(key);
SELECT osmeta.oskey('65106059-0439-4BE5-B011-2F01FBA4AFA6', 'A416822D-845F-46CB-A270-70F5E383544C') OPERATOR(osmeta.=)
	   osmeta.oskey('65106059-0439-4be5-b011-2f01fba4afa6'::uuid, 'a416822d-845f-46cb-a270-70f5e383544c'::uuid)
	   AS text_and_uuid_build_alike;
-- A UUID given to uuid in a form that is none of a key is the same UUID.
SELECT osmeta.oskey('{65106059-04394be5-b0112f01-fba4afa6}'::uuid, 'a416822d845f46cba27070f5e383544c'::uuid);

--
-- Malformed texts
--
SELECT r.raised, r.detail
FROM (VALUES
	(1, ''), (2, ' '), (3, 'bt'), (4, 'a'), (5, '*'), (6, 'a*'), (7, '*b'),
	(8, 'bt*b'), (9, ' * b'), (10, 'a*  '), (11, 'a*b*c'), (12, 'a**b'),
	(13, E'a\tb*c'), (14, E'a*b\n'), (15, E'\x7F*b'), (16, U&'a\0085*b'),
	(17, repeat('x', 101) || '*b'), (18, 'a*' || repeat('x', 101)),
	-- a hundred bytes is no hundred characters
	(19, 'a*' || repeat('é', 51)),
	-- what would turn a line of a log around is shown as an escape
	(20, U&'a\202Eb\FEFFc'),
	(21, '65106059-0439-4be5-b011-2f01fba4afa6a416822d-845f-46cb-a270-70f5e383544c')) t(n, input),
	LATERAL pg_temp.raised(format('SELECT %L::osmeta.oskey', input)) r
ORDER BY n;
-- 100 bytes are allowed in each part, blanks around them not counted.
SELECT length(osmeta.owner_key(k)), length(osmeta.object_key(k)),
	   k::text::osmeta.oskey OPERATOR(osmeta.=) k AS reads_back
FROM (SELECT (repeat(' ', 1000) || repeat('X', 100) || repeat(' ', 1000) || '*'
			  || repeat('y', 100) || ' ')::osmeta.oskey) t(k);
-- A megabyte of anything is answered at once, and cut in the message.
SELECT pg_temp.code(format('SELECT %L::osmeta.oskey', repeat('x', 1000000))),
	   pg_temp.code(format('SELECT %L::osmeta.oskey', repeat('*', 1000000))),
	   pg_temp.code(format('SELECT %L::osmeta.oskey', repeat('é', 500000) || '*b')),
	   pg_temp.code(format('SELECT osmeta.bt_ref(%L)', 'bt' || repeat(E'\n', 1000000))),
	   pg_temp.code(format('SELECT osmeta.oskey(%L, %L)', 'a', repeat('x', 1000000)));
SELECT raised FROM pg_temp.raised($$SELECT (repeat('日本', 100) || '*b')::osmeta.oskey$$);

-- The hint gives the form that was expected.
SELECT pg_temp.hint($$SELECT 'a'::osmeta.oskey$$);
SELECT pg_temp.hint($$SELECT osmeta.bt_ref('bta')$$);
SELECT pg_temp.hint($$SELECT osmeta.oskey('a', '')$$);

-- Building says which part is wrong.
SELECT r.raised, r.detail
FROM (VALUES
	(1, '', 'b'), (2, 'a', ' '), (3, 'a*b', 'c'), (4, 'a', 'b*c'),
	(5, E'a\r', 'b'), (6, 'a', E'b\x01'), (7, repeat('x', 101), 'b'),
	(8, 'a', repeat('x', 101))) t(n, owner, object),
	LATERAL pg_temp.raised(format('SELECT osmeta.oskey(%L, %L)', owner, object)) r
ORDER BY n;

-- Trying says nothing.
SELECT osmeta.try_oskey(owner, object)
FROM (VALUES ('A', 'b'), ('', 'b'), ('a', ''), ('a*', 'b'), ('a', E'\n'),
	(NULL, 'b'), ('a', NULL), (repeat('x', 101), 'b'),
	(' 65106059-0439-4BE5-B011-2F01FBA4AFA6 ', 'b')) t(owner, object);

--
-- Reference types
--
SELECT type, osmeta.try_bt_ref(type), osmeta.is_bt_ref(type)
FROM (VALUES
	('bt65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'),
	(' BT65106059-0439-4BE5-B011-2F01FBA4AFA6*A416822D-845F-46CB-A270-70F5E383544C '),
	('bt65106059-0439-4be5-b011-2f01fba4afa6*Entity5B57028B-F636-4BA3-93F9-C81CACBC5638'),
	-- 75 bytes, but not in the places of two UUIDs
	('bt65106059-0439-4be5-b011-2f01fba4afa*aa416822d-845f-46cb-a270-70f5e383544c'),
	('bt65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544x'),
	('bt65106059-0439-4be5-b011-2f01fba4afa6-a416822d-845f-46cb-a270-70f5e383544c'),
	('65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'),
	('rtText'), ('rtEntityReference'), (''), ('b'), ('bt'), ('bt*'), ('bta*b*c'),
	(E'btx\n*y'), (NULL)) t(type);
-- Only what begins as a reference and is none is an error.
SELECT type, osmeta.bt_ref(type)
FROM (VALUES
	('bt65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'),
	('65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'),
	('rtText'), (''), ('text with * in it'), (NULL)) t(type);
SELECT r.raised, r.detail
FROM (VALUES (1, 'bt'), (2, 'bta'), (3, 'bt*'), (4, 'bta*b*c'), (5, E'bta*b\u0001')) t(n, type),
	LATERAL pg_temp.raised(format('SELECT osmeta.bt_ref(%L)', type)) r
ORDER BY n;

--
-- Casts: to text on assignment, from text only when asked for
--
CREATE TEMP TABLE assigned (key_text text, key osmeta.oskey);
INSERT INTO assigned (key_text) VALUES ('A*b'::osmeta.oskey);
SELECT key_text FROM assigned;
SELECT raised FROM pg_temp.raised($$INSERT INTO assigned (key) SELECT 'a*b'::text$$);
SELECT raised FROM pg_temp.raised($$SELECT length('a*b'::osmeta.oskey)$$);
SELECT castsource::regtype, casttarget::regtype, castcontext
FROM pg_cast
WHERE 'osmeta.oskey'::regtype IN (castsource, casttarget)
ORDER BY castcontext;

--
-- Binary form
--
SELECT osmeta.oskey_send(k)
FROM (VALUES
	('65106059-0439-4be5-b011-2f01fba4afa6*a416822d-845f-46cb-a270-70f5e383544c'::osmeta.oskey),
	('65106059-0439-4be5-b011-2f01fba4afa6*Site'),
	('Site*65106059-0439-4be5-b011-2f01fba4afa6'),
	('É*b')) t(k);

-- COPY moves values in binary form: through a file of the server's own.
CREATE FUNCTION pg_temp.copy_binary(keys osmeta.oskey[]) RETURNS SETOF osmeta.oskey
LANGUAGE plpgsql AS $$
DECLARE
	file text := format('%s/osmeta_oskey_%s', current_setting('data_directory'), pg_backend_pid());
BEGIN
	CREATE TEMP TABLE sent AS SELECT key FROM unnest(keys) key;
	CREATE TEMP TABLE received (key osmeta.oskey);
	EXECUTE format('COPY sent TO %L (FORMAT binary)', file);
	EXECUTE format('COPY received FROM %L (FORMAT binary)', file);
	EXECUTE format('COPY (SELECT 1 WHERE false) TO %L', file);
	RETURN QUERY SELECT key FROM received;
	DROP TABLE sent, received;
END
$$;
SELECT bool_and(a OPERATOR(osmeta.=) b) AS same, count(*)
FROM (SELECT array_agg(osmeta.oskey(o, k))
	  FROM (VALUES ('a'), ('bt'), ('É 日本'), (repeat('x', 100)), ('65106059-0439-4be5-b011-2f01fba4afa6')) x(o),
		   (VALUES ('a'), ('b t'), ('日本'), (repeat('y', 100)), ('a416822d-845f-46cb-a270-70f5e383544c')) y(k)) t(keys),
	 LATERAL ROWS FROM (unnest(keys), pg_temp.copy_binary(keys)) r(a, b);

-- Bytes that are no key: made into a COPY file by hand.
CREATE FUNCTION pg_temp.receive(message bytea) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	object oid;
	file text := format('%s/osmeta_oskey_%s', current_setting('data_directory'), pg_backend_pid());
	result text;
BEGIN
	object := lo_from_bytea(0, '\x5047434f50590aff0d0a00'::bytea || int4send(0) || int4send(0)
							|| int2send(1::int2) || int4send(length(message)) || message || int2send((-1)::int2));
	PERFORM lo_export(object, file);
	PERFORM lo_unlink(object);
	CREATE TEMP TABLE received (key osmeta.oskey);
	BEGIN
		EXECUTE format('COPY received FROM %L (FORMAT binary)', file);
		SELECT key::text INTO result FROM received;
	EXCEPTION WHEN OTHERS THEN
		result := SQLSTATE || ' ' || SQLERRM;
	END;
	EXECUTE format('COPY (SELECT 1 WHERE false) TO %L', file);
	DROP TABLE received;
	RETURN result;
END
$$;
SELECT what, pg_temp.receive(message)
FROM (VALUES
	('text parts', '\x03'::bytea || 'a*b'),
	('two UUIDs', '\x00'::bytea || decode(repeat('ab', 32), 'hex')),
	('UUID and text', '\x01'::bytea || decode(repeat('ab', 16), 'hex') || 'x'),
	('text and UUID', '\x02'::bytea || 'x*' || decode(repeat('ab', 16), 'hex')),
	('a UUID that holds "*"', '\x02'::bytea || 'x*' || decode(repeat('2a', 16), 'hex')),
	('nothing', ''),
	('a tag alone', '\x00'),
	('an unknown tag', '\x04'::bytea || 'a*b'),
	('a UUID too short', '\x00'::bytea || decode(repeat('ab', 31), 'hex')),
	('a UUID too long', '\x00'::bytea || decode(repeat('ab', 33), 'hex')),
	('no separator', '\x03'::bytea || 'ab'),
	('two separators', '\x03'::bytea || 'a*b*c'),
	('no owner', '\x03'::bytea || '*b'),
	('no object', '\x03'::bytea || 'a*'),
	('no object behind a UUID', '\x01'::bytea || decode(repeat('ab', 16), 'hex')),
	('an owner cut short', '\x01'::bytea || decode(repeat('ab', 15), 'hex')),
	('upper case', '\x03'::bytea || 'A*b'),
	('a blank', '\x03'::bytea || 'a *b'),
	('a control character', '\x03'::bytea || '\x6101'::bytea || '*b'),
	('a zero byte', '\x03'::bytea || '\x6100'::bytea || '*b'),
	('a UUID as text', '\x03'::bytea || '65106059-0439-4be5-b011-2f01fba4afa6*b'),
	('no UTF-8', '\x03'::bytea || '\x61ff'::bytea || '*b'),
	('a character cut short', '\x03'::bytea || 'a*' || '\xe697'::bytea),
	('101 bytes', '\x03'::bytea || 'a*' || convert_to(repeat('x', 101), 'UTF8')),
	('100 bytes', '\x03'::bytea || 'a*' || convert_to(repeat('x', 100), 'UTF8')),
	('a megabyte', '\x03'::bytea || 'a*' || convert_to(repeat('x', 1000000), 'UTF8'))) t(what, message);

--
-- What the functions promise to the planner
--
SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments
FROM pg_proc p
	 JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	 JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
WHERE e.extname = 'osmeta' AND p.proname ~ '^(oskey|try_oskey|owner_key|object_key|bt|bt_ref|try_bt_ref|is_bt_ref)(_|$)'
  AND (p.provolatile <> 'i' OR p.proparallel <> 's' OR NOT p.proisstrict);
SELECT proname
FROM pg_proc
WHERE pronamespace = 'osmeta'::regnamespace AND proleakproof AND proname LIKE 'oskey%'
ORDER BY proname;
