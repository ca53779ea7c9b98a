/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: functions and objects by address, of formats that say where such a thing begins and leave open where it ends. */
#ifndef VERIFIER_FORMATS_ANCHOR_INDEX_H
#define VERIFIER_FORMATS_ANCHOR_INDEX_H

#include "verifier/formats/image.h"

/** By address, those with a name first. Zeroed, it was not made. */
struct sb_anchor_index {
	bool built;
	struct sb_anchor *items; /* in an arena */
	size_t named, count;     /* the first @named have names */
};

/**
 * Make the index of @found, struct sb_anchor, into @arena. Each thing reaches to the next of its kind (with or without a name) at another address, but no farther
 * than its length says. Without memory it stays empty.
 */
void sb_anchor_index_make(struct sb_anchor_index *index, const struct sb_vec *found, struct sb_arena *arena);
/** What holds run-time address @at, one with a name first; NULL when nothing does. */
const struct sb_anchor *sb_anchor_index_at(const struct sb_anchor_index *index, uint64_t at);
/** Where the next thing behind @at begins; UINT64_MAX when none does. */
uint64_t sb_anchor_index_next(const struct sb_anchor_index *index, uint64_t at);

#endif
