/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of section headers, symbols, relocations and groups that follow from where something else lies or from what number it has. */
#include "verifier/formats/elf/references.h"

/* An index into a table of texts leads to a text. */
static void add_text(struct sb_elf_search *search, uint32_t table, uint64_t at, uint64_t width)
{
	const struct sb_elf *elf = search->elf;
	uint64_t index = sb_elf_read_at(elf, at, (unsigned)width);

	if (table && table < elf->section_count && index < elf->sections[table].bytes.n)
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_TEXT, at, width, elf->sections[table].offset + index, 0});
}

static void add_name(struct sb_elf_search *search, uint64_t at, uint64_t width, const char *name)
{
	if (name[0])
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_TEXT, at, width, (uint64_t)((const uint8_t *)name - search->elf->file.p), 0});
}

void sb_elf_add_section_index(struct sb_elf_search *search, uint64_t at, uint64_t width, uint64_t index)
{
	if (index && index < search->elf->section_count)
		add_name(search, at, width, search->elf->sections[index].name);
}

static void add_symbol_name(struct sb_elf_search *search, uint64_t at, uint64_t width, uint32_t table, uint64_t index)
{
	struct sb_elf_symbol symbol;

	if (table < search->elf->section_count && sb_elf_symbol_read(search->elf, &search->elf->sections[table], (size_t)index, &symbol))
		add_name(search, at, width, symbol.name);
}

/* gABI, "sh_link and sh_info Interpretation": what a section belongs to, and in a table of symbols where those begin that others see. */
static void add_links(struct sb_elf_search *search, const struct sb_elf_section *s, uint32_t index, uint64_t at)
{
	sb_elf_add_section_index(search, at, 4, s->link);
	if (s->type == SB_SHT_REL || s->type == SB_SHT_RELA)
		sb_elf_add_section_index(search, at + 4, 4, s->info);
	else if (s->type == SB_SHT_SYMTAB || s->type == SB_SHT_DYNSYM)
		add_symbol_name(search, at + 4, 4, index, s->info);
	else if (s->type == SB_SHT_GROUP)
		add_symbol_name(search, at + 4, 4, s->link, s->info);
}

void sb_elf_find_sections(struct sb_elf_search *search)
{
	const struct sb_elf *elf = search->elf;
	uint64_t word = sb_elf_word(elf);

	for (uint32_t i = 1; i < elf->section_count; i++) {
		const struct sb_elf_section *s = &elf->sections[i];
		uint64_t at = elf->shoff + (uint64_t)i * elf->shentsize + 8 + word;
		add_text(search, elf->shstrndx, elf->shoff + (uint64_t)i * elf->shentsize, 4);
		if (s->flags & SB_SHF_ALLOC && elf->type != SB_ET_REL)
			sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at, word, s->addr, 0});
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_OFFSET, at + word, word, s->offset, 0});
		if (s->type == SB_SHT_NOBITS)
			sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_SIZE, at + 2 * word, word, s->addr + s->size, s->addr});
		else
			sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_FILE_SIZE, at + 2 * word, word, s->offset + s->size, s->offset});
		add_links(search, s, i, at + 3 * word);
	}
}

bool sb_elf_relocation_is_relative(const struct sb_elf *elf, uint64_t type)
{
	switch (elf->machine) {
	case SB_EM_X86_64: return type == 8 || type == 37;
	case SB_EM_386: return type == 8 || type == 42;
	case SB_EM_AARCH64: return type == 1027 || type == 1032;
	case 40: return type == 23 || type == 160; /* ARM */
	case 243: return type == 3 || type == 58;  /* RISC-V */
	case 22: return type == 12 || type == 61;  /* S/390 */
	case 20: case 21: return type == 22 || type == 248; /* PowerPC */
	default: return false;
	}
}

static void add_at(struct sb_elf_search *search, uint64_t at, uint64_t length, struct sb_reference leads)
{
	leads.offset = at;
	leads.length = length;
	sb_elf_search_add(search, leads);
}

/** A row of a table of relocations. */
struct row {
	const struct sb_elf_section *table;
	uint64_t at; /* in the file */
	struct sb_elf_relocation is;
};

/* The index of a symbol in r_info: gABI, ELF32_R_SYM and ELF64_R_SYM. */
static uint64_t index_field(const struct sb_elf *elf, const struct row *row, uint64_t *width)
{
	uint64_t at = row->at + sb_elf_word(elf);

	*width = elf->is64 ? 4 : 3;
	return elf->be ? at : at + (elf->is64 ? 4 : 1);
}

static void find_in_row(struct sb_elf_search *search, const struct row *row)
{
	const struct sb_elf *elf = search->elf;
	uint64_t word = sb_elf_word(elf), width, field = index_field(elf, row, &width);

	sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, row->at, word, row->is.offset, 0});
	if (row->is.symbol)
		add_symbol_name(search, field, width, row->table->link, row->is.symbol);
	if (row->table->type == SB_SHT_RELA && sb_elf_relocation_is_relative(elf, row->is.type))
		sb_elf_search_add(search, (struct sb_reference){SB_REFERENCE_ADDRESS, row->at + 2 * word, word, row->is.addend, 0});
}

/* Each entry of a table of jumps counts from the start of the table, its addend from the entry. */
static void count_from_table(const struct sb_elf *elf, const struct sb_elf_section *section, const struct sb_elf_relocation *at, struct sb_reference *leads)
{
	uint64_t place = section->addr + at->offset;
	size_t i = sb_elf_jumps_from(elf, place);

	if (i < elf->index.jumps_count && place >= elf->index.jumps[i].address)
		leads->target -= place - elf->index.jumps[i].address;
}

/* A row of an object: the place counts from the start of the section, and a symbol is what lies where it leads. */
static void find_in_object_row(struct sb_elf_search *search, const struct row *row)
{
	const struct sb_elf *elf = search->elf;
	const struct sb_elf_section *section = row->table->info < elf->section_count ? &elf->sections[row->table->info] : elf->sections;
	bool alloc = section->flags & SB_SHF_ALLOC;
	uint64_t word = sb_elf_word(elf), width, field = index_field(elf, row, &width), base = alloc ? section->addr : section->offset;
	struct sb_reference leads;

	sb_elf_search_add(search, (struct sb_reference){alloc ? SB_REFERENCE_ADDRESS : SB_REFERENCE_OFFSET, row->at, word, base + row->is.offset, base});
	if (sb_elf_relocation_symbol(elf, row->table, &row->is, &leads))
		add_at(search, field, width, leads);
	uint64_t behind = sb_elf_relocation_behind(elf, row->table, row->is.type);
	if (row->table->type == SB_SHT_RELA && sb_elf_relocation_leads(elf, row->table, &row->is, behind, &leads)) {
		count_from_table(elf, section, &row->is, &leads);
		add_at(search, row->at + 2 * word, word, leads);
	}
}

void sb_elf_find_relocations(struct sb_elf_search *search, const struct sb_elf_section *table)
{
	uint64_t size = sb_elf_relocation_size(search->elf, table), i = (search->place->offset - table->offset) / size;
	struct row row = {.table = table};

	sb_elf_jumps_index(search->view->own, search->view->arena);
	for (; sb_elf_relocation_read(search->elf, table, i, &row.is); i++) {
		row.at = table->offset + i * size;
		if (row.at >= search->place->offset + search->place->length)
			return;
		if (search->elf->type == SB_ET_REL)
			find_in_object_row(search, &row);
		else
			find_in_row(search, &row);
	}
}

/* What a symbol is of an object lies where it says, or is a text; a number for a name says the same. */
static void find_object_symbol(struct sb_elf_search *search, const struct sb_elf_section *table, uint64_t at, const struct sb_elf_symbol *symbol)
{
	const struct sb_elf *elf = search->elf;
	const struct sb_elf_section *section = symbol->section && symbol->section < elf->section_count ? &elf->sections[symbol->section] : NULL;
	uint64_t word = sb_elf_word(elf), value = at + (elf->is64 ? 8 : 4);
	struct sb_reference leads, end;

	if (!section || !(section->flags & SB_SHF_ALLOC)) {
		add_text(search, table->link, at, 4);
		return;
	}
	sb_elf_object_leads(section, symbol->value, &leads);
	if (sb_elf_object_is_numbered(elf, symbol))
		add_at(search, at, 4, leads);
	else
		add_text(search, table->link, at, 4);
	add_at(search, value, word, leads);
	end = (struct sb_reference){.kind = SB_REFERENCE_SIZE, .target = section->addr + symbol->value + symbol->size, .base = section->addr + symbol->value};
	add_at(search, value + word, word, end);
}

static void find_symbol(struct sb_elf_search *search, const struct sb_elf_section *table, uint64_t at, const struct sb_elf_symbol *symbol)
{
	const struct sb_elf *elf = search->elf;
	uint64_t word = sb_elf_word(elf), value = at + (elf->is64 ? 8 : 4);

	add_text(search, table->link, at, 4);
	if (symbol->section == 0 || symbol->section >= 0xff00 || (symbol->info & 15) == SB_STT_TLS)
		return;
	sb_elf_search_add(search, (struct sb_reference){.kind = SB_REFERENCE_ADDRESS, .offset = value, .length = word, .target = symbol->value});
	sb_elf_search_add(search, (struct sb_reference){.kind = SB_REFERENCE_SIZE, .offset = value + word, .length = word, .target = symbol->value + symbol->size,
	                                                .base = symbol->value});
}

void sb_elf_find_symbols(struct sb_elf_search *search, const struct sb_elf_section *table)
{
	uint64_t size = sb_elf_symbol_size(search->elf);
	struct sb_elf_symbol symbol;

	for (uint64_t i = (search->place->offset - table->offset) / size; sb_elf_symbol_read(search->elf, table, (size_t)i, &symbol); i++) {
		uint64_t at = table->offset + i * size;
		if (at >= search->place->offset + search->place->length)
			break;
		sb_elf_add_section_index(search, at + (search->elf->is64 ? 6 : 14), 2, symbol.section < 0xff00 ? symbol.section : 0);
		if (search->elf->type == SB_ET_REL)
			find_object_symbol(search, table, at, &symbol);
		else
			find_symbol(search, table, at, &symbol);
	}
}

void sb_elf_find_group(struct sb_elf_search *search, const struct sb_elf_section *group)
{
	for (uint64_t at = group->offset + 4; at + 4 <= group->offset + group->bytes.n; at += 4)
		sb_elf_add_section_index(search, at, 4, sb_elf_read_at(search->elf, at, 4));
}
