/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock, and the row of the format. */
#include "verifier/formats/squashfs/squashfs.h"

#include "verifier/formats/rows.h"

static bool are_in_order(const struct sb_squashfs_super *super)
{
	return super->inode_table >= SB_SQUASHFS_SUPERBLOCK && super->inode_table <= super->folder_table && super->folder_table <= super->used;
}

/* What the flags say of things whose presence they state. */
static bool flags_agree(const struct sb_squashfs_super *super)
{
	uint64_t flags = super->flags;

	return !(flags & ~(uint64_t)SB_SQUASHFS_FLAGS) && !(flags & SB_SQUASHFS_CHECK) && !!(flags & SB_SQUASHFS_EXPORT) == (super->export_table != UINT64_MAX) &&
	       !(flags & SB_SQUASHFS_NO_XATTRS && super->xattr_table != UINT64_MAX) && !(flags & SB_SQUASHFS_NO_FRAGMENTS && super->fragments) &&
	       (super->fragments || super->fragment_table == UINT64_MAX || super->fragment_table <= super->used);
}

int sb_squashfs_super(struct sb_span file, struct sb_squashfs_super *out, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(file, false);
	struct sb_squashfs_super super = {0};

	sb_rd_seek(&rd, 4);
	super.inodes = sb_rd_uint(&rd, 4);
	sb_rd_uint(&rd, 4); /* when it was made */
	super.block_size = sb_rd_uint(&rd, 4);
	super.fragments = sb_rd_uint(&rd, 4);
	super.compressor = sb_rd_uint(&rd, 2);
	super.block_log = sb_rd_uint(&rd, 2);
	super.flags = sb_rd_uint(&rd, 2);
	super.ids = sb_rd_uint(&rd, 2);
	super.version = sb_rd_uint(&rd, 4);
	super.root = sb_rd_uint(&rd, 8);
	super.used = sb_rd_uint(&rd, 8);
	super.id_table = sb_rd_uint(&rd, 8);
	super.xattr_table = sb_rd_uint(&rd, 8);
	super.inode_table = sb_rd_uint(&rd, 8);
	super.folder_table = sb_rd_uint(&rd, 8);
	super.fragment_table = sb_rd_uint(&rd, 8);
	super.export_table = sb_rd_uint(&rd, 8);
	if (rd.bad || super.used > file.n)
		return sb_damaged(err, "archive-truncated", file.n, "the image is shorter than its superblock says");
	if (super.version != 4)
		return sb_damaged(err, "archive-damaged", 28, "not version 4.0 of the format");
	if (super.block_log < 12 || super.block_log > 20 || super.block_size != UINT64_C(1) << super.block_log)
		return sb_damaged(err, "archive-damaged", 12, "a block size that the format does not have");
	if (!are_in_order(&super) || !flags_agree(&super))
		return sb_damaged(err, "archive-damaged", 24, "the superblock contradicts itself");
	*out = super;
	return 0;
}

static int open_squashfs(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_squashfs_super super;
	int rc = sb_squashfs_super(view->file, &super, err);

	(void)hint;
	if (rc)
		return rc;
	const struct sb_region regions[] = {
		{.length = SB_SQUASHFS_COUNTS, .kind = SB_REGION_HEADER, .tag = 1, .name = "superblock"},
		{.offset = SB_SQUASHFS_COUNTS, .length = SB_SQUASHFS_SUPERBLOCK - SB_SQUASHFS_COUNTS, .kind = SB_REGION_TABLE, .tag = 2, .name = "superblock"},
		{.offset = SB_SQUASHFS_SUPERBLOCK, .length = super.inode_table - SB_SQUASHFS_SUPERBLOCK, .kind = SB_REGION_ENCODED, .name = "data"},
		{.offset = super.inode_table, .length = super.folder_table - super.inode_table, .kind = SB_REGION_ENCODED, .name = "inodes"},
		{.offset = super.folder_table, .length = super.used - super.folder_table, .kind = SB_REGION_ENCODED, .name = "folders and tables"},
	};
	return sb_emit_volume(view, regions, sizeof regions / sizeof *regions, SB_CODEC_SQUASHFS, err);
}

#define ENCODED(at_, length_, name_) {.at = (at_), .length = (length_), .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = (name_)}
static const struct sb_layout_row count_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
	ENCODED(4, 4, "inodes"),
	{.at = 8, .length = 4, .kind = SB_FIELD_TIME, .encoding = SB_ENC_LE, .name = "made"},
	ENCODED(12, 4, "block size"),
	ENCODED(16, 4, "fragments"),
	ENCODED(20, 2, "compressor"),
	ENCODED(22, 2, "block log"),
	ENCODED(24, 2, "flags"),
	ENCODED(26, 2, "ids"),
	{.at = 28, .length = 4, .encoding = SB_ENC_LE, .name = "version"},
};

/* Offsets count from the end of the counts. */
static const struct sb_layout_row place_rows[] = {
	ENCODED(0, 8, "root inode"),    ENCODED(8, 8, "bytes used"),       ENCODED(16, 8, "id table"),        ENCODED(24, 8, "xattr table"),
	ENCODED(32, 8, "inode table"), ENCODED(40, 8, "directory table"), ENCODED(48, 8, "fragment table"), ENCODED(56, 8, "export table"),
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == 1)
		return sb_emit_layout(view, region, SB_ROWS(count_rows), err);
	return region->tag == 2 ? sb_emit_layout(view, region, SB_ROWS(place_rows), err) : 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 28, "\4\0\0\0", 4) ? sb_magic(file, 0, "hsqs", 4) : 0;
}

const struct sb_format sb_format_squashfs = {
	.name = "squashfs",
	.spec = "Linux 6.1, fs/squashfs/squashfs_fs.h and Documentation/filesystems/squashfs.rst; version 4.0",
	.version = 2,
	.probe = probe,
	.open = open_squashfs,
	.describe = describe,
	.compression = true,
	.volume = true,
};
