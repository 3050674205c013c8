/*-------------------------------------------------------------------------
 *
 * osmeta.h
 *	  What all C files of osmeta that live in the backend share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_H
#define OSMETA_H

#include "compat.h"

/* The schema of the extension: fixed, since it is not relocatable. */
#define OSMETA_SCHEMA "osmeta"

#endif							/* OSMETA_H */
