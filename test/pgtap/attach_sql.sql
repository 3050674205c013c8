--
-- The statements that attach builds, as text, for the three wrappers.  The
-- builders take the factory's catalogue as data, so that none of the
-- wrappers has to be there.  Those for tds_fdw are run where it is: a foreign
-- table is made without a connection.
--
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
SET LOCAL client_min_messages = notice;
SELECT plan(44);

-- what a SQL Server factory shows: case varies, secrets stand among the rest
CREATE TEMP VIEW factory AS
SELECT jsonb_agg(jsonb_build_object('table_name', t, 'column_name', split_part(c, ' ', 1),
	'local_type', substr(c, strpos(c, ' ') + 1))) AS columns
FROM (VALUES
	('ossys_Espace', 'ID integer,NAME varchar(50),SS_KEY varchar(100),IS_ACTIVE smallint,HMAC varchar(100),Unheard_Of text'),
	('OSSYS_ENTITY', 'ID integer,NAME varchar(50),ESPACE_ID integer,SS_KEY varchar(100),PHYSICAL_TABLE_NAME text,IS_ACTIVE smallint'),
	('OSSYS_ENTITY_ATTR', 'ID integer,ENTITY_ID integer,NAME varchar(50),SS_KEY text,TYPE text,IS_ACTIVE smallint'),
	('OSSYS_ENTITY_RECORD', 'Id integer,Data_Id text,Name text,SS_Key text,Entity_SS_Key text,Espace_Id integer,Is_Active smallint'),
	('OSSYS_USER', 'ID numeric(20,0),TENANT_ID integer,USERNAME text,PASSWORD text,LAST_LOGIN timestamp(3)'),
	('OSSYS_GROUP', 'ID integer,NAME text')
) AS v (t, l), unnest(string_to_array(regexp_replace(l, '\((\d+),(\d+)\)', '(\1;\2)', 'g'), ',')) AS c;
CREATE TEMP TABLE remote AS
SELECT replace(columns::text, ';', ',')::jsonb AS columns FROM factory;

CREATE TEMP TABLE made AS
SELECT w.wrapper, a.*
FROM (VALUES ('tds_fdw', 'dbo'), ('oracle_fdw', 'OSADMIN'), ('postgres_fdw', 'public'), (NULL, 'public')) AS w (wrapper, remote_schema),
	remote AS r,
	LATERAL osmeta.attach_table('prod', CASE WHEN w.wrapper IS NOT NULL THEN 'srv' END, w.wrapper, w.remote_schema, 'prod', r.columns) WITH ORDINALITY AS a (kind, name, statement, position);

SELECT is((SELECT statement FROM made WHERE wrapper = 'tds_fdw' AND name = 'ossys_espace'),
$$CREATE FOREIGN TABLE prod.ossys_espace (
	id integer OPTIONS (column_name 'ID'),
	name text OPTIONS (column_name 'NAME'),
	ss_key text OPTIONS (column_name 'SS_KEY'),
	is_active smallint OPTIONS (column_name 'IS_ACTIVE')
) SERVER srv OPTIONS (schema_name 'dbo', table_name 'ossys_Espace', match_column_names '1')$$,
	'tds_fdw: schema_name, table_name and column_name, as spelled there; columns matched by name; secret and unknown columns left out');

SELECT is((SELECT statement FROM made WHERE wrapper = 'oracle_fdw' AND name = 'ossys_espace'),
$$CREATE FOREIGN TABLE prod.ossys_espace (
	id integer,
	name text,
	ss_key text,
	is_active smallint
) SERVER srv OPTIONS ("table" '(SELECT "ID", "NAME", "SS_KEY", "IS_ACTIVE" FROM "OSADMIN"."ossys_Espace")')$$,
	'oracle_fdw: columns are matched by position, so they are picked by a query');

SELECT is((SELECT statement FROM made WHERE wrapper = 'postgres_fdw' AND name = 'ossys_espace'),
$$CREATE FOREIGN TABLE prod.ossys_espace (
	id integer OPTIONS (column_name 'ID'),
	name text OPTIONS (column_name 'NAME'),
	ss_key text OPTIONS (column_name 'SS_KEY'),
	is_active smallint OPTIONS (column_name 'IS_ACTIVE')
) SERVER srv OPTIONS (schema_name 'public', table_name 'ossys_Espace', fetch_size '10000')$$,
	'postgres_fdw: schema_name, table_name, column_name');

-- the options that are tried: given whole, in the place of the wrapper's
SELECT is((SELECT string_agg(format('%s %s', wrapper, osmeta.merged_options(table_options, tried_options)), ', ' ORDER BY wrapper) FROM osmeta.wrapper),
	'oracle_fdw {}, postgres_fdw {fetch_size,10000}, tds_fdw {match_column_names,1,row_estimate_method,showplan_all}',
	'tds_fdw is asked to plan a query where it would run it twice');
SELECT is((SELECT a.statement FROM remote AS r, osmeta.attach_table('prod', 'srv', 'tds_fdw', 'dbo', 'prod', r.columns, options => '{match_column_names,1,row_estimate_method,showplan_all}') AS a WHERE a.name = 'ossys_group'),
$$CREATE FOREIGN TABLE prod.ossys_group (
	id integer OPTIONS (column_name 'ID'),
	name text OPTIONS (column_name 'NAME')
) SERVER srv OPTIONS (schema_name 'dbo', table_name 'OSSYS_GROUP', match_column_names '1', row_estimate_method 'showplan_all')$$,
	'tds_fdw: with what was tried');
SELECT is((SELECT string_agg(DISTINCT right(a.statement, 62), E'\n') FROM osmeta.attach_catalog('prod', 'srv', 'tds_fdw', 'dbo', 'sqlserver', 'prod', '{match_column_names,1,row_estimate_method,showplan_all}') AS a WHERE a.kind = 'FOREIGN TABLE'),
	$$', match_column_names '1', row_estimate_method 'showplan_all')$$, 'tds_fdw: so is every table of the catalogue');

SELECT is((SELECT statement FROM made WHERE wrapper IS NULL AND name = 'ossys_espace'),
$$CREATE VIEW prod.ossys_espace AS
SELECT r."ID" AS id,
	r."NAME" AS name,
	r."SS_KEY" AS ss_key,
	r."IS_ACTIVE" AS is_active
FROM public."ossys_Espace" AS r$$,
	'local: a view');

SELECT is((SELECT statement FROM made WHERE wrapper = 'tds_fdw' AND name = 'live_user'),
$$CREATE VIEW prod.live_user AS
SELECT 0::bigint AS capture_id,
	CASE WHEN osmeta.clean_text(t.id::text) ~ '^ *-?[0-9]{1,18}([.]0*)? *$' THEN t.id::text::numeric::bigint END AS id,
	t.tenant_id::bigint AS tenant_id,
	NULL::boolean AS is_active,
	NULL::timestamp without time zone AS creation_date,
	t.last_login::timestamp without time zone AS last_login,
	NULL::text AS name,
	NULL::text AS mobilephone,
	NULL::text AS email,
	osmeta.clean_text(t.username::text) AS username,
	NULL::text AS external_id
FROM (SELECT * FROM prod.ossys_user OFFSET 0) AS t
WHERE CASE WHEN osmeta.clean_text(t.id::text) ~ '^ *-?[0-9]{1,18}([.]0*)? *$' THEN t.id::text::numeric::bigint END IS NOT NULL$$,
	'a live table is fenced, canonical, NULL where the factory has no column, and without rows whose id cannot be read');
SELECT matches((SELECT statement FROM made WHERE wrapper = 'tds_fdw' AND name = 'live_group'), 'WHERE t\.id IS NOT NULL$',
	'an id that is a number needs no reading');

SELECT is((SELECT statement FROM made WHERE wrapper = 'tds_fdw' AND name = 'live_tenant'),
$$CREATE VIEW prod.live_tenant AS
SELECT 0::bigint AS capture_id,
	NULL::bigint AS id,
	NULL::text AS name,
	NULL::bigint AS espace_id,
	NULL::boolean AS is_active
WHERE false$$,
	'a table that the factory lacks is a live table without rows');

SELECT matches((SELECT statement FROM made WHERE wrapper = 'tds_fdw' AND name = 'live_espace'),
	'\(t\.is_active <> 0\) AS is_active', 'bit is declared smallint and turned into boolean in the view');
SELECT is((SELECT count(*) FROM made WHERE statement ~* 'hmac|password|unheard'), 0::bigint,
	'no statement names a secret or unknown column');
SELECT is((SELECT count(*) FROM made WHERE kind <> 'FOREIGN TABLE' AND name !~ '^ossys' AND statement ~ '\mosmeta\.(captured|shown|owned|key_entity)'), 0::bigint,
	'no live view reads the store');
SELECT is((SELECT count(DISTINCT statement) FROM made WHERE name = 'reference'), 1::bigint,
	'the live views are the same for all wrappers');
SELECT is((SELECT array_agg(DISTINCT kind ORDER BY kind) FROM made WHERE wrapper IS NULL), '{VIEW}'::text[],
	'a local environment has no foreign table');

-- what is missing
SELECT set_eq($$SELECT object FROM osmeta.attach_missing('[{"table_name": "OSSYS_ESPACE", "column_name": "ID", "local_type": "integer"}]') WHERE is_required$$,
	ARRAY['OSSYS_ESPACE.NAME', 'OSSYS_ESPACE.SS_KEY', 'OSSYS_ESPACE.IS_ACTIVE', 'OSSYS_ENTITY', 'OSSYS_ENTITY_ATTR', 'OSSYS_ENTITY_RECORD'],
	'required tables and columns that are missing');
SELECT is_empty($$SELECT object FROM remote, osmeta.attach_missing(columns) WHERE is_required$$,
	'nothing required is missing');
SELECT is((SELECT count(*) FROM osmeta.attach_missing('[{"table_name": "OSSYS_TENANT", "column_name": "ID", "local_type": null}]') WHERE object LIKE 'OSSYS_TENANT.%'), 2::bigint,
	'a column of a type that cannot be declared counts as missing');

-- the catalogue
CREATE TEMP TABLE catalog AS
SELECT w.wrapper, a.*
FROM (VALUES ('tds_fdw', 'sqlserver'), ('oracle_fdw', 'oracle'), ('postgres_fdw', 'postgres'), (NULL, 'postgres')) AS w (wrapper, dialect),
	LATERAL osmeta.attach_catalog('prod', CASE WHEN w.wrapper IS NOT NULL THEN 'srv' END, w.wrapper, 'it''s', w.dialect, 'prod') WITH ORDINALITY AS a (kind, name, statement, fallback, position);
SELECT is((SELECT statement FROM catalog WHERE wrapper = 'tds_fdw' AND name = 'catalog_relations'),
$$CREATE FOREIGN TABLE prod.catalog_relations (
	object_id integer OPTIONS (column_name 'object_id'),
	schema_name text OPTIONS (column_name 'schema_name'),
	table_name text OPTIONS (column_name 'table_name'),
	type text OPTIONS (column_name 'type')
) SERVER srv OPTIONS (query 'SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	RTRIM(o.type) AS type
FROM sys.objects AS o
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN (''U'', ''V'')', match_column_names '1')$$,
	'tds_fdw: each part of the catalogue is a query that runs there');
SELECT is((SELECT statement FROM catalog WHERE wrapper = 'oracle_fdw' AND name = 'catalog_all_cons_columns'),
$$CREATE FOREIGN TABLE prod.catalog_all_cons_columns (
	owner text,
	constraint_name text,
	table_name text,
	column_name text,
	"position" numeric
) SERVER srv OPTIONS ("table" '(SELECT "OWNER", "CONSTRAINT_NAME", "TABLE_NAME", "COLUMN_NAME", "POSITION" FROM "SYS"."ALL_CONS_COLUMNS")')$$,
	'oracle_fdw: the catalogue is read through ALL_ views');
SELECT is((SELECT count(*) FROM catalog WHERE wrapper IN ('tds_fdw', 'oracle_fdw') AND kind = 'VIEW'
		AND statement ~ '(FROM|JOIN) prod\.catalog' AND statement !~ 'OFFSET 0'), 0::bigint,
	'no condition reaches the catalogue of SQL Server or Oracle');
SELECT is((SELECT count(*) FROM catalog WHERE statement ~ '[{}]'), 0::bigint, 'every mark of a template is filled');
SELECT is((SELECT count(*) FROM catalog WHERE wrapper IS NULL AND statement ~ 'catalog_pg'), 0::bigint,
	'local: the catalogue is pg_catalog');
SELECT is((SELECT count(DISTINCT name) FROM catalog WHERE name ~ '^live_physical_' AND wrapper = 'tds_fdw'), 11::bigint, 'every engine has the eleven views');
SELECT is((SELECT count(DISTINCT c.name) FROM catalog AS c WHERE c.fallback IS NOT NULL AND c.wrapper = 'oracle_fdw'), 6::bigint,
	'what not every user may see has a fallback');
SELECT is((SELECT count(*) FROM catalog WHERE fallback ~ 'catalog_'), 0::bigint, 'which reads nothing');
SELECT is((SELECT count(*) FROM catalog WHERE name ~ '^live_physical_column' AND statement ~ '''it''''s'''), 4::bigint, 'the schema is a literal');

-- what only a query tells
SELECT is((SELECT count(*) FROM catalog WHERE name = 'catalog_permissions'), 1::bigint, 'rights are asked for at SQL Server only');
SELECT is(osmeta.relation_sql('oracle_fdw', 'srv', NULL, 'SELECT 1 AS "A" FROM dual', 'plan', 'asked',
	'[{"name": "a", "remote_name": "A", "type": "bigint"}]'),
$$CREATE FOREIGN TABLE plan.asked (
	a bigint
) SERVER srv OPTIONS ("table" '(SELECT 1 AS "A" FROM dual)')$$,
	'oracle_fdw takes a query in the place of a table');
SAVEPOINT s;
UPDATE osmeta.wrapper SET query_option = NULL;
SELECT is((SELECT string_agg(a.name, ' ') || max(a.statement) FILTER (WHERE a.name = 'live_physical_privilege')
		FROM osmeta.attach_catalog('prod', 'srv', 'tds_fdw', 'dbo', 'sqlserver', 'prod') AS a WHERE a.name IN ('catalog_permissions', 'live_physical_privilege')),
	'live_physical_privilege' || E'CREATE VIEW prod.live_physical_privilege AS\nSELECT 0::bigint AS capture_id, q.*\nFROM (' || osmeta.empty_catalog_view('physical_privilege') || ') AS q',
	'through a wrapper that takes no query rights are not known');
ROLLBACK TO s;

-- a physical table as a whole
SELECT is(osmeta.relation_sql('oracle_fdw', 'srv', 'OSADMIN', 'OSUSR_ABC_CITY', 'plan', 'city',
	'[{"name": "ID", "remote_name": "ID", "type": "bigint"}]', true),
$$CREATE FOREIGN TABLE plan.city (
	"ID" bigint
) SERVER srv OPTIONS (schema 'OSADMIN', "table" 'OSUSR_ABC_CITY')$$,
	'oracle_fdw: a table with all its columns is named, so that it can be written');

-- the views of the physical catalogue have the same columns everywhere
CREATE SCHEMA prod;
CREATE FOREIGN DATA WRAPPER none;
CREATE SERVER srv FOREIGN DATA WRAPPER none;
CREATE FUNCTION pg_temp.columns_of(wanted text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE s record; result text;
BEGIN
	FOR s IN SELECT * FROM pg_temp.catalog AS c WHERE c.wrapper = wanted AND c.kind <> 'SCHEMA' ORDER BY c.position LOOP
		EXECUTE regexp_replace(s.statement, ' OPTIONS \((column_name|"?schema|schema_name|"?table|table_name)[^)]*(\)''\)|\))', '', 'g');
	END LOOP;
	SELECT string_agg(format('%s.%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod)), ',' ORDER BY c.relname, a.attnum) INTO result
	FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
	WHERE c.relnamespace = 'prod'::regnamespace AND c.relname LIKE 'live_physical%' AND a.attnum > 0;
	DROP SCHEMA prod CASCADE;
	CREATE SCHEMA prod;
	RETURN result;
END $$;
SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE shape AS SELECT w, pg_temp.columns_of(w) AS columns
FROM unnest('{postgres_fdw,tds_fdw,oracle_fdw}'::text[]) AS w;
SELECT is((SELECT columns FROM shape WHERE w = 'tds_fdw'), (SELECT columns FROM shape WHERE w = 'postgres_fdw'),
	'live_physical_* have the same columns and types for SQL Server as for PostgreSQL');
SELECT is((SELECT columns FROM shape WHERE w = 'oracle_fdw'), (SELECT columns FROM shape WHERE w = 'postgres_fdw'),
	'live_physical_* have the same columns and types for Oracle as for PostgreSQL');
SELECT isnt((SELECT columns FROM shape WHERE w = 'oracle_fdw'), NULL, 'and they have some');

-- with tds_fdw itself
SELECT count(*) = 0 AS no_tds FROM pg_available_extensions WHERE name = 'tds_fdw' \gset
\if :no_tds
SELECT skip('tds_fdw is not installed', 10);
\else
DROP SCHEMA prod;
DROP SERVER srv;
CREATE EXTENSION tds_fdw;
CREATE SERVER srv FOREIGN DATA WRAPPER tds_fdw OPTIONS (servername '127.0.0.1', port '1', database 'none');
CREATE USER MAPPING FOR CURRENT_USER SERVER srv OPTIONS (username 'x', password 'x');
CREATE FUNCTION pg_temp.run() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE s text; n bigint := 0;
BEGIN
	FOR s IN SELECT x.statement FROM (SELECT 1 AS half, c.position, c.statement FROM pg_temp.catalog AS c WHERE c.wrapper = 'tds_fdw'
			UNION ALL SELECT 2, m.position, m.statement FROM pg_temp.made AS m WHERE m.wrapper = 'tds_fdw') AS x ORDER BY x.half, x.position LOOP
		EXECUTE s;
		n := n + 1;
	END LOOP;
	RETURN n;
END $$;
CREATE TEMP VIEW columns AS
SELECT n.nspname, c.relname, c.relkind, string_agg(format('%s %s%s', a.attname, format_type(a.atttypid, a.atttypmod), ' ' || a.attfdwoptions::text), ', ' ORDER BY a.attnum) AS columns
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE n.nspname IN ('prod', 'osmeta') AND c.relkind IN ('f', 'v') AND a.attnum > 0
GROUP BY n.nspname, c.relname, c.relkind;
SELECT is(pg_temp.run(), (SELECT count(*) FROM catalog WHERE wrapper = 'tds_fdw') + (SELECT count(*) FROM made WHERE wrapper = 'tds_fdw'), 'tds_fdw takes every statement');
SELECT is((SELECT string_agg(format('%s %s', t.ftrelid::regclass, t.ftoptions), E'\n' ORDER BY t.ftrelid::regclass::text COLLATE "C") FROM pg_foreign_table AS t JOIN pg_class AS c ON c.oid = t.ftrelid WHERE c.relname LIKE 'ossys%'),
$$prod.ossys_entity {schema_name=dbo,table_name=OSSYS_ENTITY,match_column_names=1}
prod.ossys_entity_attr {schema_name=dbo,table_name=OSSYS_ENTITY_ATTR,match_column_names=1}
prod.ossys_entity_record {schema_name=dbo,table_name=OSSYS_ENTITY_RECORD,match_column_names=1}
prod.ossys_espace {schema_name=dbo,table_name=ossys_Espace,match_column_names=1}
prod.ossys_group {schema_name=dbo,table_name=OSSYS_GROUP,match_column_names=1}
prod.ossys_user {schema_name=dbo,table_name=OSSYS_USER,match_column_names=1}$$, 'tds_fdw: each table of the metamodel that the factory has, as spelled there, with columns matched by name');
SELECT is((SELECT string_agg(format('%s %s', substr(c.relname, 9), t.ftoptions[2]), E'\n' ORDER BY c.relname COLLATE "C") FROM pg_foreign_table AS t JOIN pg_class AS c ON c.oid = t.ftrelid
	WHERE c.relname LIKE 'catalog%' AND cardinality(t.ftoptions) = 2 AND t.ftoptions[1] LIKE 'query=SELECT %'),
$$checks match_column_names=1
columns match_column_names=1
counters match_column_names=1
defaults match_column_names=1
foreign_keys match_column_names=1
indexes match_column_names=1
permissions match_column_names=1
relations match_column_names=1
sizes match_column_names=1
triggers match_column_names=1$$, 'tds_fdw: each part of the catalogue');
SELECT matches((SELECT t.ftoptions::text FROM pg_foreign_table AS t JOIN pg_class AS c ON c.oid = t.ftrelid WHERE c.relname = 'catalog_permissions'),
	'^\{"query=SELECT o.object_id AS object_id,.*IN \(''U'', ''V''\)",match_column_names=1\}$', 'tds_fdw: rights are asked of the server by a query');
SELECT is((SELECT columns FROM columns WHERE nspname = 'prod' AND relname = 'ossys_user'),
	'id numeric(20,0) {column_name=ID}, tenant_id integer {column_name=TENANT_ID}, last_login timestamp(3) without time zone {column_name=LAST_LOGIN}, username text {column_name=USERNAME}', 'tds_fdw: columns by their name at the factory, with their types');
SELECT is((SELECT columns FROM columns WHERE nspname = 'prod' AND relname = 'catalog_columns'),
	'object_id integer {column_name=object_id}, schema_name text {column_name=schema_name}, table_name text {column_name=table_name}, type text {column_name=type}, column_name text {column_name=column_name}, column_id integer {column_name=column_id}, type_name text {column_name=type_name}, max_length integer {column_name=max_length}, precision integer {column_name=precision}, scale integer {column_name=scale}, is_nullable integer {column_name=is_nullable}, is_identity integer {column_name=is_identity}, is_computed integer {column_name=is_computed}, has_default integer {column_name=has_default}', 'tds_fdw: columns of the catalogue');
SELECT is((SELECT columns FROM columns WHERE nspname = 'prod' AND relname = 'live_user'),
	'capture_id bigint, id bigint, tenant_id bigint, is_active boolean, creation_date timestamp without time zone, last_login timestamp without time zone, name text, mobilephone text, email text, username text, external_id text', 'tds_fdw: the types of a live table');
SELECT is_empty($$SELECT l.view_name, s.columns, p.columns FROM osmeta.live_view AS l JOIN columns AS s ON s.nspname = 'osmeta' AND s.relname = l.view_name
	LEFT JOIN columns AS p ON p.nspname = 'prod' AND p.relname = l.view_name AND p.relkind = 'v' WHERE s.columns IS DISTINCT FROM p.columns$$,
	'tds_fdw: every live view has the columns and types of the captured one');
SELECT is((SELECT count(*) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid WHERE c.relnamespace = 'prod'::regnamespace AND (a.attname ~* 'hmac|password' OR a.attfdwoptions::text ~* 'hmac|password')), 0::bigint,
	'tds_fdw: no secret column is declared');
DROP SCHEMA prod CASCADE;
UPDATE catalog AS c SET statement = a.statement
FROM osmeta.wrapper AS w, LATERAL osmeta.attach_catalog('prod', 'srv', w.wrapper, 'it''s', w.dialect, 'prod', osmeta.merged_options(w.table_options, w.tried_options)) AS a
WHERE c.wrapper = 'tds_fdw' AND w.wrapper = 'tds_fdw' AND c.name = a.name;
DELETE FROM made WHERE wrapper = 'tds_fdw';
SELECT pg_temp.run() AS again \gset
SELECT is((SELECT format('%s %s', count(*), count(*) FILTER (WHERE t.ftoptions::text LIKE '%,match_column_names=1,row_estimate_method=showplan_all}')) FROM pg_foreign_table AS t JOIN pg_class AS c ON c.oid = t.ftrelid WHERE c.relnamespace = 'prod'::regnamespace), '10 10',
	'tds_fdw takes the options that are tried');
\endif
SELECT * FROM finish();
ROLLBACK;
