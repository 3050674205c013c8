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

/* 18 took this away for pg_noreturn, which stands elsewhere. */
#ifndef pg_attribute_noreturn
#define pg_attribute_noreturn() __attribute__((noreturn))
#endif

/* The macros for varlena left postgres.h with 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* The module that is built; the Makefiles of others say so. */
#ifndef OSMETA_MODULE_NAME
#define OSMETA_MODULE_NAME "osmeta"
#endif

/* PG_MODULE_MAGIC_EXT came with 18. */
#if PG_VERSION_NUM >= 180000
#define OSMETA_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = OSMETA_MODULE_NAME, .version = OSMETA_VERSION)
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

/* Custom scans could always project before 15, and had no flag to say so. */
#if PG_VERSION_NUM < 150000
#define CUSTOMPATH_SUPPORT_PROJECTION 0
#endif

/* What EXPLAIN offers to others stands elsewhere from 18 on. */
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/* The comparator of unsigned abbreviated keys came with 15. */
#if PG_VERSION_NUM < 150000
#include "utils/sortsupport.h"
static inline int
osmeta_datum_unsigned_cmp(Datum x, Datum y, SortSupport ssup)
{
	return x < y ? -1 : (x > y ? 1 : 0);
}
#define ssup_datum_unsigned_cmp osmeta_datum_unsigned_cmp
#endif

/* ExecInsertIndexTuples has one more argument from 16 on. */
#include "executor/executor.h"
static inline List *
osmeta_insert_index_tuples(ResultRelInfo *target, TupleTableSlot *slot,
						   EState *estate)
{
#if PG_VERSION_NUM >= 160000
	return ExecInsertIndexTuples(target, slot, estate, false, false, NULL,
								 NIL, false);
#else
	return ExecInsertIndexTuples(target, slot, estate, false, false, NULL,
								 NIL);
#endif
}

/* InitMaterializedSRF came with 15. */
#if PG_VERSION_NUM < 150000
#include "funcapi.h"
#include "miscadmin.h"

static inline void
InitMaterializedSRF(FunctionCallInfo fcinfo, bits32 flags)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;
	TupleDesc	desc;

	if (result == NULL || !IsA(result, ReturnSetInfo) ||
		(result->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	old = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	result->returnMode = SFRM_Materialize;
	result->setResult = tuplestore_begin_heap(true, false, work_mem);
	result->setDesc = desc;
	MemoryContextSwitchTo(old);
}
#endif

/* One function checks the rights on all kinds of objects from 16 on. */
#include "catalog/pg_foreign_server.h"
#include "utils/acl.h"
static inline AclResult
osmeta_server_aclcheck(Oid server, Oid user, AclMode mode)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ForeignServerRelationId, server, user, mode);
#else
	return pg_foreign_server_aclcheck(server, user, mode);
#endif
}

#endif							/* OSMETA_COMPAT_H */
