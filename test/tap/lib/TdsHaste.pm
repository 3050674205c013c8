# Reads of a Babelfish that take milliseconds instead of seconds.
#
# tds_fdw opens two connections for each scan, and a connection costs Babelfish
# a tenth of a second and its catalogue a second.  A test of what is delivered
# there, and interrupted a hundred times, cannot wait for that.  Once an
# environment has been attached through tds_fdw,
#
#	hasten('desk', 'tgt', 'server', 'target', $tds_database)
#
# makes the wrapper's scans those of postgres_fdw, which reads the same tables
# through Babelfish's own PostgreSQL port; osmeta_tds goes on to deliver over
# TDS.  The server's catalogue is read as it was at that moment, but for
# counters.  Schema target of the desk has the factory's columns and types.
# unhasten() lets the T-SQL database be dropped, hasten_again('desk', 'target',
# $tds_database) goes on with another of that name.
package TdsHaste;

use strict;
use warnings;

use Exporter 'import';
use Database;
use IPC::Run;
use Tds;

our @EXPORT = qw(hasten hasten_again unhasten haste_port);

my $counters = <<'SQL';
CREATE VIEW standing.catalog_counters AS
SELECT n.object_id, n.schema_name, n.table_name, n.column_name, pg_catalog.pg_sequence_last_value(d.objid)::bigint AS last_value
FROM standing.numbered AS n
	JOIN pg_catalog.pg_class AS c ON c.relname = n.table_name AND c.relnamespace = :'schema'::pg_catalog.regnamespace
	JOIN pg_catalog.pg_depend AS d ON d.refclassid = 1259 AND d.classid = 1259 AND d.refobjid = c.oid AND d.deptype IN ('a', 'i')
	JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S';
SQL

# A table must not stay locked, or seen as it was, until the transaction of
# who reads it ends: each scan is a transaction of another session.
my $link = <<'SQL';
CREATE EXTENSION IF NOT EXISTS dblink SCHEMA public;
CREATE TABLE standing.connection AS SELECT :'connection'::text AS connection;
CREATE FUNCTION standing.link() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF 'haste' = ANY (public.dblink_get_connections()) THEN
		RETURN 'haste';
	END IF;
	PERFORM public.dblink_connect('haste', (SELECT c.connection FROM standing.connection AS c));
	RETURN 'haste';
END
$$;
SQL

# A way to the PostgreSQL port that looks like one to the TDS port: sockets are
# found by the port's number.
sub haste_port
{
	my ($port) = @_;
	symlink ".s.PGSQL.$ENV{OSMETA_TDS_PG_PORT}", "$ENV{OSMETA_TDS_FOLDER}/.s.PGSQL.$port";
	return;
}

sub hasten
{
	my ($desk, $environment, $server, $schema, $tds_database) = @_;
	value(undef, $desk, <<"SQL");
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA standing;
SELECT format('CREATE TABLE standing.%I AS SELECT * FROM %s', c.relname, c.oid::regclass)
FROM pg_class AS c
WHERE c.relnamespace = '$environment'::regnamespace AND c.relkind = 'f' AND c.relname LIKE 'catalog%'
	AND c.relname NOT IN ('catalog_counters', 'catalog_sizes')
\\gexec
-- Babelfish does not tell sizes
CREATE TABLE standing.catalog_sizes (object_id integer, schema_name text, row_count bigint, data_pages bigint, index_pages bigint, lob_pages bigint);
CREATE TABLE standing.numbered AS
SELECT c.object_id, c.schema_name, c.table_name, c.column_name FROM standing.catalog_columns AS c
WHERE c.is_identity = 1 AND c.type = 'U';
SELECT format('ALTER FOREIGN TABLE %s OPTIONS (DROP query, ADD schema_name ''standing'', ADD table_name %L)', c.oid::regclass, c.relname)
FROM pg_class AS c
WHERE c.relnamespace = '$environment'::regnamespace AND c.relkind = 'f' AND c.relname LIKE 'catalog%'
\\gexec
SELECT format('ALTER FOREIGN TABLE %s ALTER %I OPTIONS (DROP column_name)', a.attrelid::regclass, a.attname)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = '$environment'::regnamespace AND c.relkind = 'f' AND c.relname LIKE 'catalog%' AND a.attfdwoptions IS NOT NULL
\\gexec
ALTER FOREIGN DATA WRAPPER tds_fdw HANDLER postgres_fdw_handler NO VALIDATOR;
ALTER SERVER $server OPTIONS (ADD host '$ENV{OSMETA_TDS_FOLDER}', ADD dbname 'babelfish_db');
SELECT format('ALTER USER MAPPING FOR %s SERVER $server OPTIONS (ADD user ''babelfish_super'', ADD password_required ''false'')',
	CASE WHEN usename IS NULL THEN 'PUBLIC' ELSE quote_ident(usename) END)
FROM pg_user_mappings WHERE srvname = '$server'
\\gexec
SQL
	my $dump = '';
	IPC::Run::run([ 'pg_dump', '-O', '-x', '-n', 'standing', '-d', $desk ], \'', \$dump)
	  or die "pg_dump fails\n";
	# for a psql of the same minor release
	$dump =~ s/^\\(?:un)?restrict .*\n//mg;
	tds_postgres("DROP SCHEMA IF EXISTS standing CASCADE;\n$dump\n$link",
		'-v', "connection=host=$ENV{OSMETA_TDS_FOLDER} port=$ENV{OSMETA_TDS_PG_PORT} user=babelfish_super dbname=babelfish_db");
	hasten_again($desk, $schema, $tds_database);
	return;
}

# Nothing stands upon the T-SQL database's tables any more.
sub unhasten
{
	tds_postgres('SET client_min_messages = error; DROP SCHEMA IF EXISTS dbo CASCADE; DROP VIEW IF EXISTS standing.catalog_counters');
	return;
}

# The tables of the T-SQL database, with columns of PostgreSQL's types.
sub hasten_again
{
	my ($desk, $schema, $tds_database) = @_;
	unhasten();
	my $views = value(undef, $desk, <<"SQL");
SELECT format('CREATE VIEW dbo.%I AS SELECT * FROM public.dblink(standing.link(), %L) AS r (%s);', lower(c.relname),
	format('SELECT %s FROM ${tds_database}_dbo.%I',
		string_agg(format('CAST(%I%s AS %s)', lower(a.attname), CASE a.atttypid WHEN 'boolean'::regtype THEN '::text' ELSE '' END, t.type), ', ' ORDER BY a.attnum),
		lower(c.relname)),
	string_agg(format('%I %s%s', lower(a.attname), t.type, CASE WHEN a.attcollation <> 0 THEN ' COLLATE "C"' ELSE '' END), ', ' ORDER BY a.attnum))
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
	-- as tds_fdw has a bit
	LATERAL (SELECT CASE WHEN a.atttypid = 'boolean'::regtype THEN 'smallint' ELSE format_type(a.atttypid, a.atttypmod) END AS type) AS t
WHERE c.relnamespace = '$schema'::regnamespace AND c.relkind = 'r'
GROUP BY c.relname
SQL
	tds_postgres("CREATE SCHEMA dbo; $views $counters", '-v', "schema=${tds_database}_dbo");
	return;
}

1;
