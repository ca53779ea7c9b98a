/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/tiles.h"

#include <stdlib.h>

static int push(struct sb_vec *regions, uint64_t size, const struct sb_region *region, struct sb_err *err)
{
	if (region->offset > size || region->length > size - region->offset)
		return sb_damaged(err, "archive-truncated", region->offset, "a part that does not lie inside the file");
	if (region->length == 0)
		return 0;
	regions->size = sizeof *region;
	regions->ceiling = (size_t)SB_LIMIT_OF(REGIONS);
	struct sb_region *slot = sb_vec_push(regions);
	if (!slot)
		return regions->count >= regions->ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_REGIONS, regions->count + 1) : sb_no_memory(err);
	*slot = *region;
	return 0;
}

int sb_tiles_add(struct sb_tiles *tiles, uint64_t size, const struct sb_region *region, struct sb_err *err)
{
	return push(&tiles->regions, size, region, err);
}

int sb_tiles_share(struct sb_tiles *tiles, uint64_t size, const struct sb_region *region, struct sb_err *err)
{
	return push(&tiles->shared, size, region, err);
}

int sb_tiles_add_part(struct sb_tiles *tiles, struct sb_view *view, const char *name, uint64_t offset, uint64_t length, struct sb_err *err)
{
	const struct sb_member member = {.name = sb_span_text(name), .type = SB_MEMBER_PART, .offset = offset, .length = length, .size = length};
	const struct sb_region content = {.offset = offset, .length = length, .kind = SB_REGION_CONTENT, .loaded = true, .member = (uint32_t)view->members.count + 1, .name = "content"};
	int rc = sb_tiles_add(tiles, view->file.n, &content, err);
	return rc ? rc : sb_emit_member(view, &member, err);
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_region *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int by_bytes(const void *a, const void *b)
{
	const struct sb_region *x = a, *y = b;
	int order = by_offset(a, b);

	order = order ? order : (x->length > y->length) - (x->length < y->length);
	return order ? order : (x->member > y->member) - (x->member < y->member);
}

/* Of those that are the same bytes the first becomes an owner like any other. */
static int settle_shared(struct sb_tiles *tiles, uint64_t size, struct sb_err *err)
{
	const struct sb_region *last = NULL;
	int rc = 0;

	if (tiles->shared.count)
		qsort(tiles->shared.items, tiles->shared.count, sizeof(struct sb_region), by_bytes);
	for (size_t i = 0; !rc && i < tiles->shared.count; i++) {
		const struct sb_region *region = sb_vec_at(&tiles->shared, i);
		if (!last || last->offset != region->offset || last->length != region->length || last->kind != region->kind)
			rc = sb_tiles_add(tiles, size, region, err);
		last = region;
	}
	return rc;
}

static int emit_part(struct sb_view *view, const struct sb_region *whole, uint64_t from, uint64_t to, enum sb_region_kind kind, const char *name,
		     struct sb_err *err)
{
	struct sb_region part = *whole;

	part.offset += from;
	part.length = to - from;
	part.kind = kind;
	part.name = name;
	return to > from ? sb_emit_region(view, &part, err) : 0;
}

/*
 * Free space around what hides in it: the zeros at both ends are owned as such, so that the rest is told to the byte.
 * What nobody knows may count by where it lies, and so its place is part of its name. */
static int emit_free(struct sb_view *view, const struct sb_region *hole, struct sb_span bytes, bool *unknown, struct sb_err *err)
{
	struct sb_span left = sb_span_of(bytes.p + 1, bytes.n - 1), right = sb_span_of(bytes.p, bytes.n - 1);
	uint64_t from = bytes.p[0] ? 0 : 1 + sb_reading_common_prefix(view->reading, right, left);
	uint64_t zeros = from == bytes.n || bytes.p[bytes.n - 1] ? 0 : 1 + sb_reading_common_suffix(view->reading, right, left);
	uint64_t to = bytes.n - zeros;

	*unknown |= to > from;
	const char *name = sb_arena_printf(view->arena, "%s at %llu", hole->name, (unsigned long long)(hole->offset + from));
	int rc = name ? emit_part(view, hole, 0, from, SB_REGION_LAYOUT, "fill", err) : sb_no_memory(err);
	if (!rc)
		rc = emit_part(view, hole, from, to, hole->kind, name, err);
	return rc ? rc : emit_part(view, hole, to, bytes.n, SB_REGION_LAYOUT, "fill", err);
}

static int emit_unowned(struct sb_tiles *tiles, struct sb_view *view, uint64_t from, uint64_t to, bool filled, struct sb_err *err)
{
	bool last = to == view->file.n;
	struct sb_region hole = {.offset = from, .length = to - from, .kind = last ? SB_REGION_OVERLAY : SB_REGION_GAP, .name = last ? "overlay" : "gap"};
	struct sb_span bytes;

	if (from == to || !sb_span_cut(view->file, from, to - from, &bytes))
		return 0;
	if (filled)
		return emit_free(view, &hole, bytes, &tiles->unknown, err);
	if (last && sb_reading_all_zero(view->reading, bytes)) {
		hole.kind = SB_REGION_PADDING;
		hole.name = "fill";
	}
	return sb_emit_region(view, &hole, err);
}

void sb_tiles_sort(struct sb_tiles *tiles)
{
	if (tiles->regions.count)
		qsort(tiles->regions.items, tiles->regions.count, sizeof(struct sb_region), by_offset);
}

static int emit_all(struct sb_tiles *tiles, struct sb_view *view, bool filled, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = settle_shared(tiles, view->file.n, err);

	sb_tiles_sort(tiles);
	for (size_t i = 0; !rc && i < tiles->regions.count; i++) {
		const struct sb_region *region = sb_vec_at(&tiles->regions, i);
		if (region->offset < at)
			return sb_damaged(err, "archive-overlap", region->offset, "two parts of the file share bytes");
		rc = emit_unowned(tiles, view, at, region->offset, filled, err);
		if (!rc)
			rc = sb_emit_region(view, region, err);
		at = region->offset + region->length;
	}
	return rc ? rc : emit_unowned(tiles, view, at, view->file.n, filled, err);
}

int sb_tiles_emit(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err)
{
	return emit_all(tiles, view, false, err);
}

int sb_tiles_emit_filled(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err)
{
	return emit_all(tiles, view, true, err);
}

void sb_tiles_release(struct sb_tiles *tiles)
{
	sb_vec_release(&tiles->regions);
	sb_vec_release(&tiles->shared);
}
