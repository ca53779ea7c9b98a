/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Init answers system calls of the build, as the filter asks it to. One listener a step; it ends with the last process that runs
 * under the step's filter. A question whose answer comes later is parked. The trace of inputs hangs on the same table of calls.
 */
#ifndef VERIFIER_SANDBOX_LISTENER_H
#define VERIFIER_SANDBOX_LISTENER_H

#include "verifier/sandbox/file_time.h"
#include "verifier/sandbox/plan.h"

#include <poll.h>

enum { SB_LISTENERS = 32 };

struct sb_listener;

/**
 * In init, once all file systems are the environment's. @clock and @files are copied. Allocates no heap.
 * Errors: NOMEM, IO "sandbox-setup", INTERNAL "sandbox-listener" when the vDSO is not the one that the plan looked at.
 */
SB_MUST_USE int sb_listener_new(struct sb_listener **out, const struct sb_sandbox_plan *plan, const struct sb_clock_rule *clock,
                                const struct sb_file_clock *files, struct sb_err *err);
void sb_listener_free(struct sb_listener **listener);

/** Attend to one more. Takes ownership of @fd in any case. Errors: LIMIT "sandbox-leftovers" when too many steps left processes behind. */
SB_MUST_USE int sb_listener_add(struct sb_listener *listener, int fd, struct sb_err *err);

/** A step begins: @root is its first process. */
void sb_listener_step(struct sb_listener *listener, size_t step, pid_t root);
/** All processes are gone: a trace gets its witness and its digests. */
void sb_listener_finish(struct sb_listener *listener);

/** What to poll for: fills at most SB_LISTENERS rows, returns their number. */
size_t sb_listener_watch(const struct sb_listener *listener, struct pollfd *rows);
/** ms until a parked question is due; -1 when there is none. */
int sb_listener_timeout(const struct sb_listener *listener);

/**
 * Answer one question of each listener that has one, and what is due: a flood of questions starves nobody. @rows as polled.
 * Errors: IO "sandbox-listener" when questions cannot be received or answered any more: the build must not go on then.
 */
SB_MUST_USE int sb_listener_serve(struct sb_listener *listener, const struct pollfd *rows, size_t count, struct sb_err *err);

#endif
