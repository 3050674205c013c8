/*-------------------------------------------------------------------------
 *
 * plan_chunk.c
 *	  The pieces of work of a phase, and their ledger.
 *
 * A row of osmeta.plan_chunk is a piece of work.  A session takes one by a lock
 * of its session, so a piece whose session died is free at once, and its state
 * tells how far it got:
 *
 *	all but push	one transaction does the work and writes 'done';
 *		interrupted work has left nothing, or may be done again.
 *	push	first 'prepared' is committed: from then on the stage and the
 *		ledger say which identifiers the piece puts at the target.  Then the
 *		rows are inserted and 'done' is written in one transaction, which
 *		commits at the target first.  A piece found 'prepared' and free has
 *		an unknown outcome: it is looked up at the target.  All of its
 *		identifiers there: done.  None: to do again.  Anything else stops the
 *		plan.  Should the lost session still be about to commit there, the
 *		target's primary key makes the second insert wait and fail: no row
 *		is ever doubled.  (A sink that has begin_piece waits there for the
 *		lost session before anything is looked up or written.)
 *	push of identifiers that a remote target gives	the rows are inserted and
 *		their identifiers brought back in a transaction there that stays open
 *		(hold) while the pairs are committed here; then it commits there, and
 *		'done' is written.  Found 'prepared': without pairs nothing was
 *		committed there; with them their identifiers are looked up, as above.
 *
 * A failed piece is rolled back in a subtransaction, its error is kept in the
 * ledger and raised; pieces done stay done.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "spi.h"
#include "subtransaction.h"

/* More than there will ever be sessions at work on one plan. */
#define PIECES_LISTED 200

/* The rows of the stage that a piece is about, as a condition on s. */
static char *
chunk_condition(const Run *run, const Chunk *chunk)
{
	char	   *range = osmeta_stage_range(chunk->entity, "s", chunk->lower,
										   chunk->upper);

	/* Rows of a later round can lie between those of an earlier one. */
	if (run->plan->round == 1)
		return range;
	return psprintf("%s AND s.round = %d", range, run->plan->round);
}

/* Does the target tell its identifiers before it commits? */
static bool
is_held(const Run *run, const Chunk *chunk)
{
	return chunk->entity->strategy == STRATEGY_ASSIGNED &&
		run->sink->hold != NULL && strcmp(chunk->phase, "push") == 0;
}

/* Pairs of an attempt whose rows do not stand at the target. */
static void
forget_pairs(const Run *run, const Chunk *chunk)
{
	const PlanEntity *e = chunk->entity;

	osmeta_execf("DELETE FROM %s m USING %s s WHERE m.source_id = s.c%d AND %s",
				 osmeta_stage_name(run->plan, 'm', e->entity_id),
				 osmeta_stage_name(run->plan, 'e', e->entity_id),
				 e->identifier->attribute_no, chunk_condition(run, chunk));
}

static void
run_push(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = osmeta_run_sink_table(run, e);
	char	   *columns = osmeta_delivery_columns(e);
	char	   *query = osmeta_delivery_sql(run->plan, e, DELIVERY_FIRST,
											false, chunk_condition(run, chunk));
	uint64		rows;

	if (is_held(run, chunk))
		forget_pairs(run, chunk);
	if (e->strategy == STRATEGY_ASSIGNED)
		rows = run->sink->insert_assigned(&table, columns, query,
										  osmeta_stage_name(run->plan, 'm',
															e->entity_id));
	else
		rows = run->sink->insert(&table, columns, query);

	if (rows != (uint64) chunk->rows_expected)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("the target took " UINT64_FORMAT " of " INT64_FORMAT " rows of %s",
						rows, chunk->rows_expected, osmeta_entity_label(e)),
				 errdetail("A trigger, a rule or a policy there has left out the others. The piece is rolled back."),
				 errhint("Put that right, then call run_plan again.")));
	SPI_processed = rows;
}

/* Smallest and highest new identifier of a part of the stage, as literals. */
static void
target_bounds(Run *run, const PlanEntity *entity, const char *ids,
			  char **lower, char **upper)
{
	*lower = *upper = NULL;
	if (!entity->is_number)
		return;
	osmeta_execf("SELECT min(v.id)::text, max(v.id)::text FROM (%s) v", ids);
	*lower = osmeta_text_at(0, 1);
	*upper = osmeta_text_at(0, 2);
}

/* Which of the ids (a query) are not at the target? Empty if all are. */
static char *
list_absent(const OsmetaSinkTable *table, const char *ids, const char *lower,
			const char *upper)
{
	osmeta_execf("SELECT v.id::text FROM (%s) v LEFT JOIN (SELECT t.%s AS id FROM %s t WHERE %s OFFSET 0) t ON t.id = v.id"
				 " WHERE t.id IS NULL ORDER BY v.id",
				 ids, table->id_column, table->relation,
				 lower == NULL ? "true" :
				 psprintf("t.%s >= %s AND t.%s <= %s", table->id_column,
						  lower, table->id_column, upper));
	return osmeta_list_values(SPI_processed);
}

/*
 * The same in a transaction that has written there.  A sink with a connection
 * of its own may hold locks that whoever reads the table has to wait for, so
 * it is asked how many are there.
 */
static char *
absent_now(const Run *run, const OsmetaSinkTable *table, const char *ids,
		   const char *lower, const char *upper)
{
	int64		wanted;
	int64		present;

	if (run->sink->hold == NULL)
		return list_absent(table, ids, lower, upper);
	osmeta_execf("SELECT count(*) FROM (%s) v", ids);
	wanted = osmeta_int64_at(0, 1, NULL);
	present = run->sink->count_present(table, ids, lower, upper);
	return present == wanted ? pstrdup("") :
		psprintf(INT64_FORMAT " of " INT64_FORMAT " rows", wanted - present,
				 wanted);
}

static void
run_second_step(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = osmeta_run_sink_table(run, e);
	char	   *range = chunk_condition(run, chunk);
	char	  **column = palloc(sizeof(char *) * e->nattributes);
	int			columns = 0;
	char	   *lower;
	char	   *upper;
	char	   *ids = osmeta_target_id_sql(run->plan, e, range);
	uint64		rows;

	for (int i = 0; i < e->nattributes; i++)
	{
		if (e->attributes[i].is_deferred)
			column[columns++] = psprintf("c%d", e->attributes[i].attribute_no);
	}
	target_bounds(run, e, ids, &lower, &upper);
	rows = run->sink->update(&table, columns, column,
							 osmeta_delivery_sql(run->plan, e,
												 DELIVERY_SECOND, false,
												 psprintf("%s AND (%s)", range,
														  osmeta_deferred_condition(e))),
							 lower, upper);
	if (rows != (uint64) chunk->rows_expected)
	{
		char	   *absent = absent_now(run, &table, ids, lower, upper);

		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("the target updated " UINT64_FORMAT " of " INT64_FORMAT " rows of %s",
						rows, chunk->rows_expected, osmeta_entity_label(e)),
				 absent[0] != '\0' ?
				 errdetail("Not there any more: %s. The piece is rolled back.", absent) :
				 errdetail("A trigger, a rule or a policy there has left out the others. The piece is rolled back."),
				 absent[0] != '\0' ?
				 errhint("Put them back there, then call run_plan again; undo_plan takes out what was delivered.") :
				 errhint("Put that right, then call run_plan again; undo_plan takes out what was delivered.")));
	}
	SPI_processed = rows;
}

/*
 * What did an interrupted push leave at the target?  True: all of it, so it
 * is done; false: nothing.
 */
static bool
look_up_push(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = osmeta_run_sink_table(run, e);
	char	   *range = chunk_condition(run, chunk);
	char	   *ids = osmeta_target_id_sql(run->plan, e, range);
	char	   *lower;
	char	   *upper;
	int64		expected;
	int64		present;

	target_bounds(run, e, ids, &lower, &upper);
	osmeta_execf("SELECT count(*), count(v.id) FROM (%s) v", ids);
	expected = osmeta_int64_at(0, 1, NULL);
	/* The pairs are committed before the rows are. */
	if (e->strategy == STRATEGY_ASSIGNED && osmeta_int64_at(0, 2, NULL) == 0)
		return false;
	osmeta_begin_piece(run, e, chunk->chunk_id);
	present = run->sink->count_present(&table, ids, lower, upper);
	if (present != 0 && present != expected)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("an interrupted piece of %s stands at the target in part: " INT64_FORMAT " of " INT64_FORMAT " rows",
						osmeta_entity_label(e), present, expected),
				 errdetail("Missing there: %s.", list_absent(&table, ids, lower, upper)),
				 errhint("Somebody has deleted or inserted rows there. Nothing is deleted to go on: put the target right, then call run_plan again.")));
	if (present > 0)
		osmeta_check_not_others(run, chunk, ids);
	return present == expected;
}

static void
finish_chunk(const Chunk *chunk, uint64 rows)
{
	osmeta_execf("UPDATE osmeta.plan_chunk SET state = 'done', rows_done = " UINT64_FORMAT ","
				 " finished_at = clock_timestamp(), error = NULL WHERE chunk_id = " INT64_FORMAT,
				 rows, chunk->chunk_id);
}

/* A piece that is done, as osmeta_try wants it. */
typedef struct Attempt
{
	Run		   *run;
	const Chunk *chunk;
	uint64		rows;
} Attempt;

static void
do_chunk(void *arg)
{
	Attempt    *attempt = arg;
	Run		   *run = attempt->run;
	const Chunk *chunk = attempt->chunk;

	SPI_processed = 0;
	if (strcmp(chunk->phase, "pull") != 0)
		osmeta_begin_piece(run, chunk->entity, chunk->chunk_id);
	if (strcmp(chunk->phase, "pull") == 0)
		SPI_processed = osmeta_pull_chunk(run, chunk);
	else if (strcmp(chunk->phase, "update") == 0)
		SPI_processed = osmeta_update_chunk(run, chunk);
	else if (strcmp(chunk->phase, "push") == 0)
		run_push(run, chunk);
	else if (strcmp(chunk->phase, "delete") == 0)
		osmeta_run_delete(run, chunk);
	else if (strcmp(chunk->phase, "undo") == 0)
		osmeta_run_undo(run, chunk);
	else
		run_second_step(run, chunk);
	attempt->rows = SPI_processed;
	/* else the target has yet to commit */
	if (!is_held(run, chunk))
		finish_chunk(chunk, attempt->rows);
}

/* Give up the lock on the piece that this session holds, if any. */
void
osmeta_chunk_release(Run *run)
{
	if (run->chunk_id != 0)
		osmeta_plan_unlock(PLAN_LOCK_CHUNK, run->chunk_id, false);
	run->chunk_id = 0;
}

/*
 * Commit here and at the target.  NULL if that went well, else the error;
 * a new transaction has begun in both cases.
 */
static ErrorData *
try_commit(Run *run)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		osmeta_spi_commit(&run->nest_level);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		run->nest_level = osmeta_spi_pin();
	}
	PG_END_TRY();
	return error;
}

/* Classes of errors whose messages name objects and hold no values. */
static const int harmless[] = {
	ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION,
	ERRCODE_CONNECTION_EXCEPTION, ERRCODE_FEATURE_NOT_SUPPORTED,
	ERRCODE_TRANSACTION_ROLLBACK, ERRCODE_INSUFFICIENT_RESOURCES,
	ERRCODE_PROGRAM_LIMIT_EXCEEDED, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
	ERRCODE_OPERATOR_INTERVENTION, ERRCODE_SYSTEM_ERROR
};

/*
 * The message of an error as it may rest in the ledger.  A pull sees values
 * before they are masked, and messages can quote them.
 */
static char *
kept_message(const Chunk *chunk, const ErrorData *error)
{
	bool		has_mask = false;
	char	   *first = strchr(error->message, '"');
	char	   *last = strrchr(error->message, '"');
	char	   *kept;
	char	   *colon;

	for (int i = 0; i < chunk->entity->nattributes; i++)
		has_mask |= chunk->entity->attributes[i].mask != NULL;
	if (!has_mask || strcmp(chunk->phase, "pull") != 0)
		return error->message;
	for (int i = 0; i < (int) lengthof(harmless); i++)
	{
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
			ERRCODE_TO_CATEGORY(harmless[i]))
			return error->message;
	}
	/* Whoever raises errors of his own can put anything into them. */
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
		return psprintf("an error with SQLSTATE %s, whose message may hold values that are masked",
						unpack_sql_state(error->sqlerrcode));
	kept = first == NULL ? pstrdup(error->message) :
		psprintf("%.*s\"...\"%s", (int) (first - error->message),
				 error->message, last + 1);
	colon = strchr(kept, ':');
	if (colon != NULL)
		*colon = '\0';
	return kept;
}

static void
keep_error(const Chunk *chunk, const char *state, const ErrorData *error)
{
	osmeta_execf("UPDATE osmeta.plan_chunk SET state = %s, finished_at = clock_timestamp(),"
				 " error = %s WHERE chunk_id = " INT64_FORMAT,
				 quote_literal_cstr(state),
				 quote_literal_cstr(kept_message(chunk, error)),
				 chunk->chunk_id);
}

/*
 * Keep the error in the ledger, commit that, and raise it.  state is
 * 'failed' if it is known that nothing of the piece stands at the target.
 */
static void
fail_chunk(Run *run, const Chunk *chunk, const char *state,
		   const char *unknown, ErrorData *error)
{
	keep_error(chunk, state, error);
	if (try_commit(run) != NULL)
	{
		/* The connection is lost, and with it what became of the piece. */
		keep_error(chunk, unknown, error);
		osmeta_spi_commit(&run->nest_level);
	}
	osmeta_chunk_release(run);
	error->context = psprintf("%s%s%s of %s in plan \"%s\"",
							  error->context ? error->context : "",
							  error->context ? "\n" : "", chunk->phase,
							  osmeta_entity_label(chunk->entity), run->name);
	if (error->hint == NULL && strcmp(chunk->phase, "pull") == 0)
		error->hint = "Nothing has been written to the target. Put the cause right and call run_plan again, or drop the plan and make another.";
	else if (error->hint == NULL)
		error->hint = psprintf("Pieces that are done stay done: put the cause right, then call %s again.",
							   strcmp(chunk->phase, "undo") == 0 ?
							   "undo_plan" : "run_plan");
	ReThrowError(error);
}

/*
 * Take a piece that nobody else works on, of the lowest level that is not
 * done.  False if there is none; *left tells whether others still work.
 */
bool
osmeta_chunk_take(Run *run, const char *phase, Chunk *chunk, bool *left)
{
	uint64		rows;
	int64	   *id;

	/*
	 * A wrapper may lock the rows that it updates so that no other row can
	 * refer to them meanwhile; two sessions whose rows refer to each other's
	 * would wait for each other, or one would find that its snapshot is past.
	 * So references are set by one session at a time.
	 */
	bool		is_far = run->plan->target_wrapper != NULL;
	bool		one_at_a_time = is_far &&
	(strcmp(phase, "second step") == 0 || strcmp(phase, "update") == 0);

	/* Found by the partial index of pieces to be done, however many are. */
	osmeta_execf("SELECT c.chunk_id, c.level FROM osmeta.plan_chunk c"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.phase = %s AND c.round = %d AND c.state <> 'done'"
				 " ORDER BY c.level, c.chunk_id LIMIT %d",
				 run->plan_id, quote_literal_cstr(phase), run->plan->round,
				 one_at_a_time ? 1 : PIECES_LISTED);
	rows = SPI_processed;
	*left = rows > 0;
	if (is_far && rows > 1 && osmeta_int64_at(0, 2, NULL) == LEVEL_REFERENCE)
		rows = 1;
	id = palloc(sizeof(int64) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		/* those of the next level wait for these */
		if (osmeta_int64_at(i, 2, NULL) != osmeta_int64_at(0, 2, NULL))
			rows = i;
		else
			id[i] = osmeta_int64_at(i, 1, NULL);
	}
	for (uint64 i = 0; i < rows; i++)
	{
		if (!osmeta_plan_lock(PLAN_LOCK_CHUNK, id[i], false, false))
			continue;
		run->chunk_id = id[i];
		/* Whoever had it may have done it since the list was read. */
		osmeta_execf("SELECT c.entity_id, c.phase, c.state, c.lower_id, c.upper_id,"
					 " COALESCE(c.rows_expected, 0), c.level"
					 " FROM osmeta.plan_chunk c WHERE c.chunk_id = " INT64_FORMAT
					 " AND c.state <> 'done'", id[i]);
		if (SPI_processed == 0)
		{
			osmeta_chunk_release(run);
			continue;
		}
		chunk->chunk_id = id[i];
		chunk->entity = osmeta_plan_entity(run->plan,
										   osmeta_int64_at(0, 1, NULL));
		chunk->phase = osmeta_text_at(0, 2);
		chunk->state = osmeta_text_at(0, 3);
		chunk->lower = osmeta_text_at(0, 4);
		chunk->upper = osmeta_text_at(0, 5);
		chunk->rows_expected = osmeta_int64_at(0, 6, NULL);
		chunk->level = (int) osmeta_int64_at(0, 7, NULL);
		return true;
	}
	return false;
}

static void
commit_at_target(void *arg)
{
	const Run  *run = arg;

	run->sink->commit();
}

/*
 * Push a piece whose identifiers the target gives: they are committed here
 * before the rows are committed there.  Once they are, the outcome is known
 * only when the target has answered; until then nothing stands there.
 */
static void
run_held(Run *run, Attempt *attempt)
{
	const Chunk *chunk = attempt->chunk;
	const char *state = "failed";
	ErrorData  *error = osmeta_try(do_chunk, attempt, true);

	if (error == NULL)
	{
		run->sink->hold();
		error = try_commit(run);
	}
	if (error == NULL)
	{
		state = "prepared";
		error = osmeta_try(commit_at_target, run, true);
	}
	if (error == NULL)
	{
		finish_chunk(chunk, attempt->rows);
		error = try_commit(run);
	}
	if (error != NULL)
		fail_chunk(run, chunk, state, "prepared", error);
	osmeta_chunk_release(run);
}

/* One piece, from taking to done. */
void
osmeta_chunk_run(Run *run, Chunk *chunk)
{
	ErrorData  *error;
	bool		is_push = strcmp(chunk->phase, "push") == 0;
	const char *unknown = is_push ? "prepared" : "ready";
	const char *state;
	Attempt		attempt = {run, chunk, 0};

	if (chunk->entity == NULL)
		elog(ERROR, "piece " INT64_FORMAT " belongs to an entity that is not in the plan",
			 chunk->chunk_id);
	if (is_push && strcmp(chunk->state, "prepared") == 0 &&
		look_up_push(run, chunk))
	{
		osmeta_execf("UPDATE osmeta.plan_chunk SET state = 'done', rows_done = rows_expected,"
					 " finished_at = clock_timestamp() WHERE chunk_id = " INT64_FORMAT,
					 chunk->chunk_id);
		osmeta_spi_commit(&run->nest_level);
		osmeta_chunk_release(run);
		return;
	}
	if (strcmp(chunk->phase, "delete") == 0 &&
		strcmp(chunk->state, "failed") == 0)
		osmeta_refresh_copy(run, chunk);
	osmeta_execf("UPDATE osmeta.plan_chunk SET state = '%s', attempts = attempts + 1,"
				 " session_pid = %d, started_at = clock_timestamp(), finished_at = NULL"
				 " WHERE chunk_id = " INT64_FORMAT,
				 unknown, MyProcPid, chunk->chunk_id);
	osmeta_spi_commit(&run->nest_level);

	if (is_held(run, chunk))
	{
		run_held(run, &attempt);
		return;
	}

	/*
	 * An attempt before this one whose outcome was unknown may have succeeded
	 * in the end, and be the reason why this one fails: look it up again.
	 */
	state = strcmp(chunk->state, "prepared") == 0 ? "prepared" : "failed";
	error = osmeta_try(do_chunk, &attempt, true);
	if (error == NULL)
	{
		error = try_commit(run);
		state = unknown;
	}
	if (error != NULL)
		fail_chunk(run, chunk, state, unknown, error);
	osmeta_chunk_release(run);
}
