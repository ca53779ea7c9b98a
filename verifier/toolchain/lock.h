/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the lock of a root, schema samebuild-toolchain-lock/1 (docs/toolchain.md). */
#ifndef VERIFIER_TOOLCHAIN_LOCK_H
#define VERIFIER_TOOLCHAIN_LOCK_H

#include "verifier/toolchain/toolchain.h"

/**
 * Canonical JSON of the lock: every package of @installed ("name version arch" lines) with the digest that @index (apt's Packages files) gives it,
 * the digests of the signed indices, and that of the archive. FAILED "toolchain-lock" for a package that the index does not have.
 */
SB_MUST_USE int sb_toolchain_lock(struct sb_span installed, struct sb_span index, struct sb_span releases, const struct sb_digest *root, int64_t epoch,
                                  const char *suite, struct sb_buf *out, size_t *packages, struct sb_err *err);

#endif
