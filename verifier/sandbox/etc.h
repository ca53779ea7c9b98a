/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_ETC_H
#define VERIFIER_SANDBOX_ETC_H

#include "verifier/sandbox/plan.h"

/**
 * The files below /etc that name this machine or its people, with chosen text. A toolchain root keeps its own system accounts;
 * with the host's directories only Debian's globally allocated ids are shown. Fills plan->etc. Errors: NOMEM, INTERNAL.
 */
SB_MUST_USE int sb_etc_choose(struct sb_sandbox_plan *plan, struct sb_err *err);

#endif
