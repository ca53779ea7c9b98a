/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a processor, a loader or a linker acts upon, whatever it spells. Of programs and libraries that follows from program headers, PT_DYNAMIC
 * and the flags of sections, which no renaming changes; the name of a section counts only in an object, whose readers go by names themselves.
 */
#include "verifier/formats/elf/elf.h"

#include <string.h>

/** Entries that lead to a table or to code: gABI chapter 5, "Dynamic Section"; LSB. */
static const uint64_t leading[] = {SB_DT_PLTGOT, SB_DT_HASH, SB_DT_STRTAB, SB_DT_SYMTAB, SB_DT_RELA, SB_DT_INIT, SB_DT_FINI, SB_DT_REL, SB_DT_JMPREL, SB_DT_INIT_ARRAY,
                                   SB_DT_FINI_ARRAY, SB_DT_PREINIT_ARRAY, SB_DT_RELR, SB_DT_GNU_HASH, SB_DT_VERSYM, SB_DT_VERDEF, SB_DT_VERNEED};
/** Entries whose value is the place of a text among the strings: libraries and where they are looked for. */
static const uint64_t naming[] = {SB_DT_NEEDED, SB_DT_SONAME, SB_DT_RPATH, SB_DT_RUNPATH, SB_DT_CONFIG, SB_DT_DEPAUDIT, SB_DT_AUDIT, SB_DT_AUXILIARY, SB_DT_FILTER};
#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool is_among(uint64_t tag, const uint64_t *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

static bool meets(const struct sb_elf *elf, struct sb_span held, uint64_t offset, uint64_t length)
{
	uint64_t from = held.n ? (uint64_t)(held.p - elf->file.p) : 0;
	return held.n && offset < from + held.n && offset + length > from;
}

/* A loader knows no sections: whatever shares one with what it is led to may be a part of that. */
static bool is_led_to(const struct sb_elf *elf, uint64_t address, const struct sb_region *region)
{
	return meets(elf, sb_elf_mapped(elf, address, 1), region->offset, region->length);
}

/* Loaders do not ask how long the table of strings is said to be. */
static bool is_named(const struct sb_elf *elf, uint64_t index, const struct sb_place *place)
{
	const char *text = sb_elf_dynamic_string(elf, index);
	return text && meets(elf, sb_span_of(text, strlen(text) + 1), place->offset, place->length);
}

static bool in_strings(const struct sb_elf *elf, const struct sb_place *place)
{
	uint64_t size;
	bool told = sb_elf_dynamic(elf, SB_DT_STRSZ, &size);
	return elf->has_strings && meets(elf, sb_elf_mapped(elf, elf->strings_at, told ? size : UINT64_MAX), place->offset, place->length);
}

static bool is_dynamic(const struct sb_elf *elf, const struct sb_place *place)
{
	struct sb_rd rd = sb_rd_of(elf->dynamic, elf->be);
	unsigned word = sb_elf_word(elf);

	while (rd.in.n - rd.at >= 2 * (size_t)word) {
		uint64_t tag = sb_rd_uint(&rd, word), value = sb_rd_uint(&rd, word);
		if (tag == SB_DT_NULL)
			break;
		if (is_among(tag, leading, COUNT(leading)) && is_led_to(elf, value, place->region))
			return true;
		if (is_among(tag, naming, COUNT(naming)) && is_named(elf, value, place))
			return true;
	}
	return in_strings(elf, place);
}

static bool has_read_only_pages(const struct sb_elf *elf)
{
	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].type == SB_PT_LOAD && !(elf->segments[i].flags & (SB_PF_W | SB_PF_X)))
			return true;
	return false;
}

/* Where an image has pages that can only be read, its texts lie there. Where it has none they share a segment with the code, and flags tell them apart. */
static bool may_run(const struct sb_elf *elf, const struct sb_elf_section *section, const struct sb_place *place)
{
	uint64_t from = place->offset, to = place->offset + place->length;

	if (section->flags & SB_SHF_EXECINSTR)
		return true;
	if (!(section->flags & SB_SHF_ALLOC))
		return sb_elf_in_mapped_page(elf, from, to, true);
	return sb_elf_in_segment(elf, from, to, SB_PF_X) && has_read_only_pages(elf);
}

static bool begins_with_one_of(const char *name, const char *const *starts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* Linkers and the loader of kernel modules find by its name what they act upon (.modinfo, __versions, .gnu.lto_); these hold data of the program, or are for debuggers. */
static bool is_data_of_object(const struct sb_elf_section *section)
{
	static const char *const starts[] = {".rodata", ".data", ".rdata", ".sdata", ".srodata", ".ldata", ".lrodata", ".init.data", ".init.rodata", ".debug_", ".zdebug_", ".comment",
	                                     ".note", ".stab"};

	return (section->type == SB_SHT_PROGBITS || section->type == SB_SHT_NOTE) && !(section->flags & SB_SHF_EXECINSTR) &&
	       begins_with_one_of(section->name, starts, COUNT(starts));
}

/* Scripts that a debugger runs. */
static bool is_run_by_debugger(const struct sb_elf_section *section)
{
	return strcmp(section->name, ".debug_gdb_scripts") == 0;
}

bool sb_elf_acted_on(struct sb_view *view, const struct sb_place *place)
{
	const struct sb_elf *elf = view->own;

	if (place->region->kind != SB_REGION_SECTION || place->region->tag >= elf->section_count)
		return true;
	const struct sb_elf_section *section = &elf->sections[place->region->tag];
	if (is_run_by_debugger(section))
		return true;
	if (elf->type == SB_ET_REL)
		return !is_data_of_object(section);
	if ((section->flags & SB_SHF_ALLOC) && section->type != SB_SHT_PROGBITS && section->type != SB_SHT_NOTE)
		return true;
	return may_run(elf, section, place) || sb_elf_is_followed(elf, place) || is_dynamic(elf, place);
}
