/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: owners of bytes in the order in which a format finds them; what nobody owns becomes an owner of its own. */
#ifndef VERIFIER_FORMATS_TILES_H
#define VERIFIER_FORMATS_TILES_H

#include "verifier/formats/emit.h"

/** Regions that were found so far. Zeroed is empty; release it. */
struct sb_tiles {
	struct sb_vec regions; /* struct sb_region */
	struct sb_vec shared;  /* struct sb_region, of which several may be the same bytes */
	bool unknown;          /* sb_tiles_emit_filled found bytes that nobody owns and that are not zero */
};

/** Note @region of a file of @size bytes; one without bytes is left out. Errors: FORMAT "archive-truncated" when it does not lie inside; LIMIT, NOMEM. */
SB_MUST_USE int sb_tiles_add(struct sb_tiles *tiles, uint64_t size, const struct sb_region *region, struct sb_err *err);
/** So too, where several things may consist of the same bytes: the member that comes first owns them. */
SB_MUST_USE int sb_tiles_share(struct sb_tiles *tiles, uint64_t size, const struct sb_region *region, struct sb_err *err);
/**
 * Emit a member called @name, of type PART, and note its bytes as a region "content". Neither is compressed.
 * Errors: as of sb_tiles_add and sb_emit_member.
 */
SB_MUST_USE int sb_tiles_add_part(struct sb_tiles *tiles, struct sb_view *view, const char *name, uint64_t offset, uint64_t length, struct sb_err *err);
/**
 * Emit all regions by offset. Bytes between two are a GAP called "gap", those behind the last an OVERLAY called "overlay", or PADDING called
 * "fill" when all of them are zero.
 * Errors: FORMAT "archive-overlap"; LIMIT, NOMEM.
 */
SB_MUST_USE int sb_tiles_emit(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err);
/** So too, for file systems: what nobody owns and is all zero is LAYOUT called "fill". */
SB_MUST_USE int sb_tiles_emit_filled(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err);
/** Order those that nobody shares by their offsets. */
void sb_tiles_sort(struct sb_tiles *tiles);
void sb_tiles_release(struct sb_tiles *tiles);

#define SB_TILES __attribute__((cleanup(sb_tiles_release)))

#endif
