/*-------------------------------------------------------------------------
 *
 * dialect.h
 *	  The database engines that a factory can run on.
 *
 * Needs no backend.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_DIALECT_H
#define OSMETA_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum Dialect
{
	DIALECT_SQLSERVER,
	DIALECT_ORACLE,
	DIALECT_ORACLE8,			/* Oracle, table names by the older rule */
	DIALECT_POSTGRES
} Dialect;

/* The valid names, for a hint. */
#define DIALECT_NAMES	"sqlserver, oracle, oracle8, postgres"

/* The dialect of this name, exactly as written; false if there is none. */
extern bool osmeta_dialect_parse(const char *name, size_t len,
								 Dialect *dialect);

#endif							/* OSMETA_DIALECT_H */
