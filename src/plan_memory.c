/*-------------------------------------------------------------------------
 *
 * plan_memory.c
 *	  What a session remembers of a plan's identifiers.
 *
 * A delivery maps millions of identifiers.  A join for each reference would
 * cost more than all the rest, so the statements call functions which look
 * into memory:
 *
 *	staged_id		the identifier, if the stage has the row (id_set.c: a
 *					bit for a row)
 *	staged_rank		its place among the staged ones, round by round, for
 *					strategy dense
 *	mapped_id		its partner in osmeta.plan_map (static records, users and
 *					others that are matched; a hash table)
 *	target_id		the identifier, if the target's table has it, for checks
 *					of references: forgotten before and after verify_plan,
 *					since the target changes as it likes
 *
 * All take the plan's generation, which the statement holds as a constant:
 * what was read of another generation is read anew.  Only one plan is
 * remembered at a time.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "id_set.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_staged_id);
PG_FUNCTION_INFO_V1(osmeta_staged_rank);
PG_FUNCTION_INFO_V1(osmeta_mapped_number);
PG_FUNCTION_INFO_V1(osmeta_mapped_text);
PG_FUNCTION_INFO_V1(osmeta_target_id);

/* Rows that are fetched at once. */
#define FETCH_ROWS 10000

typedef struct NumberPair
{
	int64		source;
	int64		target;
	bool		has_target;
	char		status;
} NumberPair;

#define SH_PREFIX number
#define SH_ELEMENT_TYPE NumberPair
#define SH_KEY_TYPE int64
#define SH_KEY source
#define SH_HASH_KEY(table, key) \
	murmurhash32((uint32) (key) ^ (uint32) ((uint64) (key) >> 32))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct TextPair
{
	char	   *source;
	text	   *target;			/* NULL: no partner */
	uint32		hash;
	char		status;
} TextPair;

#define SH_PREFIX word
#define SH_ELEMENT_TYPE TextPair
#define SH_KEY_TYPE char *
#define SH_KEY source
#define SH_HASH_KEY(table, key) \
	hash_bytes((const unsigned char *) (key), (int) strlen(key))
#define SH_EQUAL(table, a, b) (strcmp(a, b) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(table, element) ((element)->hash)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* What of an entity is remembered. */
typedef enum MemoryKind
{
	MEMORY_STAGED,
	MEMORY_RANKED,
	MEMORY_TARGET,
	MEMORY_NUMBERS,
	MEMORY_TEXTS
} MemoryKind;

typedef struct Memory
{
	struct Memory *next;
	int64		entity_id;
	MemoryKind	kind;
	bool		is_ready;		/* read to its end */
	MemoryContext context;
	IdSet		ids;			/* MEMORY_STAGED, MEMORY_TARGET */
	int			nrounds;		/* MEMORY_RANKED */
	int64		last_round;
	IdSet	   *round;
	number_hash *number;
	word_hash  *word;
} Memory;

static MemoryContext all = NULL;
static Memory *first = NULL;
static int64 remembered_plan;
static int32 remembered_generation;

/* Raised whenever memories are dropped, so that nobody keeps a pointer. */
static uint64 epoch = 1;

/* What a call site found, for its next call. */
typedef struct CallMemory
{
	uint64		epoch;
	int64		plan_id;
	int64		entity_id;
	int32		generation;
	Memory	   *memory;
} CallMemory;

void
osmeta_plan_forget(void)
{
	if (all != NULL)
		MemoryContextDelete(all);
	all = NULL;
	first = NULL;
	epoch++;
}

/* realloc() in the context that is current. */
static void *
allocate(void *old, size_t size)
{
	if (size == 0)
	{
		pfree(old);
		return NULL;
	}
	return old == NULL ?
		MemoryContextAllocHuge(CurrentMemoryContext, size) :
		repalloc_huge(old, size);
}

/*
 * Call take() for each row of a query, with the memory's context current.
 * Rows come through a cursor, since there can be more than fit.
 */
static void
read_rows(Memory *memory, const char *sql,
		  void (*take) (Memory *memory, HeapTuple row, TupleDesc desc))
{
	SPIParseOpenOptions options = {.read_only = true};
	Portal		cursor = SPI_cursor_parse_open(NULL, sql, &options);

	for (;;)
	{
		MemoryContext old;

		SPI_cursor_fetch(cursor, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		old = MemoryContextSwitchTo(memory->context);
		for (uint64 i = 0; i < SPI_processed; i++)
			take(memory, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
		MemoryContextSwitchTo(old);
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_cursor_close(cursor);
}

static void
take_id(Memory *memory, HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	int64		id = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));

	if (!isnull && !osmeta_id_set_add(&memory->ids, id))
		elog(ERROR, "identifiers came out of order");
}

/* Rows of a later round are numbered behind those of the earlier ones. */
static void
take_ranked(Memory *memory, HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	int64		id = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
	int64		round = DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull));

	if (memory->nrounds == 0 || round != memory->last_round)
	{
		Size		size = sizeof(IdSet) * (memory->nrounds + 1);

		memory->round = memory->round == NULL ? palloc(size) :
			repalloc(memory->round, size);
		osmeta_id_set_init(&memory->round[memory->nrounds++], allocate);
		memory->last_round = round;
	}
	if (!osmeta_id_set_add(&memory->round[memory->nrounds - 1], id))
		elog(ERROR, "identifiers came out of order");
}

/* A text that is a whole number as such; false for all others. */
static bool
read_number(const char *value, int64 *number)
{
	char	   *end;

	errno = 0;
	*number = strtoll(value, &end, 10);
	return errno == 0 && end != value && *end == '\0';
}

static void
take_number(Memory *memory, HeapTuple row, TupleDesc desc)
{
	char	   *source = SPI_getvalue(row, desc, 1);
	char	   *target = SPI_getvalue(row, desc, 2);
	int64		number;
	bool		found;
	NumberPair *pair;

	if (!read_number(source, &number))
		return;
	pair = number_insert(memory->number, number, &found);
	pair->has_target = target != NULL && read_number(target, &pair->target);
}

static void
take_text(Memory *memory, HeapTuple row, TupleDesc desc)
{
	char	   *source = SPI_getvalue(row, desc, 1);
	char	   *target = SPI_getvalue(row, desc, 2);
	bool		found;
	TextPair   *pair = word_insert(memory->word, source, &found);

	pair->target = target ? cstring_to_text(target) : NULL;
}

static void
read_memory(Memory *memory, int64 plan_id)
{
	int			nest_level = osmeta_spi_begin(false);
	MemoryContext old = MemoryContextSwitchTo(memory->context);

	if (memory->kind == MEMORY_STAGED || memory->kind == MEMORY_TARGET)
		osmeta_id_set_init(&memory->ids, allocate);
	else if (memory->kind == MEMORY_RANKED)
	{
		memory->round = NULL;
		memory->nrounds = 0;
	}
	else if (memory->kind == MEMORY_NUMBERS)
		memory->number = number_create(memory->context, 1024, NULL);
	else
		memory->word = word_create(memory->context, 1024, NULL);
	MemoryContextSwitchTo(old);

	if (memory->kind <= MEMORY_TARGET)
	{
		/* Applications have no table of users of their own. */
		const char *is_user = memory->kind == MEMORY_TARGET ?
		"e.key_strategy = 'user'" : "false";

		if (osmeta_execf("SELECT CASE WHEN %s"
						 "  THEN format('SELECT DISTINCT u.id::bigint FROM %%I.live_user u ORDER BY 1', n.schema)"
						 "  ELSE format('SELECT %s s.c%%s::bigint%s FROM %%I.%c%%s s ORDER BY %s', a.attribute_no, p.plan, e.entity_id)"
						 " END FROM osmeta.plan p"
						 " JOIN osmeta.plan_entity e ON e.plan_id = p.plan_id"
						 " LEFT JOIN osmeta.plan_attribute a ON a.plan_id = p.plan_id"
						 "  AND a.entity_id = e.entity_id AND a.is_identifier AND a.include"
						 " LEFT JOIN osmeta.environment n ON n.environment = p.target"
						 " WHERE p.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT
						 " AND (a.attribute_no IS NOT NULL OR %s)",
						 is_user,
						 memory->kind == MEMORY_TARGET ? "DISTINCT" : "",
						 memory->kind == MEMORY_RANKED ? ", s.round::bigint" : "",
						 memory->kind == MEMORY_TARGET ? 't' : 'e',
						 memory->kind == MEMORY_RANKED ? "2, 1" : "1",
						 plan_id, memory->entity_id, is_user) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("plan " INT64_FORMAT " has no entity " INT64_FORMAT " with an identifier",
							plan_id, memory->entity_id)));
		read_rows(memory, osmeta_text_at(0, 1),
				  memory->kind == MEMORY_RANKED ? take_ranked : take_id);
	}
	else
		/* texts as they are compared at the source: osmeta_compared_id() */
		read_rows(memory, psprintf("SELECT CASE WHEN n.dialect = 'sqlserver'"
								   "  THEN osmeta.fold_name(rtrim(m.source_id, ' ')) ELSE m.source_id END, m.target_id"
								   " FROM osmeta.plan_map m JOIN osmeta.plan p ON p.plan_id = m.plan_id"
								   " LEFT JOIN osmeta.environment n ON n.environment = p.source"
								   " WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT,
								   plan_id, memory->entity_id),
				  memory->kind == MEMORY_NUMBERS ? take_number : take_text);
	osmeta_spi_end(nest_level);
	memory->is_ready = true;
}

static Memory *
find_memory(int64 plan_id, int64 entity_id, int32 generation, MemoryKind kind)
{
	Memory	   *memory;

	if (all != NULL && (remembered_plan != plan_id ||
						remembered_generation != generation))
		osmeta_plan_forget();
	if (all == NULL)
		all = AllocSetContextCreate(TopMemoryContext, "osmeta plan",
									ALLOCSET_DEFAULT_SIZES);
	remembered_plan = plan_id;
	remembered_generation = generation;
	for (memory = first; memory != NULL; memory = memory->next)
	{
		if (memory->entity_id == entity_id && memory->kind == kind)
			break;
	}
	if (memory == NULL)
	{
		memory = MemoryContextAllocZero(all, sizeof(Memory));
		memory->entity_id = entity_id;
		memory->kind = kind;
		memory->next = first;
		first = memory;
	}
	if (!memory->is_ready)
	{
		/* An earlier attempt may have been interrupted. */
		if (memory->context != NULL)
			MemoryContextDelete(memory->context);
		memory->context = NULL;
		memory->context = AllocSetContextCreate(all, "osmeta identifiers",
												ALLOCSET_DEFAULT_SIZES);
		read_memory(memory, plan_id);
	}
	return memory;
}

/* The memory that a call's first three arguments name. */
static inline Memory *
memory_of_call(FunctionCallInfo fcinfo, MemoryKind kind)
{
	CallMemory *call = fcinfo->flinfo->fn_extra;
	int64		plan_id = PG_GETARG_INT64(0);
	int64		entity_id = PG_GETARG_INT64(1);
	int32		generation = PG_GETARG_INT32(2);

	if (call != NULL && call->epoch == epoch && call->plan_id == plan_id &&
		call->entity_id == entity_id && call->generation == generation)
		return call->memory;
	if (call == NULL)
		call = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
								   sizeof(CallMemory));
	call->epoch = 0;
	call->memory = find_memory(plan_id, entity_id, generation, kind);
	call->plan_id = plan_id;
	call->entity_id = entity_id;
	call->generation = generation;
	call->epoch = epoch;
	return call->memory;
}

Datum
osmeta_staged_id(PG_FUNCTION_ARGS)
{
	Memory	   *memory = memory_of_call(fcinfo, MEMORY_STAGED);

	if (!osmeta_id_set_has(&memory->ids, PG_GETARG_INT64(3)))
		PG_RETURN_NULL();
	PG_RETURN_INT64(PG_GETARG_INT64(3));
}

Datum
osmeta_target_id(PG_FUNCTION_ARGS)
{
	Memory	   *memory = memory_of_call(fcinfo, MEMORY_TARGET);

	if (!osmeta_id_set_has(&memory->ids, PG_GETARG_INT64(3)))
		PG_RETURN_NULL();
	PG_RETURN_INT64(PG_GETARG_INT64(3));
}

Datum
osmeta_staged_rank(PG_FUNCTION_ARGS)
{
	Memory	   *memory = memory_of_call(fcinfo, MEMORY_RANKED);
	int64		id = PG_GETARG_INT64(3);
	int64		before = 0;

	for (int i = 0; i < memory->nrounds; i++)
	{
		int64		rank = osmeta_id_set_rank(&memory->round[i], id);

		if (rank >= 0)
			PG_RETURN_INT64(before + rank);
		before += (int64) memory->round[i].members;
	}
	PG_RETURN_NULL();
}

Datum
osmeta_mapped_number(PG_FUNCTION_ARGS)
{
	Memory	   *memory = memory_of_call(fcinfo, MEMORY_NUMBERS);
	NumberPair *pair = number_lookup(memory->number, PG_GETARG_INT64(3));

	if (pair == NULL || !pair->has_target)
		PG_RETURN_NULL();
	PG_RETURN_INT64(pair->target);
}

Datum
osmeta_mapped_text(PG_FUNCTION_ARGS)
{
	Memory	   *memory = memory_of_call(fcinfo, MEMORY_TEXTS);
	char	   *source = text_to_cstring(PG_GETARG_TEXT_PP(3));
	TextPair   *pair = word_lookup(memory->word, source);

	if (pair == NULL || pair->target == NULL)
		PG_RETURN_NULL();
	/* a copy: the memory may be dropped while the row is on its way */
	PG_RETURN_TEXT_P(cstring_to_text_with_len(VARDATA(pair->target),
											  VARSIZE(pair->target) - VARHDRSZ));
}
