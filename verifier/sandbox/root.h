/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_ROOT_H
#define VERIFIER_SANDBOX_ROOT_H

#include "verifier/sandbox/plan.h"

/** What a build with host_root sees of this machine, relative to its root; NULL-terminated. */
extern const char *const sb_host_paths[];

/**
 * Called by init in its new mount namespace: assemble what the build sees, fill in the sources, make it the root, and lose the
 * old one. Nothing is allocated.
 * Errors: TEMPORARY "sandbox-fill" when the sources do not fit; ABSENT "proc-masked"; IO "sandbox-setup", "sandbox-fill".
 */
SB_MUST_USE int sb_root_enter(const struct sb_sandbox_plan *plan, struct sb_err *err);

#endif
