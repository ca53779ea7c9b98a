/* SPDX-License-Identifier: Apache-2.0 */
/* "The .reloc Section": pages, each with the places in it that hold an address. Every place is told, and so is what it leads to. */
#include "verifier/formats/pe/tables.h"

enum { PAGE = 4096, HEAD = 8, ENTRY = 2, NOTHING = 0, WORD = 3, DOUBLE_WORD = 10 };

/* The row of an entry; of the first one of a page what stands before it belongs to it, of the last one what fills up the page. */
static bool tell_entry(struct sb_pe_telling *telling, uint64_t from, uint64_t at, uint64_t end, uint64_t page)
{
	struct sb_pe *pe = telling->pe;
	uint64_t value = sb_pe_uint(pe, at, ENTRY), type = value >> 12, address = page + (value & 0xfff), width = type == WORD ? 4 : 8, place;

	if (type != WORD && type != DOUBLE_WORD)
		return false;
	const char *says = type == WORD ? "relocation of 4 bytes" : "relocation of 8 bytes";
	if (!sb_pe_tell_row(telling, from, end - from, says) || !sb_pe_tell_address(telling, at, ENTRY, address))
		return false;
	return !sb_pe_offset(pe, address, width, &place) ||
	       sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, place, width, sb_pe_uint(pe, place, (unsigned)width), 0, 0});
}

/* One page, which says how long it is; false when nothing is in it, or it is no page. */
static bool read_page(struct sb_pe_telling *telling, uint64_t at, uint64_t room, uint64_t *size)
{
	const struct sb_pe *pe = telling->pe;
	uint64_t page = sb_pe_uint(pe, at, 4), from = at, count;

	*size = sb_pe_uint(pe, at + 4, 4);
	if (page % PAGE || *size <= HEAD || *size > room || *size % 4)
		return false;
	count = (*size - HEAD) / ENTRY;
	bool filled = sb_pe_uint(pe, at + *size - ENTRY, ENTRY) == NOTHING;
	if (filled && --count == 0)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t entry = at + HEAD + ENTRY * i, end = i + 1 == count ? at + *size : entry + ENTRY;
		if (!tell_entry(telling, from, entry, end, page))
			return false;
		from = end;
	}
	return true;
}

bool sb_pe_read_relocations(struct sb_pe_telling *telling)
{
	const struct sb_pe_range *range = &telling->pe->directory[SB_PE_RELOCATION];
	uint64_t start, size;

	if (range->size == 0 || !sb_pe_offset(telling->pe, range->at, range->size, &start))
		return true;
	for (uint64_t at = start; at < start + range->size; at += size)
		if (start + range->size - at < HEAD || !read_page(telling, at, start + range->size - at, &size))
			return false;
	return sb_pe_tell_fill(telling, start + range->size, sb_pe_section_of_directory(telling->pe, SB_PE_RELOCATION));
}
