/* SPDX-License-Identifier: Apache-2.0 */
/* The build's time of day: what its clocks show, and how long it is until one of them shows something. No I/O. */
#ifndef VERIFIER_SANDBOX_CLOCK_H
#define VERIFIER_SANDBOX_CLOCK_H

#include "manifests/manifests.h"

#include <time.h>

/**
 * SHIFT: the build's CLOCK_MONOTONIC plus whole seconds, so that a stub of a few instructions can do the same sum.
 * FROZEN: always the epoch. REAL: not ours to say; the functions below must not be asked.
 */
struct sb_clock_rule {
	enum sb_clock mode;
	int64_t epoch;     /* s, at the start of the build */
	int64_t add;       /* s, from the build's monotonic clock to its time of day */
	int64_t inside_ns; /* from init's monotonic clock, in ns, to the build's: only the build is in the time namespace */
};

enum { SB_CLOCK_NS = 1000000000 };

/** init's CLOCK_MONOTONIC in ns: what the @monotonic below is. */
int64_t sb_clock_monotonic(void);

/** What the build's time of day is when init's monotonic clock shows @monotonic ns. */
struct timespec sb_clock_at(const struct sb_clock_rule *rule, int64_t monotonic);

/** a - b in ns, saturating; both have ns between 0 and 999999999. */
int64_t sb_clock_span(struct timespec a, struct timespec b);

/**
 * Nanoseconds from @monotonic until the build's time of day has moved from the epoch to @deadline; not above 0 when that is over. Saturates.
 * A frozen clock never gets there: what is counted then is the time that passes since @since, another moment of init's clock.
 */
int64_t sb_clock_until(const struct sb_clock_rule *rule, struct timespec deadline, int64_t monotonic, int64_t since);

#endif
