/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of jumps, as compilers write them for x86-64: found by the instructions that lead to them, and as long as their entries lead to code.
 * For people only; a table that is not found is data like any other.
 */
#include "verifier/formats/elf/elf.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_CODE = 64 << 20,   /* bytes of code that are looked through */
	MOST_TABLES = 1 << 16,
	MOST_ENTRIES = 1 << 20, /* of all tables together: hostile code leads to any place */
	MOST_STEPS = 1 << 27,   /* headers that are looked at to find where addresses lie */
};

/** A search for tables, with what it may still spend. */
struct search {
	const struct sb_elf *elf;
	uint64_t steps, entries;
};

/* The section that holds @address; the null section when none does, or too much was looked at. */
static const struct sb_elf_section *section_at(struct search *search, uint64_t address)
{
	const struct sb_elf *elf = search->elf;
	uint64_t cost = elf->section_count + elf->segment_count;

	if (cost > MOST_STEPS - search->steps)
		return &elf->sections[0];
	search->steps += cost;
	return &elf->sections[sb_elf_section_at(elf, address)];
}

/* The start of a text in data that is only read: clang writes tables of distances to texts as well. */
static bool is_text(const struct sb_elf_section *data, uint64_t address)
{
	uint64_t inside = address - data->addr;

	return (data->flags & (SB_SHF_ALLOC | SB_SHF_WRITE | SB_SHF_EXECINSTR)) == SB_SHF_ALLOC && inside > 0 && inside < data->bytes.n &&
	       data->bytes.p[inside - 1] == 0 && data->bytes.p[inside] >= ' ' && data->bytes.p[inside] < 0x7f;
}

static bool is_target(struct search *search, uint64_t address)
{
	const struct sb_elf_section *section = section_at(search, address);
	return (section->flags & SB_SHF_EXECINSTR) || is_text(section, address);
}

uint64_t sb_elf_jumps_target(const struct sb_elf *elf, const struct sb_elf_jumps *table, uint64_t i)
{
	struct sb_span bytes = sb_elf_mapped(elf, table->address + i * table->width, table->width);
	struct sb_rd rd = sb_rd_of(bytes, elf->be);
	uint64_t value = sb_rd_uint(&rd, table->width);

	return table->width == 4 ? table->base + (uint64_t)(int64_t)(int32_t)(uint32_t)value : value;
}

static uint32_t u32_at(struct sb_span bytes, size_t at)
{
	struct sb_rd rd = sb_rd_of(bytes, false);
	sb_rd_seek(&rd, at);
	return (uint32_t)sb_rd_uint(&rd, 4);
}

/*
 * `lea reg, [rip + d]` before a table of distances; `jmp [reg * 8 + d]` and `mov reg, [reg * 8 + d]` before one of addresses. Intel SDM
 * volume 2, chapter 2: 8D and ModRM 00.reg.101; FF /4 and 8B with SIB 11.index.101.
 */
static bool leads_to_table(const struct sb_elf *elf, const struct sb_elf_section *code, size_t at, struct sb_elf_jumps *out)
{
	const uint8_t *p = code->bytes.p + at;
	bool relative = p[1] == 0x8d && (p[0] == 0x48 || p[0] == 0x4c) && (p[2] & 0xc7) == 0x05;
	bool indexed = (p[2] & 0xc7) == 0xc5 && ((p[0] == 0xff && p[1] == 0x24) || (p[0] == 0x8b && (p[1] & 0xc7) == 0x04)) && elf->type == SB_ET_EXEC;

	if (!relative && !indexed)
		return false;
	uint64_t distance = (uint64_t)(int64_t)(int32_t)u32_at(code->bytes, at + 3), address = relative ? code->addr + at + 7 + distance : distance;
	*out = (struct sb_elf_jumps){.address = address, .base = relative ? address : 0, .width = relative ? 4 : 8};
	return true;
}

/* The next place at or behind @at that may lead to a table: relative ones, which alone are looked for in what moves, have 8D as their second byte. */
static size_t next_place(const struct sb_elf *elf, struct sb_span code, size_t at)
{
	if (elf->type == SB_ET_EXEC || at + 1 >= code.n)
		return at;
	const uint8_t *lea = memchr(code.p + at + 1, 0x8d, code.n - at - 1);
	return lea ? (size_t)(lea - code.p) - 1 : code.n;
}

static int by_address(const void *a, const void *b)
{
	const struct sb_elf_jumps *x = a, *y = b;
	return x->address != y->address ? (x->address < y->address ? -1 : 1) : (x->width > y->width) - (x->width < y->width);
}

/* Places in data that is only read, whose first entry leads to code. */
static void find_candidates(struct search *search, struct sb_vec *out)
{
	const struct sb_elf *elf = search->elf;
	uint64_t looked = 0;

	for (size_t s = 1; s < elf->section_count; s++) {
		const struct sb_elf_section *code = &elf->sections[s];
		if (!(code->flags & SB_SHF_EXECINSTR) || !(code->flags & SB_SHF_ALLOC) || code->bytes.n > MOST_CODE - looked)
			continue;
		looked += code->bytes.n;
		for (size_t at = 0; (at = next_place(elf, code->bytes, at)) + 7 <= code->bytes.n && out->count < MOST_TABLES; at++) {
			struct sb_elf_jumps found;
			if (!leads_to_table(elf, code, at, &found) || found.address % found.width)
				continue;
			const struct sb_elf_section *data = section_at(search, found.address);
			bool read_only = (data->flags & (SB_SHF_ALLOC | SB_SHF_WRITE | SB_SHF_EXECINSTR)) == SB_SHF_ALLOC && data->bytes.n;
			struct sb_elf_jumps *slot = read_only && is_target(search, sb_elf_jumps_target(elf, &found, 0)) ? sb_vec_push(out) : NULL;
			if (slot)
				*slot = found;
		}
	}
}

/* A table ends where another begins, where its section ends, or where an entry leads nowhere. */
static void measure(struct search *search, struct sb_elf_jumps *table, uint64_t next)
{
	const struct sb_elf_section *data = section_at(search, table->address);
	uint64_t end = data->addr + data->bytes.n < next ? data->addr + data->bytes.n : next;

	while (table->address + table->length + table->width <= end && search->entries < MOST_ENTRIES &&
	       is_target(search, sb_elf_jumps_target(search->elf, table, table->length / table->width))) {
		table->length += table->width;
		search->entries++;
	}
}

void sb_elf_jumps_index(struct sb_elf *elf, struct sb_arena *arena)
{
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_elf_jumps)};
	struct search search = {.elf = elf};

	if (elf->index.jumps_sought || elf->machine != SB_EM_X86_64 || elf->be || elf->section_count == 0)
		return;
	elf->index.jumps_sought = true;
	if (elf->type == SB_ET_REL) {
		sb_elf_object_jumps(elf, arena);
		return;
	}
	find_candidates(&search, &found);
	elf->index.jumps = found.count ? sb_arena_array(arena, found.count, sizeof *elf->index.jumps) : NULL;
	if (!elf->index.jumps)
		return;
	qsort(found.items, found.count, found.size, by_address);
	for (size_t i = 0; i < found.count; i++) {
		struct sb_elf_jumps *table = sb_vec_at(&found, i);
		const struct sb_elf_jumps *next = i + 1 < found.count ? sb_vec_at(&found, i + 1) : NULL;
		if (next && next->address == table->address)
			continue;
		measure(&search, table, next ? next->address : UINT64_MAX);
		if (table->length)
			elf->index.jumps[elf->index.jumps_count++] = *table;
	}
}

size_t sb_elf_jumps_from(const struct sb_elf *elf, uint64_t at)
{
	size_t low = 0, high = elf->index.jumps_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_elf_jumps *table = &elf->index.jumps[middle];
		if (table->address + table->length <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
