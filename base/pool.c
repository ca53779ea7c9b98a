/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/** One run: indexes are handed out in order, so everything below a failed one has been begun. */
struct run {
	pthread_mutex_t lock;
	sb_pool_work work;
	void *ctx;
	size_t next, count;
	bool failed;
	size_t failed_at;
	int rc;
	struct sb_err err;
};

static bool take(struct run *run, size_t *index)
{
	pthread_mutex_lock(&run->lock);
	bool more = run->next < run->count && !run->failed;
	if (more)
		*index = run->next++;
	pthread_mutex_unlock(&run->lock);
	return more;
}

static void note_failure(struct run *run, size_t index, int rc, const struct sb_err *err)
{
	pthread_mutex_lock(&run->lock);
	if (!run->failed || index < run->failed_at) {
		run->failed = true;
		run->failed_at = index;
		run->rc = rc;
		run->err = *err;
	}
	pthread_mutex_unlock(&run->lock);
}

static void *work_through(void *arg)
{
	struct run *run = arg;
	size_t index;

	while (take(run, &index)) {
		struct sb_err err = {.code = SB_INTERNAL};
		int rc = run->work(run->ctx, index, &err);
		if (rc)
			note_failure(run, index, rc, &err);
	}
	return NULL;
}

unsigned sb_pool_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 1024 ? 1024 : (unsigned)n;
}

/* The caller works too; a thread that cannot be started leaves the work to the others. */
static void run_threads(struct run *run, size_t helpers)
{
	pthread_t *threads = helpers ? calloc(helpers, sizeof *threads) : NULL;
	size_t started = 0;

	while (threads && started < helpers && pthread_create(&threads[started], NULL, work_through, run) == 0)
		started++;
	work_through(run);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

int sb_pool_run(unsigned jobs, size_t count, sb_pool_work work, void *ctx, struct sb_err *err)
{
	struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = work, .ctx = ctx, .count = count};
	size_t workers = jobs ? jobs : sb_pool_cpus();

	if (workers > count)
		workers = count;
	run_threads(&run, workers > 1 ? workers - 1 : 0);
	pthread_mutex_destroy(&run.lock);
	if (run.failed && err)
		*err = run.err;
	return run.failed ? run.rc : 0;
}
