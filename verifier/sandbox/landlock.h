/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_LANDLOCK_H
#define VERIFIER_SANDBOX_LANDLOCK_H

#include "base/base.h"

/** ABI of this kernel's Landlock; 0 when there is none. */
long sb_landlock_abi(void);

/**
 * Second wall, independent of mounts and seccomp: the caller may from now on write only below @work (absolute), /tmp, /var/tmp and
 * /dev/shm, make no devices there, and reach no abstract socket or process outside. no_new_privs must be set.
 * @abi  as sb_landlock_abi() said, at least 1.
 * Errors: IO "sandbox-setup".
 */
SB_MUST_USE int sb_landlock_enter(long abi, const char *work, struct sb_err *err);

#endif
