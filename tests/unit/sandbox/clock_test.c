/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/sandbox/clock.h"

#include <criterion/criterion.h>

#define S(seconds) ((int64_t)(seconds)*SB_CLOCK_NS)

TestSuite(clock, .fini = no_leaks);

static const struct sb_clock_rule shift = {.mode = SB_CLOCK_SHIFT, .epoch = 1000, .add = 1000, .inside_ns = -S(50) - 1};
static const struct sb_clock_rule frozen = {.mode = SB_CLOCK_FROZEN, .epoch = 1000, .add = 1000, .inside_ns = -S(50) - 1};

static void shows(const struct sb_clock_rule *rule, int64_t monotonic, int64_t seconds, long ns)
{
	struct timespec at = sb_clock_at(rule, monotonic);

	cr_expect_eq(at.tv_sec, seconds, "at %lld: %lld", (long long)monotonic, (long long)at.tv_sec);
	cr_expect_eq(at.tv_nsec, ns, "at %lld: %ld ns", (long long)monotonic, at.tv_nsec);
}

Test(clock, shifted_time_begins_at_the_epoch_and_runs)
{
	shows(&shift, S(50) + 1, 1000, 0);
	shows(&shift, S(50) + 2, 1000, 1);
	shows(&shift, S(51), 1000, 999999999);
	shows(&shift, S(51) + 1, 1001, 0);
	shows(&shift, S(50), 999, 999999999); /* a moment before: still a valid time */
}

Test(clock, frozen_time_stands)
{
	shows(&frozen, S(50) + 1, 1000, 0);
	shows(&frozen, S(5000000), 1000, 0);
}

Test(clock, the_way_to_a_deadline_is_that_of_the_build_not_of_the_machine)
{
	const struct timespec deadline = {.tv_sec = 1003, .tv_nsec = 5};

	cr_assert_eq(sb_clock_until(&shift, deadline, S(50) + 1, 0), S(3) + 5);
	cr_assert_eq(sb_clock_until(&shift, deadline, S(53) + 1, 0), 5);
	cr_assert_eq(sb_clock_until(&shift, deadline, S(60) + 1, 0), -S(7) + 5);
	cr_assert_eq(sb_clock_until(&frozen, deadline, S(60), S(60)), S(3) + 5, "the wait begins now");
	cr_assert_eq(sb_clock_until(&frozen, deadline, S(62), S(60)), S(1) + 5, "two seconds of it are over");
	cr_assert_lt(sb_clock_until(&frozen, deadline, S(64), S(60)), 0);
}

Test(clock, deadlines_beyond_all_numbers_saturate)
{
	const struct timespec never = {.tv_sec = INT64_MAX}, long_ago = {.tv_sec = INT64_MIN};

	cr_assert_eq(sb_clock_until(&shift, never, 0, 0), INT64_MAX);
	cr_assert_eq(sb_clock_until(&shift, long_ago, 0, 0), INT64_MIN);
	cr_assert_eq(sb_clock_until(&frozen, long_ago, 5, 0), INT64_MIN);
	cr_assert_gt(sb_clock_until(&frozen, never, S(5), 0), S(1000000));
}
