/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the sums by which headers and images say what they hold. */
#ifndef VERIFIER_EXPLAIN_SUMS_H
#define VERIFIER_EXPLAIN_SUMS_H

#include "base/reading.h"
#include "verifier/model/model.h"

/**
 * What @algorithm makes of @over in @out, a number of at most 32 bits.
 * @field  the sum itself, which may lie inside of @over: how it counts there is part of the algorithm.
 * Returns false, @out untouched, for algorithms that are no sums: lengths, positions, digests, and what a decoder has checked.
 */
bool sb_sum(enum sb_derive_algorithm algorithm, struct sb_reading *reading, struct sb_span over, struct sb_span field, uint64_t *out);

#endif
