/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/err.h"

/** One unit of work; must not touch another index's data. */
typedef int (*sb_pool_work)(void *ctx, size_t index, struct sb_err *err);

/** Threads that share what any of them has to do: work may itself run work on the same pool, and whoever is idle takes part in it. */
struct sb_pool;

/** At most @jobs threads, the caller counted (0: one per online CPU; 1: none but the caller). NULL when out of memory. */
SB_MUST_USE struct sb_pool *sb_pool_new(unsigned jobs);
/** Nothing may run any more. Accepts NULL, nulls the pointer. */
void sb_pool_free(struct sb_pool **pool);
unsigned sb_pool_jobs(const struct sb_pool *pool);

/**
 * Run work(ctx, 0) … work(ctx, count-1) on @pool; the caller works too, and while it waits it takes part in what others run.
 * Returns the failure of the lowest index that failed, whatever the schedule was; after a failure no new index is begun
 * below which all have not been decided, so the answer is the same for any number of threads.
 */
SB_MUST_USE int sb_pool_share(struct sb_pool *pool, size_t count, sb_pool_work work, void *ctx, struct sb_err *err);

/** sb_pool_share on a pool of its own. */
SB_MUST_USE int sb_pool_run(unsigned jobs, size_t count, sb_pool_work work, void *ctx, struct sb_err *err);
unsigned sb_pool_cpus(void);

#endif
