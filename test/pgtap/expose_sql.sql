--
-- The statements that expose builds, as text, for the three wrappers.  The
-- builder takes the metamodel and the factory's catalogue as data, so that
-- none of the wrappers has to be there.  Those for tds_fdw are run where it
-- is: a foreign table is made without a connection.
--
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
SELECT plan(54);

-- what a factory holds: types as SQL Server, Oracle and PostgreSQL name them
CREATE TEMP TABLE remote (dialect text, table_name text, column_name text, data_type text, length bigint, digits bigint, scale bigint, position int GENERATED ALWAYS AS IDENTITY);
INSERT INTO remote
SELECT 'sqlserver', t, c, d, l, p, s FROM (VALUES
	('OSUSR_abc_Order', 'ID', 'int', NULL, NULL, NULL), ('OSUSR_abc_Order', 'NUMBER', 'nvarchar', 50, NULL, NULL),
	('OSUSR_abc_Order', 'PAID', 'bit', NULL, NULL, NULL), ('OSUSR_abc_Order', 'ORDEREDON', 'datetime', NULL, NULL, NULL),
	('OSUSR_abc_Order', 'TOTAL', 'decimal', NULL, 37, 8), ('OSUSR_abc_Order', 'NOTE', 'nvarchar', NULL, NULL, NULL),
	('OSUSR_abc_Order', 'ODD', 'sql_variant', NULL, NULL, NULL), ('OSUSR_abc_Order', 'EXACTLY', 'datetime2', NULL, NULL, NULL),
	('OSUSR_abc_Order', 'PLACE', 'geography', NULL, NULL, NULL), ('OSUSR_abc_Order', 'SCAN', 'varbinary', NULL, NULL, NULL),
	('ossys_User', 'Id', 'int', NULL, NULL, NULL), ('ossys_User', 'Username', 'nvarchar', 250, NULL, NULL), ('ossys_User', 'Password', 'nvarchar', 256, NULL, NULL)
	) AS v (t, c, d, l, p, s);
INSERT INTO remote
SELECT 'oracle', t, c, d, l, p, s FROM (VALUES
	('OSUSR_ABC_ORDER', 'ID', 'number', NULL, 10, 0), ('OSUSR_ABC_ORDER', 'NUMBER', 'varchar2', 50, NULL, NULL),
	('OSUSR_ABC_ORDER', 'PAID', 'number', NULL, 1, 0), ('OSUSR_ABC_ORDER', 'ORDEREDON', 'timestamp', NULL, NULL, NULL),
	('OSUSR_ABC_ORDER', 'TOTAL', 'number', NULL, 37, 8), ('OSUSR_ABC_ORDER', 'NOTE', 'clob', NULL, NULL, NULL),
	('OSSYS_USER', 'ID', 'number', NULL, 10, 0), ('OSSYS_USER', 'USERNAME', 'varchar2', 250, NULL, NULL), ('OSSYS_USER', 'PASSWORD', 'varchar2', 256, NULL, NULL)
	) AS v (t, c, d, l, p, s);

-- declared as the views live_physical_column do it
CREATE TEMP TABLE model AS
SELECT w.wrapper, jsonb_build_object('environment', 'prod', 'kind', 'espace', 'owner', 'Shop',
	'entities', jsonb_build_array(
		'{"entity_id": 1, "entity": "Order", "key": "s*o", "physical_table_name": "osusr_ABC_order", "data_kind": "entity", "is_multitenant": false}'::jsonb,
		'{"entity_id": 2, "entity": "User", "key": "s*u", "physical_table_name": "OSSYS_USER", "data_kind": "entity", "is_multitenant": true}'::jsonb),
	'attributes', (SELECT jsonb_agg(jsonb_build_object('entity_id', a.e, 'attribute_id', a.i, 'attribute', a.n, 'column_name', upper(a.n), 'position', a.i,
			'type', a.t, 'length', a.l, 'decimals', 2, 'is_identifier', a.n = 'Id', 'is_auto_number', false))
		FROM (VALUES (1, 1, 'Id', 'rtInteger', 0), (1, 2, 'Number', 'rtText', 50), (1, 3, 'Paid', 'rtBoolean', 0), (1, 4, 'OrderedOn', 'rtDateTime', 0), (1, 5, 'Total', 'rtCurrency', 0),
			(1, 6, 'Note', 'rtText', 3000), (1, 7, 'Odd', 'rtText', 50), (1, 8, 'Exactly', 'rtDateTime', 0), (1, 9, 'Place', 'rtText', 50), (1, 10, 'Scan', 'rtBinaryData', 0),
			(2, 21, 'Id', 'rtInteger', 0), (2, 22, 'Username', 'rtText', 250), (2, 23, 'Password', 'rtText', 256)) AS a (e, i, n, t, l)),
	'columns', (SELECT jsonb_agg(jsonb_build_object('table_name', r.table_name, 'column_name', r.column_name, 'position', r.position, 'data_type', r.data_type,
			'local_type', osmeta.type_with_modifier(d.local_type, d.modifier, r.length, r.digits, r.scale, w.boolean_type)))
		FROM remote AS r LEFT JOIN osmeta.dialect_type AS d ON d.dialect = r.dialect AND d.remote_type = r.data_type
		WHERE r.dialect = CASE w.wrapper WHEN 'oracle_fdw' THEN 'oracle' ELSE 'sqlserver' END)) AS model
FROM osmeta.wrapper AS w;
CREATE TEMP TABLE made AS
SELECT m.wrapper, n.nulls, x.*
FROM model AS m, unnest('{none,text,all}'::text[]) AS n (nulls),
	LATERAL osmeta.expose_espace(m.wrapper, 'srv', 'dbo', CASE m.wrapper WHEN 'oracle_fdw' THEN 'oracle' ELSE 'sqlserver' END, 'shop', n.nulls, m.model) WITH ORDINALITY AS x (kind, name, statement, reason, position);

SELECT is((SELECT statement FROM made WHERE wrapper = 'tds_fdw' AND nulls = 'none' AND kind = 'TABLE' AND name = 'OSUSR_abc_Order'),
$$CREATE FOREIGN TABLE shop."OSUSR_abc_Order" (
	"ID" integer OPTIONS (column_name 'ID'),
	"NUMBER" character varying(50) OPTIONS (column_name 'NUMBER'),
	"PAID" smallint OPTIONS (column_name 'PAID'),
	"ORDEREDON" timestamp(3) without time zone OPTIONS (column_name 'ORDEREDON'),
	"TOTAL" numeric(37,8) OPTIONS (column_name 'TOTAL'),
	"NOTE" text OPTIONS (column_name 'NOTE'),
	"SCAN" bytea OPTIONS (column_name 'SCAN')
) SERVER srv OPTIONS (schema_name 'dbo', table_name 'OSUSR_abc_Order', match_column_names '1')$$,
	'tds_fdw: bit is smallint, datetime has no time zone, columns are matched by name, what cannot be read is not declared');
SELECT is((SELECT statement FROM made WHERE wrapper = 'tds_fdw' AND nulls = 'none' AND kind = 'VIEW' AND name = 'Order'),
$$CREATE VIEW shop."Order" AS
SELECT t."ID" AS "Id",
	t."NUMBER" AS "Number",
	(t."PAID" <> 0) AS "Paid",
	t."ORDEREDON" AS "OrderedOn",
	t."TOTAL" AS "Total",
	t."NOTE" AS "Note",
	t."SCAN" AS "Scan"
FROM (SELECT * FROM shop."OSUSR_abc_Order" OFFSET 0) AS t$$,
	'tds_fdw: views are fenced');
SELECT is((SELECT string_agg(kind || ' ' || name || ': ' || reason, ', ' ORDER BY position) FROM made WHERE wrapper = 'tds_fdw' AND nulls = 'none' AND reason IS NOT NULL),
	'LEFT OUT OF Order.Odd: column of a type that cannot be read: sql_variant, LEFT OUT OF Order.Exactly: column of a type that cannot be read: datetime2, LEFT OUT OF Order.Place: column of a type that cannot be read: geography, LEFT OUT OF User.Password: secret',
	'tds_fdw: what is left out is named with its type');
SELECT is((SELECT count(*) FROM made WHERE statement ~* 'password|sql_variant|datetime2|"ODD"|"EXACTLY"|"PLACE"'), 0::bigint,
	'no statement names a secret or a column that cannot be read');

SELECT is((SELECT statement FROM made WHERE wrapper = 'oracle_fdw' AND nulls = 'none' AND kind = 'TABLE' AND name = 'OSUSR_ABC_ORDER'),
$$CREATE FOREIGN TABLE shop."OSUSR_ABC_ORDER" (
	"ID" bigint,
	"NUMBER" character varying(50),
	"PAID" smallint,
	"ORDEREDON" timestamp without time zone,
	"TOTAL" numeric(37,8),
	"NOTE" text
) SERVER srv OPTIONS (schema 'dbo', "table" 'OSUSR_ABC_ORDER')$$,
	'oracle_fdw: a table with all its columns is named');
SELECT is((SELECT statement FROM made WHERE wrapper = 'oracle_fdw' AND nulls = 'none' AND kind = 'TABLE' AND name = 'OSSYS_USER'),
$$CREATE FOREIGN TABLE shop."OSSYS_USER" (
	"ID" bigint,
	"USERNAME" character varying(250)
) SERVER srv OPTIONS ("table" '(SELECT "ID", "USERNAME" FROM "dbo"."OSSYS_USER")')$$,
	'oracle_fdw: where columns are left out the others are picked by a query');
SELECT is((SELECT statement FROM made WHERE wrapper = 'oracle_fdw' AND nulls = 'all' AND kind = 'VIEW' AND name = 'Order'),
$$CREATE VIEW shop."Order" AS
SELECT t."ID" AS "Id",
	CASE WHEN t."NUMBER" <> ' ' THEN t."NUMBER" ELSE NULL::character varying(50) END AS "Number",
	(t."PAID" <> 0) AS "Paid",
	CASE WHEN t."ORDEREDON" <> '1900-01-01 00:00:00' THEN t."ORDEREDON" ELSE NULL::timestamp without time zone END AS "OrderedOn",
	CASE WHEN t."TOTAL" <> '0' THEN t."TOTAL" ELSE NULL::numeric(37,8) END AS "Total",
	CASE WHEN t."NOTE" <> ' ' THEN t."NOTE" ELSE NULL::text END AS "Note"
FROM (SELECT * FROM shop."OSUSR_ABC_ORDER" OFFSET 0) AS t$$,
	'oracle_fdw: fenced; NUMBER(10), which holds more than an integer, is shown as it is; one space is the null value of a Text');
SELECT is((SELECT string_agg(reason, ', ' ORDER BY position) FROM made WHERE wrapper = 'oracle_fdw' AND nulls = 'none' AND reason IS NOT NULL),
	'column not found: ODD, column not found: EXACTLY, column not found: PLACE, column not found: SCAN, secret',
	'oracle_fdw: columns that are not there');

SELECT matches((SELECT statement FROM made WHERE wrapper = 'postgres_fdw' AND nulls = 'none' AND kind = 'TABLE' AND name = 'OSUSR_abc_Order'),
	E'"PAID" boolean OPTIONS \\(column_name ''PAID''\\),.*\\) SERVER srv OPTIONS \\(schema_name ''dbo'', table_name ''OSUSR_abc_Order'', fetch_size ''10000''\\)$',
	'postgres_fdw: schema_name, table_name, column_name');
SELECT is((SELECT statement FROM made WHERE wrapper = 'postgres_fdw' AND nulls = 'text' AND kind = 'VIEW' AND name = 'Order'),
$$CREATE VIEW shop."Order" AS
SELECT t."ID" AS "Id",
	CASE WHEN t."NUMBER" <> '' THEN t."NUMBER" ELSE NULL::character varying(50) END AS "Number",
	t."PAID" AS "Paid",
	CASE WHEN t."ORDEREDON" <> '1900-01-01 00:00:00' THEN t."ORDEREDON" ELSE NULL::timestamp(3) without time zone END AS "OrderedOn",
	t."TOTAL" AS "Total",
	CASE WHEN t."NOTE" <> '' THEN t."NOTE" ELSE NULL::text END AS "Note",
	t."SCAN" AS "Scan"
FROM shop."OSUSR_abc_Order" AS t$$,
	'postgres_fdw: not fenced, conditions go through');
SELECT is((SELECT string_agg(kind || ' ' || name, ', ' ORDER BY position) FROM made WHERE wrapper = 'postgres_fdw' AND nulls = 'none' AND statement IS NOT NULL),
	'SCHEMA shop, COMMENT shop, TABLE OSUSR_abc_Order, TABLE ossys_User, VIEW Order, VIEW User, COMMENT Order, COMMENT User',
	'tables before views, comments last');
SELECT is((SELECT statement FROM osmeta.expose_espace(NULL, NULL, 'dbo', 'postgres', 'shop', 'none', (SELECT model FROM model WHERE wrapper = 'postgres_fdw')) WHERE kind = 'TABLE' AND name = 'ossys_User'),
$$CREATE VIEW shop."ossys_User" AS
SELECT r."Id",
	r."Username"
FROM dbo."ossys_User" AS r$$,
	'in this database the physical table is a view');
SELECT is((SELECT statement FROM osmeta.expose_espace(NULL, NULL, 'dbo', 'postgres', 'shop', 'none', (SELECT model FROM model WHERE wrapper = 'postgres_fdw')) WHERE kind = 'VIEW' AND name = 'User'),
$$CREATE VIEW shop."User" AS
SELECT t."Id" AS "Id",
	t."Username" AS "Username"
FROM shop."ossys_User" AS t$$,
	'in this database nothing is fenced');

-- in which type a column is shown
SELECT is(osmeta.exposed_type(v.stored, v.attribute), v.shown, format('%s as %s is shown as %s', v.stored, coalesce(v.attribute, 'an unknown type'), v.shown))
FROM (VALUES
	('varchar(50)', 'varchar(50)', 'varchar(50)'), ('character varying(50)', 'varchar(50)', 'character varying(50)'), ('varchar(20)', 'varchar(50)', 'varchar(50)'),
	('varchar(51)', 'varchar(50)', 'varchar(51)'), ('text', 'varchar(50)', 'text'), ('varchar(50)', 'text', 'text'), ('character(5)', 'varchar(50)', 'character(5)'),
	('smallint', 'integer', 'integer'), ('bigint', 'integer', 'bigint'), ('numeric(9,0)', 'integer', 'integer'), ('numeric(10,0)', 'integer', 'bigint'),
	('numeric(18,0)', 'bigint', 'bigint'), ('numeric(19,0)', 'bigint', 'numeric(19,0)'), ('numeric(9,2)', 'integer', 'numeric(9,2)'), ('numeric', 'integer', 'numeric'),
	('integer', 'numeric(12,2)', 'numeric(12,2)'), ('integer', 'numeric(11,2)', 'integer'), ('integer', 'numeric(10,0)', 'numeric(10,0)'), ('numeric(10,2)', 'numeric(12,3)', 'numeric(12,3)'),
	('numeric(10,4)', 'numeric(12,3)', 'numeric(10,4)'), ('numeric(12,2)', 'numeric(12,3)', 'numeric(12,2)'), ('money', 'numeric(37,8)', 'money'), ('real', 'numeric(37,8)', 'real'),
	('smallint', 'boolean', 'boolean'), ('numeric(1,0)', 'boolean', 'boolean'), ('text', 'boolean', 'text'),
	('timestamp(0)', 'timestamp(3)', 'timestamp(3)'), ('timestamp', 'timestamp(3)', 'timestamp'), ('timestamp(3) without time zone', 'timestamp(3)', 'timestamp(3) without time zone'),
	('timestamp(3) with time zone', 'timestamp(3)', 'timestamp(3) with time zone'), ('time', 'timestamp(3)', 'time'), ('date', 'timestamp(3)', 'timestamp(3)'),
	('integer[]', 'integer', 'integer[]'), ('public."Odd type"', 'varchar(50)', 'public."Odd type"'), ('bytea', 'bytea', 'bytea'), ('uuid', NULL, 'uuid')
	) AS v (stored, attribute, shown);

-- with tds_fdw itself
SELECT count(*) = 0 AS no_tds FROM pg_available_extensions WHERE name = 'tds_fdw' \gset
\if :no_tds
SELECT skip('tds_fdw is not installed', 5);
\else
CREATE EXTENSION tds_fdw;
CREATE SERVER srv FOREIGN DATA WRAPPER tds_fdw OPTIONS (servername '127.0.0.1', port '1', database 'none');
CREATE FUNCTION pg_temp.run(wanted text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE s text; n bigint := 0;
BEGIN
	FOR s IN SELECT m.statement FROM pg_temp.made AS m WHERE m.wrapper = 'tds_fdw' AND m.nulls = wanted AND m.statement IS NOT NULL ORDER BY m.position LOOP
		EXECUTE s;
		n := n + 1;
	END LOOP;
	RETURN n;
END $$;
SELECT is(pg_temp.run('all'), 8::bigint, 'tds_fdw takes every statement');
SELECT is((SELECT string_agg(ftoptions::text, ' ' ORDER BY ftrelid::regclass::text COLLATE "C") FROM pg_foreign_table WHERE ftrelid::regclass::text LIKE 'shop.%'),
	'{schema_name=dbo,table_name=OSUSR_abc_Order,match_column_names=1} {schema_name=dbo,table_name=ossys_User,match_column_names=1}', 'tds_fdw: foreign tables with their options');
SELECT is((SELECT string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = 'shop."Order"'::regclass AND a.attnum > 0),
	'Id integer, Number character varying(50), Paid boolean, OrderedOn timestamp(3) without time zone, Total numeric(37,8), Note text, Scan bytea', 'tds_fdw: the types of the view');
SELECT is((SELECT attfdwoptions::text FROM pg_attribute WHERE attrelid = 'shop."ossys_User"'::regclass AND attname = 'Username'), '{column_name=Username}', 'tds_fdw: columns by their name at the factory');
SELECT is(obj_description('shop."User"'::regclass), 'entity User, key s*u, table ossys_User', 'tds_fdw: a view says what it shows');
\endif
SELECT * FROM finish();
ROLLBACK;
