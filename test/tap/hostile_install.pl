#!/usr/bin/perl
# Whoever installs a trusted extension is no superuser, but its script runs as
# one: nothing that stands in schema osmeta beforehand may be called by it, nor
# become part of what it makes.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Test::More;

create_role('mallory');
create_database('clean', 'mallory');
create_database('trapped', 'mallory');
create_database('turkish');

value('mallory', 'clean', 'CREATE EXTENSION osmeta');

# Functions with exact argument types, which would win over the polymorphic
# ones of pg_catalog, and an operator.
value('mallory', 'trapped', <<'SQL');
CREATE SCHEMA osmeta;
CREATE TABLE public.caught (what text);
CREATE FUNCTION osmeta.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.caught VALUES ('unnest as ' || current_user);
	RETURN QUERY SELECT pg_catalog.unnest($1);
END $$;
CREATE FUNCTION osmeta.cardinality(text[]) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.caught VALUES ('cardinality as ' || current_user);
	RETURN pg_catalog.cardinality($1);
END $$;
CREATE FUNCTION osmeta.array_length(text[], integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.caught VALUES ('array_length as ' || current_user);
	RETURN pg_catalog.array_length($1, $2);
END $$;
CREATE FUNCTION osmeta.same(text[], text[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.caught VALUES ('= as ' || current_user);
	RETURN $1 OPERATOR(pg_catalog.=) $2;
END $$;
CREATE OPERATOR osmeta.= (LEFTARG = text[], RIGHTARG = text[], FUNCTION = osmeta.same);
SQL
my ($status, $out, $err) =
  psql('mallory', 'trapped', 'CREATE EXTENSION osmeta');
is($status, 0, 'the extension installs into a schema full of look-alikes')
  or diag($err);
is(value('mallory', 'trapped', 'SELECT * FROM public.caught'),
	'', 'and its script has called none of them');
is( value('mallory', 'trapped', <<'SQL'),
SELECT rolsuper FROM pg_roles WHERE rolname = current_user
SQL
	'f',
	'who installed is still no superuser');
create_work('mallory', 'trapped');
is(run_work('mallory', 'trapped'), 't|', 'attach, capture and a plan work');
is(value('mallory', 'trapped', 'SELECT * FROM public.caught'),
	'', 'and call none of them either');

# Other encodings
value(undef, 'postgres',
	q{CREATE DATABASE latin TEMPLATE template0 OWNER mallory ENCODING 'LATIN1' LOCALE 'C'});
($status, $out, $err) = psql('mallory', 'latin', 'CREATE EXTENSION osmeta');
like($err, qr/needs a database in encoding UTF8, this one is in LATIN1/,
	'a database in another encoding is refused');

# Settings of the session and of the database
value('mallory', 'clean', 'ALTER DATABASE clean SET quote_all_identifiers = on');
create_work('mallory', 'clean');
is( value('mallory', 'clean', <<'SQL'),
SELECT count(*) FILTER (WHERE capture_id IS NULL), count(DISTINCT environment)
FROM prod.entity
SQL
	value('mallory', 'clean',
		q{SELECT count(*), 1 FROM osmeta.entity WHERE environment = 'prod'}),
	'under quote_all_identifiers live views read the factory, not the store');

# In Turkish, the small letter of I is not i.
SKIP:
{
	skip 'this server has no ICU', 1
	  if value(undef, 'postgres',
		q{SELECT count(*) FROM pg_collation WHERE collname = 'tr-x-icu'}) eq '0';
	value(undef, 'postgres', q{DROP DATABASE turkish});
	value(undef, 'postgres',
		q{CREATE DATABASE turkish TEMPLATE template0 OWNER mallory
			LOCALE_PROVIDER icu ICU_LOCALE 'tr' LOCALE 'C.UTF-8' ENCODING utf8});
	value('mallory', 'turkish', 'CREATE EXTENSION osmeta');
	create_work('mallory', 'turkish');
	is(run_work('mallory', 'turkish'),
		't|', 'in a Turkish database names are matched without case');
}

# The setting that chooses captures
foreach my $list ('01', '0', '1,,2', '1;2', 'one', '-1', '9223372036854775808')
{
	($status, $out, $err) = psql('mallory', 'clean',
		"SELECT osmeta.espace_hash('People'); SET osmeta.capture = '$list'");
	like($err, qr/invalid value for parameter "osmeta.capture"/,
		"'$list' is no list of captures");
}
is(value('mallory', 'clean',
		"SET osmeta.capture = ' 2 , 1 '; SELECT string_agg(DISTINCT environment, ',') FROM osmeta.espace"),
	'prod,qa', 'a list with blanks shows what it names');

done_testing();
