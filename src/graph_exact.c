/*-------------------------------------------------------------------------
 *
 * graph_exact.c
 *	  The best order of a few nodes on cycles.
 *
 * A set of nodes is a word of 64 bits.  Before anything is searched the graph
 * is made smaller, each time without losing an optimum:
 *
 * - An edge whose parent needs its child over edges that cannot be deferred
 *   is deferred in every order.
 * - Of two nodes that refer to each other one edge is deferred in every
 *   order; only the difference of their weights matters.
 * - What is left falls apart into strongly connected components, each of
 *   which is a problem of its own.
 *
 * A component is searched from the front: a situation is the set of nodes
 * that have been placed, its cost what they deferred, and the cheapest one is
 * looked at next, so the first that is complete is the best.  A node that
 * waits for nothing, or for which nothing waits, is placed at once, and of
 * what remains only one component that waits for no other is tried, so that
 * situations are few: they multiply with what must be deferred rather than
 * with the nodes.  A greedy order comes first, so that nothing is kept which
 * cannot end better.
 *
 *-------------------------------------------------------------------------
 */
#include "graph_exact.h"

#include <stdint.h>
#include <string.h>

#define N			GRAPH_EXACT_NODES
#define SITUATIONS	(1 << 15)	/* room, and limit, of one search */
#define TABLE_SIZE	(2 * SITUATIONS)

#if (1 << GRAPH_EXACT_ALWAYS) > SITUATIONS
#error "no room for all sets of the nodes that are always solved"
#endif

typedef uint64_t Nodes;

#define NODE(i)		((Nodes) 1 << (i))

typedef struct Situation
{
	Nodes		placed;
	int			cost;
	int			from;			/* the one before; -1 at the start */
	int			node;			/* the node that was placed then */
	int			slot;			/* in the table */
	int			heap_at;		/* in the heap, while it waits there */
} Situation;

typedef struct Exact
{
	int			nodes;
	int			weight[N][N];	/* [child][parent], 0: no edge */
	Nodes		must[N];		/* parents over edges that are never deferred */
	Nodes		parents[N];
	Nodes		children[N];
	Nodes		above[N];		/* all that the node waits for */
	int			order[N];		/* the result */
	int			placed;

	Situation	situation[SITUATIONS];
	int			nsituations;
	int			table[TABLE_SIZE];	/* situations by set; -1: free, as all are
									 * between searches */
	int			heap[SITUATIONS];
	int			heap_size;
	CutEdge		edge[N * N];	/* for a first order */
	int			greedy_position[N];
	int64_t		greedy_workspace[];
} Exact;

size_t
osmeta_graph_exact_workspace(void)
{
	return sizeof(Exact) + osmeta_graph_greedy_workspace(N, N * N);
}

void
osmeta_graph_exact_begin(void *workspace)
{
	Exact	   *x = workspace;

	for (int i = 0; i < TABLE_SIZE; i++)
		x->table[i] = -1;
}

/* The lowest node of a set that is not empty. */
static int
lowest(Nodes set)
{
	return __builtin_ctzll(set);
}

/* Complete a relation so that whatever is reached over others is in it. */
static void
close_relation(int nodes, Nodes *set)
{
	for (int k = 0; k < nodes; k++)
		for (int i = 0; i < nodes; i++)
			if (set[i] & NODE(k))
				set[i] |= set[k];
}

/* Read the edges, and take out what needs no search. */
static void
read_graph(Exact *x, int nodes, int edges, const CutEdge *edge)
{
	x->nodes = nodes;
	for (int i = 0; i < nodes; i++)
	{
		memset(x->weight[i], 0, sizeof(int) * (size_t) nodes);
		x->must[i] = x->children[i] = 0;
	}
	for (int i = 0; i < edges; i++)
	{
		if (edge[i].weight == 0)
			x->must[edge[i].child] |= NODE(edge[i].parent);
		else
			x->weight[edge[i].child][edge[i].parent] += edge[i].weight;
	}

	memcpy(x->above, x->must, sizeof(Nodes) * (size_t) nodes);
	close_relation(nodes, x->above);
	for (int i = 0; i < nodes; i++)
	{
		for (int j = 0; j < i; j++)
		{
			int			both = x->weight[i][j] < x->weight[j][i] ?
			x->weight[i][j] : x->weight[j][i];

			x->weight[i][j] -= both;
			x->weight[j][i] -= both;
			if ((x->above[i] & NODE(j)) || (x->above[j] & NODE(i)))
				x->weight[i][j] = x->weight[j][i] = 0;
		}
	}

	for (int i = 0; i < nodes; i++)
	{
		x->parents[i] = x->must[i];
		for (int j = 0; j < nodes; j++)
			if (x->weight[i][j] > 0)
				x->parents[i] |= NODE(j);
	}
	for (int i = 0; i < nodes; i++)
		for (Nodes left = x->parents[i]; left != 0; left &= left - 1)
			x->children[lowest(left)] |= NODE(i);
	memcpy(x->above, x->parents, sizeof(Nodes) * (size_t) nodes);
	close_relation(nodes, x->above);
}

/*
 * Place whatever of the rest waits for nothing, or has nothing waiting for
 * it.  Returns what then remains.  If front is given the nodes are written
 * there, the first kind from the left, the other from the right of back.
 */
static Nodes
place_free(const Exact *x, Nodes rest, int **front, int **back)
{
	bool		again = true;

	while (again)
	{
		again = false;
		for (Nodes left = rest; left != 0; left &= left - 1)
		{
			int			node = lowest(left);

			if ((x->parents[node] & rest) == 0)
			{
				if (front != NULL)
					*(*front)++ = node;
			}
			else if ((x->children[node] & rest) == 0)
			{
				if (front != NULL)
					*--(*back) = node;
			}
			else
				continue;
			rest &= ~NODE(node);
			again = true;
		}
	}
	return rest;
}

/* All of rest that can be reached from a node over a relation. */
static Nodes
reach(const Nodes *relation, int node, Nodes rest)
{
	Nodes		found = 0;
	Nodes		next = relation[node] & rest;

	while (next != 0)
	{
		node = lowest(next);
		found |= NODE(node);
		next = (next | relation[node]) & rest & ~found;
	}
	return found;
}

/*
 * A strongly connected part of rest that waits for nothing else of rest.
 * None of rest is free, so each node waits for some and is waited for.
 */
static Nodes
first_component(const Exact *x, Nodes rest)
{
	int			node = lowest(rest);

	for (;;)
	{
		Nodes		above = reach(x->parents, node, rest);
		Nodes		others = above & ~reach(x->children, node, above);

		if (others == 0)
			return above;		/* all of it waits for the node too */
		node = lowest(others);
		rest = above;
	}
}

/* Which situation is on top: the cheaper one, then the younger. */
static bool
is_before(const Exact *x, int a, int b)
{
	if (x->situation[a].cost != x->situation[b].cost)
		return x->situation[a].cost < x->situation[b].cost;
	return a > b;
}

static void
put_in_heap(Exact *x, int at, int one)
{
	x->heap[at] = one;
	x->situation[one].heap_at = at;
}

/* Let one that has become cheaper, or is new at the end, rise. */
static void
rise_in_heap(Exact *x, int one)
{
	int			hole = x->situation[one].heap_at;

	while (hole > 0 && is_before(x, one, x->heap[(hole - 1) / 2]))
	{
		put_in_heap(x, hole, x->heap[(hole - 1) / 2]);
		hole = (hole - 1) / 2;
	}
	put_in_heap(x, hole, one);
}

static int
pop_heap(Exact *x)
{
	int			top = x->heap[0];
	int			last = x->heap[--x->heap_size];
	int			hole = 0;

	while (2 * hole + 1 < x->heap_size)
	{
		int			child = 2 * hole + 1;

		if (child + 1 < x->heap_size &&
			is_before(x, x->heap[child + 1], x->heap[child]))
			child++;
		if (!is_before(x, x->heap[child], last))
			break;
		put_in_heap(x, hole, x->heap[child]);
		hole = child;
	}
	if (x->heap_size > 0)
		put_in_heap(x, hole, last);
	return top;
}

/* Where a set is, or belongs, in the table. */
static int *
find_slot(Exact *x, Nodes placed)
{
	uint64_t	hash = placed * UINT64_C(0x9e3779b97f4a7c15);
	int			slot = (int) (hash >> 40) & (TABLE_SIZE - 1);

	while (x->table[slot] >= 0 &&
		   x->situation[x->table[slot]].placed != placed)
		slot = (slot + 1) & (TABLE_SIZE - 1);
	return &x->table[slot];
}

/* Note a situation unless it is known at less cost; false: no room. */
static bool
add_situation(Exact *x, Nodes placed, int cost, int from, int node)
{
	int		   *slot = find_slot(x, placed);
	Situation  *one;

	if (*slot < 0)
	{
		if (x->nsituations == SITUATIONS)
			return false;
		*slot = x->nsituations++;
		one = &x->situation[*slot];
		one->placed = placed;
		one->slot = (int) (slot - x->table);
		one->heap_at = x->heap_size++;
	}
	else
	{
		one = &x->situation[*slot];
		/* of one situation's equal steps to the same set the last counts */
		if (one->cost < cost || (one->cost == cost && one->from != from))
			return true;
	}
	one->cost = cost;
	one->from = from;
	one->node = node;
	rise_in_heap(x, *slot);
	return true;
}

/* The order that led to the last situation, behind what is placed. */
static void
write_order(Exact *x, Nodes component, int last)
{
	int			path[N + 1];
	int			length = 0;
	int		   *front = x->order + x->placed;
	int		   *back = front + __builtin_popcountll(component);
	Nodes		rest = component;

	for (; last >= 0; last = x->situation[last].from)
		path[length++] = last;
	x->placed += __builtin_popcountll(component);
	while (length-- > 0)
	{
		int			node = x->situation[path[length]].node;

		if (node >= 0)
		{
			*front++ = node;
			rest &= ~NODE(node);
		}
		rest = place_free(x, rest, &front, &back);
	}
}

/*
 * Search one component for an order that costs less than a known one.  False
 * if there is none, and nothing is done; *gave_up if it was too much to know.
 */
static bool
search(Exact *x, Nodes component, int known, long *budget, bool *gave_up)
{
	bool		is_small =
	__builtin_popcountll(component) <= GRAPH_EXACT_ALWAYS;
	int			goal = -1;

	*gave_up = false;
	x->nsituations = x->heap_size = 0;
	add_situation(x, ~component, 0, -1, -1);
	while (goal < 0 && x->heap_size > 0 && !*gave_up)
	{
		int			now = pop_heap(x);
		Nodes		rest = ~x->situation[now].placed;
		Nodes		left = 0;

		if (rest == 0)
			goal = now;
		else
			left = first_component(x, rest);
		/* from the last, so that of equal ones the first is looked at first */
		while (left != 0 && !*gave_up)
		{
			int			node = N - 1 - __builtin_clzll(left);
			int			cost = x->situation[now].cost;
			Nodes		then;

			left &= ~NODE(node);
			if (x->must[node] & rest)
				continue;
			for (Nodes p = x->parents[node] & rest; p != 0; p &= p - 1)
				cost += x->weight[node][lowest(p)];
			if (cost >= known)
				continue;
			then = place_free(x, rest & ~NODE(node), NULL, NULL);
			/* what then remains is on a cycle, which costs something */
			if (then != 0 && cost + 1 >= known)
				continue;
			*gave_up = (!is_small && --*budget < 0) ||
				!add_situation(x, ~then, cost, now, node);
		}
	}
	if (goal >= 0)
		write_order(x, component, goal);
	for (int i = 0; i < x->nsituations; i++)
		x->table[x->situation[i].slot] = -1;
	return goal >= 0;
}

/*
 * A good order of a component behind what is placed; returns its cost.  The
 * places stay free, so that a better one can still be written there.
 */
static int
order_greedily(Exact *x, Nodes component)
{
	int			number[N];
	int			node[N];
	int			nodes = 0;
	int			edges = 0;
	int			cost = 0;

	for (Nodes left = component; left != 0; left &= left - 1)
	{
		number[lowest(left)] = nodes;
		node[nodes++] = lowest(left);
	}
	for (int i = 0; i < nodes; i++)
	{
		Nodes		left = x->parents[node[i]] & component;

		for (; left != 0; left &= left - 1)
		{
			int			parent = lowest(left);

			x->edge[edges].child = i;
			x->edge[edges].parent = number[parent];
			x->edge[edges++].weight = x->must[node[i]] & NODE(parent) ? 0 :
				x->weight[node[i]][parent];
		}
	}
	osmeta_graph_greedy(nodes, edges, x->edge, x->greedy_position,
						x->greedy_workspace);
	for (int i = 0; i < nodes; i++)
		x->order[x->placed + x->greedy_position[i]] = node[i];
	for (int i = 0; i < edges; i++)
		if (x->greedy_position[x->edge[i].parent] >
			x->greedy_position[x->edge[i].child])
			cost += x->edge[i].weight;
	return cost;
}

/* Order one component behind what is placed; false if not provenly best. */
static bool
order_component(Exact *x, Nodes component, long *budget)
{
	int			known = order_greedily(x, component);
	bool		gave_up;

	if (!search(x, component, known, budget, &gave_up))
		x->placed += __builtin_popcountll(component);
	return !gave_up;
}

bool
osmeta_graph_exact(int nodes, int edges, const CutEdge *edge, int *position,
				   long *budget, void *workspace)
{
	Exact	   *x = workspace;
	bool		is_best = true;
	Nodes		rest = nodes == N ? ~(Nodes) 0 : NODE(nodes) - 1;

	read_graph(x, nodes, edges, edge);
	x->placed = 0;
	while (rest != 0)
	{
		int			node;
		Nodes		component;

		/* the first node whose component waits for no other */
		for (Nodes left = rest;; left &= left - 1)
		{
			node = lowest(left);
			component = NODE(node);
			for (Nodes up = x->above[node] & rest; up != 0; up &= up - 1)
				if (x->above[lowest(up)] & NODE(node))
					component |= NODE(lowest(up));
			if ((x->above[node] & rest & ~component) == 0)
				break;
		}
		rest &= ~component;
		if (component == NODE(node))
			x->order[x->placed++] = node;
		else if (!order_component(x, component, budget))
			is_best = false;
	}
	for (int i = 0; i < nodes; i++)
		position[x->order[i]] = i;
	return is_best;
}
