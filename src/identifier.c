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

#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#define HASH_DIGITS 6

char *
osmeta_fit_name(const char *name)
{
	int			length = (int) strlen(name);
	int			kept;
	uint32		hash;

	if (length < NAMEDATALEN)
		return pstrdup(name);
	kept = pg_mbcliplen(name, length, NAMEDATALEN - 1 - HASH_DIGITS - 1);
	hash = hash_bytes((const unsigned char *) name, length);
	return psprintf("%.*s_%06x", kept, name, hash & 0xffffff);
}

const char *
osmeta_quote_name(const char *name)
{
	return quote_identifier(osmeta_fit_name(name));
}
