/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of zip records. */
#include "verifier/formats/zip/zip.h"

#define ROW(at_, length_, kind_, base, name_)                                                                          \
	{                                                                                                              \
		.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_##base, .name = (name_) \
	}
#define CHECK(at_, length_, algorithm_, name_)                                                                      \
	{                                                                                                           \
		.at = (at_), .length = (length_), .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = (name_), \
		.algorithm = (algorithm_), .decoded = true                                                          \
	}

/* 4.3.7. */
static const struct sb_layout_row local[] = {
	ROW(0, 4, MAGIC, RAW, "signature"),  ROW(4, 2, VALUE, LE, "version needed"),
	ROW(6, 2, FLAGS, LE, "flags"),       ROW(8, 2, ENCODING, LE, "method"),
	ROW(10, 4, TIME, DOS_TIME, "time"),  ROW(18, 4, SIZE, LE, "packed size"),
	ROW(26, 2, SIZE, LE, "name length"), ROW(28, 2, SIZE, LE, "extra length"),
};
static const struct sb_layout_row local_checks[] = {
	CHECK(14, 4, SB_DERIVE_CRC32, "CRC32"),
	CHECK(22, 4, SB_DERIVE_LENGTH, "size"),
};
/* A descriptor behind the data has them instead. */
static const struct sb_layout_row local_open[] = {
	ROW(14, 4, VALUE, LE, "CRC32"),
	ROW(22, 4, SIZE, LE, "size"),
};

/* 4.3.12. */
static const struct sb_layout_row central[] = {
	ROW(0, 4, MAGIC, RAW, "signature"),      ROW(4, 2, VALUE, LE, "version made by"),
	ROW(6, 2, VALUE, LE, "version needed"),  ROW(8, 2, FLAGS, LE, "flags"),
	ROW(10, 2, ENCODING, LE, "method"),      ROW(12, 4, TIME, DOS_TIME, "time"),
	ROW(20, 4, SIZE, LE, "packed size"),     ROW(28, 2, SIZE, LE, "name length"),
	ROW(30, 2, SIZE, LE, "extra length"),    ROW(32, 2, SIZE, LE, "comment length"),
	ROW(34, 2, VALUE, LE, "disk"),           ROW(36, 2, VALUE, LE, "internal attributes"),
	ROW(38, 2, FLAGS, LE, "DOS attributes"), ROW(40, 2, MODE, LE, "unix mode"),
	ROW(42, 4, OFFSET, LE, "local header"),
};
static const struct sb_layout_row central_checks[] = {
	CHECK(16, 4, SB_DERIVE_CRC32, "CRC32"),
	CHECK(24, 4, SB_DERIVE_LENGTH, "size"),
};

static const struct sb_layout_row central_crc = ROW(16, 4, VALUE, LE, "CRC32");
static const struct sb_layout_row central_size = ROW(24, 4, SIZE, LE, "size");

/* 4.3.16, 4.3.14, 4.3.15. */
static const struct sb_layout_row end[] = {
	ROW(0, 4, MAGIC, RAW, "signature"),     ROW(4, 4, VALUE, LE, "disks"),
	ROW(8, 2, SIZE, LE, "entries here"),    ROW(10, 2, SIZE, LE, "entries"),
	ROW(12, 4, SIZE, LE, "directory size"), ROW(16, 4, OFFSET, LE, "directory"),
	ROW(20, 2, SIZE, LE, "comment length"),
};
static const struct sb_layout_row end64[] = {
	ROW(0, 4, MAGIC, RAW, "signature"),       ROW(4, 8, SIZE, LE, "record size"),
	ROW(12, 2, VALUE, LE, "version made by"), ROW(14, 2, VALUE, LE, "version needed"),
	ROW(16, 8, VALUE, LE, "disks"),           ROW(24, 8, SIZE, LE, "entries here"),
	ROW(32, 8, SIZE, LE, "entries"),          ROW(40, 8, SIZE, LE, "directory size"),
	ROW(48, 8, OFFSET, LE, "directory"),
};
static const struct sb_layout_row locator[] = {
	ROW(0, 4, MAGIC, RAW, "signature"),
	ROW(4, 4, VALUE, LE, "disk"),
	ROW(8, 8, OFFSET, LE, "end record"),
	ROW(16, 4, VALUE, LE, "disks"),
};

static int describe_tail(struct sb_view *view, uint64_t fixed, const struct sb_zip_header *header, uint32_t member,
			 struct sb_err *err)
{
	struct sb_field name = {.offset = header->at + fixed,
				.length = header->name.n,
				.kind = SB_FIELD_NAME,
				.encoding = SB_ENC_TEXT,
				.name = "name"};
	int rc = name.length ? sb_emit_field(view, &name, err) : 0;
	return rc ? rc : sb_zip_describe_extra(view, header->at + fixed + header->name.n, header, member, err);
}

/* Of what cannot be decoded, encrypted or by another method, nobody can compute a check. */
static bool is_closed(const struct sb_view *view, const struct sb_region *region)
{
	return region->member && sb_view_member(view, region->member - 1)->refusal;
}

static int describe_local(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_zip_header header;

	if (!sb_zip_local(view->file, region->offset, &header))
		return 0;
	/* Behind a descriptor nothing stands here; of a zip64 member the size is an extra field's. */
	bool open = header.flags & SB_ZIP_FLAG_DESCRIPTOR || is_closed(view, region);
	int rc = sb_emit_layout(view, region, SB_ROWS(local), err);
	if (!rc)
		rc = sb_emit_layout(view, region, open ? &local_open[0] : &local_checks[0], 1, err);
	if (!rc)
		rc = sb_emit_layout(view, region, open || header.zip64 ? &local_open[1] : &local_checks[1], 1, err);
	return rc ? rc : describe_tail(view, SB_ZIP_LOCAL, &header, region->member, err);
}

static int describe_central(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_zip_header header;

	if (!sb_zip_central(view->file, region->offset, &header))
		return 0;
	bool closed = is_closed(view, region);
	int rc = sb_emit_layout(view, region, SB_ROWS(central), err);
	if (!rc)
		rc = sb_emit_layout(view, region, closed ? &central_crc : &central_checks[0], 1, err);
	if (!rc) /* of a zip64 member the size is an extra field's */
		rc = sb_emit_layout(view, region, closed || header.zip64 ? &central_size : &central_checks[1], 1, err);
	return rc ? rc : describe_tail(view, SB_ZIP_CENTRAL, &header, region->member, err);
}

/* 4.3.9: with or without a signature, sizes of four or eight bytes. */
static int describe_descriptor(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	bool closed = is_closed(view, region);
	uint64_t at = region->length == 16 || region->length == 24 ? 4 : 0, width = region->length >= 20 ? 8 : 4;
	struct sb_field signature = {
		.offset = region->offset, .length = 4, .kind = SB_FIELD_MAGIC, .name = "signature"};
	struct sb_field crc = {.offset = region->offset + at,
			       .length = 4,
			       .kind = closed ? SB_FIELD_VALUE : SB_FIELD_DERIVED,
			       .encoding = SB_ENC_LE,
			       .name = "CRC32",
			       .derived = {.algorithm = SB_DERIVE_CRC32, .decoded = region->member}};
	struct sb_field packed = {.offset = crc.offset + 4,
				  .length = width,
				  .kind = SB_FIELD_SIZE,
				  .encoding = SB_ENC_LE,
				  .name = "packed size"};
	struct sb_field size = {.offset = packed.offset + width,
				.length = width,
				.kind = closed ? SB_FIELD_SIZE : SB_FIELD_DERIVED,
				.encoding = SB_ENC_LE,
				.name = "size",
				.derived = {.algorithm = SB_DERIVE_LENGTH, .decoded = region->member}};

	int rc = at ? sb_emit_field(view, &signature, err) : 0;
	if (!rc)
		rc = sb_emit_field(view, &crc, err);
	if (!rc)
		rc = sb_emit_field(view, &packed, err);
	return rc ? rc : sb_emit_field(view, &size, err);
}

int sb_zip_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch ((enum sb_zip_tag)region->tag) {
	case SB_ZIP_TAG_NONE:
		return 0;
	case SB_ZIP_TAG_LOCAL:
		return describe_local(view, region, err);
	case SB_ZIP_TAG_CENTRAL:
		return describe_central(view, region, err);
	case SB_ZIP_TAG_END:
		return sb_emit_layout(view, region, SB_ROWS(end), err);
	case SB_ZIP_TAG_END64:
		return sb_emit_layout(view, region, SB_ROWS(end64), err);
	case SB_ZIP_TAG_LOCATOR:
		return sb_emit_layout(view, region, SB_ROWS(locator), err);
	case SB_ZIP_TAG_DESCRIPTOR:
		return describe_descriptor(view, region, err);
	case SB_ZIP_TAG_BLOCK:
	case SB_ZIP_TAG_BLOCK_END:
		return sb_zip_describe_block(view, region, err);
	}
	return 0;
}
