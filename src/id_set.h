/*-------------------------------------------------------------------------
 *
 * id_set.h
 *	  A set of identifiers, with ranks.
 *
 * Pure C: no backend.  Memory comes from a callback.  See id_set.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_ID_SET_H
#define OSMETA_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* realloc(): old is NULL at first; never gives NULL but for size 0. */
typedef void *(*IdSetAlloc) (void *old, size_t size);

/* 65,536 neighbouring identifiers of which the set has at least one. */
typedef struct IdSetBlock
{
	uint64_t	high;			/* upper 48 bits, sign turned */
	uint64_t	rank;			/* members in the blocks before */
	uint64_t	first;			/* where its members stand: bits or list */
	uint32_t	members;
} IdSetBlock;

typedef struct IdSet
{
	IdSetAlloc	alloc;
	uint64_t	members;
	size_t		nblocks;
	size_t		room_blocks;
	IdSetBlock *block;			/* ascending */
	size_t		nbits;			/* 64-bit words in use */
	size_t		room_bits;
	uint64_t   *bits;			/* of blocks with many members */
	size_t		nlist;
	size_t		room_list;
	uint16_t   *list;			/* of blocks with few members, ascending */
	bool		has_last;
	int64_t		last;
} IdSet;

extern void osmeta_id_set_init(IdSet *set, IdSetAlloc alloc);

/*
 * Add an identifier.  They must come in ascending order; one that is the
 * same as the one before is ignored.  False if it is lower.
 */
extern bool osmeta_id_set_add(IdSet *set, int64_t id);

/* Has the set this identifier? */
extern bool osmeta_id_set_has(const IdSet *set, int64_t id);

/* How many members are lower than this member?  -1 if it is none. */
extern int64_t osmeta_id_set_rank(const IdSet *set, int64_t id);

/* Bytes in use. */
extern size_t osmeta_id_set_size(const IdSet *set);

extern void osmeta_id_set_free(IdSet *set);

#endif							/* OSMETA_ID_SET_H */
