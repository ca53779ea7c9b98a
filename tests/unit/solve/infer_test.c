/* SPDX-License-Identifier: Apache-2.0 */
/* What is read from two sides: texts, times, archives, tools. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/solve/infer.h"

TestSuite(solve_infer, .fini = no_leaks);

static void expect(const char *shipped, const char *rebuilt, enum sb_knob knob, const char *value)
{
	struct inferred in = infer_texts(shipped, rebuilt);
	cr_assert_str_eq(best(&in, knob), value, "%s of %s: %s", sb_knob_name(knob), shipped, best(&in, knob));
	for (size_t i = 0; i < in.found.count; i++) {
		cr_assert(sb_fact_is_plausible(in.found.candidates[i].knob, sb_span_text(in.found.candidates[i].value)));
		cr_assert(in.found.candidates[i].where[0] && in.found.candidates[i].how[0]);
	}
	sb_arena_free(&in.arena);
}

static bool reads(const char *text, int64_t seconds)
{
	struct sb_stamp stamp;
	for (unsigned form = 0; form < sb_stamp_forms(); form++)
		if (sb_stamp_read(form, sb_span_text(text), &stamp) && stamp.n == strlen(text))
			return stamp.seconds == seconds;
	return false;
}

Test(solve_infer, times_as_programs_write_them)
{
	cr_assert(reads("Tue Nov 14 22:13:20 UTC 2023", 1700000000));
	cr_assert(reads("Tue Nov 14 23:13:20 CET 2023", 1700000000));
	cr_assert(reads("Tue Nov 14 10:13:20 PM UTC 2023", 1700000000));
	cr_assert(reads("Tue, 14 Nov 2023 23:43:20 +0130", 1700000000));
	cr_assert(reads("2023-11-14T22:13:20Z", 1700000000));
	cr_assert(reads("2023-11-14T20:13:20-02:00", 1700000000));
	cr_assert(reads("2023-11-14 22:13:20", 1700000000));
	cr_assert(reads("Nov 14 2023 22:13:20", 1700000000));
	cr_assert(reads("20231114221320", 1700000000));
	cr_assert(reads("1700000000", 1700000000));
	cr_assert(reads("Nov 14 2023", 1699920000));
	cr_assert(reads("Nov  4 2023", 1699056000));
	cr_assert(reads("22:13:20", 80000));
	cr_assert(reads("2023", 1672531200));
	cr_assert(!reads("Mon Nov 14 22:13:20 UTC 2023", 1700000000), "it was a Tuesday");
	cr_assert(!reads("Apr 31 2023", 1682899200));
	cr_assert(!reads("25:13:20", 90800));
	cr_assert(!reads("2023-13-14", 0));
	cr_assert(!reads("Tue Nov 14 22:13:20 XYZ 2023", 1700000000), "no zone that is known");
	cr_assert(!reads("Nov 14 1889", 0));
}

Test(solve_infer, values_in_the_place_of_ours)
{
	expect("in /home/ci/x/main.c:1", "in /build/acme-1.0/main.c:1", SB_KNOB_PATH, "/home/ci/x");
	expect("-I/home/ci/x/inc -L/home/ci/x/lib", "-I/build/acme-1.0/inc -L/build/acme-1.0/lib", SB_KNOB_PATH, "/home/ci/x");
	expect("-I/home/ci/x/inc -L/home/ci/y/lib", "-I/build/acme-1.0/inc -L/build/acme-1.0/lib", SB_KNOB_PATH, "");
	expect("made by jenkins@node-7", "made by builder@farm", SB_KNOB_USER, "jenkins");
	expect("made by jenkins@node-7", "made by builder@farm", SB_KNOB_HOST, "node-7");
	expect("Linux 5.10.0-28-amd64 on it", "Linux 6.1.0-26-amd64 on it", SB_KNOB_KERNEL, "5.10.0-28-amd64");
	expect("lang=de_DE.UTF-8;", "lang=C.UTF-8;", SB_KNOB_LOCALE, "de_DE.UTF-8");
	expect("make -j16 all", "make -j2 all", SB_KNOB_JOBS, "16");
	expect("made on Mar 22 2024 at 12:38:31", "made on Nov 14 2023 at 22:13:20", SB_KNOB_EPOCH, "1711111111");
	expect("made by builder2 here", "made by builder here", SB_KNOB_USER, "builder2");
	expect("a farmer was here", "a farm was here", SB_KNOB_HOST, "farmer");
}

Test(solve_infer, times_and_zones_together)
{
	expect("x Fri Mar 22 13:38:31 CET 2024 y", "x Tue Nov 14 22:13:20 UTC 2023 y", SB_KNOB_EPOCH, "1711111111");
	expect("x Fri Mar 22 13:38:31 CET 2024 y", "x Tue Nov 14 22:13:20 UTC 2023 y", SB_KNOB_TIMEZONE, "CET-1");
	expect("at 1711111111 it was 2024-03-22 13:38 there", "at 1700000000 it was 2023-11-14 22:13 there", SB_KNOB_TIMEZONE, "UTC-1");
	expect("at 1711111111 it was 2024-03-22 13:38 there", "at 1700000000 it was 2023-11-14 22:13 there", SB_KNOB_EPOCH, "1711111111");
	/* ours had run for three seconds where theirs says one time everywhere: their clock stood still */
	expect("a 1711111111 z\nb 1711111111 z\n", "a 1700000000 z\nb 1700000003 z\n", SB_KNOB_CLOCK, "frozen");
	expect("a 1711111111 z\nb 1711111111 z\n", "a 1700000000 z\nb 1700000003 z\n", SB_KNOB_EPOCH, "1711111111");
	/* what is older than our build is not its time */
	expect("since 1611111111 it is", "since 1600000000 it is", SB_KNOB_EPOCH, "");
	/* before 1990, after 2099 */
	expect("at 0000000001 it was", "at 1700000000 it was", SB_KNOB_EPOCH, "");
	expect("at 9999999999 it was", "at 1700000000 it was", SB_KNOB_EPOCH, "");
}

Test(solve_infer, what_is_hostile_is_no_candidate)
{
	static const char *const users[] = {"\x1b[31mroot", "a;reboot", "$(id)", "`id`", "-rf", "a b c", "..", "x/../y", "'", "\"", "a|b", "a&b", "a>b", "*", "~root", "a\\b"};
	char text[128];

	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		snprintf(text, sizeof text, "made by user %s on it", users[i]);
		expect(text, "made by user builder on it", SB_KNOB_USER, "");
	}
	expect("in /home/ci/../../etc now", "in /build/acme-1.0 now", SB_KNOB_PATH, "");
	expect("in /home/ci//x now", "in /build/acme-1.0 now", SB_KNOB_PATH, "");
	expect("in /home/$USER now", "in /build/acme-1.0 now", SB_KNOB_PATH, "");
	expect("in relative/x now", "in /build/acme-1.0 now", SB_KNOB_PATH, "");
}

Test(solve_infer, a_path_that_is_too_long_is_no_candidate)
{
	static char shipped[6000];
	size_t n = (size_t)snprintf(shipped, sizeof shipped, "in ");

	for (unsigned i = 0; i < 4500; i++)
		shipped[n++] = i % 100 == 0 ? '/' : 'p';
	snprintf(shipped + n, sizeof shipped - n, "/main.c now");
	expect(shipped, "in /build/acme-1.0/main.c now", SB_KNOB_PATH, "");
}

Test(solve_infer, one_of_thirty_six_copies_never_wins)
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};

	for (unsigned i = 0; i < 36; i++) {
		sb_buf_printf(&shipped, "assert in %s/file%u.c failed\n", i == 17 ? "/home/cj/x" : "/home/ci/x", i);
		sb_buf_printf(&rebuilt, "assert in /build/acme-1.0/file%u.c failed\n", i);
	}
	struct inferred in = infer(sb_buf_span(&shipped), sb_buf_span(&rebuilt));
	cr_assert_str_eq(best(&in, SB_KNOB_PATH), "/home/ci/x");
	cr_assert_gt(in.found.candidates[0].weight, 20 * in.found.candidates[1].weight);
	sb_arena_free(&in.arena);
}

static void add_member(struct sb_buf *out, const char *name, long mtime, unsigned mode)
{
	sb_buf_printf(out, "%-16s%-12ld%-6u%-6u%-8o%-10u`\nxx", name, mtime, 0, 0, 0100000 | mode, 2);
}

static struct inferred infer_archives(long theirs, unsigned their_mode, long our_time)
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};

	sb_buf_text(&shipped, "!<arch>\n");
	sb_buf_text(&rebuilt, "!<arch>\n");
	add_member(&shipped, "a.o/", theirs, their_mode);
	add_member(&rebuilt, "a.o/", our_time, 0644);
	add_member(&shipped, "b.o/", theirs, their_mode);
	add_member(&rebuilt, "b.o/", our_time, 0644);
	return infer(sb_buf_span(&shipped), sb_buf_span(&rebuilt));
}

Test(solve_infer, times_and_modes_of_members)
{
	struct inferred in = infer_archives(1711111111, 0640, 1700000002);
	cr_assert_str_eq(best(&in, SB_KNOB_EPOCH), "1711111111");
	cr_assert_str_eq(best(&in, SB_KNOB_CLOCK), "frozen");
	cr_assert_str_eq(best(&in, SB_KNOB_UMASK), "027");
	sb_arena_free(&in.arena);
	in = infer_archives(1711111111, 0664, 1700000000);
	cr_assert_str_eq(best(&in, SB_KNOB_EPOCH), "1711111111");
	cr_assert_str_eq(best(&in, SB_KNOB_CLOCK), "");
	cr_assert_str_eq(best(&in, SB_KNOB_UMASK), "002");
	sb_arena_free(&in.arena);
	in = infer_archives(1690000000, 0644, 1600000000); /* older than our build: sources */
	cr_assert_str_eq(best(&in, SB_KNOB_EPOCH), "");
	cr_assert_str_eq(best(&in, SB_KNOB_INPUT_TIME), "1690000000");
	sb_arena_free(&in.arena);
}

static struct inferred infer_clock(long their_second, long our_second)
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};

	sb_buf_text(&shipped, "!<arch>\n");
	sb_buf_text(&rebuilt, "!<arch>\n");
	add_member(&shipped, "a.o/", 1711111111, 0644);
	add_member(&rebuilt, "a.o/", 1700000001, 0644);
	add_member(&shipped, "b.o/", their_second, 0644);
	add_member(&rebuilt, "b.o/", our_second, 0644);
	return infer(sb_buf_span(&shipped), sb_buf_span(&rebuilt));
}

Test(solve_infer, a_clock_that_ran_is_told_and_none_that_stood)
{
	struct inferred in = infer_clock(1711111115, 1700000002);
	cr_assert_eq(in.found.needed_count, 1);
	cr_assert_str_eq(in.found.needed[0].what, "a clock that runs");
	cr_assert_str_eq(in.found.needed[0].version, "as theirs did: times within 4 s from 1711111111 on");
	cr_assert_str_eq(in.found.needed[0].ours, "times within 1 s");
	cr_assert_str_eq(best(&in, SB_KNOB_CLOCK), "", "a frozen clock gives one time");
	sb_arena_free(&in.arena);
	in = infer_clock(1711111111, 1700000002);
	cr_assert_eq(in.found.needed_count, 0, "one time");
	sb_arena_free(&in.arena);
	in = infer_clock(1711111114, 1700000004);
	cr_assert_eq(in.found.needed_count, 0, "a rebuild that takes as long");
	cr_assert_str_eq(best(&in, SB_KNOB_EPOCH), "1711111110");
	sb_arena_free(&in.arena);
}

Test(solve_infer, a_setuid_bit_is_no_umask)
{
	struct inferred in = infer_archives(1700000000, 04755, 1700000000);
	for (size_t i = 0; i < in.found.count; i++)
		cr_assert(sb_fact_is_plausible(in.found.candidates[i].knob, sb_span_text(in.found.candidates[i].value)));
	sb_arena_free(&in.arena);
}

static void expect_needed(const char *shipped, const char *rebuilt, const char *what, const char *version, const char *our_version)
{
	struct inferred in = infer_texts(shipped, rebuilt);
	cr_assert_eq(in.found.needed_count, 1, "%s: %zu", shipped, in.found.needed_count);
	cr_assert_str_eq(in.found.needed[0].what, what);
	cr_assert_str_eq(in.found.needed[0].version, version);
	cr_assert_str_eq(in.found.needed[0].ours, our_version);
	sb_arena_free(&in.arena);
}

Test(solve_infer, tools_are_named_by_package_and_version)
{
	expect_needed("GCC: (Debian 12.2.0-14+deb12u1) 12.2.0", "GCC: (Debian 12.2.0-14) 12.2.0", "gcc-12", "12.2.0-14+deb12u1", "12.2.0-14");
	expect_needed("GCC: (GNU) 4.8.5 20150623", "GCC: (Debian 12.2.0-14) 12.2.0", "gcc-4", "4.8.5", "12.2.0-14");
	expect_needed("Debian clang version 14.0.6", "Debian clang version 15.0.6", "clang-14", "14.0.6", "15.0.6");
	expect_needed("GNU C17 12.2.0 -O1 -g", "GNU C17 12.2.0 -O2 -g", "flags", "-O1", "-O2");
	expect_needed("# Automatically added by dh_installinit/13.11.4", "# Automatically added by dh_installinit/13.14.1", "debhelper", "13.11.4", "13.14.1");
	expect_needed(".\\\" Automatically generated by Pod::Man 4.14 (Pod::Simple 3.42)", ".\\\" Automatically generated by Pod::Man 4.18 (Pod::Simple 3.42)",
	              "perl (Pod::Man)", "4.14", "4.18");
	struct inferred in = infer_texts("GCC: (\x1b[31m 1) x", "GCC: (Debian 12.2.0-14) 12.2.0");
	for (size_t i = 0; i < in.found.needed_count; i++)
		cr_assert(!strchr(in.found.needed[i].version, 27));
	sb_arena_free(&in.arena);
}
