/* SPDX-License-Identifier: Apache-2.0 */
/* Outside: makes init, maps its ids, keeps the time and the log, takes the outputs. When it dies, init dies. */
#include "verifier/sandbox/channel.h"
#include "verifier/sandbox/collect.h"
#include "verifier/sandbox/environment.h"
#include "verifier/sandbox/init.h"
#include "verifier/sandbox/spec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { TICK = 100 }; /* ms between looks at the stop flag */

/** A run from outside. */
struct watch {
	const struct sb_sandbox_spec *spec;
	struct sb_sandbox_plan plan;
	struct sb_sandbox_result *out;
	pid_t pid;
	int pidfd, channel, log; /* our ends */
	int build;               /* folder of the build, once it is done */
	int64_t end, step_end;   /* ms, monotonic; 0: none */
	bool over, log_over;
};

static int64_t now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* ---- birth ---- */

/** Which switch forbids user namespaces, as far as it can be told from here. */
static int forbidden(struct sb_err *err)
{
	int cause = errno;
	char value[32] = "";
	SB_CLOSING int most = open("/proc/sys/user/max_user_namespaces", O_RDONLY | O_CLOEXEC);
	SB_CLOSING int clone = open("/proc/sys/kernel/unprivileged_userns_clone", O_RDONLY | O_CLOEXEC);

	if (most >= 0 && read(most, value, sizeof(value) - 1) > 0 && value[0] == '0')
		return sb_fail(err, SB_ABSENT, "no-user-namespaces", "user namespaces are switched off: user.max_user_namespaces is 0");
	if (clone >= 0 && read(clone, value, sizeof(value) - 1) > 0 && value[0] == '0')
		return sb_fail(err, SB_ABSENT, "no-user-namespaces", "user namespaces are for root only: kernel.unprivileged_userns_clone is 0");
	if (cause == ENOSPC)
		return sb_fail(err, SB_ABSENT, "no-user-namespaces", "no further user namespace may be made: user.max_user_namespaces is reached");
	return sb_fail(err, SB_ABSENT, "no-user-namespaces", "a user namespace cannot be made: %s; a container's seccomp profile may forbid it",
	               strerror(cause));
}

static pid_t clone_init(unsigned optional, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_PIDFD | optional,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static int put(pid_t pid, const char *file, const char *text, struct sb_err *err)
{
	char path[64];
	size_t n = strlen(text);

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	SB_CLOSING int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, n) == (ssize_t)n)
		return 0;
	return sb_fail(err, SB_ABSENT, "no-user-namespaces",
	               "the ids of a user namespace cannot be mapped (%s: %s); on Ubuntu see kernel.apparmor_restrict_unprivileged_userns", file,
	               strerror(errno));
}

static int map_ids(const struct watch *watch, struct sb_err *err)
{
	const struct sb_sandbox_plan *plan = &watch->plan;
	char users[64], groups[64];
	int rc = 0;

	if (plan->two_ids) {
		snprintf(users, sizeof(users), "0 %u 1\n%u %u 1\n", (unsigned)plan->outer_uid - 1, plan->id, (unsigned)plan->outer_uid);
		snprintf(groups, sizeof(groups), "0 %u 1\n%u %u 1\n", (unsigned)plan->outer_gid - 1, plan->id, (unsigned)plan->outer_gid);
	} else {
		snprintf(users, sizeof(users), "%u %u 1\n", plan->id, (unsigned)plan->outer_uid);
		snprintf(groups, sizeof(groups), "%u %u 1\n", plan->id, (unsigned)plan->outer_gid);
		rc = put(watch->pid, "setgroups", "deny", err);
	}
	if (rc == 0)
		rc = put(watch->pid, "uid_map", users, err);
	return rc ? rc : put(watch->pid, "gid_map", groups, err);
}

/** The child keeps its ends of channel and log only. */
static int give_birth(struct watch *watch, struct sb_err *err)
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
	watch->plan.clone_optional = CLONE_NEWCGROUP;
	watch->pid = clone_init(CLONE_NEWCGROUP, &watch->pidfd);
	if (watch->pid < 0 && errno == EINVAL) {
		watch->plan.clone_optional = 0;
		watch->pid = clone_init(0, &watch->pidfd);
	}
	if (watch->pid == 0) {
		close(channel[0]);
		close(log[0]);
		sb_init_run(&watch->plan);
	}
	if (watch->pid < 0)
		return forbidden(err);
	sb_close_fd(&watch->plan.control);
	sb_close_fd(&watch->plan.log);
	if (sb_channel_hear(watch->channel, NULL) != SB_WORD_BORN)
		return sb_fail(err, SB_IO, "sandbox-setup", "the environment did not start");
	int rc = map_ids(watch, err);
	if (rc == 0 && !sb_channel_say(watch->channel, SB_WORD_GO, -1))
		rc = sb_fail(err, SB_IO, "sandbox-setup", "the environment did not start");
	return rc;
}

/* ---- life ---- */

static void end_by_limit(struct watch *watch, const char *name, uint64_t value)
{
	if (watch->out->end == SB_END_UNKNOWN) {
		watch->out->end = SB_END_LIMIT;
		watch->out->limit_name = name;
		watch->out->limit_value = value;
	}
	syscall(SYS_pidfd_send_signal, watch->pidfd, SIGKILL, NULL, 0);
}

static void keep_time(struct watch *watch)
{
	const struct sb_drop_step *step = &watch->spec->steps[watch->plan.board->step];

	if (sb_stopping(watch->spec->progress)) {
		watch->out->end = SB_END_INTERRUPTED;
		syscall(SYS_pidfd_send_signal, watch->pidfd, SIGKILL, NULL, 0);
	} else if (watch->end && now() >= watch->end) {
		end_by_limit(watch, "wall", watch->spec->limits.wall);
	} else if (watch->step_end && now() >= watch->step_end) {
		end_by_limit(watch, "step-timeout", step->timeout);
	}
}

static int pass_log(struct watch *watch, struct sb_err *err)
{
	char piece[4096];
	ssize_t got = read(watch->log, piece, sizeof(piece));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got <= 0) {
		watch->log_over = true;
		return 0;
	}
	uint64_t room = SB_LIMIT_OF(LOG_BYTES) - watch->out->log_bytes;
	size_t kept = (uint64_t)got < room ? (size_t)got : (size_t)room;
	watch->out->log_bytes += kept;
	int rc = watch->spec->log >= 0 ? sb_io_write(watch->spec->log, sb_span_of(piece, kept), err) : 0;
	if (kept < (size_t)got)
		end_by_limit(watch, "log", SB_LIMIT_OF(LOG_BYTES));
	return rc;
}

static void hear(struct watch *watch)
{
	enum sb_word word = sb_channel_hear(watch->channel, &watch->build);
	size_t step = watch->plan.board->step;

	if (word == SB_WORD_STEP) {
		uint64_t timeout = watch->spec->steps[step].timeout;
		const char *name = watch->spec->steps[step].name;
		watch->step_end = timeout ? now() + (int64_t)timeout * 1000 : 0;
		sb_step(watch->spec->progress, "rebuild", name ? name : "step", step, watch->spec->step_count);
	} else {
		watch->over = true; /* done, or dead */
	}
}

/** Until init is done or dead and the log has been read to its end. */
static int attend(struct watch *watch, struct sb_err *err)
{
	int rc = 0;

	while (rc == 0 && !(watch->over && watch->log_over)) {
		struct pollfd fds[2] = {{.fd = watch->over ? -1 : watch->channel, .events = POLLIN},
		                        {.fd = watch->log_over ? -1 : watch->log, .events = POLLIN}};
		if (poll(fds, 2, TICK) < 0 && errno != EINTR)
			return sb_fail_errno(err, "sandbox-setup", "cannot wait for the environment");
		if (fds[1].revents)
			rc = pass_log(watch, err);
		if (fds[0].revents)
			hear(watch);
		if (!watch->over)
			keep_time(watch);
	}
	return rc;
}

/* ---- end ---- */

static void bury(struct watch *watch)
{
	if (watch->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, watch->pidfd, SIGKILL, NULL, 0);
	if (watch->pid > 0)
		while (waitpid(watch->pid, NULL, 0) < 0 && errno == EINTR)
			;
	sb_close_fd(&watch->pidfd);
	sb_close_fd(&watch->channel);
	sb_close_fd(&watch->log);
	sb_close_fd(&watch->plan.control);
	sb_close_fd(&watch->plan.log);
	sb_close_fd(&watch->build);
}

/** A failing step after which a limit was seen to be met is told as that limit. */
static void name_end(struct watch *watch)
{
	const struct sb_board *board = watch->plan.board;
	struct sb_sandbox_result *out = watch->out;

	out->step = board->step;
	out->status = board->status;
	if (out->end != SB_END_UNKNOWN)
		return;
	if (board->finished && board->status == 0)
		out->end = SB_END_DONE;
	else if (board->finished && board->disk_full)
		end_by_limit(watch, "disk", watch->plan.disk);
	else if (board->finished)
		out->end = SB_END_STEP_FAILED;
}

static int conclude(struct watch *watch, struct sb_arena *arena, struct sb_err *err)
{
	const struct sb_board *board = watch->plan.board;
	int rc = sb_environment_describe(&watch->plan, arena, &watch->out->environment, err);

	if (rc)
		return rc;
	name_end(watch);
	if (board->err.code && watch->out->end == SB_END_UNKNOWN) {
		if (err)
			*err = board->err;
		return board->err.code;
	}
	if (watch->out->end == SB_END_UNKNOWN)
		return sb_fail(err, SB_IO, "sandbox-setup", "the environment ended without a word");
	if (watch->out->end != SB_END_DONE || watch->build < 0)
		return 0;
	return sb_collect(watch->build, watch->spec, arena, watch->out, err);
}

int sb_sandbox_run(const struct sb_sandbox_spec *spec, struct sb_arena *arena, struct sb_sandbox_result *out, struct sb_err *err)
{
	struct sb_board *board = sb_board_new();
	struct sb_sandbox_result made = {.end = SB_END_UNKNOWN};
	struct watch watch = {.spec = spec, .out = &made, .pidfd = -1, .channel = -1, .log = -1, .build = -1, .plan = {.control = -1, .log = -1}};

	int rc = board ? sb_spec_check(spec, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (rc == 0)
		rc = sb_plan_make(spec, arena, board, &watch.plan, err);
	if (rc == 0)
		rc = give_birth(&watch, err);
	if (rc == 0) {
		watch.end = spec->limits.wall ? now() + (int64_t)spec->limits.wall * 1000 : 0;
		rc = attend(&watch, err);
	}
	if (rc == 0)
		rc = conclude(&watch, arena, err);
	bury(&watch);
	sb_board_free(&board);
	if (rc == 0)
		*out = made;
	else
		sb_sandbox_release(&made);
	return rc;
}

void sb_sandbox_release(struct sb_sandbox_result *result)
{
	for (size_t i = 0; i < result->spool_count; i++)
		sb_blob_release(&result->spools[i]);
	free(result->spools);
	result->spools = NULL;
	result->spool_count = 0;
}
