/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abuse_probe attempts   every attempt: "ok|wrong|left <tab> family <tab> name <tab> answer"
 * abuse_probe control    those that must succeed outside: "through|refused <tab> ..."
 * abuse_probe ACT [ARG]  see acts.c
 */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 20, KILLED = 1000 /* answers from here on: the signal that ended the attempt */ };

static const struct family *const families[] = {
	&family_namespaces, &family_files, &family_processes, &family_own_proc, &family_kernel, &family_sockets, &family_identity,
};

long opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	return fd < 0 ? -1 : close(fd);
}

long writes(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : write(fd, text, strlen(text));
}

int stopped_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		alarm(PATIENCE);
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	return (int)pid;
}

/** In a child: an attempt may end its process, change its ids or leave its memory in disorder. */
static int answer_of(const struct attempt *one, int *shared)
{
	int status = 0;
	pid_t pid;

	*shared = 0;
	pid = fork();
	if (pid == 0) {
		alarm(PATIENCE);
		errno = 0;
		*shared = one->attempt() < 0 ? errno : SUCCEEDS;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return KILLED;
	return WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : *shared;
}

static bool is_expected(const struct attempt *one, int answer)
{
	for (size_t i = 0; i < sizeof(one->answers) / sizeof(one->answers[0]) && one->answers[i]; i++)
		if (one->answers[i] == answer)
			return true;
	return false;
}

static void tell(const char *verdict, const struct family *family, const struct attempt *one, int answer)
{
	printf("%s\t%s\t%s\t", verdict, family->name, one->name);
	if (answer >= KILLED)
		printf("signal %d\n", answer - KILLED);
	else
		printf("%s\n", answer == SUCCEEDS ? "success" : answer ? strerrorname_np(answer) : "no answer");
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static int try_all(int *shared, bool control)
{
	bool landlock = has_landlock();

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
		for (size_t i = 0; i < families[f]->count; i++) {
			const struct attempt *one = &families[f]->attempts[i];

			if (control && !(one->flags & CONTROL))
				continue;
			if (!control && one->flags & NEEDS_LANDLOCK && !landlock) {
				tell("left", families[f], one, 0);
				continue;
			}
			int answer = answer_of(one, shared);
			if (control)
				tell(answer == SUCCEEDS ? "through" : "refused", families[f], one, answer);
			else
				tell(is_expected(one, answer) ? "ok" : "wrong", families[f], one, answer);
		}
	return 0;
}

int main(int argc, char **argv)
{
	int *shared = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc < 2 || shared == MAP_FAILED)
		return 2;
	if (strcmp(argv[1], "attempts") == 0)
		return try_all(shared, false);
	if (strcmp(argv[1], "control") == 0)
		return try_all(shared, true);
	int status = act(argv[1], argc > 2 ? argv[2] : "");
	return status < 0 ? 2 : status;
}
