/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the extended attributes of one member, in whatever order they were written. */
#ifndef VERIFIER_FORMATS_XATTRS_H
#define VERIFIER_FORMATS_XATTRS_H

#include "verifier/formats/emit.h"

/** Zeroed is empty; release it. */
struct sb_xattrs {
	struct sb_vec items;
};

/** "user.", "security." or what else the format writes as a number, and the rest of the name. All is borrowed. Errors: LIMIT, NOMEM. */
SB_MUST_USE int sb_xattrs_add(struct sb_xattrs *xattrs, const char *prefix, struct sb_span name, struct sb_span value, struct sb_err *err);
/** Has one name two values? Sorts them. */
bool sb_xattrs_repeat(struct sb_xattrs *xattrs);
/** Sorted, each with its lengths: *out lives in the arena of @view; p NULL when there are none. Errors: NOMEM. */
SB_MUST_USE int sb_xattrs_keep(struct sb_view *view, struct sb_xattrs *xattrs, struct sb_span *out, struct sb_err *err);
/** One more behind those that were kept: @kept is replaced by a copy. Errors: NOMEM. */
SB_MUST_USE int sb_xattrs_append(struct sb_view *view, const char *name, struct sb_span value, struct sb_span *kept, struct sb_err *err);
void sb_xattrs_clear(struct sb_xattrs *xattrs);
void sb_xattrs_release(struct sb_xattrs *xattrs);

#define SB_XATTRS __attribute__((cleanup(sb_xattrs_release)))

#endif
