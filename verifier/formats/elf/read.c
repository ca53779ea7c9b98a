/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/elf/elf.h"

#include <string.h>

enum { EI_CLASS = 4, EI_DATA = 5, EI_VERSION = 6, CLASS64 = 2, BIG_ENDIAN_DATA = 2, PN_XNUM = 0xffff, SHN_XINDEX = 0xffff };
/* Linux reads at most 64 KiB of program headers (fs/binfmt_elf.c), which is fewer than this. */
enum { MOST_SEGMENTS = 4096 };

static int malformed(struct sb_err *err, uint64_t offset, const char *what)
{
	int rc = sb_fail(err, SB_FORMAT, "elf-malformed", "%s", what);
	if (err)
		err->offset = offset;
	return rc;
}

/** Counts of the header before section 0 has had its say. */
struct counts {
	uint32_t phnum, shnum, shstrndx;
};

static int read_header(struct sb_elf *elf, struct counts *counts, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(elf->file, elf->be);
	unsigned word = elf->is64 ? 8 : 4;

	sb_rd_seek(&rd, 16);
	elf->type = (uint16_t)sb_rd_uint(&rd, 2);
	elf->machine = (uint16_t)sb_rd_uint(&rd, 2);
	sb_rd_uint(&rd, 4);    /* e_version */
	elf->entry = sb_rd_uint(&rd, word);
	elf->phoff = sb_rd_uint(&rd, word);
	elf->shoff = sb_rd_uint(&rd, word);
	sb_rd_uint(&rd, 4); /* e_flags */
	elf->ehsize = (uint16_t)sb_rd_uint(&rd, 2);
	elf->phentsize = (uint16_t)sb_rd_uint(&rd, 2);
	counts->phnum = (uint32_t)sb_rd_uint(&rd, 2);
	elf->shentsize = (uint16_t)sb_rd_uint(&rd, 2);
	counts->shnum = (uint32_t)sb_rd_uint(&rd, 2);
	counts->shstrndx = (uint32_t)sb_rd_uint(&rd, 2);
	if (rd.bad)
		return malformed(err, 0, "the ELF header is cut short");
	if (elf->type < SB_ET_REL || elf->type > SB_ET_DYN)
		return malformed(err, 16, "it is no program, library or object (a core dump, or a type of one system only)");
	if (elf->ehsize != (elf->is64 ? 64 : 52))
		return malformed(err, 0, "e_ehsize is not that of the ABI");
	if (counts->phnum && elf->phentsize != (elf->is64 ? 56 : 32))
		return malformed(err, 0, "e_phentsize is not that of the ABI");
	if (elf->shoff && elf->shentsize != (elf->is64 ? 64 : 40))
		return malformed(err, 0, "e_shentsize is not that of the ABI");
	return 0;
}

static void read_section(struct sb_rd *rd, bool is64, struct sb_elf_section *out, uint32_t *name)
{
	unsigned word = is64 ? 8 : 4;
	*name = (uint32_t)sb_rd_uint(rd, 4);
	out->type = (uint32_t)sb_rd_uint(rd, 4);
	out->flags = sb_rd_uint(rd, word);
	out->addr = sb_rd_uint(rd, word);
	out->offset = sb_rd_uint(rd, word);
	out->size = sb_rd_uint(rd, word);
	out->link = (uint32_t)sb_rd_uint(rd, 4);
	out->info = (uint32_t)sb_rd_uint(rd, 4);
	out->align = sb_rd_uint(rd, word);
	out->entsize = sb_rd_uint(rd, word);
}

/* The true counts stand in section 0 when the header's 16 bits are too small. */
static int widen_counts(const struct sb_elf *elf, struct counts *counts, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(elf->file, elf->be);
	struct sb_elf_section zero = {0};
	uint32_t name;

	if (elf->shoff == 0)
		return counts->phnum == PN_XNUM ? malformed(err, 0, "PN_XNUM without a section header table") : 0;
	sb_rd_seek(&rd, elf->shoff);
	read_section(&rd, elf->is64, &zero, &name);
	if (rd.bad)
		return malformed(err, elf->shoff, "the section header table lies outside the file");
	if (counts->shnum == 0) {
		if (zero.size > elf->file.n / elf->shentsize)
			return malformed(err, elf->shoff, "the section header table lies outside the file");
		if (zero.size > SB_LIMIT_OF(ELF_SECTIONS))
			return sb_fail_limit(err, SB_LIMIT_ROW_ELF_SECTIONS, zero.size);
		counts->shnum = (uint32_t)zero.size;
	}
	if (counts->shstrndx == SHN_XINDEX)
		counts->shstrndx = zero.link;
	if (counts->phnum == PN_XNUM)
		counts->phnum = zero.info;
	return 0;
}

static int read_segments(struct sb_elf *elf, size_t count, struct sb_arena *arena, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(elf->file, elf->be);
	struct sb_span table;
	uint64_t size;

	if (count == 0)
		return 0;
	if (count > MOST_SEGMENTS)
		return malformed(err, elf->phoff, "there are more program headers than any loader reads");
	if (!sb_mul(count, elf->phentsize, &size) || !sb_span_cut(elf->file, elf->phoff, size, &table))
		return malformed(err, elf->phoff, "the program header table lies outside the file");
	if (!(elf->segments = sb_arena_array(arena, count, sizeof *elf->segments)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_rd_seek(&rd, elf->phoff);
	for (size_t i = 0; i < count; i++) {
		struct sb_elf_segment *s = &elf->segments[i];
		unsigned word = elf->is64 ? 8 : 4;
		s->type = (uint32_t)sb_rd_uint(&rd, 4);
		if (elf->is64)
			s->flags = (uint32_t)sb_rd_uint(&rd, 4);
		s->offset = sb_rd_uint(&rd, word);
		s->vaddr = sb_rd_uint(&rd, word);
		sb_rd_uint(&rd, word); /* p_paddr */
		s->filesz = sb_rd_uint(&rd, word);
		s->memsz = sb_rd_uint(&rd, word);
		if (!elf->is64)
			s->flags = (uint32_t)sb_rd_uint(&rd, 4);
		s->align = sb_rd_uint(&rd, word);
	}
	elf->segment_count = count;
	return 0;
}

static void find_extent(struct sb_elf *elf)
{
	elf->low = UINT64_MAX;
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct sb_elf_segment *s = &elf->segments[i];
		uint64_t end;
		if (s->type != SB_PT_LOAD || !sb_add(s->vaddr, s->memsz, &end))
			continue;
		elf->low = s->vaddr < elf->low ? s->vaddr : elf->low;
		elf->high = end > elf->high ? end : elf->high;
	}
}

static void name_section(struct sb_elf *elf, struct sb_elf_section *section, uint32_t offset, uint32_t shstrndx)
{
	section->name = "";
	if (shstrndx == 0 || shstrndx >= elf->section_count)
		return;
	struct sb_span strings = elf->sections[shstrndx].bytes;
	if (offset < strings.n && memchr(strings.p + offset, 0, strings.n - offset))
		section->name = (const char *)strings.p + offset;
}

static int read_sections(struct sb_elf *elf, const struct counts *counts, struct sb_arena *arena, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(elf->file, elf->be);
	struct sb_span table;
	uint64_t size;

	if (elf->shoff == 0 || counts->shnum == 0)
		return 0;
	if (!sb_mul(counts->shnum, elf->shentsize, &size) || !sb_span_cut(elf->file, elf->shoff, size, &table))
		return malformed(err, elf->shoff, "the section header table lies outside the file");
	uint32_t *names = sb_arena_array(arena, counts->shnum, sizeof *names);
	elf->sections = sb_arena_array(arena, counts->shnum, sizeof *elf->sections);
	if (!names || !elf->sections)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	elf->section_count = counts->shnum;
	elf->shstrndx = counts->shstrndx;
	sb_rd_seek(&rd, elf->shoff);
	for (size_t i = 0; i < counts->shnum; i++) {
		struct sb_elf_section *s = &elf->sections[i];
		read_section(&rd, elf->is64, s, &names[i]);
		if (i == 0 || s->type == SB_SHT_NOBITS || !sb_span_cut(elf->file, s->offset, s->size, &s->bytes))
			s->bytes = (struct sb_span){0};
	}
	for (size_t i = 0; i < counts->shnum; i++)
		name_section(elf, &elf->sections[i], names[i], counts->shstrndx);
	return 0;
}

int sb_elf_read(struct sb_span file, struct sb_arena *arena, struct sb_elf *out, struct sb_err *err)
{
	struct sb_elf elf = {.file = file};
	struct counts counts;

	if (file.n < 16 || memcmp(file.p, "\x7f" "ELF", 4) != 0)
		return malformed(err, 0, "no ELF magic");
	if (file.p[EI_CLASS] < 1 || file.p[EI_CLASS] > 2 || file.p[EI_DATA] < 1 || file.p[EI_DATA] > 2 || file.p[EI_VERSION] != 1)
		return malformed(err, EI_CLASS, "class, byte order or version is unknown");
	elf.is64 = file.p[EI_CLASS] == CLASS64;
	elf.be = file.p[EI_DATA] == BIG_ENDIAN_DATA;
	int rc = read_header(&elf, &counts, err);
	if (!rc)
		rc = widen_counts(&elf, &counts, err);
	if (!rc)
		rc = read_segments(&elf, counts.phnum, arena, err);
	if (!rc)
		rc = read_sections(&elf, &counts, arena, err);
	if (rc)
		return rc;
	find_extent(&elf);
	sb_elf_object_place(&elf);
	sb_elf_find_dynamic(&elf);
	elf.signature = elf.type == SB_ET_REL ? sb_elf_signature(file) : file.n;
	if (!sb_elf_signature_is_apart(&elf))
		elf.signature = file.n;
	*out = elf;
	return 0;
}

const struct sb_elf_section *sb_elf_section_named(const struct sb_elf *elf, const char *name)
{
	for (size_t i = 1; i < elf->section_count; i++)
		if (strcmp(elf->sections[i].name, name) == 0)
			return &elf->sections[i];
	return NULL;
}
