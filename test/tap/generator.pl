#!/usr/bin/perl
# The generator of factories: the same bytes for the same seed, the
# proportions of real factories, every trap that it says it has planted, and a
# capture over all of it.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use IPC::Run;
use Test::More;

# Run the generator as the role; gives its exit status, what it printed and
# what it said.
sub generate
{
	my ($database, @options) = @_;
	my ($out, $err) = ('', '');
	as('maker',
		sub {
			local $ENV{PGDATABASE} = $database;
			IPC::Run::run([ top() . '/test/generator/generate', @options ],
				\'', \$out, \$err);
		});
	my $status = $? >> 8;
	chomp($out, $err);
	return ($status, $out, $err);
}

sub generate_ok
{
	my ($name, @arguments) = @_;
	my ($status, $out, $err) = generate(@arguments);
	is($status, 0, $name) or diag($err);
	return $out;
}

# What tables hold: name, columns, and a digest of the rows of each.
sub digest
{
	my ($database, $schema, $tables) = @_;
	my $statements = value('maker', $database, <<"SQL");
SELECT format('SELECT %L, md5(string_agg(t::text, E''\\n'' ORDER BY t::text COLLATE "C")) FROM %s AS t;',
	c.relname || ' ' || (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
		FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0), c.oid::regclass)
FROM pg_class c
WHERE c.relnamespace = '$schema'::regnamespace AND c.relkind = 'r' AND c.relname LIKE '$tables'
ORDER BY c.relname COLLATE "C"
SQL
	return value('maker', $database, $statements);
}

sub one { return value('maker', 'one', $_[0]); }

create_role('maker');
create_database($_, 'maker') foreach qw(one two);

# ---------------------------------------------------------------------------
# Determinism.  The role may do nothing but own its database.
# ---------------------------------------------------------------------------
my $summary = generate_ok('a factory is made by a role without superuser', 'one');
like($summary, qr/\A\d+ espaces, \d+ extensions, \d+ entities, \d+ attributes, \d+ records in schema factory\n\d+ users, \d+ traps, \d+ physical tables with \d+ rows\z/,
	'its numbers are printed');
generate_ok('and again, in a schema with a hostile name', 'two', '--schema', q{Other "one's"; --});
my $tables = digest('one', 'factory', 'OS%');
is(difference($tables, digest('two', '"Other ""one\'\'s""; --"', 'OS%')), '',
	'the same seed gives the same tables with the same rows');
like($tables, qr/^OSUSR_[a-z0-9]{3}_\w+ ID bigint/m, 'which are some');
is(digest('one', 'factory', 'generator_trap'),
	digest('two', '"Other ""one\'\'s""; --"', 'generator_trap'), 'and the same traps');

generate_ok('another seed', 'two', '--schema', 'other', '--seed', '2', '--no-tables');
my %first = map { /^(\w+).*\|(\w*)$/ } split /\n/, $tables;
my %other = map { /^(\w+).*\|(\w*)$/ } split /\n/, digest('two', 'other', 'OS%');
is(join(' ', grep { $first{$_} eq $other{$_} } sort keys %other),
	'OSSYS_BASIC_TYPE OSSYS_BPM_ACTIVITY_STATUS OSSYS_BPM_PROCESS_STATUS OSSYS_DBCATALOG OSSYS_MODULE_KIND',
	'gives other rows in all tables but those that are the same everywhere');
is(join(' ', grep { !/^OSSYS_/ } sort keys %other), '', 'without tables there are none');

is(one(q{SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'factory'::regnamespace AND relkind IN ('r', 'S', 'v') AND relname !~ '^OS'}),
	'generator_trap', 'nothing of the generator is left but the list of traps');

foreach my $wrong (
	[ 2, qr/generate \[--schema NAME\]/, 'an unknown option', '--what' ],
	[ 2, qr/generate \[--schema NAME\]/, 'an option without its value', '--seed' ],
	[ 2, qr/--rows takes a whole number, not "1; DROP"/, 'a number that is none', '--rows', '1; DROP' ],
	[ 3, qr/schema "factory" already exists/, 'a schema that exists', '--seed', '1' ])
{
	my ($expected, $message, $name, @options) = @$wrong;
	my ($status, $out, $err) = generate('one', @options);
	is($status, $expected, "$name is refused");
	like($err, $message, "$name: the message says so");
}

# ---------------------------------------------------------------------------
# Tables for looking at the factory without osmeta
# ---------------------------------------------------------------------------
value('maker', 'one', <<'SQL');
SET search_path = factory;
CREATE SCHEMA look;
CREATE TABLE look.module AS
SELECT 'espace' AS kind, "ID" AS id, "NAME" AS name, "SS_KEY" AS ss_key, "IS_ACTIVE" AS is_active FROM "OSSYS_ESPACE"
UNION ALL
SELECT 'extension', "Id", "Name", "SS_Key", "IS_ACTIVE" FROM "OSSYS_EXTENSION";
CREATE TABLE look.relation AS
SELECT c.relname AS name, c.relkind AS kind, c.oid
FROM pg_class c
WHERE c.relnamespace = 'factory'::regnamespace AND c.relkind IN ('r', 'v');
CREATE TABLE look.entity AS
SELECT m.name || '.' || e."NAME" AS object, m.name AS module, m.ss_key AS owner_key, m.is_active AS owner_is_active,
	lower(m.ss_key || '*' || btrim(e."SS_KEY")) AS key, e.*,
	(SELECT r.oid FROM look.relation r WHERE r.kind = 'r' AND upper(r.name COLLATE "C") = upper(e."PHYSICAL_TABLE_NAME" COLLATE "C")) AS oid
FROM "OSSYS_ENTITY" e
JOIN look.module m ON (m.kind, m.id) = ('espace', e."ESPACE_ID") OR (m.kind, m.id) = ('extension', e."Extension_Id");
CREATE TABLE look.attribute AS
SELECT e.object || '.' || a."NAME" AS object, e.object AS entity, e.oid, e.is_active AS entity_is_active,
	e.primary_key = a."SS_KEY" AS is_identifier, e.key AS entity_key, a.*,
	lower(btrim(a."TYPE")) AS type,
	(SELECT c.attnum FROM pg_attribute c WHERE c.attrelid = e.oid AND c.attname = a."DATABASE_NAME") AS attnum
FROM (SELECT e.*, e."IS_ACTIVE" AS is_active, e."PRIMARYKEY_SS_KEY" AS primary_key FROM look.entity e) AS e
JOIN "OSSYS_ENTITY_ATTR" a ON a."ENTITY_ID" = e."ID";
CREATE TABLE look.identifier AS
SELECT * FROM look.attribute WHERE is_identifier;
CREATE FUNCTION look.number(statement text) RETURNS bigint LANGUAGE plpgsql COST 100000 AS $$
DECLARE
	result bigint;
BEGIN
	EXECUTE statement INTO result;
	RETURN result;
END $$;
-- The place of a column, as traps name it: table.COLUMN
CREATE FUNCTION look.rows_where(place text, condition text) RETURNS bigint LANGUAGE sql COST 100000 AS $$
	SELECT look.number(format('SELECT count(*) FROM factory.%I WHERE ', t)
		|| replace(condition, '{}', quote_ident(c)))
	FROM (SELECT substring(place FROM '^(.*)\.[^.]*$') AS t, substring(place FROM '[^.]*$') AS c) AS p
$$;
SQL

# ---------------------------------------------------------------------------
# Proportions
# ---------------------------------------------------------------------------
foreach my $share (
	[ 'modules', q{count(*) FROM look.module}, 20, 20 ],
	[ 'entities', q{count(*) FROM "OSSYS_ENTITY"}, 180, 230 ],
	[ 'attributes of an ordinary entity', q{count(*) / count(DISTINCT entity) FROM look.attribute WHERE entity !~ '^(Odd|Ev|Old|Ship|Cat|Dir|Leg|Serv|Users)'}, 12, 18 ],
	[ 'percent of references', q{100 * count(*) FILTER (WHERE type LIKE 'bt%') / count(*) FROM look.attribute}, 28, 40 ],
	[ 'percent of references to users', q{100 * count(*) FILTER (WHERE type LIKE '%*a416822d-845f-46cb-a270-70f5e383544c') / count(*) FROM look.attribute WHERE type LIKE 'bt%'}, 5, 25 ],
	[ 'percent of static entities', q{100 * count(*) FILTER (WHERE "Data_Kind" = 'staticEntity') / count(*) FROM look.entity}, 3, 15 ],
	[ 'percent of removed attributes', q{100 * count(*) FILTER (WHERE NOT "IS_ACTIVE") / count(*) FROM look.attribute}, 2, 7 ],
	[ 'removed entities', q{count(*) FROM look.entity WHERE NOT "IS_ACTIVE"}, 3, 20 ],
	[ 'removed records', q{count(*) FROM "OSSYS_ENTITY_RECORD" WHERE NOT "Is_Active"}, 2, 20 ],
	[ 'applications', q{count(*) FROM "OSSYS_APPLICATION"}, 5, 10 ],
	[ 'roles of a module', q{count(*) / count(DISTINCT "ESPACE_ID") FROM "OSSYS_ROLE"}, 2, 3 ],
	[ 'users', q{count(*) FROM "OSSYS_USER"}, 40, 50 ],
	[ 'memberships in groups', q{count(*) FROM "OSSYS_GROUP_USER"}, 5, 200 ],
	[ 'roles of users', q{count(*) FROM "OSSYS_USER_ROLE"}, 40, 100 ],
	[ 'roles of groups', q{count(*) FROM "OSSYS_GROUP_ROLE"}, 5, 50 ],
	[ 'uses of entities', q{count(*) FROM "OSSYS_ESPACE_ENTITY"}, 50, 400 ],
	[ 'dependencies of modules', q{count(*) FROM "OSSYS_ESPACE_REFERENCE"}, 20, 150 ],
	[ 'rows of a table', q{avg(look.number(format('SELECT count(*) FROM %s', oid::regclass))) FROM look.entity WHERE oid IS NOT NULL AND "Data_Kind" = 'entity'}, 12, 25 ],
	[ 'states of running and ended processes', q{count(DISTINCT "STATUS_ID") FROM "OSSYS_BPM_PROCESS"}, 3, 5 ],
	[ 'tables that statistics were taken of', q{count(*) FILTER (WHERE c.reltuples < 0) FROM look.relation JOIN pg_class c USING (oid) WHERE kind = 'r' AND name !~ '^(OSEVT|.*__ML)'}, 0, 0 ])
{
	my ($name, $query, $low, $high) = @$share;
	my $number = one("SET search_path = factory; SELECT $query");
	ok($number >= $low && $number <= $high, "proportions: $name") or diag("$number: not from $low to $high");
}

# ---------------------------------------------------------------------------
# The database is as the metamodel says
# ---------------------------------------------------------------------------
is(one(q{SELECT string_agg(object, ' ') FROM look.entity
	WHERE ("Data_Kind" IN ('entity', 'staticEntity') AND NOT "IS_SYSTEM") <> (oid IS NOT NULL AND NOT "IS_SYSTEM")}),
	'', 'every entity has its table, and only client entities and external ones have none');
is(one(q{SELECT string_agg(object, ' ') FROM look.attribute WHERE oid IS NOT NULL AND attnum IS NULL AND entity NOT LIKE 'ServiceCenter.%'}),
	'', 'every attribute has its column');
is(one(q{SELECT string_agg(conname, ' ') FROM pg_constraint WHERE connamespace = 'factory'::regnamespace AND contype IN ('f', 'p') AND (NOT convalidated OR conname !~ '^OS(PRK|FRK)_')
	AND conrelid::regclass::text !~ '_Forgotten'}),
	'', 'all keys are valid and have the names of the platform');
is( one(q{SELECT string_agg(a.object, ' ' ORDER BY a.object)
	FROM look.attribute a
	JOIN look.entity t ON a.type = 'bt' || t.key AND t."IS_ACTIVE"
	LEFT JOIN pg_constraint k ON k.contype = 'f' AND k.conrelid = a.oid AND k.conkey = ARRAY[a.attnum]
		AND k.confrelid = t.oid AND (k.confdeltype = 'c') = (a."DELETE_RULE" = 'Delete')
	WHERE a.oid IS NOT NULL AND a.entity NOT LIKE 'ServiceCenter.%' AND t.object NOT LIKE '%TwinKey%'
		AND (k.oid IS NULL) <> (a."DELETE_RULE" = 'Ignore' OR t.oid IS NULL)}),
	'', 'Protect and Delete have a foreign key, Ignore has none');
is( one(q{SELECT string_agg(a.object, ' ' ORDER BY a.object)
	FROM look.attribute a
	JOIN look.entity t ON a.type = 'bt' || t.key AND t."IS_ACTIVE"
	JOIN look.identifier i ON i.entity = t.object
	JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = i.attnum
	JOIN pg_attribute r ON r.attrelid = a.oid AND r.attnum = a.attnum
	WHERE a.entity NOT LIKE 'ServiceCenter.%' AND (r.atttypid, r.atttypmod) <> (c.atttypid, c.atttypmod)}),
	'', 'references have the type of the identifier');
is( one(q{SELECT string_agg(a.object, ' ' ORDER BY a.object)
	FROM look.attribute a
	JOIN look.entity t ON a.type = 'bt' || t.key AND t."IS_ACTIVE"
	JOIN look.identifier i ON i.entity = t.object
	WHERE a.entity NOT LIKE 'ServiceCenter.%'
		AND CASE WHEN a.attnum IS NOT NULL AND i.attnum IS NOT NULL THEN
			look.number(format('SELECT count(*) FROM %s a WHERE %I IS NOT NULL AND NOT EXISTS (SELECT FROM %s t WHERE t.%I = a.%2$I)',
				a.oid::regclass, a."DATABASE_NAME", t.oid::regclass, i."DATABASE_NAME")) END > 0}),
	'Oddities.NullValues.CountryId Oddities.NullValues.OwnerId',
	'every reference finds its row, but for those that are planted');
is( one(q{SELECT string_agg(e.object || '.' || r."Name", ' ')
	FROM factory."OSSYS_ENTITY_RECORD" r
	JOIN look.entity e ON e."SS_KEY" = r."Entity_SS_Key" AND e."ESPACE_ID" = r."Espace_Id"
	JOIN look.identifier i ON i.entity = e.object
	WHERE e."Data_Kind" = 'staticEntity'
		AND (look.number(format('SELECT count(*) FROM %s WHERE %I = %L', e.oid::regclass, i."DATABASE_NAME", r."Data_Id")) = 1) <> r."Is_Active"}),
	'', 'each active record has its row, and a removed one none');
is(one(q{SELECT string_agg(c.relname || '.' || a.attname, ' ')
	FROM pg_class c
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
	WHERE c.relnamespace = 'factory'::regnamespace
		AND look.number(format('SELECT max(%I) FROM %s', a.attname, c.oid::regclass))
			>= look.number(format('SELECT nextval(%L)', pg_get_serial_sequence(c.oid::regclass::text, a.attname)))}),
	'', 'counters stand behind the rows');
is(one(q{SELECT count(*) FROM factory."OSSYS_USER" WHERE "PASSWORD" NOT LIKE 'PLANTED-SECRET%'}) . ' '
	  . one(q{SELECT count(*) FROM factory."OSSYS_ESPACE" WHERE "HMAC" NOT LIKE 'PLANTED-SECRET%' OR "HMACVersion" NOT LIKE 'PLANTED-SECRET%'}) . ' '
	  . one(q{SELECT count(*) FROM factory."OSSYS_APPLICATION" WHERE "NATIVEHASH" NOT LIKE 'PLANTED-SECRET%'}),
	'0 0 0', 'secrets can be told');

# ---------------------------------------------------------------------------
# Processes
# ---------------------------------------------------------------------------
value('maker', 'one', <<'SQL');
SET search_path = factory;
CREATE TABLE look.variable AS
SELECT 'input' AS place, "Process_Id" AS process_id, "Name" AS name, "Input_Value" AS value, lower("SS_Type") AS type FROM "OSSYS_BPM_PROCESS_INPUT"
UNION ALL
SELECT 'output', "Process_Id", "Name", "Output_Value", lower("SS_Type") FROM "OSSYS_BPM_PROCESS_OUTPUT"
UNION ALL
SELECT 'activity', a."Process_Id", o."Name", "Output_Value", lower("SS_Type") FROM "OSSYS_BPM_ACTIVITY_OUTPUT" o JOIN "OSSYS_BPM_ACTIVITY" a ON a."Id" = o."Activity_Id";
CREATE TABLE look.event AS
SELECT e.object, e.oid, r.name AS event_table, g.tgname, g.tgenabled
FROM look.entity e
JOIN look.relation r ON r.name = e."Event_Table_Name"
LEFT JOIN pg_trigger g ON g.tgrelid = e.oid AND g.tgname LIKE 'OSTRG\_EI\_\_%'
WHERE e."Expose_Process_Events";
CREATE TABLE look.subscription (object text, row jsonb);
DO $$
DECLARE
	e record;
BEGIN
	FOR e IN SELECT * FROM look.event LOOP
		EXECUTE format('INSERT INTO look.subscription SELECT %L, to_jsonb(r) FROM factory.%I r', e.object, e.event_table);
	END LOOP;
END $$;
SQL
foreach my $process (
	[ 'a tree is three deep', q{max(g."Id") IS NOT NULL FROM "OSSYS_BPM_PROCESS" p JOIN "OSSYS_BPM_PROCESS" c ON c."PARENT_PROCESS_ID" = p."Id" JOIN "OSSYS_BPM_PROCESS" g ON g."PARENT_PROCESS_ID" = c."Id" WHERE p."PARENT_PROCESS_ID" IS NULL AND g."TOP_PROCESS_ID" = p."Id"} ],
	[ 'the top of a root is itself, of others that of the parent', q{bool_and(p."TOP_PROCESS_ID" = coalesce(o."TOP_PROCESS_ID", p."Id")) FROM "OSSYS_BPM_PROCESS" p LEFT JOIN "OSSYS_BPM_PROCESS" o ON o."Id" = p."PARENT_PROCESS_ID"} ],
	[ 'the activity that started a process is of its parent and invokes it', q{bool_and(a."Process_Id" = p."PARENT_PROCESS_ID" AND d."Invoked_Process_Def_Id" = p."PROCESS_DEF_ID") FROM "OSSYS_BPM_PROCESS" p LEFT JOIN "OSSYS_BPM_ACTIVITY" a ON a."Id" = p."PARENT_ACTIVITY_ID" LEFT JOIN "OSSYS_BPM_ACTIVITY_DEFINITION" d ON d."Id" = a."Activity_Def_Id" WHERE p."PARENT_PROCESS_ID" IS NOT NULL OR p."PARENT_ACTIVITY_ID" IS NOT NULL} ],
	[ 'some have a lower number than their parent', q{count(*) > 0 FROM "OSSYS_BPM_PROCESS" WHERE "Id" < "PARENT_PROCESS_ID"} ],
	[ 'activities follow one of the same process, which may have the higher number', q{bool_and(a."Process_Id" = o."Process_Id") AND bool_or(a."Id" < o."Id") FROM "OSSYS_BPM_ACTIVITY" a JOIN "OSSYS_BPM_ACTIVITY" o ON o."Id" = a."Precedent_Activity_Id"} ],
	[ 'some are of a group', q{count(*) > 0 AND count(*) = count(g."ID") FROM "OSSYS_BPM_ACTIVITY" a LEFT JOIN "OSSYS_GROUP" g ON g."ID" = a."GROUP_ID" WHERE a."GROUP_ID" IS NOT NULL} ],
	[ 'there are instances of a definition that is not active, and of a clone', q{count(*) FILTER (WHERE NOT d."Is_Active") > 0 AND count(*) FILTER (WHERE s."NAME" LIKE '%\_Clone') > 0 FROM "OSSYS_BPM_PROCESS" p JOIN "OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = p."PROCESS_DEF_ID" JOIN "OSSYS_ESPACE" s ON s."ID" = d."Espace_Id"} ],
	[ 'identifiers are of many kinds', q{count(DISTINCT e."ESPACE_ID") > 3 AND bool_or(e."Data_Kind" = 'staticEntity') AND bool_or(v.value ~ '^[A-Z]+[0-9]+$') AND bool_or(e."NAME" = 'User') AND bool_or(e."NAME" = 'Group') FROM look.variable v JOIN look.entity e ON 'bt' || e.key = v.type} ],
	[ 'some are 0 or empty', q{count(*) FILTER (WHERE value = '0') > 0 AND count(*) FILTER (WHERE value = '') > 0 AND count(*) FILTER (WHERE value IS NULL) = 0 FROM look.variable WHERE type LIKE 'bt%'} ],
	[ 'the others find their row', q{bool_and(look.number(format('SELECT count(*) FROM factory.%I WHERE %I::text = %L', CASE WHEN e."IS_SYSTEM" THEN upper(e."PHYSICAL_TABLE_NAME") ELSE (SELECT relname FROM pg_class c WHERE c.oid = e.oid) END, CASE WHEN e."IS_SYSTEM" THEN 'ID' ELSE i."DATABASE_NAME" END, v.value)) = 1) FROM look.variable v LEFT JOIN look.entity e ON 'bt' || e.key = v.type LEFT JOIN look.identifier i ON i.entity = e.object WHERE v.type LIKE 'bt%' AND v.value NOT IN ('', '0')} ],
	[ 'an input of a clone is of its original', q{count(*) > 0 FROM look.variable v JOIN look.entity e ON 'bt' || e.key = v.type WHERE v.name = 'CopyId' AND v.value <> '0'} ],
	[ 'users of one name are in two tenants of a provider', q{count(*) > 0 FROM (SELECT FROM "OSSYS_USER" u JOIN "OSSYS_TENANT" t ON t."ID" = u."TENANT_ID" GROUP BY u."USERNAME", t."ESPACE_ID" HAVING count(*) > 1) u} ],
	[ 'each event table has its trigger', q{count(*) > 3 AND bool_and(tgname IS NOT NULL AND tgenabled = 'O') FROM look.event} ],
	[ 'rows start processes, and wake activities', q{count(*) FILTER (WHERE coalesce((row ->> '_ACTIVITY_ID')::bigint, 0) = 0) > 3 AND count(*) FILTER (WHERE (row ->> '_ACTIVITY_ID')::bigint > 0) > 3 FROM look.subscription WHERE row ->> '_PROCESS_DEF_ID' IS NOT NULL} ],
	[ 'by one row or by what it refers to', q{bool_or((row ->> '_IS_UPDATE')::boolean AND (row ->> 'ID') IS NOT NULL) AND bool_or(NOT (row ->> '_IS_UPDATE')::boolean AND (row ->> 'ID') IS NULL) FROM look.subscription WHERE (row ->> '_ACTIVITY_ID')::bigint > 0} ],
	[ 'of definitions and activities that are there', q{bool_and(d."Is_Active" AND d."Espace_Id" = (row ->> '_ESPACE_ID')::bigint AND (coalesce((row ->> '_ACTIVITY_ID')::bigint, 0) = 0 OR p."PROCESS_DEF_ID" = d."Id" AND a."Status_Id" = 8)) FROM look.subscription s LEFT JOIN "OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = (row ->> '_PROCESS_DEF_ID')::bigint LEFT JOIN "OSSYS_BPM_ACTIVITY" a ON a."Id" = (row ->> '_ACTIVITY_ID')::bigint LEFT JOIN "OSSYS_BPM_PROCESS" p ON p."Id" = a."Process_Id" WHERE row ->> '_PROCESS_DEF_ID' IS NOT NULL} ],
	[ 'nothing was queued but what was planted', q{(SELECT count(*) FROM "OSSYS_BPM_EVENT") = 1 AND (SELECT count(*) FROM "OSSYS_BPM_EVENT_QUEUE") = 1} ])
{
	my ($name, $query) = @$process;
	is(one("SET search_path = factory; SELECT $query"), 't', "processes: $name");
}
# What a trigger queues when a row comes, and when all are changed.
is(one(<<'SQL'), 't|t|t', 'processes: an event is queued for each subscription that a row satisfies');
SET search_path = factory;
CREATE FUNCTION look.queued(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	queued bigint;
BEGIN
	EXECUTE statement;
	SELECT (SELECT count(*) FROM factory."OSSYS_BPM_EVENT") + (SELECT count(*) FROM factory."OSSYS_BPM_EVENT_QUEUE") - 2 INTO queued;
	RAISE SQLSTATE 'ZZ000';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
	RETURN queued;
END $$;
SELECT sum(came) > 0 AND sum(changed) > 0, bool_and(came = should_come), bool_and(changed = should_change)
FROM (SELECT look.queued(format('INSERT INTO %s DEFAULT VALUES', e.oid::regclass)) AS came,
		(SELECT count(*) FROM look.subscription s WHERE s.object = e.object AND NOT (row ->> '_IS_UPDATE')::boolean
			AND NOT EXISTS (SELECT FROM jsonb_each_text(row) c WHERE c.key NOT LIKE '\_%' AND c.value IS NOT NULL)) AS should_come,
		look.queued(format('UPDATE %s SET %I = %2$I', e.oid::regclass, n.name)) AS changed,
		look.number(format('SELECT count(*) FROM %s r JOIN factory.%I e ON e."_IS_UPDATE" AND coalesce(e.%I, r.%3$I) = r.%3$I', e.oid::regclass, e.event_table, i."DATABASE_NAME")) AS should_change
	FROM look.event e
	JOIN look.identifier i ON i.entity = e.object AND i."IS_AUTONUMBER"
	CROSS JOIN LATERAL (SELECT min(a."DATABASE_NAME") AS name FROM look.attribute a WHERE a.entity = e.object AND a.attnum IS NOT NULL AND NOT a.is_identifier) n) e;
SQL

# ---------------------------------------------------------------------------
# Another environment of the same model
# ---------------------------------------------------------------------------
generate_ok('another variant', 'one', '--schema', 'factory_qa', '--variant', 'qa');
my $both = q{FROM factory."OSSYS_ESPACE" s
	JOIN factory."OSSYS_ENTITY" e ON e."ESPACE_ID" = s."ID" AND e."IS_ACTIVE"
	JOIN factory_qa."OSSYS_ESPACE" os ON os."SS_KEY" = s."SS_KEY"
	JOIN factory_qa."OSSYS_ENTITY" o ON o."ESPACE_ID" = os."ID" AND o."IS_ACTIVE" AND o."SS_KEY" = e."SS_KEY"};
foreach my $variant (
	[ 'espaces are the same by key', q{count(*) = (SELECT count(*) FROM factory."OSSYS_ESPACE") FROM factory."OSSYS_ESPACE" s JOIN factory_qa."OSSYS_ESPACE" o USING ("SS_KEY", "NAME")} ],
	[ 'but have other numbers', q{count(*) < 3 FROM factory."OSSYS_ESPACE" s JOIN factory_qa."OSSYS_ESPACE" o USING ("SS_KEY", "ID")} ],
	[ 'most entities are the same by key', qq{count(*) > 180 $both} ],
	[ 'but have other numbers', qq{count(*) < 5 $both WHERE e."ID" = o."ID"} ],
	[ 'some have another physical name', qq{count(*) BETWEEN 5 AND 60 $both WHERE e."PHYSICAL_TABLE_NAME" <> o."PHYSICAL_TABLE_NAME"} ],
	[ 'attributes are the same by key', qq{count(*) > 1800 $both JOIN factory."OSSYS_ENTITY_ATTR" a ON a."ENTITY_ID" = e."ID" JOIN factory_qa."OSSYS_ENTITY_ATTR" oa ON oa."ENTITY_ID" = o."ID" AND oa."SS_KEY" = a."SS_KEY"} ],
	[ 'some texts are shorter on one side', qq{count(*) BETWEEN 1 AND 60 $both JOIN factory."OSSYS_ENTITY_ATTR" a ON a."ENTITY_ID" = e."ID" JOIN factory_qa."OSSYS_ENTITY_ATTR" oa ON oa."ENTITY_ID" = o."ID" AND oa."SS_KEY" = a."SS_KEY" WHERE a."LENGTH" <> oa."LENGTH"} ],
	[ 'records have other identifiers', q{count(*) FILTER (WHERE r."Data_Id" <> o."Data_Id") > 10 FROM factory."OSSYS_ENTITY_RECORD" r JOIN factory_qa."OSSYS_ENTITY_RECORD" o USING ("SS_Key", "Entity_SS_Key")} ],
	[ 'users have other numbers', q{count(*) > 30 AND count(*) FILTER (WHERE u."ID" = o."ID") < 5 FROM factory."OSSYS_USER" u JOIN factory_qa."OSSYS_USER" o USING ("USERNAME")} ],
	[ 'processes are the same by key', q{count(*) > 8 AND count(*) FILTER (WHERE d."Id" = o."Id") < 3 FROM factory."OSSYS_BPM_PROCESS_DEFINITION" d JOIN factory."OSSYS_ESPACE" s ON s."ID" = d."Espace_Id" JOIN factory_qa."OSSYS_ESPACE" os USING ("SS_KEY") JOIN factory_qa."OSSYS_BPM_PROCESS_DEFINITION" o ON o."Espace_Id" = os."ID" AND o."SS_Key" = d."SS_Key" AND o."Is_Active" = d."Is_Active"} ],
	[ 'inputs have the same type', q{count(*) > 30 AND bool_and(d."SS_Type" = o."SS_Type") FROM factory."OSSYS_BPM_PROCESS_INPUT_DEF" d JOIN factory."OSSYS_BPM_PROCESS_DEFINITION" p ON p."Id" = d."Process_Def_Id" JOIN factory."OSSYS_ESPACE" s ON s."ID" = p."Espace_Id" JOIN factory_qa."OSSYS_ESPACE" os USING ("SS_KEY") JOIN factory_qa."OSSYS_BPM_PROCESS_DEFINITION" q ON q."Espace_Id" = os."ID" AND q."SS_Key" = p."SS_Key" JOIN factory_qa."OSSYS_BPM_PROCESS_INPUT_DEF" o ON o."Process_Def_Id" = q."Id" AND o."SS_Key" = d."SS_Key"} ],
	[ 'users are missing here and there', q{count(*) FILTER (WHERE o."ID" IS NULL) > 0 AND count(*) FILTER (WHERE u."ID" IS NULL) > 0 FROM (SELECT u.*, t."NAME" AS tenant FROM factory."OSSYS_USER" u JOIN factory."OSSYS_TENANT" t ON t."ID" = u."TENANT_ID") u FULL JOIN (SELECT u.*, t."NAME" AS tenant FROM factory_qa."OSSYS_USER" u JOIN factory_qa."OSSYS_TENANT" t ON t."ID" = u."TENANT_ID") o USING (tenant, "USERNAME")} ],
	[ 'tables have other rows', q{count(*) > 60 FROM look.relation r JOIN pg_class q ON q.relname = r.name AND q.relnamespace = 'factory_qa'::regnamespace WHERE r.kind = 'r' AND r.name LIKE 'OSUSR%' AND (SELECT reltuples FROM pg_class c WHERE c.oid = r.oid) <> q.reltuples} ])
{
	my ($name, $query) = @$variant;
	is(one("SELECT $query"), 't', "variant: $name");
}
foreach my $pair ([ 'factory', 'factory_qa' ], [ 'factory_qa', 'factory' ])
{
	my ($here, $there) = @$pair;
	cmp_ok(one(qq{SELECT count(*) FROM $here."OSSYS_ENTITY" e WHERE NOT EXISTS (SELECT FROM $there."OSSYS_ENTITY" o WHERE o."SS_KEY" = e."SS_KEY")}),
		'>', 0, "variant: $here has entities that $there has not");
	cmp_ok(one(qq{SELECT count(*) FROM $here."OSSYS_ENTITY_ATTR" e WHERE NOT EXISTS (SELECT FROM $there."OSSYS_ENTITY_ATTR" o WHERE o."SS_KEY" = e."SS_KEY")}),
		'>', 0, "variant: $here has attributes that $there has not");
}

# ---------------------------------------------------------------------------
# Traps: which objects are so; every one that was planted has to be among them.
# ---------------------------------------------------------------------------
my $uuid = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
my $known = q{EXISTS (SELECT FROM look.module m WHERE m.ss_key = split_part(substr(a.type, 3), '*', 1))};
my $target = q{look.attribute a JOIN look.entity t ON a.type = 'bt' || t.key};
my %look = (
	active_in_deleted_espace => q{object FROM look.entity WHERE "IS_ACTIVE" AND NOT owner_is_active AND module ~ '\(deleted0\)$'},
	attribute_without_entity => q{"NAME" FROM factory."OSSYS_ENTITY_ATTR" a WHERE NOT EXISTS (SELECT FROM factory."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID")},
	big_identifier => q{entity FROM look.identifier WHERE "TYPE" = 'rtLongInteger' AND "IS_AUTONUMBER" AND oid IS NOT NULL AND look.number(format('SELECT min(%I) FROM %s', "DATABASE_NAME", oid::regclass)) > 2147483647},
	binary_attribute => q{object FROM look.attribute WHERE "TYPE" = 'rtBinaryData' AND oid IS NOT NULL
		AND look.number(format('SELECT count(DISTINCT least(octet_length(%1$I), 8000)) FROM %2$s WHERE %1$I IN ('''', ''\x00'') OR octet_length(%1$I) > 8000', "DATABASE_NAME", oid::regclass)) = 3
		AND look.number(format('SELECT count(*) FROM %2$s WHERE %1$I IS NULL', "DATABASE_NAME", oid::regclass)) > 0},
	blank_key => q{object FROM look.entity WHERE "SS_KEY" LIKE ' %' AND "SS_KEY" LIKE '% '},
	blank_reference => q{object FROM look.attribute WHERE "TYPE" LIKE ' bt% '},
	case_twins => q{object FROM factory.generator_trap WHERE look.rows_where(object, '{} = ''ALPHA''') > 0 AND look.rows_where(object, '{} = ''alpha''') > 0},
	client_entity => q{object FROM look.entity WHERE "Data_Kind" = 'clientEntity' AND oid IS NULL AND "PHYSICAL_TABLE_NAME" <> ''},
	clone => q{e.object FROM look.entity e JOIN look.entity o USING ("SS_KEY") WHERE e.module <> o.module AND e.owner_is_active AND o.owner_is_active},
	column_clash => q{a.object FROM look.attribute a JOIN look.attribute o USING (entity) WHERE upper(left(a."NAME", 28)) = upper(left(o."NAME", 28)) AND a."DATABASE_NAME" <> o."DATABASE_NAME"},
	deleted_espace => q{"NAME" FROM factory."OSSYS_ESPACE" WHERE NOT "IS_ACTIVE" AND "NAME" LIKE '%(deleted0)'},
	deleted_record => q{e.object || '.' || r."Name" FROM factory."OSSYS_ENTITY_RECORD" r JOIN look.entity e ON e."SS_KEY" = r."Entity_SS_Key" WHERE NOT r."Is_Active" AND e."Data_Kind" = 'staticEntity' AND e.module = 'Oddities' AND look.number(format('SELECT count(*) FROM %s WHERE "ID" = %L', e.oid::regclass, r."Data_Id")) = 0},
	duplicate_attribute_key => q{a.object FROM look.attribute a JOIN look.attribute o USING (entity, "SS_KEY") WHERE a."IS_ACTIVE" AND o."IS_ACTIVE" AND a."ID" <> o."ID"},
	duplicate_entity_key => q{e.object FROM look.entity e JOIN look.entity o USING (key) WHERE e."IS_ACTIVE" AND o."IS_ACTIVE" AND e."ID" <> o."ID"},
	entity_without_identifier => q{object FROM look.entity e WHERE "PRIMARYKEY_SS_KEY" IS NULL AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = e.oid AND i.indisprimary)},
	entity_without_owner => q{"NAME" FROM factory."OSSYS_ENTITY" WHERE "Extension_Id" IS NULL AND "ESPACE_ID" NOT IN (SELECT "ID" FROM factory."OSSYS_ESPACE")},
	event_table => q{object FROM look.entity WHERE "Expose_Process_Events" AND "Event_Table_Name" IN (SELECT name FROM look.relation)},
	event_table_unused => q{object FROM look.entity WHERE NOT "Expose_Process_Events" AND "Event_Table_Name" LIKE 'OSEVT\_%' AND "Event_Table_Name" NOT IN (SELECT name FROM look.relation)},
	external_entity => q{object FROM look.entity WHERE "ESPACE_ID" IS NULL AND "Extension_Id" IS NOT NULL AND "Data_Kind" IS NULL AND "GENERATION" = -1 AND "PHYSICAL_TABLE_NAME" ~ '^\[.+\]\.\[.+\]\.\[.+\]$'},
	hostile_name => q{object FROM (SELECT object, "NAME" AS name FROM look.entity WHERE oid IS NOT NULL UNION ALL SELECT object, "NAME" FROM look.attribute WHERE attnum IS NOT NULL UNION ALL SELECT name, name FROM look.module) AS o
		WHERE name !~ '^[A-Za-z][A-Za-z0-9_]*$' OR length(name) = 50 OR name IN ('SELECT', 'pg_catalog')},
	identifier_chain => q{a.entity FROM look.identifier a JOIN look.identifier b ON a.type = 'bt' || b.entity_key JOIN look.identifier c ON b.type = 'bt' || c.entity_key JOIN look.identifier d ON c.type = 'bt' || d.entity_key WHERE d.type = 'rtlonginteger'},
	identifier_cycle => q{a.entity FROM look.identifier a JOIN look.identifier b ON a.type = 'bt' || b.entity_key WHERE b.type = 'bt' || a.entity_key},
	inactive_application => q{"NAME" FROM factory."OSSYS_APPLICATION" a WHERE NOT "IS_ACTIVE" AND NOT EXISTS (SELECT FROM factory."OSSYS_APP_DEFINITION_MODULE" m WHERE m.application_id = a."ID")},
	inactive_reference => qq{a.object FROM $target WHERE NOT (t."IS_ACTIVE" AND t.owner_is_active)},
	input_identifier => q{"Id"::text FROM factory."OSSYS_BPM_PROCESS_INPUT_DEF" d WHERE "Data_Type" IN ('rtInteger', 'rtLongInteger') AND substr("SS_Type", 3) IN (SELECT key FROM look.entity)
		AND EXISTS (SELECT FROM factory."OSSYS_BPM_PROCESS_INPUT" i WHERE i."Input_Def_Id" = d."Id" AND i."Input_Value" ~ '^[0-9]+$')},
	made_separately => q{e.object FROM look.entity e JOIN factory_qa."OSSYS_ENTITY" o USING ("NAME") JOIN factory_qa."OSSYS_ESPACE" s ON s."ID" = o."ESPACE_ID" WHERE s."SS_KEY" = e.owner_key AND o."SS_KEY" <> e."SS_KEY"},
	malformed_reference => q{object FROM look.attribute WHERE type LIKE 'bt%' AND type !~ '^bt[^*]+\*[^*]+$'},
	missing_row => q{object FROM factory.generator_trap WHERE look.rows_where(object, '{} = 9999999') > 0},
	module_without_application => q{name FROM look.module m WHERE NOT EXISTS (SELECT FROM factory."OSSYS_APP_DEFINITION_MODULE" d JOIN factory."OSSYS_MODULE" o ON o."ID" = d."MODULE_ID" WHERE o."ESPACE_ID" = m.id AND m.kind = 'espace')},
	module_without_owner => q{"ID"::text FROM factory."OSSYS_MODULE" WHERE "EXTENSION_ID" IS NULL AND ("ESPACE_ID" IS NULL OR "ESPACE_ID" NOT IN (SELECT "ID" FROM factory."OSSYS_ESPACE"))},
	multi_tenant => q{object FROM look.entity e WHERE "MULTITENANT" AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = e.oid AND a.attname = 'TENANT_ID')
		AND (SELECT count(*) FROM look.relation r JOIN factory."OSSYS_TENANT" t ON r.name = e."Base_View_Name" || '_T' || t."ID" WHERE r.kind = 'v') = 3},
	multilingual => q{object FROM look.entity WHERE "Multilingual" AND "Multilingual_Table_Name" ~ '^OSUSR_..._?_ML' AND look.number(format('SELECT count(*) FROM factory.%I', "Multilingual_Table_Name")) > 0},
	non_uuid_key => qq{object FROM look.entity WHERE "SS_KEY" ~ '^Entity$uuid\$'},
	non_uuid_reference => qq{object FROM look.attribute WHERE "TYPE" ~ '^bt$uuid\\*Entity$uuid\$'},
	one_to_one => q{entity FROM look.identifier WHERE type LIKE 'bt%'},
	orphan_column => q{r.name || '.' || a.attname FROM look.relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 WHERE EXISTS (SELECT FROM look.entity e WHERE e.oid = r.oid)
		AND NOT EXISTS (SELECT FROM look.attribute l WHERE l.oid = r.oid AND l."DATABASE_NAME" = a.attname) AND a.attname <> 'TENANT_ID'},
	orphan_table => q{name FROM look.relation r WHERE r.name ~ '^OS(USR|EVT)_' AND r.kind = 'r' AND NOT EXISTS (SELECT FROM look.entity e WHERE e.oid = r.oid OR r.name IN (e."Multilingual_Table_Name", e."Event_Table_Name"))},
	other_key => q{object FROM (SELECT object, substr("PHYSICAL_TABLE_NAME", 7, 3) AS hash, (SELECT mode() WITHIN GROUP (ORDER BY substr(o."PHYSICAL_TABLE_NAME", 7, 3)) FROM look.entity o WHERE o.module = e.module) AS usual FROM look.entity e) AS h WHERE hash <> usual},
	process_active => q{"Id"::text FROM factory."OSSYS_BPM_PROCESS" p WHERE "STATUS_ID" = 1 AND EXISTS (SELECT FROM factory."OSSYS_BPM_ACTIVITY" a WHERE a."Process_Id" = p."Id" AND a."Status_Id" NOT IN (5, 11, 12))},
	process_terminal => q{"Id"::text FROM factory."OSSYS_BPM_PROCESS" p WHERE "STATUS_ID" IN (2, 4, 5) AND NOT EXISTS (SELECT FROM factory."OSSYS_BPM_ACTIVITY" a WHERE a."Process_Id" = p."Id" AND a."Status_Id" NOT IN (5, 11, 12, 13))},
	queued_event => q{name FROM look.relation WHERE name LIKE 'OSSYS_BPM_EVENT%' AND look.number(format('SELECT count(*) FROM %s', oid::regclass)) > 0},
	record_not_static => q{r."Name" FROM factory."OSSYS_ENTITY_RECORD" r JOIN look.entity e ON e."SS_KEY" = r."Entity_SS_Key" AND e."ESPACE_ID" = r."Espace_Id" WHERE r."Is_Active" AND e."Data_Kind" = 'entity'},
	record_without_entity => q{"Name" FROM factory."OSSYS_ENTITY_RECORD" WHERE "Entity_SS_Key" NOT IN (SELECT "SS_KEY" FROM factory."OSSYS_ENTITY" WHERE "SS_KEY" IS NOT NULL)},
	recreated_entity => q{e.object FROM look.entity e JOIN look.entity o USING (key) WHERE e."IS_ACTIVE" AND NOT o."IS_ACTIVE" AND e."PHYSICAL_TABLE_NAME" = o."PHYSICAL_TABLE_NAME" || '1'},
	recreated_record => q{e.object || '.' || r."Name" FROM factory."OSSYS_ENTITY_RECORD" r JOIN factory."OSSYS_ENTITY_RECORD" o USING ("Entity_SS_Key", "Espace_Id", "Name") JOIN look.entity e ON e."SS_KEY" = "Entity_SS_Key" WHERE NOT r."Is_Active" AND o."Is_Active" AND r."SS_Key" <> o."SS_Key"},
	reference_to_external => qq{a.object FROM $target WHERE t."IS_EXTERNAL" AND a."DELETE_RULE" = 'Ignore'},
	reference_to_one_to_one => q{a.object FROM look.attribute a JOIN look.identifier i ON a.type = 'bt' || i.entity_key WHERE i.type LIKE 'bt%' AND NOT a.is_identifier},
	reinstalled_espace => q{e.object FROM look.entity e JOIN look.entity o USING ("SS_KEY") WHERE e.owner_is_active AND e."IS_ACTIVE" AND o."IS_ACTIVE" AND o.module LIKE e.module || '(deleted%' AND NOT o.owner_is_active AND e.owner_key <> o.owner_key},
	renamed_entity => q{object FROM look.entity WHERE "PHYSICAL_TABLE_NAME" LIKE 'OSUSR%' AND strpos("PHYSICAL_TABLE_NAME", '_' || "NAME") = 0},
	reserved_word => q{object FROM look.attribute WHERE attnum IS NOT NULL AND "DATABASE_NAME" IN ('ORDER', 'USER', 'KEY', 'FROM', 'DATE', 'INDEX')},
	role_without_espace => q{"NAME" FROM factory."OSSYS_ROLE" WHERE "ESPACE_ID" IS NULL OR "ESPACE_ID" NOT IN (SELECT "ID" FROM factory."OSSYS_ESPACE")},
	same_name => q{e.object FROM look.entity e JOIN look.entity o USING ("NAME") WHERE e.module <> o.module AND e."SS_KEY" <> o."SS_KEY"},
	second_catalog => q{"NAME" FROM factory."OSSYS_ESPACE" WHERE "DBCatalog_Id" = (SELECT max("ID") FROM factory."OSSYS_DBCATALOG" HAVING count(*) = 2)},
	second_provider => q{s."NAME" FROM factory."OSSYS_ESPACE" s JOIN factory."OSSYS_TENANT" t ON t."ESPACE_ID" = s."ID" JOIN factory."OSSYS_USER" u ON u."TENANT_ID" = t."ID" WHERE s."IS_USER_PROVIDER" AND s."NAME" <> 'Users'},
	shared_column => q{a.object FROM look.attribute a JOIN look.attribute o USING (entity, "DATABASE_NAME") WHERE a."IS_ACTIVE" AND o."IS_ACTIVE" AND a."ID" <> o."ID"},
	shared_physical_table => q{e.object FROM look.entity e JOIN look.entity o USING ("PHYSICAL_TABLE_NAME") WHERE e."IS_ACTIVE" AND o."IS_ACTIVE" AND e."ID" <> o."ID"},
	soft_deleted_attribute => q{object FROM look.attribute WHERE NOT "IS_ACTIVE" AND entity_is_active AND attnum IS NOT NULL},
	soft_deleted_entity => q{object FROM look.entity e WHERE NOT "IS_ACTIVE" AND oid IS NOT NULL AND look.number(format('SELECT count(*) FROM %s', oid::regclass)) > 0 AND EXISTS (SELECT FROM pg_constraint k JOIN look.entity p ON p.oid = k.confrelid WHERE k.conrelid = e.oid AND k.contype = 'f' AND p."IS_ACTIVE" AND NOT p."IS_SYSTEM")},
	text_identifier_chain => q{a.entity FROM look.identifier a JOIN look.identifier b ON a.type = 'bt' || b.entity_key JOIN look.identifier c ON b.type = 'bt' || c.entity_key WHERE c.type = 'rttext'},
	unknown_entity => qq{a.object FROM look.attribute a WHERE type LIKE 'bt%*%' AND $known AND substr(type, 3) NOT IN (SELECT key FROM look.entity)},
	unknown_espace => qq{a.object FROM look.attribute a WHERE type LIKE 'bt%*%' AND NOT $known},
	unknown_espace_hint => qq{a.object FROM look.attribute a WHERE type LIKE 'bt%*%' AND NOT $known AND (SELECT count(*) FROM look.entity e WHERE e."SS_KEY" = split_part(a.type, '*', 2)) = 1},
	unknown_type => q{object FROM look.attribute WHERE type NOT LIKE 'bt%' AND "TYPE" NOT IN (SELECT "ID" FROM factory."OSSYS_BASIC_TYPE")},
	upper_case_key => qq{object FROM look.entity WHERE "SS_KEY" ~ '^$uuid\$' AND "SS_KEY" = upper("SS_KEY") AND EXISTS (SELECT FROM look.attribute a WHERE a."TYPE" = 'bt' || look.entity.key)},
	upper_case_reference => q{object FROM look.attribute a WHERE "TYPE" LIKE 'BT%' AND substr(type, 3) IN (SELECT key FROM look.entity)},
	zero_reference => q{object FROM factory.generator_trap WHERE look.rows_where(object, '{} = 0') > 0});

# What the place of a value holds besides NULL
$look{null_values} = q{object FROM factory.generator_trap g
	JOIN (VALUES ('NAME', '{} = '''''), ('NAME', '{} = '' '''), ('NAME', '{} = ''  '''), ('AMOUNT', '{} = 0'), ('HAPPENED', '{} = ''1900-01-01'''), ('CONTENT', '{} = '''''), ('CONTENT', '{} = ''\x00''')) AS v (name, condition)
		ON g.object LIKE '%.' || v.name
	WHERE g.trap = 'null_values'
	GROUP BY object
	HAVING min(look.rows_where(object, v.condition)) > 0 AND min(look.rows_where(object, '{} IS NULL')) > 0};

is(one(q{SELECT string_agg(DISTINCT trap, ' ' ORDER BY trap) FROM factory.generator_trap}),
	join(' ', sort keys %look), 'every kind of trap is planted, and looked for');
my $missing = '';
foreach my $trap (sort keys %look)
{
	# Places of values are looked at only where the trap says.
	(my $query = $look{$trap}) =~ s/(FROM factory\.generator_trap) WHERE/$1 WHERE trap = '$trap' AND/;
	is(one("SET search_path = factory; SELECT object FROM generator_trap WHERE trap = '$trap' EXCEPT (SELECT $query)"),
		'', "trap: $trap");
}

open my $readme, '<', top() . '/test/generator/README.md' or die "README.md: $!\n";
my %listed = map { /^\| `(\w+)` \|/ ? ($1 => 1) : () } <$readme>;
close $readme;
is(join(' ', sort keys %listed), join(' ', sort keys %look), 'README.md lists the traps');

# ---------------------------------------------------------------------------
# osmeta over it
# ---------------------------------------------------------------------------
value('maker', 'one', <<'SQL');
CREATE EXTENSION osmeta;
SELECT osmeta.attach('prod', remote_schema => 'factory', dialect => 'sqlserver');
SELECT osmeta.attach('qa', remote_schema => 'factory_qa', dialect => 'sqlserver');
SELECT osmeta.capture('prod');
SELECT osmeta.capture('qa');
SQL
is(one(q{SELECT count(*) - (SELECT count(*) FROM factory."OSSYS_ENTITY") FROM osmeta.entity WHERE environment = 'prod'}),
	0, 'osmeta: attached and captured');
is( one(q{SELECT string_agg(DISTINCT code, ' ' ORDER BY code) FROM osmeta.problem WHERE environment = 'prod' AND code IN
	('attribute_without_entity', 'duplicate_attribute_key', 'duplicate_entity_key', 'entity_without_identifier', 'entity_without_owner', 'inactive_reference', 'malformed_reference', 'module_without_owner', 'record_not_static', 'role_without_espace', 'shared_physical_table', 'unknown_data_type', 'unknown_record_entity', 'unknown_reference')}),
	'attribute_without_entity duplicate_attribute_key duplicate_entity_key entity_without_identifier entity_without_owner inactive_reference malformed_reference module_without_owner record_not_static role_without_espace shared_physical_table unknown_data_type unknown_record_entity unknown_reference',
	'osmeta: problem knows the traps');
is(one(q{SELECT string_agg(object, ' ') FROM factory.generator_trap g
	LEFT JOIN osmeta.reference r ON r.environment = 'prod' AND r.espace || '.' || r.entity || '.' || r.attribute = g.object
	WHERE trap IN ('malformed_reference', 'unknown_espace', 'unknown_entity', 'unknown_espace_hint', 'inactive_reference', 'non_uuid_reference', 'blank_reference', 'upper_case_reference', 'reference_to_one_to_one')
		AND concat_ws(' ', r.status, CASE WHEN r.hint IS NOT NULL THEN 'with a hint' END) <> CASE trap
			WHEN 'malformed_reference' THEN 'malformed with a hint' WHEN 'unknown_espace' THEN 'unknown espace'
			WHEN 'unknown_espace_hint' THEN 'unknown espace with a hint' WHEN 'unknown_entity' THEN 'unknown entity'
			WHEN 'inactive_reference' THEN 'inactive with a hint' ELSE 'resolved' END}),
	'', 'osmeta: the references are as planted');
is(one(q{SELECT count(*) FROM osmeta.reference WHERE environment = 'prod' AND status <> 'resolved'}),
	one(q{SELECT count(*) FROM factory.generator_trap WHERE trap IN ('malformed_reference', 'unknown_espace', 'unknown_entity', 'unknown_espace_hint', 'inactive_reference')})
	  + one(q{SELECT count(*) FROM osmeta.reference WHERE environment = 'prod' AND status = 'inactive' AND NOT is_effective}),
	'osmeta: and no other leads nowhere');
is(one(q{SELECT string_agg(espace || '.' || entity, ' ') FROM osmeta.entity
	WHERE NOT is_external AND NOT is_system AND espace ~ '^(Oddities|Ev"il)' AND environment = 'prod'
		AND osmeta.explain_physical_name(espace, entity, physical_table_name, 'sqlserver') NOT IN ('exact', 'numbered')}),
	one(q{SELECT string_agg(object, ' ' ORDER BY trap) FROM factory.generator_trap WHERE trap IN ('other_key', 'renamed_entity')}) . ' Oddities.SharedAgain',
	'osmeta: physical names follow the rule, but for those that are planted');

# However small, every trap is there.
generate_ok('the smallest factory', 'two', '--schema', 'small', map { ("--$_", 0) } qw(modules entities attributes rows users));
is( value('maker', 'two', q{SELECT count(DISTINCT trap) FROM small.generator_trap}),
	scalar keys %look, 'has every trap');

# Without events, and with traps but nothing in the queues
generate_ok('a factory without events', 'two', '--schema', 'quiet', '--no-events', '--no-traps');
is(value('maker', 'two', q{SELECT (SELECT count(*) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE c.relnamespace = 'quiet'::regnamespace AND NOT g.tgisinternal),
	sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM quiet.%I', relname), false, true, '')))[1]::text::bigint)
	FROM pg_class WHERE relnamespace = 'quiet'::regnamespace AND relkind = 'r' AND relname ~ '^(OSEVT_|OSSYS_BPM_EVENT)'}),
	'0|0', 'has no subscriptions, triggers and queued events');
generate_ok('a factory with traps and empty queues', 'two', '--schema', 'empty', '--empty-queues');
is(value('maker', 'two', q{SELECT (SELECT count(*) FROM empty."OSSYS_BPM_EVENT") + (SELECT count(*) FROM empty."OSSYS_BPM_EVENT_QUEUE"), count(*) > 100, count(*) FILTER (WHERE trap = 'queued_event') FROM empty.generator_trap}),
	'0|t|0', 'has all traps but that one');

# Without traps nothing is odd.
generate_ok('a factory without traps', 'one', '--schema', 'clean', '--no-traps', '--seed', '7', '--rows', '0');
value('maker', 'one', q{SELECT osmeta.attach('tidy', remote_schema => 'clean', dialect => 'sqlserver'), osmeta.capture('tidy')});
is(one(q{SELECT string_agg(code || ' ' || object, ', ') FROM osmeta.problem WHERE environment = 'tidy'}), '', 'without traps there is no problem');
is(one(q{SELECT count(*) FROM clean.generator_trap}), 0, 'and none is listed');

done_testing();
