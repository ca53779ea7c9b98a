/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/toolchain/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOT_FOUND = 127, POLL_MS = 100 };

static _Noreturn void become(int dir, const char *const *argv, const char *log, const char *epoch)
{
	union {
		const char *const *words;
		char *const *vector;
	} same = {.words = argv};

	setpgid(0, 0);
	int out = fchdir(dir) == 0 ? open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1, null = open("/dev/null", O_RDONLY);
	if (out < 0 || null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || setenv("SOURCE_DATE_EPOCH", epoch, 1) != 0)
		_exit(NOT_FOUND - 1);
	execvp(argv[0], same.vector);
	_exit(NOT_FOUND);
}

/* The last line that says something, for the error message. */
static void last_line(int dir, const char *log, char *line, size_t room)
{
	char piece[4096];
	size_t got = 0;
	SB_CLOSING int fd = openat(dir, log, O_RDONLY | O_CLOEXEC);

	line[0] = '\0';
	if (fd < 0 || lseek(fd, -(off_t)sizeof piece, SEEK_END) < -1 || sb_io_read(fd, piece, sizeof piece - 1, &got, NULL))
		return;
	piece[got] = '\0';
	while (got && (piece[got - 1] == '\n' || piece[got - 1] == ' '))
		piece[--got] = '\0';
	const char *start = strrchr(piece, '\n');
	snprintf(line, room, "%.250s", start ? start + 1 : piece);
}

static int conclude(int dir, const char *tool, const char *log, int status, struct sb_err *err)
{
	char line[300];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return sb_fail(err, SB_ABSENT, "tool-absent", "%s is not installed", tool);
	last_line(dir, log, line, sizeof line);
	return sb_fail(err, SB_FAILED, "toolchain-failed", "%s failed: %s", tool, line);
}

int sb_spawn_run(int dir, const char *const *argv, const char *log, int64_t epoch, struct sb_progress *progress, struct sb_err *err)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	char text[24];
	int status = 0;

	snprintf(text, sizeof text, "%lld", (long long)epoch);
	pid_t pid = fork();
	if (pid < 0)
		return sb_fail_errno(err, "toolchain-failed", "cannot start %s", argv[0]);
	if (pid == 0)
		become(dir, argv, log, text);
	setpgid(pid, pid);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (sb_stopping(progress)) {
			kill(-pid, SIGTERM);
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
		}
		sb_step(progress, "toolchain", argv[0], 0, 1);
		nanosleep(&pause, NULL);
	}
	return conclude(dir, argv[0], log, status, err);
}
