/* SPDX-License-Identifier: Apache-2.0 */
/* Where in the hierarchies of control groups this process is, and which groups there are leftovers of ours. */
#ifndef VERIFIER_SANDBOX_CGROUP_FIND_H
#define VERIFIER_SANDBOX_CGROUP_FIND_H

#include "base/base.h"

/**
 * Open the group of this process in the hierarchy of @controller ("memory"), or in the unified one when it is NULL.
 * @top  may be NULL; true when the group is the topmost that we see.
 * Returns a folder's descriptor, or -1 with errno (ENOENT: no such hierarchy, or it is not mounted).
 */
int sb_cgroup_own(const char *controller, bool *top);

/** Bytes of memory that the groups around this process leave it; UINT64_MAX when none is limited. A container is often such a group. */
uint64_t sb_cgroup_memory_around(void);

/** Name of a group of this process: what sb_cgroup_sweep can tell whether it is still needed. False when /proc does not say. */
SB_MUST_USE bool sb_cgroup_name(char *out, size_t n);

/** Remove groups of ours below @above whose process is dead; their own processes, if any are left, are ended. */
void sb_cgroup_sweep(int above);

/** Remove @name below @above, waiting up to a second until the kernel has let go of its processes. */
void sb_cgroup_drop(int above, const char *name);

/** Small file of a group. */
SB_MUST_USE bool sb_cgroup_put(int group, const char *file, const char *text);
SB_MUST_USE bool sb_cgroup_get(int group, const char *file, char *out, size_t n);

/** Value behind @key in a text of lines "key value"; 0 when it is not there. */
uint64_t sb_cgroup_value(const char *text, const char *key);

#endif
