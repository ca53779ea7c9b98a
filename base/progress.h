/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * Where a stage says how far it is. Passed in by the command line, may be NULL; calls may come from any thread.
 * Stages never print.
 */
struct sb_progress {
	void (*step)(struct sb_progress *self, const char *stage, const char *what, uint64_t done, uint64_t total);
	const volatile sig_atomic_t *stop; /* non-zero once a signal asked to stop; may be NULL */
};

static inline void sb_step(struct sb_progress *progress, const char *stage, const char *what, uint64_t done, uint64_t total)
{
	if (progress && progress->step)
		progress->step(progress, stage, what, done, total);
}

static inline bool sb_stopping(const struct sb_progress *progress)
{
	return progress && progress->stop && *progress->stop != 0;
}

#endif
