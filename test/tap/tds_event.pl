#!/usr/bin/perl
# Event subscriptions of a T-SQL server: they are set aside while a plan
# writes, so that a trigger there queues nothing, and come back with those of
# the source.  The same plan between the PostgreSQL factories that the
# databases were copied from tells what should stand there; what does is read
# by tds_query, not by what is tested.
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

sub desk { return value(undef, 'desk', $_[0]); }

create_database('desk');
desk(<<"SQL");
\\o /dev/null
\\i '$fixture/event.sql'
CREATE EXTENSION tds_fdw;
CREATE EXTENSION osmeta_tds;
SQL
my %database;
for my $schema (qw(source target))
{
	$database{$schema} = tds_database($schema);
	copy_schema('desk', $schema, $database{$schema});
	create_tds_server('desk', "tds_$schema", $database{$schema});
}
desk(<<'SQL');
\o /dev/null
SELECT osmeta.attach('src', 'tds_source', 'dbo', 'sqlserver'), osmeta.attach('tgt', 'tds_target', 'dbo', 'sqlserver'),
	osmeta.attach('here', remote_schema => 'source', dialect => 'sqlserver'),
	osmeta.attach('there', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture(e) FROM unnest(ARRAY['src', 'tgt', 'here', 'there']) e;
SQL

# The tables of the target by what they are called there
my %table = map { split /\|/ } split /\n/, desk(q{
	SELECT CASE WHEN c.relname ~ '^OSEVT' THEN 'events' ELSE 'rows' END || ' of ' || lower(substring(c.relname FROM '(Order|Customer)')), c.relname
	FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^(OSEVT|OSUSR)_.*(Order|Customer)'});

# A trigger that queues an event for each row and subscription.
for my $entity (qw(order customer))
{
	tds_batch($database{target}, qq{CREATE TRIGGER OSTRG_EI__$entity ON dbo."$table{"rows of $entity"}" AFTER INSERT, UPDATE AS}
		  . qq{ INSERT INTO dbo."OSSYS_BPM_EVENT" ("Process_Def_Id", "Data_Id")}
		  . qq{ SELECT e."_PROCESS_DEF_ID", i."ID" FROM inserted i CROSS JOIN dbo."$table{"events of $entity"}" e});
}

# What stands in the event tables of both targets, and where they differ
my $columns = '"_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID"';
my $types = '"_ESPACE_ID" integer, "_TENANT_ID" integer, "_ACTIVITY_ID" integer, "_PROCESS_DEF_ID" integer, "_IS_UPDATE" boolean, "_IS_LIGHT" boolean, "ID" bigint';
my %more = (customer => ['', ''], order => [', "CLIENTID", "CREATEDBY", "PARENTID"', ', "CLIENTID" bigint, "CREATEDBY" integer, "PARENTID" bigint']);

sub events
{
	my ($entity) = @_;
	my $table = $table{"events of $entity"};
	return desk(qq{SELECT e FROM osmeta.tds_query('tds_target', 'SELECT $columns$more{$entity}[0] FROM dbo."$table"') e ($types$more{$entity}[1]) ORDER BY 1});
}

sub wanted
{
	my ($entity) = @_;
	return desk(qq{SELECT e FROM (SELECT $columns$more{$entity}[0] FROM target."$table{"events of $entity"}") e ORDER BY 1});
}

sub queued
{
	return desk(q{SELECT e.n FROM osmeta.tds_query('tds_target', 'SELECT COUNT(*) FROM dbo."OSSYS_BPM_EVENT"') e (n integer)});
}

my %before = map { $_ => events($_) } qw(order customer);
is($before{order}, wanted('order'), 'the copy is like its original');
isnt($before{order}, '', 'there are subscriptions');

for my $plan (['p', 'src', 'tgt'], ['twin', 'here', 'there'])
{
	desk("SELECT osmeta.create_plan('$plan->[0]', '$plan->[1]', '$plan->[2]', '{espace:Orders}', '{\"users\": \"create\", \"processes\": \"none\"}')");
}
desk("UPDATE osmeta.plan_entity SET platform_table = 'bpm_activity' WHERE entity = 'Act'");
is(desk(q{SELECT code, object, message FROM osmeta.plan_problem WHERE plan = 'p' AND severity = 'error'}), '', 'nothing stops the plan');
desk("CALL osmeta.run_plan('twin')");

# They do not come back at first
tds_batch($database{target}, qq{ALTER TABLE dbo."$table{'events of order'}" ADD CONSTRAINT refuse CHECK ("_PROCESS_DEF_ID" <> 503)});
my ($status, $out, $err) = psql(undef, 'desk', "CALL osmeta.run_plan('p')");
like($err, qr/refuse.*kept in table/s, 'an event table that takes no such row stops the run');
like($err, qr/event subscriptions are set aside: \d+/, 'which says that subscriptions are set aside');
is(events('order'), '', 'they are');
is(queued(), 0, 'no event was queued');
tds_batch($database{target}, qq{ALTER TABLE dbo."$table{'events of order'}" DROP CONSTRAINT refuse});
is(desk("CALL osmeta.run_plan('p')"), '', 'the run goes on');
is(events($_), wanted($_), "subscriptions to rows of $_: as between PostgreSQL factories") foreach qw(order customer);
is(queued(), 0, 'no event was queued');
is(desk("SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'"), '', 'verified');
cmp_ok(desk("SELECT count(*) FROM osmeta.verify_plan('p') WHERE entity ILIKE 'os%'"), '>=', 5, 'with event tables and queues');

# Nothing is doubled where the outcome of the last transaction is unknown
desk(q{UPDATE osmeta.plan SET phase = 'second step' WHERE plan = 'p'; UPDATE osmeta.plan_event v SET state = 'aside' FROM osmeta.plan p WHERE p.plan_id = v.plan_id AND p.plan = 'p' AND v.kind = 'table'});
is(desk("CALL osmeta.run_plan('p')"), '', 'a run whose end is not known goes on');
is(events($_), wanted($_), "subscriptions to rows of $_: none is doubled") foreach qw(order customer);

is(desk("CALL osmeta.undo_plan('p')"), '', 'the plan is undone');
is(events($_), $before{$_}, "subscriptions to rows of $_: those of before") foreach qw(order customer);
is(queued(), 0, 'no event was queued');
is(desk("SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'"), '', 'verified');

done_testing();
