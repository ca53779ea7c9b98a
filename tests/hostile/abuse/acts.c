/* SPDX-License-Identifier: Apache-2.0 */
/* Bombs, odd outputs and processes that do not want to end. The argument is a number or a path. */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned long number(const char *text)
{
	return strtoul(text, NULL, 10);
}

/** Processes that sleep; 0 when the system said no before @most were made. */
static int fork_bomb(const char *most)
{
	unsigned long made = 0;

	for (; made < number(most); made++) {
		pid_t pid = fork();

		while (pid == 0)
			pause();
		if (pid < 0)
			break;
	}
	printf("%lu %s\n", made, strerror(errno));
	return made < number(most) ? 0 : 1;
}

/** Children that end and are never waited for. */
static int zombies(const char *most)
{
	unsigned long made = 0;

	for (; made < number(most); made++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0)
			break;
	}
	printf("%lu %s\n", made, strerror(errno));
	return made < number(most) ? 0 : 1;
}

/** Orphans that end: init has to reap each. */
static int orphans(const char *count)
{
	for (unsigned long i = 0; i < number(count); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (fork() == 0)
				_exit(0);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	return 0;
}

static int touch_pages(const char *megabytes, int flags)
{
	for (unsigned long i = 0; i < number(megabytes); i++) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED) {
			printf("%lu %s\n", i, strerrorname_np(errno));
			return 0;
		}
		memset(p, 1, 1 << 20);
	}
	return 1;
}

static int private_memory(const char *megabytes) { return touch_pages(megabytes, MAP_PRIVATE); }
static int shared_memory(const char *megabytes) { return touch_pages(megabytes, MAP_SHARED); }

/** Touch memory and keep it for a while. */
static int hold_memory(const char *megabytes)
{
	int status = touch_pages(megabytes, MAP_PRIVATE);

	sleep(4);
	return status;
}

/** A file without a name, which no file system counts; 33 when there are none. */
static int memory_file(const char *megabytes)
{
	static char piece[1 << 20];
	int fd = memfd_create("abuse", MFD_CLOEXEC);

	if (fd < 0)
		return errno == ENOSYS || errno == EPERM ? 33 : 1;
	memset(piece, 1, sizeof(piece));
	for (unsigned long i = 0; i < number(megabytes); i++)
		if (write(fd, piece, sizeof(piece)) != (ssize_t)sizeof(piece)) {
			printf("%lu %s\n", i, strerrorname_np(errno));
			return 0;
		}
	sleep(2);
	return 1;
}

/** Write into the log and take it out again at once, so that its reader is told of what is no longer there; then hold on. */
static int drain_log(const char *nothing)
{
	char bytes[4096];
	time_t end = time(NULL) + 1;

	(void)nothing;
	(void)!fchmod(STDOUT_FILENO, 0600); /* whose pipe it is may undo what keeps it from being read */
	int again = open("/proc/self/fd/1", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	while (again >= 0 && time(NULL) < end)
		if (write(STDOUT_FILENO, "x", 1) == 1)
			(void)!read(again, bytes, sizeof(bytes));
	sleep(15);
	return 0;
}

/** Empty files named by numbers in the working directory. */
static int many_files(const char *count)
{
	char name[32];
	unsigned long i = 0;

	for (; i < number(count); i++) {
		snprintf(name, sizeof(name), "%lu", i);
		int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		if (fd < 0)
			break;
		close(fd);
	}
	printf("%lu %s\n", i, strerrorname_np(errno));
	return i == number(count) ? 0 : 1;
}

/** Folders in folders, past what any path can name. */
static int deep(const char *levels)
{
	for (unsigned long i = 0; i < number(levels); i++)
		if (mkdir("deeper-and-deeper", 0755) != 0 || chdir("deeper-and-deeper") != 0)
			return 1;
	return opens("bottom", O_CREAT | O_WRONLY) < 0;
}

static int a_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0;
}

/** Two forks, sessions of its own, every signal ignored; it writes @path for as long as it lives. */
static int a_daemon(const char *path)
{
	if (fork() != 0)
		return 0;
	setsid();
	if (fork() != 0)
		_exit(0);
	setsid();
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	prctl(PR_SET_NAME, "kworker/0:1", 0, 0, 0);
	while (nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL) == 0)
		opens(path, O_CREAT | O_WRONLY);
	return 1;
}

/** Every signal ignored, for ever. */
static int stubborn(const char *unused)
{
	(void)unused;
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	setsid();
	while (pause() != 0)
		;
	return 1;
}

static int signal_everybody(int signal_number)
{
	kill(-1, signal_number);
	kill(0, signal_number);
	return kill(getpid(), signal_number);
}

static int stop_everybody(const char *unused)
{
	(void)unused;
	return signal_everybody(SIGSTOP);
}

static int kill_everybody(const char *unused)
{
	(void)unused;
	return signal_everybody(SIGKILL);
}

/** System calls that are answered by the supervisor when the clock is controlled. */
static int ask_the_time(const char *count)
{
	struct timespec at;

	for (unsigned long i = 0; i < number(count); i++)
		if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &at) != 0)
			return 1;
	return 0;
}

static const struct {
	const char *name;
	int (*act)(const char *argument);
} acts[] = {
	{"fork-bomb", fork_bomb}, {"zombies", zombies}, {"orphans", orphans}, {"private-memory", private_memory},
	{"shared-memory", shared_memory}, {"hold-memory", hold_memory}, {"memory-file", memory_file}, {"many-files", many_files}, {"drain-log", drain_log}, {"deep", deep}, {"socket", a_socket}, {"daemon", a_daemon},
	{"stubborn", stubborn}, {"stop-everybody", stop_everybody}, {"kill-everybody", kill_everybody}, {"ask-the-time", ask_the_time},
};

int act(const char *name, const char *argument)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].name, name) == 0)
			return acts[i].act(argument);
	return -1;
}
