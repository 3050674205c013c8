/*-------------------------------------------------------------------------
 *
 * plan_process.c
 *	  Instances of processes, once all of a round have been pulled.
 *
 * What belongs to a process or an activity that is not moved is not moved
 * either: that row may have gone at the source, be an instance of a
 * definition that the plan does not move, or have been left out by a filter.
 * Such instances are taken out of the stage, like rows that option follow
 * leaves out (plan_follow.c).
 *
 * What a process says of the root of its tree may be wrong, and the root need
 * not be moved.  So the roots are found by the parents, in a table rN of the
 * plan's schema, and put into the stage instead of what the source says.  It
 * holds for each process the one that is 1, 2, 4, ... steps above it, so that
 * even a chain of all processes takes few passes.  In a later round a root
 * may become the child of a process that has come, or lose its parent: the
 * delivered processes below it are delivered again (tables uN).
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "miscadmin.h"

#include "spi.h"

/* ---------------------------------------------------------------------------
 * Instances of what is not moved
 * ---------------------------------------------------------------------------
 */

/* Take them out of the stage of an entity; gives their number. */
static int64
leave_out(const MigrationPlan *plan, const PlanEntity *entity,
		  const PlanAttribute *attribute)
{
	const PlanEntity *owner = attribute->refers_to;
	char	   *condition;

	condition = psprintf("NOT EXISTS (SELECT FROM %s r WHERE r.c%d = s.c%d)",
						 osmeta_stage_name(plan, 'e', owner->entity_id),
						 owner->identifier->attribute_no,
						 attribute->attribute_no);
	/* The stage may have what the source has no more (plan_gone.c). */
	if (plan->round > 1)
		condition = psprintf("(%s OR EXISTS (SELECT FROM %s n WHERE n.id = s.c%d AND n.step = -1 AND NOT n.is_found))",
							 condition,
							 osmeta_stage_name(plan, 'n', owner->entity_id),
							 attribute->attribute_no);
	condition = psprintf("s.round = %d AND %s", plan->round, condition);
	/* A delivered one that has changed so stays as it was delivered. */
	if (osmeta_seeks_changes(plan))
		osmeta_execf("DELETE FROM %s s WHERE %s",
					 osmeta_stage_name(plan, 'u', entity->entity_id),
					 condition);
	osmeta_execf("WITH gone AS (DELETE FROM %s s WHERE %s RETURNING s.c%d AS id)%s"
				 " SELECT count(*) FROM gone",
				 osmeta_stage_name(plan, 'e', entity->entity_id), condition,
				 entity->identifier->attribute_no,
				 !entity->is_parent ? "" :
				 psprintf(", noted AS (INSERT INTO %s (id, step, is_found) SELECT g.id, 0, true FROM gone g"
						  "  ON CONFLICT (id) DO UPDATE SET is_found = true)",
						  osmeta_stage_name(plan, 'n', entity->entity_id)));
	return osmeta_int64_at(0, 1, NULL);
}

/* Activities are looked at before what belongs to them. */
static int64
leave_out_of(Run *run, const char *owner_table)
{
	const MigrationPlan *plan = run->plan;
	int64		total = 0;

	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];
			int64		rows;

			if (!a->is_owner || a->refers_to == NULL ||
				a->refers_to->platform_table == NULL ||
				strcmp(a->refers_to->platform_table, owner_table) != 0)
				continue;
			rows = leave_out(plan, e, a);
			if (rows == 0)
				continue;
			osmeta_execf("UPDATE osmeta.plan_entity e SET rows_left_out = COALESCE(e.rows_left_out, 0) + " INT64_FORMAT
						 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
						 rows, plan->plan_id, e->entity_id);
			ereport(NOTICE,
					(errmsg("plan \"%s\": rows of %s that are not moved, since what they belong to is not: " INT64_FORMAT,
							plan->name, osmeta_entity_label(e), rows)));
			total += rows;
		}
		osmeta_commit_now_and_then(run, i);
	}
	return total;
}

void
osmeta_leave_out_instances(Run *run)
{
	int64		rows = leave_out_of(run, "bpm_process");

	rows += leave_out_of(run, "bpm_activity");
	if (rows > 0)
		osmeta_raise_generation(run);
}

/* ---------------------------------------------------------------------------
 * The roots of processes
 * ---------------------------------------------------------------------------
 */

/* Identifier and parent of each process, as the target shall have them. */
static char *
parents_sql(const MigrationPlan *plan, const PlanEntity *entity,
			const PlanAttribute *root)
{
	char	   *stage = osmeta_stage_name(plan, 'e', entity->entity_id);
	int			id = entity->identifier->attribute_no;
	int			no = root->parent_no;

	if (no == 0)
		return psprintf("SELECT s.c%d AS id, NULL::%s AS parent FROM %s s",
						id, osmeta_id_type(entity), stage);
	if (plan->round == 1)
		return psprintf("SELECT s.c%d AS id, s.c%d AS parent FROM %s s", id,
						no, stage);
	return psprintf("SELECT s.c%d AS id, CASE"
					" WHEN u.c%d IS NOT NULL THEN CASE WHEN %d = ANY (u.gone) THEN NULL ELSE u.c%d END"
					" WHEN %d = ANY (s.gone) THEN NULL ELSE s.c%d END AS parent"
					" FROM %s s LEFT JOIN %s u ON u.c%d = s.c%d",
					id, id, no, no, no, no, stage,
					osmeta_stage_name(plan, 'u', entity->entity_id), id, id);
}

/*
 * Fill rN: up is the process itself where it is a root, else one above it, in
 * the end its root.  Where parents go round in a circle there is none.
 */
static void
climb(const MigrationPlan *plan, const PlanEntity *entity,
	  const PlanAttribute *root, const char *table)
{
	uint64		rows;
	uint64		moved;

	osmeta_execf("CREATE TABLE %s (id %s PRIMARY KEY, up %s NOT NULL, is_root boolean NOT NULL)",
				 table, osmeta_id_type(entity), osmeta_id_type(entity));
	rows = osmeta_execf("INSERT INTO %s (id, up, is_root) SELECT s.id, COALESCE(p.c%d, s.id), p.c%d IS NULL"
						" FROM (%s) s LEFT JOIN %s p ON p.c%d = s.parent AND p.c%d <> s.id",
						table, entity->identifier->attribute_no,
						entity->identifier->attribute_no,
						parents_sql(plan, entity, root),
						osmeta_stage_name(plan, 'e', entity->entity_id),
						entity->identifier->attribute_no,
						entity->identifier->attribute_no);
	osmeta_execf("ANALYZE %s", table);
	for (uint64 steps = 1; steps < rows; steps *= 2)
	{
		moved = osmeta_execf("UPDATE %s s SET up = p.up FROM %s p"
							 " WHERE p.id = s.up AND NOT p.is_root AND p.up <> s.up",
							 table, table);
		if (moved == 0)
			break;
		CHECK_FOR_INTERRUPTS();
	}
}

/* Put the roots into the stage. */
static void
set_roots(const MigrationPlan *plan, const PlanEntity *entity,
		  const PlanAttribute *root, const char *table)
{
	char	   *stage = osmeta_stage_name(plan, 'e', entity->entity_id);
	int			id = entity->identifier->attribute_no;
	int			no = root->attribute_no;
	char	   *found;
	char	   *value;

	found = psprintf("(SELECT n.id, n.up, p.is_root FROM %s n JOIN %s p ON p.id = n.up) f",
					 table, table);
	/* in a circle, what the source says is as good as any */
	value = psprintf("CASE WHEN f.is_root OR NOT EXISTS (SELECT FROM %s x WHERE x.id = s.c%d)"
					 " THEN f.up ELSE s.c%d END", table, no, no);
	osmeta_execf("UPDATE %s s SET c%d = %s FROM %s"
				 " WHERE f.id = s.c%d AND s.round = %d AND s.c%d IS DISTINCT FROM (%s)",
				 stage, no, value, found, id, plan->round, no, value);
	if (plan->round == 1)
		return;
	osmeta_execf("INSERT INTO %s (%s, round, gone) SELECT %s, s.round, s.gone FROM %s s JOIN %s ON f.id = s.c%d"
				 " WHERE s.round < %d AND s.c%d IS DISTINCT FROM (%s) AND %s ON CONFLICT (c%d) DO NOTHING",
				 osmeta_stage_name(plan, 'u', entity->entity_id),
				 osmeta_stage_columns(entity, NULL),
				 osmeta_stage_columns(entity, "s"), stage, found, id,
				 plan->round, no, value,
				 osmeta_delivered_sql(plan, entity, "s"), id);
	osmeta_execf("UPDATE %s s SET c%d = %s FROM %s"
				 " WHERE f.id = s.c%d AND s.c%d IS DISTINCT FROM (%s)",
				 osmeta_stage_name(plan, 'u', entity->entity_id), no, value,
				 found, id, no, value);
}

void
osmeta_find_roots(Run *run)
{
	const MigrationPlan *plan = run->plan;

	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];
			char	   *table;

			if (!a->is_root || a->refers_to != e)
				continue;
			table = osmeta_stage_name(plan, 'r', e->entity_id);
			climb(plan, e, a, table);
			set_roots(plan, e, a, table);
			osmeta_execf("DROP TABLE %s", table);
		}
	}
}
