/* SPDX-License-Identifier: Apache-2.0 */
/* Typed fields of the small tables. Symbols and relocations get names by sb_elf_locate instead: there may be millions. */
#include "verifier/formats/elf/elf.h"

#include <string.h>

enum { MOST_SLOTS = 65536 };

/** A column of a table: widths of the 32-bit and the 64-bit class. */
struct column {
	const char *name;
	uint8_t width32, width64;
	enum sb_field_kind kind;
};

static const struct column header_columns[] = {
	{"e_ident", 16, 16, SB_FIELD_MAGIC},    {"e_type", 2, 2, SB_FIELD_VALUE},     {"e_machine", 2, 2, SB_FIELD_VALUE},
	{"e_version", 4, 4, SB_FIELD_VALUE},    {"e_entry", 4, 8, SB_FIELD_ADDRESS},  {"e_phoff", 4, 8, SB_FIELD_OFFSET},
	{"e_shoff", 4, 8, SB_FIELD_OFFSET},     {"e_flags", 4, 4, SB_FIELD_FLAGS},    {"e_ehsize", 2, 2, SB_FIELD_SIZE},
	{"e_phentsize", 2, 2, SB_FIELD_SIZE},   {"e_phnum", 2, 2, SB_FIELD_VALUE},    {"e_shentsize", 2, 2, SB_FIELD_SIZE},
	{"e_shnum", 2, 2, SB_FIELD_VALUE},      {"e_shstrndx", 2, 2, SB_FIELD_VALUE},
};

static const struct column segment64[] = {
	{"p_type", 0, 4, SB_FIELD_VALUE},    {"p_flags", 0, 4, SB_FIELD_FLAGS},  {"p_offset", 0, 8, SB_FIELD_OFFSET}, {"p_vaddr", 0, 8, SB_FIELD_ADDRESS},
	{"p_paddr", 0, 8, SB_FIELD_ADDRESS}, {"p_filesz", 0, 8, SB_FIELD_SIZE},  {"p_memsz", 0, 8, SB_FIELD_SIZE},    {"p_align", 0, 8, SB_FIELD_VALUE},
};

static const struct column segment32[] = {
	{"p_type", 4, 0, SB_FIELD_VALUE},  {"p_offset", 4, 0, SB_FIELD_OFFSET}, {"p_vaddr", 4, 0, SB_FIELD_ADDRESS}, {"p_paddr", 4, 0, SB_FIELD_ADDRESS},
	{"p_filesz", 4, 0, SB_FIELD_SIZE}, {"p_memsz", 4, 0, SB_FIELD_SIZE},    {"p_flags", 4, 0, SB_FIELD_FLAGS},   {"p_align", 4, 0, SB_FIELD_VALUE},
};

static const struct column section_columns[] = {
	{"sh_name", 4, 4, SB_FIELD_OFFSET},   {"sh_type", 4, 4, SB_FIELD_VALUE}, {"sh_flags", 4, 8, SB_FIELD_FLAGS}, {"sh_addr", 4, 8, SB_FIELD_ADDRESS},
	{"sh_offset", 4, 8, SB_FIELD_OFFSET}, {"sh_size", 4, 8, SB_FIELD_SIZE},  {"sh_link", 4, 4, SB_FIELD_VALUE},  {"sh_info", 4, 4, SB_FIELD_VALUE},
	{"sh_addralign", 4, 8, SB_FIELD_VALUE}, {"sh_entsize", 4, 8, SB_FIELD_SIZE},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* One row; *at moves behind it. Columns that the region does not hold (an overlap cut it) are left untyped. */
static int describe_row(struct sb_view *view, const struct sb_region *region, const struct column *columns, size_t count, const char *row,
                        uint64_t *at, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++) {
		uint64_t width = elf->is64 ? columns[i].width64 : columns[i].width32;
		const char *name = row ? sb_arena_printf(view->arena, "%s %s", row, columns[i].name) : columns[i].name;
		if (!name)
			return no_memory(err);
		if (*at >= region->offset && *at + width <= region->offset + region->length)
			rc = sb_emit_field(view,
			                   &(struct sb_field){.offset = *at, .length = width, .kind = columns[i].kind,
			                                      .encoding = elf->be ? SB_ENC_BE : SB_ENC_LE, .name = name},
			                   err);
		*at += width;
	}
	return rc;
}

static int describe_segments(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	uint64_t at = elf->phoff;
	int rc = 0;

	for (size_t i = 0; !rc && i < elf->segment_count; i++) {
		char *row = sb_arena_printf(view->arena, "segment %zu", i);
		if (!row)
			return no_memory(err);
		rc = elf->is64 ? describe_row(view, region, segment64, COUNT(segment64), row, &at, err)
		               : describe_row(view, region, segment32, COUNT(segment32), row, &at, err);
	}
	return rc;
}

static int describe_sections(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	uint64_t at = elf->shoff;
	int rc = 0;

	for (size_t i = 0; !rc && i < elf->section_count; i++) {
		char *row = sb_arena_printf(view->arena, "section %s", elf->sections[i].name);
		if (!row)
			return no_memory(err);
		rc = describe_row(view, region, section_columns, COUNT(section_columns), row, &at, err);
	}
	return rc;
}

static int emit_note(struct sb_view *view, struct sb_span owner, struct sb_span desc, uint32_t type, struct sb_err *err)
{
	bool id = type == SB_NT_GNU_BUILD_ID && owner.n == 4 && memcmp(owner.p, "GNU", 4) == 0 && desc.n >= 8;
	uint64_t at = desc.n ? (uint64_t)(desc.p - view->file.p) : 0;
	const char *name = id ? "build-id" : sb_arena_printf(view->arena, "note type %u", type);

	if (!name)
		return no_memory(err);
	if (desc.n == 0)
		return 0;
	return sb_emit_field(view, &(struct sb_field){.offset = at, .length = desc.n, .kind = id ? SB_FIELD_IDENTIFIER : SB_FIELD_VALUE, .name = name},
	                     err);
}

/* gABI "Note Section"; descriptors are aligned to 4 bytes, property notes of 64-bit files to 8. */
static int describe_notes(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	size_t align = elf->is64 && region->tag < elf->section_count && elf->sections[region->tag].align == 8 ? 8 : 4;
	struct sb_rd rd = sb_rd_of(sb_span_of(view->file.p + region->offset, region->length), elf->be);
	int rc = 0;

	while (!rc && rd.in.n - rd.at >= 12) {
		uint64_t owner_size = sb_rd_uint(&rd, 4), size = sb_rd_uint(&rd, 4);
		uint32_t type = (uint32_t)sb_rd_uint(&rd, 4);
		struct sb_span owner = sb_rd_bytes(&rd, owner_size);
		if (!rd.bad)
			sb_rd_seek(&rd, (rd.at + align - 1) / align * align);
		struct sb_span desc = sb_rd_bytes(&rd, size);
		if (rd.bad)
			break;
		rc = emit_note(view, owner, desc, type, err);
		size_t next = (rd.at + align - 1) / align * align;
		rd.at = next < rd.in.n ? next : rd.in.n;
	}
	return rc;
}

static int describe_dynamic(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	unsigned word = elf->is64 ? 8 : 4;
	struct sb_rd rd = sb_rd_of(sb_span_of(view->file.p + region->offset, region->length), elf->be);
	int rc = 0;

	while (!rc && rd.in.n - rd.at >= 2 * (size_t)word) {
		uint64_t at = region->offset + rd.at, tag = sb_rd_uint(&rd, word);
		sb_rd_uint(&rd, word);
		char *name = sb_arena_printf(view->arena, "DT_%s", sb_elf_dynamic_name(tag));
		if (!name)
			return no_memory(err);
		rc = sb_emit_field(view, &(struct sb_field){.offset = at, .length = 2 * (uint64_t)word, .kind = SB_FIELD_VALUE,
		                                            .encoding = elf->be ? SB_ENC_BE : SB_ENC_LE, .name = name}, err);
	}
	return rc;
}

/* File name, NUL, fill to 4 bytes, CRC of the separate debug file (GDB manual, "Separate Debug Files"). */
static int describe_debuglink(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	struct sb_rd rd = sb_rd_of(sb_span_of(view->file.p + region->offset, region->length), elf->be);
	struct sb_span name = sb_rd_cstring(&rd);

	if (rd.bad || region->length < 8 || region->length % 4 || rd.at > region->length - 4)
		return 0; /* not of the documented shape: its bytes stay content */
	struct sb_field fields[] = {
		{.offset = region->offset, .length = name.n + 1, .kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "debuglink-name"},
		{.offset = region->offset + rd.at, .length = region->length - 4 - rd.at, .kind = SB_FIELD_PADDING, .name = "debuglink-padding"},
		{.offset = region->offset + region->length - 4, .length = 4, .kind = SB_FIELD_IDENTIFIER, .encoding = elf->be ? SB_ENC_BE : SB_ENC_LE,
		 .name = "debuglink-crc"},
	};
	int rc = 0;
	for (size_t i = 0; !rc && i < COUNT(fields); i++)
		if (fields[i].length)
			rc = sb_emit_field(view, &fields[i], err);
	return rc;
}

/* File name, NUL, build-id of the shared debug file (dwz(1)). */
static int describe_debugaltlink(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(view->file.p + region->offset, region->length), false);
	struct sb_span name = sb_rd_cstring(&rd);

	if (rd.bad || rd.at == region->length)
		return 0;
	int rc = sb_emit_field(view, &(struct sb_field){.offset = region->offset, .length = name.n + 1, .kind = SB_FIELD_NAME, .name = "debugaltlink-name"},
	                       err);
	return rc ? rc
	          : sb_emit_field(view, &(struct sb_field){.offset = region->offset + rd.at, .length = region->length - rd.at,
	                                                   .kind = SB_FIELD_IDENTIFIER, .name = "debugaltlink-id"}, err);
}

/* Pointers to functions that run before main and after it, one a word. */
static int describe_slots(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	uint64_t word = sb_elf_word(elf), count = region->length / word;
	int rc = 0;

	for (uint64_t i = 0; !rc && i < count && i < MOST_SLOTS; i++) {
		char *name = sb_arena_printf(view->arena, "slot %llu", (unsigned long long)i);
		if (!name)
			return no_memory(err);
		rc = sb_emit_field(view, &(struct sb_field){.offset = region->offset + i * word, .length = word, .kind = SB_FIELD_ADDRESS,
		                                            .encoding = elf->be ? SB_ENC_BE : SB_ENC_LE, .name = name}, err);
	}
	return rc;
}

/* PKCS#7 message, struct module_signature, magic: linux/module_signature.h. */
static int describe_signature(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	static const struct {
		uint64_t length; /* 0: all that the others leave */
		enum sb_field_kind kind;
		enum sb_encoding encoding;
		const char *name;
	} rows[] = {{0, SB_FIELD_VALUE, SB_ENC_RAW, "pkcs7"},       {1, SB_FIELD_VALUE, SB_ENC_BE, "algo"},
	            {1, SB_FIELD_VALUE, SB_ENC_BE, "hash"},         {1, SB_FIELD_VALUE, SB_ENC_BE, "id_type"},
	            {1, SB_FIELD_SIZE, SB_ENC_BE, "signer_len"},    {1, SB_FIELD_SIZE, SB_ENC_BE, "key_id_len"},
	            {3, SB_FIELD_PADDING, SB_ENC_RAW, "__pad"},     {4, SB_FIELD_SIZE, SB_ENC_BE, "sig_len"},
	            {28, SB_FIELD_MAGIC, SB_ENC_TEXT, "magic"}};
	uint64_t at = region->offset;
	int rc = 0;

	for (size_t i = 0; !rc && i < COUNT(rows); i++) {
		uint64_t length = rows[i].length ? rows[i].length : region->length - 40;
		rc = sb_emit_field(view, &(struct sb_field){.offset = at, .length = length, .kind = rows[i].kind, .encoding = rows[i].encoding,
		                                            .name = rows[i].name}, err);
		at += length;
	}
	return rc;
}

static bool is_array(uint32_t type)
{
	return type == SB_SHT_INIT_ARRAY || type == SB_SHT_FINI_ARRAY || type == SB_SHT_PREINIT_ARRAY;
}

static int describe_section(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	if (region->tag >= elf->section_count)
		return 0;
	const struct sb_elf_section *section = &elf->sections[region->tag];

	if (section->offset != region->offset || section->size != region->length)
		return 0; /* an overlap cut it: what is left has no shape of its own */
	if (section->type == SB_SHT_NOTE)
		return describe_notes(view, region, err);
	if (section->type == SB_SHT_DYNAMIC)
		return describe_dynamic(view, region, err);
	if (is_array(section->type))
		return describe_slots(view, region, err);
	if (strcmp(section->name, ".gnu_debuglink") == 0)
		return describe_debuglink(view, region, err);
	if (strcmp(section->name, ".gnu_debugaltlink") == 0)
		return describe_debugaltlink(view, region, err);
	return 0;
}

int sb_elf_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	uint64_t start = 0;

	switch (region->tag) {
	case SB_ELF_TAG_HEADER:
		return describe_row(view, region, header_columns, COUNT(header_columns), NULL, &start, err);
	case SB_ELF_TAG_SEGMENTS:
		return describe_segments(view, region, err);
	case SB_ELF_TAG_SECTIONS:
		return describe_sections(view, region, err);
	case SB_ELF_TAG_SIGNATURE:
		return describe_signature(view, region, err);
	case SB_ELF_TAG_SEGMENT:
		return strcmp(region->name, "PT_NOTE") == 0      ? describe_notes(view, region, err)
		       : strcmp(region->name, "PT_DYNAMIC") == 0 ? describe_dynamic(view, region, err)
		                                                 : 0;
	default:
		return describe_section(view, region, err);
	}
}
