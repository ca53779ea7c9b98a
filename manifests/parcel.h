/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence in one file, for places without a network: docs/bundles.md. An archive in the form of ustar (POSIX.1-1988) with one spelling: the same
 * members give the same bytes. Names are words to look things up by and never paths that are opened; nothing in it is trusted because it is there.
 */
#ifndef MANIFESTS_PARCEL_H
#define MANIFESTS_PARCEL_H

#include "base/base.h"

struct sb_parcel_member {
	const char *name; /* "statements/…", at most 99 bytes */
	struct sb_span bytes;
};

struct sb_parcel {
	const struct sb_parcel_member *members; /* sorted by name, each once */
	size_t count;
};

/** Does it begin like one? */
bool sb_parcel_is(struct sb_span bytes);
/**
 * Members borrow @bytes; names live in @arena. Errors: EVIDENCE "parcel-malformed" for whatever sb_parcel_write would not have written; LIMIT (members); NOMEM.
 */
SB_MUST_USE int sb_parcel_read(struct sb_span bytes, struct sb_arena *arena, struct sb_parcel *out, struct sb_err *err);
/** The bytes of the member of that name; p is NULL when there is none. */
struct sb_span sb_parcel_find(const struct sb_parcel *bundle, const char *name);

/**
 * Write @members, which it sorts, and of equal names takes the first. The mark of the form is added. Errors: USAGE "parcel-name" for a name that a bundle cannot have; NOMEM; LIMIT.
 */
SB_MUST_USE int sb_parcel_write(struct sb_parcel_member *members, size_t count, struct sb_buf *out, struct sb_err *err);

#endif
