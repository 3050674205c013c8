/*-------------------------------------------------------------------------
 *
 * identifier.h
 *	  Names of the factory as identifiers of this database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_IDENTIFIER_H
#define OSMETA_IDENTIFIER_H

#include "osmeta.h"

/*
 * A name that fits an identifier: unchanged up to 63 bytes; a longer one is
 * cut at a character and gets "_" and six hex digits of its hash, so that
 * two long names stay apart.  palloc'd.
 */
extern char *osmeta_fit_name(const char *name);

/* The name, cut at a character where needed, with digits of a hash behind. */
extern char *osmeta_hash_name(const char *name, const char *hashed);

/* As osmeta_fit_name, quoted where needed. */
extern const char *osmeta_quote_name(const char *name);

#endif							/* OSMETA_IDENTIFIER_H */
