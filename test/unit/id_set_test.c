/*-------------------------------------------------------------------------
 *
 * id_set_test.c
 *	  Sets of identifiers against a plain sorted array.
 *
 * Prints TAP.  Stands apart from the server: id_set.c is pure.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "id_set.h"

#define MAX_IDS 300000

static int	tests;
static int	failures;
static int64_t id[MAX_IDS];

static void
check(bool ok, const char *name)
{
	tests++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", tests, name);
}

static uint64_t
next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return *state >> 11;
}

static void *
allocate(void *old, size_t size)
{
	void	   *new;

	if (size == 0)
	{
		free(old);
		return NULL;
	}
	new = realloc(old, size);
	if (new == NULL)
		exit(2);
	return new;
}

static int
compare(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return x < y ? -1 : x > y;
}

/* Every member has its rank, and no neighbour of one is taken for one. */
static bool
agrees(size_t n)
{
	IdSet		set;
	bool		ok = true;
	size_t		distinct = 0;

	qsort(id, n, sizeof(id[0]), compare);
	osmeta_id_set_init(&set, allocate);
	for (size_t i = 0; i < n && ok; i++)
	{
		ok = osmeta_id_set_add(&set, id[i]);
		if (i == 0 || id[i] != id[i - 1])
			id[distinct++] = id[i];
	}
	ok = ok && set.members == distinct;
	for (size_t i = 0; i < distinct && ok; i++)
	{
		ok = osmeta_id_set_has(&set, id[i]) &&
			osmeta_id_set_rank(&set, id[i]) == (int64_t) i;
		if (ok && id[i] < INT64_MAX &&
			(i + 1 == distinct || id[i + 1] > id[i] + 1))
			ok = !osmeta_id_set_has(&set, id[i] + 1) &&
				osmeta_id_set_rank(&set, id[i] + 1) == -1;
		if (ok && id[i] > INT64_MIN && (i == 0 || id[i - 1] < id[i] - 1))
			ok = !osmeta_id_set_has(&set, id[i] - 1);
	}
	osmeta_id_set_free(&set);
	return ok;
}

int
main(void)
{
	IdSet		set;
	uint64_t	state = 7;
	int64_t		at;

	osmeta_id_set_init(&set, allocate);
	check(!osmeta_id_set_has(&set, 0) && osmeta_id_set_rank(&set, 0) == -1 &&
		  set.members == 0, "an empty set has nothing");
	check(osmeta_id_set_add(&set, 5) && osmeta_id_set_add(&set, 5) &&
		  !osmeta_id_set_add(&set, 4) && set.members == 1,
		  "a number twice is one, a lower one is refused");
	osmeta_id_set_free(&set);

	id[0] = INT64_MIN;
	id[1] = -1;
	id[2] = 0;
	id[3] = INT64_MAX;
	check(agrees(4), "the ends of the range");

	for (int i = 0; i < MAX_IDS; i++)
		id[i] = i - 1000;
	check(agrees(MAX_IDS), "no gaps, across zero");
	for (int i = 0; i < MAX_IDS; i++)
		id[i] = (int64_t) i * 3 + INT64_C(4000000000);
	check(agrees(MAX_IDS), "every third, beyond 2^31");
	for (int i = 0; i < MAX_IDS; i++)
		id[i] = (int64_t) i * 16;
	check(agrees(MAX_IDS), "4096 in a block: the longest list");
	for (int i = 0; i < 4097; i++)
		id[i] = i;
	check(agrees(4097), "4097 in a block: the shortest bitmap");
	for (int i = 0; i < 65536; i++)
		id[i] = i;
	check(agrees(65536), "a full block");
	for (int i = 0; i < MAX_IDS; i++)
		id[i] = (int64_t) (next_random(&state) << 11);
	check(agrees(MAX_IDS), "scattered over everything");
	for (int round = 0; round < 50; round++)
	{
		int			n = 1 + (int) (next_random(&state) % 20000);
		bool		ok;

		at = (int64_t) next_random(&state) - (INT64_C(1) << 52);
		for (int i = 0; i < n; i++)
		{
			/* runs, gaps within a block, leaps over many */
			uint64_t	kind = next_random(&state) % 1000;

			at += kind == 0 ? (int64_t) (next_random(&state) % 10000000) :
				kind < 50 ? (int64_t) (next_random(&state) % 3000) : 1;
			id[i] = at;
		}
		ok = agrees(n);
		if (!ok || round == 49)
			check(ok, "runs, gaps and leaps");
		if (!ok)
			break;
	}
	printf("1..%d\n", tests);
	return failures > 0;
}
