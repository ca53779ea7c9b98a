/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: where bytes say themselves that they can be cut, so that the same content is cut alike wherever it stands. */
#ifndef VERIFIER_COMPARE_CHUNKS_H
#define VERIFIER_COMPARE_CHUNKS_H

#include "base/base.h"

/** A rolling hash and the pattern of it at which a piece ends (W. Xia and others, "FastCDC", 2016: Gear). */
struct sb_chunker {
	uint64_t gear[256];
	uint64_t mask;
	size_t least, most; /* bytes of a piece */
};

/** Pieces of 256 bytes to 8 KiB, 1 KiB on average; longer ones where @bytes would give too many. */
void sb_chunks_coarse(struct sb_chunker *out, uint64_t bytes);
/** Pieces of 8 to 128 bytes, 32 on average, for a window of few KiB. */
void sb_chunks_fine(struct sb_chunker *out);
/** The cutter of alignments; @chunker is a struct sb_chunker. */
size_t sb_chunks_cut(struct sb_span rest, const void *chunker);

#endif
