/*-------------------------------------------------------------------------
 *
 * insert.h
 *	  New rows for a table at a TDS server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_INSERT_H
#define OSMETA_TDS_INSERT_H

#include "postgres.h"

#include "stage.h"

/*
 * Insert the rows of a query.  names are the names of its columns that go
 * into these columns of the table; id is the column of the identifier, or -1.
 * Gives the number of rows that the server says it has inserted.
 */
extern int64 osmeta_tds_insert(const TdsTarget *target, int ncolumns,
							   const int *columns, char **names, int id,
							   const char *query);

/*
 * The same for rows whose identifiers the table gives: the pairs of the
 * first column of the query and the new identifier are inserted into the
 * local table pairs (source_id, target_id).
 */
extern int64 osmeta_tds_insert_assigned(const TdsTarget *target, int ncolumns,
										const int *columns, char **names,
										int id, const char *query,
										const char *pairs);

/* Names of columns of a query, in the order of fields. */
typedef struct TdsNames
{
	int			count;
	char	  **names;			/* NULL for a field without a column */
	int			first;			/* the field of the first name */
} TdsNames;

/* Find the columns of a query by the names that are the argument of a copy. */
extern void osmeta_tds_match_names(TdsBulk *bulk, TupleDesc desc);

/* The columns of an INSERT, and what a stage has for them. */
extern void osmeta_tds_append_columns(StringInfo names, StringInfo values,
									  const TdsStage *stage);

#endif							/* OSMETA_TDS_INSERT_H */
