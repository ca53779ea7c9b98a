/* SPDX-License-Identifier: Apache-2.0 */
/* Reaching into a tree that may be hostile: nothing is followed, nothing leaves it, nothing is allocated. */
#ifndef VERIFIER_SANDBOX_BENEATH_H
#define VERIFIER_SANDBOX_BENEATH_H

#include "base/base.h"

#include <sys/types.h>

/** openat2 with RESOLVE_BENEATH, NO_SYMLINKS and NO_MAGICLINKS; O_CLOEXEC is added. -1 with errno. */
int sb_beneath_open(int dir, const char *path, int flags, mode_t mode);

#define SB_CURSOR_DEPTH 256

/** Open folders along a path, so that a sorted walk opens each once. */
struct sb_cursor {
	int top;                       /* borrowed */
	char path[4097];               /* of the innermost open folder, relative to top */
	int fds[SB_CURSOR_DEPTH];
	uint16_t ends[SB_CURSOR_DEPTH]; /* length of path at each depth */
	unsigned depth;
};

void sb_cursor_init(struct sb_cursor *cursor, int top);
void sb_cursor_release(struct sb_cursor *cursor);

/**
 * Open the folder that holds @path and point *name at its last component.
 * @make  create missing folders, mode 0755.
 * Returns the folder's O_PATH descriptor, which stays the cursor's, or -1 with errno (EINVAL for an odd component).
 */
int sb_cursor_parent(struct sb_cursor *cursor, const char *path, bool make, const char **name);

/** Create the folder @path and missing ones above it, mode 0755; an existing one is fine, anything else in its place is not. -1 with errno. */
int sb_beneath_make_dir(int top, const char *path);

/** New file with this text, instead of whatever was there; or a link with that target. -1 with errno. */
int sb_beneath_put_file(int top, const char *path, const char *text);
int sb_beneath_put_link(int top, const char *path, const char *target);

#endif
