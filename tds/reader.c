/*-------------------------------------------------------------------------
 *
 * reader.c
 *	  Links to T-SQL servers that rows are read through.
 *
 * Whoever reads takes an idle link to the server with the user mapping of the
 * user, or opens one, and has it to himself until the last row, so that two
 * scans of one statement have two.  None of them is the link that writes: no
 * transaction is begun here, and each query is one of its own, as with
 * tds_fdw.
 *
 * A link in use belongs to the resource owner that the scan runs under; if
 * that is released before the scan has ended it was aborted, or its
 * subtransaction, or its cursor, and the link is given back.  Links that
 * somebody met with an error on are closed.
 *
 *-------------------------------------------------------------------------
 */
#include "reader.h"

#include "access/xact.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "connection.h"

/* Idle links that are kept for a server and user. */
#define MOST_IDLE 8

/* Seconds that the server has to leave off when rows are thrown away. */
#define DISCARD_TIME 1

typedef struct TdsReader
{
	struct TdsReader *next;
	Oid			server;
	Oid			user;
	char		name[NAMEDATALEN];	/* of the server */
	TdsLink    *link;			/* NULL: closed */
	bool		is_changed;		/* server or user mapping */
	ResourceOwner owner;		/* NULL: idle */
	uint64		number;			/* of the use that it is in */
	const char *sql;
} TdsReader;

static TdsReader *readers = NULL;

/* Has a link that is idle anything to be closed for? */
static bool has_changed = false;

static void
close_reader(TdsReader *reader)
{
	TdsLink    *link = reader->link;

	reader->link = NULL;
	reader->owner = NULL;
	reader->sql = NULL;
	tds_link_close(link);
}

/* Never raises an error. */
static void
give_back(TdsReader *reader)
{
	int			idle = 0;

	if (!tds_link_is_dead(reader->link))
	{
		tds_link_limit(reader->link, DISCARD_TIME);
		tds_link_discard(reader->link);
		if (!tds_link_is_dead(reader->link))
			tds_link_limit(reader->link, 0);
	}
	for (TdsReader *r = readers; r != NULL; r = r->next)
		idle += r->link != NULL && r->owner == NULL &&
			r->server == reader->server && r->user == reader->user;
	if (tds_link_is_dead(reader->link) || reader->is_changed ||
		idle >= MOST_IDLE)
		close_reader(reader);
	else
	{
		reader->owner = NULL;
		reader->sql = NULL;
	}
}

/* Raise the error of a reader, which may be in no good state. */
static void
raise_error(TdsReader *reader)
{
	TdsError	error = *tds_link_error(reader->link);
	const char *sql = reader->sql;

	close_reader(reader);
	osmeta_tds_raise_error(reader->name, &error, sql);
}

/* An idle one with a link if there is any, or else one without a link. */
static TdsReader *
find_reader(Oid server, Oid user)
{
	TdsReader  *found = NULL;

	for (TdsReader *r = readers; r != NULL; r = r->next)
	{
		if (r->owner != NULL)
			continue;
		if (r->link != NULL && (r->is_changed || tds_link_is_dead(r->link)))
			close_reader(r);
		if (r->link == NULL ? found == NULL :
			r->server == server && r->user == user)
		{
			found = r;
			if (r->link != NULL)
				break;
		}
	}
	if (found == NULL)
	{
		found = MemoryContextAllocZero(TopMemoryContext, sizeof(TdsReader));
		found->next = readers;
		readers = found;
	}
	found->server = server;
	found->user = user;
	return found;
}

void
osmeta_tds_begin_reading(TdsReading *reading, Oid serverid, Oid user,
						 ResourceOwner owner, const char *sql)
{
	ForeignServer *server = GetForeignServer(serverid);
	TdsReader  *reader = find_reader(serverid, user);

	strlcpy(reader->name, server->servername, NAMEDATALEN);
	for (;;)
	{
		bool		is_new = reader->link == NULL;
		int			code;

		if (is_new)
		{
			reader->is_changed = false;
			reader->link = osmeta_tds_open(server, user);
			if (!tds_link_execute(reader->link, osmeta_tds_settings, NULL))
				raise_error(reader);
		}
		reader->owner = owner;
		reader->number++;
		reader->sql = sql;
		reading->reader = reader;
		reading->link = reader->link;
		reading->number = reader->number;
		code = tds_link_query(reader->link, sql) ?
			tds_link_result(reader->link) : -1;
		if (code > 0)
			return;
		if (code == 0)
		{
			reading->reader = NULL;
			give_back(reader);
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("the query at server \"%s\" gives no rows",
							reader->name)));
		}

		/* one that has been idle may have been closed by the server */
		if (is_new || !tds_link_error(reader->link)->is_lost ||
			tds_link_error(reader->link)->is_interrupted)
			osmeta_tds_raise_reading(reading);
		close_reader(reader);
	}
}

bool
osmeta_tds_next_row(TdsReading *reading)
{
	int			code = tds_link_row(reading->link);

	if (code > 0)
		return true;
	/* what comes after the last row has to be read, too */
	if (code < 0 || (code = tds_link_result(reading->link)) < 0)
		osmeta_tds_raise_reading(reading);
	if (code > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("the query at server \"%s\" gives more than one set of rows",
						reading->reader->name)));
	return false;
}

void
osmeta_tds_raise_reading(TdsReading *reading)
{
	TdsReader  *reader = reading->reader;

	reading->reader = NULL;
	raise_error(reader);
	pg_unreachable();
}

void
osmeta_tds_end_reading(TdsReading *reading)
{
	TdsReader  *reader = reading->reader;

	reading->reader = NULL;
	/* unless its owner was released before */
	if (reader != NULL && reader->owner != NULL &&
		reader->number == reading->number)
		give_back(reader);
}

static void
on_release(ResourceReleasePhase phase, bool is_commit, bool is_top, void *arg)
{
	if (phase != RESOURCE_RELEASE_BEFORE_LOCKS)
		return;
	for (TdsReader *r = readers; r != NULL; r = r->next)
	{
		if (r->owner != NULL && r->owner == CurrentResourceOwner)
			give_back(r);
	}
}

/* A server or a user mapping was changed or dropped: which one is no matter. */
static void
on_change(Datum arg, int cache, uint32 hash)
{
	has_changed = true;
	for (TdsReader *r = readers; r != NULL; r = r->next)
		r->is_changed = true;
}

static void
on_transaction(XactEvent event, void *arg)
{
	if (!has_changed ||
		(event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT))
		return;
	has_changed = false;
	for (TdsReader *r = readers; r != NULL; r = r->next)
	{
		if (r->is_changed && r->link != NULL && r->owner == NULL)
			close_reader(r);
	}
}

void
osmeta_tds_init_reader(void)
{
	RegisterResourceReleaseCallback(on_release, NULL);
	RegisterXactCallback(on_transaction, NULL);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, on_change, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, on_change, (Datum) 0);
}
