/* SPDX-License-Identifier: Apache-2.0 */
/* Emitting parts, and the check that regions tile the file. */
#include "verifier/formats/formats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int push_failed(const struct sb_vec *vec, enum sb_limit_row row, struct sb_err *err)
{
	if (vec->ceiling && vec->count >= vec->ceiling)
		return sb_fail_limit(err, row, vec->count + 1);
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* A walker has read of a region what tells where the next one is, and the kernel has mapped what lies around. */
static void count_region(struct sb_view *view, uint64_t length)
{
	enum { AROUND = 64 << 10 };
	sb_reading_more(view->reading, length < AROUND ? (size_t)length : AROUND);
}

int sb_emit_region(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_region *slot = region->length ? sb_vec_push(&view->regions) : NULL;
	if (region->length == 0)
		return 0;
	if (!slot)
		return push_failed(&view->regions, SB_LIMIT_ROW_REGIONS, err);
	*slot = *region;
	count_region(view, region->length);
	return 0;
}

int sb_emit_member(struct sb_view *view, const struct sb_member *member, struct sb_err *err)
{
	struct sb_member *slot = sb_vec_push(&view->members);
	if (!slot)
		return push_failed(&view->members, SB_LIMIT_ROW_ENTRIES, err);
	*slot = *member;
	return 0;
}

int sb_emit_field(struct sb_view *view, const struct sb_field *field, struct sb_err *err)
{
	if (view->fields.count >= SB_LIMIT_OF(REGIONS))
		return sb_fail_limit(err, SB_LIMIT_ROW_REGIONS, view->fields.count + 1);
	struct sb_field *slot = sb_vec_push(&view->fields);
	if (!slot)
		return push_failed(&view->fields, SB_LIMIT_ROW_REGIONS, err);
	*slot = *field;
	return 0;
}

int sb_emit_notice(struct sb_view *view, const struct sb_notice *notice, struct sb_err *err)
{
	struct sb_notice *slot = sb_vec_push(&view->notices);
	if (!slot)
		return push_failed(&view->notices, SB_LIMIT_ROW_ENTRIES, err);
	*slot = *notice;
	return 0;
}

static int fail_tiling(struct sb_err *err, uint64_t offset, const char *what)
{
	int rc = sb_fail(err, SB_INTERNAL, "tiling-violated", "%s at offset %" PRIu64, what, offset);
	sb_at_offset(err, offset);
	return rc;
}

/* The core of "total ownership": nobody downstream has to trust a format in this. */
static int check_tiling(const struct sb_view *view, struct sb_err *err)
{
	uint64_t at = 0;

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->offset != at)
			return fail_tiling(err, at, region->offset > at ? "a hole between regions" : "regions overlap");
		if (!region->name || region->member > view->members.count || !sb_add(at, region->length, &at))
			return fail_tiling(err, region->offset, "a region without a name or with a foreign member");
	}
	return at == view->file.n ? 0 : fail_tiling(err, at, "regions do not end with the file");
}

/* Inside the file and inside its member's range, and all of them make up the member's size. */
static bool slices_fit(const struct sb_view *view, const struct sb_member *member)
{
	uint64_t sum = 0, end;

	if (member->codec != SB_CODEC_SLICES)
		return member->slice_count == 0;
	for (uint32_t i = 0; i < member->slice_count; i++) {
		const struct sb_slice *slice = &member->slices[i];
		bool hole = sb_slice_is_absent(slice);
		if (!sb_add(slice->skip, slice->size, &end) || end > slice->whole || !sb_add(sum, slice->size, &sum) || (hole && slice->length) ||
		    (slice->codec == SB_CODEC_NONE && slice->whole != slice->length) || slice->codec == SB_CODEC_SLICES)
			return false;
		if (!hole && (slice->offset < member->offset || slice->length > member->length ||
			      slice->offset - member->offset > member->length - slice->length))
			return false;
	}
	return sum == member->size && member->length <= view->file.n;
}

static int check_members(const struct sb_view *view, struct sb_err *err)
{
	struct sb_span inside;
	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		if (!sb_span_cut(view->file, member->offset, member->length, &inside))
			return fail_tiling(err, member->offset, "a member outside the file");
		if (!slices_fit(view, member))
			return fail_tiling(err, member->offset, "slices that do not make up their member");
	}
	return 0;
}

int sb_view_check(const struct sb_view *view, struct sb_err *err)
{
	int rc = check_tiling(view, err);
	return rc ? rc : check_members(view, err);
}

void sb_view_init(struct sb_view *view, const struct sb_format *format, struct sb_span file, struct sb_arena *arena)
{
	*view = (struct sb_view){
		.format = format,
		.file = file,
		.arena = arena,
		.regions = {.size = sizeof(struct sb_region), .ceiling = SB_LIMIT_OF(REGIONS)},
		.members = {.size = sizeof(struct sb_member), .ceiling = SB_LIMIT_OF(ENTRIES)},
		.notices = {.size = sizeof(struct sb_notice), .ceiling = SB_LIMIT_OF(ENTRIES)},
		.fields = {.size = sizeof(struct sb_field), .ceiling = SB_LIMIT_OF(REGIONS)},
	};
}

int sb_view_open(const struct sb_format *format, struct sb_span file, const char *hint, struct sb_arena *arena,
		 struct sb_view *view, struct sb_err *err)
{
	return sb_view_open_read(format, file, hint, arena, NULL, view, err);
}

int sb_view_open_read(const struct sb_format *format, struct sb_span file, const char *hint, struct sb_arena *arena, struct sb_reading *reading,
		      struct sb_view *view, struct sb_err *err)
{
	sb_view_init(view, format, file, arena);
	view->reading = reading;
	int rc = format->open(view, hint, err);
	if (!rc)
		rc = sb_view_check(view, err);
	if (rc)
		sb_view_release(view);
	return rc;
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_field *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int check_fields(const struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	uint64_t at = region->offset, end = region->offset + region->length;

	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		if (field->offset < at || field->length > end - field->offset || field->offset > end)
			return fail_tiling(err, field->offset, "a field overlaps another or leaves its region");
		at = field->offset + field->length;
	}
	return 0;
}

int sb_view_settle(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (view->fields.count)
		qsort(view->fields.items, view->fields.count, view->fields.size, by_offset);
	return check_fields(view, region, err);
}

int sb_view_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (view->described == region) /* judge asks about the same table again and again */
		return 0;
	view->described = NULL;
	view->fields.count = 0;
	if (!view->format->describe)
		return 0;
	int rc = view->source ? view->source->describe(view, region, err) : view->format->describe(view, region, err);
	if (!rc)
		rc = sb_view_settle(view, region, err);
	view->described = rc ? NULL : region;
	return rc;
}

const char *sb_view_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	if (!view->format->locate)
		return NULL;
	return view->source ? view->source->locate(view, region, offset, arena) : view->format->locate(view, region, offset, arena);
}

bool sb_view_acted_on(struct sb_view *view, const struct sb_place *place)
{
	if (!view->format->acted_on)
		return false;
	return view->source ? view->source->acted_on(view, place) : view->format->acted_on(view, place);
}

const struct sb_region *sb_view_region_at(const struct sb_view *view, uint64_t offset)
{
	size_t low = 0, high = view->regions.count;

	if (offset >= view->file.n)
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sb_view_region(view, middle)->offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? sb_view_region(view, low - 1) : NULL;
}

const struct sb_region *sb_view_region_named(const struct sb_view *view, const char *name)
{
	for (size_t i = 0; i < view->regions.count; i++)
		if (strcmp(sb_view_region(view, i)->name, name) == 0)
			return sb_view_region(view, i);
	return NULL;
}

const struct sb_region *sb_view_region_of(const struct sb_view *view, enum sb_region_kind kind, const char *name)
{
	for (size_t i = 0; i < view->regions.count; i++)
		if (sb_view_region(view, i)->kind == kind && strcmp(sb_view_region(view, i)->name, name) == 0)
			return sb_view_region(view, i);
	return NULL;
}

void sb_view_release(struct sb_view *view)
{
	sb_vec_release(&view->regions);
	sb_vec_release(&view->members);
	sb_vec_release(&view->notices);
	sb_vec_release(&view->fields);
}
