/*-------------------------------------------------------------------------
 *
 * graph_greedy.h
 *	  A good order of nodes on cycles, in near-linear time.
 *
 * Pure C: no backend, no allocation.  See graph_greedy.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_GRAPH_GREEDY_H
#define OSMETA_GRAPH_GREEDY_H

#include <stddef.h>

/* child refers to parent; nodes are numbered from 0, and differ. */
typedef struct CutEdge
{
	int			child;
	int			parent;
	int			weight;			/* what it costs to defer it; 0: never */
} CutEdge;

/* Bytes that osmeta_graph_greedy needs as workspace. */
extern size_t osmeta_graph_greedy_workspace(int nodes, int edges);

/*
 * Give each node its place in an order, position[node] from 0: no edge of
 * weight 0 points to a later node, and the weight of those that do is small.
 * The edges of weight 0 must not form a cycle.  The arrays belong to the
 * caller; workspace must be aligned as malloc() does.
 */
extern void osmeta_graph_greedy(int nodes, int edges, const CutEdge *edge,
								int *position, void *workspace);

#endif							/* OSMETA_GRAPH_GREEDY_H */
