/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each part of an image went from one build to the other: sections by name, then functions by name and texts by content, always in
 * rising order, so that no name can make one function stand for another that was elsewhere.
 */
#include "verifier/explain/marks.h"

#include <stdlib.h>
#include <string.h>

/** Sections that are aligned by the names in them; of more than these only the bytes are looked at. */
enum { MOST_ALIGNED = 256 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static struct sb_span bytes_of(const struct sb_pair *pair, unsigned side, const struct sb_region *region)
{
	struct sb_span bytes = {0};
	return region && sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes) ? bytes : (struct sb_span){0};
}

/* Pieces of @from, counted from the starts of two sections, as addresses or offsets. */
static int add_moved(const struct sb_vec *from, uint64_t a, uint64_t b, struct sb_vec *out, struct sb_err *err)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct sb_piece *piece = sb_vec_at(from, i);
		struct sb_piece *slot = sb_vec_push(out);
		if (!slot)
			return no_memory(err);
		*slot = (struct sb_piece){piece->a + a, piece->b + b, piece->length};
	}
	return 0;
}

static int add_whole(struct sb_vec *out, uint64_t a, uint64_t b, uint64_t length, struct sb_err *err)
{
	struct sb_piece *slot = length ? sb_vec_push(out) : NULL;

	if (length && !slot)
		return no_memory(err);
	if (slot)
		*slot = (struct sb_piece){a, b, length};
	return 0;
}

/* A section ends where its counterpart does, whatever its last bytes are. */
static int add_end(struct sb_vec *pieces, uint64_t a, uint64_t b, struct sb_err *err)
{
	const struct sb_piece *last = pieces->count ? sb_vec_at(pieces, pieces->count - 1) : NULL;

	if (last && last->a + last->length == a && last->b + last->length == b)
		return 0;
	struct sb_piece *slot = sb_vec_push(pieces);
	if (!slot)
		return no_memory(err);
	*slot = (struct sb_piece){a, b, 0};
	return 0;
}

/* Two sections of one name. Without bytes (.bss), or with equal ones, they moved as a whole. */
static int map_section(const struct sb_pair *pair, struct sb_address_map *map, const struct sb_anchor *a, const struct sb_anchor *b,
                       struct sb_err *err)
{
	struct sb_span x = bytes_of(pair, SB_SHIPPED, a->region), y = bytes_of(pair, SB_REBUILT, b->region);
	SB_VEC struct sb_vec marks = {.size = sizeof(struct sb_piece)};
	SB_VEC struct sb_vec pieces = {.size = sizeof(struct sb_piece)};
	uint64_t shorter = a->length < b->length ? a->length : b->length;

	if (x.n == 0 || y.n == 0)
		return add_whole(&map->addresses, a->address, b->address, shorter, err);
	bool named = !sb_span_equal(x, y) && map->aligned++ < MOST_ALIGNED;
	bool code = false;
	int rc = named ? sb_marks_find(map, a, b, &marks, &code, err) : 0;
	if (!rc && !code && !sb_span_equal(x, y))
		rc = sb_pieces_of_texts(x, y, &marks, err);
	if (!rc)
		rc = sb_pieces_align(x, y, &marks, &pieces, err);
	if (!rc)
		rc = add_end(&pieces, x.n, y.n, err);
	if (!rc)
		rc = add_moved(&pieces, a->address, b->address, &map->addresses, err);
	return rc ? rc : add_moved(&pieces, a->region->offset, b->region->offset, &map->offsets, err);
}

/* The k-th section of a name on one side is the k-th of that name on the other. */
static int map_sections(const struct sb_pair *pair, struct sb_address_map *map, struct sb_err *err)
{
	struct sb_anchor_list a = {0}, b = {0};
	int rc = sb_anchor_list_choose(&map->anchors[SB_SHIPPED], 0, 0, &a, err);

	if (!rc)
		rc = sb_anchor_list_choose(&map->anchors[SB_REBUILT], 0, 0, &b, err);
	for (size_t i = 0, k = 0; !rc && i < a.count && k < b.count;) {
		int order = strcmp(a.items[i]->name, b.items[k]->name);
		size_t end_a = sb_anchor_list_end_of_name(&a, i), end_b = sb_anchor_list_end_of_name(&b, k);
		for (size_t n = 0; order == 0 && !rc && i + n < end_a && k + n < end_b; n++)
			rc = map_section(pair, map, a.items[i + n], b.items[k + n], err);
		i = order <= 0 ? end_a : i;
		k = order >= 0 ? end_b : k;
	}
	free(a.items);
	free(b.items);
	return rc;
}

/* Tables of texts are aligned by their texts, whatever else by its start and its end. */
static int map_unequal(const struct sb_pair *pair, const struct sb_region *a, const struct sb_region *b, struct sb_address_map *map,
                       struct sb_err *err)
{
	SB_VEC struct sb_vec marks = {.size = sizeof(struct sb_piece)};
	SB_VEC struct sb_vec pieces = {.size = sizeof(struct sb_piece)};
	struct sb_span x = bytes_of(pair, SB_SHIPPED, a), y = bytes_of(pair, SB_REBUILT, b);
	int rc = strstr(a->name, "str") ? sb_pieces_of_texts(x, y, &marks, err) : 0;

	if (!rc)
		rc = sb_pieces_align(x, y, &marks, &pieces, err);
	return rc ? rc : add_moved(&pieces, a->offset, b->offset, &map->offsets, err);
}

static int by_pointer(const void *a, const void *b)
{
	const struct sb_region *const *x = a, *const *y = b;
	return (*x > *y) - (*x < *y);
}

/** Regions that are sections of the image, sorted; some linkers put others onto pages that are loaded as well. Free @items. */
struct mapped {
	const struct sb_region **items;
	size_t count;
};

static bool find_mapped(const struct sb_vec *anchors, struct mapped *out)
{
	*out = (struct mapped){.items = calloc(anchors->count + 1, sizeof *out->items)};
	for (size_t i = 0; out->items && i < anchors->count; i++) {
		const struct sb_anchor *anchor = sb_vec_at(anchors, i);
		if (anchor->kind == SB_ANCHOR_SECTION && anchor->region)
			out->items[out->count++] = anchor->region;
	}
	if (out->count)
		qsort(out->items, out->count, sizeof *out->items, by_pointer);
	return out->items;
}

static bool is_mapped(const struct mapped *mapped, const struct sb_region *region)
{
	return mapped->count && bsearch(&region, mapped->items, mapped->count, sizeof region, by_pointer);
}

/* Regions that nothing maps, and tables. */
static int map_regions(const struct sb_pair *pair, struct sb_address_map *map, struct sb_err *err)
{
	const struct sb_view *view[SB_SIDES] = {pair->view[SB_SHIPPED], pair->view[SB_REBUILT]};
	const struct sb_region **a = sb_regions_sorted(view[0]), **b = sb_regions_sorted(view[1]);
	struct mapped mapped;
	int rc = find_mapped(&map->anchors[SB_SHIPPED], &mapped) && a && b ? 0 : no_memory(err);

	for (size_t i = 0, k = 0; !rc && i < view[0]->regions.count && k < view[1]->regions.count;) {
		int order = sb_region_order(a[i], b[k]);
		bool apart = order == 0 && !is_mapped(&mapped, a[i]);
		if (apart && a[i]->length == b[k]->length)
			rc = add_whole(&map->offsets, a[i]->offset, b[k]->offset, a[i]->length, err);
		else if (apart)
			rc = map_unequal(pair, a[i], b[k], map, err);
		i += order <= 0;
		k += order >= 0;
	}
	free(mapped.items);
	free(a);
	free(b);
	return rc;
}

static int by_a(const void *x, const void *y)
{
	const struct sb_piece *p = x, *q = y;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->length > q->length) - (p->length < q->length);
}

int sb_address_map_build(const struct sb_pair *pair, struct sb_address_map *out, struct sb_err *err)
{
	int rc = 0;

	*out = (struct sb_address_map){
		.pair = pair,
		.addresses = {.size = sizeof(struct sb_piece)},
		.offsets = {.size = sizeof(struct sb_piece)},
		.anchors = {{.size = sizeof(struct sb_anchor)}, {.size = sizeof(struct sb_anchor)}},
	};
	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		rc = sb_view_image(pair->view[side])->anchors(pair->view[side], &out->anchors[side], err);
	if (!rc)
		rc = map_sections(pair, out, err);
	if (!rc)
		rc = map_regions(pair, out, err);
	if (rc)
		return rc;
	if (out->addresses.count)
		qsort(out->addresses.items, out->addresses.count, out->addresses.size, by_a);
	if (out->offsets.count)
		qsort(out->offsets.items, out->offsets.count, out->offsets.size, by_a);
	return 0;
}

void sb_address_map_release(struct sb_address_map *map)
{
	sb_vec_release(&map->addresses);
	sb_vec_release(&map->offsets);
	sb_vec_release(&map->anchors[SB_SHIPPED]);
	sb_vec_release(&map->anchors[SB_REBUILT]);
}
