/* SPDX-License-Identifier: Apache-2.0 */
/* What headers lead to: the entry point, the directories, the sections, the symbols. */
#include "verifier/formats/pe/tables.h"

enum { ENTRY_POINT = 16, CODE = 20, DATA = 24, SECTION_ALIGNMENT = 32, SIZE_OF_IMAGE = 56, POINTER_TO_SYMBOLS = 12, NUMBER_OF_SYMBOLS = 16 };

static bool tell_size(struct sb_pe_telling *telling, enum sb_reference_kind kind, uint64_t at, uint64_t from)
{
	return sb_pe_tell(telling, (struct sb_reference){kind, at, 4, from + sb_pe_uint(telling->pe, at, 4), from, 0});
}

static bool tell_directory(struct sb_pe_telling *telling, unsigned i)
{
	const struct sb_pe *pe = telling->pe;
	const struct sb_pe_range *range = &pe->directory[i];
	uint64_t at = pe->directories + 8 * i;

	if (range->at == 0)
		return true;
	if (i == SB_PE_CERTIFICATE)
		return sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, at, 4, range->at, 0, 0}) && tell_size(telling, SB_REFERENCE_FILE_SIZE, at + 4, range->at);
	return sb_pe_tell_address(telling, at, 4, range->at) && tell_size(telling, SB_REFERENCE_SIZE, at + 4, pe->image_base + range->at);
}

/* The end of the last section, filled up to a page. */
static bool tell_size_of_image(struct sb_pe_telling *telling)
{
	const struct sb_pe *pe = telling->pe;
	const struct sb_pe_section *last = pe->section_count ? &pe->sections[pe->section_count - 1] : NULL;
	uint64_t page = sb_pe_uint(pe, pe->optional + SECTION_ALIGNMENT, 4), at = pe->optional + SIZE_OF_IMAGE, end = last ? last->address + last->virtual_size : 0;

	if (page == 0 || end == 0 || (end + page - 1) / page * page != sb_pe_uint(pe, at, 4))
		return true;
	return sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_SIZE, at, 4, pe->image_base + end, pe->image_base, 0});
}

bool sb_pe_read_headers(struct sb_pe_telling *telling)
{
	const struct sb_pe *pe = telling->pe;
	uint64_t optional = pe->optional, first = pe->wide ? CODE : DATA; /* the narrow form says where data begins */

	for (uint64_t at = optional + ENTRY_POINT; at <= optional + first; at += 4)
		if (!sb_pe_tell_address(telling, at, 4, sb_pe_uint(pe, at, 4)))
			return false;
	for (unsigned i = 0; i < pe->directory_count; i++)
		if (!tell_directory(telling, i))
			return false;
	if (!tell_size_of_image(telling))
		return false;
	return !pe->symbols || (sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, pe->header + POINTER_TO_SYMBOLS, 4, pe->symbols, 0, 0}) &&
				sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, pe->header + NUMBER_OF_SYMBOLS, 4, pe->symbols + SB_PE_SYMBOL * pe->symbol_count, 0, 0}));
}

bool sb_pe_read_sections(struct sb_pe_telling *telling)
{
	const struct sb_pe *pe = telling->pe;

	for (size_t i = 0; i < pe->section_count; i++) {
		const struct sb_pe_section *section = &pe->sections[i];
		uint64_t at = pe->table + SB_PE_SECTION * i;
		bool more = tell_size(telling, SB_REFERENCE_SIZE, at + 8, pe->image_base + section->address) && sb_pe_tell_address(telling, at + 12, 4, section->address);
		if (more && section->offset)
			more = tell_size(telling, SB_REFERENCE_FILE_SIZE, at + 16, section->offset) &&
			       sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, at + 20, 4, section->offset, 0, 0});
		if (!more)
			return false;
	}
	return true;
}
