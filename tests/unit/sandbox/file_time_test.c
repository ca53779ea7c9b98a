/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/sandbox/file_time.h"

#include <criterion/criterion.h>

TestSuite(file_time, .fini = no_leaks);

enum { EPOCH = 1000000 };

static const struct sb_clock_rule shift = {.mode = SB_CLOCK_SHIFT, .epoch = EPOCH}, frozen = {.mode = SB_CLOCK_FROZEN, .epoch = EPOCH};
static const struct sb_file_clock files = {.made = {.tv_sec = 5000000, .tv_nsec = 10}, .began = {.tv_sec = 5000002, .tv_nsec = 500}};

static struct timespec at(int64_t seconds, long ns)
{
	return (struct timespec){.tv_sec = seconds, .tv_nsec = ns};
}

static void becomes(const struct sb_clock_rule *rule, struct timespec real, bool ours, int64_t seconds, long ns)
{
	struct timespec told = sb_file_time(rule, &files, real, at(5000100, 0), ours);

	cr_expect(told.tv_sec == seconds && told.tv_nsec == ns, "%lld.%09ld gives %lld.%09ld", (long long)real.tv_sec, real.tv_nsec,
	          (long long)told.tv_sec, told.tv_nsec);
}

Test(file_time, stamps_follow_the_clock)
{
	becomes(&shift, at(5000002, 500), true, EPOCH, 0);
	becomes(&shift, at(5000003, 499), true, EPOCH, 999999999);
	becomes(&shift, at(5000100, 0), true, EPOCH + 97, 999999500);
	becomes(&shift, at(5000000, 10), true, EPOCH, 0); /* while the environment was made */
}

Test(file_time, what_was_set_on_purpose_stays)
{
	becomes(&shift, at(5000000, 9), true, 5000000, 9);
	becomes(&shift, at(5, 5), true, 5, 5);
	becomes(&shift, at(5000100, 1), true, 5000100, 1);
	becomes(&shift, at(-5, 5), true, -5, 5);
	becomes(&frozen, at(6000000, 1), true, 6000000, 1);
}

Test(file_time, files_of_others_are_not_newer_than_the_epoch)
{
	becomes(&shift, at(EPOCH - 1, 7), false, EPOCH - 1, 7);
	becomes(&shift, at(EPOCH, 0), false, EPOCH, 0);
	becomes(&shift, at(EPOCH, 1), false, EPOCH, 0);
	becomes(&frozen, at(9000000, 1), false, EPOCH, 0);
}

Test(file_time, frozen_stamps_keep_their_order_within_a_millisecond)
{
	becomes(&frozen, at(5000002, 500), true, EPOCH, 0);
	becomes(&frozen, at(5000002, 500 + (1 << 22)), true, EPOCH, 1);
	becomes(&frozen, at(5000002, 500 + (3 << 22)), true, EPOCH, 3);

	struct timespec late = sb_file_time(&frozen, &files, at(5900000, 0), at(6000000, 0), true);
	cr_assert(late.tv_sec == EPOCH && late.tv_nsec == 999999);
}
