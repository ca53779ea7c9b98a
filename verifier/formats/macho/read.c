/* SPDX-License-Identifier: Apache-2.0 */
/* Load commands: loader.h. */
#include "verifier/formats/macho/macho.h"

#include <string.h>

enum { HEAD = 8, NAME = 16, MOST_COMMANDS = 4096, ZEROFILL = 1, GIGABYTE_ZEROFILL = 12, THREAD_ZEROFILL = 18, TYPE = 0xff, RELOCATION = 8 };

/** Where a segment command and its sections hold their fields. */
struct shape {
	unsigned head, address, offset, size, count, width; /* of the segment */
	unsigned section, at, length, file, relocations, flags; /* of a section */
};
static const struct shape narrow = {56, 24, 32, 36, 48, 4, 68, 32, 36, 40, 48, 56}, wide = {72, 24, 40, 48, 64, 8, 80, 32, 40, 48, 56, 64};

uint64_t sb_macho_uint(const struct sb_macho *macho, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(macho->file, macho->be);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

static int damaged(struct sb_err *err, uint64_t at, const char *text)
{
	return sb_damaged(err, "image-damaged", at, text);
}

int sb_macho_own(struct sb_macho *macho, struct sb_region region, struct sb_err *err)
{
	if (region.offset > macho->file.n || region.length > macho->file.n - region.offset)
		return damaged(err, region.offset, "a part that does not lie in the file");
	if (region.length == 0)
		return 0;
	struct sb_region *slot = sb_vec_push(&macho->owners);
	if (!slot)
		return sb_no_memory(err);
	*slot = region;
	return 0;
}

static int own_table(struct sb_macho *macho, uint64_t offset, uint64_t length, const char *name, uint32_t tag, struct sb_err *err)
{
	return sb_macho_own(macho, (struct sb_region){.offset = offset, .length = length, .kind = SB_REGION_TABLE, .loaded = true, .name = name, .tag = tag}, err);
}

/* Pairs of an offset and a count of things of @each bytes. */
struct pair {
	unsigned at, each;
	const char *name;
	uint32_t tag;
};

static int own_pairs(struct sb_macho *macho, uint64_t at, const struct pair *pairs, size_t count, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		rc = own_table(macho, sb_macho_uint(macho, at + pairs[i].at, 4), pairs[i].each * sb_macho_uint(macho, at + pairs[i].at + 4, 4), pairs[i].name, pairs[i].tag, err);
	return rc;
}

static const char *name_of(struct sb_view *view, const char *before, uint64_t at)
{
	const char *text = (const char *)view->file.p + at;
	return sb_arena_printf(view->arena, "%s%.*s", before, (int)strnlen(text, NAME), text);
}

/* ---- segments ---- */

static bool has_bytes(uint64_t flags)
{
	uint64_t type = flags & TYPE;
	return type != ZEROFILL && type != GIGABYTE_ZEROFILL && type != THREAD_ZEROFILL;
}

static int take_section(struct sb_view *view, struct sb_macho *macho, const struct shape *shape, uint64_t at, struct sb_err *err)
{
	struct sb_macho_section section = {.address = sb_macho_uint(macho, at + shape->at, shape->width), .offset = sb_macho_uint(macho, at + shape->file, 4)};
	const char *segment = name_of(view, "", at + NAME), *name = segment ? sb_arena_printf(view->arena, "%s,", segment) : NULL;
	const char *full = name ? name_of(view, name, at) : NULL, *relocations = full ? sb_arena_printf(view->arena, "relocations of %s", full) : NULL;

	if (!relocations)
		return sb_no_memory(err);
	section.name = full;
	section.command = at;
	section.flags = sb_macho_uint(macho, at + shape->flags, 4);
	section.room = sb_macho_uint(macho, at + shape->length, shape->width);
	section.size = has_bytes(section.flags) ? section.room : 0;
	section.relocations = sb_macho_uint(macho, at + shape->relocations, 4);
	section.relocation_count = sb_macho_uint(macho, at + shape->relocations + 4, 4);
	struct sb_macho_section *slot = sb_vec_push(&macho->sections);
	if (!slot)
		return sb_no_memory(err);
	*slot = section;
	int rc = sb_macho_own(macho,
			      (struct sb_region){.offset = section.size ? section.offset : 0, .length = section.size, .kind = SB_REGION_SECTION, .loaded = true, .name = full,
						 .tag = SB_MACHO_TAG_SECTION + (uint32_t)macho->sections.count - 1},
			      err);
	if (rc || section.relocation_count == 0)
		return rc;
	return own_table(macho, section.relocations, RELOCATION * section.relocation_count, relocations, SB_MACHO_TAG_RELOCATIONS + (uint32_t)macho->sections.count - 1, err);
}

static int take_segment(struct sb_view *view, struct sb_macho *macho, const struct shape *shape, uint64_t at, uint64_t size, struct sb_err *err)
{
	uint64_t count = size >= shape->head ? sb_macho_uint(macho, at + shape->count, 4) : 0;
	struct sb_macho_segment *segment = sb_vec_push(&macho->segments);
	int rc = 0;

	if (!segment)
		return sb_no_memory(err);
	if (size < shape->head || count > size || size != shape->head + count * shape->section)
		return damaged(err, at, "a segment that does not have room for its sections");
	*segment = (struct sb_macho_segment){
		.name = name_of(view, "", at + HEAD),
		.room = sb_macho_uint(macho, at + shape->address + shape->width, shape->width),
		.sections = count,
		.address = sb_macho_uint(macho, at + shape->address, shape->width),
		.offset = sb_macho_uint(macho, at + shape->offset, shape->width),
		.size = sb_macho_uint(macho, at + shape->size, shape->width),
		.command = at,
		.protection = sb_macho_uint(macho, at + shape->count - 4, 4),
		.flags = sb_macho_uint(macho, at + shape->count + 4, 4),
	};
	if (!segment->name)
		return sb_no_memory(err);
	if (segment->offset > macho->file.n || segment->size > macho->file.n - segment->offset)
		return damaged(err, at, "a segment that does not lie in the file");
	for (uint64_t i = 0; !rc && i < count; i++)
		rc = take_section(view, macho, shape, at + shape->head + i * shape->section, err);
	return rc;
}

/* ---- other commands ---- */

static int take_symbols(struct sb_macho *macho, uint64_t at, struct sb_err *err)
{
	if (macho->symbols || macho->strings)
		return damaged(err, at, "two tables of symbols");
	macho->symbols = sb_macho_uint(macho, at + 8, 4);
	macho->symbol_count = sb_macho_uint(macho, at + 12, 4);
	macho->strings = sb_macho_uint(macho, at + 16, 4);
	macho->strings_size = sb_macho_uint(macho, at + 20, 4);
	int rc = sb_macho_own(macho,
			      (struct sb_region){.offset = macho->symbols, .length = macho->symbol_count * (macho->wide ? 16 : 12), .kind = SB_REGION_TABLE, .name = "symbols",
						 .tag = SB_MACHO_TAG_SYMBOLS, .loaded = true},
			      err);
	return rc ? rc : own_table(macho, macho->strings, macho->strings_size, "strings", SB_MACHO_TAG_NONE, err);
}

static int take_signature(struct sb_macho *macho, uint64_t at, struct sb_err *err)
{
	if (macho->signature_size)
		return damaged(err, at, "two code signatures");
	macho->signature = sb_macho_uint(macho, at + 8, 4);
	macho->signature_size = sb_macho_uint(macho, at + 12, 4);
	return 0;
}

static const struct pair dysymtab_pairs[] = {{32, 8, "table of contents", 0},
					     {48, 4, "referenced symbols", 0},
					     {56, 4, "indirect symbols", SB_MACHO_TAG_INDIRECT},
					     {64, 8, "external relocations", 0},
					     {72, 8, "local relocations", 0}};
static const struct pair dyld_pairs[] = {{8, 1, "rebase information", SB_MACHO_TAG_REBASE},
					 {16, 1, "binding information", SB_MACHO_TAG_BIND},
					 {24, 1, "weak binding information", SB_MACHO_TAG_WEAK_BIND},
					 {32, 1, "lazy binding information", SB_MACHO_TAG_LAZY_BIND},
					 {40, 1, "exports", SB_MACHO_TAG_EXPORTS}};

static const char *data_name(uint64_t command)
{
	switch (command) {
	case SB_MACHO_SPLIT_INFO:
		return "split information";
	case SB_MACHO_FUNCTION_STARTS:
		return "function starts";
	case SB_MACHO_DATA_IN_CODE:
		return "data in code";
	case SB_MACHO_REQUIREMENTS:
		return "requirements of libraries";
	case SB_MACHO_HINTS:
		return "hints for linkers";
	case SB_MACHO_EXPORTS:
		return "exports";
	case SB_MACHO_FIXUPS:
		return "chained fixups";
	}
	return NULL;
}

static uint32_t data_tag(uint64_t command)
{
	switch (command) {
	case SB_MACHO_FUNCTION_STARTS:
		return SB_MACHO_TAG_STARTS;
	case SB_MACHO_DATA_IN_CODE:
		return SB_MACHO_TAG_DATA_IN_CODE;
	case SB_MACHO_HINTS:
		return SB_MACHO_TAG_HINTS;
	case SB_MACHO_EXPORTS:
		return SB_MACHO_TAG_EXPORTS;
	case SB_MACHO_FIXUPS:
		return SB_MACHO_TAG_FIXUPS;
	}
	return SB_MACHO_TAG_NONE;
}

static uint64_t least_size(uint64_t command)
{
	return command == SB_MACHO_SYMTAB ? 24 : command == SB_MACHO_DYSYMTAB ? 80 : command == SB_MACHO_DYLD_INFO ? 48 : command == SB_MACHO_UUID ? 24 : 16;
}

static int take_known(struct sb_view *view, struct sb_macho *macho, uint64_t command, uint64_t at, uint64_t size, struct sb_err *err)
{
	const struct pair data = {8, 1, data_name(command), data_tag(command)};
	bool segment = command == SB_MACHO_SEGMENT || command == SB_MACHO_SEGMENT_64;
	bool fixed = command == SB_MACHO_SYMTAB || command == SB_MACHO_DYSYMTAB || command == SB_MACHO_DYLD_INFO || command == SB_MACHO_UUID || command == SB_MACHO_CODE_SIGNATURE || data.name;

	if (segment)
		return take_segment(view, macho, command == SB_MACHO_SEGMENT ? &narrow : &wide, at, size, err);
	if (fixed && size != least_size(command))
		return damaged(err, at, "a command of another size");
	if (command == SB_MACHO_SYMTAB)
		return take_symbols(macho, at, err);
	if (command == SB_MACHO_CODE_SIGNATURE)
		return take_signature(macho, at, err);
	if (command == SB_MACHO_DYSYMTAB)
		return own_pairs(macho, at, dysymtab_pairs, sizeof dysymtab_pairs / sizeof *dysymtab_pairs, err);
	if (command == SB_MACHO_DYLD_INFO)
		return own_pairs(macho, at, dyld_pairs, sizeof dyld_pairs / sizeof *dyld_pairs, err);
	return data.name ? own_pairs(macho, at, &data, 1, err) : 0;
}

static int take_command(struct sb_view *view, struct sb_macho *macho, uint64_t at, uint64_t size, struct sb_err *err)
{
	uint64_t command = sb_macho_uint(macho, at, 4) & 0x7fffffff;
	const char *name = sb_macho_command_name(command);
	struct sb_region region = {.offset = at, .length = size, .kind = SB_REGION_HEADER, .loaded = true, .tag = name ? (uint32_t)command : SB_MACHO_TAG_UNKNOWN};

	if ((command == SB_MACHO_SEGMENT || command == SB_MACHO_SEGMENT_64) && size >= HEAD + NAME) {
		const char *prefix = sb_arena_printf(view->arena, "%s ", name);
		name = prefix ? name_of(view, prefix, at + HEAD) : NULL;
		if (!name)
			return sb_no_memory(err);
	}
	region.name = name ? name : "unknown command";
	int rc = sb_macho_own(macho, region, err);
	return rc ? rc : take_known(view, macho, command, at, size, err);
}

bool sb_macho_next_command(const struct sb_macho *macho, uint64_t *at, uint64_t *command, uint64_t *size)
{
	*at = *at ? *at + sb_macho_uint(macho, *at + 4, 4) : macho->header;
	*command = sb_macho_uint(macho, *at, 4) & 0x7fffffff;
	*size = sb_macho_uint(macho, *at + 4, 4);
	return *at < macho->header + macho->commands;
}

bool sb_macho_is_object(const struct sb_macho *macho)
{
	enum { OBJECT = 1 };
	return sb_macho_uint(macho, 12, 4) == OBJECT;
}

uint64_t sb_macho_base(const struct sb_macho *macho)
{
	for (size_t i = 0; !sb_macho_is_object(macho) && i < macho->kept_segment_count; i++)
		if (macho->kept_segments[i].offset == 0 && macho->kept_segments[i].size)
			return macho->kept_segments[i].address;
	return 0;
}

static int read_header(struct sb_macho *macho, uint64_t *count, struct sb_err *err)
{
	static const uint8_t magics[4][4] = {{0xce, 0xfa, 0xed, 0xfe}, {0xcf, 0xfa, 0xed, 0xfe}, {0xfe, 0xed, 0xfa, 0xce}, {0xfe, 0xed, 0xfa, 0xcf}};
	unsigned which = 0;

	while (which < 4 && !sb_magic(macho->file, 0, magics[which], 4))
		which++;
	macho->be = which > 1;
	macho->wide = which % 2;
	macho->header = macho->wide ? 32 : 28;
	*count = sb_macho_uint(macho, 16, 4);
	macho->commands = sb_macho_uint(macho, 20, 4);
	if (which == 4 || macho->file.n < macho->header || macho->commands > macho->file.n - macho->header || *count > MOST_COMMANDS)
		return damaged(err, 0, "no header of Mach-O");
	return sb_macho_own(macho, (struct sb_region){.length = macho->header, .kind = SB_REGION_HEADER, .loaded = true, .name = "header", .tag = SB_MACHO_TAG_HEADER}, err);
}

int sb_macho_read(struct sb_view *view, struct sb_macho *macho, struct sb_err *err)
{
	uint64_t count = 0, at, end;
	int rc = read_header(macho, &count, err);

	at = macho->header;
	end = macho->header + macho->commands;
	for (uint64_t i = 0; !rc && i < count; i++) {
		uint64_t size = end - at >= HEAD ? sb_macho_uint(macho, at + 4, 4) : 0;
		if (size < HEAD || size > end - at || size % 4)
			return damaged(err, at, "a command that does not lie among the others");
		rc = take_command(view, macho, at, size, err);
		at += size;
	}
	if (!rc && at != end)
		rc = damaged(err, at, "commands that are longer than they are");
	return rc ? rc : sb_macho_own_signature(macho, err);
}
