/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of headers and records, and the row of the format. */
#include "verifier/formats/ubi/ubi.h"

#define FIELD(at_, length_, kind_, name_) \
	{.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_BE, .name = (name_)}
#define CRC(at_, name_) \
	{.at = (at_), .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = (name_), .algorithm = SB_DERIVE_CRC32_BARE, .over = (at_)}

static const struct sb_layout_row counter_rows[] = {
	FIELD(0, 4, MAGIC, "magic"),
	FIELD(4, 1, VALUE, "version"),
	FIELD(5, 3, VALUE, "padding1"),
	FIELD(8, 8, INODE, "ec"),
	FIELD(16, 4, VALUE, "vid_hdr_offset"),
	FIELD(20, 4, VALUE, "data_offset"),
	FIELD(24, 4, IDENTIFIER, "image_seq"),
	FIELD(28, 32, VALUE, "padding2"),
	CRC(60, "hdr_crc"),
};

static const struct sb_layout_row identifier_rows[] = {
	FIELD(0, 4, MAGIC, "magic"),
	FIELD(4, 1, VALUE, "version"),
	FIELD(5, 1, VALUE, "vol_type"),
	FIELD(6, 1, VALUE, "copy_flag"),
	FIELD(7, 1, VALUE, "compat"),
	FIELD(8, 4, VALUE, "vol_id"),
	FIELD(12, 4, OFFSET, "lnum"),
	FIELD(16, 4, VALUE, "padding1"),
	FIELD(24, 4, SIZE, "used_ebs"),
	FIELD(28, 4, VALUE, "data_pad"),
	FIELD(36, 4, VALUE, "padding2"),
	FIELD(40, 8, INODE, "sqnum"),
	FIELD(48, 12, VALUE, "padding3"),
	CRC(60, "hdr_crc"),
};

static const struct sb_layout_row dynamic_rows[] = {FIELD(20, 4, VALUE, "data_size"), FIELD(32, 4, VALUE, "data_crc")};

static const struct sb_layout_row record_rows[] = {
	FIELD(0, 4, VALUE, "reserved_pebs"),
	FIELD(4, 4, VALUE, "alignment"),
	FIELD(8, 4, VALUE, "data_pad"),
	FIELD(12, 1, VALUE, "vol_type"),
	FIELD(13, 1, VALUE, "upd_marker"),
	FIELD(14, 2, VALUE, "name_len"),
	FIELD(16, 128, NAME, "name"),
	FIELD(144, 1, FLAGS, "flags"),
	FIELD(145, 23, VALUE, "padding"),
	CRC(168, "crc"),
};

/* Size and checksum of the data that a block of a static volume holds. */
static int describe_static(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(view->file, true);
	const uint64_t data = region->offset + (region->tag >> 8);

	sb_rd_seek(&rd, region->offset + 20);
	const uint64_t length = sb_rd_uint(&rd, 4);
	struct sb_field size = {.offset = region->offset + 20, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = "data_size",
				.derived = {.algorithm = SB_DERIVE_LENGTH, .over_offset = data, .over_length = length}};
	struct sb_field crc = size;

	crc.offset = region->offset + 32;
	crc.name = "data_crc";
	crc.derived.algorithm = SB_DERIVE_CRC32_BARE;
	int rc = sb_emit_field(view, &size, err);
	return rc ? rc : sb_emit_field(view, &crc, err);
}

int sb_ubi_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc;

	switch ((enum sb_ubi_tag)(region->tag & 0xff)) {
	case SB_UBI_TAG_NONE:
		return 0;
	case SB_UBI_TAG_ERASE_COUNTER:
		return sb_emit_layout(view, region, SB_ROWS(counter_rows), err);
	case SB_UBI_TAG_RECORD:
		return sb_emit_layout(view, region, SB_ROWS(record_rows), err);
	case SB_UBI_TAG_VOLUME_IDENTIFIER:
		rc = sb_emit_layout(view, region, SB_ROWS(dynamic_rows), err);
		return rc ? rc : sb_emit_layout(view, region, SB_ROWS(identifier_rows), err);
	case SB_UBI_TAG_STATIC:
		rc = describe_static(view, region, err);
		return rc ? rc : sb_emit_layout(view, region, SB_ROWS(identifier_rows), err);
	}
	return 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_ubi_is_header(file, 0, "UBI#") ? 64 : 0;
}

const struct sb_format sb_format_ubi = {
	.name = "ubi",
	.spec = "Linux 6.1, drivers/mtd/ubi/ubi-media.h",
	.version = 2,
	.probe = probe,
	.open = sb_ubi_walk,
	.describe = sb_ubi_describe,
	.tree = true,
};
