/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_FILL_H
#define VERIFIER_SANDBOX_FILL_H

#include "verifier/sandbox/sandbox.h"

/** How a tree is written down. */
struct sb_fill {
	int top;             /* empty folder to fill; the caller's ids own what is made */
	unsigned mask;       /* permission bits taken away; of 0777 nothing else is ever set */
	const size_t *order; /* permutation of the entries that keeps folders before their content, or NULL */
	int64_t latest;      /* later mtimes become this one */
	uint64_t age;        /* seconds taken off every mtime, not below 1 */
	unsigned skipped;    /* numbers of files that are used up before the first one */
	uint64_t left_out;   /* device nodes and sockets, which are not made; counted here */
};

/**
 * Write the inventory in its sorted order, or in the one given, so that a tmpfs gives the same inode numbers and folder order every time: folders and
 * files, then hard links, then links, last the folders' modes and times. Allocates nothing; access times are set to 1 s, so
 * that a later one means "was read".
 * Errors: TEMPORARY "sandbox-fill" when there is no room, IO "sandbox-fill", INTERNAL "sandbox-tree"; err->where names the entry.
 */
SB_MUST_USE int sb_fill_tree(struct sb_fill *fill, const struct sb_tree *tree, struct sb_err *err);

#endif
