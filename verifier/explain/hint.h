/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what an unexplained difference probably is, and how bad. Nothing here owns a byte or raises a level. */
#ifndef VERIFIER_EXPLAIN_HINT_H
#define VERIFIER_EXPLAIN_HINT_H

#include "verifier/explain/guess.h"

/** The region of either side; NULL when no side has one. */
const struct sb_region *sb_hint_region(const struct sb_diff *diff);
/** Cause and severity by where it lies. */
void sb_hint_place(const struct sb_diff *diff, struct sb_claim *claim);
/** Take over @guess where the place alone told no cause. The note, with the reason added; @note as it is when there is no guess. */
const char *sb_hint_guess(struct sb_explaining *in, struct sb_guess guess, struct sb_claim *claim, const char *note);
/** "1 byte differs", "7 bytes differ". */
const char *sb_hint_bytes_differ(struct sb_explaining *in, uint64_t bytes);
/** A field that both sides have: cause, severity and the note. */
const char *sb_hint_field(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim);

#endif
