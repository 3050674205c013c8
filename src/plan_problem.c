/*-------------------------------------------------------------------------
 *
 * plan_problem.c
 *	  The problems of one plan, for the view plan_problem.
 *
 * What is a problem is said in SQL (src/sql/8*_problem*.sql); here is only
 * seen to it that the planner, which has no statistics of a plan's rows,
 * does not take them for few.
 *
 *-------------------------------------------------------------------------
 */
#include "osmeta.h"

#include "catalog/pg_type.h"
#include "fmgr.h"

#include "compare.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_plan_problem_rows);

Datum
osmeta_plan_problem_rows(PG_FUNCTION_ARGS)
{
	Oid			type = INT8OID;
	Datum		plan_id = PG_GETARG_DATUM(0);
	int			nest_level = osmeta_spi_begin(false);

	(void) osmeta_spi_expect_many();
	osmeta_return_query(fcinfo,
						"SELECT f.severity, f.code, f.object, f.message, f.hint"
						" FROM osmeta.found_problem f WHERE f.plan_id = $1",
						1, &type, &plan_id, NULL);
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}
