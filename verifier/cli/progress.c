/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/progress.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/** Milliseconds between two lines. */
enum { REDRAW = 100, PLAIN = 30000 };

static int64_t now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static unsigned columns(void)
{
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/* The end of a name that fits into @room bytes, from the start of a character: it says more than its beginning. */
static const char *end_of(const char *shown, size_t room)
{
	size_t n = strlen(shown);
	const char *from = n > room ? shown + (n - room) : shown;

	while (((unsigned char)*from & 0xc0) == 0x80)
		from++;
	return from;
}

static void draw(const char *stage, const char *shown, uint64_t at, uint64_t total)
{
	char head[96];
	int n = snprintf(head, sizeof head, "[%" PRIu64 "/%" PRIu64 "] %.40s ", at, total, stage);
	unsigned wide = columns(), used = n > 0 && (unsigned)n < sizeof head ? (unsigned)n : 0;

	fprintf(stderr, "\r\033[K%s%s", head, end_of(shown, wide > used + 10 ? wide - used - 1 : 10));
}

static void print_line(struct sb_meter *meter, const char *stage, const char *what, uint64_t done, uint64_t total)
{
	struct sb_buf shown = {.ceiling = 20000};
	uint64_t at = done + (done < total);

	sb_escape(&shown, sb_span_text(what));
	const char *text = shown.data ? shown.data : "";
	if (meter->terminal)
		draw(stage, text, at, total);
	else
		fprintf(stderr, "samebuild: %s %s (%" PRIu64 " of %" PRIu64 ")\n", stage, text, at, total);
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
