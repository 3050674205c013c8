/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  Functions whose arguments name captures.
 *
 * What they answer is decided by SQL functions over captured tables, which
 * take ids of captures.  Here an argument "environment" or
 * "environment@capture_id" becomes such an id, the capture is kept from being
 * dropped until the end of the transaction, the views are made to show the
 * captures that were named and no others, and the rows are handed on.
 *
 *-------------------------------------------------------------------------
 */
#include "compare.h"

#include "catalog/pg_type.h"
#include "executor/tstoreReceiver.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "capture.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_match_entity);
PG_FUNCTION_INFO_V1(osmeta_match_attribute);
PG_FUNCTION_INFO_V1(osmeta_match_static_record);
PG_FUNCTION_INFO_V1(osmeta_compare);

static const char *const compare_sql =
"SELECT d.object_kind, d.key, d.path, d.change, d.old_value, d.new_value"
" FROM ("
"  SELECT 1 AS position, o.* FROM osmeta.owner_difference($1, $2) AS o"
"  UNION ALL"
"  SELECT 2, a.* FROM osmeta.application_difference($1, $2) AS a"
"  UNION ALL"
"  SELECT 3, e.* FROM osmeta.entity_difference($1, $2) AS e"
"  UNION ALL"
"  SELECT 4, a.* FROM osmeta.attribute_difference($1, $2) AS a"
"  UNION ALL"
"  SELECT 5, r.* FROM osmeta.record_difference($1, $2) AS r"
"  UNION ALL"
"  SELECT 6, o.* FROM osmeta.espace_object_difference($1, $2) AS o"
"  UNION ALL"
"  SELECT 7, t.* FROM osmeta.table_difference($1, $2) AS t) AS d"
" ORDER BY d.position, array_position(ARRAY['espace', 'extension',"
"  'application', 'application module', 'role', 'process', 'table',"
"  'column'], d.object_kind), d.path COLLATE \"C\","
" d.key COLLATE \"C\", d.change COLLATE \"C\"";

void
osmeta_show_captures(int ncaptures, const int64 *captures)
{
	StringInfoData ids;

	initStringInfo(&ids);
	for (int i = 0; i < ncaptures; i++)
		appendStringInfo(&ids, "%s" INT64_FORMAT, i > 0 ? "," : "",
						 captures[i]);
	(void) set_config_option("osmeta.capture", ids.data,
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	pfree(ids.data);
}

/* An empty tuplestore as the result, with the columns that are expected. */
static Tuplestorestate *
begin_result(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;

	if (result == NULL || !IsA(result, ReturnSetInfo) ||
		(result->allowedModes & SFRM_Materialize) == 0 ||
		result->expectedDesc == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	old = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	result->returnMode = SFRM_Materialize;
	result->setResult =
		tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0,
							  false, work_mem);
	result->setDesc = CreateTupleDescCopy(result->expectedDesc);
	MemoryContextSwitchTo(old);
	return result->setResult;
}

void
osmeta_return_query(FunctionCallInfo fcinfo, const char *sql, int nargs,
					Oid *types, Datum *values, const char *nulls)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SPIExecuteOptions options;
	SPIPlanPtr	plan;
	int			rc;

	memset(&options, 0, sizeof(options));
	options.dest = CreateTuplestoreDestReceiver();
	SetTuplestoreDestReceiverParams(options.dest, begin_result(fcinfo),
									result->econtext->ecxt_per_query_memory,
									true, result->setDesc,
									"columns of the query do not match those of the function");
	options.params = makeParamList(nargs);
	for (int i = 0; i < nargs; i++)
	{
		ParamExternData *param = &options.params->params[i];

		param->value = values[i];
		param->isnull = nulls != NULL && nulls[i] == 'n';
		param->pflags = PARAM_FLAG_CONST;
		param->ptype = types[i];
	}

	CHECK_FOR_INTERRUPTS();
	plan = SPI_prepare(sql, nargs, types);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed (%s): %s",
			 SPI_result_code_string(SPI_result), sql);
	rc = SPI_execute_plan_extended(plan, &options);
	if (rc < 0)
		elog(ERROR, "statement failed (%s): %s", SPI_result_code_string(rc),
			 sql);
	SPI_freeplan(plan);
}

/* The captures that the first arguments name, which the views then show. */
static void
open_captures(FunctionCallInfo fcinfo, int ncaptures, int64 *captures)
{
	for (int i = 0; i < ncaptures; i++)
	{
		char	   *argument = NULL;

		if (!PG_ARGISNULL(i))
			argument = text_to_cstring(PG_GETARG_TEXT_PP(i));
		osmeta_capture_resolve(argument, &captures[i]);
	}
	osmeta_show_captures(ncaptures, captures);
}

Datum
osmeta_return_of_captures(FunctionCallInfo fcinfo, int ncaptures,
						  const char *sql)
{
	int			nest_level = osmeta_spi_begin(false);
	int64		captures[2];
	Datum		values[2];
	Oid			types[2];

	Assert(ncaptures <= (int) lengthof(captures));
	open_captures(fcinfo, ncaptures, captures);
	for (int i = 0; i < ncaptures; i++)
	{
		types[i] = INT8OID;
		values[i] = Int64GetDatum(captures[i]);
	}
	osmeta_return_query(fcinfo, sql, ncaptures, types, values, NULL);
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}

/* Say what cannot be compared, since a factory does not have it. */
static void
tell_uncompared(FunctionCallInfo fcinfo)
{
	int			nest_level = osmeta_spi_begin(false);
	Oid			types[2] = {INT8OID, INT8OID};
	Datum		values[2];
	int64		captures[2];
	uint64		rows;

	open_captures(fcinfo, 2, captures);
	values[0] = Int64GetDatum(captures[0]);
	values[1] = Int64GetDatum(captures[1]);
	rows = osmeta_query("SELECT u.capture_id::text, u.parts"
						" FROM osmeta.uncompared($1, $2) AS u",
						2, types, values, NULL);
	for (uint64 i = 0; i < rows; i++)
		ereport(NOTICE,
				(errmsg("capture %s does not tell: %s", osmeta_text_at(i, 1),
						osmeta_text_at(i, 2)),
				 errdetail("The capture lacks these, or there is nothing in them. They are not compared.")));
	osmeta_spi_end(nest_level);
}

Datum
osmeta_match_entity(PG_FUNCTION_ARGS)
{
	return osmeta_return_of_captures(fcinfo, 2,
									 "SELECT m.* FROM osmeta.matched_entity($1, $2) AS m"
									 " ORDER BY m.source_espace COLLATE \"C\","
									 " m.source_entity COLLATE \"C\","
									 " m.target_espace COLLATE \"C\","
									 " m.target_entity COLLATE \"C\", m.entity_key::text");
}

Datum
osmeta_match_attribute(PG_FUNCTION_ARGS)
{
	return osmeta_return_of_captures(fcinfo, 2,
									 "SELECT m.* FROM osmeta.matched_attribute($1, $2) AS m");
}

Datum
osmeta_match_static_record(PG_FUNCTION_ARGS)
{
	return osmeta_return_of_captures(fcinfo, 2,
									 "SELECT m.* FROM osmeta.matched_record($1, $2) AS m");
}

/* What differs, from modules down to columns. */
Datum
osmeta_compare(PG_FUNCTION_ARGS)
{
	tell_uncompared(fcinfo);
	return osmeta_return_of_captures(fcinfo, 2, compare_sql);
}
