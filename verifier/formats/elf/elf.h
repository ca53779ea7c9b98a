/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the format: an ELF file's tables, read by our own bounded reader. Source: System V gABI chapters 4 and 5, LSB core. */
#ifndef VERIFIER_FORMATS_ELF_ELF_H
#define VERIFIER_FORMATS_ELF_ELF_H

#include "verifier/formats/formats.h"

/* Values of the gABI that are used here; <elf.h> is for programs of this machine only. */
enum {
	SB_ET_REL = 1,
	SB_PT_LOAD = 1, SB_PT_DYNAMIC = 2, SB_PT_INTERP = 3, SB_PT_NOTE = 4,
	SB_SHT_SYMTAB = 2, SB_SHT_RELA = 4, SB_SHT_DYNAMIC = 6, SB_SHT_NOTE = 7, SB_SHT_NOBITS = 8, SB_SHT_REL = 9, SB_SHT_DYNSYM = 11,
	SB_SHF_ALLOC = 2, SB_SHF_EXECINSTR = 4,
	SB_NT_GNU_BUILD_ID = 3,
};

/** Tags of regions that are no section; a section's tag is its index. */
enum { SB_ELF_TAG_HEADER = 0xfffffff0u, SB_ELF_TAG_SEGMENTS, SB_ELF_TAG_SECTIONS, SB_ELF_TAG_SEGMENT, SB_ELF_TAG_OTHER };

struct sb_elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz, align;
};

struct sb_elf_section {
	const char *name; /* from .shstrtab, "" when unreadable */
	uint32_t type, link, info;
	uint64_t flags, addr, offset, size, align, entsize;
	struct sb_span bytes; /* inside the file; empty for NOBITS and what lies outside */
};

/** Everything lives in the view's arena. */
struct sb_elf {
	struct sb_span file;
	bool is64, be;
	uint16_t type, machine;
	uint64_t phoff, shoff;
	uint16_t ehsize, phentsize, shentsize;
	struct sb_elf_segment *segments;
	size_t segment_count;
	struct sb_elf_section *sections; /* [0] is the null section */
	size_t section_count;
};

/**
 * Read header, program header table and section header table. Handles both classes and byte orders, e_phnum == PN_XNUM,
 * e_shnum == 0 and SHN_XINDEX (gABI "ELF Header"). Errors: FORMAT "elf-malformed", LIMIT, NOMEM.
 */
SB_MUST_USE int sb_elf_read(struct sb_span file, struct sb_arena *arena, struct sb_elf *out, struct sb_err *err);

/** Emit regions that tile the file: tables, sections, gaps, overlay. Overlaps and what lies outside become notices. */
SB_MUST_USE int sb_elf_partition(struct sb_view *view, const struct sb_elf *elf, struct sb_err *err);

/** Emit typed fields of a region: tables, notes, dynamic entries, debug links. */
SB_MUST_USE int sb_elf_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

/** Name of the function, symbol or relocation at a file offset. */
const char *sb_elf_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);

/** Start of the function whose frame description covers run-time address @at (LSB .eh_frame); false when none does. */
SB_MUST_USE bool sb_elf_frame_of(const struct sb_elf *elf, uint64_t at, uint64_t *start);

/** Section called @name, or NULL. */
const struct sb_elf_section *sb_elf_section_named(const struct sb_elf *elf, const char *name);

extern const struct sb_format sb_format_elf;

#endif
