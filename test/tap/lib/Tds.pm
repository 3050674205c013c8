# A T-SQL server for the tests that need one: the one that OSMETA_TDS_HOST,
# _PORT, _USER and _PASSWORD name, whose user may create databases, or else a
# throwaway Babelfish, if one is installed under /opt/babelfish.  Nothing here
# goes through the code under test: batches are run by FreeTDS's tsql.
package Tds;

use strict;
use warnings;

use Database;
use Exporter 'import';
use Fcntl ':flock';
use IO::Select;
use IO::Socket::INET;
use IPC::Run;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(tds_server tds_needed tds_absent tds_database tds_try
  tds_batch tds_value tds_quote create_tds_server tds_start tds_stop
  tds_is_ours tds_postgres tds_proxy tds_session);

my $babelfish = $ENV{OSMETA_BABELFISH} // '/opt/babelfish';
my $superuser = 'babelfish_super';
my (%server, @databases, @children, $started_here);

# Why there is no server, and what to do about it; in one line.
sub tds_absent
{
	return 'no T-SQL server: set OSMETA_TDS_HOST, OSMETA_TDS_PORT,'
	  . ' OSMETA_TDS_USER and OSMETA_TDS_PASSWORD, or install Babelfish'
	  . " under $babelfish";
}

# The server as a hash of host, port, user and password, started if need be;
# undef if there is none.  One that is named and does not answer is an error.
sub tds_server
{
	return \%server if %server;
	if (!$ENV{OSMETA_TDS_HOST})
	{
		return unless -x "$babelfish/bin/postgres";
		start_babelfish();
		$started_here = 1;
	}
	%server = (
		host => $ENV{OSMETA_TDS_HOST},
		port => $ENV{OSMETA_TDS_PORT} // 1433,
		user => $ENV{OSMETA_TDS_USER} // 'sa',
		password => $ENV{OSMETA_TDS_PASSWORD} // '');
	my ($out, $err) = tds_try('master', 'SELECT 1');
	die "the T-SQL server at $server{host}:$server{port} does not answer:"
	  . " $err\n"
	  if $err ne '';
	return \%server;
}

# For a file of tests that are nothing without a server.  With is_long => 1
# they are left to "make tds", which runs all of them.
sub tds_needed
{
	my (%options) = @_;
	my $server = tds_server();
	plan(skip_all => tds_absent()) unless $server;
	plan(skip_all => 'takes minutes: make tds')
	  if $options{is_long} && !$ENV{OSMETA_TDS_ALL};
	return $server;
}

# Run batches, as tsql takes them: "go" in a line of its own ends one.  Gives
# what they print, tab-separated and without headers, and the errors of the
# server and the client, one a line, with their numbers; '' if there was none.
sub tds_try
{
	my ($database, $sql, %options) = @_;
	my ($out, $err) = ('', '');
	utf8::encode($sql) if utf8::is_utf8($sql);
	my $server = \%server;
	local $ENV{TDSVER} = '7.4';
	my $timeout = IPC::Run::timeout($options{timeout} // 120);
	my $done = eval {
		IPC::Run::run(
			[
				'tsql', '-H', $server->{host}, '-p',
				$options{port} // $server->{port}, '-U', $server->{user},
				'-P', $server->{password}, '-J', 'UTF-8', '-o', 'qhf', '-D',
				$database
			],
			\"$sql\ngo\n", \$out, \$err, $timeout);
		1;
	};
	return ($out, "tsql: $@") unless $done;

	# tsql ends well whatever the server says, and says so on stderr, behind
	# messages that are none
	my @errors;
	my $last = 0;
	foreach my $line (split /\n/, $err)
	{
		if ($line =~ /^Msg (\d+) \(severity (\d+), state \d+\)/)
		{
			$last = $2 > 10;
			push @errors, "$1:" if $last;
		}
		elsif ($line =~ /^\t"(.*?)"?$/)
		{
			$errors[-1] .= " $1" if $last;
		}
		elsif ($line =~ /^(?:Error|There was a problem)/)
		{
			push @errors, $line;
			$last = 1;
		}
		elsif ($last)
		{
			$errors[-1] .= " $line";
		}
	}
	push @errors, "tsql ended with status $?: $err" if $? != 0 && !@errors;
	$out =~ s/\n\z//;
	return ($out, join "\n", @errors);
}

# What batches print; an error ends the test.
sub tds_batch
{
	my ($database, $sql, %options) = @_;
	my ($out, $err) = tds_try($database, $sql, %options);
	die "T-SQL in $database: $sql\n$err\n" if $err ne '';
	return $out;
}

# The same under the name that Database.pm has for it.
sub tds_value
{
	return tds_batch(@_);
}

# A literal of T-SQL.
sub tds_quote
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "N'$text'";
}

# A scratch database that is dropped at the end; gives its name, which no
# other process uses.
sub tds_database
{
	my ($name) = @_;
	my $database = lc "osmeta_${name}_$$";
	tds_batch('master', "CREATE DATABASE $database");
	push @databases, $database;
	return $database;
}

# A foreign server for a database of the T-SQL server in a PostgreSQL
# database, with a user mapping for everybody.  Options: port, host, user,
# password, mapping (0: none), role.
sub create_tds_server
{
	my ($pg_database, $name, $tds_database, %options) = @_;
	my %login = (%server, %options);
	my $role = $options{role} // 'PUBLIC';
	my $sql = <<"SQL";
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS tds_fdw;
CREATE SERVER $name FOREIGN DATA WRAPPER tds_fdw OPTIONS (
	servername '$login{host}', port '$login{port}',
	database '$tds_database', tds_version '7.4', character_set 'UTF-8',
	msg_handler 'blackhole');
SQL
	if ($options{mapping} // 1)
	{
		my ($user, $password) = map { s/'/''/gr } @login{qw(user password)};
		$sql .= <<"SQL";
CREATE USER MAPPING FOR $role SERVER $name
	OPTIONS (username '$user', password '$password');
SQL
	}
	value(undef, $pg_database, $sql);
	return;
}

# A session of tsql that stays open: gives a function that runs a batch in it
# and waits for its end, or only sends it if its second argument is false; the
# function ends the session when called without arguments.
sub tds_session
{
	my ($database) = @_;
	my ($in, $out) = ('', '');
	local $ENV{TDSVER} = '7.4';
	my $handle = IPC::Run::start(
		[
			# or it keeps what it prints until it ends
			'stdbuf', '-oL', 'tsql', '-H', $server{host}, '-p', $server{port}, '-U',
			$server{user}, '-P', $server{password}, '-J', 'UTF-8', '-o',
			'qhf', '-D', $database
		],
		\$in, '>&', \$out, IPC::Run::timeout(300));
	my $number = 0;
	return sub {
		my ($sql, $wait) = @_;
		if (!defined $sql)
		{
			$in .= "exit\n";
			eval { $handle->finish };
			return;
		}
		$number++;
		$out = '';
		$in .= "$sql\ngo\nSELECT 'end of batch $number'\ngo\n";
		$handle->pump_nb;
		while ($wait // 1)
		{
			last if $out =~ s/^end of batch $number\n//m;
			$handle->pump;
		}
		chomp $out;
		return $out;
	};
}

# A relay before the server whose connections can be cut; gives its port, a
# function that cuts all of them, and the process that does so on SIGUSR1.  With
# lose => 'TEXT' a connection is cut by itself half a second after the client
# has sent TEXT in a batch, the answer thrown away: the client does not learn
# what came of it.  With stop => 'TEXT' it is cut instead of sending the packet
# on.  With flood => 'TEXT' the relay itself answers it, by counts of statements
# without end, faster than a client can read.  With mute => 1 connections are taken and
# never answered.  With record =>
# 'FILE' what clients send is appended there; with opened => 'FILE' a line for
# each connection.
#
# With orders => FILE each COMMIT TRANSACTION of a client takes the first line
# out of the file, which says what becomes of it (no line: nothing):
#	pass		nothing
#	stop		it is not passed on, and the connection is cut
#	lose		it is passed on; when the server answers the connection is cut
#	late N		the connection is cut; N seconds later the server gets it
#	slow N		the server gets it N seconds later
# What has been done is added to FILE.done, a line each.
sub tds_proxy
{
	my (%options) = @_;
	my $listen = IO::Socket::INET->new(
		LocalAddr => '127.0.0.1',
		Listen => 20,
		ReuseAddr => 1) or die "cannot listen: $!\n";
	my $port = $listen->sockport;
	my $pid = fork // die "cannot fork: $!\n";
	if ($pid == 0)
	{
		# not the parent's END blocks
		eval { relay($listen, %options) };
		POSIX::_exit(0);
	}
	push @children, $pid;
	close $listen;
	return ($port, sub { kill 'USR1', $pid; sleep 0.2; }, $pid);
}

sub relay
{
	my ($listen, %options) = @_;
	my (%peer, %is_client, $cut, %mute, %lost, @later);
	my $select = IO::Select->new($listen);
	my %text =
	  map { $_ => pack('v*', map { ord } split //, $options{$_}) }
	  grep { defined $options{$_} } qw(lose stop flood);
	my $commit = pack('v*', map { ord } split //, 'COMMIT TRANSACTION');
	local $SIG{USR1} = sub { $cut = 1 };
	local $SIG{TERM} = sub { POSIX::_exit(0) };
	local $SIG{PIPE} = 'IGNORE';
	my $forget = sub {
		my ($socket) = @_;
		delete $_->{$socket} foreach \%peer, \%lost, \%is_client;
		$select->remove($socket);
		close $socket;
	};
	my $drop = sub {
		my ($one) = @_;
		my $other = $peer{$one};
		$forget->($_) foreach grep { defined } $one, $other;
	};
	my $send = sub {
		my ($socket, $data) = @_;
		while (length $data)
		{
			my $written = syswrite $socket, $data;
			last unless $written;
			substr($data, 0, $written, '');
		}
	};
	# true: what the client sent is dealt with
	my $obey = sub {
		my ($client, $data) = @_;
		my ($order, $seconds) = next_order($options{orders});
		my $server = $peer{$client};
		if ($order eq 'stop')
		{
			$drop->($client);
			return 1;
		}
		elsif ($order eq 'lose')
		{
			$lost{$server} = 1;
		}
		elsif ($order eq 'late')
		{
			# an answer is thrown away
			$forget->($client);
			delete $peer{$server};
			$lost{$server} = 1;
			push @later, [ time + $seconds, $server, $data ];
			return 1;
		}
		elsif ($order eq 'slow')
		{
			push @later, [ time + $seconds, $server, $data ];
			return 1;
		}
		return 0;
	};
	while (getppid() != 1)
	{
		my @ready = $select->can_read(@later ? 0.01 : 0.1);
		foreach my $message (@later)
		{
			my ($time, $socket, $data) = @$message;
			next if $time > time;
			$send->($socket, $data) if defined fileno $socket;
			$message = undef;
		}
		@later = grep { defined } @later;
		if ($cut)
		{
			$cut = 0;
			$drop->($_)
			  foreach grep { $_ != $listen && defined fileno $_ } $select->handles;
			next;
		}
		foreach my $socket (@ready)
		{
			if ($socket == $listen)
			{
				my $client = $listen->accept or next;
				if (defined $options{opened})
				{
					open my $opened, '>>', $options{opened} or die "$!\n";
					print $opened "opened\n";
					close $opened;
				}
				if ($options{mute})
				{
					$mute{$client} = $client;
					next;
				}
				my $server = IO::Socket::INET->new(
					PeerAddr => $server{host},
					PeerPort => $server{port});
				if (!$server)
				{
					close $client;
					next;
				}
				@peer{ $client, $server } = ($server, $client);
				$is_client{$client} = 1;
				$select->add($client, $server);
				next;
			}
			next unless $peer{$socket} || $lost{$socket};
			my $read = sysread $socket, my $data, 65536;
			if (!$read || $lost{$socket})
			{
				$drop->($socket);
				next;
			}
			if (   defined $text{stop}
				&& $is_client{$socket}
				&& index($data, $text{stop}) >= 0)
			{
				$drop->($socket);
				next;
			}
			if (   defined $text{flood}
				&& $is_client{$socket}
				&& index($data, $text{flood}) >= 0)
			{
				# packets of tokens that say: done, a count, and more follows
				my $tokens = pack('Cv2V2', 0xFD, 0x11, 0xC1, 1, 0) x 300;
				my $packets =
				  (pack('CCnnCC', 4, 0, 8 + length $tokens, 0, 1, 0) . $tokens) x 256;
				1 while syswrite $socket, $packets;
				$drop->($socket);
				next;
			}
			if (defined $options{record} && $is_client{$socket})
			{
				open my $record, '>>', $options{record} or die "$!\n";
				print $record $data;
				close $record;
			}
			next
			  if defined $options{orders}
			  && $is_client{$socket}
			  && index($data, $commit) >= 0
			  && $obey->($socket, $data);
			$send->($peer{$socket}, $data);
			if (   defined $text{lose}
				&& $is_client{$socket}
				&& index($data, $text{lose}) >= 0)
			{
				sleep 0.5;
				$drop->($socket);
			}
		}
	}
	return;
}

# Take the first line out of the file of orders; gives its words.
sub next_order
{
	my ($file) = @_;
	open my $in, '+<', $file or return 'pass';
	flock $in, LOCK_EX;
	my ($first, @others) = <$in>;
	seek $in, 0, 0;
	truncate $in, 0;
	print $in @others;
	close $in;
	return 'pass' unless defined $first;
	chomp $first;
	open my $out, '>>', "$file.done" or die "cannot write $file.done: $!\n";
	print $out "$first\n";
	close $out;
	return split ' ', $first;
}

# Is the server one that may be stopped?
sub tds_is_ours
{
	return defined $ENV{OSMETA_TDS_FOLDER};
}

# Stop our server at once, as if its machine had failed.
sub tds_stop
{
	my ($mode) = @_;
	babelfish_command('pg_ctl', '-D', "$ENV{OSMETA_TDS_FOLDER}/data", '-w',
		'-s', '-m', $mode // 'immediate', 'stop');
	return;
}

# Start it again, and wait until it answers.
sub tds_start
{
	my $folder = $ENV{OSMETA_TDS_FOLDER};
	babelfish_command('pg_ctl', '-D', "$folder/data", '-l', "$folder/log",
		'-w', '-t', '60', '-s', 'start');
	foreach (1 .. 100)
	{
		return
		  if IO::Socket::INET->new(
			PeerAddr => $ENV{OSMETA_TDS_HOST},
			PeerPort => $ENV{OSMETA_TDS_PORT});
		sleep 0.1;
	}
	die "the throwaway Babelfish does not listen\n";
}

# Run a program of Babelfish's; as root, as the user that servers run as.
sub babelfish_command
{
	my ($program, @arguments) = @_;
	my @command = ("$babelfish/bin/$program", @arguments);
	unshift @command, 'runuser', '-u', 'postgres', '--' if $> == 0;
	my $input = ref $arguments[-1] ? pop @command : \'';
	my $output = '';
	# nothing of the cluster's that the tests run beside
	local %ENV = map { $_ => $ENV{$_} } grep { !/^PG/ } keys %ENV;
	local $ENV{LC_ALL} = 'C.UTF-8';
	# a server that stays behind must not hold a pipe of ours
	my $log = "$ENV{OSMETA_TDS_FOLDER}/command.log";
	IPC::Run::run(\@command, $input, '>', $log, '2>&1') or do
	{
		open my $in, '<', $log;
		local $/;
		die "$program failed:\n" . <$in>;
	};
	return;
}

# psql at the PostgreSQL port of our server.
sub psql_there
{
	return (
		'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-h', $ENV{OSMETA_TDS_FOLDER},
		'-p', $ENV{OSMETA_TDS_PG_PORT}, '-U', $superuser);
}

# Run SQL of PostgreSQL in the database that all T-SQL databases are in.
sub tds_postgres
{
	my ($sql, @options) = @_;
	utf8::encode($sql) if utf8::is_utf8($sql);
	babelfish_command(psql_there(), @options, '-d', 'babelfish_db', \$sql);
	return;
}

sub free_ports
{
	my @socket = map {
		IO::Socket::INET->new(
			LocalAddr => '127.0.0.1',
			Listen => 1,
			ReuseAddr => 1)
		  or die "no free port: $!\n"
	} 1 .. 2;
	return map { $_->sockport } @socket;
}

# Make a Babelfish in a folder of its own and set the variables that lead
# there.
sub start_babelfish
{
	my $work = $ENV{OSMETA_WORK} or die "OSMETA_WORK is not set\n";
	my $folder = "$work/babelfish.$$";
	my $password = join '', map { ('a' .. 'z')[ rand 26 ] } 1 .. 12;
	my ($tds, $port) = free_ports();

	$ENV{OSMETA_TDS_FOLDER} = $folder;
	mkdir $folder or die "cannot make \"$folder\": $!\n";
	if ($> == 0)
	{
		my (undef, undef, $uid, $gid) = getpwnam 'postgres';
		chown $uid, $gid, $folder;
	}
	babelfish_command('initdb', '-D', "$folder/data", '-E', 'UTF8',
		'--locale=C.UTF-8', '-U', $superuser, '-A', 'trust', '-N');
	open my $out, '>>', "$folder/data/postgresql.conf"
	  or die "cannot write to \"$folder\": $!\n";
	# what was committed must be there after tds_stop, so synchronous_commit
	# stays on
	print $out <<"CONF";
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$folder'
shared_preload_libraries = 'babelfishpg_tds'
babelfishpg_tds.listen_addresses = '127.0.0.1'
babelfishpg_tds.port = $tds
fsync = off
full_page_writes = off
max_connections = 400
CONF
	close $out;
	open $out, '>', "$folder/data/pg_hba.conf";
	print $out "local all all trust\nhost all all 127.0.0.1/32 md5\n";
	close $out;
	@ENV{qw(OSMETA_TDS_HOST OSMETA_TDS_PORT OSMETA_TDS_USER
	  OSMETA_TDS_PASSWORD)} = ('127.0.0.1', $tds, 'tds_user', "Pw1-$password");
	$ENV{OSMETA_TDS_PG_PORT} = $port;
	$started_here = 1;
	tds_start();
	my @psql = psql_there();
	babelfish_command(@psql, '-d', 'postgres', \<<"SQL");
CREATE USER tds_user WITH SUPERUSER CREATEDB CREATEROLE PASSWORD 'Pw1-$password' INHERIT;
CREATE DATABASE babelfish_db OWNER tds_user;
SQL
	babelfish_command(@psql, '-d', 'babelfish_db', \<<'SQL');
SET allow_system_table_mods = ON;
CREATE EXTENSION IF NOT EXISTS babelfishpg_tds CASCADE;
GRANT ALL ON SCHEMA sys TO tds_user;
ALTER SYSTEM SET babelfishpg_tsql.database_name = 'babelfish_db';
ALTER SYSTEM SET babelfishpg_tsql.migration_mode = 'multi-db';
SELECT pg_reload_conf();
\c -
CALL sys.initialize_babelfish('tds_user');
SQL
	return;
}

my $owner = $$;

END
{
	# of a child nothing is to be cleaned up
	if ($$ == $owner)
	{
		local $? = $?;
		kill 'TERM', @children if @children;
		waitpid $_, 0 foreach @children;
		if (!$started_here)
		{
			foreach my $database (@databases)
			{
				my $err;

				# a statement that was cancelled may be at work still
				foreach (1 .. 20)
				{
					(undef, $err) =
					  tds_try('master', "DROP DATABASE $database");
					last if $err eq '';
					sleep 1;
				}
				diag("scratch database $database stays: $err") if $err ne '';
			}
		}
		elsif (-e "$ENV{OSMETA_TDS_FOLDER}/data/postmaster.pid")
		{
			eval { tds_stop() };
			diag($@) if $@;
		}
	}
}

1;
