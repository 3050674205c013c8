#!/usr/bin/perl
# Instances of processes by a script that tsql runs, with identifiers that the
# plan chooses and with those that the target gives, also in the texts of
# inputs and outputs: what the rows mean is the same in the end, subscriptions
# of activities too, and after an undo all is as before.
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
my $desk = 'script_process';

sub ask { return value(undef, $desk, "SET client_min_messages = warning;\n$_[0]"); }

sub said
{
	my (undef, undef, $said) = psql(undef, $desk, $_[0]);
	return $said;
}

create_database($desk);
ask(<<"SQL");
\\o /dev/null
\\i '$fixture/process.sql'
CREATE EXTENSION osmeta_tds;
SQL
my $database = tds_database('process');
round_times($desk, $_) foreach qw(factory_prod factory_qa);
copy_schema($desk, 'factory_qa', $database);
create_tds_server($desk, 'tds_qa', $database);
ask(<<'SQL');
\o /dev/null
SELECT osmeta.attach('prod', remote_schema => 'factory_prod'), osmeta.attach('qa', 'tds_qa');
SELECT osmeta.capture('prod'), osmeta.capture('qa');
-- what rows mean has been noted with times that are rounded now
TRUNCATE make.theirs;
INSERT INTO make.theirs SELECT kind, value FROM factory_qa.process_value;
SQL
my @events = split /\n/, tds_batch($database, "SELECT name FROM sys.tables WHERE name LIKE 'osevt%' ORDER BY name");
cmp_ok(scalar(@events), '>', 0, 'there are event tables');

sub instances
{
	return join "\n", map { tds_batch($database, "SELECT * FROM dbo.ossys_bpm_$_ ORDER BY id") } qw(process activity process_input process_output activity_output);
}

sub events
{
	return join "\n", map { my $table = $_; "$table:", sort split /\n/, tds_batch($database, "SELECT * FROM dbo.$table") } @events;
}

my ($before, $events) = (instances(), events());
my $options = '{"users": "create", "groups": "create", "producers": "referenced"}';
for my $strategy (qw(offset assigned))
{
	ask("SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '$options')");
	ask("UPDATE osmeta.plan_entity SET key_strategy = '$strategy' WHERE is_data AND key_strategy IN ('offset', 'assigned')");
	like(said(q{CALL osmeta.pull_plan('p')}), qr/is pulled and checked/, "$strategy: pulled");
	my %part = map { $_ => ask("SELECT osmeta.export_plan('p', 'sqlserver', '$_')") . "\n" } qw(deliver verify undo clean);
	my ($out, $err) = tds_try($database, $part{deliver});
	is($err, '', "$strategy: no error");
	like($out, qr/plan p: delivered\n*\z/, "$strategy: delivered");
	($out, $err) = tds_try($database, $part{verify});
	is("$err" . join("\n", grep { !/\tok$/ } split /\n/, $out), '', "$strategy: verified");
	copy_back($desk, 'factory_qa', 'tds_qa');
	# the order that one input named has been deleted
	is(ask("SELECT what, kind, substring(value FROM 'order 3|EventGeneratedInput') FROM make.wrong ORDER BY 1"), "missing|input|order 3\ntoo many|input|order 3", "$strategy: the rows mean the same");
	is(tds_batch($database, 'SELECT count(*) FROM dbo.ossys_bpm_event_queue'), '0', "$strategy: nothing is queued");
	like(said(q{CALL osmeta.read_delivery('p')}), qr/has been delivered by its script/, "$strategy: read back");
	is(ask(q{SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'}), '', "$strategy: verify_plan agrees");
	isnt(events(), $events, "$strategy: subscriptions have come");
	# what the target has made under them since is in the way of an undo
	tds_batch($database, q{INSERT INTO dbo.ossys_bpm_process_output (tenant_id, process_id, name, output_value) SELECT tenant_id, id, N'made there', N'1' FROM dbo.ossys_bpm_process WHERE label = N'order 1'});
	($out, $err) = tds_try($database, $part{undo});
	like($out, qr/rows of others in table \[dbo\]\.\[ossys_bpm_process_output\] refer to one that is to go, by column process_id: \d+/, "$strategy: not undone") || diag $err;
	tds_batch($database, q{DELETE FROM dbo.ossys_bpm_process_output WHERE name = N'made there'});
	($out, $err) = tds_try($database, $part{undo});
	is($err, '', "$strategy: no error");
	like($out, qr/plan p: undone/, "$strategy: undone");
	is(instances(), $before, "$strategy: instances are as before");
	is(events(), $events, "$strategy: and subscriptions");
	tds_batch($database, $part{clean});
	ask("SELECT osmeta.drop_plan('p')");
}

done_testing();
