/*-------------------------------------------------------------------------
 *
 * reader.h
 *	  Links to T-SQL servers that rows are read through.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_READER_H
#define OSMETA_TDS_READER_H

#include "compat.h"

#include "utils/resowner.h"

#include "dblib.h"

/* One set of rows that is being read. */
typedef struct TdsReading
{
	TdsLink    *link;
	struct TdsReader *reader;
	uint64		number;			/* what the reader is used for */
} TdsReading;

/*
 * Run a query at a server with the user mapping of a user, and begin to read
 * its rows, through a link that nobody else uses until osmeta_tds_end_reading,
 * or the owner is released.  The text of the query must stand until then.
 */
extern void osmeta_tds_begin_reading(TdsReading *reading, Oid server, Oid user,
									 ResourceOwner owner, const char *sql);

/* The next row is there; false: there are no more. */
extern bool osmeta_tds_next_row(TdsReading *reading);

/* Raise the error of the link, and close it. */
extern void osmeta_tds_raise_reading(TdsReading *reading)
			pg_attribute_noreturn();

/* Whatever has not been read is thrown away. */
extern void osmeta_tds_end_reading(TdsReading *reading);

/* Called once, when the module is loaded. */
extern void osmeta_tds_init_reader(void);

#endif							/* OSMETA_TDS_READER_H */
