#!/usr/bin/perl
# The pull of a plan over tds_fdw against tds_fdw's own CREATE TABLE AS.
#
#	test/stage test/tds test/cluster test/bench/tds_pull.pl [ROWS]
#
# One entity of thirteen attributes is pulled, from the first piece to the
# last; the same columns of its table are copied by one CREATE TABLE AS over a
# foreign table, and by one over ranges of identifiers, as the pieces of the
# plan are; and by one over the same ranges that osmeta_tds reads, as it does
# those of the plan.  The best of two rounds counts.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../tap/lib";

use Database;
use Tds;
use TdsCopy;
use Time::HiRes qw(time);

my $rows = $ARGV[0] // 1_000_000;
my $db = 'bench_tds_pull';
my %best;

unless (tds_server())
{
	print tds_absent() . "\n";
	exit;
}

sub desk { return value(undef, $db, "SET client_min_messages = warning;\n$_[0]"); }

sub note_best
{
	my ($name, $seconds) = @_;
	$best{$name} = $seconds if !$best{$name} || $seconds < $best{$name};
	return;
}

sub timed
{
	my ($name, $sql) = @_;
	my $start = time;
	desk($sql);
	note_best($name, time - $start);
	return;
}

create_database($db);
desk("\\o /dev/null\n\\i '" . top() . "/test/fixture/shop_all.sql'\nCREATE EXTENSION tds_fdw; CREATE EXTENSION osmeta_tds;");
my $remote = tds_database('bench_pull');
copy_schema($db, 'source', $remote);
create_tds_server($db, 'source', $remote);
my $table = desk(q{SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'source'::regnamespace AND c.relname ILIKE 'osusr%customer'});
my $columns = desk(qq{SELECT string_agg(format('"%s" %s', a.attname, CASE format_type(a.atttypid, a.atttypmod) WHEN 'boolean' THEN 'smallint' ELSE format_type(a.atttypid, a.atttypmod) END), ', ' ORDER BY a.attnum)
	FROM pg_attribute a WHERE a.attrelid = 'source."$table"'::regclass AND a.attnum > 0 AND NOT a.attisdropped});
desk(qq{CREATE FOREIGN TABLE customer ($columns) SERVER source OPTIONS (schema_name 'dbo', table_name '$table', match_column_names '1')});
desk(qq{SELECT osmeta.tds_bulk('source', 'dbo.$table', 'SELECT 1000 + i AS "ID", md5(i::text) AS "NAME", 1 AS "KINDID", ''note on '' || i AS "NOTE",
	timestamp(3) ''2020-01-01'' + i * interval ''1 second'' AS "SINCE", i % 1000 * 7.5 AS "AMOUNT", true AS "ISOPEN" FROM generate_series(1, $rows) i')});
desk(q{SELECT osmeta.attach('src', 'source', 'dbo', 'sqlserver'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver');
	SELECT osmeta.capture('src'), osmeta.capture('tgt')});

# osmeta_tds reads what stands in the schema of an environment
desk(qq{CREATE FOREIGN TABLE src.copied ($columns) SERVER source OPTIONS (schema_name 'dbo', table_name '$table', match_column_names '1')});

foreach my $round (1 .. 2)
{
	timed('one', 'CREATE TABLE copy AS SELECT * FROM customer; DROP TABLE copy');
	desk(q{SELECT osmeta.create_plan('p', 'src', 'tgt', '{entity:Shop.Customer,entity:Shop.Region}')});
	timed('whole', q{CALL osmeta.pull_plan('p')});
	note_best('pull', desk(q{SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM osmeta.plan_chunk WHERE phase = 'pull'}));
	my @pieces = map { "INSERT INTO copy SELECT * FROM T WHERE \"ID\" >= $_->[0] AND \"ID\" <= $_->[1];" }
	  map { [ split /\|/ ] }
	  split /\n/, desk(q{SELECT lower_id, upper_id FROM osmeta.plan_chunk WHERE phase = 'pull' AND entity_id = (SELECT entity_id FROM osmeta.plan_entity WHERE entity = 'Customer') ORDER BY chunk_id});
	my $pieces = "CREATE TABLE copy AS SELECT * FROM T WITH NO DATA; @pieces DROP TABLE copy";
	timed('pieces', $pieces =~ s/\bT\b/customer/gr) if $round == 1;
	timed('own', "LOAD 'osmeta_tds'; " . $pieces =~ s/\bT\b/src.copied/gr);
	desk(q{SELECT osmeta.drop_plan('p')});
}

printf "%s rows of %s columns over tds_fdw\n", $rows, scalar(() = $columns =~ /" /g);
printf "  %-44s %8s %s\n", '', 'seconds', 'ratio';
printf "  %-44s %8.1f\n", 'CREATE TABLE AS', $best{one};
printf "  %-44s %8.1f %5.2f\n", 'the same in the pieces of the plan', $best{pieces}, $best{pieces} / $best{one};
printf "  %-44s %8.1f %5.2f\n", 'these pieces, read by osmeta_tds', $best{own}, $best{own} / $best{one};
printf "  %-44s %8.1f %5.2f\n", 'pull, from the first piece to the last', $best{pull}, $best{pull} / $best{one};
printf "  %-44s %8.1f %5.2f\n", 'pull_plan, with all checks before the push', $best{whole}, $best{whole} / $best{one};
