#!/usr/bin/perl
# A plan whose script creates users and groups at a SQL Server, run by tsql:
# each once, in the right tenant, with links, without secrets; whoever stands
# there by then is taken as is; an undo takes out who has been created, unless
# something refers to them.  The rows are those that run_plan gives there, be it
# at once or after pull_plan.
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
my $desk = 'script_user';

sub ask
{
	my ($sql) = @_;
	return value(undef, $desk, "SET client_min_messages = warning;\n$sql");
}

sub said
{
	my (undef, undef, $said) = psql(undef, $desk, $_[0]);
	return $said;
}

sub script
{
	my ($plan, $part) = @_;
	return ask("SELECT osmeta.export_plan('$plan', 'sqlserver', '$part')") . "\n";
}

create_database($desk);
value(undef, $desk, <<"SQL");
\\o /dev/null
\\i '$fixture/identity_all.sql'
SET client_min_messages = warning;
UPDATE source."case" SET "OWNERID" = CASE "ID" WHEN 1 THEN 13 WHEN 2 THEN 17 ELSE 16 END, "TEAMID" = 19 + "ID", "ROLEID" = 30, "ASSIGNEDUSERID" = '17';
INSERT INTO source."case" ("ID", "LABEL", "OWNERID", "TEAMID", "TENANT_ID") VALUES (4, 'four', 15, 22, 1), (5, 'five', 11, NULL, 1);
UPDATE source."OSSYS_GROUP" SET "CREATED_BY" = 17 WHERE "ID" = 22;
UPDATE source."OSSYS_GROUP" SET "NAME" = 'Porters' WHERE "ID" = 21;
-- nobody's name is there in two cases
DELETE FROM target."OSSYS_USER" WHERE "ID" IN (43, 44);
SQL
my $database = tds_database('user');
round_times($desk, $_) foreach qw(source target);
copy_schema($desk, 'target', $database);
create_tds_server($desk, 'tds_far', $database);
ask(<<'SQL');
CREATE EXTENSION osmeta_tds;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('far', 'tds_far');
SELECT osmeta.capture('src'), osmeta.capture('far');
SQL
my ($cases) = split /\n/, tds_batch($database, "SELECT name FROM sys.tables WHERE name LIKE 'osusr%case%'");
isnt($cases, undef, 'there is a table of cases');

my %query = (
	user => q{SELECT username, tenant_id, name, email, COALESCE(password, 'none') FROM dbo.ossys_user WHERE id > 42 ORDER BY 2, 1},
	group => q{SELECT g.name, g.tenant_id, g.description, COALESCE(u.username, '') FROM dbo.ossys_group g LEFT JOIN dbo.ossys_user u ON u.id = g.created_by WHERE g.id > 51 ORDER BY 1},
	user_role => q{SELECT u.username, l.role_id, l.tenant_id FROM dbo.ossys_user_role l JOIN dbo.ossys_user u ON u.id = l.user_id ORDER BY 1, 2},
	group_user => q{SELECT u.username, g.name, l.tenant_id FROM dbo.ossys_group_user l JOIN dbo.ossys_user u ON u.id = l.user_id JOIN dbo.ossys_group g ON g.id = l.group_id ORDER BY 1, 2},
	group_role => q{SELECT g.name, l.role_id, l.tenant_id FROM dbo.ossys_group_role l JOIN dbo.ossys_group g ON g.id = l.group_id ORDER BY 1, 2},
	case => qq{SELECT c.label, c.tenant_id, u.username, COALESCE(g.name, ''), COALESCE(v.username, '') FROM dbo.$cases c LEFT JOIN dbo.ossys_user u ON u.id = c.ownerid
		LEFT JOIN dbo.ossys_group g ON g.id = c.teamid LEFT JOIN dbo.ossys_user v ON CAST(v.id AS nvarchar(20)) = c.assigneduserid ORDER BY 1});

sub there
{
	return join "\n", map { my $kind = $_; map { "$kind: " . s/\t/|/gr } split /\n/, tds_batch($database, $query{$kind}) } sort keys %query;
}
my $before = there();
my $created = <<'TEXT' =~ s/\n\z//r;
group|2|2
group_role|1|1
group_user|2|2
user|3|3
user_role|2|2
TEXT

sub pull
{
	my ($plan, $how) = @_;
	$how //= 'pull';
	ask(<<"SQL");
SELECT osmeta.create_plan('$plan', 'src', 'far', ARRAY['espace:Desk'], '{"users": "create", "groups": "create", "severity": {"unmatched_role": "note", "soft_key": "note"}}');
UPDATE osmeta.plan_attribute a SET include = false FROM osmeta.plan p WHERE p.plan_id = a.plan_id AND p.plan = '$plan' AND a.attribute IN ('CountryId', 'CityId', 'UnitId');
UPDATE osmeta.plan_attribute a SET transform = 'remap:ServiceCenter.User' FROM osmeta.plan p WHERE p.plan_id = a.plan_id AND p.plan = '$plan' AND a.attribute = 'AssignedUserId';
UPDATE osmeta.plan_entity e SET key_strategy = 'assigned' FROM osmeta.plan p WHERE p.plan_id = e.plan_id AND p.plan = '$plan' AND e.is_data;
SQL
	return said("CALL osmeta.$how\_plan('$plan')");
}

sub run_script
{
	my ($script) = @_;
	my ($out, $err) = tds_try($database, $script);
	my ($last) = $out =~ /([^\n]*)\n*\z/;
	return ("$err$last", $out);
}

# ---------------------------------------------------------------------------
# By run_plan, at once; and after it was pulled, and exported for nothing
# ---------------------------------------------------------------------------

pull('run', 'run');
my $run = there();
isnt($run, $before, 'a run has delivered');
is(ask(q{SELECT table_name, count(*), count(target_id) FROM osmeta.plan_created GROUP BY 1 ORDER BY 1}), $created, 'and created them');
ask(q{CALL osmeta.undo_plan('run')});
is(there(), $before, 'and is undone');
ask(q{SELECT osmeta.drop_plan('run')});
like(pull('later'), qr/is pulled and checked/, 'another is pulled');
script('later', 'deliver');
like(said(q{CALL osmeta.read_delivery('later', never_run => true)}), qr/nothing of plan "later" stands/, 'its script was never run');
unlike(said(q{CALL osmeta.run_plan('later')}), qr/ERROR/, 'it is run after all');
is(there(), $run, 'and delivers the same');
is(ask(q{SELECT table_name, count(*), count(target_id) FROM osmeta.plan_created WHERE NOT is_kept GROUP BY 1 ORDER BY 1}), $created, 'with the same people');
is(ask(q{SELECT entity, status, detail FROM osmeta.verify_plan('later') WHERE status <> 'ok'}), '', 'verified');
# who has logged in since stays, with what he has been given
tds_batch($database, q{UPDATE dbo.ossys_user SET last_login = '2024-05-01T10:00:00' WHERE username = 'zoe' AND id > 42});
like(said(q{CALL osmeta.undo_plan('later')}), qr/Others refer to: group Agents \(id \d+\)\. Changed since they were created: user zoe/, 'undone, too, but for who has changed');
is(tds_batch($database, q{SELECT username FROM dbo.ossys_user WHERE id > 42}), 'zoe', 'who is there');
is(tds_batch($database, q{SELECT g.name FROM dbo.ossys_group_user l JOIN dbo.ossys_user u ON u.id = l.user_id JOIN dbo.ossys_group g ON g.id = l.group_id WHERE u.id > 42 ORDER BY 1}),
	"Agents\nClerks", 'in his groups');
tds_batch($database, "DELETE FROM dbo.$_") foreach 'ossys_user_role WHERE user_id > 42', 'ossys_group_user WHERE user_id > 42',
	'ossys_group_role WHERE group_id > 51', 'ossys_group WHERE id > 51', 'ossys_user WHERE id > 42';
is(there(), $before, 'and nothing else');
ask(q{SELECT osmeta.drop_plan('later')});

# ---------------------------------------------------------------------------
# By a script
# ---------------------------------------------------------------------------

like(pull('given'), qr/is pulled and checked; nothing has been written/, 'pulled');
is(there(), $before, 'nothing has been created');
is(ask(q{SELECT string_agg(table_name || ' ' || label, ', ' ORDER BY 1) FROM (SELECT table_name, label FROM osmeta.plan_created WHERE target_id IS NULL ORDER BY 1, 2) c}),
	'group Agents, group Porters, user Maria, user idle, user zoe', 'who is going to be');
my %part = map { $_ => script('given', $_) } qw(deliver verify undo clean);
is(script('given', 'deliver'), $part{deliver}, 'a second export is the same');
unlike(join('', values %part), qr/PLANTED/, 'no secret is in the scripts');

# It ends behind each of its batches, and begins again each time.
my @batches = split /^GO\n/m, $part{deliver};
my $errors = '';
for (my $end = 2; $end < @batches; $end += 3)
{
	my (undef, $err) = tds_try($database, join("GO\n", @batches[ 0 .. $end ]) . "GO\n");
	$errors .= $err;
}
is($errors, '', 'it goes on wherever it stopped');
my ($said, $out) = run_script($part{deliver});
is($said, 'plan given: delivered', 'delivered') || diag $out;
my $delivered = there();
is($delivered, $run, 'the rows that run_plan delivers');
is($delivered, <<'TEXT' =~ s/\n\z//r, 'everybody once, with links, in the right tenant, and the rows that refer to them');
case: five|3|bob||
case: four|3|idle|Agents|
case: one|3|Maria|Clerks|zoe
case: three|2|ann|Agents|zoe
case: two|4|zoe|Porters|zoe
group: Agents|4|of source|zoe
group: Porters|4|of source|
group_role: Agents|31|4
group_user: zoe|Agents|4
group_user: zoe|Clerks|4
user: idle|3|Idle|idle@example.com|none
user: Maria|3|Maria|Maria@example.com|none
user: zoe|4|Zoe|zoe@example.com|none
user_role: bob|31|3
user_role: Maria|31|3
user_role: zoe|30|4
TEXT
($said) = run_script($part{deliver});
is($said, 'plan given: delivered', 'once more');
is(there(), $delivered, 'changes nothing');
($said, $out) = run_script($part{verify});
is($out, <<'TEXT' =~ s/\n\z//r, 'verified');
created user	3	3	0	ok
created group	2	2	0	ok
created user_role	2	2	0	ok
created group_user	2	2	0	ok
created group_role	1	1	0	ok
Desk.Case	5	5	0	ok
Desk.Note	3	3	0	ok
TEXT
like(said(q{CALL osmeta.read_delivery('given')}), qr/has been delivered by its script/, 'read back');
is(ask(q{SELECT entity, status, detail FROM osmeta.verify_plan('given') WHERE status <> 'ok'}), '', 'verify_plan agrees');
is(ask(q{SELECT table_name, count(*), count(target_id) FROM osmeta.plan_created GROUP BY 1 ORDER BY 1}), $created, 'the plan knows whom it has created');
is(ask(q{SELECT count(*) FROM osmeta.plan_key k JOIN osmeta.plan_created c ON c.table_name = 'user' AND c.source_id = k.source_id AND c.target_id = k.target_id
	WHERE k.plan = 'given' AND EXISTS (SELECT FROM osmeta.plan_entity e WHERE e.entity_key OPERATOR(osmeta.=) k.entity_key AND e.entity = 'User')}), '3', 'plan_key has their identifiers');

# Somebody refers to one of them by now.
is(script('given', 'undo'), $part{undo}, 'the undo is the same after that');
tds_batch($database, "INSERT INTO dbo.$cases (label, tenant_id, ownerid) SELECT N'theirs', 4, id FROM dbo.ossys_user WHERE username = N'zoe' AND tenant_id = 4");
($said, $out) = run_script($part{undo});
is($said, 'plan given: undone, rows deleted: 17', 'undone') || diag $out;
is(there(), "case: theirs|4|zoe||\nuser: zoe|4|Zoe|zoe\@example.com|none\nuser_role: bob|31|3", 'who is referred to stays');
run_script($part{clean});
is(tds_batch($database, "SELECT name FROM sys.tables WHERE name LIKE 'osmeta%'"), '', 'no table is left');
tds_batch($database, "DELETE FROM dbo.$cases; DELETE FROM dbo.ossys_user WHERE username = N'zoe' AND tenant_id = 4");
is(there(), $before, 'as it was');
ask(q{SELECT osmeta.drop_plan('given')});

# A run of the plan went no further than that the users had been created.
tds_batch($database, q{UPDATE dbo.ossys_group SET description = CONCAT(N'theirs ', id); CREATE UNIQUE INDEX one_described ON dbo.ossys_group (description)});
like(pull('lost', 'run'), qr/ERROR: .*one_described/s, 'a run fails');
tds_batch($database, 'DROP INDEX one_described ON dbo.ossys_group');
is(tds_batch($database, 'SELECT count(*) FROM dbo.ossys_user WHERE id > 42'), '3', 'when the users stood there');
like(said(q{CALL osmeta.pull_plan('lost')}), qr/is pulled and checked/, 'the plan is pulled');
is(ask(q{SELECT (SELECT count(*) FROM lost."created user"), (SELECT string_agg(name, ' ' ORDER BY name) FROM lost."created group")}), '0|Agents Porters', 'the groups are going to be created');
($said, $out) = run_script(script('lost', 'deliver'));
is($said, 'plan lost: delivered', 'delivered') || diag $out;
is(there(), $run, 'the rows that run_plan delivers');
like(said(q{CALL osmeta.read_delivery('lost')}), qr/has been delivered by its script/, 'read back');
ask(q{CALL osmeta.undo_plan('lost')});
is(there(), $before, 'undone');
ask(q{SELECT osmeta.drop_plan('lost')});

# Somebody of that name has come meanwhile.
like(pull('met'), qr/is pulled and checked/, 'pulled again');
%part = map { $_ => script('met', $_) } qw(deliver verify undo clean);
tds_batch($database, "INSERT INTO dbo.ossys_user (tenant_id, username, name) VALUES (4, N'ZOE', N'another')");
($said, $out) = run_script($part{deliver});
is($said, 'plan met: delivered', 'delivered') || diag $out;
$delivered = there();
like($delivered, qr/^case: two\|4\|ZOE\|Porters\|ZOE$/m, 'references lead to who stands there');
like($delivered, qr/^group: Agents\|4\|of source\|ZOE$/m, 'that of a group, too');
unlike($delivered, qr/zoe|^(?:user_role|group_user): ZOE/m, 'nobody is created for it, and nobody gets links');
($said, $out) = run_script($part{verify});
is(join(' ', map { s/\t/ /gr =~ s/^created //r } grep { /^created/ } split /\n/, $out), 'user 2 2 0 ok group 2 2 0 ok user_role 1 1 0 ok group_user 0 0 0 ok group_role 1 1 0 ok', 'verified');
like(said(q{CALL osmeta.read_delivery('met')}), qr/has been delivered by its script/, 'read back');
is(ask(q{SELECT entity, status, detail FROM osmeta.verify_plan('met') WHERE status <> 'ok'}), '', 'verify_plan agrees');
is(ask(q{SELECT string_agg(label, ' ' ORDER BY label) FROM osmeta.plan_created WHERE table_name = 'user'}), 'Maria idle', 'and the plan knows whom it has not created');
($said, $out) = run_script($part{undo});
is($said, 'plan met: undone, rows deleted: 14', 'undone') || diag $out;
is(there(), "user: ZOE|4|another|NONE|none\nuser_role: bob|31|3" =~ s/NONE/NULL/r, 'who was not created stays');
run_script($part{clean});

done_testing();
