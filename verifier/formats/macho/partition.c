/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte gets one owner; what is mapped with a segment and belongs to nothing is told apart from what is not mapped. */
#include "verifier/formats/macho/macho.h"

#include <stdlib.h>

enum { SIGNATURE_ALIGN = 16 };

static int by_offset(const void *a, const void *b)
{
	const struct sb_region *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool is_mapped(const struct sb_macho *macho, uint64_t from)
{
	for (size_t i = 0; i < macho->segments.count; i++) {
		const struct sb_macho_segment *segment = sb_vec_at(&macho->segments, i);
		if (from >= segment->offset && from - segment->offset < segment->size)
			return true;
	}
	return false;
}

static int emit_hole(struct sb_view *view, const struct sb_macho *macho, uint64_t from, uint64_t to, struct sb_err *err)
{
	struct sb_region hole = {.offset = from, .length = to - from, .kind = SB_REGION_GAP, .loaded = is_mapped(macho, from)};
	struct sb_span bytes;

	if (from == to)
		return 0;
	bool zeros = sb_span_cut(view->file, from, hole.length, &bytes) && sb_span_all_zero(bytes);
	hole.name = hole.loaded ? "gap-loaded" : "gap";
	if (zeros && from == macho->header + macho->commands) {
		hole.kind = SB_REGION_PADDING;
		hole.name = "room for load commands";
	} else if (zeros && macho->signature_size && to == macho->signature && hole.length < SIGNATURE_ALIGN) {
		hole.kind = SB_REGION_PADDING;
		hole.name = "signature padding";
	} else if (to == view->file.n && !hole.loaded) {
		hole.kind = SB_REGION_OVERLAY;
		hole.name = "overlay";
	}
	return sb_emit_region(view, &hole, err);
}

int sb_macho_partition(struct sb_view *view, struct sb_macho *macho, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	qsort(macho->owners.items, macho->owners.count, macho->owners.size, by_offset);
	for (size_t i = 0; !rc && i < macho->owners.count; i++) {
		const struct sb_region *owner = sb_vec_at(&macho->owners, i);
		if (owner->offset < at)
			return sb_damaged(err, "image-damaged", owner->offset, "two parts of the file share bytes");
		rc = emit_hole(view, macho, at, owner->offset, err);
		if (!rc)
			rc = sb_emit_region(view, owner, err);
		at = owner->offset + owner->length;
	}
	return rc ? rc : emit_hole(view, macho, at, view->file.n, err);
}
