#!/usr/bin/perl
# A plan whose source is a factory on a T-SQL server: every value comes as it
# is there, the server is asked for ranges of identifiers and for nothing else,
# and names are one there where SQL Server takes them for one.
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

sub desk { return value(undef, 'desk', "SET client_min_messages = error;\n$_[0]"); }

# What a statement says, on standard error
sub said
{
	my (undef, undef, $err) = psql(undef, 'desk', $_[0]);
	return $err;
}

# The plan p anew; options as JSON
sub create_plan
{
	my ($options) = @_;
	desk('CALL make.put_back()');
	desk('SELECT osmeta.drop_plan(plan) FROM osmeta.plan');
	desk("SELECT osmeta.create_plan('p', 'src', 'tgt', '{espace:Shop}', '$options')");
	return;
}

# ---------------------------------------------------------------------------
# Source: values and identifiers that a client can lose
# ---------------------------------------------------------------------------
create_database('desk');
value(undef, 'desk', <<"SQL");
\\o /dev/null
\\i '$fixture/shop_all.sql'
SET search_path = source;
SELECT make.attribute('Shop.Region', 'Balance', 'rtCurrency'), make.attribute('Shop.Region', 'ParentId', 'Shop.Region', 'Ignore');
SET search_path = target;
SELECT make.attribute('Shop.Region', 'Balance', 'rtCurrency'), make.attribute('Shop.Region', 'ParentId', 'Shop.Region', 'Ignore');
RESET search_path;
SELECT format('ALTER TABLE %s ADD "BALANCE" numeric(37,8), ADD "PARENTID" bigint', make.table_of(f, 'Region')) FROM unnest('{source,target}'::name[]) f \\gexec
SQL
value(undef, 'desk', <<'SQL');
SELECT format('INSERT INTO %s ("ID", "NAME", "BALANCE", "PARENTID") VALUES (3000000001, ''beyond an integer'', 12345678901234567890123456789.12345678, 3000000002),'
	' (3000000002, ''x'', -0.00000001, 1), (1000000000000000, ''beyond all digits'', 99999999999999999999999999999.99999999, 3000000001)', make.table_of('source', 'Region')) \gexec
SELECT format('INSERT INTO %s ("ID", "NAME", "REGIONID", "SINCE", "PHOTO") SELECT 10 + i, ''time '' || i, 3000000001,'
	' timestamp ''2024-03-31 02:00:00'' + i * interval ''1 ms'', CASE i WHEN 7 THEN decode(repeat(''00ff27225c0a'', 900000), ''hex'') END FROM generate_series(1, 12) i', make.table_of('source', 'Customer')) \gexec
SQL
round_times('desk', 'source');
my $database = tds_database('pull');
copy_schema('desk', 'source', $database);
my $record = "$ENV{OSMETA_WORK}/tds_pull.$$";
my ($port) = tds_proxy(record => $record);
create_tds_server('desk', 'tds', $database, port => $port, host => '127.0.0.1');
desk(q{SELECT osmeta.attach('src', 'tds'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver')});
desk(q{SELECT osmeta.capture('src'), osmeta.capture('tgt')});

# ---------------------------------------------------------------------------
# What comes, under an odd time zone; what the server is asked
# ---------------------------------------------------------------------------
unlink $record;
create_plan('{"chunk_rows": 3}');
is(desk(q{SELECT string_agg(code || ' ' || object, ', ') FROM osmeta.plan_problem WHERE severity = 'error'}), '', 'nothing is wrong with the plan');
is(said(q{SET client_min_messages = warning; SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'; CALL osmeta.run_plan('p')}), '', 'the plan runs, and nothing warns');
is(desk('SELECT count(*) FROM make.wrong'), 0, 'every row means the same');
my $regions = q{SELECT string_agg(format('%s|%s|%s', r."NAME", r."BALANCE", p."NAME"), E'\n' ORDER BY r."NAME" COLLATE "C") FROM T r LEFT JOIN T p ON p."ID" = r."PARENTID" WHERE r."NAME" NOT LIKE 'theirs%'};
my %table = map { $_ => desk("SELECT make.table_of('$_', 'Region')") } qw(source target);
is(desk($regions =~ s/\bT\b/$table{target}/gr), desk($regions =~ s/\bT\b/$table{source}/gr), 'decimals of 37 digits, identifiers beyond 2^31');
is(desk(q{SELECT count(*), max(length("PHOTO")) FROM target.customer WHERE "NAME" LIKE 'time %'}), '12|5400000', 'times and a large binary are there');
is(desk(q{SELECT string_agg(DISTINCT status, ' ') FROM osmeta.verify_plan('p')}), 'ok', 'verify_plan finds nothing');

my $sent = do { open my $in, '<:raw', $record or die "$record: $!\n"; local $/; <$in> };
$sent =~ tr/\0//d;
my %tables = map { lc $_ => 1 } split /\n/, desk(q{SELECT "PHYSICAL_TABLE_NAME" FROM source."OSSYS_ENTITY"});
my @statements = grep { /FROM \[dbo\]\.\[(\w+)\]/ && $tables{ lc $1 } } $sent =~ /(SELECT [^\x01]*)/g;
cmp_ok(scalar @statements, '>', 20, 'the server was asked');
my $id = qr/\[ID\] (?:>=|<=|>|<|=) \(?-?\d+\)?/i;
my $condition = qr/\(*$id\)*(?: (?:AND|OR) \(*$id\)*)*/;
is(join("\n", grep { !/\ASELECT [^()]* FROM \[dbo\]\.\[\w+\](?: WHERE $condition)?(?: ORDER BY \[ID\] (?:ASC|DESC))?[^\w(]*\z/i } @statements), '',
	'for all rows, or for ranges of identifiers');
my @bounded = grep { /WHERE/ } @statements;
cmp_ok(scalar @bounded, '>', 8, 'for pieces of the large tables');
is(join("\n", grep { /PHOTO/i && !/WHERE/ } @statements), '', 'never for all binaries at once');

# ---------------------------------------------------------------------------
# Names that SQL Server takes for one
# ---------------------------------------------------------------------------
tds_batch($database, q{UPDATE OSSYS_USER SET USERNAME = N'JDoé' WHERE ID = 11
UPDATE OSSYS_USER SET USERNAME = N'ANN' WHERE ID = 10
UPDATE OSSYS_ENTITY SET SS_KEY = UPPER(SS_KEY)
UPDATE OSSYS_ENTITY_ATTR SET SS_KEY = UPPER(SS_KEY)
UPDATE OSSYS_ENTITY_RECORD SET SS_KEY = UPPER(SS_KEY), ENTITY_SS_KEY = UPPER(ENTITY_SS_KEY)
UPDATE OSSYS_ESPACE SET SS_KEY = UPPER(SS_KEY)});
(my $customer = desk("SELECT make.table_of('source', 'Customer')")) =~ s/.*"(.*)"/$1/;
tds_batch($database, "UPDATE dbo.$customer SET COLORID = N'r ' WHERE ID IN (1, 13)
UPDATE dbo.$customer SET COLORID = N'R' WHERE ID IN (11, 15)
UPDATE dbo.$customer SET COLORID = N'r' WHERE ID IN (12, 14)");
desk(q{UPDATE target."OSSYS_USER" SET "USERNAME" = 'jdoÉ  ' WHERE "ID" = 10});
desk(q{SELECT osmeta.capture('src'), osmeta.capture('tgt')});
create_plan('{}');
is(desk(q{SELECT string_agg(source_id || ' ' || COALESCE(target_id, '-'), ', ' ORDER BY source_id) FROM osmeta.plan_map
		WHERE plan_id = (SELECT plan_id FROM osmeta.plan) AND source_id IN ('10', '11') AND entity_id = (SELECT entity_id FROM osmeta.plan_entity WHERE entity = 'User')}),
	'10 20, 11 10', 'users are matched whatever case and blanks at the end');
is(desk(q{SELECT count(*) FROM osmeta.plan_entity WHERE is_data AND status = 'matched'}), 6, 'entities are matched whatever case of their keys');
is(said(q{SET client_min_messages = warning; CALL osmeta.run_plan('p')}), '', 'the plan runs');
is(desk(q{SELECT string_agg(e.entity || ' ' || m.source_id || ' ' || COALESCE(m.target_id, '-'), ', ' ORDER BY e.entity, m.source_id COLLATE "C") FROM osmeta.plan_map m JOIN osmeta.plan_entity e USING (plan_id, entity_id)
		WHERE e.entity IN ('Kind', 'Color')}), 'Color G R, Color R RED, Color r RED, Color r  RED, Kind 1 2, Kind 2 3, Kind 3 1', 'static records are matched, and references to them in another case');
is(desk(q{SELECT string_agg(DISTINCT "COLORID", ' ') FROM target.customer WHERE "NAME" IN ('Self', 'time 1', 'time 2', 'time 3', 'time 4', 'time 5')}), 'RED', 'these lead to the record');
desk(q{SELECT format('CREATE UNIQUE INDEX "OSIDX_name" ON %s ("NAME")', make.table_of('target', 'Region')) \gexec
	SELECT osmeta.capture('tgt')});
tds_batch($database, "UPDATE dbo.\"$1\" SET NAME = 'THEIRS 2  ' WHERE ID = 2") if $table{source} =~ /"(.*)"/;
create_plan('{}');
like(said(q{CALL osmeta.run_plan('p')}), qr/ERROR:  values of Shop\.Region collide in unique index "OSIDX_name".*theirs 2/s, 'a unique index there is one without case and blanks at the end');
is(desk(q{SELECT count(*) FROM target.region WHERE "NAME" NOT LIKE 'theirs%'}), 0, 'before anything is written');

done_testing();
