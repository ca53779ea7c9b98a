/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of lead, index and store. */
#include "verifier/formats/rpm/rpm.h"

#include <stdlib.h>
#include <string.h>

enum { FILEINODES = 1096, FILEDEVICES = 1095, FILEDIGESTALGO = 5011, FILEDIGESTS = 1035 };
/** RFC 4880, 9.4; without a tag the digests are MD5. */
enum { PGP_MD5 = 1, PGP_SHA1 = 2, PGP_SHA256 = 8, PGP_SHA512 = 10 };

#define ROW(at_, length_, kind_, base, name_) {.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_##base, .name = (name_)}

/* LSB Core 4.1, 22.2.1 "Lead Section". */
static const struct sb_layout_row lead[] = {
	ROW(0, 4, MAGIC, RAW, "magic"),  ROW(4, 2, VALUE, BE, "version"), ROW(6, 2, VALUE, BE, "type"),           ROW(8, 2, VALUE, BE, "archnum"),
	ROW(10, 66, NAME, TEXT, "name"), ROW(76, 2, VALUE, BE, "osnum"),  ROW(78, 2, VALUE, BE, "signature type"), ROW(80, 16, PADDING, RAW, "reserved"),
};
static const struct sb_layout_row trailer[] = {
	ROW(0, 4, VALUE, BE, "tag"), ROW(4, 4, VALUE, BE, "type"), ROW(8, 4, VALUE, BE, "offset"), ROW(12, 4, VALUE, BE, "count"),
};

static int describe_intro(struct sb_view *view, const struct sb_region *region, const struct sb_rpm_header *header, struct sb_err *err)
{
	static const struct sb_layout_row rows[] = {
		ROW(0, 4, MAGIC, RAW, "magic"), ROW(4, 4, PADDING, RAW, "reserved"), ROW(8, 4, VALUE, BE, "entries")};
	const struct sb_field size = {.offset = region->offset + 12, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = "store size",
	                              .derived = {.algorithm = SB_DERIVE_LENGTH, .over_offset = header->store, .over_length = header->store_length}};
	int rc = sb_emit_layout(view, region, SB_ROWS(rows), err);
	return rc ? rc : sb_emit_field(view, &size, err);
}

static int describe_entry(struct sb_view *view, const struct sb_region *region, const struct sb_rpm_header *header, const struct sb_rpm_entry *entry,
                          struct sb_err *err)
{
	static const struct sb_layout_row rows[] = {ROW(0, 4, VALUE, BE, "tag"), ROW(4, 4, VALUE, BE, "type"), ROW(12, 4, VALUE, BE, "count")};
	const struct sb_field offset = {.offset = region->offset + 8, .length = 4, .encoding = SB_ENC_BE, .name = "offset",
	                                .kind = header->repeats ? SB_FIELD_OFFSET : SB_FIELD_DERIVED,
	                                .derived = {.algorithm = SB_DERIVE_POSITION, .over_offset = entry->data, .base = header->store}};
	int rc = sb_emit_layout(view, region, SB_ROWS(rows), err);
	return rc ? rc : sb_emit_field(view, &offset, err);
}

/* Which digest the files have. */
static enum sb_derive_algorithm file_digest(struct sb_view *view, const struct sb_rpm *rpm)
{
	struct sb_rpm_entry entry;

	if (!sb_rpm_find(view->file, &rpm->header[SB_RPM_MAIN], FILEDIGESTALGO, &entry) || entry.type != SB_RPM_INT32)
		return SB_DERIVE_MD5;
	struct sb_rd rd = sb_rd_of(view->file, true);
	sb_rd_seek(&rd, entry.data);
	switch (sb_rd_uint(&rd, 4)) {
	case PGP_MD5:
		return SB_DERIVE_MD5;
	case PGP_SHA1:
		return SB_DERIVE_SHA1;
	case PGP_SHA256:
		return SB_DERIVE_SHA256;
	case PGP_SHA512:
		return SB_DERIVE_SHA512;
	}
	return SB_DERIVE_NONE;
}

static void set_derivation(struct sb_view *view, const struct sb_rpm *rpm, const struct sb_rpm_tag *row, struct sb_field *field)
{
	const struct sb_rpm_header *header = &rpm->header[SB_RPM_MAIN];
	struct sb_derivation *derived = &field->derived;

	derived->algorithm = row->tag == FILEDIGESTS ? file_digest(view, rpm) : row->algorithm;
	switch (row->over) {
	case SB_RPM_OVER_NOTHING:
		derived->algorithm = SB_DERIVE_NONE;
		break;
	case SB_RPM_OVER_HEADER:
		derived->over_offset = header->at;
		derived->over_length = rpm->payload - header->at;
		break;
	case SB_RPM_OVER_REST:
		derived->over_offset = header->at;
		derived->over_length = view->file.n - header->at;
		break;
	case SB_RPM_OVER_PAYLOAD:
		derived->over_offset = rpm->payload;
		derived->over_length = view->file.n - rpm->payload;
		break;
	case SB_RPM_OVER_UNPACKED:
	case SB_RPM_OVER_FILE:
		derived->decoded = 1;
		derived->unpacked = true;
		break;
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Equal inode numbers make hard links of files: then the numbers are content. */
static int inodes_differ(struct sb_view *view, const struct sb_rpm *rpm, bool *out, struct sb_err *err)
{
	struct sb_rpm_entry entry;

	*out = false;
	if (!sb_rpm_find(view->file, &rpm->header[SB_RPM_MAIN], FILEINODES, &entry) || sb_rpm_width(entry.type) == 0)
		return 0;
	uint64_t *values = calloc(entry.count, sizeof *values);
	if (!values)
		return sb_no_memory(err);
	struct sb_rd rd = sb_rd_of(view->file, true);
	sb_rd_seek(&rd, entry.data);
	for (uint32_t i = 0; i < entry.count; i++)
		values[i] = sb_rd_uint(&rd, sb_rpm_width(entry.type));
	qsort(values, entry.count, sizeof *values, by_value);
	*out = true;
	for (uint32_t i = 1; i < entry.count; i++)
		*out = *out && values[i - 1] != values[i];
	free(values);
	return 0;
}

/** What all elements of one entry share. */
struct elements {
	struct sb_rpm *rpm;
	const struct sb_rpm_tag *row;
	const struct sb_rpm_entry *entry;
	struct sb_field field; /* the pattern */
};

static int emit_element(struct sb_view *view, const struct elements *all, uint32_t i, uint64_t at, uint64_t length, struct sb_err *err)
{
	struct sb_field field = all->field;
	bool named = all->row->of_files && i < all->rpm->name_count && all->rpm->names;

	field.offset = at;
	field.length = length;
	if (length == 0)
		return 0;
	if (named)
		field.name = sb_arena_printf(view->arena, "%s %s", all->row->name, (const char *)all->rpm->names[i].p);
	if (named && all->row->over == SB_RPM_OVER_FILE)
		field.derived.inside = all->rpm->names[i];
	else if (all->row->over == SB_RPM_OVER_FILE)
		field.derived.algorithm = SB_DERIVE_NONE;
	return field.name ? sb_emit_field(view, &field, err) : sb_no_memory(err);
}

static int emit_elements(struct sb_view *view, struct elements *all, struct sb_err *err)
{
	const struct sb_rpm_entry *entry = all->entry;
	unsigned width = sb_rpm_width(entry->type);
	uint64_t at = entry->data;
	int rc = 0;

	if (entry->type == SB_RPM_BIN) {
		all->field.encoding = SB_ENC_RAW;
		return emit_element(view, all, 0, at, entry->length, err);
	}
	bool digest = all->field.kind == SB_FIELD_DERIVED;
	all->field.encoding = width ? SB_ENC_BE : digest ? SB_ENC_HEX_TEXT : SB_ENC_TEXT;
	uint32_t count = entry->type == SB_RPM_STRING ? 1 : entry->count;
	for (uint32_t i = 0; !rc && i < count; i++) {
		const uint8_t *end = width ? NULL : memchr(view->file.p + at, 0, (size_t)(entry->data + entry->length - at));
		uint64_t length = width ? width : end ? (uint64_t)(end - view->file.p) - at : 0;
		rc = emit_element(view, all, i, at, length, err);
		at += length + (width ? 0 : 1);
	}
	return rc;
}

static int describe_data(struct sb_view *view, unsigned which, const struct sb_rpm_entry *entry, struct sb_err *err)
{
	struct sb_rpm *rpm = view->own;
	const struct sb_rpm_tag *row = sb_rpm_tag(which, entry->tag);
	struct elements all = {.rpm = rpm, .row = row, .entry = entry};
	bool inodes = true;
	int rc = 0;

	if (!row || row->signature)
		return 0;
	all.field = (struct sb_field){.kind = row->kind, .name = row->name};
	if (row->of_files)
		rc = sb_rpm_name_files(view, rpm, err);
	if (!rc && row->kind == SB_FIELD_INODE)
		rc = inodes_differ(view, rpm, &inodes, err);
	if (!inodes)
		all.field.kind = SB_FIELD_VALUE;
	if (row->kind == SB_FIELD_DERIVED)
		set_derivation(view, rpm, row, &all.field);
	return rc ? rc : emit_elements(view, &all, err);
}

int sb_rpm_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_rpm *rpm = view->own;
	unsigned which = region->tag >> 24 & 1;
	const struct sb_rpm_header *header = &rpm->header[which];
	struct sb_rpm_entry entry = {0};

	switch ((enum sb_rpm_part)(region->tag >> 28)) {
	case SB_RPM_PART_NONE:
		return 0;
	case SB_RPM_PART_LEAD:
		return sb_emit_layout(view, region, SB_ROWS(lead), err);
	case SB_RPM_PART_INTRO:
		return describe_intro(view, region, header, err);
	case SB_RPM_PART_TRAILER:
		return sb_emit_layout(view, region, SB_ROWS(trailer), err);
	case SB_RPM_PART_ENTRY:
	case SB_RPM_PART_DATA:
		break;
	}
	if (!sb_rpm_entry(view->file, header, region->tag & 0xffffff, &entry))
		return 0;
	if (region->tag >> 28 == SB_RPM_PART_ENTRY)
		return describe_entry(view, region, header, &entry, err);
	return describe_data(view, which, &entry, err);
}
