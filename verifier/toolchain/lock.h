/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the lock of a root, schema samebuild-toolchain-lock/1 (docs/toolchain.md). */
#ifndef VERIFIER_TOOLCHAIN_LOCK_H
#define VERIFIER_TOOLCHAIN_LOCK_H

#include "verifier/toolchain/toolchain.h"

/** What is known of a root that was made; all borrowed. */
struct sb_lock_in {
	struct sb_span installed; /* "name version arch" lines */
	struct sb_span index;     /* apt's Packages files, one after the other */
	struct sb_span releases;  /* "digest  name" lines of the signed indices */
	struct sb_span tool;      /* what the program says its version is */
	const struct sb_digest *root;
	const char *suite;
	int64_t epoch;
};

/**
 * Canonical JSON of the lock: every installed package with the digest that the index gives it, the digests of the signed indices, and that of
 * the archive. FAILED "toolchain-lock" for a package that the index does not have.
 */
SB_MUST_USE int sb_toolchain_lock(const struct sb_lock_in *in, struct sb_buf *out, size_t *packages, struct sb_err *err);

#endif
