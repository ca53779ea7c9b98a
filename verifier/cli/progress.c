/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/progress.h"

#include <inttypes.h>

/** Milliseconds between two lines. */
enum { REDRAW = 100, PLAIN = 30000 };

static int64_t now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static void print_line(struct sb_meter *meter, const char *stage, const char *what, uint64_t done, uint64_t total)
{
	struct sb_buf shown = {.ceiling = 4096};

	sb_escape(&shown, sb_span_text(what));
	if (meter->terminal)
		fprintf(stderr, "\r\033[K[%" PRIu64 "/%" PRIu64 "] %s %.60s", done + (done < total), total, stage, shown.data ? shown.data : "");
	else
		fprintf(stderr, "samebuild: %s %s (%" PRIu64 " of %" PRIu64 ")\n", stage, shown.data ? shown.data : "", done + (done < total), total);
	fflush(stderr);
	sb_buf_release(&shown);
	meter->drawn = meter->terminal;
}

static void step(struct sb_progress *progress, const char *stage, const char *what, uint64_t done, uint64_t total)
{
	struct sb_meter *meter = (struct sb_meter *)(void *)progress;
	int64_t at = now();

	pthread_mutex_lock(&meter->lock);
	if (!meter->quiet && at - meter->last >= (meter->terminal ? REDRAW : PLAIN)) {
		meter->last = at;
		print_line(meter, stage, what, done, total);
	}
	pthread_mutex_unlock(&meter->lock);
}

void sb_meter_init(struct sb_meter *meter, bool terminal, bool quiet, const volatile sig_atomic_t *stop)
{
	*meter = (struct sb_meter){.progress = {.step = step, .stop = stop}, .lock = PTHREAD_MUTEX_INITIALIZER, .terminal = terminal, .quiet = quiet,
	                           .last = terminal ? 0 : now()};
}

void sb_meter_clear(struct sb_meter *meter)
{
	if (meter->drawn)
		fputs("\r\033[K", stderr);
	meter->drawn = false;
}
