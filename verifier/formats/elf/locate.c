/* SPDX-License-Identifier: Apache-2.0 */
/* The innermost name at a place of the file: for people only, never for a verdict. */
#include "verifier/formats/elf/elf.h"

#include <string.h>

struct symbol {
	const char *name;
	uint8_t info;
	uint32_t section;
	uint64_t value, size;
};

static size_t symbol_size(const struct sb_elf *elf)
{
	return elf->is64 ? 24 : 16;
}

static bool read_symbol(const struct sb_elf *elf, const struct sb_elf_section *table, size_t i, struct symbol *out)
{
	struct sb_rd rd = sb_rd_of(table->bytes, elf->be);
	uint32_t name;

	sb_rd_seek(&rd, i * symbol_size(elf));
	name = (uint32_t)sb_rd_uint(&rd, 4);
	if (elf->is64) {
		out->info = (uint8_t)sb_rd_uint(&rd, 1);
		sb_rd_uint(&rd, 1);
		out->section = (uint32_t)sb_rd_uint(&rd, 2);
		out->value = sb_rd_uint(&rd, 8);
		out->size = sb_rd_uint(&rd, 8);
	} else {
		out->value = sb_rd_uint(&rd, 4);
		out->size = sb_rd_uint(&rd, 4);
		out->info = (uint8_t)sb_rd_uint(&rd, 1);
		sb_rd_uint(&rd, 1);
		out->section = (uint32_t)sb_rd_uint(&rd, 2);
	}
	struct sb_span strings = table->link < elf->section_count ? elf->sections[table->link].bytes : (struct sb_span){0};
	bool named = name < strings.n && memchr(strings.p + name, 0, strings.n - name);
	out->name = named ? (const char *)strings.p + name : "";
	return !rd.bad;
}

/* Symbols of functions and objects only; STT_SECTION and STT_FILE cover nothing. */
static bool covers(const struct sb_elf *elf, const struct symbol *symbol, uint32_t section, uint64_t at)
{
	unsigned type = symbol->info & 15;
	if (type > 2 && type != 6 && type != 10)
		return false;
	if (symbol->section == 0 || symbol->name[0] == '\0' || at < symbol->value || at - symbol->value >= symbol->size)
		return false;
	return elf->type != SB_ET_REL || symbol->section == section;
}

/* The smallest symbol of @table that covers run-time address @at. */
static bool find_symbol(const struct sb_elf *elf, uint32_t type, uint32_t section, uint64_t at, struct symbol *best)
{
	bool found = false;

	for (size_t s = 1; s < elf->section_count; s++) {
		const struct sb_elf_section *table = &elf->sections[s];
		if (table->type != type)
			continue;
		for (size_t i = 1; i < table->bytes.n / symbol_size(elf); i++) {
			struct symbol symbol;
			if (read_symbol(elf, table, i, &symbol) && covers(elf, &symbol, section, at) && (!found || symbol.size < best->size)) {
				*best = symbol;
				found = true;
			}
		}
	}
	return found;
}

static const char *name_code(const struct sb_elf *elf, const struct sb_elf_section *section, uint32_t index, uint64_t offset,
                             struct sb_arena *arena)
{
	uint64_t inside = offset - section->offset, at = elf->type == SB_ET_REL ? inside : section->addr + inside, start;
	struct symbol symbol;

	if (find_symbol(elf, SB_SHT_SYMTAB, index, at, &symbol) || find_symbol(elf, SB_SHT_DYNSYM, index, at, &symbol))
		return symbol.name;
	if ((section->flags & SB_SHF_EXECINSTR) && sb_elf_frame_of(elf, at, &start))
		return sb_arena_printf(arena, "function at 0x%llx", (unsigned long long)start);
	return NULL;
}

static const char *name_symbol(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset, struct sb_arena *arena)
{
	static const char *const columns64[] = {"st_name", "st_name", "st_name", "st_name", "st_info", "st_other", "st_shndx", "st_shndx"};
	static const char *const columns32[] = {"st_name", "st_value", "st_size"};
	uint64_t inside = offset - table->offset, column = inside % symbol_size(elf);
	struct symbol symbol;

	if (!read_symbol(elf, table, inside / symbol_size(elf), &symbol))
		return NULL;
	const char *field = elf->is64 ? (column < 8 ? columns64[column] : column < 16 ? "st_value" : "st_size")
	                              : (column < 12 ? columns32[column / 4] : column == 12 ? "st_info" : column == 13 ? "st_other" : "st_shndx");
	return sb_arena_printf(arena, "symbol %s %s", symbol.name[0] ? symbol.name : "(no name)", field);
}

static const char *name_relocation(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset, struct sb_arena *arena)
{
	unsigned word = elf->is64 ? 8 : 4, columns = table->type == SB_SHT_RELA ? 3 : 2;
	static const char *const names[] = {"r_offset", "r_info", "r_addend"};
	uint64_t inside = offset - table->offset, row = inside / (word * columns);
	struct sb_rd rd = sb_rd_of(table->bytes, elf->be);

	sb_rd_seek(&rd, row * word * columns);
	uint64_t target = sb_rd_uint(&rd, word);
	if (rd.bad)
		return NULL;
	return sb_arena_printf(arena, "relocation of 0x%llx %s", (unsigned long long)target, names[inside / word % columns]);
}

const char *sb_elf_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	const struct sb_elf *elf = view->own;

	if (region->tag >= elf->section_count || offset < region->offset || offset - region->offset >= region->length)
		return NULL;
	const struct sb_elf_section *section = &elf->sections[region->tag];
	if (offset < section->offset || offset - section->offset >= section->bytes.n)
		return NULL;
	switch (section->type) {
	case SB_SHT_SYMTAB:
	case SB_SHT_DYNSYM:
		return name_symbol(elf, section, offset, arena);
	case SB_SHT_RELA:
	case SB_SHT_REL:
		return name_relocation(elf, section, offset, arena);
	default:
		return section->flags & SB_SHF_ALLOC ? name_code(elf, section, region->tag, offset, arena) : NULL;
	}
}
