/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_FILTER_H
#define VERIFIER_SANDBOX_FILTER_H

#include "base/base.h"

#include <linux/filter.h>

/**
 * The seccomp filter as BPF, in @arena: everything is allowed but what docs/sandbox.md lists; refusals are errors, not kills, so that
 * configure probes go on. Other ABIs of the processor (i386, x32) get ENOSYS.
 * Errors: NOMEM, INTERNAL "sandbox-filter".
 */
SB_MUST_USE int sb_filter_make(struct sb_arena *arena, struct sock_fprog *out, struct sb_err *err);

/** Put it on the calling thread; no_new_privs must be set. Errors: IO "sandbox-setup". */
SB_MUST_USE int sb_filter_enter(const struct sock_fprog *filter, struct sb_err *err);

#endif
