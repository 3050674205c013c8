/*-------------------------------------------------------------------------
 *
 * plan_partner.c
 *	  Do the rows that references lead to stand at the target?
 *
 * verify_plan asks of every reference that a row of the plan holds there,
 * whatever gave its value: a mapping, or the user's own expression.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_verify.h"

#include "utils/builtins.h"

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
		osmeta_is_whole_number(entity->identifier->target_type);
}

/*
 * An identifier that is no whole number as the target compares it, as text:
 * decimals by value, texts of SQL Server without case and blanks at the end.
 */
static char *
compared_there(const MigrationPlan *plan, const char *type, const char *value)
{
	if (strncmp(type, "numeric", strlen("numeric")) == 0)
		return psprintf("trim_scale(%s)::text", value);
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
	char	   *relation;

	if (parent == NULL || !has_target_rows(plan, parent))
		return NULL;
	if (has_numbers(parent))
	{
		/* texts that are no number refer to nothing */
		value = osmeta_is_whole_number(attribute->target_type) ?
			psprintf("%s::bigint", value) :
			psprintf("CASE WHEN %s::text ~ '^ *[0-9]{1,18} *$' THEN %s::text::bigint END",
					 value, value);
		return psprintf("((%s) IS NOT NULL AND osmeta.target_id(" INT64_FORMAT ", " INT64_FORMAT ", %d, %s) IS NULL)",
						value, plan->plan_id, parent->entity_id,
						plan->generation, value);
	}
	relation = psprintf("p%d", attribute->attribute_no);
	appendStringInfo(joins, " LEFT JOIN (SELECT DISTINCT %s AS id FROM %s u) %s ON %s.id = %s",
					 compared_there(plan, parent->identifier->target_type,
									psprintf("u.c%d", parent->identifier->attribute_no)),
					 osmeta_stage_name(plan, 't', parent->entity_id),
					 relation, relation,
					 compared_there(plan, attribute->target_type, value));
	return psprintf("(%s IS NOT NULL AND %s.id IS NULL)", value, relation);
}
