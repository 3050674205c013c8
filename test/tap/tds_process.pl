#!/usr/bin/perl
# Instances of processes between two databases of a T-SQL server, with
# identifiers that the plan chooses and with those that the target gives: what
# the rows mean is the same in the end, and after an undo all is as before.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use TdsCopy;
use Test::More;

tds_needed(is_long => 1);

my $fixture = top() . '/test/fixture';
my $desk = 'desk_process';

sub ask { return value(undef, $desk, "SET client_min_messages = warning;\n$_[0]"); }

# What a statement gives, or says.
sub gives
{
	my ($sql, $expected, $name) = @_;
	my ($status, $out, $err) = psql(undef, $desk, "SET client_min_messages = warning;\n$sql");
	return is($status == 0 ? $out : $err, $expected, $name);
}

create_database($desk);
ask(<<"SQL");
\\o /dev/null
\\i '$fixture/process.sql'
CREATE EXTENSION osmeta_tds;
SQL
my %database;
for my $schema (qw(factory_prod factory_qa))
{
	$database{$schema} = tds_database($schema);
	round_times($desk, $schema);
	copy_schema($desk, $schema, $database{$schema});
	create_tds_server($desk, "tds_$schema", $database{$schema});
}
ask(<<'SQL');
\o /dev/null
SELECT osmeta.attach('prod', 'tds_factory_prod'), osmeta.attach('qa', 'tds_factory_qa');
SELECT osmeta.capture('prod'), osmeta.capture('qa');
-- what rows mean has been noted with times that are rounded now
TRUNCATE make.theirs;
INSERT INTO make.theirs SELECT kind, value FROM factory_qa.process_value;
SQL
my $before = join "\n", map { tds_batch($database{factory_qa}, "SELECT * FROM dbo.ossys_bpm_$_ ORDER BY id") } qw(process activity process_input process_output activity_output);

my $options = '{"users": "create", "groups": "create", "producers": "referenced"}';
for my $strategy (qw(offset assigned))
{
	ask("SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '$options')");
	ask("UPDATE osmeta.plan_entity SET key_strategy = '$strategy' WHERE is_data AND key_strategy IN ('offset', 'assigned')");
	gives("SELECT code, object, message FROM osmeta.plan_problem WHERE plan = 'p' AND severity = 'error'", '', "$strategy: nothing stops the plan");
	gives("CALL osmeta.run_plan('p')", '', "$strategy: it runs");
	gives("SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'", '', "$strategy: it verifies");
	copy_back($desk, 'factory_qa', 'tds_factory_qa');
	# the order that one input named has been deleted
	gives("SELECT what, kind, substring(value FROM 'order 3|EventGeneratedInput') FROM make.wrong ORDER BY 1", "missing|input|order 3\ntoo many|input|order 3", "$strategy: the rows mean the same");
	is(tds_batch($database{factory_qa}, 'SELECT count(*) FROM dbo.ossys_bpm_event_queue'), "0", "$strategy: nothing is queued");
	gives("CALL osmeta.undo_plan('p')", '', "$strategy: it is undone");
	is(join("\n", map { tds_batch($database{factory_qa}, "SELECT * FROM dbo.ossys_bpm_$_ ORDER BY id") } qw(process activity process_input process_output activity_output)), $before, "$strategy: instances are as before");
	ask("SELECT osmeta.drop_plan('p')");
}

done_testing();
