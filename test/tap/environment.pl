#!/usr/bin/perl
# Attaching and capturing by a role without superuser, over a server that it
# may only use: what it can do, what a reader can, and what happens when the
# factory cannot be reached or does not show everything.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Test::More;

my $demo = top() . '/demo/factory';
create_role($_) foreach qw(analyst reader stranger there);
create_database('factory');
create_database('desk', 'analyst');
value(undef, 'factory', <<"SQL");
\\o /dev/null
\\i '$demo/schema.sql'
\\i '$demo/prod.sql'
GRANT SELECT ON ALL TABLES IN SCHEMA public TO there;
SQL
# What the administrator of the staging database does, and nobody else can.
value(undef, 'desk', <<"SQL");
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE EXTENSION postgres_fdw;
CREATE SERVER factory FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (host '$ENV{PGHOST}', port '$ENV{PGPORT}', dbname 'factory');
CREATE SERVER closed FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (host '$ENV{PGHOST}', port '$ENV{PGPORT}', dbname 'factory');
GRANT USAGE ON FOREIGN SERVER factory TO analyst;
SQL

sub desk    { return value('analyst', 'desk', $_[0]); }
sub factory { return value(undef, 'factory', $_[0]); }

sub desk_is
{
	my ($sql, $expected, $name) = @_;
	my ($status, $out, $err) = psql('analyst', 'desk', $sql);
	is($status == 0 ? $out : $err, $expected, $name);
	return;
}

sub fails
{
	my ($role, $sql, $message, $name) = @_;
	my ($status, $out, $err) =
	  psql($role, 'desk', $sql, '-v', 'VERBOSITY=verbose');
	like($err, qr/ERROR:  $message/, $name);
	return;
}

# What an attach or a capture that failed must not leave behind
sub left_behind
{
	return desk(<<'SQL');
SELECT (SELECT count(*) FROM osmeta.environment),
	(SELECT count(*) FROM osmeta.environment_object),
	(SELECT count(*) FROM osmeta.environment_relation),
	(SELECT count(*) FROM osmeta.capture),
	(SELECT count(*) FROM osmeta.captured_entity_attr),
	(SELECT count(*) FROM osmeta.captured_physical_column),
	(SELECT count(*) FROM pg_namespace WHERE nspname = 'prod'),
	(SELECT count(*) FROM pg_class WHERE relkind = 'f')
SQL
}
my $nothing = '0|0|0|0|0|0|0|0';

# ---------------------------------------------------------------------------
# A server that cannot be used
# ---------------------------------------------------------------------------
desk('CREATE EXTENSION osmeta');
fails('analyst', q{SELECT osmeta.attach('prod', 'closed')},
	'42501: permission denied for foreign server "closed"',
	'a server without USAGE is refused');
fails('analyst', q{SELECT osmeta.attach('prod', 'factory')},
	'42704: user mapping not found', 'a server without a user mapping is refused');
desk(q{CREATE USER MAPPING FOR analyst SERVER factory OPTIONS (user 'there', password 'wrong')});
fails('analyst', q{SELECT osmeta.attach('prod', 'factory')},
	'08001: could not connect to server "factory"',
	'a wrong password is an error');
desk(q{ALTER USER MAPPING FOR analyst SERVER factory OPTIONS (DROP password)});
fails('analyst', q{SELECT osmeta.attach('prod', 'factory')},
	'2F003: password', 'no password at all is an error');
is(left_behind(), $nothing, 'none of them leaves anything behind');

desk(q{ALTER USER MAPPING FOR analyst SERVER factory OPTIONS (ADD password 'pass word of there')});
value(undef, 'desk', q{ALTER SERVER factory OPTIONS (SET port '1')});
fails('analyst', q{SELECT osmeta.attach('prod', 'factory')},
	'08001: could not connect to server "factory"',
	'a server that is down is an error');
is(left_behind(), $nothing, 'it leaves nothing behind');
value(undef, 'desk',
	"ALTER SERVER factory OPTIONS (SET port '$ENV{PGPORT}')");
fails('analyst', q{SELECT osmeta.attach('prod', 'factory', 'nowhere')},
	'3F000: no OSSYS table is found in schema "nowhere" of server "factory"',
	'a schema without a metamodel is an error');
is(left_behind(), $nothing, 'it leaves nothing behind either');

# ---------------------------------------------------------------------------
# What the user there may not see
# ---------------------------------------------------------------------------
factory(q{REVOKE SELECT ON pg_catalog.pg_index FROM PUBLIC});
my ($status, $out, $err) =
  psql('analyst', 'desk', q{SELECT osmeta.attach('prod', 'factory')});
is(join("\n", $err =~ /^(?:WARNING|DETAIL).*/mg), <<'TEXT' =~ s/\n\z//r, 'attach tells which parts of the catalogue it cannot read');
WARNING:  physical_size of "prod" cannot be read and is left empty
DETAIL:  permission denied for table pg_index
WARNING:  physical_key of "prod" cannot be read and is left empty
DETAIL:  permission denied for table pg_index
WARNING:  physical_index of "prod" cannot be read and is left empty
DETAIL:  permission denied for table pg_index
TEXT
desk_is(q{SELECT count(*) > 40, count(row_count) > 30, count(data_bytes) FROM prod.physical_table},
	't|t|0', 'tables are shown without their sizes');
desk_is(q{SELECT count(*) FROM prod.physical_key UNION ALL SELECT count(*) FROM prod.physical_index},
	"0\n0", 'keys and indexes are not');
desk_is(q{SELECT osmeta.capture('prod')}, '1', 'a capture works');
my $unreadable = <<'TEXT' =~ s/\n\z//r;
physical_index|permission denied for table pg_index
physical_key|permission denied for table pg_index
physical_size|permission denied for table pg_index
TEXT
desk_is(q{SELECT u.part, u.message FROM osmeta.capture, jsonb_to_recordset(unreadable) AS u (part text, message text) ORDER BY u.part},
	$unreadable, 'and keeps what could not be read');
desk_is(q{SELECT u.part, u.message FROM prod.shown_capture, jsonb_to_recordset(unreadable) AS u (part text, message text) ORDER BY u.part},
	$unreadable, 'so do the live views');
desk(q{SELECT osmeta.detach('prod'), osmeta.drop_capture(1)});
is(left_behind(), $nothing, 'detached and dropped, nothing is left');

factory(q{GRANT SELECT ON pg_catalog.pg_index TO PUBLIC});
($status, $out, $err) =
  psql('analyst', 'desk', q{SELECT osmeta.attach('prod', 'factory')});
unlike($err, qr/WARNING/, 'with the right to read it attach says nothing');
desk_is(q{SELECT count(*) > 30, bool_and(index_bytes IS NOT NULL) FROM prod.physical_table WHERE row_count IS NOT NULL},
	't|t', 'and sizes are shown');
desk(q{SELECT osmeta.capture('prod')});
factory(q{REVOKE SELECT ON pg_catalog.pg_index FROM PUBLIC});
($status, $out, $err) =
  psql('analyst', 'desk', q{SELECT osmeta.capture('prod')});
like($err, qr/WARNING:  parts of the physical catalogue of environment "prod" could not be read/,
	'a right that is lost later does not stop a capture');
desk_is(q{SELECT u.part, u.message FROM osmeta.capture, jsonb_to_recordset(unreadable) AS u (part text, message text) ORDER BY u.part},
	$unreadable, 'which keeps what could not be read');
desk_is(q{SELECT (SELECT count(*) FROM osmeta.physical_table) > 40, (SELECT count(data_bytes) FROM osmeta.physical_table),
	(SELECT count(*) FROM osmeta.physical_column) > 300, (SELECT count(*) FROM osmeta.physical_key)},
	't|0|t|0', 'and what could is there');
factory(q{GRANT SELECT ON pg_catalog.pg_index TO PUBLIC});
desk(q{SELECT osmeta.drop_capture(max(capture_id)) FROM osmeta.capture});

# ---------------------------------------------------------------------------
# A capture that fails
# ---------------------------------------------------------------------------
my $before = left_behind();
factory(q{REVOKE SELECT ON "OSSYS_USER_ROLE" FROM there});
fails('analyst', q{SELECT osmeta.capture('prod')},
	'42501: permission denied for table OSSYS_USER_ROLE',
	'a table of the metamodel that may not be read ends a capture');
is(left_behind(), $before, 'which leaves no trace');
factory(q{GRANT SELECT ON "OSSYS_USER_ROLE" TO there});
value(undef, 'desk', q{ALTER SERVER factory OPTIONS (SET port '1')});
fails('analyst', q{SELECT osmeta.capture('prod')},
	'08001: could not connect to server "factory"', 'so does a server that is down');
is(left_behind(), $before, 'without a trace too');
desk_is(q{SELECT count(*) > 100 FROM osmeta.attribute}, 't',
	'the captures can be read without it');
value(undef, 'desk',
	"ALTER SERVER factory OPTIONS (SET port '$ENV{PGPORT}')");

# ---------------------------------------------------------------------------
# A reader
# ---------------------------------------------------------------------------
desk(<<'SQL');
GRANT USAGE ON SCHEMA osmeta, prod TO reader;
SELECT format('GRANT SELECT ON %s TO reader', c.oid::regclass)
FROM pg_class AS c
WHERE c.relnamespace IN ('osmeta'::regnamespace, 'prod'::regnamespace)
	AND c.relkind = 'v' AND c.relname !~ '^(live_|plan|moved_|found_|delivered_|target_)'
\gexec
SQL
my $views = value('analyst', 'desk', <<'SQL');
SELECT string_agg(format('SELECT count(*) FROM %s', c.oid::regclass), ' UNION ALL ')
FROM pg_class AS c
WHERE c.relnamespace = 'osmeta'::regnamespace AND c.relkind = 'v' AND c.relname !~ '^(plan|moved_|found_|delivered_|target_)'
SQL
is((psql('reader', 'desk', $views))[1],
	desk($views), 'a reader sees in every view what the owner sees');
isnt(desk($views) =~ s/^0$//mgr, '', 'which is something');
is((psql('reader', 'desk', q{SELECT count(*) FROM prod.entity}))[1],
	desk(q{SELECT count(*) FROM prod.entity}), 'in the live ones too');
foreach my $refused (
	[ q{SELECT count(*) FROM osmeta.captured_entity}, 'permission denied for table captured_entity' ],
	[ q{SELECT count(*) FROM osmeta.capture},         'permission denied for table capture' ],
	[ q{SELECT count(*) FROM prod.ossys_user}, 'permission denied for foreign table ossys_user' ],
	[ q{SELECT osmeta.attach('mine', 'factory')},     'permission denied' ],
	[ q{SELECT osmeta.capture('prod')},               'permission denied' ],
	[ q{SELECT osmeta.drop_capture(2)},               'permission denied' ],
	[ q{SELECT osmeta.detach('prod')},                'permission denied' ],
	[ q{SELECT osmeta.create_plan('p', 'prod', 'prod', '{*}')}, 'permission denied' ])
{
	fails('reader', $refused->[0], "42501: $refused->[1]",
		"a reader may not: $refused->[0]");
}
fails('stranger', q{SELECT count(*) FROM osmeta.entity},
	'42501: permission denied for schema osmeta', 'anybody else sees nothing');

desk_is(q{SELECT osmeta.detach('prod')}, '', 'the environment is detached');
desk_is(q{SELECT count(*) > 20 FROM osmeta.entity WHERE environment = 'prod'},
	't', 'its captures stay');

done_testing();
