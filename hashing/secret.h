/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what a secret key consists of. */
#ifndef HASHING_SECRET_H
#define HASHING_SECRET_H

#include "hashing/hashing.h"

enum { SB_SEED_BYTES = 32 };

/** Allocated by sodium_malloc only. @key is seed and public half, as libsodium wants it. */
struct sb_secret {
	uint8_t key[64];
	uint8_t public_key[SB_PUBLIC_BYTES];
};

#endif
