/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdint.h>

#define SB_BLAKE2B_BYTES 64
#define SB_SHA256_BYTES 32

/** Which digests: a set. */
enum sb_digest_kinds { SB_DIGEST_NONE = 0, SB_DIGEST_BLAKE2B = 1, SB_DIGEST_SHA256 = 2, SB_DIGEST_BOTH = 3 };

/** Digests of some bytes, as data; only hashing/ computes them. A zeroed struct is "not known": kinds says which fields hold something. */
struct sb_digest {
	unsigned kinds; /* set of enum sb_digest_kinds */
	uint64_t size;  /* bytes that were hashed */
	uint8_t blake2b[SB_BLAKE2B_BYTES];
	uint8_t sha256[SB_SHA256_BYTES];
};

#endif
