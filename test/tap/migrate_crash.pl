#!/usr/bin/perl
# Runs of a plan that end in the middle: killed servers, terminated and
# cancelled sessions, errors at the target, lost connections.  After the next
# run the target has every row once, and each means what it meant at the
# source.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IPC::Run;
use Test::More;
use Time::HiRes qw(sleep);

# Two factories in one database, both reached through a foreign server over it.
create_database('base');
my $fixture = top() . '/test/fixture';
value(undef, 'base', <<"SQL");
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
\\o /dev/null
\\i '$fixture/loopback.sql'
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
ALTER SERVER loop OPTIONS (ADD batch_size '50');
SQL

# A copy of the factories, attached and captured, and a plan of small pieces.
my $copies = 0;

sub create_factories
{
	my ($options) = @_;
	my $database = 'copy' . ++$copies;
	value(undef, 'postgres', "CREATE DATABASE $database TEMPLATE base");
	value(undef, $database, <<"SQL");
ALTER SERVER loop OPTIONS (SET dbname '$database');
SET client_min_messages = warning;
SELECT osmeta.attach('src', 'loop', 'source'), osmeta.attach('tgt', 'loop', 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'],
						  '{"chunk_rows": 60}'::jsonb || '@{[$options // '{}']}');
SQL
	return $database;
}

# Begin a run in the background; gives its handle and the pid of its backend.
sub begin_run
{
	my ($database) = @_;
	my %run = (in => '', out => '', err => '');
	$run{in} = "SELECT pg_backend_pid();\n";
	$run{handle} = IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $database ],
		\$run{in}, \$run{out}, \$run{err}, IPC::Run::timeout(120));
	$run{handle}->pump until $run{out} =~ /^(\d+)\n/;
	$run{pid} = $1;
	$run{in} .= "CALL osmeta.run_plan('p');\n\\q\n";
	while (length $run{in})
	{
		$run{handle}->pump_nb;
		sleep 0.01;
	}
	return \%run;
}

# Wait until some more pieces are done, by chance how many, or the run is over.
# A piece takes a few milliseconds.
sub wait_for_pieces
{
	my ($database) = @_;
	my $goal = chunks_done($database) + 1 + int rand 25;
	foreach (1 .. 200)
	{
		last if chunks_done($database) >= $goal;
		sleep 0.005;
	}
	sleep rand 0.02;
	return;
}

sub end_run
{
	my ($run) = @_;
	eval { $run->{handle}->finish };
	return $run->{err};
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

# Wait until a query gives true.
sub wait_until
{
	my ($database, $query) = @_;
	foreach (1 .. 300)
	{
		return 1 if value(undef, $database, $query) eq 't';
		sleep 0.02;
	}
	return 0;
}

sub chunks_done
{
	my ($database) = @_;
	return value(undef, $database,
		"SELECT count(*) FROM osmeta.plan_chunk WHERE state = 'done'");
}

# The plan goes through, and the target is as it should be.
sub completes
{
	my ($database, $name) = @_;
	my ($status, $out, $err) =
	  psql(undef, $database, "CALL osmeta.run_plan('p')");
	is($status, 0, "$name: the next run ends well") or diag($err);
	is(value(undef, $database, 'SELECT count(*) FROM make.wrong'),
		0, "$name: the target has every row once, and each means the same")
	  or diag(value(undef, $database, 'SELECT * FROM make.wrong LIMIT 10'));
	is( value(undef, $database, <<'SQL'),
SELECT count(*) || ' ' || string_agg(concat_ws(' ', entity, status, detail), '; ')
	FILTER (WHERE status <> 'ok' AND detail NOT LIKE 'the identity counter is behind%')
FROM osmeta.verify_plan('p')
SQL
		'', "$name: verify_plan finds it so");
	is( value(undef, $database,
			"SELECT count(*) FROM osmeta.plan_chunk WHERE state <> 'done' OR rows_done <> rows_expected AND phase = 'push'"),
		0, "$name: the ledger says so too");
	return;
}

my $database = create_factories();
completes($database, 'undisturbed');

# The server is killed
$database = create_factories();
foreach my $kill (1 .. 5)
{
	my $run = begin_run($database);
	wait_for_pieces($database);
	kill 'KILL', $run->{pid};
	like(end_run($run), qr/server closed the connection|connection to server was lost|^(?!.*ERROR)/s,
		"killed $kill: the client sees it");
	wait_for_server();
	note('pieces done: ' . chunks_done($database));
}
completes($database, 'killed');

# The session is terminated, its remote sessions go on for a moment
$database = create_factories();
foreach my $turn (1 .. 5)
{
	my $run = begin_run($database);
	wait_for_pieces($database);
	value(undef, $database, "SELECT pg_terminate_backend($run->{pid})");
	end_run($run);
	note('pieces done: ' . chunks_done($database));
}
completes($database, 'terminated');

# The run is cancelled
$database = create_factories();
foreach my $turn (1 .. 5)
{
	my $run = begin_run($database);
	wait_for_pieces($database);
	value(undef, $database, "SELECT pg_cancel_backend($run->{pid})");
	like(end_run($run), qr/canceling statement due to user request|^(?!.*ERROR)/s,
		"cancelled $turn: the message says so");
}
completes($database, 'cancelled');

# Two and three sessions at once
$database = create_factories();
my @runs = map { begin_run($database) } 1 .. 3;
my @errors = map { end_run($_) } @runs;
unlike("@errors", qr/ERROR|FATAL/, 'three sessions at once: none fails')
  or diag("@errors");
completes($database, 'three sessions at once');
cmp_ok(
	value(undef, $database,
		'SELECT count(DISTINCT session_pid) FROM osmeta.plan_chunk'),
	'>', 1, 'three sessions at once: they share the work');
is( value(undef, $database,
		'SELECT count(*) FROM osmeta.plan_chunk WHERE attempts <> 1'),
	0, 'three sessions at once: no piece is done twice');

# Two sessions, one of which is terminated
$database = create_factories();
@runs = map { begin_run($database) } 1 .. 2;
wait_for_pieces($database);
value(undef, $database, "SELECT pg_terminate_backend($runs[0]->{pid})");
@errors = map { end_run($_) } @runs;
unlike($errors[1], qr/ERROR|FATAL/,
	'one of two sessions dies: the other ends well')
  or diag($errors[1]);
completes($database, 'one of two sessions dies');

# A trigger at the target that does not like one row
$database = create_factories();
value(undef, $database, <<'SQL');
CREATE FUNCTION make.refuse() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN RAISE EXCEPTION 'not this one' USING HINT = 'another'; END$$;
SELECT format('CREATE TRIGGER refuse BEFORE INSERT ON %s FOR EACH ROW WHEN (NEW."NAME" = ''c1500'') EXECUTE FUNCTION make.refuse()',
			  make.table_of('target', 'Customer')) \gexec
SELECT osmeta.refresh_plan('p');
SQL
my ($status, $out, $err) = psql(undef, $database, "CALL osmeta.run_plan('p')");
like($err, qr/not this one/, 'a trigger refuses a row: the run fails with its message');
like($err, qr/push of Shop\.Customer in plan "p"/,
	'a trigger refuses a row: the context says where');
is( value(undef, $database, <<'SQL'),
SELECT entity, c.phase, c.state, c.rows_done, c.error
FROM osmeta.plan_chunk c JOIN osmeta.plan_entity USING (plan_id, entity_id)
WHERE c.error IS NOT NULL
SQL
	'Customer|push|failed|0|not this one',
	'a trigger refuses a row: the ledger keeps the error');
is( value(undef, $database, <<'SQL'),
SELECT count(*) FROM target.customer c JOIN make.table_of('target', 'Customer') ON true
WHERE c."NAME" IN (SELECT 'c' || i FROM generate_series(1500 - 59, 1500) i)
	AND EXISTS (SELECT FROM osmeta.plan_chunk k WHERE k.state = 'failed'
				AND substr(c."NAME", 2)::bigint BETWEEN k.lower_id::bigint AND k.upper_id::bigint)
SQL
	0, 'a trigger refuses a row: nothing of its piece stands at the target');
my $before = chunks_done($database);
($status, $out, $err) = psql(undef, $database, "CALL osmeta.run_plan('p')");
like($err, qr/not this one/, 'a trigger refuses a row: so it does again');
is(chunks_done($database), $before, 'a trigger refuses a row: pieces done stay done');
value(undef, $database, <<'SQL');
SELECT format('DROP TRIGGER refuse ON %s', make.table_of('target', 'Customer')) \gexec
SQL
completes($database, 'a trigger refused a row');
is( value(undef, $database, 'SELECT count(*) FROM osmeta.plan_chunk WHERE error IS NOT NULL'),
	0, 'a trigger refused a row: its error is gone');

# A constraint that is checked when the target commits
$database = create_factories();
value(undef, $database, <<'SQL');
CREATE FUNCTION make.refuse() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN RAISE EXCEPTION 'not at the end'; END$$;
SELECT format('CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW."NAME" = ''c1500'') EXECUTE FUNCTION make.refuse()',
			  make.table_of('target', 'Customer')) \gexec
SELECT osmeta.refresh_plan('p');
SQL
($status, $out, $err) = psql(undef, $database, "CALL osmeta.run_plan('p')");
like($err, qr/not at the end/, 'the target refuses to commit: the run fails with its message');
is( value(undef, $database, "SELECT count(*) FROM target.customer WHERE \"NAME\" = 'c1500'"),
	0, 'the target refuses to commit: nothing of the piece stands there');
is( value(undef, $database, "SELECT count(*) FROM osmeta.plan_chunk WHERE error LIKE '%not at the end%'"),
	1, 'the target refuses to commit: the ledger keeps the error');
value(undef, $database, <<'SQL');
SELECT format('DROP TRIGGER refuse ON %s', make.table_of('target', 'Customer')) \gexec
SQL
completes($database, 'the target refused to commit');

# The connection to the target breaks in a piece
$database = create_factories();
value(undef, $database, <<'SQL');
CREATE FUNCTION make.leave() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END$$;
SELECT format('CREATE TRIGGER leave BEFORE INSERT ON %s FOR EACH ROW WHEN (NEW."NAME" = ''c1500'') EXECUTE FUNCTION make.leave()',
			  make.table_of('target', 'Customer')) \gexec
SELECT osmeta.refresh_plan('p');
SQL
($status, $out, $err) = psql(undef, $database, "CALL osmeta.run_plan('p')");
isnt($status, 0, 'the connection to the target breaks: the run fails');
value(undef, $database, <<'SQL');
SELECT format('DROP TRIGGER leave ON %s', make.table_of('target', 'Customer')) \gexec
SQL
completes($database, 'the connection to the target broke');

# An unknown outcome: the piece is at the target, the ledger does not know
$database = create_factories();
value(undef, $database, "CALL osmeta.run_plan('p')");
value(undef, $database, <<'SQL');
UPDATE osmeta.plan SET phase = 'push';
UPDATE osmeta.plan_chunk SET state = 'prepared', rows_done = 0
WHERE phase = 'push' AND chunk_id IN (SELECT min(chunk_id) FROM osmeta.plan_chunk WHERE phase = 'push' GROUP BY entity_id);
SQL
completes($database, 'all of an unknown piece is there');

# ... and in part
value(undef, $database, <<'SQL');
UPDATE osmeta.plan SET phase = 'push';
UPDATE osmeta.plan_chunk SET state = 'prepared'
WHERE phase = 'push' AND 'tag 300' BETWEEN lower_id AND upper_id AND rows_expected = 60;
DELETE FROM target.tag WHERE "ID" IN ('tag 300', 'tag 301');
SQL
($status, $out, $err) = psql(undef, $database, "CALL osmeta.run_plan('p')");
like($err, qr/stands at the target in part: 58 of 60 rows/,
	'part of an unknown piece is there: the plan stops and counts');
is( value(undef, $database, "SELECT count(*) FROM target.tag WHERE \"ID\" LIKE 'tag %'"),
	499, 'part of an unknown piece is there: nothing is deleted or inserted');
value(undef, $database, q{INSERT INTO target.tag
SELECT 'tag ' || s.i, c.target_id::bigint, 'tag ' || s.i + 1
FROM (VALUES (300), (301)) s (i)
JOIN osmeta.plan_key c ON c.source_id = s.i::text AND c.entity_key::text = (SELECT entity_key::text FROM osmeta.plan_entity WHERE entity = 'Customer')});
completes($database, 'the part that was missing has been put right');

# ... and nothing of it, because the session that was lost commits later: its
# rows appear while the piece is done again.
foreach my $side ('through a foreign server', 'in this database')
{
	$database = create_factories();
	value(undef, $database, <<'SQL') if $side eq 'in this database';
SET client_min_messages = warning;
SELECT osmeta.drop_plan('p'), osmeta.drop_capture(2), osmeta.detach('tgt');
SELECT osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('tgt');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'], '{"chunk_rows": 100}');
SQL
	value(undef, $database, <<'SQL');
CREATE FUNCTION make.refuse() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN RAISE EXCEPTION 'not this one'; END$$;
SELECT format('CREATE TRIGGER refuse BEFORE INSERT ON %s FOR EACH ROW WHEN (NEW."NAME" = ''region 3'') EXECUTE FUNCTION make.refuse()',
			  make.table_of('target', 'Region')) \gexec
SELECT osmeta.refresh_plan('p');
SQL
	psql(undef, $database, "CALL osmeta.run_plan('p')");
	value(undef, $database, <<'SQL');
SELECT format('DROP TRIGGER refuse ON %s', make.table_of('target', 'Region')) \gexec
UPDATE osmeta.plan_chunk SET state = 'prepared', error = NULL WHERE state = 'failed';
SQL
	my %lost = (in => '', out => '', err => '');
	$lost{handle} = IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $database ],
		\$lost{in}, \$lost{out}, \$lost{err}, IPC::Run::timeout(60));
	$lost{in} = qq{BEGIN; INSERT INTO target.region SELECT "Id", "Name" FROM p."Region"; SELECT 'inserted';\n};
	$lost{handle}->pump until $lost{out} =~ /inserted/;
	my $run = begin_run($database);
	ok( wait_until(
			$database,
			"SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"),
		"a lost session commits late $side: the run waits for it");
	$lost{in} = "COMMIT;\n\\q\n";
	end_run(\%lost);
	note(end_run($run));
	completes($database, "a lost session commits late $side");
}

# Another round, with new rows and changed ones, ends in the middle again and
# again.  Regions come that customers of the first round referred to in vain.
foreach my $how ('KILL', 'terminate', 'cancel')
{
	$database = create_factories('{"updates": true}');
	completes($database, "round 1, $how");
	value(undef, $database, <<'SQL');
INSERT INTO source.region ("ID", "NAME") SELECT i, 'late region ' || i FROM generate_series(203, 1400, 21) i;
INSERT INTO source.customer ("ID", "NAME", "REGIONID", "AREAID", "KINDID", "COLORID", "MANAGERID", "CREATEDBY")
SELECT i, 'c' || i, 203 + 21 * (i % 50), 5000, i % 4, 'G', 20 + (i * 31) % 3000, 10 + i % 2 FROM generate_series(4000, 5000) i;
INSERT INTO source.detail SELECT i, 'detail ' || i FROM generate_series(21, 3019, 6) i;
INSERT INTO source.tag SELECT 'tag ' || i, i, 'tag ' || i - 1 FROM generate_series(521, 700) i;
UPDATE source.customer SET "NAME" = 'changed ' || "ID", "MANAGERID" = "ID" + 1, "NOTE" = NULL WHERE "ID" % 4 = 1 AND "ID" BETWEEN 20 AND 3000;
UPDATE source.tag SET "PARENTID" = 'tag 600' WHERE "CUSTOMERID" % 3 = 0;
UPDATE source.region SET "NAME" = 'changed ' || "ID" WHERE "ID" BETWEEN 100 AND 150;
SQL
	foreach my $turn (1 .. 5)
	{
		my $run = begin_run($database);
		wait_for_pieces($database);
		if ($how eq 'KILL')
		{
			kill 'KILL', $run->{pid};
		}
		else
		{
			value(undef, $database, "SELECT pg_${how}_backend($run->{pid})");
		}
		end_run($run);
		wait_for_server();
		note(value(undef, $database, q{SELECT phase || ', round ' || round FROM osmeta.plan}));
	}
	completes($database, "round 2, $how");
	is(value(undef, $database, 'SELECT round FROM osmeta.plan'),
		2, "round 2, $how: it was one round");
	is(value(undef, $database, q{SELECT count(*) FROM target.customer c JOIN target.region r ON r."ID" = c."AREAID" AND r."NAME" LIKE 'late%' WHERE c."NAME" LIKE 'c%'}),
		value(undef, $database, q{SELECT count(*) FROM source.customer c JOIN source.region r ON r."ID" = c."AREAID" AND r."NAME" LIKE 'late%' WHERE c."NAME" LIKE 'c%'}),
		"round 2, $how: references that led nowhere lead somewhere");
}

done_testing();
