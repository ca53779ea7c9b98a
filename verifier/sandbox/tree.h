/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_TREE_H
#define VERIFIER_SANDBOX_TREE_H

#include "verifier/sandbox/sandbox.h"

/** Bytes of a FILE entry. Errors: INTERNAL "sandbox-tree" when the entry points outside its spool. */
SB_MUST_USE int sb_tree_bytes(const struct sb_tree *tree, const struct sb_entry *entry, struct sb_span *out, struct sb_err *err);

#endif
