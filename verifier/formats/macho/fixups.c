/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chained fixups: each page of a segment says where its first pointer lies, and each pointer where the next one does. Source: mach-o/fixup-chains.h. Pointers
 * with authentication (arm64e) and of 32 bits are not read.
 */
#include "verifier/formats/macho/tables.h"

enum { HEAD = 28, SEGMENT_HEAD = 22, POINTER = 8, STRIDE = 4, POINTER_64 = 2, POINTER_64_OFFSET = 6, NOTHING = 0xffff, MANY = 0x8000 };
enum { IMPORT = 1, IMPORT_ADDEND = 2, MOST_POINTERS = 1 << 20 };
#define TARGET ((UINT64_C(1) << 36) - 1)

/** The table, by offsets in the file. */
struct fixups {
	struct sb_macho *macho;
	uint64_t from, end;
	uint64_t starts, imports, symbols; /* of its parts */
	uint64_t import_count, import_size;
};

static bool lies_in(const struct fixups *fixups, uint64_t at, uint64_t length)
{
	return at >= fixups->from && at <= fixups->end && length <= fixups->end - at;
}

static bool open_fixups(struct sb_macho *macho, const struct sb_region *region, struct fixups *out)
{
	uint64_t from = region->offset;

	*out = (struct fixups){.macho = macho, .from = from, .end = from + region->length};
	if (macho->be || !macho->wide || region->length < HEAD || sb_macho_uint(macho, from, 4) != 0)
		return false;
	uint64_t format = sb_macho_uint(macho, from + 20, 4);
	out->starts = from + sb_macho_uint(macho, from + 4, 4);
	out->imports = from + sb_macho_uint(macho, from + 8, 4);
	out->symbols = from + sb_macho_uint(macho, from + 12, 4);
	out->import_count = sb_macho_uint(macho, from + 16, 4);
	out->import_size = format == IMPORT ? 4 : format == IMPORT_ADDEND ? 8 : 0;
	return out->import_size && lies_in(out, out->starts, 4) && lies_in(out, out->imports, out->import_count * out->import_size) && lies_in(out, out->symbols, 0) &&
	       sb_macho_uint(macho, from + 24, 4) == 0; /* names that are not compressed */
}

/* The name of an import; what else it says is the rest. */
static bool import_of(const struct fixups *fixups, uint64_t index, struct sb_reference *out)
{
	if (index >= fixups->import_count)
		return false;
	uint64_t at = fixups->imports + index * fixups->import_size, value = sb_macho_uint(fixups->macho, at, 4);
	*out = (struct sb_reference){SB_REFERENCE_TEXT, at, 4, fixups->symbols + (value >> 9), 0, value & 0x1ff};
	return lies_in(fixups, out->target, 1);
}

/** The pointers of one segment. */
struct chains {
	uint64_t row;       /* where the table says this */
	uint64_t page, format, pages;
	const struct sb_macho_segment *segment;
};

/* Segment @i, if it has pointers of a kind that is known. */
static bool chains_of(const struct fixups *fixups, uint64_t i, struct chains *out)
{
	const struct sb_macho *macho = fixups->macho;
	uint64_t inside = sb_macho_uint(macho, fixups->starts + 4 + 4 * i, 4), row = fixups->starts + inside;

	if (inside == 0 || !lies_in(fixups, row, SEGMENT_HEAD))
		return false;
	*out = (struct chains){row, sb_macho_uint(macho, row + 4, 2), sb_macho_uint(macho, row + 6, 2), sb_macho_uint(macho, row + 20, 2), &macho->kept_segments[i]};
	bool usual = (out->page == 0x1000 || out->page == 0x4000) && (out->format == POINTER_64 || out->format == POINTER_64_OFFSET);
	return usual && lies_in(fixups, row + SEGMENT_HEAD, 2 * out->pages) && sb_macho_base(macho) + sb_macho_uint(macho, row + 8, 8) == out->segment->address;
}

static uint64_t segment_count(const struct fixups *fixups)
{
	uint64_t count = sb_macho_uint(fixups->macho, fixups->starts, 4);
	bool usual = count <= fixups->macho->kept_segment_count && lies_in(fixups, fixups->starts + 4, 4 * count);
	return usual ? count : 0;
}

bool sb_macho_read_fixups(struct sb_macho_telling *telling)
{
	struct fixups fixups;
	uint64_t from = telling->region->offset;

	if (!open_fixups(telling->macho, telling->region, &fixups))
		return false;
	const uint64_t parts[] = {fixups.starts, fixups.imports, fixups.symbols};
	for (unsigned i = 0; i < 3; i++)
		if (!sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, from + 4 + 4 * i, 4, parts[i], 0, 0}))
			return false;
	for (uint64_t i = 0; i < segment_count(&fixups); i++) {
		struct chains chains;
		if (chains_of(&fixups, i, &chains) && !sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, chains.row + 8, 8, chains.segment->address, 0, 0}))
			return false;
	}
	for (uint64_t i = 0; i < fixups.import_count; i++) {
		struct sb_reference reference;
		if (import_of(&fixups, i, &reference) && !sb_macho_tell(telling, reference))
			return false;
	}
	return true;
}

/* What a pointer leads to: an import, or a place of the image. What its other bits say is the rest, how far the next one is among it. */
static bool pointer_of(const struct fixups *fixups, const struct chains *chains, uint64_t at, struct sb_reference *out)
{
	uint64_t value = sb_macho_uint(fixups->macho, at, POINTER);

	if (value >> 63) {
		if (!import_of(fixups, value & 0xffffff, out))
			return false;
		*out = (struct sb_reference){SB_REFERENCE_TEXT, at, POINTER, out->target, 0, out->rest << 40 | value >> 24};
		return true;
	}
	uint64_t base = chains->format == POINTER_64_OFFSET ? sb_macho_base(fixups->macho) : 0;
	*out = (struct sb_reference){SB_REFERENCE_ADDRESS, at, POINTER, base + (value & TARGET), 0, value & ~TARGET};
	return true;
}

/* The chain of one page, which does not leave it. */
static bool follow_page(const struct fixups *fixups, const struct chains *chains, uint64_t page, struct sb_vec *out)
{
	const struct sb_macho_segment *segment = chains->segment;
	uint64_t start = sb_macho_uint(fixups->macho, chains->row + SEGMENT_HEAD + 2 * page, 2), first = page * chains->page, inside = start;

	if (start == NOTHING || (start & MANY))
		return true;
	while (inside + POINTER <= chains->page && first + inside + POINTER <= segment->size) {
		uint64_t at = segment->offset + first + inside, next = sb_macho_uint(fixups->macho, at, POINTER) >> 51 & 0xfff;
		struct sb_reference reference;
		struct sb_reference *slot = pointer_of(fixups, chains, at, &reference) && out->count < MOST_POINTERS ? sb_vec_push(out) : NULL;
		if (slot)
			*slot = reference;
		if (!slot || next == 0)
			return slot;
		inside += next * STRIDE;
	}
	return true;
}

static bool follow_region(struct sb_macho *macho, const struct sb_region *region, struct sb_vec *out)
{
	struct fixups fixups;

	for (uint64_t i = 0; open_fixups(macho, region, &fixups) && i < segment_count(&fixups); i++) {
		struct chains chains;
		if (!chains_of(&fixups, i, &chains))
			continue;
		for (uint64_t page = 0; page < chains.pages && page * chains.page < chains.segment->size; page++)
			if (!follow_page(&fixups, &chains, page, out))
				return false;
	}
	return true;
}

bool sb_macho_chained_pointers(const struct sb_view *view, struct sb_vec *out)
{
	for (size_t i = 0; i < view->regions.count; i++)
		if (sb_view_region(view, i)->tag == SB_MACHO_TAG_FIXUPS) /* a loader reads one */
			return follow_region(view->own, sb_view_region(view, i), out);
	return true;
}
