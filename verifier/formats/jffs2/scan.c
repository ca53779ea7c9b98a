/* SPDX-License-Identifier: Apache-2.0 */
/* From node to node as the kernel goes: behind whatever has a right head, and by four bytes where there is none. */
#include "verifier/formats/jffs2/jffs2.h"

#include <zlib.h>

enum { ACCURATE = 0x2000, INCOMPATIBLE = 0xc000, LEAST_BLOCK = 4096 };

uint32_t sb_jffs2_crc(struct sb_span bytes)
{
	return (uint32_t)crc32_z(UINT32_MAX, bytes.p, bytes.n) ^ UINT32_MAX;
}

static uint64_t read_uint(struct sb_span file, uint64_t at, unsigned width, bool be)
{
	struct sb_rd rd = sb_rd_of(file, be);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

uint32_t sb_jffs2_uint(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node, unsigned at, unsigned width)
{
	sb_reading_at(fs->view->reading, fs->view->file.p + node->offset);
	return (uint32_t)read_uint(fs->view->file, node->offset + at, width, fs->be);
}

struct sb_span sb_jffs2_name(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node)
{
	return sb_span_of(fs->view->file.p + node->offset + SB_JFFS2_DIRENT_SIZE, sb_jffs2_uint(fs, node, 28, 1));
}

struct sb_jffs2_inode sb_jffs2_inode(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node)
{
	return (struct sb_jffs2_inode){
		.mode = sb_jffs2_uint(fs, node, 20, 4),
		.uid = sb_jffs2_uint(fs, node, 24, 2),
		.gid = sb_jffs2_uint(fs, node, 26, 2),
		.isize = sb_jffs2_uint(fs, node, 28, 4),
		.atime = sb_jffs2_uint(fs, node, 32, 4),
		.mtime = sb_jffs2_uint(fs, node, 36, 4),
		.ctime = sb_jffs2_uint(fs, node, 40, 4),
		.offset = sb_jffs2_uint(fs, node, 44, 4),
		.csize = sb_jffs2_uint(fs, node, 48, 4),
		.dsize = sb_jffs2_uint(fs, node, 52, 4),
		.compression = sb_jffs2_uint(fs, node, 56, 1),
		.wish = sb_jffs2_uint(fs, node, 57, 1),
		.flags = sb_jffs2_uint(fs, node, 58, 2),
	};
}

bool sb_jffs2_begins(struct sb_span file, uint64_t at, bool *be)
{
	struct sb_span head;

	if (sb_magic(file, at, "\x85\x19", 2))
		*be = false;
	else if (sb_magic(file, at, "\x19\x85", 2))
		*be = true;
	else
		return false;
	return sb_span_cut(file, at, 8, &head) && read_uint(file, at + 8, 4, *be) == sb_jffs2_crc(head);
}

static bool crc_is(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node, unsigned field, uint64_t from, uint64_t length)
{
	struct sb_span over;

	if (!sb_span_cut(fs->view->file, node->offset + from, length, &over))
		return false;
	sb_reading_more(fs->view->reading, over.n);
	return sb_jffs2_uint(fs, node, field, 4) == sb_jffs2_crc(over);
}

static bool read_dirent(const struct sb_jffs2 *fs, struct sb_jffs2_node *node)
{
	uint32_t name = sb_jffs2_uint(fs, node, 28, 1);

	node->key = sb_jffs2_uint(fs, node, 12, 4);
	node->version = sb_jffs2_uint(fs, node, 16, 4);
	node->target = sb_jffs2_uint(fs, node, 20, 4);
	return node->length == SB_JFFS2_DIRENT_SIZE + name && crc_is(fs, node, 32, 0, SB_JFFS2_DIRENT_SIZE - 8) &&
	       crc_is(fs, node, 36, SB_JFFS2_DIRENT_SIZE, name);
}

static bool read_inode(const struct sb_jffs2 *fs, struct sb_jffs2_node *node)
{
	uint32_t csize = sb_jffs2_uint(fs, node, 48, 4);

	node->key = sb_jffs2_uint(fs, node, 12, 4);
	node->version = sb_jffs2_uint(fs, node, 16, 4);
	return node->length >= SB_JFFS2_INODE_SIZE && csize == node->length - SB_JFFS2_INODE_SIZE && crc_is(fs, node, 64, 0, SB_JFFS2_INODE_SIZE - 8) &&
	       crc_is(fs, node, 60, SB_JFFS2_INODE_SIZE, csize);
}

uint32_t sb_jffs2_xattr_size(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node)
{
	return sb_jffs2_uint(fs, node, 21, 1) + 1 + sb_jffs2_uint(fs, node, 22, 2);
}

/* mkfs.jffs2 counts the fill behind it, the kernel does not. */
static bool read_xattr(const struct sb_jffs2 *fs, struct sb_jffs2_node *node)
{
	uint32_t data = sb_jffs2_xattr_size(fs, node);

	node->key = sb_jffs2_uint(fs, node, 12, 4);
	node->version = sb_jffs2_uint(fs, node, 16, 4);
	return node->length >= SB_JFFS2_XATTR_SIZE + data && node->length - SB_JFFS2_XATTR_SIZE - data < 4 && crc_is(fs, node, 28, 0, SB_JFFS2_XATTR_SIZE - 4) && crc_is(fs, node, 24, SB_JFFS2_XATTR_SIZE, data);
}

static bool read_xref(const struct sb_jffs2 *fs, struct sb_jffs2_node *node)
{
	node->key = sb_jffs2_uint(fs, node, 12, 4);
	node->target = sb_jffs2_uint(fs, node, 16, 4);
	node->version = sb_jffs2_uint(fs, node, 20, 4);
	return node->length == SB_JFFS2_XREF_SIZE && crc_is(fs, node, 24, 0, SB_JFFS2_XREF_SIZE - 4);
}

/* Types that an image has; another one, or one that was marked obsolete, is a node that nobody knows. */
static bool read_by_type(const struct sb_jffs2 *fs, struct sb_jffs2_node *node)
{
	switch (node->type) {
	case SB_JFFS2_DIRENT:
		return read_dirent(fs, node);
	case SB_JFFS2_INODE:
		return read_inode(fs, node);
	case SB_JFFS2_XATTR:
		return read_xattr(fs, node);
	case SB_JFFS2_XREF:
		return read_xref(fs, node);
	case SB_JFFS2_CLEANMARKER:
	case SB_JFFS2_PADDING:
	case SB_JFFS2_SUMMARY:
		return true;
	case SB_JFFS2_LOST:
		break;
	}
	return false;
}

static bool is_known(enum sb_jffs2_type type)
{
	static const enum sb_jffs2_type known[] = {SB_JFFS2_DIRENT, SB_JFFS2_INODE, SB_JFFS2_XATTR, SB_JFFS2_XREF, SB_JFFS2_CLEANMARKER, SB_JFFS2_PADDING, SB_JFFS2_SUMMARY};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i] == type)
			return true;
	return false;
}

/* *found: a head whose checksum is right stands at @at, and @out is the node. */
static int read_node(struct sb_jffs2 *fs, uint64_t at, struct sb_jffs2_node *out, bool *found, struct sb_err *err)
{
	bool be;

	*found = sb_jffs2_begins(fs->view->file, at, &be) && be == fs->be;
	if (!*found)
		return 0;
	*out = (struct sb_jffs2_node){.offset = at};
	enum sb_jffs2_type type = (enum sb_jffs2_type)sb_jffs2_uint(fs, out, 2, 2);
	out->length = sb_jffs2_uint(fs, out, 4, 4);
	*found = out->length >= SB_JFFS2_UNKNOWN_SIZE;
	if (!*found)
		return 0;
	if (out->length > fs->view->file.n - at)
		return sb_damaged(err, "archive-truncated", at, "a node reaches over the end of the image");
	if (type & ACCURATE && !is_known(type) && (type & INCOMPATIBLE) == INCOMPATIBLE)
		return sb_damaged(err, "archive-unsupported", at, "a node of a type that no kernel mounts");
	out->type = type;
	if (!(type & ACCURATE) || !read_by_type(fs, out))
		*out = (struct sb_jffs2_node){.offset = at, .length = out->length, .type = SB_JFFS2_LOST};
	return 0;
}

/*
 * A kernel that reads summaries looks for one in the last bytes of each erase block before it looks at nodes (fs/jffs2/scan.c, jffs2_scan_eraseblock).
 * How large blocks are is not known here, so that none of their ends may look like it but for the end of a summary.
 */
static int check_summaries(const struct sb_jffs2 *fs, struct sb_err *err)
{
	struct sb_span file = fs->view->file;
	size_t i = 0;

	for (uint64_t end = LEAST_BLOCK; end < file.n + LEAST_BLOCK; end += LEAST_BLOCK) {
		uint64_t at = (end < file.n ? end : file.n) - 4;
		sb_reading_at(fs->view->reading, file.p + at);
		if (!sb_magic(file, at, fs->be ? "\x02\x85\x18\x85" : "\x85\x18\x85\x02", 4))
			continue;
		while (i < fs->nodes.count && sb_jffs2_node(fs, i)->offset + sb_jffs2_node(fs, i)->length <= at)
			i++;
		const struct sb_jffs2_node *node = i < fs->nodes.count ? sb_jffs2_node(fs, i) : NULL;
		if (!node || node->type != SB_JFFS2_SUMMARY || node->offset > at || node->offset + node->length != at + 4)
			return sb_damaged(err, "archive-damaged", at, "what stands at the end of a block looks like the end of a summary");
	}
	return 0;
}

int sb_jffs2_scan(struct sb_jffs2 *fs, struct sb_err *err)
{
	struct sb_jffs2_node node;
	bool found;

	for (uint64_t at = 0; at < fs->view->file.n;) {
		int rc = read_node(fs, at, &node, &found, err);
		if (rc)
			return rc;
		if (!found) {
			at += 4;
			continue;
		}
		struct sb_jffs2_node *slot = sb_vec_push(&fs->nodes);
		if (!slot)
			return fs->nodes.count >= fs->nodes.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_REGIONS, fs->nodes.count + 1) : sb_no_memory(err);
		*slot = node;
		at += ((uint64_t)node.length + 3) & ~UINT64_C(3);
	}
	return check_summaries(fs, err);
}
