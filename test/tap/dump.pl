#!/usr/bin/perl
# pg_dump and restore by a role without superuser: everything is there again
# and works on.
use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Test::More;

my $dump = tempdir(CLEANUP => 1) . '/dump.sql';

create_role('analyst');
create_database('desk', 'analyst');
create_database('copy', 'analyst');

value('analyst', 'desk', 'CREATE EXTENSION osmeta');
create_work('analyst', 'desk');

# A row of the user's own beside the shipped ones.
value('analyst', 'desk', <<'SQL');
INSERT INTO osmeta.wrapper
SELECT (jsonb_populate_record(w, '{"wrapper": "our_fdw", "is_shipped": false}')).*
FROM osmeta.wrapper w
WHERE w.wrapper = 'postgres_fdw'
SQL

command_ok('analyst', [ 'pg_dump', '-f', $dump, 'desk' ],
	'the owner dumps without superuser');
command_ok(
	'analyst',
	[
		'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null',
		'-1', '-d', 'copy', '-f', $dump
	],
	'and restores without superuser and without an error');

ok(fingerprint(undef, 'copy') eq fingerprint('analyst', 'desk'),
	'the extension is the same');
is(difference(contents('analyst', 'desk'), contents('analyst', 'copy')),
	'', 'all tables and views show the same rows');
isnt(contents('analyst', 'copy'), '', 'which are some');
is( value('analyst', 'copy',
		"SELECT is_shipped FROM osmeta.wrapper WHERE wrapper = 'our_fdw'"),
	'f',
	'the row of the user\'s own came along');

# The same from an archive, by several jobs that fill tables in any order
create_database('jobs', 'analyst');
command_ok('analyst', [ 'pg_dump', '-Fc', '-f', "$dump.custom", 'desk' ],
	'the owner dumps into an archive');
command_ok('analyst', [ 'pg_restore', '-j', '3', '-e', '-d', 'jobs', "$dump.custom" ],
	'which is restored by three jobs without an error');
is(contents('analyst', 'jobs'), contents('analyst', 'desk'),
	'with the same rows');

# Working on
my $latest = value('analyst', 'desk',
	'SELECT max(capture_id) FROM osmeta.capture');
cmp_ok(value('analyst', 'copy', "SELECT osmeta.capture('prod', 'second')"),
	'>', $latest, 'the next capture has the next number');
is( value('analyst', 'copy', <<'SQL'),
SELECT count(*) FROM prod.entity live
FULL JOIN osmeta.entity captured USING (environment, entity_id)
WHERE environment = 'prod' AND live.entity IS DISTINCT FROM captured.entity
SQL
	'0',
	'and shows what the factory shows');
is(run_work('analyst', 'copy'), 't|', 'the plan runs and all is verified');
($latest) = psql('analyst', 'copy', q{
SELECT osmeta.drop_plan('move'); SELECT osmeta.detach('prod'); SELECT osmeta.detach('qa')});
is($latest, 0, 'plan and environments can be removed');

done_testing();
