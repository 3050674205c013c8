#!/usr/bin/perl
# Statements at a T-SQL server: what comes back, which errors, what becomes of
# them with our transactions, and that nothing of it disturbs tds_fdw or hangs.
# What can be shown without a server is tested always.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IO::Socket::INET;
use IPC::Run;
use Tds;
use Test::More;
use Time::HiRes qw(sleep time);

my $secret = 'S3cret-pass-word';
my @heard;

# Run SQL in one session, whatever fails in it; gives what it printed, and the
# errors, one a line: SQLSTATE, message.
sub session
{
	my ($role, $database, $sql) = @_;
	my ($status, $out, $err) = psql(
		$role, $database, "SET statement_timeout = '60s';\n$sql",
		'-v', 'ON_ERROR_STOP=0', '-v', 'VERBOSITY=verbose');
	push @heard, $err;
	my @errors =
	  map { /(?:ERROR|FATAL|WARNING):  (\w{5}: .*)/ ? $1 : () } split /\n/, $err;
	return ($out, join "\n", @errors);
}

# The one error of a statement.
sub refused
{
	my ($role, $database, $sql) = @_;
	my (undef, $err) = session($role, $database, $sql);
	return $err;
}

# A port that nobody listens at.
sub closed_port
{
	my $socket =
	  IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
	  or die "no port: $!\n";
	my $port = $socket->sockport;
	close $socket;
	return $port;
}

create_database('link');
create_role('nobody');
create_role('clerk');
create_role('reader');
value(undef, 'link', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
CREATE EXTENSION osmeta_tds;
CREATE EXTENSION tds_fdw;
CREATE EXTENSION postgres_fdw;
GRANT USAGE ON SCHEMA osmeta TO PUBLIC;
SQL

#
# The extension as such
#
is( value(undef, 'link', <<'SQL'),
SELECT string_agg(pg_describe_object(d.classid, d.objid, d.objsubid), ', ')
FROM pg_depend d
JOIN pg_extension e ON e.oid = d.refobjid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  AND e.extname = 'osmeta_tds'
  AND coalesce(obj_description(d.objid, d.classid::regclass::text::name), '') = ''
SQL
	'',
	'all objects of osmeta_tds have a comment');
is( value(undef, 'link', <<'SQL'),
SELECT string_agg(p.proname, ', ' ORDER BY p.proname)
FROM pg_depend d
JOIN pg_extension e ON e.oid = d.refobjid
JOIN pg_proc p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
  AND e.extname = 'osmeta_tds'
  AND (has_function_privilege('nobody', p.oid, 'EXECUTE')
	   OR p.prosecdef OR p.proparallel <> 'u' OR p.provolatile <> 'v')
SQL
	'',
	'its functions are nobody\'s until granted, and run with the caller\'s rights');
my $document = do
{
	open my $in, '<', top() . '/doc/osmeta.md' or die "doc/osmeta.md: $!\n";
	local $/;
	<$in>;
};
is( join(
		"\n",
		grep { $document !~ /`\Q$_\E(?![\w.])/ } split /\n/,
		value(undef, 'link', <<'SQL')),
SELECT p.proname || '(' || pg_get_function_arguments(p.oid) || ')'
FROM pg_depend d
JOIN pg_extension e ON e.oid = d.refobjid
JOIN pg_proc p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
  AND e.extname = 'osmeta_tds'
  AND obj_description(p.oid, 'pg_proc') NOT LIKE 'Internal:%'
SQL
	'',
	'doc/osmeta.md describes all of them');
value(undef, 'postgres', "CREATE DATABASE second TEMPLATE template0");
my ($status, undef, $err) = do
{
	value(undef, 'second', 'GRANT CREATE ON DATABASE second TO clerk');
	psql('clerk', 'second',
		'CREATE EXTENSION osmeta; CREATE EXTENSION osmeta_tds');
};
like($err, qr/permission denied to create extension "osmeta_tds"/,
	'only a superuser installs osmeta_tds');

#
# Without a server
#
my $closed = closed_port();
value(undef, 'link', <<"SQL");
CREATE SERVER closed FOREIGN DATA WRAPPER tds_fdw
	OPTIONS (servername '127.0.0.1', port '$closed', character_set 'UTF-8');
CREATE USER MAPPING FOR PUBLIC SERVER closed
	OPTIONS (username 'somebody', password '$secret');
CREATE SERVER several FOREIGN DATA WRAPPER tds_fdw
	OPTIONS (servername '127.0.0.1, 127.0.0.2', port '$closed');
CREATE USER MAPPING FOR PUBLIC SERVER several
	OPTIONS (username 'somebody', password '$secret');
CREATE SERVER unmapped FOREIGN DATA WRAPPER tds_fdw
	OPTIONS (servername '127.0.0.1', port '$closed');
CREATE SERVER nowhere FOREIGN DATA WRAPPER tds_fdw OPTIONS (port '1433');
CREATE USER MAPPING FOR PUBLIC SERVER nowhere
	OPTIONS (username 'somebody', password '$secret');
CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw;
CREATE USER MAPPING FOR PUBLIC SERVER other OPTIONS (password '$secret');
CREATE FOREIGN TABLE unreachable (id integer) SERVER closed
	OPTIONS (schema_name 'dbo', table_name 'T');
GRANT EXECUTE ON FUNCTION osmeta.tds_exec(name, text) TO clerk, reader;
GRANT USAGE ON FOREIGN SERVER unmapped TO clerk;
SQL
like(
	refused(undef, 'link', "SELECT osmeta.tds_exec('closed', 'SELECT 1')"),
	qr/\A08001: server "closed": Unable to connect.*\z/,
	'nobody listens');
like(
	refused(undef, 'link', "SELECT osmeta.tds_exec('several', 'SELECT 1')"),
	qr/\A08001: server "several": Unable to connect.*\z/,
	'nobody listens at any host of a list');
is( refused(undef, 'link', "SELECT osmeta.tds_exec('none', 'SELECT 1')"),
	'42704: server "none" does not exist',
	'no such server');
is( refused(undef, 'link', "SELECT osmeta.tds_exec('other', 'SELECT 1')"),
	'42809: server "other" is not one of tds_fdw',
	'a server of another wrapper');
is( refused(undef, 'link', "SELECT osmeta.tds_exec('nowhere', 'SELECT 1')"),
	'HV00J: server "nowhere" does not say where it is',
	'a server without servername');
like(
	refused(undef, 'link', "SELECT osmeta.tds_exec('unmapped', 'SELECT 1')"),
	qr/\A42704: user mapping not found for /,
	'no user mapping');
is( refused('nobody', 'link', "SELECT osmeta.tds_exec('closed', 'SELECT 1')"),
	'42501: permission denied for function tds_exec',
	'no right to call');
is( refused('reader', 'link', "SELECT osmeta.tds_exec('closed', 'SELECT 1')"),
	'42501: permission denied for foreign server closed',
	'no right to use the server');
like(
	refused('clerk', 'link', "SELECT osmeta.tds_exec('unmapped', 'SELECT 1')"),
	qr/\A42704: user mapping not found for /,
	'both rights lead on to the user mapping');
is( refused(undef, 'link', "SELECT * FROM osmeta.tds_query('closed', 'SELECT 1')"),
	'42601: a column definition list is required for functions returning "record"',
	'rows without a list of columns');
is( value(undef, 'link', "SELECT osmeta.tds_exec('closed', NULL) IS NULL"),
	't', 'NULL does nothing');

# The handlers of db-lib belong to whoever calls it.
my ($out, $errors) = session(undef, 'link', <<'SQL');
SELECT pg_backend_pid() AS pid \gset
SELECT * FROM unreachable;
SELECT osmeta.tds_exec('closed', 'SELECT 1');
SELECT * FROM unreachable;
SELECT osmeta.tds_exec('closed', 'SELECT 1');
SELECT pg_backend_pid() = :pid;
SQL
my @errors = split /\n/, $errors;
is($out, 't', 'the session lives through failures of both libraries\' users');
is(scalar @errors, 4, 'each of them fails');
isnt($errors[0], $errors[1], 'tds_fdw and we say so in words of our own');
is($errors[2], $errors[0], 'tds_fdw says after us what it says before us');
is($errors[3], $errors[1], 'and we after tds_fdw');

# A transaction that was nowhere
is( refused(undef, 'link', <<'SQL'),
BEGIN;
DO $$
BEGIN
	PERFORM osmeta.tds_exec('closed', 'SELECT 1');
EXCEPTION WHEN sqlclient_unable_to_establish_sqlconnection THEN
	NULL;
END
$$;
COMMIT;
SQL
	'',
	'who could not be reached has nothing to commit');

# Hosts that do not answer.  A relay that takes connections needs no server.
sub in_time
{
	my ($what, $name, $limit) = @_;
	my $begin = time;
	my $said = $what->();
	my $seconds = time - $begin;
	cmp_ok($seconds, '<', $limit // 3, "$name: within two seconds")
	  or diag($said);
	return $said;
}

my ($mute) = tds_proxy(mute => 1);
value(undef, 'link', <<"SQL");
CREATE SERVER mute FOREIGN DATA WRAPPER tds_fdw
	OPTIONS (servername '127.0.0.1', port '$mute');
CREATE USER MAPPING FOR PUBLIC SERVER mute
	OPTIONS (username 'somebody', password '$secret');
CREATE SERVER hole FOREIGN DATA WRAPPER tds_fdw
	OPTIONS (servername '192.0.2.1');
CREATE USER MAPPING FOR PUBLIC SERVER hole
	OPTIONS (username 'somebody', password '$secret');
SQL
is( in_time(
		sub {
			refused(undef, 'link',
				"SET statement_timeout = '1s'; SELECT osmeta.tds_exec('mute', 'SELECT 1')");
		},
		'cancelling a login that is not answered'),
	'57014: canceling statement due to statement timeout',
	'and that is what is said');
like(
	in_time(
		sub {
			refused(undef, 'link',
				"SET statement_timeout = '1s'; SELECT osmeta.tds_exec('hole', 'SELECT 1')");
		},
		'cancelling a login at an address of nobody'),
	qr/\A(?:57014: canceling statement|08001: server "hole")/,
	'and either that is said, or that there is no way');

# Begin a statement in the background; gives handle and pid.
sub begin_statement
{
	my ($database, $sql) = @_;
	my %run = (in => '', out => '', err => '');
	$run{handle} = IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $database ],
		\$run{in}, \$run{out}, \$run{err}, IPC::Run::timeout(60));
	$run{in} = "SELECT pg_backend_pid();\n";
	$run{handle}->pump until $run{out} =~ /^(\d+)\n/;
	$run{pid} = $1;
	$run{in} .= "$sql\n\\q\n";
	$run{handle}->pump_nb while length $run{in};
	sleep 0.5;
	return \%run;
}

sub end_statement
{
	my ($run) = @_;
	eval { $run->{handle}->finish };
	push @heard, $run->{err};
	return $run->{err};
}

{
	my $run = begin_statement('link', "SELECT osmeta.tds_exec('mute', 'SELECT 1');");
	like(
		in_time(
			sub {
				value(undef, 'link', "SELECT pg_terminate_backend($run->{pid})");
				return end_statement($run);
			},
			'terminating a backend that logs in'),
		qr/terminating connection due to administrator command/,
		'and that is what is said');
}

SKIP:
{
	skip tds_absent(), 1 unless tds_server();
	live();
}

unlike(join("\n", @heard), qr/\Q$secret\E/, 'no password in any message');
unlike(
	join("\n", @heard),
	qr/\Q$ENV{OSMETA_TDS_PASSWORD}\E/,
	'nor that of the live server')
  if ($ENV{OSMETA_TDS_PASSWORD} // '') ne '';
done_testing();

sub live
{
	my $one = tds_database('one');
	my $two = tds_database('two');
	create_tds_server('link', 'one', $one);
	create_tds_server('link', 'two', $two);
	my ($port, $cut, $relay) = tds_proxy();
	create_tds_server('link', 'relayed', $one, port => $port, host => '127.0.0.1');
	foreach my $database ($one, $two)
	{
		tds_batch($database, <<'SQL');
CREATE TABLE Item (
	Id int IDENTITY NOT NULL CONSTRAINT PK_Item PRIMARY KEY,
	Name nvarchar(50) NULL,
	Parent int NULL CONSTRAINT FK_Item REFERENCES Item,
	Amount int NULL CONSTRAINT CK_Item CHECK (Amount < 1000))
go
CREATE TABLE Other (Id int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)
go
INSERT Other VALUES (1, N'one'), (2, N'two')
SQL
	}
	values_of_types();
	errors_of_server($one);
	transactions($one, $two);
	lost($one, $cut, $relay);
	cancelling($one);
	cancelling_streams($one);
	beside_tds_fdw($one, $relay);
	wrong_login($one);
	return;
}

# How many rows an Item has, as others see it.
sub items
{
	my ($database) = @_;
	return tds_value($database, 'SELECT count(*) FROM Item');
}

sub values_of_types
{
	my @types = (
		[ 'boolean', 'CAST(1 AS bit)', 't' ],
		[ 'smallint', 'CAST(255 AS tinyint)', '255' ],
		[ 'smallint', 'CAST(-32768 AS smallint)', '-32768' ],
		[ 'integer', '-2147483648', '-2147483648' ],
		[ 'bigint', 'CAST(-9223372036854775808 AS bigint)',
			'-9223372036854775808' ],
		[ 'numeric', 'CAST(-12345678901234567890123456789.12345678 AS decimal(37,8))',
			'-12345678901234567890123456789.12345678' ],
		[ 'numeric', 'CAST(0.00000001 AS decimal(37,8))', '0.00000001' ],
		[ 'numeric', 'CAST(-922337203685477.5808 AS money)',
			'-922337203685477.5808' ],
		[ 'numeric', 'CAST(922337203685477.5807 AS money)',
			'922337203685477.5807' ],
		[ 'numeric', 'CAST(-0.0001 AS smallmoney)', '-0.0001' ],
		[ 'double precision', 'CAST(0.1 AS float)', '0.1' ],
		[ 'real', 'CAST(0.1 AS real)', '0.1' ],
		[ 'timestamp', "CAST('1900-01-01' AS datetime)", '1900-01-01 00:00:00' ],
		[ 'timestamp', "CAST('1753-01-01T00:00:00.003' AS datetime)",
			'1753-01-01 00:00:00.003' ],
		[ 'timestamp', "CAST('9999-12-31T23:59:59.997' AS datetime)",
			'9999-12-31 23:59:59.997' ],
		[ 'timestamp', "CAST('2024-02-29T12:34:56.007' AS datetime)",
			'2024-02-29 12:34:56.007' ],
		[ 'timestamp', "CAST('2024-02-29T12:34:00' AS smalldatetime)",
			'2024-02-29 12:34:00' ],
		[ 'timestamp', "CAST('2024-02-29T12:34:56.123456' AS datetime2)",
			'2024-02-29 12:34:56.123456' ],
		[ 'date', "CAST('0001-01-01' AS date)", '0001-01-01' ],
		[ 'time', "CAST('23:59:59.123' AS time(3))", '23:59:59.123' ],
		[ 'text', "CAST('2024-03-01T00:30:00-05:30' AS datetimeoffset(0))",
			'2024-03-01 00:30:00-05:30' ],
		[ 'uuid', "CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)",
			'6f9619ff-8b86-d011-b42d-00c04fc964ff' ],
		[ 'bytea', 'CAST(0x00FF10 AS varbinary(10))', '\x00ff10' ],
		[ 'bytea', 'CAST(0x AS varbinary(max))', '\x' ],
		[ 'text', "N'Ünïcödé 漢字 \x{1F600}'", "Ünïcödé 漢字 \x{1F600}" ],
		[ 'text', "CAST('abc' AS char(5))", 'abc  ' ],
		[ 'text', "CAST('x ' AS varchar(5))", 'x ' ],
		[ 'text', "CAST(' ' AS nvarchar(max))", ' ' ],
		[ 'text', "CAST('' AS nvarchar(max))", '' ],
		[ 'text', "''", '' ],
		[ 'text', "CAST('<a>b</a>' AS xml)", '<a>b</a>' ]);
	my $number = 0;
	my $list = join ', ', map { 'v' . ++$number . " $_->[0]" } @types;
	my $sql = 'SELECT ' . join ', ', map { $_->[1] } @types;
	my $expected = join "\n", map { "$_->[1]: <$_->[2]>" } @types;
	utf8::encode($_) foreach $sql, $expected;
	foreach my $zone ('UTC', 'America/Sao_Paulo')
	{
		foreach my $style ('ISO', 'SQL, DMY')
		{
			# how this session shows values must not matter
			my $query = <<"SQL";
SET timezone = '$zone';
SET datestyle = '$style';
CREATE TEMP TABLE v AS
	SELECT * FROM osmeta.tds_query('one', \$sql\$$sql\$sql\$) AS v ($list);
SET datestyle = 'ISO';
SQL
			$query .=
			  "SELECT '<' || format('%s', v$_) || '>' FROM v;\n"
			  foreach 1 .. @types;
			my ($printed, $errors) = session(undef, 'link', $query);
			my @lines = split /\n/, $printed, -1;
			my $found = join "\n", map {
				my $name = $_->[1];
				utf8::encode($name);
				"$name: " . (shift(@lines) // 'nothing')
			} @types;
			is($errors, '', "values are read under $zone, $style");
			is($found, $expected, 'and each is exact');
		}
	}
	is( value(undef, 'link', <<'SQL'),
SELECT count(*) || ' ' || count(v)
FROM osmeta.tds_query('one', 'SELECT CAST(NULL AS bit) UNION ALL SELECT NULL') AS v (v boolean)
SQL
		'2 0',
		'NULL is NULL');
	is( value(undef, 'link', <<'SQL'),
SELECT a IS NULL, b IS NULL, b = '', c = ' ', d = 'x ', e IS NULL, f = '\x'
FROM osmeta.tds_query('one',
	'SELECT CAST(NULL AS nvarchar(max)), N'''', N'' '', N''x '', CAST(NULL AS varbinary(max)), CAST(0x AS varbinary(5))')
	AS v (a text, b text, c text, d text, e bytea, f bytea)
SQL
		't|f|t|t|t|t|t',
		'NULL, nothing, a blank and one at the end are four things');
	is( value(undef, 'link', <<'SQL'),
SELECT octet_length(v), md5(v)
FROM osmeta.tds_query('one',
	'SELECT CAST(REPLICATE(CAST(''abcdefg'' AS varchar(max)), 750000) AS varbinary(max))') AS v (v bytea)
SQL
		value(undef, 'link',
			q{SELECT octet_length(v), md5(v) FROM (SELECT convert_to(repeat('abcdefg', 750000), 'UTF8')) v (v)}),
		'five megabytes of binary');
	is( value(undef, 'link', <<"SQL"),
SELECT osmeta.tds_exec('one', 'CREATE TABLE Long (v nvarchar(max))');
SELECT osmeta.tds_exec('one', 'INSERT Long VALUES (N''' || repeat('\x{e4}\x{1F600}', 100000) || ''')');
SELECT v = repeat('\x{e4}\x{1F600}', 100000)
FROM osmeta.tds_query('one', 'SELECT v FROM Long') AS v (v text);
SELECT osmeta.tds_exec('one', 'DROP TABLE Long');
SQL
		"0\n1\nt\n0",
		'a long text there and back');
	is( value(undef, 'link', <<'SQL'),
SELECT sum(v), count(*), max(length(t))
FROM osmeta.tds_query('one',
	'WITH n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9)
	 SELECT a.i + 10 * b.i + 100 * c.i + 1000 * d.i, REPLICATE(''x'', 100) FROM n a, n b, n c, n d')
	AS v (v integer, t text)
SQL
		'49995000|10000|100',
		'ten thousand rows');
	is( value(undef, 'link', <<'SQL'),
SELECT * FROM osmeta.tds_query('one', 'DECLARE @i int; SET @i = 3; UPDATE Other SET Name = Name; SELECT @i') AS v (v integer)
SQL
		'3',
		'statements that give no rows may stand before the one that does');
	like(
		refused(undef, 'link', "SELECT * FROM osmeta.tds_query('one', 'SELECT 1, 2') AS v (v integer)"),
		qr/\A42804: the statement at server "one" gives 2 columns, not 1\z/,
		'the number of columns must match');
	like(
		refused(undef, 'link', "SELECT * FROM osmeta.tds_query('one', 'SELECT 1, 2 WHERE 1 = 0') AS v (v integer)"),
		qr/\A42804: the statement at server "one" gives 2 columns, not 1\z/,
		'also without rows');
	like(
		refused(undef, 'link', "SELECT * FROM osmeta.tds_query('one', 'SELECT 1 SELECT 2') AS v (v integer)"),
		qr/\A21000: .* more than one set of rows\z/,
		'one set of rows, not two');
	like(
		refused(undef, 'link', "SELECT * FROM osmeta.tds_query('one', 'UPDATE Other SET Name = Name') AS v (v integer)"),
		qr/\A42601: .* gives no rows\z/,
		'nor none');
	like(
		refused(undef, 'link', "SELECT * FROM osmeta.tds_query('one', 'SELECT ''a''') AS v (v integer)"),
		qr/\A22P02: invalid input syntax for type integer: "a"\z/,
		'a value that its type does not take');
	is( (session(undef, 'link', <<'SQL'))[0],
SELECT v FROM osmeta.tds_query('one', 'SELECT CAST(0x61006200 AS varbinary(4))') AS v (v bytea);
SQL
		'\x61006200',
		'zeros among bytes are bytes');
	is( (session(undef, 'link', <<'SQL'))[0],
SELECT * FROM osmeta.tds_query('one', 'SELECT Name FROM Other') AS v (v integer);
SELECT * FROM osmeta.tds_query('one', 'SELECT count(*) FROM Other') AS v (v integer);
SQL
		'2',
		'rows that were left unread are in nobody\'s way');
	return;
}

sub errors_of_server
{
	my ($one) = @_;
	my $fails = sub {
		my ($state, $sql, $name) = @_;
		like(
			refused(undef, 'link', "SELECT osmeta.tds_exec('one', \$s\$$sql\$s\$)"),
			qr/\A$state: server "one": .+/, $name);
	};
	$fails->('23505', "INSERT Other VALUES (1, N'again')", 'a key that is taken');
	$fails->('23503', 'INSERT Item (Parent) VALUES (77)', 'a reference to nothing');
	$fails->('23514', 'INSERT Item (Amount) VALUES (2000)', 'a check that fails');
	$fails->('23502', 'INSERT Other (Id) VALUES (NULL)', 'NULL where it may not be');
	$fails->('22012', 'SELECT 1 / 0', 'a division by zero');
	$fails->('P0001', "RAISERROR('said by hand', 16, 1)", 'what a procedure raises');
	my (undef, undef, $err) = psql(undef, 'link',
		"SELECT osmeta.tds_exec('one', E'\\nSELECT 1\\nRAISERROR(N''said by hand \xc3\xa9'', 16, 3)')");
	like($err, qr/server "one": said by hand \xc3\xa9\n/, 'the server\'s words are the message');
	like($err, qr/^DETAIL:  Error 50000, severity 16, state \d, line \d+\.$/m,
		'its number and place are the detail');
	like($err, qr/^CONTEXT:  statement at the server:\s+SELECT 1\n/m,
		'its statement is the context');
	is( (session(undef, 'link', <<'SQL'))[0],
SELECT osmeta.tds_exec('one', 'PRINT ''nothing is wrong''');
SELECT osmeta.tds_exec('one', 'RAISERROR(''only said'', 10, 1)');
SQL
		"0\n0",
		'messages that are no errors are none');
	is(items($one), 0, 'nothing is left of all this');
	return;
}

sub transactions
{
	my ($one, $two) = @_;
	my $insert = sub {
		my ($server, $name) = @_;
		return "SELECT osmeta.tds_exec('$server', 'INSERT Item (Name) VALUES (N''$name'')');\n";
	};
	my $names = sub {
		my ($database) = @_;
		return join ' ', split /\n/,
		  tds_value($database, 'SELECT Name FROM Item ORDER BY Id');
	};
	my $clear = sub {
		tds_batch($_, 'DELETE FROM Item') foreach $one, $two;
	};

	session(undef, 'link',
		'BEGIN; ' . $insert->('one', 'a') . $insert->('two', 'b') . 'COMMIT;');
	is($names->($one) . '/' . $names->($two), 'a/b', 'both servers commit with us');
	$clear->();
	session(undef, 'link',
		'BEGIN; ' . $insert->('one', 'a') . $insert->('two', 'b') . 'ROLLBACK;');
	is($names->($one) . '/' . $names->($two), '/', 'and roll back with us');
	session(undef, 'link',
		'BEGIN; ' . $insert->('one', 'a') . $insert->('two', 'b') . 'SELECT 1/0; COMMIT;');
	is($names->($one) . '/' . $names->($two), '/', 'also after an error here');
	my (undef, $errors) = session(undef, 'link',
		'CREATE TABLE deferred (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED);'
		  . 'BEGIN; INSERT INTO deferred VALUES (1), (1);'
		  . $insert->('one', 'a') . 'COMMIT;');
	like($errors, qr/\A23505: /, 'a commit that fails here');
	is($names->($one), '', 'fails before it has happened there');

	session(undef, 'link', 'BEGIN; ' . $insert->('one', 'a')
		  . 'SAVEPOINT s; ' . $insert->('one', 'b') . 'ROLLBACK TO s; '
		  . $insert->('one', 'c')
		  . 'SAVEPOINT t; ' . $insert->('one', 'd')
		  . 'SAVEPOINT u; ' . $insert->('one', 'e')
		  . 'RELEASE t; SAVEPOINT v; ' . $insert->('one', 'f')
		  . 'SAVEPOINT w; ' . $insert->('one', 'g')
		  . 'RELEASE w; ROLLBACK TO v; ' . $insert->('one', 'h') . 'COMMIT;');
	is($names->($one), 'a c d e h', 'savepoints are savepoints there');
	$clear->();
	session(undef, 'link', 'BEGIN; SAVEPOINT s; ' . $insert->('one', 'a')
		  . 'ROLLBACK TO s; ' . $insert->('one', 'b') . 'COMMIT;');
	is($names->($one), 'b', 'a savepoint that is older than the first statement');
	$clear->();
	session(undef, 'link', 'BEGIN; SAVEPOINT s; ' . $insert->('one', 'a')
		  . 'RELEASE s; SAVEPOINT t; ' . $insert->('one', 'b')
		  . 'ROLLBACK TO t; COMMIT;');
	is($names->($one), 'a', 'one that was begun in a savepoint that is released');
	$clear->();

	my $bad = "SELECT osmeta.tds_exec('one', 'INSERT Other VALUES (1, NULL)');\n";
	(undef, $errors) = session(undef, 'link', 'BEGIN; SAVEPOINT s; ' . $bad
		  . 'ROLLBACK TO s; ' . $insert->('one', 'a') . 'COMMIT;');
	like($errors, qr/\A23505: [^\n]*\z/, 'an error of a savepoint that began all of it');
	is($names->($one), 'a', 'costs nothing else');
	$clear->();
	(undef, $errors) = session(undef, 'link', 'BEGIN; ' . $insert->('one', 'a')
		  . $insert->('two', 'b') . 'SAVEPOINT s; ' . $bad
		  . 'ROLLBACK TO s; ' . 'COMMIT;');
	like(
		$errors,
		qr/\A23505: [^\n]*\n25P02: the transaction at server "one" has been rolled back\z/,
		'an error of a savepoint that others stand before: we cannot commit');
	is($names->($one) . '/' . $names->($two), '/', 'and nothing is done by halves');
	(undef, $errors) = session(undef, 'link', 'BEGIN; ' . $insert->('one', 'a')
		  . 'SAVEPOINT s; ' . $bad . 'ROLLBACK TO s; ' . $insert->('one', 'c')
		  . 'ROLLBACK; ' . $insert->('one', 'd'));
	like(
		$errors,
		qr/\A23505: [^\n]*\n25P02: [^\n]*\z/,
		'nor go on there');
	is($names->($one), 'd', 'but after a rollback all is well');
	$clear->();

	foreach my $statement ('COMMIT', 'ROLLBACK', 'BEGIN TRANSACTION')
	{
		like(
			refused(undef, 'link', "SELECT osmeta.tds_exec('one', '$statement')"),
			qr/\A25000: /, "$statement is not for batches");
	}
	(undef, $errors) = session(undef, 'link',
		'BEGIN; ' . $insert->('one', 'a') . q{PREPARE TRANSACTION 'p';});
	like($errors, qr/\A0A000: a transaction that has used server "one" cannot be prepared\z/,
		'nothing is prepared');
	is($names->($one), '', 'and it is rolled back');
	is( (session(undef, 'link', <<'SQL'))[0],
SELECT osmeta.tds_exec('one', 'SET XACT_ABORT OFF SET NOCOUNT ON');
SELECT * FROM osmeta.tds_query('one', 'SELECT (16384 & @@OPTIONS) / 16384, (512 & @@OPTIONS) / 512') AS o (x integer, n integer);
SQL
		"0\n1|0",
		'settings that a batch makes end with its transaction');
	is( (session(undef, 'link', <<'SQL'))[0],
SELECT osmeta.tds_exec('one', 'USE master');
SELECT osmeta.tds_exec('one', 'UPDATE Other SET Name = Name');
SQL
		"0\n2",
		'so does the database that it uses');
	is( (session(undef, 'link', <<'SQL'))[0],
SELECT osmeta.tds_exec('one', 'CREATE TABLE #kept (i int) INSERT #kept VALUES (5)');
SELECT * FROM osmeta.tds_query('one', 'SELECT i FROM #kept') AS o (i integer);
ALTER SERVER one OPTIONS (ADD msg_handler_x 'y');
ALTER SERVER one OPTIONS (SET tds_version '7.3');
SELECT * FROM osmeta.tds_query('one', 'SELECT CASE WHEN OBJECT_ID(''tempdb..#kept'') IS NULL THEN 0 ELSE 1 END') AS o (i integer);
ALTER SERVER one OPTIONS (SET tds_version '7.4');
SQL
		"1\n5\n0",
		'a link stays, until its server is changed');
	return;
}

sub lost
{
	my ($one, $cut, $relay) = @_;
	my $insert = "SELECT osmeta.tds_exec('relayed', 'INSERT Item (Name) VALUES (N''lost'')');\n";

	# \! runs in the middle of psql's session
	my $cut_now = "\\! kill -USR1 $relay; sleep 0.5\n";
	my ($printed, $errors) = session(undef, 'link',
		"BEGIN;\n$insert$cut_now${insert}ROLLBACK;\n$insert");
	like($errors, qr/\A08\w{3}: server "relayed": [^\n]*\z/,
		'a connection that is lost in a transaction is an error');
	is($printed, "1\n1", 'the next transaction opens another');
	is(items($one), 1, 'and what was lost is not there');
	($printed, $errors) = session(undef, 'link', "BEGIN;\n$insert${cut_now}COMMIT;\n");
	like($errors, qr/\A08\w{3}: server "relayed": /, 'lost before the commit');
	is(items($one), 1, 'nothing is committed, and we are told');
	($printed, $errors) = session(undef, 'link', "$insert$cut_now$insert");
	is($errors, '', 'lost while it was idle: nobody notices');
	is(items($one), 3, 'and both are there');
	($printed, $errors) = session(undef, 'link',
		"BEGIN;\n$insert${cut_now}SAVEPOINT s;\n${insert}ROLLBACK TO s;\nCOMMIT;\n");
	like(
		$errors,
		qr/\A08\w{3}: [^\n]*\n25P02: the transaction at server "relayed" has been rolled back\z/,
		'lost in a savepoint: what was before it is not forgotten');
	is(items($one), 3, 'and not half done');
	($printed, $errors) = session(undef, 'link',
		"BEGIN;\n$insert${cut_now}ROLLBACK;\n$insert");
	is($errors, '', 'a rollback needs no connection');
	is(items($one), 4, 'nor leaves it in the way');
	tds_batch($one, 'DELETE FROM Item');

	my ($port) = tds_proxy(lose => 'COMMIT TRAN');
	create_tds_server('link', 'forgetful', $one, port => $port, host => '127.0.0.1');
	$insert =~ s/relayed/forgetful/;
	($printed, $errors) = session(undef, 'link', $insert);
	is($errors, '08007: server "forgetful" was lost while it committed',
		'the answer to a commit is lost: we do not know, and say so');
	tds_batch($one, 'DELETE FROM Item');
	return;
}

sub cancelling
{
	my ($one) = @_;

	# some seconds of work: not every server stops when it is told to
	my $long = 'WITH n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) '
	  . 'SELECT SUM(a.i + b.i) FROM n a, n b, n c, n d, n e, n f, n g, n h';
	is( in_time(
			sub {
				refused(undef, 'link',
					"SET statement_timeout = '1s'; SELECT osmeta.tds_exec('one', '$long')");
			},
			'cancelling a long statement'),
		'57014: canceling statement due to statement timeout',
		'and that is what is said');
	my $run = begin_statement('link', "SELECT osmeta.tds_exec('one', '$long');");
	like(
		in_time(
			sub {
				value(undef, 'link', "SELECT pg_cancel_backend($run->{pid})");
				return end_statement($run);
			},
			'cancelling by another session'),
		qr/canceling statement due to user request/,
		'and that is what is said');
	$run = begin_statement('link', "SELECT osmeta.tds_exec('one', '$long');");
	like(
		in_time(
			sub {
				value(undef, 'link', "SELECT pg_terminate_backend($run->{pid})");
				return end_statement($run);
			},
			'terminating a backend'),
		qr/terminating connection due to administrator command/,
		'and that is what is said');

	my $other = tds_session($one);
	$other->("BEGIN TRANSACTION UPDATE Other SET Name = N'locked' WHERE Id = 1");
	is( in_time(
			sub {
				refused(undef, 'link', <<'SQL');
SET statement_timeout = '1s';
SELECT osmeta.tds_exec('one', 'UPDATE Other SET Name = N''waiting'' WHERE Id = 1');
SQL
			},
			'cancelling a wait for a lock'),
		'57014: canceling statement due to statement timeout',
		'and that is what is said');

	# whoever is chosen as the victim, somebody is, and goes on
	my $deadlock = begin_statement('link', <<'SQL');
BEGIN;
SELECT osmeta.tds_exec('one', 'UPDATE Other SET Name = N''x'' WHERE Id = 2');
SELECT osmeta.tds_exec('one', 'UPDATE Other SET Name = N''x'' WHERE Id = 1');
COMMIT;
SQL
	sleep 0.5;
	my $said = $other->("UPDATE Other SET Name = N'y' WHERE Id = 2");
	$other->('IF @@TRANCOUNT > 0 COMMIT');
	my $err = end_statement($deadlock);
	like("$said$err", qr/deadlock/i, 'a deadlock has a victim');
	$other->();
	return;
}

# A server that keeps on sending leaves the library no time to ask whether it
# shall go on.  All of these end by themselves: a server need not notice at once
# that nobody listens.
sub cancelling_streams
{
	my ($one) = @_;

	# a lock that stands as long as the session's transaction does
	my $lock = 'UPDATE Other SET Name = Name WHERE Id = 1';
	my $rows = 'WITH n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) '
	  . 'SELECT a.i FROM n a, n b, n c, n d, n e, n f, n g, n h';
	my $counts = 'DECLARE @i int SET @i = 0 WHILE @i < 3000000 BEGIN '
	  . 'SET @i = @i + 1 UPDATE Item SET Name = Name WHERE 1 = 0 END';
	my %stream = (
		'a batch that gives rows' =>
		  "SELECT osmeta.tds_exec('one', '$lock; $rows');",
		'a batch that gives counts' =>
		  "SELECT osmeta.tds_exec('one', '$lock; $counts');",
		'a query' =>
		  "SELECT count(*) FROM osmeta.tds_query('one', '$lock; $rows') AS r (i integer);");
	my $ends = sub {
		my ($name) = @_;
		my (undef, $err) = tds_try($one, "SET LOCK_TIMEOUT 60000\ngo\n$lock");
		is($err, '', "$name: its transaction at the server ends");
	};
	foreach my $name (sort keys %stream)
	{
		# the second query is one of the same session
		my ($out, $errors);
		in_time(
			sub {
				($out, $errors) = session(undef, 'link', <<"SQL");
SET statement_timeout = '1s';
$stream{$name}
SET statement_timeout = '60s';
SELECT v FROM osmeta.tds_query('one', 'SELECT 7') AS v (v integer);
SQL
			},
			"$name: a timeout", 6);
		is($errors, '57014: canceling statement due to statement timeout',
			'and that is what is said');
		is($out, '7', 'and the session goes on');
		$ends->($name);
		foreach my $end (
			[ 'pg_cancel_backend', 'canceling statement due to user request' ],
			[
				'pg_terminate_backend',
				'terminating connection due to administrator command'
			])
		{
			my $run = begin_statement('link', $stream{$name});
			my $said = in_time(
				sub {
					value(undef, 'link', "SELECT $end->[0]($run->{pid})");
					return end_statement($run);
				},
				"$name: $end->[0]", 5);
			like($said, qr/\Q$end->[1]\E/, 'and that is what is said');
			$ends->($name);
		}
	}

	# the library finds something to read whenever it looks
	my ($port) = tds_proxy(flood => 'flood');
	create_tds_server('link', 'flooding', $one, port => $port, host => '127.0.0.1');
	my $run = begin_statement('link',
		"SELECT osmeta.tds_exec('flooding', 'SELECT flood');\nSELECT 'goes on';");
	my $said = in_time(
		sub {
			value(undef, 'link', "SELECT pg_cancel_backend($run->{pid})");
			return end_statement($run);
		},
		'an endless answer: cancelling', 5);
	like($said, qr/canceling statement due to user request/,
		'and that is what is said');
	like($run->{out}, qr/^goes on$/m, 'and the session goes on');

	# what looks after calls leaves other timeouts alone, and is quiet after
	my ($out, $errors) = session(undef, 'link', <<'SQL');
SET statement_timeout = '3s';
SELECT osmeta.tds_exec('one', 'SELECT 1');
SELECT pg_sleep(1);
BEGIN;
SELECT osmeta.tds_exec('one', 'SELECT 1');
SET LOCAL statement_timeout = '1s';
SELECT osmeta.tds_exec('one', 'SELECT 1'), pg_sleep(5);
ROLLBACK;
SELECT osmeta.tds_exec('one', 'SELECT 1');
SQL
	is($errors, '57014: canceling statement due to statement timeout',
		'a timeout of a statement comes when it shall');
	is($out, "1\n\n1\n1", 'and no other one');
	return;
}

sub beside_tds_fdw
{
	my ($one, $relay) = @_;
	value(undef, 'link', <<'SQL');
CREATE FOREIGN TABLE other_rows (id integer, name text) SERVER one
	OPTIONS (schema_name 'dbo', table_name 'Other', match_column_names '1');
CREATE FOREIGN TABLE no_rows (id integer) SERVER one
	OPTIONS (schema_name 'dbo', table_name 'NoSuchTable');
SQL
	tds_batch($one, 'DELETE FROM Item');
	my ($printed, $errors) = session(undef, 'link', <<'SQL');
BEGIN;
SELECT osmeta.tds_exec('one', 'INSERT Item (Name) VALUES (N''a'')');
SELECT count(id) FROM other_rows;
SELECT osmeta.tds_exec('one', 'INSERT Item (Name) VALUES (N''b'')');
DECLARE c CURSOR FOR SELECT id FROM other_rows ORDER BY id;
FETCH c;
SELECT osmeta.tds_exec('one', 'INSERT Item (Name) VALUES (N''c'')');
FETCH c;
SELECT * FROM osmeta.tds_query('one', 'SELECT count(*) FROM Item') AS v (v integer);
CLOSE c;
COMMIT;
SQL
	is($errors, '', 'tds_fdw reads while our link is at work');
	is($printed, "1\n2\n1\n1\n1\n2\n3", 'and both get what is theirs');
	is(items($one), 3, 'and it is committed');
	($printed, $errors) = session(undef, 'link', <<'SQL');
SELECT count(id) FROM no_rows;
SELECT osmeta.tds_exec('one', 'SELECT 1 / 0');
SELECT count(id) FROM no_rows;
SELECT osmeta.tds_exec('one', 'SELECT 1 / 0');
SELECT count(id) FROM other_rows;
SQL
	my @errors = split /\n/, $errors;
	is($printed, '2', 'errors of either do not hurt the other');
	is(scalar @errors, 4, 'each raises its own');
	is($errors[2], $errors[0], 'tds_fdw the same after us');
	is($errors[3], $errors[1], 'and we the same after tds_fdw');

	# A scan that is under way relies on the handlers that tds_fdw set when it
	# began: without them a lost connection looks like the end of the rows.
	value(undef, 'link', <<"SQL");
CREATE FOREIGN TABLE many_rows (t text) SERVER relayed OPTIONS (
	query 'WITH n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT REPLICATE(''x'', 200) AS t FROM n a, n b, n c, n d, n e',
	row_estimate_method 'execute');
SQL
	my @said;
	foreach my $between ('SELECT 1;', "SELECT osmeta.tds_exec('one', 'SELECT 1');")
	{
		(undef, $errors) = session(undef, 'link', <<"SQL");
BEGIN;
DECLARE c CURSOR FOR SELECT t FROM many_rows;
FETCH c;
$between
\\! kill -USR1 $relay; sleep 0.5
MOVE ALL c;
SQL
		push @said, $errors;
	}
	like($said[0], qr/\A\w{5}: /, 'tds_fdw notices that its connection is lost');
	is($said[1], $said[0], 'also after we have used the library in between');
	tds_batch($one, 'DELETE FROM Item');
	return;
}

sub wrong_login
{
	my ($one) = @_;
	create_tds_server('link', 'wrong', $one, password => $secret);
	like(
		refused(undef, 'link', "SELECT osmeta.tds_exec('wrong', 'SELECT 1')"),
		qr/\A28\w{3}: server "wrong": /, 'a wrong password');
	create_tds_server('link', 'lacking', 'osmeta_no_such_database');
	like(
		refused(undef, 'link', "SELECT osmeta.tds_exec('lacking', 'SELECT 1')"),
		qr/\A(?:3D000|08001|28\w{3}|HV000): server "lacking": /,
		'a database that is not there');

	# each role logs in as its own mapping says
	value(undef, 'link', <<"SQL");
GRANT USAGE ON FOREIGN SERVER one, wrong TO clerk;
CREATE USER MAPPING FOR clerk SERVER wrong OPTIONS (
	username '$ENV{OSMETA_TDS_USER}', password '$ENV{OSMETA_TDS_PASSWORD}');
SQL
	is( (session('clerk', 'link', "SELECT osmeta.tds_exec('wrong', 'UPDATE Other SET Name = Name')"))[0],
		'2',
		'each role has its own user mapping, and who is granted may call');
	return;
}
