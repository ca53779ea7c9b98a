/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/random.h"

#include <string.h>

static void add_number(struct sb_hash *hash, uint64_t number)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	sb_hash_update(hash, sb_span_of(bytes, sizeof(bytes)));
}

void sb_random_kind_begin(struct sb_hash *hash, uint64_t seed, const char *executable)
{
	sb_hash_init(hash, SB_DIGEST_BLAKE2B);
	add_number(hash, seed);
	sb_hash_update(hash, sb_span_of(executable, strlen(executable) + 1));
}

struct sb_random_kind sb_random_kind_end(struct sb_hash *hash)
{
	struct sb_random_kind kind;
	struct sb_digest digest;

	sb_hash_final(hash, &digest);
	memcpy(kind.key, digest.blake2b, sizeof(kind.key));
	return kind;
}

struct sb_random sb_random_of(const struct sb_random_kind *kind, uint64_t ordinal)
{
	struct sb_random random;
	struct sb_digest digest;
	struct sb_hash hash;
	struct sb_rd rd;

	sb_hash_init(&hash, SB_DIGEST_BLAKE2B);
	sb_hash_update(&hash, sb_span_of(kind->key, sizeof(kind->key)));
	add_number(&hash, ordinal);
	sb_hash_final(&hash, &digest);
	rd = sb_rd_of(sb_span_of(digest.blake2b, sizeof(digest.blake2b)), false);
	for (unsigned i = 0; i < 4; i++)
		random.state[i] = sb_rd_uint(&rd, 8);
	random.state[0] |= 1; /* all zero is the one state that has no successor */
	return random;
}

static uint64_t rotated(uint64_t word, unsigned by)
{
	return word << by | word >> (64 - by);
}

static uint64_t next(struct sb_random *random)
{
	uint64_t *s = random->state, result = rotated(s[1] * 5, 7) * 9, carried = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= carried;
	s[3] = rotated(s[3], 45);
	return result;
}

void sb_random_take(struct sb_random *random, uint8_t *out, size_t n)
{
	for (size_t at = 0; at < n; at += 8) {
		uint64_t word = next(random);

		for (size_t i = at; i < n && i < at + 8; i++, word >>= 8)
			out[i] = (uint8_t)word;
	}
}

uint64_t sb_random_below(struct sb_random *random, uint64_t bound)
{
	uint64_t beyond = UINT64_MAX - UINT64_MAX % bound, word;

	do
		word = next(random);
	while (word >= beyond);
	return word % bound;
}
