/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of headers, of section rows, and of the directories that sections hold. */
#include "verifier/formats/pe/pe.h"

#include <string.h>

enum { DEBUG_ENTRY = 28, CODEVIEW = 2, RSDS = 24, MOST_ENTRIES = 64, SIZE_OF_CODE = 4, SIZE_OF_DATA = 8 };

#define ROW(at_, length_, kind_, name_) {.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_LE, .name = (name_)}

/* winnt.h, IMAGE_DOS_HEADER. */
static const struct sb_layout_row dos[] = {
	ROW(0, 2, MAGIC, "e_magic"), ROW(2, 2, VALUE, "e_cblp"), ROW(4, 2, VALUE, "e_cp"), ROW(6, 54, VALUE, "e_crlc to e_res2"), ROW(60, 4, OFFSET, "e_lfanew"),
};
/* "COFF File Header". */
static const struct sb_layout_row coff[] = {
	ROW(0, 4, MAGIC, "signature"),          ROW(4, 2, VALUE, "Machine"),         ROW(6, 2, SIZE, "NumberOfSections"), ROW(8, 4, TIME, "TimeDateStamp"),
	ROW(12, 4, OFFSET, "PointerToSymbolTable"), ROW(16, 4, SIZE, "NumberOfSymbols"), ROW(20, 2, SIZE, "SizeOfOptionalHeader"),
	ROW(22, 2, FLAGS, "Characteristics"),
};
/* "Optional Header Standard Fields" and "Windows-Specific Fields". */
static const struct sb_layout_row standard[] = {
	ROW(0, 2, MAGIC, "Magic"), ROW(2, 1, VALUE, "MajorLinkerVersion"), ROW(3, 1, VALUE, "MinorLinkerVersion"),
	ROW(12, 4, SIZE, "SizeOfUninitializedData"), ROW(16, 4, ADDRESS, "AddressOfEntryPoint"), ROW(20, 4, ADDRESS, "BaseOfCode"),
};
static const struct sb_layout_row narrow_base[] = {ROW(24, 4, ADDRESS, "BaseOfData"), ROW(28, 4, ADDRESS, "ImageBase")};
static const struct sb_layout_row wide_base[] = {ROW(24, 8, ADDRESS, "ImageBase")};
static const struct sb_layout_row windows[] = {
	ROW(32, 4, VALUE, "SectionAlignment"), ROW(36, 4, VALUE, "FileAlignment"), ROW(40, 4, VALUE, "OperatingSystemVersion"), ROW(44, 4, VALUE, "ImageVersion"),
	ROW(48, 4, VALUE, "SubsystemVersion"), ROW(52, 4, VALUE, "Win32VersionValue"), ROW(56, 4, SIZE, "SizeOfImage"), ROW(60, 4, SIZE, "SizeOfHeaders"),
	ROW(68, 2, VALUE, "Subsystem"), ROW(70, 2, FLAGS, "DllCharacteristics"),
};
static const struct sb_layout_row narrow_stack[] = {
	ROW(72, 4, SIZE, "SizeOfStackReserve"), ROW(76, 4, SIZE, "SizeOfStackCommit"), ROW(80, 4, SIZE, "SizeOfHeapReserve"), ROW(84, 4, SIZE, "SizeOfHeapCommit"),
	ROW(88, 4, VALUE, "LoaderFlags"), ROW(92, 4, SIZE, "NumberOfRvaAndSizes"),
};
static const struct sb_layout_row wide_stack[] = {
	ROW(72, 8, SIZE, "SizeOfStackReserve"), ROW(80, 8, SIZE, "SizeOfStackCommit"), ROW(88, 8, SIZE, "SizeOfHeapReserve"), ROW(96, 8, SIZE, "SizeOfHeapCommit"),
	ROW(104, 4, VALUE, "LoaderFlags"), ROW(108, 4, SIZE, "NumberOfRvaAndSizes"),
};
/* "Section Table". */
static const struct sb_layout_row section[] = {
	ROW(0, 8, NAME, "Name"), ROW(8, 4, SIZE, "VirtualSize"), ROW(12, 4, ADDRESS, "VirtualAddress"), ROW(16, 4, SIZE, "SizeOfRawData"),
	ROW(20, 4, OFFSET, "PointerToRawData"), ROW(24, 4, OFFSET, "PointerToRelocations"), ROW(28, 4, OFFSET, "PointerToLinenumbers"), ROW(32, 2, SIZE, "NumberOfRelocations"),
	ROW(34, 2, SIZE, "NumberOfLinenumbers"), ROW(36, 4, FLAGS, "Characteristics"),
};
/* "Debug Directory", "The .edata Section" and "The .rsrc Section". */
static const struct sb_layout_row debug[] = {
	ROW(0, 4, VALUE, "Characteristics"), ROW(4, 4, TIME, "TimeDateStamp"), ROW(8, 4, VALUE, "Version"), ROW(12, 4, VALUE, "Type"), ROW(16, 4, SIZE, "SizeOfData"),
	ROW(20, 4, ADDRESS, "AddressOfRawData"), ROW(24, 4, OFFSET, "PointerToRawData"),
};
static const struct sb_layout_row exports[] = {
	ROW(0, 4, FLAGS, "export flags"), ROW(4, 4, TIME, "export TimeDateStamp"), ROW(8, 4, VALUE, "export version"), ROW(12, 4, ADDRESS, "export name"),
	ROW(16, 4, VALUE, "ordinal base"), ROW(20, 4, SIZE, "export addresses"), ROW(24, 4, SIZE, "export names"), ROW(28, 4, ADDRESS, "export address table"),
	ROW(32, 4, ADDRESS, "export name table"), ROW(36, 4, ADDRESS, "export ordinal table"),
};
static const struct sb_layout_row resources[] = {ROW(0, 4, FLAGS, "resource characteristics"), ROW(4, 4, TIME, "resource TimeDateStamp"), ROW(8, 4, VALUE, "resource version")};

/* Records of a damaged image may share bytes: then the first has them. */
static bool is_free(const struct sb_view *view, uint64_t at, uint64_t length)
{
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		if (at < field->offset + field->length && field->offset < at + length)
			return false;
	}
	return true;
}

/* The rows of a record at @at, each behind @prefix; nothing when the record is not all in the region. */
static int emit_record(struct sb_view *view, const struct sb_region *region, uint64_t at, const struct sb_layout_row *rows, size_t count, const char *prefix,
                       struct sb_err *err)
{
	uint64_t last = rows[count - 1].at + (uint64_t)rows[count - 1].length;
	int rc = 0;

	if (at < region->offset || at - region->offset > region->length || region->length - (at - region->offset) < last)
		return 0;
	for (size_t i = 0; !rc && i < count; i++) {
		struct sb_field field = {.offset = at + rows[i].at, .length = rows[i].length, .kind = rows[i].kind, .encoding = rows[i].encoding, .name = rows[i].name};
		if (*prefix)
			field.name = sb_arena_printf(view->arena, "%s %s", prefix, rows[i].name);
		rc = field.name ? sb_emit_field(view, &field, err) : sb_no_memory(err);
	}
	return rc;
}

/* The same for a record that something in the file leads to. */
static int emit_led_to(struct sb_view *view, const struct sb_region *region, uint64_t at, const struct sb_layout_row *rows, size_t count, const char *prefix,
                       struct sb_err *err)
{
	return is_free(view, at, rows[count - 1].at + (uint64_t)rows[count - 1].length) ? emit_record(view, region, at, rows, count, prefix, err) : 0;
}

static int describe_directories(struct sb_view *view, const struct sb_pe *pe, struct sb_err *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < pe->directory_count; i++) {
		struct sb_field at = {.offset = pe->directories + 8 * i, .length = 4, .kind = i == SB_PE_CERTIFICATE ? SB_FIELD_OFFSET : SB_FIELD_ADDRESS, .encoding = SB_ENC_LE,
		                      .name = sb_arena_printf(view->arena, "%s directory", sb_pe_directory_name(i))};
		struct sb_field size = {.offset = at.offset + 4, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE,
		                        .name = sb_arena_printf(view->arena, "%s directory size", sb_pe_directory_name(i))};
		rc = at.name && size.name ? sb_emit_field(view, &at, err) : sb_no_memory(err);
		if (!rc)
			rc = sb_emit_field(view, &size, err);
	}
	return rc;
}

/* GNU ld leaves out what only a debugger reads. */
static bool is_counted(const struct sb_pe_section *of, uint32_t flag)
{
	return (of->characteristics & flag) && of->size && strncmp(of->name, ".debug", 6) != 0;
}

/* What the sections of one kind hold together. */
static int describe_sum_of_sections(struct sb_view *view, const struct sb_pe *pe, uint64_t at, const char *name, uint32_t flag, struct sb_err *err)
{
	struct sb_range *pieces = sb_arena_array(view->arena, pe->section_count + 1, sizeof *pieces);
	uint32_t count = 0;

	if (!pieces)
		return sb_no_memory(err);
	for (size_t i = 0; i < pe->section_count; i++)
		if (is_counted(&pe->sections[i], flag))
			pieces[count++] = (struct sb_range){pe->sections[i].offset, pe->sections[i].size};
	const struct sb_field sum = {.offset = at, .length = 4, .kind = count ? SB_FIELD_DERIVED : SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = name,
	                             .derived = {.algorithm = SB_DERIVE_LENGTH, .pieces = pieces, .piece_count = count}};
	return sb_emit_field(view, &sum, err);
}

static int describe_optional(struct sb_view *view, const struct sb_region *region, const struct sb_pe *pe, struct sb_err *err)
{
	const struct sb_field sum = {.offset = pe->checksum, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "CheckSum",
	                             .derived = {.algorithm = SB_DERIVE_PE_SUM, .over_length = view->file.n}};
	int rc = emit_record(view, region, region->offset, SB_ROWS(standard), "", err);

	if (!rc)
		rc = describe_sum_of_sections(view, pe, region->offset + SIZE_OF_CODE, "SizeOfCode", SB_PE_CODE, err);
	if (!rc)
		rc = describe_sum_of_sections(view, pe, region->offset + SIZE_OF_DATA, "SizeOfInitializedData", SB_PE_INITIALIZED, err);
	if (!rc)
		rc = pe->wide ? emit_record(view, region, region->offset, SB_ROWS(wide_base), "", err) : emit_record(view, region, region->offset, SB_ROWS(narrow_base), "", err);
	if (!rc)
		rc = emit_record(view, region, region->offset, SB_ROWS(windows), "", err);
	if (!rc)
		rc = sb_emit_field(view, &sum, err);
	if (!rc)
		rc = pe->wide ? emit_record(view, region, region->offset, SB_ROWS(wide_stack), "", err) : emit_record(view, region, region->offset, SB_ROWS(narrow_stack), "", err);
	return rc ? rc : describe_directories(view, pe, err);
}

static int describe_table(struct sb_view *view, const struct sb_region *region, const struct sb_pe *pe, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < pe->section_count; i++)
		rc = emit_record(view, region, region->offset + i * SB_PE_SECTION, SB_ROWS(section), pe->sections[i].name, err);
	return rc;
}

/* CodeView of PDB 7.0: "RSDS", the identity of the symbols that belong to this build, how often they were written, where they were put. */
static int describe_codeview(struct sb_view *view, const struct sb_region *region, uint64_t at, uint64_t size, struct sb_err *err)
{
	static const struct sb_layout_row rows[] = {ROW(0, 4, MAGIC, "CodeView signature"), {.at = 4, .length = 16, .kind = SB_FIELD_IDENTIFIER, .name = "PDB GUID"}, ROW(20, 4, VALUE, "PDB age")};
	struct sb_field path = {.offset = at + RSDS, .length = size - RSDS, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_TEXT, .name = "PDB path"};

	if (size <= RSDS || size > 4096 || at < region->offset || at - region->offset > region->length || size > region->length - (at - region->offset) ||
	    !sb_magic(view->file, at, "RSDS", 4) || !is_free(view, at, size))
		return 0;
	int rc = emit_record(view, region, at, SB_ROWS(rows), "", err);
	return rc ? rc : sb_emit_field(view, &path, err);
}

static int describe_debug(struct sb_view *view, const struct sb_region *region, const struct sb_pe *pe, struct sb_err *err)
{
	const struct sb_pe_range *range = &pe->directory[SB_PE_DEBUG];
	uint64_t at, count = range->size / DEBUG_ENTRY;
	struct sb_rd rd = sb_rd_of(view->file, false);
	int rc = 0;

	if (range->size == 0 || !sb_pe_offset(pe, range->at, range->size, &at))
		return 0;
	for (uint64_t i = 0; !rc && i < count && i < MOST_ENTRIES; i++, at += DEBUG_ENTRY) {
		char prefix[16];
		snprintf(prefix, sizeof prefix, "debug %u", (unsigned)i);
		rc = emit_led_to(view, region, at, SB_ROWS(debug), prefix, err);
		sb_rd_seek(&rd, at + 12);
		uint64_t type = sb_rd_uint(&rd, 4), size = sb_rd_uint(&rd, 4);
		sb_rd_bytes(&rd, 4);
		uint64_t data = sb_rd_uint(&rd, 4);
		if (!rc && type == CODEVIEW && !rd.bad)
			rc = describe_codeview(view, region, data, size, err);
	}
	return rc;
}

static int describe_section(struct sb_view *view, const struct sb_region *region, const struct sb_pe *pe, struct sb_err *err)
{
	uint64_t at;
	int rc = 0;

	if (pe->directory[SB_PE_EXPORT].size >= 40 && sb_pe_offset(pe, pe->directory[SB_PE_EXPORT].at, 40, &at))
		rc = emit_led_to(view, region, at, SB_ROWS(exports), "", err);
	if (!rc && pe->directory[SB_PE_RESOURCE].size >= 16 && sb_pe_offset(pe, pe->directory[SB_PE_RESOURCE].at, 16, &at))
		rc = emit_led_to(view, region, at, SB_ROWS(resources), "", err);
	return rc ? rc : describe_debug(view, region, pe, err);
}

int sb_pe_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_pe *pe = view->own;

	switch ((enum sb_pe_tag)region->tag) {
	case SB_PE_TAG_NONE:
	case SB_PE_TAG_CERTIFICATES:
		return 0;
	case SB_PE_TAG_DOS:
		return emit_record(view, region, 0, SB_ROWS(dos), "", err);
	case SB_PE_TAG_COFF:
		return emit_record(view, region, region->offset, SB_ROWS(coff), "", err);
	case SB_PE_TAG_OPTIONAL:
		return describe_optional(view, region, pe, err);
	case SB_PE_TAG_TABLE:
		return describe_table(view, region, pe, err);
	case SB_PE_TAG_SECTION:
		break;
	}
	return describe_section(view, region, pe, err);
}
