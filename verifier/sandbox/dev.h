/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_DEV_H
#define VERIFIER_SANDBOX_DEV_H

#include "verifier/sandbox/plan.h"

/** /dev with null zero full random urandom, the links to descriptors, and shm. No terminal. Errors: IO "sandbox-setup". */
SB_MUST_USE int sb_dev_make(const struct sb_sandbox_plan *plan, int root, struct sb_err *err);

#endif
