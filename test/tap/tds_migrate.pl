#!/usr/bin/perl
# Migrations between two databases of a T-SQL server.  Each plan runs there and
# between the two PostgreSQL factories that the databases were copied from: in
# the end both targets hold the same rows, and after an undo those of before.
# What stands at the T-SQL server is read by tds_query, not by what is tested.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use TdsCopy;
use Test::More;

tds_needed(is_long => 1);

my $fixture = top() . '/test/fixture';

sub desk { return value(undef, 'desk', $_[0]); }

# What a statement gives, or says.
sub desk_is
{
	my ($sql, $expected, $name) = @_;
	my ($status, $out, $err) = psql(undef, 'desk', $sql);
	is($status == 0 ? $out : $err, $expected, $name);
	return;
}

# ---------------------------------------------------------------------------
# Two factories, in schemas of the desk and in databases of the T-SQL server
# ---------------------------------------------------------------------------

create_database('desk');
desk(<<"SQL");
\\o /dev/null
\\i '$fixture/shop_all.sql'
CREATE EXTENSION tds_fdw;
CREATE EXTENSION osmeta_tds;
SQL
for my $schema (qw(source target))
{
	my $database = tds_database($schema);
	round_times('desk', $schema);
	copy_schema('desk', $schema, $database);
	create_tds_server('desk', "tds_$schema", $database);
}
desk(<<'SQL');
\o /dev/null
SELECT osmeta.attach('src', 'tds_source', 'dbo', 'sqlserver'), osmeta.attach('tgt', 'tds_target', 'dbo', 'sqlserver'),
	osmeta.attach('here', remote_schema => 'source', dialect => 'sqlserver'),
	osmeta.attach('there', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture(e) FROM unnest(ARRAY['src', 'tgt', 'here', 'there']) e;
CREATE SCHEMA before;
SELECT format('CREATE TABLE before.%I AS SELECT * FROM target.%1$I', c.relname)
FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r'
\gexec
SQL

# The columns of each table that rows can get into
my %columns = map { split /\|/ } split /\n/, desk(q{
	SELECT c.relname, string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum)
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r'
		AND (c.relname ILIKE 'osusr%' OR c.relname ~ 'ossys_(user|group|user_role|group_role|group_user|user_group)$')
	GROUP BY c.relname});

# All rows of a schema, or of the T-SQL server's target, as a query.
sub rows_of
{
	my ($side, $table) = @_;
	return qq{SELECT to_jsonb(r)::text FROM $side."$table" r}
	  if $side ne 'tds_target';
	my $types = desk(qq{SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
		FROM pg_attribute a WHERE a.attrelid = 'target."$table"'::regclass AND a.attnum > 0 AND NOT a.attisdropped});
	(my $names = $columns{$table}) =~ s/(?<!")\b([a-z_][a-z_0-9]*)\b(?!")/"$1"/g;
	return qq{SELECT to_jsonb(r)::text FROM osmeta.tds_query('tds_target', 'SELECT $names FROM dbo."$table"') r ($types)};
}

# Where do two sides differ?  '' if nowhere.
sub difference_between
{
	my ($one, $other) = @_;
	my @found;
	for my $table (sort keys %columns)
	{
		my ($left, $right) = map { rows_of($_, $table) } $one, $other;
		my $rows = desk("SELECT '- ' || v FROM ($left EXCEPT ALL $right) d (v)"
			  . " UNION ALL SELECT '+ ' || v FROM ($right EXCEPT ALL $left) d (v) ORDER BY 1");
		push @found, "$table\n$rows" if $rows ne '';
	}
	return join "\n", @found;
}

is(difference_between('before', 'tds_target'), '', 'the copy is like its original');

# ---------------------------------------------------------------------------
# A plan over TDS, and its twin between the PostgreSQL factories
# ---------------------------------------------------------------------------

sub plan_both
{
	my ($name, $options, $edit) = @_;
	desk("SELECT osmeta.create_plan('$name', 'src', 'tgt', '{*}', '$options')");
	desk("SELECT osmeta.create_plan('${name}_twin', 'here', 'there', '{*}', '$options')");
	desk($edit) if $edit;
	desk_is("SELECT code, object, message FROM osmeta.plan_problem WHERE plan = '$name' AND severity = 'error'",
		'', "$name: nothing stops the plan");
	return;
}

sub run_both
{
	my ($name, $what) = @_;
	desk_is("CALL osmeta.run_plan('$_')", '', "$what: $_ runs") foreach $name, "${name}_twin";
	is(difference_between('target', 'tds_target'), '', "$what: the rows that come between PostgreSQL factories");
	like(difference_between('before', 'tds_target'), qr/customer\n\+ /i, "$what: rows have come");
	desk_is("SELECT espace, entity, status, detail FROM osmeta.verify_plan('$name') WHERE status <> 'ok'",
		'', "$what: verified");
	return;
}

sub undo_both
{
	my ($name) = @_;
	desk_is("CALL osmeta.undo_plan('$_')", '', "$_ is undone") foreach $name, "${name}_twin";
	is(difference_between('before', 'tds_target'), '', "$name: the rows of before stand there");
	desk("SELECT osmeta.drop_plan('$name'), osmeta.drop_plan('${name}_twin')");
	return;
}

plan_both('given', '{}');
desk_is(q{SELECT string_agg(DISTINCT key_strategy, ' ' ORDER BY key_strategy) FROM osmeta.plan_entity e JOIN osmeta.plan p USING (plan_id) WHERE plan = 'given' AND is_data},
	'keep offset parent', 'identifiers are given where that is allowed');
run_both('given', 'identifiers that the plan gives');
undo_both('given');

# Moving a counter at the T-SQL server may leave out one identifier: let those
# of the twin stand where they stand there.
for my $table (sort keys %columns)
{
	desk(qq{SELECT setval(s.name, greatest(q.last_value, there.value))
		FROM (SELECT pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) FROM pg_attribute a
			WHERE a.attrelid = 'target."$table"'::regclass AND a.attidentity <> '') s (name)
		JOIN pg_sequences q ON format('%I.%I', q.schemaname, q.sequencename) = s.name,
		osmeta.tds_query('tds_target', 'SELECT CAST(IDENT_CURRENT(''dbo."$table"'') AS bigint)') there (value bigint)
		WHERE there.value IS NOT NULL});
}
plan_both('assigned', '{}', q{UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE is_data AND key_strategy = 'offset'});
run_both('assigned', 'identifiers that the server gives');
undo_both('assigned');

# ---------------------------------------------------------------------------
# Times that a column in three hundredths of a second does not keep
# ---------------------------------------------------------------------------
my ($customer) = grep { /customer$/i } split /\n/,
  desk(q{SELECT relname FROM pg_class WHERE relnamespace = 'source'::regnamespace});
desk(qq{CREATE TABLE times AS SELECT "ID", "SINCE" FROM source."$customer";
	UPDATE source."$customer" SET "SINCE" = timestamp '2024-02-29 23:59:59.346' + "ID" * interval '1 millisecond'});
desk(q{SELECT osmeta.create_plan('times', 'here', 'tgt', '{entity:Shop.Region,entity:Shop.Customer}')});
desk_is(q{CALL osmeta.run_plan('times')}, '', 'times are delivered');
desk_is(q{SELECT entity, status FROM osmeta.verify_plan('times') ORDER BY 1}, "Customer|ok\nRegion|ok",
	'what the column keeps of them is verified');
desk_is(q{CALL osmeta.undo_plan('times')}, '', 'and is not taken for changed');
is(difference_between('before', 'tds_target'), '', 'the rows of before stand there');
desk(qq{SELECT osmeta.drop_plan('times');
	UPDATE source."$customer" c SET "SINCE" = t."SINCE" FROM times t WHERE t."ID" = c."ID"});

# ---------------------------------------------------------------------------
# A login that may read and write rows, and nothing else
# ---------------------------------------------------------------------------

my $login = "osmeta_writer_$$";
my $database = desk(q{SELECT substr(o, 10) FROM pg_foreign_server, unnest(srvoptions) o WHERE srvname = 'tds_target' AND o LIKE 'database=%'});
tds_batch('master', "CREATE LOGIN $login WITH PASSWORD = 'Passw0rd!'");
tds_batch($database, "CREATE USER $login FOR LOGIN $login");
my @tables = split /\n/, desk(q{SELECT relname FROM pg_class WHERE relnamespace = 'target'::regnamespace AND relkind = 'r'});
tds_batch($database, join "\n", map { qq{GRANT SELECT, INSERT, UPDATE, DELETE ON dbo."$_" TO $login} } @tables);
create_tds_server('desk', 'tds_poor', $database, user => $login, password => 'Passw0rd!');
desk(q{SELECT osmeta.attach('poor', 'tds_poor', 'dbo', 'sqlserver'), osmeta.capture('poor')});
desk(q{SELECT osmeta.create_plan('meagre', 'src', 'poor', '{entity:Shop.Region,entity:Shop.Customer}')});
desk_is(q{SELECT DISTINCT key_strategy, key_reason FROM osmeta.plan_entity JOIN osmeta.plan USING (plan_id) WHERE plan = 'meagre' AND is_data},
	'assigned|the target gives the identifiers: to give them needs the right to ALTER the table',
	'without ALTER the server gives the identifiers');
desk_is(q{SELECT code, object FROM osmeta.plan_problem WHERE plan = 'meagre' AND severity = 'error'}, '', 'and nothing is missing');
desk(q{UPDATE osmeta.plan_entity SET key_strategy = 'offset', id_offset = 1000 WHERE entity = 'Region' AND key_strategy = 'assigned'});
# SQL Server keeps the case of names, Babelfish does not
desk_is(q{SELECT code, object, lower(message), lower(hint) FROM osmeta.plan_problem WHERE plan = 'meagre' AND severity = 'error'},
	q{identity_always|Shop.Region|the right to alter table "osusr_4af_region" of environment "poor" is missing, without which no identifier can be given (identity_insert)|}
	. q{set key_strategy = 'assigned' in osmeta.plan_entity; or have it granted there (grant alter on [dbo].[osusr_4af_region]), and select osmeta.refresh_plan('meagre'); or set include = false in osmeta.plan_entity.},
	'to give them is a problem that says what is missing');
desk(q{UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity = 'Region'});
desk_is(q{CALL osmeta.run_plan('meagre')}, '', 'rows are delivered by it');
# To such a login Babelfish shows no counter but where it began.
my $shows_counters = tds_batch('master', 'SELECT @@VERSION') !~ /babelfish/i;
desk_is(q{SELECT entity, rows_found, checksum_equal, CASE WHEN } . ($shows_counters ? 'false' : q{detail LIKE 'the identity counter is behind:%'})
	. q{ THEN 'ok' ELSE status END FROM osmeta.verify_plan('meagre') ORDER BY 1}, "Customer|6|t|ok\nRegion|3|t|ok", 'verified');
desk_is(q{CALL osmeta.undo_plan('meagre')}, '', 'and undone');
is(difference_between('before', 'tds_target'), '', 'the rows of before stand there');
# Babelfish keeps a user who has rights.
tds_batch($database, join "\n", map { qq{REVOKE SELECT, INSERT, UPDATE, DELETE ON dbo."$_" FROM $login} } @tables);
tds_batch($database, "DROP USER $login");
tds_batch('master', "DROP LOGIN $login");

done_testing();
