/*-------------------------------------------------------------------------
 *
 * report_graph.h
 *	  Which module needs which, as a picture.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_REPORT_GRAPH_H
#define OSMETA_REPORT_GRAPH_H

#include "osmeta.h"

#include "lib/stringinfo.h"

typedef struct ModuleNode
{
	int64		id;
	const char *name;
	int			needs;			/* links from it */
	int			needed_by;		/* links to it */
	int			level;			/* what it needs stands lower */
} ModuleNode;

typedef struct ModuleLink
{
	int			consumer;
	int			producer;
	int64		references;
	bool		is_back;		/* it closes a circle */
} ModuleLink;

typedef struct ModuleGraph
{
	int			nnodes;
	int			nlinks;
	ModuleNode *nodes;
	ModuleLink *links;
} ModuleGraph;

/*
 * As inline SVG; the result is its width in pixels.  Levels and is_back must
 * be known.
 */
extern int	osmeta_graph_layers(StringInfo buf, const ModuleGraph *graph);
extern int	osmeta_graph_matrix(StringInfo buf, const ModuleGraph *graph);

#endif							/* OSMETA_REPORT_GRAPH_H */
