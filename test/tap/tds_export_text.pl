#!/usr/bin/perl
# A script for columns with a code page: texts that it lacks characters of, or
# that take more bytes than the column has, are listed, and nothing is written.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use Test::More;

tds_needed();

my $fixture = top() . '/test/fixture';

create_database('text');
value(undef, 'text', <<"SQL");
\\o /dev/null
\\i '$fixture/shop_all.sql'
SET client_min_messages = warning;
UPDATE source.region SET "NAME" = U&'\\65E5\\672C' WHERE "NAME" = 'North';
UPDATE source.region SET "NAME" = U&'Z\\00FCrich' WHERE "NAME" = 'South';
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SQL
my $lost = value(undef, 'text', q{SELECT "ID" FROM source.region WHERE "NAME" = U&'\65E5\672C'});
my $table = value(undef, 'text', q{SELECT "PHYSICAL_TABLE_NAME" FROM target."OSSYS_ENTITY" WHERE "NAME" = 'Region'});
my $database = tds_database('text');

sub make_table
{
	my ($type) = @_;
	tds_batch($database, "IF OBJECT_ID('dbo.$table') IS NOT NULL DROP TABLE dbo.$table");
	tds_batch($database, "CREATE TABLE dbo.$table (id bigint IDENTITY(1,1) NOT NULL PRIMARY KEY, name $type)");
	return;
}

# The plan knows the target by a copy here.
sub create_plan
{
	my ($plan, $target) = @_;
	value(undef, 'text', <<"SQL");
SET client_min_messages = warning;
SELECT osmeta.create_plan('$plan', 'src', '$target', ARRAY['entity:Shop.Region']);
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity = 'Region';
CALL osmeta.pull_plan('$plan');
SQL
	return;
}

sub run_part
{
	my ($plan, $part) = @_;
	my $script = value(undef, 'text', "SELECT osmeta.export_plan('$plan', 'sqlserver', '$part')");
	my ($out, $err) = tds_try($database, "$script\n");
	return "$err$out";
}

create_plan('copy', 'tgt');
# Babelfish keeps any character in a varchar, and none but its own in a char.
foreach my $type ('char(50) COLLATE Latin1_General_CI_AS')
{
	make_table($type);
	my $said = run_part('copy', 'deliver');
	like($said, qr/rows cannot be delivered\. Nothing has been written/, "$type: refused");
	like($said, qr/table \[dbo\]\.\[$table\], column NAME: a text has characters that its code page lacks, or too many bytes; identifier at the source: $lost\n/i, "$type: said which");
	unlike($said, qr/plan copy: delivered/, "$type: not delivered");
	is(tds_batch($database, "SELECT COUNT(*) FROM dbo.$table"), 0, "$type: nothing is there");
	run_part('copy', 'clean');
}
done_testing();
