# A cluster of one's own, which may be killed and stopped: it is reached through
# a socket in a folder that nobody else may enter, and sees the staged extension.
package PrivateCluster;

use strict;
use warnings;

use File::Path qw(remove_tree);
use IPC::Run;
use Time::HiRes qw(sleep);

my $pg_config = $ENV{PG_CONFIG} // 'pg_config';
chomp(my $bindir = qx("$pg_config" --bindir));
chomp(my $library = qx("$pg_config" --pkglibdir));
chomp(my $version = qx("$pg_config" --version));

# PostgreSQL does not run as root.
my @as_owner = $> == 0 ? qw(runuser -u postgres --) : ();

sub new
{
	my ($class, $name) = @_;
	my $self = bless {
		name   => $name,
		folder => "$ENV{OSMETA_WORK}/$name",
	}, $class;
	mkdir $self->{folder} or die "cannot make $self->{folder}: $!\n";
	if ($> == 0)
	{
		my (undef, undef, $uid, $gid) = getpwnam 'postgres';
		chown $uid, $gid, $self->{folder};
	}
	chmod 0700, $self->{folder};
	$self->{data} = "$self->{folder}/data";
	$self->run('initdb', '-D', $self->{data}, qw(-U torture -A trust --no-sync -E UTF8 --locale=C.UTF-8));

	my $stage = $ENV{OSMETA_STAGE};
	my @settings = (
		"listen_addresses = ''",
		"unix_socket_directories = '$self->{folder}'",
		"dynamic_library_path = '$stage$library:$library'",
		$version =~ / 1[4-7]/
		? "extension_destdir = '$stage'"
		: "extension_control_path = '$stage" . share() . ":\$system'",
		'fsync = off',
		'shared_buffers = 32MB',
		'max_connections = 60',
		'restart_after_crash = on',
		'autovacuum_naptime = 2s');
	$self->write_file('data/postgresql.auto.conf', join "\n", @settings, '');
	$self->start;
	return $self;
}

sub share
{
	chomp(my $share = qx("$pg_config" --sharedir));
	return $share;
}

sub write_file
{
	my ($self, $name, $text) = @_;
	my $path = "$self->{folder}/$name";
	open my $out, '>', $path or die "cannot write $path: $!\n";
	print $out $text;
	close $out or die "cannot write $path: $!\n";
	return;
}

# A program of PostgreSQL as the cluster's owner; its output is kept for the
# case that it fails.
sub run
{
	my ($self, $program, @args) = @_;
	my $output = '';
	chdir '/' or die;
	IPC::Run::run([ @as_owner, "$bindir/$program", @args ],
		'<', '/dev/null', '>&', \$output)
	  or die "$program fails: $output\n";
	return;
}

sub start
{
	my ($self) = @_;
	$self->run('pg_ctl', '-D', $self->{data}, '-l', "$self->{folder}/log", '-w', '-t', '60', '-s', 'start');
	return;
}

# As if somebody had pulled the plug, but for what the system still writes.
sub stop
{
	my ($self) = @_;
	$self->run('pg_ctl', '-D', $self->{data}, '-w', '-t', '60', '-s', '-m', 'immediate', 'stop');
	return;
}

# Run SQL; gives exit status, what was printed, what was said.
sub psql
{
	my ($self, $database, $sql, @options) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run($self->psql_command($database, '-v', 'ON_ERROR_STOP=1', @options),
		\$sql, \$out, \$err);
	my $status = $? >> 8;
	chomp($out, $err);
	return ($status, $out, $err);
}

sub psql_command
{
	my ($self, $database, @options) = @_;
	return [ 'psql', '-XqAt', '-h', $self->{folder}, '-U', 'torture', '-d', $database, @options ];
}

# What SQL prints; an error ends the program.
sub value
{
	my ($self, $database, $sql, @options) = @_;
	my ($status, $out, $err) = $self->psql($database, $sql, @options);
	die "psql in $database: $sql\n$err\n" unless $status == 0;
	return $out;
}

sub is_up
{
	my ($self) = @_;
	my ($status) = $self->psql('postgres', 'SELECT 1');
	return $status == 0;
}

# After a crash the server comes back by itself, unless it cannot recover for
# want of space: then it ends.
sub wait_until_up
{
	my ($self) = @_;
	foreach (1 .. 600)
	{
		return if $self->is_up;
		eval { $self->start } unless -e "$self->{data}/postmaster.pid";
		sleep 0.05;
	}
	die "cluster $self->{name} does not come back\n";
}

# However it stands, it stops.
sub wreck
{
	my ($self) = @_;
	eval { $self->stop };
	return;
}

sub drop
{
	my ($self) = @_;
	remove_tree($self->{folder}, { safe => 0 });
	return;
}

1;
