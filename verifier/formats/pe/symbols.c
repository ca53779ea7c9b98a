/* SPDX-License-Identifier: Apache-2.0 */
/* "COFF Symbol Table": each symbol with the records that belong to it. */
#include "verifier/formats/pe/tables.h"

enum { EXTERNAL = 2, STATIC = 3, LABEL = 6, FILE_NAME = 103 };

/* The number of the next one: known by the name of the source file in the record behind it ("Auxiliary Format 4: Files"). */
static bool tell_next_file(struct sb_pe_telling *telling, uint64_t at)
{
	const struct sb_pe *pe = telling->pe;
	uint64_t next = sb_pe_uint(pe, at + 8, 4);

	return next >= pe->symbol_count ||
	       sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_TEXT, at + 8, 4, pe->symbols + (next + 1) * SB_PE_SYMBOL, 0, 0});
}

/* Where it lies, and of one that stands for a section how much of it there is ("Auxiliary Format 5: Section Definitions"). */
static bool tell_place(struct sb_pe_telling *telling, uint64_t at, uint64_t number, uint64_t storage, uint64_t more)
{
	const struct sb_pe *pe = telling->pe;

	if (storage == FILE_NAME)
		return tell_next_file(telling, at);
	if (number == 0 || number > pe->section_count)
		return true;
	uint64_t address = pe->sections[number - 1].address + sb_pe_uint(pe, at + 8, 4), length = at + SB_PE_SYMBOL;
	if (!sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, at + 12, 2, pe->table + SB_PE_SECTION * (number - 1), 0, 0}))
		return false;
	if ((storage == EXTERNAL || storage == STATIC || storage == LABEL) && !sb_pe_tell_address(telling, at + 8, 4, address))
		return false;
	uint64_t from = pe->image_base + address;
	return storage != STATIC || more == 0 || sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_SIZE, length, 4, from + sb_pe_uint(pe, length, 4), from, 0});
}

bool sb_pe_read_symbols(struct sb_pe_telling *telling)
{
	const struct sb_pe *pe = telling->pe;
	uint64_t end = pe->symbols + pe->symbol_count * SB_PE_SYMBOL, more;

	for (uint64_t at = pe->symbols; at < end; at += SB_PE_SYMBOL * (1 + more)) {
		more = sb_pe_uint(pe, at + 17, 1);
		if (more > (end - at) / SB_PE_SYMBOL - 1 || !sb_pe_tell_row(telling, at, SB_PE_SYMBOL * (1 + more), NULL))
			return false;
		bool apart = sb_pe_uint(pe, at, 4) == 0;
		if (apart && !sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_TEXT, at + 4, 4, pe->strings + sb_pe_uint(pe, at + 4, 4), 0, 0}))
			return false;
		if (!tell_place(telling, at, sb_pe_uint(pe, at + 12, 2), sb_pe_uint(pe, at + 16, 1), more))
			return false;
	}
	return true;
}
