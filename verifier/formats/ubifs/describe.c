/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of nodes, and the row of the format. */
#include "verifier/formats/ubifs/ubifs.h"

#define FIELD(at_, length_, kind_, name_) \
	{.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_LE, .name = (name_)}

static const struct sb_layout_row head_rows[] = {
	FIELD(0, 4, MAGIC, "magic"), FIELD(8, 8, INODE, "sqnum"), FIELD(20, 1, VALUE, "node_type"), FIELD(21, 1, ENCODING, "group_type"), FIELD(22, 2, VALUE, "padding"),
};

static const struct sb_layout_row superblock_rows[] = {
	FIELD(16, 4, VALUE, "len"),
	FIELD(24, 2, VALUE, "padding"),
	FIELD(26, 1, VALUE, "key_hash"),
	FIELD(27, 1, VALUE, "key_fmt"),
	FIELD(28, 4, FLAGS, "flags"),
	FIELD(32, 4, VALUE, "min_io_size"),
	FIELD(36, 4, VALUE, "leb_size"),
	FIELD(40, 4, SIZE, "leb_cnt"),
	FIELD(44, 4, VALUE, "max_leb_cnt"),
	FIELD(48, 8, VALUE, "max_bud_bytes"),
	FIELD(56, 4, VALUE, "log_lebs"),
	FIELD(60, 4, VALUE, "lpt_lebs"),
	FIELD(64, 4, VALUE, "orph_lebs"),
	FIELD(68, 4, VALUE, "jhead_cnt"),
	FIELD(72, 4, VALUE, "fanout"),
	FIELD(76, 4, VALUE, "lsave_cnt"),
	FIELD(80, 4, VALUE, "fmt_version"),
	FIELD(84, 2, ENCODING, "default_compr"),
	FIELD(86, 2, VALUE, "padding1"),
	FIELD(88, 4, OWNER, "rp_uid"),
	FIELD(92, 4, OWNER, "rp_gid"),
	FIELD(96, 8, VALUE, "rp_size"),
	FIELD(104, 4, VALUE, "time_gran"),
	FIELD(108, 16, IDENTIFIER, "uuid"),
	FIELD(124, 4, VALUE, "ro_compat_version"),
};

static const struct sb_layout_row master_rows[] = {
	FIELD(16, 4, VALUE, "len"),
	FIELD(24, 8, INODE, "highest_inum"),
	FIELD(32, 8, INODE, "cmt_no"),
	FIELD(40, 4, FLAGS, "flags"),
	FIELD(44, 4, OFFSET, "log_lnum"),
	FIELD(48, 4, OFFSET, "root_lnum"),
	FIELD(52, 4, OFFSET, "root_offs"),
	FIELD(56, 4, SIZE, "root_len"),
	FIELD(60, 4, OFFSET, "gc_lnum"),
	FIELD(64, 4, OFFSET, "ihead_lnum"),
	FIELD(68, 4, OFFSET, "ihead_offs"),
	FIELD(72, 8, SIZE, "index_size"),
	FIELD(80, 8, SIZE, "total_free"),
	FIELD(88, 8, SIZE, "total_dirty"),
	FIELD(96, 8, SIZE, "total_used"),
	FIELD(104, 8, SIZE, "total_dead"),
	FIELD(112, 8, SIZE, "total_dark"),
	FIELD(120, 4, OFFSET, "lpt_lnum"),
	FIELD(124, 4, OFFSET, "lpt_offs"),
	FIELD(128, 4, OFFSET, "nhead_lnum"),
	FIELD(132, 4, OFFSET, "nhead_offs"),
	FIELD(136, 4, OFFSET, "ltab_lnum"),
	FIELD(140, 4, OFFSET, "ltab_offs"),
	FIELD(144, 4, OFFSET, "lsave_lnum"),
	FIELD(148, 4, OFFSET, "lsave_offs"),
	FIELD(152, 4, OFFSET, "lscan_lnum"),
	FIELD(156, 4, SIZE, "empty_lebs"),
	FIELD(160, 4, SIZE, "idx_lebs"),
	FIELD(164, 4, SIZE, "leb_cnt"),
};

static const struct sb_layout_row inode_rows[] = {
	FIELD(24, 8, INODE, "key"),
	FIELD(32, 8, VALUE, "fill of the key"),
	FIELD(40, 8, INODE, "creat_sqnum"),
	FIELD(56, 8, TIME, "atime_sec"),
	FIELD(64, 8, TIME, "ctime_sec"),
	FIELD(72, 8, TIME, "mtime_sec"),
	FIELD(80, 4, TIME, "atime_nsec"),
	FIELD(84, 4, TIME, "ctime_nsec"),
	FIELD(88, 4, TIME, "mtime_nsec"),
	FIELD(92, 4, VALUE, "nlink"),
	FIELD(96, 4, OWNER, "uid"),
	FIELD(100, 4, OWNER, "gid"),
	FIELD(104, 4, MODE, "mode"),
	FIELD(108, 4, FLAGS, "flags"),
	FIELD(116, 4, VALUE, "xattr_cnt"),
	FIELD(120, 4, VALUE, "xattr_size"),
	FIELD(124, 4, VALUE, "padding1"),
	FIELD(128, 4, VALUE, "xattr_names"),
	FIELD(132, 2, ENCODING, "compr_type"),
	FIELD(134, 26, VALUE, "padding2"),
};

static const struct sb_layout_row dirent_rows[] = {
	FIELD(24, 8, INODE, "key"),
	FIELD(32, 8, VALUE, "fill of the key"),
	FIELD(40, 8, INODE, "inum"),
	FIELD(48, 1, VALUE, "padding1"),
	FIELD(49, 1, VALUE, "type"),
	FIELD(52, 4, INODE, "cookie"),
};

static const struct sb_layout_row data_rows[] = {
	FIELD(24, 8, INODE, "key"),
	FIELD(32, 8, VALUE, "fill of the key"),
	FIELD(40, 4, SIZE, "size"),
	FIELD(44, 2, ENCODING, "compr_type"),
	FIELD(46, 2, VALUE, "compr_size"),
};

static const struct sb_layout_row padding_rows[] = {FIELD(16, 4, VALUE, "len"), FIELD(24, 4, SIZE, "pad_len")};
static const struct sb_layout_row commit_rows[] = {FIELD(16, 4, VALUE, "len"), FIELD(24, 8, INODE, "cmt_no")};
static const struct sb_layout_row index_rows[] = {FIELD(24, 2, SIZE, "child_cnt"), FIELD(26, 2, SIZE, "level")};
static const struct sb_layout_row branch_rows[] = {FIELD(0, 4, OFFSET, "lnum"), FIELD(4, 4, OFFSET, "offs"), FIELD(8, 4, SIZE, "len"), FIELD(12, 8, INODE, "key")};

static uint64_t uint_at(const struct sb_view *view, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(view->file, false);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

static int emit_derived(struct sb_view *view, const struct sb_region *region, unsigned at, unsigned width, const char *name, enum sb_derive_algorithm algorithm, uint64_t from,
			uint64_t length, struct sb_err *err)
{
	const struct sb_field field = {.offset = region->offset + at,
				       .length = width,
				       .kind = SB_FIELD_DERIVED,
				       .encoding = SB_ENC_LE,
				       .name = name,
				       .derived = {.algorithm = algorithm, .over_offset = region->offset + from, .over_length = length}};
	return sb_emit_field(view, &field, err);
}

/* The head of every node; @sized: its length follows from what is in it. */
static int describe_head(struct sb_view *view, const struct sb_region *region, bool sized, struct sb_err *err)
{
	uint64_t length = uint_at(view, region->offset + 16, 4);
	int rc = sb_emit_layout(view, region, SB_ROWS(head_rows), err);

	if (!rc)
		rc = emit_derived(view, region, 4, 4, "crc", SB_DERIVE_CRC32_BARE, 8, length < 8 ? 0 : length - 8, err);
	return rc || !sized ? rc : emit_derived(view, region, 16, 4, "len", SB_DERIVE_LENGTH, 0, length, err);
}

static int describe_inode(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	/* The size of a file is that of its content; of anything else it is a number that nothing else says. */
	bool file = sb_type_of_mode(uint_at(view, region->offset + 104, 4)) == SB_MEMBER_FILE;
	const struct sb_field size = {.offset = region->offset + 48, .length = 8, .kind = file ? SB_FIELD_SIZE : SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "size"};
	int rc = sb_emit_layout(view, region, SB_ROWS(inode_rows), err);

	if (!rc)
		rc = sb_emit_field(view, &size, err);
	return rc ? rc : emit_derived(view, region, 112, 4, "data_len", SB_DERIVE_LENGTH, SB_UBIFS_INODE_SIZE, uint_at(view, region->offset + 112, 4), err);
}

static int describe_dirent(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	uint64_t length = uint_at(view, region->offset + 50, 2);
	const struct sb_field name = {.offset = region->offset + SB_UBIFS_DIRENT_SIZE, .length = length, .kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "name"};
	int rc = sb_emit_layout(view, region, SB_ROWS(dirent_rows), err);

	if (!rc)
		rc = emit_derived(view, region, 50, 2, "nlen", SB_DERIVE_LENGTH, SB_UBIFS_DIRENT_SIZE, length, err);
	return rc || length == 0 || length > region->length - SB_UBIFS_DIRENT_SIZE ? rc : sb_emit_field(view, &name, err);
}

static int describe_index(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc = sb_emit_layout(view, region, SB_ROWS(index_rows), err);

	for (uint64_t at = SB_UBIFS_INDEX_SIZE; !rc && at + SB_UBIFS_BRANCH <= region->length; at += SB_UBIFS_BRANCH) {
		struct sb_region branch = *region;
		branch.offset += at;
		branch.length = SB_UBIFS_BRANCH;
		rc = sb_emit_layout(view, &branch, SB_ROWS(branch_rows), err);
	}
	return rc;
}

static int describe_by_type(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch ((enum sb_ubifs_type)(region->tag - 1)) {
	case SB_UBIFS_INODE:
		return describe_inode(view, region, err);
	case SB_UBIFS_DATA:
		return sb_emit_layout(view, region, SB_ROWS(data_rows), err);
	case SB_UBIFS_DIRENT:
	case SB_UBIFS_XATTR:
		return describe_dirent(view, region, err);
	case SB_UBIFS_PADDING:
		return sb_emit_layout(view, region, SB_ROWS(padding_rows), err);
	case SB_UBIFS_SUPERBLOCK:
		return sb_emit_layout(view, region, SB_ROWS(superblock_rows), err);
	case SB_UBIFS_MASTER:
		return sb_emit_layout(view, region, SB_ROWS(master_rows), err);
	case SB_UBIFS_INDEX:
		return describe_index(view, region, err);
	case SB_UBIFS_COMMIT_START:
		return sb_emit_layout(view, region, SB_ROWS(commit_rows), err);
	case SB_UBIFS_TRUNCATION:
	case SB_UBIFS_REFERENCE:
		break;
	}
	return 0;
}

static bool is_fixed(uint32_t tag)
{
	return tag == 1 + SB_UBIFS_SUPERBLOCK || tag == 1 + SB_UBIFS_MASTER || tag == 1 + SB_UBIFS_PADDING || tag == 1 + SB_UBIFS_COMMIT_START;
}

int sb_ubifs_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == 0)
		return 0;
	int rc = describe_head(view, region, !is_fixed(region->tag), err);
	return rc ? rc : describe_by_type(view, region, err);
}

/* The magic of a node, and the superblock's type. */
static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, "\x31\x18\x10\x06", 4) && sb_magic(file, 20, "\x06", 1) ? 40 : 0;
}

const struct sb_format sb_format_ubifs = {
	.name = "ubifs",
	.spec = "Linux 6.1, fs/ubifs/ubifs-media.h",
	.version = 3,
	.probe = probe,
	.open = sb_ubifs_walk,
	.describe = sb_ubifs_describe,
	.tree = true,
};
