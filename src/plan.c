/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  create_plan, refresh_plan, set_plan_option, and the locks of plans.
 *
 * Making a plan is a handful of set-based statements: entities of the scope,
 * entities that they refer to, attributes, then what the catalogues on both
 * sides say about tables and columns, ranges of identifiers, and the order.
 * The views of the metamodel show the two pinned captures meanwhile, by the
 * setting osmeta.capture.
 *
 * What is wrong with a plan does not stop it from being made: the view
 * plan_problem tells, and run_plan refuses.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/resowner.h"

#include "capture.h"
#include "environment.h"
#include "identifier.h"
#include "name_check.h"
#include "scope.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_create_plan);
PG_FUNCTION_INFO_V1(osmeta_set_plan_option);
PG_FUNCTION_INFO_V1(osmeta_refresh_plan);

/* Advisory locks of osmeta: a tag of their own, then kind and id. */
#define LOCK_CLASS 0x6f73		/* "os" */

static void
set_lock_tag(LOCKTAG *tag, PlanLock kind, int64 id)
{
	/* field 4 tells these from the advisory locks of users (1 and 2) */
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (id >> 32),
						 (uint32) id, LOCK_CLASS + (int) kind);
}

/* Take a lock of the session; false if it is held and wait is false. */
bool
osmeta_plan_lock(PlanLock kind, int64 id, bool shared, bool wait)
{
	LOCKTAG		tag;

	set_lock_tag(&tag, kind, id);
	return LockAcquire(&tag, shared ? ShareLock : ExclusiveLock, true,
					   !wait) != LOCKACQUIRE_NOT_AVAIL;
}

/* Take a lock alone until the transaction ends; false if it is held. */
bool
osmeta_plan_lock_transaction(PlanLock kind, int64 id)
{
	LOCKTAG		tag;

	set_lock_tag(&tag, kind, id);
	return LockAcquire(&tag, ExclusiveLock, false, true) !=
		LOCKACQUIRE_NOT_AVAIL;
}

/* Wait for a target, which other plans may be about to write to. */
void
osmeta_plan_lock_target(int64 id)
{
	LOCKTAG		tag;

	set_lock_tag(&tag, PLAN_LOCK_TARGET, id);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

void
osmeta_plan_unlock(PlanLock kind, int64 id, bool shared)
{
	LOCKTAG		tag;

	set_lock_tag(&tag, kind, id);
	(void) LockRelease(&tag, shared ? ShareLock : ExclusiveLock, true);
}

/* ---------------------------------------------------------------------------
 * create_plan
 * ---------------------------------------------------------------------------
 */

/* What create_plan works on. */
typedef struct Draft
{
	int64		plan_id;
	const char *name;
	const char *schema;			/* quoted */
	char	   *source;
	char	   *target;
	char	   *source_schema;	/* quoted */
	char	   *target_schema;
	int64		source_capture_id;
	int64		target_capture_id;
	char	   *producers;		/* option */
} Draft;

static uint64
query_ids(const char *sql, int64 a, int64 b, int64 c)
{
	Oid			types[3] = {INT8OID, INT8OID, INT8OID};
	Datum		values[3];
	int			nargs = strstr(sql, "$3") ? 3 : strstr(sql, "$2") ? 2 : 1;

	values[0] = Int64GetDatum(a);
	values[1] = Int64GetDatum(b);
	values[2] = Int64GetDatum(c);
	return osmeta_query(sql, nargs, types, values, NULL);
}

/* What the items of a scope name must be something that a plan can move. */
static void
add_scope(const Draft *draft, Datum scope)
{
	Oid			types[4] = {INT8OID, INT8OID, INT8OID, TEXTARRAYOID};
	Datum		values[4];
	uint64		rows;

	values[0] = Int64GetDatum(draft->plan_id);
	values[1] = Int64GetDatum(draft->source_capture_id);
	values[2] = Int64GetDatum(draft->target_capture_id);
	values[3] = scope;

	osmeta_scope_check(draft->source_capture_id, draft->source, scope);
	rows = osmeta_query("SELECT e.espace, e.entity, e.data_kind FROM osmeta.scope_entity($2, $4) s"
						" JOIN osmeta.entity e ON e.capture_id = $2 AND e.entity_id = s.entity_id"
						" WHERE s.item LIKE 'entity:%' AND (e.is_system OR e.is_external"
						"  OR e.data_kind IS DISTINCT FROM 'entity' OR e.key IS NULL)"
						" AND $1 + $3 IS NOT NULL",
						4, types, values, NULL);
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rows of entity \"%s.%s\" cannot be moved",
						osmeta_text_at(0, 1), osmeta_text_at(0, 2)),
				 errdetail("Static entities, system entities, external entities and client entities hold no application data of the platform's database."),
				 errhint("Static entities and users are matched automatically where rows refer to them.")));
	(void) osmeta_query("SELECT osmeta.plan_add_entity($1, $2, $3,"
						" ARRAY(SELECT s.entity_id FROM osmeta.scope_entity($2, $4) s"
						"  JOIN osmeta.entity e ON e.capture_id = $2 AND e.entity_id = s.entity_id"
						"  LEFT JOIN osmeta.espace p ON p.capture_id = $2 AND p.espace_id = e.espace_id"
						"  WHERE e.data_kind = 'entity' AND e.key IS NOT NULL"
						"   AND e.is_system IS NOT TRUE AND e.is_external IS NOT TRUE"
						"   AND p.is_system IS NOT TRUE), true)",
						4, types, values, NULL);
	if (osmeta_int64_at(0, 1, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the scope holds no entity with application data"),
				 errhint("Static entities and system entities are matched, not moved.")));
}

/*
 * Add what the rows refer to: with option producers entities whose rows come
 * along, and what those refer to in turn; then all others, whose rows are
 * matched.
 */
static void
add_referenced(const Draft *draft, Datum scope)
{
	Oid			types[4] = {INT8OID, INT8OID, INT8OID, TEXTARRAYOID};
	Datum		values[4];
	bool		takes_data = strcmp(draft->producers, "none") != 0;

	values[0] = Int64GetDatum(draft->plan_id);
	values[1] = Int64GetDatum(draft->source_capture_id);
	values[2] = Int64GetDatum(draft->target_capture_id);
	values[3] = scope;

	if (strcmp(draft->producers, "all") == 0)
		(void) osmeta_query("SELECT osmeta.plan_add_entity($1, $2, $3,"
							" ARRAY(SELECT osmeta.plan_producer_entity($2, $4)), true)",
							4, types, values, NULL);
	osmeta_execf("SELECT osmeta.plan_add_process(" INT64_FORMAT ", " INT64_FORMAT ")",
				 draft->plan_id, draft->source_capture_id);
	osmeta_typed_read(draft->plan_id, draft->source_capture_id, draft->source,
					  draft->source_schema);
	for (;;)
	{
		char	   *lists[2];
		bool		is_data;

		query_ids("SELECT array_agg(m.entity_id) FILTER (WHERE m.holds_data),"
				  " array_agg(m.entity_id)"
				  " FROM (SELECT * FROM osmeta.plan_missing_entity($1, $2)"
				  "  UNION SELECT * FROM osmeta.plan_missing_process_entity($1, $2)) m",
				  draft->plan_id, draft->source_capture_id, 0);
		lists[0] = osmeta_text_at(0, 1);
		lists[1] = osmeta_text_at(0, 2);
		is_data = takes_data && lists[0] != NULL;
		if (lists[1] == NULL)
			break;
		osmeta_execf("SELECT osmeta.plan_add_entity(" INT64_FORMAT ", " INT64_FORMAT ", " INT64_FORMAT ", %s, %s)",
					 draft->plan_id, draft->source_capture_id,
					 draft->target_capture_id,
					 quote_literal_cstr(lists[is_data ? 0 : 1]),
					 is_data ? "true" : "false");
		/* only what is moved refers to more */
		if (!is_data)
			break;
		takes_data = osmeta_int64_at(0, 1, NULL) > 0;
	}
}

/*
 * Which tables of the target take no identifier?  SQL Server's IDENTITY does
 * for who may ALTER the table (IDENTITY_INSERT).
 */
static void
read_always(int64 plan_id, const char *target, const char *target_schema,
			const char *target_columns)
{
	osmeta_execf("WITH n AS MATERIALIZED (SELECT FROM osmeta.environment n"
				 "  WHERE n.environment = %s AND n.catalog_dialect = 'sqlserver'),"
				 " p AS MATERIALIZED (%s),"
				 " c AS MATERIALIZED (SELECT c.table_name, c.column_name, COALESCE(c.is_generated"
				 "   OR c.identity_generation = 'ALWAYS' AND NOT (EXISTS (SELECT FROM n) AND COALESCE(p.can_alter, true)), false) AS is_always"
				 "  FROM %s c LEFT JOIN p ON p.table_name = c.table_name)"
				 " UPDATE osmeta.plan_entity e SET identity_always = c.is_always"
				 " FROM osmeta.plan_attribute a, c"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.is_data"
				 " AND a.plan_id = e.plan_id AND a.entity_id = e.entity_id AND a.is_identifier"
				 " AND c.table_name = e.target_table AND c.column_name = a.target_column"
				 " AND e.identity_always <> c.is_always",
				 quote_literal_cstr(target),
				 osmeta_has_view(target, "live_physical_privilege") ?
				 psprintf("SELECT p.table_name, bool_or((to_jsonb(p) ->> 'can_alter')::boolean) AS can_alter"
						  " FROM %s.live_physical_privilege p GROUP BY p.table_name", target_schema) :
				 "SELECT NULL::text AS table_name, true AS can_alter WHERE false",
				 target_columns, plan_id);
}

/* What the target's catalogue says of who gives the identifiers. */
static void
read_counters(const MigrationPlan *plan)
{
	osmeta_counters_find(plan);
	/* a run reads those of a large plan */
	if (!osmeta_plan_is_large(plan))
		osmeta_counters_read(plan, 0, plan->nentities);
	read_always(plan->plan_id, plan->target, plan->target_schema,
				plan->target_columns);
}

static char *
schema_of(const char *environment)
{
	return pstrdup(quote_identifier(osmeta_environment_open(environment)->schema));
}

/* Statuses of processes are the factory's: a name must be one of them. */
static void
check_status(const Draft *draft)
{
	uint64		rows;

	rows = osmeta_execf("SELECT v.value #>> '{}', (SELECT string_agg(s.name, ', ' ORDER BY s.id)"
						"  FROM osmeta.captured_bpm_process_status s WHERE s.capture_id = p.source_capture_id)"
						" FROM osmeta.plan p CROSS JOIN LATERAL jsonb_array_elements("
						"  CASE jsonb_typeof(p.options -> 'process_status') WHEN 'array' THEN p.options -> 'process_status' ELSE '[]' END) v"
						" WHERE p.plan_id = " INT64_FORMAT
						"  AND NOT EXISTS (SELECT FROM osmeta.captured_bpm_process_status s"
						"   WHERE s.capture_id = p.source_capture_id AND CASE jsonb_typeof(v.value) WHEN 'number' THEN s.id::text = v.value::text"
						"    ELSE osmeta.fold_name(s.name) = osmeta.fold_name(v.value #>> '{}') END)"
	/* where it names none, numbers are the platform's */
						"  AND (jsonb_typeof(v.value) = 'string' OR EXISTS (SELECT FROM osmeta.captured_bpm_process_status s"
						"   WHERE s.capture_id = p.source_capture_id))",
						draft->plan_id);
	if (rows > 0)
	{
		char	   *known = osmeta_text_at(0, 2);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("environment \"%s\" has no status of processes \"%s\"",
						draft->source, osmeta_text_at(0, 1)),
				 known ? errhint("It has %s.", known) :
				 errhint("It names none: give their numbers.")));
	}
}

/* Name, environments, captures, options; then the row of osmeta.plan. */
static void
begin_draft(Draft *draft, FunctionCallInfo fcinfo)
{
	const char *args[2];
	char	   *options;
	Oid			types[7] = {TEXTOID, TEXTOID, INT8OID, TEXTOID, INT8OID, TEXTARRAYOID, JSONBOID};
	Datum		values[7];
	int			nulls;

	draft->name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	osmeta_check_name("plan", draft->name);
	draft->schema = quote_identifier(draft->name);
	draft->source = osmeta_capture_resolve(text_to_cstring(PG_GETARG_TEXT_PP(1)),
										   &draft->source_capture_id);
	draft->target = osmeta_capture_resolve(text_to_cstring(PG_GETARG_TEXT_PP(2)),
										   &draft->target_capture_id);
	if (strcmp(draft->source, draft->target) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("source and target of a plan must be two environments")));
	draft->source_schema = schema_of(draft->source);
	draft->target_schema = schema_of(draft->target);

	nulls = ArrayGetNItems(ARR_NDIM(PG_GETARG_ARRAYTYPE_P(3)),
						   ARR_DIMS(PG_GETARG_ARRAYTYPE_P(3)));
	if (nulls == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the scope of a plan must not be empty"),
				 errhint("Items are application:Name, espace:Name, entity:Espace.Entity, or *.")));

	options = JsonbToCString(NULL, &PG_GETARG_JSONB_P(4)->root, 0);
	osmeta_check_plan_options(options);
	args[0] = options;
	osmeta_query_text("SELECT COALESCE($1::jsonb ->> 'producers', 'none')", 1,
					  args);
	draft->producers = osmeta_text_at(0, 1);

	args[0] = draft->name;
	if (osmeta_query_text("SELECT FROM osmeta.plan WHERE plan = $1", 1, args) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("plan \"%s\" already exists", draft->name),
				 errhint("Take another name, or drop that one with osmeta.drop_plan().")));
	if (osmeta_query_text("SELECT FROM pg_namespace WHERE nspname = $1", 1, args) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_SCHEMA),
				 errmsg("schema \"%s\" already exists", draft->name),
				 errdetail("A plan keeps its rows in a schema of its own name."),
				 errhint("Take another name.")));
	osmeta_execf("CREATE SCHEMA %s", draft->schema);

	values[0] = PG_GETARG_DATUM(0);
	values[1] = CStringGetTextDatum(draft->source);
	values[2] = Int64GetDatum(draft->source_capture_id);
	values[3] = CStringGetTextDatum(draft->target);
	values[4] = Int64GetDatum(draft->target_capture_id);
	values[5] = PG_GETARG_DATUM(3);
	values[6] = PG_GETARG_DATUM(4);
	osmeta_query("INSERT INTO osmeta.plan (plan, source, source_capture_id, target,"
				 " target_capture_id, source_place, target_place, scope, options)"
				 " VALUES ($1, $2, $3, $4, $5, osmeta.environment_place($2),"
				 "  osmeta.environment_place($4), $6, $7)"
				 " RETURNING plan_id, source_place = target_place",
				 7, types, values, NULL);
	if (osmeta_bool_at(0, 2))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("environments \"%s\" and \"%s\" are the same factory",
						draft->source, draft->target),
				 errdetail("Both read the same schema of the same server."),
				 errhint("A source is only ever read: take another target.")));
	draft->plan_id = osmeta_int64_at(0, 1, NULL);
	check_status(draft);
}

/* What the captures say of the tables of a plan that are not read yet. */
static void
estimate_rows(const MigrationPlan *plan)
{
	osmeta_execf("UPDATE osmeta.plan_entity e SET rows_expected = t.row_count"
				 " FROM (SELECT osmeta.fold_name(c.table_name) AS name, max(c.row_count) AS row_count"
				 "  FROM osmeta.captured_physical_table c WHERE c.capture_id = " INT64_FORMAT
				 "  GROUP BY 1) t"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.is_data"
				 " AND t.name = osmeta.fold_name(e.source_table)",
				 plan->source_capture_id, plan->plan_id);
	ereport(NOTICE,
			(errmsg("plan \"%s\" has many entities: their tables are read when it is run, and what only these tell is found then",
					plan->name)));
}

/* Which shape has the plan, and what is wrong with it? */
static void
report_draft(const Draft *draft, bool is_large)
{
	int64		moved;
	int64		matched;
	int64		rows;
	int64		errors;
	int64		others;
	const char *args[1];

	query_ids("SELECT count(*) FILTER (WHERE is_data), count(*) FILTER (WHERE NOT is_data),"
			  " COALESCE(sum(rows_expected), 0)::bigint"
			  " FROM osmeta.plan_entity WHERE plan_id = $1", draft->plan_id, 0, 0);
	moved = osmeta_int64_at(0, 1, NULL);
	matched = osmeta_int64_at(0, 2, NULL);
	rows = osmeta_int64_at(0, 3, NULL);
	if (is_large)
	{
		/* to count its problems takes about as long as to make it */
		ereport(NOTICE,
				(errmsg("plan \"%s\": " INT64_FORMAT " entities to move (some " INT64_FORMAT
						" rows), " INT64_FORMAT " to match",
						draft->name, moved, rows, matched),
				 errhint("SELECT * FROM osmeta.plan_problem WHERE plan = %s tells what is wrong with it.",
						 quote_literal_cstr(draft->name))));
		return;
	}
	args[0] = draft->name;
	osmeta_query_text("SELECT count(*) FILTER (WHERE severity = 'error'),"
					  " count(*) FILTER (WHERE severity <> 'error')"
					  " FROM osmeta.plan_problem WHERE plan = $1", 1, args);
	errors = osmeta_int64_at(0, 1, NULL);
	others = osmeta_int64_at(0, 2, NULL);
	if (errors + others == 0)
		ereport(NOTICE,
				(errmsg("plan \"%s\": " INT64_FORMAT " entities to move (" INT64_FORMAT
						" rows), " INT64_FORMAT " to match, no problems",
						draft->name, moved, rows, matched)));
	else
		ereport(NOTICE,
				(errmsg("plan \"%s\": " INT64_FORMAT " entities to move (" INT64_FORMAT
						" rows), " INT64_FORMAT " to match; problems: " INT64_FORMAT
						" that stop it, " INT64_FORMAT " to know of",
						draft->name, moved, rows, matched, errors, others),
				 errhint("SELECT * FROM osmeta.plan_problem WHERE plan = %s tells which.",
						 quote_literal_cstr(draft->name))));
}

Datum
osmeta_create_plan(PG_FUNCTION_ARGS)
{
	Draft		draft = {0};
	int			nest_level = osmeta_spi_begin(false);
	MigrationPlan *plan;
	char	   *source_columns;
	char	   *target_columns;

	begin_draft(&draft, fcinfo);
	(void) set_config_option("osmeta.capture",
							 psprintf(INT64_FORMAT "," INT64_FORMAT,
									  draft.source_capture_id,
									  draft.target_capture_id),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	(void) osmeta_spi_expect_many();

	add_scope(&draft, PG_GETARG_DATUM(3));
	add_referenced(&draft, PG_GETARG_DATUM(3));
	source_columns = osmeta_columns_make(draft.plan_id, draft.schema,
										 draft.source_schema, true);
	target_columns = osmeta_columns_make(draft.plan_id, draft.schema,
										 draft.target_schema, false);
	osmeta_columns_find_tables(draft.plan_id, source_columns, target_columns);
	osmeta_columns_add_attributes(draft.plan_id, draft.source_capture_id,
								  draft.target_capture_id, source_columns,
								  target_columns);
	read_always(draft.plan_id, draft.target, draft.target_schema,
				target_columns);
	query_ids("SELECT osmeta.plan_choose_strategy($1)", draft.plan_id, 0, 0);
	osmeta_plan_fill_defaults(draft.plan_id, draft.target, draft.target_schema);
	osmeta_plan_order(draft.plan_id);
	osmeta_plan_pull_rules(draft.plan_id);

	plan = osmeta_plan_load(draft.name);
	plan->source_columns = source_columns;
	plan->target_columns = target_columns;
	osmeta_plan_refresh(plan);
	osmeta_plan_read_catalogue(plan, CATALOGUE_ALL);
	osmeta_columns_drop(source_columns);
	osmeta_columns_drop(target_columns);
	if (osmeta_plan_is_large(plan))
		estimate_rows(plan);
	else
	{
		osmeta_plan_read(plan, 0, plan->nentities, false);
		osmeta_plan_check_creatable(plan);
		osmeta_plan_judge_samples(plan);
		osmeta_plan_choose_offsets(plan);
	}
	report_draft(&draft, osmeta_plan_is_large(plan));

	osmeta_spi_end(nest_level);
	PG_RETURN_INT64(draft.plan_id);
}

/* ---------------------------------------------------------------------------
 * refresh_plan, set_plan_option
 * ---------------------------------------------------------------------------
 */
void
osmeta_plan_refresh(const MigrationPlan *plan)
{
	int			nest_level = osmeta_spi_expect_many();

	osmeta_plan_fill_map(plan);
	read_counters(plan);
	osmeta_backup_read(plan);
	osmeta_spi_restore(nest_level);
}

/*
 * Counters at any time; the rest only while nothing has been pulled, since a
 * run fixes it.  Offsets stay: somebody may have moved a counter to suit.
 */
Datum
osmeta_refresh_plan(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int			nest_level = osmeta_spi_begin(false);
	MigrationPlan *plan = osmeta_plan_load(name);

	if (plan->source_schema == NULL || plan->target_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" is not attached",
						plan->source_schema ? plan->target : plan->source),
				 errhint("Attach it again under this name.")));
	(void) osmeta_environment_open(plan->source);
	(void) osmeta_environment_open(plan->target);
	osmeta_rebind(plan);
	if (strcmp(plan->phase, "planned") == 0)
	{
		osmeta_plan_order(plan->plan_id);
		if (!osmeta_plan_is_large(plan))
			osmeta_plan_read(plan, 0, plan->nentities, true);
		osmeta_plan_refresh(plan);
		osmeta_plan_read_catalogue(plan, CATALOGUE_ALL);
		osmeta_plan_judge_samples(plan);
	}
	else
	{
		read_counters(plan);
		osmeta_plan_read_catalogue(plan, CATALOGUE_TRIGGERS);
	}
	osmeta_spi_end(nest_level);
	PG_RETURN_VOID();
}

Datum
osmeta_set_plan_option(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int			nest_level = osmeta_spi_begin(false);
	MigrationPlan *plan = osmeta_plan_load(name);
	Oid			types[3] = {INT8OID, TEXTOID, JSONBOID};
	Datum		values[3];
	char	   *key = text_to_cstring(PG_GETARG_TEXT_PP(1));

	bool		is_platform = strcmp(key, "users") == 0 ||
	strcmp(key, "groups") == 0 || strcmp(key, "tenants") == 0;
	bool		is_about_matches = is_platform ||
	strcmp(key, "severity") == 0 || strcmp(key, "existing_one_to_one") == 0;
	bool		is_about_undo = strncmp(key, "undo_", 5) == 0;

	/* Each call sees anew what is to be set aside. */
	bool		is_about_events = strcmp(key, "events") == 0;

	/* What only the next round goes by, and the phase update. */
	bool		is_about_rounds = strcmp(key, "updates") == 0 ||
	strcmp(key, "severity") == 0 || strcmp(key, "chunk_rows") == 0 ||
	strcmp(key, "headroom") == 0;
	bool		is_to_update = strcmp(key, "updates") == 0 &&
	(strcmp(plan->phase, "second step") == 0 ||
	 strcmp(plan->phase, "update") == 0);

	/* Until the push begins, who stands in for whom can still be decided. */
	if (strcmp(plan->phase, "planned") != 0 && !is_about_undo &&
		!is_about_events &&
		!(strcmp(plan->phase, "pull") == 0 && is_about_matches) &&
		!(strcmp(plan->phase, "done") == 0 && is_about_rounds) &&
		!is_to_update)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" has started, option \"%s\" cannot change any more",
						name, key),
				 errhint("Make another plan.")));
	if (strcmp(key, "producers") == 0 || strcmp(key, "processes") == 0 ||
		strcmp(key, "process_status") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("plan option \"%s\" decides what a plan moves and can be given to create_plan only",
						key),
				 errhint("Drop the plan and create it again with this option.")));
	values[0] = Int64GetDatum(plan->plan_id);
	values[1] = PG_GETARG_DATUM(1);
	values[2] = PG_GETARG_DATUM(2);
	osmeta_query("UPDATE osmeta.plan SET options = options || jsonb_build_object($2, $3)"
				 " WHERE plan_id = $1 RETURNING options::text",
				 3, types, values, NULL);
	osmeta_check_plan_options(osmeta_text_at(0, 1));
	plan = osmeta_plan_load(name);
	if (strcmp(key, "follow") == 0)
		osmeta_plan_pull_rules(plan->plan_id);
	if (is_platform && plan->source_schema != NULL &&
		plan->target_schema != NULL)
		osmeta_plan_fill_map(plan);
	osmeta_spi_end(nest_level);
	PG_RETURN_VOID();
}
