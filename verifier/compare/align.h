/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: what two sequences of pieces have in common, in bounded time and memory whatever the bytes are. Pieces that
 * come once on each side are anchors, the longest ascending chain of them holds (Bram Cohen's patience diff); between anchors the
 * shortest edit is looked for (E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986, linear space) until a budget is
 * spent. What is not aligned then is one gap. Only bytes that were compared count as equal.
 */
#ifndef VERIFIER_COMPARE_ALIGN_H
#define VERIFIER_COMPARE_ALIGN_H

#include "verifier/model/model.h"

/** Length of the next piece of @rest, at least 1 while there is anything; @ctx is the cutter's own. */
typedef size_t (*sb_cutter)(struct sb_span rest, const void *ctx);

/** One side, cut: piece i ends before offset end[i] and begins where the one before it ends. */
struct sb_pieces {
	uint64_t *end;
	uint32_t *id; /* equal pieces of either side have equal numbers; different pieces never do */
	size_t count;
};

struct sb_alignment {
	struct sb_reading *reading;        /* of the bytes, or NULL */
	struct sb_span bytes[SB_SIDES];
	struct sb_pieces side[SB_SIDES];
	uint32_t *partner; /* of each shipped piece: 1 + its counterpart, ascending; 0: none */
};

/** More pieces than that on one side are not aligned: everything is one gap then. */
enum { SB_ALIGN_PIECES = 1 << 20 };

/** Bytes of both sides that have no counterpart; offsets count from the start of each side. */
struct sb_gap {
	uint64_t from[SB_SIDES], to[SB_SIDES];
	size_t piece[SB_SIDES], pieces[SB_SIDES]; /* the first one, and how many */
};

/**
 * Cut both sides and align their pieces. Memory grows with the number of pieces. Errors: NOMEM; @out is released then.
 * Release with sb_alignment_release().
 */
SB_MUST_USE int sb_align(struct sb_reading *reading, struct sb_span shipped, struct sb_span rebuilt, sb_cutter cut, const void *ctx,
                         struct sb_alignment *out, struct sb_err *err);
/** The next gap behind @gap, which begins zeroed; false when there is none. */
SB_MUST_USE bool sb_alignment_next_gap(const struct sb_alignment *alignment, struct sb_gap *gap);
void sb_alignment_release(struct sb_alignment *alignment);

/** Of align.c: number the pieces of both sides by content. False when out of memory. */
SB_MUST_USE bool sb_pieces_number(struct sb_reading *reading, const struct sb_span bytes[SB_SIDES], struct sb_pieces side[SB_SIDES], uint32_t *ids);
/** Of align.c: the common subsequence of both sides into @partner. False when out of memory. */
SB_MUST_USE bool sb_pieces_match(const struct sb_pieces side[SB_SIDES], uint32_t ids, uint32_t *partner);

#endif
