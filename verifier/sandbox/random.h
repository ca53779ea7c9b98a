/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Randomness that repeats. Each image that runs has a stream of its own, drawn from the seed, its executable, its arguments and
 * how many of the kind ran before it: the order in which processes of a parallel build ask does not matter, and a program that
 * tries names until one is free gets on. Not for secrets.
 */
#ifndef VERIFIER_SANDBOX_RANDOM_H
#define VERIFIER_SANDBOX_RANDOM_H

#include "base/base.h"
#include "hashing/hashing.h"

/** xoshiro256**, Blackman and Vigna 2018. */
struct sb_random {
	uint64_t state[4];
};

/** What streams of one executable and argument list have in common. */
struct sb_random_kind {
	uint8_t key[SB_BLAKE2B_BYTES];
};

/** The kind's digest, to which the caller adds the argument list, piece by piece, before it is finished. */
void sb_random_kind_begin(struct sb_hash *hash, uint64_t seed, const char *executable);
struct sb_random_kind sb_random_kind_end(struct sb_hash *hash);

/** The stream of the @ordinal-th image of its kind. */
struct sb_random sb_random_of(const struct sb_random_kind *kind, uint64_t ordinal);

/** The next @n bytes; what is left of the last word is dropped. */
void sb_random_take(struct sb_random *random, uint8_t *out, size_t n);
/** The next number below @bound, which must not be 0; without bias. */
uint64_t sb_random_below(struct sb_random *random, uint64_t bound);

#endif
