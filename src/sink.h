/*-------------------------------------------------------------------------
 *
 * sink.h
 *	  How rows get to the target of a plan.
 *
 * The engine decides which rows go where and in which transaction; a sink
 * knows how to put them there.  osmeta's own sink writes through local and
 * insertable foreign tables (sink_table.c).  Another extension offers its
 * sink by linking a struct into the list behind the rendezvous variable
 * OSMETA_SINK_LIST from its _PG_init; the engine takes the first one whose
 * serves() accepts the wrapper of the target's server.  The library of the
 * extension that osmeta.wrapper names as sink_extension is loaded before it is
 * looked for.
 *
 * All callbacks run in the engine's transaction with SPI connected and
 * search_path pinned; they raise errors by ereport.  What they write commits
 * with the local transaction, just before it, unless hold() was called.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_SINK_H
#define OSMETA_SINK_H

#include "postgres.h"

/* Raised with every change of the structs below. */
#define OSMETA_SINK_VERSION 4

#define OSMETA_SINK_LIST "osmeta_sinks"

/* One table of the target. */
typedef struct OsmetaSinkTable
{
	const char *relation;		/* qualified, quoted: local name of the table */
	const char *id_column;		/* quoted: column of the identifier */
	const char *id_type;		/* its type here */
	const char *counter;		/* at the target, quoted; NULL if unknown */
	bool		is_local;		/* in this database, not behind a wrapper */
} OsmetaSinkTable;

/* What a sink can do for the tables of a server. */
typedef struct OsmetaSinkAbility
{
	bool		explicit_ids;	/* identifiers can be given */
	bool		assigned_ids;	/* those that the target gives come back */
	bool		counters;		/* advance_counter works for who may give ids */
} OsmetaSinkAbility;

typedef struct OsmetaSink
{
	int			version;		/* OSMETA_SINK_VERSION */
	const char *name;
	struct OsmetaSink *next;

	/* Does the sink write to servers of this wrapper (NULL: this database)? */
	bool		(*serves) (const char *wrapper);

	/* What can be done at servers of a wrapper that it serves? */
	OsmetaSinkAbility (*ability) (const char *wrapper);

	/*
	 * Insert the rows of a query whose columns are named as the quoted list
	 * says; gives their number.
	 */
	uint64		(*insert) (const OsmetaSinkTable *table, const char *columns,
						   const char *query);

	/*
	 * Insert rows whose identifiers the target gives.  The first column of
	 * the query, source_id, is the old identifier, the others are as the list
	 * says; the pairs of old and new identifiers are inserted into the local
	 * table pairs (source_id, target_id).  NULL if ability says that it
	 * cannot be done.
	 */
	uint64		(*insert_assigned) (const OsmetaSinkTable *table,
									const char *columns, const char *query,
									const char *pairs);

	/*
	 * NULL, or the sink can keep its transaction open over a commit here:
	 * after hold() the engine commits what the ledger must know, then calls
	 * commit(), which commits there.  An error in between rolls back there,
	 * and so does the next commit here without commit() before it, which
	 * fails.  commit() without hold() commits what was written so far.
	 */
	void		(*hold) (void);
	void		(*commit) (void);

	/*
	 * NULL if not needed.  The first call of a transaction: what follows is
	 * about this piece of work; wait until no session that was lost is about
	 * to commit at the target what it did of the same piece.
	 */
	void		(*begin_piece) (const OsmetaSinkTable *table,
								const char *piece);

	/*
	 * Delete the rows whose identifiers a query gives, as column id; lower
	 * and upper bound them, as literals.  Gives the number of rows.
	 */
	uint64		(*remove) (const OsmetaSinkTable *table, const char *query,
						   const char *lower, const char *upper);

	/*
	 * Set columns of existing rows: query gives the id first, then a value
	 * for each of the quoted columns; lower and upper are the literals that
	 * bound the ids.
	 */
	uint64		(*update) (const OsmetaSinkTable *table, int ncolumns,
						   char **columns, const char *query,
						   const char *lower, const char *upper);

	/*
	 * How many of the ids that a query gives stand in the table?  lower and
	 * upper bound them, as literals; both NULL: unbounded.
	 */
	int64		(*count_present) (const OsmetaSinkTable *table,
								  const char *query, const char *lower,
								  const char *upper);

	/*
	 * Move the identity counter past value.  False if the sink has no way to
	 * do so: then somebody must run counter_sql at the target.
	 */
	bool		(*advance_counter) (const OsmetaSinkTable *table, int64 value);

	/*
	 * NULL, or delete all rows of a table that has no identifier, if they are
	 * those that a query gives: its columns are named as the quoted list
	 * says, and its rows can be alike.  Gives their number, or -1 if there
	 * are others; what was done is rolled back then.
	 */
	int64		(*empty) (const OsmetaSinkTable *table, const char *columns,
						  const char *query);
} OsmetaSink;

/* The sink for a wrapper (NULL: this database), or NULL if there is none. */
extern const OsmetaSink *osmeta_sink_find(const char *wrapper);

/*
 * Load the library of the extension that delivers through a wrapper, for it may
 * read through it, too; false if there is none.  To be called before the
 * foreign tables of an environment are read.
 */
extern bool osmeta_sink_load(const char *wrapper);

/*
 * From here to osmeta_spi_restore the wrapper itself reads its tables: its
 * extension, if it reads, has a setting for that: its name and ".scan".
 */
extern int	osmeta_sink_read_without(const char *wrapper);

/* What can be done at the target of a wrapper; all false without a sink. */
extern OsmetaSinkAbility osmeta_sink_ability(const char *wrapper);

/* osmeta's own, for local and foreign tables. */
extern OsmetaSink osmeta_table_sink;

#endif							/* OSMETA_SINK_H */
