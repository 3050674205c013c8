/*-------------------------------------------------------------------------
 *
 * plan_map.c
 *	  Pairs of identifiers of rows that are matched and never moved.
 *
 * Both sides are read as they are now, not as they were captured: users come
 * and go every day.  Static records are matched by key here, what belongs to
 * the platform in plan_map_user.c, rows of other entities in plan_natural.c.
 *
 * Whatever is compared has been read here whole before (MATERIALIZED), so
 * that no text is compared by the engine of one side.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_map.h"

#include "utils/builtins.h"

#include "spi.h"

/*
 * Data_Ids are texts in the metamodel.  Where the identifier is a number they
 * are compared as such: '01' is 1.
 */
static void
fill_records(const MigrationPlan *plan)
{
	osmeta_execf("INSERT INTO osmeta.plan_map (plan_id, entity_id, source_id, target_id, label)"
				 " SELECT DISTINCT ON (e.entity_id, i.source_id)"
				 "  e.plan_id, e.entity_id, i.source_id, i.target_id, s.record"
				 " FROM osmeta.plan_entity e"
				 " JOIN %s.static_record s ON s.entity_key OPERATOR(osmeta.=) e.entity_key AND s.is_active"
				 " LEFT JOIN %s.static_record t ON t.entity_key OPERATOR(osmeta.=) e.entity_key"
				 "  AND t.record_key = s.record_key AND t.is_active"
				 " LEFT JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id"
				 "  AND a.entity_id = e.entity_id AND a.is_identifier"
				 " CROSS JOIN LATERAL (SELECT"
				 "  CASE WHEN a.source_type ~ '^(smallint|integer|bigint|numeric)'"
				 "    AND s.data_id ~ '^ *[0-9]{1,38} *$' THEN s.data_id::numeric::text ELSE s.data_id END,"
				 "  CASE WHEN a.target_type ~ '^(smallint|integer|bigint|numeric)'"
				 "    AND t.data_id ~ '^ *[0-9]{1,38} *$' THEN t.data_id::numeric::text ELSE t.data_id END"
				 "  ) i (source_id, target_id)"
				 " WHERE e.plan_id = " INT64_FORMAT
				 "  AND e.key_strategy = 'record' AND i.source_id IS NOT NULL"
				 " ORDER BY e.entity_id, i.source_id, i.target_id"
				 " ON CONFLICT DO NOTHING",
				 plan->source_schema, plan->target_schema, plan->plan_id);
}

/* The first entity of a plan with this strategy; NULL: none. */
const PlanEntity *
osmeta_map_entity(const MigrationPlan *plan, const char *strategy)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		if (!plan->entities[i].is_data &&
			strcmp(plan->entities[i].strategy_name, strategy) == 0)
			return &plan->entities[i];
	}
	return NULL;
}

/*
 * What texts are compared by: where one side is a SQL Server factory, case
 * and trailing blanks do not count.
 */
char *
osmeta_map_folded(const MigrationPlan *plan, const char *value)
{
	if (strcmp(plan->source_dialect, "sqlserver") == 0 ||
		strcmp(plan->target_dialect, "sqlserver") == 0)
		return psprintf("osmeta.fold_name(rtrim((%s)::text, ' '))", value);
	return psprintf("(%s)::text", value);
}

void
osmeta_plan_fill_map(const MigrationPlan *plan)
{
	int			nest_level = osmeta_spi_expect_many();

	/* Pairs by which rows were delivered stay; new ones come. */
	osmeta_execf("DELETE FROM osmeta.plan_map WHERE plan_id = " INT64_FORMAT "%s",
				 plan->plan_id,
				 plan->round > 1 ? " AND target_id IS NULL" : "");
	fill_records(plan);
	osmeta_map_platform(plan);
	osmeta_map_natural(plan);
	osmeta_execf("UPDATE osmeta.plan_entity e SET matched_by = e.key_strategy"
				 " WHERE e.plan_id = " INT64_FORMAT " AND NOT e.is_data"
				 " AND e.matched_by IS DISTINCT FROM e.key_strategy",
				 plan->plan_id);
	/* A run sees to that itself; others may remember the pairs of before. */
	if (strcmp(plan->phase, "planned") == 0)
		osmeta_execf("UPDATE osmeta.plan SET generation = generation + 1 WHERE plan_id = " INT64_FORMAT,
					 plan->plan_id);
	osmeta_plan_forget();
	osmeta_spi_restore(nest_level);
}
