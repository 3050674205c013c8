/*-------------------------------------------------------------------------
 *
 * plan_run.h
 *	  What the files that run a plan share.
 *
 * plan_run.c		sessions and phases
 * plan_prepare.c	what happens between two phases
 * plan_reference.c	references that lead to no row
 * plan_check.c		what stops a run
 * plan_catalogue.c	whether the catalogues are still those of the plan
 * plan_fit.c		which values do not fit into the target's columns
 * plan_unique.c	which rows collide at the target
 * plan_create.c	users and groups that the target does not have
 * plan_chunk.c		the pieces of work of a phase, and their ledger
 * plan_delete.h	what takes rows out of the target
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PLAN_RUN_H
#define OSMETA_PLAN_RUN_H

#include "plan.h"

#include "fmgr.h"

/* A piece of work: a row of osmeta.plan_chunk. */
typedef struct Chunk
{
	int64		chunk_id;
	PlanEntity *entity;
	char	   *phase;
	int			level;
	char	   *state;
	char	   *lower;
	char	   *upper;
	int64		rows_expected;
} Chunk;

/* A run in this session. */
typedef struct Run
{
	char	   *name;
	MigrationPlan *plan;		/* read anew when a phase begins */
	const OsmetaSink *sink;
	int			nest_level;
	int64		plan_id;
	int64		chunk_id;		/* the piece whose lock is held, 0 if none */
	bool		in_advance;		/* the lock on the phase is held */
	bool		is_shared;		/* undo: the lock of the run, with others */
	bool		is_alone;		/* undo: the same, without */
} Run;

/* plan_run.c */

/* The target's table of an entity, for a sink. */
extern OsmetaSinkTable osmeta_run_sink_table(const Run *run,
											 const PlanEntity *entity);

/* Error unless a procedure was called so that it can commit. */
extern void osmeta_require_procedure(FunctionCallInfo fcinfo,
									 const char *procedure);

/* NOTICE that statement_timeout would end the whole of it. */
extern void osmeta_report_timeout(const char *procedure);

/* Work until every piece of the phase is done, by whomever. */
extern void osmeta_run_work(Run *run, const char *phase);

/* Prepare the next phase, unless another session has done so. */
extern void osmeta_run_advance(Run *run, const char *from,
							   void (*prepare) (Run *run));
extern void osmeta_run_release(Run *run);

/* plan_check.c: each raises an error, or all is well */

/* plan_problem has no error. */
extern void osmeta_check_problems(const Run *run);

/* Matched rows that the stage's rows refer to have partners. */
extern void osmeta_check_matches(const Run *run, const PlanEntity *entity,
								 const PlanAttribute *attribute);

/* Every row of the stage gets an identifier that is free at the target. */
extern void osmeta_check_identifiers(const Run *run,
									 const PlanEntity *entity);

/* The first values of column 1 of the last query, for a message. */
extern char *osmeta_list_values(uint64 rows);

/* plan_catalogue.c */

/* The catalogue of a side still says what the plan was made from. */
extern void osmeta_check_catalogue(const Run *run, bool is_source);

/*
 * plan_fit.c, plan_unique.c: before the first row is pushed, error if a row of
 * the stage does not fit into its column, or has a value of a unique index
 * that another one has, or a row of the target.
 */
extern void osmeta_check_fit(const Run *run);
extern void osmeta_check_unique(const Run *run);

/* plan_prepare.c: advance a plan to its next phase */
extern void osmeta_prepare_run(Run *run);
extern void osmeta_prepare_pull(Run *run);
extern void osmeta_prepare_push(Run *run);
extern void osmeta_prepare_after_delete(Run *run);
extern void osmeta_prepare_second_step(Run *run);
extern void osmeta_prepare_end(Run *run);

/* Rows of the stage that the second step concerns, as a condition on s. */
extern char *osmeta_deferred_condition(const PlanEntity *entity);

extern void osmeta_add_stage_chunks(const Run *run, const PlanEntity *entity,
									const char *phase, int level,
									const char *condition);
extern void osmeta_commit_now_and_then(Run *run, int entity);
extern void osmeta_make_map(const MigrationPlan *plan, PlanEntity *entity);

/* plan_reference.c */

/*
 * Fetch rows that the stage's references lead to and that were not pulled,
 * list those that are not at the source either, and raise the plan's
 * generation.  The plan must be loaded again.
 */
extern void osmeta_complete_references(Run *run);

/* plan_create.c */

/*
 * With options users and groups set to create: insert those that the stage's
 * rows refer to and the target does not have.  Commits before it inserts.
 */
extern void osmeta_plan_create_users(Run *run);

/* plan_chunk.c */

/*
 * Take a piece of the phase that nobody else works on; false if there is
 * none, and *left tells whether others still work.
 */
extern bool osmeta_chunk_take(Run *run, const char *phase, Chunk *chunk,
							  bool *left);

/* Do it, up to its last commit. */
extern void osmeta_chunk_run(Run *run, Chunk *chunk);

/* Give up the lock on the piece that this session holds, if any. */
extern void osmeta_chunk_release(Run *run);

#endif							/* OSMETA_PLAN_RUN_H */
