/*-------------------------------------------------------------------------
 *
 * plan_event.h
 *	  What the files share that see to the event tables of a plan's target.
 *
 * plan_event.c		subscriptions are set aside, and come back
 * plan_event_find.c	which event tables there are, and their relations
 * plan_event_lost.c	sessions that were lost while they committed there
 * plan_event_map.c	subscriptions of the source as the target holds them
 * plan_event_other.c	event tables of what the plan does not write to
 * plan_event_verify.c	whether they stand there, for verify_plan
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PLAN_EVENT_H
#define OSMETA_PLAN_EVENT_H

#include "plan_run.h"

#include "funcapi.h"

/* The relations of an event table in the plan's schema. */
#define EVENT_TARGET 'v'		/* the event table itself */
#define EVENT_SOURCE 'y'		/* that of the source */
#define EVENT_OWN 'k'			/* rows of the target, kept */
#define EVENT_BROUGHT 'q'		/* rows of the source that it did not have */
#define EVENT_SEEN 'h'			/* what stood there, or is to come */
#define EVENT_TAKEN 'l'			/* brought, and gone there since */
#define EVENT_SCRIPT 'z'		/* rows of the source, as a script brings them */

#define EVENT_RELATIONS "vykqhlz"

typedef struct EventColumn
{
	char	   *name;			/* here */
	char	   *folded;			/* there, in lower case */
	char	   *remote;			/* there */
	char	   *type;
	bool		is_target_only; /* the source's table has none like it */
} EventColumn;

typedef struct EventTable
{
	int			event_no;
	char	   *name;			/* at the target */
	char	   *espace;			/* of the entity, or NULL */
	int64		entity_id;		/* 0: none */
	bool		is_platform;
	bool		is_written;		/* else rows of the source are added only */
	char	   *source_name;	/* NULL: the source has none */
	char	   *state;
	int64		rows_own;
	int64		rows_brought;
	int			ncolumns;
	EventColumn *columns;
	int			nsource;
	EventColumn *source_columns;
} EventTable;

/* plan_event_find.c */

/* Which event tables? */
typedef enum EventChoice
{
	EVENTS_WRITTEN,				/* of all tables that the plan writes to */
	EVENTS_PLATFORM,			/* of these, of the platform's own */
	EVENTS_OTHER				/* of all others */
} EventChoice;

/*
 * Look in the catalogues which event tables there are, write that down and
 * make their relations; of others only those where the source has activities
 * that wait and are moved.
 */
extern void osmeta_event_find(Run *run, EventChoice choice);

/*
 * The same as a query in parentheses: entity_id, is_platform, event_table,
 * link (the name of what is no entity of the plan), columns as JSON, and
 * unknown, those of types that are not known here.
 */
extern char *osmeta_event_tables_sql(const MigrationPlan *plan,
									 bool is_source, EventChoice choice);

/* Those that are written down. */
extern EventTable *osmeta_event_load(const MigrationPlan *plan, int *count);

/* A relation of an event table: its name, qualified. */
extern char *osmeta_event_name(const MigrationPlan *plan, char kind,
							   const EventTable *table);

/* Its columns as a list, as they are called in the plan's schema. */
extern char *osmeta_event_columns(const EventTable *table);

/*
 * The rows of a relation or query with n, which tells rows from others that
 * are alike: so UNION, EXCEPT and INTERSECT are those of multisets.
 */
extern char *osmeta_event_numbered(const EventTable *table, const char *from);

/* Does a relation of an event table stand there? */
extern bool osmeta_event_exists(const MigrationPlan *plan, char kind,
								int event_no);

/* plan_event_lost.c */

/*
 * Wait until no session at the target is about to commit what it has written
 * to an event table; a new transaction has begun then.  Error 55P03 if that
 * takes too long.
 */
extern void osmeta_event_await(Run *run, const EventTable *table);

/* Drop what that needed. */
extern void osmeta_event_await_drop(const MigrationPlan *plan);

/* plan_event_other.c */

/*
 * How many rows of an event table of the source, with columns as JSON, are
 * of activities that the plan moves?  -1, and *error says why, if it cannot be
 * read.
 */
extern int64 osmeta_event_waiting(MigrationPlan *plan,
								  const char *source_name,
								  const char *source_columns, char **error);

/* Does the plan move instances of activities? */
extern bool osmeta_event_has_activities(const MigrationPlan *plan);

/* plan_event_map.c */

/* The entity whose instances of activities are moved, or NULL. */
extern PlanEntity *osmeta_event_activities(MigrationPlan *plan);

/* Does a column tell subscriptions of the source from the target's own? */
extern bool osmeta_event_is_key(const EventColumn *column);

/* Does it name the tenant, which tells them only if both name one? */
extern bool osmeta_event_is_tenant(const EventColumn *column);

/*
 * Put into qN the rows of the source, with mapped identifiers, that the
 * target did not have, and write their number down.
 */
extern void osmeta_event_bring(MigrationPlan *plan, const EventTable *table);

/*
 * The same for a script, into zN: all that may come, whether the target has it
 * or not; rK is the identifier at the source that column cK leads to, where
 * the target is yet to give that its own.
 */
extern void osmeta_event_stage(MigrationPlan *plan, const EventTable *table);

/* Whose identifier, if the target gives that, does a column have? */
extern PlanEntity *osmeta_event_root(MigrationPlan *plan,
									 const EventTable *table,
									 const EventColumn *column);

/* plan_event_verify.c */
extern void osmeta_event_verify(const MigrationPlan *plan,
								Tuplestorestate *store, TupleDesc desc);

/* plan_event.c */

/* Drop the relations of a plan's event tables. */
extern void osmeta_event_drop(const MigrationPlan *plan);

/* Error 55000 while subscriptions of the target are set aside. */
extern void osmeta_event_check_back(const MigrationPlan *plan,
									const char *action);

#endif							/* OSMETA_PLAN_EVENT_H */
