/*-------------------------------------------------------------------------
 *
 * plan_default.c
 *	  What attributes get that only the target has.
 *
 * The model says what a new record has in them, the catalogue what the
 * database puts into a column that an INSERT does not name.  Both are texts
 * in some language; what is a literal is delivered (81_plan_default.sql).
 * What has to be computed is left to the target's own database where a column
 * can be left out of an INSERT: a foreign table names all that it has.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "utils/builtins.h"

#include "spi.h"

void
osmeta_plan_fill_defaults(int64 plan_id, const char *environment,
						  const char *schema)
{
	const char *catalogue = "'[]'::jsonb";
	const char *args[1];

	if (osmeta_execf("SELECT FROM osmeta.plan_attribute WHERE plan_id = " INT64_FORMAT
					 " AND status = 'target only' LIMIT 1", plan_id) == 0)
		return;
	/* An environment that an earlier version attached has no such view. */
	args[0] = environment;
	if (osmeta_query_text("SELECT FROM osmeta.environment n"
						  " JOIN pg_namespace s ON s.nspname = n.schema"
						  " JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = 'live_physical_default'"
						  " WHERE n.environment = $1", 1, args) > 0)
	{
		osmeta_execf("SELECT COALESCE(jsonb_agg(jsonb_build_object('entity_id', a.entity_id,"
					 "  'attribute_no', a.attribute_no, 'definition', d.definition)), '[]')::text"
					 " FROM %s.live_physical_default d"
					 " JOIN osmeta.plan_entity e ON e.plan_id = " INT64_FORMAT " AND e.target_table = d.table_name"
					 " JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id"
					 "  AND a.target_column = d.column_name AND a.status = 'target only'",
					 schema, plan_id);
		catalogue = psprintf("%s::jsonb",
							 quote_literal_cstr(osmeta_text_at(0, 1)));
	}
	osmeta_execf("SELECT osmeta.plan_choose_default(" INT64_FORMAT ", %s)",
				 plan_id, catalogue);
}
