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
	bool		is_identifier;	/* the row has no other */
	bool		is_deferred;	/* out: set in a second step */
} GraphEdge;

/* Levels of nodes that cannot be delivered. */
#define GRAPH_ON_CYCLE		(-1)	/* on a cycle of mandatory references */
#define GRAPH_BEHIND_CYCLE	(-2)	/* on none, but waiting for one */

/* Bytes that osmeta_graph_order needs as workspace, aligned as malloc() does. */
extern size_t osmeta_graph_workspace(int nodes, int edges);

/*
 * Compute level[node] (from 0; a parent's level is below its children's but
 * for deferred edges; sorted by level, then number, nodes are in a stable order of
 * delivery), component[node] (strongly connected component, from
 * 0, parents' before children's) and edges[].is_deferred.  All arrays belong
 * to the caller.
 *
 * An edge of a node to itself is deferred, a mandatory one too, unless it is
 * its identifier: that is a cycle of one.  Of the others, only optional ones
 * on a cycle are, and as few of them as possible, parallel ones counted each.
 * Finding the fewest is hard for large cycles that hang together, so this
 * holds
 *
 * - always, where a block has at most GRAPH_EXACT_ALWAYS (14) nodes,
 * - mostly, where it has at most GRAPH_EXACT_NODES (64): the search has a
 *   budget for the whole graph, linear in nodes plus edges,
 * - beyond it not as a rule: there the number is a small one.
 *
 * A block is a part of a strongly connected component that does not fall
 * apart without any one of its nodes, after the optional edges that stand
 * against a mandatory one are deferred, as they must be; nodes on a cycle of
 * mandatory edges count as one.
 *
 * Returns the number of nodes that stand on a cycle of mandatory edges: 0 is
 * success.  Their level is GRAPH_ON_CYCLE, that of nodes which wait for one
 * of them over edges that are not deferred is GRAPH_BEHIND_CYCLE.  Optional
 * edges between two nodes of such a cycle are deferred.  cycle[node] is the
 * first node of those that are tied together by such cycles; each node that
 * stands on none is its own.
 */
extern int	osmeta_graph_order(int nodes, int edges, GraphEdge *edge,
							   int *level, int *component, int *cycle,
							   void *workspace);

#endif							/* OSMETA_GRAPH_H */
