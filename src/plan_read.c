/*-------------------------------------------------------------------------
 *
 * plan_read.c
 *	  What a plan reads of its entities' tables before it is run.
 *
 * The relations sN and tN are made, and through them are read: how many rows
 * there are, the range of their identifiers, and which matched rows they
 * refer to; from these follows which identifiers are free at the target.
 *
 * Each relation is a lock until the transaction ends.  Tables of a plan with
 * many entities are therefore read by run_plan, which commits in between.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"
#include "subtransaction.h"

bool
osmeta_is_reserved(const PlanEntity *entity)
{
	return entity->instance_filter != NULL && entity->is_number &&
		(entity->strategy == STRATEGY_OFFSET || entity->strategy == STRATEGY_DENSE);
}

/* Relations sN and tN of an entity, on the sides that have a table. */
static void
create_relations(const MigrationPlan *plan, const PlanEntity *e)
{
	uint64		rows;
	char	  **statement;

	rows = osmeta_execf("SELECT r.statement FROM (VALUES"
						"  (1, osmeta.plan_relation_sql(" INT64_FORMAT ", " INT64_FORMAT ", true)),"
						"  (2, osmeta.plan_relation_sql(" INT64_FORMAT ", " INT64_FORMAT ", false))) r (side, statement)"
						" WHERE r.statement IS NOT NULL ORDER BY r.side",
						plan->plan_id, e->entity_id, plan->plan_id,
						e->entity_id);
	statement = palloc(sizeof(char *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		statement[i] = osmeta_text_at(i, 1);
	for (uint64 i = 0; i < rows; i++)
		osmeta_exec(statement[i]);
}

/*
 * The identifiers that later rounds may bring besides, as a query with the
 * columns lower and upper: the status of a process changes.
 */
static char *
reserved_sql(const MigrationPlan *plan, const PlanEntity *e)
{
	PlanEntity	all = *e;

	if (!osmeta_is_reserved(e))
		return "SELECT NULL::bigint AS lower, NULL::bigint AS upper";
	all.instance_filter = NULL;
	return psprintf("SELECT min(s.c%d)::bigint AS lower, max(s.c%d)::bigint AS upper FROM %s",
					e->identifier->attribute_no, e->identifier->attribute_no,
					osmeta_source_sql(plan, &all, "true", NULL));
}

/*
 * Number of rows and range of identifiers of one entity, on both sides.  All
 * rows are counted by a column: tds_fdw warns where none is asked for.
 */
static void
read_range(const MigrationPlan *plan, const PlanEntity *e)
{
	const char *id = psprintf("c%d", e->identifier->attribute_no);

	osmeta_execf("UPDATE osmeta.plan_entity e SET rows_expected = s.rows,"
				 " lower_id = least(s.lower, a.lower), upper_id = greatest(s.upper, a.upper),"
				 " target_upper_id = t.upper, target_rows = t.rows"
				 " FROM (SELECT count(%s IS NULL) AS rows, %s AS lower, %s AS upper FROM %s) s, (%s) a,"
				 "  (SELECT %s AS upper, %s AS rows FROM %s) t"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
				 id,
				 e->is_number ? psprintf("min(%s)::bigint", id) : "NULL::bigint",
				 e->is_number ? psprintf("max(%s)::bigint", id) : "NULL::bigint",
				 osmeta_source_sql(plan, e, "true", NULL),
				 reserved_sql(plan, e),
				 e->is_number ? psprintf("max(%s)::bigint", id) :
				 psprintf("count(%s IS NULL)", id),
				 plan->delete_existing ? psprintf("count(%s IS NULL)", id) :
				 "NULL::bigint",
				 osmeta_stage_name(plan, 't', e->entity_id),
				 plan->plan_id, e->entity_id);
}

/*
 * Condition over the source's table, s, that a row of the platform's belongs
 * to a process that is there, and of which the plan moves instances; NULL for
 * other tables.
 */
static char *
has_process_sql(const MigrationPlan *plan, const PlanEntity *e)
{
	char	   *processes = psprintf("SELECT p.id FROM %s.live_bpm_process p WHERE p.process_def_id IN"
									 " (SELECT osmeta.plan_process_definition(" INT64_FORMAT ", " INT64_FORMAT "))",
									 plan->source_schema, plan->plan_id,
									 plan->source_capture_id);

	for (int i = 0; e->platform_table != NULL && i < e->nattributes; i++)
	{
		const PlanAttribute *a = &e->attributes[i];

		if (pg_strcasecmp(a->name, "Process_Id") == 0)
			return psprintf("s.c%d IN (%s)", a->attribute_no, processes);
		if (pg_strcasecmp(a->name, "Activity_Id") == 0)
			return psprintf("s.c%d IN (SELECT a.id FROM %s.live_bpm_activity a WHERE a.process_id IN (%s))",
							a->attribute_no, plan->source_schema, processes);
	}
	return NULL;
}

/* Which matched rows do the rows of an entity refer to? */
static void
read_reference_use(const MigrationPlan *plan, const PlanEntity *e)
{
	char	   *condition = has_process_sql(plan, e);

	for (int j = 0; j < e->nreferences; j++)
	{
		const PlanAttribute *a = &e->attributes[j];

		/* what is not matched yet could be many */
		if (a->refers_to == NULL || a->refers_to->is_data ||
			strcmp(a->refers_to->strategy_name, "natural") == 0)
			continue;
		osmeta_execf("INSERT INTO osmeta.plan_reference_use"
					 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", %d, v.id::text, v.rows"
					 " FROM (SELECT %s AS id, count(*) AS rows FROM %s GROUP BY 1) v"
					 " WHERE v.id IS NOT NULL",
					 plan->plan_id, e->entity_id, a->attribute_no,
					 osmeta_reference_value(a, "s"),
					 osmeta_source_sql(plan, e, "true", condition));
	}
}

/*
 * The same of what has been pulled, for all entities of a large plan: one
 * statement over all tables that refer to users would lock them all.
 */
void
osmeta_read_use(Run *run, bool only_created)
{
	const MigrationPlan *plan = run->plan;

	for (int i = 0; osmeta_plan_is_large(plan) && i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		/* where all rows are delivered nothing has changed */
		if (only_created && !e->has_map)
			continue;
		for (int j = 0; e->is_data && j < e->nreferences; j++)
		{
			const PlanAttribute *a = &e->attributes[j];

			if (a->refers_to == NULL || a->refers_to->is_data ||
				(a->transform != TRANSFORM_REMAP && a->transform != TRANSFORM_KEY) ||
				(only_created && !a->refers_to->is_created))
				continue;
			osmeta_execf("DELETE FROM osmeta.plan_reference_use WHERE plan_id = " INT64_FORMAT
						 " AND entity_id = " INT64_FORMAT " AND attribute_no = %d",
						 plan->plan_id, e->entity_id, a->attribute_no);
			for (const char *r = osmeta_round_relations(plan, e); *r != '\0'; r++)
				osmeta_execf("INSERT INTO osmeta.plan_reference_use (plan_id, entity_id, attribute_no, source_id, rows)"
							 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", %d, v.id, count(*)"
							 " FROM (SELECT (%s)::text AS id FROM %s s WHERE %s) v WHERE v.id IS NOT NULL GROUP BY v.id"
							 " ON CONFLICT DO NOTHING",
							 plan->plan_id, e->entity_id, a->attribute_no,
							 osmeta_reference_value(a, "s"),
							 osmeta_stage_name(plan, *r, e->entity_id),
							 osmeta_needing_sql(plan, e, a->refers_to));
		}
		osmeta_commit_now_and_then(run, i);
	}
}

/* What is to be read, as osmeta_try wants it. */
typedef struct Reading
{
	const MigrationPlan *plan;
	const PlanEntity *entity;
} Reading;

static void
read_entity(void *arg)
{
	const Reading *reading = arg;

	read_range(reading->plan, reading->entity);
	read_reference_use(reading->plan, reading->entity);
	osmeta_plan_sample(reading->plan, reading->entity);
}

void
osmeta_plan_read(const MigrationPlan *plan, int first, int count, bool again)
{
	for (int i = first; i < first + count && i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		char	   *error = NULL;

		if (e->is_read && !again)
			continue;
		if (!e->is_read)
			create_relations(plan, e);
		osmeta_execf("DELETE FROM osmeta.plan_reference_use WHERE plan_id = " INT64_FORMAT
					 " AND entity_id = " INT64_FORMAT,
					 plan->plan_id, e->entity_id);
		osmeta_execf("DELETE FROM osmeta.plan_finding WHERE plan_id = " INT64_FORMAT
					 " AND entity_id = " INT64_FORMAT,
					 plan->plan_id, e->entity_id);
		if (e->is_data && e->identifier != NULL)
		{
			Reading		reading = {plan, e};

			error = osmeta_answer(osmeta_try(read_entity, &reading, true));
		}
		osmeta_execf("UPDATE osmeta.plan_entity e SET is_read = true, read_error = %s, %s"
					 " WHERE plan_id = " INT64_FORMAT " AND entity_id = " INT64_FORMAT
					 " AND (NOT is_read OR read_error IS DISTINCT FROM %s)",
					 error ? quote_literal_cstr(error) : "NULL",
					 osmeta_binding_assignment(plan),
					 plan->plan_id, e->entity_id,
					 error ? quote_literal_cstr(error) : "NULL");
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * The offset that takes the range of identifiers past everything that the
 * target has or has given out.  By arithmetic it is never negative: a row
 * below the lowest that is known now may still come, and 0 is the
 * identifier that the platform takes for none.
 */
void
osmeta_plan_choose_offsets(const MigrationPlan *plan)
{
	osmeta_execf("UPDATE osmeta.plan_entity e"
				 " SET id_offset = least(9223372036854775807,"
				 "  greatest(CASE e.key_strategy WHEN 'dense' THEN NULL ELSE 0 END,"
				 "   greatest(COALESCE(e.target_upper_id, 0), COALESCE(e.counter_value, 0),"
				 "   COALESCE((SELECT max(o.upper_id + o.id_offset::numeric)"
				 "    FROM osmeta.plan_entity o JOIN osmeta.plan op ON op.plan_id = o.plan_id"
				 "    JOIN osmeta.plan p ON p.plan_id = e.plan_id AND p.target_place = op.target_place"
				 "    WHERE o.plan_id <> e.plan_id AND o.target_table = e.target_table"
				 "     AND o.is_data AND (o.key_strategy IN ('offset', 'dense') OR o.key_strategy LIKE 'natural:%%')), 0))"
				 "  - COALESCE(e.lower_id, 1)::numeric + 1))"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.id_offset IS NULL AND e.is_read"
				 "  AND e.is_data AND e.key_strategy NOT IN ('keep', 'assigned', 'parent')",
				 plan->plan_id);
}
