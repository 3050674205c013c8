/*-------------------------------------------------------------------------
 *
 * plan_delete.h
 *	  What the files share that take rows out of the target.
 *
 * plan_outside.c	foreign keys of the target's tables, and rows that refer
 * plan_undo.c		CALL undo_plan, and its pieces
 * plan_undo_check.c	which rows of a plan may go
 * plan_other.c	what other plans have done with the rows
 * plan_undo_created.c	users and groups that the plan created
 * plan_backup.c	option existing = delete: copies, and how they get back
 *
 * The pieces of the phases delete and undo are done in the order of their
 * levels, as those of a push are; the levels below tell what a piece does.
 * Between them are the levels of the entities turned round: children first.
 * Their bounds are identifiers of the target.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PLAN_DELETE_H
#define OSMETA_PLAN_DELETE_H

#include "plan_run.h"

#include "lib/stringinfo.h"

#define LEVEL_COPY		(-2)	/* delete: copy rows */
#define LEVEL_CLEAR		(-1)	/* references of cycles become NULL */
#define LEVEL_PUT_BACK	1000000 /* undo: copies, parents first */
#define LEVEL_REFERENCE	2000000 /* undo: the references of cycles */

/* Rows that an error lists. */
#define LISTED_ROWS 20

/*
 * A foreign key of the target that refers to a table of the plan, or a column
 * of the platform's tables that means the same.
 */
typedef struct ForeignKey
{
	char	   *table_name;
	char	   *key_name;
	char	   *column_name;
	int			position;		/* of the column in its table */
	char	   *relation;		/* oN, qualified */
	bool		is_fenced;		/* nothing but a range is to reach it */
	char	   *column;			/* its column there */
	bool		has_id;			/* oN has a column id */
	bool		is_simple;		/* one column, which can hold an identifier */
	bool		is_cascade;		/* a delete changes or deletes the rows */
	bool		is_meant;		/* no key: the target does not look at it */
	PlanEntity *child;			/* NULL: no table that the plan writes */
	PlanEntity *parent;
} ForeignKey;

/* What was found, for one error that tells everything. */
typedef struct Findings
{
	int64		changed;
	int64		referred;
	int			listed;
	StringInfoData list;
} Findings;

/* plan_outside.c */
extern void osmeta_foreign_keys_read(const MigrationPlan *plan);
extern void osmeta_foreign_keys_make(Run *run);

/* Drop the relations oN; where nest_level is not NULL, commit now and then. */
extern void osmeta_foreign_keys_drop(const MigrationPlan *plan, int *nest_level);
extern void osmeta_foreign_keys_notice(const Run *run, const char *phase);
extern ForeignKey *osmeta_foreign_keys_load(MigrationPlan *plan, int *count);

/* List the rows of a query (table, id, what) and add them to a count. */
extern int64 osmeta_findings_add(Findings *findings, const char *query);

/*
 * Rows that refer by a foreign key to ids of a relation (alias u, column id,
 * which meet condition), as a query (table, id, what).
 */
extern char *osmeta_key_relation_sql(const ForeignKey *key,
									 const char *range);
extern char *osmeta_referring_sql(const ForeignKey *key, const char *ids,
								  const char *condition, const char *range);

/* Error if a delete of these ids would take rows of others along. */
extern void osmeta_check_cascade(Run *run, const PlanEntity *entity,
								 const char *ids, const char *condition,
								 const Chunk *chunk);

/* plan_delete.c */

/* Condition that an expression is between the bounds of a piece. */
extern char *osmeta_id_range(const PlanEntity *entity, const char *value,
							 const char *lower, const char *upper);

/* The bounds as literals that a wrapper understands, or NULL. */
extern const char *osmeta_bound(const PlanEntity *entity, const char *bound);

/* Does a value differ from another of this type, in any byte that counts? */
extern char *osmeta_differs(const char *type, const char *a, const char *b);

/* Cut a relation with a column id into pieces. */
extern void osmeta_add_id_chunks(const Run *run, const PlanEntity *entity,
								 const char *phase, int level,
								 const char *relation);

/*
 * Delete rows of the target whose identifiers stand in a relation (alias u),
 * meet condition and belong to the piece; gives their number.
 */
extern uint64 osmeta_delete_piece(Run *run, const Chunk *chunk,
								  const char *ids, const char *condition);

extern int	osmeta_max_level(const MigrationPlan *plan);
extern bool osmeta_relation_exists(const MigrationPlan *plan, char kind,
								   int64 entity_id);

/* plan_undo_check.c */
extern void osmeta_undo_settle(Run *run);
extern void osmeta_undo_list(Run *run);
extern void osmeta_undo_check(Run *run, bool is_resumed);

/* plan_undo.c */

/* How many rows of a plan stand at the target, by what is known here? */
extern int64 osmeta_count_delivered(const MigrationPlan *plan);
extern void osmeta_run_undo(Run *run, const Chunk *chunk);

/* plan_other.c */

/*
 * Error 55000 if another plan has deleted rows that this one put there, or has
 * put others there with their identifiers.
 */
extern void osmeta_check_taken_over(Run *run);

/* plan_undo_created.c */
extern void osmeta_undo_created(Run *run);

/* A column of the target that can hold the identifier of a user or group. */
typedef struct HolderColumn
{
	char	   *table_name;
	char	   *column_name;
	char	   *type;
} HolderColumn;

/* All of them, by the catalogue there and by the model. */
extern HolderColumn *osmeta_holder_columns(const MigrationPlan *plan,
										   const char *kind, int *count);

/* plan_backup.c */
extern void osmeta_backup_read(const MigrationPlan *plan);
extern void osmeta_prepare_delete(Run *run);
extern void osmeta_run_delete(Run *run, const Chunk *chunk);
extern void osmeta_refresh_copy(Run *run, const Chunk *chunk);
extern void osmeta_add_put_back(Run *run);
extern void osmeta_run_put_back(Run *run, const Chunk *chunk);

#endif							/* OSMETA_PLAN_DELETE_H */
