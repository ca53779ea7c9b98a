/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cramfs. Source: Linux 6.1, include/uapi/linux/cramfs_fs.h and fs/cramfs/README: a superblock, folders of inodes with their names, files as pointers to
 * the ends of blocks and blocks of zlib. Reads both byte orders; docs/formats/cramfs.md says what is layout.
 */
#include "verifier/formats/names.h"
#include "verifier/formats/paths.h"
#include "verifier/formats/places.h"
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"
#include "verifier/formats/xattrs.h"

#include <stdlib.h>
#include <string.h>

enum { SUPERBLOCK = 76, ROOT = 64, INODE = 12, BLOCK = 4096, BOOT = 512, LARGEST = 1 << 28 };
enum flag { FLAG_VERSION_2 = 1, FLAG_SORTED = 2, FLAG_HOLES = 0x100, FLAG_SHIFTED_ROOT = 0x400, FLAGS_KNOWN = 0x103 };
enum tag { TAG_SUPERBLOCK = 1, TAG_INODE, TAG_POINTERS, TAG_BE = 1 << 8 };

struct inode {
	enum sb_member_type type;
	uint32_t mode, uid, size, gid, name, offset;
};

struct folder {
	uint64_t next, end;
	size_t before;
	struct sb_span name; /* the last one: names ascend */
};

/** Where a member says that its bytes lie. */
struct sharer {
	struct inode inode;
	uint32_t member;
};

struct walk {
	struct sb_view *view;
	uint64_t start;        /* of the superblock: places are counted from the start of the file all the same */
	bool be;
	uint32_t size;         /* of the image */
	struct sb_path path;
	struct sb_vec folders; /* struct folder */
	struct sb_vec slices;  /* struct sb_slice */
	struct sb_vec sharers; /* struct sharer */
	struct sb_tiles tiles;
	uint64_t entries;
};

static uint32_t read_word(const struct walk *walk, uint64_t at)
{
	struct sb_rd rd = sb_rd_of(walk->view->file, walk->be);

	sb_rd_seek(&rd, at);
	return (uint32_t)sb_rd_uint(&rd, 4);
}

/* Bit fields begin at the least significant bit in little endian images and at the most significant one in the others. */
static struct inode read_inode(const struct walk *walk, uint64_t at)
{
	uint32_t a = read_word(walk, at), b = read_word(walk, at + 4), c = read_word(walk, at + 8);
	struct inode out = {.mode = a & 0xffff, .uid = a >> 16, .size = b & 0xffffff, .gid = b >> 24, .name = (c & 63) * 4, .offset = (c >> 6) * 4};

	if (walk->be)
		out = (struct inode){.mode = a >> 16, .uid = a & 0xffff, .size = b >> 8, .gid = b & 0xff, .name = (c >> 26) * 4, .offset = (c & 0x3ffffff) * 4};
	out.type = sb_type_of_mode(out.mode);
	return out;
}

static int own(struct walk *walk, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, uint32_t tag, uint32_t member, struct sb_err *err)
{
	const struct sb_region region = {.offset = at, .length = length, .kind = kind, .name = name, .member = member, .tag = tag | (tag && walk->be ? TAG_BE : 0)};

	if (at > walk->size || length > walk->size - at)
		return sb_damaged(err, "archive-truncated", at, "a part that does not lie inside the image");
	return sb_tiles_add(&walk->tiles, walk->view->file.n, &region, err);
}

/* Files with one content share it. */
static int own_content(struct walk *walk, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, uint32_t tag, uint32_t member, struct sb_err *err)
{
	const struct sb_region region = {.offset = at, .length = length, .kind = kind, .name = name, .member = member, .tag = tag | (tag && walk->be ? TAG_BE : 0)};
	return sb_tiles_share(&walk->tiles, walk->size, &region, err);
}

static int push(struct walk *walk, struct sb_slice slice, struct sb_err *err)
{
	struct sb_slice *slot = sb_vec_push(&walk->slices);
	if (!slot)
		return sb_no_memory(err);
	*slot = slice;
	return 0;
}

/* Blocks end where their pointers say; one that is as long as nothing is a hole. */
static int take_blocks(struct walk *walk, const struct inode *inode, uint32_t ordinal, struct sb_err *err)
{
	uint64_t count = ((uint64_t)inode->size + BLOCK - 1) / BLOCK, from = inode->offset + count * 4;
	int rc = own_content(walk, inode->offset, count * 4, SB_REGION_LAYOUT, "block pointers", TAG_POINTERS, ordinal, err);

	for (uint64_t i = 0; !rc && i < count; i++) {
		uint64_t end = read_word(walk, inode->offset + i * 4), size = i + 1 < count ? (uint64_t)BLOCK : inode->size - i * BLOCK;
		if (end < from || end > walk->size)
			return sb_damaged(err, "archive-damaged", inode->offset + i * 4, "a pointer that leads to no block");
		if (end == from)
			rc = push(walk, (struct sb_slice){.codec = SB_CODEC_HOLE, .whole = size, .size = size}, err);
		else
			rc = push(walk, (struct sb_slice){SB_CODEC_ZLIB, from, end - from, size, 0, size}, err);
		if (!rc)
			rc = own_content(walk, from, end - from, SB_REGION_ENCODED, "block", 0, ordinal, err);
		from = end;
	}
	return rc;
}

/* The target is compressed like content, so it is compared as such; readers of the record see it there. */
static int take_content(struct walk *walk, const struct inode *inode, uint32_t ordinal, struct sb_member *member, struct sb_err *err)
{
	walk->slices.count = 0;
	if (inode->type == SB_MEMBER_CHAR || inode->type == SB_MEMBER_BLOCK) {
		member->rdev_major = inode->size >> 8 & 0xff;
		member->rdev_minor = inode->size & 0xff;
	}
	if (inode->type != SB_MEMBER_FILE && inode->type != SB_MEMBER_SYMLINK)
		return 0;
	if (!inode->size)
		return 0;
	struct sharer *slot = sb_vec_push(&walk->sharers);
	if (!slot)
		return sb_no_memory(err);
	*slot = (struct sharer){*inode, ordinal};
	return take_blocks(walk, inode, ordinal, err);
}

static int by_offset(const void *a, const void *b)
{
	const struct sharer *x = a, *y = b;
	if (x->inode.offset != y->inode.offset)
		return x->inode.offset < y->inode.offset ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

static bool is_same_inode(const struct inode *a, const struct inode *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->size == b->size;
}

/* fs/cramfs/inode.c, cramino: what begins at one place has one number, and so the mode and owner of whichever is looked at first. */
static int tell_sharers(struct walk *walk, struct sb_err *err)
{
	const struct sharer *first = NULL;
	int rc = 0;

	if (walk->sharers.count)
		qsort(walk->sharers.items, walk->sharers.count, walk->sharers.size, by_offset);
	for (size_t i = 0; !rc && i < walk->sharers.count; i++) {
		const struct sharer *one = sb_vec_at(&walk->sharers, i);
		struct sb_member *member = sb_vec_at(&walk->view->members, one->member - 1);
		first = first && first->inode.offset == one->inode.offset ? first : one;
		if (!is_same_inode(&first->inode, &one->inode))
			rc = sb_xattrs_append(walk->view, "shares the inode of", sb_view_member(walk->view, first->member - 1)->name, &member->xattrs, err);
	}
	return rc;
}

static int enter_folder(struct walk *walk, const struct inode *inode, size_t before, struct sb_err *err)
{
	struct folder *folder = sb_vec_push(&walk->folders);

	if (!folder)
		return walk->folders.count >= walk->folders.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, walk->folders.count + 1) : sb_no_memory(err);
	*folder = (struct folder){.next = inode->offset, .end = inode->offset + (uint64_t)inode->size, .before = before};
	return folder->end > walk->size ? sb_damaged(err, "archive-truncated", inode->offset, "a folder that does not lie inside the image") : 0;
}

static int emit(struct walk *walk, const struct inode *inode, struct sb_member *member, struct sb_err *err)
{
	member->type = inode->type;
	member->has_mode = true;
	member->mode = inode->mode & 07777;
	member->uid = inode->uid;
	member->gid = inode->gid;
	int rc = take_content(walk, inode, (uint32_t)walk->view->members.count + 1, member, err);
	return rc ? rc : sb_emit_sliced(walk->view, member, walk->slices.items, walk->slices.count, err);
}

/* What nothing leads to has no offset; the name is filled up with zeros. */
static bool is_proper(const struct inode *inode, struct sb_span name)
{
	bool leads = inode->type == SB_MEMBER_FILE || inode->type == SB_MEMBER_DIR || inode->type == SB_MEMBER_SYMLINK;
	const uint8_t *end = memchr(name.p, 0, name.n);
	size_t length = end ? (size_t)(end - name.p) : name.n;

	return (leads || inode->offset == 0) && name.n - length < 4 && sb_span_all_zero(sb_span_of(name.p + length, name.n - length));
}

static int take_entry(struct walk *walk, uint64_t at, struct sb_span *last, uint64_t *next, struct sb_err *err)
{
	const struct inode inode = read_inode(walk, at);
	struct sb_member member = {.size = 0};
	struct sb_span name;
	size_t before = 0;

	if (!sb_span_cut(walk->view->file, at + INODE, inode.name, &name) || name.n == 0 || ++walk->entries > walk->view->file.n / INODE)
		return sb_damaged(err, "archive-damaged", at, "an inode without a name");
	const struct sb_span text = sb_span_of(name.p, strnlen((const char *)name.p, name.n));
	if (sb_name_is_unusable(text))
		return sb_damaged(err, "archive-damaged", at, "a name that no system could use");
	if (last->p && sb_span_compare(*last, text) >= 0) /* cramfs_lookup ends at the first name that comes later */
		return sb_damaged(err, "archive-damaged", at, "names that do not ascend");
	*last = text;
	bool proper = is_proper(&inode, name);
	*next = at + INODE + inode.name;
	int rc = own(walk, at, INODE + inode.name, proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, "inode", TAG_INODE, (uint32_t)walk->view->members.count + 1, err);
	if (!rc)
		rc = sb_path_enter(&walk->path, text, &before, err);
	if (!rc)
		rc = sb_path_keep(walk->view, &walk->path, &member.name, err);
	if (!rc)
		rc = emit(walk, &inode, &member, err);
	if (rc)
		return rc;
	if (inode.type == SB_MEMBER_DIR && inode.size)
		return enter_folder(walk, &inode, before, err);
	sb_path_leave(&walk->path, before);
	return 0;
}

static int take_tree(struct walk *walk, struct sb_err *err)
{
	const struct inode root = read_inode(walk, walk->start + ROOT);
	struct sb_member member = {.name = sb_span_text(".")};
	int rc = root.type == SB_MEMBER_DIR ? emit(walk, &root, &member, err) : sb_damaged(err, "archive-damaged", walk->start + ROOT, "the root is no folder");

	if (!rc)
		rc = enter_folder(walk, &root, 0, err);
	while (!rc && walk->folders.count) {
		size_t innermost = walk->folders.count - 1;
		struct folder *top = sb_vec_at(&walk->folders, innermost);
		if (top->next >= top->end) {
			sb_path_leave(&walk->path, top->before);
			walk->folders.count--;
			continue;
		}
		struct sb_span last = top->name;
		uint64_t next = 0;
		rc = take_entry(walk, top->next, &last, &next, err);
		top = sb_vec_at(&walk->folders, innermost);
		top->name = last;
		top->next = next;
	}
	return rc ? rc : tell_sharers(walk, err);
}

static bool is_superblock(struct sb_span file, uint64_t at, bool *be)
{
	*be = sb_magic(file, at, "\x28\xcd\x3d\x45", 4) != 0;
	return (*be || sb_magic(file, at, "\x45\x3d\xcd\x28", 4)) && sb_magic(file, at + 16, "Compressed ROMFS", 16);
}

static int read_superblock(struct walk *walk, struct sb_err *err)
{
	struct sb_span file = walk->view->file;

	if (!is_superblock(file, walk->start, &walk->be) && !is_superblock(file, walk->start = BOOT, &walk->be))
		return sb_damaged(err, "archive-damaged", 0, "no superblock of cramfs");
	uint32_t flags = read_word(walk, walk->start + 8);
	walk->size = read_word(walk, walk->start + 4);
	if (!(flags & FLAG_VERSION_2) || flags & ~(uint32_t)(FLAGS_KNOWN | FLAG_SHIFTED_ROOT))
		return sb_damaged(err, "archive-unsupported", walk->start + 8, "flags of an older or a later cramfs");
	if (walk->size > file.n || walk->size > LARGEST || walk->size < walk->start + SUPERBLOCK)
		return sb_damaged(err, "archive-truncated", walk->start + 4, "the image is shorter than it says");
	bool proper = read_word(walk, walk->start + 12) == 0;
	return own(walk, walk->start, SUPERBLOCK, proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, "superblock", TAG_SUPERBLOCK, 0, err);
}

static int open_cramfs(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {
		.view = view,
		.folders = {.size = sizeof(struct folder), .ceiling = (size_t)SB_LIMIT_OF(PATH_DEPTH)},
		.slices = {.size = sizeof(struct sb_slice)},
		.sharers = {.size = sizeof(struct sharer)},
	};
	int rc = read_superblock(&walk, err);

	(void)hint;
	if (!rc)
		rc = take_tree(&walk, err);
	if (!rc)
		rc = sb_tiles_emit_filled(&walk.tiles, view, err);
	if (!rc && walk.tiles.unknown)
		rc = sb_places_tell(view, err);
	sb_vec_release(&walk.folders);
	sb_vec_release(&walk.slices);
	sb_vec_release(&walk.sharers);
	sb_tiles_release(&walk.tiles);
	return rc;
}

/* ---- fields ---- */

#define FIELD(at_, length_, kind_, name_) \
	{.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_LE, .name = (name_)}

static const struct sb_layout_row superblock_rows[] = {
	FIELD(0, 4, MAGIC, "magic"),     FIELD(4, 4, SIZE, "size"),          FIELD(12, 4, VALUE, "future"), FIELD(16, 16, MAGIC, "signature"),
	FIELD(36, 4, VALUE, "edition"),  FIELD(40, 4, VALUE, "blocks"),   FIELD(44, 4, VALUE, "files"),  FIELD(48, 16, NAME, "name"),   FIELD(64, 2, MODE, "mode of the root"),
	FIELD(66, 2, OWNER, "uid of the root"), FIELD(68, 3, SIZE, "size of the root"), FIELD(71, 1, OWNER, "gid of the root"), FIELD(72, 4, OFFSET, "place of the root"),
};

static const struct sb_layout_row inode_rows[] = {FIELD(0, 2, MODE, "mode"), FIELD(2, 2, OWNER, "uid"), FIELD(7, 1, OWNER, "gid"), FIELD(8, 4, OFFSET, "namelen and offset")};

static uint64_t uint_at(const struct sb_view *view, const struct sb_region *region, unsigned at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(view->file, (region->tag & TAG_BE) != 0);

	sb_rd_seek(&rd, region->offset + at);
	return sb_rd_uint(&rd, width);
}

static int describe_superblock(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_field crc = {.offset = region->offset + 32,
				     .length = 4,
				     .kind = SB_FIELD_DERIVED,
				     .encoding = SB_ENC_LE,
				     .name = "crc",
				     .derived = {.algorithm = SB_DERIVE_CRC32_ZEROED, .over_offset = region->offset, .over_length = uint_at(view, region, 4, 4) - region->offset}};
	int rc = sb_emit_layout(view, region, SB_ROWS(superblock_rows), err);

	/* The second byte says that there are holes, and where the root is; the rest which form of cramfs it is. */
	for (unsigned i = 0; !rc && i < 4; i++) {
		bool layout = i == (region->tag & TAG_BE ? 2 : 1);
		const struct sb_field flags = {.offset = region->offset + 8 + i, .length = 1, .kind = layout ? SB_FIELD_ENCODING : SB_FIELD_FLAGS, .encoding = SB_ENC_LE, .name = "flags"};
		rc = sb_emit_field(view, &flags, err);
	}
	return rc ? rc : sb_emit_field(view, &crc, err);
}

/* The size of a device is its number, that of a folder a matter of layout. */
static int describe_inode(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	enum sb_member_type type = sb_type_of_mode(uint_at(view, region, 0, 2));
	bool sized = type == SB_MEMBER_FILE || type == SB_MEMBER_SYMLINK || type == SB_MEMBER_DIR;
	const struct sb_field size = {.offset = region->offset + 4, .length = 3, .kind = sized ? SB_FIELD_SIZE : SB_FIELD_DEVICE, .encoding = SB_ENC_LE, .name = "size"};
	const struct sb_field name = {.offset = region->offset + INODE, .length = region->length - INODE, .kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "name"};
	int rc = sb_emit_layout(view, region, SB_ROWS(inode_rows), err);

	if (!rc)
		rc = sb_emit_field(view, &size, err);
	return rc ? rc : sb_emit_field(view, &name, err);
}

static int describe_pointers(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc = 0;

	for (uint64_t at = 0; !rc && at < region->length; at += 4) {
		const struct sb_field field = {.offset = region->offset + at, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "end of a block"};
		rc = sb_emit_field(view, &field, err);
	}
	return rc;
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc = 0;

	switch (region->tag & 0xff) {
	case TAG_SUPERBLOCK:
		rc = describe_superblock(view, region, err);
		break;
	case TAG_INODE:
		rc = describe_inode(view, region, err);
		break;
	case TAG_POINTERS:
		rc = describe_pointers(view, region, err);
		break;
	}
	for (size_t i = 0; i < view->fields.count && region->tag & TAG_BE; i++) {
		struct sb_field *field = sb_vec_at(&view->fields, i);
		if (field->encoding == SB_ENC_LE)
			field->encoding = SB_ENC_BE;
	}
	return rc;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	bool be;

	(void)hint;
	return is_superblock(file, 0, &be) || is_superblock(file, BOOT, &be) ? 160 : 0;
}

const struct sb_format sb_format_cramfs = {
	.name = "cramfs",
	.spec = "Linux 6.1, include/uapi/linux/cramfs_fs.h, fs/cramfs/README",
	.version = 3,
	.probe = probe,
	.open = open_cramfs,
	.describe = describe,
	.tree = true,
};
