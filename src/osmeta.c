/*-------------------------------------------------------------------------
 *
 * osmeta.c
 *	  What happens when the library is loaded: the module magic and the
 *	  settings.
 *
 * Settings (all under the reserved prefix "osmeta"):
 *	osmeta.capture	the capture ids that the views show, separated by commas;
 *					empty shows the latest capture of each environment.
 *	osmeta.mask_secret	see mask_key.c.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/guc.h"

#include "mask_key.h"
#include "osmeta.h"

OSMETA_MODULE_MAGIC;

static char *osmeta_capture = NULL;

void		_PG_init(void);

/*
 * Accept a list of positive bigints separated by commas, blanks allowed, and
 * the empty string.  No leading zeros: the views compare the ids as text.
 */
static bool
check_capture(char **newval, void **extra, GucSource source)
{
	const char *p = *newval;

	if (p == NULL)
		return true;
	while (*p == ' ')
		p++;
	if (*p == '\0')
		return true;
	for (;;)
	{
		uint64		value = 0;
		int			digits = 0;
		char		first;

		while (*p == ' ')
			p++;
		first = *p;
		for (; *p >= '0' && *p <= '9' && digits < 19; p++, digits++)
			value = value * 10 + (uint64) (*p - '0');
		while (*p == ' ')
			p++;
		if (digits == 0 || first == '0' || value > (uint64) PG_INT64_MAX ||
			(*p != ',' && *p != '\0'))
		{
			GUC_check_errdetail("\"%s\" is not a list of capture ids.",
								*newval);
			GUC_check_errhint("Give ids of table osmeta.capture separated by commas, or nothing for the latest capture of each environment.");
			return false;
		}
		if (*p == '\0')
			return true;
		p++;
	}
}

void
_PG_init(void)
{
	/*
	 * Keys, hashes and cuts are computed on UTF-8.  The first function of the
	 * install script loads the library, so this is what CREATE EXTENSION
	 * says.  (Preloaded, the library comes before there is a database.)
	 */
	if (OidIsValid(MyDatabaseId) && GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("osmeta needs a database in encoding UTF8, this one is in %s",
						GetDatabaseEncodingName()),
				 errhint("CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.")));

	DefineCustomStringVariable("osmeta.capture",
							   "The captures that the views of osmeta show.",
							   "A list of capture ids; empty for the latest capture of each environment.",
							   &osmeta_capture,
							   "",
							   PGC_USERSET,
							   0,
							   check_capture,
							   NULL,
							   NULL);
	osmeta_mask_define_setting();
	MarkGUCPrefixReserved("osmeta");
}
