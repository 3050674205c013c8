/*-------------------------------------------------------------------------
 *
 * export_deliver.c
 *	  The script that delivers a plan.
 *
 * First all rows go into tables of the script (eN: seq, in the order of the
 * identifiers at the source; source_id; cK as in the plan's own stage; rK,
 * the identifier at the source of what a reference leads to, if the target is
 * yet to give that its own; gK, the entity of that, where each row says what it
 * refers to).  Then they are looked at, and inserted from there,
 * parents first; identifiers that the target gives go into the table map.
 *
 * With INSERT ... SELECT ... ORDER BY the identifiers are given in that order:
 * the n-th lowest new one belongs to the n-th row.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "utils/builtins.h"

#include "spi.h"

/* Rows, and about how many bytes, of one INSERT ... VALUES. */
#define BATCH_ROWS 500
#define BATCH_BYTES 200000

/* A line of VALUES is broken behind so many bytes. */
#define LINE_BYTES 2000

enum
{
	STATE_HEAD,
	STATE_ROWS,
	STATE_EVENT_ROWS,
	STATE_CHECK,
	STATE_CLEAR,				/* option existing = delete */
	STATE_DELETE,
	STATE_INSERT,
	STATE_SECOND,
	STATE_END,
	STATE_DONE
};

static void
write_head(Export *export)
{
	const MigrationPlan *plan = export->plan;

	osmeta_export_comment(export, "Delivery of plan \"%s\" of osmeta, for SQL Server.",
						  plan->name);
	osmeta_export_comment(export, "From environment \"%s\" to environment \"%s\": tables of schema %s of the database that it is run in.",
						  plan->source, plan->target, export->schema);
	osmeta_export_line(export, "--");
	osmeta_export_comment(export, "Run it in that database, which nobody else should use meanwhile:");
	osmeta_export_comment(export, "  sqlcmd -S server -d database -b -I -x -f 65001 -i file.sql");
	osmeta_export_comment(export, "  tsql -H server -p 1433 -U user -P password -J UTF-8 -o qhf -D database < file.sql");
	osmeta_export_comment(export, "Should it end before its last line says that the plan is delivered, put the cause");
	osmeta_export_comment(export, "right and run all of it again: it goes on where it stopped, and does nothing twice.");
	osmeta_export_line(export, "--");
	osmeta_export_comment(export, "Its own tables are called %s..., in the same schema. It fills these, looks whether",
						  export->prefix);
	osmeta_export_comment(export, "everything can be delivered, and then inserts from there, in this order:");
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		osmeta_export_comment(export, "  %s into %s, rows: " INT64_FORMAT "%s%s",
							  e->label, e->table, e->rows,
							  e->root == NULL ? "" :
							  e->kind ? "; those whom the target has not by then" :
							  !e->root->is_data ? "; identifiers are those of users" :
							  e->root == e->entity ?
							  "; the table gives the identifiers" :
							  psprintf("; identifiers are those of %s",
									   osmeta_entity_label(e->root)),
							  e->has_deferred ?
							  "; some references in a second step" : "");
	}
	if (export->nevents > 0)
	{
		osmeta_export_comment(export, "BEFORE THAT IT SETS SUBSCRIPTIONS TO EVENTS ASIDE, so that no process starts by what it writes.");
		osmeta_export_comment(export, "They come back at its end, with those of the source. Until then processes do not start:");
		osmeta_export_comment(export, "let it come to its end, or the part undo. Event tables: %d.", export->nevents);
	}
	if (plan->delete_existing)
	{
		osmeta_export_comment(export, "BEFORE THAT IT DELETES ALL ROWS OF THESE TABLES, whoever they are of (not of those of users");
		osmeta_export_comment(export, "and groups). It keeps copies of them, which the part undo puts back and the part clean drops.");
	}
	osmeta_export_comment(export, "After that: the part verify of the same export; CALL osmeta.read_delivery where the");
	osmeta_export_comment(export, "plan was made; the part clean. The part undo takes the rows out again.");
}

void
osmeta_export_settings(Export *export)
{
	osmeta_export_line(export, "SET NOCOUNT ON;");
	osmeta_export_line(export, "SET XACT_ABORT ON;");
	osmeta_export_line(export, "SET QUOTED_IDENTIFIER ON;");
	osmeta_export_line(export, "SET ANSI_NULLS ON;");
	osmeta_export_line(export, "SET ANSI_PADDING ON;");
	osmeta_export_line(export, "SET ANSI_WARNINGS ON;");
	osmeta_export_line(export, "SET ARITHABORT ON;");
	osmeta_export_line(export, "SET CONCAT_NULL_YIELDS_NULL ON;");
	osmeta_export_line(export, "SET NUMERIC_ROUNDABORT OFF;");
	osmeta_export_line(export, "SET IMPLICIT_TRANSACTIONS OFF;");
	osmeta_export_line(export, "SET DATEFORMAT ymd;");
	osmeta_export_line(export, "GO");
}

void
osmeta_export_create(Export *export, const char *table, const char *columns)
{
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NULL CREATE TABLE %s (%s);",
					  osmeta_export_text(table), table, columns);
}

static void
create_stage(Export *export, const ExportEntity *e)
{
	StringInfoData columns;

	initStringInfo(&columns);
	appendStringInfo(&columns, "seq bigint NOT NULL PRIMARY KEY, source_id %s NOT NULL",
					 e->entity->is_number ? "bigint" : "nvarchar(max)");
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];

		if (c->is_staged)
			appendStringInfo(&columns, ", c%d %s NULL",
							 c->attribute->attribute_no, c->type);
		if (c->has_reference)
			appendStringInfo(&columns, ", r%d bigint NULL",
							 c->attribute->attribute_no);
		if (c->is_typed)
			appendStringInfo(&columns, ", g%d bigint NULL",
							 c->attribute->attribute_no);
	}
	if (e->kind != NULL)
		appendStringInfoString(&columns, ", found_id bigint NULL");
	osmeta_export_create(export, e->stage, columns.data);
}

static void
write_tables(Export *export)
{
	char	   *progress = osmeta_export_table(export, "progress");

	osmeta_export_begin(export);
	osmeta_export_check_before(export);
	osmeta_export_add(export, "BEGIN TRANSACTION;");
	osmeta_export_create(export, progress,
						 "step int NOT NULL PRIMARY KEY, kind varchar(20) NOT NULL, entity_id bigint NOT NULL, first_seq bigint NOT NULL,"
						 " last_seq bigint NOT NULL, row_count bigint NOT NULL, token char(32) NULL, done_at datetime NOT NULL DEFAULT GETDATE()");
	osmeta_export_create(export, osmeta_export_table(export, "map"),
						 "entity_id bigint NOT NULL, source_id bigint NOT NULL, target_id bigint NOT NULL, PRIMARY KEY (entity_id, source_id)");
	for (int i = 0; i < export->nentities; i++)
		create_stage(export, &export->entities[i]);
	osmeta_export_tables(export);
	osmeta_export_event_tables(export);
	osmeta_export_add(export, "INSERT INTO %s (step, kind, entity_id, first_seq, last_seq, row_count, token) SELECT 0, 'begin', 0, 0, 0, 0, '%s' WHERE NOT EXISTS (SELECT 1 FROM %s);",
					  progress, export->token, progress);
	osmeta_export_add(export, "COMMIT TRANSACTION;");
	osmeta_export_end(export);
	osmeta_export_event_sweep(export, "progress");
}

/* A value as the target's column has it: of a bit, a wrapper makes a number. */
static char *
cast_value(const ExportColumn *column)
{
	const PlanAttribute *a = column->attribute;
	bool		is_boolean = a->transform == TRANSFORM_COPY &&
	strcmp(osmeta_staged_type(a), "boolean") == 0;
	char	   *value = psprintf("d.c%d", a->attribute_no);

	if (is_boolean && column->kind == EXPORT_NUMBER)
		value = psprintf("%s::integer", value);
	if (!is_boolean && column->kind == EXPORT_BOOLEAN &&
		a->transform == TRANSFORM_COPY)
		value = psprintf("%s::integer", value);
	return psprintf("%s::%s", value, column->value_type);
}

/* Rows of the stage with the text of every value, in the order of seq. */
static char *
rows_sql(const Export *export, const ExportEntity *e)
{
	StringInfoData buf;

	if (e->kind != NULL)
		return osmeta_export_created_rows(export, e);
	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT d.source_id::text");
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];

		if (c->is_staged)
			appendStringInfo(&buf, ", %s::text", cast_value(c));
		if (c->has_reference)
			appendStringInfo(&buf, ", d.r%d::text", c->attribute->attribute_no);
		if (c->is_typed)
			appendStringInfo(&buf, ", d.g%d::text", c->attribute->attribute_no);
	}
	appendStringInfo(&buf, " FROM (%s) d ORDER BY d.source_id",
					 osmeta_delivery_sql(export->plan, e->entity,
										 DELIVERY_EXPORTED, false, NULL));
	return buf.data;
}

static char *
stage_columns(const ExportEntity *e)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "seq, source_id");
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];

		if (c->is_staged)
			appendStringInfo(&buf, ", c%d", c->attribute->attribute_no);
		if (c->has_reference)
			appendStringInfo(&buf, ", r%d", c->attribute->attribute_no);
		if (c->is_typed)
			appendStringInfo(&buf, ", g%d", c->attribute->attribute_no);
	}
	return buf.data;
}

/* Add a value, on a new line if this one is long enough. */
static void
append_value(StringInfo rows, int *line, const char *value)
{
	size_t		len = strlen(value);

	if (*line > 0 && *line + len > LINE_BYTES)
	{
		appendStringInfoChar(rows, '\n');
		*line = 0;
	}
	appendStringInfoString(rows, value);
	*line += len;
}

/* One row of the last fetch as a row of VALUES. */
static void
append_row(Export *export, const ExportEntity *e, uint64 row, StringInfo rows,
		   StringInfo variables, int *count)
{
	HeapTuple	tuple = SPI_tuptable->vals[row];
	TupleDesc	desc = SPI_tuptable->tupdesc;
	int			line = 0;
	int			col = 1;
	char	   *source_id = SPI_getvalue(tuple, desc, col++);
	ExportColumn text = {.kind = EXPORT_TEXT};

	append_value(rows, &line, psprintf("%s(" INT64_FORMAT ", %s",
									   rows->len > 0 ? ", " : "",
									   ++export->seq,
									   e->entity->is_number ? source_id :
									   osmeta_export_literal(&text, source_id,
															 variables, count)));
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];

		if (c->is_staged)
		{
			char	   *value = SPI_getvalue(tuple, desc, col++);

			append_value(rows, &line, ", ");
			append_value(rows, &line,
						 osmeta_export_literal(c, value, variables, count));
			if (value != NULL)
				pfree(value);
		}
		for (int j = 0; j < c->has_reference + c->is_typed; j++)
		{
			char	   *value = SPI_getvalue(tuple, desc, col++);

			append_value(rows, &line, ", ");
			append_value(rows, &line, value ? value : "NULL");
		}
	}
	appendStringInfoString(rows, ")\n");
}

/* Lines that are whole already. */
static void
add_lines(Export *export, char *lines)
{
	while (*lines != '\0')
	{
		char	   *end = strchr(lines, '\n');

		*end = '\0';
		osmeta_export_add(export, "%s", lines);
		lines = end + 1;
	}
}

/* A batch of rows as a step; false: the entity has no more. */
static bool
write_rows(Export *export, const ExportEntity *e)
{
	Portal		cursor;
	StringInfoData rows;
	StringInfoData variables;
	int			count = 0;
	int64		first = export->seq + 1;

	if (export->cursor == NULL)
	{
		SPIParseOpenOptions options = {.read_only = false};

		cursor = SPI_cursor_parse_open(NULL, rows_sql(export, e), &options);
		MemoryContextSwitchTo(export->work);
		export->cursor = MemoryContextStrdup(GetMemoryChunkContext(export),
											 cursor->name);
		export->seq = 0;
		first = 1;
	}
	else
		cursor = SPI_cursor_find(export->cursor);
	if (cursor == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_STATE),
				 errmsg("the cursor over the rows of the plan has been closed")));
	initStringInfo(&rows);
	initStringInfo(&variables);
	while (export->seq - first + 1 < BATCH_ROWS &&
		   rows.len + variables.len < BATCH_BYTES)
	{
		SPI_cursor_fetch(cursor, true, 1);
		MemoryContextSwitchTo(export->work);
		if (SPI_processed == 0)
		{
			SPI_cursor_close(cursor);
			export->cursor = NULL;
			break;
		}
		append_row(export, e, 0, &rows, &variables, &count);
		SPI_freetuptable(SPI_tuptable);
	}
	if (rows.len > 0)
	{
		osmeta_export_step_begin(export, "progress");
		add_lines(export, variables.data);
		osmeta_export_add(export, "INSERT INTO %s (%s) VALUES", e->stage,
						  stage_columns(e));
		add_lines(export, rows.data);
		osmeta_export_add(export, ";");
		osmeta_export_step_end(export, "progress", "rows", e, first,
							   export->seq,
							   psprintf(INT64_FORMAT, export->seq - first + 1));
	}
	if (export->cursor != NULL)
		return true;
	if (export->seq != e->rows)
		elog(ERROR, "the stage of %s has " INT64_FORMAT " rows, not " INT64_FORMAT,
			 e->label, export->seq, e->rows);
	return false;
}

/* The text of an error that a script raises; % is not itself there. */
char *
osmeta_export_error_text(const char *what, const char *table)
{
	StringInfoData name;

	initStringInfo(&name);
	for (; *table != '\0'; table++)
	{
		if (*table == '%')
			appendStringInfoChar(&name, '%');
		appendStringInfoChar(&name, *table);
	}
	return osmeta_export_text(psprintf("osmeta: %s, in table %s", what,
									   name.data));
}

/* Insert a part of a stage. */
static void
write_insert(Export *export, const ExportEntity *e, int64 first, int64 last)
{
	bool		is_given = e->root == e->entity;
	StringInfoData columns;
	StringInfoData values;
	StringInfoData joins;
	char	   *text = osmeta_export_text(e->table);
	char	   *has_identity = psprintf("EXISTS (SELECT 1 FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.is_identity = 1)",
										text);
	int64		rows = last - first + 1;

	initStringInfo(&columns);
	initStringInfo(&values);
	initStringInfo(&joins);
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];
		const char *comma = columns.len > 0 ? ", " : "";

		if (is_given && c == e->identifier)
			continue;
		appendStringInfo(&columns, "%s%s", comma, c->name);
		appendStringInfo(&values, "%s%s", comma,
						 c->attribute->is_deferred ? c->first :
						 osmeta_export_value(export, e, c, &joins));
	}
	osmeta_export_step_begin(export, "progress");
	osmeta_export_event_guard(export, e);
	osmeta_export_add(export, "DECLARE @rows bigint;");
	if (is_given)
		osmeta_export_add(export, "DECLARE @given TABLE (id bigint NOT NULL PRIMARY KEY);");
	else
		osmeta_export_add(export, "IF %s SET IDENTITY_INSERT %s ON;",
						  has_identity, e->table);
	osmeta_export_add(export, "INSERT INTO %s (%s)", e->table, columns.data);
	if (is_given)
		osmeta_export_add(export, "OUTPUT inserted.%s INTO @given (id)",
						  e->identifier->name);
	osmeta_export_add(export, "SELECT %s", values.data);
	osmeta_export_add(export, "FROM %s s%s WHERE s.seq BETWEEN " INT64_FORMAT " AND " INT64_FORMAT " ORDER BY s.seq;",
					  e->stage, joins.data, first, last);
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT;");
	if (is_given)
	{
		osmeta_export_add(export, "INSERT INTO %s (entity_id, source_id, target_id) SELECT " INT64_FORMAT ", o.source_id, n.id",
						  osmeta_export_table(export, "map"),
						  e->entity->entity_id);
		osmeta_export_add(export, "FROM (SELECT s.source_id, ROW_NUMBER() OVER (ORDER BY s.seq) AS place FROM %s s WHERE s.seq BETWEEN " INT64_FORMAT " AND " INT64_FORMAT ") o",
						  e->stage, first, last);
		osmeta_export_add(export, "JOIN (SELECT g.id, ROW_NUMBER() OVER (ORDER BY g.id) AS place FROM @given g) n ON n.place = o.place;");
		osmeta_export_add(export, "IF @@ROWCOUNT <> " INT64_FORMAT " SET @rows = -1;",
						  rows);
	}
	else
		osmeta_export_add(export, "IF %s SET IDENTITY_INSERT %s OFF;",
						  has_identity, e->table);
	osmeta_export_add(export, "DECLARE @message nvarchar(2000) = %s;",
					  osmeta_export_error_text("rows have been left out, by a trigger there",
											   e->table));
	osmeta_export_add(export, "IF @rows <> " INT64_FORMAT " THROW 50003, @message, 1;",
					  rows);
	osmeta_export_step_end(export, "progress", "insert", e, first, last,
						   "@rows");
}

/* References that are set when all rows stand there. */
static void
write_second(Export *export, const ExportEntity *e, int64 first, int64 last)
{
	StringInfoData set;
	StringInfoData joins;
	StringInfoData is_set;
	char	   *is_same;

	initStringInfo(&set);
	initStringInfo(&joins);
	initStringInfo(&is_set);
	is_same = osmeta_export_is_same(export, e, &joins);
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];
		int			no = c->attribute->attribute_no;

		if (!c->attribute->is_deferred)
			continue;
		appendStringInfo(&set, "%s%s = %s", set.len > 0 ? ", " : "", c->name,
						 osmeta_export_value(export, e, c, &joins));
		appendStringInfo(&is_set, "%ss.c%d IS NOT NULL",
						 is_set.len > 0 ? " OR " : "", no);
		if (c->has_reference)
			appendStringInfo(&is_set, " OR s.r%d IS NOT NULL", no);
	}
	osmeta_export_step_begin(export, "progress");
	osmeta_export_event_guard(export, e);
	osmeta_export_add(export, "DECLARE @rows bigint;");
	osmeta_export_add(export, "DECLARE @wanted bigint;");
	osmeta_export_add(export, "UPDATE t SET %s", set.data);
	osmeta_export_add(export, "FROM %s s%s JOIN %s t ON %s", e->stage,
					  joins.data, e->table, is_same);
	osmeta_export_add(export, "WHERE s.seq BETWEEN " INT64_FORMAT " AND " INT64_FORMAT " AND (%s);",
					  first, last, is_set.data);
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT;");
	osmeta_export_add(export, "SET @wanted = (SELECT COUNT(*) FROM %s s WHERE s.seq BETWEEN " INT64_FORMAT " AND " INT64_FORMAT " AND (%s));",
					  e->stage, first, last, is_set.data);
	osmeta_export_add(export, "DECLARE @message nvarchar(2000) = %s;",
					  osmeta_export_error_text("rows that have been delivered are not there any more",
											   e->table));
	osmeta_export_add(export, "IF @rows <> @wanted THROW 50004, @message, 1;");
	osmeta_export_step_end(export, "progress", "second step", e, first, last,
						   "@rows");
}

void
osmeta_export_pieces(Export *export, const ExportEntity *e,
					 void (*write) (Export *export, const ExportEntity *e,
									int64 first, int64 last))
{
	int64		piece = osmeta_export_piece(export);

	for (int64 first = 1; first <= e->rows; first += piece)
		write(export, e, first, Min(first + piece - 1, e->rows));
}

/* What has come of it, as the last thing that is seen. */
static void
write_end(Export *export)
{
	char	   *progress = osmeta_export_table(export, "progress");

	osmeta_export_step_begin(export, "progress");
	osmeta_export_step_end(export, "progress", "end", NULL, 0, 0, "0");
	osmeta_export_begin(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NULL SELECT %s AS result",
					  osmeta_export_text(progress),
					  osmeta_export_text(psprintf("plan %s: NOT delivered, nothing has been written; see the message above",
												  export->plan->name)));
	osmeta_export_add(export, "ELSE IF NOT EXISTS (SELECT 1 FROM %s WHERE step = 0 AND token = '%s') SELECT %s AS result",
					  progress, export->token,
					  osmeta_export_text(psprintf("plan %s: NOT delivered, the tables that stand here are those of another script or of one that was undone; see the message above",
												  export->plan->name)));
	osmeta_export_add(export, "ELSE SELECT CASE WHEN MAX(step) = %d THEN %s ELSE %s + CAST(MAX(step) AS nvarchar(20))%s END AS result FROM %s;",
					  export->step,
					  osmeta_export_text(psprintf("plan %s: delivered",
												  export->plan->name)),
					  osmeta_export_text(psprintf("plan %s: NOT delivered; see the message above, put the cause right, run the script again. Steps done, of %d: ",
												  export->plan->name,
												  export->step)),
					  osmeta_export_event_said(export), progress);
	osmeta_export_end(export);
}

static bool
next_entity(Export *export)
{
	export->at++;
	return export->at < export->nentities;
}

bool
osmeta_export_deliver(Export *export)
{
	const ExportEntity *e = export->at < export->nentities ?
	&export->entities[export->at] : NULL;

	switch (export->state)
	{
		case STATE_HEAD:
			write_head(export);
			osmeta_export_settings(export);
			write_tables(export);
			export->at = 0;
			export->state = export->nentities > 0 ? STATE_ROWS : STATE_CHECK;
			return true;
		case STATE_ROWS:
			if (!write_rows(export, e) && !next_entity(export))
			{
				export->at = 0;
				export->seq = 0;
				export->state = STATE_EVENT_ROWS;
			}
			return true;
		case STATE_EVENT_ROWS:
			if (!osmeta_export_event_rows(export))
				export->state = STATE_CHECK;
			return true;
		case STATE_CHECK:
			osmeta_export_check_existing(export);
			osmeta_export_check_loaded(export);
			/* nothing that is written from here on starts a process */
			if (export->nentities > 0)
				osmeta_export_event_aside(export, "progress");
			export->at = 0;
			export->state = export->nentities == 0 ? STATE_END :
				export->plan->delete_existing ? STATE_CLEAR : STATE_INSERT;
			return true;
		case STATE_CLEAR:
			if (e->kind == NULL)
				osmeta_export_clear_existing(export, e);
			if (!next_entity(export))
			{
				export->at = 0;
				export->state = STATE_DELETE;
			}
			return true;
		case STATE_DELETE:
			/* children first */
			e = &export->entities[export->nentities - 1 - export->at];
			if (e->kind == NULL)
				osmeta_export_delete_existing(export, e);
			if (!next_entity(export))
			{
				osmeta_export_check_free(export);
				export->at = 0;
				export->state = STATE_INSERT;
			}
			return true;
		case STATE_INSERT:
			osmeta_export_pieces(export, e, e->kind ?
								 osmeta_export_create_rows : write_insert);
			if (!next_entity(export))
			{
				export->at = 0;
				export->state = STATE_SECOND;
			}
			return true;
		case STATE_SECOND:
			if (e->has_deferred)
				osmeta_export_pieces(export, e, write_second);
			if (!next_entity(export))
				export->state = STATE_END;
			return true;
		case STATE_END:
			if (export->nentities > 0)
				osmeta_export_event_back(export, "progress");
			write_end(export);
			export->state = STATE_DONE;
			return true;
		default:
			return false;
	}
}
