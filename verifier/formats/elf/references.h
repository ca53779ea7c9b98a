/* SPDX-License-Identifier: Apache-2.0 */
/* Private to references*.c: one question about the fields of a place, and the answers to it. */
#ifndef VERIFIER_FORMATS_ELF_REFERENCES_H
#define VERIFIER_FORMATS_ELF_REFERENCES_H

#include "verifier/formats/elf/elf.h"

/** What is asked for, and where answers go. */
struct sb_elf_search {
	struct sb_view *view;
	const struct sb_elf *elf;
	const struct sb_place *place;
	struct sb_vec *out;
	int rc;
	struct sb_err *err;
};

/** Keep @found if it touches the place that was asked for; an error goes into the search. */
void sb_elf_search_add(struct sb_elf_search *search, struct sb_reference found);
uint64_t sb_elf_read_at(const struct sb_elf *elf, uint64_t offset, unsigned width);

/** Headers of sections: what is where, names, and the sections that belong together. */
void sb_elf_find_sections(struct sb_elf_search *search);
void sb_elf_find_symbols(struct sb_elf_search *search, const struct sb_elf_section *table);
void sb_elf_find_relocations(struct sb_elf_search *search, const struct sb_elf_section *table);
/** Sections that are kept or dropped together: gABI, "Section Groups". */
void sb_elf_find_group(struct sb_elf_search *search, const struct sb_elf_section *group);
/** A field that holds the index of a section: its name counts. */
void sb_elf_add_section_index(struct sb_elf_search *search, uint64_t at, uint64_t width, uint64_t index);
/** R_<machine>_RELATIVE and IRELATIVE of the psABIs: does a loader add the load address to what such a relocation holds? */
bool sb_elf_relocation_is_relative(const struct sb_elf *elf, uint64_t type);
/** Code of an object: what a linker fills in leads where the relocation says. */
SB_MUST_USE int sb_elf_find_code_of_object(struct sb_elf_search *search, const struct sb_elf_section *section);

#endif
