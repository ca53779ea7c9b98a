/* SPDX-License-Identifier: Apache-2.0 */
/* The table of inodes. */
#include "verifier/formats/squashfs/squashfs.h"

#include "base/cleanup.h"

#include <stdlib.h>

/** Types of inodes: 1 to 7, and the same with extended fields from 8 on. */
enum { FOLDER = 1, FILE_ = 2, LINK = 3, BLOCK = 4, CHAR = 5, FIFO = 6, SOCKET = 7, EXTENDED = 7, LAST_TYPE = 14 };

static void read_folder(struct sb_rd *rd, struct sb_squashfs_inode *out)
{
	if (out->type == FOLDER) {
		out->folder_block = (uint32_t)sb_rd_uint(rd, 4);
		out->links = (uint32_t)sb_rd_uint(rd, 4);
		out->size = sb_rd_uint(rd, 2);
		out->folder_at = (uint32_t)sb_rd_uint(rd, 2);
		out->parent = (uint32_t)sb_rd_uint(rd, 4);
		out->tail = rd->at;
		return;
	}
	out->links = (uint32_t)sb_rd_uint(rd, 4);
	out->size = sb_rd_uint(rd, 4);
	out->folder_block = (uint32_t)sb_rd_uint(rd, 4);
	out->parent = (uint32_t)sb_rd_uint(rd, 4);
	out->index_count = (uint32_t)sb_rd_uint(rd, 2);
	out->folder_at = (uint32_t)sb_rd_uint(rd, 2);
	out->xattr = (uint32_t)sb_rd_uint(rd, 4);
	out->tail = rd->at;
	for (uint32_t i = 0; i < out->index_count && !rd->bad; i++) {
		sb_rd_bytes(rd, 8);
		sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 4) + 1);
	}
}

static void read_file(const struct sb_squashfs *fs, struct sb_rd *rd, struct sb_squashfs_inode *out)
{
	bool extended = out->type != FILE_;

	out->links = 1;
	out->start = sb_rd_uint(rd, extended ? 8 : 4);
	if (extended) {
		out->size = sb_rd_uint(rd, 8);
		out->sparse = sb_rd_uint(rd, 8);
		out->links = (uint32_t)sb_rd_uint(rd, 4);
	}
	out->fragment = (uint32_t)sb_rd_uint(rd, 4);
	out->fragment_at = (uint32_t)sb_rd_uint(rd, 4);
	if (extended)
		out->xattr = (uint32_t)sb_rd_uint(rd, 4);
	else
		out->size = sb_rd_uint(rd, 4);
	uint64_t blocks = out->size / fs->super.block_size + (out->fragment == SB_SQUASHFS_NONE && out->size % fs->super.block_size);
	out->tail = rd->at;
	out->blocks = (size_t)blocks;
	if (blocks > rd->in.n / 4)
		rd->bad = true;
	else
		sb_rd_bytes(rd, (size_t)blocks * 4);
}

static void read_other(struct sb_rd *rd, uint32_t type, struct sb_squashfs_inode *out)
{
	out->links = (uint32_t)sb_rd_uint(rd, 4);
	if (type == LINK) {
		out->size = sb_rd_uint(rd, 4);
		out->tail = rd->at;
		sb_rd_bytes(rd, (size_t)out->size);
	} else if (type == BLOCK || type == CHAR) {
		out->device = (uint32_t)sb_rd_uint(rd, 4);
	}
	if (out->type > EXTENDED)
		out->xattr = (uint32_t)sb_rd_uint(rd, 4);
}

int sb_squashfs_inode(const struct sb_squashfs *fs, size_t at, struct sb_squashfs_inode *out, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(sb_squashfs_bytes(&fs->inodes), false);
	struct sb_squashfs_inode inode = {.fragment = SB_SQUASHFS_NONE, .xattr = SB_SQUASHFS_NONE};

	sb_rd_seek(&rd, at);
	inode.type = (uint32_t)sb_rd_uint(&rd, 2);
	inode.mode = (uint32_t)sb_rd_uint(&rd, 2);
	inode.uid = (uint32_t)sb_rd_uint(&rd, 2);
	inode.gid = (uint32_t)sb_rd_uint(&rd, 2);
	inode.mtime = (uint32_t)sb_rd_uint(&rd, 4);
	inode.number = (uint32_t)sb_rd_uint(&rd, 4);
	uint32_t basic = inode.type > EXTENDED ? inode.type - EXTENDED : inode.type;
	if (basic == FOLDER)
		read_folder(&rd, &inode);
	else if (basic == FILE_)
		read_file(fs, &rd, &inode);
	else
		read_other(&rd, basic, &inode);
	inode.end = rd.at;
	if (rd.bad || inode.type == 0 || inode.type > LAST_TYPE || inode.uid >= fs->super.ids || inode.gid >= fs->super.ids)
		return sb_damaged(err, "archive-damaged", fs->super.inode_table, "an inode that makes no sense");
	*out = inode;
	return 0;
}

/* The export table leads from every number to its inode. */
static int check_exports(const struct sb_squashfs *fs, const uint32_t *by_number, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(sb_squashfs_bytes(&fs->exports), false);
	uint32_t index;

	for (uint64_t i = 0; i < fs->super.inodes && fs->super.export_table != UINT64_MAX; i++) {
		uint64_t reference = sb_rd_uint(&rd, 8);
		if (!sb_squashfs_find(fs, reference >> 16, reference & 0xffff, &index) || index != by_number[i])
			return sb_damaged(err, "archive-damaged", fs->super.export_table, "the export table leads to another inode");
	}
	return 0;
}

/* Two inodes with one number would be taken for one file by whoever copies the tree. */
static int check_numbers(const struct sb_squashfs *fs, struct sb_err *err)
{
	SB_FREEING uint32_t *by_number = calloc(fs->known.count + 1, sizeof *by_number);

	if (!by_number)
		return sb_no_memory(err);
	for (size_t i = 0; i < fs->known.count; i++)
		by_number[i] = UINT32_MAX;
	for (size_t i = 0; i < fs->known.count; i++) {
		uint32_t number = sb_squashfs_known(fs, i)->number;
		if (number == 0 || number > fs->known.count || by_number[number - 1] != UINT32_MAX)
			return sb_damaged(err, "archive-damaged", fs->super.inode_table, "inode numbers that are not those from one to their count");
		by_number[number - 1] = (uint32_t)i;
	}
	return check_exports(fs, by_number, err);
}

int sb_squashfs_list(struct sb_squashfs *fs, struct sb_err *err)
{
	struct sb_squashfs_inode inode;
	int rc = 0;

	fs->known = (struct sb_vec){.size = sizeof(struct sb_squashfs_known)};
	for (size_t at = 0; !rc && at < fs->inodes.n; at = inode.end) {
		rc = sb_squashfs_inode(fs, at, &inode, err);
		if (!rc && fs->known.count >= SB_LIMIT_OF(ENTRIES))
			rc = sb_fail_limit(err, SB_LIMIT_ROW_ENTRIES, fs->known.count + 1);
		struct sb_squashfs_known *slot = rc ? NULL : sb_vec_push(&fs->known);
		if (slot)
			*slot = (struct sb_squashfs_known){.at = (uint32_t)at, .number = inode.number};
		else if (!rc)
			rc = sb_no_memory(err);
	}
	if (!rc && fs->known.count != fs->super.inodes)
		rc = sb_damaged(err, "archive-damaged", 4, "another number of inodes than the superblock says");
	return rc ? rc : check_numbers(fs, err);
}

bool sb_squashfs_find(const struct sb_squashfs *fs, uint64_t block, uint64_t at, uint32_t *index)
{
	size_t place, low = 0, high = fs->known.count;

	if (!sb_squashfs_place(&fs->inodes, fs->super.inode_table, block, at, &place))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sb_squashfs_known(fs, middle)->at < place)
			low = middle + 1;
		else
			high = middle;
	}
	*index = (uint32_t)low;
	return low < fs->known.count && sb_squashfs_known(fs, low)->at == place;
}
