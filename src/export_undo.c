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

/* Of users and groups those count whom the script has created itself. */
static void
verify_entity(Export *export, const ExportEntity *e, int place)
{
	bool		is_created = e->kind != NULL;
	StringInfoData joins;
	char	   *is_same;
	char	   *differs;

	initStringInfo(&joins);
	is_same = osmeta_export_is_same(export, e, &joins);
	differs = osmeta_export_differs(export, e, true, &joins);
	osmeta_export_begin(export);
	if (!is_created)
		osmeta_export_add(export, "UPDATE #osmeta_verify SET rows_found = 0, rows_different = 0 WHERE place = %d;",
						  place);
	osmeta_export_add(export, "UPDATE v SET %srows_found = f.found, rows_different = f.different FROM #osmeta_verify v JOIN (",
					  is_created ? "rows_expected = f.expected, " : "");
	osmeta_export_add(export, "SELECT %d AS place, %sCOUNT(d.id) AS found, COALESCE(SUM(d.is_different), 0) AS different FROM (",
					  place, is_created ? "COUNT(*) AS expected, " : "");
	osmeta_export_add(export, "SELECT t.%s AS id, CASE WHEN t.%s IS NOT NULL AND %s THEN 1 ELSE 0 END AS is_different",
					  e->identifier->name, e->identifier->name, differs);
	osmeta_export_add(export, "FROM %s s%s LEFT JOIN %s t ON %s%s) d) f ON f.place = v.place;",
					  e->stage, joins.data, e->table, is_same,
					  is_created ? " WHERE s.found_id IS NULL" : "");
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
	osmeta_export_event_places(export);
	if (export->nentities == 0)
		osmeta_export_add(export, "SELECT N'the plan moves nothing' AS result;");
	osmeta_export_end(export);
	for (int i = 0; i < export->nentities; i++)
		verify_entity(export, &export->entities[i], i + 1);
	osmeta_export_event_verify(export);
	osmeta_export_begin(export);
	osmeta_export_add(export, "SELECT entity, rows_expected, rows_found, rows_different,");
	osmeta_export_add(export, "CASE WHEN rows_different IS NULL THEN 'unreadable' WHEN rows_found = rows_expected AND rows_different = 0 THEN 'ok' ELSE 'different' END AS status");
	osmeta_export_add(export, "FROM #osmeta_verify ORDER BY place;");
	osmeta_export_add(export, "DROP TABLE #osmeta_verify;");
	osmeta_export_end(export);
	return true;
}

/* ---- Undo ---- */

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

		osmeta_export_create(export, e->listed,
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
	osmeta_export_event_sweep(export, "undo");
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
					  e->listed, id, e->stage,
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
					  e->listed, e->table,
					  e->identifier->name,
					  e->identifier->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : "",
					  differs);
}

/*
 * The tables of which rows are to go, and where these are listed; false: none.
 * Users and groups are none of them: who is referred to stays.
 */
static bool
list_tables(Export *export)
{
	bool		has_tables = false;

	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		if (e->kind != NULL)
			continue;
		if (!has_tables)
			osmeta_export_add(export, "DECLARE @listed TABLE (table_id int NULL, table_name nvarchar(600), id_name nvarchar(300), ids nvarchar(600), compared nvarchar(40));");
		has_tables = true;
		osmeta_export_add(export, "INSERT INTO @listed (table_id, table_name, id_name, ids, compared) VALUES (OBJECT_ID(%s), %s, %s, %s, N'%s');",
						  osmeta_export_text(e->table),
						  osmeta_export_text(e->table),
						  osmeta_export_text(e->identifier->name),
						  osmeta_export_text(e->listed),
						  e->identifier->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : "");
	}
	return has_tables;
}

/*
 * For each foreign key that refers to tables of which rows are to go: @child,
 * its table, and @match, condition that o, a row of that, refers to t.  Which
 * ones there are is asked at the server: they may be of another schema, have
 * several columns, or have been made after the export, and with CASCADE a row
 * that is missed would go, too.
 */
void
osmeta_export_keys_begin(Export *export, const char *tables)
{
	osmeta_export_add(export, "DECLARE @key TABLE (place int IDENTITY(1,1) NOT NULL PRIMARY KEY, key_id int NOT NULL);");
	osmeta_export_add(export, "INSERT INTO @key (key_id) SELECT k.object_id FROM sys.foreign_keys k WHERE k.referenced_object_id IN (%s) ORDER BY k.object_id;",
					  tables);
	osmeta_export_add(export, "DECLARE @place int = 1, @key_id int, @column int, @child nvarchar(600), @match nvarchar(max), @names nvarchar(max), @said nvarchar(500), @find nvarchar(max);");
	osmeta_export_add(export, "WHILE @place <= (SELECT COUNT(*) FROM @key) BEGIN");
	osmeta_export_add(export, "SELECT @key_id = key_id, @column = 1, @match = N'', @names = N'', @child = NULL, @find = NULL FROM @key WHERE place = @place;");
	osmeta_export_add(export, "WHILE EXISTS (SELECT 1 FROM sys.foreign_key_columns c WHERE c.constraint_object_id = @key_id AND c.constraint_column_id = @column) BEGIN");
	osmeta_export_add(export, "SELECT @match = @match + CASE WHEN @column = 1 THEN N'' ELSE N' AND ' END + N'o.' + QUOTENAME(a.name) + N' = t.' + QUOTENAME(b.name), @names = @names + CASE WHEN @column = 1 THEN N'' ELSE N', ' END + a.name");
	osmeta_export_add(export, "FROM sys.foreign_key_columns c JOIN sys.columns a ON a.object_id = c.parent_object_id AND a.column_id = c.parent_column_id");
	osmeta_export_add(export, "JOIN sys.columns b ON b.object_id = c.referenced_object_id AND b.column_id = c.referenced_column_id WHERE c.constraint_object_id = @key_id AND c.constraint_column_id = @column;");
	osmeta_export_add(export, "SET @column = @column + 1; END;");
	osmeta_export_add(export, "SELECT @child = QUOTENAME(n.name) + N'.' + QUOTENAME(o.name) FROM sys.foreign_keys k JOIN sys.objects o ON o.object_id = k.parent_object_id JOIN sys.schemas n ON n.schema_id = o.schema_id WHERE k.object_id = @key_id;");
}

/* Run @find, which is to have been made of these. */
void
osmeta_export_keys_end(Export *export)
{
	osmeta_export_add(export, "IF @find IS NULL OR @column = 1 THROW 50014, N'osmeta: a foreign key refers to rows that are to go, and its table cannot be seen. Nothing more has been deleted.', 1;");
	osmeta_export_add(export, "EXEC sys.sp_executesql @find, N'@said nvarchar(500)', @said = @said;");
	osmeta_export_add(export, "SET @place = @place + 1; END;");
}

/* Rows of others that refer to those which are to go, by foreign keys. */
static void
find_referring(Export *export)
{
	if (!list_tables(export))
		return;
	osmeta_export_found(export);
	osmeta_export_keys_begin(export, "SELECT l.table_id FROM @listed l");
	osmeta_export_add(export, "SELECT @find = N'INSERT INTO #osmeta_found (problem) SELECT DISTINCT TOP 20 @said + CAST(t.' + l.id_name + N' AS nvarchar(400)) FROM '");
	osmeta_export_add(export, "+ @child + N' o JOIN ' + l.table_name + N' t ON ' + @match + N' JOIN ' + l.ids + N' u ON t.' + l.id_name + N' = u.id' + l.compared");
	osmeta_export_add(export, "+ CASE WHEN w.ids IS NULL THEN N'' ELSE N' WHERE NOT EXISTS (SELECT 1 FROM ' + w.ids + N' w WHERE o.' + w.id_name + N' = w.id' + w.compared + N')' END");
	osmeta_export_add(export, "FROM sys.foreign_keys k JOIN @listed l ON l.table_id = k.referenced_object_id LEFT JOIN @listed w ON w.table_id = k.parent_object_id WHERE k.object_id = @key_id;");
	osmeta_export_add(export, "SET @said = N'rows of others in table ' + @child + N' refer to one that is to go, by column' + CASE WHEN @column > 2 THEN N's ' ELSE N' ' END + @names + N': ';");
	osmeta_export_keys_end(export);
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT DISTINCT problem FROM #osmeta_found;");
	osmeta_export_add(export, "DROP TABLE #osmeta_found;");
}

static const ExportEntity *
export_entity(const Export *export, const PlanEntity *entity)
{
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].kind == NULL &&
			export->entities[i].entity == entity)
			return &export->entities[i];
	}
	return NULL;
}

/*
 * The same of instances of processes, which belong together whether there are
 * keys or not: what has been made there since under those that are to go.
 */
static void
find_meant(Export *export)
{
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		if (e->kind != NULL || e->entity->platform_table == NULL)
			continue;
		for (int j = 0; j < e->entity->nattributes; j++)
		{
			const PlanAttribute *a = &e->entity->attributes[j];
			const ExportEntity *parent;

			if (a->refers_to == NULL || a->refers_to->platform_table == NULL ||
				!a->refers_to->is_data || a == e->entity->identifier)
				continue;
			parent = export_entity(export, a->refers_to);
			if (parent == NULL)
				continue;
			osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT DISTINCT TOP 20 %s + CAST(u.id AS nvarchar(400)) FROM %s o JOIN %s u ON o.%s = u.id",
							  osmeta_export_text(psprintf("rows of others in table %s refer to one that is to go, by column %s: ",
														  e->table, a->target_column)),
							  e->table, parent->listed,
							  osmeta_export_name(a->target_column));
			osmeta_export_add(export, "WHERE NOT EXISTS (SELECT 1 FROM %s w WHERE o.%s = w.id);",
							  e->listed, e->identifier->name);
		}
	}
}

/*
 * Nothing has been deleted yet, so the delivery stands as it did: what was
 * begun is taken back.
 */
static void
refuse_undo(Export *export)
{
	for (int i = 0; i < export->nentities; i++)
		osmeta_export_add(export, "DELETE FROM %s;",
						  export->entities[i].listed);
	osmeta_export_add(export, "DELETE FROM %s;",
					  osmeta_export_table(export, "undo"));
	osmeta_export_add(export, "UPDATE %s SET token = '%s' WHERE step = 0;",
					  osmeta_export_table(export, "progress"), export->token);
	osmeta_export_add(export, "COMMIT TRANSACTION;");
}

static void
check_undo(Export *export)
{
	osmeta_export_step_begin(export, "undo");
	osmeta_export_add(export, "DECLARE @problem TABLE (problem nvarchar(1000));");
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		if (e->kind != NULL ||
			strcmp(export->plan->undo_changed, "delete") == 0)
			continue;
		find_changed(export, e, true);
		if (e->has_deferred)
			find_changed(export, e, false);
	}
	find_referring(export);
	find_meant(export);
	osmeta_export_check_back(export);
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM @problem) BEGIN");
	osmeta_export_add(export, "SELECT DISTINCT problem FROM @problem ORDER BY problem;");
	refuse_undo(export);
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
	osmeta_export_event_guard(export, e);
	osmeta_export_add(export, "UPDATE t SET %s FROM %s t JOIN %s u ON t.%s = u.id%s WHERE u.seq BETWEEN " INT64_FORMAT " AND " INT64_FORMAT ";",
					  set.data, e->table,
					  e->listed,
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
					  e->table, e->listed,
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
	osmeta_export_add(export, "ELSE SELECT CASE WHEN COUNT(*) = 0 THEN %s%s WHEN MAX(step) = %d THEN %s + CAST(SUM(CASE kind WHEN 'delete' THEN row_count ELSE 0 END) AS nvarchar(20))%s ELSE %s + CAST(MAX(step) AS nvarchar(20))%s END AS result FROM %s;",
					  osmeta_export_text(psprintf("plan %s: NOT undone, nothing has been deleted and the delivery stands; see the message above",
												  export->plan->name)),
					  osmeta_export_event_said(export), export->step,
					  osmeta_export_text(psprintf("plan %s: undone, rows deleted: ",
												  export->plan->name)),
					  export->plan->delete_existing ?
					  " + N', put back: ' + CAST(SUM(CASE kind WHEN 'put back' THEN row_count ELSE 0 END) AS nvarchar(20))" : "",
					  osmeta_export_text(psprintf("plan %s: NOT undone; see the message above, put the cause right, run the script again. Steps done, of %d: ",
												  export->plan->name,
												  export->step)),
					  osmeta_export_event_said(export), undo);
	osmeta_export_end(export);
}

/* What the delivery had deleted, parents first. */
static void
put_back(Export *export)
{
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].kind == NULL)
			osmeta_export_put_back(export, &export->entities[i]);
	}
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].kind == NULL)
			osmeta_export_refer_back(export, &export->entities[i]);
	}
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
	if (export->plan->delete_existing)
		osmeta_export_comment(export, "Then it puts back the rows that stood there before.");
	osmeta_export_comment(export, "Run it like the other, and again if it ends before its last line says so.");
	osmeta_export_settings(export);
	begin_undo(export);
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].kind != NULL)
			osmeta_export_list_created(export, &export->entities[i]);
		else
			list_rows(export, &export->entities[i]);
	}
	check_undo(export);
	osmeta_export_event_aside(export, "undo");
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].has_deferred)
			osmeta_export_pieces(export, &export->entities[i], clear_rows);
	}
	for (int i = export->nentities - 1; i >= 0; i--)
	{
		if (export->entities[i].kind == NULL)
			osmeta_export_pieces(export, &export->entities[i], delete_rows);
	}
	if (export->plan->delete_existing)
		put_back(export);
	for (int i = export->nentities - 1; i >= 0; i--)
	{
		if (export->entities[i].kind == NULL)
			continue;
		osmeta_export_keep_referred(export, &export->entities[i]);
		osmeta_export_pieces(export, &export->entities[i], delete_rows);
	}
	osmeta_export_event_back(export, "undo");
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
	if (export->plan->delete_existing)
		osmeta_export_comment(export, "WITH THEM GO THE COPIES of the rows that the script has deleted here.");
	osmeta_export_settings(export);
	osmeta_export_begin(export);
	osmeta_export_event_check_back(export);
	for (int i = 0; i < export->nentities; i++)
	{
		drop_table(export, export->entities[i].stage);
		drop_table(export, export->entities[i].listed);
	}
	osmeta_export_drop_existing(export, drop_table);
	osmeta_export_event_drop(export, drop_table);
	drop_table(export, osmeta_export_table(export, "map"));
	drop_table(export, osmeta_export_table(export, "undo"));
	drop_table(export, osmeta_export_table(export, "progress"));
	osmeta_export_end(export);
	return true;
}
