/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: where the bytes of a prebuilt file lie in a shipped one. */
#ifndef VERIFIER_TRACE_NEEDLE_H
#define VERIFIER_TRACE_NEEDLE_H

#include "verifier/model/model.h"

/** A stretch of a prebuilt file that is looked for by itself: a section, or all of it. */
struct sb_needle_part {
	const char *name;      /* ".text"; "" all of it */
	struct sb_span bytes;  /* borrowed */
	uint64_t from;         /* where it begins in the prebuilt file */
};

/**
 * An index of the windows of all parts. What linkers patch lies between windows that they leave alone: those say where a part may lie, and the bytes
 * there whether it does.
 */
struct sb_needle {
	struct sb_span whole; /* the prebuilt file, which is looked for as it is first */
	const struct sb_needle_part *parts;
	size_t count;
	struct sb_window *table;
	size_t room;   /* a power of two */
	uint64_t base; /* of its hashes, drawn anew each time */
};

/** @parts: do not overlap; all borrowed. Errors: NOMEM; INTERNAL "trace-no-randomness". Release with sb_needle_release. */
SB_MUST_USE int sb_needle_make(struct sb_span whole, const struct sb_needle_part *parts, size_t count, struct sb_needle *out, struct sb_err *err);
void sb_needle_release(struct sb_needle *needle);

/**
 * Add the places in @hay to @places (struct sb_lineage_place, with a ceiling), in the order of the parts, then of offsets. A part lies where at least half
 * of its bytes are equal; else the longest equal stretch of SB_NEEDLE_STRETCH bytes or more is given. @inside is borrowed.
 * *@complete becomes false when there were more places to look at than may be: a file can be made so that it might lie everywhere. Errors: NOMEM.
 */
enum { SB_NEEDLE_STRETCH = 64 };
SB_MUST_USE int sb_needle_search(const struct sb_needle *needle, struct sb_span hay, const char *inside, struct sb_vec *places, bool *complete, struct sb_err *err);

#endif
