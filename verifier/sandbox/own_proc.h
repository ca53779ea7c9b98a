/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_OWN_PROC_H
#define VERIFIER_SANDBOX_OWN_PROC_H

#include "base/base.h"

/** True when /proc is there and of our own pid namespace: only then do the numbers in it mean the processes that we know by them. */
bool sb_own_proc(void);

#endif
