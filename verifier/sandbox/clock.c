/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/clock.h"

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t sb_clock_monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SB_CLOCK_NS + now.tv_nsec;
}

struct timespec sb_clock_at(const struct sb_clock_rule *rule, int64_t monotonic)
{
	int64_t inside = monotonic + rule->inside_ns;
	int64_t seconds = floor_div(inside, SB_CLOCK_NS);

	if (rule->mode == SB_CLOCK_FROZEN)
		return (struct timespec){.tv_sec = rule->epoch};
	return (struct timespec){.tv_sec = rule->add + seconds, .tv_nsec = inside - seconds * SB_CLOCK_NS};
}

int64_t sb_clock_span(struct timespec a, struct timespec b)
{
	int64_t seconds, ns;

	if (__builtin_sub_overflow((int64_t)a.tv_sec, (int64_t)b.tv_sec, &seconds) || __builtin_mul_overflow(seconds, (int64_t)SB_CLOCK_NS, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)a.tv_nsec - b.tv_nsec, &ns))
		return a.tv_sec < b.tv_sec ? INT64_MIN : INT64_MAX;
	return ns;
}

int64_t sb_clock_until(const struct sb_clock_rule *rule, struct timespec deadline, int64_t monotonic, int64_t since)
{
	int64_t left = sb_clock_span(deadline, sb_clock_at(rule, monotonic));

	if (rule->mode == SB_CLOCK_FROZEN && __builtin_sub_overflow(left, monotonic - since, &left))
		return INT64_MIN;
	return left;
}
