/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: EROFS. Source: Linux 6.1, fs/erofs/erofs_fs.h (layout), namei.c, xattr.c, data.c and zmap.c (how it is read). Numbers are little
 * endian. docs/formats/erofs.md says what is layout.
 */
#ifndef VERIFIER_FORMATS_EROFS_EROFS_H
#define VERIFIER_FORMATS_EROFS_EROFS_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"
#include "verifier/formats/xattrs.h"

enum {
	SB_EROFS_SUPERBLOCK = 1024, /* where it stands */
	SB_EROFS_SUPERBLOCK_SIZE = 128,
	SB_EROFS_BLOCK_BITS = 12,
	SB_EROFS_BLOCK = 1 << SB_EROFS_BLOCK_BITS,
	SB_EROFS_SLOT = 32,
	SB_EROFS_DIRENT = 12,
	SB_EROFS_CHECKED = 1,       /* of feature_compat: the superblock has a checksum */
	SB_EROFS_FEATURES = 80,     /* where feature_incompat stands in the superblock */
};

/** Bits of feature_incompat: what a reader must know. */
enum sb_erofs_feature {
	SB_EROFS_ZERO_PADDED = 1,   /* zeros stand before what LZ4 wrote */
	SB_EROFS_CONFIGURED = 2,    /* compressions have a configuration, and clusters several blocks */
	SB_EROFS_CHUNKS = 4,
	SB_EROFS_TAILS = 0x10,      /* last clusters stand behind their maps */
	SB_EROFS_KNOWN = 0x17,
};

/** How the data of an inode lies. */
enum sb_erofs_layout { SB_EROFS_PLAIN = 0, SB_EROFS_COMPRESSED_FULL, SB_EROFS_INLINE, SB_EROFS_COMPRESSED, SB_EROFS_CHUNKED };

/** Tags of regions. */
enum sb_erofs_tag { SB_EROFS_TAG_NONE = 0, SB_EROFS_TAG_SUPERBLOCK, SB_EROFS_TAG_SUPERBLOCK_END, SB_EROFS_TAG_COMPACT, SB_EROFS_TAG_EXTENDED };

struct sb_erofs_inode {
	uint64_t at, nid;          /* where it lies */
	uint64_t head, attributes; /* bytes of itself and of its attributes */
	uint64_t end;              /* behind both */
	bool extended, proper;
	enum sb_erofs_layout layout;
	enum sb_member_type type;
	uint32_t mode, uid, gid, links, place; /* place: i_u */
	uint64_t size, mtime;
	uint32_t mtime_ns;
};

struct sb_erofs {
	struct sb_view *view;
	uint64_t meta, shared;   /* where inodes and shared attributes begin */
	uint64_t blocks;
	uint64_t build_time;
	uint32_t build_time_ns;
	uint32_t features, used; /* of feature_incompat: as stated; those that something needed so far */
	uint64_t shares;         /* references to shared attributes so far */
	struct sb_vec slices;    /* struct sb_slice of the member at hand */
	struct sb_xattrs xattrs;
	struct sb_tiles tiles;
};

uint64_t sb_erofs_uint(const struct sb_erofs *fs, uint64_t at, unsigned width);
bool sb_erofs_is_zero(const struct sb_erofs *fs, uint64_t at, uint64_t length);
SB_MUST_USE int sb_erofs_own(struct sb_erofs *fs, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, enum sb_erofs_tag tag, uint32_t member,
			     struct sb_err *err);
/** So too, where several members may have the same bytes: the first owns them. */
SB_MUST_USE int sb_erofs_share(struct sb_erofs *fs, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, uint32_t member, struct sb_err *err);
SB_MUST_USE int sb_erofs_push(struct sb_erofs *fs, struct sb_slice slice, struct sb_err *err);

/** Errors: FORMAT. */
SB_MUST_USE int sb_erofs_read_inode(const struct sb_erofs *fs, uint64_t nid, struct sb_erofs_inode *out, struct sb_err *err);
/** Attributes of a member, with their owners. Errors: FORMAT, LIMIT, NOMEM. */
SB_MUST_USE int sb_erofs_read_xattrs(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_member *member, struct sb_err *err);
/** Slices of what an inode holds, with their owners when @content is its kind. Errors: FORMAT, LIMIT, NOMEM. */
SB_MUST_USE int sb_erofs_read_data(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_err *err);
/** So too, of compressed ones. */
SB_MUST_USE int sb_erofs_read_clusters(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_err *err);

SB_MUST_USE int sb_erofs_walk(struct sb_view *view, const char *hint, struct sb_err *err);
SB_MUST_USE int sb_erofs_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
