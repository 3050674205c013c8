/*-------------------------------------------------------------------------
 *
 * mask.c
 *	  Fuzz target: masks.
 *
 * The input is two texts with a line break between them.  What must hold for
 * every text is checked for the first one, and what must hold for every two
 * for both.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include <string.h>

#include "mask.h"

static const SipKey key = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)};

typedef enum Kind
{
	KIND_TEXT,
	KIND_PHONE,
	KIND_NUMBER,
	KIND_EMAIL,
	KIND_NAME,
	KINDS
} Kind;

/* The mask of a text, malloc'd. */
static char *
masked(Kind kind, const char *str, size_t len, size_t *result_len)
{
	/* exactly as much room as is asked for, so that more is found */
	char	   *copy = malloc(len + 1);
	MaskSymbol *symbols = malloc((len + 1) * sizeof(MaskSymbol));
	char	   *out;

	memcpy(copy, str, len);
	copy = realloc(copy, len > 0 ? len : 1);
	symbols = realloc(symbols, (len > 0 ? len : 1) * sizeof(MaskSymbol));
	*result_len = len;
	switch (kind)
	{
		case KIND_TEXT:
			osmeta_mask_text(&key, copy, len, symbols);
			break;
		case KIND_PHONE:
			osmeta_mask_phone(&key, copy, len, symbols);
			break;
		case KIND_NUMBER:
			osmeta_mask_number(&key, copy, len, symbols);
			break;
		case KIND_EMAIL:
			out = malloc(osmeta_mask_email_room(str, len));
			*result_len = osmeta_mask_email(&key, copy, len, 250, symbols, out);
			CHECK(*result_len <= osmeta_mask_email_room(str, len));
			free(copy);
			copy = out;
			break;
		default:
			*result_len = osmeta_mask_name(&key, copy, len);
			break;
	}
	free(symbols);
	return copy;
}

static bool
is_punctuation(char c)
{
	return (c >= 0 && c < '0') || (c > '9' && c < 'A') || c == 0x7F;
}

static void
check_one(Kind kind, const char *str, size_t len)
{
	size_t		result_len;
	size_t		again_len;
	size_t		chars;
	size_t		result_chars;
	char	   *result = masked(kind, str, len, &result_len);
	char	   *again = masked(kind, str, len, &again_len);
	bool		valid = utf8_valid(str, len, &chars);

	CHECK(again_len == result_len && memcmp(result, again, result_len) == 0);
	if (valid)
	{
		CHECK(utf8_valid(result, result_len, &result_chars));
		CHECK(kind == KIND_EMAIL || result_chars == chars);
	}
	if (kind == KIND_EMAIL)
	{
		/* no domain without the end that makes it unreal */
		for (size_t i = 0; i + 1 < result_len; i++)
			if (result[i] == '@' && ((result[i + 1] >= 'a' && result[i + 1] <= 'z') ||
									 (result[i + 1] >= '0' && result[i + 1] <= '9')))
				CHECK(result_len - i >= 8);
		CHECK(result_len <= 250 || len > 250);
	}
	else
		CHECK(kind == KIND_NAME ? result_len <= len : result_len == len);
	if (kind != KIND_EMAIL && kind != KIND_NAME)
	{
		for (size_t i = 0; i < len; i++)
		{
			CHECK(!is_punctuation(str[i]) || result[i] == str[i]);
			CHECK((str[i] >= 'a' && str[i] <= 'z') == (result[i] >= 'a' && result[i] <= 'z'));
			CHECK((str[i] >= 'A' && str[i] <= 'Z') == (result[i] >= 'A' && result[i] <= 'Z'));
			CHECK((str[i] >= '0' && str[i] <= '9') == (result[i] >= '0' && result[i] <= '9'));
		}
	}
	free(result);
	free(again);
}

/* The text in small letters, as far as ASCII goes. */
static char *
lower(const char *str, size_t len)
{
	char	   *copy = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		copy[i] = (char) (str[i] >= 'A' && str[i] <= 'Z' ? str[i] + 32 : str[i]);
	return copy;
}

/* Case of ASCII letters makes no difference but where it stands. */
static void
check_case(Kind kind, const char *str, size_t len)
{
	char	   *small = lower(str, len);
	size_t		result_len;
	size_t		small_len;
	char	   *result = masked(kind, str, len, &result_len);
	char	   *small_result = masked(kind, small, len, &small_len);
	char	   *one = lower(result, result_len);
	char	   *other = lower(small_result, small_len);

	if (kind != KIND_EMAIL || result_len > len)
	{
		/* hashes of long addresses differ */
		CHECK(result_len == small_len);
		CHECK(result_len == MASK_EMAIL_MIN ||
			  memcmp(one, other, small_len) == 0);
	}
	free(small);
	free(result);
	free(small_result);
	free(one);
	free(other);
}

static void
check_two(Kind kind, const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t		x_len;
	size_t		y_len;
	char	   *x = masked(kind, a, a_len, &x_len);
	char	   *y = masked(kind, b, b_len, &y_len);

	CHECK((x_len == y_len && memcmp(x, y, x_len) == 0) ==
		  (a_len == b_len && memcmp(a, b, a_len) == 0));
	free(x);
	free(y);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *str = (const char *) data;
	const char *end = size > 0 ? memchr(str, '\n', size) : NULL;
	size_t		len = end ? (size_t) (end - str) : size;

	for (Kind kind = KIND_TEXT; kind < KINDS; kind++)
	{
		check_one(kind, str, len);
		if (kind != KIND_NUMBER)
			check_case(kind, str, len);
		if (end != NULL && kind != KIND_NAME)
			check_two(kind, str, len, end + 1, size - len - 1);
	}
	if (size >= sizeof(int32_t))
	{
		int32_t		day;
		int32_t		result;

		memcpy(&day, data, sizeof(day));
		result = osmeta_mask_day(&key, day);
		CHECK((day == 0 || day < MASK_DAY_FIRST || day > MASK_DAY_LAST) ==
			  (result == day));
	}
	return 0;
}
