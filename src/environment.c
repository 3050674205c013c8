/*-------------------------------------------------------------------------
 *
 * environment.c
 *	  Attaching and detaching a factory.
 *
 * What attach makes is decided by SQL functions that return statements as
 * text (30_environment.sql), from rows that describe wrappers, catalogues and
 * the metamodel.  Here the arguments are checked, the statements run in
 * order, and what they made is written down, so that detach can drop exactly
 * that.  attach_sql does the same work inside a subtransaction and rolls it
 * back: the remote catalogue can only be read through foreign tables.
 *
 * Nothing in here needs more rights than the caller has.
 *
 *-------------------------------------------------------------------------
 */
#include "environment.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "name_check.h"
#include "sink.h"
#include "spi.h"
#include "subtransaction.h"

/*
 * First keys of advisory locks, held until the end of the transaction; the
 * second is a hash of the environment's name or of its schema's.
 */
#define ENVIRONMENT_LOCK 0x6f736d65
#define SCHEMA_LOCK 0x6f736d73

/* The arguments of attach, completed. */
typedef struct AttachRequest
{
	const char *environment;
	const char *server;			/* NULL: local */
	const char *wrapper;		/* NULL: local */
	const char *remote_schema;
	const char *dialect;
	const char *catalog_dialect;
	const char *schema;
	MemoryContext context;		/* of the lists: outlives SPI */
	List	   *statements;		/* char *, in order */
	List	   *objects;		/* of AttachObject */
	int			ntables;		/* metamodel tables found */
	List	   *missing;		/* char *, optional tables not found */
	List	   *unreadable;		/* of UnreadablePart */
	const char *table_options;	/* as text[] prints; NULL: local */
	const char *tried_options;	/* all of them, with those to try; or NULL */
	bool		is_announced;	/* announce_environment has written a row */
} AttachRequest;

typedef struct AttachObject
{
	char	   *kind;
	char	   *name;			/* NULL: the schema itself */
} AttachObject;

/* A part of the physical catalogue that the user who reads may not see. */
typedef struct UnreadablePart
{
	char	   *part;
	char	   *message;
} UnreadablePart;

PG_FUNCTION_INFO_V1(osmeta_attach);
PG_FUNCTION_INFO_V1(osmeta_attach_sql);
PG_FUNCTION_INFO_V1(osmeta_detach);

static char *
text_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

/*
 * Append to a list that outlives SPI; the current memory context does not.
 */
static List *
keep(AttachRequest *request, List *list, void *item)
{
	MemoryContext old = MemoryContextSwitchTo(request->context);

	list = lappend(list, item);
	MemoryContextSwitchTo(old);
	return list;
}

/* Return a list of strings as a set of text; before or after SPI. */
static void
return_strings(FunctionCallInfo fcinfo, List *strings)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;
	TupleDesc	desc;
	Tuplestorestate *store;
	ListCell   *cell;

	if (rsinfo == NULL || !IsA(rsinfo, ReturnSetInfo) ||
		(rsinfo->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));

	old = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	desc = CreateTemplateTupleDesc(1);
	TupleDescInitEntry(desc, (AttrNumber) 1, "statement", TEXTOID, -1, 0);
	store = tuplestore_begin_heap(true, false, work_mem);
	rsinfo->returnMode = SFRM_Materialize;
	rsinfo->setResult = store;
	rsinfo->setDesc = desc;
	MemoryContextSwitchTo(old);

	foreach(cell, strings)
	{
		Datum		value = CStringGetTextDatum((char *) lfirst(cell));
		bool		isnull = false;

		tuplestore_putvalues(store, desc, &value, &isnull);
	}
}

/* The result of a query of one text value, or NULL. */
static char *
query_value(const char *sql, int nargs, const char *const *args)
{
	if (osmeta_query_text(sql, nargs, args) == 0)
		return NULL;
	return osmeta_text_at(0, 1);
}

/* The items of a query's first column, joined; NULL if there are none. */
static char *
joined_result(uint64 rows)
{
	StringInfoData buf;

	if (rows == 0)
		return NULL;
	initStringInfo(&buf);
	for (uint64 i = 0; i < rows; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
						 osmeta_text_at(i, 1));
	return buf.data;
}

/*
 * In a database whose locale knows no letters but ASCII a library that goes
 * by the locale gives others as something else, without a word.
 */
static void
check_charset(const AttachRequest *request, const char *wrapper)
{
	const char *args[2];

	args[0] = wrapper;
	args[1] = request->server;
	if (osmeta_query_text("SELECT w.charset_option FROM osmeta.wrapper AS w,"
						  " pg_foreign_server AS s, pg_database AS d"
						  " WHERE w.wrapper = $1 AND s.srvname::text = $2"
						  "  AND d.datname = current_database()"
						  "  AND d.datctype IN ('C', 'POSIX')"
						  "  AND w.charset_option NOT IN (SELECT o.option_name"
						  "   FROM pg_options_to_table(s.srvoptions) AS o)",
						  2, args) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("server \"%s\" needs option %s in this database, whose LC_CTYPE has no letters but ASCII",
					request->server, osmeta_text_at(0, 1)),
			 errdetail("Other letters would come as something else."),
			 errhint("ALTER SERVER %s OPTIONS (ADD %s 'UTF-8')",
					 quote_identifier(request->server),
					 quote_identifier(osmeta_text_at(0, 1)))));
}

/*
 * Find the server and its wrapper; complete the arguments that depend on
 * them.
 */
static void
resolve_server(AttachRequest *request)
{
	const char *args[2];
	char	   *wrapper;
	char	   *wrapper_dialect;
	char	   *default_schema;

	args[0] = request->server;
	if (osmeta_query_text("SELECT w.fdwname::text,"
						  " has_server_privilege(s.oid, 'USAGE')"
						  " FROM pg_foreign_server AS s"
						  " JOIN pg_foreign_data_wrapper AS w"
						  " ON w.oid = s.srvfdw"
						  " WHERE s.srvname::text = $1", 1, args) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" does not exist", request->server),
				 errhint("Make it with CREATE SERVER, and a user mapping for it with CREATE USER MAPPING.")));
	wrapper = osmeta_text_at(0, 1);
	if (!osmeta_bool_at(0, 2))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for foreign server \"%s\"",
						request->server),
				 errhint("Ask its owner to GRANT USAGE ON FOREIGN SERVER %s.",
						 quote_identifier(request->server))));

	args[0] = wrapper;
	if (osmeta_query_text("SELECT w.dialect, w.default_schema,"
						  " w.table_options::text,"
						  " CASE WHEN w.tried_options <> '{}' THEN"
						  "  osmeta.merged_options(w.table_options,"
						  "   w.tried_options)::text END"
						  " FROM osmeta.wrapper AS w"
						  " WHERE w.wrapper = $1", 1, args) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign data wrapper \"%s\" is not known to osmeta",
						wrapper),
				 errhint("Describe it with a row in osmeta.wrapper.")));
	wrapper_dialect = osmeta_text_at(0, 1);
	default_schema = osmeta_text_at(0, 2);
	request->table_options = osmeta_text_at(0, 3);
	request->tried_options = osmeta_text_at(0, 4);

	check_charset(request, wrapper);
	request->wrapper = wrapper;
	if (request->remote_schema == NULL)
		request->remote_schema = default_schema;
	if (request->remote_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("remote_schema must be given for wrapper \"%s\"",
						wrapper),
				 errhint("Give the schema or user that owns the OSSYS tables at the factory.")));
	if (request->dialect == NULL)
		request->dialect = wrapper_dialect;
	if (request->dialect == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dialect must be given for wrapper \"%s\"", wrapper),
				 errhint("Say which engine the factory runs on: sqlserver, oracle or postgres.")));
	request->catalog_dialect = wrapper_dialect ? wrapper_dialect :
		request->dialect;
}

/* The OSSYS tables stand in this database. */
static void
resolve_local(AttachRequest *request)
{
	const char *args[1];

	if (request->remote_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("remote_schema must be given when server is null"),
				 errhint("Give the schema of this database that holds the OSSYS tables.")));
	args[0] = request->remote_schema;
	if (osmeta_query_text("SELECT has_schema_privilege(n.oid, 'USAGE')"
						  " FROM pg_namespace AS n"
						  " WHERE n.nspname::text = $1", 1, args) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"%s\" does not exist",
						request->remote_schema),
				 errhint("When server is null, remote_schema is a schema of this database.")));
	if (!osmeta_bool_at(0, 1))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for schema \"%s\"",
						request->remote_schema)));
	if (request->dialect == NULL)
		request->dialect = "postgres";
	request->catalog_dialect = "postgres";
}

/* Wait until nobody else makes or drops what has this name. */
static void
lock_name(int class, const char *name)
{
	const char *args[1];

	args[0] = name;
	osmeta_query_text(psprintf("SELECT pg_advisory_xact_lock(%d,"
							   " hashtext($1))", class), 1, args);
}

void
osmeta_share_environment(const char *name)
{
	const char *args[1];

	args[0] = name;
	osmeta_query_text(psprintf("SELECT pg_advisory_xact_lock_shared(%d,"
							   " hashtext($1))", ENVIRONMENT_LOCK), 1, args);
}

void
osmeta_lock_schema(const char *schema)
{
	lock_name(SCHEMA_LOCK, schema);
}

/* Check the arguments and find what depends on them; no change is made. */
static void
check_request(AttachRequest *request)
{
	const char *args[1];

	osmeta_check_name("environment", request->environment);
	if (request->schema == NULL)
		request->schema = request->environment;
	else
		osmeta_check_name("schema", request->schema);
	if (request->dialect != NULL &&
		strcmp(request->dialect, "sqlserver") != 0 &&
		strcmp(request->dialect, "oracle") != 0 &&
		strcmp(request->dialect, "postgres") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dialect \"%s\" is not known", request->dialect),
				 errhint("Valid dialects are sqlserver, oracle and postgres.")));

	lock_name(ENVIRONMENT_LOCK, request->environment);
	osmeta_lock_schema(request->schema);
	args[0] = request->environment;
	if (osmeta_query_text("SELECT 1 FROM osmeta.environment AS e"
						  " WHERE e.environment = $1", 1, args) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("environment \"%s\" is already attached",
						request->environment),
				 errhint("Detach it first, or choose another name.")));
	args[0] = request->schema;
	if (osmeta_query_text("SELECT 1 FROM pg_namespace AS n"
						  " WHERE n.nspname::text = $1", 1, args) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_SCHEMA),
				 errmsg("schema \"%s\" already exists", request->schema),
				 errhint("A schema is never reused: give another one in the argument schema.")));

	if (request->server != NULL)
		resolve_server(request);
	else
		resolve_local(request);
}

/*
 * Read a row of a view.  All its columns are asked for: what gives none of
 * them the planner need not read.
 */
static void
read_view(AttachRequest *request, const char *name)
{
	osmeta_query_text(psprintf("SELECT v.* FROM %s AS v LIMIT 1",
							   quote_qualified_identifier(request->schema,
														  name)),
					  0, NULL);
}

/* A view that is made and read, as osmeta_try wants it. */
typedef struct ViewTrial
{
	AttachRequest *request;
	const char *statement;
	const char *name;
} ViewTrial;

static void
make_view(void *arg)
{
	const ViewTrial *trial = arg;

	osmeta_exec(trial->statement);
	read_view(trial->request, trial->name);
}

/*
 * Run a statement that makes a view, and read the view; false if it cannot be
 * read, and then it is not made.
 */
static bool
try_view(AttachRequest *request, const char *statement, const char *name)
{
	ViewTrial	trial = {request, statement, name};
	ErrorData  *error = osmeta_try(make_view, &trial, true);
	MemoryContext context;
	UnreadablePart *part;

	if (error == NULL)
		return true;
	if (!osmeta_is_access_error(error->sqlerrcode))
		ReThrowError(error);
	context = MemoryContextSwitchTo(request->context);
	part = palloc(sizeof(UnreadablePart));
	part->part = pstrdup(name + strlen("live_"));
	part->message = pstrdup(error->message);
	request->unreadable = keep(request, request->unreadable, part);
	MemoryContextSwitchTo(context);
	FreeErrorData(error);
	return false;
}

/*
 * Take over the rows (kind, name, statement, fallback) of the query that has
 * just run, then run the statements, or the fallback of a view that cannot be
 * read.  The view called probe is read as soon as it is there.
 */
static void
run_statements(AttachRequest *request, uint64 rows, const char *probe)
{
	List	   *statements = NIL;
	List	   *fallbacks = NIL;
	List	   *names = NIL;
	ListCell   *statement;
	ListCell   *fallback;
	ListCell   *name;

	/* all rows first: running a statement replaces SPI_tuptable */
	for (uint64 i = 0; i < rows; i++)
	{
		AttachObject *object = SPI_palloc(sizeof(AttachObject));

		object->kind = osmeta_text_at(i, 1);
		object->name = osmeta_text_at(i, 2);
		request->objects = keep(request, request->objects, object);
		names = lappend(names, object->name);
		statements = lappend(statements, osmeta_text_at(i, 3));
		fallbacks = lappend(fallbacks, osmeta_text_at(i, 4));
	}
	forthree(statement, statements, fallback, fallbacks, name, names)
	{
		char	   *sql = (char *) lfirst(statement);

		if (lfirst(fallback) == NULL)
			osmeta_exec(sql);
		else if (!try_view(request, sql, (char *) lfirst(name)))
		{
			sql = (char *) lfirst(fallback);
			osmeta_exec(sql);
		}
		if (probe != NULL && lfirst(name) != NULL &&
			strcmp((char *) lfirst(name), probe) == 0)
		{
			/* options are for the wrapper: whoever else reads ignores them */
			int			nest_level = osmeta_sink_read_without(request->wrapper);

			read_view(request, probe);
			osmeta_spi_restore(nest_level);
		}
		request->statements = keep(request, request->statements, sql);
	}
}

/* The parts that could not be read as environment.unreadable keeps them. */
static char *
unreadable_json(AttachRequest *request)
{
	StringInfoData buf;
	ListCell   *cell;

	initStringInfo(&buf);
	foreach(cell, request->unreadable)
	{
		UnreadablePart *part = (UnreadablePart *) lfirst(cell);

		appendStringInfo(&buf, "%s{\"part\": \"%s\", \"message\": ",
						 buf.len > 0 ? ", " : "", part->part);
		escape_json(&buf, part->message);
		appendStringInfoChar(&buf, '}');
	}
	return psprintf("[%s]", buf.data);
}

/*
 * What the factory has of the metamodel, as osmeta.attach_match wants it;
 * error if something required is missing.
 */
static char *
read_catalog(AttachRequest *request)
{
	StringInfoData query;
	const char *args[1];
	char	   *columns;
	char	   *missing;
	uint64		rows;

	initStringInfo(&query);
	appendStringInfo(&query,
					 "SELECT jsonb_agg(jsonb_build_object("
					 "'table_name', p.table_name,"
					 " 'column_name', p.column_name,"
					 " 'local_type', p.local_type)"
					 " ORDER BY p.table_name COLLATE \"C\", p.position)::text"
					 " FROM %s AS p"
					 " JOIN osmeta.ossys_table AS t"
					 " ON osmeta.fold_name(t.physical_name) = osmeta.fold_name(p.table_name)",
					 quote_qualified_identifier(request->schema,
												"live_physical_column"));
	columns = query_value(query.data, 0, NULL);
	if (columns == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("no OSSYS table is found in schema \"%s\" of %s%s%s",
						request->remote_schema,
						request->server ? "server \"" : "this database",
						request->server ? request->server : "",
						request->server ? "\"" : ""),
				 errhint("Check remote_schema, spelled as at the factory, and the rights of the user that reads there.")));

	args[0] = columns;
	rows = osmeta_query_text("SELECT m.object"
							 " FROM osmeta.attach_missing($1::jsonb) AS m"
							 " WHERE m.is_required", 1, args);
	missing = joined_result(rows);
	if (missing != NULL)
		ereport(ERROR,
				(errcode(strchr(missing, '.') ? ERRCODE_UNDEFINED_COLUMN :
						 ERRCODE_UNDEFINED_TABLE),
				 errmsg("schema \"%s\" lacks required parts of the metamodel",
						request->remote_schema),
				 errdetail("Missing: %s.", missing),
				 errhint("Check that this is the factory's own schema, and the rights of the user that reads there.")));

	rows = osmeta_query_text("SELECT m.object"
							 " FROM osmeta.attach_missing($1::jsonb) AS m"
							 " WHERE m.is_table", 1, args);
	for (uint64 i = 0; i < rows; i++)
		request->missing = keep(request, request->missing,
								osmeta_text_at(i, 1));
	return columns;
}

/*
 * The statements that write down what was attached; they are part of what
 * attach_sql gives, so that running its result is the same as attach.
 */
static void
register_environment(AttachRequest *request)
{
	MemoryContext old = MemoryContextSwitchTo(request->context);
	StringInfoData environment;
	StringInfoData objects;
	StringInfoData relations;
	ListCell   *cell;
	int			position = 0;

	initStringInfo(&environment);
	appendStringInfo(&environment,
					 "INSERT INTO osmeta.environment (environment, server,"
					 " wrapper, remote_schema, dialect, catalog_dialect,"
					 " schema, missing_tables, unreadable, table_options)"
					 "\nVALUES (%s, ",
					 quote_literal_cstr(request->environment));
	appendStringInfo(&environment, "%s, ", request->server ?
					 quote_literal_cstr(request->server) : "NULL");
	appendStringInfo(&environment, "%s, ", request->wrapper ?
					 quote_literal_cstr(request->wrapper) : "NULL");
	appendStringInfo(&environment, "%s, %s, %s, %s, ARRAY[",
					 quote_literal_cstr(request->remote_schema),
					 quote_literal_cstr(request->dialect),
					 quote_literal_cstr(request->catalog_dialect),
					 quote_literal_cstr(request->schema));
	foreach(cell, request->missing)
		appendStringInfo(&environment, "%s%s", cell == list_head(request->missing) ?
						 "" : ", ",
						 quote_literal_cstr((char *) lfirst(cell)));
	appendStringInfo(&environment, "]::text[], %s, %s)",
					 quote_literal_cstr(unreadable_json(request)),
					 request->table_options ?
					 quote_literal_cstr(request->table_options) : "NULL");

	initStringInfo(&objects);
	appendStringInfoString(&objects,
						   "INSERT INTO osmeta.environment_object"
						   " (environment, position, kind, name)\nVALUES");
	foreach(cell, request->objects)
	{
		AttachObject *object = (AttachObject *) lfirst(cell);

		appendStringInfo(&objects, "%s\n\t(%s, %d, '%s', %s)",
						 position > 0 ? "," : "",
						 quote_literal_cstr(request->environment),
						 position + 1, object->kind,
						 object->name ? quote_literal_cstr(object->name) :
						 "NULL");
		position++;
	}

	initStringInfo(&relations);
	appendStringInfo(&relations,
					 "INSERT INTO osmeta.environment_relation"
					 " (environment, relation)\n"
					 "SELECT o.environment, c.oid\n"
					 "FROM osmeta.environment_object AS o\n"
					 "\tJOIN pg_class AS c ON c.relname = o.name\n"
					 "\tJOIN pg_namespace AS n ON n.oid = c.relnamespace\n"
					 "WHERE o.environment = %s AND n.nspname = %s",
					 quote_literal_cstr(request->environment),
					 quote_literal_cstr(request->schema));
	request->statements = lappend(request->statements, environment.data);
	request->statements = lappend(request->statements, objects.data);
	request->statements = lappend(request->statements, relations.data);
	MemoryContextSwitchTo(old);

	osmeta_exec(environment.data);
	osmeta_exec(objects.data);
	osmeta_exec(relations.data);
}

/*
 * A row that stands while tables are made and read, so that the library that
 * reads them knows them for ours; register_environment writes the whole one.
 */
static void
announce_environment(AttachRequest *request)
{
	const char *args[7];

	if (!osmeta_sink_load(request->wrapper))
		return;
	args[0] = request->environment;
	args[1] = request->server;
	args[2] = request->wrapper;
	args[3] = request->remote_schema;
	args[4] = request->dialect;
	args[5] = request->catalog_dialect;
	args[6] = request->schema;
	osmeta_query_text("INSERT INTO osmeta.environment (environment, server,"
					  " wrapper, remote_schema, dialect, catalog_dialect,"
					  " schema)"
					  " VALUES ($1, $2, $3, $4, $5, $6, $7)", 7, args);
	request->is_announced = true;
}

/* Make the schema and the views of the factory's physical catalogue. */
static void
make_catalog(AttachRequest *request, const char *probe)
{
	const char *args[7];
	uint64		rows;

	args[0] = request->environment;
	args[1] = request->server;
	args[2] = request->wrapper;
	args[3] = request->remote_schema;
	args[4] = request->catalog_dialect;
	args[5] = request->schema;
	args[6] = request->table_options;
	rows = osmeta_query_text("SELECT a.kind, a.name, a.statement, a.fallback"
							 " FROM osmeta.attach_catalog($1, $2, $3, $4, $5,"
							 " $6, $7::text[]) AS a", 7, args);
	run_statements(request, rows, probe);
}

static void
make_tried_catalog(void *arg)
{
	AttachRequest *request = arg;

	request->table_options = request->tried_options;
	make_catalog(request, "live_physical_column");
}

/*
 * Make the catalogue with the options that the wrapper says are to be tried.
 * If the wrapper does not know them, or the factory cannot be read with them,
 * nothing is made, and the result is false.
 */
static bool
try_catalog(AttachRequest *request)
{
	const char *table_options = request->table_options;
	ErrorData  *error = osmeta_try(make_tried_catalog, request, true);

	if (error == NULL)
		return true;
	if (!osmeta_is_access_error(error->sqlerrcode))
		ReThrowError(error);
	FreeErrorData(error);
	request->table_options = table_options;
	request->statements = NIL;
	request->objects = NIL;
	request->unreadable = NIL;
	return false;
}

/*
 * Make everything.  request->statements holds what was run, in the memory
 * context that was current when the caller connected to SPI.
 */
static void
attach_environment(AttachRequest *request)
{
	const char *args[8];
	char	   *columns;
	uint64		rows;

	check_request(request);
	announce_environment(request);
	if (request->tried_options == NULL || !try_catalog(request))
		make_catalog(request, NULL);
	columns = read_catalog(request);

	args[0] = request->environment;
	args[1] = request->server;
	args[2] = request->wrapper;
	args[3] = request->remote_schema;
	args[4] = request->schema;
	args[5] = columns;
	args[6] = unreadable_json(request);
	args[7] = request->table_options;
	rows = osmeta_query_text("SELECT a.kind, a.name, a.statement, NULL"
							 " FROM osmeta.attach_table($1, $2, $3, $4, $5,"
							 " $6::jsonb, $7::jsonb, $8::text[])"
							 " AS a", 8, args);
	for (uint64 i = 0; i < rows; i++)
	{
		char	   *name = osmeta_text_at(i, 2);

		if (strncmp(name, "ossys_", 6) == 0)
			request->ntables++;
	}
	run_statements(request, rows, NULL);
	if (request->is_announced)
		osmeta_query_text("DELETE FROM osmeta.environment AS e"
						  " WHERE e.environment = $1", 1, args);
	register_environment(request);
}

static void
read_request(AttachRequest *request, FunctionCallInfo fcinfo)
{
	memset(request, 0, sizeof(AttachRequest));
	request->context = CurrentMemoryContext;
	request->environment = text_argument(fcinfo, 0);
	request->server = text_argument(fcinfo, 1);
	request->remote_schema = text_argument(fcinfo, 2);
	request->dialect = text_argument(fcinfo, 3);
	request->schema = text_argument(fcinfo, 4);
}

/* SQL: attach(environment, server, remote_schema, dialect, schema) */
Datum
osmeta_attach(PG_FUNCTION_ARGS)
{
	AttachRequest request;
	StringInfoData missing;
	ListCell   *cell;
	int			nest_level;

	read_request(&request, fcinfo);
	nest_level = osmeta_spi_begin(false);
	attach_environment(&request);
	osmeta_spi_end(nest_level);

	initStringInfo(&missing);
	foreach(cell, request.missing)
		appendStringInfo(&missing, "%s%s", missing.len > 0 ? ", " : "",
						 (char *) lfirst(cell));
	ereport(NOTICE,
			(errmsg("attached \"%s\": %d tables of the metamodel, %d optional ones are missing",
					request.environment, request.ntables,
					list_length(request.missing)),
			 missing.len > 0 ? errdetail("Missing: %s.", missing.data) : 0));
	foreach(cell, request.unreadable)
	{
		UnreadablePart *part = (UnreadablePart *) lfirst(cell);

		ereport(WARNING,
				(errmsg("%s of \"%s\" cannot be read and is left empty",
						part->part, request.environment),
				 errdetail("%s", part->message),
				 errhint("Let the user that reads there see it, then detach and attach again.")));
	}
	PG_RETURN_VOID();
}

static void
attach_for_script(void *arg)
{
	int			nest_level = osmeta_spi_begin(false);

	attach_environment(arg);
	osmeta_spi_end(nest_level);
}

/*
 * SQL: attach_sql, the same arguments.
 *
 * The work is done in a subtransaction that is rolled back, whether it
 * succeeds or not: a subtransaction left open by an error would leave the
 * session in a failed block.
 *
 * What attach runs under its own search_path the script must run under the
 * same one: views keep the operators that are found when they are made.
 */
Datum
osmeta_attach_sql(PG_FUNCTION_ARGS)
{
	AttachRequest request;

	read_request(&request, fcinfo);

	osmeta_apart(attach_for_script, &request);

	request.statements = lcons("SET search_path = pg_catalog, pg_temp",
							   request.statements);
	request.statements = lappend(request.statements, "RESET search_path");
	return_strings(fcinfo, request.statements);
	return (Datum) 0;
}

/*
 * The relations that attach made and that are still there: m (oid, reltype,
 * kind).  $1 is the environment, $2 its schema.  Names count only where a
 * dump was restored, since then nothing else is known.
 */
#define MADE_RELATIONS \
	"SELECT c.oid, c.reltype, o.kind, o.name, o.position" \
	" FROM osmeta.environment_object AS o" \
	" JOIN pg_class AS c ON c.relname::text = o.name" \
	"  AND c.relkind = CASE o.kind WHEN 'VIEW' THEN 'v' ELSE 'f' END" \
	" JOIN pg_namespace AS n ON n.oid = c.relnamespace" \
	" WHERE o.environment = $1 AND n.nspname::text = $2" \
	"  AND (c.oid IN (SELECT r.relation" \
	"    FROM osmeta.environment_relation AS r" \
	"    WHERE r.environment = $1)" \
	"   OR NOT EXISTS (SELECT 1" \
	"    FROM osmeta.environment_relation AS r" \
	"    WHERE r.environment = $1))"

/*
 * Is the schema that attach made still there?  Error 55000 if it was renamed.
 * A schema of its name in which nothing stands that attach made is another
 * one, and none of our business.
 */
static bool
check_schema(const char *environment, const char *schema)
{
	const char *args[1];
	char	   *found;

	args[0] = environment;
	found = query_value("SELECT n.nspname::text"
						" FROM osmeta.environment_relation AS r"
						" JOIN pg_class AS c ON c.oid = r.relation"
						" JOIN pg_namespace AS n ON n.oid = c.relnamespace"
						" WHERE r.environment = $1"
						" GROUP BY n.nspname"
						" ORDER BY count(*) DESC, n.nspname LIMIT 1",
						1, args);
	if (found != NULL && strcmp(found, schema) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("schema \"%s\" of environment \"%s\" is now called \"%s\"",
						schema, environment, found),
				 errhint("Give it back its name: ALTER SCHEMA %s RENAME TO %s.",
						 quote_identifier(found),
						 quote_identifier(schema))));
	if (found != NULL)
		return true;

	/* restored from a dump: only the name is known */
	if (osmeta_query_text("SELECT 1 FROM osmeta.environment_relation AS r"
						  " WHERE r.environment = $1 LIMIT 1", 1, args) > 0)
		return false;
	args[0] = schema;
	return osmeta_query_text("SELECT 1 FROM pg_namespace AS n"
							 " WHERE n.nspname::text = $1", 1, args) > 0;
}

/*
 * Error 55000 if something that attach made was renamed or moved: what reads
 * it by its name would take it for a table that the factory does not have.
 * What was dropped is no concern of this.
 */
static void
check_names(const char *environment, const char *schema)
{
	const char *args[2];
	StringInfoData missing;
	char	   *found;
	char	   *kind;
	bool		is_moved;
	uint64		rows;

	args[0] = environment;
	args[1] = schema;
	if (osmeta_query_text("SELECT format('%I.%I', n.nspname, c.relname),"
						  " CASE c.relkind WHEN 'f' THEN 'FOREIGN TABLE'"
						  "  ELSE 'VIEW' END, n.nspname::text = $2"
						  " FROM osmeta.environment_relation AS r"
						  " JOIN pg_class AS c ON c.oid = r.relation"
						  " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
						  " WHERE r.environment = $1"
						  "  AND (n.nspname::text <> $2 OR NOT EXISTS (SELECT 1"
						  "   FROM osmeta.environment_object AS o"
						  "   WHERE o.environment = $1"
						  "    AND o.name = c.relname::text))"
						  " ORDER BY n.nspname, c.relname LIMIT 1",
						  2, args) == 0)
		return;
	found = osmeta_text_at(0, 1);
	kind = osmeta_text_at(0, 2);
	is_moved = !osmeta_bool_at(0, 3);
	rows = osmeta_query_text("SELECT quote_ident(o.name)"
							 " FROM osmeta.environment_object AS o"
							 " WHERE o.environment = $1"
							 "  AND o.name IS NOT NULL AND NOT EXISTS (SELECT 1"
							 "   FROM pg_class AS c"
							 "    JOIN pg_namespace AS n"
							 "     ON n.oid = c.relnamespace"
							 "   WHERE c.relname::text = o.name"
							 "    AND n.nspname::text = $2)"
							 " ORDER BY o.position LIMIT 20", 2, args);
	initStringInfo(&missing);
	for (uint64 i = 0; i < rows; i++)
		appendStringInfo(&missing, "%s%s", i > 0 ? ", " : "",
						 osmeta_text_at(i, 1));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("relation %s of environment \"%s\" was %s", found,
					environment, is_moved ? "moved" : "renamed"),
			 missing.len > 0 ? errdetail("Not found: %s.", missing.data) : 0,
			 is_moved ?
			 errhint("Move it back: ALTER %s %s SET SCHEMA %s.", kind, found,
					 quote_identifier(schema)) :
			 rows == 1 ?
			 errhint("Give it back its name: ALTER %s %s RENAME TO %s.", kind,
					 found, missing.data) :
			 errhint("Give it back its name with ALTER %s %s RENAME.", kind,
					 found)));
}

/*
 * Error 2BP01 if anything that attach did not make depends on what it made
 * or stands in its schema.
 */
static void
check_dependents(const char *environment, const char *schema)
{
	const char *args[2];
	StringInfoData detail;
	uint64		rows;

	args[0] = environment;
	args[1] = schema;
	rows = osmeta_query_text(
							 "WITH made AS (" MADE_RELATIONS ")"
							 "SELECT DISTINCT x.object"
							 " FROM (SELECT pg_describe_object("
							 "  CASE WHEN d.classid = 'pg_rewrite'::regclass"
							 "   THEN 'pg_class'::regclass ELSE d.classid END,"
							 "  coalesce(r.ev_class, d.objid),"
							 "  CASE WHEN d.classid = 'pg_rewrite'::regclass"
							 "   THEN 0 ELSE d.objsubid END) AS object"
							 " FROM made AS m"
							 " JOIN pg_depend AS d"
							 " ON d.refclassid = 'pg_class'::regclass"
							 "  AND d.refobjid = m.oid"
							 "  OR d.refclassid = 'pg_type'::regclass"
							 "  AND d.refobjid = m.reltype"
							 " LEFT JOIN pg_rewrite AS r"
							 " ON d.classid = 'pg_rewrite'::regclass"
							 "  AND r.oid = d.objid"
							 " WHERE d.deptype IN ('n', 'a')"
							 "  AND coalesce(r.ev_class, d.objid)"
							 "   NOT IN (SELECT a.oid FROM made AS a)"
							 " UNION ALL"
							 " SELECT pg_describe_object(d.classid, d.objid,"
							 "  d.objsubid)"
							 " FROM pg_depend AS d"
							 " JOIN pg_namespace AS n ON n.oid = d.refobjid"
							 " WHERE d.refclassid = 'pg_namespace'::regclass"
							 "  AND n.nspname::text = $2"
							 "  AND NOT (d.classid = 'pg_class'::regclass"
							 "   AND d.objid IN"
							 "    (SELECT a.oid FROM made AS a))) AS x"
							 " ORDER BY x.object", 2, args);
	if (rows == 0)
		return;

	initStringInfo(&detail);
	for (uint64 i = 0; i < rows; i++)
		appendStringInfo(&detail, "%s%s", i > 0 ? "\n" : "",
						 osmeta_text_at(i, 1));
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("cannot detach environment \"%s\" because other objects depend on it or stand in its schema",
					environment),
			 errdetail("%s", detail.data),
			 errhint("Drop or move them first.")));
}

/*
 * SQL: detach(environment)
 *
 * One DROP for all views and one for all foreign tables, so that their order
 * does not matter; what the user has dropped by hand already is passed over.
 * What somebody else has put in the place of one of them is in the way like
 * anything else that stands in the schema.
 */
Datum
osmeta_detach(PG_FUNCTION_ARGS)
{
	char	   *environment = text_argument(fcinfo, 0);
	static const char *const kinds[] = {"VIEW", "FOREIGN TABLE"};
	OsmetaEnvironment *env;
	const char *args[3];
	bool		has_schema;
	int			nest_level = osmeta_spi_begin(false);

	lock_name(ENVIRONMENT_LOCK, environment);
	env = osmeta_environment_read(environment);
	has_schema = check_schema(environment, env->schema);
	if (has_schema)
	{
		check_names(environment, env->schema);
		check_dependents(environment, env->schema);
	}

	args[0] = environment;
	args[1] = env->schema;
	for (int i = 0; has_schema && i < (int) lengthof(kinds); i++)
	{
		char	   *names;

		args[2] = kinds[i];
		names = query_value("SELECT string_agg(format('%I.%I', $2, m.name),"
							" ', ' ORDER BY m.position DESC)"
							" FROM (" MADE_RELATIONS ") AS m"
							" WHERE m.kind = $3", 3, args);
		if (names != NULL)
			osmeta_execf("DROP %s %s", kinds[i], names);
	}
	if (has_schema)
		osmeta_execf("DROP SCHEMA %s", quote_identifier(env->schema));
	osmeta_query_text("DELETE FROM osmeta.environment_relation AS e"
					  " WHERE e.environment = $1", 1, args);
	osmeta_query_text("DELETE FROM osmeta.environment_object AS e"
					  " WHERE e.environment = $1", 1, args);
	osmeta_query_text("DELETE FROM osmeta.environment AS e"
					  " WHERE e.environment = $1", 1, args);

	osmeta_spi_end(nest_level);
	if (!has_schema)
		ereport(NOTICE,
				(errmsg("schema \"%s\", which attach made for environment \"%s\", is not there any more",
						env->schema, environment)));
	PG_RETURN_VOID();
}

OsmetaEnvironment *
osmeta_environment_read(const char *name)
{
	OsmetaEnvironment *env;
	const char *args[1];

	args[0] = name;
	if (osmeta_query_text("SELECT e.environment,"
						  " osmeta.environment_server(e.environment), e.wrapper,"
						  " e.remote_schema, e.dialect, e.catalog_dialect,"
						  " e.schema, e.owner, e.table_options::text,"
						  " e.server IS NULL OR w.has_snapshot,"
						  " e.server IS NULL OR w.pushes_aggregates"
						  " FROM osmeta.environment AS e"
						  " LEFT JOIN osmeta.wrapper AS w"
						  " ON w.wrapper = e.wrapper"
						  " WHERE e.environment = $1", 1, args) == 0)
	{
		char	   *known = joined_result(
										  osmeta_query_text("SELECT e.environment"
															" FROM osmeta.environment AS e"
															" ORDER BY e.environment"
															" LIMIT 20", 0, NULL));

		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("environment \"%s\" is not attached",
						name ? name : ""),
				 known ? errhint("Attached are: %s.", known) :
				 errhint("Attach it with osmeta.attach(environment, server).")));
	}

	env = SPI_palloc(sizeof(OsmetaEnvironment));
	env->name = osmeta_text_at(0, 1);
	env->server = osmeta_text_at(0, 2);
	env->wrapper = osmeta_text_at(0, 3);
	env->remote_schema = osmeta_text_at(0, 4);
	env->dialect = osmeta_text_at(0, 5);
	env->catalog_dialect = osmeta_text_at(0, 6);
	env->schema = osmeta_text_at(0, 7);
	env->owner = osmeta_text_at(0, 8);
	env->table_options = osmeta_text_at(0, 9);
	env->has_snapshot = osmeta_bool_at(0, 10);
	env->pushes_aggregates = osmeta_bool_at(0, 11);
	return env;
}

OsmetaEnvironment *
osmeta_environment_open(const char *name)
{
	OsmetaEnvironment *env = osmeta_environment_read(name);

	if (!check_schema(env->name, env->schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"%s\", which attach made for environment \"%s\", is not there any more",
						env->schema, env->name),
				 errhint("Detach the environment and attach it again.")));
	check_names(env->name, env->schema);
	(void) osmeta_sink_load(env->wrapper);
	return env;
}
