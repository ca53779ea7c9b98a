/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of the build that waits for init's answer. It may be killed at any moment and its number given to another one: after each
 * look and before each change the kernel is asked whether the question still stands. What could slip between the two, with a number
 * that comes round in that moment, is a process of the same build that the same build chose.
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
};

enum sb_reach {
	SB_REACH_OK = 0,
	SB_REACH_FAULT,  /* the address is not the process's: what the kernel calls EFAULT */
	SB_REACH_GONE,   /* nobody waits for the answer any more */
	SB_REACH_DENIED, /* init may not look into this process */
};

/** Does the question still stand? */
bool sb_target_waits(const struct sb_target *target);
SB_MUST_USE enum sb_reach sb_target_read(const struct sb_target *target, uint64_t address, void *out, size_t n);
/** Do other bytes than @bytes stand there now? @room has space for @n, too. False as well when they cannot be read, or nobody waits. */
bool sb_target_differs(const struct sb_target *target, uint64_t address, const void *bytes, void *room, size_t n);
SB_MUST_USE enum sb_reach sb_target_write(const struct sb_target *target, uint64_t address, const void *bytes, size_t n);
/** Likewise, read-only private memory too. */
SB_MUST_USE enum sb_reach sb_target_patch(const struct sb_target *target, uint64_t address, const void *bytes, size_t n);
/** A text and its NUL; FAULT too when it does not end within @size bytes. *@length does not count the NUL. */
SB_MUST_USE enum sb_reach sb_target_read_text(const struct sb_target *target, uint64_t address, char *out, size_t size, size_t *length);
/** A file of its folder in /proc, to be read; -1 with errno, ESRCH when the process is not the one that asked. */
int sb_target_open(const struct sb_target *target, const char *name);

#endif
