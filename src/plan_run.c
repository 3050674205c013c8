/*-------------------------------------------------------------------------
 *
 * plan_run.c
 *	  CALL run_plan: pull, push, second step, from one session or many.
 *
 * The work of a phase stands in osmeta.plan_chunk, a row for each piece.  A
 * session takes a piece by a lock of its session, so a piece whose session
 * died is free at once, and its state tells how far it got:
 *
 *	pull, second step	one local transaction does the work and writes
 *		'done'; interrupted work has left nothing, or may be done again.
 *	push	first 'prepared' is committed: from then on the stage and the
 *		ledger say which identifiers the piece puts at the target.  Then the
 *		rows are inserted and 'done' is written in one transaction, which
 *		commits at the target first.  A piece found 'prepared' and free has
 *		an unknown outcome: it is looked up at the target.  All of its
 *		identifiers there: done.  None: to do again.  Anything else stops the
 *		plan.  Should the lost session still be about to commit there, the
 *		target's primary key makes the second insert wait and fail: no row
 *		is ever doubled.
 *
 * Between pull and push the maps are made and everything is checked that
 * can only be known when the rows are here; the phase is then advanced.
 * Who does that holds the phase lock, the others wait for it.
 *
 * A failed piece is rolled back in a subtransaction, its error is kept in
 * the ledger and raised; pieces done stay done.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timeout.h"

#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_run_plan);

/* How long a session waits before it looks for work again. */
#define POLL_MILLISECONDS 200

/* How many values are looked up at the source in one statement. */
#define LOOKUP_BATCH 1000

/* Rows that an error lists by name. */
#define LISTED 10

typedef struct Chunk
{
	int64		chunk_id;
	PlanEntity *entity;
	char	   *phase;
	char	   *state;
	char	   *lower;
	char	   *upper;
} Chunk;

/* A run in this session. */
typedef struct Run
{
	char	   *name;
	MigrationPlan *plan;		/* read anew when a phase begins */
	const OsmetaSink *sink;
	int			nest_level;
	int64		plan_id;
	int64		chunk_id;		/* the piece whose lock is held, 0 if none */
	bool		in_advance;		/* the lock on the phase is held */
} Run;

static OsmetaSinkTable
sink_table(const Run *run, const PlanEntity *entity)
{
	OsmetaSinkTable table;

	table.relation = osmeta_stage_name(run->plan, 't', entity->entity_id);
	table.id_column = psprintf("c%d", entity->identifier->attribute_no);
	table.id_type = entity->identifier->target_type;
	table.counter = entity->counter;
	table.is_local = run->plan->target_wrapper == NULL;
	return table;
}

/* ---------------------------------------------------------------------------
 * Checks
 * ---------------------------------------------------------------------------
 */

/* No run while plan_problem has an error. */
static void
check_problems(const Run *run)
{
	const char *args[1];
	uint64		rows;
	StringInfoData list;

	args[0] = run->name;
	rows = osmeta_query_text("SELECT p.code, p.object, p.message FROM osmeta.plan_problem p"
							 " WHERE p.plan = $1 AND p.severity = 'error'", 1,
							 args);
	if (rows == 0)
		return;
	initStringInfo(&list);
	for (uint64 i = 0; i < rows && i < LISTED; i++)
		appendStringInfo(&list, "%s%s: %s: %s", i > 0 ? "\n" : "",
						 osmeta_text_at(i, 1), osmeta_text_at(i, 2),
						 osmeta_text_at(i, 3));
	if (rows > LISTED)
		appendStringInfo(&list, "\nand " UINT64_FORMAT " more",
						 rows - LISTED);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("plan \"%s\" has problems that stop it: " UINT64_FORMAT,
					run->name, rows),
			 errdetail("%s", list.data),
			 errhint("SELECT * FROM osmeta.plan_problem WHERE plan = %s tells what to do.",
					 quote_literal_cstr(run->name))));
}

/*
 * The catalogues on both sides must still say what the plan was made from:
 * a publish in between may have changed tables.
 */
static void
check_catalogue(const Run *run, bool is_source)
{
	const char *side = is_source ? "source" : "target";
	uint64		rows;

	osmeta_execf("WITH catalogue AS MATERIALIZED ("
				 " SELECT table_name, column_name, local_type FROM %s.physical_column)"
				 " SELECT format('column %%I of table %%I: %%s, was %%s', a.%s_column, e.%s_table,"
				 "   COALESCE(c.local_type, 'gone'), a.%s_type)"
				 " FROM osmeta.plan_entity e"
				 " JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id"
				 " LEFT JOIN catalogue c ON c.table_name = e.%s_table AND c.column_name = a.%s_column"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.is_data AND e.include AND a.include"
				 "  AND a.%s_type IS NOT NULL AND c.local_type IS DISTINCT FROM a.%s_type"
				 " ORDER BY 1",
				 is_source ? run->plan->source_schema : run->plan->target_schema,
				 side, side, side, side, side, run->plan_id, side, side);
	rows = SPI_processed;
	if (rows > 0)
	{
		StringInfoData list;

		initStringInfo(&list);
		for (uint64 i = 0; i < rows && i < LISTED; i++)
			appendStringInfo(&list, "%s%s", i > 0 ? "\n" : "",
							 osmeta_text_at(i, 1));
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("tables of environment \"%s\" have changed since plan \"%s\" was made",
						is_source ? run->plan->source : run->plan->target,
						run->name),
				 errdetail("%s", list.data),
				 errhint("Capture both environments and make a new plan.")));
	}
}

/* List values of the first column of the last query, for a message. */
static char *
list_values(uint64 rows)
{
	StringInfoData list;

	initStringInfo(&list);
	for (uint64 i = 0; i < rows && i < LISTED; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "",
						 osmeta_text_at(i, 1));
	if (rows > LISTED)
		appendStringInfoString(&list, ", ...");
	return list.data;
}

/* Rows refer to users or static records that have no partner. */
static void
check_matches(const Run *run, const PlanEntity *entity,
			  const PlanAttribute *attribute)
{
	const char *code = strcmp(attribute->refers_to->strategy_name, "user") == 0 ?
	"unmatched_user" : "unmatched_static_record";
	const char *args[2];
	uint64		rows;

	args[0] = run->name;
	args[1] = code;
	osmeta_query_text("SELECT COALESCE(p.options -> 'severity' ->> $2, 'error')"
					  " FROM osmeta.plan p WHERE p.plan = $1", 2, args);
	if (strcmp(osmeta_text_at(0, 1), "error") != 0)
		return;
	osmeta_execf("SELECT DISTINCT format('%%s (id %%s)', m.label, m.source_id)"
				 " FROM %s s JOIN osmeta.plan_map m ON m.plan_id = " INT64_FORMAT
				 " AND m.entity_id = " INT64_FORMAT " AND m.source_id = s.c%d::text"
				 " WHERE m.target_id IS NULL ORDER BY 1",
				 osmeta_stage_name(run->plan, 'e', entity->entity_id),
				 run->plan_id, attribute->refers_to->entity_id,
				 attribute->attribute_no);
	rows = SPI_processed;
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s.%s refers to rows of %s that have no partner in environment \"%s\"",
						osmeta_entity_label(entity), attribute->name,
						osmeta_entity_label(attribute->refers_to),
						run->plan->target),
				 errdetail("Without partner: %s.", list_values(rows)),
				 errhint("Nothing has been written to the target. Create the partners there and call run_plan again.")));
}

/*
 * Rows whose identifier is a reference need the row that it refers to; and
 * no identifier may be taken at the target.
 */
static void
check_identifiers(const Run *run, const PlanEntity *entity)
{
	OsmetaSinkTable table = sink_table(run, entity);
	char	   *ids = osmeta_target_id_sql(run->plan, entity, NULL);
	uint64		rows;
	char	   *lower = NULL;
	char	   *upper = NULL;
	int64		staged;
	int64		distinct;

	osmeta_execf("SELECT p.source_id FROM (%s) p (source_id, target_id)"
				 " WHERE p.target_id IS NULL ORDER BY 1",
				 osmeta_key_pairs_sql(run->plan, entity));
	rows = SPI_processed;
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(UINT64_FORMAT " rows of %s belong to rows of %s that are not moved",
						rows, osmeta_entity_label(entity),
						osmeta_entity_label(entity->identifier->refers_to)),
				 errdetail("Identifiers at the source: %s.", list_values(rows)),
				 errhint("Nothing has been written to the target. Give %s a filter that leaves these rows out, and make a new plan.",
						 osmeta_entity_label(entity))));

	osmeta_execf("SELECT count(*), count(DISTINCT v.id), min(v.id)::text, max(v.id)::text FROM (%s) v",
				 ids);
	staged = osmeta_int64_at(0, 1, NULL);
	distinct = osmeta_int64_at(0, 2, NULL);
	if (staged == 0)
		return;
	if (distinct < staged)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(INT64_FORMAT " rows of %s would get only " INT64_FORMAT " identifiers",
						staged, osmeta_entity_label(entity), distinct),
				 errhint("Nothing has been written to the target. Rows that belong to one user at the target must be filtered at the source.")));
	if (entity->is_number)
	{
		lower = osmeta_text_at(0, 3);
		upper = osmeta_text_at(0, 4);
	}
	if (run->sink->count_present(&table, ids, lower, upper) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("identifiers for %s are taken in environment \"%s\"",
						osmeta_entity_label(entity), run->plan->target),
				 errdetail("The plan would put rows there with identifiers from %s to %s.",
						   lower ? lower : "a text", upper ? upper : "a text"),
				 entity->strategy == STRATEGY_OFFSET ?
				 errhint("Nothing has been written to the target. Drop the plan and make a new one, which chooses a free range.") :
				 errhint("Nothing has been written to the target. Drop the plan and make a new one with a filter that leaves out the rows that are there already.")));
}

/* ---------------------------------------------------------------------------
 * Phases
 * ---------------------------------------------------------------------------
 */
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

static void
add_pull_chunk(const Run *run, const PlanEntity *entity, const char *lower,
			   const char *upper, int64 rows)
{
	osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, level, lower_id, upper_id, rows_expected)"
				 " VALUES (" INT64_FORMAT ", " INT64_FORMAT ", 'pull', 0, %s, %s, %s)",
				 run->plan_id, entity->entity_id,
				 lower ? quote_literal_cstr(lower) : "NULL",
				 upper ? quote_literal_cstr(upper) : "NULL",
				 rows < 0 ? "NULL" : psprintf(INT64_FORMAT, rows));
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

	context.callback = pull_context;
	context.arg = entity;
	context.previous = error_context_stack;
	error_context_stack = &context;
	prepared = SPI_prepare(osmeta_pull_sql(plan, entity, "true"), 0, NULL);
	if (prepared == NULL)
		elog(ERROR, "statement cannot be prepared: %s",
			 SPI_result_code_string(SPI_result));
	SPI_freeplan(prepared);
	error_context_stack = context.previous;
}

/*
 * Fix the highest identifier of each entity, make the stage, and cut the
 * source into ranges of identifiers.
 */
static void
prepare_pull(Run *run)
{
	MigrationPlan *plan;

	osmeta_plan_order(run->plan_id);
	osmeta_plan_refresh(run->plan);
	check_problems(run);
	run->plan = plan = osmeta_plan_load(run->name);
	check_problems(run);
	osmeta_plan_require_sound(plan);
	/* All tables first: the view of an entity joins those it refers to. */
	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data)
			osmeta_exec(osmeta_stage_table_sql(plan, &plan->entities[i]));
	}
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];
		int64		rows;

		if (!e->is_data)
			continue;
		osmeta_exec(osmeta_stage_view_sql(plan, e));
		try_pull_statement(plan, e);
		if (!e->is_number)
		{
			add_pull_chunk(run, e, NULL, NULL, -1);
			continue;
		}
		osmeta_execf("UPDATE osmeta.plan_entity e SET rows_expected = s.rows,"
					 " lower_id = s.lower, upper_id = s.upper"
					 " FROM (SELECT count(*) AS rows, min(c%d)::bigint AS lower,"
					 "  max(c%d)::bigint AS upper FROM %s) s"
					 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT
					 " RETURNING s.rows, s.lower, s.upper",
					 e->identifier->attribute_no, e->identifier->attribute_no,
					 osmeta_stage_name(plan, 's', e->entity_id),
					 plan->plan_id, e->entity_id);
		rows = osmeta_int64_at(0, 1, NULL);
		if (rows > 0)
		{
			int64		lower = osmeta_int64_at(0, 2, NULL);
			int64		upper = osmeta_int64_at(0, 3, NULL);
			int64		chunks = (rows + plan->chunk_rows - 1) / plan->chunk_rows;
			uint64		width = ((uint64) upper - (uint64) lower) / chunks + 1;
			int64		rows_left = rows;

			for (int64 low = lower;;)
			{
				uint64		left = (uint64) upper - (uint64) low;
				int64		high = left < width ? upper :
				(int64) ((uint64) low + width - 1);

				add_pull_chunk(run, e, psprintf(INT64_FORMAT, low),
							   psprintf(INT64_FORMAT, high),
							   high == upper ? rows_left : rows / chunks);
				rows_left -= rows / chunks;
				if (high == upper)
					break;
				low = high + 1;
			}
		}
	}
	check_problems(run);
	set_phase(run, "pull");
}

/*
 * A row that was inserted at the source while its children were pulled is
 * beyond the highest identifier that was fixed: fetch it, and what it refers
 * to in turn, so that no reference is taken for a dangling one.
 */
static uint64
pull_missing_parents(Run *run)
{
	MigrationPlan *plan = run->plan;
	uint64		pulled = 0;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			PlanAttribute *a = &e->attributes[j];
			uint64		rows;
			char	  **value;

			if (a->refers_to == NULL || !a->refers_to->is_data ||
				(a->transform != TRANSFORM_REMAP && a->transform != TRANSFORM_KEY))
				continue;
			rows = osmeta_exec(osmeta_missing_parent_sql(plan, e, a));
			value = palloc(sizeof(char *) * Max(rows, 1));
			for (uint64 k = 0; k < rows; k++)
				value[k] = osmeta_text_at(k, 1);
			for (uint64 first = 0; first < rows; first += LOOKUP_BATCH)
			{
				StringInfoData condition;
				PlanEntity *parent = a->refers_to;

				initStringInfo(&condition);
				appendStringInfo(&condition, "s.c%d IN (",
								 parent->identifier->attribute_no);
				for (uint64 k = first; k < rows && k < first + LOOKUP_BATCH; k++)
					appendStringInfo(&condition, "%s%s", k > first ? ", " : "",
									 parent->is_number ? value[k] :
									 quote_literal_cstr(value[k]));
				appendStringInfoChar(&condition, ')');
				pulled += osmeta_exec(osmeta_pull_sql(plan, parent,
													  condition.data));
			}
		}
	}
	return pulled;
}

/* Rows of the stage that the second step concerns, as a condition on s. */
static char *
deferred_condition(const PlanEntity *entity)
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
 * Cut the rows of the stage that meet a condition into pieces of chunk_rows
 * rows.
 */
static void
add_stage_chunks(const Run *run, const PlanEntity *entity, const char *phase,
				 int level, const char *condition)
{
	int			id = entity->identifier->attribute_no;

	osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, level, lower_id, upper_id, rows_expected)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", %s, %d, min(n.id)::text, max(n.id)::text, count(*)"
				 " FROM (SELECT s.c%d AS id,"
				 "  (row_number() OVER (ORDER BY s.c%d) - 1) / " INT64_FORMAT " AS piece"
				 "  FROM %s s WHERE %s) n GROUP BY n.piece ORDER BY n.piece",
				 run->plan_id, entity->entity_id, quote_literal_cstr(phase),
				 level, id, id, run->plan->chunk_rows,
				 osmeta_stage_name(run->plan, 'e', entity->entity_id),
				 condition);
}

/* Maps, checks on what has been pulled, counters, and the pieces to push. */
static void
prepare_push(Run *run)
{
	MigrationPlan *plan = run->plan;

	osmeta_plan_fill_map(plan);
	while (pull_missing_parents(run) > 0)
		CHECK_FOR_INTERRUPTS();

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];
		char	   *deferred = deferred_condition(e);
		OsmetaSinkTable table;

		if (!e->is_data)
			continue;
		osmeta_execf("ANALYZE %s", osmeta_stage_name(plan, 'e', e->entity_id));
		for (int j = 0; j < e->nattributes; j++)
		{
			PlanAttribute *a = &e->attributes[j];

			if (a->refers_to != NULL && !a->refers_to->is_data &&
				(a->transform == TRANSFORM_REMAP || a->transform == TRANSFORM_KEY))
				check_matches(run, e, a);
		}
		check_identifiers(run, e);
		add_stage_chunks(run, e, "push", e->level, "true");
		if (deferred != NULL)
			add_stage_chunks(run, e, "second step", 0, deferred);
		osmeta_execf("UPDATE osmeta.plan_entity e SET rows_expected = s.rows,"
					 " upper_id = %s FROM (SELECT count(*) AS rows, max(c%d) AS upper FROM %s) s"
					 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT
					 " RETURNING s.rows, %s",
					 e->is_number ? "COALESCE(s.upper::bigint, e.upper_id)" : "NULL",
					 e->identifier->attribute_no,
					 osmeta_stage_name(plan, 'e', e->entity_id),
					 plan->plan_id, e->entity_id,
					 e->is_number ? "s.upper::bigint" : "NULL::bigint");
		if (e->strategy != STRATEGY_PARENT && e->is_number &&
			osmeta_int64_at(0, 1, NULL) > 0)
		{
			int64		upper = osmeta_int64_at(0, 2, NULL);

			if (e->strategy == STRATEGY_OFFSET)
				upper += e->offset;
			table = sink_table(run, e);
			(void) run->sink->advance_counter(&table,
											  upper > PG_INT64_MAX - plan->headroom ?
											  PG_INT64_MAX :
											  upper + plan->headroom);
		}
	}
	set_phase(run, "push");
}

/* ---------------------------------------------------------------------------
 * Pieces
 * ---------------------------------------------------------------------------
 */
static void
run_pull(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;

	osmeta_exec(osmeta_pull_sql(run->plan, e,
								osmeta_stage_range(e, "s", chunk->lower,
												   chunk->upper)));
}

static void
run_push(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = sink_table(run, e);
	char	   *range = osmeta_stage_range(e, "s", chunk->lower, chunk->upper);

	SPI_processed = run->sink->insert(&table, osmeta_delivery_columns(e),
									  osmeta_delivery_sql(run->plan, e,
														  DELIVERY_FIRST,
														  false, range));
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

static void
run_second_step(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = sink_table(run, e);
	char	   *range = osmeta_stage_range(e, "s", chunk->lower, chunk->upper);
	char	  **column = palloc(sizeof(char *) * e->nattributes);
	int			columns = 0;
	char	   *lower;
	char	   *upper;

	for (int i = 0; i < e->nattributes; i++)
	{
		if (e->attributes[i].is_deferred)
			column[columns++] = psprintf("c%d", e->attributes[i].attribute_no);
	}
	target_bounds(run, e, osmeta_target_id_sql(run->plan, e, range), &lower,
				  &upper);
	SPI_processed = run->sink->update(&table, columns, column,
									  osmeta_delivery_sql(run->plan, e,
														  DELIVERY_SECOND, false,
														  psprintf("%s AND (%s)", range,
																   deferred_condition(e))),
									  lower, upper);
}

/*
 * What did an interrupted push leave at the target?  True: all of it, so it
 * is done; false: nothing.
 */
static bool
look_up_push(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = sink_table(run, e);
	char	   *range = osmeta_stage_range(e, "s", chunk->lower, chunk->upper);
	char	   *ids = osmeta_target_id_sql(run->plan, e, range);
	char	   *lower;
	char	   *upper;
	int64		expected;
	int64		present;

	target_bounds(run, e, ids, &lower, &upper);
	osmeta_execf("SELECT count(*) FROM (%s) v", ids);
	expected = osmeta_int64_at(0, 1, NULL);
	present = run->sink->count_present(&table, ids, lower, upper);
	if (present != 0 && present != expected)
	{
		osmeta_execf("SELECT v.id::text FROM (%s) v LEFT JOIN (SELECT t.%s AS id FROM %s t WHERE %s) t ON t.id = v.id"
					 " WHERE t.id IS NULL ORDER BY v.id",
					 ids, table.id_column, table.relation,
					 lower == NULL ? "true" :
					 psprintf("t.%s >= %s AND t.%s <= %s", table.id_column,
							  lower, table.id_column, upper));
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("an interrupted piece of %s stands at the target in part: " INT64_FORMAT " of " INT64_FORMAT " rows",
						osmeta_entity_label(e), present, expected),
				 errdetail("Missing there: %s.", list_values(SPI_processed)),
				 errhint("Somebody has deleted or inserted rows there. Nothing is deleted to go on: put the target right, then call run_plan again.")));
	}
	return present == expected;
}

static void
finish_chunk(const Chunk *chunk, uint64 rows)
{
	osmeta_execf("UPDATE osmeta.plan_chunk SET state = 'done', rows_done = " UINT64_FORMAT ","
				 " finished_at = clock_timestamp(), error = NULL WHERE chunk_id = " INT64_FORMAT,
				 rows, chunk->chunk_id);
}

/*
 * Do a piece in a subtransaction.  NULL if it went well, else the error,
 * with everything that the piece did rolled back.
 */
static ErrorData *
try_chunk(Run *run, const Chunk *chunk)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		SPI_processed = 0;
		if (strcmp(chunk->phase, "pull") == 0)
			run_pull(run, chunk);
		else if (strcmp(chunk->phase, "push") == 0)
			run_push(run, chunk);
		else
			run_second_step(run, chunk);
		finish_chunk(chunk, SPI_processed);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

/* Give up the lock on the piece that this session holds, if any. */
static void
release_chunk(Run *run)
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

static void
keep_error(const Chunk *chunk, const char *state, const ErrorData *error)
{
	osmeta_execf("UPDATE osmeta.plan_chunk SET state = %s, finished_at = clock_timestamp(),"
				 " error = %s WHERE chunk_id = " INT64_FORMAT,
				 quote_literal_cstr(state), quote_literal_cstr(error->message),
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
	release_chunk(run);
	error->context = psprintf("%s%s%s of %s in plan \"%s\"",
							  error->context ? error->context : "",
							  error->context ? "\n" : "", chunk->phase,
							  osmeta_entity_label(chunk->entity), run->name);
	if (error->hint == NULL && strcmp(chunk->phase, "pull") == 0)
		error->hint = "Nothing has been written to the target. Put the cause right and call run_plan again, or drop the plan and make another.";
	else if (error->hint == NULL)
		error->hint = "Pieces that are done stay done: put the cause right, then call run_plan again.";
	ReThrowError(error);
}

/*
 * Take a piece that nobody else works on, of the lowest level that is not
 * done.  False if there is none; *left tells whether others still work.
 */
static bool
take_chunk(Run *run, const char *phase, Chunk *chunk, bool *left)
{
	uint64		rows;
	int64	   *id;

	/*
	 * A wrapper may lock the rows that it updates so that no other row can
	 * refer to them meanwhile; two sessions whose rows refer to each other's
	 * would wait for each other.
	 */
	bool		one_at_a_time = run->plan->target_wrapper != NULL &&
	strcmp(phase, "second step") == 0;

	osmeta_execf("SELECT c.chunk_id FROM osmeta.plan_chunk c"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.phase = %s AND c.state <> 'done'"
				 " AND c.level = (SELECT min(n.level) FROM osmeta.plan_chunk n"
				 "  WHERE n.plan_id = c.plan_id AND n.phase = c.phase AND n.state <> 'done')"
				 " ORDER BY c.chunk_id LIMIT %d",
				 run->plan_id, quote_literal_cstr(phase),
				 one_at_a_time ? 1 : 1000);
	rows = SPI_processed;
	*left = rows > 0;
	id = palloc(sizeof(int64) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		id[i] = osmeta_int64_at(i, 1, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		if (!osmeta_plan_lock(PLAN_LOCK_CHUNK, id[i], false, false))
			continue;
		run->chunk_id = id[i];
		/* Whoever had it may have done it since the list was read. */
		osmeta_execf("SELECT c.entity_id, c.phase, c.state, c.lower_id, c.upper_id"
					 " FROM osmeta.plan_chunk c WHERE c.chunk_id = " INT64_FORMAT
					 " AND c.state <> 'done'", id[i]);
		if (SPI_processed == 0)
		{
			release_chunk(run);
			continue;
		}
		chunk->chunk_id = id[i];
		chunk->entity = osmeta_plan_entity(run->plan,
										   osmeta_int64_at(0, 1, NULL));
		chunk->phase = osmeta_text_at(0, 2);
		chunk->state = osmeta_text_at(0, 3);
		chunk->lower = osmeta_text_at(0, 4);
		chunk->upper = osmeta_text_at(0, 5);
		return true;
	}
	return false;
}

/* One piece, from taking to done. */
static void
run_chunk(Run *run, Chunk *chunk)
{
	ErrorData  *error;
	bool		is_push = strcmp(chunk->phase, "push") == 0;
	const char *unknown = is_push ? "prepared" : "ready";
	const char *state;

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
		release_chunk(run);
		return;
	}
	osmeta_execf("UPDATE osmeta.plan_chunk SET state = '%s', attempts = attempts + 1,"
				 " session_pid = %d, started_at = clock_timestamp(), finished_at = NULL"
				 " WHERE chunk_id = " INT64_FORMAT,
				 unknown, MyProcPid, chunk->chunk_id);
	osmeta_spi_commit(&run->nest_level);

	/*
	 * An attempt before this one whose outcome was unknown may have succeeded
	 * in the end, and be the reason why this one fails: look it up again.
	 */
	state = strcmp(chunk->state, "prepared") == 0 ? "prepared" : "failed";
	error = try_chunk(run, chunk);
	if (error == NULL)
	{
		error = try_commit(run);
		state = unknown;
	}
	if (error != NULL)
		fail_chunk(run, chunk, state, unknown, error);
	release_chunk(run);
}

/* Others are at work: look again soon, or at once when cancelled. */
static void
wait_a_moment(Run *run)
{
	osmeta_spi_commit(&run->nest_level);
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 POLL_MILLISECONDS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/* Work until every piece of the phase is done, by whomever. */
static void
work_through(Run *run, const char *phase)
{
	MemoryContext context;
	MemoryContext old;
	Chunk		chunk;
	bool		left;

	context = AllocSetContextCreate(CurrentMemoryContext, "osmeta chunk",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	for (;;)
	{
		MemoryContextReset(context);
		if (take_chunk(run, phase, &chunk, &left))
			run_chunk(run, &chunk);
		else if (!left)
			break;
		else
			wait_a_moment(run);
	}
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
static void
advance(Run *run, const char *from, void (*prepare) (Run *run))
{
	osmeta_spi_commit(&run->nest_level);
	(void) osmeta_plan_lock(PLAN_LOCK_PHASE, run->plan_id, false, true);
	run->in_advance = true;
	run->plan = osmeta_plan_load(run->name);
	if (strcmp(run->plan->phase, from) == 0)
	{
		prepare(run);
		osmeta_spi_commit(&run->nest_level);
	}
	release_phase(run);
	run->plan = osmeta_plan_load(run->name);
}

static void
begin_second_step(Run *run)
{
	set_phase(run, "second step");
}

static void
finish(Run *run)
{
	set_phase(run, "done");
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
					  " WHERE p.plan = $1 AND c.phase = $2", 2, args);
	if (osmeta_int64_at(0, 2, NULL) > 0)
		ereport(NOTICE,
				(errmsg("plan \"%s\": %s is done, rows: " INT64_FORMAT ", entities: " INT64_FORMAT,
						run->name, phase, osmeta_int64_at(0, 1, NULL),
						osmeta_int64_at(0, 2, NULL))));
}

static void
run_phases(Run *run)
{
	if (is_phase(run, "planned"))
		advance(run, "planned", prepare_pull);
	else
		osmeta_plan_require_sound(run->plan);
	if (is_phase(run, "pull"))
	{
		work_through(run, "pull");
		report_phase(run, "pull");
		advance(run, "pull", prepare_push);
	}
	if (is_phase(run, "push"))
	{
		work_through(run, "push");
		report_phase(run, "push");
		advance(run, "push", begin_second_step);
	}
	if (is_phase(run, "second step"))
	{
		work_through(run, "second step");
		report_phase(run, "second step");
		advance(run, "second step", finish);
	}
}

Datum
osmeta_run_plan(PG_FUNCTION_ARGS)
{
	CallContext *context = (CallContext *) fcinfo->context;
	Run			run = {0};

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the name of the plan must not be null")));
	if (context == NULL || !IsA(context, CallContext) || context->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("run_plan cannot run inside a transaction block, a function or a procedure with SET"),
				 errdetail("It commits after each piece of its work."),
				 errhint("CALL osmeta.run_plan(...) by itself, outside BEGIN.")));

	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("run_plan needs the isolation level read committed"),
				 errdetail("Sessions that share the work must see what the others have done."),
				 errhint("SET default_transaction_isolation = 'read committed'.")));

	run.name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	run.nest_level = osmeta_spi_begin(true);
	run.plan = osmeta_plan_load(run.name);
	run.plan_id = run.plan->plan_id;
	if (is_phase(&run, "done"))
	{
		ereport(NOTICE,
				(errmsg("plan \"%s\" is done", run.name)));
		osmeta_spi_end(run.nest_level);
		PG_RETURN_NULL();
	}
	if (StatementTimeout > 0)
		ereport(NOTICE,
				(errmsg("statement_timeout is %d ms: it ends the whole run, not one piece",
						StatementTimeout),
				 errhint("SET statement_timeout = 0 for long plans; call run_plan again to go on.")));
	if (run.plan->source_schema == NULL || run.plan->target_schema == NULL)
		check_problems(&run);
	run.sink = osmeta_sink_find(run.plan->target_wrapper);
	if (run.sink == NULL)
		check_problems(&run);
	check_catalogue(&run, true);
	check_catalogue(&run, false);

	if (!osmeta_plan_lock(PLAN_LOCK_RUN, run.plan_id, true, false))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("plan \"%s\" is being dropped", run.name)));
	PG_TRY();
	{
		run_phases(&run);
	}
	PG_FINALLY();
	{
		/* Locks of the session outlive a failed transaction. */
		release_chunk(&run);
		release_phase(&run);
		osmeta_plan_unlock(PLAN_LOCK_RUN, run.plan_id, true);
	}
	PG_END_TRY();

	osmeta_spi_end(run.nest_level);
	PG_RETURN_NULL();
}
