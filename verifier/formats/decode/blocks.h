/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: small blocks, each compressed by itself, of which file systems are made. */
#ifndef VERIFIER_FORMATS_DECODE_BLOCKS_H
#define VERIFIER_FORMATS_DECODE_BLOCKS_H

#include "base/base.h"

enum sb_block_codec {
	SB_BLOCK_NONE = 0, /* no decoder */
	SB_BLOCK_ZLIB,     /* RFC 1950 */
	SB_BLOCK_LZMA,     /* .lzma of the LZMA SDK */
	SB_BLOCK_XZ,       /* one stream of The .xz File Format */
	SB_BLOCK_LZ4,      /* LZ4 Block Format, without a frame */
	SB_BLOCK_LZO,      /* LZO1X */
	SB_BLOCK_ZSTD,     /* one frame of RFC 8878 */
};

/** A decoder that keeps its tables between blocks. Not thread safe. */
struct sb_blocks;
/**
 * @window  of xz and zstd: how far back a block may reach, at most; Linux keeps no more. It also knows but one block of xz, with no check or CRC32, and at most one
 *          filter before LZMA2.
 * Errors: NOMEM.
 */
SB_MUST_USE int sb_blocks_open(enum sb_block_codec codec, uint64_t window, struct sb_blocks **out, struct sb_err *err);
/** Accepts NULL, nulls the pointer. */
void sb_blocks_close(struct sb_blocks **blocks);
/**
 * Decode @in, to its last byte, into at most @room bytes; *n is how many came out.
 * Errors: FORMAT "decode-failed" also when bytes follow the encoding; LIMIT DECODER_MEMORY, NOMEM.
 */
SB_MUST_USE int sb_blocks_decode(struct sb_blocks *blocks, struct sb_span in, uint8_t *out, size_t room, size_t *n, struct sb_err *err);

#define SB_BLOCKS __attribute__((cleanup(sb_blocks_close)))

#endif
