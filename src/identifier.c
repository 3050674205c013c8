/*-------------------------------------------------------------------------
 *
 * identifier.c
 *	  Names of the factory as identifiers of this database.
 *
 * Names of entities and attributes have up to 50 characters, which can be
 * 200 bytes; an identifier of PostgreSQL has 63 bytes, and the parser cuts a
 * longer one with no more than a NOTICE.
 *
 *-------------------------------------------------------------------------
 */
#include "identifier.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(osmeta_local_name);

#define HASH_DIGITS 6

/* Names that a table of PostgreSQL has already. */
static const char *const system_columns[] = {
	"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"
};

char *
osmeta_hash_name(const char *name, const char *hashed)
{
	int			kept = pg_mbcliplen(name, (int) strlen(name),
									NAMEDATALEN - 1 - HASH_DIGITS - 1);
	Datum		hash = DirectFunctionCall1(md5_text,
										   CStringGetTextDatum(hashed));

	return psprintf("%.*s_%.*s", kept, name, HASH_DIGITS,
					TextDatumGetCString(hash));
}

char *
osmeta_fit_name(const char *name)
{
	return strlen(name) < NAMEDATALEN ? pstrdup(name) : osmeta_hash_name(name, name);
}

const char *
osmeta_quote_name(const char *name)
{
	return quote_identifier(osmeta_fit_name(name));
}

/* The name here of a column of the factory, which can have any name. */
Datum
osmeta_local_name(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (int i = 0; i < (int) lengthof(system_columns); i++)
	{
		if (strcmp(name, system_columns[i]) == 0)
			PG_RETURN_TEXT_P(cstring_to_text(osmeta_hash_name(name, name)));
	}
	PG_RETURN_TEXT_P(cstring_to_text(osmeta_fit_name(name)));
}
