# Rows that go to a T-SQL server: every value arrives as it is, or is refused;
# nothing is left of what failed.
use strict;
use warnings;
use utf8;

use FindBin;
use IPC::Run;
use lib "$FindBin::Bin/lib";

use Database;
use SinkCall;
use Tds;
use Test::More;
use Time::HiRes qw(time);

binmode($_, ':encoding(UTF-8)')
  foreach \*STDOUT, \*STDERR, map { Test::More->builder->$_ }
  qw(output failure_output todo_output);

tds_needed();

my $remote = tds_database('sink');
my $db = 'tds_sink';
create_database($db);
value(undef, $db, <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
CREATE EXTENSION tds_fdw;
CREATE EXTENSION osmeta_tds;
SQL
create_tds_server($db, 'target', $remote);
create_sink_call($db);

sub bytes
{
	my ($text) = @_;
	utf8::encode($text) if utf8::is_utf8($text);
	return $text;
}

# All runs in one session, so over one link as long as that lasts.
my ($in, $out, $number) = ('', '', 0);
my $session = IPC::Run::start(
	[
		# or it keeps what it prints until it ends
		'stdbuf', '-oL', 'psql', '-XqAt', '-v', 'VERBOSITY=verbose', '-d', $db
	],
	\$in, '>&', \$out, IPC::Run::timeout(900));

# What SQL prints, and the SQLSTATE and message of its error.
sub run_sql
{
	my ($sql) = @_;
	my ($state, $message) = ('', '');
	$number++;
	$out = '';
	$in .= bytes($sql) . "\n;\n\\echo end of $number\n";
	$session->pump until $out =~ s/^end of $number\n//m;
	utf8::decode($out);
	if ($out =~ s/^ERROR:  ([0-9A-Z]{5}): (.*?)\n(?:.*\n)*?LOCATION: .*\n//m)
	{
		($state, $message) = ($1, $2);
	}
	chomp $out;
	return ($out, $state, $message);
}

sub sql_is
{
	my ($sql, $expected, $name) = @_;
	my ($out, $state, $message) = run_sql($sql);
	is($state ne '' ? "$state $message" : $out, $expected, $name);
	return;
}

# The statement fails with this SQLSTATE, and its message is like that.
sub fails
{
	my ($sql, $expected, $like, $name) = @_;
	my ($out, $state, $message) = run_sql($sql);
	subtest $name => sub {
		like($state, qr/^(?:$expected)$/, "SQLSTATE $expected");
		like($message, $like, 'its message');
	};
	return;
}

sub remote
{
	my ($sql) = @_;
	my $out = tds_batch($remote, $sql);
	utf8::decode($out) unless utf8::is_utf8($out);
	return $out;
}

# --------------------------------------------------------------------------
# Values
# --------------------------------------------------------------------------

my @types = (
	# name, type at the server, type here
	[ 'nv', 'nvarchar(20)', 'text' ],
	[ 'nm', 'nvarchar(max)', 'text' ],
	[ 'vc', 'varchar(20) COLLATE Latin1_General_CI_AS', 'text' ],
	[ 'vm', 'varchar(max) COLLATE Latin1_General_CI_AS', 'text' ],
	[ 'dt', 'datetime', 'timestamp' ],
	[ 'sd', 'smalldatetime', 'timestamp' ],
	[ 'cu', 'decimal(37,8)', 'numeric' ],
	[ 'nu', 'numeric(10,0)', 'numeric' ],
	[ 'mo', 'money', 'numeric' ],
	[ 'sm', 'smallmoney', 'numeric' ],
	[ 'bi', 'bigint', 'bigint' ],
	[ 'it', 'int', 'integer' ],
	[ 'si', 'smallint', 'smallint' ],
	[ 'ti', 'tinyint', 'smallint' ],
	[ 'bt', 'bit', 'smallint' ],
	[ 're', 'real', 'real' ],
	[ 'fl', 'float', 'float8' ],
	[ 'gu', 'uniqueidentifier', 'uuid' ],
	[ 'vb', 'varbinary(max)', 'bytea' ],
	[ 'vs', 'varbinary(10)', 'bytea' ]);

# those that bulk copy cannot write itself
my @late = (
	[ 'da', 'date', 'date' ],
	[ 'd2', 'datetime2(6)', 'timestamp' ],
	[ 'tm', 'time(6)', 'time' ],
	[ 'nt', 'ntext', 'text' ],
	[ 'tx', 'text COLLATE Latin1_General_CI_AS', 'text' ],
	[ 'im', 'image', 'bytea' ]);

my @all = (@types, @late);
value(undef, $db, 'CREATE TABLE val (id int PRIMARY KEY, '
	  . join(', ', map { "$_->[0] $_->[2]" } @all) . ')');

# each row: what its columns are; the others are NULL
my @rows = (
	[ 1, 'nothing at all' ],
	[
		2, 'the largest',
		cu => '99999999999999999999999999999.99999999',
		nu => '9999999999',
		mo => '922337203685477.5807',
		sm => '214748.3647',
		bi => '9223372036854775807',
		it => '2147483647',
		si => '32767',
		ti => '255',
		bt => '1',
		re => '3.4028235e38',
		fl => '1.7976931348623157e308',
		gu => "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
		dt => "'9999-12-31 23:59:59.997'",
		sd => "'2079-06-06 23:59'",
		da => "'9999-12-31'",
		d2 => "'9999-12-31 23:59:59.999999'",
		tm => "'23:59:59.999999'"
	],
	[
		3, 'the smallest',
		cu => '-99999999999999999999999999999.99999999',
		nu => '-9999999999',
		mo => '-922337203685477.5808',
		sm => '-214748.3648',
		bi => '-9223372036854775808',
		it => '-2147483648',
		si => '-32768',
		ti => '0',
		bt => '0',
		re => '-3.4028235e38',
		fl => '-1.7976931348623157e308',
		gu => "'00000000-0000-0000-0000-000000000000'",
		dt => "'1753-01-01 00:00:00'",
		sd => "'1900-01-01 00:00'",
		da => "'0001-01-01'",
		d2 => "'0001-01-01 00:00:00'",
		tm => "'00:00:00'"
	],
	[
		4, 'empty',
		(map { $_ => "''" } qw(nv nm vc vm vb vs nt tx im)),
		(map { $_ => '0' } qw(cu nu mo sm bi it si re fl)),
		dt => "'1900-01-01 00:00:00'",
		gu => "'6f9619ff-8b86-d011-b42d-00c04fc964ff'"
	],
	[
		5, 'a blank, and 3 milliseconds',
		(map { $_ => "' '" } qw(nv nm vc vm nt tx)),
		dt => "'2024-02-29 23:59:59.003'",
		cu => '0.00000001',
		vb => "'\\x00'",
		vs => "'\\x20'"
	],
	[
		6, 'trailing blanks, and 7 milliseconds',
		(map { $_ => "'x  '" } qw(nv nm vc vm nt tx)),
		dt => "'2024-02-29 23:59:59.007'",
		cu => '-0.00000001',
		re => '1.17549435e-38',
		fl => '2.2250738585072014e-308',
		vb => "'\\x7800202020'",
		vs => "'\\x00000000000000000000'"
	],
	[
		7, 'emoji, CJK and accents',
		(map { $_ => "'😀字é مرحبا'" } qw(nv nm nt)),
		(map { $_ => "'äöüß€ÿ'" } qw(vc vm tx)),
		re => '0.1',
		fl => '0.1',
		mo => '0.0001',
		sm => '-0.0001'
	],
	[
		8, 'as long as they may be',
		nv => "repeat('😀', 10)",
		nm => "repeat('x', 4001)",
		vc => "repeat('€', 20)",
		vm => "repeat('€', 8001)",
		vs => "'\\x0102030405060708090a'",
		dt => "'1900-01-01 23:59:59.997'"
	],
	[
		9, 'megabytes',
		nm => "repeat('😀字é', 1000000)",
		vm => "repeat('äx', 1500000)",
		vb => "decode(repeat('00ff1020a0', 1200000), 'hex')"
	],
	[
		10, 'what ends things elsewhere',
		(
			map { $_ => "E'\\t\\n\\r\\\\'';--[]'" }
			  qw(nv nm vc vm nt tx)),
		vb => "'\\x000a0d1a'"
	],
	[
		11, 'every character but surrogates and private ones',
		nm => "(SELECT string_agg(chr(i), '' ORDER BY i)"
		  . ' FROM generate_series(1, 55295) i)'
	]);
foreach my $row (@rows)
{
	my ($id, $what, %of) = @$row;
	my @names = sort keys %of;
	value(undef, $db,
		bytes(  'INSERT INTO val ('
			  . join(', ', 'id', @names)
			  . ") VALUES ("
			  . join(', ', $id, map { $of{$_} } @names)
			  . ')'));
}

# Rows that went there and came back differ in these columns.
sub differing
{
	my ($table, $columns, $id) = @_;
	my $list = join ', ', map { "$_->[0] $_->[2]" } @$columns;
	my $names = join ', ', map { $_->[0] } @$columns;
	my $condition = join ' || ',
	  map { "CASE WHEN v.$_->[0] IS DISTINCT FROM q.$_->[0] THEN '$_->[0] ' ELSE '' END" }
	  @$columns;
	return (run_sql(<<"SQL"))[0];
SET bytea_output = hex;
SELECT $condition
FROM val v
	JOIN osmeta.tds_query('target', 'SELECT id, $names FROM dbo.$table WHERE id = $id')
		AS q (id int, $list) ON q.id = v.id
SQL
}

my $declared = join ', ', map { "$_->[0] $_->[1] NULL" } @types;
my $late = join ', ', map { "$_->[0] $_->[1] NULL" } @late;
remote("CREATE TABLE dbo.straight (id int IDENTITY PRIMARY KEY, $declared)");

# a constraint and a trigger: two hints, of which the library can give one
remote("CREATE TABLE dbo.staged (id int IDENTITY PRIMARY KEY CHECK (id > 0), $declared, $late)");
remote('CREATE TABLE dbo.log (id int IDENTITY(1000,1) PRIMARY KEY, t nvarchar(50))');
remote("CREATE TRIGGER staged_log ON dbo.staged AFTER INSERT AS INSERT INTO dbo.log (t) SELECT N'row' FROM inserted");

foreach my $case ([ 'straight', \@types ], [ 'staged', \@all ])
{
	my ($table, $columns) = @$case;
	my $names = join ', ', 'id', map { $_->[0] } @$columns;
	sql_is(
		"SELECT osmeta.tds_bulk('target', 'dbo.$table', 'SELECT $names FROM val ORDER BY id')",
		scalar(@rows), "$table: all rows are taken");
	foreach my $row (@rows)
	{
		is(differing($table, $columns, $row->[0]),
			'', "$table: row $row->[0] arrives as it is: $row->[1]");
	}
}
is(remote('SELECT COUNT(*) FROM dbo.log'),
	scalar(@rows), 'the trigger was fired for each row');

# --------------------------------------------------------------------------
# What cannot be kept is refused
# --------------------------------------------------------------------------

foreach my $case (
	[ "repeat('x', 21)", 'nv', '22001', qr/value too long for "nv", which is nvarchar\(20\)/, 'a text that is too long' ],
	[ "repeat('😀', 10) || 'x'", 'nv', '22001', qr/value too long/, 'one that is too long in UTF-16' ],
	[ "'x' || repeat(' ', 20)", 'nv', '22001', qr/value too long/, 'blanks that are too many' ],
	[ "repeat('x', 21)", 'vc', '22001', qr/value too long for "vc", which is varchar\(20\)/, 'a varchar that is too long' ],
	[ "'字'::text", 'vc', '22P05', qr/no equivalent in encoding "WIN1252"/, 'a character that the code page lacks' ],
	[ "'\\x0102030405060708090a0b'::bytea", 'vs', '22001', qr/value too long for "vs", which is varbinary\(10\)/, 'bytes that are too many' ],
	[ '100000000000000000000000000000::numeric', 'cu', '22003', qr/out of the range of decimal\(37,8\)/, 'a number with too many digits' ],
	[ "'NaN'::numeric", 'cu', '22003', qr/NaN is out of the range/, 'NaN' ],
	[ "'Infinity'::float8", 'fl', '22003', qr/out of the range of float/, 'infinity' ],
	[ '1e39::float8', 're', '22003', qr/out of the range of real/, 'more than a real has' ],
	[ '922337203685477.5808', 'mo', '22003', qr/out of the range of money/, 'more than money' ],
	[ '-214748.3649', 'sm', '22003', qr/out of the range of smallmoney/, 'less than small money' ],
	[ '2147483648', 'it', '22003', qr/2147483648 is out of the range of int/, 'more than an int' ],
	[ '32768', 'si', '22003', qr/out of the range of smallint/, 'more than a smallint' ],
	[ '-1', 'ti', '22003', qr/out of the range of tinyint/, 'less than a tinyint' ],
	[ '2', 'bt', '22003', qr/out of the range of bit/, 'more than a bit' ],
	[ "timestamp '1752-12-31 23:59:59'", 'dt', '22008', qr/out of the range of datetime/, 'a moment before datetime' ],
	[ "timestamp 'infinity'", 'dt', '22008', qr/out of the range of datetime/, 'no moment' ],
	[ "timestamp '2079-06-07'", 'sd', '22008', qr/out of the range of smalldatetime/, 'a moment after smalldatetime' ],
	[ "'x'::text", 'vb', '42804', qr/"vb" of .* is of type varbinary\(max\), which takes no text/, 'a text for bytes' ],
	[ "'\\x00'::bytea", 'nv', '42804', qr/"nv" of .* takes no bytea/, 'bytes for a text' ])
{
	my ($value, $column, $state, $message, $name) = @$case;
	my $quoted = $value =~ s/'/''/gr;
	fails(
		"SELECT osmeta.tds_bulk('target', 'dbo.straight', 'SELECT $quoted AS $column')",
		$state, $message, "$name is refused");
}
is(remote('SELECT COUNT(*) FROM dbo.straight'),
	scalar(@rows), 'nothing is left of what was refused');
fails(
	"SELECT osmeta.tds_bulk('target', 'dbo.staged', 'SELECT timestamp ''2024-01-01 12:00'' AS da')",
	'22008', qr/cannot keep the time/, 'a time for a date is refused');

remote('CREATE TABLE dbo.odd (id int IDENTITY PRIMARY KEY, n int NOT NULL, c AS n * 2, va sql_variant NULL)');
fails(
	"SELECT osmeta.tds_bulk('target', 'dbo.odd', 'SELECT NULL::int AS n')",
	'23502', qr/null/i, 'a NULL that a column does not take, staged');
fails(
	"SELECT osmeta.tds_bulk('target', 'dbo.straight', 'SELECT NULL::int AS id')",
	'23502', qr/"id" of .* takes no null value/, 'and straight');
fails(
	"SELECT osmeta.tds_bulk('target', 'dbo.odd', 'SELECT 1/(1-i) AS n, 2 AS c FROM generate_series(1, 3) i')",
	'428C9', qr/"c" of .* is computed by the server/,
	'a computed column is refused by name before the query runs');
fails(
	"SELECT osmeta.tds_bulk('target', 'dbo.odd', 'SELECT 1/(1-i) AS n, 2 AS va FROM generate_series(1, 3) i')",
	'0A000', qr/"va" of .* is of type sql_variant, which cannot be written to/,
	'a type that cannot be written is refused by name before the query runs');
fails(
	"SELECT osmeta.tds_bulk('target', 'dbo.odd', 'SELECT 1 AS n, 2 AS zz')",
	'42703', qr/has no column "zz"/, 'a column that is not there');
fails("SELECT osmeta.tds_bulk('target', 'dbo.nowhere', 'SELECT 1 AS n')",
	'42P01', qr/has no table dbo\.nowhere/, 'a table that is not there');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.odd', 'SELECT 7 AS n')",
	'1', 'beside columns that cannot be written others can');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.odd', 'SELECT 7 AS n WHERE false')",
	'0', 'no rows are none');
is(remote('SELECT n, c FROM dbo.odd'), "7\t14", 'and the server computes the rest');

# --------------------------------------------------------------------------
# Defaults
# --------------------------------------------------------------------------

remote("CREATE TABLE dbo.dflt (id int PRIMARY KEY, a nvarchar(10) NULL DEFAULT N'da', b nvarchar(10) NULL DEFAULT N'db', c int NOT NULL DEFAULT 7)");
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.dflt', 'SELECT 1 AS id, NULL::text AS a, NULL::text AS b, 1 AS c')",
	'1', 'all columns given, straight');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.dflt', 'SELECT 2 AS id, NULL::text AS a, 2 AS c')",
	'1', 'one nullable column left out');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.dflt', 'SELECT 3 AS id, ''x''::text AS b')",
	'1', 'one that is not nullable left out');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.dflt', 'SELECT 4 AS id, 5 AS c')",
	'1', 'both nullable columns left out, straight');
is(remote("SELECT id, COALESCE(a, 'null'), COALESCE(b, 'null'), c FROM dbo.dflt ORDER BY id"),
	"1\tnull\tnull\t1\n2\tnull\tdb\t2\n3\tda\tx\t7\n4\tda\tdb\t5",
	'a NULL stays NULL, and what is not given gets its default');

# --------------------------------------------------------------------------
# Errors of the server
# --------------------------------------------------------------------------

remote('CREATE TABLE dbo.parent (id int PRIMARY KEY)');
remote('CREATE TABLE dbo.child (id int PRIMARY KEY, p int NULL REFERENCES dbo.parent (id), n int CHECK (n > 0))');
remote('CREATE TABLE dbo.checked (id int PRIMARY KEY, n int NULL CHECK (n > 0))');
fails("SELECT osmeta.tds_bulk('target', 'dbo.checked', 'SELECT i AS id, 100 - i AS n FROM generate_series(1, 2000) i')",
	'23514|23503', qr/check/i, 'a check constraint, straight');
is(remote('SELECT COUNT(*) FROM dbo.checked'), '0', 'leaves nothing');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.parent', 'SELECT 1 AS id')",
	'1', 'a parent');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.child', 'SELECT 1 AS id, 1 AS p, 1 AS n')",
	'1', 'a child');
fails("SELECT osmeta.tds_bulk('target', 'dbo.child', 'SELECT i AS id, 1 AS p, 1 AS n FROM generate_series(2000, 1, -1) i')",
	'23505', qr/duplicate|primary key/i, 'a duplicate key');
fails("SELECT osmeta.tds_bulk('target', 'dbo.child', 'SELECT 2 AS id, 99 AS p, 1 AS n')",
	'23503', qr/foreign key/i, 'a reference to nothing');
fails("SELECT osmeta.tds_bulk('target', 'dbo.child', 'SELECT i AS id, 1 AS p, 100 - i AS n FROM generate_series(2, 2000) i')",
	'23514|23503', qr/check/i, 'a check constraint');
is(remote('SELECT COUNT(*) FROM dbo.child'), '1', 'nothing is left of them');
remote("CREATE TRIGGER child_no ON dbo.child AFTER INSERT AS IF EXISTS (SELECT 1 FROM inserted WHERE id > 100) RAISERROR('not above 100', 16, 1)");
fails("SELECT osmeta.tds_bulk('target', 'dbo.child', 'SELECT i AS id, 1 AS p, 1 AS n FROM generate_series(2, 200) i')",
	'P0001', qr/not above 100/, 'the error of a trigger');
is(remote('SELECT COUNT(*) FROM dbo.child'), '1', 'nothing is left of that');

# --------------------------------------------------------------------------
# Errors here
# --------------------------------------------------------------------------

remote('CREATE TABLE dbo.num (id int PRIMARY KEY, n int NULL)');
fails("SELECT osmeta.tds_bulk('target', 'dbo.num', 'SELECT i AS id, 1/(i - 5000) AS n FROM generate_series(1, 10000) i')",
	'22012', qr/division by zero/, 'an error of the query amid its rows');
my $start = time;
fails("SET statement_timeout = '1s'; SELECT osmeta.tds_bulk('target', 'dbo.num', 'SELECT i AS id FROM generate_series(1, 100000000) i'); RESET statement_timeout",
	'57014', qr/statement timeout/, 'a cancel amid the rows');
cmp_ok(time - $start, '<', 6, 'takes effect soon');
fails("SELECT osmeta.tds_bulk('target', 'dbo.num', 'SELECT q.n AS id FROM generate_series(1, 3) i, osmeta.tds_query(''target'', ''SELECT '' || i) AS q (n int)')",
	'55006', qr/being read from|is busy|in use/, 'a query over the link amid the copy is refused');
fails(<<'SQL', '25P02', qr/has been rolled back/, 'an error that is caught amid a copy');
DO $$
BEGIN
	PERFORM osmeta.tds_exec('target', 'INSERT INTO dbo.num (id) VALUES (1)');
	BEGIN
		PERFORM osmeta.tds_bulk('target', 'dbo.num', 'SELECT 10 + i AS id, 1/(i - 5000) AS n FROM generate_series(1, 10000) i');
	EXCEPTION WHEN division_by_zero THEN
		NULL;
	END;
END
$$;
SQL
is(remote('SELECT COUNT(*) FROM dbo.num'), '0', 'nothing is left of all that');
sql_is("BEGIN; SELECT osmeta.tds_bulk('target', 'dbo.num', 'SELECT i AS id FROM generate_series(1, 100) i'); ROLLBACK",
	'100', 'rows of a transaction that is rolled back');
is(remote('SELECT COUNT(*) FROM dbo.num'), '0', 'are rolled back there');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.num', 'SELECT i AS id FROM generate_series(1, 100000) i')",
	'100000', 'many rows are counted');
is(remote('SELECT COUNT(*), MIN(id), MAX(id) FROM dbo.num'), "100000\t1\t100000", 'and are there');

# A connection that is cut amid the rows
my ($port) = tds_proxy(stop => 'here it is cut');
create_tds_server($db, 'cut', $remote, port => $port);
remote('CREATE TABLE dbo.cut (id int IDENTITY PRIMARY KEY, t nvarchar(100) NULL)');
fails("SELECT osmeta.tds_bulk('cut', 'dbo.cut', 'SELECT i AS id, CASE WHEN i < 5000 THEN ''row '' || i ELSE ''here it is cut'' END AS t FROM generate_series(1, 1000000) i')",
	'08\\w{3}', qr/./, 'a connection that is cut amid the rows');
is(remote('SELECT COUNT(*) FROM dbo.cut'), '0', 'leaves nothing');
sql_is("SELECT osmeta.tds_bulk('cut', 'dbo.cut', 'SELECT i AS id FROM generate_series(1, 1000) i')",
	'1000', 'and the next copy has another connection');

# IDENTITY_INSERT is for one table of a session
fails("SELECT osmeta.tds_bulk('target', 'dbo.cut', 'SELECT 1 AS id')",
	'23505', qr/./, 'an error while identifiers are given');
remote('CREATE TABLE dbo.next (id int IDENTITY PRIMARY KEY, n int NULL)');
sql_is("SELECT osmeta.tds_bulk('target', 'dbo.next', 'SELECT 1 AS id')",
	'1', 'does not keep them from being given elsewhere');

# --------------------------------------------------------------------------
# The sink
# --------------------------------------------------------------------------

# Names with all that quotes.  Babelfish has longer ones, but no other names for
# them than PostgreSQL's, and no closing bracket at all.
my $schema = q(Ö sch'ema);
my $table = q(t"ab'le ßé [x) . 'y' x 30;
my $column = q(na"me' [é) . 'z' x 30;
my $id = 'I "d';
sub bracket { my ($name) = @_; return "[$name]" }
remote('CREATE SCHEMA ' . bracket($schema));
remote("CREATE TABLE [$schema].[$table] ([$id] int IDENTITY(5,5) PRIMARY KEY, [$column] nvarchar(50) NULL, n int NULL CHECK (n < 1000))");
remote("CREATE TABLE dbo.text_id (id nvarchar(20) PRIMARY KEY, n int NULL)");
remote("CREATE TABLE dbo.uuid_id (id uniqueidentifier PRIMARY KEY, n int NULL)");
remote('CREATE TABLE dbo.counted (id int IDENTITY PRIMARY KEY, n int NULL)');
sub literal { my ($text) = @_; return "'" . $text =~ s/'/''/gr . "'" }
value(undef, $db, bytes(<<"SQL"));
CREATE FOREIGN TABLE hostile (
	c1 int OPTIONS (column_name @{[literal($id)]}),
	c2 text OPTIONS (column_name @{[literal($column)]}),
	c3 int OPTIONS (column_name 'N'))
	SERVER target OPTIONS (schema_name @{[literal($schema)]}, table_name @{[literal($table)]});
CREATE FOREIGN TABLE counted (c1 int OPTIONS (column_name 'ID'), c2 int OPTIONS (column_name 'N'))
	SERVER target OPTIONS (schema_name 'dbo', table_name 'counted');
CREATE FOREIGN TABLE text_id (c1 text OPTIONS (column_name 'ID'), c2 int OPTIONS (column_name 'N'))
	SERVER target OPTIONS (schema_name 'dbo', table_name 'text_id');
CREATE FOREIGN TABLE uuid_id (c1 uuid OPTIONS (column_name 'ID'), c2 int OPTIONS (column_name 'N'))
	SERVER target OPTIONS (schema_name 'dbo', table_name 'uuid_id');
CREATE TABLE pairs (source_id bigint PRIMARY KEY, target_id int);
SQL

sub hostile_rows
{
	return remote("SELECT [$id], [$column], n FROM [$schema].[$table] ORDER BY 1");
}

sql_is("SELECT sink_call('insert', 'public.hostile', 'c1', 'c2, c3', \$\$ SELECT 3 AS c3, 'über'::text AS c2 UNION ALL SELECT 4, 'x ' \$\$)",
	'2', 'insert without identifiers, straight, hostile names');
is(hostile_rows(), "5\tüber\t3\n10\tx \t4", 'they are there');

remote("INSERT INTO dbo.counted (n) VALUES (1)");
sql_is("SELECT sink_call('advance_counter', 'public.counted', 'c1', extra => '200')",
	'1', 'the counter moves');
sql_is("SELECT sink_call('advance_counter', 'public.counted', 'c1', extra => '20')",
	'1', 'and not back');
remote("INSERT INTO dbo.counted (n) VALUES (1)");
like(remote('SELECT MAX(id) FROM dbo.counted'), qr/^20[12]$/, 'the next identifier is past it');
sql_is("SELECT sink_call('insert', 'public.counted', 'c1', 'c1, c2', 'SELECT 150 + i AS c1, NULL::int AS c2 FROM generate_series(1, 2) i')",
	'2', 'insert with identifiers');
is(remote('SELECT id, n FROM dbo.counted WHERE id BETWEEN 151 AND 152 ORDER BY id'), "151\tNULL\n152\tNULL", 'they are there');
sql_is("SELECT sink_call('insert_assigned', 'public.hostile', 'c1', 'c2, c3', \$\$ SELECT i::bigint AS source_id, 'n' || i AS c2, i AS c3 FROM generate_series(12, 1, -1) i \$\$, 'public.pairs')",
	'12', 'the server gives identifiers');
is( value(undef, $db, 'SELECT string_agg(source_id || \' \' || target_id, \', \' ORDER BY source_id) FROM pairs'),
	join(', ', map { $_ . ' ' . (10 + 5 * $_) } 1 .. 12),
	'their pairs come back, in order');
is( remote("SELECT COUNT(*) FROM [$schema].[$table] WHERE [$id] > 10 AND [$column] = 'n' + CAST(([$id] - 10) / 5 AS varchar(10)) AND n = ([$id] - 10) / 5"),
	'12', 'each row has its own');
fails("SELECT sink_call('insert_assigned', 'public.hostile', 'c1', 'c2, c3', \$\$ SELECT i::bigint AS source_id, 'n' || i AS c2, 995 + i AS c3 FROM generate_series(20, 30) i \$\$, 'public.pairs')",
	'23514|23503', qr/check/i, 'an error while it gives them');
is(value(undef, $db, 'SELECT count(*) FROM pairs'), '12', 'leaves no pairs');

# so many rows that they are inserted in parts, each while the pairs of the one
# before are
tds_batch($remote, 'CREATE TABLE dbo.many (id int IDENTITY PRIMARY KEY, n int NOT NULL)');
value(undef, $db, <<'SQL');
CREATE FOREIGN TABLE many (c1 int OPTIONS (column_name 'id'), c2 int OPTIONS (column_name 'n'))
	SERVER target OPTIONS (schema_name 'dbo', table_name 'many');
CREATE TABLE many_pairs (source_id int PRIMARY KEY, target_id int CHECK (target_id <> 66000));
SQL
my $many = "SELECT sink_call('insert_assigned', 'public.many', 'c1', 'c2', 'SELECT i AS source_id, i AS c2 FROM generate_series(%d, %d) i', 'public.many_pairs')";
sql_is(sprintf($many, 1, 30000), '30000', 'identifiers in parts');
is(value(undef, $db, 'SELECT count(*), count(*) FILTER (WHERE target_id = source_id), sum(target_id) FROM many_pairs'),
	'30000|30000|450015000', 'all pairs are there');
is(remote('SELECT COUNT(*), SUM(CASE WHEN n = id THEN 1 ELSE 0 END) FROM dbo.many'), "30000\t30000", 'and their rows');
fails(sprintf($many, 29999, 60000), '23505', qr/many_pairs_pkey/, 'pairs that cannot be inserted while the server works');
is(remote('SELECT COUNT(*) FROM dbo.many'), '30000', 'leave no rows');
value(undef, $db, 'TRUNCATE many_pairs');
remote('DELETE FROM dbo.many; DBCC CHECKIDENT (\'dbo.many\', RESEED, 60000) WITH NO_INFOMSGS');
fails(sprintf($many, 1, 10001), '23514', qr/many_pairs_target_id_check/, 'the last of them, too');
is(remote('SELECT COUNT(*) FROM dbo.many'), '0', 'leave no rows');
sql_is(sprintf($many, 1, 3), '3', 'the link is of use');

sql_is("SELECT sink_call('insert_assigned', 'public.hostile', 'c1', 'c2, c3', \$\$ SELECT 1 AS source_id, ''::text AS c2, 1 AS c3 WHERE false \$\$, 'public.pairs')",
	'0', 'no rows get none');

sql_is("SELECT sink_call('update', 'public.hostile', 'c1', 'c2,c3', \$\$ SELECT target_id, NULLIF('u' || source_id, 'u2'), source_id * 10 FROM pairs WHERE source_id <= 3 UNION ALL SELECT 7, 'none', NULL \$\$)",
	'3', 'update counts the rows that it met');
is( remote("SELECT n, [$column] FROM [$schema].[$table] WHERE [$id] BETWEEN 15 AND 30 ORDER BY 1"),
	"4\tn4\n10\tu1\n20\tNULL\n30\tu3",
	'and sets their columns');
sql_is("SELECT sink_call('count_present', 'public.hostile', 'c1', NULL, 'SELECT target_id AS id FROM pairs UNION ALL SELECT 7')",
	'12', 'count_present');
sql_is("SELECT sink_call('remove', 'public.hostile', 'c1', NULL, 'SELECT target_id AS id FROM pairs WHERE source_id > 2 UNION ALL SELECT 7')",
	'10', 'remove counts the rows that it met');
sql_is("SELECT sink_call('count_present', 'public.hostile', 'c1', NULL, 'SELECT target_id AS id FROM pairs')",
	'2', 'they have gone');

foreach my $case (
	[ 'text_id', 'text', q('a''b'), q('ä ö'), q('日本') ],
	[
		'uuid_id', 'uuid', q('6f9619ff-8b86-d011-b42d-00c04fc964ff'),
		q('00000000-0000-0000-0000-000000000001'), q('ffffffff-0000-0000-0000-000000000000')
	])
{
	my ($name, $type, @ids) = @$case;
	my $values = join ', ', map { "($_\::$type)" } @ids;
	sql_is("SELECT sink_call('insert', 'public.$name', 'c1', 'c1, c2', \$\$ SELECT v.id AS c1, 1 AS c2 FROM (VALUES $values) v (id) \$\$)",
		'3', "$name: insert");
	sql_is("SELECT sink_call('update', 'public.$name', 'c1', 'c2', \$\$ SELECT v.id, 2 FROM (VALUES $values) v (id) LIMIT 2 \$\$)",
		'2', "$name: update");
	sql_is("SELECT sink_call('remove', 'public.$name', 'c1', NULL, \$\$ SELECT v.id FROM (VALUES $values) v (id) LIMIT 1 \$\$)",
		'1', "$name: remove");
	sql_is("SELECT sink_call('count_present', 'public.$name', 'c1', NULL, \$\$ SELECT v.id FROM (VALUES $values) v (id) \$\$)",
		'2', "$name: count_present");
	is(remote("SELECT SUM(n) FROM dbo.$name"), '3', "$name: the rows");
	fails("SELECT sink_call('insert_assigned', 'public.$name', 'c1', 'c2', 'SELECT 1 AS source_id, 1 AS c2', 'public.pairs')",
		'0A000', qr/gives no identifiers/, "$name: the server gives none");
}

# A table of nothing but identifiers, and a counter that was never used
remote('CREATE TABLE dbo.lonely (id bigint IDENTITY PRIMARY KEY)');
value(undef, $db, <<'SQL');
CREATE FOREIGN TABLE lonely (c1 bigint OPTIONS (column_name 'ID'))
	SERVER target OPTIONS (schema_name 'dbo', table_name 'lonely');
CREATE TABLE pairs2 (source_id int PRIMARY KEY, target_id bigint);
SQL
sql_is("SELECT sink_call('advance_counter', 'public.lonely', 'c1', extra => '5000000000')",
	'1', 'a counter that was never used moves');
sql_is("SELECT sink_call('insert_assigned', 'public.lonely', 'c1', '', 'SELECT i AS source_id FROM generate_series(1, 3) i', 'public.pairs2')",
	'3', 'a table of nothing but identifiers');
is(value(undef, $db, 'SELECT count(*), min(target_id) > 5000000000, max(target_id) - min(target_id) FROM pairs2'),
	'3|t|2', 'gives identifiers past the counter');

# Triggers
remote('CREATE TABLE dbo.trig (id int IDENTITY PRIMARY KEY, n int NULL)');
remote("CREATE TRIGGER trig_log ON dbo.trig AFTER INSERT, UPDATE, DELETE AS BEGIN INSERT INTO dbo.log (t) SELECT N'a'; INSERT INTO dbo.log (t) SELECT N'b' FROM sys.objects; SELECT 42 AS stray; END");
value(undef, $db, <<'SQL');
CREATE FOREIGN TABLE trig (c1 int OPTIONS (column_name 'id'), c2 int OPTIONS (column_name 'n'))
	SERVER target OPTIONS (schema_name 'dbo', table_name 'trig');
TRUNCATE pairs;
SQL
sql_is("SELECT sink_call('insert_assigned', 'public.trig', 'c1', 'c2', 'SELECT i AS source_id, i AS c2 FROM generate_series(1, 50) i', 'public.pairs')",
	'50', 'a trigger that inserts elsewhere and gives rows');
is(value(undef, $db, 'SELECT count(*), min(target_id), max(target_id), bool_and(source_id = target_id) FROM pairs'),
	'50|1|50|t', 'leaves the identifiers alone');
sql_is("SELECT sink_call('insert', 'public.trig', 'c1', 'c1, c2', 'SELECT i AS c1, i AS c2 FROM generate_series(101, 103) i')",
	'3', 'rows of the insert are counted, not those of the trigger');
sql_is("SELECT sink_call('update', 'public.trig', 'c1', 'c2', 'SELECT i, 0 FROM generate_series(1, 7) i')",
	'7', 'rows of the update');
sql_is("SELECT sink_call('remove', 'public.trig', 'c1', NULL, 'SELECT i AS id FROM generate_series(1, 9) i')",
	'9', 'rows of the delete');

remote('CREATE TABLE dbo.eaten (id int IDENTITY PRIMARY KEY, n int NULL)');
remote('CREATE TRIGGER eaten_half ON dbo.eaten AFTER INSERT AS DELETE FROM dbo.eaten WHERE n % 2 = 0');
remote('CREATE TABLE dbo.instead (id int IDENTITY PRIMARY KEY, n int NULL)');
remote('CREATE TRIGGER instead_all ON dbo.instead INSTEAD OF INSERT AS INSERT INTO dbo.log (t) SELECT N\'instead\' FROM inserted');
foreach my $name (qw(eaten instead))
{
	value(undef, $db, "CREATE FOREIGN TABLE $name (c1 int OPTIONS (column_name 'id'), c2 int OPTIONS (column_name 'n'))"
		  . " SERVER target OPTIONS (schema_name 'dbo', table_name '$name')");
	foreach my $rows (4, 1)
	{
		fails("SELECT sink_call('insert_assigned', 'public.$name', 'c1', 'c2', 'SELECT 1000 + i AS source_id, 2 * i AS c2 FROM generate_series(1, $rows) i', 'public.pairs')",
			'09000', qr/identifiers for $rows rows/, "$name: identifiers of $rows rows that are not there");
	}
	is(remote("SELECT COUNT(*) FROM dbo.$name"), '0', "$name: nothing is left");
}
# Babelfish has an error of its own for this
isnt((run_sql("SELECT sink_call('insert', 'public.instead', 'c1', 'c1, c2', 'SELECT 1 AS c1, 1 AS c2')"))[0],
	'1', 'rows that a trigger has taken away are not counted');

# --------------------------------------------------------------------------
# A user who has nothing but SELECT, INSERT, UPDATE and DELETE
# --------------------------------------------------------------------------

my $login = "osmeta_sink_$$";
tds_batch('master', "CREATE LOGIN $login WITH PASSWORD = 'Passw0rd!'");
remote("CREATE USER $login FOR LOGIN $login");
remote("GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.$_ TO $login") foreach qw(trig log num);
create_tds_server($db, 'poor', $remote, user => $login, password => 'Passw0rd!');
value(undef, $db, <<'SQL');
CREATE FOREIGN TABLE poor (c1 int OPTIONS (column_name 'id'), c2 int OPTIONS (column_name 'n'))
	SERVER poor OPTIONS (schema_name 'dbo', table_name 'trig');
TRUNCATE pairs;
SQL
sql_is("SELECT osmeta.tds_bulk('poor', 'dbo.num', 'SELECT 1000000 AS id, 1 AS n')",
	'1', 'who may only insert can copy straight');
fails("SELECT sink_call('insert', 'public.poor', 'c1', 'c1, c2', 'SELECT 500 AS c1, 5 AS c2')",
	'42501', qr/identifiers of .* cannot be given/, 'may not give identifiers');
sql_is("SELECT sink_call('advance_counter', 'public.poor', 'c1', extra => '100000')",
	'0', 'nor move the counter');
sql_is("SELECT sink_call('insert_assigned', 'public.poor', 'c1', 'c2', 'SELECT i AS source_id, i AS c2 FROM generate_series(1, 5) i', 'public.pairs')",
	'5', 'but can have them given');
sql_is("SELECT sink_call('update', 'public.poor', 'c1', 'c2', 'SELECT target_id, 77 FROM pairs')",
	'5', 'update');
sql_is("SELECT sink_call('count_present', 'public.poor', 'c1', NULL, 'SELECT target_id AS id FROM pairs')",
	'5', 'look them up');
sql_is("SELECT sink_call('remove', 'public.poor', 'c1', NULL, 'SELECT target_id AS id FROM pairs')",
	'5', 'and delete them');
value(undef, $db, 'DROP SERVER poor CASCADE');

# --------------------------------------------------------------------------
# Pieces of work
# --------------------------------------------------------------------------

my $other = tds_session($remote);
$other->("BEGIN TRANSACTION\nDECLARE \@r int; EXEC \@r = sp_getapplock \@Resource = N'plan 1, piece ''2''', \@LockMode = N'Exclusive', \@LockOwner = N'Transaction'; SELECT \@r");
fails("SET statement_timeout = '2s'; SELECT sink_call('begin_piece', 'public.trig', extra => 'plan 1, piece ''2'''); RESET statement_timeout",
	'57014', qr/statement timeout/, 'a piece waits for the session that has it');
sql_is("SELECT sink_call('begin_piece', 'public.trig', extra => 'plan 1, piece 3')",
	'0', 'another does not');
$other->('ROLLBACK TRANSACTION');
sql_is("SELECT sink_call('begin_piece', 'public.trig', extra => 'plan 1, piece ''2''')",
	'0', 'when that has ended the piece begins');
$other->();
sql_is("SELECT sink_call('begin_piece', 'public.trig', extra => repeat('x', 1000))",
	'0', 'a piece with a long name');

is(remote("SELECT COUNT(*) FROM tempdb.sys.tables WHERE name LIKE '#osmeta%'"),
	'0', 'no temporary table is left');

# the link of the session is the last use of the login
$in .= "\\q\n";
$session->finish;
remote("REVOKE SELECT, INSERT, UPDATE, DELETE ON dbo.$_ FROM $login") foreach qw(trig log num);
remote("DROP USER $login");
tds_batch('master', "DROP LOGIN $login");
done_testing();
