/*-------------------------------------------------------------------------
 *
 * text_clean.h
 *	  Texts that hold what is no character here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TEXT_CLEAN_H
#define OSMETA_TEXT_CLEAN_H

#include "osmeta.h"

/*
 * The text itself if all of it is valid in the database's encoding and holds
 * no NUL; else a palloc'd copy with U+FFFD in the place of each byte that is
 * not.  value is not toasted (its header may be short).
 */
extern text *osmeta_clean(text *value);

#endif							/* OSMETA_TEXT_CLEAN_H */
