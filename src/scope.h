/*-------------------------------------------------------------------------
 *
 * scope.h
 *	  Lists of what of a factory is meant, shared by plans and pictures.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_SCOPE_H
#define OSMETA_SCOPE_H

#include "osmeta.h"

/*
 * Every item of scope, a text[], must be well formed (else error 22023) and
 * name an effective entity of the capture (else error 42704); environment is
 * for the message.  Which ones it names, osmeta.scope_entity tells.  To be
 * called between osmeta_spi_begin() and osmeta_spi_end().
 */
extern void osmeta_scope_check(int64 capture_id, const char *environment,
							   Datum scope);

#endif							/* OSMETA_SCOPE_H */
