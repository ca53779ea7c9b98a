/* SPDX-License-Identifier: Apache-2.0 */
/* How bad a change of a place would be: by what the kernel, the loader and a linker do with it, never by a name. */
#include "verifier/formats/elf/elf.h"

/** Ranges that a dynamic entry gives: address, and size where another entry holds it. */
static const struct {
	uint64_t address, size;
} ranges[] = {
	{SB_DT_RELA, SB_DT_RELASZ},
	{SB_DT_REL, SB_DT_RELSZ},
	{SB_DT_JMPREL, SB_DT_PLTRELSZ},
	{SB_DT_INIT_ARRAY, SB_DT_INIT_ARRAYSZ},
	{SB_DT_FINI_ARRAY, SB_DT_FINI_ARRAYSZ},
	{SB_DT_PREINIT_ARRAY, SB_DT_PREINIT_ARRAYSZ},
};

static bool in_dynamic_range(const struct sb_elf *elf, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		uint64_t address, size;
		if (!sb_elf_dynamic(elf, ranges[i].address, &address) || !sb_elf_dynamic(elf, ranges[i].size, &size))
			continue;
		struct sb_span held = sb_elf_mapped(elf, address, size);
		uint64_t start = held.n ? (uint64_t)(held.p - elf->file.p) : 0;
		if (from < start + held.n && to > start)
			return true;
	}
	return false;
}

static bool in_special_segment(const struct sb_elf *elf, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct sb_elf_segment *s = &elf->segments[i];
		uint64_t end;
		if (s->type != SB_PT_INTERP && s->type != SB_PT_DYNAMIC)
			continue;
		if (!sb_add(s->offset, s->filesz, &end) || (from < end && to > s->offset))
			return true;
	}
	return false;
}

/* What a linker or the loader of modules acts upon. */
static enum sb_severity of_object(const struct sb_elf *elf, const struct sb_place *place)
{
	if (place->region->tag == SB_ELF_TAG_SECTIONS)
		return SB_SEVERITY_CRITICAL;
	if (place->region->tag >= elf->section_count)
		return SB_SEVERITY_MAJOR;
	const struct sb_elf_section *section = &elf->sections[place->region->tag];
	bool moves = section->type == SB_SHT_REL || section->type == SB_SHT_RELA;
	if (moves && section->info < elf->section_count)
		return elf->sections[section->info].flags & SB_SHF_ALLOC ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MINOR;
	if (section->flags & SB_SHF_EXECINSTR)
		return SB_SEVERITY_CRITICAL;
	uint64_t from = place->offset - section->offset;
	if (section->type == SB_SHT_STRTAB && sb_elf_object_names_numbers(section, from, from + place->length))
		return SB_SEVERITY_MINOR;
	return section->flags & SB_SHF_ALLOC || section->type == SB_SHT_SYMTAB || section->type == SB_SHT_STRTAB ? SB_SEVERITY_MAJOR : SB_SEVERITY_MINOR;
}

/* Tables that say what runs or where code leads, as sections name them; a loader finds the same through PT_DYNAMIC. */
static bool is_table(const struct sb_elf *elf, const struct sb_place *place)
{
	if (place->region->tag >= elf->section_count)
		return false;
	const struct sb_elf_section *section = &elf->sections[place->region->tag];
	switch (section->type) {
	case SB_SHT_REL:
	case SB_SHT_RELA:
	case SB_SHT_DYNAMIC:
	case SB_SHT_INIT_ARRAY:
	case SB_SHT_FINI_ARRAY:
	case SB_SHT_PREINIT_ARRAY:
		return section->flags & SB_SHF_ALLOC;
	default:
		return false;
	}
}

bool sb_elf_is_followed(const struct sb_elf *elf, const struct sb_place *place)
{
	uint64_t from = place->offset, to = place->offset + place->length;
	return is_table(elf, place) || in_special_segment(elf, from, to) || in_dynamic_range(elf, from, to);
}

static bool is_zero(const struct sb_elf *elf, const struct sb_place *place)
{
	struct sb_span bytes;
	return sb_span_cut(elf->file, place->offset, place->length, &bytes) && sb_span_all_zero(bytes);
}

enum sb_severity sb_elf_severity(struct sb_view *view, const struct sb_place *place)
{
	const struct sb_elf *elf = view->own;
	uint64_t from = place->offset, to = place->offset + place->length;
	bool unowned = place->region->kind == SB_REGION_GAP || place->region->kind == SB_REGION_OVERLAY;

	if (place->region->tag == SB_ELF_TAG_HEADER || place->region->tag == SB_ELF_TAG_SEGMENTS)
		return SB_SEVERITY_CRITICAL;
	if (unowned)
		return is_zero(elf, place) ? SB_SEVERITY_MINOR : SB_SEVERITY_CRITICAL;
	if (elf->type == SB_ET_REL)
		return of_object(elf, place);
	if (sb_elf_in_segment(elf, from, to, SB_PF_X) || sb_elf_in_mapped_page(elf, from, to, true))
		return SB_SEVERITY_CRITICAL;
	if (sb_elf_is_followed(elf, place))
		return SB_SEVERITY_CRITICAL;
	return place->region->loaded || sb_elf_in_segment(elf, from, to, 0) ? SB_SEVERITY_MAJOR : SB_SEVERITY_MINOR;
}
