/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: two operands while they are opened. */
#ifndef VERIFIER_COMPARE_OPENING_H
#define VERIFIER_COMPARE_OPENING_H

#include "verifier/compare/compare.h"
#include "verifier/compare/listing.h"

struct sb_opening {
	struct sb_arena *arena;
	bool metadata;
	struct sb_progress *progress;
	int fd[SB_SIDES];        /* what was named; -1: not open */
	struct sb_listing side[SB_SIDES]; /* of directories */
	struct sb_vec artifacts; /* struct sb_artifact_in */
	struct sb_vec blobs;     /* struct sb_blob, two for each artifact */
	struct sb_vec leaves;    /* struct sb_tree_leaf of equal files */
	struct sb_equal_files equal;
	struct sb_depot *depot;
	struct sb_pool *pool;
};

/** Pair the two listings by path: what is equal becomes a leaf, anything else an artifact with its bytes. Errors: IO, LIMIT, NOMEM, INTERRUPTED. */
SB_MUST_USE int sb_opening_pair(struct sb_opening *open, struct sb_err *err);

#endif
