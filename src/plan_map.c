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

/* Static records of one side, with how many there are of each key. */
static char *
records_sql(const char *schema, const char *type)
{
	return psprintf("SELECT r.entity_id, r.record_key, r.record, r.id,"
					"  count(*) OVER w AS number,"
					"  array_to_string((array_agg(r.id) OVER w)[1:5], ', ') AS ids"
					" FROM (SELECT DISTINCT e.entity_id, v.record_key, v.record,"
					"   CASE WHEN a.%s ~ '^(smallint|integer|bigint|numeric)' AND v.data_id ~ '^ *[0-9]{1,38} *$'"
					"    THEN v.data_id::numeric::text ELSE v.data_id END AS id"
					"  FROM entity e JOIN %s.static_record v ON v.entity_key OPERATOR(osmeta.=) e.entity_key AND v.is_active"
					"  LEFT JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id"
					"   AND a.entity_id = e.entity_id AND a.is_identifier) r"
					" WHERE r.id IS NOT NULL"
					" WINDOW w AS (PARTITION BY r.entity_id, r.record_key ORDER BY r.id"
					"  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
					type, schema);
}

/*
 * Data_Ids are texts in the metamodel.  Where the identifier is a number they
 * are compared as such: '01' is 1.  Records without key have no partner, and
 * where several share one none is taken for it.
 */
static void
fill_records(const MigrationPlan *plan)
{
	osmeta_execf("WITH entity AS MATERIALIZED (SELECT e.plan_id, e.entity_id, e.entity_key FROM osmeta.plan_entity e"
				 "  WHERE e.plan_id = " INT64_FORMAT " AND e.key_strategy = 'record' AND e.platform_table IS NULL),"
				 " s AS MATERIALIZED (%s), t AS MATERIALIZED (%s)"
				 " INSERT INTO osmeta.plan_map (plan_id, entity_id, source_id, target_id, label, candidates)"
				 " SELECT DISTINCT ON (s.entity_id, s.id)"
				 "  " INT64_FORMAT ", s.entity_id, s.id, CASE WHEN s.number = 1 AND t.number = 1 THEN t.id END, s.record,"
				 "  NULLIF(concat_ws(', ',"
				 "   CASE WHEN s.number > 1 AND s.record_key IS NOT NULL THEN 'the source has it in ids ' || s.ids END,"
				 "   CASE WHEN t.number > 1 THEN 'the target has it in ids ' || t.ids END), '')"
				 " FROM s LEFT JOIN t ON t.entity_id = s.entity_id AND t.record_key = s.record_key"
				 " ORDER BY s.entity_id, s.id, s.number, t.number, t.id"
				 " ON CONFLICT DO NOTHING",
				 plan->plan_id,
				 records_sql(plan->source_schema, "source_type"),
				 records_sql(plan->target_schema, "target_type"),
				 plan->plan_id);
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

/*
 * To SQL Server a reference 'r' leads to the row 'R': the identifiers that
 * are referred to under another spelling become pairs, too.
 */
static void
fill_spellings(const MigrationPlan *plan)
{
	if (strcmp(plan->source_dialect, "sqlserver") != 0)
		return;
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		if (e->is_data || e->is_number || e->identifier == NULL ||
			e->identifier->source_type == NULL ||
			strncmp(e->identifier->source_type, "character varying", 17) != 0)
			continue;
		osmeta_execf("WITH u AS MATERIALIZED (%s), m AS MATERIALIZED (SELECT m.* FROM osmeta.plan_map m"
					 "  WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT ")"
					 " INSERT INTO osmeta.plan_map (plan_id, entity_id, source_id, target_id, label, candidates)"
					 " SELECT DISTINCT ON (u.id) m.plan_id, m.entity_id, u.id, m.target_id, m.label, m.candidates"
					 " FROM u JOIN m ON %s = %s"
					 " WHERE u.id NOT IN (SELECT x.source_id FROM m x)"
					 " ORDER BY u.id, m.source_id ON CONFLICT DO NOTHING",
					 osmeta_map_used_sql(plan, e), plan->plan_id, e->entity_id,
					 osmeta_map_folded(plan, "m.source_id"),
					 osmeta_map_folded(plan, "u.id"));
	}
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
	osmeta_map_definitions(plan);
	osmeta_map_platform(plan);
	osmeta_map_natural(plan);
	fill_spellings(plan);
	osmeta_execf("UPDATE osmeta.plan_entity e SET matched_by = e.key_strategy"
				 " WHERE e.plan_id = " INT64_FORMAT " AND NOT e.is_data"
				 " AND e.matched_by IS DISTINCT FROM e.key_strategy",
				 plan->plan_id);
	/* A run sees to that itself; others may remember the pairs of before. */
	if (strcmp(plan->phase, "planned") == 0)
	{
		osmeta_plan_check_creatable(plan);
		osmeta_execf("UPDATE osmeta.plan SET generation = generation + 1 WHERE plan_id = " INT64_FORMAT,
					 plan->plan_id);
	}
	osmeta_plan_forget();
	osmeta_spi_restore(nest_level);
}
