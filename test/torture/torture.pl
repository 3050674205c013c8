#!/usr/bin/perl
# Torture: migrations that are interrupted again and again, by chance, until
# they are left alone; then the target must hold every row once, and each must
# mean what it means at the source.  Some are undone, at the end or in the
# middle, and that is interrupted likewise: then the target must be what it was.
# Subscriptions to events of the target are lost at no moment, no event is
# queued, and no row changes that the target had.
#
#	test/stage test/torture/torture.pl
#
# TORTURE_RUNS	how many migrations (default 3)
# TORTURE_SEED	which ones: run number N of seed S is run number 1 of S + N - 1
# TORTURE_ROWS	no run has more members than so many (default 400)
# TORTURE_TARGET	tds: the target of all runs is a T-SQL server, a throwaway
#			Babelfish; skipped if none is installed
#
# Two clusters are made for this, which are killed and stopped: one with the
# source and the desk, one with the target.  In one run out of five the target
# stands in the desk's own database.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IPC::Run;
use PrivateCluster;
use TdsTarget;
use Test::More;
use Time::HiRes qw(sleep time);

my $runs = $ENV{TORTURE_RUNS} // 3;
my $most_rows = $ENV{TORTURE_ROWS} // 400;
my $first_seed = $ENV{TORTURE_SEED} // int(rand 1_000_000);
my $top = "$FindBin::Bin/../..";
my %said;		# SQLSTATE and message of all errors
my %happened;	# how often each thing has been done

my $is_tds = ($ENV{TORTURE_TARGET} // '') eq 'tds';
my $staging = PrivateCluster->new('staging');
my $far = $is_tds ? undef : PrivateCluster->new('target');
my $disk = $is_tds ? undef : make_disk();
my $tds = $is_tds ? TdsTarget->new($staging) : undef;

# Nothing is left behind.
$SIG{$_} = sub { exit 1 }
  foreach qw(HUP INT TERM);

END
{
	my $status = $?;
	note("done: $_: $happened{$_}") foreach sort keys %happened;
	note("said: $_: $said{$_}") foreach sort keys %said;
	my @clusters = grep { defined } $staging, $far;
	$_->wreck foreach @clusters;
	system 'umount', $disk if $disk;
	$_->drop foreach @clusters;
	$? = $status;
}

# ---------------------------------------------------------------------------
# What all runs begin with
# ---------------------------------------------------------------------------

# A small file system for tables of the target, where that is allowed.
sub make_disk
{
	return if $> != 0;
	my $folder = "$far->{folder}/disk";
	mkdir $folder or die "cannot make $folder: $!\n";
	return
	  if system("mount -t tmpfs -o size=40m,mode=0700,uid=postgres,gid=postgres osmeta $folder 2>/dev/null") != 0;
	mkdir "$folder/tables";
	chown((getpwnam 'postgres')[ 2, 3 ], "$folder/tables");
	$far->value('postgres', "CREATE TABLESPACE small LOCATION '$folder/tables'");
	return $folder;
}

sub model
{
	my ($role, $first) = @_;
	return <<"SQL";
SET client_min_messages = warning;
\\o /dev/null
\\i '$top/test/fixture/make.sql'
CREATE SCHEMA $role;
SET search_path = $role;
\\set first $first
\\set role $role
\\i '$top/test/torture/model.sql'
SQL
}

# The databases that each run gets a copy of
sub prepare
{
	my $rows = "\\i '$top/test/torture/rows_target.sql'\n";
	$staging->value('postgres', 'CREATE DATABASE source_base; CREATE DATABASE desk_base');
	$staging->value('source_base', model('source', 100));
	$staging->value('desk_base', model('target', 900) . $rows . <<"SQL");
RESET search_path;
CREATE EXTENSION osmeta;
CREATE EXTENSION postgres_fdw;
CREATE SERVER source FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (host '$staging->{folder}', dbname 'source_base');
CREATE USER MAPPING FOR torture SERVER source OPTIONS (user 'torture');
SELECT format('ALTER TABLE %s ALTER "ID" SET GENERATED ALWAYS', make.table_of('target', e))
FROM unnest(ARRAY['Beta', 'Log']) e
\\gexec
SQL
	if ($tds)
	{
		$tds->attach('desk_base');
		return;
	}
	$far->value('postgres', 'CREATE DATABASE target_base');
	$far->value('target_base', model('target', 900) . $rows);
	$staging->value('desk_base', <<"SQL");
CREATE SERVER target FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (host '$far->{folder}', dbname 'target_base', batch_size '20');
CREATE USER MAPPING FOR torture SERVER target OPTIONS (user 'torture');
SELECT osmeta.attach('src', 'source', 'source'), osmeta.attach('far', 'target', 'target'),
	osmeta.attach('near', remote_schema => 'target');
SELECT osmeta.capture(e) FROM unnest(ARRAY['src', 'far', 'near']) e;
SQL
	return;
}

# ---------------------------------------------------------------------------
# One run
# ---------------------------------------------------------------------------

sub chance { return rand() < $_[0]; }
sub one_of { return $_[ int rand @_ ]; }

sub torture
{
	my ($seed) = @_;
	srand($seed);
	my %run = (
		seed   => $seed,
		desk   => "desk_$seed",
		source => "source_$seed",
		rows   => one_of(grep { $_ <= $most_rows } 40, 120, 250, 400),
		is_far => chance($tds ? 0 : 0.8));
	$run{pieces} = one_of($run{rows} <= 40 ? (5, 20, 50) : $run{rows} <= 120 ? (10, 20, 50) : (20, 50, 200));
	($run{cluster}, $run{target}) =
	  $run{is_far} ? ($far, "target_$seed") : ($staging, $run{desk});
	$run{on_disk} = $disk && $run{is_far} && chance(0.3);
	# about what the whole plan takes when nothing is in its way
	$run{seconds} = $tds ? 8 : 0.5 + 0.01 * (20 + 15 * $run{rows} / $run{pieces});
	$run{deletes} = chance(0.25);
	$run{has_users} = ($run{is_far} || $tds) && !$run{deletes} && chance(0.5);
	$run{has_merged} = chance(0.5);
	$run{lags} = !$run{has_users} && chance(0.3);
	$run{masks} = chance(0.3);
	$run{creates_users} = chance(0.4);
	$run{creates_groups} = chance(0.3);
	$run{delta} = chance(0.3);
	$run{follows} = $run{is_far} && chance(0.25);
	$run{setting} = $run{masks} ? "SET osmeta.mask_secret = 'torture $seed'; " : '';
	$run{processes} = one_of(('active') x 3, 'all', 'none');
	$run{statuses} = one_of(('all') x 3, 'open', '["Active", 3]');
	$run{events} = !$tds && chance(0.15) ? 'disabled' : 'aside';
	$run{note} = "processes $run{processes}, $run{statuses}, events $run{events}";
	$happened{"run with $_"}++ foreach "processes $run{processes}", "statuses $run{statuses}", "events $run{events}";
	my @kind = grep { $run{$_} } qw(deletes has_users lags has_merged masks creates_users creates_groups delta follows);
	$happened{"run with $_"}++ foreach @kind;
	begin(\%run);

	my $name = "seed $seed";
	note(sprintf '%s: %d members, pieces of %d, %s%s; %s', $name,
		$run{rows}, $run{pieces}, $tds ? 'tds' : $run{is_far} ? 'far' : 'near',
		$run{on_disk} ? ', small disk' : '', join ', ', @kind);
	note("$name: $run{note}; " . join ', ', map { "$_ $run{strategy}{$_}" } sort keys %{ $run{strategy} });
	my $ended = go_on(\%run, $name, 1 + int rand 4);
	foreach my $round (2, 3)
	{
		last unless $ended && chance(0.45);
		change_source(\%run, $round);
		$happened{"round $round"}++;
		$ended = go_on(\%run, "$name, round $round", 1 + int rand 3);
	}
	undo(\%run, $name) if !$ended || chance(0.6);

	$staging->value('postgres', "DROP DATABASE $run{desk} WITH (FORCE); DROP DATABASE $run{source} WITH (FORCE)");
	$far->value('postgres', "DROP DATABASE $run{target} WITH (FORCE)") if $run{is_far};
	return;
}

# Disturb a run, and see that it comes to its end; false if it is to be undone
# in its middle.
sub go_on
{
	my ($run, $name, $times) = @_;
	foreach (1 .. $times)
	{
		note("$name: " . disturb($run, 'run_plan'));
		next unless chance(0.3);
		# That may be refused: it is for later rounds that have delivered nothing.
		get_up();
		my ($status) = $staging->psql($run->{desk}, q{CALL osmeta.abandon_round('p')});
		$happened{'a round abandoned'}++ if $status == 0;
	}
	if (chance(0.3) && has_begun($run))
	{
		$happened{'undone in the middle'}++;
		return 0;
	}
	quieten($run);
	finish($run, $name);
	return 1;
}

sub phase
{
	my ($run) = @_;
	return $staging->value($run->{desk}, q{SELECT phase FROM osmeta.plan WHERE plan = 'p'});
}

# Is a round between its first row at the target and its last?
sub has_begun
{
	my ($run) = @_;
	get_up();
	return phase($run) =~ /^(?:delete|push|second step|update)$/;
}

# Copies of the databases, rows, and a plan
sub begin
{
	my ($run) = @_;
	get_up();
	$staging->value('postgres', "CREATE DATABASE $run->{desk} TEMPLATE desk_base");
	$staging->value('postgres', "CREATE DATABASE $run->{source} TEMPLATE source_base");
	$far->value('postgres', "CREATE DATABASE $run->{target} TEMPLATE target_base"
		  . ($run->{on_disk} ? ' TABLESPACE small' : ''))
	  if $run->{is_far};
	$staging->value($run->{source}, "\\o /dev/null\n\\i '$top/test/torture/rows_source.sql'\n",
		'-v', 'seed=' . ($run->{seed} % 1000) / 1000, '-v', "rows=$run->{rows}");
	$staging->value($run->{source}, <<'SQL') if $run->{has_merged};
SET search_path = source;
INSERT INTO tag SELECT 'theirs ' || i, 'theirs ' || i, 'tag 1 ü', NULL FROM generate_series(1, 12) i;
UPDATE tag SET "PARENTID" = 'theirs ' || length("NAME") WHERE random() < 0.3;
SQL
	$staging->value($run->{source}, <<'SQL') if $run->{creates_users};
INSERT INTO source.profile SELECT i, 'profile ' || i FROM generate_series(12, 60, 4) i;
SQL
	choose_strategies($run);
	add_merged_rows($run);
	if ($tds)
	{
		$tds->order;
		$tds->fill($run->{desk});
		$tds->fit_source($run->{source});
	}
	move_counters($run, 1 + int rand 30) if $run->{lags};
	$staging->value($run->{desk}, "ALTER SERVER source OPTIONS (SET dbname '$run->{source}')");
	$staging->value($run->{desk}, "ALTER SERVER target OPTIONS (SET dbname '$run->{target}')") unless $tds;
	if ($run->{events} eq 'disabled')
	{
		disable_triggers($run->{cluster}, $run->{target});
		disable_triggers($staging, $run->{desk}) if $run->{follows};
	}
	make_plan($run, 'p', $run->{is_far} || $tds ? 'far' : 'near');
	make_plan($run, 'reference', 'near') if $run->{follows};
	move_counters($run, 1000000) if $run->{has_users};
	$run->{source_before} = $staging->value($run->{source}, q{SELECT make.digest('source')});
	$tds->look($run->{desk}) if $tds;
	$run->{others_before} = others($run);
	$run->{rows_before} = [ rows_of($run, '^OSSYS_(USER|GROUP|BPM_)|^OSEVT' . ($run->{deletes} ? '' : '|^OSUSR')) ];
	$run->{queues_before} = [ rows_of($run, '^OSSYS_BPM_EVENT') ];
	$run->{own_events} = [ events($run, $run->{cluster}, $run->{target}, 'target') ];
	$run->{target_before} = target_state($run);
	$run->{lines_before} = lines($run);
	$run->{theirs} = [ split /\n/, meaning($run, $run->{cluster}, $run->{target}, 'target') ];
	$run->{meaning_before} = [ @{ $run->{theirs} } ];
	$run->{theirs} = [ grep { /^a / } @{ $run->{theirs} } ] if $run->{deletes};
	$run->{theirs_before} = [ @{ $run->{theirs} } ];
	return;
}

# Nobody is to raise events: then subscriptions can stay where they are.
sub disable_triggers
{
	my ($cluster, $database) = @_;
	$cluster->value($database, <<'SQL');
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'target'::regnamespace AND t.tgname LIKE 'OSTRG%'
\gexec
SQL
	return;
}

sub make_plan
{
	my ($run, $plan, $target) = @_;
	my $existing = $run->{deletes} ? 'delete' : 'append';
	my $follow = $run->{follows} ? 'true' : 'false';
	my $users = $run->{creates_users} ? 'create' : one_of('fallback:importer', 'fallback:Users\\\\importer');
	my $groups = $run->{creates_groups} ? 'create' : 'match';
	my $updates = chance(0.8) ? 'true' : '"force"';
	$staging->value($run->{desk}, <<"SQL");
SET client_min_messages = warning;
SELECT osmeta.create_plan('$plan', 'src', '$target', ARRAY['espace:Town'],
	'{"chunk_rows": $run->{pieces}, "users": "$users", "groups": "$groups", "updates": $updates, "follow": $follow, "existing": "$existing",
	"processes": "$run->{processes}", "process_status": @{[ $run->{statuses} =~ /^\[/ ? $run->{statuses} : qq("$run->{statuses}") ]}, "events": "$run->{events}",
	"severity": {"unmatched_group": "note", "unmatched_role": "note", "unmatched_tenant": "note"}}');
UPDATE osmeta.plan_attribute SET transform = 'remap:Town.Member' WHERE attribute = 'Ref';
SQL
	# nothing says what becomes of these references then
	$staging->value($run->{desk}, q{UPDATE osmeta.plan_attribute SET include = false WHERE attribute IN ('ProcessId', 'ActivityId')})
	  if $run->{processes} eq 'none';
	my $of_plan = "plan_id = (SELECT plan_id FROM osmeta.plan WHERE plan = '$plan')";
	if ($run->{follows})
	{
		$run->{filtered} //= { map { $_ => 1 } one_of(qw(Member Log Extra Node Ticket Remark Card)), one_of(qw(Member Log Extra Team Alpha Ticket Process)) };
		$staging->value($run->{desk}, qq{UPDATE osmeta.plan_entity SET filter = '"Id" % 3 <> 0' WHERE entity = '$_' AND $of_plan})
		  foreach keys %{ $run->{filtered} };
	}
	$staging->value($run->{desk}, qq{UPDATE osmeta.plan_entity SET delta_attribute = 'ChangedOn' WHERE entity = 'Log' AND $of_plan})
	  if $run->{delta};
	foreach my $entity (sort keys %{ $run->{strategy} })
	{
		my $strategy = $run->{strategy}{$entity};
		next if $plan ne 'p' && $strategy !~ /natural/;
		$staging->value($run->{desk}, qq{UPDATE osmeta.plan_entity SET key_strategy = '$strategy' WHERE entity = '$entity' AND $of_plan});
		$happened{"strategy $strategy"}++;
	}
	$staging->value($run->{desk}, <<'SQL') if $run->{masks};
UPDATE osmeta.plan_attribute a SET mask = v.mask
FROM (VALUES ('Note', 'text'), ('Code', 'text'), ('Email', 'email'), ('Phone', 'phone'), ('Amount', 'number'), ('Since', 'date')) v (attribute, mask)
WHERE a.attribute = v.attribute
SQL
	return;
}

# New rows at the source, and others that have changed
sub change_source
{
	my ($run, $round) = @_;
	my $base = 1000 * (3 + $round);
	my $strategy = $run->{strategy};
	my $more = '';
	# before the last, under a number that a row of the target has
	$more .= qq{INSERT INTO node ("ID", "NAME") VALUES (3 * $round - 1, 'node late $round');\n}
	  if ($strategy->{Node} // '') ne 'keep' || $run->{deletes};
	# one with rows of the target
	$more .= qq{INSERT INTO node ("ID", "NAME") VALUES ($base + 900, 'theirs 2$round');\n}
	  if ($strategy->{Node} // '') =~ /natural/;
	$more .= qq{INSERT INTO member ("ID", "NAME", "TEAMID") VALUES ($base + 900, 'theirs 3$round', $base + 1); INSERT INTO detail VALUES ($base + 900, 'detail of theirs 3$round');\n}
	  if ($strategy->{Member} // '') =~ /natural/;
	$more .= "INSERT INTO tag SELECT 'theirs 2$round', 'theirs 2$round', 'gone', NULL;\n" if $run->{has_merged};
	$staging->value($run->{source}, <<"SQL");
SET search_path = source, public;
INSERT INTO tag SELECT 'gone', 'tag gone', 'gone', NULL ON CONFLICT DO NOTHING;
INSERT INTO node ("ID", "NAME", "PARENTID") SELECT $base + i, 'node new $round ' || i, NULLIF($base - 1 + i, $base) FROM generate_series(1, 9) i;
UPDATE node SET "PARENTID" = $base + 3, "KINDID" = 3 WHERE "ID" % 7 = 0 AND "NAME" NOT LIKE 'node new%';
INSERT INTO team ("ID", "NAME") SELECT $base + i, 'team new $round ' || i FROM generate_series(1, 5) i;
INSERT INTO member ("ID", "NAME", "TEAMID", "AREAID", "NOTE", "CREATEDBY", "CODE") SELECT $base + i, 'member new $round ' || i, $base + 1 + i % 5, $base + 2, 'new note ' || i,
	1000 * (1 + i % 3) + 10 + i % 16, 'new $round ' || i FROM generate_series(1, $run->{rows} / 4) i;
$more
UPDATE team SET "LEADERID" = $base + 2, "NAME" = "NAME" || ' changed' WHERE "ID" % 3 = 0 AND "NAME" NOT LIKE 'theirs%';
UPDATE member SET "NOTE" = 'changed', "TEAMID" = $base + 3, "AMOUNT" = $round, "CODE" = "CODE" || '/' || $round WHERE "ID" % 5 = 0 AND "NAME" NOT LIKE 'member new $round%';
INSERT INTO detail SELECT "ID", 'detail ' || "ID" FROM member WHERE "ID" NOT IN (SELECT "ID" FROM detail) AND "NAME" NOT LIKE 'theirs%' AND random() < 0.3;
UPDATE extra SET "OTHERID" = (SELECT max("ID") FROM detail) WHERE "ID" % 2 = 0;
INSERT INTO alpha ("ID", "NAME") SELECT $base + i, 'alpha new $round ' || i FROM generate_series(1, 5) i;
INSERT INTO gamma ("ID", "NAME", "ALPHAID") SELECT $base + i, 'gamma new $round ' || i, $base + i FROM generate_series(1, 5) i;
INSERT INTO beta ("ID", "NAME", "GAMMAID") SELECT $base + i, 'beta new $round ' || i, $base + i FROM generate_series(1, 5) i;
UPDATE alpha SET "BETAID" = $base + 1 WHERE "ID" % 4 = 0;
UPDATE log SET "NAME" = "NAME" || ' changed', "REF" = ($base + 1)::text, "CHANGEDON" = timestamp '2026-02-01' + $round * interval '1 day' WHERE "ID" % 11 = 0 AND "NAME" NOT LIKE 'theirs%';
INSERT INTO log ("ID", "NAME", "MEMBERID", "CHANGEDON") SELECT $base + i, 'log new $round ' || i, $base + i, CASE WHEN i % 3 > 0 THEN timestamp '2026-02-02' + $round * interval '1 day' END FROM generate_series(1, 8) i;
INSERT INTO ticket ("ID", "NAME", "TENANT_ID", "PARENTID", "OWNERID", "GROUPID") SELECT $base + i, 'ticket new $round ' || i, 11 + i % 3, make.pick(a.ids), 10 + i, 20 + i % 4
FROM generate_series(1, 9) i, (SELECT array_agg("ID") AS ids FROM ticket) a;
UPDATE ticket SET "PARENTID" = $base + 1 + "ID" % 9, "OWNERID" = CASE WHEN "OWNERID" % 4 = 0 THEN "OWNERID" ELSE 1000 * (1 + "ID" % 3) + 10 + "ID" % 16 END, "TENANT_ID" = 13 WHERE "ID" % 6 = 0 AND "NAME" LIKE 'ticket _' AND $round = 2
	AND NOT EXISTS (SELECT FROM ticket d WHERE d."NAME" = ticket."NAME" AND d."TENANT_ID" = 13);
INSERT INTO remark ("ID", "NAME", "TENANT_ID", "TICKETID", "AUTHORID") SELECT $base + i, 'remark new $round ' || i, 11 + i % 3, $base + i, 3000 + 10 + i FROM generate_series(1, 9) i;
UPDATE remark SET "TICKETID" = $base + 4, "TENANT_ID" = 12 WHERE "ID" % 9 = 0 AND "NAME" NOT LIKE 'theirs%';
SQL
	change_processes($run, $round, $base);
	$run->{source_before} = $staging->value($run->{source}, q{SELECT make.digest('source')});
	return;
}

# Instances come, go on and end; so do subscriptions.  One that has come goes
# under an old one.  Who has been created since something referred to him is
# referred to as before.
sub change_processes
{
	my ($run, $round, $base) = @_;
	# which trees are moved is asked anew each time
	my $ends = $run->{statuses} eq 'all' ? '' : 'AND "PARENT_PROCESS_ID" IN (SELECT o."Id" FROM process o)';
	$staging->value($run->{source}, <<"SQL");
\\o /dev/null
SET search_path = source, public;
SELECT make.instances($base + 1, $base + 12);
UPDATE process SET "PARENT_PROCESS_ID" = make.process_no(2), "PARENT_ACTIVITY_ID" = make.activity_no(2, 3) WHERE "Id" = make.process_no($base + 1);
UPDATE process SET "TOP_PROCESS_ID" = make.process_no(1) WHERE "Id" IN (SELECT make.process_no($base + i) FROM generate_series(1, 4) i);
UPDATE process SET "STATUS_ID" = 2, "LAST_MODIFIED" = timestamp '2025-01-01' + $round * interval '1 day', "LABEL" = "LABEL" || ' ended' WHERE "Id" % 5 = 0 AND "Id" < 1000 AND "PARENT_PROCESS_ID" IS NOT NULL $ends;
UPDATE activity SET "Status_Id" = 5, "Closed" = '2025-01-01', "Name" = "Name" || ' closed' WHERE "Id" % 7 = $round;
UPDATE activity SET "Precedent_Activity_Id" = make.activity_no($base + 2, 2), "User_Id" = 10 + "Id" % 51, "GROUP_ID" = 20 + "Id" % 4 WHERE "Id" % 11 = $round
	AND COALESCE("User_Id" % 4, 1) <> 0 AND COALESCE("GROUP_ID", 0) NOT IN (22, 23);
UPDATE process_input SET "Input_Value" = ($base + 1)::text WHERE "Id" % 4 = $round AND "Name" NOT IN ('UserId', 'GroupId');
UPDATE activity_output SET "Output_Value" = '0' WHERE "Id" % 5 = $round AND "Name" <> 'ApproverId';
UPDATE card SET "PROCESSID" = make.process_no($base + 2), "ACTIVITYID" = make.activity_no($base + 3, 2) WHERE "ID" % 3 = 0;
DELETE FROM events_of_member WHERE "_ACTIVITY_ID" % 2 = 0 OR "_PROCESS_DEF_ID" = 2;
DELETE FROM events_of_card WHERE "_IS_UPDATE";
SELECT make.subscribe('card', 'TownCopy.Step', 0, $round = 2, true), make.subscribe('tag', 'Town.Move', 0, true, $round = 3), make.subscribe('ticket', 'TownCopy.Move', NULL, false, false);
SQL
	return;
}

# Some entities get identifiers without gaps, or, where that can be, those that
# the target gives, or keep them; or some of their rows are one with rows that
# the target has.
sub choose_strategies
{
	my ($run) = @_;
	foreach my $entity (qw(Node Team Member Alpha Beta Gamma Log Ticket Remark))
	{
		next unless chance(0.45);
		my $by = $entity eq 'Ticket' && chance(0.5) ? 'Name,Tenant_Id' : 'Name';
		$run->{strategy}{$entity} = one_of('dense', 'keep', $run->{is_far} ? () : 'assigned', $tds ? ('assigned') x 3 : (), $run->{has_merged} ? ("natural:$by") x 2 : ());
	}
	foreach my $entity ('Card', $run->{processes} eq 'none' ? () : qw(Process Activity Process_Input Process_Output Activity_Output))
	{
		next unless chance(0.4);
		$run->{strategy}{$entity} = one_of('dense', 'keep', $run->{is_far} ? () : 'assigned', $tds ? ('assigned') x 3 : ());
	}
	return;
}

# Rows that are one with those of the target; and free identifiers for what
# keeps them.
sub add_merged_rows
{
	my ($run) = @_;
	my %more = (
		Node => q{INSERT INTO node ("ID", "NAME") SELECT 4000 + i, 'theirs ' || i FROM generate_series(1, 9) i;
			UPDATE node SET "PARENTID" = 4001 + length("NAME") % 9 WHERE random() < 0.3;},
		Team => q{INSERT INTO team ("ID", "NAME", "LEADERID") SELECT 4000 + i, 'theirs ' || i, (SELECT min("ID") FROM member) FROM generate_series(1, 9) i;
			UPDATE member SET "TEAMID" = 4001 + length("NAME") % 9 WHERE random() < 0.3;},
		Member => q{INSERT INTO member ("ID", "NAME", "TEAMID", "CODE") SELECT 4000 + i, 'theirs ' || i, (SELECT max("ID") FROM team), 'theirs ' || i FROM generate_series(1, 29) i;
			UPDATE team SET "LEADERID" = 4001 + length("NAME") % 29 WHERE random() < 0.3;
			UPDATE log SET "MEMBERID" = 4001 + "ID" % 29, "REF" = 4001 + "ID" % 29 WHERE random() < 0.2;
			INSERT INTO detail SELECT 4000 + i, CASE WHEN i <= 20 THEN 'theirs ' ELSE 'detail of theirs ' END || i FROM generate_series(1, 26) i WHERE random() < 0.7;
			INSERT INTO extra SELECT 4000 + i, CASE WHEN i <= 10 THEN 'theirs ' ELSE 'extra of theirs ' END || i, (SELECT max("ID") FROM detail)
			FROM generate_series(1, 26) i WHERE 4000 + i IN (SELECT "ID" FROM detail) AND random() < 0.7;
			UPDATE extra SET "OTHERID" = (SELECT min(d."ID") FROM detail d WHERE d."ID" > 4000) WHERE random() < 0.2;},
		Alpha => q{INSERT INTO alpha ("ID", "NAME") SELECT 4000 + i, 'theirs ' || i FROM generate_series(1, 9) i;
			UPDATE gamma SET "ALPHAID" = 4001 + "ID" % 9 WHERE random() < 0.3;},
		Beta => q{INSERT INTO beta ("ID", "NAME", "GAMMAID") SELECT 4000 + i, 'theirs ' || i, (SELECT min("ID") FROM gamma) FROM generate_series(1, 9) i;
			UPDATE alpha SET "BETAID" = 4001 + "ID" % 9 WHERE random() < 0.3;},
		Gamma => q{INSERT INTO gamma ("ID", "NAME", "ALPHAID") SELECT 4000 + i, 'theirs ' || i, (SELECT min("ID") FROM alpha) FROM generate_series(1, 9) i;
			UPDATE beta SET "GAMMAID" = 4001 + "ID" % 9 WHERE random() < 0.3;},
		Log => q{INSERT INTO log ("ID", "NAME", "MEMBERID") SELECT 4000 + i, 'theirs ' || i, (SELECT min("ID") FROM member) FROM generate_series(1, 9) i;},
		# two out of three in the tenant in which the target has one of that name
		Ticket => q{INSERT INTO ticket ("ID", "NAME", "TENANT_ID", "OWNERID") SELECT 4000 + 3 * i + t, 'theirs ' || i, 11 + t, 12 FROM generate_series(1, 15) i, generate_series(0, 2) t;
			UPDATE ticket SET "PARENTID" = 4003 + "ID" % 45 WHERE random() < 0.3;
			UPDATE remark SET "TICKETID" = 4003 + "ID" % 45 WHERE random() < 0.3;},
		# one out of three
		Remark => q{INSERT INTO remark ("ID", "NAME", "TENANT_ID", "TICKETID") SELECT 4000 + 3 * i + t, 'theirs ' || i, 11 + t, (SELECT min("ID") FROM ticket) FROM generate_series(1, 9) i, generate_series(0, 2) t;});
	my @natural = grep { $run->{strategy}{$_} =~ /natural/ } sort keys %{ $run->{strategy} };
	$staging->value($run->{source}, "SET search_path = source; $more{$_}") foreach @natural;
	foreach my $entity (grep { $run->{strategy}{$_} eq 'keep' } sort keys %{ $run->{strategy} })
	{
		# instances of the target stay
		next if $run->{deletes} && $entity !~ /^(?:Process|Activity)/ && chance(0.5);
		$staging->value($run->{source}, "\\o /dev/null\nSET session_replication_role = replica; SELECT make.shift('source', '$entity', 50000000)");
	}
	return;
}

# The target's identity counters are beyond what the plan is going to use, also
# in later rounds; or behind the rows that it has.
sub move_counters
{
	my ($run, $value) = @_;
	my @entities = qw(Node Team Member Alpha Beta Gamma Log Ticket Remark Card Process Activity Process_Input Process_Output Activity_Output);
	return $tds->move_counters($run->{desk}, $value, @entities) if $tds;
	$run->{cluster}->value($run->{target}, qq{SELECT make.move_counter('target', e, $value) FROM unnest('{@{[ join ',', @entities ]}}'::text[]) e});
	return;
}

# A user of the target makes a row of his own.
sub add_row
{
	my ($run) = @_;
	my $name = 'theirs new ' . ++$run->{number};
	my $added = $tds
	  ? $tds->execute('INSERT INTO ' . $tds->table($run->{desk}, 'Node') . " (name) VALUES ('$name')")
	  : ($run->{cluster}->psql($run->{target}, "SET search_path = target; INSERT INTO node (\"NAME\") VALUES ('$name')"))[0] == 0;
	if ($added)
	{
		push @{ $run->{theirs} }, qq{node ("$name",,)};
		$run->{added}++;
	}
	subscribe($run) if !$tds && chance(0.5);
	return;
}

# A user of the target publishes, or a process there begins to wait.
sub subscribe
{
	my ($run) = @_;
	my $event = 33300000 + ++$run->{number};
	my ($status, $out) = $run->{cluster}->psql($run->{target}, <<"SQL");
SET lock_timeout = '10s';
INSERT INTO target.events_of_member ("_ESPACE_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID")
SELECT s."ID", 5, 1, false, true, $event FROM target."OSSYS_ESPACE" s WHERE s."NAME" = 'Town'
RETURNING events_of_member::text
SQL
	if ($status == 0)
	{
		my ($table) = map { /^(target."OSEVT_[^"]*_Member") / ? $1 : () } @{ $run->{rows_before} };
		push @{ $run->{rows_before} }, "$table $out";
		push @{ $run->{own_events} }, { entity => 'member', line => $out, meaning => '' };
		$happened{'a subscription of others'}++;
	}
	return;
}

# What stands at the target besides the plan's rows
sub others
{
	my ($run) = @_;
	my $theirs = $run->{deletes} ? '' : 'SELECT * FROM theirs ORDER BY 1, 2;';
	my $mine = join '|', 'OSEVT', $run->{creates_users} || $run->{creates_groups} ? 'OSSYS_(USER|GROUP)' : (),
	  $run->{processes} eq 'none' ? () : 'OSSYS_BPM_(PROCESS|ACTIVITY)(_(IN|OUT)PUT)?"';
	return $run->{cluster}->value($run->{target}, qq{SET search_path = target; $theirs
		SELECT d FROM make.digest('target') d WHERE (d NOT LIKE '%OSUSR%' OR d LIKE '%Kind%') AND d !~ '$mine'});
}

# Rows of some tables of the target, each with its table
sub rows_of
{
	my ($run, $tables) = @_;
	return split /\n/, $run->{cluster}->value($run->{target}, "SELECT make.rows_of('target', '$tables')");
}

# Subscriptions of a side, each as it stands and what it means
sub events
{
	my ($run, $cluster, $database, $schema) = @_;
	return map { my %e; @e{qw(entity is_wanted line meaning)} = split /\t/; \%e } split /\n/, $cluster->value($database, settings($run, $schema)
		  . q{SELECT entity, is_wanted IS TRUE, translate(line, E'\t\r\n', ''), translate(meaning, E'\t\r\n', '') FROM event}, '-F', "\t");
}

# What subscriptions mean that stand at the target besides its own
sub brought
{
	my ($run, $cluster, $database) = @_;
	my %own;
	$own{"$_->{entity} $_->{line}"}++ foreach @{ $run->{own_events} };
	return sort map { "$_->{entity} $_->{meaning}" }
	  grep { my $key = "$_->{entity} $_->{line}"; !$own{$key} || $own{$key}-- <= 0 } events($run, $cluster, $database, 'target');
}

# What they shall mean
sub brought_expected
{
	my ($run) = @_;
	return brought($run, $staging, $run->{desk}) if $run->{follows};
	my %seen = map { ("$_->{entity} $_->{meaning}" => 1) } @{ $run->{own_events} };
	return sort grep { !$seen{$_}++ } map { "$_->{entity} $_->{meaning}" }
	  # those of activities come whether the plan writes users or not
	  grep { $_->{is_wanted} eq 't' && ($_->{entity} ne 'user' || $run->{creates_users} || $_->{meaning} =~ /"activity /) } events($run, $staging, $run->{source}, 'source');
}

# All tables of the target, but for rows that users have made meanwhile
sub target_state
{
	my ($run) = @_;
	return $run->{cluster}->value($run->{target}, q{SELECT make.digest('target')});
}

# Each row of the target as it stands, by entity and identifier
sub lines
{
	my ($run) = @_;
	my %line = map { split /\t/, $_, 2 } split /\n/, $run->{cluster}->value($run->{target},
		q{SET search_path = target; SELECT entity || ' ' || id || E'\t' || translate(line, E'\r\n\t', '') FROM line WHERE line NOT LIKE '%theirs new%'});
	return \%line;
}

# What shall stand at the target
sub expected
{
	my ($run) = @_;
	my @theirs = @{ $run->{theirs} };
	if ($run->{follows})
	{
		# what comes when nothing is in the way
		$staging->value($run->{desk}, "SET client_min_messages = warning; $run->{setting}CALL osmeta.run_plan('reference')");
		my @rows = split /\n/, meaning($run, $staging, $run->{desk}, 'target');
		return (@theirs, lacking(\@rows, $run->{theirs_before}));
	}
	my @rows = split /\n/, meaning($run, $staging, $run->{source}, 'source');
	# those of the source that the target has already
	my %is_there = map { $_ => 1 } grep { defined } map { merge_key($_) } @theirs;
	return (@theirs, grep { !$is_there{ merge_key($_) // '' } } @rows);
}

# What tells a row of the target from others where rows can be one with it
sub merge_key
{
	my ($meaning) = @_;
	# rows of two tenants are two
	return $1 if $meaning =~ /^((?:ticket|remark) \("theirs \d+",[^,]*)/;
	return $meaning =~ /^(\w+ \("theirs \d+")/ ? $1 : undef;
}

# Masked values are others, and equal where they were equal.
sub check_masks
{
	my ($run, $name) = @_;
	foreach my $column (qw(NOTE CODE EMAIL PHONE AMOUNT SINCE))
	{
		my $query = qq{SELECT md5("NAME") || ' ' || md5("$column"::text) || ' ' || ("$column"::text ~ '[a-zA-Z]{4}|[0-9]{7}')::int
			FROM member WHERE "NAME" NOT LIKE 'theirs%' AND "$column"::text <> ''};
		my %value;
		my %pair;
		my %back;
		my $same = 0;
		foreach (split /\n/, $staging->value($run->{source}, "SET search_path = source; $query"))
		{
			my ($member, $text, $is_long) = split / /;
			$value{$member} = [ $text, $is_long ];
		}
		foreach (split /\n/, $run->{cluster}->value($run->{target}, "SET search_path = target; $query"))
		{
			my ($member, $text) = split / /;
			my $from = $value{$member} or next;
			$pair{ $from->[0] }{$text} = $back{$text}{ $from->[0] } = 1;
			$same++ if $from->[1] && $from->[0] eq $text;
		}
		is_deeply([ $same, scalar(grep { keys %$_ > 1 } values %pair, values %back) ], [ 0, 0 ],
			"$name: masked values of $column are others, equal where they were");
	}
	return;
}

# What views need to know of the plan
sub settings
{
	my ($run, $schema) = @_;
	return "SET search_path = $schema;
		SET make.is_masked = '@{[ $run->{masks} ? 'yes' : 'no' ]}';
		SET make.users = '@{[ $run->{creates_users} ? 'create' : 'no' ]}';
		SET make.groups = '@{[ $run->{creates_groups} ? 'create' : 'no' ]}';
		SET make.processes = '$run->{processes}';
		SET make.statuses = '@{[ $run->{statuses} eq 'all' ? 'all' : '1,3' ]}';";
}

sub meaning
{
	my ($run, $cluster, $database, $schema) = @_;
	return $cluster->value($database, settings($run, $schema) . "
		SELECT entity || ' ' || replace(replace(meaning, E'\\n', '<LF>'), E'\\r', '<CR>') FROM meaning ORDER BY 1");
}

# ---------------------------------------------------------------------------
# Sessions
# ---------------------------------------------------------------------------

sub begin_session
{
	my ($run, $procedure, $setting) = @_;
	my %session = (in => "SELECT pg_backend_pid();\n", out => '', err => '');
	$session{handle} = IPC::Run::start(
		$staging->psql_command($run->{desk}, '-v', 'VERBOSITY=verbose'),
		\$session{in}, \$session{out}, \$session{err}, IPC::Run::timeout(300));
	$session{handle}->pump until $session{out} =~ /^(\d+)\n/;
	$session{pid} = $1;
	$session{in} .= "$setting\nCALL osmeta.$procedure('p');\n\\q\n";
	while (length $session{in})
	{
		$session{handle}->pump_nb;
		sleep 0.005;
	}
	return \%session;
}

sub are_running
{
	my ($sessions) = @_;
	return grep { eval { $_->{handle}->pump_nb; $_->{handle}->pumpable } } @$sessions;
}

# Wait for the end of a session and remember what it said.
sub end_session
{
	my ($session) = @_;
	my $ended = eval { $session->{handle}->finish; 1 };
	if (!$ended && $@ =~ /timeout/)
	{
		$session->{handle}->kill_kill;
		fail('a session hangs');
	}
	while ($session->{err} =~ /(?:ERROR|FATAL|PANIC):  (\w{5}): ([^\n]*)/g)
	{
		my ($state, $message) = ($1, $2);
		note("unexpected: $session->{err}") if $state =~ /^(?:42|XX)/;
		$message =~ s/\d+/N/g;
		$message =~ s/".*"/"..."/g;
		$said{"$state $message"}++;
	}
	return;
}

# ---------------------------------------------------------------------------
# What goes wrong
# ---------------------------------------------------------------------------

# Something that fails by chance as long as it is there
sub add_disturbance
{
	my ($run, $what, $chance, $at_events) = @_;
	my $moment = $what ne 'sleep' && chance(0.5) ? 'early' : 'late';
	# event tables have few rows
	($moment, $chance) = ("$moment event", $what eq 'sleep' ? 0.08 : 0.05) if $at_events // chance(0.25);
	$run->{cluster}->value($run->{target}, "INSERT INTO make.disturbance VALUES ('$moment', '$what', $chance)");
	return;
}

# Everything up, and nothing in the way; what sessions that were lost have left
# behind may be at work still.
sub quieten
{
	my ($run) = @_;
	unlink "$disk/ballast" if $disk;
	get_up();
	return $tds->order if $tds;
	$run->{cluster}->value($run->{target}, 'DELETE FROM make.disturbance');
	return;
}

# A cluster that crashes while the disk is full cannot recover, and ends.
sub get_up
{
	$staging->wait_until_up;
	return $tds->get_up if $tds;
	return if $far->is_up;
	unlink "$disk/ballast" if $disk;
	$far->wait_until_up;
	return;
}

sub fill_disk
{
	my ($run) = @_;
	my $free = (qx(df --output=avail -k $disk))[-1];
	my $left = int rand 400;
	system 'fallocate', '-l', ($free - $left) . 'k', "$disk/ballast" if $free > $left;
	return;
}

# SQL on the sessions that postgres_fdw has opened in a database
sub on_remote_sessions
{
	my ($cluster, $database, $call) = @_;
	$cluster->psql($database, "SELECT $call(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'postgres_fdw'");
	return;
}

sub remote_pids
{
	my ($run) = @_;
	return grep { defined } $tds->on_sessions('pid') if $tds;
	my (undef, $pids) = $run->{cluster}->psql($run->{target},
		"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'postgres_fdw'");
	return split ' ', $pids;
}

# Sessions at the target stand still, and go on after their callers are gone
# and others have begun.
sub freeze
{
	my ($run, $sessions) = @_;
	my @pids = remote_pids($run) or return;
	kill 'STOP', @pids;
	sleep rand 0.1;
	$staging->psql('postgres', "SELECT pg_terminate_backend($_->{pid})") foreach @$sessions;
	my $child = fork // die "cannot fork: $!\n";
	return if $child;
	sleep rand 1.5;
	kill 'CONT', @pids;
	# leave without what belongs to the parent
	require POSIX;
	POSIX::_exit(0);
}

my %act = (
	'kill a session' => sub { my ($run, $s) = @_; kill 'KILL', one_of(@$s)->{pid}; },
	'terminate a session' => sub { my ($run, $s) = @_; $staging->psql('postgres', "SELECT pg_terminate_backend(@{[one_of(@$s)->{pid}]})"); },
	'cancel a session' => sub { my ($run, $s) = @_; $staging->psql('postgres', "SELECT pg_cancel_backend(@{[one_of(@$s)->{pid}]})"); },
	'cancel all sessions' => sub { my ($run, $s) = @_; $staging->psql('postgres', "SELECT pg_cancel_backend($_->{pid})") foreach @$s; },
	'stop the desk' => sub { $staging->stop; sleep rand 0.3; $staging->start; },
	'stop the target' => sub { $far->stop; sleep rand 0.3; unlink "$disk/ballast" if $disk; $far->start; },
	'stop both' => sub { $staging->stop; $far->stop; unlink "$disk/ballast" if $disk; $_->start foreach $staging, $far; },
	'drop the connection to the target' => sub { my ($run) = @_; on_remote_sessions($run->{cluster}, $run->{target}, 'pg_terminate_backend'); },
	'drop the connection to the source' => sub { my ($run) = @_; on_remote_sessions($staging, $run->{source}, 'pg_terminate_backend'); },
	'cancel at the target' => sub { my ($run) = @_; on_remote_sessions($run->{cluster}, $run->{target}, 'pg_cancel_backend'); },
	'kill at the target' => sub { my ($run) = @_; kill 'KILL', remote_pids($run); },
	'freeze at the target' => \&freeze,
	'fill the disk' => sub { my ($run) = @_; fill_disk($run) if $run->{on_disk}; },
	'nothing' => sub { });

if ($tds)
{
	%act = (%act,
		'stop the target' => sub { $tds->stop; sleep rand 0.3; $tds->start; },
		'stop both' => sub { $staging->stop; $tds->stop; $tds->start; $staging->start; },
		'drop the connection to the target' => sub { $tds->on_sessions('pg_terminate_backend(pid)'); },
		'cut the connection to the target' => sub { $tds->cut; },
		'cancel at the target' => sub { $tds->on_sessions('pg_cancel_backend(pid)'); },
		'kill at the target' => sub { my @pids = $tds->on_sessions('pid'); kill 'KILL', one_of(@pids) if @pids && defined $pids[0]; });
}

# Pieces that an interrupted session has left, and how often each was begun
sub unknown_pieces
{
	my ($run) = @_;
	return map { split /\|/ } split /\n/, $staging->value($run->{desk},
		"SELECT chunk_id, attempts FROM osmeta.plan_chunk WHERE state = 'prepared'");
}

# What became of them?
sub count_unknown
{
	my ($run, %unknown) = @_;
	my %now = map { split /\|/ } split /\n/, $staging->value($run->{desk},
		"SELECT chunk_id, attempts FROM osmeta.plan_chunk WHERE state = 'done'");
	foreach my $id (grep { defined $now{$_} } keys %unknown)
	{
		$happened{ $now{$id} == $unknown{$id}
			? 'unknown outcome: all of the piece was there'
			: 'unknown outcome: nothing of the piece was there' }++;
	}
	return;
}

# The target's own rows of an event table that a plan keeps, as if they stood
# there
sub kept
{
	my ($run, $number) = @_;
	return $staging->value($run->{desk}, <<"SQL");
SELECT format('SELECT translate(row(%s)::text, E''\\n\\r'', '''') FROM p.%I', string_agg(format('%I::text::%s', c.name, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum), 'k$number')
FROM osmeta.plan p JOIN osmeta.plan_event v ON v.plan_id = p.plan_id AND v.event_no = $number
CROSS JOIN LATERAL jsonb_to_recordset(v.columns) c (name text, remote_name text)
JOIN pg_class t ON t.relnamespace = 'target'::regnamespace AND lower(t.relname) = lower(v.table_name)
JOIN pg_attribute a ON a.attrelid = t.oid AND lower(a.attname) = lower(c.remote_name)
WHERE p.plan = 'p'
\\gexec
SQL
}

# Nothing of the target's subscriptions is lost: each stands there, or is kept
# by a plan that says that it is set aside.  Nothing has been queued.
sub look_at_events
{
	my ($run, $name) = @_;
	$tds->look($run->{desk}) if $tds;
	my %stands;
	my %kept;
	my %own;
	my %state;
	my $count = sub { my ($counts, @rows) = @_; $counts->{$_}++ foreach map { s/^target\."?([^" ]+)"?/\L$1/r } @rows; };
	$count->(\%own, grep { /^target\."?OSEVT/i } @{ $run->{rows_before} });
	$count->(\%stands, rows_of($run, '^OSEVT'));
	foreach (split /\n/, $staging->value($run->{desk}, q{SELECT v.event_no, lower(v.table_name), v.state FROM osmeta.plan_event v JOIN osmeta.plan p USING (plan_id) WHERE p.plan = 'p' AND v.kind = 'table'}))
	{
		my ($number, $table, $state) = split /\|/;
		$state{$table} = $state;
		$count->(\%kept, map { "target.$table $_" } split /\n/, kept($run, $number));
	}
	my @lost = grep {
		my ($table) = /^(\S+)/;
		my $n = $stands{$_} // 0;
		$n = $kept{$_} if ($state{$table} // '') eq 'aside' && ($kept{$_} // 0) > $n;
		$n < $own{$_}
	} sort keys %own;
	same_rows([], \@lost, "seed $run->{seed}: no subscription of the target is lost", 1)
	  or diag(map { "$_: $state{$_}\n" } sort keys %state);
	same_rows([ rows_of($run, '^OSSYS_BPM_EVENT') ], $run->{queues_before}, "seed $run->{seed}: nothing is queued");
	$happened{'looked at subscriptions, ' . (grep({ $_ eq 'aside' } values %state) ? 'aside' : 'standing')}++;
	return;
}

# Whatever stands at the target so far is right.  Rows that a later round is
# about to deliver again are still as they were, and those that are to go
# change what is not the plan's.  While a later round is prepared nothing of it
# is there, but the plan knows of partners already.
sub look_between
{
	my ($run) = @_;
	my $foreign = $run->{deletes} ? 'false' : 'v.foreign_changed';
	my ($status, $out, $err) = $staging->psql($run->{desk}, qq{SELECT v.entity, v.status, v.dangling, v.detail
		FROM osmeta.verify_plan('p') v, osmeta.plan p WHERE p.plan = 'p'
		AND NOT (p.round > 1 AND p.phase IN ('prepare', 'pull'))
		AND (v.status = 'unreadable' OR v.entity LIKE 'OSSYS\\_BPM\\_EVENT%' AND v.status <> 'ok' OR v.dangling > 0 OR v.detail ~ 'more than once|other identifiers' OR $foreign OR v.rows_found > v.rows_expected
			OR p.round = 1 AND v.detail ~ 'differ')});
	if ($status != 0 && $err =~ /has not delivered anything yet/)
	{
		$happened{'looked, before the push'}++;
		return;
	}
	$happened{'looked'}++;
	is("$out$err", '', "seed $run->{seed}: what is there so far is right");
	return;
}

# Some things make no difference to some runs.
sub is_possible
{
	my ($run, $action) = @_;
	return $run->{on_disk} if $action =~ /disk/;
	return 1 if $tds;
	return $run->{is_far} || $action !~ /target|both/;
}

# Wait until the target is about to commit a piece: then the desk does not know
# what becomes of it.
sub wait_for_commit
{
	my ($run, $times) = @_;
	foreach (1 .. $times)
	{
		my ($status, $commits) = $run->{cluster}->psql($run->{target}, q{SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'active' AND query LIKE 'COMMIT%'});
		return 1 if $status == 0 && $commits > 0;
		sleep 0.01;
	}
	return 0;
}

# Wait until a piece of the push has been begun.
sub wait_for_push
{
	my ($run) = @_;
	foreach (1 .. 60)
	{
		# who was killed before may have taken the cluster along
		my ($status, $prepared) = $staging->psql($run->{desk}, q{SELECT count(*) FROM osmeta.plan_chunk WHERE state = 'prepared'});
		return if $status == 0 && $prepared > 0;
		sleep 0.05;
	}
	return;
}

# Somebody locks an event table, or that of users, so that a plan that sets
# subscriptions aside, or gives them back, or creates users, stands still in
# the midst of it.  Gives whom to end, or undef if nobody came to wait.
sub hold_up
{
	my ($run, $procedure, $sessions) = @_;
	my $is_source = $procedure eq 'run_plan' && chance(0.15);
	my ($cluster, $database, $schema) = $is_source ? ($staging, $run->{source}, 'source') : ($run->{cluster}, $run->{target}, 'target');
	# reading is what the first mode lets others do
	my $mode = $is_source ? 'ACCESS EXCLUSIVE' : one_of('EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE');
	my $is_created = ($run->{creates_users} || $run->{creates_groups}) && !$is_source && chance(0.4);
	$mode = 'EXCLUSIVE' if $is_created;
	my $tables = $is_created ? '^OSSYS_(USER|USER_ROLE|GROUP)$' : '^OSEVT';
	# it may be down
	my ($status, $names) = $cluster->psql($database, "SELECT c.relname FROM pg_class c WHERE c.relnamespace = '$schema'::regnamespace AND c.relkind = 'r' AND c.relname ~ '$tables' ORDER BY 1");
	return if $status != 0;
	my $table = sprintf '%s."%s"', $schema, one_of(split /\n/, $names);
	my $later = !$is_created && chance(0.5);
	foreach (1 .. ($later ? 100 : 0))
	{
		my ($status, $aside) = $staging->psql($run->{desk}, q{SELECT count(*) FROM osmeta.plan_event v WHERE v.state = 'aside' AND v.kind = 'table' HAVING count(*) > 3});
		last if $status == 0 && $aside ne '' || !are_running($sessions);
		sleep 0.02;
	}
	my %holder = (in => "SET statement_timeout = '60s'; SELECT pg_backend_pid(); BEGIN; LOCK TABLE $table IN $mode MODE; SELECT 'held'; SELECT pg_sleep(50);\n\\q\n", out => '', err => '');
	$holder{handle} = IPC::Run::start($cluster->psql_command($database), \$holder{in}, \$holder{out}, \$holder{err}, IPC::Run::timeout(90));
	$holder{cluster} = $cluster;
	eval { $holder{handle}->pump until $holder{out} =~ /held/; 1 } or return \%holder;
	($holder{pid}) = $holder{out} =~ /^(\d+)/;
	foreach (1 .. 200)
	{
		my ($status, $waits) = $cluster->psql($database, "SELECT l.mode FROM pg_locks l WHERE l.relation = '$table'::regclass AND NOT l.granted LIMIT 1");
		if ($status == 0 && $waits ne '')
		{
			my ($ok, $phase) = $staging->psql($run->{desk}, q{SELECT phase FROM osmeta.plan WHERE plan = 'p'});
			my $kind = $is_source ? 'the source\'s event table' : $is_created ? 'users and groups' : 'event table';
			$happened{"held up at $kind in $procedure, phase " . ($phase // '?') . ', ' . ($waits eq 'AccessShareLock' ? 'reading' : 'writing')}++;
			$holder{what} = "held up at $kind";
			return \%holder;
		}
		last unless are_running($sessions);
		sleep 0.03;
	}
	let_go(\%holder);
	return;
}

sub let_go
{
	my ($holder) = @_;
	$holder->{cluster}->psql('postgres', "SELECT pg_terminate_backend($holder->{pid})") if $holder->{pid};
	eval { $holder->{handle}->finish };
	return;
}

# Some of the next COMMITs are not passed on, or in vain, or late.
sub order_losses
{
	my ($run) = @_;
	my @order;
	foreach (1 .. one_of(1, 1, 2, 3, 5))
	{
		my $what = one_of('stop', 'stop', 'lose', 'lose', 'late 0.5', 'late 2', 'slow 0.3');
		push @order, ('pass') x int(rand(50 * $run->{rows} / $run->{pieces} / 8)), ($what) x ($what =~ /slow/ ? 20 : 1);
	}
	$tds->order(@order);
	return;
}

# Begin sessions, let them work for a while, disturb them.
sub disturb
{
	my ($run, $procedure) = @_;
	my @what;
	my $setting = $run->{setting};
	my $sessions = one_of(1, 1, 2, 4, 4);

	get_up();
	quieten($run) if chance(0.7);
	push @what, order_losses($run) if $tds && chance(0.75);
	my $at_events = !$tds && chance(0.35);
	my $aims = !$at_events && $run->{is_far} && $procedure eq 'run_plan' && chance(0.4);
	if ($at_events)
	{
		quieten($run);
		if (chance(0.3))
		{
			add_disturbance($run, 'sleep', 0.08, 1);
			push @what, 'trigger sleep at event tables';
		}
	}
	elsif ($aims)
	{
		quieten($run);
		add_disturbance($run, 'sleep', 1.5 / $run->{pieces});
		push @what, 'trigger sleep';
	}
	elsif (!$tds && chance(0.5))
	{
		my ($what, $chance) = @{ one_of([ error => 0.005 ], [ error => 0.0005 ], [ sleep => 0.3 / $run->{pieces} ], [ sleep => 0.5 / $run->{pieces} ], [ sleep => 1 / $run->{pieces} ],
				[ leave => 0.001 ], $disk ? () : [ full => 0.002 ]) };
		quieten($run);
		add_disturbance($run, $what, $chance);
		push @what, "trigger $what";
	}
	if (!$aims && chance(0.15))
	{
		$setting .= 'SET statement_timeout = ' . (50 + int rand 1500) . ';';
		push @what, 'time out';
	}
	push @what, "$sessions sessions" if $sessions > 1;
	if ($run->{masks} && chance(0.1) && $staging->value($run->{desk}, q{SELECT count(mask_check) FROM osmeta.plan WHERE plan = 'p'}) > 0)
	{
		$setting .= q{SET osmeta.mask_secret = 'another';};
		push @what, 'another secret';
	}

	my %unknown = unknown_pieces($run);
	my @session = map { begin_session($run, $procedure, $setting) } 1 .. $sessions;
	foreach my $turn (1 .. one_of(1, 1, 2))
	{
		my $action = one_of(grep { is_possible($run, $_) } sort keys %act);
		$action = 'fill the disk' if $run->{on_disk} && chance(0.3);
		my $holder = $at_events ? hold_up($run, $procedure, \@session) : undef;
		push @what, $holder->{what} if $holder && $holder->{what};
		if ($aims)
		{
			wait_for_push($run);
		}
		elsif ($at_events)
		{
			sleep rand 0.05;
		}
		else
		{
			sleep(rand() * $run->{seconds} / 2);
			wait_for_push($run) if $tds && chance(0.5);
		}
		add_row($run) if $run->{has_users} && !$holder;
		if ($aims || (grep({ $_ eq 'trigger sleep' } @what) && chance(0.8)))
		{
			$action = one_of('kill a session', 'kill a session', 'terminate a session', 'cancel a session', 'stop the desk', 'freeze at the target',
				'kill at the target', 'drop the connection to the target', 'cancel at the target', 'stop the target');
			$action = 'kill a session' unless is_possible($run, $action);
			$action = "$action in a commit" if wait_for_commit($run, $aims ? 100 : 40);
		}
		elsif (grep({ /at event tables/ } @what) && $run->{is_far} && !$holder)
		{
			$action = "$action in a commit" if wait_for_commit($run, 60);
		}
		$act{ $action =~ s/ in a commit//r }->($run, \@session);
		push @what, $action;
		if ($holder)
		{
			sleep rand 0.1;
			let_go($holder);
		}
	}
	end_session($_) foreach @session;
	push @what, map { "COMMIT $_" } $tds->obeyed if $tds;
	$happened{$_}++ foreach @what;
	get_up();
	count_unknown($run, %unknown);
	if ($at_events || chance(0.4))
	{
		wait_for_lost_sessions($run);
		look_at_events($run);
	}
	if ($procedure eq 'run_plan' && chance(0.3))
	{
		wait_for_lost_sessions($run);
		look_between($run);
	}
	return join ' + ', $procedure, @what;
}

# ---------------------------------------------------------------------------
# At the end
# ---------------------------------------------------------------------------

# Sessions that were lost may still be about to commit.
sub wait_for_lost_sessions
{
	my ($run) = @_;
	foreach (1 .. 300)
	{
		return if $tds && $tds->is_quiet;
		sleep 0.1 if $tds;
		next if $tds;
		return if $run->{cluster}->value($run->{target}, <<'SQL') == 0;
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
SQL
		sleep 0.1;
	}
	fail('lost sessions do not end');
	return;
}

# Lines of one list that another has not as often
sub lacking
{
	my ($these, $those) = @_;
	my %seen;
	$seen{$_}++ foreach @$those;
	return grep { !$seen{$_} || $seen{$_}-- <= 0 } @$these;
}

# Two lists are of the same lines; or the first has all lines of the second.
sub same_rows
{
	my ($found, $wanted, $name, $may_have_more) = @_;
	my @wrong = map { "missing: $_" } lacking($wanted, $found);
	push @wrong, map { "too many: $_" } lacking($found, $wanted) unless $may_have_more;
	return ok(!@wrong, $name) || !diag(join "\n", @wrong[ 0 .. ($#wrong > 9 ? 9 : $#wrong) ]);
}

sub finish
{
	my ($run, $name) = @_;
	wait_for_lost_sessions($run);
	my %unknown = unknown_pieces($run);
	my ($status, $out, $err) = $staging->psql($run->{desk}, "$run->{setting}CALL osmeta.run_plan('p')", '-v', 'VERBOSITY=verbose');
	is($status, 0, "$name: left alone it comes to its end") or diag($err);
	count_unknown($run, %unknown);
	$tds->look($run->{desk}) if $tds;

	my @expected = expected($run);
	my @found = split /\n/, meaning($run, $run->{cluster}, $run->{target}, 'target');
	my @too_many = lacking(\@found, \@expected);
	my @missing = lacking(\@expected, \@found);
	is_deeply([ map({ "missing: $_" } @missing[ 0 .. ($#missing > 9 ? 9 : $#missing) ]), map { "too many: $_" } @too_many[ 0 .. ($#too_many > 9 ? 9 : $#too_many) ] ],
		[], "$name: every row once, and each means the same");
	my @others = split /\n/, others($run);
	my @before = split /\n/, $run->{others_before};
	is_deeply([ lacking(\@before, \@others), scalar @others ], [ @before + ($run->{added} // 0) ],
		"$name: what is not the plan's is untouched");
	my @rows = rows_of($run, '.');
	same_rows(\@rows, $run->{rows_before}, "$name: all rows that the target had stand there as they were", 1);
	my @brought = brought($run, $run->{cluster}, $run->{target});
	my @wanted = brought_expected($run);
	same_rows(\@brought, \@wanted, "$name: the source's subscriptions stand there once, each means the same");
	$happened{'subscriptions brought'} += @brought;
	$happened{'instances brought'} += grep { /^(?:process|activity|variable) / } @found;
	same_rows([ rows_of($run, '^OSSYS_BPM_EVENT') ], $run->{queues_before}, "$name: nothing is queued");
	check_masks($run, $name) if $run->{masks};
	is($staging->value($run->{source}, q{SELECT make.digest('source')}), $run->{source_before}, "$name: the source is untouched");
	(undef, $out, $err) = $staging->psql($run->{desk}, <<'SQL');
SELECT entity, status, detail, foreign_changed FROM osmeta.verify_plan('p')
WHERE status <> 'ok' AND (detail NOT LIKE '%the identity counter is behind%' OR rows_found <> rows_expected OR NOT checksum_equal)
	OR foreign_changed
SQL
	is("$out$err", '', "$name: verify_plan finds it so");
	is($staging->value($run->{desk}, <<'SQL'), 'done|0|0|0', "$name: so does the ledger, and no lock is left");
SELECT p.phase, (SELECT count(*) FROM osmeta.plan_chunk WHERE state <> 'done' OR phase = 'push' AND rows_done <> rows_expected),
	(SELECT count(*) FROM osmeta.plan_chunk c, osmeta.plan_chunk d WHERE c.chunk_id < d.chunk_id
		AND (c.plan_id, c.entity_id, c.phase, c.round, c.level, c.lower_id) IS NOT DISTINCT FROM (d.plan_id, d.entity_id, d.phase, d.round, d.level, d.lower_id)),
	(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')
FROM osmeta.plan p
WHERE p.plan = 'p'
SQL
	return;
}

# Undo the plan, which is interrupted likewise: nothing of it is left.
sub undo
{
	my ($run, $name) = @_;
	$name .= ', undone';
	my $hold = !($run->{deletes} && grep { $_ eq 'keep' } values %{ $run->{strategy} }) && chance(0.4) ? hold($run, $name) : undef;
	foreach (0 .. int rand 4)
	{
		# An undo that has not begun yet can give way to a run.
		my $procedure = !$hold && has_begun($run) && chance(0.3) ? 'run_plan' : 'undo_plan';
		note("$name: " . disturb($run, $procedure));
	}
	quieten($run);
	wait_for_lost_sessions($run);
	$happened{'unknown outcome: settled by an undo'} += keys(%{ { unknown_pieces($run) } });
	$happened{'undone'}++;
	my ($status, $out, $err) = $staging->psql($run->{desk}, "CALL osmeta.undo_plan('p')", '-v', 'VERBOSITY=verbose');
	is($status, 0, "$name: left alone it comes to its end") or diag($err);
	$tds->look($run->{desk}) if $tds;
	if ($hold)
	{
		check_held($run, $name, $hold);
	}
	else
	{
		my @before = split /\n/, $run->{target_before};
		my @now = split /\n/, target_state($run);
		is_deeply([ map({ "missing: $_" } lacking(\@before, \@now)), map { "too many: $_" } lacking(\@now, \@before) ],
			[], "$name: every table of the target is what it was");
	}
	is($run->{cluster}->value($run->{target}, q{SELECT count(*) FROM target.node WHERE "NAME" LIKE 'theirs new%'}), $run->{added} // 0,
		"$name: rows of users stay");
	my @now = rows_of($run, '^OSEVT|^OSSYS_BPM_EVENT');
	my @before = grep { /^target\."?(?:OSEVT|OSSYS_BPM_EVENT)/i } @{ $run->{rows_before} };
	same_rows(\@now, \@before, "$name: subscriptions and queues are what they were");
	same_rows([ rows_of($run, '.') ], $run->{rows_before}, "$name: all rows that the target had stand there as they were", 1);
	is($staging->value($run->{source}, q{SELECT make.digest('source')}), $run->{source_before}, "$name: the source is untouched");
	is($staging->value($run->{desk}, <<'SQL'), 'undone|0|0', "$name: so does the ledger, and no lock is left");
SELECT p.phase, (SELECT count(*) FROM osmeta.plan_chunk c WHERE c.plan_id = p.plan_id AND phase = 'undo' AND state <> 'done'),
	(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')
FROM osmeta.plan p
WHERE p.plan = 'p'
SQL
	return;
}

# Users of the target make rows under the plan's, and change others.  First
# nothing of the plan may go, and they are listed; then options say what stays.
# Gives undef if the plan has no row yet, else what was there and has to stay.
sub hold
{
	my ($run, $name) = @_;
	quieten($run);
	wait_for_lost_sessions($run);
	$tds->look($run->{desk}) if $tds;
	my %plan = map { $_ => 1 } grep { !exists $run->{lines_before}{$_} } keys %{ lines($run) };
	my $pick = sub { my ($entity) = @_; my @id = grep { s/^$entity // } sort keys %plan; @id ? one_of(@id) : undef };
	my @way = (
		sub { my $id = $pick->('node'); $id && qq{INSERT INTO node ("ID", "NAME", "PARENTID") VALUES (2000001, 'theirs under', $id)} },
		sub { my $id = $pick->('team'); $id && qq{INSERT INTO member ("ID", "NAME", "TEAMID") VALUES (2000002, 'theirs under', $id)} },
		sub { my $id = $pick->('member'); $id && qq{INSERT INTO team ("ID", "NAME", "LEADERID") VALUES (2000003, 'theirs under', $id)} },
		sub { my $id = $pick->('ticket'); $id && qq{INSERT INTO remark ("ID", "NAME", "TICKETID") VALUES (2000004, 'theirs under', $id)} },
		sub { my $id = $pick->('process'); $id && qq{INSERT INTO card ("ID", "NAME", "PROCESSID") VALUES (2000006, 'theirs under', $id)} },
		sub { my $id = $pick->('gamma'); $id && qq{INSERT INTO beta ("ID", "NAME", "GAMMAID") OVERRIDING SYSTEM VALUE VALUES (2000005, 'theirs under', $id)} },
		sub { my $id = $pick->('member'); $id && !exists $plan{"detail $id"} && !exists $run->{lines_before}{"detail $id"} && qq{INSERT INTO detail VALUES ($id, 'theirs under')} });
	my @sql = grep { $_ } map { $_->() } grep { chance(0.4) } @way;
	my $changed = chance(0.5) && $pick->('member');
	push @sql, qq{UPDATE member SET "NOTE" = 'theirs changed' WHERE "ID" = $changed} if $changed;
	return unless @sql;
	if ($tds)
	{
		$tds->change($run->{desk}, $_) foreach @sql;
		$tds->look($run->{desk});
	}
	else
	{
		$run->{cluster}->value($run->{target}, join ';', 'SET search_path = target', @sql);
	}

	# these raise events
	$run->{queues_before} = [ rows_of($run, '^OSSYS_BPM_EVENT') ];
	$run->{rows_before} = [ grep({ !/BPM_EVENT/i } @{ $run->{rows_before} }), @{ $run->{queues_before} } ];
	my $before = lines($run);
	my @under = grep { $before->{$_} =~ /theirs under/ } keys %$before;
	my ($status, undef, $err) = $staging->psql($run->{desk}, "CALL osmeta.undo_plan('p')", '-v', 'VERBOSITY=verbose');
	isnt($status, 0, "$name: it refuses");
	$tds->look($run->{desk}) if $tds;
	like($err, qr/55000: plan "p" cannot be undone/, "$name: for what stands in the way");
	foreach my $way (@under, $changed ? "member $changed" : ())
	{
		my ($id) = $way =~ /(\S+)$/;
		like($err, qr/\b$id\b/, "$name: $way is listed");
	}
	is_deeply(lines($run), $before, "$name: nothing has gone");

	my $keeps = $changed && chance(0.5);
	my $settings = q{SELECT osmeta.set_plan_option('p', 'undo_referenced', 'keep');};
	$settings .= qq{SELECT osmeta.set_plan_option('p', 'undo_changed', '@{[ $keeps ? 'keep' : 'delete' ]}');} if $changed;
	$staging->value($run->{desk}, $settings);
	$happened{'undo held up by ' . join ' and ', @under ? 'rows of others' : (), $changed ? 'a change, which ' . ($keeps ? 'stays' : 'goes') : ()}++;

	# what rows that stay refer to, and so on
	my %parents;
	foreach (split /\n/, $run->{cluster}->value($run->{target}, q{SET search_path = target; SELECT entity || ' ' || id, parent || ' ' || parent_id FROM edge}))
	{
		my ($child, $parent) = split /\|/;
		push @{ $parents{$child} }, $parent;
	}
	my @open = (@under, $keeps ? "member $changed" : ());
	my %stays;
	while (defined(my $row = shift @open))
	{
		next if $stays{$row}++ || !exists $before->{$row};
		push @open, @{ $parents{$row} // [] };
	}
	my %expected = %{ $run->{lines_before} };
	$expected{$_} = $before->{$_} foreach grep { exists $before->{$_} } keys %stays;
	return { lines => \%expected, meaning => [ split(/\n/, meaning($run, $run->{cluster}, $run->{target}, 'target')), @{ $run->{meaning_before} } ] };
}

# What had to stay does, and nothing else, and means what it meant.
sub check_held
{
	my ($run, $name, $hold) = @_;
	my $now = lines($run);
	is_deeply([ map({ "missing: $_" } grep { !exists $now->{$_} } sort keys %{ $hold->{lines} }),
			map({ "too many: $_" } grep { !exists $hold->{lines}{$_} } sort keys %$now),
			map { "was $hold->{lines}{$_}, is $now->{$_}" } grep { exists $hold->{lines}{$_} && $hold->{lines}{$_} ne $now->{$_} } sort keys %$now ],
		[], "$name: what rows of others need has stayed, all else is what it was");
	my @meaning = grep { !/^a |theirs new/ } split /\n/, meaning($run, $run->{cluster}, $run->{target}, 'target');
	is_deeply([ lacking(\@meaning, $hold->{meaning}) ], [], "$name: and means what it meant");
	return;
}

# ---------------------------------------------------------------------------
# The runs
# ---------------------------------------------------------------------------
if ($is_tds && !$tds)
{
	plan(skip_all => TdsTarget->absent);
}
prepare();
note("seeds from $first_seed on; "
	  . ($disk ? "the target's disk is a small one and really gets full"
		: 'no right to mount a small disk: a trigger says that it is full'));
foreach my $seed ($first_seed .. $first_seed + $runs - 1)
{
	eval { torture($seed); 1 } or fail("seed $seed: $@");
}
done_testing();
