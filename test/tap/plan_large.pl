#!/usr/bin/perl
# A plan with more entities than the server has locks for: made, run, run
# again, verified, undone and dropped, with few locks for each session.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Test::More;

create_database('large');
my $generate = top() . '/test/generator/generate --no-traps --modules 20 --entities 120 --rows 5';
for my $schema ('source', 'target')
{
	command_ok(undef, [ 'sh', '-c', "PGDATABASE=large $generate --schema $schema >/dev/null" ],
		"factory $schema is made");
}
# Statements are sessions' of their own: run_plan commits.
sub run_sql
{
	my ($sql) = @_;
	return value(undef, 'large', "SET client_min_messages = warning;\n$sql");
}

run_sql(<<'SQL');
CREATE EXTENSION osmeta;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src');
SELECT osmeta.capture('tgt');
CREATE FUNCTION rows_of(target_table text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	rows bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM target.%I', target_table) INTO rows;
	RETURN rows;
END $$;
SQL

value(undef, 'postgres', <<'SQL');
ALTER SYSTEM SET max_connections = 40;
ALTER SYSTEM SET max_locks_per_transaction = 10;
ALTER SYSTEM SET max_worker_processes = 1;
ALTER SYSTEM SET max_wal_senders = 0;
ALTER SYSTEM SET autovacuum_max_workers = 1;
SQL
my @cluster = ('pg_ctlcluster', $ENV{PGVERSION}, 'regress');
system(@cluster, 'stop', '--mode=fast');
system(@cluster, 'start');
is(value(undef, 'postgres', 'SHOW max_locks_per_transaction'),
	'10', 'the server has been started again, with few locks');

# Numbers of rows of the target, some tables in each transaction.
sub count_rows
{
	my %rows;
	for my $table (split /\n/, run_sql("SELECT target_table FROM osmeta.plan_entity WHERE plan_id = (SELECT max(plan_id) FROM osmeta.plan) AND is_data AND target_table_exists ORDER BY 1"))
	{
		$rows{$table} = run_sql("SELECT rows_of('$table')");
		last if keys %rows == 25;
	}
	return \%rows;
}

for my $case (
	[ 'plain', '{}' ],
	[ 'follow', '{"follow": true}' ],
	[ 'deleted', '{"existing": "delete"}' ])
{
	my ($name, $options) = @$case;
	run_sql("SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '$options')");
	# circles of mandatory references are nothing that a plan can deliver
	run_sql(<<'SQL');
UPDATE osmeta.plan_attribute a SET transform = 'null value'
FROM osmeta.plan_entity e, osmeta.plan_problem q
WHERE e.plan_id = a.plan_id AND e.entity_id = a.entity_id AND a.transform = 'remap'
	AND q.code IN ('reference_cycle', 'reference_outside_plan')
	AND position(format('%s.%s.%s', e.espace, e.entity, a.attribute) IN q.object || ' ' || q.message) > 0;
SQL
	is(run_sql("SELECT count(*) > 50, bool_and(NOT is_read), count(counter) > 0, count(counter_value) FROM osmeta.plan_entity WHERE is_data AND status = 'matched'"),
		't|t|t|0', "$name: what has to be read of tables is left to the run");
	is(run_sql("SELECT string_agg(DISTINCT code, ', ') FROM osmeta.plan_problem WHERE severity = 'error'"),
		'', "$name: nothing stops it");
	if ($name eq 'follow')
	{
		# the entity that most others cannot be without loses its first rows
		run_sql(<<'SQL');
UPDATE osmeta.plan_entity e SET filter = format('%I > 2', i.attribute)
FROM osmeta.plan_attribute i
WHERE i.plan_id = e.plan_id AND i.entity_id = e.entity_id AND i.is_identifier AND e.entity_id = (
	SELECT a.refers_to_entity_id FROM osmeta.plan_attribute a
	JOIN osmeta.plan_entity o ON o.plan_id = a.plan_id AND o.entity_id = a.refers_to_entity_id
	WHERE a.is_mandatory AND NOT a.is_identifier AND o.is_data AND o.key_strategy = 'offset'
		AND a.entity_id <> o.entity_id
	GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1);
SQL
	}
	if ($name eq 'deleted')
	{
		# tables of removed entities refer to rows that are to go
		run_sql(<<'SQL');
DO $$
DECLARE
	outside text;
BEGIN
	SET LOCAL session_replication_role = replica;
	FOR outside IN SELECT DISTINCT table_name FROM osmeta.plan_foreign_key WHERE entity_id IS NULL
	LOOP
		EXECUTE format('DELETE FROM target.%I', outside);
	END LOOP;
END $$;
SQL
	}
	my $before = count_rows();
	run_sql("CALL osmeta.run_plan('p')");
	is(run_sql("SELECT phase FROM osmeta.plan"), 'done', "$name: it is done");
	# the triggers of both factories queue an event for each subscription
	is(run_sql(q{SELECT count(*) FILTER (WHERE activity_id IS NULL) > 0, count(*) FILTER (WHERE activity_id > 0) > 0, (SELECT count(*) FROM target."OSSYS_BPM_EVENT") + (SELECT count(*) FROM target."OSSYS_BPM_EVENT_QUEUE") FROM osmeta.event_subscription('tgt')}),
		't|t|0', "$name: subscriptions stand there, and nothing is queued");
	# before the first plan none of them had been used
	is(run_sql("SELECT count(counter_value) > 50 FROM osmeta.plan_entity"),
		$name eq 'plain' ? 'f' : 't', "$name: counters have been read");
	is(run_sql("SELECT count(*) > 50, string_agg(DISTINCT status, ', '), sum(rows_found) > 100 FROM osmeta.verify_plan('p')"),
		't|ok|t', "$name: all rows stand there");
	run_sql("CALL osmeta.run_plan('p')");
	is(run_sql("SELECT round FROM osmeta.plan"), '1', "$name: a round without anything new has never been");
	if ($name eq 'plain')
	{
		# a row more in a table without unique columns
		run_sql(<<'SQL');
DO $$
DECLARE
	columns text;
	source_table text;
BEGIN
	SELECT e.source_table, string_agg(quote_ident(a.source_column), ', ')
	INTO STRICT source_table, columns
	FROM osmeta.plan_entity e JOIN osmeta.plan_attribute a USING (plan_id, entity_id)
	WHERE e.is_data AND e.key_strategy = 'offset' AND e.rows_expected > 0
		AND a.source_type IS NOT NULL AND NOT a.is_identifier
		AND NOT EXISTS (SELECT FROM osmeta.plan_catalogue c WHERE c.entity_id = e.entity_id AND c.kind = 'index')
	GROUP BY e.entity_id, e.source_table ORDER BY e.entity_id LIMIT 1;
	EXECUTE format('INSERT INTO source.%I (%s) SELECT %2$s FROM source.%1$I LIMIT 1', source_table, columns);
END $$;
SQL
		run_sql("CALL osmeta.run_plan('p')");
		is(run_sql("SELECT round, (SELECT sum(rows_done) FROM osmeta.plan_chunk WHERE phase = 'push' AND round = 2) FROM osmeta.plan"),
			'2|1', "$name: another round delivers what is new");
		is(run_sql("SELECT string_agg(DISTINCT status, ', ') FROM osmeta.verify_plan('p')"),
			'ok', "$name: all rows stand there, too");
	}
	run_sql("CALL osmeta.undo_plan('p')");
	is_deeply(count_rows(), $before, "$name: undone, the target is as it was");
	run_sql("CALL osmeta.clear_plan('p')");
	run_sql("SELECT osmeta.drop_plan('p')");
	is(run_sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'p'"), '0', "$name: dropped");
}

done_testing();
