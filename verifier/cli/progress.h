/* SPDX-License-Identifier: Apache-2.0 */
/* How far the stages are, on stderr: one line that is redrawn on a terminal, a plain line now and then elsewhere. */
#ifndef VERIFIER_CLI_PROGRESS_H
#define VERIFIER_CLI_PROGRESS_H

#include "base/base.h"

#include <pthread.h>

struct sb_meter {
	struct sb_progress progress; /* first: what the stages get */
	pthread_mutex_t lock;
	bool terminal, quiet, drawn;
	int64_t last; /* monotonic milliseconds of the last line */
};

/** @terminal: stderr is one that can redraw a line. */
void sb_meter_init(struct sb_meter *meter, bool terminal, bool quiet, const volatile sig_atomic_t *stop);
/** Remove what was drawn, before anything else is printed. */
void sb_meter_clear(struct sb_meter *meter);

#endif
