/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of superblock and inodes, and the row of the format. */
#include "verifier/formats/erofs/erofs.h"

#define FIELD(at_, length_, kind_, name_) \
	{.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_LE, .name = (name_)}

static const struct sb_layout_row superblock_rows[] = {
	FIELD(0, 4, MAGIC, "magic"),
	FIELD(8, 4, FLAGS, "feature_compat"),
	FIELD(12, 1, VALUE, "blkszbits"),
	FIELD(13, 1, VALUE, "sb_extslots"),
	FIELD(14, 2, INODE, "root_nid"),
	FIELD(16, 8, VALUE, "inos"),
	FIELD(24, 8, TIME, "build_time"),
	FIELD(32, 4, TIME, "build_time_nsec"),
	FIELD(36, 4, SIZE, "blocks"),
	FIELD(40, 4, OFFSET, "meta_blkaddr"),
	FIELD(44, 4, OFFSET, "xattr_blkaddr"),
	FIELD(48, 16, IDENTIFIER, "uuid"),
	FIELD(64, 16, NAME, "volume_name"),
};

/* Behind feature_incompat, which stands by itself. */
static const struct sb_layout_row superblock_end_rows[] = {
	FIELD(0, 2, ENCODING, "compression"),
	FIELD(2, 2, VALUE, "extra_devices"),
	FIELD(4, 2, VALUE, "devt_slotoff"),
	FIELD(6, 38, VALUE, "reserved"),
};

static const struct sb_layout_row compact_rows[] = {
	FIELD(2, 2, SIZE, "i_xattr_icount"), FIELD(4, 2, MODE, "i_mode"),  FIELD(6, 2, VALUE, "i_nlink"),   FIELD(8, 4, SIZE, "i_size"),
	FIELD(12, 4, VALUE, "reserved"),   FIELD(20, 4, INODE, "i_ino"),        FIELD(24, 2, OWNER, "i_uid"), FIELD(26, 2, OWNER, "i_gid"), FIELD(28, 4, VALUE, "reserved2"),
};

static const struct sb_layout_row extended_rows[] = {
	FIELD(2, 2, SIZE, "i_xattr_icount"), FIELD(4, 2, MODE, "i_mode"),   FIELD(6, 2, VALUE, "reserved"),
	FIELD(8, 8, SIZE, "i_size"),       FIELD(20, 4, INODE, "i_ino"),        FIELD(24, 4, OWNER, "i_uid"),  FIELD(28, 4, OWNER, "i_gid"),
	FIELD(32, 8, TIME, "i_mtime"),     FIELD(40, 4, TIME, "i_mtime_nsec"),  FIELD(44, 4, VALUE, "i_nlink"), FIELD(48, 16, VALUE, "reserved2"),
};

static uint64_t uint_at(const struct sb_view *view, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(view->file, false);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

/* Over the rest of the block that the superblock stands in. The field has one kind whether it holds or not, so that all others are compared one by one. */
static int describe_superblock(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	bool checked = uint_at(view, region->offset + 8, 4) & SB_EROFS_CHECKED;
	struct sb_field crc = {.offset = region->offset + 4, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "checksum"};

	if (checked)
		crc.derived = (struct sb_derivation){.algorithm = SB_DERIVE_CRC32C_ZEROED, .over_offset = SB_EROFS_SUPERBLOCK, .over_length = SB_EROFS_BLOCK - SB_EROFS_SUPERBLOCK};
	int rc = sb_emit_layout(view, region, SB_ROWS(superblock_rows), err);
	return rc ? rc : sb_emit_field(view, &crc, err);
}

/* One field says where the data lies, how many blocks it has, or which device it is. */
static int describe_inode(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	enum sb_member_type type = sb_type_of_mode(uint_at(view, region->offset + 4, 2));
	bool holds = type == SB_MEMBER_FILE || type == SB_MEMBER_DIR || type == SB_MEMBER_SYMLINK, device = type == SB_MEMBER_CHAR || type == SB_MEMBER_BLOCK;
	const struct sb_field place = {.offset = region->offset + 16,
				       .length = 4,
				       .kind = holds ? SB_FIELD_OFFSET : device ? SB_FIELD_DEVICE : SB_FIELD_VALUE,
				       .encoding = SB_ENC_LE,
				       .name = device ? "rdev" : "i_u"};
	const struct sb_field format = {.offset = region->offset, .length = 2, .kind = holds ? SB_FIELD_ENCODING : SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "i_format"};
	int rc = region->tag == SB_EROFS_TAG_EXTENDED ? sb_emit_layout(view, region, SB_ROWS(extended_rows), err) : sb_emit_layout(view, region, SB_ROWS(compact_rows), err);
	if (!rc)
		rc = sb_emit_field(view, &format, err);
	return rc ? rc : sb_emit_field(view, &place, err);
}

int sb_erofs_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch ((enum sb_erofs_tag)region->tag) {
	case SB_EROFS_TAG_NONE:
		return 0;
	case SB_EROFS_TAG_SUPERBLOCK:
		return describe_superblock(view, region, err);
	case SB_EROFS_TAG_SUPERBLOCK_END:
		return sb_emit_layout(view, region, SB_ROWS(superblock_end_rows), err);
	case SB_EROFS_TAG_COMPACT:
	case SB_EROFS_TAG_EXTENDED:
		return describe_inode(view, region, err);
	}
	return 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, SB_EROFS_SUPERBLOCK, "\xe2\xe1\xf5\xe0", 4) && file.n >= SB_EROFS_BLOCK ? 32 : 0;
}

const struct sb_format sb_format_erofs = {
	.name = "erofs",
	.spec = "Linux 6.1, fs/erofs/erofs_fs.h",
	.version = 2,
	.probe = probe,
	.open = sb_erofs_walk,
	.describe = sb_erofs_describe,
	.tree = true,
};
