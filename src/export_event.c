/*-------------------------------------------------------------------------
 *
 * export_event.c
 *	  Subscriptions to events in a script: they are set aside while it, or an
 *	  undo, writes, and come back (see plan_event.c).
 *
 * What a script keeps stands in the same database.  So each event table is
 * emptied, or filled, in one transaction with what is kept: at any time a row
 * stands at one place only.  Of each one a script has tables
 *
 *	zN	rows of the source, as pull_plan has mapped them: cK, and rK, the
 *		identifier at the source where the target is yet to give one
 *	kN	the target's own rows
 *	qN	rows of the source that it had not
 *
 * kN and qN have the columns that the event table has there; all statements
 * over them are put together there, and only the rows of the source depend on
 * what is known here.  The table "event" says how things stand.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "utils/builtins.h"

#include "script_tsql.h"
#include "spi.h"

/* Rows of one INSERT ... VALUES. */
#define BATCH_ROWS 200

static char *
event_table(const Export *export)
{
	return osmeta_export_table(export, "event");
}

/* ---- The model ---- */

static void
fill_column(ExportColumn *column, const EventColumn *known, PlanEntity *root)
{
	PlanAttribute *attribute = palloc0(sizeof(PlanAttribute));
	char		type[OSMETA_SCRIPT_TYPE_SIZE];

	attribute->name = attribute->target_column = known->remote;
	attribute->target_type = known->type;
	attribute->attribute_no = pg_strtoint32(known->name + 1);
	column->attribute = attribute;
	column->root = root;
	column->has_reference = root != NULL;
	column->name = osmeta_export_name(known->remote);
	column->kind = osmeta_export_kind(known->type);
	column->value_type = column->kind == EXPORT_TIME ? "timestamp(3)" : known->type;
	if (osmeta_script_type(type, known->type) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" of an event table: SQL Server has no type for %s",
						known->remote, known->type)));
	column->type = pstrdup(type);
}

static void
fill_event(const Export *export, ExportEvent *event, EventTable *table,
		   bool is_kept)
{
	int			no = table->event_no;

	event->table = table;
	event->name = psprintf("%s.%s", osmeta_export_name(export->schema),
						   osmeta_export_name(table->name));
	event->stage = osmeta_export_table(export, psprintf("z%d", no));
	event->own = osmeta_export_table(export, psprintf("k%d", no));
	event->brought = osmeta_export_table(export, psprintf("q%d", no));
	event->stays = !table->is_written || (is_kept && !table->is_platform);
	event->columns = palloc0(sizeof(ExportColumn) * Max(table->ncolumns, 1));
	for (int i = 0; i < table->ncolumns; i++)
	{
		PlanEntity *root = osmeta_event_root(export->plan, table,
											 &table->columns[i]);

		MemoryContextSwitchTo(export->work);
		fill_column(&event->columns[i], &table->columns[i], root);
	}
	if (!osmeta_event_exists(export->plan, EVENT_SCRIPT, no))
	{
		MemoryContextSwitchTo(export->work);
		return;
	}
	osmeta_export_query(export, "SELECT count(*) FROM %s",
						osmeta_event_name(export->plan, EVENT_SCRIPT, table));
	event->rows = osmeta_int64_at(0, 1, NULL);
}

/* The queues of events, by their names at the target. */
static void
find_queues(Export *export)
{
	int			count;

	count = (int) osmeta_export_query(export, "SELECT c.table_name, c.column_name FROM osmeta.captured_physical_column c"
									  " WHERE c.capture_id = " INT64_FORMAT
									  " AND osmeta.fold_name(c.table_name) IN ('ossys_bpm_event', 'ossys_bpm_event_queue')"
									  " AND osmeta.fold_name(c.column_name) = 'id' ORDER BY osmeta.fold_name(c.table_name)",
									  export->plan->target_capture_id);
	export->queues = palloc0(sizeof(ExportQueue) * Max(count, 1));
	export->nqueues = count;
	for (int i = 0; i < count; i++)
	{
		export->queues[i].label = osmeta_text_at(i, 1);
		export->queues[i].name = psprintf("%s.%s",
										  osmeta_export_name(export->schema),
										  osmeta_export_name(osmeta_text_at(i, 1)));
		export->queues[i].id = osmeta_export_name(osmeta_text_at(i, 2));
	}
}

void
osmeta_export_event_model(Export *export)
{
	EventTable *tables;
	int			count;
	bool		is_kept;

	osmeta_export_query(export, "SELECT COALESCE(p.options ->> 'events', 'aside') = 'disabled' FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
						export->plan->plan_id);
	is_kept = osmeta_bool_at(0, 1);
	tables = osmeta_event_load(export->plan, &count);
	MemoryContextSwitchTo(export->work);
	export->events = palloc0(sizeof(ExportEvent) * Max(count, 1));
	export->nevents = count;
	for (int i = 0; i < count; i++)
		fill_event(export, &export->events[i], &tables[i], is_kept);
	if (count > 0)
		find_queues(export);
}

/* ---- Statements over all columns of an event table ---- */

static void
declare_variables(Export *export)
{
	osmeta_export_add(export, "DECLARE @no int, @columns nvarchar(max), @sql nvarchar(max), @wanted nvarchar(max), @there nvarchar(max), @missing nvarchar(max), @rows bigint = 0, @kept bigint = 0;");
}

/* @columns: those that the event table and kN have. */
static void
read_columns(Export *export, const ExportEvent *event)
{
	char	   *table = osmeta_export_text(event->name);

	osmeta_export_add(export, "SELECT @no = 0, @columns = N'';");
	osmeta_export_add(export, "WHILE @no IS NOT NULL BEGIN");
	osmeta_export_add(export, "SET @no = (SELECT MIN(c.column_id) FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.column_id > @no AND c.is_computed = 0 AND c.system_type_id <> 189", table);
	osmeta_export_add(export, "AND (OBJECT_ID(%s) IS NULL OR EXISTS (SELECT 1 FROM sys.columns k WHERE k.object_id = OBJECT_ID(%s) AND k.name = c.name)));",
					  osmeta_export_text(event->own),
					  osmeta_export_text(event->own));
	osmeta_export_add(export, "IF @no IS NOT NULL SELECT @columns = @columns + CASE @columns WHEN N'' THEN N'' ELSE N', ' END + QUOTENAME(c.name) FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.column_id = @no;",
					  table);
	osmeta_export_add(export, "END;");
}

/* A union, since otherwise it would take over more than types. */
static void
create_like(Export *export, const ExportEvent *event, const char *table)
{
	osmeta_export_add(export, "SET @sql = N'SELECT ' + @columns + %s + @columns + %s;",
					  osmeta_export_text(psprintf(" INTO %s FROM %s WHERE 1 = 0 UNION ALL SELECT ",
												  table, event->name)),
					  osmeta_export_text(psprintf(" FROM %s WHERE 1 = 0",
												  event->name)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
}

static void
create_kept(Export *export, const ExportEvent *event)
{
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NULL BEGIN",
					  osmeta_export_text(event->own));
	create_like(export, event, event->own);
	create_like(export, event, event->brought);
	osmeta_export_add(export, "END;");
}

/*
 * The rows of what an expression of T-SQL names, with a number that tells rows
 * from others that are alike: an expression, too.
 */
static char *
numbered(const char *from)
{
	return psprintf("N'(SELECT ' + @columns + N', ROW_NUMBER() OVER (PARTITION BY ' + @columns + N' ORDER BY (SELECT 1)) AS osmeta_n FROM ' + %s + N')'",
					from);
}

/* @wanted, @there: numbered rows; @missing: query for what is to come yet. */
static void
set_queries(Export *export, const ExportEvent *event, const char *hint)
{
	char	   *wanted = psprintf("N'(SELECT ' + @columns + %s + @columns + %s",
								  osmeta_export_text(psprintf(" FROM %s UNION ALL SELECT ", event->own)),
								  osmeta_export_text(psprintf(" FROM %s) r", event->brought)));

	osmeta_export_add(export, "SET @wanted = %s;", numbered(wanted));
	osmeta_export_add(export, "SET @there = %s;",
					  numbered(osmeta_export_text(psprintf("%s%s", event->name, hint))));
	osmeta_export_add(export, "SET @missing = N'SELECT ' + @columns + N' FROM (SELECT * FROM ' + @wanted + N' a EXCEPT SELECT * FROM ' + @there + N' b) o';");
}

/* All rows of the event table go into kN. */
static void
keep_all(Export *export, const ExportEvent *event)
{
	osmeta_export_add(export, "SET @sql = %s + @columns + N') SELECT ' + @columns + %s;",
					  osmeta_export_text(psprintf("INSERT INTO %s (", event->own)),
					  osmeta_export_text(psprintf(" FROM %s WITH (TABLOCKX, HOLDLOCK)", event->name)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "SET @kept = @@ROWCOUNT;");
}

static void
check_columns(Export *export, const ExportEvent *event)
{
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.is_computed = 0 AND c.system_type_id <> 189 AND NOT EXISTS (SELECT 1 FROM sys.columns k WHERE k.object_id = OBJECT_ID(%s) AND k.name = c.name))",
					  osmeta_export_text(event->name),
					  osmeta_export_text(event->own));
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s) THROW 50023, N'osmeta: an event table has got other columns since its subscriptions were set aside, and rows in them. Take these out, and run the script again.', 1;",
					  event->name);
}

/* As many rows as were kept. */
static void
empty_table(Export *export, const ExportEvent *event)
{
	osmeta_export_add(export, "DELETE FROM %s;", event->name);
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT;");
	osmeta_export_add(export, "IF @rows <> @kept THROW 50021, N'osmeta: somebody writes to an event table, or a trigger keeps its rows from being deleted. Put that right, and run the script again.', 1;");
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s) THROW 50021, N'osmeta: rows of an event table have been left there, by a trigger. Put that right, and run the script again.', 1;",
					  event->name);
}

static void
note_state(Export *export, const ExportEvent *event, const char *state)
{
	osmeta_export_add(export, "UPDATE %s SET state = '%s', rows_own = (SELECT COUNT(*) FROM %s), rows_brought = (SELECT COUNT(*) FROM %s) WHERE event_no = %d;",
					  event_table(export), state, event->own, event->brought,
					  event->table->event_no);
}

/* ---- Before the first row ---- */

void
osmeta_export_event_tables(Export *export)
{
	char	   *table = event_table(export);

	if (export->nevents == 0)
		return;
	osmeta_export_create(export, table,
						 "event_no int NOT NULL PRIMARY KEY, table_name nvarchar(600) NOT NULL, state varchar(10) NOT NULL, rows_own bigint NOT NULL, rows_brought bigint NOT NULL");
	osmeta_export_create(export, osmeta_export_table(export, "queue"),
						 "table_name nvarchar(260) NOT NULL PRIMARY KEY, row_count bigint NOT NULL, id_max bigint NULL, id_sum bigint NULL");
	for (int i = 0; i < export->nevents; i++)
	{
		const ExportEvent *event = &export->events[i];
		StringInfoData columns;

		initStringInfo(&columns);
		appendStringInfoString(&columns, "seq bigint NOT NULL PRIMARY KEY");
		for (int j = 0; j < event->table->ncolumns; j++)
		{
			const ExportColumn *c = &event->columns[j];

			appendStringInfo(&columns, ", c%d %s NULL",
							 c->attribute->attribute_no, c->type);
			if (c->has_reference)
				appendStringInfo(&columns, ", r%d bigint NULL",
								 c->attribute->attribute_no);
		}
		osmeta_export_create(export, event->stage, columns.data);
		osmeta_export_add(export, "INSERT INTO %s (event_no, table_name, state, rows_own, rows_brought) SELECT %d, %s, 'standing', 0, 0 WHERE NOT EXISTS (SELECT 1 FROM %s WHERE event_no = %d);",
						  table, event->table->event_no,
						  osmeta_export_text(event->name), table,
						  event->table->event_no);
	}
}

static void
check_known(Export *export, const ExportEvent *event)
{
	char	   *name = osmeta_export_text(event->name);

	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'no right to SELECT, INSERT and DELETE rows of event table ' + %s WHERE OBJECT_ID(%s) IS NOT NULL AND (HAS_PERMS_BY_NAME(%s, N'OBJECT', N'SELECT') = 0 OR HAS_PERMS_BY_NAME(%s, N'OBJECT', N'INSERT') = 0 OR HAS_PERMS_BY_NAME(%s, N'OBJECT', N'DELETE') = 0);",
					  name, name, name, name, name);
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'column ' + c.name + N' of event table ' + %s + N' is of a kind that a script cannot keep' FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND (c.is_identity = 1 OR c.system_type_id = 240 OR TYPE_NAME(c.system_type_id) IN (N'text', N'ntext', N'image', N'xml'));",
					  name, name);
	for (int i = 0; event->rows > 0 && i < event->table->ncolumns; i++)
		osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'event table ' + %s + N' has no column ' + %s WHERE OBJECT_ID(%s) IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.name = %s COLLATE DATABASE_DEFAULT);",
						  name,
						  osmeta_export_text(event->columns[i].attribute->target_column),
						  name, name,
						  osmeta_export_text(event->columns[i].attribute->target_column));
}

/* Those that the plan does not know, and triggers that are to be disabled. */
static void
check_entity(Export *export, const ExportEntity *e)
{
	const ExportEvent *event = NULL;
	char	   *table;
	char	   *name;

	for (int i = 0; i < export->nevents; i++)
	{
		if (export->events[i].table->entity_id == e->entity->entity_id)
			event = &export->events[i];
	}
	if (event != NULL)
	{
		if (event->stays)
			osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'option events is \"disabled\", and trigger ' + t.name + N' of table ' + %s + N' is not' FROM sys.triggers t WHERE t.parent_id = OBJECT_ID(%s) AND t.is_disabled = 0 AND UPPER(LEFT(t.name, 8)) = N'OSTRG_EI';",
							  osmeta_export_text(e->table),
							  osmeta_export_text(e->table));
		return;
	}
	osmeta_export_query(export, "SELECT osmeta.event_table_name(%s)",
						quote_literal_cstr(e->entity->target_table));
	table = osmeta_text_at(0, 1);
	if (table == NULL)
		return;
	name = osmeta_export_text(psprintf("%s.%s",
									   osmeta_export_name(export->schema),
									   osmeta_export_name(table)));
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'event table ' + %s + N' is not known to the plan: it has come since, or could not be seen when rows were pulled' WHERE OBJECT_ID(%s) IS NOT NULL;",
					  name, name);
}

void
osmeta_export_event_check(Export *export)
{
	for (int i = 0; i < export->nevents; i++)
		check_known(export, &export->events[i]);
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].kind == NULL)
			check_entity(export, &export->entities[i]);
	}
}

/* ---- The rows of the source ---- */

/* One row of the last query as a row of VALUES. */
static char *
row_values(const ExportEvent *event, uint64 row)
{
	HeapTuple	tuple = SPI_tuptable->vals[row];
	TupleDesc	desc = SPI_tuptable->tupdesc;
	StringInfoData buf;
	int			col = 1;

	initStringInfo(&buf);
	appendStringInfo(&buf, "(%s", SPI_getvalue(tuple, desc, col++));
	for (int i = 0; i < event->table->ncolumns; i++)
	{
		const ExportColumn *c = &event->columns[i];

		appendStringInfo(&buf, ", %s",
						 osmeta_export_literal(c, SPI_getvalue(tuple, desc, col++), NULL, NULL));
		if (c->has_reference)
		{
			char	   *value = SPI_getvalue(tuple, desc, col++);

			appendStringInfo(&buf, ", %s", value ? value : "NULL");
		}
	}
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* Columns of zN: as they are, or as texts of an alias. */
static char *
stage_columns(const ExportEvent *event, bool as_text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, as_text ? "s.seq::text" : "seq");
	for (int i = 0; i < event->table->ncolumns; i++)
	{
		const ExportColumn *c = &event->columns[i];
		int			no = c->attribute->attribute_no;

		appendStringInfo(&buf, as_text ? ", s.c%d::%s::text" : ", c%d", no,
						 c->value_type);
		if (c->has_reference)
			appendStringInfo(&buf, as_text ? ", s.r%d::text" : ", r%d", no);
	}
	return buf.data;
}

bool
osmeta_export_event_rows(Export *export)
{
	const ExportEvent *event;
	uint64		rows;
	int64		first = export->seq + 1;

	if (export->at >= export->nevents)
		return false;
	event = &export->events[export->at];
	rows = osmeta_export_query(export, "SELECT %s FROM %s s WHERE s.seq > " INT64_FORMAT " ORDER BY s.seq LIMIT %d",
							   stage_columns(event, true),
							   osmeta_event_name(export->plan, EVENT_SCRIPT, event->table),
							   export->seq, BATCH_ROWS);
	if (rows == 0)
	{
		export->at++;
		export->seq = 0;
		return export->at < export->nevents;
	}
	osmeta_export_step_begin(export, "progress");
	osmeta_export_add(export, "INSERT INTO %s (%s) VALUES", event->stage,
					  stage_columns(event, false));
	for (uint64 i = 0; i < rows; i++)
		osmeta_export_add(export, "%s%s", row_values(event, i),
						  i + 1 < rows ? "," : ";");
	export->seq = strtoll(SPI_getvalue(SPI_tuptable->vals[rows - 1],
									   SPI_tuptable->tupdesc, 1), NULL, 10);
	SPI_freetuptable(SPI_tuptable);
	osmeta_export_step_end(export, "progress", "event rows", NULL, first,
						   export->seq, psprintf(UINT64_FORMAT, rows));
	return true;
}

/* ---- Set aside ---- */

/* What the queues hold before the first row is written. */
static void
note_queues(Export *export)
{
	char	   *table = osmeta_export_table(export, "queue");

	osmeta_export_step_begin(export, "progress");
	for (int i = 0; i < export->nqueues; i++)
	{
		const ExportQueue *queue = &export->queues[i];

		osmeta_export_add(export, "IF HAS_PERMS_BY_NAME(%s, N'OBJECT', N'SELECT') = 1 INSERT INTO %s (table_name, row_count, id_max, id_sum) SELECT %s, COUNT(*), MAX(CAST(q.%s AS bigint)), SUM(CAST(q.%s AS bigint)) FROM %s q;",
						  osmeta_export_text(queue->name), table,
						  osmeta_export_text(queue->label), queue->id,
						  queue->id, queue->name);
	}
	osmeta_export_step_end(export, "progress", "queue", NULL, 0, 0, "0");
}

/* Of a script that begins again: what has come since goes, too. */
static void
sweep(Export *export, const ExportEvent *event, const char *progress)
{
	char	   *table = osmeta_export_table(export, progress);
	char	   *state = event_table(export);

	osmeta_export_begin(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL AND OBJECT_ID(%s) IS NOT NULL BEGIN IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION; BEGIN TRANSACTION;",
					  osmeta_export_text(table), osmeta_export_text(state));
	osmeta_export_add(export, "UPDATE %s SET token = token WHERE step = 0 AND token = '%s';",
					  table, export->token);
	osmeta_export_add(export, "IF @@ROWCOUNT = 1 AND OBJECT_ID(%s) IS NOT NULL BEGIN",
					  osmeta_export_text(event->name));
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s WHERE event_no = %d AND state = 'aside') BEGIN",
					  state, event->table->event_no);
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s) BEGIN", event->name);
	declare_variables(export);
	read_columns(export, event);
	check_columns(export, event);
	keep_all(export, event);
	empty_table(export, event);
	note_state(export, event, "aside");
	osmeta_export_add(export, "END; END; END; COMMIT TRANSACTION; END;");
	osmeta_export_end(export);
}

void
osmeta_export_event_sweep(Export *export, const char *progress)
{
	bool		is_undo = strcmp(progress, "undo") == 0;

	for (int i = 0; i < export->nevents; i++)
	{
		if (is_undo || !export->events[i].stays)
			sweep(export, &export->events[i], progress);
	}
}

/*
 * With the undo of a delivery that came to its end: of what stands there the
 * target's own rows are those that the script has not brought.
 */
static void
keep_others(Export *export, const ExportEvent *event)
{
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s WHERE event_no = %d AND state = 'back') BEGIN",
					  event_table(export), event->table->event_no);
	osmeta_export_add(export, "DELETE FROM %s;", event->own);
	osmeta_export_add(export, "SET @sql = %s + @columns + N') SELECT ' + @columns + N' FROM (SELECT * FROM ' + %s + N' a EXCEPT SELECT * FROM ' + %s + N' b) o';",
					  osmeta_export_text(psprintf("INSERT INTO %s (", event->own)),
					  numbered(osmeta_export_text(psprintf("%s WITH (TABLOCKX, HOLDLOCK)", event->name))),
					  numbered(osmeta_export_text(event->brought)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "SET @kept = (SELECT COUNT(*) FROM %s); END",
					  event->name);
	osmeta_export_add(export, "ELSE BEGIN");
	keep_all(export, event);
	osmeta_export_add(export, "END;");
}

static void
set_aside(Export *export, const ExportEvent *event, const char *progress)
{
	bool		is_undo = strcmp(progress, "undo") == 0;

	osmeta_export_step_begin(export, progress);
	declare_variables(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL BEGIN",
					  osmeta_export_text(event->name));
	read_columns(export, event);
	create_kept(export, event);
	check_columns(export, event);
	if (is_undo)
		keep_others(export, event);
	else
		keep_all(export, event);
	empty_table(export, event);
	osmeta_export_add(export, "DELETE FROM %s;", event->brought);
	note_state(export, event, "aside");
	osmeta_export_add(export, "END;");
	osmeta_export_step_end(export, progress, "aside", NULL,
						   event->table->event_no, event->table->event_no,
						   "@rows");
}

/* How many rows are kept, in a sentence; NULL if none. */
static char *
aside_text(const Export *export)
{
	return psprintf("(SELECT N'EVENT SUBSCRIPTIONS ARE SET ASIDE: ' + CAST(SUM(v.rows_own) AS nvarchar(20)) + N'; the processes that wait for them do not start until this script, or the part undo, has come to its end' FROM %s v WHERE v.state = 'aside' HAVING SUM(v.rows_own) > 0)",
					event_table(export));
}

char *
osmeta_export_event_said(const Export *export)
{
	if (export->nevents == 0)
		return "";
	return psprintf(" + COALESCE(N'. ' + %s, N'')", aside_text(export));
}

/* For who does not see the last line, as the client ends at an error. */
static void
say_aside(Export *export)
{
	osmeta_export_begin(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL BEGIN",
					  osmeta_export_text(event_table(export)));
	osmeta_export_add(export, "DECLARE @said nvarchar(400) = %s;",
					  aside_text(export));
	osmeta_export_add(export, "IF @said IS NOT NULL PRINT @said;");
	osmeta_export_add(export, "END;");
	osmeta_export_end(export);
}

void
osmeta_export_event_aside(Export *export, const char *progress)
{
	bool		is_undo = strcmp(progress, "undo") == 0;

	if (export->nevents == 0)
		return;
	if (!is_undo)
		note_queues(export);
	for (int i = 0; i < export->nevents; i++)
	{
		if (is_undo || !export->events[i].stays)
			set_aside(export, &export->events[i], progress);
	}
	say_aside(export);
}

void
osmeta_export_event_guard(Export *export, const ExportEntity *e)
{
	for (int i = 0; i < export->nevents; i++)
	{
		const ExportEvent *event = &export->events[i];

		if ((event->stays && strcmp(export->part, "undo") != 0) ||
			(e->kind ? !event->table->is_platform :
			 event->table->entity_id != e->entity->entity_id))
			continue;
		osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL",
						  osmeta_export_text(event->name));
		osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s) THROW 50022, N'osmeta: somebody has subscribed to events meanwhile. Run the script again: it sets that aside, too.', 1;",
						  event->name);
	}
}

/* ---- Give back ---- */

/* A value by which rows are compared: NULL, 0 and no text name nothing. */
static char *
key_of(const ExportColumn *c, const char *value)
{
	if (c->kind == EXPORT_NUMBER || c->kind == EXPORT_BOOLEAN)
		return psprintf("NULLIF(CAST(%s AS bigint), 0)", value);
	if (strncmp(c->attribute->target_type, "numeric", 7) == 0)
		return psprintf("NULLIF(%s, 0)", value);
	if (c->kind == EXPORT_TEXT)
		return psprintf("NULLIF(NULLIF(%s, N'0'), N'')", value);
	return pstrdup(value);
}

/* qN: rows of the source that the target does not have, each once. */
static void
bring(Export *export, const ExportEvent *event)
{
	StringInfoData names;
	StringInfoData own;
	StringInfoData values;
	StringInfoData keys;
	StringInfoData all;
	StringInfoData taken;
	StringInfoData joins;
	const char *tenant = "CAST(NULL AS bigint)";

	initStringInfo(&names);
	initStringInfo(&own);
	initStringInfo(&values);
	initStringInfo(&keys);
	initStringInfo(&all);
	initStringInfo(&taken);
	initStringInfo(&joins);
	for (int i = 0; i < event->table->ncolumns; i++)
	{
		const ExportColumn *c = &event->columns[i];
		const char *comma = i > 0 ? ", " : "";
		const char *collate = c->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : "";
		int			no = c->attribute->attribute_no;
		char	   *compared = key_of(c, psprintf("a.c%d", no));

		appendStringInfo(&names, "%s%s", comma, c->name);
		appendStringInfo(&own, ", k.%s%s AS c%d", c->name, collate, no);
		if (c->root != NULL)
		{
			appendStringInfo(&joins, " LEFT JOIN %s m%d ON m%d.entity_id = " INT64_FORMAT " AND m%d.source_id = s.r%d",
							 osmeta_export_table(export, "map"), no, no,
							 c->root->entity_id, no, no);
			appendStringInfo(&values, ", COALESCE(CAST(m%d.target_id AS %s), s.c%d)%s",
							 no, c->type, no, collate);
		}
		else
			appendStringInfo(&values, ", s.c%d%s", no, collate);
		if (osmeta_event_is_key(&event->table->columns[i]))
			appendStringInfo(&keys, "%s%s", keys.len > 0 ? ", " : "", compared);
		if (osmeta_event_is_tenant(&event->table->columns[i]))
			tenant = compared;
		appendStringInfo(&all, ", %s", compared);
		appendStringInfo(&taken, "%su.c%d", comma, no);
	}
	osmeta_export_add(export, "DELETE FROM %s;", event->brought);
	if (event->rows == 0)
		return;
	osmeta_export_add(export, "INSERT INTO %s (%s) SELECT %s FROM (SELECT a.*, ROW_NUMBER() OVER (PARTITION BY a.is_source%s ORDER BY a.seq) AS osmeta_n",
					  event->brought, names.data, taken.data, all.data);
	/* one that the target has for the same tenant, for all, or for any */
	osmeta_export_add(export, ", CASE WHEN MIN(a.is_source) OVER (PARTITION BY %s, %s) = 0 OR MIN(CASE WHEN a.is_source = 0 AND %s IS NULL THEN 0 ELSE 1 END) OVER (PARTITION BY %s) = 0 OR %s IS NULL AND MIN(a.is_source) OVER (PARTITION BY %s) = 0 THEN 0 ELSE 1 END AS osmeta_is_new",
					  keys.data, tenant, tenant, keys.data, tenant, keys.data);
	osmeta_export_add(export, "FROM (SELECT 0 AS is_source, CAST(0 AS bigint) AS seq%s FROM %s k UNION ALL SELECT 1, s.seq%s FROM %s s%s) a) u WHERE u.is_source = 1 AND u.osmeta_is_new = 1 AND u.osmeta_n = 1;",
					  own.data, event->own, values.data, event->stage,
					  joins.data);
}

static void
give_back(Export *export, const ExportEvent *event, const char *progress)
{
	bool		is_undo = strcmp(progress, "undo") == 0;

	osmeta_export_step_begin(export, progress);
	declare_variables(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL BEGIN",
					  osmeta_export_text(event->name));
	osmeta_export_found(export);
	read_columns(export, event);
	/* one that was left where it stood, or has come since */
	create_kept(export, event);
	if (!is_undo)
	{
		osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s WHERE event_no = %d AND state = 'standing') BEGIN",
						  event_table(export), event->table->event_no);
		keep_all(export, event);
		osmeta_export_add(export, "END;");
		bring(export, event);
	}
	set_queries(export, event, " WITH (TABLOCKX, HOLDLOCK)");
	osmeta_export_add(export, "SET @sql = %s + @columns + N') ' + @missing;",
					  osmeta_export_text(psprintf("INSERT INTO %s (", event->name)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT;");
	osmeta_export_add(export, "SET @sql = N'INSERT INTO #osmeta_found (problem) SELECT TOP 1 N''missing'' FROM (' + @missing + N') x';");
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "DECLARE @message nvarchar(2000) = %s;",
					  osmeta_export_error_text("subscriptions have not come back, because of a trigger there",
											   event->name));
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM #osmeta_found) THROW 50024, @message, 1;");
	osmeta_export_add(export, "DROP TABLE #osmeta_found;");
	note_state(export, event, "back");
	osmeta_export_add(export, "END;");
	osmeta_export_step_end(export, progress, "back", NULL,
						   event->table->event_no, event->table->event_no,
						   "@rows");
}

void
osmeta_export_event_back(Export *export, const char *progress)
{
	for (int i = 0; i < export->nevents; i++)
		give_back(export, &export->events[i], progress);
}

/* ---- Verify ---- */

static void
verify_event(Export *export, const ExportEvent *event, int place)
{
	char	   *state = event_table(export);

	osmeta_export_begin(export);
	osmeta_export_add(export, "UPDATE v SET rows_expected = e.rows_own + e.rows_brought, rows_found = 0, rows_different = CASE e.state WHEN 'aside' THEN 1 ELSE 0 END FROM #osmeta_verify v JOIN %s e ON e.event_no = %d WHERE v.place = %d AND (e.state <> 'standing' OR OBJECT_ID(%s) IS NULL);",
					  state, event->table->event_no, place,
					  osmeta_export_text(event->name));
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL AND OBJECT_ID(%s) IS NOT NULL BEGIN",
					  osmeta_export_text(event->name),
					  osmeta_export_text(event->own));
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s WHERE event_no = %d AND state = 'back') BEGIN",
					  state, event->table->event_no);
	declare_variables(export);
	read_columns(export, event);
	set_queries(export, event, "");
	osmeta_export_add(export, "SET @sql = N'UPDATE #osmeta_verify SET rows_found = rows_expected - (SELECT COUNT(*) FROM (' + @missing + N') x) WHERE place = %d';",
					  place);
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	/* more often than it should */
	osmeta_export_add(export, "SET @sql = N'UPDATE #osmeta_verify SET rows_different = (SELECT COUNT(*) FROM (SELECT ' + @columns + N' FROM (SELECT * FROM ' + @there + N' a EXCEPT SELECT * FROM ' + @wanted + N' b) o INTERSECT SELECT ' + @columns + N' FROM ' + @wanted + N' w) x) WHERE place = %d';",
					  place);
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "END; END;");
	osmeta_export_end(export);
}

static void
verify_queue(Export *export, const ExportQueue *queue, int place)
{
	osmeta_export_begin(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL",
					  osmeta_export_text(queue->name));
	osmeta_export_add(export, "UPDATE v SET rows_expected = q.row_count, rows_found = n.row_count, rows_different = CASE WHEN EXISTS (SELECT q.row_count, q.id_max, q.id_sum EXCEPT SELECT n.row_count, n.id_max, n.id_sum) THEN 1 ELSE 0 END");
	osmeta_export_add(export, "FROM #osmeta_verify v JOIN %s q ON q.table_name = %s CROSS JOIN (SELECT COUNT(*) AS row_count, MAX(CAST(t.%s AS bigint)) AS id_max, SUM(CAST(t.%s AS bigint)) AS id_sum FROM %s t) n WHERE v.place = %d;",
					  osmeta_export_table(export, "queue"),
					  osmeta_export_text(queue->label), queue->id, queue->id,
					  queue->name, place);
	osmeta_export_end(export);
}

void
osmeta_export_event_places(Export *export)
{
	int			place = export->nentities;

	for (int i = 0; i < export->nevents; i++)
		osmeta_export_add(export, "INSERT INTO #osmeta_verify (place, entity) VALUES (%d, %s);",
						  ++place,
						  osmeta_export_text(export->events[i].table->name));
	for (int i = 0; i < export->nqueues; i++)
		osmeta_export_add(export, "INSERT INTO #osmeta_verify (place, entity) VALUES (%d, %s);",
						  ++place,
						  osmeta_export_text(export->queues[i].label));
}

void
osmeta_export_event_verify(Export *export)
{
	int			place = export->nentities;

	for (int i = 0; i < export->nevents; i++)
		verify_event(export, &export->events[i], ++place);
	for (int i = 0; i < export->nqueues; i++)
		verify_queue(export, &export->queues[i], ++place);
}

/* ---- Clean ---- */

void
osmeta_export_event_drop(Export *export,
						 void (*drop) (Export *export, const char *table))
{
	for (int i = 0; i < export->nevents; i++)
	{
		drop(export, export->events[i].stage);
		drop(export, export->events[i].own);
		drop(export, export->events[i].brought);
	}
	if (export->nevents == 0)
		return;
	drop(export, event_table(export));
	drop(export, osmeta_export_table(export, "queue"));
}

/* They stand nowhere else. */
void
osmeta_export_event_check_back(Export *export)
{
	if (export->nevents == 0)
		return;
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL",
					  osmeta_export_text(event_table(export)));
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s WHERE state = 'aside' AND rows_own > 0) THROW 50016, N'osmeta: event subscriptions are set aside, and stand nowhere but in the tables that are to be dropped. Run the part deliver, or the part undo, to its end first. Nothing has been dropped.', 1;",
					  event_table(export));
}
