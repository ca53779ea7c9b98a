/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/compare/sides.h"
#include "verifier/explain/explain.h"

TestSuite(guess, .fini = no_leaks);

/* The cause of the first claim, which must own nothing. */
static enum sb_cause guess(const char *shipped, const char *rebuilt, const struct sb_facts *facts)
{
	static const struct sb_facts none = SB_FACTS_NONE;
	struct sb_comparison comparison;
	struct sb_explanation explanation;

	cr_assert_eq(compare_texts(shipped, rebuilt, &comparison), 0);
	cr_assert_eq(sb_explain_run(&comparison, facts ? facts : &none, &explanation, NULL), 0);
	cr_assert(explanation.artifacts[0].count > 0, "%s", shipped);
	const struct sb_claim *claim = &explanation.artifacts[0].claims[0];
	enum sb_cause cause = claim->cause;
	cr_assert(!sb_claim_owns(claim) && claim->cap == SB_LEVEL_DIFFERENT, "%s", shipped);
	cr_assert_eq(claim->rule, cause == SB_CAUSE_UNEXPLAINED ? SB_RULE_NONE : SB_RULE_HINT);
	sb_explanation_release(&explanation);
	sb_comparison_release(&comparison);
	return cause;
}

Test(guess, words_around_a_difference)
{
	static const struct {
		const char *shipped, *rebuilt;
		enum sb_cause cause;
	} cases[] = {
		{"a 2024-02-03\n", "a 2023-02-03\n", SB_CAUSE_TIMESTAMP},
		{"a 12:30:00 CET\n", "a 12:30:00 UTC\n", SB_CAUSE_TIMEZONE},
		{"by a@host\n", "by b@host\n", SB_CAUSE_USER},
		{"by a@host\n", "by a@most\n", SB_CAUSE_HOST},
		{"Linux 5.1-x\n", "Linux 6.1-x\n", SB_CAUSE_KERNEL},
		{"in /a/b/c\n", "in /x/b/c\n", SB_CAUSE_BUILD_PATH},
		{"-j8\n", "-j2\n", SB_CAUSE_CPU_COUNT},
		{"pid 12\n", "pid 13\n", SB_CAUSE_PID},
		{"at 0x7f0123456789\n", "at 0x7f9876543210\n", SB_CAUSE_ASLR},
		{"/tmp/ccAAAAAA.o\n", "/tmp/ccBBBBBB.o\n", SB_CAUSE_RANDOM},
		{"1,5\n", "1.5\n", SB_CAUSE_LOCALE},
		{"use -O2 now\n", "use -O3 now\n", SB_CAUSE_FLAGS},
		{"lib 1.2.3\n", "lib 1.2.4\n", SB_CAUSE_COMPONENT_VERSION},
		{"plain words\n", "plain sword\n", SB_CAUSE_UNEXPLAINED},
		{"x\n", "y\n", SB_CAUSE_UNEXPLAINED},
		{"9", "8", SB_CAUSE_UNEXPLAINED},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(guess(cases[i].shipped, cases[i].rebuilt, NULL), cases[i].cause, "%s", cases[i].shipped);
}

Test(guess, orders_of_lines)
{
	const struct sb_facts many = {.epoch = INT64_MIN, .jobs = 4};
	cr_assert_eq(guess("b\na\nc\n", "c\na\nb\n", NULL), SB_CAUSE_ORDER);
	cr_assert_eq(guess("b\na\nc\n", "c\na\nb\n", &many), SB_CAUSE_PARALLELISM);
	cr_assert_eq(guess("b\na\nc\n", "a\nb\nc\n", NULL), SB_CAUSE_READDIR);
	cr_assert_eq(guess("a\nB\nc\n", "B\na\nc\n", NULL), SB_CAUSE_LOCALE);
	cr_assert_eq(guess("a\nb\nc\n", "a\nb\nd\n", NULL), SB_CAUSE_UNEXPLAINED, "not the same lines");
}

Test(guess, a_recorded_value_of_another_length)
{
	const struct sb_facts facts = {.epoch = INT64_MIN, .user = "builder"};
	cr_assert_eq(guess("made by bob here\n", "made by builder here\n", &facts), SB_CAUSE_USER);
}
