/*-------------------------------------------------------------------------
 *
 * key.c
 *	  Fuzz target: composite keys and reference types.
 *
 * The input is a text as a user may give it.  It is parsed, and what must
 * hold for every text is checked against a second, slower opinion of what a
 * key is; the input is also taken as canonical bytes that arrive in binary.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include <string.h>

#include "key.h"

/* A part of a key by the second opinion: trimmed, folded. */
typedef struct Part
{
	char		str[KEY_PART_MAX];
	size_t		len;
} Part;

static bool
plain_part(const char *str, size_t len, Part *part)
{
	size_t		start = 0;

	while (start < len && str[start] == ' ')
		start++;
	while (len > start && str[len - 1] == ' ')
		len--;
	part->len = len - start;
	if (part->len < 1 || part->len > KEY_PART_MAX)
		return false;
	for (size_t i = start; i < len; i++)
	{
		char		c = str[i];

		if ((c >= 0 && c < ' ') || c == 0x7F || c == '*')
			return false;
		if (c == (char) 0xC2 && i + 1 < len &&
			(unsigned char) str[i + 1] >= 0x80 &&
			(unsigned char) str[i + 1] < 0xA0)
			return false;
		part->str[i - start] = c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
	}
	return true;
}

/* The whole text by the second opinion. */
static bool
plain_parse(const char *str, size_t len, bool *has_prefix, Part *owner,
			Part *object)
{
	const char *star;

	while (len > 0 && *str == ' ')
	{
		str++;
		len--;
	}
	*has_prefix = len >= 2 && (str[0] == 'b' || str[0] == 'B') &&
		(str[1] == 't' || str[1] == 'T');
	if (*has_prefix)
	{
		str += 2;
		len -= 2;
	}
	star = len == 0 ? NULL : memchr(str, '*', len);
	return star != NULL &&
		plain_part(str, (size_t) (star - str), owner) &&
		plain_part(star + 1, len - (size_t) (star - str) - 1, object);
}

static bool
is_uuid(const Part *part)
{
	if (part->len != 36)
		return false;
	for (int i = 0; i < 36; i++)
	{
		char		c = part->str[i];

		if (i == 8 || i == 13 || i == 18 || i == 23 ? c != '-' :
			!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

/* Everything that must hold for a key and its parts. */
static void
check_key(const unsigned char *key, size_t key_len, const Part *owner,
		  const Part *object)
{
	char		printed[KEY_TEXT_MAX];
	char		reference[KEY_TEXT_MAX];
	char		part[KEY_PART_MAX];
	unsigned char again[KEY_MAX];
	size_t		again_len;
	size_t		len;

	CHECK(key_len <= KEY_MAX);
	CHECK(osmeta_key_valid(key, key_len));
	CHECK((key[0] & KEY_TAG_OWNER_TEXT) == 0 ? is_uuid(owner) : !is_uuid(owner));
	CHECK((key[0] & KEY_TAG_OBJECT_TEXT) == 0 ? is_uuid(object) : !is_uuid(object));
	CHECK(key[0] != 0 || key_len == KEY_UUIDS_LEN);

	/* The parts come back folded: equal keys are equal folded texts. */
	len = osmeta_key_print_owner(key, key_len, part);
	CHECK(len == owner->len && memcmp(part, owner->str, len) == 0);
	len = osmeta_key_print_object(key, key_len, part);
	CHECK(len == object->len && memcmp(part, object->str, len) == 0);

	/* in(out(k)) = k */
	len = osmeta_key_print(key, key_len, false, printed);
	CHECK(len <= KEY_TEXT_MAX);
	CHECK(osmeta_key_parse(printed, len, again, &again_len) == KEY_OK);
	CHECK(again_len == key_len && memcmp(again, key, key_len) == 0);

	/* A reference reads back as itself, and as a key. */
	len = osmeta_key_print(key, key_len, true, reference);
	CHECK(len <= KEY_TEXT_MAX && memcmp(reference, "bt", 2) == 0);
	CHECK(osmeta_key_parse_reference(reference, len, again, &again_len) == KEY_OK);
	CHECK(again_len == key_len && memcmp(again, key, key_len) == 0);
	CHECK(osmeta_key_parse(reference, len, again, &again_len) == KEY_OK);
	CHECK(again_len == key_len && memcmp(again, key, key_len) == 0);
	if (len == PLAIN_REFERENCE_LEN && key[0] == 0)
		CHECK(osmeta_key_parse_plain(reference, again) &&
			  memcmp(again, key, key_len) == 0);

	/* So does a key built from its parts. */
	CHECK(osmeta_key_build(owner->str, owner->len, object->str, object->len,
						   again, &again_len) == KEY_OK);
	CHECK(again_len == key_len && memcmp(again, key, key_len) == 0);
}

/* Case does not matter, wherever it stands. */
static void
check_other_case(const char *str, size_t size, const unsigned char *key,
				 size_t key_len)
{
	char	   *other = malloc(size + 1);
	unsigned char again[KEY_MAX];
	size_t		again_len;

	for (size_t i = 0; i < size; i++)
		other[i] = str[i] >= 'a' && str[i] <= 'z' ? (char) (str[i] - 32) :
			str[i] >= 'A' && str[i] <= 'Z' ? (char) (str[i] + 32) : str[i];
	CHECK(osmeta_key_parse(other, size, again, &again_len) == KEY_OK);
	CHECK(again_len == key_len && memcmp(again, key, key_len) == 0);
	free(other);
}

/* A message shows valid text of limited length, whole characters only. */
static void
check_excerpt(const char *str, size_t size)
{
	char		excerpt[EXCERPT_SIZE];
	size_t		chars;

	osmeta_text_excerpt(str, size, excerpt);
	CHECK(memchr(excerpt, '\0', sizeof(excerpt)) != NULL);
	if (utf8_valid(str, size, &chars))
	{
		CHECK(utf8_valid(excerpt, strlen(excerpt), &chars));
		CHECK(chars <= EXCERPT_CHARS * 6 + 3);
	}
	for (const char *p = excerpt; *p; p++)
		CHECK((unsigned char) *p >= ' ' && *p != 0x7F);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *str = (const char *) data;
	unsigned char key[KEY_MAX];
	unsigned char reference[KEY_MAX];
	size_t		key_len = 0;
	size_t		reference_len = 0;
	Part		owner;
	Part		object;
	bool		has_prefix;
	bool		expected = plain_parse(str, size, &has_prefix, &owner, &object);
	KeyStatus	status = osmeta_key_parse(str, size, key, &key_len);
	KeyStatus	reference_status;

	CHECK((status == KEY_OK) == expected);
	CHECK(osmeta_key_explain(status)[0] != '\0');
	reference_status = osmeta_key_parse_reference(str, size, reference,
												  &reference_len);
	CHECK(reference_status == (has_prefix ? status : KEY_NO_REFERENCE));
	if (reference_status == KEY_OK)
		CHECK(reference_len == key_len &&
			  memcmp(reference, key, key_len) == 0);
	if (size == PLAIN_REFERENCE_LEN &&
		osmeta_key_parse_plain(str, reference))
		CHECK(reference_status == KEY_OK && key_len == KEY_UUIDS_LEN &&
			  memcmp(reference, key, key_len) == 0);

	if (status == KEY_OK)
	{
		check_key(key, key_len, &owner, &object);
		check_other_case(str, size, key, key_len);
	}
	check_excerpt(str, size);

	/* Taken as canonical bytes: valid ones are those that parsing gives. */
	if (osmeta_key_valid(data, size))
	{
		char		printed[KEY_TEXT_MAX];
		size_t		len = osmeta_key_print(data, size, false, printed);

		CHECK(osmeta_key_parse(printed, len, key, &key_len) == KEY_OK);
		CHECK(key_len == size && memcmp(key, data, size) == 0);
	}
	return 0;
}
