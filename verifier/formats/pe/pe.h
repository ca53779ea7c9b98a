/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: images in PE, of Windows and of UEFI. Source: Microsoft "PE Format" (2023); the Rich header as it is known from
 * linkers. docs/formats/pe.md says what is owned, derived and never claimed.
 */
#ifndef VERIFIER_FORMATS_PE_PE_H
#define VERIFIER_FORMATS_PE_PE_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { SB_PE_DOS = 64, SB_PE_COFF = 24, SB_PE_SECTION = 40, SB_PE_SYMBOL = 18, SB_PE_DIRECTORIES = 16 };

enum sb_pe_directory {
	SB_PE_EXPORT = 0, SB_PE_IMPORT, SB_PE_RESOURCE, SB_PE_EXCEPTION, SB_PE_CERTIFICATE, SB_PE_RELOCATION, SB_PE_DEBUG, SB_PE_ARCHITECTURE,
	SB_PE_GLOBAL, SB_PE_TLS, SB_PE_LOAD_CONFIG, SB_PE_BOUND_IMPORT, SB_PE_IAT, SB_PE_DELAY_IMPORT, SB_PE_CLR
};

enum sb_pe_characteristics { SB_PE_CODE = 0x20, SB_PE_EXECUTE = 0x20000000, SB_PE_WRITE = 0x80000000 };

/** Tags of regions that describe() can type; sections are SB_PE_TAG_SECTION + index. */
enum sb_pe_tag { SB_PE_TAG_NONE = 0, SB_PE_TAG_DOS, SB_PE_TAG_COFF, SB_PE_TAG_OPTIONAL, SB_PE_TAG_TABLE, SB_PE_TAG_CERTIFICATES, SB_PE_TAG_SECTION };

struct sb_pe_section {
	const char *name; /* the long one where there is one */
	uint64_t address, virtual_size, offset, size; /* address without the base of the image; offset and size in the file */
	uint32_t characteristics;
};

struct sb_pe_range {
	uint64_t at, size; /* at: address, for the certificates an offset in the file */
};

struct sb_pe {
	struct sb_span file;
	uint64_t header, optional, optional_size, table; /* offsets of the PE signature, the optional header, the section table */
	uint64_t checksum;                               /* offset of the field */
	uint64_t directories;                            /* offset of the first of them */
	uint64_t image_base, headers_size, section_alignment, characteristics, dll_characteristics;
	bool wide;                                       /* PE32+ */
	uint64_t symbols, symbol_count, strings, strings_size; /* offsets in the file; 0: none */
	struct sb_pe_section *sections;
	size_t section_count;
	struct sb_pe_range directory[SB_PE_DIRECTORIES];
	size_t directory_count;
	struct sb_vec functions; /* struct sb_anchor, by address; made when first asked for */
	bool indexed;
};

/** Errors: FORMAT "image-damaged", NOMEM. */
SB_MUST_USE int sb_pe_read(struct sb_span file, struct sb_arena *arena, struct sb_pe *out, struct sb_err *err);
SB_MUST_USE int sb_pe_partition(struct sb_view *view, const struct sb_pe *pe, struct sb_err *err);
SB_MUST_USE int sb_pe_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
/** Offset in the file of @length bytes at @address; false when no section holds them. */
SB_MUST_USE bool sb_pe_offset(const struct sb_pe *pe, uint64_t address, uint64_t length, uint64_t *out);
/** Name of what lies at @offset: a function, or the directory that leads there; NULL when nothing is known. */
const char *sb_pe_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);
/** "export", by enum sb_pe_directory. */
const char *sb_pe_directory_name(unsigned directory);
/** The directory whose range holds @offset, or UINT_MAX. */
unsigned sb_pe_directory_at(const struct sb_pe *pe, uint64_t offset);
/** Functions of the symbol table, or of the exports where there is none. Errors: NOMEM. */
SB_MUST_USE int sb_pe_index_functions(struct sb_pe *pe, struct sb_arena *arena, struct sb_err *err);

extern const struct sb_image_format sb_pe_image;

#endif
