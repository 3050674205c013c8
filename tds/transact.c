/*-------------------------------------------------------------------------
 *
 * transact.c
 *	  Names, literals and types as T-SQL writes them.
 *
 *-------------------------------------------------------------------------
 */
#include "transact.h"

#include <stdio.h>
#include <string.h>

static size_t
quote(const char *string, char close, char *to)
{
	char	   *p = to;

	for (; *string != '\0'; string++)
	{
		if (*string == close)
			*p++ = close;
		*p++ = *string;
	}
	*p++ = close;
	*p = '\0';
	return (size_t) (p - to);
}

/*
 * In brackets, as everybody writes names in T-SQL; those with a closing
 * bracket in quotation marks, where nothing needs to be doubled.
 */
size_t
osmeta_transact_identifier(const char *name, char *to)
{
	bool		in_marks = strchr(name, ']') != NULL &&
	strchr(name, '"') == NULL;

	to[0] = in_marks ? '"' : '[';
	return 1 + quote(name, in_marks ? '"' : ']', to + 1);
}

size_t
osmeta_transact_literal(const char *string, char *to)
{
	to[0] = 'N';
	to[1] = '\'';
	return 2 + quote(string, '\'', to + 2);
}

/* In the order of TsqlType. */
static const struct
{
	const char *name;
	char		shape;			/* l: length, n: length of pairs of bytes, p:
								 * precision and scale, s: scale */
}			types[] = {
	{"bit", 0}, {"tinyint", 0}, {"smallint", 0}, {"int", 0}, {"bigint", 0},
	{"decimal", 'p'}, {"money", 0}, {"smallmoney", 0}, {"real", 0},
	{"float", 0}, {"datetime", 0}, {"smalldatetime", 0}, {"date", 0},
	{"time", 's'}, {"datetime2", 's'}, {"datetimeoffset", 's'},
	{"char", 'l'}, {"varchar", 'l'}, {"text", 0}, {"nchar", 'n'},
	{"nvarchar", 'n'}, {"ntext", 0}, {"binary", 'l'}, {"varbinary", 'l'},
	{"image", 0}, {"uniqueidentifier", 0}, {"xml", 0}, {"timestamp", 0}
};

TsqlType
osmeta_transact_type(const char *name)
{
	for (int i = 0; i < TSQL_OTHER; i++)
	{
		if (strcmp(name, types[i].name) == 0)
			return (TsqlType) i;
	}
	if (strcmp(name, "numeric") == 0)
		return TSQL_DECIMAL;
	if (strcmp(name, "rowversion") == 0)
		return TSQL_ROWVERSION;
	return TSQL_OTHER;
}

size_t
osmeta_transact_declaration(TsqlType type, int max_length, int precision,
							int scale, char *to)
{
	const char *name = type < TSQL_OTHER ? types[type].name : "sql_variant";
	char		shape = type < TSQL_OTHER ? types[type].shape : 0;
	int			length;

	if ((shape == 'l' || shape == 'n') && max_length < 0)
		length = snprintf(to, OSMETA_TRANSACT_DECLARATION, "%s(max)", name);
	else if (shape == 'l' || shape == 'n')
		length = snprintf(to, OSMETA_TRANSACT_DECLARATION, "%s(%d)", name,
						  shape == 'n' ? max_length / 2 : max_length);
	else if (shape == 'p')
		length = snprintf(to, OSMETA_TRANSACT_DECLARATION, "%s(%d,%d)", name,
						  precision, scale);
	else if (shape == 's')
		length = snprintf(to, OSMETA_TRANSACT_DECLARATION, "%s(%d)", name, scale);
	else
		length = snprintf(to, OSMETA_TRANSACT_DECLARATION, "%s", name);
	return (size_t) length;
}

bool
osmeta_transact_is_unicode(TsqlType type)
{
	return type == TSQL_NCHAR || type == TSQL_NVARCHAR || type == TSQL_NTEXT;
}

bool
osmeta_transact_is_narrow(TsqlType type)
{
	return type == TSQL_CHAR || type == TSQL_VARCHAR || type == TSQL_TEXT;
}

bool
osmeta_transact_is_binary(TsqlType type)
{
	return type == TSQL_BINARY || type == TSQL_VARBINARY ||
		type == TSQL_IMAGE;
}
