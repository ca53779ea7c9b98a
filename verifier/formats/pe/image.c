/* SPDX-License-Identifier: Apache-2.0 */
/* What a loader does with an image: how bad a place is, where functions lie, what protects it. */
#include "verifier/formats/pe/pe.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTION_TYPE = 0x20, MOST_FUNCTIONS = 1 << 18 };

static const struct sb_pe_section *section_of(const struct sb_pe *pe, const struct sb_region *region)
{
	return region->tag >= SB_PE_TAG_SECTION && region->tag - SB_PE_TAG_SECTION < pe->section_count ? &pe->sections[region->tag - SB_PE_TAG_SECTION] : NULL;
}

/* What a loader follows before the program runs, or what redirects it. */
static bool is_followed(unsigned directory)
{
	static const unsigned rows[] = {SB_PE_EXPORT, SB_PE_IMPORT, SB_PE_RELOCATION, SB_PE_TLS, SB_PE_LOAD_CONFIG, SB_PE_BOUND_IMPORT, SB_PE_IAT, SB_PE_DELAY_IMPORT,
	                                SB_PE_CLR, SB_PE_EXCEPTION};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i] == directory)
			return true;
	return false;
}

static bool is_zero(const struct sb_view *view, const struct sb_place *place)
{
	struct sb_span bytes;
	return sb_span_cut(view->file, place->offset, place->length, &bytes) && sb_span_all_zero(bytes);
}

static enum sb_severity severity(struct sb_view *view, const struct sb_place *place)
{
	const struct sb_pe *pe = view->own;
	const struct sb_pe_section *section = section_of(pe, place->region);

	if (section) {
		bool code = section->characteristics & (SB_PE_CODE | SB_PE_EXECUTE);
		return code || is_followed(sb_pe_directory_at(pe, place->offset)) ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MAJOR;
	}
	if (place->region->kind == SB_REGION_GAP || place->region->kind == SB_REGION_OVERLAY || place->region->kind == SB_REGION_PADDING)
		return is_zero(view, place) ? SB_SEVERITY_MINOR : SB_SEVERITY_CRITICAL;
	if (place->region->kind == SB_REGION_SIGNATURE)
		return SB_SEVERITY_MAJOR;
	if (strcmp(place->region->name, "DOS stub") == 0 || strcmp(place->region->name, "Rich header") == 0)
		return SB_SEVERITY_MAJOR;
	return place->region->loaded ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MINOR;
}

static const char *show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	(void)view;
	(void)place;
	(void)arena;
	return NULL;
}

static int no_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err)
{
	(void)view;
	(void)place;
	(void)out;
	(void)err;
	return 0;
}

static int no_rows(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err)
{
	(void)view;
	(void)region;
	(void)out;
	(void)err;
	return 0;
}

static int push(struct sb_vec *out, struct sb_anchor anchor, struct sb_err *err)
{
	struct sb_anchor *slot = sb_vec_push(out);
	if (slot)
		*slot = anchor;
	return slot ? 0 : sb_no_memory(err);
}

static int add_function(struct sb_pe *pe, struct sb_span name, uint64_t address, struct sb_arena *arena, struct sb_err *err)
{
	struct sb_anchor anchor = {.kind = SB_ANCHOR_FUNCTION, .address = pe->image_base + address, .offset = UINT64_MAX, .name = sb_arena_copy(arena, name)};

	if (!anchor.name)
		return sb_no_memory(err);
	if (pe->functions.count >= MOST_FUNCTIONS || !sb_pe_offset(pe, address, 1, &anchor.offset))
		return 0;
	return push(&pe->functions, anchor, err);
}

/* "COFF Symbol Table": eight bytes of a name, or four zeros and an offset into the strings. */
static struct sb_span symbol_name(const struct sb_pe *pe, struct sb_span record)
{
	struct sb_rd rd = sb_rd_of(record, false);
	const uint8_t *end = memchr(record.p, 0, 8);
	struct sb_span rest;

	if (sb_rd_uint(&rd, 4) != 0)
		return sb_span_of(record.p, end ? (size_t)(end - record.p) : 8);
	uint64_t at = sb_rd_uint(&rd, 4);
	if (at >= pe->strings_size || !sb_span_cut(pe->file, pe->strings + at, pe->strings_size - at, &rest))
		return (struct sb_span){0};
	rd = sb_rd_of(rest, false);
	return sb_rd_cstring(&rd);
}

static int add_symbols(struct sb_pe *pe, struct sb_arena *arena, struct sb_err *err)
{
	int rc = 0;

	for (uint64_t i = 0; !rc && i < pe->symbol_count; i++) {
		struct sb_span record;
		if (!sb_span_cut(pe->file, pe->symbols + i * SB_PE_SYMBOL, SB_PE_SYMBOL, &record))
			return 0;
		struct sb_rd rd = sb_rd_of(record, false);
		sb_rd_seek(&rd, 8);
		uint64_t value = sb_rd_uint(&rd, 4), section = sb_rd_uint(&rd, 2), type = sb_rd_uint(&rd, 2);
		sb_rd_bytes(&rd, 1);
		uint64_t more = sb_rd_uint(&rd, 1);
		if (type == FUNCTION_TYPE && section >= 1 && section <= pe->section_count)
			rc = add_function(pe, symbol_name(pe, record), pe->sections[section - 1].address + value, arena, err);
		i += more;
	}
	return rc;
}

static uint64_t read32(const struct sb_pe *pe, uint64_t address)
{
	struct sb_rd rd = sb_rd_of(pe->file, false);
	uint64_t at;

	if (!sb_pe_offset(pe, address, 4, &at))
		return 0;
	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, 4);
}

/* "Export Name Pointer Table": names, and by the same index an ordinal that leads to an address. */
static int add_exports(struct sb_pe *pe, struct sb_arena *arena, struct sb_err *err)
{
	const struct sb_pe_range *range = &pe->directory[SB_PE_EXPORT];
	uint64_t at, count = range->size >= 40 ? read32(pe, range->at + 24) : 0;
	uint64_t addresses = read32(pe, range->at + 28), names = read32(pe, range->at + 32), ordinals = read32(pe, range->at + 36);
	int rc = 0;

	for (uint64_t i = 0; !rc && i < count && i < MOST_FUNCTIONS && sb_pe_offset(pe, ordinals + 2 * i, 2, &at); i++) {
		struct sb_rd rd = sb_rd_of(pe->file, false);
		sb_rd_seek(&rd, at);
		uint64_t address = read32(pe, addresses + 4 * sb_rd_uint(&rd, 2));
		if (!sb_pe_offset(pe, read32(pe, names + 4 * i), 1, &at))
			continue;
		sb_rd_seek(&rd, at);
		struct sb_span name = sb_rd_cstring(&rd);
		if (!rd.bad && name.n && name.n < 4096)
			rc = add_function(pe, name, address, arena, err);
	}
	return rc;
}

static int by_address(const void *a, const void *b)
{
	const struct sb_anchor *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Address behind the section that holds @address, which one does. */
static uint64_t section_end(const struct sb_pe *pe, uint64_t address)
{
	for (size_t i = 0; i < pe->section_count; i++)
		if (address >= pe->sections[i].address && address - pe->sections[i].address < pe->sections[i].size)
			return pe->sections[i].address + pe->sections[i].size;
	return address;
}

/* A function reaches to the next one at another address, or to the end of its section. From the last one to the first. */
static void set_lengths(struct sb_pe *pe)
{
	uint64_t next = UINT64_MAX, here = UINT64_MAX;

	for (size_t i = pe->functions.count; i-- > 0;) {
		struct sb_anchor *anchor = sb_vec_at(&pe->functions, i);
		uint64_t from = anchor->address - pe->image_base, end = section_end(pe, from);
		if (from != here) {
			next = here;
			here = from;
		}
		anchor->length = (next > from && next < end ? next : end) - from;
	}
}

int sb_pe_index_functions(struct sb_pe *pe, struct sb_arena *arena, struct sb_err *err)
{
	if (pe->indexed)
		return 0;
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_anchor)};
	pe->functions = found;
	int rc = add_symbols(pe, arena, err);
	if (!rc && pe->functions.count == 0)
		rc = add_exports(pe, arena, err);
	found = pe->functions; /* freed here; the arena keeps the copy */
	struct sb_anchor *kept = rc ? NULL : sb_arena_array(arena, found.count, sizeof *kept);
	pe->functions = (struct sb_vec){.size = sizeof(struct sb_anchor)};
	if (rc || !kept)
		return rc ? rc : sb_no_memory(err);
	if (found.count) {
		memcpy(kept, found.items, found.count * sizeof *kept);
		qsort(kept, found.count, sizeof *kept, by_address);
	}
	pe->functions.items = kept;
	pe->functions.count = found.count;
	pe->indexed = true;
	set_lengths(pe);
	return 0;
}

static int anchors(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	struct sb_pe *pe = view->own;
	int rc = sb_pe_index_functions(pe, view->arena, err);

	for (size_t i = 0; !rc && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		const struct sb_pe_section *section = section_of(pe, region);
		if (section && region->length == section->size)
			rc = push(out, (struct sb_anchor){.kind = SB_ANCHOR_SECTION, .name = section->name, .address = pe->image_base + section->address, .length = section->size,
			                                  .offset = section->offset, .region = region}, err);
	}
	for (size_t i = 0; !rc && i < pe->functions.count; i++)
		rc = push(out, *(const struct sb_anchor *)sb_vec_at(&pe->functions, i), err);
	return rc;
}

/* DllCharacteristics, winnt.h. */
static const struct {
	unsigned bit;
	const char *name;
	bool protects; /* when it is set */
} flags[] = {
	{0x0020, "high entropy ASLR", true}, {0x0040, "ASLR", true}, {0x0080, "forced integrity", true}, {0x0100, "nx", true}, {0x0400, "no structured exceptions", true},
	{0x1000, "AppContainer", true},      {0x4000, "control flow guard", true},
};

static int facts(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_pe *pe = view->own;
	size_t writable = 0;

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		bool set = pe->dll_characteristics & flags[i].bit;
		struct sb_fact *slot = sb_vec_push(out);
		if (!slot)
			return sb_no_memory(err);
		*slot = (struct sb_fact){flags[i].name, set ? "yes" : "no", set == flags[i].protects};
	}
	for (size_t i = 0; i < pe->section_count; i++)
		writable += (pe->sections[i].characteristics & SB_PE_EXECUTE) && (pe->sections[i].characteristics & SB_PE_WRITE);
	struct sb_fact *slot = sb_vec_push(out);
	if (!slot)
		return sb_no_memory(err);
	*slot = (struct sb_fact){"w^x", writable ? "a section is writable and executable" : "yes", writable == 0};
	return 0;
}

const char *sb_pe_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	struct sb_pe *pe = view->own;
	const struct sb_pe_section *section = section_of(pe, region);

	if (!section || sb_pe_index_functions(pe, view->arena, NULL))
		return NULL;
	uint64_t address = pe->image_base + section->address + (offset - section->offset);
	for (size_t low = 0, high = pe->functions.count; low < high;) {
		size_t middle = low + (high - low) / 2;
		const struct sb_anchor *anchor = sb_vec_at(&pe->functions, middle);
		if (address >= anchor->address && address - anchor->address < anchor->length)
			return sb_arena_copy(arena, sb_span_text(anchor->name));
		if (anchor->address > address)
			high = middle;
		else
			low = middle + 1;
	}
	unsigned directory = sb_pe_directory_at(pe, offset);
	return directory == UINT_MAX ? NULL : sb_arena_printf(arena, "%s directory", sb_pe_directory_name(directory));
}

const struct sb_image_format sb_pe_image = {
	.severity = severity,
	.show = show,
	.anchors = anchors,
	.references = no_references,
	.rows = no_rows,
	.facts = facts,
};
