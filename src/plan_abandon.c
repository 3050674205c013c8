/*-------------------------------------------------------------------------
 *
 * plan_abandon.c
 *	  CALL abandon_round: throw away a later round of which nothing has been
 *	  delivered.
 *
 * A round that is refused, because of a value that does not fit or a key that
 * is taken, would be refused again: its rows are in the stage.  Here they go,
 * and the plan is done as it was before the round; the next one reads the
 * source anew.
 *
 * What a round has learned goes too.  References that found their row in it,
 * or a partner of their user, lead nowhere again, since NULL is what stands at
 * the target; up to where the source has been read is not known any more, so
 * the next round reads all identifiers.  Users that have been created stay,
 * as the plan's: undo_plan takes them out.
 *
 * In a large plan this is more than one transaction.  The first one puts the
 * round back to its beginning, so an interrupted attempt loses nothing: the
 * round can be run, or abandoned.
 *
 * Event subscriptions that the round has set aside come back when it has
 * gone.  If that fails, another call does nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "utils/builtins.h"

#include "plan_event.h"
#include "plan_identifier.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_abandon_round);

static void
require_round(const Run *run)
{
	const char *phase = run->plan->phase;
	uint64		rows;

	if (strncmp(phase, "undo", 4) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" is being undone, or has been", run->name)));
	if (strcmp(phase, "planned") == 0 || strcmp(phase, "done") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no round of plan \"%s\" is under way", run->name)));
	if (run->plan->round == 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" is in its first round", run->name),
				 errhint("CALL osmeta.undo_plan(%s) if rows have been delivered, then SELECT osmeta.drop_plan(%s).",
						 quote_literal_cstr(run->name),
						 quote_literal_cstr(run->name))));
	rows = osmeta_execf("SELECT DISTINCT c.phase FROM osmeta.plan_chunk c WHERE c.plan_id = " INT64_FORMAT
						" AND c.round = %d AND c.phase IN ('push', 'second step', 'update')"
						" AND c.state IN ('done', 'prepared')",
						run->plan_id, run->plan->round);
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rows of this round of plan \"%s\" have been delivered, or may have been",
						run->name),
				 errhint("CALL osmeta.run_plan(%s) goes on with it; CALL osmeta.undo_plan(%s) takes out all that the plan has delivered.",
						 quote_literal_cstr(run->name),
						 quote_literal_cstr(run->name))));
}

/*
 * Partners that the round has found for rows which had none: those who refer
 * to them have been noted, and were delivered with NULL.
 */
static void
forget_partners(const MigrationPlan *plan)
{
	osmeta_execf("UPDATE osmeta.plan_map m SET target_id = NULL"
				 " FROM osmeta.plan_dangling d JOIN osmeta.plan_attribute a"
				 "  ON a.plan_id = d.plan_id AND a.entity_id = d.entity_id AND a.attribute_no = d.attribute_no"
				 " WHERE d.plan_id = " INT64_FORMAT " AND d.round < %d AND m.plan_id = d.plan_id"
				 "  AND m.entity_id = a.refers_to_entity_id AND m.source_id = d.source_id"
				 "  AND m.target_id IS NOT NULL",
				 plan->plan_id, plan->round);
	osmeta_execf("DELETE FROM osmeta.plan_dangling d"
				 " WHERE d.plan_id = " INT64_FORMAT " AND (d.round = %d OR EXISTS ("
				 "  SELECT FROM osmeta.plan_attribute a JOIN osmeta.plan_map m"
				 "   ON m.plan_id = a.plan_id AND m.entity_id = a.refers_to_entity_id"
				 "  WHERE a.plan_id = d.plan_id AND a.entity_id = d.entity_id"
				 "   AND a.attribute_no = d.attribute_no AND m.source_id = d.source_id))",
				 plan->plan_id, plan->round);
}

/*
 * References of earlier rounds whose row has come in this one only; and those
 * that had been completed because of a partner, when the round's preparation
 * was committed in between.
 */
static void
note_dangling(const MigrationPlan *plan, const PlanEntity *entity)
{
	bool		has_changes = osmeta_relation_exists(plan, 'u', entity->entity_id);
	int			id = entity->identifier->attribute_no;

	for (int i = 0; i < entity->nreferences; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		char	   *value = psprintf("(%s)::text", osmeta_reference_value(a, "s"));
		char	   *condition;

		if (!osmeta_is_mapped(a) || (!a->refers_to->is_data && !has_changes))
			continue;
		condition = a->refers_to->is_data ?
			psprintf("(EXISTS (SELECT FROM %s r WHERE r.c%d::text = %s AND r.round = %d)%s)",
					 osmeta_stage_name(plan, 'e', a->refers_to->entity_id),
					 a->refers_to->identifier->attribute_no, value, plan->round,
					 !a->refers_to->has_map ? "" :
					 psprintf(" OR EXISTS (SELECT FROM %s m WHERE m.source_id::text = %s AND m.is_existing AND m.round = %d)",
							  osmeta_stage_name(plan, 'm', a->refers_to->entity_id),
							  value, plan->round)) :
			psprintf("EXISTS (SELECT FROM %s k WHERE k.c%d = s.c%d AND k.round < %d)"
					 " AND EXISTS (SELECT FROM osmeta.plan_map m WHERE m.plan_id = " INT64_FORMAT
					 "  AND m.entity_id = " INT64_FORMAT " AND m.source_id = %s AND m.target_id IS NOT NULL)",
					 osmeta_stage_name(plan, 'u', entity->entity_id), id, id,
					 plan->round, plan->plan_id, a->refers_to->entity_id, value);
		osmeta_execf("INSERT INTO osmeta.plan_dangling (plan_id, entity_id, attribute_no, round, source_id, rows)"
					 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", %d, %d, %s, count(*) FROM %s s"
					 " WHERE s.round < %d AND %s AND NOT EXISTS (SELECT FROM osmeta.plan_dangling d"
					 "  WHERE d.plan_id = " INT64_FORMAT " AND d.entity_id = " INT64_FORMAT
					 "   AND d.attribute_no = %d AND d.source_id = %s) GROUP BY 5",
					 plan->plan_id, entity->entity_id, a->attribute_no,
					 plan->round - 1, value,
					 osmeta_stage_name(plan, 'e', entity->entity_id),
					 plan->round, condition, plan->plan_id, entity->entity_id,
					 a->attribute_no, value);
	}
}

/* The rows of the round, and what is known by them; gives their number. */
static uint64
forget_rows(const MigrationPlan *plan, const PlanEntity *entity)
{
	char	   *stage = osmeta_stage_name(plan, 'e', entity->entity_id);
	int			id = entity->identifier->attribute_no;
	uint64		rows;

	rows = osmeta_execf("DELETE FROM %s s WHERE s.round = %d", stage,
						plan->round);
	if (osmeta_relation_exists(plan, 'u', entity->entity_id))
	{
		osmeta_execf("SELECT count(*) FROM %s",
					 osmeta_stage_name(plan, 'u', entity->entity_id));
		rows += (uint64) osmeta_int64_at(0, 1, NULL);
		osmeta_drop_if_exists(plan, 'u', entity->entity_id);
	}
	if (entity->has_map)
	{
		char	   *map = osmeta_stage_name(plan, 'm', entity->entity_id);

		/* partners of rows that a filter leaves out are in no stage */
		osmeta_execf("DELETE FROM %s m WHERE m.round = %d"
					 " OR NOT m.is_existing AND NOT EXISTS (SELECT FROM %s s WHERE s.c%d = m.source_id)",
					 map, plan->round, stage, id);
		osmeta_execf("UPDATE osmeta.plan_entity SET rows_existing = (SELECT count(*) FROM %s m WHERE m.is_existing)"
					 " WHERE plan_id = " INT64_FORMAT " AND entity_id = " INT64_FORMAT
					 " AND rows_existing IS NOT NULL",
					 map, plan->plan_id, entity->entity_id);
	}
	osmeta_execf("UPDATE osmeta.plan_entity e SET rows_expected = s.rows, upper_id = %s,"
				 " delta_seen = e.delta_from, pulled_upper_id = NULL, pulled_rows = NULL, pulled_sum = NULL"
				 " FROM (SELECT count(*) AS rows, max(c%d) AS upper FROM %s) s"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
				 entity->is_number ? "COALESCE(s.upper::bigint, e.upper_id)" : "NULL",
				 id, stage, plan->plan_id, entity->entity_id);
	return rows;
}

static void
abandon(Run *run)
{
	MigrationPlan *plan = run->plan;
	bool		is_large = osmeta_plan_is_large(plan);
	uint64		rows = 0;

	osmeta_execf("UPDATE osmeta.plan SET phase = 'prepare' WHERE plan_id = " INT64_FORMAT,
				 run->plan_id);
	osmeta_execf("DELETE FROM osmeta.plan_chunk WHERE plan_id = " INT64_FORMAT
				 " AND round = %d", run->plan_id, plan->round);
	forget_partners(plan);
	if (is_large)
		osmeta_spi_commit(&run->nest_level);
	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data)
			note_dangling(plan, &plan->entities[i]);
		osmeta_commit_now_and_then(run, i);
	}
	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data)
			rows += forget_rows(plan, &plan->entities[i]);
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_drop_needs(run);
	osmeta_execf("UPDATE osmeta.plan_attribute a SET dangling_rows = COALESCE("
				 "  (SELECT sum(d.rows) FROM osmeta.plan_dangling d WHERE d.plan_id = a.plan_id"
				 "   AND d.entity_id = a.entity_id AND d.attribute_no = a.attribute_no), 0)"
				 " WHERE a.plan_id = " INT64_FORMAT " AND a.dangling_rows IS NOT NULL",
				 run->plan_id);
	osmeta_raise_generation(run);
	run->plan = plan = osmeta_plan_load(run->name);
	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data)
			osmeta_exec(osmeta_stage_view_sql(plan, &plan->entities[i]));
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_execf("UPDATE osmeta.plan SET phase = 'done', round = round - 1 WHERE plan_id = " INT64_FORMAT,
				 run->plan_id);
	ereport(NOTICE,
			(errmsg("plan \"%s\": round %d has been abandoned, rows: " UINT64_FORMAT,
					run->name, plan->round, rows)));
}

/* They were set aside before the round was refused. */
static void
put_events_back(Run *run)
{
	run->plan = osmeta_plan_load(run->name);
	if (!osmeta_has_events_aside(run->plan))
		return;
	run->sink = osmeta_sink_find(run->plan->target_wrapper);
	osmeta_events_back(run);
	osmeta_spi_commit(&run->nest_level);
}

Datum
osmeta_abandon_round(PG_FUNCTION_ARGS)
{
	Run			run = {0};

	osmeta_require_procedure(fcinfo, "abandon_round");
	run.name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	run.nest_level = osmeta_spi_begin(true);
	run.plan = osmeta_plan_load(run.name);
	run.plan_id = run.plan->plan_id;
	osmeta_require_stage(run.plan);
	if (!osmeta_plan_lock(PLAN_LOCK_RUN, run.plan_id, false, false))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("plan \"%s\" is running", run.name),
				 errhint("Wait until it has ended, or cancel the sessions that run it.")));
	PG_TRY();
	{
		/* A run may have ended before the lock was ours. */
		osmeta_spi_commit(&run.nest_level);
		run.plan = osmeta_plan_load(run.name);
		/* a plan that is done has them aside after such a call only */
		if (strcmp(run.plan->phase, "done") != 0 ||
			!osmeta_has_events_aside(run.plan))
		{
			require_round(&run);
			abandon(&run);
			osmeta_spi_commit(&run.nest_level);
		}
		put_events_back(&run);
	}
	PG_FINALLY();
	{
		osmeta_plan_unlock(PLAN_LOCK_RUN, run.plan_id, false);
	}
	PG_END_TRY();

	osmeta_plan_forget();
	osmeta_spi_end(run.nest_level);
	PG_RETURN_NULL();
}
