/*-------------------------------------------------------------------------
 *
 * stage.c
 *	  Rows in a temporary table at a TDS server, on their way to a table.
 *
 * The columns of a stage have the types of the columns that they are for,
 * and their collations, so that nothing is converted or compared under the
 * collation of tempdb.  Types that bulk copy cannot write stand there as
 * text and are converted by the server.  It would put a question mark for
 * what a code page lacks; where the code page is none that we know that is
 * looked for, and is an error.
 *
 *-------------------------------------------------------------------------
 */
#include "stage.h"

#include "connection.h"

/* Types above this many bytes are declared without a limit. */
#define LONGEST 8000

/* Temporary tables of this backend. */
static uint32 temporary_tables = 0;

char *
osmeta_tds_temporary(void)
{
	return psprintf("#osmeta_%u", ++temporary_tables);
}

void
osmeta_tds_check_writable(const TdsTarget *target, int column)
{
	const TdsColumn *c = &target->columns[column];

	if (c->is_generated)
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("column \"%s\" of %s is computed by the server",
						c->name, target->name)));
	if (c->type == TSQL_OTHER)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" of %s is of type %s, which cannot be written to",
						c->name, target->name, c->type_name)));
}

/* The type that a column of the stage has for one of the target. */
static void
staged_type(const TdsColumn *c, TdsField *f)
{
	f->type = f->meaning = c->type;
	f->max_length = c->max_length;
	f->precision = c->precision;
	f->scale = c->scale;
	f->code_page = c->code_page;
	switch (c->type)
	{
		case TSQL_DATE:
		case TSQL_TIME:
		case TSQL_DATETIME2:
		case TSQL_DATETIMEOFFSET:
			f->type = TSQL_NVARCHAR;
			f->max_length = 128;
			break;
		case TSQL_XML:
		case TSQL_NTEXT:
			f->type = TSQL_NVARCHAR;
			f->max_length = -1;
			break;
		case TSQL_IMAGE:
			f->type = TSQL_VARBINARY;
			f->max_length = -1;
			break;
		case TSQL_TEXT:
			f->type = TSQL_VARCHAR;
			f->max_length = -1;
			break;
		default:
			break;
	}
	if (osmeta_transact_is_narrow(f->type) &&
		!osmeta_tds_can_copy(f->type, f->code_page))
	{
		f->type = TSQL_NVARCHAR;
		f->max_length = f->max_length < 0 || 2 * f->max_length > LONGEST ?
			-1 : 2 * f->max_length;
	}
}

static char *
declaration_of(const TdsField *f, const char *collation)
{
	char		type[OSMETA_TRANSACT_DECLARATION];
	bool		is_text = osmeta_transact_is_unicode(f->type) ||
	osmeta_transact_is_narrow(f->type);

	(void) osmeta_transact_declaration(f->type, f->max_length, f->precision,
									   f->scale, type);
	if (!is_text)
		return pstrdup(type);
	/* its name can be nothing else, or the server would not have it */
	if (collation == NULL ||
		strspn(collation, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
		strlen(collation))
		collation = "DATABASE_DEFAULT";
	return psprintf("%s COLLATE %s", type, collation);
}

char *
osmeta_tds_declaration(const TdsColumn *column)
{
	TdsField	f;

	staged_type(column, &f);
	return declaration_of(&f, column->collation);
}

char *
osmeta_tds_stage_value(const TdsStage *stage, const char *alias, int column)
{
	const TdsColumn *c = &stage->target->columns[stage->columns[column]];
	char		type[OSMETA_TRANSACT_DECLARATION];

	switch (c->type)
	{
		case TSQL_DATE:
		case TSQL_TIME:
		case TSQL_DATETIME2:
		case TSQL_DATETIMEOFFSET:
			(void) osmeta_transact_declaration(c->type, c->max_length,
											   c->precision, c->scale, type);
			return psprintf("CAST(%sc%d AS %s)", alias, column, type);
		case TSQL_XML:
			/* 1: with the blanks between its elements */
			return psprintf("CONVERT(xml, %sc%d, 1)", alias, column);
		default:
			return psprintf("%sc%d", alias, column);
	}
}

/* Does the code page of a column lack a character of its new texts? */
static void
check_code_page(const TdsStage *stage, int column)
{
	const TdsColumn *c = &stage->target->columns[stage->columns[column]];
	int64		count;

	if (!osmeta_transact_is_narrow(c->type) ||
		osmeta_tds_can_copy(TSQL_VARCHAR, c->code_page))
		return;
	count = osmeta_tds_number(stage->target->link,
							  psprintf("SELECT COUNT(*) AS osmeta FROM %s AS s"
									   " WHERE CONVERT(nvarchar(max), CONVERT(varchar(max), s.c%d))"
									   " COLLATE Latin1_General_BIN2 <> s.c%d COLLATE Latin1_General_BIN2",
									   stage->name, column, column));
	if (count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
				 errmsg(INT64_FORMAT " texts for \"%s\" of %s have characters that its collation %s lacks",
						count, c->name, stage->target->name, c->collation)));
}

TdsStage *
osmeta_tds_stage(const TdsTarget *target, int ncolumns, const int *columns,
				 const int *sources, void (*match) (TdsBulk *, TupleDesc),
				 void *arg, TdsKept *kept, const char *query)
{
	TdsStage   *stage = palloc0(sizeof(TdsStage));
	TdsBulk		bulk = {0};
	StringInfoData create;
	int64		taken;

	stage->target = target;
	stage->name = osmeta_tds_temporary();
	stage->ncolumns = ncolumns;
	stage->columns = columns;
	bulk.link = target->link;
	bulk.table = stage->name;
	bulk.label = target->name;
	bulk.match = match;
	bulk.arg = arg;
	bulk.kept = kept;
	bulk.nfields = 1 + ncolumns;
	bulk.fields = palloc0(sizeof(TdsField) * bulk.nfields);
	bulk.fields[0].label = "n";
	bulk.fields[0].type = bulk.fields[0].meaning = TSQL_INT;
	bulk.fields[0].source = TDS_FIELD_NUMBER;
	initStringInfo(&create);
	appendStringInfo(&create, "CREATE TABLE %s (n int NOT NULL", stage->name);
	for (int i = 0; i < ncolumns; i++)
	{
		const TdsColumn *c = &target->columns[columns[i]];
		TdsField   *f = &bulk.fields[1 + i];

		osmeta_tds_check_writable(target, columns[i]);
		staged_type(c, f);
		f->label = c->name;
		f->is_nullable = true;
		f->source = sources != NULL ? sources[i] : TDS_FIELD_NONE;
		appendStringInfo(&create, ", c%d %s NULL", i,
						 declaration_of(f, c->collation));
	}
	appendStringInfoString(&create, ")");
	(void) osmeta_tds_execute(target->link, create.data);
	taken = osmeta_tds_copy(&bulk, query, &stage->rows);
	if (taken != stage->rows)
		ereport(ERROR,
				(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				 errmsg("the server took " INT64_FORMAT " of " INT64_FORMAT " rows into a temporary table",
						taken, stage->rows)));
	for (int i = 0; i < ncolumns; i++)
		check_code_page(stage, i);
	return stage;
}
