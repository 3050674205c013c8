/*-------------------------------------------------------------------------
 *
 * script_tsql_test.c
 *	  Names, texts and types of scripts: cases, and texts by chance.
 *
 * Prints TAP.  Stands apart from the server: what is tested is pure.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script_tsql.h"

static int	tests;

static void
is(const char *found, const char *expected, const char *name)
{
	bool		ok = found == NULL ? expected == NULL :
	expected != NULL && strcmp(found, expected) == 0;

	printf("%sok %d - %s\n", ok ? "" : "not ", ++tests, name);
	if (!ok)
		printf("# found: %s\n# expected: %s\n", found ? found : "(none)",
			   expected ? expected : "(none)");
}

static void
text_is(const char *value, const char *expected, const char *name)
{
	size_t		len = strlen(value);
	char	   *out = malloc(OSMETA_SCRIPT_TEXT_SIZE(len));

	(void) osmeta_script_text(out, value, len);
	is(out, expected, name);
	free(out);
}

static void
name_is(const char *value, const char *expected, const char *name)
{
	size_t		len = strlen(value);
	char	   *out = malloc(OSMETA_SCRIPT_NAME_SIZE(len));

	(void) osmeta_script_name(out, value, len);
	is(out, expected, name);
	free(out);
}

static void
comment_is(const char *value, const char *expected, const char *name)
{
	size_t		len = strlen(value);
	char	   *out = malloc(OSMETA_SCRIPT_COMMENT_SIZE(len));

	(void) osmeta_script_comment(out, value, len);
	is(out, expected, name);
	free(out);
}

static void
type_is(const char *type, const char *expected)
{
	char		out[OSMETA_SCRIPT_TYPE_SIZE];

	is(osmeta_script_type(out, type), expected, type);
}

static unsigned
next_random(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* What T-SQL makes of an expression that osmeta_script_text gave. */
static bool
evaluate(const char *from, char *to)
{
	for (;;)
	{
		if (strncmp(from, "N'", 2) == 0)
		{
			for (from += 2; *from != '\'' || from[1] == '\''; from++)
			{
				if (*from == '\0' || *from == '\n')
					return false;
				from += *from == '\'';
				*to++ = *from;
			}
			from++;
		}
		else if (strncmp(from, "NCHAR(", 6) == 0)
		{
			unsigned	code = (unsigned) strtoul(from + 6, NULL, 10);

			if (code < 0x80)
				*to++ = (char) code;
			else if (code < 0x800)
			{
				*to++ = (char) (0xC0 | code >> 6);
				*to++ = (char) (0x80 | (code & 0x3F));
			}
			else
			{
				*to++ = (char) (0xE0 | code >> 12);
				*to++ = (char) (0x80 | (code >> 6 & 0x3F));
				*to++ = (char) (0x80 | (code & 0x3F));
			}
			from = strchr(from, ')') + 1;
		}
		else
			return false;
		if (*from == '\0')
			break;
		if (strncmp(from, " + ", 3) != 0)
			return false;
		from += 3;
	}
	*to = '\0';
	return true;
}

/* Texts by chance: in pieces that are plain, and what they were put together. */
static const char *
check_texts(void)
{
	static const char *const parts[] = {
		"a", "'", "''", "\n", "GO", "\\", "$(", "$", "(", "\t", "\302\205",
		"\342\200\250", "\357\273\277", "\303\251", "\360\237\216\211", "]", "\177", " "
	};
	unsigned	state = 1;
	static char value[200000];
	static char back[200000];
	static char out[OSMETA_SCRIPT_TEXT_SIZE(200000)];

	for (int i = 0; i < 300; i++)
	{
		size_t		len = 0;
		size_t		at = 0;
		size_t		done = 0;
		int			count = (int) (next_random(&state) % 9000);

		for (int j = 0; j < count; j++)
		{
			const char *part = parts[next_random(&state) % (i % 2 ? 18 : 4)];

			strcpy(value + len, part);
			len += strlen(part);
		}
		value[len] = '\0';
		while (at < len)
		{
			size_t		piece = osmeta_script_piece(value + at, len - at);

			if (piece == 0)
				return "a piece is empty";
			if (osmeta_script_text(out, value + at, piece) >= OSMETA_SCRIPT_TEXT_SIZE(piece))
				return "a text needs more room";
			if (!osmeta_script_is_plain(out, strlen(out)))
				return "a text is not plain";
			if (!evaluate(out, back + done))
				return "a text is no expression";
			done += strlen(back + done);
			at += piece;
		}
		if (done != len || memcmp(value, back, len) != 0)
			return "a text is another one";
	}
	return NULL;
}

int
main(void)
{
	text_is("", "N''", "empty");
	text_is("x ", "N'x '", "a blank at the end");
	text_is("it's", "N'it''s'", "a quote");
	text_is("\n", "N'' + NCHAR(10)", "a line end");
	text_is("a\r\nGO\r\n", "N'a' + NCHAR(13) + NCHAR(10) + N'GO' + NCHAR(13) + NCHAR(10)", "a line GO");
	text_is("$(x)$", "N'$' + N'(x)$'", "a variable");
	text_is("C:\\x", "N'C:' + NCHAR(92) + N'x'", "a backslash");
	text_is("\302\205\302\240", "N'' + NCHAR(133) + N'\302\240'", "a control character of two bytes");
	text_is("\342\200\251\360\237\216\211", "N'' + NCHAR(8233) + N'\360\237\216\211'", "a separator of paragraphs");
	name_is("a]b", "[a]]b]", "a name");
	name_is("", "[]", "no name");
	comment_is("a\nGO$(x)\\", "a?GO$ (x)?", "a comment");
	type_is("character varying(4000)", "nvarchar(4000)");
	type_is("character varying(4001)", "nvarchar(max)");
	type_is("character(3)", "nchar(3)");
	type_is("text", "nvarchar(max)");
	type_is("numeric(37,8)", "decimal(37,8)");
	type_is("numeric(39,0)", NULL);
	type_is("numeric", NULL);
	type_is("timestamp(3) without time zone", "datetime");
	type_is("timestamp with time zone", NULL);
	type_is("time without time zone", "time");
	type_is("boolean", "bit");
	type_is("bytea", "varbinary(max)");
	type_is("jsonb", NULL);
	is(check_texts(), NULL, "texts by chance");
	printf("1..%d\n", tests);
	return 0;
}
