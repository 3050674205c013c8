/*-------------------------------------------------------------------------
 *
 * tds_exec.c
 *	  SQL functions that run statements at a T-SQL server.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "connection.h"

PG_FUNCTION_INFO_V1(tds_exec);
PG_FUNCTION_INFO_V1(tds_query);

static TdsLink *
link_by_name(Name name)
{
	return osmeta_tds_link(GetForeignServerByName(NameStr(*name),
												  false)->serverid);
}

/*
 * tds_exec(server, sql): run a batch; gives the sum of the numbers of rows
 * that its statements told.
 */
Datum
tds_exec(PG_FUNCTION_ARGS)
{
	TdsLink    *link = link_by_name(PG_GETARG_NAME(0));
	int64		rows;

	rows = osmeta_tds_execute(link, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	osmeta_tds_check(link);
	PG_RETURN_INT64(rows);
}

typedef struct RowTarget
{
	Tuplestorestate *store;
	TupleDesc	desc;
	FmgrInfo   *input;
	Oid		   *parameter;
	Datum	   *values;
	bool	   *nulls;
	MemoryContext row;			/* reset for each row */
} RowTarget;

static void
store_row(TdsLink *link, void *arg)
{
	RowTarget  *target = (RowTarget *) arg;
	MemoryContext old = MemoryContextSwitchTo(target->row);

	for (int i = 0; i < target->desc->natts; i++)
	{
		char	   *value = osmeta_tds_text(link, i);

		target->nulls[i] = value == NULL;
		target->values[i] =
			InputFunctionCall(&target->input[i], value, target->parameter[i],
							  TupleDescAttr(target->desc, i)->atttypmod);
	}
	tuplestore_putvalues(target->store, target->desc, target->values,
						 target->nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(target->row);
}

/*
 * tds_query(server, sql): the rows of a batch, each value read by the input
 * function of the type that the caller's list of columns gives.
 */
Datum
tds_query(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *sql = text_to_cstring(PG_GETARG_TEXT_PP(1));
	RowTarget	target;
	TdsLink    *link;
	int			natts;

	InitMaterializedSRF(fcinfo, 0);
	target.store = result->setResult;
	target.desc = result->setDesc;
	natts = target.desc->natts;
	target.input = palloc(natts * sizeof(FmgrInfo));
	target.parameter = palloc(natts * sizeof(Oid));
	target.values = palloc(natts * sizeof(Datum));
	target.nulls = palloc(natts * sizeof(bool));
	for (int i = 0; i < natts; i++)
	{
		Oid			function;

		getTypeInputInfo(TupleDescAttr(target.desc, i)->atttypid, &function,
						 &target.parameter[i]);
		fmgr_info(function, &target.input[i]);
	}
	target.row = AllocSetContextCreate(CurrentMemoryContext, "osmeta_tds row",
									   ALLOCSET_DEFAULT_SIZES);
	link = link_by_name(PG_GETARG_NAME(0));
	osmeta_tds_rows(link, sql, natts, store_row, &target);
	osmeta_tds_check(link);
	MemoryContextDelete(target.row);
	return (Datum) 0;
}
