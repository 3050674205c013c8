/*-------------------------------------------------------------------------
 *
 * graph_test.c
 *	  The order of delivery against brute force, on random graphs.
 *
 * Prints TAP.  Stands apart from the server: graph.c is pure.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

#define MAX_NODES 9
#define MAX_EDGES 24

static int	tests;
static int	failures;

static void
check(bool ok, const char *name)
{
	tests++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", tests, name);
}

/* A generator of its own, so that a run can be repeated anywhere. */
static unsigned
next_random(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* reach[a][b]: a path of at least one edge leads from a to b. */
static void
close_paths(int nodes, int edges, const GraphEdge *edge, bool mandatory_only,
			bool reach[MAX_NODES][MAX_NODES])
{
	memset(reach, 0, sizeof(bool) * MAX_NODES * MAX_NODES);
	for (int i = 0; i < edges; i++)
	{
		if (!mandatory_only ||
			(!edge[i].is_optional && edge[i].child != edge[i].parent))
			reach[edge[i].child][edge[i].parent] = true;
	}
	for (int k = 0; k < nodes; k++)
		for (int i = 0; i < nodes; i++)
			for (int j = 0; j < nodes; j++)
				reach[i][j] |= reach[i][k] && reach[k][j];
}

/* What must hold for any graph; NULL if it does. */
static const char *
broken_rule(int nodes, int edges, GraphEdge *edge)
{
	static int	workspace[MAX_NODES * 6 + 1 + MAX_EDGES];
	int			level[MAX_NODES];
	int			component[MAX_NODES];
	bool		reach[MAX_NODES][MAX_NODES];
	bool		must[MAX_NODES][MAX_NODES];
	int			stuck;
	int			expected = 0;

	if (osmeta_graph_workspace(nodes, edges) > sizeof(workspace) / sizeof(int))
		return "workspace";
	stuck = osmeta_graph_order(nodes, edges, edge, level, component,
							   workspace);
	close_paths(nodes, edges, edge, false, reach);
	close_paths(nodes, edges, edge, true, must);

	for (int i = 0; i < nodes; i++)
	{
		bool		is_stuck = must[i][i];

		for (int j = 0; j < nodes; j++)
		{
			bool		same = i == j || (reach[i][j] && reach[j][i]);

			if (same != (component[i] == component[j]))
				return "components are the strongly connected ones";
		}

		/*
		 * A node waits for a cycle also over an optional edge that is not
		 * itself in a component, so a level of -1 is only required of the
		 * nodes on a mandatory cycle, and of those that depend on them.
		 */
		if (is_stuck && level[i] != -1)
			return "nodes on a mandatory cycle have no level";
		expected += level[i] == -1;
	}
	if (expected != stuck)
		return "the number of nodes without a level is returned";
	for (int i = 0; i < edges; i++)
	{
		const GraphEdge *e = &edge[i];

		if (e->child == e->parent)
		{
			if (!e->is_deferred)
				return "a self reference is deferred";
			continue;
		}
		if (e->is_deferred && !e->is_optional)
			return "no mandatory reference is deferred";
		if (e->is_deferred && component[e->child] != component[e->parent])
			return "only references on a cycle are deferred";
		if (level[e->child] >= 0 && !e->is_deferred &&
			(level[e->parent] < 0 || level[e->parent] >= level[e->child]))
			return "a parent comes before its child";
		if (level[e->child] == -1 && stuck == 0)
			return "levels are set";
	}
	if (stuck > 0)
	{
		bool		any = false;

		for (int i = 0; i < nodes; i++)
			any |= must[i][i];
		if (!any)
			return "without a mandatory cycle every node has a level";
	}
	return NULL;
}

static void
test_random_graphs(void)
{
	unsigned	state = 20261121;
	const char *broken = NULL;

	for (int run = 0; run < 200000 && broken == NULL; run++)
	{
		GraphEdge	edge[MAX_EDGES];
		int			nodes = 1 + (int) (next_random(&state) % MAX_NODES);
		int			edges = (int) (next_random(&state) % (MAX_EDGES + 1));

		for (int i = 0; i < edges; i++)
		{
			edge[i].child = (int) (next_random(&state) % (unsigned) nodes);
			edge[i].parent = (int) (next_random(&state) % (unsigned) nodes);
			edge[i].is_optional = next_random(&state) % 3 != 0;
		}
		broken = broken_rule(nodes, edges, edge);
	}
	if (broken != NULL)
		printf("# broken: %s\n", broken);
	check(broken == NULL, "200,000 random graphs agree with brute force");
}

/* A cycle of two whose one reference is optional: only that is deferred. */
static void
test_cycle_of_two(void)
{
	GraphEdge	edge[2] = {{0, 1, false, false}, {1, 0, true, false}};
	int			level[2];
	int			component[2];
	int			workspace[32];

	check(osmeta_graph_order(2, 2, edge, level, component, workspace) == 0 &&
		  !edge[0].is_deferred && edge[1].is_deferred &&
		  level[1] == 0 && level[0] == 1,
		  "of a cycle the optional reference is deferred");
	edge[1].is_optional = false;
	check(osmeta_graph_order(2, 2, edge, level, component, workspace) == 2 &&
		  level[0] == -1 && level[1] == -1,
		  "a cycle of mandatory references is reported");
}

/* As deep as a recursion would not go. */
static void
test_long_chain(void)
{
	int			nodes = 1000000;
	GraphEdge  *edge = malloc(sizeof(GraphEdge) * (size_t) nodes);
	int		   *level = malloc(sizeof(int) * (size_t) nodes);
	int		   *component = malloc(sizeof(int) * (size_t) nodes);
	int		   *workspace = malloc(sizeof(int) *
								   osmeta_graph_workspace(nodes, nodes));
	bool		ok = edge && level && component && workspace;

	for (int i = 0; ok && i < nodes; i++)
		edge[i] = (GraphEdge)
	{
		i, (i + 1) % nodes, i == nodes - 1, false
	};
	ok = ok && osmeta_graph_order(nodes, nodes, edge, level, component,
								  workspace) == 0;
	check(ok && level[0] == nodes - 1 && level[nodes - 1] == 0 &&
		  edge[nodes - 1].is_deferred && component[0] == component[nodes - 1],
		  "a cycle of a million entities is ordered without recursion");
	free(edge);
	free(level);
	free(component);
	free(workspace);
}

int
main(void)
{
	test_cycle_of_two();
	test_random_graphs();
	test_long_chain();
	printf("1..%d\n", tests);
	return failures > 0;
}
