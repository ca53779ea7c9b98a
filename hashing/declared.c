/* SPDX-License-Identifier: Apache-2.0 */
/* Digests that other people's documents declare, by nettle. MD5 and SHA-1 are broken for security: never used to decide equality. */
#include "hashing/hashing.h"

#include <nettle/nettle-meta.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

union context {
	struct md5_ctx md5;
	struct sha1_ctx sha1;
	struct sha256_ctx sha256;
	struct sha512_ctx sha512; /* of SHA-384, too */
};

static const struct nettle_hash *algorithm_of(enum sb_declared_digest kind)
{
	switch (kind) {
	case SB_DECLARED_MD5:
		return &nettle_md5;
	case SB_DECLARED_SHA1:
		return &nettle_sha1;
	case SB_DECLARED_SHA256:
		return &nettle_sha256;
	case SB_DECLARED_SHA384:
		return &nettle_sha384;
	case SB_DECLARED_SHA512:
		return &nettle_sha512;
	}
	return NULL;
}

size_t sb_declared_size(enum sb_declared_digest kind)
{
	const struct nettle_hash *algorithm = algorithm_of(kind);
	return algorithm ? algorithm->digest_size : 0;
}

void sb_declared_hash_row(struct sb_reading *reading, enum sb_declared_digest kind, const struct sb_span *pieces, size_t count, uint8_t *out)
{
	const struct nettle_hash *algorithm = algorithm_of(kind);
	union context context;

	if (!algorithm)
		return;
	algorithm->init(&context);
	for (size_t i = 0; i < count; i++)
		for (struct sb_span rest = pieces[i], piece; sb_reading_next(reading, &rest, &piece);)
			algorithm->update(&context, piece.n, piece.p);
	algorithm->digest(&context, algorithm->digest_size, out);
}

void sb_declared_hash(struct sb_reading *reading, enum sb_declared_digest kind, struct sb_span bytes, uint8_t *out)
{
	sb_declared_hash_row(reading, kind, &bytes, 1, out);
}
