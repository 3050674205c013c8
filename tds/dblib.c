/*-------------------------------------------------------------------------
 *
 * dblib.c
 *	  Everything of osmeta_tds that calls FreeTDS's db-lib.
 *
 * db-lib is made for programs that own their process: it calls exit() when
 * no error handler is installed or one says so, its handlers and timeouts are
 * global, and it frees memory after a handler has returned, so that nothing
 * may jump out of one.  In a backend another library (tds_fdw) may use it,
 * too.  So each entry point here installs our handlers and puts back those
 * that were there; the handlers copy the first message into the link and
 * return INT_CANCEL, and nothing else.
 *
 * While it waits the library asks once a second, and after each signal,
 * whether it shall go on; if not it tells the server to stop, and if that is
 * of no use closes the connection a second later.  During the
 * login it cannot be asked, but times out every second and lets the handler
 * decide.  Timeouts that somebody else has set (they hold for all connections)
 * mean nothing here: the handler lets the library wait on.
 *
 * While the server keeps on sending, the library does not wait, and asks
 * nobody.  Between rows and sets of rows we ask ourselves; within a call
 * tds_link_look, run by the handler of a signal, shuts the socket down, which
 * the library takes for the end of the connection.  For this the link keeps a
 * descriptor of the socket that is its own: the library may close its at any
 * moment.
 *
 *-------------------------------------------------------------------------
 */
#include "dblib.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <sybfront.h>
#include <sybdb.h>

#include "format.h"

/* Seconds after which a login asks whether to go on. */
#define LOGIN_TICK 1

/* Seconds until a login must stand, if its owner does not say. */
#define LOGIN_TIMEOUT 60

/* Milliseconds that a server has to stop when it was told to. */
#define PATIENCE 1000

/*
 * Bytes of a packet.  Larger ones are faster; servers take no more than 16383
 * on a connection that is encrypted.
 */
#define PACKET_SIZE 16000

/* What the library takes as the default time for a login. */
#define NO_TIMEOUT (-1)

typedef union BulkValue
{
	DBBIGINT	integer;
	DBFLT8		number;
	DBDATETIME	datetime;
} BulkValue;

typedef struct BulkColumn
{
	BulkValue	value;
	TdsBulkKind kind;
	bool		is_null;		/* as the library knows it */
} BulkColumn;

struct TdsLink
{
	DBPROCESS  *process;
	TdsInterrupt interrupt;
	TdsWatch	watch;
	volatile sig_atomic_t descriptor;	/* of the socket; -1: none */
	volatile sig_atomic_t is_shut;	/* by tds_link_look */
	volatile int64_t patience;	/* until then the call may end; 0: not asked */
	TdsError	error;
	int			os_number;		/* what the system said of it */
	int64_t		deadline;		/* as now() counts; 0: none */
	bool		is_deaf;		/* the deadline counts alone */
	bool		is_sending;		/* in the middle of a request */
	bool		is_sent;		/* and not asked what came of it */
	bool		is_stopping;	/* the server was told to stop */
	char	   *buffer;			/* the value that was asked for last */
	size_t		buffer_size;
	int			bulk_options;
	int			nbulk;
	BulkColumn *bulk;
	int64_t		bulk_rows;
};

/* The link whose login is under way: db-lib has no handle for it yet. */
static TdsLink *opening = NULL;

/* The link that a call is under way on, but for a login. */
static TdsLink *volatile running = NULL;

/* What was installed before us. */
typedef struct Guard
{
	EHANDLEFUNC error;
	MHANDLEFUNC message;
} Guard;

static TdsLink *
link_of(DBPROCESS *process)
{
	TdsLink    *link = NULL;

	if (process != NULL)
		link = (TdsLink *) dbgetuserdata(process);
	return link != NULL ? link : opening;
}

static void
copy_text(char *to, size_t size, const char *from)
{
	size_t		length = from == NULL ? 0 : strlen(from);

	if (length >= size)
	{
		length = size - 1;
		/* not in the middle of a character */
		while (length > 0 && ((unsigned char) from[length] & 0xC0) == 0x80)
			length--;
	}
	if (length > 0)
		memcpy(to, from, length);
	to[length] = '\0';
}

static bool
is_interrupted(const TdsLink *link)
{
	return !link->is_deaf && link->interrupt != NULL && link->interrupt();
}

/* Milliseconds of a clock that nobody sets. */
static int64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t) time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool
is_late(const TdsLink *link)
{
	return link->deadline != 0 && now() >= link->deadline;
}

/* From here on the server has its time to stop. */
static void
note_stop(TdsLink *link)
{
	link->is_stopping = true;
	link->patience = now() + PATIENCE;
	if (!link->error.is_set)
	{
		link->error.is_set = link->error.is_client = true;
		link->error.number = SYBETIME;
		copy_text(link->error.message, sizeof(link->error.message),
				  "the statement was interrupted");
	}
}

/* Nothing here but what the handler of a signal may do. */
bool
tds_link_look(void)
{
	TdsLink    *link = running;

	if (link == NULL)
		return false;
	if (link->is_deaf)
	{
		if (!is_late(link))
			return true;
	}
	else
	{
		if (!is_interrupted(link))
			return true;
		if (link->patience == 0)
			link->patience = now() + PATIENCE;
		if (now() < link->patience)
			return true;
	}
	if (link->descriptor >= 0 && !link->is_shut)
	{
		link->is_shut = 1;
		shutdown(link->descriptor, SHUT_RDWR);
	}
	return true;
}

static int
handle_error(DBPROCESS *process, int severity, int number, int os_number,
			 char *message, char *os_text)
{
	TdsLink    *link = link_of(process);

	if (link == NULL)
		return INT_CANCEL;
	if (is_interrupted(link))
		link->error.is_interrupted = true;
	else if (number == SYBETIME && !is_late(link))
		return INT_CONTINUE;

	/*
	 * A server that works on a request is told to stop, so that it does not
	 * work on for nobody; if it has not in a second, we are asked again.
	 */
	if (number == SYBETIME && link->process != NULL && !link->is_deaf &&
		!link->is_sending && !link->is_stopping)
	{
		note_stop(link);
		return INT_TIMEOUT;
	}
	if (process != NULL && dbdead(process))
		link->error.is_lost = true;
	/* "General SQL Server error" follows on what the server has said */
	if (link->error.is_set)
		return INT_CANCEL;
	link->error.is_set = true;
	link->error.is_client = true;
	link->error.number = number;
	link->error.severity = severity;
	link->os_number = os_number;
	copy_text(link->error.message, sizeof(link->error.message), message);
	if (os_number != DBNOERR && os_number != 0 && os_text != NULL)
	{
		size_t		used = strlen(link->error.message);

		snprintf(link->error.message + used, sizeof(link->error.message) - used,
				 " (%s)", os_text);
	}
	return INT_CANCEL;
}

static int
handle_message(DBPROCESS *process, DBINT number, int state, int severity,
			   char *message, char *server, char *procedure, int line)
{
	TdsLink    *link = link_of(process);

	(void) server;
	/* up to 10 these are messages of a server that is content */
	if (link == NULL || severity <= 10)
		return 0;
	/* what the server says comes before what the library makes of it */
	if (link->error.is_set && !link->error.is_client)
		return 0;
	link->error.is_set = true;
	link->error.is_client = false;
	link->error.number = number;
	link->error.severity = severity;
	link->error.state = state;
	link->error.line = line;
	copy_text(link->error.message, sizeof(link->error.message), message);
	copy_text(link->error.procedure, sizeof(link->error.procedure), procedure);
	return 0;
}

static int
check_interrupt(void *process)
{
	TdsLink    *link = link_of(process);

	if (link == NULL)
		return false;
	/* signals make the library ask sooner than a second later */
	if (link->is_stopping && !link->is_deaf && now() < link->patience)
		return false;
	return is_interrupted(link) || is_late(link);
}

static int
handle_interrupt(void *process)
{
	TdsLink    *link = link_of(process);

	if (link != NULL && is_interrupted(link))
		link->error.is_interrupted = true;
	return INT_CANCEL;
}

/* Forget the last error, but for its text, which is long. */
static void
clear_error(TdsLink *link)
{
	TdsError   *error = &link->error;

	error->is_set = error->is_client = false;
	error->is_lost = error->is_interrupted = false;
	error->number = error->severity = error->state = error->line = 0;
	error->message[0] = error->procedure[0] = '\0';
	link->os_number = 0;
	link->is_stopping = false;
	link->patience = 0;
}

static Guard
enter(TdsLink *link)
{
	Guard		guard;

	guard.error = dberrhandle(handle_error);
	guard.message = dbmsghandle(handle_message);
	clear_error(link);
	if (link->process != NULL)
	{
		/* in this order: a look between them must see it, or end before */
		running = link;
		link->watch();
	}
	return guard;
}

/* The descriptor is to be closed once, and by nobody used after that. */
static void
close_descriptor(TdsLink *link)
{
	int			descriptor = link->descriptor;

	link->descriptor = -1;
	if (descriptor >= 0)
		close(descriptor);
}

/* Between rows: shall we go on?  If not the server is to be told to stop. */
static bool
may_go_on(TdsLink *link)
{
	if (!is_interrupted(link))
		return true;
	link->error.is_interrupted = true;
	note_stop(link);
	return false;
}

/* Put the handlers back; gives whether all went well. */
static bool
leave(TdsLink *link, Guard guard, bool done)
{
	running = NULL;
	if (link->process != NULL && dbdead(link->process))
	{
		link->error.is_lost = true;
		close_descriptor(link);
	}
	if (link->is_shut)
	{
		/* also if all that was asked for had come by then */
		link->error.is_lost = true;
		link->error.is_interrupted |= !link->is_deaf;
	}
	if ((!done || link->error.is_lost) && !link->error.is_set)
	{
		link->error.is_set = true;
		link->error.is_client = true;
		copy_text(link->error.message, sizeof(link->error.message),
				  "the connection is closed");
	}
	dberrhandle(guard.error);
	dbmsghandle(guard.message);
	return done && !link->error.is_set;
}

/* One message for what goes wrong before there is a link. */
static bool
fail(TdsError *error, const char *message)
{
	memset(error, 0, sizeof(*error));
	error->is_set = true;
	error->is_client = true;
	copy_text(error->message, sizeof(error->message), message);
	return false;
}

static int
protocol(const char *version)
{
	static const struct
	{
		const char *name;
		int			number;
	}			known[] = {
		{"7.0", DBVERSION_70}, {"7.1", DBVERSION_71}, {"7.2", DBVERSION_72},
		{"7.3", DBVERSION_73}, {"7.4", DBVERSION_74}
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		if (version != NULL && strcmp(version, known[i].name) == 0)
			return known[i].number;
	}
	return DBVERSION_74;
}

/*
 * Make the library ready.  It counts who uses it, and closes all connections
 * when the last one leaves; we stay.  Its initialisation puts the default
 * handler in place, which exits.
 */
static bool
initialise(void)
{
	static bool is_done = false;

	if (!is_done)
		is_done = dbinit() == SUCCEED;
	dberrhandle(handle_error);
	return is_done;
}

static void
fill_record(LOGINREC *record, const TdsLogin *login)
{
	DBSETLVERSION(record, protocol(login->version));
	DBSETLCHARSET(record, "UTF-8");
	DBSETLAPP(record, "osmeta");
	DBSETLPACKET(record, PACKET_SIZE);
	BCP_SETL(record, TRUE);
	if (login->user != NULL)
		DBSETLUSER(record, login->user);
	if (login->password != NULL)
		DBSETLPWD(record, login->password);
	if (login->database != NULL)
		DBSETLDBNAME(record, login->database);
}

bool
tds_link_open(const TdsLogin *login, TdsInterrupt interrupt, TdsWatch watch,
			  TdsLink **result, TdsError *error)
{
	TdsLink    *link;
	LOGINREC   *record;
	Guard		guard;
	char		server[512];
	int			length;

	*result = NULL;
	length = snprintf(server, sizeof(server), "%s%s%s", login->server,
					  login->port != NULL ? ":" : "",
					  login->port != NULL ? login->port : "");
	if (length < 0 || (size_t) length >= sizeof(server))
		return fail(error, "the name of the server is too long");
	link = calloc(1, sizeof(TdsLink));
	if (link == NULL)
		return fail(error, "out of memory");
	link->interrupt = interrupt;
	link->watch = watch;
	link->descriptor = -1;
	opening = link;
	guard = enter(link);
	if (!initialise() || (record = dblogin()) == NULL)
	{
		opening = NULL;
		(void) leave(link, guard, false);
		*error = link->error;
		free(link);
		return false;
	}
	fill_record(record, login);

	/*
	 * The time until a host answers counts as the login's, so a connection
	 * that takes longer than a tick is tried again until the deadline.
	 */
	link->deadline = now() +
		(login->timeout > 0 ? login->timeout : LOGIN_TIMEOUT) * 1000;
	dbsetlogintime(LOGIN_TICK);
	do
	{
		clear_error(link);
		link->process = dbopen(record, server);
	} while (link->process == NULL && link->error.is_client &&
			 link->error.number == SYBECONN && link->os_number == ETIMEDOUT &&
			 !link->error.is_interrupted && !is_late(link));
	dbsetlogintime(NO_TIMEOUT);
	link->deadline = 0;
	opening = NULL;
	dbloginfree(record);
	if (link->process != NULL)
	{
		dbsetuserdata(link->process, (BYTE *) link);
		dbsetinterrupt(link->process, check_interrupt, handle_interrupt);
		link->descriptor = fcntl(DBIORDESC(link->process), F_DUPFD_CLOEXEC, 0);
		if (link->descriptor < 0 && !link->error.is_set)
		{
			link->error.is_set = link->error.is_client = true;
			snprintf(link->error.message, sizeof(link->error.message),
					 "cannot duplicate a descriptor: %s", strerror(errno));
		}
	}
	if (!leave(link, guard, link->process != NULL))
	{
		*error = link->error;
		tds_link_close(link);
		return false;
	}
	*result = link;
	return true;
}

/* Close the connection and keep the link, with the error that led here. */
static void
drop(TdsLink *link)
{
	if (link->process != NULL)
	{
		dbclose(link->process);
		link->process = NULL;
	}
	close_descriptor(link);
	link->error.is_lost = true;
}

void
tds_link_close(TdsLink *link)
{
	Guard		guard;

	if (link == NULL)
		return;
	tds_link_limit(link, 1);
	guard = enter(link);
	drop(link);
	(void) leave(link, guard, true);
	free(link->bulk);
	free(link->buffer);
	free(link);
}

bool
tds_link_is_dead(const TdsLink *link)
{
	return link->process == NULL || link->is_shut || dbdead(link->process);
}

const TdsError *
tds_link_error(const TdsLink *link)
{
	return &link->error;
}

const char *
tds_link_database(const TdsLink *link)
{
	const char *name = link->process != NULL ? dbname(link->process) : NULL;

	return name == NULL ? "" : name;
}

void
tds_link_limit(TdsLink *link, int seconds)
{
	link->is_deaf = seconds > 0;
	link->deadline = seconds > 0 ? now() + seconds * 1000 : 0;
}

/* Send a batch. */
static bool
send_batch(TdsLink *link, const char *sql)
{
	bool		done;

	if (link->process == NULL)
		return false;
	dbfreebuf(link->process);
	if (dbcmd(link->process, sql) != SUCCEED)
		return false;
	link->is_sending = true;
	done = dbsqlsend(link->process) == SUCCEED;
	link->is_sending = false;
	return done;
}

/* Make the connection ready for the next batch. */
static void
discard(TdsLink *link)
{
	link->is_sent = false;
	if (link->process != NULL && !dbdead(link->process))
		dbcancel(link->process);
}

bool
tds_link_execute(TdsLink *link, const char *sql, int64_t *rows)
{
	Guard		guard = enter(link);
	int64_t		sum = 0;
	bool		done = send_batch(link, sql) &&
	dbsqlok(link->process) == SUCCEED;

	while (done)
	{
		RETCODE		code = dbresults(link->process);
		STATUS		status;

		if (code == NO_MORE_RESULTS)
			break;
		done = code == SUCCEED && may_go_on(link);
		while (done && (status = dbnextrow(link->process)) != NO_MORE_ROWS)
			done = status != FAIL && may_go_on(link);
		if (done && dbcount(link->process) > 0)
			sum += dbcount(link->process);
	}
	if (!done || link->error.is_set)
		discard(link);
	if (rows != NULL)
		*rows = sum;
	return leave(link, guard, done);
}

bool
tds_link_query(TdsLink *link, const char *sql)
{
	Guard		guard = enter(link);
	bool		done = send_batch(link, sql);

	link->is_sent = done;
	if (!done || link->error.is_set)
		discard(link);
	return leave(link, guard, done);
}

int
tds_link_result(TdsLink *link)
{
	Guard		guard = enter(link);
	RETCODE		code = FAIL;
	bool		done = link->process != NULL;

	/* an error leaves nothing to be read */
	if (done && link->is_sent)
		done = dbsqlok(link->process) == SUCCEED;
	link->is_sent = false;
	/* statements that give no rows are passed over */
	while (done && may_go_on(link) &&
		   (code = dbresults(link->process)) == SUCCEED &&
		   dbnumcols(link->process) == 0 && !link->error.is_set)
		continue;
	if (code == FAIL || link->error.is_set)
		discard(link);
	if (!leave(link, guard, code != FAIL))
		return -1;
	return code == SUCCEED ? 1 : 0;
}

int
tds_link_row(TdsLink *link)
{
	Guard		guard = enter(link);
	STATUS		status = FAIL;

	if (link->process != NULL && may_go_on(link))
		status = dbnextrow(link->process);
	if (status == FAIL || link->error.is_set)
		discard(link);
	if (!leave(link, guard, status != FAIL))
		return -1;
	return status == NO_MORE_ROWS ? 0 : 1;
}

int
tds_link_columns(const TdsLink *link)
{
	return link->process == NULL ? 0 : dbnumcols(link->process);
}

const char *
tds_link_column_name(TdsLink *link, int column)
{
	const char *name = NULL;

	if (link->process != NULL)
		name = dbcolname(link->process, column + 1);
	return name == NULL ? "" : name;
}

void
tds_link_discard(TdsLink *link)
{
	Guard		guard = enter(link);

	discard(link);
	(void) leave(link, guard, true);
}

/* Types that the public header does not name. */
#define TYPE_UNIQUE 36
#define TYPE_VARIANT 98

/* Room for a value: false if there is no memory. */
static bool
reserve(TdsLink *link, size_t size)
{
	char	   *buffer;

	if (size <= link->buffer_size)
		return true;
	buffer = realloc(link->buffer, size);
	if (buffer == NULL)
		return false;
	link->buffer = buffer;
	link->buffer_size = size;
	return true;
}

/* The types of SQL Server 2008: date, time, datetime2, datetimeoffset. */
static int
format_datetime_all(char *to, size_t size, const BYTE *data, int type)
{
	DBDATETIMEALL value;
	int64_t		days;
	int64_t		units;
	int			length = 0;

	memcpy(&value, data, sizeof(value));
	days = value.date;
	units = (int64_t) value.time;
	if (type == SYBMSDATETIMEOFFSET)
	{
		/* it is kept in universal time */
		units += (int64_t) value.offset * 600000000;
		if (units < 0)
		{
			units += INT64_C(864000000000);
			days--;
		}
		else if (units >= INT64_C(864000000000))
		{
			units -= INT64_C(864000000000);
			days++;
		}
	}
	if (type != SYBMSTIME)
		length += tds_format_day(to, size, days);
	if (type != SYBMSTIME && type != SYBMSDATE)
		to[length++] = ' ';
	if (type != SYBMSDATE)
		length += tds_format_time(to + length, size - length, units,
								  value.time_prec);
	if (type == SYBMSDATETIMEOFFSET)
	{
		int			offset = value.offset < 0 ? -value.offset : value.offset;

		length += snprintf(to + length, size - length, "%c%02d:%02d",
						   value.offset < 0 ? '-' : '+', offset / 60,
						   offset % 60);
	}
	return length;
}

/*
 * A value whose type has a small fixed size as text; gives its length, or -1
 * if the type is another.
 */
static int
format_small(TdsLink *link, int type, const BYTE *data, size_t length)
{
	char	   *to = link->buffer;
	size_t		size = link->buffer_size;

	switch (type)
	{
		case SYBBIT:
		case SYBINT1:
		case SYBINT2:
		case SYBINT4:
		case SYBINT8:
			return snprintf(to, size, "%lld",
							(long long) tds_integer(data, length));
		case SYBREAL:
		case SYBFLT8:
			return snprintf(to, size, "%.*g", type == SYBREAL ? 9 : 17,
							tds_number(data, length));
		case SYBMONEY:
			{
				DBMONEY		value;

				memcpy(&value, data, sizeof(value));
				return tds_format_money(to, size,
										(int64_t) value.mnyhigh * 4294967296 +
										value.mnylow);
			}
		case SYBMONEY4:
			{
				DBMONEY4	value;

				memcpy(&value, data, sizeof(value));
				return tds_format_money(to, size, value.mny4);
			}
		case SYBDATETIME:
			{
				DBDATETIME	value;

				memcpy(&value, data, sizeof(value));
				/* three hundredths of a second, rounded to milliseconds */
				return tds_format_moment(to, size, value.dtdays,
										 ((uint64_t) value.dttime * 10 + 1) /
										 3 * 10000, 3);
			}
		case SYBDATETIME4:
			{
				DBDATETIME4 value;

				memcpy(&value, data, sizeof(value));
				return tds_format_moment(to, size, value.days,
										 (uint64_t) value.minutes * 600000000,
										 0);
			}
		case SYBMSDATE:
		case SYBMSTIME:
		case SYBMSDATETIME2:
		case SYBMSDATETIMEOFFSET:
			return format_datetime_all(to, size, data, type);
		case TYPE_UNIQUE:
			return tds_format_unique(to, size, data);
		default:
			return -1;
	}
}

static bool
is_character(int type)
{
	return type == SYBCHAR || type == SYBVARCHAR || type == SYBTEXT ||
		type == SYBNTEXT || type == SYBNVARCHAR;
}

static bool
is_binary(int type)
{
	return type == SYBBINARY || type == SYBVARBINARY || type == SYBIMAGE;
}

bool
tds_link_is_readable(const TdsLink *link, int column)
{
	return dbcoltype(link->process, column + 1) != TYPE_VARIANT;
}

bool
tds_link_is_binary(const TdsLink *link, int column)
{
	return is_binary(dbcoltype(link->process, column + 1));
}

TdsKind
tds_link_kind(const TdsLink *link, int column)
{
	int			type = dbcoltype(link->process, column + 1);

	if (is_character(type))
		return TDS_CHARACTERS;
	if (is_binary(type))
		return TDS_BYTES;
	switch (type)
	{
		case SYBBIT:
		case SYBINT1:
		case SYBINT2:
		case SYBINT4:
		case SYBINT8:
			return TDS_INTEGER;
		case SYBREAL:
		case SYBFLT8:
			return TDS_FLOAT;
		case SYBDATETIME:
			return TDS_DATETIME;
		case SYBDECIMAL:
		case SYBNUMERIC:
			return TDS_DECIMAL;
		case TYPE_UNIQUE:
			return TDS_UNIQUE;
		default:
			return TDS_OTHER;
	}
}

bool
tds_link_get(TdsLink *link, int column, TdsKind kind, TdsValue *value)
{
	const BYTE *data = dbdata(link->process, column + 1);

	value->bytes = (const char *) data;
	if (data == NULL)
		return false;
	value->length = (size_t) dbdatlen(link->process, column + 1);
	if (kind == TDS_INTEGER)
		value->integer = tds_integer(data, value->length);
	else if (kind == TDS_FLOAT)
		value->number = tds_number(data, value->length);
	else if (kind == TDS_DATETIME)
	{
		DBDATETIME	moment;

		memcpy(&moment, data, sizeof(moment));
		value->days = moment.dtdays;
		value->ticks = moment.dttime;
	}
	else if (kind == TDS_DECIMAL)
	{
		const DBNUMERIC *number = (const DBNUMERIC *) data;

		value->scale = number->scale;
		value->is_wide = !tds_decimal_integer(number->array,
											  number->precision,
											  &value->integer);
	}
	return true;
}

bool
tds_link_value(TdsLink *link, int column, const char **value, size_t *length)
{
	const BYTE *data = dbdata(link->process, column + 1);
	size_t		size = dbdatlen(link->process, column + 1);
	int			type = dbcoltype(link->process, column + 1);
	int			small;

	*value = NULL;
	*length = 0;
	if (data == NULL)
		return true;
	if (is_character(type))
	{
		*value = (const char *) data;
		*length = size;
		return true;
	}
	if (!reserve(link, is_binary(type) ? 2 * size + 1 : 128))
		return fail(&link->error, "out of memory");
	if (is_binary(type))
	{
		static const char digits[] = "0123456789abcdef";

		for (size_t i = 0; i < size; i++)
		{
			link->buffer[2 * i] = digits[data[i] >> 4];
			link->buffer[2 * i + 1] = digits[data[i] & 15];
		}
		*length = 2 * size;
	}
	else if ((small = format_small(link, type, data, size)) >= 0)
		*length = small;
	else
	{
		Guard		guard = enter(link);
		DBINT		converted = -1;

		/* decimal and numeric */
		if (type != TYPE_VARIANT)
			converted = dbconvert(link->process, type, data, size, SYBCHAR,
								  (BYTE *) link->buffer, 127);
		if (!leave(link, guard, converted >= 0))
			return false;
		*length = converted;
		/* filled up with blanks */
		while (*length > 0 && link->buffer[*length - 1] == ' ')
			(*length)--;
	}
	*value = link->buffer;
	return true;
}

bool
tds_bulk_options(TdsLink *link, int options)
{
	int			hints = options & ~TDS_BULK_KEEP_IDENTITY;

	link->bulk_options = options;
	return (hints & (hints - 1)) == 0;
}

static const char *
hint_of(int options)
{
	if (options & TDS_BULK_CHECK_CONSTRAINTS)
		return "CHECK_CONSTRAINTS";
	if (options & TDS_BULK_FIRE_TRIGGERS)
		return "FIRE_TRIGGERS";
	if (options & TDS_BULK_KEEP_NULLS)
		return "KEEP_NULLS";
	return NULL;
}

/* Bind a column to the room of its value; gives SUCCEED or FAIL. */
static RETCODE
bind_column(TdsLink *link, int column)
{
	BulkColumn *bulk = &link->bulk[column];
	int			type = 0;

	switch (bulk->kind)
	{
		case TDS_BULK_INTEGER:
			type = SYBINT8;
			break;
		case TDS_BULK_FLOAT:
			type = SYBFLT8;
			break;
		case TDS_BULK_DATETIME:
			type = SYBDATETIME;
			break;
		case TDS_BULK_UNICODE:
		case TDS_BULK_BINARY:
			/* the column's own: copied as it is */
			break;
		case TDS_BULK_TEXT:
			type = SYBCHAR;
			break;
	}
	bulk->is_null = true;
	return bcp_bind(link->process, (BYTE *) &bulk->value, 0, 0, NULL, 0, type,
					column + 1);
}

bool
tds_bulk_begin(TdsLink *link, const char *table, int ncolumns,
			   const TdsBulkKind *kinds)
{
	Guard		guard = enter(link);
	int			options = link->bulk_options;
	const char *hint = hint_of(options);
	bool		done;

	link->bulk_options = 0;
	link->nbulk = 0;
	link->bulk_rows = 0;
	free(link->bulk);
	link->bulk = calloc(ncolumns > 0 ? ncolumns : 1, sizeof(BulkColumn));
	if (link->bulk == NULL)
	{
		(void) leave(link, guard, true);
		return fail(&link->error, "out of memory");
	}
	link->nbulk = ncolumns;
	done = link->process != NULL &&
		bcp_init(link->process, table, NULL, NULL, DB_IN) == SUCCEED;
	if (done && (options & TDS_BULK_KEEP_IDENTITY))
		done = bcp_control(link->process, BCPKEEPIDENTITY, 1) == SUCCEED;
	if (done && hint != NULL)
		done = bcp_options(link->process, BCPHINTS, (BYTE *) hint,
						   strlen(hint)) == SUCCEED;
	for (int i = 0; i < ncolumns && done; i++)
	{
		link->bulk[i].kind = kinds[i];
		done = bind_column(link, i) == SUCCEED;
	}
	if (!done)
		discard(link);
	return leave(link, guard, done);
}

/* Give a column a value whose length the type knows, or NULL (0). */
static void
set_null(TdsLink *link, int column, bool is_null)
{
	/* a call without a connection would end in an error handler */
	if (link->process != NULL && link->bulk[column].is_null != is_null)
	{
		bcp_collen(link->process, is_null ? 0 : -1, column + 1);
		link->bulk[column].is_null = is_null;
	}
}

void
tds_bulk_null(TdsLink *link, int column)
{
	set_null(link, column, true);
}

void
tds_bulk_integer(TdsLink *link, int column, int64_t value)
{
	link->bulk[column].value.integer = value;
	set_null(link, column, false);
}

void
tds_bulk_float(TdsLink *link, int column, double value)
{
	link->bulk[column].value.number = value;
	set_null(link, column, false);
}

void
tds_bulk_datetime(TdsLink *link, int column, int32_t days, int32_t ticks)
{
	link->bulk[column].value.datetime.dtdays = days;
	link->bulk[column].value.datetime.dttime = ticks;
	set_null(link, column, false);
}

void
tds_bulk_bytes(TdsLink *link, int column, const char *bytes, size_t length)
{
	/*
	 * A length of zero means NULL.  One that the library is to find itself,
	 * by the NUL, may be zero.
	 */
	if (length == 0)
		bytes = "";
	if (link->process == NULL)
		return;
	bcp_colptr(link->process, (BYTE *) bytes, column + 1);
	bcp_collen(link->process, length == 0 ? -1 : (DBINT) length, column + 1);
	link->bulk[column].is_null = false;
}

bool
tds_bulk_row(TdsLink *link)
{
	Guard		guard = enter(link);
	bool		done;

	link->is_sending = true;
	done = link->process != NULL && bcp_sendrow(link->process) == SUCCEED;
	link->is_sending = false;
	if (done)
		link->bulk_rows++;
	else
		/* half a row stands in the stream */
		drop(link);
	return leave(link, guard, done);
}

bool
tds_bulk_end(TdsLink *link, int64_t *rows)
{
	Guard		guard = enter(link);
	DBINT		count = 0;

	/* without a row the server was not told to take any */
	if (link->bulk_rows > 0)
		count = link->process == NULL ? -1 : bcp_done(link->process);
	if (count < 0)
		discard(link);
	*rows = count < 0 ? 0 : count;
	return leave(link, guard, count >= 0);
}

void
tds_link_abandon(TdsLink *link)
{
	Guard		guard;

	tds_link_limit(link, 1);
	guard = enter(link);
	drop(link);
	(void) leave(link, guard, true);
}
