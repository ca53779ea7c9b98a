/* SPDX-License-Identifier: Apache-2.0 */
/* From the real time that the kernel stamps on files to the build's time. No I/O. */
#ifndef VERIFIER_SANDBOX_FILE_TIME_H
#define VERIFIER_SANDBOX_FILE_TIME_H

#include "verifier/sandbox/clock.h"

/** Moments of the real time of day. */
struct sb_file_clock {
	struct timespec made;  /* the environment's first file may be as old as this */
	struct timespec began; /* the build's clock showed the epoch */
};

/**
 * What the build sees of a file's time. Between @made and @now it is a stamp of the kernel: SHIFT gives what the build's clock showed
 * then; FROZEN the epoch and a part of a millisecond that keeps the order of stamps for an hour, for a build must still see what is
 * newer. Any other time was there before, or was set on purpose, and stays; only a file that is not @ours, on a file system that this
 * build alone writes, is not newer than the epoch.
 */
struct timespec sb_file_time(const struct sb_clock_rule *rule, const struct sb_file_clock *clock, struct timespec real, struct timespec now,
                             bool ours);

#endif
