/* SPDX-License-Identifier: Apache-2.0 */
#include "hashing/hashing.h"

#include <nettle/sha2.h>
#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct sb_hash *)0)->blake2b), "room for the BLAKE2b state");
_Static_assert(sizeof(struct sha256_ctx) <= sizeof(((struct sb_hash *)0)->sha256), "room for the SHA-256 state");

/* BLAKE2b by libsodium; SHA-256 by nettle, which has the processor's own instructions for it. Their states are plain structs, kept as bytes so that no
 * other room needs their headers. */
static crypto_generichash_state *blake2b_of(struct sb_hash *hash)
{
	return (crypto_generichash_state *)(void *)hash->blake2b;
}

static struct sha256_ctx *sha256_of(struct sb_hash *hash)
{
	return (struct sha256_ctx *)(void *)hash->sha256;
}

void sb_hash_init(struct sb_hash *hash, unsigned kinds)
{
	hash->kinds = kinds;
	hash->size = 0;
	if (kinds & SB_DIGEST_BLAKE2B)
		crypto_generichash_init(blake2b_of(hash), NULL, 0, SB_BLAKE2B_BYTES);
	if (kinds & SB_DIGEST_SHA256)
		sha256_init(sha256_of(hash));
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
			sha256_update(sha256_of(hash), n, bytes.p);
		bytes = sb_span_of(bytes.p + n, bytes.n - n);
	}
}

void sb_hash_final(struct sb_hash *hash, struct sb_digest *out)
{
	*out = (struct sb_digest){.kinds = hash->kinds, .size = hash->size};
	if (hash->kinds & SB_DIGEST_BLAKE2B)
		crypto_generichash_final(blake2b_of(hash), out->blake2b, SB_BLAKE2B_BYTES);
	if (hash->kinds & SB_DIGEST_SHA256)
		sha256_digest(sha256_of(hash), SB_SHA256_BYTES, out->sha256);
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
