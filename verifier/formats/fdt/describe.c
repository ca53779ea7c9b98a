/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of header, nodes and properties, and the rows of both formats. */
#include "verifier/formats/fdt/fdt.h"

#include <string.h>

/** Members of the header: a place in the file, a size of a block, or a value. */
struct header_row {
	uint16_t at;
	const char *name;
	enum { VALUE = 0, PLACE, SIZE } meaning;
	uint64_t offset, length; /* what lies there */
};

static int describe_header(struct sb_view *view, const struct sb_fdt *fdt, struct sb_err *err)
{
	const struct header_row rows[] = {
		{0, "magic", VALUE, 0, 0},
		{4, "totalsize", SIZE, 0, fdt->total},
		{8, "off_dt_struct", PLACE, fdt->structure, 0},
		{12, "off_dt_strings", PLACE, fdt->strings, 0},
		{16, "off_mem_rsvmap", PLACE, fdt->reservations, 0},
		{20, "version", VALUE, 0, 0},
		{24, "last_comp_version", VALUE, 0, 0},
		{28, "boot_cpuid_phys", VALUE, 0, 0},
		{32, "size_dt_strings", SIZE, fdt->strings, fdt->strings_size},
		{36, "size_dt_struct", fdt->structure + fdt->structure_size == fdt->structure_end ? SIZE : VALUE, fdt->structure, fdt->structure_size},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof rows / sizeof *rows; i++) {
		struct sb_field field = {.offset = rows[i].at, .length = 4, .encoding = SB_ENC_BE, .name = rows[i].name};
		if (rows[i].at >= fdt->header)
			break;
		if (rows[i].meaning != VALUE) {
			field.kind = SB_FIELD_DERIVED;
			field.derived = (struct sb_derivation){.algorithm = rows[i].meaning == SIZE ? SB_DERIVE_LENGTH : SB_DERIVE_POSITION,
			                                       .over_offset = rows[i].offset, .over_length = rows[i].length};
		}
		rc = sb_emit_field(view, &field, err);
	}
	return rc;
}

static int describe_reservations(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc = 0;

	for (uint64_t at = 0; !rc && at < region->length; at += 8) {
		struct sb_field field = {.offset = region->offset + at, .length = 8, .encoding = SB_ENC_BE, .kind = SB_FIELD_ADDRESS, .name = at % 16 ? "size" : "address"};
		rc = sb_emit_field(view, &field, err);
	}
	return rc;
}

static int describe_node(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field token = {.offset = region->offset, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_BE, .name = "token"};
	struct sb_field name = {.offset = region->offset + 4, .length = region->length - 4, .kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "name"};
	int rc = sb_emit_field(view, &token, err);
	return rc ? rc : sb_emit_field(view, &name, err);
}

/* A text, a number, or bytes; then what it means in a FIT. */
static struct sb_field value_of(const struct sb_view *view, const struct sb_fdt *fdt, const struct sb_fdt_property *property)
{
	struct sb_field value = {.offset = sb_fdt_value_at(property), .length = property->length, .name = "value"};

	if (sb_fdt_text(view->file, property).n)
		value.encoding = SB_ENC_TEXT;
	else if (property->length == 4 || property->length == 8)
		value.encoding = SB_ENC_BE;
	if (!sb_fdt_hash(view, fdt, property, &value))
		sb_fdt_meaning(view, fdt, property, &value);
	return value;
}

static int describe_property(struct sb_view *view, const struct sb_fdt *fdt, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_fdt_property *property = &fdt->properties[region->tag - SB_FDT_TAG_PROPERTY];
	bool data = region->length == 12 && property->length;
	struct sb_field fields[] = {
		{.offset = property->at, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_BE, .name = "token"},
		{.offset = property->at + 4, .length = 4, .kind = data ? SB_FIELD_SIZE : SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "length"},
		{.offset = property->at + 8, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = "name offset",
		 .derived = {.algorithm = SB_DERIVE_POSITION, .over_offset = fdt->strings + property->name_offset, .base = fdt->strings}},
		value_of(view, fdt, property),
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < 3u + !data; i++)
		if (fields[i].length)
			rc = sb_emit_field(view, &fields[i], err);
	return rc;
}

int sb_fdt_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_fdt *fdt = view->own;

	switch (region->tag) {
	case SB_FDT_TAG_NONE:
		return 0;
	case SB_FDT_TAG_HEADER:
		return describe_header(view, fdt, err);
	case SB_FDT_TAG_RESERVATIONS:
		return describe_reservations(view, region, err);
	case SB_FDT_TAG_NODE:
		return describe_node(view, region, err);
	default:
		return describe_property(view, fdt, region, err);
	}
}

static int open_tree(struct sb_view *view, bool fit, struct sb_err *err)
{
	struct sb_fdt *fdt = sb_arena_alloc(view->arena, sizeof *fdt);
	int rc = fdt ? sb_fdt_read(view, fdt, err) : sb_no_memory(err);

	if (rc)
		return rc;
	fdt->fit = fit;
	view->own = fdt;
	if (fit)
		rc = sb_fdt_find_images(view, fdt, err);
	return rc ? rc : sb_fdt_emit(view, fdt, err);
}

static int open_dtb(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return open_tree(view, false, err);
}

static int open_fit(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return open_tree(view, true, err);
}

static unsigned probe_dtb(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_fdt_probe(file);
}

static unsigned probe_fit(struct sb_span file, const char *hint)
{
	unsigned bits = sb_fdt_probe(file);
	(void)hint;
	return bits && sb_fdt_has_images(file) ? bits + 8 : 0;
}

const struct sb_format sb_format_dtb = {
	.name = "dtb",
	.spec = "Devicetree Specification 0.4 (2023), chapter 5",
	.version = 1,
	.probe = probe_dtb,
	.open = open_dtb,
	.describe = sb_fdt_describe,
	.container = true,
};

const struct sb_format sb_format_fit = {
	.name = "fit",
	.spec = "U-Boot 2023.01, doc/uImage.FIT/source_file_format.txt and signature.txt",
	.version = 2,
	.probe = probe_fit,
	.open = open_fit,
	.describe = sb_fdt_describe,
	.container = true,
};
