/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HASHING_BLOCKS_H
#define HASHING_BLOCKS_H

#include "base/base.h"

enum { SB_SHA256_BLOCK = 64 };

/**
 * Whole blocks of SHA-256 by the processor's own instructions. Returns the bytes that were taken, a multiple of the block; 0: this processor,
 * or this compiler, has none.
 */
size_t sb_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t n);

#endif
