/*-------------------------------------------------------------------------
 *
 * fuzz.h
 *	  What the fuzz targets share: a check that names what failed, and an
 *	  opinion on UTF-8 that does not come from the code under test.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_FUZZ_H
#define OSMETA_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define CHECK(condition) \
	do { \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: not so: %s\n", \
					__FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* Length of the valid UTF-8 character at p, or 0. */
static inline size_t
utf8_size(const unsigned char *p, size_t left)
{
	size_t		size;

	if (left == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		size = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
		size = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		size = 4;
	else
		return 0;
	if (left < size)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
		(p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return size;
}

/* Is the text valid UTF-8?  If so *chars is its length in characters. */
static inline bool
utf8_valid(const char *str, size_t len, size_t *chars)
{
	const unsigned char *p = (const unsigned char *) str;

	*chars = 0;
	while (len > 0)
	{
		size_t		size = utf8_size(p, len);

		if (size == 0)
			return false;
		p += size;
		len -= size;
		(*chars)++;
	}
	return true;
}

#endif							/* OSMETA_FUZZ_H */
