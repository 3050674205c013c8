/*-------------------------------------------------------------------------
 *
 * export_existing.c
 *	  Option existing = delete in a script: the target's rows of the moved
 *	  entities go before the plan's come, and an undo puts them back.
 *
 * Each table is copied into a table bN of the script and emptied in one
 * transaction, children first, so that nobody's change falls between the two.
 * A statement may delete rows that refer to each other, so only foreign keys
 * from a table that goes later to one that goes earlier stand in the way: their
 * columns become NULL before, in a transaction that takes the copy.  Which
 * foreign keys and which columns there are is asked at the server; a column
 * that no attribute names comes back, too.
 *
 * The table "tables" holds the tables of the plan in their order (place).
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "utils/builtins.h"

/* Columns that a row is copied with: none that the server computes. */
#define COPIED "c.is_computed = 0 AND c.system_type_id <> 189"

static char *
tables_name(const Export *export)
{
	return osmeta_export_table(export, "tables");
}

/* t of the table and u of the copy are one row. */
static char *
is_same(const ExportEntity *e)
{
	return psprintf("t.%s = u.%s", e->identifier->name, e->identifier->name);
}

void
osmeta_export_tables(Export *export)
{
	char	   *tables = tables_name(export);

	if (!export->plan->delete_existing)
		return;
	osmeta_export_create(export, tables,
						 "place int NOT NULL PRIMARY KEY, table_name nvarchar(600) NOT NULL, id_name nvarchar(300) NOT NULL");
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		if (e->kind == NULL)
			osmeta_export_add(export, "INSERT INTO %s (place, table_name, id_name) SELECT %d, %s, %s WHERE NOT EXISTS (SELECT 1 FROM %s WHERE place = %d);",
							  tables, i, osmeta_export_text(e->table),
							  osmeta_export_text(e->identifier->name), tables,
							  i);
	}
}

/*
 * What statements over all columns of a table are put together from; in them
 * t is a row of the table, u its copy.
 *
 * columns	names
 * taken	values of the copy, NULL where a reference is cleared
 * fresh	"x = t.x" for the copy, but for what has been cleared
 * clear	"x = NULL" for what is to be cleared
 * is_set	condition that something is to be cleared
 * back		"x = " what it was before, where lost
 * there, here	what is compared, of the table and of the copy
 */
static void
declare_columns(Export *export)
{
	osmeta_export_add(export, "DECLARE @no int, @name nvarchar(300), @type nvarchar(130), @is_id int, @is_cleared int, @compared nvarchar(100), @sql nvarchar(max), @columns nvarchar(max), @taken nvarchar(max), @fresh nvarchar(max), @clear nvarchar(max), @is_set nvarchar(max), @back nvarchar(max), @lost nvarchar(max), @there nvarchar(max), @here nvarchar(max);");
}

static void
read_columns(Export *export, const ExportEntity *e)
{
	char	   *table = osmeta_export_text(e->table);
	char	   *tables = tables_name(export);

	osmeta_export_add(export, "SELECT @no = 0, @columns = N'', @taken = N'', @fresh = N'', @clear = N'', @is_set = N'', @back = N'', @lost = N'', @there = N'', @here = N'';");
	osmeta_export_add(export, "WHILE @no IS NOT NULL BEGIN");
	osmeta_export_add(export, "SET @no = (SELECT MIN(c.column_id) FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.column_id > @no AND " COPIED ");",
					  table);
	osmeta_export_add(export, "IF @no IS NOT NULL BEGIN");
	osmeta_export_add(export, "SELECT @name = QUOTENAME(c.name), @type = CASE c.system_type_id WHEN 240 THEN N'varbinary' ELSE TYPE_NAME(c.system_type_id) END, @is_id = CASE WHEN c.name = %s COLLATE DATABASE_DEFAULT THEN 1 ELSE 0 END,",
					  osmeta_export_text(e->identifier->attribute->target_column));
	osmeta_export_add(export, "@is_cleared = CASE WHEN c.is_nullable = 1 AND EXISTS (SELECT 1 FROM sys.foreign_key_columns k JOIN %s s ON OBJECT_ID(s.table_name) = k.parent_object_id JOIN %s p ON OBJECT_ID(p.table_name) = k.referenced_object_id",
					  tables, tables);
	osmeta_export_add(export, "WHERE k.parent_object_id = c.object_id AND k.parent_column_id = c.column_id AND s.place < p.place) THEN 1 ELSE 0 END");
	osmeta_export_add(export, "FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.column_id = @no;",
					  table);
	/* by their bytes; also types that have no comparison, those of 240, too */
	osmeta_export_add(export, "SET @compared = CASE WHEN @type IN (N'nvarchar', N'varchar', N'nchar', N'char', N'ntext', N'text', N'xml', N'sysname') THEN N'CAST(CAST(?.! AS nvarchar(max)) AS varbinary(max))'");
	osmeta_export_add(export, "WHEN @type IN (N'varbinary', N'binary', N'image') THEN N'CAST(?.! AS varbinary(max))' ELSE N'?.!' END;");
	osmeta_export_add(export, "SELECT @columns = @columns + CASE @columns WHEN N'' THEN N'' ELSE N', ' END + @name, @taken = @taken + CASE @taken WHEN N'' THEN N'' ELSE N', ' END + CASE @is_cleared WHEN 1 THEN N'NULL' ELSE N'u.' + @name END;");
	osmeta_export_add(export, "IF @is_id = 0 SELECT @fresh = @fresh + CASE @fresh WHEN N'' THEN N'' ELSE N', ' END + @name + CASE @is_cleared WHEN 1 THEN N' = COALESCE(t.' + @name + N', u.' + @name + N')' ELSE N' = t.' + @name END;");
	osmeta_export_add(export, "IF @is_cleared = 1 SELECT @clear = @clear + CASE @clear WHEN N'' THEN N'' ELSE N', ' END + @name + N' = NULL', @is_set = @is_set + CASE @is_set WHEN N'' THEN N't.' ELSE N' OR t.' END + @name + N' IS NOT NULL',");
	osmeta_export_add(export, "@back = @back + CASE @back WHEN N'' THEN N'' ELSE N', ' END + @name + N' = COALESCE(t.' + @name + N', u.' + @name + N')', @lost = @lost + CASE @lost WHEN N'' THEN N'(t.' ELSE N' OR (t.' END + @name + N' IS NULL AND u.' + @name + N' IS NOT NULL)'");
	osmeta_export_add(export, "ELSE IF @is_id = 0 SELECT @there = @there + CASE @there WHEN N'' THEN N'' ELSE N', ' END + REPLACE(REPLACE(@compared, N'?', N't'), N'!', @name),");
	osmeta_export_add(export, "@here = @here + CASE @here WHEN N'' THEN N'' ELSE N', ' END + REPLACE(REPLACE(@compared, N'?', N'u'), N'!', @name);");
	osmeta_export_add(export, "END; END;");
}

/* ---- Delivery ---- */

/* Rows of tables that the plan does not empty must not refer to what goes. */
void
osmeta_export_check_existing(Export *export)
{
	char	   *tables = tables_name(export);

	if (!export->plan->delete_existing)
		return;
	osmeta_export_step_begin(export, "progress");
	osmeta_export_add(export, "DECLARE @problem TABLE (problem nvarchar(1000));");
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'foreign key ' + f.name + N' of table ' + s.table_name + N' is part of a cycle, and none of its columns can be NULL'");
	osmeta_export_add(export, "FROM sys.foreign_keys f JOIN %s s ON OBJECT_ID(s.table_name) = f.parent_object_id JOIN %s p ON OBJECT_ID(p.table_name) = f.referenced_object_id WHERE s.place < p.place",
					  tables, tables);
	osmeta_export_add(export, "AND NOT EXISTS (SELECT 1 FROM sys.foreign_key_columns k JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id WHERE k.constraint_object_id = f.object_id AND c.is_nullable = 1);");
	osmeta_export_found(export);
	osmeta_export_keys_begin(export, psprintf("SELECT OBJECT_ID(l.table_name) FROM %s l) AND k.parent_object_id NOT IN (SELECT OBJECT_ID(l.table_name) FROM %s l WHERE OBJECT_ID(l.table_name) IS NOT NULL",
											  tables, tables));
	osmeta_export_add(export, "SELECT @find = N'INSERT INTO #osmeta_found (problem) SELECT DISTINCT TOP 20 @said + CAST(t.' + l.id_name + N' AS nvarchar(400)) FROM ' + @child + N' o JOIN ' + l.table_name + N' t ON ' + @match");
	osmeta_export_add(export, "FROM sys.foreign_keys k JOIN %s l ON OBJECT_ID(l.table_name) = k.referenced_object_id WHERE k.object_id = @key_id;",
					  tables);
	osmeta_export_add(export, "SET @said = N'rows of table ' + @child + N', which the plan does not write, refer to one that is to be deleted, by column' + CASE WHEN @column > 2 THEN N's ' ELSE N' ' END + @names + N': ';");
	osmeta_export_keys_end(export);
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT DISTINCT problem FROM #osmeta_found;");
	osmeta_export_add(export, "DROP TABLE #osmeta_found;");
	osmeta_export_raise_problems(export);
	osmeta_export_step_end(export, "progress", "check", NULL, 0, 0, "0");
}

/*
 * The copy, of a table that nobody changes until the end of the transaction.
 * A union, since otherwise it would number its rows itself.
 */
static void
copy_table(Export *export, const ExportEntity *e)
{
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NULL BEGIN",
					  osmeta_export_text(e->copy));
	osmeta_export_add(export, "SET @sql = N'SELECT ' + @columns + %s + @columns + %s;",
					  osmeta_export_text(psprintf(" INTO %s FROM %s WHERE 1 = 0 UNION ALL SELECT ",
												  e->copy, e->table)),
					  osmeta_export_text(psprintf(" FROM %s WHERE 1 = 0",
												  e->table)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "SET @sql = %s;",
					  osmeta_export_text(psprintf("CREATE UNIQUE INDEX osmeta_id ON %s (%s)",
												  e->copy,
												  e->identifier->name)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "SET @sql = %s + @columns + N') SELECT ' + @columns + %s;",
					  osmeta_export_text(psprintf("INSERT INTO %s (", e->copy)),
					  osmeta_export_text(psprintf(" FROM %s WITH (TABLOCKX, HOLDLOCK)",
												  e->table)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "END");
}

void
osmeta_export_clear_existing(Export *export, const ExportEntity *e)
{
	osmeta_export_step_begin(export, "progress");
	osmeta_export_event_guard(export, e);
	osmeta_export_add(export, "DECLARE @rows bigint = 0;");
	declare_columns(export);
	read_columns(export, e);
	osmeta_export_add(export, "IF @clear <> N'' BEGIN");
	copy_table(export, e);
	osmeta_export_add(export, "SET @sql = N'UPDATE t SET ' + @clear + %s + @is_set;",
					  osmeta_export_text(psprintf(" FROM %s t WHERE ",
												  e->table)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT; END;");
	osmeta_export_step_end(export, "progress", "clear", e, 0, 0, "@rows");
}

/* What a delete would take along, or be stopped by. */
static void
check_referring(Export *export, const ExportEntity *e)
{
	osmeta_export_found(export);
	osmeta_export_keys_begin(export, psprintf("OBJECT_ID(%s)",
											  osmeta_export_text(e->table)));
	osmeta_export_add(export, "SELECT @find = %s + @child + %s + @match + %s",
					  osmeta_export_text(psprintf("INSERT INTO #osmeta_found (problem) SELECT DISTINCT TOP 20 @said + CAST(t.%s AS nvarchar(400)) FROM ",
												  e->identifier->name)),
					  osmeta_export_text(psprintf(" o JOIN %s t ON ",
												  e->table)),
					  osmeta_export_text(psprintf(" JOIN %s u ON %s",
												  e->copy, is_same(e))));
	osmeta_export_add(export, "+ CASE k.parent_object_id WHEN OBJECT_ID(%s) THEN %s ELSE N'' END FROM sys.foreign_keys k WHERE k.object_id = @key_id;",
					  osmeta_export_text(e->table),
					  osmeta_export_text(psprintf(" WHERE NOT EXISTS (SELECT 1 FROM %s w WHERE w.%s = o.%s)",
												  e->copy, e->identifier->name,
												  e->identifier->name)));
	osmeta_export_add(export, "SET @said = N'rows of table ' + @child + N' have come since, and refer to one that is to be deleted, by column' + CASE WHEN @column > 2 THEN N's ' ELSE N' ' END + @names + N': ';");
	osmeta_export_keys_end(export);
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM #osmeta_found) BEGIN");
	osmeta_export_add(export, "SELECT DISTINCT problem FROM #osmeta_found ORDER BY problem;");
	osmeta_export_add(export, "THROW 50005, N'osmeta: rows refer to others that are to be deleted. Take them out, and run the script again.', 1;");
	osmeta_export_add(export, "END;");
	osmeta_export_add(export, "DROP TABLE #osmeta_found;");
}

void
osmeta_export_delete_existing(Export *export, const ExportEntity *e)
{
	osmeta_export_step_begin(export, "progress");
	osmeta_export_add(export, "DECLARE @rows bigint;");
	declare_columns(export);
	read_columns(export, e);
	copy_table(export, e);
	/* taken when references were cleared: rows may have changed since */
	osmeta_export_add(export, "ELSE IF @fresh <> N'' BEGIN");
	osmeta_export_add(export, "SET @sql = N'UPDATE u SET ' + @fresh + %s;",
					  osmeta_export_text(psprintf(" FROM %s u JOIN %s t WITH (TABLOCKX, HOLDLOCK) ON %s",
												  e->copy, e->table,
												  is_same(e))));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "END;");
	check_referring(export, e);
	osmeta_export_add(export, "DELETE t FROM %s t JOIN %s u ON %s;", e->table,
					  e->copy, is_same(e));
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT;");
	osmeta_export_add(export, "DECLARE @message nvarchar(2000) = %s;",
					  osmeta_export_error_text("rows that are to be deleted have been left there, by a trigger",
											   e->table));
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM %s t JOIN %s u ON %s) THROW 50006, @message, 1;",
					  e->table, e->copy, is_same(e));
	osmeta_export_step_end(export, "progress", "delete", e, 0, 0, "@rows");
}

/* ---- Undo ---- */

/*
 * Identifiers that rows are to come back under, and that have been taken by
 * rows which do not go.
 */
void
osmeta_export_check_back(Export *export)
{
	bool		is_declared = false;

	if (!export->plan->delete_existing)
		return;
	osmeta_export_found(export);
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];
		char	   *said;

		if (e->kind != NULL)
			continue;
		if (!is_declared)
		{
			declare_columns(export);
			osmeta_export_add(export, "DECLARE @taken_said nvarchar(700);");
		}
		is_declared = true;
		said = psprintf("an identifier of a row that is to be put back is taken in table %s: ",
						e->table);
		osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL BEGIN",
						  osmeta_export_text(e->copy));
		read_columns(export, e);
		osmeta_export_add(export, "SET @taken_said = LEFT(%s, 500);",
						  osmeta_export_text(said));
		osmeta_export_add(export, "SET @sql = %s + CASE @there WHEN N'' THEN N'1 = 0' ELSE N'EXISTS (SELECT ' + @there + N' EXCEPT SELECT ' + @here + N')' END;",
						  osmeta_export_text(psprintf("INSERT INTO #osmeta_found (problem) SELECT TOP 20 @said + CAST(t.%s AS nvarchar(400)) FROM %s t JOIN %s u ON %s WHERE NOT EXISTS (SELECT 1 FROM %s x WHERE x.id = t.%s%s) AND ",
													  e->identifier->name,
													  e->table, e->copy,
													  is_same(e), e->listed,
													  e->identifier->name,
													  e->identifier->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : "")));
		osmeta_export_add(export, "EXEC sys.sp_executesql @sql, N'@said nvarchar(700)', @said = @taken_said;");
		osmeta_export_add(export, "END;");
	}
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT problem FROM #osmeta_found;");
	osmeta_export_add(export, "DROP TABLE #osmeta_found;");
}

/* Those of which there is a row did not go, or have come back already. */
void
osmeta_export_put_back(Export *export, const ExportEntity *e)
{
	char	   *has_identity = psprintf("EXISTS (SELECT 1 FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.is_identity = 1)",
										osmeta_export_text(e->table));
	char	   *missing = psprintf("FROM %s u WHERE NOT EXISTS (SELECT 1 FROM %s t WHERE %s)",
								   e->copy, e->table, is_same(e));

	osmeta_export_step_begin(export, "undo");
	osmeta_export_event_guard(export, e);
	osmeta_export_add(export, "DECLARE @rows bigint = 0;");
	declare_columns(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL BEGIN",
					  osmeta_export_text(e->copy));
	read_columns(export, e);
	osmeta_export_add(export, "IF %s SET IDENTITY_INSERT %s ON;", has_identity,
					  e->table);
	osmeta_export_add(export, "SET @sql = %s + @columns + N') SELECT ' + @taken + %s;",
					  osmeta_export_text(psprintf("INSERT INTO %s (",
												  e->table)),
					  osmeta_export_text(psprintf(" %s", missing)));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT;");
	osmeta_export_add(export, "IF %s SET IDENTITY_INSERT %s OFF;",
					  has_identity, e->table);
	osmeta_export_add(export, "DECLARE @message nvarchar(2000) = %s;",
					  osmeta_export_error_text("rows have not come back, because of a trigger there",
											   e->table));
	osmeta_export_add(export, "IF EXISTS (SELECT 1 %s) THROW 50015, @message, 1;",
					  missing);
	osmeta_export_add(export, "END;");
	osmeta_export_step_end(export, "undo", "put back", e, 0, 0, "@rows");
}

/* References that were cleared. */
void
osmeta_export_refer_back(Export *export, const ExportEntity *e)
{
	osmeta_export_step_begin(export, "undo");
	osmeta_export_event_guard(export, e);
	osmeta_export_add(export, "DECLARE @rows bigint = 0;");
	declare_columns(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL BEGIN",
					  osmeta_export_text(e->copy));
	read_columns(export, e);
	osmeta_export_add(export, "IF @back <> N'' BEGIN");
	osmeta_export_add(export, "SET @sql = N'UPDATE t SET ' + @back + %s + @lost;",
					  osmeta_export_text(psprintf(" FROM %s t JOIN %s u ON %s WHERE ",
												  e->table, e->copy,
												  is_same(e))));
	osmeta_export_add(export, "EXEC sys.sp_executesql @sql;");
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT;");
	osmeta_export_add(export, "END; END;");
	osmeta_export_step_end(export, "undo", "refer back", e, 0, 0, "@rows");
}

void
osmeta_export_drop_existing(Export *export,
							void (*drop) (Export *export, const char *table))
{
	if (!export->plan->delete_existing)
		return;
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].kind == NULL)
			drop(export, export->entities[i].copy);
	}
	drop(export, tables_name(export));
}
