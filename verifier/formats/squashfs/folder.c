/* SPDX-License-Identifier: Apache-2.0 */
/* Folders: runs of names whose inodes lie in one block, and an index into them. */
#include "verifier/formats/squashfs/squashfs.h"

/** Names of a run; what the size of a folder counts beside its bytes. */
enum { RUN = 256, SIZE_EXTRA = 3 };

static int wrong(const struct sb_squashfs *fs, struct sb_err *err, const char *text)
{
	return sb_damaged(err, "archive-damaged", fs->super.folder_table, text);
}

/** A folder while it is read. */
struct folder {
	struct sb_squashfs *fs;
	const struct sb_squashfs_inode *inode;
	uint32_t node;
	struct sb_rd rd;        /* over its bytes */
	size_t at;              /* of them in the table */
	struct sb_rd index;     /* over the inode */
	uint32_t index_left;
	struct sb_span last;    /* name */
};

/* An entry of the index says where a run begins, in which block of the table, and with which name. It helps to find a name, so it must not mislead. */
static int check_index(struct folder *folder, size_t run_at, struct sb_span first, struct sb_err *err)
{
	struct sb_rd peek = folder->index;
	size_t place;

	if (folder->index_left == 0)
		return 0;
	uint64_t at = sb_rd_uint(&peek, 4), block = sb_rd_uint(&peek, 4), length = sb_rd_uint(&peek, 4) + 1;
	struct sb_span name = sb_rd_bytes(&peek, (size_t)length);
	if (at > run_at)
		return 0;
	bool right = at == run_at && sb_span_equal(name, first) && sb_squashfs_place(&folder->fs->folders, folder->fs->super.folder_table, block, 0, &place) &&
	             folder->at + run_at - place < SB_SQUASHFS_METADATA && folder->at + run_at >= place;
	folder->index = peek;
	folder->index_left--;
	return right ? 0 : wrong(folder->fs, err, "the index of a folder leads elsewhere");
}

static int take_name(struct folder *folder, uint64_t block, uint64_t base, struct sb_span *name, struct sb_err *err)
{
	struct sb_squashfs *fs = folder->fs;
	struct sb_squashfs_inode inode;
	uint32_t index = 0;

	uint64_t at = sb_rd_uint(&folder->rd, 2), delta = sb_rd_uint(&folder->rd, 2), type = sb_rd_uint(&folder->rd, 2);
	*name = sb_rd_bytes(&folder->rd, (size_t)sb_rd_uint(&folder->rd, 2) + 1);
	if (folder->rd.bad || !sb_squashfs_find(fs, block, at, &index))
		return wrong(fs, err, "a name that leads to no inode");
	struct sb_squashfs_known *known = sb_squashfs_known(fs, index);
	int rc = sb_squashfs_inode(fs, known->at, &inode, err);
	if (rc)
		return rc;
	if ((inode.type > 7 ? inode.type - 7 : inode.type) != type || (uint32_t)(base + delta - (delta & 0x8000) * 2) != inode.number)
		return wrong(fs, err, "a name that says something else of its inode than the inode itself");
	if (folder->last.n && sb_span_compare(folder->last, *name) >= 0)
		return wrong(fs, err, "the names of a folder are not in their order");
	folder->last = *name;
	if (sb_squashfs_is_folder(&inode) && inode.parent != folder->inode->number)
		return wrong(fs, err, "a folder that names another one as its parent");
	rc = known->names++ ? 0 : sb_squashfs_own_data(fs, &inode, err);
	const struct sb_tree_node node = {.name = *name, .parent = folder->node, .folder = sb_squashfs_is_folder(&inode), .id = index, .own = index};
	return rc ? rc : sb_tree_node_add(&fs->nodes, &node, err);
}

static int take_run(struct folder *folder, struct sb_err *err)
{
	size_t at = folder->rd.at;
	uint64_t count = sb_rd_uint(&folder->rd, 4) + 1, block = sb_rd_uint(&folder->rd, 4), base = sb_rd_uint(&folder->rd, 4);
	struct sb_span name, first = {0};
	int rc = count > RUN ? wrong(folder->fs, err, "a run of more names than the format allows") : 0;

	for (uint64_t i = 0; !rc && i < count; i++) {
		rc = take_name(folder, block, base, &name, err);
		if (i == 0)
			first = name;
	}
	return rc ? rc : check_index(folder, at, first, err);
}

static int take_folder(struct sb_squashfs *fs, uint32_t node, struct sb_err *err)
{
	struct sb_squashfs_inode inode;
	struct folder folder = {.fs = fs, .inode = &inode, .node = node, .index = sb_rd_of(sb_squashfs_bytes(&fs->inodes), false)};
	struct sb_span bytes = {0};
	int rc = sb_squashfs_inode(fs, sb_squashfs_known(fs, (size_t)sb_tree_node(&fs->nodes, node)->own)->at, &inode, err);

	if (rc)
		return rc;
	uint64_t length = inode.size > SIZE_EXTRA ? inode.size - SIZE_EXTRA : 0;
	if (inode.size < SIZE_EXTRA || (length && (!sb_squashfs_place(&fs->folders, fs->super.folder_table, inode.folder_block, inode.folder_at, &folder.at) ||
	                                           !sb_span_cut(sb_squashfs_bytes(&fs->folders), folder.at, length, &bytes))))
		return wrong(fs, err, "a folder whose names lie outside of the table");
	sb_rd_seek(&folder.index, inode.tail);
	folder.index_left = inode.index_count;
	folder.rd = sb_rd_of(bytes, false);
	rc = sb_extents_add(&fs->folders_used, fs->folders.n, (struct sb_extent_of){.offset = folder.at, .length = length}, err);
	while (!rc && folder.rd.at < bytes.n)
		rc = take_run(&folder, err);
	if (!rc && folder.index_left)
		rc = wrong(fs, err, "the index of a folder leads elsewhere");
	return rc;
}

int sb_squashfs_names(struct sb_squashfs *fs, struct sb_err *err)
{
	struct sb_squashfs_inode root;
	uint32_t index;

	if (!sb_squashfs_find(fs, fs->super.root >> 16, fs->super.root & 0xffff, &index))
		return wrong(fs, err, "the root is no inode");
	struct sb_squashfs_known *known = sb_squashfs_known(fs, index);
	int rc = sb_squashfs_inode(fs, known->at, &root, err);
	if (rc)
		return rc;
	if (!sb_squashfs_is_folder(&root) || root.parent != fs->super.inodes + 1)
		return wrong(fs, err, "the root is no folder, or has a parent");
	known->names = 1;
	rc = sb_tree_node_add(&fs->nodes, &(struct sb_tree_node){.folder = true, .id = index, .own = index}, err);
	for (size_t i = 0; !rc && i < fs->nodes.items.count; i++)
		if (sb_tree_node(&fs->nodes, i)->folder)
			rc = take_folder(fs, (uint32_t)i, err);
	return rc;
}
