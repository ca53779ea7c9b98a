/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/err.h"

/** One unit of work; must not touch another index's data. */
typedef int (*sb_pool_work)(void *ctx, size_t index, struct sb_err *err);

/**
 * Run work(ctx, 0) … work(ctx, count-1) on up to @jobs threads (0: one per online CPU; 1: in the caller).
 * Returns the failure of the lowest index that failed, whatever the schedule was; after a failure no new index is begun
 * below which all have not been decided, so the answer is the same for every @jobs.
 */
SB_MUST_USE int sb_pool_run(unsigned jobs, size_t count, sb_pool_work work, void *ctx, struct sb_err *err);
unsigned sb_pool_cpus(void);

#endif
