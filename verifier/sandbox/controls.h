/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_CONTROLS_H
#define VERIFIER_SANDBOX_CONTROLS_H

#include "verifier/sandbox/listing.h"
#include "verifier/sandbox/plan.h"

/**
 * Which controls this kernel lets us enforce, by trying: fills the plan's fields from clock on, and the reasons for what is missing.
 * The plan's spec and arena must be set.
 */
void sb_controls_choose(struct sb_sandbox_plan *plan);

/** Every control with the value in force; what was asked for and is not in force says so with its reason. */
void sb_controls_describe(const struct sb_sandbox_plan *plan, struct sb_listing *list);

#endif
