/*-------------------------------------------------------------------------
 *
 * script_tsql.c
 *	  Names, values and types as T-SQL writes them.
 *
 * sqlcmd and tsql end a batch at a line that says GO, even inside a literal;
 * sqlcmd looks for $(variable) everywhere; psql's \copy doubles backslashes.
 * So a literal never goes past its line, and what could be mistaken is put
 * together from pieces.
 *
 *-------------------------------------------------------------------------
 */
#include "script_tsql.h"

#include <stdio.h>
#include <string.h>

size_t
osmeta_script_name(char *out, const char *name, size_t len)
{
	char	   *to = out;

	*to++ = '[';
	for (size_t i = 0; i < len; i++)
	{
		if (name[i] == ']')
			*to++ = ']';
		*to++ = name[i];
	}
	*to++ = ']';
	*to = '\0';
	return to - out;
}

/* Bytes of the character that a text of UTF-8 begins with. */
static size_t
character_length(const char *value, size_t len)
{
	unsigned char first = (unsigned char) *value;
	size_t		length = first < 0xC0 ? 1 : first < 0xE0 ? 2 :
	first < 0xF0 ? 3 : 4;

	return length < len ? length : len;
}

/*
 * The number of a character that must not stand in a line: control
 * characters, separators of lines, the mark that a file may begin with, and
 * the backslash.  0: it may.
 */
static unsigned
hidden_character(const char *value, size_t length)
{
	const unsigned char *c = (const unsigned char *) value;
	unsigned	code;

	if (length == 1)
		return *c < 0x20 || *c == 0x7F || *c == '\\' ? *c : 0;
	if (length == 2)
	{
		code = (c[0] & 0x1Fu) << 6 | (c[1] & 0x3Fu);
		return code < 0xA0 ? code : 0;
	}
	if (length == 3)
	{
		code = (c[0] & 0x0Fu) << 12 | (c[1] & 0x3Fu) << 6 | (c[2] & 0x3Fu);
		return code == 0x2028 || code == 0x2029 || code == 0xFEFF ? code : 0;
	}
	return 0;
}

/* Does a variable of sqlcmd begin here? */
static bool
is_variable(const char *value, size_t len)
{
	return len > 1 && value[0] == '$' && value[1] == '(';
}

/* Write a text without its NUL; gives where it ends. */
static char *
put(char *to, const char *text)
{
	size_t		length = strlen(text);

	memcpy(to, text, length);
	return to + length;
}

/* The same of a number. */
static char *
put_number(char *to, unsigned number)
{
	char		digits[16];

	(void) snprintf(digits, sizeof(digits), "%u", number);
	return put(to, digits);
}

size_t
osmeta_script_text(char *out, const char *value, size_t len)
{
	char	   *to = out;
	bool		is_open = true;
	size_t		length;

	to = put(to, "N'");
	for (size_t i = 0; i < len; i += length)
	{
		unsigned	hidden;

		length = character_length(value + i, len - i);
		hidden = hidden_character(value + i, length);
		if (hidden != 0)
		{
			to = put(to, is_open ? "' + NCHAR(" : " + NCHAR(");
			to = put_number(to, hidden);
			*to++ = ')';
			is_open = false;
			continue;
		}
		if (!is_open)
			to = put(to, " + N'");
		is_open = true;
		if (value[i] == '\'')
			*to++ = '\'';
		memcpy(to, value + i, length);
		to += length;
		if (is_variable(value + i, len - i))
			to = put(to, "' + N'");
	}
	if (is_open)
		*to++ = '\'';
	*to = '\0';
	return to - out;
}

size_t
osmeta_script_piece(const char *value, size_t len)
{
	size_t		end = 0;
	int			joints = 0;

	for (int i = 0; i < OSMETA_SCRIPT_PIECE && end < len; i++)
	{
		size_t		length = character_length(value + end, len - end);

		if (hidden_character(value + end, length) != 0 ||
			is_variable(value + end, len - end))
		{
			if (++joints > OSMETA_SCRIPT_JOINTS)
				break;
		}
		end += length;
	}
	return end;
}

bool
osmeta_script_is_plain(const char *value, size_t len)
{
	size_t		length;

	for (size_t i = 0; i < len; i += length)
	{
		length = character_length(value + i, len - i);
		if (hidden_character(value + i, length) != 0 ||
			is_variable(value + i, len - i))
			return false;
	}
	return true;
}

size_t
osmeta_script_comment(char *out, const char *value, size_t len)
{
	char	   *to = out;
	size_t		length;

	for (size_t i = 0; i < len; i += length)
	{
		length = character_length(value + i, len - i);
		if (hidden_character(value + i, length) != 0)
		{
			*to++ = '?';
			continue;
		}
		memcpy(to, value + i, length);
		to += length;
		if (is_variable(value + i, len - i))
			*to++ = ' ';
	}
	*to = '\0';
	return to - out;
}

/* Types that have one name here and one there. */
static const struct
{
	const char *type;
	const char *tsql;
}			types[] = {
	{"smallint", "smallint"},
	{"integer", "int"},
	{"bigint", "bigint"},
	{"boolean", "bit"},
	{"text", "nvarchar(max)"},
	{"character varying", "nvarchar(max)"},
	{"bytea", "varbinary(max)"},
	{"date", "date"},
	{"real", "real"},
	{"double precision", "float"},
	{"uuid", "uniqueidentifier"},
	{"money", "money"},
	{"xml", "xml"},
};

/* A name of a type into the room that osmeta_script_type has. */
static const char *
put_type(char *out, const char *name)
{
	(void) snprintf(out, OSMETA_SCRIPT_TYPE_SIZE, "%s", name);
	return out;
}

const char *
osmeta_script_type(char *out, const char *type)
{
	int			precision;
	int			scale = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
	{
		if (strcmp(type, types[i].type) == 0)
			return put_type(out, types[i].tsql);
	}
	if (sscanf(type, "character varying(%d)", &precision) == 1 ||
		sscanf(type, "character(%d)", &precision) == 1)
	{
		if (precision > 4000)
			return put_type(out, "nvarchar(max)");
		(void) snprintf(out, OSMETA_SCRIPT_TYPE_SIZE, "%s(%d)",
						strncmp(type, "character(", 10) == 0 ? "nchar" :
						"nvarchar", precision);
		return out;
	}
	if (sscanf(type, "numeric(%d,%d)", &precision, &scale) >= 1)
	{
		if (precision > 38 || scale < 0 || scale > precision)
			return NULL;
		(void) snprintf(out, OSMETA_SCRIPT_TYPE_SIZE, "decimal(%d,%d)",
						precision, scale);
		return out;
	}
	/* the platform has datetime for dates and times of all kinds */
	if (strncmp(type, "timestamp", 9) == 0 &&
		strstr(type, "with time zone") == NULL)
		return put_type(out, "datetime");
	if (strncmp(type, "time", 4) == 0 &&
		strncmp(type, "timestamp", 9) != 0 &&
		strstr(type, "with time zone") == NULL)
		return put_type(out, "time");
	return NULL;
}
