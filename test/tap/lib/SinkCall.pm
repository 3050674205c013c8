# The sink of osmeta_tds without the engine: sink_call.c, compiled here and
# loaded into a database as the function sink_call.
package SinkCall;

use strict;
use warnings;

use Database;
use Exporter 'import';
use IPC::Run;

our @EXPORT = qw(create_sink_call);

my $library;

sub compile
{
	my $include = qx("$ENV{PG_CONFIG}" --includedir-server);
	chomp $include;
	my $top = top();
	$library = "$ENV{OSMETA_WORK}/sink_call.so";
	my ($out, $err) = ('', '');
	IPC::Run::run(
		[
			'cc', '-shared', '-fPIC', '-Wall', '-Werror', "-I$include",
			"-I$top/src", '-o', $library, "$top/test/tap/lib/sink_call.c"
		],
		\'', \$out, \$err) or die "sink_call.c: $err\n";
	chmod 0755, $library;
	return;
}

sub create_sink_call
{
	my ($database) = @_;
	compile() unless defined $library;
	value(undef, $database, <<"SQL");
CREATE FUNCTION sink_call(what text, relation text,
	id_column text DEFAULT NULL, columns text DEFAULT NULL,
	query text DEFAULT NULL, extra text DEFAULT NULL)
RETURNS bigint LANGUAGE C AS '$library';
SQL
	return;
}

1;
