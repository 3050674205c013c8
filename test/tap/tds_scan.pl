#!/usr/bin/perl
# osmeta's own foreign tables of tds_fdw, read by osmeta_tds: values, conditions,
# parameters, links that are kept and links that are lost; and a factory that is
# attached, captured and pulled from that way.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use TdsCopy;
use Test::More;
use Time::HiRes qw(time);
use utf8;

tds_needed();

my $remote = tds_database('scan');
my $opened = "$ENV{OSMETA_WORK}/tds_scan.$$";
my ($port, undef, $proxy) = tds_proxy(opened => $opened);

# Run SQL in one session in which the library is loaded, whatever fails in it;
# gives what it printed, and the errors, one a line: SQLSTATE, message.
sub session
{
	my ($sql, %options) = @_;
	$sql = "SET client_min_messages = warning; SET statement_timeout = '60s';\n$sql";
	$sql = "LOAD 'osmeta_tds'; $sql" unless $options{plain} || $options{role};
	utf8::encode($sql) if utf8::is_utf8($sql);
	my (undef, $out, $err) = psql($options{role}, 'desk', $sql, '-v', 'ON_ERROR_STOP=0', '-v', 'VERBOSITY=verbose');
	my @errors = map { /(?:ERROR|FATAL|WARNING):  (\w{5}: .*)|CONTEXT:  (column .*)/ ? $1 // $2 : () } split /\n/, $err;
	utf8::decode($out);
	return ($out, join "\n", @errors);
}

sub session_ok
{
	my ($sql, $expected, $name, %options) = @_;
	my ($out, $err) = session($sql, %options);
	return is($err eq '' ? $out : "$out\n$err", $expected, $name);
}

# Connections that SQL opens.
sub opened
{
	my ($sql) = @_;
	unlink $opened;
	my (undef, $err) = session($sql);
	diag($err) if $err ne '';
	open my $in, '<', $opened or return 0;
	my @lines = <$in>;
	return scalar @lines;
}

# ---------------------------------------------------------------------------
# A schema that is osmeta's, and one that is not, with the same tables
# ---------------------------------------------------------------------------
tds_batch($remote, <<'SQL');
CREATE TABLE dbo.[v a] ([Id no] int PRIMARY KEY, big bigint, small smallint, tiny tinyint, flag bit, f float, r real, d datetime, nv nvarchar(50), nm nvarchar(max), nc nchar(5), vc varchar(50),
	vb varbinary(20), vbm varbinary(max), u uniqueidentifier, dec decimal(37,8), d2 decimal(10,2), d18 decimal(18,0), m money, sm smallmoney)
CREATE TABLE dbo.many (id int PRIMARY KEY, n bigint, name nvarchar(60))
CREATE TABLE dbo.times (id int, a datetime2, b date, c time, d smalldatetime)
CREATE TABLE dbo.odd (id int, v sql_variant, big int, long nvarchar(max), text nvarchar(20))
go
INSERT INTO dbo.[v a] ([Id no]) VALUES (1)
INSERT INTO dbo.[v a] VALUES (2, 9223372036854775807, -32768, 255, 1, 0.1, 0.1, '2024-02-29 12:34:56.997', N'x ', N'', N'ab', 'vc ', 0x, 0x00ff, '0E984725-C51C-4BF4-9960-E1C80E27ABA0',
	12345678901234567890123456789.12345678, 2.50, 999999999999999999, 922337203685477.5807, -1.2345)
INSERT INTO dbo.[v a] VALUES (3, -1, 0, 0, 0, 1e300, -1, '1900-01-01', N'', N' ', N'', '', 0x00, 0x, '00000000-0000-0000-0000-000000000000', -0.00000001, 0, 0, 0, 0)
INSERT INTO dbo.[v a] VALUES (4, -9223372036854775808, 1, 1, 1, 0, 1.5, '1753-01-01 00:00:00.003', N'žluťoučký 漢字 😀', REPLICATE(CAST(N'😀' AS nvarchar(max)), 10000), N'é', 'a', 0x0102,
	CAST(REPLICATE(CAST('x' AS varchar(max)), 5000000) AS varbinary(max)), '6F9619FF-8B86-D011-B42D-00C04FC964FF', 99999999999999999999999999999.99999999, -99999999.99, -1, -0.01, 1)
INSERT INTO dbo.[v a] VALUES (5, 5000000000, 2, 2, 0, -1e-5, 0, '9999-12-31 23:59:59.997', N'C', N'd', N'f', 'g', 0xff, 0xfe, '6F9619FF-8B86-D011-B42D-00C04FC964FE', 92233720368.54775807, 0.01, 1, 1.5, 1.5)
INSERT INTO dbo.times VALUES (1, '2024-02-29T12:34:56.123456', '2024-02-29', '12:34:56', '2024-02-29T12:34:00'), (2, NULL, NULL, NULL, NULL)
INSERT INTO dbo.odd VALUES (1, 1, 70000, REPLICATE(N'ab', 20), N'12'), (2, N'x', 1, N'ok  ', N'x2')
WITH a AS (SELECT 0 AS i UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)
INSERT INTO dbo.many SELECT n, n % 7, CONCAT('name ', n) FROM (SELECT a.i + 10 * b.i + 100 * c.i + 1000 * d.i + 1 AS n FROM a, a AS b, a AS c, a AS d) AS x ORDER BY n
SQL
create_database('desk');
create_role('clerk');
value(undef, 'postgres', 'ALTER ROLE clerk SET session_preload_libraries = osmeta_tds');
value(undef, 'desk', 'SET client_min_messages = warning; CREATE EXTENSION osmeta; CREATE EXTENSION tds_fdw; CREATE EXTENSION osmeta_tds');
create_tds_server('desk', 'tds', $remote, host => '127.0.0.1', port => $port);
my $columns = '"Id" integer OPTIONS (column_name \'Id no\'), big bigint, small smallint, tiny smallint, flag smallint, f float8, r real, d timestamp(3), nv varchar(50), nm text, nc varchar(5), vc varchar(50),'
  . ' vb bytea, vbm bytea, u uuid, dec numeric(37,8), d2 numeric(10,2), d18 numeric(18), m numeric(19,4), sm numeric(10,4)';
my $both = join "\n", map {
	"CREATE FOREIGN TABLE $_.v ($columns) SERVER tds OPTIONS (schema_name 'dbo', table_name 'v a', match_column_names '1');
	CREATE FOREIGN TABLE $_.many (id integer, n bigint, name varchar(60)) SERVER tds OPTIONS (schema_name 'dbo', table_name 'many', match_column_names '1');"
} qw(own plain);
value(undef, 'desk', <<"SQL");
CREATE SCHEMA own;
CREATE SCHEMA plain;
INSERT INTO osmeta.environment (environment, server, wrapper, remote_schema, dialect, catalog_dialect, schema)
VALUES ('e', 'tds', 'tds_fdw', 'dbo', 'sqlserver', 'sqlserver', 'own');
$both
CREATE FOREIGN TABLE own.other ("Id" bigint OPTIONS (column_name 'Id no'), flag boolean, small integer, tiny numeric(5,1), big text, d timestamptz, f numeric, r float8, u text, dec float8, m text,
	nc char(7), nv name, vb text, d2 text) SERVER tds OPTIONS (schema_name 'dbo', table_name 'v a');
CREATE FOREIGN TABLE own.whole (d timestamp(0), d2 numeric(10,1), d18 bigint, "Id" integer OPTIONS (column_name 'Id no')) SERVER tds OPTIONS (schema_name 'dbo', table_name 'v a');
CREATE FOREIGN TABLE own.times (id integer, a timestamp, b date, c time, d timestamp(0)) SERVER tds OPTIONS (schema_name 'dbo', table_name 'times');
CREATE FOREIGN TABLE own.small (id integer, big smallint) SERVER tds OPTIONS (schema_name 'dbo', table_name 'odd');
CREATE FOREIGN TABLE own.short (id integer, long varchar(10)) SERVER tds OPTIONS (schema_name 'dbo', table_name 'odd');
CREATE FOREIGN TABLE own.number (id integer, text integer) SERVER tds OPTIONS (schema_name 'dbo', table_name 'odd');
CREATE FOREIGN TABLE own.variant (id integer, v text) SERVER tds OPTIONS (schema_name 'dbo', table_name 'odd');
CREATE FOREIGN TABLE own.absent (id integer) SERVER tds OPTIONS (schema_name 'dbo', table_name 'absent');
CREATE FOREIGN TABLE own.query (n integer OPTIONS (column_name 'Second'), m integer OPTIONS (column_name 'first')) SERVER tds OPTIONS (query 'SELECT 1 AS First, 2 AS Second UNION ALL SELECT 3, 4');
CREATE FOREIGN TABLE own.lacking ("First" integer, "Third" integer) SERVER tds OPTIONS (query 'SELECT 1 AS First, 2 AS Second');
CREATE FOREIGN TABLE own.slow (id integer) SERVER tds OPTIONS (query 'SELECT SUM(a.n + b.n) AS id FROM dbo.many AS a, dbo.many AS b WHERE a.id <= 8000 AND b.id <= 8000');
CREATE FOREIGN TABLE own.long (id integer, name varchar(60)) SERVER tds OPTIONS (query 'SELECT a.id AS id, b.name AS name FROM dbo.many AS a CROSS JOIN dbo.many AS b WHERE b.id <= 300');
CREATE TABLE public.v AS SELECT * FROM plain.v;
GRANT USAGE ON SCHEMA own TO clerk;
SQL

# ---------------------------------------------------------------------------
# Which tables
# ---------------------------------------------------------------------------
my $plan = sub { my ($out) = session("$_[1]; EXPLAIN (VERBOSE, COSTS off) $_[0]"); return $out; };
like($plan->('SELECT flag FROM own.v', ''), qr/Custom Scan \(osmeta_tds\) on own\.v\n.*\n  Remote SQL: SELECT \[flag\] FROM \[dbo\]\.\[v a\]$/, 'a table of an environment is scanned by osmeta_tds');
like($plan->('SELECT id FROM plain.many', ''), qr/Foreign Scan on plain\.many/, 'a table of a user by tds_fdw');
like($plan->('SELECT id FROM own.many', 'SET osmeta_tds.scan = off'), qr/Foreign Scan on own\.many/, 'and all by tds_fdw if the setting is off');
like($plan->('SELECT id FROM plain.many', q{BEGIN; UPDATE osmeta.environment SET schema = 'plain'}), qr/Custom Scan/, 'whatever schema an environment has');
like($plan->('SELECT id FROM plain.many', q{BEGIN; INSERT INTO osmeta.plan (plan, source, source_capture_id, target, target_capture_id, source_place, target_place, scope) VALUES ('plain', 'e', 1, 'e', 1, '', '', '{}')}),
	qr/Custom Scan/, 'a table of a plan by osmeta_tds');
session_ok('EXPLAIN (COSTS off) SELECT id FROM own.many', qq{Foreign Scan on many}, 'without the library by tds_fdw', plain => 1)
  or diag('is it preloaded?');

# ---------------------------------------------------------------------------
# Values
# ---------------------------------------------------------------------------
my $values = 'SELECT "Id", big, small, tiny, flag, f, r, d, nv, left(nm, 3), length(nm), nc, vc, vb, length(vbm), md5(vbm), u, dec, d2, d18, m, sm FROM own.v ORDER BY "Id"';
(my $expected = <<'TEXT') =~ s/\n\z//;
1|||||||||||||||||||||
2|9223372036854775807|-32768|255|1|0.1|0.1|2024-02-29 12:34:56.997|x ||0|ab   |vc |\x|2|18f04b24ca4fe67b6cfb48a1d1e8af3b|0e984725-c51c-4bf4-9960-e1c80e27aba0|12345678901234567890123456789.12345678|2.50|999999999999999999|922337203685477.5807|-1.2345
3|-1|0|0|0|1e+300|-1|1900-01-01 00:00:00|| |1|     ||\x00|0|d41d8cd98f00b204e9800998ecf8427e|00000000-0000-0000-0000-000000000000|-0.00000001|0.00|0|0.0000|0.0000
4|-9223372036854775808|1|1|1|0|1.5|1753-01-01 00:00:00.003|žluťoučký 漢字 😀|😀😀😀|10000|é    |a|\x0102|5000000|MD5|6f9619ff-8b86-d011-b42d-00c04fc964ff|99999999999999999999999999999.99999999|-99999999.99|-1|-0.0100|1.0000
5|5000000000|2|2|0|-1e-05|0|9999-12-31 23:59:59.997|C|d|1|f    |g|\xff|1|e6b4cb05a3ae8fc2bbfb3dc4acf5f5a1|6f9619ff-8b86-d011-b42d-00c04fc964fe|92233720368.54775807|0.01|1|1.5000|1.5000
TEXT
my $md5 = value(undef, 'desk', q{SELECT md5(repeat('x', 5000000)), md5('\x00ff'::bytea), md5('\xfe'::bytea)});
my @md5 = split /\|/, $md5;
$expected =~ s/MD5/$md5[0]/;
$expected =~ s/18f04b24ca4fe67b6cfb48a1d1e8af3b/$md5[1]/;
$expected =~ s/e6b4cb05a3ae8fc2bbfb3dc4acf5f5a1/$md5[2]/;
session_ok("SET TimeZone = 'America/New_York'; SET extra_float_digits = 1; $values", $expected, 'values of all types, in any time zone');
my ($by_wrapper) = session(q{SET osmeta_tds.scan = off; SELECT md5(string_agg(v::text, '|' ORDER BY "Id")) FROM (SELECT "Id", big, small, tiny, flag, f, r, d, nv, nm, nc, vc, vb, vbm, u, dec, d2, d18 FROM own.v) v});
session_ok(q{SELECT md5(string_agg(v::text, '|' ORDER BY "Id")) FROM (SELECT "Id", big, small, tiny, flag, f, r, d, nv, nm, nc, vc, vb, vbm, u, dec, d2, d18 FROM own.v) v}, $by_wrapper, 'they are those of tds_fdw');
session_ok(q{SET TimeZone = 'Asia/Tokyo'; SELECT "Id", flag, small, tiny, big, d AT TIME ZONE 'UTC', f, r, u, dec, m, '[' || nc || ']', nv, vb, d2 FROM own.other WHERE "Id" IN (1, 2)},
	"1||||||||||||||\n2|t|-32768|255.0|9223372036854775807|2024-02-29 12:34:56.997|0.1|0.10000000149011612|0E984725-C51C-4BF4-9960-E1C80E27ABA0|1.2345678901234568e+28|922337203685477.5807|[ab]|x |\\x|2.50",
	'and of other types here');
session_ok('SELECT * FROM own.whole WHERE "Id" = 2', '2024-02-29 12:34:57|2.5|999999999999999999|2', 'rounded to the digits that the local type has');
session_ok('SELECT * FROM own.times', "1|2024-02-29 12:34:56.123456|2024-02-29|12:34:56|2024-02-29 12:34:00\n2||||", 'moments of other types');
session_ok('SELECT v FROM own.v WHERE "Id" = 1', '(1,,,,,,,,,,,,,,,,,,,)', 'a whole row');
session_ok('SELECT tableoid::regclass FROM own.many WHERE id = 1', 'own.many', 'the table that a row is of');
session_ok('SELECT count(*) FROM own.many; SELECT EXISTS (SELECT FROM own.many)', "10000\nt", 'no column at all');

# ---------------------------------------------------------------------------
# Conditions
# ---------------------------------------------------------------------------
my %pushed = (
	'"Id" = 3'                               => '[Id no] = 3',
	'3 < "Id"'                               => '[Id no] > 3',
	'"Id" >= 2 AND "Id" <= 4'                => '[Id no] >= 2 AND [Id no] <= 4',
	'"Id" = 1 OR "Id" = 4'                   => '[Id no] IN (1, 4)',
	'"Id" IN (1, 4)'                         => '[Id no] IN (1, 4)',
	'("Id" = 1 OR (small = 0 AND "Id" < 9))' => '([Id no] = 1 OR ([small] = 0 AND [Id no] < 9))',
	'big > 4999999999'                       => '[big] > CAST(4999999999 AS bigint)',
	'big = -9223372036854775808'             => '[big] = CAST(-9223372036854775808 AS bigint)',
	'"Id" <> 3'                              => undef,
	'NOT "Id" = ANY (ARRAY[1, NULL])'        => undef,
	'"Id" = 1 OR nv = \'x \''                => undef,
	'nv = \'c\''                             => undef,
	'd2 = 0.01'                              => undef,
	'big IS NULL'                            => undef,
	'"Id" = (SELECT 3)'                      => undef,
	'"Id" + 0 = 3'                           => undef,
	'tiny::numeric = 2'                      => undef);
my @conditions = sort keys %pushed;
my @explained = split /^==\n/m, (session(join '', map { "\\echo ==\nEXPLAIN (VERBOSE, COSTS off) SELECT \"Id\" FROM own.v WHERE $_;\n" } @conditions))[0];
my @found = map {
	my $table = $_;
	[ split /\n/, (session(join '', map { "SELECT '-', string_agg(\"Id\"::text, ' ' ORDER BY \"Id\") FROM $table WHERE $_;\n" } @conditions))[0] ]
} qw(own.v public.v);
foreach my $i (0 .. $#conditions)
{
	my ($where) = $explained[ $i + 1 ] =~ /Remote SQL: .*? WHERE (.*)$/m;
	is($where, $pushed{ $conditions[$i] }, "$conditions[$i]: what the server is asked");
	is($found[0][$i], $found[1][$i], "$conditions[$i]: what comes");
}
unlike($plan->('SELECT id FROM own.many ORDER BY id LIMIT 3', ''), qr/Remote SQL: .*(?:ORDER|TOP)/, 'no order is asked for');
session_ok('SELECT n FROM own.query WHERE n = 4', '4', 'conditions on a query are applied');

# ---------------------------------------------------------------------------
# Parameters, joins, rescans
# ---------------------------------------------------------------------------
session_ok('SET plan_cache_mode = force_generic_plan; PREPARE p (integer) AS SELECT name FROM own.many WHERE id = $1; EXECUTE p(5); EXECUTE p(6)', "name 5\nname 6", 'a prepared statement with a parameter');
session_ok('SELECT (SELECT m.name FROM own.many m WHERE m.id = g) FROM generate_series(4, 6) g', "name 4\nname 5\nname 6", 'a correlated subquery');
session_ok('SELECT m.id FROM generate_series(4, 6) g, LATERAL (SELECT * FROM own.many WHERE id <= g ORDER BY id DESC LIMIT 1) m', "4\n5\n6", 'LATERAL');
session_ok('SELECT count(*), sum(a.id) FROM own.many a JOIN own.many b ON a.id = b.n AND b.id <= 70', '60|210', 'a join of two scans');
my ($joined) = $plan->('SELECT count(*) FROM own.many a JOIN own.many b ON a.id = b.n', '');
unlike($joined, qr/Nested Loop/, 'is no nested loop');
$joined = $plan->('SELECT count(*) FROM own.many a JOIN own.many b ON a.id > b.n', '');
like($joined, qr/Nested Loop.*->  Materialize\n.*\n\s+->  Custom Scan/s, 'and where it must be one the inner rows are kept');
session_ok('SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SELECT count(*) FROM own.v a JOIN own.v b ON a."Id" = b."Id"', '5', 'a scan can begin anew');
session_ok('DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT id FROM own.many WHERE id < 4; FETCH 2 FROM c; FETCH BACKWARD 1 FROM c; FETCH LAST FROM c', "1\n2\n1\n3", 'a cursor goes back, and outlives its transaction');

# ---------------------------------------------------------------------------
# Links are kept
# ---------------------------------------------------------------------------
is(opened('SELECT count(*) FROM own.many; SELECT count(*) FROM own.v; SELECT 1 FROM own.many LIMIT 1; SELECT count(*) FROM own.query; SELECT name FROM own.many WHERE id = 1'), 1, 'five queries, one connection');
is(opened('SELECT (SELECT name FROM own.many m WHERE m.id = v."Id") FROM own.v LIMIT 2; SELECT count(*) FROM own.many a JOIN own.many b USING (id)'), 2, 'two at once');
is(opened('EXPLAIN SELECT * FROM own.many; PREPARE p AS SELECT 1 FROM own.many'), 0, 'none to plan');
my $cursors = join '', map { "DECLARE c$_ CURSOR FOR SELECT id FROM own.many; FETCH c$_; " } 1 .. 12;
is(opened("BEGIN; $cursors COMMIT; BEGIN; $cursors COMMIT"), 16, 'some of many are kept');
is(opened(q{BEGIN; DECLARE c CURSOR FOR SELECT id FROM own.many; FETCH 1 FROM c; SAVEPOINT s; FETCH 1 FROM c; ROLLBACK TO s; FETCH 1 FROM c; COMMIT;
	BEGIN; SAVEPOINT s; DECLARE c CURSOR FOR SELECT id FROM own.many; FETCH 1 FROM c; ROLLBACK TO s; SELECT count(*) FROM own.many; COMMIT; SELECT count(*) FROM own.v}), 1, 'also when transactions end amid rows');

# ---------------------------------------------------------------------------
# Subtransactions
# ---------------------------------------------------------------------------
session_ok('BEGIN; DECLARE c CURSOR FOR SELECT id FROM own.many; SAVEPOINT s; FETCH 2 FROM c; ROLLBACK TO s; FETCH 2 FROM c; SELECT count(*) FROM own.v; COMMIT', "1\n2\n3\n4\n5", 'a cursor goes on after a rollback to a later savepoint');
session_ok('BEGIN; SAVEPOINT s; DECLARE c CURSOR FOR SELECT id FROM own.many; FETCH 1 FROM c; RELEASE s; SAVEPOINT s; FETCH 1 FROM c; ROLLBACK TO s; FETCH 1 FROM c; COMMIT', "1\n2\n3", 'and after its own has been released');
session_ok(<<'SQL', '10000', 'an error amid rows that is caught');
CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	BEGIN
		FOR r IN SELECT id FROM own.many LOOP PERFORM 1 / (r.id - 5); END LOOP;
	EXCEPTION WHEN division_by_zero THEN
		RETURN (SELECT count(*) FROM own.many);
	END;
END $$;
SELECT pg_temp.f();
SQL
is(opened(<<'SQL'), 1, 'does not cost a connection each time');
DO $$
DECLARE r record;
BEGIN
	FOR i IN 1 .. 5 LOOP
		BEGIN
			FOR r IN SELECT id FROM own.many LOOP PERFORM 1 / (r.id - 5); END LOOP;
		EXCEPTION WHEN division_by_zero THEN NULL;
		END;
	END LOOP;
END $$;
SQL

# ---------------------------------------------------------------------------
# Errors
# ---------------------------------------------------------------------------
my %refused = (
	'small WHERE id = 1' => qr/^22003: value 70000 is out of range for type smallint\ncolumn "big" of foreign table "small"$/,
	'short'              => qr/^22001: value too long for type character varying\(10\)\ncolumn "long" of foreign table "short"$/,
	'number'             => qr/^22P02: invalid input syntax for type integer: "x2"\ncolumn "text" of foreign table "number"$/,
	'variant'            => qr/^HV021|^HV004: column "v" of foreign table "variant" has type sql_variant at the server$/,
	'lacking'            => qr/^HV005: the query of foreign table "lacking" gives no column "Third"$/,
	'absent'             => qr/^\w{5}: server "tds": .*absent/i);
my @tables = sort keys %refused;
my ($counts, $refused) = session(join '', map { "SELECT * FROM own.$_; SELECT count(*) FROM own.v;\n" } @tables);
is($counts =~ tr/\n//dr, '5' x @tables, 'after each error all goes on');
my @refused = split /\n(?=\w{5}: )/, $refused;
like($refused[$_], $refused{ $tables[$_] }, "$tables[$_]: the error") foreach 0 .. $#tables;
session_ok('SELECT id FROM own.variant', "1\n2", 'a column that cannot be read is in nobody\'s way');
session_ok('SELECT "First" FROM own.lacking', 1, 'nor is one that is not there');
session_ok('SELECT long FROM own.short WHERE id = 2', 'ok  ', 'blanks at the end stay');
{
	my $start = time;
	my ($out, $err) = session("SET statement_timeout = '1s'; SELECT * FROM own.slow; SET statement_timeout = 0; SELECT count(*) FROM own.v");
	is("$out $err", '5 57014: canceling statement due to statement timeout', 'a statement is cancelled');
	cmp_ok(time - $start, '<', 4, 'at once');
}
session_ok("BEGIN; DECLARE c CURSOR FOR SELECT id FROM own.many; FETCH 1 FROM c; SELECT count(*) FROM own.v; COMMIT", "1\n5", 'two at once');

# the memory of one row is that of the next
session_ok("BEGIN; DECLARE c CURSOR FOR SELECT id, name FROM own.long; MOVE 100 FROM c; SELECT sum(used_bytes) AS used FROM pg_backend_memory_contexts \\gset\n"
	  . "MOVE 20000 FROM c; SELECT sum(used_bytes) - :used < 200000 FROM pg_backend_memory_contexts", 't', 'memory stays flat');

# the connections are cut between two statements, and amid rows
sub cut_session
{
	my ($before, $after) = @_;
	my ($out, $err) = session("$before \\! kill -USR1 $proxy; sleep 0.5\n$after");
	return $out . ($err eq '' ? '' : "\n$err");
}
is(cut_session("SELECT count(*) FROM own.v;\n", 'SELECT count(*) FROM own.v'), "5\n5", 'a link that was lost while idle is opened again');
# more rows than buffers on the way hold
like(cut_session("BEGIN; DECLARE c CURSOR FOR SELECT id, name FROM own.long; FETCH 1 FROM c;\n", 'MOVE FORWARD ALL FROM c; ROLLBACK; SELECT count(*) FROM own.v'),
	qr/^\d+\|name \d+\n5\n08\w{3}: server "tds": /, 'one that is lost amid rows is an error');

# ---------------------------------------------------------------------------
# Rights and user mappings
# ---------------------------------------------------------------------------
session_ok('SELECT * FROM own.many', "\n42501: permission denied for foreign table many", 'who may not read the table does not', role => 'clerk');
value(undef, 'desk', 'GRANT SELECT ON own.v TO clerk');
session_ok('SELECT count(*) FROM own.v', 5, 'who may needs no right on the server, as with tds_fdw', role => 'clerk');
value(undef, 'desk', "CREATE VIEW own.seen AS SELECT id FROM own.many; GRANT SELECT ON own.seen TO clerk");
my ($out, $err) = session('CREATE USER MAPPING FOR clerk SERVER tds OPTIONS (username $$nobody$$, password $$x$$)');
($out, $err) = session('SELECT count(*) FROM own.seen', role => 'clerk');
like($err, qr/^28\w{3}: server "tds": /, 'the user mapping is that of who asks, through views, too, as with tds_fdw');
($out, $err) = session(q{SELECT count(*) FROM own.v; BEGIN; ALTER USER MAPPING FOR PUBLIC SERVER tds OPTIONS (SET password 'wrong'); SELECT count(*) FROM own.v; ROLLBACK; SELECT count(*) FROM own.v;
	DROP USER MAPPING FOR PUBLIC SERVER tds; SELECT count(*) FROM own.v});
is($out, "5\n5", 'links are those of the user mapping as it is');
like($err, qr/^28\w{3}: server "tds": .*\n42704: user mapping not found/, 'another password counts at once, and none, too');

# ---------------------------------------------------------------------------
# A factory: what osmeta's own functions do in a session that loads nothing
# ---------------------------------------------------------------------------
my $fixture = top() . '/test/fixture';
create_database('factory');
value(undef, 'factory', "SET client_min_messages = warning;\n\\o /dev/null\n\\i '$fixture/shop_all.sql'\nCREATE EXTENSION tds_fdw; CREATE EXTENSION osmeta_tds");
my $shop = tds_database('scan_shop');
copy_schema('factory', 'source', $shop);
create_tds_server('factory', 'tds', $shop, host => '127.0.0.1', port => $port);

# What SQL prints in a session of its own, and the connections that it opens.
sub counted
{
	my ($sql) = @_;
	unlink $opened;
	my $printed = value(undef, 'factory', "SET client_min_messages = error; $sql");
	open my $in, '<', $opened or return ($printed, 0);
	my @lines = <$in>;
	return ($printed, scalar @lines);
}

my ($printed, $count) = counted(q{SELECT osmeta.attach('src', 'tds'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver')});
cmp_ok($count, '<=', 8, 'attach opens few connections');
is(value(undef, 'factory', 'SELECT count(*) FROM osmeta.environment'), 2, 'two environments');
($printed, $count) = counted(q{SELECT osmeta.capture('src')});
is($printed, 1, 'captured');
cmp_ok($count, '<=', 2, 'over one connection, or two where tables are joined');
value(undef, 'factory', q{SELECT osmeta.capture('tgt')});
($printed, $count) = counted(q{SELECT osmeta.create_plan('p', 'src', 'tgt', '{entity:Shop.Customer,entity:Shop.Region}')});
is($count, 1, 'create_plan one');
($printed, $count) = counted(q{CALL osmeta.pull_plan('p'); SELECT count(*) FROM p.e103; SELECT count(*) FROM p.e104});
is("$printed $count", value(undef, 'factory', q{SELECT (SELECT count(*) FROM source.region) || E'\n' || (SELECT count(*) FROM source.customer)}) . ' 1', 'pull_plan one, and all rows come');
my $entities = 'SELECT count(*), md5(string_agg(e::text, $$|$$ ORDER BY id)) FROM src.live_entity e';
($printed, $count) = counted("LOAD 'osmeta_tds'; $entities");
my ($without, $more) = counted($entities);
is($printed, $without, 'a session without the library reads the same through tds_fdw');
cmp_ok($count, '<', $more, 'with more connections');

done_testing();
