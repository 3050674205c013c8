/*-------------------------------------------------------------------------
 *
 * export_undo.c
 *	  The scripts that verify a delivery, take it out again, and clean up.
 *
 * They work at the target alone, with the tables that the script which
 * delivers has filled there.  What has been delivered is said by the rows of
 * progress; an undo writes the identifiers of these rows into tables xN first,
 * looks whether all of them may go, and deletes, children first.  It marks
 * progress, so that the script which delivers does not go on meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "utils/builtins.h"

#include "spi.h"

/* ---- Verify ---- */

static void
verify_entity(Export *export, const ExportEntity *e, int place)
{
	StringInfoData joins;
	char	   *is_same;
	char	   *differs;

	initStringInfo(&joins);
	is_same = osmeta_export_is_same(export, e, &joins);
	differs = osmeta_export_differs(export, e, true, &joins);
	osmeta_export_begin(export);
	osmeta_export_add(export, "UPDATE #osmeta_verify SET rows_found = 0, rows_different = 0 WHERE place = %d;",
					  place);
	osmeta_export_add(export, "UPDATE v SET rows_found = f.found, rows_different = f.different FROM #osmeta_verify v JOIN (");
	osmeta_export_add(export, "SELECT %d AS place, COUNT(d.id) AS found, COALESCE(SUM(d.is_different), 0) AS different FROM (",
					  place);
	osmeta_export_add(export, "SELECT t.%s AS id, CASE WHEN t.%s IS NOT NULL AND %s THEN 1 ELSE 0 END AS is_different",
					  e->identifier->name, e->identifier->name, differs);
	osmeta_export_add(export, "FROM %s s%s LEFT JOIN %s t ON %s) d) f ON f.place = v.place;",
					  e->stage, joins.data, e->table, is_same);
	osmeta_export_end(export);
}

bool
osmeta_export_verify(Export *export)
{
	if (export->state++ > 0)
		return false;
	osmeta_export_comment(export, "What was delivered of plan \"%s\" of osmeta, for SQL Server: a row for each entity.",
						  export->plan->name);
	osmeta_export_comment(export, "It reads the tables of the factory and those that the script has filled, and changes none.");
	osmeta_export_settings(export);
	osmeta_export_begin(export);
	osmeta_export_add(export, "CREATE TABLE #osmeta_verify (place int NOT NULL PRIMARY KEY, entity nvarchar(400), rows_expected bigint, rows_found bigint, rows_different bigint);");
	osmeta_export_end(export);
	osmeta_export_begin(export);
	for (int i = 0; i < export->nentities; i++)
		osmeta_export_add(export, "INSERT INTO #osmeta_verify (place, entity, rows_expected) VALUES (%d, %s, " INT64_FORMAT ");",
						  i + 1,
						  osmeta_export_text(export->entities[i].label),
						  export->entities[i].rows);
	if (export->nentities == 0)
		osmeta_export_add(export, "SELECT N'the plan moves nothing' AS result;");
	osmeta_export_end(export);
	for (int i = 0; i < export->nentities; i++)
		verify_entity(export, &export->entities[i], i + 1);
	osmeta_export_begin(export);
	osmeta_export_add(export, "SELECT entity, rows_expected, rows_found, rows_different,");
	osmeta_export_add(export, "CASE WHEN rows_different IS NULL THEN 'unreadable' WHEN rows_found = rows_expected AND rows_different = 0 THEN 'ok' ELSE 'different' END AS status");
	osmeta_export_add(export, "FROM #osmeta_verify ORDER BY place;");
	osmeta_export_add(export, "DROP TABLE #osmeta_verify;");
	osmeta_export_end(export);
	return true;
}

/* ---- Undo ---- */

static char *
listed_table(const Export *export, int64 entity_id)
{
	return osmeta_export_table(export, psprintf("x" INT64_FORMAT, entity_id));
}

static void
begin_undo(Export *export)
{
	char	   *progress = osmeta_export_table(export, "progress");
	char	   *undo = osmeta_export_table(export, "undo");

	osmeta_export_begin(export);
	osmeta_export_add(export, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;");
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NULL THROW 50011, N'osmeta: nothing of this delivery stands here, or its tables have been cleaned. Nothing has been deleted.', 1;",
					  osmeta_export_text(progress));
	osmeta_export_add(export, "IF NOT EXISTS (SELECT 1 FROM %s WHERE step = 0 AND token IN ('%s', 'undo %.20s')) THROW 50012, N'osmeta: the tables that stand here are those of another script. Nothing has been deleted.', 1;",
					  progress, export->token, export->token);
	osmeta_export_add(export, "BEGIN TRANSACTION;");
	osmeta_export_create(export, undo,
						 "step int NOT NULL PRIMARY KEY, kind varchar(20) NOT NULL, entity_id bigint NOT NULL, first_seq bigint NOT NULL,"
						 " last_seq bigint NOT NULL, row_count bigint NOT NULL, token char(32) NULL, done_at datetime NOT NULL DEFAULT GETDATE()");
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		osmeta_export_create(export, listed_table(export, e->entity->entity_id),
							 psprintf("seq bigint NOT NULL PRIMARY KEY, id %s NOT NULL",
									  e->root ? "bigint" : e->identifier->type));
	}
	/* from here on the script that delivers does not go on */
	osmeta_export_add(export, "UPDATE %s SET token = 'undo %.20s' WHERE step = 0;",
					  progress, export->token);
	osmeta_export_add(export, "INSERT INTO %s (step, kind, entity_id, first_seq, last_seq, row_count, token) SELECT 0, 'begin', 0, 0, 0, 0, '%s' WHERE NOT EXISTS (SELECT 1 FROM %s);",
					  undo, export->token, undo);
	osmeta_export_add(export, "COMMIT TRANSACTION;");
	osmeta_export_end(export);
}

/* Which rows has the delivery put in? */
static void
list_rows(Export *export, const ExportEntity *e)
{
	StringInfoData joins;
	char	   *id;

	initStringInfo(&joins);
	id = osmeta_export_value(export, e, e->identifier, &joins);
	osmeta_export_step_begin(export, "undo");
	osmeta_export_add(export, "INSERT INTO %s (seq, id) SELECT s.seq, %s FROM %s s%s",
					  listed_table(export, e->entity->entity_id), id, e->stage,
					  joins.data);
	osmeta_export_add(export, "WHERE EXISTS (SELECT 1 FROM %s p WHERE p.kind = 'insert' AND p.entity_id = " INT64_FORMAT " AND s.seq BETWEEN p.first_seq AND p.last_seq);",
					  osmeta_export_table(export, "progress"),
					  e->entity->entity_id);
	osmeta_export_step_end(export, "undo", "list", e, 0, 0, "@@ROWCOUNT");
}

static void
find_changed(Export *export, const ExportEntity *e, bool with_deferred)
{
	StringInfoData joins;
	char	   *differs;

	initStringInfo(&joins);
	differs = osmeta_export_differs(export, e, with_deferred, &joins);
	if (e->has_deferred)
		osmeta_export_add(export, "IF %sEXISTS (SELECT 1 FROM %s WHERE kind = 'end')",
						  with_deferred ? "" : "NOT ",
						  osmeta_export_table(export, "progress"));
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT TOP 20 %s + CAST(t.%s AS nvarchar(400)) FROM %s s%s",
					  osmeta_export_text(psprintf("a row of table %s has been changed since it was delivered: ",
												  e->table)),
					  e->identifier->name, e->stage, joins.data);
	osmeta_export_add(export, "JOIN %s u ON u.seq = s.seq JOIN %s t ON t.%s = u.id%s WHERE %s;",
					  listed_table(export, e->entity->entity_id), e->table,
					  e->identifier->name,
					  e->identifier->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : "",
					  differs);
}

/* Rows of others that refer to those which are to go, by foreign keys. */
static void
find_referring(Export *export)
{
	uint64		rows;
	char	   *(*key)[4];

	osmeta_foreign_keys_read(export->plan);
	rows = osmeta_export_query(export, "SELECT k.table_name, k.column_name, k.refers_to_entity_id::text, k.entity_id::text"
							   " FROM osmeta.plan_foreign_key k WHERE k.plan_id = " INT64_FORMAT
							   "  AND k.columns = 1 AND k.table_schema IS NULL ORDER BY 1, 2, 3",
							   export->plan->plan_id);
	key = palloc(sizeof(*key) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		for (int j = 0; j < 4; j++)
			key[i][j] = osmeta_text_at(i, j + 1);
	}
	for (uint64 i = 0; i < rows; i++)
	{
		char	   *column = osmeta_export_name(key[i][1]);
		PlanEntity *child = key[i][3] == NULL ? NULL :
		osmeta_plan_entity(export->plan, strtoll(key[i][3], NULL, 10));

		/* a copy of the target may have a table that it has not */
		osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL",
						  osmeta_export_text(psprintf("%s.%s",
													  osmeta_export_name(export->schema),
													  osmeta_export_name(key[i][0]))));
		osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT DISTINCT TOP 20 %s + CAST(o.%s AS nvarchar(400)) FROM %s.%s o JOIN %s u ON u.id = o.%s%s;",
						  osmeta_export_text(psprintf("rows of others in table %s refer to one that is to go, by column %s: ",
													  key[i][0], key[i][1])),
						  column, osmeta_export_name(export->schema),
						  osmeta_export_name(key[i][0]),
						  listed_table(export, strtoll(key[i][2], NULL, 10)),
						  column,
						  child == NULL || child->identifier == NULL ? "" :
						  psprintf(" WHERE NOT EXISTS (SELECT 1 FROM %s w WHERE w.id = o.%s)",
								   listed_table(export, child->entity_id),
								   osmeta_export_name(child->identifier->target_column)));
	}
}

static void
check_undo(Export *export)
{
	osmeta_export_step_begin(export, "undo");
	osmeta_export_add(export, "DECLARE @problem TABLE (problem nvarchar(1000));");
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		if (strcmp(export->plan->undo_changed, "delete") == 0)
			continue;
		find_changed(export, e, true);
		if (e->has_deferred)
			find_changed(export, e, false);
	}
	find_referring(export);
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM @problem) BEGIN");
	osmeta_export_add(export, "SELECT problem FROM @problem ORDER BY problem;");
	osmeta_export_add(export, "THROW 50013, N'osmeta: rows cannot be taken out. Nothing has been deleted.', 1;");
	osmeta_export_add(export, "END;");
	osmeta_export_step_end(export, "undo", "check", NULL, 0, 0, "0");
}

/* The references of cycles, which keep rows from being deleted. */
static void
clear_rows(Export *export, const ExportEntity *e, int64 first, int64 last)
{
	StringInfoData set;

	initStringInfo(&set);
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];

		if (c->attribute->is_deferred && !c->attribute->is_soft)
			appendStringInfo(&set, "%s%s = NULL", set.len > 0 ? ", " : "",
							 c->name);
	}
	if (set.len == 0)
		return;
	osmeta_export_step_begin(export, "undo");
	osmeta_export_add(export, "UPDATE t SET %s FROM %s t JOIN %s u ON t.%s = u.id%s WHERE u.seq BETWEEN " INT64_FORMAT " AND " INT64_FORMAT ";",
					  set.data, e->table,
					  listed_table(export, e->entity->entity_id),
					  e->identifier->name,
					  e->identifier->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : "",
					  first, last);
	osmeta_export_step_end(export, "undo", "clear", e, first, last,
						   "@@ROWCOUNT");
}

static void
delete_rows(Export *export, const ExportEntity *e, int64 first, int64 last)
{
	osmeta_export_step_begin(export, "undo");
	osmeta_export_add(export, "DELETE t FROM %s t JOIN %s u ON t.%s = u.id%s WHERE u.seq BETWEEN " INT64_FORMAT " AND " INT64_FORMAT ";",
					  e->table, listed_table(export, e->entity->entity_id),
					  e->identifier->name,
					  e->identifier->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : "",
					  first, last);
	osmeta_export_step_end(export, "undo", "delete", e, first, last,
						   "@@ROWCOUNT");
}

static void
end_undo(Export *export)
{
	char	   *undo = osmeta_export_table(export, "undo");

	osmeta_export_step_begin(export, "undo");
	osmeta_export_step_end(export, "undo", "end", NULL, 0, 0, "0");
	osmeta_export_begin(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NULL SELECT %s AS result",
					  osmeta_export_text(undo),
					  osmeta_export_text(psprintf("plan %s: NOT undone, nothing has been deleted; see the message above",
												  export->plan->name)));
	osmeta_export_add(export, "ELSE SELECT CASE WHEN MAX(step) = %d THEN %s + CAST(SUM(CASE kind WHEN 'delete' THEN row_count ELSE 0 END) AS nvarchar(20)) ELSE %s + CAST(MAX(step) AS nvarchar(20)) END AS result FROM %s;",
					  export->step,
					  osmeta_export_text(psprintf("plan %s: undone, rows deleted: ",
												  export->plan->name)),
					  osmeta_export_text(psprintf("plan %s: NOT undone; see the message above, put the cause right, run the script again. Steps done, of %d: ",
												  export->plan->name,
												  export->step)),
					  undo);
	osmeta_export_end(export);
}

bool
osmeta_export_undo(Export *export)
{
	if (export->state++ > 0)
		return false;
	osmeta_export_comment(export, "Undo of what was delivered of plan \"%s\" of osmeta, for SQL Server.",
						  export->plan->name);
	osmeta_export_comment(export, "It deletes the rows that the script of the plan has inserted here, and no others; if");
	osmeta_export_comment(export, "somebody has changed them, or refers to them, it lists these rows and deletes nothing.");
	osmeta_export_comment(export, "Run it like the other, and again if it ends before its last line says so.");
	osmeta_export_settings(export);
	begin_undo(export);
	for (int i = 0; i < export->nentities; i++)
		list_rows(export, &export->entities[i]);
	check_undo(export);
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].has_deferred)
			osmeta_export_pieces(export, &export->entities[i], clear_rows);
	}
	for (int i = export->nentities - 1; i >= 0; i--)
		osmeta_export_pieces(export, &export->entities[i], delete_rows);
	end_undo(export);
	return true;
}

/* ---- Clean ---- */

static void
drop_table(Export *export, const char *table)
{
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL DROP TABLE %s;",
					  osmeta_export_text(table), table);
}

bool
osmeta_export_clean(Export *export)
{
	if (export->state++ > 0)
		return false;
	osmeta_export_comment(export, "Drops the tables that the scripts of plan \"%s\" of osmeta have made here.",
						  export->plan->name);
	osmeta_export_comment(export, "Without them a delivery can be neither verified nor undone here, and the plan does");
	osmeta_export_comment(export, "not get to know identifiers that the tables gave: CALL osmeta.read_delivery first.");
	osmeta_export_settings(export);
	osmeta_export_begin(export);
	for (int i = 0; i < export->nentities; i++)
	{
		drop_table(export, export->entities[i].stage);
		drop_table(export, listed_table(export,
										export->entities[i].entity->entity_id));
	}
	drop_table(export, osmeta_export_table(export, "map"));
	drop_table(export, osmeta_export_table(export, "undo"));
	drop_table(export, osmeta_export_table(export, "progress"));
	osmeta_export_end(export);
	return true;
}
