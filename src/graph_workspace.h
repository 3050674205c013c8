/*-------------------------------------------------------------------------
 *
 * graph_workspace.h
 *	  How the files of the graph share out the caller's memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_GRAPH_WORKSPACE_H
#define OSMETA_GRAPH_WORKSPACE_H

#include <stddef.h>

/* Cut the next piece off the workspace; with NULL only count its bytes. */
static inline void *
take(char *workspace, size_t *used, size_t count, size_t size)
{
	void	   *piece = workspace == NULL ? NULL : workspace + *used;

	*used += (count * size + 7) / 8 * 8;
	return piece;
}

#endif							/* OSMETA_GRAPH_WORKSPACE_H */
