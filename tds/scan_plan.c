/*-------------------------------------------------------------------------
 *
 * scan_plan.c
 *	  Which foreign tables of tds_fdw are scanned by us, and the plan.
 *
 * The tables that osmeta makes over a T-SQL server are those of tds_fdw, so
 * that they can be read without this library, too.  Where it is loaded, the
 * planner is told of another wrapper for them before it has asked tds_fdw
 * anything, which would log in and run the query to count its rows.  Tables
 * that users have made are none of ours: they stand in no schema of an
 * environment and of no plan.
 *
 *-------------------------------------------------------------------------
 */
#include "scan.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "remote_query.h"

#define WRAPPER "tds_fdw"
#define HANDLER "tds_fdw_handler"

/* Rows of a table of which nobody has said how many it has. */
#define UNKNOWN_ROWS 10000

/*
 * Conditions leave no less than this part of the rows: they are ranges that
 * hold many, of which the planner, without statistics, expects next to none.
 */
#define LEAST_PART 0.1

/* What it costs to ask, and to get a row. */
#define STARTUP_COST 100.0
#define ROW_COST (10 * cpu_tuple_cost)

static bool scan_enabled = true;
static get_relation_info_hook_type former_hook = NULL;

/* Does a text column of a table of osmeta hold this value? */
static bool
stands_in(Oid schema, const char *table, const char *column, const char *value)
{
	Oid			oid = get_relname_relid(table, schema);
	Relation	relation = NULL;
	AttrNumber	attno;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found = false;

	if (OidIsValid(oid))
		relation = try_relation_open(oid, AccessShareLock);
	if (relation == NULL)
		return false;
	attno = get_attnum(oid, column);
	scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	while (!found && attno > 0 &&
		   HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		is_null;
		Datum		datum = heap_getattr(tuple, attno,
										 RelationGetDescr(relation), &is_null);

		found = !is_null && strcmp(TextDatumGetCString(datum), value) == 0;
	}
	systable_endscan(scan);
	relation_close(relation, AccessShareLock);
	return found;
}

/* Is it one of the foreign tables that osmeta has made? */
static bool
is_own(Oid relation)
{
	ForeignTable *table = GetForeignTable(relation);
	ForeignServer *server = GetForeignServer(table->serverid);
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	Oid			osmeta = get_namespace_oid("osmeta", true);
	char	   *handler;
	char	   *schema;
	TdsTable	ignored;

	if (strcmp(wrapper->fdwname, WRAPPER) != 0 ||
		(handler = get_func_name(wrapper->fdwhandler)) == NULL ||
		strcmp(handler, HANDLER) != 0 || !OidIsValid(osmeta) ||
		!osmeta_tds_read_table(relation, &ignored))
		return false;
	schema = get_namespace_name(get_rel_namespace(relation));
	return schema != NULL &&
		(stands_in(osmeta, "plan", "plan", schema) ||
		 stands_in(osmeta, "environment", "schema", schema));
}

static void
get_size(PlannerInfo *root, RelOptInfo *rel, Oid relation)
{
	Selectivity part = 1.0;

	if (rel->tuples <= 0)
		rel->tuples = UNKNOWN_ROWS;
	if (rel->baserestrictinfo != NIL)
		part = clauselist_selectivity(root, rel->baserestrictinfo, 0,
									  JOIN_INNER, NULL);
	rel->rows = clamp_row_est(rel->tuples * Max(part, LEAST_PART));
}

static Plan *
make_plan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist,
		  List *restrictions, List *plans)
{
	RangeTblEntry *entry = planner_rt_fetch(rel->relid, root);
	CustomScan *scan = makeNode(CustomScan);
	TdsTable	table;
	List	   *clauses = extract_actual_clauses(restrictions, false);
	List	   *local = NIL;
	List	   *remote = NIL;
	List	   *attnos = NIL;
	Bitmapset  *used = NULL;
	bool		is_whole;
	ListCell   *cell;
	Relation	relation;

	if (!osmeta_tds_read_table(entry->relid, &table))
		elog(ERROR, "foreign table %u has changed", entry->relid);
	foreach(cell, clauses)
	{
		Node	   *clause = (Node *) lfirst(cell);
		char	   *condition = osmeta_tds_condition(&table, rel->relid, clause);

		if (condition != NULL)
			remote = lappend(remote, condition);
		else
			local = lappend(local, clause);
	}

	/* tlist may be put in its place only after this */
	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &used);
	pull_varattnos((Node *) local, rel->relid, &used);
	is_whole = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used);
	relation = relation_open(entry->relid, NoLock);
	for (int i = 0; i < RelationGetNumberOfAttributes(relation); i++)
	{
		AttrNumber	attno = i + 1;

		if (!TupleDescAttr(RelationGetDescr(relation), i)->attisdropped &&
			(is_whole ||
			 bms_is_member(attno - FirstLowInvalidHeapAttributeNumber, used)))
			attnos = lappend_int(attnos, attno);
	}
	relation_close(relation, NoLock);

	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = local;
	scan->scan.scanrelid = rel->relid;
	scan->flags = path->flags;
	scan->custom_private =
		list_make3(makeString(osmeta_tds_select(&table, attnos, remote)),
				   attnos, makeInteger(table.query != NULL));
	scan->methods = &osmeta_tds_scan_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods path_methods = {
	.CustomName = OSMETA_TDS_SCAN,
	.PlanCustomPath = make_plan,
};

/*
 * One way to read the table.  Each time costs a query, so that the planner
 * keeps the rows where it needs them more than once.
 */
static void
get_paths(PlannerInfo *root, RelOptInfo *rel, Oid relation)
{
	CustomPath *path = makeNode(CustomPath);

	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	/* parameters stay here, too */
	path->path.param_info = get_baserel_parampathinfo(root, rel,
													  rel->lateral_relids);
	path->path.parallel_safe = false;
	path->path.rows = path->path.param_info != NULL ?
		path->path.param_info->ppi_rows : rel->rows;
	path->path.startup_cost = STARTUP_COST + rel->baserestrictcost.startup;
	path->path.total_cost = path->path.startup_cost +
		(ROW_COST + rel->baserestrictcost.per_tuple) * rel->rows;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->methods = &path_methods;
	add_path(rel, &path->path);
}

/* What the planner is told of instead of tds_fdw. */
static FdwRoutine routine = {
	.type = T_FdwRoutine,
	.GetForeignRelSize = get_size,
	.GetForeignPaths = get_paths,
};

static void
get_relation(PlannerInfo *root, Oid relation, bool inhparent, RelOptInfo *rel)
{
	if (former_hook != NULL)
		former_hook(root, relation, inhparent, rel);
	if (scan_enabled && rel->fdwroutine != NULL && rel->fdwroutine != &routine &&
		rel->relid != (Index) root->parse->resultRelation && is_own(relation))
		rel->fdwroutine = &routine;
}

void
osmeta_tds_init_scan(void)
{
	DefineCustomBoolVariable("osmeta_tds.scan",
							 "Reads osmeta's own foreign tables of tds_fdw through links of osmeta_tds.",
							 "If off, tds_fdw reads them.",
							 &scan_enabled, true, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	MarkGUCPrefixReserved("osmeta_tds");
	RegisterCustomScanMethods(&osmeta_tds_scan_methods);
	former_hook = get_relation_info_hook;
	get_relation_info_hook = get_relation;
}
