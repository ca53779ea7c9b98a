/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "The .pdata Section": functions, and how each is unwound. Sources: Microsoft, "x64 exception handling" (UNWIND_INFO) and "ARM64 exception handling"; the latter
 * packs what is simple into the row itself.
 */
#include "verifier/formats/pe/tables.h"

enum { ROW = 12, ARM64_ROW = 8, CHAINED = 4, HANDLED = 3, HEAD = 4, PACKED = 3 };

/* What unwinds a function leads to a handler, or on to the row of the function that this one is a part of. */
static bool read_unwind(struct sb_pe_telling *telling, uint64_t address)
{
	const struct sb_pe *pe = telling->pe;
	uint64_t at;

	if (!sb_pe_offset(pe, address, HEAD, &at))
		return true;
	uint64_t flags = sb_pe_uint(pe, at, 1) >> 3, codes = sb_pe_uint(pe, at + 2, 1), after = address + HEAD + 2 * (codes + codes % 2);
	unsigned leads = flags & CHAINED ? 3 : flags & HANDLED ? 1 : 0;
	if (leads == 0 || !sb_pe_offset(pe, after, 4 * leads, &at))
		return true;
	for (unsigned i = 0; i < leads; i++)
		if (!sb_pe_tell_address(telling, at + 4 * i, 4, sb_pe_uint(pe, at + 4 * i, 4)))
			return false;
	return true;
}

static bool read_row(struct sb_pe_telling *telling, uint64_t at)
{
	const struct sb_pe *pe = telling->pe;

	if (!sb_pe_tell_row(telling, at, ROW, "function"))
		return false;
	for (unsigned i = 0; i < 3; i++)
		if (!sb_pe_tell_address(telling, at + 4 * i, 4, sb_pe_uint(pe, at + 4 * i, 4)))
			return false;
	return read_unwind(telling, sb_pe_uint(pe, at + 8, 4));
}

/* Packed rows say all by themselves: then a row is its bytes, and so are all others. */
static bool read_arm64(struct sb_pe_telling *telling, uint64_t at)
{
	uint64_t data = sb_pe_uint(telling->pe, at + 4, 4);
	bool packed = data & PACKED;

	return sb_pe_tell_row(telling, at, ARM64_ROW, NULL) && sb_pe_tell_address(telling, at, 4, sb_pe_uint(telling->pe, at, 4)) &&
	       (packed || sb_pe_tell_address(telling, at + 4, 4, data));
}

bool sb_pe_read_exceptions(struct sb_pe_telling *telling)
{
	const struct sb_pe *pe = telling->pe;
	const struct sb_pe_range *range = &pe->directory[SB_PE_EXCEPTION];
	enum sb_machine machine = sb_pe_machine(pe);
	uint64_t start, each = machine == SB_MACHINE_ARM64 ? ARM64_ROW : ROW;

	if (range->size == 0 || (machine != SB_MACHINE_X86_64 && machine != SB_MACHINE_ARM64) || !sb_pe_offset(pe, range->at, range->size, &start))
		return true;
	if (range->size % each)
		return false;
	for (uint64_t at = start; at < start + range->size; at += each)
		if (!(machine == SB_MACHINE_ARM64 ? read_arm64(telling, at) : read_row(telling, at)))
			return false;
	return machine == SB_MACHINE_ARM64 || sb_pe_tell_fill(telling, start + range->size, sb_pe_section_of_directory(pe, SB_PE_EXCEPTION));
}
