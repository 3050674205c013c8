/*-------------------------------------------------------------------------
 *
 * plan_verify.h
 *	  What the files that look at a target share.
 *
 * plan_verify.c		verify_plan
 * plan_target.c		what stands in the target's table, in one scan
 * plan_difference.c	which rows are not as they should be
 * plan_baseline.c		what stood there before the push
 * plan_partner.c		whether what references lead to stands there
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PLAN_VERIFY_H
#define OSMETA_PLAN_VERIFY_H

#include "plan.h"

#include "lib/stringinfo.h"

/* The new identifiers of a plan's rows of an entity, as literals. */
typedef struct PlanBounds
{
	bool		is_empty;		/* there are no rows */
	char	   *lower;			/* NULL: identifiers are no numbers */
	char	   *upper;
} PlanBounds;

/* What of the target's table is asked for. */
typedef struct TargetQuestion
{
	bool		whole_table;	/* also rows outside the plan's range */
	bool		is_delivered;	/* some rows may be the plan's */
	bool		with_deferred;	/* references of the second step are set */
	bool		with_references;	/* do they lead anywhere? */
	bool		all_columns;	/* of rows of others, through fN */
	const char *others_upper;	/* literal: rows of others beyond it are new */
} TargetQuestion;

typedef struct TargetAnswer
{
	int64		delivered;		/* rows of the plan */
	char	   *checksum;		/* of these, as text */
	int64		strange;		/* rows of others in the plan's range */
	int64		others;			/* rows of others up to others_upper */
	char	   *others_checksum;
	char	   *foreign_checksum;	/* with that of newcomers */
	char	   *others_highest; /* identifier, NULL: none, or no number */
	int64		newcomers;		/* rows of others beyond it */
	int64	   *dangling;		/* by attribute: references to no row */
} TargetAnswer;

/* What stood in the target's table before the push, the plan's rows aside. */
typedef struct Baseline
{
	int64		rows;
	char	   *checksum;
	char	   *upper;			/* rows of others beyond it are new */
	char	   *remark;			/* changes before an earlier round, or NULL */
} Baseline;

/* plan_target.c */

/*
 * Hash of a row of an alias in the target's types: without the references
 * that the second step sets, or without the identifier, if one likes.
 */
extern char *osmeta_row_hash_sql(const PlanEntity *entity, const char *alias,
								 bool with_deferred, bool with_identifier);

/*
 * An expression over the target's row t that is true for the plan's rows,
 * never NULL, and what it needs to be joined to t.
 */
extern char *osmeta_is_delivered_sql(const MigrationPlan *plan,
									 const PlanEntity *entity,
									 const PlanBounds *bounds, char **join);

/* The plan's range as a condition on t. */
extern char *osmeta_target_range_sql(const PlanEntity *entity,
									 const PlanBounds *bounds);

extern void osmeta_target_scan(const MigrationPlan *plan,
							   const PlanEntity *entity,
							   const PlanBounds *bounds,
							   const TargetQuestion *question,
							   TargetAnswer *answer);

/* plan_partner.c */

/*
 * An expression over a row t of the target that is true where a reference
 * leads to no row there, and what it needs to be joined to t; NULL if the
 * attribute is no reference, or that cannot be told.
 */
extern char *osmeta_leads_nowhere_sql(const MigrationPlan *plan,
									  const PlanAttribute *attribute,
									  StringInfo joins);

/*
 * How many rows are one with a row of the target that has gone; *list gets
 * some of their identifiers.
 */
extern int64 osmeta_existing_gone(const MigrationPlan *plan,
								  const PlanEntity *entity, char **list);

/* plan_difference.c: add to a list of what is different */
extern void osmeta_add_detail(StringInfo detail, const char *format,...) pg_attribute_printf(2, 3);
extern void osmeta_describe_difference(const MigrationPlan *plan,
									   const PlanEntity *entity,
									   const PlanBounds *bounds,
									   bool with_deferred,
									   StringInfo detail);

/* plan_baseline.c */

/*
 * Read which columns the target's tables have, once for all entities, into a
 * table f0 of the plan's schema; and drop that.
 */
extern void osmeta_baselines_begin(const MigrationPlan *plan);
extern void osmeta_baselines_end(const MigrationPlan *plan);

/* Note what stands in the target's table of an entity, if the plan says so. */
extern void osmeta_take_baseline(const MigrationPlan *plan,
								 const PlanEntity *entity);

/* False if there is none. */
extern bool osmeta_read_baseline(const MigrationPlan *plan,
								 const PlanEntity *entity,
								 Baseline *baseline);

/* How rows of others differ from it, in words; NULL: not at all. */
extern char *osmeta_baseline_change(const Baseline *baseline,
									const TargetAnswer *answer);

/* plan_verify.c: rows of the stage whose push has begun, as a condition on s */
extern char *osmeta_pushed_rounds(const MigrationPlan *plan);

#endif							/* OSMETA_PLAN_VERIFY_H */
