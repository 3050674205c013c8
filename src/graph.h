/*-------------------------------------------------------------------------
 *
 * graph.h
 *	  The order in which entities are delivered.
 *
 * Pure C: no backend, no allocation.  See graph.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_GRAPH_H
#define OSMETA_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

/* child holds a reference to parent; nodes are numbered from 0. */
typedef struct GraphEdge
{
	int			child;
	int			parent;
	bool		is_optional;	/* may be left NULL and set later */
	bool		is_deferred;	/* out: set in a second step */
} GraphEdge;

/* Number of ints that osmeta_graph_order needs as workspace. */
extern size_t osmeta_graph_workspace(int nodes, int edges);

/*
 * Compute level[node] (from 0; a parent's level is below its children's but
 * for deferred edges), component[node] (strongly connected component, from
 * 0) and edges[].is_deferred.  All arrays belong to the caller.
 *
 * Returns the number of nodes that stand on a cycle of mandatory references:
 * 0 is success; otherwise level[] of each of those nodes is -1, and so is
 * that of each node which depends on one.
 */
extern int	osmeta_graph_order(int nodes, int edges, GraphEdge *edge,
							   int *level, int *component, int *workspace);

#endif							/* OSMETA_GRAPH_H */
