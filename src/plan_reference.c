/*-------------------------------------------------------------------------
 *
 * plan_reference.c
 *	  References of the stage that lead to no row of it.
 *
 * A row that was inserted at the source while its children were pulled is
 * beyond the highest identifier that was fixed; a filter may have left out
 * what others refer to.  Such rows are looked up once more, and what they
 * refer to in turn.  What is still missing then is dangling: it is listed in
 * osmeta.plan_dangling, and NULL is delivered.  Where nothing is, the
 * deliveries need not test (plan_identifier.c).
 *
 * All references of an entity are tested in one scan of its stage.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"

/* How many values are looked up at the source in one statement. */
#define LOOKUP_BATCH 1000

/* A value for which the stage has no row. */
typedef struct MissingValue
{
	int			attribute_no;
	char	   *value;
} MissingValue;

static void
raise_generation(Run *run)
{
	osmeta_execf("UPDATE osmeta.plan SET generation = generation + 1"
				 " WHERE plan_id = " INT64_FORMAT " RETURNING generation",
				 run->plan_id);
	run->plan->generation = (int32) osmeta_int64_at(0, 1, NULL);
}

static bool
is_mapped(const PlanAttribute *attribute)
{
	return attribute->refers_to != NULL &&
		(attribute->transform == TRANSFORM_REMAP ||
		 (attribute->transform == TRANSFORM_KEY));
}

/*
 * The query that gives number and value of each reference that leads to no
 * row, once for each row of the stage that has it; NULL if the entity has no
 * reference to look at.
 */
static char *
missing_sql(const MigrationPlan *plan, const PlanEntity *entity,
			bool is_data)
{
	StringInfoData values;

	initStringInfo(&values);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		const PlanEntity *parent = a->refers_to;
		char	   *value;
		char	   *absent;

		if (!is_mapped(a) || parent->is_data != is_data)
			continue;
		value = osmeta_reference_value(a, "s");
		if (!is_data)
			absent = psprintf("NOT EXISTS (SELECT FROM osmeta.plan_map m WHERE m.plan_id = " INT64_FORMAT
							  " AND m.entity_id = " INT64_FORMAT " AND m.source_id = (%s)::text)",
							  plan->plan_id, parent->entity_id, value);
		else if (parent->is_number)
			absent = psprintf("osmeta.staged_id(" INT64_FORMAT ", " INT64_FORMAT ", %d, (%s)::bigint) IS NULL",
							  plan->plan_id, parent->entity_id,
							  plan->generation, value);
		else
			absent = psprintf("NOT EXISTS (SELECT FROM %s r WHERE r.c%d = %s)",
							  osmeta_stage_name(plan, 'e', parent->entity_id),
							  parent->identifier->attribute_no, value);
		appendStringInfo(&values, "%s(%d, CASE WHEN (%s) IS NOT NULL AND %s THEN (%s)::text END)",
						 values.len > 0 ? ", " : "", a->attribute_no, value,
						 absent, value);
	}
	if (values.len == 0)
		return NULL;
	return psprintf("SELECT v.no, v.value FROM %s s CROSS JOIN LATERAL (VALUES %s) v (no, value)"
					" WHERE s.round = %d AND v.value IS NOT NULL",
					osmeta_stage_name(plan, 'e', entity->entity_id),
					values.data, plan->round);
}

static PlanAttribute *
attribute_by_number(const PlanEntity *entity, int attribute_no)
{
	for (int i = 0; i < entity->nattributes; i++)
	{
		if (entity->attributes[i].attribute_no == attribute_no)
			return &entity->attributes[i];
	}
	return NULL;
}

/* Pull rows of an entity by their identifiers. */
static uint64
pull_values(Run *run, const PlanEntity *entity, const MissingValue *missing,
			uint64 count)
{
	uint64		pulled = 0;

	for (uint64 first = 0; first < count; first += LOOKUP_BATCH)
	{
		StringInfoData condition;

		initStringInfo(&condition);
		appendStringInfo(&condition, "s.c%d IN (",
						 entity->identifier->attribute_no);
		for (uint64 k = first; k < count && k < first + LOOKUP_BATCH; k++)
			appendStringInfo(&condition, "%s%s", k > first ? ", " : "",
							 entity->is_number ? missing[k].value :
							 quote_literal_cstr(missing[k].value));
		appendStringInfoChar(&condition, ')');
		pulled += osmeta_exec(osmeta_pull_sql(run->plan, entity,
											  condition.data));
		CHECK_FOR_INTERRUPTS();
	}
	return pulled;
}

/* One round over all entities; gives the number of rows that came. */
static uint64
pull_missing(Run *run)
{
	MigrationPlan *plan = run->plan;
	uint64		pulled = 0;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];
		char	   *sql = e->is_data ? missing_sql(plan, e, true) : NULL;
		uint64		rows;
		MissingValue *missing;

		osmeta_commit_now_and_then(run, i);
		if (sql == NULL)
			continue;
		rows = osmeta_execf("SELECT DISTINCT m.no, m.value FROM (%s) m ORDER BY 1, 2",
							sql);
		missing = palloc(sizeof(MissingValue) * Max(rows, 1));
		for (uint64 k = 0; k < rows; k++)
		{
			missing[k].attribute_no = (int) osmeta_int64_at(k, 1, NULL);
			missing[k].value = osmeta_text_at(k, 2);
		}
		for (uint64 first = 0, next; first < rows; first = next)
		{
			PlanAttribute *a = attribute_by_number(e, missing[first].attribute_no);

			next = first + 1;
			while (next < rows && missing[next].attribute_no == a->attribute_no)
				next++;
			pulled += pull_values(run, a->refers_to, missing + first,
								  next - first);
		}
		pfree(missing);
	}
	return pulled;
}

/* What leads to no row at the source either. */
static void
record_dangling(Run *run)
{
	MigrationPlan *plan = run->plan;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		osmeta_commit_now_and_then(run, i);
		for (int side = 0; e->is_data && side < 2; side++)
		{
			char	   *sql = missing_sql(plan, e, side == 0);

			if (sql != NULL)
				osmeta_execf("INSERT INTO osmeta.plan_dangling (plan_id, entity_id, attribute_no, round, source_id, rows)"
							 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", m.no, %d, m.value, count(*)"
							 " FROM (%s) m GROUP BY m.no, m.value",
							 plan->plan_id, e->entity_id, plan->round, sql);
		}
	}
	osmeta_execf("UPDATE osmeta.plan_attribute a SET dangling_rows = COALESCE("
				 "  (SELECT sum(d.rows) FROM osmeta.plan_dangling d"
				 "   WHERE d.plan_id = a.plan_id AND d.entity_id = a.entity_id"
				 "    AND d.attribute_no = a.attribute_no), 0)"
				 " WHERE a.plan_id = " INT64_FORMAT
				 " AND (a.transform IN ('remap', 'key') OR a.transform LIKE '" SOFT_PREFIX "%%')",
				 plan->plan_id);
}

void
osmeta_complete_references(Run *run)
{
	uint64		pulled;

	do
	{
		raise_generation(run);
		pulled = pull_missing(run);
	} while (pulled > 0);
	/* Only now it is known which rows are referred to. */
	osmeta_plan_fill_map(run->plan);
	record_dangling(run);
	osmeta_plan_forget();
}
