/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the folder: executables of macOS. Sources: xnu, EXTERNAL_HEADERS/mach-o/loader.h, nlist.h, fat.h; osfmk/kern/cs_blobs.h for code signatures. docs/formats/macho.md
 * says what is owned and what is never claimed.
 */
#ifndef VERIFIER_FORMATS_MACHO_MACHO_H
#define VERIFIER_FORMATS_MACHO_MACHO_H

#include "verifier/formats/emit.h"

/** Commands that are known by more than their number. */
enum sb_macho_command {
	SB_MACHO_SEGMENT = 1, SB_MACHO_SYMTAB = 2, SB_MACHO_DYSYMTAB = 0xb, SB_MACHO_LOAD_DYLIB = 0xc, SB_MACHO_ID_DYLIB = 0xd, SB_MACHO_DYLINKER = 0xe, SB_MACHO_SEGMENT_64 = 0x19,
	SB_MACHO_UUID = 0x1b, SB_MACHO_CODE_SIGNATURE = 0x1d, SB_MACHO_SPLIT_INFO = 0x1e, SB_MACHO_DYLD_INFO = 0x22, SB_MACHO_FUNCTION_STARTS = 0x26, SB_MACHO_MAIN = 0x28,
	SB_MACHO_DATA_IN_CODE = 0x29, SB_MACHO_SOURCE_VERSION = 0x2a, SB_MACHO_REQUIREMENTS = 0x2b, SB_MACHO_HINTS = 0x2e, SB_MACHO_BUILD_VERSION = 0x32, SB_MACHO_EXPORTS = 0x33,
	SB_MACHO_FIXUPS = 0x34, SB_MACHO_RPATH = 0x1c,
	SB_MACHO_KINDS = 0x40, /* the bit that asks a loader to know a command is left out */
};

/** Tags of regions: commands are their kind, sections begin at SECTION. */
enum sb_macho_tag { SB_MACHO_TAG_NONE = 0, SB_MACHO_TAG_HEADER = 0x100, SB_MACHO_TAG_SYMBOLS, SB_MACHO_TAG_UNKNOWN, SB_MACHO_TAG_SECTION = 0x1000 };

struct sb_macho_section {
	uint64_t address, offset, size;
};

struct sb_macho_segment {
	uint64_t offset, size;
};

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
const char *sb_macho_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);

#endif
