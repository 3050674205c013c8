/*-------------------------------------------------------------------------
 *
 * encode.h
 *	  Values as a TDS server has them.
 *
 * Pure: takes no memory and raises no errors.  Moments are given as the
 * server keeps them, in microseconds since 2000-01-01 00:00:00.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_ENCODE_H
#define OSMETA_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OSMETA_UTF16_INVALID ((size_t) -1)

/*
 * UTF-8 to UTF-16LE.  Gives the number of bytes, at most twice the length
 * given, for which there must be room; OSMETA_UTF16_INVALID for what is no
 * UTF-8.
 */
extern size_t osmeta_encode_utf16(const char *from, size_t length,
								  unsigned char *to);

/*
 * A moment as a datetime: days since 1900-01-01 and three hundredths of a
 * second since midnight, to which it is rounded.  False if it is out of
 * range.
 */
extern bool osmeta_encode_datetime(int64_t moment, int32_t *days,
								   int32_t *ticks);

/* The same for smalldatetime, which has whole minutes. */
extern bool osmeta_encode_smalldatetime(int64_t moment, int32_t *days,
										int32_t *ticks);

/* The bytes of a uuid in the order that uniqueidentifier has. */
extern void osmeta_encode_uuid(const unsigned char *from, unsigned char *to);

/* Room for a number of 38 digits, a sign, a point and a zero before it. */
#define OSMETA_DECIMAL_SIZE 48

/*
 * A number, written in plain decimal notation, rounded half away from zero to
 * so many decimals.  False if it has too many digits then, or is none.
 */
extern bool osmeta_encode_decimal(const char *string, int precision, int scale,
								  char *to);

#endif							/* OSMETA_ENCODE_H */
