/*-------------------------------------------------------------------------
 *
 * stage.h
 *	  Rows in a temporary table at a TDS server, on their way to a table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_STAGE_H
#define OSMETA_TDS_STAGE_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "bulk.h"
#include "target.h"

/*
 * A temporary table with a column c0, c1... for each column of the target that
 * is to be written; n numbers the rows.
 */
typedef struct TdsStage
{
	const TdsTarget *target;
	char	   *name;			/* as T-SQL writes it */
	int			ncolumns;
	const int  *columns;		/* of the target */
	int64		rows;
} TdsStage;

/* Can values be written into this column?  If not, raises an error. */
extern void osmeta_tds_check_writable(const TdsTarget *target, int column);

/*
 * Make a stage and fill it with the rows of a query.  sources tells for each
 * column which one of the query it is; with match, that sets them.
 */
extern TdsStage *osmeta_tds_stage(const TdsTarget *target, int ncolumns,
								  const int *columns, const int *sources,
								  void (*match) (TdsBulk *, TupleDesc),
								  void *arg, TdsKept *kept, const char *query);

/*
 * A column of the stage as its target takes it, behind an alias of the stage
 * ("s.") or none (""), which a server parses in less time.
 */
extern char *osmeta_tds_stage_value(const TdsStage *stage, const char *alias,
									int column);

/* A name for another temporary table. */
extern char *osmeta_tds_temporary(void);

/* Declaration of a column that takes values of a column of the target. */
extern char *osmeta_tds_declaration(const TdsColumn *column);

#endif							/* OSMETA_TDS_STAGE_H */
