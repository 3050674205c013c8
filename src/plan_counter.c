/*-------------------------------------------------------------------------
 *
 * plan_counter.c
 *	  What the identity counters of the target stand at.
 *
 * Which counter belongs to which column is asked of the catalogue for all
 * entities at once and locks nothing.  To read a value through pg_sequences
 * is to lock the counter until the transaction ends, and not even the end of
 * a subtransaction gives that lock back; and a scan without conditions reads
 * all counters of the database.  So values are asked for by name, those of a
 * large plan some at a time by a run, which commits in between.
 *
 * A counter can be read as a table as well, by who may SELECT from it (USAGE
 * does not do): that lock ends with the subtransaction.  A large plan is
 * verified so.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "utils/builtins.h"

#include "spi.h"
#include "subtransaction.h"

/* The relation of the plan's schema that stands for a moment. */
#define RELATION "counters"

/* What a statement in a subtransaction has read. */
typedef struct Answer
{
	uint64		rows;
	int64	   *key;
	int64	   *value;
	bool	   *isnull;
} Answer;

void
osmeta_counters_find(const MigrationPlan *plan)
{
	osmeta_execf("UPDATE osmeta.plan_entity e SET counter = c.counter"
				 " FROM (SELECT c.table_name, c.column_name, min(c.counter) AS counter"
				 "  FROM %s.live_physical_counter c GROUP BY 1, 2) c, osmeta.plan_attribute a"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.is_data"
				 " AND a.plan_id = e.plan_id AND a.entity_id = e.entity_id AND a.is_identifier"
				 " AND c.table_name = e.target_table AND c.column_name = a.target_column"
				 " AND e.counter IS DISTINCT FROM c.counter",
				 plan->target_schema, plan->plan_id);
}

/* Statements; the last gives a key and a value for each row. */
typedef struct Question
{
	char	   *statement[2];
	int			nstatements;
	Answer		answer;
} Question;

static void
ask(void *arg)
{
	Question   *question = arg;
	Answer	   *answer = &question->answer;

	for (int i = 0; i < question->nstatements; i++)
		answer->rows = osmeta_exec(question->statement[i]);
	answer->key = SPI_palloc(sizeof(int64) * Max(answer->rows, 1));
	answer->value = SPI_palloc(sizeof(int64) * Max(answer->rows, 1));
	answer->isnull = SPI_palloc(sizeof(bool) * Max(answer->rows, 1));
	for (uint64 i = 0; i < answer->rows; i++)
	{
		answer->key[i] = osmeta_int64_at(i, 1, NULL);
		answer->value[i] = osmeta_int64_at(i, 2, &answer->isnull[i]);
	}
}

/*
 * The statement that makes a relation of the target under the plan's schema,
 * NULL where the target is here; columns is what relation_sql takes.
 */
static char *
relation_sql(const MigrationPlan *plan, const char *schema, const char *table,
			 const char *columns)
{
	if (plan->target_wrapper == NULL)
		return NULL;
	osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment),"
				 " %s, %s, %s, '" RELATION "', %s::jsonb, options => n.table_options)"
				 " FROM osmeta.environment n WHERE n.environment = %s",
				 quote_literal_cstr(schema), quote_literal_cstr(table),
				 quote_literal_cstr(plan->name), quote_literal_cstr(columns),
				 quote_literal_cstr(plan->target));
	return osmeta_text_at(0, 1);
}

/* The plan's entities in question, as a condition on e. */
static char *
with_counter_sql(const MigrationPlan *plan, int first, int count)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "e.plan_id = " INT64_FORMAT " AND e.is_data AND e.counter IS NOT NULL AND e.entity_id IN (0",
					 plan->plan_id);
	for (int i = first; i < first + count && i < plan->nentities; i++)
		appendStringInfo(&buf, ", " INT64_FORMAT, plan->entities[i].entity_id);
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/*
 * Where the catalogue lists the values of all counters and locks none, they
 * are read as one list.
 */
static bool
is_listed(const MigrationPlan *plan)
{
	if (plan->target_wrapper == NULL)
		return false;
	osmeta_execf("SELECT FROM osmeta.environment n WHERE n.environment = %s"
				 " AND n.catalog_dialect = 'sqlserver'",
				 quote_literal_cstr(plan->target));
	return SPI_processed > 0;
}

/*
 * The names are literals, so that they get to the server that has the
 * counters: it reads those only.  There the columns are declared as texts,
 * since conditions on names are not sent.
 */
static Answer
read_values(const MigrationPlan *plan, const char *condition)
{
	Question	question = {0};
	char	   *schemas;
	char	   *names;
	char	   *relation;

	if (is_listed(plan))
	{
		question.statement[question.nstatements++] =
			psprintf("SELECT e.entity_id, c.last_value FROM osmeta.plan_entity e"
					 " JOIN (SELECT DISTINCT c.counter, c.last_value FROM %s.live_physical_counter c) c"
					 " ON c.counter = e.counter WHERE %s",
					 plan->target_schema, condition);
		osmeta_apart(ask, &question);
		return question.answer;
	}
	osmeta_execf("SELECT array_agg(DISTINCT (parse_ident(e.counter))[1])::text, array_agg((parse_ident(e.counter))[2])::text"
				 " FROM osmeta.plan_entity e WHERE %s", condition);
	schemas = osmeta_text_at(0, 1);
	names = osmeta_text_at(0, 2);
	if (schemas == NULL)
		return question.answer;
	relation = relation_sql(plan, "pg_catalog", "pg_sequences",
							"[{\"name\": \"schemaname\", \"remote_name\": \"schemaname\", \"type\": \"text\"},"
							" {\"name\": \"sequencename\", \"remote_name\": \"sequencename\", \"type\": \"text\"},"
							" {\"name\": \"last_value\", \"remote_name\": \"last_value\", \"type\": \"bigint\"}]");
	if (relation != NULL)
		question.statement[question.nstatements++] = relation;
	question.statement[question.nstatements++] =
		psprintf("WITH q AS MATERIALIZED (SELECT q.schemaname::text, q.sequencename::text, q.last_value::bigint FROM %s q"
				 "  WHERE q.schemaname = ANY (%s::text[]) AND q.sequencename = ANY (%s::text[]))"
				 " SELECT e.entity_id, q.last_value FROM osmeta.plan_entity e"
				 " JOIN q ON quote_ident(q.schemaname) || '.' || quote_ident(q.sequencename) = e.counter"
				 " WHERE %s",
				 relation ? psprintf("%s." RELATION, plan->schema) :
				 "pg_catalog.pg_sequences",
				 quote_literal_cstr(schemas), quote_literal_cstr(names),
				 condition);
	osmeta_apart(ask, &question);
	return question.answer;
}

void
osmeta_counters_read(const MigrationPlan *plan, int first, int count)
{
	Answer		answer = read_values(plan, with_counter_sql(plan, first, count));
	StringInfoData values;

	if (answer.rows == 0)
		return;
	initStringInfo(&values);
	for (uint64 i = 0; i < answer.rows; i++)
		appendStringInfo(&values, "%s(" INT64_FORMAT ", %s::bigint)",
						 i > 0 ? ", " : "", answer.key[i],
						 answer.isnull[i] ? "NULL" :
						 psprintf("'" INT64_FORMAT "'", answer.value[i]));
	osmeta_execf("UPDATE osmeta.plan_entity e SET counter_value = v.value"
				 " FROM (VALUES %s) v (entity_id, value)"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = v.entity_id"
				 " AND e.counter_value IS DISTINCT FROM v.value",
				 values.data, plan->plan_id);
}

/* Ask for a counter as a table; false if the user who reads there may not. */
static bool
ask_table(Question *question)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool is_readable = true;

	PG_TRY();
	{
		osmeta_apart(ask, question);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (!osmeta_is_access_error(error->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
		is_readable = false;
	}
	PG_END_TRY();
	return is_readable;
}

bool
osmeta_counter_value(const MigrationPlan *plan, const PlanEntity *entity,
					 int64 *value, bool *isnull)
{
	Answer		answer = {0};

	if (osmeta_plan_is_large(plan) && !is_listed(plan))
	{
		Question	question = {0};
		char	   *schema;
		char	   *name;
		char	   *relation;

		osmeta_execf("SELECT p.name[1], p.name[2] FROM (SELECT parse_ident(%s)) p (name)",
					 quote_literal_cstr(entity->counter));
		schema = osmeta_text_at(0, 1);
		name = osmeta_text_at(0, 2);
		relation = relation_sql(plan, schema, name,
								"[{\"name\": \"last_value\", \"remote_name\": \"last_value\", \"type\": \"bigint\"},"
								" {\"name\": \"is_called\", \"remote_name\": \"is_called\", \"type\": \"boolean\"}]");
		if (relation != NULL)
			question.statement[question.nstatements++] = relation;
		question.statement[question.nstatements++] =
			psprintf("SELECT 0, CASE WHEN s.is_called THEN s.last_value END FROM %s s",
					 relation ? psprintf("%s." RELATION, plan->schema) :
					 entity->counter);
		if (ask_table(&question))
			answer = question.answer;
	}
	if (answer.rows == 0)
		answer = read_values(plan, psprintf("e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT
											" AND e.counter IS NOT NULL",
											plan->plan_id, entity->entity_id));
	if (answer.rows == 0)
		return false;
	*value = answer.value[0];
	*isnull = answer.isnull[0];
	return true;
}
