/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the folder behind a store. */
#ifndef HASHING_STORE_H
#define HASHING_STORE_H

#include "hashing/hashing.h"

struct sb_store {
	int dir;
};

/** "objects/ab/cd/<128 digits>" and a NUL. */
#define SB_STORE_NAME 160
void sb_store_name(const uint8_t blake2b[SB_BLAKE2B_BYTES], char out[SB_STORE_NAME]);

#endif
