/*-------------------------------------------------------------------------
 *
 * plan_catalogue.c
 *	  What a plan knows of the physical catalogues, and whether it still holds.
 *
 * Each side is read by one statement, which asks every view live_physical_*
 * once.  The result is written down when the plan is made or refreshed, and
 * compared when it is run.  Only what matters stops a run: a table of the
 * plan that lost a column or has it with another type, a column that must be
 * filled now, a key, a unique index, a constraint or a trigger that came, a
 * static record that has another number.  What has gone and was only in the
 * way does not.
 *
 * An environment that was attached by an earlier version lacks the views of
 * triggers, rights and constraints: nothing is known then, and nothing said.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_event.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "spi.h"
#include "subtransaction.h"

bool
osmeta_has_view(const char *environment, const char *view)
{
	const char *args[2];

	args[0] = environment;
	args[1] = view;
	return osmeta_query_text("SELECT FROM osmeta.environment n"
							 " JOIN pg_namespace s ON s.nspname = n.schema"
							 " JOIN pg_class c ON c.relnamespace = s.oid"
							 " WHERE n.environment = $1 AND c.relname = $2",
							 2, args) > 0;
}

/* The plan's entities, by the names of their tables at one side. */
static char *
tables_sql(const MigrationPlan *plan, const char *side)
{
	return psprintf("SELECT e.entity_id, e.%s_table AS table_name, a.%s_column AS identifier"
					" FROM osmeta.plan_entity e"
					" LEFT JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id AND a.is_identifier"
					" WHERE e.plan_id = " INT64_FORMAT " AND e.is_data"
					" AND e.%s_table_exists AND e.%s_table IS NOT NULL",
					side, side, plan->plan_id, side, side);
}

/*
 * What cannot change without the plan: columns of the target that must or
 * will be filled, keys, unique indexes, triggers, static records.
 */
static void
append_lasting(StringInfo buf, const MigrationPlan *plan, bool is_source)
{
	const char *schema = is_source ? plan->source_schema : plan->target_schema;

	appendStringInfo(buf,
					 ", keys AS MATERIALIZED (SELECT t.entity_id, t.identifier, k.table_name, k.key_name, k.kind, k.columns, k.target_table, k.delete_action"
					 "  FROM %s.live_physical_key k JOIN tables t ON t.table_name = k.table_name)"
					 ", facts (kind, entity_id, table_name, name, definition, details) AS (",
					 schema);
	if (!is_source)
		appendStringInfo(buf,
						 "SELECT 'column', t.entity_id, c.table_name, c.column_name,"
						 " concat_ws(', ', COALESCE(c.local_type, c.data_type) || CASE WHEN c.is_nullable THEN '' ELSE ' NOT NULL' END,"
						 "  CASE WHEN c.is_identity THEN 'identity' WHEN c.is_generated THEN 'generated' WHEN c.has_default THEN 'with a default' END),"
						 " jsonb_build_object('not_null', NOT c.is_nullable, 'has_default', c.has_default,"
						 "  'is_identity', c.is_identity, 'is_generated', c.is_generated,"
						 "  'is_identifier', COALESCE(c.column_name = t.identifier, false))"
						 " FROM %s c JOIN tables t ON t.table_name = c.table_name"
						 " WHERE NOT c.is_nullable OR c.has_default OR c.is_identity OR c.is_generated"
						 " UNION ALL ", plan->target_columns);
	appendStringInfo(buf,
					 "SELECT 'key', k.entity_id, k.table_name, k.key_name,"
					 " concat_ws(' ', CASE k.kind WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' ELSE 'foreign key' END,"
					 "  '(' || array_to_string(k.columns, ', ') || ')', 'to ' || k.target_table,"
					 "  'on delete ' || NULLIF(k.delete_action, 'no action')),"
					 " jsonb_build_object('kind', k.kind, 'columns', k.columns, 'target', k.target_table,"
					 "  'has_identifier', COALESCE(k.identifier = ANY (k.columns), false), 'should_be', %s)"
					 " FROM keys k%s"
					 " UNION ALL "
					 "SELECT 'index', t.entity_id, i.table_name, i.index_name,"
					 " concat_ws(' ', 'unique', '(' || array_to_string(i.columns, ', ', 'an expression') || ')',"
					 "  CASE WHEN i.is_partial THEN 'over some of the rows' END),"
					 " jsonb_build_object('kind', 'u', 'columns', i.columns, 'is_partial', i.is_partial,"
					 "  'has_identifier', COALESCE(t.identifier = ANY (i.columns), false))"
					 " FROM %s.live_physical_index i JOIN tables t ON t.table_name = i.table_name"
					 " WHERE i.is_unique AND NOT i.is_primary AND (i.is_partial OR NOT EXISTS (SELECT FROM keys k"
					 "  WHERE k.table_name = i.table_name AND k.columns = i.columns AND k.kind IN ('p', 'u')))"
					 " UNION ALL "
					 "SELECT 'record', e.entity_id, COALESCE(e.espace || '.', '') || e.entity, r.record_key,"
					 " string_agg(DISTINCT r.data_id, ', '), jsonb_build_object('record', min(r.record))"
					 " FROM osmeta.plan_entity e JOIN %s.static_record r ON r.entity_key OPERATOR(osmeta.=) e.entity_key"
					 " WHERE e.plan_id = " INT64_FORMAT " AND e.key_strategy = 'record' AND NOT e.is_data"
					 "  AND r.is_active AND r.record_key IS NOT NULL"
					 " GROUP BY e.entity_id, e.espace, e.entity, r.record_key",
					 is_source ? "NULL::text" : "o.target_table",
	/* where a foreign key should lead: the attribute's entity */
					 is_source ? "" :
					 psprintf(" LEFT JOIN (SELECT a.entity_id, a.target_column, o.target_table FROM osmeta.plan_attribute a"
							  "  JOIN osmeta.plan_entity o ON o.plan_id = a.plan_id AND o.entity_id = a.refers_to_entity_id"
							  "  WHERE a.plan_id = " INT64_FORMAT ") o ON o.entity_id = k.entity_id AND o.target_column ="
							  "  CASE WHEN k.kind = 'f' AND cardinality(k.columns) = 1 THEN k.columns[1] END",
							  plan->plan_id),
					 schema, schema, plan->plan_id);
	if (osmeta_has_view(is_source ? plan->source : plan->target, "live_physical_trigger"))
		appendStringInfo(buf,
						 " UNION ALL SELECT 'known', 0, NULL, 'trigger', NULL, '{}'"
						 " UNION ALL "
						 "SELECT 'trigger', t.entity_id, g.table_name, g.trigger_name,"
						 " g.events || CASE WHEN g.is_enabled THEN '' ELSE ', disabled' END,"
						 " jsonb_build_object('events', g.events, 'is_enabled', g.is_enabled)"
						 " FROM %s.live_physical_trigger g JOIN tables t ON t.table_name = g.table_name",
						 schema);
	if (!is_source && osmeta_has_view(plan->target, "live_physical_check"))
		appendStringInfo(buf,
						 " UNION ALL SELECT 'known', 0, NULL, 'check', NULL, '{}'"
						 " UNION ALL "
						 "SELECT 'check', t.entity_id, c.table_name, concat_ws('.', c.column_name, c.constraint_name), COALESCE(c.definition, 'not to be seen'),"
						 " jsonb_build_object('kind', c.kind, 'name', c.constraint_name, 'column', c.column_name, 'is_known', c.definition IS NOT NULL)"
						 " FROM %s.live_physical_check c JOIN tables t ON t.table_name = c.table_name",
						 schema);
	appendStringInfoString(buf, ")");
}

/* WITH ..., the facts of one side as facts. */
static char *
lasting_sql(const MigrationPlan *plan, bool is_source)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "WITH tables AS MATERIALIZED (%s)",
					 tables_sql(plan, is_source ? "source" : "target"));
	append_lasting(&buf, plan, is_source);
	return buf.data;
}

static void
read_lasting(const MigrationPlan *plan, bool is_source, bool only_triggers)
{
	const char *side = is_source ? "source" : "target";
	const char *kinds = only_triggers ?
	"(f.kind IN ('trigger', 'check') OR f.kind = 'known' AND f.name IN ('trigger', 'check'))" :
	"f.kind NOT IN ('privilege', 'event')";

	osmeta_execf("DELETE FROM osmeta.plan_catalogue f"
				 " WHERE f.plan_id = " INT64_FORMAT " AND f.side = '%s' AND %s",
				 plan->plan_id, side, kinds);
	osmeta_execf("%s INSERT INTO osmeta.plan_catalogue (plan_id, side, kind, entity_id, name, table_name, definition, details)"
				 " SELECT DISTINCT ON (f.kind, f.entity_id, f.name) " INT64_FORMAT ", '%s', f.kind, f.entity_id, f.name, f.table_name, f.definition, f.details"
				 " FROM facts f WHERE f.name IS NOT NULL AND %s"
				 " ORDER BY f.kind, f.entity_id, f.name, f.definition",
				 lasting_sql(plan, is_source), plan->plan_id, side, kinds);
}

/* Which identifiers of the target have a key of their own? */
static void
note_keys(const MigrationPlan *plan)
{
	osmeta_execf("UPDATE osmeta.plan_entity e SET target_has_key = n.has_key"
				 " FROM (SELECT a.entity_id, k.entity_id IS NOT NULL AS has_key"
				 "  FROM osmeta.plan_attribute a"
				 "  LEFT JOIN (SELECT f.entity_id, f.details -> 'columns' ->> 0 AS column_name FROM osmeta.plan_catalogue f"
				 "    WHERE f.plan_id = " INT64_FORMAT " AND f.side = 'target' AND f.kind = 'key' AND f.details ->> 'kind' IN ('p', 'u')"
				 "     AND jsonb_array_length(f.details -> 'columns') = 1 GROUP BY 1, 2) k"
				 "   ON k.entity_id = a.entity_id AND k.column_name = a.target_column"
				 "  WHERE a.plan_id = " INT64_FORMAT " AND a.is_identifier) n"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.is_data AND e.entity_id = n.entity_id"
				 "  AND e.target_has_key <> n.has_key",
				 plan->plan_id, plan->plan_id, plan->plan_id);
}

/* What the user who reads or writes there may do. */
static void
read_privileges(const MigrationPlan *plan, bool is_source)
{
	const char *side = is_source ? "source" : "target";

	if (!osmeta_has_view(is_source ? plan->source : plan->target,
						 "live_physical_privilege"))
		return;
	osmeta_execf("WITH tables AS MATERIALIZED (%s)"
				 " INSERT INTO osmeta.plan_catalogue (plan_id, side, kind, entity_id, name, table_name, definition, details)"
				 " SELECT " INT64_FORMAT ", '%s', 'privilege', t.entity_id, '', min(p.table_name),"
				 "  concat_ws(', ', CASE WHEN bool_and(p.can_select) THEN 'SELECT' END, CASE WHEN bool_and(p.can_insert) THEN 'INSERT' END,"
				 "   CASE WHEN bool_and(p.can_update) THEN 'UPDATE' END, CASE WHEN bool_and(p.can_delete) THEN 'DELETE' END),"
				 "  jsonb_build_object('SELECT', bool_and(p.can_select), 'INSERT', bool_and(p.can_insert),"
				 "   'UPDATE', bool_and(p.can_update), 'DELETE', bool_and(p.can_delete),"
	/* environments that were attached earlier lack the column */
				 "   'ALTER', bool_and((to_jsonb(p) ->> 'can_alter')::boolean))"
				 " FROM %s.live_physical_privilege p JOIN tables t ON t.table_name = p.table_name"
				 " GROUP BY t.entity_id",
				 tables_sql(plan, side), plan->plan_id, side,
				 is_source ? plan->source_schema : plan->target_schema);
	/* where users and groups, and their links, are to be created */
	if (!is_source)
		osmeta_execf("INSERT INTO osmeta.plan_catalogue (plan_id, side, kind, entity_id, name, table_name, definition, details)"
					 " SELECT " INT64_FORMAT ", 'target', 'privilege', e.entity_id, p.table_name, p.table_name, NULL,"
					 "  jsonb_build_object('SELECT', p.can_select, 'INSERT', p.can_insert, 'DELETE', p.can_delete)"
					 " FROM osmeta.plan_entity e"
					 " JOIN (VALUES ('user', 'ossys_user'), ('user', 'ossys_user_role'), ('user', 'ossys_group_user'),"
					 "  ('group', 'ossys_group'), ('group', 'ossys_group_role')) v (strategy, table_name) ON v.strategy = e.key_strategy"
					 " JOIN %s.live_physical_privilege p ON osmeta.fold_name(p.table_name) = v.table_name"
					 " WHERE e.plan_id = " INT64_FORMAT " AND NOT e.is_data AND e.include ON CONFLICT DO NOTHING",
					 plan->plan_id, plan->target_schema, plan->plan_id);
}

/* Statements of which the last one counts, as osmeta_try wants them. */
typedef struct Counting
{
	char	   *statements[2];
	int			nstatements;
	int64		count;
} Counting;

static void
count_rows(void *arg)
{
	Counting   *counting = arg;

	for (int i = 0; i < counting->nstatements; i++)
		osmeta_exec(counting->statements[i]);
	counting->count = osmeta_int64_at(0, 1, NULL);
}

static void
add_event(const MigrationPlan *plan, int64 entity_id, const char *name,
		  int64 count, const char *missing, const char *error)
{
	osmeta_execf("INSERT INTO osmeta.plan_catalogue (plan_id, side, kind, entity_id, name, table_name, definition, details)"
				 " VALUES (" INT64_FORMAT ", 'target', 'event', " INT64_FORMAT ", %s, %s, %s, jsonb_build_object('rows', %s)%s)"
				 " ON CONFLICT DO NOTHING",
				 plan->plan_id, entity_id, quote_literal_cstr(name),
				 quote_literal_cstr(name),
				 error ? quote_literal_cstr(error) : "NULL",
				 error ? "NULL" : psprintf(INT64_FORMAT, count),
				 missing[0] == '\0' ? "" :
				 psprintf(" || jsonb_build_object('missing', %s)",
						  quote_literal_cstr(missing)));
}

/*
 * How many rows have the event tables of the plan's entities at the target?
 * Each is counted through a relation that is gone at once.
 */
static void
read_event_tables(const MigrationPlan *plan)
{
	uint64		rows;
	int64	   *entity_id;
	char	  **event_table;
	char	  **statement;
	char	  **missing;

	osmeta_execf("WITH found AS MATERIALIZED (SELECT f.* FROM %s f WHERE f.entity_id IS NOT NULL),"
				 " granted AS MATERIALIZED (%s)"
				 " SELECT f.entity_id, f.event_table,"
				 "  osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), n.remote_schema, f.event_table, p.plan, 'counted',"
				 "   jsonb_build_array(jsonb_build_object('name', 'c', 'remote_name', f.columns -> 0 ->> 'remote_name', 'type', f.columns -> 0 ->> 'type')),"
				 "   options => n.table_options), COALESCE(g.missing, '')"
				 " FROM found f CROSS JOIN osmeta.plan p JOIN osmeta.environment n ON n.environment = p.target"
				 " LEFT JOIN granted g ON g.table_name = f.event_table"
				 " WHERE p.plan_id = " INT64_FORMAT " AND f.columns IS NOT NULL ORDER BY f.entity_id",
				 osmeta_event_tables_sql(plan, false, EVENTS_WRITTEN),
				 osmeta_has_view(plan->target, "live_physical_privilege") ?
				 psprintf("SELECT p.table_name, concat_ws(', ', CASE WHEN NOT bool_and(p.can_select) THEN 'SELECT' END,"
						  " CASE WHEN NOT bool_and(p.can_insert) THEN 'INSERT' END, CASE WHEN NOT bool_and(p.can_delete) THEN 'DELETE' END) AS missing"
						  " FROM %s.live_physical_privilege p GROUP BY p.table_name", plan->target_schema) :
				 "SELECT NULL::text AS table_name, NULL::text AS missing WHERE false",
				 plan->plan_id);
	rows = SPI_processed;
	entity_id = palloc(sizeof(int64) * Max(rows, 1));
	event_table = palloc(sizeof(char *) * Max(rows, 1));
	statement = palloc(sizeof(char *) * Max(rows, 1));
	missing = palloc(sizeof(char *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		missing[i] = osmeta_text_at(i, 4);
		entity_id[i] = osmeta_int64_at(i, 1, NULL);
		event_table[i] = osmeta_text_at(i, 2);
		statement[i] = osmeta_text_at(i, 3);
	}
	for (uint64 i = 0; i < rows; i++)
	{
		Counting	counting = {{NULL}, 2, 0};
		char	   *error;

		counting.statements[0] = statement[i];
		counting.statements[1] = psprintf("SELECT count(c) FROM (SELECT 1 AS c FROM %s.counted) r",
										  plan->schema);
		error = osmeta_answer(osmeta_try(count_rows, &counting, false));
		add_event(plan, entity_id[i], event_table[i], counting.count,
				  missing[i], error);
	}
}

/* Do events wait in the queue of the target? */
static void
read_event_queue(const MigrationPlan *plan)
{
	static const char *const queue[] = {"bpm_event", "bpm_event_queue"};

	for (int i = 0; i < (int) lengthof(queue); i++)
	{
		Counting	counting = {{NULL}, 1, 0};
		char	   *error;

		if (!osmeta_has_view(plan->target, psprintf("live_%s", queue[i])))
			continue;
		counting.statements[0] = psprintf("SELECT count(*) FROM (SELECT FROM %s.live_%s LIMIT 1001) r",
										  plan->target_schema, queue[i]);
		error = osmeta_answer(osmeta_try(count_rows, &counting, false));
		add_event(plan, 0, psprintf("ossys_%s", queue[i]), counting.count,
				  "", error);
	}
}

void
osmeta_plan_read_catalogue(const MigrationPlan *plan, CatalogueKinds kinds)
{
	int			nest_level = osmeta_spi_expect_many();

	if (kinds != CATALOGUE_RIGHTS)
	{
		read_lasting(plan, true, kinds == CATALOGUE_TRIGGERS);
		read_lasting(plan, false, kinds == CATALOGUE_TRIGGERS);
	}
	if (kinds == CATALOGUE_ALL)
		note_keys(plan);
	osmeta_execf("DELETE FROM osmeta.plan_catalogue"
				 " WHERE plan_id = " INT64_FORMAT " AND kind IN ('privilege', 'event')",
				 plan->plan_id);
	read_privileges(plan, true);
	read_privileges(plan, false);
	/* each table a statement: those of a large plan are counted by a run */
	if (kinds == CATALOGUE_RIGHTS || !osmeta_plan_is_large(plan))
		read_event_tables(plan);
	read_event_queue(plan);
	osmeta_spi_restore(nest_level);
}

/*
 * Columns that the plan reads or writes, against the types that it was made
 * with; then everything else, against what was written down.
 */
static char *
differences_sql(const MigrationPlan *plan, bool is_source)
{
	const char *side = is_source ? "source" : "target";
	const char *schema = is_source ? plan->source_schema : plan->target_schema;

	return psprintf("%s, used AS MATERIALIZED ("
					" SELECT e.entity_id, e.%s_table AS table_name, a.%s_column AS column_name, a.%s_type AS type"
					" FROM osmeta.plan_entity e"
					" JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id"
					" WHERE e.plan_id = " INT64_FORMAT " AND e.is_data AND e.include AND a.include AND a.%s_type IS NOT NULL),"
					" was AS (SELECT f.* FROM osmeta.plan_catalogue f"
					"  WHERE f.plan_id = " INT64_FORMAT " AND f.side = '%s' AND f.kind NOT IN ('privilege', 'event', 'known')),"
					" known AS (SELECT v.kind FROM (VALUES ('column'), ('key'), ('index'), ('record')) v (kind)"
					"  UNION ALL SELECT k.name FROM osmeta.plan_catalogue k JOIN facts f ON f.kind = k.kind AND f.name = k.name"
					"   WHERE k.plan_id = " INT64_FORMAT " AND k.side = '%s' AND k.kind = 'known'),"
					" changed AS MATERIALIZED ("
					"  SELECT COALESCE(f.kind, w.kind) AS kind, COALESCE(f.entity_id, w.entity_id) AS entity_id, COALESCE(f.name, w.name) AS name,"
					"   COALESCE(f.table_name, w.table_name) AS table_name, f.definition, w.definition AS old_definition, f.name IS NOT NULL AS is_there,"
					"   w.name IS NOT NULL AS was_there, COALESCE(f.details, '{}') AS details, COALESCE(w.details, '{}') AS old_details"
					"  FROM (SELECT * FROM facts WHERE kind <> 'known') f"
					"  FULL JOIN was w ON w.kind = f.kind AND w.entity_id = f.entity_id AND w.name = f.name"
					"  WHERE f.definition IS DISTINCT FROM w.definition)"
	/* columns that are used */
					" SELECT format('column %%I of table %%I: %%s, was %%s', u.column_name, u.table_name,"
					"   COALESCE(c.local_type, 'gone'), u.type)"
					" FROM used u LEFT JOIN (SELECT table_name, column_name, local_type FROM %s.live_physical_column) c"
					"  ON c.table_name = u.table_name AND c.column_name = u.column_name"
					" WHERE c.local_type IS DISTINCT FROM u.type"
					" UNION ALL "
	/* everything else */
					"SELECT format(CASE f.kind WHEN 'record' THEN 'record %%3$s (key %%1$s) of %%2$s: %%4$s, %%5$s' ELSE '%%6$s %%1$I of table %%2$I: %%4$s, %%5$s' END,"
					"  f.name, f.table_name, COALESCE(f.details ->> 'record', f.old_details ->> 'record'),"
					"  COALESCE(f.definition, 'gone'), CASE WHEN f.was_there THEN 'was ' || f.old_definition ELSE 'is new' END, f.kind)"
					" FROM changed f JOIN osmeta.plan_entity e ON e.plan_id = " INT64_FORMAT " AND e.entity_id = f.entity_id AND e.include"
					" WHERE f.kind IN (SELECT k.kind FROM known k)"
					"  AND CASE f.kind"
	/* a column that is to be filled now and was not, or takes none */
					"   WHEN 'column' THEN COALESCE((f.details ->> 'is_generated')::boolean, false)"
					"     AND NOT COALESCE((f.old_details ->> 'is_generated')::boolean, false)"
					"     AND EXISTS (SELECT FROM used u WHERE u.entity_id = f.entity_id AND u.column_name = f.name)"
					"    OR COALESCE((f.details ->> 'not_null')::boolean, false)"
					"    AND CASE WHEN EXISTS (SELECT FROM used u WHERE u.entity_id = f.entity_id AND u.column_name = f.name)"
					"     THEN NOT COALESCE((f.old_details ->> 'not_null')::boolean, false)"
					"     ELSE NOT (COALESCE((f.details ->> 'has_default')::boolean, false)"
					"      OR COALESCE((f.details ->> 'is_identity')::boolean, false) OR COALESCE((f.details ->> 'is_generated')::boolean, false)) END"
					"   WHEN 'trigger' THEN COALESCE((f.details ->> 'is_enabled')::boolean, false)"
					"   WHEN 'record' THEN f.was_there"

	/*
	 * what is not there any more was in the way, unless it is the
	 * identifier's key; and what has another name only is not new
	 */
					"   ELSE f.is_there AND NOT EXISTS (SELECT FROM was o WHERE o.entity_id = f.entity_id AND o.kind = f.kind AND o.definition = f.definition)"
					"    OR f.old_details ->> 'kind' IN ('p', 'u')"
					"    AND (f.old_details ->> 'has_identifier')::boolean AND jsonb_array_length(f.old_details -> 'columns') = 1"
					"    AND NOT EXISTS (SELECT FROM facts o WHERE o.entity_id = f.entity_id AND o.kind IN ('key', 'index')"
					"     AND o.details ->> 'kind' IN ('p', 'u') AND o.details -> 'columns' = f.old_details -> 'columns')"
					"   END"
					" ORDER BY 1",
					lasting_sql(plan, is_source), side, side, side,
					plan->plan_id, side, plan->plan_id, side, plan->plan_id,
					side, schema, plan->plan_id);
}

/*
 * The catalogues on both sides must still say what the plan was made from:
 * a publish in between may have changed tables.
 */
void
osmeta_check_catalogue(const Run *run, bool is_source)
{
	const MigrationPlan *plan = run->plan;
	bool		has_started = strcmp(plan->phase, "planned") != 0;
	uint64		rows;
	int			nest_level;

	nest_level = osmeta_spi_expect_many();
	rows = osmeta_exec(differences_sql(plan, is_source));
	osmeta_spi_restore(nest_level);
	if (rows == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("tables of environment \"%s\" have changed since plan \"%s\" was made",
					is_source ? plan->source : plan->target, run->name),
			 errdetail("%s", osmeta_list_lines(rows, rows)),
			 has_started ?
			 errhint("Put back there what has changed, and call run_plan again. Triggers and CHECK constraints can be accepted: SELECT osmeta.refresh_plan(%s).",
					 quote_literal_cstr(run->name)) :
			 errhint("SELECT osmeta.refresh_plan(%s) accepts it, then look at osmeta.plan_problem again. If columns have gone or changed their type, capture both environments and make a new plan.",
					 quote_literal_cstr(run->name))));
}
