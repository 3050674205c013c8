# A PostgreSQL factory on a T-SQL server: every fixture is one over TDS too.
#
#	use TdsCopy;
#	my @left_out = copy_schema('desk', 'source', $tds_database);
#
# makes in schema dbo of an existing T-SQL database every table of schema
# source of the PostgreSQL database desk (which the PG* variables reach): the
# same names of tables, columns, keys, indexes and constraints; types as the
# platform chooses them on SQL Server; IDENTITY for columns that number
# themselves; then all rows, with their numbers, and the counters where they
# were.  Returns what could not be taken over, one line each, '' not included:
# counters of tables with odd names, triggers, views, indexes and checks that T-SQL cannot say, unique indexes that
# would not be there, columns of other types.  Rows are exact but for times, which SQL Server keeps in three
# hundredths of a second: round_times('desk', 'source') makes the original
# such that a copy equals it.  Names come out of the catalogue as written on SQL
# Server, in lower case on Babelfish.  options: only => [tables], rows => 0.
#
#	copy_back('desk', 'target', 'server')
#
# puts the rows that stand there in place of those of the original; they are
# read by osmeta.tds_query through a foreign server.
package TdsCopy;

use strict;
use warnings;

use Exporter 'import';
use Database;
use Tds;

our @EXPORT = qw(copy_schema copy_back round_times);

# Size in bytes at which a batch of INSERTs ends.
use constant BATCH => 100_000;

# What SQL Server says before it makes indexes and constraints of any kind.
my $settings = 'SET QUOTED_IDENTIFIER ON; SET ANSI_NULLS ON;'
  . ' SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; SET ARITHABORT ON;'
  . ' SET CONCAT_NULL_YIELDS_NULL ON; SET NUMERIC_ROUNDABORT OFF;'
  . " SET NOCOUNT ON;\n";

# Functions of a session: names, texts and types in T-SQL.
my $functions = <<'SQL';
SET search_path = pg_catalog;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET extra_float_digits = 1;
-- Not in brackets: Babelfish does not know how one stands for itself there.
-- A line end in it is a mark until all lines are read.
CREATE FUNCTION pg_temp.name(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT '"' || translate(replace(name, '"', '""'), E'\n', E'\x1e') || '"'
$$;
-- A line end would end the line that a client reads.
CREATE FUNCTION pg_temp.text(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT CASE WHEN value !~ '[\x01-\x1f\x7f]' THEN 'N''' || replace(value, '''', '''''') || ''''
		ELSE (SELECT 'CAST(N'''' AS nvarchar(max))' || string_agg(
				CASE WHEN p.part[1] ~ '[\x01-\x1f\x7f]' THEN ' + NCHAR(' || ascii(p.part[1]) || ')'
					ELSE ' + N''' || replace(p.part[1], '''', '''''') || '''' END, '' ORDER BY p.position)
			FROM regexp_matches(value, '[\x01-\x1f\x7f]|[^\x01-\x1f\x7f]+', 'g') WITH ORDINALITY AS p (part, position)) END
$$;
CREATE FUNCTION pg_temp.type(type oid, modifier int, is_key boolean) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE t.typname
		WHEN 'bool' THEN 'bit' WHEN 'int2' THEN 'smallint' WHEN 'int4' THEN 'int' WHEN 'int8' THEN 'bigint'
		WHEN 'numeric' THEN CASE WHEN modifier > 4
			THEN format('decimal(%s,%s)', ((modifier - 4) >> 16) & 65535, (modifier - 4) & 2047) ELSE 'decimal(38,8)' END
		WHEN 'varchar' THEN CASE WHEN modifier BETWEEN 5 AND 4004 THEN format('nvarchar(%s)', modifier - 4)
			WHEN is_key THEN 'nvarchar(450)' ELSE 'nvarchar(max)' END
		WHEN 'bpchar' THEN format('nchar(%s)', modifier - 4)
		WHEN 'text' THEN CASE WHEN is_key THEN 'nvarchar(450)' ELSE 'nvarchar(max)' END
		WHEN 'name' THEN 'nvarchar(128)'
		WHEN 'timestamp' THEN 'datetime' WHEN 'date' THEN 'date' WHEN 'time' THEN 'time'
		WHEN 'bytea' THEN 'varbinary(max)' WHEN 'uuid' THEN 'uniqueidentifier'
		WHEN 'float8' THEN 'float' WHEN 'float4' THEN 'real' END
	FROM pg_type AS t WHERE t.oid = type
$$;
-- An expression in T-SQL, NULL where this does not know how to say it.
CREATE FUNCTION pg_temp.expression(expression text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN x.e !~* '::|~|\m(any|array|select|nextval|similar|interval|row|is distinct)\M|\|\||->' THEN x.e END
	FROM (SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(expression,
			'::(character varying|timestamp without time zone|double precision|[a-z0-9_]+)(\([0-9, ]+\))?(\[\])?', '', 'g'),
			'= ANY \(\(?ARRAY\[([^]]*)\]\)?\)', 'IN (\1)', 'g'),
			'\mnow\(\)|\mCURRENT_TIMESTAMP\M|\mLOCALTIMESTAMP(\(\d\))?', 'getdate()', 'g'),
			'\mtrue\M', '1', 'g'), '\mfalse\M', '0', 'g'),
			'(?<![\w''])''', 'N''', 'g') AS e) AS x
$$;
CREATE FUNCTION pg_temp.columns(relation oid, numbers int2[]) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT string_agg(pg_temp.name(a.attname), ', ' ORDER BY u.position)
	FROM unnest(numbers) WITH ORDINALITY AS u (number, position)
		JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum = u.number
$$;
CREATE FUNCTION pg_temp.is_empty(relation regclass, OUT is_empty boolean) LANGUAGE plpgsql STABLE AS $$
BEGIN
	EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', relation) INTO is_empty;
END
$$;
-- Can an index be unique there?  NULLs are equal, and so are texts that differ
-- by case and blanks at their end.
CREATE FUNCTION pg_temp.is_unique(index oid, OUT is_unique boolean) LANGUAGE plpgsql STABLE AS $$
BEGIN
	EXECUTE (SELECT format('SELECT NOT EXISTS (SELECT FROM %s GROUP BY %s HAVING count(*) > 1)', x.indrelid::regclass,
			string_agg(format(CASE WHEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)
				THEN 'rtrim(lower(%I))' ELSE '%I' END, a.attname), ', '))
		FROM pg_index AS x JOIN pg_attribute AS a ON a.attrelid = x.indrelid
			AND a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1])
		WHERE x.indexrelid = index GROUP BY x.indrelid) INTO is_unique;
END
$$;
CREATE TEMP VIEW copied AS
SELECT c.oid, c.relname::text AS name, 'dbo.' || pg_temp.name(c.relname) AS target
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :'schema' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
	AND (:'only' = '' OR c.relname = ANY (string_to_array(:'only', E'\n')));
CREATE TEMP VIEW copied_column AS
SELECT t.oid, t.target, a.attnum, pg_temp.name(a.attname) AS name, a.attname::text AS plain, a.attnotnull,
	y.typname, a.atttypid,
	pg_temp.type(a.atttypid, a.atttypmod, EXISTS (SELECT FROM pg_index AS i
		WHERE i.indrelid = t.oid AND a.attnum = ANY (i.indkey::int2[]))) AS type,
	a.attgenerated <> '' AS is_computed,
	q.seqid IS NOT NULL AND y.typname IN ('int2', 'int4', 'int8') AS numbers_itself,
	-- Babelfish takes rows with numbers into tables of plain names only
	q.seqid IS NOT NULL AND y.typname IN ('int2', 'int4', 'int8') AND t.name ~ '^\w+$' AS is_identity, q.seqid,
	pg_get_expr(d.adbin, d.adrelid) AS expression
FROM copied AS t
	JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_type AS y ON y.oid = a.atttypid
	LEFT JOIN pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
	LEFT JOIN LATERAL (SELECT min(p.objid) AS seqid FROM pg_depend AS p
		WHERE p.classid = 1259 AND p.refclassid = 1259 AND p.refobjid = t.oid AND p.refobjsubid = a.attnum
			AND p.deptype IN ('a', 'i') AND (SELECT s.relkind = 'S' FROM pg_class AS s WHERE s.oid = p.objid)) AS q ON true;
-- Keys and indexes, those of one name once more with a number.
CREATE TEMP VIEW copied_index AS
SELECT t.oid, t.target, i.relname::text AS name, x.indisprimary AS is_primary, x.indisunique AS wants_unique,
	x.indisunique AND (x.indisprimary OR x.indexprs IS NOT NULL OR pg_temp.is_unique(x.indexrelid)) AS is_unique,
	pg_temp.columns(t.oid, (x.indkey::int2[])[0:x.indnkeyatts - 1]) AS columns,
	x.indexprs IS NOT NULL AS has_expression, x.indpred IS NOT NULL AS is_partial,
	pg_temp.expression(pg_get_expr(x.indpred, x.indrelid)) AS predicate
FROM copied AS t JOIN pg_index AS x ON x.indrelid = t.oid JOIN pg_class AS i ON i.oid = x.indexrelid;
CREATE TEMP VIEW copied_constraint AS
SELECT k.*, t.target, pg_temp.name(CASE WHEN count(*) OVER (PARTITION BY k.conname) > 1
		THEN t.name || '_' || k.conname ELSE k.conname::text END) AS name,
	CASE WHEN k.contype = 'c' THEN pg_temp.expression(pg_get_expr(k.conbin, k.conrelid)) END AS expression
FROM copied AS t JOIN pg_constraint AS k ON k.conrelid = t.oid;
SQL

# Tables with their primary keys.  An empty one begins to number where it would
# go on: a counter that was never used is not moved past a number but put on it.
my $tables = <<'SQL';
SELECT format('CREATE TABLE %s (%s%s)', t.target,
	string_agg(CASE WHEN c.is_computed THEN format('%s AS (%s)', c.name, pg_temp.expression(c.expression))
		ELSE format('%s %s%s%s%s', c.name, c.type,
			CASE WHEN c.is_identity THEN format(' IDENTITY(%s,1)', CASE WHEN pg_temp.is_empty(t.oid) THEN coalesce(s.last_value + 1, s.start_value) ELSE 1 END) ELSE '' END,
			CASE WHEN c.attnotnull OR c.is_identity THEN ' NOT NULL' ELSE ' NULL' END,
			CASE WHEN NOT c.numbers_itself THEN coalesce(' DEFAULT ' || pg_temp.expression(c.expression), '') END) END, ', ' ORDER BY c.attnum),
	coalesce((SELECT format(', CONSTRAINT %s PRIMARY KEY (%s)', pg_temp.name(i.name), i.columns)
		FROM copied_index AS i WHERE i.oid = t.oid AND i.is_primary), ''))
FROM copied AS t JOIN copied_column AS c ON c.oid = t.oid
	LEFT JOIN (pg_class AS q JOIN pg_namespace AS n ON n.oid = q.relnamespace
		JOIN pg_sequences AS s ON s.schemaname = n.nspname AND s.sequencename = q.relname) ON q.oid = c.seqid
WHERE c.type IS NOT NULL AND (NOT c.is_computed OR pg_temp.expression(c.expression) IS NOT NULL)
GROUP BY t.oid, t.name, t.target ORDER BY t.name
SQL

# A query for each table, which gives a line for each row: the table's number,
# whether numbers are given, the beginning of the INSERT, the row.
my $queries = <<'SQL';
SELECT format('SELECT %L, (%s) FROM %s AS r',
	c.oid || E'\t' || bool_or(c.is_identity)::int || E'\t' || c.target || E'\t'
		|| string_agg(c.name, ', ' ORDER BY c.attnum),
	string_agg(format('coalesce(' || CASE
		WHEN c.typname IN ('text', 'varchar', 'bpchar', 'name') THEN 'pg_temp.text(r.%1$I::text)'
		WHEN c.typname = 'bool' THEN 'r.%1$I::int::text'
		WHEN c.typname = 'bytea' THEN '''0x'' || encode(r.%1$I, ''hex'')'
		WHEN c.typname = 'timestamp' THEN 'to_char(r.%1$I, ''"''''"YYYY-MM-DD"T"HH24:MI:SS.MS"''''"'')'
		WHEN c.typname IN ('date', 'time', 'uuid') THEN 'quote_literal(r.%1$I::text)'
		ELSE 'r.%1$I::text' END || ', ''NULL'')', c.plain), ' || '', '' || ' ORDER BY c.attnum),
	c.oid::regclass)
FROM copied_column AS c
WHERE c.type IS NOT NULL AND NOT c.is_computed
GROUP BY c.oid, c.target ORDER BY c.target
\gexec
SQL

my $counters = <<'SQL';
SELECT format('SELECT format(''DBCC CHECKIDENT (''''%%s'''', RESEED, %%s)'', %L, v.last) FROM (SELECT greatest(max(r.%I), %s) AS last FROM %s AS r) AS v'
		' WHERE EXISTS (SELECT FROM %s)',
	c.target, c.plain, coalesce(s.last_value::text, 'NULL'), c.oid::regclass, c.oid::regclass)
FROM copied_column AS c
	JOIN pg_class AS q ON q.oid = c.seqid JOIN pg_namespace AS n ON n.oid = q.relnamespace
	JOIN pg_sequences AS s ON s.schemaname = n.nspname AND s.sequencename = q.relname
WHERE c.is_identity ORDER BY c.target
\gexec
SQL

# What stands on whole tables.
my $keys = <<'SQL';
SELECT format('CREATE %sINDEX %s ON %s (%s)%s', CASE WHEN i.is_unique THEN 'UNIQUE ' ELSE '' END,
	pg_temp.name(i.name), i.target, i.columns, coalesce(' WHERE ' || i.predicate, ''))
FROM copied_index AS i
WHERE NOT i.is_primary AND NOT i.has_expression AND (NOT i.is_partial OR i.predicate IS NOT NULL)
ORDER BY i.target, i.name;
SELECT format('ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s)', k.target, k.name, k.expression)
FROM copied_constraint AS k WHERE k.contype = 'c' AND k.expression IS NOT NULL ORDER BY k.target, k.name;
SELECT format('ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)%s', k.target, k.name,
	pg_temp.columns(k.conrelid, k.conkey), p.target, pg_temp.columns(k.confrelid, k.confkey),
	CASE k.confdeltype WHEN 'c' THEN ' ON DELETE CASCADE' WHEN 'n' THEN ' ON DELETE SET NULL' WHEN 'd' THEN ' ON DELETE SET DEFAULT' ELSE '' END)
FROM copied_constraint AS k JOIN copied AS p ON p.oid = k.confrelid
WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY k.target, k.name;
SQL

my $left_out = <<'SQL';
SELECT format('counter of %s.%s', c.target, c.name) FROM copied_column AS c WHERE c.numbers_itself AND NOT c.is_identity
UNION ALL
SELECT format('column %s.%s: %s', c.target, c.name, format_type(c.atttypid, NULL)) FROM copied_column AS c WHERE c.type IS NULL
UNION ALL
SELECT format('%s of %s.%s: %s', CASE WHEN c.is_computed THEN 'computed column' ELSE 'default' END, c.target, c.name, c.expression)
FROM copied_column AS c WHERE c.expression IS NOT NULL AND NOT c.numbers_itself AND pg_temp.expression(c.expression) IS NULL
UNION ALL
SELECT format('index %s on %s is not unique', i.name, i.target) FROM copied_index AS i WHERE i.wants_unique AND NOT i.is_unique
UNION ALL
SELECT format('index %s on %s', i.name, i.target) FROM copied_index AS i WHERE i.has_expression OR i.is_partial AND i.predicate IS NULL
UNION ALL
SELECT format('constraint %s on %s', k.name, k.target) FROM copied_constraint AS k
WHERE k.contype = 'x' OR k.contype = 'c' AND k.expression IS NULL
	OR k.contype = 'f' AND k.confrelid NOT IN (SELECT t.oid FROM copied AS t)
UNION ALL
SELECT format('trigger %s on %s', g.tgname, t.target) FROM copied AS t JOIN pg_trigger AS g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
UNION ALL
SELECT format('view %s', c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :'schema' AND c.relkind IN ('v', 'm') AND :'only' = ''
ORDER BY 1
SQL

# Rows that SQL prints after the functions.
sub lines
{
	my ($database, $schema, $options, $sql) = @_;
	return map { tr/\x1e/\n/r } split /\n/, value(undef, $database, $functions . $sql,
		'-v', "schema=$schema", '-v', 'only=' . join("\n", @{ $options->{only} // [] }));
}

# INSERTs of the rows, many to a batch; a batch is of one table.
sub insert_rows
{
	my (@lines) = @_;
	my ($current, $size, @rows, @batches) = ('', 0);
	my $flush = sub {
		return unless @rows;
		my (undef, $has_identity, $target, $columns) = split /\t/, $current;
		my $insert = "INSERT INTO $target ($columns) VALUES\n" . join(",\n", @rows);
		$insert = "SET IDENTITY_INSERT $target ON;\n$insert;\nSET IDENTITY_INSERT $target OFF"
		  if $has_identity;
		push @batches, $settings . $insert;
		($size, @rows) = (0);
		return;
	};
	foreach my $line (@lines)
	{
		my ($table, $row) = $line =~ /\A((?:[^\t]*\t){3}.*?)\|(.*)\z/s
		  or die "not a row: $line\n";
		$flush->() if $table ne $current || $size > BATCH || @rows == 1000;
		$current = $table;
		push @rows, "($row)";
		$size += length $row;
	}
	$flush->();
	return @batches;
}

sub copy_schema
{
	my ($database, $schema, $tds_database, %options) = @_;
	my @copy = ($database, $schema, \%options);
	my @batches = $settings . join ";\n", lines(@copy, $tables);
	if ($options{rows} // 1)
	{
		push @batches, insert_rows(lines(@copy, $queries));
		push @batches, join ";\n", lines(@copy, $counters);
	}
	push @batches, $settings . $_ foreach lines(@copy, $keys);
	my (undef, $err) = tds_try($tds_database,
		join("\ngo\n", grep { $_ ne '' } @batches), timeout => 600);
	die "schema $schema cannot be copied: $err\n" if $err ne '';
	return lines(@copy, $left_out);
}

sub copy_back
{
	my ($database, $schema, $server) = @_;
	# without what triggers and keys have to say about it
	value(undef, $database, <<'SQL', '-v', "schema=$schema", '-v', "server=$server");
SET search_path = pg_catalog;
SET client_min_messages = warning;
SET session_replication_role = replica;
SET TimeZone = 'UTC';
BEGIN;
SELECT format('DELETE FROM %s', c.oid::regclass)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :'schema' AND c.relkind = 'r'
\gexec
SELECT format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT * FROM osmeta.tds_query(%L, %L) AS r (%s)', c.oid::regclass,
	string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum), :'server',
	format('SELECT %s FROM dbo."%s"', string_agg('"' || replace(a.attname, '"', '""') || '"', ', ' ORDER BY a.attnum), replace(c.relname, '"', '""')),
	string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum))
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
	JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE n.nspname = :'schema' AND c.relkind = 'r'
GROUP BY c.oid, c.relname
\gexec
COMMIT;
SQL
	return;
}

# Times as SQL Server would keep them: in three hundredths of a second.
sub round_times
{
	my ($database, $schema) = @_;
	value(undef, $database, <<"SQL");
SET search_path = pg_catalog;
SET session_replication_role = replica;
SELECT format('UPDATE %s SET %s', a.attrelid::regclass,
	string_agg(format('%1\$I = date_trunc(''second'', %1\$I) + round(round((extract(milliseconds FROM %1\$I) %% 1000)::numeric * 3 / 10) * 10 / 3) * interval ''1 ms''',
		a.attname), ', '))
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = quote_ident('$schema')::regnamespace AND c.relkind = 'r'
	AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'timestamp'::regtype AND a.attgenerated = ''
GROUP BY a.attrelid
\\gexec
SQL
	return;
}

1;
