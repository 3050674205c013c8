/*-------------------------------------------------------------------------
 *
 * sqlstate.h
 *	  SQLSTATEs for errors of T-SQL servers and of FreeTDS.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_SQLSTATE_H
#define OSMETA_TDS_SQLSTATE_H

#include "dblib.h"

/* Five characters, never NULL. */
extern const char *osmeta_tds_sqlstate(const TdsError *error);

#endif							/* OSMETA_TDS_SQLSTATE_H */
