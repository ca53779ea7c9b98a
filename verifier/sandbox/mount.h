/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts by descriptor: made detached, given their attributes, and only then put in place. */
#ifndef VERIFIER_SANDBOX_MOUNT_H
#define VERIFIER_SANDBOX_MOUNT_H

#include "base/base.h"

/** "size" → "8589934592". */
struct sb_mount_option {
	const char *key, *value;
};

/**
 * New file system, not yet attached.
 * @attributes  MOUNT_ATTR_*.
 * Errors: ABSENT "proc-masked" when a container forbids a new /proc; IO "sandbox-setup".
 */
SB_MUST_USE int sb_mount_new(const char *type, const struct sb_mount_option *options, size_t count, unsigned attributes, int *out,
                             struct sb_err *err);

/** Clone of what is at @path beneath @dir (AT_FDCWD: absolute path of ours), whole, with @attributes set on every mount of it. */
SB_MUST_USE int sb_mount_clone(int dir, const char *path, unsigned attributes, int *out, struct sb_err *err);

/** Attach @mount at the existing folder or file @path beneath @root; no link is followed. "." is @root itself. */
SB_MUST_USE int sb_mount_attach(int mount, int root, const char *path, struct sb_err *err);

/** Set attributes on the mount at absolute @path. */
SB_MUST_USE int sb_mount_restrict(const char *path, unsigned attributes, struct sb_err *err);

#endif
