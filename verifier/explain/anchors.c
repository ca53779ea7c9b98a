/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/explain/marks.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct sb_anchor *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);
	return order ? order : ((*x)->address > (*y)->address) - ((*x)->address < (*y)->address);
}

int sb_anchor_list_choose(const struct sb_vec *anchors, uint64_t from, uint64_t length, struct sb_anchor_list *out, struct sb_err *err)
{
	*out = (struct sb_anchor_list){.items = calloc(anchors->count ? anchors->count : 1, sizeof *out->items)};
	if (!out->items)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < anchors->count; i++) {
		const struct sb_anchor *anchor = sb_vec_at(anchors, i);
		bool wanted = length == 0 ? anchor->kind == SB_ANCHOR_SECTION
		                          : anchor->kind != SB_ANCHOR_SECTION && anchor->address >= from && anchor->address - from < length;
		if (wanted)
			out->items[out->count++] = anchor;
	}
	if (out->count)
		qsort(out->items, out->count, sizeof *out->items, by_name);
	return 0;
}

/* "" sorts first. */
size_t sb_anchor_list_nameless(const struct sb_anchor_list *chosen)
{
	size_t low = 0, high = chosen->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (chosen->items[middle]->name[0] == '\0')
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t sb_anchor_list_end_of_name(const struct sb_anchor_list *chosen, size_t at)
{
	size_t end = at + 1;
	while (end < chosen->count && strcmp(chosen->items[at]->name, chosen->items[end]->name) == 0)
		end++;
	return end;
}
