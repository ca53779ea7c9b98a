/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of the build that waits for init's answer. It may be killed at any moment and its number given to another one: what is
 * read or written goes through a descriptor that was opened before the kernel was asked whether the question still stands.
 */
#ifndef VERIFIER_SANDBOX_TARGET_H
#define VERIFIER_SANDBOX_TARGET_H

#include "base/base.h"

#include <sys/types.h>

struct sb_target {
	int proc;     /* /proc of the environment; borrowed */
	int listener; /* that the question came from; borrowed */
	uint64_t id;  /* of the question */
	pid_t pid;    /* the thread's, as init sees it */
	int mem;      /* its memory once it was needed, or -1 */
};

enum sb_reach {
	SB_REACH_OK = 0,
	SB_REACH_FAULT,  /* the address is not the process's: what the kernel calls EFAULT */
	SB_REACH_GONE,   /* nobody waits for the answer any more */
	SB_REACH_DENIED, /* init may not look into this process */
};

/** Does the question still stand? */
bool sb_target_waits(const struct sb_target *target);
SB_MUST_USE enum sb_reach sb_target_read(struct sb_target *target, uint64_t address, void *out, size_t n);
/** Writes read-only private memory too. */
SB_MUST_USE enum sb_reach sb_target_write(struct sb_target *target, uint64_t address, const void *bytes, size_t n);
/** A file of its folder in /proc, to be read; -1 with errno, ESRCH when the process is not the one that asked. */
int sb_target_open(const struct sb_target *target, const char *name);
void sb_target_release(struct sb_target *target);

#endif
