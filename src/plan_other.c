/*-------------------------------------------------------------------------
 *
 * plan_other.c
 *	  Other plans that put rows into the same tables, or take them out.
 *
 * Two plans may deliver the same identifiers to one table: texts, numbers that
 * are kept, rows that are one-to-one with the same row.  Who comes second
 * finds them taken, or takes them for rows that the target has already, once
 * they stand there; until then only the other plan knows of them.  And a plan
 * with option existing = delete takes out what an earlier one put in: then the
 * rows there are its own, or will be put back by it.
 *
 * Plans count that lead to the same place at the same server and whose owner
 * the caller may act for: the stage of another one cannot be read.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "utils/builtins.h"

#include "spi.h"

/*
 * Names of the plans (alias o) that meet a condition and have the target of
 * this one (alias p).
 */
static char **
other_plans(const Run *run, const char *condition, int *count)
{
	char	  **name;
	uint64		rows;

	rows = osmeta_execf("SELECT o.plan FROM osmeta.plan p"
						" JOIN osmeta.plan o ON o.target_place = p.target_place AND o.plan_id <> p.plan_id"
						" WHERE p.plan_id = " INT64_FORMAT " AND (%s)"
						" AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = o.owner AND pg_has_role(r.oid, 'USAGE'))"
						" ORDER BY o.plan_id", run->plan_id, condition);
	name = palloc(sizeof(char *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		name[i] = osmeta_text_at(i, 1);
	*count = (int) rows;
	return name;
}

/* The entity of another plan whose rows go into the same table. */
static PlanEntity *
counterpart(MigrationPlan *other, const PlanEntity *entity)
{
	for (int i = 0; i < other->nentities; i++)
	{
		PlanEntity *e = &other->entities[i];

		if (e->is_data && e->identifier != NULL &&
			strcmp(e->target_table, entity->target_table) == 0)
			return e;
	}
	return NULL;
}

/*
 * Rows of this round whose identifiers another plan is about to put there.
 */
static void
check_claim(const Run *run, const PlanEntity *entity, MigrationPlan *other)
{
	PlanEntity *e = counterpart(other, entity);
	uint64		rows;
	const char *type = entity->is_number ? "bigint" : "text";

	/* Each relation that is looked at is a lock: only those that matter. */
	if (e == NULL || e->is_number != entity->is_number ||
		osmeta_execf("SELECT FROM osmeta.plan_chunk c WHERE c.plan_id = " INT64_FORMAT
					 " AND c.entity_id = " INT64_FORMAT " AND c.phase = 'push' AND c.round = %d LIMIT 1",
					 other->plan_id, e->entity_id, other->round) == 0 ||
		!osmeta_relation_exists(other, 'e', e->entity_id))
		return;
	rows = osmeta_execf("SELECT v.id::text FROM (%s) v WHERE v.id::%s IN (SELECT w.id::%s FROM (%s) w) ORDER BY v.id",
						osmeta_target_id_sql(run->plan, entity,
											 psprintf("s.round = %d", run->plan->round)),
						type, type,
						osmeta_target_id_sql(other, e,
											 psprintf("s.round = %d", other->round)));
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\", which is not done, delivers the same identifiers of %s: " UINT64_FORMAT,
						other->name, osmeta_entity_label(entity), rows),
				 errdetail("Identifiers at the target: %s.", osmeta_list_values(rows)),
				 errhint("None of these rows has been written to the target. Go on with plan \"%s\" until it is done, or CALL osmeta.undo_plan(%s), then call run_plan again.",
						 other->name, quote_literal_cstr(other->name))));
}

/*
 * Of two plans that come here at the same time the second waits until the
 * first has committed.
 */
void
osmeta_check_claims(const Run *run, bool is_last)
{
	int			count;
	char	  **name;

	if (is_last)
	{
		osmeta_execf("SELECT hashtextextended(p.target_place, 0) FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
					 run->plan_id);
		osmeta_plan_lock_target(osmeta_int64_at(0, 1, NULL));
	}
	name = other_plans(run, "o.phase IN ('delete', 'push', 'second step', 'update')"
	/* it may have delivered since this one looked */
					   " OR o.phase = 'done' AND o.finished_at > transaction_timestamp()",
					   &count);
	for (int i = 0; i < count; i++)
	{
		MigrationPlan *other = osmeta_plan_load(name[i]);

		for (int j = 0; j < run->plan->nentities; j++)
		{
			const PlanEntity *e = &run->plan->entities[j];

			if (e->is_data && e->strategy != STRATEGY_ASSIGNED)
				check_claim(run, e, other);
		}
	}
}

/* Pieces of the push of an entity that stand at the target, or may, later. */
static char *
later_pieces_sql(const MigrationPlan *other, const PlanEntity *entity,
				 const char *since)
{
	return psprintf("SELECT c.lower_id, c.upper_id, c.round FROM osmeta.plan_chunk c"
					" WHERE c.plan_id = " INT64_FORMAT " AND c.entity_id = " INT64_FORMAT
					" AND c.phase = 'push' AND c.state IN ('done', 'prepared')"
					" AND COALESCE(c.finished_at, c.started_at) > (%s)",
					other->plan_id, entity->entity_id, since);
}

/*
 * Identifiers that another plan has put there since, as a query (id); NULL if
 * there are none.
 */
static char *
later_ids_sql(MigrationPlan *other, PlanEntity *entity, const char *since)
{
	StringInfoData condition;
	uint64		rows;
	char	  **lower;
	char	  **upper;
	int64	   *round;

	rows = osmeta_exec(later_pieces_sql(other, entity, since));
	if (rows == 0 || !osmeta_relation_exists(other, 'e', entity->entity_id))
		return NULL;
	rows = osmeta_exec(later_pieces_sql(other, entity, since));
	lower = palloc(sizeof(char *) * rows);
	upper = palloc(sizeof(char *) * rows);
	round = palloc(sizeof(int64) * rows);
	for (uint64 i = 0; i < rows; i++)
	{
		lower[i] = osmeta_text_at(i, 1);
		upper[i] = osmeta_text_at(i, 2);
		round[i] = osmeta_int64_at(i, 3, NULL);
	}
	initStringInfo(&condition);
	for (uint64 i = 0; i < rows; i++)
		appendStringInfo(&condition, "%s%s AND s.round = " INT64_FORMAT,
						 i > 0 ? " OR " : "",
						 osmeta_stage_range(entity, "s", lower[i], upper[i]),
						 round[i]);
	return osmeta_target_id_sql(other, entity, condition.data);
}

/*
 * An interrupted piece whose identifiers all stand at the target is done,
 * unless it was another plan that has put them there since.
 */
void
osmeta_check_not_others(const Run *run, const Chunk *chunk, const char *ids)
{
	int			count;
	char	   *since = psprintf("SELECT k.started_at FROM osmeta.plan_chunk k WHERE k.chunk_id = " INT64_FORMAT,
								 chunk->chunk_id);
	char	  **name = other_plans(run, psprintf("EXISTS (SELECT FROM osmeta.plan_chunk c WHERE c.plan_id = o.plan_id"
												 " AND c.phase = 'push' AND c.finished_at > (%s))", since),
								   &count);

	for (int i = 0; i < count; i++)
	{
		MigrationPlan *other = osmeta_plan_load(name[i]);
		PlanEntity *e = counterpart(other, chunk->entity);
		char	   *theirs = e == NULL ? NULL : later_ids_sql(other, e, since);
		uint64		rows;

		if (theirs == NULL)
			continue;
		rows = osmeta_execf("SELECT v.id::text FROM (%s) v WHERE v.id::text IN (SELECT w.id::text FROM (%s) w) ORDER BY v.id",
							ids, theirs);
		if (rows > 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("identifiers of an interrupted piece of %s have been delivered by plan \"%s\": " UINT64_FORMAT,
							osmeta_entity_label(chunk->entity), other->name, rows),
					 errdetail("Identifiers at the target: %s.", osmeta_list_values(rows)),
					 errhint("CALL osmeta.undo_plan(%s), then call run_plan again.",
							 quote_literal_cstr(other->name))));
	}
}

/* Rows of xN that another plan has deleted, or has put there anew. */
static void
find_taken_over(Run *run, const PlanEntity *entity, MigrationPlan *other,
				Findings *findings)
{
	PlanEntity *e = counterpart(other, entity);
	char	   *pushed = psprintf("FROM osmeta.plan_chunk k WHERE k.plan_id = " INT64_FORMAT
								  " AND k.entity_id = " INT64_FORMAT
								  " AND k.phase = 'push' AND k.state IN ('done', 'prepared')",
								  run->plan_id, entity->entity_id);
	char	   *listed = osmeta_stage_name(run->plan, 'x', entity->entity_id);
	char	   *theirs;

	if (e == NULL)
		return;
	if (osmeta_execf("SELECT FROM osmeta.plan_chunk c WHERE c.plan_id = " INT64_FORMAT
					 " AND c.entity_id = " INT64_FORMAT " AND c.phase = 'delete' AND c.level = %d"
					 " AND c.finished_at > (SELECT min(k.started_at) %s) LIMIT 1",
					 other->plan_id, e->entity_id, LEVEL_COPY, pushed) > 0 &&
		osmeta_relation_exists(other, 'b', e->entity_id))
		findings->referred +=
			osmeta_findings_add(findings,
								psprintf("SELECT %s::text, u.id::text, %s::text FROM %s u JOIN %s b ON b.id::text = u.id::text WHERE NOT u.keep",
										 quote_literal_cstr(entity->target_table),
										 quote_literal_cstr(psprintf("plan \"%s\" has deleted it and keeps a copy", other->name)),
										 listed,
										 osmeta_stage_name(other, 'b', e->entity_id)));
	theirs = later_ids_sql(other, e,
						   psprintf("SELECT max(COALESCE(k.finished_at, k.started_at)) %s", pushed));
	if (theirs != NULL)
		findings->changed +=
			osmeta_findings_add(findings,
								psprintf("SELECT %s::text, u.id::text, %s::text FROM %s u JOIN (%s) w ON w.id::text = u.id::text WHERE NOT u.keep",
										 quote_literal_cstr(entity->target_table),
										 quote_literal_cstr(psprintf("plan \"%s\" has delivered a row with this identifier since", other->name)),
										 listed, theirs));
}

/*
 * What another plan has done with the rows since must be undone first: rows
 * that it has deleted would come back when it is undone, and rows with the
 * same identifiers are its own.
 */
void
osmeta_check_taken_over(Run *run)
{
	Findings	findings = {0};
	int			count;
	char	  **name = other_plans(run, "o.phase NOT IN ('undone', 'cleared') AND EXISTS (SELECT FROM osmeta.plan_chunk c"
								   " WHERE c.plan_id = o.plan_id AND c.phase IN ('delete', 'push'))",
								   &count);
	char	   *first = NULL;

	initStringInfo(&findings.list);
	for (int i = 0; i < count; i++)
	{
		MigrationPlan *other = osmeta_plan_load(name[i]);

		for (int j = 0; j < run->plan->nentities; j++)
		{
			if (run->plan->entities[j].is_data)
				find_taken_over(run, &run->plan->entities[j], other, &findings);
			osmeta_commit_now_and_then(run, j);
		}
		if (first == NULL && findings.changed + findings.referred > 0)
			first = other->name;
	}
	if (first == NULL)
		return;
	if (findings.changed + findings.referred > findings.listed)
		appendStringInfo(&findings.list, "\nand " INT64_FORMAT " more",
						 findings.changed + findings.referred - findings.listed);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("plan \"%s\" cannot be undone: rows that other plans have deleted since: " INT64_FORMAT
					", identifiers that they have delivered since: " INT64_FORMAT,
					run->name, findings.referred, findings.changed),
			 errdetail("%s", findings.list.data),
			 errhint("The plan that came last is undone first: CALL osmeta.undo_plan(%s), then call undo_plan again.",
					 quote_literal_cstr(first))));
}
