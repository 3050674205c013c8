/*-------------------------------------------------------------------------
 *
 * graph.c
 *	  The order in which entities are delivered.
 *
 * A row can only be inserted when the rows that it refers to are there.
 * Where references form a cycle, some optional ones are left NULL at first
 * and set in a second step: they are called deferred.  A reference to the
 * own entity is always deferred.
 *
 * Only references inside a strongly connected component can stand on a
 * cycle.  The mandatory ones give an order of all nodes; an optional one
 * inside a component is deferred exactly if it points against that order.
 *
 * Everything is iterative, linear in nodes plus edges, and stable: among
 * nodes that may come next, the one with the smaller number does.
 *
 *-------------------------------------------------------------------------
 */
#include "graph.h"

/*
 * Workspace: first[nodes + 1] and list[edges] hold the edges of each child,
 * or of each parent; then five arrays of a node each.
 */
size_t
osmeta_graph_workspace(int nodes, int edges)
{
	return (size_t) nodes * 6 + 1 + (size_t) edges;
}

/* Counting sort of the edges by child (or by parent), stable. */
static void
group_edges(int nodes, int edges, const GraphEdge *edge, bool by_parent,
			int *first, int *list)
{
	for (int i = 0; i <= nodes; i++)
		first[i] = 0;
	for (int i = 0; i < edges; i++)
		first[by_parent ? edge[i].parent : edge[i].child]++;
	for (int i = 1; i <= nodes; i++)
		first[i] += first[i - 1];
	for (int i = edges - 1; i >= 0; i--)
		list[--first[by_parent ? edge[i].parent : edge[i].child]] = i;
}

/*
 * Tarjan's algorithm with its recursion unrolled.  component[] is filled;
 * index, low, stack, path and next are arrays of a node each.
 */
static void
find_components(int nodes, const GraphEdge *edge, const int *first,
				const int *list, int *component, int *index, int *low,
				int *stack, int *path, int *next)
{
	int			counter = 0;
	int			components = 0;
	int			depth = 0;
	int			held = 0;

	for (int i = 0; i < nodes; i++)
		index[i] = component[i] = -1;

	for (int root = 0; root < nodes; root++)
	{
		if (index[root] >= 0)
			continue;
		path[depth++] = root;
		index[root] = low[root] = counter++;
		next[root] = first[root];
		stack[held++] = root;
		while (depth > 0)
		{
			int			node = path[depth - 1];

			if (next[node] < first[node + 1])
			{
				int			parent = edge[list[next[node]++]].parent;

				if (index[parent] < 0)
				{
					path[depth++] = parent;
					index[parent] = low[parent] = counter++;
					next[parent] = first[parent];
					stack[held++] = parent;
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
					member = stack[--held];
					component[member] = components;
				} while (member != node);
				components++;
			}
		}
	}
}

/*
 * Is the edge one that the order need not respect?  Self references, and
 * optional ones inside a component.
 */
static bool
is_candidate(const GraphEdge *edge, const int *component)
{
	return edge->child == edge->parent ||
		(edge->is_optional && component[edge->child] == component[edge->parent]);
}

/*
 * Kahn's algorithm over the edges that are no candidates; position[] is the
 * node's place in the order, -1 if it is never free to come.  The heap keeps
 * the free node with the smallest number on top.
 */
static int
sort_nodes(int nodes, int edges, const GraphEdge *edge, const int *first,
		   const int *list, const int *component, int *waits, int *heap,
		   int *position)
{
	int			size = 0;
	int			placed = 0;

	for (int i = 0; i < nodes; i++)
	{
		waits[i] = 0;
		position[i] = -1;
	}
	for (int i = 0; i < edges; i++)
	{
		if (!is_candidate(&edge[i], component))
			waits[edge[i].child]++;
	}
	for (int i = 0; i < nodes; i++)
	{
		if (waits[i] == 0)
			heap[size++] = i;	/* ascending, so a heap already */
	}
	while (size > 0)
	{
		int			node = heap[0];
		int			last = heap[--size];
		int			hole = 0;

		while (2 * hole + 1 < size)
		{
			int			child = 2 * hole + 1;

			if (child + 1 < size && heap[child + 1] < heap[child])
				child++;
			if (heap[child] >= last)
				break;
			heap[hole] = heap[child];
			hole = child;
		}
		if (size > 0)
			heap[hole] = last;

		position[node] = placed++;
		for (int i = first[node]; i < first[node + 1]; i++)
		{
			const GraphEdge *e = &edge[list[i]];

			if (is_candidate(e, component) || --waits[e->child] > 0)
				continue;
			hole = size++;
			while (hole > 0 && heap[(hole - 1) / 2] > e->child)
			{
				heap[hole] = heap[(hole - 1) / 2];
				hole = (hole - 1) / 2;
			}
			heap[hole] = e->child;
		}
	}
	return placed;
}

int
osmeta_graph_order(int nodes, int edges, GraphEdge *edge, int *level,
				   int *component, int *workspace)
{
	int		   *first = workspace;
	int		   *list = first + nodes + 1;
	int		   *a = list + edges;
	int		   *b = a + nodes;
	int		   *c = b + nodes;
	int		   *d = c + nodes;
	int		   *e = d + nodes;
	int		   *position = a;
	int		   *order = b;
	int			placed;

	group_edges(nodes, edges, edge, false, first, list);
	find_components(nodes, edge, first, list, component, a, b, c, d, e);

	group_edges(nodes, edges, edge, true, first, list);
	placed = sort_nodes(nodes, edges, edge, first, list, component, c, d,
						position);

	for (int i = 0; i < edges; i++)
		edge[i].is_deferred = is_candidate(&edge[i], component) &&
			(edge[i].child == edge[i].parent ||
			 position[edge[i].parent] < 0 ||
			 position[edge[i].parent] >= position[edge[i].child]);

	/* Longest path: every edge that is left goes from earlier to later. */
	for (int i = 0; i < nodes; i++)
	{
		level[i] = position[i] < 0 ? -1 : 0;
		if (position[i] >= 0)
			order[position[i]] = i;
	}
	for (int i = 0; i < placed; i++)
	{
		int			node = order[i];

		for (int j = first[node]; j < first[node + 1]; j++)
		{
			const GraphEdge *out = &edge[list[j]];

			if (!out->is_deferred && level[out->child] >= 0 &&
				level[out->child] <= level[node])
				level[out->child] = level[node] + 1;
		}
	}
	return nodes - placed;
}
