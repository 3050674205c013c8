/*-------------------------------------------------------------------------
 *
 * entity_order.c
 *	  The order of delivery of an environment's entities, before any plan.
 *
 * Which entities and references count is decided by the SQL functions of
 * 69_entity_order.sql, which order they have by order.c.  Here both are read,
 * once, and the result is told entity by entity.
 *
 *-------------------------------------------------------------------------
 */
#include "osmeta.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "capture.h"
#include "compare.h"
#include "compat.h"
#include "order.h"
#include "scope.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_entity_order);

#define COLUMNS 9

typedef struct Listing
{
	EntityOrder *order;
	SPITupleTable *entities;	/* in the order of names */
	SPITupleTable *references;
	int		   *first;			/* references of each entity */
	int		   *listed;			/* entities in the order of delivery */
	int		   *number;			/* of each component, as they come */
	int		   *size;			/* of each component */
} Listing;

static void
read_graph(Listing *listing, int64 capture_id, Datum scope)
{
	Oid			types[2] = {INT8OID, TEXTARRAYOID};
	Datum		args[2];
	Datum	   *ids;
	uint64		rows;

	args[0] = Int64GetDatum(capture_id);
	args[1] = scope;
	rows = osmeta_query("SELECT e.entity_id, e.espace, e.entity, e.entity_key"
						" FROM osmeta.ordered_entity($1, $2) AS e",
						2, types, args, NULL);
	listing->entities = SPI_tuptable;
	listing->order = osmeta_order_begin(rows);
	ids = MemoryContextAllocHuge(CurrentMemoryContext,
								 sizeof(Datum) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		int64		id = osmeta_int64_at(i, 1, NULL);

		ids[i] = Int64GetDatum(id);
		osmeta_order_add_entity(listing->order, id);
	}

	types[1] = INT8ARRAYOID;
	args[1] = PointerGetDatum(construct_array(ids, (int) rows, INT8OID, 8,
											  FLOAT8PASSBYVAL,
											  TYPALIGN_DOUBLE));
	rows = osmeta_query("SELECT r.entity_id, r.target_entity_id, r.is_mandatory,"
						" r.is_identifier, r.attribute"
						" FROM osmeta.ordered_reference($1, $2) AS r",
						2, types, args, NULL);
	listing->references = SPI_tuptable;
	osmeta_order_begin_references(listing->order, rows);
	for (uint64 i = 0; i < rows; i++)
		osmeta_order_add_reference(listing->order,
								   osmeta_int64_at(i, 1, NULL),
								   osmeta_int64_at(i, 2, NULL),
								   osmeta_bool_at(i, 3), osmeta_bool_at(i, 4),
								   (int64) i);
	osmeta_order_finish(listing->order);
}

/*
 * Entities by level and, in it, by name; those without a level at the end.
 * References come grouped by entity, in some order of entities: where those
 * of each begin is noted, and where they end follows from the edges.
 */
static void
sort_entities(Listing *listing)
{
	const EntityOrder *order = listing->order;
	int			nodes = order->nodes;
	int			components = 0;
	int		   *start = palloc0(sizeof(int) * (nodes + 2));

	listing->first = palloc(sizeof(int) * (nodes + 1));
	listing->listed = palloc(sizeof(int) * (nodes + 1));
	listing->number = palloc0(sizeof(int) * (nodes + 1));
	listing->size = palloc0(sizeof(int) * (nodes + 1));
	for (int i = 0; i < nodes; i++)
		listing->first[i] = order->edges;
	for (int i = order->edges - 1; i >= 0; i--)
		listing->first[order->edge[i].child] = i;

	/* a counting sort, stable */
	for (int i = 0; i < nodes; i++)
		start[(order->level[i] < 0 ? nodes : order->level[i]) + 1]++;
	for (int i = 1; i <= nodes; i++)
		start[i] += start[i - 1];
	for (int i = 0; i < nodes; i++)
		listing->listed[start[order->level[i] < 0 ? nodes :
							  order->level[i]]++] = i;
	pfree(start);

	for (int i = 0; i < nodes; i++)
	{
		int			component = order->component[listing->listed[i]];

		if (listing->size[component]++ == 0)
			listing->number[component] = ++components;
	}
}

/*
 * Names of those references of an entity that are deferred, or, blocking,
 * that are part of a mandatory cycle.
 */
static Datum
list_references(const Listing *listing, int node, bool blocking)
{
	const EntityOrder *order = listing->order;
	ArrayBuildState *names = initArrayResult(TEXTOID, CurrentMemoryContext,
											 false);

	for (int i = listing->first[node];
		 i < order->edges && order->edge[i].child == node; i++)
	{
		const GraphEdge *edge = &order->edge[i];
		Datum		name;
		bool		isnull;

		if (blocking ? edge->is_optional || edge->is_deferred ||
			order->cycle[edge->child] != order->cycle[edge->parent] :
			!edge->is_deferred)
			continue;
		name = SPI_getbinval(listing->references->vals[order->edge_row[i]],
							 listing->references->tupdesc, 5, &isnull);
		names = accumArrayResult(names, name, isnull, TEXTOID,
								 CurrentMemoryContext);
	}
	return makeArrayResult(names, CurrentMemoryContext);
}

static const char *
status_of(int level)
{
	if (level == GRAPH_ON_CYCLE)
		return "mandatory cycle";
	if (level == GRAPH_BEHIND_CYCLE)
		return "behind a mandatory cycle";
	return "ordered";
}

static void
return_entities(const Listing *listing, ReturnSetInfo *result)
{
	const EntityOrder *order = listing->order;
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext,
													  "row of an order",
													  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(row_context);

	for (int i = 0; i < order->nodes; i++)
	{
		int			node = listing->listed[i];
		int			component = order->component[node];
		Datum		values[COLUMNS];
		bool		nulls[COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = Int32GetDatum(order->level[node]);
		nulls[0] = order->level[node] < 0;
		values[1] = Int32GetDatum(listing->number[component]);
		values[2] = Int32GetDatum(listing->size[component]);
		for (int j = 3; j <= 5; j++)
			values[j] = SPI_getbinval(listing->entities->vals[node],
									  listing->entities->tupdesc, j - 1,
									  &nulls[j]);
		values[6] = list_references(listing, node, false);
		values[7] = CStringGetTextDatum(status_of(order->level[node]));
		values[8] = list_references(listing, node, true);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
		MemoryContextReset(row_context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row_context);
}

Datum
osmeta_entity_order(PG_FUNCTION_ARGS)
{
	Listing		listing = {0};
	char	   *argument = NULL;
	char	   *environment;
	int64		capture_id;
	int			nest_level;

	if (!PG_ARGISNULL(0))
		argument = text_to_cstring(PG_GETARG_TEXT_PP(0));
	if (PG_ARGISNULL(1) || ARR_NDIM(PG_GETARG_ARRAYTYPE_P(1)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the scope of an order must not be empty"),
				 errhint("Items are application:Name, espace:Name, entity:Espace.Entity, or *.")));
	InitMaterializedSRF(fcinfo, 0);

	nest_level = osmeta_spi_begin(false);
	environment = osmeta_capture_resolve(argument, &capture_id);
	osmeta_show_captures(1, &capture_id);
	osmeta_scope_check(capture_id, environment, PG_GETARG_DATUM(1));
	read_graph(&listing, capture_id, PG_GETARG_DATUM(1));
	sort_entities(&listing);
	return_entities(&listing, (ReturnSetInfo *) fcinfo->resultinfo);
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}
