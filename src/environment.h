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

#include "nodes/pg_list.h"

/* A row of osmeta.environment with what its wrapper can do. */
typedef struct OsmetaEnvironment
{
	char	   *name;
	char	   *server;			/* NULL: local */
	char	   *wrapper;		/* NULL: local */
	char	   *remote_schema;
	char	   *dialect;		/* engine of the factory */
	char	   *catalog_dialect;	/* engine whose catalogue is read */
	char	   *schema;			/* here */
	char	   *owner;
	bool		can_insert;		/* true when local */
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
 * The statement that makes schema.relation over one physical table of an
 * environment (found without case), or a list of such statements (char *) for
 * lists of as many tables and relations, in one reading of the catalogue.
 * Columns keep the factory's names (physical_column.local_name); those that
 * are secret or have no type here are left out.  Error 42P01 if the factory
 * has no such table.
 */
extern char *osmeta_physical_relation_sql(const char *environment,
										  const char *table_name,
										  const char *schema,
										  const char *relation);
extern List *osmeta_physical_relations_sql(const char *environment,
										   List *table_names,
										   const char *schema,
										   List *relations);

#endif							/* OSMETA_ENVIRONMENT_H */
