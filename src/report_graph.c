/*-------------------------------------------------------------------------
 *
 * report_graph.c
 *	  Section of a page about a capture: which module needs which.
 *
 * Few modules are drawn in layers (report_layers.c).  Many, or few that all
 * need each other, would be a ball of wool; the most connected of them become
 * a table instead, consumers down,
 * producers across, in the order of the layers, so that what closes a circle
 * stands below the diagonal.  Modules of the platform are needed by all and
 * are left out.
 *
 *-------------------------------------------------------------------------
 */
#include "report_graph.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "html.h"
#include "report.h"
#include "spi.h"

/*
 * What is still drawn in layers: so many modules and links, of which one in so
 * many may go back; and what a table of links holds.
 */
#define LAYER_NODES 30
#define LAYER_LINKS 90
#define LAYER_BACK 5
#define MATRIX_NODES 40

/* Rows that a list shows. */
#define TOP_UNRESOLVED 30

#define CELL 18
#define ROW_LABEL 170
#define COLUMN_LABEL 118
#define MATRIX_CHARS 22

/* Pixels for a picture in the window of a telephone, a tablet, a desk. */
#define ROOM_NARROW 340
#define ROOM_MIDDLE 900
#define ROOM_WIDE 1130

typedef struct NodePlace
{
	int64		id;				/* key */
	int			number;
} NodePlace;

static int
find_node(ModuleGraph *graph, HTAB *places, int64 id, uint64 row, int column)
{
	bool		found;
	NodePlace  *place = hash_search(places, &id, HASH_ENTER, &found);

	if (!found)
	{
		ModuleNode *node = &graph->nodes[graph->nnodes];

		memset(node, 0, sizeof(ModuleNode));
		node->id = id;
		node->name = osmeta_text_at(row, column);
		if (node->name == NULL || node->name[0] == '\0')
			node->name = "(no name)";
		place->number = graph->nnodes++;
	}
	return place->number;
}

/* The rows of the last query that are between modules of the factory. */
static void
build_graph(ModuleGraph *graph, uint64 rows)
{
	HASHCTL		control;
	HTAB	   *places;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(int64);
	control.entrysize = sizeof(NodePlace);
	control.hcxt = CurrentMemoryContext;
	places = hash_create("modules of a picture", 256, &control,
						 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	memset(graph, 0, sizeof(ModuleGraph));
	graph->nodes = palloc(sizeof(ModuleNode) * (2 * rows + 1));
	graph->links = palloc(sizeof(ModuleLink) * (rows + 1));
	for (uint64 i = 0; i < rows; i++)
	{
		ModuleLink *link = &graph->links[graph->nlinks];

		/* a module that needs itself has no place before itself */
		if (!osmeta_bool_at(i, 7) ||
			osmeta_int64_at(i, 5, NULL) == osmeta_int64_at(i, 6, NULL))
			continue;
		link->consumer = find_node(graph, places, osmeta_int64_at(i, 5, NULL),
								   i, 1);
		link->producer = find_node(graph, places, osmeta_int64_at(i, 6, NULL),
								   i, 2);
		link->references = osmeta_int64_at(i, 3, NULL);
		link->is_back = false;
		graph->nodes[link->consumer].needs++;
		graph->nodes[link->producer].needed_by++;
		graph->nlinks++;
	}
}

static int
compare_connected(const void *a, const void *b)
{
	const ModuleNode *x = *(ModuleNode *const *) a;
	const ModuleNode *y = *(ModuleNode *const *) b;
	int			more = (y->needs + y->needed_by) - (x->needs + x->needed_by);

	return more != 0 ? more : strcmp(x->name, y->name);
}

static int
compare_levels(const void *a, const void *b)
{
	const ModuleNode *x = *(ModuleNode *const *) a;
	const ModuleNode *y = *(ModuleNode *const *) b;

	if (x->level != y->level)
		return x->level > y->level ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Take a module out of what is still to be put in a row. */
static void
take_out(const ModuleGraph *graph, const int *first, const int *touching,
		 int node, int64 *out, int64 *in)
{
	for (int i = first[node]; i < first[node + 1]; i++)
	{
		const ModuleLink *link = &graph->links[touching[i]];

		if (link->consumer == node)
			in[link->producer] -= link->references + 1;
		else
			out[link->consumer] -= link->references + 1;
	}
}

/*
 * Put the modules in a row, consumers first, so that few links go back, and
 * those with few references: what needs nothing that is left goes to the end,
 * what nothing needs to the beginning, and else what needs most and is needed
 * least (Eades, Lin and Smyth).  Gives the place of each.
 */
static int *
order_modules(const ModuleGraph *graph)
{
	int			nnodes = graph->nnodes;
	int		   *place = palloc(sizeof(int) * (nnodes + 1));
	int		   *first = palloc0(sizeof(int) * (nnodes + 2));
	int		   *touching = palloc(sizeof(int) * (2 * graph->nlinks + 1));
	int64	   *out = palloc0(sizeof(int64) * (nnodes + 1));
	int64	   *in = palloc0(sizeof(int64) * (nnodes + 1));
	int			begin = 0;
	int			end = nnodes;

	for (int i = 0; i < graph->nlinks; i++)
	{
		first[graph->links[i].consumer + 1]++;
		first[graph->links[i].producer + 1]++;
		out[graph->links[i].consumer] += graph->links[i].references + 1;
		in[graph->links[i].producer] += graph->links[i].references + 1;
	}
	for (int i = 0; i < nnodes; i++)
	{
		first[i + 1] += first[i];
		place[i] = -1;
	}
	for (int i = graph->nlinks - 1; i >= 0; i--)
	{
		/* filled from the end, so that first stands right afterwards */
		touching[--first[graph->links[i].consumer + 1]] = i;
		touching[--first[graph->links[i].producer + 1]] = i;
	}
	for (int i = 0; i < nnodes; i++)
		first[i] = first[i + 1];
	first[nnodes] = 2 * graph->nlinks;

	while (begin < end)
	{
		int			best = -1;
		bool		is_end = false;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < nnodes && !is_end; i++)
		{
			if (place[i] >= 0)
				continue;
			if (out[i] == 0)
			{
				best = i;
				is_end = true;
			}
			else if (best < 0 || (in[i] == 0 && in[best] > 0) ||
					 ((in[i] == 0 || in[best] > 0) &&
					  out[i] - in[i] > out[best] - in[best]))
				best = i;
		}
		place[best] = is_end ? --end : begin++;
		take_out(graph, first, touching, best, out, in);
	}
	return place;
}

/* Levels, and which links close a circle. */
static void
order_graph(ModuleGraph *graph)
{
	int		   *place = order_modules(graph);
	int		   *at = palloc(sizeof(int) * (graph->nnodes + 1));
	bool		changed = true;

	for (int i = 0; i < graph->nlinks; i++)
		graph->links[i].is_back =
			place[graph->links[i].producer] < place[graph->links[i].consumer];
	for (int i = 0; i < graph->nnodes; i++)
		at[i] = 0;
	/* as many rounds as there are levels */
	while (changed)
	{
		changed = false;
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < graph->nlinks; i++)
		{
			const ModuleLink *link = &graph->links[i];

			if (!link->is_back && at[link->consumer] <= at[link->producer])
			{
				at[link->consumer] = at[link->producer] + 1;
				changed = true;
			}
		}
	}
	for (int i = 0; i < graph->nnodes; i++)
		graph->nodes[i].level = at[i];
}

int
osmeta_graph_matrix(StringInfo buf, const ModuleGraph *graph)
{
	int			shown = Min(graph->nnodes, MATRIX_NODES);
	ModuleNode **nodes = palloc(sizeof(ModuleNode *) * graph->nnodes);
	int		   *place = palloc(sizeof(int) * graph->nnodes);
	int			side = shown * CELL;
	int64		most = 1;

	for (int i = 0; i < graph->nnodes; i++)
	{
		nodes[i] = &graph->nodes[i];
		place[i] = -1;
	}
	qsort(nodes, graph->nnodes, sizeof(ModuleNode *), compare_connected);
	qsort(nodes, shown, sizeof(ModuleNode *), compare_levels);
	for (int i = 0; i < shown; i++)
		place[nodes[i] - graph->nodes] = i;

	for (int i = 0; i < graph->nlinks; i++)
		if (place[graph->links[i].consumer] >= 0 &&
			place[graph->links[i].producer] >= 0)
			most = Max(most, graph->links[i].references);

	appendStringInfo(buf, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
					 " viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Which module needs which\">\n",
					 ROW_LABEL + side + 80, COLUMN_LABEL + side + 2,
					 ROW_LABEL + side + 80, COLUMN_LABEL + side + 2);
	appendStringInfo(buf, "<path class=\"grid\" d=\"M%d %dH%dV%d\" fill=\"none\"/>\n",
					 ROW_LABEL, COLUMN_LABEL + side, ROW_LABEL + side,
					 COLUMN_LABEL);
	for (int i = 0; i < shown; i++)
	{
		int			at = i * CELL;

		appendStringInfo(buf, "<path class=\"grid\" d=\"M%d %dH%dM%d %dV%d\"/>"
						 "<text x=\"%d\" y=\"%d\" text-anchor=\"end\"><title>",
						 ROW_LABEL, COLUMN_LABEL + at, ROW_LABEL + side,
						 ROW_LABEL + at, COLUMN_LABEL, COLUMN_LABEL + side,
						 ROW_LABEL - 6, COLUMN_LABEL + at + 13);
		osmeta_html_text(buf, nodes[i]->name);
		appendStringInfo(buf, ": needs %d, needed by %d</title>",
						 nodes[i]->needs, nodes[i]->needed_by);
		osmeta_report_clip(buf, nodes[i]->name, MATRIX_CHARS);
		appendStringInfo(buf, "</text><text transform=\"translate(%d %d) rotate(-55)\">",
						 ROW_LABEL + at + 12, COLUMN_LABEL - 5);
		osmeta_report_clip(buf, nodes[i]->name, MATRIX_CHARS - 4);
		appendStringInfoString(buf, "</text>\n");
	}
	for (int i = 0; i < graph->nlinks; i++)
	{
		const ModuleLink *link = &graph->links[i];
		int			row = place[link->consumer];
		int			column = place[link->producer];
		int			strength;	/* hundredths */

		if (row < 0 || column < 0)
			continue;
		strength = 20 + (int) (80 * log1p((double) link->references) /
							   log1p((double) most));
		appendStringInfo(buf, "<rect class=\"cell%s\" x=\"%d\" y=\"%d\" width=\"%d\""
						 " height=\"%d\" fill-opacity=\"%d.%02d\"><title>",
						 row > column ? " back" : "",
						 ROW_LABEL + column * CELL + 1,
						 COLUMN_LABEL + row * CELL + 1, CELL - 2, CELL - 2,
						 strength / 100, strength % 100);
		osmeta_html_text(buf, graph->nodes[link->consumer].name);
		appendStringInfoString(buf, " needs ");
		osmeta_html_text(buf, graph->nodes[link->producer].name);
		appendStringInfoString(buf, ": ");
		osmeta_html_count(buf, link->references, "reference", "references");
		appendStringInfoString(buf, "</title></rect>\n");
	}
	appendStringInfoString(buf, "</svg>\n");
	return ROW_LABEL + side + 80;
}

/*
 * Say that a picture has to be scrolled, where the window is too narrow for
 * it: report_style.c knows which windows these are.
 */
static void
append_hint(StringInfo buf, int width)
{
	const char *kind = width > ROOM_WIDE ? " always" :
	width > ROOM_MIDDLE ? " wide" : "";

	if (width > ROOM_NARROW)
		appendStringInfo(buf, "<span class=\"hint%s\">Wider than the window: scroll the picture sideways. </span>",
						 kind);
}

static void
append_picture(Report *report, ModuleGraph *graph, int64 nsystem)
{
	StringInfo	buf = report->buf;
	bool		is_small;
	int			nback = 0;
	int			width;

	if (graph->nlinks == 0)
	{
		osmeta_report_note(report, "No module of this factory needs another one.");
		return;
	}
	order_graph(graph);
	for (int i = 0; i < graph->nlinks; i++)
		if (graph->links[i].is_back)
			nback++;
	is_small = graph->nnodes <= LAYER_NODES &&
		graph->nlinks <= LAYER_LINKS && nback * LAYER_BACK <= graph->nlinks;
	appendStringInfoString(buf, "<figure><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Picture of the dependencies\">\n");
	if (is_small)
		width = osmeta_graph_layers(buf, graph);
	else
		width = osmeta_graph_matrix(buf, graph);
	appendStringInfoString(buf, "</div><figcaption>");
	append_hint(buf, width);
	if (is_small)
		appendStringInfoString(buf, "Each module needs what stands to its right; the thicker a line, the more references. A dashed line closes a circle.");
	else
	{
		appendStringInfoString(buf, "The module of a row needs that of the column; the darker, the more references. What stands below the diagonal closes a circle.");
		if (graph->nnodes > MATRIX_NODES)
		{
			appendStringInfoString(buf, " The " CppAsString2(MATRIX_NODES) " most connected of ");
			osmeta_html_number(buf, graph->nnodes);
			appendStringInfoString(buf, " modules.");
		}
	}
	if (nsystem > 0)
	{
		appendStringInfoString(buf, " Left out: ");
		osmeta_html_count(buf, nsystem, "dependency", "dependencies");
		appendStringInfoString(buf, " of and on modules of the platform.");
	}
	appendStringInfoString(buf, "</figcaption></figure>\n");
}

void
osmeta_report_dependencies(Report *report)
{
	static const ReportColumn columns[] = {
		{"Module", CELL_TEXT},
		{"Needs", CELL_TEXT},
		{"References", CELL_NUMBER},
		{"Uses", CELL_NUMBER},
	};
	ModuleGraph graph;
	uint64		rows;
	uint64		nunresolved = 0;
	int64		nsystem = 0;

	/* what leads nowhere first */
	rows = osmeta_report_query(report,
							   "SELECT d.consumer, d.producer, d.reference_count, d.use_count,"
							   " d.consumer_id * 2 + (d.consumer_kind = 'extension')::integer,"
							   " d.producer_id * 2 + (d.producer_kind = 'extension')::integer,"
							   " NOT s.is_system AND d.producer_id IS NOT NULL, d.is_resolved,"
							   " s.is_system"
							   " FROM osmeta.dependency AS d"
							   " LEFT JOIN osmeta.espace AS c ON c.capture_id = d.capture_id"
							   "  AND d.consumer_kind = 'espace' AND c.espace_id = d.consumer_id"
							   " LEFT JOIN osmeta.espace AS e ON e.capture_id = d.capture_id"
							   "  AND d.producer_kind = 'espace' AND e.espace_id = d.producer_id"
							   " LEFT JOIN osmeta.extension AS x ON x.capture_id = d.capture_id"
							   "  AND d.producer_kind = 'extension'"
							   "  AND x.extension_id = d.producer_id,"
							   " LATERAL (SELECT coalesce(c.is_system, false)"
							   "  OR coalesce(e.is_system, x.is_system, false) AS is_system) AS s"
							   " WHERE d.capture_id = $1"
							   " ORDER BY d.is_resolved, d.consumer COLLATE \"C\","
							   " d.producer COLLATE \"C\", d.consumer_id, d.producer_id");
	if (rows == 0)
	{
		osmeta_report_note(report, "No module needs another one.");
		return;
	}
	for (uint64 i = 0; i < rows; i++)
	{
		if (osmeta_bool_at(i, 9))
			nsystem++;
		if (!osmeta_bool_at(i, 8))
			nunresolved++;
	}
	build_graph(&graph, rows);
	append_picture(report, &graph, nsystem);
	if (nunresolved > 0)
	{
		char	   *statement =
		osmeta_report_statement(&report->side[0], "dependency",
								" AND NOT is_resolved");
		uint64		shown = Min(nunresolved, TOP_UNRESOLVED);

		osmeta_report_fold_begin(report, "Dependencies that lead nowhere, or to what is not active");
		osmeta_report_table(report, NULL, columns, lengthof(columns), 1, 0,
							shown);
		osmeta_report_more(report, shown, nunresolved, statement);
		osmeta_report_fold_end(report);
	}
}
