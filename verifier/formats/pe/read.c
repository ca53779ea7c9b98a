/* SPDX-License-Identifier: Apache-2.0 */
/* Headers, sections and directories, read once. */
#include "verifier/formats/pe/pe.h"

#include <limits.h>
#include <string.h>

enum { LFANEW = 60, PE32 = 0x10b, PE32_PLUS = 0x20b, MOST_SECTIONS = 192, MOST_SYMBOLS = 1 << 20 };

static int damaged(struct sb_err *err, uint64_t at, const char *text)
{
	return sb_damaged(err, "image-damaged", at, text);
}

static int read_headers(struct sb_pe *pe, uint64_t *sections, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(pe->file, false);

	sb_rd_seek(&rd, LFANEW);
	pe->header = sb_rd_uint(&rd, 4);
	if (rd.bad || pe->header < SB_PE_DOS)
		return damaged(err, LFANEW, "no header where the DOS header says");
	sb_rd_seek(&rd, pe->header);
	if (sb_rd_uint(&rd, 4) != 0x4550)
		return damaged(err, pe->header, "no PE signature");
	sb_rd_bytes(&rd, 2);
	*sections = sb_rd_uint(&rd, 2);
	sb_rd_bytes(&rd, 4);
	pe->symbols = sb_rd_uint(&rd, 4);
	pe->symbol_count = sb_rd_uint(&rd, 4);
	pe->optional_size = sb_rd_uint(&rd, 2);
	pe->characteristics = sb_rd_uint(&rd, 2);
	pe->optional = pe->header + SB_PE_COFF;
	pe->table = pe->optional + pe->optional_size;
	return rd.bad ? damaged(err, pe->header, "the file ends inside its header") : 0;
}

/* "Optional Header": the same fields at other places in the wide form. */
static int read_optional(struct sb_pe *pe, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(pe->file, false);

	sb_rd_seek(&rd, pe->optional);
	uint64_t magic = sb_rd_uint(&rd, 2);
	pe->wide = magic == PE32_PLUS;
	uint64_t fixed = pe->wide ? 112 : 96;
	if (rd.bad || (magic != PE32 && magic != PE32_PLUS) || pe->optional_size < fixed)
		return damaged(err, pe->optional, "an optional header of an unknown form");
	sb_rd_seek(&rd, pe->optional + (pe->wide ? 24 : 28));
	pe->image_base = sb_rd_uint(&rd, pe->wide ? 8 : 4);
	pe->section_alignment = sb_rd_uint(&rd, 4);
	sb_rd_seek(&rd, pe->optional + 60);
	pe->headers_size = sb_rd_uint(&rd, 4);
	pe->checksum = pe->optional + 64;
	sb_rd_seek(&rd, pe->optional + 70);
	pe->dll_characteristics = sb_rd_uint(&rd, 2);
	sb_rd_seek(&rd, pe->optional + fixed - 4);
	uint64_t count = sb_rd_uint(&rd, 4), room = (pe->optional_size - fixed) / 8;
	pe->directories = pe->optional + fixed;
	pe->directory_count = count < room ? count : room;
	if (pe->directory_count > SB_PE_DIRECTORIES)
		pe->directory_count = SB_PE_DIRECTORIES;
	for (size_t i = 0; i < pe->directory_count; i++) {
		pe->directory[i].at = sb_rd_uint(&rd, 4);
		pe->directory[i].size = sb_rd_uint(&rd, 4);
	}
	return rd.bad ? damaged(err, pe->optional, "the file ends inside its optional header") : 0;
}

/* "COFF String Table": behind the symbols, its own length first. */
static void find_strings(struct sb_pe *pe)
{
	struct sb_rd rd = sb_rd_of(pe->file, false);

	if (pe->symbols == 0 || pe->symbol_count > MOST_SYMBOLS || pe->symbols + pe->symbol_count * SB_PE_SYMBOL > pe->file.n) {
		pe->symbols = pe->symbol_count = 0;
		return;
	}
	pe->strings = pe->symbols + pe->symbol_count * SB_PE_SYMBOL;
	sb_rd_seek(&rd, pe->strings);
	pe->strings_size = sb_rd_uint(&rd, 4);
	if (rd.bad || pe->strings_size < 4 || pe->strings_size > pe->file.n - pe->strings)
		pe->strings = pe->strings_size = 0;
}

/* Up to eight bytes, or "/123": an offset into the strings. */
static const char *name_of(const struct sb_pe *pe, struct sb_span raw, struct sb_arena *arena)
{
	const uint8_t *end = memchr(raw.p, 0, raw.n);
	struct sb_span name = sb_span_of(raw.p, end ? (size_t)(end - raw.p) : raw.n), rest;
	uint64_t at;

	if (name.n > 1 && name.p[0] == '/' && sb_text_uint(sb_span_of(name.p + 1, name.n - 1), &at) && at < pe->strings_size &&
	    sb_span_cut(pe->file, pe->strings + at, pe->strings_size - at, &rest)) {
		struct sb_rd rd = sb_rd_of(rest, false);
		struct sb_span longer = sb_rd_cstring(&rd);
		if (!rd.bad && longer.n)
			name = longer;
	}
	return sb_arena_copy(arena, name.n ? name : sb_span_text("section"));
}

static int read_sections(struct sb_pe *pe, uint64_t count, struct sb_arena *arena, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(pe->file, false);

	if (count > MOST_SECTIONS)
		return damaged(err, pe->header + 6, "more sections than a loader reads");
	pe->sections = sb_arena_array(arena, (size_t)count, sizeof *pe->sections);
	if (!pe->sections)
		return sb_no_memory(err);
	sb_rd_seek(&rd, pe->table);
	for (uint64_t i = 0; i < count; i++) {
		struct sb_pe_section *section = &pe->sections[i];
		struct sb_span raw = sb_rd_bytes(&rd, 8);
		section->virtual_size = sb_rd_uint(&rd, 4);
		section->address = sb_rd_uint(&rd, 4);
		section->size = sb_rd_uint(&rd, 4);
		section->offset = sb_rd_uint(&rd, 4);
		sb_rd_bytes(&rd, 12);
		section->characteristics = (uint32_t)sb_rd_uint(&rd, 4);
		if (rd.bad)
			return damaged(err, pe->table, "the file ends inside its section table");
		section->name = name_of(pe, raw, arena);
		if (!section->name)
			return sb_no_memory(err);
	}
	pe->section_count = (size_t)count;
	return 0;
}

int sb_pe_read(struct sb_span file, struct sb_arena *arena, struct sb_pe *out, struct sb_err *err)
{
	uint64_t sections = 0;

	*out = (struct sb_pe){.file = file};
	int rc = read_headers(out, &sections, err);
	if (!rc)
		rc = read_optional(out, err);
	if (rc)
		return rc;
	find_strings(out);
	return read_sections(out, sections, arena, err);
}

uint64_t sb_pe_uint(const struct sb_pe *pe, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(pe->file, false);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

uint64_t sb_pe_at(const struct sb_pe *pe, uint64_t address, unsigned width)
{
	uint64_t at;
	return sb_pe_offset(pe, address, width, &at) ? sb_pe_uint(pe, at, width) : 0;
}

bool sb_pe_is_code(const struct sb_pe_section *section)
{
	return section->characteristics & (SB_PE_CODE | SB_PE_EXECUTE);
}

const struct sb_pe_section *sb_pe_section_of(const struct sb_pe *pe, const struct sb_region *region)
{
	return region->tag >= SB_PE_TAG_SECTION && region->tag - SB_PE_TAG_SECTION < pe->section_count ? &pe->sections[region->tag - SB_PE_TAG_SECTION] : NULL;
}

const struct sb_pe_section *sb_pe_section_at(const struct sb_pe *pe, uint64_t address)
{
	for (size_t i = 0; i < pe->section_count; i++)
		if (address >= pe->sections[i].address && address - pe->sections[i].address < pe->sections[i].size)
			return &pe->sections[i];
	return NULL;
}

enum sb_machine sb_pe_machine(const struct sb_pe *pe)
{
	switch (sb_pe_uint(pe, pe->header + 4, 2)) {
	case 0x8664:
		return SB_MACHINE_X86_64;
	case 0x14c:
		return SB_MACHINE_X86;
	case 0xaa64:
		return SB_MACHINE_ARM64;
	}
	return SB_MACHINE_OTHER;
}

uint64_t sb_pe_used(const struct sb_pe_section *section)
{
	return section->virtual_size && section->virtual_size < section->size ? section->virtual_size : section->size;
}

bool sb_pe_offset(const struct sb_pe *pe, uint64_t address, uint64_t length, uint64_t *out)
{
	const struct sb_pe_section *section = sb_pe_section_at(pe, address);

	if (!section || length > section->size - (address - section->address))
		return false;
	*out = section->offset + (address - section->address);
	return *out <= pe->file.n && length <= pe->file.n - *out;
}

const struct sb_pe_section *sb_pe_section_of_directory(const struct sb_pe *pe, unsigned directory)
{
	const struct sb_pe_range *range = &pe->directory[directory];
	const struct sb_pe_section *section = range->size ? sb_pe_section_at(pe, range->at) : NULL;
	uint64_t used = section ? sb_pe_used(section) : 0;
	struct sb_span rest;

	bool begins = section && section->address == range->at && range->size <= used;
	return begins && sb_span_cut(pe->file, section->offset + range->size, used - range->size, &rest) && sb_span_all_zero(rest) ? section : NULL;
}

const char *sb_pe_directory_name(unsigned directory)
{
	static const char *const names[SB_PE_DIRECTORIES] = {
		"export", "import", "resource", "exception", "certificate", "relocation", "debug", "architecture", "global pointer", "TLS", "load configuration",
		"bound import", "import address", "delay import", "CLR", "reserved"};
	return directory < SB_PE_DIRECTORIES ? names[directory] : "";
}

/* The smallest one: the addresses of imports lie inside of the imports. */
unsigned sb_pe_directory_at(const struct sb_pe *pe, uint64_t offset)
{
	unsigned found = UINT_MAX;
	uint64_t at;

	for (unsigned i = 0; i < pe->directory_count; i++) {
		const struct sb_pe_range *range = &pe->directory[i];
		if (i == SB_PE_CERTIFICATE || range->size == 0 || !sb_pe_offset(pe, range->at, 1, &at) || offset < at || offset - at >= range->size)
			continue;
		if (found == UINT_MAX || range->size < pe->directory[found].size)
			found = i;
	}
	return found;
}
