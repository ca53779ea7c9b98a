/* SPDX-License-Identifier: Apache-2.0 */
#include "hashing/hashing.h"
#include "hashing/blocks.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct sb_hash *)0)->blake2b), "room for the BLAKE2b state");
_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct sb_hash *)0)->sha256), "room for the SHA-256 state");

/* The states are libsodium's plain structs, kept as bytes so that no other room needs its header. */
static crypto_generichash_state *blake2b_of(struct sb_hash *hash)
{
	return (crypto_generichash_state *)(void *)hash->blake2b;
}

static crypto_hash_sha256_state *sha256_of(struct sb_hash *hash)
{
	return (crypto_hash_sha256_state *)(void *)hash->sha256;
}

void sb_hash_init(struct sb_hash *hash, unsigned kinds)
{
	hash->kinds = kinds;
	hash->size = 0;
	if (kinds & SB_DIGEST_BLAKE2B)
		crypto_generichash_init(blake2b_of(hash), NULL, 0, SB_BLAKE2B_BYTES);
	if (kinds & SB_DIGEST_SHA256)
		crypto_hash_sha256_init(sha256_of(hash));
}

/** The state between two blocks is the standard's: whole blocks may be taken by whoever is faster. */
static void update_sha256(crypto_hash_sha256_state *state, struct sb_span bytes)
{
	size_t filled = (size_t)(state->count / 8 % SB_SHA256_BLOCK), rest = filled ? SB_SHA256_BLOCK - filled : 0;

	if (rest > bytes.n)
		rest = bytes.n;
	if (rest)
		crypto_hash_sha256_update(state, bytes.p, rest);
	size_t taken = sb_sha256_blocks(state->state, bytes.p + rest, bytes.n - rest);
	state->count += (uint64_t)taken * 8;
	if (rest + taken < bytes.n)
		crypto_hash_sha256_update(state, bytes.p + rest + taken, bytes.n - rest - taken);
}

void sb_hash_update(struct sb_hash *hash, struct sb_span bytes)
{
	/* Pieces that stay in the first cache between the two functions: memory is read once. */
	enum { PIECE = 16 * 1024 };

	hash->size += bytes.n;
	while (bytes.n) {
		size_t n = bytes.n < PIECE ? bytes.n : PIECE;
		if (hash->kinds & SB_DIGEST_BLAKE2B)
			crypto_generichash_update(blake2b_of(hash), bytes.p, n);
		if (hash->kinds & SB_DIGEST_SHA256)
			update_sha256(sha256_of(hash), sb_span_of(bytes.p, n));
		bytes = sb_span_of(bytes.p + n, bytes.n - n);
	}
}

void sb_hash_final(struct sb_hash *hash, struct sb_digest *out)
{
	*out = (struct sb_digest){.kinds = hash->kinds, .size = hash->size};
	if (hash->kinds & SB_DIGEST_BLAKE2B)
		crypto_generichash_final(blake2b_of(hash), out->blake2b, SB_BLAKE2B_BYTES);
	if (hash->kinds & SB_DIGEST_SHA256)
		crypto_hash_sha256_final(sha256_of(hash), out->sha256);
}

void sb_hash_span(struct sb_span bytes, unsigned kinds, struct sb_digest *out)
{
	struct sb_hash hash;
	sb_hash_init(&hash, kinds);
	sb_hash_update(&hash, bytes);
	sb_hash_final(&hash, out);
}

int sb_hash_fd(int fd, unsigned kinds, struct sb_digest *out, struct sb_err *err)
{
	enum { PIECE = 256 * 1024 };
	SB_FREEING uint8_t *piece = malloc(PIECE);
	struct sb_hash hash;
	size_t got = 0;
	int rc;

	if (!piece)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_hash_init(&hash, kinds);
	while ((rc = sb_io_read(fd, piece, PIECE, &got, err)) == 0 && got > 0)
		sb_hash_update(&hash, sb_span_of(piece, got));
	if (!rc)
		sb_hash_final(&hash, out);
	return rc;
}

bool sb_digest_equal(const struct sb_digest *a, const struct sb_digest *b)
{
	unsigned common = a->kinds & b->kinds;

	if (common == 0 || a->size != b->size)
		return false;
	if ((common & SB_DIGEST_BLAKE2B) && memcmp(a->blake2b, b->blake2b, SB_BLAKE2B_BYTES) != 0)
		return false;
	return !(common & SB_DIGEST_SHA256) || memcmp(a->sha256, b->sha256, SB_SHA256_BYTES) == 0;
}
