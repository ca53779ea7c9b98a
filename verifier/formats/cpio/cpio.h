/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: headers of cpio. Source: POSIX.1-1997, "cpio Interchange Format"; cpio(5) of FreeBSD 13, "New ASCII Format" and
 * "Old Binary Format". docs/formats/cpio.md says what becomes of several archives in one file.
 */
#ifndef VERIFIER_FORMATS_CPIO_CPIO_H
#define VERIFIER_FORMATS_CPIO_CPIO_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

/** Tags of header regions. */
enum sb_cpio_variant { SB_CPIO_NONE = 0, SB_CPIO_ODC, SB_CPIO_NEWC, SB_CPIO_CRC, SB_CPIO_BIN_LE, SB_CPIO_BIN_BE };

/** One header, read. */
struct sb_cpio_header {
	enum sb_cpio_variant variant;
	uint64_t ino, dev, dev_minor, mode, uid, gid, links, rdev, rdev_minor, mtime, size, name_size, check;
	size_t length, align; /* of the header itself; what name and content are filled up to */
};

enum sb_cpio_variant sb_cpio_variant(struct sb_span file, uint64_t at);
/** Read the header at @at. Errors: FORMAT "archive-damaged". */
SB_MUST_USE int sb_cpio_header(struct sb_span file, uint64_t at, struct sb_cpio_header *out, struct sb_err *err);

/** What makes two members one file. */
struct sb_cpio_inode {
	uint64_t ino, dev, dev_minor;
};

/** Inodes of one archive that have more than one name: a hash table that grows with the members. */
struct sb_cpio_links {
	size_t *slot; /* 1 + member index */
	size_t slots, used;
	struct sb_vec inodes; /* struct sb_cpio_inode, one per member of all archives */
};
/** Note the next member; *first is the index plus one of the first member of its inode, 0 when this is the first. Errors: NOMEM. */
SB_MUST_USE int sb_cpio_link(struct sb_cpio_links *links, const struct sb_cpio_header *header, bool linked, size_t *first, struct sb_err *err);
/** Another archive begins, which numbers its inodes anew. */
void sb_cpio_links_clear(struct sb_cpio_links *links);
void sb_cpio_links_release(struct sb_cpio_links *links);

SB_MUST_USE int sb_cpio_walk(struct sb_view *view, const char *hint, struct sb_err *err);
SB_MUST_USE int sb_cpio_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
