/*-------------------------------------------------------------------------
 *
 * data_type.c
 *	  The data types of the platform: what they are called, the columns they
 *	  become, and the value that stands for nothing in such a column.
 *
 * One row per type says everything but what depends on length and decimals.
 *
 * Missing or senseless numbers never fail: they are what a damaged row of
 * the metamodel holds, and the answer is then the type that loses nothing.
 * A Text without a length is unlimited; a Decimal without one has the
 * platform's widest, 37 digits with 8 decimals.
 *
 *-------------------------------------------------------------------------
 */
#include "data_type.h"

#include <stdio.h>
#include <string.h>

/* A Text up to this length is a column with a length. */
#define TEXT_LENGTH_MAX		2000

/* The bounds of a Decimal, and what a Currency always has. */
#define DECIMAL_DIGITS		37
#define DECIMAL_PLACES		8

/* More digits than this no engine takes. */
#define DECIMAL_DIGITS_MAX	38

typedef struct TypeRule
{
	const char *type;			/* in lower case */
	const char *label;
	const char *sqlserver;		/* column types; NULL where numbers count */
	const char *oracle;
	const char *postgres;
	const char *null_value;		/* NULL is SQL's NULL */
} TypeRule;

#define NO_DATE		"1900-01-01 00:00:00"

static const TypeRule rules[] = {
	[TYPE_TEXT] =
	{"rttext", "Text", NULL, NULL, NULL, ""},
	[TYPE_EMAIL] =
	{"rtemail", "Email",
	"nvarchar(250)", "VARCHAR2(250 CHAR)", "varchar(250)", ""},
	[TYPE_PHONE_NUMBER] =
	{"rtphonenumber", "Phone Number",
	"nvarchar(20)", "VARCHAR2(20 CHAR)", "varchar(20)", ""},
	[TYPE_INTEGER] =
	{"rtinteger", "Integer", "int", "NUMBER(10)", "integer", "0"},
	[TYPE_LONG_INTEGER] =
	{"rtlonginteger", "Long Integer",
	"bigint", "NUMBER(20)", "bigint", "0"},
	[TYPE_DECIMAL] =
	{"rtdecimal", "Decimal", NULL, NULL, NULL, "0"},
	[TYPE_CURRENCY] =
	{"rtcurrency", "Currency",
	"decimal(37,8)", "NUMBER(37,8)", "numeric(37,8)", "0"},
	[TYPE_BOOLEAN] =
	{"rtboolean", "Boolean", "bit", "NUMBER(1)", "boolean", "0"},
	[TYPE_DATE] =
	{"rtdate", "Date", "datetime", "TIMESTAMP(6)", "timestamp(3)", NO_DATE},
	[TYPE_TIME] =
	{"rttime", "Time", "datetime", "TIMESTAMP(6)", "timestamp(3)", NO_DATE},
	[TYPE_DATE_TIME] =
	{"rtdatetime", "Date Time",
	"datetime", "TIMESTAMP(6)", "timestamp(3)", NO_DATE},
	[TYPE_BINARY_DATA] =
	{"rtbinarydata", "Binary Data",
	"varbinary(max)", "BLOB", "bytea", NULL},
	[TYPE_IDENTIFIER] =
	{"rtentityreference", "Identifier", NULL, NULL, NULL, NULL},
	[TYPE_UNKNOWN] =
	{"", NULL, NULL, NULL, NULL, NULL},
};

static inline char
fold_ascii(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
}

DataType
osmeta_type_parse(const char *type, size_t len)
{
	while (len > 0 && type[0] == ' ')
	{
		type++;
		len--;
	}
	while (len > 0 && type[len - 1] == ' ')
		len--;
	if (len >= 2 && fold_ascii(type[0]) == 'b' && fold_ascii(type[1]) == 't')
		return TYPE_IDENTIFIER;

	for (int i = 0; i < TYPE_UNKNOWN; i++)
	{
		size_t		n = 0;

		if (strlen(rules[i].type) != len)
			continue;
		while (n < len && fold_ascii(type[n]) == rules[i].type[n])
			n++;
		if (n == len)
			return (DataType) i;
	}
	return TYPE_UNKNOWN;
}

const char *
osmeta_type_label(DataType type)
{
	return rules[type].label;
}

static bool
is_oracle(Dialect dialect)
{
	return dialect == DIALECT_ORACLE || dialect == DIALECT_ORACLE8;
}

static void
text_column(int length, Dialect dialect, char *out)
{
	const char *format;

	if (length <= 0 || length > TEXT_LENGTH_MAX)
	{
		snprintf(out, COLUMN_TYPE_SIZE, "%s",
				 dialect == DIALECT_SQLSERVER ? "nvarchar(max)" :
				 is_oracle(dialect) ? "CLOB" : "text");
		return;
	}
	format = dialect == DIALECT_SQLSERVER ? "nvarchar(%d)" :
		is_oracle(dialect) ? "VARCHAR2(%d CHAR)" : "varchar(%d)";
	snprintf(out, COLUMN_TYPE_SIZE, format, length);
}

static void
decimal_column(int length, int decimals, Dialect dialect, char *out)
{
	if (length <= 0)
		length = DECIMAL_DIGITS;
	if (length > DECIMAL_DIGITS_MAX)
		length = DECIMAL_DIGITS_MAX;
	if (decimals < 0 || decimals > DECIMAL_PLACES)
		decimals = DECIMAL_PLACES;
	if (decimals > length)
		decimals = length;
	snprintf(out, COLUMN_TYPE_SIZE, "%s(%d,%d)",
			 dialect == DIALECT_SQLSERVER ? "decimal" :
			 is_oracle(dialect) ? "NUMBER" : "numeric",
			 length, decimals);
}

bool
osmeta_column_type(DataType type, int length, int decimals,
				   Dialect dialect, char *out)
{
	const TypeRule *rule = &rules[type];

	switch (type)
	{
		case TYPE_IDENTIFIER:
		case TYPE_UNKNOWN:
			return false;
		case TYPE_TEXT:
			text_column(length, dialect, out);
			break;
		case TYPE_DECIMAL:
			decimal_column(length, decimals, dialect, out);
			break;
		default:
			snprintf(out, COLUMN_TYPE_SIZE, "%s",
					 dialect == DIALECT_SQLSERVER ? rule->sqlserver :
					 is_oracle(dialect) ? rule->oracle : rule->postgres);
			break;
	}
	return true;
}

const char *
osmeta_null_value(DataType type, Dialect dialect)
{
	const char *value = rules[type].null_value;

	/* Oracle cannot tell an empty text from NULL; a space stands for it. */
	if (value != NULL && value[0] == '\0' && is_oracle(dialect))
		return " ";
	return value;
}
