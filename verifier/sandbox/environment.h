/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_ENVIRONMENT_H
#define VERIFIER_SANDBOX_ENVIRONMENT_H

#include "verifier/sandbox/plan.h"

/** What was in force, for the record: walls as the board has them, limits, controls, the machine. Errors: NOMEM. */
SB_MUST_USE int sb_environment_describe(const struct sb_sandbox_plan *plan, struct sb_arena *arena, struct sb_environment *out, struct sb_err *err);

#endif
