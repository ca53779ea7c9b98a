/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/answers.h"

#include <asm/prctl.h>
#include <errno.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* The kernel reads 32 bits of clock ids, flags and operations: what stands above them is masked away. */
#define IS(argument, value) {argument, UINT32_MAX, value, false}
#define SOCK_TYPE 0xf
#define HAS(argument, bits) {argument, bits, bits, false}

static const struct sb_call calls[] = {
	/* the first thing that every new image does: dynamic, static, Go; threads do not */
	{SYS_arch_prctl, SB_ANSWERS_TIME | SB_ANSWERS_RANDOM | SB_ANSWERS_TRACE, {IS(0, ARCH_SET_FS)}, sb_answer_new_image},
	{SYS_clock_gettime, SB_ANSWERS_TIME, {IS(0, CLOCK_REALTIME)}, sb_answer_clock_gettime},
	{SYS_clock_gettime, SB_ANSWERS_TIME, {IS(0, CLOCK_REALTIME_COARSE)}, sb_answer_clock_gettime},
	{SYS_clock_gettime, SB_ANSWERS_TIME, {IS(0, CLOCK_REALTIME_ALARM)}, sb_answer_clock_gettime},
	{SYS_clock_gettime, SB_ANSWERS_TIME, {IS(0, CLOCK_TAI)}, sb_answer_clock_gettime},
	{SYS_gettimeofday, SB_ANSWERS_TIME, {{0}}, sb_answer_gettimeofday},
	{SYS_time, SB_ANSWERS_TIME, {{0}}, sb_answer_time},
	/* waits until a time of day; waits for a span of time are the kernel's */
	{SYS_futex, SB_ANSWERS_TIME,
	 {{1, UINT32_MAX - FUTEX_PRIVATE_FLAG, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, false}, {3, UINT64_MAX, 0, true}},
	 sb_answer_futex},
	{SYS_futex, SB_ANSWERS_TIME, {{1, UINT32_MAX - FUTEX_PRIVATE_FLAG, FUTEX_LOCK_PI, false}, {3, UINT64_MAX, 0, true}}, sb_answer_futex},
	{SYS_futex, SB_ANSWERS_TIME,
	 {{1, UINT32_MAX - FUTEX_PRIVATE_FLAG, FUTEX_LOCK_PI2 | FUTEX_CLOCK_REALTIME, false}, {3, UINT64_MAX, 0, true}},
	 sb_answer_futex},
	{SYS_clock_nanosleep, SB_ANSWERS_TIME, {IS(0, CLOCK_REALTIME), HAS(1, TIMER_ABSTIME)}, sb_answer_clock_nanosleep},
	{SYS_clock_nanosleep, SB_ANSWERS_TIME, {IS(0, CLOCK_REALTIME_ALARM), HAS(1, TIMER_ABSTIME)}, sb_answer_clock_nanosleep},
	{SYS_clock_nanosleep, SB_ANSWERS_TIME, {IS(0, CLOCK_TAI), HAS(1, TIMER_ABSTIME)}, sb_answer_clock_nanosleep},
	{SYS_timerfd_settime, SB_ANSWERS_TIME, {HAS(1, TIMER_ABSTIME)}, sb_answer_timerfd_settime},
	{SYS_timer_settime, SB_ANSWERS_TIME, {HAS(1, TIMER_ABSTIME)}, sb_answer_timer_settime},
	{SYS_getrandom, SB_ANSWERS_RANDOM, {{0}}, sb_answer_getrandom},
	{SYS_uname, SB_ANSWERS_NAME | SB_ANSWERS_TRACE, {{0}}, sb_answer_uname},
	{SYS_stat, SB_ANSWERS_FILES, {{0}}, sb_answer_stat},
	{SYS_lstat, SB_ANSWERS_FILES, {{0}}, sb_answer_lstat},
	{SYS_fstat, SB_ANSWERS_FILES, {{0}}, sb_answer_fstat},
	{SYS_newfstatat, SB_ANSWERS_FILES, {{0}}, sb_answer_newfstatat},
	{SYS_statx, SB_ANSWERS_FILES, {{0}}, sb_answer_statx},
	{SYS_sched_getaffinity, SB_ANSWERS_MACHINE, {{0}}, sb_answer_sched_getaffinity},
	{SYS_getcpu, SB_ANSWERS_MACHINE, {{0}}, sb_answer_getcpu},
	/* files and programs; the rest of the trace */
	{SYS_open, SB_ANSWERS_TRACE, {{0}}, sb_answer_open},
	{SYS_openat, SB_ANSWERS_TRACE, {{0}}, sb_answer_openat},
	{SYS_openat2, SB_ANSWERS_TRACE, {{0}}, sb_answer_openat2},
	{SYS_creat, SB_ANSWERS_TRACE, {{0}}, sb_answer_creat},
	{SYS_truncate, SB_ANSWERS_TRACE, {{0}}, sb_answer_truncate},
	{SYS_execve, SB_ANSWERS_TRACE, {{0}}, sb_answer_execve},
	{SYS_execveat, SB_ANSWERS_TRACE, {{0}}, sb_answer_execveat},
	{SYS_prctl, SB_ANSWERS_TRACE, {IS(0, PR_SET_CHILD_SUBREAPER)}, sb_answer_take_in},
	{SYS_utime, SB_ANSWERS_TRACE, {{0}}, sb_answer_set_times},
	{SYS_utimes, SB_ANSWERS_TRACE, {{0}}, sb_answer_set_times},
	{SYS_futimesat, SB_ANSWERS_TRACE, {{0}}, sb_answer_set_times_at},
	{SYS_utimensat, SB_ANSWERS_TRACE, {{0}}, sb_answer_set_times_at},
	{SYS_shmget, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_msgget, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_semget, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	/* a number is enough, told by others or guessed: who uses one need not have asked for it */
	{SYS_shmat, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_msgsnd, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_msgrcv, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_semop, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_semtimedop, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_semctl, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_shmctl, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_msgctl, SB_ANSWERS_TRACE, {{0}}, sb_answer_shared_memory},
	{SYS_bind, SB_ANSWERS_TRACE, {{0}}, sb_answer_wait_for_peers},
	{SYS_listen, SB_ANSWERS_TRACE, {{0}}, sb_answer_wait_for_peers},
	{SYS_connect, SB_ANSWERS_TRACE, {{0}}, sb_answer_connect},
	{SYS_sendto, SB_ANSWERS_TRACE, {{4, UINT64_MAX, 0, true}}, sb_answer_sendto},
	/* what is sent by message is not asked about: so this listener came here, out of the process that it asks about */
	{SYS_socket, SB_ANSWERS_TRACE, {IS(0, AF_UNIX), {1, SOCK_TYPE, SOCK_DGRAM, false}}, sb_answer_datagrams},
	{SYS_socket, SB_ANSWERS_TRACE, {IS(0, AF_INET), {1, SOCK_TYPE, SOCK_DGRAM, false}}, sb_answer_datagrams},
	{SYS_socket, SB_ANSWERS_TRACE, {IS(0, AF_INET6), {1, SOCK_TYPE, SOCK_DGRAM, false}}, sb_answer_datagrams},
	{SYS_sysinfo, SB_ANSWERS_MACHINE, {{0}}, sb_answer_sysinfo},
};

const struct sb_call *sb_calls(size_t *count)
{
	*count = sizeof(calls) / sizeof(calls[0]);
	return calls;
}

const struct sb_call *sb_call_find(int number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

struct sb_answer sb_answer_value(int64_t value)
{
	return (struct sb_answer){.kind = SB_ANSWER_VALUE, .value = value};
}

struct sb_answer sb_answer_kernel(void)
{
	return (struct sb_answer){.kind = SB_ANSWER_KERNEL};
}

struct sb_answer sb_answer_after(struct sb_answering *answering, enum sb_reach reach, int64_t value)
{
	switch (reach) {
	case SB_REACH_OK:
		return sb_answer_value(value);
	case SB_REACH_FAULT:
		return sb_answer_value(-EFAULT);
	case SB_REACH_DENIED: /* the kernel's own answer, and a line in the record */
		answering->plan->board->controls.missed++;
		return sb_answer_kernel();
	case SB_REACH_GONE:
		break;
	}
	return sb_answer_kernel();
}
