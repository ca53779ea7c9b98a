/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what every format says to its view, in few words. */
#ifndef VERIFIER_FORMATS_EMIT_H
#define VERIFIER_FORMATS_EMIT_H

#include "verifier/formats/formats.h"

/** One field of a record whose layout never changes; offsets count from the start of the record. */
struct sb_layout_row {
	uint16_t at, length;
	enum sb_field_kind kind;
	enum sb_encoding encoding;
	const char *name;
	enum sb_derive_algorithm
		algorithm; /* of SB_FIELD_DERIVED: over the first `over` bytes of the record, or over decoded bytes */
	uint16_t over;
	bool decoded; /* the derivation covers the decoded bytes of the region's member */
};

#define SB_ROWS(table) (table), sizeof(table) / sizeof *(table)

/** Emit the fields of @rows for the record at the start of @region; rows that reach beyond the region are left out. */
SB_MUST_USE int sb_emit_layout(struct sb_view *view, const struct sb_region *region, const struct sb_layout_row *rows,
			       size_t count, struct sb_err *err);

/**
 * Emit @member with the content that @slices give, which are copied into the arena of @view: plain neighbours become one, holes too, and one plain slice
 * an ordinary member. Sets codec, offset, length, size and slices of the member. Errors: as of sb_emit_member.
 */
SB_MUST_USE int sb_emit_sliced(struct sb_view *view, struct sb_member *member, const struct sb_slice *slices, size_t count, struct sb_err *err);

/** Emit @notice with a text made printf-like in the arena; foreign parts must be escaped already. */
SB_MUST_USE int sb_emit_remark(struct sb_view *view, struct sb_notice notice, struct sb_err *err, const char *fmt, ...)
	SB_PRINTF(4, 5);

/** Copy of foreign bytes that is NUL-terminated beyond its length, for names and link targets of members. */
SB_MUST_USE int sb_keep(struct sb_view *view, struct sb_span raw, struct sb_span *out, struct sb_err *err);

/** What a mode of stat(2) says of the type; UNKNOWN for what is none. */
enum sb_member_type sb_type_of_mode(uint64_t mode);

/** FORMAT with @id at @offset of the file: `return sb_damaged(err, "archive-truncated", at, "…")`. */
int sb_damaged(struct sb_err *err, const char *id, uint64_t offset, const char *text);
int sb_no_memory(struct sb_err *err);

/** The bytes from @at to the end of the file: PADDING called @zeros when all zero, else OVERLAY and a notice that
 * refuses a drop. */
SB_MUST_USE int sb_emit_rest(struct sb_view *view, uint64_t at, const char *zeros, struct sb_err *err);

/** Bits of a magic of @n bytes at @at, 0 when it is not there. */
unsigned sb_magic(struct sb_span file, uint64_t at, const void *magic, size_t n);

/**
 * Emit the one member of a compressed file: called like @hint without its suffix, so that both sides of a comparison
 * pair.
 * @suffixes  NULL-terminated, with the dot; a suffix that stands for ".tar" and a compression begins with ".t".
 */
SB_MUST_USE int sb_emit_payload(struct sb_view *view, const char *hint, const char *const *suffixes,
				const struct sb_member *member, struct sb_err *err);

#endif
