/*-------------------------------------------------------------------------
 *
 * connection.c
 *	  Links to T-SQL servers whose transactions are tied to ours.
 *
 * There is one link for each server and user.  The first use in a transaction
 * begins one at the server; it is committed just before ours is, and rolled
 * back when ours is.  Between these two commits we may fail, and then the
 * server has what we have not; who cannot bear that holds the transaction at
 * the server, commits the knowledge of it here, and commits there after that
 * (osmeta_tds_hold, osmeta_tds_commit).
 *
 * Subtransactions are savepoints at the server.  But an error ends the whole
 * transaction there, as XACT_ABORT demands, so that nothing is ever half done.
 * If the error of a subtransaction is caught here, what was done there before
 * it has gone, too: the link is spoilt until our transaction ends, and that
 * cannot commit.
 *
 * A link stays open for later transactions, unless something is wrong with it
 * or its server or user mapping was changed.
 *
 *-------------------------------------------------------------------------
 */
#include "connection.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "login.h"
#include "sqlstate.h"
#include "watch.h"

/* Seconds for what happens when our transaction has failed. */
#define ABORT_TIME 1

/* Bytes of a statement that an error shows. */
#define CONTEXT_SIZE 1000

typedef struct Connection
{
	struct Connection *next;
	Oid			server;
	Oid			user;
	char		name[NAMEDATALEN];	/* of the server */
	TdsLink    *link;			/* NULL: closed */
	char		database[512];	/* where its session was after the login */

	/*
	 * Levels of our transactions, counted from 1: the one that a transaction
	 * was begun for at the server (0: none is open there), and the last one
	 * that has a savepoint.
	 */
	int			begun;
	int			level;
	bool		is_spoilt;		/* what was done there is gone */
	bool		is_changed;		/* server or user mapping */
	bool		is_busy;		/* rows are being read */
	const char *sql;			/* the statement that is run; NULL: none */
} Connection;

/* What becomes of the transactions at the servers when ours commits. */
typedef enum Hold
{
	HOLD_NONE,					/* they commit */
	HOLD_NEXT,					/* they stay open */
	HOLD_OVER					/* they have stayed open once */
} Hold;

static Connection *connections = NULL;
static Hold hold = HOLD_NONE;

/* How transactions at servers are committed; known by its address. */
static const char commit[] = "COMMIT TRANSACTION";

/*
 * What every session needs to be as SQL Server's own programs have it, and
 * that an error ends the transaction.  db-lib sets none of it.
 */
const char *const osmeta_tds_settings =
"SET QUOTED_IDENTIFIER, ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, "
"ARITHABORT, CONCAT_NULL_YIELDS_NULL ON\n"
"SET NUMERIC_ROUNDABORT OFF\n"
"SET XACT_ABORT ON\n"
"SET IMPLICIT_TRANSACTIONS OFF\n"
"SET NOCOUNT OFF\n"
"SET TEXTSIZE 2147483647\n"
"SET LANGUAGE us_english\n"
"SET LOCK_TIMEOUT -1\n";

static bool
must_stop(void)
{
	return QueryCancelPending || ProcDiePending;
}

static void
close_link(Connection *connection)
{
	TdsLink    *link = connection->link;

	connection->link = NULL;
	connection->is_busy = false;
	connection->sql = NULL;
	tds_link_close(link);
}

static Connection *
connection_of(const TdsLink *link)
{
	for (Connection *c = connections; c != NULL; c = c->next)
	{
		if (c->link == link)
			return c;
	}
	elog(ERROR, "link of no server");
}

/*
 * A message of the other side.  The library gives UTF-8, and osmeta lives in
 * databases of that encoding only, but an error while an error is raised
 * would hide it.
 */
static char *
message_of_server(const char *message)
{
	char	   *result = pstrdup(message);

	if (pg_verify_mbstr(PG_UTF8, result, strlen(result), true))
		return result;
	for (char *p = result; *p != '\0'; p++)
	{
		if (IS_HIGHBIT_SET(*p))
			*p = '?';
	}
	return result;
}

void
osmeta_tds_raise_error(const char *name, const TdsError *error,
					   const char *batch)
{
	const char *state;
	char	   *sql = NULL;

	/* the reason why the library gave up is ours, and better told by us */
	CHECK_FOR_INTERRUPTS();
	if (batch != NULL)
		sql = strlen(batch) <= CONTEXT_SIZE ? pstrdup(batch) :
			psprintf("%.*s ...",
					 pg_mbcliplen(batch, strlen(batch), CONTEXT_SIZE), batch);
	state = osmeta_tds_sqlstate(error);
	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3],
								   state[4])),
			 errmsg("server \"%s\": %s", name, message_of_server(error->message)),
			 error->is_client
			 ? (error->number != 0
				? errdetail("Error %d of FreeTDS.", error->number) : 0)
			 : error->procedure[0] != '\0'
			 ? errdetail("Error %d, severity %d, state %d, line %d of \"%s\".",
						 error->number, error->severity, error->state,
						 error->line, message_of_server(error->procedure))
			 : errdetail("Error %d, severity %d, state %d, line %d.",
						 error->number, error->severity, error->state,
						 error->line),
			 sql != NULL ? errcontext("statement at the server: %s", sql) : 0));
	pg_unreachable();
}

void
osmeta_tds_raise(TdsLink *link)
{
	Connection *connection = connection_of(link);
	TdsError	error = *tds_link_error(link);
	bool		is_commit = connection->sql == commit;
	const char *sql = connection->sql;

	connection->sql = NULL;
	connection->is_busy = false;
	if (error.is_lost || tds_link_is_dead(link))
	{
		close_link(connection);
		connection->is_spoilt = connection->begun > 0;
		if (is_commit)
		{
			CHECK_FOR_INTERRUPTS();
			ereport(ERROR,
					(errcode(ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN),
					 errmsg("server \"%s\" was lost while it committed",
							connection->name),
					 errdetail("%s", message_of_server(error.message)),
					 errhint("Look there whether it has.")));
		}
	}
	osmeta_tds_raise_error(connection->name, &error, sql);
}

TdsLink *
osmeta_tds_open(const ForeignServer *server, Oid user)
{
	TdsLogin	login;
	TdsError	error;
	List	   *names = osmeta_tds_login(server, user, &login);
	ListCell   *cell;

	osmeta_tds_init_watch();
	memset(&error, 0, sizeof(error));
	foreach(cell, names)
	{
		TdsLink    *link;

		login.server = (const char *) lfirst(cell);
		if (tds_link_open(&login, must_stop, osmeta_tds_watch, &link, &error))
			return link;
		if (!error.is_client || error.is_interrupted)
			break;
	}
	osmeta_tds_raise_error(server->servername, &error, NULL);
}

/* Run a statement of ours, whose text is ASCII. */
static bool
run(Connection *connection, const char *sql)
{
	connection->sql = sql;
	if (!tds_link_execute(connection->link, sql, NULL))
		return false;
	connection->sql = NULL;
	return true;
}

/*
 * Open the link and begin a transaction.  A link that has been idle may have
 * been closed by the server meanwhile: then it is opened anew, once.
 */
static void
begin(Connection *connection, const ForeignServer *server)
{
	bool		is_new = false;
	char	   *sql = psprintf("%sBEGIN TRANSACTION", osmeta_tds_settings);

	/* a batch may have changed the database that names are looked up in */
	if (connection->link != NULL &&
		(connection->is_changed || tds_link_is_dead(connection->link) ||
		 strcmp(tds_link_database(connection->link),
				connection->database) != 0))
		close_link(connection);
	for (;;)
	{
		if (connection->link == NULL)
		{
			connection->is_changed = false;
			connection->link = osmeta_tds_open(server, connection->user);
			strlcpy(connection->database,
					tds_link_database(connection->link),
					sizeof(connection->database));
			is_new = true;
		}
		if (run(connection, sql))
			break;
		if (is_new || !tds_link_error(connection->link)->is_lost ||
			tds_link_error(connection->link)->is_interrupted)
			osmeta_tds_raise(connection->link);
		close_link(connection);
	}
	pfree(sql);
}

static void
raise_spoilt(Connection *connection)
{
	ereport(ERROR,
			(errcode(ERRCODE_IN_FAILED_SQL_TRANSACTION),
			 errmsg("the transaction at server \"%s\" has been rolled back",
					connection->name),
			 errdetail("An error there ends the whole transaction, not a subtransaction alone."),
			 errhint("Roll back and start again.")));
}

TdsLink *
osmeta_tds_link(Oid serverid)
{
	ForeignServer *server = GetForeignServer(serverid);
	Oid			user = GetUserId();
	int			nested = GetCurrentTransactionNestLevel();
	Connection *connection = connections;

	if (IsInParallelMode())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("server \"%s\" cannot be used during a parallel operation",
						server->servername)));
	osmeta_tds_check_usage(server, user);
	while (connection != NULL &&
		   (connection->server != serverid || connection->user != user))
		connection = connection->next;
	if (connection == NULL)
	{
		connection = MemoryContextAllocZero(TopMemoryContext,
											sizeof(Connection));
		connection->server = serverid;
		connection->user = user;
		connection->next = connections;
		connections = connection;
	}
	strlcpy(connection->name, server->servername, NAMEDATALEN);
	if (connection->is_spoilt)
		raise_spoilt(connection);
	if (connection->is_busy)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the link to server \"%s\" is being read from",
						connection->name)));
	if (connection->begun == 0)
	{
		begin(connection, server);
		connection->begun = connection->level = nested;
	}
	while (connection->level < nested)
	{
		char		sql[64];

		snprintf(sql, sizeof(sql), "SAVE TRANSACTION osmeta_%d",
				 connection->level + 1);
		if (!run(connection, sql))
			osmeta_tds_raise(connection->link);
		connection->level++;
	}
	return connection->link;
}

void
osmeta_tds_hold(void)
{
	hold = HOLD_NEXT;
}

/*
 * How many transactions are open at the server, one within the other; the
 * library's error is left to be raised if it cannot be found out.
 */
static int
transactions_open(Connection *connection)
{
	char	   *count = osmeta_tds_value(connection->link,
										 "SELECT @@TRANCOUNT");

	return count == NULL ? 0 : pg_strtoint32(count);
}

/* Raise an error unless the transaction at the server is as we began it. */
static void
check_open(Connection *connection)
{
	int			count;

	if (connection->is_spoilt || connection->link == NULL)
		raise_spoilt(connection);
	count = transactions_open(connection);
	if (count == 0)
	{
		connection->is_spoilt = true;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("the transaction at server \"%s\" was ended by a statement there",
						connection->name),
				 errhint("Leave COMMIT and ROLLBACK to this session.")));
	}
	if (count > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("a transaction was begun at server \"%s\" and not ended",
						connection->name),
				 errhint("Leave BEGIN TRANSACTION to this session.")));
}

void
osmeta_tds_set_busy(TdsLink *link, bool is_busy)
{
	connection_of(link)->is_busy = is_busy;
}

void
osmeta_tds_abandon(TdsLink *link)
{
	for (Connection *c = connections; c != NULL; c = c->next)
	{
		if (c->link == link)
			tds_link_abandon(link);
	}
}

void
osmeta_tds_check(TdsLink *link)
{
	check_open(connection_of(link));
}

/*
 * Commit all that is open at the servers.  All are asked first whether they
 * can, so that the first one has not committed when the second one cannot.
 */
static void
commit_all(void)
{
	for (Connection *c = connections; c != NULL; c = c->next)
	{
		if (c->begun > 0 || c->is_spoilt)
			check_open(c);
	}
	for (Connection *c = connections; c != NULL; c = c->next)
	{
		if (c->begun == 0)
			continue;
		if (!run(c, commit))
			osmeta_tds_raise(c->link);
		c->begun = c->level = 0;
	}
}

void
osmeta_tds_commit(void)
{
	commit_all();
	hold = HOLD_NONE;
}

/*
 * Undo what was done at a server since a level of ours began; never raises an
 * error.  What cannot be undone in time is left to the server, which rolls
 * back when the link is closed.
 */
static void
undo(Connection *connection, int level)
{
	TdsLink    *link = connection->link;
	bool		done = link != NULL && !tds_link_is_dead(link);
	bool		whole = level <= connection->begun;
	char		sql[128];

	connection->sql = NULL;
	connection->is_busy = false;
	if (whole)
		strlcpy(sql, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", sizeof(sql));
	else
		/* without a transaction this is an error, as it should be */
		snprintf(sql, sizeof(sql), "ROLLBACK TRANSACTION osmeta_%d", level);
	if (done)
	{
		tds_link_limit(link, ABORT_TIME);
		tds_link_discard(link);
		done = !tds_link_is_dead(link) && tds_link_execute(link, sql, NULL);
		if (done || !tds_link_is_dead(link))
			tds_link_limit(link, 0);
	}
	if (!done && link != NULL && (whole || tds_link_is_dead(link)))
		close_link(connection);
	if (whole)
	{
		connection->begun = connection->level = 0;
		connection->is_spoilt = false;
	}
	else
	{
		connection->level = level - 1;
		if (!done)
			connection->is_spoilt = true;
	}
}

/* Close links to servers that have changed, and have nothing to end there. */
static void
close_changed(void)
{
	for (Connection *c = connections; c != NULL; c = c->next)
	{
		if (c->is_changed && c->begun == 0 && c->link != NULL)
			close_link(c);
	}
}

static void
on_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			if (hold == HOLD_NONE)
				commit_all();
			else if (hold == HOLD_OVER)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
						 errmsg("transactions at servers are held for another commit")));
			else
			{
				for (Connection *c = connections; c != NULL; c = c->next)
				{
					if (c->begun > 0 || c->is_spoilt)
						check_open(c);
				}
			}
			break;
		case XACT_EVENT_COMMIT:
			if (hold == HOLD_NEXT)
				hold = HOLD_OVER;
			close_changed();
			break;
		case XACT_EVENT_PRE_PREPARE:
			for (Connection *c = connections; c != NULL; c = c->next)
			{
				if (c->begun > 0 || c->is_spoilt)
					ereport(ERROR,
							(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							 errmsg("a transaction that has used server \"%s\" cannot be prepared",
									c->name)));
			}
			break;
		case XACT_EVENT_ABORT:
			hold = HOLD_NONE;
			for (Connection *c = connections; c != NULL; c = c->next)
			{
				if (c->begun > 0 || c->is_spoilt || c->is_busy)
					undo(c, 0);
			}
			close_changed();
			break;
		default:
			break;
	}
}

static void
on_subtransaction(SubXactEvent event, SubTransactionId mine,
				  SubTransactionId parent, void *arg)
{
	int			nested = GetCurrentTransactionNestLevel();

	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	for (Connection *c = connections; c != NULL; c = c->next)
	{
		if (c->level < nested)
			continue;
		if (event == SUBXACT_EVENT_ABORT_SUB)
			undo(c, nested);
		else
		{
			c->level = nested - 1;
			c->begun = Min(c->begun, c->level);
		}
	}
}

/* A server or a user mapping was changed or dropped: which one is no matter. */
static void
on_change(Datum arg, int cache, uint32 hash)
{
	for (Connection *c = connections; c != NULL; c = c->next)
		c->is_changed = true;
}

void
osmeta_tds_init_connection(void)
{
	RegisterXactCallback(on_transaction, NULL);
	RegisterSubXactCallback(on_subtransaction, NULL);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, on_change, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, on_change, (Datum) 0);
}

int64
osmeta_tds_execute(TdsLink *link, const char *sql)
{
	Connection *connection = connection_of(link);
	int64		rows = 0;

	connection->sql = sql;
	if (!tds_link_execute(link, sql, &rows))
		osmeta_tds_raise(link);
	connection->sql = NULL;
	return rows;
}

char *
osmeta_tds_text(TdsLink *link, int column)
{
	const char *value;
	size_t		length;
	char	   *result;
	bool		is_binary = tds_link_is_binary(link, column);

	if (!tds_link_value(link, column, &value, &length))
		osmeta_tds_raise(link);
	if (value == NULL)
		return NULL;
	if (length > MaxAllocSize - 3)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a value of column \"%s\" is too long",
						tds_link_column_name(link, column))));
	result = palloc(length + 3);
	if (is_binary)
	{
		memcpy(result, "\\x", 2);
		memcpy(result + 2, value, length);
		result[length + 2] = '\0';
		return result;
	}
	memcpy(result, value, length);
	result[length] = '\0';
	/* refuses a NUL among it, too */
	(void) pg_verify_mbstr(PG_UTF8, result, length, false);
	return result;
}

void
osmeta_tds_rows(TdsLink *link, const char *sql, int ncolumns,
				TdsRowFunction function, void *arg)
{
	Connection *connection = connection_of(link);
	int			code;

	connection->sql = sql;
	connection->is_busy = true;
	if (!tds_link_query(link, sql) ||
		(code = tds_link_result(link)) < 0)
		osmeta_tds_raise(link);
	if (code == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the statement at server \"%s\" gives no rows",
						connection->name)));
	if (tds_link_columns(link) != ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the statement at server \"%s\" gives %d columns, not %d",
						connection->name, tds_link_columns(link), ncolumns)));
	for (int i = 0; i < ncolumns; i++)
	{
		if (!tds_link_is_readable(link, i))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
					 errmsg("column \"%s\" of the statement at server \"%s\" has type sql_variant",
							tds_link_column_name(link, i), connection->name),
					 errhint("Convert it there by CAST.")));
	}
	while ((code = tds_link_row(link)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		function(link, arg);
	}
	if (code < 0 || (code = tds_link_result(link)) < 0)
		osmeta_tds_raise(link);
	if (code > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("the statement at server \"%s\" gives more than one set of rows",
						connection->name)));
	connection->sql = NULL;
	connection->is_busy = false;
}

typedef struct FirstValue
{
	bool		is_set;
	char	   *value;
} FirstValue;

static void
take_first(TdsLink *link, void *arg)
{
	FirstValue *first = (FirstValue *) arg;

	if (!first->is_set)
		first->value = osmeta_tds_text(link, 0);
	first->is_set = true;
}

char *
osmeta_tds_value(TdsLink *link, const char *sql)
{
	FirstValue	first = {false, NULL};

	osmeta_tds_rows(link, sql, 1, take_first, &first);
	return first.value;
}
