/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of the room: what stages call. */
#ifndef VERIFIER_FORMATS_FORMATS_H
#define VERIFIER_FORMATS_FORMATS_H

#include "verifier/formats/format.h"

/** The table, in order; *count rows. */
const struct sb_format *const *sb_formats_table(size_t *count);
/** The format whose probe matches most bits of @file, or NULL. */
const struct sb_format *sb_formats_probe(struct sb_span file, const char *hint);
const struct sb_format *sb_formats_named(const char *name);

/**
 * Describe @file as @format. @file is borrowed for the life of @view; everything else lives in @arena.
 * Checks the tiling afterwards: a hole or overlap is INTERNAL "tiling-violated".
 * Errors: FORMAT (offset set), LIMIT, NOMEM; @view is then unusable and the bytes must be treated as opaque.
 */
SB_MUST_USE int sb_view_open(const struct sb_format *format, struct sb_span file, const char *hint, struct sb_arena *arena,
                             struct sb_view *view, struct sb_err *err);
/** Fill view->fields for @region, sorted by offset. No fields when the format has no describe(). */
SB_MUST_USE int sb_view_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
void sb_view_release(struct sb_view *view);

static inline const struct sb_region *sb_view_region(const struct sb_view *view, size_t i)
{
	return (const struct sb_region *)sb_vec_at(&view->regions, i);
}
static inline const struct sb_member *sb_view_member(const struct sb_view *view, size_t i)
{
	return (const struct sb_member *)sb_vec_at(&view->members, i);
}

/** How much may come out of decoding; shared by everything of one run. */
struct sb_unpack_budget {
	uint64_t packed;     /* size of the outermost input */
	uint64_t unpacked;   /* so far; updated atomically */
	uint64_t most;       /* SB_LIMIT_UNPACKED_TOTAL or the manifest's */
};

/**
 * Decode the content of @member of @file into a private blob (memory when small, spool when large).
 * @consumed  encoded bytes that the decoder used; less than member->length means that something follows the stream.
 * Errors: FORMAT "decode-failed" (offset), LIMIT (ratio, member size, total), IO, NOMEM, ABSENT (codec not built in).
 */
SB_MUST_USE int sb_formats_decode(struct sb_span file, const struct sb_member *member, struct sb_unpack_budget *budget,
                                  struct sb_blob *out, uint64_t *consumed, struct sb_err *err);

#endif
