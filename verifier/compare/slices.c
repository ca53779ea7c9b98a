/* SPDX-License-Identifier: Apache-2.0 */
/* Which bytes of a file are content of a member, when that lies in many places. */
#include "verifier/compare/unit.h"

#include <stdlib.h>

/** Bytes of which every one is compared with the content of @member. */
struct sb_placed_slice {
	uint32_t member; /* 1 + index */
	uint64_t offset, length;
};

static int by_place(const void *a, const void *b)
{
	const struct sb_placed_slice *x = a, *y = b;
	if (x->member != y->member)
		return x->member < y->member ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

/* Of a block that a member has but a part of, the rest is nobody's: such a block is compared as it lies there. */
static bool is_whole(const struct sb_slice *slice)
{
	return slice->length && slice->skip == 0 && slice->size == slice->whole;
}

static size_t count_slices(const struct sb_view *view)
{
	size_t count = 0;
	for (size_t i = 0; i < view->members.count; i++)
		count += sb_view_member(view, i)->slice_count;
	return count;
}

int sb_slices_index(const struct sb_unit *unit, unsigned side, struct sb_slice_index *out, struct sb_err *err)
{
	const struct sb_view *view = &unit->views[side];
	size_t most = count_slices(view);

	*out = (struct sb_slice_index){.view = view, .items = sb_arena_array(unit->arena, most, sizeof *out->items)};
	if (!out->items)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		for (uint32_t k = 0; k < member->slice_count; k++)
			if (is_whole(&member->slices[k]))
				out->items[out->count++] = (struct sb_placed_slice){(uint32_t)i + 1, member->slices[k].offset, member->slices[k].length};
	}
	if (out->count)
		qsort(out->items, out->count, sizeof *out->items, by_place);
	return 0;
}

bool sb_slices_hold(const struct sb_slice_index *index, const struct sb_region *region)
{
	const struct sb_placed_slice asked = {region->member, region->offset, UINT64_MAX};
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_place(&index->items[middle], &asked) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	const struct sb_placed_slice *last = &index->items[low - 1];
	uint64_t inside = region->offset - last->offset;
	return last->member == region->member && inside <= last->length && region->length <= last->length - inside;
}
