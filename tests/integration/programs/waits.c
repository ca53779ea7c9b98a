/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits until a time of day, by every call that has one, one a line: NAME RESULT TENTHS, where TENTHS of a second of the monotonic
 * clock went by. The last line is the processor time of all, in tenths as well: a wait that spins shows there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, held = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int ready;

static struct timespec in(long tenths)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += tenths % 10 * 100000000;
	at.tv_sec += tenths / 10 + at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static long tenths(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 10 + now.tv_nsec / 100000000;
}

static int wait_cond(struct timespec until)
{
	int rc = 0;

	pthread_mutex_lock(&mutex);
	while (!ready && rc == 0)
		rc = pthread_cond_timedwait(&cond, &mutex, &until);
	ready = 0;
	pthread_mutex_unlock(&mutex);
	return rc;
}

static int wait_semaphore(struct timespec until)
{
	sem_t semaphore;

	sem_init(&semaphore, 0, 0);
	return sem_timedwait(&semaphore, &until) == 0 ? 0 : errno;
}

struct lock {
	pthread_mutex_t *mutex;
	struct timespec until;
};

static void *lock_it(void *lock)
{
	const struct lock *it = lock;

	return (void *)(intptr_t)pthread_mutex_timedlock(it->mutex, &it->until);
}

/* By another thread: a plain mutex would wait for itself. */
static int wait_mutex(struct timespec until)
{
	pthread_t thread;
	void *result;

	pthread_mutex_lock(&held);
	pthread_create(&thread, NULL, lock_it, &(struct lock){&held, until});
	pthread_join(thread, &result);
	pthread_mutex_unlock(&held);
	return (int)(intptr_t)result;
}

static int wait_pi_mutex(struct timespec until)
{
	static pthread_mutex_t mutex_pi;
	pthread_mutexattr_t attributes;
	pthread_t thread;
	void *result;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&mutex_pi, &attributes);
	pthread_mutex_lock(&mutex_pi);
	pthread_create(&thread, NULL, lock_it, &(struct lock){&mutex_pi, until});
	pthread_join(thread, &result);
	pthread_mutex_unlock(&mutex_pi);
	return (int)(intptr_t)result;
}

static int wait_sleep(struct timespec until)
{
	return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
}

static int wait_timer(struct timespec until)
{
	const struct itimerspec when = {.it_value = until};
	int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
	uint64_t times = 0;

	if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) != 0 || read(timer, &times, sizeof(times)) != sizeof(times))
		return errno;
	close(timer);
	return times == 1 ? 0 : -1;
}

static void report(const char *name, int (*wait)(struct timespec), long delay)
{
	long before = tenths(CLOCK_MONOTONIC);
	int rc = wait(in(delay));

	printf("%s %s %ld\n", name, rc ? strerrorname_np(rc) : "0", tenths(CLOCK_MONOTONIC) - before);
	fflush(stdout);
}

struct row {
	const char *name;
	int (*wait)(struct timespec);
};

static void *report_row(void *row)
{
	const struct row *it = row;

	report(it->name, it->wait, 7);
	return NULL;
}

/** All at once: they are about different things. */
static void report_together(void)
{
	struct row rows[] = {{"cond", wait_cond}, {"semaphore", wait_semaphore}, {"mutex", wait_mutex}, {"pi-mutex", wait_pi_mutex}, {"sleep", wait_sleep}, {"timer", wait_timer}};
	pthread_t threads[6];

	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, report_row, &rows[i]);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
}

static void *wake(void *unused)
{
	usleep(300000);
	pthread_mutex_lock(&mutex);
	ready = 1;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
	return unused;
}

static void nothing(int number)
{
	(void)number;
}

int main(void)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 300000}};
	const struct sigaction action = {.sa_handler = nothing};
	pthread_t thread;

	report_together();
	report("sleep-past", wait_sleep, -50);
	report("cond-past", wait_cond, -50);
	report("timer-past", wait_timer, -50);
	pthread_create(&thread, NULL, wake, NULL);
	report("cond-woken", wait_cond, 6000);
	pthread_join(thread, NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	report("sleep-broken", wait_sleep, 6000);
	printf("cpu 0 %ld\n", tenths(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
