/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of jumps, which code leads to (jumps.h): each entry counts from the start of its table. */
#include "verifier/formats/pe/tables.h"

static struct sb_span data(void *image, uint64_t address, uint64_t *start)
{
	const struct sb_pe *pe = image;
	const struct sb_pe_section *section = sb_pe_section_at(pe, address - pe->image_base);
	struct sb_span bytes;

	if (!section || sb_pe_is_code(section) || (section->characteristics & SB_PE_WRITE) || !sb_span_cut(pe->file, section->offset, section->size, &bytes))
		return (struct sb_span){0};
	*start = pe->image_base + section->address;
	return bytes;
}

static bool is_code(void *image, uint64_t address)
{
	const struct sb_pe *pe = image;
	const struct sb_pe_section *section = sb_pe_section_at(pe, address - pe->image_base);
	return section && sb_pe_is_code(section);
}

void sb_pe_jumps_index(struct sb_pe *pe, struct sb_arena *arena)
{
	struct sb_jump_search search = {.in = {pe, data, is_code, false}, .found = {.size = sizeof(struct sb_jumps)}};

	if (pe->jumps_sought || sb_pe_machine(pe) != SB_MACHINE_X86_64)
		return;
	pe->jumps_sought = true;
	for (size_t i = 0; i < pe->section_count; i++) {
		struct sb_span code;
		if (sb_pe_is_code(&pe->sections[i]) && sb_span_cut(pe->file, pe->sections[i].offset, pe->sections[i].size, &code))
			sb_jumps_look(&search, code, pe->image_base + pe->sections[i].address);
	}
	pe->jumps = sb_jumps_measured(&search, arena, &pe->jumps_count);
	sb_vec_release(&search.found);
}

bool sb_pe_read_jumps(struct sb_pe_telling *telling)
{
	struct sb_pe *pe = telling->pe;
	uint64_t at;

	sb_pe_jumps_index(pe, telling->view->arena);
	for (size_t i = 0; i < pe->jumps_count; i++) {
		const struct sb_jumps *table = &pe->jumps[i];
		struct sb_span entries, entry;
		if (!sb_pe_offset(pe, table->address - pe->image_base, table->length, &at) || !sb_span_cut(pe->file, at, table->length, &entries))
			continue;
		for (uint64_t k = 0; sb_span_cut(entries, k * table->width, table->width, &entry); k++)
			if (!sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, at + k * table->width, table->width, sb_jumps_lead(table, entry), 0, 0}))
				return false;
	}
	return true;
}
