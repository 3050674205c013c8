/*-------------------------------------------------------------------------
 *
 * plan_identifier.h
 *	  How an identifier of the source becomes one of the target, as SQL.
 *
 * Text only, nothing is executed.  See plan_identifier.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PLAN_IDENTIFIER_H
#define OSMETA_PLAN_IDENTIFIER_H

#include "plan.h"

#include "lib/stringinfo.h"

/* A query in the making: what its expressions need to be joined. */
typedef struct Mapping
{
	const MigrationPlan *plan;
	StringInfoData joins;		/* behind FROM <stage> s */
	int			number;			/* of the last alias */
} Mapping;

extern void osmeta_mapping_begin(Mapping *mapping, const MigrationPlan *plan);

/*
 * The new value, of a type of the target, for an identifier of an entity;
 * value is an expression over the query so far.  is_tested: the value may
 * refer to no row of the stage.
 */
extern char *osmeta_map_identifier(Mapping *mapping, const PlanEntity *entity,
								   const char *value, const char *type,
								   bool is_tested);

/* A text identifier of the source as it is compared there. */
extern char *osmeta_compared_id(const MigrationPlan *plan, const char *value);

/* The type that the new value of a reference has in a delivery. */
extern char *osmeta_mapped_type(const PlanAttribute *attribute);

/* The new value of a reference of the stage's row s. */
extern char *osmeta_map_reference(Mapping *mapping,
								  const PlanAttribute *attribute);

/* The same for a text whose row says of what it is an identifier. */
extern char *osmeta_map_typed(Mapping *mapping, const PlanEntity *entity,
							  const PlanAttribute *attribute);

/*
 * The entity, whose identifiers the target gives, that an attribute leads to:
 * directly, or through rows that have the identifier of another's.  NULL: to
 * none.
 */
extern PlanEntity *osmeta_gives_to(PlanEntity *entity);
extern PlanEntity *osmeta_leads_to(const PlanAttribute *attribute);

/*
 * Of such a reference of the stage's row s, the identifier at the source if
 * the row that it leads to is moved, else NULL.
 */
extern char *osmeta_staged_reference(Mapping *mapping,
									 const PlanAttribute *attribute);

/* The same of any identifier of such an entity. */
extern char *osmeta_staged_identifier(Mapping *mapping,
									  const PlanEntity *entity, char *value);

/*
 * Likewise of a text whose row says of what it is an identifier: the one at the
 * source, and *given, the number of the entity of which it is one.
 */
extern bool osmeta_typed_is_given(const PlanEntity *entity);
extern char *osmeta_staged_typed(Mapping *mapping, const PlanEntity *entity,
								 char **given);

/* The new identifier of the stage's row s. */
extern char *osmeta_map_own_identifier(Mapping *mapping,
									   const PlanEntity *entity);

/*
 * The old value of a reference, comparable with the identifiers of the entity
 * that it refers to; NULL for a text that is none.
 */
extern bool osmeta_is_numeric(const char *type);
extern char *osmeta_soft_decimal(const char *value, const char *column_type,
								 const char *type);
extern char *osmeta_reference_value(const PlanAttribute *attribute,
									const char *alias);

#endif							/* OSMETA_PLAN_IDENTIFIER_H */
