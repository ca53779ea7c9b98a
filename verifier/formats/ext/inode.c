/* SPDX-License-Identifier: Apache-2.0 */
/* Inodes: 128 bytes of old, and what was added behind them. */
#include "verifier/formats/ext/ext.h"

enum { OLD = 128, SUM_LOW = 124, SUM_HIGH = 130, EXTRA_AT = 128 };

/** Creators: only Linux's fields are read. */
static uint64_t field(struct sb_span raw, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(raw, false);
	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

/* A field of the added part, 0 where the inode does not have it. */
static uint64_t added(const struct sb_ext_inode *inode, uint64_t at, unsigned width)
{
	return at + width <= OLD + (uint64_t)inode->extra ? field(inode->raw, at, width) : 0;
}

struct sb_span sb_ext_inode_bytes(const struct sb_ext *ext, uint32_t number)
{
	struct sb_ext_group group;
	struct sb_span raw = {0};
	uint32_t index = number - 1;

	if (number == 0 || number > ext->super.inodes || sb_ext_group(ext, index / ext->super.inodes_a_group, &group, NULL) ||
	    !sb_span_cut(ext->image, group.inode_table * ext->super.block_size + (uint64_t)(index % ext->super.inodes_a_group) * ext->super.inode_size, ext->super.inode_size, &raw))
		return (struct sb_span){0};
	return raw;
}

bool sb_ext_is_allocated(const struct sb_ext *ext, uint32_t number)
{
	struct sb_ext_group group;
	struct sb_span map;
	uint32_t index = number - 1;

	if (sb_ext_group(ext, index / ext->super.inodes_a_group, &group, NULL) || sb_ext_block(ext, group.inode_bitmap, &map, NULL))
		return true;
	index %= ext->super.inodes_a_group;
	return !(group.flags & 1) && map.p[index / 8] >> index % 8 & 1;
}

/* The checksum covers number, generation and the inode with its two halves as zeros. */
static bool is_summed(const struct sb_ext_inode *inode)
{
	bool high = inode->extra >= 4;
	uint64_t stored = field(inode->raw, SUM_LOW, 2) | (high ? field(inode->raw, SUM_HIGH, 2) << 16 : 0);
	uint32_t crc = sb_crc32c(inode->seed, sb_span_of(inode->raw.p, SUM_LOW));

	crc = sb_ext_crc_uint(crc, 0, 2);
	crc = sb_crc32c(crc, sb_span_of(inode->raw.p + SUM_LOW + 2, OLD - SUM_LOW - 2));
	if (inode->raw.n > OLD) {
		crc = sb_crc32c(crc, sb_span_of(inode->raw.p + EXTRA_AT, 2));
		if (high)
			crc = sb_ext_crc_uint(crc, 0, 2);
		uint64_t from = high ? SUM_HIGH + 2 : SUM_HIGH;
		crc = sb_crc32c(crc, sb_span_of(inode->raw.p + from, inode->raw.n - from));
	}
	return stored == (high ? crc : crc & 0xffff);
}

/* Seconds of 32 bits with a sign, two more bits above them, and nanoseconds in the rest. */
static int64_t read_time(uint64_t seconds, uint64_t extra, uint32_t *ns)
{
	*ns = (uint32_t)(extra >> 2);
	return (int32_t)(uint32_t)seconds + (int64_t)((extra & 3) << 32);
}

int sb_ext_inode(const struct sb_ext *ext, uint32_t number, struct sb_ext_inode *out, struct sb_err *err)
{
	struct sb_ext_inode inode = {.number = number, .raw = sb_ext_inode_bytes(ext, number)};

	if (!inode.raw.n)
		return sb_ext_wrong(err, 0, "an inode that does not exist");
	inode.extra = ext->super.inode_size > OLD ? (uint32_t)field(inode.raw, EXTRA_AT, 2) : 0;
	inode.mode = (uint32_t)field(inode.raw, 0, 2);
	inode.uid = (uint32_t)(field(inode.raw, 2, 2) | field(inode.raw, 120, 2) << 16);
	inode.gid = (uint32_t)(field(inode.raw, 24, 2) | field(inode.raw, 122, 2) << 16);
	inode.size = field(inode.raw, 4, 4) | field(inode.raw, 108, 4) << 32;
	inode.links = (uint32_t)field(inode.raw, 26, 2);
	inode.sectors = field(inode.raw, 28, 4) | field(inode.raw, 116, 2) << 32;
	inode.flags = (uint32_t)field(inode.raw, 32, 4);
	inode.generation = (uint32_t)field(inode.raw, 100, 4);
	inode.acl = field(inode.raw, 104, 4) | field(inode.raw, 118, 2) << 32;
	inode.seed = sb_ext_crc_uint(sb_ext_crc_uint(ext->seed, number, 4), inode.generation, 4);
	if (inode.extra % 4 || OLD + inode.extra > ext->super.inode_size)
		return sb_ext_wrong(err, (uint64_t)(inode.raw.p - ext->image.p), "an inode that is larger than inodes are");
	if (sb_ext_sums(ext) && !is_summed(&inode))
		return sb_ext_wrong(err, (uint64_t)(inode.raw.p - ext->image.p), "the checksum of an inode is wrong");
	inode.mtime = read_time(field(inode.raw, 16, 4), added(&inode, 136, 4), &inode.mtime_ns);
	inode.times.atime = read_time(field(inode.raw, 8, 4), added(&inode, 140, 4), &inode.times.atime_ns);
	inode.times.ctime = read_time(field(inode.raw, 12, 4), added(&inode, 132, 4), &inode.times.ctime_ns);
	inode.times.crtime = read_time(added(&inode, 144, 4), added(&inode, 148, 4), &inode.times.crtime_ns);
	inode.times.project = (uint32_t)added(&inode, 156, 4);
	inode.times.generation = inode.generation;
	inode.times.flags = inode.flags & ~(uint32_t)SB_EXT_EXTENTS;
	*out = inode;
	return 0;
}

static void add_number(struct sb_ext *ext, const char *name, uint64_t number, unsigned width)
{
	if (number)
		sb_tree_number(&ext->values, name, number, width);
}

void sb_ext_add_rest(struct sb_ext *ext, const struct sb_ext_inode *inode, uint64_t names, uint64_t sectors)
{
	if (inode->links != names)
		sb_tree_number(&ext->values, "links", inode->links, 2);
	if (inode->sectors != sectors)
		sb_tree_number(&ext->values, "sectors", inode->sectors, 8);
	add_number(ext, "deleted at", field(inode->raw, 20, 4), 4);
	add_number(ext, "version", field(inode->raw, 36, 4) | added(inode, 152, 4) << 32, 8);
	add_number(ext, "fragment address", field(inode->raw, 112, 4), 4);
	add_number(ext, "reserved", field(inode->raw, 126, 2), 2);
	if (!sb_ext_sums(ext))
		add_number(ext, "checksum where there is none", field(inode->raw, SUM_LOW, 2) | added(inode, SUM_HIGH, 2) << 16, 4);
	if (ext->super.inode_size > OLD && inode->extra != 32)
		sb_tree_number(&ext->values, "size of added fields", inode->extra, 2);
	if (inode->extra > 32)
		sb_tree_value(&ext->values, SB_TREE_OTHER, sb_span_text("further fields"), sb_span_of(inode->raw.p + OLD + 32, inode->extra - 32));
}
