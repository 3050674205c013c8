/*-------------------------------------------------------------------------
 *
 * plan_follow.c
 *	  Option follow: rows that are left out, and rows that are not needed.
 *
 * Filters choose rows of some entities; the others bring what those need
 * (plan_reference.c).  A row that has a mandatory reference, or an identifier
 * that is one, to a row which stands at the source and is not moved cannot
 * be moved either, nor what cannot be without it in turn.  The tables nN tell
 * such a row (is_found, and not in the stage) from one that the source does
 * not have: references to the latter become NULL as ever.
 *
 * What was pulled only because a row needed it that is left out now is taken
 * out at last: rows that came by need and that no kept row leads to.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "identifier.h"
#include "plan_identifier.h"
#include "spi.h"

void
osmeta_note_ancestors(const MigrationPlan *plan, const PlanEntity *entity)
{
	char	   *id;

	if (!osmeta_seeks_changes(plan) || entity->identifier == NULL)
		return;
	id = osmeta_compared_id(plan, psprintf("r.c%d", entity->identifier->attribute_no));
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (osmeta_is_mapped(a) && osmeta_is_forcing(plan, entity, a))
			osmeta_execf("INSERT INTO %s (id, step) SELECT r.c%d, -2 FROM %s r"
						 " WHERE %s IN (SELECT %s FROM %s s) ON CONFLICT DO NOTHING",
						 osmeta_stage_name(plan, 'n', entity->entity_id),
						 entity->identifier->attribute_no,
						 osmeta_stage_name(plan, 'e', entity->entity_id), id,
						 osmeta_compared_id(plan, osmeta_reference_value(a, "s")),
						 osmeta_stage_name(plan, 'e', entity->entity_id));
	}
}

char *
osmeta_filter_or_ancestors(const MigrationPlan *plan,
						   const PlanEntity *entity)
{
	/* neither the entity's name nor one of its attributes */
	const char *alias = strcmp(entity->name, "n") == 0 ? "m" : "n";

	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (osmeta_is_mapped(a) && osmeta_is_forcing(plan, entity, a))
			return psprintf("(%s\n) OR EXISTS (SELECT FROM %s %s WHERE %s.id = %s.%s AND %s.step = -2)",
							entity->filter,
							osmeta_stage_name(plan, 'n', entity->entity_id),
							alias, alias, osmeta_quote_name(entity->name),
							osmeta_quote_name(entity->identifier->name),
							alias);
	}
	return entity->filter;
}

/*
 * The row of n is at the source, but neither in the stage nor one with a row
 * of the target.
 */
static char *
is_left_out(const MigrationPlan *plan, const PlanEntity *parent)
{
	return psprintf("n.is_found AND NOT EXISTS (SELECT FROM %s r WHERE r.c%d = n.id)%s",
					osmeta_stage_name(plan, 'e', parent->entity_id),
					parent->identifier->attribute_no,
					osmeta_has_no_partner_sql(plan, parent, "n.id"));
}

/* Take out the rows whose reference leads to a row that is left out. */
static int64
leave_out_children(const Run *run, const PlanEntity *entity,
				   const PlanAttribute *attribute)
{
	const MigrationPlan *plan = run->plan;
	const PlanEntity *parent = attribute->refers_to;
	char	   *condition = psprintf("n.id = %s AND %s",
									 osmeta_reference_value(attribute, "s"),
									 is_left_out(plan, parent));
	char	   *needs = osmeta_stage_name(plan, 'n', parent->entity_id);

	/* A delivered row that has changed so stays as it was delivered. */
	if (osmeta_seeks_changes(plan))
		osmeta_execf("DELETE FROM %s s USING %s n WHERE %s",
					 osmeta_stage_name(plan, 'u', entity->entity_id), needs,
					 condition);
	osmeta_execf("WITH gone AS (DELETE FROM %s s USING %s n WHERE s.round = %d AND %s"
				 "  RETURNING s.c%d AS id)%s SELECT count(*) FROM gone",
				 osmeta_stage_name(plan, 'e', entity->entity_id), needs,
				 plan->round, condition, entity->identifier->attribute_no,
				 !entity->is_parent ? "" :
				 psprintf(", noted AS (INSERT INTO %s (id, step, is_found) SELECT DISTINCT g.id, 0, true FROM gone g"
						  "  ON CONFLICT (id) DO UPDATE SET is_found = true)",
						  osmeta_stage_name(plan, 'n', entity->entity_id)));
	return osmeta_int64_at(0, 1, NULL);
}

/*
 * One pass over all entities, parents first; has_gone tells of which rows have
 * been left out in this round, by an interrupted attempt or by this one.
 */
static int64
leave_out_once(Run *run, bool *has_gone)
{
	MigrationPlan *plan = run->plan;
	int64		total = 0;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];
			int			parent;
			int64		gone;

			if (!osmeta_is_mapped(a) || !a->refers_to->is_data ||
				!(a->is_mandatory || a->is_identifier))
				continue;
			parent = (int) (a->refers_to - plan->entities);
			if (plan->entities[parent].filter == NULL && !has_gone[parent])
				continue;
			gone = leave_out_children(run, e, a);
			has_gone[i] |= gone > 0;
			total += gone;
			if (gone > 0)
				osmeta_execf("UPDATE osmeta.plan_entity e SET rows_left_out = COALESCE(e.rows_left_out, 0) + " INT64_FORMAT
							 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
							 gone, plan->plan_id, e->entity_id);
		}
		osmeta_commit_now_and_then(run, i);
	}
	return total;
}

/*
 * Mark what the rows of an entity lead to: those rows which did not come by
 * need, or those which are marked.
 */
static uint64
mark_needed(const MigrationPlan *plan, const PlanEntity *entity,
			char relation, bool is_first)
{
	char	   *by_need = NULL;
	uint64		marked = 0;

	if (entity->is_parent)
		by_need = psprintf("EXISTS (SELECT FROM %s x WHERE x.id = s.c%d AND x.step > 0%s)",
						   osmeta_stage_name(plan, 'n', entity->entity_id),
						   entity->identifier->attribute_no,
						   is_first ? "" : " AND x.is_needed");
	else if (!is_first)
		return 0;
	for (int i = 0; i < entity->nreferences; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (!osmeta_is_mapped(a) || !a->refers_to->is_data || a->is_root)
			continue;
		marked += osmeta_execf("UPDATE %s n SET is_needed = true FROM %s s"
							   " WHERE n.id = %s AND NOT n.is_needed%s%s%s",
							   osmeta_stage_name(plan, 'n', a->refers_to->entity_id),
							   osmeta_stage_name(plan, relation, entity->entity_id),
							   osmeta_reference_value(a, "s"),
							   relation == 'e' ?
							   psprintf(" AND s.round = %d", plan->round) : "",
							   by_need == NULL || relation == 'u' ? "" :
							   is_first ? " AND NOT " : " AND ",
							   by_need == NULL || relation == 'u' ? "" :
							   by_need);
	}
	return marked;
}

/* Take out the rows that came by need and that nothing needs. */
static void
take_out_unneeded(Run *run)
{
	const MigrationPlan *plan = run->plan;
	bool		is_first = true;
	uint64		marked;

	do
	{
		marked = 0;
		for (int i = 0; i < plan->nentities; i++)
		{
			const PlanEntity *e = &plan->entities[i];

			if (!e->is_data)
				continue;
			marked += mark_needed(plan, e, 'e', is_first);
			if (is_first && osmeta_seeks_changes(plan))
				marked += mark_needed(plan, e, 'u', true);
			osmeta_commit_now_and_then(run, i);
		}
		if (!is_first && marked == 0)
			break;
		is_first = false;
	} while (true);

	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		if (e->is_data && e->is_parent)
			osmeta_execf("DELETE FROM %s s USING %s n WHERE n.id = s.c%d"
						 " AND n.step > 0 AND NOT n.is_needed AND s.round = %d",
						 osmeta_stage_name(plan, 'e', e->entity_id),
						 osmeta_stage_name(plan, 'n', e->entity_id),
						 e->identifier->attribute_no, plan->round);
		osmeta_commit_now_and_then(run, i);
	}
}

/*
 * Of which entities have rows been left out: instances of processes, or what
 * an interrupted attempt has found?
 */
static bool *
left_out_before(Run *run)
{
	const MigrationPlan *plan = run->plan;
	bool	   *has_gone = palloc0(sizeof(bool) * Max(plan->nentities, 1));

	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		if (!e->is_data || !e->is_parent)
			continue;
		osmeta_execf("SELECT EXISTS (SELECT FROM %s n WHERE n.step = 0)",
					 osmeta_stage_name(plan, 'n', e->entity_id));
		has_gone[i] = osmeta_bool_at(0, 1);
		osmeta_commit_now_and_then(run, i);
	}
	return has_gone;
}

/* A round that reads all rows again finds the former ones again. */
void
osmeta_forget_left_out(const Run *run)
{
	osmeta_execf("UPDATE osmeta.plan_entity e SET rows_left_out = NULL"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.rows_left_out IS NOT NULL"
				 " AND EXISTS (SELECT FROM osmeta.plan_chunk c WHERE c.plan_id = e.plan_id"
				 "  AND c.entity_id = e.entity_id AND c.phase = 'pull' AND c.round = %d AND c.level = 0"
				 "  AND (c.lower_id IS NULL OR c.lower_id::bigint <= e.lower_id))",
				 run->plan_id, run->plan->round);
}

bool
osmeta_leave_out(Run *run)
{
	MigrationPlan *plan = run->plan;
	bool	   *has_gone;
	bool		is_any = false;
	uint64		rows;

	if (!plan->follow)
		return false;
	has_gone = left_out_before(run);
	while (leave_out_once(run, has_gone) > 0)
		;
	for (int i = 0; i < plan->nentities; i++)
		is_any |= has_gone[i];
	if (!is_any)
		return false;
	take_out_unneeded(run);
	rows = osmeta_execf("SELECT e.entity_id, e.rows_left_out FROM osmeta.plan_entity e"
						" WHERE e.plan_id = " INT64_FORMAT " AND e.rows_left_out > 0 ORDER BY e.level, e.entity_id",
						plan->plan_id);
	for (uint64 i = 0; i < rows; i++)
	{
		const PlanEntity *e = osmeta_plan_entity(plan,
												 osmeta_int64_at(i, 1, NULL));

		/* of instances it is known already */
		if (e != NULL && has_gone[e - plan->entities] &&
			e->platform_table == NULL)
			ereport(NOTICE,
					(errmsg("plan \"%s\": rows of %s that are not moved, since a row that they cannot be without is left out: " INT64_FORMAT,
							plan->name, osmeta_entity_label(e),
							osmeta_int64_at(i, 2, NULL))));
	}
	osmeta_raise_generation(run);
	return true;
}
