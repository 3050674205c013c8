/*-------------------------------------------------------------------------
 *
 * graph_exact.h
 *	  The best order of a few nodes on cycles.
 *
 * Pure C: no backend, no allocation.  See graph_exact.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_GRAPH_EXACT_H
#define OSMETA_GRAPH_EXACT_H

#include <stdbool.h>
#include <stddef.h>

#include "graph_greedy.h"

/* Nodes that osmeta_graph_exact takes. */
#define GRAPH_EXACT_NODES	64

/*
 * Cycles that hang together over at most so many nodes are always solved;
 * larger ones for as long as the caller's budget lasts.
 */
#define GRAPH_EXACT_ALWAYS	14

/* Bytes that osmeta_graph_exact needs as workspace, whatever the graph. */
extern size_t osmeta_graph_exact_workspace(void);

/* To be called once, before the workspace is used. */
extern void osmeta_graph_exact_begin(void *workspace);

/*
 * As osmeta_graph_greedy, for at most GRAPH_EXACT_NODES nodes, but the weight
 * of the edges that point to a later node is the least possible.  *budget is
 * how many situations may be looked at in graphs of more than
 * GRAPH_EXACT_ALWAYS nodes, and is counted down.  Where it does not suffice
 * the order is a good one, and the result false.
 */
extern bool osmeta_graph_exact(int nodes, int edges, const CutEdge *edge,
							   int *position, long *budget, void *workspace);

#endif							/* OSMETA_GRAPH_EXACT_H */
