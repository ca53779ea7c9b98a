/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/** One run: indexes are handed out in order, so everything below a failed one has been begun. */
struct run {
	struct run *older;
	sb_pool_work work;
	void *ctx;
	size_t next, count, running;
	bool failed;
	size_t failed_at;
	int rc;
	struct sb_err err;
};

struct sb_pool {
	unsigned jobs;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* there is something to take, or a run came to its end */
	struct run *newest;     /* of those with indexes that nobody took */
	pthread_t *threads;     /* started when there is something to share */
	size_t started;
	bool over;
};

unsigned sb_pool_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 1024 ? 1024 : (unsigned)n;
}

unsigned sb_pool_jobs(const struct sb_pool *pool)
{
	return pool->jobs;
}

struct sb_pool *sb_pool_new(unsigned jobs)
{
	struct sb_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return NULL;
	pool->jobs = jobs ? jobs : sb_pool_cpus();
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, NULL);
	return pool;
}

static void note_failure(struct run *run, size_t index, int rc, const struct sb_err *err)
{
	if (!run->failed || index < run->failed_at) {
		run->failed = true;
		run->failed_at = index;
		run->rc = rc;
		run->err = *err;
	}
}

static bool has_more(const struct run *run)
{
	return run->next < run->count && !run->failed;
}

static void leave(struct sb_pool *pool, const struct run *run)
{
	for (struct run **at = &pool->newest; *at; at = &(*at)->older) {
		if (*at == run) {
			*at = run->older;
			return;
		}
	}
}

/* The next index of @run. The lock is held, but for the work itself. */
static void do_one(struct sb_pool *pool, struct run *run)
{
	struct sb_err err = {.code = SB_INTERNAL};
	size_t index = run->next++;

	run->running++;
	if (!has_more(run))
		leave(pool, run);
	pthread_mutex_unlock(&pool->lock);
	int rc = run->work(run->ctx, index, &err);
	pthread_mutex_lock(&pool->lock);
	run->running--;
	if (rc) {
		note_failure(run, index, rc, &err);
		leave(pool, run);
	}
	if (run->running == 0 && !has_more(run))
		pthread_cond_broadcast(&pool->changed);
}

/* The newest is what others wait for first. */
static void *help(void *arg)
{
	struct sb_pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	while (!pool->over) {
		if (pool->newest)
			do_one(pool, pool->newest);
		else
			pthread_cond_wait(&pool->changed, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* A thread that cannot be started leaves the work to the others. */
static void start_threads(struct sb_pool *pool, size_t wanted)
{
	if (!pool->threads)
		pool->threads = calloc(pool->jobs, sizeof *pool->threads);
	while (pool->threads && pool->started < wanted && pool->started + 1 < pool->jobs &&
	       pthread_create(&pool->threads[pool->started], NULL, help, pool) == 0)
		pool->started++;
}

void sb_pool_free(struct sb_pool **pool)
{
	struct sb_pool *old = *pool;

	if (!old)
		return;
	pthread_mutex_lock(&old->lock);
	old->over = true;
	pthread_cond_broadcast(&old->changed);
	pthread_mutex_unlock(&old->lock);
	for (size_t i = 0; i < old->started; i++)
		pthread_join(old->threads[i], NULL);
	free(old->threads);
	pthread_cond_destroy(&old->changed);
	pthread_mutex_destroy(&old->lock);
	free(old);
	*pool = NULL;
}

int sb_pool_share(struct sb_pool *pool, size_t count, sb_pool_work work, void *ctx, struct sb_err *err)
{
	struct run run = {.work = work, .ctx = ctx, .count = count};

	pthread_mutex_lock(&pool->lock);
	if (count > 1) {
		start_threads(pool, count - 1);
		run.older = pool->newest;
		pool->newest = &run;
		pthread_cond_broadcast(&pool->changed);
	}
	while (has_more(&run))
		do_one(pool, &run);
	while (run.running) {
		if (pool->newest)
			do_one(pool, pool->newest);
		else
			pthread_cond_wait(&pool->changed, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	if (run.failed && err)
		*err = run.err;
	return run.failed ? run.rc : 0;
}

int sb_pool_run(unsigned jobs, size_t count, sb_pool_work work, void *ctx, struct sb_err *err)
{
	struct sb_pool *pool = sb_pool_new(jobs);
	int rc = pool ? sb_pool_share(pool, count, work, ctx, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	sb_pool_free(&pool);
	return rc;
}
