/*-------------------------------------------------------------------------
 *
 * plan_partner.c
 *	  Do the rows that references lead to stand at the target?
 *
 * verify_plan asks of every reference that a row of the plan holds there,
 * whatever gave its value: a mapping, or the user's own expression.
 *
 * run_plan asks, before it delivers, of the rows at the target that rows of
 * the plan were matched with: users, records, rows of a natural key or of the
 * same text identifier.  Pairs are kept from one round to the next, and a
 * push can be gone on with days after it began; meanwhile somebody may have
 * deleted a row there.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "utils/builtins.h"

#include "plan_identifier.h"
#include "plan_verify.h"
#include "spi.h"

static bool
is_user(const PlanEntity *entity)
{
	return strcmp(entity->strategy_name, "user") == 0;
}

/* Is there a table in which the rows that a reference leads to would stand? */
static bool
has_target_rows(const MigrationPlan *plan, const PlanEntity *entity)
{
	const char *args[1];

	if (is_user(entity))
		return true;
	if (entity->identifier == NULL)
		return false;
	args[0] = osmeta_stage_name(plan, 't', entity->entity_id);
	osmeta_query_text("SELECT to_regclass($1) IS NOT NULL", 1, args);
	return osmeta_bool_at(0, 1);
}

/* Are identifiers of an entity whole numbers at the target? */
static bool
has_numbers(const PlanEntity *entity)
{
	return is_user(entity) ||
		(osmeta_is_whole_number(entity->identifier->target_type) &&
		 entity->is_number);
}

/*
 * An identifier as the target compares it: numbers by value, texts of SQL
 * Server without case and blanks at the end.  value may be one as text.
 */
static char *
compared_there(const MigrationPlan *plan, const char *type, const char *value)
{
	if (osmeta_is_whole_number(type) || osmeta_is_numeric(type))
		return psprintf("trim_scale((%s)::numeric)::text", value);
	if (strcmp(plan->target_dialect, "sqlserver") == 0)
		return psprintf("osmeta.fold_name(rtrim(%s::text, ' '))", value);
	return psprintf("%s::text", value);
}

char *
osmeta_leads_nowhere_sql(const MigrationPlan *plan,
						 const PlanAttribute *attribute, StringInfo joins)
{
	const PlanEntity *parent = osmeta_is_mapped(attribute) ?
	attribute->refers_to : attribute->given_to;
	char	   *value = psprintf("t.c%d", attribute->attribute_no);
	const char *type;
	char	   *relation;

	if (parent == NULL || !has_target_rows(plan, parent))
		return NULL;
	if (attribute->typed_key != NULL)
	{
		value = osmeta_reference_value(attribute, "t");
		return !has_numbers(parent) ? NULL :
			psprintf("((%s) IS NOT NULL AND osmeta.target_id(" INT64_FORMAT ", " INT64_FORMAT ", %d, %s) IS NULL)",
					 value, plan->plan_id, parent->entity_id,
					 plan->generation, value);
	}
	if (has_numbers(parent))
	{
		/* texts that are no number refer to nothing, nor does a plain 0 */
		value = osmeta_is_whole_number(attribute->target_type) ?
			psprintf(attribute->is_soft ? "NULLIF(%s::bigint, 0)" : "%s::bigint", value) :
			psprintf("CASE WHEN %s::text ~ '^ *[0-9]{1,18} *$' THEN %s::text::bigint END",
					 value, value);
		return psprintf("((%s) IS NOT NULL AND osmeta.target_id(" INT64_FORMAT ", " INT64_FORMAT ", %d, %s) IS NULL)",
						value, plan->plan_id, parent->entity_id,
						plan->generation, value);
	}
	type = parent->identifier->target_type;
	if (attribute->is_soft && osmeta_is_numeric(type))
		value = psprintf("(%s)", osmeta_soft_decimal(value, attribute->target_type, type));
	else
		type = attribute->target_type;
	relation = psprintf("p%d", attribute->attribute_no);
	appendStringInfo(joins, " LEFT JOIN (SELECT DISTINCT %s AS id FROM %s u) %s ON %s.id = %s",
					 compared_there(plan, parent->identifier->target_type,
									psprintf("u.c%d", parent->identifier->attribute_no)),
					 osmeta_stage_name(plan, 't', parent->entity_id),
					 relation, relation,
					 compared_there(plan, type, value));
	return psprintf("(%s IS NOT NULL AND %s.id IS NULL)", value, relation);
}

/* ---------------------------------------------------------------------------
 * Rows that were matched, and have gone at the target since
 * ---------------------------------------------------------------------------
 */

/* Identifiers that are asked for one by one. */
#define LISTED_IDS 1000

char *
osmeta_absent_sql(const MigrationPlan *plan, const PlanEntity *entity,
				  const char *pairs)
{
	bool		is_number = has_numbers(entity);
	char	   *range = "true";
	char	   *id = is_user(entity) ? "id" :
	psprintf("c%d", entity->identifier->attribute_no);
	char	   *there = is_user(entity) ?
	psprintf("%s.live_user", plan->target_schema) :
	osmeta_stage_name(plan, 't', entity->entity_id);
	const char *type = is_user(entity) ? "integer" :
	entity->identifier->target_type;

	osmeta_execf("SELECT count(*), %s FROM (%s) p",
				 !is_number ? "NULL::bigint, NULL::bigint, NULL::text" :
				 psprintf("min(p.target_id::bigint), max(p.target_id::bigint),"
						  " CASE WHEN count(*) <= %d THEN string_agg(DISTINCT p.target_id::bigint::text, ', ') END",
						  LISTED_IDS), pairs);
	if (osmeta_int64_at(0, 1, NULL) == 0)
		return NULL;
	if (is_number)
	{
		char	   *listed = osmeta_text_at(0, 4);

		range = listed != NULL ?
			osmeta_any_of_sql(psprintf("u.%s", id), listed) :
			psprintf("u.%s >= %s AND u.%s <= %s", id, osmeta_text_at(0, 2), id,
					 osmeta_text_at(0, 3));
	}
	/* EXCEPT and no join: how many pairs there are cannot be estimated */
	return psprintf("WITH p AS MATERIALIZED (%s), t AS MATERIALIZED (SELECT u.%s AS id FROM %s u WHERE %s),"
					" g AS MATERIALIZED (SELECT %s AS id FROM p EXCEPT SELECT %s FROM t)"
					" SELECT p.source_id, p.target_id, p.label FROM p JOIN g ON g.id = %s",
					pairs, id, there, range,
					compared_there(plan, type, "p.target_id"),
					compared_there(plan, type, "t.id"),
					compared_there(plan, type, "p.target_id"));
}

/*
 * Pairs of an entity whose row at the target is not there, as
 * osmeta_absent_sql gives them; NULL if there are no pairs or no table to look
 * into.
 */
static char *
gone_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	char	   *pairs;

	if (!has_target_rows(plan, entity))
		return NULL;
	if (!entity->is_data)
		pairs = psprintf("SELECT m.source_id, m.target_id, m.label FROM osmeta.plan_map m"
						 " WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT
						 " AND m.target_id IS NOT NULL%s",
						 plan->plan_id, entity->entity_id,
		/* what is no number is delivered as NULL */
						 has_numbers(entity) ?
						 " AND m.target_id ~ '^ *-?[0-9]{1,18} *$'" : "");
	else if (entity->has_map && entity->strategy != STRATEGY_ASSIGNED)
		pairs = psprintf("SELECT m.source_id::text, m.target_id::text, NULL::text AS label FROM %s m WHERE m.is_existing",
						 osmeta_stage_name(plan, 'm', entity->entity_id));
	else
		return NULL;
	return osmeta_absent_sql(plan, entity, pairs);
}

int64
osmeta_existing_gone(const MigrationPlan *plan, const PlanEntity *entity,
					 char **list)
{
	char	   *gone = entity->has_map ? gone_sql(plan, entity) : NULL;
	uint64		rows;

	if (gone == NULL)
		return 0;
	rows = osmeta_execf("SELECT quote_literal(g.source_id) FROM (%s) g"
						" WHERE g.source_id IN (SELECT s.c%d::text FROM %s s) ORDER BY length(g.source_id), g.source_id",
						gone, entity->identifier->attribute_no,
						osmeta_stage_name(plan, 'e', entity->entity_id));
	*list = osmeta_list_values(rows);
	return (int64) rows;
}

/*
 * Of the pairs that are gone, those which rows to be delivered need: they
 * refer to them, or are themselves one with such a row.
 */
static char *
needed_gone_sql(const MigrationPlan *plan, const PlanEntity *entity,
				const char *gone, bool only_changed)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "WITH gone AS MATERIALIZED (%s)"
					 " SELECT format('%%s (id %%s, there %%s)', COALESCE(g.label, 'row'), g.source_id, g.target_id)"
					 " FROM gone g WHERE g.source_id IN (SELECT NULL::text", gone);
	for (const char *relation = "eu"; *relation != '\0'; relation++)
	{
		char	   *rows = *relation == 'u' ? pstrdup("true") :
		psprintf("s.round = %d", plan->round);

		if (*relation == 'u' ? plan->round == 1 : only_changed)
			continue;
		if (*relation == 'e' && entity->is_data)
			appendStringInfo(&buf, " UNION SELECT s.c%d::text FROM %s s WHERE %s",
							 entity->identifier->attribute_no,
							 osmeta_stage_name(plan, 'e', entity->entity_id),
							 rows);
		for (int i = 0; i < plan->nentities; i++)
		{
			const PlanEntity *e = &plan->entities[i];

			for (int j = 0; e->is_data && j < e->nreferences; j++)
			{
				const PlanAttribute *a = &e->attributes[j];

				if (!osmeta_is_mapped(a) || a->refers_to != entity)
					continue;
				appendStringInfo(&buf, " UNION SELECT g.source_id FROM %s s JOIN gone g ON %s = %s WHERE %s AND %s",
								 osmeta_stage_name(plan, *relation, e->entity_id),
								 osmeta_compared_id(plan, "g.source_id"),
								 osmeta_compared_id(plan, psprintf("(%s)::text",
																   osmeta_reference_value(a, "s"))),
								 rows, osmeta_delivered_sql(plan, e, "s"));
			}
		}
	}
	appendStringInfoString(&buf, ") ORDER BY length(g.source_id), g.source_id");
	return buf.data;
}

void
osmeta_check_partners(Run *run, bool is_begun)
{
	const MigrationPlan *plan = run->plan;
	bool		only_changed = strcmp(plan->phase, "update") == 0;
	uint64		total = 0;
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		char	   *gone = gone_sql(plan, e);
		uint64		rows = 0;

		/* mostly nothing has gone, and nobody's rows need be read */
		if (gone != NULL &&
			osmeta_execf("SELECT FROM (%s) g LIMIT 1", gone) > 0)
			rows = osmeta_exec(needed_gone_sql(plan, e, gone, only_changed));
		if (rows > 0)
			appendStringInfo(&list, "%s%s: %s", list.len > 0 ? "\n" : "",
							 osmeta_entity_label(e), osmeta_list_values(rows));
		total += rows;
		osmeta_commit_now_and_then(run, i);
	}
	if (total > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rows of environment \"%s\" with which rows of plan \"%s\" are matched have gone: " UINT64_FORMAT,
						plan->target, plan->name, total),
				 errdetail("%s", list.data),
				 errhint("%s Put them back there under the same identifiers and call run_plan again; or make a new plan.",
						 is_begun ? "Pieces that are done stay done." :
						 osmeta_unwritten(plan))));
}
