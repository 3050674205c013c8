/*-------------------------------------------------------------------------
 *
 * export_check.c
 *	  What a script looks at before it writes its first row.
 *
 * Before anything is made: is this a database with the tables that the plan
 * was made for, and may its user write to them?  When the script's tables are
 * full: are identifiers free, and do rows stand there that others refer to?
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "spi.h"

/* T-SQL takes 1000 rows of VALUES. */
#define VALUES_ROWS 500

/* VALUES that come row by row, in as many statements as it takes. */
typedef struct RowList
{
	Export	   *export;
	const char *insert;
	int			rows;
} RowList;

/* What goes before a row. */
static const char *
row_start(RowList *list)
{
	if (list->rows++ % VALUES_ROWS > 0)
		return ", ";
	osmeta_export_add(list->export, "%s%s", list->rows > 1 ? "; " : "",
					  list->insert);
	return "";
}

static void
list_columns(Export *export)
{
	RowList		list = {export, "INSERT INTO @column (table_name, column_name, types, size, scale) VALUES", 0};

	osmeta_export_add(export, "DECLARE @column TABLE (table_name nvarchar(260), column_name nvarchar(260), types nvarchar(200), size int, scale int);");
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		for (int j = 0; j < e->ncolumns; j++)
		{
			const ExportColumn *c = &e->columns[j];
			const char *start = row_start(&list);

			osmeta_export_add(export, "%s(%s, %s, N'%s', %s, %s)", start,
							  osmeta_export_text(e->entity->target_table),
							  osmeta_export_text(c->attribute->target_column),
							  c->allowed, c->size, c->scale);
		}
	}
	osmeta_export_add(export, ";");
}

/* Each table, with what the script must be able to do there. */
static void
list_tables(Export *export)
{
	RowList		list = {export, "INSERT INTO @table (table_name, full_name, id_name, is_given, has_second_step, is_created) VALUES", 0};

	osmeta_export_add(export, "DECLARE @table TABLE (table_name nvarchar(260), full_name nvarchar(600), id_name nvarchar(260), is_given int, has_second_step int, is_created int);");
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];
		const char *start = row_start(&list);

		osmeta_export_add(export, "%s(%s, %s, %s, %d, %d, %d)", start,
						  osmeta_export_text(e->entity->target_table),
						  osmeta_export_text(e->table),
						  osmeta_export_text(e->identifier->attribute->target_column),
						  e->root == e->entity ? 1 : 0,
						  e->has_deferred ? 1 : 0, e->kind ? 1 : 0);
	}
	osmeta_export_add(export, ";");
}

/* Users and groups are not deleted. */
static void
add_delete_problems(Export *export)
{
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'no right to DELETE from table ' + e.full_name FROM @table e WHERE e.is_created = 0 AND OBJECT_ID(e.full_name) IS NOT NULL AND HAS_PERMS_BY_NAME(e.full_name, N'OBJECT', N'DELETE') = 0;");
	osmeta_export_query(export, "SELECT osmeta.plan_severity(p.options, 'undo_impossible', 'error') = 'error' FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
						export->plan->plan_id);
	if (!osmeta_bool_at(0, 1))
		return;
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'no right to ALTER table ' + e.full_name + N', which SET IDENTITY_INSERT needs: an undo could not put back the rows that are to be deleted'");
	osmeta_export_add(export, "FROM @table e WHERE e.is_created = 0 AND e.is_given = 1 AND OBJECT_ID(e.full_name) IS NOT NULL AND HAS_PERMS_BY_NAME(e.full_name, N'OBJECT', N'ALTER') = 0;");
}

static void
add_problems(Export *export)
{
	char	   *schema = osmeta_export_text(export->schema);
	char	   *progress = osmeta_export_table(export, "progress");

	osmeta_export_add(export, "DECLARE @problem TABLE (problem nvarchar(1000));");
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'there is no table ' + e.full_name + N', or none that may be read'");
	osmeta_export_add(export, "FROM @table e WHERE NOT EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.COLUMNS c WHERE c.TABLE_SCHEMA = %s AND c.TABLE_NAME = e.table_name COLLATE DATABASE_DEFAULT);",
					  schema);
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'table ' + e.table_name + N' has no column ' + e.column_name");
	osmeta_export_add(export, "FROM @column e WHERE EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.COLUMNS c WHERE c.TABLE_SCHEMA = %s AND c.TABLE_NAME = e.table_name COLLATE DATABASE_DEFAULT)",
					  schema);
	osmeta_export_add(export, "AND NOT EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.COLUMNS c WHERE c.TABLE_SCHEMA = %s AND c.TABLE_NAME = e.table_name COLLATE DATABASE_DEFAULT AND c.COLUMN_NAME = e.column_name COLLATE DATABASE_DEFAULT);",
					  schema);
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'column ' + e.column_name + N' of table ' + e.table_name + N' is of type ' + c.DATA_TYPE + COALESCE(N'(' + CAST(c.CHARACTER_MAXIMUM_LENGTH AS nvarchar(20)) + N')', N'') + N', which is not as planned'");
	osmeta_export_add(export, "FROM @column e JOIN INFORMATION_SCHEMA.COLUMNS c ON c.TABLE_SCHEMA = %s AND c.TABLE_NAME = e.table_name COLLATE DATABASE_DEFAULT AND c.COLUMN_NAME = e.column_name COLLATE DATABASE_DEFAULT",
					  schema);
	osmeta_export_add(export, "WHERE CHARINDEX(N',' + LOWER(c.DATA_TYPE) + N',', e.types) = 0 OR c.CHARACTER_MAXIMUM_LENGTH BETWEEN 1 AND e.size - 1");
	osmeta_export_add(export, "OR c.DATA_TYPE IN (N'decimal', N'numeric') AND (c.NUMERIC_SCALE < e.scale OR c.NUMERIC_PRECISION - c.NUMERIC_SCALE < e.size - e.scale);");
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'no right to INSERT into table ' + e.full_name FROM @table e WHERE OBJECT_ID(e.full_name) IS NOT NULL AND HAS_PERMS_BY_NAME(e.full_name, N'OBJECT', N'INSERT') = 0;");
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'no right to UPDATE table ' + e.full_name + N', which the second step needs' FROM @table e WHERE e.has_second_step = 1 AND OBJECT_ID(e.full_name) IS NOT NULL AND HAS_PERMS_BY_NAME(e.full_name, N'OBJECT', N'UPDATE') = 0;");
	if (export->plan->delete_existing)
		add_delete_problems(export);
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'no right to ALTER table ' + e.full_name + N', which SET IDENTITY_INSERT needs: use key strategy assigned'");
	osmeta_export_add(export, "FROM @table e WHERE e.is_given = 0 AND OBJECT_ID(e.full_name) IS NOT NULL AND HAS_PERMS_BY_NAME(e.full_name, N'OBJECT', N'ALTER') = 0");
	osmeta_export_add(export, "AND EXISTS (SELECT 1 FROM sys.columns c WHERE c.object_id = OBJECT_ID(e.full_name) AND c.is_identity = 1);");
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT N'column ' + e.id_name + N' of table ' + e.full_name + N' gives no identifiers, as key strategy assigned needs'");
	osmeta_export_add(export, "FROM @table e WHERE e.is_given = 1 AND OBJECT_ID(e.full_name) IS NOT NULL");
	osmeta_export_add(export, "AND NOT EXISTS (SELECT 1 FROM sys.columns c WHERE c.object_id = OBJECT_ID(e.full_name) AND c.name = e.id_name COLLATE DATABASE_DEFAULT AND c.is_identity = 1);");
	osmeta_export_event_check(export);
	osmeta_export_add(export, "IF OBJECT_ID(%s) IS NOT NULL INSERT INTO @problem (problem) SELECT CASE WHEN EXISTS (SELECT 1 FROM %s WHERE step = 0 AND token = 'undo %.20s') THEN N'what this script has delivered is undone, or is being undone: run the part undo to its end, and the part clean'"
					  " ELSE N'tables of another script of the plan stand here: run the part clean of that one first' END WHERE NOT EXISTS (SELECT 1 FROM %s WHERE step = 0 AND token = '%s');",
					  osmeta_export_text(progress), progress, export->token,
					  progress, export->token);
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM @problem) BEGIN");
	osmeta_export_add(export, "SELECT problem FROM @problem ORDER BY problem;");
	osmeta_export_add(export, "THROW 50001, N'osmeta: this is not the database that the script was made for, or its user may not do what it does. Nothing has been written.', 1;");
	osmeta_export_add(export, "END;");
}

void
osmeta_export_check_before(Export *export)
{
	osmeta_export_add(export, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;");
	list_tables(export);
	list_columns(export);
	add_problems(export);
}

void
osmeta_export_found(Export *export)
{
	osmeta_export_add(export, "IF OBJECT_ID(N'tempdb..#osmeta_found') IS NOT NULL DROP TABLE #osmeta_found;");
	osmeta_export_add(export, "CREATE TABLE #osmeta_found (problem nvarchar(1000));");
}

/* The columns that may be of a type with a code page. */
static bool
list_texts(Export *export)
{
	RowList		list = {export, "INSERT INTO @text (table_name, column_name, stage, staged) VALUES", 0};

	osmeta_export_add(export, "DECLARE @text TABLE (table_name nvarchar(600), column_name nvarchar(260), stage nvarchar(600), staged nvarchar(20));");
	for (int i = 0; i < export->nentities; i++)
	{
		const ExportEntity *e = &export->entities[i];

		for (int j = 0; j < e->ncolumns; j++)
		{
			const ExportColumn *c = &e->columns[j];
			const char *start;

			if (c->kind != EXPORT_TEXT || !c->is_staged || e->rows == 0 ||
				(strstr(c->allowed, ",char,") == NULL &&
				 strstr(c->allowed, ",varchar,") == NULL &&
				 strstr(c->allowed, ",text,") == NULL))
				continue;
			start = row_start(&list);
			osmeta_export_add(export, "%s(%s, %s, %s, N'c%d')", start,
							  osmeta_export_text(e->table),
							  osmeta_export_text(c->attribute->target_column),
							  osmeta_export_text(e->stage),
							  c->attribute->attribute_no);
		}
	}
	osmeta_export_add(export, ";");
	return list.rows > 0;
}

/*
 * Texts that are others once they are in the code page of their column, or
 * take more bytes there than it has.  Which code page that is, the server
 * knows.
 */
static void
check_texts(Export *export)
{
	if (!list_texts(export))
		return;
	osmeta_export_add(export, "DECLARE @narrow TABLE (place int IDENTITY(1,1) NOT NULL PRIMARY KEY, said nvarchar(500), find nvarchar(max));");
	osmeta_export_add(export, "INSERT INTO @narrow (said, find) SELECT LEFT(N'table ' + e.table_name + N', column ' + e.column_name + N': a text has characters that its code page lacks, or too many bytes; identifier at the source: ', 500),");
	osmeta_export_add(export, "N'INSERT INTO #osmeta_found (problem) SELECT TOP 20 @said + CAST(s.source_id AS nvarchar(400)) FROM ' + e.stage + N' s WHERE CAST(CAST(s.' + e.staged + N' COLLATE ' + c.collation_name COLLATE DATABASE_DEFAULT + N' AS '");
	osmeta_export_add(export, "+ CASE TYPE_NAME(c.system_type_id) WHEN N'char' THEN N'char(' ELSE N'varchar(' END + CASE WHEN TYPE_NAME(c.system_type_id) = N'text' OR c.max_length = -1 THEN N'max' ELSE CAST(c.max_length AS nvarchar(10)) END");
	osmeta_export_add(export, "+ N')) AS nvarchar(max)) COLLATE Latin1_General_BIN2 <> CAST(s.' + e.staged + N' AS nvarchar(max)) COLLATE Latin1_General_BIN2 ORDER BY s.seq'");
	osmeta_export_add(export, "FROM @text e JOIN sys.columns c ON c.object_id = OBJECT_ID(e.table_name) AND c.name = e.column_name COLLATE DATABASE_DEFAULT WHERE TYPE_NAME(c.system_type_id) IN (N'char', N'varchar', N'text');");
	osmeta_export_found(export);
	osmeta_export_add(export, "DECLARE @place int = 1, @said nvarchar(500), @find nvarchar(max);");
	osmeta_export_add(export, "WHILE @place <= (SELECT COUNT(*) FROM @narrow) BEGIN");
	osmeta_export_add(export, "SELECT @said = said, @find = find, @place = @place + 1 FROM @narrow WHERE place = @place;");
	osmeta_export_add(export, "EXEC sys.sp_executesql @find, N'@said nvarchar(500)', @said = @said;");
	osmeta_export_add(export, "END;");
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT problem FROM #osmeta_found;");
	osmeta_export_add(export, "DROP TABLE #osmeta_found;");
}

/* Identifiers that are given must not be taken. */
static void
check_free(Export *export, const ExportEntity *e)
{
	StringInfoData joins;
	char	   *is_same;

	if ((e->root != NULL && (e->kind || e->root->is_data)) || e->rows == 0)
		return;
	initStringInfo(&joins);
	is_same = osmeta_export_is_same(export, e, &joins);
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT TOP 20 %s + CAST(t.%s AS nvarchar(400)) FROM %s s%s JOIN %s t ON %s;",
					  osmeta_export_text(psprintf("an identifier is taken in table %s: ",
												  e->table)),
					  e->identifier->name, e->stage, joins.data, e->table,
					  is_same);
}

/* Rows that are not moved must stand there if others refer to them. */
static void
check_matched(Export *export, const ExportEntity *e, const ExportColumn *c)
{
	const PlanAttribute *a = c->attribute;
	PlanEntity *parent = a->refers_to;
	char	   *table;
	char	   *id;

	if (parent == NULL || a->is_soft || e->rows == 0 ||
		(c->root != NULL && c->root->is_data) ||
		parent->identifier == NULL || parent->target_table == NULL ||
		parent->identifier->target_column == NULL ||
		(a->transform != TRANSFORM_REMAP && a->transform != TRANSFORM_KEY))
		return;
	/* of both, nobody says that each identifier is one of a row */
	if (parent->strategy == STRATEGY_MAP &&
		strcmp(parent->strategy_name, "keep") == 0)
		return;
	if (strpbrk(parent->target_table, "[].") != NULL)
		return;					/* in another database, perhaps */
	table = psprintf("%s.%s", osmeta_export_name(export->schema),
					 osmeta_export_name(parent->target_table));
	id = osmeta_export_name(parent->identifier->target_column);
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT DISTINCT TOP 20 %s + CAST(s.c%d AS nvarchar(400)) FROM %s s",
					  osmeta_export_text(psprintf("rows of %s refer to a row of table %s that is not there: ",
												  e->label, table)),
					  a->attribute_no, e->stage);
	osmeta_export_add(export, "WHERE s.c%d IS NOT NULL%s%s;",
					  a->attribute_no,
	/* no row of before is there by then */
					  parent->is_data && export->plan->delete_existing ? "" :
					  psprintf(" AND NOT EXISTS (SELECT 1 FROM %s t WHERE t.%s = s.c%d%s)",
							   table, id, a->attribute_no,
							   c->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : ""),
					  !parent->is_data ? "" :
					  psprintf(" AND NOT EXISTS (SELECT 1 FROM %s p WHERE p.c%d = s.c%d)",
							   osmeta_export_table(export,
												   psprintf("e" INT64_FORMAT,
															parent->entity_id)),
							   parent->identifier->attribute_no,
							   a->attribute_no));
}

static void
check_loaded(Export *export, const ExportEntity *e)
{
	osmeta_export_add(export, "INSERT INTO @problem (problem) SELECT %s WHERE (SELECT COUNT(*) FROM %s) <> " INT64_FORMAT ";",
					  osmeta_export_text(psprintf("table %s has not the rows that the script has put there",
												  e->stage)),
					  e->stage, e->rows);
	if (!export->plan->delete_existing)
		check_free(export, e);
	for (int i = 0; i < e->ncolumns; i++)
		check_matched(export, e, &e->columns[i]);
}

/*
 * A table for DBCC, which takes a literal or a variable.  Names of letters and
 * digits go without brackets: not every server takes them.
 */
static char *
counted_table(Export *export, const ExportEntity *e)
{
	char	   *variable;

	const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	const char *table = e->entity->target_table;

	if (strspn(export->schema, letters) == strlen(export->schema) &&
		strspn(table, letters) == strlen(table))
		return psprintf("'%s.%s'", export->schema, table);
	variable = psprintf("@counted" INT64_FORMAT, e->entity->entity_id);
	osmeta_export_add(export, "DECLARE %s nvarchar(600) = %s;", variable,
					  osmeta_export_text(e->table));
	return variable;
}

/*
 * The counter goes past what is given, so that nobody gets one of these.  One
 * that was never used gives the very number that it is set to.
 */
static void
move_counter(Export *export, const ExportEntity *e)
{
	int64		upper;
	char	   *counted;

	if (e->upper == NULL)
		return;
	upper = strtoll(e->upper, NULL, 10);
	if (upper == PG_INT64_MAX || upper == PG_INT32_MAX)
		return;
	counted = counted_table(export, e);
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.is_identity = 1)"
					  " AND (CAST(IDENT_CURRENT(%s) AS bigint) < " INT64_FORMAT
					  " OR IDENT_CURRENT(%s) = " INT64_FORMAT " AND IDENT_SEED(%s) = " INT64_FORMAT ")",
					  osmeta_export_text(e->table),
					  osmeta_export_text(e->table), upper,
					  osmeta_export_text(e->table), upper,
					  osmeta_export_text(e->table), upper);
	osmeta_export_add(export, "DBCC CHECKIDENT (%s, RESEED, " INT64_FORMAT ") WITH NO_INFOMSGS;",
					  counted, upper + 1);
}

/* What stands in @problem ends the script. */
void
osmeta_export_raise_problems(Export *export)
{
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM @problem) BEGIN");
	osmeta_export_add(export, "SELECT problem FROM @problem ORDER BY problem;");
	osmeta_export_add(export, "THROW 50002, N'osmeta: rows cannot be delivered. Nothing has been written to the tables of the factory.', 1;");
	osmeta_export_add(export, "END;");
}

/* Once the rows of before have gone: rows may have come since. */
void
osmeta_export_check_free(Export *export)
{
	osmeta_export_step_begin(export, "progress");
	osmeta_export_add(export, "DECLARE @problem TABLE (problem nvarchar(1000));");
	for (int i = 0; i < export->nentities; i++)
		check_free(export, &export->entities[i]);
	osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM @problem) BEGIN");
	osmeta_export_add(export, "SELECT problem FROM @problem ORDER BY problem;");
	osmeta_export_add(export, "THROW 50007, N'osmeta: rows have come while others were deleted. Take them out, and run the script again.', 1;");
	osmeta_export_add(export, "END;");
	osmeta_export_step_end(export, "progress", "check", NULL, 0, 0, "0");
}

void
osmeta_export_check_loaded(Export *export)
{
	osmeta_export_step_begin(export, "progress");
	osmeta_export_add(export, "DECLARE @problem TABLE (problem nvarchar(1000));");
	for (int i = 0; i < export->nentities; i++)
		check_loaded(export, &export->entities[i]);
	check_texts(export);
	osmeta_export_raise_problems(export);
	for (int i = 0; i < export->nentities; i++)
		move_counter(export, &export->entities[i]);
	osmeta_export_step_end(export, "progress", "check", NULL, 0, 0, "0");
}
