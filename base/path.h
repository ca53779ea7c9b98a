/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/arena.h"

#include <dirent.h>
#include <sys/types.h>

/**
 * Open @path beneath @dir for reading by openat2 with RESOLVE_BENEATH, NO_SYMLINKS and NO_MAGICLINKS.
 * Only a regular file is accepted (O_NONBLOCK while opening, fstat after). *fd is CLOEXEC and the caller's.
 * Errors: IO "file-unreadable"; FORMAT "not-a-regular-file"; USAGE "path-escapes" when the path leads outside.
 */
SB_MUST_USE int sb_path_open_file(int dir, const char *path, int *fd, struct sb_err *err);
/** Likewise for a directory (O_RDONLY|O_DIRECTORY). "." opens @dir anew. */
SB_MUST_USE int sb_path_open_dir(int dir, const char *path, int *fd, struct sb_err *err);

/**
 * The next name in @folder but "." and ".."; NULL at the end. A name dies with the next call. A listing that breaks off is an error
 * and never an end: who compares folders would take what was not listed for absent.
 * Errors: IO "folder-unreadable"; *name is NULL then.
 */
SB_MUST_USE int sb_path_next(DIR *folder, const char **name, struct sb_err *err);

/** Create missing directories of @path beneath @dir, mode 0700 before umask. */
SB_MUST_USE int sb_path_make_dirs(int dir, const char *path, struct sb_err *err);

/** Remove the tree @name beneath @dir without following links; a missing one is no error. */
SB_MUST_USE int sb_path_remove_tree(int dir, const char *name, struct sb_err *err);

/** Why a foreign member name cannot be used as a relative path. The first that applies is given. */
enum sb_path_fault {
	SB_PATH_FINE = 0,
	SB_PATH_EMPTY,     /* nothing left after normalising */
	SB_PATH_ABSOLUTE,
	SB_PATH_PARENT,    /* a ".." component */
	SB_PATH_NUL,
	SB_PATH_LONG,      /* path or a component over its limit */
	SB_PATH_DEEP,
};

/**
 * Normalise a foreign member name: drops "." components, repeated and trailing slashes.
 * @out  on SB_PATH_FINE: relative path without leading "./", in @arena. "." itself gives "." (the top).
 * Errors: NOMEM. The fault is in *fault, which is data and no error.
 */
SB_MUST_USE int sb_path_normalise(struct sb_span name, struct sb_arena *arena, const char **out,
                                  enum sb_path_fault *fault, struct sb_err *err);
const char *sb_path_fault_text(enum sb_path_fault fault);

/** Absolute, no "..", no empty or "." component, no control byte, below PATH_BYTES: fit for build.path. */
bool sb_path_is_clean_absolute(const char *path);

/** Last component. Borrowed from @path. */
const char *sb_path_base(const char *path);

#endif
