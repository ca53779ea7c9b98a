/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/toolchain/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* mmdebstrap removes its unpacked root when it is asked to end: seconds, and a root that stays behind has a gigabyte. */
enum { POLL_MS = 100, GRACE_MS = 30000 };

/* posix_spawn takes words that it may change, and changes none. */
union words {
	const char *const *read;
	char *const *given;
};

static bool is_epoch(const char *variable)
{
	return strncmp(variable, "SOURCE_DATE_EPOCH=", 18) == 0;
}

/* The environment of this process (proxies belong to it) with our date and messages that do not depend on the language. */
static const char **make_environment(char *epoch, char *locale)
{
	size_t count = 0, kept = 0;

	while (environ[count])
		count++;
	const char **out = calloc(count + 3, sizeof *out);
	for (size_t i = 0; out && i < count; i++)
		if (!is_epoch(environ[i]) && strncmp(environ[i], "LC_ALL=", 7) != 0)
			out[kept++] = environ[i];
	if (out) {
		out[kept++] = epoch;
		out[kept] = locale;
	}
	return out;
}

static int start(int dir, const char *const *argv, const char *log, const char *const *environment, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, standard;
	union words words = {.read = argv}, variables = {.read = environment};

	sigemptyset(&none);
	sigemptyset(&standard);
	sigaddset(&standard, SIGINT);
	sigaddset(&standard, SIGTERM);
	sigaddset(&standard, SIGPIPE);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	int rc = posix_spawnattr_init(&how);
	if (rc) {
		posix_spawn_file_actions_destroy(&files);
		return rc;
	}
	bool ready = posix_spawn_file_actions_addfchdir_np(&files, dir) == 0 && posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) == 0 &&
	             posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600) == 0 &&
	             posix_spawn_file_actions_adddup2(&files, 1, 2) == 0 && posix_spawnattr_setpgroup(&how, 0) == 0 &&
	             posix_spawnattr_setsigmask(&how, &none) == 0 && posix_spawnattr_setsigdefault(&how, &standard) == 0 &&
	             posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0;
	rc = ready ? posix_spawnp(pid, argv[0], &files, &how, words.given, variables.given) : ENOMEM;
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void wait_a_little(void)
{
	nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
}

/* True once the child has ended; a child that cannot be waited for has not done its work. */
static bool has_ended(pid_t pid, int *status)
{
	pid_t got = waitpid(pid, status, WNOHANG);

	if (got < 0 && errno != EINTR) {
		*status = SIGKILL;
		return true;
	}
	return got == pid;
}

/* What the child started may outlive it: the group gets the last signal in any case. */
static void stop(pid_t pid)
{
	int status = 0;

	kill(-pid, SIGTERM);
	for (int waited = 0; waited < GRACE_MS && !has_ended(pid, &status); waited += POLL_MS)
		wait_a_little();
	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* The last line that says something, for the error message. */
static void last_line(int dir, const char *log, char *line, size_t room)
{
	char piece[4096];
	size_t got = 0;
	SB_CLOSING int fd = openat(dir, log, O_RDONLY | O_CLOEXEC);

	line[0] = '\0';
	if (fd < 0)
		return;
	off_t size = lseek(fd, 0, SEEK_END), most = sizeof piece - 1;
	if (size < 0 || lseek(fd, size > most ? size - most : 0, SEEK_SET) < 0 || sb_io_read(fd, piece, sizeof piece - 1, &got, NULL))
		return;
	piece[got] = '\0';
	while (got && (piece[got - 1] == '\n' || piece[got - 1] == ' '))
		piece[--got] = '\0';
	const char *newline = strrchr(piece, '\n');
	snprintf(line, room, "%.250s", newline ? newline + 1 : piece);
}

static int conclude(int dir, const char *tool, const char *log, int status, struct sb_err *err)
{
	char line[300];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	last_line(dir, log, line, sizeof line);
	return sb_fail(err, SB_FAILED, "toolchain-failed", "%s failed: %s", tool, line[0] ? line : "it said nothing");
}

int sb_tool_run(int dir, const char *const *argv, const char *log, int64_t epoch, struct sb_progress *progress, struct sb_err *err)
{
	char date[48], locale[] = "LC_ALL=C.UTF-8";
	int status = 0;
	pid_t pid;

	snprintf(date, sizeof date, "SOURCE_DATE_EPOCH=%" PRId64, epoch);
	SB_FREEING const char **environment = make_environment(date, locale);
	if (!environment)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	errno = start(dir, argv, log, environment, &pid);
	if (errno == ENOENT)
		return sb_fail(err, SB_ABSENT, "tool-absent", "%s is not installed", argv[0]);
	if (errno)
		return sb_fail_errno(err, "toolchain-failed", "cannot start %s", argv[0]);
	for (; !has_ended(pid, &status); wait_a_little()) {
		if (sb_stopping(progress)) {
			stop(pid);
			return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
		}
		sb_step(progress, "toolchain", argv[0], 0, 1);
	}
	return conclude(dir, argv[0], log, status, err);
}
