/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_FILTER_H
#define VERIFIER_SANDBOX_FILTER_H

#include "base/base.h"

#include <linux/filter.h>

/**
 * The seccomp filter as BPF, in @arena: the calls of @answers (bits of enum sb_answers_bit) are put to init, everything else is allowed but what docs/sandbox.md lists; refusals are errors, not kills, so that
 * configure probes go on. Other ABIs of the processor (i386, x32) get ENOSYS.
 * Errors: NOMEM, INTERNAL "sandbox-filter".
 */
SB_MUST_USE int sb_filter_make(struct sb_arena *arena, unsigned answers, struct sock_fprog *out, struct sb_err *err);

/**
 * Put it on the calling thread; no_new_privs must be set.
 * @listener  gets the descriptor that questions come from; NULL when the filter puts none.
 * Errors: IO "sandbox-setup", ABSENT "sandbox-listener".
 */
SB_MUST_USE int sb_filter_enter(const struct sock_fprog *filter, int *listener, struct sb_err *err);

#endif
