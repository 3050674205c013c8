#!/usr/bin/perl
# The extension as an object: who may install it, who owns what it makes, what
# a dump takes along, and that each object is described.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Test::More;

create_role('analyst');
create_role('stranger');
create_database('objects', 'analyst');

# Installing
my ($status, $out, $err) =
  psql('stranger', 'objects', 'CREATE EXTENSION osmeta');
isnt($status, 0, 'a role without rights on the database cannot install');
like($err, qr/permission denied/, 'and is told why');

($status, $out, $err) = psql('analyst', 'objects', 'CREATE EXTENSION osmeta');
is($status, 0, 'the owner of the database installs without superuser')
  or BAIL_OUT($err);
is( value('analyst', 'objects', 'SELECT usesuper FROM pg_user WHERE usename = CURRENT_USER'),
	'f',
	'and is none');

my $all_objects = <<'SQL';
WITH object AS (
	SELECT d.classid, d.objid, d.objsubid,
		   pg_describe_object(d.classid, d.objid, d.objsubid) AS description,
		   obj_description(d.objid, d.classid::regclass::text::name) AS comment
	FROM pg_depend d
	JOIN pg_extension e ON e.oid = d.refobjid
	LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
	WHERE d.refclassid = 'pg_extension'::regclass
	  -- from PostgreSQL 17 on, row types and arrays are objects besides
	  AND (t.oid IS NULL OR t.typrelid = 0 AND t.typcategory <> 'A')
	  AND d.deptype = 'e'
	  AND e.extname = 'osmeta')
SQL

# Ownership
is( value('analyst', 'objects', <<'SQL'),
SELECT c.oid::regclass, c.relkind, pg_get_userbyid(c.relowner)
FROM pg_class c
WHERE c.relnamespace = 'osmeta'::regnamespace
  AND c.relowner <> 'analyst'::regrole
ORDER BY 1
SQL
	'',
	'all relations of the extension belong to who installed it');
is( value('analyst', 'objects', <<'SQL'),
SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'osmeta'
SQL
	'analyst',
	'so does the schema');
is( value('analyst', 'objects', <<'SQL'),
SELECT p.oid::regprocedure
FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'osmeta'::regnamespace
  AND (p.prosecdef OR l.lanname NOT IN ('c', 'sql'))
ORDER BY 1
SQL
	'',
	'no function runs with another role\'s rights, none is of a language of its own');

# Dump.  A table that is not registered comes back by CREATE EXTENSION, which
# is right only for one that holds nothing but what the extension ships.
is( value('analyst', 'objects', <<'SQL'),
SELECT c.oid::regclass
FROM pg_class c
WHERE c.relnamespace = 'osmeta'::regnamespace
  AND c.relkind IN ('r', 'p', 'S')
  AND NOT EXISTS (SELECT
				  FROM pg_extension e
				  WHERE e.extname = 'osmeta' AND c.oid = ANY (e.extconfig))
  AND (c.relkind = 'S'
	   OR NOT xpath_exists('/table/row',
						   query_to_xml(format('SELECT FROM %s LIMIT 1', c.oid::regclass),
										true, false, '')))
ORDER BY 1
SQL
	'',
	'all tables and sequences are registered for dump');
is( value('analyst', 'objects', <<'SQL'),
SELECT config.oid::regclass, config.condition
FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS config (oid, condition)
JOIN pg_class c ON c.oid = config.oid AND c.relkind = 'r'
WHERE e.extname = 'osmeta'
  AND xpath_exists('/table/row',
				   query_to_xml(format('SELECT FROM %s %s LIMIT 1', config.oid::regclass, config.condition),
								true, false, ''))
ORDER BY 1
SQL
	'',
	'a dump takes along no row that the extension ships');

# Descriptions.  A sequence belongs to its table, an operator family to its
# class.
is( value('analyst', 'objects', "$all_objects" . <<'SQL'),
SELECT o.description
FROM object o
LEFT JOIN pg_class c ON c.oid = o.objid AND o.classid = 'pg_class'::regclass
WHERE coalesce(o.comment, '') = ''
  AND c.relkind IS DISTINCT FROM 'S'
  AND o.classid NOT IN ('pg_opfamily'::regclass, 'pg_namespace'::regclass)
ORDER BY 1
SQL
	'',
	'all objects have a comment');
my $document = '';
if (open my $in, '<', top() . '/doc/osmeta.md')
{
	local $/;
	$document = <$in>;
}
ok(length $document > 0, 'doc/osmeta.md exists');
# A function is described by its arguments, with names, types and defaults, so
# that none hides behind another of its name.
$document =~ s/, OUT [^,)]+//g;
my @missing;
foreach my $line (split /\n/, value('analyst', 'objects', "$all_objects" . <<'SQL'))
SELECT DISTINCT coalesce(p.proname || '('
						|| regexp_replace(pg_get_function_arguments(p.oid),
										  'osmeta\.|::[a-z ]+(\[\])?|\mIN |(, )?\mOUT [^,]+', '', 'g')
						|| ')',
						c.relname, t.typname)
FROM object o
LEFT JOIN pg_proc p ON p.oid = o.objid AND o.classid = 'pg_proc'::regclass
LEFT JOIN pg_class c ON c.oid = o.objid AND o.classid = 'pg_class'::regclass
LEFT JOIN pg_type t ON t.oid = o.objid AND o.classid = 'pg_type'::regclass
WHERE o.comment NOT LIKE 'Internal:%'
  AND coalesce(p.oid, c.oid, t.oid) IS NOT NULL
  AND c.relkind IS DISTINCT FROM 'S'
ORDER BY 1
SQL
{
	push @missing, $line unless $document =~ /`\Q$line\E(?![\w.])/;
}
is(join("\n", @missing), '', 'doc/osmeta.md describes all public objects');

# A row of a table of views lists the columns behind the first two, in order.
# Notes stand in brackets.
my @different;
foreach my $line (split /\n/, value('analyst', 'objects', <<'SQL'))
SELECT c.relname || ':' || string_agg(a.attname, ', ' ORDER BY a.attnum) FILTER (WHERE a.attnum > 2)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'osmeta'::regnamespace AND c.relkind = 'v' AND c.relname <> 'shown_capture'
  AND obj_description(c.oid, 'pg_class') NOT LIKE 'Internal:%'
GROUP BY c.oid
HAVING array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attnum < 3) = '{environment,capture_id}'
ORDER BY 1
SQL
{
	my ($view, $columns) = split /:/, $line;
	my ($cell) = $document =~ /^\| `$view` \|.*\|(.*)\|$/m;
	1 while defined $cell && $cell =~ s/\([^()]*\)//g;
	my $described = join ', ', ($cell // '') =~ /`([^`]*)`/g;
	push @different, "$view: $described, not $columns"
	  if $described ne $columns;
}
is(join("\n", @different), '', 'and the columns of all views, in order');

# Uninstalling
($status, $out, $err) = psql('analyst', 'objects', 'DROP EXTENSION osmeta');
is($status, 0, 'the extension is dropped without CASCADE') or diag($err);
is( value('analyst', 'objects', <<'SQL'),
SELECT relname FROM pg_class WHERE relnamespace = 'osmeta'::regnamespace
UNION ALL
SELECT proname FROM pg_proc WHERE pronamespace = 'osmeta'::regnamespace
UNION ALL
SELECT typname FROM pg_type WHERE typnamespace = 'osmeta'::regnamespace
SQL
	'',
	'and leaves its schema empty');
($status, $out, $err) = psql('analyst', 'objects', 'CREATE EXTENSION osmeta');
is($status, 0, 'and is installed again') or diag($err);

done_testing();
