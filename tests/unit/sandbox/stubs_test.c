/* SPDX-License-Identifier: Apache-2.0 */
/* The stubs are run: put into memory of this process and called as what they stand for. */
#include "tests/unit/leaks.h"
#include "verifier/sandbox/stubs.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

TestSuite(stubs, .fini = no_leaks);

enum { ROOM = 4096, EPOCH = 1600000000 };

static const struct sb_clock_rule shift = {.mode = SB_CLOCK_SHIFT, .epoch = EPOCH, .add = EPOCH};
static const struct sb_clock_rule frozen = {.mode = SB_CLOCK_FROZEN, .epoch = EPOCH, .add = EPOCH};

union entry {
	void *memory;
	int (*clock_gettime)(clockid_t, struct timespec *);
	int (*gettimeofday)(struct timeval *, int *);
	time_t (*time)(time_t *);
	int (*getcpu)(unsigned *, unsigned *, void *);
	ssize_t (*getrandom)(void *, size_t, unsigned, void *, size_t);
};

static union entry ready(enum sb_stub stub, const struct sb_clock_rule *rule)
{
	struct sb_code code = sb_stub_code(stub, rule);
	union entry entry = {.memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};

	cr_assert_neq(entry.memory, MAP_FAILED);
	cr_assert_leq(code.n, sizeof(code.bytes));
	memset(entry.memory, 0xcc, ROOM); /* int3: whoever leaves the code dies */
	memcpy(entry.memory, code.bytes, code.n);
	cr_assert_eq(mprotect(entry.memory, ROOM, PROT_READ | PROT_EXEC), 0);
	return entry;
}

static void between(struct timespec low, struct timespec at, struct timespec high)
{
	int64_t a = low.tv_sec * INT64_C(1000000000) + low.tv_nsec, b = at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
	int64_t c = high.tv_sec * INT64_C(1000000000) + high.tv_nsec;

	cr_assert(a <= b && b <= c, "%lld <= %lld <= %lld", (long long)a, (long long)b, (long long)c);
}

static struct timespec monotonic(int64_t add)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now.tv_sec += add;
	return now;
}

Test(stubs, every_realtime_clock_is_monotonic_and_the_epoch)
{
	static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_REALTIME_ALARM, CLOCK_TAI};
	union entry entry = ready(SB_STUB_CLOCK_GETTIME, &shift);

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct timespec before = monotonic(EPOCH), at = {0};

		cr_assert_eq(entry.clock_gettime(clocks[i], &at), 0);
		between(before, at, monotonic(EPOCH));
	}
}

Test(stubs, other_clocks_stay_the_kernels)
{
	union entry entries[] = {ready(SB_STUB_CLOCK_GETTIME, &shift), ready(SB_STUB_CLOCK_GETTIME, &frozen)};

	for (size_t i = 0; i < 2; i++) {
		struct timespec before = monotonic(0), at = {0};

		cr_assert_eq(entries[i].clock_gettime(CLOCK_MONOTONIC, &at), 0);
		between(before, at, monotonic(0));
		cr_assert_eq(entries[i].clock_gettime(99, &at), -EINVAL);
	}
}

Test(stubs, frozen_clocks_say_the_epoch)
{
	struct timespec at = {.tv_nsec = 5};
	struct timeval day = {.tv_usec = 5};
	time_t seconds = 0;

	cr_assert_eq(ready(SB_STUB_CLOCK_GETTIME, &frozen).clock_gettime(CLOCK_REALTIME, &at), 0);
	cr_assert(at.tv_sec == EPOCH && at.tv_nsec == 0);
	cr_assert_eq(ready(SB_STUB_GETTIMEOFDAY, &frozen).gettimeofday(&day, NULL), 0);
	cr_assert(day.tv_sec == EPOCH && day.tv_usec == 0);
	cr_assert_eq(ready(SB_STUB_TIME, &frozen).time(&seconds), EPOCH);
	cr_assert_eq(seconds, EPOCH);
	cr_assert_eq(ready(SB_STUB_TIME, &frozen).time(NULL), EPOCH);
}

Test(stubs, gettimeofday_has_microseconds_and_takes_null)
{
	union entry entry = ready(SB_STUB_GETTIMEOFDAY, &shift);
	struct timespec before = monotonic(EPOCH), at;
	struct timeval day = {0};
	int zone[2] = {7, 7};

	cr_assert_eq(entry.gettimeofday(&day, zone), 0);
	cr_assert(zone[0] == 0 && zone[1] == 0);
	cr_assert_lt(day.tv_usec, 1000000);
	before.tv_nsec = before.tv_nsec / 1000 * 1000;
	at = (struct timespec){.tv_sec = day.tv_sec, .tv_nsec = day.tv_usec * 1000};
	between(before, at, monotonic(EPOCH));
	zone[0] = 7;
	cr_assert_eq(entry.gettimeofday(NULL, zone), 0);
	cr_assert_eq(zone[0], 0);
	cr_assert_eq(entry.gettimeofday(NULL, NULL), 0);
}

Test(stubs, time_is_whole_seconds_and_takes_null)
{
	union entry entry = ready(SB_STUB_TIME, &shift);
	time_t before = monotonic(EPOCH).tv_sec, told = 0, said = entry.time(&told);

	cr_assert(said >= before && said <= monotonic(EPOCH).tv_sec);
	cr_assert_eq(said, told);
	cr_assert_geq(entry.time(NULL), said);
}

Test(stubs, a_build_is_always_on_processor_0)
{
	union entry entry = ready(SB_STUB_GETCPU, &shift);
	unsigned cpu = 5, node = 5;

	cr_assert_eq(entry.getcpu(&cpu, &node, NULL), 0);
	cr_assert(cpu == 0 && node == 0);
	cr_assert_eq(entry.getcpu(NULL, NULL, NULL), 0);
}

Test(stubs, getrandom_is_the_system_call_and_keeps_no_state)
{
	union entry entry = ready(SB_STUB_GETRANDOM, &shift);
	unsigned char bytes[64] = {0}, zero[64] = {0};

	cr_assert_eq(entry.getrandom(bytes, sizeof(bytes), 0, NULL, 0), (ssize_t)sizeof(bytes));
	cr_assert(memcmp(bytes, zero, sizeof(bytes)) != 0);
	cr_assert_eq(entry.getrandom(NULL, 0, 0, bytes, ~(size_t)0), -ENOSYS);
	cr_assert_eq(entry.getrandom(bytes, 1, 0xffff, NULL, 0), -EINVAL);
}

Test(stubs, jumps_lead_both_ways)
{
	struct sb_code there = sb_stub_jump(0x100, 0x2f0), back = sb_stub_jump(0x2f0, 0x100);

	cr_assert_eq(there.n, SB_STUB_JUMP);
	cr_assert(memcmp(there.bytes, "\xe9\xeb\x01\0\0", SB_STUB_JUMP) == 0);
	cr_assert(memcmp(back.bytes, "\xe9\x0b\xfe\xff\xff", SB_STUB_JUMP) == 0);
}
