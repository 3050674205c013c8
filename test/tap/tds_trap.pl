#!/usr/bin/perl
# What tds_fdw gets wrong, each beside what comes through osmeta: parameters,
# conditions and orders that the server understands in another way, values
# that change on their way, columns that must not be read.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use TdsCopy;
use Test::More;

tds_needed();

my $fixture = top() . '/test/fixture';

sub desk { return value(undef, 'desk', "SET client_min_messages = error;\n$_[0]"); }

# One statement, over the table of tds_fdw and over what osmeta shows.
sub trap
{
	my ($name, $sql, $wrong, $right, %in) = @_;
	my @found = map {
		my ($status, $out, $err) = psql(undef, 'desk', "SET client_min_messages = error;\n" . $sql =~ s/\bFROM X\b/FROM $_/gr);
		$status == 0 ? $out : $err
	} $in{plain} // 'plain.customer', $in{ours} // 'shop."Customer"';
	ref $wrong ? like($found[0], $wrong, "$name: tds_fdw") : is($found[0], $wrong, "$name: tds_fdw");
	is($found[1], $right, "$name: osmeta");
	return;
}

# What a statement says, on standard error
sub said
{
	my ($sql, $database) = @_;
	my (undef, undef, $err) = psql(undef, $database // 'desk', $sql);
	return $err;
}

create_database('desk');
value(undef, 'desk', <<"SQL");
\\o /dev/null
\\i '$fixture/shop_all.sql'
-- columns of types that the platform does not give, under attributes
SET search_path = source;
SELECT make.attribute('Shop.Region', c, 'rtDateTime') FROM unnest('{When2,Day,Hour,Small,Any,Price,Made}'::text[]) c;
UPDATE "OSSYS_ENTITY_ATTR" SET "TYPE" = 'rtCurrency' WHERE "NAME" = 'Price';
RESET search_path;
SQL
round_times('desk', 'source');
my $database = tds_database('trap');
copy_schema('desk', 'source', $database);
my $region = value(undef, 'desk', q{SELECT "PHYSICAL_TABLE_NAME" FROM source."OSSYS_ENTITY" WHERE "NAME" = 'Region'});
my $customer = value(undef, 'desk', q{SELECT "PHYSICAL_TABLE_NAME" FROM source."OSSYS_ENTITY" WHERE "NAME" = 'Customer'});
tds_batch($database, <<"SQL");
SET QUOTED_IDENTIFIER ON
ALTER TABLE dbo.$region ADD "WHEN2" datetime2
ALTER TABLE dbo.$region ADD "DAY" date
ALTER TABLE dbo.$region ADD "HOUR" time
ALTER TABLE dbo.$region ADD "SMALL" smalldatetime
ALTER TABLE dbo.$region ADD "ANY" sql_variant
ALTER TABLE dbo.$region ADD "PRICE" money
ALTER TABLE dbo.$region ADD "MADE" datetime
go
UPDATE dbo.$region SET "WHEN2" = '2024-02-29T12:34:56.1234567', "DAY" = '2024-02-29', "HOUR" = '12:34:56', "SMALL" = '2024-02-29T12:34:00', "PRICE" = 1.2345,
	"MADE" = CAST(CASE ID WHEN 1 THEN '1900-01-01T00:00:00' WHEN 2 THEN '2024-03-10T02:30:00.007' ELSE '2024-10-27T01:30:00.997' END AS datetime)
SQL
create_tds_server('desk', 'tds', $database);
value(undef, 'desk', <<"SQL");
CREATE SCHEMA plain;
CREATE FOREIGN TABLE plain.customer ("Id" bigint OPTIONS (column_name 'ID'), "Name" varchar(70) OPTIONS (column_name 'NAME'),
	"RegionId" bigint OPTIONS (column_name 'REGIONID'), "Amount" numeric(8,2) OPTIONS (column_name 'AMOUNT'), "IsOpen" boolean OPTIONS (column_name 'ISOPEN'))
	SERVER tds OPTIONS (schema_name 'dbo', table_name '$customer', match_column_names '1');
CREATE FOREIGN TABLE plain.by_query ("Id" bigint, "Name" varchar(70)) SERVER tds OPTIONS (query 'SELECT ID AS Id, NAME AS Name FROM dbo.$customer');
CREATE FOREIGN TABLE plain.other_case ("ID" bigint, "NAME" varchar(70)) SERVER tds OPTIONS (query 'SELECT ID AS id, NAME AS name FROM dbo.$customer');
CREATE FOREIGN TABLE plain.region ("Id" bigint OPTIONS (column_name 'ID'), "Made" timestamptz OPTIONS (column_name 'MADE')) SERVER tds OPTIONS (schema_name 'dbo', table_name '$region', match_column_names '1');
CREATE FOREIGN TABLE plain.price ("Id" bigint OPTIONS (column_name 'ID'), "Price" money OPTIONS (column_name 'PRICE')) SERVER tds OPTIONS (schema_name 'dbo', table_name '$region', match_column_names '1');
CREATE FOREIGN TABLE plain.when2 ("When2" timestamp OPTIONS (column_name 'WHEN2')) SERVER tds OPTIONS (schema_name 'dbo', table_name '$region', match_column_names '1');
SQL
desk(q{SELECT osmeta.attach('prod', 'tds')});
my $exposed = said(q{SELECT osmeta.expose('prod', 'Shop', 'shop')});

# ---------------------------------------------------------------------------
# Parameters
# ---------------------------------------------------------------------------
trap('a generic plan', q{SET plan_cache_mode = force_generic_plan;
	PREPARE p (bigint) AS SELECT count("Id") FROM X WHERE "Id" = $1; EXECUTE p(5)}, 0, 1);
trap('a scalar subquery', q{SELECT count("Id") FROM X WHERE "Id" = (SELECT max(g)::bigint FROM generate_series(1, 5) g)}, 0, 1);
trap('a correlated subquery', q{SELECT string_agg((SELECT count(c."Id") FROM (SELECT * FROM X) c WHERE c."Id" = g)::text, ' ' ORDER BY g) FROM generate_series(4, 6) g}, '0 0 0', '1 1 0');
trap('LATERAL', q{SELECT count(*) FROM generate_series(4, 6) g, LATERAL (SELECT "Id" FROM X WHERE "Id" = g LIMIT 1) c}, 0, 2);
trap('a function with an argument', q{CREATE FUNCTION pg_temp.f(i bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count("Id") FROM X WHERE "Id" = i); END $$;
	SET plan_cache_mode = force_generic_plan; SELECT pg_temp.f(5)}, 0, 1);
foreach my $view ('prod.entity WHERE entity_id', 'prod.live_entity WHERE id')
{
	is(desk(qq{SET plan_cache_mode = force_generic_plan; PREPARE p (bigint) AS SELECT count(*) FROM $view = \$1; EXECUTE p(103)}), 1, "a generic plan: $view");
	is(desk(qq{SELECT count(*) FROM $view = (SELECT 103)}), 1, "a scalar subquery: $view");
	is(desk(qq{SELECT sum((SELECT count(*) FROM $view = g)) FROM generate_series(102, 104) g}), 3, "a correlated subquery: $view");
}
is(desk(q{SELECT count(*) FROM prod.entity e JOIN shop."Region" r ON r."Id" = e.entity_id - 102}), 2, 'a join of both');

# ---------------------------------------------------------------------------
# Conditions and order
# ---------------------------------------------------------------------------
trap('a query with a condition', q{SELECT count("Id") FROM X WHERE "Id" = 1}, 6, 1, plain => 'plain.by_query');
is(desk(q{SELECT count(*) FROM prod.live_physical_privilege WHERE osmeta.fold_name(table_name) = 'ossys_user'}), 1, 'the queries of the catalogue are read whole');
is(desk(q{SELECT string_agg(c.relname, ' ') FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid
		WHERE c.relnamespace IN ('prod'::regnamespace, 'shop'::regnamespace) AND t.ftoptions::text ~ 'query='
			AND c.relname NOT LIKE 'catalog\\_%'
			OR c.relnamespace IN ('prod'::regnamespace, 'shop'::regnamespace) AND NOT 'match_column_names=1' = ANY (t.ftoptions)}), '', 'all others name a table, and their columns');
trap('a text in another case', q{SELECT count("Id") FROM X WHERE "Name" = 'SELF'}, 1, 0);
trap('a text with blanks at its end', q{SELECT count("Id") FROM X WHERE "Name" = 'Self  '}, 1, 0);
trap('a decimal constant', q{SELECT string_agg("Id"::text, ' ' ORDER BY "Id") FROM X WHERE "Amount" = 0.01}, '1', '2');
trap('NULLS LAST', q{SELECT "RegionId" IS NULL FROM X ORDER BY "RegionId" NULLS LAST LIMIT 1}, 't', 'f');
trap('a condition on a boolean', q{SELECT count("Id") FROM X WHERE "IsOpen"}, qr/ERROR/, 2);
trap('the case of a column', q{SELECT count(c) FROM (SELECT * FROM X) q (c, d)}, 0, 9, plain => 'plain.other_case', ours => 'prod.live_entity');

# ---------------------------------------------------------------------------
# Values
# ---------------------------------------------------------------------------
foreach my $zone (qw(UTC America/New_York Europe/Berlin Asia/Kolkata Pacific/Apia))
{
	is(desk(qq{SET TimeZone = '$zone'; SELECT string_agg("Made"::text, ' ' ORDER BY "Id") FROM shop."Region"}),
		'1900-01-01 00:00:00 2024-03-10 02:30:00.007 2024-10-27 01:30:00.997', "times under $zone");
}
trap('a time with a zone', q{SET TimeZone = 'America/New_York'; SELECT "Made"::date FROM X WHERE "Id" = 1}, '1899-12-31', '1900-01-01', plain => 'plain.region', ours => 'shop."Region"');
trap('money', q{SET lc_monetary = 'C'; SELECT DISTINCT "Price" FROM X}, '$1.23', '1.23450000', plain => 'plain.price', ours => 'shop."Region"');
like(said('SELECT "When2" FROM plain.when2'), qr/ERROR/, 'datetime2: tds_fdw cannot read it');
is(desk(q{SELECT string_agg("Name" || '|', ' ' ORDER BY "Id") FROM shop."Customer"}),
	desk(q{SELECT string_agg("NAME" || '|', ' ' ORDER BY "ID") FROM source.customer}), 'letters of all kinds, and blanks');

# ---------------------------------------------------------------------------
# Columns that must not be read are named before anything runs
# ---------------------------------------------------------------------------
foreach my $column ([ When2 => 'datetime2' ], [ Day => 'date' ], [ Hour => 'time' ], [ Small => 'smalldatetime' ], [ Any => 'sql_variant' ])
{
	my ($name, $type) = @$column;
	like($exposed, qr/^Region\.$name: column of a type that cannot be read: $type$/m, "expose leaves out $name, a $type");
}
unlike($exposed, qr/Region\.Made/, 'expose leaves out nothing else');
is(desk(q{SELECT string_agg(DISTINCT a.attname, ' ') FROM pg_foreign_table t JOIN pg_attribute a ON a.attrelid = t.ftrelid
		WHERE a.attnum > 0 AND a.attfdwoptions::text ~* '=(when2|day|hour|small|any)\M'}), 'When2', 'nothing declares them but this test');
desk(q{SELECT osmeta.attach('qa', remote_schema => 'target', dialect => 'sqlserver'), osmeta.capture('prod'), osmeta.capture('qa')});
desk(q{SET search_path = target; SELECT make.attribute('Shop.Region', c, CASE c WHEN 'Price' THEN 'rtCurrency' ELSE 'rtDateTime' END) FROM unnest('{When2,Day,Hour,Small,Any,Price,Made}'::text[]) c;
	RESET search_path; SELECT format('ALTER TABLE target.%I ADD %I timestamp(3)', "PHYSICAL_TABLE_NAME", upper(c)) FROM target."OSSYS_ENTITY", unnest('{When2,Day,Hour,Small,Any,Price,Made}'::text[]) c WHERE "NAME" = 'Region' \gexec
	SELECT osmeta.capture('qa'); SELECT osmeta.create_plan('p', 'prod', 'qa', '{espace:Shop}')});
is(desk(q{SELECT string_agg(object || ' ' || substring(message FROM 'of type \w+'), ', ' ORDER BY object) FROM osmeta.plan_problem WHERE code = 'column_unreadable'}),
	'Shop.Region.Any of type sql_variant, Shop.Region.Day of type date, Shop.Region.Hour of type time, Shop.Region.Small of type smalldatetime, Shop.Region.When2 of type datetime2',
	'plan_problem names them');
like(said(q{CALL osmeta.run_plan('p')}), qr/ERROR:  plan "p" has problems that stop it/, 'nothing runs');

# ---------------------------------------------------------------------------
# A locale that knows no letters
# ---------------------------------------------------------------------------
value(undef, 'postgres', q{CREATE DATABASE ascii TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'});
value(undef, 'ascii', 'CREATE EXTENSION osmeta');
create_tds_server('ascii', 'tds', $database);
value(undef, 'ascii', "ALTER SERVER tds OPTIONS (DROP character_set)");
value(undef, 'ascii', qq{CREATE FOREIGN TABLE plain ("NAME" varchar(50)) SERVER tds OPTIONS (schema_name 'dbo', table_name '$region', match_column_names '1')});
isnt((psql(undef, 'ascii', q{SELECT string_agg("NAME", ' ') FROM plain}))[1] =~ s/.*North/North/sr, 'North South Süd — 南', 'LC_CTYPE C: letters are lost');
like(said(q{SELECT osmeta.attach('prod', 'tds')}, 'ascii'),
	qr/ERROR:  server "tds" needs option character_set in this database.*HINT:  ALTER SERVER tds OPTIONS \(ADD character_set 'UTF-8'\)/s, 'LC_CTYPE C: attach asks for character_set');
value(undef, 'ascii', "ALTER SERVER tds OPTIONS (ADD character_set 'UTF-8')");
value(undef, 'ascii', q{SET client_min_messages = error; SELECT osmeta.attach('prod', 'tds'); SELECT osmeta.expose('prod', 'Shop', 'shop')});
is(value(undef, 'ascii', q{SET client_min_messages = error; SELECT string_agg("Name", ' ' ORDER BY "Id") FROM shop."Region"}), 'North South Süd — 南', 'LC_CTYPE C: with it all letters come');

done_testing();
