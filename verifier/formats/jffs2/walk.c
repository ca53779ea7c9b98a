/* SPDX-License-Identifier: Apache-2.0 */
/* From the root through all folders to members, and from nodes to owners of bytes. */
#include "verifier/formats/jffs2/jffs2.h"
#include "verifier/formats/names.h"
#include "verifier/formats/paths.h"
#include "verifier/formats/tiles.h"
#include "verifier/formats/xattrs.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_BLOCK = 4096 };

/** The dirents of one folder that are still to be looked at. */
struct folder {
	size_t next, end; /* places in the order of keys */
	size_t before;    /* length of the path without this folder's name */
};

struct walk {
	struct sb_jffs2 fs;
	struct sb_path path;
	struct sb_vec folders;   /* struct folder, the innermost last */
	struct sb_xattrs xattrs;
	struct sb_tiles tiles;
	const char *cleanmarker; /* name of its region */
	const char *blocks;      /* that of the very first bytes, which says the size of erase blocks where no cleanmarkers tell it; else NULL */
};

/* ---- members ---- */

static const char *prefix_of(uint32_t number)
{
	static const char *const prefixes[] = {NULL, "user.", "security.", "system.posix_acl_access:", "system.posix_acl_default:", "trusted."};
	return number && number < sizeof prefixes / sizeof *prefixes ? prefixes[number] : NULL;
}

/* The newest attribute of that number, if it is one. */
static int take_xattr(struct walk *walk, const struct sb_jffs2_node *xref, struct sb_err *err)
{
	struct sb_jffs2 *fs = &walk->fs;
	size_t count, first = sb_jffs2_find(fs, SB_JFFS2_XATTR, xref->target, &count);
	struct sb_jffs2_node *node = count ? sb_jffs2_sorted(fs, first) : NULL;
	const char *prefix = node ? prefix_of(sb_jffs2_uint(fs, node, 20, 1)) : NULL;

	if (!prefix)
		return 0;
	const uint8_t *data = fs->view->file.p + node->offset + SB_JFFS2_XATTR_SIZE;
	size_t name = sb_jffs2_uint(fs, node, 21, 1);
	node->state = data[name] == '\0' ? SB_JFFS2_CURRENT : SB_JFFS2_ODD;
	return sb_xattrs_add(&walk->xattrs, prefix, sb_span_of(data, name), sb_span_of(data + name + 1, sb_jffs2_uint(fs, node, 22, 2)), err);
}

/* References of an inode; the newest to an attribute counts, and an odd number takes it away (fs/jffs2/xattr.h, XREF_DELETE_MARKER). */
static int take_xattrs(struct walk *walk, uint32_t inode, uint32_t member, struct sb_member *out, struct sb_err *err)
{
	size_t count, first = sb_jffs2_find(&walk->fs, SB_JFFS2_XREF, inode, &count);
	int rc = 0;

	sb_xattrs_clear(&walk->xattrs);
	for (size_t i = first; !rc && i < first + count; i++) {
		struct sb_jffs2_node *xref = sb_jffs2_sorted(&walk->fs, i);
		bool older = i > first && sb_jffs2_sorted(&walk->fs, i - 1)->target == xref->target;
		if (older || xref->version & 1)
			continue;
		xref->state = SB_JFFS2_CURRENT;
		xref->member = member;
		rc = take_xattr(walk, xref, err);
	}
	return rc ? rc : sb_xattrs_keep(walk->fs.view, &walk->xattrs, &out->xattrs, err);
}

/* Linux, include/linux/kdev_t.h: two bytes in the old form, four in the new one. */
static void read_device(const struct walk *walk, const struct sb_slice *slice, struct sb_member *out)
{
	struct sb_rd rd = sb_rd_of(walk->fs.view->file, walk->fs.be);

	if (slice->codec != SB_CODEC_NONE || slice->skip)
		return;
	sb_rd_seek(&rd, slice->offset);
	if (slice->size == 2) {
		uint64_t old = sb_rd_uint(&rd, 2);
		out->rdev_major = old >> 8;
		out->rdev_minor = old & 0xff;
	} else if (slice->size == 4) {
		uint64_t now = sb_rd_uint(&rd, 4);
		out->rdev_major = (now & 0xfff00) >> 8;
		out->rdev_minor = (now & 0xff) | (now >> 12 & 0xfff00);
	}
}

static int read_link(struct walk *walk, const struct sb_slice *slice, struct sb_member *out, struct sb_err *err)
{
	struct sb_span text;

	if (slice->codec != SB_CODEC_NONE || !sb_span_cut(walk->fs.view->file, slice->offset + slice->skip, slice->size, &text))
		return 0;
	return sb_keep(walk->fs.view, text, &out->link, err);
}

static int read_special(struct walk *walk, struct sb_member *out, struct sb_err *err)
{
	if (walk->fs.slices.count != 1)
		return 0;
	const struct sb_slice *slice = sb_vec_at(&walk->fs.slices, 0);
	if (out->type == SB_MEMBER_SYMLINK)
		return read_link(walk, slice, out, err);
	if (out->type == SB_MEMBER_CHAR || out->type == SB_MEMBER_BLOCK)
		read_device(walk, slice, out);
	return 0;
}

static void read_metadata(const struct sb_jffs2_inode *inode, struct sb_member *out)
{
	out->type = sb_type_of_mode(inode->mode);
	out->has_mode = true;
	out->mode = inode->mode & 07777;
	out->uid = inode->uid;
	out->gid = inode->gid;
	out->mtime = inode->mtime;
}

/* A later name of a file that has been emitted. */
static int emit_link(struct walk *walk, const struct sb_jffs2_node *newest, struct sb_member *member, struct sb_err *err)
{
	struct sb_member *first = sb_vec_at(&walk->fs.view->members, newest->member - 1);

	member->type = SB_MEMBER_HARDLINK;
	member->link = first->name;
	member->xattrs = first->xattrs;
	return sb_emit_member(walk->fs.view, member, err);
}

/* The member that has inode @number; *folder when it is one. */
static int emit_inode(struct walk *walk, uint32_t number, struct sb_member *member, bool *folder, struct sb_err *err)
{
	struct sb_jffs2 *fs = &walk->fs;
	size_t count, first = sb_jffs2_find(fs, SB_JFFS2_INODE, number, &count);
	uint32_t ordinal = (uint32_t)fs->view->members.count + 1;
	struct sb_jffs2_node *newest = count ? sb_jffs2_sorted(fs, first) : NULL;

	*folder = number == SB_JFFS2_ROOT;
	if (*folder && ordinal > 1)
		return sb_damaged(err, "archive-damaged", 0, "a folder holds the root");
	if (*folder)
		member->type = SB_MEMBER_DIR;
	if (newest) {
		const struct sb_jffs2_inode inode = sb_jffs2_inode(fs, newest);
		read_metadata(&inode, member);
		*folder = member->type == SB_MEMBER_DIR;
		if (newest->member && !*folder)
			return emit_link(walk, newest, member, err);
		if (newest->member)
			return sb_damaged(err, "archive-damaged", newest->offset, "a folder has two names");
	}
	int rc = take_xattrs(walk, number, ordinal, member, err);
	fs->slices.count = 0;
	if (!rc && newest)
		rc = sb_jffs2_content(fs, first, count, err);
	for (size_t i = 0; !rc && i < count; i++)
		sb_jffs2_sorted(fs, first + i)->member = ordinal;
	if (!rc)
		rc = read_special(walk, member, err);
	return rc ? rc : sb_emit_sliced(fs->view, member, fs->slices.items, fs->slices.count, err);
}

/* ---- folders ---- */

static int enter_folder(struct walk *walk, uint32_t number, size_t before, struct sb_err *err)
{
	struct folder *folder = sb_vec_push(&walk->folders);
	size_t count;

	if (!folder)
		return walk->folders.count >= walk->folders.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, walk->folders.count + 1) : sb_no_memory(err);
	folder->next = sb_jffs2_find(&walk->fs, SB_JFFS2_DIRENT, number, &count);
	folder->end = folder->next + count;
	folder->before = before;
	return 0;
}

/* Does the type that a dirent repeats agree with the inode (fs/jffs2/write.c: mode >> 12)? */
static bool is_proper(const struct walk *walk, const struct sb_jffs2_node *dirent, const struct sb_member *member)
{
	static const uint8_t types[] = {[SB_MEMBER_FILE] = 8, [SB_MEMBER_DIR] = 4, [SB_MEMBER_SYMLINK] = 10, [SB_MEMBER_HARDLINK] = 8,
					[SB_MEMBER_CHAR] = 2, [SB_MEMBER_BLOCK] = 6, [SB_MEMBER_FIFO] = 1, [SB_MEMBER_SOCKET] = 12};
	return member->type < sizeof types && member->type && sb_jffs2_uint(&walk->fs, dirent, 29, 1) == types[member->type] &&
	       sb_jffs2_uint(&walk->fs, dirent, 30, 2) == 0;
}

static int take_dirent(struct walk *walk, struct sb_jffs2_node *dirent, struct sb_err *err)
{
	struct sb_member member = {.size = 0};
	bool folder = false;
	size_t before;

	if (sb_name_is_unusable(sb_jffs2_name(&walk->fs, dirent)))
		return sb_damaged(err, "archive-damaged", dirent->offset, "a name that no system could use");
	int rc = sb_path_enter(&walk->path, sb_jffs2_name(&walk->fs, dirent), &before, err);
	if (!rc)
		rc = sb_path_keep(walk->fs.view, &walk->path, &member.name, err);
	if (!rc)
		rc = emit_inode(walk, dirent->target, &member, &folder, err);
	if (rc)
		return rc;
	dirent->member = (uint32_t)walk->fs.view->members.count;
	dirent->state = is_proper(walk, dirent, &member) ? SB_JFFS2_CURRENT : SB_JFFS2_ODD;
	if (folder)
		return enter_folder(walk, dirent->target, before, err);
	sb_path_leave(&walk->path, before);
	return 0;
}

/* The newest dirent of a name counts; one without an inode takes the name away. */
static bool counts(const struct sb_jffs2 *fs, size_t place)
{
	const struct sb_jffs2_node *dirent = sb_jffs2_sorted(fs, place);
	const struct sb_jffs2_node *newer = place ? sb_jffs2_sorted(fs, place - 1) : NULL;

	return dirent->target != 0 && !(newer && newer->type == SB_JFFS2_DIRENT && newer->key == dirent->key &&
					sb_span_equal(sb_jffs2_name(fs, newer), sb_jffs2_name(fs, dirent)));
}

static int take_tree(struct walk *walk, struct sb_err *err)
{
	struct sb_member root = {.name = sb_span_text(".")};
	bool folder = false;
	int rc = emit_inode(walk, SB_JFFS2_ROOT, &root, &folder, err);

	if (!rc && !folder)
		rc = sb_damaged(err, "archive-damaged", 0, "the root is no folder");
	if (!rc)
		rc = enter_folder(walk, SB_JFFS2_ROOT, 0, err);
	while (!rc && walk->folders.count) {
		struct folder *top = sb_vec_at(&walk->folders, walk->folders.count - 1);
		if (top->next == top->end) {
			sb_path_leave(&walk->path, top->before);
			walk->folders.count--;
			continue;
		}
		size_t place = top->next++;
		if (counts(&walk->fs, place))
			rc = take_dirent(walk, sb_jffs2_sorted(&walk->fs, place), err);
	}
	return rc;
}

/* ---- owners of bytes ---- */

/* Erased flash, or the fill that some writers take instead. */
static bool is_fill(struct sb_span bytes)
{
	return bytes.n == 0 || ((bytes.p[0] == 0xff || bytes.p[0] == 0) && (bytes.n == 1 || memcmp(bytes.p, bytes.p + 1, bytes.n - 1) == 0));
}

static int own(struct walk *walk, const struct sb_jffs2_node *node, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, struct sb_err *err)
{
	struct sb_region region = {.offset = at, .length = length, .kind = kind, .name = name, .member = node ? node->member : 0,
				   .tag = node ? (uint32_t)node->type | (walk->fs.be ? SB_JFFS2_TAG_BE : 0) : 0};

	if (at == 0 && length && walk->blocks) {
		const struct sb_region magic = {.length = SB_JFFS2_MAGIC_SIZE, .kind = SB_REGION_HEADER, .name = walk->blocks};
		region.offset += SB_JFFS2_MAGIC_SIZE;
		region.length -= SB_JFFS2_MAGIC_SIZE;
		region.tag |= SB_JFFS2_TAG_BEHIND;
		int rc = sb_tiles_add(&walk->tiles, walk->fs.view->file.n, &magic, err);
		if (rc)
			return rc;
	}
	return sb_tiles_add(&walk->tiles, walk->fs.view->file.n, &region, err);
}

/* What nobody knows may count by where it lies, and so its place is part of its name. */
static int own_gap(struct walk *walk, const struct sb_jffs2_node *node, uint64_t at, uint64_t length, const char *name, struct sb_err *err)
{
	const char *placed = sb_arena_printf(walk->fs.view->arena, "%s at %llu", name, (unsigned long long)at);
	return placed ? own(walk, node, at, length, SB_REGION_GAP, placed, err) : sb_no_memory(err);
}

/* Bytes that should be fill: layout when they are, content when they are not. */
static int own_fill(struct walk *walk, uint64_t from, uint64_t to, const char *name, struct sb_err *err)
{
	struct sb_span bytes;
	bool fill = sb_span_cut(walk->fs.view->file, from, to - from, &bytes) && is_fill(bytes);

	return fill ? own(walk, NULL, from, to - from, SB_REGION_LAYOUT, name, err) : own_gap(walk, NULL, from, to - from, "gap", err);
}

static int own_inode(struct walk *walk, const struct sb_jffs2_node *node, struct sb_err *err)
{
	uint32_t compression = sb_jffs2_uint(&walk->fs, node, 56, 1);
	bool plain = compression == SB_JFFS2_NONE, current = node->state == SB_JFFS2_CURRENT;
	int rc = own(walk, node, node->offset, SB_JFFS2_INODE_SIZE, current ? SB_REGION_LAYOUT : SB_REGION_HEADER, "inode", err);

	return rc ? rc : own(walk, node, node->offset + SB_JFFS2_INODE_SIZE, node->length - SB_JFFS2_INODE_SIZE, plain ? SB_REGION_CONTENT : SB_REGION_ENCODED, "data", err);
}

static int own_marker(struct walk *walk, const struct sb_jffs2_node *node, enum sb_region_kind kind, const char *name, struct sb_err *err)
{
	int rc = own(walk, node, node->offset, SB_JFFS2_UNKNOWN_SIZE, kind, name, err);
	return rc ? rc : own_fill(walk, node->offset + SB_JFFS2_UNKNOWN_SIZE, node->offset + node->length, "fill", err);
}

static int own_xattr(struct walk *walk, const struct sb_jffs2_node *node, enum sb_region_kind kind, struct sb_err *err)
{
	uint64_t length = SB_JFFS2_XATTR_SIZE + (uint64_t)sb_jffs2_xattr_size(&walk->fs, node);
	int rc = own(walk, node, node->offset, length, kind, "attribute", err);
	return rc ? rc : own_fill(walk, node->offset + length, node->offset + node->length, "fill", err);
}

static int own_node(struct walk *walk, const struct sb_jffs2_node *node, struct sb_err *err)
{
	enum sb_region_kind kind = node->state == SB_JFFS2_CURRENT ? SB_REGION_LAYOUT : SB_REGION_HEADER;

	switch (node->type) {
	case SB_JFFS2_CLEANMARKER:
		return own_marker(walk, node, SB_REGION_HEADER, walk->cleanmarker, err);
	case SB_JFFS2_PADDING:
		return own_marker(walk, node, SB_REGION_LAYOUT, "padding", err);
	case SB_JFFS2_SUMMARY: /* it repeats what nodes say, and some kernels believe it instead of them */
		return own(walk, node, node->offset, node->length, SB_REGION_TABLE, "summary", err);
	case SB_JFFS2_LOST:
		return own_gap(walk, node, node->offset, node->length, "gap", err);
	case SB_JFFS2_DIRENT:
	case SB_JFFS2_INODE:
	case SB_JFFS2_XATTR:
	case SB_JFFS2_XREF:
		break;
	}
	if (node->state == SB_JFFS2_UNUSED)
		return own_gap(walk, node, node->offset, node->length, "obsolete node", err);
	if (node->type == SB_JFFS2_INODE)
		return own_inode(walk, node, err);
	if (node->type == SB_JFFS2_XATTR)
		return own_xattr(walk, node, kind, err);
	return own(walk, node, node->offset, node->length, kind, node->type == SB_JFFS2_DIRENT ? "dirent" : "attribute reference", err);
}

/*
 * The kernel takes an erase block for empty when it begins with erased flash, or with that behind a cleanmarker, whatever follows (scan.c,
 * jffs2_scan_eraseblock). So erased flash with something behind it is layout only where a block may end, and not so long that one may begin in it.
 */
static bool ends_block(const struct walk *walk, const struct sb_jffs2_node *before, uint64_t from, uint64_t to)
{
	bool last = to == walk->fs.view->file.n;
	return last || (to % LEAST_BLOCK == 0 && to - from < LEAST_BLOCK && before && before->type != SB_JFFS2_CLEANMARKER);
}

/* What lies behind node @before: fill to a multiple of four, then erased flash, or what nobody knows, which ends where erased flash begins. */
static int own_between(struct walk *walk, const struct sb_jffs2_node *before, uint64_t from, uint64_t to, struct sb_err *err)
{
	struct sb_span file = walk->fs.view->file;
	uint64_t next = from < to ? (from + 3) & ~UINT64_C(3) : from, at = next < to ? next : to;
	int rc = own_fill(walk, from, at, "fill", err);

	while (!rc && at < to) {
		uint64_t start = at, erased = at;
		while (erased < to && file.p[erased] == 0xff)
			erased++;
		if (erased - start >= 4 || erased == to) {
			at = erased;
			rc = ends_block(walk, before, start, at) ? own(walk, NULL, start, at - start, SB_REGION_LAYOUT, "erased", err) : own_gap(walk, NULL, start, at - start, "erased", err);
			continue;
		}
		while (at < to && !(to - at >= 16 && memcmp(file.p + at, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16) == 0))
			at++;
		rc = own_gap(walk, NULL, start, at - start, "gap", err);
	}
	return rc;
}

static int own_all(struct walk *walk, struct sb_err *err)
{
	const struct sb_jffs2_node *node = NULL;
	uint64_t at = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < walk->fs.nodes.count; i++) {
		const struct sb_jffs2_node *before = node;
		node = sb_jffs2_node(&walk->fs, i);
		rc = own_between(walk, before, at, node->offset, err);
		if (!rc)
			rc = own_node(walk, node, err);
		at = node->offset + node->length;
	}
	if (!rc)
		rc = own_between(walk, node, at, walk->fs.view->file.n, err);
	return rc ? rc : sb_tiles_emit(&walk->tiles, walk->fs.view, err);
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/*
 * The least power of two of which no multiple lies inside a node: with smaller blocks the kernel would not see some of them. mkfs.jffs2 makes none that
 * are smaller than 8 KiB. An image that fits into one block of a usual size says nothing of smaller ones.
 */
static uint64_t least_block(const struct sb_jffs2 *fs)
{
	enum { SMALLEST = 8 << 10, USUAL = 64 << 10 };
	uint64_t least = SMALLEST, end = 0;

	for (size_t i = 0; i < fs->nodes.count; i++) {
		const struct sb_jffs2_node *node = sb_jffs2_node(fs, i);
		end = node->offset + node->length;
		while (node->offset / least != (end - 1) / least)
			least *= 2;
	}
	return least >= end && least < USUAL ? USUAL : least;
}

/*
 * Cleanmarkers begin erase blocks, whose size is written nowhere. The kernel does not see a node that reaches into the next one; neither do we. An image
 * for another size is another image: the size is part of the name that pairs them. Where no two cleanmarkers tell it, what nodes leave room for does.
 */
static int find_blocks(struct walk *walk, struct sb_err *err)
{
	uint64_t size = 0;

	for (size_t i = 0; i < walk->fs.nodes.count; i++)
		if (sb_jffs2_node(&walk->fs, i)->type == SB_JFFS2_CLEANMARKER)
			size = common_divisor(size, sb_jffs2_node(&walk->fs, i)->offset);
	walk->blocks = size ? NULL : sb_arena_printf(walk->fs.view->arena, "erase blocks of %llu", (unsigned long long)least_block(&walk->fs));
	walk->cleanmarker = size ? sb_arena_printf(walk->fs.view->arena, "cleanmarker every %llu", (unsigned long long)size) : "cleanmarker";
	for (size_t i = 0; size && i < walk->fs.nodes.count; i++) {
		const struct sb_jffs2_node *node = sb_jffs2_node(&walk->fs, i);
		if (node->offset / size != (node->offset + node->length - 1) / size)
			return sb_damaged(err, "archive-damaged", node->offset, "a node reaches from one erase block into the next");
	}
	return walk->cleanmarker && (size || walk->blocks) ? 0 : sb_no_memory(err);
}

int sb_jffs2_walk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {
		.fs = {.view = view,
		       .nodes = {.size = sizeof(struct sb_jffs2_node), .ceiling = (size_t)SB_LIMIT_OF(REGIONS)},
		       .slices = {.size = sizeof(struct sb_slice)}},
		.folders = {.size = sizeof(struct folder), .ceiling = (size_t)SB_LIMIT_OF(PATH_DEPTH)},
	};

	(void)hint;
	int rc = sb_jffs2_begins(view->file, 0, &walk.fs.be) ? sb_jffs2_scan(&walk.fs, err)
							     : sb_damaged(err, "archive-damaged", 0, "no node stands at the start of the image");
	if (!rc)
		rc = sb_jffs2_sort(&walk.fs, err);
	if (!rc)
		rc = find_blocks(&walk, err);
	if (!rc)
		rc = take_tree(&walk, err);
	if (!rc)
		rc = own_all(&walk, err);
	free(walk.fs.by_key);
	sb_vec_release(&walk.fs.nodes);
	sb_vec_release(&walk.fs.slices);
	sb_vec_release(&walk.folders);
	sb_xattrs_release(&walk.xattrs);
	sb_tiles_release(&walk.tiles);
	return rc;
}
