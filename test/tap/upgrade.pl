#!/usr/bin/perl
# Update scripts: an installation that was updated is like a fresh one, and
# what stood in it works on.
#
# test/upgrade holds the install script of each version that was released,
# osmeta--VERSION.sql.  Each is installed, filled with work, updated to the
# current version, and compared with a fresh installation by
# test/upgrade/fingerprint.sql; then the work goes on.
#
# That the comparison sees what it should is tested first, on versions made
# from the current script: each differs in one way, and has once an update
# script that forgets to put it right, and once one that does.
use strict;
use warnings;

use File::Basename;
use File::Glob ':bsd_glob';
use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Test::More;

my $stage = stage_folder();
my $share = dirname($stage);
my @added;

sub slurp
{
	my ($file) = @_;
	open my $in, '<', $file or die "cannot read \"$file\": $!\n";
	local $/;
	return scalar <$in>;
}

# Put a script into the stage, for as long as this test runs.
sub add_script
{
	my ($name, $text) = @_;
	open my $out, '>', "$stage/$name" or die "cannot write \"$name\": $!\n";
	push @added, "$stage/$name";
	print $out $text;
	close $out or die "cannot write \"$name\": $!\n";
	return;
}

END { unlink @added }

my ($current) =
  slurp(top() . '/osmeta.control') =~ /^default_version\s*=\s*'([^']+)'/m;
my $script = slurp("$stage/osmeta--$current.sql");

create_role('analyst');
create_database('fresh', 'analyst');
value('analyst', 'fresh', 'CREATE EXTENSION osmeta');
my $fresh = fingerprint(undef, 'fresh');
cmp_ok(scalar(split /\n/, $fresh), '>', 100, 'the fingerprint has many lines');

# A test: an updated installation is like a fresh one.
sub is_fresh
{
	my ($updated, $name) = @_;
	my $difference = difference($fresh, $updated);
	ok($difference eq '', $name) or diag(substr($difference, 0, 4000));
	return;
}

# Install an earlier version, fill it, update it; gives the fingerprint.
sub updated
{
	my ($database, $version, $with_work) = @_;
	create_database($database, 'analyst');
	value('analyst', $database, "CREATE EXTENSION osmeta VERSION '$version'");
	create_work('analyst', $database) if $with_work;
	value('analyst', $database, 'ALTER EXTENSION osmeta UPDATE');
	is( value('analyst', $database,
			"SELECT extversion FROM pg_extension WHERE extname = 'osmeta'"),
		$current, "$version is updated to $current");
	return fingerprint(undef, $database);
}

# What the earlier version had different, how the update puts it right, and
# what the comparison says if the update forgets.
my @changes = (
	[
		'a function of its own',
		'CREATE FUNCTION osmeta.gone_function() RETURNS int LANGUAGE sql RETURN 1;',
		'DROP FUNCTION osmeta.gone_function();',
		qr/^\+ function \| osmeta\.gone_function/m
	],
	[
		'another volatility',
		'ALTER FUNCTION osmeta.espace_hash(text) VOLATILE;',
		'ALTER FUNCTION osmeta.espace_hash(text) IMMUTABLE;',
		qr/^- function \| osmeta\.espace_hash/m
	],
	[
		'another strictness',
		'ALTER FUNCTION osmeta.data_type(text) CALLED ON NULL INPUT;',
		'ALTER FUNCTION osmeta.data_type(text) STRICT;',
		qr/^- function \| osmeta\.data_type/m
	],
	[
		'a column more',
		'ALTER TABLE osmeta.capture ADD COLUMN gone_column int;',
		'ALTER TABLE osmeta.capture DROP COLUMN gone_column;',
		qr/^\+ column \| osmeta\.capture\.gone_column/m
	],
	[
		'a column that may be null',
		'ALTER TABLE osmeta.capture ALTER COLUMN environment DROP NOT NULL;',
		'ALTER TABLE osmeta.capture ALTER COLUMN environment SET NOT NULL;',
		qr/^- column \| osmeta\.capture\.environment/m
	],
	[
		'a constraint more',
		'ALTER TABLE osmeta.capture ADD CONSTRAINT gone_constraint CHECK (capture_id <> 0);',
		'ALTER TABLE osmeta.capture DROP CONSTRAINT gone_constraint;',
		qr/^\+ constraint \| gone_constraint/m
	],
	[
		'an index more',
		'CREATE INDEX gone_index ON osmeta.capture (label);',
		'DROP INDEX osmeta.gone_index;',
		qr/^\+ index \| osmeta\.gone_index/m
	],
	[
		'a view more',
		'CREATE VIEW osmeta.gone_view AS SELECT 1 AS one;',
		'DROP VIEW osmeta.gone_view;',
		qr/^\+ view \| osmeta\.gone_view/m
	],
	[
		'another option of a view',
		'ALTER VIEW osmeta.entity SET (security_barrier);',
		'ALTER VIEW osmeta.entity RESET (security_barrier);',
		qr/^- relation \| osmeta\.entity/m
	],
	[
		'another comment',
		q{COMMENT ON VIEW osmeta.entity IS 'gone';},
		undef,
		qr/^\+ comment \| view osmeta\.entity \| gone/m
	],
	[
		'a right more',
		'GRANT SELECT ON osmeta.capture TO PUBLIC;',
		'REVOKE SELECT ON osmeta.capture FROM PUBLIC;',
		qr/^- relation \| osmeta\.capture/m
	],
	[
		'another cast',
		'DROP CAST (osmeta.oskey AS text); CREATE CAST (osmeta.oskey AS text) WITH INOUT AS IMPLICIT;',
		undef,
		qr/^\+ cast \| osmeta\.oskey as text/m
	],
	[
		'another operator',
		'ALTER OPERATOR osmeta.= (osmeta.oskey, osmeta.oskey) SET (RESTRICT = NONE);',
		'ALTER OPERATOR osmeta.= (osmeta.oskey, osmeta.oskey) SET (RESTRICT = eqsel);',
		qr/^- operator \| osmeta\.=/m
	],
	[
		'another shipped row',
		q{UPDATE osmeta.ossys_table SET meaning = 'gone: ' || meaning WHERE table_name = 'entity';},
		q{UPDATE osmeta.ossys_table SET meaning = substr(meaning, 7) WHERE table_name = 'entity';},
		qr/^\+ row \| osmeta\.ossys_table/m
	],
	[
		'a table that is not dumped',
		'CREATE TABLE osmeta.gone_table (id int);',
		'DROP TABLE osmeta.gone_table;',
		qr/^\+ relation \| osmeta\.gone_table/m
	],
	[
		'another condition of the dump',
		q{SELECT pg_catalog.pg_extension_config_dump('osmeta.capture', 'WHERE capture_id > 0');},
		q{SELECT pg_catalog.pg_extension_config_dump('osmeta.capture', '');},
		qr/^- dump \| osmeta\.capture/m
	],);

# What cannot be put right without knowing what it was is not in the second
# of these versions.
my @mended = grep { defined $_->[2] } @changes;
add_script("osmeta--$current-changed.sql",
	join "\n", $script, map { $_->[1] } @changes);
add_script("osmeta--$current-changed--$current.sql", '');
add_script("osmeta--$current-mended.sql",
	join "\n", $script, map { $_->[1] } @mended);
add_script("osmeta--$current-mended--$current.sql",
	join "\n", map { $_->[2] } @mended);

my $difference = difference($fresh, updated('changed', "$current-changed", 0));
foreach my $change (@changes)
{
	ok($difference =~ $change->[3], "the comparison sees $change->[0]");
}
is_fresh(updated('mended', "$current-mended", 1),
	'and sees nothing after an update that puts all right');
is(run_work('analyst', 'mended'), 't|', 'the plan made before it runs after it');

# The versions that were released
my @released = glob(top() . '/test/upgrade/osmeta--*.sql');
foreach my $file (@released)
{
	my ($version) = basename($file) =~ /^osmeta--(.+)\.sql$/;
	add_script(basename($file), slurp($file));
	(my $database = "from_$version") =~ s/\W/_/g;
	is_fresh(updated($database, $version, 1),
		"$version, updated, is like a fresh installation");
	is(run_work('analyst', $database), 't|', "a plan made by $version runs");
}

# Each update script starts from a version that is kept here.
foreach my $file (glob(top() . '/osmeta--*--*.sql'))
{
	my ($from) = basename($file) =~ /^osmeta--(.+?)--/;
	ok(-e top() . "/test/upgrade/osmeta--$from.sql",
		'the install script of ' . $from . ' is kept for ' . basename($file));
}

done_testing();
