/*-------------------------------------------------------------------------
 *
 * plan_create.h
 *	  Who is created by a plan, and what they get: for a run (plan_create.c)
 *	  and for a script (plan_create_kept.c).
 *
 * table and strategy are "user" or "group", or the name of a table of links.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PLAN_CREATE_H
#define OSMETA_PLAN_CREATE_H

#include "plan_run.h"

/* A table with references to one who is created (own) and to others. */
typedef struct LinkTable
{
	const char *table;
	const char *own;
	const char *other;
	char	   *(*pairs) (const MigrationPlan *plan);	/* of the others */
} LinkTable;

extern const LinkTable osmeta_create_links[3];

/* Do the options say that those without partner are created? */
extern bool osmeta_create_wanted(const MigrationPlan *plan,
								 const char *strategy);

/* Write down who is going to be created, by a run or when it is said so. */
extern void osmeta_create_intend(const MigrationPlan *plan,
								 const char *strategy, const char *view,
								 bool is_kept);
extern bool osmeta_create_has_intended(const MigrationPlan *plan);

/*
 * What has become of those whom an earlier attempt has intended?  Who stands
 * there by somebody else, or is not needed any more, is forgotten.  users and
 * groups: are they created by the options that hold now?
 */
extern void osmeta_create_settle(const MigrationPlan *plan, bool users,
								 bool groups);

/*
 * The columns of one of the platform's tables that are taken over: their
 * number, and a row of SPI_tuptable for each: name of the table and of the
 * column in the model, the same there, type here, is it a flag, and is its
 * value given by a query of identifiers.  Error 42P01 if there is none.
 */
extern uint64 osmeta_create_columns(const MigrationPlan *plan,
									const char *table);

/* Pairs of users or groups, as the plan has them: source_id, target_id. */
extern char *osmeta_create_known_sql(const MigrationPlan *plan,
									 const char *table);

/* Those who are intended and do not stand there yet: source_id, tenant_id. */
extern char *osmeta_create_pending_sql(const MigrationPlan *plan,
									   const char *table);

#endif							/* OSMETA_PLAN_CREATE_H */
