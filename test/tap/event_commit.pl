#!/usr/bin/perl
# A session is lost while the target commits what it has put back into an event
# table, and the target takes its time: who goes on at once sees none of these
# rows, which have no key, and yet doubles none.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IPC::Run;
use Test::More;
use Time::HiRes qw(sleep);

my $fixture = top() . '/test/fixture';

sub desk { return value(undef, 'desk', $_[0]); }

create_database('desk');
desk(<<"SQL");
\\o /dev/null
\\i '$fixture/event.sql'
\\i '$fixture/loopback.sql'
SELECT osmeta.attach('src', 'loop', 'source'), osmeta.attach('tgt', 'loop', 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
CREATE VIEW public.seen AS
SELECT d."Name", e."_IS_UPDATE", e."_IS_LIGHT", e."_ACTIVITY_ID", e."ID", e."CLIENTID", e."PARENTID"
FROM target.events_of_order e LEFT JOIN target."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = e."_PROCESS_DEF_ID"
ORDER BY e::text;
-- the target commits slowly while somebody has said so
CREATE TABLE public.slow (what text, seconds float);
CREATE FUNCTION public.take_time() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
	IF ((CASE TG_OP WHEN 'INSERT' THEN to_jsonb(NEW) ELSE to_jsonb(OLD) END) ->> '_ACTIVITY_ID') = '1' THEN
		PERFORM pg_sleep((SELECT sum(seconds) FROM public.slow WHERE what = TG_OP));
	END IF;
	RETURN NULL;
END
\$\$;
DO \$\$
DECLARE
	t regclass;
BEGIN
	FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'OSEVT%Order1' LOOP
		EXECUTE format('CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR DELETE ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.take_time()', t);
	END LOOP;
END
\$\$;
SQL

# Call a procedure and lose its session while the target commits.
sub lose
{
	my ($call) = @_;
	my ($out, $err) = ('', '');
	local $ENV{PGAPPNAME} = 'victim';
	my $session = IPC::Run::start(['psql', '-XqAt', '-d', 'desk', '-c', $call], \undef, \$out, \$err);
	local $ENV{PGAPPNAME} = 'killer';
	my $seen = 0;
	foreach (1 .. 600)
	{
		$seen = desk(q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postgres_fdw' AND query LIKE 'COMMIT%' AND wait_event = 'PgSleep'});
		last if $seen;
		sleep 0.1;
	}
	desk(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'});
	$session->finish;
	return $seen;
}

sub goes_on
{
	my ($call, $phase, $expected, $name) = @_;
	my ($status, $out, $err) = psql(undef, 'desk', $call);
	is($status, 0, "$name: who goes on at once comes to the end") or diag($err);
	foreach (1 .. 300)
	{
		last if desk(q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postgres_fdw'}) == 0;
		sleep 0.1;
	}
	is(desk('SELECT phase FROM osmeta.plan'), $phase, "$name: the ledger says so");
	is(desk('TABLE public.seen'), $expected, "$name: each subscription stands there exactly once");
	return $err;
}

my $make = q{SELECT osmeta.create_plan('p', 'src', 'tgt', '{espace:Orders}', '{"users": "create", "processes": "none", "severity": {"counter_behind": "warning", "target_trigger": "note"}}')};
my $before = desk('TABLE public.seen');
desk($make);
desk(q{CALL osmeta.run_plan('p')});
my $after = desk('TABLE public.seen');
isnt($after, $before, 'subscriptions of the source have come');
desk(q{CALL osmeta.undo_plan('p')});
is(desk('TABLE public.seen'), $before, 'and are gone again');
desk(q{SELECT osmeta.drop_plan('p')});

# The target commits slowly when it inserts, or deletes.
sub slow
{
	desk("TRUNCATE public.slow; INSERT INTO public.slow VALUES ('$_[0]', 3)");
	return;
}

desk($make);
slow('DELETE');
ok(lose(q{CALL osmeta.run_plan('p')}), 'a session is lost when they are set aside');
goes_on(q{CALL osmeta.run_plan('p')}, 'done', $after, 'run_plan');
slow('INSERT');
ok(lose(q{CALL osmeta.undo_plan('p')}), 'a session is lost when they come back at the end of an undo');
goes_on(q{CALL osmeta.undo_plan('p')}, 'undone', $before, 'undo_plan');
desk(q{SELECT osmeta.drop_plan('p')});

desk($make);
ok(lose(q{CALL osmeta.run_plan('p')}), 'a session is lost when they come back at the end of a run');
goes_on(q{CALL osmeta.undo_plan('p')}, 'undone', $before, 'undo_plan instead');
desk(q{SELECT osmeta.drop_plan('p')});

# Somebody else writes there, who may as well be a session that was lost.
desk($make);
ok(lose(q{CALL osmeta.run_plan('p')}), 'a session is lost');
my $other = IPC::Run::start(['psql', '-XqAt', '-d', 'desk', '-c', 'BEGIN', '-c', 'INSERT INTO target.events_of_order DEFAULT VALUES', '-c', 'SELECT pg_sleep(8)', '-c', 'ROLLBACK'], \undef, \my $out, \my $err);
sleep 0.5;
my $said = goes_on(q{CALL osmeta.run_plan('p')}, 'done', $after, 'beside somebody else');
like($said, qr/^NOTICE:  plan "p" waits for sessions that write to event table "OSEVT_\w+" of environment "tgt": process IDs \d+/m, 'it is told who is waited for');
$other->finish;

done_testing();
