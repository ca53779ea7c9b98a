/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/watch.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

int64_t sb_watch_now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

void sb_watch_kill(const struct sb_watch *watch)
{
	if (watch->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, watch->pidfd, SIGKILL, NULL, 0);
}

void sb_watch_bury(struct sb_watch *watch)
{
	sb_watch_kill(watch);
	if (watch->pid > 0)
		while (waitpid(watch->pid, NULL, 0) < 0 && errno == EINTR)
			;
	watch->pid = 0;
	sb_cgroup_remove(&watch->cgroup);
	sb_terminal_close(&watch->terminal);
	sb_close_fd(&watch->pidfd);
	sb_close_fd(&watch->channel);
	sb_close_fd(&watch->log);
	sb_close_fd(&watch->plan.control);
	sb_close_fd(&watch->plan.log);
	sb_close_fd(&watch->scratch);
	sb_close_fd(&watch->proc);
	sb_close_fd(&watch->build);
}
