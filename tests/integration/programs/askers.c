/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions that the one who answers must survive.  askers flood: as many as possible, for ever.  askers die: processes that are
 * killed while they ask.  askers odd: addresses that are none, and what must come of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void *ask_for_ever(void *unused)
{
	struct timespec now;
	char bytes[64];

	for (;;) {
		syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
		syscall(SYS_getrandom, bytes, sizeof(bytes), 0);
	}
	return unused;
}

static int flood(void)
{
	pthread_t thread;

	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			break;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, ask_for_ever, NULL);
	pthread_join(thread, NULL);
	return 0;
}

static int die(void)
{
	for (int i = 0; i < 300; i++) {
		pid_t child = fork();

		if (child == 0)
			ask_for_ever(NULL);
		usleep((unsigned)(i % 17) * 37);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	puts("survived");
	return 0;
}

static void row(const char *name, long rc)
{
	printf("%s %s\n", name, rc >= 0 ? "0" : strerrorname_np(errno));
}

static int odd(void)
{
	void *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long mask[64], kernel = 0xffffffff81000000UL;
	const struct timespec bad = {.tv_sec = 5, .tv_nsec = -1};

	row("clock-one", syscall(SYS_clock_gettime, CLOCK_REALTIME, 1));
	row("clock-kernel", syscall(SYS_clock_gettime, CLOCK_REALTIME, kernel));
	row("clock-high-bits", syscall(SYS_clock_gettime, 0x500000000UL, mask));
	row("day-null", syscall(SYS_gettimeofday, NULL, NULL));
	row("day-one", syscall(SYS_gettimeofday, 1, NULL));
	row("time-one", syscall(SYS_time, 1));
	row("random-one", syscall(SYS_getrandom, 1, 8, 0));
	row("random-flags", syscall(SYS_getrandom, mask, 8, 0x80));
	row("random-none", syscall(SYS_getrandom, 1, 0, 0));
	row("random-closed", syscall(SYS_getrandom, closed, 0, 0));
	row("uname-one", syscall(SYS_uname, 1));
	row("affinity-short", syscall(SYS_sched_getaffinity, 0, 4, mask));
	row("affinity-nobody", syscall(SYS_sched_getaffinity, 29999, sizeof(mask), mask));
	row("sleep-bad", syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &bad, NULL));
	row("sleep-one", syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, 1, NULL));
	row("timer-none", syscall(SYS_timerfd_settime, 999, 1, &bad, NULL));
	row("timer-no-timer", syscall(SYS_timerfd_settime, 0, 1, mask, NULL));
	printf("untouched %d\n", ((char *)read_only)[0]);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "flood") == 0)
		return flood();
	return argc > 1 && strcmp(argv[1], "die") == 0 ? die() : odd();
}
