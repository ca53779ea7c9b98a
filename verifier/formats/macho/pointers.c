/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses in data, wherever something says that they are: a chain of fixups, the rebase information of images before those, or the relocations of an object.
 * Where data only looks like an address, it is none.
 */
#include "verifier/formats/macho/tables.h"

enum { RELOCATION = 8, UNSIGNED = 0 };

/* Where in the file run-time address @at stands, with @length bytes; false when a segment does not hold it. */
static bool find_offset(const struct sb_macho *macho, uint64_t at, uint64_t length, uint64_t *out)
{
	enum { MOST_SEGMENTS = 64 };

	for (size_t i = 0; i < macho->kept_segment_count && i < MOST_SEGMENTS; i++) {
		const struct sb_macho_segment *segment = &macho->kept_segments[i];
		if (at < segment->address || at - segment->address >= segment->size || length > segment->size - (at - segment->address))
			continue;
		*out = segment->offset + (at - segment->address);
		return true;
	}
	return false;
}

/* Each place that the rebase information names holds an address as it is. */
static bool add_rebased(const struct sb_view *view, const struct sb_region *region, struct sb_vec *out)
{
	const struct sb_macho *macho = view->own;
	const struct sb_macho_table *table = sb_macho_table_of(view, region);
	unsigned word = macho->wide ? 8 : 4;

	for (size_t i = 0; table && i < table->reference_count; i++) {
		uint64_t at;
		if (!find_offset(macho, table->references[i].target, word, &at))
			continue;
		struct sb_reference *slot = sb_vec_push(out);
		if (!slot)
			return false;
		*slot = (struct sb_reference){SB_REFERENCE_ADDRESS, at, word, sb_macho_uint(macho, at, word), 0, 0};
	}
	return table;
}

static bool seek(const struct sb_view *view)
{
	struct sb_macho *macho = view->own;
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_reference)};
	bool fine = sb_macho_chained_pointers(view, &found);

	for (size_t i = 0; fine && i < view->regions.count; i++)
		if (sb_view_region(view, i)->tag == SB_MACHO_TAG_REBASE)
			fine = add_rebased(view, sb_view_region(view, i), &found);
	if (!fine || found.count == 0)
		return fine;
	sb_references_order(&found);
	macho->pointers = sb_list_keep(view->arena, &found);
	macho->pointer_count = macho->pointers ? found.count : 0;
	return macho->pointers;
}

static size_t first_from(const struct sb_macho *macho, uint64_t offset)
{
	size_t low = 0, high = macho->pointer_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (macho->pointers[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of a relocation that names a section, the field holds the address; of one that names a symbol, what is added to that. */
static bool read_relocated(struct sb_macho_telling *telling, const struct sb_macho_section *section)
{
	const struct sb_macho *macho = telling->macho;

	for (uint64_t i = 0; i < section->relocation_count; i++) {
		uint64_t row = section->relocations + i * RELOCATION, at = sb_macho_uint(macho, row, 4), word = sb_macho_uint(macho, row + 4, 4);
		uint64_t length = UINT64_C(1) << (word >> 25 & 3);
		bool whole = length >= 4 && !(word >> 24 & 1) && !(word >> 27 & 1) && word >> 28 == UNSIGNED;
		if (!whole || macho->be || at > section->size || length > section->size - at)
			continue;
		uint64_t field = section->offset + at;
		if (!sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, field, length, sb_macho_uint(macho, field, (unsigned)length), 0, 0}))
			return false;
	}
	return true;
}

bool sb_macho_read_pointers(struct sb_macho_telling *telling)
{
	struct sb_macho *macho = telling->macho;
	const struct sb_region *region = telling->region;

	if (sb_macho_is_object(macho))
		return read_relocated(telling, sb_macho_section_of(macho, region));
	if (!macho->pointers_sought) {
		macho->pointers_sought = true;
		if (!seek(telling->view))
			return false;
	}
	for (size_t i = first_from(macho, region->offset); i < macho->pointer_count && macho->pointers[i].offset + macho->pointers[i].length <= region->offset + region->length; i++)
		if (!sb_macho_tell(telling, macho->pointers[i]))
			return false;
	return true;
}
