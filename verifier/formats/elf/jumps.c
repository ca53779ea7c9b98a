/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of jumps of a linked program (jumps.h); those of an object are told by its relocations. */
#include "verifier/formats/elf/elf.h"

enum { MOST_STEPS = 1 << 27 /* headers that are looked at to find where addresses lie */ };

/** What is asked of a program, with what it may still cost. */
struct asked {
	const struct sb_elf *elf;
	uint64_t steps;
};

/* The section that holds @address; the null section when none does, or too much was looked at. */
static const struct sb_elf_section *section_at(struct asked *asked, uint64_t address)
{
	const struct sb_elf *elf = asked->elf;
	uint64_t cost = elf->section_count + elf->segment_count;

	if (cost > MOST_STEPS - asked->steps)
		return &elf->sections[0];
	asked->steps += cost;
	return &elf->sections[sb_elf_section_at(elf, address)];
}

static struct sb_span data(void *image, uint64_t address, uint64_t *start)
{
	const struct sb_elf_section *section = section_at(image, address);
	bool read_only = (section->flags & (SB_SHF_ALLOC | SB_SHF_WRITE | SB_SHF_EXECINSTR)) == SB_SHF_ALLOC;

	*start = section->addr;
	return read_only ? section->bytes : (struct sb_span){0};
}

static bool is_code(void *image, uint64_t address)
{
	return section_at(image, address)->flags & SB_SHF_EXECINSTR;
}

uint64_t sb_elf_jumps_target(const struct sb_elf *elf, const struct sb_jumps *table, uint64_t i)
{
	return sb_jumps_lead(table, sb_elf_mapped(elf, table->address + i * table->width, table->width));
}

void sb_elf_jumps_index(struct sb_elf *elf, struct sb_arena *arena)
{
	struct asked asked = {.elf = elf};
	struct sb_jump_search search = {.in = {&asked, data, is_code, elf->type == SB_ET_EXEC}, .found = {.size = sizeof(struct sb_jumps)}};

	if (elf->index.jumps_sought || elf->machine != SB_EM_X86_64 || elf->be || elf->section_count == 0)
		return;
	elf->index.jumps_sought = true;
	if (elf->type == SB_ET_REL) {
		sb_elf_object_jumps(elf, arena);
		return;
	}
	for (size_t i = 1; i < elf->section_count; i++) {
		const struct sb_elf_section *code = &elf->sections[i];
		if ((code->flags & SB_SHF_EXECINSTR) && (code->flags & SB_SHF_ALLOC))
			sb_jumps_look(&search, code->bytes, code->addr);
	}
	elf->index.jumps = sb_jumps_measured(&search, arena, &elf->index.jumps_count);
	sb_vec_release(&search.found);
}

size_t sb_elf_jumps_from(const struct sb_elf *elf, uint64_t at)
{
	return sb_jumps_from(elf->index.jumps, elf->index.jumps_count, at);
}
