/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_COLLECT_H
#define VERIFIER_SANDBOX_COLLECT_H

#include "verifier/sandbox/watch.h"

/**
 * Take the outputs out of watch->build once nothing runs in it any more: sorted, hashed, nothing followed, nothing opened but regular
 * files. What is not there is left out. Too much of them is no error but the end LIMIT in watch->out, which then has no outputs.
 * Errors: IO "output-unreadable", NOMEM.
 */
SB_MUST_USE int sb_collect(struct sb_watch *watch, struct sb_arena *arena, struct sb_err *err);

#endif
