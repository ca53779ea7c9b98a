/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: everything below a folder, without following anything. */
#ifndef VERIFIER_COMPARE_LISTING_H
#define VERIFIER_COMPARE_LISTING_H

#include "base/base.h"

#include <sys/stat.h>

struct sb_listed {
	const char *path;      /* below the folder */
	struct stat st;
	char type;             /* f, d, l, p, s, c, b */
	const char *link;      /* target of a link, else NULL */
	struct sb_span xattrs; /* with metadata */
};

/** One side of a directory comparison. */
struct sb_listing {
	int dir;                /* borrowed */
	struct sb_arena *arena; /* of the entries' texts; may be taken over by setting it to NULL */
	bool metadata;          /* attributes are read too */
	struct sb_vec entries;  /* struct sb_listed, sorted by path */
};

/** List what lies below the folder @dir. Errors: IO "file-unreadable", LIMIT, NOMEM. Release in any case. */
SB_MUST_USE int sb_listing_read(int dir, bool metadata, struct sb_listing *out, struct sb_err *err);
void sb_listing_release(struct sb_listing *listing);

#endif
