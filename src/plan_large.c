/*-------------------------------------------------------------------------
 *
 * plan_large.c
 *	  Plans with more entities than one transaction has locks for.
 *
 * Each relation that a transaction touches is a lock until its end, and the
 * server has max_locks_per_transaction for each of its sessions, shared by
 * all.  What a run does of such a plan it does some entities at a time and
 * commits in between, so that every step must be able to begin again.  What
 * is only read, where nothing can be committed, is read in a subtransaction
 * that is rolled back: the locks end with it, here and at a foreign server.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "access/twophase.h"
#include "miscadmin.h"
#include "storage/lock.h"

#include "spi.h"
#include "subtransaction.h"

/* More entities than this are not touched in one transaction, */
#define LARGE_PLAN 500

/* nor more than would take all locks at so many for each, */
#define LOCKS_PER_ENTITY 16

/* and so many are touched between two commits. */
#define BATCH 50

static int
lock_slots(void)
{
	return max_locks_per_xact * (MaxBackends + max_prepared_xacts);
}

bool
osmeta_plan_is_large(const MigrationPlan *plan)
{
	return plan->nentities > Min(LARGE_PLAN, lock_slots() / LOCKS_PER_ENTITY);
}

int
osmeta_plan_batch(void)
{
	return Max(1, Min(BATCH, lock_slots() / (4 * LOCKS_PER_ENTITY)));
}

typedef struct Question
{
	const char *sql;
	char	   *answer;
} Question;

static void
read_value(void *arg)
{
	Question   *question = arg;

	question->answer = osmeta_exec(question->sql) == 0 ? NULL :
		osmeta_text_at(0, 1);
}

char *
osmeta_value_apart(const MigrationPlan *plan, const char *sql)
{
	Question	question = {sql, NULL};

	if (osmeta_plan_is_large(plan))
		osmeta_apart(read_value, &question);
	else
		read_value(&question);
	return question.answer;
}
