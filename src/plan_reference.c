/*-------------------------------------------------------------------------
 *
 * plan_reference.c
 *	  References of the stage that lead to no row of it.
 *
 * A row that was inserted at the source while its children were pulled is
 * beyond the highest identifier that was fixed; rows of an entity that are
 * moved by need only are not read by ranges at all.  When all ranges have
 * been pulled, the identifiers that references lead to and that the stage has
 * not are put into tables nN of the plan's schema (id, step, ...), and pieces
 * are added that pull them (plan_pull.c).  Those rows are looked at in the
 * same way, as the next step, and so on.  No identifier is looked for twice.
 *
 * What is still missing then is dangling: it is listed in
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

void
osmeta_raise_generation(Run *run)
{
	osmeta_execf("UPDATE osmeta.plan SET generation = generation + 1"
				 " WHERE plan_id = " INT64_FORMAT " RETURNING generation",
				 run->plan_id);
	run->plan->generation = (int32) osmeta_int64_at(0, 1, NULL);
}

void
osmeta_make_needs(const MigrationPlan *plan, const PlanEntity *e)
{
	osmeta_drop_if_exists(plan, 'n', e->entity_id);
	if (e->is_parent)
		osmeta_execf("CREATE TABLE %s (id %s PRIMARY KEY, step integer NOT NULL,"
					 " is_forced boolean NOT NULL DEFAULT false,"
					 " is_found boolean NOT NULL DEFAULT false,"
					 " is_needed boolean NOT NULL DEFAULT false)",
					 osmeta_stage_name(plan, 'n', e->entity_id),
					 osmeta_id_type(e));
}

/* IF EXISTS would tell of those that do not. */
void
osmeta_drop_if_exists(const MigrationPlan *plan, char kind, int64 entity_id)
{
	char	   *table = osmeta_stage_name(plan, kind, entity_id);

	if (osmeta_execf("SELECT WHERE to_regclass(%s) IS NOT NULL",
					 quote_literal_cstr(table)) > 0)
		osmeta_execf("DROP TABLE %s", table);
}

void
osmeta_drop_needs(Run *run)
{
	const MigrationPlan *plan = run->plan;

	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data && plan->entities[i].is_parent)
			osmeta_drop_if_exists(plan, 'n', plan->entities[i].entity_id);
		osmeta_commit_now_and_then(run, i);
	}
}

/* The rows of a relation that a step looks at, as a condition on s. */
static char *
rows_of_step(const MigrationPlan *plan, const PlanEntity *entity,
			 char relation, int step)
{
	/* in uN, rows of former rounds are those that only lead further now */
	char	   *round = psprintf("s.round = %d", plan->round);

	if (step <= 1)
		return round;
	return psprintf("%s AND EXISTS (SELECT FROM %s n WHERE n.id = s.c%d AND n.step = %d)",
					round, osmeta_stage_name(plan, 'n', entity->entity_id),
					entity->identifier->attribute_no, step - 1);
}

/*
 * The query that gives number and value of each reference that leads to no
 * row, once for each row that has it; NULL if the entity has no reference to
 * look at.  Few rows have one, as a rule, and to take a row apart costs far
 * more than to look.
 */
static char *
missing_sql(const MigrationPlan *plan, const PlanEntity *entity,
			bool is_data, char relation, int step)
{
	StringInfoData values;
	StringInfoData any;

	initStringInfo(&values);
	initStringInfo(&any);
	for (int i = 0; i < entity->nreferences; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		const PlanEntity *parent = a->refers_to;
		char	   *value;
		char	   *absent;

		/* the root of a tree is whoever has no parent in the stage */
		if (!osmeta_is_mapped(a) || parent->is_data != is_data || a->is_root)
			continue;
		value = osmeta_reference_value(a, "s");
		if (!is_data)
			absent = psprintf("NOT EXISTS (SELECT FROM osmeta.plan_map m WHERE m.plan_id = " INT64_FORMAT
							  " AND m.entity_id = " INT64_FORMAT " AND %s = %s)",
							  plan->plan_id, parent->entity_id,
							  osmeta_compared_id(plan, "m.source_id"),
							  osmeta_compared_id(plan, psprintf("(%s)::text", value)));
		else if (parent->is_number && step <= 1)
			absent = psprintf("osmeta.staged_id(" INT64_FORMAT ", " INT64_FORMAT ", %d, (%s)::bigint) IS NULL",
							  plan->plan_id, parent->entity_id,
							  plan->generation, value);
		else
			absent = parent->is_number ?
				psprintf("NOT EXISTS (SELECT FROM %s r WHERE r.c%d = %s)",
						 osmeta_stage_name(plan, 'e', parent->entity_id),
						 parent->identifier->attribute_no, value) :
				psprintf("NOT EXISTS (SELECT FROM %s r WHERE %s = %s)",
						 osmeta_stage_name(plan, 'e', parent->entity_id),
						 osmeta_compared_id(plan, psprintf("r.c%d", parent->identifier->attribute_no)),
						 osmeta_compared_id(plan, value));
		absent = psprintf("(%s) IS NOT NULL AND %s", value, absent);
		appendStringInfo(&values, "%s(%d, CASE WHEN %s THEN (%s)::text END)",
						 values.len > 0 ? ", " : "", a->attribute_no, absent,
						 value);
		appendStringInfo(&any, "%s(%s)", any.len > 0 ? " OR " : "", absent);
	}
	if (values.len == 0)
		return NULL;
	return psprintf("SELECT v.no, v.value FROM (SELECT s.* FROM %s s WHERE %s AND (%s) OFFSET 0) s"
					" CROSS JOIN LATERAL (VALUES %s) v (no, value)"
					" WHERE v.value IS NOT NULL",
					osmeta_stage_name(plan, relation, entity->entity_id),
					rows_of_step(plan, entity, relation, step), any.data,
					values.data);
}

/*
 * Does a reference make its row come in spite of a filter?  With option
 * follow, the ancestors of a row of a tree do.
 */
bool
osmeta_is_forcing(const MigrationPlan *plan, const PlanEntity *entity,
				  const PlanAttribute *attribute)
{
	return plan->follow && attribute->refers_to == entity &&
		entity->filter != NULL && !attribute->is_root;
}

/* Put what an entity's references lead to into the tables nN. */
static void
collect_needs(const Run *run, const PlanEntity *entity, char relation,
			  int step)
{
	MigrationPlan *plan = run->plan;
	char	   *missing = missing_sql(plan, entity, true, relation, step);
	StringInfoData sql;

	if (missing == NULL)
		return;
	initStringInfo(&sql);
	appendStringInfo(&sql, "WITH missing AS MATERIALIZED (%s)", missing);
	for (int i = 0; i < entity->nreferences; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		StringInfoData numbers;
		StringInfoData forcing;
		bool		is_first = true;

		if (!osmeta_is_mapped(a) || !a->refers_to->is_data)
			continue;
		initStringInfo(&numbers);
		initStringInfo(&forcing);
		for (int j = 0; j < entity->nreferences; j++)
		{
			const PlanAttribute *b = &entity->attributes[j];

			if (!osmeta_is_mapped(b) || b->refers_to != a->refers_to)
				continue;
			if (j < i)
				is_first = false;
			appendStringInfo(&numbers, "%s%d", numbers.len > 0 ? ", " : "",
							 b->attribute_no);
			if (osmeta_is_forcing(plan, entity, b))
				appendStringInfo(&forcing, "%s%d",
								 forcing.len > 0 ? ", " : "",
								 b->attribute_no);
		}
		/* One statement for each entity that is referred to. */
		if (is_first)
			appendStringInfo(&sql, ", i%d AS (INSERT INTO %s AS n (id, step, is_forced)"
							 " SELECT m.value::%s, %d, %s FROM missing m WHERE m.no IN (%s) GROUP BY 1"
							 " ON CONFLICT (id) DO UPDATE SET is_forced = true, step = excluded.step"
							 " WHERE excluded.is_forced AND NOT n.is_forced)",
							 i,
							 osmeta_stage_name(plan, 'n', a->refers_to->entity_id),
							 osmeta_id_type(a->refers_to), step,
							 forcing.len == 0 ? "false" :
							 psprintf("bool_or(m.no IN (%s))", forcing.data),
							 numbers.data);
	}
	osmeta_execf("%s SELECT 1", sql.data);
}

/* The pieces that pull what a step has found; gives their number. */
static uint64
add_need_chunks(const Run *run, const PlanEntity *entity, int step)
{
	const MigrationPlan *plan = run->plan;
	char	   *needs = osmeta_stage_name(plan, 'n', entity->entity_id);
	uint64		chunks;

	chunks = osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, round, level, lower_id, upper_id, rows_expected)"
						  " SELECT " INT64_FORMAT ", " INT64_FORMAT ", 'pull', %d, %d, min(n.id)::text, max(n.id)::text, count(*)"
						  " FROM (SELECT n.id, (row_number() OVER (ORDER BY n.id) - 1) / " INT64_FORMAT " AS piece"
						  "  FROM %s n WHERE n.step = %d AND NOT EXISTS (SELECT FROM osmeta.plan_chunk c"
						  "   WHERE c.plan_id = " INT64_FORMAT " AND c.entity_id = " INT64_FORMAT
						  "    AND c.phase = 'pull' AND c.round = %d AND c.level = %d)) n"
						  " GROUP BY n.piece ORDER BY n.piece",
						  plan->plan_id, entity->entity_id, plan->round, step,
						  plan->chunk_rows, needs, step, plan->plan_id,
						  entity->entity_id, plan->round, step);
	if (chunks > 0)
		osmeta_execf("ANALYZE %s", needs);
	return chunks;
}

/* The same of all entities. */
static uint64
add_step_chunks(Run *run, int step)
{
	MigrationPlan *plan = run->plan;
	uint64		chunks = 0;

	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		if (e->is_data && e->is_parent)
			chunks += add_need_chunks(run, e, step);
		osmeta_commit_now_and_then(run, i);
	}
	return chunks;
}

bool
osmeta_need_rows(Run *run)
{
	MigrationPlan *plan = run->plan;
	int			step;

	osmeta_execf("SELECT COALESCE(max(c.level), 0) FROM osmeta.plan_chunk c"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.phase = 'pull' AND c.round = %d",
				 plan->plan_id, plan->round);
	step = (int) osmeta_int64_at(0, 1, NULL);
	/* An interrupted attempt may have added some only. */
	if (step > 0 && osmeta_plan_is_large(plan) &&
		add_step_chunks(run, step) > 0)
		return true;
	step++;
	if (step == 1)
		osmeta_raise_generation(run);
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		osmeta_commit_now_and_then(run, i);
		/* Only rows that came by need can lead further. */
		if (!e->is_data || (step > 1 && !e->is_parent))
			continue;
		collect_needs(run, e, 'e', step);
		if (step == 1 && osmeta_seeks_changes(plan))
			collect_needs(run, e, 'u', step);
	}
	if (add_step_chunks(run, step) > 0)
		return true;
	if (step > 1)
		osmeta_raise_generation(run);
	return false;
}

/*
 * Text to append to a condition: the value is not one of a row that is left
 * out and that the target has.
 */
char *
osmeta_has_no_partner_sql(const MigrationPlan *plan, const PlanEntity *entity,
						  const char *value)
{
	if (!entity->has_map || entity->strategy == STRATEGY_ASSIGNED)
		return pstrdup("");
	return psprintf(" AND NOT EXISTS (SELECT FROM %s x WHERE x.source_id = %s AND x.is_existing)",
					osmeta_stage_name(plan, 'm', entity->entity_id), value);
}

/* Rows of a reference whose value was looked for and not found. */
static void
record_missing(const MigrationPlan *plan, const PlanEntity *entity,
			   const PlanAttribute *attribute, char relation)
{
	const PlanEntity *parent = attribute->refers_to;

	osmeta_execf("INSERT INTO osmeta.plan_dangling AS d (plan_id, entity_id, attribute_no, round, source_id, rows)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", %d, %d, n.id::text, count(*)"
				 " FROM %s s JOIN %s n ON n.id = %s"
				 " WHERE %s AND NOT EXISTS (SELECT FROM %s r WHERE r.c%d = n.id)%s GROUP BY n.id"
				 " ON CONFLICT (plan_id, entity_id, attribute_no, round, source_id)"
				 " DO UPDATE SET rows = d.rows + excluded.rows",
				 plan->plan_id, entity->entity_id, attribute->attribute_no,
				 plan->round, osmeta_stage_name(plan, relation, entity->entity_id),
				 osmeta_stage_name(plan, 'n', parent->entity_id),
				 osmeta_reference_value(attribute, "s"),
				 rows_of_step(plan, entity, relation, 1),
				 osmeta_stage_name(plan, 'e', parent->entity_id),
				 parent->identifier->attribute_no,
				 osmeta_has_no_partner_sql(plan, parent, "n.id"));
}

/* For each entity: was there an identifier that was not found? */
static bool *
unfound(Run *run)
{
	const MigrationPlan *plan = run->plan;
	bool	   *is_unfound = palloc0(sizeof(bool) * Max(plan->nentities, 1));

	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		if (!e->is_data || !e->is_parent)
			continue;
		osmeta_execf("SELECT EXISTS (SELECT FROM %s n WHERE NOT EXISTS ("
					 " SELECT FROM %s s WHERE s.c%d = n.id))",
					 osmeta_stage_name(plan, 'n', e->entity_id),
					 osmeta_stage_name(plan, 'e', e->entity_id),
					 e->identifier->attribute_no);
		is_unfound[i] = osmeta_bool_at(0, 1);
		osmeta_commit_now_and_then(run, i);
	}
	return is_unfound;
}

void
osmeta_record_dangling(Run *run)
{
	MigrationPlan *plan = run->plan;
	bool	   *is_unfound = unfound(run);
	const char *relations = osmeta_seeks_changes(plan) ? "eu" : "e";

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		osmeta_commit_now_and_then(run, i);
		if (!e->is_data)
			continue;
		for (const char *relation = relations; *relation != '\0'; relation++)
		{
			char	   *matched = missing_sql(plan, e, false, *relation, 1);

			for (int j = 0; j < e->nreferences; j++)
			{
				const PlanAttribute *a = &e->attributes[j];

				if (osmeta_is_mapped(a) && a->refers_to->is_data &&
					!a->is_root && is_unfound[a->refers_to - plan->entities])
					record_missing(plan, e, a, *relation);
			}
			if (matched != NULL)
				osmeta_execf("INSERT INTO osmeta.plan_dangling AS d (plan_id, entity_id, attribute_no, round, source_id, rows)"
							 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", m.no, %d, m.value, count(*)"
							 " FROM (%s) m GROUP BY m.no, m.value"
							 " ON CONFLICT (plan_id, entity_id, attribute_no, round, source_id)"
							 " DO UPDATE SET rows = d.rows + excluded.rows",
							 plan->plan_id, e->entity_id, plan->round, matched);
		}
	}
	osmeta_execf("UPDATE osmeta.plan_attribute a SET dangling_rows = COALESCE("
				 "  (SELECT sum(d.rows) FROM osmeta.plan_dangling d"
				 "   WHERE d.plan_id = a.plan_id AND d.entity_id = a.entity_id"
				 "    AND d.attribute_no = a.attribute_no), 0)"
				 " WHERE a.plan_id = " INT64_FORMAT
				 " AND (a.transform IN ('remap', 'key', 'typed') OR a.transform LIKE '" SOFT_PREFIX "%%')",
				 plan->plan_id);
}
