/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_RANDOM_DEVICE_H
#define VERIFIER_SANDBOX_RANDOM_DEVICE_H

#include "base/base.h"

enum { SB_RANDOM_DEVICE_BYTES = 1 << 20 };

/**
 * Instead of the devices /dev/random and /dev/urandom below @root: files of SB_RANDOM_DEVICE_BYTES that @seed alone determines. Each
 * opening reads them from the start.
 * Errors: IO "sandbox-setup".
 */
SB_MUST_USE int sb_random_device_make(int root, uint64_t seed, struct sb_err *err);

#endif
