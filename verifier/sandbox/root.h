/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_ROOT_H
#define VERIFIER_SANDBOX_ROOT_H

#include "verifier/sandbox/plan.h"

/**
 * Called by init in its new mount namespace: assemble what the build sees, fill in the sources, make it the root, and lose the
 * old one. Nothing is allocated.
 * Errors: TEMPORARY "sandbox-fill" when the sources do not fit; ABSENT "proc-masked"; IO "sandbox-setup", "sandbox-fill".
 */
SB_MUST_USE int sb_root_enter(const struct sb_sandbox_plan *plan, struct sb_err *err);

#endif
