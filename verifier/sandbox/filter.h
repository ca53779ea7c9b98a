/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_FILTER_H
#define VERIFIER_SANDBOX_FILTER_H

#include "base/base.h"

#include <linux/filter.h>

struct sb_filter_wish {
	unsigned answers; /* calls that are put to init: bits of enum sb_answers_bit */
	bool debugging;   /* ptrace and its like are allowed */
};

/**
 * The seccomp filter as BPF, in @arena: everything is allowed but what docs/environment.md lists; refusals are errors, not kills, so
 * that configure probes go on. Other ABIs of the processor (i386, x32) get ENOSYS.
 * Errors: NOMEM, INTERNAL "sandbox-filter".
 */
SB_MUST_USE int sb_filter_make(struct sb_arena *arena, const struct sb_filter_wish *wish, struct sock_fprog *out, struct sb_err *err);

/**
 * Refuse files that live in memory alone, with ENOSYS: where no control group counts, nobody would. no_new_privs must be set.
 * Errors: IO "sandbox-setup".
 */
SB_MUST_USE int sb_filter_refuse_memory_files(struct sb_err *err);

/**
 * Put it on the calling thread; no_new_privs must be set.
 * @listener  gets the descriptor that questions come from; NULL when the filter puts none.
 * Errors: IO "sandbox-setup", ABSENT "sandbox-listener".
 */
SB_MUST_USE int sb_filter_enter(const struct sock_fprog *filter, int *listener, struct sb_err *err);

/** A filter of libseccomp (scmp_filter_ctx) as BPF in @arena. Errors: NOMEM, INTERNAL "sandbox-filter", IO "sandbox-setup". */
SB_MUST_USE int sb_filter_export(void *ctx, struct sb_arena *arena, struct sock_fprog *out, struct sb_err *err);

#endif
