/* SPDX-License-Identifier: Apache-2.0 */
/* The innermost name at a place of the file: for people only, never for a verdict. */
#include "verifier/formats/elf/elf.h"

#include <inttypes.h>
#include <string.h>

enum { LONGEST_TEXT = 40, SHORTEST_TEXT = 4 };

/* The text that holds @inside, when it is one: what ends at the NUL before and after it and is printable ASCII. */
static const char *name_text(struct sb_span bytes, uint64_t inside, struct sb_arena *arena)
{
	uint64_t from = inside, end = inside;

	while (from > 0 && inside - from < LONGEST_TEXT && bytes.p[from - 1] >= ' ' && bytes.p[from - 1] < 0x7f)
		from--;
	while (end < bytes.n && end - from < LONGEST_TEXT && bytes.p[end] >= ' ' && bytes.p[end] < 0x7f)
		end++;
	if (end <= inside || end - from < SHORTEST_TEXT || (end < bytes.n && bytes.p[end] != 0 && end - from < LONGEST_TEXT))
		return NULL;
	return sb_arena_printf(arena, "\"%.*s\"", (int)(end - from), (const char *)bytes.p + from);
}

static const char *name_bytes(struct sb_elf *elf, const struct sb_elf_section *section, uint64_t offset, struct sb_arena *arena)
{
	uint64_t inside = offset - section->offset, at = section->addr + inside;

	sb_elf_index_build(elf, arena);
	const struct sb_elf_symbol *symbol = section->flags & SB_SHF_ALLOC ? sb_elf_symbol_covering(elf, at) : NULL;
	if (symbol)
		return symbol->name;
	const struct sb_elf_frame *frame = section->flags & SB_SHF_EXECINSTR ? sb_elf_frame_covering(elf, at) : NULL;
	if (frame)
		return sb_arena_printf(arena, "function at 0x%" PRIx64, sb_elf_object_inside(elf, frame->start));
	return section->flags & SB_SHF_EXECINSTR ? NULL : name_text(section->bytes, inside, arena);
}

static const char *symbol_column(const struct sb_elf *elf, uint64_t column)
{
	if (elf->is64)
		return column < 4 ? "st_name" : column == 4 ? "st_info" : column == 5 ? "st_other" : column < 8 ? "st_shndx" : column < 16 ? "st_value" : "st_size";
	return column < 4 ? "st_name" : column < 8 ? "st_value" : column < 12 ? "st_size" : column == 12 ? "st_info" : column == 13 ? "st_other" : "st_shndx";
}

static const char *name_symbol(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset, struct sb_arena *arena)
{
	uint64_t inside = offset - table->offset, size = sb_elf_symbol_size(elf);
	struct sb_elf_symbol symbol;

	if (!sb_elf_symbol_read(elf, table, inside / size, &symbol))
		return NULL;
	if (sb_elf_object_is_numbered(elf, &symbol))
		return "symbols without names of their own";
	return sb_arena_printf(arena, "symbol %s %s", symbol.name[0] ? symbol.name : "(no name)", symbol_column(elf, inside % size));
}

/* In an object what a relocation fills has a name: they are read by the function, table or frame that they are for, or else by the function they lead to. */
static const char *name_filled(struct sb_elf *elf, const struct sb_elf_section *table, uint64_t inside, struct sb_arena *arena)
{
	const struct sb_elf_section *section = table->info < elf->section_count ? &elf->sections[table->info] : elf->sections;
	struct sb_elf_relocation at;
	struct sb_reference leads;

	if (!sb_elf_relocation_read(elf, table, inside / sb_elf_relocation_size(elf, table), &at) || !(section->flags & SB_SHF_ALLOC))
		return NULL;
	sb_elf_index_build(elf, arena);
	sb_elf_jumps_index(elf, arena);
	if (strcmp(section->name, ".eh_frame") == 0)
		return sb_elf_relocation_leads(elf, table, &at, 0, &leads) ? sb_arena_printf(arena, "frame of 0x%" PRIx64, sb_elf_object_inside(elf, leads.target)) : NULL;
	const struct sb_elf_symbol *symbol = sb_elf_symbol_covering(elf, section->addr + at.offset);
	if (symbol)
		return sb_arena_printf(arena, "relocations of %s", symbol->name);
	size_t i = sb_elf_jumps_from(elf, section->addr + at.offset);
	if (i < elf->index.jumps_count && elf->index.jumps[i].address <= section->addr + at.offset)
		return sb_arena_printf(arena, "table of jumps at 0x%" PRIx64, sb_elf_object_inside(elf, elf->index.jumps[i].address));
	if (!sb_elf_relocation_leads(elf, table, &at, 0, &leads) || leads.kind != SB_REFERENCE_ADDRESS)
		return NULL;
	symbol = sb_elf_symbol_covering(elf, leads.target);
	return symbol ? sb_arena_printf(arena, "relocations that lead to %s", symbol->name) : NULL;
}

static const char *name_relocation(struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset, struct sb_arena *arena)
{
	const char *filled = elf->type == SB_ET_REL ? name_filled(elf, table, offset - table->offset, arena) : NULL;
	unsigned word = sb_elf_word(elf), columns = table->type == SB_SHT_RELA ? 3 : 2;
	static const char *const names[] = {"r_offset", "r_info", "r_addend"};
	uint64_t inside = offset - table->offset, row = inside / (word * columns);
	struct sb_rd rd = sb_rd_of(table->bytes, elf->be);

	sb_rd_seek(&rd, row * word * columns);
	uint64_t target = sb_rd_uint(&rd, word);
	if (filled)
		return filled;
	return rd.bad ? NULL : sb_arena_printf(arena, "relocation of 0x%" PRIx64 " %s", target, names[inside / word % columns]);
}

/* Version of the symbol at the same index: LSB Core, "Symbol Version Table". */
static const char *name_version(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset, struct sb_arena *arena)
{
	struct sb_elf_symbol symbol;

	if (table->link >= elf->section_count || !sb_elf_symbol_read(elf, &elf->sections[table->link], (offset - table->offset) / 2, &symbol))
		return NULL;
	return sb_arena_printf(arena, "version of %s", symbol.name[0] ? symbol.name : "(no name)");
}

/* The frame description whose first field stands last before @offset. */
static const char *name_frame(struct sb_elf *elf, uint64_t offset, struct sb_arena *arena)
{
	const struct sb_elf_frame *best = NULL;

	sb_elf_index_build(elf, arena);
	for (size_t i = 0; i < elf->index.frame_count; i++) {
		const struct sb_elf_frame *frame = &elf->index.frames[i];
		if (frame->field <= offset + 8 && (!best || frame->field > best->field))
			best = frame;
	}
	return best ? sb_arena_printf(arena, "frame of 0x%" PRIx64, sb_elf_object_inside(elf, best->start)) : NULL;
}

const char *sb_elf_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	struct sb_elf *elf = view->own;

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
	case SB_SHT_GNU_VERSYM:
		return name_version(elf, section, offset, arena);
	default:
		return strcmp(section->name, ".eh_frame") == 0 ? name_frame(elf, offset, arena) : name_bytes(elf, section, offset, arena);
	}
}
