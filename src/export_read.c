/*-------------------------------------------------------------------------
 *
 * export_read.c
 *	  CALL read_delivery: what became of a plan's script?
 *
 * Who exports a plan does not know what will be done with the script, so
 * nothing else may write the plan's rows until this has looked.  All stands
 * there: the plan gets to know the identifiers that the target gave, and is
 * done.  Nothing: it is as it was before it was exported.  Anything else is an
 * error, and changes nothing.
 *
 * Whether identifiers that the target gave belong to a script is known from
 * the script's tables alone: while one is at work, or has ended before its
 * end, these say so.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "utils/builtins.h"

#include "environment.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_read_delivery);

void
osmeta_check_not_exported(const MigrationPlan *plan)
{
	if (osmeta_execf("SELECT FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT
					 " AND p.exported_at IS NOT NULL", plan->plan_id) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("plan \"%s\" has been exported, and its script may have delivered rows",
					plan->name),
			 errhint("CALL osmeta.read_delivery(%s) finds out what became of it.",
					 quote_literal_cstr(plan->name))));
}

/* False: there is no such table. */
bool
osmeta_delivered_relation(const Export *export, const char *table,
						  const char *columns)
{
	const MigrationPlan *plan = export->plan;
	char	   *sql;

	osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment),"
				 "  n.remote_schema, c.table_name, %s, '" DELIVERED_RELATION "', c.columns, options => n.table_options)"
				 " FROM osmeta.environment n"
				 " CROSS JOIN (SELECT c.table_name, jsonb_agg(jsonb_build_object('name', osmeta.fold_name(c.column_name),"
				 "    'remote_name', c.column_name, 'type', c.local_type) ORDER BY c.position) AS columns"
				 "  FROM (SELECT * FROM %s.live_physical_column c OFFSET 0) c"
				 "  WHERE osmeta.fold_name(c.table_name) = %s"
				 "   AND osmeta.fold_name(c.column_name) = ANY (%s) AND c.local_type IS NOT NULL"
				 "  GROUP BY c.table_name LIMIT 1) c"
				 " WHERE n.environment = %s",
				 quote_literal_cstr(plan->name), plan->target_schema,
				 quote_literal_cstr(psprintf("%s%s", export->prefix, table)),
				 quote_literal_cstr(columns), quote_literal_cstr(plan->target));
	sql = SPI_processed > 0 ? osmeta_text_at(0, 1) : NULL;
	if (sql == NULL)
		return false;
	osmeta_exec(sql);
	return true;
}

char *
osmeta_delivered_name(const MigrationPlan *plan)
{
	return psprintf("%s." DELIVERED_RELATION, plan->schema);
}

void
osmeta_delivered_drop(const MigrationPlan *plan)
{
	osmeta_execf("DROP %s %s",
				 plan->target_wrapper ? "FOREIGN TABLE" : "VIEW",
				 osmeta_delivered_name(plan));
}

/*
 * Has the script come to its end?  False: none of its tables can be seen
 * there.
 */
static bool
read_progress(const Export *export)
{
	const MigrationPlan *plan = export->plan;
	char	   *token;
	bool		has_ended;
	bool		has_inserted;

	if (!osmeta_delivered_relation(export, "progress", "{step,kind,token}"))
		return false;
	osmeta_execf("SELECT max(rtrim(p.token)) FILTER (WHERE p.step = 0),"
				 " bool_or(rtrim(p.kind) = 'end'), bool_or(rtrim(p.kind) IN ('clear', 'delete', 'create', 'insert'))"
				 " FROM (SELECT * FROM %s p OFFSET 0) p", osmeta_delivered_name(plan));
	token = osmeta_text_at(0, 1);
	has_ended = osmeta_bool_at(0, 2);
	has_inserted = osmeta_bool_at(0, 3);
	osmeta_delivered_drop(plan);
	if (token != NULL && strncmp(token, "undo ", 5) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the script of plan \"%s\" has been undone in environment \"%s\", or is being undone",
						plan->name, plan->target),
				 errhint("Have the part undo of the export run to its end there, then the part clean, then call read_delivery again.")));
	if (token == NULL || strcmp(token, export->token) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables %s... in environment \"%s\" are not those of this script of plan \"%s\"",
						export->prefix, plan->target, plan->name),
				 errhint("Have the part clean of the export run there, then call read_delivery again.")));
	if (!has_ended)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the script of plan \"%s\" has not come to its end in environment \"%s\"",
						plan->name, plan->target),
				 has_inserted ?
				 errhint("Have it run again there: it goes on where it stopped. Or have the parts undo and clean of the export run, then call read_delivery again.") :
				 errhint("Have it run again there: it goes on where it stopped. Or have the part clean of the export run, then call read_delivery again: no row has been delivered.")));
	return true;
}

/* Those whom somebody else has created by then, as a list of literals. */
static char *
read_found(const Export *export, const ExportEntity *e)
{
	char	   *list;

	if (!osmeta_delivered_relation(export, e->kind, "{source_id,found_id}"))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("environment \"%s\" has no table %s%s",
						export->plan->target, export->prefix, e->kind)));
	osmeta_execf("SELECT COALESCE(string_agg(quote_literal(f.source_id), ', '), quote_literal(''))"
				 " FROM (SELECT * FROM %s f OFFSET 0) f WHERE f.found_id IS NOT NULL",
				 osmeta_delivered_name(export->plan));
	list = osmeta_text_at(0, 1);
	osmeta_delivered_drop(export->plan);
	return list;
}

/* Users, groups and links that the script has created or found. */
static void
read_created(const Export *export, const ExportEntity *e, const char *found)
{
	const MigrationPlan *plan = export->plan;
	char	   *pairs = psprintf("SELECT d.source_id::text AS source_id, d.target_id::text AS target_id FROM %s d WHERE d.entity_id = " INT64_FORMAT,
								 osmeta_delivered_name(plan), e->entity->entity_id);

	if (e->owner != NULL)
	{
		osmeta_execf("INSERT INTO osmeta.plan_created (plan_id, table_name, source_id, target_id)"
					 " SELECT " INT64_FORMAT ", %s, d.source_id, d.target_id FROM (%s) d ON CONFLICT DO NOTHING",
					 plan->plan_id, quote_literal_cstr(e->kind), pairs);
		return;
	}
	osmeta_execf("WITH d AS MATERIALIZED (%s) UPDATE osmeta.plan_map m SET target_id = d.target_id FROM d"
				 " WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT " AND m.source_id = d.source_id",
				 pairs, plan->plan_id, e->entity->entity_id);
	osmeta_execf("DELETE FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
				 " AND c.table_name = %s AND c.target_id IS NULL AND c.source_id IN (%s)",
				 plan->plan_id, quote_literal_cstr(e->kind), found);
	osmeta_execf("WITH d AS MATERIALIZED (%s) UPDATE osmeta.plan_created c SET target_id = d.target_id, is_kept = false FROM d"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.target_id IS NULL AND c.source_id = d.source_id",
				 pairs, plan->plan_id, quote_literal_cstr(e->kind));
}

/* What has been remembered of pairs is out of date. */
static void
renew_pairs(const Export *export)
{
	osmeta_execf("UPDATE osmeta.plan SET generation = generation + 1 WHERE plan_id = " INT64_FORMAT
				 " RETURNING generation", export->plan->plan_id);
	export->plan->generation = (int32) osmeta_int64_at(0, 1, NULL);
}

/* The identifiers that the target gave. */
static void
read_map(const Export *export, Run *run)
{
	const MigrationPlan *plan = export->plan;
	char	  **found = palloc0(sizeof(char *) * (export->nentities + 1));
	bool		has_created = false;

	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		if (e->kind != NULL && e->owner == NULL)
			found[i] = read_found(export, e);
		has_created |= e->kind != NULL;
	}
	if (!osmeta_delivered_relation(export, "map", "{entity_id,source_id,target_id}"))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("environment \"%s\" has no table %smap",
						plan->target, export->prefix)));
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];
		uint64		rows;

		if (e->kind != NULL)
			read_created(export, e, found[i]);
		if (e->kind != NULL || e->root != e->entity)
			continue;
		rows = osmeta_execf("INSERT INTO %s (source_id, target_id)"
							" SELECT d.source_id, d.target_id FROM %s d WHERE d.entity_id = " INT64_FORMAT,
							osmeta_stage_name(plan, 'm', e->entity->entity_id),
							osmeta_delivered_name(plan), e->entity->entity_id);
		if (rows != (uint64) e->rows)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("the map of the script in environment \"%s\" has " UINT64_FORMAT " of " INT64_FORMAT " rows of %s",
							plan->target, rows, e->rows, e->label)));
	}
	osmeta_delivered_drop(plan);
	if (has_created)
		renew_pairs(export);
}

static void
copy_rows(const MigrationPlan *plan, const PlanEntity *entity,
		  const char *relation, const char *columns)
{
	char	   *copy = osmeta_stage_name(plan, 'b', entity->entity_id);

	osmeta_exec(relation);
	osmeta_execf("TRUNCATE %s", copy);
	osmeta_execf("INSERT INTO %s (%s) SELECT %s FROM %s", copy, columns,
				 columns, osmeta_delivered_name(plan));
	osmeta_delivered_drop(plan);
}

/*
 * The rows that the script has deleted, from its own tables into those of the
 * plan (plan_backup.c), so that undo_plan can put them back.
 */
static void
read_copies(const Export *export)
{
	const MigrationPlan *plan = export->plan;

	if (!plan->delete_existing)
		return;
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];
		char	   *table = psprintf("%sb" INT64_FORMAT, export->prefix,
									 e->entity->entity_id);

		if (e->kind != NULL)
			continue;
		osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), n.remote_schema,"
					 "  b.table_name, %s, '" DELIVERED_RELATION "',"
					 "  jsonb_agg(jsonb_build_object('name', a.attname, 'remote_name', c.column_name, 'type', c.local_type) ORDER BY a.attnum),"
					 "  options => n.table_options), string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)"
					 " FROM osmeta.environment n"
					 " CROSS JOIN (SELECT DISTINCT b.table_name FROM (SELECT * FROM %s.live_physical_column b OFFSET 0) b"
					 "  WHERE osmeta.fold_name(b.table_name) = %s) b"
					 " CROSS JOIN (SELECT c.column_name, c.local_type, CASE WHEN c.column_name = %s THEN 'id' ELSE 'x' || c.position END AS name"
					 "  FROM (SELECT * FROM %s.live_physical_column c OFFSET 0) c WHERE c.table_name = %s) c"
					 " JOIN pg_attribute a ON a.attrelid = %s::regclass AND a.attname = c.name AND NOT a.attisdropped"
					 " WHERE n.environment = %s GROUP BY n.environment, n.wrapper, n.remote_schema, n.table_options, b.table_name",
					 quote_literal_cstr(plan->name), plan->target_schema,
					 quote_literal_cstr(table),
					 quote_literal_cstr(e->entity->identifier->target_column),
					 plan->target_schema,
					 quote_literal_cstr(e->entity->target_table),
					 quote_literal_cstr(osmeta_stage_name(plan, 'b', e->entity->entity_id)),
					 quote_literal_cstr(plan->target));
		if (SPI_processed == 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("environment \"%s\" has no table %s",
							plan->target, table),
					 errdetail("It holds the rows that the script has deleted.")));
		copy_rows(plan, e->entity, osmeta_text_at(0, 1), osmeta_text_at(0, 2));
	}
}

/*
 * The script's own tables cannot be seen: who stands there is found by name,
 * and nobody knows who has created them.
 */
static void
find_created(const Export *export)
{
	bool		has_created = false;

	for (int i = 0; i < export->nentities; i++)
		has_created |= export->entities[i].kind != NULL;
	if (!has_created)
		return;
	if (export->plan->source_schema == NULL || export->plan->elsewhere != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("it is not known under which identifiers the users and groups of plan \"%s\" stand there",
						export->plan->name),
				 errdetail("Its tables cannot be seen, and environment \"%s\" is not attached, or is another than it was.",
						   export->plan->source),
				 errhint("Attach the former one under this name, and call read_delivery again.")));
	(void) osmeta_environment_open(export->plan->source);
	osmeta_plan_fill_map(export->plan);
	renew_pairs(export);
}

/* How many rows of an entity stand at the target? */
static int64
count_present(Run *run, const ExportEntity *e)
{
	OsmetaSinkTable table = osmeta_run_sink_table(run, e->entity);
	char	   *ids = osmeta_target_id_sql(run->plan, e->entity, NULL);
	char	   *lower = NULL;
	char	   *upper = NULL;

	if (e->rows == 0)
		return 0;
	if (e->entity->is_number)
	{
		osmeta_execf("SELECT min(v.id)::text, max(v.id)::text FROM (%s) v",
					 ids);
		lower = osmeta_text_at(0, 1);
		upper = osmeta_text_at(0, 2);
		if (lower == NULL)
			return 0;
	}
	return osmeta_table_sink.count_present(&table, ids, lower, upper);
}

/* Error if some rows stand there and others do not; *total counts all. */
static bool
stands_there(const Export *export, Run *run, bool has_ended, int64 *total)
{
	StringInfoData list;
	bool		is_whole = true;
	int64		present = 0;

	initStringInfo(&list);
	*total = 0;
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];
		int64		rows;

		if (e->kind != NULL)
			continue;
		rows = count_present(run, e);
		present += rows;
		*total += e->rows;
		if (rows == e->rows)
			continue;
		is_whole = false;
		appendStringInfo(&list, "%s%s: " INT64_FORMAT " of " INT64_FORMAT,
						 list.len > 0 ? "\n" : "", e->label, rows, e->rows);
	}
	if (!is_whole && (has_ended || present > 0))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("rows of plan \"%s\" stand in environment \"%s\" in part",
						run->name, run->plan->target),
				 errdetail("%s", list.data),
				 errhint("Put back there what has been deleted, or have the script run to its end, then call read_delivery again.")));
	return is_whole;
}

static void
finish(Run *run)
{
	/* whom the script has not created, as far as that is known */
	osmeta_execf("DELETE FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
				 " AND c.is_kept", run->plan_id);
	osmeta_execf("UPDATE osmeta.plan_chunk SET state = 'done', rows_done = rows_expected, attempts = attempts + 1,"
				 " started_at = COALESCE(started_at, clock_timestamp()), finished_at = clock_timestamp(), error = NULL"
				 " WHERE plan_id = " INT64_FORMAT " AND phase IN ('delete', 'push', 'second step') AND round = %d",
				 run->plan_id, run->plan->round);
	osmeta_prepare_second_step(run);
	run->plan = osmeta_plan_load(run->name);
	osmeta_prepare_end(run);
}

static void
forget_export(const Run *run)
{
	osmeta_execf("UPDATE osmeta.plan SET exported_at = NULL WHERE plan_id = " INT64_FORMAT,
				 run->plan_id);
}

/* Are there rows whose identifiers only the script's map knows? */
static bool
has_given_ids(const Export *export)
{
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].root == export->entities[i].entity &&
			export->entities[i].rows > 0)
			return true;
	}
	return false;
}

/*
 * Rows that stand there may be those of before, under the same identifiers:
 * without the script's tables they tell nothing.
 */
static void
forget_deletion(const Run *run, bool never_run)
{
	if (!never_run)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of the script of plan \"%s\" do not stand in environment \"%s\"",
						run->name, run->plan->target),
				 errdetail("Without them nobody knows whether it has deleted and delivered rows, and the copies of those that it has deleted are gone."),
				 errhint("If it has never been run there, or what it had delivered was undone, say so: CALL osmeta.read_delivery(%s, never_run => true). Otherwise the plan can only be dropped.",
						 quote_literal_cstr(run->name))));
	forget_export(run);
	ereport(NOTICE,
			(errmsg("plan \"%s\" does not wait for its script any more",
					run->name),
			 errdetail("As you say, it has left nothing in environment \"%s\".",
					   run->plan->target),
			 errhint("The script must not be run any more once run_plan has been called. Export the plan again if it shall.")));
}

static void
read_delivery(Run *run, bool never_run)
{
	Export		export = {0};
	bool		has_ended;
	int64		rows;

	export.plan = run->plan;
	export.work = CurrentMemoryContext;
	export.schema = "dbo";
	osmeta_export_model(&export);
	has_ended = read_progress(&export);
	if (!has_ended && run->plan->delete_existing)
	{
		forget_deletion(run, never_run);
		return;
	}
	if (has_ended)
	{
		read_map(&export, run);
		read_copies(&export);
		osmeta_export_read_events(&export);
	}
	else
		find_created(&export);
	osmeta_plan_forget();
	if (stands_there(&export, run, has_ended, &rows))
	{
		finish(run);
		forget_export(run);
		ereport(NOTICE,
				(errmsg("plan \"%s\" has been delivered by its script, rows: " INT64_FORMAT,
						run->name, rows),
				 errhint("SELECT * FROM osmeta.verify_plan(%s) compares them.",
						 quote_literal_cstr(run->name))));
		return;
	}
	if (!has_ended && !never_run && has_given_ids(&export))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of the script of plan \"%s\" do not stand in environment \"%s\"",
						run->name, run->plan->target),
				 errdetail("Without its map nobody knows the identifiers that the target has given, nor whether it has given any."),
				 errhint("If it has never been run there, or what it had delivered was undone, say so: CALL osmeta.read_delivery(%s, never_run => true).",
						 quote_literal_cstr(run->name))));
	forget_export(run);
	ereport(NOTICE,
			(errmsg("nothing of plan \"%s\" stands in environment \"%s\"",
					run->name, run->plan->target),
			 errdetail("There are no tables of its script in the schema of the environment, and no rows under identifiers of the plan."),
			 errhint("The script must not be run any more once run_plan has been called. Export the plan again if it shall.")));
}

Datum
osmeta_read_delivery(PG_FUNCTION_ARGS)
{
	Run			run = {0};

	osmeta_require_procedure(fcinfo, "read_delivery");
	run.name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	run.nest_level = osmeta_spi_begin(true);
	run.plan = osmeta_plan_load(run.name);
	run.plan_id = run.plan->plan_id;
	osmeta_require_stage(run.plan);
	if (run.plan->target_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" is not attached",
						run.plan->target),
				 errhint("Attach it again under this name.")));
	(void) osmeta_environment_open(run.plan->target);
	osmeta_check_bindings(run.plan);
	if (!osmeta_plan_lock(PLAN_LOCK_RUN, run.plan_id, false, false))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("plan \"%s\" is running", run.name)));
	PG_TRY();
	{
		osmeta_run_commit(&run);
		run.plan = osmeta_plan_load(run.name);
		if (osmeta_execf("SELECT FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT
						 " AND p.exported_at IS NOT NULL AND p.phase IN ('delete', 'push')",
						 run.plan_id) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("plan \"%s\" does not wait for a script",
							run.name),
					 errdetail("It is in phase %s.", run.plan->phase),
					 errhint("osmeta.export_plan(%s, 'sqlserver') makes one of a plan that has been pulled.",
							 quote_literal_cstr(run.name))));
		read_delivery(&run, !PG_ARGISNULL(1) && PG_GETARG_BOOL(1));
		osmeta_run_commit(&run);
	}
	PG_FINALLY();
	{
		osmeta_plan_unlock(PLAN_LOCK_RUN, run.plan_id, false);
	}
	PG_END_TRY();
	osmeta_plan_forget();
	osmeta_spi_end(run.nest_level);
	PG_RETURN_NULL();
}
