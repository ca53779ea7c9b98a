/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a map: where it leads, and whether two references lead to the same thing. */
#include "verifier/explain/image.h"

#include <string.h>

/** Bytes of a text that is compared by what it says. */
enum { LONGEST_TEXT = 4096 };

bool sb_address_map_has_functions(const struct sb_address_map *map, unsigned side, const struct sb_region *region)
{
	const struct sb_vec *anchors = &map->anchors[side];

	for (size_t i = 0; i < anchors->count; i++) {
		const struct sb_anchor *anchor = sb_vec_at(anchors, i);
		if (anchor->kind == SB_ANCHOR_FUNCTION && anchor->offset >= region->offset && anchor->offset - region->offset < region->length)
			return true;
	}
	return false;
}

static size_t pieces_until(const struct sb_vec *pieces, uint64_t a)
{
	size_t low = 0, high = pieces->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_piece *piece = sb_vec_at(pieces, middle);
		if (piece->a <= a)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t sb_address_map_from(const struct sb_vec *pieces, uint64_t a)
{
	enum { FARTHEST = 16 }; /* places without a length at one end */
	size_t until = pieces_until(pieces, a), from = until;

	while (from > 0 && until - from < FARTHEST) {
		const struct sb_piece *before = sb_vec_at(pieces, from - 1);
		if (before->a + before->length <= a && before->length)
			break;
		from--;
	}
	return from;
}

bool sb_address_map_find(const struct sb_vec *pieces, uint64_t a, uint64_t *b)
{
	size_t until = pieces_until(pieces, a);
	const struct sb_piece *piece = until ? sb_vec_at(pieces, until - 1) : NULL;

	if (!piece || a - piece->a > piece->length)
		return false;
	*b = piece->b + (a - piece->a);
	return true;
}

bool sb_address_map_leads(const struct sb_vec *pieces, uint64_t a, uint64_t b)
{
	enum { NEIGHBOURS = 4 }; /* pieces that end or begin at one place */
	size_t until = pieces_until(pieces, a);

	for (size_t i = until; i-- > 0 && until - i <= NEIGHBOURS;) {
		const struct sb_piece *piece = sb_vec_at(pieces, i);
		if (a - piece->a <= piece->length && piece->b + (a - piece->a) == b)
			return true;
	}
	return false;
}

/* What did not move at all needs no piece: the first segment begins with the ELF header, which is no section. */
static bool begins_alike(const struct sb_vec *pieces, const struct sb_reference *a, const struct sb_reference *b)
{
	return a->base == b->base || sb_address_map_leads(pieces, a->base, b->base);
}

/* A text that does not end is none. */
static bool read_text(const struct sb_address_map *map, unsigned side, uint64_t offset, struct sb_span *out)
{
	struct sb_span file = map->pair->bytes[side];
	size_t left = offset < file.n ? file.n - offset : 0, most = left < LONGEST_TEXT ? left : LONGEST_TEXT;

	*out = (struct sb_span){0};
	if (most)
		*out = sb_span_of(file.p + offset, strnlen((const char *)file.p + offset, most));
	return out->n < most;
}

static bool is_one_text(const struct sb_address_map *map, uint64_t a, uint64_t b)
{
	struct sb_span x, y;
	return read_text(map, SB_SHIPPED, a, &x) && read_text(map, SB_REBUILT, b, &y) && sb_span_equal(x, y);
}

bool sb_address_map_agrees(const struct sb_address_map *map, const struct sb_reference *a, const struct sb_reference *b)
{
	if (a->kind != b->kind || a->rest != b->rest)
		return false;
	switch (a->kind) {
	case SB_REFERENCE_ADDRESS:
		return sb_address_map_leads(&map->addresses, a->target, b->target);
	case SB_REFERENCE_OFFSET:
		return sb_address_map_leads(&map->offsets, a->target, b->target);
	case SB_REFERENCE_SIZE:
		return sb_address_map_leads(&map->addresses, a->target, b->target) && begins_alike(&map->addresses, a, b);
	case SB_REFERENCE_FILE_SIZE:
		return sb_address_map_leads(&map->offsets, a->target, b->target) && begins_alike(&map->offsets, a, b);
	case SB_REFERENCE_TEXT:
		return is_one_text(map, a->target, b->target);
	}
	return false;
}

int64_t sb_reference_distance(const struct sb_reference *a, const struct sb_reference *b)
{
	uint64_t moved = b->target - a->target - (b->base - a->base);
	return (int64_t)(moved ? moved : b->offset - a->offset);
}
