#!/usr/bin/perl
# A plan as a script for SQL Server, run by tsql: the rows that it delivers are
# those that run_plan delivers; it can end anywhere and be run again; what it
# has put in can be verified, read back and taken out.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IPC::Run;
use Tds;
use TdsCopy;
use Test::More;
use Time::HiRes qw(sleep);

tds_needed(is_long => 1);

my $fixture = top() . '/test/fixture';
my $desk = 'script_desk';

sub ask
{
	my ($sql) = @_;
	return value(undef, $desk, "SET client_min_messages = warning;\n$sql");
}

# The lines of a part of a plan's script.
sub script
{
	my ($plan, $part) = @_;
	return ask("SELECT osmeta.export_plan('$plan', 'sqlserver', '$part')") . "\n";
}

# Run it; gives the last line that it prints, and the errors.
sub run_script
{
	my ($database, $script) = @_;
	my ($out, $err) = tds_try($database, $script);
	my ($last) = $out =~ /([^\n]*)\n*\z/;
	return ($last, $err, $out);
}

# All rows of all tables of the factory on the T-SQL server, and the script's.
sub tables
{
	my ($database, $like) = @_;
	return split /\n/, tds_batch($database,
		"SELECT name FROM sys.tables WHERE name $like ORDER BY name");
}

sub rows_of
{
	my ($database) = @_;
	return join "\n", map {
		my $table = $_;
		map { "$table: $_" }
		  sort split /\n/, tds_batch($database, qq{SELECT * FROM dbo."$table"});
	} tables($database, q{LIKE 'osusr%' OR name LIKE 'ossys_user%'});
}

# What stands in the target's tables of a plan, as text, by what is known of
# types here.
sub delivered
{
	my ($plan) = @_;
	my $queries = ask(<<"SQL");
SELECT format('SELECT %L || '': '' || ROW(%s)::text FROM $plan.t%s t', e.entity,
	string_agg(format('t.c%s%s', a.attribute_no, CASE WHEN a.target_type IN ('boolean', 'smallint') THEN '::integer' ELSE '' END), ', ' ORDER BY a.attribute_no),
	e.entity_id)
FROM osmeta.plan p
JOIN osmeta.plan_entity e USING (plan_id)
JOIN osmeta.plan_attribute a USING (plan_id, entity_id)
WHERE p.plan = '$plan' AND e.is_data AND a.target_type IS NOT NULL
GROUP BY e.entity, e.entity_id
SQL
	return join "\n", sort map { split /\n/, ask($_) } split /\n/, $queries;
}

create_database($desk);
value(undef, $desk, <<"SQL");
\\o /dev/null
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
\\i '$fixture/make.sql'
CREATE SCHEMA source;
SET search_path = source;
\\set first 100
\\set role source
\\i '$fixture/shop.sql'
CREATE SCHEMA target;
SET search_path = target;
\\set first 900
\\set role target
\\i '$fixture/shop.sql'
RESET search_path;
\\i '$fixture/shop_rows.sql'
\\i '$fixture/shop_many.sql'
UPDATE source.customer SET "NOTE" = repeat(E'go\\nGO\\n\$(x) it''s \\\\ ', 2000), "PHOTO" = decode(repeat('00ff0a', 20000), 'hex') WHERE "ID" = 8;
UPDATE source.customer SET "NOTE" = E'\\nGO\\n:exit\\n' WHERE "ID" = 2;
-- tds_fdw has a number for a bit
DROP VIEW source.customer, target.customer CASCADE;
SELECT format('ALTER TABLE %s ALTER "ISOPEN" TYPE smallint USING "ISOPEN"::integer', make.table_of(f, 'Customer'))
FROM unnest(ARRAY['source', 'target']) f \\gexec
SQL
round_times($desk, $_) foreach qw(source target);
my $database = tds_database('script');
my @left_out = copy_schema($desk, 'target', $database);
is_deeply([ grep { !/^view / } @left_out ], [], 'the target is copied');
my ($customers) = grep { /customer/i } tables($database, "LIKE 'osusr%'");
tds_batch($database, "ALTER TABLE dbo.$customers ALTER COLUMN isopen bit");
create_tds_server($desk, 'tds_far', $database);
ask(<<'SQL');
ALTER SERVER tds_far OPTIONS (SET msg_handler 'blackhole');
SELECT osmeta.attach('src', remote_schema => 'source'),
	osmeta.attach('near', remote_schema => 'target', dialect => 'sqlserver'),
	osmeta.attach('far', 'tds_far');
SELECT osmeta.capture('src'), osmeta.capture('near'), osmeta.capture('far');
SQL
my $before = rows_of($database);
isnt($before, '', 'there are rows');

# Two plans, one for the copy here, with the same identifiers.
sub create_plans
{
	my ($name, $sql) = @_;
	foreach my $target (qw(near far))
	{
		ask(<<"SQL");
SELECT osmeta.create_plan('${name}_$target', 'src', '$target', ARRAY['espace:Shop'], '{"chunk_rows": 700}');
UPDATE osmeta.plan_entity e SET id_offset = 100000 FROM osmeta.plan p
WHERE p.plan_id = e.plan_id AND p.plan = '${name}_$target' AND e.key_strategy = 'offset';
UPDATE osmeta.plan_entity e SET key_strategy = v.key_strategy FROM osmeta.plan p, (VALUES $sql) v (entity, key_strategy)
WHERE p.plan_id = e.plan_id AND p.plan = '${name}_$target' AND e.entity = v.entity;
SQL
	}
	return;
}

# ---------------------------------------------------------------------------
# Identifiers that are given: offset, keep, parent
# ---------------------------------------------------------------------------
create_plans('moved', q{('Region', 'offset'), ('Customer', 'offset')});
ask(q{SET statement_timeout = 0; CALL osmeta.run_plan('moved_near')});
my ($status, undef, $said) = psql(undef, $desk, q{CALL osmeta.pull_plan('moved_far')});
is($status, 0, 'pulled') || diag $said;
like($said, qr/is pulled and checked; nothing has been written to environment "far"/, 'and says so');
is(rows_of($database), $before, 'nothing has been written');
my $deliver = script('moved_far', 'deliver');
my $undo = script('moved_far', 'undo');
my $verify = script('moved_far', 'verify');
my $clean = script('moved_far', 'clean');
unlike($deliver, qr/[\\\t]/, 'psql\'s \copy changes nothing in it');
is(script('moved_far', 'deliver'), $deliver, 'a second export is the same');
(undef, undef, $said) = psql(undef, $desk, q{CALL osmeta.run_plan('moved_far')});
like($said, qr/has been exported, and its script may have delivered rows/, 'run_plan does not get between');

my $empty = tds_database('script_empty');
my ($last, $err, $out) = run_script($empty, $deliver);
like($err, qr/not the database that the script was made for/, 'another database is refused');
like($out, qr/there is no table \[dbo\]\.\[OSUSR_..._Customer\]/i, 'and it says why');
like($last, qr/NOT delivered, nothing has been written/, 'nothing is written there');
is(join(' ', tables($empty, "LIKE '%'")), '', 'no tables have been made there');

# An identifier is taken: everything after the check does nothing, though tsql
# goes on.
tds_batch($database, "SET IDENTITY_INSERT dbo.$customers ON; INSERT INTO dbo.$customers (id, name) VALUES (100001, N'first')");
($last, $err, $out) = run_script($database, $deliver);
like($err, qr/rows cannot be delivered/, 'an identifier that is taken stops it');
like($out, qr/an identifier is taken in table .*: 100001/, 'which one');
like($last, qr/NOT delivered; see the message above/, 'the last line says so');
tds_batch($database, "DELETE FROM dbo.$customers WHERE id = 100001");
is(rows_of($database), $before, 'nothing has been delivered');

# It ends after each of its batches, and begins again each time.
my @batches = split /^GO\n/m, $deliver;
my $errors = '';
for (my $end = 3; $end < @batches; $end += 7)
{
	(undef, $err) = run_script($database, join("GO\n", @batches[ 0 .. $end ]) . "GO\n");
	$errors .= $err;
}
is($errors, '', 'it goes on wherever it stopped');
($last, $err) = run_script($database, $deliver);
is("$err$last", 'plan moved_far: delivered', 'to its end');
($last, $err) = run_script($database, $deliver);
is("$err$last", 'plan moved_far: delivered', 'once more changes nothing');

($last, $err, $out) = run_script($database, $verify);
is(join("\n", sort split /\n/, $out), <<'TEXT' =~ s/\n\z//r, 'the script that verifies finds all rows');
Shop.Customer	3006	3006	0	ok
Shop.Detail	1003	1003	0	ok
Shop.Extra	336	336	0	ok
Shop.Profile	2	2	0	ok
Shop.Region	53	53	0	ok
Shop.Tag	505	505	0	ok
TEXT
is(substr(difference(delivered('moved_near'), delivered('moved_far')), 0, 500), '', 'the same rows as run_plan delivers');
($status, undef, $said) = psql(undef, $desk, q{CALL osmeta.read_delivery('moved_far')});
like($said, qr/has been delivered by its script, rows: 4905/, 'the plan gets to know it');
is(ask(q{SELECT phase FROM osmeta.plan WHERE plan = 'moved_far'}), 'done', 'and is done');
is(ask(q{SELECT DISTINCT status FROM osmeta.verify_plan('moved_far')}), 'ok', 'verify_plan through tds_fdw agrees');
is(ask(q{SELECT count(*) FROM osmeta.plan_key k WHERE plan = 'moved_far' AND target_id = '10' || lpad(source_id, 4, '0')
	AND EXISTS (SELECT FROM osmeta.plan_entity e WHERE e.entity_key OPERATOR(osmeta.=) k.entity_key AND e.entity = 'Customer')}), '3006', 'plan_key has the identifiers');

# Values that have been changed are found by both.
tds_batch($database, "UPDATE dbo.$customers SET name = N'C30' WHERE id = 100030");
(undef, undef, $out) = run_script($database, $verify);
like($out, qr/^Shop.Customer\t3006\t3006\t1\tdifferent$/m, 'one letter in another case is found');
is(ask(q{SELECT entity FROM osmeta.verify_plan('moved_far') WHERE status <> 'ok'}), 'Customer', 'by verify_plan too');
($last, $err, $out) = run_script($database, $undo);
like($out, qr/a row of table .* has been changed since it was delivered: 100030/, 'an undo refuses it');
like($last, qr/NOT undone/, 'and deletes nothing');
tds_batch($database, "UPDATE dbo.$customers SET name = N'c30' WHERE id = 100030");
# a row of others that refers to one that is to go
tds_batch($database, "INSERT INTO dbo.$customers (name, managerid) VALUES (N'theirs too', 100005)");
($last, $err, $out) = run_script($database, $undo);
like($out, qr/rows of others in table .* refer to one that is to go, by column managerid: 100005/i, 'or one that others refer to');
tds_batch($database, "DELETE FROM dbo.$customers WHERE name = N'theirs too'");
($last, $err) = run_script($database, $undo);
is("$err$last", 'plan moved_far: undone, rows deleted: 4905', 'then it takes all out');
is(difference($before, rows_of($database)), '', 'the tables are as they were');
(undef, $err) = run_script($database, $deliver);
like($err, qr/Nothing has been written/, 'the script that delivers does not begin again');
is(difference($before, rows_of($database)), '', 'indeed');
run_script($database, $clean);
is(join(' ', tables($database, "LIKE 'osmeta%'")), '', 'nothing of the scripts is left');
ask(q{SELECT osmeta.drop_plan('moved_far')});

# ---------------------------------------------------------------------------
# Identifiers that the target gives
# ---------------------------------------------------------------------------
ask(q{SET statement_timeout = 0; CALL osmeta.undo_plan('moved_near')});
create_plans('given', q{('Region', 'assigned'), ('Customer', 'assigned')});
ask(q{CALL osmeta.pull_plan('given_far')});
$deliver = script('given_far', 'deliver');
$undo = script('given_far', 'undo');
$verify = script('given_far', 'verify');
$clean = script('given_far', 'clean');

# Nothing of it has been run: then run_plan may, but somebody has to say so.
(undef, undef, $said) = psql(undef, $desk, q{CALL osmeta.read_delivery('given_far')});
like($said, qr/ERROR:  the tables of the script of plan "given_far" do not stand in environment "far"/,
	'nobody knows whether it has been run');
(undef, undef, $said) = psql(undef, $desk, q{CALL osmeta.read_delivery('given_far', never_run => true)});
like($said, qr/nothing of plan "given_far" stands in environment "far"/, 'nothing has been delivered');
is(script('given_far', 'deliver'), $deliver, 'it is exported again');

# Half of it, then an undo of that.
@batches = split /^GO\n/m, $deliver;
my ($middle) = grep { $batches[$_] =~ /OUTPUT inserted/ && $batches[$_] =~ /customer/i } 0 .. $#batches;
run_script($database, join("GO\n", @batches[ 0 .. $middle ]) . "GO\n");
isnt(rows_of($database), $before, 'half of it has been delivered');
(undef, undef, $said) = psql(undef, $desk, q{CALL osmeta.read_delivery('given_far')});
like($said, qr/has not come to its end in environment "far"/, 'read_delivery sees that it has not come to its end');
($last, $err) = run_script($database, $undo);
like("$err$last", qr/^plan given_far: undone, rows deleted: \d+$/, 'half of it can be taken out');
is(difference($before, rows_of($database)), '', 'and nothing else');
run_script($database, $clean);

# Its client is killed again and again.
foreach my $try (1 .. 6)
{
	my ($in, $got) = ($deliver, '');
	my $server = tds_server();
	my $client = IPC::Run::start([ 'tsql', '-H', $server->{host}, '-p', $server->{port}, '-U', $server->{user},
			'-P', $server->{password}, '-J', 'UTF-8', '-o', 'qhf', '-D', $database ],
		\$in, '>&', \$got, IPC::Run::timeout(60));
	my $end = Time::HiRes::time() + 0.15 * $try + rand 0.1;
	while (Time::HiRes::time() < $end)
	{
		eval { $client->pump_nb };
		sleep 0.01;
	}
	eval { $client->kill_kill(grace => 0) };
}
($last, $err) = run_script($database, $deliver);
is("$err$last", 'plan given_far: delivered', 'it is delivered in the end');
(undef, undef, $out) = run_script($database, $verify);
is(join(' ', map { (split /\t/)[4] } split /\n/, $out), 'ok ok ok ok ok ok', 'every row stands there once');
is(tds_batch($database, "SELECT count(*) FROM dbo.$customers WHERE name LIKE N'c%'"), '3000', 'no row is doubled');
($status, undef, $said) = psql(undef, $desk, q{CALL osmeta.read_delivery('given_far')});
like($said, qr/has been delivered by its script, rows: 4905/, 'the plan gets to know the identifiers');
is(ask(q{SELECT DISTINCT status FROM osmeta.verify_plan('given_far')}), 'ok', 'verify_plan through tds_fdw agrees');
is(ask(q{SELECT count(*), count(DISTINCT target_id) FROM osmeta.plan_key k WHERE plan = 'given_far' AND EXISTS (SELECT FROM osmeta.plan_entity e
	WHERE e.entity_key OPERATOR(osmeta.=) k.entity_key AND e.entity = 'Customer')}), '3006|3006', 'plan_key has them');
($last, $err) = run_script($database, $undo);
is("$err$last", 'plan given_far: undone, rows deleted: 4905', 'it is taken out');
is(difference($before, rows_of($database)), '', 'the tables are as they were');
run_script($database, $clean);
is(join(' ', tables($database, "LIKE 'osmeta%'")), '', 'nothing of the scripts is left');

# ---------------------------------------------------------------------------
# What cannot be exported
# ---------------------------------------------------------------------------
foreach my $case (
	[ q{SELECT osmeta.export_plan('given_far', 'oracle')}, qr/there are no scripts for Oracle/ ],
	[ q{SELECT osmeta.export_plan('given_far', 'mysql')}, qr/there is no dialect "mysql"/ ],
	[ q{SELECT osmeta.export_plan('given_far', 'sqlserver', 'all')}, qr/there is no part "all"/ ],
	[ q{SELECT osmeta.export_plan('given_near', 'sqlserver')}, qr/is in phase planned, and cannot be exported/ ],
	[ q{SELECT osmeta.export_plan('given_far', 'sqlserver')}, qr/is in phase done, and cannot be exported/ ],
	[ q{CALL osmeta.read_delivery('given_far')}, qr/does not wait for a script/ ],
	[ q{CALL osmeta.pull_plan('given_far')}, qr/is in phase done: its rows have been pulled/ ])
{
	(undef, undef, $said) = psql(undef, $desk, $case->[0]);
	like($said, $case->[1], "refused: $case->[0]");
}

done_testing();
