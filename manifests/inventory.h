/* SPDX-License-Identifier: Apache-2.0 */
/* What a source tree or toolchain root consists of: sorted entries whose bytes lie in spools. */
#ifndef MANIFESTS_INVENTORY_H
#define MANIFESTS_INVENTORY_H

#include "hashing/hashing.h"
#include "manifests/node.h"

enum sb_entry_type {
	SB_ENTRY_UNKNOWN = 0,
	SB_ENTRY_FILE,
	SB_ENTRY_DIR,
	SB_ENTRY_SYMLINK,
	SB_ENTRY_HARDLINK, /* link: path of a FILE entry of the same inventory */
	SB_ENTRY_CHAR, SB_ENTRY_BLOCK, SB_ENTRY_FIFO, SB_ENTRY_SOCKET,
};

struct sb_entry {
	const char *path; /* relative, normalised, unique; raw bytes */
	enum sb_entry_type type;
	uint32_t mode;    /* 07777, as recorded */
	uint64_t uid, gid;
	int64_t mtime;    /* seconds, as recorded */
	uint32_t mtime_ns;
	const char *link; /* SYMLINK: target as is; HARDLINK: normalised path */
	uint64_t rdev_major, rdev_minor;
	uint64_t size;    /* FILE */
	unsigned spool;   /* FILE: index of the blob that holds the bytes */
	uint64_t offset;  /* FILE: where they begin in it */
	uint8_t blake2b[SB_BLAKE2B_BYTES]; /* FILE: digest of the bytes */
	unsigned origin;  /* index of the source (drop.sources) that brought it */
};

/** Behind the name of an archive in the path of something that it holds: "a.tar.xz!/a/x.c". */
#define SB_PACKED "!"

/** Sorted by path bytes: a directory stands before what is in it. Missing parent directories are made explicit (mode 0755). */
struct sb_inventory {
	const struct sb_entry *entries;
	size_t count;
	uint64_t bytes; /* of all FILE entries */
};

/** Sort, check uniqueness (EVIDENCE "duplicate-path"), insert missing parents. Entries are copied into @arena. */
SB_MUST_USE int sb_inventory_seal(const struct sb_entry *entries, size_t count, struct sb_arena *arena, struct sb_inventory *out,
                                  struct sb_err *err);
/** Entry at @path, or NULL; O(log n). */
const struct sb_entry *sb_inventory_find(const struct sb_inventory *inventory, const char *path);
/** Tree digest of the content, types, modes and link targets. */
SB_MUST_USE int sb_inventory_digest(const struct sb_inventory *inventory, uint8_t out[SB_BLAKE2B_BYTES], struct sb_err *err);

/** mtree(5) text as libarchive and bsdtar read it: type mode uid gid time size link, and sha256digest when @sha256 has one digest an entry (NULL: none). */
SB_MUST_USE int sb_inventory_write_mtree(const struct sb_inventory *inventory, const uint8_t (*sha256)[SB_SHA256_BYTES], struct sb_buf *out,
                                         struct sb_err *err);
/** JSON form, schema samebuild-inventory/1, canonical; and back (spool and offset are not kept). */
SB_MUST_USE int sb_inventory_write(const struct sb_inventory *inventory, struct sb_buf *out, struct sb_err *err);
SB_MUST_USE int sb_inventory_read(struct sb_span text, struct sb_arena *arena, struct sb_inventory *out, struct sb_err *err);

#endif
