/*-------------------------------------------------------------------------
 *
 * graph_greedy.c
 *	  A good order of nodes on cycles, in near-linear time.
 *
 * Which edges to leave out so that no cycle is left, and as few as possible,
 * is as hard as any problem in NP.  Here an order is made whose backward
 * edges are few, for graphs that are too large for graph_exact.c.
 *
 * First greedily, as Eades, Lin and Smyth do: what waits for nothing comes
 * next, what nothing waits for comes last, and where there is neither, the
 * node comes next for which the most wait against what it would wait for.
 * Edges that may not be deferred make a node wait until they are satisfied.
 *
 * Then each node that has a backward edge moves to the best place between
 * its neighbours, in rounds, for as long as that helps.  A place between two
 * nodes is a number between their labels, so that a move costs what the node
 * has of edges, whatever the distance.
 *
 *-------------------------------------------------------------------------
 */
#include "graph_greedy.h"
#include "graph_workspace.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* Rounds of moves; most graphs are at rest after four. */
#define ROUNDS	12

/* What a neighbour does to the cost of a node that moves behind it. */
typedef struct Step
{
	int64_t		label;
	int			node;
	int			change;
} Step;

typedef struct Greedy
{
	int			nodes;
	int			edges;
	const CutEdge *edge;
	int		   *up_first;		/* edges to parents, by child */
	int		   *up;
	int		   *down_first;		/* edges from children, by parent */
	int		   *down;

	/* choosing */
	int		   *must_wait;		/* parents not placed, by edges of weight 0 */
	int		   *may_wait;		/* weight of the other ones */
	int		   *waited_for;		/* weight of children not placed */
	int		   *head;			/* lists of nodes of one balance */
	int		   *tail;
	int		   *list;			/* the list of a node, -1 if in none */
	int		   *next;
	int		   *prev;
	int		   *source;			/* queues */
	int		   *sink;
	int			nsources;
	int			nsinks;
	int			top;			/* no list above has nodes */
	int			front;			/* places taken from the left */
	int			back;			/* first place taken from the right */
	int		   *position;

	/* moving; next and prev chain all nodes, nodes stands for both ends */
	int64_t    *label;
	Step	   *step;
} Greedy;

static size_t
lay_out(Greedy *g, int nodes, int edges, char *workspace)
{
	size_t		n = (size_t) nodes + 1;
	size_t		m = (size_t) edges;
	size_t		used = 0;

	g->label = take(workspace, &used, n, sizeof(int64_t));
	g->step = take(workspace, &used, m, sizeof(Step));
	g->up_first = take(workspace, &used, n, sizeof(int));
	g->up = take(workspace, &used, m, sizeof(int));
	g->down_first = take(workspace, &used, n, sizeof(int));
	g->down = take(workspace, &used, m, sizeof(int));
	g->must_wait = take(workspace, &used, n, sizeof(int));
	g->may_wait = take(workspace, &used, n, sizeof(int));
	g->waited_for = take(workspace, &used, n, sizeof(int));
	g->head = take(workspace, &used, 2 * m + 1, sizeof(int));
	g->tail = take(workspace, &used, 2 * m + 1, sizeof(int));
	g->list = take(workspace, &used, n, sizeof(int));
	g->next = take(workspace, &used, n, sizeof(int));
	g->prev = take(workspace, &used, n, sizeof(int));
	g->source = take(workspace, &used, n, sizeof(int));
	g->sink = take(workspace, &used, n, sizeof(int));
	return used;
}

size_t
osmeta_graph_greedy_workspace(int nodes, int edges)
{
	Greedy		g;

	return lay_out(&g, nodes, edges, NULL);
}

/* Counting sort of the edges by one end, stable. */
static void
sort_edges(const Greedy *g, bool by_parent, int *first, int *sorted)
{
	for (int i = 0; i <= g->nodes; i++)
		first[i] = 0;
	for (int i = 0; i < g->edges; i++)
		first[by_parent ? g->edge[i].parent : g->edge[i].child]++;
	for (int i = 1; i <= g->nodes; i++)
		first[i] += first[i - 1];
	for (int i = g->edges - 1; i >= 0; i--)
		sorted[--first[by_parent ? g->edge[i].parent :
					   g->edge[i].child]] = i;
}

/* ---------------------------------------------------------------------------
 * choosing
 * ---------------------------------------------------------------------------
 */
static void
take_off(Greedy *g, int node)
{
	int			list = g->list[node];

	if (list < 0)
		return;
	if (g->prev[node] >= 0)
		g->next[g->prev[node]] = g->next[node];
	else
		g->head[list] = g->next[node];
	if (g->next[node] >= 0)
		g->prev[g->next[node]] = g->prev[node];
	else
		g->tail[list] = g->prev[node];
	g->list[node] = -1;
}

/*
 * Put a node that is not placed where it now belongs: one that must wait
 * for nothing is in the list of its balance.
 */
static void
file_node(Greedy *g, int node)
{
	int			balance = g->waited_for[node] - g->may_wait[node];
	int			list;

	if (g->must_wait[node] > 0)
		return;
	list = g->edges +
		(balance > g->edges ? g->edges :
		 balance < -g->edges ? -g->edges : balance);
	if (g->list[node] == list)
		return;
	take_off(g, node);
	g->list[node] = list;
	g->next[node] = -1;
	g->prev[node] = g->tail[list];
	if (g->tail[list] >= 0)
		g->next[g->tail[list]] = node;
	else
		g->head[list] = node;
	g->tail[list] = node;
	if (list > g->top)
		g->top = list;
}

/* Take a node out of the graph; who is left without edges is next. */
static void
place(Greedy *g, int node, bool at_front)
{
	take_off(g, node);
	g->position[node] = at_front ? g->front++ : --g->back;
	for (int i = g->down_first[node]; i < g->down_first[node + 1]; i++)
	{
		const CutEdge *e = &g->edge[g->down[i]];
		int			child = e->child;

		if (g->position[child] >= 0)
			continue;
		if (e->weight == 0)
			g->must_wait[child]--;
		else
			g->may_wait[child] -= e->weight;
		if (g->must_wait[child] == 0 && g->may_wait[child] == 0)
			g->source[g->nsources++] = child;
		file_node(g, child);
	}
	for (int i = g->up_first[node]; i < g->up_first[node + 1]; i++)
	{
		const CutEdge *e = &g->edge[g->up[i]];
		int			parent = e->parent;

		if (g->position[parent] >= 0)
			continue;
		g->waited_for[parent] -= e->weight == 0 ? 1 : e->weight;
		if (g->waited_for[parent] == 0)
			g->sink[g->nsinks++] = parent;
		file_node(g, parent);
	}
}

static void
choose_order(Greedy *g)
{
	int			sources_done = 0;
	int			sinks_done = 0;

	g->nsources = g->nsinks = 0;
	g->top = 0;
	g->front = 0;
	g->back = g->nodes;
	for (int i = 0; i <= 2 * g->edges; i++)
		g->head[i] = g->tail[i] = -1;
	for (int i = 0; i < g->nodes; i++)
	{
		g->must_wait[i] = g->may_wait[i] = g->waited_for[i] = 0;
		g->position[i] = g->list[i] = -1;
	}
	for (int i = 0; i < g->edges; i++)
	{
		const CutEdge *e = &g->edge[i];

		if (e->weight == 0)
			g->must_wait[e->child]++;
		else
			g->may_wait[e->child] += e->weight;
		g->waited_for[e->parent] += e->weight == 0 ? 1 : e->weight;
	}
	for (int i = 0; i < g->nodes; i++)
	{
		if (g->must_wait[i] == 0 && g->may_wait[i] == 0)
			g->source[g->nsources++] = i;
		else if (g->waited_for[i] == 0)
			g->sink[g->nsinks++] = i;
		file_node(g, i);
	}

	while (g->front < g->back)
	{
		int			node;
		bool		at_front = true;

		if (sources_done < g->nsources)
			node = g->source[sources_done++];
		else if (sinks_done < g->nsinks)
		{
			node = g->sink[sinks_done++];
			at_front = false;
		}
		else
		{
			while (g->head[g->top] < 0)
				g->top--;
			node = g->head[g->top];
		}
		if (g->position[node] < 0)
			place(g, node, at_front);
	}
}

/* ---------------------------------------------------------------------------
 * moving
 * ---------------------------------------------------------------------------
 */

/* Labels with room between them, along the chain. */
static void
set_labels(Greedy *g)
{
	int64_t		label = 0;
	int64_t		distance = INT64_MAX / ((int64_t) g->nodes + 2);

	for (int node = g->next[g->nodes]; node != g->nodes; node = g->next[node])
		g->label[node] = label += distance;
}

static void
move_behind(Greedy *g, int node, int other)
{
	int64_t		lower;
	int64_t		upper;

	g->next[g->prev[node]] = g->next[node];
	g->prev[g->next[node]] = g->prev[node];
	g->next[node] = g->next[other];
	g->prev[node] = other;
	g->prev[g->next[node]] = node;
	g->next[other] = node;

	lower = other == g->nodes ? 0 : g->label[other];
	upper = g->next[node] == g->nodes ? INT64_MAX : g->label[g->next[node]];
	g->label[node] = lower + (upper - lower) / 2;
	if (g->label[node] == lower)
		set_labels(g);
}

/* Shell's sort, by label: nothing to allocate, nothing recursive. */
static void
sort_steps(Step *step, int count)
{
	int			gap = 1;

	while (gap < count / 3)
		gap = 3 * gap + 1;
	for (; gap > 0; gap /= 3)
	{
		for (int i = gap; i < count; i++)
		{
			Step		held = step[i];
			int			j = i;

			for (; j >= gap && step[j - gap].label > held.label; j -= gap)
				step[j] = step[j - gap];
			step[j] = held;
		}
	}
}

/*
 * Move a node to where its backward edges weigh least; false if it stands
 * there.  Neighbours by edges of weight 0 are limits that are not crossed.
 */
static bool
move_node(Greedy *g, int node)
{
	int64_t		here = g->label[node];
	int64_t		lower = 0;
	int64_t		upper = INT64_MAX;
	int			behind = g->nodes;	/* the limit below */
	int			cost = 0;
	int			change = 0;
	int			best = 0;
	int			steps = 0;
	int			now = 0;

	for (int i = g->up_first[node]; i < g->up_first[node + 1]; i++)
	{
		const CutEdge *e = &g->edge[g->up[i]];
		int64_t		label = g->label[e->parent];

		if (e->weight == 0 && label > lower)
		{
			lower = label;
			behind = e->parent;
		}
		else if (e->weight > 0 && label > here)
			cost += e->weight;
	}
	for (int i = g->down_first[node]; i < g->down_first[node + 1]; i++)
	{
		const CutEdge *e = &g->edge[g->down[i]];
		int64_t		label = g->label[e->child];

		if (e->weight == 0 && label < upper)
			upper = label;
		else if (e->weight > 0 && label < here)
			cost += e->weight;
	}
	if (cost == 0)
		return false;

	for (int i = g->up_first[node]; i < g->up_first[node + 1]; i++)
	{
		const CutEdge *e = &g->edge[g->up[i]];
		int64_t		label = g->label[e->parent];

		if (e->weight > 0 && label > lower && label < upper)
		{
			g->step[steps].label = label;
			g->step[steps].node = e->parent;
			g->step[steps++].change = -e->weight;
		}
	}
	for (int i = g->down_first[node]; i < g->down_first[node + 1]; i++)
	{
		const CutEdge *e = &g->edge[g->down[i]];
		int64_t		label = g->label[e->child];

		if (e->weight > 0 && label > lower && label < upper)
		{
			g->step[steps].label = label;
			g->step[steps].node = e->child;
			g->step[steps++].change = e->weight;
		}
	}
	sort_steps(g->step, steps);

	/*
	 * Costs against the place right behind the lower limit.  Several edges
	 * lead to one neighbour: what stands between them is no place.
	 */
	for (int i = 0; i < steps; i++)
	{
		change += g->step[i].change;
		if (g->step[i].label < here)
			now = change;
		if ((i + 1 == steps || g->step[i + 1].node != g->step[i].node) &&
			change < best)
		{
			best = change;
			behind = g->step[i].node;
		}
	}
	if (best >= now)
		return false;
	move_behind(g, node, behind);
	return true;
}

static void
improve_order(Greedy *g)
{
	bool		moved = true;
	int			node = g->nodes;

	/* The chain, by way of the node at each place. */
	for (int i = 0; i < g->nodes; i++)
		g->list[g->position[i]] = i;
	for (int i = 0; i < g->nodes; i++)
	{
		g->next[node] = g->list[i];
		g->prev[g->list[i]] = node;
		node = g->list[i];
	}
	g->next[node] = g->nodes;
	g->prev[g->nodes] = node;
	set_labels(g);

	for (int round = 0; round < ROUNDS && moved; round++)
	{
		moved = false;
		for (int i = 0; i < g->nodes; i++)
			moved |= move_node(g, i);
	}

	node = g->next[g->nodes];
	for (int i = 0; node != g->nodes; node = g->next[node])
		g->position[node] = i++;
}

void
osmeta_graph_greedy(int nodes, int edges, const CutEdge *edge, int *position,
					void *workspace)
{
	Greedy		g;

	lay_out(&g, nodes, edges, workspace);
	g.nodes = nodes;
	g.edges = edges;
	g.edge = edge;
	g.position = position;
	sort_edges(&g, false, g.up_first, g.up);
	sort_edges(&g, true, g.down_first, g.down);
	choose_order(&g);
	improve_order(&g);
}
