/*-------------------------------------------------------------------------
 *
 * plan_event_lost.c
 *	  Wait for sessions that were lost while they committed at the target.
 *
 * A session that has lost its client in the middle of a COMMIT goes on with
 * that, and nobody sees what it has written until it has ended.  Rows of data
 * have keys, which keep a second session from writing them again; those of
 * event tables have none.  So nothing is written to an event table as long as
 * another session at the target holds the lock that INSERT and DELETE take.
 *
 * Here that is seen in the locks of a PostgreSQL server behind a wrapper.  A
 * sink that has begin_piece has a way of its own, and in this database a lost
 * session is a lost transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_event.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "spi.h"

/* The foreign table in the plan's schema. */
#define LOCKS "pg_locks"

/* After which time is it told, and when is it given up? */
#define TELL_MILLISECONDS 2000
#define GIVE_UP_MILLISECONDS 60000

static char *
locks_name(const MigrationPlan *plan)
{
	return psprintf("%s." LOCKS, plan->schema);
}

static bool
has_locks(const MigrationPlan *plan)
{
	return osmeta_execf("SELECT WHERE to_regclass(%s) IS NOT NULL",
						quote_literal_cstr(locks_name(plan))) > 0;
}

/* False if the target is not one whose locks can be read. */
static bool
make_locks(const MigrationPlan *plan)
{
	char	   *statement;

	if (has_locks(plan))
		return true;
	osmeta_execf("SELECT osmeta.plan_event_lock_sql(" INT64_FORMAT ")",
				 plan->plan_id);
	statement = osmeta_text_at(0, 1);
	if (statement == NULL)
		return false;
	osmeta_exec(statement);
	return true;
}

/*
 * Who at the target may have written to an event table?  NULL: nobody.  An
 * identifier may stand for another table in another database: this one is
 * that in which somebody, as this session does, reads the locks.
 */
static char *
writers(const MigrationPlan *plan, const EventTable *table)
{
	osmeta_execf("WITH l AS MATERIALIZED (SELECT * FROM %s r OFFSET 0)"
				 " SELECT string_agg(DISTINCT l.pid::text, ', ') FROM l"
				 " WHERE l.locktype = 'relation' AND l.granted"
				 " AND l.mode = 'RowExclusiveLock'"
				 " AND l.relation IN (SELECT t.table_id::oid FROM %s.live_physical_relation t WHERE t.table_name = %s)"
				 " AND l.database IN (SELECT o.database FROM l o WHERE o.relation = (SELECT c.oid FROM %s.catalog_pg_class c"
				 "  WHERE c.relname = 'pg_locks' AND c.relnamespace = 11))",
				 locks_name(plan), plan->target_schema,
				 quote_literal_cstr(table->name), plan->target_schema);
	return osmeta_text_at(0, 1);
}

void
osmeta_event_await(Run *run, const EventTable *table)
{
	const MigrationPlan *plan = run->plan;
	TimestampTz start = GetCurrentTimestamp();
	bool		is_told = false;
	char	   *pids;

	if (plan->target_wrapper == NULL || run->sink->begin_piece != NULL ||
		!make_locks(plan))
		return;
	while ((pids = writers(plan, table)) != NULL)
	{
		TimestampTz now = GetCurrentTimestamp();

		if (TimestampDifferenceExceeds(start, now, GIVE_UP_MILLISECONDS))
			ereport(ERROR,
					(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
					 errmsg("sessions of environment \"%s\" write to event table \"%s\", and do not end",
							plan->target, table->name),
					 errdetail("Process IDs there: %s.", pids),
					 errhint("One of them may be about to commit what this plan has written there. Wait until they have ended, or have them ended, and call the same procedure again.")));
		if (!is_told && TimestampDifferenceExceeds(start, now, TELL_MILLISECONDS))
		{
			ereport(NOTICE,
					(errmsg("plan \"%s\" waits for sessions that write to event table \"%s\" of environment \"%s\": process IDs %s",
							run->name, table->name, plan->target, pids)));
			is_told = true;
		}
		osmeta_run_wait(run);
	}
	/* what they have committed is seen by the next transaction */
	osmeta_run_commit(run);
}

void
osmeta_event_await_drop(const MigrationPlan *plan)
{
	if (has_locks(plan))
		osmeta_execf("DROP FOREIGN TABLE %s", locks_name(plan));
}
