/*-------------------------------------------------------------------------
 *
 * format.c
 *	  Values of a TDS server as text.
 *
 *-------------------------------------------------------------------------
 */
#include "format.h"

#include <stdio.h>
#include <string.h>

int
tds_format_day(char *to, size_t size, int64_t days)
{
	/* from 0000-03-01, in eras of 400 years, so that leap days come last */
	int64_t		z = days + 693901;
	int64_t		era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t		day = z - era * 146097;
	int64_t		year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t		rest = day - (365 * year + year / 4 - year / 100);
	int64_t		month = (5 * rest + 2) / 153;

	return snprintf(to, size, "%04d-%02d-%02d",
					(int) (year + era * 400 + (month >= 10)),
					(int) (month < 10 ? month + 3 : month - 9),
					(int) (rest - (153 * month + 2) / 5 + 1));
}

int
tds_format_time(char *to, size_t size, uint64_t units, int decimals)
{
	uint64_t	seconds = units / 10000000;
	uint64_t	fraction = units % 10000000;
	int			length;

	for (int i = decimals; i < 7; i++)
		fraction /= 10;
	length = snprintf(to, size, "%02d:%02d:%02d", (int) (seconds / 3600),
					  (int) (seconds / 60 % 60), (int) (seconds % 60));
	if (decimals > 0)
		length += snprintf(to + length, size - length, ".%0*d", decimals,
						   (int) fraction);
	return length;
}

int
tds_format_moment(char *to, size_t size, int64_t days, uint64_t units,
				  int decimals)
{
	int			length = tds_format_day(to, size, days);

	to[length++] = ' ';
	return length + tds_format_time(to + length, size - length, units,
									decimals);
}

int
tds_format_money(char *to, size_t size, int64_t value)
{
	uint64_t	magnitude = value < 0 ? -(uint64_t) value : (uint64_t) value;

	return snprintf(to, size, "%s%llu.%04d", value < 0 ? "-" : "",
					(unsigned long long) (magnitude / 10000),
					(int) (magnitude % 10000));
}

int
tds_format_unique(char *to, size_t size, const unsigned char *data)
{
	uint32_t	first;
	uint16_t	second;
	uint16_t	third;

	memcpy(&first, data, 4);
	memcpy(&second, data + 4, 2);
	memcpy(&third, data + 6, 2);
	return snprintf(to, size,
					"%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
					(unsigned int) first, second, third, data[8], data[9],
					data[10], data[11], data[12], data[13], data[14],
					data[15]);
}

/* Bits that a number of so many digits may take. */
#define BITS_OF_DIGITS(digits) ((digits) * 3322 / 1000 + 1)

bool
tds_decimal_integer(const unsigned char *array, int precision, int64_t *value)
{
	int			size = (BITS_OF_DIGITS(precision) + 7) / 8;
	uint64_t	magnitude = 0;

	for (int i = 1; i <= size; i++)
	{
		if (magnitude > (UINT64_C(1) << 55) - 1)
			return false;
		magnitude = magnitude << 8 | array[i];
	}
	*value = array[0] != 0 ? -(int64_t) magnitude : (int64_t) magnitude;
	return true;
}

int64_t
tds_integer(const unsigned char *data, size_t size)
{
	int64_t		eight;
	int32_t		four;
	int16_t		two;

	switch (size)
	{
		case 8:
			memcpy(&eight, data, 8);
			return eight;
		case 4:
			memcpy(&four, data, 4);
			return four;
		case 2:
			memcpy(&two, data, 2);
			return two;
		default:
			return *data;
	}
}

double
tds_number(const unsigned char *data, size_t size)
{
	double		eight;
	float		four;

	if (size == 8)
	{
		memcpy(&eight, data, 8);
		return eight;
	}
	memcpy(&four, data, 4);
	return four;
}
