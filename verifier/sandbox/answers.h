/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls init answers in the kernel's place, and with what. Adding a call is one row of answers.c. */
#ifndef VERIFIER_SANDBOX_ANSWERS_H
#define VERIFIER_SANDBOX_ANSWERS_H

#include "verifier/sandbox/clock.h"
#include "verifier/sandbox/file_time.h"
#include "verifier/sandbox/plan.h"
#include "verifier/sandbox/streams.h"
#include "verifier/sandbox/target.h"
#include "verifier/sandbox/tracing.h"
#include "verifier/sandbox/vdso.h"

enum { SB_CALL_ARGUMENTS = 6, SB_WAITS = 256 };

/** A wait until a time of day that is cut into pieces: when its first piece began. */
struct sb_wait {
	pid_t pid;
	struct timespec deadline;
	int64_t since, last; /* init's monotonic clock: when the first piece began, when the last one ended */
};

/** What init knows when it answers; in its memory only. */
struct sb_answering {
	const struct sb_sandbox_plan *plan;
	struct sb_clock_rule clock;
	struct sb_file_clock files;
	dev_t scratches[SB_SCRATCHES], proc_device; /* file systems that this build alone writes, and /proc */
	struct sb_vdso_patch patch;  /* n is 0: nothing to patch */
	struct sb_streams *streams;  /* NULL: randomness is real */
	struct sb_tracing *tracing;  /* NULL: nothing is recorded */
	size_t parked;               /* questions that wait for a later answer */
	struct sb_wait waits[SB_WAITS]; /* by thread, the last of them; needed under a frozen clock only */
};

/** One question. */
struct sb_question {
	const uint64_t *arguments;   /* SB_CALL_ARGUMENTS; as the kernel took them */
	uint64_t caller;             /* where in the process's code the call stands */
	int64_t since, now;          /* init's monotonic clock when it was asked first, and now */
};

enum sb_answer_kind {
	SB_ANSWER_KERNEL = 0, /* the call goes on as if nobody had asked */
	SB_ANSWER_VALUE,
	SB_ANSWER_LATER,
	SB_ANSWER_DESCRIPTOR,
};

struct sb_answer {
	enum sb_answer_kind kind;
	int64_t value; /* VALUE: what the call returns, -errno for a failure. LATER: ask again at this moment. DESCRIPTOR: of ours, for the process to get */
	bool closes_on_exec; /* of DESCRIPTOR */
	bool at_once;        /* of DESCRIPTOR: a file of the root, and nobody is the worse for our having it open a little longer */
};

typedef struct sb_answer (*sb_answer_fn)(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question);

/** Only questions with (argument & mask) == value, or != value when @differs; a @mask of 0 takes all. At most one differs, with a mask of all bits. */
struct sb_condition {
	unsigned argument;
	uint64_t mask, value;
	bool differs;
};

/** Several rows may have one number; then they have one answer. */
struct sb_call {
	int number;
	unsigned controls; /* bits of enum sb_answers_bit; any of them puts the row in force */
	struct sb_condition when[2];
	sb_answer_fn answer;
};

const struct sb_call *sb_calls(size_t *count);
/** The row with this number, or NULL. */
const struct sb_call *sb_call_find(int number);

/** What asking says of a process in its trace, and the call's name; UNKNOWN: nothing. */
enum sb_trace_attempt_kind sb_call_attempt(int number, const char **name);

/** The answer after something was done to the memory of @target: @value when that went well. */
struct sb_answer sb_answer_after(struct sb_answering *answering, enum sb_reach reach, int64_t value);
struct sb_answer sb_answer_value(int64_t value);
struct sb_answer sb_answer_kernel(void);

/* The answers, by what they are about: answer_time.c, answer_wait.c, answer_image.c, answer_machine.c, answer_stat.c, answer_open.c, answer_exec.c,
 * answer_trace.c. */
struct sb_answer sb_answer_stat(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_lstat(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_fstat(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_newfstatat(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_statx(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_clock_gettime(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_gettimeofday(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_time(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_futex(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_clock_nanosleep(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_timerfd_settime(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_timer_settime(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_new_image(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_getrandom(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_uname(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_sched_getaffinity(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_getcpu(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_open(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_creat(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_openat(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_openat2(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_truncate(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_execve(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_execveat(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_set_times(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_set_times_at(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_shared_memory(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_wait_for_peers(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_connect(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_sendto(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_take_in(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_datagrams(struct sb_answering *, const struct sb_target *, const struct sb_question *);
struct sb_answer sb_answer_sysinfo(struct sb_answering *, const struct sb_target *, const struct sb_question *);

#endif
