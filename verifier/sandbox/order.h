/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which a tree is made: a tmpfs lists and numbers its files by it. */
#ifndef VERIFIER_SANDBOX_ORDER_H
#define VERIFIER_SANDBOX_ORDER_H

#include "manifests/manifests.h"

/**
 * A permutation of the entries of @inventory in which every folder stands before what is in it, into @arena; *out is NULL for SORTED,
 * the order of the inventory itself. REVERSED: names backwards. SHUFFLED: by @seed alone, so that it can be repeated.
 * Errors: NOMEM.
 */
SB_MUST_USE int sb_order_make(enum sb_order order, uint64_t seed, const struct sb_inventory *inventory, struct sb_arena *arena,
                              const size_t **out, struct sb_err *err);

#endif
