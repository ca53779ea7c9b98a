/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock, and the row of the format. */
#include "verifier/formats/ext/ext.h"

#include "verifier/formats/rows.h"

#include <string.h>

enum { KNOWN_INCOMPAT = 0xe2c2, KNOWN_RO_COMPAT = 0xa57b, MOST_LOG = 6, CHECKSUM_AT = 1020 };

int sb_ext_wrong(struct sb_err *err, uint64_t at, const char *text)
{
	return sb_damaged(err, "archive-damaged", at, text);
}

bool sb_ext_super_is_summed(const struct sb_ext_super *super, struct sb_span copy)
{
	struct sb_rd rd = sb_rd_of(copy, false);

	sb_rd_seek(&rd, CHECKSUM_AT);
	return !(super->ro_compat & SB_EXT_METADATA_CSUM) || sb_rd_uint(&rd, 4) == sb_crc32c(UINT32_MAX, sb_span_of(copy.p, CHECKSUM_AT));
}

static bool is_power(uint32_t n, uint32_t of)
{
	while (n > 1 && n % of == 0)
		n /= of;
	return n == 1;
}

bool sb_ext_has_backup(const struct sb_ext_super *super, uint32_t group)
{
	if (group == 0)
		return true;
	if (super->compat & SB_EXT_SPARSE_SUPER2)
		return group == super->backups[0] || group == super->backups[1];
	if (!(super->ro_compat & SB_EXT_SPARSE_SUPER))
		return true;
	return group == 1 || is_power(group, 3) || is_power(group, 5) || is_power(group, 7);
}

static uint64_t number(struct sb_span raw, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(raw, false);
	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

/* Numbers that everything else is computed with. */
static bool makes_sense(const struct sb_ext_super *super, uint64_t log, uint64_t size)
{
	uint64_t bits = 8 * (uint64_t)super->block_size, inodes;

	return log <= MOST_LOG && super->first_block == (log == 0) && super->blocks > super->first_block && super->blocks <= size / super->block_size &&
	       super->blocks_a_group && super->blocks_a_group <= bits && super->inodes_a_group && super->inodes_a_group <= bits &&
	       super->blocks_a_group % 8 == 0 && super->inodes_a_group % 8 == 0 && super->inode_size >= 128 && super->inode_size <= super->block_size &&
	       (super->inode_size & (super->inode_size - 1)) == 0 && (super->desc_size == 32 || super->desc_size == 64) && super->first_inode > SB_EXT_JOURNAL &&
	       sb_mul(super->groups, super->inodes_a_group, &inodes) && inodes == super->inodes;
}

int sb_ext_super(struct sb_span file, struct sb_ext_super *out, struct sb_err *err)
{
	struct sb_ext_super super = {0};
	struct sb_span raw;

	if (!sb_span_cut(file, SB_EXT_SUPER_AT, SB_EXT_SUPER, &raw))
		return sb_damaged(err, "archive-truncated", file.n, "the image ends before its superblock does");
	uint64_t log = number(raw, 24, 4), revision = number(raw, 76, 4);
	super.raw = raw;
	super.inodes = (uint32_t)number(raw, 0, 4);
	super.incompat = (uint32_t)number(raw, 96, 4);
	super.blocks = number(raw, 4, 4) | (super.incompat & SB_EXT_64BIT ? number(raw, 336, 4) << 32 : 0);
	super.free_blocks = number(raw, 12, 4) | (super.incompat & SB_EXT_64BIT ? number(raw, 344, 4) << 32 : 0);
	super.free_inodes = (uint32_t)number(raw, 16, 4);
	super.first_block = (uint32_t)number(raw, 20, 4);
	super.block_size = log <= MOST_LOG ? 1024U << log : 1024;
	super.blocks_a_group = (uint32_t)number(raw, 32, 4);
	super.inodes_a_group = (uint32_t)number(raw, 40, 4);
	super.first_inode = revision ? (uint32_t)number(raw, 84, 4) : 11;
	super.inode_size = revision ? (uint32_t)number(raw, 88, 2) : 128;
	super.compat = (uint32_t)number(raw, 92, 4);
	super.ro_compat = (uint32_t)number(raw, 100, 4);
	super.uuid = sb_span_of(raw.p + 104, 16);
	super.reserved_desc = super.compat & SB_EXT_RESIZE_INODE ? (uint32_t)number(raw, 206, 2) : 0;
	super.journal = (uint32_t)number(raw, 224, 4);
	super.desc_size = super.incompat & SB_EXT_64BIT ? (uint32_t)number(raw, 254, 2) : 32;
	super.backups[0] = (uint32_t)number(raw, 588, 4);
	super.backups[1] = (uint32_t)number(raw, 592, 4);
	if (super.blocks_a_group && super.blocks > super.first_block)
		super.groups = (uint32_t)((super.blocks - super.first_block + super.blocks_a_group - 1) / super.blocks_a_group);
	if (super.incompat & ~(uint32_t)KNOWN_INCOMPAT || super.ro_compat & ~(uint32_t)KNOWN_RO_COMPAT)
		return sb_ext_wrong(err, SB_EXT_SUPER_AT + 96, "features that are not known here, or a journal that was not replayed");
	if (!makes_sense(&super, log, file.n))
		return sb_ext_wrong(err, SB_EXT_SUPER_AT, "the superblock contradicts itself or the size of the image");
	if (!sb_ext_super_is_summed(&super, raw))
		return sb_ext_wrong(err, SB_EXT_SUPER_AT + CHECKSUM_AT, "the checksum of the superblock is wrong");
	*out = super;
	return 0;
}

static int open_ext(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_ext_super super;
	int rc = sb_ext_super(view->file, &super, err);

	(void)hint;
	if (rc)
		return rc;
	uint64_t rest = SB_EXT_SUPER_AT + SB_EXT_SUPER;
	const struct sb_region regions[] = {
		{.length = SB_EXT_SUPER_AT, .kind = SB_REGION_HEADER, .name = "boot block"},
		{.offset = SB_EXT_SUPER_AT, .length = SB_EXT_SUPER, .kind = SB_REGION_TABLE, .tag = 1, .name = "superblock"},
		{.offset = rest, .length = super.blocks * super.block_size - rest, .kind = SB_REGION_ENCODED, .name = "groups"},
	};
	return sb_emit_volume(view, regions, sizeof regions / sizeof *regions, SB_CODEC_EXT, err);
}

#define ROW(at_, length_, kind_, name_) {.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_LE, .name = (name_)}
/* What is called an encoding is computed again while the tree is decoded. */
static const struct sb_layout_row rows[] = {
	ROW(0, 4, VALUE, "inodes"), ROW(4, 4, VALUE, "blocks"), ROW(8, 4, VALUE, "reserved blocks"), ROW(12, 4, ENCODING, "free blocks"), ROW(16, 4, ENCODING, "free inodes"),
	ROW(20, 4, VALUE, "first data block"), ROW(24, 4, VALUE, "log block size"), ROW(28, 4, VALUE, "log cluster size"), ROW(32, 4, VALUE, "blocks per group"),
	ROW(36, 4, VALUE, "clusters per group"), ROW(40, 4, VALUE, "inodes per group"), ROW(44, 4, TIME, "mounted"), ROW(48, 4, TIME, "written"), ROW(52, 2, VALUE, "mount count"),
	ROW(54, 2, VALUE, "most mounts"), ROW(56, 2, MAGIC, "magic"), ROW(58, 2, VALUE, "state"), ROW(60, 2, VALUE, "on errors"), ROW(62, 2, VALUE, "minor revision"),
	ROW(64, 4, TIME, "checked"), ROW(68, 4, VALUE, "check interval"), ROW(72, 4, VALUE, "creator"), ROW(76, 4, VALUE, "revision"), ROW(80, 2, OWNER, "reserved for uid"),
	ROW(82, 2, OWNER, "reserved for gid"), ROW(84, 4, VALUE, "first inode"), ROW(88, 2, VALUE, "inode size"), ROW(90, 2, VALUE, "group of this copy"),
	ROW(92, 4, FLAGS, "compatible features"), ROW(96, 4, FLAGS, "incompatible features"), ROW(100, 4, FLAGS, "features of writers"), ROW(104, 16, IDENTIFIER, "uuid"),
	ROW(120, 16, NAME, "label"), ROW(136, 64, NAME, "last mounted on"), ROW(200, 4, VALUE, "algorithms"), ROW(206, 2, VALUE, "reserved descriptors"),
	ROW(208, 16, VALUE, "journal uuid"), ROW(224, 4, VALUE, "journal inode"), ROW(228, 4, VALUE, "journal device"), ROW(232, 4, VALUE, "first orphan"),
	ROW(236, 16, IDENTIFIER, "hash seed"), ROW(252, 1, VALUE, "hash version"), ROW(253, 1, VALUE, "journal backup"), ROW(254, 2, VALUE, "descriptor size"),
	ROW(256, 4, FLAGS, "mount options"), ROW(264, 4, TIME, "made"), ROW(268, 68, ENCODING, "blocks of the journal"), ROW(336, 4, VALUE, "blocks, high"),
	ROW(344, 4, ENCODING, "free blocks, high"), ROW(352, 4, FLAGS, "flags"), ROW(376, 8, VALUE, "kilobytes written"), ROW(404, 4, VALUE, "errors"),
	ROW(512, 64, VALUE, "mount options, text"), ROW(584, 4, VALUE, "overhead"), ROW(624, 4, VALUE, "checksum seed"), 

};

static const struct sb_layout_row sum_row = {
	.at = CHECKSUM_AT, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "checksum", .algorithm = SB_DERIVE_CRC32C, .over = CHECKSUM_AT};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_span raw;
	int rc = region->tag == 1 ? sb_emit_layout(view, region, SB_ROWS(rows), err) : 0;

	if (rc || region->tag != 1 || !sb_span_cut(view->file, region->offset, region->length, &raw) || !(number(raw, 100, 4) & SB_EXT_METADATA_CSUM))
		return rc;
	return sb_emit_layout(view, region, &sum_row, 1, err);
}

/* The magic is two bytes, so that the superblock must make sense. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_span raw;

	(void)hint;
	if (!sb_magic(file, SB_EXT_SUPER_AT + 56, "\x53\xef", 2) || !sb_span_cut(file, SB_EXT_SUPER_AT, SB_EXT_SUPER, &raw))
		return 0;
	return number(raw, 24, 4) <= MOST_LOG && number(raw, 76, 4) <= 1 && number(raw, 32, 4) && number(raw, 40, 4) && number(raw, 20, 4) <= 1 ? 40 : 0;
}

const struct sb_format sb_format_ext = {
	.name = "ext",
	.spec = "Linux 6.1, Documentation/filesystems/ext4; ext2, ext3 and ext4",
	.version = 2,
	.probe = probe,
	.open = open_ext,
	.describe = describe,
	.compression = true,
	.volume = true,
};
