/*-------------------------------------------------------------------------
 *
 * environment.h
 *	  Environments: the factories that are attached.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_ENVIRONMENT_H
#define OSMETA_ENVIRONMENT_H

#include "osmeta.h"

/* A row of osmeta.environment with what its wrapper can do. */
typedef struct OsmetaEnvironment
{
	char	   *name;
	char	   *server;			/* as it is called now; NULL: local */
	char	   *wrapper;		/* NULL: local */
	char	   *remote_schema;
	char	   *dialect;		/* engine of the factory */
	char	   *catalog_dialect;	/* engine whose catalogue is read */
	char	   *schema;			/* here */
	char	   *owner;
	char	   *table_options;	/* as text[] prints; NULL: the wrapper's */
	bool		has_snapshot;	/* true when local: one statement snapshot */
	bool		pushes_aggregates;	/* true when local */
} OsmetaEnvironment;

/*
 * All to be called between osmeta_spi_begin() and osmeta_spi_end().  Returned
 * strings and structs live in the context that was current at
 * osmeta_spi_begin(); the cells of a returned list only until
 * osmeta_spi_end().
 */

/* Error 42704 with a hint if no environment has this name. */
extern OsmetaEnvironment *osmeta_environment_read(const char *name);

/*
 * The same, for whoever reads what attach made.  Error 55000 if the schema or
 * something in it was renamed or moved, 3F000 if it is gone: by its name it
 * would not be found, or be taken for a table that the factory does not have.
 */
extern OsmetaEnvironment *osmeta_environment_open(const char *name);

/*
 * Wait until nobody else attaches or detaches an environment of this name, and
 * let nobody do so until the end of the transaction.
 */
extern void osmeta_share_environment(const char *name);

/*
 * Wait until nobody else attaches an environment or exposes an espace into a
 * schema of this name; held until the end of the transaction.
 */
extern void osmeta_lock_schema(const char *schema);

#endif							/* OSMETA_ENVIRONMENT_H */
