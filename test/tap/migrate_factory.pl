#!/usr/bin/perl
# Two generated factories in databases of their own: all application data and
# all instances of processes go from one to the other, with users who are
# missing there and users of one name in several tenants.  Then each table of
# the target is looked at: what no plan writes is as before, what it writes has
# the rows of before besides; after the undo all is as before.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IPC::Run;
use Test::More;

my $desk = 'desk_factory';

sub ask { return value(undef, $desk, "SET client_min_messages = warning;\n$_[0]"); }
sub far { return value(undef, 'far_qa', "SET search_path = factory;\n$_[0]"); }

# What a statement gives, or says.
sub gives
{
	my ($sql, $expected, $name) = @_;
	my ($status, $out, $err) = psql(undef, $desk, "SET client_min_messages = warning;\n$sql");
	return is($status == 0 ? $out : $err, $expected, $name);
}

for my $variant (qw(prod qa))
{
	my ($out, $err) = ('', '');
	create_database("far_$variant");
	local $ENV{PGDATABASE} = "far_$variant";
	my $ok = IPC::Run::run(
		[ top() . '/test/generator/generate', '--variant', $variant, '--no-traps', '--empty-queues', '--rows', '30' ],
		\'', \$out, \$err);
	ok($ok, "factory $variant is made") or diag($err);
}
create_database($desk);
ask('CREATE EXTENSION postgres_fdw; CREATE EXTENSION osmeta');
for my $variant (qw(prod qa))
{
	ask("CREATE SERVER far_$variant FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$ENV{PGHOST}', port '$ENV{PGPORT}', dbname 'far_$variant')");
	ask("CREATE USER MAPPING FOR CURRENT_USER SERVER far_$variant OPTIONS (user '$ENV{PGUSER}', password '$ENV{PGPASSWORD}')");
	ask("SELECT osmeta.attach('$variant', 'far_$variant', 'factory')");
	ask("SELECT osmeta.capture('$variant')");
}

# ---------------------------------------------------------------------------
# What the factories hold: without these the test would say little
# ---------------------------------------------------------------------------

gives(q{SELECT count(*) > 0 FROM prod.process_tree WHERE depth = 2}, 't', 'processes three deep');
gives(q{SELECT count(*) > 0 FROM prod.process_tree WHERE parent_process_id > process_id}, 't', 'and some with a lower number than their parent');
gives(q{SELECT count(DISTINCT entity_key::text) > 5 FROM prod.process_row WHERE status = 'resolved'}, 't', 'inputs and outputs of several types');
gives(q{SELECT count(*) > 0 FROM osmeta.event_subscription('prod') WHERE activity_id IS NOT NULL}, 't', 'activities wait for events');
gives(q{SELECT count(*) > 0 FROM osmeta.event_subscription('qa') WHERE activity_id IS NOT NULL}, 't', 'at the target, too');
gives(q{SELECT count(*) > 0 FROM prod.end_user a JOIN prod.end_user b ON b.username = a.username AND b.tenant <> a.tenant}, 't', 'users of one name in two tenants');

# ---------------------------------------------------------------------------
# The plan: what differs between the two models is left out
# ---------------------------------------------------------------------------

ask(q{SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['*'], '{"users": "create", "groups": "create", "severity": {"length_reduced": "warning", "unmatched_static_record": "warning"}}')});
gives(q{SELECT count(*) > 0 FROM osmeta.plan_problem WHERE code = 'row_created' AND object = 'ServiceCenter.User'}, 't', 'users are missing at the target');
ask(<<'SQL');
UPDATE osmeta.plan_attribute a SET include = false
FROM osmeta.plan_entity e, osmeta.plan_problem p
WHERE e.plan_id = a.plan_id AND e.entity_id = a.entity_id AND p.severity = 'error'
	AND p.code IN ('attribute_inactive_at_target', 'attribute_without_partner', 'reference_outside_plan')
	AND p.object = e.espace || '.' || e.entity || '.' || a.attribute;
-- of each cycle of mandatory references the first one
UPDATE osmeta.plan_attribute a SET include = false
FROM osmeta.plan_entity e, (SELECT DISTINCT ON (p.message) substring(p.message FROM 'cycle: ([^,]+)') AS object
	FROM osmeta.plan_problem p WHERE p.code = 'reference_cycle') c
WHERE e.plan_id = a.plan_id AND e.entity_id = a.entity_id AND c.object = e.espace || '.' || e.entity || '.' || a.attribute;
-- a text that is too long is cut
UPDATE osmeta.plan_attribute a SET transform = format('left(%I, %s)', a.attribute, a.target_length)
FROM osmeta.plan_entity e, osmeta.plan_problem p
WHERE e.plan_id = a.plan_id AND e.entity_id = a.entity_id AND p.code = 'length_reduced'
	AND p.object = e.espace || '.' || e.entity || '.' || a.attribute AND a.transform = 'copy';
SQL
gives(q{SELECT code, object, message FROM osmeta.plan_problem WHERE severity = 'error'}, '', 'nothing stops the plan');
far($_) foreach split /\n/, ask(q{SELECT substring(hint FROM 'SELECT pg_catalog.setval[^;]*?[)]') FROM osmeta.plan_problem WHERE code = 'counter_behind'});
ask(q{SELECT osmeta.refresh_plan('p')});

# Number and digest of the rows of each table of the target
sub tables
{
	return map { split /\|/ } split /\n/, far(<<'SQL');
SELECT format('SELECT %L, (SELECT md5(COALESCE(string_agg(r::text, E''\n'' ORDER BY r::text COLLATE "C"), '''')) FROM %s r)', c.relname, c.oid::regclass)
FROM pg_class c WHERE c.relnamespace = 'factory'::regnamespace AND c.relkind = 'r' ORDER BY c.relname
\gexec
SQL
}
my %before = tables();
far(<<'SQL');
CREATE SCHEMA before;
SELECT format('CREATE TABLE before.%I AS TABLE factory.%1$I', c.relname)
FROM pg_class c WHERE c.relnamespace = 'factory'::regnamespace AND c.relkind = 'r'
\gexec
SQL

# ---------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------

gives(q{CALL osmeta.run_plan('p')}, '', 'it runs');
gives(q{SELECT espace, entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'}, '', 'it verifies');
gives(q{SELECT sum(rows_found) > 5000 FROM osmeta.verify_plan('p')}, 't', 'rows have come');
my %after = tables();
my %written = map { $_ => 1 } split /\n/, ask(q{
	SELECT target_table FROM osmeta.plan_entity WHERE is_data AND include AND status = 'matched'
	UNION SELECT table_name FROM osmeta.plan_event WHERE kind = 'table'
	UNION SELECT unnest(ARRAY['OSSYS_USER', 'OSSYS_GROUP', 'OSSYS_USER_ROLE', 'OSSYS_GROUP_ROLE', 'OSSYS_GROUP_USER'])});
is(join(' ', grep { !$written{$_} && $before{$_} ne $after{$_} } sort keys %before), '', 'no other table has changed');
cmp_ok(scalar(grep { !$written{$_} } keys %before), '>', 30, 'and there are others');
is(far(<<'SQL'), '', 'all rows of before are there');
SELECT format('SELECT %L, count(*) FROM (SELECT r::text FROM before.%I r EXCEPT ALL SELECT r::text FROM factory.%2$I r) d HAVING count(*) > 0', c.relname, c.relname)
FROM pg_class c WHERE c.relnamespace = 'before'::regnamespace
\gexec
SQL
is(far('SELECT (SELECT count(*) FROM "OSSYS_BPM_EVENT"), (SELECT count(*) FROM "OSSYS_BPM_EVENT_QUEUE")'), '0|0', 'no trigger has queued an event');

# ---------------------------------------------------------------------------
# Instances: what the rows say on both sides, by the pairs of identifiers
# ---------------------------------------------------------------------------

ask(<<'SQL');
CREATE TABLE pair AS SELECT e.entity, k.entity_key::text AS key, k.source_id, k.target_id
FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key::text = k.entity_key::text WHERE k.plan = 'p';
CREATE TABLE source_tree AS SELECT * FROM prod.process_tree;
CREATE TABLE target_tree AS SELECT * FROM qa.process_tree;
CREATE TABLE source_row AS SELECT * FROM prod.process_row;
CREATE TABLE target_row AS SELECT * FROM qa.process_row;
SQL
gives(q{SELECT count(*) > 20 FROM pair WHERE entity = 'Process'}, 't', 'processes have come');
gives(<<'SQL', '', 'each stands where it stood in its tree, with the same definition and state');
SELECT s.process_id, s.definition, s.depth, t.definition, t.depth
FROM source_tree s
JOIN pair p ON p.entity = 'Process' AND p.source_id = s.process_id::text
LEFT JOIN target_tree t ON t.process_id::text = p.target_id
LEFT JOIN pair o ON o.entity = 'Process' AND o.source_id = s.parent_process_id::text
LEFT JOIN pair a ON a.entity = 'Activity' AND a.source_id = s.parent_activity_id::text
WHERE (t.definition_key::text, t.depth, t.label, t.status, t.parent_process_id::text, t.top_process_id::text, t.parent_activity_id::text)
	IS DISTINCT FROM (s.definition_key::text, s.depth, s.label, s.status, o.target_id, t.path[1]::text, a.target_id)
SQL
gives(<<'SQL', '0', 'all of active definitions');
SELECT count(*) FROM source_tree s
JOIN prod.process_definition d ON d.key::text = s.definition_key::text AND d.is_effective
WHERE NOT EXISTS (SELECT FROM pair p WHERE p.entity = 'Process' AND p.source_id = s.process_id::text)
SQL
gives(<<'SQL', '', 'inputs and outputs lead to the partners of what they led to');
SELECT s.process_id, s.name, s.entity, s.row_id, t.row_id, k.target_id
FROM source_row s
JOIN pair p ON p.entity = 'Process' AND p.source_id = s.process_id::text
LEFT JOIN pair a ON a.entity = 'Activity' AND a.source_id = s.activity_id::text
JOIN pair k ON k.key = s.entity_key::text AND k.source_id = s.row_id
LEFT JOIN target_row t ON t.process_id::text = p.target_id AND t.activity_id::text IS NOT DISTINCT FROM a.target_id
	AND t.direction = s.direction AND t.name = s.name AND t.entity_key::text = s.entity_key::text
WHERE t.row_id IS DISTINCT FROM k.target_id
SQL
gives(q{SELECT count(*) > 20 FROM source_row s JOIN pair k ON k.key = s.entity_key::text AND k.source_id = s.row_id AND k.target_id <> k.source_id}, 't', 'most have other numbers there');
gives(<<'SQL', '', 'each subscription of a moved activity stands there once');
SELECT s.entity, s.activity_id, count(t.activity_id)
FROM osmeta.event_subscription('prod') s
JOIN pair a ON a.entity = 'Activity' AND a.source_id = s.activity_id::text
JOIN osmeta.plan_entity e ON e.entity_key::text = s.entity_key::text AND e.is_data AND e.include
LEFT JOIN pair r ON r.key = s.entity_key::text AND r.source_id = s.row_id
LEFT JOIN osmeta.event_subscription('qa') t ON t.activity_id::text = a.target_id AND t.entity_key::text = s.entity_key::text
	AND t.is_update = s.is_update AND t.is_light = s.is_light AND t.row_id IS NOT DISTINCT FROM r.target_id
GROUP BY s.entity, s.activity_id, s.is_update, s.is_light, s.row_id, s.conditions
HAVING count(t.activity_id) < 1
SQL
gives(<<'SQL', 't', 'and no other one');
SELECT (SELECT count(*) FROM osmeta.event_subscription('qa') t JOIN pair a ON a.entity = 'Activity' AND a.target_id = t.activity_id::text)
	= (SELECT count(*) FROM osmeta.event_subscription('prod') s JOIN pair a ON a.entity = 'Activity' AND a.source_id = s.activity_id::text
		JOIN osmeta.plan_entity e ON e.entity_key::text = s.entity_key::text AND e.is_data AND e.include)
SQL

# ---------------------------------------------------------------------------
# Back
# ---------------------------------------------------------------------------

gives(q{CALL osmeta.undo_plan('p')}, '', 'it is undone');
my %undone = tables();
is(join(' ', grep { $before{$_} ne $undone{$_} } sort keys %before), '', 'each table is as before');
done_testing();
