/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the header, of commands and of symbols. */
#include "verifier/formats/macho/macho.h"

#include <string.h>

#define ROW(at_, length_, kind_, name_) {.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .name = (name_)}

static const struct sb_layout_row header_rows[] = {ROW(0, 4, MAGIC, "magic"), ROW(4, 4, VALUE, "cputype"), ROW(8, 4, VALUE, "cpusubtype"), ROW(12, 4, VALUE, "filetype"),
						   ROW(16, 4, SIZE, "ncmds"), ROW(20, 4, SIZE, "sizeofcmds"), ROW(24, 4, FLAGS, "flags"), ROW(28, 4, VALUE, "reserved")};
static const struct sb_layout_row segment_rows[] = {ROW(24, 8, ADDRESS, "vmaddr"), ROW(32, 8, SIZE, "vmsize"), ROW(40, 8, OFFSET, "fileoff"), ROW(48, 8, SIZE, "filesize"),
						    ROW(56, 4, FLAGS, "maxprot"), ROW(60, 4, FLAGS, "initprot"), ROW(64, 4, SIZE, "nsects"), ROW(68, 4, FLAGS, "flags")};
static const struct sb_layout_row narrow_rows[] = {ROW(24, 4, ADDRESS, "vmaddr"), ROW(28, 4, SIZE, "vmsize"), ROW(32, 4, OFFSET, "fileoff"), ROW(36, 4, SIZE, "filesize"),
						   ROW(40, 4, FLAGS, "maxprot"), ROW(44, 4, FLAGS, "initprot"), ROW(48, 4, SIZE, "nsects"), ROW(52, 4, FLAGS, "flags")};
static const struct sb_layout_row symtab_rows[] = {ROW(8, 4, OFFSET, "symoff"), ROW(12, 4, SIZE, "nsyms"), ROW(16, 4, OFFSET, "stroff"), ROW(20, 4, SIZE, "strsize")};
static const struct sb_layout_row dysymtab_rows[] = {ROW(8, 4, VALUE, "ilocalsym"), ROW(12, 4, SIZE, "nlocalsym"), ROW(16, 4, VALUE, "iextdefsym"), ROW(20, 4, SIZE, "nextdefsym"),
						     ROW(24, 4, VALUE, "iundefsym"), ROW(28, 4, SIZE, "nundefsym"), ROW(56, 4, OFFSET, "indirectsymoff"), ROW(60, 4, SIZE, "nindirectsyms")};
static const struct sb_layout_row dyld_rows[] = {ROW(8, 4, OFFSET, "rebase_off"), ROW(12, 4, SIZE, "rebase_size"), ROW(16, 4, OFFSET, "bind_off"), ROW(20, 4, SIZE, "bind_size"),
						 ROW(24, 4, OFFSET, "weak_bind_off"), ROW(28, 4, SIZE, "weak_bind_size"), ROW(32, 4, OFFSET, "lazy_bind_off"), ROW(36, 4, SIZE, "lazy_bind_size"),
						 ROW(40, 4, OFFSET, "export_off"), ROW(44, 4, SIZE, "export_size")};
static const struct sb_layout_row data_rows[] = {ROW(8, 4, OFFSET, "dataoff"), ROW(12, 4, SIZE, "datasize")};
static const struct sb_layout_row uuid_rows[] = {ROW(8, 16, IDENTIFIER, "uuid")};
static const struct sb_layout_row main_rows[] = {ROW(8, 8, OFFSET, "entryoff"), ROW(16, 8, SIZE, "stacksize")};
static const struct sb_layout_row version_rows[] = {ROW(8, 4, VALUE, "platform"), ROW(12, 4, VALUE, "minos"), ROW(16, 4, VALUE, "sdk"), ROW(20, 4, VALUE, "ntools")};

static const struct sb_layout_row *rows_of(uint64_t command, size_t *count)
{
#define ROWS(table) (*count = sizeof(table) / sizeof *(table), (table))
	switch (command) {
	case SB_MACHO_TAG_HEADER:
		return ROWS(header_rows);
	case SB_MACHO_SEGMENT:
		return ROWS(narrow_rows);
	case SB_MACHO_SEGMENT_64:
		return ROWS(segment_rows);
	case SB_MACHO_SYMTAB:
		return ROWS(symtab_rows);
	case SB_MACHO_DYSYMTAB:
		return ROWS(dysymtab_rows);
	case SB_MACHO_DYLD_INFO:
		return ROWS(dyld_rows);
	case SB_MACHO_UUID:
		return ROWS(uuid_rows);
	case SB_MACHO_MAIN:
		return ROWS(main_rows);
	case SB_MACHO_BUILD_VERSION:
		return ROWS(version_rows);
	case SB_MACHO_CODE_SIGNATURE:
	case SB_MACHO_SPLIT_INFO:
	case SB_MACHO_FUNCTION_STARTS:
	case SB_MACHO_DATA_IN_CODE:
	case SB_MACHO_REQUIREMENTS:
	case SB_MACHO_HINTS:
	case SB_MACHO_EXPORTS:
	case SB_MACHO_FIXUPS:
		return ROWS(data_rows);
	}
#undef ROWS
	*count = 0;
	return NULL;
}

const char *sb_macho_command_name(uint64_t command)
{
	static const char *const names[SB_MACHO_KINDS] = {
		[SB_MACHO_SEGMENT] = "LC_SEGMENT", [SB_MACHO_SYMTAB] = "LC_SYMTAB", [SB_MACHO_DYSYMTAB] = "LC_DYSYMTAB", [SB_MACHO_LOAD_DYLIB] = "LC_LOAD_DYLIB",
		[SB_MACHO_ID_DYLIB] = "LC_ID_DYLIB", [SB_MACHO_DYLINKER] = "LC_LOAD_DYLINKER", [SB_MACHO_SEGMENT_64] = "LC_SEGMENT_64", [SB_MACHO_UUID] = "LC_UUID",
		[SB_MACHO_RPATH] = "LC_RPATH", [SB_MACHO_CODE_SIGNATURE] = "LC_CODE_SIGNATURE", [SB_MACHO_SPLIT_INFO] = "LC_SEGMENT_SPLIT_INFO", [SB_MACHO_DYLD_INFO] = "LC_DYLD_INFO",
		[SB_MACHO_FUNCTION_STARTS] = "LC_FUNCTION_STARTS", [SB_MACHO_MAIN] = "LC_MAIN", [SB_MACHO_DATA_IN_CODE] = "LC_DATA_IN_CODE", [SB_MACHO_SOURCE_VERSION] = "LC_SOURCE_VERSION",
		[SB_MACHO_REQUIREMENTS] = "LC_DYLIB_CODE_SIGN_DRS", [SB_MACHO_HINTS] = "LC_LINKER_OPTIMIZATION_HINT", [SB_MACHO_BUILD_VERSION] = "LC_BUILD_VERSION",
		[SB_MACHO_EXPORTS] = "LC_DYLD_EXPORTS_TRIE", [SB_MACHO_FIXUPS] = "LC_DYLD_CHAINED_FIXUPS",
	};
	return command < SB_MACHO_KINDS ? names[command] : NULL;
}

static int emit_field(struct sb_view *view, uint64_t at, uint64_t length, enum sb_field_kind kind, const char *name, struct sb_err *err)
{
	const struct sb_field field = {.offset = at, .length = length, .kind = kind, .encoding = SB_ENC_RAW, .name = name};
	return length == 0 ? 0 : name ? sb_emit_field(view, &field, err) : sb_no_memory(err);
}

/* Known fields; what lies between and behind them is a value with the rest of what the command says: versions, paths of libraries, sections. */
static int describe_command(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_macho *macho = view->own;
	size_t count;
	const struct sb_layout_row *rows = rows_of(region->tag, &count);
	uint64_t at = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < count && (uint64_t)rows[i].at + rows[i].length <= region->length; i++) {
		rc = emit_field(view, region->offset + at, rows[i].at - at, SB_FIELD_VALUE, at ? "more" : "command", err);
		at = (uint64_t)rows[i].at + rows[i].length;
		const struct sb_field field = {.offset = region->offset + rows[i].at, .length = rows[i].length, .kind = rows[i].kind, .name = rows[i].name, .encoding = macho->be ? SB_ENC_BE : SB_ENC_LE};
		if (!rc)
			rc = sb_emit_field(view, &field, err);
	}
	return rc ? rc : emit_field(view, region->offset + at, region->length - at, SB_FIELD_VALUE, at ? "rest" : "command", err);
}

struct sb_span sb_macho_symbol_name(const struct sb_macho *macho, uint64_t at)
{
	uint64_t text = sb_macho_uint(macho, at, 4);
	struct sb_span rest;

	if (text >= macho->strings_size || !sb_span_cut(macho->file, macho->strings + text, macho->strings_size - text, &rest))
		return sb_span_text("");
	return sb_span_of(rest.p, strnlen((const char *)rest.p, rest.n));
}

static int describe_symbols(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_macho *macho = view->own;
	unsigned each = macho->wide ? 16 : 12;
	int rc = 0;

	for (uint64_t at = region->offset; !rc && at + each <= region->offset + region->length; at += each) {
		const char *name = sb_arena_copy(view->arena, sb_macho_symbol_name(macho, at));
		rc = name ? emit_field(view, at, each, SB_FIELD_VALUE, sb_arena_printf(view->arena, "symbol %s", name), err) : sb_no_memory(err);
	}
	return rc;
}

int sb_macho_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == SB_MACHO_TAG_NONE || region->tag > SB_MACHO_TAG_SYMBOLS)
		return 0;
	return region->tag == SB_MACHO_TAG_SYMBOLS ? describe_symbols(view, region, err) : describe_command(view, region, err);
}
