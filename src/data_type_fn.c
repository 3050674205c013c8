/*-------------------------------------------------------------------------
 *
 * data_type_fn.c
 *	  Data types in SQL: the entry points over data_type.c.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "data_type.h"
#include "key.h"
#include "value.h"

PG_FUNCTION_INFO_V1(type_label);
PG_FUNCTION_INFO_V1(type_is_known);
PG_FUNCTION_INFO_V1(type_column);
PG_FUNCTION_INFO_V1(type_null_value);
PG_FUNCTION_INFO_V1(osmeta_sqlserver_datetime);

static DataType
parse_type(const text *type)
{
	return osmeta_type_parse(VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type));
}

static void
report_unknown(const text *type)
{
	char		excerpt[EXCERPT_SIZE];

	osmeta_text_excerpt(VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type), excerpt);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized attribute type: \"%s\"", excerpt),
			 errhint("The types with a column of their own are rtText, rtEmail, rtPhoneNumber, rtInteger, rtLongInteger, rtDecimal, rtCurrency, rtBoolean, rtDate, rtTime, rtDateTime and rtBinaryData.")));
}

/*
 * What users call a type.  One that is not known goes by its own name,
 * without the "rt" that all have; nothing is an error here, since views show
 * whatever the metamodel holds.
 */
Datum
type_label(PG_FUNCTION_ARGS)
{
	text	   *type = PG_GETARG_TEXT_PP(0);
	const char *label = osmeta_type_label(parse_type(type));
	const char *name = VARDATA_ANY(type);
	Size		len = VARSIZE_ANY_EXHDR(type);

	if (label != NULL)
		PG_RETURN_TEXT_P(cstring_to_text(label));

	while (len > 0 && name[0] == ' ')
	{
		name++;
		len--;
	}
	while (len > 0 && name[len - 1] == ' ')
		len--;
	if (len > 2 && pg_strncasecmp(name, "rt", 2) == 0)
	{
		name += 2;
		len -= 2;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(name, (int) len));
}

/* Is it a type of the platform, a reference included? */
Datum
type_is_known(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(parse_type(PG_GETARG_TEXT_PP(0)) != TYPE_UNKNOWN);
}

/*
 * Not strict: length and decimals are NULL for most types.  NULL as type or
 * dialect gives NULL.
 */
Datum
type_column(PG_FUNCTION_ARGS)
{
	text	   *type_text;
	DataType	type;
	Dialect		dialect;
	int			length;
	int			decimals;
	char		column[COLUMN_TYPE_SIZE];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	type_text = PG_GETARG_TEXT_PP(0);
	type = parse_type(type_text);
	length = PG_ARGISNULL(1) ? MODIFIER_MISSING : PG_GETARG_INT32(1);
	decimals = PG_ARGISNULL(2) ? MODIFIER_MISSING : PG_GETARG_INT32(2);
	dialect = osmeta_dialect(PG_GETARG_TEXT_PP(3));

	if (type == TYPE_IDENTIFIER)
	{
		char		excerpt[EXCERPT_SIZE];

		osmeta_text_excerpt(VARDATA_ANY(type_text),
							VARSIZE_ANY_EXHDR(type_text), excerpt);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("reference type \"%s\" has no column type of its own",
						excerpt),
				 errhint("The column of a reference has the type of the identifier of the entity it refers to; ask for the type of that attribute.")));
	}
	if (!osmeta_column_type(type, length, decimals, dialect, column))
		report_unknown(type_text);
	PG_RETURN_TEXT_P(cstring_to_text(column));
}

Datum
type_null_value(PG_FUNCTION_ARGS)
{
	text	   *type_text = PG_GETARG_TEXT_PP(0);
	Dialect		dialect = osmeta_dialect(PG_GETARG_TEXT_PP(1));
	DataType	type = parse_type(type_text);
	const char *value;

	if (type == TYPE_UNKNOWN)
		report_unknown(type_text);
	value = osmeta_null_value(type, dialect);
	if (value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(value));
}

/*
 * What datetime of SQL Server makes of a moment: it counts three hundredths
 * of a second and shows them in thousandths.
 */
Datum
osmeta_sqlserver_datetime(PG_FUNCTION_ARGS)
{
	Timestamp	moment = PG_GETARG_TIMESTAMP(0);
	int64		rest;
	int64		ticks;

	if (TIMESTAMP_NOT_FINITE(moment))
		PG_RETURN_TIMESTAMP(moment);
	rest = moment % USECS_PER_DAY;
	if (rest < 0)
		rest += USECS_PER_DAY;
	ticks = (rest * 3 + 5000) / 10000;
	PG_RETURN_TIMESTAMP(moment - rest + (ticks * 10 + 1) / 3 * 1000);
}
