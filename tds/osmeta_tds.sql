/*
 * osmeta_tds: T-SQL servers, reached with the servers and user mappings of
 * tds_fdw.
 */
\echo Use "CREATE EXTENSION osmeta_tds" to load this file. \quit

-- nothing but pg_catalog is searched; the setting ends with the script
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE FUNCTION osmeta.tds_exec(server name, sql text)
RETURNS bigint
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION osmeta.tds_exec(name, text) IS
	'run a batch at a T-SQL server, in a transaction that ends with this one; gives the sum of the numbers of rows that its statements told';
REVOKE EXECUTE ON FUNCTION osmeta.tds_exec(name, text) FROM PUBLIC;

CREATE FUNCTION osmeta.tds_query(server name, sql text)
RETURNS SETOF record
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION osmeta.tds_query(name, text) IS
	'the rows of a batch at a T-SQL server, in a transaction that ends with this one; wants a column definition list';
REVOKE EXECUTE ON FUNCTION osmeta.tds_query(name, text) FROM PUBLIC;

CREATE FUNCTION osmeta.tds_bulk(server name, remote_table text, query text)
RETURNS bigint
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION osmeta.tds_bulk(name, text, text) IS
	'insert the rows of a query into a table at a T-SQL server, in a transaction that ends with this one, into the columns that are named like those of the query; gives their number';
REVOKE EXECUTE ON FUNCTION osmeta.tds_bulk(name, text, text) FROM PUBLIC;
