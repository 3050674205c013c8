#!/usr/bin/perl
# Undos that end in the middle, and undos of runs that ended in the middle:
# killed servers, terminated and cancelled sessions, several at once.  In the
# end every table of the target holds what it held before.
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
INSERT INTO target.customer ("ID", "NAME", "MANAGERID") SELECT i, 'theirs ' || i, i - 1 FROM generate_series(10, 800) i;
INSERT INTO target.detail SELECT i, 'theirs ' || i FROM generate_series(1, 800, 3) i;
SELECT setval(pg_get_serial_sequence(make.table_of('target', 'Customer'), 'ID'), 800);
ALTER SERVER loop OPTIONS (ADD batch_size '50');
CREATE FUNCTION make.checksum(relation regclass) RETURNS text LANGUAGE plpgsql STABLE AS \$\$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT count(*) || '' '' || COALESCE(sum(hashtextextended(r::text, 0)), 0) FROM %s r', relation) INTO result;
	RETURN result;
END
\$\$;
CREATE VIEW make.state AS
SELECT c.relname, make.checksum(c.oid) AS state FROM pg_class c
WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r';
CREATE TABLE make.before AS SELECT * FROM make.state;
SQL

my $copies = 0;

# A copy of the factories, and a plan of small pieces.
sub create_factories
{
	my ($options, $is_near) = @_;
	my $database = 'copy' . ++$copies;
	my $server = $is_near ? 'NULL' : "'loop'";
	value(undef, 'postgres', "CREATE DATABASE $database TEMPLATE base");
	value(undef, $database, <<"SQL");
ALTER SERVER loop OPTIONS (SET dbname '$database');
SET client_min_messages = warning;
SELECT osmeta.attach('src', 'loop', 'source'), osmeta.attach('tgt', $server, 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'],
						  '{"chunk_rows": 60}'::jsonb || '@{[$options // '{}']}');
SQL
	return $database;
}

# Call a procedure in the background; gives its handle and the backend's pid.
sub begin_call
{
	my ($database, $procedure) = @_;
	my %run = (in => '', out => '', err => '');
	$run{in} = "SELECT pg_backend_pid();\n";
	$run{handle} = IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $database ],
		\$run{in}, \$run{out}, \$run{err}, IPC::Run::timeout(120));
	$run{handle}->pump until $run{out} =~ /^(\d+)\n/;
	$run{pid} = $1;
	$run{in} .= "CALL osmeta.$procedure('p');\n\\q\n";
	while (length $run{in})
	{
		$run{handle}->pump_nb;
		sleep 0.01;
	}
	return \%run;
}

sub end_call
{
	my ($run) = @_;
	eval { $run->{handle}->finish };
	return $run->{err};
}

sub pieces_done
{
	my ($database) = @_;
	return value(undef, $database,
		"SELECT count(*) FROM osmeta.plan_chunk WHERE state = 'done' AND phase <> 'pull'");
}

# Wait until some more pieces are done, by chance how many, or it is over.
sub wait_for_pieces
{
	my ($database) = @_;
	my $goal = pieces_done($database) + 1 + int rand 25;
	foreach (1 .. 200)
	{
		last if pieces_done($database) >= $goal;
		sleep 0.005;
	}
	sleep rand 0.02;
	return;
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

# Wait until a session waits for a lock of another.
sub waits_for_lock
{
	my ($database) = @_;
	foreach (1 .. 500)
	{
		return 1 if value(undef, $database,
			"SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") > 0;
		sleep 0.02;
	}
	return 0;
}

my %end = (
	killed => sub { kill 'KILL', $_[0]->{pid} },
	terminated => sub { value(undef, 'postgres', "SELECT pg_terminate_backend($_[0]->{pid})") },
	cancelled => sub { value(undef, 'postgres', "SELECT pg_cancel_backend($_[0]->{pid})") });

# End a procedure in the middle, some times.
sub interrupt
{
	my ($database, $procedure, $how, $times) = @_;
	foreach (1 .. $times)
	{
		my $run = begin_call($database, $procedure);
		wait_for_pieces($database);
		$end{$how}->($run);
		end_call($run);
		wait_for_server();
		note("$procedure $how, pieces done: " . pieces_done($database));
	}
	return;
}

# The undo goes through, and the target is as it was before the plan.
sub is_undone
{
	my ($database, $name) = @_;
	my ($status, $out, $err) =
	  psql(undef, $database, "CALL osmeta.undo_plan('p')");
	is($status, 0, "$name: the undo ends well") or diag($err);
	is( value(undef, $database, <<'SQL'),
SELECT string_agg(concat_ws(' ', relname, b.state, n.state), '; ')
FROM make.before b FULL JOIN make.state n USING (relname) WHERE b.state IS DISTINCT FROM n.state
SQL
		'', "$name: every table of the target is as it was");
	is(value(undef, $database, 'SELECT phase FROM osmeta.plan'),
		'undone', "$name: the plan says so");
	return;
}

my $database = create_factories();
value(undef, $database, "CALL osmeta.run_plan('p')");
isnt(value(undef, $database, 'SELECT count(*) FROM make.state n JOIN make.before b USING (relname) WHERE b.state <> n.state'),
	0, 'a run changes the target');
is_undone($database, 'undisturbed');
value(undef, $database, "SELECT osmeta.drop_plan('p')");
is(value(undef, $database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'p'"),
	0, 'undisturbed: drop_plan leaves nothing');

# Undos that end in the middle
foreach my $how (sort keys %end)
{
	foreach my $options ($how eq 'killed' ? '{}' : (), '{"existing": "delete"}')
	{
		$database = create_factories($options);
		value(undef, $database, "CALL osmeta.run_plan('p')");
		interrupt($database, 'undo_plan', $how, 2);
		is_undone($database, "undo $how, options $options");
	}
}

# Runs that end in the middle, and are not gone on with
foreach my $how (sort keys %end)
{
	foreach my $options ($how eq 'killed' ? '{}' : (), '{"existing": "delete"}')
	{
		$database = create_factories($options);
		my $run;
		do
		{
			interrupt($database, 'run_plan', $how, 1);
		} until value(undef, $database, "SELECT phase NOT IN ('planned', 'prepare', 'pull') FROM osmeta.plan") eq 't';
		note(value(undef, $database,
			"SELECT p.phase || ', unknown: ' || (SELECT count(*) FROM osmeta.plan_chunk WHERE state = 'prepared') FROM osmeta.plan p"));
		is_undone($database, "run $how, options $options");
	}
}

# Three sessions at once, in this database and at a server
foreach my $is_near (0, 1)
{
	my $place = $is_near ? 'in this database' : 'at a server';
	$database = create_factories('{"existing": "delete"}', $is_near);
	value(undef, $database, "CALL osmeta.run_plan('p')");
	my @errors = map { end_call($_) } map { begin_call($database, 'undo_plan') } 1 .. 3;
	unlike("@errors", qr/ERROR|FATAL/, "three sessions at once $place: none fails")
	  or diag("@errors");
	cmp_ok(
		value(undef, $database,
			"SELECT count(DISTINCT session_pid) FROM osmeta.plan_chunk WHERE phase = 'undo'"),
		'>', 1, "three sessions at once $place: they share the work");
	is( value(undef, $database,
			"SELECT count(*) FROM osmeta.plan_chunk WHERE phase = 'undo' AND attempts <> 1"),
		0, "three sessions at once $place: no piece is done twice");
	is_undone($database, "three sessions at once $place");
}

# A run and an undo keep out of each other's way.
$database = create_factories();
my $run = begin_call($database, 'run_plan');
foreach (1 .. 200)
{
	last if value(undef, $database, 'SELECT phase FROM osmeta.plan') eq 'push';
	sleep 0.005;
}
my ($status, $out, $err) = psql(undef, $database, "CALL osmeta.undo_plan('p')");
like($err, qr/plan "p" is running/, 'an undo does not begin while the plan runs');
end_call($run);
is_undone($database, 'after the run has ended');

# Somebody inserts a row under a migrated parent and has not committed when the
# undo looks for such rows; the parent's key would take the row along.
foreach my $is_near (0, 1)
{
	my $place = $is_near ? 'in this database' : 'at a server';
	$database = create_factories('{}', $is_near);
	value(undef, $database, "CALL osmeta.run_plan('p')");
	my %user = (in => '', out => '', err => '');
	$user{handle} = IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $database ],
		\$user{in}, \$user{out}, \$user{err}, IPC::Run::timeout(60));
	$user{in} = <<'SQL';
BEGIN;
INSERT INTO target.detail SELECT c."ID", 'by a user' FROM target.customer c WHERE c."NAME" = 'c2001';
SELECT 'inserted';
SQL
	$user{handle}->pump until $user{out} =~ /inserted/;
	$run = begin_call($database, 'undo_plan');
	ok(waits_for_lock($database), "a row comes under a migrated parent $place: the undo waits");
	$user{in} = "COMMIT;\n\\q\n";
	end_call(\%user);
	like(end_call($run), qr/ERROR/, "a row comes under a migrated parent $place: the undo stops");
	is( value(undef, $database, q{SELECT count(*) FROM target.detail d JOIN target.customer c USING ("ID") WHERE d."TEXT" = 'by a user'}),
		1, "a row comes under a migrated parent $place: both stand");
	($status, $out, $err) = psql(undef, $database, "CALL osmeta.undo_plan('p')");
	like($err, qr/rows of others that refer to the plan's: 1\b.*Detail, id \d+: refers to/s,
		"a row comes under a migrated parent $place: it is listed");
	value(undef, $database, q{DELETE FROM target.detail WHERE "TEXT" = 'by a user'});
	is_undone($database, "a row came under a migrated parent $place");
}

# A session that is lost here commits at the target after the undo has begun.
$database = create_factories();
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
$run = begin_call($database, 'undo_plan');
ok(waits_for_lock($database), 'a lost session commits late: the undo waits for it');
$lost{in} = "COMMIT;\n\\q\n";
end_call(\%lost);
is(end_call($run) =~ /ERROR/ ? 1 : 0, 0, 'a lost session commits late: the undo ends well');
is_undone($database, 'a lost session commits late');

done_testing();
