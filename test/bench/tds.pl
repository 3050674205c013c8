#!/usr/bin/perl
# Delivery to a T-SQL server against FreeTDS's own freebcp and against INSERT.
#
#	test/stage test/tds test/cluster test/bench/tds.pl [ROWS]
#
# The same rows, in the same order, go into a table of seven columns whose
# primary key is an identity; a row is 103 bytes of text on the average: two
# integers, two texts of 32 and of 22 characters, a datetime, a bit and a
# decimal(37,8).  They go there by freebcp -b 10000 from a file that was made
# before (without empty texts and trailing blanks, which it would lose), by
# tds_bulk in one statement and in the pieces of 50,000 that a plan makes (each
# a transaction of one session), by the sink in such pieces with identifiers
# that the server gives, and, a part of them, by INSERTs of 1000 rows each.
# Each time begins with the login.  The best of three rounds counts.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../tap/lib";

use Database;
use IPC::Run;
use SinkCall;
use Tds;
use Time::HiRes qw(time);

my $rows = $ARGV[0] // 1_000_000;
my $piece = 50_000;
my $inserted = 20_000;
my $server = tds_server();
unless ($server)
{
	print tds_absent() . "\n";
	exit;
}
my $remote = tds_database('bench');
my $db = 'bench_tds';
my $work = $ENV{OSMETA_WORK};
my %best;

create_database($db);
value(undef, $db, <<"SQL");
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
CREATE EXTENSION tds_fdw;
CREATE EXTENSION osmeta_tds;
CREATE TABLE source AS
SELECT i AS id, md5(i::text) AS name, 'customer number ' || i AS code,
	i % 1000 AS n, timestamp(3) '2020-01-01' + i * interval '1 second' AS created,
	(i % 2)::smallint AS active, i * 7.5 AS amount
FROM generate_series(1, $rows) AS i;
ALTER TABLE source ADD PRIMARY KEY (id);
ANALYZE source;
CREATE TABLE pairs (source_id integer PRIMARY KEY, target_id integer);
SQL
create_tds_server($db, 'target', $remote);
create_sink_call($db);
value(undef, $db, <<'SQL');
CREATE FOREIGN TABLE target (c1 integer OPTIONS (column_name 'id'),
	c2 text OPTIONS (column_name 'name'), c3 text OPTIONS (column_name 'code'),
	c4 integer OPTIONS (column_name 'n'), c5 timestamp OPTIONS (column_name 'created'),
	c6 smallint OPTIONS (column_name 'active'), c7 numeric OPTIONS (column_name 'amount'))
	SERVER target OPTIONS (schema_name 'dbo', table_name 'target');
SQL
tds_batch($remote, 'CREATE TABLE dbo.target (id int IDENTITY PRIMARY KEY,'
	  . ' name nvarchar(50) NULL, code nvarchar(50) NULL, n int NULL,'
	  . ' created datetime NULL, active bit NULL, amount decimal(37,8) NULL)');

# how freebcp finds the server, and what it reads
open my $conf, '>', "$work/freetds.conf" or die "freetds.conf: $!\n";
print $conf "[bench]\nhost = $server->{host}\nport = $server->{port}\n"
  . "tds version = 7.4\nclient charset = UTF-8\n";
close $conf or die "freetds.conf: $!\n";
value(undef, $db,
	"\\copy (SELECT id, name, code, n, to_char(created, 'YYYY-MM-DD HH24:MI:SS.MS'), active, amount FROM source ORDER BY id) TO '$work/rows.tsv'");

sub timed
{
	my ($name, $count, $what) = @_;
	tds_batch($remote, 'TRUNCATE TABLE dbo.target');
	value(undef, $db, 'TRUNCATE pairs');
	my $start = time;
	$what->();
	my $rate = $count / (time - $start);
	my $there = tds_batch($remote, 'SELECT COUNT(*) FROM dbo.target');
	die "$name: $there of $count rows are there\n" unless $there == $count;
	$best{$name} = $rate if $rate > ($best{$name} // 0);
	return;
}

sub by_freebcp
{
	local $ENV{FREETDSCONF} = "$work/freetds.conf";
	my ($out, $err) = ('', '');
	IPC::Run::run(
		[
			'freebcp', 'dbo.target', 'in', "$work/rows.tsv", '-S', 'bench',
			'-D', $remote, '-U', $server->{user}, '-P',
			$server->{password}, '-c', '-E', '-b', '10000'
		],
		\'', \$out, \$err) or die "freebcp: $out$err\n";
	return;
}

sub by_bulk
{
	value(undef, $db, "SELECT osmeta.tds_bulk('target', 'dbo.target', 'SELECT * FROM source ORDER BY id')");
	return;
}

# The bounds of the pieces of a plan, as conditions.
sub pieces
{
	return map { "s.id > $_ * $piece AND s.id <= ($_ + 1) * $piece" }
	  0 .. int(($rows - 1) / $piece);
}

sub by_pieces
{
	value(undef, $db, join '',
		map { "SELECT osmeta.tds_bulk('target', 'dbo.target', 'SELECT s.* FROM source s WHERE $_ ORDER BY s.id');\n" } pieces());
	return;
}

sub by_assigned
{
	my $columns = 's.id AS source_id, s.name AS c2, s.code AS c3, s.n AS c4,'
	  . ' s.created AS c5, s.active AS c6, s.amount AS c7';
	value(undef, $db, join '',
		map { "SELECT sink_call('insert_assigned', 'public.target', 'c1', 'c2, c3, c4, c5, c6, c7', 'SELECT $columns FROM public.source s WHERE $_', 'public.pairs');\n" } pieces());
	return;
}

my @batches;
foreach my $line (
	split /\n/, value(undef, $db,
		"SELECT '(N''' || name || ''', N''' || code || ''', ' || n || ', ''' || to_char(created, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS') || ''', ' || active || ', ' || amount || ')'"
		  . " FROM source ORDER BY id LIMIT $inserted"))
{
	push @batches, [] if !@batches || @{ $batches[-1] } == 1000;
	push @{ $batches[-1] }, $line;
}

sub by_insert
{
	tds_batch($remote, join "\ngo\n",
		map { 'INSERT INTO dbo.target (name, code, n, created, active, amount) VALUES ' . join(",\n", @$_) }
		  @batches);
	return;
}

foreach my $round (1 .. 3)
{
	timed('freebcp', $rows, \&by_freebcp);
	timed('bulk', $rows, \&by_bulk);
	timed('pieces', $rows, \&by_pieces);
	timed('assigned', $rows, \&by_assigned);
	timed('insert', $inserted, \&by_insert) if @batches;
}
printf "%-50s %9s %7s\n", "$rows rows", 'rows/s', 'ratio';
foreach my $line (
	[ 'freebcp', 'freebcp -b 10000 from a file' ],
	[ 'bulk', 'tds_bulk from a table' ],
	[ 'pieces', 'tds_bulk in pieces of 50,000' ],
	[ 'assigned', 'identifiers given by the server, pieces of 50,000' ],
	[ 'insert', 'INSERTs of 1000 rows by tsql' ])
{
	my ($name, $text) = @$line;
	printf "%-50s %9d %7.2f\n", $text, $best{$name}, $best{$name} / $best{freebcp};
}
