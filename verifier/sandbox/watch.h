/* SPDX-License-Identifier: Apache-2.0 */
/* A run as the supervisor sees it from outside. */
#ifndef VERIFIER_SANDBOX_WATCH_H
#define VERIFIER_SANDBOX_WATCH_H

#include "verifier/sandbox/family.h"
#include "verifier/sandbox/plan.h"
#include "verifier/sandbox/terminal.h"

#define SB_LOG_TAIL 4096

struct sb_watch {
	const struct sb_sandbox_spec *spec;
	struct sb_sandbox_plan plan;
	struct sb_sandbox_result *out;
	struct sb_cgroup cgroup;
	struct sb_terminal terminal;
	pid_t pid;                /* init; 0 or -1: there is none */
	int pidfd, channel, log;  /* our ends */
	int scratch;              /* a folder of the file system that the build writes to, once it is there */
	int proc;                 /* /proc of the environment, once it is there */
	int build;                /* folder of the build, once it is over */
	int64_t end, step_end;    /* ms, monotonic; 0: none */
	bool over, log_over;

	struct sb_cgroup_use first, last; /* before the first step, and when looked at last */
	uint64_t disk_first;
	struct sb_family family;  /* where no group counts */
	bool disk_full, inodes_full;
	char tail[SB_LOG_TAIL];   /* end of the log */
	size_t tail_length;
};

/** Milliseconds of a clock that nobody sets. */
int64_t sb_watch_now(void);

/** End init, and with it everything inside. */
void sb_watch_kill(const struct sb_watch *watch);

/** End and reap init, close everything, remove the group. Fine at any time. */
void sb_watch_bury(struct sb_watch *watch);

#endif
