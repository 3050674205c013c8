#!/usr/bin/perl
# A few migrations that are interrupted by chance; make torture runs many.
use strict;
use warnings;

use FindBin;

$ENV{TORTURE_RUNS} = 2;
$ENV{TORTURE_ROWS} = 40;
exec $^X, "$FindBin::Bin/../torture/torture.pl" or die "cannot run it: $!\n";
