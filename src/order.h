/*-------------------------------------------------------------------------
 *
 * order.h
 *	  Entities and references in the order of delivery.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_ORDER_H
#define OSMETA_ORDER_H

#include "osmeta.h"

#include "utils/hsearch.h"

#include "graph.h"

typedef struct EntityOrder
{
	int			nodes;			/* entities, numbered as they were added */
	int			edges;			/* references between them */
	GraphEdge  *edge;
	int64	   *edge_row;		/* what the caller knows the reference by */
	int		   *level;			/* these three as in graph.h */
	int		   *component;
	int		   *cycle;
	HTAB	   *numbers;
} EntityOrder;

/*
 * osmeta_order_begin makes room for so many entities and references, in the
 * current memory context.  osmeta_order_add_entity adds them in the order
 * that decides among equals.  osmeta_order_add_reference leaves out what is
 * not between two of them.  osmeta_order_finish computes the rest.
 */
extern EntityOrder *osmeta_order_begin(uint64 entities);
extern void osmeta_order_add_entity(EntityOrder *order, int64 entity_id);
extern void osmeta_order_begin_references(EntityOrder *order,
										  uint64 references);
extern void osmeta_order_add_reference(EntityOrder *order, int64 child_id,
									   int64 parent_id, bool is_mandatory,
									   bool is_identifier, int64 row);
extern void osmeta_order_finish(EntityOrder *order);

#endif							/* OSMETA_ORDER_H */
