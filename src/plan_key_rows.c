/*-------------------------------------------------------------------------
 *
 * plan_key_rows.c
 *	  The rows of the view plan_key.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_plan_key_rows);

/*
 * The pairs of identifiers of a plan.  Rows come through a cursor: a plan
 * can have more of them than memory.
 */
Datum
osmeta_plan_key_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			type = INT8OID;
	Datum		plan_id = PG_GETARG_DATUM(0);
	MigrationPlan *plan;
	int			nest_level;

	InitMaterializedSRF(fcinfo, 0);
	nest_level = osmeta_spi_begin(false);
	if (osmeta_query("SELECT plan FROM osmeta.plan WHERE plan_id = $1", 1,
					 &type, &plan_id, NULL) == 0)
	{
		osmeta_spi_end(nest_level);
		return (Datum) 0;
	}
	plan = osmeta_plan_load(osmeta_text_at(0, 1));
	if (strcmp(plan->phase, "planned") != 0)
		osmeta_plan_require_sound(plan);
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		SPIParseOpenOptions options = {.read_only = true};
		Portal		cursor;
		bool		is_staged = strcmp(plan->phase, "planned") != 0 &&
		strcmp(plan->phase, "prepare") != 0 &&
		strcmp(plan->phase, "cleared") != 0;

		if (e->is_data && !is_staged)
			continue;
		cursor = SPI_cursor_parse_open(NULL,
									   psprintf("SELECT %s::osmeta.oskey, k.* FROM (%s) k",
												quote_literal_cstr(e->key),
												osmeta_key_pairs_sql(plan, e)),
									   &options);
		for (;;)
		{
			SPI_cursor_fetch(cursor, true, 1000);
			if (SPI_processed == 0)
				break;
			for (uint64 row = 0; row < SPI_processed; row++)
			{
				Datum		values[3];
				bool		nulls[3];

				heap_deform_tuple(SPI_tuptable->vals[row],
								  SPI_tuptable->tupdesc, values, nulls);
				tuplestore_putvalues(result->setResult, result->setDesc,
									 values, nulls);
			}
			SPI_freetuptable(SPI_tuptable);
		}
		SPI_cursor_close(cursor);
	}
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}
