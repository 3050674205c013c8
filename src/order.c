/*-------------------------------------------------------------------------
 *
 * order.c
 *	  Entities and references in the order of delivery.
 *
 * The graph itself is graph.c's, which knows nodes by numbers and takes no
 * memory.  Here entities are known by their ids.
 *
 *-------------------------------------------------------------------------
 */
#include "order.h"

#include "miscadmin.h"
#include "utils/memutils.h"

typedef struct EntityNumber
{
	int64		entity_id;		/* key */
	int			number;
} EntityNumber;

/* Room for count things, never none; there is a limit to what can be counted. */
static void *
allocate(uint64 count, Size size)
{
	if (count > PG_INT32_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many entities or references to order: " UINT64_FORMAT,
						count),
				 errhint("Take a smaller scope.")));
	return MemoryContextAllocHuge(CurrentMemoryContext,
								  size * Max(count, 1));
}

EntityOrder *
osmeta_order_begin(uint64 entities)
{
	EntityOrder *order = palloc0(sizeof(EntityOrder));
	HASHCTL		control;

	order->level = allocate(entities, sizeof(int));
	order->component = allocate(entities, sizeof(int));
	order->cycle = allocate(entities, sizeof(int));
	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(int64);
	control.entrysize = sizeof(EntityNumber);
	control.hcxt = CurrentMemoryContext;
	order->numbers = hash_create("entities of an order",
								 (long) Max(entities, 16), &control,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return order;
}

void
osmeta_order_add_entity(EntityOrder *order, int64 entity_id)
{
	EntityNumber *entry = hash_search(order->numbers, &entity_id, HASH_ENTER,
									  NULL);

	entry->number = order->nodes++;
}

void
osmeta_order_begin_references(EntityOrder *order, uint64 references)
{
	order->edge = allocate(references, sizeof(GraphEdge));
	order->edge_row = allocate(references, sizeof(int64));
}

void
osmeta_order_add_reference(EntityOrder *order, int64 child_id,
						   int64 parent_id, bool is_mandatory,
						   bool is_identifier, int64 row)
{
	EntityNumber *child = hash_search(order->numbers, &child_id, HASH_FIND,
									  NULL);
	EntityNumber *parent = hash_search(order->numbers, &parent_id, HASH_FIND,
									   NULL);
	GraphEdge  *edge = &order->edge[order->edges];

	if (child == NULL || parent == NULL)
		return;
	edge->child = child->number;
	edge->parent = parent->number;
	edge->is_optional = !is_mandatory && !is_identifier;
	edge->is_identifier = is_identifier;
	edge->is_deferred = false;
	order->edge_row[order->edges++] = row;
}

void
osmeta_order_finish(EntityOrder *order)
{
	void	   *workspace =
	MemoryContextAllocHuge(CurrentMemoryContext,
						   osmeta_graph_workspace(order->nodes,
												  order->edges));

	CHECK_FOR_INTERRUPTS();
	(void) osmeta_graph_order(order->nodes, order->edges, order->edge,
							  order->level, order->component, order->cycle,
							  workspace);
	pfree(workspace);
	hash_destroy(order->numbers);
}
