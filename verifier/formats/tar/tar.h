/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: tar headers, numbers and extended records. Source: POSIX.1-2017 pax, "ustar Interchange
 * Format" and "pax Interchange Format"; GNU tar manual 1.34, "Basic Tar Format". docs/formats/tar.md says where readers
 * disagree and what is done.
 */
#ifndef VERIFIER_FORMATS_TAR_TAR_H
#define VERIFIER_FORMATS_TAR_TAR_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { SB_TAR_BLOCK = 512 };

/** Tags of regions that describe() can type. */
enum sb_tar_tag {
	SB_TAR_TAG_NONE = 0,
	SB_TAR_TAG_V7,
	SB_TAR_TAG_USTAR,
	SB_TAR_TAG_GNU,
	SB_TAR_TAG_RECORDS,
	SB_TAR_TAG_LONG,
	SB_TAR_TAG_MAP
};

/** Places of the fields that the walk reads. */
enum {
	SB_TAR_NAME = 0,
	SB_TAR_MODE = 100,
	SB_TAR_UID = 108,
	SB_TAR_GID = 116,
	SB_TAR_SIZE = 124,
	SB_TAR_MTIME = 136,
	SB_TAR_CHKSUM = 148,
	SB_TAR_TYPE = 156,
	SB_TAR_LINK = 157,
	SB_TAR_MAGIC = 257,
	SB_TAR_MAJOR = 329,
	SB_TAR_MINOR = 337,
	SB_TAR_PREFIX = 345,
	SB_TAR_IS_EXTENDED = 482,
	SB_TAR_REAL_SIZE = 483,
	SB_TAR_MAP_IS_EXTENDED = 504,
};

/** One header block, its numbers read. */
struct sb_tar_header {
	struct sb_span block;
	enum sb_tar_tag tag;
	uint8_t type;
	int64_t mode, uid, gid, size, mtime, major, minor;
};

/** What pax records say instead of the header. */
struct sb_tar_overrides {
	bool has_path, has_link, has_size, has_mtime, has_uid, has_gid;
	bool sparse;               /* GNU.sparse.*: the content is a map and what it keeps */
	struct sb_span path, link; /* in the file */
	uint64_t size, uid, gid;
	int64_t mtime;
	uint32_t mtime_ns;
};

/** One pax record: "LENGTH KEY=VALUE\n". */
struct sb_tar_record {
	size_t at, length; /* in the payload */
	struct sb_span digits, key, value;
};

/** Octal with blanks around it, or GNU base-256. An empty field is 0. False when it is neither. */
SB_MUST_USE bool sb_tar_number(struct sb_span field, int64_t *out);
/** Bytes of a text field up to its first NUL. */
struct sb_span sb_tar_text(struct sb_span block, size_t at, size_t n);
/** True when the block's sum is the one that it carries; *signed_sum when only the sum of signed bytes is. */
SB_MUST_USE bool sb_tar_sum_holds(struct sb_span block, bool *signed_sum);
/** Read the header at @at. Errors: FORMAT "archive-damaged", "archive-truncated". */
SB_MUST_USE int sb_tar_header(struct sb_span file, uint64_t at, struct sb_tar_header *out, struct sb_err *err);

/** The record at @rd; false at the end, and with rd->bad when the bytes are no record. */
SB_MUST_USE bool sb_tar_record(struct sb_rd *rd, struct sb_tar_record *out);
/**
 * Read the records of a payload at @offset into @out, on top of what it holds. Repeated keys and NUL bytes become
 * notices.
 * @global  the records are for all later entries. Errors: FORMAT "archive-damaged", NOMEM.
 */
SB_MUST_USE int sb_tar_pax(struct sb_view *view, struct sb_span payload, uint64_t offset, bool global,
			   struct sb_tar_overrides *out, struct sb_err *err);

SB_MUST_USE int sb_tar_walk(struct sb_view *view, const char *hint, struct sb_err *err);
SB_MUST_USE int sb_tar_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
