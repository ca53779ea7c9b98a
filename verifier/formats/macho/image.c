/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked of an image beyond its parts: verifier/formats/image.h. */
#include "verifier/formats/macho/tables.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_TEXT = 80, TYPE = 0xff };

/* loader.h, section types: pointers that dyld follows or fills in, functions that run before and after main. */
static bool is_followed(const struct sb_macho_section *section)
{
	enum { NON_LAZY_POINTERS = 6, LAZY_POINTERS = 7, INIT_POINTERS = 9, TERM_POINTERS = 10, INTERPOSING = 13, LAZY_DYLIB_POINTERS = 16, INIT_OFFSETS = 22 };
	uint64_t type = section->flags & TYPE;

	return (type >= NON_LAZY_POINTERS && type <= LAZY_POINTERS) || type == INIT_POINTERS || type == TERM_POINTERS || type == INTERPOSING || type == LAZY_DYLIB_POINTERS ||
	       type == INIT_OFFSETS;
}

/* Tables that say where code leads once the image is loaded. */
static bool is_binding(const char *name)
{
	static const char *const names[] = {"rebase information", "binding information", "weak binding information", "lazy binding information", "exports", "chained fixups",
					    "indirect symbols", "external relocations", "local relocations"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static enum sb_severity severity(struct sb_view *view, const struct sb_place *place)
{
	const struct sb_region *region = place->region;
	const struct sb_macho_section *section = sb_macho_section_of(view->own, region);
	struct sb_span bytes;

	if (section)
		return sb_macho_is_code(section) || is_followed(section) ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MAJOR;
	switch (region->kind) {
	case SB_REGION_HEADER:
		return SB_SEVERITY_CRITICAL;
	case SB_REGION_GAP:
	case SB_REGION_OVERLAY:
	case SB_REGION_PADDING:
		return sb_span_cut(view->file, place->offset, place->length, &bytes) && sb_span_all_zero(bytes) ? SB_SEVERITY_MINOR : SB_SEVERITY_CRITICAL;
	case SB_REGION_TABLE:
		return is_binding(region->name) || strncmp(region->name, "relocations of ", 15) == 0 ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MAJOR;
	case SB_REGION_UNKNOWN:
	case SB_REGION_CONTENT:
	case SB_REGION_ENCODED:
	case SB_REGION_SECTION:
	case SB_REGION_CHECK:
	case SB_REGION_SIGNATURE:
	case SB_REGION_LAYOUT:
		break;
	}
	return SB_SEVERITY_MAJOR;
}

/* Where binding information names what is imported, symbols are for debuggers; elsewhere, as in objects, a linker or loader finds it by them. */
static bool binds_by_symbols(const struct sb_view *view)
{
	for (size_t i = 0; i < view->regions.count; i++) {
		uint32_t tag = sb_view_region(view, i)->tag;
		if (tag == SB_MACHO_TAG_BIND || tag == SB_MACHO_TAG_FIXUPS)
			return false;
	}
	return true;
}

bool sb_macho_acted_on(struct sb_view *view, const struct sb_place *place)
{
	bool strings = place->region->kind == SB_REGION_TABLE && strcmp(place->region->name, "strings") == 0;
	return severity(view, place) == SB_SEVERITY_CRITICAL || (strings && binds_by_symbols(view));
}

static bool is_printable(uint8_t byte)
{
	return byte >= ' ' && byte < 0x7f;
}

/* The text around a place of a section, as far as it can be printed. */
static const char *show_text(const struct sb_view *view, const struct sb_macho_section *section, uint64_t offset, struct sb_arena *arena)
{
	struct sb_span bytes;

	if (!sb_span_cut(view->file, section->offset, section->size, &bytes))
		return NULL;
	size_t at = (size_t)(offset - section->offset), from = at, end = at;
	while (from > 0 && at - from < MOST_TEXT / 2 && is_printable(bytes.p[from - 1]))
		from--;
	while (end < bytes.n && end - from < MOST_TEXT && is_printable(bytes.p[end]))
		end++;
	char *shown = end > at && end - from >= 4 ? sb_escape_copy(arena, sb_span_of(bytes.p + from, end - from)) : NULL;
	return shown ? sb_arena_printf(arena, "\"%s\"", shown) : NULL;
}

/* nlist.h: a name and where it leads. */
static const char *show_symbol(struct sb_macho *macho, uint64_t offset, struct sb_arena *arena)
{
	uint64_t each = macho->wide ? 16 : 12, at = macho->symbols + (offset - macho->symbols) / each * each;
	struct sb_span raw = sb_macho_symbol_name(macho, at);
	char *name = sb_escape_copy(arena, sb_span_of(raw.p, raw.n < MOST_TEXT ? raw.n : MOST_TEXT));

	return name ? sb_arena_printf(arena, "%s: value 0x%" PRIx64 ", type 0x%x, section %u", name, sb_macho_uint(macho, at + 8, macho->wide ? 8 : 4), (unsigned)sb_macho_uint(macho, at + 4, 1),
				      (unsigned)sb_macho_uint(macho, at + 5, 1))
		    : NULL;
}

static const char *show_protection(struct sb_macho *macho, const struct sb_place *place, struct sb_arena *arena)
{
	enum { WRITE = 2, RUN = 4 };
	uint64_t after = macho->wide ? 60 : 44; /* of the command: initprot, maxprot stands before it */

	if (place->offset + 4 < place->region->offset + after || place->offset >= place->region->offset + after + 4)
		return NULL;
	uint64_t value = sb_macho_uint(macho, place->offset / 4 * 4, 4);
	return sb_arena_printf(arena, "%c%c%c", value & 1 ? 'R' : '-', value & WRITE ? 'W' : '-', value & RUN ? 'E' : '-');
}

static const char *show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	struct sb_macho *macho = view->own;
	const struct sb_region *region = place->region;
	const struct sb_macho_section *section = sb_macho_section_of(macho, region);
	struct sb_code code;

	if (place->offset < region->offset || place->offset - region->offset >= region->length)
		return NULL;
	if (region->tag == SB_MACHO_TAG_SYMBOLS)
		return show_symbol(macho, place->offset, arena);
	if (region->tag == SB_MACHO_SEGMENT || region->tag == SB_MACHO_SEGMENT_64)
		return show_protection(macho, place, arena);
	if (!section)
		return NULL;
	if (!sb_macho_is_code(section))
		return show_text(view, section, place->offset, arena);
	bool found = sb_macho_code_at(view, section, place->offset, &code) && sb_decoded_spend(&macho->decoded, code.bytes.n);
	return found ? sb_code_show(&code, place->offset - code.offset, place->length, arena) : NULL;
}

static int push(struct sb_vec *out, struct sb_anchor anchor, struct sb_err *err)
{
	struct sb_anchor *slot = sb_vec_push(out);

	if (slot)
		*slot = anchor;
	return slot ? 0 : sb_no_memory(err);
}

/* What has a place in memory alone: sections of zeros, and segments that have no sections. */
static int anchor_rest(const struct sb_macho *macho, struct sb_vec *out, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < macho->kept_count; i++) {
		const struct sb_macho_section *section = &macho->kept[i];
		if (section->size == 0 && section->room)
			rc = push(out, (struct sb_anchor){SB_ANCHOR_SECTION, section->name, section->address, section->room, UINT64_MAX, NULL}, err);
	}
	for (size_t i = 0; !rc && i < macho->kept_segment_count; i++) {
		const struct sb_macho_segment *segment = &macho->kept_segments[i];
		if (segment->sections == 0 && segment->size)
			rc = push(out, (struct sb_anchor){SB_ANCHOR_SECTION, segment->name, segment->address, segment->room, UINT64_MAX, NULL}, err);
	}
	return rc;
}

static int anchors(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	struct sb_macho *macho = view->own;
	int rc = 0;

	for (size_t i = 0; !rc && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		const struct sb_macho_section *section = sb_macho_section_of(macho, region);
		if (section)
			rc = push(out, (struct sb_anchor){SB_ANCHOR_SECTION, section->name, section->address, section->size, section->offset, region}, err);
	}
	if (!rc)
		rc = anchor_rest(macho, out, err);
	sb_macho_index_build(macho, view->arena);
	for (size_t i = 0; !rc && i < macho->index.count; i++)
		rc = push(out, macho->index.items[i], err);
	return rc;
}

const struct sb_image_format sb_macho_image = {
	.severity = severity,
	.show = show,
	.anchors = anchors,
	.references = sb_macho_references,
	.rows = sb_macho_rows,
	.facts = sb_macho_facts,
};
