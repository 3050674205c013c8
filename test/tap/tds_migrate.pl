#!/usr/bin/perl
# Migrations between two databases of a T-SQL server: identifiers that the
# plan gives and such that the server gives, verified, repeated and undone;
# what stands there at the end is what a plan between two PostgreSQL factories
# delivers.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use TdsCopy;
use Test::More;

tds_needed();

my $fixture = top() . '/test/fixture';
create_database('origin');
value(undef, 'origin', <<"SQL");
\\o /dev/null
\\i '$fixture/shop_all.sql'
DROP EXTENSION osmeta;
SQL
my %database;
for my $schema (qw(source target))
{
	round_times('origin', $schema);
	$database{$schema} = tds_database($schema);
	my @left_out = copy_schema('origin', $schema, $database{$schema});
	diag($_) foreach grep { !/^view / } @left_out;
}
create_database('desk');
value(undef, 'desk', <<'SQL');
CREATE EXTENSION osmeta;
CREATE EXTENSION tds_fdw;
CREATE EXTENSION osmeta_tds;
SQL
create_tds_server('desk', $_, $database{$_}) foreach qw(source target);
value(undef, 'desk', <<'SQL');
\o /dev/null
SELECT osmeta.attach('src', 'source', 'dbo', 'sqlserver');
SELECT osmeta.attach('tgt', 'target', 'dbo', 'sqlserver');
SELECT osmeta.capture('src');
SELECT osmeta.capture('tgt');
SQL
print value(undef, 'desk', q{SELECT osmeta.create_plan('p', 'src', 'tgt', '{*}')}), "\n";
print value(undef, 'desk', q{SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE severity <> 'note'}), "\n";
print value(undef, 'desk', q{SELECT entity, key_strategy, id_offset, counter, counter_value, rows_expected FROM osmeta.plan_entity WHERE is_data}), "\n";
print join "\n", psql(undef, 'desk', q{CALL osmeta.run_plan('p')});
print value(undef, 'desk', q{SELECT * FROM osmeta.plan_progress}), "\n";
print join "\n", psql(undef, 'desk', q{SELECT * FROM osmeta.verify_plan('p')});
print join "\n", psql(undef, 'desk', q{CALL osmeta.undo_plan('p')});
done_testing();
