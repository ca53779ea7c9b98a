/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: which bytes of delivered files a ready-made one became. */
#ifndef VERIFIER_TRACE_SEARCH_H
#define VERIFIER_TRACE_SEARCH_H

#include "verifier/trace/lineage.h"
#include "verifier/trace/needle.h"

/** A ready-made file that is looked for. */
struct sb_sought {
	const char *path;
	struct sb_span bytes; /* as it is, or what its text encodes */
	bool decoded;
};

struct sb_search {
	struct sb_analysis *a;
	struct sb_vec parts;    /* struct sb_needle_part */
	struct sb_vec places;   /* struct sb_lineage_place */
	struct sb_needle needle;
	uint64_t left;          /* bytes that may still be searched */
	bool complete;
};

void sb_search_init(struct sb_search *search, struct sb_analysis *a);
void sb_search_release(struct sb_search *search);

/**
 * Fill places and searched of those of @reached that it got into as data: only what was read on the way to an artifact can have become its bytes.
 * @output_of  the output that each of them is. Errors: NOMEM, INTERRUPTED; as sb_needle_make.
 */
SB_MUST_USE int sb_search_reached(struct sb_search *search, const struct sb_sought *sought, struct sb_lineage_reached *reached, const size_t *output_of,
                                  size_t count, struct sb_err *err);

#endif
