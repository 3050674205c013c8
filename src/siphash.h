/*-------------------------------------------------------------------------
 *
 * siphash.h
 *	  SipHash-2-4, a keyed function from messages to 64 bits.
 *
 * Messages are sequences of 64-bit words, which stand for their bytes in
 * little-endian order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_SIPHASH_H
#define OSMETA_SIPHASH_H

#include <stdint.h>

typedef struct SipKey
{
	uint64_t	k0;
	uint64_t	k1;
} SipKey;

typedef struct SipState
{
	uint64_t	v0;
	uint64_t	v1;
	uint64_t	v2;
	uint64_t	v3;
	uint64_t	words;
} SipState;

static inline uint64_t
sip_rotate(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static inline void
sip_round(SipState *s)
{
	s->v0 += s->v1;
	s->v1 = sip_rotate(s->v1, 13) ^ s->v0;
	s->v0 = sip_rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = sip_rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = sip_rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = sip_rotate(s->v1, 17) ^ s->v2;
	s->v2 = sip_rotate(s->v2, 32);
}

static inline void
sip_begin(SipState *s, const SipKey *key)
{
	s->v0 = key->k0 ^ UINT64_C(0x736f6d6570736575);
	s->v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d);
	s->v2 = key->k0 ^ UINT64_C(0x6c7967656e657261);
	s->v3 = key->k1 ^ UINT64_C(0x7465646279746573);
	s->words = 0;
}

static inline void
sip_word(SipState *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
	s->words++;
}

static inline uint64_t
sip_end(SipState *s)
{
	/* the last word holds the message's length in bytes, modulo 256 */
	sip_word(s, (s->words * 8) << 56);
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

#endif							/* OSMETA_SIPHASH_H */
