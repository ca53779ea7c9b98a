/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_INIT_H
#define VERIFIER_SANDBOX_INIT_H

#include "verifier/sandbox/plan.h"

/**
 * PID 1 of the environment: makes it, runs the steps one after the other, ends whatever they leave behind, hands the build folder to the
 * supervisor. It never execs, so its error texts and the plan are those of the supervisor it is a copy of. When it dies, all die.
 */
_Noreturn void sb_init_run(const struct sb_sandbox_plan *plan);

#endif
