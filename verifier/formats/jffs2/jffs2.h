/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: nodes of JFFS2. Source: Linux 6.1, include/uapi/linux/jffs2.h (layout), fs/jffs2/scan.c and readinode.c (which nodes count),
 * fs/jffs2/xattr.c. docs/formats/jffs2.md says which nodes are layout, and which are content that nobody sees.
 */
#ifndef VERIFIER_FORMATS_JFFS2_JFFS2_H
#define VERIFIER_FORMATS_JFFS2_JFFS2_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum sb_jffs2_type {
	SB_JFFS2_LOST = 0, /* the head is right and the rest is not, or nobody knows it: the kernel goes on behind all of it */
	SB_JFFS2_DIRENT = 0xe001,
	SB_JFFS2_INODE = 0xe002,
	SB_JFFS2_CLEANMARKER = 0x2003,
	SB_JFFS2_PADDING = 0x2004,
	SB_JFFS2_SUMMARY = 0x2006,
	SB_JFFS2_XATTR = 0xe008,
	SB_JFFS2_XREF = 0xe009,
};

enum { SB_JFFS2_MAGIC_SIZE = 2, SB_JFFS2_UNKNOWN_SIZE = 12, SB_JFFS2_DIRENT_SIZE = 40, SB_JFFS2_INODE_SIZE = 68, SB_JFFS2_XATTR_SIZE = 32, SB_JFFS2_XREF_SIZE = 28, SB_JFFS2_ROOT = 1 };

enum sb_jffs2_compression { SB_JFFS2_NONE = 0, SB_JFFS2_ZERO = 1, SB_JFFS2_RTIME = 2, SB_JFFS2_ZLIB = 6, SB_JFFS2_LZO = 7 };

/** What became of a node. */
enum sb_jffs2_state {
	SB_JFFS2_UNUSED = 0, /* nobody sees what it holds */
	SB_JFFS2_CURRENT,    /* it counts, and says nothing but what its member is */
	SB_JFFS2_ODD,        /* it counts, but holds something that a writer of images does not put there */
};

/** A node whose checksums are right, or one that is lost. */
struct sb_jffs2_node {
	uint64_t offset;
	uint32_t length;      /* stated, without fill */
	uint32_t key, target; /* inode and 0; of a dirent its folder and inode; of an xref inode and attribute; of an attribute its number and 0 */
	uint32_t version;
	uint32_t member;      /* 1 + index, 0: none */
	enum sb_jffs2_type type;
	enum sb_jffs2_state state;
};

/** What all parts of a data node say, read. */
struct sb_jffs2_inode {
	uint32_t mode, uid, gid, isize, atime, mtime, ctime, offset, csize, dsize, compression, wish, flags;
};

/** All nodes of one image. */
struct sb_jffs2 {
	struct sb_view *view;
	bool be;
	struct sb_vec nodes;    /* struct sb_jffs2_node, by offset */
	uint32_t *by_key;       /* indexes by type, key, and version with the newest first; dirents by name before version */
	struct sb_vec slices;   /* struct sb_slice of the member at hand */
	uint64_t thrown;        /* bytes of all members that are decoded with others and hidden by newer ones */
};

static inline struct sb_jffs2_node *sb_jffs2_node(const struct sb_jffs2 *fs, size_t i)
{
	return (struct sb_jffs2_node *)sb_vec_at(&fs->nodes, i);
}
/** The i-th in the order of keys. */
static inline struct sb_jffs2_node *sb_jffs2_sorted(const struct sb_jffs2 *fs, size_t i)
{
	return sb_jffs2_node(fs, fs->by_key[i]);
}

/** An integer of @width bytes at @at of a node that was scanned. */
uint32_t sb_jffs2_uint(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node, unsigned at, unsigned width);
/** Name of a dirent. */
struct sb_span sb_jffs2_name(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node);
/** Bytes of name, NUL and value of an attribute. */
uint32_t sb_jffs2_xattr_size(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node);
struct sb_jffs2_inode sb_jffs2_inode(const struct sb_jffs2 *fs, const struct sb_jffs2_node *node);
/** CRC as the kernel's crc32(0, …). */
uint32_t sb_jffs2_crc(struct sb_span bytes);
/** Is there a header at @at whose checksum is right? Sets *be. */
bool sb_jffs2_begins(struct sb_span file, uint64_t at, bool *be);

/**
 * Find all nodes, as the kernel goes from one to the next (fs/jffs2/scan.c). Errors: FORMAT for one that reaches over the end of the image, that no kernel
 * would mount, or that a kernel could take for a summary; LIMIT, NOMEM.
 */
SB_MUST_USE int sb_jffs2_scan(struct sb_jffs2 *fs, struct sb_err *err);
/** Make by_key. Errors: FORMAT when two nodes of one version say different things; NOMEM. */
SB_MUST_USE int sb_jffs2_sort(struct sb_jffs2 *fs, struct sb_err *err);
/** Place of the first node of @type with @key in the order of keys; *count of them. */
size_t sb_jffs2_find(const struct sb_jffs2 *fs, enum sb_jffs2_type type, uint32_t key, size_t *count);

/**
 * Which of the @count nodes from place @first, all of one inode, make up its content: slices into fs->slices, states of the nodes.
 * Errors: FORMAT "archive-unsupported" for a compression that is not known or more than a page that is compressed in one node; LIMIT when far more has to be decoded than the image
 * could hold; NOMEM.
 */
SB_MUST_USE int sb_jffs2_content(struct sb_jffs2 *fs, size_t first, size_t count, struct sb_err *err);

SB_MUST_USE int sb_jffs2_walk(struct sb_view *view, const char *hint, struct sb_err *err);
SB_MUST_USE int sb_jffs2_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

/** Tags of regions: the type of the node, whether it is big endian, and whether its magic is a region of its own. */
enum { SB_JFFS2_TAG_BE = 1 << 16, SB_JFFS2_TAG_BEHIND = 1 << 17 };

#endif
