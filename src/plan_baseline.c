/*-------------------------------------------------------------------------
 *
 * plan_baseline.c
 *	  What stood at the target before the push.
 *
 * Number and checksum of the rows of each table that a plan writes, without
 * the plan's own: verify_plan compares.  Rows beyond the highest identifier
 * of that time have come since then and are not compared.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_verify.h"

#include "utils/builtins.h"

#include "spi.h"

/* A target that is emptied first has no rows of others. */
static bool
is_wanted(const MigrationPlan *plan)
{
	osmeta_execf("SELECT COALESCE((p.options ->> 'baseline')::boolean, true)"
				 " AND COALESCE(p.options ->> 'existing', 'append') <> 'delete'"
				 " FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
				 plan->plan_id);
	return osmeta_bool_at(0, 1);
}

void
osmeta_take_baseline(const MigrationPlan *plan, const PlanEntity *entity)
{
	TargetQuestion question = {0};
	TargetAnswer answer;
	PlanBounds	bounds = {0};

	if (!is_wanted(plan))
		return;
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
	question.is_delivered = !bounds.is_empty;
	question.with_deferred = true;
	osmeta_target_scan(plan, entity, &bounds, &question, &answer);
	osmeta_execf("INSERT INTO osmeta.plan_baseline (plan_id, entity_id, rows, checksum, upper_id)"
				 " VALUES (" INT64_FORMAT ", " INT64_FORMAT ", " INT64_FORMAT ", %s, %s)"
				 " ON CONFLICT (plan_id, entity_id) DO UPDATE SET rows = excluded.rows,"
				 " checksum = excluded.checksum, upper_id = excluded.upper_id, taken_at = excluded.taken_at",
				 plan->plan_id, entity->entity_id, answer.others,
				 answer.others_checksum,
				 answer.others_highest ? answer.others_highest : "NULL");
}

bool
osmeta_read_baseline(const MigrationPlan *plan, const PlanEntity *entity,
					 int64 *rows, char **checksum, char **upper)
{
	if (osmeta_execf("SELECT b.rows, b.checksum::text, b.upper_id::text FROM osmeta.plan_baseline b"
					 " WHERE b.plan_id = " INT64_FORMAT " AND b.entity_id = " INT64_FORMAT,
					 plan->plan_id, entity->entity_id) == 0)
		return false;
	*rows = osmeta_int64_at(0, 1, NULL);
	*checksum = osmeta_text_at(0, 2);
	*upper = osmeta_text_at(0, 3);
	/* Where nothing stood, everything is new. */
	if (*upper == NULL && *rows == 0 && entity->is_number)
		*upper = pstrdup("-9223372036854775808");
	return true;
}
