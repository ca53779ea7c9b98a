/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of nodes, and the row of the format. */
#include "verifier/formats/jffs2/jffs2.h"

#define FIELD(at_, length_, kind_, name_) \
	{.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_LE, .name = (name_)}
#define CRC(at_, over_, name_) \
	{.at = (at_), .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = (name_), .algorithm = SB_DERIVE_CRC32_PLAIN, .over = (over_)}
#define HEAD FIELD(0, SB_JFFS2_MAGIC_SIZE, MAGIC, "magic"), FIELD(2, 2, VALUE, "nodetype"), CRC(8, 8, "hdr_crc")

static const struct sb_layout_row dirent_rows[] = {
	HEAD,
	FIELD(12, 4, INODE, "pino"),
	FIELD(16, 4, INODE, "version"),
	FIELD(20, 4, INODE, "ino"),
	FIELD(24, 4, TIME, "mctime"),
	FIELD(29, 1, VALUE, "type"),
	FIELD(30, 2, VALUE, "unused"),
	CRC(32, 32, "node_crc"),
};

static const struct sb_layout_row inode_rows[] = {
	HEAD,
	FIELD(12, 4, INODE, "ino"),
	FIELD(16, 4, INODE, "version"),
	FIELD(20, 4, MODE, "mode"),
	FIELD(24, 2, OWNER, "uid"),
	FIELD(26, 2, OWNER, "gid"),
	FIELD(32, 4, TIME, "atime"),
	FIELD(36, 4, TIME, "mtime"),
	FIELD(40, 4, TIME, "ctime"),
	FIELD(44, 4, OFFSET, "offset"),
	FIELD(52, 4, SIZE, "dsize"),
	FIELD(56, 1, ENCODING, "compr"),
	FIELD(57, 1, ENCODING, "usercompr"),
	FIELD(58, 2, FLAGS, "flags"),
	CRC(64, 60, "node_crc"),
};

static const struct sb_layout_row xattr_rows[] = {
	HEAD,
	FIELD(4, 4, SIZE, "totlen"),
	FIELD(12, 4, INODE, "xid"),
	FIELD(16, 4, INODE, "version"),
	FIELD(20, 1, VALUE, "prefix"),
	FIELD(21, 1, VALUE, "name_len"),
	FIELD(22, 2, VALUE, "value_len"),
	CRC(28, 28, "node_crc"),
};

static const struct sb_layout_row xref_rows[] = {
	HEAD,
	FIELD(4, 4, SIZE, "totlen"),
	FIELD(12, 4, INODE, "ino"),
	FIELD(16, 4, INODE, "xid"),
	FIELD(20, 4, INODE, "xseqno"),
	CRC(24, 24, "node_crc"),
};

static const struct sb_layout_row marker_rows[] = {HEAD, FIELD(4, 4, SIZE, "totlen")};

/* All rows but the magic, where that is a region of its own. */
static int emit_rows(struct sb_view *view, const struct sb_region *region, const struct sb_layout_row *rows, size_t count, struct sb_err *err)
{
	size_t first = region->tag & SB_JFFS2_TAG_BEHIND ? 1 : 0;
	return sb_emit_layout(view, region, rows + first, count - first, err);
}

/** A field that is computed from bytes whose length the node states. */
struct derived {
	unsigned at, width;
	const char *name;
	enum sb_derive_algorithm algorithm;
	uint64_t from, length; /* in the node */
};

static int emit_derived(struct sb_view *view, const struct sb_region *region, const struct derived *d, struct sb_err *err)
{
	const struct sb_field field = {
		.offset = region->offset + d->at,
		.length = d->width,
		.kind = SB_FIELD_DERIVED,
		.encoding = SB_ENC_LE,
		.name = d->name,
		.derived = {.algorithm = d->algorithm, .over_offset = region->offset + d->from, .over_length = d->length},
	};
	return sb_emit_field(view, &field, err);
}

/* Length of the node, of what follows its head, and the checksum of that. */
static int describe_data(struct sb_view *view, const struct sb_region *region, unsigned head, const struct derived *length, const struct derived *crc, uint64_t data,
			 struct sb_err *err)
{
	const struct derived whole = {4, 4, "totlen", SB_DERIVE_LENGTH, 0, head + data};
	int rc = emit_derived(view, region, &whole, err);

	if (!rc)
		rc = emit_derived(view, region, length, err);
	return rc ? rc : emit_derived(view, region, crc, err);
}

static int describe_text(struct sb_view *view, const struct sb_region *region, unsigned from, uint64_t length, enum sb_field_kind kind, const char *name, struct sb_err *err)
{
	const struct sb_field field = {.offset = region->offset + from, .length = length, .kind = kind, .encoding = SB_ENC_TEXT, .name = name};
	return length ? sb_emit_field(view, &field, err) : 0;
}

static uint64_t uint_at(const struct sb_view *view, const struct sb_region *region, unsigned at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(view->file, (region->tag & SB_JFFS2_TAG_BE) != 0);

	sb_rd_seek(&rd, region->offset + at);
	return sb_rd_uint(&rd, width);
}

static int describe_dirent(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	uint64_t name = uint_at(view, region, 28, 1);
	const struct derived length = {28, 1, "nsize", SB_DERIVE_LENGTH, SB_JFFS2_DIRENT_SIZE, name};
	const struct derived crc = {36, 4, "name_crc", SB_DERIVE_CRC32_PLAIN, SB_JFFS2_DIRENT_SIZE, name};
	int rc = emit_rows(view, region, SB_ROWS(dirent_rows), err);

	if (!rc)
		rc = describe_data(view, region, SB_JFFS2_DIRENT_SIZE, &length, &crc, name, err);
	return rc ? rc : describe_text(view, region, SB_JFFS2_DIRENT_SIZE, name, SB_FIELD_NAME, "name", err);
}

/* Readers take the size of anything but a file from its data, or say what stands here. */
static int describe_size(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	bool file = sb_type_of_mode((unsigned)uint_at(view, region, 20, 4)) == SB_MEMBER_FILE;
	const struct sb_field field = {.offset = region->offset + 28, .length = 4, .kind = file ? SB_FIELD_SIZE : SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "isize"};

	return sb_emit_field(view, &field, err);
}

static int describe_inode(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	uint64_t data = uint_at(view, region, 48, 4);
	const struct derived length = {48, 4, "csize", SB_DERIVE_LENGTH, SB_JFFS2_INODE_SIZE, data};
	const struct derived crc = {60, 4, "data_crc", SB_DERIVE_CRC32_PLAIN, SB_JFFS2_INODE_SIZE, data};
	int rc = emit_rows(view, region, SB_ROWS(inode_rows), err);

	if (!rc)
		rc = describe_size(view, region, err);
	return rc ? rc : describe_data(view, region, SB_JFFS2_INODE_SIZE, &length, &crc, data, err);
}

static int describe_xattr(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	uint64_t name = uint_at(view, region, 21, 1) + 1, value = uint_at(view, region, 22, 2);
	const struct derived crc = {24, 4, "data_crc", SB_DERIVE_CRC32_PLAIN, SB_JFFS2_XATTR_SIZE, name + value};
	int rc = emit_rows(view, region, SB_ROWS(xattr_rows), err);

	if (!rc)
		rc = emit_derived(view, region, &crc, err);
	if (!rc)
		rc = describe_text(view, region, SB_JFFS2_XATTR_SIZE, name, SB_FIELD_VALUE, "name", err);
	return rc ? rc : describe_text(view, region, SB_JFFS2_XATTR_SIZE + (unsigned)name, value, SB_FIELD_VALUE, "value", err);
}

static int describe_by_type(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch ((enum sb_jffs2_type)(region->tag & 0xffff)) {
	case SB_JFFS2_DIRENT:
		return describe_dirent(view, region, err);
	case SB_JFFS2_INODE:
		return describe_inode(view, region, err);
	case SB_JFFS2_XATTR:
		return describe_xattr(view, region, err);
	case SB_JFFS2_XREF:
		return emit_rows(view, region, SB_ROWS(xref_rows), err);
	case SB_JFFS2_CLEANMARKER:
	case SB_JFFS2_PADDING:
		return emit_rows(view, region, SB_ROWS(marker_rows), err);
	case SB_JFFS2_SUMMARY:
	case SB_JFFS2_LOST:
		break;
	}
	return 0;
}

int sb_jffs2_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	bool structure = region->kind == SB_REGION_LAYOUT || region->kind == SB_REGION_HEADER;
	struct sb_region node = *region;

	if (region->tag & SB_JFFS2_TAG_BEHIND) {
		node.offset -= SB_JFFS2_MAGIC_SIZE;
		node.length += SB_JFFS2_MAGIC_SIZE;
	}
	int rc = structure ? describe_by_type(view, &node, err) : 0;

	for (size_t i = 0; i < view->fields.count && region->tag & SB_JFFS2_TAG_BE; i++) {
		struct sb_field *field = sb_vec_at(&view->fields, i);
		if (field->encoding == SB_ENC_LE)
			field->encoding = SB_ENC_BE;
	}
	return rc;
}

/* The magic, a type that an image begins with, and the checksum of both. */
static unsigned probe(struct sb_span file, const char *hint)
{
	bool be;

	(void)hint;
	return sb_jffs2_begins(file, 0, &be) ? 64 : 0;
}

const struct sb_format sb_format_jffs2 = {
	.name = "jffs2",
	.spec = "Linux 6.1, include/uapi/linux/jffs2.h and fs/jffs2",
	.version = 3,
	.probe = probe,
	.open = sb_jffs2_walk,
	.describe = sb_jffs2_describe,
	.tree = true,
};
