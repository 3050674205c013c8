#!/usr/bin/perl
# Runs and undos that end while subscriptions to events are set aside or given
# back: held up by a lock on an event table, or by a trigger that makes its
# commit last, and terminated, cancelled or killed there.  Nothing of the
# target's subscriptions is lost at any moment; in the end they stand there
# once, those of the source once, and nothing has been queued.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IPC::Run;
use Test::More;
use Time::HiRes qw(sleep);

my $fixture = top() . '/test/fixture';
create_database('base');
value(undef, 'base', <<"SQL");
\\o /dev/null
\\i '$fixture/process.sql'
SET client_min_messages = warning;
\\i '$fixture/loopback.sql'
-- a commit that has something of one event table in it can be made to last
CREATE TABLE make.wait (seconds double precision);
CREATE FUNCTION make.wait() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
	PERFORM pg_sleep(seconds) FROM make.wait;
	RETURN NULL;
END
\$\$;
SELECT format('CREATE CONSTRAINT TRIGGER wait AFTER INSERT OR DELETE ON factory_qa.%I DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION make.wait()', c.relname)
FROM pg_class c WHERE c.relnamespace = 'factory_qa'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'OSEVT%OrderLine'
\\gexec
-- all rows of the target, each with its table
CREATE FUNCTION make.rows() RETURNS SETOF text LANGUAGE plpgsql AS \$\$
DECLARE
	relation regclass;
BEGIN
	FOR relation IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'factory_qa'::regnamespace AND c.relkind = 'r' LOOP
		RETURN QUERY EXECUTE format('SELECT %L || t::text FROM %s t', relation, relation);
	END LOOP;
END
\$\$;
CREATE TABLE make.before AS SELECT make.rows() AS row;
SQL

my $copies = 0;
my $undisturbed;
my $database;

sub create_factories
{
	$database = 'event' . ++$copies;
	value(undef, 'postgres', "CREATE DATABASE $database TEMPLATE base");
	value(undef, $database, <<"SQL");
ALTER SERVER loop OPTIONS (SET dbname '$database');
SET client_min_messages = warning;
SELECT osmeta.attach('src', 'loop', 'factory_prod'), osmeta.attach('tgt', 'loop', 'factory_qa');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SELECT osmeta.create_plan('p', 'src', 'tgt', '{espace:Orders}', '{"users": "create", "groups": "create", "chunk_rows": 3}');
UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Input_Value of OrdersCopy.Order';
SQL
	return;
}

# A session in the background
sub begin
{
	my ($sql) = @_;
	my %session = (in => "SELECT pg_backend_pid();\n", out => '', err => '');
	$session{handle} = IPC::Run::start([ 'psql', '-XqAt', '-d', $database ],
		\$session{in}, \$session{out}, \$session{err}, IPC::Run::timeout(120));
	$session{handle}->pump until $session{out} =~ /^(\d+)\n/;
	$session{pid} = $1;
	$session{in} .= "SET client_min_messages = warning; $sql\n\\q\n";
	while (length $session{in})
	{
		$session{handle}->pump_nb;
		sleep 0.01;
	}
	return \%session;
}

sub finish
{
	my ($session) = @_;
	eval { $session->{handle}->finish };
	return $session->{err};
}

sub wait_for_server
{
	foreach (1 .. 300)
	{
		my ($status) = psql(undef, 'postgres', 'SELECT 1');
		return if $status == 0;
		sleep 0.1;
	}
	die "the server does not come back\n";
}

sub wait_until
{
	my ($query) = @_;
	foreach (1 .. 600)
	{
		my ($status, $out) = psql(undef, $database, $query);
		return 1 if $status == 0 && $out eq 't';
		sleep 0.05;
	}
	return 0;
}

my $event_table = q{replace(make.table_of('factory_qa', 'Orders', 'OrderLine'), 'OSUSR', 'OSEVT')::regclass};

# Somebody holds a lock on an event table, which lets others read it.
sub hold
{
	my ($mode) = @_;
	my $name = value(undef, $database, "SELECT $event_table");
	my $holder = begin(qq{BEGIN; LOCK TABLE $name IN $mode MODE; SELECT pg_sleep(100);});
	wait_until("SELECT count(*) > 0 FROM pg_locks l WHERE l.relation = $event_table AND l.pid = $holder->{pid} AND l.granted");
	return $holder;
}

sub let_go
{
	my ($holder) = @_;
	my (undef, undef) = psql(undef, $database, "SELECT pg_terminate_backend($holder->{pid})");
	finish($holder);
	return;
}

sub is_held_up
{
	return wait_until("SELECT count(*) > 0 FROM pg_locks l WHERE l.relation = $event_table AND NOT l.granted");
}

# Nothing of the subscriptions that the target had is lost, and nothing queued.
sub nothing_is_lost
{
	my ($name) = @_;
	my %kept = map { split /\|/ } split /\n/, value(undef, $database, q{SELECT 'k' || event_no, table_name FROM osmeta.plan_event WHERE kind = 'table' AND state = 'aside'});
	my $kept = join ' ', map { qq{UNION ALL SELECT 'factory_qa."$kept{$_}"' || t::text FROM p.$_ t} } sort keys %kept;
	is(value(undef, $database, <<"SQL"), '', "$name: each subscription stands there, or is kept");
SELECT row FROM make.before WHERE row LIKE '%OSEVT%' EXCEPT (SELECT make.rows() $kept)
SQL
	is(value(undef, $database, q{SELECT count(*) FROM make.rows() row WHERE row LIKE '%OSSYS_BPM_EVENT%'}), 0, "$name: nothing is queued");
	return;
}

sub ends_well
{
	my ($name) = @_;
	my ($status, undef, $err) = psql(undef, $database, "SET client_min_messages = warning; CALL osmeta.run_plan('p')");
	is($status, 0, "$name: the next run ends well") or diag($err);
	# an order that has been deleted, and one of the clone, which is not moved
	is(value(undef, $database, q{SELECT count(*) FROM make.wrong WHERE value !~ '"order 3",,EventGeneratedInput|CopyId'}), 0,
		"$name: instances mean the same") or diag(value(undef, $database, 'TABLE make.wrong'));
	is(value(undef, $database, q{SELECT count(*) FROM (SELECT row FROM make.before WHERE row !~ 'OSUSR' EXCEPT ALL SELECT make.rows()) r}), 0, "$name: what the target had is untouched");
	is(value(undef, $database, q{SELECT string_agg(concat_ws(' ', entity, status, detail), '; ') FROM osmeta.verify_plan('p') WHERE status <> 'ok' AND detail NOT LIKE 'the identity counter%'}), '',
		"$name: verify_plan finds it so");
	is(value(undef, $database, q{SELECT count(*) || ' ' || count(DISTINCT row(s.entity, s.process_definition_id, s.activity_id, s.is_update, s.is_light, s.row_id, s.conditions)) FROM osmeta.event_subscription('tgt') s}),
		$undisturbed // '', "$name: as many subscriptions as undisturbed") if $undisturbed;
	nothing_is_lost($name);
	return;
}

sub is_undone
{
	my ($name) = @_;
	my ($status, undef, $err) = psql(undef, $database, "SET client_min_messages = warning; CALL osmeta.undo_plan('p')");
	is($status, 0, "$name: undone") or diag($err);
	is(value(undef, $database, q{SELECT * FROM (SELECT row FROM make.before EXCEPT ALL SELECT make.rows()) r}), '', "$name: every row of the target is there");
	is(value(undef, $database, q{SELECT * FROM (SELECT make.rows() EXCEPT ALL SELECT row FROM make.before) r}), '', "$name: and no other");
	return;
}

create_factories();
ends_well('undisturbed');
$undisturbed = value(undef, $database, q{SELECT count(*) || ' ' || count(DISTINCT row(s.entity, s.process_definition_id, s.activity_id, s.is_update, s.is_light, s.row_id, s.conditions)) FROM osmeta.event_subscription('tgt') s});
is_undone('undisturbed');

my %end = (
	terminated => sub { my ($session) = @_; psql(undef, 'postgres', "SELECT pg_terminate_backend($session->{pid})"); },
	killed => sub { my ($session) = @_; kill 'KILL', $session->{pid}; });

# Held up while they are set aside, and while they come back; EXCLUSIVE: when
# the rows are deleted, or inserted, else when they are read
foreach my $way ([ 'terminated', 'EXCLUSIVE' ], [ 'killed', 'ACCESS EXCLUSIVE' ])
{
	my ($end, $mode) = @$way;
	create_factories();
	foreach my $moment ('set aside', 'given back')
	{
		foreach my $procedure ('run_plan', 'undo_plan')
		{
			my $name = "$end in $procedure while they are $moment, $mode";
			ends_well($name) if $procedure eq 'undo_plan';
			my $holder = $moment eq 'set aside' ? hold($mode) : undef;
			my $session;
			if ($holder)
			{
				$session = begin("CALL osmeta.$procedure('p');");
			}
			else
			{
				# let them be set aside, and stop at the end
				value(undef, $database, q{CREATE FUNCTION make.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not yet'; END $$});
				value(undef, $database, "SELECT format('CREATE TRIGGER refuse BEFORE INSERT ON %s EXECUTE FUNCTION make.refuse()', $event_table)\n\\gexec\n");
				my (undef, undef, $err) = psql(undef, $database, "CALL osmeta.$procedure('p')");
				like($err, qr/not yet.*subscriptions are set aside/s, "$name: the first attempt is refused");
				nothing_is_lost($name);
				value(undef, $database, 'DROP FUNCTION make.refuse() CASCADE');
				$holder = hold($mode);
				$session = begin("CALL osmeta.$procedure('p');");
			}
			ok(is_held_up(), "$name: held up");
			$end{$end}->($session);
			finish($session);
			wait_for_server();
			let_go($holder);
			nothing_is_lost($name);
			is_undone($name) if $procedure eq 'undo_plan';
			if ($procedure eq 'undo_plan' && $moment eq 'set aside')
			{
				value(undef, $database, q{SELECT osmeta.drop_plan('p')});
				value(undef, $database, q{SELECT osmeta.create_plan('p', 'src', 'tgt', '{espace:Orders}', '{"users": "create", "groups": "create", "chunk_rows": 3}')});
				value(undef, $database, q{UPDATE osmeta.plan_attribute SET include = false WHERE attribute = 'Input_Value of OrdersCopy.Order'});
			}
		}
	}
}

# Lost in the commit that empties an event table, or fills it: it goes through,
# or not, after the session has gone.
create_factories();
foreach my $procedure ('run_plan', 'undo_plan')
{
	foreach my $turn (1 .. 4)
	{
		value(undef, $database, 'DELETE FROM make.wait; INSERT INTO make.wait VALUES (0.5)');
		my $session = begin("CALL osmeta.$procedure('p');");
		ok(wait_until(q{SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'postgres_fdw' AND query LIKE 'COMMIT%' AND state = 'active'})
			|| value(undef, $database, 'SELECT phase FROM osmeta.plan') =~ /done|undone/, "$procedure, $turn: in the commit");
		psql(undef, 'postgres', "SELECT pg_terminate_backend($session->{pid})");
		finish($session);
		value(undef, $database, 'DELETE FROM make.wait');
		wait_until(q{SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'postgres_fdw' AND backend_type = 'client backend'});
		nothing_is_lost("$procedure, lost in the commit, $turn");
	}
	ends_well('lost in commits') if $procedure eq 'run_plan';
}
is_undone('lost in commits');

# Two sessions undo a plan; the one that begins ends before it has set them all
# aside, and the other goes on.
create_factories();
ends_well('two sessions');
my $holder = hold('EXCLUSIVE');
my $first = begin(q{CALL osmeta.undo_plan('p');});
ok(is_held_up(), 'two sessions: the first is held up');
my $second = begin(q{CALL osmeta.undo_plan('p');});
ok(wait_until("SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND pid = $second->{pid} AND NOT granted"), 'two sessions: the second waits');
psql(undef, 'postgres', "SELECT pg_cancel_backend($first->{pid})");
like(finish($first), qr/canceling statement/, 'two sessions: the first is cancelled');
let_go($holder);
is(finish($second), '', 'two sessions: the second goes on');
is_undone('two sessions');

done_testing();
