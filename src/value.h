/*-------------------------------------------------------------------------
 *
 * value.h
 *	  What the entry points of the value functions share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_VALUE_H
#define OSMETA_VALUE_H

#include "compat.h"

#include "dialect.h"

/* The dialect of this name; an error that lists them if there is none. */
extern Dialect osmeta_dialect(const text *name);

#endif							/* OSMETA_VALUE_H */
