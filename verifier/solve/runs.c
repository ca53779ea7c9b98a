/* SPDX-License-Identifier: Apache-2.0 */
/* Printable bytes in a row, and which of them one side only has. */
#include "verifier/solve/inside.h"

#include <stdlib.h>
#include <string.h>

enum { SHORTEST = 3 }; /* names have been shorter, and were not told from code */

static bool is_printable(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\t';
}

static bool add_run(struct sb_vec *runs, const uint8_t *p, size_t n)
{
	if (n < SHORTEST || runs->count >= SB_RUNS_MOST)
		return true;
	struct sb_run *run = sb_vec_push(runs);
	if (!run)
		return false;
	*run = (struct sb_run){.p = p, .n = (uint32_t)n, .at = (uint32_t)(runs->count - 1)};
	return true;
}

static bool add_piece(struct sb_vec *runs, struct sb_reading *reading, struct sb_span piece)
{
	size_t start = 0;

	sb_reading_more(reading, piece.n);
	for (size_t i = 0; i <= piece.n; i++) {
		if (i < piece.n && is_printable(piece.p[i]) && i - start < SB_RUN_MOST)
			continue;
		if (!add_run(runs, piece.p + start, i - start))
			return false;
		start = i < piece.n && is_printable(piece.p[i]) ? i : i + 1;
	}
	return true;
}

/* What members hold is looked at as theirs. */
static bool add_side(struct sb_vec *runs, struct sb_reading *reading, const struct sb_pair *pair, unsigned side)
{
	const struct sb_view *view = pair->state == SB_PAIR_OPENED && pair->child_count ? pair->view[side] : NULL;

	if (!view)
		return add_piece(runs, reading, pair->bytes[side]);
	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		struct sb_span piece;
		if (region->kind == SB_REGION_CONTENT || region->kind == SB_REGION_ENCODED || !sb_span_cut(pair->bytes[side], region->offset, region->length, &piece))
			continue;
		if (!add_piece(runs, reading, piece))
			return false;
	}
	return true;
}

static int by_text(const void *a, const void *b)
{
	const struct sb_run *x = a, *y = b;
	int order = sb_span_compare(sb_run_span(x), sb_run_span(y));
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int by_text_alone(const void *a, const void *b)
{
	return sb_span_compare(sb_run_span(a), sb_run_span(b));
}

static struct sb_run *sorted(const struct sb_vec *runs)
{
	struct sb_run *out = calloc(runs->count + 1, sizeof *out);

	if (out && runs->count) {
		memcpy(out, runs->items, runs->count * sizeof *out);
		qsort(out, runs->count, sizeof *out, by_text);
	}
	return out;
}

static bool keep_unique(struct sb_vec *unique, const struct sb_run *ours, size_t count, const struct sb_run *others, size_t other_count)
{
	for (size_t i = 0; i < count && unique->count < SB_UNIQUE_MOST; i++) {
		bool again = i && by_text_alone(&ours[i - 1], &ours[i]) == 0;
		if (again || bsearch(&ours[i], others, other_count, sizeof *others, by_text_alone))
			continue;
		struct sb_run *run = sb_vec_push(unique);
		if (!run)
			return false;
		*run = ours[i];
	}
	return true;
}

bool sb_runs_read(struct sb_runs *runs, const struct sb_comparison *comparison, const struct sb_pair *pair)
{
	SB_FREEING struct sb_run *shipped = NULL;
	SB_FREEING struct sb_run *rebuilt = NULL;

	*runs = (struct sb_runs){0};
	for (unsigned side = 0; side < SB_SIDES; side++) {
		runs->all[side].size = runs->unique[side].size = sizeof(struct sb_run);
		if (!add_side(&runs->all[side], comparison->reading, pair, side))
			return false;
	}
	shipped = sorted(&runs->all[SB_SHIPPED]);
	rebuilt = sorted(&runs->all[SB_REBUILT]);
	return shipped && rebuilt && keep_unique(&runs->unique[SB_SHIPPED], shipped, runs->all[SB_SHIPPED].count, rebuilt, runs->all[SB_REBUILT].count) &&
	       keep_unique(&runs->unique[SB_REBUILT], rebuilt, runs->all[SB_REBUILT].count, shipped, runs->all[SB_SHIPPED].count);
}

void sb_runs_release(struct sb_runs *runs)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		sb_vec_release(&runs->all[side]);
		sb_vec_release(&runs->unique[side]);
	}
}

static bool same_at(const struct sb_runs *runs, const struct sb_run *shipped, const struct sb_run *rebuilt, int step)
{
	const struct sb_vec *a = &runs->all[SB_SHIPPED], *b = &runs->all[SB_REBUILT];
	size_t i = shipped->at + (size_t)(step > 0), k = rebuilt->at + (size_t)(step > 0);

	if (step < 0 && (i == 0 || k == 0))
		return false;
	i -= step < 0;
	k -= step < 0;
	return i < a->count && k < b->count && by_text_alone(sb_vec_at(a, i), sb_vec_at(b, k)) == 0;
}

bool sb_runs_are_neighbours(const struct sb_runs *runs, const struct sb_run *shipped, const struct sb_run *rebuilt)
{
	return same_at(runs, shipped, rebuilt, -1) || same_at(runs, shipped, rebuilt, 1);
}
