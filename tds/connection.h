/*-------------------------------------------------------------------------
 *
 * connection.h
 *	  Links to T-SQL servers whose transactions are tied to ours.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_CONNECTION_H
#define OSMETA_TDS_CONNECTION_H

#include "compat.h"

#include "foreign/foreign.h"

#include "dblib.h"

/*
 * The link to a server as the current user, opened if need be, with a
 * transaction begun there that ends with ours.
 */
extern TdsLink *osmeta_tds_link(Oid server);

/*
 * Raise the error of a link; a cancel of ours comes first.  Closes the link
 * if it is of no use any more.
 */
extern void osmeta_tds_raise(TdsLink *link) pg_attribute_noreturn();

/*
 * From here on the transactions at the servers do not end with ours: our next
 * COMMIT leaves them open, until osmeta_tds_commit.  Our ROLLBACK, of a later
 * transaction, too, rolls them back.  A second COMMIT without
 * osmeta_tds_commit before it is an error.
 */
extern void osmeta_tds_hold(void);

/*
 * Commit at the servers, now.  If this raises 08007, or is cancelled, nobody
 * knows what came of it; after other errors it is not committed.
 */
extern void osmeta_tds_commit(void);

/* Run a batch; gives the rows that it touched. */
extern int64 osmeta_tds_execute(TdsLink *link, const char *sql);

/*
 * Run a batch that gives one set of rows of so many columns, and call back for
 * each row.  The callback reads the values by osmeta_tds_text and may raise
 * errors, but not use the link otherwise.
 */
typedef void (*TdsRowFunction) (TdsLink *link, void *arg);
extern void osmeta_tds_rows(TdsLink *link, const char *sql, int ncolumns,
							TdsRowFunction function, void *arg);

/* A value of the current row, palloc'd; NULL for NULL. */
extern char *osmeta_tds_text(TdsLink *link, int column);

/* The one value that a batch gives, palloc'd; NULL for NULL or no row. */
extern char *osmeta_tds_value(TdsLink *link, const char *sql);

/* From here on, until it is told otherwise, the link can do nothing else. */
extern void osmeta_tds_set_busy(TdsLink *link, bool is_busy);

/*
 * Close the connection of a link after an error, which may have closed the
 * link already: it is amid something, or the session there has a state that
 * nothing else may meet.
 */
extern void osmeta_tds_abandon(TdsLink *link);

/* Raise an error unless our transaction at the server still stands. */
extern void osmeta_tds_check(TdsLink *link);

/*
 * A new link to a server with the user mapping of a user, at the first of its
 * hosts that answers; no transaction is begun there, and nobody looks after it.
 */
extern TdsLink *osmeta_tds_open(const ForeignServer *server, Oid user);

/* What a new session has to run before anything else. */
extern const char *const osmeta_tds_settings;

/*
 * Raise an error that a link, or the attempt to open one, has met with; the
 * batch that led to it, or NULL.  The error must be a copy: a link that is
 * closed takes its own along.
 */
extern void osmeta_tds_raise_error(const char *name, const TdsError *error,
								   const char *batch) pg_attribute_noreturn();

/* Called once, when the module is loaded. */
extern void osmeta_tds_init_connection(void);

#endif							/* OSMETA_TDS_CONNECTION_H */
