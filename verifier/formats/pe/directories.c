/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that lead from the directories to names, functions and data: "The .idata Section", "The .edata Section", "Debug Directory", "The .rsrc Section". */
#include "verifier/formats/pe/tables.h"

enum { IMPORT = 20, EXPORT = 40, DEBUG = 28, RESOURCE = 16, RESOURCE_ROW = 8, DEEPEST_RESOURCE = 4 };

/* @count addresses that stand in a row at @address. */
static bool tell_addresses(struct sb_pe_telling *telling, uint64_t address, uint64_t count)
{
	uint64_t at;

	if (count == 0 || !sb_pe_offset(telling->pe, address, 4 * count, &at))
		return true;
	for (uint64_t i = 0; i < count; i++)
		if (!sb_pe_tell_address(telling, at + 4 * i, 4, sb_pe_uint(telling->pe, at + 4 * i, 4)))
			return false;
	return true;
}

/* Names or ordinals of what is imported from one library, up to a zero. The highest bit tells an ordinal. */
static bool tell_thunks(struct sb_pe_telling *telling, uint64_t address, uint64_t *left)
{
	const struct sb_pe *pe = telling->pe;
	unsigned width = pe->wide ? 8 : 4;
	uint64_t at, value;

	for (; address && sb_pe_offset(pe, address, width, &at) && (value = sb_pe_uint(pe, at, width)) != 0; address += width) {
		if ((*left)-- == 0)
			return false;
		if (value >> (8 * width - 1))
			continue;
		if (!sb_pe_tell_address(telling, at, width, value))
			return false;
	}
	return true;
}

bool sb_pe_read_imports(struct sb_pe_telling *telling)
{
	const struct sb_pe *pe = telling->pe;
	const struct sb_pe_range *range = &pe->directory[SB_PE_IMPORT];
	uint64_t left = pe->file.n / 4, at; /* slots: hostile images list the same ones again and again */

	for (uint64_t i = 0; i < range->size / IMPORT && sb_pe_offset(pe, range->at + i * IMPORT, IMPORT, &at); i++) {
		uint64_t lookups = sb_pe_uint(pe, at, 4), name = sb_pe_uint(pe, at + 12, 4), addresses = sb_pe_uint(pe, at + 16, 4);
		if (name == 0)
			break;
		bool more = (lookups == 0 || sb_pe_tell_address(telling, at, 4, lookups)) && sb_pe_tell_address(telling, at + 12, 4, name) &&
			    sb_pe_tell_address(telling, at + 16, 4, addresses) && tell_thunks(telling, lookups, &left) && tell_thunks(telling, addresses, &left);
		if (!more)
			return false;
	}
	return true;
}

bool sb_pe_read_exports(struct sb_pe_telling *telling)
{
	const struct sb_pe *pe = telling->pe;
	const struct sb_pe_range *range = &pe->directory[SB_PE_EXPORT];
	uint64_t at;

	if (range->size < EXPORT || !sb_pe_offset(pe, range->at, EXPORT, &at))
		return true;
	uint64_t addresses = sb_pe_uint(pe, at + 28, 4), names = sb_pe_uint(pe, at + 32, 4);
	return sb_pe_tell_address(telling, at + 12, 4, sb_pe_uint(pe, at + 12, 4)) && tell_addresses(telling, range->at + 28, 3) &&
	       tell_addresses(telling, addresses, sb_pe_uint(pe, at + 20, 4)) && tell_addresses(telling, names, sb_pe_uint(pe, at + 24, 4));
}

bool sb_pe_read_debug(struct sb_pe_telling *telling)
{
	const struct sb_pe *pe = telling->pe;
	const struct sb_pe_range *range = &pe->directory[SB_PE_DEBUG];
	uint64_t at;

	for (uint64_t i = 0; i < range->size / DEBUG && sb_pe_offset(pe, range->at + i * DEBUG, DEBUG, &at); i++) {
		uint64_t address = sb_pe_uint(pe, at + 20, 4), offset = sb_pe_uint(pe, at + 24, 4);
		if (address && !sb_pe_tell_address(telling, at + 20, 4, address))
			return false;
		if (offset && !sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, at + 24, 4, offset, 0, 0}))
			return false;
	}
	return true;
}

/* A folder of resources, @inside the directory. What it holds counts from the start of the directory, but for data, whose address is told. */
static bool read_folder(struct sb_pe_telling *telling, uint64_t inside, unsigned depth, uint64_t *left)
{
	const struct sb_pe *pe = telling->pe;
	uint64_t base = pe->directory[SB_PE_RESOURCE].at, at;

	if (depth == DEEPEST_RESOURCE || !sb_pe_offset(pe, base + inside, RESOURCE, &at))
		return true;
	uint64_t count = sb_pe_uint(pe, at + 12, 2) + sb_pe_uint(pe, at + 14, 2);
	for (uint64_t i = 0; i < count; i++) {
		if ((*left)-- == 0)
			return false;
		uint64_t value = sb_pe_at(pe, base + inside + RESOURCE + i * RESOURCE_ROW + 4, 4), to = value & 0x7fffffff;
		bool folder = value >> 31;
		if (folder ? !read_folder(telling, to, depth + 1, left) : !tell_addresses(telling, base + to, 1))
			return false;
	}
	return true;
}

bool sb_pe_read_resources(struct sb_pe_telling *telling)
{
	uint64_t left = telling->pe->file.n / RESOURCE_ROW; /* rows */
	return telling->pe->directory[SB_PE_RESOURCE].size == 0 || read_folder(telling, 0, 0, &left);
}
