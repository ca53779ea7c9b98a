/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include "base/span.h"

/* The one door to reading and writing files: EINTR and short transfers are normal here. */

/** Read up to @n bytes; *got < n only at the end of the file. */
SB_MUST_USE int sb_io_read(int fd, void *buf, size_t n, size_t *got, struct sb_err *err);
SB_MUST_USE int sb_io_write(int fd, struct sb_span bytes, struct sb_err *err);

/** Private copy of a file's bytes that nobody else can change: what is hashed is what is parsed. */
struct sb_blob {
	struct sb_span bytes;
	int fd;        /* unlinked spool behind a large blob, else -1 */
	bool mapped;
	bool kept;     /* the bytes are a depot's: base/depot.h */
};

/**
 * Take all bytes of @fd (from its current offset) into a private blob: memory when small, an unlinked spool when large.
 * @most  bytes allowed; more is LIMIT "limit-exceeded" naming MEMBER_BYTES.
 */
SB_MUST_USE int sb_blob_take(int fd, uint64_t most, struct sb_blob *out, struct sb_err *err);
/** Private blob of @bytes copied. */
SB_MUST_USE int sb_blob_copy(struct sb_span bytes, struct sb_blob *out, struct sb_err *err);
/** Map an unlinked spool read-only; takes ownership of @fd on success. */
SB_MUST_USE int sb_blob_map(int fd, struct sb_blob *out, struct sb_err *err);
/** Release and zero; a zeroed or already released blob is fine (fd is set to -1). */
void sb_blob_release(struct sb_blob *blob);
/** Let go of the pages of a mapped blob that were read; they come again when they are wanted. Nothing for one in memory. */
void sb_blob_give_back(const struct sb_blob *blob);

/** An unlinked temporary file (O_TMPFILE in $TMPDIR or /var/tmp, memfd when neither takes it). */
SB_MUST_USE int sb_io_spool(int *fd, struct sb_err *err);

/**
 * Write @bytes to @path beneath @dir so that a reader sees the old file or all of the new one, and that it survives
 * a power cut: temporary beside it, fsync, rename, fsync of the folder. On failure nothing is left and the old file stands;
 * when only the folder cannot be synced, the new one stands.
 * Errors: IO or TEMPORARY "write-failed" with errno of the call that failed.
 */
SB_MUST_USE int sb_io_publish(int dir, const char *path, unsigned mode, struct sb_span bytes, struct sb_err *err);

/** Likewise, but never over something that is there: errno is EEXIST then. */
SB_MUST_USE int sb_io_publish_new(int dir, const char *path, unsigned mode, struct sb_span bytes, struct sb_err *err);

/** Read a whole file beneath @dir of at most @most bytes into memory; *out is NUL-terminated beyond *n, free() it. */
SB_MUST_USE int sb_io_slurp(int dir, const char *path, size_t most, char **out, size_t *n, struct sb_err *err);

#endif
