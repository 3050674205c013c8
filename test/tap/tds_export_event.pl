#!/usr/bin/perl
# A plan between factories whose entities expose process events, as a script
# run by tsql: subscriptions are set aside while it or its undo writes, so that
# a trigger there queues nothing, and come back with those of the source, each
# once.  What should stand there is what run_plan leaves there.
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
my $desk = 'script_event';

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

create_database($desk);
value(undef, $desk, <<"SQL");
\\o /dev/null
\\i '$fixture/event.sql'
CREATE EXTENSION tds_fdw;
CREATE EXTENSION osmeta_tds;
SQL
my $database = tds_database('event');
round_times($desk, $_) foreach qw(source target);
copy_schema($desk, 'target', $database);
create_tds_server($desk, 'tds_far', $database);
ask(<<'SQL');
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('far', 'tds_far', 'dbo', 'sqlserver');
SELECT osmeta.capture('src'), osmeta.capture('far');
SQL

# The tables of the target by what they are called there
my %table = map { split /\|/ } split /\n/, ask(q{
	SELECT CASE WHEN c.relname ~ '^OSEVT' THEN 'events ' ELSE '' END || lower((regexp_match(c.relname, '(Order|Customer|Act|Plain)'))[1]), c.relname
	FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^(OSEVT|OSUSR)_.*(Order|Customer|Act|Plain)'});
my $user_events = ask(q{SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname ~* '^OSEVT_.*User'});

# A trigger that queues an event for each row and subscription.
sub add_trigger
{
	my ($entity) = @_;
	return tds_batch($database, qq{CREATE TRIGGER OSTRG_EI__$entity ON dbo."$table{$entity}" AFTER INSERT, UPDATE AS}
		  . qq{ INSERT INTO dbo."OSSYS_BPM_EVENT" ("Process_Def_Id", "Data_Id")}
		  . qq{ SELECT e."_PROCESS_DEF_ID", i."ID" FROM inserted i CROSS JOIN dbo."$table{"events $entity"}" e});
}
add_trigger($_) foreach qw(order customer);
tds_batch($database, qq{CREATE TRIGGER OSTRG_EI__user ON dbo."OSSYS_USER" AFTER INSERT, UPDATE AS}
	  . qq{ INSERT INTO dbo."OSSYS_BPM_EVENT" ("Process_Def_Id", "Data_Id")}
	  . qq{ SELECT e."_PROCESS_DEF_ID", i."ID" FROM inserted i CROSS JOIN dbo."$user_events" e});

# Subscriptions, with names for identifiers
sub events
{
	my $order = q{SELECT 'order', e._espace_id, e._tenant_id, e._process_def_id, e._is_update, e._is_light, e._activity_id - e._activity_id, a.name, e.clientid - e.clientid, c.name, u.username, e.id - e.id, oc.name, ou.username, e.parentid - e.parentid, pc.name FROM}
	  . qq{ dbo."$table{'events order'}" e LEFT JOIN dbo."$table{act}" a ON a.id = e._activity_id LEFT JOIN dbo."$table{customer}" c ON c.id = e.clientid LEFT JOIN dbo.ossys_user u ON u.id = e.createdby}
	  . qq{ LEFT JOIN dbo."$table{order}" o ON o.id = e.id LEFT JOIN dbo."$table{customer}" oc ON oc.id = o.clientid LEFT JOIN dbo.ossys_user ou ON ou.id = o.createdby}
	  . qq{ LEFT JOIN dbo."$table{order}" p ON p.id = e.parentid LEFT JOIN dbo."$table{customer}" pc ON pc.id = p.clientid};
	my $customer = qq{SELECT 'customer', e._espace_id, e._tenant_id, e._activity_id, e._process_def_id, e._is_update, e._is_light, e.id FROM dbo."$table{'events customer'}" e};
	my $user = qq{SELECT 'user', e._espace_id, e._tenant_id, e._activity_id, e._process_def_id, e._is_update, e._is_light, e.id, e.tenant_id FROM dbo."$user_events" e};
	return join "\n", sort map { s/\t/|/gr } map { split /\n/, tds_batch($database, $_) } $order, $customer, $user;
}

sub queued { return tds_batch($database, 'SELECT COUNT(*) FROM dbo.ossys_bpm_event'); }

sub rows { return join ' ', map { tds_batch($database, "SELECT COUNT(*) FROM dbo.\"$_\"") } @table{qw(order customer act plain)}, 'OSSYS_USER'; }

sub make_plan
{
	my ($plan, $strategy, $options) = @_;
	$options //= '{}';
	ask(<<"SQL");
SELECT osmeta.create_plan('$plan', 'src', 'far', '{espace:Orders}', '$options'::jsonb || '{"users": "create", "processes": "none"}');
UPDATE osmeta.plan_entity e SET platform_table = 'bpm_activity' FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND p.plan = '$plan' AND e.entity = 'Act';
SQL
	ask("UPDATE osmeta.plan_entity e SET key_strategy = '$strategy' FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND p.plan = '$plan' AND e.is_data") if $strategy;
	return;
}

sub scripts
{
	my ($plan) = @_;
	return map { $_ => ask("SELECT osmeta.export_plan('$plan', 'sqlserver', '$_')") . "\n" } qw(deliver verify undo clean);
}

sub run_script
{
	my ($script) = @_;
	my ($out, $err) = tds_try($database, $script);
	my ($last) = $out =~ /([^\n]*)\n*\z/;
	return ($err, $last, $out);
}

# Each time it ends behind one more of its batches, and begins again.
sub run_in_parts
{
	my ($script, $step) = @_;
	my @batches = split /^GO\n/m, $script;
	my $errors = '';
	for (my $end = 1; $end < @batches; $end += $step)
	{
		my (undef, $err) = tds_try($database, join("GO\n", @batches[ 0 .. $end ]) . "GO\n");
		$errors .= $err;
	}
	return $errors;
}

my $before = events();
my $rows = rows();
like($before, qr/^user/m, 'there are subscriptions');
is(queued(), 0, 'and no events');

# The triggers do what they do as long as nobody prevents it.
tds_batch($database, qq{UPDATE dbo."$table{order}" SET "CLIENTID" = "CLIENTID" WHERE "ID" = 1});
isnt(queued(), 0, 'a row that changes is an event');
tds_batch($database, 'DELETE FROM dbo.ossys_bpm_event');

# What run_plan leaves there
make_plan('run');
ask(q{CALL osmeta.run_plan('run')});
my $wanted = events();
isnt($wanted, $before, 'a run brings subscriptions');
ask(q{CALL osmeta.undo_plan('run')});
is(events(), $before, 'and takes them out again');
is(rows(), $rows, 'with its rows');
ask(q{SELECT osmeta.drop_plan('run')});
is(queued(), 0, 'nothing was queued');

my $verified = join "\n", map { "$_\tok" } lc $table{'events customer'}, lc $table{'events order'}, lc $user_events, 'ossys_bpm_event', 'ossys_bpm_event_queue';

sub verified
{
	my ($script) = @_;
	my (undef, undef, $out) = run_script($script);
	return join "\n", sort map { my @column = split /\t/; lc($column[0]) . "\t$column[4]" } grep { /^os/i } split /\n/, $out;
}

# ---------------------------------------------------------------------------
# Scripts: identifiers known in advance, and given by the target
# ---------------------------------------------------------------------------
for my $strategy ('', 'assigned')
{
	my $called = $strategy || 'known identifiers';
	make_plan('p', $strategy);
	like(said(q{CALL osmeta.pull_plan('p')}), qr/is pulled and checked/, "$called: pulled");
	is(events(), $before, 'a pull leaves subscriptions where they are');
	my %part = scripts('p');
	is(ask(q{SELECT osmeta.export_plan('p', 'sqlserver')}) . "\n", $part{deliver}, 'a second export is the same');
	is(run_in_parts($part{deliver}, $strategy ? 5 : 2), '', 'it goes on wherever it stopped');
	my ($err, $last, $out) = run_script($part{deliver});
	is("$err$last", 'plan p: delivered', 'delivered') || diag $out;
	is(events(), $wanted, 'subscriptions are those that run_plan leaves there');
	is(queued(), 0, 'nothing was queued');
	run_script($part{deliver});
	is(events(), $wanted, 'once more changes nothing');
	is(verified($part{verify}), $verified, 'verified') || diag((run_script($part{verify}))[2]);
	like(said(q{CALL osmeta.read_delivery('p')}), qr/has been delivered by its script/, 'read back');
	is(ask(q{SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'}), '', 'verify_plan agrees');
	is(ask(q{SELECT count(*) FROM osmeta.verify_plan('p') WHERE entity ILIKE 'os%'}), 5, 'with event tables and queues');
	is(ask(q{SELECT string_agg(concat_ws(' ', v.state, v.rows_own, v.rows_brought, v.rows_not_brought), ', ' ORDER BY v.rows_own, v.rows_brought) FROM osmeta.plan_event v WHERE kind = 'table'}),
		'back 0 1 0, back 1 0 0, back 4 4 1', 'the plan knows them');
	if ($strategy)
	{
		is(said(q{CALL osmeta.undo_plan('p')}) =~ /ERROR/ ? 'error' : '', '', 'undone by undo_plan');
	}
	else
	{
		is(run_in_parts($part{undo}, 3), '', 'an undo goes on wherever it stopped');
		($err, $last, $out) = run_script($part{undo});
		like("$err$last", qr/^plan p: undone, rows deleted: \d+\z/, 'undone by the script') || diag $out;
	}
	is(events(), $before, 'the subscriptions of before');
	is(rows(), $rows, 'the rows of before');
	is(queued(), 0, 'nothing was queued');
	($err) = run_script($part{clean});
	is($err, '', 'cleaned');
	is(tds_batch($database, "SELECT name FROM sys.tables WHERE name LIKE 'osmeta%'"), '', 'no table is left');
	ask(q{SELECT osmeta.drop_plan('p')});
}

# ---------------------------------------------------------------------------
# Errors in the middle
# ---------------------------------------------------------------------------
make_plan('p', 'assigned');
said(q{CALL osmeta.pull_plan('p')});
my %part = scripts('p');
tds_batch($database, qq{ALTER TABLE dbo."$table{plain}" ADD CONSTRAINT refuse_plain CHECK ("NAME" <> 'plain')});
my ($err, $last) = run_script($part{deliver});
like($err, qr/refuse_plain/, 'a row is refused');
like($last, qr/NOT delivered.*EVENT SUBSCRIPTIONS ARE SET ASIDE: 5;/, 'it says that subscriptions are set aside');
is(events(), '', 'they are');
like(verified($part{verify}), qr/\tdifferent/, 'verify says so');
($err) = run_script($part{clean});
like($err, qr/stand nowhere but in the tables that are to be dropped/, 'they are not dropped');
like(said(q{CALL osmeta.read_delivery('p')}), qr/has not come to its end/, 'nor taken for delivered');

# An undo brings them back, and the script does not go on after that.
($err, $last) = run_script($part{undo});
like("$err$last", qr/^plan p: undone, rows deleted: \d+\z/, 'undone');
is(events(), $before, 'they are back');
is(rows(), $rows, 'the rows of before');
($err) = run_script($part{clean});
is($err, '', 'cleaned');

# Somebody subscribes while they are set aside; and they do not come back.
run_script($part{deliver});
is(events(), '', 'set aside again');
tds_batch($database, qq{INSERT INTO dbo."$table{'events customer'}" ("_ESPACE_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT") VALUES (901, 504, 0, 1)});
my $added = events();
isnt($added, '', 'another one has come');
tds_batch($database, qq{ALTER TABLE dbo."$table{plain}" DROP CONSTRAINT refuse_plain});
tds_batch($database, qq{ALTER TABLE dbo."$table{'events order'}" ADD CONSTRAINT refuse_event CHECK ("_PROCESS_DEF_ID" <> 503)});
($err, $last) = run_script($part{deliver});
like($err, qr/refuse_event/, 'subscriptions are refused');
like($last, qr/NOT delivered.*EVENT SUBSCRIPTIONS ARE SET ASIDE: \d+;/, 'which it says');
is(queued(), 0, 'nothing was queued');
tds_batch($database, qq{ALTER TABLE dbo."$table{'events order'}" DROP CONSTRAINT refuse_event});
($err, $last) = run_script($part{deliver});
is("$err$last", 'plan p: delivered', 'delivered at last');
is(events(), join("\n", sort $added, split /\n/, $wanted), 'all of them, and the other one');
is(queued(), 0, 'nothing was queued');
is(verified($part{verify}), $verified, 'verified');

# One that stands there twice, and one that has gone
tds_batch($database, qq{INSERT INTO dbo."$table{'events order'}" SELECT * FROM dbo."$table{'events order'}" WHERE "_PROCESS_DEF_ID" = 503});
like(verified($part{verify}), qr/^osevt\S*order1\tdifferent/m, 'one that stands there twice is told');
tds_batch($database, qq{DELETE FROM dbo."$table{'events order'}" WHERE "_PROCESS_DEF_ID" = 503});
like(verified($part{verify}), qr/^osevt\S*order1\tdifferent/m, 'and one that has gone');
tds_batch($database, q{INSERT INTO dbo.ossys_bpm_event (process_def_id) VALUES (502)});
like(verified($part{verify}), qr/^ossys_bpm_event\tdifferent/m, 'and an event in the queue');
like(said(q{CALL osmeta.read_delivery('p')}), qr/has been delivered by its script/, 'read back');
is(ask(q{SELECT count(*) FROM osmeta.verify_plan('p') WHERE status <> 'ok' AND entity IN ('OSSYS_BPM_EVENT') OR status <> 'ok' AND entity ~* '^osevt.*order1'}), 2, 'verify_plan tells both');
tds_batch($database, q{DELETE FROM dbo.ossys_bpm_event});
($err, $last) = run_script($part{undo});
like("$err$last", qr/^plan p: undone/, 'undone');
is(events(), join("\n", sort $added, split /\n/, $before), 'those of before, and the other one');
($err) = run_script($part{clean});
is($err, '', 'cleaned');
tds_batch($database, qq{DELETE FROM dbo."$table{'events customer'}"});
ask(q{SELECT osmeta.drop_plan('p')});

# ---------------------------------------------------------------------------
# Rows of before go, too
# ---------------------------------------------------------------------------
make_plan('p', '', '{"existing": "delete"}');
said(q{CALL osmeta.pull_plan('p')});
%part = scripts('p');
($err, $last, my $out) = run_script($part{deliver});
is("$err$last", 'plan p: delivered', 'delivered where rows of before are deleted') || diag $out;
is(scalar(split /\n/, events()), scalar(split /\n/, $wanted), 'as many subscriptions');
is(verified($part{verify}), $verified, 'verified');
($err, $last) = run_script($part{undo});
like("$err$last", qr/^plan p: undone/, 'undone');
is(events(), $before, 'the subscriptions of before');
is(rows(), $rows, 'the rows of before');
is(queued(), 0, 'nothing was queued');
run_script($part{clean});
ask(q{SELECT osmeta.drop_plan('p')});

# ---------------------------------------------------------------------------
# Triggers that are to be disabled: as if they were, they are not there
# ---------------------------------------------------------------------------
tds_batch($database, "DROP TRIGGER OSTRG_EI__$_") foreach qw(order customer);
make_plan('p', '', '{"events": "disabled"}');
like(said(q{CALL osmeta.pull_plan('p')}), qr/is pulled and checked/, 'pulled without triggers');
%part = scripts('p');
add_trigger('order');
($err, $last, $out) = run_script($part{deliver});
like($out, qr/option events is "disabled", and trigger ostrg_ei__order of table \S+ is not/i, 'a trigger that is not disabled stops the script');
is(events(), $before, 'before it has touched anything');
tds_batch($database, 'DROP TRIGGER OSTRG_EI__order');
my @batches = split /^GO\n/m, $part{deliver};
my ($at) = grep { $batches[$_] =~ /'insert'/ } 0 .. $#batches;
run_script(join("GO\n", @batches[ 0 .. $at ]) . "GO\n");
is(join("\n", grep { !/^user/ } split /\n/, events()), join("\n", grep { !/^user/ } split /\n/, $before), 'subscriptions stay where they are');
($err, $last, $out) = run_script($part{deliver});
is("$err$last", 'plan p: delivered', 'delivered') || diag $out;
is(events(), $wanted, 'those of the source have come');
is(verified($part{verify}), $verified, 'verified');
like(said(q{CALL osmeta.read_delivery('p')}), qr/has been delivered by its script/, 'read back');
is(ask(q{SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'}), '', 'verify_plan agrees');
add_trigger($_) foreach qw(order customer);
($err, $last) = run_script($part{undo});
like("$err$last", qr/^plan p: undone/, 'undone, with triggers at work');
is(events(), $before, 'the subscriptions of before');
is(queued(), 0, 'nothing was queued');

# ---------------------------------------------------------------------------
# Activities wait for entities that the plan does not write to
# ---------------------------------------------------------------------------
run_script($part{clean});
ask(q{SELECT osmeta.drop_plan('p')});
ask(q{DELETE FROM source.act_rows WHERE "ID" = 3});
ask(q{INSERT INTO source.events_of_customer ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT") VALUES (make.espace_id('source', 'Orders'), make.tenant_id('source'), 2, 11, true, true)});
sub make_narrow_plan
{
	ask(<<"SQL");
SELECT osmeta.create_plan('$_[0]', 'src', 'far', '{entity:Orders.Act}', '{"users": "fallback:ann", "processes": "none"}');
UPDATE osmeta.plan_entity e SET platform_table = 'bpm_activity' FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND p.plan = '$_[0]' AND e.entity = 'Act';
SQL
	return;
}
make_narrow_plan('run');
ask(q{CALL osmeta.run_plan('run')});
my @come = grep { !/^user/ } split /\n/, events();
is(scalar(grep { /^customer\|/ } @come), 1, 'run_plan brings a subscription to an entity that the plan does not write to')
  or diag events();
is(scalar(@come), 1 + grep({ !/^user/ } split /\n/, $before), 'and no other');
ask(q{CALL osmeta.undo_plan('run')});
is(events(), $before, 'which an undo takes away');
ask(q{SELECT osmeta.drop_plan('run')});
make_narrow_plan('p');
said(q{CALL osmeta.pull_plan('p')});
%part = scripts('p');
($err, $last, $out) = run_script($part{deliver});
is("$err$last", 'plan p: delivered', 'a script delivers it') || diag $out;
my $activity = tds_batch($database, qq{SELECT MAX(id) FROM dbo."$table{act}" WHERE name LIKE '%customer 2'});
is(tds_batch($database, qq{SELECT COUNT(*) FROM dbo."$table{'events customer'}" WHERE "_ACTIVITY_ID" = $activity}), 1, 'with the identifier that the activity has there');
is(scalar(split /\n/, events()), 1 + split(/\n/, $before), 'and no other subscription');
like(verified($part{verify}), qr/^osevt\S*customer\tok/im, 'verified');
($err, $last) = run_script($part{undo});
like("$err$last", qr/^plan p: undone/, 'undone');
is(events(), $before, 'the subscriptions of before');
is(queued(), 0, 'nothing was queued');

done_testing();
