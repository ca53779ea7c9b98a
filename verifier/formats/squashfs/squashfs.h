/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: squashfs 4.0, little endian. Source: Linux, fs/squashfs/squashfs_fs.h (structures) and
 * Documentation/filesystems/squashfs.rst (their meaning).
 */
#ifndef VERIFIER_FORMATS_SQUASHFS_SQUASHFS_H
#define VERIFIER_FORMATS_SQUASHFS_SQUASHFS_H

#include "verifier/formats/decode/blocks.h"
#include "verifier/formats/tree/tree.h"

enum {
	SB_SQUASHFS_SUPERBLOCK = 96,
	SB_SQUASHFS_COUNTS = 32,    /* what comes before the places in the superblock */
	SB_SQUASHFS_METADATA = 8192 /* bytes of a full block of metadata */
};

/** Flags of the superblock. */
enum {
	SB_SQUASHFS_RAW_INODES = 1 << 0,
	SB_SQUASHFS_RAW_DATA = 1 << 1,
	SB_SQUASHFS_CHECK = 1 << 2, /* of older versions */
	SB_SQUASHFS_RAW_FRAGMENTS = 1 << 3,
	SB_SQUASHFS_NO_FRAGMENTS = 1 << 4,
	SB_SQUASHFS_EXPORT = 1 << 7,
	SB_SQUASHFS_RAW_XATTRS = 1 << 8,
	SB_SQUASHFS_NO_XATTRS = 1 << 9,
	SB_SQUASHFS_OPTIONS = 1 << 10,
	SB_SQUASHFS_RAW_IDS = 1 << 11,
	SB_SQUASHFS_FLAGS = (1 << 12) - 1,
};

struct sb_squashfs_super {
	uint64_t inodes, block_size, fragments, compressor, block_log, flags, ids, version, root, used;
	uint64_t id_table, xattr_table, inode_table, folder_table, fragment_table, export_table; /* UINT64_MAX: absent */
};
/** Errors: FORMAT "archive-damaged", "archive-truncated". */
SB_MUST_USE int sb_squashfs_super(struct sb_span file, struct sb_squashfs_super *out, struct sb_err *err);

/** Blocks of metadata, decoded one after the other. */
struct sb_squashfs_table {
	uint8_t *bytes;
	size_t n, room;
	struct sb_vec starts; /* struct sb_squashfs_start, ascending in both */
	bool packed;          /* one of its blocks is compressed */
};
struct sb_squashfs_start {
	uint64_t place; /* of the block in the image */
	size_t at;      /* of its bytes in the table */
};

/** The inode list: where each begins, and what became of it. */
struct sb_squashfs_known {
	uint32_t at, number, names;
};

struct sb_squashfs_inode {
	uint32_t type; /* 1 to 14 */
	uint32_t mode, uid, gid, mtime, number, links;
	uint64_t size, start, sparse;
	uint32_t fragment, fragment_at, xattr, device, parent, folder_block, folder_at, index_count;
	size_t tail, end; /* in the table: block sizes, link target or index of a folder; end of the inode */
	size_t blocks;
};
enum { SB_SQUASHFS_NONE = UINT32_MAX }; /* no fragment, no extended attributes */

/** One decoded block of fragments. */
struct sb_squashfs_kept {
	uint32_t fragment;
	uint64_t used_at;
	size_t n;
	uint8_t *bytes;
};

/** One image while it is walked. */
struct sb_squashfs {
	struct sb_span image; /* up to the end that the superblock names */
	struct sb_squashfs_super super;
	struct sb_blocks *blocks;
	struct sb_extents owned;
	struct sb_squashfs_table inodes, folders, fragments, ids, xattrs, xattr_ids, exports;
	struct sb_vec known;  /* struct sb_squashfs_known */
	struct sb_tree_nodes nodes;
	struct sb_extents folders_used, fragments_used;
	uint8_t *id_used, *xattr_used; /* rows that something refers to */
	uint8_t *xattr_owned;          /* bytes of the stream that belong to an inode */
	struct sb_squashfs_kept *kept; /* fragments that were decoded lately */
	size_t kept_count;
	uint64_t clock;       /* of their use */
	uint8_t *block;       /* room for one */
	struct sb_tree tree;
	struct sb_buf values; /* of the entry being made */
};

/* ---- table.c ---- */
/** Blocks from @from that end exactly at @to. Errors: FORMAT, LIMIT PARTS_BYTES, NOMEM. */
SB_MUST_USE int sb_squashfs_chain(struct sb_squashfs *fs, uint64_t from, uint64_t to, struct sb_squashfs_table *out, struct sb_err *err);
/** A table of @size bytes whose blocks are listed at @index. */
SB_MUST_USE int sb_squashfs_listed(struct sb_squashfs *fs, uint64_t index, uint64_t size, struct sb_squashfs_table *out, struct sb_err *err);
/** Place in the table of @at of the block that begins @start bytes behind @base in the image. False when there is none. */
SB_MUST_USE bool sb_squashfs_place(const struct sb_squashfs_table *table, uint64_t base, uint64_t start, uint64_t at, size_t *out);
/** The block list's first place: where the chain before it ends. UINT64_MAX when it cannot be read. */
uint64_t sb_squashfs_first_block(const struct sb_squashfs *fs, uint64_t index);
struct sb_span sb_squashfs_bytes(const struct sb_squashfs_table *table);
void sb_squashfs_table_release(struct sb_squashfs_table *table);

/* ---- inode.c ---- */
/** Errors: FORMAT. */
SB_MUST_USE int sb_squashfs_inode(const struct sb_squashfs *fs, size_t at, struct sb_squashfs_inode *out, struct sb_err *err);
/** Every inode of the table, in its order; numbers are checked against the export table. */
SB_MUST_USE int sb_squashfs_list(struct sb_squashfs *fs, struct sb_err *err);
/** Index of the inode that a reference leads to. */
SB_MUST_USE bool sb_squashfs_find(const struct sb_squashfs *fs, uint64_t block, uint64_t at, uint32_t *index);
static inline struct sb_squashfs_known *sb_squashfs_known(const struct sb_squashfs *fs, size_t index)
{
	return (struct sb_squashfs_known *)sb_vec_at(&fs->known, index);
}
static inline bool sb_squashfs_is_folder(const struct sb_squashfs_inode *inode)
{
	return inode->type == 1 || inode->type == 8;
}

/* ---- folder.c ---- */
/** All names, from the root down. */
SB_MUST_USE int sb_squashfs_names(struct sb_squashfs *fs, struct sb_err *err);

/* ---- xattr.c ---- */
SB_MUST_USE int sb_squashfs_read_xattrs(struct sb_squashfs *fs, struct sb_err *err);
/** Those of an inode into fs->values, by name. */
SB_MUST_USE int sb_squashfs_add_xattrs(struct sb_squashfs *fs, uint32_t index, struct sb_err *err);
/** Those that no inode has, as parts. */
SB_MUST_USE int sb_squashfs_tell_xattrs(struct sb_squashfs *fs, struct sb_err *err);

/* ---- data.c ---- */
/** Who owns the blocks and fragments of a file that has a name. */
SB_MUST_USE int sb_squashfs_own_data(struct sb_squashfs *fs, const struct sb_squashfs_inode *inode, struct sb_err *err);
/** The content of a file into the tree; its entry has been written. */
SB_MUST_USE int sb_squashfs_write_data(struct sb_squashfs *fs, const struct sb_squashfs_inode *inode, struct sb_err *err);
/** What lies in fragments and belongs to no file, as parts. */
SB_MUST_USE int sb_squashfs_tell_fragments(struct sb_squashfs *fs, struct sb_err *err);
/** Is there a block of the file that is no hole? */
bool sb_squashfs_has_blocks(const struct sb_squashfs *fs, const struct sb_squashfs_inode *inode);
/** Bytes of holes of a file. */
uint64_t sb_squashfs_holes(const struct sb_squashfs *fs, const struct sb_squashfs_inode *inode);

#endif
