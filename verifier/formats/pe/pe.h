/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: images in PE, of Windows and of UEFI. Source: Microsoft "PE Format" (2023); the Rich header as it is known from
 * linkers. docs/formats/pe.md says what is owned, derived and never claimed.
 */
#ifndef VERIFIER_FORMATS_PE_PE_H
#define VERIFIER_FORMATS_PE_PE_H

#include "verifier/formats/anchor_index.h"
#include "verifier/formats/decoded.h"
#include "verifier/formats/emit.h"
#include "verifier/formats/jumps.h"
#include "verifier/formats/rows.h"

enum { SB_PE_DOS = 64, SB_PE_COFF = 24, SB_PE_SECTION = 40, SB_PE_SYMBOL = 18, SB_PE_DIRECTORIES = 16 };

enum sb_pe_directory {
	SB_PE_EXPORT = 0, SB_PE_IMPORT, SB_PE_RESOURCE, SB_PE_EXCEPTION, SB_PE_CERTIFICATE, SB_PE_RELOCATION, SB_PE_DEBUG, SB_PE_ARCHITECTURE,
	SB_PE_GLOBAL, SB_PE_TLS, SB_PE_LOAD_CONFIG, SB_PE_BOUND_IMPORT, SB_PE_IAT, SB_PE_DELAY_IMPORT, SB_PE_CLR
};

enum sb_pe_characteristics { SB_PE_CODE = 0x20, SB_PE_INITIALIZED = 0x40, SB_PE_EXECUTE = 0x20000000, SB_PE_WRITE = 0x80000000 };

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

/** What all tables say; in the arena. */
struct sb_pe_told {
	bool read;
	const struct sb_reference *references; /* by offset, without overlap */
	size_t reference_count;
	const struct sb_row *rows;             /* by offset */
	size_t row_count;
};

/** What a loader follows, as ranges of the file by offset; in the arena. */
struct sb_pe_followed {
	bool sought, all;       /* all: there is too much of it to be told, or no memory */
	struct sb_range *items; /* each as long as to reach the farthest end of it and those before */
	size_t count;
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
	struct sb_decoded decoded;
	struct sb_anchor_index index;
	bool jumps_sought;
	struct sb_jumps *jumps;  /* by address, in the arena */
	size_t jumps_count;
	struct sb_pe_told told;
	struct sb_pe_followed followed;
};

/** Errors: FORMAT "image-damaged", NOMEM. */
SB_MUST_USE int sb_pe_read(struct sb_span file, struct sb_arena *arena, struct sb_pe *out, struct sb_err *err);
SB_MUST_USE int sb_pe_partition(struct sb_view *view, const struct sb_pe *pe, struct sb_err *err);
SB_MUST_USE int sb_pe_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
/** Offset in the file of @length bytes at @address; false when no section holds them, or the file does not. */
SB_MUST_USE bool sb_pe_offset(const struct sb_pe *pe, uint64_t address, uint64_t length, uint64_t *out);
/** Name of what lies at @offset: a function, or the directory that leads there; NULL when nothing is known. */
const char *sb_pe_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);
/** "export", by enum sb_pe_directory. */
const char *sb_pe_directory_name(unsigned directory);
/** The directory whose range holds @offset, or UINT_MAX. */
unsigned sb_pe_directory_at(const struct sb_pe *pe, uint64_t offset);
/** Number at an offset of the file; 0 outside of it. */
uint64_t sb_pe_uint(const struct sb_pe *pe, uint64_t at, unsigned width);
/** The same at an address; 0 where no section holds it. */
uint64_t sb_pe_at(const struct sb_pe *pe, uint64_t address, unsigned width);
/** The section that @region is; NULL when it is none. */
const struct sb_pe_section *sb_pe_section_of(const struct sb_pe *pe, const struct sb_region *region);
/** The section whose bytes in the file hold @address; NULL when none does. */
const struct sb_pe_section *sb_pe_section_at(const struct sb_pe *pe, uint64_t address);
/** Bytes of a section that hold what it is for: the rest of what the file has is fill. */
uint64_t sb_pe_used(const struct sb_pe_section *section);
bool sb_pe_is_code(const struct sb_pe_section *section);
/** The section that begins with @directory and holds nothing else that is not zero; NULL when there is none. */
const struct sb_pe_section *sb_pe_section_of_directory(const struct sb_pe *pe, unsigned directory);
enum sb_machine sb_pe_machine(const struct sb_pe *pe);
/** Name of row @record of the COFF symbols, raw; empty when it has none. */
struct sb_span sb_pe_symbol_name(const struct sb_pe *pe, struct sb_span record);

/** The name that a slot of the import addresses leads to until a loader fills it, raw, in the file; empty when it is none. @slot without the base of the image. */
struct sb_span sb_pe_slot_name(const struct sb_pe *pe, uint64_t slot);
/** The text at an address without the base of the image, raw, in the file; empty when there is none. */
struct sb_span sb_pe_text_at(const struct sb_pe *pe, uint64_t address);
/** Does a loader read what stands there before the program runs, or is it redirected by it: directories and the names that those lead to, which may lie anywhere? */
bool sb_pe_is_followed(struct sb_view *view, uint64_t offset, uint64_t length);
/** Parts of the tables of imports and exports, each called by what it holds and not by what leads there; onto @found, struct sb_anchor. False without memory. */
SB_MUST_USE bool sb_pe_anchor_imports(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found);
/** A jump to what is imported. */
struct sb_pe_thunk {
	uint64_t address, length; /* address without the base of the image */
	struct sb_span name;      /* of the import, raw, in the file */
};
/** The next one at or behind *@at in the bytes of a section of code, which lie at @address; moves behind it. False when there is no more. */
SB_MUST_USE bool sb_pe_next_thunk(const struct sb_pe *pe, struct sb_span code, uint64_t address, size_t *at, struct sb_pe_thunk *out);
/** Build the index: of symbols, or of exports where there are none, and of the table of exceptions. Without memory it stays empty. */
void sb_pe_index_build(struct sb_pe *pe, struct sb_arena *arena);
/** The tables of jumps that code leads to; without memory there are none. Sought once. */
void sb_pe_jumps_index(struct sb_pe *pe, struct sb_arena *arena);
/** The machine code of the function around @offset of a section of code; false when nothing tells where it begins. */
SB_MUST_USE bool sb_pe_code_at(struct sb_view *view, const struct sb_pe_section *section, uint64_t offset, struct sb_code *out);

SB_MUST_USE int sb_pe_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err);
/** The row of a table that holds @offset; NULL when there is none, or no memory. */
const struct sb_row *sb_pe_row_at(const struct sb_view *view, uint64_t offset);
SB_MUST_USE int sb_pe_rows(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err);
/** As acted_on of verifier/formats/format.h. */
bool sb_pe_acted_on(struct sb_view *view, const struct sb_place *place);
extern const struct sb_image_format sb_pe_image;

#endif
