-- Masks of a plan: applied before values rest in the stage, under one secret.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
\set fixture :abs_srcdir '/test/fixture/make.sql'
\i :fixture
-- two factories of one model
\set schema :abs_srcdir '/demo/factory/schema.sql'
\o /dev/null
CREATE FUNCTION make.people(first integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM make.begin(first);
	PERFORM make.espace('People');
	PERFORM make.entity('People.Company');
	PERFORM make.attribute('People.Company', 'Id', 'rtLongInteger', 'auto mandatory'),
		make.attribute('People.Company', 'Name', 'rtText(50)'),
		make.attribute('People.Company', 'Contact', 'rtEmail');
	PERFORM make.entity('People.Person');
	PERFORM make.attribute('People.Person', 'Id', 'rtLongInteger', 'auto mandatory'),
		make.attribute('People.Person', 'Name', 'rtText(50)'),
		make.attribute('People.Person', 'Login', 'rtText(20)'),
		make.attribute('People.Person', 'Email', 'rtEmail'),
		make.attribute('People.Person', 'Phone', 'rtPhoneNumber'),
		make.attribute('People.Person', 'BirthDate', 'rtDate'),
		make.attribute('People.Person', 'Starts', 'rtTime'),
		make.attribute('People.Person', 'Salary', 'rtDecimal(8,2)'),
		make.attribute('People.Person', 'BadgeNumber', 'rtInteger'),
		make.attribute('People.Person', 'Remark', 'rtText(3000)'),
		make.attribute('People.Person', 'Street', 'rtText(30)'),
		make.attribute('People.Person', 'Initials', 'rtText(3)'),
		make.attribute('People.Person', 'IsActive', 'rtBoolean'),
		make.attribute('People.Person', 'CompanyId', 'People.Company');
	PERFORM make.tables();
END
$$;
CREATE SCHEMA source;
SET search_path = source;
\i :schema
SELECT make.people(100);
CREATE SCHEMA target;
SET search_path = target;
\i :schema
SELECT make.people(900);
RESET search_path;
SELECT format('CREATE VIEW %I.%I AS SELECT * FROM %I.%I', n.nspname, lower(substr(c.relname, 11)), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('source', 'target') AND c.relkind = 'r' AND c.relname LIKE 'OSUSR%' \gexec
SELECT format('CREATE UNIQUE INDEX ON target.%I ("LOGIN")', c.relname), format('ALTER TABLE target.%I ADD UNIQUE ("EMAIL")', c.relname),
	format('ALTER TABLE target.%I ALTER "STREET" SET NOT NULL', c.relname)
FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relname LIKE 'OSUSR%Person' AND c.relkind = 'r' \gexec
INSERT INTO source.company VALUES (1, 'Contoso', 'ann@contoso.com'), (2, 'Fabrikam', '');
INSERT INTO source.person VALUES
	(1, 'Ann Planted', 'annplanted', 'ann@contoso.com', '+49 151 2345', '1980-02-29', '1900-01-01 08:30', 1234.56, 7, 'planted remark', 'Planted Street 5', 'AP', true, 1),
	(2, 'Bob Planted', 'bobplanted', 'Bob@Contoso.com', '0049 151 2346', '1900-01-01', '1900-01-01', 0, 0, '', '', '', false, 1),
	(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ' ', NULL, NULL, NULL),
	(4, ' ', ' ', ' ', ' ', '1975-07-01', '1900-01-01 17:00', -0.01, 2147483647, ' ', 'x', 'X', true, 2);
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all
RESET client_min_messages;

-- What seems to be about persons and has no mask
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:People']);
SELECT severity, code, object, message, hint FROM osmeta.plan_problem;
SELECT osmeta.set_plan_option('p', 'severity', '{"personal_data": "error"}');
CALL osmeta.run_plan('p');
SELECT osmeta.set_plan_option('p', 'severity', '{"personal_data": "note", "mask_not_unique": "note"}');
SELECT osmeta.set_plan_option('p', 'severity', '{"personal_data": "note"}');

-- Masks that do not suit
CREATE FUNCTION mask(attribute text, mask text) RETURNS void LANGUAGE sql AS $$
	UPDATE osmeta.plan_attribute a SET mask = $2 WHERE a.attribute = $1 AND a.plan_id = (SELECT max(plan_id) FROM osmeta.plan)
$$;
SELECT mask('Name', 'nmae'), mask('Salary', 'email'), mask('BirthDate', 'text'), mask('Phone', 'number'), mask('Starts', 'date'), mask('Login', 'email'),
	mask('IsActive', 'name'), mask('CompanyId', 'number'), mask('Id', 'number'), mask('Street', 'null'), mask('Initials', 'constant:four'), mask('Remark', 'date');
SELECT code, object, message FROM osmeta.plan_problem WHERE severity = 'error';
SELECT hint, count(*) FROM osmeta.plan_problem WHERE code = 'invalid_mask' GROUP BY 1 ORDER BY 1;
CALL osmeta.run_plan('p');
SELECT phase, mask_check FROM osmeta.plan;
UPDATE osmeta.plan_attribute SET mask = NULL;

-- Masks that would make unique values equal
SELECT mask('Login', 'name'), mask('Email', 'constant:a@b.invalid');
SELECT code, object, message, hint FROM osmeta.plan_problem WHERE severity = 'error';
SELECT mask('Login', 'null'), mask('Email', 'null');
SELECT code, object FROM osmeta.plan_problem WHERE severity = 'error';
SELECT mask('Login', 'constant:it''s hidden'), mask('Email', NULL);
SELECT code, object FROM osmeta.plan_problem WHERE severity = 'error';

-- Masks that suit, and no secret
SELECT mask('Login', 'text'), mask('Email', 'email'), mask('Contact', 'email'), mask('Name', 'name'), mask('Phone', 'phone'), mask('BirthDate', 'date'),
	mask('Salary', 'number'), mask('BadgeNumber', 'number'), mask('Street', 'text'), mask('Initials', 'constant:XX'), mask('Starts', 'null');
-- of an expression
UPDATE osmeta.plan_attribute SET transform = '"Remark" || '' by '' || "Name" -- both', mask = 'text' WHERE attribute = 'Remark';
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE severity <> 'note';
CALL osmeta.run_plan('p');
SELECT phase, mask_check FROM osmeta.plan;

-- The secret comes with the connection and stands in no statement.  A first
-- run stops at one row: what it has pulled is masked with this secret.
\set pgoptions ''
\getenv pgoptions PGOPTIONS
\set none 'dbname=\'' :DBNAME '\' options=\'' :pgoptions '\''
\set secret 'dbname=\'' :DBNAME '\' options=\'' :pgoptions ' -c osmeta.mask_secret=PLANTED-KEY\''
\set other 'dbname=\'' :DBNAME '\' options=\'' :pgoptions ' -c osmeta.mask_secret=OTHER-KEY\''
\c :secret
SET client_min_messages = warning;
SELECT severity, code, object FROM osmeta.plan_problem WHERE severity <> 'note';
SELECT osmeta.set_plan_option('p', 'chunk_rows', '1');
UPDATE osmeta.plan_attribute SET transform = '"Salary" / CASE WHEN "Id" = 4 THEN 0 ELSE 1 END' WHERE attribute = 'Salary';
CALL osmeta.run_plan('p');
SELECT phase, mask_check ~ '^[-0-9a-f]{36}\.[0-9a-f]{32}$' AS has_check FROM osmeta.plan;
SELECT entity, state, error FROM osmeta.plan_chunk c JOIN osmeta.plan_entity e USING (plan_id, entity_id) WHERE state <> 'done';

-- Another secret, and none, are refused before anything is pulled.
SELECT count(*) FROM osmeta.plan_chunk WHERE state = 'done' \gset before_
\c :other
CALL osmeta.run_plan('p');
\c :none
CALL osmeta.run_plan('p');
SELECT count(*) = :before_count FROM osmeta.plan_chunk WHERE state = 'done';

-- The same one goes on, once the row has been put right.
\c :secret
SET client_min_messages = warning;
SET DateStyle = 'ISO';
DELETE FROM source.person WHERE "ID" = 4;
CALL osmeta.run_plan('p');
SELECT * FROM target.company ORDER BY 1;
SELECT * FROM target.person ORDER BY 1;
SELECT entity, rows_expected, rows_found, checksum_equal, status FROM osmeta.verify_plan('p') ORDER BY 1;

-- Nothing of a person stands in this database but at the source, nor does the secret.
SELECT n.nspname, regexp_replace(c.relname, '_..._', '_') AS table_name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL query_to_xml(format('SELECT * FROM %s', c.oid::regclass), false, false, '') x (rows)
WHERE n.nspname IN ('p', 'target', 'osmeta', 'source') AND c.relkind = 'r' AND c.relname !~ '^captured_|^ossys_|^OSSYS_'
	AND x.rows::text ~* 'planted|contoso\.com|151 234|1980-02-29|1234\.56'
ORDER BY 1, 2;
SELECT count(*) FROM pg_stat_activity WHERE query LIKE concat('%PLANTED-', 'KEY%');
SELECT count(*) FROM pg_stats WHERE schemaname IN ('p', 'osmeta') AND (most_common_vals::text ~ 'Planted' OR histogram_bounds::text ~ 'Planted');

-- Equal values are equal in another plan and another entity, unique values stay so.
SELECT (SELECT "CONTACT" FROM target.company ORDER BY "ID" LIMIT 1) = (SELECT "EMAIL" FROM target.person ORDER BY "ID" LIMIT 1) AS equal;
SELECT "EMAIL" = osmeta.mask_email('ann@contoso.com') AS email, "LOGIN" = osmeta.mask_text('annplanted') AS login, "NAME" = osmeta.mask_name('Ann Planted') AS name,
	"PHONE" = osmeta.mask_phone('+49 151 2345') AS phone, "BIRTHDATE" = osmeta.mask_date(timestamp '1980-02-29') AS birth, "SALARY" = osmeta.mask_number(1234.56) AS salary,
	"BADGENUMBER" = osmeta.mask_number(7) AS badge, "REMARK" = osmeta.mask_text('planted remark by Ann Planted') AS remark
FROM target.person ORDER BY "ID" LIMIT 1;
-- A second plan with another secret is another matter.
SELECT osmeta.drop_plan('p');
DELETE FROM target.person;
DELETE FROM target.company;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:People.Company'], '{"severity": {"personal_data": "note", "mask_secret_missing": "note"}}');
SELECT mask('Contact', 'email');
\c :other
SET client_min_messages = warning;
CALL osmeta.run_plan('p');
SELECT * FROM target.company ORDER BY 1;
