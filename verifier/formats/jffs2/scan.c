/* SPDX-License-Identifier: Apache-2.0 */
/* From node to node; what has a wrong checksum is none, as for the kernel. */
#include "verifier/formats/jffs2/jffs2.h"

#include <zlib.h>

enum { ACCURATE = 0x2000 };

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
	}
	return false;
}

static bool read_node(struct sb_jffs2 *fs, uint64_t at, struct sb_jffs2_node *out)
{
	bool be;

	if (!sb_jffs2_begins(fs->view->file, at, &be) || be != fs->be)
		return false;
	*out = (struct sb_jffs2_node){.offset = at};
	out->type = (enum sb_jffs2_type)sb_jffs2_uint(fs, out, 2, 2);
	out->length = sb_jffs2_uint(fs, out, 4, 4);
	return out->length >= SB_JFFS2_UNKNOWN_SIZE && out->length <= fs->view->file.n - at && (out->type & ACCURATE) && read_by_type(fs, out);
}

int sb_jffs2_scan(struct sb_jffs2 *fs, struct sb_err *err)
{
	struct sb_jffs2_node node;

	for (uint64_t at = 0; at < fs->view->file.n;) {
		if (!read_node(fs, at, &node)) {
			at += 4;
			continue;
		}
		struct sb_jffs2_node *slot = sb_vec_push(&fs->nodes);
		if (!slot)
			return fs->nodes.count >= fs->nodes.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_REGIONS, fs->nodes.count + 1) : sb_no_memory(err);
		*slot = node;
		at += ((uint64_t)node.length + 3) & ~UINT64_C(3);
	}
	return 0;
}
