/*-------------------------------------------------------------------------
 *
 * key.c
 *	  Composite keys and reference types as bytes: parse, build, print.
 *
 * A composite key is (SS_Key of the espace or extension that owns, SS_Key of
 * the object).  Nearly every SS_Key is a UUID, and those are kept as their
 * 16 bytes; the few others are kept whole, as text folded to lower case.
 * Each key has exactly one canonical form:
 *
 *		tag		one byte: which of the parts are text
 *		owner	16 bytes, or text followed by '*'
 *		object	16 bytes, or text up to the end
 *
 * A part that reads as a UUID is always stored as one, so equal keys have
 * equal bytes; order, hash and equality are those of the bytes.  That puts
 * pairs of UUIDs first, then keys with a UUID as owner, then the others, and
 * within each of these sorts by owner and object.
 *
 * Case: everything is compared without case, so the prefix is too: "BT" of
 * an upper-cased TYPE is the prefix.  Blanks are spaces; a tab is a control
 * character like any other and makes the text malformed, as do DEL and the
 * C1 controls U+0080 to U+009F.
 *
 * Parsing is the hot path of every join over references: the common form, 75
 * bytes with two UUIDs, is decoded eight hexadecimal digits at a time in a
 * 64-bit word, without a branch per character, and straight into the result.
 *
 *-------------------------------------------------------------------------
 */
#include "key.h"

#include <stdint.h>
#include <string.h>

#define UUID_TEXT_LEN	36
#define PREFIX_LEN		2		/* "bt" */

/* The same byte in all eight bytes of a word. */
#define EVERY(byte)		(UINT64_C(0x0101010101010101) * (byte))

/* A part of a key on its way from text to bytes. */
typedef struct KeyPart
{
	const char *str;			/* without the blanks around it */
	size_t		len;
	bool		is_uuid;
	unsigned char uuid[KEY_UUID_LEN];
} KeyPart;

/* What can be wrong with a part: an index into the two tables below. */
typedef enum PartStatus
{
	PART_OK = 0,
	PART_EMPTY,
	PART_LONG,
	PART_CONTROL,
	PART_SEPARATOR
} PartStatus;

static const KeyStatus owner_status[] = {
	KEY_OK, KEY_OWNER_EMPTY, KEY_OWNER_LONG, KEY_OWNER_CONTROL,
	KEY_OWNER_SEPARATOR
};

static const KeyStatus object_status[] = {
	KEY_OK, KEY_OBJECT_EMPTY, KEY_OBJECT_LONG, KEY_OBJECT_CONTROL,
	KEY_OBJECT_SEPARATOR
};

static const char hex_digits[] = "0123456789abcdef";

/*
 * Eight characters as a word whose lowest byte is the first one; in two
 * halves, since a hyphen can stand between them.
 */
static inline uint64_t
load_word(const char *first, const char *second)
{
	uint32_t	low;
	uint32_t	high;

	memcpy(&low, first, 4);
	memcpy(&high, second, 4);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	low = __builtin_bswap32(low);
	high = __builtin_bswap32(high);
#endif
	return (uint64_t) high << 32 | low;
}

/*
 * Decode eight hexadecimal digits in either case into four bytes.  *bad
 * collects a bit for each character that is none; the caller looks at it
 * once, at the end.
 *
 * All eight bytes are worked on at once.  Their top bit is cleared first, so
 * that adding a constant below 0x80 never carries into the neighbour, and
 * such an addition sets the top bit exactly where the byte reaches a bound.
 */
static inline void
decode_word(uint64_t word, unsigned char *out, uint64_t *bad)
{
	uint64_t	ascii = word & EVERY(0x7F);
	uint64_t	lower = ascii | EVERY(0x20);
	uint64_t	digit;
	uint64_t	letter;
	uint64_t	nibbles;
	uint32_t	bytes;

	digit = (ascii + EVERY(0x80 - '0')) & ~(ascii + EVERY(0x7F - '9'));
	letter = (lower + EVERY(0x80 - 'a')) & ~(lower + EVERY(0x7F - 'f'));
	letter &= EVERY(0x80);
	*bad |= (word | ~(digit | letter)) & EVERY(0x80);

	/* 'a' ends in 1, so a letter is worth its low bits and nine. */
	nibbles = (ascii & EVERY(0x0F)) + (letter >> 7) * 9;
	nibbles = ((nibbles << 4) | (nibbles >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
	nibbles = (nibbles | (nibbles >> 8)) & UINT64_C(0x0000FFFF0000FFFF);
	nibbles |= nibbles >> 16;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bytes = __builtin_bswap32((uint32_t) nibbles);
#else
	bytes = (uint32_t) nibbles;
#endif
	memcpy(out, &bytes, 4);
}

/*
 * Decode the 36 characters of a UUID; true if they are one.  out is written
 * in either case.
 */
static inline bool
decode_uuid(const char *str, unsigned char *out)
{
	uint64_t	bad = 0;

	decode_word(load_word(str, str + 4), out, &bad);
	decode_word(load_word(str + 9, str + 14), out + 4, &bad);
	decode_word(load_word(str + 19, str + 24), out + 8, &bad);
	decode_word(load_word(str + 28, str + 32), out + 12, &bad);
	bad |= (uint64_t) ((str[8] ^ '-') | (str[13] ^ '-') |
					   (str[18] ^ '-') | (str[23] ^ '-'));
	return bad == 0;
}

static size_t
encode_uuid(const unsigned char *uuid, char *out)
{
	char	   *p = out;

	for (int i = 0; i < KEY_UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex_digits[uuid[i] >> 4];
		*p++ = hex_digits[uuid[i] & 0x0F];
	}
	return UUID_TEXT_LEN;
}

static inline char
fold_ascii(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
}

/* Does a control character stand in the text?  (C1 as UTF-8 has them.) */
static bool
has_control(const char *str, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) str[i];

		if (c < 0x20 || c == 0x7F)
			return true;
		if (c == 0xC2 && i + 1 < len)
		{
			unsigned char next = (unsigned char) str[i + 1];

			if (next >= 0x80 && next <= 0x9F)
				return true;
		}
	}
	return false;
}

/* Check one part and, where it is a UUID, decode it. */
static PartStatus
read_part(const char *str, size_t len, KeyPart *part)
{
	while (len > 0 && str[0] == ' ')
	{
		str++;
		len--;
	}
	while (len > 0 && str[len - 1] == ' ')
		len--;
	part->str = str;
	part->len = len;
	part->is_uuid = false;

	if (len == 0)
		return PART_EMPTY;
	if (len > KEY_PART_MAX)
		return PART_LONG;
	if (len == UUID_TEXT_LEN && decode_uuid(str, part->uuid))
	{
		part->is_uuid = true;
		return PART_OK;
	}
	if (has_control(str, len))
		return PART_CONTROL;
	if (memchr(str, '*', len) != NULL)
		return PART_SEPARATOR;
	return PART_OK;
}

static unsigned char *
write_part(unsigned char *out, const KeyPart *part)
{
	if (part->is_uuid)
	{
		memcpy(out, part->uuid, KEY_UUID_LEN);
		return out + KEY_UUID_LEN;
	}
	for (size_t i = 0; i < part->len; i++)
		*out++ = (unsigned char) fold_ascii(part->str[i]);
	return out;
}

KeyStatus
osmeta_key_build(const char *owner, size_t owner_len,
				 const char *object, size_t object_len,
				 unsigned char *key, size_t *key_len)
{
	KeyPart		parts[2];
	PartStatus	status;
	unsigned char *out = key;

	status = read_part(owner, owner_len, &parts[0]);
	if (status != PART_OK)
		return owner_status[status];
	status = read_part(object, object_len, &parts[1]);
	if (status != PART_OK)
		return object_status[status];

	*out++ = (unsigned char) ((parts[0].is_uuid ? 0 : KEY_TAG_OWNER_TEXT) |
							  (parts[1].is_uuid ? 0 : KEY_TAG_OBJECT_TEXT));
	out = write_part(out, &parts[0]);
	if (!parts[0].is_uuid)
		*out++ = '*';
	out = write_part(out, &parts[1]);
	*key_len = (size_t) (out - key);
	return KEY_OK;
}

static inline bool
has_prefix(const char *str, size_t len)
{
	return len >= PREFIX_LEN &&
		fold_ascii(str[0]) == 'b' && fold_ascii(str[1]) == 't';
}

/* The part of parsing that is the same for keys and references. */
static KeyStatus
parse(const char *str, size_t len, bool is_reference,
	  unsigned char *key, size_t *key_len)
{
	const char *separator;
	const char *object;
	size_t		object_len;

	while (len > 0 && str[0] == ' ')
	{
		str++;
		len--;
	}
	if (has_prefix(str, len))
	{
		str += PREFIX_LEN;
		len -= PREFIX_LEN;
	}
	else if (is_reference)
		return KEY_NO_REFERENCE;

	separator = memchr(str, '*', len);
	if (separator == NULL)
		return KEY_NO_SEPARATOR;
	object = separator + 1;
	object_len = len - (size_t) (object - str);
	if (memchr(object, '*', object_len) != NULL)
		return KEY_MANY_SEPARATORS;
	return osmeta_key_build(str, (size_t) (separator - str),
							object, object_len, key, key_len);
}

bool
osmeta_key_parse_plain(const char *str, unsigned char *key)
{
	const char *owner = str + PREFIX_LEN;
	const char *object = owner + UUID_TEXT_LEN + 1;

	key[0] = 0;
	return has_prefix(str, PLAIN_REFERENCE_LEN) && object[-1] == '*' &&
		decode_uuid(owner, key + 1) &&
		decode_uuid(object, key + 1 + KEY_UUID_LEN);
}

KeyStatus
osmeta_key_parse(const char *str, size_t len,
				 unsigned char *key, size_t *key_len)
{
	return parse(str, len, false, key, key_len);
}

KeyStatus
osmeta_key_parse_reference(const char *str, size_t len,
						   unsigned char *key, size_t *key_len)
{
	return parse(str, len, true, key, key_len);
}

void
osmeta_key_parts(const unsigned char *key, size_t key_len,
				 const unsigned char **owner, size_t *owner_len,
				 const unsigned char **object, size_t *object_len)
{
	const unsigned char *rest = key + 1;
	size_t		rest_len = key_len - 1;

	*owner = NULL;
	*owner_len = 0;
	*object = NULL;
	*object_len = 0;
	if (key[0] & KEY_TAG_OWNER_TEXT)
	{
		const unsigned char *separator = memchr(rest, '*', rest_len);

		*owner = rest;
		*owner_len = (size_t) (separator - rest);
		rest_len -= *owner_len + 1;
		rest = separator + 1;
	}
	else
	{
		rest += KEY_UUID_LEN;
		rest_len -= KEY_UUID_LEN;
	}
	if (key[0] & KEY_TAG_OBJECT_TEXT)
	{
		*object = rest;
		*object_len = rest_len;
	}
}

/* Is this text what write_part makes of a part that is no UUID? */
static bool
valid_text_part(const unsigned char *str, size_t len)
{
	KeyPart		part;

	if (read_part((const char *) str, len, &part) != PART_OK ||
		part.is_uuid || part.len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (str[i] >= 'A' && str[i] <= 'Z')
			return false;
	return true;
}

bool
osmeta_key_valid(const unsigned char *key, size_t key_len)
{
	const unsigned char *owner;
	const unsigned char *object;
	size_t		owner_len;
	size_t		object_len;
	size_t		fixed = 1;

	if (key_len < 1 || key_len > KEY_MAX ||
		(key[0] & ~(KEY_TAG_OWNER_TEXT | KEY_TAG_OBJECT_TEXT)) != 0)
		return false;

	/* What osmeta_key_parts relies on: the fixed bytes and the separator. */
	if ((key[0] & KEY_TAG_OWNER_TEXT) == 0)
		fixed += KEY_UUID_LEN;
	else
	{
		const unsigned char *separator = memchr(key + 1, '*', key_len - 1);

		if (separator == NULL)
			return false;
		fixed += (size_t) (separator - key);
	}
	if (key_len < fixed)
		return false;
	if ((key[0] & KEY_TAG_OBJECT_TEXT) == 0 &&
		key_len != fixed + KEY_UUID_LEN)
		return false;

	osmeta_key_parts(key, key_len, &owner, &owner_len, &object, &object_len);
	return (owner == NULL || valid_text_part(owner, owner_len)) &&
		((key[0] & KEY_TAG_OBJECT_TEXT) == 0 ||
		 valid_text_part(object, object_len));
}

size_t
osmeta_key_print_owner(const unsigned char *key, size_t key_len, char *out)
{
	const unsigned char *owner;
	const unsigned char *object;
	size_t		owner_len;
	size_t		object_len;

	osmeta_key_parts(key, key_len, &owner, &owner_len, &object, &object_len);
	if (owner == NULL)
		return encode_uuid(key + 1, out);
	memcpy(out, owner, owner_len);
	return owner_len;
}

size_t
osmeta_key_print_object(const unsigned char *key, size_t key_len, char *out)
{
	const unsigned char *owner;
	const unsigned char *object;
	size_t		owner_len;
	size_t		object_len;

	osmeta_key_parts(key, key_len, &owner, &owner_len, &object, &object_len);
	if (object == NULL)
		return encode_uuid(key + key_len - KEY_UUID_LEN, out);
	memcpy(out, object, object_len);
	return object_len;
}

size_t
osmeta_key_print(const unsigned char *key, size_t key_len, bool reference,
				 char *out)
{
	char	   *p = out;
	bool		is_text = (key[0] & KEY_TAG_OWNER_TEXT) != 0;

	if (reference || (is_text && has_prefix((const char *) key + 1,
											key_len - 1)))
	{
		*p++ = 'b';
		*p++ = 't';
	}
	p += osmeta_key_print_owner(key, key_len, p);
	*p++ = '*';
	p += osmeta_key_print_object(key, key_len, p);
	return (size_t) (p - out);
}

bool
osmeta_key_blames_owner(KeyStatus status)
{
	for (size_t i = 1; i < sizeof(owner_status) / sizeof(owner_status[0]); i++)
		if (owner_status[i] == status)
			return true;
	return false;
}

const char *
osmeta_key_explain(KeyStatus status)
{
	switch (status)
	{
		case KEY_OK:
			break;
		case KEY_NO_REFERENCE:
			return "It does not begin with \"bt\".";
		case KEY_NO_SEPARATOR:
			return "There is no \"*\" between owner and object.";
		case KEY_MANY_SEPARATORS:
			return "There is more than one \"*\".";
		case KEY_OWNER_EMPTY:
			return "The owner part is empty.";
		case KEY_OBJECT_EMPTY:
			return "The object part is empty.";
		case KEY_OWNER_LONG:
			return "The owner part is longer than 100 bytes.";
		case KEY_OBJECT_LONG:
			return "The object part is longer than 100 bytes.";
		case KEY_OWNER_CONTROL:
			return "The owner part holds a control character.";
		case KEY_OBJECT_CONTROL:
			return "The object part holds a control character.";
		case KEY_OWNER_SEPARATOR:
			return "The owner part holds a \"*\".";
		case KEY_OBJECT_SEPARATOR:
			return "The object part holds a \"*\".";
	}
	return "The key is well formed.";
}

/*
 * The character at text: its code point, and its length in bytes in *size.
 * A byte that begins no whole UTF-8 character counts as one by itself.
 */
static uint32_t
excerpt_char(const unsigned char *str, size_t len, size_t *size)
{
	unsigned char c = str[0];
	uint32_t	code;
	size_t		need;

	if (c >= 0xC2 && c <= 0xDF)
		need = 2, code = c & 0x1F;
	else if (c >= 0xE0 && c <= 0xEF)
		need = 3, code = c & 0x0F;
	else if (c >= 0xF0 && c <= 0xF4)
		need = 4, code = c & 0x07;
	else
		need = 1, code = c;
	*size = 1;
	if (need > len)
		return c;
	for (size_t i = 1; i < need; i++)
	{
		if ((str[i] & 0xC0) != 0x80)
			return c;
		code = (code << 6) | (str[i] & 0x3F);
	}
	*size = need;
	return code;
}

/* Would the character disturb the line that a message is printed on? */
static bool
is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code <= 0x9F) ||
		(code >= 0x200B && code <= 0x200F) ||	/* zero width, direction */
		(code >= 0x2028 && code <= 0x202E) ||	/* separators, direction */
		(code >= 0x2066 && code <= 0x2069) ||	/* isolates */
		code == 0xFEFF;
}

char *
osmeta_text_excerpt(const char *str, size_t len, char *out)
{
	const unsigned char *p = (const unsigned char *) str;
	const unsigned char *end = p + len;
	char	   *o = out;
	int			chars = 0;

	for (; p < end && chars < EXCERPT_CHARS; chars++)
	{
		size_t		size;
		uint32_t	code = excerpt_char(p, (size_t) (end - p), &size);

		if (is_unsafe(code) || (size == 1 && code >= 0x80))
		{
			int			digits = size == 1 ? 2 : 4;

			*o++ = '\\';
			*o++ = size == 1 ? 'x' : 'u';
			while (digits-- > 0)
				*o++ = hex_digits[(code >> (4 * digits)) & 0x0F];
		}
		else
		{
			memcpy(o, p, size);
			o += size;
		}
		p += size;
	}
	if (p < end)
	{
		memcpy(o, "...", 3);
		o += 3;
	}
	*o = '\0';
	return out;
}
