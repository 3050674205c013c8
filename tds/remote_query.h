/*-------------------------------------------------------------------------
 *
 * remote_query.h
 *	  The query that reads a foreign table of tds_fdw at its server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_REMOTE_QUERY_H
#define OSMETA_TDS_REMOTE_QUERY_H

#include "compat.h"

#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"

/* What a foreign table stands for. */
typedef struct TdsTable
{
	Oid			relation;
	const char *query;			/* or else: */
	const char *schema;
	const char *name;
} TdsTable;

/* False if the options say something else. */
extern bool osmeta_tds_read_table(Oid relation, TdsTable *table);

/*
 * A condition of the table that has the number varno as T-SQL; NULL if it may
 * mean something else there.
 */
extern char *osmeta_tds_condition(const TdsTable *table, Index varno,
								  Node *clause);

/*
 * The query for the columns with these numbers of the rows that meet all of
 * the conditions (char *).  It gives the columns in the order of attnos, or
 * under their names if the table is a query itself.
 */
extern char *osmeta_tds_select(const TdsTable *table, List *attnos,
							   List *conditions);

/* What a column is called at the server. */
extern char *osmeta_tds_column_name(Oid relation, AttrNumber attno);

#endif							/* OSMETA_TDS_REMOTE_QUERY_H */
