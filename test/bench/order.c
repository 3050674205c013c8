/*-------------------------------------------------------------------------
 *
 * order.c
 *	  How long the order of a factory's entities takes, by its size.
 *
 * The graph alone, without a server: ten references for each entity, of
 * which four are optional.  Some of those lead back, so that there are
 * cycles: near, as between the entities of a module, or anywhere, so that
 * most of the factory is one component.
 *
 *-------------------------------------------------------------------------
 */
#define _POSIX_C_SOURCE 199309L

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "graph.h"

static unsigned state = 7;

static int
below(int limit)
{
	state = state * 1664525u + 1013904223u;
	return (int) ((state >> 8) % (unsigned) limit);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* Modules of a size (0: one for all), or a chain of neighbours (negative). */
static void
make_edge(GraphEdge *edge, int nodes, int module)
{
	int			child = below(nodes);
	int			first = 0;
	int			size = nodes;
	int			parent;

	if (module > 0)
	{
		first = child / module * module;
		size = nodes - first < module ? nodes - first : module;
		/* two in three lead out of the module, to earlier ones */
		if (below(3) > 0 && first > 0)
		{
			first = 0;
			size = child / module * module;
		}
	}
	parent = module < 0 ? child - 20 + below(41) : first + below(size);
	if (parent < 0 || parent >= nodes)
		parent = child;
	edge->is_optional = below(10) < 4;
	edge->is_identifier = edge->is_deferred = false;
	/* mandatory ones, and three of four optional ones, do not lead back */
	if (parent > child && (!edge->is_optional || below(4) > 0))
	{
		int			other = child;

		child = parent;
		parent = other;
	}
	edge->child = child;
	edge->parent = parent;
}

int
main(void)
{
	static const struct
	{
		const char *name;
		int			module;
	}			shapes[] = {
		{"modules of 10", 10}, {"modules of 40", 40},
		{"modules of 200", 200}, {"neighbours", -1}, {"anywhere", 0},
	};

	printf("%-16s %9s %11s %9s %9s %10s %8s\n", "cycles", "entities",
		   "references", "on cycles", "deferred", "milliseconds", "MB");
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
	{
		for (int nodes = 25000; nodes <= 100000; nodes *= 2)
		{
			int			edges = nodes * 10;
			size_t		size = osmeta_graph_workspace(nodes, edges);
			GraphEdge  *edge = malloc(sizeof(GraphEdge) * (size_t) edges);
			int		   *result = malloc(sizeof(int) * 3 * (size_t) nodes);
			int		   *members = calloc((size_t) nodes, sizeof(int));
			void	   *workspace = malloc(size);
			double		best = 1e9;
			int			on_cycles = 0;
			int			deferred = 0;

			if (!edge || !result || !members || !workspace)
				return 1;
			for (int j = 0; j < edges; j++)
				make_edge(&edge[j], nodes, shapes[i].module);
			for (int round = 0; round < 3; round++)
			{
				double		start = now();

				if (osmeta_graph_order(nodes, edges, edge, result,
									   result + nodes, result + 2 * nodes,
									   workspace) != 0)
					return 1;
				if (now() - start < best)
					best = now() - start;
			}
			for (int j = 0; j < nodes; j++)
				members[result[nodes + j]]++;
			for (int j = 0; j < nodes; j++)
				on_cycles += members[result[nodes + j]] > 1;
			for (int j = 0; j < edges; j++)
				deferred += edge[j].is_deferred &&
					edge[j].child != edge[j].parent;
			printf("%-16s %9d %11d %9d %9d %10.0f %10.0f\n", shapes[i].name,
				   nodes, edges, on_cycles, deferred, best * 1000,
				   (double) size / 1e6);
			free(edge);
			free(result);
			free(members);
			free(workspace);
		}
	}
	return 0;
}
