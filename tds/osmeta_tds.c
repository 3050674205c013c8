/*-------------------------------------------------------------------------
 *
 * osmeta_tds.c
 *	  The module as such.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "fmgr.h"

OSMETA_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
}
