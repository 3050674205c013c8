/*-------------------------------------------------------------------------
 *
 * name_check.c
 *	  Names that become schemas here: of environments and of plans.
 *
 * Such a name is also written in front of "@capture_id", so that it cannot
 * hold an "@"; it may hold anything else that PostgreSQL accepts in a name,
 * quotes and newlines included.  A name that is too long is an error: cut, it
 * could be the name of something else.
 *
 *-------------------------------------------------------------------------
 */
#include "name_check.h"

#include "mb/pg_wchar.h"

/* How much of a name that is too long the message shows, in bytes. */
#define SHOWN_BYTES 40

void
osmeta_check_name(const char *kind, const char *name)
{
	static const char *const reserved[] = {
		OSMETA_SCHEMA, "public", "information_schema"
	};
	size_t		length;

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s name must not be null", kind)));

	length = strlen(name);
	if (length == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("%s name must not be empty", kind)));
	if (length >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("%s name \"%.*s...\" is too long", kind,
						pg_mbcliplen(name, (int) length, SHOWN_BYTES), name),
				 errdetail("It has %zu bytes; at most %d are possible.",
						   length, NAMEDATALEN - 1)));
	if (strchr(name, '@') != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("%s name \"%s\" contains an \"@\"", kind, name),
				 errhint("\"@\" separates the name of an environment from the id of a capture.")));
	if (strncmp(name, "pg_", 3) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("%s name \"%s\" is reserved", kind, name),
				 errdetail("The prefix \"pg_\" is reserved for schemas of the system.")));
	for (int i = 0; i < (int) lengthof(reserved); i++)
	{
		if (strcmp(name, reserved[i]) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_RESERVED_NAME),
					 errmsg("%s name \"%s\" is reserved", kind, name),
					 errhint("Choose a name that is no schema of another purpose.")));
	}
}
