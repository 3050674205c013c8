/*-------------------------------------------------------------------------
 *
 * export_value.c
 *	  Values as literals of T-SQL.
 *
 * A row of VALUES mixes values of a column with NULLs, and T-SQL looks for one
 * type for all of them: what would lose digits on the way (decimals) or be
 * read by somebody's language (times) stands between quotes, and becomes the
 * column's type when it is inserted.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "lib/stringinfo.h"

#include "script_tsql.h"

/* Longer values are put together in a variable. */
#define INLINE_BYTES 1500

ExportKind
osmeta_export_kind(const char *type)
{
	if (strcmp(type, "smallint") == 0 || strcmp(type, "integer") == 0 ||
		strcmp(type, "bigint") == 0)
		return EXPORT_NUMBER;
	if (strcmp(type, "real") == 0 || strcmp(type, "double precision") == 0)
		return EXPORT_FLOAT;
	if (strcmp(type, "boolean") == 0)
		return EXPORT_BOOLEAN;
	if (strcmp(type, "bytea") == 0)
		return EXPORT_BINARY;
	if (strncmp(type, "timestamp", 9) == 0)
		return EXPORT_TIME;
	if (strncmp(type, "numeric", 7) == 0 || strcmp(type, "date") == 0 ||
		strncmp(type, "time", 4) == 0 || strcmp(type, "uuid") == 0)
		return EXPORT_WORD;
	return EXPORT_TEXT;
}

static void
refuse(const ExportColumn *column, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("attribute \"%s\": SQL Server has no value %s of type %s",
					column->attribute->name, value, column->type),
			 errhint("Make a new plan with a transform that gives another value, or with a filter that leaves these rows out.")));
}

static char *
long_text(const char *value, size_t len, StringInfo variables, int *count)
{
	char	   *name = psprintf("@v%d", ++*count);

	appendStringInfo(variables, "DECLARE %s nvarchar(max) = CAST(N'' AS nvarchar(max));\n",
					 name);
	while (len > 0)
	{
		size_t		piece = osmeta_script_piece(value, len);
		char	   *quoted = palloc(OSMETA_SCRIPT_TEXT_SIZE(piece));

		(void) osmeta_script_text(quoted, value, piece);
		appendStringInfo(variables, "SET %s = %s + (%s);\n", name, name, quoted);
		pfree(quoted);
		value += piece;
		len -= piece;
	}
	return name;
}

/* Binary literals have no length that is too much, and cannot be cut. */
static char *
long_binary(const char *digits, StringInfo variables, int *count)
{
	char	   *name = psprintf("@v%d", ++*count);

	appendStringInfo(variables, "DECLARE %s varbinary(max) = 0x%s;\n", name,
					 digits);
	return name;
}

char *
osmeta_export_literal(const ExportColumn *column, const char *value,
					  StringInfo variables, int *count)
{
	size_t		len;
	char	   *quoted;

	if (value == NULL)
		return "NULL";
	len = strlen(value);
	switch (column->kind)
	{
		case EXPORT_NUMBER:
			return pstrdup(value);
		case EXPORT_FLOAT:
			if (strpbrk(value, "aIy") != NULL)
				refuse(column, value);
			return strchr(value, 'e') ? pstrdup(value) :
				psprintf("%sE0", value);
		case EXPORT_BOOLEAN:
			return value[0] == 't' ? "1" : "0";
		case EXPORT_WORD:
			if (strpbrk(value, "NIy") != NULL)
				refuse(column, value);
			return psprintf("'%s'", value);
		case EXPORT_TIME:
			/* infinity, and years that have not four digits */
			if (len < 19 || value[10] != ' ' || strstr(value, "BC") != NULL)
				refuse(column, value);
			quoted = psprintf("'%s'", value);
			quoted[11] = 'T';
			return quoted;

		case EXPORT_BINARY:
			Assert(value[0] == '\\' && value[1] == 'x');
			if (len - 2 > 2 * INLINE_BYTES && variables != NULL)
				return long_binary(value + 2, variables, count);
			return psprintf("0x%s", value + 2);
		default:
			if (variables != NULL &&
				(len > INLINE_BYTES || osmeta_script_piece(value, len) < len))
				return long_text(value, len, variables, count);
			quoted = palloc(OSMETA_SCRIPT_TEXT_SIZE(len));

			(void) osmeta_script_text(quoted, value, len);
			return quoted;
	}
}
