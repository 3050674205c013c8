/*-------------------------------------------------------------------------
 *
 * export_read_event.c
 *	  read_delivery: which subscriptions has a script put back, and brought?
 *
 * It has kept both, so the plan gets to know them as if it had done so
 * itself: verify_plan compares them, and undo_plan takes out what was brought.
 * The queues are compared with what the script has seen there before its first
 * row; how they look now is what they are compared with from here on.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "utils/builtins.h"

#include "spi.h"
#include "subtransaction.h"

/* Rows of a table of the script into one of the plan's. */
static void
copy_rows(const Export *export, const ExportEvent *event, const char *table,
		  char kind)
{
	const MigrationPlan *plan = export->plan;
	const EventTable *t = event->table;
	char	   *own = osmeta_event_name(plan, kind, t);
	char	   *name = psprintf("%s%s%d", export->prefix, table, t->event_no);
	char	   *statement;
	char	   *columns;

	osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), n.remote_schema,"
				 "  b.table_name, %s, '" DELIVERED_RELATION "', jsonb_agg(jsonb_build_object('name', c.name, 'remote_name', b.column_name, 'type', c.type) ORDER BY b.position),"
				 "  options => n.table_options), string_agg(quote_ident(c.name), ', ' ORDER BY b.position)"
				 " FROM osmeta.environment n"
				 " JOIN osmeta.plan_event v ON v.plan_id = " INT64_FORMAT " AND v.event_no = %d"
				 " CROSS JOIN LATERAL jsonb_to_recordset(v.columns) c (name text, remote_name text, type text)"
				 " JOIN (SELECT b.table_name, b.column_name, b.position FROM (SELECT * FROM %s.live_physical_column b OFFSET 0) b"
				 "  WHERE osmeta.fold_name(b.table_name) = %s) b ON osmeta.fold_name(b.column_name) = osmeta.fold_name(c.remote_name)"
				 " WHERE n.environment = %s GROUP BY n.environment, n.wrapper, n.remote_schema, n.table_options, b.table_name",
				 quote_literal_cstr(plan->name), plan->plan_id, t->event_no,
				 plan->target_schema, quote_literal_cstr(name),
				 quote_literal_cstr(plan->target));
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("environment \"%s\" has no table %s", plan->target,
						name),
				 errdetail("It holds subscriptions of event table \"%s\".",
						   t->name)));
	statement = osmeta_text_at(0, 1);
	columns = osmeta_text_at(0, 2);
	osmeta_exec(statement);
	osmeta_execf("DELETE FROM %s", own);
	osmeta_execf("INSERT INTO %s (%s) SELECT %s FROM %s", own, columns, columns,
				 osmeta_delivered_name(plan));
	osmeta_delivered_drop(plan);
}

/* A queue, as osmeta_try wants it. */
typedef struct Queue
{
	const MigrationPlan *plan;
	int			number;
	char	   *view;
	char	   *seen;			/* rows, highest and sum of identifiers */
} Queue;

static void
note_queue(void *arg)
{
	const Queue *queue = arg;

	osmeta_execf("INSERT INTO osmeta.plan_event (plan_id, event_no, kind, table_name, is_platform, rows_own, checksum)"
				 " SELECT " INT64_FORMAT ", - %d, 'queue', %s, true, s.row_count,"
				 "  CASE WHEN (s.row_count, COALESCE(s.id_max, 0), COALESCE(s.id_sum, 0)) = (n.row_count, n.id_max, n.id_sum) THEN n.checksum END"
				 " FROM (VALUES (%s)) s (row_count, id_max, id_sum)"
				 " CROSS JOIN (SELECT count(*) AS row_count, COALESCE(max(r.id), 0)::bigint AS id_max, COALESCE(sum(r.id), 0)::bigint AS id_sum,"
				 "   COALESCE(sum(hashtextextended(r::text, 0)), 0) AS checksum FROM (SELECT * FROM %s.%s OFFSET 0) r) n",
				 queue->plan->plan_id, queue->number,
				 quote_literal_cstr(queue->view), queue->seen,
				 queue->plan->target_schema,
				 psprintf("live_%s", queue->view));
}

static void
read_queues(const Export *export)
{
	const MigrationPlan *plan = export->plan;
	uint64		rows;
	Queue	   *queue;

	osmeta_execf("DELETE FROM osmeta.plan_event WHERE plan_id = " INT64_FORMAT " AND kind = 'queue'",
				 plan->plan_id);
	if (!osmeta_delivered_relation(export, "queue", "{table_name,row_count,id_max,id_sum}"))
		return;
	rows = osmeta_execf("SELECT substr(osmeta.fold_name(q.table_name), length('ossys_') + 1),"
						" concat_ws(', ', q.row_count::text || '::bigint', COALESCE(q.id_max::text, 'NULL') || '::bigint', COALESCE(q.id_sum::text, 'NULL') || '::bigint')"
						" FROM (SELECT * FROM %s q OFFSET 0) q ORDER BY 1",
						osmeta_delivered_name(plan));
	queue = palloc0(sizeof(Queue) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		queue[i].plan = plan;
		queue[i].number = (int) i + 1;
		queue[i].view = osmeta_text_at(i, 1);
		queue[i].seen = osmeta_text_at(i, 2);
	}
	osmeta_delivered_drop(plan);
	for (uint64 i = 0; i < rows; i++)
	{
		/* one that cannot be read is not compared */
		if (strspn(queue[i].view, "bpm_event_queue") == strlen(queue[i].view))
			(void) osmeta_answer(osmeta_try(note_queue, &queue[i], true));
	}
}

void
osmeta_export_read_events(const Export *export)
{
	const MigrationPlan *plan = export->plan;
	bool	   *is_back = palloc0(sizeof(bool) * Max(export->nevents, 1));
	int64	   *number;
	uint64		rows;

	if (export->nevents == 0)
		return;
	if (!osmeta_delivered_relation(export, "event", "{event_no,state}"))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("environment \"%s\" has no table %sevent",
						plan->target, export->prefix)));
	rows = osmeta_execf("SELECT e.event_no::bigint FROM (SELECT * FROM %s e OFFSET 0) e WHERE e.state = 'back'",
						osmeta_delivered_name(plan));
	number = palloc(sizeof(int64) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		number[i] = osmeta_int64_at(i, 1, NULL);
	osmeta_delivered_drop(plan);
	for (int i = 0; i < export->nevents; i++)
	{
		for (uint64 j = 0; j < rows; j++)
			is_back[i] |= number[j] == export->events[i].table->event_no;
	}
	for (int i = 0; i < export->nevents; i++)
	{
		const ExportEvent *event = &export->events[i];

		/* there is none */
		if (!is_back[i])
			continue;
		copy_rows(export, event, "k", EVENT_OWN);
		copy_rows(export, event, "q", EVENT_BROUGHT);
		osmeta_execf("UPDATE osmeta.plan_event SET state = 'back', aside_at = COALESCE(aside_at, clock_timestamp()), back_at = clock_timestamp(),"
					 " rows_own = (SELECT count(*) FROM %s), rows_brought = (SELECT count(*) FROM %s)"
					 " WHERE plan_id = " INT64_FORMAT " AND event_no = %d",
					 osmeta_event_name(plan, EVENT_OWN, event->table),
					 osmeta_event_name(plan, EVENT_BROUGHT, event->table),
					 plan->plan_id, event->table->event_no);
	}
	read_queues(export);
}
