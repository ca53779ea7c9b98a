/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of two sides, numbered, matched, and what lies between the matches. */
#include "verifier/compare/align.h"

#include <stdlib.h>
#include <string.h>

static bool cut_side(struct sb_reading *reading, struct sb_span bytes, sb_cutter cut, const void *ctx, struct sb_pieces *out)
{
	size_t room = 0;

	for (size_t at = 0; at < bytes.n; out->count++) {
		if (out->count == SB_ALIGN_PIECES) {
			out->count = 0; /* too many: no pieces at all */
			return true;
		}
		if (out->count == room) {
			room = room ? 2 * room : 256;
			uint64_t *grown = realloc(out->end, room * sizeof *grown);
			if (!grown)
				return false;
			out->end = grown;
		}
		size_t n = cut(sb_span_of(bytes.p + at, bytes.n - at), ctx);
		out->end[out->count] = at += n;
		sb_reading_more(reading, n);
	}
	return true;
}

static bool make(struct sb_alignment *made, sb_cutter cut, const void *ctx)
{
	uint32_t ids = 0;

	for (unsigned s = 0; s < SB_SIDES; s++)
		if (!cut_side(made->reading, made->bytes[s], cut, ctx, &made->side[s]))
			return false;
	if (made->side[0].count == 0 || made->side[1].count == 0) {
		made->side[0].count = made->side[1].count = 0;
		return true;
	}
	for (unsigned s = 0; s < SB_SIDES; s++)
		if (!(made->side[s].id = calloc(made->side[s].count, sizeof *made->side[s].id)))
			return false;
	made->partner = calloc(made->side[SB_SHIPPED].count, sizeof *made->partner);
	return made->partner && sb_pieces_number(made->reading, made->bytes, made->side, &ids) && sb_pieces_match(made->side, ids, made->partner);
}

int sb_align(struct sb_reading *reading, struct sb_span shipped, struct sb_span rebuilt, sb_cutter cut, const void *ctx, struct sb_alignment *out,
             struct sb_err *err)
{
	*out = (struct sb_alignment){.reading = reading, .bytes = {shipped, rebuilt}};
	if (make(out, cut, ctx))
		return 0;
	sb_alignment_release(out);
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static uint64_t start_of(const struct sb_pieces *side, size_t piece)
{
	return piece ? side->end[piece - 1] : 0;
}

bool sb_alignment_next_gap(const struct sb_alignment *alignment, struct sb_gap *gap)
{
	const struct sb_pieces *a = &alignment->side[SB_SHIPPED], *b = &alignment->side[SB_REBUILT];
	size_t i = gap->piece[SB_SHIPPED] + gap->pieces[SB_SHIPPED], k = gap->piece[SB_REBUILT] + gap->pieces[SB_REBUILT];

	if (!alignment->partner) { /* nothing was aligned */
		bool first = gap->to[SB_SHIPPED] == 0 && gap->to[SB_REBUILT] == 0;
		*gap = (struct sb_gap){.to = {alignment->bytes[SB_SHIPPED].n, alignment->bytes[SB_REBUILT].n}};
		return first && (gap->to[SB_SHIPPED] || gap->to[SB_REBUILT]);
	}
	while (i < a->count && k < b->count && alignment->partner[i] == k + 1) {
		i++;
		k++;
	}
	if (i == a->count && k == b->count)
		return false;
	gap->piece[SB_SHIPPED] = i;
	gap->piece[SB_REBUILT] = k;
	while (i < a->count && alignment->partner[i] == 0)
		i++;
	k = i < a->count ? alignment->partner[i] - 1 : b->count;
	gap->pieces[SB_SHIPPED] = i - gap->piece[SB_SHIPPED];
	gap->pieces[SB_REBUILT] = k - gap->piece[SB_REBUILT];
	for (unsigned s = 0; s < SB_SIDES; s++) {
		gap->from[s] = start_of(&alignment->side[s], gap->piece[s]);
		gap->to[s] = start_of(&alignment->side[s], gap->piece[s] + gap->pieces[s]);
	}
	return true;
}

void sb_alignment_release(struct sb_alignment *alignment)
{
	for (unsigned s = 0; s < SB_SIDES; s++) {
		free(alignment->side[s].end);
		free(alignment->side[s].id);
	}
	free(alignment->partner);
	*alignment = (struct sb_alignment){0};
}
