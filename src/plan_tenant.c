/*-------------------------------------------------------------------------
 *
 * plan_tenant.c
 *	  References from rows of one tenant to rows of another.
 *
 * Each row of a multi-tenant entity keeps its tenant, mapped.  Nothing in the
 * database keeps a row from referring to one of another tenant, where its
 * users will not see it: such references are delivered as they are, and
 * counted.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "spi.h"

/* The column that says which tenant a row belongs to, NULL: none. */
static const PlanAttribute *
tenant_attribute(const PlanEntity *entity)
{
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (a->refers_to != NULL && a->source_column != NULL &&
			strcmp(a->refers_to->strategy_name, "tenant") == 0 &&
			pg_strcasecmp(a->source_column, "TENANT_ID") == 0)
			return a;
	}
	return NULL;
}

int64
osmeta_plan_tenant_crossings(const MigrationPlan *plan,
							 const PlanEntity *entity)
{
	const PlanAttribute *own = tenant_attribute(entity);
	int64		crossings = 0;

	for (int i = 0; own != NULL && i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		const PlanAttribute *other;

		if (a->refers_to == NULL || !a->refers_to->is_data || a->is_soft ||
			a->refers_to->identifier == NULL ||
			(a->transform != TRANSFORM_REMAP && a->transform != TRANSFORM_KEY))
			continue;
		other = tenant_attribute(a->refers_to);
		if (other == NULL)
			continue;
		osmeta_execf("SELECT count(*) FROM %s s JOIN %s r ON r.c%d = s.c%d"
					 " WHERE r.c%d <> s.c%d",
					 osmeta_stage_name(plan, 'e', entity->entity_id),
					 osmeta_stage_name(plan, 'e', a->refers_to->entity_id),
					 a->refers_to->identifier->attribute_no, a->attribute_no,
					 other->attribute_no, own->attribute_no);
		crossings += osmeta_int64_at(0, 1, NULL);
	}
	return crossings;
}
