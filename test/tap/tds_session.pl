#!/usr/bin/perl
# The session of doc/sqlserver.md, statement by statement as it stands there,
# between the two factories of the demo on a T-SQL server; as a role that is
# no superuser.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use TdsCopy;
use Test::More;

tds_needed(is_long => 1);

create_role('analyst');
create_database('desk', 'analyst');
value(undef, 'desk', 'CREATE EXTENSION tds_fdw');
for my $name (qw(prod qa))
{
	my $database = tds_database($name);
	create_database("factory_$name");
	value(undef, "factory_$name", join '',
		map { "\\i '" . top() . "/demo/factory/$_.sql'\n" } 'schema', $name);
	copy_schema("factory_$name", 'public', $database);
	create_tds_server('desk', "factory_$name", $database);
	value(undef, 'desk', "GRANT USAGE ON FOREIGN SERVER factory_$name TO analyst");
}
value('analyst', 'desk', 'CREATE EXTENSION osmeta');
value(undef, 'desk', 'CREATE EXTENSION osmeta_tds');

open my $file, '<', top() . '/doc/sqlserver.md' or die "doc/sqlserver.md: $!\n";
my $text = do { local $/; <$file> };
my ($session) = $text =~ /^## A session\n(.*?)^## /ms;
my @block = $session =~ /^```sql\n(.*?)^```\n/msg;
is(scalar @block, 4, 'the session has four parts');

my @answer;
for my $i (0 .. $#block)
{
	my ($status, $out, $err) = psql('analyst', 'desk', $block[$i]);
	is($status, 0, "part $i runs") or diag($err);
	# sizes of tables are not to be seen at every server
	$err =~ s/^WARNING:  physical_size of "\w+" cannot be read.*\nDETAIL:.*\nHINT:.*\n?//mg;
	# what a plan says of its progress
	$err =~ s/^NOTICE:  plan "people"(?:: (?:pull|push|second step) is done| is undone:).*\n?//mg;
	is($err, '', "part $i says nothing besides");
	push @answer, $out;
}
unlike($answer[0], qr/^error\|/m, 'nothing stops the plan');
like($answer[0], qr/^warning\|personal_data\|/m, 'what looks like data of persons is shown');
like($answer[1], qr/^People\|Person\|offset\|\d+\|\d+\|numbers are moved/m, 'strategies are explained');
my @verified = $answer[1] =~ /^\w+\|\w+\|\d+\|\d+\|[tf]\|(\w+)$/mg;
cmp_ok(scalar @verified, '>', 2, 'entities are verified');
is(scalar(grep { $_ ne 'ok' } @verified), 0, 'all of them arrived');
is(scalar(() = $answer[2] =~ /^Person\|\d+\|\d+$/mg), 3, 'pairs of identifiers are shown');

done_testing();
