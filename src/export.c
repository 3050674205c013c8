/*-------------------------------------------------------------------------
 *
 * export.c
 *	  export_plan: a plan as a script, line by line.
 *
 * A script is made while it is read: a cursor stands on the rows of the stage,
 * and no more than one batch of lines is in memory.
 *
 * What a script does at the target is a chain of steps.  Each is one
 * transaction that does its work and adds a row to a table there (progress),
 * and does nothing unless the last row is that of the step before it.  So a
 * script can end anywhere and be started again: it goes on where it stopped.
 * And if a step fails, all that follow do nothing, also with a client that
 * does not stop at errors.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "environment.h"
#include "spi.h"
#include "script_tsql.h"

PG_FUNCTION_INFO_V1(osmeta_export_plan);

static char *formatted(const char *format, va_list args) pg_attribute_printf(1, 0);

/* ---- Lines ---- */

static void
add_line(Export *export, char *line)
{
	export->lines = lappend(export->lines, line);
}

static char *
formatted(const char *format, va_list args)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (;;)
	{
		va_list		copy;
		int			needed;

		va_copy(copy, args);
		needed = appendStringInfoVA(&buf, format, copy);
		va_end(copy);
		if (needed == 0)
			return buf.data;
		enlargeStringInfo(&buf, needed);
	}
}

uint64
osmeta_export_query(const Export *export, const char *format,...)
{
	va_list		args;
	char	   *sql;
	uint64		rows;

	va_start(args, format);
	sql = formatted(format, args);
	va_end(args);
	rows = osmeta_exec(sql);
	MemoryContextSwitchTo(export->work);
	return rows;
}

void
osmeta_export_line(Export *export, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	add_line(export, formatted(format, args));
	va_end(args);
}

void
osmeta_export_comment(Export *export, const char *format,...)
{
	va_list		args;
	char	   *said;
	char	   *clean;

	va_start(args, format);
	said = formatted(format, args);
	va_end(args);
	clean = palloc(OSMETA_SCRIPT_COMMENT_SIZE(strlen(said)));
	(void) osmeta_script_comment(clean, said, strlen(said));
	add_line(export, psprintf("--%s%s", clean[0] ? " " : "", clean));
}

void
osmeta_export_begin(Export *export)
{
	export->body = makeStringInfo();
	export->is_plain = true;
}

/*
 * Add a statement, or lines of one, to the batch.  A line break ends a line
 * if what is formatted ends with one, or comes in lines of its own making.
 */
void
osmeta_export_add(Export *export, const char *format,...)
{
	va_list		args;
	char	   *said;
	size_t		len;

	va_start(args, format);
	said = formatted(format, args);
	va_end(args);
	len = strlen(said);
	if (!osmeta_script_is_plain(said, len))
		export->is_plain = false;
	appendBinaryStringInfo(export->body, said, (int) len);
	appendStringInfoChar(export->body, '\n');
	pfree(said);
}

/*
 * The batch, as lines.  Where a name holds what cannot stand in a script, all
 * of it becomes a text that the server puts together and runs.
 */
void
osmeta_export_end(Export *export)
{
	char	   *rest = export->body->data;
	size_t		len = export->body->len;

	if (export->is_plain)
	{
		for (char *line = rest; *line != '\0';)
		{
			char	   *end = strchr(line, '\n');

			add_line(export, pnstrdup(line, end - line));
			line = end + 1;
		}
	}
	else
	{
		osmeta_export_line(export, "DECLARE @statement nvarchar(max) = CAST(N'' AS nvarchar(max));");
		while (len > 0)
		{
			size_t		piece = osmeta_script_piece(rest, len);
			char	   *quoted = palloc(OSMETA_SCRIPT_TEXT_SIZE(piece));

			(void) osmeta_script_text(quoted, rest, piece);
			add_line(export, psprintf("SET @statement = @statement + (%s);",
									  quoted));
			pfree(quoted);
			rest += piece;
			len -= piece;
		}
		osmeta_export_line(export, "EXEC sys.sp_executesql @statement;");
	}
	osmeta_export_line(export, "GO");
	pfree(export->body->data);
	export->body = NULL;
}

void
osmeta_export_step_begin(Export *export, const char *progress)
{
	char	   *table = osmeta_export_table(export, progress);

	export->step++;
	osmeta_export_begin(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL BEGIN IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION; BEGIN TRANSACTION;",
					  osmeta_export_text(table));
	osmeta_export_add(export, "UPDATE %s SET token = token WHERE step = 0 AND token = '%s';",
					  table, export->token);
	osmeta_export_add(export, "IF @@ROWCOUNT = 1 AND (SELECT MAX(step) FROM %s) = %d BEGIN",
					  table, export->step - 1);
}

void
osmeta_export_step_end(Export *export, const char *progress, const char *kind,
					   const ExportEntity *entity, int64 first, int64 last,
					   const char *rows)
{
	osmeta_export_add(export, "INSERT INTO %s (step, kind, entity_id, first_seq, last_seq, row_count) VALUES (%d, '%s', "
					  INT64_FORMAT ", " INT64_FORMAT ", " INT64_FORMAT ", %s);",
					  osmeta_export_table(export, progress), export->step,
					  kind, entity ? entity->entity->entity_id : INT64CONST(0),
					  first, last, rows);
	osmeta_export_add(export, "END; COMMIT TRANSACTION; END;");
	osmeta_export_end(export);
}

/* ---- Arguments ---- */

static char *
lower_argument(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(number));
}

static void
check_dialect(const Export *export, const char *dialect)
{
	if (strcmp(dialect, "oracle") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("there are no scripts for Oracle"),
				 errhint("Through oracle_fdw run_plan writes itself. The dialect of scripts is sqlserver.")));
	if (strcmp(dialect, "sqlserver") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no dialect \"%s\" for scripts", dialect),
				 errhint("It is sqlserver.")));
	/* Null values are another engine's, and lengths are counted otherwise. */
	if (strcmp(export->plan->target_dialect, "sqlserver") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the rows of plan \"%s\" are not made for SQL Server",
						export->plan->name),
				 errdetail("Environment \"%s\" is attached with dialect %s.",
						   export->plan->target, export->plan->target_dialect),
				 errhint("Attach the SQL Server that is meant, or a copy of it with dialect => 'sqlserver', and make a plan for that.")));
}

static const char *const parts[] = {"deliver", "verify", "undo", "clean"};

static void
check_part(const char *part)
{
	for (int i = 0; i < (int) lengthof(parts); i++)
	{
		if (strcmp(part, parts[i]) == 0)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no part \"%s\" of an export", part),
			 errhint("Parts are deliver, verify, undo and clean.")));
}

static void
check_phase(const Export *export)
{
	const MigrationPlan *plan = export->plan;
	bool		is_ready = strcmp(plan->phase, "push") == 0 ||
	strcmp(plan->phase, "delete") == 0;

	if (plan->round > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a later round of plan \"%s\" cannot be exported",
						plan->name),
				 errhint("Make a new plan with a filter for the rows that are new.")));
	if (!is_ready && strcmp(export->part, "deliver") != 0)
		is_ready = strcmp(plan->phase, "second step") == 0 ||
			strcmp(plan->phase, "done") == 0 ||
			strcmp(plan->phase, "undo") == 0 ||
			strcmp(plan->phase, "undone") == 0;
	if (!is_ready)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" is in phase %s, and cannot be exported",
						plan->name, plan->phase),
				 errhint("CALL osmeta.pull_plan(%s) takes a new plan to where it can.",
						 quote_literal_cstr(plan->name))));
	if (strcmp(export->part, "deliver") == 0 &&
		osmeta_execf("SELECT FROM osmeta.plan_chunk c WHERE c.plan_id = " INT64_FORMAT
					 " AND c.phase IN ('delete', 'push') AND c.attempts > 0 LIMIT 1",
					 plan->plan_id) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("run_plan has begun to deliver plan \"%s\"", plan->name),
				 errhint("Let it end, or undo_plan, and make a new plan.")));
}

/*
 * What the script will leave at the target is unknown from now on.  Nobody may
 * run the plan meanwhile.
 */
static void
mark_exported(const Export *export)
{
	const MigrationPlan *plan = export->plan;

	if (strcmp(export->part, "deliver") != 0)
		return;
	if (!osmeta_plan_lock_transaction(PLAN_LOCK_RUN, plan->plan_id))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("plan \"%s\" is running", plan->name)));
	osmeta_execf("UPDATE osmeta.plan SET exported_at = clock_timestamp(), exported_generation = generation WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
}

/* Where the tables stand that the script writes. */
static char *
default_schema(const MigrationPlan *plan)
{
	osmeta_execf("SELECT CASE n.catalog_dialect WHEN 'sqlserver' THEN n.remote_schema ELSE 'dbo' END"
				 " FROM osmeta.environment n WHERE n.environment = %s",
				 quote_literal_cstr(plan->target));
	return SPI_processed == 0 ? "dbo" : osmeta_text_at(0, 1);
}

/* The target knows who may refer to users and groups that are to go again. */
static void
check_holders(const Export *export)
{
	const MigrationPlan *plan = export->plan;

	if (strcmp(export->part, "undo") != 0 ||
		(strcmp(plan->users, "create") != 0 &&
		 strcmp(plan->groups, "create") != 0))
		return;
	if (plan->target_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" is not attached", plan->target),
				 errdetail("What refers to users and groups that the plan creates is asked there."),
				 errhint("Attach it again under this name.")));
	(void) osmeta_environment_open(plan->target);
}

/* pull_plan has looked at the event tables; run_plan has not touched them. */
static void
check_events(const Export *export)
{
	const MigrationPlan *plan = export->plan;

	if (strcmp(export->part, "deliver") != 0)
		return;
	osmeta_event_check_back(plan, "exported");
	for (int i = 0; i < export->nevents; i++)
	{
		if (!osmeta_event_exists(plan, EVENT_SCRIPT,
								 export->events[i].table->event_no))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("subscriptions to events of environment \"%s\" have not been read for a script of plan \"%s\"",
							plan->source, plan->name),
					 errhint("CALL osmeta.pull_plan(%s).",
							 quote_literal_cstr(plan->name))));
	}
	if (osmeta_execf("SELECT FROM osmeta.plan_catalogue c WHERE c.plan_id = " INT64_FORMAT
					 " AND c.side = 'target' AND c.kind = 'event' AND c.entity_id <> 0"
					 " AND NOT EXISTS (SELECT FROM osmeta.plan_event v WHERE v.plan_id = c.plan_id AND v.kind = 'table')"
					 " AND EXISTS (SELECT FROM osmeta.plan_entity e WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id AND e.include AND e.is_data) LIMIT 1",
					 plan->plan_id) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("event tables of environment \"%s\" have not been read for a script of plan \"%s\"",
						plan->target, plan->name),
				 errhint("CALL osmeta.pull_plan(%s).",
						 quote_literal_cstr(plan->name))));
}

static Export *
begin_export(FunctionCallInfo fcinfo)
{
	Export	   *export = palloc0(sizeof(Export));
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *dialect = text_to_cstring(PG_GETARG_TEXT_PP(1));
	MemoryContext context = CurrentMemoryContext;
	int			nest_level;

	export->part = text_to_cstring(PG_GETARG_TEXT_PP(2));
	export->schema = lower_argument(fcinfo, 3);
	check_part(export->part);
	nest_level = osmeta_spi_begin(false);
	export->work = context;
	export->plan = osmeta_plan_load(name);
	osmeta_require_stage(export->plan);
	check_dialect(export, dialect);
	mark_exported(export);
	check_phase(export);
	if (export->schema == NULL)
		export->schema = default_schema(export->plan);
	check_holders(export);
	osmeta_plan_forget();
	MemoryContextSwitchTo(context);
	osmeta_export_model(export);
	check_events(export);
	osmeta_spi_end(nest_level);
	return export;
}

/* Make the next lines; false if there are none. */
static bool
produce(Export *export)
{
	bool		is_more;
	int			nest_level = osmeta_spi_begin(false);

	export->work = export->context;
	MemoryContextSwitchTo(export->work);
	if (strcmp(export->part, "deliver") == 0)
		is_more = osmeta_export_deliver(export);
	else if (strcmp(export->part, "verify") == 0)
		is_more = osmeta_export_verify(export);
	else if (strcmp(export->part, "undo") == 0)
		is_more = osmeta_export_undo(export);
	else
		is_more = osmeta_export_clean(export);
	osmeta_spi_end(nest_level);
	return is_more;
}

Datum
osmeta_export_plan(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	Export	   *export;
	MemoryContext old;

	if (SRF_IS_FIRSTCALL())
	{
		if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("plan, dialect and part must not be null")));
		call = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		export = begin_export(fcinfo);
		export->context = AllocSetContextCreate(CurrentMemoryContext,
												"osmeta lines",
												ALLOCSET_DEFAULT_SIZES);
		call->user_fctx = export;
		MemoryContextSwitchTo(old);
	}
	call = SRF_PERCALL_SETUP();
	export = call->user_fctx;
	while (export->lines == NIL || export->next >= list_length(export->lines))
	{
		bool		is_more;

		CHECK_FOR_INTERRUPTS();
		export->lines = NIL;
		export->next = 0;
		MemoryContextReset(export->context);
		old = MemoryContextSwitchTo(export->context);
		is_more = produce(export);
		MemoryContextSwitchTo(old);
		if (!is_more && export->lines == NIL)
			SRF_RETURN_DONE(call);
	}
	SRF_RETURN_NEXT(call,
					CStringGetTextDatum(list_nth(export->lines,
												 export->next++)));
}
