/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of jumps in an object. Their entries are distances from the start of the table, which a linker computes: R_X86_64_PC32 with an addend
 * that grows with the place. Where a table starts is where code leads to.
 */
#include "verifier/formats/elf/elf.h"

#include <stdlib.h>
#include <string.h>

enum { PC32 = 2, WIDTH = 4, MOST_ROWS = 1 << 20, MOST_TABLES = 1 << 16 };

struct search {
	const struct sb_elf *elf;
	struct sb_vec starts; /* uint64_t: places in data that code leads to */
	struct sb_vec tables; /* struct sb_jumps */
	uint64_t rows;        /* looked at so far */
};

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void note_start(struct search *search, uint64_t at)
{
	uint64_t *slot = sb_vec_push(&search->starts);

	if (slot)
		*slot = at;
}

static void find_starts(struct search *search, const struct sb_elf_section *table)
{
	struct sb_elf_relocation at;
	struct sb_reference leads;

	for (uint64_t i = 0; search->rows < MOST_ROWS && sb_elf_relocation_read(search->elf, table, i, &at); i++, search->rows++) {
		if (!sb_elf_relocation_leads(search->elf, table, &at, sb_elf_relocation_behind(search->elf, table, at.type), &leads) || leads.kind != SB_REFERENCE_ADDRESS)
			continue;
		const struct sb_elf_section *data = sb_elf_object_section(search->elf, leads.target);
		if (data && !(data->flags & SB_SHF_EXECINSTR))
			note_start(search, leads.target);
	}
}

static bool is_start(const struct search *search, uint64_t at)
{
	return search->starts.count && bsearch(&at, search->starts.items, search->starts.count, search->starts.size, by_value);
}

/* A table goes on while entries follow each other, and until code leads to the next one. */
static void find_tables(struct search *search, const struct sb_elf_section *table, const struct sb_elf_section *data)
{
	struct sb_jumps *open = NULL;
	struct sb_elf_relocation at;

	for (uint64_t i = 0; search->rows < MOST_ROWS && sb_elf_relocation_read(search->elf, table, i, &at); i++, search->rows++) {
		uint64_t place = data->addr + at.offset;
		if (at.type != PC32) {
			open = NULL;
			continue;
		}
		bool starts = is_start(search, place);
		if (!starts && open && place == open->address + open->length) {
			open->length += WIDTH;
			continue;
		}
		open = starts && search->tables.count < MOST_TABLES ? sb_vec_push(&search->tables) : NULL;
		if (open)
			*open = (struct sb_jumps){.address = place, .length = WIDTH, .base = place, .width = WIDTH};
	}
}

static int by_address(const void *a, const void *b)
{
	const struct sb_jumps *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

static void keep(struct search *search, struct sb_elf_index *index, struct sb_arena *arena)
{
	index->jumps = search->tables.count ? sb_arena_array(arena, search->tables.count, sizeof *index->jumps) : NULL;
	if (!index->jumps)
		return;
	index->jumps_count = search->tables.count;
	memcpy(index->jumps, search->tables.items, search->tables.count * sizeof *index->jumps);
	qsort(index->jumps, index->jumps_count, sizeof *index->jumps, by_address);
}

void sb_elf_object_jumps(struct sb_elf *elf, struct sb_arena *arena)
{
	SB_VEC struct sb_vec starts = {.size = sizeof(uint64_t)};
	SB_VEC struct sb_vec tables = {.size = sizeof(struct sb_jumps)};
	struct search search = {.elf = elf, .starts = starts, .tables = tables};

	for (size_t i = 1; i < elf->section_count; i++)
		if (elf->sections[i].relocations && elf->sections[i].flags & SB_SHF_EXECINSTR)
			find_starts(&search, &elf->sections[elf->sections[i].relocations]);
	if (search.starts.count)
		qsort(search.starts.items, search.starts.count, search.starts.size, by_value);
	for (size_t i = 1; i < elf->section_count; i++)
		if (elf->sections[i].relocations && strncmp(elf->sections[i].name, ".rodata", 7) == 0)
			find_tables(&search, &elf->sections[elf->sections[i].relocations], &elf->sections[i]);
	keep(&search, &elf->index, arena);
	starts = search.starts;
	tables = search.tables;
}
