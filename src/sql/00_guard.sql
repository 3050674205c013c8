/* osmeta: query the metamodel of OutSystems factories and migrate their data */

-- complain if the script is sourced in psql rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION osmeta" to load this file. \quit
