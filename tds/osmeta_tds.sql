/*
 * osmeta_tds: T-SQL servers, reached with the servers and user mappings of
 * tds_fdw.
 */
\echo Use "CREATE EXTENSION osmeta_tds" to load this file. \quit
