/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_SYSCTLS_H
#define VERIFIER_SANDBOX_SYSCTLS_H

#include "verifier/sandbox/plan.h"

/** What the build finds below /proc/sys: a few settings with the same values on every machine, and nothing else. Errors: NOMEM. */
SB_MUST_USE int sb_sysctls_choose(struct sb_sandbox_plan *plan, struct sb_err *err);

#endif
