#!/usr/bin/perl
# A script for a table whose name holds what ends a batch, a literal, a line or
# a variable of sqlcmd; the target is known here by a copy in PostgreSQL only.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Tds;
use Test::More;

tds_needed();

my $fixture = top() . '/test/fixture';
my $name = q{E'O''S " $(y) --\nGO\n\\\\'};

create_database('name');
value(undef, 'name', <<"SQL");
\\o /dev/null
\\i '$fixture/shop_all.sql'
SET client_min_messages = warning;
SELECT format('ALTER TABLE %s RENAME TO %I', make.table_of('target', 'Region'), $name) \\gexec
UPDATE target."OSSYS_ENTITY" SET "PHYSICAL_TABLE_NAME" = $name WHERE "NAME" = 'Region';
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target', dialect => 'sqlserver');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SQL
my $database = tds_database('name');
tds_batch($database, <<'SQL');
SET QUOTED_IDENTIFIER ON
DECLARE @statement nvarchar(max) = N'CREATE TABLE dbo."O''S "" $' + N'(y) --' + NCHAR(10) + N'GO' + NCHAR(10) + N'\" ("ID" bigint IDENTITY(1,1) NOT NULL PRIMARY KEY, "NAME" nvarchar(50))'
EXEC sp_executesql @statement
SQL

sub run_part
{
	my ($plan, $part) = @_;
	my $script = value(undef, 'name', "SELECT osmeta.export_plan('$plan', 'sqlserver', '$part')");
	my ($out, $err) = tds_try($database, "$script\n");
	return "$err$out";
}

value(undef, 'name', <<"SQL");
SET client_min_messages = warning;
SELECT osmeta.create_plan('given', 'src', 'tgt', ARRAY['entity:Shop.Region']);
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity = 'Region';
CALL osmeta.pull_plan('given');
SQL
like(run_part('given', 'deliver'), qr/^plan given: delivered\n*\z/, 'delivered');
like(run_part('given', 'verify'), qr/^Shop.Region\t3\t3\t0\tok\n*\z/, 'verified');
like(run_part('given', 'undo'), qr/^plan given: undone, rows deleted: 3\n*\z/, 'undone');
like(run_part('given', 'clean'), qr/^\n*\z/, 'cleaned');

# The rows that stand there go before, and come back.
sub names
{
	my $table = q{DECLARE @statement nvarchar(max) = N'SELECT "NAME" FROM dbo."O''S "" $' + N'(y) --' + NCHAR(10) + N'GO' + NCHAR(10) + N'\" ORDER BY 1'};
	return join ' ', split /\n/, tds_batch($database, "SET QUOTED_IDENTIFIER ON\n$table\nEXEC sp_executesql \@statement");
}
sub statement
{
	tds_batch($database, <<"SQL");
SET QUOTED_IDENTIFIER ON
DECLARE \@name nvarchar(100) = N'dbo."O''S "" \$' + N'(y) --' + NCHAR(10) + N'GO' + NCHAR(10) + N'\\"'
DECLARE \@statement nvarchar(max) = REPLACE(N'$_[0]', N'?', \@name)
EXEC sp_executesql \@statement
SQL
	return;
}
statement(q{INSERT INTO ? ("NAME") VALUES (N''theirs''), (NULL)});
my $before = names();
like($before, qr/theirs/, 'rows stand there');
value(undef, 'name', <<"SQL");
SET client_min_messages = warning;
SELECT format('TRUNCATE target.%I CASCADE', $name) \\gexec
SELECT osmeta.create_plan('gone', 'src', 'tgt', ARRAY['entity:Shop.Region'], '{"existing": "delete"}');
UPDATE osmeta.plan_entity e SET key_strategy = 'assigned' FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND p.plan = 'gone' AND e.entity = 'Region';
CALL osmeta.pull_plan('gone');
SQL
like(run_part('gone', 'deliver'), qr/^plan gone: delivered\n*\z/, 'delivered');
unlike(names(), qr/theirs/, 'in place of them');
# not every server takes such a name in SET IDENTITY_INSERT
statement(q{SELECT * INTO #kept FROM ?; DROP TABLE ?; CREATE TABLE ? ("ID" bigint NOT NULL PRIMARY KEY, "NAME" nvarchar(50)); INSERT INTO ? ("ID", "NAME") SELECT "ID", "NAME" FROM #kept});
like(run_part('gone', 'undo'), qr/^plan gone: undone, rows deleted: 3, put back: 2\n*\z/, 'undone');
is(names(), $before, 'they are back');
like(run_part('gone', 'clean'), qr/^\n*\z/, 'cleaned');
done_testing();
