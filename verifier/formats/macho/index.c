/* SPDX-License-Identifier: Apache-2.0 */
/* What lies where at run time: functions and objects of the symbol table, and the starts of functions that a stripped image still has. Source: nlist.h. */
#include "verifier/formats/leb.h"
#include "verifier/formats/macho/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STAB = 0xe0, TYPE = 0x0e, IN_SECTION = 0x0e, PURE_CODE = (int)0x80000000, SOME_CODE = 0x400, DEBUG = 0x02000000, MOST_ANCHORS = 1 << 20, LARGEST_FUNCTION = 1 << 20 };
#define CPU_X86_64 UINT64_C(0x01000007)
#define CPU_ARM64 UINT64_C(0x0100000c)

bool sb_macho_is_code(const struct sb_macho_section *section)
{
	return section->flags & (uint32_t)(PURE_CODE | SOME_CODE);
}

const struct sb_macho_section *sb_macho_section_of(const struct sb_macho *macho, const struct sb_region *region)
{
	uint64_t index = region->tag - (uint64_t)SB_MACHO_TAG_SECTION;
	return region->tag >= SB_MACHO_TAG_SECTION && index < macho->kept_count ? &macho->kept[index] : NULL;
}

const struct sb_macho_section *sb_macho_section_at(const struct sb_macho *macho, uint64_t at)
{
	enum { MOST_SECTIONS = 1024 }; /* a symbol can name 255 of them; hostile files have as many as they like */

	for (size_t i = 0; i < macho->kept_count && i < MOST_SECTIONS; i++)
		if (at >= macho->kept[i].address && at - macho->kept[i].address < macho->kept[i].size)
			return &macho->kept[i];
	return NULL;
}

static struct sb_anchor anchor_at(const struct sb_macho *macho, uint64_t address, const char *name)
{
	const struct sb_macho_section *section = sb_macho_section_at(macho, address);
	return (struct sb_anchor){
		.kind = section && sb_macho_is_code(section) ? SB_ANCHOR_FUNCTION : SB_ANCHOR_OBJECT,
		.name = name,
		.address = address,
		.length = section ? section->address + section->size - address : 0, /* of the rest of the section, until the next one is known */
		.offset = section ? section->offset + (address - section->address) : UINT64_MAX,
	};
}

static bool add(struct sb_vec *found, const struct sb_anchor *anchor)
{
	struct sb_anchor *slot = anchor->length && found->count < MOST_ANCHORS ? sb_vec_push(found) : NULL;
	if (slot)
		*slot = *anchor;
	return slot || !anchor->length;
}

/* Names of C begin with an underscore of the linker's. */
static bool add_symbols(const struct sb_macho *macho, struct sb_arena *arena, struct sb_vec *found)
{
	uint64_t each = macho->wide ? 16 : 12;

	for (uint64_t i = 0; i < macho->symbol_count; i++) {
		uint64_t at = macho->symbols + i * each, type = sb_macho_uint(macho, at + 4, 1);
		struct sb_span name = sb_macho_symbol_name(macho, at);
		if ((type & STAB) || (type & TYPE) != IN_SECTION || name.n == 0)
			continue;
		bool underscore = name.n > 1 && name.p[0] == '_';
		const char *copy = sb_arena_copy(arena, sb_span_of(name.p + underscore, name.n - underscore));
		const struct sb_anchor anchor = anchor_at(macho, sb_macho_uint(macho, at + 8, macho->wide ? 8 : 4), copy);
		if (!copy || !add(found, &anchor))
			return false;
	}
	return true;
}

/* LC_FUNCTION_STARTS: the distance of each function from the one before it, the first from the segment that has the header. */
static bool add_starts(const struct sb_macho *macho, struct sb_vec *found)
{
	uint64_t at = 0, command, size, address = 0;

	for (size_t i = 0; i < macho->kept_segment_count; i++)
		if (macho->kept_segments[i].offset == 0 && macho->kept_segments[i].size)
			address = macho->kept_segments[i].address;
	while (sb_macho_next_command(macho, &at, &command, &size)) {
		struct sb_span bytes;
		if (command != SB_MACHO_FUNCTION_STARTS || !sb_span_cut(macho->file, sb_macho_uint(macho, at + 8, 4), sb_macho_uint(macho, at + 12, 4), &bytes))
			continue;
		struct sb_rd rd = sb_rd_of(bytes, false);
		for (uint64_t distance; rd.at < rd.in.n && (distance = sb_leb(&rd)) && !rd.bad;) {
			const struct sb_anchor anchor = anchor_at(macho, address += distance, "");
			if (!add(found, &anchor))
				return false;
		}
	}
	return true;
}

void sb_macho_index_build(struct sb_macho *macho, struct sb_arena *arena)
{
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_anchor)};

	if (macho->index.built)
		return;
	macho->index.built = true;
	if (add_symbols(macho, arena, &found) && add_starts(macho, &found))
		sb_anchor_index_make(&macho->index, &found, arena);
}

const char *sb_macho_name_address(struct sb_macho *macho, uint64_t at, struct sb_arena *arena)
{
	sb_macho_index_build(macho, arena);
	const struct sb_anchor *anchor = sb_anchor_index_at(&macho->index, at);
	const struct sb_macho_section *section = sb_macho_section_at(macho, at);
	bool named = anchor && anchor->name[0];
	char *name = named ? sb_escape_copy(arena, sb_span_text(anchor->name)) : section ? sb_escape_copy(arena, sb_span_text(section->name)) : NULL;
	if (!name)
		return sb_arena_printf(arena, "0x%" PRIx64, at);
	uint64_t inside = at - (named ? anchor->address : section->address);
	return inside ? sb_arena_printf(arena, "0x%" PRIx64 " (%s+0x%" PRIx64 ")", at, name, inside) : sb_arena_printf(arena, "0x%" PRIx64 " (%s)", at, name);
}

const char *sb_macho_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	struct sb_macho *macho = view->own;
	const struct sb_macho_section *section = sb_macho_section_of(macho, region);

	if (!section)
		return region->tag == SB_MACHO_TAG_SYMBOLS ? NULL : sb_macho_row_name(view, region, offset, arena);
	sb_macho_index_build(macho, view->arena);
	const struct sb_anchor *anchor = sb_anchor_index_at(&macho->index, section->address + (offset - region->offset));
	if (anchor && anchor->name[0])
		return sb_arena_copy(arena, sb_span_text(anchor->name));
	if (section->flags & DEBUG)
		return sb_arena_copy(arena, sb_span_text("debug information"));
	const char *row = strcmp(section->name, "__TEXT,__eh_frame") == 0 ? sb_macho_row_name(view, region, offset, arena) : NULL;
	return row ? sb_arena_printf(arena, "frame of %s", row) : NULL;
}

static enum sb_machine machine_of(const struct sb_macho *macho)
{
	uint64_t cpu = sb_macho_uint(macho, 4, 4);

	if (macho->be)
		return SB_MACHINE_OTHER;
	return cpu == CPU_X86_64 ? SB_MACHINE_X86_64 : cpu == 7 ? SB_MACHINE_X86 : cpu == CPU_ARM64 ? SB_MACHINE_ARM64 : SB_MACHINE_OTHER;
}

static const char *name_address(void *image, uint64_t address, struct sb_arena *arena)
{
	return sb_macho_name_address(image, address, arena);
}

/* What a linker writes for itself, from the first byte on: it has no symbols. */
static bool is_of_linker(const struct sb_macho_section *section)
{
	enum { SECTION_TYPE = 0xff, STUBS = 8 };
	return (section->flags & SECTION_TYPE) == STUBS || strcmp(section->name, "__TEXT,__stub_helper") == 0;
}

bool sb_macho_code_at(struct sb_view *view, const struct sb_macho_section *section, uint64_t offset, struct sb_code *out)
{
	struct sb_macho *macho = view->own;
	const struct sb_anchor stubs = {.kind = SB_ANCHOR_FUNCTION, .address = section->address, .length = section->size, .offset = section->offset};
	struct sb_span bytes;

	sb_macho_index_build(macho, view->arena);
	const struct sb_anchor *function = is_of_linker(section) ? &stubs : sb_anchor_index_at(&macho->index, section->address + (offset - section->offset));
	if (!function || function->kind != SB_ANCHOR_FUNCTION || function->length > LARGEST_FUNCTION ||
	    !sb_span_cut(macho->file, function->offset, function->length, &bytes))
		return false;
	*out = (struct sb_code){.machine = machine_of(macho), .bytes = bytes, .address = function->address, .offset = function->offset, .image = macho, .name = name_address};
	return true;
}
