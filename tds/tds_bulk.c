/*-------------------------------------------------------------------------
 *
 * tds_bulk.c
 *	  An SQL function that copies rows to a T-SQL server.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"

#include "connection.h"
#include "insert.h"
#include "target.h"

PG_FUNCTION_INFO_V1(tds_bulk);

/* The columns of a query; an empty result tells them. */
static TupleDesc
columns_of(const char *query)
{
	if (SPI_execute(psprintf("SELECT * FROM (%s\n) AS q LIMIT 0", query), false,
					0) != SPI_OK_SELECT)
		elog(ERROR, "the query gives no rows");
	return SPI_tuptable->tupdesc;
}

/*
 * tds_bulk(server, remote_table, query): insert the rows of a query into
 * those columns of a table that are named like its own; gives their number.
 */
Datum
tds_bulk(PG_FUNCTION_ARGS)
{
	Name		server = PG_GETARG_NAME(0);
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(2));
	TdsTarget  *target;
	TupleDesc	desc;
	int		   *columns;
	char	  **names;
	int64		rows;

	target = osmeta_tds_target_named(GetForeignServerByName(NameStr(*server),
															false)->serverid,
									 name);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	desc = columns_of(query);
	columns = palloc(sizeof(int) * Max(desc->natts, 1));
	names = palloc(sizeof(char *) * Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		names[i] = NameStr(TupleDescAttr(desc, i)->attname);
		columns[i] = osmeta_tds_column_named(target, names[i]);
		if (columns[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("the table %s has no column \"%s\"", target->name,
							names[i])));
		for (int k = 0; k < i; k++)
		{
			if (columns[k] == columns[i])
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" is given twice",
								target->columns[columns[i]].name)));
		}
	}
	rows = osmeta_tds_insert(target, desc->natts, columns, names, -1, query);
	osmeta_tds_check(target->link);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	PG_RETURN_INT64(rows);
}
