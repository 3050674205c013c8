/*-------------------------------------------------------------------------
 *
 * graph.c
 *	  The order in which entities are delivered.
 *
 * A row can only be inserted when the rows that it refers to are there.
 * Where references form a cycle, some optional ones are left NULL at first
 * and set in a second step: they are called deferred.  A reference to the
 * own entity is always deferred, but for one that is the identifier.
 *
 * Only references inside a strongly connected component can stand on a
 * cycle, and each cycle stays inside one block of it: the components fall
 * apart at nodes that are their only connection, as most do that hang
 * together over a table that everything refers to.  Nodes that mandatory
 * references tie into a cycle have no order; everything else goes on as if
 * each such cycle were one node.  So the edges to defer are chosen block by
 * block, once those that stand against a mandatory one are deferred, by
 * graph_exact.c for small ones and graph_greedy.c for large ones.
 * An order of a block tells which: those that point against it.
 *
 * Everything is iterative, near-linear in nodes plus edges, and stable: the
 * same graph gives the same result on any machine.
 *
 *-------------------------------------------------------------------------
 */
#include "graph.h"

#include <string.h>

#include "graph_exact.h"
#include "graph_greedy.h"
#include "graph_workspace.h"

/* Situations that may be looked at, and how many more for a node or edge. */
#define BUDGET			100000
#define BUDGET_EACH		1

typedef enum EdgeKind
{
	EDGES_ALL,
	EDGES_MANDATORY,
	EDGES_NOT_DEFERRED
} EdgeKind;

typedef struct Graph
{
	int			nodes;
	int			edges;
	GraphEdge  *edge;
	int		   *component;		/* cycles that are left stay inside */
	int		   *inner;			/* room for these, once edges are deferred */
	int		   *group;			/* nodes of one mandatory cycle share it */
	int		   *first;			/* edges by one of their ends, or both */
	int		   *list;			/* two for each edge */
	int		   *a;				/* a node each, for anything */
	int		   *b;
	int		   *c;
	int		   *d;
	int		   *e;
	int		   *number;			/* of groups, within a block */
	int		   *member;
	int		   *place;
	int		   *stack;			/* an edge each */
	CutEdge    *cut;
	char	   *is_used;
	long		budget;
	void	   *exact;
	void	   *greedy;
} Graph;

static size_t
lay_out(Graph *g, int nodes, int edges, char *workspace)
{
	size_t		n = (size_t) nodes + 1;
	size_t		m = (size_t) edges;
	size_t		used = 0;

	g->inner = take(workspace, &used, n, sizeof(int));
	g->first = take(workspace, &used, n, sizeof(int));
	g->list = take(workspace, &used, 2 * m, sizeof(int));
	g->a = take(workspace, &used, n, sizeof(int));
	g->b = take(workspace, &used, n, sizeof(int));
	g->c = take(workspace, &used, n, sizeof(int));
	g->d = take(workspace, &used, n, sizeof(int));
	g->e = take(workspace, &used, n, sizeof(int));
	g->number = take(workspace, &used, n, sizeof(int));
	g->member = take(workspace, &used, n, sizeof(int));
	g->place = take(workspace, &used, n, sizeof(int));
	g->stack = take(workspace, &used, m, sizeof(int));
	g->cut = take(workspace, &used, m, sizeof(CutEdge));
	g->is_used = take(workspace, &used, m, 1);
	g->exact = take(workspace, &used, osmeta_graph_exact_workspace(), 1);
	g->greedy = take(workspace, &used,
					 osmeta_graph_greedy_workspace(nodes, edges), 1);
	return used;
}

size_t
osmeta_graph_workspace(int nodes, int edges)
{
	Graph		g;

	return lay_out(&g, nodes, edges, NULL);
}

/* Counting sort of the edges by child or by parent, stable. */
static void
sort_edges(const Graph *g, bool by_parent)
{
	for (int i = 0; i <= g->nodes; i++)
		g->first[i] = 0;
	for (int i = 0; i < g->edges; i++)
		g->first[by_parent ? g->edge[i].parent : g->edge[i].child]++;
	for (int i = 1; i <= g->nodes; i++)
		g->first[i] += g->first[i - 1];
	for (int i = g->edges - 1; i >= 0; i--)
		g->list[--g->first[by_parent ? g->edge[i].parent :
						   g->edge[i].child]] = i;
}

/*
 * Tarjan's algorithm with its recursion unrolled, over some of the edges,
 * which are sorted by child.  Components are numbered as they are complete,
 * so parents' come first.
 */
static void
find_components(const Graph *g, EdgeKind kind, int *component)
{
	int		   *index = g->a;
	int		   *low = g->b;
	int		   *held = g->c;
	int		   *path = g->d;
	int		   *next = g->e;
	int			counter = 0;
	int			components = 0;
	int			depth = 0;
	int			nheld = 0;

	for (int i = 0; i < g->nodes; i++)
		index[i] = component[i] = -1;

	for (int root = 0; root < g->nodes; root++)
	{
		if (index[root] >= 0)
			continue;
		path[depth++] = root;
		index[root] = low[root] = counter++;
		next[root] = g->first[root];
		held[nheld++] = root;
		while (depth > 0)
		{
			int			node = path[depth - 1];

			if (next[node] < g->first[node + 1])
			{
				const GraphEdge *e = &g->edge[g->list[next[node]++]];
				int			parent = e->parent;

				if ((kind == EDGES_MANDATORY && e->is_optional) ||
					(kind == EDGES_NOT_DEFERRED && e->is_deferred))
					continue;
				if (index[parent] < 0)
				{
					path[depth++] = parent;
					index[parent] = low[parent] = counter++;
					next[parent] = g->first[parent];
					held[nheld++] = parent;
				}
				else if (component[parent] < 0 && index[parent] < low[node])
					low[node] = index[parent];
				continue;
			}

			/* All edges of the node are seen: go back to where it came from. */
			depth--;
			if (depth > 0 && low[node] < low[path[depth - 1]])
				low[path[depth - 1]] = low[node];
			if (low[node] == index[node])
			{
				int			member;

				do
				{
					member = held[--nheld];
					component[member] = components;
				} while (member != node);
				components++;
			}
		}
	}
}

/*
 * Turn the components of mandatory edges into groups: each is called by its
 * first node, so that groups come in the order of nodes.
 */
static void
name_groups(const Graph *g)
{
	int		   *name = g->a;

	for (int i = g->nodes - 1; i >= 0; i--)
		name[g->group[i]] = i;
	for (int i = 0; i < g->nodes; i++)
		g->group[i] = name[g->group[i]];
}

/* Can the edge be on a cycle that deferring an optional edge opens? */
static bool
is_inside(const Graph *g, const GraphEdge *e)
{
	return !e->is_deferred &&
		g->component[e->child] == g->component[e->parent] &&
		g->group[e->child] != g->group[e->parent];
}

/* Sort the edges inside of components by groups, each under both its ends. */
static void
sort_both_ways(const Graph *g)
{
	for (int i = 0; i <= g->nodes; i++)
		g->first[i] = 0;
	for (int i = 0; i < g->edges; i++)
	{
		if (is_inside(g, &g->edge[i]))
		{
			g->first[g->group[g->edge[i].child]]++;
			g->first[g->group[g->edge[i].parent]]++;
		}
	}
	for (int i = 1; i <= g->nodes; i++)
		g->first[i] += g->first[i - 1];
	for (int i = g->edges - 1; i >= 0; i--)
	{
		if (is_inside(g, &g->edge[i]))
		{
			g->list[--g->first[g->group[g->edge[i].child]]] = i;
			g->list[--g->first[g->group[g->edge[i].parent]]] = i;
		}
	}
}

/*
 * Defer the optional edges that stand against a mandatory one, which every
 * order does.  What is left falls apart further, often into nothing.
 */
static void
defer_opposites(Graph *g)
{
	int		   *needs = g->a;	/* the group that needs this one */
	bool		any = false;

	sort_both_ways(g);
	for (int i = 0; i < g->nodes; i++)
		needs[i] = -1;
	for (int i = 0; i < g->nodes; i++)
	{
		for (int j = g->first[i]; j < g->first[i + 1]; j++)
		{
			const GraphEdge *e = &g->edge[g->list[j]];

			if (!e->is_optional && g->group[e->child] == i)
				needs[g->group[e->parent]] = i;
		}
		for (int j = g->first[i]; j < g->first[i + 1]; j++)
		{
			GraphEdge  *e = &g->edge[g->list[j]];

			if (e->is_optional && g->group[e->parent] == i &&
				needs[g->group[e->child]] == i)
				e->is_deferred = any = true;
		}
	}
	if (any)
	{
		sort_edges(g, false);
		find_components(g, EDGES_NOT_DEFERRED, g->inner);
		g->component = g->inner;
	}
}

/* Shell's sort: nothing to allocate, nothing recursive. */
static void
sort_numbers(int *number, int count)
{
	int			gap = 1;

	while (gap < count / 3)
		gap = 3 * gap + 1;
	for (; gap > 0; gap /= 3)
	{
		for (int i = gap; i < count; i++)
		{
			int			held = number[i];
			int			j = i;

			for (; j >= gap && number[j - gap] > held; j -= gap)
				number[j] = number[j - gap];
			number[j] = held;
		}
	}
}

/*
 * Defer what is best in one block, given by its edges.  Its groups are
 * numbered in their own order; number is -1 for all groups before and after.
 */
static void
cut_block(Graph *g, const int *block, int edges)
{
	int		   *number = g->number;
	int		   *member = g->member;
	int			nodes = 0;

	for (int i = 0; i < 2 * edges; i++)
	{
		const GraphEdge *e = &g->edge[block[i / 2]];
		int			group = g->group[i % 2 ? e->parent : e->child];

		if (number[group] < 0)
		{
			number[group] = 0;
			member[nodes++] = group;
		}
	}
	sort_numbers(member, nodes);
	for (int i = 0; i < nodes; i++)
		number[member[i]] = i;
	for (int i = 0; i < edges; i++)
	{
		const GraphEdge *e = &g->edge[block[i]];

		g->cut[i].child = number[g->group[e->child]];
		g->cut[i].parent = number[g->group[e->parent]];
		g->cut[i].weight = e->is_optional ? 1 : 0;
	}
	if (nodes <= GRAPH_EXACT_NODES)
		(void) osmeta_graph_exact(nodes, edges, g->cut, g->place, &g->budget,
								  g->exact);
	else
		osmeta_graph_greedy(nodes, edges, g->cut, g->place, g->greedy);
	for (int i = 0; i < edges; i++)
		g->edge[block[i]].is_deferred =
			g->place[g->cut[i].parent] > g->place[g->cut[i].child];
	for (int i = 0; i < nodes; i++)
		number[member[i]] = -1;
}

/*
 * Hopcroft and Tarjan's algorithm for the blocks of an undirected graph, its
 * recursion unrolled: the edges seen since a node was entered are a block if
 * nothing below it leads above the node that it was entered from.
 */
static void
cut_cycles(Graph *g)
{
	int		   *index = g->a;
	int		   *low = g->b;
	int		   *path = g->c;
	int		   *entered = g->d; /* over which edge; its place on the stack */
	int		   *next = g->e;
	int			counter = 0;
	int			seen = 0;

	sort_both_ways(g);
	memset(g->is_used, 0, (size_t) g->edges);
	for (int i = 0; i < g->nodes; i++)
		index[i] = g->number[i] = -1;

	for (int root = 0; root < g->nodes; root++)
	{
		int			depth = 0;

		if (index[root] >= 0 || g->first[root] == g->first[root + 1])
			continue;
		path[depth++] = root;
		index[root] = low[root] = counter++;
		next[root] = g->first[root];
		while (depth > 0)
		{
			int			node = path[depth - 1];
			int			above;

			if (next[node] < g->first[node + 1])
			{
				int			edge = g->list[next[node]++];
				int			other = g->group[g->edge[edge].child];

				if (other == node)
					other = g->group[g->edge[edge].parent];
				if (g->is_used[edge])
					continue;
				g->is_used[edge] = 1;
				if (index[other] < 0)
				{
					entered[other] = seen;
					path[depth++] = other;
					index[other] = low[other] = counter++;
					next[other] = g->first[other];
				}
				else if (index[other] < low[node])
					low[node] = index[other];
				g->stack[seen++] = edge;
				continue;
			}

			if (--depth == 0)
				break;
			above = path[depth - 1];
			if (low[node] < low[above])
				low[above] = low[node];
			if (low[node] >= index[above])
			{
				cut_block(g, g->stack + entered[node], seen - entered[node]);
				seen = entered[node];
			}
		}
	}
}

/*
 * Kahn's algorithm over the edges that are not deferred: levels are set as
 * longest paths, nodes that never come keep GRAPH_BEHIND_CYCLE.
 */
static void
set_levels(const Graph *g, int *level)
{
	int		   *waits = g->a;
	int		   *queue = g->b;
	int			placed = 0;

	for (int i = 0; i < g->nodes; i++)
	{
		waits[i] = 0;
		level[i] = GRAPH_BEHIND_CYCLE;
	}
	for (int i = 0; i < g->edges; i++)
		if (!g->edge[i].is_deferred)
			waits[g->edge[i].child]++;
	for (int i = 0; i < g->nodes; i++)
	{
		if (waits[i] == 0)
		{
			level[i] = 0;
			queue[placed++] = i;
		}
	}

	/* Nodes come level by level, so the last parent is the highest. */
	for (int i = 0; i < placed; i++)
	{
		int			node = queue[i];

		for (int j = g->first[node]; j < g->first[node + 1]; j++)
		{
			const GraphEdge *e = &g->edge[g->list[j]];

			if (!e->is_deferred && --waits[e->child] == 0)
			{
				level[e->child] = level[node] + 1;
				queue[placed++] = e->child;
			}
		}
	}
}

int
osmeta_graph_order(int nodes, int edges, GraphEdge *edge, int *level,
				   int *component, int *cycle, void *workspace)
{
	Graph		g;
	int			on_cycle = 0;
	int		   *members;

	lay_out(&g, nodes, edges, workspace);
	g.nodes = nodes;
	g.edges = edges;
	g.edge = edge;
	g.component = component;
	g.group = cycle;
	g.budget = BUDGET + BUDGET_EACH * ((long) nodes + edges);
	osmeta_graph_exact_begin(g.exact);

	sort_edges(&g, false);
	find_components(&g, EDGES_ALL, component);
	find_components(&g, EDGES_MANDATORY, g.group);
	name_groups(&g);

	for (int i = 0; i < edges; i++)
		edge[i].is_deferred = edge[i].child == edge[i].parent ?
			!edge[i].is_identifier :
			edge[i].is_optional &&
			g.group[edge[i].child] == g.group[edge[i].parent];
	defer_opposites(&g);
	cut_cycles(&g);

	sort_edges(&g, true);
	set_levels(&g, level);

	members = g.a;
	for (int i = 0; i < nodes; i++)
		members[i] = 0;
	for (int i = 0; i < nodes; i++)
		members[g.group[i]]++;
	for (int i = 0; i < edges; i++)
		if (edge[i].child == edge[i].parent && edge[i].is_identifier)
			members[g.group[edge[i].child]] = nodes + 1;
	for (int i = 0; i < nodes; i++)
	{
		if (members[g.group[i]] > 1)
		{
			level[i] = GRAPH_ON_CYCLE;
			on_cycle++;
		}
	}
	return on_cycle;
}
