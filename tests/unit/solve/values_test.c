/* SPDX-License-Identifier: Apache-2.0 */
/* Which values an environment may have, and how they become the facts of a build. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <string.h>

#include "verifier/solve/inside.h"

TestSuite(solve_values, .fini = no_leaks);

static bool takes(enum sb_knob knob, const char *value)
{
	return sb_fact_is_plausible(knob, sb_span_text(value));
}

Test(solve_values, values_that_an_environment_may_have)
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

Test(solve_values, values_that_no_environment_has)
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

Test(solve_values, names_and_causes_of_facts)
{
	for (unsigned knob = SB_KNOB_PATH; knob < SB_KNOBS; knob++) {
		enum sb_knob back;
		cr_assert(sb_knob_parse(sb_knob_name((enum sb_knob)knob), &back) && back == knob);
		cr_assert_neq(sb_knob_cause((enum sb_knob)knob), SB_CAUSE_UNEXPLAINED);
	}
	enum sb_knob none;
	cr_assert(!sb_knob_parse("none", &none) && !sb_knob_parse("", &none));
}

Test(solve_values, facts_are_set_and_nothing_else)
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

Test(solve_values, a_root_is_its_digest)
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
