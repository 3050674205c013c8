/*-------------------------------------------------------------------------
 *
 * plan_verify.c
 *	  verify_plan: does the target hold what the plan should have put there?
 *
 * The expectation is computed from the stage by the delivery query; what is
 * there is read from the target, never from the ledger.  One scan of the
 * stage and one of the target's table give numbers and checksums; only where
 * these differ are rows compared one by one (plan_difference.c).
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"
#include "plan_verify.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "environment.h"
#include "plan_event.h"
#include "spi.h"
#include "subtransaction.h"

PG_FUNCTION_INFO_V1(osmeta_verify_plan);

#define VERIFY_COLUMNS 12

/* One row of the result. */
typedef struct Verdict
{
	int64		expected;
	int64		found;
	bool		checksum_equal;
	int64		dangling;
	int64		nulled;
	int64		existing;
	int64		existing_gone;
	bool		has_baseline;
	int64		foreign_rows;
	bool		foreign_changed;
	StringInfoData detail;
	bool		is_readable;
} Verdict;

static bool
is_phase(const MigrationPlan *plan, const char *phase)
{
	return strcmp(plan->phase, phase) == 0;
}

/* The references of the second step are only known to be set after it. */
static bool
is_second_step_done(const MigrationPlan *plan)
{
	return !is_phase(plan, "push") && !is_phase(plan, "second step");
}

/* The plan's rows are on their way out of the target, or gone. */
static bool
is_taken_out(const MigrationPlan *plan)
{
	return is_phase(plan, "undo") || is_phase(plan, "undone");
}

static bool
has_deferred(const PlanEntity *entity)
{
	for (int i = 0; i < entity->nattributes; i++)
	{
		if (entity->attributes[i].is_deferred)
			return true;
	}
	return false;
}

/*
 * Rows of the stage whose push has begun, as a condition on s: not those of
 * a later round that is still being pulled.
 */
char *
osmeta_pushed_rounds(const MigrationPlan *plan)
{
	if (is_phase(plan, "prepare") || is_phase(plan, "pull") ||
		is_phase(plan, "delete"))
		return psprintf("s.round < %d", plan->round);
	return pstrdup("true");
}

/*
 * What should stand at the target, and how many references are NULL there
 * that were not at the source.
 */
static void
read_expectation(const MigrationPlan *plan, const PlanEntity *entity,
				 Verdict *verdict, char **checksum, PlanBounds *bounds)
{
	int			id = entity->identifier->attribute_no;
	StringInfoData delivered;
	StringInfoData staged;

	initStringInfo(&delivered);
	initStringInfo(&staged);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (a->refers_to == NULL || a->is_soft ||
			(a->transform != TRANSFORM_REMAP &&
			 a->transform != TRANSFORM_KEY))
			continue;
		appendStringInfo(&delivered, " + count(d.c%d)", a->attribute_no);
		appendStringInfo(&staged, " + count(s.c%d)", a->attribute_no);
	}
	osmeta_execf("SELECT count(*), COALESCE(sum(%s), 0)::text, %s, 0%s FROM (%s) d",
				 osmeta_row_hash_sql(entity, "d", is_second_step_done(plan), true),
				 entity->is_number ?
				 psprintf("min(d.c%d)::text, max(d.c%d)::text", id, id) :
				 "NULL::text, NULL::text",
				 delivered.data,
				 osmeta_delivery_sql(plan, entity, DELIVERY_FINAL, false,
									 osmeta_pushed_rounds(plan)));
	verdict->expected = osmeta_int64_at(0, 1, NULL);
	*checksum = osmeta_text_at(0, 2);
	bounds->lower = osmeta_text_at(0, 3);
	bounds->upper = osmeta_text_at(0, 4);
	/* Identifiers that the target is yet to give are not known. */
	bounds->is_empty = verdict->expected == 0 ||
		(entity->is_number && bounds->lower == NULL);
	verdict->nulled = -osmeta_int64_at(0, 5, NULL);

	if (staged.len > 0)
	{
		osmeta_execf("SELECT 0%s FROM %s s WHERE %s AND (%s)", staged.data,
					 osmeta_stage_name(plan, 'e', entity->entity_id),
					 osmeta_delivered_sql(plan, entity, "s"),
					 osmeta_pushed_rounds(plan));
		verdict->nulled += osmeta_int64_at(0, 1, NULL);
	}
	if (entity->has_map)
	{
		osmeta_execf("SELECT count(*) FROM %s m JOIN %s s ON s.c%d = m.source_id WHERE m.is_existing",
					 osmeta_stage_name(plan, 'm', entity->entity_id),
					 osmeta_stage_name(plan, 'e', entity->entity_id), id);
		verdict->existing = osmeta_int64_at(0, 1, NULL);
	}
}

/* Rows of others that changed, came or went since the push began. */
static void
judge_others(const TargetAnswer *answer, const Baseline *baseline,
			 Verdict *verdict)
{
	char	   *change = osmeta_baseline_change(baseline, answer);

	verdict->foreign_rows = answer->others + answer->newcomers;
	verdict->foreign_changed = change != NULL || baseline->remark != NULL;
	if (baseline->remark != NULL)
		osmeta_add_detail(&verdict->detail, "before a later round: %s",
						  baseline->remark);
	if (change != NULL)
		osmeta_add_detail(&verdict->detail, "%s", change);
	if (answer->newcomers > 0)
		osmeta_add_detail(&verdict->detail, "rows of others that have come since: " INT64_FORMAT,
						  answer->newcomers);
}

/* What is asked of the target's table, as osmeta_try wants it. */
typedef struct TargetScan
{
	const MigrationPlan *plan;
	const PlanEntity *entity;
	const PlanBounds *bounds;
	const TargetQuestion *question;
	TargetAnswer *answer;
} TargetScan;

static void
scan_target(void *arg)
{
	const TargetScan *scan = arg;

	osmeta_target_scan(scan->plan, scan->entity, scan->bounds, scan->question,
					   scan->answer);
}

/*
 * Rows that an undo has put back under identifiers which the plan had used,
 * too: texts, or those that were kept.
 */
static int64
rows_put_back(const MigrationPlan *plan, const PlanEntity *entity)
{
	if (!plan->delete_existing ||
		!osmeta_relation_exists(plan, 'b', entity->entity_id))
		return 0;
	osmeta_execf("SELECT count(*) FROM (%s) d JOIN %s b ON b.id = d.id JOIN %s t ON t.c%d = d.id",
				 osmeta_target_id_sql(plan, entity, NULL),
				 osmeta_stage_name(plan, 'b', entity->entity_id),
				 osmeta_target_sql(plan, entity, 't', "true"),
				 entity->identifier->attribute_no);
	return osmeta_int64_at(0, 1, NULL);
}

/* Rows that were not delivered, since the target had them. */
static void
check_existing(const MigrationPlan *plan, const PlanEntity *entity,
			   Verdict *verdict)
{
	char	   *list;

	if (verdict->existing == 0 || is_taken_out(plan))
		return;
	verdict->existing_gone = osmeta_existing_gone(plan, entity, &list);
	if (verdict->existing_gone > 0)
		osmeta_add_detail(&verdict->detail, "of these have gone there: " INT64_FORMAT " (%s)",
						  verdict->existing_gone, list);
}

static void
compare_rows(const MigrationPlan *plan, const PlanEntity *entity,
			 Verdict *verdict, PlanBounds *bounds)
{
	TargetQuestion question = {0};
	TargetAnswer answer = {0};
	char	   *expected;
	Baseline	baseline = {0};
	char	   *reason = NULL;
	TargetScan	scan = {plan, entity, bounds, &question, &answer};

	read_expectation(plan, entity, verdict, &expected, bounds);
	/* What was deleted is put back by an undo, and none of the plan's. */
	/* a round that is being prepared has its own idea of whose rows are whose */
	verdict->has_baseline = !(plan->delete_existing && is_taken_out(plan)) &&
		!(plan->round > 1 && (is_phase(plan, "prepare") || is_phase(plan, "pull"))) &&
		osmeta_read_baseline(plan, entity, &baseline);
	question.is_delivered = true;
	question.with_deferred = is_second_step_done(plan);
	question.with_references = !is_taken_out(plan);
	if (verdict->has_baseline)
	{
		question.whole_table = true;
		question.all_columns = true;
		question.others_upper = baseline.upper;
		/* a column that no attribute names may have been dropped */
		reason = osmeta_answer(osmeta_try(scan_target, &scan, true));
		verdict->has_baseline = reason == NULL;
	}
	if (!verdict->has_baseline)
	{
		question.whole_table = false;
		question.all_columns = false;
		question.others_upper = NULL;
		osmeta_target_scan(plan, entity, bounds, &question, &answer);
	}

	if (is_phase(plan, "undone"))
		answer.delivered -= rows_put_back(plan, entity);
	verdict->found = answer.delivered;
	if (is_taken_out(plan))
	{
		verdict->expected = 0;
		verdict->nulled = 0;
		verdict->checksum_equal = answer.delivered == 0;
		if (answer.delivered > 0)
			osmeta_add_detail(&verdict->detail, "rows of the plan that still stand there: " INT64_FORMAT,
							  answer.delivered);
	}
	else
	{
		verdict->checksum_equal = answer.delivered == verdict->expected &&
			strcmp(answer.checksum, expected) == 0;
		if (!verdict->checksum_equal)
			osmeta_describe_difference(plan, entity, bounds,
									   question.with_deferred,
									   &verdict->detail);
		if (!verdict->checksum_equal && !is_phase(plan, "done"))
			osmeta_add_detail(&verdict->detail, "the plan is in phase %s: more may be still to come",
							  plan->phase);
		if (!question.with_deferred && has_deferred(entity))
			osmeta_add_detail(&verdict->detail, "references of the second step are not compared before it is done");
	}
	for (int i = 0; i < entity->nreferences; i++)
	{
		if (answer.dangling[i] > 0)
			osmeta_add_detail(&verdict->detail, "references of %s to no row: " INT64_FORMAT,
							  entity->attributes[i].name, answer.dangling[i]);
		verdict->dangling += answer.dangling[i];
	}
	if (answer.strange > 0 && (entity->strategy == STRATEGY_OFFSET ||
							   entity->strategy == STRATEGY_NATURAL))
		osmeta_add_detail(&verdict->detail, "rows of others in the plan's range of identifiers: " INT64_FORMAT,
						  answer.strange);
	if (verdict->existing > 0)
		osmeta_add_detail(&verdict->detail, "rows that are one with rows of the target, not compared: " INT64_FORMAT,
						  verdict->existing);
	check_existing(plan, entity, verdict);
	if (verdict->has_baseline)
		judge_others(&answer, &baseline, verdict);
	else if (reason != NULL)
		osmeta_add_detail(&verdict->detail, "rows of others cannot be compared: %s",
						  reason);
}

/* As at the source: to be known, and nothing that the plan has done. */
static void
check_tenants(const MigrationPlan *plan, const PlanEntity *entity,
			  Verdict *verdict)
{
	int64		crossings = osmeta_plan_tenant_crossings(plan, entity);

	if (crossings > 0)
		osmeta_add_detail(&verdict->detail, "references to rows of another tenant: " INT64_FORMAT,
						  crossings);
}

/* An identity counter behind the plan's rows would give their ids again. */
static bool
check_counter(const MigrationPlan *plan, const PlanEntity *entity,
			  const PlanBounds *bounds, Verdict *verdict)
{
	int64		upper;
	int64		value;
	bool		isnull;

	if (entity->strategy == STRATEGY_PARENT || !entity->is_number ||
		entity->counter == NULL || bounds->is_empty)
		return true;
	osmeta_execf("SELECT (%s)::bigint", bounds->upper);
	upper = osmeta_int64_at(0, 1, NULL);
	if (!osmeta_counter_value(plan, entity, &value, &isnull))
		return true;
	if (!isnull && value >= upper)
		return true;
	osmeta_execf("SELECT osmeta.counter_statement(%s, osmeta.counter_setting(%s, %s, %s, " INT64_FORMAT "))",
				 quote_literal_cstr(entity->counter),
				 plan->target_wrapper ? "NULL" :
				 quote_literal_cstr(entity->counter),
				 quote_literal_cstr(entity->identifier->target_type),
				 psprintf(INT64_FORMAT "::numeric", upper), plan->headroom);
	/* A counter that was never used shows no more than a hidden one. */
	osmeta_add_detail(&verdict->detail, "the identity counter %s: run at the target %s",
					  isnull ? "has not been used, or needs a right to be read (SELECT on the sequence)" :
					  "is behind",
					  osmeta_text_at(0, 1));
	return false;
}

/* One entity that is verified. */
typedef struct Verification
{
	const MigrationPlan *plan;
	const PlanEntity *entity;
	Verdict    *verdict;
	bool		is_equal;
} Verification;

static void
judge_entity(void *arg)
{
	Verification *it = arg;
	Verdict    *verdict = it->verdict;
	PlanBounds	bounds = {0};

	compare_rows(it->plan, it->entity, verdict, &bounds);
	check_tenants(it->plan, it->entity, verdict);
	it->is_equal = (is_taken_out(it->plan) ||
					check_counter(it->plan, it->entity, &bounds, verdict)) &&
		verdict->found == verdict->expected && verdict->checksum_equal &&
		verdict->dangling == 0 && verdict->existing_gone == 0;
	verdict->is_readable = true;
}

/*
 * Everything about one entity, in a subtransaction that is rolled back, since
 * a large plan has more relations than there are locks.
 */
static bool
verify_entity(const MigrationPlan *plan, const PlanEntity *entity,
			  Verdict *verdict)
{
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "osmeta verify",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext context = MemoryContextSwitchTo(own);
	Verification it = {plan, entity, verdict, false};
	char	   *error = osmeta_answer(osmeta_try(judge_entity, &it, false));

	MemoryContextSwitchTo(context);
	if (error != NULL)
	{
		verdict->is_readable = it.is_equal = false;
		resetStringInfo(&verdict->detail);
		osmeta_add_detail(&verdict->detail, "%s", error);
	}
	MemoryContextDelete(own);
	return it.is_equal;
}

Datum
osmeta_verify_plan(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MigrationPlan *plan;
	int			nest_level;

	InitMaterializedSRF(fcinfo, 0);
	nest_level = osmeta_spi_begin(false);
	plan = osmeta_plan_load(name);
	osmeta_require_stage(plan);
	if (!is_phase(plan, "push") && !is_phase(plan, "second step") &&
		!is_phase(plan, "update") && !is_phase(plan, "done") &&
		!is_taken_out(plan) && plan->round == 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" has not delivered anything yet", name),
				 errhint("CALL osmeta.run_plan(%s) first.",
						 quote_literal_cstr(name))));
	if (plan->target_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" is not attached", plan->target)));
	(void) osmeta_environment_open(plan->target);
	osmeta_check_bindings(plan);
	osmeta_plan_require_sound(plan);
	osmeta_plan_forget();
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		Verdict		verdict = {0};
		Datum		values[VERIFY_COLUMNS];
		bool		nulls[VERIFY_COLUMNS] = {false};
		bool		is_equal;

		if (!e->is_data)
			continue;
		initStringInfo(&verdict.detail);
		is_equal = verify_entity(plan, e, &verdict);

		nulls[0] = e->espace == NULL;
		values[0] = nulls[0] ? (Datum) 0 : CStringGetTextDatum(e->espace);
		values[1] = CStringGetTextDatum(e->name);
		values[2] = Int64GetDatum(verdict.expected);
		values[3] = Int64GetDatum(verdict.found);
		values[4] = BoolGetDatum(verdict.checksum_equal);
		values[5] = Int64GetDatum(verdict.dangling);
		values[6] = CStringGetTextDatum(!verdict.is_readable ? "unreadable" :
										is_equal ? "ok" : "different");
		values[7] = Int64GetDatum(verdict.nulled);
		nulls[8] = verdict.detail.len == 0;
		values[8] = nulls[8] ? (Datum) 0 :
			CStringGetTextDatum(verdict.detail.data);
		values[9] = Int64GetDatum(verdict.existing);
		nulls[10] = nulls[11] = !verdict.has_baseline;
		values[10] = Int64GetDatum(verdict.foreign_rows);
		values[11] = BoolGetDatum(verdict.foreign_changed);
		if (!verdict.is_readable)
			nulls[2] = nulls[3] = nulls[4] = nulls[5] = nulls[7] =
				nulls[9] = nulls[10] = nulls[11] = true;
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	osmeta_event_verify(plan, result->setResult, result->setDesc);
	osmeta_plan_forget();
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}
