/*-------------------------------------------------------------------------
 *
 * event_subscription.c
 *	  The rows of all event tables of an environment.
 *
 * Only the factory's catalogue tells which event tables stand there.  Each
 * that is foreign is read through a foreign table of this session that is
 * gone when the rows are there.  One that cannot be read does not keep the
 * others from being shown; a warning tells of it.
 *
 *-------------------------------------------------------------------------
 */
#include "osmeta.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "compare.h"
#include "environment.h"
#include "spi.h"
#include "subtransaction.h"

PG_FUNCTION_INFO_V1(osmeta_event_subscription);

/* An event table, and what is read instead of it. */
typedef struct EventTable
{
	char	   *name;
	char	   *statement;		/* makes the relation; NULL if it stands */
	char	   *relation;
} EventTable;

/* One condition that no name beginning with OSEVT_ can miss. */
static const char *const tables_sql =
"SELECT c.table_name,"
" CASE WHEN e.server IS NOT NULL THEN"
"  osmeta.relation_sql(e.wrapper, osmeta.environment_server(e.environment), e.remote_schema, c.table_name,"
"   'pg_temp', c.relation, jsonb_agg(jsonb_build_object('name', c.column_name,"
"    'remote_name', c.column_name, 'type', c.local_type) ORDER BY c.position),"
"   options => e.table_options) END,"
" CASE WHEN e.server IS NULL THEN format('%%I.%%I', e.remote_schema, c.table_name)"
"  ELSE format('pg_temp.%%I', c.relation) END"
" FROM osmeta.environment AS e"
"  CROSS JOIN (SELECT p.table_name, p.column_name, p.position, p.local_type,"
"    'osmeta event ' || dense_rank() OVER (ORDER BY p.table_name COLLATE \"C\") AS relation"
"   FROM %s.live_physical_column AS p"
"   WHERE osmeta.fold_name(left(p.table_name, 6)) = 'osevt_' AND p.local_type IS NOT NULL"
"    AND octet_length(p.column_name) < 64) AS c"
" WHERE e.environment = $1"
" GROUP BY e.environment, c.table_name, c.relation"
" HAVING bool_or(osmeta.fold_name(c.column_name) = '_process_def_id')"
" ORDER BY c.table_name COLLATE \"C\"";

static void
open_table(void *arg)
{
	EventTable *table = arg;

	if (table->statement != NULL)
		osmeta_exec(table->statement);
	osmeta_execf("SELECT to_jsonb(r) FROM (SELECT * FROM %s OFFSET 0) AS r LIMIT 1",
				 table->relation);
}

/* All rows, each as one value; the relations that were made are listed. */
static char *
read_tables(const OsmetaEnvironment *env, List **made)
{
	StringInfoData query;
	StringInfoData failures;
	const char *args[1];
	EventTable *tables;
	uint64		n;
	int			nfailures = 0;

	args[0] = env->name;
	n = osmeta_query_text(psprintf(tables_sql, quote_identifier(env->schema)),
						  1, args);
	tables = palloc(sizeof(EventTable) * (n + 1));
	for (uint64 i = 0; i < n; i++)
	{
		tables[i].name = osmeta_text_at(i, 1);
		tables[i].statement = osmeta_text_at(i, 2);
		tables[i].relation = osmeta_text_at(i, 3);
	}
	initStringInfo(&query);
	initStringInfo(&failures);
	appendStringInfoString(&query,
						   "SELECT NULL::text AS table_name, NULL::jsonb AS subscription WHERE false");
	for (uint64 i = 0; i < n; i++)
	{
		char	   *error = osmeta_answer(osmeta_try(open_table, &tables[i],
													 true));

		if (error != NULL)
		{
			nfailures++;
			appendStringInfo(&failures, "%s%s: %s",
							 failures.len > 0 ? "\n" : "", tables[i].name,
							 error);
			continue;
		}
		if (tables[i].statement != NULL)
			*made = lappend(*made, tables[i].relation);
		/* the fence: a wrapper is asked for whole rows and nothing else */
		appendStringInfo(&query,
						 " UNION ALL SELECT %s, to_jsonb(r) FROM (SELECT * FROM %s OFFSET 0) AS r",
						 quote_literal_cstr(tables[i].name),
						 tables[i].relation);
	}
	if (nfailures > 0)
		ereport(WARNING,
				(errmsg("event tables of environment \"%s\" that cannot be read: %d",
						env->name, nfailures),
				 errdetail("%s", failures.data)));
	return query.data;
}

/* SQL: event_subscription(environment) */
Datum
osmeta_event_subscription(PG_FUNCTION_ARGS)
{
	OsmetaEnvironment *env;
	char	   *name = NULL;
	const char *schema;
	char	   *rows;
	List	   *made = NIL;
	ListCell   *cell;
	int			nest_level = osmeta_spi_begin(false);

	if (!PG_ARGISNULL(0))
		name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	if (name != NULL)
		osmeta_share_environment(name);
	env = osmeta_environment_open(name);
	schema = quote_identifier(env->schema);
	rows = read_tables(env, &made);

	osmeta_return_query(fcinfo,
						psprintf("WITH subscription AS MATERIALIZED ("
								 "SELECT s.table_name, osmeta.fold_name(s.table_name) AS folded, x.*"
								 " FROM (%s) AS s CROSS JOIN LATERAL osmeta.event_row(s.subscription) AS x),"
								 " exposed AS MATERIALIZED ("
								 "SELECT DISTINCT ON (e.folded) e.folded, e.espace, e.entity, e.key"
								 " FROM (SELECT o.entity_id, coalesce(o.espace, o.extension) AS espace, o.entity, o.key, o.is_effective, o.is_active,"
								 "   osmeta.fold_name(osmeta.event_table_name(btrim(o.physical_table_name))) AS folded"
								 "  FROM %s.entity AS o) AS e"
								 " ORDER BY e.folded, e.is_effective DESC, e.is_active DESC, e.entity_id DESC)"
								 " SELECT e.espace, e.entity, s.table_name, p.name, coalesce(d.name, d.label), s.activity_id,"
								 "  s.is_update, s.is_light, s.row_id, s.conditions, s.tenant_id, e.key,"
								 "  osmeta.try_oskey(o.ss_key, d.ss_key), s.process_definition_id"
								 " FROM subscription AS s"
								 "  LEFT JOIN exposed AS e ON e.folded = s.folded"
								 "  LEFT JOIN %s.live_bpm_process_definition AS d ON d.id = s.process_definition_id"
								 "  LEFT JOIN %s.live_espace AS o ON o.id = d.espace_id"
								 "  LEFT JOIN %s.live_espace AS p ON p.id = coalesce(s.espace_id, d.espace_id)",
								 rows, schema, schema, schema, schema),
						0, NULL, NULL, NULL);
	foreach(cell, made)
		osmeta_execf("DROP FOREIGN TABLE %s", (char *) lfirst(cell));
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}
