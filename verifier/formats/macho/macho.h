/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the folder: executables of macOS. Sources: xnu, EXTERNAL_HEADERS/mach-o/loader.h, nlist.h, fat.h; osfmk/kern/cs_blobs.h for code signatures. docs/formats/macho.md
 * says what is owned and what is never claimed.
 */
#ifndef VERIFIER_FORMATS_MACHO_MACHO_H
#define VERIFIER_FORMATS_MACHO_MACHO_H

#include "verifier/formats/anchor_index.h"
#include "verifier/formats/decoded.h"
#include "verifier/formats/emit.h"

/** Commands that are known by more than their number. */
enum sb_macho_command {
	SB_MACHO_SEGMENT = 1, SB_MACHO_SYMTAB = 2, SB_MACHO_DYSYMTAB = 0xb, SB_MACHO_LOAD_DYLIB = 0xc, SB_MACHO_ID_DYLIB = 0xd, SB_MACHO_DYLINKER = 0xe, SB_MACHO_SEGMENT_64 = 0x19,
	SB_MACHO_UUID = 0x1b, SB_MACHO_CODE_SIGNATURE = 0x1d, SB_MACHO_SPLIT_INFO = 0x1e, SB_MACHO_DYLD_INFO = 0x22, SB_MACHO_FUNCTION_STARTS = 0x26, SB_MACHO_MAIN = 0x28,
	SB_MACHO_DATA_IN_CODE = 0x29, SB_MACHO_SOURCE_VERSION = 0x2a, SB_MACHO_REQUIREMENTS = 0x2b, SB_MACHO_HINTS = 0x2e, SB_MACHO_BUILD_VERSION = 0x32, SB_MACHO_EXPORTS = 0x33,
	SB_MACHO_FIXUPS = 0x34, SB_MACHO_RPATH = 0x1c,
	SB_MACHO_KINDS = 0x40, /* the bit that asks a loader to know a command is left out */
};

/** Tags of regions: commands are their kind; sections begin at SECTION, their relocations at RELOCATIONS, in the same order. */
enum sb_macho_tag {
	SB_MACHO_TAG_NONE = 0,
	SB_MACHO_TAG_HEADER = 0x100,
	SB_MACHO_TAG_UNKNOWN,
	SB_MACHO_TAG_SYMBOLS = 0x200, /* the first table */
	SB_MACHO_TAG_INDIRECT,
	SB_MACHO_TAG_REBASE,
	SB_MACHO_TAG_BIND,
	SB_MACHO_TAG_WEAK_BIND,
	SB_MACHO_TAG_LAZY_BIND,
	SB_MACHO_TAG_EXPORTS,
	SB_MACHO_TAG_STARTS,
	SB_MACHO_TAG_DATA_IN_CODE,
	SB_MACHO_TAG_FIXUPS,
	SB_MACHO_TAG_HINTS,
	SB_MACHO_TAG_SECTION = 0x1000,
	SB_MACHO_TAG_RELOCATIONS = 0x40000000,
};

struct sb_macho_section {
	const char *name;          /* "__TEXT,__text", raw, in the arena */
	uint64_t address, offset, size; /* size: of what the file holds */
	uint64_t room;             /* in memory */
	uint64_t flags;            /* loader.h: type in the lowest byte, attributes above */
	uint64_t command;          /* offset of the row that describes it */
	uint64_t relocations, relocation_count; /* offset in the file */
};

struct sb_macho_segment {
	const char *name;          /* raw, in the arena */
	uint64_t address, offset, size;
	uint64_t room;             /* in memory */
	uint64_t sections;
	uint64_t command;          /* offset of the command that describes it */
	uint64_t protection, flags;
};

struct sb_macho_table;

struct sb_macho {
	struct sb_span file;
	bool be, wide;
	uint64_t header;          /* bytes of the header */
	uint64_t commands;        /* bytes of all commands */
	uint64_t symbols, symbol_count, strings, strings_size;
	uint64_t signature, signature_size; /* 0: none */
	struct sb_vec sections;   /* struct sb_macho_section, in the arena once all is read */
	struct sb_vec segments;   /* struct sb_macho_segment */
	struct sb_vec owners;     /* struct sb_region */
	const struct sb_macho_section *kept;
	size_t kept_count;
	const struct sb_macho_segment *kept_segments;
	size_t kept_segment_count;
	struct sb_anchor_index index;
	struct sb_decoded decoded;
	const struct sb_macho_table **tables; /* what was read of each region, by its index; tables.h */
	uint64_t told, text;                  /* rows and references of all of them, and bytes of what rows say: both bounded */
	bool pointers_sought;
	const struct sb_reference *pointers;        /* what a loader makes addresses of, by offset */
	size_t pointer_count;
};

uint64_t sb_macho_uint(const struct sb_macho *macho, uint64_t at, unsigned width);
/** Note an owner; FORMAT when it does not lie in the file. */
SB_MUST_USE int sb_macho_own(struct sb_macho *macho, struct sb_region region, struct sb_err *err);
/** Header, commands, and what they lead to. @view gives the arena. */
SB_MUST_USE int sb_macho_read(struct sb_view *view, struct sb_macho *macho, struct sb_err *err);
/** "LC_UUID"; NULL for an unknown one. */
const char *sb_macho_command_name(uint64_t command);
/** The parts of a code signature, where it is exactly that; else it is one region that no signature explains. */
SB_MUST_USE int sb_macho_own_signature(struct sb_macho *macho, struct sb_err *err);
/** Sort the owners, refuse those that overlap, name what is between them. */
SB_MUST_USE int sb_macho_partition(struct sb_view *view, struct sb_macho *macho, struct sb_err *err);
SB_MUST_USE int sb_macho_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
/** The next load command behind offset *@at, 0 to begin with, which moves to it; false behind the last. They were read before: they lie in the file. */
SB_MUST_USE bool sb_macho_next_command(const struct sb_macho *macho, uint64_t *at, uint64_t *command, uint64_t *size);
/** The NUL-terminated name of symbol table row @at, raw; empty when it has none. */
struct sb_span sb_macho_symbol_name(const struct sb_macho *macho, uint64_t at);
/** Is it a file that a linker reads? */
bool sb_macho_is_object(const struct sb_macho *macho);
/** Where the header lies at run time: from there, tables count addresses. */
uint64_t sb_macho_base(const struct sb_macho *macho);
/** Does a section hold instructions, as its attributes say? */
bool sb_macho_is_code(const struct sb_macho_section *section);
/** The section that holds run-time address @at; NULL when none does. */
const struct sb_macho_section *sb_macho_section_at(const struct sb_macho *macho, uint64_t at);
/** The section that @region is; NULL when it is none. */
const struct sb_macho_section *sb_macho_section_of(const struct sb_macho *macho, const struct sb_region *region);

/** Build the index; without memory it stays empty and names are unknown. */
void sb_macho_index_build(struct sb_macho *macho, struct sb_arena *arena);
/** What lies at run-time address @at, escaped, in @arena; NULL without memory. */
const char *sb_macho_name_address(struct sb_macho *macho, uint64_t at, struct sb_arena *arena);
/** The machine code around @offset of a section of code; false when nothing tells where its instructions begin. */
SB_MUST_USE bool sb_macho_code_at(struct sb_view *view, const struct sb_macho_section *section, uint64_t offset, struct sb_code *out);

SB_MUST_USE int sb_macho_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err);
SB_MUST_USE int sb_macho_rows(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err);
SB_MUST_USE int sb_macho_facts(struct sb_view *view, struct sb_vec *out, struct sb_err *err);
/** As acted_on of verifier/formats/format.h. */
bool sb_macho_acted_on(struct sb_view *view, const struct sb_place *place);
extern const struct sb_image_format sb_macho_image;

const char *sb_macho_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);

#endif
