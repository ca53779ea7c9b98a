/* SPDX-License-Identifier: Apache-2.0 */
/* What is read from two sides, and which values are taken. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/compare/sides.h"
#include "verifier/solve/inside.h"

TestSuite(solve, .fini = no_leaks);

static const struct sb_fact_set ours = {.value = {
	[SB_KNOB_PATH] = "/build/acme-1.0",
	[SB_KNOB_EPOCH] = "1700000000", /* 2023-11-14 22:13:20, a Tuesday */
	[SB_KNOB_CLOCK] = "shift",
	[SB_KNOB_USER] = "builder",
	[SB_KNOB_HOST] = "farm",
	[SB_KNOB_KERNEL] = "6.1.0-26-amd64",
	[SB_KNOB_LOCALE] = "C.UTF-8",
	[SB_KNOB_TIMEZONE] = "UTC",
	[SB_KNOB_UMASK] = "022",
	[SB_KNOB_JOBS] = "2",
	[SB_KNOB_ORDER] = "sorted",
}};

/** Candidates of two sides. */
struct inferred {
	struct sb_arena *arena;
	struct sb_solve_found found;
};

static struct inferred infer(struct sb_span shipped, struct sb_span rebuilt)
{
	struct inferred out = {.arena = sb_arena_new(0)};
	struct sb_comparison comparison = {0};
	const struct sb_solve_in in = {.comparison = &comparison, .ours = &ours};

	cr_assert_eq(compare_spans(shipped, rebuilt, 1, &comparison), 0);
	cr_assert_eq(sb_solve_infer(&in, out.arena, &out.found, NULL), 0);
	sb_comparison_release(&comparison);
	return out;
}

static struct inferred infer_texts(const char *shipped, const char *rebuilt)
{
	return infer(sb_span_text(shipped), sb_span_text(rebuilt));
}

/* The heaviest candidate; "" when there is none. */
static const char *best(const struct inferred *in, enum sb_knob knob)
{
	for (size_t i = 0; i < in->found.count; i++)
		if (in->found.candidates[i].knob == knob)
			return in->found.candidates[i].value;
	return "";
}

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

static bool takes(enum sb_knob knob, const char *value)
{
	return sb_fact_is_plausible(knob, sb_span_text(value));
}

Test(solve, values_that_an_environment_may_have)
{
	static const struct {
		enum sb_knob knob;
		const char *value;
	} good[] = {
		{SB_KNOB_PATH, "/b"}, {SB_KNOB_PATH, "/home/ci/acme_1.0~rc1+x-y/..z"}, {SB_KNOB_EPOCH, "631152000"}, {SB_KNOB_EPOCH, "4102444799"},
		{SB_KNOB_INPUT_TIME, "1700000000"}, {SB_KNOB_CLOCK, "frozen"}, {SB_KNOB_CLOCK, "shift"}, {SB_KNOB_USER, "_apt"}, {SB_KNOB_USER, "ci.bot-2"},
		{SB_KNOB_HOST, "4node"}, {SB_KNOB_HOST, "a.example.test"}, {SB_KNOB_KERNEL, "5.10.0-28-amd64"}, {SB_KNOB_LOCALE, "C"}, {SB_KNOB_LOCALE, "POSIX"},
		{SB_KNOB_LOCALE, "de_DE.UTF-8"}, {SB_KNOB_LOCALE, "ca_ES@valencia"}, {SB_KNOB_LOCALE, "C.UTF-8"}, {SB_KNOB_TIMEZONE, "Europe/Berlin"},
		{SB_KNOB_LOCALE, "de_DE.ISO-8859-1@euro"}, {SB_KNOB_LOCALE, "eo.utf8"}, {SB_KNOB_TIMEZONE, "EST5EDT"}, {SB_KNOB_TIMEZONE, "UTC"}, {SB_KNOB_TIMEZONE, "CET-1CEST-2:30"},
		{SB_KNOB_TIMEZONE, "America/Argentina/Buenos_Aires"}, {SB_KNOB_TIMEZONE, "Etc/GMT+5"}, {SB_KNOB_TIMEZONE, "Japan"},
		{SB_KNOB_TIMEZONE, "CET-1"}, {SB_KNOB_UMASK, "000"}, {SB_KNOB_UMASK, "077"}, {SB_KNOB_JOBS, "1"}, {SB_KNOB_JOBS, "1024"}, {SB_KNOB_ORDER, "reversed"},
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_assert(takes(good[i].knob, good[i].value), "%s", good[i].value);
}

Test(solve, values_that_no_environment_has)
{
	static const struct {
		enum sb_knob knob;
		const char *value;
	} bad[] = {
		{SB_KNOB_NONE, "x"}, {SB_KNOB_PATH, ""}, {SB_KNOB_PATH, "/"}, {SB_KNOB_PATH, "build"}, {SB_KNOB_PATH, "/a/../b"}, {SB_KNOB_PATH, "/a/.."},
		{SB_KNOB_PATH, "/a/./b"}, {SB_KNOB_PATH, "/a//b"}, {SB_KNOB_PATH, "/a/"}, {SB_KNOB_PATH, "/a b"}, {SB_KNOB_PATH, "/a;b"}, {SB_KNOB_PATH, "/a$b"},
		{SB_KNOB_PATH, "/a\nb"}, {SB_KNOB_PATH, "/\x1b[31m"}, {SB_KNOB_PATH, "/caf\xc3\xa9"}, {SB_KNOB_PATH, "/a:b"}, {SB_KNOB_EPOCH, "0"}, {SB_KNOB_EPOCH, "631151999"},
		{SB_KNOB_EPOCH, "4102444800"}, {SB_KNOB_EPOCH, "-1700000000"}, {SB_KNOB_EPOCH, "01700000000"}, {SB_KNOB_EPOCH, "1e9"},
		{SB_KNOB_EPOCH, "99999999999999999999999"}, {SB_KNOB_CLOCK, "real"}, {SB_KNOB_CLOCK, ""}, {SB_KNOB_USER, "-rf"}, {SB_KNOB_USER, "a b"}, {SB_KNOB_USER, "0root"},
		{SB_KNOB_USER, "\x1b[31mroot"}, {SB_KNOB_USER, "a$(id)"}, {SB_KNOB_USER, "a`id`"}, {SB_KNOB_USER, "a/b"}, {SB_KNOB_USER, "a:b"}, {SB_KNOB_USER, "a..b"},
		{SB_KNOB_USER, "abcdefghijklmnopqrstuvwxyz0123456"}, {SB_KNOB_HOST, ".a"}, {SB_KNOB_HOST, "-a"}, {SB_KNOB_HOST, "a\xe2\x80\xae"}, {SB_KNOB_KERNEL, "linux"},
		{SB_KNOB_KERNEL, "6"}, {SB_KNOB_LOCALE, "german"}, {SB_KNOB_LOCALE, "de_de"}, {SB_KNOB_LOCALE, "/etc/x"}, {SB_KNOB_LOCALE, "de_DE."}, {SB_KNOB_LOCALE, "Cx"},
		{SB_KNOB_LOCALE, "libc.so"}, {SB_KNOB_LOCALE, "de_DE.UTF-8@"}, {SB_KNOB_LOCALE, "de_DE.UTF-8."}, {SB_KNOB_LOCALE, "POSIX.1"}, {SB_KNOB_KERNEL, "7.text"}, {SB_KNOB_KERNEL, "7."},
		{SB_KNOB_TIMEZONE, "bin/sh"}, {SB_KNOB_TIMEZONE, "passwd"}, {SB_KNOB_TIMEZONE, "Europe/"}, {SB_KNOB_TIMEZONE, "Europe/berlin"}, {SB_KNOB_TIMEZONE, "Etc/A/B/C"},
		{SB_KNOB_TIMEZONE, "CET-"}, {SB_KNOB_TIMEZONE, "UT1"}, {SB_KNOB_TIMEZONE, "CET-1CE"}, {SB_KNOB_TIMEZONE, "CET-1x/y"}, {SB_KNOB_TIMEZONE, ""},
		{SB_KNOB_TIMEZONE, ":/etc/x"}, {SB_KNOB_TIMEZONE, "/etc/localtime"}, {SB_KNOB_TIMEZONE, "../../x"}, {SB_KNOB_TIMEZONE, "a/../b"}, {SB_KNOB_UMASK, "22"},
		{SB_KNOB_UMASK, "777"}, {SB_KNOB_UMASK, "099"}, {SB_KNOB_JOBS, "0"}, {SB_KNOB_JOBS, "1025"}, {SB_KNOB_ORDER, "shuffled"},
	};
	char longest[4200];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert(!takes(bad[i].knob, bad[i].value), "%zu: %s", i, bad[i].value);
	memset(longest, 'a', sizeof longest);
	for (size_t i = 0; i < sizeof longest; i += 200)
		longest[i] = '/';
	cr_assert(sb_fact_is_plausible(SB_KNOB_PATH, sb_span_of(longest, 1024)));
	cr_assert(!sb_fact_is_plausible(SB_KNOB_PATH, sb_span_of(longest, 1025)));
	for (size_t i = 0; i < sizeof longest; i += 2)
		longest[i] = '/';
	cr_assert(sb_fact_is_plausible(SB_KNOB_PATH, sb_span_of(longest, 256)));
	cr_assert(!sb_fact_is_plausible(SB_KNOB_PATH, sb_span_of(longest, 258)), "129 components");
	memset(longest, 'a', sizeof longest);
	longest[0] = '/';
	cr_assert(!sb_fact_is_plausible(SB_KNOB_PATH, sb_span_of(longest, 300)), "a component of 299 bytes");
	cr_assert(!sb_fact_is_plausible(SB_KNOB_USER, sb_span_of("a\0b", 3)));
}

Test(solve, names_and_causes_of_facts)
{
	for (unsigned knob = SB_KNOB_PATH; knob < SB_KNOBS; knob++) {
		enum sb_knob back;
		cr_assert(sb_knob_parse(sb_knob_name((enum sb_knob)knob), &back) && back == knob);
		cr_assert_neq(sb_knob_cause((enum sb_knob)knob), SB_CAUSE_UNEXPLAINED);
	}
	enum sb_knob none;
	cr_assert(!sb_knob_parse("none", &none) && !sb_knob_parse("", &none));
}

static bool reads(const char *text, int64_t seconds)
{
	struct sb_stamp stamp;
	for (unsigned form = 0; form < sb_stamp_forms(); form++)
		if (sb_stamp_read(form, sb_span_text(text), &stamp) && stamp.n == strlen(text))
			return stamp.seconds == seconds;
	return false;
}

Test(solve, times_as_programs_write_them)
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

Test(solve, values_in_the_place_of_ours)
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

Test(solve, times_and_zones_together)
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

Test(solve, what_is_hostile_is_no_candidate)
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

Test(solve, a_path_that_is_too_long_is_no_candidate)
{
	static char shipped[6000];
	size_t n = (size_t)snprintf(shipped, sizeof shipped, "in ");

	for (unsigned i = 0; i < 4500; i++)
		shipped[n++] = i % 100 == 0 ? '/' : 'p';
	snprintf(shipped + n, sizeof shipped - n, "/main.c now");
	expect(shipped, "in /build/acme-1.0/main.c now", SB_KNOB_PATH, "");
}

Test(solve, one_of_thirty_six_copies_never_wins)
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

/* ---- archives ---- */

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

Test(solve, times_and_modes_of_members)
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

Test(solve, a_clock_that_ran_is_told_and_none_that_stood)
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

Test(solve, a_setuid_bit_is_no_umask)
{
	struct inferred in = infer_archives(1700000000, 04755, 1700000000);
	for (size_t i = 0; i < in.found.count; i++)
		cr_assert(sb_fact_is_plausible(in.found.candidates[i].knob, sb_span_text(in.found.candidates[i].value)));
	sb_arena_free(&in.arena);
}

/* ---- tools ---- */

static void expect_needed(const char *shipped, const char *rebuilt, const char *what, const char *version, const char *our_version)
{
	struct inferred in = infer_texts(shipped, rebuilt);
	cr_assert_eq(in.found.needed_count, 1, "%s: %zu", shipped, in.found.needed_count);
	cr_assert_str_eq(in.found.needed[0].what, what);
	cr_assert_str_eq(in.found.needed[0].version, version);
	cr_assert_str_eq(in.found.needed[0].ours, our_version);
	sb_arena_free(&in.arena);
}

Test(solve, tools_are_named_by_package_and_version)
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

/* ---- what is remembered stays bounded ---- */

Test(solve, many_strings_end_in_time)
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};

	for (unsigned i = 0; i < 20000; i++) {
		sb_buf_printf(&shipped, "%05u /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/x\n", i);
		sb_buf_printf(&rebuilt, "%05u /build/acme-1.0/a/build/acme-1.0/a/build/acme-1.0/a/build/acme-1.0\n", i);
	}
	struct inferred in = infer(sb_buf_span(&shipped), sb_buf_span(&rebuilt));
	cr_assert_leq(in.found.count, SB_CANDIDATES_MOST);
	sb_arena_free(&in.arena);
}

/** The strings of one pair, read with a budget. */
struct texts {
	struct sb_buf shipped, rebuilt;
	struct sb_arena *arena;
	struct sb_comparison comparison;
	struct sb_solve_in in;
	struct sb_inferring inferring;
};

/* Values that come again in one string, and disagree at its very end: whoever matches them tries all ways to share the bytes between them. */
static void begin_texts(struct texts *texts, uint64_t left, const struct sb_progress *progress)
{
	*texts = (struct texts){.arena = sb_arena_new(0)};
	for (unsigned i = 0; i < 8; i++) {
		sb_buf_printf(&texts->shipped, "/a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.%u.a.;a;%u.b;z\n", i, i);
		sb_buf_printf(&texts->rebuilt, "/build/acme-1.0.builder.farm.6.1.0-26-amd64.C.UTF-8.;builder;%u.builder;z\n", i);
		sb_buf_printf(&texts->shipped, "made by jenkins%u for you %u\n", i, i);
		sb_buf_printf(&texts->rebuilt, "made by builder for you %u\n", i);
	}
	cr_assert_eq(compare_spans(sb_buf_span(&texts->shipped), sb_buf_span(&texts->rebuilt), 1, &texts->comparison), 0);
	texts->in = (struct sb_solve_in){.comparison = &texts->comparison, .ours = &ours, .progress = progress};
	texts->inferring = (struct sb_inferring){
		.in = &texts->in, .arena = texts->arena, .epoch = 1700000000, .artifact = texts->comparison.artifacts, .left = left,
		.candidates = {.size = sizeof(struct sb_candidate)}, .needed = {.size = sizeof(struct sb_needed)}, .times = {.size = sizeof(struct sb_time_vote)},
	};
	sb_extract_texts.read(&texts->inferring, texts->comparison.artifacts->pair);
}

static void end_texts(struct texts *texts)
{
	cr_assert_not(texts->inferring.failed);
	sb_vec_release(&texts->inferring.candidates);
	sb_vec_release(&texts->inferring.needed);
	sb_vec_release(&texts->inferring.times);
	sb_comparison_release(&texts->comparison);
	sb_arena_free(&texts->arena);
	sb_buf_release(&texts->shipped);
	sb_buf_release(&texts->rebuilt);
}

Test(solve, members_share_one_budget_and_a_spent_one_gives_fewer)
{
	struct texts all, some;

	begin_texts(&all, SB_STEPS_MOST, NULL);
	uint64_t cost = SB_STEPS_MOST - all.inferring.left;
	size_t most = all.inferring.candidates.count;
	cr_assert_gt(cost, 100000, "eight strings of a hundred bytes: %lu", (unsigned long)cost);
	cr_assert_geq(most, 8);
	for (uint64_t left = 0; left < cost; left += cost / 10) {
		begin_texts(&some, left, NULL);
		cr_assert_eq(some.inferring.left, 0, "of %lu", (unsigned long)left);
		size_t count = some.inferring.candidates.count;
		cr_assert_leq(count, most);
		for (size_t i = 0; i < count; i++) {
			const struct sb_candidate *a = sb_vec_at(&some.inferring.candidates, i), *b = sb_vec_at(&all.inferring.candidates, i);
			cr_assert(a->knob == b->knob && strcmp(a->value, b->value) == 0 && a->weight <= b->weight);
		}
		sb_extract_texts.read(&some.inferring, some.comparison.artifacts->pair);
		cr_assert_eq(some.inferring.candidates.count, count, "nothing is left for the next member");
		end_texts(&some);
	}
	end_texts(&all);
}

Test(solve, a_request_to_stop_is_heard_at_the_first_step)
{
	const volatile sig_atomic_t stop = 1;
	const struct sb_progress progress = {.stop = &stop};
	struct texts texts;
	struct sb_solve_found found;

	begin_texts(&texts, SB_STEPS_MOST, &progress);
	cr_assert(texts.inferring.stopped);
	cr_assert_eq(texts.inferring.left, SB_STEPS_MOST);
	cr_assert_eq(texts.inferring.candidates.count, 0);
	cr_assert_eq(sb_solve_infer(&texts.in, texts.arena, &found, NULL), SB_INTERRUPTED);
	end_texts(&texts);
}

Test(solve, words_of_producers_cost_what_they_take_to_compare)
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};
	struct texts texts;

	sb_buf_text(&shipped, "GNU C17 12.2.0");
	sb_buf_text(&rebuilt, "GNU C17 12.2.0");
	for (unsigned i = 0; i < 1000; i++) {
		sb_buf_text(&shipped, " -z");
		sb_buf_text(&rebuilt, " -a");
	}
	begin_texts(&texts, SB_STEPS_MOST, NULL);
	const struct sb_run theirs = {.p = (const uint8_t *)shipped.data, .n = (uint32_t)shipped.len}, mine = {.p = (const uint8_t *)rebuilt.data, .n = (uint32_t)rebuilt.len};
	const struct sb_runs runs = {.unique = {[SB_SHIPPED] = {.items = (void *)(uintptr_t)&theirs, .count = 1, .size = sizeof theirs},
	                                        [SB_REBUILT] = {.items = (void *)(uintptr_t)&mine, .count = 1, .size = sizeof mine}}};
	uint64_t left = texts.inferring.left;
	sb_tools_read(&texts.inferring, texts.comparison.artifacts->pair, &runs);
	cr_assert_leq(texts.inferring.left, left - 4000000);
	cr_assert_eq(texts.inferring.needed.count, 1);
	texts.inferring.needed.count = 0;
	texts.inferring.left = 1000;
	sb_tools_read(&texts.inferring, texts.comparison.artifacts->pair, &runs);
	cr_assert_eq(texts.inferring.needed.count, 0);
	end_texts(&texts);
}

/* What a candidate does not come of leaves nothing behind, however often it stands in the file. */
static size_t remembered(const char *shipped, const char *rebuilt, unsigned theirs, unsigned our_count)
{
	SB_BUF struct sb_buf left = {0};
	SB_BUF struct sb_buf right = {0};

	for (unsigned i = 0; i < theirs; i++)
		sb_buf_printf(&left, "%s%u\n", shipped, 1600000000 + i);
	for (unsigned i = 0; i < our_count; i++)
		sb_buf_printf(&right, "%s%u\n", rebuilt, 1700000000 + i);
	struct inferred in = infer(sb_buf_span(&left), sb_buf_span(&right));
	size_t used = sb_arena_used(in.arena);
	sb_arena_free(&in.arena);
	return used;
}

Test(solve, places_are_put_into_words_for_candidates_alone)
{
	cr_assert_leq(remembered("at ", "at ", 500, 100), 512 * 256, "50,000 moments, 512 candidates at most");
	cr_assert_leq(remembered("GNU AS 7 of ", "GNU AS 8 of ", 5000, 1), 4096, "one tool");
}

Test(solve, facts_are_set_and_nothing_else)
{
	const struct sb_drop drop = {.build_path = "/build/x", .control = {.epoch = 5, .clock = SB_CLOCK_SHIFT, .user = "u", .hostname = "h", .locale = "C", .timezone = "UTC", .jobs = 3, .umask = 022}};
	const struct sb_fact_set none = {{NULL}};
	struct sb_drop out;

	sb_solve_apply(&none, &drop, &out);
	cr_assert(memcmp(&out, &drop, sizeof out) == 0);
	sb_solve_apply(&(struct sb_fact_set){.value = {[SB_KNOB_PATH] = "/p", [SB_KNOB_EPOCH] = "1700000000", [SB_KNOB_CLOCK] = "frozen", [SB_KNOB_UMASK] = "027", [SB_KNOB_JOBS] = "8",
	                                               [SB_KNOB_ORDER] = "reversed", [SB_KNOB_USER] = "v"}}, &drop, &out);
	cr_assert_str_eq(out.build_path, "/p");
	cr_assert_eq(out.control.epoch, 1700000000);
	cr_assert_eq(out.control.clock, SB_CLOCK_FROZEN);
	cr_assert_eq(out.control.umask, 027);
	cr_assert_eq(out.control.jobs, 8);
	cr_assert_eq(out.control.order, SB_ORDER_REVERSED);
	cr_assert_str_eq(out.control.user, "v");
	cr_assert_str_eq(out.control.hostname, "h");
}

Test(solve, what_a_rebuild_was_worth)
{
	struct sb_solve_file files[] = {{.kept = 100, .now = 60}, {.kept = 10, .now = 80}, {.plain = true}};
	const bool open[] = {true, true, false};
	uint64_t differ;

	cr_assert_eq(sb_solve_end_of(files, 3, open, 0, &differ), SB_TRIAL_CLOSER, "the file that it was about");
	cr_assert_eq(differ, 140);
	cr_assert_eq(sb_solve_end_of(files, 3, open, 1, &differ), SB_TRIAL_NO_CLOSER, "more bytes over all");
	cr_assert_eq(sb_solve_end_of(files, 3, open, SIZE_MAX, &differ), SB_TRIAL_NO_CLOSER);
	files[1].rebuild = 1;
	cr_assert_eq(sb_solve_end_of(files, 3, open, SIZE_MAX, &differ), SB_TRIAL_CLOSER, "one is equal");
	cr_assert_eq(sb_solve_count_open(files, 3), 1);
	files[0].rebuild = 1;
	cr_assert_eq(sb_solve_end_of(files, 3, open, SIZE_MAX, &differ), SB_TRIAL_EQUAL);
	files[0] = files[1] = (struct sb_solve_file){.kept = UINT64_MAX, .now = UINT64_MAX};
	cr_assert_eq(sb_solve_end_of(files, 3, open, SIZE_MAX, &differ), SB_TRIAL_NO_CLOSER, "sums that do not fit");
	cr_assert_eq(differ, UINT64_MAX);
	sb_solve_keep(files, 2);
	cr_assert_eq(files[0].kept, files[0].now);
}

Test(solve, roots_are_offered_in_their_order_and_say_why)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	static const struct sb_solve_root roots[] = {{"aa", "a.tar"}, {"bb", "b\x1b.tar"}, {"cc", "c.tar"}};
	const struct sb_needed needed = {.what = "gcc-12", .version = "12.2.0-13", .ours = "", .artifact = "two", .where = "two > .comment, offset 0"};
	const char *const artifacts[] = {"one", "two"};
	struct sb_solve_found found = {.needed = &needed, .needed_count = 1};
	struct sb_solve_choice choice = {0};
	struct sb_fact_set facts;

	cr_assert_eq(sb_solve_offer_roots(roots, 3, "cc", artifacts, 2, arena, &found, NULL), 0);
	cr_assert_eq(found.count, 4, "never the root that is ours");
	cr_assert_str_eq(found.candidates[0].where, "a.tar, since nothing else was left to try");
	cr_assert_str_eq(found.candidates[3].where, "b\\x1b.tar, since two > .comment, offset 0 names gcc-12 12.2.0-13");
	choice.found = found;
	for (size_t i = 0; i < 2; i++) {
		cr_assert(sb_solve_choose(&choice, "two", &facts));
		cr_assert_str_eq(facts.value[SB_KNOB_TOOLCHAIN], roots[i].digest);
		cr_assert_eq(sb_solve_drop(&choice, &facts, 0, "two", NULL), 0);
	}
	cr_assert_not(sb_solve_choose(&choice, "two", &facts));
	sb_solve_choice_release(&choice);
}

Test(solve, a_root_is_its_digest)
{
	static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	const struct sb_fact_set facts = {.value = {[SB_KNOB_TOOLCHAIN] = digest}};
	const struct sb_drop drop = {.toolchain = {.host = true}};
	struct sb_drop out;

	cr_assert(takes(SB_KNOB_TOOLCHAIN, digest));
	cr_assert_not(takes(SB_KNOB_TOOLCHAIN, "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"));
	cr_assert_not(takes(SB_KNOB_TOOLCHAIN, "../root.tar.zst"));
	sb_solve_apply(&facts, &drop, &out);
	cr_assert_not(out.toolchain.host);
	cr_assert_eq(out.toolchain.sha256[1], 0x11);
}

/* ---- how many rebuilds it takes ---- */

#define LONG "/archive/of/all/that/was/ever/delivered/to/anybody/in/the/world/since/the/very/first/day/of/it/all"
#define DECOY "/opt/vendor" LONG LONG LONG LONG

/** A file as a build in an environment makes it: in some places the vendor's user has another folder, in most the build's own. */
static char *render(const struct sb_fact_set *facts, size_t *length)
{
	static char texts[2][40000];
	static unsigned turn;
	char *text = texts[turn++ % 2];
	const char *path = facts->value[SB_KNOB_PATH];
	bool theirs = strcmp(facts->value[SB_KNOB_USER], "jenkins") == 0;
	size_t n = 0;

	for (unsigned i = 0; i < 12; i++)
		n += (size_t)snprintf(text + n, sizeof texts[0] - n, "in %s/%c.c", path, 'a' + (char)i) + 1;
	for (unsigned i = 0; i < 4; i++)
		n += (size_t)snprintf(text + n, sizeof texts[0] - n, "module %u keeps the files of its users, and what they forgot, below %s/share", i, theirs ? DECOY : path) + 1;
	for (unsigned i = 0; i < 4; i++)
		n += (size_t)snprintf(text + n, sizeof texts[0] - n, "module %u reads the settings that nobody else has written below %s/etc", i, theirs ? DECOY "/second" : path) + 1;
	n += (size_t)snprintf(text + n, sizeof texts[0] - n, "built by %s on a machine at %s.", facts->value[SB_KNOB_USER], facts->value[SB_KNOB_EPOCH]) + 1;
	*length = n;
	return text;
}

/* Bytes of strings that are not the same on both sides, of the longer one. */
static uint64_t count_differing(const char *a, size_t n, const char *b, size_t m)
{
	uint64_t out = 0;

	for (const char *x = a, *y = b; x < a + n && y < b + m; x += strlen(x) + 1, y += strlen(y) + 1)
		if (strcmp(x, y) != 0)
			out += strlen(x) > strlen(y) ? strlen(x) : strlen(y);
	return out;
}

/* The loop of verify --solve with a renderer in place of a build; 0: not solved in 20. */
static unsigned count_rebuilds(const struct sb_fact_set *vendor, bool by_places)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_solve_choice choice = {0};
	struct sb_fact_set tried = {{NULL}}, inside = ours;
	uint64_t kept = UINT64_MAX;
	size_t n, m;
	unsigned rebuilds = 0;
	SB_FREEING char *shipped = NULL;
	const char *made = render(vendor, &n);

	shipped = malloc(n);
	memcpy(shipped, made, n);
	for (; rebuilds <= 20; rebuilds++) {
		struct sb_comparison comparison = {0};
		struct sb_solve_found found;
		const struct sb_solve_in in = {.comparison = &comparison, .ours = &inside};
		for (unsigned knob = 0; knob < SB_KNOBS; knob++)
			inside.value[knob] = tried.value[knob] ? tried.value[knob] : ours.value[knob];
		made = render(&inside, &m);
		if (m == n && memcmp(made, shipped, n) == 0)
			break;
		cr_assert_eq(compare_spans(sb_span_of(shipped, n), sb_span_of(made, m), 1, &comparison), 0);
		cr_assert_eq(sb_solve_infer(&in, arena, &found, NULL), 0);
		uint64_t differ = count_differing(shipped, n, made, m);
		if (differ < kept) {
			kept = differ;
			choice.kept = tried;
			choice.found = found;
		} else {
			uint32_t wrong = by_places ? sb_solve_contradicted(&choice, &tried, "file", &found) : 0;
			cr_assert_eq(sb_solve_drop(&choice, &tried, wrong, "file", NULL), 0);
		}
		sb_comparison_release(&comparison);
		if (!sb_solve_choose(&choice, "file", &tried))
			break;
	}
	sb_solve_choice_release(&choice);
	return rebuilds;
}

Test(solve, a_wrong_fact_is_told_from_right_ones_by_its_places)
{
	struct sb_fact_set vendor = ours;

	vendor.value[SB_KNOB_PATH] = "/srv/w";
	vendor.value[SB_KNOB_USER] = "jenkins";
	vendor.value[SB_KNOB_EPOCH] = "1711111111";
	unsigned before = count_rebuilds(&vendor, false), now = count_rebuilds(&vendor, true);
	cr_log_info("path, date and user beside two decoys: %u rebuilds, by bytes alone %u", now, before);
	cr_assert_eq(now, 3);
	cr_assert_gt(before, now);
}
