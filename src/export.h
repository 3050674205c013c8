/*-------------------------------------------------------------------------
 *
 * export.h
 *	  A plan as a script, what its files share.
 *
 * export.c			export_plan: lines, one after the other
 * export_model.c	tables, columns and types of a script
 * export_value.c	values as literals
 * export_created.c	users and groups that a script creates
 * export_deliver.c	the script that delivers
 * export_check.c	what the script looks at before its first row
 * export_existing.c	rows of the target that go before, and come back
 * export_event.c	subscriptions are set aside, and come back
 * export_undo.c	the scripts that verify, undo and clean
 * export_read.c	read_delivery: what became of a script
 * export_read_event.c	the same of subscriptions
 * script_tsql.c			names, texts and types
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_EXPORT_H
#define OSMETA_EXPORT_H

#include "plan_delete.h"
#include "plan_event.h"

#include "utils/portal.h"

/* How a value is written. */
typedef enum ExportKind
{
	EXPORT_NUMBER,				/* as it is */
	EXPORT_FLOAT,
	EXPORT_BOOLEAN,
	EXPORT_WORD,				/* digits and signs between quotes */
	EXPORT_TIME,
	EXPORT_BINARY,
	EXPORT_TEXT
} ExportKind;

/* A column of a script's stage, and of the target. */
typedef struct ExportColumn
{
	const PlanAttribute *attribute;
	PlanEntity *root;			/* the target gives what it refers to, or NULL */
	bool		is_staged;		/* cK: false if the target gives it */
	bool		has_reference;	/* rK */
	bool		is_typed;		/* gK: of which entity rK is an identifier */
	bool		is_padded;		/* blanks at its end are no part of a text */
	char	   *name;			/* at the target, in brackets */
	char	   *type;			/* in the stage */
	char	   *allowed;		/* types that the target may have, ",a,b," */
	char	   *size;			/* that it must have at least, or "NULL" */
	char	   *scale;
	char	   *value_type;		/* here, to which a value is cast */
	ExportKind	kind;
	char	   *first;			/* before the second step, as a literal */
} ExportColumn;

typedef struct ExportEntity
{
	PlanEntity *entity;
	PlanEntity *root;			/* the target gives its identifiers, or NULL */
	char	   *table;			/* at the target, qualified, in brackets */
	char	   *stage;			/* likewise, of the script */
	char	   *listed;			/* likewise: what an undo deletes */
	char	   *copy;			/* likewise: rows of before */
	char	   *label;
	const char *kind;			/* rows of the platform's that are created;
								 * NULL: moved ones */
	char	   *match;			/* they are one with a row t of the target */
	char	   *match_other;	/* or with another row o of the stage */
	ExportColumn *owner;		/* of a link: to one who is created */
	ExportColumn *columns;
	ExportColumn *identifier;
	int			ncolumns;
	bool		has_deferred;
	int64		rows;
	char	   *upper;			/* highest new identifier, or NULL */
} ExportEntity;

/* An event table. */
typedef struct ExportEvent
{
	EventTable *table;
	char	   *name;			/* at the target, qualified, in brackets */
	char	   *stage;			/* likewise, of the script: rows of the source */
	char	   *own;			/* likewise: those of the target, kept */
	char	   *brought;		/* likewise: those of the source that came */
	bool		stays;			/* triggers are disabled: nothing is set aside */
	ExportColumn *columns;
	int64		rows;			/* of the source */
} ExportEvent;

/* A queue of events. */
typedef struct ExportQueue
{
	char	   *label;			/* its name at the target */
	char	   *name;			/* the same qualified, in brackets */
	char	   *id;				/* its identifier, in brackets */
} ExportQueue;

typedef struct Export
{
	MigrationPlan *plan;
	char	   *part;
	char	   *schema;			/* at the target, as it is called */
	char	   *prefix;			/* of the script's tables */
	char	   *token;			/* of this state of the plan */
	ExportEntity *entities;
	int			nentities;
	ExportEvent *events;
	int			nevents;
	ExportQueue *queues;
	int			nqueues;
	MemoryContext context;		/* of the lines that are next */
	MemoryContext work;			/* where things are made now */

	/* the lines that are next */
	List	   *lines;
	int			next;
	StringInfo	body;			/* of the step in the making; NULL: none */
	bool		is_plain;

	/* where it stands */
	int			state;
	int			at;				/* entity */
	int			step;			/* number of the last one */
	int64		seq;
	char	   *cursor;			/* name of the portal, NULL: none */
} Export;

/*
 * osmeta_execf, after which memory is taken from where it was before: SPI takes
 * it from its own, which does not last.
 */
extern uint64 osmeta_export_query(const Export *export, const char *format,...) pg_attribute_printf(2, 3);

/* export.c: lines */
extern void osmeta_export_line(Export *export, const char *format,...) pg_attribute_printf(2, 3);
extern void osmeta_export_comment(Export *export, const char *format,...) pg_attribute_printf(2, 3);

/* Statements that are one batch, which may hold any name. */
extern void osmeta_export_begin(Export *export);
extern void osmeta_export_add(Export *export, const char *format,...) pg_attribute_printf(2, 3);
extern void osmeta_export_end(Export *export);

/*
 * The same as a step: one transaction, with its mark in the table progress;
 * done if the step before it is the last one that has been.
 */
extern void osmeta_export_step_begin(Export *export, const char *progress);
extern void osmeta_export_step_end(Export *export, const char *progress,
								   const char *kind,
								   const ExportEntity *entity, int64 first,
								   int64 last, const char *rows);

/* export_model.c */
extern void osmeta_export_model(Export *export);
extern char *osmeta_export_name(const char *name);
extern char *osmeta_export_text(const char *text);

/* A table of the script, qualified. */
extern char *osmeta_export_table(const Export *export, const char *name);

/* The new identifier of the stage's row s; *joins gets what it needs. */
extern char *osmeta_export_value(const Export *export,
								 const ExportEntity *entity,
								 const ExportColumn *column,
								 StringInfo joins);

/* Condition that a row t of the target has not the values of the stage's s. */
extern char *osmeta_export_differs(const Export *export,
								   const ExportEntity *entity,
								   bool with_deferred, StringInfo joins);

/* t of the target and s of the stage are one row; joins as above. */
extern char *osmeta_export_is_same(const Export *export,
								   const ExportEntity *entity,
								   StringInfo joins);

/* export_value.c */

/*
 * A value as PostgreSQL writes it, as an expression of T-SQL of one line.  What
 * is too long for that is put into a variable first, by lines added to
 * variables, of which there are *count so far.
 */
extern char *osmeta_export_literal(const ExportColumn *column,
								   const char *value, StringInfo variables,
								   int *count);
extern ExportKind osmeta_export_kind(const char *type);

/* Everything that a client may have set otherwise. */
extern void osmeta_export_settings(Export *export);

/* A table of the script, if it is not there. */
extern void osmeta_export_create(Export *export, const char *table,
								 const char *columns);

/* A statement for each piece of a stage. */
extern void osmeta_export_pieces(Export *export, const ExportEntity *entity,
								 void (*write) (Export *export,
												const ExportEntity *entity,
												int64 first, int64 last));

/* export_created.c */

/* Add what a script creates to the entities, before those that are moved. */
extern void osmeta_export_created_model(Export *export);
extern char *osmeta_export_created_rows(const Export *export,
										const ExportEntity *entity);
extern void osmeta_export_create_rows(Export *export,
									  const ExportEntity *entity,
									  int64 first, int64 last);
extern void osmeta_export_list_created(Export *export,
									   const ExportEntity *entity);
extern void osmeta_export_keep_referred(Export *export,
										const ExportEntity *entity);

/* export_existing.c: nothing, if the plan deletes nothing */
extern void osmeta_export_tables(Export *export);
extern void osmeta_export_check_existing(Export *export);
extern void osmeta_export_clear_existing(Export *export,
										 const ExportEntity *entity);
extern void osmeta_export_delete_existing(Export *export,
										  const ExportEntity *entity);
extern void osmeta_export_check_back(Export *export);
extern void osmeta_export_put_back(Export *export,
								   const ExportEntity *entity);
extern void osmeta_export_refer_back(Export *export,
									 const ExportEntity *entity);
extern void osmeta_export_drop_existing(Export *export,
										void (*drop) (Export *export,
													  const char *table));

/*
 * export_event.c: nothing, if the plan writes to no table with an event table.
 * progress is the table of steps: of the delivery, or of an undo.
 */
extern void osmeta_export_event_model(Export *export);
extern void osmeta_export_event_tables(Export *export);
extern void osmeta_export_event_check(Export *export);

/* A batch of the source's rows as a step; false: there are no more. */
extern bool osmeta_export_event_rows(Export *export);
extern void osmeta_export_event_aside(Export *export, const char *progress);
extern void osmeta_export_event_sweep(Export *export, const char *progress);
extern void osmeta_export_event_back(Export *export, const char *progress);

/* In a step that writes rows of an entity: nobody has subscribed meanwhile. */
extern void osmeta_export_event_guard(Export *export,
									  const ExportEntity *entity);

/* What is set aside, as a text to add to one of T-SQL. */
extern char *osmeta_export_event_said(const Export *export);
extern void osmeta_export_event_places(Export *export);
extern void osmeta_export_event_verify(Export *export);
extern void osmeta_export_event_check_back(Export *export);
extern void osmeta_export_event_drop(Export *export,
									 void (*drop) (Export *export,
												   const char *table));

/* export_read.c: a relation over a table of the script, for a moment */
#define DELIVERED_RELATION "delivered_rows"
extern bool osmeta_delivered_relation(const Export *export, const char *table,
									  const char *columns);
extern char *osmeta_delivered_name(const MigrationPlan *plan);
extern void osmeta_delivered_drop(const MigrationPlan *plan);

/* export_read_event.c */
extern void osmeta_export_read_events(const Export *export);

/* The type of an attribute's column at the target, and what may be there. */
extern void osmeta_export_fill_type(const Export *export,
									ExportEntity *entity);

/* The text of an error that a script raises. */
extern char *osmeta_export_error_text(const char *what, const char *table);

/* export_deliver.c, export_check.c, export_undo.c: false at the end */
extern bool osmeta_export_deliver(Export *export);
extern void osmeta_export_check_before(Export *export);
extern void osmeta_export_check_loaded(Export *export);
extern void osmeta_export_check_free(Export *export);
extern void osmeta_export_raise_problems(Export *export);

/* A table #osmeta_found (problem), which statements put together there fill. */
extern void osmeta_export_found(Export *export);
extern bool osmeta_export_verify(Export *export);
extern bool osmeta_export_undo(Export *export);
extern void osmeta_export_keys_begin(Export *export, const char *tables);
extern void osmeta_export_keys_end(Export *export);
extern bool osmeta_export_clean(Export *export);

/* The highest number of rows in one transaction at the target. */
extern int64 osmeta_export_piece(const Export *export);

#endif							/* OSMETA_EXPORT_H */
