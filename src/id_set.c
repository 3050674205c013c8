/*-------------------------------------------------------------------------
 *
 * id_set.c
 *	  A set of identifiers, with ranks.
 *
 * Which rows does the stage have, and which is the how manyeth?  The engine
 * asks that for each reference that it maps, millions of times, and a
 * factory's identifiers are numbers that lie close together.
 *
 * The numbers are cut into blocks of 65,536.  A block with few members is a
 * sorted list of 16-bit numbers, one with many a bitmap with a count before
 * each 512 bits: a bit for an identifier of a table without gaps, two bytes
 * in a sparse one, and some forty in the worst case of one in a block.
 * Blocks are found by their number directly where there are no gaps between
 * them, else by binary search.
 *
 * Identifiers are added in ascending order, so that nothing ever moves.
 *
 *-------------------------------------------------------------------------
 */
#include "id_set.h"

/* A list of more members would take more room than the bitmap. */
#define LIST_MAX 4096

#define BLOCK_WORDS 1024
/* A bitmap's counts: 128 of 16 bits, one before each eight words. */
#define COUNT_WORDS 32
#define COUNT_EVERY 8

/* Order of unsigned numbers = order of signed ones. */
static uint64_t
turned(int64_t id)
{
	return (uint64_t) id ^ ((uint64_t) 1 << 63);
}

static void *
make_room(const IdSet *set, void *old, size_t *room, size_t needed,
		  size_t width)
{
	size_t		size = *room > 0 ? *room : 64;

	if (old != NULL && needed <= *room)
		return old;
	while (size < needed)
		size += size / 2;
	*room = size;
	return set->alloc(old, size * width);
}

void
osmeta_id_set_init(IdSet *set, IdSetAlloc alloc)
{
	*set = (IdSet)
	{
		.alloc = alloc
	};
}

static uint16_t *
counts_of(const IdSet *set, const IdSetBlock *block)
{
	return (uint16_t *) (set->bits + block->first + BLOCK_WORDS);
}

/*
 * Set a bit of the last block, higher than all others; members is the number
 * of those.  The counts before words that no bit has reached are not known
 * yet: nobody asks for them.
 */
static void
set_bit(IdSet *set, IdSetBlock *block, uint32_t members, int group_before,
		uint16_t low)
{
	uint16_t   *count = counts_of(set, block);
	int			group = low / (64 * COUNT_EVERY);

	for (int i = group_before + 1; i <= group; i++)
		count[i] = (uint16_t) members;
	set->bits[block->first + low / 64] |= (uint64_t) 1 << (low % 64);
}

/* The list of the last block becomes a bitmap. */
static void
list_to_bits(IdSet *set, IdSetBlock *block)
{
	size_t		list = block->first;
	size_t		first = set->nbits;
	int			group = -1;

	set->bits = make_room(set, set->bits, &set->room_bits,
						  first + BLOCK_WORDS + COUNT_WORDS,
						  sizeof(uint64_t));
	set->nbits = first + BLOCK_WORDS + COUNT_WORDS;
	for (size_t i = first; i < set->nbits; i++)
		set->bits[i] = 0;
	block->first = first;
	for (uint32_t i = 0; i < block->members; i++)
	{
		uint16_t	low = set->list[list + i];

		set_bit(set, block, i, group, low);
		group = low / (64 * COUNT_EVERY);
	}
	set->nlist = list;
}

bool
osmeta_id_set_add(IdSet *set, int64_t id)
{
	uint64_t	high = turned(id) >> 16;
	uint16_t	low = (uint16_t) (turned(id) & 0xffff);
	int64_t		before = set->last;
	IdSetBlock *block;

	if (set->has_last && id <= set->last)
		return id == set->last;
	set->has_last = true;
	set->last = id;

	block = set->nblocks > 0 ? &set->block[set->nblocks - 1] : NULL;
	if (block == NULL || block->high != high)
	{
		set->block = make_room(set, set->block, &set->room_blocks,
							   set->nblocks + 1, sizeof(IdSetBlock));
		block = &set->block[set->nblocks++];
		*block = (IdSetBlock)
		{
			.high = high,.rank = set->members,.first = set->nlist
		};
	}
	if (block->members == LIST_MAX)
		list_to_bits(set, block);
	if (block->members < LIST_MAX)
	{
		set->list = make_room(set, set->list, &set->room_list,
							  set->nlist + 1, sizeof(uint16_t));
		set->list[set->nlist++] = low;
	}
	else
		set_bit(set, block, block->members,
				(int) (turned(before) & 0xffff) / (64 * COUNT_EVERY), low);
	block->members++;
	set->members++;
	return true;
}

static const IdSetBlock *
find_block(const IdSet *set, uint64_t high)
{
	size_t		low = 0;
	size_t		end = set->nblocks;
	uint64_t	guess;

	if (end == 0 || high < set->block[0].high)
		return NULL;
	guess = high - set->block[0].high;
	if (guess < end && set->block[guess].high == high)
		return &set->block[guess];
	while (low < end)
	{
		size_t		middle = low + (end - low) / 2;

		if (set->block[middle].high == high)
			return &set->block[middle];
		if (set->block[middle].high < high)
			low = middle + 1;
		else
			end = middle;
	}
	return NULL;
}

/* Place of a member in the list of its block, -1 if it is none. */
static int64_t
find_in_list(const IdSet *set, const IdSetBlock *block, uint16_t value)
{
	const uint16_t *list = set->list + block->first;
	uint32_t	low = 0;
	uint32_t	end = block->members;

	while (low < end)
	{
		uint32_t	middle = low + (end - low) / 2;

		if (list[middle] == value)
			return middle;
		if (list[middle] < value)
			low = middle + 1;
		else
			end = middle;
	}
	return -1;
}

bool
osmeta_id_set_has(const IdSet *set, int64_t id)
{
	const IdSetBlock *block = find_block(set, turned(id) >> 16);
	uint16_t	low = (uint16_t) (turned(id) & 0xffff);

	if (block == NULL)
		return false;
	if (block->members <= LIST_MAX)
		return find_in_list(set, block, low) >= 0;
	return (set->bits[block->first + low / 64] >> (low % 64)) & 1;
}

static int
count_bits(uint64_t word)
{
	word = word - ((word >> 1) & UINT64_C(0x5555555555555555));
	word = (word & UINT64_C(0x3333333333333333)) +
		((word >> 2) & UINT64_C(0x3333333333333333));
	word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (int) ((word * UINT64_C(0x0101010101010101)) >> 56);
}

int64_t
osmeta_id_set_rank(const IdSet *set, int64_t id)
{
	const IdSetBlock *block = find_block(set, turned(id) >> 16);
	uint16_t	low = (uint16_t) (turned(id) & 0xffff);
	const uint64_t *bits;
	size_t		word = low / 64;
	size_t		counted;
	int64_t		rank;

	if (block == NULL)
		return -1;
	if (block->members <= LIST_MAX)
	{
		rank = find_in_list(set, block, low);
		return rank < 0 ? -1 : (int64_t) block->rank + rank;
	}
	bits = set->bits + block->first;
	if (((bits[word] >> (low % 64)) & 1) == 0)
		return -1;
	counted = word / COUNT_EVERY;
	rank = (int64_t) block->rank + counts_of(set, block)[counted];
	for (size_t i = counted * COUNT_EVERY; i < word; i++)
		rank += count_bits(bits[i]);
	return rank + count_bits(bits[word] & (((uint64_t) 1 << (low % 64)) - 1));
}

size_t
osmeta_id_set_size(const IdSet *set)
{
	return set->room_blocks * sizeof(IdSetBlock) +
		set->room_bits * sizeof(uint64_t) +
		set->room_list * sizeof(uint16_t);
}

void
osmeta_id_set_free(IdSet *set)
{
	if (set->block != NULL)
		set->alloc(set->block, 0);
	if (set->bits != NULL)
		set->alloc(set->bits, 0);
	if (set->list != NULL)
		set->alloc(set->list, 0);
	osmeta_id_set_init(set, set->alloc);
}
