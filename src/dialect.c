/*-------------------------------------------------------------------------
 *
 * dialect.c
 *	  The database engines that a factory can run on.
 *
 * Two names stand for Oracle: the rule for table names changed there, and
 * which one a factory follows shows only in its data.  Everything but table
 * names is the same for both.
 *
 *-------------------------------------------------------------------------
 */
#include "dialect.h"

#include <string.h>

static const struct
{
	const char *name;
	Dialect		dialect;
}			dialects[] = {
	{"sqlserver", DIALECT_SQLSERVER},
	{"oracle", DIALECT_ORACLE},
	{"oracle8", DIALECT_ORACLE8},
	{"postgres", DIALECT_POSTGRES},
};

bool
osmeta_dialect_parse(const char *name, size_t len, Dialect *dialect)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (strlen(dialects[i].name) == len &&
			memcmp(dialects[i].name, name, len) == 0)
		{
			*dialect = dialects[i].dialect;
			return true;
		}
	return false;
}
