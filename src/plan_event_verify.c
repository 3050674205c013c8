/*-------------------------------------------------------------------------
 *
 * plan_event_verify.c
 *	  Do the subscriptions stand where they should, and are the queues of
 *	  events what they were?
 *
 * Rows for verify_plan.  Subscriptions that have come since are somebody
 * else's; one that stands there more often than it should was doubled.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_event.h"

#include "utils/builtins.h"

#include "plan_verify.h"
#include "spi.h"
#include "subtransaction.h"

#define VERIFY_COLUMNS 12

/* One row of the result, as osmeta_try wants it. */
typedef struct EventVerdict
{
	const MigrationPlan *plan;
	const EventTable *table;	/* NULL: a queue */
	const char *queue;
	int64		expected;
	int64		found;
	int64		others;
	bool		is_equal;
	bool		is_same;
	StringInfoData detail;
} EventVerdict;

static void
judge_table(void *arg)
{
	EventVerdict *v = arg;
	const EventTable *t = v->table;
	char	   *columns = osmeta_event_columns(t);
	int64		missing;
	int64		doubled;

	osmeta_execf("SELECT COALESCE(sum(g.e), 0)::bigint, COALESCE(sum(g.f), 0)::bigint,"
				 " COALESCE(sum(greatest(g.e - g.f, 0)), 0)::bigint,"
				 " COALESCE(sum(greatest(g.f - g.e, 0)) FILTER (WHERE g.e > 0), 0)::bigint,"
				 " COALESCE(sum(g.f) FILTER (WHERE g.e = 0), 0)::bigint"
				 " FROM (SELECT sum(r.e) AS e, sum(r.f) AS f FROM ("
				 "   SELECT %s, 1 AS e, 0 AS f FROM %s a"
				 "   UNION ALL SELECT %s, 1, 0 FROM %s b"
				 "   UNION ALL SELECT %s, 0, 1 FROM (SELECT * FROM %s t OFFSET 0) c) r GROUP BY %s) g",
				 columns, osmeta_event_name(v->plan, EVENT_OWN, t),
				 columns, osmeta_event_name(v->plan, EVENT_BROUGHT, t),
				 columns, osmeta_event_name(v->plan, EVENT_TARGET, t), columns);
	v->expected = osmeta_int64_at(0, 1, NULL);
	missing = osmeta_int64_at(0, 3, NULL);
	doubled = osmeta_int64_at(0, 4, NULL);
	v->others = osmeta_int64_at(0, 5, NULL);
	v->found = osmeta_int64_at(0, 2, NULL) - v->others;
	v->is_same = missing == 0 && doubled == 0;
	v->is_equal = v->is_same;
	if (strcmp(t->state, "aside") == 0)
		osmeta_add_detail(&v->detail, "subscriptions that are set aside, and come back at the end of run_plan or undo_plan: " INT64_FORMAT,
						  t->rows_own);
	else if (missing > 0)
		osmeta_add_detail(&v->detail, "subscriptions that do not stand there any more: " INT64_FORMAT,
						  missing);
	if (doubled > 0)
		osmeta_add_detail(&v->detail, "subscriptions that stand there more often than they should: " INT64_FORMAT,
						  doubled);
	if (v->others > 0)
		osmeta_add_detail(&v->detail, "subscriptions of others that have come since: " INT64_FORMAT,
						  v->others);
}

static void
judge_queue(void *arg)
{
	EventVerdict *v = arg;

	osmeta_execf("SELECT v.rows_own, q.rows, v.checksum = q.checksum FROM osmeta.plan_event v"
				 " CROSS JOIN (SELECT count(*) AS rows, COALESCE(sum(hashtextextended(r::text, 0)), 0) AS checksum"
				 "  FROM (SELECT * FROM %s.live_%s OFFSET 0) r) q"
				 " WHERE v.plan_id = " INT64_FORMAT " AND v.kind = 'queue' AND v.table_name = %s",
				 v->plan->target_schema, v->queue, v->plan->plan_id,
				 quote_literal_cstr(v->queue));
	v->expected = osmeta_int64_at(0, 1, NULL);
	v->found = osmeta_int64_at(0, 2, NULL);
	v->is_same = osmeta_bool_at(0, 3);
	v->is_equal = v->is_same && v->expected == v->found;
	if (!v->is_equal)
		osmeta_add_detail(&v->detail, "the queue is not what it was before the first row was written: triggers, or somebody there, have added events, or events have been handled");
}

static void
put(EventVerdict *v, const char *name, Tuplestorestate *store, TupleDesc desc)
{
	Datum		values[VERIFY_COLUMNS] = {0};
	bool		nulls[VERIFY_COLUMNS] = {false};
	char	   *error = osmeta_answer(osmeta_try(v->table ? judge_table : judge_queue,
												 v, true));

	if (error != NULL)
	{
		resetStringInfo(&v->detail);
		osmeta_add_detail(&v->detail, "%s", error);
	}
	nulls[0] = v->table == NULL || v->table->espace == NULL;
	if (!nulls[0])
		values[0] = CStringGetTextDatum(v->table->espace);
	values[1] = CStringGetTextDatum(name);
	values[2] = Int64GetDatum(v->expected);
	values[3] = Int64GetDatum(v->found);
	values[4] = BoolGetDatum(v->is_same);
	values[5] = Int64GetDatum(0);
	values[6] = CStringGetTextDatum(error ? "unreadable" :
									v->is_equal ? "ok" : "different");
	values[7] = Int64GetDatum(0);
	nulls[8] = v->detail.len == 0;
	if (!nulls[8])
		values[8] = CStringGetTextDatum(v->detail.data);
	values[9] = Int64GetDatum(0);
	nulls[10] = v->table == NULL;
	values[10] = Int64GetDatum(v->others);
	nulls[11] = true;
	if (error != NULL)
		nulls[2] = nulls[3] = nulls[4] = nulls[5] = nulls[7] = nulls[9] =
			nulls[10] = true;
	tuplestore_putvalues(store, desc, values, nulls);
}

void
osmeta_event_verify(const MigrationPlan *plan, Tuplestorestate *store,
					TupleDesc desc)
{
	int			count;
	EventTable *tables = osmeta_event_load(plan, &count);
	char	  **queue;

	for (int i = 0; i < count; i++)
	{
		EventVerdict verdict = {0};

		/* nothing has been done with it, and nothing is known */
		if (strcmp(tables[i].state, "standing") == 0)
			continue;
		verdict.plan = plan;
		verdict.table = &tables[i];
		initStringInfo(&verdict.detail);
		put(&verdict, tables[i].name, store, desc);
	}
	count = (int) osmeta_execf("SELECT v.table_name FROM osmeta.plan_event v WHERE v.plan_id = " INT64_FORMAT
							   " AND v.kind = 'queue' ORDER BY v.event_no DESC",
							   plan->plan_id);
	queue = palloc(sizeof(char *) * Max(count, 1));
	for (int i = 0; i < count; i++)
		queue[i] = osmeta_text_at(i, 1);
	for (int i = 0; i < count; i++)
	{
		EventVerdict verdict = {0};
		char	   *name = psprintf("OSSYS_%s", queue[i]);

		verdict.plan = plan;
		verdict.queue = queue[i];
		initStringInfo(&verdict.detail);
		for (char *p = name; *p != '\0'; p++)
			*p = pg_ascii_toupper((unsigned char) *p);
		put(&verdict, name, store, desc);
	}
}
