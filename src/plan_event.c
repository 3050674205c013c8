/*-------------------------------------------------------------------------
 *
 * plan_event.c
 *	  Subscriptions to events are set aside while a plan writes, and come back.
 *
 * A row of an event table says that a process is to start, or an activity to
 * wake, when a row comes into the table of its entity; a trigger of that table
 * goes by them.  While the event table is empty it does nothing.
 *
 * Before the first row is written all rows of the event tables concerned are
 * kept in the plan's schema and deleted at the target, and when the plan is
 * done, or undone, they come back, with those of the source that the target
 * did not have.  Event tables have no key, and many rows may be alike, so
 * rows are compared as multisets.  For each table:
 *
 *	aside	First what stands there is added to what is kept, as far as there
 *		are not as many alike, and that is committed.  Then all rows are
 *		deleted, if they are still just those; else it begins again.  If the
 *		outcome of that is unknown, the next attempt finds all of them, and
 *		keeps nothing new, or none.
 *	back	First it is committed which rows of the source are added.  Then
 *		what is missing there is inserted, and its state is written, in one
 *		transaction.  If the outcome of that is unknown, the next attempt
 *		finds nothing missing; or sets all aside again, and knows from what
 *		was committed which are the target's own.
 *
 * What a round has brought and does not stand there when the next one begins
 * has been taken away there, as when an activity woke: it does not come again.
 *
 * Event tables of what the plan does not write to stay as they are, and get the
 * subscriptions of activities that are moved (plan_event_other.c).
 *
 * One session does this, under the lock of the phase, and waits for those that
 * were lost while they did it (plan_event_lost.c).  What somebody adds
 * meanwhile is kept like the rest, or stays.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_event.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "spi.h"
#include "subtransaction.h"

/* How often somebody may get in between. */
#define ATTEMPTS 20

/* A table that is emptied or filled, as osmeta_try wants it. */
typedef struct EventWork
{
	Run		   *run;
	const EventTable *table;
	uint64		rows;
} EventWork;

/* Are the triggers disabled, so that subscriptions can stay? */
static bool
is_disabled(const MigrationPlan *plan)
{
	osmeta_execf("SELECT COALESCE(p.options ->> 'events', 'aside') = 'disabled'"
				 " FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
				 plan->plan_id);
	return osmeta_bool_at(0, 1);
}

static OsmetaSinkTable
sink_table(const MigrationPlan *plan, const EventTable *table)
{
	OsmetaSinkTable result = {0};

	result.relation = osmeta_event_name(plan, EVENT_TARGET, table);
	result.is_local = plan->target_wrapper == NULL;
	return result;
}

/* Whoever was lost while committing at the target has ended. */
static void
begin_work(const EventWork *work)
{
	OsmetaSinkTable table = sink_table(work->run->plan, work->table);

	if (work->run->sink->begin_piece != NULL)
		work->run->sink->begin_piece(&table,
									 psprintf("osmeta events " UINT64_FORMAT " %u " INT64_FORMAT " %d",
											  GetSystemIdentifier(), MyDatabaseId,
											  work->run->plan_id,
											  work->table->event_no));
}

/* Where does an error come from, and what becomes of the subscriptions? */
static void
rethrow(const EventWork *work, ErrorData *error)
{
	error->context = psprintf("%s%sevent table \"%s\" of environment \"%s\", whose subscriptions are kept in table %s",
							  error->context ? error->context : "",
							  error->context ? "\n" : "", work->table->name,
							  work->run->plan->target,
							  osmeta_event_name(work->run->plan, EVENT_OWN,
												work->table));
	if (error->hint == NULL)
		error->hint = "Put the cause right, then call the same procedure again.";
	ReThrowError(error);
}

/* ---------------------------------------------------------------------------
 * Queues
 * ---------------------------------------------------------------------------
 */

static const char *const queues[] = {"bpm_event", "bpm_event_queue"};

/* A queue, as osmeta_try wants it. */
typedef struct Queue
{
	const MigrationPlan *plan;
	int			number;
} Queue;

static void
note_queue(void *arg)
{
	const Queue *queue = arg;

	osmeta_execf("INSERT INTO osmeta.plan_event (plan_id, event_no, kind, table_name, is_platform, rows_own, checksum)"
				 " SELECT " INT64_FORMAT ", - %d, 'queue', %s, true, count(*), COALESCE(sum(hashtextextended(r::text, 0)), 0)"
				 " FROM (SELECT * FROM %s.live_%s OFFSET 0) r",
				 queue->plan->plan_id, queue->number + 1,
				 quote_literal_cstr(queues[queue->number]),
				 queue->plan->target_schema, queues[queue->number]);
}

/*
 * What has the queue of events before the first row is written?  One that
 * cannot be read is not compared.
 */
static void
note_queues(const MigrationPlan *plan)
{
	if (osmeta_has_events_aside(plan))
		return;
	osmeta_execf("DELETE FROM osmeta.plan_event WHERE plan_id = " INT64_FORMAT " AND kind = 'queue'",
				 plan->plan_id);
	for (int i = 0; i < (int) lengthof(queues); i++)
	{
		Queue		queue = {plan, i};

		if (osmeta_has_view(plan->target, psprintf("live_%s", queues[i])))
			(void) osmeta_answer(osmeta_try(note_queue, &queue, true));
	}
}

/* ---------------------------------------------------------------------------
 * Set aside
 * ---------------------------------------------------------------------------
 */

/*
 * Keep what stands at the target; gives the number of rows there.  Of a table
 * that is fresh nothing has been deleted yet since its rows came back.
 */
static int64
keep_rows(const MigrationPlan *plan, const EventTable *table, bool is_fresh)
{
	char	   *columns = osmeta_event_columns(table);
	char	   *own = osmeta_event_name(plan, EVENT_OWN, table);
	char	   *seen = osmeta_event_name(plan, EVENT_SEEN, table);
	char	   *theirs;
	int64		rows;

	osmeta_execf("DELETE FROM %s", seen);
	rows = (int64) osmeta_execf("INSERT INTO %s (%s) SELECT %s FROM %s", seen,
								columns, columns,
								osmeta_event_name(plan, EVENT_TARGET, table));
	/* what the plan has brought is not theirs */
	theirs = psprintf("(SELECT %s FROM (SELECT * FROM %s a EXCEPT SELECT * FROM %s b) o)",
					  columns, osmeta_event_numbered(table, seen),
					  osmeta_event_numbered(table,
											osmeta_event_name(plan, EVENT_BROUGHT, table)));
	if (is_fresh)
	{
		osmeta_execf("DELETE FROM %s", own);
		osmeta_execf("INSERT INTO %s (%s) SELECT %s FROM %s b EXCEPT SELECT %s FROM %s a",
					 osmeta_event_name(plan, EVENT_TAKEN, table), columns,
					 columns,
					 osmeta_event_name(plan, EVENT_BROUGHT, table), columns,
					 seen);
	}
	osmeta_execf("INSERT INTO %s (%s) SELECT %s FROM (SELECT * FROM %s a EXCEPT SELECT * FROM %s b) o",
				 own, columns, columns, osmeta_event_numbered(table, theirs),
				 osmeta_event_numbered(table, own));
	osmeta_execf("UPDATE osmeta.plan_event SET state = 'aside', aside_at = clock_timestamp(),"
				 " rows_own = (SELECT count(*) FROM %s)"
				 " WHERE plan_id = " INT64_FORMAT " AND event_no = %d",
				 own, plan->plan_id, table->event_no);
	return rows;
}

/* Nothing of what the plan has brought stands there any more. */
static void
forget_brought(const MigrationPlan *plan, const EventTable *table)
{
	osmeta_execf("DELETE FROM %s", osmeta_event_name(plan, EVENT_BROUGHT, table));
	osmeta_execf("UPDATE osmeta.plan_event SET rows_brought = 0"
				 " WHERE plan_id = " INT64_FORMAT " AND event_no = %d",
				 plan->plan_id, table->event_no);
}

static void
empty_table(void *arg)
{
	EventWork  *work = arg;
	const MigrationPlan *plan = work->run->plan;
	OsmetaSinkTable table = sink_table(plan, work->table);
	char	   *columns = osmeta_event_columns(work->table);
	int64		rows;

	begin_work(work);
	rows = work->run->sink->empty(&table, columns,
								  psprintf("SELECT %s FROM %s", columns,
										   osmeta_event_name(plan, EVENT_SEEN, work->table)));
	if (rows != (int64) work->rows)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("event table \"%s\" of environment \"%s\" cannot be emptied",
						work->table->name, plan->target),
				 rows < 0 ?
				 errdetail("Other rows come into it all the time.") :
				 errdetail("Of " UINT64_FORMAT " rows that stood there " INT64_FORMAT " were deleted: somebody writes to it all the time, or a trigger, a rule or a policy there keeps the others.",
						   work->rows, rows),
				 errhint("Put that right, or wait until nobody publishes there, then call the same procedure again.")));
	forget_brought(plan, work->table);
}

/*
 * What another plan has set aside is not gone.  Two plans that begin at once
 * wait for each other here.
 */
static void
check_others(const Run *run, const EventTable *table)
{
	osmeta_execf("SELECT hashtextextended(p.target_place, 0) FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
				 run->plan_id);
	osmeta_plan_lock_target(osmeta_int64_at(0, 1, NULL));
	if (osmeta_execf("SELECT o.plan FROM osmeta.plan p JOIN osmeta.plan o ON o.target_place = p.target_place AND o.plan_id <> p.plan_id"
					 " JOIN osmeta.plan_event v ON v.plan_id = o.plan_id AND v.kind = 'table' AND v.state = 'aside'"
					 " WHERE p.plan_id = " INT64_FORMAT " AND v.table_name = %s LIMIT 1",
					 run->plan_id, quote_literal_cstr(table->name)) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" has set the subscriptions of event table \"%s\" aside",
						osmeta_text_at(0, 1), table->name),
				 errhint("Let that plan come to its end, or undo it, first.")));
}

/* What people must know as long as it is so; gives the number of tables. */
static int64
count_aside(Run *run)
{
	osmeta_execf("SELECT COALESCE(sum(v.rows_own), 0)::bigint, count(*) FROM osmeta.plan_event v"
				 " WHERE v.plan_id = " INT64_FORMAT " AND v.kind = 'table' AND v.state = 'aside' AND v.rows_own > 0",
				 run->plan_id);
	run->events_aside = osmeta_int64_at(0, 1, NULL);
	return osmeta_int64_at(0, 2, NULL);
}

static void
set_aside(Run *run, const EventTable *table)
{
	bool		is_fresh = strcmp(table->state, "aside") != 0;
	EventWork	work = {run, table, 0};
	ErrorData  *error;

	if (run->sink->empty == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("event table \"%s\" cannot be emptied through sink \"%s\"",
						table->name, run->sink->name),
				 errhint("Have the triggers that read it disabled there and give the plan the option events = \"disabled\".")));
	/* one that had put them back, or set them aside */
	if (!is_fresh)
		osmeta_event_await(run, table);
	check_others(run, table);
	for (int i = 0;; i++)
	{
		work.rows = (uint64) keep_rows(run->plan, table, is_fresh);
		osmeta_run_commit(run);
		(void) count_aside(run);
		if (work.rows == 0)
		{
			forget_brought(run->plan, table);
			break;
		}
		error = osmeta_try(empty_table, &work, true);
		if (error == NULL)
			break;
		if (error->sqlerrcode != ERRCODE_T_R_SERIALIZATION_FAILURE ||
			i == ATTEMPTS)
			rethrow(&work, error);
		/* what was deleted is back, and not committed */
		osmeta_run_commit(run);
	}
	osmeta_run_commit(run);
}

/* What the catalogue says of triggers has just been compared by the run. */
static void
check_disabled(const MigrationPlan *plan)
{
	if (osmeta_execf("SELECT v.message, v.hint FROM osmeta.plan_problem_event v"
					 " WHERE v.plan_id = " INT64_FORMAT " AND v.code = 'event_trigger_enabled' ORDER BY 1 LIMIT 1",
					 plan->plan_id) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s", osmeta_text_at(0, 1)),
				 errhint("%s", osmeta_text_at(0, 2))));
}

/* An undo may come when the triggers are at work again. */
static void
all_aside(Run *run, bool only_platform, bool is_undo)
{
	int			count;
	EventTable *tables;
	bool		is_kept = !is_undo && is_disabled(run->plan);
	bool		is_new = false;
	int64		tables_aside;

	(void) count_aside(run);
	osmeta_event_find(run, only_platform ? EVENTS_PLATFORM : EVENTS_WRITTEN);
	tables = osmeta_event_load(run->plan, &count);
	if (count == 0)
		return;
	if (is_kept && !only_platform)
		check_disabled(run->plan);
	note_queues(run->plan);
	for (int i = 0; i < count; i++)
	{
		/* triggers of the platform's own tables are not looked at */
		if (!tables[i].is_written ||
			(!tables[i].is_platform && (is_kept || only_platform)))
		{
			if (!only_platform)
				check_others(run, &tables[i]);
			continue;
		}
		is_new |= strcmp(tables[i].state, "aside") != 0;
		set_aside(run, &tables[i]);
		CHECK_FOR_INTERRUPTS();
	}
	osmeta_run_commit(run);
	tables_aside = count_aside(run);
	if (is_new && tables_aside > 0)
		ereport(NOTICE,
				(errmsg("plan \"%s\": event subscriptions set aside in environment \"%s\": " INT64_FORMAT ", event tables: " INT64_FORMAT,
						run->name, run->plan->target, run->events_aside,
						tables_aside)));
}

void
osmeta_events_aside(Run *run)
{
	all_aside(run, false, false);
}

void
osmeta_events_aside_platform(Run *run)
{
	all_aside(run, true, false);
}

void
osmeta_events_aside_undo(Run *run)
{
	all_aside(run, false, true);
}

/* ---------------------------------------------------------------------------
 * Give back
 * ---------------------------------------------------------------------------
 */
static void
fill_table(void *arg)
{
	EventWork  *work = arg;
	const MigrationPlan *plan = work->run->plan;
	const EventTable *t = work->table;
	OsmetaSinkTable table = sink_table(plan, t);
	char	   *columns = osmeta_event_columns(t);
	char	   *missing = osmeta_event_name(plan, EVENT_SEEN, t);
	char	   *wanted = psprintf("(SELECT %s FROM %s a UNION ALL SELECT %s FROM %s b)",
								  columns, osmeta_event_name(plan, EVENT_OWN, t),
								  columns, osmeta_event_name(plan, EVENT_BROUGHT, t));
	uint64		rows;

	begin_work(work);
	osmeta_execf("DELETE FROM %s", missing);
	rows = osmeta_execf("INSERT INTO %s (%s) SELECT %s FROM (SELECT * FROM %s a EXCEPT SELECT * FROM %s b) o",
						missing, columns, columns,
						osmeta_event_numbered(t, wanted),
						osmeta_event_numbered(t, psprintf("(SELECT * FROM %s r OFFSET 0)",
														  osmeta_event_name(plan, EVENT_TARGET, t))));
	work->rows = rows == 0 ? 0 :
		work->run->sink->insert(&table, columns,
								psprintf("SELECT %s FROM %s", columns, missing));
	if (work->rows != rows)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("the target took " UINT64_FORMAT " of " UINT64_FORMAT " rows of event table \"%s\"",
						work->rows, rows, t->name),
				 errdetail("A trigger, a rule or a policy there has left out the others.")));
	osmeta_execf("UPDATE osmeta.plan_event SET state = 'back', back_at = clock_timestamp()"
				 " WHERE plan_id = " INT64_FORMAT " AND event_no = %d",
				 plan->plan_id, t->event_no);
}

/* Which rows of the source come, too? */
static void
bring(void *arg)
{
	EventWork  *work = arg;

	osmeta_event_bring(work->run->plan, work->table);
}

/* What has been brought, and whether some of it does not come any more. */
typedef struct Removal
{
	EventWork	work;
	bool		is_needed;
} Removal;

static void
look_for_removal(void *arg)
{
	Removal    *removal = arg;
	const MigrationPlan *plan = removal->work.run->plan;
	char	   *brought = osmeta_event_name(plan, EVENT_BROUGHT,
											removal->work.table);
	char	   *before;

	osmeta_execf("SELECT COALESCE(array_agg(md5(r::text)), '{}')::text FROM %s r", brought);
	before = osmeta_text_at(0, 1);
	(void) keep_rows(plan, removal->work.table, true);
	bring(&removal->work);
	removal->is_needed = osmeta_execf("SELECT unnest(%s::text[]) EXCEPT ALL SELECT md5(r::text) FROM %s r LIMIT 1",
									  quote_literal_cstr(before), brought) > 0;
}

/*
 * Where nothing was set aside, since triggers are disabled or the plan does
 * not write to the entity, what stands there now is the target's own and what
 * an earlier round has brought.  Only if some of that has to go is all set
 * aside for a moment.
 */
static void
take_over(Run *run, EventTable *table, bool with_source)
{
	bool		is_fresh = strcmp(table->state, "aside") != 0;
	Removal		removal = {{run, table, 0}, true};
	ErrorData  *error;

	check_others(run, table);
	if (with_source && table->rows_brought > 0 && is_fresh)
	{
		error = osmeta_try(look_for_removal, &removal, false);
		if (error != NULL)
			rethrow(&removal.work, error);
	}
	if (table->rows_brought > 0 && removal.is_needed)
		set_aside(run, table);
	else
		(void) keep_rows(run->plan, table, is_fresh);
	osmeta_run_commit(run);
}

static void
all_back(Run *run, bool with_source)
{
	int			count;
	EventTable *tables;
	bool		is_kept = with_source && is_disabled(run->plan);
	uint64		rows = 0;
	int64		brought;
	int64		left;

	if (with_source && osmeta_event_has_activities(run->plan))
		osmeta_event_find(run, EVENTS_OTHER);
	tables = osmeta_event_load(run->plan, &count);
	if (count == 0)
		return;
	for (int i = 0; i < count; i++)
	{
		EventWork	work = {run, &tables[i], 0};
		ErrorData  *error;
		bool		is_aside = strcmp(tables[i].state, "aside") == 0;
		bool		stays = !tables[i].is_written || (is_kept && !tables[i].is_platform);

		if (!is_aside && (!stays || (!with_source && tables[i].rows_brought == 0)))
			continue;
		if (stays)
			take_over(run, &tables[i], with_source);
		if (with_source)
		{
			error = osmeta_try(bring, &work, true);
			if (error != NULL)
				rethrow(&work, error);
		}
		else
			forget_brought(run->plan, &tables[i]);
		osmeta_run_commit(run);
		osmeta_event_await(run, &tables[i]);
		error = osmeta_try(fill_table, &work, true);
		if (error != NULL)
			rethrow(&work, error);
		osmeta_run_commit(run);
		rows += work.rows;
		CHECK_FOR_INTERRUPTS();
	}
	run->events_aside = 0;
	osmeta_execf("SELECT COALESCE(sum(v.rows_brought), 0)::bigint, COALESCE(sum(v.rows_not_brought), 0)::bigint"
				 " FROM osmeta.plan_event v WHERE v.plan_id = " INT64_FORMAT " AND v.kind = 'table'",
				 run->plan_id);
	brought = osmeta_int64_at(0, 1, NULL);
	left = with_source ? osmeta_int64_at(0, 2, NULL) : 0;
	if (rows > 0 || left > 0)
		ereport(NOTICE,
				(errmsg("plan \"%s\": event subscriptions put into environment \"%s\": " UINT64_FORMAT ", of these from the source: " INT64_FORMAT,
						run->name, run->plan->target, rows, brought),
				 left > 0 ?
				 errdetail("Of the source, without partner there: " INT64_FORMAT ".", left) : 0));
}

void
osmeta_events_back(Run *run)
{
	/* read_delivery: a script has done it */
	if (run->sink == NULL)
		return;
	all_back(run, true);
}

void
osmeta_events_undo(Run *run)
{
	all_back(run, false);
}

/* ---------------------------------------------------------------------------
 * For a script
 * ---------------------------------------------------------------------------
 */
void
osmeta_events_pulled(Run *run)
{
	int			count;
	EventTable *tables;

	/* a script that is made again is the same */
	if (osmeta_execf("SELECT FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT
					 " AND p.exported_at IS NULL AND p.round = 1",
					 run->plan_id) == 0)
		return;
	osmeta_event_find(run, EVENTS_WRITTEN);
	if (osmeta_event_has_activities(run->plan))
		osmeta_event_find(run, EVENTS_OTHER);
	tables = osmeta_event_load(run->plan, &count);
	for (int i = 0; i < count; i++)
	{
		if (!osmeta_event_exists(run->plan, EVENT_SCRIPT, tables[i].event_no))
			osmeta_event_stage(run->plan, &tables[i]);
		osmeta_commit_now_and_then(run, i);
	}
}

/* ---------------------------------------------------------------------------
 * While they are set aside
 * ---------------------------------------------------------------------------
 */
void
osmeta_events_context(void *arg)
{
	const Run  *run = arg;

	if (run->events_aside > 0)
		errcontext("plan \"%s\", whose target's event subscriptions are set aside: " INT64_FORMAT "; the processes that wait for them do not start until run_plan or undo_plan has come to its end",
				   run->name, run->events_aside);
}

bool
osmeta_has_events_aside(const MigrationPlan *plan)
{
	return osmeta_execf("SELECT FROM osmeta.plan_event v WHERE v.plan_id = " INT64_FORMAT
						" AND v.kind = 'table' AND v.state = 'aside' LIMIT 1",
						plan->plan_id) > 0;
}

void
osmeta_event_check_back(const MigrationPlan *plan, const char *action)
{
	osmeta_execf("SELECT osmeta.plan_events_aside(" INT64_FORMAT ")",
				 plan->plan_id);
	if (osmeta_int64_at(0, 1, NULL) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" cannot be %s: event subscriptions of environment \"%s\" are set aside: " INT64_FORMAT,
						plan->name, action, plan->target,
						osmeta_int64_at(0, 1, NULL)),
				 errdetail("They stand nowhere but in the plan's schema."),
				 errhint("CALL osmeta.run_plan(%s) or osmeta.undo_plan(%s): at the end of either they come back.",
						 quote_literal_cstr(plan->name),
						 quote_literal_cstr(plan->name))));
}
