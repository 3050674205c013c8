/*-------------------------------------------------------------------------
 *
 * osmeta_tds.c
 *	  The module as such.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "fmgr.h"

#include "connection.h"
#include "reader.h"
#include "scan.h"
#include "tds_sink.h"

OSMETA_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	osmeta_tds_init_connection();
	osmeta_tds_init_sink();
	osmeta_tds_init_reader();
	osmeta_tds_init_scan();
}
