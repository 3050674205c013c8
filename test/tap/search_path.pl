#!/usr/bin/perl
# Look-alikes: schemas full of functions, operators and types that are called
# like those that osmeta uses, before and while it is installed and used.
# Every one of them raises an error when it is called.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Test::More;

create_role('analyst');
create_database('clean', 'analyst');
create_database('hostile', 'analyst');

value('analyst', 'clean', 'CREATE EXTENSION osmeta');
create_work('analyst', 'clean');

# A stronger look-alike has the exact argument types, so that it would win
# against the one of pg_catalog wherever it is found.
value('analyst', 'hostile', <<'SQL');
CREATE SCHEMA trap;
CREATE FUNCTION trap.sprung() RETURNS boolean LANGUAGE plpgsql AS
	$$BEGIN RAISE EXCEPTION 'a look-alike was called'; END$$;
SELECT format('CREATE FUNCTION trap.%I(%s) RETURNS %s LANGUAGE plpgsql AS
			   $body$BEGIN PERFORM trap.sprung(); RETURN NULL; END$body$',
			  p.proname, pg_get_function_identity_arguments(p.oid),
			  pg_get_function_result(p.oid))
FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace
  AND p.prokind = 'f'
  AND p.proname IN ('lower', 'upper', 'length', 'substr', 'substring', 'left',
					'right', 'replace', 'regexp_replace', 'split_part',
					'concat_ws', 'format', 'quote_ident', 'quote_literal',
					'btrim', 'rtrim', 'ltrim', 'starts_with', 'strpos',
					'position', 'array_position', 'array_length',
					'cardinality', 'array_to_string', 'string_to_array',
					'unnest', 'generate_series', 'now', 'nextval', 'md5',
					'hashtext', 'current_setting', 'set_config', 'char_length',
					'octet_length', 'translate', 'chr', 'ascii', 'to_regclass',
					'format_type', 'jsonb_each_text', 'jsonb_typeof')
  AND NOT p.proretset
  AND p.prorettype NOT IN ('anyelement'::regtype, 'anyarray'::regtype,
						   'anycompatible'::regtype, 'internal'::regtype)
  AND p.provariadic = 0
\gexec
CREATE FUNCTION trap.sprung_text(text, text) RETURNS boolean LANGUAGE sql
	RETURN trap.sprung();
CREATE FUNCTION trap.sprung_int4(int4, int4) RETURNS boolean LANGUAGE sql
	RETURN trap.sprung();
CREATE FUNCTION trap.sprung_int8(int8, int8) RETURNS boolean LANGUAGE sql
	RETURN trap.sprung();
CREATE FUNCTION trap.sprung_name(name, name) RETURNS boolean LANGUAGE sql
	RETURN trap.sprung();
CREATE FUNCTION trap.sprung_oid(oid, oid) RETURNS boolean LANGUAGE sql
	RETURN trap.sprung();
CREATE FUNCTION trap.sprung_bool(bool, bool) RETURNS boolean LANGUAGE sql
	RETURN trap.sprung();
SELECT format('CREATE OPERATOR trap.%s (LEFTARG = %s, RIGHTARG = %s,
			   FUNCTION = trap.%I)',
			  sign, type, type, 'sprung_' || type)
FROM unnest(ARRAY['=', '<>', '<', '>', '<=', '>=', '||', '~', '~*',
							 '!~', '~~', '+', '-']) AS sign,
	 unnest(ARRAY['text', 'int4', 'int8', 'name', 'oid', 'bool']) AS type
\gexec
CREATE DOMAIN trap.text AS pg_catalog.text CHECK (trap.sprung());
SQL
my ($status, $out, $err) = psql('analyst', 'hostile',
	q{SET search_path = trap, pg_catalog; SELECT lower('A')});
like($err, qr/a look-alike was called/, 'the trap works');
($status, $out, $err) = psql('analyst', 'hostile',
	q{SET search_path = trap, pg_catalog; SELECT 1::int4 = 1::int4});
like($err, qr/a look-alike was called/, 'for operators too');

value('analyst', 'hostile',
	'SET search_path = trap, pg_catalog; CREATE EXTENSION osmeta');
ok(fingerprint(undef, 'hostile') eq fingerprint('analyst', 'clean'),
	'installed under a hostile search_path the extension is the same');

# The factories know nothing of the trap; from then on every session has it.
create_work('analyst', 'hostile');
my $plain = contents('analyst', 'hostile');
value('analyst', 'hostile',
	'ALTER DATABASE hostile SET search_path = trap, pg_catalog');
is(difference($plain, contents('analyst', 'hostile')),
	'', 'views show the same');
cmp_ok(value('analyst', 'hostile', "SELECT osmeta.capture('prod', 'second')"),
	'>', 2, 'a capture is taken');
is(run_work('analyst', 'hostile'), 't|', 'a plan runs');

done_testing();
