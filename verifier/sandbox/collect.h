/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_COLLECT_H
#define VERIFIER_SANDBOX_COLLECT_H

#include "verifier/sandbox/sandbox.h"

/**
 * Take the outputs out of the build folder @build once nothing runs in it any more: sorted, hashed, nothing followed, nothing opened but
 * regular files. What is not there is left out. Errors: LIMIT "output-limit", IO "output-unreadable", NOMEM.
 */
SB_MUST_USE int sb_collect(int build, const struct sb_sandbox_spec *spec, struct sb_arena *arena, struct sb_sandbox_result *out, struct sb_err *err);

#endif
