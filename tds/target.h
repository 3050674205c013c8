/*-------------------------------------------------------------------------
 *
 * target.h
 *	  What must be known of a table at a TDS server to write to it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_TARGET_H
#define OSMETA_TDS_TARGET_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "dblib.h"
#include "transact.h"

typedef struct TdsColumn
{
	char	   *name;
	char	   *quoted;
	TsqlType	type;
	char	   *type_name;		/* as the server calls it, for messages */
	int			max_length;		/* in bytes; -1: any */
	int			precision;
	int			scale;
	char	   *collation;		/* NULL for what is no text */
	int			code_page;		/* of the collation; 0: unknown */
	bool		is_nullable;
	bool		is_identity;
	bool		is_generated;	/* computed, rowversion, period of time */
	bool		has_default;
} TdsColumn;

typedef struct TdsTarget
{
	Oid			server;
	TdsLink    *link;
	char	   *schema;
	char	   *table;
	char	   *name;			/* both of them, quoted */
	int			ncolumns;
	TdsColumn  *columns;		/* in the order of SELECT * */
	bool		is_plain;		/* bulk copy can go straight into it: a table
								 * all of whose columns SELECT * shows */
	bool		has_check;		/* constraints that bulk copy could pass by */
	bool		has_trigger;	/* at INSERT */
	bool		has_instead;	/* of INSERT */
	int			identity;		/* its column, or -1 */
	int			step;			/* of the identity; 0: unknown */

	/* of the local foreign table: */
	Oid			relation;
	int			nattributes;
	int		   *column_of;		/* of each attribute, -1 for none */
} TdsTarget;

/*
 * The table behind a local foreign table, whose name is qualified and quoted.
 * Asked once a transaction.
 */
extern TdsTarget *osmeta_tds_target(const char *relation);

/* The table that a name in T-SQL means at a server. */
extern TdsTarget *osmeta_tds_target_named(Oid server, const char *name);

/* What rights the user there has on a target; asks the server. */
extern bool osmeta_tds_may_alter(const TdsTarget *target);
extern bool osmeta_tds_may_reseed(const TdsTarget *target);

/* The server of a local foreign table. */
extern Oid	osmeta_tds_server_of(const char *relation);

/* The column behind a column of the foreign table, or an error. */
extern int	osmeta_tds_column_of(const TdsTarget *target,
								 const char *attribute);

/* The column of a name, or -1. */
extern int	osmeta_tds_column_named(const TdsTarget *target,
									const char *name);

/* Names of a quoted list, without their quotes. */
extern List *osmeta_tds_split(const char *columns);

/* A name or a text as T-SQL writes it. */
extern char *osmeta_tds_identifier(const char *name);
extern char *osmeta_tds_literal(const char *string);

/*
 * Run a batch and give the number in its column osmeta, of whichever of its
 * results has one: triggers may give results of their own.  0 for NULL.
 */
extern int64 osmeta_tds_number(TdsLink *link, const char *sql);

/*
 * The same in two steps, between which the server works and the link can do
 * nothing else.  There are so many values in the columns after osmeta.
 */
extern void osmeta_tds_send(TdsLink *link, const char *sql);
extern int64 osmeta_tds_receive(TdsLink *link, const char *sql, int nvalues,
								char **values);

#endif							/* OSMETA_TDS_TARGET_H */
