/*-------------------------------------------------------------------------
 *
 * plan_baseline.c
 *	  What stood at the target before the push.
 *
 * Number and checksum of the rows of each table that a plan writes, without
 * the plan's own: verify_plan compares.  Rows beyond the highest identifier
 * of that time have come since then and are not compared.
 *
 * All columns of the table count, also those that no attribute names: the
 * plan's schema gets a relation fN that has them.  Before a later round it is
 * noted whether the rows have changed since, and what stands there then is
 * compared from then on.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "utils/builtins.h"

#include "plan_verify.h"
#include "spi.h"

/* A target that is emptied first: what is left is looked at after that. */
static bool
is_wanted(const MigrationPlan *plan)
{
	osmeta_execf("SELECT COALESCE((p.options ->> 'baseline')::boolean, true)"
				 " FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
				 plan->plan_id);
	return osmeta_bool_at(0, 1);
}

/* Columns of the target's table that no attribute names, as a query. */
static char *
other_columns_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	return psprintf("SELECT c.position, 'x' || c.position AS name, c.column_name, c.local_type AS type"
					" FROM %s c WHERE c.table_name = %s AND c.local_type IS NOT NULL"
					" AND NOT EXISTS (SELECT FROM osmeta.plan_attribute a WHERE a.plan_id = " INT64_FORMAT
					"  AND a.entity_id = " INT64_FORMAT " AND a.target_type IS NOT NULL AND a.target_column = c.column_name)",
					osmeta_stage_name(plan, 'f', 0),
					quote_literal_cstr(entity->target_table),
					plan->plan_id, entity->entity_id);
}

/*
 * The relation fN: the columns of tN under the same names, and all others of
 * the target's table as xP, P being the position of the column.  False if it
 * stood already and has the columns that the table has.
 */
static bool
make_relation(const MigrationPlan *plan, const PlanEntity *entity)
{
	char	   *name = osmeta_stage_name(plan, 'f', entity->entity_id);
	char	   *statement;

	if (osmeta_relation_exists(plan, 'f', entity->entity_id))
	{
		osmeta_execf("SELECT (SELECT array_agg(o.name ORDER BY o.name) FROM (%s) o) IS NOT DISTINCT FROM"
					 " (SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_attribute a"
					 "  WHERE a.attrelid = %s::regclass AND NOT a.attisdropped AND a.attname ~ '^x[0-9]+$')",
					 other_columns_sql(plan, entity), quote_literal_cstr(name));
		if (osmeta_bool_at(0, 1))
			return false;
		osmeta_execf("DROP %s %s", plan->target_wrapper ? "FOREIGN TABLE" : "VIEW",
					 name);
	}
	osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), n.remote_schema,"
				 "  %s, %s, 'f" INT64_FORMAT "',"
				 "  jsonb_agg(jsonb_build_object('name', v.name, 'remote_name', v.column_name, 'type', v.type)"
				 "   ORDER BY v.place, v.position), options => n.table_options)"
				 " FROM osmeta.environment n"
				 " CROSS JOIN LATERAL ("
				 "  SELECT 1, a.attribute_no, 'c' || a.attribute_no, a.target_column, a.target_type"
				 "  FROM osmeta.plan_attribute a WHERE a.plan_id = " INT64_FORMAT
				 "   AND a.entity_id = " INT64_FORMAT " AND a.target_type IS NOT NULL"
				 "  UNION ALL"
				 "  SELECT 2, o.* FROM (%s) o"
				 " ) v (place, position, name, column_name, type)"
				 " WHERE n.environment = %s"
				 " GROUP BY n.environment, n.wrapper, n.remote_schema, n.table_options",
				 quote_literal_cstr(entity->target_table),
				 quote_literal_cstr(plan->name), entity->entity_id,
				 plan->plan_id, entity->entity_id,
				 other_columns_sql(plan, entity),
				 quote_literal_cstr(plan->target));
	statement = osmeta_text_at(0, 1);
	osmeta_exec(statement);
	return true;
}

static void
ask_others(const MigrationPlan *plan, const PlanEntity *entity,
		   const char *upper, TargetAnswer *answer)
{
	TargetQuestion question = {0};
	PlanBounds	bounds = {0};

	bounds.is_empty = plan->round == 1;
	if (!bounds.is_empty && entity->is_number)
	{
		osmeta_execf("SELECT min(v.id)::text, max(v.id)::text FROM (%s) v",
					 osmeta_target_id_sql(plan, entity, NULL));
		bounds.lower = osmeta_text_at(0, 1);
		bounds.upper = osmeta_text_at(0, 2);
		bounds.is_empty = bounds.lower == NULL;
	}
	question.whole_table = true;
	question.all_columns = true;
	question.is_delivered = !bounds.is_empty;
	question.with_deferred = true;
	question.others_upper = upper;
	osmeta_target_scan(plan, entity, &bounds, &question, answer);
}

void
osmeta_baselines_begin(const MigrationPlan *plan)
{
	char	   *table = osmeta_stage_name(plan, 'f', 0);

	if (!is_wanted(plan))
		return;
	osmeta_baselines_end(plan);
	osmeta_execf("CREATE TABLE %s AS SELECT c.table_name, c.column_name, c.position, c.local_type"
				 " FROM %s.live_physical_column c WHERE c.table_name IN (SELECT e.target_table"
				 "  FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT " AND e.is_data AND e.include)",
				 table, plan->target_schema, plan->plan_id);
	osmeta_execf("CREATE INDEX ON %s (table_name)", table);
	osmeta_execf("ANALYZE %s", table);
}

void
osmeta_baselines_end(const MigrationPlan *plan)
{
	osmeta_drop_if_exists(plan, 'f', 0);
}

void
osmeta_take_baseline(const MigrationPlan *plan, const PlanEntity *entity)
{
	TargetAnswer answer;
	Baseline	before;
	bool		has_before;
	bool		is_new;

	if (!is_wanted(plan))
		return;
	has_before = plan->round > 1 &&
		osmeta_read_baseline(plan, entity, &before);
	is_new = make_relation(plan, entity);
	ask_others(plan, entity, has_before ? before.upper : NULL, &answer);
	if (has_before)
	{
		char	   *change = is_new ?
		pstrdup("the table had other columns, its rows could not be compared") :
		osmeta_baseline_change(&before, &answer);

		if (change != NULL)
			before.remark = before.remark == NULL ? change :
				psprintf("%s; %s", before.remark, change);
	}
	osmeta_execf("INSERT INTO osmeta.plan_baseline (plan_id, entity_id, rows, checksum, upper_id, remark)"
				 " VALUES (" INT64_FORMAT ", " INT64_FORMAT ", " INT64_FORMAT ", %s, %s, %s)"
				 " ON CONFLICT (plan_id, entity_id) DO UPDATE SET rows = excluded.rows, remark = excluded.remark,"
				 " checksum = excluded.checksum, upper_id = excluded.upper_id, taken_at = excluded.taken_at",
				 plan->plan_id, entity->entity_id,
				 answer.others + answer.newcomers, answer.foreign_checksum,
				 answer.others_highest ? answer.others_highest : "NULL",
				 has_before && before.remark ?
				 quote_literal_cstr(before.remark) : "NULL");
}

bool
osmeta_read_baseline(const MigrationPlan *plan, const PlanEntity *entity,
					 Baseline *baseline)
{
	if (osmeta_execf("SELECT b.rows, b.checksum::text, b.upper_id::text, b.remark FROM osmeta.plan_baseline b"
					 " WHERE b.plan_id = " INT64_FORMAT " AND b.entity_id = " INT64_FORMAT,
					 plan->plan_id, entity->entity_id) == 0)
		return false;
	baseline->rows = osmeta_int64_at(0, 1, NULL);
	baseline->checksum = osmeta_text_at(0, 2);
	baseline->upper = osmeta_text_at(0, 3);
	baseline->remark = osmeta_text_at(0, 4);
	/* Where nothing stood, everything is new. */
	if (baseline->upper == NULL && baseline->rows == 0 && entity->is_number)
		baseline->upper = pstrdup("-9223372036854775808");
	return true;
}

char *
osmeta_baseline_change(const Baseline *baseline, const TargetAnswer *answer)
{
	if (answer->others != baseline->rows)
		return psprintf("rows of others were " INT64_FORMAT " before the push and are " INT64_FORMAT,
						baseline->rows, answer->others);
	if (strcmp(answer->others_checksum, baseline->checksum) != 0)
		return pstrdup("rows of others are not what they were before the push");
	return NULL;
}
