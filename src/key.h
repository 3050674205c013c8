/*-------------------------------------------------------------------------
 *
 * key.h
 *	  Composite keys and reference types as bytes: parse, build, print.
 *
 * Needs no backend: plain C11, buffers of the caller, no allocation, no
 * error raised.  oskey.c wraps it for SQL, test/fuzz runs it alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_KEY_H
#define OSMETA_KEY_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of one part of a key as text, after blanks around it are dropped. */
#define KEY_PART_MAX	100

/* Canonical bytes of a key: the tag, two parts and what separates them. */
#define KEY_MAX			(1 + KEY_PART_MAX + 1 + KEY_PART_MAX)

/* Canonical bytes of a key whose parts are both UUIDs. */
#define KEY_UUID_LEN	16
#define KEY_UUIDS_LEN	(1 + 2 * KEY_UUID_LEN)

/* A key as text, with the prefix; no terminating zero is written. */
#define KEY_TEXT_MAX	(2 + KEY_PART_MAX + 1 + KEY_PART_MAX)

/* "bt" and two UUIDs: what nearly every reference looks like. */
#define PLAIN_REFERENCE_LEN	(2 + 36 + 1 + 36)

/* The first canonical byte: which parts are text rather than a UUID. */
#define KEY_TAG_OBJECT_TEXT	0x01
#define KEY_TAG_OWNER_TEXT	0x02

typedef enum KeyStatus
{
	KEY_OK = 0,
	KEY_NO_REFERENCE,			/* the text does not begin with "bt" */
	KEY_NO_SEPARATOR,
	KEY_MANY_SEPARATORS,
	KEY_OWNER_EMPTY,
	KEY_OBJECT_EMPTY,
	KEY_OWNER_LONG,
	KEY_OBJECT_LONG,
	KEY_OWNER_CONTROL,
	KEY_OBJECT_CONTROL,
	KEY_OWNER_SEPARATOR,
	KEY_OBJECT_SEPARATOR
} KeyStatus;

/*
 * Parse "[bt]<owner>*<object>" into the canonical bytes at key (KEY_MAX
 * bytes; the length goes to *key_len).  Anything but KEY_OK leaves the
 * contents of key and *key_len undefined.
 */
extern KeyStatus osmeta_key_parse(const char *str, size_t len,
								  unsigned char *key, size_t *key_len);

/*
 * The same for the TYPE of an attribute: "bt" must be there, and a text
 * without it is KEY_NO_REFERENCE whatever else it holds.
 */
extern KeyStatus osmeta_key_parse_reference(const char *str, size_t len,
											unsigned char *key,
											size_t *key_len);

/*
 * The fast way for the common form: text has PLAIN_REFERENCE_LEN bytes, key
 * room for KEY_UUIDS_LEN.  False says nothing more than that one of the
 * functions above has to look at the text.
 */
extern bool osmeta_key_parse_plain(const char *str, unsigned char *key);

/* Build from the two parts; no prefix is looked for in the owner. */
extern KeyStatus osmeta_key_build(const char *owner, size_t owner_len,
								  const char *object, size_t object_len,
								  unsigned char *key, size_t *key_len);

/*
 * Are these the canonical bytes of a key?  Exactly the bytes that the
 * functions above produce are.  Whether text parts are valid in the encoding
 * is left to the caller.
 */
extern bool osmeta_key_valid(const unsigned char *key, size_t key_len);

/* Where the text parts of valid canonical bytes are; NULL for a UUID. */
extern void osmeta_key_parts(const unsigned char *key, size_t key_len,
							 const unsigned char **owner, size_t *owner_len,
							 const unsigned char **object,
							 size_t *object_len);

/*
 * Print a key into out (KEY_TEXT_MAX bytes); gives the number of bytes.  As
 * a reference, "bt" always comes first; otherwise only where the owner
 * itself begins with "bt", so that the text parses to the same key.
 */
extern size_t osmeta_key_print(const unsigned char *key, size_t key_len,
							   bool reference, char *out);

/* Print one part into out (KEY_PART_MAX bytes); gives the length. */
extern size_t osmeta_key_print_owner(const unsigned char *key,
									 size_t key_len, char *out);
extern size_t osmeta_key_print_object(const unsigned char *key,
									  size_t key_len, char *out);

/* Is it the owner part that is wrong? */
extern bool osmeta_key_blames_owner(KeyStatus status);

/* What a status means, as a sentence for the detail of an error. */
extern const char *osmeta_key_explain(KeyStatus status);

/* Room for osmeta_text_excerpt, with the terminating zero. */
#define EXCERPT_CHARS	80
#define EXCERPT_SIZE	(EXCERPT_CHARS * 8 + 4)

/*
 * The beginning of a text in a form that is safe and short enough to stand
 * in a message: at most EXCERPT_CHARS characters, never part of one,
 * control and invisible formatting characters as escapes, "..." where
 * something was left off.  Zero-terminated; gives out.
 */
extern char *osmeta_text_excerpt(const char *str, size_t len, char *out);

#endif							/* OSMETA_KEY_H */
