/*-------------------------------------------------------------------------
 *
 * expose.c
 *	  The data of an espace under its logical names.
 *
 * The living metamodel is read, not a capture: what is made here are tables
 * and views over what the factory holds now.  Two statements read all that
 * is needed, each from relations that no condition reaches the factory
 * through, and hand it as one value to osmeta.expose_espace (58_expose.sql),
 * which says in text what is to be made and what is left out.
 *
 * A reference has the type of the identifier that it refers to, which may be
 * a reference itself (one-to-one entities).  The chain is followed while
 * reading, up to a depth that no honest model has; a longer one, or a cycle,
 * says nothing, and the column is shown in the type that it has.
 *
 *-------------------------------------------------------------------------
 */
#include "osmeta.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "environment.h"
#include "identifier.h"
#include "name_check.h"
#include "spi.h"

/* How many one-to-one references a chain of identifiers can have. */
#define CHAIN_DEPTH 50

/* How many names an error lists. */
#define NAMES_LISTED 20

typedef struct ExposeRequest
{
	const char *environment;
	const char *espace;			/* as given */
	const char *schema;
	const char *nulls;
	OsmetaEnvironment *env;
	char	   *kind;			/* espace or extension */
	char	   *owner_id;
	char	   *owner;			/* its name at the factory */
	MemoryContext context;		/* of statements and detail: outlives SPI */
	List	   *statements;		/* char *, in order */
	int			nviews;
	int			nleft_out;		/* entities */
	StringInfoData left_out;	/* a line each, attributes too */
} ExposeRequest;

PG_FUNCTION_INFO_V1(osmeta_expose);
PG_FUNCTION_INFO_V1(osmeta_expose_sql);
PG_FUNCTION_INFO_V1(osmeta_distinct_names);

static void
read_request(ExposeRequest *request, FunctionCallInfo fcinfo)
{
	const char *arguments[4];

	for (int i = 0; i < 4; i++)
		arguments[i] = PG_ARGISNULL(i) ? NULL :
			text_to_cstring(PG_GETARG_TEXT_PP(i));
	memset(request, 0, sizeof(ExposeRequest));
	request->environment = arguments[0];
	request->espace = arguments[1];
	request->schema = arguments[2];
	request->nulls = arguments[3];
	request->context = CurrentMemoryContext;
	initStringInfo(&request->left_out);
}

/* Check the arguments that need no look at the factory. */
static void
check_request(ExposeRequest *request)
{
	const char *args[1];

	if (request->espace == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("espace name must not be null")));
	osmeta_check_name("schema", request->schema);
	if (request->nulls == NULL || (strcmp(request->nulls, "none") != 0 &&
								   strcmp(request->nulls, "text") != 0 &&
								   strcmp(request->nulls, "all") != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 request->nulls ?
				 errmsg("value \"%s\" for nulls is not known",
						request->nulls) :
				 errmsg("nulls must not be null"),
				 errhint("Valid values are none, text and all.")));

	if (request->environment != NULL)
		osmeta_share_environment(request->environment);
	request->env = osmeta_environment_open(request->environment);

	osmeta_lock_schema(request->schema);
	args[0] = request->schema;
	if (osmeta_query_text("SELECT 1 FROM pg_namespace AS n"
						  " WHERE n.nspname::text = $1", 1, args) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_SCHEMA),
				 errmsg("schema \"%s\" already exists", request->schema),
				 errhint("A schema is never reused: give another one, or drop it if it is an earlier exposure.")));
}

/* Error: no active espace or extension is called like this. */
static void
report_unknown(ExposeRequest *request, const char *inactive)
{
	StringInfoData names;
	const char *args[1];
	uint64		rows;

	args[0] = request->espace;
	rows = osmeta_query_text(psprintf(
									  "SELECT o.name FROM %s AS o"
									  " WHERE o.is_active AND o.name <> ''"
									  " ORDER BY strpos(osmeta.fold_name(o.name), osmeta.fold_name($1)) = 0"
									  "  AND strpos(osmeta.fold_name($1), osmeta.fold_name(o.name)) = 0,"
									  " left(osmeta.fold_name(o.name), 3) <> left(osmeta.fold_name($1), 3),"
									  " o.name COLLATE \"C\" LIMIT %d",
									  quote_qualified_identifier(request->env->schema,
																 "owner"),
									  NAMES_LISTED), 1, args);
	initStringInfo(&names);
	for (uint64 i = 0; i < rows; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 osmeta_text_at(i, 1));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 inactive ?
			 errmsg("espace \"%s\" of environment \"%s\" is not active",
					inactive, request->environment) :
			 errmsg("environment \"%s\" has no espace or extension \"%s\"",
					request->environment, request->espace),
			 names.len > 0 ?
			 errhint("There are: %s%s.", names.data,
					 rows == NAMES_LISTED ? ", ..." : "") :
			 errhint("It has no active espace at all: see the view problem.")));
}

/*
 * Which espace or extension is meant: the active one of this very name, else
 * of the name in another case, else with this SS_Key.
 */
static void
find_owner(ExposeRequest *request)
{
	const char *args[1];
	char	   *rank;
	uint64		rows;
	uint64		n = 1;

	args[0] = request->espace;
	rows = osmeta_query_text(psprintf(
									  "SELECT o.kind, o.owner_id::text,"
									  " coalesce(o.name, format('%%s %%s', o.kind, o.owner_id)),"
									  " o.is_active,"
									  " (NOT o.is_active)::int * 3 + o.rank AS rank,"
									  " format('%%s %%s (SS_Key %%s)', o.kind, o.name,"
									  "  coalesce(o.ss_key, 'missing'))"
									  " FROM (SELECT o.*, CASE WHEN o.name = $1 THEN 1"
									  "   WHEN osmeta.fold_name(o.name) = osmeta.fold_name($1) THEN 2"
									  "   WHEN o.ss_key = osmeta.fold_name(btrim($1)) THEN 3"
									  "  END AS rank FROM %s AS o) AS o"
									  " WHERE o.rank IS NOT NULL"
									  " ORDER BY 5, o.kind, o.owner_id",
									  quote_qualified_identifier(request->env->schema,
																 "owner")), 1, args);
	if (rows == 0 || !osmeta_bool_at(0, 4))
		report_unknown(request, rows == 0 ? NULL : osmeta_text_at(0, 3));

	rank = osmeta_text_at(0, 5);
	while (n < rows && strcmp(osmeta_text_at(n, 5), rank) == 0)
		n++;
	if (n > 1)
	{
		StringInfoData detail;

		initStringInfo(&detail);
		for (uint64 i = 0; i < n && i < NAMES_LISTED; i++)
			appendStringInfo(&detail, "%s%s", i > 0 ? ", " : "",
							 osmeta_text_at(i, 6));
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
				 errmsg("\"%s\" is ambiguous in environment \"%s\"",
						request->espace, request->environment),
				 errdetail("There are: %s%s.", detail.data,
						   n > NAMES_LISTED ? ", ..." : ""),
				 errhint("Spell the name exactly, or give the SS_Key instead.")));
	}
	request->kind = osmeta_text_at(0, 1);
	request->owner_id = osmeta_text_at(0, 2);
	request->owner = osmeta_text_at(0, 3);
}

/*
 * What the metamodel and the catalogue say of the espace's entities, as
 * osmeta.expose_espace wants it.
 */
static char *
read_model(ExposeRequest *request)
{
	const char *schema = quote_identifier(request->env->schema);
	StringInfoData query;
	const char *args[4];

	initStringInfo(&query);
	appendStringInfo(&query,
					 "WITH RECURSIVE wanted AS MATERIALIZED ("
					 "SELECT o.entity_id, o.entity, o.key::text AS key,"
					 "  o.physical_table_name, o.data_kind, o.is_multitenant"
					 " FROM %s.owned_entity AS o"
					 " WHERE o.is_effective"
					 "  AND CASE WHEN $1 = 'espace'"
					 "   THEN o.has_espace AND o.espace_id = $2::bigint"
					 "   ELSE NOT o.has_espace AND o.extension_id = $2::bigint"
					 "  END),"
					 " attribute AS MATERIALIZED ("
					 "SELECT a.entity_id, a.attribute_id, a.attribute,"
					 "  a.column_name, a.position, a.type, a.length,"
					 "  a.decimals, a.is_identifier, a.is_auto_number,"
					 "  a.is_active, a.refers_to::text AS refers_to"
					 " FROM %s.owned_attribute AS a),",
					 schema, schema);
	/* the identifier of each entity, by the entity's key */
	appendStringInfo(&query,
					 " identifier AS MATERIALIZED ("
					 "SELECT DISTINCT ON (k.key::text) k.key::text AS key,"
					 "  a.type, a.length, a.decimals, a.refers_to"
					 " FROM %s.key_entity AS k"
					 "  JOIN attribute AS a ON a.entity_id = k.entity_id"
					 " WHERE a.is_identifier"
					 " ORDER BY k.key::text, a.is_active DESC,"
					 "  a.attribute_id DESC),"
					 " chain AS ("
					 "SELECT r.key AS first, i.type, i.length, i.decimals,"
					 "  i.refers_to, 1 AS depth"
					 " FROM (SELECT DISTINCT a.refers_to AS key"
					 "   FROM attribute AS a"
					 "    JOIN wanted AS w ON w.entity_id = a.entity_id) AS r"
					 "  JOIN identifier AS i ON i.key = r.key"
					 " UNION ALL"
					 " SELECT c.first, i.type, i.length, i.decimals,"
					 "  i.refers_to, c.depth + 1"
					 " FROM chain AS c"
					 "  JOIN identifier AS i ON i.key = c.refers_to"
					 " WHERE c.depth < %d),",
					 schema, CHAIN_DEPTH);
	appendStringInfo(&query,
					 " catalog AS MATERIALIZED ("
					 "SELECT p.table_name, p.column_name, p.position,"
					 "  p.data_type, p.local_type"
					 " FROM %s.live_physical_column AS p)"
					 " SELECT jsonb_build_object("
					 "'environment', $3, 'kind', $1, 'owner', $4,"
					 " 'entities', (SELECT coalesce(jsonb_agg(to_jsonb(w)), '[]')"
					 "  FROM wanted AS w),"
					 " 'attributes', (SELECT coalesce(jsonb_agg(jsonb_build_object("
					 "   'entity_id', a.entity_id,"
					 "   'attribute_id', a.attribute_id,"
					 "   'attribute', a.attribute,"
					 "   'column_name', a.column_name,"
					 "   'position', a.position, 'type', a.type,"
					 "   'length', a.length, 'decimals', a.decimals,"
					 "   'is_identifier', a.is_identifier,"
					 "   'is_auto_number', a.is_auto_number,"
					 "   'value_type', c.type, 'value_length', c.length,"
					 "   'value_decimals', c.decimals)), '[]')"
					 "  FROM attribute AS a"
					 "   JOIN wanted AS w ON w.entity_id = a.entity_id"
					 "   LEFT JOIN chain AS c ON c.first = a.refers_to"
					 "    AND c.refers_to IS NULL"
					 "  WHERE a.is_active),"
					 " 'columns', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]')"
					 "  FROM catalog AS c"
					 "  WHERE osmeta.fold_name(c.table_name) IN"
					 "   (SELECT osmeta.fold_name(btrim(w.physical_table_name))"
					 "    FROM wanted AS w)))::text", schema);
	args[0] = request->kind;
	args[1] = request->owner_id;
	args[2] = request->environment;
	args[3] = request->owner;
	if (osmeta_query_text(query.data, 4, args) != 1)
		elog(ERROR, "the metamodel of \"%s\" was not read",
			 request->environment);
	return osmeta_text_at(0, 1);
}

/* Decide what is to be made; nothing is made. */
static void
build_statements(ExposeRequest *request)
{
	const char *args[8];
	uint64		rows;

	check_request(request);
	find_owner(request);

	args[0] = request->env->wrapper;
	args[1] = request->env->server;
	args[2] = request->env->remote_schema;
	args[3] = request->env->dialect;
	args[4] = request->schema;
	args[5] = request->nulls;
	args[6] = read_model(request);
	args[7] = request->env->table_options;
	rows = osmeta_query_text("SELECT x.kind, x.name, x.statement, x.reason"
							 " FROM osmeta.expose_espace($1, $2, $3, $4, $5,"
							 " $6, $7::jsonb, $8::text[]) AS x", 8, args);
	for (uint64 i = 0; i < rows; i++)
	{
		char	   *kind = osmeta_text_at(i, 1);
		MemoryContext old;

		if (strcmp(kind, "VIEW") == 0)
			request->nviews++;
		if (strcmp(kind, "LEFT OUT") == 0)
			request->nleft_out++;
		if (strncmp(kind, "LEFT OUT", 8) == 0)
		{
			appendStringInfo(&request->left_out, "%s%s: %s",
							 request->left_out.len > 0 ? "\n" : "",
							 osmeta_text_at(i, 2), osmeta_text_at(i, 4));
			continue;
		}
		old = MemoryContextSwitchTo(request->context);
		request->statements = lappend(request->statements,
									  osmeta_text_at(i, 3));
		MemoryContextSwitchTo(old);
	}
}

/* SQL: expose(environment, espace, schema, nulls) */
Datum
osmeta_expose(PG_FUNCTION_ARGS)
{
	ExposeRequest request;
	ListCell   *cell;
	int			nest_level;

	read_request(&request, fcinfo);
	nest_level = osmeta_spi_begin(false);
	build_statements(&request);
	foreach(cell, request.statements)
		osmeta_exec((char *) lfirst(cell));
	osmeta_spi_end(nest_level);

	ereport(NOTICE,
			(errmsg("exposed \"%s\" as schema \"%s\": %d entities, %d left out",
					request.owner, request.schema, request.nviews,
					request.nleft_out),
			 request.left_out.len > 0 ?
			 errdetail("Left out:\n%s", request.left_out.data) : 0));
	PG_RETURN_VOID();
}

/*
 * SQL: expose_sql, the same arguments.
 *
 * Views keep the operators that are found when they are made: the script
 * runs under the search_path under which expose runs the statements.
 */
Datum
osmeta_expose_sql(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;

	if (SRF_IS_FIRSTCALL())
	{
		ExposeRequest request;
		MemoryContext old;
		int			nest_level;

		call = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		read_request(&request, fcinfo);
		nest_level = osmeta_spi_begin(false);
		build_statements(&request);
		osmeta_spi_end(nest_level);
		request.statements = lcons("SET search_path = pg_catalog, pg_temp",
								   request.statements);
		request.statements = lappend(request.statements, "RESET search_path");
		call->user_fctx = request.statements;
		MemoryContextSwitchTo(old);

		if (request.left_out.len > 0)
			ereport(NOTICE,
					(errmsg("statements for \"%s\" as schema \"%s\": %d entities, %d left out",
							request.owner, request.schema, request.nviews,
							request.nleft_out),
					 errdetail("Left out:\n%s", request.left_out.data)));
	}

	call = SRF_PERCALL_SETUP();
	if (call->call_cntr < (uint64) list_length(call->user_fctx))
	{
		Datum		statement = CStringGetTextDatum(list_nth(call->user_fctx,
															 (int) call->call_cntr));

		SRF_RETURN_NEXT(call, statement);
	}
	SRF_RETURN_DONE(call);
}

/*
 * SQL: distinct_names(names)
 *
 * A name that nobody before it in the array has, and that fits, stays as it
 * is.  Any other is cut and gets digits of the hash of the name and a number,
 * the smallest that makes it like no other: neither like one that was given
 * before nor like one that stays as it is further on.
 */
Datum
osmeta_distinct_names(PG_FUNCTION_ARGS)
{
	Datum	   *items;
	bool	   *nulls;
	int			n;
	HTAB	   *taken;
	HASHCTL		control;
	char	  **names;
	bool	   *done;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false,
					  TYPALIGN_INT, &items, &nulls, &n);
	names = palloc(sizeof(char *) * (n + 1));
	done = palloc0(sizeof(bool) * (n + 1));
	memset(&control, 0, sizeof(control));
	control.keysize = NAMEDATALEN;
	control.entrysize = NAMEDATALEN;
	control.hcxt = CurrentMemoryContext;
	taken = hash_create("osmeta distinct names", 64, &control,
						HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);

	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("names must not be null")));
		names[i] = TextDatumGetCString(items[i]);
		if (strlen(names[i]) < NAMEDATALEN)
		{
			bool		found;

			hash_search(taken, names[i], HASH_ENTER, &found);
			done[i] = !found;
		}
	}
	for (int i = 0; i < n; i++)
	{
		bool		found = true;
		char	   *name = osmeta_fit_name(names[i]);

		if (done[i])
			continue;
		/* one that had to be cut may stay so */
		if (strlen(names[i]) >= NAMEDATALEN)
			hash_search(taken, name, HASH_ENTER, &found);
		for (int k = 1; found; k++)
		{
			CHECK_FOR_INTERRUPTS();
			name = osmeta_hash_name(names[i], psprintf("%s*%d", names[i], k));
			hash_search(taken, name, HASH_ENTER, &found);
		}
		items[i] = CStringGetTextDatum(name);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(items, n, TEXTOID, -1, false,
										  TYPALIGN_INT));
}
