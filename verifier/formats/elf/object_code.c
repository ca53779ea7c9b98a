/* SPDX-License-Identifier: Apache-2.0 */
/* Code of an object: instructions have zeros where a linker fills in what they lead to. */
#include "verifier/formats/elf/references.h"

/** Of x86, in bytes. */
enum { LONGEST_INSTRUCTION = 15 };

/** What relocations fill of the place that was asked for, and what instructions say of the rest. */
struct merge {
	struct sb_elf_search *search;
	const struct sb_elf_section *section, *table;
	const struct sb_vec *decoded; /* struct sb_reference, by offset */
	size_t next;
};

/*
 * What is decoded before @until; a field that meets [@until, @end) is filled by a relocation and dropped. Returns how far behind @until its
 * instruction ends, which is what it leads to as long as it is zero; 0 when there is no such field.
 */
static uint64_t take_decoded(struct merge *merge, uint64_t until, uint64_t end)
{
	uint64_t behind = 0;

	for (; merge->next < merge->decoded->count; merge->next++) {
		const struct sb_reference *found = sb_vec_at(merge->decoded, merge->next);
		if (found->offset >= end)
			break;
		if (found->offset + found->length <= until)
			sb_elf_search_add(merge->search, *found);
		else if (found->offset == until && found->kind == SB_REFERENCE_ADDRESS)
			behind = found->target - (merge->section->addr + (until - merge->section->offset));
	}
	return behind <= LONGEST_INSTRUCTION ? behind : 0;
}

static void take_relocations(struct merge *merge)
{
	const struct sb_elf *elf = merge->search->elf;
	uint64_t base = merge->section->offset, from = merge->search->place->offset - base, end = from + merge->search->place->length;
	uint64_t i = merge->table->bytes.n ? sb_elf_relocation_from(elf, merge->table, from > 8 ? from - 8 : 0) : 0;
	struct sb_elf_relocation at;

	for (; sb_elf_relocation_read(elf, merge->table, i, &at) && at.offset < end; i++) {
		struct sb_reference leads;
		uint64_t width = sb_elf_relocation_width(elf, at.type), usual = sb_elf_relocation_behind(elf, merge->table, at.type);
		uint64_t behind = take_decoded(merge, base + at.offset, base + at.offset + width);
		if (!sb_elf_relocation_leads(elf, merge->table, &at, usual && behind ? behind : usual, &leads))
			continue;
		leads.offset = base + at.offset;
		leads.length = width;
		sb_elf_search_add(merge->search, leads);
	}
}

int sb_elf_find_code_of_object(struct sb_elf_search *search, const struct sb_elf_section *section)
{
	SB_VEC struct sb_vec decoded = {.size = sizeof(struct sb_reference)};
	struct merge merge = {search, section, &search->elf->sections[section->relocations], &decoded, 0};
	int rc = sb_elf_code_references(search->view, search->place, &decoded, search->err);

	if (rc)
		return rc;
	take_relocations(&merge);
	take_decoded(&merge, UINT64_MAX, UINT64_MAX);
	return search->rc;
}
