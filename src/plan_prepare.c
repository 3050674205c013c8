/*-------------------------------------------------------------------------
 *
 * plan_prepare.c
 *	  What happens between two phases of a run.
 *
 * Before the pull, the source is cut into ranges of identifiers; before the
 * push, the maps are made, everything is checked that can only be known now,
 * counters are moved, and the stage is cut into pieces.  Each of these is one
 * transaction, done by whichever session holds the lock of the phase.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/plancache.h"

#include "plan_verify.h"
#include "spi.h"

static void
set_phase(const Run *run, const char *phase)
{
	osmeta_execf("UPDATE osmeta.plan SET phase = %s,"
				 " started_at = COALESCE(started_at, clock_timestamp())%s"
				 " WHERE plan_id = " INT64_FORMAT, quote_literal_cstr(phase),
				 strcmp(phase, "done") == 0 ?
				 ", finished_at = clock_timestamp()" : "",
				 run->plan_id);
}

/* Context of errors in what the user wrote into the plan. */
static void
pull_context(void *arg)
{
	const PlanEntity *entity = arg;

	errcontext("filter and transforms of %s", osmeta_entity_label(entity));
}

/*
 * Have the pull of an entity analysed before anything runs: a filter that
 * names no column is found while the plan can still be edited.
 */
static void
try_pull_statement(const MigrationPlan *plan, PlanEntity *entity)
{
	ErrorContextCallback context;
	SPIPlanPtr	prepared;
	Query	   *query;

	context.callback = pull_context;
	context.arg = entity;
	context.previous = error_context_stack;
	error_context_stack = &context;
	prepared = SPI_prepare(osmeta_pull_query_sql(plan, entity, "true", NULL), 0,
						   NULL);
	if (prepared == NULL)
		elog(ERROR, "statement cannot be prepared: %s",
			 SPI_result_code_string(SPI_result));
	query = linitial_node(Query,
						  ((CachedPlanSource *) linitial(SPI_plan_get_plan_sources(prepared)))->query_list);
	if (query->hasTargetSRFs || query->hasAggs || query->hasWindowFuncs)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a transform must give one value for each row"),
				 errdetail("Set-returning functions, aggregates and window functions would give more or fewer rows than there are."),
				 errhint("Use an expression over the attributes of the row, or a subquery that gives one value.")));
	SPI_freeplan(prepared);
	prepared = SPI_prepare(osmeta_pull_sql(plan, entity, "true", NULL), 0,
						   NULL);
	if (prepared == NULL)
		elog(ERROR, "statement cannot be prepared: %s",
			 SPI_result_code_string(SPI_result));
	SPI_freeplan(prepared);
	error_context_stack = context.previous;
}

/*
 * Every so many entities of a large plan, commit: each relation that is
 * touched is a lock until then, and there are not enough for all.
 */
void
osmeta_commit_now_and_then(Run *run, int entity)
{
	if (osmeta_plan_is_large(run->plan) && (entity + 1) % osmeta_plan_batch() == 0)
		osmeta_run_commit(run);
	CHECK_FOR_INTERRUPTS();
}

/* Wait for edits that are not committed; later ones wait for us. */
static void
hold_plan(const Run *run)
{
	osmeta_execf("SELECT FROM osmeta.plan WHERE plan_id = " INT64_FORMAT
				 " FOR UPDATE", run->plan_id);
}

static void
make_stage(const MigrationPlan *plan, PlanEntity *entity)
{
	osmeta_exec(osmeta_stage_table_sql(plan, entity, 'e'));
	try_pull_statement(plan, entity);
}

/* From where, and up to where, a round reads by what the user has named. */
static void
mark_deltas(const Run *run)
{
	for (int i = 0; i < run->plan->nentities; i++)
	{
		if (run->plan->entities[i].is_data)
			osmeta_mark_delta(run, &run->plan->entities[i]);
	}
}

/* A plan may be large to the server of today only. */
static bool
has_unread(const MigrationPlan *plan)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		if (!plan->entities[i].is_read)
			return true;
	}
	return false;
}

/* What create_plan reads of a plan that is not large. */
static void
read_tables(Run *run)
{
	int			batch = osmeta_plan_batch();

	for (int i = 0; i < run->plan->nentities; i++)
	{
		osmeta_plan_read(run->plan, i, 1, false);
		if (i % batch == 0)
			osmeta_counters_read(run->plan, i, batch);
		osmeta_commit_now_and_then(run, i);
	}
}

/*
 * Check the plan once more.  From the next phase on it cannot be edited.
 */
void
osmeta_prepare_run(Run *run)
{
	hold_plan(run);
	run->plan = osmeta_plan_load(run->name);
	osmeta_plan_order(run->plan_id);
	osmeta_plan_pull_rules(run->plan_id);
	osmeta_plan_refresh(run->plan);
	osmeta_plan_read_catalogue(run->plan, CATALOGUE_RIGHTS);
	osmeta_check_problems(run);
	if (osmeta_plan_is_large(run->plan) || has_unread(run->plan))
	{
		read_tables(run);
		hold_plan(run);
		run->plan = osmeta_plan_load(run->name);
		osmeta_plan_order(run->plan_id);
		osmeta_plan_fill_map(run->plan);
		osmeta_plan_judge_samples(run->plan);
		osmeta_plan_choose_offsets(run->plan);
	}
	run->plan = osmeta_plan_load(run->name);
	osmeta_check_problems(run);
	osmeta_plan_require_sound(run->plan);
	osmeta_check_mask_secret(run->plan);
	osmeta_check_conversions(run);
	if (!osmeta_plan_is_large(run->plan))
	{
		/* now, so that what is wrong can still be edited */
		for (int i = 0; i < run->plan->nentities; i++)
		{
			if (run->plan->entities[i].is_data)
				make_stage(run->plan, &run->plan->entities[i]);
		}
	}
	mark_deltas(run);
	set_phase(run, "prepare");
}

/* Another round begins. */
void
osmeta_prepare_delta(Run *run)
{
	/* may commit, so before the round begins */
	osmeta_note_unmatched(run, run->plan->round + 1);
	hold_plan(run);
	osmeta_execf("UPDATE osmeta.plan SET round = round + 1 WHERE plan_id = " INT64_FORMAT,
				 run->plan_id);
	run->plan = osmeta_plan_load(run->name);
	osmeta_plan_refresh(run->plan);
	run->plan = osmeta_plan_load(run->name);
	osmeta_check_problems(run);
	osmeta_plan_require_sound(run->plan);
	mark_deltas(run);
	set_phase(run, "prepare");
}

/*
 * Fix the highest identifier of each entity, make the stage, and cut the
 * source into ranges of identifiers.  What an interrupted attempt has left is
 * made anew.
 */
void
osmeta_prepare_pull(Run *run)
{
	MigrationPlan *plan = run->plan;

	osmeta_execf("DELETE FROM osmeta.plan_chunk WHERE plan_id = " INT64_FORMAT
				 " AND round = %d", run->plan_id, plan->round);
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		if (!e->is_data)
			continue;
		if (plan->round > 1)
		{
			osmeta_drop_if_exists(plan, 'u', e->entity_id);
			osmeta_exec(osmeta_stage_table_sql(plan, e, 'u'));
		}
		else if (osmeta_plan_is_large(plan) ||
				 !osmeta_relation_exists(plan, 'e', e->entity_id))
		{
			osmeta_drop_if_exists(plan, 'e', e->entity_id);
			make_stage(plan, e);
		}
		osmeta_make_needs(plan, e);
		osmeta_note_ancestors(plan, e);
		osmeta_cut_source(run, e);
		if (plan->round > 1 && osmeta_plan_is_large(plan))
			osmeta_counters_read(plan, i, 1);
		osmeta_commit_now_and_then(run, i);
	}
	run->plan = osmeta_plan_load(run->name);
	osmeta_check_problems(run);
	osmeta_cut_done(run);
	osmeta_forget_left_out(run);
	set_phase(run, "pull");
}

/* Rows of the stage that the second step concerns, as a condition on s. */
char *
osmeta_deferred_condition(const PlanEntity *entity)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (a->is_deferred)
			appendStringInfo(&buf, "%ss.c%d IS NOT NULL",
							 buf.len > 0 ? " OR " : "", a->attribute_no);
	}
	return buf.len > 0 ? buf.data : NULL;
}

/*
 * Cut the rows of the stage that meet a condition, and came in this round,
 * into pieces of chunk_rows rows.
 */
void
osmeta_add_stage_chunks(const Run *run, const PlanEntity *entity,
						const char *phase, int level, const char *condition)
{
	int			id = entity->identifier->attribute_no;

	osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, round, level, lower_id, upper_id, rows_expected)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", %s, %d, %d, min(n.id)::text, max(n.id)::text, count(*)"
				 " FROM (SELECT s.c%d AS id,"
				 "  (row_number() OVER (ORDER BY s.c%d) - 1) / " INT64_FORMAT " AS piece"
				 "  FROM %s s WHERE s.round = %d AND %s AND (%s)) n GROUP BY n.piece ORDER BY n.piece",
				 run->plan_id, entity->entity_id, quote_literal_cstr(phase),
				 run->plan->round, level, id, id, run->plan->chunk_rows,
				 osmeta_stage_name(run->plan, 'e', entity->entity_id),
				 run->plan->round,
				 osmeta_delivered_sql(run->plan, entity, "s"), condition);
}

/* An empty table for pairs of identifiers, where the plan has none yet. */
void
osmeta_make_map(const MigrationPlan *plan, PlanEntity *entity)
{
	if (entity->has_map)
		return;
	osmeta_exec(osmeta_map_table_sql(plan, entity));
	osmeta_execf("UPDATE osmeta.plan_entity SET has_map = true"
				 " WHERE plan_id = " INT64_FORMAT " AND entity_id = " INT64_FORMAT,
				 plan->plan_id, entity->entity_id);
	entity->has_map = true;
}

void
osmeta_advance_counter(const Run *run, const PlanEntity *entity)
{
	const MigrationPlan *plan = run->plan;
	OsmetaSinkTable table;
	int64		upper;
	bool		is_empty;

	if (!entity->is_number || entity->strategy == STRATEGY_PARENT)
		return;

	/*
	 * One that lags would give identifiers that rows there have; one at its
	 * end would give none.
	 */
	osmeta_execf("SELECT greatest(max(v.id)::bigint, %s) FROM (%s) v",
				 osmeta_is_reserved(entity) && entity->strategy == STRATEGY_OFFSET ?
				 psprintf("(SELECT e.upper_id + e.id_offset FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT
						  " AND e.entity_id = " INT64_FORMAT ")",
						  plan->plan_id, entity->entity_id) : "NULL",
				 entity->strategy == STRATEGY_ASSIGNED ?
				 psprintf("SELECT t.c%d AS id FROM %s t",
						  entity->identifier->attribute_no,
						  osmeta_stage_name(plan, 't', entity->entity_id)) :
				 osmeta_target_id_sql(plan, entity, NULL));
	upper = osmeta_int64_at(0, 1, &is_empty);
	if (is_empty)
		return;
	table = osmeta_run_sink_table(run, entity);
	if (entity->strategy != STRATEGY_ASSIGNED)
	{
		osmeta_execf("SELECT osmeta.counter_setting(%s, %s, " INT64_FORMAT "::numeric, " INT64_FORMAT ")::bigint",
					 table.is_local && table.counter != NULL ?
					 quote_literal_cstr(table.counter) : "NULL",
					 quote_literal_cstr(table.id_type), upper, plan->headroom);
		upper = osmeta_int64_at(0, 1, NULL);
	}
	(void) run->sink->advance_counter(&table, upper);
	/* It may have locked the table for whoever reads it next. */
	if (run->sink->commit != NULL)
		run->sink->commit();
}

void
osmeta_check_entity(const Run *run, const PlanEntity *entity)
{
	for (int j = 0; j < entity->nreferences; j++)
	{
		const PlanAttribute *a = &entity->attributes[j];

		if (a->refers_to != NULL && !a->refers_to->is_data &&
			(a->transform == TRANSFORM_REMAP || a->transform == TRANSFORM_KEY))
			osmeta_check_matches(run, entity, a);
	}
	osmeta_check_identifiers(run, entity);
}

/* Rows and identifiers that the stage really has got. */
static void
record_range(const MigrationPlan *plan, const PlanEntity *entity)
{
	osmeta_execf("UPDATE osmeta.plan_entity e SET rows_expected = s.rows,"
				 " upper_id = %s FROM (SELECT count(*) AS rows, max(c%d) AS upper FROM %s) s"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
				 entity->is_number ? "greatest(s.upper::bigint, e.upper_id)" : "NULL",
				 entity->identifier->attribute_no,
				 osmeta_stage_name(plan, 'e', entity->entity_id),
				 plan->plan_id, entity->entity_id);
}

/* What an interrupted attempt has left of this round. */
static void
forget_attempt(const Run *run)
{
	osmeta_execf("DELETE FROM osmeta.plan_chunk WHERE plan_id = " INT64_FORMAT
				 " AND round = %d AND phase <> 'pull'", run->plan_id,
				 run->plan->round);
	osmeta_execf("DELETE FROM osmeta.plan_dangling WHERE plan_id = " INT64_FORMAT
				 " AND round = %d", run->plan_id, run->plan->round);
}

/*
 * Before users or groups are created: which rows has the target already, so
 * that nobody need be there for them?  No row there can be one with a row
 * that refers to somebody who does not exist yet, so this finds all of them.
 */
static void
find_existing(Run *run)
{
	MigrationPlan *plan = run->plan;

	if (!osmeta_plan_may_create(plan))
		return;
	/* Parents first: a one-to-one row's partner may be one of them. */
	for (int i = 0; i < plan->nentities; i++)
	{
		osmeta_plan_fill_entity_map(plan, &plan->entities[i], false);
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_read_use(run, true);
}

/*
 * Between pull and push: complete what was pulled, find out how every
 * identifier is mapped, check what can only be known now, move the counters,
 * and cut the stage into pieces.
 */
void
osmeta_prepare_push(Run *run)
{
	MigrationPlan *plan;

	/* Another session may have added pieces since this one had none left. */
	if (osmeta_execf("SELECT FROM osmeta.plan_chunk c WHERE c.plan_id = " INT64_FORMAT
					 " AND c.phase = 'pull' AND c.round = %d AND c.state <> 'done' LIMIT 1",
					 run->plan_id, run->plan->round) > 0)
		return;
	forget_attempt(run);
	osmeta_typed_complete(run);
	if (osmeta_need_rows(run))
		return;					/* the pull goes on */
	osmeta_look_for_parents(run);
	osmeta_leave_out_instances(run);
	for (int i = 0; i < run->plan->nentities; i++)
	{
		PlanEntity *e = &run->plan->entities[i];

		if (!e->is_data)
			continue;
		osmeta_execf("ANALYZE %s",
					 osmeta_stage_name(run->plan, 'e', e->entity_id));
		if (e->strategy == STRATEGY_ASSIGNED)
			osmeta_make_map(run->plan, e);
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_note_unmatched(run, run->plan->round);
	osmeta_read_use(run, false);
	/* Only now it is known which rows are referred to. */
	osmeta_plan_fill_map(run->plan);
	for (int i = 0; i < run->plan->nentities; i++)
		osmeta_plan_fill_outside(run->plan, &run->plan->entities[i]);
	if (osmeta_leave_out(run))
		osmeta_leave_out_instances(run);
	osmeta_empty_gone(run);
	osmeta_record_dangling(run);
	osmeta_check_parents_moved(run);
	find_existing(run);
	/* Rows of earlier rounds may have waited for one of them. */
	if (run->is_pull)
		osmeta_plan_intend_users(run);
	else
		osmeta_plan_create_users(run);
	osmeta_complete_delivered(run);
	osmeta_complete_back(run);
	osmeta_find_roots(run);
	osmeta_plan_forget();
	if (osmeta_end_empty_delta(run))
		return;
	run->plan = plan = osmeta_plan_load(run->name);
	osmeta_map_id_known = run->plan_id;
	/* Parents first: a one-to-one row's partner may be one of them. */
	for (int i = 0; i < plan->nentities; i++)
	{
		osmeta_plan_fill_entity_map(plan, &plan->entities[i], true);
		osmeta_commit_now_and_then(run, i);
	}

	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data)
			osmeta_check_entity(run, &plan->entities[i]);
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_check_partners(run, false);
	osmeta_check_parents_stand(run, false);
	osmeta_check_fit(run);
	osmeta_check_unique(run);
	osmeta_check_constraints(run);
	osmeta_check_claims(run, false);
	osmeta_baselines_begin(plan);

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];
		char	   *deferred = osmeta_deferred_condition(e);

		if (!e->is_data)
			continue;
		osmeta_exec(osmeta_stage_view_sql(plan, e));
		osmeta_add_stage_chunks(run, e, "push", e->level, "true");
		if (deferred != NULL)
			osmeta_add_stage_chunks(run, e, "second step", 0, deferred);
		record_range(plan, e);
		if (!plan->delete_existing || plan->round > 1)
			osmeta_take_baseline(plan, e);
		if (!run->is_pull)
			osmeta_advance_counter(run, e);
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_baselines_end(plan);
	if (plan->delete_existing && plan->round == 1)
	{
		osmeta_prepare_delete(run);
		osmeta_check_claims(run, true);
		set_phase(run, "delete");
	}
	else
	{
		osmeta_check_claims(run, true);
		set_phase(run, "push");
	}
}

void
osmeta_prepare_after_delete(Run *run)
{
	/* Rows that came while the others went stay. */
	osmeta_baselines_begin(run->plan);
	for (int i = 0; i < run->plan->nentities; i++)
	{
		if (run->plan->entities[i].is_data)
			osmeta_take_baseline(run->plan, &run->plan->entities[i]);
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_baselines_end(run->plan);
	set_phase(run, "push");
}

void
osmeta_prepare_second_step(Run *run)
{
	osmeta_drop_needs(run);
	set_phase(run, "second step");
}

/* Rows that have changed come last: what they refer to is there by then. */
void
osmeta_prepare_update(Run *run)
{
	if (osmeta_add_update_chunks(run))
		set_phase(run, "update");
	else
		osmeta_prepare_end(run);
}

void
osmeta_prepare_end(Run *run)
{
	osmeta_events_back(run);
	osmeta_end_delta(run);
	set_phase(run, "done");
}
