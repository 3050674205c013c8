#!/usr/bin/perl
# The script that undoes a delivery, where tables that the plan does not know
# refer to what it has delivered: their rows are listed, and nothing is deleted.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use Test::More;

tds_needed();

my $fixture = top() . '/test/fixture';

create_database('undo');
value(undef, 'undo', <<"SQL");
\\o /dev/null
\\i '$fixture/shop_all.sql'
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SELECT osmeta.create_plan('undo', 'src', 'tgt', ARRAY['entity:Shop.Region']);
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity = 'Region';
CALL osmeta.pull_plan('undo');
SQL
my $table = value(undef, 'undo', q{SELECT "PHYSICAL_TABLE_NAME" FROM target."OSSYS_ENTITY" WHERE "NAME" = 'Region'});
my $database = tds_database('undo');
tds_batch($database, "CREATE TABLE dbo.$table (id bigint IDENTITY(1,1) NOT NULL PRIMARY KEY, name nvarchar(50) NOT NULL UNIQUE, CONSTRAINT both_columns UNIQUE (id, name))");

sub run_part
{
	my ($part) = @_;
	my $script = value(undef, 'undo', "SELECT osmeta.export_plan('undo', 'sqlserver', '$part')");
	my ($out, $err) = tds_try($database, "$script\n");
	return "$err$out";
}

sub counted
{
	my ($name) = @_;
	return tds_batch($database, "SELECT COUNT(*) FROM $name");
}

# Whatever the foreign key does with the rows of others: they stay.
sub refused
{
	my ($name, $columns, $what) = @_;
	my $rows = counted($name);
	my $said = run_part('undo');
	my ($schema, $short) = $name =~ /(\w+)\.(\w+)/;
	like($said, qr/rows cannot be taken out\. Nothing has been deleted/, "$what: refused");
	like($said, qr/rows of others in table \[$schema\]\.\[$short\] refer to one that is to go, by $columns: \d/i, "$what: said which");
	like($said, qr/plan undo: NOT undone, nothing has been deleted and the delivery stands/, "$what: not undone");
	is(counted("dbo.$table"), 3, "$what: what was delivered is there");
	is(counted($name), $rows, "$what: what refers to it is there");
	like(run_part('deliver'), qr/^plan undo: delivered\n*\z/, "$what: the delivery stands as before");
	return;
}

like(run_part('deliver'), qr/^plan undo: delivered\n*\z/, 'delivered');
my $id = tds_batch($database, "SELECT MIN(id) FROM dbo.$table");
tds_batch($database, 'CREATE SCHEMA other');
tds_batch($database, "CREATE TABLE other.theirs (id int NOT NULL PRIMARY KEY, region bigint REFERENCES dbo.$table (id) ON DELETE CASCADE)");
tds_batch($database, "INSERT INTO other.theirs VALUES (1, $id), (2, NULL)");
refused('other.theirs', 'column region', 'a table of another schema');
tds_batch($database, 'DROP TABLE other.theirs');

tds_batch($database, "CREATE TABLE dbo.made_since (id int NOT NULL PRIMARY KEY, region bigint REFERENCES dbo.$table (id) ON DELETE SET NULL)");
tds_batch($database, "INSERT INTO dbo.made_since VALUES (1, $id)");
refused('dbo.made_since', 'column region', 'a table that was made since');
tds_batch($database, 'DROP TABLE dbo.made_since');

tds_batch($database, "CREATE TABLE dbo.by_name (id int NOT NULL PRIMARY KEY, region nvarchar(50) REFERENCES dbo.$table (name) ON DELETE CASCADE)");
tds_batch($database, "INSERT INTO dbo.by_name SELECT 1, name FROM dbo.$table WHERE id = $id");
refused('dbo.by_name', 'column region', 'a key to another column');
tds_batch($database, 'DROP TABLE dbo.by_name');

tds_batch($database, "CREATE TABLE dbo.by_both (id int NOT NULL PRIMARY KEY, place bigint, region nvarchar(50), FOREIGN KEY (place, region) REFERENCES dbo.$table (id, name) ON DELETE CASCADE)");
tds_batch($database, "INSERT INTO dbo.by_both SELECT 1, id, name FROM dbo.$table WHERE id = $id");
refused('dbo.by_both', 'columns place, region', 'a key of two columns');

like(run_part('verify'), qr/^Shop\.Region\t3\t3\t0\tok$/m, 'and the script that verifies knows it');

# Rows that refer to others of the table are no hindrance.
tds_batch($database, "INSERT INTO dbo.$table (name) VALUES (N'theirs'); UPDATE o SET place = t.id, region = t.name FROM dbo.by_both o JOIN dbo.$table t ON t.name = N'theirs'");
like(run_part('undo'), qr/^plan undo: undone, rows deleted: 3\n*\z/, 'undone');
is(counted("dbo.$table"), 1, 'their own row is there');
is(counted('dbo.by_both'), 1, 'and the one that refers to it');
like(run_part('deliver'), qr/is undone, or is being undone: run the part undo to its end, and the part clean/,
	'what was undone is not delivered again before that');
like(run_part('clean'), qr/^\n*\z/, 'cleaned');
done_testing();
