/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/birth.h"
#include "verifier/sandbox/channel.h"
#include "verifier/sandbox/forbidden.h"
#include "verifier/sandbox/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/** Into the group from its first moment where the kernel can do that. */
static pid_t clone_init(const struct sb_cgroup *group, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};

	if (group->kind == SB_LIMITS_CGROUP2) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)(unsigned)group->memory;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/**
 * A build of our own id may open the pipe that it writes to through /proc, and take out what we were just told of: who then waits for it
 * keeps no limit any more. The mode is only a fence, which the pipe's owner may take down; that our end never waits is not.
 */
static int keep_log_to_us(const int log[2])
{
	return fcntl(log[0], F_SETFL, O_NONBLOCK) != 0 || fchmod(log[1], 0200) != 0 ? -1 : 0;
}

/** Our ends stay, init's ends are closed once it has them. */
static int open_channels(struct sb_watch *watch, struct sb_err *err)
{
	int channel[2], log[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
		return sb_fail_errno(err, "sandbox-setup", "no channel to the environment");
	watch->channel = channel[0];
	watch->plan.control = channel[1];
	if (pipe2(log, O_CLOEXEC) != 0)
		return sb_fail_errno(err, "sandbox-setup", "no pipe for the log");
	watch->log = log[0];
	watch->plan.log = log[1];
	if (keep_log_to_us(log) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot set up the pipe for the log");
	int rc = watch->spec->interactive ? sb_terminal_open(&watch->terminal, err) : 0;
	watch->plan.terminal = watch->terminal.slave;
	return rc;
}

/** A group that may be made but not entered is given up, and init is in it or says why not. */
static int make_init(struct sb_watch *watch, struct sb_err *err)
{
	watch->pid = clone_init(&watch->cgroup, &watch->pidfd);
	if (watch->pid < 0 && watch->cgroup.kind == SB_LIMITS_CGROUP2) {
		snprintf(watch->cgroup.why, sizeof(watch->cgroup.why), "a cgroup2 was made but may not be entered: %s", strerror(errno));
		sb_cgroup_remove(&watch->cgroup);
		watch->pid = clone_init(&watch->cgroup, &watch->pidfd);
	}
	if (watch->pid == 0)
		sb_init_run(&watch->plan);
	if (watch->pid < 0)
		return sb_forbidden_clone(errno, err);
	if (watch->cgroup.kind == SB_LIMITS_CGROUP1)
		(void)!sb_cgroup_join(&watch->cgroup, watch->pid);
	return 0;
}

static int say_go(const struct sb_watch *watch, struct sb_err *err)
{
	if (sb_channel_say(watch->channel, SB_WORD_GO, -1))
		return 0;
	return sb_fail(err, SB_IO, "sandbox-setup", "the environment did not start");
}

static int try_birth(struct sb_watch *watch, struct sb_err *err)
{
	struct sb_sandbox_plan *plan = &watch->plan;
	int rc = open_channels(watch, err);

	if (rc == 0)
		sb_cgroup_make(&watch->cgroup, &plan->bounds);
	if (rc == 0)
		rc = make_init(watch, err);
	if (rc != 0)
		return rc;
	sb_close_fd(&plan->control);
	sb_close_fd(&plan->log);
	plan->board->limits_kind = watch->cgroup.kind;
	plan->limits_why = watch->cgroup.why;
	if (sb_channel_hear(watch->channel, NULL) != SB_WORD_BORN)
		return sb_fail(err, SB_IO, "sandbox-setup", "the environment did not start");
	rc = sb_ids_map(&plan->board->ids, watch->pid, err);
	return rc ? rc : say_go(watch, err);
}

int sb_birth(struct sb_watch *watch, struct sb_err *err)
{
	struct sb_ids *ids = &watch->plan.board->ids;
	bool helped = ids->way == SB_IDS_HELPER;
	struct sb_err why = {0};
	int rc = try_birth(watch, helped ? &why : err);

	if (rc == 0 || !helped)
		return rc;
	if (!why.id || strcmp(why.id, "ids-helper") != 0) {
		if (err)
			*err = why;
		return rc;
	}
	sb_watch_bury(watch); /* maps are written once: another child gets the one id of the caller */
	*ids = sb_ids_single(ids->build == 0, why.msg);
	return try_birth(watch, err);
}
