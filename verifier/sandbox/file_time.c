/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/file_time.h"

enum { FROZEN_SHIFT = 22, FROZEN_MOST = 999999 }; /* 2^22 ns are 4 ms: the kernel's stamps are a few of them apart */

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

struct timespec sb_file_time(const struct sb_clock_rule *rule, const struct sb_file_clock *clock, struct timespec real, struct timespec now,
                             bool ours)
{
	const struct timespec epoch = {.tv_sec = rule->epoch};

	if (!ours)
		return is_before(epoch, real) ? epoch : real;
	if (is_before(real, clock->made) || is_before(now, real))
		return real;
	int64_t passed = is_before(real, clock->began) ? 0 : sb_clock_span(real, clock->began);
	if (rule->mode == SB_CLOCK_FROZEN)
		return (struct timespec){.tv_sec = rule->epoch, .tv_nsec = passed >> FROZEN_SHIFT < FROZEN_MOST ? passed >> FROZEN_SHIFT : FROZEN_MOST};
	return (struct timespec){.tv_sec = rule->epoch + passed / SB_CLOCK_NS, .tv_nsec = passed % SB_CLOCK_NS};
}
