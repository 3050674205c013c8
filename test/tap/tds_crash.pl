#!/usr/bin/perl
# Deliveries to a T-SQL server whose COMMIT is lost: the request that never
# arrives, the answer that never comes back, and the request that arrives when
# the session has long been given up and the next one is at work.  Whatever the
# server made of it, in the end every row stands there once and is what the
# ledger says it is, or, after an undo, nothing is left.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use TdsCopy;
use TdsHaste;
use Test::More;

tds_needed(is_long => 1);

my $fixture = top() . '/test/fixture';
my $orders = "$ENV{OSMETA_WORK}/orders.$$";

sub desk { return value(undef, 'desk', $_[0]); }

# A factory in a schema of the desk, and one in a database of the T-SQL server,
# which is reached through a relay that loses what it is told to.
create_database('desk');
desk(<<"SQL");
SET client_min_messages = warning;
\\o /dev/null
\\i '$fixture/loopback.sql'
CREATE EXTENSION osmeta;
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
UPDATE source.customer SET "MANAGERID" = 60 WHERE "MANAGERID" > 60;
DELETE FROM source.tag;
DELETE FROM source.extra;
DELETE FROM source.detail WHERE "ID" > 60;
DELETE FROM source.customer WHERE "ID" > 60;
CREATE EXTENSION tds_fdw;
CREATE EXTENSION osmeta_tds;
SQL
round_times('desk', $_) foreach qw(source target);
my $database = tds_database('crash');
my ($port) = tds_proxy(orders => $orders);
copy_schema('desk', 'target', $database);
haste_port($port) if tds_is_ours();
create_tds_server('desk', 'relayed', $database, port => $port);
create_tds_server('desk', 'straight', $database);
desk(<<'SQL');
\o /dev/null
SELECT osmeta.attach('src', remote_schema => 'source', dialect => 'sqlserver'),
	osmeta.attach('tgt', 'relayed', 'dbo', 'sqlserver');
SQL
hasten('desk', 'tgt', 'relayed', 'target', $database) if tds_is_ours();
desk(q{SELECT osmeta.capture('src'), osmeta.capture('tgt')});


# All rows of the target, as they stand there
sub rows
{
	copy_back('desk', 'target', 'straight');
	return desk(q{SELECT string_agg(d, E'\n') FROM make.rows('target') d});
}

desk(<<'SQL');
CREATE FUNCTION make.rows(factory text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	relation regclass;
BEGIN
	FOR relation IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = factory::regnamespace ORDER BY c.relname
	LOOP
		RETURN QUERY EXECUTE format('SELECT %L || t::text FROM %s t ORDER BY 1', relation || ' ', relation);
	END LOOP;
END
$$;
SQL
my $before = rows();

# What becomes of the next COMMITs
sub order
{
	open my $out, '>', $orders or die "cannot write $orders: $!\n";
	print $out map { "$_\n" } @_;
	close $out;
	unlink "$orders.done";
	return;
}

# Call a procedure until it ends well; gives the number of calls and what was
# said by those that did not.
sub insist
{
	my ($procedure, $setting) = @_;
	my @said;
	foreach my $call (1 .. 60)
	{
		my ($status, undef, $err) =
		  psql(undef, 'desk', ($setting // '') . "CALL osmeta.$procedure('p')", '-v', 'VERBOSITY=verbose');
		return ($call, @said) if $status == 0;
		push @said, $err =~ /ERROR:  (.*)/;
	}
	return (0, @said);
}

sub make_plan
{
	my ($strategy, $existing) = @_;
	$existing //= 'append';
	desk(<<"SQL");
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'], '{"chunk_rows": 30, "existing": "$existing"}');
UPDATE osmeta.plan_entity SET key_strategy = '$strategy' WHERE entity IN ('Customer', 'Region');
SQL
	return;
}

sub is_right
{
	my ($name) = @_;
	copy_back('desk', 'target', 'straight');
	is(desk('SELECT * FROM make.wrong LIMIT 10'), '', "$name: every row once, and each means the same");
	is(desk(q{SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok'}),
		'', "$name: verified");
	is(desk(q{SELECT state, sum(rows_expected - rows_done) FROM osmeta.plan_chunk WHERE phase = 'push' GROUP BY state}),
		'done|0', "$name: so says the ledger");
	return;
}

sub is_gone
{
	my ($name) = @_;
	is(difference($before, rows()), '', "$name: every table is what it was");
	desk(q{SELECT osmeta.drop_plan('p')});
	return;
}

# Pieces whose outcome is not known
sub unknown
{
	return desk(q{SELECT count(*) FROM osmeta.plan_chunk WHERE state = 'prepared'});
}

# Two COMMITs out of five are lost, in no order that an attempt could be in step
# with: what is found out about a piece is lost, too, at times.
my %loss = (
	'the request lost' => 'stop',
	'the answer lost' => 'lose',
	'the request late' => 'late 1');
srand 1;
my @turn = map { rand() < 0.4 } 1 .. 200;

for my $case (
	[ 'assigned', 'the answer lost', 1 ],
	[ 'assigned', 'the request lost', 0 ],
	[ 'assigned', 'the request late', 1 ],
	[ 'offset', 'the answer lost', 1, 'delete' ],
	[ 'offset', 'the request late', 0 ])
{
	my ($strategy, $what, $undo_too, $existing) = @$case;
	my $name = "$strategy, $what";

	make_plan($strategy, $existing);
	order(map { $_ ? $loss{$what} : 'pass' } @turn);
	my ($calls, @said) = insist('run_plan');
	note(map { "$_\n" } @said);
	cmp_ok($calls, '>', 3, "$name: a run ends well, after some that did not");
	order();
	is_right($name);
	if ($undo_too)
	{
		order(map { $_ ? $loss{$what} : 'pass' } @turn);
		($calls, @said) = insist('undo_plan');
		note(map { "$_\n" } @said);
		cmp_ok($calls, '>', 2, "$name: an undo likewise");
		order();
	}
	else
	{
		value(undef, 'desk', q{CALL osmeta.undo_plan('p')});
	}
	is_gone("$name, undone");

	# and undone when the first piece is in doubt
	make_plan($strategy, $existing);
	foreach my $passed (0 .. 20)
	{
		order(('pass') x $passed, $loss{$what});
		psql(undef, 'desk', q{CALL osmeta.run_plan('p')});
		last if unknown() > 0;
	}
	is(unknown(), 1, "$name: of one piece it is not known what became of it");
	order();
	my ($status, undef, $err) = psql(undef, 'desk', q{CALL osmeta.undo_plan('p')});
	is($status, 0, "$name: then it is undone at once") or diag($err);
	is_gone("$name, undone at once");
}

unhasten() if tds_is_ours();
done_testing();
