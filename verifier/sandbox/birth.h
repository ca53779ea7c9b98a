/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_BIRTH_H
#define VERIFIER_SANDBOX_BIRTH_H

#include "verifier/sandbox/watch.h"

/**
 * Make the group and init, map its ids, let it go. On failure sb_watch_bury() still has to be called.
 * Errors: ABSENT "no-user-namespaces" with the switch that forbids them; IO "sandbox-setup".
 */
SB_MUST_USE int sb_birth(struct sb_watch *watch, struct sb_err *err);

#endif
