/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between the PostgreSQL versions that osmeta supports.
 *
 * This is the only file that looks at PG_VERSION_NUM.  Everything else is
 * written for the newest spelling; what an older server lacks is supplied
 * here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_COMPAT_H
#define OSMETA_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 140000
#error "osmeta needs PostgreSQL 14 or later"
#endif

/* PG_MODULE_MAGIC_EXT came with 18. */
#if PG_VERSION_NUM >= 180000
#define OSMETA_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "osmeta", .version = OSMETA_VERSION)
#else
#define OSMETA_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/*
 * Soft errors: from 16 on, an input function reports through ereturn(), so
 * that pg_input_is_valid() and COPY ... ON_ERROR work.  Before, it is an
 * ordinary error and the value is never returned.
 */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define osmeta_ereturn(context, value, rest) ereturn(context, value, rest)
#else
#define osmeta_ereturn(context, value, rest) \
	do { \
		(void) (context); \
		ereport(ERROR, rest); \
		return value; \
	} while (0)
#endif

/* MarkGUCPrefixReserved came with 15 under that name. */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

#endif							/* OSMETA_COMPAT_H */
