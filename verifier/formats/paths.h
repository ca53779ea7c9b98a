/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the path to where a walk through folders stands. */
#ifndef VERIFIER_FORMATS_PATHS_H
#define VERIFIER_FORMATS_PATHS_H

#include "verifier/formats/emit.h"

/** "usr/bin/env", the root is "."; names are data and may hold any byte. Zeroed is the root. */
struct sb_path {
	char text[4096]; /* SB_LIMIT_PATH_BYTES */
	size_t length;
};

/** One name more; *before is what sb_path_leave needs. Errors: LIMIT PATH_BYTES. */
SB_MUST_USE int sb_path_enter(struct sb_path *path, struct sb_span name, size_t *before, struct sb_err *err);
void sb_path_leave(struct sb_path *path, size_t before);
/** Copy into the arena of @view. Errors: NOMEM. */
SB_MUST_USE int sb_path_keep(struct sb_view *view, const struct sb_path *path, struct sb_span *out, struct sb_err *err);

#endif
