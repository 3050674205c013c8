/*-------------------------------------------------------------------------
 *
 * plan_run.c
 *	  CALL run_plan: the phases of a plan, in one session or many.
 *
 * A plan is in a phase: planned, prepare, pull, push, second step, update,
 * done.  To run a plan that is done begins another round.  The work of a
 * phase is pieces, which all sessions share (plan_chunk.c); who finds none
 * free waits for the others.  When all are done, one session prepares the next
 * phase (plan_prepare.c) under a lock, and the others wait for that too.
 *
 * CALL pull_plan goes as far as nothing has been written to the target.
 *
 * Locks are the session's, since the work commits again and again; whatever
 * happens, they are given back at the end.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "environment.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_run_plan);
PG_FUNCTION_INFO_V1(osmeta_pull_plan);

/* How long a session waits before it looks for work again. */
#define POLL_MILLISECONDS 200

OsmetaSinkTable
osmeta_run_sink_table(const Run *run, const PlanEntity *entity)
{
	OsmetaSinkTable table;

	table.relation = osmeta_stage_name(run->plan, 't', entity->entity_id);
	table.id_column = psprintf("c%d", entity->identifier->attribute_no);
	table.id_type = entity->identifier->target_type;
	table.counter = entity->counter;
	table.is_local = run->plan->target_wrapper == NULL;
	return table;
}

void
osmeta_begin_piece(const Run *run, const PlanEntity *entity, int64 chunk_id)
{
	OsmetaSinkTable table;

	if (run->sink->begin_piece == NULL)
		return;
	table = osmeta_run_sink_table(run, entity);
	run->sink->begin_piece(&table,
						   psprintf("osmeta " UINT64_FORMAT " %u " INT64_FORMAT,
									GetSystemIdentifier(), MyDatabaseId,
									chunk_id));
}

void
osmeta_run_wait(Run *run)
{
	osmeta_run_commit(run);
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 POLL_MILLISECONDS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/* Work until every piece of the phase is done, by whomever. */
void
osmeta_run_work(Run *run, const char *phase)
{
	MemoryContext context;
	MemoryContext old;
	Chunk		chunk;
	bool		left;

	context = AllocSetContextCreate(CurrentMemoryContext, "osmeta chunk",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	do
	{
		MemoryContextReset(context);
		osmeta_spi_enter();
		if (osmeta_chunk_take(run, phase, &chunk, &left))
			osmeta_chunk_run(run, &chunk);
		else if (left)
			osmeta_run_wait(run);
		osmeta_spi_leave();
	} while (left);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static void
release_phase(Run *run)
{
	if (run->in_advance)
		osmeta_plan_unlock(PLAN_LOCK_PHASE, run->plan_id, false);
	run->in_advance = false;
}

/*
 * Advance from a phase to the next, unless another session has done so by
 * the time that it is our turn.
 */
void
osmeta_run_advance(Run *run, const char *from, void (*prepare) (Run *run))
{
	osmeta_run_commit(run);
	(void) osmeta_plan_lock(PLAN_LOCK_PHASE, run->plan_id, false, true);
	run->in_advance = true;
	run->plan = osmeta_plan_load(run->name);
	if (strcmp(run->plan->phase, from) == 0)
	{
		prepare(run);
		osmeta_run_commit(run);
	}
	release_phase(run);
	run->plan = osmeta_plan_load(run->name);
}

static bool
is_phase(const Run *run, const char *phase)
{
	return strcmp(run->plan->phase, phase) == 0;
}

/* What a phase has done, for who watches. */
static void
report_phase(Run *run, const char *phase)
{
	const char *args[2];

	args[0] = run->name;
	args[1] = phase;
	osmeta_query_text("SELECT COALESCE(sum(c.rows_done), 0)::bigint, count(DISTINCT c.entity_id)"
					  " FROM osmeta.plan_chunk c JOIN osmeta.plan p ON p.plan_id = c.plan_id"
					  " WHERE p.plan = $1 AND c.phase = $2 AND c.round = p.round", 2, args);
	if (osmeta_int64_at(0, 2, NULL) > 0)
		ereport(NOTICE,
				(errmsg("plan \"%s\": %s is done, rows: " INT64_FORMAT ", entities: " INT64_FORMAT,
						run->name, phase, osmeta_int64_at(0, 1, NULL),
						osmeta_int64_at(0, 2, NULL))));
}

/*
 * No row can have been delivered yet: what may have stopped nobody as long as
 * rows were only pulled stops the push.
 */
static void
check_first_push(Run *run)
{
	if (osmeta_execf("SELECT FROM osmeta.plan_chunk c WHERE c.plan_id = " INT64_FORMAT
					 " AND c.phase IN ('push', 'delete') AND c.attempts > 0 LIMIT 1",
					 run->plan_id) > 0)
		return;
	osmeta_check_problems(run);
	for (int i = 0; i < run->plan->nentities; i++)
	{
		if (run->plan->entities[i].is_data)
			osmeta_advance_counter(run, &run->plan->entities[i]);
		osmeta_commit_now_and_then(run, i);
	}
}

/* pull_plan has come to its end. */
static void
end_pull(Run *run)
{
	int64		created;

	if (!is_phase(run, "push") && !is_phase(run, "delete"))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" is in phase %s: its rows have been pulled",
						run->name, run->plan->phase)));
	osmeta_run_advance(run, run->plan->phase, osmeta_events_pulled);
	created = osmeta_count_created(run->plan);
	ereport(NOTICE,
			(errmsg("plan \"%s\" is pulled and checked; nothing has been written to environment \"%s\"%s",
					run->name, run->plan->target,
					created == 0 ? "" :
					psprintf(", but for users and groups that a run has created before (" INT64_FORMAT ")",
							 created)),
			 errhint("CALL osmeta.run_plan(%s) delivers it; osmeta.export_plan(%s, 'sqlserver') gives the scripts that do.",
					 quote_literal_cstr(run->name),
					 quote_literal_cstr(run->name))));
}

static void
run_phases(Run *run)
{
	bool		was_pulled = is_phase(run, "delete") || is_phase(run, "push");

	if (is_phase(run, "planned"))
		osmeta_run_advance(run, "planned", osmeta_prepare_run);
	else
	{
		osmeta_plan_require_sound(run->plan);
		if (is_phase(run, "done") && !run->is_pull)
			osmeta_run_advance(run, "done", osmeta_prepare_delta);
		else if (is_phase(run, "delete") || is_phase(run, "push") ||
				 is_phase(run, "update"))
		{
			osmeta_check_partners(run, true);
			osmeta_check_parents_stand(run, true);
		}
	}
	if (is_phase(run, "prepare"))
		osmeta_run_advance(run, "prepare", osmeta_prepare_pull);
	if (is_phase(run, "pull"))
	{
		osmeta_check_mask_secret(run->plan);
		osmeta_run_commit(run);
		/* What has been pulled may need more. */
		while (is_phase(run, "pull"))
		{
			osmeta_run_work(run, "pull");
			osmeta_run_advance(run, "pull", osmeta_prepare_push);
		}
		if (!is_phase(run, "done"))
			report_phase(run, "pull");
	}
	if (run->is_pull)
	{
		end_pull(run);
		return;
	}
	if (was_pulled && run->plan->round == 1)
		check_first_push(run);
	/* nothing that is written from here on starts a process there */
	if (!is_phase(run, "done"))
		osmeta_run_advance(run, run->plan->phase, osmeta_events_aside);
	if (was_pulled && run->plan->round == 1)
		osmeta_run_advance(run, run->plan->phase, osmeta_plan_create_pulled);
	if (is_phase(run, "delete"))
	{
		osmeta_run_work(run, "delete");
		report_phase(run, "delete");
		osmeta_run_advance(run, "delete", osmeta_prepare_after_delete);
	}
	if (is_phase(run, "push"))
	{
		osmeta_run_work(run, "push");
		report_phase(run, "push");
		osmeta_run_advance(run, "push", osmeta_prepare_second_step);
	}
	if (is_phase(run, "second step"))
	{
		osmeta_run_work(run, "second step");
		report_phase(run, "second step");
		osmeta_run_advance(run, "second step", osmeta_prepare_update);
	}
	if (is_phase(run, "update"))
	{
		osmeta_run_work(run, "update");
		report_phase(run, "update");
		osmeta_run_advance(run, "update", osmeta_prepare_end);
	}
}

/* What a procedure that commits again and again cannot do without. */
void
osmeta_require_procedure(FunctionCallInfo fcinfo, const char *procedure)
{
	CallContext *context = (CallContext *) fcinfo->context;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the name of the plan must not be null")));
	if (context == NULL || !IsA(context, CallContext) || context->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("%s cannot run inside a transaction block, a function or a procedure with SET",
						procedure),
				 errdetail("It commits after each piece of its work."),
				 errhint("CALL osmeta.%s(...) by itself, outside BEGIN.",
						 procedure)));
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s needs the isolation level read committed",
						procedure),
				 errdetail("Sessions that share the work must see what the others have done."),
				 errhint("SET default_transaction_isolation = 'read committed'.")));
}

void
osmeta_report_timeout(const char *procedure)
{
	if (StatementTimeout > 0)
		ereport(NOTICE,
				(errmsg("statement_timeout is %d ms: it ends the whole run, not one piece",
						StatementTimeout),
				 errhint("SET statement_timeout = 0 for long plans; call %s again to go on.",
						 procedure)));
}

/* Give up what this session holds of the run. */
void
osmeta_run_release(Run *run)
{
	osmeta_chunk_release(run);
	release_phase(run);
}

static void
check_undo(const Run *run)
{
	if (is_phase(run, "undo"))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" is being undone", run->name),
				 errhint("CALL osmeta.undo_plan(%s) goes on with it; to move the rows after that, make a new plan.",
						 quote_literal_cstr(run->name))));
	if (is_phase(run, "undone"))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" has been undone", run->name),
				 errhint("Drop it and make a new one.")));
}

static void
run_plan(FunctionCallInfo fcinfo, bool is_pull)
{
	const char *procedure = is_pull ? "pull_plan" : "run_plan";
	Run			run = {0};
	ErrorContextCallback context;

	osmeta_require_procedure(fcinfo, procedure);
	run.is_pull = is_pull;
	run.name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	run.nest_level = osmeta_spi_begin(true);
	run.plan = osmeta_plan_load(run.name);
	run.plan_id = run.plan->plan_id;
	osmeta_require_stage(run.plan);
	check_undo(&run);
	if (!is_pull)
		osmeta_check_not_exported(run.plan);
	osmeta_report_timeout(procedure);
	if (run.plan->source_schema == NULL || run.plan->target_schema == NULL)
		osmeta_check_problems(&run);
	run.sink = osmeta_sink_find(run.plan->target_wrapper);
	/* what only reads the target does so through foreign tables */
	if (is_pull && run.plan->target_wrapper != NULL)
		run.sink = &osmeta_table_sink;
	if (run.sink == NULL)
		osmeta_check_problems(&run);
	(void) osmeta_environment_open(run.plan->source);
	(void) osmeta_environment_open(run.plan->target);
	/* a problem of its own, which what follows would only hide */
	if (run.plan->elsewhere != NULL)
		osmeta_check_problems(&run);
	osmeta_check_bindings(run.plan);
	osmeta_check_model(run.plan, true);
	osmeta_check_model(run.plan, false);
	osmeta_check_catalogue(&run, true);
	osmeta_check_catalogue(&run, false);

	if (!osmeta_plan_lock(PLAN_LOCK_RUN, run.plan_id, true, false))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("another session has plan \"%s\" to itself", run.name),
				 errdetail("It is being dropped, or a round of it abandoned.")));
	context.callback = osmeta_events_context;
	context.arg = &run;
	context.previous = error_context_stack;
	error_context_stack = &context;
	PG_TRY();
	{
		/* An undo may have begun before the lock was ours. */
		osmeta_run_commit(&run);
		run.plan = osmeta_plan_load(run.name);
		check_undo(&run);
		if (!is_pull)
			osmeta_check_not_exported(run.plan);
		run_phases(&run);
	}
	PG_FINALLY();
	{
		/* Locks of the session outlive a failed transaction. */
		osmeta_run_release(&run);
		osmeta_plan_unlock(PLAN_LOCK_RUN, run.plan_id, true);
	}
	PG_END_TRY();

	error_context_stack = context.previous;
	osmeta_plan_forget();
	osmeta_spi_end(run.nest_level);
}

Datum
osmeta_run_plan(PG_FUNCTION_ARGS)
{
	run_plan(fcinfo, false);
	PG_RETURN_NULL();
}

Datum
osmeta_pull_plan(PG_FUNCTION_ARGS)
{
	run_plan(fcinfo, true);
	PG_RETURN_NULL();
}
