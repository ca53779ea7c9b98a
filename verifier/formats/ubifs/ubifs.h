/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: UBIFS. Source: Linux 6.1, fs/ubifs/ubifs-media.h (nodes), lpt.c (space of logical erase blocks), key.h, scan.c. Numbers are little
 * endian; checksums are CRC-32 without the final complement, over all of a node but its magic and the checksum itself. docs/formats/ubifs.md says what counts.
 */
#ifndef VERIFIER_FORMATS_UBIFS_UBIFS_H
#define VERIFIER_FORMATS_UBIFS_UBIFS_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

enum sb_ubifs_type {
	SB_UBIFS_INODE = 0,
	SB_UBIFS_DATA,
	SB_UBIFS_DIRENT,
	SB_UBIFS_XATTR,
	SB_UBIFS_TRUNCATION,
	SB_UBIFS_PADDING,
	SB_UBIFS_SUPERBLOCK,
	SB_UBIFS_MASTER,
	SB_UBIFS_REFERENCE,
	SB_UBIFS_INDEX,
	SB_UBIFS_COMMIT_START,
};

enum {
	SB_UBIFS_HEAD = 24,
	SB_UBIFS_PADDING_SIZE = 28,
	SB_UBIFS_COMMIT_SIZE = 32,
	SB_UBIFS_DATA_SIZE = 48,
	SB_UBIFS_DIRENT_SIZE = 56,
	SB_UBIFS_INODE_SIZE = 160,
	SB_UBIFS_MASTER_SIZE = 512,
	SB_UBIFS_SUPERBLOCK_SIZE = 4096,
	SB_UBIFS_INDEX_SIZE = 28,
	SB_UBIFS_BRANCH = 20,
	SB_UBIFS_BLOCK = 4096,
	SB_UBIFS_ROOT = 1,
	SB_UBIFS_LOG_START = 3,
	SB_UBIFS_COMPRESSIONS = 4,
};

/** Bits of the superblock's flags. */
enum { SB_UBIFS_BIG_LPT = 2, SB_UBIFS_DOUBLE_HASH = 8, SB_UBIFS_ENCRYPTION = 16, SB_UBIFS_AUTHENTICATION = 32 };

/** A node that the index leads to. */
struct sb_ubifs_leaf {
	uint32_t inode, word;    /* the key: whose, and type with hash or block */
	uint64_t offset;         /* in the file */
	uint32_t length;
	uint32_t member;         /* 1 + index, 0: none */
	bool used, proper;       /* something leads to it; it says nothing but what its member is */
};

struct sb_ubifs {
	struct sb_view *view;
	uint32_t leb_size, leb_count, most_lebs, log_lebs, lpt_lebs, orphan_lebs, saved, flags, hash, fanout, unit;
	uint32_t first;          /* logical erase block of what is no log and no table */
	uint64_t master, copy;   /* where both copies of the newest lie */
	uint64_t sqnum;          /* that of the first: of all that counts, none is larger */
	uint64_t nodes;          /* of the index, visited so far */
	struct sb_vec leaves;    /* struct sb_ubifs_leaf, by key once sorted */
	struct sb_vec slices;    /* struct sb_slice of the member at hand */
	struct sb_tiles tiles;
};

static inline struct sb_ubifs_leaf *sb_ubifs_leaf(const struct sb_ubifs *fs, size_t i)
{
	return (struct sb_ubifs_leaf *)sb_vec_at(&fs->leaves, i);
}

uint64_t sb_ubifs_uint(const struct sb_ubifs *fs, uint64_t at, unsigned width);
/** Is a whole node with a right checksum at @at? Its length without fill, or 0. */
uint32_t sb_ubifs_node(const struct sb_ubifs *fs, uint64_t at, enum sb_ubifs_type *type);
/** Place of @offs in logical erase block @lnum; UINT64_MAX outside. */
uint64_t sb_ubifs_place(const struct sb_ubifs *fs, uint64_t lnum, uint64_t offs);
/** Note an owner; region.tag is 1 + the type of the node. Errors: as of sb_tiles_add. */
SB_MUST_USE int sb_ubifs_own(struct sb_ubifs *fs, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, uint32_t tag, uint32_t member,
			     struct sb_err *err);
bool sb_ubifs_is_zero(const struct sb_ubifs *fs, uint64_t at, uint64_t length);

/** The head of a node that counts says nothing but what it must. */
bool sb_ubifs_has_head(const struct sb_ubifs *fs, uint64_t at);
/** Superblock and master node. Errors: FORMAT. */
SB_MUST_USE int sb_ubifs_read_heads(struct sb_ubifs *fs, struct sb_err *err);
/**
 * Owners of both, once everything that they lead to has its own: they are layout when the kernel would mount what they say, and would write over
 * nothing that counts (fs/ubifs/master.c, validate_master). Errors: NOMEM.
 */
SB_MUST_USE int sb_ubifs_own_heads(struct sb_ubifs *fs, struct sb_err *err);
/** All leaves of the index, sorted, and owners of its nodes; the kernel finds each of them by its key. Errors: FORMAT, NOMEM. */
SB_MUST_USE int sb_ubifs_read_index(struct sb_ubifs *fs, struct sb_err *err);
/** Owners of what says how much room is in each logical erase block. Errors: FORMAT, NOMEM. */
SB_MUST_USE int sb_ubifs_read_space(struct sb_ubifs *fs, struct sb_err *err);
/** Place of the first leaf that is not before the key. */
size_t sb_ubifs_find(const struct sb_ubifs *fs, uint32_t inode, uint64_t word);
/** Members from the root on. Errors: FORMAT, LIMIT, NOMEM. */
SB_MUST_USE int sb_ubifs_read_tree(struct sb_ubifs *fs, struct sb_err *err);

SB_MUST_USE int sb_ubifs_walk(struct sb_view *view, const char *hint, struct sb_err *err);
SB_MUST_USE int sb_ubifs_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
