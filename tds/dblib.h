/*-------------------------------------------------------------------------
 *
 * dblib.h
 *	  One connection to a TDS server, through FreeTDS's db-lib.
 *
 * The files on the two sides of this header do not know each other's world:
 * dblib.c includes sybdb.h and nothing of the server's, all others include
 * postgres.h and not sybdb.h.  Nothing here raises an error, exits or takes
 * memory from a memory context: what went wrong is told by TdsError, and the
 * caller raises it when the library has returned.
 *
 * A link is of no use after an error of the connection (is_lost) or an
 * interrupt: it can only be closed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_DBLIB_H
#define OSMETA_TDS_DBLIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct TdsLink TdsLink;

/* Where to, and as whom; strings may be NULL unless said otherwise. */
typedef struct TdsLogin
{
	const char *server;			/* name in freetds.conf, or a host; not NULL */
	const char *port;
	const char *database;
	const char *user;
	const char *password;
	const char *version;		/* of the protocol, as "7.4" */
	int			timeout;		/* seconds until the login must stand */
} TdsLogin;

#define TDS_MESSAGE_SIZE 2048

/* The first thing that went wrong; what follows from it is left out. */
typedef struct TdsError
{
	bool		is_set;
	bool		is_client;		/* told by the library, not by the server */
	bool		is_lost;		/* the connection is gone */
	bool		is_interrupted; /* because TdsInterrupt said so */
	int			number;			/* the server's, or the library's */
	int			severity;
	int			state;
	int			line;			/* in the batch, or the procedure */
	char		message[TDS_MESSAGE_SIZE];
	char		procedure[256];
} TdsError;

/*
 * Asked about once a second, and after each signal: shall we stop?  Asked in
 * handlers of signals, too.
 */
typedef bool (*TdsInterrupt) (void);

/*
 * Told that a call is under way.  While the other side keeps on sending the
 * library asks nobody, so somebody else must call tds_link_look a few times a
 * second until it gives false, which is when no call is under way.  That is
 * made for the handler of a signal; it cuts the connection of a call that goes
 * on a second after TdsInterrupt said that we stop, or after its limit.
 */
typedef void (*TdsWatch) (void);
extern bool tds_link_look(void);

/* Open a connection; false: error says why.  */
extern bool tds_link_open(const TdsLogin *login, TdsInterrupt interrupt,
						  TdsWatch watch, TdsLink **link, TdsError *error);
extern void tds_link_close(TdsLink *link);
extern bool tds_link_is_dead(const TdsLink *link);
extern const TdsError *tds_link_error(const TdsLink *link);

/* The database that the session is in. */
extern const char *tds_link_database(const TdsLink *link);

/*
 * From here on do not ask TdsInterrupt, but give up after that many seconds;
 * 0: ask it again.
 */
extern void tds_link_limit(TdsLink *link, int seconds);

/*
 * Run a batch and read past all that it gives.  rows, if not NULL, becomes
 * the sum of the counts that its statements told.
 */
extern bool tds_link_execute(TdsLink *link, const char *sql, int64_t *rows);

/*
 * Run a batch for its rows.  tds_link_query sends it, and the server works on
 * it while we may do something else, but nothing with the link except to
 * discard it.  tds_link_result moves to the next set of rows, tds_link_row to
 * the next row of it; both say 1, 0 (there are no more) or -1 (error).
 * Columns count from 0, here and below.
 */
extern bool tds_link_query(TdsLink *link, const char *sql);
extern int	tds_link_result(TdsLink *link);
extern int	tds_link_row(TdsLink *link);
extern int	tds_link_columns(const TdsLink *link);
extern const char *tds_link_column_name(TdsLink *link, int column);
extern void tds_link_discard(TdsLink *link);

/* Values of sql_variant cannot be read. */
extern bool tds_link_is_readable(const TdsLink *link, int column);
extern bool tds_link_is_binary(const TdsLink *link, int column);

/*
 * A value of the current row as text in UTF-8, of *length bytes and not
 * ended by NUL; NULL for NULL.  Binary values are hexadecimal digits, dates
 * are in ISO form with as many digits of the second as the type has.  It
 * stands until the next call.
 */
extern bool tds_link_value(TdsLink *link, int column, const char **value,
						   size_t *length);

/* How a value of a column is given by tds_link_get. */
typedef enum TdsKind
{
	TDS_INTEGER,				/* integer: bit to bigint */
	TDS_FLOAT,					/* number */
	TDS_CHARACTERS,				/* bytes: UTF-8, not ended by NUL */
	TDS_BYTES,					/* bytes */
	TDS_DATETIME,				/* days and ticks */
	TDS_DECIMAL,				/* integer / 10^scale, unless is_wide */
	TDS_UNIQUE,					/* bytes, in the order that the server has */
	TDS_OTHER					/* tds_link_value has it */
} TdsKind;

typedef struct TdsValue
{
	const char *bytes;			/* NULL for NULL */
	size_t		length;
	int64_t		integer;
	double		number;
	int32_t		days;			/* since 1900-01-01 */
	int32_t		ticks;			/* three hundredths of a second */
	int			scale;
	bool		is_wide;		/* tds_link_value has it */
} TdsValue;

extern TdsKind tds_link_kind(const TdsLink *link, int column);

/*
 * A value of the current row as it is; false for NULL.  It stands until the
 * next call.
 */
extern bool tds_link_get(TdsLink *link, int column, TdsKind kind,
						 TdsValue *value);

/* How a value of a column is given to a bulk copy. */
typedef enum TdsBulkKind
{
	TDS_BULK_INTEGER,			/* tds_bulk_integer: bit to bigint */
	TDS_BULK_FLOAT,				/* tds_bulk_float */
	TDS_BULK_UNICODE,			/* tds_bulk_bytes: UTF-16LE */
	TDS_BULK_BINARY,			/* tds_bulk_bytes: as they are */
	TDS_BULK_DATETIME,			/* tds_bulk_datetime */
	TDS_BULK_TEXT				/* tds_bulk_bytes: text that is converted */
} TdsBulkKind;

/* Options of a bulk copy. */
#define TDS_BULK_KEEP_IDENTITY		0x01	/* else its column is left out */
#define TDS_BULK_CHECK_CONSTRAINTS	0x02
#define TDS_BULK_FIRE_TRIGGERS		0x04
#define TDS_BULK_KEEP_NULLS			0x08

/*
 * Options of the next bulk copy.  Of those but the first the library can give
 * the server one alone; false: they are more.
 */
extern bool tds_bulk_options(TdsLink *link, int options);

/*
 * Copy rows into a table: begin, for each row a value for each column, row,
 * and end, which gives the number of rows that the server has taken.  The
 * bytes of a value must stand until the row was sent.  kinds stand for all
 * columns of the table, also for those that are left out.  A link whose bulk
 * copy failed before its end is lost.
 */
extern bool tds_bulk_begin(TdsLink *link, const char *table, int ncolumns,
						   const TdsBulkKind *kinds);
extern void tds_bulk_null(TdsLink *link, int column);
extern void tds_bulk_integer(TdsLink *link, int column, int64_t value);
extern void tds_bulk_float(TdsLink *link, int column, double value);
extern void tds_bulk_bytes(TdsLink *link, int column, const char *bytes,
						   size_t length);

/* Days since 1900-01-01 and three hundredths of a second since midnight. */
extern void tds_bulk_datetime(TdsLink *link, int column, int32_t days,
							  int32_t ticks);
extern bool tds_bulk_row(TdsLink *link);
extern bool tds_bulk_end(TdsLink *link, int64_t *rows);

/* Close the connection whatever it is amid: the link is lost. */
extern void tds_link_abandon(TdsLink *link);

#endif							/* OSMETA_TDS_DBLIB_H */
