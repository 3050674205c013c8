/* osmeta: query the metamodel of OutSystems factories and migrate their data */

-- complain if the script is sourced in psql rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION osmeta" to load this file. \quit

-- Nothing but pg_catalog is searched, neither here nor by the functions and
-- views that are made here: whatever stands in schema osmeta already, its
-- functions and operators are not ours.  The setting ends with the script.
SET LOCAL search_path = pg_catalog, pg_temp;
