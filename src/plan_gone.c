/*-------------------------------------------------------------------------
 *
 * plan_gone.c
 *	  Rows of earlier rounds that rows of a later one refer to.
 *
 * The stage keeps rows that the source has no more, since they stand at the
 * target.  A new or changed row of the source that refers to such a row
 * refers to nothing there; it must refer to nothing at the target.  So the
 * rows of earlier rounds that a round refers to are looked for at the source,
 * whether their filter lets them through or not: their identifiers go into
 * nN with the step -1, is_found tells.  In the stage of the row that refers,
 * the number of the attribute is added to column gone, and NULL is delivered
 * (plan_identifier.c).  Rows that came earlier keep their reference, since
 * the row that it leads to is there.
 *
 * At the target somebody may have deleted what an earlier round delivered.
 * That stops a round before anything of it is written.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"

/* Rows of nN that are about rows of earlier rounds. */
#define IS_KNOWN "n.step = -1"

/* A reference between moved rows. */
static bool
is_reference(const PlanAttribute *attribute)
{
	return osmeta_is_mapped(attribute) && attribute->refers_to->is_data;
}

/*
 * What the references of this round's rows to an entity hold, as it is
 * compared: a query, NULL if there is no such reference.  relations: of which
 * rows, new (e) and changed (u).  is_known: those alone whose row is at the
 * source, as far as that has been found out.
 */
static char *
values_sql(const MigrationPlan *plan, const PlanEntity *parent,
		   const char *relations, bool is_known)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];

			if (!is_reference(a) || a->refers_to != parent ||
				(a->is_root && !is_known))
				continue;
			for (const char *r = relations; *r != '\0'; r++)
				appendStringInfo(&buf, "%sSELECT %s FROM %s s WHERE %s AND %s",
								 buf.len > 0 ? " UNION ALL " : "",
								 osmeta_compared_id(plan, osmeta_reference_value(a, "s")),
								 osmeta_stage_name(plan, *r, e->entity_id),
								 is_known ?
								 psprintf("(%s) AND (%d = ANY (s.gone)) IS NOT TRUE",
										  *r == 'u' ? "true" : psprintf("s.round = %d", plan->round),
										  a->attribute_no) :
								 *r == 'u' ? psprintf("s.round = %d", plan->round) :
								 psprintf("(s.round = %d OR %d = ANY (s.gone))",
										  plan->round, a->attribute_no),
								 osmeta_delivered_sql(plan, e, "s"));
		}
	}
	return buf.len > 0 ? buf.data : NULL;
}

/* Mark those that are found in a part of the source. */
static uint64
mark_found(const Run *run, const PlanEntity *entity, const char *scan,
		   const char *wanted)
{
	const MigrationPlan *plan = run->plan;

	return osmeta_execf("UPDATE %s n SET is_found = true FROM (SELECT s.c%d AS id FROM %s) f"
						" WHERE %s = %s AND %s",
						osmeta_stage_name(plan, 'n', entity->entity_id),
						entity->identifier->attribute_no,
						osmeta_source_sql(plan, entity, scan, NULL),
						osmeta_compared_id(plan, "f.id"),
						osmeta_compared_id(plan, "n.id"), wanted);
}

static void
look_for(const Run *run, const PlanEntity *entity)
{
	const MigrationPlan *plan = run->plan;
	char	   *needs = osmeta_stage_name(plan, 'n', entity->entity_id);
	char	   *values = values_sql(plan, entity, "eu", false);
	int			id = entity->identifier->attribute_no;
	int64		rows;

	if (values == NULL)
		return;
	osmeta_execf("UPDATE %s n SET is_found = false WHERE " IS_KNOWN " AND n.is_found",
				 needs);
	osmeta_execf("INSERT INTO %s AS n (id, step) SELECT r.c%d, -1 FROM %s r"
				 " WHERE r.round < %d AND %s IN (%s)"
				 " ON CONFLICT (id) DO UPDATE SET step = -1 WHERE n.step < -1",
				 needs, id, osmeta_stage_name(plan, 'e', entity->entity_id),
				 plan->round, osmeta_compared_id(plan, psprintf("r.c%d", id)),
				 values);
	osmeta_execf("SELECT count(*), min(n.id)::text, max(n.id)::text FROM %s n WHERE " IS_KNOWN,
				 needs);
	rows = osmeta_int64_at(0, 1, NULL);
	if (rows == 0)
		return;
	(void) osmeta_take_needed(run, entity, osmeta_text_at(0, 2),
							  osmeta_text_at(0, 3), rows, IS_KNOWN,
							  mark_found);
}

void
osmeta_look_for_parents(Run *run)
{
	MigrationPlan *plan = run->plan;

	if (plan->round == 1)
		return;
	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data && plan->entities[i].is_parent)
			look_for(run, &plan->entities[i]);
		osmeta_commit_now_and_then(run, i);
	}
}

/*
 * References of the round's rows that lead to rows which have gone.  In uN,
 * rows of former rounds only lead further now, and keep what they had.
 */
static void
empty_reference(const MigrationPlan *plan, const PlanEntity *entity,
				const PlanAttribute *attribute, char relation)
{
	char	   *value = osmeta_reference_value(attribute, "s");

	osmeta_execf("WITH gone AS (UPDATE %s s SET gone = array_append(s.gone, %d) FROM %s n"
				 "  WHERE %s AND " IS_KNOWN " AND NOT n.is_found AND %s = %s"
				 "  RETURNING n.id::text AS id)"
				 " INSERT INTO osmeta.plan_dangling AS d (plan_id, entity_id, attribute_no, round, source_id, rows)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", %d, %d, g.id, count(*) FROM gone g GROUP BY g.id"
				 " ON CONFLICT (plan_id, entity_id, attribute_no, round, source_id)"
				 " DO UPDATE SET rows = d.rows + excluded.rows",
				 osmeta_stage_name(plan, relation, entity->entity_id),
				 attribute->attribute_no,
				 osmeta_stage_name(plan, 'n', attribute->refers_to->entity_id),
				 psprintf("s.round = %d", plan->round),
				 osmeta_compared_id(plan, "n.id"),
				 osmeta_compared_id(plan, value),
				 plan->plan_id, entity->entity_id, attribute->attribute_no,
				 plan->round);
}

void
osmeta_empty_gone(Run *run)
{
	MigrationPlan *plan = run->plan;
	bool	   *has_gone;

	if (plan->round == 1)
		return;
	has_gone = palloc0(sizeof(bool) * Max(plan->nentities, 1));
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		osmeta_commit_now_and_then(run, i);
		if (!e->is_data || !e->is_parent)
			continue;
		osmeta_execf("SELECT EXISTS (SELECT FROM %s n WHERE " IS_KNOWN " AND NOT n.is_found)",
					 osmeta_stage_name(plan, 'n', e->entity_id));
		has_gone[i] = osmeta_bool_at(0, 1);
	}
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		osmeta_commit_now_and_then(run, i);
		if (!e->is_data)
			continue;
		for (const char *relation = "eu"; *relation != '\0'; relation++)
		{
			/* an interrupted attempt may have filled it */
			osmeta_execf("UPDATE %s s SET gone = NULL WHERE %s AND s.gone IS NOT NULL",
						 osmeta_stage_name(plan, *relation, e->entity_id),
						 psprintf("s.round = %d", plan->round));
			for (int j = 0; j < e->nattributes; j++)
			{
				const PlanAttribute *a = &e->attributes[j];

				/* roots are found by what is left (plan_process.c) */
				if (is_reference(a) && !a->is_root &&
					has_gone[a->refers_to - plan->entities])
					empty_reference(plan, e, a, *relation);
			}
		}
	}
}

void
osmeta_complete_back(Run *run)
{
	MigrationPlan *plan = run->plan;

	if (plan->round == 1)
		return;
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];

			if (!is_reference(a))
				continue;
			osmeta_execf("WITH back AS (INSERT INTO %s AS u (%s, round, gone)"
						 "  SELECT %s, s.round, array_remove(s.gone, %d) FROM %s s"
						 "  WHERE s.round < %d AND %d = ANY (s.gone) AND EXISTS (SELECT FROM %s n"
						 "   WHERE " IS_KNOWN " AND n.is_found AND %s = %s)"
						 "  ON CONFLICT (c%d) DO UPDATE SET gone = array_remove(u.gone, %d)"
						 "  RETURNING u.c%d AS id)"
						 " DELETE FROM osmeta.plan_dangling d WHERE d.plan_id = " INT64_FORMAT
						 " AND d.entity_id = " INT64_FORMAT " AND d.attribute_no = %d AND d.round < %d"
						 " AND d.source_id IN (SELECT (%s)::text FROM %s s JOIN back b ON b.id = s.c%d)",
						 osmeta_stage_name(plan, 'u', e->entity_id),
						 osmeta_stage_columns(e, NULL),
						 osmeta_stage_columns(e, "s"), a->attribute_no,
						 osmeta_stage_name(plan, 'e', e->entity_id),
						 plan->round, a->attribute_no,
						 osmeta_stage_name(plan, 'n', a->refers_to->entity_id),
						 osmeta_compared_id(plan, "n.id"),
						 osmeta_compared_id(plan, osmeta_reference_value(a, "s")),
						 e->identifier->attribute_no, a->attribute_no,
						 e->identifier->attribute_no,
						 plan->plan_id, e->entity_id, a->attribute_no,
						 plan->round, osmeta_reference_value(a, "s"),
						 osmeta_stage_name(plan, 'e', e->entity_id),
						 e->identifier->attribute_no);
		}
		osmeta_commit_now_and_then(run, i);
	}
}

/*
 * Rows of earlier rounds that this round's rows refer to, with their
 * identifiers at the target, as osmeta_absent_sql takes them; NULL: none.
 */
static char *
parents_sql(const MigrationPlan *plan, const PlanEntity *entity,
			const char *relations)
{
	char	   *values = values_sql(plan, entity, relations, true);
	char	   *id = psprintf("s.c%d", entity->identifier->attribute_no);
	Mapping		mapping;
	char	   *own;

	if (values == NULL)
		return NULL;
	osmeta_mapping_begin(&mapping, plan);
	own = osmeta_map_own_identifier(&mapping, entity);
	return psprintf("SELECT s.source_id, s.target_id, NULL::text AS label"
					" FROM (SELECT %s::text AS source_id, (%s)::text AS target_id FROM %s s%s"
					"  WHERE s.round < %d AND %s AND %s IN (%s)) s WHERE s.target_id IS NOT NULL",
					id, own, osmeta_stage_name(plan, 'e', entity->entity_id),
					mapping.joins.data, plan->round,
					osmeta_delivered_sql(plan, entity, "s"),
					osmeta_compared_id(plan, id), values);
}

void
osmeta_check_parents_stand(Run *run, bool is_begun)
{
	const MigrationPlan *plan = run->plan;
	const char *relations = strcmp(plan->phase, "update") == 0 ? "u" : "eu";
	uint64		total = 0;
	StringInfoData list;

	if (plan->round == 1)
		return;
	initStringInfo(&list);
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		char	   *pairs = e->is_data && e->is_parent ?
		parents_sql(plan, e, relations) : NULL;
		char	   *absent = pairs ? osmeta_absent_sql(plan, e, pairs) : NULL;
		uint64		rows = absent == NULL ? 0 :
		osmeta_execf("SELECT format('id %%s there (%%s at the source)', g.target_id, g.source_id)"
					 " FROM (%s) g ORDER BY length(g.source_id), g.source_id", absent);

		if (rows > 0)
			appendStringInfo(&list, "%s%s: %s", list.len > 0 ? "\n" : "",
							 osmeta_entity_label(e), osmeta_list_values(rows));
		total += rows;
		osmeta_commit_now_and_then(run, i);
	}
	if (total > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rows that plan \"%s\" has delivered, and that rows of this round refer to, have gone in environment \"%s\": " UINT64_FORMAT,
						plan->name, plan->target, total),
				 errdetail("%s", list.data),
				 is_begun ?
				 errhint("Pieces that are done stay done. Put them back there under the same identifiers and call run_plan again.") :
				 errhint("%s Put them back there under the same identifiers and call run_plan again; or CALL osmeta.abandon_round(%s), and have the rows that refer to them put right.",
						 osmeta_unwritten(plan), quote_literal_cstr(run->name))));
}
