/*-------------------------------------------------------------------------
 *
 * html.c
 *	  Texts, numbers and tables as HTML.
 *
 * Names come from a factory and may hold anything: quotes, tags, scripts,
 * characters that turn the rest of a line around.  All that is shown passes
 * osmeta_html_text, which leaves no markup in it and makes visible what is
 * not, so that what a reader sees is what is there.  Numbers look the same
 * whatever the locale of the server.
 *
 *-------------------------------------------------------------------------
 */
#include "html.h"

bool
osmeta_is_invisible(pg_wchar c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
		(c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
		(c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
		(c >= 0xfff0 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe ||
		(c >= 0xe0000 && c <= 0xe0fff);
}

void
osmeta_html_text(StringInfo buf, const char *text)
{
	const char *end;
	int			len;

	if (text == NULL)
		return;
	end = text +strlen(text);

	for (; text <end; text +=len)
	{
		pg_wchar	c;

		len = pg_utf_mblen((const unsigned char *) text);
		if (len > end - text)
			break;
		c = utf8_to_unicode((const unsigned char *) text);
		switch (c)
		{
			case '&':
				appendStringInfoString(buf, "&amp;");
				break;
			case '<':
				appendStringInfoString(buf, "&lt;");
				break;
			case '>':
				appendStringInfoString(buf, "&gt;");
				break;
			case '"':
				appendStringInfoString(buf, "&quot;");
				break;
			case '\'':
				appendStringInfoString(buf, "&#39;");
				break;
			default:
				if (c < 0x20)	/* the picture of the control */
					appendStringInfo(buf, "&#%u;", 0x2400 + c);
				else if (osmeta_is_invisible(c))
					appendStringInfo(buf, "\\u%04x", c);
				else
					appendBinaryStringInfo(buf, text, len);
		}
	}
}

void
osmeta_html_number(StringInfo buf, int64 number)
{
	char		digits[32];
	int			len = snprintf(digits, sizeof(digits), INT64_FORMAT, number);
	int			first = digits[0] == '-' ? 1 : 0;

	for (int i = 0; i < len; i++)
	{
		if (i > first && (len - i) % 3 == 0)
			appendStringInfoChar(buf, ',');
		appendStringInfoChar(buf, digits[i]);
	}
}

void
osmeta_html_bytes(StringInfo buf, int64 bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	int			unit = 0;
	int64		tenths;

	if (bytes < 1024)
	{
		appendStringInfo(buf, INT64_FORMAT " B", bytes);
		return;
	}
	/* in tenths of a unit, so that no fraction is printed by the locale */
	for (unit = 1; bytes / 1024 >= 1024 && unit < (int) lengthof(units) - 1;
		 unit++)
		bytes /= 1024;
	tenths = bytes * 10 / 1024;
	if (tenths < 1000)
		appendStringInfo(buf, INT64_FORMAT ".%d %s", tenths / 10,
						 (int) (tenths % 10), units[unit]);
	else
		appendStringInfo(buf, INT64_FORMAT " %s", tenths / 10, units[unit]);
}

void
osmeta_html_count(StringInfo buf, int64 number, const char *singular,
				  const char *plural)
{
	osmeta_html_number(buf, number);
	appendStringInfo(buf, " %s", number == 1 ? singular : plural);
}
