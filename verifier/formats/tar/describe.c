/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a tar header and of extended records. */
#include "verifier/formats/tar/tar.h"

#include <string.h>

static const struct sb_layout_row common[] = {
	{.at = 0, .length = 100, .kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "name"},
	{.at = 100, .length = 8, .kind = SB_FIELD_MODE, .encoding = SB_ENC_OCTAL, .name = "mode"},
	{.at = 108, .length = 8, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_OCTAL, .name = "uid"},
	{.at = 116, .length = 8, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_OCTAL, .name = "gid"},
	{.at = 124, .length = 12, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_OCTAL, .name = "size"},
	{.at = 136, .length = 12, .kind = SB_FIELD_TIME, .encoding = SB_ENC_OCTAL, .name = "mtime"},
	{.at = 148,
	 .length = 8,
	 .kind = SB_FIELD_DERIVED,
	 .encoding = SB_ENC_OCTAL,
	 .name = "chksum",
	 .algorithm = SB_DERIVE_TAR_SUM,
	 .over = SB_TAR_BLOCK},
	{.at = 156, .length = 1, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_RAW, .name = "typeflag"},
	{.at = 157, .length = 100, .kind = SB_FIELD_LINK, .encoding = SB_ENC_TEXT, .name = "linkname"},
};

static const struct sb_layout_row v7_tail[] = {
	{.at = 257, .length = 255, .kind = SB_FIELD_PADDING, .name = "unused"},
};

static const struct sb_layout_row owners[] = {
	{.at = 257, .length = 8, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_TEXT, .name = "magic"},
	{.at = 265, .length = 32, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_TEXT, .name = "uname"},
	{.at = 297, .length = 32, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_TEXT, .name = "gname"},
	{.at = 329, .length = 8, .kind = SB_FIELD_DEVICE, .encoding = SB_ENC_OCTAL, .name = "devmajor"},
	{.at = 337, .length = 8, .kind = SB_FIELD_DEVICE, .encoding = SB_ENC_OCTAL, .name = "devminor"},
};

static const struct sb_layout_row ustar_tail[] = {
	{.at = 345, .length = 155, .kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "prefix"},
	{.at = 500, .length = 12, .kind = SB_FIELD_PADDING, .name = "unused"},
};

static const struct sb_layout_row gnu_tail[] = {
	{.at = 345, .length = 12, .kind = SB_FIELD_TIME, .encoding = SB_ENC_OCTAL, .name = "atime"},
	{.at = 357, .length = 12, .kind = SB_FIELD_TIME, .encoding = SB_ENC_OCTAL, .name = "ctime"},
	{.at = 369, .length = 12, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_OCTAL, .name = "offset"},
	{.at = 482, .length = 1, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_RAW, .name = "isextended"},
	{.at = 483, .length = 12, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_OCTAL, .name = "realsize"},
	{.at = 495, .length = 17, .kind = SB_FIELD_PADDING, .name = "unused"},
};

/** What a pax key means; a key that ends in a dot stands for all that begin so. */
static const struct {
	const char *key;
	enum sb_field_kind kind;
	enum sb_encoding encoding;
} meanings[] = {
	{"path", SB_FIELD_NAME, SB_ENC_TEXT},
	{"linkpath", SB_FIELD_LINK, SB_ENC_TEXT},
	{"size", SB_FIELD_SIZE, SB_ENC_DECIMAL},
	{"uid", SB_FIELD_OWNER, SB_ENC_DECIMAL},
	{"gid", SB_FIELD_OWNER, SB_ENC_DECIMAL},
	{"uname", SB_FIELD_OWNER, SB_ENC_TEXT},
	{"gname", SB_FIELD_OWNER, SB_ENC_TEXT},
	{"mtime", SB_FIELD_TIME, SB_ENC_DECIMAL},
	{"atime", SB_FIELD_TIME, SB_ENC_DECIMAL},
	{"ctime", SB_FIELD_TIME, SB_ENC_DECIMAL},
	{"SCHILY.dev", SB_FIELD_INODE, SB_ENC_DECIMAL},
	{"SCHILY.ino", SB_FIELD_INODE, SB_ENC_DECIMAL},
	{"SCHILY.devmajor", SB_FIELD_DEVICE, SB_ENC_DECIMAL},
	{"SCHILY.devminor", SB_FIELD_DEVICE, SB_ENC_DECIMAL},
	{"LIBARCHIVE.creationtime", SB_FIELD_TIME, SB_ENC_DECIMAL},
};

/* @count pairs of a sparse map: where a piece of the file lies, and how long it is. Content, since they say what the file is. */
static int describe_pairs(struct sb_view *view, uint64_t at, unsigned count, struct sb_err *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < 2 * count; i++) {
		const struct sb_field number = {.offset = at + 12 * i, .length = 12, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_OCTAL,
		                                .name = i % 2 ? "sparse length" : "sparse offset"};
		rc = sb_emit_field(view, &number, err);
	}
	return rc;
}

/* A number in base-256 is no octal text: whoever reads the field must see that. */
static void mark_binary(struct sb_view *view)
{
	for (size_t i = 0; i < view->fields.count; i++) {
		struct sb_field *field = sb_vec_at(&view->fields, i);
		if (field->encoding == SB_ENC_OCTAL && view->file.p[field->offset] & 0x80)
			field->encoding = SB_ENC_RAW;
	}
}

static int describe_header(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc = sb_emit_layout(view, region, SB_ROWS(common), err);
	if (!rc && region->tag == SB_TAR_TAG_V7)
		rc = sb_emit_layout(view, region, SB_ROWS(v7_tail), err);
	else if (!rc)
		rc = sb_emit_layout(view, region, SB_ROWS(owners), err);
	if (!rc && region->tag == SB_TAR_TAG_USTAR)
		rc = sb_emit_layout(view, region, SB_ROWS(ustar_tail), err);
	if (!rc && region->tag == SB_TAR_TAG_GNU)
		rc = sb_emit_layout(view, region, SB_ROWS(gnu_tail), err);
	if (!rc && region->tag == SB_TAR_TAG_GNU)
		rc = describe_pairs(view, region->offset + 386, 4, err);
	mark_binary(view);
	return rc;
}

/* GNU "struct sparse_header": 21 pairs a block, and whether another block follows. */
static int describe_map(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc = 0;

	for (uint64_t at = region->offset; !rc && at < region->offset + region->length; at += SB_TAR_BLOCK) {
		const struct sb_field more = {.offset = at + SB_TAR_MAP_IS_EXTENDED, .length = 1, .kind = SB_FIELD_FLAGS, .name = "isextended"};
		const struct sb_field unused = {.offset = more.offset + 1, .length = 7, .kind = SB_FIELD_PADDING, .name = "unused"};
		rc = describe_pairs(view, at, 21, err);
		if (!rc)
			rc = sb_emit_field(view, &more, err);
		if (!rc)
			rc = sb_emit_field(view, &unused, err);
	}
	mark_binary(view);
	return rc;
}

static int describe_record(struct sb_view *view, uint64_t base, const struct sb_tar_record *record, struct sb_err *err)
{
	struct sb_field length = {.offset = base + record->at,
				  .length = record->digits.n,
				  .kind = SB_FIELD_SIZE,
				  .encoding = SB_ENC_DECIMAL,
				  .name = "record length"};
	struct sb_field value = {.offset = (uint64_t)(record->value.p - view->file.p),
				 .length = record->value.n,
				 .encoding = SB_ENC_TEXT};

	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		if (!sb_span_equal(record->key, sb_span_text(meanings[i].key)))
			continue;
		value.kind = meanings[i].kind;
		value.encoding = meanings[i].encoding;
	}
	value.name = sb_arena_copy(view->arena, record->key);
	if (!value.name)
		return sb_no_memory(err);
	int rc = sb_emit_field(view, &length, err);
	return rc || value.length == 0 ? rc : sb_emit_field(view, &value, err);
}

static int describe_records(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_span payload;
	struct sb_tar_record record;
	int rc = 0;

	if (!sb_span_cut(view->file, region->offset, region->length, &payload))
		return 0;
	struct sb_rd rd = sb_rd_of(payload, false);
	while (!rc && sb_tar_record(&rd, &record))
		rc = describe_record(view, region->offset, &record, err);
	return rc;
}

static int describe_long(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	bool link = strcmp(region->name, "long link") == 0;
	struct sb_field field = {.offset = region->offset,
				 .length = region->length,
				 .encoding = SB_ENC_TEXT,
				 .kind = link ? SB_FIELD_LINK : SB_FIELD_NAME,
				 .name = region->name};
	return sb_emit_field(view, &field, err);
}

int sb_tar_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch ((enum sb_tar_tag)region->tag) {
	case SB_TAR_TAG_NONE:
		return 0;
	case SB_TAR_TAG_V7:
	case SB_TAR_TAG_USTAR:
	case SB_TAR_TAG_GNU:
		return describe_header(view, region, err);
	case SB_TAR_TAG_RECORDS:
		return describe_records(view, region, err);
	case SB_TAR_TAG_LONG:
		return describe_long(view, region, err);
	case SB_TAR_TAG_MAP:
		return describe_map(view, region, err);
	}
	return 0;
}
