/*-------------------------------------------------------------------------
 *
 * plan_map.h
 *	  What the files share that find partners of rows which are not moved.
 *
 * plan_map.c			osmeta_plan_fill_map(), static records
 * plan_map_user.c		users, groups, roles, tenants
 * plan_natural.c		other rows, by their attributes or their identifiers
 * plan_create.c		users and groups that the target does not have
 * plan_creatable.c		whether the target will take them
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PLAN_MAP_H
#define OSMETA_PLAN_MAP_H

#include "plan.h"

/* The provider of the platform's own users, whom applications do not have. */
#define SERVICE_CENTER "478870b9-2d60-4f73-9eb3-7cd8b994a737"

extern const PlanEntity *osmeta_map_entity(const MigrationPlan *plan,
										   const char *strategy);

/* Condition that a row a of plan_attribute is mapped by an entity's pairs. */
extern char *osmeta_map_refers_sql(const PlanEntity *entity);
extern char *osmeta_map_folded(const MigrationPlan *plan, const char *value);

/* Fill osmeta.plan_map, whose rows of the plan have been deleted. */
extern void osmeta_map_platform(const MigrationPlan *plan);

/* plan_map_definition.c */

/* Fill the pairs of definitions of processes, activities, inputs, outputs. */
extern void osmeta_map_definitions(const MigrationPlan *plan);
extern void osmeta_map_natural(const MigrationPlan *plan);

/*
 * The old identifiers of an entity that rows of the plan refer to, as a query
 * with a column id of type text: of all rows at the source until they have
 * been pulled, then of those in the stage.  Of users and groups that may be
 * created: those that rows refer to which are delivered, as far as is known.
 */
extern char *osmeta_map_used_sql(const MigrationPlan *plan,
								 const PlanEntity *entity);

/*
 * Pairs of tenants, roles, groups, users, as a query: source_id, target_id,
 * label, candidates, can_create.
 */
extern char *osmeta_map_tenant_sql(const MigrationPlan *plan);
extern char *osmeta_map_role_sql(const MigrationPlan *plan);
extern char *osmeta_map_group_sql(const MigrationPlan *plan);
extern char *osmeta_map_user_sql(const MigrationPlan *plan);

#endif							/* OSMETA_PLAN_MAP_H */
