/* SPDX-License-Identifier: Apache-2.0 */
/* One thread, no files, no secrets: everything that a worker inherits is this. */
#include "verifier/parsing/nursery.h"

#include "verifier/parsing/wire.h"
#include "verifier/parsing/worker.h"
#include "verifier/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WINDOW = 4 };

/* Standard descriptors lead nowhere: a worker that was taken over must not write to a terminal. Sanitizers report there. */
static bool keep_only(int door)
{
#ifndef SB_SANITIZED
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		if (dup2(null, fd) < 0)
			return false;
	if (null < 0) {
		close(0);
		close(1);
		close(2);
	}
#endif
	if (door != SB_NURSERY_DOOR && dup2(door, SB_NURSERY_DOOR) < 0)
		return false;
	return close_range(SB_NURSERY_DOOR + 1, ~0U, 0) == 0;
}

/* A stop comes through the door: a key press must not end parsers while the core still waits for an answer. */
static void set_signals(void)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};

	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
}

static void report_birth(int rc, const struct sb_err *err, const struct sb_parser_cell *cell)
{
	struct sb_nursery_birth birth = {.rc = rc};
	size_t used = 0;

	if (rc) {
		used = strnlen(err->msg, sizeof err->msg - 1);
		memcpy(birth.text, err->msg, used++);
	}
	for (size_t i = 0; !rc && i < cell->walls.count; i++) {
		const char *const texts[] = {cell->walls.items[i].name, cell->walls.items[i].value};
		for (unsigned k = 0; k < 2; k++) {
			size_t n = strlen(texts[k]) + 1;
			if (n > sizeof birth.text - used)
				_exit(1);
			memcpy(birth.text + used, texts[k], n);
			used += n;
		}
	}
	birth.length = (uint32_t)used;
	if (send(SB_NURSERY_DOOR, &birth, sizeof birth, MSG_NOSIGNAL) < 0 || rc)
		_exit(1);
}

/* In the child: walls first, then the first foreign byte. */
static _Noreturn void become_worker(const struct sb_parsers_options *options, const struct sb_parser_cell *cell,
                                    const struct sb_nursery_ask *ask, const int fds[2])
{
	struct sb_worker_memory memory = {0};
	const struct sb_parser_limits limits = {.data = ask->data, .address = ask->address, .seconds = ask->seconds};

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (dup2(fds[0], SB_WIRE_CHANNEL) < 0 || dup2(fds[1], WINDOW) < 0 || close_range(WINDOW + 1, ~0U, 0) != 0)
		_exit(1);
	uint8_t *window = mmap(NULL, 2 * (size_t)SB_WIRE_HALF, PROT_READ | PROT_WRITE, MAP_SHARED, WINDOW, 0);
	close(WINDOW);
	sb_worker_start_timer(&memory);
	if (window == MAP_FAILED || sb_parser_cell_enter(cell, &limits, SB_WIRE_CHANNEL, NULL) != 0)
		_exit(1);
	sb_worker_serve(options, window, &memory);
}

static bool hear(struct sb_nursery_ask *ask, int fds[2])
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec part = {ask, sizeof *ask};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t n;

	do
		n = recvmsg(SB_NURSERY_DOOR, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	const struct cmsghdr *found = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (found && found->cmsg_len == CMSG_LEN(2 * sizeof(int)))
		memcpy(fds, CMSG_DATA(found), 2 * sizeof(int));
	return n == (ssize_t)sizeof *ask;
}

static void answer(int64_t pid, int64_t status, int fd)
{
	struct sb_nursery_answer word = {.pid = pid, .status = status};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct iovec part = {&word, sizeof word};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	}
	if (sendmsg(SB_NURSERY_DOOR, &message, MSG_NOSIGNAL) < 0)
		_exit(1);
}

static void give_birth(const struct sb_parsers_options *options, const struct sb_parser_cell *cell, const struct sb_nursery_ask *ask, int fds[2])
{
	pid_t pid = fork();
	int cause = errno, pidfd = -1;

	if (pid == 0)
		become_worker(options, cell, ask, fds);
	close(fds[0]);
	close(fds[1]);
	if (pid > 0)
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	answer(pid > 0 ? pid : -cause, 0, pidfd);
	if (pidfd >= 0)
		close(pidfd);
}

static void bury(pid_t pid)
{
	int status = -1;

	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		status = -1;
	answer(pid, status, -1);
}

_Noreturn void sb_nursery_run(const struct sb_parsers_options *options, int door, pid_t parent)
{
	struct sb_parser_cell cell = {0};
	struct sb_err err = {.code = SB_INTERNAL};
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_nursery_ask ask;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (!arena || getppid() != parent || !keep_only(door))
		_exit(1);
	set_signals();
	int rc = sb_parser_cell_prepare(arena, &cell, &err);
	report_birth(rc, &err, &cell);
	for (int fds[2] = {-1, -1}; hear(&ask, fds); fds[0] = fds[1] = -1) {
		if (ask.end)
			bury((pid_t)ask.end);
		else if (fds[1] >= 0)
			give_birth(options, &cell, &ask, fds);
		else
			answer(-EBADF, 0, -1);
	}
	_exit(0);
}
