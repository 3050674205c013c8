/*-------------------------------------------------------------------------
 *
 * report_layers.c
 *	  Modules in layers, as inline SVG.
 *
 * Consumers stand on the left, what they need on the right: the column of a
 * module follows from its level.  A link that crosses columns gets a slot in
 * each of them, so that it passes between modules and not through them.
 * Slots are ordered by where their neighbours stand, in sweeps from side to
 * side, then moved towards these as far as their order allows.  All of it is
 * a matter of at most some hundred slots.
 *
 *-------------------------------------------------------------------------
 */
#include "report_graph.h"

#include <math.h>

#include "html.h"
#include "report.h"

#define SWEEPS 12
#define NODE_HEIGHT 26
#define MARGIN 8

/* Width of a character of a label, in tenths. */
#define LETTER_WIDTH 86

typedef struct Slot
{
	int			column;
	int			node;			/* -1: a link passes */
	int			place;			/* in its column, from the top */
	double		y;				/* of its middle */
	double		wish;
} Slot;

typedef struct Layout
{
	int			ncolumns;
	int			node_width;
	int			gap;			/* between columns */
	int			nslots;
	Slot	   *slots;
	int		   *order;			/* slots by column and place */
	int		   *first;			/* of a column in order; ncolumns + 1 of them */
	int			nsegments;		/* pieces of links between columns */
	int		   *left;			/* slots */
	int		   *right;
	int		   *start;			/* first segment of each link */
} Layout;

static int
compare_places(const void *a, const void *b)
{
	const Slot *x = *(Slot *const *) a;
	const Slot *y = *(Slot *const *) b;

	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	if (x->wish != y->wish)
		return x->wish < y->wish ? -1 : 1;
	return x->place < y->place ? -1 : (x->place > y->place ? 1 : 0);
}

/* Order the slots of each column by what they wish. */
static void
sort_slots(Layout *layout)
{
	Slot	  **sorted = palloc(sizeof(Slot *) * layout->nslots);

	for (int i = 0; i < layout->nslots; i++)
		sorted[i] = &layout->slots[i];
	qsort(sorted, layout->nslots, sizeof(Slot *), compare_places);
	for (int i = 0, column = -1; i < layout->nslots; i++)
	{
		while (column < sorted[i]->column)
			layout->first[++column] = i;
		layout->order[i] = (int) (sorted[i] - layout->slots);
	}
	layout->first[layout->ncolumns] = layout->nslots;
	for (int i = 0; i < layout->nslots; i++)
		sorted[i]->place = i - layout->first[sorted[i]->column];
	pfree(sorted);
}

/*
 * The middle of a slot's neighbours on either side or on both: of their
 * places, or of where they stand.
 */
static void
wish_middle(Layout *layout, bool of_left, bool of_right, bool by_place)
{
	double	   *sum = palloc0(sizeof(double) * layout->nslots);
	int		   *count = palloc0(sizeof(int) * layout->nslots);

	for (int i = 0; i < layout->nsegments; i++)
	{
		Slot	   *a = &layout->slots[layout->left[i]];
		Slot	   *b = &layout->slots[layout->right[i]];

		if (of_left)
		{
			sum[layout->right[i]] += by_place ? a->place : a->y;
			count[layout->right[i]]++;
		}
		if (of_right)
		{
			sum[layout->left[i]] += by_place ? b->place : b->y;
			count[layout->left[i]]++;
		}
	}
	for (int i = 0; i < layout->nslots; i++)
	{
		Slot	   *slot = &layout->slots[i];

		slot->wish = count[i] > 0 ? sum[i] / count[i] :
			(by_place ? slot->place : slot->y);
	}
	pfree(sum);
	pfree(count);
}

static double
distance(const Slot *upper, const Slot *lower)
{
	return ((upper->node >= 0 ? NODE_HEIGHT + 10 : 10) +
			(lower->node >= 0 ? NODE_HEIGHT + 10 : 10)) / 2.0;
}

/* Bring slots to where they wish to be, as far as their order allows. */
static void
move_slots(Layout *layout)
{
	for (int column = 0; column < layout->ncolumns; column++)
	{
		int			from = layout->first[column];
		int			to = layout->first[column + 1];
		double		shift = 0;

		for (int i = from; i < to; i++)
		{
			Slot	   *slot = &layout->slots[layout->order[i]];

			slot->y = slot->wish;
			if (i > from)
			{
				Slot	   *above = &layout->slots[layout->order[i - 1]];

				slot->y = Max(slot->y, above->y + distance(above, slot));
			}
			shift += slot->wish - slot->y;
		}
		for (int i = from; i < to; i++)
			layout->slots[layout->order[i]].y += shift / (to - from);
	}
}

static void
make_layout(Layout *layout, const ModuleGraph *graph)
{
	int			levels = 0;
	int			nslots = graph->nnodes;
	int			nsegments = 0;

	for (int i = 0; i < graph->nnodes; i++)
		levels = Max(levels, graph->nodes[i].level + 1);
	for (int i = 0; i < graph->nlinks; i++)
		if (!graph->links[i].is_back)
		{
			int			span = graph->nodes[graph->links[i].consumer].level -
			graph->nodes[graph->links[i].producer].level;

			nslots += span - 1;
			nsegments += span;
		}
	layout->ncolumns = levels;
	/* seven columns are as wide as a page is */
	layout->node_width = levels <= 5 ? 152 : (levels == 6 ? 130 : 116);
	layout->gap = levels <= 5 ? 70 : (levels == 6 ? 62 : 50);
	layout->slots = palloc0(sizeof(Slot) * (nslots + 1));
	layout->order = palloc(sizeof(int) * (nslots + 1));
	layout->first = palloc0(sizeof(int) * (levels + 1));
	layout->left = palloc(sizeof(int) * (nsegments + 1));
	layout->right = palloc(sizeof(int) * (nsegments + 1));
	layout->start = palloc(sizeof(int) * (graph->nlinks + 1));
	for (int i = 0; i < graph->nnodes; i++)
	{
		layout->slots[i].node = i;
		layout->slots[i].column = levels - 1 - graph->nodes[i].level;
		layout->slots[i].place = i;
	}
	layout->nslots = graph->nnodes;
	layout->nsegments = 0;
	for (int i = 0; i < graph->nlinks; i++)
	{
		const ModuleLink *link = &graph->links[i];
		int			at = link->consumer;

		layout->start[i] = layout->nsegments;
		if (link->is_back)
			continue;
		while (layout->slots[at].column + 1 <
			   layout->slots[link->producer].column)
		{
			Slot	   *slot = &layout->slots[layout->nslots];

			slot->node = -1;
			slot->column = layout->slots[at].column + 1;
			slot->place = layout->nslots;
			layout->left[layout->nsegments] = at;
			layout->right[layout->nsegments++] = layout->nslots;
			at = layout->nslots++;
		}
		layout->left[layout->nsegments] = at;
		layout->right[layout->nsegments++] = link->producer;
	}
	sort_slots(layout);
	for (int i = 0; i < SWEEPS; i++)
	{
		wish_middle(layout, i % 2 == 0, i % 2 == 1, true);
		sort_slots(layout);
	}
	for (int i = 0; i < layout->nslots; i++)
		layout->slots[i].wish = layout->slots[i].place * 24;
	move_slots(layout);
	for (int i = 0; i < SWEEPS; i++)
	{
		wish_middle(layout, true, true, false);
		move_slots(layout);
	}
}

static int
x_of(const Layout *layout, const Slot *slot)
{
	return MARGIN + slot->column * (layout->node_width + layout->gap);
}

static int
y_of(const Slot *slot, double top)
{
	return (int) floor(slot->y - top + 0.5);
}

static void
append_link(StringInfo buf, const ModuleGraph *graph, const Layout *layout,
			int i, double top)
{
	const ModuleLink *link = &graph->links[i];
	const Slot *from = &layout->slots[link->consumer];
	const Slot *to = &layout->slots[link->producer];
	int			width = 10;		/* tenths */

	for (int64 n = link->references; n >= 8; n /= 4)
		width = Min(width + 5, 35);
	appendStringInfo(buf, "<path class=\"edge%s\" stroke-width=\"%d.%d\" d=\"M",
					 link->is_back ? " back" : "", width / 10, width % 10);
	if (link->is_back)
	{
		/* from the left side round to what stands on the left, or above */
		int			end = to->column < from->column ?
		x_of(layout, to) + layout->node_width : x_of(layout, to);
		int			bow = to->column < from->column ? 40 : -40;

		appendStringInfo(buf, "%d %dC%d %d %d %d %d %d", x_of(layout, from),
						 y_of(from, top), x_of(layout, from) - 40, y_of(from, top),
						 end + bow, y_of(to, top), end, y_of(to, top));
	}
	else
	{
		int			y = y_of(from, top);

		appendStringInfo(buf, "%d %d", x_of(layout, from) + layout->node_width, y);
		for (int j = layout->start[i]; j < layout->nsegments; j++)
		{
			const Slot *slot = &layout->slots[layout->right[j]];
			int			x = x_of(layout, slot);

			appendStringInfo(buf, "C%d %d %d %d %d %d",
							 x - layout->gap / 2, y, x - layout->gap / 2,
							 y_of(slot, top), x, y_of(slot, top));
			y = y_of(slot, top);
			if (slot == to)
				break;
			appendStringInfo(buf, "H%d", x + layout->node_width);
		}
	}
	appendStringInfoString(buf, "\" marker-end=\"url(#arrow)\"><title>");
	osmeta_html_text(buf, graph->nodes[link->consumer].name);
	appendStringInfoString(buf, " needs ");
	osmeta_html_text(buf, graph->nodes[link->producer].name);
	appendStringInfoString(buf, ": ");
	osmeta_html_count(buf, link->references, "reference", "references");
	appendStringInfoString(buf, "</title></path>\n");
}

int
osmeta_graph_layers(StringInfo buf, const ModuleGraph *graph)
{
	Layout		layout;
	double		top = 0;
	double		bottom = 0;
	int			width;
	int			height;

	make_layout(&layout, graph);
	for (int i = 0; i < layout.nslots; i++)
	{
		top = i == 0 ? layout.slots[i].y : Min(top, layout.slots[i].y);
		bottom = i == 0 ? layout.slots[i].y : Max(bottom, layout.slots[i].y);
	}
	top -= NODE_HEIGHT / 2 + MARGIN;
	width = 2 * MARGIN + layout.ncolumns * (layout.node_width + layout.gap) -
		layout.gap;
	height = (int) (bottom - top) + NODE_HEIGHT / 2 + MARGIN;
	appendStringInfo(buf, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
					 " viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Modules and what they need\">\n"
					 "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\""
					 " markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\""
					 " markerUnits=\"userSpaceOnUse\">"
					 "<path d=\"M0 0L8 4L0 8z\" fill=\"#8496a6\"/></marker></defs>\n",
					 width, height, width, height);
	for (int i = 0; i < graph->nlinks; i++)
		append_link(buf, graph, &layout, i, top);
	for (int i = 0; i < graph->nnodes; i++)
	{
		const Slot *slot = &layout.slots[i];
		const ModuleNode *node = &graph->nodes[i];
		int			y = y_of(slot, top);

		appendStringInfoString(buf, "<g><title>");
		osmeta_html_text(buf, node->name);
		appendStringInfo(buf, ": needs %d, needed by %d</title>"
						 "<rect class=\"node\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>"
						 "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">",
						 node->needs, node->needed_by, x_of(&layout, slot),
						 y - NODE_HEIGHT / 2, layout.node_width, NODE_HEIGHT,
						 x_of(&layout, slot) + layout.node_width / 2, y + 4);
		osmeta_report_clip(buf, node->name, layout.node_width * 10 / LETTER_WIDTH);
		appendStringInfoString(buf, "</text></g>\n");
	}
	appendStringInfoString(buf, "</svg>\n");
	return width;
}
