#!/usr/bin/perl
# A plan with option existing = delete as a script, run by tsql: the rows that
# stood there go, with cycles, references to the table itself and columns that
# no attribute names; those that come are the ones that run_plan delivers; an
# undo, by script or by undo_plan, puts back what stood there.
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
my $desk = 'script_delete';

sub ask
{
	my ($sql) = @_;
	return value(undef, $desk, "SET client_min_messages = warning;\n$sql");
}

sub said
{
	my (undef, undef, $said) = psql(undef, $desk, $_[0]);
	return $said;
}

sub scripts
{
	my ($plan) = @_;
	return map { $_ => ask("SELECT osmeta.export_plan('$plan', 'sqlserver', '$_')") . "\n" } qw(deliver verify undo clean);
}

create_database($desk);
value(undef, $desk, <<"SQL");
\\o /dev/null
\\i '$fixture/nest_all.sql'
CREATE EXTENSION osmeta_tds;
SQL
my $database = tds_database('delete');
round_times($desk, $_) foreach qw(source target);
copy_schema($desk, 'target', $database);
create_tds_server($desk, 'tds_far', $database);
ask(<<'SQL');
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('far', 'tds_far');
SELECT osmeta.capture('src'), osmeta.capture('far');
SQL

sub tables
{
	my ($like) = @_;
	return split /\n/, tds_batch($database, "SELECT name FROM sys.tables WHERE name $like ORDER BY name");
}
my %table = map { /_([^_]+)$/ => $_ } tables(q{LIKE 'osusr%'});

sub rows_of
{
	return join "\n", map {
		my $table = $table{$_};
		map { "$table: $_" } sort split /\n/, tds_batch($database, qq{SELECT * FROM dbo."$table"});
	} sort keys %table;
}
my $before = rows_of();
like($before, qr/_node: 2\ttheirs 2\t8\t.*\txx/, 'rows stand there');
like(tds_batch($database, 'SELECT COUNT(*) FROM sys.foreign_keys'), qr/^\d\d+$/, 'with foreign keys');

sub plan_for
{
	my ($plan, $strategy) = @_;
	ask(<<"SQL");
SELECT osmeta.create_plan('$plan', 'src', 'far', ARRAY['espace:Nest'], '{"chunk_rows": 7, "existing": "delete", "severity": {"unmatched_user": "warning"}}');
UPDATE osmeta.plan_entity e SET key_strategy = '$strategy', id_offset = CASE '$strategy' WHEN 'offset' THEN 1000 END
FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND p.plan = '$plan' AND e.is_data AND e.entity NOT IN ('Detail', 'Tag');
UPDATE osmeta.plan_entity e SET key_strategy = 'keep', id_offset = NULL
FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND p.plan = '$plan' AND e.entity = 'Node' AND '$strategy' = 'offset';
SQL
	return;
}

sub run_script
{
	my ($script) = @_;
	my ($out, $err) = tds_try($database, $script);
	my ($last) = $out =~ /([^\n]*)\n*\z/;
	return ("$err$last", $out);
}

# ---------------------------------------------------------------------------
# By run_plan
# ---------------------------------------------------------------------------

plan_for('run', 'offset');
unlike(said(q{CALL osmeta.run_plan('run')}), qr/ERROR/, 'a run');
my $run = rows_of();
unlike($run, qr/_(?:node|region|tag|left|right|red|green|blue|detail): [^\n]*theirs/, 'in place of what stood there');
ask(q{CALL osmeta.undo_plan('run')});
is(difference($before, rows_of()), '', 'undone');
ask(q{SELECT osmeta.drop_plan('run')});

# ---------------------------------------------------------------------------
# By a script
# ---------------------------------------------------------------------------

plan_for('moved', 'offset');
like(said(q{CALL osmeta.pull_plan('moved')}), qr/is pulled and checked; nothing has been written/, 'pulled');
is(difference($before, rows_of()), '', 'nothing has gone');
my %part = scripts('moved');
like($part{deliver}, qr/^-- BEFORE THAT IT DELETES ALL ROWS OF THESE TABLES/m, 'the script says that rows will go');
like(said(q{CALL osmeta.run_plan('moved')}), qr/has been exported/, 'run_plan does not get between');

# Rows of others that refer to what would go
tds_batch($database, "INSERT INTO dbo.$table{visit} (nodeid) VALUES (3)");
my ($last, $out) = run_script($part{deliver});
like($last, qr/Nothing has been written.*NOT delivered/s, 'rows of others stop it');
like($out, qr/rows of table \S*visit\S*, which the plan does not write, refer to one that is to be deleted, by column nodeid: 3/i, 'which');
tds_batch($database, "DELETE FROM dbo.$table{visit} WHERE nodeid = 3");
is(difference($before, rows_of()), '', 'nothing has gone');

# It ends behind each of its batches, and begins again each time.  Halfway it is
# undone, once.
my @batches = split /^GO\n/m, $part{deliver};
my ($middle) = reverse grep { $batches[$_] =~ /'delete', \d+, 0, 0/ } 0 .. $#batches;
($last) = run_script(join("GO\n", @batches[ 0 .. $middle ]) . "GO\n");
unlike(rows_of(), qr/theirs/, 'all rows have gone');
like(said(q{CALL osmeta.read_delivery('moved')}), qr/has not come to its end.*undo and clean/s, 'read_delivery sees that');
($last, $out) = run_script($part{undo});
like($last, qr/^plan moved: undone, rows deleted: 0, put back: \d\d$/, 'undone') || diag $out;
is(difference($before, rows_of()), '', 'they are back');
run_script($part{clean});
like(said(q{CALL osmeta.read_delivery('moved')}), qr/nobody knows whether it has deleted/i, 'read_delivery wants to be told');
like(said(q{CALL osmeta.read_delivery('moved', never_run => true)}), qr/plan "moved" does not wait for its script any more/, 'and is');
%part = scripts('moved');
@batches = split /^GO\n/m, $part{deliver};
my $errors = '';
for (my $end = 2; $end < @batches; $end += 5)
{
	my (undef, $err) = tds_try($database, join("GO\n", @batches[ 0 .. $end ]) . "GO\n");
	$errors .= $err;
}
is($errors, '', 'it goes on wherever it stopped');
($last, $out) = run_script($part{deliver});
is($last, 'plan moved: delivered', 'delivered') || diag $out;
is(difference($run, rows_of()), '', 'the rows that run_plan delivers');
($last) = run_script($part{deliver});
is($last, 'plan moved: delivered', 'once more');
is(difference($run, rows_of()), '', 'changes nothing');
(undef, $out) = run_script($part{verify});
is(join(' ', map { (split /\t/)[4] } split /\n/, $out), join(' ', ('ok') x 9), 'verified');
like(said(q{CALL osmeta.read_delivery('moved')}), qr/has been delivered by its script/, 'read back');
is(ask(q{SELECT entity, status, detail FROM osmeta.verify_plan('moved') WHERE status <> 'ok'}), '', 'verify_plan agrees');

# An identifier that a row shall come back to is taken.
tds_batch($database, "SET IDENTITY_INSERT dbo.$table{region} ON; INSERT INTO dbo.$table{region} (id, name) VALUES (2, N'new')");
($last, $out) = run_script($part{undo});
like($out, qr/an identifier of a row that is to be put back is taken in table .*: 2/, 'an identifier is taken');
like($last, qr/NOT undone/, 'then nothing is undone');
tds_batch($database, "DELETE FROM dbo.$table{region} WHERE id = 2");
is(difference($run, rows_of()), '', 'indeed');
my @undo = split /^GO\n/m, $part{undo};
$errors = '';
for (my $end = 2; $end < @undo; $end += 6)
{
	my (undef, $err) = tds_try($database, join("GO\n", @undo[ 0 .. $end ]) . "GO\n");
	$errors .= $err;
}
is($errors, '', 'an undo goes on wherever it stopped');
($last, $out) = run_script($part{undo});
like($last, qr/^plan moved: undone, rows deleted: \d+, put back: \d\d$/, 'undone') || diag $out;
is(difference($before, rows_of()), '', 'what stood there is back');
run_script($part{clean});
is(join(' ', tables("LIKE 'osmeta%'")), '', 'nothing of the scripts is left');
ask(q{SELECT osmeta.drop_plan('moved')});

# ---------------------------------------------------------------------------
# By a script, with identifiers that the table gives; undone by undo_plan
# ---------------------------------------------------------------------------

plan_for('given', 'assigned');
like(said(q{CALL osmeta.pull_plan('given')}), qr/is pulled and checked/, 'pulled');
%part = scripts('given');
($last, $out) = run_script($part{deliver});
is($last, 'plan given: delivered', 'delivered') || diag $out;
unlike(rows_of(), qr/theirs/, 'nothing of before is there');
like(said(q{CALL osmeta.read_delivery('given')}), qr/has been delivered by its script/, 'read back');
is(ask(q{SELECT entity, status, detail FROM osmeta.verify_plan('given') WHERE status <> 'ok'}), '', 'verify_plan agrees');
run_script($part{clean});
like(said(q{CALL osmeta.undo_plan('given')}), qr/is undone: .*put back: \d\d/, 'undo_plan has the copies');
is(difference($before, rows_of()), '', 'and puts them back');

done_testing();
