#!/usr/bin/perl
# Sessions that are lost while subscriptions to events are set aside, or come
# back: at whatever moment, and with or without their session at the target,
# a plan that is gone on with leaves each subscription there exactly once, and
# an undo those of the target alone.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IPC::Run;
use Test::More;
use Time::HiRes qw(sleep);

my $rounds = 6;
my $interrupts = 7;
srand($ENV{OSMETA_SEED} // 7);

my $fixture = top() . '/test/fixture';

sub desk { return value(undef, 'desk', $_[0]); }

create_database('desk');
desk(<<"SQL");
\\o /dev/null
\\i '$fixture/event.sql'
\\i '$fixture/loopback.sql'
SELECT osmeta.attach('src', 'loop', 'source'), osmeta.attach('tgt', 'loop', 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
-- What stands there, by names: identifiers differ from plan to plan
CREATE VIEW public.seen AS
SELECT format('order %s %s %s %s', d."Name", e."_IS_UPDATE", e."_IS_LIGHT",
	jsonb_strip_nulls(jsonb_build_object('activity', a."NAME", 'order of', oc."NAME", 'customer', c."NAME", 'by', u."USERNAME", 'below', p."CLIENTID" IS NOT NULL AND e."PARENTID" > 3))) AS row
FROM target.events_of_order e
LEFT JOIN target."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = e."_PROCESS_DEF_ID"
LEFT JOIN target.act_rows a ON a."ID" = e."_ACTIVITY_ID"
LEFT JOIN target.order_rows o ON o."ID" = e."ID" LEFT JOIN target.customer_rows oc ON oc."ID" = o."CLIENTID"
LEFT JOIN target.customer_rows c ON c."ID" = e."CLIENTID"
LEFT JOIN target."OSSYS_USER" u ON u."ID" = e."CREATEDBY"
LEFT JOIN target.order_rows p ON p."ID" = e."PARENTID"
UNION ALL
SELECT format('customer %s %s %s', d."Name", e."_IS_UPDATE", e."_IS_LIGHT")
FROM target.events_of_customer e LEFT JOIN target."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = e."_PROCESS_DEF_ID"
UNION ALL
SELECT format('user %s %s %s', d."Name", e."_IS_UPDATE", e."_IS_LIGHT")
FROM target.events_of_user e LEFT JOIN target."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = e."_PROCESS_DEF_ID"
ORDER BY 1;
SQL

# Call a procedure of the plan, be interrupted, and call it again.
sub torture
{
	my ($call, $phase, $longest) = @_;
	my $lost = 0;
	for my $n (0 .. $interrupts)
	{
		my ($out, $err) = ('', '');
		local $ENV{PGAPPNAME} = 'victim';
		my $session = IPC::Run::start(['psql', '-XqAt', '-d', 'desk', '-c', $call], \undef, \$out, \$err);
		local $ENV{PGAPPNAME} = 'killer';
		if ($n < $interrupts)
		{
			# the later, the further it has come
			sleep(0.05 + rand($longest * ($n + 1) / $interrupts));
			my $whom = rand() < 0.5 ? "('victim')" : "('victim', 'postgres_fdw')";
			desk("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN $whom");
		}
		$session->finish;
		$lost++ if $err =~ /terminat|lost|closed/;
		next if desk('SELECT phase FROM osmeta.plan') ne $phase;
		last;
	}
	is(desk('SELECT phase FROM osmeta.plan'), $phase, "$call comes to its end, interrupted $lost times");
	return;
}

my $before = desk('TABLE public.seen');
my $after;
for my $round (0 .. $rounds)
{
	desk(q{SELECT osmeta.create_plan('p', 'src', 'tgt', '{espace:Orders}', '{"users": "create", "processes": "none", "chunk_rows": 1, "severity": {"counter_behind": "warning"}}')});
	desk(q{UPDATE osmeta.plan_entity SET platform_table = 'bpm_activity' WHERE entity = 'Act'});
	if ($round == 0)
	{
		# this is what it should be
		desk("CALL osmeta.run_plan('p')");
		$after = desk('TABLE public.seen');
		is(scalar(split /\n/, $after), 10, 'the target has its own subscriptions and those of the source');
		desk("CALL osmeta.undo_plan('p')");
	}
	else
	{
		torture("CALL osmeta.run_plan('p')", 'done', 1.6);
		is(desk('TABLE public.seen'), $after, 'each subscription stands there exactly once');
		is(desk("SELECT entity, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok' AND entity LIKE 'OS%'"), '', 'so it is verified');
		torture("CALL osmeta.undo_plan('p')", 'undone', 0.5);
	}
	is(desk('TABLE public.seen'), $before, 'those of the target stand there alone');
	is(desk('SELECT (SELECT count(*) FROM target."OSSYS_BPM_EVENT") + (SELECT count(*) FROM target."OSSYS_BPM_EVENT_QUEUE")'), 0, 'no event was queued');
	desk("SELECT osmeta.drop_plan('p')");
}

done_testing();
