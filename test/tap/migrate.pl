#!/usr/bin/perl
# A migration by a role without superuser: rights here and at the factories,
# what changes there while a plan is made and run, and what verify_plan finds.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Database;
use Test::More;

# One database is both factories, in two schemas, each reached as a role of
# its own; the desk is another database, which the analyst owns.
my $fixture = top() . '/test/fixture';
create_role($_) foreach qw(analyst other reader gate);
create_database('factory');
create_database('desk', 'analyst');
value(undef, 'factory', <<"SQL");
\\o /dev/null
\\i '$fixture/shop_all.sql'
DROP EXTENSION osmeta;
GRANT USAGE ON SCHEMA source TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA source TO reader;
GRANT USAGE ON SCHEMA target TO gate;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA target TO gate;
SQL
value(undef, 'desk', <<'SQL');
CREATE EXTENSION postgres_fdw;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO analyst;
SQL
sub value_ok
{
	my ($sql, $expected, $name) = @_;
	my ($status, $out, $err) = psql('analyst', 'desk', $sql);
	is($status == 0 ? $out : $err, $expected, $name);
	return;
}

# Statements fail with an SQLSTATE and a message.
sub fails
{
	my ($role, $sql, $state, $message, $name) = @_;
	my ($status, $out, $err) =
	  psql($role, 'desk', $sql, '-v', 'VERBOSITY=verbose');
	like($err, qr/(?:ERROR|FATAL):  $state: [^\n]*$message/s, $name);
	return;
}

sub server_options
{
	my ($role) = @_;
	return "OPTIONS (user '$role', password 'pass word of $role')";
}

sub factory { return value(undef, 'factory', $_[0]); }
sub desk    { return value('analyst', 'desk', $_[0]); }

# How many rows of plans are at the target?
sub delivered
{
	return factory(q{SELECT (SELECT count(*) FROM target.value WHERE value NOT LIKE '%theirs%')
		+ (SELECT count(*) FROM target.region WHERE "NAME" NOT LIKE 'theirs%')});
}

# The plan p anew
sub create_plan
{
	my ($scope, $options) = @_;
	factory('CALL make.put_back()');
	desk(q{SELECT osmeta.drop_plan(plan) FROM osmeta.plan});
	desk("SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY[$scope], '@{[$options // '{}']}')");
	return;
}

desk("CREATE EXTENSION osmeta");
desk("CREATE SERVER $_ FOREIGN DATA WRAPPER postgres_fdw
		OPTIONS (host '$ENV{PGHOST}', port '$ENV{PGPORT}', dbname 'factory')")
  foreach qw(source target);
desk('CREATE USER MAPPING FOR analyst SERVER source ' . server_options('reader'));
desk('CREATE USER MAPPING FOR analyst SERVER target ' . server_options('gate'));
desk(q{SELECT osmeta.attach('src', 'source', 'source'), osmeta.attach('tgt', 'target', 'target')});
desk(q{SELECT osmeta.capture('src'), osmeta.capture('tgt')});

# ---------------------------------------------------------------------------
# The whole job without superuser
# ---------------------------------------------------------------------------
create_plan(q{'espace:Shop'}, '{"chunk_rows": 3}');
value_ok(q{SELECT code, object FROM osmeta.plan_problem},
	"counter_behind|Shop.Customer\ncounter_behind|Shop.Region\npersonal_data|Shop.Customer.Name",
	'without superuser: the counters are a problem to know of');
value_ok(q{CALL osmeta.run_plan('p')}, '', 'without superuser: the plan runs');
is(factory('SELECT * FROM make.wrong'), '',
	'without superuser: every row means the same');
value_ok(q{SELECT DISTINCT status FROM osmeta.verify_plan('p') WHERE entity IN ('Region', 'Customer')},
	'different', 'without superuser: verify_plan asks for the counters');
factory(desk(q{SELECT string_agg(substring(detail FROM 'SELECT pg_catalog.*'), ';') FROM osmeta.verify_plan('p') WHERE status <> 'ok'}));
value_ok(q{SELECT DISTINCT substring(detail FROM '^[^(]*') FROM osmeta.verify_plan('p') WHERE status <> 'ok'},
	'the identity counter has not been used, or needs a right to be read ', 'without superuser: or for the right to see them');
factory('GRANT SELECT ON ALL SEQUENCES IN SCHEMA target TO gate');
value_ok(q{SELECT DISTINCT status FROM osmeta.verify_plan('p')},
	'ok', 'without superuser: then all is well');

# The contract: columns and their types
foreach my $view (
	[ 'plan_progress' => 'plan text, phase text, espace text, entity text, chunks_done bigint, chunks bigint, rows_done bigint, rows_expected bigint, rows_per_second numeric, eta interval' ],
	[ 'plan_key'     => 'plan text, entity_key osmeta.oskey, source_id text, target_id text' ],
	[ 'plan_problem' => 'plan text, severity text, code text, object text, message text, hint text' ])
{
	value_ok(qq{SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
				FROM pg_attribute WHERE attrelid = 'osmeta.$view->[0]'::regclass AND attnum > 0},
		$view->[1], "$view->[0] has the columns of the contract");
}
value_ok(q{SELECT pg_get_function_result('osmeta.verify_plan'::regproc)}, 'SETOF record', 'verify_plan gives rows');
value_ok(q{SELECT string_agg(n, ' ' ORDER BY i) FROM pg_proc, unnest(proargnames) WITH ORDINALITY v (n, i) WHERE oid = 'osmeta.verify_plan'::regproc AND i BETWEEN 2 AND 8},
	'espace entity rows_expected rows_found checksum_equal dangling status', 'verify_plan has the columns of the contract');

# ---------------------------------------------------------------------------
# What verify_plan finds
# ---------------------------------------------------------------------------
my $finding = q{SELECT entity, rows_expected, rows_found, checksum_equal, dangling, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok' ORDER BY entity};

foreach my $tampering (
	[ 'a value', qq{UPDATE target.customer SET "AMOUNT" = 7 WHERE "NAME" = 'Later'},
		'Customer|6|6|f|0|different|rows that differ: 1 (11: Amount)', q{UPDATE target.customer SET "AMOUNT" = 0.01 WHERE "NAME" = 'Later'} ],
	[ 'NULL for an empty text', qq{UPDATE target.customer SET "NOTE" = NULL WHERE "NAME" = 'Self'},
		'Customer|6|6|f|0|different|rows that differ: 1 (10: Note)', q{UPDATE target.customer SET "NOTE" = '' WHERE "NAME" = 'Self'} ],
	[ 'a blank for an empty text', qq{UPDATE target.customer SET "NOTE" = ' ' WHERE "NAME" = 'Self'},
		'Customer|6|6|f|0|different|rows that differ: 1 (10: Note)', q{UPDATE target.customer SET "NOTE" = '' WHERE "NAME" = 'Self'} ],
	[ 'one byte of a binary', qq{UPDATE target.customer SET "PHOTO" = set_byte("PHOTO", 4999, 0) WHERE length("PHOTO") = 5000},
		'Customer|6|6|f|0|different|rows that differ: 1 (14: Photo)', q{UPDATE target.customer SET "PHOTO" = set_byte("PHOTO", 4999, 171) WHERE length("PHOTO") = 5000} ],
	[ 'a millisecond', qq{UPDATE target.customer SET "SINCE" = "SINCE" + interval '1 ms' WHERE "NAME" = 'Later'},
		'Customer|6|6|f|0|different|rows that differ: 1 (11: Since)', q{UPDATE target.customer SET "SINCE" = "SINCE" - interval '1 ms' WHERE "NAME" = 'Later'} ],
	[ 'a reference to another row', qq{UPDATE target.customer SET "REGIONID" = 1 WHERE "NAME" = 'Later'},
		'Customer|6|6|f|0|different|rows that differ: 1 (11: RegionId)', q{UPDATE target.customer SET "REGIONID" = (SELECT "ID" FROM target.region WHERE "NAME" = 'South') WHERE "NAME" = 'Later'} ],
	[ 'a reference to nothing', qq{UPDATE target.customer SET "AREAID" = 99999999 WHERE "NAME" = 'Later'},
		'Customer|6|6|f|1|different|rows that differ: 1 (11: AreaId); references of AreaId to no row: 1', q{UPDATE target.customer SET "AREAID" = (SELECT "ID" FROM target.region WHERE "NAME" = 'South') WHERE "NAME" = 'Later'} ],
	[ 'two rows that swap their contents', q{UPDATE target.tag t SET "CUSTOMERID" = o."CUSTOMERID", "PARENTID" = o."PARENTID" FROM target.tag o WHERE (t."ID", o."ID") IN (('a', 'b'), ('b', 'a'))},
		'Tag|4|4|f|0|different|rows that differ: 2 (\'a\': CustomerId, ParentId; \'b\': CustomerId, ParentId)', q{UPDATE target.tag t SET "CUSTOMERID" = o."CUSTOMERID", "PARENTID" = o."PARENTID" FROM target.tag o WHERE (t."ID", o."ID") IN (('a', 'b'), ('b', 'a'))} ],
	[ 'a row that is missing', q{DELETE FROM target.tag WHERE "ID" = ''},
		'Tag|4|3|f|0|different|rows missing: 1 (\'\')', q{INSERT INTO target.tag ("ID", "PARENTID") VALUES ('', '')} ],
	[ 'a change of case', q{UPDATE target.customer SET "NAME" = 'later' WHERE "NAME" = 'Later'},
		'Customer|6|6|f|0|different|rows that differ: 1 (11: Name)', q{UPDATE target.customer SET "NAME" = 'Later' WHERE "NAME" = 'later'} ],
	[ 'a blank at the end', q{UPDATE target.customer SET "NAME" = 'Later ' WHERE "NAME" = 'Later'},
		'Customer|6|6|f|0|different|rows that differ: 1 (11: Name)', q{UPDATE target.customer SET "NAME" = 'Later' WHERE "NAME" = 'Later '} ],
	[ 'a sign', q{UPDATE target.customer SET "AMOUNT" = -"AMOUNT" WHERE "NAME" = 'Later'},
		'Customer|6|6|f|0|different|rows that differ: 1 (11: Amount)', q{UPDATE target.customer SET "AMOUNT" = -"AMOUNT" WHERE "NAME" = 'Later'} ],
	[ 'an identifier', q{UPDATE target.tag SET "ID" = 'other' WHERE "ID" = ''},
		"Tag|4|3|f|0|different|rows missing: 1 (''); of these stand there under other identifiers: 1 ('' as 'other'); rows of others were 1 before the push and are 2", q{UPDATE target.tag SET "ID" = '' WHERE "ID" = 'other'} ],
	[ 'a row that nobody may read', sub { factory(q{SELECT format('REVOKE SELECT ON %s FROM gate', make.table_of('target', 'Tag')) \gexec}) },
		'Tag|||||unreadable|permission denied for table OSUSR_4af_Tag', sub { factory(q{SELECT format('GRANT SELECT ON %s TO gate', make.table_of('target', 'Tag')) \gexec}) } ])
{
	my ($name, $do, $expected, $undo) = @$tampering;
	ref $do ? $do->() : factory($do);
	value_ok($finding, $expected, "verify_plan finds $name");
	ref $undo ? $undo->() : factory($undo);
}
value_ok($finding, '', 'verify_plan finds nothing when all is put right');
factory(q{INSERT INTO target.customer ("ID", "NAME") SELECT "ID" + 2, 'theirs, between' FROM target.customer WHERE "NAME" = ' '});
value_ok(q{SELECT status || ': ' || detail FROM osmeta.verify_plan('p') WHERE entity = 'Customer'},
	'ok: rows of others in the plan\'s range of identifiers: 1; rows of others that have come since: 1',
	'verify_plan tells of rows in the range that are not the plan\'s');

# ---------------------------------------------------------------------------
# Whose plan it is
# ---------------------------------------------------------------------------
foreach my $call (q{CALL osmeta.run_plan('p')}, q{SELECT osmeta.verify_plan('p')},
	q{SELECT osmeta.drop_plan('p')}, q{SELECT osmeta.set_plan_option('p', 'chunk_rows', '1')},
	q{SELECT osmeta.refresh_plan('p')}, q{UPDATE osmeta.plan_entity SET filter = 'true'})
{
	my ($what) = $call =~ /(\w+_\w+)/;
	desk(q{REVOKE ALL ON ALL TABLES IN SCHEMA osmeta FROM other; REVOKE ALL ON SCHEMA osmeta FROM other});
	fails('other', $call, '42501', 'permission denied', "$what: not without rights");
	desk(q{GRANT USAGE ON SCHEMA osmeta TO other; GRANT SELECT ON ALL TABLES IN SCHEMA osmeta TO other});
	fails('other', $call, '42501', $what eq 'plan_entity' ? 'permission denied' : 'plan "p" belongs to role "analyst"',
		"$what: not of another role's plan");
}
is((psql('other', 'desk', 'SELECT count(*) FROM osmeta.plan_key'))[1], 0,
	'plan_key: nothing of another role\'s plan');
value(undef, 'postgres', 'GRANT analyst TO other');
desk('CREATE USER MAPPING FOR other SERVER source ' . server_options('reader'));
desk('CREATE USER MAPPING FOR other SERVER target ' . server_options('gate'));
is((psql('other', 'desk', q{CALL osmeta.run_plan('p'); SELECT count(*) FROM osmeta.plan_key}))[1],
	28, 'a member of the owner may run a plan and see its keys');
value(undef, 'postgres', 'REVOKE analyst FROM other');
desk("DROP USER MAPPING FOR other SERVER $_") foreach qw(source target);

# ---------------------------------------------------------------------------
# Where run_plan cannot run
# ---------------------------------------------------------------------------
create_plan(q{'espace:Shop'});
desk(q{CREATE FUNCTION run() RETURNS void LANGUAGE plpgsql AS $$BEGIN CALL osmeta.run_plan('p'); END$$;
CREATE PROCEDURE run_with_setting() LANGUAGE plpgsql SET work_mem = '4MB' AS $$BEGIN CALL osmeta.run_plan('p'); END$$});
fails('analyst', q{BEGIN; CALL osmeta.run_plan('p')}, '2D000', 'run_plan cannot run inside', 'run_plan: not in a transaction block');
fails('analyst', q{SELECT run()}, '2D000', 'run_plan cannot run inside', 'run_plan: not in a function');
fails('analyst', q{CALL run_with_setting()}, '2D000', 'run_plan cannot run inside', 'run_plan: not in a procedure with SET');
fails('analyst', q{DO $$BEGIN CALL osmeta.run_plan('p'); EXCEPTION WHEN division_by_zero THEN NULL; END$$},
	'2D000', '', 'run_plan: not in a block with EXCEPTION');
fails('analyst', q{CALL osmeta.run_plan(NULL)}, '22004', 'must not be null', 'run_plan: not without a name');
fails('analyst', q{CALL osmeta.run_plan('nothing')}, '42704', 'plan "nothing" does not exist', 'run_plan: not a plan that does not exist');
fails('analyst', q{SET default_transaction_read_only = on; CALL osmeta.run_plan('p')}, '25006', 'read-only', 'run_plan: not in a read-only session');
is(delivered(), 0, 'run_plan: none of these has delivered anything');
value_ok(q{DO $$BEGIN CALL osmeta.run_plan('p'); END$$; SELECT phase FROM osmeta.plan}, 'done', 'run_plan: in a DO block by itself it runs');
is(factory('SELECT * FROM make.wrong'), '', 'run_plan: in a DO block it does the same');
value_ok(q{CALL osmeta.run_plan('p')}, '', 'run_plan: once more does nothing');
is(factory('SELECT * FROM make.wrong'), '', 'run_plan: once more leaves it as it is');

# ---------------------------------------------------------------------------
# Rights at the factory
# ---------------------------------------------------------------------------
create_plan(q{'espace:Shop'});
value_ok(q{SELECT DISTINCT can_select, can_alter, (SELECT string_agg(DISTINCT details ->> 'ALTER', ' ') FROM osmeta.plan_catalogue WHERE kind = 'privilege') FROM tgt.live_physical_privilege}, 't|f|false', 'nobody but the owner may ALTER');
value_ok(q{SELECT string_agg(DISTINCT side || ' ' || definition, ', ') FROM osmeta.plan_catalogue WHERE kind = 'privilege'},
	'source SELECT, target SELECT, INSERT, UPDATE, DELETE', 'rights: those of the roles at the factory are known');
factory(q{SELECT format('REVOKE INSERT ON %s FROM gate', make.table_of('target', 'Detail')) \gexec});
fails('analyst', q{CALL osmeta.run_plan('p')}, '55000', 'plan "p" has problems that stop it: 1.*privilege_missing: Shop\.Detail', 'INSERT denied: the run does not begin');
is(delivered(), 0, 'INSERT denied: nothing has been written');
desk(q{SELECT osmeta.refresh_plan('p')});
value_ok(q{SELECT hint FROM osmeta.plan_problem WHERE code = 'privilege_missing'},
	q{Run there: GRANT INSERT ON target."OSUSR_4af_Detail" TO gate; then SELECT osmeta.refresh_plan('p')}, 'INSERT denied: the hint says what to grant');
# by a role that the user inherits, to everybody, and to single columns
factory(q{CREATE ROLE movers; GRANT movers TO gate; SELECT format('GRANT INSERT ON %s TO movers', make.table_of('target', 'Detail')) \gexec});
desk(q{SELECT osmeta.refresh_plan('p')});
value_ok(q{SELECT count(*) FROM osmeta.plan_problem WHERE code = 'privilege_missing'}, 0, 'INSERT granted to a role of the user');
factory(q{SELECT format('REVOKE INSERT ON %s FROM movers', make.table_of('target', 'Detail')) \gexec
DROP ROLE movers; SELECT format('GRANT INSERT ON %s TO PUBLIC', make.table_of('target', 'Detail')) \gexec});
desk(q{SELECT osmeta.refresh_plan('p')});
value_ok(q{SELECT count(*) FROM osmeta.plan_problem WHERE code = 'privilege_missing'}, 0, 'INSERT granted to PUBLIC');
factory(q{SELECT format('REVOKE INSERT ON %1$s FROM PUBLIC; GRANT INSERT ("ID", "TEXT") ON %1$s TO gate', make.table_of('target', 'Detail')) \gexec});
desk(q{SELECT osmeta.refresh_plan('p')});
value_ok(q{SELECT count(*), min(c.details ->> 'INSERT') FROM osmeta.plan_catalogue c LEFT JOIN osmeta.plan_problem p ON p.code = 'privilege_missing'
	WHERE c.kind = 'privilege' AND c.side = 'target' AND c.table_name ~ 'Detail'}, '1|', 'INSERT granted on columns: not known, so not missing');
factory(q{SELECT format('REVOKE INSERT ("ID", "TEXT") ON %s FROM gate', make.table_of('target', 'Detail')) \gexec});
create_plan(q{'espace:Shop'}, '{"severity": {"privilege_missing": "warning"}}');
fails('analyst', q{CALL osmeta.run_plan('p')}, '42501', 'permission denied for table OSUSR_4af_Detail', 'INSERT denied: the run stops');
value_ok(q{SELECT entity, state, error FROM osmeta.plan_chunk JOIN osmeta.plan_entity USING (plan_id, entity_id) WHERE error IS NOT NULL},
	'Detail|failed|permission denied for table OSUSR_4af_Detail', 'INSERT denied: the ledger keeps the error');
is(factory(q{SELECT count(*) FROM target.customer WHERE "NAME" = 'Later'}), 1, 'INSERT denied: what is done before stays');
is(factory(q{SELECT count(*) FROM target.detail}), 0, 'INSERT denied: of the piece nothing is there');
factory(q{SELECT format('GRANT INSERT ON %s TO gate', make.table_of('target', 'Detail')) \gexec});
value_ok(q{CALL osmeta.run_plan('p')}, '', 'INSERT granted: the run goes on');
is(factory('SELECT * FROM make.wrong'), '', 'INSERT granted: every row is there once');
factory(q{CALL make.put_back(); SELECT format('REVOKE UPDATE ON %s FROM gate', make.table_of('target', 'Customer')) \gexec});
create_plan(q{'espace:Shop'}, '{"severity": {"privilege_missing": "warning"}}');
value_ok(q{SELECT severity, code, object FROM osmeta.plan_problem WHERE code NOT IN ('counter_behind', 'personal_data')}, 'warning|privilege_missing|Shop.Customer', 'UPDATE denied: the second step needs it');
fails('analyst', q{CALL osmeta.run_plan('p')}, '42501', 'permission denied for table OSUSR_4af_Customer', 'UPDATE denied: the second step stops');
factory(q{SELECT format('GRANT UPDATE ON %s TO gate', make.table_of('target', 'Customer')) \gexec});
value_ok(q{CALL osmeta.run_plan('p')}, '', 'UPDATE granted: the run goes on');
is(factory('SELECT * FROM make.wrong'), '', 'UPDATE granted: every row is there once');
create_plan(q{'espace:Shop'});
desk(q{DROP USER MAPPING FOR analyst SERVER target});
fails('analyst', q{CALL osmeta.run_plan('p')}, '\w{5}', 'user mapping not found', 'no user mapping: the run stops');
desk('CREATE USER MAPPING FOR analyst SERVER target ' . server_options('gate'));
value_ok(q{CALL osmeta.run_plan('p')}, '', 'a user mapping: the run goes on');

# ---------------------------------------------------------------------------
# What changes between plan and run
# ---------------------------------------------------------------------------
create_plan(q{'espace:Shop'});
factory(q{INSERT INTO target.region ("ID", "NAME") SELECT max("ID") + 7, 'theirs, meanwhile' FROM target.region});
my $highest = factory('SELECT max("ID") FROM target.region');
desk("UPDATE osmeta.plan_entity SET id_offset = $highest - 7 WHERE entity = 'Region'");
fails('analyst', q{CALL osmeta.run_plan('p')}, '23505', 'identifiers for Shop.Region are taken in environment "tgt"',
	'an identifier is taken meanwhile: the run stops');
is(delivered(), 0, 'an identifier is taken meanwhile: nothing has been written');
is(factory('SELECT count(*) FROM target.profile'), 0, 'an identifier is taken meanwhile: not of another entity either');

foreach my $change (
	[ 'ALTER "TEXT" TYPE varchar(60)', 'ALTER "TEXT" TYPE varchar(50)', 'column "TEXT" of table "OSUSR_4af_Detail": character varying\(60\), was character varying\(50\)' ],
	[ 'DROP "TEXT"', 'ADD "TEXT" varchar(50)', 'column "TEXT" of table "OSUSR_4af_Detail": gone, was character varying\(50\)' ],
	[ 'ADD "MUST" integer NOT NULL', 'DROP "MUST"', 'column "MUST" of table "OSUSR_4af_Detail": integer NOT NULL, is new' ],
	[ 'ADD CONSTRAINT one UNIQUE ("TEXT")', 'DROP CONSTRAINT one', 'key one of table "OSUSR_4af_Detail": unique \(TEXT\), is new' ],
	[ 'RENAME TO "Detail2"', undef, 'column "ID" of table "OSUSR_4af_Detail": gone, was bigint' ])
{
	my ($do, $undo, $message) = @$change;
	factory('DROP VIEW IF EXISTS target.value, target.detail CASCADE');
	desk(q{SELECT osmeta.drop_plan(plan) FROM osmeta.plan});
	factory(q{DELETE FROM target."OSUSR_4af_Detail"; DELETE FROM target."OSUSR_4af_Extra"; DELETE FROM target."OSUSR_4af_Profile";
		DELETE FROM target.tag WHERE "ID" <> 'theirs'; DELETE FROM target.customer WHERE "NAME" IS NULL OR "NAME" NOT LIKE 'theirs%'; DELETE FROM target.region WHERE "NAME" NOT LIKE 'theirs%'});
	desk(q{SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop'])});
	factory(qq{ALTER TABLE target."OSUSR_4af_Detail" $do});
	my ($status, $out, $err) = psql('analyst', 'desk', q{CALL osmeta.run_plan('p')}, '-v', 'VERBOSITY=verbose');
	like($err, qr/ERROR:  55000: tables of environment "tgt" have changed since plan "p" was made.*DETAIL:.*$message/s,
		"a table is changed ($do): the run stops and says what");
	is(factory(q{SELECT count(*) FROM target.region WHERE "NAME" NOT LIKE 'theirs%'}), 0, "a table is changed ($do): nothing has been written");
	factory(qq{ALTER TABLE target."OSUSR_4af_Detail" $undo; GRANT ALL ON target."OSUSR_4af_Detail" TO gate}) if defined $undo;
}
factory(q{ALTER TABLE target."Detail2" RENAME TO "OSUSR_4af_Detail"; CREATE VIEW target.detail AS TABLE target."OSUSR_4af_Detail"});
value_ok(q{CALL osmeta.run_plan('p')}, '', 'the table is as it was: the run goes on');
value_ok(q{SELECT DISTINCT rows_found = rows_expected AND checksum_equal FROM osmeta.verify_plan('p')}, 't', 'the table is as it was: all is delivered');

# ... and between the pieces of a pull: parents that the source has got since
# then are fetched when a row refers to them, and what those refer to in turn,
# however long the chain; a row that nobody refers to waits for another round.
factory(q{DELETE FROM target."OSUSR_4af_Extra"; DELETE FROM target.detail});
create_plan(q{'espace:Shop'}, '{"chunk_rows": 2, "severity": {"privilege_missing": "warning"}}');
factory(q{SELECT format('REVOKE SELECT ON %s FROM reader', make.table_of('source', 'Tag')) \gexec});
fails('analyst', q{CALL osmeta.run_plan('p')}, '42501', 'permission denied', 'SELECT denied: the pull stops');
value_ok(q{SELECT phase FROM osmeta.plan}, 'pull', 'SELECT denied: the plan is in its pull');
factory(q{
INSERT INTO source.region VALUES (500, 'new region'), (501, 'new, alone'), (502, 'end of the chain');
INSERT INTO source.customer ("ID", "NAME", "REGIONID", "MANAGERID") SELECT 610 + i, 'chain ' || i, CASE i WHEN 9 THEN 502 END, CASE WHEN i < 9 THEN 611 + i ELSE 610 END FROM generate_series(0, 9) i;
INSERT INTO source.customer ("ID", "NAME", "REGIONID", "MANAGERID", "CREATEDBY") VALUES (601, 'new manager', 1, 601, 10), (600, 'new customer', 500, 601, 11), (602, 'new, alone', 1, NULL, NULL);
INSERT INTO source.detail VALUES (602, 'new, alone');
INSERT INTO source.tag VALUES ('new tag', 600, 'a'), ('chain', 610, NULL), ('dangling', 700, 'zzz');
SELECT format('GRANT SELECT ON %s TO reader', make.table_of('source', 'Tag')) \gexec
});
value_ok(q{CALL osmeta.run_plan('p')}, '', 'rows that came meanwhile: the run goes on');
is(factory(q{SELECT t."ID", c."NAME", r."NAME", m."NAME", o."NAME", u."USERNAME" FROM target.tag t LEFT JOIN target.customer c ON c."ID" = t."CUSTOMERID"
	LEFT JOIN target.region r ON r."ID" = c."REGIONID" LEFT JOIN target.customer m ON m."ID" = c."MANAGERID" LEFT JOIN target.customer o ON o."ID" = m."MANAGERID"
	LEFT JOIN target."OSSYS_USER" u ON u."ID" = c."CREATEDBY" WHERE t."ID" IN ('new tag', 'dangling') ORDER BY 1}),
	"dangling|||||\nnew tag|new customer|new region|new manager|new manager|bob", 'rows that came meanwhile: parents come along, and theirs');
is(factory(q{SELECT count(*) FROM target.customer WHERE "NAME" = 'new, alone'}), 0, 'rows that came meanwhile: no more than that');
is(factory(q{WITH RECURSIVE c AS (
	SELECT c.*, 0 AS step FROM target.customer c JOIN target.tag t ON t."CUSTOMERID" = c."ID" AND t."ID" = 'chain'
	UNION ALL SELECT m.*, c.step + 1 FROM c JOIN target.customer m ON m."ID" = c."MANAGERID" WHERE c.step < 10)
	SELECT string_agg(substr(c."NAME", 7), '' ORDER BY step), max(r."NAME") FROM c LEFT JOIN target.region r ON r."ID" = c."REGIONID"}),
	'01234567890|end of the chain', 'rows that came meanwhile: a chain of them, which ends where it began');
value_ok(q{SELECT entity, nulled FROM osmeta.verify_plan('p') WHERE entity = 'Tag' AND rows_found = rows_expected AND checksum_equal}, 'Tag|4',
	'rows that came meanwhile: what still points nowhere is counted');

value_ok(q{CALL osmeta.run_plan('p'); SELECT phase, round FROM osmeta.plan}, 'done|2', 'another round: done');
is(factory(q{SELECT (SELECT string_agg("NAME", ', ') FROM target.region WHERE "NAME" = 'new, alone'), c."NAME", d."TEXT"
	FROM target.customer c JOIN target.detail d USING ("ID") WHERE c."NAME" = 'new, alone'}),
	'new, alone|new, alone|new, alone', 'another round: what nobody referred to has come');
value_ok(q{SELECT DISTINCT rows_found = rows_expected AND checksum_equal FROM osmeta.verify_plan('p')}, 't', 'another round: all is delivered');
value_ok(q{CALL osmeta.run_plan('p'); SELECT phase, round FROM osmeta.plan}, 'done|2', 'another round: not without anything new');

# A limit on time ends the run; the next one goes on.
create_plan(q{'espace:Shop'}, '{"chunk_rows": 1}');
factory(q{CREATE FUNCTION make.sleep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(60); RETURN NEW; END$$;
SELECT format('CREATE TRIGGER sleep BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION make.sleep()', make.table_of('target', 'Tag')) \gexec});
desk(q{SELECT osmeta.refresh_plan('p')});
my ($status, $out, $err) = psql('analyst', 'desk', q{SET statement_timeout = '2s'; CALL osmeta.run_plan('p')});
like($err, qr/NOTICE:  statement_timeout is 2000 ms.*ERROR:  canceling statement due to statement timeout/s, 'statement_timeout is announced and ends the run');
factory(q{SELECT format('DROP TRIGGER sleep ON %s', make.table_of('target', 'Tag')) \gexec});
value_ok(q{CALL osmeta.run_plan('p'); SELECT phase FROM osmeta.plan}, 'done', 'after statement_timeout the next run goes on');
value_ok(q{SELECT DISTINCT rows_found = rows_expected AND checksum_equal FROM osmeta.verify_plan('p')}, 't', 'after statement_timeout all is delivered');

desk(q{SELECT osmeta.drop_plan('p'), osmeta.detach('src'), osmeta.detach('tgt'); DROP EXTENSION osmeta});
done_testing();
