/*-------------------------------------------------------------------------
 *
 * physical_name.h
 *	  The names that publishing gives to tables, columns and what hangs on
 *	  them: computed, taken apart, explained.
 *
 * Needs no backend: plain C11, buffers of the caller, no allocation, no
 * error raised.  All texts are UTF-8 with a length; lengths called "chars"
 * count code points, others bytes.  A byte that begins no whole character
 * counts as a character of its own, so that any input is safe.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PHYSICAL_NAME_H
#define OSMETA_PHYSICAL_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dialect.h"

/* Characters of the key of a module. */
#define ESPACE_HASH_LEN		3

/* Characters of a column, on every engine. */
#define COLUMN_NAME_CHARS	28

/* Characters of the names of triggers, keys and event tables. */
#define OBJECT_NAME_CHARS	128

/* Room for a physical table name of an entity name with that many bytes. */
#define TABLE_NAME_SIZE(entity_len)	((entity_len) + 24)

/*
 * Room for what the cased names below can take: a character grows by at most
 * half its bytes when its case changes, and 10 bytes come in front.
 */
#define CASED_NAME_SIZE(len)	((len) * 2 + 16)

/* The most numbers that one taken name can stand for. */
#define TAKEN_NUMBERS		10

/* A physical name as it reads; pointers into the name. */
typedef struct PhysicalName
{
	const char *prefix;			/* "OSUSR", "OSSYS" or "OSEVT", any case */
	const char *hash;			/* ESPACE_HASH_LEN characters, or NULL */
	const char *part;			/* what follows, suffix included */
	size_t		part_len;
	size_t		base_len;		/* of part, suffix left off */
	int32_t		suffix;			/* number at the end of part, or -1 */
} PhysicalName;

#define PHYSICAL_PREFIX_LEN	5

typedef enum NameVerdict
{
	NAME_EXACT,
	NAME_NUMBERED,
	NAME_OTHER_KEY,
	NAME_RENAMED,
	NAME_OTHER_KEY_RENAMED,
	NAME_SYSTEM,
	NAME_EXTERNAL,
	NAME_FOREIGN
} NameVerdict;

/* Bytes of the first chars characters, or all if there are fewer. */
extern size_t osmeta_utf8_clip(const char *str, size_t len, size_t chars);

/* Are two names the same but for case? */
extern bool osmeta_name_equal(const char *a, size_t a_len,
							  const char *b, size_t b_len);

/*
 * A name in one case, into out (len bytes): two names are equal by
 * osmeta_name_equal if what comes out is.
 */
extern void osmeta_name_fold(const char *name, size_t len, char *out);

/* The key of a module, into key (not terminated). */
extern void osmeta_espace_hash(const char *name, size_t len,
							   char key[ESPACE_HASH_LEN]);

/*
 * The table name of an entity with a clash number, 0 for none, into out
 * (TABLE_NAME_SIZE); gives its length.
 */
extern size_t osmeta_table_name(const char hash[ESPACE_HASH_LEN],
								const char *entity, size_t entity_len,
								Dialect dialect, uint32_t number, char *out);

/*
 * Which clash numbers does a taken name rule out for this entity?  (More
 * than one where the name is cut: "Applic12" is the bare name of an entity
 * and its number 2.)  0 stands for the bare name.  Gives how many.
 */
extern int	osmeta_taken_numbers(const char hash[ESPACE_HASH_LEN],
								 const char *entity, size_t entity_len,
								 Dialect dialect,
								 const char *taken, size_t taken_len,
								 uint32_t numbers[TAKEN_NUMBERS]);

/* The column of an attribute, into out (CASED_NAME_SIZE). */
extern size_t osmeta_column_name(const char *attribute, size_t len,
								 char *out);

/* The trigger of a process on a table, into out (CASED_NAME_SIZE). */
extern size_t osmeta_trigger_name(const char *table, size_t len, char *out);

/* Take a name apart; false if it is no name of the platform. */
extern bool osmeta_physical_parse(const char *name, size_t len,
								  PhysicalName *result);

/* Does a name stand in brackets with a schema or database: [x].[y].[z]? */
extern bool osmeta_is_external_name(const char *name, size_t len);

/* How a physical name relates to module and entity. */
extern NameVerdict osmeta_physical_explain(const char *espace,
										   size_t espace_len,
										   const char *entity,
										   size_t entity_len,
										   const char *physical,
										   size_t physical_len,
										   Dialect dialect);

/* The verdict in words. */
extern const char *osmeta_verdict_text(NameVerdict verdict);

#endif							/* OSMETA_PHYSICAL_NAME_H */
