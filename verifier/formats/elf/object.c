/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects: what a compiler made and no linker has laid out. Their sections get addresses far apart from each other, so that whatever asks where
 * code leads can ask it of them as well; what a linker will fill in is read from their relocations. Sources: gABI, "Relocation"; the psABIs.
 */
#include "verifier/formats/elf/elf.h"

#include <string.h>

/** Room for each section: no real one is larger. */
enum { ROOM_BITS = 32 };

static bool is_table(const struct sb_elf_section *section)
{
	return section->type == SB_SHT_RELA || section->type == SB_SHT_REL;
}

void sb_elf_object_place(struct sb_elf *elf)
{
	if (elf->type != SB_ET_REL)
		return;
	for (size_t i = 1; i < elf->section_count; i++) {
		struct sb_elf_section *section = &elf->sections[i];
		section->addr = section->flags & SB_SHF_ALLOC ? (uint64_t)i << ROOM_BITS : 0;
		if (is_table(section) && section->info && section->info < elf->section_count)
			elf->sections[section->info].relocations = (uint32_t)i;
	}
}

const struct sb_elf_section *sb_elf_object_section(const struct sb_elf *elf, uint64_t at)
{
	uint64_t i = at >> ROOM_BITS;
	return elf->type == SB_ET_REL && i && i < elf->section_count ? &elf->sections[i] : NULL;
}

uint64_t sb_elf_object_inside(const struct sb_elf *elf, uint64_t at)
{
	return elf->type == SB_ET_REL ? at & ((UINT64_C(1) << ROOM_BITS) - 1) : at;
}

static bool is_numbered(struct sb_span name)
{
	return name.n > 2 && memcmp(name.p, ".L", 2) == 0 && name.p[name.n - 1] >= '0' && name.p[name.n - 1] <= '9';
}

bool sb_elf_object_is_numbered(const struct sb_elf *elf, const struct sb_elf_symbol *symbol)
{
	return elf->type == SB_ET_REL && is_numbered(sb_span_text(symbol->name));
}

bool sb_elf_object_names_numbers(const struct sb_elf_section *names, uint64_t from, uint64_t to)
{
	size_t at = from < names->bytes.n ? (size_t)from : names->bytes.n;

	while (at > 0 && names->bytes.p[at - 1])
		at--;
	while (at < to && at < names->bytes.n) {
		size_t n = strnlen((const char *)names->bytes.p + at, names->bytes.n - at);
		if (n && !is_numbered(sb_span_of(names->bytes.p + at, n)))
			return false;
		at += n + 1;
	}
	return true;
}

uint64_t sb_elf_relocation_size(const struct sb_elf *elf, const struct sb_elf_section *table)
{
	return (table->type == SB_SHT_RELA ? 3 : 2) * (uint64_t)sb_elf_word(elf);
}

bool sb_elf_relocation_read(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t i, struct sb_elf_relocation *out)
{
	struct sb_rd rd = sb_rd_of(table->bytes, elf->be);
	unsigned word = sb_elf_word(elf);
	uint64_t at;

	*out = (struct sb_elf_relocation){0};
	if (!is_table(table) || !sb_mul(i, sb_elf_relocation_size(elf, table), &at))
		return false;
	sb_rd_seek(&rd, at);
	out->offset = sb_rd_uint(&rd, word);
	uint64_t info = sb_rd_uint(&rd, word);
	out->symbol = (uint32_t)(elf->is64 ? info >> 32 : info >> 8);
	out->type = (uint32_t)(elf->is64 ? info & UINT32_MAX : info & 0xff);
	out->addend = table->type == SB_SHT_RELA ? sb_rd_uint(&rd, word) : 0;
	if (!elf->is64)
		out->addend = (uint64_t)(int64_t)(int32_t)(uint32_t)out->addend;
	return !rd.bad;
}

uint64_t sb_elf_relocation_from(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset)
{
	uint64_t low = 0, high = table->bytes.n / sb_elf_relocation_size(elf, table);

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		struct sb_elf_relocation at;
		if (sb_elf_relocation_read(elf, table, middle, &at) && at.offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

unsigned sb_elf_relocation_width(const struct sb_elf *elf, uint32_t type)
{
	switch (elf->machine) {
	case SB_EM_X86_64: return type == 1 || type == 24 || type == 25 ? 8 : 4; /* 64, PC64, GOTOFF64 */
	case SB_EM_AARCH64: return type == 257 || type == 260 ? 8 : 4;           /* ABS64, PREL64 */
	default: return 4;
	}
}

/* R_X86_64_PC32, PLT32, GOTPCREL and what linkers relax. */
unsigned sb_elf_relocation_behind(const struct sb_elf *elf, const struct sb_elf_section *table, uint32_t type)
{
	bool code = table->info < elf->section_count && elf->sections[table->info].flags & SB_SHF_EXECINSTR;
	return code && elf->machine == SB_EM_X86_64 && (type == 2 || type == 4 || type == 9 || type == 41 || type == 42) ? 4 : 0;
}

static bool leads_to_name(const struct sb_elf *elf, const char *name, struct sb_reference *out)
{
	*out = (struct sb_reference){.kind = SB_REFERENCE_TEXT, .target = name[0] ? (uint64_t)((const uint8_t *)name - elf->file.p) : 0};
	return name[0] != '\0';
}

void sb_elf_object_leads(const struct sb_elf_section *section, uint64_t inside, struct sb_reference *out)
{
	if (section->flags & SB_SHF_STRINGS && inside < section->bytes.n)
		*out = (struct sb_reference){.kind = SB_REFERENCE_TEXT, .target = section->offset + inside};
	else if (section->flags & SB_SHF_ALLOC)
		*out = (struct sb_reference){.kind = SB_REFERENCE_ADDRESS, .target = section->addr + inside, .base = section->addr};
	else
		*out = (struct sb_reference){.kind = SB_REFERENCE_OFFSET, .target = section->offset + inside, .base = section->offset};
}

/* The section of a symbol that lies in this object, else NULL. */
static const struct sb_elf_section *section_of(const struct sb_elf *elf, const struct sb_elf_symbol *symbol)
{
	return symbol->section && symbol->section < elf->section_count ? &elf->sections[symbol->section] : NULL;
}

static bool read_symbol(const struct sb_elf *elf, const struct sb_elf_section *table, const struct sb_elf_relocation *at, struct sb_elf_symbol *out)
{
	return table->link < elf->section_count && sb_elf_symbol_read(elf, &elf->sections[table->link], at->symbol, out);
}

bool sb_elf_relocation_symbol(const struct sb_elf *elf, const struct sb_elf_section *table, const struct sb_elf_relocation *at, struct sb_reference *out)
{
	struct sb_elf_symbol symbol;

	if (!read_symbol(elf, table, at, &symbol))
		return false;
	const struct sb_elf_section *section = section_of(elf, &symbol);
	if (!section || (symbol.info & 15) == SB_STT_SECTION)
		return leads_to_name(elf, section ? section->name : symbol.name, out);
	sb_elf_object_leads(section, symbol.value, out);
	return true;
}

bool sb_elf_relocation_leads(const struct sb_elf *elf, const struct sb_elf_section *table, const struct sb_elf_relocation *at, uint64_t behind, struct sb_reference *out)
{
	struct sb_elf_symbol symbol;

	if (!read_symbol(elf, table, at, &symbol))
		return false;
	const struct sb_elf_section *section = section_of(elf, &symbol);
	if (section)
		sb_elf_object_leads(section, symbol.value + at->addend + behind, out);
	else if (!leads_to_name(elf, symbol.name, out))
		return false;
	else
		out->rest = at->addend + behind;
	return true;
}
