/*-------------------------------------------------------------------------
 *
 * text_clean.c
 *	  Texts that hold what is no character here.
 *
 * A foreign data wrapper makes texts of what the factory sends, and not every
 * one checks them: NUL, halves of surrogates, single bytes of another
 * encoding.  Such a text can be stored, but the first function that counts
 * its characters fails, and with it each view that calls it.  So whatever
 * comes from a factory is cleaned before anybody looks at it.
 *
 *-------------------------------------------------------------------------
 */
#include "text_clean.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

/* U+FFFD, the replacement character, in UTF-8: the extension needs that. */
#define REPLACEMENT "\xef\xbf\xbd"

PG_FUNCTION_INFO_V1(osmeta_clean_text);

text *
osmeta_clean(text *value)
{
	const char *data = VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);
	int			valid = pg_encoding_verifymbstr(PG_UTF8, data, length);
	StringInfoData buf;
	text	   *result;

	if (valid == length)
		return value;

	/*
	 * From here on one character at a time: looking for the next bad byte
	 * goes through all that is left, each time.
	 */
	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, data, valid);
	data += valid;
	length -= valid;
	for (int n = 0; length > 0; n++)
	{
		int			size = pg_encoding_verifymbchar(PG_UTF8, data, length);

		if (size > 0)
			appendBinaryStringInfo(&buf, data, size);
		else
		{
			appendStringInfoString(&buf, REPLACEMENT);
			size = 1;
		}
		data += size;
		length -= size;
		if (n % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	result = palloc(buf.len + VARHDRSZ);
	SET_VARSIZE(result, buf.len + VARHDRSZ);
	memcpy(VARDATA(result), buf.data, buf.len);
	pfree(buf.data);
	return result;
}

/* SQL: clean_text(value) */
Datum
osmeta_clean_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(osmeta_clean(PG_GETARG_TEXT_PP(0)));
}
