/*-------------------------------------------------------------------------
 *
 * mask_key.h
 *	  The secret of the masks, and the keys that are made of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_MASK_KEY_H
#define OSMETA_MASK_KEY_H

#include "osmeta.h"

#include "siphash.h"

/* Masks of different kinds have different keys. */
typedef enum MaskKind
{
	MASK_TEXT,
	MASK_EMAIL,
	MASK_NAME,
	MASK_PHONE,
	MASK_NUMBER,
	MASK_DATE
} MaskKind;

#define MASK_KINDS (MASK_DATE + 1)

/* Define the setting osmeta.mask_secret; called once. */
extern void osmeta_mask_define_setting(void);

extern bool osmeta_mask_has_secret(void);

/* Error 55000 if the session has no secret. */
extern const SipKey *osmeta_mask_key(MaskKind kind);

/*
 * 32 hexadecimal digits that tell whether two secrets are the same, and no
 * more, without the salt not even that.  palloc'd; the same error.
 */
extern char *osmeta_mask_check_value(const char *salt);

#endif							/* OSMETA_MASK_KEY_H */
