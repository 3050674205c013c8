/*-------------------------------------------------------------------------
 *
 * plan_creatable.c
 *	  Will the target take the users and groups that are to be created?
 *
 * Looked at before a plan runs, and only if it is going to create somebody:
 * columns of the platform's tables there that want a value and get none, as a
 * password would be (secrets are neither read nor written), and values that
 * are missing or too long for their column.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_map.h"

#include "utils/builtins.h"

#include "spi.h"

#define CODE "row_not_creatable"

/* Those who are going to be created: source_id, label, is_certain. */
static char *
need_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	return psprintf("SELECT m.source_id, m.label, bool_or(e.filter IS NULL) AS is_certain"
					" FROM osmeta.plan_map m"
					" JOIN osmeta.plan_attribute a ON a.plan_id = m.plan_id AND %s"
					" JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.entity_id"
					"  AND e.include AND e.is_data"
					" JOIN osmeta.plan_reference_use u ON u.plan_id = a.plan_id AND u.entity_id = a.entity_id"
					"  AND u.attribute_no = a.attribute_no AND u.source_id = m.source_id"
					" WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT
					"  AND m.target_id IS NULL AND m.can_create"
					" GROUP BY m.source_id, m.label",
					osmeta_map_refers_sql(entity), plan->plan_id,
					entity->entity_id);
}

/*
 * Columns of the target's tables of some kinds: how they are called on both
 * sides (source: NULL if it gives no value), and what they take.
 */
static char *
columns_sql(const MigrationPlan *plan, const char *kinds)
{
	return psprintf("SELECT t.table_name AS kind, c.table_name, c.column_name, k.column_name AS source,"
					"  c.is_nullable IS FALSE AS is_not_null,"
					"  COALESCE(c.has_default, false) OR COALESCE(c.is_identity, false)"
					"   OR COALESCE(c.is_generated, false) AS fills_itself,"
					"  substring(c.local_type FROM '^character(?: varying)?[(]([0-9]+)[)]$')::integer AS length"
					" FROM osmeta.ossys_table t"
					" JOIN %s.live_physical_column c ON osmeta.fold_name(c.table_name) = t.physical_name"
					"  AND osmeta.fold_name(c.column_name) <> 'id'"
					" LEFT JOIN osmeta.ossys_column k ON k.table_name = t.table_name AND NOT k.is_secret"
					"  AND k.column_name = osmeta.fold_name(c.column_name)"
					"  AND EXISTS (SELECT FROM pg_attribute a WHERE a.attname = k.column_name AND NOT a.attisdropped"
					"   AND a.attrelid = to_regclass(%s || '.' || t.physical_name))"
					" WHERE t.table_name = ANY (%s)",
					plan->target_schema, quote_literal_cstr(plan->source_schema),
					quote_literal_cstr(kinds));
}

/* Columns that want a value and get none. */
static void
find_columns(const MigrationPlan *plan, const PlanEntity *entity,
			 const char *kinds)
{
	osmeta_execf("WITH c AS MATERIALIZED (%s), n AS MATERIALIZED (%s)"
				 " INSERT INTO osmeta.plan_finding (plan_id, entity_id, severity, code, message, hint)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ","
				 "  CASE WHEN (SELECT bool_or(n.is_certain) FROM n) THEN 'error' ELSE 'warning' END, '" CODE "',"
				 "  format('columns of table \"%%s\" in environment \"%%s\" are NOT NULL, have no default, and get no value when %ss are created: %%s',"
				 "   c.table_name, %s, string_agg(c.column_name, ', ' ORDER BY c.column_name)),"
				 "  format('Passwords and other secrets are never written. Have NOT NULL dropped there, or a default given, and SELECT osmeta.refresh_plan(%%L); or create the %ss there by other means.', %s)"
				 " FROM c WHERE c.is_not_null AND NOT c.fills_itself AND c.source IS NULL"
				 "  AND EXISTS (SELECT FROM n)"
				 " GROUP BY c.table_name",
				 columns_sql(plan, kinds), need_sql(plan, entity),
				 plan->plan_id, entity->entity_id, entity->strategy_name,
				 quote_literal_cstr(plan->target), entity->strategy_name,
				 quote_literal_cstr(plan->name));
}

/* Values that are missing or too long for their column. */
static void
find_values(const MigrationPlan *plan, const PlanEntity *entity)
{
	StringInfoData checks;
	uint64		rows;

	/* the target gives the tenant, and who made a group may be unknown */
	rows = osmeta_execf("SELECT c.column_name, c.source, c.is_not_null, c.length FROM (%s) c"
						" WHERE c.source NOT IN ('tenant_id', 'created_by') AND (c.is_not_null OR c.length IS NOT NULL)"
						" ORDER BY 1",
						columns_sql(plan, psprintf("{%s}", entity->strategy_name)));
	if (rows == 0)
		return;
	initStringInfo(&checks);
	for (uint64 i = 0; i < rows; i++)
	{
		const char *value = psprintf("r.%s", quote_identifier(osmeta_text_at(i, 2)));
		const char *length = osmeta_text_at(i, 4);
		const char *name = quote_literal_cstr(osmeta_text_at(i, 1));

		if (osmeta_bool_at(i, 3))
			appendStringInfo(&checks, "%s(%s, 'have NULL, which it does not take,', %s IS NULL)",
							 checks.len > 0 ? ", " : "", name, value);
		if (length != NULL)
			appendStringInfo(&checks, "%s(%s, 'have more than %s characters', length(rtrim(%s::text, ' ')) > %s)",
							 checks.len > 0 ? ", " : "", name, length, value,
							 length);
	}
	osmeta_execf("WITH n AS MATERIALIZED (%s), r AS MATERIALIZED (SELECT * FROM %s.ossys_%s)"
				 " INSERT INTO osmeta.plan_finding (plan_id, entity_id, severity, code, message, hint)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ","
				 "  CASE WHEN bool_or(n.is_certain) THEN 'error' ELSE 'warning' END, '" CODE "',"
				 "  format('%ss to be created in environment \"%%s\" %%s for column \"%%s\": %%s',"
				 "   %s, v.what, v.column_name,"
				 "   array_to_string((array_agg(format('%%s (id %%s)', n.label, n.source_id) ORDER BY n.label, n.source_id))[1:20], ', ')"
				 "   || CASE WHEN count(*) > 20 THEN ', ...' ELSE '' END),"
				 "  format('Put them right at the source, or create them there by other means, and SELECT osmeta.refresh_plan(%%L).', %s)"
				 " FROM n JOIN r ON r.id::text = n.source_id"
				 " CROSS JOIN LATERAL (VALUES %s) v (column_name, what, is_wrong)"
				 " WHERE v.is_wrong GROUP BY v.column_name, v.what",
				 need_sql(plan, entity), plan->source_schema,
				 entity->strategy_name, plan->plan_id, entity->entity_id,
				 entity->strategy_name, quote_literal_cstr(plan->target),
				 quote_literal_cstr(plan->name), checks.data);
}

void
osmeta_plan_check_creatable(const MigrationPlan *plan)
{
	static const char *const strategies[] = {"user", "group"};

	for (int i = 0; i < (int) lengthof(strategies); i++)
	{
		const PlanEntity *entity = osmeta_map_entity(plan, strategies[i]);

		if (entity == NULL)
			continue;
		osmeta_execf("DELETE FROM osmeta.plan_finding WHERE plan_id = " INT64_FORMAT
					 " AND entity_id = " INT64_FORMAT " AND code = '" CODE "'",
					 plan->plan_id, entity->entity_id);
		if (!entity->is_created ||
			osmeta_execf("SELECT FROM (%s) n LIMIT 1", need_sql(plan, entity)) == 0)
			continue;
		find_columns(plan, entity,
					 i == 0 ? "{user,user_role,group_user}" : "{group,group_role}");
		find_values(plan, entity);
	}
}
