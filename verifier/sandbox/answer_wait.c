/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits until a time of day. The kernel would compare with the real one: a clock in the past would end every wait at once, one in
 * the future never. A futex is answered "look again" after a moment, until the build's own clock is there: its callers must cope
 * with that anyway. A sleep is held. A timer gets the span of time that it is away.
 */
#include "verifier/sandbox/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

enum { MS = 1000000 };
#define SHORTEST INT64_C(2)  /* ms */
#define LONGEST INT64_C(100)

static bool is_time(struct timespec time)
{
	return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < SB_CLOCK_NS;
}

/** The more threads wait, the less often each is woken: about a thousand answers a second in all. */
static struct sb_answer wait_on(struct sb_answering *answering, const struct sb_question *question, int64_t left)
{
	int64_t pause = (int64_t)answering->parked;

	pause = (pause < SHORTEST ? SHORTEST : pause > LONGEST ? LONGEST : pause) * MS;
	answering->plan->board->controls.waits = true;
	return (struct sb_answer){.kind = SB_ANSWER_LATER, .value = question->now + (left < pause ? left : pause)};
}

/** When the wait of this thread for this deadline began, of which the question may be a further piece. */
static int64_t began(struct sb_answering *answering, pid_t pid, struct timespec deadline, const struct sb_question *question)
{
	struct sb_wait *wait = &answering->waits[(uint32_t)pid % SB_WAITS];
	bool same = wait->pid == pid && wait->deadline.tv_sec == deadline.tv_sec && wait->deadline.tv_nsec == deadline.tv_nsec;

	if (!same || question->now - wait->last > 2 * LONGEST * MS)
		*wait = (struct sb_wait){.pid = pid, .deadline = deadline, .since = question->since};
	wait->last = question->now;
	return wait->since;
}

/** A lock that hands its priority on must not be answered "look again": it is watched, and the kernel has the question when it is free. */
static struct sb_answer wait_for_lock(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question,
                                      struct timespec deadline)
{
	int64_t left = sb_clock_until(&answering->clock, deadline, question->now, question->since);
	uint32_t word = 0;

	if (sb_target_read(target, question->arguments[0], &word, sizeof(word)) != SB_REACH_OK || (word & FUTEX_TID_MASK) == 0)
		return sb_answer_kernel();
	return left <= 0 ? sb_answer_value(-ETIMEDOUT) : wait_on(answering, question, left);
}

/** futex(address, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME or a FUTEX_LOCK_PI, value, deadline, …) */
struct sb_answer sb_answer_futex(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	struct timespec deadline;
	enum sb_reach reach = sb_target_read(target, question->arguments[3], &deadline, sizeof(deadline));

	if (reach != SB_REACH_OK)
		return sb_answer_after(answering, reach, 0);
	if (!is_time(deadline))
		return sb_answer_kernel();
	if ((question->arguments[1] & (uint32_t)FUTEX_CMD_MASK) != FUTEX_WAIT_BITSET)
		return wait_for_lock(answering, target, question, deadline);
	int64_t left = sb_clock_until(&answering->clock, deadline, question->now, began(answering, target->pid, deadline, question));
	if (left <= 0) {
		answering->waits[(uint32_t)target->pid % SB_WAITS].pid = 0;
		return sb_answer_value(-ETIMEDOUT);
	}
	return question->now > question->since ? sb_answer_value(-EAGAIN) : wait_on(answering, question, left);
}

/** The number after "NAME:" in a file of /proc; false when there is none. */
static bool read_field(int fd, const char *name, int base, uint64_t *out)
{
	char text[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *found;

	if (n <= 0 || lseek(fd, 0, SEEK_SET) != 0)
		return false;
	text[n] = 0;
	found = strstr(text, name);
	if (!found)
		return false;
	*out = strtoull(found + strlen(name), NULL, base);
	return true;
}

/** A handler waits to be run, or the thread is to end: the kernel would have broken the sleep off. */
static bool is_signalled(const struct sb_target *target)
{
	SB_CLOSING int status = sb_target_open(target, "status");
	uint64_t own = 0, shared = 0, blocked = 0, ignored = 0;

	if (!read_field(status, "\nSigPnd:", 16, &own) || !read_field(status, "\nShdPnd:", 16, &shared) ||
	    !read_field(status, "\nSigBlk:", 16, &blocked) || !read_field(status, "\nSigIgn:", 16, &ignored))
		return false;
	return ((own | shared) & ~blocked & ~ignored) != 0;
}

/** clock_nanosleep(clock, TIMER_ABSTIME, deadline, …) */
struct sb_answer sb_answer_clock_nanosleep(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	struct timespec deadline;
	enum sb_reach reach = sb_target_read(target, question->arguments[2], &deadline, sizeof(deadline));

	if (reach != SB_REACH_OK)
		return sb_answer_after(answering, reach, 0);
	if (!is_time(deadline))
		return sb_answer_kernel();
	int64_t left = sb_clock_until(&answering->clock, deadline, question->now, question->since);
	if (left <= 0)
		return sb_answer_value(0);
	if (question->now > question->since && is_signalled(target))
		return sb_answer_value(-EINTR);
	return wait_on(answering, question, left);
}

/** Init's own descriptor of the timer that is @number in the process that asked; -1 when there is none. */
static int borrow_timer(const struct sb_target *target, int number)
{
	SB_CLOSING int status = sb_target_open(target, "status");
	SB_CLOSING int process = -1;
	SB_CLOSING int timer = -1;
	uint64_t group;

	if (!read_field(status, "\nTgid:", 10, &group))
		return -1;
	process = (int)syscall(SYS_pidfd_open, (pid_t)group, 0);
	if (process < 0 || !sb_target_waits(target))
		return -1;
	timer = (int)syscall(SYS_pidfd_getfd, process, number, 0);
	return sb_steal_fd(&timer);
}

static bool follows_time_of_day(const struct sb_target *target, int timer)
{
	char path[32];
	uint64_t clock;

	snprintf(path, sizeof(path), "self/fdinfo/%d", timer);
	SB_CLOSING int info = openat(target->proc, path, O_RDONLY | O_CLOEXEC);
	return read_field(info, "\nclockid:", 10, &clock) && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM);
}

/** timerfd_settime(timer, TFD_TIMER_ABSTIME, new, old): set in the process's place, by the span of time. */
struct sb_answer sb_answer_timerfd_settime(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	struct itimerspec next, old;
	enum sb_reach reach = sb_target_read(target, question->arguments[2], &next, sizeof(next));
	SB_CLOSING int timer = reach == SB_REACH_OK ? borrow_timer(target, (int)question->arguments[0]) : -1;

	if (reach != SB_REACH_OK)
		return sb_answer_after(answering, reach, 0);
	if (timer < 0 || !is_time(next.it_value) || (next.it_value.tv_sec == 0 && next.it_value.tv_nsec == 0) || !follows_time_of_day(target, timer))
		return sb_answer_kernel();
	int64_t left = sb_clock_until(&answering->clock, next.it_value, question->now, question->since);
	if (left <= 0)
		left = 1;
	next.it_value = (struct timespec){.tv_sec = left / SB_CLOCK_NS, .tv_nsec = left % SB_CLOCK_NS};
	if (timerfd_settime(timer, 0, &next, &old) != 0)
		return sb_answer_value(-errno);
	if (question->arguments[3])
		reach = sb_target_write(target, question->arguments[3], &old, sizeof(old));
	return sb_answer_after(answering, reach, 0);
}

/** POSIX timers belong to their process alone: the call goes on, and the record says that there was one. */
struct sb_answer sb_answer_timer_settime(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	(void)target;
	(void)question;
	answering->plan->board->controls.timers = true;
	return sb_answer_kernel();
}
