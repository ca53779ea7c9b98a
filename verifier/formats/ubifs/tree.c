/* SPDX-License-Identifier: Apache-2.0 */
/* From leaves to members: names, inodes, data, attributes. */
#include "verifier/formats/names.h"
#include "verifier/formats/paths.h"
#include "verifier/formats/ubifs/ubifs.h"
#include "verifier/formats/xattrs.h"

#include <string.h>

enum { KEY_SHIFT = 29, KEY_MASK = 0x1fffffff };

struct folder {
	size_t next, end;
	size_t before;
};

struct tree {
	struct sb_ubifs *fs;
	struct sb_path path;
	struct sb_vec folders; /* struct folder, the innermost last */
	struct sb_xattrs xattrs;
};

/* Leaves [first, behind) of one inode and type. */
static size_t range_of(const struct sb_ubifs *fs, uint32_t inode, enum sb_ubifs_type type, size_t *behind)
{
	*behind = sb_ubifs_find(fs, inode, (uint64_t)(type + 1) << KEY_SHIFT);
	return sb_ubifs_find(fs, inode, (uint64_t)type << KEY_SHIFT);
}

static bool is_of_type(const struct sb_ubifs *fs, const struct sb_ubifs_leaf *leaf, enum sb_ubifs_type type, uint32_t least)
{
	return leaf->length >= least && sb_ubifs_uint(fs, leaf->offset + 20, 1) == type;
}

static struct sb_ubifs_leaf *inode_leaf(const struct sb_ubifs *fs, uint32_t inode)
{
	size_t behind, first = range_of(fs, inode, SB_UBIFS_INODE, &behind);
	struct sb_ubifs_leaf *leaf = first < behind ? sb_ubifs_leaf(fs, first) : NULL;

	return leaf && is_of_type(fs, leaf, SB_UBIFS_INODE, SB_UBIFS_INODE_SIZE) ? leaf : NULL;
}

static struct sb_span inline_data(const struct sb_ubifs *fs, const struct sb_ubifs_leaf *leaf)
{
	return sb_span_of(fs->view->file.p + leaf->offset + SB_UBIFS_INODE_SIZE, leaf->length - SB_UBIFS_INODE_SIZE);
}

/* All of its reserved bytes are zero, and it is as long as it says. */
static bool is_proper_inode(const struct sb_ubifs *fs, const struct sb_ubifs_leaf *leaf)
{
	return leaf->proper && (leaf->word & KEY_MASK) == 0 && sb_ubifs_uint(fs, leaf->offset + 112, 4) == leaf->length - SB_UBIFS_INODE_SIZE &&
	       sb_ubifs_uint(fs, leaf->offset + 132, 2) < SB_UBIFS_COMPRESSIONS && sb_ubifs_is_zero(fs, leaf->offset + 124, 4) && sb_ubifs_is_zero(fs, leaf->offset + 134, 26);
}

/* ---- names ---- */

static struct sb_span name_of(const struct sb_ubifs *fs, const struct sb_ubifs_leaf *dirent)
{
	uint64_t length = sb_ubifs_uint(fs, dirent->offset + 50, 2);
	struct sb_span name = {0};

	if (dirent->length != SB_UBIFS_DIRENT_SIZE + length + 1 || !sb_span_cut(fs->view->file, dirent->offset + SB_UBIFS_DIRENT_SIZE, length, &name))
		return (struct sb_span){0};
	return name;
}

/* fs/ubifs/key.h, key_r5_hash: by this number the kernel looks for the name. */
static uint32_t hash_of(struct sb_span name)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < name.n; i++) {
		int32_t c = (int8_t)name.p[i];
		hash += (uint32_t)c << 4;
		hash += (uint32_t)(c >> 4);
		hash *= 11;
	}
	hash &= KEY_MASK;
	return hash <= 2 ? hash + 3 : hash;
}

static bool is_proper_dirent(const struct sb_ubifs *fs, const struct sb_ubifs_leaf *dirent)
{
	struct sb_span name = name_of(fs, dirent);
	bool ends = sb_ubifs_is_zero(fs, dirent->offset + dirent->length - 1, 1) && sb_ubifs_is_zero(fs, dirent->offset + 48, 1);
	return dirent->proper && name.p && ends && fs->hash == 0 && hash_of(name) == (dirent->word & KEY_MASK) && !memchr(name.p, 0, name.n);
}

/* ---- attributes ---- */

static int take_xattr(struct tree *tree, struct sb_ubifs_leaf *entry, uint32_t member, struct sb_err *err)
{
	struct sb_ubifs *fs = tree->fs;
	uint64_t number = sb_ubifs_uint(fs, entry->offset + 40, 8);
	struct sb_ubifs_leaf *value = number <= UINT32_MAX ? inode_leaf(fs, (uint32_t)number) : NULL;

	entry->used = true;
	entry->member = member;
	entry->proper = is_proper_dirent(fs, entry) && value && !value->used;
	if (!value)
		return 0;
	value->used = true;
	value->member = member;
	value->proper = is_proper_inode(fs, value);
	return sb_xattrs_add(&tree->xattrs, "", name_of(fs, entry), inline_data(fs, value), err);
}

static int take_xattrs(struct tree *tree, uint32_t inode, uint32_t ordinal, struct sb_member *member, struct sb_err *err)
{
	size_t behind, first = range_of(tree->fs, inode, SB_UBIFS_XATTR, &behind);
	int rc = 0;

	sb_xattrs_clear(&tree->xattrs);
	for (size_t i = first; !rc && i < behind; i++) {
		struct sb_ubifs_leaf *entry = sb_ubifs_leaf(tree->fs, i);
		if (is_of_type(tree->fs, entry, SB_UBIFS_XATTR, SB_UBIFS_DIRENT_SIZE + 1))
			rc = take_xattr(tree, entry, ordinal, err);
	}
	return rc ? rc : sb_xattrs_keep(tree->fs->view, &tree->xattrs, &member->xattrs, err);
}

/* ---- content ---- */

static bool codec_of(uint64_t compression, enum sb_codec *out)
{
	static const enum sb_codec codecs[SB_UBIFS_COMPRESSIONS] = {SB_CODEC_NONE, SB_CODEC_LZO, SB_CODEC_DEFLATE, SB_CODEC_ZSTD};

	if (compression >= SB_UBIFS_COMPRESSIONS)
		return false;
	*out = codecs[compression];
	return true;
}

static int push(struct sb_ubifs *fs, struct sb_slice slice, struct sb_err *err)
{
	struct sb_slice *slot = sb_vec_push(&fs->slices);
	if (!slot)
		return sb_no_memory(err);
	*slot = slice;
	return 0;
}

static int push_hole(struct sb_ubifs *fs, uint64_t size, struct sb_err *err)
{
	return push(fs, (struct sb_slice){.codec = SB_CODEC_HOLE, .whole = size, .size = size}, err);
}

/* One block of a file of which @size bytes are left. */
static int take_data(struct sb_ubifs *fs, struct sb_ubifs_leaf *leaf, uint64_t left, struct sb_err *err)
{
	uint64_t most = left < SB_UBIFS_BLOCK ? left : SB_UBIFS_BLOCK, whole = sb_ubifs_uint(fs, leaf->offset + 40, 4);
	struct sb_slice slice = {.offset = leaf->offset + SB_UBIFS_DATA_SIZE, .length = leaf->length - SB_UBIFS_DATA_SIZE, .whole = whole, .size = whole < most ? whole : most};

	if (!codec_of(sb_ubifs_uint(fs, leaf->offset + 44, 2), &slice.codec))
		return sb_damaged(err, "archive-unsupported", leaf->offset, "a block is compressed in a way that is not known");
	if (whole > SB_UBIFS_BLOCK || (slice.codec == SB_CODEC_NONE && whole != slice.length))
		return sb_damaged(err, "archive-damaged", leaf->offset, "a block of another size than it says");
	leaf->used = true;
	leaf->proper &= sb_ubifs_is_zero(fs, leaf->offset + 46, 2) && whole == slice.size;
	int rc = push(fs, slice, err);
	return rc || slice.size == most ? rc : push_hole(fs, most - slice.size, err);
}

static int take_file(struct sb_ubifs *fs, uint32_t inode, uint32_t ordinal, uint64_t size, struct sb_err *err)
{
	size_t behind, first = range_of(fs, inode, SB_UBIFS_DATA, &behind);
	uint64_t at = 0;
	int rc = 0;

	for (size_t i = first; !rc && i < behind; i++) {
		struct sb_ubifs_leaf *leaf = sb_ubifs_leaf(fs, i);
		uint64_t from = (uint64_t)(leaf->word & KEY_MASK) * SB_UBIFS_BLOCK;
		if (from >= size || from < at || !is_of_type(fs, leaf, SB_UBIFS_DATA, SB_UBIFS_DATA_SIZE))
			continue;
		if (from > at)
			rc = push_hole(fs, from - at, err);
		leaf->member = ordinal;
		if (!rc)
			rc = take_data(fs, leaf, size - from, err);
		at = size - from < SB_UBIFS_BLOCK ? size : from + SB_UBIFS_BLOCK;
	}
	return rc || at >= size ? rc : push_hole(fs, size - at, err);
}

/* Linux, include/linux/kdev_t.h; four bytes hold the new form, eight a larger one. */
static void read_device(struct sb_span data, struct sb_member *member)
{
	struct sb_rd rd = sb_rd_of(data, false);
	uint64_t number = data.n == 4 || data.n == 8 ? sb_rd_uint(&rd, (unsigned)data.n) : 0;

	member->rdev_major = (number & 0xfff00) >> 8;
	member->rdev_minor = (number & 0xff) | (number >> 12 & 0xfff00);
}

static int read_content(struct sb_ubifs *fs, const struct sb_ubifs_leaf *leaf, uint32_t ordinal, struct sb_member *member, struct sb_err *err)
{
	enum { MOST = 1 << 30 };
	struct sb_span data = inline_data(fs, leaf);
	uint64_t size = sb_ubifs_uint(fs, leaf->offset + 48, 8);
	int rc = 0;

	fs->slices.count = 0;
	if (member->type == SB_MEMBER_FILE && size / SB_UBIFS_BLOCK > MOST)
		return sb_fail_limit(err, SB_LIMIT_ROW_MEMBER_BYTES, size);
	if (member->type == SB_MEMBER_FILE)
		return take_file(fs, leaf->inode, ordinal, size, err);
	if (member->type == SB_MEMBER_CHAR || member->type == SB_MEMBER_BLOCK)
		read_device(data, member);
	if (member->type == SB_MEMBER_SYMLINK)
		rc = sb_keep(fs->view, data, &member->link, err);
	const uint64_t at = leaf->offset + SB_UBIFS_INODE_SIZE;
	return rc ? rc : push(fs, (struct sb_slice){SB_CODEC_NONE, at, data.n, data.n, 0, data.n}, err);
}

/* ---- members ---- */

static void read_metadata(const struct sb_ubifs *fs, const struct sb_ubifs_leaf *leaf, struct sb_member *member)
{
	uint64_t mode = sb_ubifs_uint(fs, leaf->offset + 104, 4);

	member->type = sb_type_of_mode(mode);
	member->has_mode = true;
	member->mode = mode & 07777;
	member->uid = sb_ubifs_uint(fs, leaf->offset + 96, 4);
	member->gid = sb_ubifs_uint(fs, leaf->offset + 100, 4);
	member->mtime = (int64_t)sb_ubifs_uint(fs, leaf->offset + 72, 8);
	member->mtime_ns = (uint32_t)sb_ubifs_uint(fs, leaf->offset + 88, 4);
}

static int emit_link(struct tree *tree, const struct sb_ubifs_leaf *leaf, struct sb_member *member, struct sb_err *err)
{
	const struct sb_member *first = sb_view_member(tree->fs->view, leaf->member - 1);

	if (member->type == SB_MEMBER_DIR)
		return sb_damaged(err, "archive-damaged", leaf->offset, "a folder has two names");
	member->type = SB_MEMBER_HARDLINK;
	member->link = first->name;
	member->xattrs = first->xattrs;
	member->rdev_major = first->rdev_major;
	member->rdev_minor = first->rdev_minor;
	return sb_emit_member(tree->fs->view, member, err);
}

static int emit_inode(struct tree *tree, uint64_t number, struct sb_member *member, struct sb_err *err)
{
	struct sb_ubifs *fs = tree->fs;
	struct sb_ubifs_leaf *leaf = number <= UINT32_MAX ? inode_leaf(fs, (uint32_t)number) : NULL;
	uint32_t ordinal = (uint32_t)fs->view->members.count + 1;

	if (!leaf)
		return sb_damaged(err, "archive-damaged", 0, "a name leads to no inode");
	read_metadata(fs, leaf, member);
	if (leaf->member)
		return emit_link(tree, leaf, member, err);
	leaf->used = true;
	leaf->member = ordinal;
	leaf->proper = is_proper_inode(fs, leaf);
	int rc = take_xattrs(tree, leaf->inode, ordinal, member, err);
	if (!rc)
		rc = read_content(fs, leaf, ordinal, member, err);
	return rc ? rc : sb_emit_sliced(fs->view, member, fs->slices.items, fs->slices.count, err);
}

static int enter_folder(struct tree *tree, uint32_t inode, size_t before, struct sb_err *err)
{
	struct folder *folder = sb_vec_push(&tree->folders);

	if (!folder)
		return tree->folders.count >= tree->folders.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, tree->folders.count + 1) : sb_no_memory(err);
	folder->before = before;
	folder->next = range_of(tree->fs, inode, SB_UBIFS_DIRENT, &folder->end);
	return 0;
}

/* What the kernel calls types of entries (ubifs-media.h, UBIFS_ITYPE_*). */
static bool states_type(const struct sb_ubifs *fs, const struct sb_ubifs_leaf *dirent, uint64_t inode)
{
	static const uint8_t types[] = {[SB_MEMBER_FILE] = 0, [SB_MEMBER_DIR] = 1, [SB_MEMBER_SYMLINK] = 2, [SB_MEMBER_BLOCK] = 3, [SB_MEMBER_CHAR] = 4,
					[SB_MEMBER_FIFO] = 5, [SB_MEMBER_SOCKET] = 6};
	const struct sb_ubifs_leaf *leaf = inode_leaf(fs, (uint32_t)inode);
	enum sb_member_type type = sb_type_of_mode(sb_ubifs_uint(fs, leaf->offset + 104, 4));

	return type != SB_MEMBER_UNKNOWN && type < sizeof types && types[type] == sb_ubifs_uint(fs, dirent->offset + 49, 1);
}

static int take_dirent(struct tree *tree, struct sb_ubifs_leaf *dirent, struct sb_err *err)
{
	struct sb_ubifs *fs = tree->fs;
	uint64_t number = sb_ubifs_uint(fs, dirent->offset + 40, 8);
	struct sb_span name = name_of(fs, dirent);
	struct sb_member member = {.size = 0};
	size_t before;

	if (!name.p)
		return sb_damaged(err, "archive-damaged", dirent->offset, "a name of another length than its node says");
	if (sb_name_is_unusable(name))
		return sb_damaged(err, "archive-damaged", dirent->offset, "a name that no system could use");
	int rc = sb_path_enter(&tree->path, name, &before, err);
	if (!rc)
		rc = sb_path_keep(fs->view, &tree->path, &member.name, err);
	if (!rc)
		rc = emit_inode(tree, number, &member, err);
	if (rc)
		return rc;
	dirent->used = true;
	dirent->member = (uint32_t)fs->view->members.count;
	dirent->proper = is_proper_dirent(fs, dirent) && states_type(fs, dirent, number);
	if (member.type == SB_MEMBER_DIR)
		return enter_folder(tree, (uint32_t)number, before, err);
	sb_path_leave(&tree->path, before);
	return 0;
}

static int take_tree(struct tree *tree, struct sb_err *err)
{
	struct sb_member root = {.name = sb_span_text(".")};
	int rc = emit_inode(tree, SB_UBIFS_ROOT, &root, err);

	if (!rc && root.type != SB_MEMBER_DIR)
		rc = sb_damaged(err, "archive-damaged", 0, "the root is no folder");
	if (!rc)
		rc = enter_folder(tree, SB_UBIFS_ROOT, 0, err);
	while (!rc && tree->folders.count) {
		struct folder *top = sb_vec_at(&tree->folders, tree->folders.count - 1);
		if (top->next >= top->end) {
			sb_path_leave(&tree->path, top->before);
			tree->folders.count--;
			continue;
		}
		struct sb_ubifs_leaf *dirent = sb_ubifs_leaf(tree->fs, top->next++);
		if (is_of_type(tree->fs, dirent, SB_UBIFS_DIRENT, SB_UBIFS_DIRENT_SIZE + 1))
			rc = take_dirent(tree, dirent, err);
	}
	return rc;
}

int sb_ubifs_read_tree(struct sb_ubifs *fs, struct sb_err *err)
{
	struct tree tree = {.fs = fs, .folders = {.size = sizeof(struct folder), .ceiling = (size_t)SB_LIMIT_OF(PATH_DEPTH)}};
	int rc = take_tree(&tree, err);

	sb_vec_release(&tree.folders);
	sb_xattrs_release(&tree.xattrs);
	return rc;
}
