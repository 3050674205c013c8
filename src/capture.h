/*-------------------------------------------------------------------------
 *
 * capture.h
 *	  Captures: copies of a factory's metamodel.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_CAPTURE_H
#define OSMETA_CAPTURE_H

#include "osmeta.h"

/*
 * What an argument "environment" or "environment@capture_id" stands for: the
 * name of the environment, in the memory context that was current at
 * osmeta_spi_begin(), and the id of the capture (the latest if none is
 * given).  To be called between osmeta_spi_begin() and osmeta_spi_end().
 * Errors: 22023 if the id is no number; 42704 with a hint if there is no such
 * capture or none at all.
 */
extern char *osmeta_capture_resolve(const char *argument, int64 *capture_id);

#endif							/* OSMETA_CAPTURE_H */
