/* SPDX-License-Identifier: Apache-2.0 */
/* Which ids of this machine stand behind the two of the environment: init's and the build's. */
#ifndef VERIFIER_SANDBOX_IDS_H
#define VERIFIER_SANDBOX_IDS_H

#include "base/base.h"

#include <sys/types.h>

enum sb_ids_way {
	SB_IDS_ONE = 0,  /* the caller's own id, shared by init and build */
	SB_IDS_HELPER,   /* two of the caller's subordinate ids, by newuidmap(1) */
	SB_IDS_ROOT,     /* two that belong to nobody; needs CAP_SETUID and CAP_SETGID */
};

struct sb_ids {
	enum sb_ids_way way;
	unsigned init, build;    /* inside; the same with one id */
	uid_t uid;               /* what build is outside; with two ids init is that of the next one */
	gid_t gid;
	char why[96];            /* why it is one id only */
};

/** @root_inside  the build wants to be uid 0 inside; init is another one then. */
struct sb_ids sb_ids_choose(bool root_inside);

/** The one id of the caller, which is always to be had. */
struct sb_ids sb_ids_single(bool root_inside, const char *why);

/**
 * Write the maps of @pid, our child that waits.
 * Errors: ABSENT "no-user-namespaces" when the kernel refuses; ABSENT "ids-helper" when newuidmap or newgidmap does: a new child may
 * be mapped with sb_ids_single then.
 */
SB_MUST_USE int sb_ids_map(const struct sb_ids *ids, pid_t pid, struct sb_err *err);

#endif
