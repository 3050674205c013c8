/*-------------------------------------------------------------------------
 *
 * guess.c
 *	  Which modules and entities do tables belong to, by their names alone?
 *
 * For a database that shows its tables and not the metamodel.  A table tells
 * the key of its module, the entity part and perhaps a number; modules are
 * found by the key that their names give.  All keys are known beforehand, so
 * that modules are an array by key; whether the name without the number is
 * there too is looked up in a hash of all names.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "physical_name.h"

#define GUESS_COLUMNS	7

/* Letters and digits, as many times as a key has characters. */
#define KEY_CHARS		36
#define KEYS			(KEY_CHARS * KEY_CHARS * KEY_CHARS)

/* What stands in front of the entity in the name of a table of texts. */
#define MULTILINGUAL	"_ML"
#define MULTILINGUAL_LEN 3

/* A set of texts; a slot without data is free. */
typedef struct NameSlot
{
	const char *data;
	Size		len;
	uint32		hash;
} NameSlot;

typedef struct NameSet
{
	NameSlot   *slots;
	uint32		mask;
} NameSet;

/* The name of a table without blanks around it, as given and in one case. */
typedef struct TableName
{
	const char *str;			/* NULL for a NULL */
	char	   *folded;
	Size		len;
} TableName;

/* The modules with one key, in the order of the argument. */
typedef struct KeyModules
{
	int			first;			/* index of a module, -1 if none */
	int			last;
	int			count;
	Datum		others;			/* all but the first as an array, once made */
} KeyModules;

typedef struct Modules
{
	KeyModules *keys;
	Datum	   *names;
	int		   *next;			/* with the same key, -1 at the end */
} Modules;

PG_FUNCTION_INFO_V1(osmeta_guess_table);

/* A set with room for count texts. */
static void
set_init(NameSet *set, int count)
{
	uint32		size = 16;

	while (size < (uint32) count * 2 && size < ((uint32) 1 << 31))
		size *= 2;
	set->slots = MemoryContextAllocExtended(CurrentMemoryContext,
											sizeof(NameSlot) * (Size) size,
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	set->mask = size - 1;
}

/* The slot of a text, or the free one where it belongs. */
static NameSlot *
set_slot(const NameSet *set, const char *data, Size len, uint32 *hash)
{
	uint32		i;

	*hash = hash_bytes((const unsigned char *) data, (int) len);
	for (i = *hash & set->mask; set->slots[i].data != NULL;
		 i = (i + 1) & set->mask)
	{
		const NameSlot *slot = &set->slots[i];

		if (slot->hash == *hash && slot->len == len &&
			memcmp(slot->data, data, len) == 0)
			break;
	}
	return &set->slots[i];
}

static bool
set_has(const NameSet *set, const char *data, Size len)
{
	uint32		hash;

	return set_slot(set, data, len, &hash)->data != NULL;
}

/* Adds a text, which must stay where it is; false if it was there. */
static bool
set_add(NameSet *set, const char *data, Size len)
{
	uint32		hash;
	NameSlot   *slot = set_slot(set, data, len, &hash);

	if (slot->data != NULL)
		return false;
	slot->data = data;
	slot->len = len;
	slot->hash = hash;
	return true;
}

/* The number of a key, which is letters and digits in any case. */
static int
key_number(const char *key)
{
	int			number = 0;

	for (int i = 0; i < ESPACE_HASH_LEN; i++)
	{
		char		c = key[i];

		number = number * KEY_CHARS +
			(c >= '0' && c <= '9' ? c - '0' :
			 (c >= 'A' && c <= 'Z' ? c - 'A' : c - 'a') + 10);
	}
	return number;
}

/* The elements of an array of texts; none of NULL. */
static int
elements(FunctionCallInfo fcinfo, int arg, Datum **values, bool **nulls)
{
	int			count = 0;

	if (!PG_ARGISNULL(arg))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(arg), TEXTOID, -1, false,
						  TYPALIGN_INT, values, nulls, &count);
	return count;
}

/* Find the key of each module; one that is named again counts once. */
static void
read_modules(FunctionCallInfo fcinfo, int arg, Modules *modules)
{
	NameSet		seen;
	bool	   *nulls = NULL;
	int			count = elements(fcinfo, arg, &modules->names, &nulls);

	modules->keys = palloc0(sizeof(KeyModules) * KEYS);
	for (int i = 0; i < KEYS; i++)
		modules->keys[i].first = -1;
	modules->next = palloc(sizeof(int) * Max(count, 1));
	set_init(&seen, count);

	for (int i = 0; i < count; i++)
	{
		text	   *name;
		char		hash[ESPACE_HASH_LEN];
		KeyModules *key;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			continue;
		name = DatumGetTextPP(modules->names[i]);
		if (VARSIZE_ANY_EXHDR(name) == 0 ||
			!set_add(&seen, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)))
			continue;
		osmeta_espace_hash(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), hash);
		key = &modules->keys[key_number(hash)];
		modules->next[i] = -1;
		if (key->first < 0)
			key->first = i;
		else
			modules->next[key->last] = i;
		key->last = i;
		key->count++;
	}
}

/* The modules of a key but the first; made once for all its tables. */
static Datum
other_modules(const Modules *modules, KeyModules *key)
{
	if (key->others == (Datum) 0)
	{
		Datum	   *names = palloc(sizeof(Datum) * key->count);
		int			count = 0;

		for (int i = modules->next[key->first]; i >= 0; i = modules->next[i])
			names[count++] = modules->names[i];
		key->others = PointerGetDatum(construct_array(names, count, TEXTOID,
													  -1, false,
													  TYPALIGN_INT));
		pfree(names);
	}
	return key->others;
}

/*
 * Is the table without the number there?  bare is its folded name.  An event
 * table follows the name of its data table, and need not have been there when
 * the number was given.
 */
static bool
has_bare_name(const NameSet *tables, const char *bare, Size len,
			  bool is_event)
{
	char	   *data_table;
	bool		result;

	if (set_has(tables, bare, len))
		return true;
	if (!is_event)
		return false;
	data_table = pnstrdup(bare, len);
	memcpy(data_table, "osusr", PHYSICAL_PREFIX_LEN);
	result = set_has(tables, data_table, len);
	pfree(data_table);
	return result;
}

/* What one name tells: columns from the second on. */
static void
guess(const TableName *name, const NameSet *tables, const Modules *modules,
	  Datum *values, bool *nulls)
{
	PhysicalName parsed;
	KeyModules *key;
	const char *entity;
	Size		entity_len;
	bool		is_event;
	bool		is_multilingual;

	if (!osmeta_physical_parse(name->str, name->len, &parsed) ||
		parsed.hash == NULL)
		return;
	entity = parsed.part;
	entity_len = parsed.base_len;
	is_event = memcmp(name->folded, "osevt", PHYSICAL_PREFIX_LEN) == 0;
	is_multilingual = !is_event && entity_len > MULTILINGUAL_LEN &&
		osmeta_name_equal(entity, MULTILINGUAL_LEN, MULTILINGUAL,
						  MULTILINGUAL_LEN);
	if (is_multilingual)
	{
		entity += MULTILINGUAL_LEN;
		entity_len -= MULTILINGUAL_LEN;
	}

	key = &modules->keys[key_number(parsed.hash)];
	if (key->first >= 0)
	{
		values[1] = modules->names[key->first];
		nulls[1] = false;
	}
	values[2] = PointerGetDatum(cstring_to_text_with_len(entity,
														 (int) entity_len));
	nulls[2] = false;
	if (key->count > 1)
	{
		values[4] = other_modules(modules, key);
		nulls[4] = false;
	}
	values[5] = CStringGetTextDatum(is_event ? "event" :
									is_multilingual ? "multilingual" : "data");
	nulls[5] = false;
	if (parsed.suffix >= 0)
	{
		Size		bare_len = parsed.base_len;

		bare_len += (Size) (parsed.part - name->str);
		values[3] = Int32GetDatum(parsed.suffix);
		nulls[3] = false;
		values[6] = BoolGetDatum(has_bare_name(tables, name->folded, bare_len,
											   is_event));
		nulls[6] = false;
	}
}

/* The names of tables, and the set of them. */
static int
read_tables(FunctionCallInfo fcinfo, int arg, Datum **values,
			TableName **names, NameSet *tables)
{
	bool	   *nulls = NULL;
	int			count = elements(fcinfo, arg, values, &nulls);

	set_init(tables, count);
	*names = MemoryContextAllocExtended(CurrentMemoryContext,
										sizeof(TableName) * (Size) Max(count, 1),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < count; i++)
	{
		TableName  *name = &(*names)[i];
		text	   *value;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			continue;
		value = DatumGetTextPP((*values)[i]);
		name->str = VARDATA_ANY(value);
		name->len = VARSIZE_ANY_EXHDR(value);
		for (; name->len > 0 && *name->str == ' '; name->len--)
			name->str++;
		while (name->len > 0 && name->str[name->len - 1] == ' ')
			name->len--;
		name->folded = palloc(name->len + 1);
		osmeta_name_fold(name->str, name->len, name->folded);
		(void) set_add(tables, name->folded, name->len);
	}
	return count;
}

/*
 * Not strict: without tables there is no row, without modules none is found.
 * A NULL among the tables is a row of NULLs.
 */
Datum
osmeta_guess_table(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Modules		modules = {0};
	NameSet		tables;
	TableName  *names;
	Datum	   *table_names = NULL;
	int			count;

	InitMaterializedSRF(fcinfo, 0);
	read_modules(fcinfo, 1, &modules);
	count = read_tables(fcinfo, 0, &table_names, &names, &tables);

	for (int i = 0; i < count; i++)
	{
		Datum		values[GUESS_COLUMNS] = {0};
		bool		nulls[GUESS_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		memset(nulls, true, sizeof(nulls));
		if (names[i].str != NULL)
		{
			values[0] = table_names[i];
			nulls[0] = false;
			guess(&names[i], &tables, &modules, values, nulls);
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}
