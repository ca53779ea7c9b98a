/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns which bytes of an image: nobody shares what is not meant to be shared, and what nobody owns is told. */
#include "verifier/formats/tree/tree.h"

#include <stdio.h>
#include <stdlib.h>

int sb_extents_add(struct sb_extents *extents, uint64_t size, struct sb_extent_of extent, struct sb_err *err)
{
	uint64_t end;

	extents->items.size = sizeof extent;
	if (extent.length == 0)
		return 0;
	if (!sb_add(extent.offset, extent.length, &end) || end > size)
		return sb_damaged(err, "archive-truncated", extent.offset, "the image ends before its content");
	if (extents->items.count >= SB_LIMIT_OF(REGIONS))
		return sb_fail_limit(err, SB_LIMIT_ROW_REGIONS, extents->items.count + 1);
	struct sb_extent_of *last = extents->items.count ? sb_vec_at(&extents->items, extents->items.count - 1) : NULL;
	if (last && !last->shared && !extent.shared && last->offset + last->length == extent.offset) {
		last->length += extent.length;
		return 0;
	}
	struct sb_extent_of *slot = sb_vec_push(&extents->items);
	if (!slot)
		return sb_no_memory(err);
	*slot = extent;
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_extent_of *x = a, *y = b;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

int sb_extents_settle(struct sb_extents *extents, uint64_t size, sb_extents_gap gap, void *ctx, struct sb_err *err)
{
	const struct sb_extent_of *items = extents->items.items;
	uint64_t at = 0;
	int rc = 0;

	if (extents->items.count)
		qsort(extents->items.items, extents->items.count, extents->items.size, by_offset);
	for (size_t i = 0; !rc && i < extents->items.count; i++) {
		if (i && items[i].shared && items[i - 1].shared && by_offset(&items[i], &items[i - 1]) == 0)
			continue;
		if (items[i].offset < at)
			return sb_damaged(err, "archive-damaged", items[i].offset, "two things lie on the same bytes");
		if (items[i].offset > at)
			rc = gap(ctx, at, items[i].offset, err);
		at = items[i].offset + items[i].length;
	}
	return rc || at >= size ? rc : gap(ctx, at, size, err);
}

/** Where gaps are told. */
struct telling {
	struct sb_span bytes;
	const char *what;
	struct sb_tree *tree;
};

static int tell_gap(void *ctx, uint64_t from, uint64_t to, struct sb_err *err)
{
	const struct telling *telling = ctx;
	struct sb_span bytes;
	char name[96];

	if (!sb_span_cut(telling->bytes, from, to - from, &bytes) || sb_span_all_zero(bytes))
		return 0;
	snprintf(name, sizeof name, "unused bytes of the %s at %#llx", telling->what, (unsigned long long)from);
	return sb_tree_part(telling->tree, name, bytes, err);
}

int sb_extents_tell(struct sb_extents *extents, struct sb_span bytes, const char *what, struct sb_tree *tree, struct sb_err *err)
{
	struct telling telling = {bytes, what, tree};
	return sb_extents_settle(extents, bytes.n, tell_gap, &telling, err);
}

uint64_t sb_extents_end(const struct sb_extents *extents)
{
	const struct sb_extent_of *last = extents->items.count ? sb_vec_at(&extents->items, extents->items.count - 1) : NULL;
	return last ? last->offset + last->length : 0;
}

void sb_extents_release(struct sb_extents *extents)
{
	sb_vec_release(&extents->items);
}
