/*-------------------------------------------------------------------------
 *
 * capture.c
 *	  Copying a factory's metamodel into the store.
 *
 * The copy is one bulk load a table, from the environment's live tables, all
 * in the caller's transaction.  All of them run under one snapshot, so that
 * tables of this database show one moment; a wrapper with a common snapshot
 * (postgres_fdw) gives the same for a server.  For any other wrapper the
 * factory is asked before and after for something that changes when it does;
 * if the answers differ the copy is repeated, and kept as inconsistent when
 * it never settles.
 *
 * A table with rows whose ids are there twice makes its plain load fail; it
 * is then read again, sorted, so that they can be left out and counted.  So a
 * sound factory pays nothing for it.  What the user who reads there may not
 * see of the physical catalogue is left empty, and written down.
 *
 *-------------------------------------------------------------------------
 */
#include "capture.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "bulk_load.h"
#include "environment.h"
#include "spi.h"
#include "subtransaction.h"

/* How often a copy is made before it is kept as inconsistent. */
#define CAPTURE_ATTEMPTS 3

/* First key of the advisory lock; the second is a hash of the environment. */
#define CAPTURE_LOCK 0x6f736d63

/* The same for what pins a capture; the second is a hash of its id. */
#define PIN_LOCK 0x6f736d70

/* One table of the store. */
typedef struct CaptureTable
{
	char	   *name;			/* the table is captured_<name> */
	bool		has_key;		/* rows without an id are left out */
	char	   *query;			/* gives the rows */
	char	   *sorted_query;	/* the same by id, or NULL */
	char	   *fallback_query; /* if the first may not be read, or NULL */
	char	   *signature;		/* query whose answer shows a change, or NULL */
	char	   *unreadable;		/* why the fallback was taken, or NULL */
	BulkResult	result;
} CaptureTable;

PG_FUNCTION_INFO_V1(osmeta_capture_take);
PG_FUNCTION_INFO_V1(osmeta_drop_capture);

static CaptureTable *
read_tables(const char *schema, int *ntables)
{
	const char *args[1];
	CaptureTable *tables;

	args[0] = schema;
	*ntables = (int) osmeta_query_text("SELECT s.table_name, s.has_key,"
									   " s.query, s.sorted_query,"
									   " s.fallback_query, s.signature FROM"
									   " osmeta.capture_statement($1) AS s",
									   1, args);
	tables = SPI_palloc(sizeof(CaptureTable) * (*ntables + 1));
	memset(tables, 0, sizeof(CaptureTable) * (*ntables + 1));
	for (int i = 0; i < *ntables; i++)
	{
		tables[i].name = osmeta_text_at(i, 1);
		tables[i].has_key = osmeta_bool_at(i, 2);
		tables[i].query = osmeta_text_at(i, 3);
		tables[i].sorted_query = osmeta_text_at(i, 4);
		tables[i].fallback_query = osmeta_text_at(i, 5);
		tables[i].signature = osmeta_text_at(i, 6);
	}
	return tables;
}

/* What the factory answers now to the questions that show a change. */
static char *
read_signature(CaptureTable *tables, int ntables)
{
	StringInfoData buf;
	char	   *result;

	initStringInfo(&buf);
	for (int i = 0; i < ntables; i++)
	{
		char	   *answer = NULL;

		if (tables[i].signature == NULL)
			continue;
		if (osmeta_query_text(tables[i].signature, 0, NULL) > 0)
			answer = osmeta_text_at(0, 1);
		appendStringInfo(&buf, "%s\n", answer ? answer : "");
	}
	result = SPI_palloc(buf.len + 1);
	memcpy(result, buf.data, buf.len + 1);
	return result;
}

static BulkResult
load_rows(CaptureTable *table, int64 capture_id, const char *query,
		  Snapshot snapshot)
{
	CHECK_FOR_INTERRUPTS();
	return osmeta_bulk_load(psprintf("captured_%s", table->name), capture_id,
							table->has_key,
							query == table->sorted_query, query, snapshot);
}

/* A table that is loaded, as osmeta_try wants it. */
typedef struct Loading
{
	CaptureTable *table;
	int64		capture_id;
	Snapshot	snapshot;
} Loading;

static void
load_table(void *arg)
{
	const Loading *loading = arg;
	CaptureTable *table = loading->table;

	table->result = load_rows(table, loading->capture_id, table->query,
							  loading->snapshot);
}

/*
 * The plain load of a table, in a subtransaction.  If it fails for a reason
 * that another query of the table answers, nothing is loaded and the error is
 * returned, in the current memory context.
 */
static ErrorData *
try_load(CaptureTable *table, int64 capture_id, Snapshot snapshot)
{
	Loading		loading = {table, capture_id, snapshot};
	ErrorData  *error = osmeta_try(load_table, &loading, true);

	if (error != NULL &&
		!(table->sorted_query != NULL &&
		  error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION) &&
		!(table->fallback_query != NULL &&
		  osmeta_is_access_error(error->sqlerrcode)))
		ReThrowError(error);
	return error;
}

/* Copy all tables under one snapshot; the number of rows. */
static uint64
copy_tables(CaptureTable *tables, int ntables, int64 capture_id)
{
	Snapshot	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	uint64		total = 0;

	for (int i = 0; i < ntables; i++)
	{
		CaptureTable *table = &tables[i];
		ErrorData  *error = NULL;

		table->unreadable = NULL;
		if (table->sorted_query == NULL && table->fallback_query == NULL)
			table->result = load_rows(table, capture_id, table->query,
									  snapshot);
		else
			error = try_load(table, capture_id, snapshot);
		if (error != NULL && table->sorted_query != NULL)
			table->result = load_rows(table, capture_id, table->sorted_query,
									  snapshot);
		else if (error != NULL)
		{
			table->unreadable = pstrdup(error->message);
			table->result = load_rows(table, capture_id,
									  table->fallback_query, snapshot);
		}
		total += table->result.rows;
	}
	UnregisterSnapshot(snapshot);
	return total;
}

/*
 * What was left out, as capture.left_out keeps it; the number of rows goes
 * into *rows.  Names of tables are those of ossys_table, plain words.
 */
static char *
left_out_json(CaptureTable *tables, int ntables, uint64 *rows)
{
	StringInfoData buf;

	*rows = 0;
	initStringInfo(&buf);
	for (int i = 0; i < ntables; i++)
	{
		BulkResult *result = &tables[i].result;

		if (result->without_key == 0 && result->duplicate_key == 0)
			continue;
		*rows += result->without_key + result->duplicate_key;
		appendStringInfo(&buf, "%s{\"table_name\": \"%s\", \"without_id\": "
						 UINT64_FORMAT ", \"duplicate_id\": " UINT64_FORMAT
						 "}", buf.len > 0 ? ", " : "", tables[i].name,
						 result->without_key, result->duplicate_key);
	}
	return psprintf("[%s]", buf.data);
}

/* What had to be cleaned, as capture.cleaned keeps it; *values is how many. */
static char *
cleaned_json(CaptureTable *tables, int ntables, uint64 *values)
{
	StringInfoData buf;

	*values = 0;
	initStringInfo(&buf);
	for (int i = 0; i < ntables; i++)
	{
		ListCell   *column;

		foreach(column, tables[i].result.cleaned)
		{
			CleanedColumn *item = (CleanedColumn *) lfirst(column);
			ListCell   *id;

			*values += item->rows;
			appendStringInfo(&buf, "%s{\"table_name\": \"%s\","
							 " \"column_name\": \"%s\", \"row_count\": "
							 UINT64_FORMAT ", \"ids\": [",
							 buf.len > 0 ? ", " : "", tables[i].name,
							 item->column_name, item->rows);
			foreach(id, item->ids)
			{
				if (id != list_head(item->ids))
					appendStringInfoString(&buf, ", ");
				escape_json(&buf, (char *) lfirst(id));
			}
			appendStringInfoString(&buf, "]}");
		}
	}
	return psprintf("[%s]", buf.data);
}

/* What could not be read, to be added to what attach could not read. */
static char *
unreadable_json(CaptureTable *tables, int ntables)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < ntables; i++)
	{
		if (tables[i].unreadable == NULL)
			continue;
		/* of a table that cannot be read whole, its size is left out */
		appendStringInfo(&buf, "%s{\"part\": \"%s\", \"message\": ",
						 buf.len > 0 ? ", " : "",
						 strcmp(tables[i].name, "physical_table") == 0 ?
						 "physical_size" : tables[i].name);
		escape_json(&buf, tables[i].unreadable);
		appendStringInfoChar(&buf, '}');
	}
	return psprintf("[%s]", buf.data);
}

/* The same in words, for a message; survives SPI. */
static char *
left_out_detail(int64 capture_id)
{
	osmeta_query_text(psprintf("SELECT string_agg(format('%%s: %%s without a"
							   " usable id, %%s with the id of another row.',"
							   " 'OSSYS_' || upper(l.table_name COLLATE \"C\"),"
							   " l.without_id, l.duplicate_id),"
							   " E'\\n' ORDER BY l.table_name)"
							   " FROM osmeta.capture AS c,"
							   " LATERAL jsonb_to_recordset(c.left_out) AS l"
							   " (table_name text, without_id bigint,"
							   "  duplicate_id bigint)"
							   " WHERE c.capture_id = " INT64_FORMAT,
							   capture_id), 0, NULL);
	return osmeta_text_at(0, 1);
}

static void
delete_rows(CaptureTable *tables, int ntables, int64 capture_id)
{
	for (int i = 0; i < ntables; i++)
		osmeta_execf("DELETE FROM osmeta.%s AS t WHERE t.capture_id = "
					 INT64_FORMAT,
					 quote_identifier(psprintf("captured_%s",
											   tables[i].name)),
					 capture_id);
}

/*
 * How large a sample ANALYZE takes here, as default_statistics_target: a
 * capture shall not take twice its time for it.  Later runs of autovacuum
 * take the usual one.
 */
#define STATISTICS_TARGET "20"

/*
 * The planner must see a factory of its real size at once.  Only the owner
 * of a table may do this; for anybody else autovacuum does it later.  So it
 * does for a table that another session is at: ANALYZE keeps its lock until
 * the transaction ends, and captures of two environments shall not wait for
 * each other.
 */
static void
analyze_store(void)
{
	int			nest_level = NewGUCNestLevel();
	List	   *relations = NIL;
	ListCell   *cell;
	uint64		rows;

	(void) set_config_option("default_statistics_target", STATISTICS_TARGET,
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);

	rows = osmeta_query_text("SELECT c.oid::bigint"
							 " FROM pg_class AS c"
							 " JOIN pg_namespace AS n"
							 " ON n.oid = c.relnamespace"
							 " WHERE n.nspname = 'osmeta' AND c.relkind = 'r'"
							 " AND (c.relname = 'capture'"
							 "  OR c.relname::text IN"
							 "   (SELECT 'captured_' || s.table_name"
							 "    FROM osmeta.capture_statement('') AS s))"
							 " AND pg_has_role(c.relowner, 'USAGE')"
							 " ORDER BY c.relname", 0, NULL);
	for (uint64 i = 0; i < rows; i++)
		relations = lappend_oid(relations,
								(Oid) osmeta_int64_at(i, 1, NULL));
	foreach(cell, relations)
	{
		Oid			relation = lfirst_oid(cell);

		if (ConditionalLockRelationOid(relation, ShareUpdateExclusiveLock))
			osmeta_execf("ANALYZE %s",
						 quote_qualified_identifier(OSMETA_SCHEMA,
													get_rel_name(relation)));
	}
	AtEOXact_GUC(true, nest_level);
}

static uint64
rows_of(CaptureTable *tables, int ntables, const char *name)
{
	for (int i = 0; i < ntables; i++)
		if (strcmp(tables[i].name, name) == 0)
			return tables[i].result.rows;
	return 0;
}

/* SQL: capture(environment, label) */
Datum
osmeta_capture_take(PG_FUNCTION_ARGS)
{
	char	   *environment;
	const char *args[2];
	OsmetaEnvironment *env;
	CaptureTable *tables;
	char	   *before = NULL;
	int64		capture_id;
	TimestampTz start = GetCurrentTimestamp();
	char	   *left_out;
	char	   *cleaned;
	char	   *unreadable;
	bool		is_unreadable;
	char	   *detail = NULL;
	uint64		rows = 0;
	uint64		rows_left_out;
	uint64		values_cleaned;
	bool		is_consistent;
	int			ntables;
	int			nest_level;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("environment name must not be null")));
	environment = text_to_cstring(PG_GETARG_TEXT_PP(0));

	nest_level = osmeta_spi_begin(false);
	osmeta_share_environment(environment);
	env = osmeta_environment_open(environment);

	/* two captures of one environment wait for each other */
	args[0] = environment;
	osmeta_query_text(psprintf("SELECT pg_advisory_xact_lock(%d,"
							   " hashtext($1))", CAPTURE_LOCK), 1, args);

	args[1] = PG_ARGISNULL(1) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(1));
	osmeta_query_text("INSERT INTO osmeta.capture (environment, label,"
					  " dialect, remote_schema, missing_tables, unreadable)"
					  " SELECT e.environment, $2, e.dialect, e.remote_schema,"
					  "  e.missing_tables, e.unreadable"
					  " FROM osmeta.environment AS e"
					  " WHERE e.environment = $1"
					  " RETURNING capture_id", 2, args);
	capture_id = osmeta_int64_at(0, 1, NULL);

	tables = read_tables(env->schema, &ntables);
	is_consistent = env->has_snapshot;
	if (!env->has_snapshot)
		before = read_signature(tables, ntables);
	for (int attempt = 1;; attempt++)
	{
		char	   *after;

		rows = copy_tables(tables, ntables, capture_id);
		if (is_consistent)
			break;
		after = read_signature(tables, ntables);
		is_consistent = strcmp(before, after) == 0;
		if (is_consistent || attempt == CAPTURE_ATTEMPTS)
			break;
		delete_rows(tables, ntables, capture_id);
		before = after;
	}

	left_out = left_out_json(tables, ntables, &rows_left_out);
	cleaned = cleaned_json(tables, ntables, &values_cleaned);
	unreadable = unreadable_json(tables, ntables);
	osmeta_execf("UPDATE osmeta.capture AS c SET row_count = " UINT64_FORMAT
				 ", is_consistent = %s, left_out = %s, cleaned = %s,"
				 " unreadable = c.unreadable || %s::jsonb,"
				 " duration = %.6f * interval '1 second'"
				 " WHERE c.capture_id = " INT64_FORMAT,
				 rows, is_consistent ? "true" : "false",
				 quote_literal_cstr(left_out), quote_literal_cstr(cleaned),
				 quote_literal_cstr(unreadable),
				 (double) (GetCurrentTimestamp() - start) / 1000000.0,
				 capture_id);
	if (rows_left_out > 0)
		detail = left_out_detail(capture_id);
	analyze_store();
	is_unreadable = strcmp(unreadable, "[]") != 0;
	osmeta_spi_end(nest_level);

	ereport(NOTICE,
			(errmsg("captured \"%s\" as " INT64_FORMAT ": " UINT64_FORMAT
					" espaces, " UINT64_FORMAT " entities, " UINT64_FORMAT
					" attributes, " UINT64_FORMAT " static records, "
					UINT64_FORMAT " users, " UINT64_FORMAT " tables; "
					UINT64_FORMAT " rows in all",
					environment, capture_id,
					rows_of(tables, ntables, "espace"),
					rows_of(tables, ntables, "entity"),
					rows_of(tables, ntables, "entity_attr"),
					rows_of(tables, ntables, "entity_record"),
					rows_of(tables, ntables, "user"),
					rows_of(tables, ntables, "physical_table"), rows)));
	if (rows_left_out > 0)
		ereport(WARNING,
				(errmsg_plural("%llu row of environment \"%s\" was left out of the capture",
							   "%llu rows of environment \"%s\" were left out of the capture",
							   (unsigned long) rows_left_out,
							   (unsigned long long) rows_left_out,
							   environment),
				 errdetail("%s", detail),
				 errhint("Everything else is there. The view osmeta.problem keeps them as row_without_id and duplicate_id.")));
	if (values_cleaned > 0)
		ereport(WARNING,
				(errmsg_plural("%llu text of environment \"%s\" held what is no character here",
							   "%llu texts of environment \"%s\" held what is no character here",
							   (unsigned long) values_cleaned,
							   (unsigned long long) values_cleaned,
							   environment),
				 errdetail("Each such byte is replaced by U+FFFD in the capture."),
				 errhint("The view osmeta.problem tells where, as cleaned_text.")));
	if (is_unreadable)
		ereport(WARNING,
				(errmsg("parts of the physical catalogue of environment \"%s\" could not be read",
						environment),
				 errhint("The view osmeta.problem tells which, as unreadable_catalog.")));
	if (!is_consistent)
		ereport(WARNING,
				(errmsg("environment \"%s\" changed while it was copied",
						environment),
				 errdetail("The capture is kept, marked as not consistent, after %d attempts.",
						   CAPTURE_ATTEMPTS),
				 errhint("Capture again when nobody publishes.")));
	PG_RETURN_INT64(capture_id);
}

/*
 * A capture that somebody is about to pin is not dropped: who pins it shares
 * a lock until the end of the transaction, who drops it takes the lock alone.
 */
static void
lock_capture(int64 capture_id, const char *function)
{
	osmeta_query_text(psprintf("SELECT %s(%d, hashint8(" INT64_FORMAT "))",
							   function, PIN_LOCK, capture_id), 0, NULL);
}

/* SQL: drop_capture(capture_id) */
Datum
osmeta_drop_capture(PG_FUNCTION_ARGS)
{
	int64		capture_id = PG_GETARG_INT64(0);
	CaptureTable *tables;
	char	   *pinned_by = NULL;
	int			ntables;
	int			nest_level = osmeta_spi_begin(false);

	lock_capture(capture_id, "pg_advisory_xact_lock");
	if (osmeta_query_text(psprintf("SELECT osmeta.capture_pinned_by("
								   INT64_FORMAT ")", capture_id), 0, NULL) > 0)
		pinned_by = osmeta_text_at(0, 1);
	if (pinned_by != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop capture " INT64_FORMAT
						" because it is needed", capture_id),
				 errdetail("It is needed by %s.", pinned_by),
				 errhint("Drop what needs it first.")));
	if (osmeta_execf("DELETE FROM osmeta.capture AS c"
					 " WHERE c.capture_id = " INT64_FORMAT, capture_id) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("capture " INT64_FORMAT " does not exist",
						capture_id),
				 errhint("The table osmeta.capture lists the captures.")));
	tables = read_tables("", &ntables);
	delete_rows(tables, ntables, capture_id);

	osmeta_spi_end(nest_level);
	PG_RETURN_VOID();
}

/* A positive number in decimal digits and nothing else; 0 if it is none. */
static int64
parse_capture_id(const char *digits)
{
	int64		value = 0;
	int			n = 0;

	for (; digits[n] >= '0' && digits[n] <= '9' && n < 18; n++)
		value = value * 10 + (digits[n] - '0');
	return digits[n] == '\0' ? value : 0;
}

char *
osmeta_capture_resolve(const char *argument, int64 *capture_id)
{
	const char *at = argument ? strchr(argument, '@') : NULL;
	const char *args[2];
	char	   *name;
	Size		length;

	if (argument == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("environment name must not be null")));
	length = at ? (Size) (at - argument) : strlen(argument);
	name = SPI_palloc(length + 1);
	memcpy(name, argument, length);
	name[length] = '\0';

	args[0] = name;
	args[1] = NULL;
	if (at != NULL)
	{
		if (parse_capture_id(at + 1) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is no id of a capture", at + 1),
					 errhint("Write environment@capture_id, or the environment alone for its latest capture.")));
		args[1] = at + 1;
	}
	for (int64 locked = 0;;)
	{
		osmeta_query_text("SELECT max(c.capture_id) FROM osmeta.capture AS c"
						  " WHERE c.environment = $1"
						  " AND ($2 IS NULL OR c.capture_id = $2::bigint)",
						  2, args);
		if (osmeta_text_at(0, 1) == NULL)
			break;
		*capture_id = osmeta_int64_at(0, 1, NULL);
		if (*capture_id == locked)
			return name;

		/* look again: it may have been dropped while we waited */
		locked = *capture_id;
		lock_capture(locked, "pg_advisory_xact_lock_shared");
	}

	if (at != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("environment \"%s\" has no capture %s", name, at + 1),
				 errhint("The table osmeta.capture lists the captures.")));
	(void) osmeta_environment_read(name);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("environment \"%s\" has no capture", name),
			 errhint("Take one with osmeta.capture(%s).",
					 quote_literal_cstr(name))));
	return NULL;				/* keep the compiler quiet */
}
