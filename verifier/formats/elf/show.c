/* SPDX-License-Identifier: Apache-2.0 */
/* How a place reads for a person: an instruction, a relocation with its target, a text. Bounded and escaped; for display only. */
#include "verifier/formats/elf/elf.h"

#include <inttypes.h>
#include <string.h>

enum { LONGEST_TEXT = 80 };

static uint64_t read_at(const struct sb_elf *elf, uint64_t offset, unsigned width)
{
	struct sb_rd rd = sb_rd_of(elf->file, elf->be);
	sb_rd_seek(&rd, offset);
	return sb_rd_uint(&rd, width);
}

static const char *show_header(struct sb_elf *elf, const struct sb_place *place, struct sb_arena *arena)
{
	return place->offset == 24 ? sb_elf_name_address(elf, elf->entry, arena) : NULL;
}

static const char *segment_name(uint32_t type)
{
	switch (type) {
	case 0: return "PT_NULL";
	case SB_PT_LOAD: return "PT_LOAD";
	case SB_PT_DYNAMIC: return "PT_DYNAMIC";
	case SB_PT_INTERP: return "PT_INTERP";
	case SB_PT_NOTE: return "PT_NOTE";
	case 6: return "PT_PHDR";
	case 7: return "PT_TLS";
	case SB_PT_GNU_EH_FRAME: return "PT_GNU_EH_FRAME";
	case SB_PT_GNU_STACK: return "PT_GNU_STACK";
	case SB_PT_GNU_RELRO: return "PT_GNU_RELRO";
	case SB_PT_GNU_PROPERTY: return "PT_GNU_PROPERTY";
	default: return "segment";
	}
}

static const char *show_segment(const struct sb_elf *elf, const struct sb_place *place, struct sb_arena *arena)
{
	uint64_t inside = place->offset - elf->phoff, row = inside / elf->phentsize, column = inside % elf->phentsize;

	if (row >= elf->segment_count)
		return NULL;
	const struct sb_elf_segment *s = &elf->segments[row];
	if (column != (elf->is64 ? 4 : 24))
		return sb_arena_printf(arena, "%s at 0x%" PRIx64, segment_name(s->type), s->vaddr);
	return sb_arena_printf(arena, "%s %c%c%c", segment_name(s->type), s->flags & SB_PF_R ? 'R' : '-', s->flags & SB_PF_W ? 'W' : '-',
	                       s->flags & SB_PF_X ? 'E' : '-');
}

static const char *show_relocation(struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset, struct sb_arena *arena)
{
	unsigned word = sb_elf_word(elf);
	uint64_t size = (table->type == SB_SHT_RELA ? 3 : 2) * (uint64_t)word, at = table->offset + (offset - table->offset) / size * size;
	uint64_t place = read_at(elf, at, word), info = read_at(elf, at + word, word), addend = table->type == SB_SHT_RELA ? read_at(elf, at + 2 * word, word) : 0;
	uint64_t type = elf->is64 ? info & UINT32_MAX : info & 0xff, index = elf->is64 ? info >> 32 : info >> 8;
	struct sb_elf_symbol symbol = {.name = ""};

	if (table->link >= elf->section_count || !sb_elf_symbol_read(elf, &elf->sections[table->link], (size_t)index, &symbol))
		symbol.name = "";
	else if ((symbol.info & 15) == SB_STT_SECTION && symbol.section < elf->section_count)
		symbol.name = elf->sections[symbol.section].name;
	char *name = sb_escape_copy(arena, sb_span_of(symbol.name, strnlen(symbol.name, LONGEST_TEXT)));
	const char *slot = elf->type == SB_ET_REL ? sb_arena_printf(arena, "0x%" PRIx64, place) : sb_elf_name_address(elf, place, arena);
	const char *target = index || elf->type == SB_ET_REL ? sb_arena_printf(arena, "%s+0x%" PRIx64, name ? name : "", addend)
	                                                     : sb_elf_name_address(elf, addend, arena);
	return slot && target ? sb_arena_printf(arena, "type %" PRIu64 " at %s → %s", type, slot, target) : NULL;
}

static const char *show_symbol(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset, struct sb_arena *arena)
{
	struct sb_elf_symbol symbol;

	if (!sb_elf_symbol_read(elf, table, (size_t)((offset - table->offset) / sb_elf_symbol_size(elf)), &symbol))
		return NULL;
	char *name = sb_escape_copy(arena, sb_span_of(symbol.name, strnlen(symbol.name, LONGEST_TEXT)));
	return name ? sb_arena_printf(arena, "%s: value 0x%" PRIx64 ", size %" PRIu64 ", type %u, binding %u, section %u", name, symbol.value, symbol.size,
	                              symbol.info & 15U, symbol.info >> 4U, symbol.section)
	            : NULL;
}

static const char *show_dynamic(const struct sb_elf *elf, uint64_t offset, struct sb_arena *arena)
{
	unsigned word = sb_elf_word(elf);
	uint64_t tag = read_at(elf, offset, word), value = read_at(elf, offset + word, word);
	bool is_text = tag == SB_DT_NEEDED || tag == SB_DT_SONAME || tag == SB_DT_RPATH || tag == SB_DT_RUNPATH;
	const char *text = is_text ? sb_elf_dynamic_string(elf, value) : NULL;
	char *shown = text ? sb_escape_copy(arena, sb_span_of(text, strnlen(text, LONGEST_TEXT))) : NULL;

	return shown ? sb_arena_printf(arena, "DT_%s %s", sb_elf_dynamic_name(tag), shown)
	             : sb_arena_printf(arena, "DT_%s 0x%" PRIx64, sb_elf_dynamic_name(tag), value);
}

/* The text around a place, from NUL to NUL. */
static const char *show_text(const struct sb_elf_section *section, uint64_t inside, struct sb_arena *arena)
{
	struct sb_span bytes = section->bytes;
	uint64_t from = inside, end = inside;

	while (from > 0 && inside - from < LONGEST_TEXT / 2 && bytes.p[from - 1] >= ' ' && bytes.p[from - 1] < 0x7f)
		from--;
	while (end < bytes.n && end - from < LONGEST_TEXT && bytes.p[end] >= ' ' && bytes.p[end] < 0x7f)
		end++;
	if (end - from < 4 || end <= inside)
		return NULL;
	char *shown = sb_escape_copy(arena, sb_span_of(bytes.p + from, (size_t)(end - from)));
	return shown ? sb_arena_printf(arena, "\"%s\"", shown) : NULL;
}

/* "auth.c:118: cmp eax, 8" where the line is known. */
static const char *show_code(struct sb_view *view, const struct sb_elf_section *section, const struct sb_place *place, struct sb_arena *arena)
{
	const char *text = sb_elf_code_show(view, place, arena), *file;
	uint64_t line;

	if (!sb_elf_line_of(view->own, section->addr + (place->offset - section->offset), &file, &line))
		return text;
	char *shown = sb_escape_copy(arena, sb_span_of(file, strnlen(file, LONGEST_TEXT)));
	return shown ? sb_arena_printf(arena, "%s:%" PRIu64 ": %s", shown, line, text ? text : "code") : text;
}

static bool is_array(uint32_t type)
{
	return type == SB_SHT_INIT_ARRAY || type == SB_SHT_FINI_ARRAY || type == SB_SHT_PREINIT_ARRAY;
}

static const char *show_in_section(struct sb_view *view, const struct sb_elf_section *section, const struct sb_place *place, struct sb_arena *arena)
{
	struct sb_elf *elf = view->own;

	switch (section->type) {
	case SB_SHT_REL:
	case SB_SHT_RELA:
		return show_relocation(elf, section, place->offset, arena);
	case SB_SHT_SYMTAB:
	case SB_SHT_DYNSYM:
		return show_symbol(elf, section, place->offset, arena);
	case SB_SHT_DYNAMIC:
		return show_dynamic(elf, place->offset, arena);
	default:
		break;
	}
	if (is_array(section->type))
		return sb_elf_name_address(elf, read_at(elf, place->offset, sb_elf_word(elf)), arena);
	if (section->flags & SB_SHF_EXECINSTR)
		return show_code(view, section, place, arena);
	return show_text(section, place->offset - section->offset, arena);
}

const char *sb_elf_show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	struct sb_elf *elf = view->own;
	const struct sb_region *region = place->region;

	if (place->offset < region->offset || place->offset - region->offset >= region->length)
		return NULL;
	if (region->tag == SB_ELF_TAG_HEADER)
		return show_header(elf, place, arena);
	if (region->tag == SB_ELF_TAG_SEGMENTS)
		return show_segment(elf, place, arena);
	if (region->tag >= elf->section_count)
		return NULL;
	const struct sb_elf_section *section = &elf->sections[region->tag];
	if (place->offset < section->offset || place->offset - section->offset >= section->bytes.n)
		return NULL;
	return show_in_section(view, section, place, arena);
}
