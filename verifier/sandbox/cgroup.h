/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups, which count all processes of a build together: the unified hierarchy where a part of it is ours to divide, else the
 * old ones as root. Names carry pid and start time, so that the next run removes what a killed one left.
 * Source: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{memory,pids}.rst.
 */
#ifndef VERIFIER_SANDBOX_CGROUP_H
#define VERIFIER_SANDBOX_CGROUP_H

#include "verifier/sandbox/bounds.h"

#include <sys/types.h>

enum sb_limits_kind {
	SB_LIMITS_RLIMIT = 0, /* no group: limits of each process, and of all processes of an id */
	SB_LIMITS_CGROUP1,
	SB_LIMITS_CGROUP2,
};

#define SB_CGROUP_NAME 96

struct sb_cgroup {
	enum sb_limits_kind kind;
	char name[SB_CGROUP_NAME];
	int memory, pids;             /* folders of our groups; the same one twice where there is one hierarchy */
	int memory_above, pids_above; /* where those lie */
	char why[128];                /* why it is no better kind; empty for CGROUP2 */
};

/** What a group has used; zero where the kernel does not say. */
struct sb_cgroup_use {
	uint64_t anonymous;    /* bytes of processes */
	uint64_t shared;       /* bytes of tmpfs and shared memory */
	uint64_t peak;         /* bytes, all together */
	uint64_t oom_kills;    /* processes that the kernel ended for want of memory */
	uint64_t fork_refusals;
};

/** No group; nothing to release. */
void sb_cgroup_init(struct sb_cgroup *group);

/** Remove what dead runs left, then make the best group there is with these bounds. That there is none is no error: see kind and why. */
void sb_cgroup_make(struct sb_cgroup *group, const struct sb_bounds *bounds);

/** Put @pid, which is not one of ours yet, into the group; false when the kernel refuses: the group is gone then and the kind RLIMIT. */
bool sb_cgroup_join(struct sb_cgroup *group, pid_t pid);

void sb_cgroup_look(const struct sb_cgroup *group, struct sb_cgroup_use *out);

/** Remove the group, whose processes have ended. */
void sb_cgroup_remove(struct sb_cgroup *group);

/** "cgroup2", "cgroup1", "rlimit". */
const char *sb_limits_kind_name(enum sb_limits_kind kind);

#endif
