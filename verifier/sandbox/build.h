/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_BUILD_H
#define VERIFIER_SANDBOX_BUILD_H

#include "verifier/sandbox/plan.h"

/** In a fresh child of init: give up every right in the one order that works, and run the step. A failure before the exec is on the board.
 * @channel  to init, which waits there for the filter's listener; -1 when there is none. */
_Noreturn void sb_build_step(const struct sb_sandbox_plan *plan, size_t step, int channel);

#endif
