/* SPDX-License-Identifier: Apache-2.0 */
/* What lies where at run time: symbols, or exports where there are none, and the functions that the table of exceptions lists. */
#include "verifier/formats/pe/pe.h"

#include <string.h>

enum { MOST_ANCHORS = 1 << 20, LONGEST_NAME = 4096 };
enum { EXTERNAL = 2, STATIC = 3, RUNTIME_FUNCTION = 12, ARM64_FUNCTION = 8 };

/* At @address, which counts from the base of the image. The length is that of the rest of the section, until the next one is known. */
static bool add(const struct sb_pe *pe, struct sb_vec *found, const char *name, uint64_t address, uint64_t length)
{
	const struct sb_pe_section *section = sb_pe_section_at(pe, address);

	if (!section || !name)
		return name;
	struct sb_anchor *slot = found->count < MOST_ANCHORS ? sb_vec_push(found) : NULL;
	if (slot)
		*slot = (struct sb_anchor){
			.kind = sb_pe_is_code(section) ? SB_ANCHOR_FUNCTION : SB_ANCHOR_OBJECT,
			.name = name,
			.address = pe->image_base + address,
			.length = length ? length : section->address + section->size - address,
			.offset = section->offset + (address - section->address),
		};
	return slot;
}

struct sb_span sb_pe_symbol_name(const struct sb_pe *pe, struct sb_span record)
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

/* "COFF Symbol Table". Those that stand for a section or for a place inside of a function are left out. */
static bool add_symbols(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found)
{
	for (uint64_t i = 0; i < pe->symbol_count; i++) {
		struct sb_span record, name;
		if (!sb_span_cut(pe->file, pe->symbols + i * SB_PE_SYMBOL, SB_PE_SYMBOL, &record))
			return true;
		struct sb_rd rd = sb_rd_of(record, false);
		sb_rd_seek(&rd, 8);
		uint64_t value = sb_rd_uint(&rd, 4), section = sb_rd_uint(&rd, 2);
		uint8_t storage = record.p[16], more = record.p[17];
		name = sb_pe_symbol_name(pe, record);
		bool placed = section >= 1 && section <= pe->section_count, usual = name.n && name.n < LONGEST_NAME;
		bool named = usual && placed && (storage == EXTERNAL || (storage == STATIC && more == 0 && name.p[0] != '.'));
		i += more;
		if (named && !add(pe, found, sb_arena_copy(arena, name), pe->sections[section - 1].address + value, 0))
			return false;
	}
	return true;
}

/* "Export Name Pointer Table": names, and by the same index an ordinal that leads to an address. */
static bool add_exports(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found)
{
	const struct sb_pe_range *range = &pe->directory[SB_PE_EXPORT];
	uint64_t count = range->size >= 40 ? sb_pe_at(pe, range->at + 24, 4) : 0, at;
	uint64_t addresses = sb_pe_at(pe, range->at + 28, 4), names = sb_pe_at(pe, range->at + 32, 4), ordinals = sb_pe_at(pe, range->at + 36, 4);

	for (uint64_t i = 0; i < count && i < MOST_ANCHORS && sb_pe_offset(pe, ordinals + 2 * i, 2, &at); i++) {
		uint64_t address = sb_pe_at(pe, addresses + 4 * sb_pe_uint(pe, at, 2), 4);
		struct sb_rd rd = sb_rd_of(pe->file, false);
		if (!sb_pe_offset(pe, sb_pe_at(pe, names + 4 * i, 4), 1, &at))
			continue;
		sb_rd_seek(&rd, at);
		struct sb_span name = sb_rd_cstring(&rd);
		if (!rd.bad && name.n && name.n < LONGEST_NAME && !add(pe, found, sb_arena_copy(arena, name), address, 0))
			return false;
	}
	return true;
}

/* Bytes of a row of the table of exceptions; 0 where none is read. */
static uint64_t unwound_row(const struct sb_pe *pe)
{
	enum sb_machine machine = sb_pe_machine(pe);
	return machine == SB_MACHINE_X86_64 ? RUNTIME_FUNCTION : machine == SB_MACHINE_ARM64 ? ARM64_FUNCTION : 0;
}

/* "The .pdata Section": each function, or each part of one, with its end where the machine is not ARM64. */
static bool add_unwound(const struct sb_pe *pe, struct sb_vec *found)
{
	const struct sb_pe_range *range = &pe->directory[SB_PE_EXCEPTION];
	uint64_t each = unwound_row(pe), at;

	for (uint64_t i = 0; each && i < range->size / each && sb_pe_offset(pe, range->at + i * each, each, &at); i++) {
		uint64_t from = sb_pe_uint(pe, at, 4), end = each == RUNTIME_FUNCTION ? sb_pe_uint(pe, at + 4, 4) : 0;
		if (end && end <= from)
			continue;
		if (!add(pe, found, "", from, end ? end - from : 0))
			return false;
	}
	return true;
}

/* Rows of the table of exceptions, each called by the function that it is of. */
static bool add_frames(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found)
{
	const struct sb_pe_range *range = &pe->directory[SB_PE_EXCEPTION];
	uint64_t each = unwound_row(pe), at;

	for (uint64_t i = 0; each && i < range->size / each && sb_pe_offset(pe, range->at + i * each, each, &at); i++) {
		uint64_t address = pe->image_base + sb_pe_uint(pe, at, 4);
		const struct sb_anchor *function = sb_anchor_index_at(&pe->index, address);
		if (function && function->name[0] && function->address == address &&
		    !add(pe, found, sb_arena_printf(arena, "frame of %s", function->name), range->at + i * each, each))
			return false;
	}
	return true;
}

static bool add_thunks(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found)
{
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct sb_pe_section *section = &pe->sections[i];
		struct sb_pe_thunk thunk;
		struct sb_span code;
		size_t at = 0;
		if (!sb_pe_is_code(section) || !sb_span_cut(pe->file, section->offset, section->size, &code))
			continue;
		while (sb_pe_next_thunk(pe, code, section->address, &at, &thunk))
			if (!add(pe, found, sb_arena_copy(arena, thunk.name), thunk.address, thunk.length))
				return false;
	}
	return true;
}

/* Behind the last instruction linkers fill up with others that nobody reaches: INT3 and NOP. */
static void trim(const struct sb_pe *pe, struct sb_anchor *function)
{
	struct sb_span bytes;

	if (function->kind != SB_ANCHOR_FUNCTION || sb_pe_machine(pe) == SB_MACHINE_ARM64 || !sb_span_cut(pe->file, function->offset, function->length, &bytes))
		return;
	while (function->length > 1 && (bytes.p[function->length - 1] == 0xcc || bytes.p[function->length - 1] == 0x90))
		function->length--;
}

/* A function with a name ends before the next one that the table of exceptions lists, and where that says so of itself. */
static void set_ends(struct sb_anchor *items, size_t named, size_t count)
{
	for (size_t i = 0, k = named; i < named; i++) {
		uint64_t at = items[i].address;
		while (k < count && items[k].address < at)
			k++;
		uint64_t most = k == count ? UINT64_MAX : items[k].address == at ? items[k].length : items[k].address - at;
		items[i].length = most < items[i].length ? most : items[i].length;
	}
}

static bool add_all(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found)
{
	if (!add_symbols(pe, arena, found))
		return false;
	if (found->count == 0 && (!add_exports(pe, arena, found) || !add_thunks(pe, arena, found)))
		return false;
	return sb_pe_anchor_imports(pe, arena, found) && add_unwound(pe, found);
}

void sb_pe_index_build(struct sb_pe *pe, struct sb_arena *arena)
{
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_anchor)};
	struct sb_anchor_index *index = &pe->index;

	if (index->built)
		return;
	index->built = true;
	if (!add_all(pe, arena, &found))
		return;
	sb_anchor_index_make(index, &found, arena);
	if (index->named && add_frames(pe, arena, &found))
		sb_anchor_index_make(index, &found, arena);
	for (size_t i = 0; i < index->named; i++)
		trim(pe, &index->items[i]);
	set_ends(index->items, index->named, index->count);
}
