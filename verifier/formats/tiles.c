/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/tiles.h"

#include <stdlib.h>

int sb_tiles_add(struct sb_tiles *tiles, uint64_t size, const struct sb_region *region, struct sb_err *err)
{
	if (region->offset > size || region->length > size - region->offset)
		return sb_damaged(err, "archive-truncated", region->offset, "a part that does not lie inside the file");
	if (region->length == 0)
		return 0;
	tiles->regions.size = sizeof *region;
	tiles->regions.ceiling = (size_t)SB_LIMIT_OF(REGIONS);
	struct sb_region *slot = sb_vec_push(&tiles->regions);
	if (!slot)
		return tiles->regions.count >= tiles->regions.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_REGIONS, tiles->regions.count + 1) : sb_no_memory(err);
	*slot = *region;
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_region *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int emit_unowned(struct sb_view *view, uint64_t from, uint64_t to, bool last, struct sb_err *err)
{
	const struct sb_region hole = {.offset = from, .length = to - from, .kind = last ? SB_REGION_OVERLAY : SB_REGION_GAP, .name = last ? "overlay" : "gap"};
	return sb_emit_region(view, &hole, err);
}

int sb_tiles_emit(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	if (tiles->regions.count)
		qsort(tiles->regions.items, tiles->regions.count, sizeof(struct sb_region), by_offset);
	for (size_t i = 0; !rc && i < tiles->regions.count; i++) {
		const struct sb_region *region = sb_vec_at(&tiles->regions, i);
		if (region->offset < at)
			return sb_damaged(err, "archive-overlap", region->offset, "two parts of the file share bytes");
		rc = emit_unowned(view, at, region->offset, false, err);
		if (!rc)
			rc = sb_emit_region(view, region, err);
		at = region->offset + region->length;
	}
	return rc ? rc : emit_unowned(view, at, view->file.n, true, err);
}

void sb_tiles_release(struct sb_tiles *tiles)
{
	sb_vec_release(&tiles->regions);
}
