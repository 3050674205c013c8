/*-------------------------------------------------------------------------
 *
 * physical_name.c
 *	  The names that publishing gives to tables, columns and what hangs on
 *	  them: computed, taken apart, explained.
 *
 * A table is OSUSR_<key>_<entity>.  The key is a hash of the name that the
 * module had when the entity was created; the rule was derived from real
 * pairs and explains nearly all of them, the rest being renamed or moved.
 * Where the name was taken, a number follows; on Oracle the entity part is
 * cut, and the number takes its place at the end of what is left.
 *
 * Names are compared without case, since the same one stands in mixed case
 * in the metamodel and in upper case in the catalogue of some engines.  Case
 * is that of Latin, Greek, Cyrillic and Armenian letters whose two forms are
 * one code point each; other scripts hardly occur in identifiers that have
 * case.
 *
 *-------------------------------------------------------------------------
 */
#include "physical_name.h"

#include <string.h>

/* The 36 digits of the key: y stands before x. */
static const char hash_digits[] = "abcdefghijklmnopqrstuvwyxz0123456789";

#define HASH_BASE	36

/* "_" after the prefix, and after the key */
#define HASH_START	(PHYSICAL_PREFIX_LEN + 1)
#define PART_START	(HASH_START + ESPACE_HASH_LEN + 1)

/* A number of this many digits always fits 32 bits, and no name needs more. */
#define NUMBER_DIGITS	9

static const char *const verdict_texts[] = {
	[NAME_EXACT] = "exact",
	[NAME_NUMBERED] = "numbered",
	[NAME_OTHER_KEY] = "other key",
	[NAME_RENAMED] = "renamed",
	[NAME_OTHER_KEY_RENAMED] = "other key and renamed",
	[NAME_SYSTEM] = "system",
	[NAME_EXTERNAL] = "external",
	[NAME_FOREIGN] = "foreign",
};

/*
 * Characters.
 */

/*
 * The character at *p, which is before end; *p moves behind it.  A byte that
 * begins no whole character is given as it is.
 */
static uint32_t
next_char(const char **p, const char *end)
{
	const unsigned char *s = (const unsigned char *) *p;
	size_t		left = (size_t) (end - *p);
	uint32_t	code = s[0];
	size_t		need = 1;

	if (s[0] >= 0xC2 && s[0] <= 0xDF)
	{
		need = 2;
		code = s[0] & 0x1F;
	}
	else if (s[0] >= 0xE0 && s[0] <= 0xEF)
	{
		need = 3;
		code = s[0] & 0x0F;
	}
	else if (s[0] >= 0xF0 && s[0] <= 0xF4)
	{
		need = 4;
		code = s[0] & 0x07;
	}
	for (size_t i = 1; i < need; i++)
	{
		if (i >= left || (s[i] & 0xC0) != 0x80)
		{
			*p += 1;
			return s[0];
		}
		code = code << 6 | (s[i] & 0x3F);
	}
	*p += need;
	return code;
}

/* Write a character of the Basic Multilingual Plane. */
static char *
put_char(char *out, uint32_t code)
{
	if (code < 0x80)
		*out++ = (char) code;
	else if (code < 0x800)
	{
		*out++ = (char) (0xC0 | code >> 6);
		*out++ = (char) (0x80 | (code & 0x3F));
	}
	else
	{
		*out++ = (char) (0xE0 | code >> 12);
		*out++ = (char) (0x80 | (code >> 6 & 0x3F));
		*out++ = (char) (0x80 | (code & 0x3F));
	}
	return out;
}

size_t
osmeta_utf8_clip(const char *str, size_t len, size_t chars)
{
	const char *p = str;
	const char *end = str + len;

	while (p < end && chars > 0)
	{
		(void) next_char(&p, end);
		chars--;
	}
	return (size_t) (p - str);
}

/* Alphabets whose capitals stand a fixed distance before the small letters. */
static const struct
{
	uint16_t	first;
	uint16_t	last;
	uint16_t	distance;
}			shifted_capitals[] = {
	{0x00C0, 0x00D6, 32}, {0x00D8, 0x00DE, 32}, /* Latin-1 */
	{0x0386, 0x0386, 38}, {0x0388, 0x038A, 37}, /* Greek, accented */
	{0x038C, 0x038C, 64}, {0x038E, 0x038F, 63},
	{0x0391, 0x03A1, 32}, {0x03A3, 0x03AB, 32}, /* Greek */
	{0x0400, 0x040F, 80}, {0x0410, 0x042F, 32}, /* Cyrillic */
	{0x0531, 0x0556, 48},		/* Armenian */
	{0xFF21, 0xFF3A, 32},		/* full width Latin */
};

/* Alphabets whose capitals and small letters take turns, capital first. */
static const struct
{
	uint16_t	first;
	uint16_t	last;
}			paired_capitals[] = {
	{0x0100, 0x012F}, {0x0132, 0x0137}, {0x0139, 0x0148},	/* Latin */
	{0x014A, 0x0177}, {0x0179, 0x017E}, {0x01A0, 0x01A5},
	{0x01AF, 0x01B0}, {0x01CD, 0x01DC}, {0x01DE, 0x01EF},
	{0x01F8, 0x021F}, {0x0222, 0x0233},
	{0x0460, 0x0481}, {0x048A, 0x04BF}, {0x04D0, 0x052F},	/* Cyrillic */
	{0x1E00, 0x1E95}, {0x1EA0, 0x1EFF}, /* Latin, Vietnamese */
};

/* The small letter of a capital; other characters as they are. */
static uint32_t
fold_char(uint32_t code)
{
	if (code < 0x80)
		return code >= 'A' && code <= 'Z' ? code + 32 : code;
	if (code == 0x0178)
		return 0x00FF;
	if (code == 0x03C2)			/* sigma at the end of a word */
		return 0x03C3;
	for (size_t i = 0;
		 i < sizeof(shifted_capitals) / sizeof(shifted_capitals[0]); i++)
		if (code >= shifted_capitals[i].first &&
			code <= shifted_capitals[i].last)
			return code + shifted_capitals[i].distance;
	for (size_t i = 0;
		 i < sizeof(paired_capitals) / sizeof(paired_capitals[0]); i++)
		if (code >= paired_capitals[i].first &&
			code <= paired_capitals[i].last)
			return (code - paired_capitals[i].first) % 2 == 0 ?
				code + 1 : code;
	return code;
}

bool
osmeta_name_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len;
	const char *b_end = b + b_len;

	while (a < a_end && b < b_end)
	{
		const char *a_start = a;
		const char *b_start = b;
		uint32_t	a_char = next_char(&a, a_end);
		uint32_t	b_char = next_char(&b, b_end);

		/* A stray byte is no letter, and equals only itself. */
		if ((a_char >= 0x80 && a == a_start + 1) ||
			(b_char >= 0x80 && b == b_start + 1))
		{
			if (*a_start != *b_start || a - a_start != b - b_start)
				return false;
		}
		else if (fold_char(a_char) != fold_char(b_char))
			return false;
	}
	return a == a_end && b == b_end;
}

/* Capitals and small letters have the same size, so the length stays. */
void
osmeta_name_fold(const char *name, size_t len, char *out)
{
	const char *p = name;
	const char *end = name + len;

	while (p < end)
	{
		const char *start = p;
		uint32_t	code = next_char(&p, end);
		size_t		size = (size_t) (p - start);

		if (code > 0xFFFF || (size == 1 && code >= 0x80))
			memcpy(out, start, size);
		else
			(void) put_char(out, fold_char(code));
		out += size;
	}
}

/* Does a text begin with this lower-case ASCII one, in any case? */
static bool
begins_with(const char *str, size_t len, const char *start)
{
	size_t		start_len = strlen(start);

	return len >= start_len &&
		osmeta_name_equal(str, start_len, start, start_len);
}

/*
 * Upper case of ASCII and Latin-1 letters, and nothing else: what a column
 * name gets.  (The one Latin-1 letter whose capital is elsewhere is y with
 * diaeresis; sharp s has none.)
 */
static char *
put_upper(char *out, const char *str, size_t len)
{
	const char *p = str;
	const char *end = str + len;

	while (p < end)
	{
		const char *start = p;
		uint32_t	code = next_char(&p, end);
		size_t		size = (size_t) (p - start);

		if (size == 1 && code >= 'a' && code <= 'z')
			*out++ = (char) (code - 32);
		else if (size == 2 && code >= 0xE0 && code <= 0xFE && code != 0xF7)
			out = put_char(out, code - 32);
		else if (size == 2 && code == 0xFF)
			out = put_char(out, 0x0178);
		else
		{
			memcpy(out, start, size);
			out += size;
		}
	}
	return out;
}

/*
 * The key of a module.
 */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Length of a module name without the suffix "(deleted<digits>)" that a
 * deleted module gets.  A name that is nothing but the suffix keeps it: no
 * module name would be left.
 */
static size_t
without_deleted(const char *name, size_t len)
{
	static const char mark[] = "(deleted";
	const size_t mark_len = sizeof(mark) - 1;
	size_t		digits = 0;
	size_t		rest;

	if (len == 0 || name[len - 1] != ')')
		return len;
	rest = len - 1;
	while (rest > 0 && is_digit(name[rest - 1]))
	{
		rest--;
		digits++;
	}
	if (digits == 0 || rest <= mark_len ||
		memcmp(name + rest - mark_len, mark, mark_len) != 0)
		return len;
	return rest - mark_len;
}

void
osmeta_espace_hash(const char *name, size_t len, char key[ESPACE_HASH_LEN])
{
	const char *p = name;
	const char *end = name + without_deleted(name, len);
	uint32_t	hash = 0;

	/* Unsigned arithmetic wraps where the platform's signed one does. */
	while (p < end)
	{
		uint32_t	code = next_char(&p, end);

		if (code >= 0x10000)
		{
			code -= 0x10000;
			hash = hash * 31 + (0xD800 + (code >> 10));
			code = 0xDC00 + (code & 0x3FF);
		}
		hash = hash * 31 + code;
	}

	/* The absolute value; that of -2^31 is 2^31, which only fits unsigned. */
	if (hash > UINT32_C(0x80000000))
		hash = 0 - hash;
	for (int i = 0; i < ESPACE_HASH_LEN; i++)
	{
		key[i] = hash_digits[hash % HASH_BASE];
		hash /= HASH_BASE;
	}
}

/*
 * Tables.
 */

/* Characters of the entity part, clash number included; 0 for no limit. */
static size_t
entity_chars(Dialect dialect)
{
	switch (dialect)
	{
		case DIALECT_ORACLE:
			return 18;
		case DIALECT_ORACLE8:
			return 8;
		case DIALECT_SQLSERVER:
		case DIALECT_POSTGRES:
			break;
	}
	return 0;
}

/* Bytes of the entity name that stay when digits have to fit behind it. */
static size_t
entity_bytes(const char *entity, size_t entity_len, Dialect dialect,
			 size_t digits)
{
	size_t		chars = entity_chars(dialect);

	if (chars == 0)
		return entity_len;
	if (digits >= chars)
		return 0;
	return osmeta_utf8_clip(entity, entity_len, chars - digits);
}

size_t
osmeta_table_name(const char hash[ESPACE_HASH_LEN],
				  const char *entity, size_t entity_len,
				  Dialect dialect, uint32_t number, char *out)
{
	char		digits[10];
	size_t		ndigits = 0;
	size_t		part;
	char	   *p = out;

	for (uint32_t rest = number; rest > 0; rest /= 10)
		digits[ndigits++] = (char) ('0' + rest % 10);
	part = entity_bytes(entity, entity_len, dialect, ndigits);

	memcpy(p, "OSUSR_", HASH_START);
	memcpy(p + HASH_START, hash, ESPACE_HASH_LEN);
	p[PART_START - 1] = '_';
	p += PART_START;
	memcpy(p, entity, part);
	p += part;
	while (ndigits > 0)
		*p++ = digits[--ndigits];
	return (size_t) (p - out);
}

/*
 * The numbers that an entity part can carry; 0 is the bare name.  What looks
 * like the number may belong to the entity's own name, so every way to split
 * the digits at the end is tried.
 */
static int
part_numbers(const char *entity, size_t entity_len, Dialect dialect,
			 const char *part, size_t part_len,
			 uint32_t numbers[TAKEN_NUMBERS])
{
	int			count = 0;
	uint32_t	number = 0;
	uint32_t	unit = 1;
	size_t		limit = entity_chars(dialect);

	if (osmeta_name_equal(part, part_len, entity,
						  entity_bytes(entity, entity_len, dialect, 0)))
		numbers[count++] = 0;

	for (size_t digits = 1; digits <= NUMBER_DIGITS && digits <= part_len;
		 digits++, unit *= 10)
	{
		char		c = part[part_len - digits];

		if (!is_digit(c) || (limit != 0 && digits > limit))
			break;
		number += (uint32_t) (c - '0') * unit;
		if (c != '0' &&
			osmeta_name_equal(part, part_len - digits, entity,
							  entity_bytes(entity, entity_len, dialect,
										   digits)))
			numbers[count++] = number;
	}
	return count;
}

int
osmeta_taken_numbers(const char hash[ESPACE_HASH_LEN],
					 const char *entity, size_t entity_len,
					 Dialect dialect,
					 const char *taken, size_t taken_len,
					 uint32_t numbers[TAKEN_NUMBERS])
{
	if (taken_len < PART_START || !begins_with(taken, taken_len, "osusr_") ||
		!osmeta_name_equal(taken + HASH_START, ESPACE_HASH_LEN,
						   hash, ESPACE_HASH_LEN) ||
		taken[PART_START - 1] != '_')
		return 0;
	return part_numbers(entity, entity_len, dialect,
						taken + PART_START, taken_len - PART_START, numbers);
}

/*
 * Columns and triggers.
 */

size_t
osmeta_column_name(const char *attribute, size_t len, char *out)
{
	len = osmeta_utf8_clip(attribute, len, COLUMN_NAME_CHARS);
	return (size_t) (put_upper(out, attribute, len) - out);
}

size_t
osmeta_trigger_name(const char *table, size_t len, char *out)
{
	static const char prefix[] = "OSTRG_EI__";
	const size_t prefix_len = sizeof(prefix) - 1;

	memcpy(out, prefix, prefix_len);
	len = osmeta_utf8_clip(table, len, OBJECT_NAME_CHARS - prefix_len);
	return (size_t) (put_upper(out + prefix_len, table, len) - out);
}

/*
 * Taking apart and explaining.
 */

/* Three letters or digits, then "_" and something. */
static bool
has_hash(const char *str, size_t len)
{
	if (len <= ESPACE_HASH_LEN + 1 || str[ESPACE_HASH_LEN] != '_')
		return false;
	for (int i = 0; i < ESPACE_HASH_LEN; i++)
	{
		char		c = str[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') &&
			!(c >= 'A' && c <= 'Z'))
			return false;
	}
	return true;
}

/* Find the number at the end of the part, and what stands before it. */
static void
split_suffix(PhysicalName *name)
{
	size_t		start = name->part_len;
	uint64_t	number = 0;

	name->base_len = name->part_len;
	name->suffix = -1;
	while (start > 0 && is_digit(name->part[start - 1]))
		start--;
	if (start == 0 || start == name->part_len || name->part[start] == '0' ||
		name->part_len - start > 10)
		return;
	for (size_t i = start; i < name->part_len; i++)
		number = number * 10 + (uint64_t) (name->part[i] - '0');
	if (number > INT32_MAX)
		return;
	name->base_len = start;
	name->suffix = (int32_t) number;
}

bool
osmeta_physical_parse(const char *name, size_t len, PhysicalName *result)
{
	bool		is_user = begins_with(name, len, "osusr_");

	if (!is_user && !begins_with(name, len, "ossys_") &&
		!begins_with(name, len, "osevt_"))
		return false;
	if (len == HASH_START)
		return false;

	result->prefix = name;
	result->hash = NULL;
	result->part = name + HASH_START;
	result->part_len = len - HASH_START;

	/*
	 * Only tables of the platform itself have no key; a table of theirs whose
	 * name begins with a word of three letters is no exception.
	 */
	if (!begins_with(name, len, "ossys_"))
	{
		if (has_hash(result->part, result->part_len))
		{
			result->hash = result->part;
			result->part += ESPACE_HASH_LEN + 1;
			result->part_len -= ESPACE_HASH_LEN + 1;
		}
		else if (is_user)
			return false;
	}
	split_suffix(result);
	return true;
}

bool
osmeta_is_external_name(const char *name, size_t len)
{
	const char *p = name;
	const char *end = name + len;
	int			parts = 0;

	for (;;)
	{
		if (p >= end || *p != '[')
			return false;
		for (p++;; p++)
		{
			if (p >= end)
				return false;
			if (*p != ']')
				continue;
			if (p + 1 < end && p[1] == ']')
				p++;			/* a bracket inside the name is doubled */
			else
				break;
		}
		parts++;
		p++;
		if (p == end)
			return parts >= 2;
		if (*p != '.')
			return false;
		p++;
	}
}

NameVerdict
osmeta_physical_explain(const char *espace, size_t espace_len,
						const char *entity, size_t entity_len,
						const char *physical, size_t physical_len,
						Dialect dialect)
{
	PhysicalName name;
	char		hash[ESPACE_HASH_LEN];
	uint32_t	numbers[TAKEN_NUMBERS];
	int			count;
	bool		same_key;

	if (osmeta_is_external_name(physical, physical_len))
		return NAME_EXTERNAL;
	if (begins_with(physical, physical_len, "ossys_"))
		return NAME_SYSTEM;
	if (!begins_with(physical, physical_len, "osusr_") ||
		!osmeta_physical_parse(physical, physical_len, &name))
		return NAME_FOREIGN;

	osmeta_espace_hash(espace, espace_len, hash);
	same_key = osmeta_name_equal(name.hash, ESPACE_HASH_LEN,
								 hash, ESPACE_HASH_LEN);
	count = part_numbers(entity, entity_len, dialect,
						 name.part, name.part_len, numbers);
	if (count == 0)
		return same_key ? NAME_RENAMED : NAME_OTHER_KEY_RENAMED;
	if (!same_key)
		return NAME_OTHER_KEY;
	return numbers[0] == 0 ? NAME_EXACT : NAME_NUMBERED;
}

const char *
osmeta_verdict_text(NameVerdict verdict)
{
	return verdict_texts[verdict];
}
