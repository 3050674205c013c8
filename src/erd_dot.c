/*-------------------------------------------------------------------------
 *
 * erd_dot.c
 *	  Entities and their references as a graph of Graphviz.
 *
 * Entities are tables whose rows are the ends of the lines, espaces are
 * clusters.  Nodes are called by numbers; names stand only in labels that are
 * like HTML, where markup is escaped.  What is referred to by very many would
 * draw a line across everything: it is named in each row that refers to it
 * and drawn once, without lines.
 *
 *-------------------------------------------------------------------------
 */
#include "erd.h"

#include "html.h"

/*
 * In a picture that is not small, lines to an entity outside of the scope are
 * left out if there are more than so many.
 */
#define LINES_OUTSIDE 6

#define INK "#24323f"
#define FAINT "#66788a"
#define FONT "Helvetica,Arial,sans-serif"

static bool
is_broken(const ErdEntity *entity)
{
	return entity->place == ERD_REMOVED || entity->place == ERD_UNKNOWN;
}

static bool
has_lines(const ErdPicture *picture, const ErdEntity *entity)
{
	return entity->place != ERD_OUTSIDE || picture->ninside <= ERD_SMALL ||
		entity->referrers <= LINES_OUTSIDE;
}

static void
append_id(StringInfo buf, const ErdEntity *entity)
{
	osmeta_erd_id(buf, entity->place == ERD_UNKNOWN ? 'u' : 'e', entity->id);
}

/*
 * A reference to the entity's own rows has its rule in the box: a line from a
 * box to itself is drawn through its neighbours and hides their ends.
 */
static void
append_itself(StringInfo buf, const ErdAttribute *attribute)
{
	const char *rule = attribute->delete_rule ? attribute->delete_rule : "";
	bool		is_delete = strcmp(rule, "Delete") == 0;

	appendStringInfoString(buf, "&#8594; itself");
	if (rule[0] == '\0')
		return;
	appendStringInfoString(buf, ", ");
	if (is_delete)
		appendStringInfoString(buf, "</font><font color=\"#b3261e\">");
	osmeta_html_text(buf, rule);
}

static void
append_attribute(StringInfo buf, const ErdPicture *picture,
				 const ErdEntity *entity, const ErdAttribute *attribute)
{
	appendStringInfoString(buf, "<tr><td align=\"left\">");
	if (attribute->is_identifier)
		appendStringInfoString(buf, "<u>");
	osmeta_html_text(buf, osmeta_erd_name(attribute->name));
	if (attribute->is_identifier)
		appendStringInfoString(buf, "</u>");
	if (attribute->is_mandatory && !attribute->is_identifier)
		appendStringInfoString(buf, " *");
	/* the end of its line is on the right, where its parent stands */
	appendStringInfoString(buf, "</td><td align=\"left\" port=\"");
	osmeta_erd_id(buf, 'a', attribute->id);
	appendStringInfoString(buf, "\"><font color=\"" FAINT "\">");
	if (attribute->is_malformed)
		appendStringInfoString(buf, "type cannot be read");
	else if (attribute->target == entity - picture->entities)
		append_itself(buf, attribute);
	else
	{
		if (attribute->target >= 0 &&
			picture->entities[attribute->target].place != ERD_UNKNOWN)
			appendStringInfoString(buf, "&#8594; ");
		osmeta_html_text(buf, osmeta_erd_name(attribute->type));
	}
	appendStringInfoString(buf, "</font></td></tr>\n");
}

static void
append_entity(StringInfo buf, const ErdPicture *picture,
			  const ErdEntity *entity)
{
	const char *fill = entity->is_static ? "#fbe8bf" : "#d5e5f6";

	append_id(buf, entity);
	appendStringInfoString(buf, " [label=<<table border=\"1\" cellborder=\"0\""
						   " cellspacing=\"0\" cellpadding=\"3\""
						   " color=\"" FAINT "\" bgcolor=\"white\">\n"
						   "<tr><td colspan=\"2\" port=\"t\" bgcolor=\"");
	appendStringInfo(buf, "%s\"><b>", fill);
	osmeta_html_text(buf, osmeta_erd_name(entity->name));
	appendStringInfoString(buf, "</b>");
	if (entity->is_static)
		appendStringInfoString(buf, "<font color=\"" FAINT "\"> static</font>");
	if (entity->is_external)
		appendStringInfoString(buf, "<font color=\"" FAINT
							   "\"> external</font>");
	appendStringInfoString(buf, "</td></tr>\n");
	for (int i = 0; i < entity->nattributes; i++)
		append_attribute(buf, picture, entity,
						 &picture->attributes[entity->first + i]);
	appendStringInfoString(buf, "</table>>]\n");
}

/* What is not of the scope: a box, without attributes. */
static void
append_other(StringInfo buf, const ErdPicture *picture,
			 const ErdEntity *entity)
{
	append_id(buf, entity);
	appendStringInfoString(buf, " [shape=box, height=0.3, margin=\"0.12,0.06\","
						   " label=<");
	if (entity->place == ERD_UNKNOWN)
		appendStringInfoString(buf, "unknown entity");
	else
	{
		osmeta_html_text(buf, osmeta_erd_name(entity->owner));
		appendStringInfoString(buf, "<br/><b>");
		osmeta_html_text(buf, osmeta_erd_name(entity->name));
		appendStringInfoString(buf, "</b>");
		if (entity->is_static)
			appendStringInfoString(buf, " static");
	}
	if (entity->place == ERD_REMOVED)
		appendStringInfoString(buf, "<br/>not active");
	if (!has_lines(picture, entity))
		appendStringInfo(buf, "<br/>referred to by %d attributes;"
						 "<br/>lines left out", entity->referrers);
	appendStringInfoString(buf, ">, style=\"filled");
	if (is_broken(entity))
		appendStringInfoString(buf, ",dashed\", fillcolor=\"white\","
							   " color=\"#b3261e\", fontcolor=\"#b3261e\"]\n");
	else
		appendStringInfoString(buf, "\", fillcolor=\"#e6e8ea\","
							   " color=\"#9aa4ae\"]\n");
}

/* From the row of the child to the parent, with the feet of a crow. */
static void
append_reference(StringInfo buf, const ErdPicture *picture,
				 const ErdEntity *child, const ErdAttribute *attribute)
{
	const ErdEntity *parent = &picture->entities[attribute->target];
	const char *rule = attribute->delete_rule ? attribute->delete_rule : "";

	if (parent == child || !has_lines(picture, parent))
		return;
	append_id(buf, child);
	appendStringInfoChar(buf, ':');
	osmeta_erd_id(buf, 'a', attribute->id);
	appendStringInfoString(buf, ":e -> ");
	append_id(buf, parent);
	if (parent->place == ERD_INSIDE)
		appendStringInfoString(buf, ":t:w");
	appendStringInfo(buf, " [arrowtail=%s, arrowhead=%s",
					 attribute->is_identifier ? "teeodot" : "crowodot",
					 attribute->is_mandatory || attribute->is_identifier ?
					 "teetee" : "teeodot");
	if (is_broken(parent))
		appendStringInfoString(buf, ", color=\"#b3261e\", style=dotted");
	else if (strcmp(rule, "Delete") == 0)
		appendStringInfoString(buf, ", color=\"#b3261e\", penwidth=1.6");
	else if (strcmp(rule, "Ignore") == 0)
		appendStringInfoString(buf, ", color=\"#7a8894\", style=dashed");
	/* the many that are not enforced must not stretch a large picture */
	if (picture->ninside > ERD_SMALL && parent->place == ERD_INSIDE &&
		strcmp(rule, "Ignore") == 0)
		appendStringInfoString(buf, ", constraint=false");
	if (picture->ninside <= ERD_SMALL && rule[0] != '\0')
	{
		appendStringInfoString(buf, ", label=<");
		osmeta_html_text(buf, rule);
		appendStringInfoChar(buf, '>');
	}
	appendStringInfoString(buf, "]\n");
}

static void
append_legend(StringInfo buf, const ErdPicture *picture)
{
	appendStringInfoString(buf, "label=<<table border=\"0\" cellspacing=\"6\""
						   " cellpadding=\"0\"><tr><td><b>");
	osmeta_html_text(buf, picture->title);
	appendStringInfoString(buf, "</b></td>"
						   "<td>&#9473; Protect</td>"
						   "<td><font color=\"#b3261e\">&#9473; Delete</font></td>"
						   "<td><font color=\"#7a8894\">&#9476; Ignore (no foreign key)</font></td>"
						   "<td><font color=\"" FAINT "\">* mandatory</font></td>"
						   "<td bgcolor=\"#fbe8bf\"> static </td>"
						   "<td bgcolor=\"#e6e8ea\"> outside </td>"
						   "</tr></table>>\n");
}

void
osmeta_erd_dot(StringInfo buf, const ErdPicture *picture)
{
	const char *owner = NULL;
	int			clusters = 0;

	/*
	 * All attributes of edges are declared, in the order of the alphabet.
	 * Graphviz (2.43 and others) draws a line between neighbours in a graph
	 * of its own, in which they have that order, but looks them up by their
	 * place in ours, and takes a font for the head of an arrow.
	 */
	appendStringInfoString(buf, "digraph erd {\n"
						   "graph [rankdir=LR, fontname=\"" FONT "\","
						   " fontsize=11, fontcolor=\"" INK "\", labelloc=t,"
						   " nodesep=0.22, ranksep=0.9, pad=0.2]\n"
						   "node [shape=plain, fontname=\"" FONT "\","
						   " fontsize=10, fontcolor=\"" INK "\"]\n"
						   "edge [arrowhead=normal, arrowsize=0.7,"
						   " arrowtail=normal, color=\"" INK "\","
						   " constraint=true, dir=both,"
						   " fontcolor=\"" FAINT "\", fontname=\"" FONT "\","
						   " fontsize=8, headport=\"\", label=\"\","
						   " penwidth=1, style=solid, tailport=\"\"]\n");
	append_legend(buf, picture);
	for (int i = 0; i < picture->ninside; i++)
	{
		const ErdEntity *entity = &picture->entities[i];

		if (owner == NULL ||
			strcmp(owner, osmeta_erd_name(entity->owner)) != 0)
		{
			owner = osmeta_erd_name(entity->owner);
			appendStringInfo(buf, "%ssubgraph cluster_%d {\nlabel=<<b>",
							 clusters > 0 ? "}\n" : "", clusters + 1);
			osmeta_html_text(buf, owner);
			appendStringInfoString(buf, "</b>>\nstyle=\"rounded,filled\""
								   " fillcolor=\"#f5f7f9\""
								   " color=\"#c3ccd5\" labeljust=l\n");
			clusters++;
		}
		append_entity(buf, picture, entity);
	}
	if (clusters > 0)
		appendStringInfoString(buf, "}\n");
	for (int i = picture->ninside; i < picture->nentities; i++)
		append_other(buf, picture, &picture->entities[i]);
	for (int i = 0; i < picture->ninside; i++)
	{
		const ErdEntity *child = &picture->entities[i];

		for (int j = 0; j < child->nattributes; j++)
			if (picture->attributes[child->first + j].target >= 0)
				append_reference(buf, picture, child,
								 &picture->attributes[child->first + j]);
	}
	appendStringInfoString(buf, "}\n");
}
