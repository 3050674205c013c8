/*-------------------------------------------------------------------------
 *
 * plan_delta.c
 *	  Later rounds of a plan: what is new at the source, and what has changed.
 *
 * Running a plan that is done begins a round.  It reads of each entity what
 * may be new: identifiers beyond the highest one of before; rows by an
 * attribute that the user names; else all rows, of which those are new that
 * the stage has not.  New rows go the way of the first round's.
 *
 * With option updates, rows whose content differs from the stage are put into
 * tables uN of the plan's schema, and delivered in the phase update: a piece
 * sets the columns at the target and replaces the row of the stage in one
 * transaction, which commits at the target first.  A row that stands there
 * neither as it was delivered nor as it shall be was changed by somebody; it
 * stops the plan before anything is updated, unless the option says force.
 *
 * A reference that led nowhere was delivered as NULL.  When its row has come
 * since, the row that refers to it is delivered again in the same way.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"

bool
osmeta_seeks_changes(const MigrationPlan *plan)
{
	return plan->round > 1 && strcmp(plan->updates, "false") != 0;
}

char *
osmeta_round_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	char	   *rows = osmeta_delivery_sql(plan, entity, DELIVERY_CHECKED, false,
										   psprintf("s.round = %d", plan->round));

	if (plan->round == 1)
		return rows;
	return psprintf("%s UNION ALL %s", rows,
					osmeta_delivery_from_sql(plan, entity, DELIVERY_CHECKED,
											 false, 'u', "true"));
}

int64
osmeta_count_created(const MigrationPlan *plan)
{
	osmeta_execf("SELECT count(*) FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
				 " AND c.table_name IN ('user', 'group') AND c.target_id IS NOT NULL AND NOT c.is_kept",
				 plan->plan_id);
	return osmeta_int64_at(0, 1, NULL);
}

char *
osmeta_unwritten(const MigrationPlan *plan)
{
	int64		created = osmeta_count_created(plan);

	if (created == 0)
		return psprintf("Nothing %shas been written to the target.",
						plan->round > 1 ? "of this round " : "");
	/* it is not known in which round */
	if (plan->round > 1)
		return psprintf("Nothing of this round has been written to the target, but for users and groups, if it needed some (the plan has created " INT64_FORMAT " so far).",
						created);
	return psprintf("Nothing has been written to the target, but for users and groups that the plan has created (" INT64_FORMAT "), which undo_plan takes out again.",
					created);
}

char *
osmeta_refusal_hint(const MigrationPlan *plan, const char *first_round)
{
	if (plan->round == 1)
		return psprintf("%s %s", osmeta_unwritten(plan), first_round);
	return psprintf("%s CALL osmeta.abandon_round(%s), put the rows right on one of the sides, and call run_plan again.",
					osmeta_unwritten(plan), quote_literal_cstr(plan->name));
}

void
osmeta_delta_conditions(const MigrationPlan *plan, const PlanEntity *entity,
						char **scan, char **local)
{
	char	   *condition = NULL;

	if (plan->round == 1)
		return;
	if (entity->delta != NULL && entity->delta_from != NULL)
		condition = psprintf("(s.c%d >= %s::%s OR s.c%d IS NULL)",
							 entity->delta->attribute_no,
							 quote_literal_cstr(entity->delta_from),
							 entity->delta->source_type,
							 entity->delta->attribute_no);
	if (condition != NULL &&
		(plan->source_wrapper == NULL ||
		 strcmp(plan->source_wrapper, "postgres_fdw") == 0))
	{
		*scan = psprintf("%s AND %s", *scan, condition);
		condition = NULL;
	}
	/* New rows come by need; of the others only changes are looked for. */
	if (entity->pull_rule == PULL_NEEDED)
		condition = psprintf("%s%sEXISTS (SELECT FROM %s k WHERE k.c%d = s.c%d)",
							 condition ? condition : "",
							 condition ? " AND " : "",
							 osmeta_stage_name(plan, 'e', entity->entity_id),
							 entity->identifier->attribute_no,
							 entity->identifier->attribute_no);
	if (condition != NULL)
		*local = *local ? psprintf("%s AND %s", *local, condition) : condition;
}

/* What is read from, and up to, by the attribute that the user has named. */
void
osmeta_mark_delta(const Run *run, const PlanEntity *entity)
{
	const MigrationPlan *plan = run->plan;

	if (entity->delta == NULL)
		osmeta_execf("UPDATE osmeta.plan_entity SET delta_from = NULL, delta_seen = NULL"
					 " WHERE plan_id = " INT64_FORMAT " AND entity_id = " INT64_FORMAT
					 " AND (delta_from IS NOT NULL OR delta_seen IS NOT NULL)",
					 plan->plan_id, entity->entity_id);
	else
	{
		/* nothing is committed here: it would move a second time */
		char	   *seen = osmeta_value_apart(plan, psprintf("SELECT max(s.c%d)::text FROM %s s",
															 entity->delta->attribute_no,
															 osmeta_stage_name(plan, 's', entity->entity_id)));

		/* Rows that were left out may have values as low as any. */
		osmeta_execf("UPDATE osmeta.plan_entity e SET delta_from = CASE WHEN e.rows_left_out > 0 THEN NULL ELSE e.delta_seen END,"
					 " delta_seen = COALESCE(%s, e.delta_seen)"
					 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
					 seen ? quote_literal_cstr(seen) : "NULL",
					 plan->plan_id, entity->entity_id);
	}
}

/* The tables that only a later round has. */
void
osmeta_end_delta(Run *run)
{
	const MigrationPlan *plan = run->plan;

	if (plan->round == 1)
		return;
	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data)
			osmeta_drop_if_exists(plan, 'u', plan->entities[i].entity_id);
		osmeta_commit_now_and_then(run, i);
	}
}

static bool
has_rows(const MigrationPlan *plan, const PlanEntity *entity, char relation,
		 const char *condition)
{
	osmeta_execf("SELECT EXISTS (SELECT FROM %s s WHERE %s)",
				 osmeta_stage_name(plan, relation, entity->entity_id),
				 condition);
	return osmeta_bool_at(0, 1);
}

bool
osmeta_end_empty_delta(Run *run)
{
	MigrationPlan *plan = run->plan;

	if (plan->round == 1)
		return false;
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		if (e->is_data &&
			(has_rows(plan, e, 'e', psprintf("s.round = %d", plan->round)) ||
			 has_rows(plan, e, 'u', "true")))
			return false;
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_execf("DELETE FROM osmeta.plan_chunk WHERE plan_id = " INT64_FORMAT " AND round = %d",
				 plan->plan_id, plan->round);
	/* those of tables to which users were added */
	osmeta_events_back(run);
	/* Another round would begin by dropping what is left. */
	if (!osmeta_plan_is_large(plan))
	{
		osmeta_drop_needs(run);
		osmeta_end_delta(run);
	}
	osmeta_execf("UPDATE osmeta.plan SET phase = 'done', round = round - 1 WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
	ereport(NOTICE,
			(errmsg("plan \"%s\" is done, and there is nothing new at the source",
					run->name)));
	return true;
}

/*
 * Users and records without partner may have got one by the time that the
 * pairs are read again.  Which rows refer to them is noted among the values
 * that lead nowhere.
 */
void
osmeta_note_unmatched(Run *run, int32 round)
{
	const MigrationPlan *plan = run->plan;

	if (round == 1)
		return;
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nreferences; j++)
		{
			const PlanAttribute *a = &e->attributes[j];

			if (osmeta_is_mapped(a) && !a->refers_to->is_data)
				osmeta_execf("INSERT INTO osmeta.plan_dangling (plan_id, entity_id, attribute_no, round, source_id, rows)"
							 " SELECT m.plan_id, " INT64_FORMAT ", %d, %d, m.source_id, count(*)"
							 " FROM osmeta.plan_map m JOIN %s s ON (%s)::text = m.source_id"
							 " WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT
							 " AND m.target_id IS NULL AND s.round < %d GROUP BY m.plan_id, m.source_id"
							 " ON CONFLICT DO NOTHING",
							 e->entity_id, a->attribute_no, round - 1,
							 osmeta_stage_name(plan, 'e', e->entity_id),
							 osmeta_reference_value(a, "s"),
							 plan->plan_id, a->refers_to->entity_id,
							 round);
		}
		osmeta_commit_now_and_then(run, i);
	}
}

/* Those that still have none are not what plan_dangling is about. */
static void
forget_unmatched(const MigrationPlan *plan)
{
	osmeta_execf("DELETE FROM osmeta.plan_dangling d"
				 " USING osmeta.plan_attribute a, osmeta.plan_map m"
				 " WHERE d.plan_id = " INT64_FORMAT " AND a.plan_id = d.plan_id"
				 "  AND a.entity_id = d.entity_id AND a.attribute_no = d.attribute_no"
				 "  AND m.plan_id = d.plan_id AND m.entity_id = a.refers_to_entity_id"
				 "  AND m.source_id = d.source_id", plan->plan_id);
}

/* Can rows that are left out be one with rows of the target? */
static bool
has_pairs(const PlanEntity *entity)
{
	return entity->has_map && entity->strategy != STRATEGY_ASSIGNED;
}

/*
 * Rows of earlier rounds that refer to what has come only now: they were
 * delivered with NULL in its place.
 */
void
osmeta_complete_delivered(Run *run)
{
	MigrationPlan *plan = run->plan;

	if (plan->round == 1)
		return;
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nreferences; j++)
		{
			const PlanAttribute *a = &e->attributes[j];
			char	   *columns;
			char	   *found;

			if (!osmeta_is_mapped(a) || (a->refers_to->is_data && !a->is_tested))
				continue;
			found = a->refers_to->is_data ?
				psprintf("SELECT FROM %s r WHERE r.c%d::text = d.source_id"
						 " AND r.round > d.round%s",
						 osmeta_stage_name(plan, 'e', a->refers_to->entity_id),
						 a->refers_to->identifier->attribute_no,
						 has_pairs(a->refers_to) ?
						 psprintf(" UNION ALL SELECT FROM %s x WHERE x.source_id::text = d.source_id AND x.is_existing",
								  osmeta_stage_name(plan, 'm', a->refers_to->entity_id)) : "") :
				psprintf("SELECT FROM osmeta.plan_map m WHERE m.plan_id = d.plan_id"
						 " AND m.entity_id = " INT64_FORMAT " AND m.source_id = d.source_id"
						 " AND m.target_id IS NOT NULL", a->refers_to->entity_id);
			columns = osmeta_stage_columns(e, NULL);
			osmeta_execf("WITH come AS (DELETE FROM osmeta.plan_dangling d"
						 "  WHERE d.plan_id = " INT64_FORMAT " AND d.entity_id = " INT64_FORMAT
						 "  AND d.attribute_no = %d AND EXISTS (%s) RETURNING d.source_id)"
						 " INSERT INTO %s (%s, round, gone) SELECT %s, s.round, s.gone FROM %s s"
						 " WHERE s.round < %d AND (%s)::text IN (SELECT c.source_id FROM come c)"
						 " AND %s ON CONFLICT (c%d) DO NOTHING",
						 plan->plan_id, e->entity_id, a->attribute_no, found,
						 osmeta_stage_name(plan, 'u', e->entity_id), columns,
						 osmeta_stage_columns(e, "s"),
						 osmeta_stage_name(plan, 'e', e->entity_id),
						 plan->round, osmeta_reference_value(a, "s"),
						 osmeta_delivered_sql(plan, e, "s"),
						 e->identifier->attribute_no);
		}
		osmeta_commit_now_and_then(run, i);
	}
	forget_unmatched(plan);
}

/* ---------------------------------------------------------------------------
 * The phase update
 * ---------------------------------------------------------------------------
 */

/* A delivered row d stands at the target as t. */
static char *
same_row(const PlanEntity *entity, const char *delivered)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "(true");
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (a == entity->identifier)
			continue;
		appendStringInfo(&buf, " AND (t.c%d IS NOT DISTINCT FROM %s.c%d::%s%s)",
						 a->attribute_no, delivered, a->attribute_no,
						 a->target_type,
		/* it may have led nowhere when the row was delivered */
						 a->transform == TRANSFORM_TYPED ?
						 psprintf(" OR t.c%d IS NOT DISTINCT FROM '0'", a->attribute_no) :
						 !osmeta_is_mapped(a) ? "" :
						 psprintf(" OR t.c%d IS NOT DISTINCT FROM %s::%s",
								  a->attribute_no, a->is_soft ? a->null_value : "NULL",
								  a->target_type));
	}
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* Literal bounds of the new identifiers that a query gives. */
static char *
bounds_of(const PlanEntity *entity, const char *ids, char **lower,
		  char **upper)
{
	*lower = *upper = NULL;
	if (!entity->is_number)
		return "true";
	osmeta_execf("SELECT min(v.id)::text, max(v.id)::text FROM (%s) v", ids);
	*lower = osmeta_text_at(0, 1);
	*upper = osmeta_text_at(0, 2);
	if (*lower == NULL)
		return "false";
	return psprintf("t.c%d >= %s AND t.c%d <= %s",
					entity->identifier->attribute_no, *lower,
					entity->identifier->attribute_no, *upper);
}

/*
 * Rows that are to be updated and that stand at the target neither as they
 * were delivered nor as they shall be.
 */
static void
check_unchanged(const Run *run, const PlanEntity *entity,
				const char *condition)
{
	const MigrationPlan *plan = run->plan;
	int			id = entity->identifier->attribute_no;
	char	   *staged = psprintf("EXISTS (SELECT FROM %s k WHERE k.c%d = s.c%d) AND %s",
								  osmeta_stage_name(plan, 'u', entity->entity_id),
								  id, id, condition);
	char	   *lower;
	char	   *upper;
	char	   *range;
	uint64		rows;

	if (strcmp(plan->updates, "force") == 0)
		return;
	range = bounds_of(entity, osmeta_target_id_sql(plan, entity, staged),
					  &lower, &upper);
	osmeta_execf("SELECT o.c%d::text FROM (%s) o JOIN (%s) w ON w.c%d = o.c%d"
				 " LEFT JOIN (SELECT * FROM %s t WHERE %s) t ON t.c%d = o.c%d"
				 " WHERE t.c%d IS NULL OR NOT %s AND NOT %s ORDER BY o.c%d LIMIT 11",
				 id,
				 osmeta_delivery_sql(plan, entity, DELIVERY_FINAL, false, staged),
				 osmeta_delivery_from_sql(plan, entity, DELIVERY_FINAL, false,
										  'u', condition),
				 id, id, osmeta_target_sql(plan, entity, 't', range), range,
				 id, id, id, same_row(entity, "o"), same_row(entity, "w"), id);
	rows = SPI_processed;
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rows of %s that are to be updated have been changed or deleted in environment \"%s\" since they were delivered",
						osmeta_entity_label(entity), plan->target),
				 errdetail("Identifiers there: %s.", osmeta_list_values(rows)),
				 errhint("SELECT osmeta.set_plan_option(%s, 'updates', 'force') to overwrite them, then call run_plan again.",
						 quote_literal_cstr(plan->name))));
}

bool
osmeta_add_update_chunks(Run *run)
{
	MigrationPlan *plan = run->plan;
	uint64		chunks = 0;

	if (plan->round == 1)
		return false;
	/* An interrupted attempt of a large plan may have left some. */
	osmeta_execf("DELETE FROM osmeta.plan_chunk WHERE plan_id = " INT64_FORMAT
				 " AND phase = 'update' AND round = %d",
				 plan->plan_id, plan->round);
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];
		uint64		added;

		osmeta_commit_now_and_then(run, i);
		/* or have found none and begun to drop the tables */
		if (!e->is_data || !osmeta_relation_exists(plan, 'u', e->entity_id))
			continue;
		added = osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, round, level, lower_id, upper_id, rows_expected)"
							 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", 'update', %d, 0, min(n.id)::text, max(n.id)::text, count(*)"
							 " FROM (SELECT s.c%d AS id,"
							 "  (row_number() OVER (ORDER BY s.c%d) - 1) / " INT64_FORMAT " AS piece"
							 "  FROM %s s) n GROUP BY n.piece ORDER BY n.piece",
							 plan->plan_id, e->entity_id, plan->round,
							 e->identifier->attribute_no,
							 e->identifier->attribute_no, plan->chunk_rows,
							 osmeta_stage_name(plan, 'u', e->entity_id));
		if (added == 0)
			continue;
		chunks += added;
		osmeta_execf("ANALYZE %s", osmeta_stage_name(plan, 'u', e->entity_id));
		check_unchanged(run, e, "true");
	}
	return chunks > 0;
}

uint64
osmeta_update_chunk(const Run *run, const Chunk *chunk)
{
	const MigrationPlan *plan = run->plan;
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = osmeta_run_sink_table(run, e);
	char	   *range = osmeta_stage_range(e, "s", chunk->lower, chunk->upper);
	char	  **column = palloc(sizeof(char *) * e->nattributes);
	int			columns = 0;
	StringInfoData set;
	char	   *query;
	char	   *lower;
	char	   *upper;
	uint64		rows;

	for (int i = 0; i < e->nattributes; i++)
	{
		if (&e->attributes[i] != e->identifier)
			column[columns++] = psprintf("c%d", e->attributes[i].attribute_no);
	}
	check_unchanged(run, e, range);
	query = osmeta_delivery_from_sql(plan, e, DELIVERY_FINAL, false, 'u',
									 range);
	(void) bounds_of(e, psprintf("SELECT q.c%d AS id FROM (%s) q",
								 e->identifier->attribute_no, query),
					 &lower, &upper);
	rows = columns == 0 ? 0 :
		run->sink->update(&table, columns, column, query, lower, upper);
	if (columns > 0 && rows != (uint64) chunk->rows_expected &&
		strcmp(plan->updates, "force") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("the target updated " UINT64_FORMAT " of " INT64_FORMAT " rows of %s",
						rows, chunk->rows_expected, osmeta_entity_label(e)),
				 errdetail("A trigger, a rule or a policy there has left out the others. The piece is rolled back.")));

	/* From now on these are what the plan has delivered. */
	initStringInfo(&set);
	for (int i = 0; i < columns; i++)
	{
		if (strstr(psprintf(", %s,", osmeta_stage_columns(e, NULL)),
				   psprintf(", %s,", column[i])) != NULL)
			appendStringInfo(&set, "%s%s = s.%s", set.len > 0 ? ", " : "",
							 column[i], column[i]);
	}
	if (set.len > 0)
		osmeta_execf("UPDATE %s k SET %s, gone = s.gone FROM %s s WHERE k.c%d = s.c%d AND %s",
					 osmeta_stage_name(plan, 'e', e->entity_id), set.data,
					 osmeta_stage_name(plan, 'u', e->entity_id),
					 e->identifier->attribute_no, e->identifier->attribute_no,
					 range);
	return rows;
}
