/*-------------------------------------------------------------------------
 *
 * plan_event_find.c
 *	  Which event tables belong to what a plan writes to, and their relations.
 *
 * An entity's event table is the one that the metamodel names, or else the
 * one that has the name of its table; it is there only where the entity
 * exposes process events.  Its columns can change between two runs, and even
 * while its rows are set aside: what is kept is then put into the new ones.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_event.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "spi.h"

char *
osmeta_event_name(const MigrationPlan *plan, char kind,
				  const EventTable *table)
{
	return osmeta_stage_name(plan, kind, table->event_no);
}

char *
osmeta_event_columns(const EventTable *table)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < table->ncolumns; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
						 table->columns[i].name);
	return buf.data;
}

char *
osmeta_event_numbered(const EventTable *table, const char *from)
{
	char	   *columns = osmeta_event_columns(table);

	return psprintf("(SELECT %s, row_number() OVER (PARTITION BY %s) AS n FROM %s AS r)",
					columns, columns, from);
}

/* Of an entity e of the plan: are its rows written to the target? */
static char *
is_written_sql(const MigrationPlan *plan, EventChoice choice)
{
	bool		users = strcmp(plan->users, "create") == 0;
	bool		groups = strcmp(plan->groups, "create") == 0;

	return psprintf("e.include AND e.status = 'matched' AND (%s OR NOT e.is_data AND e.key_strategy IN (%s))",
					choice == EVENTS_PLATFORM ? "false" :
					"e.is_data AND e.source_table_exists AND e.target_table_exists",
					users && groups ? "'user', 'group'" :
					users ? "'user'" : groups ? "'group'" : "NULL");
}

/*
 * All other tables, in the columns of written_sql: of entities of the plan, and
 * of those that it does not know, which are one on both sides by their keys.
 */
static char *
other_sql(const MigrationPlan *plan, bool is_source)
{
	const char *side = is_source ? "source" : "target";
	const char *number = is_source ? "e.entity_id" : "e.target_entity_id";

	return psprintf("SELECT e.entity_id, false AS is_platform, e.%s_table AS table_name, %s AS number, NULL::text AS link"
					" FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT
					" AND e.status = 'matched' AND e.%s_table IS NOT NULL AND (%s) IS NOT TRUE"
					" UNION ALL SELECT NULL, false, m.physical_table_name, m.id, m.key::text FROM %s.live_entity m"
					" WHERE m.is_active IS NOT FALSE AND m.key IS NOT NULL AND m.physical_table_name IS NOT NULL"
					" AND m.id NOT IN (SELECT %s FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT
					"  AND %s IS NOT NULL AND e.status = 'matched')",
					side, number, plan->plan_id, side,
					is_written_sql(plan, EVENTS_WRITTEN),
					is_source ? plan->source_schema : plan->target_schema,
					number, plan->plan_id, number);
}

/*
 * The tables that a plan writes to, by one side's names: entity_id,
 * is_platform, table_name, the metamodel's number of the entity there, and
 * link, if that is another than the name of the event table.
 */
static char *
written_sql(const MigrationPlan *plan, bool is_source, EventChoice choice)
{
	const char *side = is_source ? "source" : "target";
	bool		users = strcmp(plan->users, "create") == 0;
	bool		groups = strcmp(plan->groups, "create") == 0;
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT e.entity_id, NOT e.is_data AS is_platform, e.%s_table AS table_name, %s AS number, NULL::text AS link"
					 " FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT
					 " AND e.%s_table IS NOT NULL AND %s",
					 side, is_source ? "e.entity_id" : "e.target_entity_id",
					 plan->plan_id, side, is_written_sql(plan, choice));
	/* their links */
	if (users || groups)
		appendStringInfo(&buf, " UNION ALL SELECT NULL, true, v.name, NULL::bigint, NULL FROM (VALUES ('OSSYS_USER_ROLE'), ('OSSYS_GROUP_USER'), ('OSSYS_GROUP_ROLE')) v (name)");
	return buf.data;
}

/* Their event tables at one side. */
char *
osmeta_event_tables_sql(const MigrationPlan *plan, bool is_source,
						EventChoice choice)
{
	const char *schema = is_source ? plan->source_schema : plan->target_schema;

	return psprintf("(WITH written AS MATERIALIZED (%s),"
					" c AS MATERIALIZED (SELECT c.table_name, c.column_name, c.position, c.local_type, c.is_generated,"
					"   osmeta.fold_name(c.table_name) AS folded FROM %s c"
					"   WHERE osmeta.fold_name(c.table_name) LIKE E'osevt\\\\_%%'),"
					" model AS MATERIALIZED (SELECT m.id, min(osmeta.fold_name(btrim(m.event_table_name))) AS folded"
					"   FROM %s.live_entity m WHERE m.event_table_name IS NOT NULL GROUP BY m.id),"
					" named AS (SELECT w.*, v.place, v.folded FROM written w LEFT JOIN model m ON m.id = w.number"
					"   CROSS JOIN LATERAL (VALUES (1, m.folded), (2, osmeta.fold_name(osmeta.event_table_name(w.table_name)))) v (place, folded)),"
					" chosen AS (SELECT DISTINCT ON (n.table_name, n.entity_id) n.entity_id, n.is_platform, c.table_name AS event_table, COALESCE(n.link, n.folded) AS link"
					"   FROM named n JOIN (SELECT DISTINCT c.table_name, c.folded FROM c) c ON c.folded = n.folded"
					"   ORDER BY n.table_name, n.entity_id, n.place, c.table_name)"
					" SELECT DISTINCT ON (h.event_table) h.entity_id, h.is_platform, h.event_table,"
					"  CASE WHEN h.entity_id IS NULL THEN h.link END AS link,"
					"  (SELECT jsonb_agg(jsonb_build_object('name', 'c' || k.place, 'remote_name', k.column_name, 'type', k.local_type) ORDER BY k.place)"
					"   FROM (SELECT c.column_name, c.local_type, row_number() OVER (ORDER BY c.position) AS place"
					"     FROM c WHERE c.table_name = h.event_table AND c.local_type IS NOT NULL AND NOT COALESCE(c.is_generated, false)) k) AS columns,"
					"  (SELECT string_agg(c.column_name, ', ' ORDER BY c.position) FROM c WHERE c.table_name = h.event_table AND c.local_type IS NULL) AS unknown"
					" FROM chosen h ORDER BY h.event_table, h.is_platform, h.entity_id)",
					choice == EVENTS_OTHER ? other_sql(plan, is_source) :
					written_sql(plan, is_source, choice),
					is_source ? plan->source_columns : plan->target_columns,
					schema);
}

bool
osmeta_event_exists(const MigrationPlan *plan, char kind, int event_no)
{
	return osmeta_execf("SELECT WHERE to_regclass(%s) IS NOT NULL",
						quote_literal_cstr(osmeta_stage_name(plan, kind, event_no))) > 0;
}

static void
drop_relation(const MigrationPlan *plan, char kind, int event_no)
{
	char	   *name = osmeta_stage_name(plan, kind, event_no);

	if (osmeta_execf("SELECT CASE c.relkind WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END"
					 " FROM pg_class c WHERE c.oid = to_regclass(%s)",
					 quote_literal_cstr(name)) > 0)
		osmeta_execf("DROP %s %s", osmeta_text_at(0, 1), name);
}

/* The rows that are kept, in a table with the columns of today. */
static void
make_kept(const MigrationPlan *plan, char kind, int event_no,
		  const char *old_columns, const char *columns)
{
	char	   *name = osmeta_stage_name(plan, kind, event_no);
	bool		has_old = osmeta_event_exists(plan, kind, event_no);
	char	   *former = psprintf("%s.%s", plan->schema,
								  quote_identifier(psprintf("former %c%d", kind, event_no)));
	char	   *statement;

	if (has_old)
		osmeta_execf("ALTER TABLE %s RENAME TO %s", name,
					 quote_identifier(psprintf("former %c%d", kind, event_no)));
	osmeta_execf("SELECT format('CREATE TABLE %s (%%s)', string_agg(format('%%I %%s', c.name, c.type), ', '))"
				 " FROM jsonb_to_recordset(%s) c (name text, type text)",
				 name, quote_literal_cstr(columns));
	statement = osmeta_text_at(0, 1);
	osmeta_exec(statement);
	if (!has_old)
		return;
	osmeta_execf("SELECT format('INSERT INTO %s (%%s) SELECT %%s FROM %s',"
				 "  string_agg(format('%%I', c.name), ', '), string_agg(format('%%I::text::%%s', o.name, c.type), ', '))"
				 " FROM jsonb_to_recordset(%s) c (name text, remote_name text, type text)"
				 " JOIN jsonb_to_recordset(%s) o (name text, remote_name text) ON o.remote_name = c.remote_name",
				 name, former, quote_literal_cstr(columns),
				 quote_literal_cstr(old_columns));
	statement = osmeta_text_at(0, 1);
	if (statement != NULL)
		osmeta_exec(statement);
	osmeta_execf("DROP TABLE %s", former);
}

/* The relation of one side anew. */
static void
make_relation(const MigrationPlan *plan, int event_no, bool is_source)
{
	char	   *statement;

	drop_relation(plan, is_source ? EVENT_SOURCE : EVENT_TARGET, event_no);
	osmeta_execf("SELECT osmeta.plan_event_sql(" INT64_FORMAT ", %d, %s)",
				 plan->plan_id, event_no, is_source ? "true" : "false");
	statement = osmeta_text_at(0, 1);
	osmeta_exec(statement);
}

/* What was found at the target of one event table. */
typedef struct Found
{
	char	   *entity_id;		/* NULL: none, but */
	char	   *link;			/* one of users and groups */
	char	   *is_platform;
	char	   *name;
	char	   *columns;
	char	   *unknown;
	bool		is_written;
	char	   *source_name;
	char	   *source_columns;
} Found;

static void
note(const MigrationPlan *plan, const Found *found)
{
	int			event_no;
	char	   *old = NULL;
	bool		is_known;

	if (found->unknown != NULL || found->columns == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rows of event table \"%s\" of environment \"%s\" cannot be kept",
						found->name, plan->target),
				 found->unknown != NULL ?
				 errdetail("Columns of types that are not known here: %s.",
						   found->unknown) : 0,
				 errhint("Have the triggers that read it disabled there and give the plan the option events = \"disabled\".")));
	is_known = osmeta_execf("SELECT v.event_no, v.columns::text, v.columns = %s::jsonb FROM osmeta.plan_event v"
							" WHERE v.plan_id = " INT64_FORMAT " AND v.kind = 'table' AND v.table_name = %s",
							quote_literal_cstr(found->columns), plan->plan_id,
							quote_literal_cstr(found->name)) > 0;
	if (is_known)
	{
		event_no = (int) osmeta_int64_at(0, 1, NULL);
		if (!osmeta_bool_at(0, 3))
			old = osmeta_text_at(0, 2);
		osmeta_execf("UPDATE osmeta.plan_event SET columns = %s, source_table = %s, source_columns = COALESCE(%s::jsonb, '[]'),"
					 " is_written = %s, entity_id = %s"
					 " WHERE plan_id = " INT64_FORMAT " AND event_no = %d",
					 quote_literal_cstr(found->columns),
					 found->source_name ? quote_literal_cstr(found->source_name) : "NULL",
					 found->source_columns ? quote_literal_cstr(found->source_columns) : "NULL",
					 found->is_written ? "true" : "false",
					 found->entity_id ? found->entity_id : "NULL",
					 plan->plan_id, event_no);
	}
	else
	{
		osmeta_execf("INSERT INTO osmeta.plan_event (plan_id, event_no, kind, table_name, entity_id, is_platform, is_written, columns, source_table, source_columns)"
					 " SELECT " INT64_FORMAT ", COALESCE(max(v.event_no), 0) + 1, 'table', %s, %s, %s, %s, %s, %s, COALESCE(%s::jsonb, '[]')"
					 " FROM osmeta.plan_event v WHERE v.plan_id = " INT64_FORMAT
					 " RETURNING event_no",
					 plan->plan_id, quote_literal_cstr(found->name),
					 found->entity_id ? found->entity_id : "NULL",
					 found->is_platform, found->is_written ? "true" : "false",
					 quote_literal_cstr(found->columns),
					 found->source_name ? quote_literal_cstr(found->source_name) : "NULL",
					 found->source_columns ? quote_literal_cstr(found->source_columns) : "NULL",
					 plan->plan_id);
		event_no = (int) osmeta_int64_at(0, 1, NULL);
	}
	make_relation(plan, event_no, false);
	if (!is_known || old != NULL)
	{
		make_kept(plan, EVENT_OWN, event_no, old, found->columns);
		make_kept(plan, EVENT_BROUGHT, event_no, old, found->columns);
		make_kept(plan, EVENT_SEEN, event_no, old, found->columns);
		make_kept(plan, EVENT_TAKEN, event_no, old, found->columns);
		drop_relation(plan, EVENT_SCRIPT, event_no);
	}
	drop_relation(plan, EVENT_SOURCE, event_no);
	if (found->source_name != NULL && found->source_columns != NULL)
	{
		make_relation(plan, event_no, true);
		/* one that cannot be read is told of before a row is written */
		osmeta_execf("SELECT FROM %s LIMIT 1",
					 osmeta_stage_name(plan, EVENT_SOURCE, event_no));
	}
}

/* Forget event tables that have gone since, and of which nothing is kept. */
static void
forget_gone(const MigrationPlan *plan, const Found *found, uint64 count,
			EventChoice choice)
{
	StringInfoData names;
	uint64		rows;
	int		   *gone;

	initStringInfo(&names);
	for (uint64 i = 0; i < count; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 quote_literal_cstr(found[i].name));
	rows = osmeta_execf("DELETE FROM osmeta.plan_event v WHERE v.plan_id = " INT64_FORMAT
						" AND v.kind = 'table' AND v.state <> 'aside'%s AND v.table_name <> ALL (ARRAY[%s]::text[]) RETURNING v.event_no",
						plan->plan_id, choice == EVENTS_PLATFORM ? " AND v.is_platform" :
						choice == EVENTS_OTHER ? " AND NOT v.is_written" : " AND v.is_written",
						names.data);
	gone = palloc(sizeof(int) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		gone[i] = (int) osmeta_int64_at(i, 1, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		for (const char *kind = EVENT_RELATIONS; *kind != '\0'; kind++)
			drop_relation(plan, *kind, gone[i]);
	}
}

/* An event table of the source that has no partner. */
typedef struct Single
{
	char	   *name;
	char	   *columns;
} Single;

/* The event tables of the source that belong to those; gives the others. */
static Single *
find_source(const MigrationPlan *plan, EventChoice choice, Found *found,
			uint64 count, uint64 *nsingles)
{
	uint64		rows = osmeta_execf("SELECT s.entity_id::text, s.link, s.event_table, s.columns::text FROM %s s",
									osmeta_event_tables_sql(plan, true, choice));
	Single	   *singles = SPI_palloc(sizeof(Single) * Max(rows, 1));

	*nsingles = 0;
	for (uint64 i = 0; i < rows; i++)
	{
		char	   *entity_id = osmeta_text_at(i, 1);
		char	   *link = osmeta_text_at(i, 2);
		bool		is_single = true;

		for (uint64 j = 0; j < count; j++)
		{
			const char *a = entity_id ? entity_id : link;
			const char *b = entity_id ? found[j].entity_id : found[j].link;

			if (a == NULL || b == NULL || strcmp(a, b) != 0)
				continue;
			found[j].source_name = osmeta_text_at(i, 3);
			found[j].source_columns = osmeta_text_at(i, 4);
			is_single = false;
		}
		if (is_single && osmeta_text_at(i, 4) != NULL)
			singles[(*nsingles)++] = (Single)
		{
			osmeta_text_at(i, 3), osmeta_text_at(i, 4)
		};
	}
	return singles;
}

/* Does the source have rows of activities that are moved? */
static int64
waiting(const Run *run, const char *name, const char *columns)
{
	char	   *error;
	int64		rows = osmeta_event_waiting(run->plan, name, columns, &error);

	if (rows < 0)
		ereport(WARNING,
				(errmsg("event table \"%s\" of environment \"%s\" cannot be read: activities that wait for its events may not be woken at the target",
						name, run->plan->source),
				 errdetail("%s", error),
				 errhint("Let the user that reads there see it, and call the same procedure again.")));
	return rows;
}

static bool
is_needed(const Run *run, const Found *found)
{
	if (osmeta_execf("SELECT v.is_written FROM osmeta.plan_event v WHERE v.plan_id = " INT64_FORMAT
					 " AND v.kind = 'table' AND v.table_name = %s",
					 run->plan_id, quote_literal_cstr(found->name)) > 0)
		return !osmeta_bool_at(0, 1);
	return found->source_name != NULL && found->source_columns != NULL &&
		waiting(run, found->source_name, found->source_columns) > 0;
}

/* Activities that wait for what the target has no event table of. */
static void
tell_singles(Run *run, const Single *singles, uint64 count)
{
	for (uint64 i = 0; i < count; i++)
	{
		int64		rows = waiting(run, singles[i].name, singles[i].columns);

		if (rows > 0)
			ereport(WARNING,
					(errmsg("activities of plan \"%s\" wait for events of table \"%s\" of environment \"%s\", for which environment \"%s\" has no event table: " INT64_FORMAT,
							run->name, singles[i].name, run->plan->source,
							run->plan->target, rows),
					 errhint("Publish there the module whose process waits, so that the entity exposes process events; the next round that has rows to deliver brings them.")));
		osmeta_commit_now_and_then(run, (int) i);
	}
}

/* The event tables of the target, and those of the source that have none. */
static Found *
find_tables(const MigrationPlan *plan, EventChoice choice, uint64 *count,
			Single **singles, uint64 *nsingles)
{
	int			nest_level = osmeta_spi_expect_many();
	Found	   *found;

	*count = osmeta_execf("SELECT t.entity_id::text, t.link, t.is_platform::text, t.event_table, t.columns::text, t.unknown FROM %s t",
						  osmeta_event_tables_sql(plan, false, choice));
	found = SPI_palloc(sizeof(Found) * Max(*count, 1));
	memset(found, 0, sizeof(Found) * Max(*count, 1));
	for (uint64 i = 0; i < *count; i++)
	{
		found[i].entity_id = osmeta_text_at(i, 1);
		found[i].link = osmeta_text_at(i, 2);
		found[i].is_platform = osmeta_text_at(i, 3);
		found[i].name = osmeta_text_at(i, 4);
		found[i].columns = osmeta_text_at(i, 5);
		found[i].unknown = osmeta_text_at(i, 6);
		found[i].is_written = choice != EVENTS_OTHER;
	}
	*singles = NULL;
	*nsingles = 0;
	if (plan->source_schema != NULL && plan->elsewhere == NULL)
		*singles = find_source(plan, choice, found, *count, nsingles);
	osmeta_spi_restore(nest_level);
	return found;
}

void
osmeta_event_find(Run *run, EventChoice choice)
{
	const MigrationPlan *plan = run->plan;
	uint64		rows;
	uint64		count;
	Single	   *singles;
	Found	   *found = find_tables(plan, choice, &rows, &singles, &count);

	forget_gone(plan, found, rows, choice);
	for (uint64 i = 0; i < rows; i++)
	{
		if (choice != EVENTS_OTHER || is_needed(run, &found[i]))
			note(plan, &found[i]);
		/* each is several relations */
		if ((i + 1) % osmeta_plan_batch() == 0)
			osmeta_run_commit(run);
	}
	if (choice != EVENTS_OTHER)
		return;
	tell_singles(run, singles, count);
	(void) find_tables(plan, EVENTS_WRITTEN, &rows, &singles, &count);
	tell_singles(run, singles, count);
}

static EventColumn *
load_columns(const MigrationPlan *plan, int event_no, const char *columns,
			 int *count)
{
	EventColumn *result;

	*count = (int) osmeta_execf("SELECT c.name, osmeta.fold_name(c.remote_name), c.type, c.remote_name FROM osmeta.plan_event v"
								" CROSS JOIN LATERAL jsonb_to_recordset(v.%s) c (name text, remote_name text, type text)"
								" WHERE v.plan_id = " INT64_FORMAT " AND v.event_no = %d"
								" ORDER BY substr(c.name, 2)::integer",
								columns, plan->plan_id, event_no);
	result = SPI_palloc(sizeof(EventColumn) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		result[i].name = osmeta_text_at(i, 1);
		result[i].folded = osmeta_text_at(i, 2);
		result[i].type = osmeta_text_at(i, 3);
		result[i].is_target_only = false;
		result[i].remote = osmeta_text_at(i, 4);
	}
	return result;
}

EventTable *
osmeta_event_load(const MigrationPlan *plan, int *count)
{
	EventTable *tables;

	*count = (int) osmeta_execf("SELECT v.event_no, v.table_name, e.espace, COALESCE(v.entity_id, 0)::bigint, v.is_platform,"
								" v.source_table, v.state, v.rows_own, v.rows_brought, v.is_written"
								" FROM osmeta.plan_event v LEFT JOIN osmeta.plan_entity e ON e.plan_id = v.plan_id AND e.entity_id = v.entity_id"
								" WHERE v.plan_id = " INT64_FORMAT " AND v.kind = 'table' ORDER BY v.event_no",
								plan->plan_id);
	tables = SPI_palloc(sizeof(EventTable) * Max(*count, 1));
	memset(tables, 0, sizeof(EventTable) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		EventTable *t = &tables[i];

		t->event_no = (int) osmeta_int64_at(i, 1, NULL);
		t->name = osmeta_text_at(i, 2);
		t->espace = osmeta_text_at(i, 3);
		t->entity_id = osmeta_int64_at(i, 4, NULL);
		t->is_platform = osmeta_bool_at(i, 5);
		t->source_name = osmeta_text_at(i, 6);
		t->state = osmeta_text_at(i, 7);
		t->rows_own = osmeta_int64_at(i, 8, NULL);
		t->rows_brought = osmeta_int64_at(i, 9, NULL);
		t->is_written = osmeta_bool_at(i, 10);
	}
	for (int i = 0; i < *count; i++)
	{
		EventTable *t = &tables[i];

		t->columns = load_columns(plan, t->event_no, "columns", &t->ncolumns);
		t->source_columns = load_columns(plan, t->event_no, "source_columns",
										 &t->nsource);
	}
	return tables;
}

void
osmeta_event_drop(const MigrationPlan *plan)
{
	int			count;
	EventTable *tables = osmeta_event_load(plan, &count);

	for (int i = 0; i < count; i++)
	{
		for (const char *kind = EVENT_RELATIONS; *kind != '\0'; kind++)
			drop_relation(plan, *kind, tables[i].event_no);
	}
	osmeta_event_await_drop(plan);
}
