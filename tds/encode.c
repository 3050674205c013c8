/*-------------------------------------------------------------------------
 *
 * encode.c
 *	  Values as a TDS server has them.
 *
 *-------------------------------------------------------------------------
 */
#include "encode.h"

#include <string.h>

/* Days from 1900-01-01 to 2000-01-01, 1753-01-01, 9999-12-31, 2079-06-06. */
#define DAYS_TO_2000 INT64_C(36524)
#define FIRST_DATETIME (-53690)
#define LAST_DATETIME 2958463
#define LAST_SMALLDATETIME 65535

#define MICROSECONDS_A_DAY INT64_C(86400000000)
#define MICROSECONDS_A_MINUTE INT64_C(60000000)
#define TICKS_A_DAY 25920000
#define TICKS_A_MINUTE 18000

static unsigned char *
put_unit(unsigned char *to, uint32_t unit)
{
	*to++ = (unsigned char) (unit & 0xFF);
	*to++ = (unsigned char) (unit >> 8);
	return to;
}

/*
 * One character that is not ASCII; gives the number of bytes that it took, 0
 * if they are none of UTF-8.
 */
static size_t
read_character(const unsigned char *p, const unsigned char *end,
			   uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t		length = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;

	if (*p < 0xC2 || *p > 0xF4 || (size_t) (end - p) < length)
		return 0;
	*code = *p & (0x7Fu >> length);
	for (size_t i = 1; i < length; i++)
	{
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3F);
	}
	if (*code < least[length] || *code > 0x10FFFF ||
		(*code >= 0xD800 && *code <= 0xDFFF))
		return 0;
	return length;
}

size_t
osmeta_encode_utf16(const char *from, size_t length, unsigned char *to)
{
	const unsigned char *p = (const unsigned char *) from;
	const unsigned char *end = p + length;
	unsigned char *start = to;

	while (p < end)
	{
		uint32_t	code;
		size_t		taken;

		/* most of most texts */
		while (p < end && *p < 0x80)
		{
			to[0] = *p++;
			to[1] = 0;
			to += 2;
		}
		if (p == end)
			break;
		taken = read_character(p, end, &code);
		if (taken == 0)
			return OSMETA_UTF16_INVALID;
		p += taken;
		if (code < 0x10000)
			to = put_unit(to, code);
		else
		{
			to = put_unit(to, 0xD800 | (code - 0x10000) >> 10);
			to = put_unit(to, 0xDC00 | ((code - 0x10000) & 0x3FF));
		}
	}
	return (size_t) (to - start);
}

/* Days since 1900-01-01, and what is left of the moment. */
static int64_t
split_day(int64_t moment, int64_t *rest)
{
	int64_t		day = moment / MICROSECONDS_A_DAY;

	*rest = moment % MICROSECONDS_A_DAY;
	if (*rest < 0)
	{
		*rest += MICROSECONDS_A_DAY;
		day--;
	}
	return day + DAYS_TO_2000;
}

bool
osmeta_encode_datetime(int64_t moment, int32_t *days, int32_t *ticks)
{
	int64_t		rest;
	int64_t		day = split_day(moment, &rest);

	/* three ticks are 10,000 microseconds */
	rest = (rest * 3 + 5000) / 10000;
	if (rest >= TICKS_A_DAY)
	{
		rest -= TICKS_A_DAY;
		day++;
	}
	if (day < FIRST_DATETIME || day > LAST_DATETIME)
		return false;
	*days = (int32_t) day;
	*ticks = (int32_t) rest;
	return true;
}

bool
osmeta_encode_smalldatetime(int64_t moment, int32_t *days, int32_t *ticks)
{
	int64_t		rest;
	int64_t		day = split_day(moment, &rest);
	int64_t		minutes = (rest + MICROSECONDS_A_MINUTE / 2) /
	MICROSECONDS_A_MINUTE;

	if (minutes >= MICROSECONDS_A_DAY / MICROSECONDS_A_MINUTE)
	{
		minutes = 0;
		day++;
	}
	if (day < 0 || day > LAST_SMALLDATETIME)
		return false;
	*days = (int32_t) day;
	*ticks = (int32_t) minutes * TICKS_A_MINUTE;
	return true;
}

/* The first three fields of the text are numbers, the others bytes. */
void
osmeta_encode_uuid(const unsigned char *from, unsigned char *to)
{
	static const int order[16] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
	};

	for (int i = 0; i < 16; i++)
		to[i] = from[order[i]];
}

/* Add one to the last of some digits; true if it is carried over the first. */
static bool
add_one(char *digits, int count)
{
	for (int i = count; i-- > 0;)
	{
		if (digits[i] != '9')
		{
			digits[i]++;
			return false;
		}
		digits[i] = '0';
	}
	return true;
}

bool
osmeta_encode_decimal(const char *string, int precision, int scale, char *to)
{
	char		digits[1 + 38 + 1] = "";
	int			whole = 0;		/* digits before the point */
	int			count;
	bool		is_negative = *string == '-';

	if (precision > 38 || scale > precision)
		return false;
	if (*string == '-' || *string == '+')
		string++;
	if (*string < '0' || *string > '9')
		return false;
	while (*string == '0' && string[1] >= '0' && string[1] <= '9')
		string++;
	/* the first is for what rounding carries */
	digits[0] = '0';
	for (; *string >= '0' && *string <= '9'; string++)
	{
		/* a zero before the point takes no digit of the precision */
		if (whole == 0 && *string == '0')
		{
			string++;
			break;
		}
		if (whole >= precision - scale)
			return false;
		digits[1 + whole++] = *string;
	}
	count = 1 + whole;
	for (int i = 0; i < scale; i++)
		digits[count + i] = '0';
	if (*string == '.')
	{
		string++;
		for (int i = 0; i < scale && *string >= '0' && *string <= '9'; i++)
			digits[count + i] = *string++;
	}
	else if (*string != '\0')
		return false;
	count += scale;
	if (*string >= '5' && *string <= '9')
		(void) add_one(digits, count);
	while (*string >= '0' && *string <= '9')
		string++;
	if (*string != '\0' || (digits[0] != '0' && whole >= precision - scale))
		return false;

	/* what is rounded to nothing has no sign */
	if (is_negative && strspn(digits, "0") < (size_t) count)
		*to++ = '-';
	if (digits[0] != '0')
		*to++ = digits[0];
	else if (whole == 0)
		*to++ = '0';
	memcpy(to, digits + 1, (size_t) whole);
	to += whole;
	if (scale > 0)
	{
		*to++ = '.';
		memcpy(to, digits + 1 + whole, (size_t) scale);
		to += scale;
	}
	*to = '\0';
	return true;
}
