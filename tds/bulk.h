/*-------------------------------------------------------------------------
 *
 * bulk.h
 *	  The rows of a local query, by bulk copy into a table at a TDS server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_BULK_H
#define OSMETA_TDS_BULK_H

#include "postgres.h"

#include "access/tupdesc.h"

#include "dblib.h"
#include "transact.h"

/* Where the value of a field comes from, if not from a column of the query. */
#define TDS_FIELD_NONE (-1)		/* NULL, or the field is left out */
#define TDS_FIELD_NUMBER (-2)	/* number of the row, from 1 */

/* One column of the table that is copied into, in its order. */
typedef struct TdsField
{
	const char *label;			/* the column in messages */
	TsqlType	type;			/* of the column that is copied into */
	TsqlType	meaning;		/* of the column that gets the value at last */
	int			max_length;		/* in bytes; -1: any */
	int			precision;
	int			scale;
	int			code_page;		/* of text that is not Unicode */
	bool		is_nullable;
	int			source;			/* column of the query, from 0, or as above */
} TdsField;

/* Values of one column of the query that are kept here. */
typedef struct TdsKept
{
	int			source;			/* the column */
	Oid			type;			/* set by the copy */
	Datum	   *values;			/* as many as there are rows */
} TdsKept;

/* What is copied. */
typedef struct TdsBulk
{
	TdsLink    *link;
	const char *table;			/* as T-SQL writes it */
	const char *label;			/* the table in messages */
	int			options;		/* TDS_BULK_... */
	int			nfields;
	TdsField   *fields;

	/*
	 * Called with the columns of the query before its first row, to set
	 * source of the fields; NULL if they are set.
	 */
	void		(*match) (struct TdsBulk *bulk, TupleDesc desc);
	void	   *arg;			/* of match */
	TdsKept    *kept;			/* or NULL */
} TdsBulk;

/*
 * Copy; gives the number of rows that the server says it has taken, and in
 * *sent how many it was given.  SPI is connected.
 */
extern int64 osmeta_tds_copy(TdsBulk *bulk, const char *query, int64 *sent);

/* Can bulk copy write this type itself, in this code page? */
extern bool osmeta_tds_can_copy(TsqlType type, int code_page);

#endif							/* OSMETA_TDS_BULK_H */
