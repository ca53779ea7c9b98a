/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_PROC_H
#define VERIFIER_SANDBOX_PROC_H

#include "verifier/sandbox/plan.h"

/**
 * A fresh /proc of our pid namespace; what describes the machine is covered by chosen text, /proc/sys is read-only, and no
 * further user namespace can be made. Errors: ABSENT "proc-masked", IO "sandbox-setup".
 */
SB_MUST_USE int sb_proc_make(const struct sb_sandbox_plan *plan, int root, struct sb_err *err);

#endif
