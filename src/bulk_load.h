/*-------------------------------------------------------------------------
 *
 * bulk_load.h
 *	  The rows of a query into a table of the store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_BULK_LOAD_H
#define OSMETA_BULK_LOAD_H

#include "osmeta.h"

#include "nodes/pg_list.h"
#include "utils/snapshot.h"

/* How many identifiers of cleaned rows are remembered for each column. */
#define CLEANED_IDS 10

/* A column in which texts had to be cleaned. */
typedef struct CleanedColumn
{
	const char *column_name;
	uint64		rows;
	List	   *ids;			/* char *, of the first rows, as text */
} CleanedColumn;

/* What a load did. */
typedef struct BulkResult
{
	uint64		rows;
	uint64		without_key;	/* rows left out: no key */
	uint64		duplicate_key;	/* rows left out: the key of the row before */
	List	   *cleaned;		/* of CleanedColumn */
} BulkResult;

/*
 * Load the rows of a query, run under the snapshot, into the table
 * osmeta.<table>, behind the capture's id.  The query gives the other columns
 * of the table in order.  If has_key, rows whose first column is NULL (or a
 * text that no index would take) are left out; if is_sorted, so are those with the same value there as the row
 * before them.  The result is in the current memory context.
 *
 * Errors: whatever the query raises; 23505 if a unique index of the table is
 * violated; 42501 without the right to INSERT; 0A000 if the table has
 * triggers, rules or row security, which a load would pass by.
 */
extern BulkResult osmeta_bulk_load(const char *table, int64 capture_id,
								   bool has_key, bool is_sorted,
								   const char *query, Snapshot snapshot);

#endif							/* OSMETA_BULK_LOAD_H */
