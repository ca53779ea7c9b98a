/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_MASKS_H
#define VERIFIER_SANDBOX_MASKS_H

#include "verifier/sandbox/plan.h"

/* What every build sees of the machine's memory, in /proc/meminfo and by sysinfo(2). */
enum { SB_SHOWN_MEMORY_KB = 8388608, SB_SHOWN_FREE_KB = 4194304 };

/** Chosen text for the files of /proc and /sys that describe this machine. Fills plan->masks and plan->sys. Errors: NOMEM. */
SB_MUST_USE int sb_masks_choose(struct sb_sandbox_plan *plan, struct sb_err *err);

#endif
