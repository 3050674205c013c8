# What the Perl tests share: databases, roles and psql, through nothing but the
# PG* variables of the throwaway cluster.
package Database;

use strict;
use warnings;

use Exporter 'import';
use File::Spec::Functions qw(catdir catfile rel2abs updir);
use File::Basename;
use IPC::Run;
use Test::More;

our @EXPORT = qw(top as psql value command_ok create_database create_role
  create_work run_work contents fingerprint difference stage_folder);

my %password;

# The top folder of the sources.
sub top
{
	return catdir(dirname(rel2abs(__FILE__)), updir, updir, updir);
}

# The folder of the stage that holds control file and scripts.
sub stage_folder
{
	my $share = qx("$ENV{PG_CONFIG}" --sharedir);
	chomp $share;
	return "$ENV{OSMETA_STAGE}$share/extension";
}

# Call a function as a role that create_role made; undef is the superuser.
sub as
{
	my ($role, $what) = @_;
	local $ENV{PGUSER} = $role // $ENV{PGUSER};
	local $ENV{PGPASSWORD} = $password{ $role // '' } // $ENV{PGPASSWORD};
	return $what->();
}

# Run SQL as a role; gives exit status (of psql: 3 for an error), what it
# printed and what it said.
sub psql
{
	my ($role, $database, $sql, @options) = @_;
	my ($out, $err) = ('', '');
	as($role,
		sub {
			IPC::Run::run(
				[
					'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d',
					$database, @options
				],
				\$sql, \$out, \$err);
		});
	my $status = $? >> 8;
	chomp($out, $err);
	return ($status, $out, $err);
}

# What SQL prints.  Nothing after it makes sense if it fails, so the test ends.
sub value
{
	my ($role, $database, $sql, @options) = @_;
	my ($status, $out, $err) = psql($role, $database, $sql, @options);
	die "psql in $database: $sql\n$err\n" unless $status == 0;
	return $out;
}

# A test: the command of PostgreSQL ends well when a role runs it.
sub command_ok
{
	my ($role, $command, $name) = @_;
	my ($out, $err) = ('', '');
	my $ok =
	  as($role, sub { IPC::Run::run($command, \'', \$out, \$err) });
	diag($err) unless $ok;
	return ok($ok, $name);
}

# A role that may log in and nothing more.
sub create_role
{
	my ($role) = @_;
	$password{$role} = "pass word of $role";
	value(undef, 'postgres',
		"CREATE ROLE $role LOGIN NOSUPERUSER PASSWORD '$password{$role}'");
	return;
}

sub create_database
{
	my ($database, $owner) = @_;
	value(undef, 'postgres',
		"CREATE DATABASE $database TEMPLATE template0"
		  . (defined $owner ? " OWNER $owner" : ''));
	return;
}

# Two small factories in schemas of the database, both attached and captured,
# and a plan between them: what an analyst has on the desk.
sub create_work
{
	my ($role, $database) = @_;
	foreach my $factory (qw(prod qa))
	{
		my @files =
		  map { ('-f', top() . "/demo/factory/$_.sql") } ('schema', $factory);
		command_ok(
			$role,
			[
				'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null',
				'-d', $database, '-c', "CREATE SCHEMA factory_$factory",
				'-c', "SET search_path = factory_$factory", @files
			],
			"factory $factory stands in $database");
		value($role, $database, <<"SQL");
SELECT osmeta.attach('$factory', remote_schema => 'factory_$factory');
SELECT osmeta.capture('$factory', 'first');
SQL
	}
	value($role, $database, <<'SQL');
SELECT osmeta.create_plan('move', 'prod', 'qa',
						  ARRAY['application:People Directory'],
						  '{"users": "fallback:importer"}')
SQL
	return;
}

# Run the plan; gives whether entities were verified, and those that are not as
# they should be: 't|' if all is well.
sub run_work
{
	my ($role, $database) = @_;
	value($role, $database, "CALL osmeta.run_plan('move')");
	return value($role, $database, <<'SQL');
SELECT pg_catalog.bool_or(v.rows_found OPERATOR(pg_catalog.>) 4000),
	   pg_catalog.string_agg(v.entity, ', ')
		   FILTER (WHERE v.status OPERATOR(pg_catalog.<>) 'ok')
FROM osmeta.verify_plan('move') v
SQL
}

# Number and digest of the rows of all relations that are osmeta's or an
# environment's, one line each, but for the table of object ids, which mean
# nothing in another database.  They are read under the database's own
# search_path, which may be hostile; where it hides a type, the server itself
# writes the type with its schema.
sub contents
{
	my ($role, $database) = @_;
	my $statements = value($role, $database, <<'SQL');
SET search_path = pg_catalog;
-- what these show of factories in this very database differs in a copy, and
-- so does what rests on them: numbers of tables, statistics
WITH RECURSIVE physical (oid) AS (
	SELECT c.oid
	FROM pg_class c
	WHERE c.relname ~ '^(live_)?physical_'
	  AND c.relnamespace::regnamespace::text IN ('prod', 'qa')
	UNION
	SELECT r.ev_class
	FROM physical p
	JOIN pg_depend d ON d.refobjid = p.oid AND d.refclassid = 'pg_class'::regclass
	JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
)
SELECT format('SELECT %L, pg_catalog.count(*), pg_catalog.md5(pg_catalog.string_agg('
			  'r.line, E''\n'' ORDER BY r.line COLLATE pg_catalog."C")) '
			  'FROM (SELECT pg_catalog.replace(t::pg_catalog.text, ''pg_catalog.'', '''') AS line '
			  'FROM %s t) r;',
			  c.oid::regclass, c.oid::regclass)
FROM pg_class c
WHERE c.relkind IN ('r', 'v', 'f')
  AND c.relnamespace::regnamespace::text IN ('osmeta', 'prod', 'qa', 'move')
  AND c.relname <> 'environment_relation'
  AND c.oid NOT IN (SELECT p.oid FROM physical p)
ORDER BY c.oid::regclass::text
SQL
	return value($role, $database, $statements);
}

# The lines in which two texts differ, in whatever order their lines stand.
sub difference
{
	my ($one, $other) = @_;
	my %seen;
	$seen{$_}-- foreach split /\n/, $one;
	$seen{$_}++ foreach split /\n/, $other;
	return join "\n",
	  map { ($seen{$_} < 0 ? '- ' : '+ ') . $_ }
	  sort grep { $seen{$_} } keys %seen;
}

# What an installation put into the catalogue, as lines.
sub fingerprint
{
	my ($role, $database) = @_;
	return value($role, $database,
		"\\i '" . top() . "/test/upgrade/fingerprint.sql'");
}

1;
