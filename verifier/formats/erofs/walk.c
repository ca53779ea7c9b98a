/* SPDX-License-Identifier: Apache-2.0 */
/* Superblock, folders, members. */
#include "verifier/formats/erofs/erofs.h"
#include "verifier/formats/paths.h"
#include "verifier/formats/places.h"

#include <stdlib.h>
#include <string.h>

enum { END = SB_EROFS_FEATURES + 4, COMPRESSION = 84, OLD_PADDING = 90 };

struct folder {
	uint64_t nid, up;
	uint64_t at, end;     /* what is left of its data */
	uint64_t entry, last; /* next entry and the one behind the last, of the block at hand */
	struct sb_span name;  /* the last one: names ascend */
	size_t before;
	size_t first, slices; /* its data among all folders' */
};

/** An inode that is a member. */
struct known {
	uint64_t nid;
	uint32_t member;
};

struct tree {
	struct sb_erofs *fs;
	struct sb_path path;
	struct sb_vec folders; /* struct folder */
	struct sb_vec stretches; /* struct sb_slice: data of open folders */
	struct known *known;   /* by nid, hashed */
	size_t room, used;
};

/* ---- inodes that have a name already ---- */

static struct known *slot_of(const struct tree *tree, uint64_t nid)
{
	for (size_t i = (size_t)(nid * UINT64_C(0x9e3779b97f4a7c15) >> 20);; i++) {
		struct known *slot = &tree->known[i & (tree->room - 1)];
		if (slot->member == 0 || slot->nid == nid)
			return slot;
	}
}

static int grow(struct tree *tree, struct sb_err *err)
{
	struct known *old = tree->known;
	size_t room = tree->room;

	if (tree->used * 2 < room)
		return 0;
	tree->room = room ? room * 2 : 256;
	if (!(tree->known = calloc(tree->room, sizeof *old))) {
		tree->known = old;
		tree->room = room;
		return sb_no_memory(err);
	}
	for (size_t i = 0; i < room; i++)
		if (old[i].member)
			*slot_of(tree, old[i].nid) = old[i];
	free(old);
	return 0;
}

/* ---- members ---- */

static int own_inode(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_err *err)
{
	return sb_erofs_own(fs, inode->at, inode->head, inode->proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, "inode",
			    inode->extended ? SB_EROFS_TAG_EXTENDED : SB_EROFS_TAG_COMPACT, ordinal, err);
}

static void read_device(const struct sb_erofs_inode *inode, struct sb_member *member)
{
	member->rdev_major = (inode->place & 0xfff00) >> 8;
	member->rdev_minor = (inode->place & 0xff) | (inode->place >> 12 & 0xfff00);
}

static int read_link(const struct sb_erofs *fs, struct sb_member *member, struct sb_err *err)
{
	const struct sb_slice *slice = fs->slices.count == 1 ? sb_vec_at(&fs->slices, 0) : NULL;
	struct sb_span text;

	if (!slice || slice->codec != SB_CODEC_NONE || !sb_span_cut(fs->view->file, slice->offset, slice->length, &text))
		return 0;
	return sb_keep(fs->view, text, &member->link, err);
}

static int emit_new(struct sb_erofs *fs, const struct sb_erofs_inode *inode, struct sb_member *member, struct sb_err *err)
{
	uint32_t ordinal = (uint32_t)fs->view->members.count + 1;
	bool holds = inode->type == SB_MEMBER_FILE || inode->type == SB_MEMBER_SYMLINK || inode->type == SB_MEMBER_DIR;
	bool device = inode->type == SB_MEMBER_CHAR || inode->type == SB_MEMBER_BLOCK;
	bool empty = inode->size == 0 && (inode->layout == SB_EROFS_PLAIN || inode->layout == SB_EROFS_INLINE) && (device || inode->place == 0);
	struct sb_erofs_inode stated = *inode;
	stated.proper = inode->proper && (holds || empty);
	int rc = own_inode(fs, &stated, ordinal, err);

	fs->slices.count = 0;
	if (!rc)
		rc = sb_erofs_read_xattrs(fs, inode, ordinal, member, err);
	if (!rc && holds)
		rc = sb_erofs_read_data(fs, inode, ordinal, err);
	if (!rc && inode->type == SB_MEMBER_SYMLINK)
		rc = read_link(fs, member, err);
	if (device)
		read_device(inode, member);
	bool folder = inode->type == SB_MEMBER_DIR;
	return rc ? rc : sb_emit_sliced(fs->view, member, fs->slices.items, folder ? 0 : fs->slices.count, err);
}

static int emit_inode(struct tree *tree, const struct sb_erofs_inode *inode, struct sb_member *member, struct sb_err *err)
{
	struct sb_erofs *fs = tree->fs;
	int rc = grow(tree, err);

	if (rc)
		return rc;
	member->type = inode->type;
	member->has_mode = true;
	member->mode = inode->mode & 07777;
	member->uid = inode->uid;
	member->gid = inode->gid;
	member->mtime = (int64_t)inode->mtime;
	member->mtime_ns = inode->mtime_ns;
	struct known *slot = slot_of(tree, inode->nid);
	if (slot->member == 0) {
		tree->used++;
		*slot = (struct known){inode->nid, (uint32_t)fs->view->members.count + 1};
		return emit_new(fs, inode, member, err);
	}
	const struct sb_member *first = sb_view_member(fs->view, slot->member - 1);
	if (inode->type == SB_MEMBER_DIR)
		return sb_damaged(err, "archive-damaged", inode->at, "a folder has two names");
	member->type = SB_MEMBER_HARDLINK;
	member->link = first->name;
	member->xattrs = first->xattrs;
	member->rdev_major = first->rdev_major;
	member->rdev_minor = first->rdev_minor;
	return sb_emit_member(fs->view, member, err);
}

/* ---- folders ---- */

static int enter_folder(struct tree *tree, const struct sb_erofs_inode *inode, uint64_t up, size_t before, struct sb_err *err)
{
	struct folder *folder = sb_vec_push(&tree->folders);

	if (!folder)
		return tree->folders.count >= tree->folders.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, tree->folders.count + 1) : sb_no_memory(err);
	*folder = (struct folder){.nid = inode->nid, .up = up, .before = before, .first = tree->stretches.count, .slices = tree->stretches.count};
	for (size_t i = 0; i < tree->fs->slices.count; i++) {
		struct sb_slice *slot = sb_vec_push(&tree->stretches);
		if (!slot)
			return sb_no_memory(err);
		*slot = *(const struct sb_slice *)sb_vec_at(&tree->fs->slices, i);
	}
	return 0;
}

/* A name reaches to the next one, the last one to the end, in a whole block to the first zero. */
static bool read_name(const struct sb_erofs *fs, const struct folder *folder, uint64_t block, uint64_t length, struct sb_span *name)
{
	uint64_t from = sb_erofs_uint(fs, folder->entry + 8, 2), to = length;
	bool last = folder->entry + SB_EROFS_DIRENT == folder->last;

	if (!last)
		to = sb_erofs_uint(fs, folder->entry + SB_EROFS_DIRENT + 8, 2);
	if (from >= to || to > length || !sb_span_cut(fs->view->file, block + from, to - from, name))
		return false;
	if (last && length == SB_EROFS_BLOCK)
		name->n = strnlen((const char *)name->p, name->n);
	return name->n && !memchr(name->p, 0, name->n) && sb_erofs_is_zero(fs, block + from + name->n, last ? length - from - name->n : 0);
}

static bool states_type(const struct sb_erofs *fs, uint64_t entry, enum sb_member_type type)
{
	static const uint8_t types[] = {[SB_MEMBER_FILE] = 1, [SB_MEMBER_DIR] = 2, [SB_MEMBER_CHAR] = 3, [SB_MEMBER_BLOCK] = 4, [SB_MEMBER_FIFO] = 5, [SB_MEMBER_SOCKET] = 6, [SB_MEMBER_SYMLINK] = 7};
	return type && type < sizeof types && types[type] == sb_erofs_uint(fs, entry + 10, 1) && sb_erofs_uint(fs, entry + 11, 1) == 0;
}

static int damaged(struct sb_err *err, uint64_t at, const char *text)
{
	return sb_damaged(err, "archive-damaged", at, text);
}

/* Itself and what holds it stand in every folder. */
static bool is_dots(struct sb_span name)
{
	return name.n <= 2 && name.p[0] == '.' && name.p[name.n - 1] == '.';
}

static int take_entry(struct tree *tree, const struct folder folder, struct sb_span name, struct sb_err *err)
{
	struct sb_erofs *fs = tree->fs;
	uint64_t nid = sb_erofs_uint(fs, folder.entry, 8);
	struct sb_member member = {.size = 0};
	struct sb_erofs_inode inode;
	size_t before;
	int rc = sb_erofs_read_inode(fs, nid, &inode, err);

	if (!rc && !states_type(fs, folder.entry, inode.type))
		rc = damaged(err, folder.entry, "a name that states another type than its inode");
	if (rc)
		return rc;
	if (is_dots(name))
		return nid == (name.n == 1 ? folder.nid : folder.up) ? 0 : damaged(err, folder.entry, "a folder that is said to be elsewhere");
	rc = sb_path_enter(&tree->path, name, &before, err);
	if (!rc)
		rc = sb_path_keep(fs->view, &tree->path, &member.name, err);
	if (!rc)
		rc = emit_inode(tree, &inode, &member, err);
	if (!rc && member.type == SB_MEMBER_DIR)
		return enter_folder(tree, &inode, folder.nid, before, err);
	sb_path_leave(&tree->path, before);
	return rc;
}

/* The next block of a folder: entries, then names. *left is false when there is none. */
static int next_block(struct tree *tree, struct folder *folder, bool *left, struct sb_err *err)
{
	struct sb_erofs *fs = tree->fs;

	while (folder->at == folder->end) {
		size_t end = tree->folders.count && folder == sb_vec_at(&tree->folders, tree->folders.count - 1) ? tree->stretches.count : folder->slices;
		*left = folder->slices < end;
		if (!*left)
			return 0;
		const struct sb_slice *slice = sb_vec_at(&tree->stretches, folder->slices++);
		folder->at = slice->offset;
		folder->end = slice->offset + slice->length;
	}
	uint64_t length = folder->end - folder->at < SB_EROFS_BLOCK ? folder->end - folder->at : SB_EROFS_BLOCK;
	uint64_t names = length < SB_EROFS_DIRENT ? 0 : sb_erofs_uint(fs, folder->at + 8, 2);
	if (names < SB_EROFS_DIRENT || names % SB_EROFS_DIRENT || names >= length)
		return damaged(err, folder->at, "a folder whose names do not follow its entries");
	folder->entry = folder->at;
	folder->last = folder->at + names;
	*left = true;
	return sb_erofs_own(fs, folder->at, length, SB_REGION_LAYOUT, "entries of a folder", SB_EROFS_TAG_NONE, 0, err);
}

static void leave_folder(struct tree *tree, const struct folder *folder)
{
	sb_path_leave(&tree->path, folder->before);
	tree->stretches.count = folder->first;
	tree->folders.count--;
}

static int step(struct tree *tree, struct sb_err *err)
{
	size_t innermost = tree->folders.count - 1;
	struct folder *folder = sb_vec_at(&tree->folders, innermost);
	struct sb_span name;

	if (folder->entry == folder->last) {
		bool left;
		int rc = next_block(tree, folder, &left, err);
		if (!rc && !left)
			leave_folder(tree, folder);
		return rc;
	}
	uint64_t block = folder->at, length = folder->end - block < SB_EROFS_BLOCK ? folder->end - block : SB_EROFS_BLOCK;
	if (!read_name(tree->fs, folder, block, length, &name))
		return damaged(err, folder->entry, "a name that does not lie in its folder");
	if (folder->name.p && sb_span_compare(folder->name, name) >= 0) /* the kernel looks for names by halves */
		return damaged(err, folder->entry, "names that do not ascend");
	folder->name = name;
	int rc = take_entry(tree, *folder, name, err);
	folder = sb_vec_at(&tree->folders, innermost);
	folder->entry += SB_EROFS_DIRENT;
	if (folder->entry == folder->last)
		folder->at = block + length;
	return rc;
}

static int take_tree(struct tree *tree, struct sb_err *err)
{
	struct sb_member root = {.name = sb_span_text(".")};
	struct sb_erofs_inode inode;
	int rc = sb_erofs_read_inode(tree->fs, sb_erofs_uint(tree->fs, SB_EROFS_SUPERBLOCK + 14, 2), &inode, err);

	if (!rc && inode.type != SB_MEMBER_DIR)
		rc = damaged(err, inode.at, "the root is no folder");
	if (!rc)
		rc = emit_inode(tree, &inode, &root, err);
	if (!rc)
		rc = enter_folder(tree, &inode, inode.nid, 0, err);
	while (!rc && tree->folders.count)
		rc = step(tree, err);
	return rc;
}

/* ---- superblock ---- */

static int own_part(struct sb_erofs *fs, uint64_t from, uint64_t to, bool proper, const char *name, enum sb_erofs_tag tag, struct sb_err *err)
{
	return sb_erofs_own(fs, SB_EROFS_SUPERBLOCK + from, to - from, proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, name, tag, 0, err);
}

/* What a reader must know is layout when it is what the image needs; a bit more or less lets readers see something else, or nothing. */
static int own_superblock(struct sb_erofs *fs, struct sb_err *err)
{
	const uint64_t at = SB_EROFS_SUPERBLOCK;
	uint64_t compression = sb_erofs_uint(fs, at + COMPRESSION, 2); /* kinds, or how far back one may look */
	bool checked = sb_erofs_uint(fs, at + 8, 4) & SB_EROFS_CHECKED;
	bool known = fs->features & SB_EROFS_CONFIGURED ? compression < 4 : compression == 0 || compression == 0xffff;
	bool placed = fs->shares || sb_erofs_uint(fs, at + 44, 4) == 0; /* shared attributes, if there are any */
	bool proper = placed && sb_erofs_uint(fs, at + 13, 1) == 0 && (checked || sb_erofs_uint(fs, at + 4, 4) == 0);
	int rc = own_part(fs, 0, SB_EROFS_FEATURES, proper, "superblock", SB_EROFS_TAG_SUPERBLOCK, err);

	if (!rc)
		rc = own_part(fs, SB_EROFS_FEATURES, END, fs->features == fs->used, "features", SB_EROFS_TAG_NONE, err);
	bool unused = sb_erofs_is_zero(fs, at + OLD_PADDING, SB_EROFS_SUPERBLOCK_SIZE - OLD_PADDING);
	return rc ? rc : own_part(fs, END, SB_EROFS_SUPERBLOCK_SIZE, known && unused, "end of the superblock", SB_EROFS_TAG_SUPERBLOCK_END, err);
}

static int own_configurations(struct sb_erofs *fs, struct sb_err *err)
{
	uint64_t at = SB_EROFS_SUPERBLOCK + SB_EROFS_SUPERBLOCK_SIZE;
	int rc = 0;

	for (unsigned bit = 0; !rc && fs->features & SB_EROFS_CONFIGURED && bit < 16; bit++) {
		if (!(sb_erofs_uint(fs, SB_EROFS_SUPERBLOCK + COMPRESSION, 2) >> bit & 1))
			continue;
		uint64_t length = 2 + sb_erofs_uint(fs, at, 2);
		rc = sb_erofs_own(fs, at, length, SB_REGION_TABLE, "configuration of a compression", SB_EROFS_TAG_NONE, 0, err);
		at += length;
		fs->used |= SB_EROFS_CONFIGURED;
	}
	return rc;
}

static int read_superblock(struct sb_erofs *fs, struct sb_err *err)
{
	const uint64_t at = SB_EROFS_SUPERBLOCK;

	if (!sb_magic(fs->view->file, at, "\xe2\xe1\xf5\xe0", 4) || fs->view->file.n < SB_EROFS_BLOCK)
		return damaged(err, at, "no superblock of EROFS");
	fs->features = (uint32_t)sb_erofs_uint(fs, at + SB_EROFS_FEATURES, 4);
	if (sb_erofs_uint(fs, at + 12, 1) != SB_EROFS_BLOCK_BITS || fs->features & ~(uint32_t)SB_EROFS_KNOWN || sb_erofs_uint(fs, at + 86, 2) != 0)
		return sb_damaged(err, "archive-unsupported", at, "features, or a block size, that are not known");
	fs->build_time = sb_erofs_uint(fs, at + 24, 8);
	fs->build_time_ns = (uint32_t)sb_erofs_uint(fs, at + 32, 4);
	fs->blocks = sb_erofs_uint(fs, at + 36, 4);
	fs->meta = sb_erofs_uint(fs, at + 40, 4) << SB_EROFS_BLOCK_BITS;
	fs->shared = sb_erofs_uint(fs, at + 44, 4) << SB_EROFS_BLOCK_BITS;
	if (fs->blocks << SB_EROFS_BLOCK_BITS > fs->view->file.n)
		return sb_damaged(err, "archive-truncated", at, "the image is shorter than it says");
	return 0;
}

int sb_erofs_walk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_erofs fs = {.view = view, .slices = {.size = sizeof(struct sb_slice)}};
	struct tree tree = {
		.fs = &fs,
		.folders = {.size = sizeof(struct folder), .ceiling = (size_t)SB_LIMIT_OF(PATH_DEPTH)},
		.stretches = {.size = sizeof(struct sb_slice)},
	};
	int rc = read_superblock(&fs, err);

	(void)hint;
	if (!rc)
		rc = take_tree(&tree, err);
	if (!rc)
		rc = own_configurations(&fs, err);
	if (!rc)
		rc = own_superblock(&fs, err);
	if (!rc)
		rc = sb_tiles_emit_filled(&fs.tiles, view, err);
	if (!rc && fs.tiles.unknown)
		rc = sb_places_tell(view, err);
	free(tree.known);
	sb_vec_release(&tree.folders);
	sb_vec_release(&tree.stretches);
	sb_vec_release(&fs.slices);
	sb_xattrs_release(&fs.xattrs);
	sb_tiles_release(&fs.tiles);
	return rc;
}
