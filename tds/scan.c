/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Scans of osmeta's own foreign tables of tds_fdw: the execution.
 *
 * The query is sent when the first row is asked for, and its rows are
 * converted one by one into a virtual tuple.  As with tds_fdw, the user mapping
 * is that of the current user when the scan begins.
 *
 *-------------------------------------------------------------------------
 */
#include "scan.h"

#include "access/sysattr.h"
#include "executor/executor.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "convert.h"
#include "reader.h"
#include "remote_query.h"

typedef struct TdsScan
{
	CustomScanState css;
	char	   *sql;
	List	   *attnos;
	bool		is_by_name;
	Oid			server;
	Oid			user;
	ResourceOwner owner;
	TdsReading	reading;
	bool		is_begun;
	bool		is_done;
	TdsColumn  *columns;		/* in the order of attnos */
	AttrNumber	attno;			/* that is being converted, for errors */
} TdsScan;

static Form_pg_attribute
attribute_of(const TdsScan *scan, AttrNumber attno)
{
	return TupleDescAttr(RelationGetDescr(scan->css.ss.ss_currentRelation),
						 attno - 1);
}

/* Says where a value stands that cannot be converted. */
static void
add_context(void *arg)
{
	TdsScan    *scan = (TdsScan *) arg;

	if (scan->attno > 0)
		errcontext("column \"%s\" of foreign table \"%s\"",
				   NameStr(attribute_of(scan, scan->attno)->attname),
				   RelationGetRelationName(scan->css.ss.ss_currentRelation));
}

/*
 * Which column of the query is meant?  One that is spelled alike, or the only
 * one that is so without case.
 */
static int
find_column(const TdsScan *scan, const char *name)
{
	TdsLink    *link = scan->reading.link;
	int			found = -1;
	bool		is_unique = true;

	for (int i = 0; i < tds_link_columns(link); i++)
	{
		const char *other = tds_link_column_name(link, i);

		if (strcmp(other, name) == 0)
			return i;
		if (pg_strcasecmp(other, name) == 0)
		{
			is_unique = found < 0;
			found = i;
		}
	}
	return is_unique ? found : -1;
}

/* Send the query, and see which columns come. */
static void
begin_reading(TdsScan *scan)
{
	Oid			relation = RelationGetRelid(scan->css.ss.ss_currentRelation);
	int			count = list_length(scan->attnos);
	TdsLink    *link;
	ListCell   *cell;
	int			i = 0;

	osmeta_tds_begin_reading(&scan->reading, scan->server, scan->user,
							 scan->owner, scan->sql);
	scan->is_begun = true;
	link = scan->reading.link;
	if (!scan->is_by_name && tds_link_columns(link) != Max(count, 1))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%d columns come for foreign table \"%s\", not %d",
						tds_link_columns(link),
						RelationGetRelationName(scan->css.ss.ss_currentRelation),
						count)));
	foreach(cell, scan->attnos)
	{
		AttrNumber	attno = (AttrNumber) lfirst_int(cell);
		TdsColumn  *column = &scan->columns[i];

		column->remote = i++;
		if (scan->is_by_name)
		{
			char	   *name = osmeta_tds_column_name(relation, attno);

			column->remote = find_column(scan, name);
			if (column->remote < 0)
				ereport(ERROR,
						(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
						 errmsg("the query of foreign table \"%s\" gives no column \"%s\"",
								RelationGetRelationName(scan->css.ss.ss_currentRelation),
								name)));
		}
		if (!tds_link_is_readable(link, column->remote))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
					 errmsg("column \"%s\" of foreign table \"%s\" has type sql_variant at the server",
							NameStr(attribute_of(scan, attno)->attname),
							RelationGetRelationName(scan->css.ss.ss_currentRelation)),
					 errhint("Read it by a query that converts it by CAST.")));
		osmeta_tds_prepare_column(column, link, attribute_of(scan, attno));
	}
}

/* The access method of ExecScan, which resets the memory of a row before it. */
static TupleTableSlot *
next_row(ScanState *state)
{
	TdsScan    *scan = (TdsScan *) state;
	TupleTableSlot *slot = state->ss_ScanTupleSlot;
	ErrorContextCallback callback;
	MemoryContext old;
	ListCell   *cell;
	int			i = 0;

	ExecClearTuple(slot);
	if (scan->is_done)
		return slot;
	if (!scan->is_begun)
	{
		old = MemoryContextSwitchTo(state->ps.state->es_query_cxt);
		begin_reading(scan);
		MemoryContextSwitchTo(old);
	}
	if (!osmeta_tds_next_row(&scan->reading))
	{
		scan->is_done = true;
		osmeta_tds_end_reading(&scan->reading);
		return slot;
	}

	callback.callback = add_context;
	callback.arg = scan;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	old = MemoryContextSwitchTo(state->ps.ps_ExprContext->ecxt_per_tuple_memory);
	memset(slot->tts_isnull, true,
		   slot->tts_tupleDescriptor->natts * sizeof(bool));
	foreach(cell, scan->attnos)
	{
		int			attno = lfirst_int(cell);

		scan->attno = (AttrNumber) attno;
		slot->tts_values[attno - 1] =
			osmeta_tds_convert(&scan->columns[i++], &scan->reading,
							   &slot->tts_isnull[attno - 1]);
	}
	MemoryContextSwitchTo(old);
	error_context_stack = callback.previous;
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(state->ss_currentRelation);
	return slot;
}

/* All that the server was asked for holds for a row. */
static bool
recheck(ScanState *state, TupleTableSlot *slot)
{
	return true;
}

static void
begin_scan(CustomScanState *state, EState *estate, int eflags)
{
	TdsScan    *scan = (TdsScan *) state;
	List	   *private = ((CustomScan *) state->ss.ps.plan)->custom_private;

	scan->sql = strVal(linitial(private));
	scan->attnos = (List *) lsecond(private);
	scan->is_by_name = intVal(lthird(private)) != 0;
	scan->server = GetForeignTable(RelationGetRelid(state->ss.ss_currentRelation))->serverid;
	scan->user = GetUserId();
	scan->owner = CurrentResourceOwner;
	scan->columns = palloc0(sizeof(TdsColumn) *
							Max(list_length(scan->attnos), 1));
}

static TupleTableSlot *
exec_scan(CustomScanState *state)
{
	return ExecScan(&state->ss, next_row, recheck);
}

static void
end_scan(CustomScanState *state)
{
	osmeta_tds_end_reading(&((TdsScan *) state)->reading);
}

static void
rescan(CustomScanState *state)
{
	TdsScan    *scan = (TdsScan *) state;

	osmeta_tds_end_reading(&scan->reading);
	scan->is_begun = scan->is_done = false;
	ExecScanReScan(&state->ss);
}

static void
explain(CustomScanState *state, List *ancestors, ExplainState *es)
{
	if (es->verbose)
		ExplainPropertyText("Remote SQL", ((TdsScan *) state)->sql, es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = OSMETA_TDS_SCAN,
	.BeginCustomScan = begin_scan,
	.ExecCustomScan = exec_scan,
	.EndCustomScan = end_scan,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain,
};

static Node *
create_state(CustomScan *plan)
{
	TdsScan    *scan = palloc0(sizeof(TdsScan));

	NodeSetTag(scan, T_CustomScanState);
	scan->css.methods = &exec_methods;
	return (Node *) scan;
}

const CustomScanMethods osmeta_tds_scan_methods = {
	.CustomName = OSMETA_TDS_SCAN,
	.CreateCustomScanState = create_state,
};
