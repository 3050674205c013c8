/*-------------------------------------------------------------------------
 *
 * mask.h
 *	  Masks: values become other values of the same shape, under a key.
 *
 * Pure C: no memory is allocated, nothing is reported.
 *
 * A text is its letters and digits (characters of an alphabet of
 * mask_alphabet.h) and the rest, which stays where it is.  Each character
 * becomes another one of its alphabet, in the form that stood there: a
 * capital stays a capital.  Which one depends on all letters and digits of the
 * text without their forms.  For each sequence of alphabets this is a
 * permutation, so that
 *
 *	- different values become different values;
 *	- values that differ in more than case, trailing blanks or punctuation
 *	  do so afterwards, and values that differ in nothing else neither;
 *	- a value keeps its length, in characters and in bytes.
 *
 * The permutation is a Feistel network over the product of the alphabets, of
 * twelve rounds; where that product has no more than 2^20 elements, halves
 * would be too small for it, and it is a swap-or-not shuffle (Hoang, Morris,
 * Rogaway 2012).  Both are bijections whatever their round functions are,
 * which is SipHash-2-4.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_MASK_H
#define OSMETA_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "siphash.h"

/* A character that is permuted. */
typedef struct MaskSymbol
{
	uint32_t	at;				/* where it stands, in bytes */
	uint16_t	index;			/* from 0 to radix - 1 */
	uint16_t	radix;
	uint8_t		alphabet;
	uint8_t		form;
	uint8_t		lowest;			/* letter that index 0 is */
} MaskSymbol;

/*
 * The text, UTF-8, is replaced in place.  symbols has room for len of them;
 * len is less than 2^32; so has those below.
 */
extern void osmeta_mask_text(const SipKey *key, char *str, size_t len,
							 MaskSymbol *symbols);

/*
 * A telephone number: as a text, but leading zeros stay, the first digit
 * behind them is no zero, and the alphabets are those of the digits and
 * letters alone, so that blanks and dashes do not matter.
 */
extern void osmeta_mask_phone(const SipKey *key, char *str, size_t len,
							  MaskSymbol *symbols);

/*
 * A number in decimal notation ("-12.50"): sign, number of digits before the
 * point and of decimals up to the last one that is no zero stay.  What fits
 * 16, 32 or 64 bits with a sign goes on fitting, what does not does not.
 * Zero, and what is no such number, stay as they are.
 */
extern void osmeta_mask_number(const SipKey *key, char *str, size_t len,
							   MaskSymbol *symbols);

/*
 * An address of e-mail: permuted as a text; behind the domain of every
 * address in it comes ".invalid", a domain that never exists (RFC 2606), so
 * that nothing can be delivered.  This is undone by taking it away, hence
 * injective too.  A result of more than max bytes (no less than
 * MASK_EMAIL_MIN) is replaced by 32 hexadecimal digits of a keyed hash of the
 * value, "@invalid", which no other value becomes.  out has room for
 * osmeta_mask_email_room bytes; gives the length.
 */
#define MASK_EMAIL_MIN 40
extern size_t osmeta_mask_email_room(const char *str, size_t len);
extern size_t osmeta_mask_email(const SipKey *key, char *str, size_t len,
								size_t max, MaskSymbol *symbols, char *out);

/*
 * A name: each word becomes an invented one of as many letters that can be
 * pronounced, always the same one, capitals where they were.  Not injective:
 * two names may become one.  Replaced in place; gives the length, which is
 * at most len.
 */
extern size_t osmeta_mask_name(const SipKey *key, char *str, size_t len);

/*
 * A day, counted from 1900-01-01: moved back by as many days as the key says,
 * from 180 to 1825.  1900-01-01, which means that there is no date, and what
 * lies outside MASK_DAY_FIRST to MASK_DAY_LAST (no dates of persons: marks
 * such as 9999-12-31) stay.  A permutation of the days.
 */
#define MASK_DAY_FIRST 1		/* 1900-01-02 */
#define MASK_DAY_LAST 109572	/* 2199-12-31 */
extern int32_t osmeta_mask_day(const SipKey *key, int32_t day);

#endif							/* OSMETA_MASK_H */
