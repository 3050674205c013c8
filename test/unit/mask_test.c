/*-------------------------------------------------------------------------
 *
 * mask_test.c
 *	  Masks by brute force: every value of small shapes.
 *
 * Prints TAP.  Stands apart from the server: mask.c is pure.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask.h"

#define MAX_LEN 64

static int	tests;
static int	failures;

static const SipKey key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

static void
check(bool ok, const char *name)
{
	tests++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", tests, name);
}

typedef void (*Mask) (const SipKey *, char *, size_t, MaskSymbol *);

/* Characters that can stand at one place of a text. */
typedef struct Place
{
	int			size;
	char		letter[128][4];
} Place;

static void
set_place(Place *place, unsigned first, int count, unsigned step)
{
	place->size = count;
	memset(place->letter, 0, sizeof(place->letter));
	for (int i = 0; i < count; i++)
	{
		unsigned	code = first + (unsigned) i * step;

		if (code < 0x80)
			place->letter[i][0] = (char) code;
		else
		{
			place->letter[i][0] = (char) (0xC0 | code >> 6);
			place->letter[i][1] = (char) (0x80 | (code & 0x3F));
		}
	}
}

/* Number of the text among all of these places, -1 if it is none of them. */
static long
rank_of(const char *str, const Place *place, int places)
{
	long		rank = 0;

	for (int i = 0; i < places; i++)
	{
		int			j;
		size_t		len = 0;

		for (j = 0; j < place[i].size; j++)
		{
			len = strlen(place[i].letter[j]);
			if (strncmp(str, place[i].letter[j], len) == 0)
				break;
		}
		if (j == place[i].size)
			return -1;
		rank = rank * place[i].size + j;
		str += len;
	}
	return *str == '\0' ? rank : -1;
}

/* Does the mask permute all texts of these places? */
static bool
is_permutation(Mask mask, const Place *place, int places, long *fixed)
{
	long		count = 1;
	char	   *seen;
	bool		ok = true;

	for (int i = 0; i < places; i++)
		count *= place[i].size;
	seen = calloc((size_t) count, 1);
	*fixed = 0;
	for (long number = 0; number < count && ok; number++)
	{
		char		str[MAX_LEN] = "";
		MaskSymbol	symbols[MAX_LEN];
		long		rest = number;
		long		rank;
		int			letter[8];

		for (int i = places; i-- > 0;)
		{
			letter[i] = (int) (rest % place[i].size);
			rest /= place[i].size;
		}
		for (int i = 0; i < places; i++)
			strcat(str, place[i].letter[letter[i]]);
		mask(&key, str, strlen(str), symbols);
		rank = rank_of(str, place, places);
		ok = rank >= 0 && rank < count && !seen[rank];
		if (ok)
			seen[rank] = 1;
		*fixed += rank == number;
	}
	free(seen);
	return ok;
}

static void
check_permutation(Mask mask, const char *name, const Place *place, int places)
{
	long		fixed;

	check(is_permutation(mask, place, places, &fixed), name);
}

/* The mask of a text, in one of four buffers. */
static const char *
masked(Mask mask, const char *text)
{
	static char buffer[4][512];
	static int	next;
	MaskSymbol	symbols[512];
	char	   *str = buffer[next = (next + 1) % 4];

	strcpy(str, text);
	mask(&key, str, strlen(str), symbols);
	return str;
}

static const char *
masked_name(const char *text)
{
	static char buffer[4][512];
	static int	next;
	char	   *str = buffer[next = (next + 1) % 4];

	strcpy(str, text);
	str[osmeta_mask_name(&key, str, strlen(str))] = '\0';
	return str;
}

static const char *
masked_email(const char *text, size_t max)
{
	static char buffer[4][1024];
	static int	next;
	MaskSymbol	symbols[512];
	char		str[512];
	char	   *out = buffer[next = (next + 1) % 4];
	size_t		len;

	strcpy(str, text);
	len = osmeta_mask_email(&key, str, strlen(str), max, symbols, out);
	out[len] = '\0';
	return len <= osmeta_mask_email_room(text, strlen(text)) ? out : "no room";
}

static void
test_texts(void)
{
	static Place place[4];
	Place		digit;
	Place		letter;

	set_place(&digit, '0', 10, 1);
	set_place(&letter, 'a', 26, 1);
	place[0] = digit;
	check_permutation(osmeta_mask_text, "one digit", place, 1);
	place[1] = place[2] = place[3] = digit;
	check_permutation(osmeta_mask_text, "four digits", place, 4);
	place[0] = place[1] = place[2] = letter;
	check_permutation(osmeta_mask_text, "one letter", place, 1);
	check_permutation(osmeta_mask_text, "two letters", place, 2);
	check_permutation(osmeta_mask_text, "three letters", place, 3);
	set_place(&place[1], 'A', 26, 1);
	place[2] = digit;
	check_permutation(osmeta_mask_text, "small, capital, digit", place, 3);
	set_place(&place[0], 0x430, 32, 1);
	check_permutation(osmeta_mask_text, "one of Cyrillic", place, 1);
	set_place(&place[1], 0x5D0, 27, 1);
	set_place(&place[2], 0x410, 32, 1);
	place[3] = digit;
	check_permutation(osmeta_mask_text, "Cyrillic, Hebrew, Cyrillic, digit", place, 4);
	/* 1,247,616 texts: more than are shuffled as one number */
	set_place(&place[0], 0x561, 38, 1);
	set_place(&place[1], 0x430, 32, 1);
	place[2] = place[0];
	set_place(&place[3], 0x5D0, 27, 1);
	check_permutation(osmeta_mask_text, "Armenian, Cyrillic, Armenian, Hebrew", place, 4);
}

/* Every character of the Basic Multilingual Plane, alone. */
static void
test_characters(void)
{
	char	   *seen = calloc(0x10000, 1);
	long		stay = 0;
	bool		ok = true;

	for (unsigned code = 0x80; code < 0x10000 && ok; code++)
	{
		char		str[4];
		MaskSymbol	symbols[3];
		size_t		len = code < 0x800 ? 2 : 3;
		unsigned	result;

		if (code >= 0xD800 && code <= 0xDFFF)
			continue;
		str[0] = (char) (code < 0x800 ? 0xC0 | code >> 6 : 0xE0 | code >> 12);
		str[1] = (char) (0x80 | ((len == 2 ? code : code >> 6) & 0x3F));
		str[2] = (char) (0x80 | (code & 0x3F));
		osmeta_mask_text(&key, str, len, symbols);
		result = (unsigned) (str[0] & (len == 2 ? 0x1F : 0x0F));
		for (size_t i = 1; i < len; i++)
			result = result << 6 | (unsigned) (str[i] & 0x3F);
		ok = result >= (len == 2 ? 0x80u : 0x800u) && result < 0x10000 &&
			!seen[result] && (str[1] & 0xC0) == 0x80;
		seen[result] = 1;
		stay += result == code && code >= 0x4E00 && code <= 0x9FA5;
	}
	free(seen);
	check(ok, "every character alone");
	check(stay < 20, "ideographs do not stay");
}


/* Values of digits with and without zeros in front. */
static void
test_phones(void)
{
	char	   *seen = calloc(100000, 1);
	bool		ok = true;

	for (int number = 0; number < 100000 && ok; number++)
	{
		char		str[MAX_LEN];
		const char *result;
		int			value;
		char		again[MAX_LEN];
		char		plain[MAX_LEN];

		snprintf(str, sizeof(str), "%05d", number);
		result = masked(osmeta_mask_phone, str);
		value = atoi(result);
		snprintf(again, sizeof(again), "%05d", value);
		ok = strcmp(again, result) == 0 && !seen[value] &&
			strspn(str, "0") == strspn(result, "0");
		seen[value] = 1;
		/* dashes change nothing */
		snprintf(str, sizeof(str), "+%d-%d %03d", number / 10000,
				 number / 1000 % 10, number % 1000);
		snprintf(plain, sizeof(plain), "+%c-%c %s", result[0], result[1],
				 result + 2);
		ok = ok && strcmp(masked(osmeta_mask_phone, str), plain) == 0;
	}
	free(seen);
	check(ok, "telephone numbers of five digits");
}

/* All whole numbers of these many digits, divided by 10^decimals. */
static bool
numbers_permuted(int digits, int decimals)
{
	long		first = 1;
	char	   *seen;
	bool		ok = true;

	for (int i = 0; i < digits; i++)
		first *= 10;
	seen = calloc((size_t) first, 1);
	for (long number = 0; number < first && ok; number++)
	{
		char		str[MAX_LEN];
		char		result[MAX_LEN];
		long		scale = 1;
		long		value;

		for (int i = 0; i < decimals; i++)
			scale *= 10;
		snprintf(str, sizeof(str), "%ld", number / scale);
		if (decimals > 0)
		{
			char		tail[MAX_LEN];

			/* a 1 in front brings the zeros */
			snprintf(tail, sizeof(tail), "%ld", scale + number % scale);
			tail[0] = '.';
			strcat(str, tail);
		}
		strcpy(result, masked(osmeta_mask_number, str));
		ok = strlen(result) == strlen(str);
		value = (long) (atof(result) * (double) scale + 0.5);
		ok = ok && value >= 0 && value < first && !seen[value] &&
			(value == 0) == (number == 0);
		if (ok)
			seen[value] = 1;
		/* the sign makes no difference but at the limits */
		if (ok && number > 0 && digits < 5)
		{
			char		negative[MAX_LEN] = "-";

			strcat(negative, str);
			ok = strcmp(masked(osmeta_mask_number, negative) + 1, result) == 0;
		}
	}
	free(seen);
	return ok;
}

/* Do numbers around a limit stay on their side of it? */
static bool
limit_kept(const char *low, const char *high, const char *limit)
{
	size_t		len = strlen(limit);

	for (int i = 0; i < 200; i++)
	{
		char		str[MAX_LEN];
		const char *result;
		const char *start = i % 2 ? high : low;
		bool		is_low;

		snprintf(str, sizeof(str), "%s", start);
		/* other numbers on the same side: change the last two digits */
		if (i > 1)
		{
			str[len - 1] = (char) ('0' + (i / 2) % 8);
			if (i % 2)
				str[len - 2] = '9';
			else
				str[len - 2] = '0';
		}
		is_low = strcmp(str, limit) <= 0;
		result = masked(osmeta_mask_number, str);
		if (strlen(result) != len || (strcmp(result, limit) <= 0) != is_low)
			return false;
	}
	return true;
}

static void
test_numbers(void)
{
	check(numbers_permuted(1, 0) && numbers_permuted(3, 0) &&
		  numbers_permuted(5, 0), "whole numbers up to 99,999");
	check(numbers_permuted(1, 1) && numbers_permuted(4, 2) &&
		  numbers_permuted(4, 3), "decimal numbers");
	check(limit_kept("32767", "32768", "32767"), "16 bits");
	check(limit_kept("2147483647", "2147483648", "2147483647"), "32 bits");
	check(limit_kept("9223372036854775807", "9223372036854775808",
					 "9223372036854775807"), "64 bits");
	check(strcmp(masked(osmeta_mask_number, "-2147483648"), "-2147483648") <= 0,
		  "the lowest number fits");
	check(strcmp(masked(osmeta_mask_number, "0"), "0") == 0 &&
		  strcmp(masked(osmeta_mask_number, "0.000"), "0.000") == 0 &&
		  strcmp(masked(osmeta_mask_number, "NaN"), "NaN") == 0 &&
		  strcmp(masked(osmeta_mask_number, "-Infinity"), "-Infinity") == 0 &&
		  strcmp(masked(osmeta_mask_number, ""), "") == 0, "no value: stays");
	check(strncmp(masked(osmeta_mask_number, "42.00"),
				  masked(osmeta_mask_number, "42"), 2) == 0 &&
		  strcmp(masked(osmeta_mask_number, "42.00") + 2, ".00") == 0,
		  "equal numbers stay equal however many decimals are written");
}

static void
test_shapes(void)
{
	const char *small = masked(osmeta_mask_text, "jdoe-42 ");
	const char *capital = masked(osmeta_mask_text, "JDoe-42");
	const char *other = masked(osmeta_mask_text, "jdoe/42");

	check(small[4] == '-' && small[7] == ' ' && strlen(small) == 8,
		  "punctuation and blanks stay");
	check(strncmp(small, other, 4) == 0 && strncmp(small + 5, other + 5, 2) == 0,
		  "punctuation makes no difference");
	check(capital[0] == small[0] - 32 && capital[1] == small[1] - 32 &&
		  strncmp(capital + 2, small + 2, 5) == 0, "case is kept and makes no difference");
	check(strcmp(masked(osmeta_mask_text, ""), "") == 0 &&
		  strcmp(masked(osmeta_mask_text, " "), " ") == 0 &&
		  strcmp(masked(osmeta_mask_text, "\xC3\x9F \xFF\xC3"), "\xC3\x9F \xFF\xC3") == 0,
		  "what is no letter stays");
	check(strcmp(masked(osmeta_mask_text, "jdoe"), masked(osmeta_mask_phone, "jdoe")) == 0,
		  "letters in telephone numbers are permuted");
}

static void
test_emails(void)
{
	char text[	300];
	const char *result = masked_email("JDoe.x+1@mail.Contoso.com", 250);
	const char *again = masked_email("jdoe.x+1@mail.contoso.com", 250);

	check(strcmp(result + 25, ".invalid") == 0 && result[8] == '@' &&
		  result[13] == '.' && result[21] == '.', "address keeps its shape");
	check(strcmp(again, result) != 0 && again[0] == result[0] + 32,
		  "address with other case");
	check(strstr(masked_email("a@b.com; <c@d.org>", 250), ".invalid; <") != NULL &&
		  strstr(masked_email("a@b.com; <c@d.org>", 250), ".invalid>") != NULL,
		  "every address of a list");
	check(strstr(masked_email("a@b.com.", 250), ".invalid.") != NULL,
		  "full stop behind a domain");
	check(strstr(masked_email("a@[127.0.0.1]", 250), "].invalid") != NULL,
		  "address of a host");
	check(strchr(masked_email("unknown", 250), '.') == NULL &&
		  strlen(masked_email("unknown", 250)) == 7 &&
		  strcmp(masked_email("@", 250), "@") == 0 &&
		  strcmp(masked_email("", 250), "") == 0 &&
		  strcmp(masked_email(" ", 250), " ") == 0, "no address");
	memset(text, 'x', sizeof(text));
	strcpy(text +233, "@contoso.com");
	result = masked_email(text, 250);
	text[		0] = 'y';

	again = masked_email(text, 250);
	check(strlen(result) == MASK_EMAIL_MIN && strcmp(result + 32, "@invalid") == 0 &&
		  strlen(again) == MASK_EMAIL_MIN && strcmp(result, again) != 0,
		  "too long an address");
	text[		242] = '\0';

	check(strlen(masked_email(text, 250)) == 250, "just not too long an address");
}

static void
test_names(void)
{
	const char *ann = masked_name("Ann");
	const char *full = masked_name("Ann O'Brien-M\xC3\xBCller 3rd");

	check(strlen(full) == 22 && strncmp(ann, full, 3) == 0 && full[3] == ' ' &&
		  full[5] == '\'' && full[11] == '-' && full[18] == ' ',
		  "words stay words, and the same word the same one");
	check(full[0] >= 'A' && full[0] <= 'Z' && full[1] >= 'a' &&
		  full[6] >= 'A' && full[6] <= 'Z' && full[19] >= '0' && full[19] <= '9',
		  "capitals and digits stay where they are");
	check(strcmp(masked_name("ann") + 1, ann + 1) == 0 &&
		  strcmp(masked_name("ann"), ann) != 0, "name with other case");
	check(strcmp(masked_name(""), "") == 0 && strcmp(masked_name(" "), " ") == 0,
		  "no name");
	check(strlen(masked_name("\xE7\x8E\x8B\xE4\xBC\x9F")) == 2, "ideographs");
}

static void
test_days(void)
{
	int			days = MASK_DAY_LAST - MASK_DAY_FIRST + 1;
	char	   *seen = calloc((size_t) days, 1);
	bool		ok = true;
	int			usual = 20000 - osmeta_mask_day(&key, 20000);

	for (int day = MASK_DAY_FIRST; day <= MASK_DAY_LAST && ok; day++)
	{
		int			result = osmeta_mask_day(&key, day);

		ok = result >= MASK_DAY_FIRST && result <= MASK_DAY_LAST &&
			!seen[result - MASK_DAY_FIRST];
		seen[result - MASK_DAY_FIRST] = 1;
	}
	check(ok, "days are permuted");
	check(usual >= 180 && usual <= 1825 &&
		  osmeta_mask_day(&key, 40000) == 40000 - usual, "all days by as many");
	check(osmeta_mask_day(&key, 0) == 0 &&
		  osmeta_mask_day(&key, usual) == MASK_DAY_LAST &&
		  osmeta_mask_day(&key, -1) == -1 &&
		  osmeta_mask_day(&key, MASK_DAY_LAST + 1) == MASK_DAY_LAST + 1 &&
		  osmeta_mask_day(&key, INT32_MIN) == INT32_MIN &&
		  osmeta_mask_day(&key, INT32_MAX) == INT32_MAX, "days that stay");
	free(seen);
}

int
main(void)
{
	SipState	state;

	sip_begin(&state, &key);
	sip_word(&state, UINT64_C(0x0706050403020100));
	check(sip_end(&state) == UINT64_C(0x93f5f5799a932462), "SipHash-2-4");
	test_texts();
	test_characters();
	test_phones();
	test_numbers();
	test_shapes();
	test_emails();
	test_names();
	test_days();
	printf("1..%d\n", tests);
	return failures > 0;
}
