/*-------------------------------------------------------------------------
 *
 * tds_encode_test.c
 *	  Values and names for a TDS server, by brute force where that is
 *	  possible.
 *
 * Prints TAP.  Stands apart from the server: encode.c and transact.c are pure.
 *
 *-------------------------------------------------------------------------
 */
#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include "encode.h"
#include "transact.h"

#define DAY INT64_C(86400000000)
#define MILLISECOND INT64_C(1000)

/* 1900-01-01, in days since 2000-01-01 */
#define EPOCH INT64_C(-36524)

static int	tests;
static int	failures;

static void
check(bool ok, const char *name)
{
	tests++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", tests, name);
}

static void
check_text(const char *got, const char *expected, const char *name)
{
	bool		ok = strcmp(got, expected) == 0;

	check(ok, name);
	if (!ok)
		printf("# got %s, expected %s\n", got, expected);
}

static size_t
write_utf8(unsigned code, unsigned char *to)
{
	if (code < 0x80)
	{
		to[0] = (unsigned char) code;
		return 1;
	}
	if (code < 0x800)
	{
		to[0] = (unsigned char) (0xC0 | code >> 6);
		to[1] = (unsigned char) (0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000)
	{
		to[0] = (unsigned char) (0xE0 | code >> 12);
		to[1] = (unsigned char) (0x80 | (code >> 6 & 0x3F));
		to[2] = (unsigned char) (0x80 | (code & 0x3F));
		return 3;
	}
	to[0] = (unsigned char) (0xF0 | code >> 18);
	to[1] = (unsigned char) (0x80 | (code >> 12 & 0x3F));
	to[2] = (unsigned char) (0x80 | (code >> 6 & 0x3F));
	to[3] = (unsigned char) (0x80 | (code & 0x3F));
	return 4;
}

/* Every character there is, between others, against the C library. */
static void
test_all_characters(void)
{
	iconv_t		converter = iconv_open("UTF-16LE", "UTF-8");
	bool		ok = true;

	for (unsigned code = 1; code <= 0x10FFFF && ok; code++)
	{
		unsigned char string[16];
		unsigned char expected[32];
		unsigned char got[32];
		char	   *in = (char *) string;
		char	   *out = (char *) expected;
		size_t		length;
		size_t		in_left;
		size_t		out_left = sizeof(expected);

		if (code >= 0xD800 && code <= 0xDFFF)
			continue;
		string[0] = 'a';
		length = 1 + write_utf8(code, string + 1);
		length += write_utf8(0xE9, string + length);
		string[length++] = ' ';
		in_left = length;
		ok = iconv(converter, &in, &in_left, &out, &out_left) == 0;
		length = osmeta_encode_utf16((const char *) string, length, got);
		ok = ok && length == sizeof(expected) - out_left &&
			memcmp(got, expected, length) == 0;
	}
	iconv_close(converter);
	check(ok, "every character of Unicode becomes the UTF-16 of the C library");
}

static void
test_invalid(void)
{
	static const char *const texts[] = {
		"\x80", "\xC1\x81", "\xC3", "a\xE2\x82", "\xED\xA0\x80", "\xE0\x80\x80",
		"\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3(",
		"\xFF"
	};
	unsigned char to[32];
	bool		ok = true;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ok = ok && osmeta_encode_utf16(texts[i], strlen(texts[i]), to) ==
			OSMETA_UTF16_INVALID;
	check(ok, "what is no UTF-8 is told");
	check(osmeta_encode_utf16("", 0, to) == 0, "no text is no bytes");
}

/* What a datetime shows: milliseconds that end with 0, 3 or 7. */
static int
shown(int32_t ticks)
{
	return (ticks * 10 + 1) / 3;
}

static void
test_datetime(void)
{
	int32_t		days;
	int32_t		ticks;
	bool		kept = true;
	bool		nearest = true;

	for (int ms = 0; ms < 86400000; ms++)
	{
		int			last = ms % 10;
		int64_t		moment = EPOCH * DAY + ms * MILLISECOND;
		bool		ok = osmeta_encode_datetime(moment, &days, &ticks);

		if (last == 0 || last == 3 || last == 7)
			kept = kept && ok && days == 0 && shown(ticks) == ms;
		else
		{
			/* 1 -> 0, 2 4 -> 3, 5 6 8 -> 7, 9 -> 10 */
			static const int rounded[] = {0, 0, 3, 3, 3, 7, 7, 7, 7, 10};
			int			expected = ms - last + rounded[last];

			nearest = nearest && ok &&
				days * 86400000 + shown(ticks) == expected;
		}
	}
	check(kept, "every moment of a day that datetime has is kept to its last digit");
	check(nearest, "other moments become those that the server rounds them to");

	check(osmeta_encode_datetime(EPOCH * DAY, &days, &ticks) &&
		  days == 0 && ticks == 0, "1900-01-01 is the day 0");
	check(osmeta_encode_datetime(EPOCH * DAY - 3 * MILLISECOND, &days,
								 &ticks) &&
		  days == -1 && ticks == 25919999,
		  "the last moment of 1899 is the last of the day before");
	check(osmeta_encode_datetime((EPOCH - 53690) * DAY, &days, &ticks) &&
		  days == -53690, "1753-01-01 is the first day");
	check(!osmeta_encode_datetime((EPOCH - 53690) * DAY - 1667, &days,
								  &ticks), "before 1753 there is none");
	check(osmeta_encode_datetime((EPOCH + 2958464) * DAY - 3 * MILLISECOND,
								 &days, &ticks) &&
		  days == 2958463 && ticks == 25919999,
		  "9999-12-31 23:59:59.997 is the last moment");
	check(!osmeta_encode_datetime((EPOCH + 2958464) * DAY - MILLISECOND,
								  &days, &ticks),
		  "what would be rounded into the year 10000 is none");
	check(!osmeta_encode_datetime(INT64_MAX, &days, &ticks) &&
		  !osmeta_encode_datetime(INT64_MIN, &days, &ticks),
		  "infinity is none");

	check(osmeta_encode_smalldatetime((EPOCH + 1) * DAY + 89999999, &days,
									  &ticks) &&
		  days == 1 && ticks == 18000, "smalldatetime is rounded to a minute");
	check(osmeta_encode_smalldatetime((EPOCH + 1) * DAY - 1, &days, &ticks) &&
		  days == 1 && ticks == 0, "and into the next day");
	check(osmeta_encode_smalldatetime((EPOCH + 65536) * DAY - 60000000, &days,
									  &ticks) &&
		  days == 65535 && ticks == 1439 * 18000,
		  "2079-06-06 23:59 is its last moment");
	check(!osmeta_encode_smalldatetime((EPOCH + 65536) * DAY - 1, &days,
									   &ticks), "after which there is none");
	check(!osmeta_encode_smalldatetime(EPOCH * DAY - DAY, &days, &ticks),
		  "and none before 1900");
}

static const char *
decimal(const char *string, int precision, int scale)
{
	static char to[OSMETA_DECIMAL_SIZE];

	return osmeta_encode_decimal(string, precision, scale, to) ? to : "(none)";
}

static void
test_decimal(void)
{
	check_text(decimal("12345678901234567890123456789.12345678", 37, 8),
			   "12345678901234567890123456789.12345678",
			   "decimal(37,8) keeps all digits");
	check_text(decimal("-99999999999999999999999999999.99999999", 37, 8),
			   "-99999999999999999999999999999.99999999",
			   "and the least of them");
	check_text(decimal("99999999999999999999999999999.999999995", 37, 8),
			   "(none)", "what does not fit when it is rounded is refused");
	check_text(decimal("100000000000000000000000000000", 37, 8), "(none)",
			   "what does not fit is refused");
	check_text(decimal("99999999999999999999999999999999999999", 38, 0),
			   "99999999999999999999999999999999999999", "38 digits");
	check_text(decimal("0.99999999999999999999999999999999999999", 38, 38),
			   "0.99999999999999999999999999999999999999", "38 decimals");
	check_text(decimal("0.999999999999999999999999999999999999995", 38, 38),
			   "(none)", "38 decimals that round to one");
	check_text(decimal("0", 5, 2), "0.00", "zero");
	check_text(decimal("0.10", 5, 1), "0.1", "fewer decimals");
	check_text(decimal("7", 5, 2), "7.00", "more decimals");
	check_text(decimal("-0.004", 5, 2), "0.00", "nothing has no sign");
	check_text(decimal("-0.005", 5, 2), "-0.01", "half away from zero");
	check_text(decimal("1.25", 5, 1), "1.3", "half up");
	check_text(decimal("1.249999", 5, 1), "1.2", "less than half down");
	check_text(decimal("99.95", 4, 1), "100.0", "rounding carries");
	check_text(decimal("99.95", 3, 1), "(none)", "and can be too much");
	check_text(decimal("0.5", 1, 0), "1", "to a whole number");
	check_text(decimal("0007.5", 2, 1), "7.5", "leading zeros do not count");
	check_text(decimal("NaN", 37, 8), "(none)", "NaN is no number");
	check_text(decimal("Infinity", 37, 8), "(none)", "nor is infinity");
	check_text(decimal("-Infinity", 37, 8), "(none)", "nor what is below");
	check_text(decimal("1e5", 37, 8), "(none)", "nor an exponent");
	check_text(decimal("", 37, 8), "(none)", "nor an empty text");
	check_text(decimal("1.2.3", 37, 8), "(none)", "nor a second point");
}

static void
test_uuid(void)
{
	static const unsigned char from[16] = {
		0x6F, 0x96, 0x19, 0xFF, 0x8B, 0x86, 0xD0, 0x11,
		0xB4, 0x2D, 0x00, 0xC0, 0x4F, 0xC9, 0x64, 0xFF
	};
	static const unsigned char expected[16] = {
		0xFF, 0x19, 0x96, 0x6F, 0x86, 0x8B, 0x11, 0xD0,
		0xB4, 0x2D, 0x00, 0xC0, 0x4F, 0xC9, 0x64, 0xFF
	};
	unsigned char to[16];

	osmeta_encode_uuid(from, to);
	check(memcmp(to, expected, 16) == 0,
		  "the first three fields of a uuid are numbers");
}

static const char *
identifier(const char *name)
{
	static char to[OSMETA_TRANSACT_QUOTED(300)];
	size_t		length = osmeta_transact_identifier(name, to);

	return length == strlen(to) ? to : "(wrong length)";
}

static const char *
literal(const char *string)
{
	static char to[OSMETA_TRANSACT_QUOTED(300)];
	size_t		length = osmeta_transact_literal(string, to);

	return length == strlen(to) ? to : "(wrong length)";
}

static const char *
declaration(const char *type, int length, int precision, int scale)
{
	static char to[OSMETA_TRANSACT_DECLARATION];

	(void) osmeta_transact_declaration(osmeta_transact_type(type), length, precision,
									   scale, to);
	return to;
}

static void
test_tsql(void)
{
	char		hostile[257];

	check_text(identifier("ORDER"), "[ORDER]", "a name");
	check_text(identifier("a b'c\"d"), "[a b'c\"d]", "with marks and blanks");
	check_text(identifier("a]b"), "\"a]b\"", "with a bracket");
	check_text(identifier("a]]\"b"), "[a]]]]\"b]", "with both");
	check_text(identifier("x]; DROP TABLE y --"), "\"x]; DROP TABLE y --\"",
			   "that would end");
	check_text(identifier(""), "[]", "an empty one, which is an error there");
	memset(hostile, ']', 255);
	hostile[255] = '"';
	hostile[256] = '\0';
	check(strlen(identifier(hostile)) == 2 + 2 * 255 + 1,
		  "the longest quoted name fits the room that is said to be enough");
	check_text(literal("it's"), "N'it''s'", "a text");
	check_text(literal("'; DROP TABLE y --"), "N'''; DROP TABLE y --'",
			   "that would end");
	check_text(literal(""), "N''", "an empty text");

	check_text(declaration("nvarchar", 100, 0, 0), "nvarchar(50)", "nvarchar");
	check_text(declaration("nvarchar", -1, 0, 0), "nvarchar(max)", "of any length");
	check_text(declaration("varchar", 8000, 0, 0), "varchar(8000)", "varchar");
	check_text(declaration("numeric", 17, 37, 8), "decimal(37,8)", "numeric");
	check_text(declaration("datetime2", 8, 27, 7), "datetime2(7)", "datetime2");
	check_text(declaration("datetime", 8, 23, 3), "datetime", "datetime");
	check_text(declaration("varbinary", -1, 0, 0), "varbinary(max)", "varbinary");
	check_text(declaration("binary", 16, 0, 0), "binary(16)", "binary");
	check_text(declaration("rowversion", 8, 0, 0), "timestamp", "rowversion");
	check(osmeta_transact_type("sql_variant") == TSQL_OTHER &&
		  osmeta_transact_type("geography") == TSQL_OTHER,
		  "types that nothing can be written into are others");
}

int
main(void)
{
	test_all_characters();
	test_invalid();
	test_datetime();
	test_decimal();
	test_uuid();
	test_tsql();
	printf("1..%d\n", tests);
	return failures > 0;
}
