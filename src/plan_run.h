/*-------------------------------------------------------------------------
 *
 * plan_run.h
 *	  What the files that run a plan share.
 *
 * plan_run.c		sessions and phases
 * plan_prepare.c	what happens between two phases
 * plan_cut.c		the pieces in which a source is read
 * plan_pull.c		a piece of the pull
 * plan_stage.c		what a pull query gives goes into the stage
 * plan_reference.c	references that lead to no row
 * plan_gone.c		rows of earlier rounds that have gone since
 * plan_follow.c	rows that are left out, or not needed
 * plan_process.c	instances of processes: roots, and what is left out
 * plan_delta.c		later rounds: new rows, changed rows
 * plan_check.c		what stops a run
 * plan_catalogue.c	whether the catalogues are still those of the plan
 * plan_fit.c		which values do not fit into the target's columns
 * plan_unique.c	which rows collide at the target
 * plan_partner.c	whether rows that were matched still stand at the target
 * plan_constraint.c	which rows do not meet its constraints
 * plan_other.c		other plans that write to the same tables
 * plan_create.c	users and groups that the target does not have
 * plan_chunk.c		the pieces of work of a phase, and their ledger
 * plan_event.c	subscriptions to events are set aside, and come back
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
	bool		is_pull;		/* pull_plan: nothing is written to the target */
	int64		events_aside;	/* subscriptions of the target, kept here */
} Run;

/* plan_run.c */

/* The target's table of an entity, for a sink. */
extern OsmetaSinkTable osmeta_run_sink_table(const Run *run,
											 const PlanEntity *entity);

/*
 * Others are at work: commit, and look again soon, or raise an error at once
 * when cancelled.
 */
extern void osmeta_run_wait(Run *run);

/*
 * Begin to write, or to look up, a piece of the push: whoever was lost while
 * committing it at the target has ended.
 */
extern void osmeta_begin_piece(const Run *run, const PlanEntity *entity,
							   int64 chunk_id);

/* Error unless a procedure was called so that it can commit. */
extern void osmeta_require_procedure(FunctionCallInfo fcinfo,
									 const char *procedure);

/*
 * export_read.c: error 55000 if the plan has been exported as a script of which
 * nobody has said what became of it.
 */
extern void osmeta_check_not_exported(const MigrationPlan *plan);

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

/* Rows of the stage whose identifier is a reference come with their parents. */
extern void osmeta_check_parents_moved(const Run *run);

/* Every row of the stage gets an identifier that is free at the target. */
extern void osmeta_check_entity(const Run *run, const PlanEntity *entity);
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
extern void osmeta_check_fit(Run *run);
extern void osmeta_check_unique(Run *run);

/* plan_read.c */

/*
 * Is a range of identifiers kept for more rows than are moved now?  Of
 * instances of processes that their status lets through later.
 */
extern bool osmeta_is_reserved(const PlanEntity *entity);

/*
 * Of a large plan: which matched rows does the stage refer to?  Once more of
 * users and groups that may be created (only_created), when it is known which
 * rows are not delivered.
 */
extern void osmeta_read_use(Run *run, bool only_created);

/*
 * plan_constraint.c: likewise, of the constraints that the target has and the
 * model does not know.
 */
extern void osmeta_check_constraints(const Run *run);

/* plan_prepare.c: advance a plan to its next phase */
extern void osmeta_prepare_run(Run *run);
extern void osmeta_prepare_pull(Run *run);
extern void osmeta_prepare_delta(Run *run);
extern void osmeta_prepare_push(Run *run);
extern void osmeta_prepare_after_delete(Run *run);
extern void osmeta_prepare_second_step(Run *run);
extern void osmeta_prepare_update(Run *run);
extern void osmeta_prepare_end(Run *run);

/* Rows of the stage that the second step concerns, as a condition on s. */
extern char *osmeta_deferred_condition(const PlanEntity *entity);

extern void osmeta_add_stage_chunks(const Run *run, const PlanEntity *entity,
									const char *phase, int level,
									const char *condition);
extern void osmeta_commit_now_and_then(Run *run, int entity);

/* The counter moves past all identifiers that the plan will give. */
extern void osmeta_advance_counter(const Run *run, const PlanEntity *entity);

/* plan_owner.c */

/* Hand what the caller has made in the plan's schema to the plan's owner. */
extern void osmeta_hand_over(const MigrationPlan *plan);

/* That, and commit. */
extern void osmeta_run_commit(Run *run);
extern void osmeta_make_map(const MigrationPlan *plan, PlanEntity *entity);

/* plan_cut.c */

/* Cut the source of an entity into pieces, for the round that begins. */
extern void osmeta_cut_done(const Run *run);
extern void osmeta_cut_source(const Run *run, const PlanEntity *entity);

/* plan_pull.c */

/* Do a piece of the pull; gives the number of rows that came. */
extern uint64 osmeta_pull_chunk(const Run *run, const Chunk *chunk);

/* plan_stage.c */

/*
 * Put what a pull query gives into the stage; gives the number of rows.
 * Errors: whatever the query raises; 23505 for an identifier that is there.
 */
extern uint64 osmeta_stage_rows(const MigrationPlan *plan,
								const PlanEntity *entity, const char *query);

/* plan_reference.c */

/* What a session remembers of stage and plan_map is out of date. */
extern void osmeta_raise_generation(Run *run);

/* The tables nN, which stand while rows are pulled. */
extern void osmeta_make_needs(const MigrationPlan *plan,
							  const PlanEntity *entity);
extern void osmeta_drop_needs(Run *run);
extern void osmeta_drop_if_exists(const MigrationPlan *plan, char kind,
								  int64 entity_id);

/*
 * Find the rows that the stage's references lead to and that it has not, and
 * add pieces that pull them.  False if there are none to look for any more.
 */
extern bool osmeta_need_rows(Run *run);

/* List the values for which there is no row. */
extern void osmeta_record_dangling(Run *run);

/* plan_follow.c */

/*
 * Option follow: take out of the stage what cannot be without a row that is
 * left out, and then what is not needed any more.  True if there was any.
 */
extern bool osmeta_leave_out(Run *run);

/*
 * Rows of earlier rounds that moved rows of a tree lead to, whatever its
 * filter says: into nN with the step -2, when a round looks for changes.
 */
extern void osmeta_note_ancestors(const MigrationPlan *plan,
								  const PlanEntity *entity);

/* The filter of an entity, or these. */
extern char *osmeta_filter_or_ancestors(const MigrationPlan *plan,
										const PlanEntity *entity);

/* plan_reference.c */
extern bool osmeta_is_forcing(const MigrationPlan *plan,
							  const PlanEntity *entity,
							  const PlanAttribute *attribute);
extern char *osmeta_has_no_partner_sql(const MigrationPlan *plan,
									   const PlanEntity *entity,
									   const char *value);

/* To be called when a round's source has been cut. */
extern void osmeta_forget_left_out(const Run *run);

/* Identifiers in one statement. */
#define NEED_BATCH 1000

/*
 * plan_pull.c: call take() for each part of the source that rows of nN are
 * in: those which meet the condition wanted on n, of which there are so many,
 * from lower to upper.
 */
extern uint64 osmeta_take_needed(const Run *run, const PlanEntity *entity,
								 const char *lower, const char *upper,
								 int64 rows, const char *wanted,
								 uint64 (*take) (const Run *run,
												 const PlanEntity *entity,
												 const char *scan,
												 const char *wanted));

/* plan_process.c */

/*
 * Take instances of this round out of the stage whose process or activity is
 * not moved.
 */
extern void osmeta_leave_out_instances(Run *run);

/*
 * Have each process of the stage name the root of its tree, of what is moved;
 * delivered ones that have another one now go into uN.
 */
extern void osmeta_find_roots(Run *run);

/* plan_gone.c */

/*
 * Rows of earlier rounds that this round's rows refer to: do they stand at
 * the source?  They go into nN, with the step -1.
 */
extern void osmeta_look_for_parents(Run *run);

/* References to those that do not become NULL, and are listed. */
extern void osmeta_empty_gone(Run *run);

/* What became NULL so in an earlier round is set where the row is back. */
extern void osmeta_complete_back(Run *run);

/*
 * Error 55000 if such rows have gone at the target; is_begun: something may
 * have been delivered of the round.
 */
extern void osmeta_check_parents_stand(Run *run, bool is_begun);

/* plan_delta.c */

/*
 * The rows that a round delivers, new and changed ones, as they shall stand
 * at the target, with source_id before the columns.
 */
extern char *osmeta_round_sql(const MigrationPlan *plan,
							  const PlanEntity *entity);

/* Does the round look for rows that have changed since they were delivered? */
extern bool osmeta_seeks_changes(const MigrationPlan *plan);

/*
 * Add to the conditions of osmeta_source_sql what limits a later round to
 * rows that may be new or changed.
 */
extern void osmeta_delta_conditions(const MigrationPlan *plan,
									const PlanEntity *entity, char **scan,
									char **local);

/* From which value of a delta attribute does this round read? */
extern void osmeta_mark_delta(const Run *run, const PlanEntity *entity);

/* To be called before plan_map is filled anew, in or for a round. */
extern void osmeta_note_unmatched(Run *run, int32 round);

/* True if the round has brought nothing; then it has never been. */
extern bool osmeta_end_empty_delta(Run *run);

/* Rows of earlier rounds whose references lead somewhere now. */
extern void osmeta_complete_delivered(Run *run);

/* Pieces of the phase update; false if there is nothing to update. */
extern bool osmeta_add_update_chunks(Run *run);
extern uint64 osmeta_update_chunk(const Run *run, const Chunk *chunk);
extern void osmeta_end_delta(Run *run);

/* plan_create.c */

/* May there be somebody to create, if rows are delivered that need him? */
extern bool osmeta_plan_may_create(const MigrationPlan *plan);

/*
 * With options users and groups set to create: insert those that the stage's
 * rows refer to and the target does not have.  Commits before it inserts.
 */
extern void osmeta_plan_create_users(Run *run);

/*
 * What the target's users or groups hold, secrets apart: a query with the
 * columns id and checksum, both text.
 */
extern char *osmeta_created_state_sql(const MigrationPlan *plan,
									  const char *table);

/* When run_plan goes on where pull_plan stopped: create them after all. */
extern void osmeta_plan_create_pulled(Run *run);

/*
 * Before an undo: who was intended when a run was lost, and stands there as
 * intended, was created by the plan, with the links; the others were not.
 */
extern void osmeta_settle_created(Run *run);

/* plan_create_kept.c */

/*
 * The same for a script: write down who is going to be created, and keep
 * their rows and links in tables "created <kind>" of the plan's schema.
 */
extern void osmeta_plan_intend_users(Run *run);

/* A table of rows that a script creates: its name in the plan's schema. */
extern char *osmeta_created_table(const MigrationPlan *plan, const char *kind);
extern const char *const osmeta_created_kinds[5];

/* Were such rows written down? */
extern bool osmeta_has_created_table(const MigrationPlan *plan,
									 const char *kind);

/* plan_fit.c */

/*
 * CASE over a row d that says why the value of an attribute does not fit into
 * the target's column; NULL if every value does.
 */
extern char *osmeta_fit_reason(const MigrationPlan *plan,
							   const PlanEntity *entity,
							   const PlanAttribute *attribute,
							   bool may_round, bool not_null);

/* plan_partner.c */

/*
 * Error 55000 if rows that are to be delivered were matched with rows of the
 * target which have gone; is_begun: something may have been delivered.
 */
extern void osmeta_check_partners(Run *run, bool is_begun);

/*
 * Of pairs of an entity (a query: source_id, target_id, label, all text),
 * those whose row at the target is not there, as a query with the same
 * columns; NULL if there are no pairs.
 */
extern char *osmeta_absent_sql(const MigrationPlan *plan,
							   const PlanEntity *entity, const char *pairs);

/* plan_other.c */

/*
 * Error 55000 if another plan that is not done delivers identifiers of this
 * round; is_last: nobody else may ask until this transaction ends.
 */
extern void osmeta_check_claims(const Run *run, bool is_last);

/* The same if another plan has delivered ids of a piece since it began. */
extern void osmeta_check_not_others(const Run *run, const Chunk *chunk,
									const char *ids);

/* plan_offender.c */

/* Error 22000 if a value of the source cannot be converted as planned. */
extern void osmeta_check_conversions(Run *run);

/* plan_event.c */

/*
 * To be called before a run or an undo writes to the target, again and again:
 * no trigger there starts a process from now on.  The second one sees to the
 * tables of users and groups only, the third is an undo's.
 */
extern void osmeta_events_aside(Run *run);
extern void osmeta_events_aside_platform(Run *run);
extern void osmeta_events_aside_undo(Run *run);

/* What pull_plan does for scripts: find event tables, keep the source's rows. */
extern void osmeta_events_pulled(Run *run);

/* The subscriptions come back, with those of the source; or without them. */
extern void osmeta_events_back(Run *run);
extern void osmeta_events_undo(Run *run);

/* Is anything set aside? */
extern bool osmeta_has_events_aside(const MigrationPlan *plan);

/* An error context callback whose argument is the run. */
extern void osmeta_events_context(void *arg);

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

/* plan_typed.c */

/* Add attributes for entities that pulled inputs and outputs name besides. */
extern void osmeta_typed_complete(Run *run);

#endif							/* OSMETA_PLAN_RUN_H */
