/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of blocks: copies of the superblock, descriptors, bitmaps, tables of inodes, and what is free. */
#include "verifier/formats/ext/ext.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { INODE_UNINIT = 1, BLOCK_UNINIT = 2, KNOWN_FLAGS = 7, CHECKSUM_AT = 30, STATE_AT = 58, STATE_VALID = 1, GROUP_AT = 90, FREE_HIGH_AT = 344, SUM_AT = 1020 };

int sb_ext_block(const struct sb_ext *ext, uint64_t block, struct sb_span *out, struct sb_err *err)
{
	bool exists = block >= ext->super.first_block && block < ext->super.blocks;
	return exists && sb_span_cut(ext->image, block * ext->super.block_size, ext->super.block_size, out) ? 0 : sb_ext_wrong(err, 0, "a block that does not exist");
}

int sb_ext_own(struct sb_ext *ext, uint64_t block, uint64_t count, struct sb_err *err)
{
	if (block < ext->super.first_block || block > ext->super.blocks || count > ext->super.blocks - block)
		return sb_ext_wrong(err, block, "blocks that do not exist");
	for (uint64_t i = block; i < block + count; i++) {
		if (sb_ext_is_owned(ext, i))
			return sb_ext_wrong(err, i * ext->super.block_size, "two things lie in one block");
		ext->owned[i / 8] |= (uint8_t)(1 << i % 8);
	}
	return 0;
}

uint32_t sb_ext_crc_uint(uint32_t crc, uint64_t value, unsigned width)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < width; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	return sb_crc32c(crc, sb_span_of(bytes, width));
}

static uint64_t first_of(const struct sb_ext *ext, uint32_t group)
{
	return ext->super.first_block + (uint64_t)group * ext->super.blocks_a_group;
}

static uint64_t count_of(const struct sb_ext *ext, uint32_t group)
{
	uint64_t left = ext->super.blocks - first_of(ext, group);
	return left < ext->super.blocks_a_group ? left : ext->super.blocks_a_group;
}

static uint64_t desc_blocks(const struct sb_ext *ext)
{
	return ((uint64_t)ext->super.groups * ext->super.desc_size + ext->super.block_size - 1) / ext->super.block_size;
}

/* CRC-16 of the older checksum of descriptors: polynomial 0xa001, begun with ~0. */
static uint16_t crc16(uint16_t crc, struct sb_span bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		crc ^= bytes.p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

static uint16_t desc_sum(const struct sb_ext *ext, uint32_t group, struct sb_span raw)
{
	const struct sb_span head = sb_span_of(raw.p, CHECKSUM_AT), tail = sb_span_of(raw.p + CHECKSUM_AT + 2, raw.n - CHECKSUM_AT - 2);
	const uint8_t number[4] = {(uint8_t)group, (uint8_t)(group >> 8), (uint8_t)(group >> 16), (uint8_t)(group >> 24)};

	if (!sb_ext_sums(ext))
		return crc16(crc16(crc16(crc16(UINT16_MAX, ext->super.uuid), sb_span_of(number, 4)), head), tail);
	uint32_t crc = sb_crc32c(sb_crc32c(ext->seed, sb_span_of(number, 4)), head);
	return (uint16_t)sb_crc32c(sb_ext_crc_uint(crc, 0, 2), tail);
}

/* A number in two parts, the second of which large descriptors have. */
static uint64_t both(struct sb_span raw, uint64_t low, uint64_t high, unsigned width)
{
	struct sb_rd rd = sb_rd_of(raw, false);

	sb_rd_seek(&rd, low);
	uint64_t value = sb_rd_uint(&rd, width);
	if (raw.n < 64)
		return value;
	sb_rd_seek(&rd, high);
	return value | sb_rd_uint(&rd, width) << 8 * width;
}

int sb_ext_group(const struct sb_ext *ext, uint32_t group, struct sb_ext_group *out, struct sb_err *err)
{
	uint64_t at = ((uint64_t)ext->super.first_block + 1) * ext->super.block_size + (uint64_t)group * ext->super.desc_size;
	struct sb_ext_group found = {0};

	if (!sb_span_cut(ext->image, at, ext->super.desc_size, &found.raw))
		return sb_ext_wrong(err, at, "descriptors outside of the image");
	found.block_bitmap = both(found.raw, 0, 32, 4);
	found.inode_bitmap = both(found.raw, 4, 36, 4);
	found.inode_table = both(found.raw, 8, 40, 4);
	found.free_blocks = (uint32_t)both(found.raw, 12, 44, 2);
	found.free_inodes = (uint32_t)both(found.raw, 14, 46, 2);
	found.folders = (uint32_t)both(found.raw, 16, 48, 2);
	found.flags = (uint32_t)both(sb_span_of(found.raw.p, 32), 18, 0, 2);
	found.unused_inodes = (uint32_t)both(found.raw, 28, 50, 2);
	bool summed = ext->super.ro_compat & (SB_EXT_METADATA_CSUM | SB_EXT_GDT_CSUM);
	if (summed && both(sb_span_of(found.raw.p, 32), CHECKSUM_AT, 0, 2) != desc_sum(ext, group, found.raw))
		return sb_ext_wrong(err, at + CHECKSUM_AT, "the checksum of a group descriptor is wrong");
	*out = found;
	return 0;
}

static uint64_t table_blocks(const struct sb_ext *ext)
{
	return ((uint64_t)ext->super.inodes_a_group * ext->super.inode_size + ext->super.block_size - 1) / ext->super.block_size;
}

/* Bitmaps and table of a group. */
static int own_group(struct sb_ext *ext, uint32_t group, struct sb_err *err)
{
	struct sb_ext_group found;
	int rc = sb_ext_group(ext, group, &found, err);

	if (!rc)
		rc = sb_ext_own(ext, found.block_bitmap, 1, err);
	if (!rc)
		rc = sb_ext_own(ext, found.inode_bitmap, 1, err);
	return rc ? rc : sb_ext_own(ext, found.inode_table, table_blocks(ext), err);
}

int sb_ext_own_groups(struct sb_ext *ext, struct sb_err *err)
{
	int rc = 0;

	if (ext->super.reserved_desc > ext->super.block_size / 4 || desc_blocks(ext) > ext->super.blocks)
		return sb_ext_wrong(err, SB_EXT_SUPER_AT, "more descriptors than a group can hold");
	for (uint32_t group = 0; !rc && group < ext->super.groups; group++) {
		if (sb_ext_has_backup(&ext->super, group))
			rc = sb_ext_own(ext, first_of(ext, group), 1 + desc_blocks(ext) + ext->super.reserved_desc, err);
		if (!rc)
			rc = own_group(ext, group, err);
	}
	return rc;
}

static int tell(struct sb_ext *ext, const char *what, uint64_t number, struct sb_span bytes, struct sb_err *err)
{
	char name[64];

	snprintf(name, sizeof name, "%s %llu", what, (unsigned long long)number);
	return sb_tree_part(&ext->tree, name, bytes, err);
}

/* A copy says what the first one says, but for the group it lies in, its checksum, and that the file system was left cleanly. */
static bool is_copy(const struct sb_ext *ext, struct sb_span copy, uint32_t group)
{
	struct sb_span first = ext->super.raw;
	struct sb_rd rd = sb_rd_of(copy, false);

	sb_rd_seek(&rd, GROUP_AT);
	if (sb_rd_uint(&rd, 2) != (group & 0xffff) || !sb_ext_super_is_summed(&ext->super, copy))
		return false;
	if (copy.p[STATE_AT] != first.p[STATE_AT] && copy.p[STATE_AT] != (first.p[STATE_AT] & ~STATE_VALID))
		return false;
	return memcmp(copy.p, first.p, STATE_AT) == 0 && memcmp(copy.p + STATE_AT + 1, first.p + STATE_AT + 1, GROUP_AT - STATE_AT - 1) == 0 &&
	       memcmp(copy.p + GROUP_AT + 2, first.p + GROUP_AT + 2, SUM_AT - GROUP_AT - 2) == 0;
}

static uint64_t backup_after(const struct sb_ext *ext, uint32_t group)
{
	for (uint32_t next = group + 1; next < ext->super.groups; next++)
		if (sb_ext_has_backup(&ext->super, next))
			return next;
	return UINT64_MAX;
}

/* Blocks kept for more descriptors: in the first group each lists its copies, the others are empty. */
static int tell_reserved(struct sb_ext *ext, uint32_t group, struct sb_err *err)
{
	uint64_t at = first_of(ext, group) + 1 + desc_blocks(ext);
	int rc = 0;

	for (uint64_t i = 0; !rc && i < ext->super.reserved_desc; i++) {
		struct sb_span block;
		rc = sb_ext_block(ext, at + i, &block, err);
		if (rc)
			break;
		struct sb_rd rd = sb_rd_of(block, false);
		bool right = true;
		if (group == 0)
			for (uint64_t next = backup_after(ext, 0); next != UINT64_MAX && rd.at < block.n; next = backup_after(ext, (uint32_t)next))
				right &= sb_rd_uint(&rd, 4) == first_of(ext, (uint32_t)next) + 1 + desc_blocks(ext) + i;
		if (!right || !sb_span_all_zero(sb_span_of(block.p + rd.at, block.n - rd.at)))
			rc = tell(ext, "reserved descriptor block", at + i, block, err);
	}
	return rc;
}

static int tell_backup(struct sb_ext *ext, uint32_t group, struct sb_err *err)
{
	uint64_t size = ext->super.block_size, at = first_of(ext, group) * size, skip = group == 0 && size > SB_EXT_SUPER ? SB_EXT_SUPER_AT : 0;
	struct sb_span copy, descs, first, rest;
	int rc = 0;

	if (!sb_span_cut(ext->image, at + skip, SB_EXT_SUPER, &copy) || !sb_span_cut(ext->image, at + skip + SB_EXT_SUPER, size - skip - SB_EXT_SUPER, &rest) ||
	    !sb_span_cut(ext->image, at + size, desc_blocks(ext) * size, &descs) ||
	    !sb_span_cut(ext->image, ((uint64_t)ext->super.first_block + 1) * size, desc_blocks(ext) * size, &first))
		return sb_ext_wrong(err, at, "a copy of the superblock outside of the image");
	if (group && !is_copy(ext, copy, group))
		rc = tell(ext, "superblock of group", group, copy, err);
	if (!rc && !sb_span_all_zero(rest))
		rc = tell(ext, "rest of the superblock's block of group", group, rest, err);
	if (!rc && group && !sb_span_equal(descs, first))
		rc = tell(ext, "descriptors of group", group, descs, err);
	uint64_t used = (uint64_t)ext->super.groups * ext->super.desc_size;
	rest = sb_span_of(first.p + used, first.n - (size_t)used);
	if (!rc && !group && !sb_span_all_zero(rest))
		rc = tell(ext, "rest of the descriptors", group, rest, err);
	return rc ? rc : tell_reserved(ext, group, err);
}

/* Does a bitmap hold exactly these bits, and ones behind them? */
static bool is_bitmap(struct sb_span map, uint64_t count, bool (*bit)(const struct sb_ext *ext, uint64_t at), const struct sb_ext *ext, uint64_t from)
{
	for (uint64_t i = 0; i < 8 * (uint64_t)map.n; i++)
		if ((map.p[i / 8] >> i % 8 & 1) != (i >= count || bit(ext, from + i)))
			return false;
	return true;
}

static bool block_bit(const struct sb_ext *ext, uint64_t block)
{
	return sb_ext_is_owned(ext, block);
}

static bool has_names(const struct sb_ext *ext, uint64_t number)
{
	return ext->names[number] || number < ext->super.first_inode;
}

static uint32_t count_free(const struct sb_ext *ext, uint64_t from, uint64_t count, bool (*bit)(const struct sb_ext *ext, uint64_t at))
{
	uint32_t free = 0;
	for (uint64_t i = 0; i < count; i++)
		free += !bit(ext, from + i);
	return free;
}

static bool sums_match(const struct sb_ext *ext, const struct sb_ext_group *group, struct sb_span blocks, struct sb_span inodes)
{
	uint32_t mask = group->raw.n < 64 ? 0xffff : UINT32_MAX;

	if (!sb_ext_sums(ext))
		return sb_span_all_zero(sb_span_of(group->raw.p + 24, 4));
	return both(group->raw, 24, 56, 2) == (sb_crc32c(ext->seed, sb_span_of(blocks.p, ext->super.blocks_a_group / 8)) & mask) &&
	       both(group->raw, 26, 58, 2) == (sb_crc32c(ext->seed, sb_span_of(inodes.p, ext->super.inodes_a_group / 8)) & mask);
}

/* Numbers of a descriptor that follow from what was found, and bytes that nobody uses. */
static bool desc_agrees(const struct sb_ext *ext, const struct sb_ext_group *group, uint32_t number)
{
	uint64_t inode = (uint64_t)number * ext->super.inodes_a_group + 1, unused = 0;

	while (unused < ext->super.inodes_a_group && !has_names(ext, inode + ext->super.inodes_a_group - 1 - unused))
		unused++;
	return group->free_blocks == count_free(ext, first_of(ext, number), count_of(ext, number), block_bit) &&
	       group->free_inodes == count_free(ext, inode, ext->super.inodes_a_group, has_names) && group->folders == ext->folders[number] && group->unused_inodes <= unused &&
	       !(group->flags & ~(uint32_t)KNOWN_FLAGS) && sb_span_all_zero(sb_span_of(group->raw.p + 20, 4)) &&
	       (group->raw.n < 64 || (sb_span_all_zero(sb_span_of(group->raw.p + 52, 4)) && sb_span_all_zero(sb_span_of(group->raw.p + 60, 4))));
}

static uint64_t overlap(uint64_t from, uint64_t count, uint64_t with, uint64_t length)
{
	uint64_t begin = from > with ? from : with, end = from + count < with + length ? from + count : with + length;
	return begin < end ? end - begin : 0;
}

/* ext4_init_block_bitmap: whose bitmap was never made has nothing but copies, descriptors, and of its bitmaps and table what lies in it; all else is free. */
static bool owns_only_itself(const struct sb_ext *ext, uint32_t number, const struct sb_ext_group *group)
{
	uint64_t from = first_of(ext, number), count = count_of(ext, number);
	uint64_t base = sb_ext_has_backup(&ext->super, number) ? 1 + desc_blocks(ext) + ext->super.reserved_desc : 0;

	base += overlap(from, count, group->block_bitmap, 1) + overlap(from, count, group->inode_bitmap, 1) + overlap(from, count, group->inode_table, table_blocks(ext));
	return count - count_free(ext, from, count, block_bit) == base;
}

static int tell_group(struct sb_ext *ext, uint32_t number, struct sb_err *err)
{
	struct sb_ext_group group;
	struct sb_span blocks = {0}, inodes = {0};
	int rc = sb_ext_group(ext, number, &group, err);

	if (!rc)
		rc = sb_ext_block(ext, group.block_bitmap, &blocks, err);
	if (!rc)
		rc = sb_ext_block(ext, group.inode_bitmap, &inodes, err);
	if (rc)
		return rc;
	bool empty_blocks = group.flags & BLOCK_UNINIT && sb_span_all_zero(blocks), empty_inodes = number && group.flags & INODE_UNINIT && sb_span_all_zero(inodes);
	if (group.flags & BLOCK_UNINIT && !owns_only_itself(ext, number, &group))
		return sb_ext_wrong(err, 0, "a group that says that it is empty, and is not");
	if (!empty_blocks && !is_bitmap(blocks, count_of(ext, number), block_bit, ext, first_of(ext, number)))
		rc = tell(ext, "block bitmap of group", number, blocks, err);
	if (!rc && !empty_inodes && !is_bitmap(inodes, ext->super.inodes_a_group, has_names, ext, (uint64_t)number * ext->super.inodes_a_group + 1))
		rc = tell(ext, "inode bitmap of group", number, inodes, err);
	if (!rc && (!desc_agrees(ext, &group, number) || !sums_match(ext, &group, blocks, inodes)))
		rc = tell(ext, "descriptor of group", number, group.raw, err);
	return rc || !sb_ext_has_backup(&ext->super, number) ? rc : tell_backup(ext, number, err);
}

static int tell_free(struct sb_ext *ext, struct sb_err *err)
{
	uint64_t end, size = ext->super.block_size;
	int rc = 0;

	for (uint64_t at = ext->super.first_block; !rc && at < ext->super.blocks; at = end) {
		for (end = at + 1; end < ext->super.blocks && sb_ext_is_owned(ext, end) == sb_ext_is_owned(ext, at);)
			end++;
		for (uint64_t block = at; !rc && block < end && !sb_ext_is_owned(ext, at); block++) {
			struct sb_span bytes = sb_span_of(ext->image.p + block * size, (size_t)size);
			if (!sb_span_all_zero(bytes))
				rc = tell(ext, "free block", block, bytes, err);
		}
	}
	return rc;
}

int sb_ext_tell_groups(struct sb_ext *ext, struct sb_err *err)
{
	uint64_t blocks = count_free(ext, ext->super.first_block, ext->super.blocks - ext->super.first_block, block_bit);
	uint64_t inodes = count_free(ext, 1, ext->super.inodes, has_names);
	int rc = 0;

	bool high = ext->super.incompat & SB_EXT_64BIT || sb_span_all_zero(sb_span_of(ext->super.raw.p + FREE_HIGH_AT, 4));
	if (blocks != ext->super.free_blocks || inodes != ext->super.free_inodes)
		rc = tell(ext, "free counts of the superblock", 0, sb_span_of(ext->super.raw.p + 12, 8), err);
	if (!rc && !high)
		rc = tell(ext, "unused count of the superblock", 0, sb_span_of(ext->super.raw.p + FREE_HIGH_AT, 4), err);
	for (uint32_t group = 0; !rc && group < ext->super.groups; group++)
		rc = tell_group(ext, group, err);
	return rc ? rc : tell_free(ext, err);
}
