/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: ext2, ext3 and ext4. Source: Linux 6.1, fs/ext4/ext4.h, ext4_extents.h, xattr.h and Documentation/filesystems/ext4;
 * e2fsprogs 1.47 for what mke2fs leaves where.
 */
#ifndef VERIFIER_FORMATS_EXT_EXT_H
#define VERIFIER_FORMATS_EXT_EXT_H

#include "base/crc32c.h"
#include "verifier/formats/tree/tree.h"

enum { SB_EXT_SUPER_AT = 1024, SB_EXT_SUPER = 1024, SB_EXT_ROOT = 2, SB_EXT_RESIZE = 7, SB_EXT_JOURNAL = 8 };

/** Features: what was added compatibly, what a reader must know, what a writer must know. */
enum {
	SB_EXT_HAS_JOURNAL = 0x4, SB_EXT_RESIZE_INODE = 0x10, SB_EXT_SPARSE_SUPER2 = 0x200,
	SB_EXT_FILETYPE = 0x2, SB_EXT_64BIT = 0x80, SB_EXT_CSUM_SEED = 0x2000,
	SB_EXT_SPARSE_SUPER = 0x1, SB_EXT_GDT_CSUM = 0x10, SB_EXT_METADATA_CSUM = 0x400,
};

struct sb_ext_super {
	uint64_t blocks, free_blocks;
	uint32_t inodes, free_inodes, first_block, block_size, blocks_a_group, inodes_a_group, groups;
	uint32_t first_inode, inode_size, desc_size, reserved_desc, journal;
	uint32_t compat, incompat, ro_compat, backups[2];
	struct sb_span uuid, raw; /* of the first copy */
};
/** Errors: FORMAT, also for features that are not known here. */
SB_MUST_USE int sb_ext_super(struct sb_span file, struct sb_ext_super *out, struct sb_err *err);
bool sb_ext_super_is_summed(const struct sb_ext_super *super, struct sb_span copy);
/** Does group @group hold copies of the superblock and of the descriptors? */
bool sb_ext_has_backup(const struct sb_ext_super *super, uint32_t group);

enum sb_ext_flag {
	SB_EXT_INDEXED = 0x1000,
	SB_EXT_EXTENTS = 0x80000,
	SB_EXT_INLINE = 0x10000000,
	SB_EXT_VERITY = 0x100000,
	SB_EXT_ENCRYPTED = 0x800,
};

struct sb_ext_inode {
	struct sb_span raw;
	uint32_t number, mode, uid, gid, links, flags, generation, extra;
	uint64_t size, sectors, acl;
	struct sb_tree_extra times;
	int64_t mtime;
	uint32_t mtime_ns, project;
	uint32_t seed; /* of the checksums of what belongs to it */
};

/** A run of blocks of a file. */
struct sb_ext_run {
	uint64_t logical, physical, count;
	bool unwritten; /* reads as zeros whatever stands there */
};

/** One image while it is walked. */
struct sb_ext {
	struct sb_span image;
	struct sb_ext_super super;
	uint32_t seed;
	uint8_t *owned;       /* a bit a block */
	uint8_t *attributes;  /* of those, the blocks of attributes, which several inodes may share */
	uint32_t *names;      /* of each inode, counted from 1; how many names lead to it */
	uint32_t *folders;    /* of each group: how many of its inodes are folders */
	struct sb_vec shared; /* uint64_t: blocks of attributes, once for each inode that has it */
	struct sb_tree_nodes nodes;
	struct sb_tree tree;
	struct sb_buf values;
};

int sb_ext_wrong(struct sb_err *err, uint64_t at, const char *text);
static inline bool sb_ext_sums(const struct sb_ext *ext)
{
	return ext->super.ro_compat & SB_EXT_METADATA_CSUM;
}
static inline bool sb_ext_is_owned(const struct sb_ext *ext, uint64_t block)
{
	return ext->owned[block / 8] >> block % 8 & 1;
}
/** The bytes of a block. Errors: FORMAT when there is none of that number. */
SB_MUST_USE int sb_ext_block(const struct sb_ext *ext, uint64_t block, struct sb_span *out, struct sb_err *err);
/** Errors: FORMAT when another owner has one of them, or they do not exist. */
SB_MUST_USE int sb_ext_own(struct sb_ext *ext, uint64_t block, uint64_t count, struct sb_err *err);
uint32_t sb_ext_crc_uint(uint32_t crc, uint64_t value, unsigned width);

/* ---- groups.c ---- */
/** Descriptor of a group. */
struct sb_ext_group {
	struct sb_span raw;
	uint64_t block_bitmap, inode_bitmap, inode_table;
	uint32_t free_blocks, free_inodes, folders, flags, unused_inodes;
};
SB_MUST_USE int sb_ext_group(const struct sb_ext *ext, uint32_t group, struct sb_ext_group *out, struct sb_err *err);
/** Check and own superblocks, descriptors, bitmaps and tables of all groups. */
SB_MUST_USE int sb_ext_own_groups(struct sb_ext *ext, struct sb_err *err);
/** Once everything has its owner: bitmaps and counts that say something else become parts, and so does what free blocks hold. */
SB_MUST_USE int sb_ext_tell_groups(struct sb_ext *ext, struct sb_err *err);

/* ---- inode.c ---- */
SB_MUST_USE int sb_ext_inode(const struct sb_ext *ext, uint32_t number, struct sb_ext_inode *out, struct sb_err *err);
/** Raw bytes of an inode; empty when there is none. */
struct sb_span sb_ext_inode_bytes(const struct sb_ext *ext, uint32_t number);
bool sb_ext_is_allocated(const struct sb_ext *ext, uint32_t number);
/** What an inode states beside mode, owner and times and does not follow from the tree: as values. @names: that lead to it. */
void sb_ext_add_rest(struct sb_ext *ext, const struct sb_ext_inode *inode, uint64_t names, uint64_t sectors);

/* ---- map.c ---- */
/** What a map is followed for. */
enum sb_ext_purpose {
	SB_EXT_TO_READ,
	SB_EXT_TO_OWN,  /* once for an inode: its blocks get their owner */
	SB_EXT_TO_TELL, /* what the map holds beside entries becomes parts */
};
/** Runs of blocks of @inode, ascending. *sectors: what all of its blocks take, in the unit that inodes count in. */
SB_MUST_USE int sb_ext_map(struct sb_ext *ext, const struct sb_ext_inode *inode, enum sb_ext_purpose purpose, struct sb_vec *runs, uint64_t *sectors,
                           struct sb_err *err);
bool sb_ext_has_map(const struct sb_ext *ext, const struct sb_ext_inode *inode);

/* ---- folder.c ---- */
/** All names, from the root down, and owners of all that they lead to. */
SB_MUST_USE int sb_ext_names(struct sb_ext *ext, struct sb_err *err);
/** What a folder holds beside names: parts and values. */
SB_MUST_USE int sb_ext_add_folder(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_err *err);

/* ---- xattr.c ---- */
/** The attributes of an inode into ext->values. @inline_rest: what follows the first 60 bytes of an inline file, or NULL. */
SB_MUST_USE int sb_ext_add_xattrs(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span *inline_rest, struct sb_err *err);
/** Blocks that say another number of inodes that have them: as parts. */
SB_MUST_USE int sb_ext_tell_shared(struct sb_ext *ext, struct sb_err *err);

/* ---- content.c ---- */
/** Own what an inode has: blocks of its content and attributes. */
SB_MUST_USE int sb_ext_own_inode(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_err *err);
/** Content as it reads, into the tree whose entry has been written; what stands behind its end becomes a part called after @name. */
SB_MUST_USE int sb_ext_write_content(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span inline_rest, struct sb_err *err);
SB_MUST_USE int sb_ext_tell_slack(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span name, struct sb_err *err);
/** The journal: its superblock, and whatever its blocks hold. */
SB_MUST_USE int sb_ext_tell_journal(struct sb_ext *ext, struct sb_err *err);

#endif
