/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One content in two compressions, where the container of both says so: data.tar.xz and data.tar.zst of a Debian package, the payload of
 * an rpm. What a stream consists of goes with its encoding; anything that an encoder does not write by itself is a difference.
 */
#include "verifier/compare/unit.h"

#include <string.h>

static int open_stored(struct sb_view *view, const char *hint, struct sb_err *err)
{
	const struct sb_region all = {.length = view->file.n, .kind = SB_REGION_ENCODED, .member = 1, .name = "payload"};
	const struct sb_member payload = {.name = sb_span_text(hint), .type = SB_MEMBER_PART, .length = view->file.n, .size = view->file.n};
	int rc = sb_emit_region(view, &all, err);

	return rc ? rc : sb_emit_member(view, &payload, err);
}

const struct sb_format sb_format_stored = {.name = "stored", .spec = "the bytes themselves", .version = 1, .open = open_stored, .compression = true};
/** Of the pair as a whole. */
static const struct sb_format either = {.name = "compression", .spec = "that of each side", .version = 1, .compression = true};

/* What the container says that side is packed with; NULL where something else is there. */
static const struct sb_format *packing_of(const struct sb_unit *unit, unsigned side, const struct sb_format *found)
{
	const char *packing = unit->pair.member[side] ? unit->pair.member[side]->packing : NULL;

	if (!packing)
		return NULL;
	if (strcmp(packing, "none") == 0)
		return &sb_format_stored;
	return found && found->compression && strcmp(packing, found->name) == 0 ? found : NULL;
}

int sb_recoded_open(struct sb_unit *unit, struct sb_compare_run *run, const struct sb_format *const format[SB_SIDES], bool *open, struct sb_err *err)
{
	const struct sb_format *packing[SB_SIDES] = {packing_of(unit, SB_SHIPPED, format[SB_SHIPPED]), packing_of(unit, SB_REBUILT, format[SB_REBUILT])};

	*open = packing[SB_SHIPPED] && packing[SB_REBUILT] && packing[SB_SHIPPED] != packing[SB_REBUILT];
	if (!*open)
		return 0;
	int rc = sb_unit_open(unit, run, packing, err);
	if (!rc && unit->pair.state == SB_PAIR_OPENED) {
		unit->pair.format = &either;
		unit->pair.recoded = true;
	}
	return rc;
}

/* What a field of a header may be that an encoder writes by itself. A time is the packer's own, and packers of packages write none. */
static bool is_plain_field(const struct sb_view *view, const struct sb_field *field)
{
	struct sb_span bytes;

	if (field->kind == SB_FIELD_TIME)
		return sb_span_cut(view->file, field->offset, field->length, &bytes) && sb_span_all_zero(bytes);
	return field->kind == SB_FIELD_MAGIC || field->kind == SB_FIELD_ENCODING || field->kind == SB_FIELD_FLAGS || field->kind == SB_FIELD_SIZE;
}

/* Nothing but plain fields, from the first byte to the last. */
static int is_plain_header(struct sb_unit *unit, unsigned side, const struct sb_region *region, bool *plain, struct sb_err *err)
{
	struct sb_description header = {.region = region};
	struct sb_arena *scratch = sb_arena_new(0);
	uint64_t at = region->offset;
	int rc = scratch ? sb_parsing_describe(&unit->views[side], &header, 1, scratch, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	*plain = !rc && !header.rc;
	for (size_t i = 0; *plain && i < header.count; at += header.fields[i++].length)
		*plain = header.fields[i].offset == at && is_plain_field(&unit->views[side], &header.fields[i]);
	*plain = *plain && at == region->offset + region->length;
	sb_arena_free(&scratch);
	return rc;
}

/** The parts of one stream: each comes once. */
struct parts {
	const char *name[4];
	size_t count;
};

static bool is_first(struct parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->count; i++)
		if (strcmp(parts->name[i], name) == 0)
			return false;
	if (parts->count == sizeof parts->name / sizeof *parts->name)
		return false;
	parts->name[parts->count++] = name;
	return true;
}

static int look_at(struct sb_unit *unit, unsigned side, const struct sb_region *region, struct parts *parts, struct sb_err *err)
{
	bool header = region->kind == SB_REGION_HEADER && (strcmp(region->name, "header") == 0 || strcmp(region->name, "footer") == 0);
	bool plain = header || region->kind == SB_REGION_CHECK || region->kind == SB_REGION_TABLE;
	int rc = 0;

	if (region->kind == SB_REGION_ENCODED)
		return 0;
	plain = plain && is_first(parts, region->name);
	if (plain && header)
		rc = is_plain_header(unit, side, region, &plain, err);
	return rc || plain ? rc : sb_region_note_lone(unit, side, region, err);
}

int sb_recoded_regions(struct sb_unit *unit, struct sb_err *err)
{
	int rc = 0;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct parts parts = {.count = 0};
		for (size_t i = 0; !rc && i < unit->views[side].regions.count; i++)
			rc = look_at(unit, side, sb_view_region(&unit->views[side], i), &parts, err);
	}
	return rc;
}
