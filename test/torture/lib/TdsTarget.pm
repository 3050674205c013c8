# The target of the torture as a database of a T-SQL server, a throwaway
# Babelfish that may be killed: schema target of each desk is what it is made
# from, and where its rows are put before they are looked at.  Whoever delivers
# goes through a relay that loses COMMITs.
package TdsTarget;

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../tap/lib";

use Database ();
use IPC::Run;
use Tds;
use TdsCopy;
use TdsHaste;
use Time::HiRes qw(sleep);

sub absent
{
	return 'no T-SQL server that may be killed: install Babelfish under '
	  . ($ENV{OSMETA_BABELFISH} // '/opt/babelfish');
}

# undef if there is none.  A server that is named belongs to somebody.
sub new
{
	my ($class, $staging) = @_;
	delete @ENV{ grep { /^OSMETA_TDS/ } keys %ENV };
	tds_server() or return;
	my $self = bless { staging => $staging, orders => "$ENV{OSMETA_WORK}/orders" }, $class;
	$self->{database} = tds_database('torture');
	($self->{port}, $self->{cut}) = tds_proxy(orders => $self->{orders});
	haste_port($_) foreach $self->{port}, $ENV{OSMETA_TDS_PORT};
	return $self;
}

# What Database.pm does, in the cluster of the desk
sub at_the_desk
{
	my ($self, $what) = @_;
	local @ENV{qw(PGHOST PGUSER PGPASSWORD PGPORT)} =
	  ($self->{staging}{folder}, 'torture', '', 5432);
	return $what->();
}

# A desk that has schema target and extension osmeta
sub attach
{
	my ($self, $desk) = @_;
	$self->at_the_desk(sub {
		copy_schema($desk, 'target', $self->{database});
		create_tds_server($desk, 'target', $self->{database}, port => $self->{port});
		create_tds_server($desk, 'straight', $self->{database});
		Database::value(undef, $desk, <<'SQL');
SET client_min_messages = error;
CREATE EXTENSION osmeta_tds;
SELECT osmeta.attach('src', 'source', 'source', 'sqlserver'), osmeta.attach('far', 'target', 'dbo', 'sqlserver');
SQL
		hasten($desk, 'far', 'target', 'target', $self->{database});
		Database::value(undef, $desk, q{SELECT osmeta.capture('src'), osmeta.capture('far')});
	});
	return;
}

# The rows of the desk's schema target, in tables made anew
sub fill
{
	my ($self, $desk) = @_;
	unhasten();
	foreach (1 .. 50)
	{
		my (undef, $err) = tds_try('master', "DROP DATABASE $self->{database}");
		last if $err eq '' || $err =~ /does not exist/;
		sleep 0.2;
	}
	tds_batch('master', "CREATE DATABASE $self->{database}");
	$self->at_the_desk(sub {
		copy_schema($desk, 'target', $self->{database});
		hasten_again($desk, 'target', $self->{database});
	});
	$self->create_triggers($desk);
	$self->look($desk);
	return;
}

# What raises events there: for each row that comes or changes as many as there
# are subscriptions of definitions.
sub create_triggers
{
	my ($self, $desk) = @_;
	foreach (split /\n/, $self->{staging}->value($desk, <<'SQL'))
SELECT t.tgname, c.relname, substring(pg_get_triggerdef(t.oid) FROM '(OSEVT[^'']*)')
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'target'::regnamespace AND t.tgname LIKE 'OSTRG%'
SQL
	{
		my ($trigger, $table, $events) = split /\|/;
		tds_batch($self->{database}, qq{SET QUOTED_IDENTIFIER ON\ngo\nCREATE TRIGGER $trigger ON dbo."$table" AFTER INSERT, UPDATE AS}
			  . q{ INSERT INTO dbo."OSSYS_BPM_EVENT" ("Process_Def_Id", "Data_Id")}
			  . qq{ SELECT e."_PROCESS_DEF_ID", i."ID" FROM inserted i CROSS JOIN dbo."$events" e WHERE COALESCE(e."_ACTIVITY_ID", 0) = 0});
	}
	return;
}

# Put what stands there into the desk's schema target.
sub look
{
	my ($self, $desk) = @_;
	$self->at_the_desk(sub { copy_back($desk, 'target', 'straight') });
	return;
}

# Rows of the source as SQL Server can hold them: times in three hundredths of a
# second, and one NULL at most in a unique index
sub fit_source
{
	my ($self, $source) = @_;
	$self->{staging}->value($source, q{UPDATE source.member SET "CODE" = 'none ' || "ID" WHERE "CODE" IS NULL});
	$self->at_the_desk(sub { round_times($source, 'source') });
	return;
}

# The T-SQL name of an entity's table
sub table
{
	my ($self, $desk, $entity) = @_;
	return $self->{table}{$entity} //= $self->{staging}->value($desk,
		"SELECT 'dbo.' || lower(split_part(replace(make.table_of('target', '$entity'), '\"', ''), '.', 2))");
}

# false if that was refused
sub execute
{
	my ($self, $sql) = @_;
	my (undef, $err) = tds_try($self->{database}, $sql);
	return $err eq '';
}

# An INSERT or UPDATE of the torture's, of a view that has the entity's name
sub change
{
	my ($self, $desk, $sql) = @_;
	my ($entity) = $sql =~ /^(?:INSERT INTO|UPDATE) (\w+)/;
	my $table = $self->table($desk, ucfirst $entity);
	$sql =~ s/\b$entity\b/$table/;
	$sql =~ s/ OVERRIDING SYSTEM VALUE//;
	$sql = "SET IDENTITY_INSERT $table ON; $sql; SET IDENTITY_INSERT $table OFF"
	  if $sql =~ /^INSERT/ && $entity ne 'detail';
	tds_batch($self->{database}, "SET QUOTED_IDENTIFIER ON\ngo\n$sql");
	return;
}

sub move_counters
{
	my ($self, $desk, $value, @entities) = @_;
	tds_batch($self->{database}, join "\n",
		map { "DBCC CHECKIDENT ('" . $self->table($desk, $_) . "', RESEED, $value)" } @entities);
	return;
}

# What becomes of the next COMMITs
sub order
{
	my ($self, @orders) = @_;
	open my $out, '>', $self->{orders} or die "cannot write $self->{orders}: $!\n";
	print $out map { "$_\n" } @orders;
	close $out;
	unlink "$self->{orders}.done";
	return;
}

# What has become of them
sub obeyed
{
	my ($self) = @_;
	open my $in, '<', "$self->{orders}.done" or return;
	chomp(my @lines = <$in>);
	my $last = 'pass';
	return grep { my $is_new = $_ ne 'pass' && !($_ eq $last && /slow/); $last = $_; $is_new } @lines;
}

# Sessions that deliver, or read.
sub on_sessions
{
	my ($self, $call) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XqAt', '-h', $ENV{OSMETA_TDS_FOLDER}, '-p', $ENV{OSMETA_TDS_PG_PORT}, '-U', 'babelfish_super', '-d', 'babelfish_db' ],
		\"SELECT $call FROM pg_stat_activity WHERE usename = 'tds_user' AND backend_type = 'client backend'", \$out, \$err);
	return $? == 0 ? split(' ', $out) : undef;
}

sub is_quiet
{
	my ($self) = @_;
	my ($count) = $self->on_sessions('count(*)');
	return defined $count && $count == 0;
}

sub cut { $_[0]{cut}->(); return; }

sub stop { eval { tds_stop() }; return; }

sub start { eval { tds_start() }; return; }

# After a crash it comes back by itself.
sub get_up
{
	my ($self) = @_;
	foreach (1 .. 600)
	{
		my ($count) = $self->on_sessions('count(*)');
		return if defined $count;
		eval { tds_start() } unless -e "$ENV{OSMETA_TDS_FOLDER}/data/postmaster.pid";
		sleep 0.1;
	}
	die "the T-SQL server does not come back\n";
}

1;
