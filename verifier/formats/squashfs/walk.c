/* SPDX-License-Identifier: Apache-2.0 */
/* An image from its superblock to its tree. */
#include "verifier/formats/squashfs/squashfs.h"

#include <stdio.h>
#include <stdlib.h>

static const enum sb_block_codec compressors[] = {SB_BLOCK_NONE, SB_BLOCK_ZLIB, SB_BLOCK_LZMA, SB_BLOCK_LZO, SB_BLOCK_XZ, SB_BLOCK_LZ4, SB_BLOCK_ZSTD};

/** What options of each compressor may say, 4 bytes or 2 each: the largest values. Source: squashfs-tools, *_wrapper.h. */
static const struct {
	unsigned width[3];
	uint64_t most[3];
} options[] = {
	[1] = {{4, 2, 2}, {9, 15, 0x1f}}, [3] = {{4, 4}, {4, 9}}, [4] = {{4, 4}, {1 << 20, 0x3f}}, [5] = {{4, 4}, {1, 1}}, [6] = {{4}, {22}},
};

/* Options stand in a block of metadata that is not compressed. They say how it was packed, and nothing else may hide there. */
static int check_options(struct sb_squashfs *fs, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(fs->image, false);
	uint64_t length = 0;

	if (!(fs->super.flags & SB_SQUASHFS_OPTIONS))
		return 0;
	sb_rd_seek(&rd, SB_SQUASHFS_SUPERBLOCK);
	uint64_t head = sb_rd_uint(&rd, 2);
	if (fs->super.compressor >= sizeof options / sizeof *options)
		rd.bad = true;
	for (unsigned i = 0; !rd.bad && i < 3 && options[fs->super.compressor].width[i]; i++) {
		unsigned width = options[fs->super.compressor].width[i];
		rd.bad |= sb_rd_uint(&rd, width) > options[fs->super.compressor].most[i];
		length += width;
	}
	if (rd.bad || head != (0x8000 | length))
		return sb_damaged(err, "archive-damaged", SB_SQUASHFS_SUPERBLOCK, "options of the compressor that it does not have");
	return sb_extents_add(&fs->owned, fs->image.n, (struct sb_extent_of){.offset = SB_SQUASHFS_SUPERBLOCK, .length = 2 + length}, err);
}

static bool is_power(uint64_t n)
{
	return n && (n & (n - 1)) == 0;
}

/* Linux, fs/squashfs/xz_wrapper.c and zstd_wrapper.c: how far back blocks may reach. False when it would refuse the option. */
static bool read_window(const struct sb_squashfs *fs, uint64_t *window)
{
	enum { XZ = 4 };
	struct sb_rd rd = sb_rd_of(fs->image, false);

	*window = fs->super.block_size > SB_SQUASHFS_METADATA ? fs->super.block_size : SB_SQUASHFS_METADATA;
	if (fs->super.compressor != XZ || !(fs->super.flags & SB_SQUASHFS_OPTIONS))
		return true;
	sb_rd_seek(&rd, SB_SQUASHFS_SUPERBLOCK + 2);
	*window = sb_rd_uint(&rd, 4);
	return is_power(*window) || (*window % 3 == 0 && is_power(*window / 3));
}

static int open_compressor(struct sb_squashfs *fs, struct sb_err *err)
{
	uint64_t id = fs->super.compressor, window;

	if (id >= sizeof compressors / sizeof *compressors || !compressors[id])
		return sb_damaged(err, "decode-failed", 20, "a compressor that is not known here");
	if (!read_window(fs, &window))
		return sb_damaged(err, "archive-damaged", SB_SQUASHFS_SUPERBLOCK, "a dictionary of a size that Linux refuses");
	return sb_blocks_open(compressors[id], window, &fs->blocks, err);
}

/* The table of folders ends where the next thing begins. */
static uint64_t end_of_folders(const struct sb_squashfs *fs)
{
	struct sb_rd rd = sb_rd_of(fs->image, false);
	uint64_t end = sb_squashfs_first_block(fs, fs->super.id_table);

	sb_rd_seek(&rd, fs->super.xattr_table);
	const uint64_t firsts[] = {
		fs->super.fragments ? sb_squashfs_first_block(fs, fs->super.fragment_table) : UINT64_MAX,
		fs->super.export_table != UINT64_MAX ? sb_squashfs_first_block(fs, fs->super.export_table) : UINT64_MAX,
		fs->super.xattr_table != UINT64_MAX ? sb_rd_uint(&rd, 8) : UINT64_MAX,
	};
	for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
		if (firsts[i] >= fs->super.folder_table && firsts[i] < end)
			end = firsts[i];
	return end;
}

static int read_tables(struct sb_squashfs *fs, struct sb_err *err)
{
	uint64_t flags = fs->super.flags;
	int rc = sb_squashfs_chain(fs, fs->super.inode_table, fs->super.folder_table, &fs->inodes, err);

	if (!rc)
		rc = sb_squashfs_chain(fs, fs->super.folder_table, end_of_folders(fs), &fs->folders, err);
	if (!rc)
		rc = sb_squashfs_listed(fs, fs->super.id_table, 4 * fs->super.ids, &fs->ids, err);
	if (!rc && fs->super.fragments)
		rc = sb_squashfs_listed(fs, fs->super.fragment_table, 16 * fs->super.fragments, &fs->fragments, err);
	if (!rc && fs->super.export_table != UINT64_MAX)
		rc = sb_squashfs_listed(fs, fs->super.export_table, 8 * fs->super.inodes, &fs->exports, err);
	if (!rc)
		rc = sb_squashfs_read_xattrs(fs, err);
	if (!rc && ((flags & SB_SQUASHFS_RAW_INODES && (fs->inodes.packed || fs->folders.packed)) || (flags & SB_SQUASHFS_RAW_XATTRS && fs->xattrs.packed) ||
	            (flags & SB_SQUASHFS_RAW_IDS && fs->ids.packed)))
		rc = sb_damaged(err, "archive-damaged", 24, "compressed metadata where the superblock says that there is none");
	return rc;
}

static uint64_t owner(struct sb_squashfs *fs, uint32_t index)
{
	struct sb_rd rd = sb_rd_of(sb_squashfs_bytes(&fs->ids), false);

	fs->id_used[index] = 1;
	sb_rd_seek(&rd, 4 * (uint64_t)index);
	return sb_rd_uint(&rd, 4);
}

/* Linux, new_decode_dev(): 12 bits of the major number between 8 and 12 of the minor. */
static void fill_device(uint32_t device, struct sb_member *member)
{
	member->rdev_major = device >> 8 & 0xfff;
	member->rdev_minor = (device & 0xff) | (device >> 12 & 0xfff00);
}

static const enum sb_member_type types[] = {SB_MEMBER_UNKNOWN, SB_MEMBER_DIR,  SB_MEMBER_FILE, SB_MEMBER_SYMLINK,
                                            SB_MEMBER_BLOCK,   SB_MEMBER_CHAR, SB_MEMBER_FIFO, SB_MEMBER_SOCKET};

/* What follows from the tree and is yet stated: told when it is something else. */
static void add_contradictions(struct sb_squashfs *fs, const struct sb_squashfs_inode *inode, uint64_t names)
{
	uint64_t holes = inode->type == 9 ? sb_squashfs_holes(fs, inode) : 0;

	if (inode->links != names)
		sb_tree_number(&fs->values, "links", inode->links, 4);
	if (inode->type == 9 && inode->sparse != holes)
		sb_tree_number(&fs->values, "sparse", inode->sparse, 8);
	if (!sb_squashfs_has_blocks(fs, inode) && inode->start)
		sb_tree_number(&fs->values, "start without blocks", inode->start, 8);
	if (inode->fragment == SB_SQUASHFS_NONE && inode->fragment_at)
		sb_tree_number(&fs->values, "offset without fragment", inode->fragment_at, 4);
}

/* Links of a folder: its name, its own ".", and the ".." of each folder in it. */
static void count_links(struct sb_squashfs *fs)
{
	for (size_t i = 0; i < fs->nodes.items.count; i++) {
		const struct sb_tree_node *node = sb_tree_node(&fs->nodes, i);
		if (node->folder)
			sb_squashfs_known(fs, (size_t)node->own)->names++;
		if (node->folder && i)
			sb_squashfs_known(fs, (size_t)sb_tree_node(&fs->nodes, node->parent)->own)->names++;
	}
}

static int emit(void *ctx, uint32_t node, struct sb_member *member, struct sb_err *err)
{
	struct sb_squashfs *fs = ctx;
	const struct sb_squashfs_known *known = sb_squashfs_known(fs, (size_t)sb_tree_node(&fs->nodes, node)->own);
	struct sb_squashfs_inode inode;
	int rc = 0;

	if (member->type == SB_MEMBER_HARDLINK)
		return sb_tree_entry(&fs->tree, member, NULL, NULL, err);
	rc = sb_squashfs_inode(fs, known->at, &inode, err);
	if (rc)
		return rc;
	member->type = types[inode.type > 7 ? inode.type - 7 : inode.type];
	member->has_mode = true;
	member->mode = inode.mode;
	member->uid = owner(fs, inode.uid);
	member->gid = owner(fs, inode.gid);
	member->mtime = inode.mtime;
	member->size = member->type == SB_MEMBER_FILE ? inode.size : 0;
	fill_device(inode.device, member);
	if (member->type == SB_MEMBER_SYMLINK)
		member->link = sb_span_of(fs->inodes.bytes + inode.tail, (size_t)inode.size);
	rc = sb_squashfs_add_xattrs(fs, inode.xattr, err);
	add_contradictions(fs, &inode, known->names);
	if (!rc)
		rc = sb_tree_entry(&fs->tree, member, NULL, &fs->values, err);
	return rc || member->type != SB_MEMBER_FILE ? rc : sb_squashfs_write_data(fs, &inode, err);
}

/* Inodes and owners that nothing refers to. */
static int tell_unused(struct sb_squashfs *fs, struct sb_err *err)
{
	struct sb_squashfs_inode inode;
	char name[64];
	int rc = 0;

	for (size_t i = 0; !rc && i < fs->known.count; i++) {
		const struct sb_squashfs_known *known = sb_squashfs_known(fs, i);
		if (known->names)
			continue;
		rc = sb_squashfs_inode(fs, known->at, &inode, err);
		snprintf(name, sizeof name, "inode %u without a name", known->number);
		if (!rc)
			rc = sb_tree_part(&fs->tree, name, sb_span_of(fs->inodes.bytes + known->at, inode.end - known->at), err);
	}
	for (size_t i = 0; !rc && i < fs->super.ids; i++) {
		snprintf(name, sizeof name, "unused id %zu", i);
		if (!fs->id_used[i])
			rc = sb_tree_part(&fs->tree, name, sb_span_of(fs->ids.bytes + 4 * i, 4), err);
	}
	return rc;
}

static int write_tree(struct sb_squashfs *fs, struct sb_sink *sink, struct sb_err *err)
{
	int rc = sb_tree_begin(&fs->tree, sink, err);

	if (!rc)
		rc = sb_tree_nodes_emit(&fs->nodes, emit, fs, err);
	if (!rc)
		rc = tell_unused(fs, err);
	if (!rc)
		rc = sb_extents_tell(&fs->folders_used, sb_squashfs_bytes(&fs->folders), "folders", &fs->tree, err);
	if (!rc)
		rc = sb_squashfs_tell_xattrs(fs, err);
	if (!rc)
		rc = sb_squashfs_tell_fragments(fs, err);
	if (!rc)
		rc = sb_extents_tell(&fs->owned, fs->image, "image", &fs->tree, err);
	if (!rc && sb_extents_end(&fs->owned) != fs->super.used)
		rc = sb_damaged(err, "archive-damaged", 40, "the image is longer than what it holds");
	return rc ? rc : sb_tree_end(&fs->tree, err);
}

static int walk(struct sb_squashfs *fs, struct sb_sink *sink, struct sb_err *err)
{
	int rc = open_compressor(fs, err);

	if (!rc && (!(fs->id_used = calloc((size_t)fs->super.ids + 1, 1)) || !(fs->block = malloc((size_t)fs->super.block_size))))
		rc = sb_no_memory(err);
	if (!rc)
		rc = sb_extents_add(&fs->owned, fs->image.n, (struct sb_extent_of){.length = SB_SQUASHFS_SUPERBLOCK}, err);
	if (!rc)
		rc = check_options(fs, err);
	if (!rc)
		rc = read_tables(fs, err);
	if (!rc)
		rc = sb_squashfs_list(fs, err);
	if (!rc)
		rc = sb_squashfs_names(fs, err);
	count_links(fs);
	return rc ? rc : write_tree(fs, sink, err);
}

static void release(struct sb_squashfs *fs)
{
	struct sb_squashfs_table *const tables[] = {&fs->inodes, &fs->folders, &fs->fragments, &fs->ids, &fs->xattrs, &fs->xattr_ids, &fs->exports};
	struct sb_extents *const extents[] = {&fs->owned, &fs->folders_used, &fs->fragments_used};

	sb_blocks_close(&fs->blocks);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		sb_squashfs_table_release(tables[i]);
	for (size_t i = 0; i < sizeof extents / sizeof *extents; i++)
		sb_extents_release(extents[i]);
	for (size_t i = 0; i < fs->kept_count; i++)
		free(fs->kept[i].bytes);
	free(fs->kept);
	free(fs->block);
	free(fs->id_used);
	free(fs->xattr_used);
	free(fs->xattr_owned);
	sb_vec_release(&fs->known);
	sb_tree_nodes_release(&fs->nodes);
	sb_buf_release(&fs->values);
}

int sb_codec_squashfs(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	struct sb_squashfs fs = {0};
	int rc = sb_squashfs_super(in, &fs.super, err);

	if (rc)
		return rc;
	fs.image = sb_span_of(in.p, (size_t)fs.super.used);
	rc = walk(&fs, sink, err);
	release(&fs);
	if (!rc)
		*used = fs.super.used;
	return rc;
}
