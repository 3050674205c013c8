#!/usr/bin/perl
# The clean-up script, run in the databases of two factories, one of every trap
# and that of the demo: what it names is gone, what it leaves is said, and
# everything that the model names stands as it did.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IPC::Run;
use Test::More;

create_role('maker');
create_database($_, 'maker') foreach qw(one two);

my ($out, $err) = ('', '');
as('maker', sub {
	local $ENV{PGDATABASE} = 'one';
	IPC::Run::run([ top() . '/test/generator/generate' ], \'', \$out, \$err);
});
is($? >> 8, 0, 'a factory is made') or BAIL_OUT($err);

my $folder = top() . '/demo/factory';
value('maker', 'two', <<"SQL");
CREATE SCHEMA factory;
SET search_path = factory;
\\i '$folder/schema.sql'
\\i '$folder/prod.sql'
SQL

my $database;
sub one { return value('maker', $database, $_[0]); }

# What every effective entity has in the database: the number of its rows and
# a digest of the columns that its active attributes name.
sub kept
{
	my $statements = one(<<'SQL');
SELECT format('SELECT %L, count(*), md5(string_agg(r::text, E''\n'' ORDER BY r::text COLLATE "C")) FROM (SELECT %s FROM factory.%I AS t) AS r;',
	p.table_name || ' ' || string_agg(q.column_name, ' ' ORDER BY q.position),
	string_agg(format('t.%I', q.column_name), ', ' ORDER BY q.position), p.table_name)
FROM (SELECT DISTINCT p.table_id, p.table_name, osmeta.fold_name(a.column_name) AS folded
	FROM osmeta.attribute AS a
		JOIN osmeta.physical_table AS p ON osmeta.fold_name(p.table_name) = osmeta.fold_name(btrim(a.physical_table_name))
	WHERE a.is_effective) AS p
	JOIN osmeta.physical_column AS q ON q.table_id = p.table_id AND osmeta.fold_name(q.column_name) = p.folded
GROUP BY p.table_id, p.table_name
ORDER BY p.table_name COLLATE "C"
SQL
	return one($statements);
}

# Keys of tables of effective entities that rest on nothing left over.
sub keys_kept
{
	return one(<<'SQL');
SELECT c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)
FROM pg_constraint c
WHERE c.connamespace = 'factory'::regnamespace
	AND EXISTS (SELECT FROM osmeta.entity e WHERE e.is_effective
		AND osmeta.fold_name(btrim(e.physical_table_name)) = osmeta.fold_name((SELECT relname FROM pg_class WHERE oid = c.conrelid)))
	AND NOT EXISTS (SELECT FROM unnest(c.conkey) AS k (n) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n
		WHERE a.attname NOT IN (SELECT q.column_name FROM osmeta.attribute q WHERE q.is_effective
			AND osmeta.fold_name(btrim(q.physical_table_name)) = osmeta.fold_name((SELECT relname FROM pg_class WHERE oid = c.conrelid))))
ORDER BY 1, 2
SQL
}

my $left_over = q{
SELECT kind, table_name, column_name FROM (
	SELECT 'entity' AS kind, physical_table_name AS table_name, NULL AS column_name FROM osmeta.soft_deleted WHERE kind = 'entity' AND in_database
	UNION SELECT 'attribute', physical_table_name, column_name FROM osmeta.soft_deleted WHERE kind = 'attribute' AND in_database
	UNION SELECT 'orphan_table', table_name, NULL FROM osmeta.orphan_table WHERE kind <> 'hand-made'
	UNION SELECT 'orphan_column', table_name, column_name FROM osmeta.orphan_column) AS x
ORDER BY 1, 2, 3};
my $problems = q{SELECT severity, code, object, message FROM osmeta.problem
WHERE code NOT IN ('no_statistics') ORDER BY 1, 2, 3, 4};

# name: of the factory; least: what there must be at least.
sub cleaned
{
	my ($name, $least) = @_;

	one(<<'SQL');
CREATE EXTENSION osmeta;
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'postgres');
SELECT osmeta.capture('prod', 'before');
SQL
	my $before = kept();
	my $keys_before = keys_kept();
	my $problems_before = one($problems);
	my @left_over_before = split /\n/, one($left_over);
	my $hand_made = one(q{SELECT table_name FROM osmeta.orphan_table WHERE kind = 'hand-made' ORDER BY 1});
	cmp_ok(scalar @left_over_before, '>=', $least->{left_over}, "$name: it has left-overs");
	cmp_ok(scalar(split /\n/, $before), '>=', $least->{kept}, "$name: and tables in use");
	isnt($hand_made, '', "$name: and copies made by hand");

	my $script = one(q{SELECT osmeta.cleanup_sql('prod')});
	my $tables = () = $script =~ /^DROP TABLE /gm;
	my $columns = () = $script =~ /^ALTER TABLE .* DROP COLUMN /gm;
	my $foreign = () = $script =~ /^ALTER TABLE .* DROP CONSTRAINT /gm;
	my $left = () = $script =~ /^-- left: /gm;
	like($script, qr/^-- To be dropped: tables $tables, columns $columns; to stay: $left /m,
		"$name: the script says how much it drops and leaves");
	cmp_ok($tables, '>=', $least->{tables}, "$name: it drops tables");
	cmp_ok($columns, '>=', $least->{columns}, "$name: and columns");
	cmp_ok($foreign, '>', 0, "$name: and foreign keys");
	cmp_ok($left, '>', 0, "$name: and leaves something");
	is(join("\n", grep { !/^(?:-- .*|(?:DROP TABLE|DROP VIEW|ALTER TABLE) .*;)$/ } split /\n/, $script), '',
		"$name: each line is a comment or a statement") or diag($script);
	unlike($script, qr/^[^-].*(?:CASCADE;|\."OSSYS_)/im,
		"$name: none cascades or names a table of the platform");

	# Straight into the database, in one go.
	my ($status, undef, $error) = psql('maker', $database, $script, '--single-transaction');
	is($status, 0, "$name: the factory takes the whole script") or diag($error, $script);

	one(q{SELECT osmeta.capture('prod', 'after')});
	is(difference($before, kept()), '', "$name: what the model names has the same rows as before");
	is(difference($keys_before, keys_kept()), '', "$name: and the same keys");
	is(join("\n", grep { /^\+/ } split /\n/, difference($problems_before, one($problems))), '',
		"$name: there is no problem that was not there before");
	is(one(q{SELECT table_name FROM osmeta.orphan_table WHERE kind = 'hand-made' ORDER BY 1}),
		$hand_made, "$name: copies made by hand stand, nobody having asked");

	# What is still there is what was left, and the reason is still the same.
	my @rest = split /\n/, one($left_over);
	my $again = one(q{SELECT osmeta.cleanup_sql('prod')});
	unlike($again, qr/^[^-]/m, "$name: a second script has nothing to drop");
	my @reasons = $again =~ /^(-- left: .*)$/gm;
	is(difference(join("\n", $script =~ /^(-- left: .*)$/gm), join("\n", @reasons)), '',
		"$name: what was left is left for the same reasons");
	my @unsaid = grep {
		my (undef, $table, $column) = split /\|/;
		my $name = $column eq '' ? $table : "$table.$column";
		!grep { lc(substr($_, 9, length($name) + 2)) eq lc("$name (") } @reasons;
	} @rest;
	is(join("\n", @unsaid), '', "$name: each left-over that is still there is named with a reason");
	cmp_ok(scalar @rest, '<', @left_over_before / 2, "$name: most are gone");

	# By hand, now.
	($status, undef, $error) = psql('maker', $database, one(q{SELECT osmeta.cleanup_sql('prod', '{hand-made}')}));
	is($status, 0, "$name: copies made by hand go when asked for") or diag($error);
	one(q{SELECT osmeta.capture('prod', 'by hand')});
	is(one(q{SELECT table_name FROM osmeta.orphan_table WHERE kind = 'hand-made'}), '', "$name: all of them");
	is(difference($before, kept()), '', "$name: and nothing else");
	return;
}

$database = 'one';
cleaned('every trap', { left_over => 50, kept => 100, tables => 4, columns => 20 });
$database = 'two';
cleaned('demo', { left_over => 5, kept => 15, tables => 2, columns => 2 });

done_testing();
