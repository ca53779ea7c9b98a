/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a header, and the row of the format. */
#include "verifier/formats/cpio/cpio.h"

#define NUMBER(at_, length_, kind_, base, name_)                                                                       \
	{                                                                                                              \
		.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_##base, .name = (name_) \
	}
static const struct sb_layout_row newc_rows[] = {
	NUMBER(0, 6, MAGIC, TEXT, "magic"),           NUMBER(6, 8, INODE, HEX_TEXT, "ino"),
	NUMBER(14, 8, MODE, HEX_TEXT, "mode"),        NUMBER(22, 8, OWNER, HEX_TEXT, "uid"),
	NUMBER(30, 8, OWNER, HEX_TEXT, "gid"),        NUMBER(38, 8, INODE, HEX_TEXT, "nlink"),
	NUMBER(46, 8, TIME, HEX_TEXT, "mtime"),       NUMBER(54, 8, SIZE, HEX_TEXT, "filesize"),
	NUMBER(62, 8, INODE, HEX_TEXT, "devmajor"),   NUMBER(70, 8, INODE, HEX_TEXT, "devminor"),
	NUMBER(78, 8, DEVICE, HEX_TEXT, "rdevmajor"), NUMBER(86, 8, DEVICE, HEX_TEXT, "rdevminor"),
	NUMBER(94, 8, SIZE, HEX_TEXT, "namesize"),
};

static const struct sb_layout_row odc_rows[] = {
	NUMBER(0, 6, MAGIC, TEXT, "magic"),      NUMBER(6, 6, INODE, OCTAL, "dev"),
	NUMBER(12, 6, INODE, OCTAL, "ino"),      NUMBER(18, 6, MODE, OCTAL, "mode"),
	NUMBER(24, 6, OWNER, OCTAL, "uid"),      NUMBER(30, 6, OWNER, OCTAL, "gid"),
	NUMBER(36, 6, INODE, OCTAL, "nlink"),    NUMBER(42, 6, DEVICE, OCTAL, "rdev"),
	NUMBER(48, 11, TIME, OCTAL, "mtime"),    NUMBER(59, 6, SIZE, OCTAL, "namesize"),
	NUMBER(65, 11, SIZE, OCTAL, "filesize"),
};

/* Words in the byte order of the machine that wrote them; of the long numbers the more significant word comes first. */
static const struct sb_layout_row binary_rows[] = {
	NUMBER(0, 2, MAGIC, RAW, "magic"),    NUMBER(2, 2, INODE, RAW, "dev"),      NUMBER(4, 2, INODE, RAW, "ino"),
	NUMBER(6, 2, MODE, RAW, "mode"),      NUMBER(8, 2, OWNER, RAW, "uid"),      NUMBER(10, 2, OWNER, RAW, "gid"),
	NUMBER(12, 2, INODE, RAW, "nlink"),   NUMBER(14, 2, DEVICE, RAW, "rdev"),   NUMBER(16, 4, TIME, RAW, "mtime"),
	NUMBER(20, 2, SIZE, RAW, "namesize"), NUMBER(22, 4, SIZE, RAW, "filesize"),
};

static void set_byte_order(struct sb_view *view, bool be)
{
	for (size_t i = 0; i < view->fields.count; i++) {
		struct sb_field *field = sb_vec_at(&view->fields, i);
		field->encoding = be ? SB_ENC_BE : field->length == 4 ? SB_ENC_PDP : SB_ENC_LE;
	}
}

/* Only the variant with checksums fills the last field: the sum of the content's bytes. */
static int describe_check(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field check = {.offset = region->offset + 102,
				 .length = 8,
				 .kind = SB_FIELD_VALUE,
				 .encoding = SB_ENC_HEX_TEXT,
				 .name = "check"};
	const struct sb_member *member = region->member ? sb_view_member(view, region->member - 1) : NULL;

	if (region->tag == SB_CPIO_CRC && member && member->type != SB_MEMBER_HARDLINK) {
		check.kind = SB_FIELD_DERIVED;
		check.derived.algorithm = SB_DERIVE_BYTE_SUM;
		check.derived.over_offset = member->offset;
		check.derived.over_length = member->length;
	}
	return sb_emit_field(view, &check, err);
}

int sb_cpio_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field name = {.kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "name"};
	size_t head = 110;
	int rc = 0;

	switch ((enum sb_cpio_variant)region->tag) {
	case SB_CPIO_NEWC:
	case SB_CPIO_CRC:
		rc = sb_emit_layout(view, region, SB_ROWS(newc_rows), err);
		if (!rc)
			rc = describe_check(view, region, err);
		break;
	case SB_CPIO_ODC:
		head = 76;
		rc = sb_emit_layout(view, region, SB_ROWS(odc_rows), err);
		break;
	case SB_CPIO_BIN_LE:
	case SB_CPIO_BIN_BE:
		head = 26;
		rc = sb_emit_layout(view, region, SB_ROWS(binary_rows), err);
		set_byte_order(view, region->tag == SB_CPIO_BIN_BE);
		break;
	case SB_CPIO_NONE:
		return 0;
	}
	name.offset = region->offset + head;
	name.length = region->length - head;
	return rc ? rc : sb_emit_field(view, &name, err);
}

/* The binary magic is two bytes, so the whole header must make sense. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_cpio_header header;

	(void)hint;
	if (sb_cpio_header(file, 0, &header, NULL) != 0 || header.name_size > SB_LIMIT_OF(PATH_BYTES) + 1)
		return 0;
	uint64_t last = header.length + header.name_size - 1;
	if (last >= file.n || file.p[last] != '\0')
		return 0;
	return header.variant == SB_CPIO_BIN_LE || header.variant == SB_CPIO_BIN_BE ? 24 : 48;
}

const struct sb_format sb_format_cpio = {
	.name = "cpio",
	.spec = "POSIX.1-1997, cpio interchange format; cpio(5) of FreeBSD 13, new ASCII and old binary formats",
	.version = 2,
	.probe = probe,
	.open = sb_cpio_walk,
	.describe = sb_cpio_describe,
	.archive = true,
};
